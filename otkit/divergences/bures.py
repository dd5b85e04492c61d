"""The Wasserstein distance W_2 between normal distributions: Bures's distance of the covariances, and the map."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.inputs.checks import as_float_array, require_finite
from otkit.inputs.frames import points_in_order
from otkit.inputs.labelled import axes_of, row_labels
from otkit.inputs.labels import Labels
from otkit.inputs.matching import along_axes
from otkit.io.results import Result
from otkit.numerics.floats import TINY
from otkit.numerics.pickling import owned

# What rounding may do to a covariance, relative to its largest entry: of float64, or more where its type is coarser.
# Each entry is a sum rounded some times, and d × d such errors move an eigenvalue by d times as much.
_ROUNDING = 1e-10
_ROUNDINGS = 4.0
_MOST_ROUNDING = 1e-3
_COARSER = {"float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
_RANK = 1e-7  # of square roots, whose small eigenvalues are roots of rounding errors


@dataclass(frozen=True, eq=False, repr=False)
class GaussianTransport(Result):
    """Optimal transport, squared Euclidean cost, between two normal distributions.

    Of a stack of pairs of distributions all fields but the labels are arrays, with the axes of the stack before their
    own.

    Attributes
    ----------
    distance : float
        W_2.
    mean0, mean1 : ndarray, shape (d,)
    bures : float
        The part of the covariances: W_2² = ‖mean1 − mean0‖² + bures².
    matrix : ndarray, shape (d, d), or None
        The linear part A of the Monge map T(x) = mean1 + A (x − mean0), symmetric and positive semidefinite. None where
        the first distribution lives on a subspace that no map takes to the second; of a stack, where that is so of one
        of the pairs.
    labels : Labels or None
        Of the coordinates, where a mean or a covariance has some.
    """

    _fields_of_dict = ("distance", "value", "bures", "mean0", "mean1", "matrix", "labels")

    distance: float | FloatArray
    mean0: FloatArray
    mean1: FloatArray
    bures: float | FloatArray
    matrix: FloatArray | None
    labels: Labels | None = None

    @property
    def value(self) -> float | FloatArray:
        """W_2², the optimal cost."""
        return self.distance * self.distance

    def map(self, x: ArrayLike) -> FloatArray:
        """Return T(x) = mean1 + A (x − mean0), the gradient of a convex function.

        Parameters
        ----------
        x : array-like, shape (d,) or (n, d)
            A data frame whose columns have the labels of the coordinates is matched to them.

        Raises
        ------
        ValueError
            There is no Monge map, or x has another dimension, or columns of other names.
        """
        if np.ndim(self.distance) > 0:
            raise ValueError(
                "The map must be that of one pair of distributions, but this is a stack of shape "
                f"{np.shape(self.distance)}."
            )
        if self.matrix is None:
            raise ValueError(
                "cov0 must not vanish where cov1 does not, for a map to exist, but the first distribution lives on a "
                "subspace that is too small: its points would have to be split."
            )
        if np.ndim(x) == 2:
            columns = () if self.labels is None else tuple(map(str, self.labels))
            points = points_in_order(columns, x, "x")
        else:
            points = along_axes(self.labels, x, "x", "the distributions")
        if points.ndim == 0 or points.shape[-1] != self.mean0.size:
            raise ValueError(f"x must have {self.mean0.size} coordinates, but its shape is {points.shape}.")
        return self.mean1 + (points - self.mean0) @ self.matrix

    def __float__(self) -> float:
        return float(self.distance)

    def __str__(self) -> str:
        kind = "with a Monge map" if self.matrix is not None else "without a Monge map"
        if np.ndim(self.distance) > 0:
            shape = " × ".join(map(str, np.shape(self.distance)))
            return f"W_2 of {shape} pairs, {np.min(self.distance):.6g} to {np.max(self.distance):.6g} ({kind})"
        return f"W_2 = {self.distance:.6g} (d = {self.mean0.size}, {kind})"

    def __repr__(self) -> str:
        return f"GaussianTransport({self})"


def gaussian_wasserstein(mean0: ArrayLike, cov0: ArrayLike, mean1: ArrayLike, cov1: ArrayLike) -> GaussianTransport:
    """Return W_2 between N(mean0, cov0) and N(mean1, cov1), with its Monge map.

    W_2² = ‖m₀ − m₁‖² + tr(Σ₀ + Σ₁ − 2 (Σ₀^½ Σ₁ Σ₀^½)^½). The trace is computed as the least ‖Σ₀^½ − Σ₁^½ U‖² over
    orthogonal U, a sum of squares, so that it does not cancel where the covariances are near each other.

    Parameters
    ----------
    mean0, mean1 : array-like, shape (d,), or float
    cov0, cov1 : array-like, shape (d, d), or float
        Symmetric and positive semidefinite, up to what rounding in their type (float32 and shorter, too) may do; a
        number is the variance in one dimension. Stacks of means, shape (…, d), and of covariances, shape (…, d, d), are
        broadcast against one another. Where means (Series) and covariances (data frames) have labels, these
        are the names of the coordinates, and all four are put into one order.

    Returns
    -------
    GaussianTransport

    Raises
    ------
    ValueError
        Shapes or labels do not fit, or a covariance is not symmetric or has a negative eigenvalue.

    See Also
    --------
    wasserstein : of points.

    References
    ----------
    Peyré & Cuturi, *Computational Optimal Transport*, remark 2.31. R. Bhatia, T. Jain & Y. Lim, *On the
    Bures–Wasserstein distance between positive definite matrices*, Expositiones Mathematicae 37 (2019).

    Examples
    --------
    >>> import numpy as np
    >>> import otkit
    >>> result = otkit.gaussian_wasserstein([0, 0], np.eye(2), [3, 0], [[4, 0], [0, 1]])
    >>> result
    GaussianTransport(W_2 = 3.16228 (d = 2, with a Monge map))
    >>> result.map([1, 1]).round(12).tolist()
    [5.0, 1.0]
    >>> otkit.gaussian_wasserstein([[0.0], [1.0]], [[1.0]], [0.0], [[4.0]]).distance.round(6).tolist()
    [1.0, 1.414214]
    """
    stack = _stack_of(mean0, cov0, mean1, cov1)
    if stack is not None:
        return _stacked(*stack)
    owner, whose = _coordinates({"mean0": mean0, "cov0": cov0, "mean1": mean1, "cov1": cov1})
    start, end = (
        _mean(along_axes(owner, mean, name, whose), name) for mean, name in ((mean0, "mean0"), (mean1, "mean1"))
    )
    if start.shape != end.shape:
        raise ValueError(f"mean0 and mean1 must have the same dimension, but they have {start.size} and {end.size}.")
    rounding = max(_rounding_of(cov, start.size) for cov in (cov0, cov1))
    root0, root1 = (
        _root(along_axes(owner, cov, name, whose), name, start.size, rounding)
        for cov, name in ((cov0, "cov0"), (cov1, "cov1"))
    )
    left, _, right = np.linalg.svd(root1 @ root0)
    turned = root1 @ left @ right
    bures = float(np.linalg.norm(root0 - turned))
    shift = math.hypot(*(start - end))
    matrix = _map(root0, root1, turned, rounding)
    return GaussianTransport(math.hypot(shift, bures), start, end, bures, matrix, owner)


def _stack_of(mean0: ArrayLike, cov0: ArrayLike, mean1: ArrayLike, cov1: ArrayLike) -> list[Any] | None:
    """Return means and covariances as arrays of one stack, its axes before their own; None if they are none."""
    moments = mean0, cov0, mean1, cov1
    if all(np.ndim(moment) <= own for moment, own in zip(moments, (1, 2, 1, 2), strict=True)):
        return None
    names = ("mean0", "cov0", "mean1", "cov1")
    arrays = [as_float_array(moment, name) for moment, name in zip(moments, names, strict=True)]
    own = [min(axes, array.ndim) for array, axes in zip(arrays, (1, 2, 1, 2), strict=True)]
    shapes = [array.shape[: array.ndim - axes] for array, axes in zip(arrays, own, strict=True)]
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        raise ValueError(
            "mean0, cov0, mean1 and cov1 must agree on the axes of the stack, or have length 1 there, but their shapes "
            f"are {', '.join(str(array.shape) for array in arrays)}."
        ) from None
    return [
        np.broadcast_to(array, (*shape, *array.shape[array.ndim - axes :]))
        for array, axes in zip(arrays, own, strict=True)
    ]


def _stacked(mean0: Any, cov0: Any, mean1: Any, cov1: Any) -> GaussianTransport:
    """Solve each pair of a stack."""
    shape = mean0.shape[:-1] if mean0.ndim else ()
    found = {}
    for k in np.ndindex(shape):
        try:
            found[k] = gaussian_wasserstein(mean0[k], cov0[k], mean1[k], cov1[k])
        except ValueError as error:
            raise ValueError(f"Pair {', '.join(map(str, k))} of the stack: {error}") from error

    def stacked(part: Callable[[GaussianTransport], Any]) -> Any:
        parts = np.array([part(each) for each in found.values()])
        return parts.reshape(shape + parts.shape[1:])

    maps = all(each.matrix is not None for each in found.values())
    return GaussianTransport(
        stacked(lambda each: each.distance),
        stacked(lambda each: each.mean0),
        stacked(lambda each: each.mean1),
        stacked(lambda each: each.bures),
        stacked(lambda each: each.matrix) if maps else None,
    )


def _coordinates(moments: Mapping[str, ArrayLike]) -> tuple[Labels | None, str]:
    """Return the labels of the coordinates, and the argument that has them; None where none has."""
    for name, moment in moments.items():
        labels = Labels(moment) if isinstance(moment, Mapping) else row_labels(moment) or axes_of(moment)[1]
        if labels is not None and not labels.are_numbers_of_rows:
            return labels, name
    return None, ""


def _rounding_of(covariance: ArrayLike, dimension: int) -> float:
    """Return how large rounding errors may be beside the largest entry, by the type that the covariance comes in."""
    name = str(getattr(covariance, "dtype", "float64")).rsplit(".", 1)[-1]
    return min(_MOST_ROUNDING, max(_ROUNDING, _ROUNDINGS * dimension * _COARSER.get(name, 0.0)))


def _map(root0: FloatArray, root1: FloatArray, turned: FloatArray, rounding: float) -> FloatArray | None:
    """Return A with A Σ₀ A = Σ₁: A = Σ₁^½ U Σ₀^{−½}, the inverse taken where Σ₀ does not vanish."""
    matrix = turned @ np.linalg.pinv(
        root0, rcond=_RANK if rounding == _ROUNDING else math.sqrt(rounding), hermitian=True
    )
    matrix = 0.5 * (matrix + matrix.T)
    size = max(float(np.abs(root1).max()), TINY)
    reached, wanted = matrix @ root0 / size, root1 / size
    return matrix if np.allclose(reached @ reached.T, wanted @ wanted, atol=1e4 * rounding) else None


def _mean(value: ArrayLike, name: str) -> FloatArray:
    array = np.atleast_1d(as_float_array(value, name))
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name} must have shape (d,), but its shape is {array.shape}.")
    require_finite(array, name)
    return owned(array)


def covariance_root(value: ArrayLike, name: str, dimension: int) -> FloatArray:
    """Return the symmetric square root of a covariance, which is one up to what rounding in its type may do."""
    return _root(value, name, dimension, _rounding_of(value, dimension))


def _root(value: ArrayLike, name: str, dimension: int, rounding: float) -> FloatArray:
    """Return the symmetric square root of a covariance."""
    array = as_float_array(value, name)
    if array.ndim == 0:
        array = array.reshape(1, 1)
    if array.shape != (dimension, dimension):
        raise ValueError(
            f"{name} must have shape ({dimension}, {dimension}), as its mean has, but it is {array.shape}."
        )
    require_finite(array, name)
    size = float(np.abs(array).max())
    if not np.allclose(array, array.T, rtol=0.0, atol=rounding * size):
        raise ValueError(
            f"{name} must be symmetric, but it differs from its transpose by {np.abs(array - array.T).max()}."
        )
    eigenvalues, vectors = np.linalg.eigh(0.5 * (array + array.T))
    if eigenvalues[0] < -rounding * size:
        raise ValueError(f"{name} must be positive semidefinite, but it has the eigenvalue {eigenvalues[0]:.6g}.")
    return (vectors * np.sqrt(np.maximum(eigenvalues, 0.0))) @ vectors.T
