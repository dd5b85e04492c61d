"""What is asked of many measures: the one contract of clouds, histograms, samples on the line, and divergences."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.inputs.frames import NOTHING, Reading
from otkit.inputs.labels import Labels
from otkit.numerics.floats import EPS
from otkit.numerics.pickling import Whole

# What a block on disk holds; what it says is proved, whichever version has written it.
FORMAT = "otkit-block-3"


class Names(NamedTuple):
    """What to call the measures of a comparison: its first `left` are `measures`, the others `others`.

    Attributes
    ----------
    left : int
    measures, others : Labels, optional
        Their own names: keys of a dictionary, or an index.
    """

    left: int
    measures: Labels | None = None
    others: Labels | None = None

    def __call__(self, k: int) -> str:
        """Return the name of the k-th of all measures, as one writes it."""
        side, labels, place = (
            ("measures", self.measures, k) if k < self.left else ("others", self.others, k - self.left)
        )
        return f"{side}[{place if labels is None else labels.quoted(place)}]"


# How numbers are proved, by a code of one byte, since a table may have a hundred million.
PROOFS = ("none", "stored", "float", "exact")
NONE, STORED, FLOAT, EXACT = range(4)


def in_words(codes: Any) -> Any:
    """Return an array of the words that stand for codes of `PROOFS`."""
    return np.array(PROOFS)[codes]


class Found(NamedTuple):
    """Numbers of some pairs, bounds between which the truth lies, and the codes in `PROOFS` of how that is proved."""

    value: FloatArray
    lower: FloatArray
    upper: FloatArray
    proof: Any

    @classmethod
    def empty(cls, shape: int | tuple[int, ...], proof: int) -> Found:
        """Return tables of a shape, zero but for the proof."""
        return cls(np.zeros(shape), np.zeros(shape), np.zeros(shape), np.full(shape, proof, np.uint8))

    def put(self, places: Any, found: Found) -> None:
        """Write what was found for some of the pairs."""
        for table, values in zip(self, found, strict=True):
            table[places] = values


# What a tree proves: nothing, since there is none; bounds in floats; the optimum in exact arithmetic.
NO_TREE, OF_BATCH, OF_OPTIMUM = range(3)


class Trees(NamedTuple):
    """Spanning trees of some pairs, laid end to end, by which their numbers are proved once more.

    Attributes
    ----------
    kind : ndarray
        What each proves, one of the numbers above.
    starts : ndarray
        Where the arcs of each begin.
    rows, cols : ndarray
        The atoms that an arc joins, numbered within their measures.
    """

    kind: Any
    starts: IntArray
    rows: Any
    cols: Any


class PairKind(ABC):
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
        In words, what the bounds in floats are.
    exact : bool
        Whether every number is to be proved in exact arithmetic.
    least : float
        No number is less.
    atoms_of_block : int
        How many atoms the measures of a block may have, for it to take a fraction of a second.
    reading : Reading
        How the measures were read, in words.
    """

    symmetric: bool
    p: float = 1.0
    proof: str
    exact: bool = False
    least: float = 0.0
    atoms_of_block = 3000
    reading: Reading = NOTHING

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of measures."""

    @abstractmethod
    def solve(self, first: IntArray, second: IntArray, trees: Trees | None = None) -> Found:
        """Compare the measures ``first[k]`` and ``second[k]``, and keep the trees that prove what was found.

        Raises
        ------
        PairError
            A pair that fails, by its two numbers.
        """

    def trees(self, first: IntArray, second: IntArray) -> Trees | None:
        """Return room for the trees of some pairs; None where nothing proves a number faster than it is found."""
        return None

    def judge(self, first: IntArray, second: IntArray, trees: Trees) -> Found:
        """Return what `solve` does from the trees that it has kept, of which nothing is believed."""
        raise NotImplementedError

    @abstractmethod
    def restrict(self, which: IntArray) -> PairKind:
        """Return the comparison of some of the measures, with copies of these alone."""

    @abstractmethod
    def contents(self) -> Sequence[Any]:
        """Return all that the answers depend on: arrays, and what `repr` tells fully.

        Raises
        ------
        ValueError
            They depend on a Python function.
        """

    @abstractmethod
    def sizes(self) -> IntArray:
        """Return the number of atoms of each measure."""

    def bounds(self, left: int) -> FloatArray:
        """Return lower bounds of the distances of the first `left` measures to all; −∞ where nothing is known."""
        return np.full((left, len(self)), -np.inf)

    def digest(self) -> str:
        """Return a digest of what is compared, and how."""
        kind = f"{FORMAT} {type(self).__name__}{' exact' if self.exact else ''}"
        state = hashlib.blake2b(kind.encode(), digest_size=16)
        for item in self.contents():
            if isinstance(item, np.ndarray):
                state.update(f"{item.dtype} {item.shape}".encode())
                state.update(np.ascontiguousarray(item).data)
            else:
                state.update(repr(item).encode())
        return state.hexdigest()


FUNCTION = (
    "cache_dir must be left out for a Python function: what is on disk could not be told from what another one gives."
)


class PairError(Whole, Exception):
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


def rooted(value: FloatArray, p: float, direction: float = 0.0) -> FloatArray:
    """Return the p-th roots of non-negative numbers (p = 1: of any), rounded towards `direction` where it is ±inf.

    A square root is off by one rounding; the machine's library by less than 4 units in the last place.
    """
    if p == 1.0:
        return value
    value = np.maximum(value, 0.0)
    root = np.sqrt(value) if p == 2.0 else value ** (1.0 / p)
    if not direction:
        return root
    if p != 2.0:  # 1/p is rounded, too, which costs |log value| / p roundings
        with np.errstate(divide="ignore"):
            doubt = (8.0 + np.abs(np.where(value > 0.0, np.log(value), 0.0)) / p) * EPS
        root = root * (1.0 + np.copysign(doubt, direction))
    return np.maximum(np.where(value > 0.0, np.nextafter(root, direction), root), 0.0)
