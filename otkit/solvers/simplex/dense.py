"""Small problems: the network simplex over all n·m arcs, from costs to potentials in one compiled call."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.checker.spanning_tree import root_forest, root_tree, tree_flows, tree_potentials
from otkit.numerics.floats import EPS
from otkit.numerics.jit import int64, jitable, njit
from otkit.solvers.simplex.amounts import Amounts
from otkit.solvers.simplex.masses import integer_masses
from otkit.solvers.simplex.start import Arcs, ship_all
from otkit.solvers.simplex.tree import ThreadedTree, empty_tree, pivot, set_potentials

# Pivots between two computations of the potentials from the tree, which keep rounding from piling up.
REFRESH = 4000

# A tolerance below the rounding of a hard case could let pivots go in circles: after so many for each node it doubles.
PATIENCE = 200

# Pairs looked at and potentials changed in one call, at most, some 0.2 s: whoever waits wants to be heard.
LARGEST_EFFORT = 200_000_000
NO_LIMIT = 1 << 62


class Answer(NamedTuple):
    """Plan entries, potentials, the arcs of the tree, and the number of pivots: −1 if there was too much to do.

    The k-th arc of the tree joins node k + 1 to its parent; `order` has these nodes, parents before children.
    """

    rows: IntArray
    cols: IntArray
    mass: FloatArray
    f: FloatArray
    g: FloatArray
    tree_rows: IntArray
    tree_cols: IntArray
    order: IntArray
    pivots: int


@jitable
def solve_dense(cost: FloatArray, supply: FloatArray, demand: FloatArray, effort: int) -> Answer:
    """Solve with costs (n, m), supply and demand, all masses positive, unless that takes too much effort."""
    n, m = cost.shape
    arcs = n + m - 1
    rows, cols, mass = np.empty(arcs, np.int64), np.empty(arcs, np.int64), np.empty(arcs)
    tree_rows, tree_cols = np.empty(arcs, np.int64), np.empty(arcs, np.int64)
    f, g, order = np.empty(n), np.empty(m), np.empty(arcs, np.int64)
    answer = Answer(rows, cols, mass, f, g, tree_rows, tree_cols, order, 0)
    shipped, pivots = _solve(cost, supply, demand, effort, answer)
    return Answer(rows[:shipped], cols[:shipped], mass[:shipped], f, g, tree_rows, tree_cols, order, pivots)


@njit
def _solve(cost: FloatArray, supply: FloatArray, demand: FloatArray, effort: int, answer: Answer) -> tuple[int, int]:
    """Write the arrays of an answer; return how many entries of the plan carry mass, and the number of pivots."""
    n, m = cost.shape
    sources, sinks, _, _ = integer_masses(supply, demand)
    lowest = np.full(m, np.inf)
    for i in range(n):
        for j in range(m):
            lowest[j] = min(lowest[j], cost[i, j])
    nothing = np.empty(0, np.int64)
    tree = _start(cost, lowest, np.concatenate((sources, sinks)), None, nothing, nothing)
    pivots = _optimize(tree, None, cost, effort)
    flow = _flows(tree, supply, demand)
    shipped = 0
    for k in range(n + m - 1):
        i, j = tree.arc[k + 1] // m, tree.arc[k + 1] % m
        answer.tree_rows[k], answer.tree_cols[k] = i, j
        if flow[k + 1] > 0.0:
            answer.rows[shipped], answer.cols[shipped], answer.mass[shipped] = i, j, flow[k + 1]
            shipped += 1
    v = tree.thread[0]
    for k in range(n + m - 1):
        answer.order[k] = v
        v = tree.thread[v]
    for i in range(n):
        answer.f[i] = tree.pot[i]
    for j in range(m):
        answer.g[j] = -tree.pot[n + j]
    return shipped, pivots


@njit
def improve_dense(cost: FloatArray, g: FloatArray, amounts: Amounts, arcs: IntArray) -> int:
    """Turn a tree that is optimal for masses near the given ones into one that is for these, up to rounding of prices.

    The masses are exact amounts, which are used up. Rows and columns of the tree are replaced; g are its potentials.
    Returns the number of pivots, or −1 if there was too much to do.
    """
    n, m = cost.shape
    forest = root_forest(n, m, arcs[0], arcs[1], np.arange(n + m))
    leaves_first = forest.arc[forest.order[:0:-1]]
    left = np.minimum(amounts.length[: n + m], 1)
    tree = _start(cost, g, left, amounts, forest.rows[leaves_first], forest.cols[leaves_first])
    pivots = _optimize(tree, amounts, cost, LARGEST_EFFORT)
    for k in range(n + m - 1):
        arcs[0, k], arcs[1, k] = tree.arc[k + 1] // m, tree.arc[k + 1] % m
    return pivots


@njit
def weigh_tree(
    cost: FloatArray,
    supply: FloatArray,
    demand: FloatArray,
    rows: IntArray,
    cols: IntArray,
    mass: FloatArray,
    f: FloatArray,
    g: FloatArray,
) -> None:
    """Write the masses and the potentials of a spanning tree, in floats."""
    n, m = cost.shape
    costs = np.empty(rows.size)
    for k in range(rows.size):
        costs[k] = cost[rows[k], cols[k]]
    tree = root_tree(n, m, rows, cols, int(np.argmax(supply)))
    flows, (own_f, own_g) = tree_flows(tree, supply, demand), tree_potentials(tree, costs)
    for k in range(mass.size):
        mass[k] = max(flows[k], 0.0)
    for i in range(n):
        f[i] = own_f[i]
    for j in range(m):
        g[j] = own_g[j]


@njit
def _optimize(tree: ThreadedTree, amounts: Amounts | None, cost: FloatArray, effort: int) -> int:
    """Pivot to the optimum; return the number of pivots, or −1 where the effort was not enough."""
    n, m = cost.shape
    largest = 0.0
    for i in range(n):
        for j in range(m):
            largest = max(largest, abs(cost[i, j]))
    tolerance = 8.0 * EPS * largest
    pivots, done, progress = 0, int64(1), np.zeros(2, np.int64)
    while done > 0:
        if progress[1] > effort:
            return -1
        done = _pivots(tree, amounts, cost, progress, tolerance)
        set_potentials(tree)
        pivots += done
        if pivots > PATIENCE * (n + m):
            tolerance *= 2.0
    return pivots


@njit
def _flows(tree: ThreadedTree, supply: FloatArray, demand: FloatArray) -> FloatArray:
    """Return the flow above each node: what its subtree has more than it needs, summed from the leaves up."""
    n = supply.size
    surplus = np.empty(n + demand.size)
    for i in range(n):
        surplus[i] = supply[i]
    for j in range(demand.size):
        surplus[n + j] = -demand[j]
    v = tree.back[0]
    while v != 0:
        surplus[tree.parent[v]] += surplus[v]
        if v >= n:
            surplus[v] = -surplus[v]
        v = tree.back[v]
    return surplus


@njit
def _start(
    cost: FloatArray,
    g: FloatArray,
    left: IntArray,
    amounts: Amounts | None,
    rows: IntArray,
    cols: IntArray,
) -> ThreadedTree:
    """Return the tree that ships along the given arcs, then from each source to its cheapest open sinks, less g."""
    n, m = cost.shape
    size = rows.size + 2 * (n + m)
    arcs = Arcs(np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size))
    for e in range(rows.size):
        arcs.source[e], arcs.sink[e], arcs.cost[e] = rows[e], n + cols[e], cost[rows[e], cols[e]]
    tree = empty_tree(n + m)
    ship_all(tree, amounts, left, cost, np.arange(n), np.arange(m), g, arcs, rows.size)
    return tree


@njit
def _pivots(tree: ThreadedTree, amounts: Amounts | None, cost: FloatArray, progress: IntArray, tolerance: float) -> int:
    """Pivot up to REFRESH times, the entering arc the most negative of a few rows, each scanned by SIMD first.

    Returns the number of pivots, zero at the optimum; `progress` holds the row to begin with and the effort so far.
    """
    n, m = cost.shape
    sink_pot = tree.pot[n:]
    rows_at_once = max(1, min(n, int((n * m) ** 0.5) * 2 // m))
    done, row = 0, progress[0]
    while done < REFRESH:
        best = -tolerance
        p, q = int64(-1), int64(-1)
        seen = 0
        while seen < n and p < 0:
            for _ in range(min(rows_at_once, n - seen)):
                line = cost[row]
                pot = tree.pot[row]
                hits = 0
                for j in range(m):
                    hits += line[j] + sink_pot[j] - pot < best
                if hits > 0:
                    for j in range(m):
                        reduced = line[j] + sink_pot[j] - pot
                        if reduced < best:
                            best, p, q = reduced, row, j
                row = row + 1 if row + 1 < n else 0
                seen += 1
        if p < 0:
            break
        progress[1] += seen * m + pivot(tree, amounts, p, n + q, p * m + q, cost[p, q], best)
        done += 1
    progress[0] = row
    return done
