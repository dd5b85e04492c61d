"""Tables in files: points, weights, masses and matrices from CSV, TSV, NPY, NPZ and Parquet.

A file is read whole or refused with one message that names the file, the line, the column and the value. What was used,
what was left out, and how the file was understood is said by the table, in words.
"""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from otkit._text import did_you_mean, printable, quoted
from otkit._typing import BoolArray, FloatArray
from otkit.io.atomic import PARQUET_SUFFIXES, PathLike
from otkit.io.binary import read_numpy, read_parquet
from otkit.io.cells import Column, hint
from otkit.io.dialects import is_count
from otkit.io.options import FileOptions
from otkit.io.portions import Told, read_portions
from otkit.io.sheets import Sheet
from otkit.io.text import read_text

STANDARD_INPUT = "-"


@dataclass(frozen=True, eq=False)
class Table:
    r"""Columns of numbers or times from a file, without missing values.

    Attributes
    ----------
    path : str
        Where they came from, as it may be shown.
    columns : tuple of str
        Names of the columns in `arrays`; () where the file gives none.
    arrays : tuple of ndarray, each of shape (n,)
        float64; int64 or uint64 where an integer is beyond 2⁵³; datetime64 or timedelta64.
    types : tuple of str
        What each column holds: "numbers", "times", "durations", or "flags", true and false taken as 1 and 0.
    weights : ndarray, shape (n,), optional
        The column that was asked for as weights.
    labels : tuple of str, optional
        What names the rows: the column that was asked for, or the index of a data frame.
    said : tuple of str
        How the file was understood, what was left out and why.
    dropped : int
        How many rows were left out because a value is missing.
    left_out : tuple of str
        Columns that are not used, an index apart.
    numbered : bool
        Whether the labels merely number the rows.
    in_a_row : bool
        Whether masses stood in one row.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "shops.csv")
    >>> _ = path.write_text(",x,y\n0,0,1.5\n1,2,4\n")
    >>> table = read_table(path)
    >>> table.columns, table["y"]
    (('x', 'y'), array([1.5, 4. ]))
    >>> print(*table.said, sep="; ")
    2 rows of x, y (numbers); separated by commas, names in the first row; column 1 without a name left out: an index
    """

    path: str
    columns: tuple[str, ...]
    arrays: tuple[np.ndarray, ...]
    types: tuple[str, ...] = ()
    weights: FloatArray | None = None
    labels: tuple[str, ...] | None = None
    said: tuple[str, ...] = ()
    dropped: int = 0
    left_out: tuple[str, ...] = ()
    numbered: bool = False
    in_a_row: bool = False

    def __len__(self) -> int:
        return len(self.arrays[0])

    def __getitem__(self, name: str) -> np.ndarray:
        """Return the column called `name`."""
        return self.arrays[self.columns.index(name)]

    @property
    def values(self) -> np.ndarray:
        """The columns side by side, shape (rows, columns); TypeError where they have no type in common."""
        if len({array.dtype.kind for array in self.arrays}) > 1:
            raise TypeError(
                f"{self.path} must have columns of one kind, but some hold numbers and others times or integers beyond "
                "2⁵³. Choose some with --columns."
            )
        return np.stack(self.arrays, axis=1)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Return the rows as an array, for functions that know no tables."""
        return np.asarray(self.values, dtype=dtype)

    def points(self) -> Table | np.ndarray:
        """Return the rows as points for otkit's functions: the table where its columns have names, else an array."""
        if self.columns:
            return self
        if len({array.dtype.kind for array in self.arrays}) == 1:
            return self.values
        records = np.empty(len(self), [(f"f{k}", array.dtype) for k, array in enumerate(self.arrays)])
        for k, array in enumerate(self.arrays):
            records[f"f{k}"] = array
        return records

    @property
    def masses(self) -> np.ndarray | dict[str, float]:
        """The one column of a table read as masses, by label where its rows have labels."""
        if self.labels is None:
            return self.arrays[0]
        return dict(zip(self.labels, self.arrays[0].tolist(), strict=True))


