"""Nearest neighbours, with most pairs ruled out by bounds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from otkit._typing import ArrayLike, BoolArray, FloatArray, IntArray
from otkit.costs import Cost
from otkit.divergences.generators import FDivergence
from otkit.inputs.checks import as_count
from otkit.inputs.frames import NOTHING, Missing, Reading
from otkit.io.results import Result
from otkit.many.all_pairs import raise_named
from otkit.many.bounds import CAUTION
from otkit.many.pair_kinds import NONE, Found, Names, PairError, PairKind, in_words, rooted
from otkit.many.reading import as_comparison
from otkit.numerics.compiling import clock
from otkit.numerics.threads import threads as sharing_threads
from otkit.solvers.monitor import Monitor, Progress
from otkit.solvers.waiting import waiting

# Candidates of each row that are solved before rows look again at who is left.
_AT_ONCE = 4


@dataclass(frozen=True, eq=False, repr=False)
class NearestResult(Result):
    """The nearest neighbours of some measures.

    Attributes
    ----------
    indices : ndarray, shape (n, k)
        Numbers of the neighbours, the nearest first; of equally near ones, the lowest number first.
    distances, lower, upper : ndarray, shape (n, k)
        Their distances, with proved bounds.
    proof_codes : ndarray of uint8, shape (n, k)
        How each is proved, as a number; `proof` says it in words.
    solved, pairs : int
        How many pairs were solved, of how many that there are: all others are proved to be farther away.
    seconds : float
        Wall-clock time, without the compiler's.
    reading : Reading
        How the measures were read, in words.
    names : Names
        What the measures and the others are called, as in `PairwiseResult`.
    own : bool
        Whether the neighbours are other measures, and not `others`.
    """

    _fields_of_dict = ("indices", "distances", "lower", "upper", "proof", "solved", "pairs", "seconds", "names")

    indices: IntArray
    distances: FloatArray
    lower: FloatArray
    upper: FloatArray
    proof_codes: Any
    solved: int
    pairs: int
    seconds: float
    names: Names
    own: bool
    reading: Reading = NOTHING

    @property
    def proof(self) -> Any:
        """How each distance is proved, an array of the words of `PairwiseResult.proof`."""
        return in_words(self.proof_codes)

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row for each measure and each of its neighbours, the nearest first.

        Examples
        --------
        >>> import otkit
        >>> found = otkit.nearest({"rye": [0.0, 1.0], "oats": [0.0, 2.0], "bran": [9.0]}, k=1)
        >>> found.to_frame()[["measure", "neighbour"]]
          measure neighbour
        0     rye      oats
        1    oats       rye
        2    bran      oats
        """
        import pandas as pd

        n, k = self.indices.shape
        others = self.names.measures if self.own else self.names.others
        rows = np.repeat(np.arange(n), k)
        found = {
            "measure": rows if self.names.measures is None else self.names.measures.index.take(rows),
            "rank": np.tile(np.arange(1, k + 1), n),
            "neighbour": self.indices.ravel() if others is None else others.index.take(self.indices.ravel()),
        }
        for name in ("distances", "lower", "upper"):
            found[name.removesuffix("s")] = getattr(self, name).ravel()
        found["proof"] = self.proof.ravel()
        return pd.DataFrame(found)

    def __str__(self) -> str:
        n, k = self.indices.shape
        return self.reading.added_to(
            f"{k} nearest neighbours of {n} measures in {self.seconds:.3g} s; "
            f"{self.solved:,} of {self.pairs:,} pairs solved, the others ruled out"
        )

    def __repr__(self) -> str:
        return f"NearestResult({self})"


