"""Clouds of weighted points, and histograms over a shared ground cost, compared by optimal transport."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from otkit._typing import BoolArray, FloatArray, IntArray
from otkit.costs import (
    Cost,
    MatrixCosts,
    PairCosts,
)
from otkit.costs.pairs import MatrixPairs, PointPairs
from otkit.many.bounds import by_axes, by_centroids, by_prices, by_references
from otkit.many.pair_kinds import FLOAT, FUNCTION, NO_TREE, OF_BATCH, OF_OPTIMUM, Found, Trees, rooted
from otkit.many.ragged import RaggedMasses, frozen
from otkit.many.small import Answers, Kept, Packed, add_up, answer_pairs, judge_pairs, rescale, solve_pairs
from otkit.many.transports import Transports
from otkit.numerics.kernel import at_once
from otkit.numerics.threads import pause, share
from otkit.problem import TransportProblem

# Problems of so many pairs of atoms go into a batch; larger ones are solved one by one, by all threads together.
SMALL = 256 * 256

# Dimensions in which bounds look at every coordinate; beyond, centroids are cheaper and as good.
_FEW_AXES = 3

# Pairs of atoms that a thread looks at between two looks at the clock: some 0.02 s.
_PORTION = 1_000_000


class CloudPairs(Transports):
    """Measures compared by W_p^p.

    `cost` holds the costs between all atoms of all measures for clouds; for histograms those between bins, and `bins`
    the bin of each atom.
    """

    proof = "float certificates"
    small = SMALL

    def __init__(
        self,
        cost: PairCosts | None,
        masses: RaggedMasses,
        bins: IntArray,
        *,
        symmetric: bool,
        p: float,
        points: Any = None,
        probability: bool = True,
    ) -> None:
        self._cost, self.masses, self._bins = cost, masses, bins
        self._points = points
        self.symmetric = symmetric
        self.p = p
        self._probability = probability
        self._packed: Packed | None = None

    @classmethod
    def of_clouds(
        cls, cost: PairCosts | None, masses: RaggedMasses, metric: Cost, points: FloatArray, p: float
    ) -> CloudPairs:
        """Compare clouds of points at a metric, of which `cost` are the costs between all; none for a function."""
        symmetric = metric.is_metric or cost is not None
        return cls(cost, masses, np.empty(0, np.int64), symmetric=symmetric, p=p, points=(metric, points))

    @classmethod
    def of_histograms(cls, weights: Sequence[FloatArray], cost: FloatArray, *, symmetric: bool, p: float) -> CloudPairs:
        """Compare histograms at given costs between their bins."""
        masses = RaggedMasses.of(weights)
        bins = np.concatenate([np.arange(each.size) for each in weights])[masses.atoms]
        return cls(MatrixCosts(np.ascontiguousarray(cost)), masses, bins, symmetric=symmetric, p=p)

    @property
    def least(self) -> float:  # type: ignore[override]  # a class attribute elsewhere
        """No cost is less: distances are not negative, but the costs between bins may be."""
        return 0.0 if self._points is not None or self._cost is None else min(0.0, self._cost.extremes()[0])

    def __len__(self) -> int:
        return self.masses.starts.size - 1

    def sizes(self) -> IntArray:
        """Return the number of atoms with mass of each measure."""
        return np.diff(self.masses.starts)

    def contents(self) -> Sequence[Any]:
        """Return what the answers depend on."""
        if self._cost is None:
            raise ValueError(FUNCTION)
        where = self._bins if self._points is None else self._points[1]
        how = self._points[0] if self._points is not None else self._cost.pairs.matrix
        return self.masses.starts, self.masses.weights, where, how, self.p

    def restrict(self, which: IntArray) -> CloudPairs:
        """Return the comparison of some of the measures."""
        places, starts = self.masses.chosen(which)
        masses = RaggedMasses(starts, self.masses.weights[places], np.arange(places.size))
        cost, bins, points = self._cost, self._bins, self._points
        if points is None:
            bins = bins[places]
        else:
            points = points[0], points[1][places]
            cost = None if cost is None else cost.restrict(places, places)
        part = CloudPairs(cost, masses, bins, symmetric=self.symmetric, p=self.p, points=points)
        part.exact = self.exact
        return part

    def problem(self, i: int, j: int) -> TransportProblem:
        """Return the transport problem between two measures, atoms without mass left out."""
        starts, weights = self.masses.starts, self.masses.weights
        rows, cols = slice(starts[i], starts[i + 1]), slice(starts[j], starts[j + 1])
        cost: PairCosts
        if self._cost is None:
            metric, points = self._points
            cost = metric.between(points[rows], points[cols], p=self.p)
        elif self._points is None:
            cost = self._cost.restrict(self._bins[rows], self._bins[cols])
        else:
            cost = self._cost.restrict(rows, cols)
        return TransportProblem(cost, weights[rows], weights[cols], probability=True)

    def bounds(self, left: int) -> FloatArray:
        """Return lower bounds of the distances of the first `left` measures to all."""
        if self._points is None:
            assert self._cost is not None
            table = self._table(self._cost.shape[0]), self._table(self._cost.shape[1])
            # W_p ≥ W_1, whether distances between bins are a metric or not.
            return by_prices((table[0][:left], table[1]), rooted(self._cost.dense(), self.p))
        metric, points = self._points
        base, norm = metric.base, metric.norm
        if self._cost is None or not base.is_metric:
            return super().bounds(left)
        bounds = by_references(points, self.masses, base, left)
        if norm is not None:
            by_norm = by_axes if points.shape[1] <= _FEW_AXES else by_centroids
            bounds = np.maximum(bounds, by_norm(points, self.masses, norm.order, left))
        return bounds * bounds if norm is not None and norm.degree == 2.0 else bounds

    def _table(self, bins: int) -> FloatArray:
        """Return shares of the bins, one histogram a row; of those measures that have such bins."""
        starts = self.masses.starts
        table = np.zeros((len(self), bins))
        owner = np.repeat(np.arange(len(self)), np.diff(starts))
        inside = self._bins < bins
        table[owner[inside], self._bins[inside]] = self.masses.weights[inside]
        totals = np.add.reduceat(self.masses.weights, starts[:-1])
        return table / totals[:, None]

    def trees(self, first: IntArray, second: IntArray) -> Trees:
        """Return room for the trees of some pairs."""
        lengths = self.sizes()[first] + self.sizes()[second] - 1
        starts = np.concatenate([[0], np.cumsum(lengths)])
        rows, cols = np.zeros((2, starts[-1]), np.int32)
        return Trees(np.full(first.size, NO_TREE, np.uint8), starts, rows, cols)

    def solve(self, first: IntArray, second: IntArray, trees: Trees | None = None) -> Found:
        """Compare pairs of measures: small ones in a batch, the others, and those to be exact, one by one."""
        found, proved = Found.empty(first.size, FLOAT), np.zeros(first.size, np.bool_)
        small = np.flatnonzero(self._small(first, second))
        if small.size:
            proved[small] = self._in_batches(solve_pairs, first, second, small, found, _kept(trees, small))
            if trees is not None:
                trees.kind[proved] = OF_BATCH
        self.solve_one_by_one(first, second, np.flatnonzero(~proved), found, trees)
        return found

    def answer_small(self, first: IntArray, second: IntArray, found: Found) -> tuple[BoolArray, Answers]:
        """Write the numbers of small pairs, no measure being in two of them; return which are proved, and the answers.

        The others have no plan, and their potentials mean nothing.
        """
        proved, small = np.zeros(first.size, np.bool_), np.flatnonzero(self._small(first, second))
        lengths = np.zeros(first.size, np.int64)
        lengths[small] = (self.sizes()[first] + self.sizes()[second] - 1)[small]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        rows, cols = np.zeros((2, starts[-1]), np.int32)
        answers = Answers(starts, rows, cols, np.zeros(starts[-1]), np.zeros(self.masses.weights.size))
        if small.size:
            answers_of_small = answers._replace(starts=starts[small])
            proved[small] = self._in_batches(answer_pairs, first, second, small, found, answers_of_small)
        return proved, answers

    def judge(self, first: IntArray, second: IntArray, trees: Trees) -> Found:
        """Return what `solve` does, from trees: those that prove nothing are not used, and their pairs are solved."""
        found, proved = Found.empty(first.size, FLOAT), np.zeros(first.size, np.bool_)
        small = np.flatnonzero((trees.kind == OF_BATCH) & self._small(first, second))
        if small.size:
            proved[small] = self._in_batches(judge_pairs, first, second, small, found, _kept(trees, small))
        exact = np.flatnonzero(trees.kind == OF_OPTIMUM)
        proved[self.judge_one_by_one(first, second, exact, found, trees)] = True
        rest = np.flatnonzero(~proved)
        if rest.size:
            found.put(rest, self.solve(first[rest], second[rest]))
        return found

    def _small(self, first: IntArray, second: IntArray) -> BoolArray:
        """Return which pairs go into a batch."""
        if self._cost is None or self.exact:
            return np.zeros(first.size, np.bool_)
        small: BoolArray = self.sizes()[first] * self.sizes()[second] <= self.small
        return small

    def _in_batches(
        self, kernel: Any, first: IntArray, second: IntArray, places: IntArray, found: Found, kept: Kept | Answers
    ) -> BoolArray:
        """Write the numbers of the pairs at some places of a list; return which are proved tight."""
        assert self._cost is not None
        packed = self._packed = self._packed or self._pack()
        first, second = first[places], second[places]
        out, proved = np.empty((first.size, 3)), np.empty(first.size, np.bool_)
        sizes = self.sizes()
        work = int((sizes[first] * sizes[second]).sum())
        step = max(1, first.size * _PORTION // max(work, 1))

        def portion(start: int, stop: int) -> None:
            for low in range(start, stop, step):
                pause()
                kernel(packed, first, second, low, min(stop, low + step), out, proved, kept)

        with at_once(work, kernel.__name__, packed.pairs):
            share(portion, first.size, step, 1 + work // 100_000)
        found.value[places], found.lower[places], found.upper[places] = out.T
        least = self._cost.least_accurate  # where powers may have underflowed, a problem by itself takes another unit
        return proved & ((out[:, 1] > 2.0**60 * least) | (least == 0.0))

    def _pack(self) -> Packed:
        assert self._cost is not None
        starts, weights, _ = self.masses
        totals = add_up(frozen(weights), frozen(starts))
        targets = np.ones(totals.size)
        if not self._probability:  # rows first, then their columns
            targets = np.tile(totals[: totals.size // 2], 2)
        shares = rescale(frozen(weights), frozen(starts), totals, targets)
        pairs = self._cost.pairs
        if isinstance(pairs, PointPairs):
            pairs = pairs._replace(x=frozen(pairs.x), y=frozen(pairs.y))
        else:
            pairs = MatrixPairs(frozen(pairs.matrix))
        return Packed(pairs, frozen(self._bins), frozen(starts), frozen(weights), shares, totals, self._probability)


def _kept(trees: Trees | None, places: IntArray) -> Kept:
    """Return where the trees of some pairs are kept, if they are."""
    none = np.empty(0, np.int32)
    return Kept(places, none, none) if trees is None else Kept(trees.starts[places], trees.rows, trees.cols)
