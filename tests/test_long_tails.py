"""Histograms whose masses reach from 1 to 5e-324, or balance in their last bits alone, are proved exactly."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import exact_value
from zoo import random_tree

import otkit
from otkit.checker.optimality import judge
from otkit.solvers import simplex
from otkit.solvers.monitor import Monitor
from otkit.solvers.simplex import amounts as table
from otkit.solvers.simplex import layers
from otkit.solvers.simplex.dense import NO_LIMIT, solve_dense
from otkit.solvers.simplex.monge import monge_order

seeds = st.integers(0, 2**32 - 1)


def wide_masses(rng, size, deepest):
    """Return masses of every size between 2**deepest and 1, some of them a single bit."""
    digits = rng.integers(1, 2**53, size) if rng.random() < 0.7 else np.ones(size)
    return np.maximum(np.ldexp(digits.astype(float), rng.integers(deepest, -52, size)), 5e-324)


def some_costs(rng, n, m):
    x, y = rng.integers(0, 12, n).astype(float), rng.integers(0, 12, m).astype(float)
    power = rng.choice([0.5, 1.0, 1.5, 2.0])
    return [
        rng.random((n, m)),
        rng.integers(0, 4, (n, m)).astype(float),
        np.abs(np.subtract.outer(np.sort(x), np.sort(y))) ** power,
        np.abs(np.subtract.outer(x, y)) ** power,
        np.add.outer(x, y) / 7.0,  # floats see nothing but ties
        -np.outer(x, y),
    ][rng.integers(6)]


@pytest.fixture(params=["layers", "sparse layers", "dense", "sparse", "too much for one call"])
def road(request, monkeypatch):
    """Whether lighter masses join layer by layer, the heavy ones being solved over all pairs or a few; or all at once:

    then all pairs are pivoted over, a few, or a few because a call took too long.
    """
    if "layers" not in request.param:
        monkeypatch.setattr(simplex, "_layer_by_layer", lambda *_: None)
    if "sparse" in request.param:
        monkeypatch.setattr(simplex, "DENSE_PAIRS", 0)
    if request.param == "too much for one call":
        monkeypatch.setattr(simplex, "improve_dense", lambda *_: -1)


@pytest.mark.usefixtures("road")
@given(seeds, st.sampled_from([-53, -200, -1074]))
def test_masses_of_every_size(seed, deepest):
    rng = np.random.default_rng(seed)
    n, m = (int(size) for size in rng.integers(1, 9, 2))
    problem = otkit.TransportProblem(
        some_costs(rng, n, m), wide_masses(rng, n, deepest), wide_masses(rng, m, deepest), probability=True
    )
    result = otkit.transport(problem, method="simplex", proof="exact")
    assert Fraction(result.certificate.value) == Fraction(float(exact_value(problem)))


@pytest.mark.parametrize("method", ["simplex", "lp"])
@pytest.mark.parametrize("pairs", [0, 1 << 16])
def test_planted_optimum(method, pairs, monkeypatch):
    """A tree plan with flows of every size, prices, and costs at or above them."""
    monkeypatch.setattr(simplex, "DENSE_PAIRS", pairs)
    rng = np.random.default_rng(5)
    n, m = 60, 45
    rows, cols = np.array(random_tree(rng, n, m)).T
    flow = [Fraction(2) ** int(k) for k in rng.integers(-49, 0, rows.size)]
    flow = [part * Fraction(2) ** int(-1000 * (k % 3 == 0)) for k, part in enumerate(flow)]
    a, b = [Fraction(0)] * n, [Fraction(0)] * m
    for i, j, part in zip(rows, cols, flow, strict=True):
        a[i] += part
        b[j] += part
    # Masses must be floats: those that are not are brought to one by what their arcs carry, which stays positive.
    supply, demand = np.array([float(x) for x in a]), np.array([float(x) for x in b])
    f, g = rng.integers(0, 50, n).astype(float), rng.integers(0, 50, m).astype(float)
    costs = np.add.outer(f, g) + rng.integers(1, 9, (n, m))
    costs[rows, cols] = f[rows] + g[cols]
    problem = otkit.TransportProblem(costs, supply, demand, probability=True)
    result = otkit.transport(problem, method=method, proof="exact")
    total_a, total_b = sum(map(Fraction, supply)), sum(map(Fraction, demand))
    dual = sum(Fraction(p) * Fraction(s) for p, s in zip(f, supply, strict=True)) / total_a
    dual += sum(Fraction(p) * Fraction(s) for p, s in zip(g, demand, strict=True)) / total_b
    # The planted prices are feasible: they prove a lower bound, which the planted plan meets if its masses were floats.
    assert Fraction(result.certificate.value) >= dual - Fraction(1, 10**12)
    assert float(dual) == pytest.approx(result.value, rel=1e-9)


@pytest.mark.parametrize("mean", [(20, 120), (300, 400)])
@pytest.mark.parametrize("kind", ["squared", "distance", "root", "random"])
def test_gaussians_on_hundreds_of_bins(mean, kind):
    x = np.arange(400.0)
    a, b = (np.exp(-((x - c) ** 2) / (2.0 * w**2)) for c, w in zip(mean, (5.0, 10.0), strict=True))
    costs = {
        "squared": (x[:, None] - x) ** 2,
        "distance": np.abs(x[:, None] - x),
        "root": np.sqrt(np.abs(x[:, None] - x)),
        "random": np.random.default_rng(0).random((400, 400)),
    }[kind]
    result = otkit.transport(otkit.TransportProblem(costs, a, b, probability=True), proof="exact")
    if kind in ("squared", "distance"):
        assert result.value == otkit.wasserstein(x, x, a, b, p=2 if kind == "squared" else 1).value


def test_exact_pivots_do_not_forget_small_flows():
    """The verdict on what the simplex hands over is about flows that it never rounded."""
    rng = np.random.default_rng(7)
    for _ in range(20):
        n, m = (int(size) for size in rng.integers(10, 30, 2))
        problem = otkit.TransportProblem(
            rng.random((n, m)), wide_masses(rng, n, -1074), wide_masses(rng, m, -1074), probability=True
        )
        candidate = simplex.solve(problem, simplex.SimplexOptions(), Monitor())
        prices = judge(problem, *candidate.basis).vertex.prices
        tree = simplex.WarmStart(prices.f, prices.g, *candidate.basis)
        verdict = judge(problem, *simplex.solve_exactly(problem, tree, Monitor()))
        assert verdict.vertex.least >= 0
        assert verdict.overpriced == 0


# --- layers -----------------------------------------------------------------------------------------------------------


def in_layers(monkeypatch, count):
    """Let so many layers join, of one node or more each."""
    monkeypatch.setattr(layers, "LAYERS", count)
    monkeypatch.setattr(layers, "FEWEST", 1)


def tails(rng, size):
    """Return masses that fall from 1 to nothing, in some order."""
    return rng.permutation(np.exp(-700.0 * (np.arange(size) / size) ** rng.choice([1.0, 2.0])))


@pytest.mark.parametrize("count", [1, 3, 40])
def test_layers_end_in_an_optimal_tree(count, monkeypatch):
    """Nodes join where they stay; where masses are unlike, hardly a pivot of the exact proof is left."""
    in_layers(monkeypatch, count)
    rng = np.random.default_rng(12)
    mended = 0
    for _ in range(12):
        n, m = (int(size) for size in rng.integers(10, 50, 2))
        problem = otkit.TransportProblem(rng.random((n, m)), tails(rng, n), tails(rng, m), probability=True)
        candidate = simplex.solve(problem, simplex.SimplexOptions(), Monitor())
        assert candidate.stats.detail == "layers"
        verdict = judge(problem, *candidate.basis)
        assert verdict.overpriced == 0
        mended += verdict.vertex.least < 0
        result = otkit.transport(problem, proof="exact")
        assert result.value == otkit.transport(problem, method="lp", proof="exact").value
    assert mended <= 1


def test_layers_are_sorted_by_mass():
    rng = np.random.default_rng(13)
    supply, demand = tails(rng, 200), tails(rng, 150)
    found = layers.layers_of(supply, demand)
    assert found.row_stops.size == found.col_stops.size == layers.LAYERS + 1
    assert (found.row_stops[-1], found.col_stops[-1]) == (200, 150)
    edges = list(zip(found.row_stops, found.col_stops, strict=True))
    for (rows, cols), (more_rows, more_cols) in itertools.pairwise(edges):
        inside = min(supply[found.rows[:rows]].min(), demand[found.cols[:cols]].min())
        joining = [*supply[found.rows[rows:more_rows]], *demand[found.cols[cols:more_cols]]]
        assert max(joining) <= inside
    light = supply[found.rows[edges[0][0] :]].sum() + demand[found.cols[edges[0][1] :]].sum()
    assert light < supply.max()


@pytest.mark.parametrize("effort", [0, 2_000])
def test_layers_go_on_where_they_were_stopped(effort, monkeypatch):
    in_layers(monkeypatch, 4)
    rng = np.random.default_rng(14)
    costs = np.sqrt(np.abs(np.subtract.outer(np.arange(90.0), np.arange(90.0))))
    a, b = np.exp(-7.0 * np.arange(90.0)), np.exp(-5.0 * np.arange(90.0)[::-1])
    problem = otkit.TransportProblem(costs, rng.permutation(a), b, probability=True)
    found = layers.layers_of(problem.supply, problem.demand)
    heavy_rows, heavy_cols = layers.heavy_nodes(found)
    answer = solve_dense(
        costs[np.ix_(heavy_rows, heavy_cols)], problem.supply[heavy_rows], problem.demand[heavy_cols], NO_LIMIT
    )
    grown = layers.planted(found, answer.tree_rows, answer.tree_cols, answer.g)
    masses, calls = table.exact_masses(problem), 1
    while not layers.join_layers(costs, masses, found, grown, effort):
        calls += 1
        last = grown.state[layers.LAYER] - (0 if grown.state[layers.JOINED] else 1)
        assert grown.state[layers.ARCS] == found.row_stops[last] + found.col_stops[last] - 1
        assert calls < 1000
    assert calls > 1
    verdict = judge(problem, found.rows[grown.arcs[0]], grown.arcs[1])
    assert verdict.overpriced == 0
    assert verdict.vertex.least >= 0


def test_prices_of_columns_that_swallow_those_of_rows_do_not_let_pivots_go_in_circles():
    """An arc of the tree has a reduced cost of −0.1 here, by rounding: prices of rows are 0.1, of columns 1e300."""
    C = [[-0.1, 1e-300, -1e300, -1e-17, 1e-300], [-0.1, -1e-17, *[1e-300] * 3], [1e-300, -0.1, 1e-300, -1e-17, -1e300]]
    a, b = [1e16, 1e-160, 2.0**-53], [1e160, 1e-300, 1e160, 2.0**-53, 2.0**-53]
    problem = otkit.TransportProblem(C, a, b, probability=True)
    result = otkit.transport(problem, method="simplex", max_seconds=60.0)
    assert result.certificate.proof == "exact"
    assert result.value == otkit.transport(problem, method="lp", proof="exact").value == -5e299


def test_equal_histograms_with_long_tails():
    """Every flow of the heavy tree is zero or balances to its last bit, so that the lighter ones must decide."""
    rng = np.random.default_rng(15)
    masses = tails(rng, 60)
    for costs in (rng.random((60, 60)), rng.integers(0, 3, (60, 60)).astype(float)):
        problem = otkit.TransportProblem(costs, masses, rng.permutation(masses), probability=True)
        result = otkit.transport(problem, method="simplex", proof="exact")
        assert result.stats.detail == "layers"
        assert result.value == otkit.transport(problem, method="lp", proof="exact").value


def test_costs_of_points_are_solved_in_layers_as_matrices_are():
    rng = np.random.default_rng(16)
    x, y = rng.random((70, 2)), rng.random((60, 2))
    a, b = tails(rng, 70), tails(rng, 60)
    cost = otkit.Euclidean().between(x, y)
    result = otkit.wasserstein(x, y, a, b, proof="exact")
    assert result.stats.detail == "layers"
    given = otkit.TransportProblem(cost.dense(), a, b, probability=True)
    assert result.value == otkit.transport(given, proof="exact").value


def test_time_that_is_up_ends_layers(monkeypatch):
    """No layer joins after the deadline, and the interval that is known holds the optimum."""
    monkeypatch.setattr(simplex, "join_layers", lambda *_: False)
    rng = np.random.default_rng(17)
    problem = otkit.TransportProblem(rng.random((80, 80)), tails(rng, 80), tails(rng, 80), probability=True)
    stopped = otkit.transport(problem, max_seconds=0.0, on_failure="return")
    monkeypatch.undo()
    assert stopped.certificate.lower <= otkit.transport(problem).value <= stopped.certificate.upper


# --- amounts ----------------------------------------------------------------------------------------------------------


numbers = st.integers(0, 2**300) | st.integers(0, 3).map(lambda k: (1 << (60 * k)) - 1) | st.integers(0, 9)


def amounts_of(*values):
    size = 8
    limbs = np.array([[value >> (60 * k) & ((1 << 60) - 1) for k in range(size)] for value in values])
    length = np.array([-(-value.bit_length() // 60) for value in values])
    return table.Amounts(limbs, length)


def as_numbers(amounts):
    return [sum(int(limb) << (60 * k) for k, limb in enumerate(row)) for row in amounts.limbs]


@given(numbers, numbers)
def test_amounts_add_up_as_integers_do(one, other):
    amounts = amounts_of(one, other)
    assert table.compare(amounts, 0, 1) == (one > other) - (one < other)
    table.increase(amounts, 0, 1)
    assert as_numbers(amounts) == [one + other, other]
    assert amounts.length[0] == -(-(one + other).bit_length() // 60)
    table.decrease(amounts, 0, 1)
    assert as_numbers(amounts) == [one, other]
    assert amounts.length[0] == -(-one.bit_length() // 60)


@given(numbers, numbers)
def test_the_least_of_two_amounts_is_moved(one, other):
    amounts = amounts_of(one, other, 0)
    table.move_least(amounts, 0, 1, 2)
    least = min(one, other)
    assert as_numbers(amounts) == [one - least, other - least, least]


@given(seeds)
def test_exact_masses_are_the_masses(seed):
    rng = np.random.default_rng(seed)
    n, m = (int(size) for size in rng.integers(1, 6, 2))
    a, b = wide_masses(rng, n, -1074), wide_masses(rng, m, -1074)
    problem = otkit.TransportProblem(np.ones((n, m)), a, b, probability=True)
    values = as_numbers(table.exact_masses(problem))
    rows, cols = values[:n], values[n : n + m]
    assert sum(rows) == sum(cols)
    assert values[n + m :] == [0] * (n + m)
    for mass, total in ((a, rows), (b, cols)):
        whole = sum(map(Fraction, mass))
        assert all(Fraction(x) * sum(total) == part * whole for x, part in zip(mass, total, strict=True))


# --- Monge matrices ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("power", [1.0, 1.5, 2.0, 3.0])
def test_costs_along_a_line_are_monge_in_their_order(power, shuffled):
    rng = np.random.default_rng(8)
    x, y = rng.normal(size=150), rng.normal(size=140) + 1.0
    if not shuffled:
        x, y = np.sort(x), np.sort(y)
    costs = np.abs(x[:, None] - y) ** power
    rows, cols = monge_order(costs, Monitor())
    ordered = costs[np.ix_(rows, cols)]
    mixed = np.diff(np.diff(ordered, axis=0), axis=1)
    assert mixed.max() <= 1e-12
    result = otkit.transport(
        otkit.TransportProblem(costs, rng.random(150), rng.random(140), probability=True), proof="exact"
    )
    assert result.stats.detail == "staircase"
    problem = result.problem
    assert result.value == otkit.wasserstein(x, y, problem.a, problem.b, p=power, method="simplex").value


def test_products_are_monge_backwards():
    x = np.random.default_rng(9).random(150)
    result = otkit.transport(np.outer(x, x), proof="exact")
    assert result.stats.detail == "staircase"
    assert result.value == pytest.approx(np.sort(x) @ np.sort(x)[::-1], rel=1e-14)


def test_other_costs_are_no_staircase():
    rng = np.random.default_rng(10)
    for costs in (rng.random((40, 40)), np.sqrt(np.abs(np.subtract.outer(np.arange(40.0), np.arange(40.0))))):
        assert monge_order(costs, Monitor()) is None
        assert otkit.transport(costs).stats.detail == "dense"


def test_nearly_monge_costs_are_mended():
    """One cost is off by less than the check can tell: the exact proof finds the pivots that are missing."""
    rng = np.random.default_rng(11)
    x = np.sort(rng.random(40))
    costs = (x[:, None] - x) ** 2 + 1.0
    costs[rng.random((40, 40)) < 0.3] *= 1.0 - 2.0**-53
    problem = otkit.TransportProblem(costs, rng.random(40), rng.random(40), probability=True)
    result = otkit.transport(problem, proof="exact")
    assert result.value == otkit.transport(problem, method="lp", proof="exact").value
