"""Samples on the line: each is sorted once, and then every pair takes one pass over two sorted lists."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from otkit._typing import BoolArray, FloatArray, IntArray
from otkit.checker.audit import RELATIVE_GAP
from otkit.checker.error_bounds import summed_up
from otkit.costs import Cost
from otkit.costs.pairs import IEEE_EXPONENTS, power
from otkit.many.integrals import WIDTH, mean_power, quantile_integral, write_levels
from otkit.many.pair_kinds import EXACT, FLOAT, Found, Trees
from otkit.many.ragged import RaggedMasses, frozen
from otkit.many.small import Answers, add_up, rescale
from otkit.many.transports import Transports
from otkit.numerics.floats import EPS, LEAST, SMALLEST
from otkit.numerics.jit import njit
from otkit.numerics.kernel import at_once
from otkit.numerics.threads import pause, share
from otkit.problem import TransportProblem

# Atoms that a thread passes between two looks at the clock: some 0.02 s.
_PORTION = 5_000_000


class OnLine(Transports):
    """Samples on the line, each sorted, compared by W_p^p."""

    symmetric = True
    proof = "real-valued |x − y|^p (Monge property), rounding bounded"
    atoms_of_block = 200_000

    def __init__(self, metric: Cost, points: FloatArray, masses: RaggedMasses, p: float) -> None:
        self._metric, self._points, self.masses = metric, points, masses
        self.p = p
        order = np.concatenate(
            [start + np.argsort(points[start:stop], kind="stable") for start, stop in pairwise(masses.starts)]
        )
        weights = masses.weights[order]
        levels = np.empty(points.size)
        equal = np.empty(len(self), np.bool_)
        for k, (start, stop) in enumerate(pairwise(masses.starts)):
            equal[k] = bool((weights[start:stop] == weights[start]).all())
            largest = math.frexp(float(weights[start:stop].max()))[1]
            write_levels(np.ldexp(weights[start:stop], -largest), levels[start:stop])
        self._order = order
        self._sorted = points[order], levels, equal

    def __len__(self) -> int:
        return self.masses.starts.size - 1

    def sizes(self) -> IntArray:
        """Return the number of atoms with mass of each measure."""
        return np.diff(self.masses.starts)

    def contents(self) -> Sequence[Any]:
        """Return what the answers depend on."""
        return self.masses.starts, self.masses.weights, self._points, self._metric, self.p

    def restrict(self, which: IntArray) -> OnLine:
        """Return the comparison of some of the measures."""
        places, starts = self.masses.chosen(which)
        masses = RaggedMasses(starts, self.masses.weights[places], np.arange(places.size))
        part = OnLine(self._metric, self._points[places], masses, self.p)
        part.exact = self.exact
        return part

    def problem(self, i: int, j: int) -> TransportProblem:
        """Return the transport problem between two measures, atoms without mass left out."""
        (rows, a), (cols, b) = (
            (self._points[part], self.masses.weights[part])
            for part in (slice(*self.masses.starts[k : k + 2]) for k in (i, j))
        )
        return TransportProblem(self._metric.between(rows, cols, p=self.p), a, b, probability=True)

    def solve(self, first: IntArray, second: IntArray, trees: Trees | None = None) -> Found:
        """Compare pairs of measures."""
        if self.exact:
            found = Found.empty(first.size, EXACT)
            self.solve_one_by_one(first, second, np.arange(first.size), found)
            return found
        found, proved = self.in_floats(first, second)
        self.solve_one_by_one(first, second, np.flatnonzero(~proved), found)
        return found

    def in_floats(self, first: IntArray, second: IntArray) -> tuple[Found, BoolArray]:
        """Return what one pass tells, and of which pairs that is enough."""
        found = self.integrals(first, second)
        lost = SMALLEST * 2.0**60 if self._degree() > 1.0 else 0.0  # below, powers may have underflowed
        return found, (found.upper - found.lower <= RELATIVE_GAP * found.value) & (found.value >= lost)

    def answers(self) -> Answers:
        """Return plans and potentials between each measure of the first half and its partner in the second."""
        points, starts = frozen(self._points), frozen(self.masses.starts)
        order = frozen(self._order)
        totals = add_up(frozen(self.masses.weights), starts)
        shares = rescale(frozen(self.masses.weights), starts, totals, np.ones(totals.size))
        count = len(self) // 2
        entries = np.concatenate([[0], np.cumsum(self.sizes()[:count] + self.sizes()[count:] - 1)])
        rows, cols = np.zeros((2, entries[-1]), np.int32)
        answers = Answers(entries, rows, cols, np.zeros(entries[-1]), np.zeros(points.size))
        with at_once(points.size, "plans on the line"):
            _walk_pairs(points, order, shares, starts, self._degree(), answers)
        return answers

    def integrals(self, first: IntArray, second: IntArray) -> Found:
        """Return what one pass over both sorted lists tells; bounds are wide where measures are all but equal."""
        points, levels, equal = map(frozen, self._sorted)
        starts, p = frozen(self.masses.starts), self._degree()
        out = np.empty((3, first.size))
        first, second = np.ascontiguousarray(first), np.ascontiguousarray(second)
        work = int((self.sizes()[first] + self.sizes()[second]).sum())
        step = max(1, first.size * _PORTION // max(work, 1))

        def portion(low: int, high: int) -> None:
            for start in range(low, high, step):
                pause()
                _integrate_pairs(points, levels, equal, starts, p, first, second, start, min(high, start + step), out)

        with at_once(work, "pairs of samples"):
            share(portion, first.size, step, 1 + work // 500_000)
        return Found(out[0], out[1], out[2], np.full(first.size, FLOAT, np.uint8))

    def bounds(self, left: int) -> FloatArray:
        """Return lower bounds of the distances of the first `left` measures to all: how far their means are apart."""
        means = np.array(
            [
                np.average(self._points[start:stop], weights=self.masses.weights[start:stop])
                for start, stop in pairwise(self.masses.starts)
            ]
        )
        reach = float(np.abs(self._points).max())
        off = 8.0 * EPS * (float(self.sizes().max()) + 64.0) * reach
        apart = np.maximum(np.abs(means[:left, None] - means) - off, 0.0)
        return apart ** (self._degree() / self.p)

    def _degree(self) -> float:
        """Return the power of |x − y| that the cost is."""
        line = self._metric.between([0.0], [1.0], p=self.p).line()
        assert line is not None
        return line.p


@njit
def _integrate_pairs(
    points: FloatArray,
    levels: FloatArray,
    equal: BoolArray,
    starts: IntArray,
    p: float,
    first: IntArray,
    second: IntArray,
    start: int,
    stop: int,
    out: FloatArray,
) -> None:
    """Write value and bounds for the pairs start … stop of a list."""
    terms = np.empty(WIDTH)
    roundings = 2.0 * p + 2.0 if p in IEEE_EXPONENTS else 2.0 * p + 18.0
    for k in range(start, stop):
        i, j = first[k], second[k]
        rows, cols = slice(starts[i], starts[i + 1]), slice(starts[j], starts[j + 1])
        x, y = points[rows], points[cols]
        if equal[i] and equal[j] and x.size == y.size:
            value = mean_power(x, y, p, terms)
            high, low, doubt = value, 0.0, 0.5 * EPS * (roundings + 16.0) * value
            if value > 0.0 or p != 1.0:
                doubt += 8.0 * LEAST
        else:
            high, low, doubt = quantile_integral(x, y, levels[rows], levels[cols], p, roundings)
            value = high + low
        out[0, k], out[2, k] = value, summed_up(high, low, doubt)
        out[1, k] = max(0.0, -summed_up(-high, -low, doubt))


@njit
def _walk_pairs(
    points: FloatArray, order: IntArray, shares: FloatArray, starts: IntArray, p: float, answers: Answers
) -> None:
    """Write the plan along both sorted lists, and the potentials that are tight along it, for k and its partner.

    Where a row and a column are used up at once, the plan goes on by an entry without mass.
    """
    count = answers.starts.size - 1
    for k in range(count):
        first, second = starts[k], starts[count + k]
        n, m = starts[k + 1] - first, starts[count + k + 1] - second
        i, j = order[first], order[second]
        row, col = 0, 0
        left, missing = shares[i], shares[j]
        answers.prices[i], answers.prices[j] = 0.0, power(abs(points[i] - points[j]), p)
        for t in range(answers.starts[k], answers.starts[k + 1]):
            shipped = min(left, missing)
            answers.rows[t], answers.cols[t], answers.mass[t] = i - first, j - second, shipped
            left, missing = left - shipped, missing - shipped
            if row + 1 < n and (left <= 0.0 or col + 1 == m):
                row += 1
                i = order[first + row]
                left = shares[i]
                answers.prices[i] = power(abs(points[i] - points[j]), p) - answers.prices[j]
            elif col + 1 < m:
                col += 1
                j = order[second + col]
                missing = shares[j]
                answers.prices[j] = power(abs(points[i] - points[j]), p) - answers.prices[i]
