"""Answers: a solver's, found on the rows and columns that carry mass, proved, and brought back to the whole problem."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from otkit.checker.audit import certify_in_float64
from otkit.checker.certificate import Certificate, Evidence
from otkit.costs import SparseCosts
from otkit.numerics.threads import Stopped
from otkit.optimal_transport.lifting import Part, between_masses, part_in_order, part_with_mass
from otkit.optimal_transport.prove import certificate_of, prove, prove_in_order, prove_merged
from otkit.optimal_transport.settings import Proof
from otkit.optimal_transport.small import prove_at_once
from otkit.problem import InfeasibleError, TransportProblem
from otkit.problem.merged import MergedProblem, merged_problem
from otkit.solvers.candidate import Candidate, WarmStart
from otkit.solvers.choice import GENERAL
from otkit.solvers.infeasible import cut_error
from otkit.solvers.monitor import Monitor
from otkit.solvers.registry import SOLVERS, Solver

# Equal points are merged where there are at least so many pairs of points, and less than this share of them is left.
_FEWEST_PAIRS = 128 * 128
_SMALLER = 0.9


class Task(NamedTuple):
    """What was asked for beside the problem."""

    options: Any
    monitor: Monitor
    warm: WarmStart | None
    proof: Proof
    canonical: bool


def answer(problem: TransportProblem, solver: Solver, task: Task) -> tuple[Candidate, Certificate]:
    """Return what a solver finds, and what that proves."""
    return (_along_the_line if solver.proof == "line" else _by_a_tree)(problem, solver, task)


def _by_a_tree(problem: TransportProblem, solver: Solver, task: Task) -> tuple[Candidate, Certificate]:
    """Solve and prove a problem on the rows and columns that carry mass, and extend the potentials to the others."""
    # A share of the total may be too small for a float, and still be a mass in exact arithmetic.
    masses = (problem.a, problem.b) if solver.exact else (problem.supply, problem.demand)
    part = part_with_mass(problem, *masses)
    found, merged = _found(part, solver, task)
    task.monitor.tick("proving")
    if merged is None and found.stats.status == "optimal" and task.proof != "float" and not task.canonical:
        proved = prove_at_once(part, found)
        if proved is not None:
            return proved
    candidate, certificate = _proved(part, merged, found, task, exactly=task.proof != "float")
    if task.proof == "float" and solver.exact and not certificate.optimal and candidate.stats.status == "optimal":
        # Costs that cancel, or an optimum of zero: the rounding of sums hides the value, exact arithmetic does not.
        candidate, certificate = _proved(part, merged, found, task, exactly=True)
    return candidate, certificate


def _proved(
    part: Part, merged: MergedProblem | None, found: Candidate, task: Task, *, exactly: bool
) -> tuple[Candidate, Certificate]:
    """Prove an answer to a part of a problem, or to that with equal points merged; return it as one to the whole."""
    optimum, stopped = None, None
    exactly = exactly and found.stats.status == "optimal"
    try:
        with task.monitor.interrupting_sweeps():
            if merged is not None:
                found, optimum = prove_merged(merged, found, task.monitor, exactly=exactly)
            elif exactly:
                found, optimum = prove(part.problem, found, task.monitor, canonical=task.canonical)
    except Stopped as stop:  # the answer stays, and what floats can prove of it
        stopped = stop.reason
        if merged is not None:
            found, _ = prove_merged(merged, found, task.monitor, exactly=False)
    with task.monitor.within_grace():
        candidate = part.lifted(found)
        certificate = certificate_of(part.whole, candidate, optimum)
    if stopped is not None and not (certificate.optimal and task.proof == "auto" and not task.canonical):
        candidate = replace(candidate, stats=replace(candidate.stats, status=stopped))
    return candidate, certificate


def _found(part: Part, solver: Solver, task: Task) -> tuple[Candidate, MergedProblem | None]:
    """Solve a part of a problem, with equal points merged where that pays; return the merged problem as well."""
    warm = task.warm if task.warm is None or part.is_whole else task.warm.restrict(part.rows, part.cols)
    try:
        merged = _merged(part.problem, solver, task)
        if merged is not None and warm is not None:
            warm = warm.merge(merged.row_place, merged.col_place)
        smaller = part.problem if merged is None else merged
        return solver.run(smaller, task.options, task.monitor, warm), merged
    except InfeasibleError as error:
        if part.is_whole:
            raise
        cost = part.whole.cost
        assert isinstance(cost, SparseCosts)
        y = error.farkas[: part.rows.size]
        raise cut_error(part.whole, cost, part.rows[y == y.max()]) from None  # in rows and columns of the whole problem


def _merged(problem: TransportProblem, solver: Solver, task: Task) -> MergedProblem | None:
    """Return a problem with equal points merged, if that makes it notably smaller and the solver can do with it."""
    n, m = problem.shape
    if not solver.merges or task.canonical or n * m < _FEWEST_PAIRS:
        return None
    places = problem.cost.places()
    if places is None:
        return None
    (row_place, rows), (col_place, cols) = places
    return merged_problem(problem, row_place, col_place) if rows * cols < _SMALLER * n * m else None


def _along_the_line(problem: TransportProblem, solver: Solver, task: Task) -> tuple[Candidate, Certificate]:
    """Solve and certify in sorted order, and put the answer back into the order of the points.

    A proof does not depend on how points are numbered, but its time does: at 10⁶ points memory read in order makes it
    three times as fast. Points without mass are cells without mass. Where the proof fails, the simplex answers.
    """
    solver.require(problem)
    part = part_in_order(problem)
    found = solver.run(part.problem, task.options, task.monitor)
    task.monitor.tick("proving")
    certificate, in_floats = None, None
    if task.proof == "float":
        in_floats = certify_in_float64(part.problem, found, (found.f, found.g))
    if in_floats is None or not in_floats.optimal:
        found, certificate = prove_in_order(part.problem, found)
    candidate = part.lifted(found)
    if certificate is not None and candidate.basis is not None:
        arcs = between_masses(problem, *candidate.basis)
        certificate = certificate.resting_on(Evidence(problem, *arcs, "line"))
    else:
        certificate = in_floats or certify_in_float64(part.problem, found, (found.f, found.g))
    if not certificate.optimal and found.stats.status == "optimal":
        # Powers so unlike that floats can't tell the value from the rounding of prices: trees are judged exactly.
        candidate, certificate = _by_a_tree(problem, SOLVERS[GENERAL], task._replace(options=None))
    if not certificate.optimal:  # name the culprit by its own number
        certificate = certify_in_float64(problem, candidate, (candidate.f, candidate.g))
    return candidate, certificate
