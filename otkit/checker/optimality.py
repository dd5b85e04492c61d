"""Is this tree optimal? Decided in exact arithmetic, for the float64 costs and the masses as they are.

A spanning tree proves that its flows are optimal if none is negative and if f_i + g_j ≤ c_ij for every pair, f and g
being the potentials of the tree (Ahuja, Magnanti & Orlin, *Network Flows*, theorem 9.4). Flows and potentials are exact
(`otkit.checker.basic_solution`), and so is the comparison of each pair that floating point cannot decide. It decides
nearly all:

With u = 2**-53, F and G exact and f, g these rounded down, so that |f − F| ≤ 2u' |f| for u' barely above u, let
s = fl(fl(c − f) − g). Subtraction has no error but a factor of 1 + δ, |δ| ≤ u, even where it underflows; so
c − f ≥ s₁ − u'|s₁| for s₁ = fl(c − f), |s₁| ≤ |s₁ − g| + |g|, and s₁ − g ≥ s (1 − u') if s > 0. Therefore

    c − F − G ≥ s₁ − g − u'|s₁| − 2u'(|f| + |g|) ≥ s (1 − 2u') − 3u'|g| − 2u'|f|,

which is positive if s > 4u (|f| + |g|). (In that product, underflow may cost as much as `TINY`, which is added.) In the
same way it is negative if −s is that large. What is left is compared in limbs, and c fits into those of F and G.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.checker.basic_solution import Prices, Vertex, evaluate
from otkit.checker.spanning_tree import Tree
from otkit.checker.uniqueness import is_unique
from otkit.costs import PairCosts
from otkit.costs.listing import Batch, list_panels
from otkit.costs.pairs import ROWS, TILE, panel_height
from otkit.costs.sweeps import Pairs
from otkit.numerics.fixed_point import add, carry, nearest
from otkit.numerics.floats import EPS, LEAST, TINY
from otkit.numerics.jit import int64, jitable, njit
from otkit.numerics.sums import two_sum
from otkit.problem import TransportProblem

# Beyond this, a difference of two costs or prices may leave float64, and the error bound with it.
LARGEST = 1e307

# Problems of so many pairs are decided in one call.
AT_ONCE = 1 << 16

# Pairs in doubt that are kept of each part of a sweep. A grid may have ties by the billion.
KEPT = 1 << 15


class Verdict(NamedTuple):
    """What is true of a spanning tree.

    Attributes
    ----------
    vertex : Vertex
    rows, cols, reduced : ndarray
        Pairs off the tree whose reduced cost is negative, zero, or positive by less than rounding; and that cost, with
        its true sign: rounded once, or as floats have it where it is far below zero.
    complete : bool
        Whether these are all such pairs.
    overpriced : int
        How many pairs have a negative reduced cost.
    """

    vertex: Vertex
    rows: IntArray
    cols: IntArray
    reduced: FloatArray
    complete: bool
    overpriced: int

    @property
    def optimal(self) -> bool:
        """Whether the tree is optimal."""
        return self.vertex.least >= 0 and self.overpriced == 0

    @property
    def unique(self) -> bool | None:
        """Whether the flows of an optimal tree are the only optimal plan; None where that was not decided."""
        vertex = self.vertex
        if not (self.reduced == 0.0).any():
            return True if self.complete else None
        unique = is_only_plan(vertex.tree, vertex.flows, vertex.least, self.rows, self.cols, self.reduced)
        return unique if self.complete or not unique else None  # more tight pairs can't take a choice away


# Of a batch of pairs, rows, columns and reduced costs of those worth keeping; whether none was left out; how many are
# overpriced.
Decided: TypeAlias = tuple[IntArray, IntArray, FloatArray, bool, int]


class _Overpriced(Exception):  # noqa: N818 (no error: what was asked is known)
    """A pair is overpriced, and that was the question."""


@njit
def is_only_plan(tree: Tree, flows: IntArray, least: int, rows: IntArray, cols: IntArray, reduced: FloatArray) -> bool:
    """Whether the flows of an optimal tree are the only optimal plan, given all pairs off the tree that are tight."""
    tight = np.flatnonzero(reduced == 0.0)
    if tight.size == 0:
        return True
    if least > 0:  # all arcs carry mass, so that a tight pair closes a cycle of which mass can go round
        return False
    arcs, nodes = tree.rows.size, tree.order.size
    positive = np.zeros(arcs + tight.size, np.bool_)
    for k in range(arcs):
        positive[k] = flows[k].any()
    all_rows, all_cols = np.concatenate((tree.rows, rows[tight])), np.concatenate((tree.cols, cols[tight]))
    return is_unique(tree.n, nodes - tree.n, all_rows, all_cols, positive)


def judge(problem: TransportProblem, rows: IntArray, cols: IntArray, *, patient: bool = True) -> Verdict | None:
    """Say whether the spanning tree with the arcs (rows, cols) is optimal; None where prices come near to overflow.

    If not `patient`, None also as soon as a flow is negative, or a pair overpriced.

    Raises
    ------
    ValueError
        The arcs are no spanning tree.
    """
    vertex = evaluate(problem, rows, cols)
    if not vertex.prices.reach < LARGEST or not (patient or vertex.least >= 0):
        return None
    found = pairs_in_doubt(problem.cost, vertex.tree, vertex.prices, patient=patient)
    return None if found is None else Verdict(vertex, *found)


def pairs_in_doubt(cost: PairCosts, tree: Tree, prices: Prices, *, patient: bool = True) -> Decided | None:
    """Return the pairs off a tree whose reduced cost is negative, zero, or positive by less than rounding.

    If not `patient`, None as soon as one is overpriced.
    """
    (n, m), doubt, pairs, parent = cost.shape, doubt_of(prices), cost.pairs, tree.parent
    if n * m <= AT_ONCE and cost.complete:
        batch = Batch(np.empty(n * m, np.int64), np.empty(n * m, np.int64), np.empty(n * m))
        count, complete, overpriced = decide_all(pairs, panel_height(pairs), prices, doubt, parent, batch)
        return *batch.first(count), complete, overpriced
    held: dict[int, int] = {}  # by each part of the sweep

    def decide(part: int, pair_rows: IntArray, pair_cols: IntArray, costs: FloatArray) -> Decided:
        room = KEPT - held.get(part, 0)
        kept = Batch(pair_rows, pair_cols, costs)
        count, complete, overpriced = _decide(prices, doubt, parent, kept, room)
        if overpriced and not patient:
            raise _Overpriced
        held[part] = held.get(part, 0) + count
        return *kept.first(count), complete, overpriced

    try:
        found = cost.pairs_below(prices.f, prices.g, doubt, decide)
    except _Overpriced:
        return None
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), True, 0
    kept_rows, kept_cols, reduced, complete_parts, overpriced_parts = zip(*found, strict=True)
    return (
        np.concatenate(kept_rows),
        np.concatenate(kept_cols),
        np.concatenate(reduced),
        all(complete_parts),
        sum(overpriced_parts),
    )


@jitable
def doubt_of(prices: Prices) -> float:
    """Return the slack up to which the pairs are to be decided in exact arithmetic."""
    return 2.0 * EPS * prices.reach + TINY


@njit
def decide_all(
    pairs: Pairs, height: int, prices: Prices, doubt: float, parent: IntArray, batch: Batch
) -> tuple[int, bool, int]:
    """Decide all pairs of a small problem; `batch` has room for them."""
    n, m = prices.f.size, prices.g.size
    panels = (n + ROWS - 1) // ROWS * ((m + TILE - 1) // TILE)
    count, _ = list_panels(pairs, height, prices.f, prices.g, doubt, int64(0), panels, batch)
    listed = Batch(batch.rows[:count], batch.cols[:count], batch.costs[:count])
    return _decide(prices, doubt, parent, listed, count)


@njit
def _decide(prices: Prices, doubt: float, parent: IntArray, batch: Batch, room: int) -> tuple[int, bool, int]:
    """Find the reduced costs of the pairs that are no tree arcs; without room, keep those alone that are overpriced.

    Write the pairs that are kept, with their reduced costs, to the front of the batch. Return how many there are,
    whether none was left out, and how many are overpriced.
    """
    rows, cols, costs = batch
    f, g, n = prices.f, prices.g, prices.f.size
    slack = np.empty(prices.limbs.shape[1], np.int64)
    count, overpriced, complete = 0, 0, True
    for k in range(rows.size):
        u, v = rows[k], n + cols[k]
        if parent[u] == v or parent[v] == u:
            continue
        once, lost = two_sum(costs[k], -f[rows[k]])
        price, lost_too = two_sum(once, -g[cols[k]])
        if price >= -doubt and not (prices.exact and lost == 0.0 and lost_too == 0.0):
            price = _reduced(prices, u, v, costs[k], slack)
        overpriced += price < 0.0
        if price < 0.0 or count < room:
            rows[count], cols[count], costs[count] = rows[k], cols[k], price
            count += 1
        else:
            complete = False
    return count, complete, overpriced


@njit
def _reduced(prices: Prices, u: int, v: int, cost: float, slack: IntArray) -> float:
    """Return the reduced cost of a pair, its sign true; rounded once, unless the cost is finer than all prices."""
    for part in range(slack.size):
        slack[part] = -prices.limbs[u, part] - prices.limbs[v, part]
    rest = add(slack, prices.low, cost, int64(1))  # of a cost that is finer than prices
    sign = carry(slack)
    price = nearest(slack, prices.low)[0] + rest
    return min(price, -LEAST) if sign < 0 else max(price, LEAST) if sign > 0 or rest > 0.0 else 0.0
