"""The Fréchet distance of two samples: W_2² between normal laws fitted to them (FID, of image features)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.divergences.bures import GaussianTransport, gaussian_wasserstein
from otkit.divergences.result import DivergenceResult
from otkit.inputs.frames import Missing, as_clouds

_UNIT = 2.0**-53


class _Fit(NamedTuple):
    mean: FloatArray
    covariance: FloatArray


def frechet_distance(x: ArrayLike, y: ArrayLike, *, missing: Missing = "raise") -> DivergenceResult:
    """Return the Fréchet distance W_2² between the normal laws fitted to two samples, with its standard error.

    ‖μ − ν‖² + tr(Σ + Τ − 2 (Σ^½ Τ Σ^½)^½) with sample means and unbiased covariances: the square, as is the custom. Of
    the features of an Inception network it is the FID.

    Parameters
    ----------
    x, y : array-like, shapes (n, d) and (m, d)
        One point a row, two at least; 1-D arrays are points on the line. Columns of data frames are matched by name.
    missing : {"raise", "drop"}, default "raise"
        What to do about rows in which a coordinate is missing (NaN, None, NA, NaT or masked): refuse them, or leave
        them out and say how many.

    Returns
    -------
    DivergenceResult
        Of kind "estimate". The error is the standard error by the delta method, which `interval` turns into a
        confidence interval; it is ∞ where a covariance is singular, so that there is no derivative. The number has a
        bias of order d/n upwards; `detail` gives what it tends to for large samples, extrapolated from every other row
        of both.

    Raises
    ------
    ValueError
        Fewer than two points on a side, points that are not finite, unequal dimensions.

    See Also
    --------
    gaussian_wasserstein : from means and covariances.
    mmd : with ``kernel="polynomial", unbiased=True`` the KID, which has no bias.

    References
    ----------
    M. Heusel, H. Ramsauer, T. Unterthiner, B. Nessler & S. Hochreiter, *GANs trained by a two time-scale update rule*,
    NeurIPS 2017. M. Chong & D. Forsyth, *Effectively unbiased FID and Inception score*, CVPR 2020, on its bias.

    Examples
    --------
    >>> import numpy as np
    >>> import otkit
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.normal(size=(2000, 3)), rng.normal(size=(2000, 3)) + [1.0, 0.0, 0.0]
    >>> found = otkit.frechet_distance(x, y)
    >>> low, high = found.interval()
    >>> low < 1.0 < high
    True
    """
    clouds = as_clouds({"x": x, "y": y}, missing=missing)
    for name, points in zip(("x", "y"), clouds.points, strict=True):
        if len(points) < 2:
            raise ValueError(f"{name} must have at least two points for a covariance, but it has {len(points)}.")
    one, other = clouds.points
    origin = one.mean(axis=0)  # coordinates far from zero keep their digits
    one, other = one - origin, other - origin
    fits = _fit(one), _fit(other)
    found = _between(*fits)
    value = float(found.value)
    error = _standard_error(one, other, *fits, found)
    rounding = 64.0 * one.shape[1] * _UNIT * float(sum(np.trace(fit.covariance) for fit in fits) + value)
    detail = f"Fréchet distance of fitted normal laws, d = {one.shape[1]}, n = {len(one)} and {len(other)}"
    limit = _extrapolated(one, other, value)
    if limit is not None:
        detail += f"; {limit:.6g} in the limit of large samples, extrapolated"
    return DivergenceResult(value, "estimate", error + rounding, clouds.reading.added_to(detail))


def _fit(points: FloatArray) -> _Fit:
    mean = points.mean(axis=0)
    centred = points - mean
    return _Fit(mean, centred.T @ centred / (len(points) - 1))


def _between(one: _Fit, other: _Fit) -> GaussianTransport:
    return gaussian_wasserstein(one.mean, one.covariance, other.mean, other.covariance)


def _standard_error(x: FloatArray, y: FloatArray, one: _Fit, other: _Fit, found: GaussianTransport) -> float:
    """Return the standard error by the delta method.

    W_2² has the derivative 2 (μ − ν) in μ and I − A in Σ, where A is the matrix of the Monge map from the first law to
    the second: a point x contributes 2 ⟨μ − ν, x − μ⟩ + ⟨x − μ, (I − A)(x − μ)⟩, and so does y with the map back.
    """
    back = _between(other, one)
    if found.matrix is None or back.matrix is None:
        return math.inf
    variance = 0.0
    for points, fit, shift, matrix in (
        (x, one, one.mean - other.mean, found.matrix),
        (y, other, other.mean - one.mean, back.matrix),
    ):
        centred = points - fit.mean
        pull = centred - centred @ matrix
        influence = 2.0 * centred @ shift + np.einsum("ij,ij->i", centred, pull)
        variance += float(np.var(influence, ddof=1)) / len(points)
    return math.sqrt(variance)


def _extrapolated(x: FloatArray, y: FloatArray, value: float) -> float | None:
    """Return 2 W(n) − W(n/2), which has no bias of order 1/n; None where halves are too small for their dimension."""
    if min(len(x), len(y)) // 2 <= x.shape[1] + 1:
        return None
    halves = [float(_between(_fit(x[k::2]), _fit(y[k::2])).value) for k in (0, 1)]
    return 2.0 * value - 0.5 * sum(halves)
