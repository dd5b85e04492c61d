"""Points in the plane, or on the line drawn as two rows, and the arcs between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.inputs.checks import as_points, require_same_dimension
from otkit.plots.style import ARC_SHARE, INK, LARGEST_VECTOR, SIDE, THINNEST_ARC, WIDEST_ARC

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection

    from otkit.optimal_transport.results import TransportResult


class Scene(NamedTuple):
    """Points made ready for the plane."""

    x: FloatArray
    y: FloatArray
    dimension: int
    geographic: bool = False  # x and y are (longitude, latitude)

    @property
    def box(self) -> FloatArray:
        """Width and height of the picture in units of the points, both the longer one where the aspect is kept."""
        sides = np.ptp(np.concatenate([self.x, self.y]), axis=0)
        shown: FloatArray = sides if self.dimension == 1 else np.full(2, sides.max())
        return np.where(shown > 0.0, shown, 1.0)


def make_scene(result: TransportResult, points: tuple[ArrayLike, ArrayLike] | None) -> Scene:
    """Place sources and targets in the plane; refuse what has no place there."""
    cost = result.problem.cost
    if points is None:
        if cost.points is None:
            raise ValueError(
                "points must say where to draw, because the cost is a matrix without coordinates: give points=(x, y), "
                "or draw the matrix itself with plot_cost_and_plan."
            )
        x, y = cost.points
    else:
        x, y = as_points(points[0], "points[0]"), as_points(points[1], "points[1]")
        require_same_dimension(x, y, ("points[0]", "points[1]"))
        if (len(x), len(y)) != cost.shape:
            n, m = cost.shape
            raise ValueError(f"points must hold {n} sources and {m} targets, but they hold {len(x)} and {len(y)}.")
    dimension = x.shape[1]
    if dimension > 2:
        raise ValueError(
            f"points must have one or two coordinates to be drawn, but they have {dimension}. Give a projection as "
            "points=(x[:, :2], y[:, :2]), or draw the matrix with plot_cost_and_plan."
        )
    if dimension == 1:
        upper = np.column_stack([x[:, 0], np.ones(len(x))])
        return Scene(upper, np.column_stack([y[:, 0], np.zeros(len(y))]), 1)
    if points is None and cost.metric is not None and cost.metric.geographic:
        return Scene(x[:, ::-1], y[:, ::-1], 2, geographic=True)
    return Scene(x, y, 2)


def add_arcs(axes: Axes, result: TransportResult, scene: Scene) -> LineCollection:
    """Draw the arcs of the plan, as wide as their masses, and return them."""
    from matplotlib.collections import LineCollection

    plan = result.plan
    ends = np.stack([scene.x[plan.row], scene.y[plan.col]], axis=1)
    widths, alpha = _arc_style(plan.data, ends, scene.box)
    arcs = LineCollection(list(ends), linewidths=widths, colors=INK, alpha=alpha, capstyle="round", zorder=1)
    arcs.set_rasterized(plan.nnz > LARGEST_VECTOR)
    axes.add_collection(arcs)
    return arcs


def _arc_style(mass: FloatArray, ends: FloatArray, box: FloatArray) -> tuple[FloatArray, float]:
    """Return arc widths in points, proportional to mass, and the opacity that keeps a large plan readable."""
    if mass.size == 0:
        return mass, 1.0
    lengths = np.linalg.norm((ends[:, 1] - ends[:, 0]) / box, axis=1) * SIDE
    room = ARC_SHARE * SIDE**2
    shares = mass / mass.max()
    ink = float(shares @ lengths)
    widest = min(WIDEST_ARC, room / ink) if ink > 0.0 else WIDEST_ARC
    widths = np.maximum(shares * widest, np.clip(60.0 / mass.size, *THINNEST_ARC))
    crowding = room / max(float(widths @ lengths), room)
    return widths, max(0.65 * crowding, 0.02)


def finish_scene(axes: Axes, scene: Scene, names: tuple[str, str], *, keep_image: bool) -> None:
    """Set limits, aspect and labels for points in the plane or in two rows."""
    axes.spines[["right", "top"]].set_visible(False)
    if scene.dimension == 1:
        axes.set_yticks([1.0, 0.0], names)
        axes.set_ylim(-0.2, 1.2)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        return
    if not keep_image:
        axes.margins(0.07)
        axes.set_aspect("equal", adjustable="datalim")
    if scene.geographic:
        middle = np.radians(np.concatenate([scene.x, scene.y])[:, 1].mean())
        axes.set_aspect(1.0 / max(float(np.cos(middle)), 0.1), adjustable="datalim")
        axes.set_xlabel("longitude")
        axes.set_ylabel("latitude")
