"""NPZ files of arrays with a header in JSON, which results and problems are kept in."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from otkit.io.atomic import PathLike, replacing

Built = TypeVar("Built")


def write_archive(path: PathLike, header: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
    """Write an NPZ file of arrays with a header in JSON; replaces an older file as `write_table` does."""
    with replacing(path) as place, open(place, "wb") as file:
        np.savez_compressed(file, allow_pickle=False, header=np.array(json.dumps(header)), **arrays)


def read_archive(path: PathLike, build: Callable[[dict[str, Any], Mapping[str, Any]], Built], written_by: str) -> Built:
    """Return what `build` makes of header and arrays of a file by `write_archive`.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is something else, cut off or damaged, or `build` does not find what it needs.
    """
    import zipfile
    import zlib

    damage = (KeyError, IndexError, TypeError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error)
    with open(path, "rb") as file:
        try:
            archive = np.load(file, allow_pickle=False)
            return build(json.loads(str(archive["header"])), archive)
        except (*damage, ValueError) as error:
            raise ValueError(
                f"path must be a whole file written by {written_by}, but {os.fspath(path)!r} is none: {error}"
            ) from error


def is_archive(path: PathLike) -> bool:
    """Whether a file is one by `write_archive`, whatever it is called."""
    import zipfile

    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return "header.npy" in archive.namelist()
