"""q f(p/q) from log p and log q, where p, q or their ratio would leave the range of floats.

As ∫p = ∫q = 1, adding c (u − 1) to f changes no divergence. With f̃(u) = f(u) − f(1) − f′(1)(u − 1) the integrand
q f̃(p/q) is nowhere negative, so nothing cancels in its integral, and the divergence is that integral plus f(1).
"""

from __future__ import annotations

import numpy as np

from otkit._typing import FloatArray
from otkit.divergences.generators import FDivergence
from otkit.numerics.floats import EPS

_SERIES_BELOW = 0.3  # where e^x − 1 − x loses digits to cancellation
_LARGEST_LOG = 700.0
_ROUNDINGS = 4.0  # of a log-density, besides one in each of the terms that it is made of


def exp_remainder(x: FloatArray | float) -> FloatArray:
    """Return e^x − 1 − x to nearly full relative precision."""
    x = np.asarray(x, dtype=np.float64)
    near = np.where(np.abs(x) < _SERIES_BELOW, x, 0.0)
    series = np.ones_like(near)
    for k in range(14, 2, -1):
        series = 1.0 + near / k * series
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(np.abs(x) < _SERIES_BELOW, 0.5 * near * near * series, np.expm1(x) - x)


def integrand(divergence: FDivergence, log_p: FloatArray, log_q: FloatArray) -> FloatArray:
    """Return q f̃(p/q) ≥ 0, entry by entry.

    Where p = 0 it is q f̃(0), where q = 0 it is p f̃′(∞), where both vanish 0: by the rules for mass outside the other's
    support.
    """
    log_p, log_q = np.broadcast_arrays(np.asarray(log_p, dtype=np.float64), np.asarray(log_q, dtype=np.float64))
    no_p, no_q = log_p == -np.inf, log_q == -np.inf
    value = np.zeros(log_p.shape)
    both = ~(no_p | no_q)
    slope = _slope_at_one(divergence)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        value[both] = np.maximum(_inside(divergence, log_p[both], log_q[both]), 0.0)  # rounding may leave −1e-20
        for alone, log_mass, worth in (
            (no_p & ~no_q, log_q, divergence.at_zero - at_one(divergence) + slope),
            (no_q & ~no_p, log_p, divergence.slope_at_infinity - slope),
        ):
            mass = np.exp(log_mass[alone])
            value[alone] = np.where(mass > 0.0, mass * worth, 0.0)
    return value


def rounding_of(divergence: FDivergence, log_p: FloatArray, log_q: FloatArray, value: FloatArray) -> FloatArray:
    """Return how far rounding of the logarithms may change the integrand, given as `value`.

    Both are moved by as much as a logarithm of that size may be wrong, towards each other and apart, and together: what
    does not depend on them (JS where p/q is e^{10^9}) has no rounding error.
    """
    moves = [
        np.minimum(_ROUNDINGS * EPS * (1.0 + np.where(np.isfinite(log), np.abs(log), 0.0)), 1.0)
        for log in (log_p, log_q)
    ]
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        apart, nearer = (
            integrand(divergence, log_p + sign * moves[0], log_q - sign * moves[1]) for sign in (1.0, -1.0)
        )
        change = np.maximum(np.abs(apart - value), np.abs(nearer - value)) + np.minimum(*moves) * value
        return np.where(np.isfinite(change), change, value)


def at_one(divergence: FDivergence) -> float:
    """Return f(1): 0, but for the GAN's −log 4."""
    return float(divergence.f(1.0))


def _slope_at_one(divergence: FDivergence) -> float:
    return float(divergence.derivative(1.0))


