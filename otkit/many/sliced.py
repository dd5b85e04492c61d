"""Sliced Wasserstein distances: means, and maxima, of distances between projections onto lines.

On a line sorting solves the transport problem, so a million points in any dimension take seconds. What is computed is
another distance than W_p, not an approximation of it: W_p of the projections is at most W_p itself, direction by
direction. It metrises the same convergence (Bonnotte 2013; Nadjahi et al., NeurIPS 2020).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from otkit._typing import ArrayLike, FloatArray, IntArray
from otkit.costs.pairs import power
from otkit.divergences.result import Kind, in_words, interval_of
from otkit.inputs.checks import (
    as_count,
    as_float_array,
    as_power,
    as_weights,
    require_finite,
)
from otkit.inputs.frames import Missing, Reading, as_clouds
from otkit.inputs.randomness import Rng, seeded
from otkit.io.results import Result
from otkit.many.integrals import WIDTH, mean_power, quantile_integral
from otkit.measures import DiscreteMeasure, taken_apart
from otkit.numerics.jit import njit
from otkit.numerics.threads import pause, share
from otkit.numerics.threads import threads as sharing_threads
from otkit.optimal_transport.results import TransportResult
from otkit.optimal_transport.solve import wasserstein

_TILE = 256  # points that are projected onto several directions before the next ones are read
_BLOCK = 8  # directions that share a tile
_ROOM = 1 << 22  # projected coordinates that a thread holds at a time
_WORTH_A_THREAD = 20_000  # points to sort
_HALVINGS = 8  # of a step uphill before a direction counts as the best around
_LEAST_GAIN = 1e-9


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SlicedResult(Result):
    """A sliced distance.

    Attributes
    ----------
    distance : float
    kind : {"estimate", "lower_bound", "exact"}
        "estimate": a mean over random directions; "lower_bound": a maximum over the directions that were tried; "exact"
        on the line, where there is one direction, up to rounding.
    error : float
        Standard error of the mean over directions; it says nothing about what the points were sampled from.
    detail : str
        How it was found.
    p : float
    directions : ndarray, shape (k, d)
        Unit vectors.
    distances : ndarray, shape (k,)
        W_p of the projections onto each.
    seed : int or None
        What `rng=` takes to draw the same directions again; None where none were drawn, or a generator was given.
    """

    _fields_of_dict = ("distance", "error", "kind", "detail", "seed", "p", "directions", "distances")

    distance: float
    kind: Kind
    error: float
    detail: str
    p: float
    directions: FloatArray
    distances: FloatArray
    seed: int | None = None

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the ends of the interval that the distance lies in, as `DivergenceResult.interval` does."""
        low, high = interval_of(self.distance, self.error, self.kind, level)
        return float(low), float(high)

    def __float__(self) -> float:
        return self.distance

    def __str__(self) -> str:
        return in_words(self.distance, self.error, self.kind, self.detail, self.seed)

    def __repr__(self) -> str:
        return f"SlicedResult({self})"


