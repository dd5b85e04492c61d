"""The plan as arcs between points, or between two columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.plots.bipartite import draw_columns
from otkit.plots.names import side_names, write_beside
from otkit.plots.scene import Scene, add_arcs, finish_scene, joined, make_scene, to_places
from otkit.plots.style import (
    LARGEST_MARKER,
    LARGEST_VECTOR,
    MARKER_SHARE,
    SIDE,
    SMALLEST_MARKER,
    SOURCE,
    TARGET,
    headline,
    legend_below,
    own_axes,
    verdict,
)
from otkit.plots.words import count, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from otkit.optimal_transport.results import TransportResult


def plot_plan(
    result: TransportResult,
    *,
    points: tuple[ArrayLike, ArrayLike] | None = None,
    background: ArrayLike | None = None,
    names: tuple[str, str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw every entry of the plan as an arc between its points, as wide as its mass.

    Points in the plane are drawn where they are, points on the line in two rows, rows and columns of a cost matrix in
    two columns with their labels and masses. Arc widths and marker areas are proportional to mass, down to the thinnest
    that can be seen; points without mass are left out. No arc is left out: large plans are drawn translucent, and of
    those on the line, arcs that no eye could tell apart are drawn as one.

    Both axes have one scale, unless one side of the picture would be more than 8 times the other, as with age and
    income. Where a few points lie so far out that all others would be a blot, the picture ends before them, and says
    how many are beyond its edges. The cells of `wasserstein_grid` are drawn as an image, the first row on top.

    Parameters
    ----------
    result : TransportResult
    points : tuple of two array-likes, shapes (n, d) and (m, d), d ≤ 2, optional
        Where to draw sources and targets. The default is the problem's own points; a cost matrix has none and is drawn
        in two columns, and of points in higher dimension you can draw a projection.
    background : array-like, shape (height, width) or (height, width, 3 or 4), optional
        An image, such as a map, in whose pixels the points are measured (the vertical axis points down).
    names : tuple of two str, optional
        What the sources and the targets are; by default what their labels are called, or "x" and "y". The labels
        themselves, where there are any, are written beside the points, up to 30. The axes are called by the columns
        of data frames.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        The points have more than two coordinates, or there are none and an image is to lie behind them.

    See Also
    --------
    plot_distributions : for points on the line, the area between two curves that W₁ is.
    alt_text : says in a sentence what the picture shows.

    Examples
    --------
    >>> import otkit
    >>> result = otkit.wasserstein([[0, 0], [1, 0]], [[0, 1], [1, 1]])
    >>> otkit.plot_plan(result).get_title()
    'W₁ = 1'
    """
    n, m = result.problem.shape
    names = side_names(result, names)
    if points is None and background is None and result.problem.cost.points is None:
        axes, seen, things = own_axes(ax), "", ("row", "column")
        draw_columns(axes, result, names)
    else:
        scene = make_scene(result, points)
        axes, seen, things = own_axes(ax), scene.seen(), ("cell", "cell") if scene.image else ("point", "point")
        _draw_points(axes, result, scene, names, background)
        legend_below(axes, f"{names[0]} ({n:,})", f"{names[1]} ({m:,})", (SOURCE, TARGET))
    arcs = count(result.plan.nnz, "arc")
    headline(axes, result, arcs, seen)
    say(
        axes,
        f"Transport plan from {count(n, things[0])} ({names[0]}) to {count(m, things[1])} ({names[1]}), {arcs} as wide "
        f"as their masses; {', '.join(verdict(result))}.",
    )
    return axes


def _draw_points(
    axes: Axes, result: TransportResult, scene: Scene, names: tuple[str, str], background: ArrayLike | None
) -> None:
    """Draw arcs and points in the plane, or in two rows."""
    if background is not None:
        axes.imshow(background, zorder=0, cmap="gray")
    add_arcs(axes, result, scene)
    problem = result.problem
    sides = (
        (scene.x, scene.shown[0], problem.a, SOURCE, "o", problem.row_labels),
        (scene.y, scene.shown[1], problem.b, TARGET, "s", problem.col_labels),
    )
    for places, shown, weights, colour, marker, labels in sides:
        drawn, mass = places[shown], weights[shown]
        if scene.dimension == 1 and len(drawn) > LARGEST_VECTOR:
            (low, high), row = scene.view, drawn[0, 1]
            mass, (along,) = joined(to_places(drawn[:, 0], low[0], high[0]), mass, drawn[:, 0])
            drawn = np.column_stack([along, np.full(along.size, row)])
        axes.scatter(
            drawn[:, 0],
            drawn[:, 1],
            s=_marker_areas(mass, scene.dimension),
            c=colour,
            marker=marker,
            edgecolors="white",
            linewidths=0.5 if len(drawn) <= 500 else 0.0,
            zorder=2,
            rasterized=len(drawn) > LARGEST_VECTOR,
        )
        write_beside(axes, places, labels, colour, above=colour == SOURCE, shown=shown)
    finish_scene(axes, scene, names, keep_image=background is not None)


def _marker_areas(weights: FloatArray, dimension: int) -> FloatArray:
    """Return marker areas in square points, proportional to weight; in a row, about as wide together as half of it."""
    share = float(weights.max() / weights.sum())
    wanted = MARKER_SHARE * SIDE**2 * share if dimension == 2 else max(0.5 * SIDE * share, 5.0) ** 2
    return np.maximum(weights / weights.max() * min(wanted, LARGEST_MARKER), SMALLEST_MARKER)
