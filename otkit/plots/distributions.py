"""Two distributions on the line: where they differ, and by how much, which is what W₁ adds up."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from otkit._typing import FloatArray
from otkit.plots.names import coordinate_name, side_names, write_large_short
from otkit.plots.scene import MOST_STEPS, PLACES, central
from otkit.plots.style import INK, LARGEST_VECTOR, SOURCE, TARGET, headline, new_axes, verdict
from otkit.plots.words import count, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from otkit.optimal_transport.results import TransportResult

BETWEEN = "#E69F00"  # the area, lighter than the curves around it
_SIZE = (6.4, 4.4)


class _Side(NamedTuple):
    """One distribution: values in order, and the share of the mass up to each."""

    values: FloatArray
    shares: FloatArray

    def below(self, at: FloatArray) -> FloatArray:
        """Return the distribution function."""
        return np.concatenate([[0.0], self.shares])[np.searchsorted(self.values, at, side="right")]

    def quantiles(self, levels: FloatArray) -> FloatArray:
        """Return the quantile function."""
        where = np.minimum(np.searchsorted(self.shares, levels), self.values.size - 1)
        return self.values[where]


def plot_distributions(
    result: TransportResult, *, names: tuple[str, str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw both distribution functions of points on the line, and shade the area between them, which is W₁.

    Of a million points the picture takes a second: curves are drawn where a picture can show a difference. Where a few
    points lie so far out that all others would be a blot, it ends before them, and says how much of the area it shows.

    Parameters
    ----------
    result : TransportResult
        Of points on the line, such as ``otkit.wasserstein(x, y)``, with whatever power p.
    names : tuple of two str, optional
        What the two samples are; by default what their labels are called, or "x" and "y".
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        The points have more than one coordinate, or there are none.

    See Also
    --------
    plot_quantile_shift : the same area, turned over: by how much each quantile has moved.
    plot_qq : the quantiles of one sample against those of the other.

    Examples
    --------
    >>> import otkit
    >>> axes = otkit.plot_distributions(otkit.wasserstein([0.0, 1.0], [2.0, 4.0]))
    >>> [label.get_text() for label in axes.get_legend().get_texts()]
    ['area between: 2.5', 'x (2)', 'y (2)']
    """
    x, y = _sides(result)
    axes, names = _axes(ax), side_names(result, names)
    low, high = central(np.concatenate([x.values, y.values]))
    margin = 0.04 * (high - low) or 0.5
    exact = np.unique(np.concatenate([x.values, y.values]))
    gaps = np.abs(x.below(exact[:-1]) - y.below(exact[:-1])) * np.diff(exact)
    area, seen = float(gaps.sum()), float(gaps[(exact[:-1] >= low - margin) & (exact[1:] <= high + margin)].sum())
    at = exact if exact.size <= MOST_STEPS else _places(x, y, low, high)
    at = np.concatenate([[low - margin], at[(at > low - margin) & (at < high + margin)], [high + margin]])
    f, g = x.below(at), y.below(at)
    axes.fill_between(
        at, f, g, step="post", color=BETWEEN, alpha=0.35, linewidth=0.0, label=f"area between: {area:.6g}"
    )
    for heights, colour, line, name, side in ((f, SOURCE, "-", names[0], x), (g, TARGET, "--", names[1], y)):
        axes.step(at, heights, where="post", color=colour, linestyle=line, label=f"{name} ({side.values.size:,})")
    axes.set(xlim=(low - margin, high + margin), ylim=(-0.02, 1.02), ylabel="share of the mass up to here")
    axes.set_xlabel(coordinate_name(result))
    missed = 100.0 * (1.0 - seen / area) if area > 0.0 else 0.0
    _finish(axes, result, f"{missed:.2g} % of the area is beyond the edges" if missed > 0.1 else "")
    say(
        axes,
        f"Distribution functions of {names[0]} ({count(x.values.size, 'point')}) and {names[1]} "
        f"({count(y.values.size, 'point')}), the area between them {area:.6g}; {', '.join(verdict(result))}.",
    )
    return axes


