"""Containers of measures: lists, dictionaries that give them names, arrays and data frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from otkit.inputs.checks import as_float_array
from otkit.inputs.labelled import row_labels
from otkit.inputs.labels import Labels
from otkit.measures import DiscreteMeasure


def named_items(value: Any, name: str) -> tuple[Any, Labels | None]:
    """Return what a container of measures holds, a list or one table of all, and what the measures are called.

    The keys of a dictionary are names, and so is the index of a pandas object unless it is the default one.

    Raises
    ------
    TypeError, ValueError
        It is a single measure, text, or empty.
    """
    if isinstance(value, DiscreteMeasure | str) or not hasattr(value, "__len__"):
        raise TypeError(f"{name} must be a sequence of measures, but {type(value).__name__} was given.")
    if len(value) == 0:
        raise ValueError(f"{name} must hold at least one measure, but it is empty.")
    if isinstance(value, Mapping):
        if not any(hasattr(item, "__len__") or isinstance(item, DiscreteMeasure) for item in value.values()):
            raise TypeError(
                f"{name} must map names to measures, but the dictionary maps them to numbers: it is one measure. "
                "Give a list or a dictionary of such dictionaries."
            )
        return list(value.values()), Labels(value)
    if isinstance(value, list | tuple):
        return list(value), None
    return (list(value) if is_sequence(value) else value), row_labels(value)


def list_of_measures(value: Any, name: str) -> tuple[list[Any], Labels | None]:
    """Return the measures of a container one by one, and what they are called."""
    items, names = named_items(value, name)
    return (items if isinstance(items, list) else list(as_float_array(items, name))), names


def is_sequence(value: Any) -> bool:
    """Whether a container is one of measures rather than an array or a data frame."""
    return not hasattr(value, "shape") or getattr(value, "dtype", np.dtype(float)).kind == "O"
