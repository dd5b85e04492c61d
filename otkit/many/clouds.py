"""Clouds of weighted points, and histograms over a shared ground cost, compared by optimal transport."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs import (
    Cost,
    MatrixCosts,
    PairCosts,
)
from otkit.costs.pairs import MatrixPairs, PointPairs
from otkit.many.bounds import by_axes, by_centroids, by_prices, by_references
from otkit.many.pair_kinds import FUNCTION, Found, rooted
from otkit.many.ragged import RaggedMasses, frozen
from otkit.many.small import Packed, solve_pairs
from otkit.many.transports import Transports
from otkit.numerics.kernel import at_once
from otkit.numerics.sums import accurate_sum
from otkit.numerics.threads import pause, share
from otkit.problem import TransportProblem
from otkit.problem.masses import rescaled

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

    def __init__(
        self,
        cost: PairCosts | None,
        masses: RaggedMasses,
        bins: IntArray,
        *,
        symmetric: bool,
        p: float,
        points: Any = None,
    ) -> None:
        self._cost, self._masses, self._bins = cost, masses, bins
        self._points = points
        self.symmetric = symmetric
        self.p = p
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
        return self._masses.starts.size - 1

    def sizes(self) -> IntArray:
        """Return the number of atoms with mass of each measure."""
        return np.diff(self._masses.starts)

    def contents(self) -> Sequence[Any]:
        """Return what the answers depend on."""
        if self._cost is None:
            raise ValueError(FUNCTION)
        where = self._bins if self._points is None else self._points[1]
        how = self._points[0] if self._points is not None else self._cost.pairs.matrix
        return self._masses.starts, self._masses.weights, where, how, self.p

    def restrict(self, which: IntArray) -> CloudPairs:
        """Return the comparison of some of the measures."""
        places, starts = self._masses.chosen(which)
        masses = RaggedMasses(starts, self._masses.weights[places], np.arange(places.size))
        if self._points is None:
            return CloudPairs(self._cost, masses, self._bins[places], symmetric=self.symmetric, p=self.p)
        metric, points = self._points
        cost = None if self._cost is None else self._cost.restrict(places, places)
        return CloudPairs(cost, masses, self._bins, symmetric=self.symmetric, p=self.p, points=(metric, points[places]))

    def problem(self, i: int, j: int) -> TransportProblem:
        """Return the transport problem between two measures, atoms without mass left out."""
        starts, weights = self._masses.starts, self._masses.weights
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
        bounds = by_references(points, self._masses, base, left)
        if norm is not None:
            by_norm = by_axes if points.shape[1] <= _FEW_AXES else by_centroids
            bounds = np.maximum(bounds, by_norm(points, self._masses, norm.order, left))
        return bounds * bounds if norm is not None and norm.degree == 2.0 else bounds

    def _table(self, bins: int) -> FloatArray:
        """Return shares of the bins, one histogram a row; of those measures that have such bins."""
        starts = self._masses.starts
        table = np.zeros((len(self), bins))
        owner = np.repeat(np.arange(len(self)), np.diff(starts))
        inside = self._bins < bins
        table[owner[inside], self._bins[inside]] = self._masses.weights[inside]
        totals = np.add.reduceat(self._masses.weights, starts[:-1])
        return table / totals[:, None]

    def solve(self, first: IntArray, second: IntArray) -> Found:
        """Compare pairs of measures: small ones in a batch, the others one by one."""
        found, proved = np.empty((first.size, 3)), np.zeros(first.size, np.bool_)
        pairs = self.sizes()[first] * self.sizes()[second]
        small = np.flatnonzero(pairs <= SMALL) if self._cost is not None else np.empty(0, np.int64)
        if small.size:
            proved[small] = self._solve_small(first[small], second[small], found, small)
            assert self._cost is not None
            least = (
                self._cost.least_accurate
            )  # where powers may have underflowed, a problem by itself takes another unit
            proved[small] &= (found[small, 1] > 2.0**60 * least) | (least == 0.0)
        answers = Found(*found.T)
        self.solve_one_by_one(first, second, np.flatnonzero(~proved), answers)
        return answers

    def _solve_small(self, first: IntArray, second: IntArray, found: FloatArray, places: IntArray) -> Any:
        packed = self._packed = self._packed or self._pack()
        out, proved = np.empty((first.size, 3)), np.empty(first.size, np.bool_)
        sizes = self.sizes()
        work = int((sizes[first] * sizes[second]).sum())
        step = max(1, first.size * _PORTION // max(work, 1))

        def portion(start: int, stop: int) -> None:
            for low in range(start, stop, step):
                pause()
                solve_pairs(packed, first, second, low, min(stop, low + step), out, proved)

        with at_once(work, "pairs of clouds", packed.pairs):
            share(portion, first.size, step, 1 + work // 100_000)
        found[places] = out
        return proved

    def _pack(self) -> Packed:
        assert self._cost is not None
        starts, weights, _ = self._masses
        measures = [frozen(weights[start:stop]) for start, stop in pairwise(starts)]
        totals = [accurate_sum(each) for each in measures]
        shares = np.concatenate([rescaled(each, total, 1.0) for each, total in zip(measures, totals, strict=True)])
        pairs = self._cost.pairs
        if isinstance(pairs, PointPairs):
            pairs = pairs._replace(x=frozen(pairs.x), y=frozen(pairs.y))
        else:
            pairs = MatrixPairs(frozen(pairs.matrix))
        return Packed(pairs, frozen(self._bins), frozen(starts), frozen(weights), shares, np.array(totals))
