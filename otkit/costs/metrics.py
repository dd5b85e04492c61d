"""The costs that users name, norms aside: cosine, haversine, any function of two points; and who is called what."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from otkit._text import shown
from otkit._typing import ArrayLike, FloatArray
from otkit.costs import pairs as pairs_module
from otkit.costs.accuracy import Accuracy
from otkit.costs.cost import Cost
from otkit.costs.evaluated import PointCosts
from otkit.costs.matrices import MatrixCosts
from otkit.costs.norms import Chebyshev, Cityblock, Euclidean, SqEuclidean
from otkit.costs.pairs import HALF_ANGLE, SUM_SQUARES, PointPairs, point_pairs
from otkit.inputs import checks
from otkit.numerics.floats import SMALLEST


@dataclass(frozen=True)
class Cosine(Cost):
    """One minus the cosine of the angle between two vectors: not a metric, the triangle inequality fails.

    It is evaluated as ½ Σ (u − v)² of the normalised vectors, so that small angles do not cancel.

    Examples
    --------
    >>> from otkit.costs import Cosine
    >>> Cosine().between([[2.0, 0.0]], [[0.0, 3.0], [1.0, 0.0]]).dense()
    array([[1., 0.]])
    """

    name = "cosine"
    is_metric = False

    def _bind(self, x: FloatArray, y: FloatArray, p: float) -> PointCosts:
        pairs = point_pairs(SUM_SQUARES, 2.0, 0.5**p, p, _directions(x, "x"), _directions(y, "y").T)
        return PointCosts(self, p, x, y, pairs)

    def accuracy(self, pairs: PointPairs, p: float, unit: float) -> Accuracy | None:
        """Return how near costs are to the p-th powers of the true ones, p = 1, 2 or 3.

        A direction is a quotient of x / largest, 1 rounding, by the root of a sum of squares of such, (d + 2) / 2 + 1
        roundings; underflow takes less than one more. So two directions, and the chord between them, are off by
        ε = 2 γ_k in all, k = (d + 2) / 2 + 4. A cost ½ r² ≤ 2 of chords r ≤ 2 is off by ½ (4 ε + ε²) < 2.1 ε, and by
        d + 2 roundings; its p-th power by less than p 2.1^(p−1) times that, and by p − 1 roundings.
        """
        if p not in (1.0, 2.0, 3.0):
            return None
        d = len(pairs.y)
        chords = 2.0 * 2.0**-53 * ((d + 3) // 2 + 4)
        off = 2.1 * chords + 2.0 * 2.0**-53 * (d + 2)
        return Accuracy(p, unit, int(p) - 1, 1.01 * p * 2.1 ** (p - 1.0) * off)


@dataclass(frozen=True)
class Haversine(Cost):
    """The great-circle distance between points given as (latitude, longitude) in degrees.

    Parameters
    ----------
    radius : float
        Radius of the sphere, and thereby the unit of the distance: by default the Earth's mean radius in kilometres.

    References
    ----------
    R. W. Sinnott, Virtues of the Haversine, Sky and Telescope 68 (1984), 159.

    Examples
    --------
    >>> from otkit.costs import Haversine
    >>> paris, london = [[48.8567, 2.3508]], [[51.5074, -0.1278]]
    >>> Haversine().between(paris, london).dense().round(1)
    array([[343.5]])
    """

    radius: float = 6371.0088

    name = "haversine"
    is_metric = True
    geographic = True
    arithmetic = "libm"

    def __post_init__(self) -> None:
        try:
            radius = float(self.radius)
        except (TypeError, ValueError):
            raise TypeError(f"radius must be a positive number, but {shown(self.radius)} was given.") from None
        if not 0.0 < radius < math.inf:
            raise ValueError(f"radius must be positive and finite, but radius = {shown(self.radius)} was given.")
        object.__setattr__(self, "radius", radius)

    def _bind(self, x: FloatArray, y: FloatArray, p: float) -> PointCosts:
        try:
            scale = (2.0 * self.radius) ** p
        except OverflowError:
            scale = math.inf
        pairs = point_pairs(HALF_ANGLE, 1.0, scale, p, _on_sphere(x, "x"), _on_sphere(y, "y").T)
        if not SMALLEST < scale < math.inf:
            raise ValueError(
                f"radius {self.radius:g} with p = {p:g} leaves the range of float64. Choose another unit of length."
            )
        return PointCosts(self, p, x, y, pairs)


@dataclass(frozen=True)
class CallableCost(Cost):
    """Any Python function of two points, as in `scipy.spatial.distance.cdist`.

    It is called once for each pair when it is bound to data, so it costs time and memory that built-in costs do not.

    Parameters
    ----------
    function : callable
        Takes two 1-D arrays, returns a finite number.
    is_metric : bool
        Whether the function is known to be a metric.

    Examples
    --------
    >>> from otkit.costs import CallableCost
    >>> CallableCost(lambda u, v: abs(u[0] - v[0])).between([0.0, 1.0], [3.0]).dense()
    array([[3.],
           [2.]])
    """

    function: Callable[[FloatArray, FloatArray], float]
    is_metric: bool = False

    compiled = False
    arithmetic = "libm"

    @property
    def name(self) -> str:  # type: ignore[override]
        """What users call it."""
        return getattr(self.function, "__name__", type(self.function).__name__)

    def _bind(self, x: FloatArray, y: FloatArray, p: float) -> MatrixCosts:
        n, m = x.shape[0], y.shape[0]
        checks.require_memory(
            8 * n * m, f"The costs of {n} × {m} pairs by a Python function", "Built-in metrics need no matrix."
        )
        matrix = np.empty((n, m))
        for i, u in enumerate(x):
            for j, v in enumerate(y):
                matrix[i, j] = self._evaluate(u, v, i, j, p)
        return MatrixCosts(matrix, metric=self, p=p, points=(x, y))

    def distances(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Return what the function says of x[k] and y[k], for each k."""
        return np.array([self._evaluate(u, v, k, k, 1.0) for k, (u, v) in enumerate(zip(x, y, strict=True))])

    def _evaluate(self, u: FloatArray, v: FloatArray, i: int, j: int, p: float) -> float:
        value = self.function(u, v)
        try:
            cost = pairs_module.power(float(value), p)
        except (TypeError, ValueError):
            raise TypeError(
                f"The cost function must return a number, but for x[{i}], y[{j}] it returned {value!r}."
            ) from None
        if not math.isfinite(cost) or (p != 1.0 and float(value) < 0.0):
            constraint = "a finite number" if p == 1.0 else f"a non-negative number with a finite {p:g}th power"
            raise ValueError(
                f"The cost function must return {constraint}, but for x[{i}], y[{j}] it returned {value!r}."
            )
        return cost


