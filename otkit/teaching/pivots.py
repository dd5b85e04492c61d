"""The network simplex method, to be read from top to bottom: the plain twin of otkit's fast solver.

Row i holds a_i loaves, column j wants b_j, and a loaf costs C_ij on its way along the *arc* (i, j).
A *tree* is a set of n + m − 1 arcs that joins all rows and columns; there is one way to ship along it, its *flows*.
*Potentials* are prices f_i, g_j with f_i + g_j = C_ij on the tree; off it, f_i + g_j is what the tree's way costs.
An arc is *overpriced* if f_i + g_j > C_ij: the direct road is cheaper than that way. A *pivot* lets it *enter* and
moves loaves to it from the way, until an arc of the way runs empty and *leaves*. With no arc overpriced, any plan Γ
costs Σ C Γ ≥ Σ (f_i + g_j) Γ_ij = Σ a f + Σ b g, and this is what the tree's own plan costs: it is optimal.

After G. B. Dantzig, *Linear Programming and Extensions* (1963), ch. 14. The first arc that may enter or leave does, so
that no tree comes back: R. G. Bland, New finite pivoting rules for the simplex method, Math. Oper. Res. 2 (1977).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from otkit._typing import ArrayLike
from otkit.problem import TransportProblem

Arc = tuple[int, int]
Flows = dict[Arc, Any]


@dataclass(frozen=True, eq=False)
class Pivot:
    """A tree (the keys of `flows`), `f`, `g`, the `cost` ⟨C, Γ⟩, and the arcs ``entering`` and ``leaving``."""

    flows: Flows
    f: np.ndarray
    g: np.ndarray
    cost: Any
    entering: Arc | None = None
    leaving: Arc | None = None


def north_west_corner(a: list[Any], b: list[Any]) -> Flows:
    """Return the flows of a first tree: from the top left, down where a row is empty, right where a column is full."""
    a, b, flows, i, j = a.copy(), b.copy(), Flows(), 0, 0
    while i < len(a) and j < len(b):
        flows[i, j] = loaves = min(a[i], b[j])
        a[i], b[j] = a[i] - loaves, b[j] - loaves
        i, j = (i + 1, j) if j == len(b) - 1 or (a[i] == 0 and i < len(a) - 1) else (i, j + 1)
    return flows


def ways_from(i: int, tree: Flows) -> dict[int, list[Arc]]:
    """Return the tree's way from row i to every row k, and to every column k as ~k: arcs, forward and back by turns."""
    ways = {i: list[Arc]()}
    while len(ways) <= len(tree):
        for p, q in tree:
            for here, there in (p, ~q), (~q, p):
                if here in ways and there not in ways:
                    ways[there] = [*ways[here], (p, q)]
    return ways


def potentials(C: np.ndarray, tree: Flows) -> tuple[np.ndarray, np.ndarray]:
    """Return f and g with f_0 = 0: the way from row 0 costs g_j where it ends at column j, and −f_i at row i."""
    cost = {end: sum((-1) ** k * C[arc] for k, arc in enumerate(way)) for end, way in ways_from(0, tree).items()}
    return np.array([-cost[i] for i in range(len(C))]), np.array([cost[~j] for j in range(len(C.T))])


def network_simplex(C: ArrayLike, a: ArrayLike, b: ArrayLike) -> Iterator[Pivot]:
    """Return the pivots for costs C (n, m) and masses a and b of equal totals, from a first tree to an optimal one.

    Integers and Fractions stay exact; with floats an arc is overpriced only beyond the rounding of its potentials.

    >>> *_, last = network_simplex([[10, 31], [7, 19]], [3, 2], [4, 1])
    >>> last.cost, last.flows
    (56, {(0, 0): 3, (1, 0): 1, (1, 1): 1})
    """
    TransportProblem(C, a, b)  # which refuses what is no number, what does not fit, and masses that do not balance
    costs, supply, demand = (np.asarray(values).astype(object) for values in (C, a, b))  # Python's own numbers
    return _pivots(costs, north_west_corner(list(supply.flat), list(demand.flat)))


def _pivots(C: np.ndarray, flows: Flows) -> Iterator[Pivot]:
    """Yield the given tree, and the tree after each pivot until no arc is overpriced."""
    eps = np.finfo(float).eps if any(isinstance(cost, float) for cost in C.flat) else 0
    entering = leaving = None
    while True:
        f, g = potentials(C, flows)
        yield Pivot(flows.copy(), f, g, sum(C[arc] * loaves for arc, loaves in flows.items()), entering, leaving)
        overpriced = np.argwhere(f[:, None] + g - C > eps * sum(C.shape) ** 2 * abs(C).max())
        if len(overpriced) == 0:
            return
        i, j = entering = tuple(overpriced[0].tolist())
        way = ways_from(i, flows)[~j]
        loaves = min(flows[arc] for arc in way[::2])
        leaving = min(arc for arc in way[::2] if flows[arc] == loaves)
        for k, arc in enumerate(way):
            flows[arc] -= (-1) ** k * loaves
        del flows[leaving]
        flows[entering] = loaves
