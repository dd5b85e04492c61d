"""Bernoulli, binomial, Poisson and geometric distributions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from otkit.divergences.enclosures import Arithmetic, Enclosure, Expression, UndecidedError, infinite
from otkit.divergences.families.pair import MOST_TERMS, Pair, largest


def binomial_pair(n: int, p: Fraction, q: Fraction, family: str) -> Pair:
    """Compare binomial(n, p) with binomial(n, q), 0 < p, q < 1."""

    def log_affinity(alpha: Fraction) -> Expression:
        def expression(to: Arithmetic) -> Enclosure:
            both = (_powers(to, a, b, alpha).exp() for a, b in ((p, q), (1 - p, 1 - q)))
            return sum(both, to.number(0)).log() * n

        return expression

    def tv(to: Arithmetic) -> Enclosure:
        hit, miss = to.log_of_ratio(p, q), to.log_of_ratio(1 - p, 1 - q)
        crossings = (miss * n / (miss - hit)).floor()
        return largest([abs(_binomial_cdf(to, n, p, k) - _binomial_cdf(to, n, q, k)) for k in crossings], to)

    def kl(p: Fraction, q: Fraction) -> Expression:
        return lambda to: _bernoulli_kl(to, p, q) * n

    return Pair(family, kl(p, q), kl(q, p), log_affinity, tv if n < MOST_TERMS else None)


def poisson_pair(a: Fraction, b: Fraction) -> Pair:
    """Compare two Poisson distributions of positive means."""

    def kl(a: Fraction, b: Fraction) -> Expression:
        return lambda to: to.log_of_ratio(a, b) * a + (b - a)

    def log_affinity(alpha: Fraction) -> Expression:
        return lambda to: (to.log_of_ratio(a, b) * alpha).exp() * b - (alpha * a + (1 - alpha) * b)

    def tv(to: Arithmetic) -> Enclosure:
        crossings = (to.number(a - b) / to.log_of_ratio(a, b)).floor()
        return largest([abs(_poisson_cdf(to, a, k) - _poisson_cdf(to, b, k)) for k in crossings], to)

    return Pair("Poisson distributions", kl(a, b), kl(b, a), log_affinity, tv if max(a, b) < MOST_TERMS else None)


def geometric_pair(p: Fraction, q: Fraction) -> Pair:
    """Compare two geometric distributions, 0 < p, q < 1."""

    def log_affinity(alpha: Fraction) -> Expression:
        """Sum p^α q^{1−α} w^k over k ≥ 0, w = (1 − p)^α (1 − q)^{1−α}."""
        if _is_one(1 - p, 1 - q, alpha):
            return infinite

        def expression(to: Arithmetic) -> Enclosure:
            log_step = _powers(to, 1 - p, 1 - q, alpha)
            if log_step.low > 0:
                return infinite(to)
            if log_step.high >= 0:
                raise UndecidedError
            return _powers(to, p, q, alpha) - (-log_step.expm1()).log()

        return expression

    def tv(to: Arithmetic) -> Enclosure:
        hit, miss = to.log_of_ratio(p, q), to.log_of_ratio(1 - p, 1 - q)
        trials = ((-hit / miss) + 1).floor()
        tails = ([to.number(1 - share).log() * k for share in (p, q)] for k in trials)
        return largest([abs(one.exp() - other.exp()) for one, other in tails], to)

    def kl(p: Fraction, q: Fraction) -> Expression:
        return lambda to: _bernoulli_kl(to, p, q) / p

    return Pair("geometric distributions", kl(p, q), kl(q, p), log_affinity, tv)


def _is_one(a: Fraction, b: Fraction, alpha: Fraction) -> bool:
    """Say whether a^α b^{1−α} = 1, of exponents that are not too long to be tried."""
    top, bottom = alpha.numerator, alpha.denominator
    return max(abs(top), bottom) <= 64 and a**top * b ** (bottom - top) == 1


def _powers(to: Arithmetic, a: Fraction, b: Fraction, alpha: Fraction) -> Enclosure:
    """Return log(a^α b^{1−α})."""
    return to.log_of_ratio(a, b) * alpha + to.number(b).log()


def _bernoulli_kl(to: Arithmetic, p: Fraction, q: Fraction) -> Enclosure:
    return to.log_of_ratio(p, q) * p + to.log_of_ratio(1 - p, 1 - q) * (1 - p)


def _summed(first: Enclosure, ratio: Callable[[int], Enclosure], count: int) -> Enclosure:
    """Return first · (1 + ratio(1) (1 + ratio(2) (…))), of `count` terms."""
    term, total = first, first
    for k in range(1, count):
        term = term * ratio(k)
        total = total + term
    return total


def _binomial_cdf(to: Arithmetic, n: int, p: Fraction, k: int) -> Enclosure:
    """Return the probability of at most k successes; less one where fewer terms make that."""
    if 2 * k > n:
        return -_binomial_cdf(to, n, 1 - p, n - k - 1)
    if k < 0:
        return to.number(0)
    odds = to.number(p / (1 - p))
    first = (to.number(1 - p).log() * n).exp()
    return _summed(first, lambda j: odds * Fraction(n + 1 - j, j), k + 1)


def _poisson_cdf(to: Arithmetic, mean: Fraction, k: int) -> Enclosure:
    rate = to.number(mean)
    return _summed((-rate).exp(), lambda j: rate / j, k + 1)
