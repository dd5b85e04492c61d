"""Text as columns: CSV, TSV and their kin in every dialect that is usual, and NumPy's text.

A plain file of numbers is parsed in compiled code once the first lines have told how; every other is cut into cells,
and each column is judged as a whole. Both ways give the same.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from otkit._text import printable, quoted
from otkit.io.cells import EXACT_IN_FLOATS, Column, column_of, looks_like_a_number
from otkit.io.dialects import NO_ROW, SAMPLE, Dialect, Rows, TextError, decide, rows_of, uneven, whole_rows
from otkit.io.headers import index_columns, is_header, may_be_names
from otkit.io.options import FileOptions
from otkit.io.sheets import Sheet

BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
CONTENTS = {b"PK": "a zip archive or a spreadsheet: export it as CSV", b"\x1f\x8b": "compressed: unpack it first"}


def read_text(where: str, content: bytes, options: FileOptions, use: str, *, wide: bool = False) -> Sheet:
    """Return the columns of a text.

    Parameters
    ----------
    where : str
        The file's name for messages.
    content : bytes
        UTF-8, or UTF-16 with its mark at the beginning.
    options : FileOptions
        What the user says about it, checked.
    use : {"points", "matrix", "masses"}
        What it is for.
    wide : bool
        Whether columns are chosen by name, so that there must be several.

    Raises
    ------
    ValueError
        It is no table, or may be read in several ways.
    """
    text, dropped = "", 0
    try:
        text = _decoded(content)
        if not text:
            raise ValueError(f"{where} is empty.")
        if options.comment is not None:
            text, dropped = _without_comments(text, options.comment)
        sheet = _read(where, text, options, use, wide)
    except TextError as error:
        marked = options.comment is None and any(line.lstrip().startswith("#") for line in text.split("\n"))
        remedy = " Lines that begin with '#' are comments only with --comment '#'." if marked else ""
        raise ValueError(f"{where}: {error}{remedy}") from None
    if not dropped:
        return sheet
    return replace(sheet, said=(f"{dropped} comment{'s' * (dropped > 1)} left out", *sheet.said))


def _decoded(content: bytes) -> str:
    """Return the text with line ends as Python has them; nothing if it holds blanks alone."""
    encoding = next((name for mark, name in BOMS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        known = next((kind for mark, kind in CONTENTS.items() if content.startswith(mark)), None)
        if known:
            raise TextError(f"it is {known}.") from None
        raise TextError(
            "it is not UTF-8 text. Save it as UTF-8, or convert it: iconv -f WINDOWS-1252 -t UTF-8. Other formats are "
            "known by their suffix: .npy, .npz, .parquet."
        ) from None
    if "\0" in text:
        raise TextError("it holds characters of value zero, and so is no text, or is UTF-16 without its mark.")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.strip() else ""


def _without_comments(text: str, mark: str) -> tuple[str, int]:
    """Empty what follows a mark outside quotation marks; return the text and how many comments there were."""
    kept = []
    dropped = 0
    quoted = False
    for line in text.split("\n"):
        content = line
        if mark in line:
            parts = line.split('"')
            for k, part in enumerate(parts):
                if (k % 2 == 1) == quoted and mark in part:
                    content = '"'.join([*parts[:k], part.partition(mark)[0]])
                    dropped += 1
                    break
        quoted ^= content.count('"') % 2 == 1
        kept.append(content if content.strip() or content == line else NO_ROW)
    return "\n".join(kept), dropped


def _read(where: str, text: str, options: FileOptions, use: str, wide: bool) -> Sheet:
    """Decide by the first lines, and by all where those leave something open or the others are unlike them."""
    hashed = options.comment is None and text.startswith("# ")
    if hashed and "\n#" in text[: _end_of_line(text, SAMPLE)]:
        raise TextError("its first lines begin with '#'.")
    if hashed:  # as numpy.savetxt writes names
        text, options = text[1:].lstrip(" "), replace(options, header=True)
    how = partial(decide, sep=options.sep, decimal=options.decimal, use=use, wide=wide)
    sheet = _by_first_lines(where, text, how, options, use)
    if sheet is None:
        sheet = _whole(where, text, how(text, cut=False), options)
    return replace(sheet, said=("names from the line that begins with '#'", *sheet.said)) if hashed else sheet


def _by_first_lines(where: str, text: str, how: Callable[..., Dialect], options: FileOptions, use: str) -> Sheet | None:
    """Read a long text as its first lines suggest; None if they suggest nothing, or what does not hold further on."""
    end = _end_of_line(text, SAMPLE)
    if end == len(text):
        return None
    try:
        dialect = how(text[:end], cut=True)
        sample = _sheet(where, *whole_rows(text[:end], dialect.sep), dialect, options)
        numbers = all(column.kind == "number" and not column.missing.any() for column in sample.columns)
        if numbers and use != "masses" and options.labels is None:
            plain = _plain(text, sample)
            if plain is not None:
                return plain
        whole = _whole(where, text, dialect, options)
    except TextError:  # all lines together may settle it, and if not, say better what is wrong
        return None
    alike = [column.kind for column in sample.columns] == [column.kind for column in whole.columns]
    return whole if alike else None


def _whole(where: str, text: str, dialect: Dialect, options: FileOptions) -> Sheet:
    rows, lines = rows_of(text, dialect.sep)
    fault = uneven(rows, lines)
    if fault:
        raise TextError(fault)
    return _sheet(where, rows, lines, dialect, options)


def sheet_of_lines(where: str, text: str, dialect: Dialect, options: FileOptions) -> Sheet:
    """Return what the first lines of a text hold, but for a row that goes on behind them."""
    rows, lines = whole_rows(text, dialect.sep)
    fault = uneven(rows, lines)
    if fault:
        raise TextError(fault)
    return _sheet(where, rows, lines, dialect, options)


def _end_of_line(text: str, number: int) -> int:
    """Return where a line ends, or the whole text if it has fewer."""
    end = -1
    for _ in range(number):
        end = text.find("\n", end + 1)
        if end < 0:
            return len(text)
    return end + 1


def _sheet(where: str, rows: Rows, lines: Sequence[int], dialect: Dialect, options: FileOptions) -> Sheet:
    """Return rows as columns, the first row as their names if it is a header."""
    top, below = rows[0], rows[1:]
    said: list[str] = []
    width = max(map(len, rows))
    unnamed = len(top) < width
    if width > 1 and all(not row[-1] for row in below if len(row) == width) and (unnamed or not top[-1]):
        below = [row[:-1] for row in below]
        top, unnamed = (top if unnamed else top[:-1]), False
        said.append("a separator ends each line")
    if unnamed:  # R leaves the cell above the names of rows out
        if options.header is False:
            raise TextError(f"line {lines[1]} has {width} columns, but line {lines[0]} has {len(top)}.")
        top = ["", *top]
    cells = [tuple(column) for column in zip(*below, strict=True)]
    columns = [column_of(column, dialect.decimal) for column in cells]
    header = options.header
    if header is None:
        header = unnamed or _names(top, cells, columns, dialect)
    if header and not below:
        raise TextError(f"it must hold numbers, but line {lines[0]} is all there is: {quoted(dialect.sep.join(top))}.")
    names: tuple[str, ...] = ()
    index: list[int] = []
    if header:
        index = index_columns(top, cells, columns, chosen=bool(options.columns))
        names, lines = tuple(printable(name) for name in top), lines[1:]
        if columns[0].kind == "number" and may_be_names(top, cells, columns, dialect.decimal):
            said.append("its first row, all numbers, holds names")
    else:
        if options.header is None and below and top == [str(k) for k in range(len(top))]:
            said.append(
                f"its first row ({', '.join(top[:8])}{', …' * (len(top) > 8)}) is data; --header if it holds names"
            )
        cells = [(first, *rest) for first, rest in zip(top, cells or [()] * len(top), strict=True)]
        columns = [column_of(column, dialect.decimal) for column in cells]
    form = f"{dialect}, {'names in the first row' if header else 'no header'}"
    return Sheet(
        where, names, tuple(columns), tuple(index), form, tuple(said), lines, dialect.sep, dialect.decimal, tuple(cells)
    )


def _names(top: Sequence[str], cells: Sequence[Sequence[str]], columns: Sequence[Column], dialect: Dialect) -> bool:
    """Say whether the first row is a header, also where nothing is below it."""
    if cells:
        return is_header(top, cells, columns, dialect.decimal)
    return not any(column_of([cell], dialect.decimal).kind != "text" or looks_like_a_number(cell) for cell in top)


def _plain(text: str, sample: Sheet) -> Sheet | None:
    """Parse all rows in compiled code, or return None where something else than plain numbers is among them."""
    body = text[_end_of_line(text, sample.lines[0] - 1) if sample.lines[0] > 1 else 0 :].replace(f"{NO_ROW}\n", "")
    sep = sample.sep
    if sample.decimal == ",":
        if sep == "," or "." in body:
            return None
        body = body.replace(",", ".")
    if len(sample.columns) == 1 and "\n\n" in body.rstrip("\n"):
        return None
    try:
        with io.TextIOWrapper(io.BytesIO(body.encode()), encoding="utf-8") as stream:
            values = np.loadtxt(
                stream, delimiter=None if sep in ("", " ") else sep, comments=None, quotechar='"', ndmin=2
            )
    except ValueError:
        return None
    if values.shape[1] != len(sample.columns) or not (np.abs(values) < EXACT_IN_FLOATS).all():
        return None
    for position in sample.index:
        first = values[0, position]
        counted = sample.texts[position][0] in ("0", "1") and np.array_equal(
            values[:, position], first + np.arange(len(values))
        )
        if not counted:
            return None
    columns = tuple(Column("number", column, np.zeros(len(column), dtype=np.bool_)) for column in values.T)
    return replace(sample, columns=columns, lines=(), texts=())
