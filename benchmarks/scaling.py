"""Time and memory against the number of points, for otkit and what else solves the problem exactly.

    python benchmarks/scaling.py [picture.png]

Clouds in the plane with equal weights under the squared Euclidean cost. Each run is a process of its own, after a call
on a few points that compiles or loads what is needed; a solver drops out once a run would take longer than a minute, or
its memory more than 6 GiB, if it goes on as it did. The exponent of n that fits the times of otkit from 5000 points on
is printed below the table; with a file name, the picture of the documentation is drawn.
"""

from __future__ import annotations

import sys

import numpy as np
from _harness import fresh_run, machine, seconds, table

SIZES = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)
LONGEST, LARGEST = 60.0, 6 * 1024.0  # seconds, MiB

CLOUDS = """
import numpy as np
def clouds(n):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 2)), rng.normal(size=(n, 2))
"""
SOLVERS = {
    "otkit": "import otkit\ndef solve(x, y): assert otkit.wasserstein(x, y, metric='sqeuclidean').certificate.optimal",
    "POT, dense": "import ot\ndef solve(x, y): ot.emd2([], [], ot.dist(x, y), numItermax=10**9)",
    "POT, lazy": "import ot\ndef solve(x, y): ot.emd2_lazy(x, y, metric='sqeuclidean', numItermax=10**9)",
    "linear_sum_assignment": """
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
def solve(x, y): linear_sum_assignment(cdist(x, y, "sqeuclidean"))
""",
    "HiGHS": """
import scipy.sparse as sp
from scipy.optimize import linprog
from scipy.spatial.distance import cdist
def solve(x, y):
    n, one = len(x), np.ones((1, len(x)))
    A = sp.vstack([sp.kron(sp.eye(n), one), sp.kron(one, sp.eye(n))]).tocsr()
    linprog(cdist(x, y, "sqeuclidean").ravel(), A_eq=A, b_eq=np.full(2 * n, 1 / n), method="highs")
""",
}


def measured(name: str, n: int) -> tuple[float, float]:
    """Return seconds and MiB of one run, in a process of its own."""
    setup = (
        f"{CLOUDS}{SOLVERS[name]}\nsolve(*clouds(40)); solve(*clouds(300)); solve(*clouds(1100)); x, y = clouds({n})"
    )
    if name == "HiGHS":
        setup = f"{CLOUDS}{SOLVERS[name]}\nsolve(*clouds(20)); x, y = clouds({n})"
    return fresh_run(setup, "solve(x, y)")[:2]


def measure() -> dict[str, list[tuple[int, float, float]]]:
    """Return (n, seconds, MiB) of each solver's runs."""
    runs: dict[str, list[tuple[int, float, float]]] = {}
    for name in SOLVERS:
        runs[name] = []
        for n in SIZES:
            runs[name].append((n, *measured(name, n)))
            print(f"  {name}, n = {n}: {runs[name][-1][1]:.3g} s", file=sys.stderr, flush=True)
            growth = SIZES[min(SIZES.index(n) + 1, len(SIZES) - 1)] / n
            if runs[name][-1][1] * growth**2 > LONGEST or runs[name][-1][2] * growth**2 > LARGEST:
                break
    return runs


def exponent(runs: list[tuple[int, float, float]]) -> float:
    """Return the slope of log time over log n, from 5000 points on."""
    n, elapsed = np.array([(n, elapsed) for n, elapsed, _ in runs if n >= 5000]).T
    return float(np.polyfit(np.log(n), np.log(elapsed), 1)[0])


def draw(runs: dict[str, list[tuple[int, float, float]]], path: str) -> None:
    """Draw both panels, each solver with a marker and a name of its own."""
    import matplotlib.pyplot as plt
    from matplotlib.ticker import FuncFormatter

    figure, panels = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
    colours = ("#0072B2", "#D55E00", "#E69F00", "#009E73", "#CC79A7")
    for panel, column, title in zip(panels, (1, 2), ("seconds", "memory that the call adds, MiB"), strict=True):
        for (name, points), colour, marker in zip(runs.items(), colours, "os^Dv", strict=True):
            n, *values = zip(*points, strict=True)
            shown = [max(value, 0.5) if column == 2 else value for value in values[column - 1]]
            panel.loglog(n, shown, color=colour, marker=marker, ms=5, lw=2.5 if name == "otkit" else 1.2, label=name)
        panel.set_title(title, fontsize=11)
        panel.set_xlabel("points in each cloud")
        panel.xaxis.set_major_formatter(FuncFormatter(lambda n, _: f"{n:,.0f}"))
        panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        panel.grid(alpha=0.25)
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].legend(frameon=False, fontsize=9)
    figure.savefig(path, dpi=160)


def main() -> None:
    """Print the table, and draw the picture where a file is named."""
    print(machine(), file=sys.stderr)
    runs = measure()
    header = ("n", *(f"{name}{what}" for name in runs for what in ("", ", MiB")))
    lines = []
    for n in SIZES:
        found = {name: next((run for run in points if run[0] == n), None) for name, points in runs.items()}
        cells = [(seconds(run[1]), f"{run[2]:.0f}") if run else ("", "") for run in found.values()]
        lines.append((n, *(cell for pair in cells for cell in pair)))
    print(table(header, lines))
    print(f"\notkit's time grows as n to the {exponent(runs['otkit']):.2f} from 5000 points on.")
    if len(sys.argv) > 1:
        draw(runs, sys.argv[1])


if __name__ == "__main__":
    main()
