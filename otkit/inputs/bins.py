"""Histograms brought together by label: the same bins in one order."""

from __future__ import annotations

import datetime
import numbers
import operator
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from otkit._text import shown
from otkit._typing import ArrayLike, FloatArray
from otkit.inputs.checks import as_float_array
from otkit.inputs.labelled import Labelled, is_labelled, is_pandas, labelled
from otkit.inputs.labels import MISSING, Labels, listed


class Aligned(NamedTuple):
    """Values bin by bin the same label; the labels, if there are any; and what is to be said about them."""

    values: list[FloatArray]
    labels: Labels | None
    said: str


def aligned(*sides: tuple[ArrayLike, str]) -> Aligned:
    """Return histograms as arrays whose last axes hold the same labels in one order.

    A label that one of them lacks has no mass there. Arrays have no labels: all sides are arrays, or none is, but that
    rows of a frame may meet an array, entry by entry in the order of the frame's columns, which is said.

    Parameters
    ----------
    sides : pairs of (histogram, name in messages)

    Raises
    ------
    TypeError
        Some have labels and some have none.
    ValueError
        A label twice, a mass by label that is negative or not finite, labels of different kinds, intervals that
        overlap.
    """
    names = [name for _, name in sides]
    found = [labelled(*side) for side in sides]
    given = [(each.labels, name) for each, name in zip(found, names, strict=True) if each.labels is not None]
    bare = all(
        labels.are_numbers_of_rows and each.values.ndim > 1 for each in found if (labels := each.labels) is not None
    )
    if not given or (bare and len(given) < len(found)):
        return Aligned([each.values for each in found], None, "")
    for each, name in zip(found, names, strict=True):
        if each.labels is not None:
            _require_masses_by_label(each.values, each.labels, name)
    if len(given) < len(found):
        return _by_position([side for side, _ in sides], found, names)
    for (value, name), each in zip(sides, found, strict=True):
        if each.labels is not None:
            each.labels.require_unique(name, _sum_of_equals(value, name, each.labels))
    labels = given[0][0]
    if all(labels.same_as(other) for other, _ in given[1:]):
        return Aligned([each.values for each in found], labels, f"{len(labels)} labels")
    _require_one_kind(given)
    together = union([labels for labels, _ in given])
    _require_disjoint_intervals(together, names)
    values = [_spread(each, together) for each in found]
    said = f"{len(together)} labels"
    if len(given) == 2:
        (p, first), (q, second) = given
        only_p, only_q = len(together) - len(q), len(together) - len(p)
        said += f", {only_p} of them only in {first} and {only_q} only in {second}" if only_p or only_q else ""
    return Aligned(values, together, said)


def aligned_tables(*sides: tuple[ArrayLike, str]) -> tuple[list[FloatArray], str]:
    """Return tables, the frames of pandas among them with the same labels along rows and columns, and what to say.

    A label that one of them lacks has no mass there.
    """
    found = [labelled(*side) for side in sides]
    rows = [each.rows for each in found if each.rows is not None]
    if len(rows) < len(found) or all(rows[0].same_as(other) for other in rows[1:]):
        columns = aligned(*sides)
        return columns.values, columns.said
    for each, (_, name) in zip(rows, sides, strict=True):
        each.require_unique(name, f"Add equal rows up first: {name}.groupby(level=0).sum().")
    _require_one_kind([(each, name) for each, (_, name) in zip(rows, sides, strict=True)])
    columns, together = aligned(*sides), union(rows)
    values = [_spread(Labelled(each.T, labels), together).T for each, labels in zip(columns.values, rows, strict=True)]
    return values, f"{len(together)} labels of rows, {columns.said} of columns"


def along_last_axis(sides: Sequence[tuple[ArrayLike, str]], axis: int) -> list[tuple[Any, str]]:
    """Return histograms that lie along some axis with that axis last, the axes being counted as NumPy broadcasts them.

    A frame has two axes, a Series or a dictionary one.

    Raises
    ------
    TypeError
        The axis is no integer.
    ValueError
        A histogram has no such axis.
    """
    try:
        axis = operator.index(axis)
    except TypeError:
        raise TypeError(f"axis must be an integer, but {shown(axis)} was given.") from None
    axes = [_number_of_axes(value, name) for value, name in sides]
    most = max(axes)
    if not -most <= axis < most:
        raise ValueError(f"axis must lie between {-most} and {most - 1}, but axis = {axis} was given.")
    from_the_end = axis if axis < 0 else axis - most
    turned: list[tuple[Any, str]] = []
    for (value, name), count in zip(sides, axes, strict=True):
        if from_the_end == -1 or (count == 1 and is_labelled(value)):  # the one axis that has labels
            turned.append((value, name))
        elif count < -from_the_end:
            raise ValueError(
                f"{name} must have axis {axis} of all {most} axes, but it has {count}: give it axes of length 1 first."
            )
        elif is_labelled(value):
            if not is_pandas(value):
                raise TypeError(f"{name} must have its bins along the columns, but axis = {axis} was given.")
            turned.append((value.T, name))
        else:
            turned.append((np.moveaxis(as_float_array(value, name), from_the_end, -1), name))
    return turned


