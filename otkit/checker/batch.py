"""The checker for many small problems: what `audit.certify` proves, as one compiled call without a word.

The same sums, by the same kernels (`upper_bound`, `lower_bound`, `error_bounds`), of a plan and potentials whose
problem has its costs in a matrix: so each number of a batch is proved as it is found. Where an answer does not pass, or
numbers leave the range in which these bounds hold, the caller is told, and solves the problem by itself.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.checker.audit import RELATIVE_GAP
from otkit.checker.error_bounds import OUTWARD, enclose_masses, summed_up
from otkit.checker.lower_bound import weigh_raised
from otkit.checker.upper_bound import (
    DETOUR,
    DOUBT,
    ERRORS,
    LEAST_COST,
    MAGNITUDE,
    NEEDS_MENDING,
    OFF,
    VALUE,
    Due,
    DueSums,
    PricedPlan,
    empty_sums,
    products_are_exact,
    weigh_jobs,
)
from otkit.costs.pairs import MatrixPairs
from otkit.numerics.floats import EPS, LEAST
from otkit.numerics.jit import njit


class Interval(NamedTuple):
    """What is proved of a problem.

    Attributes
    ----------
    value : float
        The cost of the plan; NaN if an entry or a price is not finite, and then nothing is enclosed.
    lower, upper : float
        The optimum lies between them.
    optimal : bool
        Whether they are as close as a float certificate's must be.
    """

    value: float
    lower: float
    upper: float
    optimal: bool


@njit
def enclose(
    cost: FloatArray,
    rows: IntArray,
    cols: IntArray,
    mass: FloatArray,
    f: FloatArray,
    g: FloatArray,
    a: FloatArray,
    b: FloatArray,
    totals: tuple[float, float],
    supply: FloatArray,
    demand: FloatArray,
    probability: bool,
) -> Interval:
    """Enclose the optimum between a/Σa and b/Σb, or between masses as they are, given a plan and potentials.

    `totals` are Σa and Σb, rounded; `supply` and `demand` are what rows and columns of a plan sum to, as
    `TransportProblem` has them. No plan entry is negative.
    """
    if not (_finite(mass) and _finite(f) and _finite(g)):
        return Interval(np.nan, -np.inf, np.inf, False)
    total_a, total_b, factor_a, factor_b, stretch, stretch_doubt, apart = enclose_masses(
        a, b, totals[0], totals[1], probability
    )
    sums = empty_sums(1, 1)
    due = DueSums(Due(supply, a, factor_a), Due(demand, b, factor_b), apart)
    weigh_jobs(PricedPlan(MatrixPairs(cost), rows, cols, mass, f, g), due, False, True, sums, 0, 2)
    found = sums.portions[0]
    value, magnitude = found[VALUE] + found[ERRORS], found[MAGNITUDE]
    if sums.marginals[NEEDS_MENDING] > 0.0:
        found = sums.mended[0]
    upper = _ceiling(found, sums.marginals[OFF], sums.marginals[DETOUR], stretch, stretch_doubt)

    raised = np.full(g.size, np.inf)
    for i in range(f.size):
        line, price = cost[i], f[i]
        for j in range(g.size):
            slack = (line[j] - price) - g[j]
            raised[j] = slack if slack < raised[j] else raised[j]
    for j in range(g.size):
        raised[j] = g[j] + raised[j]
    _, _, lower, _, _, _, in_range = weigh_raised(f, g, f, raised, a, b, total_a, total_b, probability, True, 0.0)

    in_range &= products_are_exact(magnitude)
    tolerance = RELATIVE_GAP * max(abs(lower), abs(upper))
    return Interval(value, lower, upper, in_range and upper - lower <= tolerance)


@njit
def _finite(values: FloatArray) -> bool:
    for value in values:  # noqa: SIM110 (a generator is slow to compile)
        if not np.isfinite(value):
            return False
    return True


@njit
def _ceiling(plan: FloatArray, off: float, detour: float, stretch: float, stretch_doubt: float) -> float:
    """Bound the optimum from above, as `audit` tells: stretch the plan, mend what is off by detours."""
    ceiling = summed_up(plan[VALUE], plan[ERRORS], OUTWARD * plan[DOUBT])
    price = detour - plan[LEAST_COST]
    detours = price * off * OUTWARD + 8.0 * LEAST if off > 0.0 and price != 0.0 else 0.0
    more = ceiling * stretch
    doubt = OUTWARD * (abs(ceiling) * stretch_doubt + EPS * abs(more))
    doubt += 8.0 * LEAST if doubt > 0.0 or more != 0.0 else 0.0
    return summed_up(ceiling, more, doubt + detours)
