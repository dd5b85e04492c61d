"""How near costs are to the true distances: roundings counted, against mpmath; and W_p of the points themselves."""

from __future__ import annotations

import itertools
import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import otkit
from otkit.costs import accuracy, as_cost
from otkit.costs.accuracy import Accuracy

PRECISION = 600
METRICS = ("euclidean", "sqeuclidean", "cityblock", "chebyshev", otkit.Minkowski(3), "cosine")
DIMENSIONS = (1, 2, 3, 7, 16)
CASES = [
    (metric, p, d)
    for metric in METRICS
    for p in (1.0, 1.5, 2.0, 3.0, 6.0)
    for d in DIMENSIONS
    if as_cost(metric).between(np.ones((1, d)), np.full((1, d), 2.0), p=p).accuracy is not None
]


def pairs_of_points(rng: np.random.Generator, size: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of points: ordinary, nearly equal, on a grid, and with coordinates of unlike sizes."""
    x, y = rng.normal(size=(2, size, d))
    quarter = size // 4
    y[:quarter] = x[:quarter] * (1.0 + rng.integers(-9, 10, size=(quarter, d)) * 2.0**-52)
    x[quarter : 2 * quarter], y[quarter : 2 * quarter] = rng.integers(-40, 41, size=(2, quarter, d))
    spread = 10.0 ** rng.uniform(-12.0, 12.0, size=(2, quarter, d))
    x[-quarter:], y[-quarter:] = x[-quarter:] * spread[0], y[-quarter:] * spread[1]
    x[(x == 0.0).all(axis=1)] = y[(y == 0.0).all(axis=1)] = 1.0  # which have a direction
    return x, y


def true_power(metric, p: float, x: np.ndarray, y: np.ndarray) -> mpmath.mpf:
    """Return the p-th power of a distance, from its textbook definition."""
    u, v = [mpmath.mpf(t) for t in x.tolist()], [mpmath.mpf(t) for t in y.tolist()]
    apart = [abs(s - t) for s, t in zip(u, v, strict=True)]
    if metric == "cosine":
        dot = mpmath.fsum(s * t for s, t in zip(u, v, strict=True))
        lengths = mpmath.sqrt(mpmath.fsum(s * s for s in u) * mpmath.fsum(t * t for t in v))
        return (1 - dot / lengths) ** mpmath.mpf(p)
    if metric == "chebyshev":
        distance = max(apart)
    else:
        order = {"euclidean": 2, "sqeuclidean": 2, "cityblock": 1}.get(metric, 3)
        distance = mpmath.root(mpmath.fsum(t**order for t in apart), order)
    return distance ** (mpmath.mpf(p) * (2 if metric == "sqeuclidean" else 1))


def worst(metric, p: float, d: int, size: int) -> float:
    """Return the largest error of costs in roundings, once all are seen to keep to the bound."""
    rng = np.random.default_rng(d)
    x, y = pairs_of_points(rng, size, d)
    most = 0.0
    for exponent in (0, -40, 40):  # of one power of two for all points: relative errors do not change
        scale = 2.0**exponent
        cost = as_cost(metric).between(x * scale, y * scale, p=p)
        known = cost.accuracy
        assert known is not None
        part = range(size) if exponent == 0 else range(0, size, 8)
        for k, evaluated in zip(part, cost.at(part, part).tolist(), strict=True):
            true = true_power(metric, p, x[k] * scale, y[k] * scale)
            off, unit = abs(mpmath.mpf(evaluated) - true), mpmath.mpf(2) ** -53
            gamma = known.roundings * unit / (1 - known.roundings * unit)
            assert off <= gamma * true + mpmath.mpf(known.absolute), (metric, p, x[k], y[k])
            if true > 0 and known.absolute == 0.0:
                most = max(most, float(off / (true * unit)))
    return most


@pytest.mark.parametrize(("metric", "p", "d"), CASES, ids=str)
def test_roundings_are_counted(metric, p, d):
    with mpmath.workprec(PRECISION):
        most = worst(metric, p, d, 120)
    if metric != "cosine":
        assert most > 0.4  # the errors are there, and some are seen


@pytest.mark.slow
@pytest.mark.parametrize(("metric", "p", "d"), CASES, ids=str)
def test_roundings_are_counted_for_ten_thousand_pairs(metric, p, d):
    with mpmath.workprec(PRECISION):
        worst(metric, p, d, 10_000)


def test_a_bound_that_is_too_low_is_seen():
    with mpmath.workprec(PRECISION), pytest.MonkeyPatch.context() as patch:
        patch.setattr(accuracy, "roundings_of_power", lambda terms, exponent: 0)
        with pytest.raises(AssertionError):
            worst("euclidean", 1.0, 3, 120)


@pytest.mark.parametrize(
    "cost",
    [
        otkit.Haversine().between([[1.0, 2.0]], [[3.0, 4.0]]),
        otkit.Euclidean().between([[1.0, 2.0]], [[3.0, 5.0]], p=1.7),
        otkit.Minkowski(1.3).between([[1.0, 2.0]], [[3.0, 5.0]]),
        otkit.Minkowski(3).between([[1.0, 2.0]], [[3.0, 5.0]]),  # a cube root
        otkit.Euclidean().between([[1e-170, 2.0]], [[3.0, 5.0]]),  # a square may underflow
        otkit.Cosine().between([[1.0, 2.0]], [[3.0, 5.0]], p=1.5),
        otkit.CallableCost(lambda u, v: 1.0).between([[1.0, 2.0]], [[3.0, 5.0]]),
        otkit.costs.bind([[1.0]]),
    ],
    ids=repr,
)
def test_nothing_is_said_where_nothing_is_known(cost):
    assert cost.accuracy is None
    result = otkit.transport(otkit.TransportProblem(cost, probability=True))
    assert result.certificate.distance_interval is None
    assert "of these points" not in result.certificate.statement


def test_masses_that_are_no_shares_have_no_distance():
    problem = otkit.TransportProblem(otkit.Euclidean().between([[0.0, 0.0]], [[3.0, 4.0]]), [2.0], [2.0])
    assert otkit.transport(problem).certificate.distance_interval is None


COORDINATES = st.one_of(
    st.integers(-3, 3).map(float),
    st.floats(-1e3, 1e3, allow_subnormal=False).filter(lambda t: abs(t) > 1e-12 or t == 0.0),
)


@given(st.data())
def test_the_true_distance_lies_inside(data):
    """By brute force over all assignments, in 600 bits."""
    n, d = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 3))
    x, y = (
        np.array(data.draw(st.lists(st.lists(COORDINATES, min_size=d, max_size=d), min_size=n, max_size=n)))
        for _ in range(2)
    )
    metric, p = data.draw(st.sampled_from(METRICS[:4])), data.draw(st.sampled_from([1.0, 2.0, 3.0]))
    scale = 2.0 ** data.draw(st.sampled_from([-60, 0, 60]))
    result = otkit.wasserstein(x * scale, y * scale, metric=metric, p=p)
    interval = result.certificate.distance_interval
    assert interval is not None
    with mpmath.workprec(PRECISION):
        table = [[true_power(metric, p, u, v) for v in y * scale] for u in x * scale]
        plans = itertools.permutations(range(n))
        least = min(mpmath.fsum(table[i][j] for i, j in enumerate(plan)) for plan in plans) / n
        true = mpmath.root(least, int(p))
        assert mpmath.mpf(interval[0]) <= true <= mpmath.mpf(interval[1])
    ulp = math.ulp(interval[1])
    assert interval[1] - interval[0] <= 80 * ulp
    on_line = result.method == "line"
    assert interval[1] - interval[0] <= (ulp if on_line and p == 1.0 else math.inf)


def test_the_line_has_no_roundings():
    exact = otkit.wasserstein([0.1, 0.7], [0.3, 0.4]).certificate
    low, high = exact.distance_interval
    assert high == math.nextafter(low, math.inf)
    assert exact.statement.endswith(f"; W_1 of these points lies in [{low!r}, {high!r}]")
    assert otkit.wasserstein([0.0], [3.0], p=2).certificate.statement.endswith("; W_2 of these points is 3.0")


def test_other_units_of_length():
    far = otkit.wasserstein([[0.0, 0.0]], [[3e-209, 4e-209]], p=2)
    assert far.problem.cost.unit != 1.0
    with mpmath.workprec(PRECISION):
        true = true_power("euclidean", 1.0, np.array([0.0, 0.0]), np.array([3e-209, 4e-209]))
        low, high = map(mpmath.mpf, far.certificate.distance_interval)
        assert low <= true <= high <= low * (1 + mpmath.mpf(2) ** -48)


@given(
    st.fractions(0, 10).filter(lambda v: v > 0),
    st.sampled_from([1.0, 1.5, 2.0, 3.0, 6.0, 700.0]),
    st.sampled_from([1.0, 2.0**-30, 2.0**200]),
)
def test_roots_are_rounded_outward(value, p, unit):
    value = float(value)
    low, high = Accuracy(p, unit).distance_interval(value, value)
    with mpmath.workprec(PRECISION):
        true = mpmath.mpf(unit) * mpmath.mpf(value) ** (1 / mpmath.mpf(p))
        error = mpmath.mpf(2) ** (60 - PRECISION)
        assert mpmath.mpf(low) <= true * (1 + error)
        assert true * (1 - error) <= mpmath.mpf(high)
    assert high in (low, math.nextafter(low, math.inf))


def test_intervals_that_are_not_tight():
    known = Accuracy(2.0, 1.0, 4)
    assert known.distance_interval(-1.0, 4.0) == (0.0, math.nextafter(math.nextafter(2.0, 3.0), 3.0))
    assert known.distance_interval(-math.inf, math.inf) == (0.0, math.inf)
    assert known.distance_interval(0.0, 0.0) == (0.0, 0.0)
    largest = math.nextafter(math.inf, 0.0)
    assert Accuracy(1.0, 1.0, 4).distance_interval(1.0, largest)[1] == math.inf
