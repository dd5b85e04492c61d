"""The columns of a drift report, one a row."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from otkit.plots.names import plain
from otkit.plots.style import INK, SOURCE, TARGET, new_axes
from otkit.plots.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from otkit.statistics.drift.report import DriftReport

# Rows of a picture; the effects are in order, so that the smallest are left out.
MOST_ROWS = 40


def height_of(report: DriftReport) -> float:
    """Return the height in inches that suits a report."""
    return 1.5 + 0.27 * max(1, min(len(report.columns), MOST_ROWS))


def plot_drift(report: DriftReport, *, ax: Axes | None = None) -> Axes:
    """Draw the effect of each column of a drift report, one row a column, the largest on top.

    A disc, filled where the column has moved at the report's rate of false discoveries, stands at W₁ over the
    reference's standard deviation; a short line at what two samples of one law, of these sizes, show on average. What
    moved stands to the right. An infinite effect is an arrow at the edge.

    Parameters
    ----------
    report : DriftReport
        Of more than 40 columns, the 40 largest effects are drawn.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    See Also
    --------
    drift : makes the report, whose `to_html` has a picture of each column.

    Examples
    --------
    >>> import otkit
    >>> report = otkit.drift({"a": [0, 1, 2, 3], "b": [1, 2, 3, 4]}, {"a": [3, 4, 5, 6], "b": [1, 2, 3, 4]}, rng=0)
    >>> axes = otkit.plot_drift(report)
    >>> [label.get_text() for label in axes.get_yticklabels()]
    ['a', 'b']
    """
    axes = new_axes(1, (7.0, height_of(report)))[0] if ax is None else ax
    entries = report.columns[:MOST_ROWS]
    finite = [entry.w1_std for entry in entries if math.isfinite(entry.w1_std)]
    most = max(finite, default=0.0) or 1.0
    for row, entry in enumerate(entries):
        place = min(entry.w1_std, 1.12 * most)
        moved = entry.bh <= report.level
        marker = "o" if math.isfinite(entry.w1_std) else ">"
        axes.plot([0.0, place], [row, row], "-", color="0.8", linewidth=2.0, zorder=1, solid_capstyle="butt")
        axes.plot(
            [place], [row], marker=marker, markersize=7, color=TARGET if moved else "white",
            markeredgecolor=TARGET if moved else INK, markeredgewidth=1.2, linestyle="", zorder=3,
        )  # fmt: skip
        if math.isfinite(entry.by_chance) and entry.by_chance <= 1.15 * most:
            axes.plot([entry.by_chance] * 2, [row - 0.32, row + 0.32], "-", color=SOURCE, linewidth=2.0, zorder=2)
        axes.annotate(
            plain(entry.where if len(entry.where) <= 60 else f"{entry.where[:59]}…"),
            (1.0, row),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=INK,
            annotation_clip=False,
        )
    axes.set_yticks(range(len(entries)), [_short(entry.name) for entry in entries])
    axes.set_ylim(max(len(entries), 1) - 0.4, -0.6)
    axes.set_xlim(-0.02 * most, 1.15 * most)
    axes.set_xlabel("W₁ / standard deviation of the reference")
    axes.annotate(
        f"line: by chance; filled: moved, at a false discovery rate of {100 * report.level:g} %",
        (0.0, 1.0),
        xycoords="axes fraction",
        xytext=(0, 4),
        textcoords="offset points",
        fontsize=8,
        color=INK,
    )
    left = len(report.columns) - len(entries)
    more = f", the {len(entries)} largest effects" if left else ""
    axes.set_title(f"{_short(report.names[0])} → {_short(report.names[1])}{more}", fontsize=11, loc="left", pad=18)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="0.92", zorder=0)
    axes.set_axisbelow(True)
    say(axes, f"Columns by how far they have moved, {report.names[0]} to {report.names[1]}: {report.summary()}.")
    return axes


def _short(name: str) -> str:
    """Return a name that leaves room for the picture."""
    return plain(name if len(name) <= 32 else f"…{name[-31:]}")
