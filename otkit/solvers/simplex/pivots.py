"""Pivots of the network simplex over a sparse set of arcs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.numerics.jit import int64, njit
from otkit.solvers.simplex.amounts import Amounts
from otkit.solvers.simplex.tree import ThreadedTree, empty_tree, pivot, set_potentials

# Between two looks at the clock the simplex may do so many units of work for each node and arc. Then nodes are numbered
# anew and potentials computed anew, so that their rounding does not pile up. Large problems look earlier, after some
# 0.2 s, since Ctrl-C is heard only then; but not so early that numbering would take longer than pivots.
EFFORT = 64
LARGE_EFFORT = 50_000_000
LEAST_EFFORT = 8

# Arcs of which the most negative enters. A pivot costs more than looking at so few; yet with the square root of all
# arcs, as is often advised, cycles are twice as long, and more of the tree moves.
BLOCK = 64

# A tolerance below the rounding of a hard case could let pivots go in circles: after so many for each node it doubles.
PATIENCE = 200


def pivots_to_optimum(
    tree: ThreadedTree,
    source: Any,
    sink: Any,
    cost: FloatArray,
    arcs: int,
    cursor: int,
    tolerance: float,
    amounts: Amounts | None = None,
) -> Iterator[tuple[int, int]]:
    """Pivot until no arc has a reduced cost below −tolerance; the search begins at the arc `cursor`.

    Every 0.1 s or so yields the pivots done since and where the search is.
    """
    size = tree.pot.size + arcs
    effort = max(LEAST_EFFORT * size, min(EFFORT * size, LARGE_EFFORT))
    patience = PATIENCE * tree.pot.size
    here = np.array([cursor])
    while True:
        done = run_pivots(tree, source, sink, cost, arcs, here, tolerance, effort, amounts)
        if done == 0:
            return
        patience -= done
        if patience < 0:
            tolerance, patience = 2.0 * tolerance, PATIENCE * tree.pot.size
        yield done, int(here[0])


@njit
def run_pivots(
    tree: ThreadedTree,
    source: Any,
    sink: Any,
    cost: FloatArray,
    arcs: int,
    cursor: IntArray,
    tolerance: float,
    effort: int,
    amounts: Amounts | None,
) -> int:
    """Pivot until no arc has a reduced cost below −tolerance, or some `effort` is spent; potentials are then set anew.

    Block search: the arcs are looked through in turn, a block at a time, and the most negative of the first block that
    has a negative one enters (Grigoriadis 1986). Returns how many pivots were made, none only at the optimum, and
    writes where to look next into `cursor[0]`.

    Meanwhile nodes are numbered in the preorder of the tree: most of the time goes to walks along that list, and
    memory read in order is several times as fast. Effort counts the potentials changed and arcs looked at.
    """
    nodes = tree.pot.size
    number = np.empty(nodes, np.uint32)
    preordered = empty_tree(nodes)
    top = np.uint32(0)
    for k in range(nodes):
        number[top] = k
        top = tree.thread[top]
    _renumber(tree, number, preordered)
    tail, head = np.empty(arcs, np.uint32), np.empty(arcs, np.uint32)
    for e in range(arcs):
        tail[e], head[e] = number[source[e]], number[sink[e]]
    pot = preordered.pot
    done = spent = 0
    e = cursor[0]
    while spent < effort:
        best = -tolerance
        chosen = int64(-1)
        scanned = 0
        while scanned < arcs and chosen < 0:
            stop = min(e + BLOCK, arcs)
            for k in range(e, stop):
                reduced = cost[k] - pot[tail[k]] + pot[head[k]]
                if reduced < best:
                    best = reduced
                    chosen = k
            scanned += stop - e
            e = stop if stop < arcs else 0
        if chosen < 0:
            break
        p, q = int64(tail[chosen]), int64(head[chosen])
        spent += scanned + pivot(preordered, amounts, p, q, chosen, cost[chosen], best)
        done += 1
    back = np.empty(nodes, np.uint32)
    for v in range(nodes):
        back[number[v]] = v
    _renumber(preordered, back, tree)
    set_potentials(tree)
    cursor[0] = e
    return done


@njit
def _renumber(tree: ThreadedTree, number: Any, out: ThreadedTree) -> None:
    """Write the tree into `out`, node v becoming node number[v]."""
    for v in range(tree.pot.size):
        k = number[v]
        out.parent[k], out.thread[k], out.back[k] = number[tree.parent[v]], number[tree.thread[v]], number[tree.back[v]]
        out.last[k], out.size[k] = number[tree.last[v]], tree.size[v]
        out.arc[k], out.flow[k], out.cost[k] = tree.arc[v], tree.flow[v], tree.cost[v]
        out.pot[k], out.is_sink[k] = tree.pot[v], tree.is_sink[v]
