"""The network simplex over the arcs of a sparse cost: all of them at once, so that there is nothing to price.

Beside the rows and columns there are a depot and a dump. What no arc takes yet goes from its source to the dump, at a
high price, and from the depot to its sink; an arc from depot to dump carries the rest of what these two hold. If some
mass is stranded so for good, a second simplex tells: with price 1 at the dump and cost 0 on all arcs, the optimum is
the mass that finds no way (phase one of the two-phase method; Ahuja, Magnanti & Orlin, *Network Flows*, section 11.5).
Flows and potentials are integers there, so its answer is exact, and its potentials are made of cuts: rows that hold
more than all columns that they reach can take.
"""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.checker.spanning_tree import forest_mask, root_forest, tree_flows, tree_potentials
from otkit.costs import SparseCosts
from otkit.costs.sparse import as_prices
from otkit.numerics.floats import EPS
from otkit.numerics.jit import njit
from otkit.numerics.union_find import find_leader
from otkit.problem import TransportProblem
from otkit.solvers.candidate import Candidate, SolverStats, Status, WarmStart
from otkit.solvers.infeasible import require_no_cut
from otkit.solvers.monitor import Monitor
from otkit.solvers.simplex.masses import integer_masses
from otkit.solvers.simplex.master import PIVOT_ROUNDINGS, ascending
from otkit.solvers.simplex.pivots import pivots_to_optimum
from otkit.solvers.simplex.start import Forest, empty_forest, hang, ship
from otkit.solvers.simplex.tree import set_potentials

# Price at the dump in units of the largest reduced cost, and by what it grows while it is too low. It is high enough at
# 2·min(n, m), the most units that an alternating path adds up; less is kinder to the digits of potentials.
FIRST_PRICE = 2.0
GROWTH = 8.0


class NetworkSimplex:
    """A strongly feasible tree over all arcs, whose costs are held reduced by potentials f and g.

    The depot is source 0 and the root, the dump is a sink; the others are the rows and columns. Arcs of depot and dump
    stand behind the listed ones, and do not return once they have left the tree.

    Attributes
    ----------
    pivots : int
        How many were made.
    """

    def __init__(self, cost: SparseCosts, supply: IntArray, demand: IntArray, warm: WarmStart) -> None:
        n, m = supply.size, demand.size
        f, g = warm.f, warm.g
        rows, cols, costs = cost.arc_rows, cost.pairs.cols, cost.pairs.costs
        self._listed, self._sources, self._f, self._g = cost.arcs, n + 1, f, g
        room = np.zeros(n + m + 1)  # one arc for each piece of the forest, and the one from depot to dump
        self._source = np.concatenate([1 + rows, room]).astype(np.uint32)
        self._sink = np.concatenate([1 + n + cols, room]).astype(np.uint32)
        self._cost = np.concatenate([cost.slacks(f, g), room])
        # Rounding is measured by the largest numbers that costs are reduced from.
        self._scale = float((np.abs(costs) + np.abs(f[rows]) + np.abs(g[cols])).max(initial=0.0))
        self._price = FIRST_PRICE * (float(np.abs(self._cost).max()) or self._scale or 1.0)
        self.pivots = self._cursor = 0
        self._total = float(supply.sum())
        forest = empty_forest(np.append(0, supply), np.append(demand, 0))
        ship(forest, None, self._source, self._sink, _leaves_first(cost, warm))
        ship(forest, None, self._source, self._sink, ascending(self._cost[: self._listed]))
        _use_depot_and_dump(forest, self._source, self._sink, n + 1, self._listed, int(supply.sum()) + 1)
        self._tree = hang(n + 1, m + 1, self._source, self._sink, self._cost, forest.arc, forest.flow)
        self._set_price(self._price)

    def optimize(self, monitor: Monitor) -> bool:
        """Pivot to the optimum; False if time ran out first."""
        return self._optimize(PIVOT_ROUNDINGS * EPS * (self._scale + self._price), monitor)

    def raise_price(self) -> None:
        """Make the dump dearer."""
        self._price *= GROWTH
        self._set_price(self._price)

    def strand_least(self, monitor: Monitor) -> NetworkSimplex | None:
        """Return a network that strands as little as possible, with potentials that prove it; None if time ran out.

        It starts from the tree of this one, which stays as it is.
        """
        other = copy(self)
        other._tree = self._tree._replace(**{name: part.copy() for name, part in self._tree._asdict().items()})
        other._cost, other._f, other._g = np.zeros_like(self._cost), np.zeros_like(self._f), np.zeros_like(self._g)
        other._tree.cost[:] = 0.0
        other._set_price(1.0)
        return other if other._optimize(0.5, monitor) else None

    @property
    def stranded(self) -> int:
        """The mass that goes to the dump."""
        return int(self._tree.flow[self._at_dump()].sum())

    def basis(self) -> tuple[IntArray, IntArray]:
        """Return the listed arcs of the tree, a forest, and their flows."""
        listed = np.flatnonzero((self._tree.arc >= 0) & (self._tree.arc < self._listed))
        return self._tree.arc[listed].astype(np.int64), self._tree.flow[listed]

    def potentials(self) -> tuple[FloatArray, FloatArray]:
        """Return f and g with f_i + g_j = c_ij on the basis, up to rounding."""
        pot = self._tree.pot
        return self._f + pot[1 : self._sources], self._g - pot[self._sources : -1]

    def _at_dump(self) -> IntArray:
        """Return the rows whose arc in the tree leads to the dump."""
        return np.flatnonzero(self._tree.arc[: self._sources] >= self._listed)

    def _set_price(self, price: float) -> None:
        self._tree.cost[self._at_dump()] = price
        set_potentials(self._tree)

    def _optimize(self, tolerance: float, monitor: Monitor) -> bool:
        portions = pivots_to_optimum(
            self._tree, self._source, self._sink, self._cost, self._listed, self._cursor, tolerance
        )
        for done, self._cursor in portions:
            self.pivots += done
            monitor.tick(f"{self.pivots} pivots, {self.stranded / self._total:.1%} of the mass has no way yet")
            if monitor.stopped:
                return False
        return True


