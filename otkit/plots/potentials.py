"""The dual potentials, over points or as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.costs import Cost, PointCosts
from otkit.plots.names import set_ticks, side_names, tick_texts, write_large_short
from otkit.plots.scene import MARGIN, MOST_STEPS, PLACES, Scene, add_arcs, central, finish_scene, make_scene
from otkit.plots.style import (
    INK,
    LARGEST_TABLE,
    LARGEST_VECTOR,
    MARKER_SHARE,
    SIDE,
    SOURCE,
    TARGET,
    below,
    headline,
    legend_below,
    own_axes,
    verdict,
)
from otkit.plots.words import count, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from otkit.optimal_transport.results import TransportResult

POTENTIALS = "PuOr"
# Level lines of the Kantorovich potential are drawn from this many values in each direction.
FIELD_SIDE = 120


def plot_potentials(
    result: TransportResult,
    *,
    points: tuple[ArrayLike, ArrayLike] | None = None,
    names: tuple[str, str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the dual potentials: f at the sources and −g at the targets.

    In these signs they fall by exactly the cost along every arc of an optimal plan, and by no more than the cost from
    any source to any target. If the cost is a metric, both are one function, the Kantorovich potential, and for a
    built-in metric its level lines are drawn too. Points in the plane are coloured by their potential; on the line it
    is a curve; for a cost matrix, which has no points, f and g (in their own signs) are bars. A common shift of the
    prices is free: the lowest f is 0.

    Parameters
    ----------
    result : TransportResult
    points : tuple of two array-likes, shapes (n, d) and (m, d), d ≤ 2, optional
        Where to draw sources and targets, as in `plot_plan`.
    names : tuple of two str, optional
        What the sources and the targets are; by default what their labels are called, or "x" and "y".
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        The points have more than two coordinates.

    Examples
    --------
    >>> import otkit
    >>> result = otkit.wasserstein([0.0, 1.0], [2.0, 4.0])
    >>> otkit.plot_potentials(result).get_ylabel()
    'potential (lowest f is 0)'
    """
    axes, names = own_axes(ax), side_names(result, names)
    cost, seen = result.problem.cost, ""
    if points is None and cost.points is None:
        _draw_bars(axes, result, names)
    else:
        scene = make_scene(result, points)
        seen = scene.seen()
        if scene.dimension == 1:
            _draw_curves(axes, result, scene, names)
        else:
            colours = _draw_fields(axes, result, scene, names)
            evaluable = isinstance(cost, PointCosts) and cost.is_metric and not scene.geographic
            if points is None and evaluable and cost.metric is not None:
                _draw_levels(axes, scene, cost.metric, result.potentials.from_zero().g, colours)
    headline(axes, result, count(result.plan.nnz, "arc"), seen)
    f, g = result.potentials.from_zero()
    say(
        axes,
        f"Dual potentials: f at {count(f.size, 'source')} ({names[0]}), from {f.min():.4g} to {f.max():.4g}, and g at "
        f"{count(g.size, 'target')} ({names[1]}), from {g.min():.4g} to {g.max():.4g}; {', '.join(verdict(result))}.",
    )
    return axes


def _draw_fields(axes: Axes, result: TransportResult, scene: Scene, names: tuple[str, str]) -> dict[str, Any]:
    """Colour the points of the plane by the potentials, over the arcs of the plan; return the colours' scale."""
    f, g = result.potentials.from_zero()
    shown = scene.shown if scene.image else (np.ones(f.size, np.bool_), np.ones(g.size, np.bool_))
    both = np.concatenate([f[shown[0]], -g[shown[1]]])
    low, high = central(both)
    colours: dict[str, Any] = {"cmap": POTENTIALS, "vmin": low, "vmax": high}
    arcs = add_arcs(axes, result, scene)
    arcs.set(linewidths=0.4, alpha=0.6 * (arcs.get_alpha() or 1.0))
    size = float(np.clip(MARKER_SHARE * SIDE**2 / max(int(side.sum()) for side in shown), 4.0, 90.0))
    for places, values, drawn, marker in ((scene.x, f, shown[0], "o"), (scene.y, -g, shown[1], "s")):
        markers = axes.scatter(
            places[drawn, 0],
            places[drawn, 1],
            s=size,
            c=values[drawn],
            marker=marker,
            edgecolors=INK,
            linewidths=0.5 if size > 9.0 else 0.2,
            zorder=2,
            rasterized=len(places) > LARGEST_VECTOR,
            **colours,
        )
    beyond = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}
    bar = axes.figure.colorbar(
        markers,
        ax=axes,
        label="potential (lowest f is 0)\nfalls by the cost along each arc",
        extend=beyond[bool(both.min() < low), bool(both.max() > high)],
    )
    write_large_short(bar.ax)
    finish_scene(axes, scene, names, keep_image=False)
    legend_below(axes, f"f at {names[0]}", f"−g at {names[1]}", ("white", "white"))
    return colours