def read_table(
    path: PathLike, options: FileOptions | None = None, *, use: str = "points", weights: str | None = None
) -> Table:
    r"""Read columns of numbers and times.

    Parameters
    ----------
    path : path-like
        The format follows from the suffix: ``.npy``, ``.npz``, ``.parquet``, anything else is text; "-" is text from
        standard input. An NPZ file may hold several arrays with the same number of rows: they become columns named
        after them. Parquet needs ``pip install ".[tables]"``.
    options : FileOptions, optional
        What the user says about the file.
    use : {"points", "matrix"}
        What the table is for.
    weights : str, optional
        The column that holds weights, by name or by number from 1.

    Returns
    -------
    Table

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError, TypeError
        The file is empty, its rows differ in length, something in it is missing or not a finite number, or it may be
        read in several ways; the message says where, and what to do.
    MemoryError
        What the file unpacks to does not fit in memory.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "shops.csv")
    >>> _ = path.write_text("x;y;loaves\n0;1,5;3\n2;4;5\n")
    >>> table = read_table(path, weights="loaves")
    >>> table.values, table.weights
    (array([[0. , 1.5],
           [2. , 4. ]]), array([3., 5.]))
    """
    options = (options or FileOptions()).checked()
    sheet = _sheet(path, options, use, wide=weights is not None)
    weighing = None if weights is None else _position(sheet, weights)
    naming = None if options.labels is None else _position(sheet, options.labels)
    if use == "matrix" and naming is None and not sheet.index and sheet.columns[0].kind == "text":
        naming = 0
    used = _used(sheet, options, [naming, weighing])
    if not used:
        what = "a coordinate beside the weights" if weighing is not None else "a column of numbers"
        raise ValueError(
            f"{sheet.where} must have {what}, but {sheet.shown(len(sheet.columns) - 1)!r} is the last one."
        )
    kept = _kept(sheet, used if weighing is None else [*used, weighing], options, droppable=use == "points")
    labelling = naming if naming is not None else (sheet.index[0] if len(sheet.index) == 1 else None)
    left_out = tuple(
        sheet.shown(k) for k in range(len(sheet.columns)) if k not in (*used, weighing, naming, *sheet.index)
    )
    said = _words(sheet, used, kept, options, {"weights": weighing, "labels": naming}, left_out)
    if use == "points" and not options.columns and len(used) > 1 and counts_rows(sheet.columns[used[0]]):
        said = (*said, f"{sheet.shown(used[0])} counts the rows and is used as data; --columns leaves it out")
    return Table(
        sheet.where,
        _names(sheet, used),
        tuple(sheet.columns[k].values[kept] for k in used),
        tuple(_type(sheet.columns[k]) for k in used),
        None if weighing is None else sheet.columns[weighing].values[kept],
        None if labelling is None or use == "points" else tuple(np.array(sheet.labels(labelling), object)[kept]),
        said,
        int((~kept).sum()),
        left_out,
    )


def read_matrix(path: PathLike, options: FileOptions | None = None) -> Table:
    """Read a matrix, one line for each row, whose rows and columns may have names. Errors are as in `read_table`."""
    return read_table(path, options, use="matrix")


