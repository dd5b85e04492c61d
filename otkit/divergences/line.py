"""∫ q f(p/q) over the line."""

from __future__ import annotations

import numpy as np

from otkit._typing import BoolArray, FloatArray
from otkit.divergences.distributions import Density, Integrated, floor_of, stood_in, undecided
from otkit.divergences.generators import GENERATORS, FDivergence
from otkit.divergences.log_ratio import integrand, rounding_of
from otkit.divergences.panels import Panels, Places, contributions, integrate, ladder

_LEAST_LOG = -745.2  # of the smallest float
_MAX_MODES = 20
_MAX_CROSSINGS = 40
_MASS_TOLERANCE = 1e-9
_NEGLIGIBLE = 1e-9
_TINY = 1e-12

# What a maximum of a log-density rises above the higher valley beside it, at least: rounding makes lower ones.
_PROMINENCE = 1e-6

# A divergence that is bounded by 1, say, is known to this at least, or not at all.
_USELESS = 1e-2

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

    Raises
    ------
    ValueError
        Rounding errors of the log-densities leave no answer.
    """
    panels = _panels(divergence, p, q, points)
    places = panels.places()
    rows = _Rows(divergence, p, q, places)
    first = contributions(rows, panels)
    reason = "" if np.isfinite(first[2]).all() else rows.reason(places)
    rows.masses_only = bool(reason)
    noise = 0.0 if reason else float(first[3].sum())
    integral = integrate(
        rows,
        panels,
        np.array([0.0, 0.0, rtol, 0.0, 0.0]),
        np.array([_MASS_TOLERANCE] * 2 + [noise] + [np.inf] * 2),
        noise=(2, 3),
    )
    masses = float(integral.value[0]), float(integral.value[1])
    mass_error = float(integral.error[:2].max())
    value, error = float(integral.value[2]), _CAUTION * float(integral.error[2]) + float(integral.value[3])
    if not reason and divergence.maximum == np.inf:
        reason = _growth(integral.by_panel[2], panels)
    if reason:
        return Integrated(masses, mass_error, np.inf, 0.0, reason)
    if integral.value[4] > _NEGLIGIBLE * value:
        raise ValueError(
            "p and q must have log-densities where they differ, but scipy.stats gives the logarithm of a density too "
            "small for a float, −inf, inside the support. Pass the log-densities as callables, with support=."
        )
    _require_known(divergence, value, error)
    return Integrated(masses, mass_error, value, error)


def _require_known(divergence: FDivergence, value: float, error: float) -> None:
    if divergence.maximum < np.inf:
        if error > _USELESS * (divergence.maximum - float(divergence.f(1.0))):
            raise ValueError(
                f"p and q must have log-densities that are smooth but for rounding errors of their last digits, but "
                f"quadrature finds {value:.3g} ± {error:.3g} for {divergence}. Write them with x − location, not with "
                "products that cancel, or pass points= where they break."
            )
    elif error > value > _TINY:
        raise ValueError(
            f"p and q must have an integrable q f(p/q), but quadrature finds {value:.3g} ± {error:.3g}: rounding hides "
            "whether the divergence is finite. js, tv and hellinger always are."
        )


def _panels(divergence: FDivergence, p: Density, q: Density, points: FloatArray) -> Panels:
    """Return panels graded towards ends of supports, modes, crossings where f may have a kink, and points given."""
    lower, upper = float(min(p.lower[0], q.lower[0])), float(max(p.upper[0], q.upper[0]))
    knots = [float(x) for x in (*p.lower, *p.upper, *q.lower, *q.upper, *points.reshape(-1)) if np.isfinite(x)]
    scales = min(p.scale, q.scale), max(p.scale, q.scale)
    snapped = p.log_from is None or q.log_from is None
    resolution: dict[float, float] = {}
    for density in (p, q):
        for end, near in density.resolution.items():
            resolution[end] = max(near, resolution.get(end, 0.0))

    def graded() -> Panels:
        return ladder(knots, lower, upper, scales, snapped, resolution)

    def apart(found: list[float]) -> list[float]:
        """Leave out what is the end of a support, but for rounding."""
        return [x for x in found if all(x == end or abs(x - end) > 4.0 * near for end, near in resolution.items())]

    places = graded().places()
    knots += apart([x for density in (p, q) for x in _breaks(density, places)])
    if divergence.name == "tv" or divergence.name not in GENERATORS:  # f may have a kink at p = q
        knots += apart(_crossings(p, q, graded().places()))
    return graded()


class _Rows:
    """What is integrated: p, q, q f̃(p/q), what rounding of the logarithms does to it, its part where one underflows."""

    def __init__(self, divergence: FDivergence, p: Density, q: Density, places: Places) -> None:
        self.divergence = divergence
        self.sides = [
            (density, floor_of(density.log_at(places)) if density.underflows else -np.inf) for density in (p, q)
        ]
        self.masses_only = False

    def _logs(self, places: Places) -> list[tuple[FloatArray, BoolArray]]:
        x = places.x
        return [
            stood_in(density.log_at(places), floor, (x >= density.lower[0]) & (x <= density.upper[0]))
            for density, floor in self.sides
        ]

    def __call__(self, places: Places) -> FloatArray:
        (log_p, guessed_p), (log_q, guessed_q) = self._logs(places)
        rows = np.zeros((5, len(places)))
        rows[:2] = np.exp(log_p), np.exp(log_q)
        if self.masses_only:
            return rows
        rows[2] = integrand(self.divergence, log_p, log_q)
        rows[3] = rounding_of(self.divergence, log_p, log_q, rows[2])
        rows[4] = undecided(self.divergence, (log_p, guessed_p), (log_q, guessed_q), rows[2])
        return rows

    def reason(self, places: Places) -> str:
        """Say why the integrand is infinite somewhere."""
        (log_p, _), (log_q, _) = self._logs(places)
        for name, other, worth, alone in (
            ("p", "q", self.divergence.slope_at_infinity, (log_q == -np.inf) & (np.exp(log_p) > 0.0)),
            ("q", "p", self.divergence.at_zero, (log_p == -np.inf) & (np.exp(log_q) > 0.0)),
        ):
            if worth == np.inf and alone.any():
                return f"{name} has mass where {other} has none, near {places.x[int(np.argmax(alone))]:.6g}"
        return "the integrand exceeds every float"


def _breaks(density: Density, places: Places) -> list[float]:
    """Return the local maxima of a density and, of a callable, the ends of its support, as far as places show them."""
    value = density.log_at(places)
    found = [_peak(density, places, k) for k in _maxima(value)]
    if not density.underflows:
        x, there, gone = places.x, value > _LEAST_LOG, value == -np.inf
        found += [e for k in np.flatnonzero(there[:-1] & gone[1:]) for e in _end(density, x[k], x[k + 1])]
        found += [e for k in np.flatnonzero(gone[:-1] & there[1:]) for e in _end(density, x[k + 1], x[k])]
    return found


def _maxima(value: FloatArray) -> list[int]:
    """Return where the highest maxima are that rise above the valleys on both sides, not by rounding alone."""
    peaks = 1 + np.flatnonzero((value[1:-1] > value[:-2]) & (value[1:-1] >= value[2:]))
    kept: list[int] = []
    lowest, last = np.inf, 0  # since the last that is kept
    for k in peaks.tolist():
        lowest = min(lowest, float(value[last : k + 1].min()))
        last = k
        enough = _PROMINENCE * (1.0 + abs(float(value[k])))
        if kept and min(value[kept[-1]], value[k]) - lowest <= enough:  # no valley between the two
            if value[k] > value[kept[-1]]:
                kept[-1] = k
                lowest = np.inf
            continue
        kept.append(k)
        lowest = np.inf
    return sorted(kept, key=lambda k: -value[k])[:_MAX_MODES]


def _peak(density: Density, places: Places, k: int) -> float:
    """Narrow down a maximum between the neighbours of a point."""
    anchor = float(places.anchor[k])
    left, right = (float(places.anchor[j] - anchor + places.offset[j]) for j in (k - 1, k + 1))
    for _ in range(14):
        offset = np.linspace(left, right, 33)
        best = int(np.clip(np.argmax(density.log_at(Places(np.full(33, anchor), offset))), 1, 31))
        left, right = float(offset[best - 1]), float(offset[best + 1])
    return anchor + (0.5 * left + 0.5 * right)


def _crossings(p: Density, q: Density, places: Places) -> list[float]:
    """Return points where p = q, as far as places show them."""

    def ratio(places: Places) -> FloatArray:
        log_p, log_q = p.log_at(places), q.log_at(places)
        there = (np.maximum(log_p, log_q) > _LEAST_LOG) & (np.minimum(log_p, log_q) > -np.inf)
        return np.where(there, np.subtract(log_p, log_q, where=there, out=np.zeros(len(places))), 0.0)

    value = ratio(places)
    found = []
    for k in np.flatnonzero(np.sign(value[:-1]) * np.sign(value[1:]) < 0.0)[:_MAX_CROSSINGS]:
        anchor, sign = places.anchor[k : k + 1], value[k]
        left, right = float(places.offset[k]), float(places.anchor[k + 1] - anchor[0] + places.offset[k + 1])
        while (middle := 0.5 * left + 0.5 * right) not in (left, right):
            if ratio(Places(anchor, np.array([middle])))[0] * sign > 0.0:
                left = middle
            else:
                right = middle
        found.append(float(anchor[0]) + middle)
    return found


def _end(density: Density, inside: float, outside: float) -> tuple[float, float]:
    """Return neighbouring floats, the first of positive density, the second of none."""
    while True:
        middle = 0.5 * inside + 0.5 * outside
        if middle in (inside, outside):
            return float(inside), float(outside)
        if density.log(np.array([middle]))[0] == -np.inf:
            outside = middle
        else:
            inside = middle


def _growth(by_panel: FloatArray, panels: Panels) -> str:
    """Say where the integral has no bound: where the rungs of the ladder do not shrink towards a knot or away to ∞.

    The integrals of a function over [4^k, 4^{k+1}] shrink by a factor as k grows if it falls like a power above the
    first, and do not if it falls like 1/x or slower. So they do towards a knot.
    """
    total = by_panel.sum()
    if not np.isfinite(total):
        return "the integral exceeds every float"
    for run in range(2 * panels.knots.size):
        outward = by_panel[panels.run == run][:: 1 if run % 2 else -1]
        inner, outer = outward[3:-1], outward[-2::-1]  # without those where floats are few, and the incomplete last one
        side, knot = ("above", "below")[run % 2 == 0], panels.knots[run // 2]
        tests = [(f"{knot:.6g}, from {side}", inner)]
        if run in (0, 2 * panels.knots.size - 1):
            tests.append(("∞" if run else "−∞", outer))
        for place, rungs in tests:
            near, next_ = rungs[:4].sum(), rungs[4:8].sum()
            if rungs.size >= 8 and near > 1e-12 * total and near > 0.96 * next_:
                return f"the integral grows without bound towards {place}"
    return ""