def plot_quantile_shift(
    result: TransportResult, *, names: tuple[str, str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw by how much each quantile of points on the line has moved from one sample to the other.

    The shaded area is W₁ again; where it lies says which part of the distribution has moved, and which way.

    Parameters
    ----------
    result, names, ax
        As in `plot_distributions`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        The points have more than one coordinate, or there are none.

    Examples
    --------
    >>> import otkit
    >>> axes = otkit.plot_quantile_shift(otkit.wasserstein([0.0, 1.0], [2.0, 4.0]), names=("before", "after"))
    >>> axes.get_ylabel()
    'quantile of after − quantile of before'
    """
    x, y = _sides(result)
    axes, names = _axes(ax), side_names(result, names)
    edges, shift = _shifts(x, y)
    low, high = central(shift) if shift.size > 1 else (shift[0], shift[0])
    low, high = min(low, 0.0), max(high, 0.0)
    axes.stairs(shift, 100.0 * edges, fill=True, color=BETWEEN, alpha=0.45)
    axes.stairs(shift, 100.0 * edges, color=TARGET, linewidth=1.2, baseline=None)
    axes.axhline(0.0, color=INK, linewidth=0.8)
    margin = 0.06 * (high - low) or 0.5
    axes.set(xlim=(0.0, 100.0), ylim=(low - margin, high + margin), xlabel="level of the quantile, %")
    what = coordinate_name(result)
    axes.set_ylabel(f"quantile of {names[1]} − quantile of {names[0]}" + (f"\n{what}" if what else ""))
    beyond = bool((shift < low - margin).any() or (shift > high + margin).any())
    _finish(axes, result, "the outermost levels are beyond the edges" if beyond else "", legend=False)
    middle = float(np.interp(0.5, 0.5 * (edges[1:] + edges[:-1]), shift))
    say(
        axes,
        f"Quantiles of {names[1]} less those of {names[0]}, by level: {middle:.4g} at the median, between "
        f"{shift.min():.4g} and {shift.max():.4g}; {', '.join(verdict(result))}.",
    )
    return axes


def plot_qq(result: TransportResult, *, names: tuple[str, str] | None = None, ax: Axes | None = None) -> Axes:
    """Draw the quantiles of one sample on the line against those of the other.

    Points on the diagonal are quantiles that have not moved; a straight line beside it is a shift, a steeper one a
    wider spread. Up to a thousand levels are drawn.

    Parameters
    ----------
    result, names, ax
        As in `plot_distributions`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        The points have more than one coordinate, or there are none.

    Examples
    --------
    >>> import otkit
    >>> axes = otkit.plot_qq(otkit.wasserstein([0.0, 1.0], [2.0, 4.0]))
    >>> axes.collections[0].get_offsets().tolist()
    [[0.0, 2.0], [1.0, 4.0]]
    """
    x, y = _sides(result)
    axes, names = _axes(ax), side_names(result, names)
    size = min(max(x.values.size, y.values.size), 1000)
    levels = (np.arange(size) + 0.5) / size
    across, up = x.quantiles(levels), y.quantiles(levels)
    low, high = central(np.concatenate([across, up]))
    margin = 0.04 * (high - low) or 0.5
    limits = low - margin, high + margin
    axes.plot(limits, limits, color="0.6", linewidth=1.0, linestyle="-", zorder=0, label="no change")
    axes.scatter(
        across, up, s=14.0 if size <= 200 else 6.0, color=TARGET, linewidths=0.0, rasterized=size > LARGEST_VECTOR
    )
    axes.set(xlim=limits, ylim=limits)
    axes.set_aspect("equal", adjustable="box")
    what = coordinate_name(result)
    for name, label in ((names[0], axes.set_xlabel), (names[1], axes.set_ylabel)):
        label(f"quantiles of {name}" + (f", {what}" if what else ""))
    hidden = int(((across < limits[0]) | (across > limits[1]) | (up < limits[0]) | (up > limits[1])).sum())
    _finish(axes, result, f"{count(hidden, 'quantile')} beyond the edges" if hidden else "")
    above = float(np.mean(up > across))
    say(
        axes,
        f"Quantiles of {names[1]} against those of {names[0]} at {count(size, 'level')}, {100.0 * above:.0f} % of them "
        f"above the diagonal; {', '.join(verdict(result))}.",
    )
    return axes


def _sides(result: TransportResult) -> tuple[_Side, _Side]:
    """Return both distributions, those of points on the line."""
    points = result.problem.cost.points
    if points is None or points[0].shape[1] != 1:
        what = "a cost matrix" if points is None else f"points with {points[0].shape[1]} coordinates"
        raise ValueError(
            f"result must be of points on the line, whose distributions are curves, but it is of {what}. "
            "Draw it with plot_plan, or one coordinate: otkit.wasserstein(x[:, 0], y[:, 0])."
        )
    x, y = (_side(side[:, 0], mass) for side, mass in zip(points, (result.problem.a, result.problem.b), strict=True))
    return x, y


def _side(values: FloatArray, mass: FloatArray) -> _Side:
    values, mass = values[mass > 0.0], mass[mass > 0.0]
    order = np.argsort(values, kind="stable")
    shares = np.cumsum(mass[order])
    return _Side(values[order], shares / shares[-1])


def _places(x: _Side, y: _Side, low: float, high: float) -> FloatArray:
    """Return where long curves are drawn: evenly along the axis, and at even levels of both."""
    levels = (np.arange(PLACES) + 0.5) / PLACES
    return np.unique(np.concatenate([np.linspace(low, high, PLACES), x.quantiles(levels), y.quantiles(levels)]))


def _shifts(x: _Side, y: _Side) -> tuple[FloatArray, FloatArray]:
    """Return levels, and by how much the quantile function has moved between each and the next."""
    edges = np.unique(np.concatenate([[0.0], x.shares, y.shares]))
    edges = edges[np.append(np.diff(edges) > 1e-12, True)]  # shares that differ by their rounding are one level
    edges[0], edges[-1] = 0.0, 1.0
    if edges.size > MOST_STEPS:
        edges = np.linspace(0.0, 1.0, PLACES + 1)
    middles = 0.5 * (edges[1:] + edges[:-1])
    return edges, y.quantiles(middles) - x.quantiles(middles)


def _axes(ax: Axes | None) -> Axes:
    return new_axes(1, _SIZE)[0] if ax is None else ax


def _finish(axes: Axes, result: TransportResult, seen: str, *, legend: bool = True) -> None:
    """Say how the number is proved, and leave away what frames nothing."""
    axes.spines[["right", "top"]].set_visible(False)
    write_large_short(axes)
    if legend:
        axes.legend(frameon=False)
    headline(axes, result, seen)
