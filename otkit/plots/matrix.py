"""The cost matrix with the plan marked in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.plots.names import MOST_ALONG, set_ticks, side_names, tick_texts, write_large_short
from otkit.plots.scene import joined
from otkit.plots.style import (
    INK,
    LARGEST_TABLE,
    LARGEST_VECTOR,
    SIDE,
    SOURCE,
    TARGET,
    headline,
    own_axes,
    verdict,
)
from otkit.plots.words import count, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from scipy.sparse import coo_array

    from otkit.optimal_transport.results import TransportResult
    from otkit.problem import TransportProblem

# A cost with more rows or columns than this is sampled for the image, which could not show more; the plan never is.
LARGEST_IMAGE = 800
# Entries of a plan with more of them are joined where they fall onto one spot of that image.
LARGEST_PLAN = 20_000
SMALLEST_MARK = 2.0


def plot_cost_and_plan(
    result: TransportResult, *, names: tuple[str, str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the cost matrix with the plan marked in it and the masses along its sides.

    Up to 12 × 12, costs and masses are written into the cells. Larger problems between points are sorted along the
    points' first principal axis, which on the line turns an optimal plan for a convex cost into a staircase. A cost
    with more than 800 rows or columns is sampled for the image; the plan's marks are always complete, if it has more
    than 20,000 those together that fall onto one spot. Where sparse costs list no arc, the image is hatched.

    Parameters
    ----------
    result : TransportResult
    names : tuple of two str, optional
        What the rows and the columns are; by default what their labels are called, or "x" and "y". The labels
        themselves, where there are any, are written along the sides, up to 40.
    ax : matplotlib Axes, optional
        Where to draw the matrix; the bars and the colour scale take their room from it.

    Returns
    -------
    matplotlib Axes
        The one that holds the matrix.

    Examples
    --------
    >>> import otkit
    >>> result = otkit.transport([[1, 2], [3, 1]], [2, 1], [1, 2])
    >>> axes = otkit.plot_cost_and_plan(result, names=("bakery", "café"))
    >>> axes.images[0].get_array().tolist()
    [[1.0, 2.0], [3.0, 1.0]]
    """
    problem, plan = result.problem, result.plan
    n, m = problem.shape
    axes, names = own_axes(ax), side_names(result, names)
    written = max(n, m) <= LARGEST_TABLE
    row_order, column_order = (np.arange(n), np.arange(m)) if written else _orders(problem)
    cost = problem.cost.restrict(row_order[_sample(n)], column_order[_sample(m)]).dense()
    # Only the lighter half of the greys is used, so that marks and numbers stand out on every cell.
    low, high = (float(cost.min()), float(cost.max())) if problem.cost.complete else problem.cost.extremes()
    darkest = high + (high - low) if high > low else low + 1.0
    frame = (-0.5, m - 0.5, n - 0.5, -0.5)
    axes.patch.set(hatch="///", edgecolor="0.8")  # seen where there is no arc
    image = axes.imshow(np.ma.masked_invalid(cost), cmap="Greys", vmin=low, vmax=darkest, extent=frame, aspect="auto")
    rows, columns, mass = _marks(np.argsort(row_order)[plan.row], np.argsort(column_order)[plan.col], plan.data, (n, m))
    axes.scatter(
        columns,
        rows,
        s=_mark_areas(mass, max(n, m)),
        c=TARGET,
        marker="o" if written else "s",
        linewidths=0,
        alpha=0.55 if written else 0.9,
        rasterized=mass.size > LARGEST_VECTOR,
    )
    if written:
        _write_cells(axes, cost, plan)
    above, left, scale = _side_axes(axes)
    named = written or (problem.row_labels is not None and n <= MOST_ALONG)
    _draw_side_bars(above, left, (problem.a[row_order], problem.b[column_order]), written=written, named=named)
    colour_bar = axes.figure.colorbar(image, cax=scale, label="cost")
    if high > low:
        colour_bar.ax.set_ylim(low, high)
    write_large_short(colour_bar.ax)
    sorted_ = not written and problem.cost.points is not None
    for axis, labels, order in (
        (axes.xaxis, problem.col_labels, column_order),
        (left.yaxis, problem.row_labels, row_order),
    ):
        if written or (labels is not None and order.size <= MOST_ALONG):
            set_ticks(axis, np.arange(order.size), tick_texts(labels, order))
        elif sorted_:
            axis.set_ticks([])
    if sorted_:
        names = f"{names[0]}, sorted", f"{names[1]}, sorted"
    axes.tick_params(left=False, labelleft=False)
    left.set_ylabel(names[0])
    axes.set_xlabel(names[1])
    headline(above, result, count(plan.nnz, "arc"))
    say(
        axes,
        f"Cost matrix of {count(n, 'row')} ({names[0]}) and {count(m, 'column')} ({names[1]}), with the "
        f"{count(plan.nnz, 'entry', 'entries')} of the plan marked in it and the masses along its "
        f"sides; {', '.join(verdict(result))}.",
    )
    return axes


