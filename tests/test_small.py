"""Small problems in one compiled call: the same bits as step by step, whatever the problem."""

from __future__ import annotations

import dataclasses
from functools import partial

import hypothesis
import numba
import numpy as np
import pytest
from hypothesis import strategies as st
from zoo import ZOO

import otkit
from otkit.checker import small as proving
from otkit.numerics import kernel
from otkit.optimal_transport import answers, small, solve


@pytest.fixture
def step_by_step(monkeypatch):
    """Solve step by step."""
    return partial(_step_by_step, monkeypatch)


def _step_by_step(monkeypatch, call, *arguments, **settings):
    with monkeypatch.context() as context:
        context.setattr(solve, "AT_ONCE", {})
        context.setattr(answers, "prove_at_once", lambda problem, answer: None)
        return call(*arguments, **settings)


def same(one, other):
    """Whether two things are equal to the bit."""
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, float):
        return float.hex(one) == float.hex(other)
    return type(one) is type(other) and one == other


def assert_same(one, other):
    """Assert that two results differ in nothing but the time that they took."""
    assert one.method == other.method
    for name in ("rows", "cols", "mass", "f", "g"):
        assert same(getattr(one.candidate, name), getattr(other.candidate, name)), name
    assert one.candidate.stats == other.candidate.stats
    for each in zip(one.candidate.basis, other.candidate.basis, strict=True):
        assert same(*each)
    mine, theirs = one.certificate, other.certificate
    for entry in dataclasses.fields(mine):
        if entry.name != "evidence":
            assert same(getattr(mine, entry.name), getattr(theirs, entry.name)), entry.name
    assert (mine.evidence is None) == (theirs.evidence is None)
    if mine.evidence is not None:
        assert mine.evidence.kind == theirs.evidence.kind
        assert all(same(*each) for each in zip(mine.evidence[1:3], theirs.evidence[1:3], strict=True))
        assert mine.exact_value == theirs.exact_value
    assert mine.accuracy == theirs.accuracy
    assert mine.verdict == theirs.verdict


@pytest.mark.parametrize("name", ZOO)
def test_every_problem_of_the_zoo_has_the_same_answer(name, step_by_step):
    problem = ZOO[name].make()
    for method in ("simplex", "lp"):
        assert_same(otkit.transport(problem, method=method), step_by_step(otkit.transport, problem, method=method))


def test_most_of_the_zoo_takes_one_call():
    taken = [name for name in ZOO if small.answer_at_once(ZOO[name].make()) is not None]
    assert len(taken) > len(ZOO) / 2


# Numbers with ties, of any size, and such as have no short binary form.
NUMBERS = st.one_of(
    st.integers(0, 3).map(float), st.floats(0.0, 1.0), st.floats(1e-290, 1e290), st.sampled_from([0.1, 1 / 3, 1e-9])
)
MASSES = st.one_of(st.integers(1, 4).map(float), st.floats(1e-3, 1.0), st.sampled_from([1e-30, 1e30, 5e-324, 0.0]))


@st.composite
def problems(draw):
    n, m = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    costs = np.array(draw(st.lists(NUMBERS, min_size=n * m, max_size=n * m))).reshape(n, m)
    costs *= draw(st.sampled_from([1.0, -1.0, 1e-200]))
    a, b = (np.array(draw(st.lists(MASSES, min_size=size, max_size=size))) for size in (n, m))
    hypothesis.assume(a.sum() > 0.0 and b.sum() > 0.0)
    try:
        return otkit.TransportProblem(costs, a, b, probability=draw(st.booleans()))
    except otkit.InfeasibleError:
        return otkit.TransportProblem(costs, a, b, probability=True)


@hypothesis.settings(suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(problems())
def test_any_problem_has_the_same_answer(step_by_step, problem):
    try:
        expected = step_by_step(otkit.transport, problem)
    except (ValueError, otkit.NotConvergedError) as error:
        with pytest.raises(type(error)):
            otkit.transport(problem)
        return
    assert_same(otkit.transport(problem), expected)


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "cityblock", "chebyshev", "haversine"])
@pytest.mark.parametrize("shape", [(6, 6), (33, 40), (250, 262)])
def test_points_have_the_same_answer(metric, shape, step_by_step):
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=(size, 2)) for size in shape)
    for weights in ((None, None), tuple(rng.random(size) for size in shape)):
        one = otkit.wasserstein(x, y, *weights, metric=metric)
        assert_same(one, step_by_step(otkit.wasserstein, x, y, *weights, metric=metric))


COORDINATES = st.one_of(
    st.integers(-3, 3).map(float), st.floats(-1.0, 1.0), st.floats(-1e30, 1e30), st.sampled_from([0.1, -0.0, 1e-300])
)


