"""`max_seconds` and Ctrl-C reach every phase; what is proved by then is an interval that holds the optimum."""

import signal
import threading
import time
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

import otkit
from otkit.checker.optimality import judge
from otkit.numerics.threads import Stopped
from otkit.solvers.monitor import GRACE, Monitor

COST = np.random.default_rng(0).random((5, 4))

ROAD = otkit.Graph(scipy.sparse.coo_array(([1.0, 2.0], ([0, 1], [1, 2])), shape=(3, 3)))
DOORS = {
    "wasserstein": lambda limit: otkit.wasserstein([[0.0, 1.0], [2.0, 0.0]], [[1.0, 1.0]], max_seconds=limit),
    "transport": lambda limit: otkit.transport(COST, max_seconds=limit),
    "partial_transport": lambda limit: otkit.partial_transport(COST, np.ones(5), np.ones(4), max_seconds=limit),
    "unbalanced_transport": lambda limit: otkit.unbalanced_transport(
        COST, np.ones(5), np.ones(4), price=1.0, max_seconds=limit
    ),
    "wasserstein_grid": lambda limit: otkit.wasserstein_grid(np.ones((2, 2)), np.eye(2), max_seconds=limit),
    "two_sample_test": lambda limit: otkit.two_sample_test([0.0, 1.0], [2.0], max_seconds=limit),
    "wasserstein_interval": lambda limit: otkit.wasserstein_interval(
        np.arange(9.0), np.arange(8.0), subsamples=4, max_seconds=limit
    ),
    "persistence_distance": lambda limit: otkit.persistence_distance([[0, 4], [1, 2]], [[0, 5]], max_seconds=limit),
    "wasserstein_graph": lambda limit: otkit.wasserstein_graph(ROAD, [1, 0, 0], [0, 0, 1], max_seconds=limit),
    "compare": lambda limit: otkit.compare(otkit.TransportProblem(COST), max_seconds=limit),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("limit", [float("nan"), -1.0, float("inf"), np.float32("nan"), Fraction(-1, 3)])
def test_a_limit_that_is_no_time_is_refused(door, limit):
    with pytest.raises(ValueError, match=r"max_seconds must be a finite number ≥ 0 of seconds, or None for no limit"):
        DOORS[door](limit)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("limit", ["1", b"1", True, np.True_, [1.0], 1j])
def test_a_limit_that_is_no_number_is_refused(door, limit):
    with pytest.raises(TypeError, match="max_seconds must be a number of seconds, or None for no limit, but"):
        DOORS[door](limit)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("limit", [None, 60, 60.0, np.float32(60), np.int64(60), Fraction(121, 2)])
def test_limits_of_any_kind_of_number(door, limit):
    DOORS[door](limit)


def test_a_door_with_a_limit_is_in_the_table():
    import inspect

    doors = {
        name
        for name in otkit.__all__
        if inspect.isfunction(value := getattr(otkit, name)) and "max_seconds" in inspect.signature(value).parameters
    }
    assert doors == set(DOORS)


# --- bounds -----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.5, -0.7]), st.sampled_from(["matrix", "points", "graph"]))
def test_no_potentials_prove_less_than_zero_potentials(seed, shift, kind):
    """Each unit costs no less than the cheapest way from its row, whatever potentials a solver was stopped with."""
    rng = np.random.default_rng(seed)
    n, m = (int(size) for size in rng.integers(1, 7, 2))
    a, b = rng.random(n) + 0.1, rng.random(m) + 0.1
    costs = rng.random((n, m)) + shift
    if kind == "points":
        x, y = rng.random((n, 2)), rng.random((m, 2))
        problem = otkit.TransportProblem(otkit.Euclidean().between(x, y), a, b, probability=True)
        costs = problem.cost.dense()
    elif kind == "graph":
        problem = otkit.TransportProblem(scipy.sparse.csr_array(costs), a, b, probability=True)
    else:
        problem = otkit.TransportProblem(costs, a, b, probability=True)
    potentials = rng.normal(size=n) * 10.0, rng.normal(size=m) * 10.0
    proved = otkit.certify(problem, potentials=potentials)
    assert proved.lower >= costs.min() - 1e-12
    assert proved.lower >= (problem.supply / problem.total) @ costs.min(axis=1) - 1e-12
    assert proved.lower <= otkit.transport(problem).value * (1 + 1e-12) + 1e-12


@pytest.mark.parametrize("metric", ["euclidean", "cityblock"])
def test_a_stopped_solve_gives_no_negative_bound(metric):
    x, y = np.random.default_rng(1).normal(size=(2, 3000, 2))
    result = otkit.wasserstein(x, y + 0.1, metric=metric, max_seconds=0.0, on_failure="return")
    assert result.stats.status == "time_limit"
    assert result.certificate.lower >= 0.0


def test_the_message_puts_the_interval_first():
    x, y = np.random.default_rng(1).normal(size=(2, 3000, 2))
    with pytest.raises(otkit.NotConvergedError, match=r"^0\.\d+ ≤ OPT ≤ \d+\.\d+: .*stopped early \(time limit\)"):
        otkit.wasserstein(x, y, max_seconds=0.0)


def test_where_there_is_no_time_for_a_check_the_cheapest_pair_is_a_bound():
    """Sweeps over all pairs are cut short after a while; what then is known without one is said."""
    rng = np.random.default_rng(2)
    for cost, floor in (
        (otkit.Euclidean().between(rng.random((1500, 3)), rng.random((1500, 3))), 0.0),
        (otkit.TransportProblem(rng.random((1500, 1500)) + 2.0).cost, 2.0),
        (otkit.TransportProblem(rng.random((1500, 1500)) - 2.0).cost, -2.0),
    ):
        problem = otkit.TransportProblem(cost, probability=True)
        monitor = Monitor(max_seconds=0.0)
        with monitor.interrupting_sweeps():
            proved = otkit.certify(problem, potentials=(np.zeros(1500), np.zeros(1500)))
        assert "no time to check the potentials" in proved.verdict
        assert floor - 1e-9 <= proved.lower <= floor + 1e-2
        assert proved.upper >= otkit.certify(problem).lower


# --- every phase ------------------------------------------------------------------------------------------------------


def tail(n, mean, width):
    h = np.exp(-((np.arange(n) - mean) ** 2) / (2.0 * width**2))
    return h / h.sum()


def image_problem(side=17):
    """Blobs on a grid: masses from 1 to 1e-300, and more pairs than one call takes, so that the proof needs pivots."""
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2).astype(float)
    a = np.outer(tail(side, 3, 0.5), tail(side, 4, 0.6)).ravel()
    b = np.outer(tail(side, 9, 0.5), tail(side, 8, 0.7)).ravel()
    cost = ((grid[:, None] - grid) ** 2).sum(axis=2)
    return otkit.TransportProblem(cost, a, b, probability=True)


