"""Uniform distributions: the ratio of densities is constant where both live, so that every f has a closed form."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from otkit.divergences.enclosures import Arithmetic, Enclosure, Expression, infinite
from otkit.divergences.generators import GENERATORS, FDivergence
from otkit.numerics.floats import EPS

Interval = tuple[Fraction, Fraction]
Generator = Callable[[Enclosure], Enclosure]

_HALF = Fraction(1, 2)
_ROUNDINGS = 16.0


def _js(u: Enclosure) -> Enclosure:
    return (u * u.log() - (u + 1) * ((u + 1) / 2).log()) * _HALF


# f of u > 0, and its two limits f(0) and f′(∞) where they are not floats.
_FUNCTIONS: dict[str, Generator] = {
    "kl": lambda u: u * u.log(),
    "reverse_kl": lambda u: -u.log(),
    "jeffreys": lambda u: (u - 1) * u.log(),
    "js": _js,
    "gan": lambda u: u * u.log() - (u + 1) * (u + 1).log(),
    "tv": lambda u: abs(u - 1) * _HALF,
    "hellinger": lambda u: (u.sqrt() - 1).squared(),
    "chi2": lambda u: (u - 1).squared(),
    "neyman": lambda u: (u - 1).squared() / u,
}


def uniform_expression(divergence: FDivergence, p: Interval, q: Interval) -> Expression | None:
    """Return D_f of two uniform distributions; None of an f that is known as a function of floats only."""
    function = _function(divergence)
    if function is None:
        return None
    (a, b), (c, d) = p, q
    shared = max(Fraction(0), min(b, d) - max(a, c))
    alone = (1 - shared / (b - a), divergence.slope_at_infinity), (1 - shared / (d - c), divergence.at_zero)
    if any(mass > 0 and worth == np.inf for mass, worth in alone):
        return infinite

    def expression(to: Arithmetic) -> Enclosure:
        value = to.number(0)
        if shared > 0:
            value = function(to.number((d - c) / (b - a))) * (shared / (d - c))
        for mass, worth in alone:
            if mass > 0:
                value = value + _limit(divergence, worth, to) * mass
        return value

    return expression


def uniform_by_floats(divergence: FDivergence, p: Interval, q: Interval) -> tuple[float, float]:
    """Return D_f of an f of floats, with the rounding error where f is right to some units in the last place."""
    (a, b), (c, d) = p, q
    shared = max(Fraction(0), min(b, d) - max(a, c))
    weight, value, size = float(shared / (d - c)), 0.0, 0.0
    if weight > 0.0:
        value = weight * float(divergence.f(float((d - c) / (b - a))))
        size = abs(value) + weight
    for mass, worth in (
        (float(1 - shared / (b - a)), divergence.slope_at_infinity),
        (float(1 - shared / (d - c)), divergence.at_zero),
    ):
        if mass > 0.0:
            value += mass * worth
            size += abs(mass * worth)
    return value, 0.0 if np.isinf(value) else _ROUNDINGS * EPS * size


def _function(divergence: FDivergence) -> Generator | None:
    if divergence.alpha is not None:
        alpha = Fraction(divergence.alpha)
        return lambda u: (u.power(alpha) - 1 - (u - 1) * alpha) / (alpha * (alpha - 1))
    return _FUNCTIONS.get(divergence.name) if GENERATORS.get(divergence.name) is divergence else None


def _limit(divergence: FDivergence, limit: float, to: Arithmetic) -> Enclosure:
    """Return f(0) or f′(∞) beyond the digits of a float."""
    if divergence.name == "js":
        return to.number(2).log() * _HALF
    if divergence.alpha is not None:  # 1/α or 1/(1 − α)
        alpha = Fraction(divergence.alpha)
        return to.number(1 / alpha if limit == divergence.at_zero else 1 / (1 - alpha))
    return to.number(limit)
