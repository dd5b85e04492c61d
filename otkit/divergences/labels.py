"""Counts held by label: dictionaries and pandas Series, brought into one order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from otkit._checks import as_float_array
from otkit._typing import ArrayLike, FloatArray


def aligned(p: ArrayLike, q: ArrayLike) -> tuple[FloatArray, FloatArray, str]:
    """Return p and q as arrays, bin by bin the same label, with what is to be said about the labels.

    A label that one side lacks has no mass there. Arrays have no labels and stay as they are.
    """
    labelled = _is_labelled(p), _is_labelled(q)
    if not any(labelled):
        return as_float_array(p, "p"), as_float_array(q, "q"), ""
    if not all(labelled):
        one, other = ("p", "q") if labelled[0] else ("q", "p")
        raise TypeError(
            f"p and q must both have labels or both have none, but {one} is a {type(p if labelled[0] else q).__name__} "
            f"and {other} is not. Give {other} the same labels, or take {one}'s values alone."
        )
    labels_p, values_p = _columns(p, "p")
    labels_q, values_q = _columns(q, "q")
    if labels_p == labels_q:
        return values_p, values_q, f"{len(labels_p)} labels"
    place = {label: k for k, label in enumerate(labels_p)}
    for label in labels_q:
        place.setdefault(label, len(place))
    size, only_p = len(place), len(place) - len(labels_q)
    full_p, full_q = np.zeros(size), np.zeros(size)
    full_p[: values_p.size] = values_p
    full_q[[place[label] for label in labels_q]] = values_q
    only_q = size - len(labels_p)
    return full_p, full_q, f"{size} labels, {only_p} of them only in p and {only_q} only in q"


def _is_labelled(value: ArrayLike) -> bool:
    return isinstance(value, Mapping) or _is_series(value)


def _is_series(value: ArrayLike) -> bool:
    """Say whether this is a pandas Series, without loading pandas."""
    return hasattr(value, "index") and hasattr(value, "to_numpy") and getattr(value, "ndim", 0) == 1


def _columns(value: ArrayLike, name: str) -> tuple[list[Any], FloatArray]:
    if isinstance(value, Mapping):
        return list(value), as_float_array(list(value.values()), name)
    labels = value.index.tolist()
    if not value.index.is_unique:
        twice = value.index[value.index.duplicated()][0]
        raise ValueError(
            f"{name} must have each label once, but {twice!r} occurs more than once. Add equal ones up first: "
            f"{name}.groupby(level=0).sum()."
        )
    return labels, as_float_array(value, name)
