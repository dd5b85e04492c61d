"""Critics and generative models: level sets with gradients along transport rays, training, weights, samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.inputs.checks import as_points, as_positive
from otkit.plots.scene import finish_scene, make_scene
from otkit.plots.style import CURVES, INK, LARGEST_VECTOR, SOURCE, TARGET, legend_below, new_axes, own_axes
from otkit.plots.words import count, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from otkit.neural.critic import CriticResult
    from otkit.neural.training import History
    from otkit.optimal_transport.results import TransportResult

# Gradients too flat, of norm 1, and too steep: dark where all is well.
FLAT, RIGHT, STEEP = "#56B4E9", "#222222", "#E8308A"
# Level sets are drawn from this many values in each direction, gradients at so many places of each ray.
FIELD_SIDE, RAY_PLACES = 120, 9
# Rays with less than this share of the longest are points to the eye, and have no direction to speak of.
SHORTEST_RAY = 1e-3
# Of a larger cloud, this many points are drawn.
LARGEST_CLOUD = 5000


def plot_critic(
    critic: Callable[[FloatArray], Any],
    result: TransportResult,
    *,
    names: tuple[str, str] = ("x", "y"),
    ax: Axes | None = None,
) -> Axes:
    """Draw level sets of a critic, and along every transport ray the norm of its gradient, which is 1 at its best.

    An optimal critic falls with slope 1 along each arc of an optimal plan, which is dark here; where it is flatter the
    arc is light blue, where it is steeper pink.

    Parameters
    ----------
    critic : callable
        φ: takes points of shape (n, 2) and returns n numbers; with a method `gradient`, shape (n, 2), if it has one,
        and otherwise its gradient is taken by differences.
    result : TransportResult
        The exact answer, ``otkit.wasserstein(x, y)``, of points in the plane.
    names : tuple of two str
        What the sources and the targets are.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        The points are not in the plane.

    Examples
    --------
    >>> import otkit
    >>> result = otkit.wasserstein([[0, 0], [1, 0]], [[0, 1], [1, 1]])
    >>> otkit.plot_critic(otkit.kantorovich_potential(result), result).get_title()
    'W₁ = 1, this critic: raw 1'
    """
    from matplotlib.collections import LineCollection
    from matplotlib.colors import LinearSegmentedColormap

    scene = make_scene(result, None)
    if scene.dimension != 2 or scene.geographic:
        raise ValueError("result must be of points in the plane, but its points are on the line or on the sphere.")
    axes = own_axes(ax)
    both = np.concatenate([scene.x, scene.y])
    middle, reach = 0.5 * (both.min(axis=0) + both.max(axis=0)), 0.58 * scene.box
    (left, low), (right, high) = middle - reach, middle + reach
    across, up = np.meshgrid(np.linspace(left, right, FIELD_SIDE), np.linspace(low, high, FIELD_SIDE))
    field = np.asarray(critic(np.column_stack([across.ravel(), up.ravel()]))).reshape(across.shape)
    axes.contour(across, up, field, levels=20, colors="#BBBBBB", linewidths=0.6, linestyles="solid", zorder=0)

    plan = result.plan
    starts, ends = scene.x[plan.row], scene.y[plan.col]
    lengths = np.linalg.norm(ends - starts, axis=1)
    long_enough = lengths > SHORTEST_RAY * max(float(lengths.max()), 1e-300)
    starts, ends = starts[long_enough], ends[long_enough]
    shares = np.linspace(0.0, 1.0, RAY_PLACES + 1)[None, :, None]
    knots = (1.0 - shares) * starts[:, None] + shares * ends[:, None]
    pieces = np.stack([knots[:, :-1], knots[:, 1:]], axis=2).reshape(-1, 2, 2)
    slopes = np.linalg.norm(_gradients(critic, pieces.mean(axis=1), float(scene.box.max())), axis=1)
    rays = LineCollection(
        list(pieces), cmap=LinearSegmentedColormap.from_list("slopes", [FLAT, RIGHT, STEEP]), linewidths=1.2, zorder=1
    )
    rays.set_array(slopes)
    rays.set_clim(0.0, 2.0)
    rays.set_rasterized(len(pieces) > LARGEST_VECTOR)
    axes.add_collection(rays)
    axes.figure.colorbar(rays, ax=axes, label="‖∇φ‖ along transport rays (1 at its best)", extend="max")

    for places, marker, colour in ((scene.x, "o", SOURCE), (scene.y, "s", TARGET)):
        size = min(max(2000.0 / len(places), 9.0), 36.0)
        axes.scatter(
            places[:, 0], places[:, 1], s=size, c=colour, marker=marker, edgecolors="white", linewidths=0.3, zorder=2
        )
    finish_scene(axes, scene, names, keep_image=True)
    axes.set(xlim=(left, right), ylim=(low, high))
    axes.set_aspect("equal", adjustable="box")
    legend_below(axes, names[0], names[1], (SOURCE, TARGET))
    supply, demand = (mass / mass.sum() for mass in (result.problem.a, result.problem.b))
    raw = float(supply @ np.asarray(critic(scene.x)) - demand @ np.asarray(critic(scene.y)))
    axes.set_title(f"W₁ = {result.distance:.4g}, this critic: raw {raw:.4g}", fontsize=12, pad=8)
    say(
        axes,
        f"Level sets of a critic, and the norm of its gradient along the transport rays from {names[0]} to {names[1]}: "
        f"{float(np.median(slopes)) if slopes.size else 1.0:.2g} in the middle, where 1 is best; W₁ = "
        f"{result.distance:.4g}, and this critic says {raw:.4g}.",
    )
    return axes


def _gradients(critic: Any, points: FloatArray, size: float) -> FloatArray:
    """Return ∇φ at points; by central differences over a thousandth of the picture where φ does not give its own."""
    if hasattr(critic, "gradient"):
        return np.asarray(critic.gradient(points))
    step = 1e-3 * size
    sides = [step * direction for direction in np.eye(2)]
    return np.column_stack([(critic(points + side) - critic(points - side)) / (2.0 * step) for side in sides])


def plot_training(
    trained: History | CriticResult, *, reference: float | None = None, name: str = "exact W₁", ax: Axes | None = None
) -> Axes:
    """Draw how a training went, beside the exact W_1.

    Parameters
    ----------
    trained : History or CriticResult
        The history of a generative model: exact W_1 of its samples to held-out data, and what its critic says. Or
        a critic: its raw value and what it certifies, both of the points that training uses.
    reference : float, optional
        A value to compare with, as a horizontal line: for a critic the exact W_1, for a generative model the W_1
        between two samples of the data.
    name : str
        What the reference is.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> import numpy as np
    >>> import otkit
    >>> from otkit.neural import History
    >>> history = History(np.array([1, 2]), np.array([2.0, 1.0]), {"estimate": np.array([1.5, 0.9])})
    >>> otkit.plot_training(history, reference=0.5).get_xlabel()
    'rounds'
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes = own_axes(ax)
    history: Any = trained.history if hasattr(trained, "history") else trained
    if hasattr(history, "wasserstein"):
        steps, label = history.rounds, "rounds"
        curves = {"W₁ of samples to held-out data": history.wasserstein}
        curves |= {"what the critic says": history.losses["estimate"]} if "estimate" in history.losses else {}
        curves |= {} if "estimate" in history.losses else dict(history.losses)
    else:
        steps, label = np.array([look.step for look in history]), "steps"
        raw, steepest = (np.array([getattr(look, key) for look in history]) for key in ("raw", "lipschitz"))
        certified = np.divide(raw, steepest, out=np.zeros_like(raw), where=steepest > 0.0)
        curves = {"raw": raw, "certified": np.maximum(certified, 0.0)}
    for (which, values), (colour, dashes) in zip(curves.items(), CURVES, strict=False):
        axes.plot(steps, values, color=colour, linestyle=dashes, linewidth=1.6, label=which)
    if reference is not None:
        axes.axhline(reference, color=INK, linewidth=1.0, label=f"{name}, {reference:.4g}")
    if all((np.asarray(values) > 0.0).all() for values in curves.values()) and _spread(curves) > 20.0:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))  # 0.1, 0.2, 0.5: read without a thought
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.axhline(0.0, color=INK, linewidth=0.6)
    axes.set_xlabel(label)
    axes.spines[["right", "top"]].set_visible(False)
    axes.legend(frameon=False)
    ends = "; ".join(f"{which}: {values[0]:.4g} to {values[-1]:.4g}" for which, values in curves.items())
    beside = "" if reference is None else f"; {name}: {reference:.4g}"
    say(axes, f"Curves over {steps[-1]:,} {label} of training. {ends}{beside}.")
    return axes


