"""Ranges of costs and masses: path by path in fractions, and by solving again just inside and just outside."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

import otkit


def path(rows, cols, n, start, stop):
    """Return the arcs of a tree between two nodes, in order, and whether each is walked from its source."""

    def walk(node, seen):
        if node == stop:
            return []
        for e, (i, j) in enumerate(zip(rows, cols, strict=True)):
            for here, there in ((i, n + j), (n + j, i)):
                if here == node and e not in seen and (rest := walk(there, seen | {e})) is not None:
                    return [(e, here == i), *rest]
        return None

    return walk(start, frozenset())


def ranges_by_paths(result):
    """Return the cost margins (fall, rise) of every arc of the tree, from each pair's own path, in fractions."""
    rows, cols = result.candidate.basis
    C = result.problem.cost.dense()
    n, m = C.shape
    f, g = ([Fraction(float(price)) for price in side] for side in result.potentials)
    fall, rise = [np.inf] * rows.size, [np.inf] * rows.size
    on_tree = set(zip(rows.tolist(), cols.tolist(), strict=True))
    for k in range(n):
        for end in range(m):
            if (k, end) in on_tree or C[k, end] == np.inf:
                continue
            reduced = Fraction(float(C[k, end])) - f[k] - g[end]
            for e, forward in path(rows, cols, n, k, n + end) or []:
                if forward:
                    rise[e] = min(rise[e], reduced)
                else:
                    fall[e] = min(fall[e], reduced)
    arcs = list(zip(rows.tolist(), cols.tolist(), strict=True))
    used = [arcs.index(pair) for pair in zip(result.candidate.rows, result.candidate.cols, strict=True)]
    return [float(fall[e]) for e in used], [float(rise[e]) for e in used]


@st.composite
def problems(draw):
    """Return integer costs, with ties, and positive integer masses of equal totals, often degenerate."""
    n, m = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    C = draw(st.lists(st.integers(-5, 20), min_size=n * m, max_size=n * m))
    plan = np.array(draw(st.lists(st.integers(0, 3), min_size=n * m, max_size=n * m))).reshape(n, m)
    plan += np.arange(n)[:, None] % m == np.arange(m)
    plan[0] += 1
    return np.array(C, float).reshape(n, m), plan.sum(axis=1), plan.sum(axis=0)


def nondegenerate(result):
    return result.candidate.mass.size == sum(result.problem.shape) - 1


@settings(max_examples=60)
@given(problems(), st.sampled_from(["simplex", "lp"]))
def test_cost_ranges_are_those_of_all_paths(problem, method):
    result = otkit.transport(*problem, method=method)
    found = result.sensitivity()
    fall, rise = ranges_by_paths(result)
    assert (found.cost - found.cost_low).tolist() == fall
    assert (found.cost_high - found.cost).tolist() == rise


@settings(max_examples=40)
@given(problems(), st.data())
def test_a_plan_holds_inside_its_cost_ranges_and_not_outside(problem, data):
    C, a, b = problem
    result = otkit.transport(C, a, b)
    found = result.sensitivity()
    k = data.draw(st.integers(0, found.rows.size - 1))
    plan = result.plan.toarray()
    for end, outwards in ((found.cost_low[k], -1), (found.cost_high[k], 1)):
        tries = [(end, True), (end + 0.5 * outwards, False)]
        for cost, stays in tries if np.isfinite(end) else [(found.cost[k] + 1000 * outwards, True)]:
            changed = C.copy()
            changed[found.rows[k], found.cols[k]] = cost
            best = otkit.transport(changed, a, b).value
            if stays:
                assert best == (changed * plan).sum()
            elif nondegenerate(result):
                assert best < (changed * plan).sum()


@settings(max_examples=40)
@given(problems(), st.data())
def test_a_price_holds_inside_its_range_and_not_outside(problem, data):
    """Integer ends, steps of a half, and costs that have no ties: outside, the optimum is above the price's line."""
    C, a, b = problem
    C = C + np.arange(C.size).reshape(C.shape) ** 2 / 1024  # few ties are left
    result = otkit.transport(C, a, b)
    found = result.sensitivity()
    for side, (shifts, masses) in enumerate(((found.supply, a), (found.demand, b))):
        k = data.draw(st.integers(0, masses.size - 1))
        ref = shifts.reference[k]
        assert masses[ref] == masses.max()
        for t in (shifts.low[k], shifts.high[k], shifts.low[k] - 0.5, shifts.high[k] + 0.5):
            moved = masses.astype(float)
            moved[k] += t
            moved[ref] -= t
            if moved.min() < 0.0:
                continue
            best = otkit.transport(C, *((moved, b) if side == 0 else (a, moved))).value
            on_the_line = result.value + shifts.price[k] * t
            if shifts.low[k] <= t <= shifts.high[k]:
                assert best == pytest.approx(on_the_line, abs=1e-12)
            else:
                assert best >= on_the_line - 1e-12
                if result.certificate.unique and nondegenerate(result) and k != ref:
                    tied = (found.reduced_cost(*np.indices(C.shape).reshape(2, -1)) == 0.0).sum() > found.rows.size
                    assert tied or best > on_the_line


