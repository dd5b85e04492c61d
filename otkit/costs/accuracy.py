"""How near evaluated costs are to the powers of the true distances between the points, which are real numbers.

Let u = 2**-53. The float sum, difference, product, quotient or square root of two floats is the true one times 1 + δ
with |δ| ≤ u, sums and differences even where they underflow. A product of k such factors, or of their reciprocals, is
1 + θ with |θ| ≤ γ_k = k u / (1 − k u) (N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, lemma 3.1); call
that k *roundings*. In d dimensions, with t a difference of two coordinates, which are floats:

* t has 1 rounding, and so has the largest of all |t|: taking the larger of two floats is exact;
* t² has 1 + 1 + 1 = 3 roundings, |t|³ has 5: each factor brings its own, each product one more;
* a sum of d terms that are not negative, begun with zero, adds d − 1, in whichever order: Σ |t| has d roundings,
  Σ t² has d + 2, and Σ |t|³ has d + 4;
* √s of a sum s with k roundings has ⌈k/2⌉ + 1: √((1 + δ)(1 + δ')) lies between 1 + δ and 1 + δ';
* s² has 2k + 1 roundings, s³ = (s s) s has 3k + 2, and s √s has k + ⌈k/2⌉ + 2.

Products may underflow, and then lose more. They do not where no number on the way is below 2**-1022 but zero: let all
coordinates be multiples of 2**low. Then no difference is below 2**low but zero, no power of degree D below 2**(D low),
rounding being monotone, and it is enough that D low ≥ −1022 for the largest D on the way.

So costs c are known up to γ_k c, and an optimum OPT of evaluated costs, between probabilities, encloses that of the
true ones: OPT / (1 + γ_k) ≤ W_p^p ≤ OPT / (1 − γ_k), since the cost of each plan changes by no larger factor. An
absolute error is taken off, or added, before. The root of a rational number is found by comparing powers, without any
rounding.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

from otkit.costs.pairs import IEEE_EXPONENTS, MAX_ABS, SUM_ABS, SUM_CUBES, SUM_SQUARES, PointPairs
from otkit.numerics.fixed_point import bit_range

# Degree of the sums that costs are powers of, and their roundings beside those of d terms.
_BASES = {SUM_ABS: (1, 0), MAX_ABS: (1, 1), SUM_SQUARES: (2, 2), SUM_CUBES: (3, 4)}

# Powers p beyond this take too long to be compared in integers.
LARGEST_POWER = 1000

_LEAST_NORMAL = -1022


class Accuracy(NamedTuple):
    """How near evaluated costs c are to (d / unit)^p, d being the true distance: up to γ_roundings · c + absolute.

    Attributes
    ----------
    p : float
    unit : float
    roundings : int
        The factor 1 + θ by which a cost is off has |θ| ≤ γ = k u / (1 − k u), k roundings, u = 2**-53.
    absolute : float
        What it may be off by beside that.
    """

    p: float
    unit: float = 1.0
    roundings: int = 0
    absolute: float = 0.0

    def distance_interval(self, lower: float, upper: float) -> tuple[float, float]:
        """Return floats that hold W_p of the points between them, if these hold the optimum of evaluated costs.

        Examples
        --------
        >>> from otkit.costs.accuracy import Accuracy
        >>> Accuracy(2.0).distance_interval(2.0, 2.0)
        (1.414213562373095, 1.4142135623730951)
        """
        off, absolute = Fraction(self.roundings, 2**53 - self.roundings), Fraction(self.absolute)
        least = (Fraction(lower) - absolute) / (1 + off) if lower > 0.0 and math.isfinite(lower) else Fraction(0)
        low = self._root_below(least)[0]
        if not math.isfinite(upper):
            return low, math.inf
        high, exact = self._root_below(max(Fraction(upper) + absolute, Fraction(0)) / (1 - off))
        return low, high if exact else math.nextafter(high, math.inf)

    def _root_below(self, power: Fraction) -> tuple[float, bool]:
        """Return the largest float that is no more than unit · power^(1/p), and whether it is that."""
        if power <= 0:
            return 0.0, True
        p, unit = Fraction(self.p), Fraction(self.unit)
        wanted = power**p.denominator

        def raised(distance: float) -> Fraction:
            return (Fraction(distance) / unit) ** p.numerator

        largest = math.nextafter(math.inf, 0.0)
        found = min(self.unit * root(float(min(power, Fraction(largest))), self.p), largest)
        while raised(found) > wanted:
            found = math.nextafter(found, 0.0)
        while found < largest and raised(math.nextafter(found, math.inf)) <= wanted:
            found = math.nextafter(found, math.inf)
        return found, raised(found) == wanted


def root(value: float, p: float) -> float:
    """Return the p-th root of a number; NaN if it is negative.

    1/p is rounded, which costs |log value| roundings: a step of Newton's method, with p itself, gives them back.
    """
    if p == 1.0:
        return value
    if not value > 0.0:
        return 0.0 if value == 0.0 else math.nan
    if p == 2.0:
        return math.sqrt(value)
    found: float = value ** (1.0 / p)
    return found * (1.0 - (found**p / value - 1.0) / p) if 1e-306 < value < 1e306 else found


def of_norms(pairs: PointPairs, degree: float, p: float, unit: float) -> Accuracy | None:
    """Return the accuracy of the p-th powers of a power of a norm; None where they may be off by more, or by a library.

    `degree` is the power of the norm that p is a power of.
    """
    kind, _, scale, exponent, x, y = pairs
    if kind not in _BASES or exponent not in IEEE_EXPONENTS or scale != 1.0 or p > LARGEST_POWER:
        return None
    base, more = _BASES[kind]
    if Fraction(exponent) * base != Fraction(degree) * Fraction(p):  # p / order was rounded
        return None
    largest = base * max(1.0, exponent)
    if largest > 1.0:
        low = min(bit_range(points.reshape(-1))[0] for points in (x, y))
        if low * largest < _LEAST_NORMAL:
            return None
    terms = 1 if kind == MAX_ABS else len(y) + more
    return Accuracy(p, unit, roundings_of_power(terms, exponent))


def roundings_of_power(terms: int, exponent: float) -> int:
    """Return the roundings of a power of a sum that has some itself, as `otkit.costs.pairs.power` evaluates it."""
    rooted = (terms + 1) // 2 + 1
    return {0.5: rooted, 1.0: terms, 1.5: terms + rooted + 1, 2.0: 2 * terms + 1, 3.0: 3 * terms + 2}[exponent]