def sliced_wasserstein(
    x: ArrayLike | DiscreteMeasure,
    y: ArrayLike | DiscreteMeasure,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    p: float = 1,
    projections: int | ArrayLike = 100,
    rng: Rng = None,
    missing: Missing = "raise",
    threads: int | None = None,
) -> SlicedResult:
    """Return the sliced Wasserstein distance SW_p, estimated over random directions, with its standard error.

    SW_p^p is the mean, over all directions θ, of W_p^p between the projections of the two sample sets onto θ. The mean
    over k random directions estimates it without bias; its p-th root is off by the error given, on average, and by a
    bias that is smaller (of order 1/k).

    Parameters
    ----------
    x, y : array-like, shapes (n, d) and (m, d), or DiscreteMeasure
        One point a row; 1-D arrays are points on the line, where nothing needs to be estimated. Columns of data frames
        are matched by name; times are points in seconds.
    a, b : array-like, shapes (n,) and (m,), optional
        Non-negative weights; each side is divided by its total. Equal weights by default.
    p : float, default 1
        The Wasserstein power, at least 1.
    projections : int or array-like of shape (k, d), default 100
        How many random directions to take, at least 2; or the directions themselves, drawn by the caller.
    rng : None, int or numpy.random.Generator, optional
        Where the randomness comes from: a number gives the same answer each time; None draws anew, and the result says
        the `seed` that gives its numbers again.
    missing : {"raise", "drop"}, default "raise"
        What to do about rows in which a coordinate or the weight is missing (NaN, None, NA, NaT or masked): refuse
        them, or leave them out and say how many.
    threads : int, optional
        Threads to use for this call; the bits of the result do not depend on it.

    Returns
    -------
    SlicedResult
        `distance`, `error` (one standard error), and `distances` along `directions`.

    Raises
    ------
    ValueError, TypeError
        Input that is not finite, negative or all-zero weights, shapes that do not fit, p < 1, fewer than 2 projections.

    See Also
    --------
    max_sliced_wasserstein : the direction that shows most.
    wasserstein : exact, in the space itself.

    References
    ----------
    N. Bonneel, J. Rabin, G. Peyré, H. Pfister, Sliced and Radon Wasserstein barycenters of measures, Journal of
    Mathematical Imaging and Vision 51 (2015), 22-45.

    Examples
    --------
    Two points at distance 5, in the plane: the mean of 5 |cos| is 10/π.

    >>> import otkit
    >>> result = otkit.sliced_wasserstein([[0.0, 0.0]], [[3.0, 4.0]], projections=4000, rng=0)
    >>> print(result)
    3.16055 ± 0.024 (estimate with its standard error; 4000 directions, p = 1; seed 0)
    """
    sides, p, shift, reading = _prepared(x, y, a, b, p, missing)
    d = sides[0].coordinates.shape[0]
    directions, seed = _directions(projections, d, rng)
    if d == 1:
        return _on_line(wasserstein(x, y, a, b, p=p, missing=missing, threads=threads))
    means = np.empty(len(directions))
    with sharing_threads(threads):
        _measure(sides, directions, p, means)
    count = len(means)
    mean = math.fsum(means) / count
    value = mean ** (1.0 / p)
    deviation = math.sqrt(math.fsum((means - mean) ** 2) / (count - 1) / count)
    return SlicedResult(
        distance=math.ldexp(value, shift),
        kind="estimate",
        error=math.ldexp(deviation / (p * value ** (p - 1.0)) if value > 0.0 else 0.0, shift),
        detail=reading.added_to(f"{count} directions, p = {p:g}"),
        seed=seed,
        p=p,
        directions=directions,
        distances=np.ldexp(means ** (1.0 / p), shift),
    )


