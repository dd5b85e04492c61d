"""A long file of text, read a portion at a time: in memory are its values, never all of its cells.

The first lines tell what separates cells and which row holds names, as for every text; then each portion is cut into
cells, and each column of it is judged as a whole. What holds of the columns of all portions holds of the file. A column
of numbers in which a word stands further down is one of words, and is read again from the beginning. Whatever else does
not go on as it began is left to `otkit.io.text`, which looks at all lines at once.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path

import numpy as np

from otkit._text import quoted
from otkit.io.cells import Column, column_of, has_zone, hint, is_missing
from otkit.io.dialects import SAMPLE, TextError, decide
from otkit.io.options import FileOptions
from otkit.io.sheets import Sheet
from otkit.io.text import BOMS, sheet_of_lines

LEAST_BYTES = 32 * 2**20  # of a file that is read in portions
ROWS = 20_000

Told = Callable[[float], None]  # of the share of the file that is read


def read_portions(where: str, path: Path, options: FileOptions, tell: Told | None = None) -> Sheet | None:
    """Return the columns of a long text, or None where all of its lines have to be seen at once.

    Parameters
    ----------
    where : str
        The file's name for messages.
    path : Path
    options : FileOptions
        What the user says about it, checked.
    tell : callable, optional
        Is told now and then which share of the file is read.
    """
    if path.stat().st_size < LEAST_BYTES or options.comment is not None or options.labels is not None:
        return None
    try:
        sample = _sample(where, path, options)
        if sample is None or sample.sep in ("", " "):
            return None
        words: dict[int, str] = {}
        while True:
            found = _Columns(sample, words)
            for first, columns in _read(path, sample, tell):
                found.add(first, columns)
            if not found.again:
                break
            words |= found.again
        return found.sheet()
    except (TextError, csv.Error, UnicodeDecodeError, _UnlikeError):
        return None


class _UnlikeError(Exception):
    """The file does not go on as it began."""


def _encoding(path: Path) -> str:
    with open(path, "rb") as file:
        start = file.read(4)
    return next((name for mark, name in BOMS.items() if start.startswith(mark)), "utf-8")


def _sample(where: str, path: Path, options: FileOptions) -> Sheet | None:
    """Return what the first lines hold; None where they begin with a comment."""
    with open(path, encoding=_encoding(path)) as stream:
        text = "".join(islice(stream, SAMPLE))
    if text.startswith("#"):
        return None
    wide = any(column != "1" for column in options.columns)
    how = partial(decide, sep=options.sep, decimal=options.decimal, use="points", wide=wide)
    return sheet_of_lines(where, text, how(text, cut=True), options)


def _read(path: Path, sample: Sheet, tell: Told | None) -> Iterator[tuple[int, list[tuple[str, ...]]]]:
    """Go through a file: the line on which each portion begins (0 if lines are not rows), and its columns' cells."""
    width, size, header = len(sample.columns), os.stat(path).st_size, bool(sample.names)
    with open(path, "rb") as file, io.TextIOWrapper(file, encoding=_encoding(path)) as stream:
        lines = _Lines(stream)
        reader = csv.reader(lines, delimiter=sample.sep, skipinitialspace=True, strict=True)
        line = 1
        while portion := list(islice(reader, ROWS)):
            rows = [row for row in portion if row]
            if any(len(row) != width for row in rows):
                raise _UnlikeError
            first = line if reader.line_num - line + 1 == len(rows) == len(portion) else 0
            if header:
                rows, header, first = rows[1:], False, first and first + 1
            if rows:
                columns = list(zip(*rows, strict=True))
                yield first, [tuple(map(str.strip, cells)) for cells in columns] if lines.blanks else columns
            line = reader.line_num + 1
            if tell is not None:
                tell(file.tell() / size)


class _Lines:
    """The lines of a text, none of which may hold a character of value zero.

    Attributes
    ----------
    blanks : bool
        Whether there was a blank in one, so that cells have to be stripped.
    """

    def __init__(self, stream: Iterable[str]) -> None:
        self._stream, self.blanks = iter(stream), False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._stream)
        if "\0" in line:
            raise _UnlikeError
        self.blanks = self.blanks or not line.isascii() or any(blank in line for blank in " \t\v\f\x1c\x1d\x1e\x1f")
        return line


