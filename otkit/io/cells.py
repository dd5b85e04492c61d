"""Cells of text as numbers, dates or labels: what a column holds is decided by all of it, never by its first cell."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from otkit._text import quoted
from otkit._typing import BoolArray

# What Excel, R, pandas, SQL and NumPy write where a value is missing, in lower case.
MISSING = frozenset(
    ("", "na", "n/a", "#n/a", "#n/a n/a", "#na", "<na>", "null", "none", "nan", "-nan", "nat", "1.#ind", "-1.#ind")
    + ("1.#qnan", "-1.#qnan")
)
EXACT_IN_FLOATS = 2**53  # every integer up to here is a float64

_WHOLE = r"[+-]?\d+"
_POINTED = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
_WITH_COMMAS = r"[+-]?\d+(?:,\d+)?(?:e[+-]?\d+)?"
_INFINITE = r"[+-]?inf(?:inity)?"
_DAY = r"\d{4}-\d\d-\d\d"
_TIME = r"[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?"
_ZONE = r" ?(?:Z|[+-]\d\d:?\d\d)"
_NUMBER_LIKE = re.compile(r"[+\-−€$£¥.,\s]*\d.*", re.DOTALL)


def _cell(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII | re.IGNORECASE)


def _column(pattern: str) -> re.Pattern[str]:
    """Return a pattern of cells, a line each; it never goes back to a cell that it has passed."""
    return _cell(rf"(?>(?:{pattern})\n)*+")


_GONE = "|".join(re.escape(mark) for mark in sorted(MISSING, reverse=True))
_INTEGER = _cell(_WHOLE)
_NUMBER = {".": _cell(f"{_POINTED}|{_INFINITE}"), ",": _cell(f"{_WITH_COMMAS}|{_INFINITE}")}
_PLAIN = {mark: _column(pattern.pattern) for mark, pattern in _NUMBER.items()}
_NUMBERS = {mark: _column(f"{pattern.pattern}|{_GONE}") for mark, pattern in _NUMBER.items()}
_DATE = _cell(f"({_DAY})(?:({_TIME})({_ZONE})?)?")
_DATES = _column(f"{_DAY}(?:{_TIME})?|{_GONE}")
_ZONED = _column(f"{_DAY}(?:{_TIME}(?:{_ZONE})?)?|{_GONE}")
_FLAGS = _column(f"true|false|{_GONE}")
UNITS = {0: "s", 3: "ms", 6: "us", 9: "ns"}


@dataclass(frozen=True, eq=False)
class Column:
    """What a column holds.

    Attributes
    ----------
    kind : {"number", "date", "flag", "text", "empty"}
        "flag" is true and false throughout. A column with some cells that are neither missing nor of the kind of most
        is "text".
    values : ndarray, shape (n,)
        float64, int64 or uint64 where an integer is beyond 2⁵³, datetime64; NaN or NaT where nothing is; for "text" the
        cells themselves.
    missing : ndarray of bool, shape (n,)
    fault : str
        Why an entry can't be used as it stands, though its column is of numbers or dates; empty if all can.
    """

    kind: str
    values: np.ndarray
    missing: BoolArray
    fault: str = ""

    def __len__(self) -> int:
        return len(self.values)


def is_missing(cell: str) -> bool:
    """Say whether a cell is one of the marks for a value that is missing."""
    return cell.lower() in MISSING


def is_number(cell: str, decimal: str = ".") -> bool:
    """Say whether a cell is a number, its decimals after `decimal`; infinity is one, NaN and 1_000 are none."""
    return _NUMBER[decimal].fullmatch(cell) is not None


def is_integer(cell: str) -> bool:
    """Say whether a cell is a whole number without a decimal mark or an exponent."""
    return _INTEGER.fullmatch(cell) is not None


def is_date(cell: str) -> bool:
    """Say whether a cell has the form of a date or time of ISO 8601."""
    return _DATE.fullmatch(cell) is not None


def has_zone(cell: str) -> bool:
    """Say whether a cell is a time with an offset from UTC."""
    match = _DATE.fullmatch(cell)
    return match is not None and match[3] is not None


def looks_like_a_number(cell: str) -> bool:
    """Say whether a cell that is no number to otkit may be one to people: 12%, 1 000, 3,5, €5, 0x10."""
    return _NUMBER_LIKE.fullmatch(cell) is not None


def mostly_numbers(cells: Sequence[str], decimal: str) -> bool:
    """Say whether at least half of the cells that are not missing are numbers."""
    present = [cell for cell in cells if not is_missing(cell)]
    return 2 * sum(is_number(cell, decimal) for cell in present) >= len(present)


def column_of(cells: Sequence[str], decimal: str = ".") -> Column:
    """Return what `cells` hold; their outer blanks are gone already."""
    text = "\n".join([*cells, ""])
    if text.count("\n") == len(cells):  # elsewhere a cell has several lines, and is none of these
        if _PLAIN[decimal].fullmatch(text):
            values, fault = _numbers(cells, decimal)
            return Column("number", values, np.zeros(len(cells), dtype=np.bool_), fault)
        for kind, pattern, converted in (
            ("number", _NUMBERS[decimal], _numbers),
            ("date", _DATES, _dates),
            ("date", _ZONED, _zoned_dates),
            ("flag", _FLAGS, _flags),
        ):
            if pattern.fullmatch(text):
                missing = _missing(cells)
                if missing.all():
                    return Column("empty", np.full(len(cells), np.nan), missing)
                present = list(itertools.compress(cells, ~missing))
                values, fault = converted(present, decimal)
                return Column(kind, _spread(values, missing), missing, fault)
    return Column("text", np.array([*cells, None], dtype=object)[:-1], _missing(cells))


def _missing(cells: Sequence[str]) -> BoolArray:
    return np.fromiter((cell.lower() in MISSING for cell in cells), np.bool_, len(cells))


def hint(cell: str, decimal: str) -> str:
    """Return what to do about a cell that is no number, or nothing if that is plain."""
    other = "." if decimal == "," else ","
    if cell.endswith("%"):
        return " Percent signs are not read: write 0.12 for 12 %."
    if is_number(cell, other):
        return f" If {other!r} marks decimals here, give --decimal {other} and use it throughout."
    if cell.startswith("#") and cell.rstrip("!?").isupper() and cell[-1] in "!?":
        return " This is an error of the spreadsheet: mend it there."
    if re.fullmatch(r"[+-]?\d{1,3}(?:[.,'’\s_]\d{3})+(?:[.,]\d+)?", cell):
        return " Marks between thousands are not read: write 1000 for 1,000."
    if re.fullmatch(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}.*", cell):
        return " Dates are read as 2024-12-31, times as 2024-12-31T23:59:59."
    return ""


def _numbers(cells: Sequence[str], decimal: str) -> tuple[np.ndarray, str]:
    """Convert numbers: float64 unless all are integers of which one is beyond 2⁵³."""
    if decimal == ",":
        cells = "\n".join(cells).replace(",", ".").split("\n")
    values = np.fromiter(map(float, cells), np.float64, len(cells))
    if not (np.abs(values) >= EXACT_IN_FLOATS).any():
        return values, ""
    if all(map(is_integer, cells)) and max(map(len, cells)) < 25:
        exact = [int(cell) for cell in cells]
        for dtype in (np.int64, np.uint64):
            if np.iinfo(dtype).min <= min(exact) and max(exact) <= np.iinfo(dtype).max:
                return np.array(exact, dtype=dtype), ""
    for cell, value in zip(cells, values, strict=True):
        if abs(value) >= EXACT_IN_FLOATS and is_integer(cell) and (np.isinf(value) or not _is_exact(cell, value)):
            return values, f"{quoted(cell)} is an integer that no float64 holds, and not all entries fit in 64 bits"
    return values, ""


def _is_exact(cell: str, value: float) -> bool:
    """Say whether a float64 is the integer that stands in a cell; a float has at most 309 digits, so int() is quick."""
    return len(cell) < 400 and int(cell) == int(value)


def _flags(cells: Sequence[str], decimal: str) -> tuple[np.ndarray, str]:
    return np.array([float(cell.lower() == "true") for cell in cells]), ""


def _dates(cells: Sequence[str], decimal: str) -> tuple[np.ndarray, str]:
    """Convert dates and times of ISO 8601 to datetime64 in seconds, or the unit that holds all their digits."""
    places = max(len(cell.partition(".")[2]) for cell in cells) if any("." in cell for cell in cells) else 0
    unit = UNITS[3 * -(-places // 3)]
    try:
        values = np.array(cells, dtype=f"datetime64[{unit}]")
        if (
            unit == "ns"
            and (values.astype("datetime64[s]") != np.array([c[:19] for c in cells], "datetime64[s]")).any()
        ):
            return values, "its nanoseconds reach beyond the years 1678 to 2262"
    except ValueError as error:
        return np.zeros(len(cells)), f"it holds a date that no calendar has ({error})"
    return values, ""


def _zoned_dates(cells: Sequence[str], decimal: str) -> tuple[np.ndarray, str]:
    """Convert times with an offset from UTC to UTC; all of a column must have one."""
    zones = [match[3] for cell in cells if (match := _DATE.fullmatch(cell))]
    if not all(zones):
        return np.zeros(len(cells)), "some of its times have an offset from UTC and others have none"
    values, fault = _dates([cell[: -len(zone)] for cell, zone in zip(cells, zones, strict=True)], decimal)
    try:
        return (values, fault) if fault else (values - np.array(list(map(_offset, zones)), "timedelta64[s]"), "")
    except ValueError as error:
        return values, str(error)


def _offset(zone: str) -> int:
    """Return how many seconds a zone is ahead of UTC."""
    digits = zone.strip().replace(":", "")
    if digits in "Zz":
        return 0
    hours, minutes = int(digits[1:3]), int(digits[3:5])
    if hours > 23 or minutes > 59:
        raise ValueError(f"no place on Earth is {digits} away from UTC")
    return (-1 if digits[0] == "-" else 1) * (3600 * hours + 60 * minutes)


def _spread(values: np.ndarray, missing: BoolArray) -> np.ndarray:
    """Put values back among those that are missing."""
    if not missing.any():
        return values
    if values.dtype.kind in "iu":
        full = np.zeros(len(missing), dtype=values.dtype)  # under the mask, since integers have no NaN
    else:
        full = np.full(len(missing), "NaT" if values.dtype.kind == "M" else np.nan, dtype=values.dtype)
    full[~missing] = values
    return full
