"""What people hold numbers in, as native arrays: nothing rounded yet, and what is missing known.

Lists, arrays of any dtype, masked arrays, pandas, polars and pyarrow columns, tensors, Python's exact numbers, dates
and times become `Values`: 64-bit integers and floats as they are, exact Python numbers where neither holds them, and
times as integer counts of a tick. How they become float64 depends on what they are for; see
`otkit.inputs.checks.as_float_array` and `otkit.inputs.frames`.
"""

from __future__ import annotations

import datetime
import math
import os
import sys
from collections.abc import Iterator, Set, ValuesView
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from typing import Any, Literal, NamedTuple

import numpy as np

from otkit._typing import ArrayLike, BoolArray

# Integers up to this are floats, all of them.
LARGEST_SAFE = 2**53

Quantity = Literal["numbers", "times", "times in a zone", "durations"]

_SECONDS: dict[str, Fraction] = {
    **{"W": Fraction(604800), "D": Fraction(86400), "h": Fraction(3600), "m": Fraction(60), "s": Fraction(1)},
    **{unit: Fraction(1, 1000**k) for k, unit in enumerate(("ms", "us", "ns", "ps", "fs", "as"), start=1)},
}
_DAY, _MICROSECOND = _SECONDS["D"], _SECONDS["us"]
_EPOCH = datetime.datetime(1970, 1, 1)


class MixedError(TypeError):
    """Numbers and times in one array."""


class Values(NamedTuple):
    """Numbers, times or durations of any shape.

    Attributes
    ----------
    array : ndarray
        float64, int64, uint64, or objects: exact Python numbers that none of these holds.
    missing : ndarray of bool, or None
        Where nothing is known: None, NA, NaT, what is masked. NaN among floats is not listed. None if all is known.
    quantity : str
        For times and durations, `array` counts ticks: those of times since 1970, in UTC where they have a zone.
    tick : Fraction
        Seconds.
    masked : bool
        Whether the missing entries are those of a masked array.
    """

    array: np.ndarray
    missing: BoolArray | None = None
    quantity: Quantity = "numbers"
    tick: Fraction = Fraction(1)
    masked: bool = False

    def absent(self) -> BoolArray:
        """Return where nothing is known, NaN included."""
        absent = np.zeros(self.array.shape, np.bool_) if self.missing is None else self.missing
        return absent | np.isnan(self.array) if self.array.dtype == np.float64 else absent

    def taken(self, rows: Any) -> Values:
        """Return some of them."""
        return self._replace(array=self.array[rows], missing=None if self.missing is None else self.missing[rows])


def values_of(value: ArrayLike, name: str) -> Values:
    """Return the numbers, times or durations that `value` holds; refuse with TypeError what is none.

    Examples
    --------
    >>> import numpy as np
    >>> values_of([1, None, 3], "x").missing.tolist()
    [False, True, False]
    >>> values_of(np.array(["2024-01-01"], "M8[D]"), "x").quantity
    'times'
    """
    if value is None:
        raise TypeError(f"{name} must be array-like, but None was given.")
    library = type(value).__module__.partition(".")[0]
    if library in _LIBRARIES:
        taken = _LIBRARIES[library](value, name)
        if taken is not None:
            return taken
    _refuse_units(value, name)
    _refuse_what_holds_nothing(value, name)
    if isinstance(value, list | tuple):
        return _of_sequence(value, name)
    if isinstance(value, np.ma.MaskedArray):
        found = _of_array(np.asarray(value.data), name, np.ma.getmaskarray(value))
        return found._replace(masked=found.missing is not None)
    return _of_array(_as_array(value, name), name)


def first_missing(values: Values, name: str) -> str:
    """Say which entry is missing first, and how: ``x[2, 1] is masked``."""
    index = np.unravel_index(int(np.argmax(values.absent())), values.array.shape)
    where = f"{name}[{', '.join(str(int(k)) for k in index)}]" if index else name
    known = values.missing is None or not values.missing[index]
    return f"{where} = nan" if known else f"{where} is {'masked' if values.masked else 'missing'}"


def is_safe(array: np.ndarray) -> bool:
    """Whether float64 holds all entries as they are."""
    if array.dtype == np.float64 or array.size == 0:
        return True
    if array.dtype == object:
        return False  # kept as objects for that reason
    if int(array.min()) >= -LARGEST_SAFE and int(array.max()) <= LARGEST_SAFE:
        return True
    return bool(_is_float(array).all())


