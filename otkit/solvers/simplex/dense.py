"""Small problems: the network simplex over all n·m arcs, from costs to potentials in one compiled call."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from otkit._jit import njit
from otkit._typing import FloatArray, IntArray
from otkit.costs.pairs import tile
from otkit.solvers.simplex.masses import integer_masses
from otkit.solvers.simplex.start import find, hang
from otkit.solvers.simplex.tree import Tree, pivot, set_potentials

# Pivots between two computations of the potentials from the tree, which keep rounding from piling up.
REFRESH = 4000


class Answer(NamedTuple):
    """Plan entries, potentials, the arcs of the tree, and the number of pivots."""

    rows: IntArray
    cols: IntArray
    mass: FloatArray
    f: FloatArray
    g: FloatArray
    tree_rows: IntArray
    tree_cols: IntArray
    pivots: int


@njit
def solve_small(pairs: Any, supply: FloatArray, demand: FloatArray, cost: FloatArray) -> Answer:
    """Solve with positive masses as they are; `cost` (n, m) is room for the costs."""
    n, m = cost.shape
    sources, sinks, _, _ = integer_masses(supply, demand)
    tree, pivots, _ = solve_dense(pairs, sources, sinks, cost, np.iinfo(np.int64).max)
    flow = _flows(tree, supply, demand)
    rows, cols = np.empty(n + m - 1, np.int64), np.empty(n + m - 1, np.int64)
    plan_rows, plan_cols, mass = np.empty(n + m - 1, np.int64), np.empty(n + m - 1, np.int64), np.empty(n + m - 1)
    shipped = 0
    for k in range(n + m - 1):
        rows[k], cols[k] = tree.arc[k + 1] // m, tree.arc[k + 1] % m
        if flow[k + 1] > 0.0:
            plan_rows[shipped], plan_cols[shipped], mass[shipped] = rows[k], cols[k], flow[k + 1]
            shipped += 1
    f, g = tree.pot[:n].copy(), -tree.pot[n:]
    return Answer(plan_rows[:shipped], plan_cols[:shipped], mass[:shipped], f, g, rows, cols, pivots)


@njit
def _flows(tree: Tree, supply: FloatArray, demand: FloatArray) -> FloatArray:
    """Return the flow above each node: what its subtree has more than it needs, summed from the leaves up."""
    n = supply.size
    surplus = np.concatenate((supply, -demand))
    v = tree.back[0]
    while v != 0:
        surplus[tree.parent[v]] += surplus[v]
        if v >= n:
            surplus[v] = -surplus[v]
        v = tree.back[v]
    return surplus


@njit
def solve_dense(pairs: Any, supply: IntArray, demand: IntArray, cost: FloatArray, limit: int) -> tuple[Tree, int, bool]:
    """Solve with integer supply and demand, all positive; `cost` (n, m) is room for the costs.

    Returns the tree, whose arc i·m + j joins source i and sink j, the number of pivots, and whether it is optimal.
    """
    n, m = cost.shape
    largest = 0.0
    for i in range(n):
        tile(pairs, i, 0, cost[i])
        for j in range(m):
            largest = max(largest, abs(cost[i, j]))
    tolerance = 8.0 * np.finfo(np.float64).eps * largest
    tree = _start(cost, supply, demand)
    done = 0
    row = 0
    fresh = True
    while done < limit:
        count, row, finished = _pivots(tree, cost, row, tolerance, min(REFRESH, limit - done))
        done += count
        if finished and fresh and count == 0:
            return tree, done, True
        set_potentials(tree, n)
        fresh = True
    return tree, done, False


@njit
def _start(cost: FloatArray, supply: IntArray, demand: IntArray) -> Tree:
    """Ship from each source to its cheapest open sinks, costs reduced by the column minima; join the pieces cheaply."""
    n, m = cost.shape
    nodes = n + m
    lowest = np.empty(m)
    lowest[:] = cost[0]
    for i in range(1, n):
        for j in range(m):
            lowest[j] = min(lowest[j], cost[i, j])
    left = demand.copy()
    group = np.arange(nodes).astype(np.int32)
    source = np.empty(nodes, np.uint32)
    sink = np.empty(nodes, np.uint32)
    price = np.empty(nodes)
    flow = np.empty(nodes, np.int64)
    count = 0
    for i in range(n):
        rest = supply[i]
        while rest > 0:
            best = np.inf
            to = -1
            for j in range(m):
                if left[j] > 0 and cost[i, j] - lowest[j] < best:
                    best, to = cost[i, j] - lowest[j], j
            moved = min(rest, left[to])
            rest -= moved
            left[to] -= moved
            source[count], sink[count], price[count], flow[count] = i, n + to, cost[i, to], moved
            count += 1
            group[find(group, i)] = find(group, n + to)
    for i in range(n):
        if count == nodes - 1:
            break
        mine = find(group, i)
        if mine == find(group, 0):
            continue
        best = np.inf
        to = -1
        for j in range(m):
            if cost[i, j] - lowest[j] < best and find(group, n + j) != mine:
                best, to = cost[i, j] - lowest[j], j
        source[count], sink[count], price[count], flow[count] = i, n + to, cost[i, to], 0
        count += 1
        group[mine] = find(group, n + to)
    tree = hang(n, m, source, sink, price, np.arange(nodes).astype(np.int32), flow)
    for v in range(1, nodes):
        k = tree.arc[v]
        tree.arc[v] = np.int64(source[k]) * m + np.int64(sink[k]) - n
    return tree


@njit
def _pivots(tree: Tree, cost: FloatArray, row: int, tolerance: float, limit: int) -> tuple[int, int, bool]:
    """Pivot, the entering arc the most negative of a few rows; a row is scanned for improvements by SIMD first."""
    n, m = cost.shape
    sink_pot = tree.pot[n:]
    rows_at_once = max(1, min(n, int((n * m) ** 0.5) * 2 // m))
    done = 0
    while done < limit:
        best = -tolerance
        p = q = -1
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
            return done, row, True
        pivot(tree, n, p, n + q, p * m + q, cost[p, q], best)
        done += 1
    return done, row, False
