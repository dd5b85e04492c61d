"""Divergences from samples: choose an estimator, estimate, and say how far off it may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.divergences.generators import FDivergence, as_divergence
from otkit.divergences.result import DivergenceResult
from otkit.divergences.samples import classifier, corrected, gaussian, histogram, knn
from otkit.divergences.samples.points import Options, as_samples
from otkit.inputs.checks import as_count, require_choice
from otkit.inputs.frames import Missing
from otkit.inputs.randomness import Rng, seeded

Estimator = Callable[[FDivergence, FloatArray, FloatArray, Options, np.random.Generator], DivergenceResult]

ESTIMATORS: dict[str, Estimator] = {
    "knn": knn.estimate,
    "corrected": corrected.estimate,
    "classifier": classifier.estimate,
    "histogram": histogram.estimate,
    "gaussian": gaussian.estimate,
}
_RANDOM = frozenset(["corrected", "classifier", "gaussian"])  # the others take no random numbers


def select_estimator(n: int, m: int, d: int) -> tuple[str, str]:
    """Return what `estimator="auto"` uses for n and m points in d dimensions, and why.

    Examples
    --------
    >>> from otkit.divergences.from_samples import select_estimator
    >>> select_estimator(1000, 1000, 5)[0], select_estimator(50, 1000, 5)[0]
    ('corrected', 'knn')
    """
    least = corrected.LEAST_POINTS
    if min(n, m) < least:
        return "knn", f"fewer than {least} points are too few for a mixture"
    return (
        "corrected",
        f"nearest neighbours in balls weighed by Gaussian mixtures, in {d} dimension{'s' if d > 1 else ''}",
    )


def estimate_divergence(
    divergence: str | FDivergence,
    x: ArrayLike,
    y: ArrayLike,
    *,
    estimator: str = "auto",
    k: int | None = None,
    bins: int | None = None,
    folds: int = 5,
    rng: Rng = None,
    missing: Missing = "raise",
) -> DivergenceResult:
    r"""Estimate :math:`D_f(P\|Q)` from samples x of P and y of Q, with a standard error.

    Parameters
    ----------
    divergence : str or FDivergence
        "kl", "reverse_kl", "jeffreys", "js", "gan", "tv", "hellinger", "chi2", "neyman", `alpha_divergence(α)` or your
        own.
    x, y : array_like, shape (n, d) and (m, d)
        Independent points; (n,) on the line. Distances are Euclidean: put coordinates into comparable units.
    estimator : {"auto", "corrected", "knn", "classifier", "histogram", "gaussian"}
        "knn": k-th nearest neighbours. "corrected": the same with k = √min(n, m), and balls measured by the mass that
        Gaussian mixtures fitted to the samples have in them, not by volume, so that a density may vary within its
        balls as the mixture does without bias. "classifier": cross-fitted logistic regression on coordinates and their
        products (needs scikit-learn), a lower bound in expectation.
        "histogram": shared adaptive bins, one and two dimensions. "gaussian": closed form of two fitted normal
        distributions. "auto": "corrected" from 100 points of each sample on, "knn" below; see
        `otkit.divergences.from_samples.select_estimator`.
    k : int, optional
        Neighbours, for "knn": 5, or √min(n, m) where noise in the ratio can't be corrected (JS, TV, your own).
    bins : int, optional
        Bins per axis, for "histogram".
    folds : int
        Folds of the cross-fit, for "classifier".
    rng : None, int or numpy.random.Generator, optional
        Where the randomness of "corrected", "classifier" and "gaussian" comes from: a number gives the same answer each
        time; None draws anew, and the result says the `seed` that gives its numbers again.
    missing : {"raise", "drop"}, default "raise"
        What to do about rows in which a coordinate is missing (NaN, None, NA, NaT or masked): refuse them, or leave
        them out and say how many.

    Returns
    -------
    DivergenceResult
        `value`, `error` (standard error; bias is not in it), `interval()`, and `detail`: the estimator, what it chose
        (for "corrected" the components of the mixtures, k, and the value without them), and whether the value is
        negative, which it is left to be.

    Raises
    ------
    ValueError
        Too few points, a constant or dependent coordinate, unequal dimensions, a point so far out (1e300 for a missing
        value) or coordinates so unlike in scale that no distances can be compared, or samples that do not overlap where
        the divergence has no maximum.
    ImportError
        "classifier" without scikit-learn.

    See Also
    --------
    f_divergence : of histograms, exact.
    two_sample_test : whether two laws differ at all.

    References
    ----------
    Q. Wang, S. R. Kulkarni & S. Verdú, IEEE Trans. Inf. Theory 55 (2009). B. Póczos & J. Schneider, AISTATS 2011. N.
    L. Hjort & I. K. Glad, Nonparametric density estimation with a parametric start, Ann. Stat. 23 (1995).

    Examples
    --------
    >>> import numpy as np, otkit
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.normal(0, 1, 1000), rng.normal(1, 1, 1000)
    >>> result = otkit.estimate_divergence("kl", x, y, rng=0)  # 0.5
    >>> low, high = result.interval()
    >>> result.kind, bool(low < 0.5 < high)
    ('estimate', True)
    """
    divergence = as_divergence(divergence)
    require_choice(estimator, "estimator", ("auto", *ESTIMATORS))
    options = Options(
        k=None if k is None else as_count(k, "k"),
        bins=None if bins is None else as_count(bins, "bins"),
        folds=as_count(folds, "folds"),
    )
    if options.folds < 2:
        raise ValueError(f"folds must be at least 2, but folds = {folds} was given.")
    x, y, reading = as_samples(x, y, divergence, missing)
    chosen = estimator if estimator != "auto" else select_estimator(len(x), len(y), x.shape[1])[0]
    for option, given, of in (("k", k, "knn"), ("bins", bins, "histogram")):
        if given is not None and chosen != of:
            raise ValueError(
                f"{option} is for estimator={of!r}, but {option} = {given} was given with estimator={estimator!r}, "
                f"which is {chosen!r} here."
            )
    generator, seed = seeded(rng)
    result = ESTIMATORS[chosen](divergence, x, y, options, generator)
    detail = reading.added_to(result.detail)
    lowest = float(divergence.f(1.0))
    if result.value < lowest:
        what = "negative" if lowest == 0.0 else f"below the least possible, {lowest:.4g}"
        detail = f"{detail}; the estimate is {what}, as noise makes it where P and Q are close"
    return replace(result, detail=detail, seed=seed if chosen in _RANDOM else None)
