"""More costs, as `scipy.spatial.distance.cdist` has them: correlation, scaled and weighted distances, shares.

Those that are Euclidean distances of prepared coordinates go to the kernels; the others have a formula of their own for
each pair, which is evaluated into a matrix. Sums run from the first coordinate to the last, so that their bits are the
same on every machine.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.costs.cost import Cost
from otkit.costs.evaluated import PairCosts, PointCosts
from otkit.costs.matrices import MatrixCosts
from otkit.costs.metrics import Cosine, as_cost, enter
from otkit.costs.norms import Euclidean
from otkit.inputs import checks

_Term = Callable[[Any, Any], Any]


class _Prepared(Cost):
    """A cost that is another one between prepared points."""

    @property
    @abstractmethod
    def prepared_for(self) -> Cost:
        """The cost between prepared points."""

    @abstractmethod
    def prepare(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the points of both clouds, prepared."""

    def _bind(self, x: FloatArray, y: FloatArray, p: float) -> PairCosts:
        bound = self.prepared_for._bind(*self.prepare(x, y), p)
        if isinstance(bound, PointCosts):
            return PointCosts(self, p, x, y, bound.pairs)
        return MatrixCosts(bound.dense(), metric=self, p=p, points=(x, y))


class _ByFormula(Cost):
    """A cost with a formula for each pair, evaluated into a matrix."""

    compiled = False

    @abstractmethod
    def matrix(self, x: FloatArray, y: FloatArray, w: FloatArray) -> FloatArray:
        """Return the cost between all points, w being weights of the coordinates."""

    def _bind(self, x: FloatArray, y: FloatArray, p: float) -> MatrixCosts:
        return self.bind_weighted(x, y, p, np.ones(x.shape[1]), self)

    def bind_weighted(self, x: FloatArray, y: FloatArray, p: float, w: FloatArray, metric: Cost) -> MatrixCosts:
        """Bind checked clouds with weights of coordinates, in the name of a cost."""
        n, m = len(x), len(y)
        checks.require_memory(24 * n * m, f"{self.name} costs of {n} × {m} pairs", "Euclidean costs need no matrix.")
        costs = self.matrix(x, y, w)
        powers = costs if p == 1.0 else costs * costs if p == 2.0 else costs**p
        return MatrixCosts(powers, metric=metric, p=p, points=(x, y))


def _summed(x: FloatArray, y: FloatArray, w: FloatArray, term: _Term) -> FloatArray:
    """Return Σ_k w_k term(x_ik, y_jk) for all pairs, from the first coordinate to the last."""
    total = np.zeros((len(x), len(y)))
    for k, weight in enumerate(w.tolist()):
        total += weight * term(x[:, k : k + 1], y[:, k])
    return total


def _ratio(above: FloatArray, below: FloatArray, name: str) -> FloatArray:
    """Return quotients, 0/0 being 0: points without anything to compare are alike."""
    apart = (below == 0.0) & (above > 0.0)
    if apart.any():
        i, j = (int(k) for k in np.argwhere(apart)[0])
        raise ValueError(
            f"x and y must not be opposite for the {name} cost, but x[{i}] = −y[{j}]: their sum is zero, their "
            "difference is not."
        )
    ratio: FloatArray = above / np.where(below == 0.0, 1.0, below)
    return ratio


