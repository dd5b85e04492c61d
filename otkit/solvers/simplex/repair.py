"""The last pivots, in exact arithmetic: from a tree that is optimal up to rounding to one that is optimal.

Reduced costs that floating point could not decide are smaller than the rounding of prices, and multiples of a common
power of two. So they are small integers in that unit, and so are all potentials made of them, relative to those of the
tree: floats hold them exactly, and the network simplex that runs on them makes no rounding. It starts from the tree's
own flows, in integers of which none is zero: such a tree is strongly feasible whatever its root, so that the rule for
the leaving arc keeps the simplex from cycling (Cunningham 1976).
"""

from __future__ import annotations

import math

import numpy as np

from otkit._fixed_point import bit_range
from otkit._typing import FloatArray, IntArray
from otkit.optimality import EPS, Verdict, judge
from otkit.problem import TransportProblem
from otkit.solvers.simplex.masses import TOTAL_BITS
from otkit.solvers.simplex.pivots import pivots_to_optimum
from otkit.solvers.simplex.start import hang

# How often pairs are looked through again before giving up. The hardest cases known take
ROUNDS = 100


def repair(problem: TransportProblem, verdict: Verdict) -> Verdict:
    """Pivot until a tree is optimal, or no way is seen how to go on; return what is true of the last."""
    for _ in range(ROUNDS):
        if verdict.overpriced == 0:
            break
        rows, cols, done = _pivoted(problem, verdict)
        if done == 0:
            break
        judged = judge(problem, rows, cols)
        assert judged is not None
        verdict = judged
    return verdict


def _pivoted(problem: TransportProblem, verdict: Verdict) -> tuple[IntArray, IntArray, int]:
    """Return the optimal tree over the arcs of a tree and the pairs in doubt, and how many pivots led there."""
    n, m = problem.shape
    tree, nodes = verdict.vertex.tree, n + m
    rows, cols = np.concatenate([tree.rows, verdict.rows]), np.concatenate([tree.cols, verdict.cols])
    reduced = np.concatenate([np.zeros(nodes - 1), verdict.reduced])
    low, high = bit_range(reduced)
    tolerance = math.ldexp(0.5, low)
    if high - low + nodes.bit_length() > 53:  # costs of very different sizes: the dearest first, up to rounding
        tolerance = nodes * EPS * float(np.abs(reduced).max())
    source, sink = rows.astype(np.uint32), (n + cols).astype(np.uint32)
    flows = _positive_integers(verdict.vertex.mass, problem.total)
    net = hang(n, m, source, sink, reduced, np.arange(nodes - 1, dtype=np.int32), flows)
    done = sum(some for some, _ in pivots_to_optimum(net, source, sink, reduced, rows.size, nodes - 1, tolerance))
    arcs = net.arc[1:]
    return rows[arcs], cols[arcs], done


def _positive_integers(mass: FloatArray, total: float) -> IntArray:
    """Return masses in units of some 2**-60 of the total, none less than one."""
    units = np.ldexp(mass, TOTAL_BITS - 1 - math.frexp(total)[1])
    return np.maximum(1, np.rint(units).astype(np.int64))
