"""Distances among many measures as a tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from otkit.plots.names import plain
from otkit.plots.style import INK, own_axes
from otkit.plots.words import count, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from otkit.many.distances import PairwiseResult

# With more names than this they would be smaller than can be read.
MOST_NAMES = 60


def plot_dendrogram(result: PairwiseResult, *, names: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """Draw the tree that average linkage makes of all distances among measures.

    Two branches join at the mean distance between their measures.

    Parameters
    ----------
    result : PairwiseResult
        Of two measures or more, each compared with each, in a symmetric distance.
    names : sequence of str, optional
        Of the measures; by default those with which they came, or their numbers. More than 60 are not written.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        Distances from measures to others, asymmetric or infinite ones, or as many names as there are no measures.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import otkit
    >>> axes = otkit.plot_dendrogram(otkit.pairwise([[0.0, 1.0], [0.5, 1.0], [8.0, 9.0]]), names=["a", "b", "c"])
    >>> [label.get_text() for label in axes.get_yticklabels()]
    ['c', 'a', 'b']
    """
    from scipy.cluster.hierarchy import average, dendrogram
    from scipy.spatial.distance import squareform

    from otkit.many.distances import PairwiseResult

    distances = np.asarray(result)
    n = len(distances)
    if distances.shape != (n, n) or n < 2 or not np.array_equal(distances, distances.T):
        raise ValueError(
            "result must hold the distances among two measures or more, the same both ways, for a tree, but its "
            f"shape is {distances.shape}{' and it is not symmetric' if distances.shape == (n, n) and n > 1 else ''}."
        )
    if not np.isfinite(distances).all():
        raise ValueError("result must be finite for a tree, but some of its distances are infinite.")
    if names is None:
        known = result.names.measures if isinstance(result, PairwiseResult) else None
        names = [str(k) for k in range(n)] if known is None else known.texts()
    if len(names) != n:
        raise ValueError(f"names must be one for each of the {n} measures, but {len(names)} were given.")
    axes = own_axes(ax)
    tree = average(squareform(distances, checks=False))
    dendrogram(
        tree,
        labels=[plain(name) for name in names],
        orientation="left",
        ax=axes,
        color_threshold=0.0,
        above_threshold_color=INK,
        no_labels=n > MOST_NAMES,
        leaf_font_size=min(10.0, 300.0 / n + 3.0),
    )
    axes.set_xlabel("mean distance between branches")
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    first, second, nearest, _ = tree[0].tolist()
    say(
        axes,
        f"Tree of the distances among {count(n, 'measure')}: {names[int(first)]} and {names[int(second)]} join first, "
        f"at {nearest:.4g}, and all are joined at {tree[-1, 2]:.4g}.",
    )
    return axes
