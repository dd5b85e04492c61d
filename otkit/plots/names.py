"""What rows, columns and axes are called in a picture: along axes, and beside points."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from otkit._typing import FloatArray, IntArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from otkit.inputs.labels import Labels
    from otkit.optimal_transport.results import TransportResult

# More labels than this along an axis, or beside points, would overlap.
MOST_ALONG, MOST_BESIDE = 40, 30
# Letters that fit side by side below an axis; longer names are turned.
_LETTERS = 48
# Numbers from here on are written with k for a thousand, M for a million, and so on.
_LARGE = 1e4


def side_names(result: TransportResult, names: tuple[str, str] | None) -> tuple[str, str]:
    """Return what sources and targets are called: as given, or as their labels are."""
    rows, columns = result.problem.row_labels, result.problem.col_labels
    known = names or ((rows and rows.name) or "x", (columns and columns.name) or "y")
    return plain(known[0]), plain(known[1])


def plain(text: Any) -> str:
    """Return a text in which Matplotlib finds no mathematics."""
    return str(text).replace("$", r"\$")


def tick_texts(labels: Labels | None, which: IntArray) -> list[str]:
    """Return what is written at ticks: labels, or numbers."""
    return [str(k) if labels is None else plain(labels.text(k)) for k in which.tolist()]


def set_ticks(axis: Any, places: Any, texts: list[str]) -> None:
    """Write texts at places along an axis; below it, long ones are turned."""
    axis.set_ticks(places, texts)
    if axis.axis_name == "x" and sum(len(text) + 2 for text in texts) > _LETTERS:
        axis.set_tick_params(labelrotation=90)
    if len(texts) > 20:
        axis.set_tick_params(labelsize=7)


def coordinate_name(result: TransportResult, k: int = 0) -> str:
    """Return what a coordinate is called: its column, with the unit and the origin of times; nothing if unknown."""
    reading = result.problem.cost.reading
    column = reading.columns[k] if k < len(reading.columns) else ""
    for note in reading.notes:  # "hired in seconds since 2024-01-01 09:30:00.25, rounded by less than 2e-09 s"
        for name in (column,) if column else ("times", "durations", "numbers"):
            if note.startswith((f"{name} in seconds", f"{name} counted from")):
                return plain(_FRACTION.sub("", note.partition(",")[0]))
    return plain(column)


_FRACTION = re.compile(r"(?<=:\d\d)\.\d+")


def write_large_short(axes: Axes) -> None:
    """Write large numbers along the axes as 20k and 1.5M, which leaves room between them."""
    from matplotlib.ticker import EngFormatter

    for axis in (axes.xaxis, axes.yaxis):
        low, high = axis.get_view_interval()
        if _LARGE <= max(abs(low), abs(high)) < 1e15 and type(axis.get_major_formatter()).__name__ == _USUAL:
            axis.set_major_formatter(EngFormatter(sep=""))


_USUAL = "ScalarFormatter"


def write_beside(
    axes: Axes, places: FloatArray, labels: Labels | None, colour: str, *, above: bool, shown: Any = None
) -> None:
    """Write labels beside points, above or below them, where there are labels and not too many."""
    if labels is None or len(labels) > MOST_BESIDE:
        return
    for k, ((x, y), text) in enumerate(zip(places.tolist(), labels.texts(), strict=True)):
        if shown is not None and not shown[k]:
            continue
        axes.annotate(
            plain(text),
            (x, y),
            xytext=(0, 9 if above else -9),
            textcoords="offset points",
            ha="center",
            va="bottom" if above else "top",
            fontsize=8,
            color=colour,
            annotation_clip=True,
        )