def first_unsafe(array: np.ndarray) -> int:
    """Return the flat index of the first entry that float64 does not hold."""
    if array.dtype == object:
        return next(k for k, item in enumerate(array.flat) if not _holds(item))
    return int(np.argmin(_is_float(array)))


def _is_float(array: np.ndarray) -> BoolArray:
    """Return which integers are floats: those of 53 significant bits at most, whatever follows them."""
    size = np.where(array < 0, ~array, array).astype(np.uint64)  # |i| or |i| - 1, which has as many bits or fewer
    size = np.where(array < 0, size + np.uint64(1), size)
    lowest = size & (~size + np.uint64(1))  # the lowest bit that is set
    return (size == 0) | (size // np.where(lowest == 0, np.uint64(1), lowest) <= LARGEST_SAFE)


# --- arrays and lists -----------------------------------------------------------------------------------------------


def _as_array(value: ArrayLike, name: str) -> np.ndarray:
    if hasattr(value, "detach") and callable(value.detach):  # a tensor that may carry gradients
        _refuse_gradient(value, name)
        value = value.detach()
        value = value.cpu() if hasattr(value, "cpu") else value
        if "bfloat16" in str(getattr(value, "dtype", "")) or "float8" in str(getattr(value, "dtype", "")):
            value = value.double()  # NumPy has no such type
    if hasattr(value, "tocoo") and hasattr(value, "toarray"):
        raise TypeError(
            f"{name} must be a dense array, but a sparse {type(value).__name__} was given: {name}.toarray()."
        )
    try:
        return np.from_dlpack(value) if _speaks_dlpack_alone(value) else np.asarray(value)
    except np.exceptions.DTypePromotionError:  # times beside numbers
        return np.asarray(value, dtype=object)
    except TypeError as error:
        if type(error).__name__ != "TracerArrayConversionError":
            raise
        raise TypeError(
            f"{name} must hold values, but within a function that JAX traces it has none yet. There, use "
            "otkit.neural.wasserstein_loss, which has a gradient, or jax.pure_callback around the call."
        ) from None
    except ValueError as error:
        raise ValueError(f"{name} must be a rectangular array of numbers, but its rows differ in length.") from error


def _refuse_gradient(value: Any, name: str) -> None:
    """Refuse a tensor whose gradient would be lost without a word."""
    if getattr(value, "requires_grad", False):
        raise TypeError(
            f"{name} must not require a gradient, which NumPy functions have none of. Use "
            f"otkit.torch.wasserstein_loss, whose gradient is exact, or {name}.detach()."
        )


def _speaks_dlpack_alone(value: Any) -> bool:
    return hasattr(value, "__dlpack__") and not hasattr(value, "__array__")


def _of_sequence(value: list[Any] | tuple[Any, ...], name: str) -> Values:
    for part in value:
        _refuse_gradient(part, name)
    if any(isinstance(part, np.ma.MaskedArray) for part in value):  # NumPy would drop the masks
        parts = [np.ma.asarray(part) for part in value]
        if len({part.shape for part in parts}) > 1:
            raise ValueError(f"{name} must be a rectangular array of numbers, but its rows differ in length.")
        return values_of(np.ma.stack(parts), name)
    array = _as_array(value, name)
    if array.dtype.kind in "Mm" or (
        # NumPy has rounded integers that stood beside floats or beyond 64 bits, and wraps dates in fine units.
        array.dtype == np.float64 and array.size and not _is_small(array)
    ):
        array = np.asarray(value, dtype=object)
    return _of_array(array, name)


def _is_small(array: np.ndarray) -> bool:
    return bool(array.max() < LARGEST_SAFE and array.min() > -LARGEST_SAFE)  # False with NaN among them


def _of_array(array: np.ndarray, name: str, mask: BoolArray | None = None) -> Values:
    kind = array.dtype.kind
    if mask is not None and not mask.any():
        mask = None
    if kind == "f":
        return Values(_as_float64(array, name), mask)
    if kind in "iub":
        wide = np.uint64 if kind == "u" and array.dtype.itemsize == 8 else np.int64
        return Values(array.astype(wide, copy=False), mask)
    if kind in "Mm":
        return _of_ticks(array, name, mask)
    if kind == "O":
        found = _of_objects(array, name, mask)
        return found
    if kind == "c":
        raise TypeError(f"{name} must be real, but its type is {array.dtype}.")
    if array.dtype.names is not None:
        raise TypeError(
            f"{name} must be numbers, but it is a structured array with the fields {', '.join(array.dtype.names)}."
        )
    if kind == "V" and array.dtype.type is not np.void:  # bfloat16 and its like, of other libraries
        return Values(array.astype(np.float64), mask)
    example = array.flat[0] if array.size else array.dtype
    raise TypeError(
        f"{name} must be numeric, but it holds {example.item() if hasattr(example, 'item') else example!r}."
    )


def _as_float64(array: np.ndarray, name: str) -> np.ndarray:
    if array.dtype == np.float64 and array.dtype.isnative:
        return np.asarray(array)
    with np.errstate(over="ignore"):
        taken = array.astype(np.float64)
    if array.dtype.itemsize > 8 and (wrong := np.isinf(taken) & np.isfinite(array)).any():
        index = np.unravel_index(int(np.argmax(wrong)), array.shape)
        where = ", ".join(str(int(k)) for k in index)
        raise ValueError(f"{name} must fit float64, but {name}[{where}] = {array[index]!s}. Rescale it.")
    return taken


def _of_ticks(array: np.ndarray, name: str, mask: BoolArray | None) -> Values:
    """Take datetime64 and timedelta64 as counts of their unit."""
    unit, count = np.datetime_data(array.dtype)
    missing = np.isnat(array) if mask is None else np.isnat(array) | mask
    quantity: Quantity = "times" if array.dtype.kind == "M" else "durations"
    if unit in ("M", "Y"):
        if quantity == "durations":
            raise TypeError(f"{name} must have durations of one length, but its unit is {array.dtype}.")
        array, unit, count = array.astype("M8[D]"), "D", 1
    if unit == "generic" and not missing.all():
        raise TypeError(f"{name} must have durations with a unit, but its type is {array.dtype}.")
    tick = count * _SECONDS.get(unit, Fraction(1))
    counts = (
        array.view(np.int64) if array.dtype.isnative else array.astype(array.dtype.newbyteorder("=")).view(np.int64)
    )
    if not missing.any():
        return Values(counts, None, quantity, tick)
    return Values(np.where(missing, 0, counts), missing, quantity, tick)


# --- objects --------------------------------------------------------------------------------------------------------


class _Instant(NamedTuple):
    """A time or a duration in seconds."""

    quantity: Quantity
    seconds: Fraction


def _of_objects(array: np.ndarray, name: str, mask: BoolArray | None = None) -> Values:
    items = array.reshape(-1).tolist() if array.dtype == object else list(array.flat)
    hidden = None if mask is None else mask.reshape(-1)
    taken = [None if hidden is not None and hidden[k] else _read(item, name) for k, item in enumerate(items)]
    missing = np.array([item is None for item in taken], np.bool_).reshape(array.shape)
    kinds = {item.quantity if isinstance(item, _Instant) else "numbers" for item in taken if item is not None}
    if len(kinds) > 1:
        where = {kind: next(k for k, item in enumerate(taken) if _quantity(item) == kind) for kind in sorted(kinds)}
        listed = " and ".join(f"{kind}, such as {str(items[k])!r}" for kind, k in where.items())
        raise MixedError(f"{name} must hold one kind of thing, but it holds {listed}.")
    absent = missing if missing.any() else None
    if kinds and kinds != {"numbers"}:
        seconds = [Fraction(0) if item is None else item.seconds for item in taken]
        tick = Fraction(1, math.lcm(*(value.denominator for value in seconds)))
        counts = _integers([int(value / tick) for value in seconds])
        return Values(counts.reshape(array.shape), absent, kinds.pop(), tick)
    return Values(_numbers([0.0 if item is None else item for item in taken]).reshape(array.shape), absent)


def _quantity(item: Any) -> str:
    return "" if item is None else item.quantity if isinstance(item, _Instant) else "numbers"


def _read(item: Any, name: str) -> Any:
    """Return an entry as an exact number, a float, or a time; None if it is missing."""
    if isinstance(item, float):  # np.float64 is one, too
        return float(item)
    if item is None or item is np.ma.masked or item is _missing_of_pandas():
        return None
    if isinstance(item, datetime.date | datetime.timedelta | np.datetime64 | np.timedelta64):  # the last is an integer
        return _read_time(item, name)
    if isinstance(item, bool | np.bool_ | int | np.integer):
        return int(item)
    if isinstance(item, Decimal):
        return Fraction(item) if item.is_finite() else float(item)
    if isinstance(item, Rational):
        return Fraction(int(item.numerator), int(item.denominator))
    if isinstance(item, str | bytes | complex | np.complexfloating | datetime.time) or not hasattr(item, "__float__"):
        raise TypeError(f"{name} must be numeric, but it holds {item!r}.")
    if isinstance(item, np.floating) and item.dtype.itemsize > 8:
        return float(_as_float64(np.asarray(item), name))
    try:
        return float(item)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be numeric, but it holds {item!r}.") from None


def _missing_of_pandas() -> Any:
    pandas = sys.modules.get("pandas")
    return None if pandas is None else pandas.NA


def _read_time(item: Any, name: str) -> _Instant | None:
    if item != item:  # noqa: PLR0124 (NaT, of whatever library, is what differs from itself)
        return None
    if isinstance(item, np.datetime64 | np.timedelta64):
        counts = _of_ticks(np.asarray(item), name, None)
        return _Instant(counts.quantity, int(counts.array) * counts.tick)
    nanoseconds = Fraction(getattr(item, "nanosecond" if isinstance(item, datetime.date) else "nanoseconds", 0), 10**9)
    if isinstance(item, datetime.timedelta):
        exact = Fraction(item.days) * _DAY + item.seconds + item.microseconds * _MICROSECOND
        return _Instant("durations", exact + nanoseconds)
    zoned = isinstance(item, datetime.datetime) and item.utcoffset() is not None
    if not isinstance(item, datetime.datetime):
        item = datetime.datetime(item.year, item.month, item.day)
    offset = item.utcoffset() if zoned else None
    since = datetime.datetime(
        item.year, item.month, item.day, item.hour, item.minute, item.second, item.microsecond
    ) - (_EPOCH if offset is None else _EPOCH + offset)
    exact = since.days * _DAY + since.seconds + since.microseconds * _MICROSECOND + nanoseconds
    return _Instant("times in a zone" if zoned else "times", exact)


def _numbers(items: list[Any]) -> np.ndarray:
    """Return exact numbers and floats in float64 or 64-bit integers, or as they are where these would round integers.

    Fractions and decimals are rounded, as 0.1 is; large ones are kept, for differences that need not be.
    """
    if items and all(isinstance(item, int) for item in items):
        return _integers(items)
    if all(isinstance(item, float) or _holds(item) or abs(item) < LARGEST_SAFE for item in items):
        return np.array([float(item) for item in items], dtype=np.float64)
    return _objects(items)


def _holds(item: Any) -> bool:
    """Whether float64 holds a number as it is."""
    try:
        return isinstance(item, float) or float(item) == item
    except OverflowError:
        return False


def _integers(items: list[int]) -> np.ndarray:
    least, largest = min(items, default=0), max(items, default=0)
    if least >= -(2**63) and largest < 2**63:
        return np.array(items, dtype=np.int64)
    return np.array(items, dtype=np.uint64) if least >= 0 and largest < 2**64 else _objects(items)


def _objects(items: list[Any]) -> np.ndarray:
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


# --- columns of other libraries -------------------------------------------------------------------------------------


def _of_pandas(value: Any, name: str) -> Values | None:
    dtype = getattr(value, "dtype", None)
    if dtype is None or getattr(value, "ndim", 1) != 1:
        return None
    if isinstance(dtype, np.dtype):
        return _of_array(value.to_numpy(), name)
    if type(dtype).__name__ == "ArrowDtype":
        import pyarrow

        return _of_pyarrow(pyarrow.chunked_array(pyarrow.array(value)), name)
    kind, label = getattr(dtype, "kind", "O"), str(dtype)
    if label == "category":
        raise _categories(name)
    if label.startswith("datetime64"):  # with a time zone; the counts are in UTC
        counts = _of_ticks(np.asarray(value, dtype=f"M8[{dtype.unit}]"), name, None)
        return counts._replace(quantity="times in a zone")
    if kind in "iufb" and not label.startswith("Sparse"):
        wide: Any = {"i": np.int64, "u": np.uint64, "f": np.float64, "b": np.int64}[kind]
        missing = np.asarray(value.isna())
        return Values(value.to_numpy(dtype=wide, na_value=0), missing if missing.any() else None)
    return _of_array(np.asarray(value), name)


def _of_polars(value: Any, name: str) -> Values | None:
    dtype = getattr(value, "dtype", None)
    if dtype is None:
        return None
    missing = value.is_null().to_numpy() if value.null_count() else None
    if dtype.is_integer() or str(dtype) == "Boolean":
        wide = np.uint64 if str(dtype) == "UInt64" else np.int64
        return Values(value.fill_null(0 if dtype.is_integer() else False).to_numpy().astype(wide), missing)
    if dtype.is_float():
        return Values(value.fill_null(0.0).to_numpy().astype(np.float64), missing)
    if dtype.is_temporal() and str(dtype) != "Time":
        counts = _of_ticks(value.to_numpy(), name, None)
        return counts._replace(quantity="times in a zone") if getattr(dtype, "time_zone", None) else counts
    if str(dtype).startswith(("Categorical", "Enum")):
        raise _categories(name)
    return _of_array(value.to_numpy(), name)


def _of_pyarrow(value: Any, name: str) -> Values | None:
    kind = getattr(value, "type", None)
    if kind is None:
        return None
    import pyarrow

    types = pyarrow.types
    missing = value.is_null().to_numpy(zero_copy_only=False) if value.null_count else None
    if hasattr(value, "combine_chunks"):
        missing = None if missing is None else np.asarray(missing)
    if types.is_dictionary(kind):
        raise _categories(name)
    if types.is_integer(kind) or types.is_boolean(kind):
        whole = value.fill_null(False if types.is_boolean(kind) else 0) if value.null_count else value
        wide = np.uint64 if str(kind) == "uint64" else np.int64
        return Values(_to_numpy(whole).astype(wide), missing)
    if types.is_floating(kind):
        return Values(_to_numpy(value).astype(np.float64), missing)
    if types.is_timestamp(kind) or types.is_date(kind) or types.is_duration(kind):
        counts = _of_ticks(_to_numpy(value), name, None)
        return counts._replace(quantity="times in a zone") if getattr(kind, "tz", None) else counts
    return _of_objects(np.asarray(value.to_pylist(), dtype=object), name)


def _to_numpy(value: Any) -> np.ndarray:
    chunked = hasattr(value, "combine_chunks")
    return np.asarray(value.to_numpy() if chunked else value.to_numpy(zero_copy_only=False))


_LIBRARIES = {"pandas": _of_pandas, "polars": _of_polars, "pyarrow": _of_pyarrow}


def _categories(name: str) -> TypeError:
    return TypeError(
        f"{name} must be numeric, but it is a column of categories. Turn them into numbers, or leave it out."
    )


def _refuse_what_holds_nothing(value: Any, name: str) -> None:
    """Raise for paths, which name a file only, and for what gives its values away once or in no order."""
    if isinstance(value, str | bytes | os.PathLike):
        shown = repr(os.fspath(value) if isinstance(value, os.PathLike) else value)
        read = "read_parquet" if shown.lower().endswith((".parquet'", ".pq'")) else "read_csv"
        remedy = f" Read the file first: {name} = pandas.{read}({shown})." if "." in shown and len(shown) < 60 else ""
        raise TypeError(f"{name} must hold numbers, but the text {shown[:60]} was given.{remedy}")
    if isinstance(value, Iterator | Set | ValuesView):
        kind = type(value).__name__
        order = "sorted" if isinstance(value, Set) else "list"
        raise TypeError(f"{name} must be an array or a sequence, but a {kind} was given: {order}({name}).")


def _refuse_units(value: Any, name: str) -> None:
    """Raise for quantities of astropy, pint and unyt, whose unit NumPy drops."""
    unit = getattr(value, "unit" if hasattr(value, "to_value") else "units", None)
    if unit is not None and (hasattr(value, "to_value") or hasattr(value, "magnitude")):
        raise TypeError(
            f"{name} must be plain numbers, but it is measured in {unit}. Bring all into one unit, and pass the values."
        )
