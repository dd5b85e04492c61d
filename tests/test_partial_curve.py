"""The curve of partial transport: against the linear program, every single mass, and corrupted proofs."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, permutations, product

import numpy as np
import ot
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import given, settings
from test_unbalanced import by_highs, problems

import otkit
from otkit.checker.mass_curve import integer_masses, prove_end, prove_piece
from otkit.optimal_transport.dummies import bordered
from otkit.optimal_transport.prices import as_prices_of
from otkit.solvers.mass_curve import Cut, trees


def with_border(C):
    """Costs with one dummy row and one dummy column, as the front door makes them."""
    cost = otkit.costs.bind(C)
    return bordered(cost, 1, 1, as_prices_of(0.0, *cost.shape)[0], 1e3 if cost.complete else None)


@settings(max_examples=40)
@given(problems())
def test_every_piece_is_the_linear_program(problem):
    C, a, b = problem
    curve = otkit.partial_transport_curve(C, a, b)
    assert curve.exact_masses[0] == 0
    assert curve.exact_masses[-1] == min(a.sum(), b.sum())
    assert (np.diff(curve.slopes) > 0.0).all()
    middles = (curve.masses[1:] + curve.masses[:-1]) / 2.0
    for mass in (*curve.masses, *middles):
        assert curve(mass) == pytest.approx(by_highs(C, a, b, mass=mass), abs=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_every_mass_is_partial_transport(seed):
    """To the last bit, since both are exact, at breakpoints, between them, and at masses of many digits."""
    rng = np.random.default_rng(seed)
    x, y = (rng.integers(0, 4, (n, 2)) / 3.0 + seed * rng.random((n, 2)) for n in (11, 9))
    C, a, b = otkit.cost_matrix(x, y), rng.random(11), rng.random(9)
    curve = otkit.partial_transport_curve(C, a, b)
    for mass in (*curve.masses[1::5], *rng.uniform(0.0, curve.masses[-1], 5)):
        single = curve.at(mass)
        assert single.certificate.proof == "exact"
        assert curve(single.mass) == single.value
        below, above = curve.exact_masses, Fraction(single.mass)
        k = max(k for k, each in enumerate(below) if each < above)
        assert curve.slopes[k] - 1e-12 <= single.unit_price <= curve.unit_price(mass) + 1e-12
        np.testing.assert_array_equal(curve.plan(mass).toarray(), single.plan.toarray())


def test_pot_agrees(rng):
    C, a, b = rng.random((12, 10)), rng.random(12), rng.random(10)
    a, b = a / a.sum(), b / b.sum()
    curve = otkit.partial_transport_curve(C, a, b)
    for mass in (0.2, 0.6, 0.9):
        assert curve(mass) == pytest.approx((C * ot.partial.partial_wasserstein(a, b, C, m=mass)).sum(), rel=1e-9)


def test_assignments_of_every_size(rng):
    """Where all masses are one, there is nothing between whole numbers of pairs: brute force over all matchings."""
    C = rng.integers(0, 9, (4, 4)).astype(float)
    curve = otkit.partial_transport_curve(C, np.ones(4), np.ones(4))
    assert all(mass == int(mass) for mass in curve.masses)
    for k in range(5):
        pairs = product(combinations(range(4), k), permutations(range(4), k))
        assert curve(k) == min(C[list(rows), list(cols)].sum() for rows, cols in pairs)


def test_price_decides_what_is_worth_shipping(rng):
    C, a, b = rng.random((9, 8)), rng.random(9), rng.random(8)
    curve = otkit.partial_transport_curve(C, a, b)
    for price in (0.05, 0.1, 0.3):
        assert curve.mass_at(2.0 * price) == pytest.approx(otkit.unbalanced_transport(C, a, b, price=price).mass)
    assert curve.mass_at(-1.0) == 0.0
    assert curve.mass_at(np.inf) == curve.masses[-1]


def test_sparse_costs_end_at_what_their_arcs_can_ship():
    C = scipy.sparse.coo_array(([1.0, 3.0, 2.0], ([0, 1, 2], [0, 0, 1])), shape=(3, 3))
    curve = otkit.partial_transport_curve(C, [2, 2, 2], [3, 1, 5])
    assert curve.masses.tolist() == [0.0, 2.0, 3.0, 4.0]
    assert curve.slopes.tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(otkit.InfeasibleError):
        otkit.partial_transport(C, [2, 2, 2], [3, 1, 5], mass=4.5)


def test_masses_that_no_float_adds_up():
    a, b = [1.0, 1e-17, 3.0], [2.0, 1e-17]
    curve = otkit.partial_transport_curve([[1, 2], [3, 1], [2, 2]], a, b)
    assert curve.exact_masses[-1] == 2 + Fraction(1e-17)
    assert curve.exact_slopes[0] == 1


def test_labels_travel():
    C = pd.DataFrame([[1, 5], [2, 9]], index=["rye", "oats"], columns=["north", "south"])
    curve = otkit.partial_transport_curve(C, {"oats": 2, "rye": 3}, {"north": 4, "south": 3})
    assert curve.at(4).plan_frame().loc["oats", "north"] == 1.0


def test_input_that_is_wrong():
    curve = otkit.partial_transport_curve([[1, 5], [2, 9]], [3, 2], [4, 3])
    with pytest.raises(ValueError, match="mass must lie between 0 and the smaller total"):
        curve(5.1)
    with pytest.raises(TypeError, match="mass must be a number"):
        curve.unit_price("much")
    with pytest.raises(ValueError, match="price must be a number, but nan"):
        curve.mass_at(np.nan)
    with pytest.raises(ValueError, match="Divide the costs by a power of two"):
        otkit.partial_transport_curve([[8e307, 8e307], [8e307, -8e307]], [1, 1], [1, 1])
    assert curve(0) == 0.0
    nothing = otkit.partial_transport_curve([[1.0]], [0], [2])
    assert nothing.masses.tolist() == [0.0]
    assert nothing.unit_price(0) == np.inf
    assert "nothing can be shipped" in str(nothing)


# --- the checker ----------------------------------------------------------------------------------------------------


def test_a_corrupted_tree_proves_less_or_nothing(rng):
    """Each tree with one arc exchanged for any other: no tree is believed on a range where it is not optimal."""
    C, a, b = rng.integers(0, 5, (3, 4)).astype(float), rng.random(3), rng.random(4)
    whole, masses = with_border(C), integer_masses(a, b)
    curve = otkit.partial_transport_curve(C, a, b)
    refused = 0
    for found in trees(whole, masses.a, masses.b):
        if isinstance(found, Cut):
            assert prove_end(whole, masses, found.rows, found.cols) == curve.exact_masses[-1]
            assert prove_end(whole, masses, found.rows[1:], found.cols[1:]) is None
            continue
        for k in range(found[0].size):
            for pair in np.ndindex(4, 5):
                rows, cols = found[0].copy(), found[1].copy()
                rows[k], cols[k] = pair
                try:
                    piece = prove_piece(whole, masses, rows, cols)
                except ValueError:
                    piece = None
                refused += piece is None
                if piece is not None and piece.start < piece.stop:
                    at = [j for j, mass in enumerate(curve.exact_masses) if mass <= piece.start][-1]
                    assert curve.exact_slopes[at] == piece.slope
                    assert piece.stop <= curve.exact_masses[at + 1]
    assert refused > 100


def test_a_solver_that_leaves_out_a_piece_is_noticed(monkeypatch):
    def lazy(cost, a, b):
        for k, found in enumerate(trees(cost, a, b)):
            if k != 1:
                yield found

    monkeypatch.setattr("otkit.optimal_transport.partial_curve.trees", lazy)
    with pytest.raises(ValueError, match="nothing is proved"):
        otkit.partial_transport_curve([[1, 5], [2, 9]], [3, 2], [4, 3])