def read_masses(path: PathLike, options: FileOptions | None = None) -> Table:
    r"""Read masses or counts: numbers in one column or one row, with labels or without.

    Labels are the column that `options.labels` names, the index of a data frame, a column of words beside one of
    numbers, or the header above a single row. The errors are those of `read_table`; a label that occurs twice is one,
    too.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "sold.csv")
    >>> _ = path.write_text("bread,loaves\nrye,3\nspelt,5\n")
    >>> read_masses(path).masses
    {'rye': 3.0, 'spelt': 5.0}
    """
    options = (options or FileOptions()).checked()
    sheet = _sheet(path, options, "masses", wide=False)
    naming = None if options.labels is None else _position(sheet, options.labels)
    used = _used(sheet, options, [naming])
    if naming is None and len(sheet.index) == 1:
        naming = sheet.index[0]
    if naming is None and len(used) == 2 and sheet.columns[used[0]].kind in ("text", "date") and not options.columns:
        naming, used = used[0], used[1:]
    if len(used) > 1 and len(sheet) == 1:
        return _single_row(sheet, used, options)
    if len(used) != 1:
        _kept(sheet, used, options, droppable=False)  # where a word is among the numbers, that is what is wrong
        raise ValueError(
            f"{sheet.where} must hold one column or one row, but its shape is {(len(sheet), len(used))}. "
            "Choose a column with --columns, and one of labels with --labels."
        )
    column = sheet.shown(used[0])
    if sheet.columns[used[0]].kind == "text" and sheet.texts and not sheet.odd_cell(used[0])[1]:
        raise ValueError(
            f"{sheet.where} must hold masses, but {column} holds words. How often each occurs in two files is compared "
            f"by otkit drift, with --columns {column}."
        )
    kept = _kept(sheet, used, options, droppable=naming is not None)
    labels = None if naming is None else tuple(np.array(sheet.labels(naming), dtype=object)[kept])
    if labels is not None and naming is not None:
        _require_different(sheet, labels, kept)
    words = _words(sheet, used, kept, options, {"labels": naming}, ())
    return Table(
        sheet.where,
        (),
        (sheet.columns[used[0]].values[kept],),
        (_type(sheet.columns[used[0]]),),
        labels=labels,
        said=words,
        dropped=int((~kept).sum()),
        numbered=naming in sheet.index and is_count(labels or ()),
    )


def read_columns(path: PathLike, options: FileOptions | None = None, tell: Told | None = None) -> Sheet:
    r"""Read the columns of a file as they are, words and missing values among them; long texts a portion at a time.

    They are those chosen by `options.columns`, or all but an index; the column that `options.labels` names is left out.
    `tell` is told now and then which share of a long text is read. Errors are those of `read_table`, but for what
    stands in the cells.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "shops.csv")
    >>> _ = path.write_text("shop,loaves\nQueens,3\nBronx,\n")
    >>> [(column.kind, column.missing.tolist()) for column in read_columns(path).columns]
    [('text', [False, False]), ('number', [False, True])]
    """
    options = (options or FileOptions()).checked()
    sheet = _in_portions(path, options, tell) or _sheet(path, options, "points", wide=False)
    used = _used(sheet, options, [None if options.labels is None else _position(sheet, options.labels)])
    left = [k for k in sheet.index if k not in used]
    index = tuple(f"{sheet.names[k] or f'column {k + 1} without a name'} left out: an index" for k in left)
    return replace(
        sheet,
        names=_names(sheet, used),
        columns=tuple(sheet.columns[k] for k in used),
        index=(),
        said=(*sheet.said, *index, *sheet.taken_as_words(used)),
        texts=tuple(sheet.texts[k] for k in used) if sheet.texts else (),
    )


def _in_portions(path: PathLike, options: FileOptions, tell: Told | None) -> Sheet | None:
    """Return what a long text holds; None for all other files."""
    place = Path(path)
    if not place.is_file() or place.suffix.lower() in (".npy", ".npz", *PARQUET_SUFFIXES):
        return None
    return read_portions(printable(str(path)), place, options, tell)


def _sheet(path: PathLike, options: FileOptions, use: str, *, wide: bool) -> Sheet:
    wide = wide or options.labels is not None or any(column != "1" for column in options.columns)
    where = printable(str(path))
    if str(path) == STANDARD_INPUT:
        return read_text("standard input", sys.stdin.buffer.read(), options, use, wide=wide)
    place = Path(path)
    if not place.exists():
        raise FileNotFoundError(f"{where}: there is no such file.")
    if place.is_dir():
        raise IsADirectoryError(f"{where} must be a file, but it is a folder.")
    if place.suffix.lower() in (".npy", ".npz"):
        return read_numpy(where, place)
    if place.suffix.lower() in PARQUET_SUFFIXES:
        return read_parquet(where, place)
    return read_text(where, place.read_bytes(), options, use, wide=wide)


