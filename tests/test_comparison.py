"""Peers are judged, not trusted: each takes part where it applies, and a wrong answer is seen."""

from __future__ import annotations

import math
import sys
import types
import warnings
from dataclasses import replace

import numpy as np
import pytest

import otkit
from otkit.datasets import bakery
from otkit.optimal_transport import comparison
from otkit.optimal_transport.comparison import compare
from otkit.solvers.registry import SOLVERS

RNG = np.random.default_rng(1)
X, Y = RNG.normal(size=(12, 2)), RNG.normal(size=(12, 2)) + 1.0
WEIGHTS = RNG.random(12)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Run each solver once, and leave out Sinkhorn's, which takes the longest, where a test is not about it."""
    monkeypatch.setattr(comparison, "SECONDS_WORTH_REPEATING", 0.0)
    limit_pairs(monkeypatch, "sinkhorn", 0)


def limit_pairs(monkeypatch, method, largest):
    monkeypatch.setitem(SOLVERS, method, replace(SOLVERS[method], largest=largest))


def between(x, y, a=None, b=None, **options):
    return otkit.TransportProblem(otkit.Euclidean().between(x, y, **options), a, b, probability=True)


def shop():
    bread = bakery()
    return otkit.TransportProblem(bread.cost, bread.supply, bread.demand)


ALWAYS = {"otkit simplex", "otkit lp", "otkit sinkhorn", "SciPy linprog (HiGHS)", "POT emd"}
ON_LINE = {"otkit line", "POT wasserstein_1d"}
UNIFORM = {"otkit assignment", "SciPy linear_sum_assignment"}


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (shop(), ALWAYS),
        (between(X, Y), ALWAYS | UNIFORM | {"SciPy wasserstein_distance_nd"}),
        (between(X, Y, WEIGHTS), ALWAYS | {"SciPy wasserstein_distance_nd"}),
        (between(X, Y, WEIGHTS, p=2), ALWAYS),
        (
            between(X[:, 0], Y[:9, 0]),
            ALWAYS | ON_LINE | {"SciPy wasserstein_distance", "SciPy wasserstein_distance_nd"},
        ),
        (between(X[:, 0], Y[:, 0], p=2), ALWAYS | ON_LINE | UNIFORM),
    ],
)
def test_all_that_apply_take_part_and_agree(problem, expected):
    pytest.importorskip("ot")
    result = compare(problem)
    assert {row.name for row in result.contenders} == expected
    assert result.upper - result.lower <= 1e-12 * abs(result.upper)
    for row in result.contenders:
        assert row.name in str(result)
        if row.name != "otkit sinkhorn":
            assert abs(result.error(row)) < 1e-9
            assert row.seconds > 0
            assert row.certificate is None or row.certificate.lower <= result.lower


def test_regularised_solver_is_near_and_says_so(monkeypatch):
    limit_pairs(monkeypatch, "sinkhorn", 36)
    result = compare(shop())
    (row,) = (row for row in result.contenders if row.name == "otkit sinkhorn")
    assert 0 <= result.error(row) < 0.05
    assert row.certificate.lower <= 1070 <= row.certificate.upper


def test_masses_keep_their_units():
    result = compare(shop())
    assert result.lower == result.upper == 1070


def fake_pot(monkeypatch, emd):
    pot = types.ModuleType("ot")
    pot.__spec__ = types.SimpleNamespace(name="ot")
    pot.emd = emd
    monkeypatch.setitem(sys.modules, "ot", pot)


def answer_of(problem):
    result = compare(problem)
    (row,) = (row for row in result.contenders if row.name == "POT emd")
    return row, result


def test_plan_that_is_not_the_best_is_seen(monkeypatch):
    printed = bakery().printed_plan.astype(float)
    worse = printed.copy()
    worse[0, [1, 4]] += [1, -1]
    worse[3, [1, 4]] += [-1, 1]  # swaps two loaves: the marginals stay right
    problem = shop()
    best = otkit.transport(problem)
    cost = float((worse * bakery().cost).sum())
    fake_pot(monkeypatch, lambda a, b, C, log: (worse, {"cost": cost, "u": best.potentials.f, "v": best.potentials.g}))
    row, result = answer_of(problem)
    assert not row.certificate.optimal
    assert result.error(row) == pytest.approx((cost - 1070) / 1070)
    assert "more than the optimum" in result.judgement(row)


