"""Divergences of an order α between discrete measures or distributions: Rényi's, and Tsallis's, which is Hellinger's.

All are functions of one number, the affinity A = Σ p^α q^{1−α}: Rényi's divergence is log A / (α − 1), Tsallis's
(A − 1)/(α − 1). Near A = 1 both come from D_α = (A − 1)/(α(α − 1)), which `f_divergence` sums without cancellation; far
from there log A is summed by itself, so that Rényi's divergence is finite where A is beyond the floats.

References: T. van Erven & P. Harremoës, *Rényi divergence and Kullback–Leibler divergence*, IEEE Trans. Inf. Theory 60
(2014); F. Liese & I. Vajda, *On divergences and informations in statistics and information theory*, ibid. 52 (2006).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from otkit._text import shown
from otkit._typing import ArrayLike, BoolArray, FloatArray, IntArray
from otkit.divergences.by_name import f_divergence
from otkit.divergences.discrete import Rows, in_unit, length_of_unit, rows_that_meet, value_of_rows
from otkit.divergences.distributions import is_distribution
from otkit.divergences.generators import alpha_divergence
from otkit.divergences.result import DivergenceResult, Kind
from otkit.numerics.sums import accurate_sum

_UNIT = 2.0**-53
_NEAR = 0.5  # |A − 1| up to which log A comes from A − 1
_BLOCK = 1 << 20  # bins that are held at once, for several logarithms each


def renyi_divergence(
    p: ArrayLike, q: ArrayLike, alpha: float, *, base: float | None = None, axis: int = -1
) -> DivergenceResult:
    """Return the Rényi divergence of order α, log Σ p^α q^{1−α} / (α − 1), with a bound on its error.

    Its limits are taken at α = 1, KL, at α = 0, −log Q(p > 0), and at α = ∞, log max p/q. It grows with α, and at ½ it
    is −2 log Σ √(p q), twice Bhattacharyya's distance.

    Parameters
    ----------
    p, q : array-like, dict, pandas Series, or distribution
        What `f_divergence` takes.
    alpha : float
        The order, 0 ≤ α ≤ ∞.
    base : float, optional
        Base of the logarithm, by default e.
    axis : int, default -1
        The axis of arrays along which a measure lies.

    Returns
    -------
    DivergenceResult
        In nats, or units of `base`. Of kind "exact" for discrete measures.

    Raises
    ------
    ValueError
        alpha is negative or NaN; or what `f_divergence` refuses.

    See Also
    --------
    renyi : the number alone.
    tsallis_divergence, alpha_divergence, f_divergence

    Examples
    --------
    >>> import otkit
    >>> print(otkit.renyi_divergence([1, 3], [1, 1], 2, base=2))
    0.321928 ± ... (exact, with a bound on the rounding error; p and q divided by their totals, 4 and 2)
    >>> [round(otkit.renyi([1, 3], [1, 1], alpha), 4) for alpha in (0, 0.5, 1, 2, float("inf"))]
    [0.0, 0.0693, 0.1308, 0.2231, 0.4055]
    """
    order = _as_order(alpha)
    unit = length_of_unit(base)
    if order == 1.0:
        return f_divergence("kl", p, q, base=base, axis=axis)
    if any(is_distribution(measure) for measure in (p, q)):
        found = _of_densities(order, p, q, axis)
    else:
        found = _of_rows(order, rows_that_meet(p, q, axis))
    value, error, kind, detail = found
    if base is not None:
        value, error = in_unit(value, error, unit)
    return _result(value, error, kind, detail)


def tsallis_divergence(p: ArrayLike, q: ArrayLike, alpha: float, *, axis: int = -1) -> DivergenceResult:
    """Return the Tsallis divergence of order α, (Σ p^α q^{1−α} − 1)/(α − 1), with a bound on its error.

    It is also called the Hellinger divergence of order α. KL is its limit at α = 1, Pearson's χ² is that of order 2,
    and the squared Hellinger divergence that of order ½; it is α times the α-divergence.

    Parameters
    ----------
    p, q : array-like, dict, pandas Series, or distribution
        What `f_divergence` takes.
    alpha : float
        The order, 0 < α < ∞.
    axis : int, default -1
        The axis of arrays along which a measure lies.

    Returns
    -------
    DivergenceResult
        Of kind "exact" for discrete measures.

    Raises
    ------
    ValueError
        alpha is not a positive number; or what `f_divergence` refuses.

    See Also
    --------
    tsallis : the number alone.
    renyi_divergence, alpha_divergence, hellinger

    Examples
    --------
    >>> import otkit
    >>> result = otkit.tsallis_divergence([1, 3], [1, 1], 2)
    >>> result.value, otkit.chi2([1, 3], [1, 1])
    (0.25, 0.25)
    """
    order = _as_order(alpha)
    if not 0.0 < order < math.inf:
        raise ValueError(f"alpha must be positive and finite for Tsallis's divergence, but alpha = {order} was given.")
    found = f_divergence(alpha_divergence(order), p, q, axis=axis)
    value = np.asarray(found.value) * order
    error = np.asarray(found.error) * order + _UNIT * np.where(np.isfinite(value), value, 0.0)
    return _result(value, error, found.kind, found.detail)


def renyi(p: ArrayLike, q: ArrayLike, alpha: float, *, base: float | None = None, axis: int = -1) -> float | FloatArray:
    """Return the Rényi divergence of order `alpha`, log Σ p^α q^{1−α} / (α − 1).

    Takes what `renyi_divergence` takes, and returns the number alone, or an array where p or q has more than one axis.

    Examples
    --------
    >>> import otkit
    >>> otkit.renyi([1, 0], [1, 1], 2, base=2)
    1.0
    """
    return renyi_divergence(p, q, alpha, base=base, axis=axis).value


def tsallis(p: ArrayLike, q: ArrayLike, alpha: float, *, axis: int = -1) -> float | FloatArray:
    """Return the Tsallis divergence of order `alpha`, also called Hellinger's, (Σ p^α q^{1−α} − 1)/(α − 1).

    Takes what `tsallis_divergence` takes, and returns the number alone, or an array where p or q has more than one
    axis.

    Examples
    --------
    >>> import otkit
    >>> otkit.tsallis([1, 0], [1, 1], 2)
    1.0
    """
    return tsallis_divergence(p, q, alpha, axis=axis).value


def _as_order(alpha: float) -> float:
    try:
        order = float(alpha)
    except (TypeError, ValueError):
        raise TypeError(f"alpha must be a number, the order, but {shown(alpha)} was given.") from None
    if not order >= 0.0:
        raise ValueError(f"alpha must not be negative, but alpha = {order} was given.")
    return order


def _result(value: Any, error: Any, kind: Kind, detail: str) -> DivergenceResult:
    value, error = np.asarray(value, np.float64), np.asarray(error, np.float64)
    if value.ndim:
        return DivergenceResult(value, kind, error, detail)
    return DivergenceResult(float(value), kind, float(error), detail)


Found = tuple[Any, Any, Kind, str]


def _of_densities(order: float, p: Any, q: Any, axis: int) -> Found:
    """Return the Rényi divergence of two distributions from their α-divergence."""
    if order in (0.0, math.inf):
        raise ValueError(f"alpha must be positive and finite for distributions, but alpha = {order} was given.")
    found = f_divergence(alpha_divergence(order), p, q, axis=axis)
    value, error = float(found.value), float(found.error)
    if math.isinf(value):
        return math.inf, error, found.kind, found.detail
    middle = _of_excess(order, value)
    ends = [_of_excess(order, max(0.0, value - error)), _of_excess(order, value + error)]
    off = max(abs(end - middle) for end in ends) if math.isfinite(middle) else 0.0
    return middle, off + 4.0 * _UNIT * (middle if math.isfinite(middle) else 0.0), found.kind, found.detail


def _of_excess(order: float, value: float) -> float:
    """Return log A / (α − 1) where D_α is known."""
    excess = order * (order - 1.0) * value
    return math.log1p(excess) / (order - 1.0) if excess > -1.0 else math.inf


def _of_rows(order: float, rows: Rows) -> Found:
    """Return the Rényi divergence of each pair of rows."""
    near = np.zeros(len(rows.pairs), dtype=bool)
    value, error = np.empty(len(rows.pairs)), np.empty(len(rows.pairs))
    if 0.0 < order < math.inf:
        values, errors = value_of_rows(alpha_divergence(order), rows)
        excess = order * (order - 1.0) * values
        near = np.abs(excess) <= _NEAR
        value[near] = np.log1p(excess[near]) / (order - 1.0)
        # log1p has a slope of at most 2 there; the product, log1p and the quotient are rounded four times.
        error[near] = 2.0 * order * errors[near] + 8.0 * _UNIT * np.abs(value[near])
    far = np.flatnonzero(~near)
    step = max(1, _BLOCK // rows.p.shape[1])
    for first in range(0, far.size, step):
        which = far[first : first + step]
        value[which], error[which] = _far(order, rows, rows.pairs[which])
    value = np.maximum(value, 0.0)  # which rounding may fall short of
    return value.reshape(rows.shape), error.reshape(rows.shape), "exact", rows.detail


def _far(order: float, rows: Rows, pairs: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return log A / (α − 1) by logarithms, and a bound on the error, for a few pairs of rows.

    A logarithm of a share is that of an entry less that of a total, each right to two units in the last place. With
    weights p^α q^{1−α} / A the errors of the exponents move log A by their mean, of which the largest is a bound.
    """
    p, q = rows.p[pairs[:, 0]], rows.q[pairs[:, 1]]
    both, alone = (p > 0.0) & (q > 0.0), (p > 0.0) & (q == 0.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        log_p = np.log(p) - np.log(rows.totals_p[pairs[:, 0], :1])
        log_q = np.log(q) - np.log(rows.totals_q[pairs[:, 1], :1])
        size = 4.0 * (np.abs(np.log(p)) + np.abs(np.log(rows.totals_p[pairs[:, 0], :1])))
        size += 4.0 * (np.abs(np.log(q)) + np.abs(np.log(rows.totals_q[pairs[:, 1], :1])))
        if order == math.inf:
            value = np.where(both, log_p - log_q, -np.inf).max(axis=1)
            error = _UNIT * (np.where(both, size, 0.0).max(axis=1) + 4.0)
        elif order == 0.0:
            value, error = _mass_in_common(q, p > 0.0)
        else:
            exponent = np.where(both, order * log_p + (1.0 - order) * log_q, -np.inf)
            largest = exponent.max(axis=1)
            shift = np.where(np.isfinite(largest), largest, 0.0)
            affinity = largest + np.log(_row_sums(np.exp(exponent - shift[:, None])))
            value = affinity / (order - 1.0)
            sensitivity = np.where(both, (order + abs(1.0 - order)) * size + 4.0 * np.abs(exponent), 0.0).max(axis=1)
            error = _UNIT * ((sensitivity + 8.0) / abs(order - 1.0) + 4.0 * np.abs(value))
    value = np.where(both.any(axis=1), value, np.inf)
    if order > 1.0:
        value = np.where(alone.any(axis=1), np.inf, value)
    return value, np.where(np.isfinite(value), error, 0.0)


def _mass_in_common(q: FloatArray, inside: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return −log Q(p > 0), from the mass outside where that is the smaller part."""
    within, without = _row_sums(np.where(inside, q, 0.0)), _row_sums(np.where(inside, 0.0, q))
    total = within + without
    value = np.where(without < within, -np.log1p(-without / total), -np.log(within / total))
    return value, _UNIT * (8.0 * value + 8.0 * np.minimum(1.0, without / within))


def _row_sums(terms: FloatArray) -> FloatArray:
    return np.array([accurate_sum(row) for row in terms])
