"""What carries labels: dictionaries, Series, data frames, and counts by label.

A dictionary is labelled by its keys, a pandas Series by its index, a data frame by its columns (and a pandas frame by
its index); what ``value_counts`` of polars and pyarrow returns, by its first column.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.inputs.checks import as_float_array
from otkit.inputs.labels import Labels

# Names that polars and pyarrow give to the counts of `value_counts`.
_COUNTS = ("count", "counts", "proportion")


class Labelled(NamedTuple):
    """Values whose last axis has labels, or has none; `rows` are those of the axis before it, in a frame."""

    values: FloatArray
    labels: Labels | None = None
    rows: Labels | None = None


def labelled(value: ArrayLike, name: str) -> Labelled:
    """Return values along their last axis with its labels: a row, a column with an index, or a frame of rows."""
    if isinstance(value, Labelled):
        return value
    if isinstance(value, Mapping):
        values = as_float_array(list(value.values()), name) if value else np.empty(0)
        if values.ndim != 1:
            raise TypeError(f"{name} must give each label one number, but the values of the dictionary are arrays.")
        return Labelled(values, Labels(value))
    if is_pandas(value):
        value = as_series(value)
        if value.ndim == 1:
            return Labelled(as_float_array(value, name), Labels(value.index))
        return Labelled(as_float_array(value, name), Labels(value.columns), Labels(value.index))
    counted = counts_by_label(value)
    if counted is not None:
        labels, counts = counted
        return Labelled(as_float_array(counts, name), labels)
    names = column_names(value)
    return Labelled(as_float_array(value, name), None if names is None else Labels(names))


def row_labels(value: Any) -> Labels | None:
    """Return the labels of the rows of a pandas object, if it has others than numbers of rows."""
    return labels_of_rows(value.index) if is_pandas(value) else None


def labels_of_rows(index: Any) -> Labels | None:
    """Return the labels that an index of pandas stands for; None for numbers of rows, and where there is none."""
    labels = None if index is None else Labels(index)
    return None if labels is None or labels.are_numbers_of_rows else labels


def is_labelled(value: Any) -> bool:
    """Whether a value carries labels along its last axis."""
    if isinstance(value, Labelled):
        return value.labels is not None
    return (
        isinstance(value, Mapping)
        or is_pandas(value)
        or counts_by_label(value) is not None
        or column_names(value) is not None
    )


def is_pandas(value: Any) -> bool:
    """Whether this is a Series or a DataFrame, without loading pandas."""
    return hasattr(value, "index") and hasattr(value, "iloc") and getattr(value, "ndim", 0) in (1, 2)


def as_series(value: Any) -> Any:
    """Return a pandas frame of one column as that column."""
    return value.iloc[:, 0] if value.ndim == 2 and value.shape[1] == 1 else value


def column_names(value: Any) -> list[str] | None:
    """Return the names of the columns of a frame of polars or a table of pyarrow."""
    if is_pandas(value) or not (hasattr(value, "__dataframe__") or hasattr(value, "__arrow_c_stream__")):
        return None
    names = getattr(value, "column_names", None) or getattr(value, "columns", None)
    return [str(name) for name in names] if isinstance(names, list) else None


def counts_by_label(value: Any) -> tuple[Labels, Any] | None:
    """Return labels and counts of what `value_counts` returns in polars (a frame) and in pyarrow (an array)."""
    names = column_names(value)
    if names is not None and len(names) == 2 and names[1] in _COUNTS:
        labels, counts = (value[name] for name in names)
        return Labels(_to_list(labels), [names[0]]), _to_list(counts)
    if type(value).__module__.startswith("pyarrow") and type(value).__name__ == "StructArray":
        fields = [field.name for field in value.type]
        if fields == ["values", "counts"]:
            return Labels(_to_list(value.field(0))), _to_list(value.field(1))
    return None


def _to_list(column: Any) -> list[Any]:
    items = column.to_list() if hasattr(column, "to_list") else column.to_pylist()
    return list(items)


def like(given: Any, values: FloatArray, labels: Labels) -> Any:
    """Return values by label in the container in which labels came: a dictionary, or else a pandas Series."""
    if isinstance(given, Mapping):
        return dict(zip(labels.items, values.tolist(), strict=True))
    import pandas as pd

    return pd.Series(values, index=labels.index)


def axes_of(matrix: Any) -> tuple[Labels | None, Labels | None]:
    """Return the labels of the rows and of the columns of a matrix, or of the entries of a vector."""
    if is_pandas(matrix):
        return Labels(matrix.index), Labels(matrix.columns) if matrix.ndim == 2 else None
    names = column_names(matrix)
    return None, None if names is None else Labels(names)
