"""How a text is to be read as a table: what separates its cells and what marks decimals, decided by all its lines.

Every way to cut the lines into a table is tried: tabs, semicolons, commas, blanks, or one cell a line; decimals after a
point or after a comma. The one that leaves the fewest columns of words is taken. Where two ways give numbers
throughout, the file is open, and is refused with the option that settles it: ``1,5`` is a pair, or one and a half.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import count

from otkit._text import quoted
from otkit.io.cells import column_of, is_number, looks_like_a_number, mostly_numbers
from otkit.numerics.pickling import Whole

SEPARATORS = {"\t": "tabs", ";": "semicolons", ",": "commas", " ": "blanks"}
SAMPLE = 200  # lines that a decision looks at first; all are looked at where those leave it open
FIELD_LIMIT = 131_072  # characters, csv's own; a longer field has lost its closing quotation mark

NO_ROW = "\x1e"  # stands for a line that held a comment and nothing else
_NOTHING = "\x1f"  # separates nothing that people write: one cell a line, quotation marks understood
_ZERO_FIRST = re.compile(r"[+-]?\d+,0\d+", re.ASCII)  # 1,05: decimals begin with zeros, integers do not
_ZERO_LAST = re.compile(
    r"[+-]?\d+,\d+0", re.ASCII
)  # 3,10 beside 3,5: integers end with zeros, shortest decimals do not
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:[.,]\d{3})+", re.ASCII)

Rows = list[list[str]]


class TextError(ValueError):
    """A text can't be read. The message lacks the name of the file, which the reader puts before it."""


class UnclosedError(Whole, TextError):
    """A quotation mark that opens on `line` is never closed."""

    def __init__(self, line: int) -> None:
        super().__init__(f"the quotation mark that opens on line {line} is never closed.")
        self.line = line


@dataclass(frozen=True)
class Dialect:
    """What separates cells, "" where each line is one, and what marks decimals."""

    sep: str
    decimal: str = "."

    def __str__(self) -> str:
        separated = f"separated by {SEPARATORS.get(self.sep, repr(self.sep))}" if self.sep else "one column"
        return separated + (", decimal commas" if self.decimal == "," else "")


@dataclass(frozen=True)
class _Way:
    """One way to cut a text, and what it makes of it."""

    dialect: Dialect
    rows: Rows
    words: int  # columns that hold no numbers, dates or flags, for the most part
    mixed: int  # columns of numbers in which one is none
    numbers: int
    odd: int  # cells of the first row that are no numbers, though they seem to be

    @property
    def rank(self) -> tuple[bool, int, int, int, int]:
        return not self.numbers, self.words, self.mixed, -self.numbers, self.odd

    @property
    def clean(self) -> bool:
        return not self.words and not self.mixed and self.numbers > 0


def rows_of(text: str, sep: str) -> tuple[Rows, list[int]]:
    """Cut a text into rows of cells without their outer blanks; return them with the line on which each begins.

    Blank lines are no rows, except between two rows of one cell, where such a line is a cell without content.

    Raises
    ------
    TextError
        A quotation mark is not closed, is followed by something else than a separator, or a cell is too long.
    """
    if sep == " " and '"' not in text:
        numbered = ((number, line.split()) for number, line in enumerate(text.split("\n"), start=1))
        pairs = [(number, row) for number, row in numbered if row]
        return [row for _, row in pairs], [number for number, _ in pairs]
    reader = csv.reader(StringIO(text, newline=""), delimiter=sep or _NOTHING, skipinitialspace=True, strict=True)
    rows: Rows = []
    lines: list[int] = []
    start = 1
    try:
        for row in reader:
            if row == [NO_ROW]:
                start = reader.line_num + 1
                continue
            cells = [cell.strip() for cell in row] or [""]
            if sep == " " and len(cells) > 1 and not cells[-1]:  # blanks at the end of a line
                cells.pop()
            if len(cells) > 1 or cells[0] or (not sep and rows):
                rows.append(cells)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise _quoting_fault(str(error), start) from None
    while rows and rows[-1] == [""]:
        rows.pop()
        lines.pop()
    return rows, lines


