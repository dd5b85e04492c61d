"""The barycenter of normal distributions for W_2, by a fixed point, with a proved gap.

The barycenter is normal, with the mean of the means and the covariance S that solves S = Σ_k λ_k (S^½ Σ_k S^½)^½ (Agueh
& Carlier, SIAM J. Math. Anal. 43, 2011). The iteration S ← S^{−½} (Σ_k λ_k (S^½ Σ_k S^½)^½)² S^{−½} lowers the
objective at every step (Álvarez-Esteban, del Barrio, Cuesta-Albertos & Matrán, J. Math. Anal. Appl. 441, 2016).

A lower bound over all measures, normal or not: for symmetric A_k > 0, |x − y|² ≥ ⟨x, (I − A_k) x⟩ + ⟨y, (I − A_k⁻¹) y⟩.
If Σ_k λ_k A_k ≤ I, the first parts add up to nothing negative, and what is left is Σ_k λ_k tr((I − A_k⁻¹) Σ_k). Of the
optimal maps A_k from S to Σ_k the sum is I; those of a nearby S are divided by the largest eigenvalue of theirs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.divergences.bures import covariance_root
from otkit.inputs.checks import as_float_array, as_weights, require_finite
from otkit.io.results import Result
from otkit.numerics.floats import EPS
from otkit.numerics.pickling import owned

_ROUNDS = 500
_GAP = 1e-12  # of the value and the variances, below which rounding is all that is left
_ROUNDING = 64.0 * EPS  # of traces and eigenvalues, for each dimension


@dataclass(frozen=True, eq=False, repr=False)
class GaussianBarycenter(Result):
    """The barycenter of normal distributions.

    Attributes
    ----------
    mean : ndarray, shape (d,)
    covariance : ndarray, shape (d, d)
    weights : ndarray, shape (K,)
        λ, one altogether.
    lower, upper : float
        Bounds of the least Σ_k λ_k W_2²(ν, N_k) over all measures ν, up to rounding; `upper` is that of this one.
    rounds : int
        Of the iteration.
    """

    _fields_of_dict = ("value", "lower", "upper", "mean", "covariance", "weights", "rounds")

    mean: FloatArray
    covariance: FloatArray
    weights: FloatArray
    lower: float
    upper: float
    rounds: int

    @property
    def value(self) -> float:
        """Σ_k λ_k W_2²(ν, N_k) of this barycenter."""
        return self.upper

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return (
            f"barycenter of {self.weights.size} normal distributions in dimension {self.mean.size}\n"
            f"  value    {self.value:.12g}\n"
            f"  bounds   {self.lower:.12g} ≤ OPT ≤ {self.upper:.12g}, gap {self.upper - self.lower:.1e}"
        )

    def __repr__(self) -> str:
        return f"GaussianBarycenter(value={self.value!r}, measures={self.weights.size}, dimension={self.mean.size})"


def gaussian_barycenter(
    means: ArrayLike, covariances: ArrayLike, weights: ArrayLike | None = None
) -> GaussianBarycenter:
    """Return the Wasserstein barycenter of normal distributions, the measure ν with the least Σ_k λ_k W_2²(ν, N_k).

    Parameters
    ----------
    means : array-like, shape (K, d)
    covariances : array-like, shape (K, d, d)
        Symmetric and positive semidefinite, one of them at least positive definite.
    weights : array-like, shape (K,), optional
        λ, non-negative; divided by their sum. Equal by default.

    Returns
    -------
    GaussianBarycenter
        With a lower bound over all measures, normal or not.

    Raises
    ------
    ValueError
        Shapes do not fit, a covariance is not symmetric or has a negative eigenvalue, or all are singular.

    See Also
    --------
    gaussian_wasserstein, barycenter

    References
    ----------
    M. Agueh & G. Carlier, *Barycenters in the Wasserstein space*, SIAM J. Math. Anal. 43 (2011).

    Examples
    --------
    >>> import otkit
    >>> found = otkit.gaussian_barycenter([[0.0], [2.0]], [[[1.0]], [[9.0]]])
    >>> found.mean.tolist(), found.covariance.round(9).tolist(), round(found.value, 9)
    ([1.0], [[4.0]], 2.0)
    """
    centres, matrices = as_float_array(means, "means"), as_float_array(covariances, "covariances")
    if centres.ndim != 2 or centres.size == 0:
        raise ValueError(f"means must have shape (K, d), but their shape is {centres.shape}.")
    count, d = centres.shape
    if matrices.shape != (count, d, d):
        raise ValueError(f"covariances must have shape ({count}, {d}, {d}), as means say, but it is {matrices.shape}.")
    require_finite(centres, "means")
    shares = as_weights(weights, "weights", count)
    shares = shares / math.fsum(shares)
    roots = [covariance_root(matrix, f"covariances[{k}]", d) for k, matrix in enumerate(matrices)]
    used = [root @ root for root in roots]
    mean = shares @ centres
    spread = float(shares @ ((centres - mean) ** 2).sum(axis=1))
    traces = float(shares @ np.array([np.trace(matrix) for matrix in used]))
    present = [k for k in range(count) if shares[k] > 0.0]
    if all(np.linalg.matrix_rank(used[k], hermitian=True) < d for k in present):
        raise ValueError(
            "covariances must not all be singular: their barycenter is not determined by an iteration then."
        )
    covariance = np.tensordot(shares, np.array(used), axes=1)
    lower, upper, rounds = 0.0, math.inf, 0
    while rounds < _ROUNDS:
        rounds += 1
        root, inverse = _root_and_inverse(covariance)
        inner = [_root(root @ matrix @ root) for matrix in used]
        value = (
            traces + float(np.trace(covariance)) - 2.0 * float(shares @ np.array([np.trace(each) for each in inner]))
        )
        proved = _proved(shares, used, root, inverse, inner)
        # The value errs by the square of what S is off, the bound by that itself: it goes on rising for longer.
        if not (value < upper or proved > lower):
            break
        lower = max(lower, proved)
        if value < upper:
            upper, best = value, covariance
        if upper - lower <= _GAP * (traces + upper):
            break
        average = np.tensordot(shares, np.array(inner), axes=1)
        covariance = inverse @ (average @ average) @ inverse
        covariance = 0.5 * (covariance + covariance.T)
    doubt = _ROUNDING * d * (traces + spread)
    return GaussianBarycenter(
        owned(mean),
        owned(best),
        owned(shares),
        max(0.0, lower + spread - doubt),
        max(0.0, upper) + spread + doubt,
        rounds,
    )


def _root(matrix: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    root: FloatArray = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return root


def _root_and_inverse(matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return S^½ and S^{−½}."""
    values, vectors = np.linalg.eigh(matrix)
    roots = np.sqrt(np.maximum(values, EPS * values[-1]))
    return (vectors * roots) @ vectors.T, (vectors / roots) @ vectors.T


def _proved(
    shares: FloatArray, matrices: list[FloatArray], root: FloatArray, inverse: FloatArray, inner: list[FloatArray]
) -> float:
    """Return the lower bound that the maps A_k = S^{−½} (S^½ Σ_k S^½)^½ S^{−½} prove, once their mean is at most I.

    tr(A_k⁻¹ Σ_k) is that of (S^½ Σ_k S^½)^½, times what the maps are divided by: Σ_k = A_k S A_k.
    """
    mean = inverse @ np.tensordot(shares, np.array(inner), axes=1) @ inverse
    largest = float(np.linalg.eigvalsh(0.5 * (mean + mean.T))[-1]) * (1.0 + _ROUNDING * len(mean))
    terms = [
        share * (float(np.trace(matrix)) - largest * float(np.trace(each)))
        for share, matrix, each in zip(shares, matrices, inner, strict=True)
    ]
    return math.fsum(terms)
