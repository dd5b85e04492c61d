"""Special functions in enclosures: log Γ and its derivative, the normal and the gamma distribution function.

Each is a series whose remainder has a bound that textbooks prove: Stirling's, where it is smaller than the first term
left out, and two series of positive terms that fall at least like a geometric one.

Reference: NIST Digital Library of Mathematical Functions, 5.11(ii), 7.6.2, 8.7.1.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

from otkit.divergences.enclosures import Arithmetic, Enclosure, UndecidedError

_ZERO, _HALF = Decimal(0), Fraction(1, 2)
_bernoulli_numbers: list[Fraction] = []


def log_gamma(x: Enclosure) -> Enclosure:
    """Return log Γ(x) − ½ log 2π of a positive x: sums of it here have weights whose total is zero."""
    to, shifted = x.arithmetic, x
    if x.low <= 0:
        raise UndecidedError
    product = to.number(1)
    while shifted.low < to.digits:
        product, shifted = product * shifted, shifted + 1
    inverse_square = to.number(1) / shifted.squared()
    power = to.number(1) / shifted
    tail, k = to.number(0), 1
    while True:
        term = power * (_bernoulli(k) / (2 * k * (2 * k - 1)))
        if _negligible(term, to):
            break
        tail, power, k = tail + term, power * inverse_square, k + 1
    value = (shifted - _HALF) * shifted.log() - shifted + tail + _around_zero(term)
    return value - product.log() if shifted is not x else value


def digamma(x: Enclosure) -> Enclosure:
    """Return ψ(x) = Γ′(x)/Γ(x) of a positive x."""
    to, shifted = x.arithmetic, x
    if x.low <= 0:
        raise UndecidedError
    before = to.number(0)
    while shifted.low < to.digits:
        before, shifted = before + to.number(1) / shifted, shifted + 1
    inverse_square = to.number(1) / shifted.squared()
    power, tail, k = inverse_square, to.number(0), 1
    while True:
        term = power * (_bernoulli(k) / (2 * k))
        if _negligible(term, to):
            break
        tail, power, k = tail + term, power * inverse_square, k + 1
    return shifted.log() - to.number(_HALF) / shifted - tail - before + _around_zero(term)


def normal_cdf(x: Enclosure) -> Enclosure:
    """Return Φ(x), to many digits in the absolute sense."""
    to = x.arithmetic
    middle = to.up.divide(to.up.add(x.low, x.high), Decimal(2))
    # Φ′ ≤ 1/√(2π) < 0.4
    reach = to.up.multiply(Decimal("0.4"), max(to.up.subtract(x.high, middle), to.up.subtract(middle, x.low)))
    size = middle.copy_abs()
    here = Enclosure(size, size, to)
    density = (here.squared() * -_HALF).exp()
    if here.squared().low > 5 * to.digits:  # 1 − Φ(x) < e^{−x²/2}/2
        half = Enclosure(to.down.subtract(Decimal("0.5"), density.high), Decimal("0.5"), to)
    else:
        half = density / (to.pi * 2).sqrt() * _odd_series(here)
    value = half + _HALF if middle >= 0 else -half + _HALF
    return value + Enclosure(reach.copy_negate(), reach, to)


def half_normal_cdf(x: Enclosure) -> Enclosure:
    """Return 2 Φ(x) − 1 of x ≥ 0, to many digits in the relative sense."""
    to = x.arithmetic
    density = (x.squared() * -_HALF).exp()
    if x.squared().low > 5 * to.digits:
        return Enclosure(to.down.subtract(Decimal(1), density.high), Decimal(1), to)
    if x.squared().high > 100 * to.digits:
        raise UndecidedError
    return density / (to.pi * 2).sqrt() * _odd_series(x) * 2


def gamma_cdf(shape: Fraction, x: Enclosure) -> Enclosure:
    """Return P(a, x) = x^a e^{−x}/Γ(a + 1) · Σ x^n/((a + 1) … (a + n)) of x > 0."""
    to = x.arithmetic
    a = to.number(shape)
    log_weight = x.log() * a - x - log_gamma(a + 1) - (to.pi * 2).log() * _HALF
    term, total, n = to.number(1), to.number(1), 0
    while True:
        n += 1
        ratio = x / (a + n)
        term = term * ratio
        total = total + term
        if ratio.high < Decimal("0.5") and _negligible(term, to):
            break
    rest = Enclosure(_ZERO, term.high, to)  # what follows is less than term · (½ + ¼ + …)
    return log_weight.exp() * (total + rest)


def _odd_series(x: Enclosure) -> Enclosure:
    """Return Σ x^{2n+1}/(2n + 1)!! of x ≥ 0: (Φ(x) − ½)/φ(x)."""
    to, square = x.arithmetic, x.squared()
    term, total, n = x, x, 0
    while True:
        n += 1
        term = term * square / (2 * n + 1)
        total = total + term
        if square.high < n and (term.high == 0 or term.high < total.low.scaleb(-to.digits - 3, to.up)):
            break
    return total + Enclosure(_ZERO, term.high, to)


def _negligible(term: Enclosure, to: Arithmetic) -> bool:
    return term.size < Decimal(1).scaleb(-to.digits - 3, to.up)


def _around_zero(term: Enclosure) -> Enclosure:
    """Return what lies between zero and a term."""
    return Enclosure(min(term.low, _ZERO), max(term.high, _ZERO), term.arithmetic)


def _bernoulli(k: int) -> Fraction:
    """Return B_2k, by tangent numbers (R. P. Brent & D. Harvey, *Fast computation of Bernoulli numbers*, 2011)."""
    if k > len(_bernoulli_numbers):
        count = max(64, 2 * k)
        tangents = [0, *(math.factorial(j) for j in range(count))]
        for j in range(2, count + 1):
            for i in range(j, count + 1):
                tangents[i] = (i - j) * tangents[i - 1] + (i - j + 2) * tangents[i]
        _bernoulli_numbers[:] = [
            Fraction((-1) ** (i - 1) * 2 * i * tangents[i], 4**i * (4**i - 1)) for i in range(1, count + 1)
        ]
    return _bernoulli_numbers[k - 1]