class _Columns:
    """The columns of a file as far as it is read.

    Parameters
    ----------
    sample : Sheet
        Its first lines.
    words : dict
        Columns that hold words, by position, with what is to be said of them.
    """

    def __init__(self, sample: Sheet, words: dict[int, str]) -> None:
        self._sample, self._words = sample, words
        self._parts: list[list[Column]] = [[] for _ in sample.columns]
        self._kinds = ["empty"] * len(sample.columns)
        self._zoned: list[bool | None] = [None] * len(sample.columns)
        self._labels: list[dict[str, str]] = [{} for _ in sample.columns]
        self.again: dict[int, str] = {}

    def add(self, line: int, columns: list[tuple[str, ...]]) -> None:
        """Add a portion, which begins on a line; 0 where lines are not rows."""
        for k, cells in enumerate(columns):
            if k in self.again:
                continue
            part = self._as_words(k, cells) if k in self._words else column_of(cells, self._sample.decimal)
            if part.fault:
                raise _UnlikeError
            if part.kind == "text" and k not in self._words:
                part = replace(part, values=self._shared(k, cells))
            if part.kind == "date":
                zoned = has_zone(cells[int(np.argmin(part.missing))])
                if self._zoned[k] not in (None, zoned):
                    raise _UnlikeError
                self._zoned[k] = zoned
            kind = self._kinds[k]
            if kind == "empty":
                self._kinds[k] = part.kind
            elif part.kind not in (kind, "empty"):
                self.again[k] = self._odd(line, k, cells, kind)
                self._parts[k] = []
                continue
            self._parts[k].append(part)

    def _odd(self, line: int, k: int, cells: tuple[str, ...], kind: str) -> str:
        """Say which cell makes a column one of words; nothing where it was one before."""
        if kind == "text":
            return ""
        kinds = (column_of([cell], self._sample.decimal).kind for cell in cells)
        odd = next(row for row, found in enumerate(kinds) if found not in (kind, "empty"))
        where = f"line {line + odd}" if line else "a line further down"
        name = f" ({self._sample.names[k]})" if self._sample.names else ""
        remedy = hint(cells[odd], self._sample.decimal)
        return (
            f"{where}, column {k + 1}{name} holds {quoted(cells[odd])}, so that the column is taken as words.{remedy}"
        )

    def _as_words(self, k: int, cells: tuple[str, ...]) -> Column:
        missing = np.fromiter(map(is_missing, cells), np.bool_, len(cells))
        return Column("text", self._shared(k, cells), missing)

    def _shared(self, k: int, cells: tuple[str, ...]) -> np.ndarray:
        """Return cells as objects, one for each label."""
        known = self._labels[k]
        return np.array([*(known.setdefault(cell, cell) for cell in cells), None], dtype=object)[:-1]

    def sheet(self) -> Sheet:
        """Return the columns of the whole file."""
        columns = []
        for k, parts in enumerate(self._parts):
            kind, first = self._kinds[k], self._sample.columns[k].kind
            if kind == "text":
                whole = [self._as_words(k, ("",) * len(part)) if part.kind == "empty" else part for part in parts]
            else:
                whole = parts
            present = [part for part in whole if part.kind != "empty"]
            if len({part.values.dtype.kind for part in present}) > 1 or (
                first not in (kind, "empty") and not (kind == "text" and self._sample.names)
            ):
                raise _UnlikeError
            fill = np.datetime64("NaT", "s") if kind == "date" else np.nan
            values = [part.values if part.kind != "empty" else np.full(len(part), fill) for part in whole]
            self._parts[k] = []
            columns.append(Column(kind, np.concatenate(values), np.concatenate([part.missing for part in whole])))
            if k in self._sample.index and kind == "number" and not (columns[-1].values % 1.0 == 0.0).all():
                raise _UnlikeError
        words = [
            [self._words[k]] if self._words.get(k) else self._sample.taken_as_words([k]) for k in range(len(columns))
        ]
        said = (*self._sample.said, *chain.from_iterable(words))
        return replace(self._sample, columns=tuple(columns), said=said, lines=(), texts=())
