"""Writing tables: named columns and matrices as CSV, TSV, NPY, NPZ and Parquet."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from otkit._typing import ArrayLike
from otkit.io.atomic import PARQUET_SUFFIXES, PathLike, replacing, require_place
from otkit.io.binary import write_numpy, write_parquet

ROWS_PER_WRITE = 65536


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
        if suffix in (".npy", ".npz"):
            write_numpy(place, list(arrays), list(arrays.values()))
        elif suffix in PARQUET_SUFFIXES:
            write_parquet(place, arrays)
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
            write_parquet(place, {str(number): column for number, column in enumerate(values.T, start=1)})
        else:
            _write_text(place, list(values.T), [])


def _write_text(place: Path, columns: Sequence[np.ndarray], names: Sequence[str]) -> None:
    """Write the shortest decimal of each number that reads back as the same number."""
    delimiter = "\t" if place.suffix.lower() == ".tsv" else ","
    with open(place, "w", encoding="utf-8", newline="\n") as stream:
        if names:
            csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerow(names)
        for start in range(0, len(columns[0]), ROWS_PER_WRITE):
            block = [map(repr, column[start : start + ROWS_PER_WRITE].tolist()) for column in columns]
            stream.writelines(f"{line}\n" for line in map(delimiter.join, zip(*block, strict=True)))
