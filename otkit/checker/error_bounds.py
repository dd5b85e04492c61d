"""What rounding may have taken: bounds of every error between float64 results and the exact problem.

The exact problem has the float64 costs as they are evaluated, row sums a_i T/A and column sums b_j T/B, where A = Σa
and B = Σb are sums of real numbers, T = 1 between probability measures and T = A elsewhere. Its masses are never
rounded here: sums are taken over a and b themselves, and A, B and their ratio are enclosed.

Throughout, u = 2⁻⁵³ is the unit roundoff and η = 2⁻¹⁰⁷⁴ the least float; sums and differences of floats do not
underflow, so fl(x ± y) = (x ± y)(1 + δ) with |δ| ≤ u, always. A number is enclosed as high + low ± doubt.

* *Sums.* `two_sum` leaves its exact error e. With the errors added up in any order, k terms of them, the sum is off by
  at most (k − 1) u Σ|e| / (1 − k u) (Ogita, Rump & Oishi, *Accurate sum and dot product*, 2005): k · 2u · Σ|e| covers
  it with the roundings of Σ|e| itself, and is zero where every addition is exact, as with integers below 2⁵³.
* *Products.* `two_product` leaves its exact error, or one within 5 η of it where it underflows (same paper); that may
  be where a product of two numbers that are not zero is below `SMALLEST_PRODUCT`.
* *Double-double operations* have relative errors of at most 15 · 2⁻¹⁰⁶ (see `otkit.numerics.double_double`): for
  a few of them `SECOND_ORDER`.
"""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

import numpy as np

from otkit._typing import FloatArray
from otkit.costs import PairCosts
from otkit.costs.pairs import IEEE_EXPONENTS
from otkit.numerics.double_double import add, divide, multiply, subtract
from otkit.numerics.floats import EPS, LEAST
from otkit.numerics.jit import njit
from otkit.numerics.sums import two_product, two_sum
from otkit.problem import TransportProblem

SMALLEST_PRODUCT = 2.0**-960
SECOND_ORDER = 2.0**-100

# What outweighs the roundings of a sum of non-negative terms that is itself only a bound: 2³¹ of them, relatively.
OUTWARD = 1.0 + 2.0**-20

Enclosure: TypeAlias = tuple[float, float, float]


def rounded_up(parts: list[float]) -> float:
    """Return the least float that is no less than the exact sum; nan or infinity where that leaves float64."""
    try:
        total = math.fsum(parts)  # correctly rounded
        return math.nextafter(total, math.inf) if math.fsum([*parts, -total]) > 0.0 else total
    except OverflowError:
        return math.inf
    except ValueError:  # infinities of both signs
        return math.nan


def scaled_outward(value: float, shift: int, direction: float) -> float:
    """Return value · 2^shift, rounded towards `direction` (±inf) where it underflows; ±inf where it overflows."""
    try:
        scaled = math.ldexp(value, shift)
    except OverflowError:
        return math.copysign(math.inf, value)
    back = math.ldexp(scaled, -shift)
    inward = back < value if direction > 0.0 else back > value
    return math.nextafter(scaled, direction) if inward else scaled


def exponent(*arrays: FloatArray) -> int:
    """Return k for which the largest number of some arrays is near 2^k."""
    return math.frexp(max(float(np.abs(array).max(initial=0.0)) for array in arrays))[1]


@njit
def enclosed(total: float, errors: float, lost: float, count: int) -> Enclosure:
    """Enclose a sum from its rounded value, the sum of `count` rounding errors, and that of their magnitudes."""
    high, low = two_sum(total, errors)
    return high, low, count * EPS * lost


@njit
def summed_up(high: float, low: float, doubt: float) -> float:
    """Return a float that is no less than high + low + doubt, the nearest such but for the doubt."""
    rest = low if doubt == 0.0 else np.nextafter(low + OUTWARD * doubt, np.inf)
    total, error = two_sum(high, rest)
    return total if error <= 0.0 else np.nextafter(total, np.inf)


