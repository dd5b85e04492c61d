"""The bottleneck distance: against programs over every threshold, matchings, closed forms, and corrupted proofs."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse.csgraph import maximum_bipartite_matching
from test_cli import answer, run

import otkit
from otkit.checker.bottleneck import certify_bottleneck
from otkit.checker.standalone import ProofError
from otkit.io.tables import read_table
from otkit.optimal_transport.bottleneck import solve_bottleneck
from otkit.solvers import bottleneck as solver


def by_programs(C, a, b):
    """Return the least cost under which SciPy's linear program finds a plan."""
    n, m = C.shape
    sums = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
    masses = np.concatenate([a / a.sum(), b / b.sum()])
    for t in np.unique(C):
        if linprog(np.greater(C, t).ravel(), A_eq=sums, b_eq=masses).fun < 1e-9:
            return t
    raise AssertionError


def by_matching(C):
    """Return the same for equal masses, n = m, by Hopcroft & Karp's matchings."""
    costs = np.unique(C)
    low, high = 0, costs.size - 1
    while low < high:
        middle = (low + high) // 2
        if (maximum_bipartite_matching(scipy.sparse.csr_array(np.less_equal(C, costs[middle]))) >= 0).all():
            high = middle
        else:
            low = middle + 1
    return costs[low]


@st.composite
def problems(draw):
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    C = np.array(draw(st.lists(st.integers(-4, 9), min_size=n * m, max_size=n * m)), float).reshape(n, m)
    masses = [np.array(draw(st.lists(st.integers(0, 6), min_size=k, max_size=k).filter(any)), float) for k in (n, m)]
    return C, *masses


@given(problems())
def test_agrees_with_linear_programs(problem):
    C, a, b = problem
    assert_proved(
        otkit.TransportProblem(C, a, b, probability=True), by_programs(C[a > 0][:, b > 0], a[a > 0], b[b > 0])
    )


def assert_proved(problem, value):
    result = solve_bottleneck(problem)
    assert result.value == value
    plan, costs = result.plan, problem.cost.dense()
    assert costs[plan.row, plan.col].max() == value
    np.testing.assert_allclose(plan.sum(axis=1), problem.supply, atol=1e-15 * problem.total)
    np.testing.assert_allclose(plan.sum(axis=0), problem.demand, atol=1e-15 * problem.total)
    near = (costs[result.cut] < value).any(axis=0)
    np.testing.assert_array_equal(np.flatnonzero(near), result.certificate.reached)
    held = sum(map(Fraction, problem.a[result.cut].tolist())) / sum(map(Fraction, problem.a.tolist()))
    taken = sum(map(Fraction, problem.b[near].tolist()), Fraction()) / sum(map(Fraction, problem.b.tolist()))
    assert held > taken
    assert (held, taken) == (result.certificate.held, result.certificate.taken)


@pytest.mark.parametrize("metric", ["euclidean", "cityblock", "chebyshev", "haversine"])
def test_points_of_equal_mass_are_matched(metric):
    rng = np.random.default_rng(5)
    x, y = rng.random((300, 2)), rng.random((300, 2))
    result = otkit.bottleneck(x, y, metric=metric)
    assert result.value == by_matching(otkit.cost_matrix(x, y, metric=metric))
    assert float(result) == result.distance == result.value
    assert result.plan.nnz == 300
    interval = result.certificate.distance_interval
    assert interval is None if metric == "haversine" else interval[0] <= result.value <= interval[1]


@pytest.mark.parametrize("outliers", [0, 1])
def test_pairs_that_are_not_listed_are_asked_for(monkeypatch, outliers):
    """With few pairs listed, cuts have to ask for more of them; an outlier makes nearly all pairs cheap enough."""
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(150, 2)), rng.normal(size=(150, 2))
    x[:outliers] += 30.0
    y[:1] += 1.0
    expected = by_matching(otkit.cost_matrix(x, y))
    for few in (1, 1 << 14):
        monkeypatch.setattr(solver, "_FEW", few)
        monkeypatch.setattr(solver, "_PER_POINT", 1 if few == 1 else 8)
        monkeypatch.setattr(solver, "_MOST_PER_POINT", 0 if few == 1 else 64)
        assert otkit.bottleneck(x, y).value == expected


@given(st.integers(0, 2**32 - 1))
def test_on_the_line_sorted_points_are_matched(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 50, 12).astype(float), rng.integers(0, 50, 12).astype(float)
    assert otkit.bottleneck(x, y).value == np.abs(np.sort(x) - np.sort(y)).max()


def test_is_the_limit_of_wasserstein_distances():
    rng = np.random.default_rng(2)
    x, y = rng.random((20, 2)), rng.random((25, 2))
    a, b = rng.random(20), rng.random(25)
    top = otkit.bottleneck(x, y, a, b).distance
    distances = [otkit.wasserstein(x, y, a, b, p=p).distance for p in (1, 2, 8, 60)]
    assert distances == sorted(distances)
    assert 0.9 * top < distances[-1] <= top


