"""Distances between persistence diagrams: against augmented assignments, fractions, identities, GUDHI and persim."""

from __future__ import annotations

import math
from bisect import bisect_left
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

import otkit
from otkit import persistence_distance
from otkit.checker.audit import certify

coordinates = st.integers(-5, 8)
finite = st.lists(st.tuples(coordinates, coordinates), max_size=4).map(
    lambda points: np.array(points, float).reshape(-1, 2)
)


def to_diagonal(points, q):
    return np.abs(points[:, 1] - points[:, 0]) * (0.5 if q == math.inf else 2.0 ** (1.0 / q - 1.0))


def augmented(X, Y, q):
    """Return distances between X with a place on the diagonal for each of Y, and the other way round."""
    n, m = len(X), len(Y)
    D = np.zeros((n + m, m + n))
    D[:n, :m] = np.linalg.norm(X[:, None] - Y[None], ord=q, axis=2)
    D[:n, m:], D[n:, :m] = to_diagonal(X, q)[:, None], to_diagonal(Y, q)
    return D


def by_assignment(X, Y, p, q):
    D = augmented(X, Y, q)
    if p < math.inf:
        D = D**p
        return D[linear_sum_assignment(D)].sum() ** (1.0 / p)
    values = np.unique(np.append(D, 0.0))

    def suffices(t):
        dear = np.greater(D, t)
        return not dear[linear_sum_assignment(dear)].any()

    return values[bisect_left(values, True, key=suffices)]


def assert_matched(result, X, Y):
    """Each point is matched once, and the matching costs what it says."""
    i, j = result.matching.T
    np.testing.assert_array_equal(np.sort(i[i >= 0]), np.arange(len(X)))
    np.testing.assert_array_equal(np.sort(j[j >= 0]), np.arange(len(Y)))
    costs = [0.0]
    for one, other in result.matching:
        if one < 0 or other < 0:
            points = Y[[other]] if one < 0 else X[[one]]
            costs.append(0.0 if points[0, 0] == points[0, 1] else to_diagonal(points, result.q)[0])
        else:
            with np.errstate(invalid="ignore"):
                difference = X[one] - Y[other]
            costs.append(np.linalg.norm(np.where(np.isnan(difference), 0.0, difference), ord=result.q))
    total = max(costs) if result.p == math.inf else sum(c**result.p for c in costs) ** (1.0 / result.p)
    assert total == pytest.approx(result.distance, rel=1e-12)


@settings(max_examples=60)
@given(finite, finite, st.sampled_from([1.0, 2.0, 1.5, math.inf]), st.sampled_from([1.0, 2.0, math.inf]))
def test_agrees_with_the_augmented_assignment(X, Y, p, q):
    result = persistence_distance(X, Y, p=p, q=q)
    assert result.distance == pytest.approx(by_assignment(X, Y, p, q), rel=1e-12, abs=1e-12)
    assert_matched(result, X, Y)
    if p == 1.5:
        assert result.interval is None
    else:
        assert result.interval[0] <= result.distance <= result.interval[1]
        assert result.interval[1] - result.interval[0] <= 1e-14 * result.distance + 1e-300
    assert persistence_distance(Y, X, p=p, q=q).distance == result.distance


@pytest.mark.parametrize("p", [1, 2, math.inf])
def test_many_points(p):
    rng = np.random.default_rng(4)
    X, Y = (np.column_stack([b, b + rng.exponential(0.1, b.size)]) for b in (rng.random(250), rng.random(300)))
    result = persistence_distance(X, Y, p=p)
    assert result.distance == pytest.approx(by_assignment(X, Y, p, math.inf), rel=1e-12)
    assert_matched(result, X, Y)
    assert "exact arithmetic" in result.certificate.statement


def test_infinite_bars_are_matched_in_their_own_class():
    inf = math.inf
    X = [[0, 4], [3, inf], [0, inf], [-inf, 2], [-inf, inf], [inf, inf], [7, 7]]
    Y = [[1, inf], [-inf, inf], [5, inf], [0, 4], [-inf, 5]]
    result = persistence_distance(X, Y)
    assert result.distance == 1 + 2 + 3
    assert result.matching.tolist() == [[0, 3], [1, 2], [2, 0], [3, 4], [4, 1], [5, -1], [6, -1]]
    assert persistence_distance(X, Y, p=2).distance == math.sqrt(1 + 4 + 9)
    assert persistence_distance(X, Y, p=inf).distance == 3.0
    for other in (Y[1:], [*Y, [0, -inf]], [*Y, [-inf, 0]], []):
        worse = persistence_distance(X, other)
        assert worse.distance == inf
        assert worse.matching.shape == (0, 2)
        assert "differ in number" in str(worse)


