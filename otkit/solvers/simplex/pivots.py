"""Pivots of the network simplex over a sparse set of arcs."""

from __future__ import annotations

from typing import Any

import numpy as np

from otkit._jit import njit
from otkit._typing import FloatArray
from otkit.solvers.simplex.tree import Tree, pivot


@njit
def run_pivots(
    tree: Tree,
    n: int,
    source: Any,
    sink: Any,
    cost: FloatArray,
    arcs: int,
    cursor: int,
    tolerance: float,
    limit: int,
) -> tuple[int, int, bool]:
    """Pivot until no arc has a reduced cost below −tolerance, or `limit` pivots are done.

    Block search: the arcs are looked through in turn, a block at a time, and the most negative of the first block that
    has a negative one enters (Grigoriadis 1986). Returns the pivots done, where to look next, and whether none is left.
    """
    pot = tree.pot
    block = max(32, int(arcs**0.5))
    done = 0
    e = cursor
    while done < limit:
        best = -tolerance
        chosen = np.int64(-1)
        scanned = 0
        while scanned < arcs and chosen < 0:
            stop = min(e + block, arcs)
            for k in range(e, stop):
                reduced = cost[k] - pot[source[k]] + pot[sink[k]]
                if reduced < best:
                    best = reduced
                    chosen = k
            scanned += stop - e
            e = stop if stop < arcs else 0
        if chosen < 0:
            return done, e, True
        pivot(tree, n, np.int64(source[chosen]), np.int64(sink[chosen]), chosen, cost[chosen], best)
        done += 1
    return done, e, False
