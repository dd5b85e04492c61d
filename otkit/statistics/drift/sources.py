"""The two tables of a report: in memory or in files, read a column at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from otkit._text import did_you_mean, printable
from otkit._typing import ArrayLike
from otkit.inputs.columns import columns_of
from otkit.inputs.frames import as_frame
from otkit.io.atomic import PARQUET_SUFFIXES
from otkit.io.options import FileOptions
from otkit.io.tables import read_columns
from otkit.solvers.monitor import Progress
from otkit.statistics.drift.columns import Column, column_of


@dataclass(frozen=True, eq=False)
class Source:
    """A table whose columns are read when they are asked for.

    Attributes
    ----------
    name : str
        What messages call it: its argument, or its file.
    names : tuple
        Of the columns, as the table has them.
    rows : int
    read : callable
        Returns the column at a position.
    numbered : bool
        Whether the names are mere numbers.
    said : tuple of str
        How a file was understood, what was left out and why.
    """

    name: str
    names: tuple[Hashable, ...]
    rows: int
    read: Callable[[int], Any]
    numbered: bool = False
    said: tuple[str, ...] = ()

    def column(self, name: Hashable) -> Column:
        """Return one column by its name."""
        column = column_of(self.read(self.names.index(name)), f"{self.name}[{name!r}]")
        if len(column) != self.rows:
            raise ValueError(f"{self.name}[{name!r}] must have {self.rows:,} rows, but it has {len(column):,}.")
        return column

    def require(self, names: Sequence[Hashable], parameter: str) -> None:
        """Raise ValueError unless there are columns of these names."""
        for name in names:
            if name not in self.names:
                known = ", ".join(map(repr, self.names[:12])) + (" and others" if len(self.names) > 12 else "")
                raise ValueError(
                    f"{parameter} must name columns of both tables, but {self.name} has no column {name!r}; "
                    f"it has {known}.{did_you_mean(name, self.names)}"
                )


Tell: TypeAlias = Callable[[Progress], None]


class Forecast:
    """Tell how far some work has gone, and about how long the rest of it will take."""

    def __init__(self, tell: Tell | None) -> None:
        self._tell, self._began = tell, time.perf_counter()

    def tell(self, text: str, share: float) -> None:
        """Tell what is going on, and which share of the work is done."""
        if self._tell is None:
            return
        seconds = time.perf_counter() - self._began
        left = seconds * (1.0 - share) / share if share > 0.0 else 0.0
        forecast = f", about {left:.0f} s to go" if seconds > 1.0 and left >= 1.0 else ""
        self._tell(Progress(f"{text}{forecast}", seconds))


def source_of(
    value: ArrayLike | os.PathLike[str], name: str, options: FileOptions | None = None, tell: Tell | None = None
) -> Source:
    """Return a table from a frame of any library, a mapping of columns, an array with a column each, or a file.

    Raises
    ------
    TypeError, ValueError
        It is no table, or has a column name twice.
    """
    if isinstance(value, str | os.PathLike):
        return _of_file(Path(value), options or FileOptions(), tell)
    table = None if isinstance(value, Mapping) else columns_of(value, name)
    if isinstance(value, Mapping):
        names, columns, numbered = tuple(value), list(value.values()), False
    elif table is not None:
        names, columns, numbered = table.names, table.columns, table.default
    elif hasattr(value, "to_frame") and hasattr(value, "name"):  # a series of pandas or polars
        names, columns, numbered = (value.name,), [value], value.name in (None, "")
    else:
        frame = as_frame(value, name)
        names, numbered = tuple(range(frame.shape[1])), True
        columns = [frame.column(k).array if frame.block is not None else frame.column(k) for k in names]
        return _checked(Source(name, names, frame.shape[0], lambda k: _plain(columns[k]), numbered))
    if not columns:
        raise ValueError(f"{name} must have a column, but it has none.")
    return _checked(Source(name, names, _length(columns[0], name), columns.__getitem__, numbered))


def _plain(column: Any) -> Any:
    """Return what stands for one column of an array, with its gaps masked."""
    if isinstance(column, np.ndarray) or column.missing is None:
        return getattr(column, "array", column)
    return np.ma.masked_array(column.array, column.missing)


def _length(column: Any, name: str) -> int:
    try:
        return len(column)
    except TypeError:
        raise TypeError(
            f"{name} must be a table, or a dictionary that has a column for each name, but one of its values is a "
            f"{type(column).__name__}."
        ) from None


def _checked(source: Source) -> Source:
    twice = next((name for name in source.names if source.names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{source.name} must have each column name once, but {twice!r} occurs more than once.")
    return source


def _of_file(path: Path, options: FileOptions, tell: Tell | None) -> Source:
    where = printable(str(path))
    if path.suffix.lower() in PARQUET_SUFFIXES and path.is_file():
        return _of_parquet(path, where, options)
    forecast = Forecast(tell)
    sheet = read_columns(path, options, lambda share: forecast.tell(f"{100.0 * share:.0f} % of {where} read", share))
    names = tuple(sheet.shown(k) for k in range(len(sheet.columns)))
    said = tuple(part for part in (sheet.form, *sheet.said) if part)
    return _checked(Source(sheet.where, names, len(sheet), sheet.columns.__getitem__, not sheet.names, said))


def _of_parquet(path: Path, where: str, options: FileOptions) -> Source:
    """Return a Parquet file, of which no more than one column is in memory at a time."""
    from otkit.io.binary import open_parquet

    file = open_parquet(where, path)
    noted = (file.schema_arrow.pandas_metadata or {}).get("index_columns", [])
    index = [name for name in file.schema_arrow.names if name in noted]
    all_names = tuple(name for name in file.schema_arrow.names if name not in index) or tuple(index)
    names = tuple(_named(all_names, column, where) for column in options.columns) or all_names
    if options.labels is not None:
        names = tuple(name for name in names if name != _named(all_names, options.labels, where))

    def read(k: int) -> Any:
        return file.read(columns=[names[k]]).column(names[k])

    said = ("Parquet", *(f"{printable(str(name))} left out: an index" for name in index if name not in names))
    return _checked(Source(where, names, file.metadata.num_rows, read, said=said))


def _named(names: Sequence[str], column: str, where: str) -> str:
    """Return the column called `column`, or else the one with that number from 1."""
    if column in names:
        return column
    if column.isascii() and column.isdigit() and 1 <= int(column) <= len(names):
        return names[int(column) - 1]
    raise ValueError(
        f"{where} has columns {', '.join(map(printable, names))}, but {printable(column)!r} was asked for."
        f"{did_you_mean(column, names)}"
    )
