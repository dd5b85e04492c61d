"""What chance makes of a distance: tests and intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from otkit.plots.names import plain, write_large_short
from otkit.plots.style import SOURCE, TARGET, below, new_axes, pretty, small_line
from otkit.plots.words import count, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from otkit.statistics.intervals import WassersteinInterval
    from otkit.statistics.two_sample import TwoSampleTest

CHANCE = "#BBBBBB"


def plot_test(test: TwoSampleTest, *, ax: Axes | None = None) -> Axes:
    """Draw what chance alone makes of two such samples, and where theirs is.

    The bars are the distances of random deals of the pooled points; those at least as far apart as the samples, whose
    share the p-value is, are coloured, and the line is the distance observed.

    Parameters
    ----------
    test : TwoSampleTest
        As `two_sample_test` returns it.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    See Also
    --------
    two_sample_test : the test.

    Examples
    --------
    >>> import otkit
    >>> axes = otkit.plot_test(otkit.two_sample_test([0.0, 1.0, 2.0], [3.0, 4.0, 5.0], permutations=99, rng=0))
    >>> axes.get_xlabel()
    'W₁'
    """
    axes = new_axes(1, (6.4, 4.0))[0] if ax is None else ax
    null, observed, name = test.null_distribution, test.statistic, pretty(test.name)
    low, high = float(null.min()), float(null.max())
    bins = int(np.clip(np.sqrt(null.size) * 1.5, 8, 60))
    edges = np.linspace(low, high, bins + 1) if high > low else np.array([low - 0.5, low + 0.5])
    reaches = observed * (1.0 - 1e-9)
    if low < reaches < high:  # so that no bar is of both kinds
        edges = edges + (reaches - edges[np.argmin(np.abs(edges - reaches))])
        step = edges[1] - edges[0]
        edges = np.concatenate([[edges[0] - step], edges, [edges[-1] + step]])
    beyond = null >= reaches
    for which, colour, label in (
        (~beyond, CHANCE, "less by chance"),
        (beyond, SOURCE, "as much or more"),
    ):
        axes.hist(null[which], bins=list(edges), color=colour, label=f"{label} ({int(which.sum()):,})")
    axes.axvline(observed, color=TARGET, linewidth=2.0, label=f"the samples: {observed:.4g}")
    axes.set_xlabel(name)
    axes.set_ylabel("random deals")
    axes.set_title(f"p = {test.pvalue:.3g}", fontsize=12, pad=20)
    early = ", stopped early" if test.stopped else ""
    small_line(axes, f"{name} = {observed:.4g}, {null.mean():.4g} by chance · {null.size:,} permutations{early}")
    axes.legend(ncols=3, **below(axes))
    axes.spines[["right", "top"]].set_visible(False)
    write_large_short(axes)
    say(
        axes,
        f"Histogram of {name} in {count(null.size, 'random deal')} of the pooled points, mean {null.mean():.4g}; the "
        f"samples are {observed:.4g} apart, p = {test.pvalue:.3g}.",
    )
    return axes


def plot_interval(
    intervals: WassersteinInterval | Mapping[str, WassersteinInterval], *, ax: Axes | None = None
) -> Axes:
    """Draw distances with their intervals, one a row.

    A disc is what the interval is about, a square the distance between the samples as they are, and a grey bar goes up
    to what halves of one sample differ by: nothing that lies within it says that the laws differ.

    Parameters
    ----------
    intervals : WassersteinInterval, or dict of str to WassersteinInterval
        As `wasserstein_interval` returns them.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        No interval.

    See Also
    --------
    wasserstein_interval : the intervals.

    Examples
    --------
    >>> import numpy as np
    >>> import otkit
    >>> x = np.random.default_rng(0).normal(size=60)
    >>> near, far = (otkit.wasserstein_interval(x, x + shift, rng=0) for shift in (0.5, 2.0))
    >>> axes = otkit.plot_interval({"near": near, "far": far})
    >>> [label.get_text() for label in axes.get_yticklabels()]
    ['near', 'far']
    """
    rows = dict(intervals) if isinstance(intervals, Mapping) else {"": intervals}
    if not rows:
        raise ValueError("intervals must hold an interval at least, but it is empty.")
    axes = new_axes(1, (6.4, 1.9 + 0.45 * len(rows)))[0] if ax is None else ax
    found, places = list(rows.values()), np.arange(len(rows))
    one = found[0]
    axes.barh(
        places, [max(each.self_distance) for each in found], height=0.55, color=CHANCE, alpha=0.6, zorder=0,
        label="halves of one sample",
    )  # fmt: skip
    ends = [each.lower for each in found], [each.upper for each in found]
    axes.hlines(places, *ends, color=SOURCE, linewidth=3.0, zorder=2)
    about = "between the laws" if one.population else "mean of such samples"
    axes.plot([each.estimate for each in found], places, "o", color=SOURCE, markersize=8, zorder=3, label=about)
    distances = [each.distance for each in found]
    if distances != [each.estimate for each in found]:
        axes.plot(
            distances, places, "s", color="white", markeredgecolor=TARGET, markeredgewidth=1.5, markersize=6, zorder=4,
            label="these samples",
        )  # fmt: skip
    axes.set_yticks(places, [plain(name) for name in rows])
    axes.set_ylim(len(rows) - 0.45, -0.55)
    axes.set_xlim(left=0.0)
    name = pretty(f"W_{one.p:g}")
    axes.set_xlabel(name)
    axes.spines[["right", "top", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    numbers = [f"{each.estimate:.4g}, {each.level:.0%} interval {each.lower:.4g} to {each.upper:.4g}" for each in found]
    axes.set_title(
        f"{name} = {numbers[0]}" if len(rows) == 1 else f"{name}, {one.level:.0%} intervals", fontsize=12, pad=8
    )
    axes.legend(ncols=3, **below(axes))
    write_large_short(axes)
    said = "; ".join(f"{key}: {number}" if key else number for key, number in zip(rows, numbers, strict=True))
    say(axes, f"{name} with {'its interval' if len(rows) == 1 else f'{len(rows)} intervals'}: {said}.")
    return axes
