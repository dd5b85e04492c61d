"""NPY, NPZ and Parquet as columns, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from otkit._text import printable
from otkit.inputs.checks import require_memory
from otkit.io.archives import DAMAGE, unpacked_size, write_npz
from otkit.io.cells import Column
from otkit.io.sheets import Sheet, numeric


def read_numpy(where: str, path: Path) -> Sheet:
    """Return the columns of an NPY or NPZ file: those of a matrix, the fields of records, the arrays of an archive."""
    import pickle
    import tokenize

    archived = path.suffix.lower() == ".npz"
    # What NumPy raises where a header is none, or says that the array is larger than all memory.
    damage = (*DAMAGE, MemoryError, SyntaxError, pickle.UnpicklingError, tokenize.TokenError)
    try:
        unpacked = unpacked_size(path) if archived else path.stat().st_size
        require_memory(unpacked, f"{where}, unpacked,", "Keep its columns in a CSV or Parquet file, and read fewer.")
    except DAMAGE as error:
        raise ValueError(f"{where} is not a {path.suffix[1:].upper()} file of plain numbers: {error}") from None
    try:
        with open(path, "rb") as file:  # which NumPy leaves open where it is no archive
            content = np.load(file, allow_pickle=False)
            arrays = {name: content[name] for name in content.files} if archived else {"": content}
        if not all(isinstance(array, np.ndarray) for array in arrays.values()):
            raise ValueError("it holds something else than arrays")
    except damage as error:
        raise ValueError(f"{where} is not a {path.suffix[1:].upper()} file of plain numbers: {error}") from None
    if len({array.shape[:1] for array in arrays.values()}) != 1:
        shapes = ", ".join(f"{printable(name)} {array.shape}" for name, array in arrays.items())
        raise ValueError(
            f"{where} must hold one array, or arrays with the same number of rows, but it holds: {shapes or 'none'}."
        )
    names: list[str] = []
    columns: list[Column] = []
    for name, array in arrays.items():
        shown = f"{where}[{printable(name)}]" if len(arrays) > 1 else where
        if array.dtype.names:
            names += array.dtype.names
            columns += [_columns(array[field], f"{shown}[{printable(field)}]")[0] for field in array.dtype.names]
            continue
        block = _columns(array, shown)
        names += (
            [f"{name}_{k}" if len(block) > 1 else name for k in range(1, len(block) + 1)] if len(arrays) > 1 else []
        )
        columns += block
    return Sheet(where, tuple(map(printable, names)), tuple(columns), form=path.suffix[1:].upper())


def _columns(array: np.ndarray, where: str) -> list[Column]:
    """Return an array as columns, a 1-D array as one of them."""
    if array.dtype.kind not in "biufmM":
        is_complex = array.dtype.kind == "c"
        raise TypeError(f"{where} must be {'real' if is_complex else 'numeric'}, but its type is {array.dtype}.")
    table = array[:, None] if array.ndim == 1 else array
    if table.ndim != 2 or table.size == 0:
        raise ValueError(f"{where} must hold a table with rows and columns, but its shape is {array.shape}.")
    return [numeric(column) for column in table.T]


def read_parquet(where: str, path: Path) -> Sheet:
    """Return the columns of a Parquet file; what pandas has noted to be the index is the index."""
    pyarrow = _pyarrow()
    try:
        size = pyarrow.parquet.read_metadata(path)
        require_memory(8 * size.num_rows * size.num_columns, f"{where}, unpacked,", "Read a part of it.")
        content = pyarrow.parquet.read_table(path)
        content.validate(full=True)  # offsets and lengths that a damaged file may hold, before anybody follows them
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise ValueError(f"{where} is not a readable Parquet file: {error}") from None
    if not content.num_columns or not content.num_rows:
        raise ValueError(
            f"{where} must hold a table with rows and columns, but it has {content.num_rows} rows "
            f"and {content.num_columns} columns."
        )
    names = [printable(str(name)) for name in content.column_names]
    noted = (content.schema.pandas_metadata or {}).get("index_columns", [])
    index = [k for k, name in enumerate(content.column_names) if name in noted]
    columns = [
        _from_arrow(pyarrow, column, f"{where}[{name}]") for name, column in zip(names, content.columns, strict=True)
    ]
    if len(index) == len(columns):  # an index with nothing beside it is what there is
        index = []
    return Sheet(where, tuple(names), tuple(columns), tuple(index), form="Parquet")


def open_parquet(where: str, path: Path) -> Any:
    """Return a Parquet file whose columns can be read one by one, as a `pyarrow.parquet.ParquetFile`."""
    pyarrow = _pyarrow()
    try:
        file = pyarrow.parquet.ParquetFile(path)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise ValueError(f"{where} is not a readable Parquet file: {error}") from None
    if not file.metadata.num_rows or not file.schema_arrow.names:
        raise ValueError(
            f"{where} must hold a table with rows and columns, but it has {file.metadata.num_rows} rows "
            f"and {len(file.schema_arrow.names)} columns."
        )
    return file


def _from_arrow(pyarrow: Any, column: Any, where: str) -> Column:
    """Return a column of Arrow; one that holds neither numbers nor times is text, which may be labels."""
    kinds, missing = pyarrow.types, np.asarray(column.is_null().to_numpy())
    if kinds.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if kinds.is_decimal(column.type):
        column = column.cast(pyarrow.float64(), safe=False)
    if kinds.is_timestamp(column.type) or kinds.is_date(column.type):
        column = column.cast(pyarrow.timestamp(column.type.unit if kinds.is_timestamp(column.type) else "s"))
    elif kinds.is_integer(column.type) or kinds.is_boolean(column.type):
        column = column.fill_null(False if kinds.is_boolean(column.type) else 0)
    elif kinds.is_floating(column.type):
        column = column.cast(pyarrow.float64())
    elif kinds.is_duration(column.type):
        pass
    elif kinds.is_null(column.type):
        return Column("empty", np.full(len(column), np.nan), missing)
    else:
        shown = np.array([None if value is None else str(value) for value in column.to_pylist()], dtype=object)
        return Column("text", shown, missing)
    found = numeric(column.to_numpy())
    return Column(found.kind, found.values, found.missing | missing)


def write_parquet(place: Path, columns: Mapping[str, np.ndarray]) -> None:
    """Write named columns."""
    pyarrow = _pyarrow()
    pyarrow.parquet.write_table(pyarrow.table(dict(columns)), place)


def write_numpy(place: Path, names: Sequence[str], arrays: Sequence[np.ndarray]) -> None:
    """Write named columns: a structured array in an NPY file, an array for each in an NPZ file."""
    if place.suffix.lower() == ".npz":
        write_npz(place, dict(zip(names, arrays, strict=True)))
        return
    records = np.empty(len(arrays[0]), [(name, array.dtype) for name, array in zip(names, arrays, strict=True)])
    for name, array in zip(names, arrays, strict=True):
        records[name] = array
    np.save(place, records)


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError:
        raise ModuleNotFoundError('Parquet files need pyarrow: pip install ".[tables]".') from None
    return pyarrow
