"""Weighted sums over all pairs: every function, shape and half against plain sums; the exponential to its last bits."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otkit.costs import Cityblock, Euclidean, SqEuclidean, kernel_sums
from otkit.costs.kernel_sums import SubsetSums, row_sums
from otkit.costs.pairs import TILE

COMPILED = not numba.config.DISABLE_JIT
SIZES = [(1, 1), (3, 5), (2, 260)] + ([(40, 300), (700, 900)] if COMPILED else [])  # the last is shared among threads
FUNCTIONS = {
    "distance": lambda s: s,
    "exponential": lambda s: -np.expm1(-s),
    "rational": lambda s: s / (1.0 + s),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("semimetric", FUNCTIONS)
@pytest.mark.parametrize("cost", [Euclidean(), SqEuclidean(), Cityblock()], ids=lambda cost: cost.name)
def test_row_sums(rng, size, semimetric, cost):
    n, m = size
    for d in (1, 2, 3, 17):
        x, y, weights = rng.normal(size=(n, d)), rng.normal(size=(m, d)), rng.random(m)
        costs = cost.between(x, y)
        expected = FUNCTIONS[semimetric](costs.dense()) @ weights
        np.testing.assert_allclose(row_sums(costs.pairs, semimetric, weights), expected, rtol=1e-13)
        triangle = np.triu(FUNCTIONS[semimetric](cost.between(y).dense()), 1) @ weights
        np.testing.assert_allclose(
            row_sums(cost.between(y).pairs, semimetric, weights, above=True), triangle, rtol=1e-13
        )


@pytest.mark.parametrize("n", [1, 5, 40] + ([700] if COMPILED else []))
@pytest.mark.parametrize("semimetric", FUNCTIONS)
def test_subset_sums(rng, n, semimetric):
    cost = Euclidean().between(rng.normal(size=(n, 2)))
    members = rng.random((6, n)) < 0.4
    members[0], members[1] = False, True
    values = FUNCTIONS[semimetric](cost.dense())
    expected = np.einsum("bi,ij,bj->b", members.astype(float), values, members.astype(float))
    sums = SubsetSums(cost.pairs, semimetric)
    found = sums.of(members)
    np.testing.assert_allclose(found, expected, rtol=1e-11)
    units = np.rint(values / sums.unit)
    assert (abs(values - units * sums.unit) <= 0.5 * sums.unit).all()
    assert sums.unit <= 2.0**-40 * max(values.max(), 1e-300) or n == 1
    chosen = members.astype(np.int64)
    rounded = np.einsum("bi,ij,bj->b", chosen, units.astype(np.int64), chosen) * sums.unit
    np.testing.assert_allclose(found, rounded, rtol=0.0, atol=8.0 * sums.unit)  # the twin's values have roundings, too
    assert np.array_equal(found[2:3], sums.of(members[2:3]))


def test_a_row_has_the_same_bits_in_any_company(rng):
    x, y, weights = rng.normal(size=(70, 3)), rng.normal(size=(300, 3)), rng.random(300)
    whole = row_sums(Euclidean().between(x, y).pairs, "exponential", weights)
    for start, stop in ((0, 1), (5, 40), (31, 70)):
        part = row_sums(Euclidean().between(x[start:stop], y).pairs, "exponential", weights)
        assert np.array_equal(part, whole[start:stop])


def test_infinitely_far_is_not_nan():
    x, y = [[0.0, 0.0]], [[1e150, 1e150], [0.0, 0.0]]
    for semimetric in ("exponential", "rational"):
        pairs = SqEuclidean().between(x, y).pairs._replace(scale=1e100)
        assert row_sums(pairs, semimetric, np.array([1.0, 2.0])) == [1.0]


@given(st.lists(st.floats(0.0, 80.0) | st.floats(0.0, 1.0) | st.floats(0.0, 1e-8), min_size=1, max_size=20))
def test_the_exponential_is_within_four_roundings(values):
    s, power = np.zeros(TILE), np.empty(TILE)
    s[: len(values)] = values
    kernel_sums._exponential(s, 64.0, power, power.view(np.int64))
    with localcontext() as context:
        context.prec = 50
        context.Emin = -1000
        for value, result in zip(values, s.tolist(), strict=False):
            exact = 1 - (-Decimal(value)).exp() if value > 1e-20 else Decimal(value)
            assert abs(Decimal(result) - exact) <= 4 * exact / 2**53 + Decimal(math.ulp(0.0))
