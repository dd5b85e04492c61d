"""The canonical one among optimal plans: the lexicographically smallest, in exact arithmetic.

Where the optimum is not unique, which plan a solver finds hangs on its inner order. For teaching, and to compare
answers by hand, one plan is singled out: among all optimal plans the one with the least Γ_11, among those the one with
the least Γ_12, and so on along the rows. Its support is a forest, for around a cycle mass could be sent so that the
first pair loses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from otkit._typing import IntArray
from otkit.checker.optimality import Verdict
from otkit.checker.spanning_tree import forest_mask
from otkit.costs import SparseCosts
from otkit.numerics.fixed_point import as_int
from otkit.problem import TransportProblem
from otkit.solvers.choice import GENERAL
from otkit.solvers.registry import Solver

# Where all of so many pairs are tight, pure Python takes a second.
LARGEST_CANONICAL = 4096

Pair = tuple[int, int]


def require_canonical(problem: TransportProblem, solver: Solver, proof: str) -> None:
    """Raise ValueError if a solver, a kind of proof or a problem of this size has no canonical plan to offer."""
    if solver.no_canonical:
        raise ValueError(
            f"canonical must be False for method={solver.name!r}: {solver.no_canonical}. Use method={GENERAL!r}, which "
            "takes any problem."
        )
    if proof == "float":
        raise ValueError("canonical must be False for proof='float', which leaves open which pairs are tight.")
    n, m = problem.shape
    pairs = problem.cost.arcs if isinstance(problem.cost, SparseCosts) else n * m
    if pairs > LARGEST_CANONICAL:
        raise ValueError(
            f"canonical=True takes problems of up to {LARGEST_CANONICAL} pairs, but this one has {pairs}. Leave it "
            "out; result.certificate.unique says whether there is a choice at all."
        )


def canonical_tree(verdict: Verdict) -> tuple[IntArray, IntArray]:
    """Return the arcs of a spanning tree whose flows are the lexicographically smallest optimal plan: rows, columns.

    Parameters
    ----------
    verdict : Verdict
        On an optimal tree, with all pairs that are tight. The tree returned has the same potentials, up to a constant.
    """
    tree, tight = verdict.vertex.tree, verdict.reduced == 0.0
    arcs = _pairs(tree.rows, tree.cols)
    flow = dict.fromkeys(_pairs(verdict.rows[tight], verdict.cols[tight]), 0)
    flow.update(zip(arcs, map(as_int, verdict.vertex.flows), strict=True))
    n, m = tree.n, tree.order.size - tree.n
    plan = lexicographic_plan(n, m, flow)
    # The support is a forest; the old tree joins what it leaves apart.
    rows, cols = np.array([*plan, *arcs], dtype=np.int64).T.copy()
    kept = forest_mask(n, m, rows, cols)
    return rows[kept], cols[kept]


def _pairs(rows: IntArray, cols: IntArray) -> list[Pair]:
    return list(zip(rows.tolist(), cols.tolist(), strict=True))


def lexicographic_plan(n: int, m: int, flow: Mapping[Pair, int]) -> dict[Pair, int]:
    """Return the lexicographically smallest optimal plan.

    The optimal plans are those that ship over tight pairs alone (see `otkit.checker.uniqueness`). Pair by pair, row
    after row, as much of the mass as possible is rerouted over tight pairs that come later; what remains is fixed. That
    much is a maximum flow from i to j in the residual graph of the later pairs. It is found along shortest paths, of
    which at most (n + m)·k are needed whatever the masses (Edmonds and Karp, J. ACM 19 (1972), 248-264).

    Parameters
    ----------
    n, m : int
        Numbers of sources and sinks.
    flow : mapping of pairs (i, j) to ints
        An optimal plan, in any unit that makes it integers: all k tight pairs, those that carry nothing included.

    Returns
    -------
    dict
        Mass of each pair (i, j) that carries some, in the same unit, sorted.

    Examples
    --------
    >>> lexicographic_plan(2, 2, {(0, 0): 3, (0, 1): 0, (1, 0): 0, (1, 1): 2})
    {(0, 0): 1, (0, 1): 2, (1, 0): 2}
    """
    flow = dict(sorted(flow.items()))
    pairs = list(flow)
    sinks: list[deque[int]] = [deque() for _ in range(n)]  # of each source's pairs that are not fixed
    sources: list[deque[int]] = [deque() for _ in range(m)]
    for i, j in pairs:
        sinks[i].append(j)
        sources[j].append(i)
    for i, j in pairs:
        sinks[i].popleft()  # (i, j) comes first in both: it is fixed from here on
        sources[j].popleft()
        while flow[i, j] > 0:
            detour = _detour(flow, sinks, sources, i, j)
            if detour is None:
                break
            gaining, losing = detour
            losing.append((i, j))
            amount = min(flow[pair] for pair in losing)
            for pair in gaining:
                flow[pair] += amount
            for pair in losing:
                flow[pair] -= amount
    return {pair: flow[pair] for pair in pairs if flow[pair] > 0}


def _detour(
    flow: dict[Pair, int], sinks: Sequence[Iterable[int]], sources: Sequence[Iterable[int]], start: int, goal: int
) -> tuple[list[Pair], list[Pair]] | None:
    """Return the pairs that gain and those that lose on a shortest way from source `start` to sink `goal`, if any."""
    came_from: dict[int, int] = {}  # the source from which a sink was reached
    came_back: dict[int, int] = {start: -1}  # the sink from which a source was reached
    queue = deque([start])
    while queue and goal not in came_from:
        i = queue.popleft()
        for j in sinks[i]:
            if j in came_from:
                continue
            came_from[j] = i
            for k in sources[j]:
                if k not in came_back and flow[k, j] > 0:
                    came_back[k] = j
                    queue.append(k)
    if goal not in came_from:
        return None
    gaining, losing = [(came_from[goal], goal)], []
    while (i := gaining[-1][0]) != start:
        j = came_back[i]
        losing.append((i, j))
        gaining.append((came_from[j], j))
    return gaining, losing