def test_prices_that_overprice_a_pair_are_seen(monkeypatch):
    problem = shop()
    best = otkit.transport(problem)
    raised = best.potentials.f + np.eye(6)[2]
    plan = best.plan.toarray()
    fake_pot(monkeypatch, lambda a, b, C, log: (plan, {"cost": 1070.0, "u": raised, "v": best.potentials.g}))
    row, result = answer_of(problem)
    assert not row.certificate.optimal
    assert result.error(row) == 0
    assert "overprice" in result.judgement(row)


def test_value_without_a_plan_is_held_against_the_proved_interval(monkeypatch):
    problem = between(X[:, 0], Y[:, 0])
    monkeypatch.setattr("scipy.stats.wasserstein_distance", lambda *arguments: 2.0)
    result = compare(problem)
    (row,) = (row for row in result.contenders if row.name == "SciPy wasserstein_distance")
    assert row.certificate is None
    assert result.error(row) == pytest.approx((2.0 - result.upper) / result.upper)
    assert result.upper < 2.0


def test_peer_that_fails_is_a_row(monkeypatch):
    def broken(*arguments, **options):
        raise RuntimeError("out of\nluck")

    fake_pot(monkeypatch, broken)
    row, result = answer_of(shop())
    assert math.isnan(row.value)
    assert result.judgement(row) == "failed: out of luck"
    assert result.lower == result.upper == 1070


def test_warning_of_a_peer_is_a_remark(monkeypatch):
    best = otkit.transport(shop())

    def warns(a, b, C, log):
        warnings.warn("numItermax reached", stacklevel=1)
        return best.plan.toarray(), {"cost": 1070.0, "u": best.potentials.f, "v": best.potentials.g}

    fake_pot(monkeypatch, warns)
    row, result = answer_of(shop())
    assert row.note == "numItermax reached"
    assert result.judgement(row) == "proves itself optimal (numItermax reached)"


def test_absent_peer_is_a_row(monkeypatch):
    monkeypatch.setattr(comparison, "find_spec", lambda name: None)
    row, result = answer_of(shop())
    assert result.judgement(row) == 'not installed: pip install ".[peers]"'


def test_solvers_that_would_take_too_long_are_left_out(monkeypatch):
    for limit in ("LARGEST_DENSE_LP", "LARGEST_MATRIX"):
        monkeypatch.setattr(comparison, limit, 143)
    for method in ("assignment", "lp", "sinkhorn"):
        limit_pairs(monkeypatch, method, 143)
    result = compare(between(X[:, 0], Y[:, 0]))
    answered = {row.name for row in result.contenders if not math.isnan(row.value)}
    assert answered <= {"otkit line", "otkit simplex", "SciPy wasserstein_distance", "POT wasserstein_1d"}
    (row,) = (row for row in result.contenders if row.name == "otkit lp")
    assert result.judgement(row) == "left out: 12 × 12 pairs are more than 143"


def test_quick_solvers_run_twice(monkeypatch):
    monkeypatch.setattr(comparison, "SECONDS_WORTH_REPEATING", 1000.0)
    calls = []
    plan = bakery().printed_plan
    fake_pot(monkeypatch, lambda *a, **k: calls.append(a) or (plan, {"cost": 1070.0, "u": None, "v": None}))
    row, _ = answer_of(shop())
    assert row.value == 1070
    assert len(calls) == 2


def test_progress_names_each_solver():
    seen = []
    result = compare(between(X, Y), progress=seen.append)
    assert [report.text for report in seen] == [row.name for row in result.contenders]


def test_no_contender_takes_longer_than_it_may(monkeypatch):
    pytest.importorskip("ot")
    limit_pairs(monkeypatch, "sinkhorn", math.inf)
    x, y = RNG.normal(size=(2, 300, 2))
    result = compare(between(x, y), max_seconds=0.0)
    for row in result.contenders:
        stopped = row.name.startswith("otkit") and "stopped early: time limit" in row.note
        assert stopped or "left out" in row.note or "ime limit" in row.note, row
    assert result.lower <= result.upper
    assert "each had 0 s at most" in str(result)
