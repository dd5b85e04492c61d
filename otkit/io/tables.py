"""Tables in files: points, weights and matrices from CSV, TSV, NPY, NPZ and Parquet, and back.

Text may be separated by commas, semicolons, tabs or blanks, with or without a header; what follows ``#`` is a comment.
A file is read whole or refused with one message that names the file, the line, the column and the value. A file that
is written appears complete or not at all: it is built beside its place and moved there at the end.
"""

from __future__ import annotations

import contextlib
import csv
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from otkit._checks import as_float_array, require_finite
from otkit._typing import ArrayLike, FloatArray
from otkit.io.atomic import PARQUET_SUFFIXES, TEXT_SUFFIXES, PathLike, replacing, require_place

FORMATS = "CSV, TSV, NPY, NPZ and Parquet"
ROWS_PER_WRITE = 65536


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of finite numbers from a file.

    Attributes
    ----------
    path : str
        Where they came from, for messages.
    values : ndarray, shape (rows, columns)
    columns : tuple of str
        Their names, or nothing where the file gives none.
    """

    path: str
    values: FloatArray
    columns: tuple[str, ...] = ()

    def index(self, column: str) -> int:
        """Return the position of the column called `column`, or else the one with that number, counted from 1."""
        if column in self.columns:
            return self.columns.index(column)
        width = self.values.shape[1]
        with contextlib.suppress(ValueError):
            if 1 <= int(column) <= width:
                return int(column) - 1
        named = f"named {', '.join(self.columns)} or " if self.columns else ""
        raise ValueError(f"{self.path} has columns {named}numbered 1 to {width}, but column {column!r} was asked for.")


def read_table(path: PathLike) -> Table:
    r"""Read a file of numbers, each row of the same length.

    Parameters
    ----------
    path : path-like
        The format follows from the suffix: ``.npy``, ``.npz``, ``.parquet``, anything else is text. An NPZ file may
        hold several arrays with the same number of rows: they become columns named after them. Parquet needs
        ``pip install "otkit[tables]"``.

    Returns
    -------
    Table

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError, TypeError
        The file is empty, its rows differ in length, or something in it is not a finite number; the message says where.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "shops.csv")
    >>> _ = path.write_text("x, y, loaves\n0, 1.5, 3\n2, 4, 5\n")
    >>> table = read_table(path)
    >>> table.columns
    ('x', 'y', 'loaves')
    >>> table.values
    array([[0. , 1.5, 3. ],
           [2. , 4. , 5. ]])
    """
    place = Path(path)
    if not place.exists():
        raise FileNotFoundError(f"{path}: there is no such file.")
    if place.is_dir():
        raise IsADirectoryError(f"{path} must be a file, but it is a folder.")
    suffix = place.suffix.lower()
    if suffix in (".npy", ".npz"):
        return _read_numpy(place)
    if suffix in PARQUET_SUFFIXES:
        return _read_parquet(place)
    try:
        with open(place, encoding="utf-8-sig") as stream:
            return _read_text(str(path), stream if stream.seekable() else StringIO(stream.read()))
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text. otkit reads {FORMATS}, and knows them by their suffix.") from None


def read_points(path: PathLike) -> tuple[FloatArray, tuple[str, ...]]:
    """Read points, one for each row; return them with the names of their coordinates (none without a header).

    The errors are those of `read_table`.
    """
    table = read_table(path)
    return table.values, table.columns


def read_weighted_points(path: PathLike, weights: str) -> tuple[FloatArray, FloatArray]:
    """Read points of which one column, given by its name or its number counted from 1, is their weight.

    Returns the coordinates, the other columns in their order, and the weights. The errors are those of `read_table`.
    """
    table = read_table(path)
    chosen = table.index(weights)
    if table.values.shape[1] == 1:
        raise ValueError(f"{path} must have a coordinate beside the weights, but {weights!r} is its only column.")
    return np.delete(table.values, chosen, axis=1), table.values[:, chosen].copy()


def read_matrix(path: PathLike) -> FloatArray:
    """Read a matrix, one line for each row. The errors are those of `read_table`."""
    return read_table(path).values


def read_vector(path: PathLike) -> FloatArray:
    """Read numbers that stand in one column or in one row. The errors are those of `read_table`."""
    values = read_table(path).values
    if 1 not in values.shape:
        raise ValueError(f"{path} must hold one column or one row, but its shape is {values.shape}.")
    return values.reshape(-1)


def read_counts(path: PathLike) -> FloatArray | dict[str, float]:
    r"""Read masses or counts: numbers in one column or one row, or text with a label before each number.

    Labels make a dictionary. The errors are those of `read_table`; a label that occurs twice is one, too.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "sold.csv")
    >>> _ = path.write_text("bread,loaves\nrye,3\nspelt,5\n")
    >>> read_counts(path)
    {'rye': 3.0, 'spelt': 5.0}
    """
    place = Path(path)
    if place.suffix.lower() in TEXT_SUFFIXES and place.is_file():  # a pipe can't be read twice
        with contextlib.suppress(UnicodeDecodeError), open(place, encoding="utf-8-sig") as stream:
            lines = list(itertools.islice(_lines(stream), 2))
            cells = _cells(lines[-1][1], _delimiter(lines[-1][1])) if lines else []
            if len(cells) == 2 and not _is_number(cells[0]) and _is_number(cells[1]):
                return _read_labelled(str(path), stream)
    return read_vector(path)


def write_table(path: PathLike, columns: Mapping[str, ArrayLike]) -> None:
    """Write named columns of equal length; integers stay integers and floats come back with the same bits.

    A ``.npy`` file gets a structured array, a ``.npz`` file one array for each column. An older file is replaced when
    the new one is complete, and is left alone if writing fails.
    """
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    sizes = {name: array.shape for name, array in arrays.items()}
    if len(set(sizes.values())) != 1 or any(array.ndim != 1 for array in arrays.values()):
        raise ValueError(f"columns must be one-dimensional and of equal length, but their shapes are {sizes}.")
    require_place(path)
    suffix = Path(path).suffix.lower()
    with replacing(path) as place:
        if suffix == ".npy":
            records = np.empty(
                len(next(iter(arrays.values()))), [(name, array.dtype) for name, array in arrays.items()]
            )
            for name, array in arrays.items():
                records[name] = array
            np.save(place, records)
        elif suffix == ".npz":
            np.savez(place, allow_pickle=False, **arrays)
        elif suffix in PARQUET_SUFFIXES:
            _write_parquet(place, arrays)
        else:
            _write_text(place, list(arrays.values()), list(arrays))


def write_matrix(path: PathLike, matrix: ArrayLike) -> None:
    """Write a matrix, one line for each row and without a header; replaces an older file as `write_table` does."""
    values = np.atleast_2d(np.asarray(matrix))
    require_place(path)
    suffix = Path(path).suffix.lower()
    with replacing(path) as place:
        if suffix == ".npy":
            np.save(place, values)
        elif suffix == ".npz":
            np.savez(place, matrix=values)
        elif suffix in PARQUET_SUFFIXES:
            _write_parquet(place, {str(number): column for number, column in enumerate(values.T, start=1)})
        else:
            _write_text(place, list(values.T), [])


# --- text -------------------------------------------------------------------------------------------------------------


def _read_text(path: str, stream: TextIO) -> Table:
    """Parse text in compiled code (`numpy.loadtxt`); only a file that fails is gone through again to say why."""
    sample = list(itertools.islice(_lines(stream), 2))
    if not sample:
        raise ValueError(f"{path} is empty.")
    (start, top), (_, line) = sample[0], sample[-1]
    delimiter = _delimiter(top)
    names: list[str] = []
    if not any(_is_number(cell) for cell in _cells(top, delimiter)):
        if len(sample) == 1:
            raise ValueError(f"{path} must hold numbers, but line {start} is all there is: {top!r}.")
        delimiter = _delimiter(line)  # a name may hold blanks or commas where numbers do not
        names = [top] if len(_cells(line, delimiter)) == 1 else _cells(top, delimiter)
    stream.seek(0)
    try:
        values = np.loadtxt(
            stream, delimiter=delimiter.strip(" ") or None, skiprows=start if names else 0, ndmin=2, quotechar='"'
        )
    except UnicodeDecodeError:
        raise
    except ValueError as error:
        raise ValueError(_fault(path, stream, delimiter, names) or f"{path}: {error}") from None
    if not np.isfinite(values).all() or len(names) not in (0, values.shape[1]):
        raise ValueError(_fault(path, stream, delimiter, names))
    return Table(path, values, tuple(names))


def _read_labelled(path: str, stream: TextIO) -> dict[str, float]:
    """Parse lines of a label and a number, the first of which may be a header."""
    counts: dict[str, float] = {}
    first: list[str] = []
    for number, line in _lines(stream):
        cells = _cells(line, _delimiter(line))
        if len(cells) != 2:
            raise ValueError(f"{path}: line {number} must hold a label and a number, but it is {line!r}.")
        label, count = cells
        if not first:
            first = cells
            if not _is_number(count):
                continue
        if not _is_number(count) or not np.isfinite(float(count)):
            raise ValueError(f"{path}: line {number} must have a finite number for {label!r}, but it has {count!r}.")
        if label in counts:
            raise ValueError(f"{path}: line {number} has the label {label!r} a second time. Add equal ones up first.")
        counts[label] = float(count)
    return counts


def _lines(stream: TextIO) -> Iterator[tuple[int, str]]:
    """Yield number and content of each line that is more than a comment."""
    stream.seek(0)
    for number in itertools.count(1):
        line = stream.readline()
        if not line:
            return
        content = line.split("#", 1)[0].strip(" \r\n")
        if content.strip():
            yield number, content


def _delimiter(line: str) -> str:
    """Return what separates the numbers of a line: a blank also where there is but one."""
    return next((mark for mark in "\t;," if mark in line), " ")


def _cells(line: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        return line.split()
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # 1_000 is a number to Python and to nobody else


def _fault(path: str, stream: TextIO, delimiter: str, names: Sequence[str]) -> str:
    """Say what is wrong first in a text that could not be read; empty if nothing is found."""
    lines = _lines(stream)
    top, width = (next(lines)[0], len(names)) if names else (0, 0)
    for number, line in lines:
        cells = _cells(line, delimiter)
        top, width = top or number, width or len(cells)
        if len(cells) != width:
            return f"{path}: line {number} must have as many columns as line {top}, {width}, but it has {len(cells)}."
        for position, cell in enumerate(cells, start=1):
            where = f"{path}: line {number}, column {position}" + (f" ({names[position - 1]})" if names else "")
            if not _is_number(cell):
                hint = (
                    " Write decimals with a point." if delimiter == ";" and _is_number(cell.replace(",", ".")) else ""
                )
                return f"{where} must be a number, but it is {repr(cell) if cell else 'empty'}.{hint}"
            if not np.isfinite(float(cell)):
                return f"{where} must be finite, but it is {cell!r}."
    return ""


def _write_text(place: Path, columns: Sequence[np.ndarray], names: Sequence[str]) -> None:
    """Write the shortest decimal of each number that reads back as the same number."""
    delimiter = "\t" if place.suffix.lower() == ".tsv" else ","
    with open(place, "w", encoding="utf-8", newline="\n") as stream:
        if names:
            csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerow(names)
        for start in range(0, len(columns[0]), ROWS_PER_WRITE):
            block = [map(repr, column[start : start + ROWS_PER_WRITE].tolist()) for column in columns]
            stream.writelines(f"{line}\n" for line in map(delimiter.join, zip(*block, strict=True)))


# --- binary -----------------------------------------------------------------------------------------------------------


def _read_numpy(path: Path) -> Table:
    import pickle
    import zipfile

    try:
        with open(path, "rb") as file:  # which NumPy leaves open where it is no archive
            content = np.load(file, allow_pickle=False)
            arrays = {name: content[name] for name in content.files} if path.suffix.lower() == ".npz" else {"": content}
    except (ValueError, EOFError, AttributeError, zipfile.BadZipFile, pickle.UnpicklingError) as error:
        raise ValueError(f"{path} is not a {path.suffix[1:].upper()} file of plain numbers: {error}") from None
    if len(arrays) == 1:
        (array,) = arrays.values()
        fields = array.dtype.names or ()
        if fields:
            array = np.column_stack([array[field] for field in fields])
        return Table(str(path), _as_columns(array, str(path)), fields)
    if len({array.shape[:1] for array in arrays.values()}) != 1:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(
            f"{path} must hold one array, or arrays with the same number of rows, but it holds: {shapes or 'none'}."
        )
    blocks = {name: _as_columns(array, f"{path}[{name}]") for name, array in arrays.items()}
    names = [
        f"{name}_{k}" if block.shape[1] > 1 else name
        for name, block in blocks.items()
        for k in range(1, block.shape[1] + 1)
    ]
    return Table(str(path), np.hstack(list(blocks.values())), tuple(names))


def _as_columns(values: ArrayLike, name: str) -> FloatArray:
    """Return an array from a binary file as finite columns, a 1-D array as one of them."""
    array = as_float_array(values, name)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"{name} must hold a table with rows and columns, but its shape is {array.shape}.")
    require_finite(array, name)
    return array


def _read_parquet(path: Path) -> Table:
    pyarrow = _pyarrow()
    try:
        content = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise ValueError(f"{path} is not a readable Parquet file: {error}") from None
    columns = []
    for name, column in zip(content.column_names, content.columns, strict=True):
        where = f"{path}[{name}]"
        if not (
            pyarrow.types.is_integer(column.type)
            or pyarrow.types.is_floating(column.type)
            or pyarrow.types.is_decimal(column.type)
        ):
            raise TypeError(f"{where} must be numeric, but its type is {column.type}. Drop this column or convert it.")
        if column.null_count:
            raise ValueError(
                f"{where} must be finite, but {column.null_count} of its {len(column)} entries are missing."
            )
        columns.append(_as_columns(column.cast(pyarrow.float64(), safe=False).to_numpy(), where))
    if not columns:
        raise ValueError(f"{path} must have a column, but it has none.")
    return Table(str(path), np.hstack(columns), tuple(content.column_names))


def _write_parquet(place: Path, columns: Mapping[str, np.ndarray]) -> None:
    pyarrow = _pyarrow()
    pyarrow.parquet.write_table(pyarrow.table(dict(columns)), place)


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError:
        raise ModuleNotFoundError('Parquet files need pyarrow: pip install "otkit[tables]".') from None
    return pyarrow