def max_sliced_wasserstein(
    x: ArrayLike | DiscreteMeasure,
    y: ArrayLike | DiscreteMeasure,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    p: float = 2,
    starts: int = 8,
    max_iterations: int = 50,
    rng: Rng = None,
    missing: Missing = "raise",
    threads: int | None = None,
) -> SlicedResult:
    """Return a lower bound of the max-sliced Wasserstein distance, with the direction that attains it.

    The distance is the maximum, over all directions, of W_p between the projections. That is no concave problem: from
    each start, steps along the gradient go uphill until none does, and the best end is returned. It is at most the
    maximum over all directions, which in turn is at most W_p.

    Parameters
    ----------
    x, y, a, b, missing, threads
        As in `sliced_wasserstein`.
    p : float, default 2
        The Wasserstein power, at least 1.
    starts : int, default 8
        Directions to start from: that between the means, the others at random.
    max_iterations : int, default 50
        Steps from each start at most.
    rng : None, int or numpy.random.Generator, optional
        Where the randomness comes from: a number gives the same answer each time; None draws anew, and the result says
        the `seed` that gives its numbers again.

    Returns
    -------
    SlicedResult
        `distance`, of kind "lower_bound", and the direction in ``directions[0]``.

    See Also
    --------
    sliced_wasserstein : the mean over directions.

    References
    ----------
    I. Deshpande et al., Max-sliced Wasserstein distance and its use for GANs, CVPR 2019.

    Examples
    --------
    >>> import otkit
    >>> result = otkit.max_sliced_wasserstein([[0.0, 0.0]], [[3.0, 4.0]], rng=0)
    >>> print(result)
    ≥ 5 (lower bound; best of 8 starts, p = 2; seed 0)
    >>> abs(result.directions[0]).round(9).tolist()
    [0.6, 0.8]
    """
    sides, p, shift, reading = _prepared(x, y, a, b, p, missing)
    starts, max_iterations = as_count(starts, "starts"), as_count(max_iterations, "max_iterations")
    d = sides[0].coordinates.shape[0]
    generator, seed = seeded(rng)
    directions = _random_directions(starts, d, generator)
    between = sides[0].mean() - sides[1].mean()
    if between.any():
        directions[0] = between / np.sqrt(between @ between)
    means = np.empty(starts)

    def climb(start: int, stop: int) -> None:
        for k in range(start, stop):
            means[k] = _climb(sides, directions[k], p, max_iterations)

    with sharing_threads(threads):
        share(climb, starts, 1, 1 + sum(side.size for side in sides) // _WORTH_A_THREAD)
    best = int(means.argmax())
    distance = math.ldexp(float(means[best]) ** (1.0 / p), shift)
    return SlicedResult(
        distance=distance,
        kind="lower_bound",
        error=0.0,
        detail=reading.added_to(f"best of {starts} starts, p = {p:g}"),
        seed=seed,
        p=p,
        directions=directions[best : best + 1],
        distances=np.array([distance]),
    )


# --- points and directions ------------------------------------------------------------------------------------------


class _Side:
    """Points by coordinates, (d, n), and their weights; None if equal."""

    def __init__(self, points: FloatArray, weights: FloatArray | None, shift: int) -> None:
        self.coordinates = np.ascontiguousarray(np.ldexp(points, -shift).T)
        self.size = len(points)
        self.weights = None if weights is None or (weights == weights[0]).all() else weights
        self.levels = np.arange(1, self.size + 1) / self.size

    def project(self, directions: FloatArray) -> FloatArray:
        """Return the coordinates of all points along directions, (k, n)."""
        out = np.empty((len(directions), self.size))
        _project(self.coordinates, directions, out)
        return out

    def sort(self, projected: FloatArray) -> FloatArray:
        """Sort coordinates along one direction in place; return how much weight, of one, lies up to each."""
        if self.weights is None:
            projected.sort()
            return self.levels
        order = np.argsort(projected)
        projected[:] = projected[order]
        return self.levels_in(order)

    def levels_in(self, order: IntArray) -> FloatArray:
        """Return how much weight, of one, lies up to each point in some order."""
        if self.weights is None:
            return self.levels
        levels = np.cumsum(self.weights[order])
        levels /= levels[-1]
        return levels

    def mean(self) -> FloatArray:
        """Return the weighted mean of the points."""
        return np.average(self.coordinates, axis=1, weights=self.weights)


def _prepared(
    x: ArrayLike | DiscreteMeasure,
    y: ArrayLike | DiscreteMeasure,
    a: ArrayLike | None,
    b: ArrayLike | None,
    p: float,
    missing: Missing,
) -> tuple[tuple[_Side, _Side], float, int, Reading]:
    """Return checked sides, in units of a power of two near the largest coordinate, p, that power, and the reading."""
    (x, a), (y, b) = taken_apart(x, a, "x", "a"), taken_apart(y, b, "y", "b")
    clouds = as_clouds({"x": x, "y": y}, {"a": a, "b": b}, missing=missing)
    points = clouds.points
    weights = [
        None if given is None else as_weights(given, name, len(cloud))
        for name, given, cloud in zip("ab", clouds.weights, points, strict=True)
    ]
    shift = math.frexp(max(float(np.abs(cloud).max()) for cloud in points))[1]
    shares = [None if w is None else np.ldexp(w, -math.frexp(float(w.max()))[1]) for w in weights]
    one, other = (_Side(cloud, share, shift) for cloud, share in zip(points, shares, strict=True))
    return (one, other), as_power(p), shift, clouds.reading


def _directions(projections: int | ArrayLike, d: int, rng: Rng) -> tuple[FloatArray, int | None]:
    """Return unit vectors, and the seed that they were drawn with, if they were."""
    if np.ndim(projections) == 0:
        count = as_count(projections, "projections")
        if count < 2:
            raise ValueError("projections must be at least 2, for a standard error, but projections = 1 was given.")
        generator, seed = seeded(rng)
        return _random_directions(count, d, generator), seed
    given = as_float_array(projections, "projections")
    if given.ndim != 2 or given.shape[1] != d or len(given) < 2:
        raise ValueError(
            f"projections must have shape (k, {d}), one direction a row and 2 at least, but its shape is {given.shape}."
        )
    require_finite(given, "projections")
    lengths = np.sqrt((given * given).sum(axis=1))
    if not lengths.all():
        raise ValueError(f"projections must be directions, but projections[{int(lengths.argmin())}] is zero.")
    return given / lengths[:, None], None


def _on_line(result: TransportResult) -> SlicedResult:
    """Return W_p itself, which all directions of the line agree on."""
    value, p, certificate = result.distance, result.problem.cost.p, result.certificate
    ends = [result.problem.cost.root(max(0.0, end)) for end in (certificate.lower, certificate.upper)]
    error = max(abs(value - end) for end in ends) + 2.0 * math.ulp(value)
    return SlicedResult(
        distance=value,
        kind="exact",
        error=error,
        detail=result.problem.cost.reading.added_to(f"on the line, p = {p:g}"),
        p=p,
        directions=np.ones((1, 1)),
        distances=np.array([value]),
    )


def _random_directions(count: int, d: int, rng: np.random.Generator) -> FloatArray:
    """Return directions from the uniform distribution: normal vectors, normalised."""
    vectors = rng.standard_normal((count, d))
    return vectors / np.sqrt((vectors * vectors).sum(axis=1))[:, None]


# --- the mean over directions ---------------------------------------------------------------------------------------


def _measure(sides: tuple[_Side, _Side], directions: FloatArray, p: float, means: FloatArray) -> None:
    """Write W_p^p along each direction. Each has its own sums, so that neither blocks nor threads change bits."""
    size = sum(side.size for side in sides)
    block = max(1, min(_BLOCK, _ROOM // size))
    paired = sides[0].size == sides[1].size and sides[0].weights is None and sides[1].weights is None

    def work(start: int, stop: int) -> None:
        terms = np.empty(WIDTH)
        for low in range(start, stop, block):
            pause()
            high = min(stop, low + block)
            lines = [side.project(directions[low:high]) for side in sides]
            for k in range(high - low):
                x, y = lines[0][k], lines[1][k]
                x_levels, y_levels = sides[0].sort(x), sides[1].sort(y)
                if paired:
                    means[low + k] = mean_power(x, y, p, terms)
                else:
                    total, errors, _ = quantile_integral(x, y, x_levels, y_levels, p, 0.0)
                    means[low + k] = total + errors

    share(work, len(directions), block, 1 + size * len(directions) // _WORTH_A_THREAD)


@njit
def _project(coordinates: FloatArray, directions: FloatArray, out: FloatArray) -> None:
    """Write Σ_k θ_k x_k, from the first coordinate to the last."""
    d, n = coordinates.shape
    for left in range(0, n, _TILE):
        for k in range(d):
            points = coordinates[k, left : min(n, left + _TILE)]
            for r in range(len(directions)):
                factor, target = directions[r, k], out[r, left : min(n, left + _TILE)]
                if k == 0:
                    for c in range(np.uint32(points.size)):
                        target[c] = factor * points[c]
                else:
                    for c in range(np.uint32(points.size)):
                        target[c] += factor * points[c]


# --- the best direction ---------------------------------------------------------------------------------------------


def _climb(sides: tuple[_Side, _Side], direction: FloatArray, p: float, max_iterations: int) -> float:
    """Move a direction uphill, in place, and return W_p^p there.

    Where the optimal plan stays the same, W_p^p is a convex function of θ, homogeneous of degree p, so that the longest
    step, to the direction of the gradient itself, is the best one (the power method, for p = 2). Where it does not, the
    step is halved until it leads uphill.
    """
    value, gradient = _slope(sides, direction, p)
    for _ in range(max_iterations):
        pause()
        length = math.sqrt(float(gradient @ gradient))
        if not length > 0.0:
            break
        share_of_old = 0.0
        for _ in range(_HALVINGS):
            step = (1.0 - share_of_old) / length * gradient + share_of_old * direction
            step /= math.sqrt(float(step @ step))
            next_value, next_gradient = _slope(sides, step, p)
            if next_value > value:
                break
            share_of_old = 0.5 * (1.0 + share_of_old)
        else:
            break
        gain, value, gradient = next_value - value, next_value, next_gradient
        direction[:] = step
        if gain <= _LEAST_GAIN * value:
            break
    return value


def _slope(sides: tuple[_Side, _Side], direction: FloatArray, p: float) -> tuple[float, FloatArray]:
    """Return W_p^p along a direction and its gradient there, the optimal plan being kept."""
    lines = [side.project(direction[None])[0] for side in sides]
    orders = [np.argsort(line) for line in lines]
    levels = [side.levels_in(order) for side, order in zip(sides, orders, strict=True)]
    pulls = [np.zeros(side.size) for side in sides]
    value = _pull(lines[0], lines[1], orders[0], orders[1], levels[0], levels[1], p, pulls[0], pulls[1])
    gradient = np.empty(direction.size)
    _add_up(sides[0].coordinates, pulls[0], sides[1].coordinates, pulls[1], gradient)
    return value, gradient


@njit
def _pull(
    x: FloatArray,
    y: FloatArray,
    x_order: IntArray,
    y_order: IntArray,
    x_levels: FloatArray,
    y_levels: FloatArray,
    p: float,
    x_pull: FloatArray,
    y_pull: FloatArray,
) -> float:
    """Return ∫ |F⁻¹ − G⁻¹|^p, and add to each point its derivative with respect to the point's coordinate."""
    total = level = 0.0
    i = j = 0
    while i < x.size and j < y.size:
        u, v = x_order[i], y_order[j]
        before, level = level, min(x_levels[i], y_levels[j])
        distance = abs(x[u] - y[v])
        total += (level - before) * power(distance, p)
        if distance > 0.0:
            slope = (level - before) * p * (1.0 if p == 1.0 else power(distance, p - 1.0))
            slope = slope if x[u] > y[v] else -slope
            x_pull[u] += slope
            y_pull[v] -= slope
        i, j = i + (x_levels[i] <= level), j + (y_levels[j] <= level)
    return total


@njit
def _add_up(x: FloatArray, x_pull: FloatArray, y: FloatArray, y_pull: FloatArray, gradient: FloatArray) -> None:
    """Write Σ pull · point over both sides, coordinate by coordinate."""
    for k in range(gradient.size):
        total = 0.0
        for i in range(x_pull.size):
            total += x_pull[i] * x[k, i]
        for j in range(y_pull.size):
            total += y_pull[j] * y[k, j]
        gradient[k] = total
