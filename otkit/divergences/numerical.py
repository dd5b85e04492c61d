"""What follows from a generator f, found numerically from f alone.

The limits f(0) and f′(∞) are extrapolated along powers of two, the derivative is a central difference of fourth order,
and the conjugate f*(t) = sup_u (u t − f(u)) a search in log u, where the function has one maximum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from otkit._typing import FloatArray

Function = Callable[[Any], Any]

_REACH = 200  # limits are taken at 2**-200 and 2**200
_GOLDEN = 0.5 * (np.sqrt(5.0) - 1.0)
# Values of log u in which a maximum is looked for, closest at u = 1.
_LOGARITHMS = np.sinh(np.linspace(-1.0, 1.0, 129) * np.arcsinh(690.0))


def vectorised(f: Function) -> Function:
    """Return f on float64 arrays, be it written for arrays or for numbers."""

    def on_arrays(u: FloatArray) -> FloatArray:
        u = np.asarray(u, dtype=np.float64)
        with np.errstate(all="ignore"):
            try:
                value = np.asarray(f(u), dtype=np.float64)
            except (TypeError, ValueError):
                value = None
            if value is None or value.shape != u.shape:
                value = np.array([_number(f, float(x)) for x in u.flat]).reshape(u.shape)
        return value

    return on_arrays


def _number(f: Function, u: float) -> float:
    try:
        return float(f(u))
    except (ZeroDivisionError, OverflowError, ValueError):  # from `math`, at the ends
        return np.nan


def require_generator(f: Function) -> None:
    """Raise ValueError unless f is a number on (0, ∞), f(1) = 0, and f is convex, as far as 400 points show."""
    u = np.sort(np.concatenate([np.exp(np.linspace(-12.0, 12.0, 301)), np.linspace(0.5, 2.0, 97)]))
    value = f(u)
    if np.isnan(value).any() or np.isinf(value).any():
        k = int(np.argmin(np.isfinite(value)))
        raise ValueError(f"f must be finite on u > 0, but f({u[k]:.6g}) = {value[k]}.")
    at_one = float(f(np.array(1.0)))
    if not abs(at_one) <= 1e-12:
        raise ValueError(f"f must vanish at 1, but f(1) = {at_one:.6g}. Subtract that.")
    # Three neighbours lie on or below their chord; rounding of f is that of terms as large as u and f(u).
    width = np.diff(u)
    keep = width > 1e-9
    u, value = u[np.append(True, keep)], value[np.append(True, keep)]
    width = np.diff(u)
    chord = (width[1:] * value[:-2] + width[:-1] * value[2:]) / (width[1:] + width[:-1])
    excess = value[1:-1] - chord
    slack = 1e-13 * (1.0 + u[2:] * (1.0 + np.log1p(u[2:])) + np.abs(value[:-2]) + np.abs(value[2:]))
    if (excess > slack).any():
        k = int(np.argmax(excess - slack))
        raise ValueError(
            f"f must be convex, but f({u[k + 1]:.6g}) = {value[k + 1]:.6g} lies above the chord from u = {u[k]:.6g} to "
            f"u = {u[k + 2]:.6g}, which is at {chord[k]:.6g} there."
        )


def limit_at_zero(f: Function) -> float:
    """Return lim f(u) as u → 0, of a convex f: finite or ∞."""
    return _limit(lambda k: f(2.0**-k))


def slope_at_infinity(f: Function) -> float:
    """Return lim f(u)/u as u → ∞, of a convex f: finite or ∞."""
    return _limit(lambda k: f(2.0**k) / 2.0**k)


def _limit(sequence: Callable[[FloatArray], FloatArray], reach: int = _REACH, noise: float = 1e-13) -> float:
    """Return the limit of a sequence that behaves like a power of 2^k, or of k, in the end.

    A geometric rest is added. Steps that hardly shrink from the middle to the end are those of a logarithm, or grow: ∞.
    """
    k = np.array([reach // 2 - 1.0, reach // 2, reach - 1.0, reach])
    middle, after, before, last = sequence(k)
    if not np.isfinite(last):
        return np.inf
    first_step, step = after - middle, last - before
    if abs(step) <= noise * max(1.0, abs(last)) or step * first_step <= 0.0:
        return _clean(last)
    shrinking = step / first_step
    if shrinking > 0.5:
        return np.inf if step > 0.0 else -np.inf
    ratio = shrinking ** (2.0 / reach)
    return _clean(last + step * ratio / (1.0 - ratio))


def _clean(value: float) -> float:
    """Return the value without the dust of its extrapolation: ½ rather than 0.49999999999999994."""
    rounded = float(f"{value:.12g}") if abs(value) > 1e-14 else 0.0
    return rounded if abs(value - rounded) <= 1e-14 * max(1.0, abs(value)) else float(value)


def derivative(f: Function, at_zero: float, u: FloatArray) -> FloatArray:
    """Return f′(u), to about 1e-11; at a kink one of the subgradients."""
    u = np.asarray(u, dtype=np.float64)
    inner = np.where((u > 0.0) & (u < 1e300), u, 1.0)
    h = inner * 1e-3
    near = f(inner + h) - f(inner - h)
    far = f(inner + 2.0 * h) - f(inner - 2.0 * h)
    slope = (8.0 * near - far) / (12.0 * h)
    return np.where(u > 0.0, slope, _slope_at_zero(f, at_zero))


def _slope_at_zero(f: Function, at_zero: float) -> float:
    """Return f′(0), of the slopes from 0 down to 2**-24, beyond which digits are lost; possibly −∞."""
    if at_zero == np.inf:
        return -np.inf
    return -_limit(lambda k: (at_zero - f(2.0**-k)) * 2.0**k, 24, 1e-7)


def conjugate(f: Function, at_zero: float, t: FloatArray) -> FloatArray:
    """Return f*(t) = sup_u (u t − f(u)) for t in the domain, to about 1e-12."""
    t = np.asarray(t, dtype=np.float64)
    flat = t.reshape(-1)
    left, right = np.empty(flat.size), np.empty(flat.size)
    values = f(np.exp(_LOGARITHMS))
    for k, slope in enumerate(flat):
        gain = slope * np.exp(_LOGARITHMS) - values
        best = int(np.argmax(np.where(np.isnan(gain), -np.inf, gain)))
        left[k] = _LOGARITHMS[max(best - 1, 0)]
        right[k] = _LOGARITHMS[min(best + 1, _LOGARITHMS.size - 1)]
    best_gain = _search(lambda s: flat * np.exp(s) - f(np.exp(s)), left, right)
    return np.maximum(best_gain, -at_zero).reshape(t.shape)


def _search(gain: Callable[[FloatArray], FloatArray], left: FloatArray, right: FloatArray) -> FloatArray:
    """Return the largest values between left and right, entry by entry, by golden section (J. Kiefer, 1953)."""
    one, two = right - _GOLDEN * (right - left), left + _GOLDEN * (right - left)
    gain_one, gain_two = gain(one), gain(two)
    best = np.fmax(gain_one, gain_two)
    for _ in range(60):
        rises = gain_two > gain_one
        left, right = np.where(rises, one, left), np.where(rises, right, two)
        one, two = (
            np.where(rises, two, right - _GOLDEN * (right - left)),
            np.where(rises, left + _GOLDEN * (right - left), one),
        )
        gain_one, gain_two = gain(one), gain(two)
        best = np.fmax(best, np.fmax(gain_one, gain_two))
    return best


def is_closed(f: Function, slope: float) -> bool:
    """Say whether f*(f′(∞)) = lim (f′(∞) u − f(u)) is finite, as far as u = 2**24 shows; beyond, digits are lost."""
    return slope < np.inf and _limit(lambda k: slope * 2.0**k - f(2.0**k), 24, 1e-6) < np.inf


def is_symmetric(f: Function) -> bool:
    """Say whether u f(1/u) = f(u) + c (u − 1) for some c: then D_f(P‖Q) = D_f(Q‖P)."""
    u = np.exp(np.linspace(-5.0, 5.0, 41))
    u = u[u != 1.0]
    difference = u * f(1.0 / u) - f(u)
    rate = difference[0] / (u[0] - 1.0)
    size = np.abs(u * f(1.0 / u)) + np.abs(f(u)) + np.abs(rate) * (1.0 + u)
    return bool(np.all(np.abs(difference - rate * (u - 1.0)) <= 1e-10 * (1.0 + size)))
