"""The front doors: methods, options, failure, lifting over points without mass, choice and estimate."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

import otkit
from otkit import NotConvergedError, TransportProblem, select_solver, transport, wasserstein
from otkit.solvers import linprog
from otkit.solvers.candidate import Candidate, SolverStats

X = np.random.default_rng(0).normal(size=(12, 2))
Y = np.random.default_rng(1).normal(size=(12, 2))


@pytest.mark.parametrize("method", ["auto", "simplex", "lp", "assignment"])
def test_every_method_gives_the_optimum_rounded_once(method):
    """Twelve points against twelve, of equal weight: SciPy finds the assignment, fractions add it up."""
    costs = otkit.cost_matrix(X, Y)
    optimum = sum(Fraction(cost) for cost in costs[linear_sum_assignment(costs)].tolist()) / 12
    result = wasserstein(X, Y, method=method)
    assert result.certificate.proof == "exact"
    assert result.value == float(optimum)
    assert method in (result.method, "auto")
    assert result.seconds > 0


def test_wasserstein_normalises_and_transport_does_not():
    assert wasserstein([0.0, 1.0], [3.0], [1, 3], [10]).value == pytest.approx(0.25 * 3 + 0.75 * 2)
    assert transport([[3.0], [2.0]], [1, 3], [4]).value == 9.0
    assert transport([[3.0], [2.0]], [1, 3], [4]).distance == 9.0


def test_transport_takes_whole_problems_and_bound_costs():
    bound = otkit.Euclidean().between(X, Y, p=2)
    problem = TransportProblem(bound, probability=True)
    assert transport(problem).problem is problem
    assert transport(problem).distance == wasserstein(X, Y, p=2).distance
    assert transport(bound).value == pytest.approx(12 * wasserstein(X, Y, p=2).value)
    with pytest.raises(TypeError, match="a and b must be left out where C is a TransportProblem"):
        transport(problem, np.ones(12))


@pytest.mark.parametrize("p", [1, 1.5, 2, 3])
def test_distance_is_the_root_of_the_value(p):
    result = wasserstein(X, Y, p=p)
    assert result.distance**p == pytest.approx(result.value, rel=1e-14)
    assert result.value == pytest.approx(np.sum(result.plan.toarray() * otkit.cost_matrix(X, Y, p=p)), rel=1e-13)


def test_squared_euclidean_is_the_square_to_the_bit():
    assert wasserstein(X, Y, metric="sqeuclidean").value == wasserstein(X, Y, p=2).value


def test_options_belong_to_their_method():
    assert wasserstein(X, Y, method="lp", options=otkit.LinprogOptions()).certificate.optimal
    with pytest.raises(TypeError, match=r"options must be .*LinprogOptions for method='lp', but SimplexOptions was"):
        wasserstein(X, Y, method="lp", options=otkit.SimplexOptions())
    with pytest.raises(TypeError, match="options must be"):
        wasserstein(X, Y, method="lp", options={"tolerance": 1})
    for method, problem in (("line", CHOICES["line"]), ("assignment", CHOICES["square"])):
        with pytest.raises(TypeError, match=f"options must be left out for method='{method}'"):
            transport(problem, method=method, options={})


def test_bad_answer_of_an_exact_solver_never_leaves(monkeypatch):
    """A solver that lies is caught at the door, with all that is proved on the exception."""
    honest = linprog.solve

    def liar(problem, options, monitor):
        answer = honest(problem, options, monitor)
        n, m = problem.shape
        rows, cols = np.divmod(np.arange(n * m), m)
        return Candidate(
            rows, cols, np.outer(problem.supply, problem.demand).ravel(), answer.f, answer.g, state=SimpleNamespace(k=3)
        )

    monkeypatch.setattr(linprog, "solve", liar)
    with pytest.raises(
        NotConvergedError, match=r"≤ OPT ≤ .*: method='lp': answer is not proved optimal \(plan may cost up to"
    ) as caught:
        wasserstein(X, Y, method="lp")
    error = caught.value
    assert isinstance(error, RuntimeError)
    assert error.certificate is error.result.certificate
    assert error.certificate.lower < error.certificate.upper
    assert error.state.k == 3
    assert "on_failure='return'" in str(error)
    returned = wasserstein(X, Y, method="lp", on_failure="return")
    assert not returned.certificate.optimal
    assert returned.certificate.lower == pytest.approx(wasserstein(X, Y, method="assignment").value, rel=1e-12)
    assert "W_1 = " in str(returned)
    assert returned.certificate.fault in str(returned)


def test_a_solver_that_stops_early_raises_even_if_its_answer_holds(monkeypatch):
    honest = linprog.solve
    for status, remedy in (("time_limit", "Raise `max_seconds`"), ("iteration_limit", "Raise the limit in `options`")):
        monkeypatch.setattr(
            linprog, "solve", lambda *args, s=status: replace(honest(*args), stats=SolverStats(status=s))
        )
        with pytest.raises(NotConvergedError, match=status.replace("_", " ")) as caught:
            wasserstein(X, Y, method="lp")
        assert remedy in str(caught.value)
        assert wasserstein(X, Y, method="lp", on_failure="return").stats.status == status


@pytest.mark.parametrize("method", ["lp", "auto"])
@pytest.mark.parametrize("seed", range(5))
def test_points_without_mass_get_feasible_prices(method, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(10, 2)) * 3, rng.normal(size=(8, 2))
    a, b = rng.integers(0, 2, 10) * rng.random(10), rng.integers(0, 2, 8) * rng.random(8)
    a[0] = b[0] = 1.0
    result = wasserstein(x, y, a, b, method=method)
    f, g = result.potentials
    cost = otkit.cost_matrix(x, y)
    slack = cost - f[:, None] - g
    assert slack.min() >= -1e-13
    plan = result.plan.toarray()
    assert (plan[a == 0] == 0).all()
    assert (plan[:, b == 0] == 0).all()
    # The price of an idle point is the best that it can have: tight with some partner.
    assert slack[a == 0].min(axis=1, initial=np.inf) == pytest.approx(0.0, abs=1e-13)
    assert slack[:, b == 0].min(axis=0, initial=np.inf) == pytest.approx(0.0, abs=1e-13)
    positive = np.ix_(a > 0, b > 0)
    assert result.value == pytest.approx(wasserstein(x[a > 0], y[b > 0], a[a > 0], b[b > 0]).value, rel=1e-13)
    if result.candidate.basis is not None:
        rows, cols = result.candidate.basis
        assert np.isin(rows, np.flatnonzero(a)).all()
        assert np.isin(cols, np.flatnonzero(b)).all()
    assert plan[positive].sum() == pytest.approx(1.0)


def test_progress_and_threads():
    reports = []
    result = wasserstein(X, Y, method="lp", progress=reports.append)
    assert all(report.seconds >= 0 and report.text for report in reports)
    single = wasserstein(X, Y, method="lp", threads=1)
    assert single.value == result.value
    assert np.array_equal(single.potentials.f, result.potentials.f)
    with pytest.raises(ValueError, match="threads must be a positive integer, but threads = 0"):
        wasserstein(X, Y, threads=0)


CHOICES = {
    "line": TransportProblem(otkit.Euclidean().between([0.0, 1.0], [2.0, 5.0, 7.0])),
    "square": TransportProblem(otkit.Euclidean().between(np.r_[X, X + 5, X + 9, Y], np.r_[Y, Y - 3, Y + 8, X])),
    "oblong": TransportProblem(otkit.Euclidean().between(X, Y[:5])),
}


@pytest.mark.parametrize("name", CHOICES)
def test_choice_is_explained_and_taken(name):
    problem = CHOICES[name]
    selection, estimate = select_solver(problem), otkit.estimate_resources(problem)
    assert (selection.method == "line") == (name == "line")
    assert otkit.transport(problem).method == estimate.method == selection.method
    assert estimate.reason == selection.reason != ""
    assert str(estimate).startswith(f"{selection.method}: about ")


def test_estimate_grows_with_the_problem():
    def estimate(n):
        bound = otkit.Euclidean().between(np.zeros((n, 2)), np.ones((n + 1, 2)))
        return otkit.estimate_resources(TransportProblem(bound, probability=True))

    small, large = estimate(10), estimate(2000)
    assert 0 < small.memory < large.memory
    assert 0 < small.seconds < large.seconds


def test_value_is_in_the_units_of_a_where_totals_differ_by_rounding():
    a, b = np.full(10, 0.1), np.array([0.5, 0.5]) * (1 + 4e-16)
    result = transport(np.arange(20.0).reshape(10, 2), a, b)
    assert result.plan.toarray().sum() == pytest.approx(a.sum(), rel=1e-15)
    assert "b rescaled by 1" in str(result)


def test_same_bits_again():
    first, second = (wasserstein(X, Y, range(1, 13), method="lp") for _ in range(2))
    assert first.value == second.value
    assert np.array_equal(first.plan.toarray(), second.plan.toarray())
    assert np.array_equal(first.potentials.f, second.potentials.f)
