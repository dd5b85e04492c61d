"""∫ q f(p/q) in the plane and in space, by adaptive cubature."""

from __future__ import annotations

import numpy as np

from otkit._typing import FloatArray
from otkit.divergences.distributions import Density, Integrated
from otkit.divergences.generators import FDivergence
from otkit.divergences.log_ratio import integrand

_MAX_SUBDIVISIONS = 2000
_STEPS = 4.0 ** np.arange(-12, 13)


def integrate_in_space(divergence: FDivergence, p: Density, q: Density, points: FloatArray, rtol: float) -> Integrated:
    """Return ∫p, ∫q and ∫ q f̃(p/q) with their errors.

    Infinite sides become x = c + s t/(1 − t²), |t| < 1, with c and s from where the densities are large.

    Parameters
    ----------
    divergence : FDivergence
    p, q : Density
        Of dimension two or three.
    points : ndarray, shape (n, d)
        Where to look for mass.
    rtol : float

    Raises
    ------
    ValueError
        Cubature comes nowhere near.
    """
    from scipy.integrate import cubature

    lower, upper = np.minimum(p.lower, q.lower), np.maximum(p.upper, q.upper)
    (mode_p, width_p), (mode_q, width_q) = (_peak(density, points, lower, upper) for density in (p, q))
    centre = 0.5 * (mode_p + mode_q)
    scale = np.maximum(np.maximum(width_p, width_q), np.abs(mode_p - mode_q))
    chart = _Chart(lower, upper, centre, scale)

    def rows(t: FloatArray) -> FloatArray:
        x, stretch = chart(t)
        log_p, log_q = p.log(x), q.log(x)
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            value = np.stack([np.exp(log_p), np.exp(log_q), integrand(divergence, log_p, log_q)], axis=1)
            value *= stretch[:, None]
        if np.isinf(value[:, 2]).any():
            raise _UnboundedError
        return value

    def masses_only(t: FloatArray) -> FloatArray:
        x, stretch = chart(t)
        return np.stack([np.exp(p.log(x)) * stretch, np.exp(q.log(x)) * stretch, np.zeros(len(t))], axis=1)

    splits = [chart.inverse(mode) for mode in (mode_p, mode_q)]
    if np.allclose(splits[0], splits[1]):
        splits = splits[:1]
    options = {"rule": "gk15", "rtol": rtol, "atol": 1e-14, "points": splits, "max_subdivisions": _MAX_SUBDIVISIONS}
    reason = ""
    try:
        result = cubature(rows, *chart.box, **options)
    except _UnboundedError:
        reason = "the integrand is infinite where one has mass and the other none, or exceeds every float"
        result = cubature(masses_only, *chart.box, **options)
    masses = float(result.estimate[0]), float(result.estimate[1])
    value, error = float(result.estimate[2]), float(result.error[2])
    if reason:
        return Integrated(masses, float(result.error[:2].max()), np.inf, 0.0, reason)
    if error > 0.1 * abs(value) + 1e-9:
        raise ValueError(
            f"p and q must have an integrable q f(p/q), but cubature finds {value:.3g} ± {error:.3g}: the divergence "
            "may be infinite, or the mass lies where it did not look. Pass support= or points=, or closer bounds."
        )
    return Integrated(masses, float(result.error[:2].max()), value, error)


class _UnboundedError(Exception):
    """The integrand is infinite at a node."""


class _Chart:
    """Coordinates t in a bounded box for x in one that may not be."""

    def __init__(self, lower: FloatArray, upper: FloatArray, centre: FloatArray, scale: FloatArray) -> None:
        self.lower, self.upper = lower, upper
        self.both = np.isinf(lower) & np.isinf(upper)
        self.one = np.isinf(lower) ^ np.isinf(upper)
        end = np.where(np.isfinite(lower), lower, upper)
        # On a half-line: x = end ± s t/(1 − t), 0 < t < 1, with s as far as the mass is from the end.
        self.origin = np.where(self.both, centre, np.where(self.one, end, 0.0))
        self.scale = np.where(self.both, scale, np.abs(centre - end) + scale)
        self.scale = np.where(self.one & np.isinf(lower), -self.scale, self.scale)
        self.box = (
            np.where(self.both, -1.0, np.where(self.one, 0.0, lower)),
            np.where(self.both | self.one, 1.0, upper),
        )

    def __call__(self, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return x and |dx/dt|."""
        x, stretch = t.copy(), np.ones(len(t))
        for k in range(t.shape[1]):
            if self.both[k]:
                room = (1.0 - t[:, k]) * (1.0 + t[:, k])
                x[:, k] = self.origin[k] + self.scale[k] * t[:, k] / room
                stretch *= self.scale[k] * (1.0 + t[:, k] ** 2) / room**2
            elif self.one[k]:
                x[:, k] = self.origin[k] + self.scale[k] * t[:, k] / (1.0 - t[:, k])
                stretch *= abs(self.scale[k]) / (1.0 - t[:, k]) ** 2
        return x, stretch

    def inverse(self, x: FloatArray) -> FloatArray:
        """Return t."""
        z = (x - self.origin) / np.where(self.both | self.one, self.scale, 1.0)
        on_line = 2.0 * z / (1.0 + np.sqrt(1.0 + 4.0 * z * z))
        return np.where(self.both, on_line, np.where(self.one, z / (1.0 + np.abs(z)), x))


def _peak(density: Density, points: FloatArray, lower: FloatArray, upper: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a mode of the density, and along each axis how far from it the density falls by a factor of ten or so."""
    from scipy.optimize import minimize

    side = [0.0, *(sign * step for step in _STEPS[8:20:1] for sign in (-1.0, 1.0))]
    grid = np.stack(np.meshgrid(*[side] * lower.size), axis=-1).reshape(-1, lower.size)
    inside = np.concatenate([points, points[:1] + grid, _interior(lower, upper, grid)])
    inside = inside[((inside > lower) & (inside < upper)).all(axis=1)]
    start = inside[int(np.argmax(density.log(inside)))]

    def depth(x: FloatArray) -> float:
        if not ((x > lower) & (x < upper)).all():
            return np.inf
        return -float(density.log(x[None, :])[0])

    if np.isfinite(depth(start)):
        with np.errstate(invalid="ignore"):
            start = minimize(depth, start, method="Nelder-Mead", options={"maxfev": 400 * lower.size}).x
    floor = depth(start)
    width = np.ones(lower.size)
    for k in range(lower.size):
        ray = start + np.concatenate([_STEPS, -_STEPS])[:, None] * np.eye(lower.size)[k]
        inside = ((ray > lower) & (ray < upper)).all(axis=1)
        heights = np.full(len(ray), -np.inf)
        heights[inside] = density.log(ray[inside])
        fallen = np.flatnonzero(-heights.reshape(2, -1).max(axis=0) - floor > 0.5)
        width[k] = _STEPS[fallen[0]] if fallen.size else 1.0
    return start, width


def _interior(lower: FloatArray, upper: FloatArray, grid: FloatArray) -> FloatArray:
    """Return a grid of points of a bounded box."""
    if not (np.isfinite(lower) & np.isfinite(upper)).all():
        return grid
    shares = (np.arange(15) + 0.5) / 15.0
    return lower + (upper - lower) * np.stack(np.meshgrid(*[shares] * lower.size), axis=-1).reshape(-1, lower.size)
