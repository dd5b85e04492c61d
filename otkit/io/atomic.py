"""Files that appear complete or not at all: built beside their place and moved there at the end."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

PARQUET_SUFFIXES = (".parquet", ".pq")
TEXT_SUFFIXES = ("", ".csv", ".tsv", ".txt", ".dat")

PathLike = str | os.PathLike[str]


def require_place(path: PathLike, suffixes: Sequence[str] | None = None) -> None:
    """Raise an error if a file could not be written to `path`, before the work whose outcome it is to hold is done.

    `suffixes` are those allowed, by default those of tables.
    """
    place = Path(path)
    allowed = (*TEXT_SUFFIXES, ".npy", ".npz", *PARQUET_SUFFIXES) if suffixes is None else suffixes
    if place.suffix.lower() not in allowed:
        known = ", ".join(suffix for suffix in allowed if suffix)
        raise ValueError(f"{path} must end in one of {known}, but it ends in {place.suffix!r}.")
    if place.is_dir():
        raise IsADirectoryError(f"{path} must be a file to write to, but it is a folder.")
    if not place.parent.is_dir():
        raise FileNotFoundError(f"{path} can't be written: there is no folder {place.parent}.")


@contextlib.contextmanager
def replacing(path: PathLike) -> Iterator[Path]:
    """Give a place to write to, in the same folder, that becomes `path` when the block ends well.

    If the block fails, `path` is as it was before. A device or a pipe is written to directly.
    """
    require_place(path, [Path(path).suffix.lower()])
    target = Path(path).resolve()  # a symbolic link stays, and what it points to is replaced
    if target.exists() and not target.is_file():
        yield Path(path)
        return
    draft = target.with_name(f".{target.stem}-{secrets.token_hex(4)}{target.suffix}")
    try:
        yield draft
        if target.exists():
            shutil.copymode(target, draft)
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