_NAMED: dict[str, Cost] = {
    cost.name: cost for cost in (Euclidean(), SqEuclidean(), Cityblock(), Chebyshev(), Cosine(), Haversine())
}

# What other libraries call them.
_ALIASES = {
    **dict.fromkeys(("l1", "manhattan", "taxicab", "city_block"), "cityblock"),
    "l2": "euclidean",
    **dict.fromkeys(("sq_euclidean", "squared_euclidean", "squaredeuclidean", "l2_squared", "sql2"), "sqeuclidean"),
    **dict.fromkeys(("linf", "l_inf", "infinity", "maximum", "supremum", "chessboard"), "chebyshev"),
    **dict.fromkeys(("great_circle", "geodesic"), "haversine"),
}


def enter(*costs: Cost) -> None:
    """Give costs the names by which `as_cost` finds them."""
    _NAMED.update((cost.name, cost) for cost in costs)


def _named(name: str) -> Cost:
    """Return the cost that a name stands for, by whichever library it is called so."""
    plain = name.strip().lower().replace(" ", "_").replace("-", "_")
    if plain.startswith("minkowski") or plain == "lp":
        raise ValueError(f"metric must say its order: write otkit.Minkowski(3) for the order 3, not {name!r}.")
    plain = _ALIASES.get(plain, plain)
    if plain in _NAMED:
        return _NAMED[plain]
    try:
        checks.require_choice(name, "metric", _NAMED)
    except ValueError as error:
        raise ValueError(f"{error} Any function of two points will do, as those of scipy.spatial.distance.") from None
    return _NAMED[name]