def _inside(divergence: FDivergence, log_p: FloatArray, log_q: FloatArray) -> FloatArray:
    """Where p and q are positive."""
    gap = np.abs(log_p - log_q)
    larger = np.exp(np.maximum(log_p, log_q))
    if divergence.alpha is not None:
        return _alpha(divergence.alpha, log_p, log_q)
    match divergence.name:
        case "kl":
            return _kl(log_p, log_q)
        case "reverse_kl":
            return _kl(log_q, log_p)
        case "jeffreys":
            return _product(np.maximum(log_p, log_q), gap * -np.expm1(-gap))
        case "js":
            return larger * _jensen_shannon(gap)
        case "gan":
            return 2.0 * larger * _jensen_shannon(gap)
        case "tv":
            return -0.5 * larger * np.expm1(-gap)
        case "hellinger":
            return larger * np.square(np.expm1(-0.5 * gap))
        case "chi2":
            return _chi2(log_p, log_q)
        case "neyman":
            return _chi2(log_q, log_p)
    return _from_generator(divergence, log_p, log_q)


def _kl(log_p: FloatArray, log_q: FloatArray) -> FloatArray:
    """Return p log(p/q) − p + q."""
    ratio = log_p - log_q
    u = np.exp(np.minimum(ratio, 0.0))
    far_below = np.exp(log_q) * (1.0 - u + u * np.minimum(ratio, 0.0))
    return np.where(ratio > -_SERIES_BELOW, _product(log_p, exp_remainder(-ratio)), far_below)


def _product(log_weight: FloatArray, factor: FloatArray) -> FloatArray:
    """Return e^log_weight · factor, where the first may be too small for a float and the second large."""
    return np.where(log_weight < -600.0, np.exp(log_weight + np.log(factor)), np.exp(log_weight) * factor)


def _chi2(log_p: FloatArray, log_q: FloatArray) -> FloatArray:
    """Return (p − q)²/q."""
    gap = np.abs(log_p - log_q)
    return np.exp(2.0 * np.maximum(log_p, log_q) - log_q) * np.square(np.expm1(-gap))


def _jensen_shannon(gap: FloatArray) -> FloatArray:
    """Return the integrand of JS over the larger of p and q, with m = (p + q)/2."""
    s = np.log1p(0.5 * np.expm1(-gap))  # log(m/larger)
    t = -gap - s  # log(smaller/m)
    of_smaller = np.where(t > -_SERIES_BELOW, np.exp(t) * exp_remainder(-t), 1.0 - np.exp(t) + t * np.exp(t))
    return 0.5 * (exp_remainder(s) + np.exp(s) * of_smaller)


def _alpha(alpha: float, log_p: FloatArray, log_q: FloatArray) -> FloatArray:
    """Return (p^α q^{1−α} + (α − 1) q − α p)/(α(α − 1))."""
    ratio = log_p - log_q
    q = np.exp(log_q)
    near = q * (exp_remainder(alpha * ratio) - alpha * exp_remainder(ratio))
    far = np.exp(log_q + alpha * ratio) + (alpha - 1.0) * q - alpha * np.exp(log_p)
    return np.where(np.abs(ratio) * max(1.0, abs(alpha)) < _SERIES_BELOW, near, far) / (alpha * (alpha - 1.0))


def _from_generator(divergence: FDivergence, log_p: FloatArray, log_q: FloatArray) -> FloatArray:
    """Return q f̃(p/q) for a generator known only as a function; p f̃(u)/u where u > 1, lest it overflow."""
    ratio = log_p - log_q
    u = np.exp(np.clip(ratio, -_LARGEST_LOG, _LARGEST_LOG))
    slope = _slope_at_one(divergence)
    tilted = divergence.f(u) - at_one(divergence) - slope * (u - 1.0)
    value = np.where(ratio > 0.0, np.exp(log_p) * (tilted / u), np.exp(log_q) * tilted)
    beyond = ratio > _LARGEST_LOG
    if divergence.slope_at_infinity < np.inf:
        return np.where(beyond, np.exp(log_p) * (divergence.slope_at_infinity - slope), value)
    if (beyond & (log_p > -_LARGEST_LOG / 10.0)).any():
        raise ValueError(
            f"divergence {divergence.name!r} needs f(p/q) where p/q is e^{float(ratio.max()):.0f}, beyond every float. "
            "Those of the table work with log(p/q) and have no such limit."
        )
    return value
