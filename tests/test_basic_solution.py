"""Flows, prices and value of spanning trees, against fractions."""

from __future__ import annotations

import math
import sys
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse
from hypothesis import example, given
from hypothesis import strategies as st
from oracles import exact_masses, tree_in_fractions
from strategies import extreme_problems, problems
from zoo import random_tree

import otkit
from otkit.checker.basic_solution import evaluate
from otkit.numerics.fixed_point import as_int

seeds = st.integers(0, 2**32 - 1)
HALF_ULP = Fraction(1001, 1000 * 2**53)  # up to ties that a rest far below the last bit would decide


def sign(number):
    return (number > 0) - (number < 0)


def is_nearest(found, exact):
    """Below the normal numbers a flow is rounded twice, to 53 bits and to those that are left: by ½ + ¼ of the last."""
    return abs(Fraction(found) - exact) <= max(HALF_ULP * abs(exact), Fraction(5e-324) * Fraction(3, 4))


def is_just_below(found, exact):
    """Potentials are rounded down, so that they overprice no pair; to the next float but for what `head` can't see."""
    found, above = Fraction(found), Fraction(math.nextafter(found, math.inf))
    return found <= exact < above + abs(exact) / 2**77


def tree_arcs(rng, problem):
    rows, cols = np.array(random_tree(rng, *problem.shape)).T
    return np.ascontiguousarray(rows), np.ascontiguousarray(cols)


def exact_prices(vertex):
    return [Fraction(as_int(row)) * Fraction(2) ** int(vertex.prices.low) for row in vertex.prices.limbs]


def check(problem, rows, cols):
    vertex = evaluate(problem, rows, cols)
    n, arcs = problem.shape[0], list(zip(rows.tolist(), cols.tolist(), strict=True))
    costs = [Fraction(c) for c in problem.cost.at(rows, cols).tolist()]
    prices = dict(zip(arcs, costs, strict=True))
    flows, _, _ = tree_in_fractions(lambda i, j: prices[i, j], *exact_masses(problem), arcs)

    assert vertex.exact_flows() == flows
    assert vertex.least == min(map(sign, flows))
    assert all(is_nearest(mass, flow) for mass, flow in zip(vertex.mass.tolist(), flows, strict=True))

    potentials = exact_prices(vertex)
    assert [potentials[i] + potentials[n + j] for i, j in arcs] == costs
    rounded = [*vertex.prices.f.tolist(), *vertex.prices.g.tolist()]
    assert all(is_just_below(found, exact) for found, exact in zip(rounded, potentials, strict=True))
    assert vertex.prices.exact == all(Fraction(x) == y for x, y in zip(rounded, potentials, strict=True))
    assert vertex.prices.reach == np.abs(vertex.prices.f).max() + np.abs(vertex.prices.g).max()

    if vertex.least >= 0:
        value = sum(cost * flow for cost, flow in zip(costs, flows, strict=True))
        nearest, below, above = vertex.value
        assert vertex.exact_value == value
        assert nearest == float(value)
        assert below <= value <= above
        assert below == above if below == value else above == math.nextafter(below, math.inf)
    return vertex


@example(otkit.TransportProblem(np.zeros((3, 2)), [0.1, 0.1, 1e-310], [5e-324, 5e-324], probability=True), 0)
@given(st.one_of(problems, extreme_problems()), seeds)
def test_random_trees(problem, seed):
    check(problem, *tree_arcs(np.random.default_rng(seed), problem))


@given(problems)
def test_trees_of_a_solver(problem):
    result = otkit.transport(problem, method="simplex", on_failure="return")
    if result.candidate.basis[0].size == sum(problem.shape) - 1:  # else some points carry nothing
        check(problem, *result.candidate.basis)


@pytest.mark.parametrize("wide", [10, 300])
def test_costs_and_masses_of_every_size(wide):
    """Corners of float64 in one tree: potentials have up to 2000 bits."""
    rng = np.random.default_rng(wide)
    for _ in range(60):
        n, m = rng.integers(1, 9, 2)
        costs = rng.normal(size=(n, m)) * 10.0 ** rng.integers(-wide, wide, (n, m))
        costs[rng.random((n, m)) < 0.2] = 0.0
        a, b = (10.0 ** rng.integers(-wide, 0, size) for size in (n, m))
        a[0], b[0] = 5e-324, 1.0
        problem = otkit.TransportProblem(costs, a, b, probability=True)
        check(problem, *tree_arcs(rng, problem))


