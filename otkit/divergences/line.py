"""∫ q f(p/q) over the line."""

from __future__ import annotations

import numpy as np

from otkit._typing import FloatArray
from otkit.divergences.distributions import Density, Guess, Integrated, LogDensity, stand_in, undecided
from otkit.divergences.generators import GENERATORS, FDivergence
from otkit.divergences.log_ratio import integrand, rounding_of
from otkit.divergences.panels import contributions, integrate, ladder, points_of

_LEAST_LOG = -745.2  # of the smallest float
_MAX_MODES = 20
_MAX_CROSSINGS = 40
_MASS_TOLERANCE = 1e-9
_NEGLIGIBLE = 1e-9
_TINY = 1e-12
_FAR = 1e140

# What the estimated error of a sum of panels is multiplied by. Where the integrand is barely integrable at an end, as
# x^-0.94 is, the estimate has been seen to be a third of the error.
_CAUTION = 10.0


def integrate_on_line(divergence: FDivergence, p: Density, q: Density, points: FloatArray, rtol: float) -> Integrated:
    """Return ∫p, ∫q and ∫ q f̃(p/q) with their errors.

    Parameters
    ----------
    divergence : FDivergence
    p, q : Density
        Of dimension one.
    points : ndarray
        Where to look for mass and breaks, besides the ends of both supports.
    rtol : float
    """
    lower, upper = float(min(p.lower[0], q.lower[0])), float(max(p.upper[0], q.upper[0]))
    knots = [float(x) for x in (*p.lower, *p.upper, *q.lower, *q.upper, *points.reshape(-1)) if np.isfinite(x)]
    edges = ladder(knots, lower, upper)
    knots += [x for density in (p, q) for x in _breaks(density, edges)]
    if divergence.name == "tv" or divergence.name not in GENERATORS:  # f may have a kink at p = q
        knots += _crossings(p, q, ladder(knots, lower, upper))
    edges = ladder(knots, lower, upper)
    x = points_of(edges[:-1], edges[1:]).reshape(-1)
    rows = _Rows(divergence, p, q, x)

    first = contributions(rows, edges)
    reason = "" if np.isfinite(first[2]).all() else rows.reason(x)
    rows.masses_only = bool(reason)
    noise = 0.0 if reason else float(first[3].sum())
    integral = integrate(
        rows, edges, np.array([0.0, 0.0, rtol, 0.0, 0.0]), np.array([_MASS_TOLERANCE] * 2 + [noise] + [np.inf] * 2)
    )
    masses = float(integral.value[0]), float(integral.value[1])
    mass_error = float(integral.error[:2].max())
    value, error = float(integral.value[2]), _CAUTION * float(integral.error[2]) + float(integral.value[3])
    if not reason and divergence.maximum == np.inf:
        reason = _growth(integral.by_rung[2], edges, knots)
    if reason:
        return Integrated(masses, mass_error, np.inf, 0.0, reason)
    if integral.value[4] > _NEGLIGIBLE * value:
        raise ValueError(
            "p and q must have log-densities where they differ, but scipy.stats gives the logarithm of a density too "
            "small for a float, −inf, inside the support. Pass the log-densities as callables, with support=."
        )
    if error > value > _TINY:
        raise ValueError(
            f"p and q must have an integrable q f(p/q), but quadrature finds {value:.3g} ± {error:.3g}: rounding hides "
            "whether the divergence is finite."
        )
    return Integrated(masses, mass_error, value, error)


class _Rows:
    """What is integrated: p, q, q f̃(p/q), what rounding of the logarithms does to it, its part where one underflows."""

    def __init__(self, divergence: FDivergence, p: Density, q: Density, x: FloatArray) -> None:
        self.divergence = divergence
        self.log_p, self.log_q = _guess(p, x), _guess(q, x)
        self.masses_only = False

    def __call__(self, x: FloatArray) -> FloatArray:
        (log_p, guessed_p), (log_q, guessed_q) = self.log_p(x), self.log_q(x)
        p, q = np.exp(log_p), np.exp(log_q)
        rows = np.zeros((5, x.size))
        rows[:2] = p, q
        if self.masses_only:
            return rows
        rows[2] = integrand(self.divergence, log_p, log_q)
        rows[3] = rounding_of(log_p, log_q, rows[2])
        rows[4] = undecided(self.divergence, (log_p, guessed_p), (log_q, guessed_q), rows[2])
        return rows

    def reason(self, x: FloatArray) -> str:
        """Say why the integrand is infinite somewhere."""
        log_p, log_q = self.log_p(x)[0], self.log_q(x)[0]
        for name, other, worth, alone in (
            ("p", "q", self.divergence.slope_at_infinity, (log_q == -np.inf) & (np.exp(log_p) > 0.0)),
            ("q", "p", self.divergence.at_zero, (log_p == -np.inf) & (np.exp(log_q) > 0.0)),
        ):
            if worth == np.inf and alone.any():
                return f"{name} has mass where {other} has none, near {x[int(np.argmax(alone))]:.6g}"
        return "the integrand exceeds every float"


