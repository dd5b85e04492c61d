"""Finished blocks on disk, so that a run that was interrupted goes on where it was."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from otkit.many.comparison import Comparison, Found

if TYPE_CHECKING:
    from otkit.many.blocks import Block


class Cache:
    """A directory with a file for each block, named by a digest of the measures and of how they are compared.

    A file is written under another name first, so that it is whole or not there. Where one can't be written, the work
    goes on without, and `fault` says why.

    Raises
    ------
    OSError
        Nothing can be written to the directory.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self._directory = Path(directory)
        self.fault: OSError | None = None
        self._directory.mkdir(parents=True, exist_ok=True)
        probe = self._directory / f".{os.getpid()}.probe"
        try:
            probe.write_bytes(b"otkit")
        finally:
            probe.unlink(missing_ok=True)

    def read(self, part: Comparison, block: Block) -> Found | None:
        """Return what is on disk for a block, None if there is nothing of use."""
        try:
            with open(self._path(part, block), "rb") as file, np.load(file, allow_pickle=False) as kept:
                found = Found(kept["value"], kept["lower"], kept["upper"])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        return found if all(array.shape == (len(block),) for array in found) else None

    def write(self, part: Comparison, block: Block, found: Found) -> None:
        """Keep a block."""
        if self.fault is not None:
            return
        path = self._path(part, block)
        temporary = path.with_suffix(f".{os.getpid()}.part")
        try:
            with open(temporary, "wb") as file:
                np.savez(file, value=found.value, lower=found.lower, upper=found.upper)
            os.replace(temporary, path)
        except OSError as error:
            self.fault = error
            temporary.unlink(missing_ok=True)

    def _path(self, part: Comparison, block: Block) -> Path:
        how = f"upper-{len(block.rows)}" if block.upper else f"{len(block.rows)}x{len(block.cols)}"
        return self._directory / f"{part.digest()}-{how}.npz"
