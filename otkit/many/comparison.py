"""What is asked of many measures: the one contract of clouds, histograms, samples on the line, and divergences."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from otkit import __version__
from otkit._typing import FloatArray, IntArray


class Names(NamedTuple):
    """What to call the measures of a comparison: its first `left` are `measures`, the others `others`."""

    left: int

    def __call__(self, k: int) -> str:
        return f"measures[{k}]" if k < self.left else f"others[{k - self.left}]"


class Found(NamedTuple):
    """Numbers of some pairs, and bounds between which the truth lies."""

    value: FloatArray
    lower: FloatArray
    upper: FloatArray


class Comparison(ABC):
    """Measures, numbered from 0, and how two of them are compared.

    What a pair gives depends on nothing but the pair: neither on the pairs that are asked for beside it, nor on the
    measures that are there beside it, nor on threads or processes.

    Attributes
    ----------
    symmetric : bool
        Whether d(i, j) = d(j, i), and d(i, i) = 0.
    p : float
        The number asked for is the p-th root of what `solve` finds.
    proof : str
        In words, what the bounds are.
    """

    symmetric: bool
    p: float = 1.0
    proof: str

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of measures."""

    @abstractmethod
    def solve(self, first: IntArray, second: IntArray) -> Found:
        """Compare the measures ``first[k]`` and ``second[k]``.

        Raises
        ------
        PairError
            A pair that fails, by its two numbers.
        """

    @abstractmethod
    def restrict(self, which: IntArray) -> Comparison:
        """Return the comparison of some of the measures, with copies of these alone."""

    @abstractmethod
    def contents(self) -> Sequence[Any]:
        """Return all that the answers depend on: arrays, and what `repr` tells fully."""

    @abstractmethod
    def sizes(self) -> IntArray:
        """Return the number of atoms of each measure."""

    def digest(self) -> str:
        """Return a digest of what is compared, and how."""
        state = hashlib.blake2b(f"otkit {__version__} {type(self).__name__}".encode(), digest_size=16)
        for item in self.contents():
            if isinstance(item, np.ndarray):
                state.update(f"{item.dtype} {item.shape}".encode())
                state.update(np.ascontiguousarray(item).data)
            else:
                state.update(repr(item).encode())
        return state.hexdigest()


class PairError(Exception):
    """What went wrong with a pair.

    Attributes
    ----------
    pair : tuple of two ints
    error : Exception
    """

    def __init__(self, pair: tuple[int, int], error: Exception) -> None:
        super().__init__(pair, error)
        self.pair = pair
        self.error = error
