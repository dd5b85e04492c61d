"""What rows and columns are called in a picture: along axes, and beside points."""

from __future__ import annotations

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


def side_names(result: TransportResult, names: tuple[str, str] | None) -> tuple[str, str]:
    """Return what sources and targets are called: as given, or as their labels are."""
    if names is not None:
        return names
    rows, columns = result.problem.row_labels, result.problem.col_labels
    return (rows and rows.name) or "x", (columns and columns.name) or "y"


def tick_texts(labels: Labels | None, which: IntArray) -> list[str]:
    """Return what is written at ticks: labels, or numbers."""
    return [str(k) if labels is None else labels.text(k) for k in which.tolist()]


def set_ticks(axis: Any, places: Any, texts: list[str]) -> None:
    """Write texts at places along an axis; below it, long ones are turned."""
    axis.set_ticks(places, texts)
    if axis.axis_name == "x" and sum(len(text) + 2 for text in texts) > _LETTERS:
        axis.set_tick_params(labelrotation=90)
    if len(texts) > 20:
        axis.set_tick_params(labelsize=7)


def write_beside(axes: Axes, places: FloatArray, labels: Labels | None, colour: str, *, above: bool) -> None:
    """Write labels beside points, above or below them, where there are labels and not too many."""
    if labels is None or len(labels) > MOST_BESIDE:
        return
    for (x, y), text in zip(places.tolist(), labels.texts(), strict=True):
        axes.annotate(
            text,
            (x, y),
            xytext=(0, 9 if above else -9),
            textcoords="offset points",
            ha="center",
            va="bottom" if above else "top",
            fontsize=8,
            color=colour,
            annotation_clip=True,
        )