def _draw_levels(axes: Axes, scene: Scene, metric: Cost, g: FloatArray, colours: dict[str, Any]) -> None:
    """Draw level lines of the Kantorovich potential φ(z) = min_j d(z, y_j) − g_j behind the points."""
    if scene.image or scene.hidden:
        (left, right), (low, high) = sorted(axes.get_xlim()), sorted(axes.get_ylim())
    else:
        corners = scene.view
        middle, reach = 0.5 * (corners[0] + corners[1]), (0.5 + MARGIN) * scene.box
        (left, low), (right, high) = middle - reach, middle + reach
    across, up = np.meshgrid(np.linspace(left, right, FIELD_SIDE), np.linspace(low, high, FIELD_SIDE))
    plane, targets, priced = np.column_stack([across.ravel(), up.ravel()]), scene.y, g
    if scene.image:  # as the metric counts them, (row, column); cells without mass have no price of their own
        plane, targets, priced = plane[:, ::-1], targets[scene.shown[1], ::-1], g[scene.shown[1]]
    to_targets = metric.between(np.ascontiguousarray(plane), np.ascontiguousarray(targets))
    field = to_targets.row_minima(np.ascontiguousarray(priced))[0].reshape(across.shape)
    axes.contourf(across, up, field, levels=14, alpha=0.25, zorder=0, **colours)
    axes.contour(across, up, field, levels=14, linewidths=0.5, zorder=0, **colours)
    if not scene.image:
        axes.set(xlim=(left, right), ylim=(low, high))
        axes.set_aspect("equal" if scene.alike else "auto", adjustable="box")


def _draw_curves(axes: Axes, result: TransportResult, scene: Scene, names: tuple[str, str]) -> None:
    """Draw the potentials over the line."""
    f, g = result.potentials.from_zero()
    sides = ((scene.x, f, SOURCE, "o", "-", f"f at {names[0]}"), (scene.y, -g, TARGET, "s", "--", f"−g at {names[1]}"))
    (left, _), (right, _) = scene.limits
    seen = []
    for places, values, colour, marker, line, label in sides:
        order = np.argsort(places[:, 0], kind="stable")
        if order.size > MOST_STEPS:  # as many as a picture shows, evenly by number and along the line
            evenly = np.searchsorted(places[order, 0], np.linspace(left, right, PLACES))
            by_number = np.linspace(0, order.size - 1, PLACES).astype(np.int64)
            order = order[np.unique(np.append(by_number, np.minimum(evenly, order.size - 1)))]
        along, heights = places[order, 0], values[order]
        inside = (along >= left) & (along <= right)
        seen.append(heights[inside])
        axes.plot(
            along,
            heights,
            color=colour,
            linestyle=line,
            linewidth=1.2,
            marker=marker if order.size <= 100 else None,
            markersize=4,
            label=label,
        )
    if scene.hidden:
        within = np.concatenate(seen)
        low, high = float(within.min()), float(within.max())
        margin = MARGIN * (high - low) or 0.5
        axes.set(xlim=(left, right), ylim=(low - margin, high + margin))
    axes.set_xlabel(scene.axis_names[0])
    axes.set_ylabel("potential (lowest f is 0)")
    write_large_short(axes)
    axes.spines[["right", "top"]].set_visible(False)
    axes.legend(frameon=False)


def _draw_bars(axes: Axes, result: TransportResult, names: tuple[str, str]) -> None:
    """Draw the potentials of a cost matrix, rows and then columns."""
    f, g = result.potentials.from_zero()
    n, m = f.size, g.size
    places = np.arange(n), np.arange(m) + n + 1
    sides = ((places[0], f, SOURCE, f"f of {names[0]}"), (places[1], g, TARGET, f"g of {names[1]}"))
    for where, values, colour, label in sides:
        if n + m <= 60:
            bars = axes.bar(where, values, color=colour, width=0.8, label=label)
            if max(n, m) <= LARGEST_TABLE:
                axes.bar_label(bars, fmt="%.3g", padding=2, fontsize=8)
        else:
            edges = np.arange(where[0], where[-1] + 2) - 0.5
            axes.stairs(values, edges, fill=True, color=colour, label=label)
    axes.axhline(0.0, color=INK, linewidth=0.8)
    axes.margins(y=0.12)
    if n + m <= 60:
        rows, columns = result.problem.row_labels, result.problem.col_labels
        texts = tick_texts(rows, np.arange(n)) + tick_texts(columns, np.arange(m))
        set_ticks(axes.xaxis, np.concatenate(places), texts)
    else:
        axes.set_xticks([])
    axes.set_ylabel("potential (lowest f is 0)")
    axes.spines[["right", "top", "bottom"]].set_visible(False)
    if result.problem.row_labels is None and result.problem.col_labels is None:
        axes.legend(ncols=2, **below(axes))
    else:  # whose labels may be turned, and hang down to where the legend would be
        axes.legend(loc="best", framealpha=0.8)
