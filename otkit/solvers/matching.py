"""Small assignment problems in one compiled call: shortest augmenting paths, with potentials.

R. Jonker and A. Volgenant, *A shortest augmenting path algorithm for dense and sparse linear assignment problems*
(1987), without the auction between: columns are reduced, and each row that is left without a partner gets one along a
shortest path of reduced costs. Nothing here is trusted: potentials are proved where they are used.
"""

from __future__ import annotations

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.numerics.jit import int64, njit


@njit
def match(cost: FloatArray, partner: IntArray, f: FloatArray, g: FloatArray) -> None:
    """Write the column of each row in a cheapest matching, and potentials, feasible up to rounding."""
    n = cost.shape[0]
    owner = np.full(n, -1, np.int64)
    open_rows = np.empty(n, np.int64)
    unmatched = _reduce_columns(cost, partner, owner, g, open_rows)
    parent, work = np.empty(n, np.int64), np.empty((3, n))
    for k in range(unmatched):
        _augment(cost, partner, owner, g, open_rows[k], parent, work)
    for i in range(n):
        line, least = cost[i], np.inf
        for j in range(n):
            least = min(least, line[j] - g[j])
        f[i] = least


@njit
def _reduce_columns(cost: FloatArray, partner: IntArray, owner: IntArray, g: FloatArray, open_rows: IntArray) -> int:
    """Price each column at its least cost, and match it with that row if this is free; list the rows that are left."""
    n = g.size
    first = np.zeros(n, np.int64)
    for j in range(n):
        g[j] = cost[0, j]
    for i in range(1, n):
        line = cost[i]
        for j in range(n):
            if line[j] < g[j]:
                g[j], first[j] = line[j], i
    partner[:] = -1
    for j in range(n - 1, -1, -1):
        i = first[j]
        if partner[i] < 0:
            partner[i], owner[j] = j, i
    unmatched = 0
    for i in range(n):
        j = partner[i]
        if j < 0:
            open_rows[unmatched] = i
            unmatched += 1
        else:  # the column may cost less, as far as the row has no better one
            line, least = cost[i], np.inf
            for k in range(n):
                if k != j:
                    least = min(least, line[k] - g[k])
            if least < np.inf:
                g[j] -= least - (line[j] - g[j])
    return unmatched


@njit
def _augment(
    cost: FloatArray,
    partner: IntArray,
    owner: IntArray,
    g: FloatArray,
    root: int,
    parent: IntArray,
    work: FloatArray,
) -> None:
    """Match one more row along a shortest path of reduced costs (Dijkstra), and change the prices on the way.

    The rows of `work`: distances that are final; those of columns still open, else infinity; infinity where final.
    """
    n = g.size
    distance, ahead, closed = work[0], work[1], work[2]
    line = cost[root]
    for j in range(n):
        ahead[j] = line[j] - g[j]
        parent[j], closed[j] = root, 0.0
    while True:
        reach = _least(ahead)
        end = int64(-1)
        for j in range(n):
            if ahead[j] == reach:
                if owner[j] < 0:
                    end = j
                    break
                end = j if end < 0 else end
        i = owner[end]
        if i < 0:
            break
        distance[end], ahead[end], closed[end] = reach, np.inf, np.inf
        line = cost[i]
        offset = (line[end] - g[end]) - reach
        for j in range(n):
            length = ((line[j] - g[j]) - offset) + closed[j]
            nearer = length < ahead[j]
            ahead[j] = length if nearer else ahead[j]
            parent[j] = i if nearer else parent[j]
    for j in range(n):
        if closed[j] > 0.0:
            g[j] += distance[j] - reach
    j = end
    while True:
        i = parent[j]
        owner[j] = i
        before = partner[i]
        partner[i] = j
        if i == root:
            return
        j = before


@njit
def _least(values: FloatArray) -> float:
    """Return the least entry, by four chains of comparisons that do not wait for one another."""
    n = values.size
    one = two = three = four = np.inf
    for j in range(0, n - 3, 4):
        one = values[j] if values[j] < one else one
        two = values[j + 1] if values[j + 1] < two else two
        three = values[j + 2] if values[j + 2] < three else three
        four = values[j + 3] if values[j + 3] < four else four
    for j in range(n - n % 4, n):
        one = values[j] if values[j] < one else one
    one, three = (one if one < two else two), (three if three < four else four)
    return one if one < three else three