def as_cost(metric: str | Cost | Callable[..., Any]) -> Cost:
    """Return the cost that a name, a cost object or a function stands for.

    Examples
    --------
    >>> from otkit.costs import as_cost
    >>> as_cost("cityblock")
    Cityblock()
    """
    if isinstance(metric, Cost):
        return metric
    if isinstance(metric, str):
        return _named(metric)
    if isinstance(metric, type):
        raise TypeError(f"metric must be a cost object, but a class was given: write {metric.__name__}(…).")
    if callable(metric):
        return CallableCost(metric)
    raise TypeError(f"metric must be a name, a cost object or a function of two points, but {shown(metric)} was given.")


def cost_matrix(
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    metric: str | Cost | Callable[..., Any] = "euclidean",
    p: float = 1.0,
    w: ArrayLike | None = None,
) -> FloatArray:
    """Return the matrix of costs between two clouds.

    Coordinates are subtracted directly, so that nearby points keep their digits wherever the clouds lie, and the bits
    are the same whatever the number of threads.

    Parameters
    ----------
    x : array-like of shape (n, d) or (n,)
        Points; a 1-D array holds points on the line.
    y : array-like of shape (m, d) or (m,), optional
        Points; `x` again if omitted.
    metric : str, Cost or callable
        One of "euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine", "haversine" (latitude and longitude in
        degrees, distance in kilometres), "correlation", "seuclidean", "mahalanobis", "canberra", "braycurtis",
        "hamming" and "jaccard", a cost object such as ``Minkowski(3)``, or a function of two points. Common aliases are
        taken: "l1" and "manhattan", "l2", "linf", "squared_euclidean".
    p : float
        The cost is the p-th power of the metric, p ≥ 1.
    w : array-like of shape (d,), optional
        Weights of the coordinates: the cost is ``otkit.Weighted(metric, w)``.

    Returns
    -------
    ndarray of shape (n, m)
        Costs in float64.

    Raises
    ------
    ValueError
        If points are not finite, live in different dimensions or do not suit the metric, or if costs would overflow or
        vanish in float64.
    MemoryError
        If the matrix does not fit in memory.

    See Also
    --------
    wasserstein : solves without the matrix.
    transport : takes the matrix.

    Examples
    --------
    >>> from otkit.costs import cost_matrix
    >>> cost_matrix([[0.0, 0.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 4.0]])
    array([[0., 4.],
           [5., 3.]])
    """
    cost = as_cost(metric)
    if w is not None:
        from otkit.costs.dissimilarities import Weighted  # which rests on the metrics here

        cost = Weighted(cost, w)
    return cost.between(x, y, p=p).dense()


def _directions(points: FloatArray, name: str) -> FloatArray:
    """Return the points divided by their Euclidean norms."""
    largest = np.abs(points).max(axis=1, keepdims=True)
    if not largest.all():
        row = int(np.argmin(largest))
        raise ValueError(
            f"{name} must hold no zero vector for the cosine cost, but {name}[{row}] is zero: it has no direction."
        )
    scaled = points / largest  # no overflow or underflow in the squares
    squares = np.zeros((points.shape[0], 1))
    for k in range(points.shape[1]):  # from first to last: np.sum adds in an order of its own
        squares += scaled[:, k : k + 1] * scaled[:, k : k + 1]
    return scaled / np.sqrt(squares)


def _on_sphere(points: FloatArray, name: str) -> FloatArray:
    """Return latitude, longitude and the cosine of the latitude of each point."""
    if points.shape[1] != 2:
        raise ValueError(
            f"{name} must hold latitude and longitude in degrees for haversine, but it has {points.shape[1]} columns."
        )
    latitude = points[:, 0]
    outside = np.abs(latitude) > 90.0
    if outside.any():
        where = checks.entry(points, 2 * int(np.argmax(outside)), name)
        raise ValueError(f"{name} must have latitudes within ±90 degrees in its first column, but {where}.")
    return np.column_stack([points, np.cos(np.radians(latitude))])
