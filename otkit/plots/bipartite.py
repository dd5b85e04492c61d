"""The plan of a cost matrix, which has no places: sources in a column, targets in another, roads between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from otkit._typing import FloatArray
from otkit.plots.names import MOST_ALONG, tick_texts
from otkit.plots.scene import Scene, add_arcs
from otkit.plots.style import INK, LARGEST_MARKER, LARGEST_VECTOR, SIDE, SMALLEST_MARKER, SOURCE, TARGET

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from otkit.inputs.labels import Labels
    from otkit.optimal_transport.results import TransportResult

# More numbers on the roads than this would hide them.
MOST_NUMBERS = 40
# Where along its road a number may stand, the first that is free, and the room that it takes, in points.
_PLACES = (0.5, 0.35, 0.65, 0.22, 0.78, 0.43, 0.57, 0.28, 0.72, 0.15, 0.85)
_LETTER, _LINE = 6.0, 13.0


def draw_columns(axes: Axes, result: TransportResult, names: tuple[str, str]) -> None:
    """Draw sources to the left and targets to the right, and every entry of the plan as a road."""
    problem = result.problem
    n, m = problem.shape
    x, y = (np.column_stack([np.full(size, side), _heights(size)]) for size, side in ((n, 0.0), (m, 1.0)))
    shown = np.ones(n, np.bool_), np.ones(m, np.bool_)
    scene = Scene(x, y, shown, 1)  # whose two directions have nothing to do with one another
    add_arcs(axes, result, scene)
    axes.set(xlim=(-0.04, 1.04), ylim=(-0.02, 1.02))
    right = axes.secondary_yaxis("right")
    sides = (
        (x, problem.a, SOURCE, "o", axes.yaxis, problem.row_labels),
        (y, problem.b, TARGET, "s", right.yaxis, problem.col_labels),
    )
    for places, weights, colour, marker, axis, labels in sides:
        size = len(places)
        largest = min(LARGEST_MARKER, (0.7 * SIDE / size) ** 2)
        areas = np.maximum(weights / weights.max() * largest, SMALLEST_MARKER)
        axes.scatter(
            places[:, 0], places[:, 1], s=areas, c=colour, marker=marker, edgecolors="white",
            linewidths=0.5 if size <= 500 else 0.0, zorder=3, clip_on=False, rasterized=size > LARGEST_VECTOR,
        )  # fmt: skip
        _name_side(axis, places[:, 1], labels, weights)
    for side, name, colour in ((0.0, names[0], SOURCE), (1.0, names[1], TARGET)):
        axes.annotate(
            name, (side, 0.0), xycoords=("data", "axes fraction"), xytext=(0, -6), textcoords="offset points",
            ha="center", va="top", color=colour, fontweight="bold",
        )  # fmt: skip
    if result.plan.nnz <= MOST_NUMBERS:
        _write_masses(axes, result, x, y)
    for frame in (axes, right):
        frame.spines[:].set_visible(False)
        frame.tick_params(length=0)
    axes.set_xticks([])


def _heights(size: int) -> FloatArray:
    """Return where the places of a column stand, the first on top."""
    heights: FloatArray = 1.0 - (np.arange(size) + 0.5) / size
    return heights


def _name_side(axis: Any, heights: FloatArray, labels: Labels | None, weights: FloatArray) -> None:
    """Write labels and masses beside a column."""
    size = heights.size
    if size > MOST_ALONG:
        axis.set_ticks([])
        return
    texts = [
        f"{text}: {mass:.4g}" for text, mass in zip(tick_texts(labels, np.arange(size)), weights.tolist(), strict=True)
    ]
    axis.set_ticks(heights, texts)
    if size > 20:
        axis.set_tick_params(labelsize=7)


def _write_masses(axes: Axes, result: TransportResult, x: FloatArray, y: FloatArray) -> None:
    """Write the mass of each road on it, away from other numbers and, where that can be, from other roads."""
    size = np.array(axes.bbox.size) * 72.0 / axes.figure.dpi  # points of the type that is written
    plan = result.plan
    starts, ends, mass = x[plan.row] * size, y[plan.col] * size, plan.data
    taken: list[tuple[float, float, float]] = []
    for k in np.lexsort((plan.col, plan.row)).tolist():
        text = f"{mass[k]:.4g}"
        width = _LETTER * (len(text) + 1)
        others = np.arange(mass.size) != k
        found: list[tuple[float, float, float]] = []
        for share in _PLACES:
            across, up = ((1.0 - share) * starts[k] + share * ends[k]).tolist()
            roads = (1.0 - share) * starts[others, 1] + share * ends[others, 1]
            crossed = float(np.maximum(0.6 * _LINE - np.abs(roads - up), 0.0).sum())
            found.append((_overlap(taken, across, up, width) + crossed, across, up))
        _, across, up = min(found, key=lambda entry: entry[0])  # of equal ones, the first
        taken.append((across, up, width))
        axes.text(
            across / size[0], up / size[1], text, ha="center", va="center", fontsize=9, fontweight="bold", color=INK,
            zorder=4, bbox={"boxstyle": "round,pad=0.15", "facecolor": axes.get_facecolor(), "edgecolor": "none"},
        )  # fmt: skip


def _overlap(taken: list[tuple[float, float, float]], x: float, y: float, width: float) -> float:
    """Return how much of a number would stand on others."""
    total = 0.0
    for left, up, other in taken:
        across, high = 0.5 * (width + other) - abs(x - left), _LINE - abs(y - up)
        total += max(across, 0.0) * max(high, 0.0)
    return total