def _quoting_fault(said: str, line: int) -> TextError:
    if "field limit" in said:
        return TextError(
            f"the cell that begins on line {line} has more than {FIELD_LIMIT:,} characters. "
            "Is a closing quotation mark missing?"
        )
    if "unexpected end" in said:
        return UnclosedError(line)
    return TextError(
        f'line {line} goes on after a closing quotation mark. Marks within a cell are doubled: "5"" pipe".'
    )


def decide(text: str, sep: str | None, decimal: str | None, use: str, *, cut: bool, wide: bool) -> Dialect:
    """Return the dialect of a text.

    Parameters
    ----------
    text : str
        Its lines, or the first of them.
    sep, decimal : str, optional
        What is known already.
    use : {"points", "matrix", "masses"}
        What the table is for, which may settle what a line of two integers is.
    cut : bool
        Whether more lines follow.
    wide : bool
        Whether the user has named columns, so that there are several.

    Raises
    ------
    TextError
        No way of reading makes a table of it, or several do.
    """
    ways: list[_Way] = []
    ragged: dict[str, tuple[float, str]] = {}
    faults: list[tuple[int, str]] = []
    for candidate in _candidates(text, sep, decimal):
        try:
            rows, lines = whole_rows(text, candidate) if cut else rows_of(text, candidate)
        except TextError as error:
            faults.append((text.count(candidate) if candidate else 0, str(error)))
            continue
        if not rows or (candidate and max(map(len, rows)) == 1 and sep is None):
            continue
        fault = uneven(rows, lines)
        if fault:
            ragged[candidate] = max(Counter(map(len, rows)).values()) / len(rows), fault
            continue
        ways += [_judged(rows, Dialect(candidate, mark)) for mark in ((".", ",") if decimal is None else (decimal,))]
    best = _best(ways) if ways else None
    if best is None or (ragged and not best.dialect.sep and not best.clean):
        if ragged or faults:
            raise TextError(max(ragged.values(), key=lambda found: found[0])[1] if ragged else max(faults)[1])
        raise TextError("it is empty.")
    if sep is None and decimal is None:
        best = _pair_or_decimals(ways, ragged, use, wide=wide) or best
    if decimal is None:
        _refuse_thousands(best)
    return best.dialect


def _candidates(text: str, sep: str | None, decimal: str | None) -> list[str]:
    if sep is not None:
        return [sep]
    commas_separate = decimal != "," or '"' in text
    return [candidate for candidate in (*SEPARATORS, "") if commas_separate or candidate != ","]


def uneven(rows: Rows, lines: Sequence[int]) -> str:
    """Say which row differs in width from the others; empty if none does.

    The first row may lack one cell: R writes no name above the names of rows, and some programs end each row, but not
    the header, with a separator.
    """
    widths = [len(row) for row in rows]
    if len(set(widths)) == 1:
        return ""
    usual = Counter(widths[1:]).most_common(1)[0][0]
    if widths[0] == usual - 1 and len(set(widths[1:])) == 1 and not all(map(is_number, rows[0])):
        return ""
    wrong = next(k for k in range(len(rows)) if widths[k] != widths[0])
    return f"line {lines[wrong]} must have as many columns as line {lines[0]}, {widths[0]}, but it has {widths[wrong]}."


def whole_rows(text: str, sep: str) -> tuple[Rows, list[int]]:
    """Return the rows of the first lines of a text, but not one whose quoted cell goes on behind them."""
    try:
        return rows_of(text, sep)
    except UnclosedError as fault:
        return rows_of("\n".join(text.split("\n")[: fault.line - 1]), sep)


