"""Nearest neighbours with masses of balls in place of volumes: what `estimator="auto"` uses.

The k-th neighbour estimates a density by k/n over the volume of the ball that reaches it. That is biased where the
density varies within the ball, which in five dimensions and more is most of the space: the KL of ten-dimensional
Gaussians is found a fifth too small at n = 1000. Rules that cancel powers of (k/n)^{1/d} (Moon, Sricharan & Hero) have
little to extrapolate from at such sizes, for (k/n)^{1/d} hardly moves with k. So the ball is measured otherwise:

1. Both samples are mapped by x ↦ x g(|x|), the identity but for far outliers, which it draws in logarithmically. No
   f-divergence changes by a bijection, and heavy tails become ones that a mixture can follow.
2. A Gaussian mixture p₀ is fitted to x, and q₀ to y (`mixtures.py`). The density of P relative to p₀ is k/n over the
   mass that p₀ has in the ball (`balls.py`), and log p = log p₀ + log of that. Bias comes from how p/p₀ varies within
   the ball, no longer from how p does. Where p₀ is right there is none, whatever k; where it is wrong by a factor that
   is constant in the ball there is none either; elsewhere the neighbours answer, as they do with volumes.
3. With the bias gone, k may be larger than the customary 3 or 5, √min(n, m), which leaves little but the noise that no
   estimator escapes, (Var_P log r)/n + (Var_Q r)/m for KL with r = p/q.
4. p₀ fits the points it was fitted to better than others. So at a point of x, p₀ is one that was fitted to other points
   of x (cross-fitting); the number and shape of its components are chosen once, from all.

References: Q. Wang, S. R. Kulkarni & S. Verdú, *Divergence estimation for multidimensional densities via
k-nearest-neighbor distances*, IEEE Trans. Inf. Theory 55 (2009); N. L. Hjort & I. K. Glad, *Nonparametric density
estimation with a parametric start*, Ann. Stat. 23 (1995), for step 2 with kernels; W. M. Lord, J. Sun & E. M. Bollt,
*Geometric k-nearest neighbor estimation of entropy and mutual information*, Chaos 28 (2018), for the bias; K. R. Moon,
K. Sricharan, K. Greenewald & A. O. Hero, *Ensemble estimation of information divergence*, Entropy 20 (2018).
"""

from __future__ import annotations

import math

import numpy as np

from otkit._typing import FloatArray
from otkit.divergences.generators import FDivergence
from otkit.divergences.result import DivergenceResult
from otkit.divergences.samples import knn, mixtures
from otkit.divergences.samples.functionals import functional
from otkit.divergences.samples.points import Options, require_more_points

# Fewer points than this are too few for a mixture in several dimensions.
LEAST_POINTS = 100

# With a larger share of tied points the data are not of a density that mixtures follow.
_MOST_TIED = 0.01

_FOLDS = 5


def estimate(
    divergence: FDivergence, x: FloatArray, y: FloatArray, options: Options, rng: np.random.Generator
) -> DivergenceResult:
    """Estimate a divergence by nearest neighbours in balls whose masses are those of fitted mixtures."""
    how = functional(divergence)
    require_more_points(x, y, LEAST_POINTS - 1, "Gaussian mixtures fitted to them")
    k = math.isqrt(min(len(x), len(y)))
    knn.require_noise_mean(divergence, how, k)
    samples = dict(zip("xy", _without_far_outliers(x, y), strict=True))
    near = knn.neighbours(samples["x"], samples["y"], k, how.sides)
    tied = {side: here.tied(k) for side, here in near.items()}
    most = max(float(np.mean(here)) for here in tied.values())
    if most > _MOST_TIED:
        alone = knn.estimate(divergence, x, y, options, rng)
        why = f"{alone.detail}; not corrected, as {most:.0%} of the points are tied"
        return DivergenceResult(alone.value, "estimate", alone.error, why)
    fits = {name: mixtures.fit(points, rng) for name, points in samples.items()}
    plain = {side: here.ratios(k) for side, here in near.items()}
    ratios = {}
    for side, here in near.items():
        other = fits["y" if side == "x" else "x"]
        # Tied points are counted in one ball, whose size does not enter and may be zero.
        radii = [np.where(tied[side], 1.0, distances[:, k - 1]) for distances in here.distances]
        excess = _cross_fitted(fits[side], here.points, radii[0], rng) - _excess(other, here.points, radii[1])
        ratios[side] = plain[side] - here.sign * np.where(tied[side], 0.0, excess)
    value, uncorrected = (knn.value(how, logs, k) for logs in (ratios, plain))
    detail = (
        f"knn relative to Gaussian mixtures of {len(fits['x'].weights)} and {len(fits['y'].weights)} components, "
        f"k = {k}; {uncorrected:.4g} without them"
    )
    return DivergenceResult(value, "estimate", knn.standard_error(how, near, ratios, k), detail)


def _cross_fitted(fit: mixtures.Mixture, points: FloatArray, radii: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return `_excess` of mixtures like `fit`, at each point by one that has not seen it."""
    fold = rng.permutation(len(points)) % _FOLDS
    excess = np.empty(len(fold))
    for number in range(_FOLDS):
        inside = fold == number
        refit = fit.refitted(points[~inside], rng)
        excess[inside] = _excess(refit, points[inside], radii[inside])
    return excess


def _without_far_outliers(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Map both samples by one bijection that is the identity up to a radius R, and R(1 + log(r/R)) along a ray beyond.

    R is what one point of a thousand of a normal distribution with the same median radius exceeds.
    """
    from scipy.stats import chi

    pooled = np.concatenate([x, y])
    centre = np.median(pooled, axis=0)
    normal = chi(x.shape[1])
    radii = np.linalg.norm(pooled - centre, axis=1)
    reach = np.median(radii) * normal.ppf(0.999) / normal.median()
    if reach == 0.0:  # more than half of all points are one
        return x, y

    def drawn_in(points: FloatArray) -> FloatArray:
        points = points - centre
        stretch = np.maximum(np.linalg.norm(points, axis=1) / reach, 1.0)
        return points * ((1.0 + np.log(stretch)) / stretch)[:, None]

    return drawn_in(x), drawn_in(y)


def _excess(mixture: mixtures.Mixture, points: FloatArray, radii: FloatArray) -> FloatArray:
    """Return the log of the mean density of a mixture in each ball over that at its centre."""
    d = points.shape[1]
    volumes = d * np.log(radii) + 0.5 * d * math.log(math.pi) - math.lgamma(0.5 * d + 1.0)
    return mixture.log_mass(points, radii) - volumes - mixture.log_density(points)
