"""Every check of an argument, so that every complaint reads alike.

A message names the parameter, the constraint and the value received, and says what to do where that is not plain:
``a must be non-negative, but a[3] = -0.5.``
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterable
from numbers import Real

import numpy as np

from otkit._text import did_you_mean, shown
from otkit._typing import ArrayLike, FloatArray, IntArray
from otkit.inputs.columns import columns_of
from otkit.inputs.values import Values, first_missing, first_unsafe, is_safe, values_of
from otkit.numerics.jit import njit_pass
from otkit.numerics.memory import available_memory


def as_float_array(value: ArrayLike, name: str) -> FloatArray:
    """Return `value` as a float64 array, sharing memory where it already is one.

    Lists, NumPy arrays of any real type, pandas, polars and Arrow columns and frames, and CPU tensors are taken.

    Raises
    ------
    TypeError
        Complex numbers, text, categories, times, sparse matrices, quantities with a unit.
    ValueError
        Missing and masked entries, and numbers that float64 would round though they are integers. NaN is a float.
    """
    if type(value) is np.ndarray and value.dtype == np.float64:
        return value
    table = columns_of(value, name)
    if table is None:
        return as_floats(values_of(value, name), name)
    names = [f"{name}[{label!r}]" for label in table.names]
    parts = [as_floats(values_of(*each), each[1]) for each in zip(table.columns, names, strict=True)]
    return np.column_stack(parts) if parts else np.empty((0, 0))


def as_floats(values: Values, name: str) -> FloatArray:
    """Return numbers in float64, as they are; refuse what is missing, what float64 does not hold, and times."""
    if values.quantity != "numbers":
        raise TypeError(f"{name} must be numeric, but it holds {values.quantity}.")
    if values.missing is not None and values.missing.any():
        raise ValueError(missing_entries(values, name))
    if not is_safe(values.array):
        where = entry(values.array, first_unsafe(values.array), name)
        raise ValueError(
            f"{name} must hold numbers that float64 holds as they are, but {where} would be rounded: integers beyond "
            "2**53 are. Count in another unit, or from another origin."
        )
    return np.asarray(values.array, dtype=np.float64)


def missing_entries(values: Values, name: str, remedy: str = "") -> str:
    """Say how many entries are missing, which is the first, and what to do."""
    absent = values.absent()
    if not remedy and values.masked:
        remedy = f" Leave them out, or give them a value: {name}.filled(value)."
    what = "no masked entries" if values.masked else "no missing values"
    many = f" ({int(absent.sum()):,} of {absent.size:,})" if absent.size > 1 else ""
    return f"{name} must hold {what}, but {first_missing(values, name)}{many}.{remedy}"


def require_finite(array: FloatArray, name: str) -> None:
    """Raise ValueError at the first NaN or infinite entry of `array`."""
    # The sum is finite whenever all entries are, unless it overflows: one pass in the usual case, a second to be sure.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(array.sum()):
            return
    finite = np.isfinite(array)
    if not finite.all():
        raise ValueError(f"{name} must be finite, but {entry(array, int(np.argmin(finite)), name)}.")


def span(array: FloatArray) -> tuple[bool, float, float]:
    """Say whether all entries of a contiguous array are finite, and return the least and the largest of those that are.

    One compiled call: on a few dozen numbers each reduction by NumPy takes longer than the sums of a whole solve.
    """
    finite, least, largest = _span(array.reshape(-1))
    return finite, least, largest


@njit_pass
def _span(values: FloatArray) -> tuple[bool, float, float]:
    wrong = 0
    least, largest = np.inf, -np.inf
    for value in values:
        wrong += not abs(value) < np.inf
        least = value if value < least else least
        largest = value if value > largest else largest
    return wrong == 0, least, largest


@njit_pass
def within(index: IntArray, size: int) -> bool:
    """Say whether 0 ≤ index < size throughout."""
    wrong = 0
    for k in index:
        wrong += k < 0 or k >= size
    return wrong == 0


def entry(array: FloatArray, flat_index: int, name: str) -> str:
    """Say which entry of `array` is meant and what it is: ``a[3] = -0.5``."""
    index = np.unravel_index(flat_index, array.shape)
    return f"{name}[{', '.join(str(int(k)) for k in index)}] = {array[index]!s}"


def as_points(value: ArrayLike, name: str) -> FloatArray:
    """Return `value` as finite points, shape (n, d), C-contiguous; a 1-D array is n points on the line."""
    array = as_float_array(value, name)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise ValueError(
            f"{name} must be an array of shape (n, d), or (n,) for points on the line, but its shape is {array.shape}."
        )
    if array.shape[0] == 0 or array.shape[1] == 0:
        raise ValueError(f"{name} must hold at least one point with one coordinate, but its shape is {array.shape}.")
    array = np.ascontiguousarray(array)
    if not span(array)[0]:
        require_finite(array, name)
    return array


def as_weights(value: ArrayLike | None, name: str, size: int, *, may_vanish: bool = False) -> FloatArray:
    """Return `value` as `size` finite, non-negative weights, not all zero unless they may vanish; None gives ones."""
    if value is None:
        return np.ones(size)
    array = as_float_array(value, name)
    if array.ndim == 2 and 1 in array.shape:  # one column of a data frame
        array = array.reshape(-1)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, but its shape is {array.shape}.")
    if array.size != size:
        raise ValueError(f"{name} must have {size} entries, one for each point, but it has {array.size}.")
    array = np.ascontiguousarray(array)
    finite, least, largest = span(array)
    if not finite:
        require_finite(array, name)
    if least < 0.0:
        raise ValueError(f"{name} must be non-negative, but {entry(array, int(np.argmin(array)), name)}.")
    if not (largest > 0.0 or may_vanish):
        raise ValueError(f"{name} must have a positive entry, but all {array.size} entries are zero.")
    return array


def as_potentials(
    value: Iterable[ArrayLike], shape: tuple[int, int], name: str = "potentials"
) -> tuple[FloatArray, FloatArray]:
    """Return `value` as a pair (f, g) of finite prices for n rows and m columns."""
    try:
        pair = tuple(value)
    except TypeError:
        pair = ()
    if len(pair) != 2:
        what = "an earlier result, or a pair (f, g)" if name == "warm_start" else "a pair (f, g)"
        raise TypeError(f"{name} must be {what}, such as result.potentials, but {type(value).__name__} was given.")
    checked = []
    for letter, prices, size in zip(("f", "g"), pair, shape, strict=True):
        array = as_float_array(prices, f"{name}.{letter}")
        if array.shape != (size,):
            raise ValueError(
                f"{name}.{letter} must have shape ({size},), one price for each "
                f"{'row' if letter == 'f' else 'column'} of the problem, but its shape is {array.shape}."
            )
        require_finite(array, f"{name}.{letter}")
        checked.append(array)
    return checked[0], checked[1]


# Entries up to which one compiled pass takes less time than NumPy takes to begin.
_SEEN_AT_ONCE = 1 << 14


def as_cost_array(value: ArrayLike, name: str) -> FloatArray:
    """Return `value` as a finite cost matrix of shape (n, m)."""
    array = as_float_array(value, name)
    if array.ndim != 2:
        raise ValueError(f"{name} must be a matrix of shape (n, m), but its shape is {array.shape}.")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, but its shape is {array.shape}.")
    if not (array.size < _SEEN_AT_ONCE and array.flags.c_contiguous and span(array)[0]):
        require_finite(array, name)
    return array


def require_same_dimension(x: FloatArray, y: FloatArray, names: tuple[str, str] = ("x", "y")) -> None:
    """Raise ValueError unless both clouds live in the same space."""
    if x.shape[1] != y.shape[1]:
        raise ValueError(
            f"{names[0]} and {names[1]} must have points of the same dimension, but {names[0]} has {x.shape[1]} "
            f"coordinates and {names[1]} has {y.shape[1]}."
        )


def require_choice(value: str, name: str, choices: Collection[str]) -> str:
    """Return `value` if it is one of `choices`; otherwise raise ValueError naming the nearest."""
    if value in choices:
        return value
    known = list(choices)
    raise ValueError(
        f"{name} must be one of {', '.join(known)}, but {shown(value)} was given.{did_you_mean(value, known)}"
    )


def as_power(value: float, name: str = "p") -> float:
    """Return `value` as a Wasserstein power p, 1 ≤ p < ∞."""
    try:
        power = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number of at least 1, but {shown(value)} was given.") from None
    if not 1.0 <= power < float("inf"):
        raise ValueError(f"{name} must be a finite number of at least 1, but {name} = {shown(value)} was given.")
    return power


def as_count(value: int, name: str) -> int:
    """Return `value` as an integer of at least one."""
    try:
        count = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer of at least 1, but {shown(value)} was given.") from None
    if count < 1:
        raise ValueError(f"{name} must be an integer of at least 1, but {name} = {count} was given.")
    return count


def as_positive(value: float, name: str) -> float:
    """Return `value` as a positive finite number."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a positive number, but {shown(value)} was given.") from None
    if not 0.0 < number < float("inf"):
        raise ValueError(f"{name} must be positive and finite, but {name} = {shown(value)} was given.")
    return number


def as_seconds(value: float | None, name: str = "max_seconds") -> float | None:
    """Return a limit of time as a float, or None for no limit; 0 means to stop at once, with what is known by then."""
    if value is None:
        return None
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real | np.number):
        raise TypeError(f"{name} must be a number of seconds, or None for no limit, but {value!r} was given.")
    seconds = float(value)
    if not 0.0 <= seconds < np.inf:
        raise ValueError(f"{name} must be a finite number ≥ 0 of seconds, or None for no limit, but it is {value!r}.")
    return seconds


# Less is not worth the time of asking how much there is.
_LITTLE_MEMORY = 2**24


def require_memory(needed: int, what: str, remedy: str) -> None:
    """Raise MemoryError before an allocation that the machine cannot hold, saying what avoids it."""
    if needed < _LITTLE_MEMORY:
        return
    available = available_memory()
    if available is not None and needed > available:
        raise MemoryError(
            f"{what} needs {needed / 2**30:.1f} GiB, but {available / 2**30:.1f} GiB of memory are available. {remedy}"
        )