def _guess(density: Density, x: FloatArray) -> Guess:
    if density.underflows:
        return stand_in(density.log, density.lower[0], density.upper[0], x)
    return lambda x: (density.log(x), np.zeros(x.size, dtype=bool))


def _breaks(density: Density, edges: FloatArray) -> list[float]:
    """Return the local maxima of a density and, of a callable, the ends of its support, as far as edges show them."""
    x = np.unique(points_of(edges[:-1], edges[1:]))
    value = density.log(x)
    rising, falling = value[1:-1] > value[:-2], value[1:-1] >= value[2:]
    peaks = 1 + np.flatnonzero(rising & falling)
    peaks = peaks[np.argsort(-value[peaks])][:_MAX_MODES]
    found = [_peak(density.log, x[k - 1], x[k + 1]) for k in peaks]
    if not density.underflows:
        there = value > _LEAST_LOG
        gone = value == -np.inf
        found += [e for k in np.flatnonzero(there[:-1] & gone[1:]) for e in _end(density.log, x[k], x[k + 1])]
        found += [e for k in np.flatnonzero(gone[:-1] & there[1:]) for e in _end(density.log, x[k + 1], x[k])]
    return found


def _crossings(p: Density, q: Density, edges: FloatArray) -> list[float]:
    """Return points where p = q, as far as edges show them."""

    def ratio(x: FloatArray) -> FloatArray:
        log_p, log_q = p.log(x), q.log(x)
        there = (np.maximum(log_p, log_q) > _LEAST_LOG) & (np.minimum(log_p, log_q) > -np.inf)
        return np.where(there, np.subtract(log_p, log_q, where=there, out=np.zeros(x.size)), 0.0)

    x = np.unique(points_of(edges[:-1], edges[1:]))
    value = ratio(x)
    found = []
    for k in np.flatnonzero(np.sign(value[:-1]) * np.sign(value[1:]) < 0.0)[:_MAX_CROSSINGS]:
        left, right, sign = float(x[k]), float(x[k + 1]), value[k]
        while (middle := 0.5 * left + 0.5 * right) not in (left, right):
            if ratio(np.array([middle]))[0] * sign > 0.0:
                left = middle
            else:
                right = middle
        found.append(middle)
    return found


def _peak(log: LogDensity, left: float, right: float) -> float:
    """Narrow down a maximum between two points."""
    for _ in range(8):
        x = np.linspace(left, right, 33)
        k = int(np.clip(np.argmax(log(x)), 1, 31))
        left, right = float(x[k - 1]), float(x[k + 1])
    return 0.5 * left + 0.5 * right


def _end(log: LogDensity, inside: float, outside: float) -> tuple[float, float]:
    """Return neighbouring floats, the first of positive density, the second of none."""
    while True:
        middle = 0.5 * inside + 0.5 * outside
        if middle in (inside, outside):
            return float(inside), float(outside)
        if log(np.array([middle]))[0] == -np.inf:
            outside = middle
        else:
            inside = middle


def _growth(by_rung: FloatArray, edges: FloatArray, knots: list[float]) -> str:
    """Say where the integral has no bound: where the rungs of the ladder do not shrink towards an end or a knot.

    The integrals of a function over [4^k, 4^{k+1}] shrink by a factor as k grows if it falls like a power above the
    first, and do not if it falls like 1/x or slower.
    """
    total = by_rung.sum()
    if not np.isfinite(total):
        return "the integral exceeds every float"
    runs = {}
    if edges[0] < -_FAR:
        runs["−∞"] = by_rung[1:]
    if edges[-1] > _FAR:
        runs["∞"] = by_rung[:-1][::-1]
    for knot in sorted(set(knots)):
        k = int(np.searchsorted(edges, knot))
        runs[f"{knot:.6g}, from above"] = by_rung[k + 1 :]
        runs[f"{knot:.6g}, from below"] = by_rung[: max(k - 1, 0)][::-1]
    for place, run in runs.items():
        near, next_ = run[:4].sum(), run[4:8].sum()
        if run.size >= 8 and near > 1e-12 * total and near > 0.96 * next_:
            return f"the integral grows without bound towards {place}"
    return ""
