"""Transport problems: what is accepted, what is normalised, and what is proved infeasible."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest

import otkit
from otkit import InfeasibleError, TransportProblem, transport_lp

COST = [[1, 2, 3], [4, 5, 6]]


def test_masses_as_given():
    problem = TransportProblem(COST, [3, 3], [1, 2, 3])
    assert problem.shape == (2, 3)
    assert problem.a.tolist() == problem.supply.tolist() == [3.0, 3.0]
    assert problem.b.tolist() == problem.demand.tolist() == [1.0, 2.0, 3.0]
    assert problem.total == 6.0
    assert problem.integral
    assert problem.normalization == ""
    assert repr(problem) == "TransportProblem(2 × 3, given matrix, total mass 6)"


def test_default_masses():
    square = TransportProblem(np.eye(3))
    assert square.a.tolist() == square.b.tolist() == [1.0, 1.0, 1.0]
    assert square.total == 3.0
    assert square.integral
    oblong = TransportProblem(COST)
    assert oblong.probability
    assert oblong.supply.tolist() == [0.5, 0.5]
    assert oblong.demand == pytest.approx([1 / 3] * 3)
    one_side = TransportProblem(COST, [4, 8])
    assert one_side.demand.tolist() == [4.0, 4.0, 4.0]
    other_side = TransportProblem(COST, None, [1, 2, 3])
    assert other_side.supply.tolist() == [3.0, 3.0]
    assert not one_side.probability


def test_probability_measures_are_normalised_and_say_so():
    problem = TransportProblem(COST, [2, 6], [1, 1, 2], probability=True)
    assert problem.supply.tolist() == [0.25, 0.75]
    assert problem.demand.tolist() == [0.25, 0.25, 0.5]
    assert problem.a.tolist() == [2.0, 6.0]
    assert problem.total == 1.0
    assert not problem.integral
    assert problem.normalization == "a divided by 8, b divided by 4"
    assert TransportProblem(COST, [0.5, 0.5], [0.25, 0.25, 0.5], probability=True).normalization == ""


def test_rounding_of_the_totals_is_accepted_and_said():
    shares = np.full(10, 0.1)
    problem = TransportProblem(np.ones((10, 3)), shares, [0.3, 0.3, 0.4 + 1e-16])
    assert problem.supply.sum() == pytest.approx(problem.demand.sum(), rel=1e-15)
    off = TransportProblem(np.ones((10, 3)), shares, np.array([0.3, 0.3, 0.4]) * (1 + 1e-15))
    assert off.normalization.startswith("b rescaled by 1 -1")
    assert off.normalization.endswith("to the total of a")


@pytest.mark.parametrize("factor", [1.0, 1e-200, 1e200])
@pytest.mark.parametrize("error", [1e-12, 1e-6, 0.5, -1e-12])
def test_unequal_masses_come_with_their_farkas_vector(factor, error):
    cost, a, b = np.ones((3, 4)), np.full(3, 4.0) * factor, np.full(4, 3.0) * factor * (1 + error)
    with pytest.raises(InfeasibleError) as caught:
        TransportProblem(cost, a, b)
    y = caught.value.farkas
    matrix, right, _ = transport_lp(cost, np.full(3, 4.0), np.full(4, 3.0))
    assert (matrix.T @ y <= 0).all()
    assert np.concatenate([a, b]) @ y > 0
    assert right.size == y.size
    message = str(caught.value)
    assert "a and b must have equal totals, but Σa = " in message
    assert "otkit.wasserstein" in message
    assert "use otkit.partial_transport" in message


def test_the_remedy_of_the_message_works():
    """The surplus stays where it is, as if a column of cost 0 took it."""
    with pytest.raises(InfeasibleError, match=r"otkit\.partial_transport"):
        otkit.transport([[1, 2], [3, 1]], [2, 3], [1, 2])
    assert otkit.partial_transport([[1, 2], [3, 1]], [2, 3], [1, 2]).value == 3.0
    result = otkit.transport([[1, 2, 0], [3, 1, 0]], [2, 3], [1, 2, 2])
    assert result.value == 3.0


def test_float32_masses_balance_to_their_own_rounding():
    """Also without their zeros, which a solver never sees, and with many points around them."""
    rng = np.random.default_rng(0)
    a = rng.random(40)
    a[::2] = 0.0
    b = rng.random(30)
    a, b = (a / a.sum()).astype(np.float32), (b / b.sum()).astype(np.float32)
    problem = TransportProblem(rng.random((40, 30)), a, b)
    assert problem.normalization
    part = problem.restrict(np.flatnonzero(a), np.arange(30))
    assert part.shape == (20, 30)
    assert part.total == problem.total
    assert otkit.transport(problem).certificate.optimal
    for container in (list, np.ndarray.tolist, np.float64, pd.Series):  # the numbers tell, not what holds them
        assert TransportProblem(problem.cost, container(a), container(b)).normalization == problem.normalization
    doubled = b.astype(float)
    doubled[0] += 2e-8
    with pytest.raises(InfeasibleError):  # one number of float64 says that none was rounded to float32
        TransportProblem(problem.cost, np.full(40, 1 / 40), doubled)


@pytest.mark.parametrize("count", [2, 30, 20_000])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_totals_may_differ_by_a_millionth_at_most(dtype, count):
    """Whatever the type and the number of points: what is more is meant, or was rounded beyond use."""
    line = otkit.Euclidean().between(np.arange(2.0), np.arange(float(count)))
    b = np.random.default_rng(count).uniform(0.1, 1.0, count).astype(dtype)
    total = b.astype(float).sum()
    for factor in (1.5, 1.1, 1.0 + 2e-6, 1.0 - 2e-6):
        with pytest.raises(InfeasibleError, match="equal totals"):
            TransportProblem(line, [0.5 * total * factor, 0.5 * total * factor], b)
    assert TransportProblem(line, [0.5 * total, 0.5 * total], b).tolerance <= 1e-6


def test_what_sums_of_a_type_can_do_is_accepted():
    """Shares that were divided by their sum in their own type, as people do."""
    rng = np.random.default_rng(1)
    for dtype, count in itertools.product((np.float32, np.float64), (2, 7, 100, 3000)):
        a, b = (rng.uniform(0.1, 1.0, count).astype(dtype) for _ in range(2))
        problem = TransportProblem(otkit.Euclidean().between(a, b), a / a.sum(), b / b.sum())
        off = abs(problem.totals[0] / problem.totals[1] - 1.0)
        assert off <= problem.tolerance <= 1e-6
        assert problem.tolerance < 1e-11 or dtype == np.float32


def test_whole_numbers_are_meant_as_they_are():
    with pytest.raises(InfeasibleError, match="can ship 1 of b"):
        TransportProblem(np.ones((2, 2)), [10**15, 5], [10**15 + 1, 5])
    assert TransportProblem(np.ones((2, 2)), [2**52, 5], [2**52 + 2, 3]).tolerance == 0.0


def test_the_certificate_says_by_how_much_masses_were_rescaled():
    a, b = np.float32([0.5, 0.5]), np.float32([0.1, 0.2, 0.7])
    result = otkit.transport(COST, a, b)
    off = float(a.astype(float).sum() / b.astype(float).sum()) - 1.0
    words = f"b rescaled by 1 {off:+.1e} to the total of a"
    assert result.certificate.rescaling == words
    assert words in result.certificate.statement
    assert str(result).count(words) == 1
    judged = otkit.certify(result.problem, plan=result.plan, potentials=result.potentials)
    assert words in judged.statement
    assert otkit.transport(COST, [1, 2], [1, 1, 1]).certificate.rescaling == ""


def test_restriction_keeps_balance_that_was_accepted():
    """Totals may differ by n + m roundings of the whole, more than those of a part."""
    n = 4000
    a = np.zeros(n)
    a[:2] = 0.5
    problem = TransportProblem(np.zeros((n, 2)), a, np.array([0.5, 0.5]) * (1 + 4e-13))
    part = problem.restrict(np.array([0, 1]), np.array([0, 1]))
    assert part.total == problem.total


def test_a_problem_is_frozen_and_inputs_stay_free():
    a, b = np.array([3.0, 3.0]), np.array([1.0, 2.0, 3.0])
    problem = TransportProblem(COST, a, b)
    with pytest.raises(dataclasses.FrozenInstanceError):
        problem.a = b
    with pytest.raises(ValueError, match="read-only"):
        problem.a[0] = 1.0
    a[0] = 100.0
    assert problem.a[0] == 3.0


def test_bound_costs_are_kept_lazy():
    bound = otkit.Minkowski(3).between(np.zeros((4, 2)), np.ones((5, 2)), p=2)
    problem = TransportProblem(bound, probability=True)
    assert problem.cost is bound
    assert repr(problem) == "TransportProblem(4 × 5, minkowski(3), p = 2, total mass 1)"
