"""The spanning tree of the network simplex, and the exchange of one of its arcs.

Every arc leads from a source to a sink, so the direction of a tree arc follows from its lower end alone: up from a
source, down to a sink. The root, node 0, is a source. Else nodes may be numbered in any way.

The tree is held as a preorder list (Ahuja, Magnanti & Orlin, *Network Flows*, section 11.3): a subtree is `size`
consecutive nodes from its top along `thread`, the last of which is `last`.

Flows are integers, so the rule of strongly feasible trees (Cunningham 1976) holds exactly: every arc without flow
points to the root. Among the arcs that block a pivot the last one leaves, seen along the cycle from its apex in the
direction of the entering arc; that keeps the tree strongly feasible, and then no sequence of pivots can cycle.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.numerics.jit import int64, jitable, njit
from otkit.solvers.simplex.amounts import Amounts, compare, decrease, increase


class ThreadedTree(NamedTuple):
    """Arrays over the nodes; `arc`, `flow` and `cost` belong to the arc between a node and its parent.

    Where amounts are kept in a table, `flow` holds slots of it.
    `is_sink` tells sinks from sources.

    The potential of a source is f, of a sink −g: the reduced cost of an arc is cost − pot[source] + pot[sink], and
    hanging a subtree elsewhere adds one number to all its potentials.
    """

    parent: Any
    thread: Any
    back: Any
    size: Any
    last: Any
    arc: Any
    flow: IntArray
    cost: FloatArray
    pot: FloatArray
    is_sink: Any


@jitable
def empty_tree(nodes: int) -> ThreadedTree:
    """Return a tree of `nodes` nodes, nothing set."""
    return ThreadedTree(
        np.empty(nodes, np.uint32),
        np.empty(nodes, np.uint32),
        np.empty(nodes, np.uint32),
        np.empty(nodes, np.uint32),
        np.empty(nodes, np.uint32),
        np.empty(nodes, np.int32),
        np.empty(nodes, np.int64),
        np.empty(nodes, np.float64),
        np.empty(nodes, np.float64),
        np.empty(nodes, np.bool_),
    )


@njit
def pivot(tree: ThreadedTree, amounts: Amounts | None, p: int, q: int, arc: int, cost: float, reduced: float) -> int:
    """Bring the arc from source `p` to sink `q`, whose reduced cost is negative, into the tree.

    Returns how many potentials, and limbs of amounts, were gone through.
    """
    # Climb to the apex of the cycle. Flow decreases on up arcs of p's side and on down arcs of q's side.
    if amounts is None:
        out_p, out_q, moved, apex, at_q = _move(tree, p, q)
        work = 0
    else:
        out_p, out_q, moved, apex, at_q, work = _move_amount(tree, amounts, p, q)
    if at_q:
        _rehang(tree, apex, out_q, np.uint32(q), np.uint32(p), arc, moved, cost)
        return work + _add_below(tree, np.uint32(q), -reduced)
    _rehang(tree, apex, out_p, np.uint32(p), np.uint32(q), arc, moved, cost)
    return work + _add_below(tree, np.uint32(p), reduced)


@njit
def _move(tree: ThreadedTree, p: int, q: int) -> tuple[Any, Any, int, Any, Any]:
    """Move as much as goes round the cycle that an arc from p to q closes.

    Returns, of both sides of the cycle, the lower end of the arc that blocks; what was moved; the apex; and whether the
    arc of q's side leaves.
    """
    parent, size, flow, is_sink = tree.parent, tree.size, tree.flow, tree.is_sink
    a, b = np.uint32(p), np.uint32(q)
    most_p = most_q = int64(np.iinfo(np.int64).max)
    out_p, out_q = a, b
    while a != b:
        if size[a] < size[b]:
            if flow[a] < most_p and not is_sink[a]:
                most_p, out_p = flow[a], a
            a = parent[a]
        else:
            if flow[b] <= most_q and is_sink[b]:
                most_q, out_q = flow[b], b
            b = parent[b]
    apex = a
    moved = min(most_p, most_q)
    if moved > 0:
        a = np.uint32(p)
        while a != apex:
            flow[a] += moved if is_sink[a] else -moved
            a = parent[a]
        b = np.uint32(q)
        while b != apex:
            flow[b] += -moved if is_sink[b] else moved
            b = parent[b]
    return out_p, out_q, moved, apex, most_q <= most_p


@njit
def _move_amount(tree: ThreadedTree, amounts: Amounts, p: int, q: int) -> tuple[Any, Any, int, Any, Any, int]:
    """Do the same where flows are slots of a table: the entering arc gets the slot of the leaving one, as it is."""
    parent, size, flow, is_sink = tree.parent, tree.size, tree.flow, tree.is_sink
    a, b = np.uint32(p), np.uint32(q)
    most_p = most_q = int64(-1)
    out_p, out_q = a, b
    while a != b:
        if size[a] < size[b]:
            if not is_sink[a] and (most_p < 0 or compare(amounts, flow[a], most_p) < 0):
                most_p, out_p = flow[a], a
            a = parent[a]
        else:
            if is_sink[b] and (most_q < 0 or compare(amounts, flow[b], most_q) <= 0):
                most_q, out_q = flow[b], b
            b = parent[b]
    apex = a
    at_q = most_p < 0 or (most_q >= 0 and compare(amounts, most_q, most_p) <= 0)
    moved = most_q if at_q else most_p
    steps = 0
    if amounts.length[moved] > 0:
        a = np.uint32(p)
        while a != apex:
            if is_sink[a]:
                increase(amounts, flow[a], moved)
            elif flow[a] != moved:
                decrease(amounts, flow[a], moved)
            a = parent[a]
            steps += 1
        b = np.uint32(q)
        while b != apex:
            if not is_sink[b]:
                increase(amounts, flow[b], moved)
            elif flow[b] != moved:
                decrease(amounts, flow[b], moved)
            b = parent[b]
            steps += 1
    return out_p, out_q, moved, apex, at_q, steps * amounts.length[moved]


@njit
def _rehang(tree: ThreadedTree, apex: Any, top: Any, inner: Any, outer: Any, arc: int, flow: Any, cost: float) -> None:
    """Cut the subtree below `top`, make `inner` its top, and hang it below `outer`."""
    parent, thread, back, size, last = tree.parent, tree.thread, tree.back, tree.size, tree.last
    count = size[top]
    # Take the subtree out of the list.
    above, before, end = parent[top], back[top], last[top]
    after = thread[end]
    thread[before] = after
    back[after] = before
    v = above
    while v != apex:
        size[v] -= count
        v = parent[v]
    v = above
    while last[v] == end:
        last[v] = before
        v = parent[v]
    # Turn the path from `inner` up to `top` upside down. With s_0 = inner, s_1, … , s_k = top and S_i the old subtree
    # of s_i, the new preorder is S_0, S_1 \ S_0, S_2 \ S_1, … ; each difference is two runs of the old one.
    v, up = inner, parent[inner]
    v_last, v_before, v_size = last[inner], back[inner], size[inner]
    follows = thread[v_last]
    tail = v_last
    v_arc, v_flow, v_cost = tree.arc[inner], tree.flow[inner], tree.cost[inner]
    while v != top:
        u, up = up, parent[up]
        u_last, u_before, u_size = last[u], back[u], size[u]
        thread[tail] = u
        back[u] = tail
        tail = v_before
        if u_last != v_last:
            next_follows = thread[u_last]
            thread[tail] = follows
            back[follows] = tail
            tail = u_last
            follows = next_follows
        parent[u] = v
        size[u] = count - v_size
        tree.arc[u], v_arc = v_arc, tree.arc[u]
        tree.flow[u], v_flow = v_flow, tree.flow[u]
        tree.cost[u], v_cost = v_cost, tree.cost[u]
        v, v_last, v_before, v_size = u, u_last, u_before, u_size
    while v != inner:
        last[v] = tail
        v = parent[v]
    last[inner] = tail
    size[inner] = count
    # Put it back right behind `outer`.
    parent[inner] = outer
    tree.arc[inner], tree.flow[inner], tree.cost[inner] = arc, flow, cost
    after = thread[outer]
    thread[outer] = inner
    back[inner] = outer
    thread[tail] = after
    back[after] = tail
    v = outer
    while v != apex:
        size[v] += count
        v = parent[v]
    v = outer
    while last[v] == outer:
        last[v] = tail
        v = parent[v]


@njit
def _add_below(tree: ThreadedTree, top: Any, change: float) -> int:
    """Add `change` to the potentials of a subtree, or take it from all others if these are fewer; return how many.

    The list is walked from both its ends: two independent chains of loads take half the time of one.
    """
    thread, back, pot = tree.thread, tree.back, tree.pot
    count = tree.size[top]
    first, final = top, tree.last[top]
    nodes = tree.size[0]
    if 2 * count > nodes:
        first, final = thread[final], back[first]
        count = nodes - count
        change = -change
    for _ in range(count >> 1):
        pot[first] += change
        pot[final] += change
        first = thread[first]
        final = back[final]
    if count & 1:
        pot[first] += change
    return count


@njit
def set_potentials(tree: ThreadedTree) -> None:
    """Compute all potentials anew from the costs of the tree arcs, the root's being zero."""
    tree.pot[0] = 0.0
    v = tree.thread[0]
    while v != 0:
        above = tree.pot[tree.parent[v]]
        tree.pot[v] = above - tree.cost[v] if tree.is_sink[v] else above + tree.cost[v]
        v = tree.thread[v]


@njit
def nodes_of(tree: ThreadedTree) -> IntArray:
    """Return the nodes of the tree but the root, each before what hangs on it."""
    nodes = np.empty(int64(tree.size[0]) - 1, np.int64)
    v = tree.thread[0]
    for k in range(nodes.size):
        nodes[k] = v
        v = tree.thread[v]
    return nodes
