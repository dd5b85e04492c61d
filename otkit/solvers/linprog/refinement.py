"""The simplex that finishes: what HiGHS' tolerances left undone, down to the rounding of prices.

Masses are integers here, so that flows have no rounding, and prices come from the tree alone, so that nothing drifts.
Where rounding of prices leaves a choice, `otkit.optimal_transport.prove` makes it, exactly.
"""

from __future__ import annotations

import numpy as np

from otkit._typing import BoolArray, FloatArray, IntArray
from otkit.checker.spanning_tree import Tree, common_ancestor, root_tree, spanning_tree, tree_potentials
from otkit.costs import PairCosts
from otkit.numerics.floats import EPS
from otkit.numerics.jit import njit
from otkit.problem import TransportProblem
from otkit.solvers.candidate import Status
from otkit.solvers.linprog.arcs import Arcs, cheapest_pairs
from otkit.solvers.monitor import Monitor

_JOINING = 3  # arcs of each row and of each column that may join at a time
_PIVOTS = 2000  # between two looks at the clock
_BITS = 61  # of the total mass

# (c − f) − g with f and g each rounded once is off by less than this, times |c| + |f| + |g|.
_ROUNDING = 2.0 * EPS


def integer_masses(problem: TransportProblem) -> IntArray:
    """Return the masses of all nodes, sources before sinks, in integers of which none is zero and no two sets agree.

    Masses are multiples of n + 1, but each source has one more and the heaviest sink takes them: then no basis has an
    arc without flow, each pivot lowers the cost, and the simplex cannot cycle. (This is Charnes' perturbation;
    Cunningham's strongly feasible trees, 1976, are its combinatorial form.)
    """
    n = problem.shape[0]
    exponent = _BITS - (n + 1).bit_length() - int(np.frexp(problem.total)[1])
    units = np.rint(np.ldexp(np.concatenate([problem.supply, problem.demand]), exponent)).astype(np.int64)
    masses = (n + 1) * np.maximum(1, units)
    masses[:n] += 1
    masses[n + np.argmax(problem.demand)] += masses[:n].sum() - masses[n:].sum()
    return masses


def first_basis(arcs: Arcs, masses: IntArray, n: int) -> Arcs:
    """Return a feasible spanning tree near the first of some arcs, given the most wanted first.

    If the first arcs are those of a feasible basis the result is that basis, since leaf elimination ships its flows.
    """
    m = masses.size - n
    tree = root_tree(n, m, *spanning_tree(n, m, *arcs), 0)
    leaves_first = tree.arc[tree.order[:0:-1]]
    rows = np.concatenate([tree.rows[leaves_first], arcs.rows])
    cols = np.concatenate([tree.cols[leaves_first], arcs.cols])
    basis = Arcs(np.empty(n + m - 1, np.int64), np.empty(n + m - 1, np.int64))
    _ship_greedily(rows, cols, masses, n, *basis)
    return basis


def refine(
    problem: TransportProblem, masses: IntArray, arcs: Arcs, budget: int, monitor: Monitor
) -> tuple[Arcs, FloatArray, FloatArray, int, Status]:
    """Make a feasible basis of arcs, the most wanted first, and pivot until no pair is violated beyond rounding.

    Return basis, potentials, the number of pivots, and how it ended.
    """
    cost = problem.cost
    n, m = problem.shape
    pool = first_basis(arcs, masses, n)
    basic = np.arange(n + m - 1)
    pool = pool.followed_by(arcs)
    f, g = np.empty(n), np.empty(m)
    pivots = 0
    while True:
        costs = cost.at(*pool)
        made, finished = _pivot(*pool, costs, basic, masses, max(0, min(_PIVOTS, budget - pivots)), f, g)
        pivots += made
        monitor.tick(f"{n} × {m}: refining, {pivots} pivots")
        status: Status = "optimal"
        if finished:
            joining = cheapest_pairs(cost, f, g, _JOINING)
            joining = joining.take(_is_violated(cost, joining, f, g))
            if joining.rows.size == 0:
                break
            pool = Arcs(np.concatenate([pool.rows, joining.rows]), np.concatenate([pool.cols, joining.cols]))
        if pivots >= budget:
            status = "iteration_limit"
            break
        if monitor.stopped is not None:
            status = monitor.stopped
            break
    return pool.take(basic), f, g, pivots, status