@hypothesis.settings(suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(
    st.lists(COORDINATES, min_size=1, max_size=9),
    st.lists(COORDINATES, min_size=1, max_size=9),
    st.sampled_from([1.0, 2.0, 3.0, 1.5]),
    st.data(),
)
def test_any_points_on_the_line_have_the_same_answer(step_by_step, x, y, p, data):
    a, b = (data.draw(st.none() | st.lists(MASSES, min_size=len(each), max_size=len(each))) for each in (x, y))
    hypothesis.assume(all(weights is None or sum(weights) > 0.0 for weights in (a, b)))
    try:
        expected = step_by_step(otkit.wasserstein, x, y, a, b, p=p)
    except ValueError:
        return
    assert_same(otkit.wasserstein(x, y, a, b, p=p), expected)


def test_a_tree_that_is_none_proves_nothing():
    """The kernel of the proof is handed what a solver says, and believes none of it."""
    rng = np.random.default_rng(0)
    C, a, b = rng.random((4, 5)), rng.integers(1, 9, 4).astype(float), rng.integers(1, 9, 5).astype(float)
    problem = otkit.TransportProblem(C, a, b, probability=True)
    rows, cols = otkit.transport(problem).candidate.basis

    def proved(rows, cols):
        cost, a, b = problem.cost.pairs.matrix, problem.a, problem.b
        arguments = cost, a, b, problem.supply, problem.demand, problem.totals, True, proving.held_part(cost, a, b)
        return proving.prove_tree(*arguments, rows, cols, proving.empty_proof(4, 5)).size > 0

    assert proved(rows, cols)
    assert proved(rows[::-1].copy(), cols[::-1].copy())
    for k in range(rows.size):
        for wrong in (-1, 4, 10**9):
            assert not proved(np.where(np.arange(rows.size) == k, wrong, rows), cols)
        for other in {0, 1, 2, 3} - {rows[k]}:  # another arc: a cycle, a negative flow or a pair that is overpriced
            assert not proved(np.where(np.arange(rows.size) == k, other, rows), cols)
    assert not proved(rows[1:].copy(), cols[1:].copy())


def test_what_is_not_usual_takes_the_usual_road(monkeypatch):
    def refuse(problem):
        raise AssertionError

    monkeypatch.setattr(solve, "AT_ONCE", {"simplex": refuse})
    C = [[1.0, 2.0], [3.0, 1.0]]
    for settings in (
        {"max_seconds": 60}, {"canonical": True}, {"proof": "float"}, {"threads": 1}, {"progress": lambda _: None},
        {"method": "lp"}, {"method": "sinkhorn"}, {"options": otkit.SimplexOptions()}, {"warm_start": ([0, 0], [0, 0])},
    ):  # fmt: skip
        otkit.transport(C, **settings)
    with pytest.raises(AssertionError):
        otkit.transport(C)


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="about the compiler")
def test_what_is_compiled_is_known(monkeypatch):
    """None of these kernels is run by Python once it is compiled, as it is where its signature is not recognised."""
    x, y = np.random.default_rng(0).normal(size=(2, 5, 2))

    def call():
        otkit.wasserstein(x, y)
        otkit.wasserstein(x, y, method="lp")
        otkit.wasserstein(x[:, 0], y[:, 0])

    with kernel.always_compiled():
        call()
    monkeypatch.setattr(kernel, "_ready", set())
    monkeypatch.setattr(kernel, "_spent", 0.0)
    before = kernel._by_python
    call()
    assert kernel._by_python == before


@pytest.mark.parametrize("empty", [0, 7], ids=["all with mass", "some without"])
@pytest.mark.parametrize("far", [False, True], ids=["near", "far"])
@pytest.mark.parametrize("kind", ["points", "random", "Monge", "shuffled"])
def test_empty_bins_long_tails_and_monge_matrices_have_the_same_answer(kind, far, empty, step_by_step):
    rng = np.random.default_rng(empty)
    n, m = 60, 70
    C = rng.random((n, m)) if kind == "random" else np.abs(np.arange(n)[:, None] - np.arange(m) + 0.25) ** 1.5
    if kind == "points":
        C = otkit.Euclidean().between(rng.normal(size=(n, 2)), rng.normal(size=(m, 2)))
    if kind == "shuffled":
        C = C[rng.permutation(n)][:, rng.permutation(m)]
    a, b = (rng.random(size) ** (200.0 if far else 1.0) for size in (n, m))
    a[rng.choice(n, empty, replace=False)], b[rng.choice(m, 2 * empty, replace=False)] = 0.0, 0.0
    problem = otkit.TransportProblem(C, a, b, probability=True)
    answer = otkit.transport(problem)
    assert_same(answer, step_by_step(otkit.transport, problem))
    roads = {"Monge": "staircase", "points": "layers" if far else "dense"}
    assert answer.stats.detail == roads.get(kind, roads["points"])
    assert answer.certificate.proof == "exact"


def test_large_monge_matrices_are_left_to_others():
    x = np.arange(150.0)
    problem = otkit.TransportProblem(np.abs(x[:, None] - x))
    assert small.answer_at_once(problem) is None
    assert otkit.transport(problem).certificate.proof == "exact"