@njit
def _use_depot_and_dump(forest: Forest, source: Any, sink: Any, sources: int, listed: int, held: int) -> None:
    """Join the pieces of a forest of shipments to a strongly feasible tree; depot and dump hold and take `held`.

    A piece has at most one node with something left, which trades with depot or dump; without any, a source without
    flow joins it to the dump.
    """
    nodes = forest.left.size
    dump = nodes - 1
    joined = np.zeros(nodes, np.bool_)
    shipments = forest.counter[0]
    arc, k = listed, shipments
    for exhausted in (False, True):
        for v in range(1, dump):
            piece = find_leader(forest.group, v)
            if joined[piece] or exhausted == (forest.left[v] > 0) or (exhausted and v >= sources):
                continue
            joined[piece] = True
            source[arc], sink[arc] = (v, dump) if v < sources else (0, v)
            forest.arc[k], forest.flow[k] = arc, forest.left[v]
            if v >= sources:
                held -= forest.left[v]
            arc += 1
            k += 1
    source[arc], sink[arc] = 0, dump
    forest.arc[k], forest.flow[k] = arc, held


def solve_network(problem: TransportProblem, warm: WarmStart | None, max_rounds: int, monitor: Monitor) -> Candidate:
    """Solve a problem with sparse costs and positive masses, from what is known of a similar one, if given.

    Raises
    ------
    InfeasibleError
        Some rows hold more than the columns that they reach can take.
    """
    cost = problem.cost
    assert isinstance(cost, SparseCosts)
    supply, demand, exponent, exact = integer_masses(problem.supply, problem.demand)
    network = NetworkSimplex(cost, supply, demand, warm or _cold_start(cost))
    least = rounds = 0
    status: Status = "iteration_limit"
    while rounds < max_rounds and status == "iteration_limit":
        rounds += 1
        finished = network.optimize(monitor)
        stranded = network.stranded
        if finished and stranded > 0 and rounds == 1:
            proof = network.strand_least(monitor)
            finished = proof is not None
            if proof is not None:
                least = proof.stranded
                require_no_cut(problem, cost, _greatest_cut(supply, demand, *proof.potentials()))
        if not finished:
            status = monitor.stopped or status
        elif stranded == least:
            status = "optimal"
        else:
            network.raise_price()
    arcs, flow = network.basis()
    rows, cols = cost.arc_rows[arcs], cost.pairs.cols[arcs]
    mass, f, g = _computed_anew(problem, cost, rows, cols, *network.potentials())
    if exact or status != "optimal":  # what is stranded yet is in none of the flows computed anew
        mass = np.ldexp(flow.astype(np.float64), -exponent)
    used = mass > 0.0
    stats = SolverStats(status, network.pivots, rounds, f"network of {cost.kind}")
    return Candidate(rows[used], cols[used], mass[used], f, g, basis=(rows, cols), stats=stats)


