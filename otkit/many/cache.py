"""Finished blocks on disk, so that a run that was interrupted goes on where it was.

A file is named by a digest of the measures and of how they are compared, and holds a digest of its own numbers: what
was damaged, or belongs to another question, is not taken, and neither is what can't be so (a distance outside its
bounds, or a negative one). That is no proof: who can write to the directory can write numbers that look right.

So numbers from a file are believed nothing. Beside them it holds the trees that prove them, where there are any: a tree
gives plan and prices, and these are judged anew, which takes a fraction of the time that the solver took. Where nothing
proves a number faster than it is found (on the line, of a divergence), it is found again. Only those who ask for it get
the numbers as they are stored, and are told so.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from otkit.io.archives import Field, read_arrays, write_archive
from otkit.many.pair_kinds import STORED, Found, PairKind, Trees

if TYPE_CHECKING:
    from otkit.many.blocks import Block

# A value is that of a plan, whose sums are rounded; its bounds are about the exact ones.
SLACK = 1e-9

# An f-divergence may be infinite, and so may its bounds: numbers are looked at by `_is_possible`.
NUMBERS, ARCS = ("value", "lower", "upper"), ("kind", "rows", "cols")
FIELDS = {name: Field(("pairs",), finite=False) for name in NUMBERS} | {
    "digest": Field(("digits",), "index"),
    "kind": Field(("pairs",), "index", wanted=False),
    "rows": Field(("arcs",), "index", wanted=False),
    "cols": Field(("arcs",), "index", wanted=False),
}


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

    def read(self, part: PairKind, block: Block) -> tuple[Found, Trees | None] | None:
        """Return what is on disk for a block, None if there is nothing of use: then it is solved, and replaced."""
        key = self._key(part, block)
        try:
            kept = read_arrays(self._path(key), FIELDS)
        except (OSError, ValueError):
            return None
        proof = np.full(kept["value"].size, STORED, np.uint8)
        found = Found(kept["value"], kept["lower"], kept["upper"], proof)
        room = part.trees(*block.pairs())
        trees = None
        if room is not None and all(name in kept for name in ARCS):
            kind, rows, cols = (kept[name].astype(getattr(room, name).dtype) for name in ARCS)
            trees = Trees(kind, room.starts, rows, cols)
            if kind.size != len(block) or rows.size != room.rows.size:
                return None
        sound = found.value.size == len(block) and np.array_equal(kept["digest"], _digest(key, found, trees))
        return (found, trees) if sound and _is_possible(found, part) else None

    def write(self, part: PairKind, block: Block, found: Found, trees: Trees | None) -> None:
        """Keep a block, and the trees by which it is proved again."""
        if self.fault is not None:
            return
        key = self._key(part, block)
        arrays = {name: getattr(found, name) for name in NUMBERS} | {"digest": _digest(key, found, trees)}
        if trees is not None:
            arrays |= {name: _small_integers(getattr(trees, name)) for name in ARCS}
        try:
            write_archive(self._path(key), None, arrays)
        except OSError as error:
            if error.errno is None:  # a TimeoutError of a signal handler
                raise
            self.fault = error

    def _key(self, part: PairKind, block: Block) -> str:
        how = f"upper-{len(block.rows)}" if block.upper else f"{len(block.rows)}x{len(block.cols)}"
        return f"{part.digest()}-{how}"

    def _path(self, key: str) -> Path:
        return self._directory / f"{key}.npz"


def _small_integers(values: Any) -> Any:
    """Return whole numbers in the smallest type that holds them."""
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))


def _is_possible(found: Found, part: PairKind) -> bool:
    """Whether numbers may be what is asked for: between their bounds, up to rounding, and no less than they can be."""
    value, lower, upper, _ = found
    with np.errstate(invalid="ignore", over="ignore"):  # an infinite divergence has infinite bounds
        slack = SLACK * np.where(np.isfinite(value), np.abs(value), 0.0)
        between = (lower <= value + slack) & (value - slack <= upper)
    return bool(between.all() and (value >= part.least).all())


def _digest(key: str, found: Found, trees: Trees | None) -> np.ndarray:
    """Return a digest of what is kept of a block and of what it answers, as bytes."""
    state = hashlib.blake2b(key.encode(), digest_size=16)
    for numbers in found[:3]:
        state.update(np.ascontiguousarray(numbers, dtype="<f8").tobytes())
    for name in ARCS if trees is not None else ():
        state.update(np.ascontiguousarray(getattr(trees, name), dtype="<i4").tobytes())
    return np.frombuffer(state.digest(), np.uint8)
