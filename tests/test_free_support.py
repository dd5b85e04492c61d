"""Barycenters of k points that lie anywhere, and of normal laws: bounds, closed forms, POT."""

from __future__ import annotations

import numpy as np
import ot
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import otkit
from otkit import DiscreteMeasure, barycenter


def objective(measures, shares, points, masses):
    """Return Σ λ W_2² by POT."""
    terms = []
    for given_, share in zip(measures, shares, strict=True):
        measure = given_ if isinstance(given_, DiscreteMeasure) else DiscreteMeasure(given_)
        a = measure.weights / measure.weights.sum()
        terms.append(share * ot.emd2(a, masses / masses.sum(), ot.dist(measure.points, points)))
    return sum(terms)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_the_value_lies_between_its_bounds_and_falls(seed):
    rng = np.random.default_rng(seed)
    measures = [
        DiscreteMeasure(rng.normal(size=(n, 2)) + 2.0 * rng.normal(size=2), rng.random(n) + 0.1)
        for n in rng.integers(3, 12, size=3)
    ]
    weights = rng.random(3) + 0.1
    found = barycenter(measures, weights, support=5, rng=seed, starts=2)
    shares = weights / weights.sum()
    assert found.lower <= found.value <= found.upper
    assert found.value == pytest.approx(objective(measures, shares, found.points, found.masses), rel=1e-9)
    assert all(later < earlier for earlier, later in zip(found.history, found.history[1:], strict=False))
    for _ in range(3):  # other measures of as many points are no better than the bound
        points = found.points + rng.normal(size=found.points.shape)
        assert objective(measures, shares, points, np.full(5, 0.2)) >= found.lower
    # Where it stands still each point is the mean of what it is shipped to.
    again = barycenter(measures, weights, support=5, rng=seed, starts=2)
    assert np.array_equal(again.points, found.points)


def test_points_stand_at_their_means():
    rng = np.random.default_rng(0)
    measures = [rng.normal(size=(20, 3)) + k for k in range(3)]
    found = barycenter(measures, support=6, rng=1)
    total = sum(result.plan.T @ measure for result, measure in zip(found.results, measures, strict=True)) / 3
    assert found.points == pytest.approx(total * 6, abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_between_two_measures_it_is_exact(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(7, 2)), rng.normal(size=(5, 2)) + 1.0
    found = barycenter([x, y], [1, 3], support=11, rng=0)
    assert found.method == "pair"
    assert found.value == pytest.approx(3 / 16 * otkit.wasserstein(x, y, p=2).value, rel=1e-9)
    assert found.gap <= 1e-12 * found.value
    few = barycenter([x, y], [1, 3], support=4, rng=0)
    assert few.method == "turns"
    assert len(few.points) == 4
    assert few.value >= found.value


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_on_the_line_no_other_points_of_equal_mass_are_better(seed):
    rng = np.random.default_rng(seed)
    measures = [rng.normal(size=n) * 2.0 + k for k, n in enumerate((5, 7, 4))]
    found = barycenter(measures, support=3)
    assert found.method == "line"
    assert found.masses.sum() == pytest.approx(1.0)
    column = [measure[:, None] for measure in measures]
    for _ in range(5):
        points = found.points + 0.3 * rng.normal(size=found.points.shape)
        assert objective(column, np.full(3, 1 / 3), points, np.full(3, 1 / 3)) >= found.value - 1e-12
    whole = barycenter(measures)
    enough = barycenter(measures, support=whole.masses.size)
    assert np.array_equal(enough.points, whole.points)


def test_seeds_and_refusals():
    rng = np.random.default_rng(2)
    measures = [rng.normal(size=(9, 2)) for _ in range(3)]
    found = barycenter(measures, support=4)
    assert np.array_equal(barycenter(measures, support=4, rng=found.seed).points, found.points)
    with pytest.raises(ValueError, match="squared Euclidean cost"):
        barycenter(measures, support=4, p=1)
    with pytest.raises(ValueError, match="support must be an integer of at least 1"):
        barycenter(measures, support=0)
    with pytest.raises(ValueError, match="starts must be an integer of at least 1"):
        barycenter(measures, support=2, starts=0)


@pytest.mark.parametrize("d", [1, 2, 6])
def test_normal_barycenters_are_proved(d):
    rng = np.random.default_rng(d)
    roots = rng.normal(size=(4, d, d))
    covariances, means, weights = roots @ roots.transpose(0, 2, 1), rng.normal(size=(4, d)), rng.random(4)
    found = otkit.gaussian_barycenter(means, covariances, weights)
    shares = weights / weights.sum()

    def value(mean, covariance):
        distances = otkit.gaussian_wasserstein(means, covariances, mean, covariance).distance
        return float(shares @ distances**2)

    assert found.upper - found.lower <= 1e-9 * found.upper
    assert found.lower <= value(found.mean, found.covariance) <= found.upper * (1 + 1e-12)
    for _ in range(5):
        other = 0.1 * rng.normal(size=(d, d))
        moved = found.covariance + other @ other.T
        assert value(found.mean + 0.1 * rng.normal(size=d), moved) >= found.lower


def test_normal_barycenter_agrees_with_pot():
    rng = np.random.default_rng(3)
    roots = rng.normal(size=(3, 3, 3))
    covariances, means = roots @ roots.transpose(0, 2, 1), rng.normal(size=(3, 3))
    found = otkit.gaussian_barycenter(means, covariances)
    mean, covariance = ot.gaussian.bures_wasserstein_barycenter(means, covariances, eps=1e-12, num_iter=500)
    assert found.mean == pytest.approx(mean)
    assert found.covariance == pytest.approx(covariance, rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([[0.0]], [[[1.0]], [[2.0]]]), "covariances must have shape"),
        (([0.0], [[[1.0]]]), "means must have shape"),
        (([[0.0, 0.0]], [[[1.0, 0.0], [0.0, 0.0]]]), "must not all be singular"),
        (([[0.0], [0.0]], [[[1.0]], [[-1.0]]]), r"covariances\[1\] must be positive semidefinite"),
        (([[0.0]], [[[1.0]]], [-1.0]), "weights must be non-negative"),
    ],
)
def test_normal_barycenters_refuse(arguments, words):
    with pytest.raises(ValueError, match=words):
        otkit.gaussian_barycenter(*arguments)
