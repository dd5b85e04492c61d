"""Nearest neighbours: those of all pairs, though most are never solved, since bounds are bounds."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

import otkit
from otkit import DiscreteMeasure, nearest, pairwise
from otkit.many.reading import as_comparison


def clouds(seed=0, count=40, d=2, spread=2.0):
    rng = np.random.default_rng(seed)
    return [
        DiscreteMeasure(rng.normal(size=(n, d)) + spread * rng.normal(size=d), rng.random(n))
        for n in rng.integers(1, 12, count)
    ]


def by_all_pairs(measures, others, k, **options):
    distances = pairwise(measures, others, **options).distances.copy()
    if others is None:
        np.fill_diagonal(distances, np.inf)
    return np.argsort(distances, axis=1, kind="stable")[:, :k]


CASES = [
    {},
    {"p": 2},
    {"metric": "sqeuclidean"},
    {"metric": "sqeuclidean", "p": 2},
    {"metric": "cityblock", "p": 1.5},
    {"metric": "chebyshev"},
    {"metric": otkit.Minkowski(3)},
    {"metric": "cosine"},
    {"distance": "energy"},
]


@pytest.mark.parametrize("d", [1, 2, 5])
@pytest.mark.parametrize("options", CASES, ids=str)
def test_as_by_all_pairs(options, d):
    if options.get("metric") == "cosine" and d == 1:
        pytest.skip("directions on the line are all alike")
    measures = clouds(0, d=d)
    result = nearest(measures, k=3, **options)
    np.testing.assert_array_equal(result.indices, by_all_pairs(measures, None, 3, **options))
    table = pairwise(measures, **options)
    for name in ("distances", "lower", "upper"):
        expected = np.take_along_axis(getattr(table, name), result.indices, axis=1)
        np.testing.assert_array_equal(getattr(result, name), expected)
    assert result.solved <= result.pairs == 40 * 39 // 2
    few = nearest(measures[:7], measures[7:], k=2, **options)
    np.testing.assert_array_equal(few.indices, by_all_pairs(measures[:7], measures[7:], 2, **options))


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("kind", ["metric", "any"])
def test_histograms(kind, p, rng):
    cells = rng.normal(size=(10, 2))
    cost = otkit.cost_matrix(cells) if kind == "metric" else rng.random((10, 10))
    histograms, others = rng.random((30, 10)) ** 6, rng.random((9, 7)) ** 6
    result = nearest(histograms, k=4, ground_cost=cost, p=p)
    np.testing.assert_array_equal(result.indices, by_all_pairs(histograms, None, 4, ground_cost=cost, p=p))
    part = cost[:, :7]
    result = nearest(histograms, others, k=4, ground_cost=part, p=p)
    np.testing.assert_array_equal(result.indices, by_all_pairs(histograms, others, 4, ground_cost=part, p=p))


@pytest.mark.parametrize("d", [1, 2, 3, 6])
@pytest.mark.parametrize("options", CASES[:8], ids=str)
def test_bounds_are_bounds(options, d):
    if options.get("metric") == "cosine" and d == 1:
        pytest.skip("directions on the line are all alike")
    measures = clouds(1, 15, d)
    options = {"p": 1, "metric": "euclidean", "ground_cost": None, "distance": "wasserstein"} | options
    comparison, names = as_comparison(measures, None, **options)
    bounds = comparison.bounds(names.left)
    distances = pairwise(measures, p=options["p"], metric=options["metric"]).upper
    assert (bounds <= distances).all()
    if options["metric"] != "cosine":
        assert (bounds[~np.eye(15, dtype=bool)] > 0.2 * distances[~np.eye(15, dtype=bool)]).mean() > 0.3


def test_bounds_by_prices_are_bounds_whatever_the_cost(rng):
    histograms, others, cost = rng.random((8, 6)), rng.random((9, 11)), rng.normal(size=(6, 11))
    comparison, (left, *_) = as_comparison(
        histograms, others, p=1, metric="euclidean", ground_cost=cost, distance="wasserstein"
    )
    bounds = comparison.bounds(left)[:, left:]
    distances = pairwise(histograms, others, ground_cost=cost)
    assert (bounds <= distances.upper).all()
    assert (bounds >= cost.min() - 1e-9).mean() > 0.5


def test_a_part_of_the_digits_is_enough():
    digits = load_digits().data[:200]
    cost = otkit.cost_matrix(np.indices((8, 8)).reshape(2, -1).T.astype(float))
    result = nearest(digits, k=5, ground_cost=cost)
    np.testing.assert_array_equal(result.indices, by_all_pairs(digits, None, 5, ground_cost=cost))
    assert result.solved < result.pairs / 3
    assert "pairs solved, the others ruled out" in str(result)


def test_equal_measures_come_in_their_order():
    measures = [np.zeros((2, 2))] * 5 + [np.ones((1, 2))]
    np.testing.assert_array_equal(nearest(measures, k=3).indices[:3], [[1, 2, 3], [0, 2, 3], [0, 1, 3]])


def test_divergences_have_no_bounds_but_neighbours(rng):
    rows = rng.random((9, 4))
    result = nearest(rows, k=2, distance="kl")
    np.testing.assert_array_equal(result.indices, by_all_pairs(rows, None, 2, distance="kl"))
    assert result.solved == result.pairs == 72


def test_bad_input():
    with pytest.raises(ValueError, match="k must be at most 1, the number of candidates, but k = 2"):
        nearest([[0.0], [1.0]], k=2)
    with pytest.raises(ValueError, match="k must be an integer of at least 1"):
        nearest([[0.0], [1.0]], k=0)
    with pytest.raises(ValueError, match=r"The pair \(measures\[0\], measures\[\d\]\)"):
        nearest([[0.0], [1.0], [2.0]], k=1, metric=lambda u, v: float("nan"))


def test_progress_and_threads():
    reports = []
    measures = clouds(2)
    one = nearest(measures, k=2, threads=1, progress=reports.append)
    assert reports[-1].text == f"{one.solved:,} pairs solved, 0 measures to go"
    two = nearest(measures, k=2, threads=2)
    np.testing.assert_array_equal(one.distances, two.distances)
    assert one.solved == two.solved