def _spread(curves: Mapping[str, ArrayLike]) -> float:
    values = np.concatenate([np.asarray(curve, dtype=np.float64) for curve in curves.values()])
    return float(values.max() / values.min())


def plot_weights(critic: Any, *, clip: float, ax: Axes | None = None) -> Axes:
    """Draw how the weights of a clipped critic are spread: they pile up at ±clip.

    Parameters
    ----------
    critic : CriticFunction
    clip : float
        The largest weight allowed, in absolute value.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    References
    ----------
    Gulrajani et al., *Improved training of Wasserstein GANs* (2017), figure 1 (b).

    Examples
    --------
    >>> import numpy as np
    >>> import otkit
    >>> from otkit.neural import CriticFunction
    >>> phi = CriticFunction((np.array([[0.1], [-0.1]]), np.array([[0.1, 0.02]])), (np.zeros(2), np.zeros(1)), "relu")
    >>> otkit.plot_weights(phi, clip=0.1).get_title()
    '75 % of the weights are at ±0.1'
    """
    axes, bound = own_axes(ax), as_positive(clip, "clip")
    layers = [np.asarray(weight).ravel() for weight in critic.weights]
    edges = bound * np.arange(-20.5, 21.0) / 20.0  # ±bound are in the middle of the outermost
    weights = np.concatenate(layers)
    axes.hist(weights, bins=list(edges), weights=np.full(weights.size, 100.0 / weights.size), color=SOURCE)
    for side in (-bound, bound):
        axes.axvline(side, color=TARGET, linestyle="--", linewidth=1.0)
    at_bound = float(np.mean(np.abs(weights) >= bound * (1.0 - 1e-6)))
    axes.set_title(f"{100.0 * at_bound:.3g} % of the weights are at ±{bound:g}", fontsize=12, pad=8)
    axes.set_xlabel("weight")
    axes.set_ylabel("share of all weights, %")
    axes.spines[["right", "top"]].set_visible(False)
    say(axes, f"Histogram of {count(weights.size, 'weight')} of a critic: {100.0 * at_bound:.3g} % are at ±{bound:g}.")
    return axes


