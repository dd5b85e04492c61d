"""The LP of the notes, column generation by HiGHS, and the refinement that has the last word."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse
from hypothesis import assume, given
from hypothesis import strategies as st
from oracles import exact_value
from strategies import extreme_problems, problems
from zoo import planted

import otkit
from otkit import datasets
from otkit.checker.audit import certify
from otkit.checker.spanning_tree import root_tree
from otkit.solvers.linprog import LinprogOptions, columns, program, refinement, solve, transport_lp
from otkit.solvers.linprog.arcs import Arcs, all_pairs
from otkit.solvers.monitor import Monitor


def certified(problem, options=None, monitor=None):
    candidate = solve(problem, options or LinprogOptions(), monitor or Monitor())
    return candidate, certify(problem, plan=candidate, potentials=(candidate.f, candidate.g))


def cloud_problem(rng, n=70, m=80, p=1.0, uniform=False):
    cost = otkit.Euclidean().between(rng.normal(size=(n, 2)), rng.normal(size=(m, 2)) + 0.5, p=p)
    masses = (None, None) if uniform else (rng.random(n), rng.random(m))
    return otkit.TransportProblem(cost, *masses, probability=True)


# --- the LP ---------------------------------------------------------------------------------------------------------


def test_lp_is_that_of_the_notes(rng):
    n, m = 3, 4
    C, a, b = rng.random((n, m)), rng.random(n), rng.random(m)
    A, masses, c = transport_lp(C, a, b)
    rows = np.kron(np.eye(n), np.ones((1, m)))
    cols = np.kron(np.ones((1, n)), np.eye(m))
    assert np.array_equal(A.toarray(), np.vstack([rows, cols]))
    assert np.array_equal(masses, np.concatenate([a, b]))
    assert np.array_equal(c, C.ravel())
    assert np.linalg.matrix_rank(A.toarray()) == n + m - 1
    plan = rng.random((n, m))
    assert np.allclose(A @ plan.ravel(), np.concatenate([plan.sum(axis=1), plan.sum(axis=0)]))


def test_lp_with_unequal_masses_is_infeasible_for_any_solver():
    A, b, c = transport_lp([[1.0, 2.0], [3.0, 4.0]], [1, 1], [1, 3])
    assert scipy.optimize.linprog(c, A_eq=A, b_eq=b).status == 2


def test_lp_leaves_its_inputs_alone():
    C = np.ones((2, 2))
    transport_lp(C, [1, 1], [1, 1])[2][:] = 7
    assert (C == 1).all()


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (([1.0, 2.0], [1], [1]), "C must be a matrix"),
        (([[np.nan]], [1], [1]), r"C must be finite, but C\[0, 0\] = nan"),
        (([[1.0]], [1, 2], [1]), "a must have 1 entries"),
        (([[1.0]], [1], [-1]), "b must be non-negative"),
    ],
)
def test_lp_refuses_bad_input(arguments, match):
    with pytest.raises(ValueError, match=match):
        transport_lp(*arguments)


# --- the solver -----------------------------------------------------------------------------------------------------


def test_bakeries_of_the_notes():
    town = datasets.bakery()
    assert certified(otkit.TransportProblem(town.cost))[1].value == 64
    candidate, proof = certified(otkit.TransportProblem(town.cost, town.supply, town.demand))
    assert (proof.lower, proof.upper) == (1070, 1070)
    assert np.array_equal(candidate.mass, np.rint(candidate.mass))


@given(problems)
def test_the_solver_alone_is_right_up_to_rounding(problem):
    """Where all points carry mass; prices of points without any are extended by `otkit.optimal_transport.solve`."""
    result = otkit.transport(problem, method="lp", proof="float", on_failure="return")
    shipped = float(np.abs(problem.cost.at(result.candidate.rows, result.candidate.cols)) @ result.candidate.mass)
    # Masses below the rounding of the total may go unshipped.
    unshipped = np.finfo(float).eps * problem.total * float(np.abs(problem.cost.dense()).max())
    exact = exact_value(problem)
    assert abs(Fraction(result.value) - exact) <= Fraction(1e-13) * Fraction(shipped) + Fraction(unshipped)
    assert result.certificate.lower <= exact <= result.certificate.upper


@given(st.one_of(problems, extreme_problems()))
def test_the_answer_is_the_exact_optimum(problem):
    result = otkit.transport(problem, method="lp", proof="exact")
    assert result.value == float(exact_value(problem))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scale", [1e300, 5e306, 1e308, 1.7e308])
@pytest.mark.parametrize("pattern", [[[1, 0], [0, -1]], [[1, -1], [-1, 1]], [[1, 1, 1], [0, 1, -1]], [[-1]]])
@pytest.mark.parametrize("sparse", [False, True])
def test_costs_that_leave_float64_are_named(pattern, scale, sparse):
    C = np.array(pattern) * scale
    limit = np.finfo(float).max / (8 * sum(C.shape))
    arcs = scipy.sparse.csr_array(C) if sparse else C  # zeros are arcs no more, which leaves enough of them
    problem = otkit.TransportProblem(arcs, *(np.ones(size) for size in C.shape), probability=True)
    if scale <= limit:
        assert otkit.transport(problem, method="lp").certificate.optimal
    else:
        with pytest.raises(ValueError, match=r"C must have entries of at most .* but they reach .*Rescale"):
            otkit.transport(problem, method="lp")


@pytest.mark.filterwarnings("error")
def test_optimum_beyond_float64_is_a_value_error():
    C = np.array([[1e300, 2e300], [3e300, 1e300]])
    with pytest.raises(ValueError, match="Rescale the costs or the masses"):
        otkit.transport(C, [1e10, 1e10], [1e10, 1e10], method="lp")


def test_prices_are_rounded_once_each():
    """Column 2 takes what row 0 has: its price must not inherit the rounding of row 2, whose price is 10¹² as large."""
    C = [[1.83e-16, 6e-12, 3e-11], [-14.127333, 0.0, 0.0], [0.0, 24.0, -14.127333]]
    problem = otkit.TransportProblem(C, [0.1, 1e-17, 1e-9], [5e-324, 5e-324, 1e-160], probability=True)
    candidate, proof = certified(problem)
    assert proof.optimal, proof.verdict
    assert candidate.f[0] + candidate.g[2] == pytest.approx(3e-11, rel=1e-15)


@pytest.mark.parametrize("uniform", [False, True])
@pytest.mark.parametrize("p", [1.0, 2.0])
@pytest.mark.parametrize("shape", [(70, 80), (150, 150), (5, 1500), (1500, 5)])
def test_column_generation_agrees_with_pot(shape, p, uniform, rng):
    ot = pytest.importorskip("ot")
    problem = cloud_problem(rng, *shape, p, uniform)
    candidate, proof = certified(problem)
    assert proof.gap <= 4e-16 * sum(shape) * proof.upper  # a rounding for each flow, and for each price
    assert proof.marginal_error <= 1e-14 * sum(shape)
    assert proof.value == pytest.approx(ot.emd2(problem.supply, problem.demand, problem.cost.dense()), rel=1e-9)
    assert candidate.stats.status == "optimal"
    assert (problem.cost.dense() - candidate.f[:, None] - candidate.g >= -1e-14).all()


def test_duals_have_the_sign_and_size_of_sensitivities(rng):
    """f_i is what the optimum gains if one more unit starts at i and ends at j, less what g_j says."""
    C, a, b, _ = planted(3, 6, 7)
    candidate, proof = certified(otkit.TransportProblem(C, a, b))
    arcs = rng.integers(0, 6, 5), rng.integers(0, 7, 5)
    for i, j in zip(*arcs, strict=True):
        more_a, more_b = a.astype(float), b.astype(float)
        more_a[i] += 1e-6
        more_b[j] += 1e-6
        moved = certified(otkit.TransportProblem(C, more_a, more_b))[1].value
        assert (moved - proof.value) / 1e-6 == pytest.approx(candidate.f[i] + candidate.g[j], abs=1e-4)


def test_basis_is_the_tree_that_carries_the_plan(rng):
    problem = cloud_problem(rng, uniform=True)
    candidate, _ = certified(problem)
    root_tree(*problem.shape, *candidate.basis, 0)  # raises if it were none
    arcs = set(zip(*(index.tolist() for index in candidate.basis), strict=True))
    assert set(zip(candidate.rows.tolist(), candidate.cols.tolist(), strict=True)) <= arcs
    i, j = candidate.basis
    assert problem.cost.at(i, j) == pytest.approx(candidate.f[i] + candidate.g[j], abs=1e-14)
    assert np.array_equal(np.lexsort((candidate.cols, candidate.rows)), np.arange(candidate.rows.size))


@pytest.mark.parametrize("scale", [1e-300, 1e-14, 1e14, 1e290])
def test_scale_of_the_costs_changes_nothing(scale, rng):
    cost = rng.random((70, 70)) - 0.5
    plain = certified(otkit.TransportProblem(cost))[1]
    scaled = certified(otkit.TransportProblem(cost * scale))[1]
    assert scaled.optimal
    assert scaled.value / scale == pytest.approx(plain.value, rel=1e-12)
    assert abs(scaled.gap) <= 1e-13 * abs(scaled.value)


def test_masses_and_costs_of_every_scale_at_once(rng):
    """HiGHS, with its absolute tolerances, sees next to nothing of these problems; the pivots see it all."""
    costs = 10.0 ** rng.uniform(-30, 30, (70, 70))
    masses = 10.0 ** rng.uniform(-300, 0, (2, 70))
    problem = otkit.TransportProblem(costs, *masses, probability=True)
    result = otkit.transport(problem, method="lp")
    assert result.certificate.proof == "exact"
    assert result.value == pytest.approx(float(exact_value(problem)), rel=1e-15)
    assert result.stats.iterations > 0


def test_all_negative_and_all_equal_costs(rng):
    cost = -rng.random((70, 70)) - 1
    candidate, proof = certified(otkit.TransportProblem(cost))
    rows, cols = scipy.optimize.linear_sum_assignment(cost)
    assert proof.value == pytest.approx(cost[rows, cols].sum(), rel=1e-14)
    assert candidate.mass.size == 70
    assert certified(otkit.TransportProblem(np.full((70, 70), -3.0)))[1].value == -210


# --- when HiGHS fails -----------------------------------------------------------------------------------------------


def no_answer(*_):
    return None, 0


def nonsense(arcs, costs, supply, demand, max_iterations, max_seconds):
    rng = np.random.default_rng(0)
    return program.RestrictedSolution(rng.random(costs.size), *(rng.normal(size=w.size) for w in (supply, demand))), 1


@pytest.mark.parametrize("highs", [no_answer, nonsense])
@pytest.mark.parametrize("uniform", [False, True])
def test_refinement_needs_no_help(highs, uniform, rng, monkeypatch):
    """The pivots start from any arcs: whatever HiGHS says, the end is optimal."""
    problem = cloud_problem(rng, 70, 65, uniform=uniform)
    expected = certified(problem)[1].value
    monkeypatch.setattr(columns, "solve_restricted", highs)
    candidate, proof = certified(problem)
    assert proof.optimal, proof.verdict
    assert proof.value == pytest.approx(expected, rel=1e-14)
    assert candidate.stats.iterations > 100


@pytest.mark.parametrize("limit", [0, 1, 50])
def test_iteration_limit_is_kept_and_still_gives_a_plan_and_bounds(limit, rng):
    problem = cloud_problem(rng)
    optimum = certified(problem)[1].value
    candidate, proof = certified(problem, LinprogOptions(max_iterations=limit))
    assert candidate.stats.status == "iteration_limit"
    assert candidate.stats.iterations <= limit
    assert proof.marginal_error <= 1e-14
    assert proof.lower <= optimum * (1 + 1e-14) <= proof.upper * (1 + 2e-14)
    assert not proof.optimal


def test_time_limit_ends_in_a_feasible_plan(rng):
    problem = cloud_problem(rng, 200, 200)
    candidate, proof = certified(problem, monitor=Monitor(max_seconds=0.0))
    assert candidate.stats.status == "time_limit"
    assert proof.marginal_error <= 1e-14
    assert not proof.optimal


def test_monitor_hears_of_the_work(rng):
    heard = []
    solve(cloud_problem(rng), LinprogOptions(), Monitor(heard.append))
    first, *_, last = (report.text.split(": ")[1] for report in heard)
    assert first.startswith("round 1")
    assert last.startswith("refining")


# --- kernels against slow twins -------------------------------------------------------------------------------------

seeds = st.integers(0, 2**32 - 1)


def some_masses(rng, n, m):
    plan = rng.integers(0, 4, (n, m))
    problem = otkit.TransportProblem(np.ones((n, m)), plan.sum(axis=1) + 1.0, plan.sum(axis=0) + 1.0, probability=True)
    return refinement.integer_masses(problem)


@given(problems)
def test_integer_masses_balance_and_no_two_sets_of_them_agree(problem):
    masses = refinement.integer_masses(problem)
    n = problem.shape[0]
    assert masses[:n].sum() == masses[n:].sum()
    assert masses.min() > 0
    sums = [{0}, {0}]
    for side, part in enumerate((masses[:n].tolist(), masses[n:].tolist())):
        for mass in part:
            sums[side] |= {total + mass for total in sums[side]}
    assert sums[0] & sums[1] == {0, int(masses[:n].sum())}


def test_integer_masses_keep_fifty_bits(rng):
    problem = cloud_problem(rng)
    masses = refinement.integer_masses(problem)
    shares = masses / masses[: problem.shape[0]].sum()
    assert shares == pytest.approx(np.concatenate([problem.supply, problem.demand]), abs=2.0**-49)


@given(st.integers(1, 6), st.integers(1, 6), seeds)
def test_greedy_shipping_against_a_slow_twin(n, m, seed):
    rng = np.random.default_rng(seed)
    masses = some_masses(rng, n, m)
    k = int(rng.integers(0, 10))
    rows, cols = rng.integers(0, n, k), rng.integers(0, m, k)
    left, used = masses.tolist(), []

    def ship(i, j):
        amount = min(left[i], left[n + j])
        if amount > 0:
            left[i] -= amount
            left[n + j] -= amount
            used.append((i, j))

    for i, j in zip(rows.tolist(), cols.tolist(), strict=True):
        ship(i, j)
    while any(left):
        ship(next(i for i in range(n) if left[i]), next(j for j in range(m) if left[n + j]))
    found = np.empty((2, n + m - 1), np.int64)
    refinement._ship_greedily(rows, cols, masses, n, *found)
    assert list(zip(*(part.tolist() for part in found), strict=True)) == used
    assert len(used) == n + m - 1


@given(st.integers(1, 6), st.integers(1, 6), seeds)
def test_first_basis_is_feasible_and_never_degenerate(n, m, seed):
    rng = np.random.default_rng(seed)
    masses = some_masses(rng, n, m)
    arcs = Arcs(rng.integers(0, n, 15), rng.integers(0, m, 15))
    tree = root_tree(n, m, *refinement.first_basis(arcs, masses, n), 0)
    assert (refinement._integer_flows(tree, masses) > 0).all()


@given(st.integers(2, 6), st.integers(2, 6), seeds)
def test_a_pivot_keeps_the_basis_feasible(n, m, seed):
    """The leaving arc is the right one exactly if the next tree has no negative flow."""
    rng = np.random.default_rng(seed)
    masses = some_masses(rng, n, m)
    rows, cols = refinement.first_basis(Arcs(rng.integers(0, n, 15), rng.integers(0, m, 15)), masses, n)
    i, j = int(rng.integers(n)), int(rng.integers(m))
    assume((i, j) not in set(zip(rows.tolist(), cols.tolist(), strict=True)))
    tree = root_tree(n, m, rows, cols, 0)
    leaving = refinement._leaving_arc(tree, refinement._integer_flows(tree, masses), i, n + j)
    rows, cols = rows.copy(), cols.copy()
    rows[leaving], cols[leaving] = i, j
    assert (refinement._integer_flows(root_tree(n, m, rows, cols, 0), masses) > 0).all()


def test_a_fully_degenerate_problem_does_not_cycle():
    """An assignment with thousands of ties, from the worst start: every pivot gains, so the limit is never met."""
    n = 40
    cost = np.add.outer(np.arange(n), np.arange(n)) % 3 + 0.0
    masses = refinement.integer_masses(otkit.TransportProblem(cost))
    arcs = all_pairs(n, n)
    basic = np.array([i * n + j for i, j in zip(*refinement.first_basis(arcs, masses, n), strict=True)])
    f, g = np.empty((2, n))
    pivots, finished = refinement._pivot(*arcs, cost.reshape(-1), basic, masses, 10_000, f, g)
    assert finished
    assert pivots < 5000
    assert f.sum() + g.sum() == 0


def test_sums_of_masses_that_differ_by_rounding_are_settled(rng):
    supply, demand = np.full(70, 1 / 70), np.full(60, 1 / 60)
    assert supply.sum() != demand.sum()
    problem = otkit.TransportProblem(rng.random((70, 60)), supply, demand)
    _, proof = certified(problem)
    assert proof.optimal
    assert proof.marginal_error <= 1e-14
    masses = refinement.integer_masses(problem)
    assert masses[:70].sum() == masses[70:].sum()
