"""The transport LP of the textbooks, solved by HiGHS and refined to the rounding of prices.

    minimise cᵀγ   subject to   A γ = b,  γ ≥ 0,      γ = vec(Γ) row by row,  b = [a; b]

HiGHS (Huangfu & Hall 2018, through `scipy.optimize.linprog`) works to absolute tolerances of about 1e-7, and takes
seconds for the 90,000 columns of 300 × 300 pairs. So it is given less, and not the last word:

1. *Column generation.* The LP is restricted to a list of arcs, first those that are cheap after a c-transform; HiGHS
   solves it; its dual prices every pair; the most violated pairs join the list, dear ones leave it; until HiGHS' own
   tolerance is reached.
2. *Refinement.* Its support, completed by arcs of small reduced cost, is a spanning tree. From there pivots of the
   primal simplex finish what the tolerances left undone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otkit.checker.spanning_tree import root_tree, tree_flows
from otkit.costs import SparseCosts
from otkit.problem import TransportProblem
from otkit.solvers.candidate import Candidate, SolverStats, WarmStart
from otkit.solvers.linprog.columns import generate_columns
from otkit.solvers.linprog.graph import solve_on_graph
from otkit.solvers.linprog.program import solve_restricted, transport_lp
from otkit.solvers.linprog.refinement import integer_masses, refine
from otkit.solvers.monitor import Monitor


@dataclass(frozen=True)
class LinprogOptions:
    """Options of ``method="lp"``.

    Attributes
    ----------
    max_iterations : int
        Limit on simplex iterations, those of HiGHS and of the refinement together.
    """

    max_iterations: int = 10_000_000


def solve(
    problem: TransportProblem,
    options: LinprogOptions,
    monitor: Monitor,
    warm: WarmStart | None = None,
) -> Candidate:
    """Solve a transport problem by HiGHS and refine its answer to rounding level.

    The potentials of a similar problem tell which arcs to begin with. HiGHS hears a deadline, but Ctrl-C only between
    two of its runs; nor can its basis be handed back to it, so a solve that was stopped can start again from its
    potentials, but not be resumed.

    Raises
    ------
    ValueError
        Sums of costs may leave float64.
    """
    _require_room(problem)
    if isinstance(problem.cost, SparseCosts):
        return solve_on_graph(problem, problem.cost, options.max_iterations, monitor)
    masses = integer_masses(problem)
    arcs, iterations, rounds = generate_columns(problem, masses, options.max_iterations, monitor, warm)
    basis, f, g, pivots, status = refine(problem, masses, arcs, options.max_iterations - iterations, monitor)

    n, m = problem.shape
    heaviest = int(np.argmax(np.concatenate([problem.supply, problem.demand])))
    flows = tree_flows(root_tree(n, m, *basis, heaviest), problem.supply, problem.demand)
    used = np.flatnonzero(flows > 0.0)  # where the integers say next to nothing, the floats may say −1e-17
    used = used[np.lexsort((basis.cols[used], basis.rows[used]))]
    return Candidate(
        *basis.take(used),
        mass=flows[used],
        f=f,
        g=g,
        basis=(basis.rows, basis.cols),
        stats=SolverStats(status, iterations + pivots, rounds, f"HiGHS, then {pivots} pivots"),
    )


def _require_room(problem: TransportProblem) -> None:
    """Raise ValueError if potentials, which are sums of up to n + m − 1 costs, or their slack might leave float64."""
    n, m = problem.shape
    least, largest = problem.cost.extremes()
    size, limit = max(-least, largest), float(np.finfo(np.float64).max) / (8 * (n + m))
    if size > limit:
        raise ValueError(
            f"C must have entries of at most {limit:.2g} in magnitude for method='lp' and {n} × {m} pairs, whose "
            f"prices are sums of costs, but they reach {size:.2g}. Rescale the costs."
        )


__all__ = ["LinprogOptions", "solve", "solve_restricted", "transport_lp"]