def _marks(
    rows: IntArray, columns: IntArray, mass: FloatArray, shape: tuple[int, int]
) -> tuple[IntArray | FloatArray, IntArray | FloatArray, FloatArray]:
    """Return where the plan is marked; of a large one, entries that fall onto one spot of the image are one mark."""
    if mass.size <= LARGEST_PLAN:
        return rows, columns, mass
    spots = (rows * LARGEST_IMAGE // shape[0]) * LARGEST_IMAGE + columns * LARGEST_IMAGE // shape[1]
    total, (mean_row, mean_column) = joined(spots, mass, rows.astype(np.float64), columns.astype(np.float64))
    return mean_row, mean_column, total


def _orders(problem: TransportProblem) -> tuple[IntArray, IntArray]:
    """Return the order of rows and columns: points along their first principal axis, a given matrix as it is."""
    if problem.cost.points is None:
        return np.arange(problem.shape[0]), np.arange(problem.shape[1])
    x, y = problem.cost.points
    both = np.concatenate([x, y])
    both = both - both.mean(axis=0)
    axis = np.linalg.eigh(both.T @ both)[1][:, -1]
    axis *= np.sign(axis[np.argmax(np.abs(axis))])
    return np.argsort(x @ axis, kind="stable"), np.argsort(y @ axis, kind="stable")


def _sample(size: int) -> IntArray:
    """Return evenly spaced indices, no more than an image shows."""
    return np.unique(np.linspace(0, size - 1, min(size, LARGEST_IMAGE)).round().astype(np.int64))


def _mark_areas(mass: FloatArray, cells: int) -> FloatArray:
    """Return areas of marks, proportional to mass; the largest fills most of its cell."""
    if mass.size == 0:
        return mass
    return np.maximum(mass / mass.max() * min((0.62 * SIDE / cells) ** 2, 900.0), SMALLEST_MARK)


def _write_cells(axes: Axes, cost: FloatArray, plan: coo_array) -> None:
    """Write each cost into its cell's upper corner, and the mass that goes there into the middle."""
    for i, j in np.argwhere(np.isfinite(cost)):
        axes.text(j - 0.44, i - 0.42, f"{cost[i, j]:.3g}", ha="left", va="top", fontsize=7, color=INK)
    for i, j, mass in zip(plan.row, plan.col, plan.data, strict=True):
        axes.text(j, i, f"{mass:.3g}", ha="center", va="center", fontsize=9, fontweight="bold")


def _steps(mass: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return masses and the edges of their bars; of very many, means of neighbours, as the image has them."""
    edges = np.linspace(0, mass.size, min(mass.size, LARGEST_IMAGE) + 1).astype(np.int64)
    means: FloatArray = np.add.reduceat(mass, edges[:-1]) / np.diff(edges)
    return means, edges.astype(np.float64) - 0.5


def _side_axes(axes: Axes) -> tuple[Axes, Axes, Axes]:
    """Return Axes above the matrix, to its left, and to its right for the colour scale."""
    above = axes.inset_axes((0.0, 1.02, 1.0, 0.15), sharex=axes)
    left = axes.inset_axes((-0.17, 0.0, 0.15, 1.0), sharey=axes)
    return above, left, axes.inset_axes((1.03, 0.0, 0.03, 1.0))


def _draw_side_bars(
    above: Axes, left: Axes, masses: tuple[FloatArray, FloatArray], *, written: bool, named: bool
) -> None:
    """Draw column masses above the matrix and row masses to its left."""
    a, b = masses
    if written:
        left.barh(np.arange(a.size), a, height=0.8, color=SOURCE)
        above.bar(np.arange(b.size), b, width=0.8, color=TARGET)
        small: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8}
        for i, mass in enumerate(a):
            left.annotate(f"{mass:.3g}", (mass, i), xytext=(-2, 0), ha="right", va="center", **small)
        for j, mass in enumerate(b):
            above.annotate(f"{mass:.3g}", (j, mass), xytext=(0, 1), ha="center", va="bottom", **small)
    else:
        left.stairs(*_steps(a), orientation="horizontal", fill=True, color=SOURCE)
        above.stairs(*_steps(b), fill=True, color=TARGET)
    room = 1.5 if written else 1.05
    left.set_xlim(room * a.max(), 0.0)
    above.set_ylim(0.0, room * b.max())
    for bars in (above, left):
        bars.spines[:].set_visible(False)
        bars.tick_params(bottom=False, left=False, labelbottom=False, labelleft=bars is left and named)
