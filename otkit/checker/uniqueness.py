"""Is an optimal plan the only one? Asked of the pairs that are tight.

Let f_i + g_j ≤ c_ij be optimal potentials. Any plan Γ costs Σ a f + Σ b g + Σ Γ_ij (c_ij − f_i − g_j), so the optimal
plans are exactly the plans that ship over *tight* pairs alone, those with f_i + g_j = c_ij.

From one optimal plan Γ to another, Γ', mass moves around cycles: Γ' − Γ has no row and no column sum, hence is a sum of
cycles, each of which gains where Γ' > Γ and loses where Γ' < Γ (Ahuja, Magnanti & Orlin, *Network Flows*, section 3.5).
Such a cycle runs in the residual graph, which has an arc i → j for each tight pair, that may gain, and j → i for each
pair with mass, that may lose. Conversely, a little mass sent around any cycle of the residual graph, other than
i → j → i, gives another optimal plan. So Γ is the only one exactly if there is no such cycle.

* If the pairs with mass hold a cycle themselves, it can be walked either way: Γ is not unique.
* Otherwise they are a forest. Its trees can be walked in any direction, so each shrinks to one node, and what is left
  are the tight pairs without mass, each an arc from the tree of its row to the tree of its column. A cycle of these
  closes up, within the trees that it passes, to one of the residual graph; and a cycle of the residual graph has such
  an arc, for it does not fit into a tree. So Γ is unique exactly if these arcs hold no cycle, an arc from a tree to
  itself counting as one. Kahn's algorithm decides this: take away nodes that no arc enters, with the arcs that leave
  them, until all arcs are gone or there is no such node.

The rule of textbooks, "unique if no pair outside the basis is tight", is sufficient alone: where the basis is
degenerate, a tight pair outside may be unable to take any mass.

References
----------
A. B. Kahn, Topological sorting of large networks, Comm. ACM 5 (1962), 558-562. For any linear program:
O. L. Mangasarian, Uniqueness of solution in linear programming, Linear Algebra Appl. 25 (1979), 151-162.
"""

from __future__ import annotations

import numpy as np

from otkit._typing import BoolArray, IntArray
from otkit.numerics.jit import njit
from otkit.numerics.union_find import find_leader


@njit
def is_unique(n: int, m: int, rows: IntArray, cols: IntArray, positive: BoolArray) -> bool:
    """Say whether an optimal plan is the only one.

    Parameters
    ----------
    n, m : int
        Numbers of sources and sinks.
    rows, cols : (k,) int64
        All tight pairs, each once.
    positive : (k,) bool
        Which of them carry mass.

    Returns
    -------
    bool

    Examples
    --------
    Where all four pairs are tight, two units can be shipped straight or crosswise. A single unit, from the first row to
    the first column, has no choice.

    >>> import numpy as np
    >>> rows, cols = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    >>> is_unique(2, 2, rows, cols, np.array([True, False, False, True]))
    False
    >>> is_unique(2, 2, rows, cols, np.array([True, False, False, False]))
    True
    """
    size = n + m
    leader = np.arange(size)
    left = 0  # arcs without mass that have not been taken away
    for k in range(rows.size):
        if positive[k]:
            u, v = find_leader(leader, rows[k]), find_leader(leader, n + cols[k])
            if u == v:
                return False
            leader[u] = v
        else:
            left += 1
    head = np.empty(rows.size, dtype=np.int64)  # the tree that an arc without mass enters
    first = np.full(size, -1)  # the arcs that leave each tree, as linked lists
    following = np.empty(rows.size, dtype=np.int64)
    entering = np.zeros(size, dtype=np.int64)
    for k in range(rows.size):
        if not positive[k]:
            u, v = find_leader(leader, rows[k]), find_leader(leader, n + cols[k])
            head[k] = v
            following[k] = first[u]
            first[u] = k
            entering[v] += 1
    stack = np.empty(size, dtype=np.int64)
    height = 0
    for v in range(size):  # nodes that are no leaders have no arcs, and do no harm
        if entering[v] == 0:
            stack[height] = v
            height += 1
    while height > 0:
        height -= 1
        k = first[stack[height]]
        while k >= 0:
            left -= 1
            v = head[k]
            entering[v] -= 1
            if entering[v] == 0:
                stack[height] = v
                height += 1
            k = following[k]
    return left == 0