@njit
def enclosed_sum(values: FloatArray) -> Enclosure:
    """Enclose the sum of some numbers."""
    total = errors = lost = 0.0
    for k in range(values.size):
        total, error = two_sum(total, values[k])
        errors += error
        lost += abs(error)
    return enclosed(total, errors, lost, values.size)


@njit
def same(one: Enclosure, other: Enclosure) -> bool:
    """Whether two numbers are known exactly and equal."""
    return one[0] == other[0] and one[1] == other[1] and one[2] == 0.0 and other[2] == 0.0


class Masses(NamedTuple):
    """How the masses of a problem, `supply` and `demand`, relate to those of the exact problem.

    `supply` is a, times a factor λ_a = fl(T/fl(A)) if that is not 1, each product rounded; `demand` likewise. So but
    for the roundings of products, exact row sums are κ_a = T/(λ_a A) times `supply`, and column sums κ_b = T/(λ_b B)
    times `demand`: a plan whose marginals are these need only be stretched by κ_a, and then |κ_a − κ_b| T is left to
    mend.

    Attributes
    ----------
    total_a, total_b : tuple of three floats
        Enclosures of A and B.
    factor_a, factor_b : float
        λ_a and λ_b; nan where there is no such factor, and masses are known up to 4 roundings.
    stretch, stretch_doubt : float
        κ_a − 1, and a bound of the error of that.
    apart : float
        A bound of |κ_a − κ_b| T.
    """

    total_a: Enclosure
    total_b: Enclosure
    factor_a: float
    factor_b: float
    stretch: float
    stretch_doubt: float
    apart: float


def exact_masses(problem: TransportProblem) -> Masses:
    """Enclose the totals of a problem, and what rounding made of its masses."""
    return Masses(*enclose_masses(problem.a, problem.b, *problem.totals, problem.probability))


@njit
def enclose_masses(
    a: FloatArray, b: FloatArray, rounded_a: float, rounded_b: float, probability: bool
) -> tuple[Enclosure, Enclosure, float, float, float, float, float]:
    """Write the fields of `Masses`."""
    total_a, total_b = enclosed_sum(a), enclosed_sum(b)
    target = 1.0 if probability else rounded_a
    factor_a, factor_b = _factor(rounded_a, target), _factor(rounded_b, target)
    exact = (1.0, 0.0, 0.0) if probability else total_a
    if factor_a == factor_b == 1.0 and same(exact, total_a) and same(total_a, total_b):
        return total_a, total_b, factor_a, factor_b, 0.0, 0.0, 0.0
    if not (factor_a > 0.0 and factor_b > 0.0):  # the masses are within four roundings of the exact ones
        return total_a, total_b, factor_a, factor_b, 0.0, 0.0, 8.0 * EPS * target
    # κ − 1 = (T − λA)/(λA), and λA is within 4u of T: three roundings of A, T/A and the like.
    gap_a, doubt_a = _gap(exact, factor_a, total_a)
    gap_b, doubt_b = _gap(exact, factor_b, total_b)
    apart = abs(gap_a - gap_b) + 16.0 * EPS * (abs(gap_a) + abs(gap_b)) + doubt_a + doubt_b
    if factor_a == factor_b and same(total_a, total_b):
        apart = 0.0
    stretch = gap_a / target
    return total_a, total_b, factor_a, factor_b, stretch, 16.0 * EPS * abs(stretch) + doubt_a / target, OUTWARD * apart


@njit
def _factor(total: float, target: float) -> float:
    """Return the number that masses were multiplied by; nan where `problem` divides them, or rounds it as subnormal."""
    factor = 1.0 if total == target else target / total
    return factor if 2.0**-900 < factor < np.inf else np.nan


@njit
def _gap(exact: Enclosure, factor: float, total: Enclosure) -> tuple[float, float]:
    """Return T − λA, and a bound of its error."""
    if factor == 1.0 and same(exact, total):
        return 0.0, 0.0
    product = multiply((total[0], total[1]), (factor, 0.0))
    gap = subtract((exact[0], exact[1]), product)
    doubt = exact[2] + factor * total[2] + SECOND_ORDER * abs(product[0]) + EPS * abs(gap[0])
    return gap[0], OUTWARD * doubt + 16.0 * LEAST


