"""Whether the first row of a text names its columns, and which columns number the rows instead of describing them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from otkit._text import printable
from otkit.io.cells import Column, is_date, is_integer, is_missing, is_number, looks_like_a_number, mostly_numbers
from otkit.io.dialects import TextError, is_count

YEARS = range(1800, 2201)
SAY_WHICH = "Say which: --header or --no-header."

Cells = Sequence[str]


def is_header(top: Cells, body: Sequence[Cells], columns: Sequence[Column], decimal: str) -> bool:
    """Say whether `top`, the first row, holds the names of the columns below it.

    Words above numbers or dates are names, and numbers above numbers are not, unless they may be: whole numbers that
    increase above columns without any whole number, or years above what are none.

    Parameters
    ----------
    top : sequence of str
    body : sequence of sequences of str
        The columns without their first cells.
    columns : sequence of Column
        What these hold.
    decimal : str
        The mark of decimals.

    Raises
    ------
    TextError
        It may or may not be a header.
    """
    names = data = odd = gone = 0
    figures = [_figures(column, cells, decimal) for column, cells in zip(columns, body, strict=True)]
    for cell, kind in zip(top, figures, strict=True):
        if is_missing(cell):
            gone += 1
        elif not kind:
            continue
        elif is_number(cell, decimal) or (kind == "date" and is_date(cell)) or (kind == "flag" and _is_flag(cell)):
            data += 1
        elif looks_like_a_number(cell) and not is_date(cell):
            odd += 1
        else:
            names += 1
    shown = [(f"{cell[:37]}..." if len(cell) > 40 else cell) or "(empty)" for cell in top[:8]]
    line = printable(", ".join(shown)) + (", …" if len(top) > 8 else "")
    if _has_corner(top, body, columns):
        return True
    if names:
        whole = all(
            is_integer(cell) for cell, kind in zip(top, figures, strict=True) if kind and is_number(cell, decimal)
        )
        if data and whole:
            raise TextError(f"its first row ({line}) has words and numbers above numbers. {SAY_WHICH}")
        return not data
    if odd:
        raise TextError(f"its first row ({line}) has what is no number to otkit above numbers. {SAY_WHICH}")
    if gone == len(top):
        raise TextError(f"its first row ({line}) may be names or values that are missing. {SAY_WHICH}")
    if not data:
        return not gone and not any(map(looks_like_a_number, top))
    if may_be_names(top, body, columns, decimal):
        raise TextError(f"its first row ({line}) may be names or numbers. {SAY_WHICH}")
    return False


def may_be_names(top: Cells, body: Sequence[Cells], columns: Sequence[Column], decimal: str) -> bool:
    """Say whether numbers in the first row may be names, as they are above frames whose columns have none of words."""
    counted = [k for k, cell in enumerate(top) if is_number(cell, decimal)]
    if not counted or not body[0] or not all(top[k].isdigit() and len(top[k]) < 10 for k in counted):
        return False
    values = [int(top[k]) for k in counted]
    if any(later <= former for former, later in itertools.pairwise(values)):
        return False
    years = all(value in YEARS for value in values)
    broken = [columns[k].kind == "number" and not any(map(is_integer, body[k])) for k in counted]
    if len(values) == 1:
        return broken[0] and (values == [0] or years)
    if all(broken) or (values == list(range(len(values))) and any(broken)):
        return True
    below = [columns[k].values for k in counted if columns[k].kind == "number"]
    return years and not any(((column >= YEARS.start) & (column < YEARS.stop)).any() for column in below)


def index_columns(names: Cells, body: Sequence[Cells], columns: Sequence[Column], *, chosen: bool) -> list[int]:
    """Return the positions of the columns that number or name the rows, as data frames are written.

    These are the first ones, with nothing in the header above them, or with ``Unnamed: 0`` above the numbers of rows.
    Where the user has `chosen` the columns to use, nothing has to be decided about numbers.

    Raises
    ------
    TextError
        A first column without a name holds fractions, which may be data.
    """
    if re.fullmatch(r"Unnamed: 0(?:_level_\d+)?", names[0]) and is_count(body[0]):
        return [0]
    found = []
    for position, name in enumerate(names[:-1]):
        if name:
            break
        column = columns[position]
        if column.kind == "number" and not all(is_integer(cell) or is_missing(cell) for cell in body[position]):
            if chosen:
                break
            raise TextError(
                f"its column {position + 1} has no name and holds numbers: are they data? Give --columns and all that "
                "are to be used, by name or by number."
            )
        found.append(position)
    return found


def _figures(column: Column, cells: Cells, decimal: str) -> str:
    """Return the kind of a column that holds other things than words, for the most part; "" for words."""
    if column.kind == "text":
        return "number" if mostly_numbers(cells, decimal) else ""
    return "" if column.kind == "empty" else column.kind


def _has_corner(top: Cells, body: Sequence[Cells], columns: Sequence[Column]) -> bool:
    """Say whether the first cell is empty because names of columns and of rows meet there."""
    if len(top) < 2 or top[0] or columns[0].missing.any() or not columns[0].missing.size:
        return False
    others = top[1:]
    if is_count(body[0]):
        return True
    return columns[0].kind in ("text", "date") and len(set(others)) == len(others) and all(map(is_integer, others))


def _is_flag(cell: str) -> bool:
    return cell.lower() in ("true", "false")