def test_threads_and_panels_change_nothing(monkeypatch, rng):
    x, y = rng.random((150, 2)), rng.random((170, 2))
    result = otkit.wasserstein(x, y)
    first = result.sensitivity()
    monkeypatch.setattr("otkit.optimal_transport.sensitivity._PANEL", 170 * 11)
    for threads in (1, 3):
        with otkit.numerics.threads.threads(threads):
            again = result.sensitivity()
        np.testing.assert_array_equal(first.cost_low, again.cost_low)
        np.testing.assert_array_equal(first.cost_high, again.cost_high)
    fall, rise = first.cost - first.cost_low, first.cost_high - first.cost
    assert (fall >= 0.0).all()
    assert (rise >= 0.0).all()
    assert np.isfinite(rise).any()


def test_on_the_line_and_points_without_mass():
    result = otkit.wasserstein([0.0, 1.0, 2.0, 7.0], [0.5, 1.5, 9.0], [1, 2, 0, 1], [2, 0, 2])
    assert result.method == "line"
    fall, rise = ranges_by_paths(result)
    found = result.sensitivity()
    np.testing.assert_allclose(found.cost - found.cost_low, fall, atol=1e-15)
    np.testing.assert_allclose(found.cost_high - found.cost, rise, atol=1e-15)


def test_a_point_without_mass_has_a_price_and_no_say_in_the_costs():
    C = np.array([[1.0, 5.0], [4.0, 1.0], [0.0, 0.0]])
    found = otkit.transport(C, [2, 1, 0], [1, 2]).sensitivity()
    without = otkit.transport(C[:2], [2, 1], [1, 2]).sensitivity()
    assert found.cost_low.tolist() == without.cost_low.tolist()
    assert found.cost_high.tolist() == without.cost_high.tolist()
    t = found.supply.high[2]
    assert t > 0.0
    assert found.supply.low[2] == 0.0
    best = otkit.transport(C, [2 - t, 1, t], [1, 2]).value
    assert best == otkit.transport(C, [2, 1, 0], [1, 2]).value + found.supply.price[2] * t


def test_a_graph_in_pieces_has_a_reference_in_each():
    listed = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]], bool)
    costs = np.array([[1.0, 3.0, 0], [2.0, 2.0, 0], [0, 0, 5.0]])
    C = scipy.sparse.coo_array((costs[listed], np.nonzero(listed)), shape=(3, 3))
    result = otkit.transport(C, [3, 1, 2], [2, 2, 2])
    found = result.sensitivity()
    assert found.supply.reference.tolist() == [0, 0, 2]
    fall, rise = ranges_by_paths(result)
    assert (found.cost - found.cost_low).tolist() == fall
    assert (found.cost_high - found.cost).tolist() == rise
    assert found.cost_high[-1] == np.inf


def test_reduced_costs_are_what_an_unused_pair_is_too_dear():
    C = np.array([[1.0, 2.0], [3.0, 1.0]])
    result = otkit.transport(C, [2, 1], [1, 2])
    excess = result.sensitivity().reduced_cost([1], [0])[0]
    for fall, cheaper in ((excess, False), (excess + 0.5, True)):
        C[1, 0] = 3.0 - fall
        assert (otkit.transport(C, [2, 1], [1, 2]).value < result.value) == cheaper


def test_what_prints(rng):
    result = otkit.wasserstein(rng.random((30, 2)), rng.random((30, 2)))
    found = result.sensitivity()
    assert str(found).splitlines()[0].split() == ["row", "column", "mass", "cost", "from", "to"]
    assert str(found).endswith("… and 20 more")
    assert repr(found) == "Sensitivity(30 arcs, shape=(30, 30))"


def test_what_has_no_tree_has_no_ranges():
    with pytest.raises(ValueError, match=r"sensitivity needs the tree|sensitivity needs an optimal"):
        otkit.wasserstein([0.0, 1.0], [2.0, 4.0], method="sinkhorn").sensitivity()
