"""A first strongly feasible tree, from a forest of shipments."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs.pairs import pair
from otkit.numerics.jit import int64, jitable, njit
from otkit.numerics.union_find import find_leader
from otkit.solvers.simplex.amounts import Amounts, move_least
from otkit.solvers.simplex.tree import ThreadedTree, empty_tree, nodes_of, set_potentials

# Costs of a row that are compared at once.
CHUNK = 64


class Forest(NamedTuple):
    """Shipments: `counter[0]` arcs and their flows; `left` is what nodes still have, `group` a union-find forest.

    With a table of `amounts`, flows are slots of it, and what node v still has is in slot v; `left` says whether that
    is anything.
    """

    arc: Any
    flow: IntArray
    counter: IntArray
    left: IntArray
    group: Any


def empty_forest(supply: IntArray, demand: IntArray) -> Forest:
    """Return a forest without arcs."""
    nodes = supply.size + demand.size
    return Forest(
        np.empty(nodes, np.int32),
        np.empty(nodes, np.int64),
        np.zeros(1, np.int64),
        np.concatenate([supply, demand]),
        np.arange(nodes, dtype=np.int32),
    )


@njit
def append(forest: Forest, amounts: Amounts | None, arc: int, i: int, j: int) -> None:
    """Ship as much as goes from i to j."""
    k, left = forest.counter[0], forest.left
    if amounts is None:
        flow = min(left[i], left[j])
        left[i] -= flow
        left[j] -= flow
    else:
        flow = left.size + k
        move_least(amounts, i, j, flow)
        left[i], left[j] = amounts.length[i], amounts.length[j]
    forest.arc[k], forest.flow[k] = arc, flow
    forest.counter[0] = k + 1
    forest.group[find_leader(forest.group, i)] = find_leader(forest.group, j)


@njit
def ship(forest: Forest, amounts: Amounts | None, source: Any, sink: Any, order: IntArray) -> None:
    """Ship as much as goes along each arc in the given order.

    Each shipment exhausts one of its two nodes, which no later one touches: so the arcs form a forest.
    """
    for e in order:
        i, j = int64(source[e]), int64(sink[e])
        if forest.left[i] > 0 and forest.left[j] > 0:
            append(forest, amounts, e, i, j)


def complete(
    forest: Forest,
    amounts: Amounts | None,
    pairs: Any,
    f: FloatArray,
    g: FloatArray,
    source: Any,
    sink: Any,
    cost: FloatArray,
    arcs: int,
    order: IntArray,
) -> tuple[ThreadedTree, int]:
    """Ship what is left in the order of the nodes and join the pieces of the forest to a strongly feasible tree.

    Each piece but the root's is joined to another one by an arc without flow that leaves one of its sources, the first
    such arc in the given order. Arcs that are not in the set yet are appended behind the first `arcs`; there is room
    for n + m of them. Supply and demand are positive. Returns the tree and the number of arcs.
    """
    arcs = _join_pieces(forest, amounts, pairs, f, g, source, sink, cost, arcs, order)
    return hang(f.size, g.size, source, sink, cost, forest.arc, forest.flow), arcs


@njit
def _join_pieces(
    forest: Forest,
    amounts: Amounts | None,
    pairs: Any,
    f: FloatArray,
    g: FloatArray,
    source: Any,
    sink: Any,
    cost: FloatArray,
    arcs: int,
    order: IntArray,
) -> int:
    """Do what `complete` does to forest and arcs; return the number of arcs."""
    n, m = f.size, g.size
    nodes = n + m
    group, left = forest.group, forest.left
    root = int64(0)
    j = n
    for i in range(n):
        while left[i] > 0:
            while left[j] == 0:
                j += 1
            source[arcs], sink[arcs], cost[arcs] = i, j, pair(pairs, i, j - n) - f[i] - g[j - n]
            append(forest, amounts, arcs, i, j)
            arcs += 1
    piece = np.empty(nodes, np.int32)
    for v in range(nodes):
        piece[v] = find_leader(group, v)
    joined = np.zeros(nodes, np.bool_)
    joined[piece[root]] = True
    for e in order:
        i, j = int64(source[e]), int64(sink[e])
        if forest.counter[0] == nodes - 1:
            break
        if not joined[piece[i]] and find_leader(group, i) != find_leader(group, j):
            joined[piece[i]] = True
            append(forest, amounts, e, i, j)
    anchor = n
    while find_leader(group, anchor) != find_leader(group, root):
        anchor += 1
    for i in range(n):
        if not joined[piece[i]]:
            joined[piece[i]] = True
            source[arcs], sink[arcs], cost[arcs] = i, anchor, pair(pairs, i, anchor - n) - f[i] - g[anchor - n]
            append(forest, amounts, arcs, i, anchor)
            arcs += 1
    return arcs


@jitable
def hang(n: int, m: int, source: Any, sink: Any, cost: FloatArray, tree_arc: Any, tree_flow: IntArray) -> ThreadedTree:
    """Return the tree of the n + m − 1 arcs `tree_arc` as seen from its root, source 0, potentials included."""
    tree = empty_tree(n + m)
    hang_in(tree, n, source, sink, cost, tree_arc[: n + m - 1], tree_flow)
    return tree


@njit
def hang_in(
    tree: ThreadedTree, n: int, source: Any, sink: Any, cost: FloatArray, tree_arc: Any, tree_flow: IntArray
) -> None:
    """Do the same in the arrays of a tree; nodes without arcs are left out."""
    nodes = tree.pot.size
    start = np.zeros(nodes + 1, np.int32)
    for k in range(tree_arc.size):
        start[source[tree_arc[k]] + 1] += 1
        start[sink[tree_arc[k]] + 1] += 1
    for v in range(nodes):
        start[v + 1] += start[v]
    fill = np.empty(nodes, np.int32)
    for v in range(nodes):
        fill[v] = start[v]
    incident = np.empty(2 * nodes, np.int32)
    for k in range(tree_arc.size):
        i, j = source[tree_arc[k]], sink[tree_arc[k]]
        incident[fill[i]] = k
        incident[fill[j]] = k
        fill[i] += 1
        fill[j] += 1
    parent, thread, back, size, last = tree.parent, tree.thread, tree.back, tree.size, tree.last
    tree.arc[0], tree.flow[0], tree.cost[0] = -1, 0, 0.0
    for v in range(nodes):
        tree.is_sink[v] = v >= n
    parent[0] = 0
    stack = np.empty(nodes, np.uint32)
    stack[0] = 0
    height = 1
    previous = 0
    preorder = fill
    seen = 0
    while height > 0:
        height -= 1
        v = stack[height]
        thread[previous] = v
        back[v] = previous
        previous = v
        preorder[seen] = v
        seen += 1
        size[v] = 1
        last[v] = v
        for s in range(start[v], start[v + 1]):
            k = incident[s]
            e = tree_arc[k]
            u = sink[e] if v < n else source[e]
            if v == 0 or u != parent[v]:
                parent[u] = v
                tree.arc[u], tree.flow[u], tree.cost[u] = e, tree_flow[k], cost[e]
                stack[height] = u
                height += 1
    thread[previous] = 0
    back[0] = previous
    for s in range(seen - 1, 0, -1):
        v = preorder[s]
        u = parent[v]
        size[u] += size[v]
        if last[u] == u:
            last[u] = last[v]
    set_potentials(tree)


class Arcs(NamedTuple):
    """Arcs that a tree is made of, with room for more: sources and sinks as nodes of the tree, and costs."""

    source: IntArray
    sink: IntArray
    cost: FloatArray


@njit
def ship_all(
    tree: ThreadedTree,
    amounts: Amounts | None,
    left: IntArray,
    cost: FloatArray,
    rows: IntArray,
    cols: IntArray,
    g: FloatArray,
    arcs: Arcs,
    given: int,
) -> None:
    """Ship what nodes have left along the given arcs, then to the cheapest open columns; write a tree of the pieces.

    Source i is the row `rows[i]` of the costs, sink n + j is column j, of those in `cols`. Each piece but that of the
    root is joined to another one by an arc without flow from one of its sources: so the tree is strongly feasible. Its
    arcs are numbered i · m + j.
    """
    n, m, nodes = cost.shape[0], cost.shape[1], left.size
    group = np.arange(nodes).astype(np.int32)
    forest = Forest(np.empty(nodes, np.int32), np.empty(nodes, np.int64), np.zeros(1, np.int64), left, group)
    ship(forest, amounts, arcs.source, arcs.sink, np.arange(given))
    count = given
    open_g = np.full(m, -np.inf)
    for j in cols:
        open_g[j] = g[j] if left[n + j] > 0 else -np.inf
    for i in range(rows.size):
        while left[i] > 0:
            line = cost[rows[i]]
            to = cheapest(line, open_g)
            if to < 0:  # differences beyond float64
                to = int64(np.argmax(left[n:]))
            arcs.source[count], arcs.sink[count], arcs.cost[count] = i, n + to, line[to]
            append(forest, amounts, count, i, n + to)
            count += 1
            if left[n + to] == 0:
                open_g[to] = -np.inf
    if forest.counter[0] < rows.size + cols.size - 1:
        _join_all(forest, amounts, cost, rows, cols, g, arcs, given, count)
    hang_in(tree, n, arcs.source, arcs.sink, arcs.cost, forest.arc[: forest.counter[0]], forest.flow)
    for v in nodes_of(tree):
        k = tree.arc[v]
        tree.arc[v] = int64(arcs.source[k]) * m + int64(arcs.sink[k]) - n


@njit
def _join_all(
    forest: Forest,
    amounts: Amounts | None,
    cost: FloatArray,
    rows: IntArray,
    cols: IntArray,
    g: FloatArray,
    arcs: Arcs,
    given: int,
    count: int,
) -> None:
    """Join the pieces of a forest, by the first arcs that do, or else by the cheapest of some row of the piece."""
    n, nodes, group = cost.shape[0], forest.left.size, forest.group
    piece, joined = np.empty(nodes, np.int32), np.zeros(nodes, np.bool_)
    for v in range(nodes):
        piece[v] = find_leader(group, v)
    joined[piece[0]] = True
    for e in range(given):
        i, j = int64(arcs.source[e]), int64(arcs.sink[e])
        if not joined[piece[i]] and find_leader(group, i) != find_leader(group, j):
            joined[piece[i]] = True
            append(forest, amounts, e, i, j)
    for i in range(rows.size):
        if not joined[piece[i]]:
            joined[piece[i]] = True
            line, best, to = cost[rows[i]], np.inf, int64(-1)
            for j in cols:
                if (to < 0 or line[j] - g[j] < best) and find_leader(group, n + j) != find_leader(group, i):
                    best, to = line[j] - g[j], j
            arcs.source[count], arcs.sink[count], arcs.cost[count] = i, n + to, line[to]
            append(forest, amounts, count, i, n + to)
            count += 1


@njit
def cheapest(line: FloatArray, g: FloatArray) -> int:
    """Return the column of least reduced cost, −1 where all are infinite; chunk by chunk, since most hold none."""
    best, to = np.inf, int64(-1)
    for first in range(0, line.size, CHUNK):
        stop = min(line.size, first + CHUNK)
        hits = 0
        for j in range(first, stop):
            hits += line[j] - g[j] < best
        if hits > 0:
            for j in range(first, stop):
                if line[j] - g[j] < best:
                    best, to = line[j] - g[j], j
    return to
