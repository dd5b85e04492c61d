"""Circles and tori: distances against fractions, turns that change no bit, W_1 against its closed form and POT."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import ot
import pytest
from hypothesis import given
from hypothesis import strategies as st

import otkit
from otkit.costs.periodic import wrapped

numbers = st.floats(-1e6, 1e6)


@given(numbers, numbers, st.sampled_from([24.0, 360.0, 2.0 * math.pi, 0.1, 1e5]))
def test_a_distance_is_the_true_one_rounded_once(x, y, period):
    P = Fraction(period)
    apart = abs(Fraction(x) - Fraction(y)) % P
    exact = min(apart, P - apart)
    found = wrapped(np.array([x]), np.array([y]), period)[0]
    assert abs(Fraction(found) - exact) <= exact * Fraction(2) ** -53 + Fraction(2) ** -1074


@pytest.mark.parametrize("p", [1, 2, 3])
def test_turning_all_points_changes_no_bit(p):
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 24 * 64, 30) / 64, rng.integers(0, 24 * 64, 40) / 64
    value = otkit.wasserstein(x, y, p=p, metric=otkit.Circle(24)).value
    for turn in (1 / 64, 5.5, 12.0, -31.25, 2400.0):
        assert otkit.wasserstein(x + turn, y + turn, p=p, metric=otkit.Circle(24)).value == value
        assert otkit.wasserstein((x + turn) % 24, y + turn, p=p, metric=otkit.Circle(24)).value == value


def by_level_median(x, y, a, b, period):
    """Return W_1 on the circle: ∫ |F − G − m|, m a median of F − G by length."""
    points = np.concatenate([x % period, y % period])
    order = np.argsort(points)
    points, jumps = points[order], np.concatenate([a / a.sum(), -b / b.sum()])[order]
    levels, lengths = np.cumsum(jumps), np.diff(np.append(points, points[0] + period))
    by_level = np.argsort(levels)
    median = levels[by_level][np.searchsorted(np.cumsum(lengths[by_level]), period / 2)]
    return (np.abs(levels - median) * lengths).sum()


@given(st.integers(0, 2**32 - 1))
def test_w1_is_the_closed_form(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-50, 50, 7), rng.uniform(0, 24, 9)
    a, b = rng.random(7), rng.random(9)
    result = otkit.wasserstein(x, y, a, b, metric=otkit.Circle(24))
    assert result.distance == pytest.approx(by_level_median(x, y, a, b, 24.0), rel=1e-10)
    assert result.certificate.proof == "exact"


@pytest.mark.parametrize("p", [1, 2])
def test_pot_agrees(p):
    rng = np.random.default_rng(3)
    x, y = rng.random(20), rng.random(25)
    expected = float(np.squeeze(ot.wasserstein_circle(x, y, p=p)))
    assert otkit.wasserstein(x, y, p=p, metric=otkit.Circle(1)).value == pytest.approx(expected, rel=1e-6)


def test_a_torus_is_the_nearest_of_all_copies():
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 3, (5, 2)), rng.uniform(0, 3, (6, 2))
    copies = [np.linalg.norm(x[:, None] - y[None] + [3.0 * k, 5.0 * m], axis=2) for k in (-1, 0, 1) for m in (-1, 0, 1)]
    np.testing.assert_allclose(otkit.cost_matrix(x, y, metric=otkit.Torus([3, 5])), np.min(copies, axis=0), rtol=1e-14)
    flat = otkit.cost_matrix(x, y, metric=otkit.Torus([math.inf, math.inf]))
    np.testing.assert_array_equal(flat, otkit.cost_matrix(x, y))
    assert otkit.bottleneck(x, y, metric=otkit.Torus([3, 5])).value <= otkit.bottleneck(x, y).value


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: otkit.Circle(0.0), ValueError, "period must be positive"),
        (lambda: otkit.Circle(math.inf), ValueError, "period must be positive and finite"),
        (lambda: otkit.Circle("day"), TypeError, "period must be a positive number"),
        (lambda: otkit.Torus(3.0), TypeError, "a sequence"),
        (lambda: otkit.Torus([1.0, -1.0]), ValueError, r"periods\[1\]"),
        (lambda: otkit.cost_matrix([[0.0, 1.0]], metric=otkit.Circle(1.0)), ValueError, "one coordinate"),
        (lambda: otkit.cost_matrix([[0.0, 1.0]], metric=otkit.Torus([1.0])), ValueError, "each of the 2"),
    ],
)
def test_bad_periods(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_shifts_of_prices():
    problem = otkit.TransportProblem([[3.0, 1.0, 4.0], [1.0, 5.0, 9.0]], [2, 3], [1, 2, 2])
    prices = otkit.transport(problem).potentials
    assert prices.centred().f.mean() == pytest.approx(prices.centred().g.mean())
    np.testing.assert_array_equal(prices.shifted(2.0).f, prices.f + 2.0)
    for shifted in (prices.shifted(-7.0), prices.centred(), prices.from_zero()):
        assert otkit.certify(problem, potentials=shifted).lower == pytest.approx(otkit.transport(problem).value)