def _position(sheet: Sheet, column: str) -> int:
    """Return the position of the column called `column`, or else the one with that number, counted from 1."""
    if column and column in sheet.names:
        if sheet.names.count(column) > 1:
            raise ValueError(f"{sheet.where} has several columns called {column!r}: choose one by its number from 1.")
        return sheet.names.index(column)
    width = len(sheet.columns)
    with contextlib.suppress(ValueError):
        if column.isascii() and 1 <= int(column) <= width:
            return int(column) - 1
    named = f"named {', '.join(name or '(empty)' for name in sheet.names)} or " if sheet.names else ""
    raise ValueError(
        f"{sheet.where} has columns {named}numbered 1 to {width}, but column {printable(column)!r} was asked for."
        f"{did_you_mean(column, sheet.names)}"
    )


def _used(sheet: Sheet, options: FileOptions, other: Sequence[int | None]) -> list[int]:
    """Return the positions of the columns that hold what the table is read for."""
    if options.columns:
        chosen = [_position(sheet, column) for column in options.columns]
        twice = [column for column, position in zip(options.columns, chosen, strict=True) if chosen.count(position) > 1]
        if twice:
            raise ValueError(f"--columns must name each column once, but {twice[0]!r} is there more than once.")
    else:
        chosen = [k for k in range(len(sheet.columns)) if k not in sheet.index]
    return [k for k in chosen if k not in other]


def _names(sheet: Sheet, used: Sequence[int]) -> tuple[str, ...]:
    """Return the names of the columns that are used, a number for one without; each must occur once."""
    if not sheet.names:
        return ()
    names = [sheet.shown(k) for k in used]
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ValueError(
            f"{sheet.where} must have different names for its columns, but {twice[0]!r} stands above several. "
            "Choose columns by number with --columns, or give them different names."
        )
    return tuple(names)


def _kept(sheet: Sheet, used: Sequence[int], options: FileOptions, *, droppable: bool) -> BoolArray:
    """Return which rows have a value in each of the columns; raise an error where one can't be used."""
    missing = np.zeros(len(sheet), dtype=np.bool_)
    for position in used:
        column = sheet.columns[position]
        if column.kind == "text":
            raise _not_a_number(sheet, position)
        if column.fault:
            raise ValueError(f"{sheet.where}: column {position + 1} can't be used: {column.fault}.")
        if column.values.dtype.kind == "f" and np.isinf(column.values).any():
            row = int(np.argmax(np.isinf(column.values)))
            raise ValueError(f"{sheet.place(row, position)} must be finite, but it is {sheet.text(row, position)}.")
        missing |= column.missing
    if missing.any() and not (options.drop_missing and droppable):
        row = int(np.argmax(missing))
        position = next(k for k in used if sheet.columns[k].missing[row])
        raise ValueError(_missing(sheet, row, position, int(missing.sum()), droppable=droppable))
    if missing.all():
        raise ValueError(f"{sheet.where} must have a row without missing values, but none of its {len(sheet)} is one.")
    return ~missing


def _not_a_number(sheet: Sheet, position: int) -> Exception:
    """Return the error about the first entry of a column that is no number."""
    column = sheet.columns[position]
    present = np.flatnonzero(~column.missing).tolist()
    if not sheet.texts:
        name = f"{sheet.where}[{sheet.shown(position)}]"
        return TypeError(
            f"{name} must be numeric, but it holds {sheet.text(present[0], position)}. "
            f"Leave this column out{_usable(sheet)}, or name it with --labels."
        )
    row, kind = sheet.odd_cell(position)
    remedy = hint(sheet.texts[position][row], sheet.decimal)
    if not remedy and not kind:
        remedy = f" Leave this column out{_usable(sheet)}, or name it with --labels."
    must = kind or "a number"
    return ValueError(f"{sheet.place(row, position)} must be {must}, but it is {sheet.text(row, position)}.{remedy}")


def _usable(sheet: Sheet) -> str:
    """Say how to choose the columns that hold numbers or times."""
    usable = [sheet.shown(k) for k in range(len(sheet.columns)) if sheet.columns[k].kind in ("number", "date", "flag")]
    numbers = [str(k + 1) for k in range(len(sheet.columns)) if sheet.columns[k].kind in ("number", "date", "flag")]
    simple = sheet.names and all("," not in name and name == name.strip() for name in usable)
    chosen = ",".join(usable if simple else numbers)
    return f" (--columns {quoted(chosen)[1:-1]} has none such)" if usable and len(usable) <= 12 else " with --columns"


