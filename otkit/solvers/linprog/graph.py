"""The LP over the arcs of a sparse graph, and the proof where it has no plan."""

from __future__ import annotations

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.checker.spanning_tree import forest_mask, root_forest, tree_flows, tree_potentials
from otkit.costs import SparseCosts
from otkit.problem import TransportProblem
from otkit.solvers.candidate import Candidate, SolverStats, Status
from otkit.solvers.infeasible import require_no_cut
from otkit.solvers.linprog.arcs import Arcs
from otkit.solvers.linprog.program import RestrictedSolution, constraints, solve_restricted
from otkit.solvers.monitor import Monitor


def solve_on_graph(problem: TransportProblem, cost: SparseCosts, max_iterations: int, monitor: Monitor) -> Candidate:
    """Solve the LP over the listed arcs, and compute plan and potentials anew from the forest that it leaves.

    Raises
    ------
    InfeasibleError
        Some rows hold more than the columns that they reach can take.
    """
    n, m = problem.shape
    arcs, costs = Arcs(cost.arc_rows, cost.pairs.cols), cost.pairs.costs
    scale, unit = int(np.frexp(np.abs(costs).max(initial=0.0))[1]), int(np.frexp(problem.total)[1])
    supply, demand = np.ldexp(problem.supply, -unit), np.ldexp(problem.demand, -unit)
    solution, iterations = None, 0
    if costs.size:
        solution, iterations = solve_restricted(
            arcs, np.ldexp(costs, -scale), supply, demand, max_iterations, monitor.remaining
        )
    status: Status = "optimal"
    if solution is None:
        status = monitor.stopped or "iteration_limit"
        require_no_cut(problem, cost, _greatest_cut(arcs, supply, demand))
        solution = RestrictedSolution(np.zeros(costs.size), np.zeros(n), np.zeros(m))
    slack = np.abs(np.ldexp(costs, -scale) - solution.f[arcs.rows] - solution.g[arcs.cols])
    arcs = arcs.sorted_by(np.where(solution.mass > 0.0, -np.inf, slack))
    basis = arcs.take(forest_mask(n, m, *arcs))
    heaviest_first = np.argsort(-np.concatenate([problem.supply, problem.demand]), kind="stable")
    forest = root_forest(n, m, *basis, heaviest_first)
    flows = tree_flows(forest, problem.supply, problem.demand)
    used = np.flatnonzero(flows > 0.0)
    f, g = tree_potentials(forest, cost.at(*basis))
    stats = SolverStats(status, iterations, 1, f"HiGHS over {cost.kind}")
    return Candidate(*basis.take(used), flows[used], f, g, (basis.rows, basis.cols), None, stats)


def _greatest_cut(arcs: Arcs, supply: FloatArray, demand: FloatArray) -> IntArray:
    """Return the rows that hold most beyond what the columns they reach can take: max u·a − v·b, u_i ≤ v_j on arcs.

    The matrix is totally unimodular, so that HiGHS' vertex is a set.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csc_array

    signs = np.repeat([1.0, -1.0], [supply.size, demand.size])
    differences = csc_array(constraints(supply.size, demand.size, *arcs).T * signs)
    answer = linprog(
        np.concatenate([-supply, demand]), differences, np.zeros(arcs.rows.size), bounds=(0, 1), method="highs-ds"
    )
    return np.flatnonzero(answer.x[: supply.size] > 0.5) if answer.status == 0 else np.empty(0, np.int64)
