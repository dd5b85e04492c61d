"""Small problems: solved and proved in one compiled call, with the bits that the steps one by one give.

The usual road (`answers`) calls some forty kernels, each of which takes longer to call than to run where there are a
dozen points. Here the solver's kernel and the checker's follow one another in compiled code; what either does is the
same. Whatever is not usual about a problem, or does not succeed, is left to that road.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.checker.certificate import Certificate, Evidence, line_certificate, proved_certificate
from otkit.checker.integer_masses import Balance, Portion, balance, portions
from otkit.checker.line import Path, Shares, Walked, exact_line, proof_of_walk, walk_path
from otkit.checker.optimality import AT_ONCE
from otkit.checker.small import (
    ARCS,
    NOTE,
    USED,
    Proof,
    costs_at_once,
    empty_proof,
    held_part,
    optimum_of,
    prove_tree,
    taken,
)
from otkit.costs.evaluated import Line
from otkit.costs.pairs import MatrixPairs
from otkit.numerics.jit import njit
from otkit.numerics.kernel import at_once
from otkit.optimal_transport.lifting import Part, between_masses
from otkit.problem import TransportProblem
from otkit.problem.masses import rescaled
from otkit.solvers.candidate import Candidate, SolverStats
from otkit.solvers.line import exact_staircase
from otkit.solvers.monitor import Monitor
from otkit.solvers.simplex import DENSE_PAIRS
from otkit.solvers.simplex.dense import LARGEST_EFFORT, solve_dense
from otkit.solvers.simplex.monge import LEAST_SHUFFLED, monge_order
from otkit.solvers.simplex.small import NONE, STAIRCASE, is_staircase, reaches_far, unusual_tree

# So many points on the line are walked through in one call.
LINE_AT_ONCE = 1 << 14

# What the kernel for usual problems returns of others.
UNUSUAL = -1


def answer_at_once(problem: TransportProblem) -> tuple[Candidate, Certificate] | None:
    """Return what the simplex finds and what its tree proves; None where that takes more than these two steps."""
    (n, m), pairs = problem.shape, problem.cost.pairs
    matrix = pairs.matrix if isinstance(pairs, MatrixPairs) else None
    if n * m > DENSE_PAIRS or not problem.cost.complete:
        return None
    if matrix is not None and n * m >= LEAST_SHUFFLED:
        if monge_order(_held_matrix(problem, matrix), Monitor()) is not None:
            return None
        matrix = None
    road = "dense"
    with at_once(problem.cost.steps, "small", pairs):
        costs, proof = costs_at_once(problem), empty_proof(n, m)
        given = costs, matrix is not None, problem.a, problem.b, problem.totals, problem.probability, tuple(proof)
        found = _solve_and_prove(*given).tolist()
    if found == [UNUSUAL]:
        road = "layers"
        with at_once(problem.cost.steps, "unusual", pairs):
            found = _solve_unusual_and_prove(*given).tolist()
    if not found:
        return None
    pivots = found[NOTE]
    stats = SolverStats(detail="staircase") if pivots == STAIRCASE else SolverStats("optimal", pivots, 0, road)
    return _answer(problem, found, proof, None, stats)


def _held_matrix(problem: TransportProblem, matrix: FloatArray) -> FloatArray:
    """Return the costs of the rows and columns that hold mass."""
    a, b = problem.a, problem.b
    return matrix if a.all() and b.all() else matrix[np.ix_(a > 0.0, b > 0.0)]


def prove_at_once(part: Part, answer: Candidate) -> tuple[Candidate, Certificate] | None:
    """Return what the tree of an answer to a part proves of the whole; None where it is not optimal, or not small."""
    problem = part.whole
    n, m = problem.shape
    if answer.basis is None or n * m > AT_ONCE or not problem.cost.complete:
        return None
    with at_once(problem.cost.steps, "small proof", problem.cost.pairs):
        costs, proof = costs_at_once(problem), empty_proof(n, m)
        masses = problem.a, problem.b, problem.supply, problem.demand, problem.totals, problem.probability
        found = _prove(costs, *masses, *answer.basis, tuple(proof)).tolist()
    return _answer(problem, found, proof, answer.state, answer.stats) if found else None


def _answer(
    problem: TransportProblem, found: list[int], proof: Proof, state: object, stats: SolverStats
) -> tuple[Candidate, Certificate]:
    """Return the answer that a proved tree is, with its certificate."""
    (rows, cols, mass), arcs, used = proof[:3], found[ARCS], found[USED]
    if arcs < mass.size:
        rows, cols, mass = rows[:arcs], cols[:arcs], mass[:arcs]
    plan = rows, cols, mass
    if used < arcs:
        plan = proof.plan_rows[:used], proof.plan_cols[:used], proof.plan_mass[:used]
    evidence = Evidence(problem, rows, cols, "tree")
    certificate = proved_certificate(evidence, optimum_of(found), tuple(proof.residuals.tolist()))
    return Candidate(*plan, proof.f, proof.g, (rows, cols), state, stats), certificate


# Kernels that Python calls take arrays one by one, and plain tuples: of a named tuple Numba asks Python for its class
# each time, which takes longer than to hand over all that is in it.


@njit
def _solve_and_prove(
    costs: FloatArray,
    is_matrix: bool,
    a: FloatArray,
    b: FloatArray,
    totals: tuple[float, float],
    probability: bool,
    proof: Any,
) -> IntArray:
    """Solve a problem and prove the tree that is found, as `prove_tree` says; `UNUSUAL` where the next is for that."""
    held, total = held_part(costs, a, b), 1.0 if probability else totals[0]
    supply, demand = rescaled(a, totals[0], total), rescaled(b, totals[1], total)
    own_supply, own_demand = taken(supply, held.rows), taken(demand, held.cols)
    if reaches_far(own_supply, own_demand, total) or (is_matrix and is_staircase(held.cost)):
        return np.full(1, UNUSUAL)
    answer = solve_dense(held.cost, own_supply, own_demand, LARGEST_EFFORT)
    if answer.pivots < 0:
        return np.empty(0, np.int64)
    rows, cols = answer.tree_rows, answer.tree_cols
    proved = prove_tree(costs, a, b, supply, demand, totals, probability, held, rows, cols, Proof(*proof))
    if proved.size > 0:
        proved[NOTE] = answer.pivots
    return proved


@njit
def _solve_unusual_and_prove(
    costs: FloatArray,
    is_matrix: bool,
    a: FloatArray,
    b: FloatArray,
    totals: tuple[float, float],
    probability: bool,
    proof: Any,
) -> IntArray:
    """Do the same where the masses reach far, or the costs are a Monge matrix."""
    held, total = held_part(costs, a, b), 1.0 if probability else totals[0]
    supply, demand = rescaled(a, totals[0], total), rescaled(b, totals[1], total)
    monge = is_matrix and is_staircase(held.cost)
    rows, cols, pivots = unusual_tree(held, taken(supply, held.rows), taken(demand, held.cols), probability, monge)
    if pivots == NONE:
        return np.empty(0, np.int64)
    proved = prove_tree(costs, a, b, supply, demand, totals, probability, held, rows, cols, Proof(*proof))
    if proved.size > 0:
        proved[NOTE] = pivots
    return proved


@njit
def _prove(
    costs: FloatArray,
    a: FloatArray,
    b: FloatArray,
    supply: FloatArray,
    demand: FloatArray,
    totals: tuple[float, float],
    probability: bool,
    rows: IntArray,
    cols: IntArray,
    proof: Any,
) -> IntArray:
    """Prove a tree, as `prove_tree` says."""
    held = held_part(costs, a, b)
    return prove_tree(costs, a, b, supply, demand, totals, probability, held, rows, cols, Proof(*proof))


def answer_on_line(problem: TransportProblem) -> tuple[Candidate, Certificate] | None:
    """Return the staircase through a few points on the line and its proof; None where these do not succeed."""
    line, (n, m) = exact_line(problem), problem.shape
    if line is None or n + m > LINE_AT_ONCE:
        return None
    with at_once(n + m, "small line"):
        order_x, order_y = problem.cost.line_order
        how, unit = balance(problem)
        line = line._replace(x=line.x.take(order_x), y=line.y.take(order_y))
        a, b, total = problem.a.take(order_x), problem.b.take(order_y), math.frexp(problem.total)[1]
        shares, arcs = Shares(a, b, how, portions(how, unit), total), n + m - 1
        path = Path(np.empty(arcs, np.int64), np.empty(arcs, np.int64), np.empty(arcs), np.empty(n), np.empty(m))
        worth = tuple(tuple(portion) for portion in shares.worth)
        walked = Walked(*_fill_and_walk(tuple(line), a, b, tuple(how), worth, total, tuple(path)))
        proof = proof_of_walk(line, shares, unit, walked, path, integral=problem.integral)
    if proof is None:
        return None
    f, g = np.empty(n), np.empty(m)
    f[order_x], g[order_y] = proof.f, proof.g
    rows, cols, mass = order_x.take(path.rows), order_y.take(path.cols), proof.mass
    evidence = Evidence(problem, *between_masses(problem, rows, cols), "line")
    certificate = line_certificate(problem, proof).resting_on(evidence)
    plan = rows, cols, mass
    if not mass.all():
        used = np.flatnonzero(mass)
        plan = rows[used], cols[used], mass[used]
    return Candidate(*plan, f, g, (rows, cols), None, SolverStats(iterations=arcs)), certificate


@njit
def _fill_and_walk(
    line: Any, a: FloatArray, b: FloatArray, how: Any, worth: Any, total: int, path: Any
) -> tuple[bool, bool, bool, float, float, float, float, int]:
    """Write the staircase, and walk along it."""
    balanced, steps = Balance(*how), Path(*path)
    exact_staircase(a, b, balanced, steps.rows, steps.cols)
    of_a, of_b, between = worth
    shares = Shares(a, b, balanced, (Portion(*of_a), Portion(*of_b), Portion(*between)), total)
    return walk_path(Line(*line), shares, steps)