@njit
def _underflow(operand: float, result: float) -> float:
    """Return what underflow may take from a product or quotient of double-doubles beside their relative errors."""
    return 64.0 * LEAST if operand != 0.0 and abs(result) < SMALLEST_PRODUCT else 0.0


@njit
def dual_value(rows: Enclosure, cols: Enclosure, total_a: Enclosure, total_b: Enclosure, probability: bool) -> float:
    """Return a lower bound of T/A Σ a f + T/B Σ b g from enclosures of both sums; exact where everything is.

    It is the sum of Σ a f and A/B Σ b g, divided by A between probability measures.
    """
    if not same(total_a, total_b):
        ratio = divide((total_a[0], total_a[1]), (total_b[0], total_b[1]))
        product = multiply((cols[0], cols[1]), ratio)
        relative = total_a[2] / total_a[0] + total_b[2] / total_b[0] + SECOND_ORDER
        doubt = OUTWARD * (abs(ratio[0]) * cols[2] + relative * abs(product[0])) + _underflow(cols[0], product[0])
        cols = product[0], product[1], doubt
    high, low = add((rows[0], rows[1]), (cols[0], cols[1]))
    doubt = rows[2] + cols[2]
    if rows[1] != 0.0 or cols[1] != 0.0:
        doubt += SECOND_ORDER * abs(high)
    if probability and not (total_a[0] == 1.0 and total_a[1] == 0.0 and total_a[2] == 0.0):
        if low == 0.0 and doubt == 0.0 and total_a[1] == 0.0 and total_a[2] == 0.0:
            quotient = high / total_a[0]
            product_high, product_low = two_product(quotient, total_a[0])
            if product_high == high and product_low == 0.0 and (high == 0.0 or abs(high) > SMALLEST_PRODUCT):
                return quotient
        quotient_high, quotient_low = divide((high, low), (total_a[0], total_a[1]))
        relative = total_a[2] / total_a[0] + SECOND_ORDER
        doubt = OUTWARD * (doubt / total_a[0] + relative * abs(quotient_high)) + _underflow(high, quotient_high)
        high, low = quotient_high, quotient_low
    rest = low if doubt == 0.0 else np.nextafter(low - OUTWARD * doubt, -np.inf)
    value, error = two_sum(high, rest)
    return value if error >= 0.0 else np.nextafter(value, -np.inf)


def search_error(cost: PairCosts, f: FloatArray, g: FloatArray) -> float:
    """Return by how much minima of c − f − g may have been missed: on long lines they are searched, not swept.

    The search (`costs.monge`) compares r = fl(fl(c) − b), while costs c without rounding have the Monge property. With
    c ≤ C and |b| ≤ P, r is off by no more than E = K u C + u (C + P): the difference of points is rounded once and
    raised to the power p, then come fewer than p products or roots and the scale, so K = 2p + 2, and 16 more where the
    machine's library takes the power (8 u; twice that to be safe). A column chosen within a range is off by 2E; if the
    best one lies beyond the range, the end of that range, which a row beside this one chose a level higher, is no worse
    than it was there (Monge), so each of the at most 2 + log₂ max(n, 4096) levels adds 2E. The minimum is then
    evaluated and compared with evaluated costs: 2E more.
    """
    line = cost.line() if cost.is_searched else None
    if line is None:
        return 0.0
    reach = float(max(line.x.max(), line.y.max()) - min(line.x.min(), line.y.min()))
    dearest = line.scale * reach**line.p
    largest = float(max(np.abs(f).max(), np.abs(g).max()))
    roundings = 2.0 * line.p + (2.0 if line.p in IEEE_EXPONENTS else 18.0)
    error = 0.51 * EPS * (roundings * dearest + dearest + largest) + 16.0 * LEAST * (1.0 + line.scale)
    return (3.0 + math.log2(max(4096, *cost.shape))) * 2.0 * error