@pytest.mark.parametrize("p", [1, 2, math.inf])
@pytest.mark.parametrize("empty", [[], np.empty((0, 2)), np.empty(0)])
def test_empty_diagrams(p, empty):
    assert persistence_distance(empty, empty, p=p).distance == 0.0
    result = persistence_distance(empty, [[0.0, 4.0], [1.0, 2.0], [3.0, 3.0]], p=p)
    assert result.distance == {1: 2.5, 2: math.sqrt(4.25), math.inf: 2.0}[p]
    assert sorted(result.matching.tolist()) == [[-1, 0], [-1, 1], [-1, 2]]
    assert result.certificate is None


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1.0, 1e16, 1e160, 1e300])
@pytest.mark.parametrize("p", [1, 2, 3, math.inf])
def test_any_scale(scale, p):
    scale = math.ldexp(1.0, math.frexp(scale)[1])
    X, Y = np.array([[0.0, 4.0], [1.0, 2.0]]), np.array([[0.0, 5.0]])
    expected = persistence_distance(X, Y, p=p)
    found = persistence_distance(X * scale, Y * scale, p=p)
    assert found.distance == pytest.approx(expected.distance * scale, rel=1e-15)
    np.testing.assert_array_equal(found.matching, expected.matching)


def test_large_coordinates_keep_their_digits():
    """Differences of 2 beside 1e16 are lost where squares are added, or coordinates in single precision."""
    base = 1e16
    X, Y = np.array([[base, base + 64.0]]), np.array([[base + 2.0, base + 60.0]])
    assert persistence_distance(X, Y).distance == 4.0
    assert persistence_distance(X, Y, p=math.inf).distance == 4.0
    assert persistence_distance(X, Y, q=1).distance == 6.0


@given(finite, finite)
def test_the_interval_holds_the_real_number(X, Y):
    """W_1 in the largest norm, in fractions, of points that floats round when they are subtracted."""
    X, Y = X[:2] + 0.1, Y[:2] / 3.0

    def distance(x, y):
        return max(abs(Fraction(s) - Fraction(t)) for s, t in zip(x, y, strict=True))

    def price(x):
        return abs(Fraction(x[0]) - Fraction(x[1])) / 2

    points = [*X.tolist(), *[None] * len(Y)]
    others = [*Y.tolist(), *[None] * len(X)]
    best = min(
        sum(
            (
                Fraction(0)
                if x is None and y is None
                else price(y if x is None else x)
                if x is None or y is None
                else distance(x, y)
            )
            for x, y in zip(points, order, strict=True)
        )
        for order in permutations(others)
    )
    low, high = persistence_distance(X, Y).interval
    assert low <= best <= high


def test_the_certificate_is_of_the_problem_that_was_solved():
    rng = np.random.default_rng(1)
    X, Y = (np.sort(rng.random((n, 2)), axis=1) for n in (20, 25))
    result = persistence_distance(X, Y, p=2)
    assert result.certificate.proof == "exact"
    problem = result.certificate.evidence.problem
    assert not certify(problem, plan=np.outer(problem.a, problem.b) / problem.b.sum()).optimal


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (([[0, 1, 1]], []), ValueError, "shape is \\(1, 3\\)"),
        (([[0, math.nan]], []), ValueError, r"X\[0, 1\] is"),
        (([], [["a", "b"]]), TypeError, "Y must be numeric"),
    ],
)
def test_bad_diagrams(arguments, error, words):
    with pytest.raises(error, match=words):
        persistence_distance(*arguments)


@pytest.mark.parametrize("order", [0.5, math.nan, "one", -1])
def test_bad_orders(order):
    for name in "pq":
        with pytest.raises((ValueError, TypeError), match=f"{name} must be"):
            persistence_distance([[0, 1]], [[0, 2]], **{name: order})


def test_gudhi_and_persim_agree():
    gudhi_wasserstein = pytest.importorskip("gudhi.wasserstein")
    gudhi, persim = pytest.importorskip("gudhi"), pytest.importorskip("persim")
    rng = np.random.default_rng(7)
    X, Y = (np.column_stack([b, b + rng.exponential(0.2, b.size)]) for b in (rng.random(60), rng.random(50)))
    for p, q in ((1, math.inf), (2, 2), (2, math.inf)):
        expected = gudhi_wasserstein.wasserstein_distance(X, Y, order=p, internal_p=q)
        assert persistence_distance(X, Y, p=p, q=q).distance == pytest.approx(expected, rel=1e-9)
    assert persistence_distance(X, Y, p=math.inf).distance == pytest.approx(gudhi.bottleneck_distance(X, Y), rel=1e-14)
    assert persistence_distance(X, Y, q=2).distance == pytest.approx(persim.wasserstein(X, Y), rel=1e-9)


def test_plot():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    result = persistence_distance([[0, 4], [1, 2], [0, math.inf]], [[0, 5], [1, math.inf]])
    axes = otkit.plot_persistence(result)
    lines = [collection for collection in axes.collections if hasattr(collection, "get_segments")]
    segments = np.array([segment for each in lines for segment in each.get_segments()])
    assert [[0, 4], [0, 5]] in segments.tolist()
    assert [[1, 2], [1.5, 1.5]] in segments.tolist()
    assert len(segments) == 3
    for empty in (persistence_distance([], []), persistence_distance([[0, math.inf]], [])):
        otkit.plot_persistence(empty)
    matplotlib.pyplot.close("all")
