"""Spanning trees of the bipartite graph: the bases of the transport LP.

The nodes are the n sources 0 … n−1 followed by the m sinks n … n+m−1; the arcs are pairs (i, j) of a source and a sink.
The columns of A in ``A vec(Γ) = b`` that belong to a set of arcs are independent exactly if the arcs hold no cycle, so
the bases are the spanning trees, n+m−1 arcs each (Ahuja, Magnanti & Orlin, *Network Flows*, ch. 11). On a tree nothing
is left to optimise: leaf elimination gives its only flow, a traversal its only potentials up to a constant. Both are
sums and differences of the data and both are done here so that they lose nothing: sums are carried in double-double
arithmetic (Dekker 1971) and rounded once, so an answer does not decay along a path of ten thousand arcs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._typing import BoolArray, FloatArray, IntArray
from otkit.numerics import double_double as dd
from otkit.numerics.jit import jitable, njit
from otkit.numerics.union_find import find_leader


class Tree(NamedTuple):
    """A rooted spanning tree, or a forest with a root in each of its trees, in the form that traversals need.

    Attributes
    ----------
    rows, cols : (n+m−1,) int64
        Source and sink of each arc.
    order : (n+m,) int64
        The nodes, each after its parent and tree after tree; ``order[0]`` is a root.
    parent : (n+m,) int64
        Parent node, −1 at a root.
    arc : (n+m,) int64
        Index of the arc to the parent, −1 at a root.
    n : int
        Number of sources.
    """

    rows: IntArray
    cols: IntArray
    order: IntArray
    parent: IntArray
    arc: IntArray
    n: int


@njit
def forest_mask(n: int, m: int, rows: IntArray, cols: IntArray) -> BoolArray:
    """Take arcs in the order given, leaving out each that would close a cycle (Kruskal 1956).

    Parameters
    ----------
    n, m : int
        Numbers of sources and sinks.
    rows, cols : (k,) int64
        Arcs, the most wanted first.

    Returns
    -------
    (k,) bool
        Which arcs belong to the forest.
    """
    leader = np.arange(n + m)
    mask = np.zeros(rows.size, dtype=np.bool_)
    for k in range(rows.size):
        u, v = find_leader(leader, rows[k]), find_leader(leader, n + cols[k])
        if u != v:
            leader[u] = v
            mask[k] = True
    return mask


def spanning_tree(n: int, m: int, rows: IntArray, cols: IntArray) -> tuple[IntArray, IntArray]:
    """Complete arcs to a spanning tree.

    Parameters
    ----------
    n, m : int
        Numbers of sources and sinks.
    rows, cols : (k,) int64
        Arcs, the most wanted first: the support of a plan, say, then candidates by reduced cost. One that closes a
        cycle with those before it is left out.

    Returns
    -------
    rows, cols : (n+m−1,) int64
        The arcs that were kept, in their order, then those that had to be invented: sources that are still apart are
        joined to sink 0, sinks to source 0.

    Examples
    --------
    >>> import numpy as np
    >>> spanning_tree(2, 2, np.array([0, 1]), np.array([0, 1]))
    (array([0, 1, 1]), array([0, 1, 0]))
    """
    rows = np.concatenate([rows, np.arange(n), np.zeros(m, dtype=np.int64)])
    cols = np.concatenate([cols, np.zeros(n, dtype=np.int64), np.arange(m)])
    mask = forest_mask(n, m, rows, cols)
    return rows[mask], cols[mask]


@jitable
def root_tree(n: int, m: int, rows: IntArray, cols: IntArray, root: int) -> Tree:
    """Order a spanning tree breadth-first from node `root`.

    Raises
    ------
    ValueError
        If the arcs are no spanning tree.
    """
    if rows.size != n + m - 1:
        raise ValueError("A spanning tree of n sources and m sinks has n + m - 1 arcs.")
    tree = root_forest(n, m, rows, cols, np.full(1, root))
    if (tree.parent < 0).sum() > 1:
        raise ValueError("The arcs do not reach all rows and columns, so they are no spanning tree.")
    return tree


@jitable
def root_forest(n: int, m: int, rows: IntArray, cols: IntArray, roots: IntArray) -> Tree:
    """Order a forest breadth-first, each tree from the node that comes first in `roots`.

    Raises
    ------
    ValueError
        If the arcs hold a cycle.
    """
    tree, sound = hung_from(n, m, rows, cols, roots)
    if not sound:
        raise ValueError("The arcs hold a cycle, so they are no spanning tree.")
    return tree


@jitable
def hung_from(n: int, m: int, rows: IntArray, cols: IntArray, roots: IntArray) -> tuple[Tree, bool]:
    """Do the same without a word where the arcs hold a cycle: say whether they do not."""
    order, parent, arc = np.empty(n + m, np.int64), np.empty(n + m, np.int64), np.empty(n + m, np.int64)
    tree = Tree(rows, cols, order, parent, arc, n)
    return tree, _hang_from(roots, tree)


@njit
def _hang_from(roots: IntArray, tree: Tree) -> bool:
    """Write order, parents and arcs to them into a tree that has its rows and columns; False if they hold a cycle."""
    rows, cols, order, parent, arc, n = tree
    size, arcs = order.size, rows.size
    start = np.zeros(size + 1, dtype=np.int64)  # adjacency lists of all nodes, one after the other
    for k in range(arcs):
        start[rows[k] + 1] += 1
        start[n + cols[k] + 1] += 1
    for v in range(size):
        start[v + 1] += start[v]
    fill = start[:-1].copy()
    incident = np.empty(2 * arcs, dtype=np.int64)
    for k in range(arcs):
        u, v = rows[k], n + cols[k]
        incident[fill[u]] = k
        incident[fill[v]] = k
        fill[u] += 1
        fill[v] += 1

    for v in range(size):
        parent[v] = arc[v] = -1
    reached = 0
    head = 0
    for root in roots:
        if parent[root] >= 0:
            continue
        order[reached] = root
        reached += 1
        while head < reached:
            u = order[head]
            head += 1
            for t in range(start[u], start[u + 1]):
                k = incident[t]
                if k == arc[u]:
                    continue
                v = n + cols[k] if u < n else rows[k]
                if v == root or parent[v] >= 0:
                    return False
                parent[v] = u
                arc[v] = k
                order[reached] = v
                reached += 1
    return True


# --- what a tree determines -----------------------------------------------------------------------------------------


@njit
def tree_flows(tree: Tree, supply: FloatArray, demand: FloatArray) -> FloatArray:
    """Return the flow on each arc of a spanning tree, by leaf elimination.

    Every node but the root sends its parent what it has left, so it misses its mass by half an ulp of that one flow:
    each flow is rounded once, and exactly as rounded it is booked at the parent. All these roundings, and the one by
    which the totals of `supply` and `demand` differ, remain at the root: choose a heavy node. Integer masses below 2⁵³
    meet no rounding. In a forest this holds tree by tree.

    Parameters
    ----------
    tree : Tree
    supply : (n,) float64
    demand : (m,) float64

    Returns
    -------
    (k,) float64
        Flows in the order of the arcs; negative where the tree is no feasible basis.
    """
    size = tree.order.size
    high = np.concatenate((supply, demand))
    low = np.zeros(size)
    flow = np.empty(tree.rows.size)
    for t in range(size - 1, 0, -1):
        v = tree.order[t]
        u = tree.parent[v]
        if u < 0:
            continue
        flow[tree.arc[v]] = high[v]
        high[u], low[u] = dd.subtract((high[u], low[u]), (high[v], 0.0))
    return flow


@jitable
def tree_potentials(tree: Tree, costs: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the potentials with f_i + g_j = c_ij on every arc of a spanning tree, each rounded once.

    The arcs leave a constant t free, (f + t, g − t), in each tree of a forest. It is chosen so that the ranges of f and
    g have the same midpoint: then neither side carries a large constant at the expense of its digits.

    Parameters
    ----------
    tree : Tree
    costs : (k,) float64
        Cost of each arc.

    Returns
    -------
    f : (n,) float64
    g : (m,) float64
    """
    potential = np.empty(tree.order.size)
    _write_potentials(tree, costs, potential)
    return potential[: tree.n], potential[tree.n :]


