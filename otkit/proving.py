"""From a solver's tree to a proved optimum: judge it in exact arithmetic, mend it where rounding misled the solver."""

from __future__ import annotations

import numpy as np

from otkit._typing import IntArray
from otkit.basis import forest_mask
from otkit.candidate import Candidate
from otkit.canonical import canonical_tree
from otkit.certificate import Certificate, exact_certificate, line_certificate
from otkit.costs import SparseCosts
from otkit.monitor import Monitor
from otkit.optimality import Verdict, judge
from otkit.problem import TransportProblem
from otkit.staircase import prove_on_line


def prove(
    problem: TransportProblem, candidate: Candidate, monitor: Monitor, *, canonical: bool = False
) -> tuple[Candidate, Certificate | None]:
    """Return the optimal vertex next to an answer with its exact certificate; the answer as it is where that fails.

    Plan and potentials are those of the vertex, each number rounded once, the plan row by row: they do not depend on
    how the solver came to its tree. If `canonical`, it is the lexicographically smallest of the optimal vertices.
    """
    basis = _spanning(problem, candidate)
    if basis is None:
        return candidate, None
    verdict = judge(problem, *basis)
    if verdict is not None and not verdict.optimal and problem.cost.pieces == 1:
        from otkit.solvers.simplex.repair import repair

        verdict = repair(problem, verdict, monitor)
    if verdict is None or not verdict.optimal:
        return candidate, None
    unique = verdict.unique
    if canonical and not unique:
        verdict = judge(problem, *canonical_tree(verdict))
        assert verdict is not None
        assert verdict.optimal
    return _vertex_candidate(problem, verdict, candidate), exact_certificate(problem, verdict.vertex, unique)


def _vertex_candidate(problem: TransportProblem, verdict: Verdict, found: Candidate) -> Candidate:
    """Return the answer that a vertex is, row by row, with the state and the statistics of the solver."""
    tree, vertex = verdict.vertex.tree, verdict.vertex
    order = np.argsort(tree.rows * problem.shape[1] + tree.cols)
    rows, cols, mass = tree.rows[order], tree.cols[order], vertex.mass[order]
    used = np.flatnonzero(mass)
    return Candidate(
        rows[used], cols[used], mass[used], vertex.prices.f, vertex.prices.g, (rows, cols), found.state, found.stats
    )


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
