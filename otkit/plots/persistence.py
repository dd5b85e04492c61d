"""Two persistence diagrams, and how their points are matched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from otkit._typing import FloatArray
from otkit.plots.style import INK, SOURCE, TARGET, own_axes
from otkit.plots.words import count, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from otkit.optimal_transport.persistence import PersistenceResult


def plot_persistence(result: PersistenceResult, *, names: tuple[str, str] = ("X", "Y"), ax: Axes | None = None) -> Axes:
    """Draw two persistence diagrams with the matching between them: to a partner, or to the diagonal.

    Infinite ends lie on a dotted line beyond all others.

    Parameters
    ----------
    result : PersistenceResult
        Of `persistence_distance`.
    names : tuple of two str, default ("X", "Y")
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import otkit
    >>> axes = otkit.plot_persistence(otkit.persistence_distance([[0, 4], [1, 2]], [[0, 5]]))
    >>> axes.get_title()
    'W$_1$ = 1.5'
    """
    from matplotlib.collections import LineCollection

    axes = own_axes(ax)
    both = np.concatenate(result.diagrams)
    ends = both[np.isfinite(both)]
    low, high = (float(ends.min()), float(ends.max())) if ends.size else (0.0, 1.0)
    room = 0.1 * (high - low or 1.0)
    x, y = (_within(diagram, low - room, high + room) for diagram in result.diagrams)
    axes.plot([low - 2 * room, high + 2 * room], [low - 2 * room, high + 2 * room], color=INK, linewidth=0.8)
    if not np.isfinite(both).all():
        axes.axhline(high + room, color=INK, linewidth=0.8, linestyle=":")
        axes.annotate("∞", (low - 1.5 * room, high + room), va="bottom", color=INK)
    segments = []
    for i, j in result.matching:
        start, end = x[i] if i >= 0 else None, y[j] if j >= 0 else None
        start, end = (_foot(end) if start is None else start), (_foot(start) if end is None else end)
        if not np.array_equal(start, end):
            segments.append([start, end])
    axes.add_collection(LineCollection(segments, colors=INK, linewidths=0.8, alpha=0.7, zorder=1.5))
    for points, colour, marker, name in ((x, SOURCE, "o", names[0]), (y, TARGET, "s", names[1])):
        axes.scatter(points[:, 0], points[:, 1], s=18, color=colour, marker=marker, label=name, zorder=2)
    axes.set(
        xlabel="birth", ylabel="death", xlim=(low - 2 * room, high + 2 * room), ylim=(low - 2 * room, high + 2 * room)
    )
    axes.set_aspect("equal")
    axes.legend(loc="lower right", frameon=False)
    order = r"\infty" if result.p == np.inf else f"{result.p:g}"
    value = "∞" if result.distance == np.inf else f"{result.distance:.4g}"
    axes.set_title(f"W$_{{{order}}}$ = {value}" if len(order) > 1 else f"W$_{order}$ = {value}")
    pairs = int((result.matching >= 0).all(axis=1).sum())
    say(
        axes,
        f"Persistence diagrams of {count(len(x), 'point')} ({names[0]}) and {count(len(y), 'point')} ({names[1]}) at "
        f"distance {value}: {count(pairs, 'pair')} matched, {len(result.matching) - pairs} to the diagonal.",
    )
    return axes


def _within(diagram: FloatArray, low: float, high: float) -> FloatArray:
    """Return a diagram with its infinite ends at places that can be drawn."""
    return np.nan_to_num(diagram, posinf=high, neginf=low)


def _foot(point: FloatArray | None) -> FloatArray:
    """Return the nearest point of the diagonal."""
    assert point is not None
    return np.full(2, point.mean())
