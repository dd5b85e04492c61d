"""The bottleneck problem: the least t such that a plan lives on pairs that cost at most t, found by largest flows.

Whether a plan fits under a limit is a question of a largest flow. Limits are halved between one under which no plan
fits and one under which a plan does, as R. S. Garfinkel and M. R. Rao (The bottleneck transportation problem, Naval
Research Logistics Quarterly 18 (1971), 465-472) do with sorted costs. Of many pairs, the cheap ones alone are listed:
up to some limit all of them, and beyond it those that a cut asks for. Rows that ship too little, and what they reach,
are such a cut, and the cheapest pairs that leave it either help, or prove that no plan fits.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._typing import BoolArray, FloatArray, IntArray
from otkit.costs import SparseCosts
from otkit.numerics.threads import pause
from otkit.problem import TransportProblem
from otkit.solvers.bottleneck.max_flow import Arcs, augment, room, stable_order
from otkit.solvers.infeasible import cut_error
from otkit.solvers.simplex.amounts import LIMB, Amounts, exact_masses

# Pairs that are listed at first, at least and for each point, and at most; a sample says how many lie below a limit.
_FEW, _PER_POINT, _MOST_PER_POINT, _GROWTH = 1 << 14, 8, 64, 4
_SAMPLE = 1 << 18


class Bottleneck(NamedTuple):
    """What was found.

    Attributes
    ----------
    value : float
        The least limit.
    rows, cols, units : ndarray, ndarray and list of int
        The plan: exact integers, in the unit of `otkit.checker.integer_masses.exact_surplus`.
    cut : ndarray
        Rows that hold more than the columns take that they reach by pairs cheaper than the value.
    """

    value: float
    rows: IntArray
    cols: IntArray
    units: list[int]
    cut: IntArray


def solve(problem: TransportProblem) -> Bottleneck:
    """Return the bottleneck of a problem whose rows and columns all have mass.

    Raises
    ------
    InfeasibleError
        Costs are sparse, and no plan lives on the listed pairs.
    """
    return _Search(problem).run()


class _Search:
    """Limits under which no plan fits, and one under which a plan does, with the flows that show it."""

    def __init__(self, problem: TransportProblem) -> None:
        self.problem, self.cost = problem, problem.cost
        self.n, self.m = problem.shape
        masses = exact_masses(problem)
        nodes = self.n + self.m
        self.arcs = _arranged(*(np.empty(0, np.int64),) * 2, np.empty(0), self.n, self.m)
        self.short = Amounts(  # the largest flow under a limit that is too low
            np.concatenate([masses.limbs[:nodes], np.zeros_like(masses.limbs[:1])]), np.append(masses.length[:nodes], 0)
        )
        self.full: Amounts | None = None
        self.work = room(nodes)
        self.listed = -np.inf  # up to here, all pairs are arcs
        self.low, self.high = -np.inf, np.inf  # no plan fits below `low`; one does under `high`
        self.cut = np.arange(self.n)

    def run(self) -> Bottleneck:
        """Return the least limit."""
        self._start()
        self._try(self.low)  # some point is far from all others, more often than not
        while self.low < self.high:
            pause()
            if self.full is None:
                self._try(self._beyond())
            else:
                costs = self.arcs.costs
                between = costs[(costs >= self.low) & (costs < self.high)]
                middle = between.size // 2
                self._try(float(np.partition(between, middle)[middle]))
        assert self.full is not None
        used = np.flatnonzero(self.full.length[self.n + self.m : -1])
        limbs = self.full.limbs[self.n + self.m :][used]
        units = [sum(limb << LIMB * k for k, limb in enumerate(row)) for row in limbs.tolist()]
        return Bottleneck(self.high, self.arcs.rows[used], self.arcs.cols[used], units, self.cut)

    def _start(self) -> None:
        """List cheap pairs and the cheapest of each row and of each column: no plan fits below the dearest of those."""
        rows, nearest = self.cost.row_minima(np.zeros(self.m))
        cols, nearest_row = self.cost.column_minima(np.zeros(self.n))
        worst_row, worst_col = int(np.argmax(rows)), int(np.argmax(cols))
        self.low = max(float(rows[worst_row]), float(cols[worst_col]))
        if rows[worst_row] >= cols[worst_col]:
            self.cut = np.array([worst_row])  # reaches nothing below; all rows together miss a column else
        if self.low == np.inf:
            assert isinstance(self.cost, SparseCosts)
            raise cut_error(self.problem, self.cost, self.cut)
        sparse = isinstance(self.cost, SparseCosts)
        self._list(np.inf if sparse else self._limit_of(max(_FEW, _PER_POINT * (self.n + self.m))))
        if not sparse:
            ends = np.concatenate([np.arange(self.n), nearest_row]), np.concatenate([nearest, np.arange(self.m)])
            self._add(*ends, np.concatenate([rows, cols]))

    def _beyond(self) -> float:
        """Return a limit to try while none is known that lets a plan fit: at first with every pair below listed."""
        if self.listed >= self.low:
            return self.listed
        count = _GROWTH * self.arcs.costs.size
        limit = max(self.low, self._limit_of(count))
        if count <= _MOST_PER_POINT * (self.n + self.m):
            self._list(limit)
        return limit

    def _try(self, limit: float) -> None:
        """Find out whether a plan fits under a limit, asking for more pairs as long as some may help."""
        flow = Amounts(self.short.limbs.copy(), self.short.length.copy())
        while augment(self.arcs, limit, flow, self.work) > 0:
            pause()
            reached = self.work.level >= 0
            out_rows, out_cols, costs = self._leaving(reached, limit)
            helps = costs <= limit
            if helps.any():
                flow = self._add(out_rows[helps], out_cols[helps], costs[helps], flow)
                continue
            if costs.size == 0 or costs.min() == np.inf:
                assert isinstance(self.cost, SparseCosts)
                raise cut_error(self.problem, self.cost, np.flatnonzero(reached[: self.n]))
            nearest = int(np.argmin(costs))
            self.short, self.low, self.cut = flow, float(costs[nearest]), np.flatnonzero(reached[: self.n])
            if self.low > self.listed:
                one = slice(nearest, nearest + 1)
                self._add(out_rows[one], out_cols[one], costs[one])
            return
        self.full = flow
        self.high = float(self.arcs.costs[flow.length[self.n + self.m : -1] > 0].max())

    def _leaving(self, reached: BoolArray, limit: float) -> tuple[IntArray, IntArray, FloatArray]:
        """Return cheap pairs of a row that is reached and a column that is not, the cheapest of all among them.

        Where all pairs below some limit are arcs, and one of these will do, no others are looked at.
        """
        arcs = self.arcs
        if limit < self.listed:
            leaves = np.flatnonzero(reached[arcs.rows] & ~reached[self.n + arcs.cols])
            if leaves.size:
                nearest = leaves[[np.argmin(arcs.costs[leaves])]]
                if arcs.costs[nearest[0]] <= self.listed:
                    return arcs.rows[nearest], arcs.cols[nearest], arcs.costs[nearest]
        rows, cols = np.flatnonzero(reached[: self.n]), np.flatnonzero(~reached[self.n :])
        cost = self.cost.restrict(rows, cols)
        if rows.size > cols.size:
            costs, partners = cost.row_minima(np.zeros(cols.size))
            return rows, cols[partners], costs
        costs, partners = cost.column_minima(np.zeros(rows.size))
        return rows[partners], cols, costs

    def _limit_of(self, count: int) -> float:
        """Return a limit under which about `count` pairs lie, by a sample; infinity for all of them."""
        n, m = self.n, self.m
        if count >= n * m:
            return np.inf
        rng = np.random.default_rng(0)
        costs = self.cost.at(rng.integers(0, n, _SAMPLE), rng.integers(0, m, _SAMPLE))
        return float(np.quantile(costs, count / (n * m)))

    def _list(self, limit: float) -> None:
        """Make arcs of all pairs up to a limit."""
        found = self.cost.pairs_below(
            np.zeros(self.n), np.zeros(self.m), limit, lambda part, *lists: tuple(each.copy() for each in lists)
        )
        if found:
            rows, cols, costs = (np.concatenate(each) for each in zip(*found, strict=True))
            self._add(rows, cols, costs)
        self.listed = max(self.listed, limit)

    def _add(self, rows: IntArray, cols: IntArray, costs: FloatArray, flow: Amounts | None = None) -> Amounts:
        """Add arcs, those that are there already once, and renumber the flows, also one that is on its way."""
        before, nodes = self.arcs, self.n + self.m
        rows, cols = np.concatenate([before.rows, rows]), np.concatenate([before.cols, cols])
        costs = np.concatenate([before.costs, costs])
        once = np.unique(rows * self.m + cols, return_index=True)[1] if before.costs.size else np.arange(costs.size)
        once = once[np.argsort(costs[once], kind="stable")]
        old = once[stable_order(rows[once], self.n)[1]]
        self.arcs = _arranged(rows[old], cols[old], costs[old], self.n, self.m)

        def renumbered(amounts: Amounts) -> Amounts:
            limbs = np.zeros((nodes + old.size + 1, amounts.limbs.shape[1]), np.int64)
            length = np.zeros(nodes + old.size + 1, np.int64)
            limbs[:nodes], length[:nodes] = amounts.limbs[:nodes], amounts.length[:nodes]
            kept = np.flatnonzero(old < before.costs.size)  # others are new
            limbs[nodes + kept], length[nodes + kept] = (
                amounts.limbs[nodes + old[kept]],
                amounts.length[nodes + old[kept]],
            )
            return Amounts(limbs, length)

        self.short = renumbered(self.short)
        self.full = None if self.full is None else renumbered(self.full)
        return self.short if flow is None else renumbered(flow)


def _arranged(rows: IntArray, cols: IntArray, costs: FloatArray, n: int, m: int) -> Arcs:
    """Return arcs that are in order of rows and costs with the orders that a search needs."""
    row_starts, _ = stable_order(rows, n)
    by_cost = np.argsort(costs, kind="stable")
    col_starts, order = stable_order(cols[by_cost], m)
    return Arcs(rows, cols, costs, row_starts, col_starts, by_cost[order])