def test_a_deadline_while_proving_leaves_the_answer_with_a_float_proof(monkeypatch):
    problem = image_problem()
    exact = otkit.transport(problem)
    assert exact.certificate.proof == "exact"

    def late(self):
        raise Stopped("time_limit")

    monkeypatch.setattr(Monitor, "check", late)
    result = otkit.transport(problem, on_failure="return", max_seconds=60.0)
    assert result.certificate.proof in ("float", "bounds")
    assert result.certificate.lower <= exact.value * (1 + 1e-12)
    assert result.certificate.upper >= exact.value * (1 - 1e-12)
    with pytest.raises(otkit.NotConvergedError, match="≤ OPT ≤"):
        otkit.transport(problem, proof="exact", max_seconds=60.0)


def test_ctrl_c_while_proving_ends_with_the_interval_where_that_was_asked_for():
    problem = image_problem()
    pressed = []

    def report(progress):
        if progress.text == "proving":
            pressed.append(True)
            signal.raise_signal(signal.SIGINT)

    result = otkit.transport(problem, on_failure="return", progress=report)
    assert pressed
    assert result.certificate.proof in ("float", "bounds")
    assert result.certificate.upper - result.certificate.lower <= 1e-9 * result.value
    with pytest.raises(KeyboardInterrupt):
        otkit.transport(problem, progress=report)


def test_judging_hears_the_deadline():
    x, y = np.random.default_rng(3).normal(size=(2, 2000, 10))
    problem = otkit.TransportProblem(otkit.Euclidean().between(x, y))
    basis = otkit.transport(problem).candidate.basis
    monitor = Monitor(max_seconds=0.0)
    with pytest.raises(Stopped), monitor.interrupting_sweeps():
        judge(problem, *basis)


def stopping_cases():
    rng = np.random.default_rng(4)
    n = 1500
    h = [np.exp(-40.0 * rng.random(n) ** 0.2 * rng.integers(1, 17, n)) for _ in range(2)]
    a, b = (mass / mass.sum() for mass in h)
    grid = np.stack(np.meshgrid(np.arange(40), np.arange(40)), -1).reshape(-1, 2).astype(float)
    blobs = [np.outer(tail(40, m, 1.2), tail(40, 40 - m, 1.5)).ravel() for m in (8, 25)]
    return {
        "random costs, long tails": otkit.TransportProblem(rng.random((n, n)), a, b, probability=True),
        "two blobs": otkit.TransportProblem(((grid[:, None] - grid) ** 2).sum(2), *blobs, probability=True),
        "ties": otkit.TransportProblem(np.abs(grid[:, None] - grid).sum(2), *blobs, probability=True),
        "points": otkit.TransportProblem(otkit.Euclidean().between(*rng.random((2, 20_000, 2)))),
        "ten dimensions": otkit.TransportProblem(otkit.Euclidean().between(*rng.random((2, 6000, 10)))),
        "three rows": otkit.TransportProblem(rng.random((3, 1_000_000)), rng.random(3), rng.random(1_000_000) + 0.1,
                                             probability=True),
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "case", ["random costs, long tails", "two blobs", "ties", "points", "ten dimensions", "three rows"]
)
def test_no_phase_is_deaf(case):
    """At any moment a deadline, or Ctrl-C, is heard; the cap is generous, for busy machines."""
    problem = stopping_cases()[case]
    otkit.transport(problem, max_seconds=0.0, on_failure="return")
    began = time.perf_counter()
    otkit.transport(problem, max_seconds=20.0, on_failure="return")
    whole = time.perf_counter() - began
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        began = time.perf_counter()
        result = otkit.transport(problem, max_seconds=share * whole, on_failure="return")
        assert time.perf_counter() - began <= share * whole + 5.0 + GRACE
        assert result.certificate.lower <= result.certificate.upper
        press = threading.Timer(share * whole, signal.raise_signal, [signal.SIGINT])
        press.start()
        with pytest.raises(KeyboardInterrupt):
            solved_and_waited(problem)
        press.cancel()


def solved_and_waited(problem):
    otkit.transport(problem)
    time.sleep(10.0)  # for a signal that comes late
