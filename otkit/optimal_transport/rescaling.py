"""Once more, in another unit of length: for plans whose costs, p-th powers of distances, have underflowed."""

from __future__ import annotations

from otkit.checker.certificate import Certificate
from otkit.costs import MatrixCosts, units
from otkit.problem import TransportProblem, problem_as_judged
from otkit.solvers.candidate import Candidate


def in_better_unit(problem: TransportProblem, answer: Candidate, certificate: Certificate) -> TransportProblem | None:
    """Return the problem in a unit of length in which p-th powers don't underflow, where they have; None elsewhere.

    First points are scaled until the dearest costs are large. If that does not help, powers are taken in the unit that
    suits the longest way of the plan, which no better plan exceeds by much; then of the next plan, and so on.
    """
    cost = problem.cost
    least = cost.least_accurate
    if least == 0.0 or certificate.lower > 2.0**60 * least or answer.stats.status != "optimal":
        return None
    if cost.metric is None or cost.points is None or not problem.probability or answer.mass.size == 0:
        return None
    (x, y), used = cost.points, answer.mass > 0.0
    rows, cols, mass = answer.rows[used], answer.cols[used], answer.mass[used]
    distances, costs = cost.metric.distances(x[rows], y[cols]), cost.at(rows, cols)
    top = float(distances.max())
    saturated = isinstance(cost, MatrixCosts) and cost.unit != 1.0 and bool((costs >= units.LARGEST).any())
    if not (saturated or units.is_lost(costs, distances, mass, least, certificate.lower)):
        return None
    better = cost.metric.in_larger_costs(x, y, cost.p) if cost.unit == 1.0 else None
    if better is None or better.least_accurate * 2.0**60 > better.at(rows, cols).max():
        better = units.matrix_in_unit(cost.metric, x, y, cost.p, units.unit_of(top, cost.p))
    better.reading = cost.reading
    return problem_as_judged(better, problem.a, problem.b, True, problem.tolerance)
