"""Intervals of Wasserstein distances: they hold what they are for, in units of the data, and say what they can't."""

from __future__ import annotations

import numpy as np
import pytest

import otkit
from otkit.many.subsets import Pool
from otkit.numerics.threads import threads


def normal(rng, n, d, shift):
    x, y = rng.normal(size=(n, d)), rng.normal(size=(n, d))
    y[:, 0] += shift
    return x, y


@pytest.mark.parametrize(("d", "p"), [(1, 1.0), (1, 2.0), (2, 1.0), (3, 2.0)])
def test_distances_of_subsets_are_those_of_the_front_door(rng, d, p, monkeypatch):
    points = rng.normal(size=(30, d))
    rows, cols = (np.array([rng.choice(30, size, replace=False) for _ in range(3)]) for size in (7, 9))
    expected = [otkit.wasserstein(points[i], points[j], p=p).value for i, j in zip(rows, cols, strict=True)]
    metric = otkit.costs.Euclidean()
    np.testing.assert_allclose(Pool(points, metric, p).between(rows, cols), expected, rtol=1e-12)
    monkeypatch.setattr("otkit.many.subsets._KEPT", 0)  # as for many points
    np.testing.assert_allclose(Pool(points, metric, p).between(rows, cols), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("d", "shift", "population"), [(1, 0.5, False), (1, 0.3, True), (2, 0.0, True), (2, 1.0, True), (3, 0.5, True)]
)
def test_coverage(d, shift, population):
    """Where distance and noise are of one size the true level is some 90 %: then 38 of 50 miss it once in 300 times."""
    rng = np.random.default_rng(7)
    found = [
        otkit.wasserstein_interval(*normal(rng, 60, d, shift), population=population, subsamples=32, rng=0)
        for _ in range(50)
    ]
    truth = shift if population else float(np.mean([each.distance for each in found]))
    assert sum(each.lower <= truth <= each.upper for each in found) > 38
    if population:
        raw, reduced = (np.mean([getattr(each, name) for each in found]) for name in ("distance", "estimate"))
        assert abs(reduced - truth) < abs(raw - truth) or abs(raw - truth) < 0.05


def test_the_rate_is_that_of_the_dimension_in_which_the_data_lie(rng):
    flat = np.zeros((2, 200, 20))
    flat[:, :, :2] = rng.normal(size=(2, 200, 2))
    filled = rng.normal(size=(2, 200, 8))
    assert otkit.wasserstein_interval(*flat, rng=0).decay > 0.6
    assert 0.2 < otkit.wasserstein_interval(*filled, rng=0).decay < 0.5
    assert np.isclose(
        otkit.wasserstein_interval(*flat, rng=0).upper, otkit.wasserstein_interval(*flat[:, :, :2], rng=0).upper
    )


@pytest.mark.parametrize("population", [False, True])
def test_units_and_sides(rng, population):
    x, y = normal(rng, 40, 2, 2.0)
    found = otkit.wasserstein_interval(x, y, population=population, rng=0)
    larger = otkit.wasserstein_interval(4.0 * x, 4.0 * y, population=population, rng=0)
    assert (larger.lower, larger.estimate, larger.upper) == pytest.approx(
        (4.0 * found.lower, 4.0 * found.estimate, 4.0 * found.upper), rel=1e-9
    )
    assert found.distance == pytest.approx(otkit.wasserstein(x, y).distance, rel=1e-12)
    wider = otkit.wasserstein_interval(x, y, population=population, level=0.99, rng=0)
    assert wider.lower < found.lower < found.estimate < found.upper < wider.upper
    assert found.self_distance[0] == pytest.approx(found.self_distance[1], rel=0.3)


def test_unequal_sizes_and_other_powers(rng):
    x, y = rng.normal(size=(50, 2)), rng.normal(size=(90, 2)) + [2.0, 0.0]
    for p, metric in ((2.0, "euclidean"), (1.0, "cityblock"), (3.0, "chebyshev")):
        found = otkit.wasserstein_interval(x, y, p=p, metric=metric, population=True, rng=0)
        assert found.lower < 2.0 < found.upper


def test_equal_points_are_at_no_distance():
    found = otkit.wasserstein_interval(np.ones(20), np.ones(30), population=True, rng=0)
    assert (found.distance, found.lower, found.upper, found.self_distance) == (0.0, 0.0, 0.0, (0.0, 0.0))


def test_neither_threads_nor_repetition_change_a_bit(rng):
    x, y = normal(rng, 30, 2, 0.5)
    first = otkit.wasserstein_interval(x, y, population=True, rng=3)
    for count in (1, 3):
        with threads(count):
            assert otkit.wasserstein_interval(x, y, population=True, rng=3) == first


def test_it_says_what_it_is_about(rng):
    x, y = normal(rng, 50, 2, 0.0)
    assert "mean distance between samples" in str(otkit.wasserstein_interval(x, y, rng=0))
    assert "what chance makes of one law" in otkit.wasserstein_interval(x, y, population=True, rng=0).detail
    deep = normal(rng, 50, 12, 4.0)
    assert "extrapolated" in otkit.wasserstein_interval(*deep, population=True, rng=0).detail


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": np.arange(7.0)}, "x must hold at least 8 points to be halved and halved again, but it has 7"),
        ({"level": 1.0}, "level must lie between 0 and 1"),
        ({"subsamples": 1}, "subsamples must be at least 2"),
        ({"y": np.ones((9, 2))}, "dimension"),
        ({"p": 0.0}, "p must be a finite number of at least 1"),
        ({"metric": "euclidian"}, "Did you mean 'euclidean'"),
        ({"x": np.full(9, np.nan)}, "x must be finite"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        otkit.wasserstein_interval(**({"x": np.arange(9.0), "y": np.arange(9.0)} | arguments))
