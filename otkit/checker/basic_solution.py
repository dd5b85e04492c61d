"""A vertex of the transport polytope and its prices, in exact arithmetic.

A basis of the transport LP is a spanning tree. Its flows are sums and differences of masses, its potentials sums and
differences of costs: integers in units of powers of two. So whether a flow or a reduced cost is negative has an answer
that no rounding can touch.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.checker.integer_masses import Unit, exact_surplus
from otkit.checker.spanning_tree import Tree, root_forest
from otkit.inputs.checks import span
from otkit.numerics import double_double as dd
from otkit.numerics.fixed_point import (
    add,
    add_product,
    as_int,
    as_limbs,
    bit_range,
    carry,
    enclosed,
    head,
    limbs,
    rounded_down,
    scaled,
)
from otkit.numerics.jit import int64, jitable, njit
from otkit.problem import TransportProblem


class Prices(NamedTuple):
    """The potentials of a tree: in limbs, in units of 2**low, rows before columns; and as floats, each rounded down.

    So where no pair is overpriced, the floats overprice none either: f_i + g_j ≤ c_ij holds for their real sum. `exact`
    says whether all these floats are the potentials themselves; `reach` is max |f| + max |g|.
    """

    limbs: IntArray
    low: int
    f: FloatArray
    g: FloatArray
    exact: bool
    reach: float


class Vertex(NamedTuple):
    """A spanning tree, evaluated.

    Attributes
    ----------
    tree : Tree
    costs : ndarray
        Cost of each arc.
    flows : ndarray
        Flow of each arc, in limbs, in units of `unit`.
    least : int
        The sign of the smallest flow: −1 if the tree is no feasible basis, 0 if some arc carries nothing.
    mass : ndarray
        The flows in units of the problem's masses, each rounded once (twice below the normal numbers).
    prices : Prices
    unit : Unit
    """

    tree: Tree
    costs: FloatArray
    flows: IntArray
    least: int
    mass: FloatArray
    prices: Prices
    unit: Unit

    @property
    def value(self) -> tuple[float, float, float]:
        """The cost of the flows, rounded once, and the floats that hold it between them."""
        return enclosed(self._total(), self.unit.denominator, self.prices.low + self.unit.exponent)

    @property
    def exact_value(self) -> Fraction:
        """The cost of the flows."""
        return self._worth(self._total()) * Fraction(2) ** self.prices.low

    def exact_flows(self) -> list[Fraction]:
        """Return the flow of each arc."""
        return [self._worth(as_int(row)) for row in self.flows]

    def _total(self) -> int:
        """Return the cost of all flows, in units of `unit` times 2**prices.low."""
        return as_int(cost_of_flows(self.flows, self.costs, self.prices.low))

    def _worth(self, units: int) -> Fraction:
        return Fraction(units, self.unit.denominator) * Fraction(2) ** self.unit.exponent


def evaluate(problem: TransportProblem, rows: IntArray, cols: IntArray) -> Vertex:
    """Return what the spanning tree with the arcs (rows, cols) is worth.

    On a graph in several pieces, a spanning tree of each.

    Raises
    ------
    ValueError
        The arcs hold a cycle, or do not reach all rows and columns, or one of them is none.
    """
    n, m = problem.shape
    masses, unit = exact_surplus(problem)
    costs = problem.cost.at(rows, cols)
    if rows.size != n + m - problem.cost.pieces or not span(costs)[0]:
        raise ValueError("A spanning tree of n sources and m sinks has n + m - 1 arcs, each with a cost.")
    tree = root_forest(n, m, rows, cols, np.arange(n + m))
    flows, least, mass = flows_of(tree, masses, unit.exponent, as_limbs(unit.denominator))
    return Vertex(tree, costs, flows, least, mass, prices_of(tree, costs), unit)


@jitable
def flows_of(tree: Tree, surplus: IntArray, exponent: int, denominator: IntArray) -> tuple[IntArray, int, FloatArray]:
    """Return the flows of a tree in limbs, the sign of the least, and the flows in units of the problem's masses."""
    flows, mass = np.zeros((tree.rows.size, surplus.shape[1]), np.int64), np.empty(tree.rows.size)
    least = _flows(tree, surplus, exponent, denominator, flows, mass)
    return flows, least, mass


