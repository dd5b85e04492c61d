"""Barycenters of k points that may lie anywhere, for squared Euclidean costs.

Given plans to the measures, the best place of each point is the mean of what it is shipped to; given places, the best
plans are optimal ones. Taking turns lowers Σ_k λ_k W_2²(ν, μ_k) at every step until nothing moves, after finitely many
(Cuturi & Doucet, *Fast computation of Wasserstein barycenters*, ICML 2014; Anderes, Borgwardt & Miller, Math. Methods
Oper. Res. 84, 2016). Where it ends depends on where it began: the best of several starts is kept, and how far it may be
from the best measure there is, is proved. With |x_j − x_k|² the squared distances within a tuple of points,

    min_z Σ_k λ_k |z − x_k|² = Σ_{j<k} λ_j λ_k |x_j − x_k|²,

so that no measure, of any number of points, has less than Σ_{j<k} λ_j λ_k W_2²(μ_j, μ_k).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs import SqEuclidean
from otkit.many.all_pairs import pairwise
from otkit.measures import DiscreteMeasure
from otkit.numerics.floats import EPS
from otkit.optimal_transport.results import TransportResult
from otkit.optimal_transport.settings import Settings
from otkit.optimal_transport.solve import solve_problem
from otkit.problem import TransportProblem

_U = 0.5 * EPS
_ROUNDS = 200  # of each start; one ends far earlier, when nothing moves
_STILL = 1e-12  # the share of the value that a round must gain to be followed by another
_COST = SqEuclidean()


class Found(NamedTuple):
    """Points, their masses, the value round by round, and the lower bound over all measures."""

    points: FloatArray
    masses: FloatArray
    history: tuple[float, ...]
    lower: float


def of_two(clouds: list[DiscreteMeasure], shares: FloatArray, most: int) -> Found | None:
    """Return the barycenter of two measures, which lies on the way between them; None if it has too many points.

    Every pair of the plan has its own mean, and no measure does better (the identity above).
    """
    (x, y), (mine, other) = clouds, shares
    result = solve_problem(TransportProblem(_COST.between(x.points, y.points), x.weights, y.weights, probability=True))
    plan = result.candidate
    used = plan.mass > 0.0
    points = mine * x.points[plan.rows[used]] + other * y.points[plan.cols[used]]
    points, place = np.unique(points, axis=0, return_inverse=True)
    if len(points) > most:
        return None
    masses = np.bincount(place.ravel(), weights=plan.mass[used])
    lower = mine * other * result.certificate.lower * (1.0 - 8.0 * _U)
    return Found(points, masses / math.fsum(masses), (), lower)


def on_line(barycenter: DiscreteMeasure, lower: float, size: int) -> Found:
    """Return the best measure of `size` points of equal mass on the line.

    Σ_k λ_k ∫ (q − q_k)² is ∫ (q − mean of the q_k)² and what the barycenter has: so the best constant on each of `size`
    equal parts of the levels is the mean of the barycenter's quantiles there.
    """
    points, masses = barycenter.points, barycenter.weights
    order = np.argsort(points[:, 0], kind="stable")
    levels = np.append(0.0, np.cumsum(masses[order]))
    origin = float(points[order[0], 0])
    area = np.append(0.0, np.cumsum(masses[order] * (points[order, 0] - origin)))
    cuts = np.arange(size + 1) / size * levels[-1]
    means = origin + np.diff(np.interp(cuts, levels, area)) * size / levels[-1]
    places, counts = np.unique(means, return_counts=True)
    return Found(places[:, None], counts / size, (), lower)


def by_turns(
    clouds: list[DiscreteMeasure], shares: FloatArray, size: int, starts: int, rng: np.random.Generator
) -> Found:
    """Return the best measure of `size` points of equal mass that some starts lead to."""
    pooled = np.concatenate([cloud.points for cloud in clouds])
    chances = np.concatenate(
        [share * cloud.weights / math.fsum(cloud.weights) for share, cloud in zip(shares, clouds, strict=True)]
    )
    chances /= chances.sum()
    best: Found | None = None
    for _ in range(starts):
        drawn = pooled[_drawn(chances, size, rng)]
        points, history = _turns(clouds, shares, drawn)
        if best is None or history[-1] < best.history[-1]:
            best = Found(points, np.full(size, 1.0 / size), history, 0.0)
    assert best is not None
    return best._replace(lower=_least(clouds, shares))


def _drawn(chances: FloatArray, size: int, rng: np.random.Generator) -> IntArray:
    """Return random places, each at most once as far as there are enough with mass."""
    again = int(np.count_nonzero(chances)) < size
    return np.asarray(rng.choice(chances.size, size, replace=again, p=chances))


def _turns(
    clouds: list[DiscreteMeasure], shares: FloatArray, points: FloatArray
) -> tuple[FloatArray, tuple[float, ...]]:
    """Take turns until nothing moves; return the points, and the value before each of the rounds."""
    masses = np.full(len(points), 1.0 / len(points))
    plans: list[TransportResult | None] = [None] * len(clouds)
    history: list[float] = []
    before = points
    while True:
        found = [
            solve_problem(
                TransportProblem(_COST.between(cloud.points, points), cloud.weights, masses, probability=True),
                Settings(warm_start=_prices(plan)),
            )
            for cloud, plan in zip(clouds, plans, strict=True)
        ]
        value = math.fsum(share * result.value for share, result in zip(shares, found, strict=True))
        if history and not value < history[-1]:
            return before, tuple(history)
        still = bool(history) and history[-1] - value <= _STILL * value
        history.append(value)
        if still or len(history) == _ROUNDS:
            return points, tuple(history)
        before, points, plans = points, _means(clouds, shares, found, len(points)), list(found)


def _prices(plan: TransportResult | None) -> TransportResult | None:
    """Return what the last round knows, where the problem is large enough for a warm start to pay."""
    return plan if plan is not None and plan.method == "simplex" else None


def _means(clouds: list[DiscreteMeasure], shares: FloatArray, found: list[TransportResult], size: int) -> FloatArray:
    """Return the mean, over all measures, of what each point of the barycenter is shipped to."""
    total = np.zeros((size, clouds[0].points.shape[1]))
    masses = np.zeros(size)
    for cloud, share, result in zip(clouds, shares, found, strict=True):
        plan = result.candidate
        np.add.at(total, plan.cols, (share * plan.mass)[:, None] * cloud.points[plan.rows])
        np.add.at(masses, plan.cols, share * plan.mass)
    means: FloatArray = total / masses[:, None]
    return means


def _least(clouds: list[DiscreteMeasure], shares: FloatArray) -> float:
    """Return Σ_{j<k} λ_j λ_k W_2²(μ_j, μ_k), rounded down."""
    if len(clouds) == 1:
        return 0.0
    found = pairwise(clouds, p=2)
    squares = np.maximum(np.asarray(found.lower), 0.0) ** 2
    terms = [shares[j] * shares[k] * squares[j, k] for j in range(len(clouds)) for k in range(j + 1, len(clouds))]
    return math.fsum(terms) * (1.0 - 16.0 * _U)