def _is_violated(cost: PairCosts, arcs: Arcs, f: FloatArray, g: FloatArray) -> BoolArray:
    """Say which arcs cost less than their prices by more than rounding; the same test as in `_entering_arc`."""
    c, u, v = cost.at(*arcs), f[arcs.rows], g[arcs.cols]
    return ((c - u) - v) + _ROUNDING * (np.abs(c) + (np.abs(u) + np.abs(v))) < 0.0


@njit
def _ship_greedily(
    rows: IntArray, cols: IntArray, masses: IntArray, n: int, used_rows: IntArray, used_cols: IntArray
) -> None:
    """Ship all that can be shipped, arc after arc, and the rest by the north-west corner rule; write the arcs used.

    Each arc exhausts a node for good, so those used are a forest; and as no partial sums agree, a spanning tree.
    """
    left = masses.copy()
    used = 0
    i = k = 0
    j = n
    while i < n:
        if k < rows.size:
            u, v = rows[k], n + cols[k]
            k += 1
        else:
            u, v = i, j
        shipped = min(left[u], left[v])
        if shipped > 0:
            left[u] -= shipped
            left[v] -= shipped
            used_rows[used], used_cols[used] = u, v - n
            used += 1
        while i < n and left[i] == 0:
            i += 1
        while j < left.size and left[j] == 0:
            j += 1


@njit
def _pivot(
    rows: IntArray,
    cols: IntArray,
    costs: FloatArray,
    basic: IntArray,
    masses: IntArray,
    limit: int,
    f: FloatArray,
    g: FloatArray,
) -> tuple[int, bool]:
    """Run the primal simplex over a pool of arcs, from the feasible tree rows[basic], cols[basic]; `basic` is updated.

    Everything is computed afresh from the tree at each pivot: that costs no more than to choose the entering arc, and
    nothing can drift. Write the potentials; return the number of pivots, and whether no arc is left to enter.
    """
    n, m = f.size, g.size
    pivots = 0
    while True:
        tree = root_tree(n, m, rows[basic], cols[basic], 0)
        f[:], g[:] = tree_potentials(tree, costs[basic])
        entering = _entering_arc(rows, cols, costs, f, g)
        if entering < 0 or pivots == limit:
            return pivots, entering < 0
        basic[_leaving_arc(tree, _integer_flows(tree, masses), rows[entering], n + cols[entering])] = entering
        pivots += 1


@njit
def _entering_arc(rows: IntArray, cols: IntArray, costs: FloatArray, f: FloatArray, g: FloatArray) -> int:
    """Return the arc that is furthest below its prices by more than rounding explains; −1 if there is none."""
    entering = -1
    lowest = 0.0
    for k in range(rows.size):
        c, u, v = costs[k], f[rows[k]], g[cols[k]]
        slack = ((c - u) - v) + _ROUNDING * (abs(c) + (abs(u) + abs(v)))
        if slack < lowest:
            lowest = slack
            entering = k
    return entering


@njit
def _integer_flows(tree: Tree, masses: IntArray) -> IntArray:
    """Return the flow on each arc of a tree by leaf elimination (see `otkit.checker.spanning_tree.tree_flows`)."""
    left, flows = masses.copy(), np.empty_like(tree.rows)
    for v in tree.order[:0:-1]:
        flows[tree.arc[v]] = left[v]
        left[tree.parent[v]] -= left[v]
    return flows


@njit
def _leaving_arc(tree: Tree, flows: IntArray, u: int, v: int) -> int:
    """Return the arc whose flow ends first when source u sends more to sink v, and less around the tree."""
    n = tree.n
    top = common_ancestor(tree.parent, u, v, np.zeros(tree.order.size, dtype=np.bool_))
    leaving = -1
    for end in (u, v):
        w = end
        while w != top:
            k = tree.arc[w]
            loses = (w < n) == (end == u)
            if loses and (leaving < 0 or flows[k] < flows[leaving]):
                leaving = k
            w = tree.parent[w]
    return leaving