def _number_of_axes(value: Any, name: str) -> int:
    if isinstance(value, Mapping):
        return 1
    found = getattr(value, "ndim", None)
    return found if isinstance(found, int) else labelled(value, name).values.ndim


def _spread(side: Labelled, together: Labels) -> FloatArray:
    """Return values at the labels of all sides, zero where they have none."""
    assert side.labels is not None
    full = np.zeros((*side.values.shape[:-1], len(together)))
    full[..., together.places(side.labels)] = side.values
    return full


def union(many: Sequence[Labels]) -> Labels:
    """Return all labels, in the order in which they are met."""
    first = many[0]
    seen: dict[Hashable, Any] = {}
    for labels in many:
        for key, label in zip(labels.keys, labels.items, strict=True):
            seen.setdefault(key, label)
    return Labels(seen.values(), first.names)


def _by_position(given: Sequence[Any], found: Sequence[Labelled], names: Sequence[str]) -> Aligned:
    """Return rows of frames and arrays as they are; raise TypeError where one labelled histogram meets an array."""
    with_labels = next(k for k, each in enumerate(found) if each.labels is not None)
    without = next(k for k, each in enumerate(found) if each.labels is None)
    one, other = names[with_labels], names[without]
    frames = [each for each in found if each.labels is not None]
    labels = frames[0].labels
    assert labels is not None
    if any(each.values.ndim == 1 or not labels.same_as(each.labels) for each in frames if each.labels is not None):
        raise TypeError(
            f"{one} and {other} must both have labels or both have none, but {one} is a {_kind_of(given[with_labels])} "
            f"and {other} is not. Give {other} the same labels, or take {one}'s values alone."
        )
    return Aligned([each.values for each in found], labels, f"{other} in the order of the columns of {one}")


def _kind_of(value: Any) -> str:
    return "row of a data frame" if isinstance(value, Labelled) else type(value).__name__


def _sum_of_equals(value: Any, name: str, labels: Labels) -> str:
    """Say how the masses of equal labels are added up; pandas leaves missing ones out unless it is told not to."""
    if not is_pandas(value):
        return "Add their masses up first."
    levels = "0" if len(labels.names) == 1 else list(range(len(labels.names)))
    return f"Add equal ones up first: {name}.groupby(level={levels}, dropna=False).sum()."


def _require_masses_by_label(values: FloatArray, labels: Labels, name: str) -> None:
    """Raise ValueError at the first mass that is negative or not finite, by its label."""
    with np.errstate(invalid="ignore"):
        wrong = ~(np.isfinite(values) & (values >= 0.0))
    if wrong.any():
        *row, k = np.unravel_index(int(np.argmax(wrong)), values.shape)
        word = "non-negative" if np.isfinite(values[*row, k]) else "finite"
        where = ", ".join([*(str(int(each)) for each in row), labels.quoted(int(k))])
        raise ValueError(f"{name} must be {word}, but {name}[{where}] = {values[*row, k]!s}.")


def _kind(key: Hashable) -> str:
    if isinstance(key, str | bytes):
        return "text"
    if isinstance(key, numbers.Number):
        return "numbers"
    if isinstance(key, datetime.date | np.datetime64):
        return "dates"
    return type(key).__name__


def _require_one_kind(given: Sequence[tuple[Labels, str]]) -> None:
    """Raise ValueError where two sides share no label because one's are text and the other's numbers, or the like."""
    (first, one), *rest = given
    for labels, other in rest:
        if not set(first.keys).isdisjoint(labels.keys):
            continue
        kinds = [{_kind(key) for key in each.keys if key is not MISSING} for each in (first, labels)]
        if all(kinds) and kinds[0].isdisjoint(kinds[1]):
            these, those = (" and ".join(sorted(each)) for each in kinds)
            raise ValueError(
                f"{one} and {other} must have labels of one kind, but those of {one} are {these} ("
                f"{listed(first, [0])}, …) and those of {other} {those} ({listed(labels, [0])}, …): no label is "
                "in both. Convert one of them."
            )


def _require_disjoint_intervals(labels: Labels, names: Sequence[str]) -> None:
    """Raise ValueError where bins that are intervals overlap: masses of such bins can't be compared."""
    bins = [label for label in labels.items if hasattr(label, "overlaps") and hasattr(label, "closed")]
    if not bins:
        return
    bins.sort(key=lambda interval: (_kind(interval.left), interval.left, interval.right))
    widest = bins[0]
    for interval in bins[1:]:
        if _kind(interval.left) == _kind(widest.left) and interval.overlaps(widest):
            raise ValueError(
                f"{_enumerated(names)} must have the same bins, but {widest} and {interval} overlap. Cut all of them "
                "at the same edges: pandas.cut(values, bins=edges)."
            )
        widest = interval


def _enumerated(names: Sequence[str]) -> str:
    return " and ".join(names) if len(names) == 2 else "histograms"
