"""Divergences of an order, cross-entropy, conditional and several measures' divergences, against 50 digits."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import otkit

ORDERS = (0.0, 1e-3, 0.5, 0.999999, 1.0, 1.000001, 2.0, 7.0, 300.0, math.inf)
masses = st.floats(1e-9, 1e9) | st.just(0.0)


@st.composite
def pairs_of_histograms(draw):
    size = draw(st.integers(2, 6))
    p = np.array(draw(st.lists(masses, min_size=size, max_size=size)))
    if draw(st.booleans()):  # nearly the same
        q = p * (
            1.0 + draw(st.floats(1e-12, 1.0)) * np.array(draw(st.lists(st.floats(-1, 1), min_size=size, max_size=size)))
        )
        q = np.abs(q)
    else:
        q = np.array(draw(st.lists(masses, min_size=size, max_size=size)))
    p[0] += p.sum() == 0.0
    q[-1] += q.sum() == 0.0
    return p, q


def shares(masses):
    exact = [mpmath.mpf(float(mass)) for mass in masses]
    total = mpmath.fsum(exact)
    return [mass / total for mass in exact]


def within(result, truth):
    if mpmath.isinf(truth):
        return math.isinf(result.value) and result.error == 0.0
    return abs(mpmath.mpf(result.value) - truth) <= result.error + mpmath.mpf(10) ** -45


def renyi(p, q, order):
    both = [(a, b) for a, b in zip(shares(p), shares(q), strict=True) if a > 0]
    common = [(a, b) for a, b in both if b > 0]
    if not common or (order >= 1.0 and len(common) < len(both)):
        return mpmath.inf
    if order == 0.0:
        return -mpmath.log(mpmath.fsum(b for _, b in common))
    if order == 1.0:
        return mpmath.fsum(a * mpmath.log(a / b) for a, b in common)
    if math.isinf(order):
        return max(mpmath.log(a / b) for a, b in common)
    order = mpmath.mpf(order)
    return mpmath.log(mpmath.fsum(a**order * b ** (1 - order) for a, b in common)) / (order - 1)


@given(pairs_of_histograms(), st.sampled_from(ORDERS))
@settings(max_examples=300, deadline=None)
def test_renyi_is_within_its_error(pair, order):
    with mpmath.workdps(60):
        assert within(otkit.renyi_divergence(*pair, order), renyi(*pair, order))


@given(pairs_of_histograms(), st.sampled_from([order for order in ORDERS if 0.0 < order < 300.0]))
@settings(max_examples=150, deadline=None)
def test_tsallis_is_within_its_error(pair, order):
    with mpmath.workdps(60):
        logarithm = renyi(*pair, order)
        truth = logarithm
        if order != 1.0 and not mpmath.isinf(logarithm):
            truth = mpmath.expm1((mpmath.mpf(order) - 1) * logarithm) / (mpmath.mpf(order) - 1)
        elif mpmath.isinf(logarithm) and order < 1.0:
            truth = 1 / (1 - mpmath.mpf(order))
        assert within(otkit.tsallis_divergence(*pair, order), truth)


@given(pairs_of_histograms())
@settings(max_examples=150, deadline=None)
def test_cross_entropy_is_within_its_error(pair):
    with mpmath.workdps(60):
        both = [(a, b) for a, b in zip(*map(shares, pair), strict=True) if a > 0]
        truth = mpmath.inf if any(b == 0 for _, b in both) else -mpmath.fsum(a * mpmath.log(b) for a, b in both)
        assert within(otkit.cross_entropy(*pair), truth)


@given(st.lists(pairs_of_histograms(), min_size=1, max_size=2), st.data())
@settings(max_examples=150, deadline=None)
def test_jensen_shannon_of_several_is_within_its_error(pairs, data):
    size = min(len(p) for p, _ in pairs)
    rows = [side[:size] + (side[:size].sum() == 0.0) for pair in pairs for side in pair]
    weights = data.draw(st.lists(st.floats(1e-3, 1.0), min_size=len(rows), max_size=len(rows)))
    with mpmath.workdps(60):
        w, law = shares(weights), [shares(row) for row in rows]
        mean = [mpmath.fsum(w[k] * law[k][i] for k in range(len(rows))) for i in range(size)]
        terms = [
            w[k] * law[k][i] * mpmath.log(law[k][i] / mean[i])
            for k in range(len(rows))
            for i in range(size)
            if law[k][i] > 0
        ]
        assert within(otkit.jensen_shannon(rows, weights), mpmath.fsum(terms))


@given(pairs_of_histograms(), pairs_of_histograms())
@settings(max_examples=100, deadline=None)
def test_conditional_kl_is_within_its_error(first, second):
    size = min(first[0].size, second[0].size)
    p, q = (np.array([first[k][:size], second[k][:size]]) for k in range(2))
    p[0, 0] += p.sum() == 0.0
    q[0, 0] += q.sum() == 0.0
    with mpmath.workdps(60):
        total, truth = mpmath.fsum(mpmath.mpf(float(v)) for v in p.ravel()), mpmath.mpf(0)
        for row_p, row_q in zip(p, q, strict=True):
            if row_p.sum() == 0.0:
                continue
            mass = mpmath.fsum(mpmath.mpf(float(v)) for v in row_p) / total
            truth += mass * (renyi(row_p, row_q, 1.0) if row_q.sum() > 0.0 else mpmath.inf)
        assert within(otkit.conditional_kl(p, q), truth)


def test_known_members_of_the_families():
    p, q = [1, 2, 5], [3, 1, 4]
    assert otkit.tsallis(p, q, 2) == pytest.approx(otkit.chi2(p, q), rel=1e-12)
    assert otkit.tsallis(p, q, 0.5) == pytest.approx(otkit.hellinger(p, q), rel=1e-12)
    assert otkit.tsallis(p, q, 1) == otkit.renyi(p, q, 1) == otkit.kl(p, q)
    assert otkit.jensen_shannon([p, q]).value == pytest.approx(otkit.js(p, q), rel=1e-13)
    kl = otkit.cross_entropy(p, q).value - otkit.cross_entropy(p, p).value
    assert kl == pytest.approx(otkit.kl(p, q), rel=1e-12)


def test_a_normal_law_has_the_closed_form():
    from scipy import stats

    for order in (0.3, 0.7):  # N(0, 1) and N(μ, 1): α μ²/2
        found = otkit.renyi_divergence(stats.norm(0, 1), stats.norm(1.5, 1), order)
        assert abs(found.value - order * 1.5**2 / 2) <= max(found.error, 1e-9)


def test_batches_are_single_calls():
    rng = np.random.default_rng(0)
    p, q = rng.random((4, 1, 6)), rng.random((3, 6))
    q[0, 0] = 0.0
    for order in (0.5, 2.0, 40.0, math.inf):
        found = otkit.renyi_divergence(p, q, order)
        assert found.value.shape == (4, 3)
        for i in range(4):
            for j in range(3):
                single = otkit.renyi_divergence(p[i, 0], q[j], order)
                assert (found.value[i, j], found.error[i, j]) == (single.value, single.error)


@pytest.mark.parametrize("name", ["kl", "js", "tv", "hellinger", "hellinger_distance", "chi2", "neyman", "jeffreys"])
def test_an_axis_is_that_of_numpy(name):
    function = getattr(otkit, name)
    rng = np.random.default_rng(1)
    p, q = rng.random((5, 2, 3)), rng.random((5, 1, 3))
    for axis in (0, -3):
        assert np.array_equal(function(p, q, axis=axis), function(np.moveaxis(p, 0, -1), np.moveaxis(q, 0, -1)))
    assert np.array_equal(function(p, q[:, 0, :][:, None], axis=0), function(p, q, axis=0))


def test_scipy_agrees_along_an_axis():
    from scipy.spatial.distance import jensenshannon
    from scipy.stats import entropy

    rng = np.random.default_rng(2)
    p, q = rng.random((4, 3)), rng.random((4, 3))
    assert otkit.kl(p, q, axis=0) == pytest.approx(entropy(p, q))
    assert otkit.js(p, q, axis=0) == pytest.approx(jensenshannon(p, q) ** 2)


def test_columns_of_a_frame_are_measures_along_axis_0():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"jan": [1, 2, 3], "feb": [3, 2, 1]}, index=["a", "b", "c"])
    year = pd.Series({"c": 1, "b": 1, "a": 2})
    expected = [otkit.js(frame["jan"], year), otkit.js(frame["feb"], year)]
    assert otkit.js(frame, year, axis=0).tolist() == expected
    turned = frame.loc[["c", "a", "b"], ["feb", "jan"]]
    assert otkit.conditional_kl(frame, turned).value == 0.0
    assert otkit.conditional_kl(frame, turned.drop(index="a")).value == math.inf


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: otkit.kl([[1, 2]], [1, 2], axis=2), "axis must lie between -2 and 1"),
        (lambda: otkit.kl({"a": 1}, {"a": 1}, axis=1), "axis must lie between -1 and 0"),
        (lambda: otkit.renyi([1], [1], -0.5), "alpha must not be negative"),
        (lambda: otkit.renyi([1], [1], math.nan), "alpha must not be negative"),
        (lambda: otkit.tsallis([1], [1], math.inf), "alpha must be positive and finite"),
        (lambda: otkit.renyi([1, 2], [1, 2], 2, base=1), "base must be a finite number above 1"),
        (lambda: otkit.conditional_kl([1, 2], [1, 2]), "at least two axes"),
        (lambda: otkit.jensen_shannon([[1, 2], [1, 2, 3]]), "the same length"),
        (lambda: otkit.jensen_shannon([[1, 2], [1, -2]]), "measures must be non-negative"),
        (lambda: otkit.jensen_shannon([[1, 2], [1, 2]], [0, 0]), "weights must have a positive entry"),
        (lambda: otkit.psi([[1, 2]], [[1, 2]]), "samples of numbers"),
        (lambda: otkit.mmd([1.0], [2.0], kernel="polynomial", degree=99), "degree must lie between"),
        (lambda: otkit.frechet_distance([1.0], [2.0, 3.0]), "at least two points"),
    ],
)  # fmt: skip
def test_refusals_say_what_is_wrong(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_psi_is_that_of_counts():
    rng = np.random.default_rng(3)
    reference, current = rng.normal(size=1000), rng.normal(0.3, 1.1, size=700)
    edges = np.quantile(reference, np.arange(1, 10) / 10, method="inverted_cdf")
    p, q = (np.bincount(np.searchsorted(edges, x, side="left"), minlength=10) for x in (reference, current))
    assert otkit.psi(reference, current) == pytest.approx(otkit.jeffreys(p, q))


def kernel(x, y, degree):
    return (1.0 + x @ y.T / x.shape[1]) ** degree


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_polynomial_mmd_against_the_matrix(degree):
    rng = np.random.default_rng(4)
    x, y, a = rng.normal(size=(12, 3)), rng.normal(size=(9, 3)) + 0.3, rng.random(12)
    shares_a, shares_b = a / a.sum(), np.full(9, 1 / 9)
    square = shares_a @ kernel(x, x, degree) @ shares_a + shares_b @ kernel(y, y, degree) @ shares_b
    square -= 2.0 * shares_a @ kernel(x, y, degree) @ shares_b
    found = otkit.mmd(x, y, a, kernel="polynomial", degree=degree)
    assert abs(found.value - square) <= found.error + 1e-15 < 1e-10

    def unbiased(x, y):
        within = [(kernel(z, z, degree).sum() - np.trace(kernel(z, z, degree))) / len(z) / (len(z) - 1) for z in (x, y)]
        return sum(within) - 2.0 * kernel(x, y, degree).mean()

    found = otkit.mmd(x, y, kernel="polynomial", degree=degree, unbiased=True)
    without = [unbiased(np.delete(x, i, 0), y) for i in range(12)], [unbiased(x, np.delete(y, j, 0)) for j in range(9)]
    variance = sum((len(w) - 1) / len(w) * ((np.array(w) - unbiased(x, y)) ** 2).sum() for w in without)
    assert found.value == pytest.approx(unbiased(x, y), abs=1e-12)
    assert found.error == pytest.approx(math.sqrt(variance), rel=1e-9)


def test_frechet_intervals_hold_what_they_say():
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(100):
        x, y = rng.normal(size=(600, 2)) * [1.0, 2.0], rng.normal(size=(500, 2)) + [1.0, 0.0]
        low, high = otkit.frechet_distance(x, y).interval()
        held += low < 2.0 < high  # 1² and (2 − 1)²
    assert held >= 88


def test_stacks_of_normal_laws_are_single_calls():
    rng = np.random.default_rng(6)
    roots = rng.normal(size=(4, 3, 3))
    covariances, means = roots @ roots.transpose(0, 2, 1), rng.normal(size=(2, 1, 3))
    stack = otkit.gaussian_wasserstein(means, covariances, np.zeros(3), np.eye(3))
    assert stack.distance.shape == (2, 4)
    for i in range(2):
        for j in range(4):
            single = otkit.gaussian_wasserstein(means[i, 0], covariances[j], np.zeros(3), np.eye(3))
            assert stack.distance[i, j] == single.distance
            assert np.array_equal(stack.matrix[i, j], single.matrix)
    with pytest.raises(ValueError, match="Pair 1 of the stack: cov0 must be positive semidefinite"):
        otkit.gaussian_wasserstein(np.zeros((2, 1)), [[[1.0]], [[-1.0]]], [0.0], [[1.0]])