def plot_samples(
    data: ArrayLike,
    samples: Mapping[str, ArrayLike],
    *,
    notes: Mapping[str, str] | None = None,
    axes: Sequence[Axes] | None = None,
) -> list[Axes]:
    """Draw samples of models side by side, each over the data.

    Parameters
    ----------
    data : array-like, shape (n, 2)
    samples : dict of str to array-like, shape (m, 2)
        Samples by the name of the model that made them.
    notes : dict of str to str, optional
        A line below a name, such as its W_1 to the data and how many modes it covers.
    axes : sequence of matplotlib Axes, optional
        One for each model.

    Returns
    -------
    list of matplotlib Axes

    Raises
    ------
    ValueError
        Points that are not in the plane, or another number of Axes than models.

    Examples
    --------
    >>> import otkit
    >>> x = otkit.datasets.eight_gaussians(200, rng=0)
    >>> left, right = otkit.plot_samples(x, {"one mode": x[:1], "all modes": x})
    >>> left.get_title()
    'one mode'
    """
    from matplotlib.lines import Line2D

    points = as_points(data, "data")
    made = {name: as_points(values, f"samples[{name!r}]") for name, values in samples.items()}
    for name, values in {"data": points, **made}.items():
        if values.shape[1] != 2:
            raise ValueError(f"{name} must be points in the plane, but they have {values.shape[1]} coordinates.")
    panels = new_axes(len(made), (4.2 * len(made), 4.6)) if axes is None else list(axes)
    if len(panels) != len(made):
        raise ValueError(f"axes must be one for each of the {len(made)} models, but {len(panels)} were given.")
    low, high = points.min(axis=0), points.max(axis=0)
    middle, reach = 0.5 * (low + high), 0.62 * max(float((high - low).max()), 1e-12)
    for panel, (name, values) in zip(panels, made.items(), strict=True):
        many = len(values) + len(points) > LARGEST_VECTOR
        for places, size, colour, alpha in ((points, 14.0, "#BBBBBB", 1.0), (values, 4.0, TARGET, 0.5)):
            shown = places[:LARGEST_CLOUD]
            panel.scatter(shown[:, 0], shown[:, 1], s=size, c=colour, alpha=alpha, linewidths=0.0, rasterized=many)
        panel.set(xlim=middle[0] + np.array([-reach, reach]), ylim=middle[1] + np.array([-reach, reach]))
        panel.set_aspect("equal")
        panel.set_title(f"{name}\n{notes[name]}" if notes and name in notes else name, fontsize=11)
        panel.spines[["right", "top"]].set_visible(False)
        note = f": {notes[name]}" if notes and name in notes else ""
        say(panel, f"{count(len(values), 'sample')} of {name} over {count(len(points), 'point')} of data{note}.")
    handles = [
        Line2D([], [], linestyle="", marker="o", markersize=5, color=colour, label=label)
        for colour, label in (("#BBBBBB", "data"), (TARGET, "samples"))
    ]
    panels[0].legend(handles=handles, frameon=False, loc="upper left")
    return panels
