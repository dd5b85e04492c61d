"""From a part of a problem, some rows and columns that hold all the mass, back to the whole."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.checker.error_bounds import search_error
from otkit.costs import PairCosts
from otkit.costs.sparse import as_prices
from otkit.numerics.threads import Stopped
from otkit.problem import TransportProblem
from otkit.solvers.candidate import Candidate


class Part(NamedTuple):
    """A problem on some rows and columns of the whole that hold all its mass, in an order of their own.

    `rows` and `cols` are asked for only where it is not the whole as it stands.
    """

    whole: TransportProblem
    problem: TransportProblem
    rows: IntArray
    cols: IntArray

    @property
    def is_whole(self) -> bool:
        """Whether all rows and columns are there, as they stand."""
        return self.problem is self.whole

    def lifted(self, found: Candidate) -> Candidate:
        """Return an answer to the part as one to the whole."""
        return found if self.is_whole else _lifted(self.whole, self.rows, self.cols, found)


_NONE = np.empty(0, np.int64)


def part_of(problem: TransportProblem, rows: IntArray, cols: IntArray) -> Part:
    """Return some rows and columns, each once."""
    return Part(problem, problem.restrict(rows, cols), rows, cols)


def part_with_mass(problem: TransportProblem, a: FloatArray, b: FloatArray) -> Part:
    """Return the rows and columns that carry mass."""
    if np.count_nonzero(a) + np.count_nonzero(b) == sum(problem.shape):
        return Part(problem, problem, _NONE, _NONE)
    return part_of(problem, np.flatnonzero(a), np.flatnonzero(b))


def part_in_order(problem: TransportProblem) -> Part:
    """Return all points on the line in ascending order."""
    return part_of(problem, *problem.cost.line_order)


def _lifted(problem: TransportProblem, rows: IntArray, cols: IntArray, part: Candidate) -> Candidate:
    """Bring an answer on some rows and columns back to the whole; the others get potentials by c-transform."""
    n, m = problem.shape
    f: FloatArray = np.empty(n)
    f[rows] = part.f
    if rows.size < n:
        idle_rows = _others(rows, n)
        try:
            cost = problem.cost.restrict(idle_rows, cols)
            f[idle_rows] = _feasible(cost, as_prices(cost.row_minima(part.g)[0]), part.g, 0)
        except Stopped:  # no time for a sweep: feasible all the same
            f[idle_rows] = np.nextafter(problem.cost.floor - part.g.max(), -np.inf)
    g: FloatArray = np.empty(m)
    g[cols] = part.g
    if cols.size < m:
        idle_cols = _others(cols, m)
        try:
            cost = problem.cost.restrict(slice(None), idle_cols)
            g[idle_cols] = _feasible(cost, f, as_prices(cost.column_minima(f)[0]), 1)
        except Stopped:
            g[idle_cols] = np.nextafter(problem.cost.floor - f.max(), -np.inf)
    plan = rows.take(part.rows), cols.take(part.cols)
    basis = part.basis
    if basis is not None:
        same = basis[0] is part.rows and basis[1] is part.cols
        basis = plan if same else (rows.take(basis[0]), cols.take(basis[1]))
    return Candidate(*plan, part.mass, f, g, basis, part.state, part.stats)


def _feasible(cost: PairCosts, f: FloatArray, g: FloatArray, side: int) -> FloatArray:
    """Lower what are minima of fl(c − g), or of fl(c − f), to prices that overprice no pair, in real numbers.

    Such a minimum exceeds that of c − g by less than a unit in its last place, if at all; minima that were searched, on
    a long line, by a little more.
    """
    prices, missed = (f, g)[side], search_error(cost, f, g)
    if missed > 0.0:
        return np.nextafter(prices - 2.0 * missed, -np.inf)
    above = cost.slack_minima(f, g)[side] < 0.0
    return np.where(above, np.nextafter(prices, -np.inf), prices)


def _others(some: IntArray, size: int) -> IntArray:
    """Return the numbers below `size` that are not among some."""
    other = np.ones(size, np.bool_)
    other[some] = False
    return np.flatnonzero(other)


def between_masses(problem: TransportProblem, rows: IntArray, cols: IntArray) -> tuple[IntArray, IntArray]:
    """Return those of the arcs that join points with mass."""
    if problem.a.all() and problem.b.all():
        return rows, cols
    kept = (problem.a[rows] > 0.0) & (problem.b[cols] > 0.0)
    return rows[kept], cols[kept]
