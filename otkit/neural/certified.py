"""What a critic proves about W_1 of two sample sets, whoever trained it: bounds that hold for any function.

Let L be the largest (φ(x_i) − φ(y_j)) / d(x_i, y_j) over all pairs. Then f = φ/L and g = −φ/L satisfy f_i + g_j ≤ d_ij,
so that (E_P φ − E_Q φ)/L ≤ W_1 by weak duality. Nothing else is asked of φ: a critic of any size and slope gives a
bound, which is good where the critic is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.checker.audit import certify
from otkit.checker.error_bounds import exact_masses, exponent
from otkit.checker.lower_bound import weigh_potentials
from otkit.costs import Cost, as_cost
from otkit.inputs.checks import as_float_array, entry
from otkit.inputs.frames import NOTHING, Missing, Reading, as_clouds
from otkit.io.results import Result
from otkit.numerics.floats import EPS, LEAST
from otkit.numerics.sums import accurate_dot
from otkit.problem import TransportProblem

Critic = Callable[[FloatArray], Any]

# Slopes are quotients of a difference, rounded, and a cost, rounded, and were compared by rounded products: six units
# of roundoff at most.
_SLOPE_ERROR = 1.0 + 4.0 * EPS


@dataclass(frozen=True)
class CriticBounds(Result):
    """What a critic says about W_1 of two sample sets, and what it proves.

    Attributes
    ----------
    raw : float
        E_P φ − E_Q φ. No bound of anything by itself: φ may be steep.
    lipschitz : float
        The largest (φ(x_i) − φ(y_j)) / d(x_i, y_j) over all pairs with mass, at least 0: all that duality asks of φ.
    pooled_slope : float
        The largest |φ(u) − φ(v)| / d(u, v) over all pairs of points, of either sample.
    lower_bound : float
        max(0, raw / lipschitz), rounded down: W_1 of the two sample sets is no less, whatever the critic.
    c_transform_bound : float
        The lower bound of φ / lipschitz after a c-transform. It is never below `lower_bound`, but says less about the
        critic, since the transform does well even with φ = 0.
    reading : Reading
        How the sample sets were read, in words.
    """

    _fields_of_dict = ("raw", "lipschitz", "pooled_slope", "lower_bound", "c_transform_bound")

    raw: float
    lipschitz: float
    pooled_slope: float
    lower_bound: float
    c_transform_bound: float
    reading: Reading = field(default=NOTHING, kw_only=True)


def critic_bounds(
    critic: Critic,
    x: ArrayLike,
    y: ArrayLike,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    metric: str | Cost = "euclidean",
    missing: Missing = "raise",
) -> CriticBounds:
    """Return what a critic proves about W_1 between two sample sets: a lower bound for any function φ.

    Parameters
    ----------
    critic : callable
        φ: takes points of shape (k, d) and returns k finite numbers. A network of any library will do.
    x, y : array-like, shape (n, d) and (m, d)
        The sample sets; (n,) on the line.
    a, b : array-like, shapes (n,) and (m,), optional
        Weights, which count relative to their total; equal by default.
    metric : str or Cost
        The distance d, a metric.
    missing : {"raise", "drop"}, default "raise"
        What to do about rows in which a coordinate or the weight is missing (NaN, None, NA, NaT or masked): refuse
        them, or leave them out and say how many.

    Returns
    -------
    CriticBounds
        `lower_bound` and `c_transform_bound` hold for real numbers, of the distances as float64 evaluates them.

    Raises
    ------
    ValueError
        NaN from the critic, another number of outputs than points, unequal dimensions, a cost that is no metric.

    Notes
    -----
    All pairs are swept in blocks, in no more memory than the points take. Equal points are given to the critic once, so
    that they have one value.

    Examples
    --------
    A function of slope 2 along the line, then one that is a hundred times as steep:

    >>> from otkit.neural import critic_bounds
    >>> for slope in (2, 200):
    ...     bounds = critic_bounds(lambda z: -slope * z[:, 0], [0.0, 1.0, 3.0], [5.0, 6.0, 8.0])
    ...     print(round(bounds.raw, 9), bounds.lipschitz, round(bounds.lower_bound, 12))
    10.0 2.0 5.0
    1000.0 200.0 5.0
    """
    return bounds_of(critic, between(x, y, a, b, as_metric(metric), missing))


def as_metric(metric: str | Cost) -> Cost:
    """Return a cost that satisfies the triangle inequality; refuse others."""
    cost = as_cost(metric)
    if not cost.is_metric:
        raise ValueError(
            "metric must be a metric, since a critic is one function on one space, but "
            f"{cost.name} is not known to satisfy the triangle inequality."
        )
    return cost


def between(
    x: ArrayLike, y: ArrayLike, a: ArrayLike | None, b: ArrayLike | None, metric: Cost, missing: Missing
) -> TransportProblem:
    """Return the problem between two weighted samples, without the points that carry no mass: no price is theirs.

    A critic is a function of points as they are: no origin is subtracted.
    """
    clouds = as_clouds({"x": x, "y": y}, {"a": a, "b": b}, missing=missing, invariant=False)
    problem = TransportProblem(metric.bound(clouds), *clouds.weights, probability=True)
    rows, cols = np.flatnonzero(problem.a), np.flatnonzero(problem.b)
    if (rows.size, cols.size) == problem.shape:
        return problem
    cost = problem.cost.restrict(rows, cols)
    cost.reading = clouds.reading
    return TransportProblem(cost, problem.a[rows], problem.b[cols], probability=True)


def bounds_of(critic: Critic, problem: TransportProblem) -> CriticBounds:
    """Return what a critic proves about a problem between points that all carry mass, as probability measures."""
    x, y = clouds(problem)
    u, v = values_at(critic, x, y)
    raw = accurate_dot(u, problem.supply) - accurate_dot(v, problem.demand)
    (f, g), shift = _near_one(u, v)
    slope = problem.cost.steepest_slope(f, g, falling=True)
    metric = problem.cost.metric
    assert metric is not None  # as there are points
    pooled, values = metric.between(np.concatenate([x, y])), np.concatenate([f, g])
    lower = _lower_bound(problem, f, g, slope)
    scale = slope if 0.0 < slope < math.inf else math.inf  # a critic that falls nowhere, or jumps, is taken as φ = 0
    transformed = certify(problem, potentials=(f / scale, -g / scale)).lower
    return CriticBounds(
        raw=raw,
        lipschitz=math.ldexp(slope, shift),
        pooled_slope=math.ldexp(pooled.steepest_slope(values, values), shift),
        lower_bound=lower,
        c_transform_bound=max(lower, transformed),
        reading=problem.cost.reading,
    )


def clouds(problem: TransportProblem) -> tuple[FloatArray, FloatArray]:
    """Return the points of a problem between points."""
    points = problem.cost.points
    if points is None:
        raise ValueError("problem must be between points for a critic, but its cost was given as a matrix.")
    return points


def values_at(critic: Critic, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return φ at the points of both clouds; equal points are evaluated once, so that rounding can't part them."""
    pooled = np.concatenate([x, y]) + 0.0  # −0 is 0
    places, which = np.unique(pooled, axis=0, return_inverse=True)
    values = as_float_array(critic(places), "critic(points)")
    if values.shape not in ((len(places),), (len(places), 1)):
        raise ValueError(
            f"critic must return one number for each point, but for points of shape {places.shape} it returned an "
            f"array of shape {values.shape}."
        )
    values = values.reshape(-1)
    finite = np.isfinite(values)
    if not finite.all():
        raise ValueError(f"critic must be finite, but {entry(values, int(np.argmin(finite)), 'critic(points)')}.")
    values = values[which.reshape(-1)]
    return values[: len(x)], values[len(x) :]


def _near_one(u: FloatArray, v: FloatArray) -> tuple[tuple[FloatArray, FloatArray], int]:
    """Return values without their common part, divided by a power of two to lie near 1, and its exponent.

    What is proved, is proved of the numbers returned. They are 0 or at least 2⁻¹⁰⁰, so that no difference is subnormal.
    """
    values = np.concatenate([u, v])
    values = values - (values.min() / 2.0 + values.max() / 2.0)
    shift = exponent(values)
    values = np.ldexp(values, -shift)
    values[np.abs(values) < 2.0**-100] = 0.0
    return (values[: u.size], values[u.size :]), shift


def _lower_bound(problem: TransportProblem, f: FloatArray, g: FloatArray, slope: float) -> float:
    """Return max(0, (E_P f − E_Q g) / slope), rounded down."""
    masses = exact_masses(problem)
    rise = weigh_potentials(problem, masses, f, -g, (f, -g), added=False, missed=0.0).by_rows
    if not (rise > 0.0 and 0.0 < slope < math.inf):
        return 0.0
    steepest = math.nextafter((slope + LEAST) * _SLOPE_ERROR, math.inf)
    return max(0.0, math.nextafter(rise / steepest, 0.0))
