"""Starts from a similar problem: an earlier result, or potentials alone."""

import numpy as np
import pytest

import otkit
from otkit.solvers import simplex
from otkit.solvers.candidate import WarmStart


def clouds(n=1200, m=1000, seed=0, d=2):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(m, d)), rng.random(n), rng.random(m)


def moved(x, share=0.01):
    return x + share * np.random.default_rng(99).normal(size=x.shape)


@pytest.mark.parametrize(
    ("metric", "d"), [("euclidean", 2), ("euclidean", 5), ("sqeuclidean", 2), ("sqeuclidean", 5), ("haversine", 2)]
)
def test_a_moved_cloud_takes_fewer_pivots(metric, d):
    x, y, a, b = clouds(d=d)
    before = otkit.wasserstein(x, y, a, b, metric=metric, method="simplex")
    cold = otkit.wasserstein(moved(x), y, a, b, metric=metric, method="simplex")
    for known in (before, before.potentials):
        warm = otkit.wasserstein(moved(x), y, a, b, metric=metric, method="simplex", warm_start=known)
        assert warm.certificate.optimal
        assert warm.value == pytest.approx(cold.value, rel=1e-12)
        assert warm.stats.iterations < cold.stats.iterations


def test_the_same_problem_again_takes_no_pivot():
    x, y, a, b = clouds()
    before = otkit.wasserstein(x, y, a, b, method="simplex")
    again = otkit.wasserstein(x, y, a, b, method="simplex", warm_start=before)
    assert again.stats.iterations == 0
    assert again.value == pytest.approx(before.value, rel=1e-14)


def test_changing_weights():
    x, y, a, b = clouds()
    before = otkit.wasserstein(x, y, a, b, method="simplex")
    rng = np.random.default_rng(3)
    a, b = a * rng.uniform(0.9, 1.1, a.size), b * rng.uniform(0.9, 1.1, b.size)
    cold = otkit.wasserstein(x, y, a, b, method="simplex")
    warm = otkit.wasserstein(x, y, a, b, method="simplex", warm_start=before)
    assert warm.value == pytest.approx(cold.value, rel=1e-12)
    assert warm.stats.iterations < cold.stats.iterations


@pytest.mark.parametrize("kind", ["result", "potentials"])
@pytest.mark.parametrize("method", ["simplex", "lp"])
def test_points_gain_and_lose_their_mass(kind, method):
    x, y, a, b = clouds(300, 280)
    a[:40], b[::9] = 0.0, 0.0
    before = otkit.wasserstein(x, y, a, b, method="simplex")
    a, b = np.roll(a, 20), np.roll(b, 3)
    cold = otkit.wasserstein(moved(x), y, a, b, method="simplex")
    known = before if kind == "result" else before.potentials
    warm = otkit.wasserstein(moved(x), y, a, b, method=method, warm_start=known)
    assert warm.certificate.optimal
    assert warm.value == pytest.approx(cold.value, rel=1e-12)


@pytest.mark.parametrize("kind", ["result", "potentials"])
def test_a_changed_matrix(kind):
    rng = np.random.default_rng(4)
    costs = rng.random((400, 350))
    before = otkit.transport(costs, method="lp")
    costs += 0.001 * rng.random(costs.shape)
    known = before if kind == "result" else before.potentials
    warm = otkit.transport(costs, method="simplex", warm_start=known)
    cold = otkit.transport(costs, method="simplex")
    assert warm.value == pytest.approx(cold.value, rel=1e-12)
    assert warm.stats.iterations < cold.stats.iterations


@pytest.mark.parametrize("method", ["simplex", "lp", "assignment"])
def test_results_of_any_method_are_known_enough(method):
    x, y, *_ = clouds(400, 400)
    before = otkit.wasserstein(x, y, method=method)
    warm = otkit.wasserstein(moved(x), y, method="simplex", warm_start=before)
    assert warm.value == pytest.approx(otkit.wasserstein(moved(x), y, method="simplex").value, rel=1e-12)


def test_far_off_potentials_cost_time_alone():
    x, y, a, b = clouds(400, 400)
    rng = np.random.default_rng(5)
    warm = otkit.wasserstein(x, y, a, b, method="simplex", warm_start=(rng.normal(size=400), np.zeros(400)))
    assert warm.certificate.optimal


def test_small_problems_and_the_line_need_no_start():
    x, y, *_ = clouds(40, 40)
    before = otkit.wasserstein(x, y)
    again = otkit.wasserstein(x, y, method="simplex", warm_start=before)
    assert again.stats.detail == "dense"
    assert again.value == pytest.approx(before.value, rel=1e-13)
    line = otkit.wasserstein(x[:, 0], y[:, 0])
    assert otkit.wasserstein(x[:, 0], y[:, 0], warm_start=line).method == "line"


@pytest.mark.parametrize(
    ("start", "error", "message"),
    [
        (3.0, TypeError, r"warm_start must be an earlier result, or a pair \(f, g\).*float was given"),
        ((np.zeros(3),), TypeError, "warm_start must be an earlier result"),
        ((np.zeros(3), np.zeros(5)), ValueError, r"warm_start\.f must have shape \(4,\), one price for each row"),
        (
            (np.zeros(4), np.zeros((5, 1))),
            ValueError,
            r"warm_start\.g must have shape \(5,\), one price for each column",
        ),
        ((np.zeros(4), [0, 0, np.nan, 0, 0]), ValueError, r"warm_start\.g must be finite"),
    ],
)
def test_what_is_no_start_is_refused(start, error, message):
    with pytest.raises(error, match=message):
        otkit.wasserstein(np.zeros((4, 2)), np.ones((5, 2)), warm_start=start)


@pytest.mark.parametrize("method", ["assignment", "sinkhorn", "line"])
def test_methods_that_cannot_use_a_start_say_so(method):
    with pytest.raises(ValueError, match=f"warm_start must be left out for method='{method}'"):
        otkit.wasserstein([0.0, 1.0], [2.0, 3.0], method=method, warm_start=([0.0, 0.0], [0.0, 0.0]))


def test_a_part_of_what_is_known():
    whole = WarmStart(np.arange(4.0), np.arange(3.0), np.array([0, 1, 2, 3]), np.array([0, 1, 2, 0]))
    part = whole.restrict(np.array([3, 1]), np.array([1, 0]))
    assert part.f.tolist() == [3.0, 1.0]
    assert part.g.tolist() == [1.0, 0.0]
    assert (part.rows.tolist(), part.cols.tolist()) == ([1, 0], [0, 1])


def test_a_warm_start_can_be_stopped_and_resumed():
    x, y, a, b = clouds()
    before = otkit.wasserstein(x, y, a, b, method="simplex")
    options = simplex.SimplexOptions(max_rounds=1)
    stopped = otkit.wasserstein(
        moved(x), y, a, b, method="simplex", warm_start=before, options=options, on_failure="return"
    )
    assert stopped.stats.status == "iteration_limit"
    options = simplex.SimplexOptions(resume=stopped.candidate.state)
    rest = otkit.wasserstein(moved(x), y, a, b, method="simplex", options=options)
    assert rest.certificate.optimal