@jitable
def prices_of(tree: Tree, costs: FloatArray) -> Prices:
    """Return the potentials of a tree whose arcs have these costs."""
    (low, high), nodes = bit_range(costs), tree.order.size
    potentials, rounded = np.zeros((nodes, limbs(low, high, 4 * nodes)), np.int64), np.empty(nodes)
    exact, reach = _potentials(tree, costs, low, potentials, rounded)
    return Prices(potentials, low, rounded[: tree.n], rounded[tree.n :], exact, reach)


@jitable
def cost_of_flows(flows: IntArray, costs: FloatArray, low: int) -> IntArray:
    """Return the cost of all flows in limbs, in units of theirs times 2**low."""
    total = np.zeros(flows.shape[1] + limbs(low, bit_range(costs)[1], int64(1)) + 2, np.int64)
    _add_up(flows, costs, low, total)
    return total


@njit
def _flows(
    tree: Tree, surplus: IntArray, exponent: int, denominator: IntArray, flows: IntArray, mass: FloatArray
) -> int:
    """Write the flow of each arc: every node but a root sends its parent what it has too much; return the least sign.

    Limbs are added as they are, and carried once for each flow. Where something remains at a root, the masses of a
    piece of the graph do not balance, and the least sign is −1.
    """
    per_high, per_low, per_exponent, _ = head(denominator)
    least = 1
    for t in range(tree.order.size - 1, 0, -1):
        v = tree.order[t]
        u, k = tree.parent[v], tree.arc[v]
        if u < 0:
            least = min(least, -abs(carry(surplus[v])))
            continue
        flow, sign = flows[k], 1 if v < tree.n else -1
        for part in range(flow.size):
            surplus[u, part] += surplus[v, part]
            flow[part] = sign * surplus[v, part]
        least = min(least, carry(flow))
        high, low, scale, _ = head(flow)
        share, _ = dd.divide((high, low), (per_high, per_low))
        mass[k] = scaled(share, scale - per_exponent + exponent)
    return least


@njit
def _potentials(
    tree: Tree, costs: FloatArray, low: int, potentials: IntArray, rounded: FloatArray
) -> tuple[bool, float]:
    """Write the potentials with f_i + g_j = c_ij on the tree; return whether all are floats themselves, and the reach.

    The constant that f and g can exchange is chosen so that their ranges have about the same middle, in each tree.
    """
    size, n = tree.order.size, tree.n
    shift = np.empty(potentials.shape[1], dtype=np.int64)
    exact, reach_f, reach_g = True, 0.0, 0.0
    first = 0
    while first < size:  # tree by tree
        top_f = top_g = -np.inf
        bottom_f = bottom_g = np.inf
        stop = first
        while stop < size and (stop == first or tree.parent[tree.order[stop]] >= 0):
            v = tree.order[stop]
            if stop > first:
                u = tree.parent[v]
                for part in range(shift.size):
                    potentials[v, part] = -potentials[u, part]
                add(potentials[v], low, costs[tree.arc[v]], int64(1))
                carry(potentials[v])
            price, _ = rounded_down(potentials[v], low)
            if v < n:
                top_f, bottom_f = max(top_f, price), min(bottom_f, price)
            else:
                top_g, bottom_g = max(top_g, price), min(bottom_g, price)
            stop += 1
        for part in range(shift.size):
            shift[part] = 0
        middle = 0.25 * (top_g - top_f) + 0.25 * (bottom_g - bottom_f)
        if abs(middle) < np.inf:  # not where there is a single node, nor where prices leave float64
            add(shift, low, middle, int64(1))
        for t in range(first, stop):
            v = tree.order[t]
            sign = 1 if v < n else -1
            for part in range(shift.size):
                potentials[v, part] += sign * shift[part]
            carry(potentials[v])
            rounded[v], is_float = rounded_down(potentials[v], low)
            exact &= is_float
            if v < n:
                reach_f = max(reach_f, abs(rounded[v]))
            else:
                reach_g = max(reach_g, abs(rounded[v]))
        first = stop
    return exact, reach_f + reach_g


@njit
def _add_up(flows: IntArray, costs: FloatArray, low: int, total: IntArray) -> None:
    """Add up the costs of all flows, which are not negative."""
    cost = np.empty(total.size - flows.shape[1] - 2, dtype=np.int64)
    for k in range(costs.size):
        for part in range(cost.size):
            cost[part] = 0
        add(cost, low, abs(costs[k]), int64(1))
        add_product(total, flows[k], cost, 1 if costs[k] > 0.0 else -1)
    carry(total)