@dataclass(frozen=True)
class Correlation(_Prepared):
    """One minus Pearson's correlation of the coordinates of two points: not a metric.

    It is the cosine cost of points whose coordinates have had their mean subtracted.

    Examples
    --------
    >>> from otkit.costs import Correlation
    >>> Correlation().between([[1.0, 2.0, 3.0]], [[2.0, 4.0, 6.0], [3.0, 2.0, 1.0]]).dense().round(12)
    array([[0., 2.]])
    """

    name = "correlation"
    is_metric = False
    prepared_for = Cosine()

    def prepare(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the points less the mean of their coordinates."""
        return _centred(x, "x", None), _centred(y, "y", None)


def _centred(points: FloatArray, name: str, w: FloatArray | None) -> FloatArray:
    weights = np.ones(points.shape[1]) if w is None else w
    first = points[:, :1]  # subtracted before the mean, so that equal coordinates become zeros
    centred: FloatArray = points - first
    means = np.zeros((len(points), 1))
    for k, weight in enumerate(weights.tolist()):
        means += weight * centred[:, k : k + 1]
    centred -= means / math.fsum(weights)
    constant = ~centred.any(axis=1)
    if constant.any():
        row = int(np.argmax(constant))
        raise ValueError(
            f"{name} must hold no point whose coordinates are all equal for the correlation cost, but {name}[{row}] is "
            "one: it has no correlation."
        )
    return centred


@dataclass(frozen=True)
class SEuclidean(_Prepared):
    """The standardised Euclidean distance, √(Σ (x_k − y_k)² / V_k).

    Parameters
    ----------
    V : array-like, shape (d,), optional
        The variance of each coordinate, positive. By default that of both clouds together, as in SciPy.

    Examples
    --------
    >>> from otkit.costs import SEuclidean
    >>> SEuclidean([4.0, 1.0]).between([[0.0, 0.0]], [[6.0, 4.0]]).dense()
    array([[5.]])
    """

    V: tuple[float, ...] | None = None

    name = "seuclidean"
    is_metric = True
    translation_invariant = True
    prepared_for = Euclidean()

    def __init__(self, V: ArrayLike | None = None) -> None:
        object.__setattr__(self, "V", None if V is None else _positive(V, "V"))

    @property
    def depends_on_data(self) -> bool:  # type: ignore[override]
        """Whether variances are those of the points."""
        return self.V is None

    def fitted(self, points: FloatArray) -> SEuclidean:
        """Return the distance with the variances of these points, unless it has some."""
        if self.V is not None:
            return self
        variances = np.var(points - points[0], axis=0, ddof=1) if len(points) > 1 else np.zeros(points.shape[1])
        if not (variances > 0.0).all():
            raise ValueError(
                "The points must vary in every coordinate for the standardised distance, but coordinate "
                f"{int(np.argmin(variances))} is constant. Give the variances: otkit.SEuclidean(V)."
            )
        return SEuclidean(variances)

    def prepare(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the points in units of the standard deviations, counted from one of them."""
        if self.V is None:
            return self.fitted(_together(x, y)).prepare(x, y)
        variances = _fitting(self.V, x.shape[1], "V")
        roots = np.sqrt(variances)
        return (x - x[0]) / roots, (y - x[0]) / roots


@dataclass(frozen=True)
class Mahalanobis(_Prepared):
    """The Mahalanobis distance, √((x − y)ᵀ VI (x − y)).

    Parameters
    ----------
    VI : array-like, shape (d, d), optional
        The inverse of the covariance, symmetric and positive definite. By default that of both clouds together, as in
        SciPy.

    Examples
    --------
    >>> from otkit.costs import Mahalanobis
    >>> Mahalanobis([[1.0, 0.0], [0.0, 4.0]]).between([[0.0, 0.0]], [[3.0, 2.0]]).dense()
    array([[5.]])
    """

    VI: tuple[tuple[float, ...], ...] | None = None

    name = "mahalanobis"
    is_metric = True
    translation_invariant = True
    arithmetic: Literal["ieee", "libm"] = "libm"  # the factor of VI is the linear algebra library's
    prepared_for = Euclidean()

    def __init__(self, VI: ArrayLike | None = None) -> None:
        held = None
        if VI is not None:
            matrix = checks.as_float_array(VI, "VI")
            checks.require_finite(matrix, "VI")
            if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
                raise ValueError(f"VI must have shape (d, d), but its shape is {matrix.shape}.")
            if not np.allclose(matrix, matrix.T, rtol=0.0, atol=1e-10 * np.abs(matrix).max()):
                raise ValueError("VI must be symmetric, but it differs from its transpose.")
            held = tuple(map(tuple, matrix.tolist()))
            _factor(matrix, "VI")
        object.__setattr__(self, "VI", held)

    @property
    def depends_on_data(self) -> bool:  # type: ignore[override]
        """Whether the covariance is that of the points."""
        return self.VI is None

    def fitted(self, points: FloatArray) -> Mahalanobis:
        """Return the distance with the inverse of the covariance of these points, unless it has one."""
        if self.VI is not None:
            return self
        if len(points) <= points.shape[1]:
            raise ValueError(
                f"There must be more than {points.shape[1]} points for a covariance, but there are {len(points)}. Give "
                "its inverse: otkit.Mahalanobis(VI)."
            )
        covariance = np.atleast_2d(np.cov(points - points[0], rowvar=False))
        try:
            inverse = np.linalg.inv(covariance)
        except np.linalg.LinAlgError:
            inverse = np.full_like(covariance, np.nan)
        _factor(inverse, "The covariance of the points")
        return Mahalanobis(0.5 * (inverse + inverse.T))

    def prepare(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the points times the factor of VI, counted from one of them."""
        if self.VI is None:
            return self.fitted(_together(x, y)).prepare(x, y)
        if len(self.VI) != x.shape[1]:
            raise ValueError(f"VI must have shape (d, d) for {x.shape[1]} coordinates, but d = {len(self.VI)}.")
        factor = _factor(np.array(self.VI), "VI")
        return (x - x[0]) @ factor, (y - x[0]) @ factor


def _factor(matrix: FloatArray, what: str) -> FloatArray:
    """Return L with L Lᵀ the matrix; `what` it is starts the message of what is refused."""
    try:
        if not np.isfinite(matrix).all():
            raise np.linalg.LinAlgError
        return np.asarray(np.linalg.cholesky(0.5 * (matrix + matrix.T)))
    except np.linalg.LinAlgError:
        raise ValueError(f"{what} must be positive definite for the Mahalanobis distance, but it is not.") from None


@dataclass(frozen=True)
class Canberra(_ByFormula):
    """The Canberra distance, Σ |x_k − y_k| / (|x_k| + |y_k|), 0/0 being 0.

    Examples
    --------
    >>> from otkit.costs import Canberra
    >>> Canberra().between([[1.0, 0.0]], [[3.0, 0.0]]).dense()
    array([[0.5]])
    """

    name = "canberra"
    is_metric = True

    def matrix(self, x: FloatArray, y: FloatArray, w: FloatArray) -> FloatArray:
        """Return the cost between all points."""

        def share(u: Any, v: Any) -> Any:
            below = np.abs(u) + np.abs(v)
            return np.abs(u - v) / np.where(below == 0.0, 1.0, below)

        return _summed(x, y, w, share)


@dataclass(frozen=True)
class BrayCurtis(_ByFormula):
    """The Bray–Curtis dissimilarity, Σ |x_k − y_k| / Σ |x_k + y_k|: not a metric, the triangle inequality fails.

    Examples
    --------
    >>> from otkit.costs import BrayCurtis
    >>> BrayCurtis().between([[6.0, 7.0, 4.0]], [[10.0, 0.0, 6.0]]).dense().round(6)
    array([[0.393939]])
    """

    name = "braycurtis"
    is_metric = False

    def matrix(self, x: FloatArray, y: FloatArray, w: FloatArray) -> FloatArray:
        """Return the cost between all points."""
        above = _summed(x, y, w, lambda u, v: np.abs(u - v))
        return _ratio(above, _summed(x, y, w, lambda u, v: np.abs(u + v)), self.name)


@dataclass(frozen=True)
class Hamming(_ByFormula):
    """The share of coordinates in which two points differ.

    Examples
    --------
    >>> from otkit.costs import Hamming
    >>> Hamming().between([[1, 0, 0, 2]], [[1, 1, 0, 3]]).dense()
    array([[0.5]])
    """

    name = "hamming"
    is_metric = True

    def matrix(self, x: FloatArray, y: FloatArray, w: FloatArray) -> FloatArray:
        """Return the cost between all points."""
        shares: FloatArray = _summed(x, y, w, np.not_equal) / math.fsum(w)
        return shares


@dataclass(frozen=True)
class Jaccard(_ByFormula):
    """The share of coordinates in which two points differ among those where one of them is not zero; 0/0 is 0.

    Of sets, as vectors of zeros and ones, it is 1 − |A ∩ B| / |A ∪ B|.

    Examples
    --------
    >>> from otkit.costs import Jaccard
    >>> Jaccard().between([[1, 1, 0, 0]], [[1, 0, 1, 0]]).dense().round(6)
    array([[0.666667]])
    """

    name = "jaccard"
    is_metric = True

    def matrix(self, x: FloatArray, y: FloatArray, w: FloatArray) -> FloatArray:
        """Return the cost between all points."""
        present = _summed(x, y, w, lambda u, v: (u != 0.0) | (v != 0.0))
        return _ratio(_summed(x, y, w, np.not_equal), present, self.name)


@dataclass(frozen=True)
class Weighted(Cost):
    """Another cost with weights of the coordinates, what `w=` is in SciPy.

    Norms have the sum of w_k times the order-th power of coordinate k of x − y under their root; cosine and correlation
    weigh their products, the others their sums over coordinates. A coordinate of weight zero is left out.

    Parameters
    ----------
    metric : str or cost object
        "euclidean", "sqeuclidean", "cityblock", `otkit.Minkowski(order)`, "cosine", "correlation", "canberra",
        "braycurtis", "hamming" or "jaccard".
    w : array-like, shape (d,)
        Non-negative weights, not all zero.

    Examples
    --------
    >>> from otkit.costs import Weighted
    >>> Weighted("euclidean", w=[4.0, 1.0]).between([[0.0, 0.0]], [[1.5, 4.0]]).dense()
    array([[5.]])
    """

    metric: Cost
    w: tuple[float, ...]

    def __init__(self, metric: str | Cost, w: ArrayLike) -> None:
        cost = as_cost(metric)
        if not isinstance(cost, _ByFormula | Cosine | Correlation) and (
            cost.norm is None or math.isinf(cost.norm.order)
        ):
            raise ValueError(
                f"metric must be a sum over coordinates, for them to be weighed, but metric={metric!r} was given."
            )
        object.__setattr__(self, "metric", cost)
        object.__setattr__(self, "w", tuple(checks.as_weights(w, "w", np.size(w)).tolist()))

    @property
    def name(self) -> str:  # type: ignore[override]
        """What users call it."""
        return f"weighted {self.metric.name}"

    @property
    def is_metric(self) -> bool:  # type: ignore[override]
        """Whether it is a metric: points that differ in coordinates without weight alone are no distance apart."""
        return self.metric.is_metric and min(self.w) > 0.0

    @property
    def translation_invariant(self) -> bool:  # type: ignore[override]
        """Whether it depends on the difference of two points alone."""
        return self.metric.translation_invariant

    @property
    def compiled(self) -> bool:  # type: ignore[override]
        """Whether kernels evaluate it."""
        return self.metric.compiled

    @property
    def arithmetic(self) -> Literal["ieee", "libm"]:  # type: ignore[override]
        """Roots of the weights other than the square root come from the machine's mathematical library."""
        norm = self.metric.norm
        return "libm" if norm is not None and norm.order not in (1.0, 2.0) else self.metric.arithmetic

    def _bind(self, x: FloatArray, y: FloatArray, p: float) -> PairCosts:
        w = _fitting(self.w, x.shape[1], "w")
        points = x, y
        if self.translation_invariant:  # products of numbers far from zero would lose what their differences hold
            x, y = x - x[0], y - x[0]
        used = w > 0.0
        taken_x, taken_y, weights = np.ascontiguousarray(x[:, used]), np.ascontiguousarray(y[:, used]), w[used]
        if isinstance(self.metric, _ByFormula):
            bound: PairCosts = self.metric.bind_weighted(taken_x, taken_y, p, weights, self)
            return MatrixCosts(bound.dense(), metric=self, p=p, points=points)
        inner: Cost = self.metric
        if isinstance(inner, Correlation):
            taken_x, taken_y = _centred(taken_x, "x", weights), _centred(taken_y, "y", weights)
            inner = Cosine()
        order = 2.0 if inner.norm is None else inner.norm.order
        factors = weights if order == 1.0 else np.sqrt(weights) if order == 2.0 else weights ** (1.0 / order)
        bound = inner._bind(taken_x * factors, taken_y * factors, p)
        assert isinstance(bound, PointCosts)
        return PointCosts(self, p, *points, bound.pairs)


def _together(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the points of both clouds; of one with itself, each once."""
    return x if y is x else np.concatenate([x, y])


def _positive(values: ArrayLike, name: str) -> tuple[float, ...]:
    """Return positive numbers, one for each coordinate."""
    array = checks.as_float_array(values, name)
    checks.require_finite(array, name)
    if array.ndim != 1 or not (array > 0.0).all():
        raise ValueError(f"{name} must hold a positive number for each coordinate, but {name} = {values!r} was given.")
    return tuple(array.tolist())


def _fitting(values: tuple[float, ...], dimension: int, name: str) -> FloatArray:
    """Return numbers for coordinates, one for each."""
    if len(values) != dimension:
        raise ValueError(f"{name} must have one entry for each of {dimension} coordinates, but it has {len(values)}.")
    return np.array(values)


enter(Correlation(), SEuclidean(), Mahalanobis(), Canberra(), BrayCurtis(), Hamming(), Jaccard())
