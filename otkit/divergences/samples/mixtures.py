"""Gaussian mixtures by expectation maximisation, their size and shape chosen by the Bayesian information criterion.

They serve one end here: to know roughly how a density varies within a ball. scikit-learn has the same fit, but is an
extra, and `estimator="auto"` must not depend on what is installed.

Reference: C. Fraley & A. E. Raftery, *Model-based clustering, discriminant analysis, and density estimation*, JASA 97
(2002).
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np

from otkit._typing import FloatArray
from otkit.divergences.samples.balls import log_masses

COMPONENTS = (1, 2, 3, 4, 6, 8)
SHAPES = ("full", "diagonal", "spherical")

# EM ends when the mean log-likelihood rises by less, or after so many rounds; a fit reads at most so many points.
_TOLERANCE = 1e-3
_ROUNDS = 100
_POINTS = 4000
_STARTS = 2


@dataclass(frozen=True)
class Mixture:
    """Σ_c w_c N(mean_c, L_c L_cᵀ).

    Attributes
    ----------
    weights : ndarray, shape (c,)
    means : ndarray, shape (c, d)
    factors : ndarray, shape (c, d, d)
        Lower Cholesky factors L_c of the covariances.
    shape : {"full", "diagonal", "spherical"}
        What the covariances were fitted among.
    """

    weights: FloatArray
    means: FloatArray
    factors: FloatArray
    shape: str

    def log_joint(self, points: FloatArray) -> FloatArray:
        """Return log(w_c N(point; c)), shape (points, c)."""
        d = points.shape[1]
        joint = np.empty((len(points), len(self.weights)))
        for c, (weight, mean, factor) in enumerate(zip(self.weights, self.means, self.factors, strict=True)):
            standard = (points - mean) @ np.linalg.inv(factor).T
            constant = math.log(weight) - 0.5 * d * math.log(2.0 * math.pi) - float(np.log(np.diag(factor)).sum())
            joint[:, c] = constant - 0.5 * np.einsum("ij,ij->i", standard, standard)
        return joint

    def log_density(self, points: FloatArray) -> FloatArray:
        """Return the log density at each point."""
        from scipy.special import logsumexp

        return logsumexp(self.log_joint(points), axis=1)

    def log_mass(self, points: FloatArray, radii: FloatArray) -> FloatArray:
        """Return the logarithm of the mass in the ball around each point."""
        from scipy.special import logsumexp

        parts = zip(self.means, self.factors, strict=True)
        masses = [log_masses(mean, factor @ factor.T, points, radii) for mean, factor in parts]
        return logsumexp(np.array(masses), axis=0, b=self.weights[:, None])

    def refitted(self, points: FloatArray, rng: np.random.Generator) -> Mixture:
        """Fit a mixture of the same shape and size to other points, from the start."""
        return _maximise(_some(points, rng), len(self.weights), self.shape, rng)[0]


def fit(points: FloatArray, rng: np.random.Generator) -> Mixture:
    """Fit mixtures of each shape and of more and more components, and return the one with the least BIC."""
    points = _some(points, rng)
    best, least = None, math.inf
    for shape in SHAPES:
        previous = math.inf
        for components in COMPONENTS:
            parameters = _parameters(components, points.shape[1], shape)
            if 2 * parameters > len(points) and (components > 1 or shape == "full"):
                break
            starts = 1 if components == 1 else _STARTS
            attempts = [_maximise(points, components, shape, rng) for _ in range(starts)]
            mixture, log_likelihood = max(attempts, key=lambda attempt: attempt[1])
            criterion = parameters * math.log(len(points)) - 2.0 * log_likelihood
            if best is None or criterion < least:
                best, least = mixture, criterion
            if criterion > previous:
                break
            previous = criterion
    assert best is not None
    return best


def _some(points: FloatArray, rng: np.random.Generator) -> FloatArray:
    return points[rng.choice(len(points), size=_POINTS, replace=False)] if len(points) > _POINTS else points


def _maximise(points: FloatArray, components: int, shape: str, rng: np.random.Generator) -> tuple[Mixture, float]:
    """Return a mixture fitted by EM from a k-means start, and its log-likelihood."""
    from scipy.cluster.vq import kmeans2
    from scipy.special import logsumexp

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # an empty cluster, which the step below gives a share of all
        labels = kmeans2(points, components, minit="++", rng=rng)[1]
    shares = np.eye(components)[labels]
    # No component may be narrower than a millionth of the whole, or one point would make the likelihood infinite.
    floor = 1e-6 * np.var(points, axis=0) * np.eye(points.shape[1])
    before = -math.inf
    for _ in range(_ROUNDS):
        mixture = _from_shares(points, shares, shape, floor)
        joint = mixture.log_joint(points)
        total = logsumexp(joint, axis=1)
        now = float(total.mean())
        if now - before < _TOLERANCE:
            break
        before = now
        shares = np.exp(joint - total[:, None])
    return mixture, now * len(points)


def _from_shares(points: FloatArray, shares: FloatArray, shape: str, floor: FloatArray) -> Mixture:
    """Return the mixture that is likeliest if each point belongs to the components by its shares."""
    sizes = shares.sum(axis=0) + 1e-9
    means = shares.T @ points / sizes[:, None]
    covariances = np.empty((len(sizes), *floor.shape))
    for c, (size, mean) in enumerate(zip(sizes, means, strict=True)):
        centred = points - mean
        covariances[c] = (shares[:, c, None] * centred).T @ centred / size
    if shape == "diagonal":
        covariances *= np.eye(len(floor))
    elif shape == "spherical":
        covariances = np.trace(covariances, axis1=1, axis2=2)[:, None, None] / len(floor) * np.eye(len(floor))
    factors = np.asarray(np.linalg.cholesky(covariances + floor), dtype=np.float64)
    return Mixture(sizes / sizes.sum(), means, factors, shape)


def _parameters(components: int, d: int, shape: str) -> int:
    triangle = d * (d + 1) // 2
    covariances = {"full": components * triangle, "diagonal": components * d, "spherical": components}
    return components * d + covariances[shape] + components - 1
