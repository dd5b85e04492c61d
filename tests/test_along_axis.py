"""W_p column by column: SciPy, POT, exact fractions and otkit.wasserstein agree, and bounds hold what is true."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import ot
import pytest
import scipy.stats

import otkit
from otkit.many import along_axis


def exact_power(x, y, a, b, p):
    """W_p^p for a whole p, or W_∞, in fractions; zero weights left out."""
    sides = []
    for values, given in ((x, a), (y, b)):
        weights = [Fraction(1)] * len(values) if given is None else list(map(Fraction, given))
        total = sum(weights)
        sides.append(sorted((Fraction(v), w / total) for v, w in zip(values, weights, strict=True) if w))
    (x, y), (i, j) = sides, (0, 0)
    left, right = x[0][1], y[0][1]
    total = largest = Fraction(0)
    while True:
        step, apart = min(left, right), abs(x[i][0] - y[j][0])
        largest = max(largest, apart)
        total += step * apart ** (1 if math.isinf(p) else int(p))
        left, right = left - step, right - step
        if not left:
            i += 1
            if i == len(x):
                return largest if math.isinf(p) else total
            left = x[i][1]
        if not right:
            j += 1
            if j == len(y):
                return largest if math.isinf(p) else total
            right = y[j][1]


@pytest.mark.parametrize("p", [1, 2, 3, math.inf])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "m"), [(1, 1), (7, 7), (9, 4), (40, 61)])
def test_bounds_hold_the_exact_value(rng, n, m, weighted, p):
    x, y = rng.normal(size=(n, 3)), rng.normal(size=(m, 3)) + 0.5
    a, b = (
        (rng.random((n, 3)), rng.integers(0, 3, (m, 3)) + 1.0 * (np.arange(m) == 0)[:, None])
        if weighted
        else (None, None)
    )
    found = otkit.wasserstein_1d(x, y, a, b, p=p)
    for k in range(3):
        exact = exact_power(x[:, k], y[:, k], None if a is None else a[:, k], None if b is None else b[:, k], p)
        degree = 1 if math.isinf(p) else p
        lower, upper = Fraction(found.lower[k]) ** degree, Fraction(found.upper[k]) ** degree
        assert lower <= exact <= upper
        assert found.lower[k] <= found.distance[k] <= found.upper[k]
        assert found.upper[k] - found.lower[k] <= 1e-12 * found.upper[k]


def test_agrees_with_scipy_and_pot(rng):
    x, y, a, b = rng.normal(size=500), rng.normal(size=300), rng.random(500), rng.random(300)
    assert otkit.wasserstein_1d(x, y).distance == pytest.approx(scipy.stats.wasserstein_distance(x, y), rel=1e-12)
    weighted = scipy.stats.wasserstein_distance(x, y, a, b)
    assert otkit.wasserstein_1d(x, y, a, b).distance == pytest.approx(weighted, rel=1e-12)
    for p in (1.5, 2.0, 7.0, 30.0):
        theirs = ot.wasserstein_1d(x, y, a / a.sum(), b / b.sum(), p=p) ** (1.0 / p)
        assert float(otkit.wasserstein_1d(x, y, a, b, p=p)) == pytest.approx(float(theirs), rel=1e-9)


@pytest.mark.parametrize("axis", [0, 1, -1, -3])
def test_axes_and_broadcasting(rng, axis):
    x, y = rng.normal(size=(4, 5, 6)), rng.normal(size=(4, 5, 6))
    found = otkit.wasserstein_1d(x, y, axis=axis)
    left, right = np.moveaxis(x, axis, 0), np.moveaxis(y, axis, 0)
    assert found.distance.shape == left.shape[1:]
    for index in np.ndindex(found.distance.shape):
        one = otkit.wasserstein_1d(left[:, *index], right[:, *index])
        assert (one.distance, one.lower, one.upper) == (
            found.distance[index],
            found.lower[index],
            found.upper[index],
        )
    shared = otkit.wasserstein_1d(rng.normal(size=3), y)
    assert shared.distance.shape == (5, 6)


def test_missing_values_are_left_out_of_their_column(rng):
    x, y = rng.normal(size=(30, 3)), rng.normal(size=(20, 3))
    a = rng.random(30)
    x[[2, 7], 0], y[4, 2] = math.nan, math.nan
    with pytest.raises(ValueError, match=r"x must be finite, but 2 of its values are missing"):
        otkit.wasserstein_1d(x, y)
    found = otkit.wasserstein_1d(x, y, a, p=2, missing="drop")
    for k in range(3):
        there = ~np.isnan(x[:, k])
        alone = otkit.wasserstein(x[there, k], y[~np.isnan(y[:, k]), k], a[there], p=2)
        assert found.distance[k] == pytest.approx(alone.distance, rel=1e-13)
        assert found.solution(column=k).value == pytest.approx(alone.value, rel=1e-13)
    x[:, 1] = math.nan
    with pytest.raises(ValueError, match="x must hold at least one value in each column"):
        otkit.wasserstein_1d(x, y, missing="drop")


def test_data_frames_are_matched_by_name():
    pd = pytest.importorskip("pandas")
    x = pd.DataFrame({"age": [30, 40, None], "income": [1.0, 2.0, 3.0]})
    y = pd.DataFrame({"income": [2.0, 4.0], "age": [35, 45]})
    found = otkit.wasserstein_1d(x, y, missing="drop")
    assert found.names == ("age", "income")
    assert found.distance.tolist() == [5.0, 1.0]
    assert found.to_frame().loc["age", "distance"] == 5.0
    times = [pd.Series(pd.to_datetime([day])) for day in ("2024-01-01", "2024-01-03")]
    assert float(otkit.wasserstein_1d(*times)) == 2 * 86_400.0
    assert float(otkit.wasserstein_1d([2**60 + 1], [2**60])) == 1.0


def test_powers_beyond_float64():
    for scale in (1e-300, 1e-30, 1.0, 1e30, 1e300):
        x, y = np.array([0.0, 1.0, 3.0]) * scale, np.array([1.0, 1.5]) * scale
        for p in (2, 30, 700):
            found = otkit.wasserstein_1d(x, y, p=p)
            power = exact_power([0.0, 1.0, 3.0], [1.0, 1.5], None, None, p)
            expected = scale * math.exp((math.log(power.numerator) - math.log(power.denominator)) / p)
            assert float(found) == pytest.approx(expected, rel=1e-12)
            assert found.lower <= float(found) <= found.upper
    assert float(otkit.wasserstein_1d([1.0, 1.0], [1.0], p=700)) == 0.0


def test_levels_that_rounding_may_exchange_widen_the_largest_difference():
    """Ten times 0.1 is 1 in decimals; in floats the levels of the two sides differ by less than their rounding."""
    x, y = np.arange(10.0) ** 2, np.array([0.0, 90.0])
    a, b = np.full(10, 0.1), np.array([0.1 + 0.1 + 0.1, 0.7])
    found = otkit.wasserstein_1d(x, y, a, b, p=math.inf)
    exact = float(exact_power(x, y, a, b, math.inf))
    assert found.lower <= exact <= found.upper


def test_threads_change_no_bit(rng, monkeypatch):
    monkeypatch.setattr(along_axis, "_WORTH_A_THREAD", 10)
    x, y, a = rng.normal(size=(50, 9)), rng.normal(size=(40, 9)), rng.random(50)
    found = {otkit.wasserstein_1d(x, y, a, p=3, threads=k).distance.tobytes() for k in (1, 2, 3)}
    assert len(found) == 1


def test_inputs_are_left_as_they_are(rng):
    x, y = rng.normal(size=(2, 20))
    before = x.copy(), y.copy()
    otkit.wasserstein_1d(x, y)
    assert np.array_equal(x, before[0])
    assert np.array_equal(y, before[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": [math.inf]}, "x must be finite, but it holds 1 infinite"),
        ({"x": np.zeros((3, 2)), "y": np.zeros((3, 5))}, "x and y must have the same columns"),
        ({"axis": 3}, "x must have values along axis 3"),
        ({"a": [1.0, 2.0]}, "a must have a weight for each value"),
        ({"a": [-1.0, 1.0, 1.0]}, "a must be finite and not negative"),
        ({"a": [0.0, 0.0, 0.0]}, "a must have a positive sum"),
        ({"p": 0.5}, "p must be a finite number of at least 1"),
        ({"missing": "skip"}, "missing must be"),
        ({"x": []}, "x must"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        otkit.wasserstein_1d(**({"x": np.zeros(3), "y": np.ones(2)} | arguments))


def test_solutions_are_kept_and_what_has_none_says_so(rng):
    found = otkit.wasserstein_1d(rng.normal(size=(5, 2)), rng.normal(size=(6, 2)))
    assert found.solution(column=1) is found.solution(column=1)
    assert found.solution(column=1).certificate.proof == "exact"
    with pytest.raises(IndexError, match="column must have 1 numbers"):
        found.solution()
    with pytest.raises(ValueError, match="p must be finite"):
        otkit.wasserstein_1d([0.0], [1.0], p=math.inf).solution()
    assert "W_1 of 2 columns" in str(found)


@pytest.mark.parametrize("exponent", [-1000, -700, -401, 401, 900])
def test_weights_of_any_scale_count_relative_to_their_total(rng, exponent):
    x, y, a, b = rng.normal(size=40), rng.normal(size=30), rng.random(40) + 0.5, rng.random(30) + 0.5
    usual, scaled = otkit.wasserstein_1d(x, y, a, b, p=2), otkit.wasserstein_1d(x, y, np.ldexp(a, exponent), b, p=2)
    assert (usual.distance, usual.lower, usual.upper) == (scaled.distance, scaled.lower, scaled.upper)


def test_equal_values_may_come_in_any_order(rng):
    x, y = np.repeat([0.0, 1.0, 4.0], 20), rng.normal(size=50)
    a, b = rng.random(60), rng.random(50)
    truth = exact_power(x, y, a, b, 1)
    for _ in range(5):
        order = rng.permutation(60)
        found = otkit.wasserstein_1d(x[order], y, a[order], b)
        assert found.lower <= truth <= found.upper