@njit
def _write_potentials(tree: Tree, costs: FloatArray, potential: FloatArray) -> None:
    n = tree.n
    size = tree.order.size
    high = np.zeros(size)
    low = np.zeros(size)
    for t in range(1, size):
        v = tree.order[t]
        u = tree.parent[v]
        if u < 0:
            continue
        high[v], low[v] = dd.subtract((costs[tree.arc[v]], 0.0), (high[u], low[u]))
    first = 0
    while first < size:  # tree by tree
        stop = first + 1
        top, bottom = np.full(2, -np.inf), np.full(2, np.inf)
        while stop < size and tree.parent[tree.order[stop]] >= 0:
            stop += 1
        for v in tree.order[first:stop]:
            side = 0 if v < n else 1
            top[side], bottom[side] = max(top[side], high[v]), min(bottom[side], high[v])
        shift = 0.25 * (top[1] + bottom[1] - top[0] - bottom[0]) if stop > first + 1 else 0.0
        for v in tree.order[first:stop]:
            potential[v], _ = dd.add((high[v], low[v]), (shift if v < n else -shift, 0.0))
        first = stop


# --- the cycle that another arc closes ------------------------------------------------------------------------------


@njit
def common_ancestor(parent: IntArray, u: int, v: int, mark: BoolArray) -> int:
    """Return the lowest node that is u or above u as well as v or above v; −1 if they are in different trees.

    `mark` is (n+m,) scratch space, all False before and after.
    """
    w = u
    while w >= 0:
        mark[w] = True
        w = parent[w]
    common = v
    while common >= 0 and not mark[common]:
        common = parent[common]
    w = u
    while w >= 0:
        mark[w] = False
        w = parent[w]
    return common
