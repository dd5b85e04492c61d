"""Masses and values matched by label to the rows and columns that they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from otkit._typing import FloatArray
from otkit.inputs.checks import as_float_array
from otkit.inputs.labelled import Labelled, axes_of, counts_by_label, is_pandas, labelled
from otkit.inputs.labels import Labels, listed


class Side(NamedTuple):
    """Masses in the order of what they belong to, the labels of both, and how they were matched, in words."""

    masses: Any
    labels: Labels | None
    said: str


def masses_of(
    owner: Labels | None, masses: Any, name: str, owner_name: str, *, complete: bool = True, remedy: str = ""
) -> Side:
    """Return masses in the order of the rows (or columns) that they belong to.

    With labels on both sides, each mass goes to the row of its label. A Series beside an array belongs to its rows in
    order and gives them its labels; an array beside labels, likewise.

    Parameters
    ----------
    owner : Labels or None
        Of the rows; None where these are those of an array.
    masses : array-like, dict, Series or None
    name, owner_name : str
        What messages call them.
    complete : bool, default True
        Whether every row must have its mass; otherwise one that is not named has none.
    remedy : str, optional
        What to do about labels that do not fit, where it is not to give the values of a Series alone.
    """
    shown = None if owner is None or owner.are_numbers_of_rows else owner
    carried = _one_axis(masses, name)
    if carried is None:
        return Side(masses, shown, f"{name} by position" if shown is not None and masses is not None else "")
    values, labels, _ = carried
    assert labels is not None
    if owner is None:
        if isinstance(masses, Mapping):
            raise TypeError(
                f"{name} must be an array where {owner_name} have no labels, but it is a {type(masses).__name__}. Give "
                "both labels, or the masses alone, in order."
            )
        return Side(values, None if labels.are_numbers_of_rows else labels, "")
    if owner.same_as(labels):
        return Side(values, shown, f"{name} by label" if shown is not None else "")
    if owner.are_numbers_of_rows and labels.are_numbers_of_rows and complete:
        return Side(values, None, "")  # of another length, which is refused where masses are checked
    require_known_labels(owner, labels, name, owner_name, complete, remedy)
    placed = np.zeros(len(owner))
    placed[owner.places(labels)] = values
    return Side(placed, shown, f"{name} by label")


def _one_axis(masses: Any, name: str) -> Labelled | None:
    """Return masses with one axis that has labels; None for all others, whose shape is checked elsewhere."""
    if masses is None or type(masses) is np.ndarray:
        return None
    if not (isinstance(masses, Mapping | Labelled) or is_pandas(masses) or counts_by_label(masses) is not None):
        return None
    found = labelled(masses, name)
    return found if found.values.ndim == 1 and found.labels is not None else None


def require_known_labels(
    owner: Labels, labels: Labels, name: str, owner_name: str, complete: bool, remedy: str = ""
) -> None:
    """Raise ValueError unless the labels of masses are those of their owner, or some of them."""
    alone = f"the values alone, in order: {name}.to_numpy()."
    owner.require_unique(owner_name, remedy or f"Add equal ones up, or give {alone}")
    labels.require_unique(name, remedy or f"Add equal ones up, or give {alone}")
    unknown = np.flatnonzero(owner.places(labels) < 0).tolist()
    lacking = np.flatnonzero(labels.places(owner) < 0).tolist() if complete else []
    if not (unknown or lacking):
        return
    found = [
        f"{listed(each, which)} only in {whose}"
        for each, which, whose in ((labels, unknown, name), (owner, lacking, owner_name))
        if which
    ]
    raise ValueError(
        f"{name} and {owner_name} must have the same labels, but there are {' and '.join(found)}. "
        f"{remedy or f'Give equal labels to both, or {alone}'}"
    )


def values_by_label(owner: Labels | None, values: Any, name: str, owner_name: str) -> Any:
    """Return values, one (or one row) for each label of the owner, in its order; as they are if it has no labels.

    Raises
    ------
    TypeError
        The values have no labels, and the owner has.
    ValueError
        A label of the owner that the values lack.
    """
    if owner is None:
        return values
    if not (isinstance(values, Mapping) or is_pandas(values)):
        raise TypeError(
            f"{name} and {owner_name} must both have labels or both have none, but {name} is a "
            f"{type(values).__name__}. Give {name} the labels of {owner_name}, as a pandas Series or DataFrame."
        )
    labels = Labels(values if isinstance(values, Mapping) else values.index)
    labels.require_unique(name, "Keep one of them.")
    places = labels.places(owner)
    lacking = np.flatnonzero(places < 0).tolist()
    if lacking:
        raise ValueError(f"{name} must hold every label of {owner_name}, but it lacks {listed(owner, lacking)}.")
    return as_float_array(list(values.values()), name)[places] if isinstance(values, Mapping) else values.iloc[places]


def along_axes(owner: Labels | None, values: Any, name: str, owner_name: str) -> FloatArray:
    """Return an array with the labels of its axes, if it has any, in the order of their owner.

    A Series or dictionary has labels along its one axis, a data frame along both, or along its columns alone.

    Raises
    ------
    ValueError
        Labels that are not those of the owner.
    """
    if isinstance(values, Mapping) or (is_pandas(values) and values.ndim == 1):
        array, labels_of_axis, _ = labelled(values, name)
        axes = [labels_of_axis]
    else:
        array, axes = as_float_array(values, name), list(axes_of(values))
    for axis, labels in enumerate(axes):
        if owner is None or labels is None or labels.are_numbers_of_rows or owner.same_as(labels):
            continue
        require_known_labels(owner, labels, name, owner_name, complete=True)
        array = array.take(labels.places(owner), axis)
    return array


class Matched(NamedTuple):
    """Costs and masses in one order, the labels of rows and columns, and how masses were matched, in words."""

    a: Any
    b: Any
    rows: Labels | None
    columns: Labels | None
    said: str


_NO_LABELS = (np.ndarray, type(None))


def along_costs(cost: Any, a: Any, b: Any, names: tuple[str, str, str] = ("C", "a", "b")) -> Matched:
    """Return masses in the order of the rows and the columns of a cost matrix, with the labels of these."""
    if type(cost) in _NO_LABELS and type(a) in _NO_LABELS and type(b) in _NO_LABELS:
        return Matched(a, b, None, None, "")
    named, first, second = names
    index, columns = axes_of(cost)
    rows = masses_of(index, a, first, f"the rows of {named}")
    cols = masses_of(columns, b, second, f"the columns of {named}")
    said = [side.said for side in (rows, cols) if side.said]
    return Matched(rows.masses, cols.masses, rows.labels, cols.labels, ", ".join(said))