def nearest(
    measures: Any,
    others: Any = None,
    *,
    k: int = 5,
    p: float = 1,
    metric: str | Cost | Callable[[FloatArray, FloatArray], float] = "euclidean",
    ground_cost: ArrayLike | None = None,
    distance: str | FDivergence | Callable[[Any, Any], Any] = "wasserstein",
    missing: Missing = "raise",
    threads: int | None = None,
    proof: Literal["auto", "exact"] = "auto",
    progress: bool | Callable[[Progress], None] = False,
) -> NearestResult:
    """Return the k nearest neighbours of each measure, those that all pairs would give, without solving all pairs.

    Lower bounds (coordinates taken one by one, centroids, mean distances to references, prices that hold for all pairs
    at once) rule out whoever can't be among the k nearest; candidates are solved from the most promising on. Of
    digits, one pair in ten is solved or fewer.

    Parameters
    ----------
    measures, others, p, metric, ground_cost, distance, missing, threads, proof, progress
        As in `otkit.pairwise`. Neighbours are among `others`; without these, among the other measures. For distances
        other than "wasserstein", and costs that are no metric between points, there are no bounds, and all pairs are
        solved.
    k : int, default 5
        Number of neighbours.

    Returns
    -------
    NearestResult
        `indices`, `distances`, and how many pairs were solved.

    Raises
    ------
    ValueError, TypeError, NotConvergedError
        As in `otkit.pairwise`; or there are fewer than k candidates.

    See Also
    --------
    pairwise : all distances.

    Examples
    --------
    >>> import otkit
    >>> clouds = [[0.0, 1.0], [0.0, 2.0], [5.0, 6.0], [5.0, 7.0, 9.0]]
    >>> otkit.nearest(clouds, k=1).indices.ravel().tolist()
    [1, 0, 3, 2]
    """
    began = clock()
    comparison, names = as_comparison(
        measures, others, p=p, metric=metric, ground_cost=ground_cost, distance=distance, missing=missing, proof=proof
    )
    left = names.left
    k = as_count(k, "k")
    own = len(comparison) == left
    candidates = left - 1 if own else len(comparison) - left
    if k > candidates:
        raise ValueError(f"k must be at most {candidates}, the number of candidates, but k = {k} was given.")
    shown = waiting("nearest neighbours") if progress is True else nullcontext(progress or None)
    sharing = nullcontext() if threads is None else sharing_threads(threads)
    with sharing, shown as report:
        try:
            search = _Search(comparison, left, k)
            search.run(Monitor(report))
        except PairError as error:
            raise_named(error, names)
    indices = search.neighbours()
    numbers = Found(*(np.take_along_axis(table, indices, axis=1) for table in search.tables))
    pairs = left * candidates // 2 if own and comparison.symmetric else left * candidates
    seconds = clock() - began
    return NearestResult(indices, *numbers, search.solved, pairs, seconds, names, own, comparison.reading)


class _Search:
    """Rows of candidates, each in the order of its bounds, and what is solved of them.

    Attributes
    ----------
    tables : Found
        Distances, their bounds and proofs, infinite where nothing is solved.
    solved : int
    """

    def __init__(self, comparison: PairKind, left: int, k: int) -> None:
        self._comparison, self._k = comparison, k
        own = len(comparison) == left
        self._offset = 0 if own else left
        self._mirrored = own and comparison.symmetric
        bounds = comparison.bounds(left)[:, self._offset :] * CAUTION
        bounds[np.isnan(bounds)] = -np.inf
        if own:
            np.fill_diagonal(bounds, np.inf)
        self._order = np.argsort(bounds, axis=1, kind="stable")
        self._bounds = np.take_along_axis(bounds, self._order, axis=1)
        self.tables = Found.empty(bounds.shape, NONE)
        for table in self.tables[:3]:
            table.fill(np.inf)
        self._done: BoolArray = np.zeros(bounds.shape, np.bool_)
        if own:
            np.fill_diagonal(self._done, True)
        self.solved = 0

    def run(self, monitor: Monitor) -> None:
        """Solve candidates until no row has one left that may be nearer than its k-th neighbour."""
        n, m = self._bounds.shape
        place = np.zeros(n, np.int64)
        open_rows = np.arange(n)
        at_once = self._k  # before anything is ruled out
        while open_rows.size:
            farthest = np.partition(self.tables[0][open_rows], self._k - 1, axis=1)[:, self._k - 1]
            rows, cols = [], []
            for step in range(at_once):
                where = place[open_rows] + step
                inside = where < m
                row = open_rows[inside]
                near = self._bounds[row, where[inside]] <= farthest[inside]
                row, where = row[near], where[inside][near]
                rows.append(row)
                cols.append(self._order[row, where])
                if step == 0:
                    left = row
            place[left] += at_once
            open_rows, at_once = left, _AT_ONCE
            self._solve(np.concatenate(rows), np.concatenate(cols))
            monitor.tick(f"{self.solved:,} pairs solved, {open_rows.size:,} measures to go")

    def _solve(self, rows: IntArray, cols: IntArray) -> None:
        """Solve those of the pairs that are not solved yet."""
        fresh = ~self._done[rows, cols]
        rows, cols = rows[fresh], cols[fresh]
        if self._mirrored:
            rows, cols = np.minimum(rows, cols), np.maximum(rows, cols)
        keys = np.unique(rows * self._done.shape[1] + cols)
        rows, cols = np.divmod(keys, self._done.shape[1])
        if not rows.size:
            return
        found, p = self._comparison.solve(rows, cols + self._offset), self._comparison.p
        distances = rooted(found.value, p)
        lower = np.minimum(rooted(found.lower, p, -np.inf), distances)
        upper = np.maximum(rooted(found.upper, p, np.inf), distances)
        for table, values in zip(self.tables, (distances, lower, upper, found.proof), strict=True):
            table[rows, cols] = values
            if self._mirrored:
                table[cols, rows] = values
        self._done[rows, cols] = True
        if self._mirrored:
            self._done[cols, rows] = True
        self.solved += rows.size

    def neighbours(self) -> IntArray:
        """Return the numbers of the k nearest of each row."""
        distances = self.tables[0].copy()
        if self._offset == 0:
            np.fill_diagonal(distances, np.nan)  # behind infinity
        return np.argsort(distances, axis=1, kind="stable")[:, : self._k]
