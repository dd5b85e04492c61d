"""The teaching twin: each of its frames is a basic solution with a proof of what it claims, and the last is optimal."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from oracles import exact_optimum
from scipy.optimize import linprog

import otkit
from otkit.teaching import network_simplex, pivots

sizes = st.integers(1, 6)
ties, integers = st.integers(-2, 2), st.integers(-(10**6), 10**6)
fractions = st.fractions(-5, 5, max_denominator=7)
floats = st.floats(-10.0, 10.0, allow_subnormal=False)


@st.composite
def exact_problems(draw):
    """Costs and balanced masses in integers or Fractions, with ties, zero masses and degenerate trees."""
    n, m = draw(sizes), draw(sizes)
    C = draw(arrays(object, (n, m), elements=draw(st.sampled_from([ties, integers, fractions])), fill=st.nothing()))
    if n == m and draw(st.booleans()):
        return C, [1] * n, [1] * n
    plan = draw(arrays(np.int64, (n, m), elements=st.integers(0, 3)))
    plan[draw(st.integers(0, n - 1)), draw(st.integers(0, m - 1))] += not plan.any()
    unit = draw(st.sampled_from([1, Fraction(1, 3)]))
    return C, [int(x) * unit for x in plan.sum(1)], [int(x) * unit for x in plan.sum(0)]


def spans(n, m, arcs):
    """Whether arcs join all rows and columns."""
    leader = list(range(n + m))

    def find(v):
        while leader[v] != v:
            v = leader[v]
        return v

    for i, j in arcs:
        leader[find(i)] = find(n + j)
    return len({find(v) for v in range(n + m)}) == 1


@given(exact_problems())
@settings(max_examples=200)
def test_every_frame_is_a_basic_solution_and_every_pivot_mends_it(problem):
    C, a, b = problem
    n, m = C.shape
    frames = list(network_simplex(C, a, b))
    for frame in frames:
        assert len(frame.flows) == n + m - 1
        assert spans(n, m, frame.flows)
        assert min(frame.flows.values()) >= 0
        assert [sum(x for (i, _), x in frame.flows.items() if i == k) for k in range(n)] == a
        assert [sum(x for (_, j), x in frame.flows.items() if j == k) for k in range(m)] == b
        assert all(frame.f[arc[0]] + frame.g[arc[1]] == C[arc] for arc in frame.flows)
        assert frame.cost == sum(C[arc] * x for arc, x in frame.flows.items())
        assert frame.cost == sum(x * y for x, y in zip(a, frame.f, strict=True)) + sum(
            x * y for x, y in zip(b, frame.g, strict=True)
        )
    assert frames[0].entering is frames[0].leaving is None
    for before, after in pairwise(frames):
        (i, j), moved = after.entering, after.flows[after.entering]
        overprice = before.f[i] + before.g[j] - C[i, j]
        assert overprice > 0
        assert set(after.flows) == set(before.flows) - {after.leaving} | {after.entering}
        assert after.cost == before.cost - overprice * moved
    assert len({frozenset(frame.flows) for frame in frames}) == len(frames)  # no tree comes back
    last = frames[-1]
    assert (last.f[:, None] + last.g <= C).all()
    assert last.cost == exact_optimum(C, a, b).value


@given(st.integers(1, 5).flatmap(lambda n: arrays(np.int64, (n, n), elements=ties)))
def test_assignment_against_brute_force(C):
    """Uniform masses and tied costs: nearly all pivots are degenerate."""
    n = len(C)
    *_, last = network_simplex(C, [1] * n, [1] * n)
    assert last.cost == min(sum(int(C[i, j]) for i, j in enumerate(order)) for order in permutations(range(n)))


@given(st.data())
def test_floats_against_highs(data):
    n, m = data.draw(sizes), data.draw(sizes)
    scale = data.draw(st.sampled_from([1e-9, 1.0, 1e9]))
    C = data.draw(arrays(np.float64, (n, m), elements=data.draw(st.sampled_from([floats, ties.map(float)]))))
    weights = st.sampled_from([0.0, 0.1, 0.2, 0.3, 1 / 3, 0.7, 1.0])
    a, b = (data.draw(arrays(np.float64, k, elements=weights)) + 1e-3 for k in (n, m))
    a, b = a / a.sum(), b / b.sum()
    *_, last = network_simplex(scale * C, a, b)
    equations = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
    highs = linprog(C.ravel(), A_eq=equations[1:], b_eq=np.r_[a, b][1:])
    assert last.cost / scale == pytest.approx(highs.fun, rel=1e-9, abs=1e-9)
    assert (last.f[:, None] + last.g - scale * C).max() <= 1e-12 * scale
    assert isinstance(last.cost, float)
    assert last.g.dtype == np.float64


def test_bakeries_of_the_notes():
    bread = otkit.datasets.bakery()
    *_, last = network_simplex(bread.cost, bread.supply, bread.demand)
    assert last.cost == 1070
    *_, last = network_simplex(bread.cost, [1] * 6, [1] * 6)
    assert last.cost == 64


def test_small_and_unsigned_integers_do_not_overflow():
    frames = list(network_simplex(np.uint8([[250, 10], [20, 240]]), np.int8([100, 27]), np.int8([27, 100])))
    assert [frame.cost for frame in frames] == [27 * 250 + 73 * 10 + 27 * 240, 100 * 10 + 27 * 20]


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        (
            ([[1, 2]], [3], [1, 1]),
            otkit.InfeasibleError,
            r"a and b must have equal totals, but Σa = 3\.0 and Σb = 2\.0",
        ),
        (([[1, 2]], [3], [4, -1]), ValueError, r"b must be non-negative, but b\[1\] = -1"),
        (([[1, np.nan]], [2], [1, 1]), ValueError, r"C must be finite, but C\[0, 1\] = nan"),
        (([[1, 2]], [1, 1], [1, 1]), ValueError, "a must have 1 entries"),
    ],
)
def test_bad_input_is_refused_before_the_first_pivot(arguments, error, match):
    with pytest.raises(error, match=match):
        network_simplex(*arguments)


def test_it_can_be_read_in_one_sitting():
    assert len(Path(pivots.__file__).read_text(encoding="utf-8").splitlines()) < 100
