"""Tables that people hold, taken apart into named columns: data frames of any library, structured arrays, files."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from otkit._typing import ArrayLike


class Columns(NamedTuple):
    """The columns of a table.

    Attributes
    ----------
    names : tuple
        As the table has them.
    columns : list
        One-dimensional, as they are.
    default : bool
        Whether the names are mere numbers that a library gave.
    """

    names: tuple[Hashable, ...]
    columns: list[Any]
    default: bool


def columns_of(value: ArrayLike, name: str) -> Columns | None:
    """Return the columns of a table; None for what is no table.

    Examples
    --------
    >>> import numpy as np
    >>> columns_of(np.array([(1, 2.5)], dtype=[("age", int), ("height", float)]), "x").names
    ('age', 'height')
    """
    if isinstance(value, np.ndarray):
        return _of_structured(value, name) if value.dtype.names is not None else None
    if isinstance(value, list | tuple | Mapping):
        return None
    library = type(value).__module__.partition(".")[0]
    if library == "polars" and hasattr(value, "collect"):
        raise TypeError(f"{name} must hold data, but a lazy frame was given: {name}.collect().")
    if hasattr(value, "iloc") and getattr(value, "ndim", 0) == 2:  # pandas, and who follows it: names may occur twice
        labels = value.columns
        default = getattr(labels, "start", None) == 0 and getattr(labels, "step", None) == 1
        return Columns(tuple(labels), [value.iloc[:, k] for k in range(len(labels))], default)
    if hasattr(value, "dtype"):
        return None
    if hasattr(value, "get_columns") and hasattr(value, "columns"):
        names = tuple(value.columns)
        return Columns(names, list(value.get_columns()), _are_numbered(names, "column_"))
    if hasattr(value, "column_names") and hasattr(value, "columns"):
        return Columns(tuple(value.column_names), list(value.columns), False)
    if hasattr(value, "columns") and hasattr(value, "__getitem__"):
        names = tuple(value.columns)
        return Columns(names, [value[label] for label in names], False) if names else None
    if hasattr(value, "__arrow_c_stream__") and not hasattr(value, "__array__"):
        import pyarrow

        return columns_of(pyarrow.table(value), name)
    return None


def _of_structured(value: np.ndarray, name: str) -> Columns:
    names = value.dtype.names
    assert names is not None
    if value.ndim != 1:
        raise ValueError(f"{name} must be a structured array of one dimension, but its shape is {value.shape}.")
    for label in names:
        if value.dtype[label].shape or value.dtype[label].names is not None:
            raise ValueError(
                f"{name} must have one number in each field, but the field {label!r} has {value.dtype[label]}."
            )
    return Columns(names, [value[label] for label in names], _are_numbered(names, "f"))


def _are_numbered(names: Sequence[str], prefix: str) -> bool:
    return list(names) == [f"{prefix}{k}" for k in range(len(names))]