def _cold_start(cost: SparseCosts) -> WarmStart:
    """Return potentials by c-transforms (where a row or column has no arcs, zero) and no arcs."""
    f = as_prices(cost.row_minima(np.zeros(cost.shape[1]))[0])
    g = as_prices(cost.column_minima(f)[0])
    return WarmStart(f, g, np.empty(0, np.int64), np.empty(0, np.int64))


def _leaves_first(cost: SparseCosts, warm: WarmStart) -> IntArray:
    """Return the arcs of a tree as far as they are listed, leaves before what they hang on: so they ship its flow."""
    n, m = cost.shape
    keys, wanted = cost.arc_rows * m + cost.pairs.cols, warm.rows * m + warm.cols
    arcs = np.searchsorted(keys, wanted[np.isin(wanted, keys)])
    arcs = arcs[forest_mask(n, m, cost.arc_rows[arcs], cost.pairs.cols[arcs])]
    forest = root_forest(n, m, cost.arc_rows[arcs], cost.pairs.cols[arcs], np.arange(n + m))
    upwards = forest.arc[forest.order[::-1]]
    return arcs[upwards[upwards >= 0]]


def _greatest_cut(supply: IntArray, demand: IntArray, f: FloatArray, g: FloatArray) -> IntArray:
    """Return the rows of the cut that potentials of phase one prove to be the greatest.

    With f_i ≤ −g_j on every arc, the rows from any level of f upwards reach only columns with −g from there upwards.
    """
    levels, level = np.unique(-np.concatenate([f, -g]), return_inverse=True)
    surplus = np.zeros(levels.size, dtype=np.int64)
    np.add.at(surplus, level, np.concatenate([supply, -demand]))
    return np.flatnonzero(level[: supply.size] <= np.argmax(np.cumsum(surplus)))


def _computed_anew(
    problem: TransportProblem, cost: SparseCosts, rows: IntArray, cols: IntArray, f: FloatArray, g: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return flows and potentials of a forest of arcs, computed from masses and costs and rounded once.

    Potentials of two trees keep the distance that they have in f and g, unless they are in different components of the
    graph: then nothing ties them together.
    """
    n, m = problem.shape
    masses = np.concatenate([problem.supply, problem.demand])
    forest = root_forest(n, m, rows, cols, np.argsort(-masses, kind="stable"))  # roundings remain at the heaviest nodes
    mass = np.maximum(tree_flows(forest, problem.supply, problem.demand), 0.0)
    own_f, own_g = tree_potentials(forest, cost.at(rows, cols))
    is_root = forest.parent[forest.order] < 0
    roots, component = forest.order[is_root], cost.components()
    distance = np.concatenate([f - own_f, own_g - g])[roots]
    _, first, which = np.unique(component[roots], return_index=True, return_inverse=True)
    shift = np.empty(n + m)
    shift[forest.order] = (distance - distance[first][which])[np.cumsum(is_root) - 1]
    return mass, own_f + shift[:n], own_g - shift[n:]
