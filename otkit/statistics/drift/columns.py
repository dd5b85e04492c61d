"""One column of a table, whatever library holds it: numbers, times, or labels as codes; what is missing known."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from otkit._typing import BoolArray, IntArray
from otkit.inputs.labels import is_missing
from otkit.inputs.values import Values, values_of
from otkit.io.cells import Column as Cells

Kind: TypeAlias = Literal[
    "numeric", "datetime", "datetime in a zone", "duration", "boolean", "categorical", "text", "empty"
]

_KIND_OF_QUANTITY: dict[str, Kind] = {
    "numbers": "numeric",
    "times": "datetime",
    "times in a zone": "datetime in a zone",
    "durations": "duration",
}


@dataclass(frozen=True, eq=False)
class Column:
    """A column.

    Attributes
    ----------
    kind : Kind
        "empty": no value in it tells what it was meant for.
    values : Values or None
        Numbers, times and durations.
    codes : ndarray of int64, or None
        For all other kinds: which of the labels stands in each row, −1 where none does.
    labels : tuple
        Each once.
    """

    kind: Kind
    values: Values | None = None
    codes: IntArray | None = None
    labels: tuple[Hashable, ...] = ()

    def __len__(self) -> int:
        return len(self.values.array if self.values is not None else self._codes)

    @property
    def _codes(self) -> IntArray:
        assert self.codes is not None
        return self.codes

    def absent(self) -> BoolArray:
        """Return in which rows nothing is known."""
        return self.values.absent() if self.values is not None else self._codes < 0

    def as_labels(self) -> Column:
        """Return numbers or times as labels, for codes that only look like numbers."""
        if self.values is None:
            return self
        absent = self.values.absent()
        places = np.full(len(self), -1, np.int64)
        distinct, places[~absent] = np.unique(self.values.array[~absent], return_inverse=True)
        return Column("categorical", None, places, tuple(_written(distinct, self.values)))


def _written(distinct: np.ndarray, values: Values) -> list[Hashable]:
    """Return numbers as Python has them, whole ones as integers so that 1.0 meets 1; and times as text."""
    if values.quantity == "numbers":
        items = distinct.tolist()
        return [int(item) if isinstance(item, float) and item.is_integer() else item for item in items]
    seconds = [float(count * values.tick) for count in distinct.tolist()]
    if values.quantity == "durations":
        return [f"{second:g} s" for second in seconds]
    return [str(np.datetime64(round(second * 1e6), "us")).removesuffix("T00:00:00.000000") for second in seconds]


def column_of(value: Any, name: str) -> Column:
    """Return a column of any library.

    Raises
    ------
    TypeError, ValueError
        It holds lists, complex numbers, or several kinds of things.

    Examples
    --------
    >>> import numpy as np
    >>> column_of(np.array([1.5, np.nan]), "x").kind, column_of(["a", None, "b", "a"], "x").codes.tolist()
    ('numeric', [0, -1, 1, 0])
    """
    if isinstance(value, Cells):
        return _of_cells(value, name)
    library = type(value).__module__.partition(".")[0]
    if library in _LIBRARIES and (found := _LIBRARIES[library](value, name)) is not None:
        return found
    if isinstance(value, np.ma.MaskedArray) and value.dtype.kind in "bOSUT":
        items = value.tolist()
        return _of_items(items, name)
    if isinstance(value, np.ndarray) and value.dtype.kind in "bOSUT":
        return _of_items(value.tolist(), name)
    if isinstance(value, list | tuple):
        return _of_items(value, name)
    return _of_values(value, name)


def _of_values(value: Any, name: str) -> Column:
    values = values_of(value, name)
    if values.array.ndim != 1:
        raise ValueError(f"{name} must be one column, but its shape is {values.array.shape}.")
    return Column(_KIND_OF_QUANTITY[values.quantity], values)


def _of_items(items: Iterable[Any], name: str) -> Column:
    """Return Python objects as a column: what their kind is follows from all of them."""
    items = items if isinstance(items, list) else list(items)
    if all(type(item) in _PLAIN for item in items) and any(type(item) is not bool for item in items):
        return _of_values(items, name)
    table: dict[Hashable, int] = {}
    try:
        codes = np.fromiter((table.setdefault(item, len(table)) for item in items), np.int64, len(items))
    except TypeError:
        example = next(item for item in items if not isinstance(item, Hashable))
        raise TypeError(f"{name} must hold single values, but it holds a {type(example).__name__}.") from None
    return _of_codes(codes, list(table), lambda: _of_values(items, name))


_PLAIN = (int, float, bool)


def _of_codes(codes: IntArray, labels: list[Any], as_values: Any, kind: Kind | None = None) -> Column:
    """Return a column of labels; one of numbers or times where that is what they are."""
    known = [not is_missing(label) for label in labels]
    if not any(known):
        return Column("empty", None, np.full(codes.size, -1, np.int64))
    present = [label for label, is_known in zip(labels, known, strict=True) if is_known]
    if kind is None and all(isinstance(label, str | bytes) for label in present):
        kind = "text"
    if kind is None and all(isinstance(label, bool | np.bool_) for label in present):
        kind = "boolean"
    if kind is None:
        found: Column = as_values()
        return found
    place = np.append(np.where(known, np.cumsum(known) - 1, -1), -1)  # the last is for codes of −1
    return Column(kind, None, place[codes], tuple(present))


def _of_cells(cells: Cells, name: str) -> Column:
    """Return a column of a file of text or of NumPy's."""
    if cells.fault:
        raise ValueError(f"it can't be read: {cells.fault}")
    if cells.kind == "empty":
        return Column("empty", None, np.full(len(cells), -1, np.int64))
    if cells.kind in ("text", "flag"):
        items = cells.values.astype(bool) if cells.kind == "flag" else cells.values
        with_gaps = np.array(items, dtype=object)
        with_gaps[cells.missing] = None
        return _of_items(with_gaps.tolist(), name)
    column = _of_values(cells.values, name)
    assert column.values is not None
    missing = cells.missing if cells.missing.any() else None
    return replace(column, values=column.values._replace(missing=missing))


