"""Partial and unbalanced transport: against the linear program as it is written down, closed forms and identities."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import ot
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import otkit
from otkit import partial_transport, unbalanced_transport
from otkit.optimal_transport.dummies import floats
from otkit.optimal_transport.unbalanced import _total


def by_highs(C, a, b, *, mass=None, price=None):
    """Solve the problem over Γ ≥ 0 with row sums ≤ a and column sums ≤ b by SciPy, no dummy anywhere."""
    n, m = C.shape
    sums = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
    of_a, of_b = price if isinstance(price, tuple) else (np.full(n, price or 0.0), np.full(m, price or 0.0))
    c = (C - of_a[:, None] - of_b).ravel()
    exactly = {} if mass is None else {"A_eq": np.ones((1, n * m)), "b_eq": [mass]}
    found = linprog(c, A_ub=sums, b_ub=np.concatenate([a, b]), **exactly)
    assert found.status == 0
    return found.fun + of_a @ a + of_b @ b


@st.composite
def problems(draw):
    """Return integer costs of either sign and integer masses with zeros and ties among them."""
    n, m = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    C = np.array(draw(st.lists(st.integers(-4, 9), min_size=n * m, max_size=n * m)), float).reshape(n, m)
    masses = [np.array(draw(st.lists(st.integers(0, 6), min_size=k, max_size=k).filter(any)), float) for k in (n, m)]
    return C, *masses


def assert_consistent(result, C, a, b):
    """Marginals, prices and duality, from the definition."""
    plan, (u, v) = result.plan.toarray(), result.potentials
    tiny = 1e-12 * (1.0 + np.abs(C).max())
    assert plan.shape == C.shape
    assert plan.min() >= 0.0
    np.testing.assert_allclose(plan.sum(axis=1) + result.leftover_a, a, atol=1e-13)
    np.testing.assert_allclose(plan.sum(axis=0) + result.leftover_b, b, atol=1e-13)
    np.testing.assert_allclose(plan.sum(), result.mass, atol=1e-13)
    assert result.certificate.proof == "exact"
    assert result.certificate.lower <= result.value <= result.certificate.upper
    price = (0.0, 0.0) if result.price is None else result.price
    of_a, of_b = price if isinstance(price, tuple) else (price, price)
    paid = np.sum(of_a * result.leftover_a) + np.sum(of_b * result.leftover_b)
    np.testing.assert_allclose((C * plan).sum() + paid, result.value, atol=1e-11)
    np.testing.assert_allclose(result.shipping_cost + paid, result.value, atol=1e-11)
    assert max((u - of_a).max(), (v - of_b).max()) <= tiny
    assert (u[:, None] + v + result.unit_price <= C + tiny).all()
    dual = a @ u + b @ v + result.unit_price * result.mass
    np.testing.assert_allclose(dual, result.value, atol=1e-11 * (1.0 + np.abs(C).max()) * (a.sum() + b.sum()))


# --- against the linear program -------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(problems(), st.fractions(0, 1, max_denominator=8))
def test_partial_is_the_linear_program(problem, share):
    C, a, b = problem
    mass = float(share) * min(a.sum(), b.sum())
    result = partial_transport(C, a, b, mass=mass)
    assert_consistent(result, C, a, b)
    assert result.mass == mass
    assert result.value == pytest.approx(by_highs(C, a, b, mass=mass), abs=1e-8)


@settings(max_examples=30)
@given(problems(), st.sampled_from([0.0, 0.5, 1.0, 3.0, 20.0]))
def test_unbalanced_is_the_linear_program(problem, price):
    C, a, b = problem
    result = unbalanced_transport(C, a, b, price=price)
    assert_consistent(result, C, a, b)
    assert result.value == pytest.approx(by_highs(C, a, b, price=price), abs=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_random_floats_need_more_than_one_float_for_a_dummy(seed):
    rng = np.random.default_rng(seed)
    C, a, b = rng.normal(size=(9, 6)), rng.random(9), rng.random(6) * 1e-3
    for result, wanted in (
        (partial_transport(C, a, b, mass=2e-3), by_highs(C, a, b, mass=2e-3)),
        (unbalanced_transport(C, a, b, price=0.4), by_highs(C, a, b, price=0.4)),
    ):
        assert_consistent(result, C, a, b)
        assert result.value == pytest.approx(wanted, rel=1e-8)
        problem = result.balanced.problem
        assert sum(problem.shape) > 9 + 6 + 2
        assert sum(map(Fraction, problem.a)) == sum(map(Fraction, problem.b))  # nothing was rounded, nothing rescaled


@pytest.mark.parametrize("method", ["lp", "simplex"])
def test_methods_agree(method, rng):
    C, a, b = rng.random((7, 8)), rng.integers(1, 9, 7), rng.integers(1, 9, 8)
    assert partial_transport(C, a, b, mass=20, method=method).value == partial_transport(C, a, b, mass=20).value
    best = unbalanced_transport(C, a, b, price=0.2)
    assert unbalanced_transport(C, a, b, price=0.2, method=method).value == best.value
    assert unbalanced_transport(C, a, b, price=0.2, proof="float").value == pytest.approx(best.value, rel=1e-12)


def test_pot_agrees_where_it_is_right(rng):
    C, a, b = rng.random((12, 10)), rng.random(12), rng.random(10)
    a, b = a / a.sum(), b / b.sum()
    plan = ot.partial.partial_wasserstein(a, b, C, m=0.6)
    assert partial_transport(C, a, b, mass=0.6).value == pytest.approx((C * plan).sum(), rel=1e-9)


def test_sparse_costs_are_the_dense_ones_on_their_arcs(rng):
    dense, a, b = rng.random((8, 7)), rng.integers(1, 5, 8), rng.integers(1, 5, 7)
    listed = rng.random(dense.shape) < 0.5
    C = scipy.sparse.coo_array((dense[listed], np.nonzero(listed)), shape=dense.shape)
    barred = np.where(listed, dense, 100.0)
    assert unbalanced_transport(C, a, b, price=2).value == unbalanced_transport(barred, a, b, price=2).value
    assert partial_transport(C, a, b, mass=5).value == partial_transport(barred, a, b, mass=5).value


def test_arcs_that_cannot_ship_the_mass():
    C = scipy.sparse.coo_array(([1.0, 1.0], ([0, 1], [0, 0])), shape=(2, 2))
    assert partial_transport(C, [2, 2], [3, 5], mass=3).value == 3.0
    with pytest.raises(otkit.InfeasibleError, match=r"mass must be at most what the arcs of C can ship, but 4 is more"):
        partial_transport(C, [2, 2], [3, 5])


# --- closed forms and identities ------------------------------------------------------------------------------------


def test_one_loaf_and_its_price():
    """Two points at distance d: the unit travels if d is at most twice the price."""
    for distance in (0.0, 1.0, 2.0, 3.0):
        result = unbalanced_transport([[distance]], [1], [1], price=1)
        assert result.value == min(distance, 2.0)


def test_partial_on_a_line_takes_the_shortest_ways():
    """Pairs far apart from each other: the cheapest are shipped first, so the cost is a sum of the smallest costs."""
    x = 1000.0 * np.arange(6)
    ways = np.array([5.0, 1.0, 4.0, 2.0, 6.0, 3.0])
    C = otkit.cost_matrix(x, x + ways)
    values = [partial_transport(C, np.ones(6), np.ones(6), mass=s).value for s in range(7)]
    assert values == [0.0, 1.0, 3.0, 6.0, 10.0, 15.0, 21.0]
    assert partial_transport(C, np.ones(6), np.ones(6), mass=2.5).value == 4.5
    assert partial_transport(C, np.ones(6), np.ones(6), mass=2.5).unit_price == 3.0


@settings(max_examples=30)
@given(problems())
def test_partial_value_is_convex_in_the_mass_with_the_unit_price_as_its_slope(problem):
    C, a, b = problem
    masses = np.linspace(0.0, min(a.sum(), b.sum()), 5)
    results = [partial_transport(C, a, b, mass=s) for s in masses]
    for one in results:
        for other in results:
            assert other.value >= one.value + one.unit_price * (other.mass - one.mass) - 1e-9


@settings(max_examples=30)
@given(problems(), st.sampled_from([0.5, 1.5, 4.0]))
def test_unbalanced_is_the_best_of_all_partial_ones(problem, price):
    """The function of s is convex and piecewise linear with its kinks at integers."""
    C, a, b = problem
    total = a.sum() + b.sum()
    values = [
        partial_transport(C, a, b, mass=s).value + price * (total - 2 * s)
        for s in range(int(min(a.sum(), b.sum())) + 1)
    ]
    assert unbalanced_transport(C, a, b, price=price).value == min(values)


def test_a_high_price_and_equal_totals_give_the_balanced_distance(rng):
    C = rng.random((9, 9))
    balanced = otkit.transport(C, np.full(9, 3), np.full(9, 3))
    for price in (C.max() / 2 + 1e-9, 50.0):
        assert unbalanced_transport(C, np.full(9, 3), np.full(9, 3), price=price).value == balanced.value
    assert partial_transport(C, np.full(9, 3), np.full(9, 3)).value == balanced.value


def test_integer_masses_give_integer_plans(rng):
    C, a, b = rng.random((6, 9)), rng.integers(0, 9, 6), rng.integers(1, 9, 9)
    for result in (partial_transport(C, a, b, mass=13), unbalanced_transport(C, a, b, price=0.25)):
        for numbers in (result.plan.data, result.leftover_a, result.leftover_b):
            assert (numbers == np.rint(numbers)).all()
        assert sum(result.balanced.problem.shape) == 6 + 9 + 2


def test_points_give_what_their_matrix_gives(rng):
    x, y = rng.random((20, 2)), rng.random((15, 2))
    bound = otkit.Euclidean().between(x, y)
    one, other = (partial_transport(C, np.ones(20), np.ones(15), mass=9) for C in (bound, bound.dense()))
    assert one.value == other.value
    assert one.plan.shape == (20, 15)


@pytest.mark.parametrize("price", [0.0, 0.02, 0.07, 2.0])
def test_points_too_far_apart_are_never_listed(rng, price):
    x, y, a, b = rng.random((60, 2)), rng.random((50, 2)), rng.random(60), rng.random(50)
    bound = otkit.Euclidean().between(x, y)
    one, other = (unbalanced_transport(C, a, b, price=price) for C in (bound, bound.dense()))
    assert one.value == other.value
    assert one.balanced.problem.cost.complete == (price == 2.0)
    assert_consistent(one, bound.dense(), a, b)


def test_a_choice_between_the_rows_of_a_dummy_is_no_choice_of_plans():
    a, b = [0.1, 0.2, 0.4], [0.3, 0.15]
    result = partial_transport([[1.0, 9.0], [9.0, 1.0], [3.0, 5.0]], a, b, mass=0.25)
    assert result.balanced.problem.shape != (4, 3)
    assert result.certificate.unique is not False
    tied = partial_transport([[1, 1], [1, 1]], [1, 1], [1, 1], mass=1)
    assert tied.certificate.unique is False


def test_extreme_masses_and_costs():
    a, b = [1e-300, 1.0, 1e300], [1e300, 3e-290]
    result = partial_transport([[1, 2], [3, 4], [5, 7]], a, b)
    assert result.mass == float(sum(map(Fraction, b)))
    assert result.value == pytest.approx(5e300)
    small = partial_transport(np.array([[1e-300, 3e-300]]), [2], [1, 5], mass=2)
    assert small.value == pytest.approx(4e-300, rel=1e-15)
    assert partial_transport([[0.0]], [2], [3]).value == 0.0


def test_mass_of_a_rounded_sum_is_all_there_is():
    a, b = np.full(10, 0.1), np.full(10, 0.2)
    assert partial_transport(np.ones((10, 10)), a, b, mass=1.0 + 2e-16).mass <= a.sum() + 1e-15


@given(st.lists(st.floats(0, 1e300), min_size=1, max_size=8))
def test_floats_of_a_total_add_up_to_it(values):
    total = _total(np.array(values))
    assert total == sum(map(Fraction, values))
    assert sum(map(Fraction, floats(total))) == total


# --- what is printed, and what is refused ---------------------------------------------------------------------------


def test_a_result_prints_what_was_shipped_and_left():
    C = [[1, 5], [2, 9]]
    text = str(unbalanced_transport(C, [3, 2], [4, 3], price=1.5))
    assert text.startswith("optimal cost 11: 4 of 5 and 7 shipped at a cost of 5, the rest left at 1.5 a unit\n")
    assert "left     1 of a, 3 of b" in text
    assert repr(partial_transport(C, [3, 2], [4, 3])) == "UnbalancedResult(value=11.0, mass=5.0, shape=(2, 2))"


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"mass": -1}, ValueError, "mass must lie between 0 and the smaller total, but mass = -1.0"),
        ({"mass": 5.1}, ValueError, "mass must lie between 0 and the smaller total, but mass = 5.1"),
        ({"mass": float("nan")}, ValueError, "mass = nan"),
        ({"mass": "much"}, TypeError, "mass must be a number, but 'much'"),
        ({"a": [-1, 2]}, ValueError, r"a must be non-negative, but a\[0\] = -1.0"),
        ({"b": [1, 2, 3]}, ValueError, "b must have 2 entries"),
        ({"b": None}, TypeError, "b must be array-like"),
        ({"C": [[1, np.nan], [1, 1]]}, ValueError, "C must be finite"),
        ({"method": "sinkhorn"}, ValueError, "method must be one of auto, simplex, lp"),
        ({"a": [1e308, 1e308]}, ValueError, "finite total"),
    ],
)
def test_bad_input_to_partial_transport(change, error, words):
    arguments = {"C": [[1, 5], [2, 9]], "a": [3, 2], "b": [4, 3]} | change
    with pytest.raises(error, match=words):
        partial_transport(**arguments)


@pytest.mark.parametrize(
    ("price", "error", "words"),
    [
        (-1, ValueError, "price must be finite and non-negative, but price = -1.0"),
        (float("inf"), ValueError, "price = inf"),
        (float("nan"), ValueError, "price = nan"),
        (None, TypeError, "price must be a number or an array of numbers, but None"),
    ],
)
def test_bad_prices(price, error, words):
    with pytest.raises(error, match=words):
        unbalanced_transport([[1.0]], [1], [2], price=price)


@given(problems(), st.data())
def test_a_price_for_each_point(problem, data):
    C, a, b = problem
    prices = tuple(
        np.array(data.draw(st.lists(st.integers(0, 9), min_size=k, max_size=k)), float) for k in (a.size, b.size)
    )
    result = unbalanced_transport(C, a, b, price=prices)
    assert_consistent(result, C, a, b)
    np.testing.assert_allclose(result.value, by_highs(C, a, b, price=prices), atol=1e-9)
    i, j = np.indices(C.shape).reshape(2, -1)
    sparse = unbalanced_transport(scipy.sparse.coo_array((C.ravel(), (i, j)), C.shape), a, b, price=prices)
    assert sparse.value == result.value


def test_equal_prices_are_one_price():
    C, a, b = np.array([[1.0, 5.0], [2.0, 9.0]]), [3, 2], [4, 3]
    value = unbalanced_transport(C, a, b, price=1.5).value
    for price in ((1.5, 1.5), (np.full(2, 1.5), 1.5), np.full(2, 1.5), [[1.5, 1.5], [1.5, 1.5]], [1.5, 1.5]):
        result = unbalanced_transport(C, a, b, price=price)
        assert result.value == value
        assert "left at the price of each point" in str(result)
        assert result.to_dict()["price"] == {"a": [1.5, 1.5], "b": [1.5, 1.5]}


def test_pairs_of_points_that_are_not_worth_their_way_are_not_listed():
    rng = np.random.default_rng(3)
    x, y = rng.random((300, 2)), rng.random((400, 2))
    prices = rng.uniform(0.0, 0.05, 300), rng.uniform(0.0, 0.05, 400)
    cost = otkit.Euclidean().between(x, y)
    found = unbalanced_transport(cost, np.ones(300), np.ones(400), price=prices)
    assert not found.balanced.problem.cost.complete
    dense = unbalanced_transport(cost.dense(), np.ones(300), np.ones(400), price=prices)
    assert found.value == dense.value


@pytest.mark.parametrize(
    ("price", "error", "words"),
    [
        (([1.0, -1.0], 2.0), ValueError, r"price\[0\] must be finite and non-negative, but price\[0\]\[1\] = -1"),
        (([1.0], 2.0), ValueError, "a number for each of the 2 rows"),
        ((1.0, [2.0, 2.0]), ValueError, "a number for each of the 3 columns"),
        ([1.0, 2.0], ValueError, "a pair"),
        ((1.0, "dear"), TypeError, "a number or an array of numbers"),
    ],
)
def test_bad_prices_of_points(price, error, words):
    with pytest.raises(error, match=words):
        unbalanced_transport(np.ones((2, 3)), [1, 1], [1, 1, 1], price=price)
