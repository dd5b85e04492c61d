"""The restricted master problem: transport along the arcs collected so far."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs.sweeps import Pairs, fill
from otkit.numerics.floats import EPS
from otkit.solvers.simplex.amounts import Amounts, selected
from otkit.solvers.simplex.candidates import best_arcs, merge_arcs, nearest, reduced_costs
from otkit.solvers.simplex.levels import restricted
from otkit.solvers.simplex.masses import shares
from otkit.solvers.simplex.pivots import pivots_to_optimum
from otkit.solvers.simplex.start import Forest, complete, empty_forest, ship

# Candidate arcs of each node in the rounds that ship what the first ones left, and the most rounds of that kind.
LEFTOVER_KEEP = 6
LEFTOVER_ROUNDS = 12

# Where so few pairs of nodes have something left, all of them are sorted, and one round is enough.
LEFTOVER_PAIRS = 1 << 14

# Rounding makes a reduced cost wrong by no more than three units of eps · (|c| + |f| + |g|).
PIVOT_ROUNDINGS = 2.0


class PricedArcs(NamedTuple):
    """Arcs with reduced costs, and the largest |c| + |f| + |g| of an arc, by which rounding is measured."""

    source: Any
    sink: Any
    cost: FloatArray
    scale: float


def arcs_between(pairs: Pairs, f: FloatArray, g: FloatArray, rows: IntArray, cols: IntArray) -> PricedArcs:
    """Return the arcs between some pairs, each of which is given once."""
    cost = reduced_costs(pairs, f, g, rows, cols)
    prices = f[rows] + g[cols]
    scale = float((np.abs(cost + prices) + np.abs(f[rows]) + np.abs(g[cols])).max())
    return PricedArcs(rows.astype(np.uint32), (f.size + cols).astype(np.uint32), cost, scale)


class Master:
    """A strongly feasible tree over a growing set of arcs, whose costs are held reduced by potentials f and g.

    The first `tree_arcs` ship first, in their order, the others in that of their costs. If those are the arcs of a
    feasible tree, leaves before what they hang on, it is the tree to begin with.

    Attributes
    ----------
    dual, lower : tuple of two arrays, and float or None
        The best feasible potentials and their value; None before the first round, `dual` being what the arcs came with.
    """

    def __init__(
        self,
        pairs: Pairs,
        supply: IntArray,
        demand: IntArray,
        f: FloatArray,
        g: FloatArray,
        arcs: PricedArcs,
        *,
        tree_arcs: int = 0,
        amounts: Amounts | None = None,
    ) -> None:
        n, m = supply.size, demand.size
        self.pairs, self._f, self._g = pairs, f, g
        self._supply, self._demand = shares(supply), shares(demand)
        self._n = n
        self._source, self._sink, self._cost, self.scale = arcs
        self._arcs = self._cost.size
        self._amounts = amounts
        forest = empty_forest(supply, demand)
        ship(forest, amounts, self._source, self._sink, _order(self._cost, tree_arcs))
        for _ in range(LEFTOVER_ROUNDS):
            if not self._ship_leftovers(forest):
                break
        order = _order(self._cost[: self._arcs], tree_arcs)
        self._reserve(n + m)
        self._tree, self._arcs = complete(
            forest, amounts, pairs, f, g, self._source, self._sink, self._cost, self._arcs, order
        )
        self._cursor = 0
        self.pivots = self.rounds = 0
        self.dual = f, g
        self.lower: float | None = None

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
            amounts = None if self._amounts is None else selected(self._amounts, np.concatenate([rows, n + cols]))
            source, sink = _greedy(part, f, g, forest.left[rows], forest.left[n + cols], amounts)
            order = np.arange(source.size)
        else:
            _, by_rows = nearest(part, g, LEFTOVER_KEEP, of_rows=True)
            _, by_columns = nearest(part, f, LEFTOVER_KEEP, of_rows=False)
            source, sink, cost, _ = merge_arcs(part, f, g, by_rows, by_columns)
            order = ascending(cost)
        first = self._arcs
        self.add(rows[source], cols[sink - rows.size])
        ship(forest, self._amounts, self._source, self._sink, first + order)
        return True

    def optimize(self, tolerance: float, between: Callable[[], None]) -> None:
        """Pivot to the optimum over the present arcs, calling `between` every 0.1 s or so."""
        tolerance = max(tolerance, PIVOT_ROUNDINGS * EPS * self.scale)
        portions = pivots_to_optimum(
            self._tree, self._source, self._sink, self._cost, self._arcs, self._cursor, tolerance, self._amounts
        )
        for done, self._cursor in portions:
            self.pivots += done
            between()

    def raise_lower(self, f: FloatArray, g: FloatArray) -> None:
        """Keep potentials that are feasible, if their value is the largest so far."""
        lower = self.value_of(f, g)
        if self.lower is None or lower > self.lower:
            self.dual, self.lower = (f, g), lower

    def cost(self) -> float | None:
        """Return the cost of the flow of the tree, in units of 2**TOTAL_BITS integer masses; None of exact amounts."""
        if self._amounts is not None:
            return None
        return float(shares(self._tree.flow[1:]) @ self._tree.cost[1:]) + self.value_of(self._f, self._g)

    def value_of(self, f: FloatArray, g: FloatArray) -> float:
        """Return Σ a f + Σ b g, in units of 2**TOTAL_BITS integer masses."""
        return float(self._supply @ f) + float(self._demand @ g)

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

    def arcs(self) -> tuple[IntArray, IntArray]:
        """Return rows and columns of all arcs, those of the tree first, leaves before what they hang on."""
        tree = self._tree
        in_tree = tree.arc[1:][np.argsort(tree.size[1:], kind="stable")]  # a subtree is smaller than one it is part of
        others = np.setdiff1d(np.arange(self._arcs, dtype=in_tree.dtype), in_tree, assume_unique=True)
        which = np.concatenate([in_tree, others])
        return self._source[which].astype(np.int64), self._sink[which].astype(np.int64) - self._n

    def basis(self) -> tuple[IntArray, IntArray, IntArray]:
        """Return rows, columns and flows of the n + m − 1 arcs of the tree."""
        arcs = self._tree.arc[1:]
        rows, cols = self._source[arcs].astype(np.int64), self._sink[arcs].astype(np.int64) - self._n
        return rows, cols, self._tree.flow[1:]


def _greedy(
    pairs: Pairs, f: FloatArray, g: FloatArray, supply: IntArray, demand: IntArray, amounts: Amounts | None
) -> tuple[Any, Any]:
    """Return sources and sinks of the arcs along which everything goes, shipped greedily by ascending reduced cost."""
    n, m = supply.size, demand.size
    cost = np.empty((n, m))
    fill(pairs, 0, 0, cost)
    cost -= f[:, None]
    cost -= g
    source, sink = np.divmod(np.arange(n * m, dtype=np.uint32), np.uint32(m))
    sink += np.uint32(n)
    forest = empty_forest(supply, demand)
    ship(forest, amounts, source, sink, ascending(cost.ravel()))
    arcs = forest.arc[: forest.counter[0]]
    return source[arcs], sink[arcs]


def _order(cost: FloatArray, in_tree: int) -> IntArray:
    """Return an order of arcs: the first `in_tree` as they are, then the others by ascending costs."""
    if in_tree == 0:
        return ascending(cost)
    return np.concatenate([np.arange(in_tree), in_tree + ascending(cost[in_tree:])])


def ascending(cost: FloatArray) -> IntArray:
    """Return an order of ascending costs, to one part in 16, those below zero as zero.

    That is all a greedy start needs, and radix sort of the leading 16 bits of the float takes a tenth of the time.
    """
    leading = np.maximum(cost, 0.0).view(np.uint64) >> np.uint64(48)
    return np.argsort(leading.astype(np.uint16), kind="stable")
