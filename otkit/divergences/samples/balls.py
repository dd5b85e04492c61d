"""The mass that a normal distribution has in a ball, by a saddlepoint.

|Z − x|² is a sum of scaled noncentral χ² variables, whose cumulants are elementary and whose distribution is not.
Lugannani's and Rice's formula, with its second term, gives it from the cumulant generating function K at the s where
K′(s) is the squared radius; against the noncentral χ² distribution the relative error was below 3 %, however small the
mass.

References: R. Lugannani & S. Rice, *Saddle point approximation for the distribution of the sum of independent random
variables*, Adv. Appl. Prob. 12 (1980); H. E. Daniels, *Tail probability approximations*, Int. Stat. Rev. 55 (1987), for
the second term; D. Kuonen, *Saddlepoint approximations for distributions of quadratic forms in normal variables*,
Biometrika 86 (1999).
"""

from __future__ import annotations

import math

import numpy as np

from otkit._typing import FloatArray

_ROUNDS = 40
_TOLERANCE = 1e-9

# The formula is 0/0 at the mean of |Z − x|². Within this of it (of log(1 − 2s)) the next radius is taken instead.
_NEAR = 3e-3

# So many standard deviations beyond the mean all is inside.
_ALL = 6.0


def log_masses(mean: FloatArray, covariance: FloatArray, points: FloatArray, radii: FloatArray) -> FloatArray:
    """Return log P(|Z − x| ≤ r) of Z ~ N(mean, covariance), for each point x and its radius r > 0."""
    if len(mean) == 1:
        return _on_the_line(np.abs(points[:, 0] - mean[0]), radii, math.sqrt(covariance[0, 0]))
    from scipy.special import erfcx

    eigenvalues, axes = np.linalg.eigh(covariance)
    largest = eigenvalues[-1]
    scales = eigenvalues / largest
    offsets = np.square((points - mean) @ axes) / largest
    reach = np.square(radii) / largest
    t = _saddlepoint(scales, offsets, reach)
    t = np.where(np.abs(t) < _NEAR, _NEAR, t)
    s = -0.5 * np.expm1(t)
    shrunk = 1.0 - 2.0 * s[:, None] * scales
    share, pull = scales / shrunk, offsets / shrunk**2
    first = (share + pull).sum(axis=1)
    second, third, fourth = (
        math.factorial(r - 1) * 2.0 ** (r - 1) * (share ** (r - 1) * (share + r * pull)).sum(axis=1) for r in (2, 3, 4)
    )
    cumulant = s * (offsets / shrunk).sum(axis=1) - 0.5 * np.log(shrunk).sum(axis=1)
    w = np.minimum(np.sign(s) * np.sqrt(2.0 * (s * first - cumulant)), _ALL)
    v = s * np.sqrt(second)
    skewness, kurtosis = third / second**1.5, fourth / second**2
    # Φ(w) + φ(w)(1/w − 1/v − …), divided by φ(w) so that nothing underflows.
    correction = (kurtosis / 8.0 - 5.0 * skewness**2 / 24.0) / v - 1.0 / v**3 - skewness / (2.0 * v**2) + 1.0 / w**3
    over_density = math.sqrt(0.5 * math.pi) * erfcx(-w / math.sqrt(2.0)) + 1.0 / w - 1.0 / v - correction
    masses = np.log(over_density) - 0.5 * np.square(w) - 0.5 * math.log(2.0 * math.pi)
    return np.where(w < _ALL, np.minimum(masses, 0.0), 0.0)


def _saddlepoint(scales: FloatArray, offsets: FloatArray, reach: FloatArray) -> FloatArray:
    """Return t = log(1 − 2s) where K′(s) = reach, by Newton's method on the logarithms: K′ falls as t grows."""
    d, offset = len(scales), offsets.sum(axis=1)
    t = np.log((d + np.sqrt(d * d + 4.0 * reach * offset)) / (2.0 * reach))  # exact for a spherical covariance
    for _ in range(_ROUNDS):
        grown = np.exp(t)[:, None]
        shrunk = 1.0 - scales + scales * grown
        first = (scales / shrunk + offsets / shrunk**2).sum(axis=1)
        slope = -((scales / shrunk**2 + 2.0 * offsets / shrunk**3) * scales * grown).sum(axis=1)
        step = np.clip(np.log(first / reach) * first / slope, -2.0, 2.0)
        t = t - step
        if np.max(np.abs(step)) < _TOLERANCE:
            break
    return t


def _on_the_line(distances: FloatArray, radii: FloatArray, deviation: float) -> FloatArray:
    from scipy.special import log_ndtr

    near, far = log_ndtr((radii - distances) / deviation), log_ndtr(-(radii + distances) / deviation)
    return near + np.log(-np.expm1(far - near))