def test_masses_are_exact():
    x, y = [0.0, 0.0, 10.0], [0.0, 10.0]
    assert otkit.bottleneck(x, y, [1, 2, 7], [3, 7]).value == 0.0
    assert otkit.bottleneck(x, y, [0.1, 0.2, 0.7], [0.3, 0.7]).value == 10.0  # 0.1 + 0.2 is more than 0.3
    tiny = otkit.bottleneck(x, y, [1, 1e-300, 1], [1, 1])
    assert tiny.value == 10.0
    assert 0.0 < tiny.plan.toarray()[:2, 1].sum() < 1e-299


def test_sparse_costs_allow_the_listed_pairs_alone():
    C = scipy.sparse.coo_array(([4.0, 1.0, 2.0, -3.0], ([0, 0, 1, 2], [0, 1, 2, 0])), shape=(3, 3))
    assert otkit.bottleneck(C, a=[1, 1, 1], b=[1, 1, 1]).value == 2.0
    with pytest.raises(otkit.InfeasibleError, match="reach only columns") as caught:
        otkit.bottleneck(C, a=[1, 1, 2], b=[1, 1, 2])
    assert caught.value.farkas @ [1, 1, 2, 1, 1, 2] > 0
    with pytest.raises(otkit.InfeasibleError, match="no column"):
        otkit.bottleneck(scipy.sparse.coo_array(([1.0], ([0], [0])), shape=(2, 1)), a=[1, 1], b=[2])


def test_threads_do_not_change_the_bits():
    rng = np.random.default_rng(0)
    x, y = rng.random((1500, 2)), rng.random((1500, 2))
    one, two = (otkit.bottleneck(x, y, threads=k) for k in (1, 2))
    assert one.value == two.value
    np.testing.assert_array_equal(one.plan.toarray(), two.plan.toarray())


def solved():
    problem = otkit.TransportProblem([[3.0, 1.0, 4.0], [1.0, 5.0, 9.0]], [2, 3], [1, 2, 2])
    found = solver.solve(problem)
    return problem, found.value, (found.rows, found.cols, found.units), found.cut


@pytest.mark.parametrize("fault", ["value up", "value down", "mass", "pair", "cut", "no plan"])
def test_the_checker_notices_a_corrupted_answer(fault):
    problem, value, (rows, cols, units), cut = solved()
    certify_bottleneck(problem, value, (rows, cols, units), cut)
    if fault == "value up":
        value = math.nextafter(value, math.inf)
    elif fault == "value down":
        value = math.nextafter(value, -math.inf)
    elif fault == "mass":
        units = [units[0] + 1, *units[1:]]
    elif fault == "pair":
        cols = cols[::-1].copy()
    elif fault == "cut":
        cut = np.setdiff1d([0, 1], cut)
    else:
        rows, cols, units = rows[:0], cols[:0], []
    with pytest.raises(ProofError):
        certify_bottleneck(problem, value, (rows, cols, units), cut)


@pytest.mark.parametrize("metric", ["euclidean", "cityblock", "haversine", None])
def test_proofs_in_files(metric, tmp_path):
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 9, (7, 2)), rng.integers(0, 9, (5, 2))
    a, b = rng.random(7), rng.integers(1, 4, 5)
    if metric is None:
        result = otkit.bottleneck(otkit.cost_matrix(x, y), a=[1, 1, 1, 1, 1, 1, 4], b=[2] * 5)
    else:
        result = otkit.bottleneck(x, y, a, b, metric=metric)
    path = tmp_path / "proof.json"
    result.certificate.save(path)
    assert repr(result.value) in otkit.check_proof(result.problem, path).statement
    content = json.loads(path.read_text())
    for key, wrong in {
        "value": math.nextafter(result.value, 0.0).hex(),
        "plan": [[i, j, units + (k == 0)] for k, (i, j, units) in enumerate(content["plan"])],
        "rows": [i for i in range(7) if i not in content["rows"]],
        "statement": "the least t is 0",
        "sha256": "0",
        "n": 8,
    }.items():
        path.write_text(json.dumps(content | {key: wrong}))
        with pytest.raises(otkit.ProofError):
            otkit.check_proof(result.problem, path)


def test_words():
    result = otkit.bottleneck([0.0, 1.0], [3.0, 5.0])
    assert str(result).splitlines()[0] == "bottleneck = 4"
    assert "by these, 2 rows that hold 1 of the mass reach 1 column that takes 1/2" in str(result)
    assert "by these, 1 row that holds 1 of the mass reach none" in str(otkit.bottleneck([0.0], [3.0]))
    assert result.to_dict()["certificate"]["held"]
    assert repr(result) == "BottleneckResult(value=4.0, 2 × 2)"


def test_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text("u,v\n0,0\n1,0\n")
    (tmp_path / "y.csv").write_text("u,v,w\n0,1,3\n4,4,1\n")
    found = answer(
        "bottleneck", "x.csv", "y.csv", "--weights-y", "w", "--plan", "p.csv", "--save", "p.npz", "--proof", "p.json"
    )
    assert found["value"] == 5.0
    assert read_table("p.csv").values.tolist() == [[0, 0, 0.5], [1, 0, 0.25], [1, 1, 0.25]]
    assert answer("certify", "p.npz", "p.json")["kind"] == "bottleneck"
    shown = run("bottleneck", "x.csv", "x.csv").stdout
    assert "W_∞" in shown
    assert max(map(len, shown.splitlines())) <= 80
