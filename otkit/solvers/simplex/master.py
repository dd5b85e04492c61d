"""The restricted master problem: transport along the arcs collected so far."""

from __future__ import annotations

from typing import Any

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs.sweeps import Pairs, fill
from otkit.monitor import Monitor
from otkit.solvers.simplex.candidates import best_arcs, merge_arcs, nearest, reduced_costs
from otkit.solvers.simplex.levels import restricted
from otkit.solvers.simplex.pivots import run_pivots
from otkit.solvers.simplex.start import Forest, complete, empty_forest, ship

EPS = float(np.finfo(np.float64).eps)

# Candidate arcs of each node in the rounds that ship what the first ones left, and the most rounds of that kind.
LEFTOVER_KEEP = 6
LEFTOVER_ROUNDS = 12

# Where so few pairs of nodes have something left, all of them are sorted, and one round is enough.
LEFTOVER_PAIRS = 1 << 14

# Between two looks at the clock the simplex may do so many units of work for each node and arc. Then nodes are numbered
# anew and potentials computed anew, so that their rounding does not pile up.
EFFORT = 64

# Rounding makes a reduced cost wrong by no more than three units of eps · (|c| + |f| + |g|).
PIVOT_ROUNDINGS = 2.0

# A tolerance below the rounding of a hard case could let pivots go in circles: after so many for each node it doubles.
PATIENCE = 200


class Master:
    """A strongly feasible tree over a growing set of arcs, whose costs are held reduced by potentials f and g."""

    def __init__(
        self,
        pairs: Pairs,
        supply: IntArray,
        demand: IntArray,
        f: FloatArray,
        g: FloatArray,
        columns_of_rows: Any,
        rows_of_columns: Any,
    ) -> None:
        n, m = supply.size, demand.size
        self.pairs, self._f, self._g = pairs, f, g
        self._n = n
        source, sink, cost, arcs, self.scale = merge_arcs(pairs, f, g, columns_of_rows, rows_of_columns, 0)
        self._source, self._sink, self._cost, self._arcs = source, sink, cost, arcs
        forest = empty_forest(supply, demand)
        ship(forest, source, sink, ascending(cost))
        for _ in range(LEFTOVER_ROUNDS):
            if not self._ship_leftovers(forest):
                break
        order = ascending(self._cost)
        self._reserve(n + m)
        self._tree, self._arcs = complete(forest, pairs, f, g, self._source, self._sink, self._cost, self._arcs, order)
        self._cursor = 0
        self.pivots = self.rounds = 0

    def _ship_leftovers(self, forest: Forest) -> bool:
        """Ship along the best arcs between nodes that have something left; False if there are none.

        The best arcs of those are long, but an arc between any two of them would be as long as the whole cloud is wide,
        and each such arc costs tens of pivots.
        """
        n = self._n
        rows, cols = np.flatnonzero(forest.left[:n]), np.flatnonzero(forest.left[n:])
        if rows.size == 0:
            return False
        part, f, g = restricted(self.pairs, rows, cols), self._f[rows], self._g[cols]
        if rows.size * cols.size <= LEFTOVER_PAIRS:
            source, sink = _greedy(part, f, g, forest.left[rows], forest.left[n + cols])
            order = np.arange(source.size)
        else:
            _, by_rows = nearest(part, g, LEFTOVER_KEEP, of_rows=True)
            _, by_columns = nearest(part, f, LEFTOVER_KEEP, of_rows=False)
            source, sink, cost, _, _ = merge_arcs(part, f, g, by_rows, by_columns, 0)
            order = ascending(cost)
        first = self._arcs
        self.add(rows[source], cols[sink - rows.size])
        ship(forest, self._source, self._sink, first + order)
        return True

    def optimize(self, tolerance: float, monitor: Monitor) -> bool:
        """Pivot to the optimum over the present arcs; False if time ran out first."""
        tree = self._tree
        tolerance = max(tolerance, PIVOT_ROUNDINGS * EPS * self.scale)
        patience = PATIENCE * tree.pot.size
        finished = False
        while not finished:
            effort = EFFORT * (tree.pot.size + self._arcs)
            done, self._cursor, finished = run_pivots(
                tree, self._source, self._sink, self._cost, self._arcs, self._cursor, tolerance, effort
            )
            self.pivots += done
            finished = finished and done == 0
            patience -= done
            if patience < 0:
                tolerance, patience = 2.0 * tolerance, PATIENCE * tree.pot.size
            if monitor.expired:
                return finished
        return True

    def potentials(self) -> tuple[FloatArray, FloatArray]:
        """Return f and g with f_i + g_j = c_ij on the arcs of the tree, up to rounding."""
        pot = self._tree.pot
        return self._f + pot[: self._n], self._g - pot[self._n :]

    def add(self, rows: IntArray, cols: IntArray) -> None:
        """Append arcs; the search for the next pivot begins with them."""
        first = self._arcs
        self._reserve(rows.size)
        self._source[first : first + rows.size] = rows
        self._sink[first : first + rows.size] = self._n + cols
        self._cost[first : first + rows.size] = reduced_costs(self.pairs, self._f, self._g, rows, cols)
        self._cursor, self._arcs = first, first + rows.size

    def _reserve(self, more: int) -> None:
        """Make room for exactly so many more arcs."""
        arcs = self._arcs
        self._source, self._sink = (
            np.concatenate([a[:arcs], np.empty(more, np.uint32)]) for a in (self._source, self._sink)
        )
        self._cost = np.concatenate([self._cost[:arcs], np.empty(more)])

    def best_arcs(self, keep: int) -> tuple[Any, Any]:
        """Return the partners of the `keep` arcs of least reduced cost of each row and of each column."""
        return best_arcs(self._source, self._sink, self._cost, self._arcs, self._tree.pot, self._n, keep)

    def basis(self) -> tuple[IntArray, IntArray, IntArray]:
        """Return rows, columns and flows of the n + m − 1 arcs of the tree."""
        arcs = self._tree.arc[1:]
        rows, cols = self._source[arcs].astype(np.int64), self._sink[arcs].astype(np.int64) - self._n
        return rows, cols, self._tree.flow[1:]


def _greedy(pairs: Pairs, f: FloatArray, g: FloatArray, supply: IntArray, demand: IntArray) -> tuple[Any, Any]:
    """Return sources and sinks of the arcs along which everything goes, shipped greedily by ascending reduced cost."""
    n, m = supply.size, demand.size
    cost = np.empty((n, m))
    fill(pairs, 0, 0, cost)
    cost -= f[:, None]
    cost -= g
    source, sink = np.divmod(np.arange(n * m, dtype=np.uint32), np.uint32(m))
    sink += np.uint32(n)
    forest = empty_forest(supply, demand)
    ship(forest, source, sink, ascending(cost.ravel()))
    arcs = forest.arc[: forest.counter[0]]
    return source[arcs], sink[arcs]


def ascending(cost: FloatArray) -> IntArray:
    """Return an order of ascending costs, to one part in 16, those below zero as zero.

    That is all a greedy start needs, and radix sort of the leading 16 bits of the float takes a tenth of the time.
    """
    leading = np.maximum(cost, 0.0).view(np.uint64) >> np.uint64(48)
    return np.argsort(leading.astype(np.uint16), kind="stable")
