"""Barycenters and interpolations: closed forms, the linear program as it is written down, POT, and duality."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import ot
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import otkit
from otkit import DiscreteMeasure, barycenter, displacement_interpolation

masses = st.lists(st.integers(1, 5), min_size=1, max_size=5)


@st.composite
def measures_on_line(draw):
    found = []
    for _ in range(draw(st.integers(1, 4))):
        weights = draw(masses)
        points = draw(st.lists(st.integers(-8, 8), min_size=len(weights), max_size=len(weights)))
        found.append(DiscreteMeasure(points, weights))
    return found


def by_quantiles(measures, weights, p):
    """Return the least objective by integrating over all levels in fractions, slowly."""
    sides = []
    for measure in measures:
        pairs = sorted(zip(measure.points[:, 0].tolist(), measure.weights.tolist(), strict=True))
        total = sum(Fraction(w) for _, w in pairs)
        level, steps = Fraction(0), []
        for x, w in pairs:
            level += Fraction(w) / total
            steps.append((level, Fraction(x)))
        sides.append(steps)
    shares = [Fraction(w) / sum(map(Fraction, weights)) for w in weights]
    value, before = Fraction(0), Fraction(0)
    for level in sorted({level for steps in sides for level, _ in steps}):
        q = [next(x for upto, x in steps if upto >= level) for steps in sides]
        at = [sum(s * x for s, x in zip(shares, q, strict=True))] if p == 2 else q
        value += (level - before) * min(sum(s * abs(x - z) ** p for s, x in zip(shares, q, strict=True)) for z in at)
        before = level
    return value


def program(costs, sides, shares):
    """Solve the linear program of a barycenter on a fixed support with dense constraints."""
    m = costs[0].shape[1]
    sizes = [cost.size for cost in costs]
    rows, targets = [], []
    for k, (cost, side) in enumerate(zip(costs, sides, strict=True)):
        n, start = len(cost), sum(sizes[:k])
        for i in range(n):
            row = np.zeros(sum(sizes) + m)
            row[start + i * m : start + (i + 1) * m] = 1.0
            rows.append(row)
            targets.append(side[i])
        for j in range(m):
            row = np.zeros(sum(sizes) + m)
            row[start + j : start + n * m : m] = 1.0
            row[sum(sizes) + j] = -1.0
            rows.append(row)
            targets.append(0.0)
    c = np.concatenate([*(share * cost.ravel() for share, cost in zip(shares, costs, strict=True)), np.zeros(m)])
    found = linprog(c, A_eq=np.array(rows), b_eq=targets)
    assert found.status == 0
    return found.fun


# --- on the line ----------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(measures_on_line(), st.sampled_from([1, 2]), st.data())
def test_on_the_line_no_measure_does_better(measures, p, data):
    weights = data.draw(st.lists(st.integers(1, 4), min_size=len(measures), max_size=len(measures)))
    result = barycenter(measures, weights, p=p)
    truth = by_quantiles(measures, weights, p)
    assert Fraction(result.lower) <= truth <= Fraction(result.upper)
    assert result.gap <= 1e-11
    assert result.value == pytest.approx(float(truth), abs=1e-12)
    assert math.fsum(result.masses) == pytest.approx(1.0, abs=1e-15)
    assert (np.diff(result.points[:, 0]) > 0.0).all()


def test_the_average_of_shifted_samples_is_shifted_by_the_average(rng):
    x = np.sort(rng.integers(0, 1 << 20, 200) / 1024)
    for p in (1, 2):
        result = barycenter([x, x + 4.0, x + 32.0], p=p)
        np.testing.assert_allclose(result.points[:, 0], np.unique(x) + (12.0 if p == 2 else 4.0), rtol=1e-14)


def test_one_measure_is_its_own_barycenter_and_sevenths_are_three_twenty_firsts():
    x = np.arange(7.0)
    assert barycenter([x]).value == 0.0
    result = barycenter([x, np.repeat(x, 3)])
    assert result.points[:, 0].tolist() == x.tolist()
    assert result.value == 0.0


def test_barycenters_of_normal_samples_have_the_mean_deviation(rng):
    """The barycenter of N(m_k, s_k) is N(mean m, mean s)."""
    z = rng.normal(size=4000)
    measure = barycenter([1.0 + 2.0 * z, rng.permutation(5.0 + 4.0 * z)]).measure
    mean = np.average(measure.points[:, 0], weights=measure.weights)
    assert mean == pytest.approx(3.0 + 3.0 * z.mean())
    assert np.average((measure.points[:, 0] - mean) ** 2, weights=measure.weights) == pytest.approx(9.0 * z.var())


# --- on a given support ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("p", "metric"), [(1, "euclidean"), (2, "euclidean"), (1.5, "cityblock")])
def test_on_a_support_the_linear_program_is_solved_and_proved(rng, p, metric):
    clouds = [DiscreteMeasure(rng.normal(size=(k, 2)), rng.random(k)) for k in (4, 5, 3)]
    support, shares = rng.normal(size=(7, 2)), np.array([0.5, 0.2, 0.3])
    result = barycenter(clouds, shares * 7, p=p, metric=metric, support=support)
    costs = [otkit.cost_matrix(cloud.points, support, metric=metric, p=p) for cloud in clouds]
    sides = [cloud.weights / cloud.weights.sum() for cloud in clouds]
    assert result.value == pytest.approx(program(costs, sides, shares), rel=1e-8)
    assert result.lower <= result.upper
    assert result.gap <= 1e-9 * result.value
    assert result.measure.points.shape[1] == 2
    for cloud, transport in zip(clouds, result.results, strict=True):
        assert transport.certificate.proof == "exact"
        again = otkit.wasserstein(cloud, DiscreteMeasure(support, result.masses), p=p, metric=metric)
        assert transport.value == pytest.approx(again.value, rel=1e-12)


def test_histograms_with_empty_bins_over_a_ground_cost(rng):
    C = otkit.cost_matrix(np.arange(6.0), metric="sqeuclidean")
    histograms = rng.integers(0, 3, (3, 6)) + np.eye(3, 6, dtype=int)
    result = barycenter(histograms, ground_cost=C)
    theirs = ot.lp.barycenter((histograms / histograms.sum(axis=1, keepdims=True)).T, C, solver="highs")
    cost = np.mean([ot.emd2(h / h.sum(), theirs / theirs.sum(), C) for h in histograms])
    assert result.value == pytest.approx(cost, rel=1e-6)
    assert result.gap <= 1e-9
    with pytest.raises(ValueError, match="measure needs points"):
        _ = result.measure


def test_a_support_on_the_line_is_no_better_than_none(rng):
    clouds = [rng.integers(0, 5, 4).astype(float), rng.integers(0, 5, 3).astype(float)]
    free = barycenter(clouds, p=1)
    on_grid = barycenter(clouds, p=1, support=np.arange(5.0))  # medians lie on it
    assert on_grid.value == pytest.approx(free.value, abs=1e-10)
    assert barycenter(clouds, p=2, support=np.arange(5.0)).value >= barycenter(clouds, p=2).lower


def test_negative_costs():
    result = barycenter([[1, 1], [0, 2]], ground_cost=[[-3.0, 1.0], [0.0, -1.0]])
    assert result.lower <= result.value <= result.upper
    assert result.gap <= 1e-9


# --- interpolation --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("metric", ["euclidean", "cityblock", "chebyshev"])
def test_interpolation_is_a_shortest_way(rng, p, metric):
    x, y, a = rng.normal(size=(15, 2)), rng.normal(size=(12, 2)) + 1.0, rng.random(15)
    whole = otkit.wasserstein(x, y, a, p=p, metric=metric)
    times = [0.0, 0.3, 0.7, 1.0]
    stops = [displacement_interpolation(whole, t) for t in times]
    for s, start in zip(times, stops, strict=True):
        for t, stop in zip(times, stops, strict=True):
            between = otkit.wasserstein(start, stop, p=p, metric=metric).distance
            assert between == pytest.approx(abs(t - s) * whole.distance, abs=1e-7 * whole.distance)
    assert otkit.wasserstein(stops[0], DiscreteMeasure(x, a)).distance < 1e-14
    assert otkit.wasserstein(stops[-1], y).distance < 1e-14


def test_interpolation_half_way_is_a_barycenter(rng):
    x, y = rng.normal(size=9), rng.normal(size=6)
    half = displacement_interpolation(otkit.wasserstein(x, y, p=2), 0.5)
    assert otkit.wasserstein(half, barycenter([x, y]).measure, p=2).distance < 1e-14


# --- what is printed, and what is refused ---------------------------------------------------------------------------


def test_what_prints():
    result = barycenter([[0.0], [2.0]])
    assert str(result).startswith("barycenter of 2 measures: 1 points with mass\n  value    1\n  proof    1 ≤ OPT ≤ 1")
    assert repr(result) == "BarycenterResult(value=1.0, measures=2, points=1)"


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"measures": []}, ValueError, "measures must hold at least one measure"),
        ({"measures": DiscreteMeasure([1.0])}, TypeError, "measures must be a sequence of measures"),
        ({"measures": [[0.0], [np.nan]]}, ValueError, r"measures\[1\] must be finite"),
        ({"measures": [[0.0], [[1.0, 2.0]]]}, ValueError, r"measures\[1\] has 2"),
        ({"measures": [[0.0]], "support": [[1.0, 2.0]]}, ValueError, "support has 2"),
        ({"measures": [[[0.0, 1.0]]]}, ValueError, "support must be given in dimension 2"),
        ({"measures": [[0.0], [1.0]], "p": 3}, ValueError, "p must be 1 or 2"),
        ({"measures": [[0.0], [1.0]], "weights": [1]}, ValueError, "weights must have 2 entries"),
        ({"measures": [[1, 2]], "ground_cost": [[1.0]]}, ValueError, r"measures\[0\] must have 1 bins"),
        ({"measures": [[1]], "ground_cost": [[1.0]], "support": [1.0]}, TypeError, "support must be left out"),
    ],
)
def test_bad_input(arguments, error, words):
    with pytest.raises(error, match=words):
        barycenter(**arguments)


def test_bad_interpolations():
    result = otkit.wasserstein([0.0], [1.0])
    for t in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="t must lie between 0 and 1"):
            displacement_interpolation(result, t)
    with pytest.raises(TypeError, match="t must be a number"):
        displacement_interpolation(result, "half")
    with pytest.raises(ValueError, match="shortest ways are straight"):
        displacement_interpolation(otkit.transport([[1.0]]), 0.5)
    with pytest.raises(ValueError, match="shortest ways are straight"):
        displacement_interpolation(otkit.wasserstein([[1.0, 2.0]], [[2.0, 1.0]], metric="cosine"), 0.5)
