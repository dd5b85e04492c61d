"""Density ratios by a classifier that tells the samples apart: logistic regression, cross-fitted.

With n points of P and m of Q the logit of P is log p/q + log n/m. The ratio r that was fitted to the other folds
gives the variational value E_P[T] − E_Q[f*(T)], T = f′(r), of this one: never above D_f in expectation, and off by
the square of the error in r only.

Reference: M. Sugiyama, T. Suzuki & T. Kanamori, *Density Ratio Estimation in Machine Learning* (2012).
"""

from __future__ import annotations

import math

import numpy as np

from otkit._typing import FloatArray
from otkit.divergences.generators import FDivergence
from otkit.divergences.result import DivergenceResult
from otkit.divergences.samples.points import Options, require_more_points

# Above this dimension the products of coordinates are left out.
_QUADRATIC = 30
_LARGEST = 340.0


def estimate(
    divergence: FDivergence, x: FloatArray, y: FloatArray, options: Options, rng: np.random.Generator
) -> DivergenceResult:
    """Estimate a divergence by cross-fitted logistic regression on the coordinates and their products."""
    try:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import PolynomialFeatures, StandardScaler
    except ImportError as missing:
        raise ImportError(
            'estimator="classifier" needs scikit-learn, which is not installed: pip install ".[classifier]"'
        ) from missing
    require_more_points(x, y, 2 * options.folds, f"{options.folds} folds")
    degree = 2 if x.shape[1] <= _QUADRATIC else 1
    folds = [rng.permutation(len(points)) % options.folds for points in (x, y)]
    logits = [np.empty(len(x)), np.empty(len(y))]
    for fold in range(options.folds):
        train = [points[place != fold] for points, place in zip((x, y), folds, strict=True)]
        model = make_pipeline(
            StandardScaler(),
            PolynomialFeatures(degree, include_bias=False),
            StandardScaler(),
            LogisticRegression(max_iter=1000),
        )
        model.fit(np.concatenate(train), np.repeat([1, 0], [len(train[0]), len(train[1])]))
        for points, place, logit in zip((x, y), folds, logits, strict=True):
            here = place == fold
            logit[here] = model.decision_function(points[here]) - math.log(len(train[0]) / len(train[1]))
    critics = [divergence.critic(np.exp(np.clip(logit, -_LARGEST, _LARGEST))) for logit in logits]
    gain, cost = critics[0], divergence.conjugate(critics[1])
    value = float(gain.mean() - cost.mean())
    error = math.sqrt(float(gain.var(ddof=1)) / len(x) + float(cost.var(ddof=1)) / len(y))
    features = "quadratic" if degree == 2 else "linear"
    return DivergenceResult(
        value, "estimate", error, f"classifier, {features} logistic regression, {options.folds} folds"
    )
