"""From a solver's tree to a proved optimum: judge it in exact arithmetic, mend it where rounding misled the solver."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from otkit._typing import IntArray
from otkit.checker.audit import certify_in_float64, exact_certificate
from otkit.checker.basic_solution import Vertex, evaluate
from otkit.checker.certificate import Certificate, Evidence, Optimum, line_certificate
from otkit.checker.line import prove_on_line
from otkit.checker.optimality import Verdict, judge
from otkit.checker.plans import Entries
from otkit.checker.spanning_tree import forest_mask
from otkit.costs import SparseCosts
from otkit.optimal_transport.canonical import canonical_tree
from otkit.optimal_transport.lifting import between_masses
from otkit.optimal_transport.spreading import spread
from otkit.problem import TransportProblem
from otkit.problem.merged import MergedProblem
from otkit.solvers.candidate import Candidate
from otkit.solvers.monitor import Monitor


def prove(
    problem: TransportProblem, candidate: Candidate, monitor: Monitor, *, canonical: bool = False
) -> tuple[Candidate, Optimum | None]:
    """Return the optimal vertex next to an answer, and the optimum; the answer as it is where there is no proof.

    Plan and potentials are those of the vertex, masses rounded to the nearest and potentials down, so that they
    overprice no pair; the plan row by row: they do not depend on how the solver came to its tree. If `canonical`, it is
    the lexicographically smallest of the optimal vertices.
    """
    verdict = _optimal_tree(problem, candidate, monitor)
    if verdict is None:
        return candidate, None
    unique = verdict.unique
    if canonical and not unique:
        verdict = judge(problem, *canonical_tree(verdict))
        assert verdict is not None
        assert verdict.optimal
    vertex = verdict.vertex
    return _vertex_candidate(problem, vertex, candidate), Optimum(vertex.value, unique)


def judged_as_it_is(problem: TransportProblem, answer: Candidate) -> tuple[Candidate, Optimum] | None:
    """Return what the tree of an answer proves if it is optimal as it stands; None if it is not, or is no tree."""
    assert answer.basis is not None
    try:
        verdict = judge(problem, *answer.basis)
    except ValueError:
        return None
    if verdict is None or not verdict.optimal:
        return None
    vertex = verdict.vertex
    return _vertex_candidate(problem, vertex, answer), Optimum(vertex.value, verdict.unique)


def prove_merged(
    problem: MergedProblem, candidate: Candidate, monitor: Monitor, *, exactly: bool
) -> tuple[Candidate, Optimum | None]:
    """Return the answer to a given problem that one to the merged problem becomes; if `exactly`, with the optimum.

    The tree is spread over the points (`otkit.optimal_transport.spreading`), and its flows are evaluated for the given
    masses. Its potentials are those of the merged tree, equal at equal points, and so are costs: since no pair of
    places is overpriced, no pair of points is.
    """
    verdict = _optimal_tree(problem, candidate, monitor) if exactly else None
    if verdict is not None:
        tree = verdict.vertex.tree
        vertex = evaluate(problem.given, *spread(problem, tree.rows, tree.cols))
        unique = verdict.unique and not _has_choice(problem, verdict.vertex)
        answer = _vertex_candidate(problem.given, vertex, candidate)
        if vertex.least >= 0:
            return answer, Optimum(vertex.value, unique)
    assert candidate.basis is not None
    vertex = evaluate(problem.given, *spread(problem, *candidate.basis))
    answer = _vertex_candidate(problem.given, vertex, candidate)
    f, g = candidate.f.take(problem.row_place), candidate.g.take(problem.col_place)
    return replace(answer, mass=np.maximum(answer.mass, 0.0), f=f, g=g), None


def certificate_of(problem: TransportProblem, answer: Candidate, optimum: Optimum | None) -> Certificate:
    """Return what an answer to the whole problem proves: the optimum that its tree has, or what `certify` says."""
    if optimum is None or answer.basis is None:
        return certify_in_float64(problem, answer, (answer.f, answer.g))
    plan = Entries(answer.rows, answer.cols, answer.mass)
    evidence = Evidence(problem, *between_masses(problem, *answer.basis), "tree")
    return exact_certificate(evidence, optimum, plan, answer.f, answer.g)


def _has_choice(problem: MergedProblem, vertex: Vertex) -> bool | None:
    """Say whether points at equal places can exchange what they ship, which costs nothing.

    They can where several points of a place ship to several points, at one other place or at different ones.
    """
    used = vertex.flows.any(axis=1)
    rows, cols = vertex.tree.rows[used], vertex.tree.cols[used]
    at_row, at_col = np.bincount(problem.row_place), np.bincount(problem.col_place)
    to_row, to_col = np.bincount(rows, at_col[cols]), np.bincount(cols, at_row[rows])
    return bool(((at_row > 1) & (to_row > 1)).any() or ((at_col > 1) & (to_col > 1)).any())


def _optimal_tree(problem: TransportProblem, candidate: Candidate, monitor: Monitor) -> Verdict | None:
    """Return the tree of an answer if it is optimal, its last pivots made in exact arithmetic; None where it is not."""
    basis = _spanning(problem, candidate)
    verdict = None if basis is None else judge(problem, *basis)
    if verdict is not None and not verdict.optimal and problem.cost.pieces == 1:
        from otkit.solvers.simplex.repair import repair

        verdict = repair(problem, verdict, monitor)
    return verdict if verdict is not None and verdict.optimal else None


def _vertex_candidate(problem: TransportProblem, vertex: Vertex, found: Candidate) -> Candidate:
    """Return the answer that a vertex is, row by row, with the state and the statistics of the solver."""
    tree = vertex.tree
    order = np.argsort(tree.rows * problem.shape[1] + tree.cols)
    rows, cols, mass = tree.rows[order], tree.cols[order], vertex.mass[order]
    plan = rows, cols, mass
    if not mass.all():
        used = np.flatnonzero(mass)
        plan = rows[used], cols[used], mass[used]
    return Candidate(*plan, vertex.prices.f, vertex.prices.g, (rows, cols), found.state, found.stats)


def _spanning(problem: TransportProblem, found: Candidate) -> tuple[IntArray, IntArray] | None:
    """Return the tree of an answer; on a graph, where it may fall into pieces, completed by the arcs of least slack."""
    cost = problem.cost
    if found.basis is None or not isinstance(cost, SparseCosts):
        return found.basis
    order = np.argsort(np.abs(cost.slacks(found.f, found.g)), kind="stable")
    rows = np.concatenate([found.basis[0], cost.arc_rows[order]])
    cols = np.concatenate([found.basis[1], cost.pairs.cols[order]])
    kept = forest_mask(*problem.shape, rows, cols)
    return rows[kept], cols[kept]


def prove_in_order(problem: TransportProblem, candidate: Candidate) -> tuple[Candidate, Certificate | None]:
    """Return what `prove` does for points on the line in ascending order, in O(n + m) and for real-valued costs."""
    assert candidate.basis is not None
    proof = prove_on_line(problem, *candidate.basis)
    if proof is None:
        return candidate, None
    (rows, cols), mass = candidate.basis, proof.mass
    if not mass.all():
        used = np.flatnonzero(mass)
        rows, cols, mass = rows[used], cols[used], mass[used]
    answer = Candidate(rows, cols, mass, proof.f, proof.g, candidate.basis, candidate.state, candidate.stats)
    return answer, line_certificate(problem, proof)
