"""Points in the plane, or on the line drawn as two rows, and the arcs between them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from otkit._typing import ArrayLike, BoolArray, FloatArray, IntArray
from otkit.inputs.checks import as_points, require_same_dimension
from otkit.plots.names import coordinate_name, write_large_short
from otkit.plots.style import ARC_SHARE, INK, LARGEST_VECTOR, SIDE, THINNEST_ARC, WIDEST_ARC
from otkit.plots.words import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection

    from otkit.optimal_transport.results import TransportResult

# Axes have one scale unless one side would be so many times the other: then points of age and income would be a line.
MOST_UNLIKE = 8.0
# The picture leaves out the outermost per cent at each end where all of them would make it so many times as wide.
TAIL, MOST_TAIL = 0.01, 2.5
# Around what is shown, as a share of its width.
MARGIN = 0.07
# Places along the line that a picture can tell apart, and some more; curves of more points than the second are drawn
# through so many of them.
PLACES, MOST_STEPS = 1000, 4000
# What wasserstein_grid calls its coordinates: an image, whose first row is on top.
IMAGE_AXES = ("row", "column")


@dataclass(frozen=True, eq=False)
class Scene:
    """Points made ready for the plane."""

    x: FloatArray
    y: FloatArray
    shown: tuple[BoolArray, BoolArray]  # which points are drawn
    dimension: int
    axis_names: tuple[str, str] = ("", "")
    geographic: bool = False  # x and y are (longitude, latitude)
    image: bool = False  # x and y are (column, row) of cells

    @cached_property
    def drawn(self) -> FloatArray:
        """All points that are drawn."""
        return np.concatenate([self.x[self.shown[0]], self.y[self.shown[1]]])

    @cached_property
    def view(self) -> tuple[FloatArray, FloatArray]:
        """The corners of the picture, which leave out the far ends of long tails."""
        drawn = self.drawn
        limits = [central(drawn[:, k]) for k in range(2)]
        return np.array([low for low, _ in limits]), np.array([high for _, high in limits])

    @property
    def alike(self) -> bool:
        """Whether both axes have one scale."""
        if self.dimension == 1:
            return False
        width, height = sorted(self._sides.tolist())
        return self.image or self.geographic or width == 0.0 or height <= MOST_UNLIKE * width

    @property
    def box(self) -> FloatArray:
        """Width and height of the picture in units of the points, both the longer one where the aspect is kept."""
        sides = self._sides
        shown: FloatArray = np.full(2, sides.max()) if self.alike else sides
        return np.where(shown > 0.0, shown, 1.0)

    @property
    def _sides(self) -> FloatArray:
        low, high = self.view
        sides: FloatArray = high - low
        return sides

    @property
    def limits(self) -> tuple[FloatArray, FloatArray]:
        """The ends of the axes, a margin around what is shown: one for both, or a narrow cloud would touch them."""
        sides = self._sides
        margin = MARGIN * np.where(sides > 0.0, sides, 1.0)
        if self.alike:
            margin = np.full(2, margin.max())
        return self.view[0] - margin, self.view[1] + margin

    @cached_property
    def hidden(self) -> int:
        """How many points lie beyond the edges."""
        low, high = self.limits
        return int(((self.drawn < low) | (self.drawn > high)).any(axis=1).sum())

    def seen(self) -> str:
        """Say how many points lie beyond the edges, if any do."""
        return f"{count(self.hidden, 'point')} beyond the edges" if self.hidden else ""


def central(values: FloatArray) -> tuple[float, float]:
    """Return the range that a picture shows: all, or without the far ends of long tails.

    >>> central(np.arange(200.0)), central(np.append(np.arange(199.0), 1e6))
    ((0.0, 199.0), (0.0, 217.7))
    """
    low, high = float(values.min()), float(values.max())
    last = values.size - 1
    below, above = math.floor(TAIL * last), math.ceil((1.0 - TAIL) * last)
    inner_low, inner_high = np.partition(values, [below, above])[[below, above]].tolist()
    inner = inner_high - inner_low
    if inner <= 0.0 or high - low <= MOST_TAIL * inner:
        return low, high
    return max(low, inner_low - 0.1 * inner), min(high, inner_high + 0.1 * inner)


def make_scene(result: TransportResult, points: tuple[ArrayLike, ArrayLike] | None) -> Scene:
    """Place sources and targets in the plane; refuse what has no place there."""
    problem = result.problem
    cost = problem.cost
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
    own = points is None
    names = (coordinate_name(result, 0), coordinate_name(result, 1)) if own else ("", "")
    shown = problem.a > 0.0, problem.b > 0.0
    if dimension == 1:
        upper, lower = (np.column_stack([side[:, 0], np.full(len(side), row)]) for side, row in ((x, 1.0), (y, 0.0)))
        return Scene(upper, lower, shown, 1, (names[0], ""))
    if own and cost.metric is not None and cost.metric.geographic:
        return Scene(x[:, ::-1], y[:, ::-1], shown, 2, ("longitude", "latitude"), geographic=True)
    if own and cost.reading.columns == IMAGE_AXES:
        return Scene(x[:, ::-1], y[:, ::-1], shown, 2, (names[1], names[0]), image=True)
    return Scene(x, y, shown, 2, names)


def add_arcs(axes: Axes, result: TransportResult, scene: Scene) -> LineCollection:
    """Draw the arcs of the plan, as wide as their masses, and return them."""
    from matplotlib.collections import LineCollection

    plan = result.plan
    ends, mass = np.stack([scene.x[plan.row], scene.y[plan.col]], axis=1), plan.data
    if scene.dimension == 1 and mass.size > LARGEST_VECTOR:
        ends, mass = _joined_arcs(ends, mass, scene)
    widths, alpha = _arc_style(mass, ends, scene.box)
    arcs = LineCollection(list(ends), linewidths=widths, colors=INK, alpha=alpha, capstyle="round", zorder=1)
    arcs.set_rasterized(plan.nnz > LARGEST_VECTOR)
    axes.add_collection(arcs, autolim=False)
    return arcs


def _joined_arcs(ends: FloatArray, mass: FloatArray, scene: Scene) -> tuple[FloatArray, FloatArray]:
    """Return arcs between two rows, those joined that begin and end in places no picture could tell apart."""
    low, high = (float(corner[0]) for corner in scene.view)
    starts, stops = (to_places(ends[:, side, 0], low, high) for side in (0, 1))
    total, (first, last) = joined(starts * (2 * PLACES) + stops, mass, ends[:, 0, 0], ends[:, 1, 0])
    rows = np.array([1.0, 0.0])
    return np.stack([np.column_stack([first, last]), np.broadcast_to(rows, (total.size, 2))], axis=2), total


def joined(spots: IntArray, mass: FloatArray, *places: FloatArray) -> tuple[FloatArray, list[FloatArray]]:
    """Return the mass of each spot, and its mean place in each direction.

    >>> joined(np.array([7, 3, 7]), np.array([1.0, 1.0, 3.0]), np.array([0.0, 5.0, 4.0]))
    (array([1., 4.]), [array([5., 3.])])
    """
    which, group = np.unique(spots, return_inverse=True)
    total: FloatArray = np.bincount(group, mass, which.size).astype(np.float64)
    return total, [np.bincount(group, mass * place, which.size) / total for place in places]


def to_places(values: FloatArray, low: float, high: float) -> IntArray:
    """Return the places of values along a picture from low to high; what lies beyond falls to the outermost."""
    scaled = (values - low) / (high - low) if high > low else np.zeros_like(values)
    places: IntArray = np.clip(np.floor(scaled * PLACES), -1.0, PLACES).astype(np.int64) + 1
    return places


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
    axes.set_xlabel(scene.axis_names[0])
    (left, low), (right, high) = scene.limits
    if scene.dimension == 1:
        axes.set_yticks([1.0, 0.0], names)
        axes.set_ylim(-0.2, 1.2)
        axes.set_xlim(left, right)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        write_large_short(axes)
        return
    axes.set_ylabel(scene.axis_names[1])
    if not keep_image:
        axes.set_xlim(left, right, auto=True)
        axes.set_ylim(low, high, auto=True)
        # What is beyond the edges has been counted, so that these stay; otherwise the picture fills its frame.
        axes.set_aspect("equal" if scene.alike else "auto", adjustable="box" if scene.hidden else "datalim")
    if scene.image:
        _as_image(axes, scene)
    if scene.geographic:
        middle = np.radians(scene.drawn[:, 1].mean())
        axes.set_aspect(1.0 / max(float(np.cos(middle)), 0.1), adjustable="datalim")
    write_large_short(axes)


def _as_image(axes: Axes, scene: Scene) -> None:
    """Show all cells, the first row on top."""
    corners = np.concatenate([scene.x, scene.y])
    cell = np.array([_spacing(corners[:, k]) for k in range(2)])
    (left, top), (right, bottom) = corners.min(axis=0) - 0.5 * cell, corners.max(axis=0) + 0.5 * cell
    axes.set(xlim=(left, right), ylim=(bottom, top))
    axes.set_aspect("equal", adjustable="box")
    axes.spines[:].set_visible(True)


def _spacing(values: FloatArray) -> float:
    """Return the distance of neighbouring cells."""
    steps = np.diff(np.unique(values))
    return float(steps.min()) if steps.size else 1.0
