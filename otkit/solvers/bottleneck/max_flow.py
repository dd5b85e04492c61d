"""Dinic's algorithm for the largest flow from rows to columns along arcs that cost no more than a limit, in integers.

Amounts of mass have as many digits as they need (`otkit.solvers.simplex.amounts`), so that a flow is full or it is not:
nothing is rounded. The table of a flow has a slot for what each row has left, for what each column still wants, for
what each arc carries, and one for the kernel.

E. A. Dinic, Algorithm for solution of a problem of maximum flow in a network with power estimation, Soviet Mathematics
Doklady 11 (1970), 1277-1280.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.numerics.jit import int64, njit
from otkit.solvers.simplex.amounts import Amounts, compare, decrease, increase


class Arcs(NamedTuple):
    """Arcs, row by row and in each row by ascending cost.

    Attributes
    ----------
    rows, cols, costs : ndarray, shape (arcs,)
    row_starts : ndarray, shape (n + 1,)
        The arcs of row i are ``row_starts[i] … row_starts[i + 1]``.
    col_starts, col_arcs : ndarray, shapes (m + 1,) and (arcs,)
        The arcs of column j, by ascending cost.
    """

    rows: IntArray
    cols: IntArray
    costs: FloatArray
    row_starts: IntArray
    col_starts: IntArray
    col_arcs: IntArray


class Work(NamedTuple):
    """Room for a search: the level of each node, −1 where it is not reached; queue or path; the next arc of each."""

    level: IntArray
    nodes: IntArray
    path: IntArray
    arc: IntArray


def room(nodes: int) -> Work:
    """Return room for a search among some nodes."""
    return Work(*(np.zeros(nodes, np.int64) for _ in range(4)))


def stable_order(ends: IntArray, size: int) -> tuple[IntArray, IntArray]:
    """Return where the arcs of each end start if they are sorted by it, and that order: equal ends keep theirs."""
    starts = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=size))])
    order = np.empty(ends.size, np.int64)
    _place(ends, starts[:-1].copy(), order)
    return starts, order


@njit
def _place(ends: IntArray, places: IntArray, order: IntArray) -> None:
    for arc in range(ends.size):
        order[places[ends[arc]]] = arc
        places[ends[arc]] += 1


@njit
def augment(arcs: Arcs, limit: float, amounts: Amounts, work: Work) -> int:
    """Make a flow the largest along arcs that cost at most `limit`; return how many rows have something left.

    After that, rows with something left and what can be reached from them have a level that is not negative.
    """
    n = arcs.row_starts.size - 1
    nodes = work.level.size
    while _levels(arcs, limit, amounts, work):
        for i in range(n):
            work.arc[i] = arcs.row_starts[i]
        for j in range(nodes - n):
            work.arc[n + j] = arcs.col_starts[j]
        for root in range(n):
            while amounts.length[root] > 0 and _advance(arcs, limit, amounts, work, root):
                pass
    left = int64(0)
    for i in range(n):
        left += amounts.length[i] > 0
    return left


@njit
def _levels(arcs: Arcs, limit: float, amounts: Amounts, work: Work) -> bool:
    """Set the level of each node, its distance from rows with something left; return whether a column wants any.

    None is set beyond the first columns that do.
    """
    n, nodes = arcs.row_starts.size - 1, work.level.size
    first, last, found, nearest = int64(0), int64(0), False, int64(nodes)
    for node in range(nodes):
        work.level[node] = -1
        if node < n and amounts.length[node] > 0:
            work.level[node] = 0
            work.nodes[last] = node
            last += 1
    while first < last:
        node = work.nodes[first]
        first += 1
        beyond = work.level[node] + 1
        if beyond > nearest:
            break
        if node < n:
            for arc in range(arcs.row_starts[node], arcs.row_starts[node + 1]):
                if arcs.costs[arc] > limit:
                    break
                other = n + arcs.cols[arc]
                if work.level[other] < 0:
                    work.level[other] = beyond
                    work.nodes[last] = other
                    last += 1
                    if amounts.length[other] > 0:
                        found, nearest = True, beyond
        else:
            for k in range(arcs.col_starts[node - n], arcs.col_starts[node - n + 1]):
                arc = arcs.col_arcs[k]
                if arcs.costs[arc] > limit:
                    break
                other = arcs.rows[arc]
                if work.level[other] < 0 and amounts.length[nodes + arc] > 0:
                    work.level[other] = beyond
                    work.nodes[last] = other
                    last += 1
    return found


@njit
def _advance(arcs: Arcs, limit: float, amounts: Amounts, work: Work, root: int) -> bool:
    """Ship something from a row along one path of rising levels; return whether there is one."""
    n, nodes = arcs.row_starts.size - 1, work.level.size
    node, depth = int64(root), int64(0)
    while True:
        if node >= n and amounts.length[node] > 0:
            _ship(amounts, nodes, root, node, work.path[:depth])
            return True
        step = int64(-1)
        if node < n:
            end = arcs.row_starts[node + 1]
            while work.arc[node] < end and arcs.costs[work.arc[node]] <= limit:
                arc = work.arc[node]
                if work.level[n + arcs.cols[arc]] == work.level[node] + 1:
                    step = n + arcs.cols[arc]
                    break
                work.arc[node] += 1
        else:
            end = arcs.col_starts[node - n + 1]
            while work.arc[node] < end and arcs.costs[arcs.col_arcs[work.arc[node]]] <= limit:
                arc = arcs.col_arcs[work.arc[node]]
                if work.level[arcs.rows[arc]] == work.level[node] + 1 and amounts.length[nodes + arc] > 0:
                    step = arcs.rows[arc]
                    break
                work.arc[node] += 1
        if step >= 0:
            work.path[depth], work.nodes[depth] = arc, node
            node, depth = step, depth + 1
            continue
        work.level[node] = -1
        if depth == 0:
            return False
        depth -= 1
        node = work.nodes[depth]
        work.arc[node] += 1


@njit
def _ship(amounts: Amounts, nodes: int, root: int, end: int, path: IntArray) -> None:
    """Ship as much along a path as its ends and the arcs that it goes back along allow."""
    scratch = amounts.length.size - 1
    least = root if compare(amounts, root, end) < 0 else end
    for k in range(1, path.size, 2):
        if compare(amounts, nodes + path[k], least) < 0:
            least = nodes + path[k]
    amounts.length[scratch] = amounts.length[least]
    for k in range(amounts.length[scratch]):
        amounts.limbs[scratch, k] = amounts.limbs[least, k]
    decrease(amounts, root, scratch)
    decrease(amounts, end, scratch)
    for k in range(path.size):
        if k % 2 == 0:
            increase(amounts, nodes + path[k], scratch)
        else:
            decrease(amounts, nodes + path[k], scratch)
