"""One coordinate of several clouds in float64: differences exact where numbers are not, times in seconds.

Distances that depend on differences alone do not mind an origin. So integers beyond 2⁵³, of which float64 holds some
only, are counted from the least of them, and times in seconds from the earliest; what would still be rounded is
refused, or said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from otkit._typing import FloatArray
from otkit.inputs.checks import entry
from otkit.inputs.values import LARGEST_SAFE, Values, first_unsafe, is_safe

_TIMES = ("times", "times in a zone")


def in_floats(
    parts: Sequence[Values], names: Sequence[str], label: str, *, invariant: bool
) -> tuple[list[FloatArray], str, bool]:
    """Return one coordinate of each cloud, nothing missing in it, what is to be said, and whether it has a new origin.

    Parameters
    ----------
    parts : sequence of Values
        One-dimensional.
    names : sequence of str
        What each is called in a message.
    label : str
        What the coordinate is called in a note; nothing where it is the only one.
    invariant : bool
        Whether an origin may be subtracted.

    Raises
    ------
    TypeError
        Times beside numbers, or times in a zone beside times without one.
    ValueError
        Numbers that would be rounded though they are integers; times where nothing may be subtracted.
    """
    _require_one_quantity(parts, names)
    quantity = parts[0].quantity
    if quantity in _TIMES:
        if not invariant:
            raise ValueError(
                f"{names[0]} holds times, which have an origin only by convention, and here it matters. Give seconds "
                f"since an origin that you choose, such as ({names[0]} - origin) / numpy.timedelta64(1, 's')."
            )
        return *_in_seconds(parts, label), True
    if quantity == "durations":
        return *_in_seconds(parts, label), False
    if all(is_safe(part.array) for part in parts):
        return [np.asarray(part.array, dtype=np.float64) for part in parts], "", False
    if not invariant:
        part, name = next(each for each in zip(parts, names, strict=True) if not is_safe(each[0].array))
        where = _entry(part.array, first_unsafe(part.array), name)
        raise ValueError(
            f"{name} must hold numbers that float64 holds as they are, but {where} would be rounded: integers beyond "
            "2**53 are, and here more counts than differences. Count from another origin."
        )
    return *_from_the_least(parts, names, label), True


def _require_one_quantity(parts: Sequence[Values], names: Sequence[str]) -> None:
    for part, name in zip(parts, names, strict=True):
        if part.quantity != parts[0].quantity:
            remedy = ""
            if {part.quantity, parts[0].quantity} == set(_TIMES):
                remedy = " Give both a time zone, or none."
            raise TypeError(
                f"{names[0]} and {name} must hold the same kind of thing, but {names[0]} holds {parts[0].quantity} and "
                f"{name} holds {part.quantity}.{remedy}"
            )


def _from_the_least(parts: Sequence[Values], names: Sequence[str], label: str) -> tuple[list[FloatArray], str]:
    """Count numbers from the least of them."""
    for part, name in zip(parts, names, strict=True):
        if part.array.dtype == np.float64 and not np.isfinite(part.array).all():
            raise ValueError(
                f"{name} must be finite, but {_entry(part.array, int(np.argmin(np.isfinite(part.array))), name)}."
            )
    origin = min(_exact(part.array.min()) for part in parts)
    counted = []
    for part, name in zip(parts, names, strict=True):
        above = _above(part.array, origin)
        if not is_safe(above):
            k = first_unsafe(above)
            raise ValueError(
                f"{name} must hold numbers whose differences float64 holds, but that of {_entry(part.array, k, name)} "
                f"and the least, {origin}, is {above.flat[k]}, which would be rounded. Leave out the outliers, or "
                "count in another unit."
            )
        counted.append(above.astype(np.float64))
    return counted, f"{label or 'numbers'} counted from {origin}"


def _entry(array: np.ndarray, k: int, name: str) -> str:
    """Say which entry of a column is meant, and what it is: ``x[3, 1] = 7`` for column 1 of x."""
    table, _, column = name.rpartition("[:, ")
    return f"{table}[{k}, {column} = {array[k]}" if table else entry(array, k, name)


def _exact(number: Any) -> int | Fraction:
    value = number.item() if isinstance(number, np.generic) else number
    exact = Fraction(value)
    return exact.numerator if exact.denominator == 1 else exact


def _above(array: np.ndarray, origin: int | Fraction) -> np.ndarray:
    """Return how much numbers lie above the least, exactly: in uint64, or as objects where it holds them not.

    Fractions are rounded once.
    """
    if array.dtype.kind in "iu" and isinstance(origin, int) and int(array.max()) - origin < 2**64:
        return array.astype(np.uint64) - np.uint64(origin % 2**64)  # modulo 2⁶⁴, as integers of a machine are
    differences = [_exact(item) - origin for item in array.reshape(-1).tolist()]
    if array.dtype == object:
        # A fraction is rounded as 0.1 is; an integer, or a float beside it, must stay what it is.
        given = array.reshape(-1).tolist()
        differences = [
            Fraction(float(gap)) if isinstance(item, Fraction) and item.denominator > 1 else gap
            for item, gap in zip(given, differences, strict=True)
        ]
    if all(float(gap) == gap for gap in differences):
        return np.array([float(gap) for gap in differences], dtype=np.float64).reshape(array.shape)
    taken = np.empty(array.shape, dtype=object)
    taken.reshape(-1)[:] = differences
    return taken


# --- times ----------------------------------------------------------------------------------------------------------


def _in_seconds(parts: Sequence[Values], label: str) -> tuple[list[FloatArray], str]:
    """Return times in seconds since the earliest, or durations in seconds, each rounded once."""
    since = parts[0].quantity in _TIMES
    starts = [_exact(part.array.min()) * part.tick for part in parts]
    origin = min(starts) if since else Fraction(0)
    taken = [_seconds(part.array, part.tick, origin) for part in parts]
    unit = "in seconds"
    if since:
        unit += f" since {_written(origin)}{' UTC' if parts[0].quantity == 'times in a zone' else ''}"
    if not all(exact for _, exact in taken):
        widest = max(float(np.abs(seconds).max()) for seconds, _ in taken)
        unit += f", rounded by less than {math.ulp(widest):.0e} s"
    return [seconds for seconds, _ in taken], f"{label or parts[0].quantity.split()[0]} {unit}"


def _seconds(counts: np.ndarray, tick: Fraction, origin: Fraction) -> tuple[FloatArray, bool]:
    """Return ``counts * tick - origin`` in float64, and whether that is exact."""
    first = origin / tick
    least, largest = int(counts.min()), int(counts.max())
    if (
        counts.dtype.kind not in "iu"
        or first.denominator > 1
        or not _fits(tick, largest - int(first), least - int(first))
    ):
        exact = [int(count) * tick - origin for count in counts.tolist()]
        seconds = np.array([float(value) for value in exact], dtype=np.float64)
        return seconds, all(value == other for value, other in zip(exact, seconds.tolist(), strict=True))
    above = (counts.astype(np.uint64) - np.uint64(int(first) % 2**64)).view(np.int64) * tick.numerator
    whole, rest = np.divmod(above, tick.denominator)
    odd = tick.denominator // (tick.denominator & -tick.denominator)
    exact_rest = not (rest % odd).any() and (not rest.any() or abs(whole).max() < 2**44)
    return whole + rest / tick.denominator, bool(exact_rest and abs(whole).max() <= LARGEST_SAFE)


def _fits(tick: Fraction, *counts: int) -> bool:
    """Whether counts of ticks fit 64 bits, and the float64 of what they are is rounded once."""
    return all(abs(count) * tick.numerator < 2**63 for count in counts) and tick.denominator <= 10**18


def _written(seconds: Fraction) -> str:
    """Return a time, given in seconds since 1970, as people write it."""
    whole = math.floor(seconds)
    rest = seconds - whole
    digits = f"{float(rest):.18f}".rstrip("0")[1:] if rest else ""
    return f"{np.datetime64(whole, 's')}".replace("T", " ") + digits.rstrip(".")
