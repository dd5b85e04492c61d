"""Finished blocks on disk, so that a run that was interrupted goes on where it was.

A file is named by a digest of the measures and of how they are compared, and holds a digest of its own numbers: what
was damaged, or belongs to another question, is not taken, and neither is what can't be so (a distance outside its
bounds, or a negative one). That is no proof: who can write to the directory can write numbers that look right, as to
any file of the program itself. So a cache is for those who trust its directory.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from otkit.io.archives import Field, read_arrays, write_archive
from otkit.many.pair_kinds import Found, PairKind

if TYPE_CHECKING:
    from otkit.many.blocks import Block

# A value is that of a plan, whose sums are rounded; its bounds are about the exact ones.
SLACK = 1e-9

# An f-divergence may be infinite, and so may its bounds: numbers are looked at by `_is_possible`.
FIELDS = {name: Field(("pairs",), finite=False) for name in Found._fields} | {"digest": Field(("digits",), "index")}


class Cache:
    """A directory with a file for each block, named by a digest of the measures and of how they are compared.

    A file is whole or not there (`otkit.io.atomic`), whichever threads, processes and machines share the directory.
    Where one can't be written, the work goes on without, and `fault` says why.

    Raises
    ------
    OSError
        Nothing can be written to the directory.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self._directory = Path(directory)
        self.fault: OSError | None = None
        self._directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self._directory) as probe:
            probe.write(b"otkit")

    def read(self, part: PairKind, block: Block) -> Found | None:
        """Return what is on disk for a block, None if there is nothing of use: then it is solved, and replaced."""
        key = self._key(part, block)
        try:
            kept = read_arrays(self._path(key), FIELDS)
        except (OSError, ValueError):
            return None
        found = Found(*(kept[name] for name in Found._fields))
        sound = found.value.size == len(block) and np.array_equal(kept["digest"], _digest(key, found))
        return found if sound and _is_possible(found, part) else None

    def write(self, part: PairKind, block: Block, found: Found) -> None:
        """Keep a block."""
        if self.fault is not None:
            return
        key = self._key(part, block)
        try:
            write_archive(self._path(key), None, found._asdict() | {"digest": _digest(key, found)})
        except OSError as error:
            if error.errno is None:  # a TimeoutError of a signal handler
                raise
            self.fault = error

    def _key(self, part: PairKind, block: Block) -> str:
        how = f"upper-{len(block.rows)}" if block.upper else f"{len(block.rows)}x{len(block.cols)}"
        return f"{part.digest()}-{how}"

    def _path(self, key: str) -> Path:
        return self._directory / f"{key}.npz"


def _is_possible(found: Found, part: PairKind) -> bool:
    """Whether numbers may be what is asked for: between their bounds, up to rounding, and no less than they can be."""
    value, lower, upper = found
    with np.errstate(invalid="ignore", over="ignore"):  # an infinite divergence has infinite bounds
        slack = SLACK * np.where(np.isfinite(value), np.abs(value), 0.0)
        between = (lower <= value + slack) & (value - slack <= upper)
    return bool(between.all() and (value >= part.least).all())


def _digest(key: str, found: Found) -> np.ndarray:
    """Return a digest of the numbers of a block and of what they answer, as bytes."""
    state = hashlib.blake2b(key.encode(), digest_size=16)
    for numbers in found:
        state.update(np.ascontiguousarray(numbers, dtype="<f8").tobytes())
    return np.frombuffer(state.digest(), np.uint8)
