"""The plan as arcs between points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.plots.names import side_names, write_beside
from otkit.plots.scene import add_arcs, finish_scene, make_scene
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
)

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

    Points in the plane are drawn where they are, points on the line in two rows. Arc widths and marker areas are
    proportional to mass, down to the thinnest that can be seen. No arc is left out: large plans are drawn translucent.

    Parameters
    ----------
    result : TransportResult
    points : tuple of two array-likes, shapes (n, d) and (m, d), d ≤ 2, optional
        Where to draw sources and targets. The default is the problem's own points; a cost matrix has none, and of
        points in higher dimension you can draw a projection.
    background : array-like, shape (height, width) or (height, width, 3 or 4), optional
        An image, such as a map, in whose pixels the points are measured (the vertical axis points down).
    names : tuple of two str, optional
        What the sources and the targets are; by default what their labels are called, or "x" and "y". The labels
        themselves, where there are any, are written beside the points, up to 30.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        The points have more than two coordinates, or there are none.

    Examples
    --------
    >>> import otkit
    >>> result = otkit.wasserstein([[0, 0], [1, 0]], [[0, 1], [1, 1]])
    >>> otkit.plot_plan(result).get_title()
    'W₁ = 1'
    """
    scene = make_scene(result, points)
    axes, names = own_axes(ax), side_names(result, names)
    if background is not None:
        axes.imshow(background, zorder=0, cmap="gray")
    add_arcs(axes, result, scene)
    sides = ((scene.x, result.problem.a, SOURCE, "o"), (scene.y, result.problem.b, TARGET, "s"))
    for places, weights, colour, marker in sides:
        axes.scatter(
            places[:, 0],
            places[:, 1],
            s=_marker_areas(weights, scene.dimension),
            c=colour,
            marker=marker,
            edgecolors="white",
            linewidths=0.5 if len(places) <= 500 else 0.0,
            zorder=2,
            rasterized=len(places) > LARGEST_VECTOR,
        )
    write_beside(axes, scene.x, result.problem.row_labels, SOURCE, above=True)
    write_beside(axes, scene.y, result.problem.col_labels, TARGET, above=False)
    finish_scene(axes, scene, names, keep_image=background is not None)
    legend_below(axes, f"{names[0]} ({len(scene.x)})", f"{names[1]} ({len(scene.y)})", (SOURCE, TARGET))
    headline(axes, result)
    return axes


def _marker_areas(weights: FloatArray, dimension: int) -> FloatArray:
    """Return marker areas in square points, proportional to weight; in a row, about as wide together as half of it."""
    share = float(weights.max() / weights.sum())
    wanted = MARKER_SHARE * SIDE**2 * share if dimension == 2 else max(0.5 * SIDE * share, 5.0) ** 2
    return np.maximum(weights / weights.max() * min(wanted, LARGEST_MARKER), SMALLEST_MARKER)
