"""Plug-in: a normal distribution fitted to each sample, and the divergence of the two: right for normal data only."""

from __future__ import annotations

import math

import numpy as np

from otkit._typing import FloatArray
from otkit.divergences.generators import FDivergence
from otkit.divergences.result import DivergenceResult
from otkit.divergences.samples.functionals import Functional, functional
from otkit.divergences.samples.points import Options, require_more_points

# Groups of the jackknife in each sample; points at which what has no closed form is averaged.
_GROUPS = 20
_DRAWS = 20_000

Normal = tuple[FloatArray, FloatArray]  # mean, covariance


def estimate(
    divergence: FDivergence, x: FloatArray, y: FloatArray, options: Options, rng: np.random.Generator
) -> DivergenceResult:
    """Estimate a divergence of two normal distributions; KL, reverse KL, Jeffreys and powers in closed form.

    The standard error is the delete-a-group jackknife's; it says nothing of how normal the data are.
    """
    d = x.shape[1]
    require_more_points(x, y, max(2 * d, _GROUPS), "a normal distribution fitted to all but one group of them")
    how = functional(divergence)
    noise = rng.standard_normal((_DRAWS, d)) if how.plug_in else np.empty((0, d))
    p, q = _fit(x), _fit(y)
    value = _divergence(how, p, q, noise)
    variance = 0.0
    for points, replaced in ((x, "x"), (y, "y")):
        group = rng.permutation(len(points)) % _GROUPS
        fits = [_fit(points[group != g]) for g in range(_GROUPS)]
        without = [
            _divergence(how, fit, q, noise) if replaced == "x" else _divergence(how, p, fit, noise) for fit in fits
        ]
        with np.errstate(invalid="ignore"):
            variance += (_GROUPS - 1) * float(np.var(without)) if np.isfinite(without).all() else math.inf
    return DivergenceResult(value, "estimate", math.sqrt(variance), "gaussian plug-in: right only for normal data")


def _fit(points: FloatArray) -> Normal:
    return points.mean(axis=0), np.atleast_2d(np.cov(points.T))


def _divergence(how: Functional, p: Normal, q: Normal, noise: FloatArray) -> float:
    if how.plug_in:
        ratios = {}
        for side, (mean, covariance) in (("x", p), ("y", q)):
            points = mean + noise @ np.linalg.cholesky(covariance).T
            ratios[side] = _log_density(points, p) - _log_density(points, q)
        return how.of(ratios)
    total = how.constant
    for part in how.parts:
        own, other, sign = (p, q, 1.0) if part.side == "x" else (q, p, -1.0)
        if part.power is None:  # part.weight carries the sign of ℓ, E_Q ℓ = −KL(Q‖P)
            total += part.weight * sign * _kl(own, other)
        else:
            total += part.weight * _power_mean(p, q, part.power + (1.0 if part.side == "x" else 0.0))
    return total


def _kl(p: Normal, q: Normal) -> float:
    """Return ½ (tr(S_q⁻¹ S_p) − d + Δᵀ S_q⁻¹ Δ + log det S_q/det S_p)."""
    step = q[0] - p[0]
    ratio = np.linalg.solve(q[1], p[1])
    distance = float(step @ np.linalg.solve(q[1], step))
    return 0.5 * (float(np.trace(ratio)) - len(step) + distance - float(np.linalg.slogdet(ratio)[1]))


def _power_mean(p: Normal, q: Normal, alpha: float) -> float:
    """Return ∫ p^α q^{1−α}: ∞ where α S_p⁻¹ + (1 − α) S_q⁻¹ is not positive definite."""
    precision_p, precision_q = np.linalg.inv(p[1]), np.linalg.inv(q[1])
    precision = alpha * precision_p + (1.0 - alpha) * precision_q
    if np.linalg.eigvalsh(precision)[0] <= 0.0:
        return math.inf
    step = q[0] - p[0]
    bend = float(step @ precision_p @ np.linalg.solve(precision, precision_q @ step))
    logs = [float(np.linalg.slogdet(matrix)[1]) for matrix in (precision_p, precision_q, precision)]
    return math.exp(0.5 * (alpha * logs[0] + (1.0 - alpha) * logs[1] - logs[2] - alpha * (1.0 - alpha) * bend))


def _log_density(points: FloatArray, normal: Normal) -> FloatArray:
    mean, covariance = normal
    factor = np.linalg.cholesky(covariance)
    standard = np.linalg.solve(factor, (points - mean).T)
    return -0.5 * np.sum(np.square(standard), axis=0) - float(np.log(np.diag(factor)).sum())
