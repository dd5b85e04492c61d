"""All pairs: the numbers of the front door, whatever the road, the number of threads, or the backend."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import exact_line_value, exact_value
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform
from scipy.stats import wasserstein_distance
from sklearn.neighbors import KNeighborsClassifier

import otkit
from otkit import DiscreteMeasure, TransportProblem, pairwise
from otkit.many import clouds as clouds_module

METRICS = ["euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine", otkit.Minkowski(3)]


def clouds(seed=0, count=6, d=2, most=9):
    """Weighted clouds of different sizes, some points without mass."""
    rng = np.random.default_rng(seed)
    measures = []
    for _ in range(count):
        n = int(rng.integers(1, most))
        weights = rng.random(n) * (rng.random(n) < 0.8)
        weights[0] += 0.5
        measures.append(DiscreteMeasure(rng.normal(size=(n, d)) + rng.normal(size=d), weights))
    return measures


def one_by_one(measures, others, **options):
    return np.array([[otkit.wasserstein(x, y, **options).distance for y in others] for x in measures])


def same_result(one, other):
    for name in ("distances", "lower", "upper"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("metric", METRICS, ids=str)
@pytest.mark.parametrize("p", [1, 2, 1.5])
def test_clouds_as_one_by_one(metric, p):
    measures, others = clouds(0), clouds(1, 4)
    result = pairwise(measures, others, p=p, metric=metric)
    expected = one_by_one(measures, others, p=p, metric=metric)
    np.testing.assert_allclose(result.distances, expected, rtol=1e-13)
    assert (result.lower <= result.distances).all()
    assert (result.distances <= result.upper).all()
    assert result.largest_gap < 1e-12


@pytest.mark.parametrize("p", [1, 2])
def test_bounds_hold_the_exact_optimum(p):
    measures = clouds(2, 5)
    result = pairwise(measures, p=p)
    for i, x in enumerate(measures):
        for j, y in enumerate(measures):
            cost = otkit.Euclidean().between(x.points, y.points, p=p)
            optimum = exact_value(TransportProblem(cost, x.weights, y.weights, probability=True))
            assert Fraction(result.lower[i, j]) ** p <= optimum <= Fraction(result.upper[i, j]) ** p


@settings(max_examples=60)
@given(
    st.lists(st.lists(st.integers(-30, 30), min_size=1, max_size=7), min_size=2, max_size=4),
    st.sampled_from([1, 2, 3]),
    st.booleans(),
    st.sampled_from([1.0, 1e-3, 0.1, 1e9]),
)
def test_on_the_line_bounds_hold_the_exact_optimum(samples, p, weighted, unit):
    measures = [
        DiscreteMeasure(unit * np.array(x, float), [1 + abs(v) / 7 for v in x] if weighted else None) for x in samples
    ]
    result = pairwise(measures, p=p)
    for i, x in enumerate(measures):
        for j, y in enumerate(measures):
            cost = otkit.Euclidean().between(x.points, y.points, p=p)
            optimum = exact_line_value(TransportProblem(cost, x.weights, y.weights, probability=True))
            assert Fraction(result.lower[i, j]) ** p <= optimum <= Fraction(result.upper[i, j]) ** p
            assert result[i, j] == pytest.approx(float(optimum) ** (1 / p), rel=1e-9)


@pytest.mark.parametrize("sizes", [(700, 700, 700), (3, 513, 1200), (1, 2, 64)])
def test_on_the_line_as_scipy(sizes, rng):
    samples = [rng.normal(size=n) for n in sizes]
    result = pairwise(samples)
    for i, x in enumerate(samples):
        for j, y in enumerate(samples):
            assert result[i, j] == pytest.approx(wasserstein_distance(x, y), rel=1e-12, abs=1e-15)
    assert result.largest_gap <= 1e-12
    weights = [rng.random(n) for n in sizes]
    weighted = pairwise([DiscreteMeasure(x, a) for x, a in zip(samples, weights, strict=True)])
    expected = wasserstein_distance(samples[0], samples[1], weights[0], weights[1])
    assert weighted[0, 1] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("p", [1, 2])
def test_histograms_as_transport_one_by_one(p, rng):
    histograms = rng.integers(0, 4, (7, 12)) + np.eye(7, 12)
    others = rng.random((3, 5))
    distances = rng.random((12, 5))
    result = pairwise(histograms, others, ground_cost=distances, p=p)
    for i, a in enumerate(histograms):
        for j, b in enumerate(others):
            problem = TransportProblem(distances**p, a, b, probability=True)
            assert result[i, j] == pytest.approx(otkit.transport(problem).value ** (1 / p), rel=1e-13)
            assert Fraction(result.lower[i, j]) ** p <= exact_value(problem) <= Fraction(result.upper[i, j]) ** p


def test_a_ground_cost_that_is_not_symmetric_is_taken_both_ways(rng):
    histograms, cost = rng.random((4, 6)), rng.normal(size=(6, 6))
    result = pairwise(histograms, ground_cost=cost)
    for i, a in enumerate(histograms):
        for j, b in enumerate(histograms):
            assert result[i, j] == pytest.approx(otkit.transport(TransportProblem(cost, a, b, probability=True)).value)
    assert not np.allclose(result.distances, result.distances.T)
    assert (np.diag(result) != 0.0).all()


def test_large_problems_go_one_by_one(monkeypatch):
    measures = clouds(3)
    at_once = pairwise(measures)
    monkeypatch.setattr(clouds_module.CloudPairs, "small", 0)
    alone = pairwise(measures)
    np.testing.assert_allclose(at_once.distances, alone.distances, rtol=1e-14, atol=1e-300)
    np.testing.assert_array_equal(alone.distances, one_by_one(measures, measures) * (1.0 - np.eye(6)))


def test_a_python_function_as_metric():
    measures = clouds(4, 4)
    result = pairwise(measures, metric=lambda u, v: float(abs(u - v).sum()))
    np.testing.assert_allclose(result.distances, pairwise(measures, metric="cityblock").distances, atol=1e-14)


def test_no_bit_depends_on_threads_or_on_what_is_beside_a_pair():
    measures = clouds(5, 40, most=30)
    result = pairwise(measures, threads=1)
    same_result(result, pairwise(measures, threads=3))
    apart = pairwise(measures[:7], measures)
    for name in ("lower", "upper", "distances"):  # but a pair is solved one way round only
        upper = np.triu_indices(7, 1)
        np.testing.assert_array_equal(getattr(apart, name)[upper], getattr(result, name)[:7, :7][upper])
    np.testing.assert_array_equal(result.distances, result.distances.T)
    assert (np.diag(result) == 0.0).all()


@pytest.mark.parametrize("n_jobs", [2])
def test_no_bit_depends_on_processes(n_jobs, rng):
    pytest.importorskip("joblib")
    many = clouds(6, 12)
    same_result(pairwise(many), pairwise(many, n_jobs=n_jobs))
    samples = rng.normal(size=(5, 8))
    same_result(pairwise(samples, samples[:2]), pairwise(samples, samples[:2], n_jobs=n_jobs))


def test_the_backend_that_joblib_is_configured_for_is_used():
    joblib = pytest.importorskip("joblib")
    many = clouds(7, 8)
    with joblib.parallel_config(backend="threading", n_jobs=2):
        same_result(pairwise(many), pairwise(many, n_jobs=1))


def test_scipy_and_scikit_learn_take_the_result(rng):
    points = rng.normal(size=(12, 5, 2)) + 20.0 * (np.arange(12) % 2)[:, None, None]
    result = pairwise(points)
    assert linkage(squareform(result), "average").shape == (11, 4)
    model = KNeighborsClassifier(3, metric="precomputed").fit(result, np.arange(12) % 2)
    assert model.score(result, np.arange(12) % 2) == 1.0
    assert np.asarray(result).shape == result.shape == (12, 12)
    assert len(result) == 12


def test_the_worst_pair_and_its_whole_certificate():
    measures = clouds(8, 5)
    result = pairwise(measures, measures[:2])
    i, j = result.worst_pair
    assert result.gaps[i, j] == result.largest_gap == result.gaps.max()
    assert re.search(rf"measures\[{i}\], others\[{j}\]", str(result))
    solved = result.solve(i, j)
    assert solved.certificate.proof == "exact"
    assert result.lower[i, j] <= solved.distance <= result.upper[i, j]
    with pytest.raises(IndexError, match="5 × 2"):
        result.solve(0, 2)
    with pytest.raises(TypeError, match="optimal transport"):
        pairwise([[1, 2]], distance="kl").solve(0, 0)


def test_progress_comes_to_its_end():
    reports = []
    pairwise(clouds(9, 5), progress=reports.append)
    assert [reports[0].text, reports[-1].text] == ["0 of 10 pairs", "10 of 10 pairs"]


@pytest.mark.parametrize("name", ["kl", "js", "tv", "chi2", "hellinger"])
def test_divergences_of_histograms(name, rng):
    p = rng.integers(0, 3, (5, 6)) + np.eye(5, 6)
    q = rng.random((3, 6))
    for others in (None, q):
        result = pairwise(p, others, distance=name)
        expected = otkit.f_divergence(name, p[:, None], p if others is None else q)
        np.testing.assert_array_equal(np.isinf(result.distances), np.isinf(expected.value))
        np.testing.assert_allclose(result.distances, expected.value, rtol=1e-14, atol=1e-15)
        assert (result.lower <= result.upper).all()
        assert not np.isnan(result.gaps).any()


@pytest.mark.parametrize("name", ["energy", "cramer", "total_variation", "mmd"])
def test_metrics_between_samples(name):
    measures = clouds(10, 5)
    result = pairwise(measures, distance=name)
    assert (np.diag(result) == 0.0).all()
    if name != "mmd":
        function = {"energy": otkit.energy_distance, "cramer": otkit.cramer_distance}.get(name, otkit.total_variation)
        assert result[0, 1] == function(measures[0], measures[1]).value
    assert result.largest_gap < 1e-6


def test_any_function_of_two_measures():
    measures = clouds(11, 3)
    result = pairwise(measures, distance=lambda x, y: len(x.points) - 2.0 * len(y.points))
    sizes = np.array([len(measure.points) for measure in measures])
    np.testing.assert_array_equal(result.distances, sizes[:, None] - 2.0 * sizes)
    assert np.isinf(result.largest_gap)  # nothing is proved about it


GOOD = [np.zeros((2, 2)), np.ones((3, 2))]
SQUARE = 1.0 - np.eye(3)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: pairwise([]), ValueError, "measures must hold at least one measure, but it is empty"),
        (lambda: pairwise(GOOD, []), ValueError, "others must hold at least one measure"),
        (lambda: pairwise([*GOOD, np.ones((2, 3))]), ValueError, r"measures\[0\] has 2 .* measures\[2\] has 3"),
        (lambda: pairwise(GOOD, [np.ones((2, 1))]), ValueError, r"others\[0\] has 1"),
        (lambda: pairwise([*GOOD, [[np.nan, 1.0]]]), ValueError, r"measures\[2\] must be finite"),
        (lambda: pairwise([*GOOD, np.ones((0, 2))]), ValueError, r"measures\[2\] must hold at least one point"),
        (
            lambda: pairwise([*GOOD, "text"]),
            TypeError,
            r"measures\[2\] must hold numbers, but the text",
        ),
        (lambda: pairwise(3.0), TypeError, "measures must be a sequence of measures, but float"),
        (lambda: pairwise(DiscreteMeasure([1.0])), TypeError, "sequence of measures"),
        (lambda: pairwise(np.eye(3), ground_cost=np.ones((3, 4))), ValueError, "ground_cost must be square"),
        (lambda: pairwise(np.eye(4), ground_cost=SQUARE), ValueError, r"measures\[0\] must have 3 bins"),
        (lambda: pairwise([[1, 2, 3], [0, 0, 0]], ground_cost=SQUARE), ValueError, r"measures\[1\] must have a pos"),
        (lambda: pairwise([[1, 2, 3], [0, -1, 2]], ground_cost=SQUARE), ValueError, r"measures\[1\]\[1\] = -1"),
        (lambda: pairwise([[1, 2, 3]], ground_cost=-SQUARE, p=2), ValueError, "non-negative for p = 2"),
        (lambda: pairwise([[1, 2, 3]], ground_cost=SQUARE * 1e200, p=2), ValueError, "leaves float64"),
        (lambda: pairwise(GOOD, ground_cost=SQUARE, metric="cityblock"), ValueError, "metric must be left out"),
        (lambda: pairwise(GOOD, distance="wassersten"), ValueError, "Did you mean 'wasserstein'"),
        (lambda: pairwise(GOOD, distance=3), TypeError, "distance must be a name"),
        (lambda: pairwise(GOOD, distance="energy", p=2), ValueError, "p, metric and ground_cost must be left out"),
        (lambda: pairwise([*GOOD, [[91.0, 0.0]]], metric="haversine"), ValueError, r"measures\[2\] does .* latitudes"),
        (lambda: pairwise([GOOD[1], *GOOD], metric="cosine"), ValueError, r"measures\[1\] does not .* zero vector"),
        (lambda: pairwise(GOOD, p=0.5), ValueError, "p must be a finite number of at least 1"),
        (lambda: pairwise(GOOD, n_jobs=0), ValueError, "n_jobs must be an integer of at least 1"),
        (lambda: pairwise([1e200 * np.ones((1, 2)), *GOOD]), ValueError, "overflow"),
        (lambda: pairwise([DiscreteMeasure([1.0, 2.0], [1e308, 1e308])]), ValueError, r"measures\[0\] .* finite total"),
        (lambda: pairwise(GOOD, metric=lambda u, v: float("nan")), ValueError, r"The pair \(measures\[0\], measures"),
        (lambda: pairwise(GOOD, distance=lambda x, y: 1 / 0), ZeroDivisionError, "division by zero"),
        (lambda: pairwise(GOOD, GOOD, distance=lambda x, y: np.nan), ValueError, r"\(measures\[0\], others\[0\]\)"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_one_bad_measure_among_many_is_found_before_work_starts():
    measures = [np.zeros((1, 2))] * 9_999 + [[[0.0, np.inf]]]
    with pytest.raises(ValueError, match=r"measures\[9999\] must be finite"):
        pairwise(measures)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("p", [1, 2])
def test_last_points_of_hardly_any_mass(p, turned):
    """Levels before the last are 1 when they are rounded, on either side: nothing is read beyond a sample."""
    light = otkit.DiscreteMeasure([0.0, 5.0, 6.0], [1.0, 1e-20, 1e-25])
    others = [otkit.DiscreteMeasure([1.0]), otkit.DiscreteMeasure([100.0, 200.0], [1.0, 3.0])]
    measures = [*others, light] if turned else [light, *others]
    found = otkit.pairwise(measures, p=p)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        one, other = measures[i], measures[j]
        assert found.distances[i, j] == pytest.approx(otkit.wasserstein(one, other, p=p).distance, rel=1e-12)
        assert found.distances[j, i] == found.distances[i, j]


# --- which proof each pair has ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [{}, {"p": 2}, {"metric": "cityblock"}])
def test_every_pair_is_proved_exactly_if_that_is_asked_for(arguments):
    rng = np.random.default_rng(3)
    for clouds in (
        [rng.normal(size=(k, 2)) for k in (3, 4, 6)],
        [rng.normal(size=k) for k in (3, 4, 6)],
    ):
        result = otkit.pairwise(clouds, proof="exact", **arguments)
        assert set(result.proof.ravel()) == {"exact"}
        assert result.proof_in_words == "exact"
        for i, j in ((0, 1), (0, 2), (1, 2)):
            alone = otkit.wasserstein(clouds[i], clouds[j], proof="exact", **arguments)
            assert result.distances[i, j] == alone.distance
            assert result.lower[i, j] <= alone.distance <= result.upper[i, j]
        near = otkit.nearest(clouds, k=1, proof="exact", **arguments)
        assert set(near.proof.ravel()) == {"exact"}
        assert set(near.to_frame()["proof"]) == {"exact"}
        plain = otkit.pairwise(clouds, **arguments)
        np.testing.assert_allclose(plain.distances, result.distances, rtol=1e-13)
        assert set(plain.proof[np.triu_indices(3, 1)]) == {"float"}


def test_each_pair_says_how_it_is_proved():
    histograms = [[1.0, 0.0], [0.5, 0.5], [0.1, 0.9]]
    by_function = otkit.pairwise(histograms, distance=lambda x, y: 1.0)
    assert set(by_function.proof.ravel()) == {"none"}
    assert by_function.proof_in_words == "by a function, unproved"
    assert set(otkit.pairwise(histograms, distance="kl").proof.ravel()) == {"float"}
    frame = otkit.pairwise(histograms, distance="js").to_frame("proof")
    assert frame.to_numpy().tolist()[0] == ["exact", "float", "float"]
    with pytest.raises(ValueError, match=r"proof must be 'auto' for distance='js'"):
        otkit.pairwise(histograms, distance="js", proof="exact")
    with pytest.raises(ValueError, match="proof must be one of"):
        otkit.pairwise(histograms, proof="float")
    with pytest.raises(ValueError, match="what must be one of"):
        by_function.to_frame("proofs")


def test_pairs_of_both_kinds_are_counted(monkeypatch):
    monkeypatch.setattr(clouds_module.CloudPairs, "small", 20)
    rng = np.random.default_rng(4)
    result = otkit.pairwise([rng.normal(size=(k, 2)) for k in (2, 5, 6)])
    assert result.proof.tolist() == [
        ["exact", "float", "float"],
        ["float", "exact", "exact"],
        ["float", "exact", "exact"],
    ]
    assert "1 exact, 2 float certificates" in str(result)
