"""The costs that SciPy's cdist has beside ours: values, weights, proofs, files, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

import otkit
from otkit import Mahalanobis, Minkowski, SEuclidean, Weighted, cost_matrix

REAL = ["correlation", "seuclidean", "mahalanobis", "canberra", "braycurtis"]
COUNTED = ["hamming", "jaccard"]


def clouds(seed=0, d=4):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(9, d)), rng.normal(size=(7, d)) + 0.5


def sets(seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 2, (9, 6)), rng.integers(0, 2, (7, 6))


@pytest.mark.parametrize("metric", REAL)
@pytest.mark.parametrize("p", [1, 2, 1.5])
def test_against_cdist(metric, p):
    x, y = clouds()
    np.testing.assert_allclose(cost_matrix(x, y, metric=metric, p=p), cdist(x, y, metric) ** p, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("metric", COUNTED)
def test_counts_against_cdist(metric):
    x, y = sets()
    expected = cdist(x.astype(bool), y.astype(bool), metric)
    np.testing.assert_allclose(cost_matrix(x, y, metric=metric), expected, rtol=1e-15)


@pytest.mark.parametrize(
    "metric", ["euclidean", "sqeuclidean", "cityblock", "cosine", "correlation", "canberra", "braycurtis"]
)
@pytest.mark.parametrize("zero", [False, True])
def test_weights_against_cdist(metric, zero):
    x, y = clouds()
    w = np.array([0.3, 2.0, 0.0 if zero else 0.7, 1.1])
    np.testing.assert_allclose(cost_matrix(x, y, metric=metric, w=w), cdist(x, y, metric, w=w), rtol=1e-12, atol=1e-14)
    assert np.array_equal(cost_matrix(x, y, metric=Weighted(metric, w)), cost_matrix(x, y, metric=metric, w=w))


@pytest.mark.parametrize("metric", COUNTED)
def test_weights_of_counts_against_cdist(metric):
    x, y = sets()
    w = np.random.default_rng(1).random(6)
    expected = cdist(x.astype(bool), y.astype(bool), metric, w=w)
    np.testing.assert_allclose(cost_matrix(x, y, metric=metric, w=w), expected, rtol=1e-14)


def test_weights_of_minkowski():
    x, y = clouds()
    w = [0.3, 2.0, 0.7, 1.1]
    expected = cdist(x, y, "minkowski", p=3, w=w)
    np.testing.assert_allclose(cost_matrix(x, y, metric=Minkowski(3), w=w), expected, rtol=1e-13)


def test_given_variances_and_covariances():
    x, y = clouds()
    variances, root = np.array([1.0, 4.0, 9.0, 0.25]), np.random.default_rng(2).normal(size=(4, 4))
    inverse = root @ root.T
    np.testing.assert_allclose(cost_matrix(x, y, metric=SEuclidean(variances)), cdist(x, y, "seuclidean", V=variances))
    np.testing.assert_allclose(cost_matrix(x, y, metric=Mahalanobis(inverse)), cdist(x, y, "mahalanobis", VI=inverse))
    assert SEuclidean(variances) == SEuclidean(list(variances))
    assert hash(Mahalanobis(inverse)) == hash(Mahalanobis(inverse.tolist()))


@pytest.mark.parametrize("metric", ["seuclidean", "mahalanobis", Weighted("cityblock", [1, 2, 3, 4])])
def test_distances_of_differences_do_not_feel_where_the_clouds_lie(metric):
    x, y = clouds()
    far = 2.0**30
    there = cost_matrix(x + far, y + far, metric=metric)
    np.testing.assert_allclose(there, cost_matrix((x + far) - far, (y + far) - far, metric=metric), rtol=1e-13)


@pytest.mark.parametrize(
    "metric", [*REAL, *COUNTED, Weighted("euclidean", [1, 2, 0, 1]), Weighted("canberra", [1, 2, 0, 1])]
)
@pytest.mark.parametrize("p", [1, 2])
def test_transport_is_proved_and_kept(metric, p, tmp_path):
    x, y = clouds()
    result = otkit.wasserstein(x, y, metric=metric, p=p)
    assert result.certificate.proof == "exact"
    assert result.value == pytest.approx(otkit.transport(cost_matrix(x, y, metric=metric, p=p)).value, rel=1e-14)
    result.save(tmp_path / "result.npz")
    assert otkit.load(tmp_path / "result.npz").value == result.value
    result.certificate.save(tmp_path / "proof.json")
    assert otkit.check_proof(result.problem, tmp_path / "proof.json").optimum == result.certificate.exact_value
    if not otkit.costs.as_cost(metric).depends_on_data:
        row = otkit.pairwise([x, y], metric=metric, p=p)
        assert row.distances[0, 1] == pytest.approx(result.distance, rel=1e-12)


@pytest.mark.parametrize("metric", ["canberra", "hamming", "jaccard", "seuclidean", "mahalanobis"])
def test_metrics_satisfy_the_triangle_inequality(metric):
    rng = np.random.default_rng(3)
    points = rng.integers(-2, 3, (40, 3)).astype(float)
    cost = cost_matrix(points, metric=metric)
    assert otkit.costs.as_cost(metric).is_metric
    assert (cost[:, None, :] <= cost[:, :, None] + cost[None] + 1e-12).all()


def test_numbers_from_data_are_those_of_all_points():
    x, y = clouds()
    z = 3.0 * x
    row = otkit.pairwise([x, y, z], metric="seuclidean").distances
    fixed = SEuclidean().fitted(np.concatenate([x, y, z]))
    assert row[0, 2] == pytest.approx(otkit.wasserstein(x, z, metric=fixed).distance, rel=1e-12)
    with pytest.raises(ValueError, match="bring its own numbers in a batch"):
        otkit.wasserstein_batch([x], [y], metric="mahalanobis")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cost_matrix([[1.0, 1.0]], [[1.0, 2.0]], metric="correlation"), r"x\[0\] is one"),
        (lambda: cost_matrix([[1.0, -1.0]], [[-1.0, 1.0]], metric="braycurtis"), "must not be opposite"),
        (lambda: cost_matrix([[1.0, 1.0]], [[1.0, 2.0]], metric="mahalanobis"), "more than 2 points"),
        (lambda: cost_matrix([[1.0, 1.0]], [[1.0, 2.0]], metric="seuclidean"), "coordinate 0 is constant"),
        (lambda: cost_matrix([[1.0]], [[2.0]], metric=SEuclidean([1.0, 2.0])), "one entry for each of 1 coordinates"),
        (lambda: cost_matrix([[1.0]], [[2.0]], w=[1.0, 2.0]), "one entry for each of 1 coordinates"),
        (lambda: Weighted("haversine", [1, 1]), "must be a sum over coordinates"),
        (lambda: Weighted("chebyshev", [1, 1]), "must be a sum over coordinates"),
        (lambda: Weighted("euclidean", [0, 0]), "w must have a positive entry"),
        (lambda: Weighted("euclidean", [1, -1]), "w must be non-negative"),
        (lambda: SEuclidean([1.0, 0.0]), "V must hold a positive number"),
        (lambda: Mahalanobis([[1, 2], [2, 1]]), "VI must be positive definite"),
        (lambda: Mahalanobis([[1, 2], [0, 1]]), "VI must be symmetric"),
    ],
)  # fmt: skip
def test_refusals_say_what_is_wrong(call, words):
    with pytest.raises(ValueError, match=words):
        call()