def test_a_chain_of_a_thousand_arcs_loses_nothing(rng):
    n = 500
    rows, cols = np.repeat(np.arange(n), 2)[:-1], np.repeat(np.arange(n), 2)[1:]
    cost = scipy.sparse.csr_array((rng.random(2 * n - 1), (rows, cols)), shape=(n, n))
    check(otkit.TransportProblem(cost, rng.random(n), rng.random(n), probability=True), rows, cols)


def test_prices_and_flows_that_rounding_would_lose():
    problem = otkit.TransportProblem([[1e16, 1.0], [0.0, 1e16]], [1.0, 2.0**-60], [2.0**-60, 1.0])
    vertex = check(problem, np.array([0, 0, 1]), np.array([0, 1, 1]))
    f0, f1, g0, g1 = exact_prices(vertex)
    assert (f0 + g0, f0 + g1, f1 + g1, f1 + g0) == (10**16, 1, 10**16, 2 * 10**16 - 1)
    assert vertex.exact_flows() == [Fraction(1, 2**60), 1 - Fraction(1, 2**60), Fraction(1, 2**60)]
    assert vertex.mass.tolist() == [2.0**-60, 1.0, 2.0**-60]


def test_signs_of_flows():
    problem = otkit.TransportProblem(np.ones((2, 2)), [1.0, 1.0], [1.0, 1.0])
    assert evaluate(problem, np.array([0, 0, 1]), np.array([0, 1, 1])).least == 0
    problem = otkit.TransportProblem(np.ones((2, 2)), [2.0, 1.0], [1.0, 2.0])
    assert evaluate(problem, np.array([0, 0, 1]), np.array([0, 1, 1])).least == 1
    assert evaluate(problem, np.array([0, 1, 1]), np.array([0, 0, 1])).least == -1


@pytest.mark.parametrize(
    ("rows", "cols"),
    [([0, 0], [0, 1]), ([0, 0, 1, 1], [0, 1, 0, 1]), ([0, 0, 0], [0, 1, 1])],
    ids=["too few", "a cycle", "an arc twice"],
)
def test_arcs_that_are_no_tree_are_refused(rows, cols):
    with pytest.raises(ValueError, match="spanning tree"):
        evaluate(otkit.TransportProblem(np.ones((2, 2))), np.array(rows), np.array(cols))


def test_a_pair_without_arc_is_refused():
    cost = scipy.sparse.csr_array([[1.0, 2.0], [3.0, 0.0]])
    with pytest.raises(ValueError, match="each with a cost"):
        evaluate(otkit.TransportProblem(cost), np.array([0, 0, 1]), np.array([0, 1, 1]))


@pytest.mark.parametrize("size", [1e307, 1e308, 1.7e308])
def test_prices_beyond_float64_are_infinite_and_their_limbs_right(size):
    """Nothing is written where it does not belong."""
    rng = np.random.default_rng(0)
    for n in (2, 3, 20):
        costs = np.where(np.add.outer(np.arange(n), np.arange(n)) % 2 == 0, size, -size)
        problem = otkit.TransportProblem(costs)
        rows, cols = np.repeat(np.arange(n), 2)[:-1], np.repeat(np.arange(n), 2)[1:]  # a chain: prices add up
        for arcs in ((rows, cols), tree_arcs(rng, problem)):
            vertex = evaluate(problem, *arcs)
            f, g = exact_prices(vertex)[:n], exact_prices(vertex)[n:]
            assert all(f[i] + g[j] == Fraction(float(costs[i, j])) for i, j in zip(*arcs, strict=True))
        chain = evaluate(problem, rows, cols)
        assert math.isinf(chain.prices.reach) == (2 * (n - 1) * Fraction(size) > sys.float_info.max)
