"""Gamma (with exponential, chi-squared and Erlang), beta, Laplace and Pareto distributions."""

from __future__ import annotations

import math
from fractions import Fraction

from otkit.divergences.enclosures import Arithmetic, Enclosure, Expression, infinite
from otkit.divergences.families.pair import MOST_TERMS, Pair, mixed
from otkit.divergences.special import digamma, gamma_cdf, log_gamma

Two = tuple[Fraction, Fraction]


def gamma_pair(p: Two, q: Two) -> Pair:
    """Compare two gamma distributions, each of given shape and scale."""

    def kl(p: Two, q: Two) -> Expression:
        (a, s), (b, t) = p, q

        def expression(to: Arithmetic) -> Enclosure:
            value = to.log_of_ratio(t, s) * b + a * (s / t - 1)
            if a == b:
                return value
            own, other = to.number(a), to.number(b)
            return value + digamma(own) * (a - b) - log_gamma(own) + log_gamma(other)

        return expression

    def log_affinity(alpha: Fraction) -> Expression:
        (a, s), (b, t) = p, q
        shape, rate = mixed(alpha, a, b), mixed(alpha, t / s, Fraction(1))  # the rate in units of 1/t
        if shape <= 0 or rate <= 0:
            return infinite

        def expression(to: Arithmetic) -> Enclosure:
            value = to.log_of_ratio(t, s) * (alpha * a) - to.number(rate).log() * shape
            if a == b:
                return value
            shapes = (log_gamma(to.number(x)) * weight for x, weight in ((a, alpha), (b, 1 - alpha)))
            return value + log_gamma(to.number(shape)) - sum(shapes, to.number(0))

        return expression

    def tv(to: Arithmetic) -> Enclosure:
        """Return P − Q of [0, x] where p and q cross at x."""
        (a, s), (_, t) = sorted((p, q), key=lambda law: law[1])
        crossing = to.log_of_ratio(t, s) * a / (1 - s / t)  # over s
        if a == 1:
            return (-(crossing * (s / t))).exp() - (-crossing).exp()
        return gamma_cdf(a, crossing) - gamma_cdf(a, crossing * (s / t))

    (a, s), (b, t) = p, q
    terms = float(a) * (1.0 + abs(math.log(s) - math.log(t)))
    name = "exponential distributions" if a == b == 1 else "gamma distributions"
    return Pair(name, kl(p, q), kl(q, p), log_affinity, tv if a == b and terms < MOST_TERMS else None)


def beta_pair(p: Two, q: Two) -> Pair:
    """Compare two beta distributions on one interval, each of given shapes."""

    def log_beta(to: Arithmetic, a: Fraction, b: Fraction) -> Enclosure:
        return log_gamma(to.number(a)) + log_gamma(to.number(b)) - log_gamma(to.number(a + b))

    def kl(p: Two, q: Two) -> Expression:
        (a, b), (c, d) = p, q

        def expression(to: Arithmetic) -> Enclosure:
            slopes = [(a, a - c), (b, b - d), (a + b, c - a + d - b)]
            ends = (digamma(to.number(x)) * weight for x, weight in slopes if weight != 0)
            return sum(ends, log_beta(to, c, d) - log_beta(to, a, b))

        return expression

    def log_affinity(alpha: Fraction) -> Expression:
        a, b = (mixed(alpha, x, y) for x, y in zip(p, q, strict=True))
        if a <= 0 or b <= 0:
            return infinite
        return lambda to: log_beta(to, a, b) - log_beta(to, *p) * alpha - log_beta(to, *q) * (1 - alpha)

    return Pair("beta distributions", kl(p, q), kl(q, p), log_affinity)


def laplace_pair(p: Two, q: Two) -> Pair:
    """Compare two Laplace distributions, each of given median and scale."""
    (mu, b), (nu, c) = p, q
    gap = abs(mu - nu)

    def kl(b: Fraction, c: Fraction) -> Expression:
        return lambda to: to.log_of_ratio(c, b) + (gap / c + b / c - 1) + to.number(-gap / b).expm1() * (b / c)

    def log_affinity(alpha: Fraction) -> Expression:
        s, t = alpha / b, (1 - alpha) / c
        if s + t <= 0:
            return infinite
        # (e^{−s g} + e^{−t g})/(s + t) outside, ∫ e^{−s u − t (g − u)} du between; the larger exponential is taken out.
        least, difference = min(s, t) * gap, abs(s - t)

        def expression(to: Arithmetic) -> Enclosure:
            far = to.number(-difference * gap)
            between = -(far.expm1() / difference) if difference else to.number(gap)
            inner = (far.exp() + 1) / (s + t) + between
            return (inner / (2 * b)).log() - least + to.log_of_ratio(b, c) * (1 - alpha)

        return expression

    def tv(to: Arithmetic) -> Enclosure:
        return -to.number(-gap / (2 * b)).expm1()

    return Pair("Laplace distributions", kl(b, c), kl(c, b), log_affinity, tv if b == c else None)


def pareto_pair(p: Two, q: Two) -> Pair:
    """Compare two Pareto distributions, each of given shape and least value."""

    def kl(p: Two, q: Two) -> Expression:
        (a, start), (b, other) = p, q
        if start < other:
            return infinite
        return lambda to: to.log_of_ratio(a, b) + (b / a - 1) + to.log_of_ratio(start, other) * b

    def log_affinity(alpha: Fraction) -> Expression:
        (a, start), (b, other) = p, q
        shape = mixed(alpha, a, b)
        if shape <= 0 or (alpha > 1 and start < other) or (alpha < 0 and start > other):
            return infinite
        weight = (alpha - 1) * b if start > other else alpha * a  # of the ratio of starts, from the larger of them on

        def expression(to: Arithmetic) -> Enclosure:
            ends = to.log_of_ratio(start, other) * weight
            return to.log_of_ratio(a, b) * alpha - to.number(shape / b).log() + ends

        return expression

    return Pair("Pareto distributions", kl(p, q), kl(q, p), log_affinity)