def _missing(sheet: Sheet, row: int, position: int, rows: int, *, droppable: bool) -> str:
    text = sheet.text(row, position) if sheet.texts else "missing"
    what = (
        f"finite, but it is {text}, a missing value" if text not in ("''", "missing") else "a number, but it is empty"
    )
    remedy = "--drop-missing leaves such rows out" if droppable else "Write 0 where nothing is meant"
    many = f"{rows} of {len(sheet)} rows {'has' if rows == 1 else 'have'} one"
    return f"{sheet.place(row, position)} must be {what}. {many}. {remedy}."


def _require_different(sheet: Sheet, labels: Sequence[str], kept: BoolArray) -> None:
    """Raise ValueError where a label occurs twice."""
    seen: set[str] = set()
    for row, label in zip(np.flatnonzero(kept).tolist(), labels, strict=True):
        if label in seen:
            where = f"line {sheet.lines[row]}" if len(sheet.lines) else f"row {row + 1}"
            raise ValueError(f"{sheet.where}: {where} has the label {label!r} a second time. Add equal ones up first.")
        seen.add(label)


def _single_row(sheet: Sheet, used: Sequence[int], options: FileOptions) -> Table:
    """Return masses that stand in one row, under their labels where there is a header."""
    kept = _kept(sheet, used, options, droppable=False)
    values = np.concatenate([sheet.columns[k].values for k in used])
    words = _words(sheet, used, kept, options, {}, ())
    types = (_type(sheet.columns[used[0]]),)
    return Table(sheet.where, (), (values,), types, labels=_names(sheet, used) or None, said=words, in_a_row=True)


def _words(
    sheet: Sheet,
    used: Sequence[int],
    kept: BoolArray,
    options: FileOptions,
    apart: dict[str, int | None],
    left_out: Sequence[str],
) -> tuple[str, ...]:
    """Say what was read and what was not, the most important first."""
    count = int(kept.sum())
    rows = f"{count} row{'s' * (count != 1)}"
    said = [f"{rows} of {_with_types(sheet, used)}"]
    said += [f"{what}: {sheet.shown(k)}" for what, k in apart.items() if k is not None]
    if sheet.form:
        said.append(sheet.form)
    said += sheet.said
    index = [k for k in sheet.index if k not in (*used, *apart.values())]
    if index:
        shown = _listed([f"column {k + 1} without a name" if not sheet.names[k] else sheet.names[k] for k in index])
        said.append(f"{shown} left out: an index")
    if left_out:
        said.append(f"left out: {_listed(left_out)}")
    dropped = int((~kept).sum())
    if dropped:
        said.append(f"{dropped} of {len(kept)} rows dropped: a value is missing")
    return tuple(said)


def _type(column: Column) -> str:
    if column.kind == "date":
        return "times" if column.values.dtype.kind == "M" else "durations"
    return "flags" if column.kind == "flag" else "numbers"


_TYPES = {"flags": "true and false, as 1 and 0"}


def _with_types(sheet: Sheet, used: Sequence[int], most: int = 8) -> str:
    """Name columns with what they hold; neighbours that hold the same are named together."""
    runs = [(kind, list(run)) for kind, run in groupby(used[:most], key=lambda k: _type(sheet.columns[k]))]
    if not sheet.names:
        parts = [f"{len(run)} column{'s' * (len(run) > 1)} ({_TYPES.get(kind, kind)})" for kind, run in runs]
    else:
        parts = [f"{', '.join(map(sheet.shown, run))} ({_TYPES.get(kind, kind)})" for kind, run in runs]
    return ", ".join(parts) + (f", … ({len(used)} in all)" if len(used) > most else "")


def counts_rows(column: Column) -> bool:
    """Say whether a column holds consecutive whole numbers in their order, as numbers of rows and many ids are."""
    values = column.values
    if len(values) < 3 or values.dtype.kind not in "fiu" or column.missing.any():
        return False
    return bool(float(values[0]).is_integer() and (np.diff(values) == 1).all())


def _listed(names: Sequence[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f", … ({len(names)} in all)" if len(names) > most else "")
