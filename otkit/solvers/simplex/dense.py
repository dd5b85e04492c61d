"""Small problems: the network simplex over all n·m arcs, from costs to potentials in one compiled call."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._jit import int64, jitable, njit
from otkit._typing import FloatArray, IntArray
from otkit.solvers.simplex.masses import integer_masses
from otkit.solvers.simplex.start import find, hang
from otkit.solvers.simplex.tree import Tree, pivot, set_potentials

# Pivots between two computations of the potentials from the tree, which keep rounding from piling up.
REFRESH = 4000

# A tolerance below the rounding of a hard case could let pivots go in circles: after so many for each node it doubles.
PATIENCE = 200


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


@jitable
def solve_dense(cost: FloatArray, supply: FloatArray, demand: FloatArray) -> Answer:
    """Solve with costs (n, m), supply and demand, all masses positive."""
    n, m = cost.shape
    arcs = n + m - 1
    rows, cols, mass = np.empty(arcs, np.int64), np.empty(arcs, np.int64), np.empty(arcs)
    tree_rows, tree_cols = np.empty(arcs, np.int64), np.empty(arcs, np.int64)
    f, g = np.empty(n), np.empty(m)
    shipped, pivots = _solve(cost, supply, demand, Answer(rows, cols, mass, f, g, tree_rows, tree_cols, 0))
    return Answer(rows[:shipped], cols[:shipped], mass[:shipped], f, g, tree_rows, tree_cols, pivots)


@njit
def _solve(cost: FloatArray, supply: FloatArray, demand: FloatArray, answer: Answer) -> tuple[int, int]:
    """Write the arrays of an answer; return how many entries of the plan carry mass, and the number of pivots."""
    n, m = cost.shape
    sources, sinks, _, _ = integer_masses(supply, demand)
    largest = 0.0
    for i in range(n):
        for j in range(m):
            largest = max(largest, abs(cost[i, j]))
    tolerance = 8.0 * np.finfo(np.float64).eps * largest
    tree = _start(cost, sources, sinks)
    pivots, row, done = 0, int64(0), int64(1)
    while done > 0:
        done, row = _pivots(tree, cost, row, tolerance)
        set_potentials(tree)
        pivots += done
        if pivots > PATIENCE * (n + m):
            tolerance *= 2.0
    flow = _flows(tree, supply, demand)
    shipped = 0
    for k in range(n + m - 1):
        i, j = tree.arc[k + 1] // m, tree.arc[k + 1] % m
        answer.tree_rows[k], answer.tree_cols[k] = i, j
        if flow[k + 1] > 0.0:
            answer.rows[shipped], answer.cols[shipped], answer.mass[shipped] = i, j, flow[k + 1]
            shipped += 1
    for i in range(n):
        answer.f[i] = tree.pot[i]
    for j in range(m):
        answer.g[j] = -tree.pot[n + j]
    return shipped, pivots


@njit
def _flows(tree: Tree, supply: FloatArray, demand: FloatArray) -> FloatArray:
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
def _start(cost: FloatArray, supply: IntArray, demand: IntArray) -> Tree:
    """Ship from each source to its cheapest open sinks, costs reduced by the column minima; join the pieces cheaply."""
    n, m = cost.shape
    nodes = n + m
    lowest = np.full(m, np.inf)
    for i in range(n):
        for j in range(m):
            lowest[j] = min(lowest[j], cost[i, j])
    left = demand.copy()
    group, arcs = np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    for v in range(nodes):
        group[v] = arcs[v] = v
    source = np.empty(nodes, np.uint32)
    sink = np.empty(nodes, np.uint32)
    price = np.empty(nodes)
    flow = np.empty(nodes, np.int64)
    count, root = 0, int64(0)
    for i in range(n):
        rest = supply[i]
        while rest > 0:
            best = np.inf
            to = -1
            for j in range(m):
                if left[j] > 0 and (to < 0 or cost[i, j] - lowest[j] < best):
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
        if mine == find(group, root):
            continue
        best = np.inf
        to = -1
        for j in range(m):
            if (to < 0 or cost[i, j] - lowest[j] < best) and find(group, n + j) != mine:
                best, to = cost[i, j] - lowest[j], j
        source[count], sink[count], price[count], flow[count] = i, n + to, cost[i, to], 0
        count += 1
        group[mine] = find(group, n + to)
    tree = hang(n, m, source, sink, price, arcs, flow)
    for v in range(1, nodes):
        k = tree.arc[v]
        tree.arc[v] = int64(source[k]) * m + int64(sink[k]) - n
    return tree


@njit
def _pivots(tree: Tree, cost: FloatArray, row: int, tolerance: float) -> tuple[int, int]:
    """Pivot up to REFRESH times, the entering arc the most negative of a few rows, each scanned by SIMD first.

    Returns the number of pivots, zero at the optimum, and the row to begin with next.
    """
    n, m = cost.shape
    sink_pot = tree.pot[n:]
    rows_at_once = max(1, min(n, int((n * m) ** 0.5) * 2 // m))
    done = 0
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
            return done, row
        pivot(tree, p, n + q, p * m + q, cost[p, q], best)
        done += 1
    return done, row