def _of_pandas(value: Any, name: str) -> Column | None:
    dtype = value.dtype
    if str(dtype) == "category":
        labels = value.cat.categories.tolist()
        return _of_codes(np.asarray(value.cat.codes, np.int64), labels, None, "categorical")
    if isinstance(dtype, np.dtype) and dtype.kind not in "bO":
        return None
    if getattr(dtype, "kind", "O") not in "bO" and not str(dtype).startswith("str"):
        return None
    try:
        codes, labels = value.factorize()
    except TypeError:
        return _of_items(value.tolist(), name)  # which says what can't be a label
    return _of_codes(np.asarray(codes, np.int64), list(labels), lambda: _of_values(value, name))


def _of_polars(value: Any, name: str) -> Column | None:
    kind = str(value.dtype)
    if kind == "Null":
        return Column("empty", None, np.full(len(value), -1, np.int64))
    if kind.startswith(("Boolean", "String", "Categorical", "Enum", "Object")):
        found = _of_items(value.to_list(), name)
        return replace(found, kind="categorical") if kind.startswith(("Categorical", "Enum")) else found
    return None


def _of_pyarrow(value: Any, name: str) -> Column | None:
    import pyarrow

    types, kind = pyarrow.types, value.type
    if types.is_null(kind):
        return Column("empty", None, np.full(len(value), -1, np.int64))
    categories = types.is_dictionary(kind)
    words = any(
        getattr(types, f"is_{which}", lambda _: False)(kind)
        for which in ("string", "large_string", "string_view", "boolean")
    )
    if not categories and not words:
        return None
    whole = value.combine_chunks() if hasattr(value, "combine_chunks") else value
    if isinstance(whole, pyarrow.ChunkedArray):  # several chunks with dictionaries of their own, or none
        whole = pyarrow.chunked_array(whole.chunks, kind).unify_dictionaries() if categories else whole
        whole = pyarrow.concat_arrays(whole.chunks) if whole.num_chunks else pyarrow.array([], kind)
    coded = whole if categories else whole.dictionary_encode()
    codes = np.asarray(coded.indices.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)
    return _of_codes(codes, coded.dictionary.to_pylist(), None, "categorical" if categories else None)


_LIBRARIES = {"pandas": _of_pandas, "polars": _of_polars, "pyarrow": _of_pyarrow}