def _judged(rows: Rows, dialect: Dialect) -> _Way:
    body = rows[1:] if len(rows) > 1 else rows
    words = mixed = numbers = 0
    for cells in zip(*body, strict=True):
        kind = column_of(cells, dialect.decimal).kind
        if kind == "text" and not mostly_numbers(cells, dialect.decimal):
            words += 1
        elif kind != "empty":
            numbers += 1
            mixed += kind == "text"
    odd = sum(looks_like_a_number(cell) and not is_number(cell, dialect.decimal) for cell in rows[0])
    return _Way(dialect, rows, words, mixed, numbers, odd)


def _best(ways: Sequence[_Way]) -> _Way:
    """Return the way that leaves the fewest columns of words; the order of SEPARATORS goes first, and points do."""
    least = min(way.rank for way in ways)
    best = [way for way in ways if way.rank == least]
    if best[0].words and best[0].dialect.sep == "," and any(way.dialect.sep == " " for way in best):
        raise TextError(
            f"its cells may be separated by commas or by blanks, as in {quoted(','.join(best[0].rows[0]))}. "
            "Say which: --sep , or --sep blank."
        )
    return best[0]


def _pair_or_decimals(
    ways: Sequence[_Way], ragged: Mapping[str, tuple[float, str]], use: str, *, wide: bool
) -> _Way | None:
    """Decide between columns that commas separate and one column with decimal commas; None where one is ruled out."""
    by_dialect = {way.dialect: way for way in ways if way.clean}
    pair, one = by_dialect.get(Dialect(",")), by_dialect.get(Dialect("", ","))
    if one is None or not (pair or "," in ragged):
        return None
    cells = [row[0] for row in one.rows]
    if len(cells) > 1 and not is_number(cells[0], ","):  # a header
        counted = pair and [row[0] for row in pair.rows[1:]]
        if pair is None and "," in cells[0]:
            raise TextError(ragged[","][1])
        if "," in cells[0] or wide:
            return pair
        if not counted or not is_count(counted):
            return one
    elif any(_ZERO_FIRST.fullmatch(cell) for cell in cells):
        return one
    elif pair and _has_widths(cells) and any(_ZERO_LAST.fullmatch(cell) for cell in cells):
        return pair
    elif pair is None:
        raise TextError(f"{ragged[','][1]} If its commas mark decimals, give --decimal ,")
    elif wide or use == "matrix" or (use == "masses" and len(cells) == 1):
        return pair
    seen = cells[0] if is_number(cells[0], ",") else cells[1]
    raise TextError(
        f"{quoted(seen)} may be two columns or one number with a decimal comma, and so may every line. "
        "Say which: --sep , or --decimal ,"
    )


def _has_widths(cells: Sequence[str]) -> bool:
    """Say whether the parts of numbers behind their commas differ in length, so that none were padded."""
    return len({len(cell) - cell.index(",") for cell in cells if "," in cell}) > 1


def _refuse_thousands(way: _Way) -> None:
    """Refuse marks that may stand between thousands: where all numbers that have one have three digits behind it."""
    mark = way.dialect.decimal
    if way.dialect.sep == ",":
        lines = [",".join(row) for row in way.rows if is_number(row[0])]
        if lines and all(map(_THOUSANDS.fullmatch, lines)) and any(",0" in line for line in lines):
            raise TextError(f"the commas of {quoted(lines[0])} seem to stand between thousands: write 1000 for 1,000.")
    if mark == "." and way.dialect.sep != ";":
        return  # a point marks decimals, except in files of those who separate by semicolons since their comma does
    marked = [cell for row in way.rows for cell in row if mark in cell and cell[-1:].isdigit()]
    if marked and all(_THOUSANDS.fullmatch(cell) for cell in marked):
        raise TextError(
            f"the mark in {quoted(marked[0])} may stand before decimals or between thousands, and so may every other. "
            f"Give --decimal {mark} if it marks decimals; write 1000 for 1{mark}000 if not."
        )


def is_count(cells: Sequence[str]) -> bool:
    """Say whether cells count rows: 0, 1, 2 and so on, or from 1."""
    return bool(cells) and cells[0] in ("0", "1") and all(map(str.__eq__, cells, map(str, count(int(cells[0])))))
