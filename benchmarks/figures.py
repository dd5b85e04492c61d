"""Draw the pictures of docs/benchmarks.md: python benchmarks/figures.py docs/images. Some four minutes.

Small sizes of what the other scripts measure in full, with the peers in the same run. The one picture that takes longer
is drawn by `benchmarks/scaling.py FILE`.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from _harness import best_of
from exactness import NAMES, counted
from hard_inputs import FAMILIES
from line import contenders
from matplotlib.ticker import FuncFormatter
from scaling import CLOUDS, SOLVERS, measured

IN_THE_PLANE = {
    "otkit": (100, 200, 500, 1000, 2000),
    "POT, dense": (100, 200, 500, 1000, 2000),
    "POT, lazy": (100, 200, 500, 1000, 2000),
    "linear_sum_assignment": (100, 200, 500, 1000, 2000),
    "HiGHS": (100, 200),  # a minute and a gigabyte at 1000
}
ON_THE_LINE = (1000, 10_000, 100_000, 1_000_000)
MEMORY = (500, 1000, 2000, 4000)
SEEDS = 4  # problems of each hard family
OUTCOMES = {  # in the order of the bars
    "right": ("right", "#56B4E9", ""),
    "refused": ("refused, with an error or a warning", "#E69F00", "//"),
    "wrong": ("wrong without a word", "#D55E00", "xx"),
}
MARKERS = dict(zip(SOLVERS, "os^Dv", strict=True))

Ratios = dict[str, dict[int, float]]


def ratios(runs: Mapping[str, Callable[[], Any]]) -> dict[str, float]:
    """Return how many times longer than otkit each takes."""
    seconds = best_of(runs, repeats=7, budget=6.0)
    return {name: seconds[name] / seconds["otkit"] for name in runs if name != "otkit"}


def in_the_plane() -> Ratios:
    """Return the ratios of exact solvers on two clouds under the squared Euclidean cost."""
    solvers: dict[str, dict[str, Any]] = {name: {} for name in IN_THE_PLANE}
    for name, names in solvers.items():
        exec(CLOUDS + SOLVERS[name], names)  # the same code as in the processes whose memory is measured
    found: Ratios = {}
    for n in IN_THE_PLANE["otkit"]:
        data = solvers["otkit"]["clouds"](n)
        runs = {name: partial(solvers[name]["solve"], *data) for name in solvers if n in IN_THE_PLANE[name]}
        for name, ratio in ratios(runs).items():
            found.setdefault(name, {})[n] = ratio
    return found


def on_the_line() -> Ratios:
    """Return the ratios on weighted samples of the line, W_1, where the peers return the number alone."""
    found: Ratios = {}
    for n in ON_THE_LINE:
        for name, ratio in ratios(contenders(n, 1)).items():
            found.setdefault(name, {})[n] = ratio
    return found


def draw_ratios(folder: Path) -> None:
    """Draw the time of peers over otkit's, in the plane and on the line."""
    figure, panels = plt.subplots(1, 2, figsize=(9.5, 4.0), sharey=True)
    titles = ("two clouds in the plane", "weighted samples on the line")
    for panel, found, title in zip(panels, (in_the_plane(), on_the_line()), titles, strict=True):
        for (name, points), marker in zip(found.items(), "s^Dv", strict=False):
            panel.loglog(*zip(*points.items(), strict=True), marker=marker, label=name)
        panel.axhline(1.0, color="0.2", linewidth=2.5, linestyle="-", label="otkit, with its proof")
        panel.set(title=title, xlabel="points on each side")
        panel.xaxis.set_major_formatter(FuncFormatter(lambda n, _: f"{n:,.0f}"))
        panel.yaxis.set_major_formatter(FuncFormatter(lambda ratio, _: f"{ratio:g}×"))
        panel.grid(visible=True)
        panel.legend(loc="upper right")
    panels[0].set_ylabel("time, as a multiple of otkit's")
    panels[0].set_ylim(top=3000.0)  # room for the names
    save(figure, folder / "ratios.png")


def draw_memory(folder: Path) -> None:
    """Draw by how much a call raises the peak memory of a fresh process."""
    figure, axes = plt.subplots(figsize=(6.0, 4.0))
    for name in ("otkit", "POT, dense", "POT, lazy", "linear_sum_assignment"):
        grown = [max(measured(name, n)[1], 0.5) for n in MEMORY]  # below that, pages are counted
        axes.loglog(MEMORY, grown, marker=MARKERS[name], label=name)
    axes.set(title="memory that a call adds", xlabel="points on each side", ylabel="MiB")
    axes.set_xticks(MEMORY, [f"{n:,}" for n in MEMORY])
    axes.set_xticks([], minor=True)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.grid(visible=True)
    axes.legend()
    save(figure, folder / "memory.png")


def draw_hard_inputs(folder: Path) -> None:
    """Draw how many answers on hard inputs are right, refused, or wrong without a word."""
    totals: dict[str, Counter] = {}
    for family in NAMES:
        for name, counts in counted(FAMILIES[family], SEEDS).items():
            totals.setdefault(name, Counter()).update(counts)
    figure, axes = plt.subplots(figsize=(9.5, 3.2))
    left = [0] * len(totals)
    for outcome, (label, colour, hatch) in OUTCOMES.items():
        width = [counts[outcome] for counts in totals.values()]
        bars = axes.barh(list(totals), width, left=left, label=label, color=colour, hatch=hatch, edgecolor="white")
        axes.bar_label(
            bars,
            ["" if n == 0 else n for n in width],
            label_type="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )
        left = [sum(pair) for pair in zip(left, width, strict=True)]
    axes.invert_yaxis()
    axes.set(
        title="answers on hard inputs", xlabel=f"problems, {SEEDS} of each of {len(NAMES)} families, where it applies"
    )
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    save(figure, folder / "hard-inputs.png")


def save(figure: plt.Figure, path: Path) -> None:
    """Write a picture; without the version of Matplotlib, so that equal pictures are equal files."""
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)
    print(path)


def main() -> None:
    """Measure and draw."""
    folder = Path(sys.argv[1])
    plt.style.use("otkit.plots.otkit")
    draw_hard_inputs(folder)
    draw_memory(folder)
    draw_ratios(folder)


if __name__ == "__main__":
    main()
