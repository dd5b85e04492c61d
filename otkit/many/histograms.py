"""Histograms as people hold them: rows of a table, or many with labels, brought to the same bins."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from otkit._typing import FloatArray
from otkit.divergences.discrete import require_bins
from otkit.inputs.bins import aligned
from otkit.inputs.checks import as_float_array, as_weights
from otkit.inputs.labelled import Labelled, is_labelled, labelled
from otkit.inputs.labels import Labels
from otkit.inputs.matching import masses_of
from otkit.many.containers import named_items
from otkit.many.pair_kinds import Names
from otkit.numerics.sums import accurate_sum


class Histograms(NamedTuple):
    """Masses of the same bins, and what the histograms are called."""

    rows: list[FloatArray]
    names: Names


class Bins(NamedTuple):
    """What histograms over a ground cost must have: so many bins, with these labels if the cost has any."""

    size: int
    labels: Labels | None
    side: str


class _Rows(NamedTuple):
    """The histograms of one container, and how messages call them."""

    items: list[Any]
    called: list[str]
    names: Labels | None


def as_histograms(measures: Any, others: Any, over: tuple[Bins, Bins] | None = None) -> Histograms:
    """Return the histograms of two containers, bin by bin the same label.

    Parameters
    ----------
    measures, others : array-like of shape (n, bins), data frame, sequence or dict of histograms; others may be None
    over : pair of Bins, optional
        The bins of the ground cost for either; without it all have the same.
    """
    given = ((measures, "measures"), (others, "others"))
    sides = [_rows(value, name, sized=over is not None) for value, name in given if value is not None]
    called = [name for side in sides for name in side.called]
    items = [item for side in sides for item in side.items]
    if over is None:
        rows = aligned(*zip(items, called, strict=True)).values
    else:
        rows = [row for side, bins in zip(sides, over, strict=False) for row in _over(side, bins)]
    for k, row in enumerate(rows):
        if row.ndim != 1 or (row.size != rows[0].size and over is None):
            raise ValueError(
                f"{called[k]} must have as many bins as {called[0]}, {rows[0].size}, but its shape is {row.shape}."
            )
    checked = [as_weights(row, name, row.size) for row, name in zip(rows, called, strict=True)]
    for row, name in zip(checked, called, strict=True):
        require_total(row, name)
    return Histograms(checked, Names(len(sides[0].items), *(side.names for side in sides)))


def require_total(weights: FloatArray, name: str) -> None:
    """Raise ValueError where a sum leaves float64."""
    if not np.isfinite(accurate_sum(weights)):
        raise ValueError(f"{name} must have a finite total, but its sum leaves float64. Rescale the masses.")


def _rows(value: Any, name: str, *, sized: bool) -> _Rows:
    """Return the histograms of a container, those with labels as they are; `sized` if their bins are known."""
    items, names = named_items(value, name)
    labels = None
    if not (isinstance(items, list) and any(map(is_labelled, items))):
        if not isinstance(items, list) and is_labelled(items):
            labels = labelled(items, name).labels
        table = as_float_array(items, name)
        if table.ndim != 2 or table.size == 0:
            raise ValueError(
                f"{name} must hold histograms, one a row of an array of shape (n, bins), but its shape is "
                f"{table.shape}."
            )
        if not sized:
            require_bins(table, name)
        plain = labels is None or labels.are_numbers_of_rows
        items = list(table) if plain else [Labelled(row, labels) for row in table]
    called = Names(len(items), names) if name == "measures" else Names(0, None, names)
    return _Rows(items, [called(k) for k in range(len(items))], names)


def _over(side: _Rows, bins: Bins) -> list[FloatArray]:
    """Return histograms in the order of the bins of a ground cost; a label that one lacks has no mass."""
    rows = [
        as_float_array(masses_of(bins.labels, item, name, bins.side, complete=False).masses, name)
        for item, name in zip(side.items, side.called, strict=True)
    ]
    for row, name in zip(rows, side.called, strict=True):
        if row.size != bins.size:
            raise ValueError(f"{name} must have {bins.size} bins, as {bins.side}, but it has {row.size}.")
    _require_one_order(side, bins)
    return rows


def _require_one_order(side: _Rows, bins: Bins) -> None:
    """Raise TypeError where labels differ among histograms and the ground cost has none to go by."""
    if bins.labels is not None:
        return
    known = [
        (labels, k) for k, item in enumerate(side.items) if (labels := labelled(item, "measures").labels) is not None
    ]
    for labels, k in known[1:]:
        if not labels.same_as(known[0][0]):
            raise TypeError(
                f"ground_cost must be a pandas DataFrame with the labels of the bins, since {side.called[k]} and "
                f"{side.called[known[0][1]]} have different labels, or the same in another order."
            )
