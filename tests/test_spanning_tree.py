"""Spanning trees of the bipartite graph against naive twins and rational arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from zoo import random_tree

from otkit.checker.spanning_tree import forest_mask, root_tree, spanning_tree, tree_flows, tree_potentials

sizes = st.integers(1, 8)
seeds = st.integers(0, 2**32 - 1)


def components(n, m, arcs):
    """Slow twin: label the components by spreading the smallest label along arcs until nothing changes."""
    label = list(range(n + m))
    changed = True
    while changed:
        changed = False
        for i, j in arcs:
            low = min(label[i], label[n + j])
            if (label[i], label[n + j]) != (low, low):
                label[i] = label[n + j] = low
                changed = True
    return label


def is_forest(n, m, arcs):
    return len(set(components(n, m, arcs))) == n + m - len(arcs)


def pairs(rows, cols):
    return list(zip(rows.tolist(), cols.tolist(), strict=True))


def a_tree(rng, n, m, root=0):
    rows, cols = np.array(random_tree(rng, n, m), dtype=np.int64).T.copy()
    shuffled = rng.permutation(n + m - 1)
    return root_tree(n, m, rows[shuffled], cols[shuffled], root)


@given(sizes, sizes, seeds)
def test_forest_takes_each_arc_that_joins_two_components(n, m, seed):
    rng = np.random.default_rng(seed)
    rows, cols = rng.integers(0, n, 20), rng.integers(0, m, 20)
    kept = []
    for arc in pairs(rows, cols):
        label = components(n, m, kept)
        if label[arc[0]] != label[n + arc[1]]:
            kept.append(arc)
    mask = forest_mask(n, m, rows, cols)
    assert pairs(rows[mask], cols[mask]) == kept


@given(sizes, sizes, seeds)
def test_spanning_tree_completes_what_is_given(n, m, seed):
    rng = np.random.default_rng(seed)
    k = int(rng.integers(0, 12))
    rows, cols = rng.integers(0, n, k), rng.integers(0, m, k)
    mask = forest_mask(n, m, rows, cols)
    tree = pairs(*spanning_tree(n, m, rows, cols))
    assert tree[: mask.sum()] == pairs(rows[mask], cols[mask])
    assert len(tree) == n + m - 1
    assert len(set(components(n, m, tree))) == 1


@given(sizes, sizes, seeds)
def test_rooted_tree_visits_parents_first(n, m, seed):
    rng = np.random.default_rng(seed)
    root = int(rng.integers(n + m))
    tree = a_tree(rng, n, m, root)
    assert sorted(tree.order.tolist()) == list(range(n + m))
    assert tree.order[0] == root
    assert tree.parent[root] == tree.arc[root] == -1
    place = np.argsort(tree.order)
    for v in range(n + m):
        if v != root:
            k, u = tree.arc[v], tree.parent[v]
            assert {u, v} == {tree.rows[k], n + tree.cols[k]}
            assert place[u] < place[v]


@pytest.mark.parametrize(
    ("rows", "cols"), [([0, 0, 0], [0, 1, 1]), ([0, 1, 0, 1, 0], [0, 0, 1, 1, 2])], ids=["too few", "a cycle"]
)
def test_rooted_tree_refuses_what_is_no_tree(rows, cols):
    with pytest.raises(ValueError, match="spanning tree"):
        root_tree(3, 3, np.array(rows), np.array(cols), 0)


@given(sizes, sizes, seeds)
def test_flows_recover_the_plan_that_lives_on_the_tree(n, m, seed):
    rng = np.random.default_rng(seed)
    tree = a_tree(rng, n, m, int(rng.integers(n + m)))
    planted = rng.integers(-1000, 1000, n + m - 1)
    supply = np.bincount(tree.rows, planted, minlength=n)
    demand = np.bincount(tree.cols, planted, minlength=m)
    assert np.array_equal(tree_flows(tree, supply, demand), planted)


def test_flows_meet_each_mass_to_an_ulp_on_a_long_chain(rng):
    """Every partial sum rounds, but no rounding is passed on: each node but the root is off by its own flow's alone."""
    n = 2000
    rows, cols = np.repeat(np.arange(n), 2)[:-1], np.repeat(np.arange(n), 2)[1:]
    supply = rng.random(n)
    demand = rng.permutation(supply)
    root = int(np.argmax(supply))
    flows = tree_flows(root_tree(n, n, rows, cols, root), supply, demand)
    missing = [Fraction(x) for x in [*supply.tolist(), *demand.tolist()]]
    largest = np.zeros(2 * n)
    for i, j, x in zip(rows.tolist(), cols.tolist(), flows.tolist(), strict=True):
        for v in (i, n + j):
            missing[v] -= Fraction(x)
            largest[v] = max(largest[v], abs(x))
    assert all(abs(e) <= Fraction(np.spacing(largest[v])) for v, e in enumerate(missing) if v != root)


def test_flows_of_a_star_do_not_add_up_the_rounding_of_its_leaves():
    n = 3000
    supply = np.full(n, 0.1)
    demand = np.array([float(Fraction(0.1) * n)])
    rows, cols = np.arange(n), np.zeros(n, dtype=np.int64)
    flows = tree_flows(root_tree(n, 1, rows, cols, 0), supply, demand)
    assert np.array_equal(flows[1:], supply[1:])
    assert abs(Fraction(flows[0]) - Fraction(0.1)) <= Fraction(np.spacing(demand[0]))


@given(sizes, sizes, seeds, st.sampled_from([1.0, 1e-14, 1e14]))
def test_potentials_are_the_exact_ones_rounded_once(n, m, seed, scale):
    rng = np.random.default_rng(seed)
    tree = a_tree(rng, n, m)
    costs = rng.normal(size=n + m - 1) * scale
    f, g = tree_potentials(tree, costs)
    exact = [Fraction(0)] * (n + m)
    for v in tree.order[1:].tolist():
        exact[v] = Fraction(costs[tree.arc[v]]) - exact[tree.parent[v]]
    # The constant is free: what is fixed is the difference to the root's.
    shift = Fraction(float(f[0]))
    for v in range(n + m):
        found, due = (f[v], exact[v] + shift) if v < n else (g[v - n], exact[v] - shift)
        assert abs(Fraction(float(found)) - due) <= Fraction(np.spacing(abs(found))) + Fraction(np.spacing(abs(f[0])))
    assert f.max() + f.min() == pytest.approx(g.max() + g.min(), abs=1e-12 * scale)


def test_potentials_do_not_decay_along_a_chain_of_ten_thousand_arcs(rng):
    n = 5000
    rows, cols = np.repeat(np.arange(n), 2)[:-1], np.repeat(np.arange(n), 2)[1:]
    costs = rng.random(2 * n - 1)
    f, g = tree_potentials(root_tree(n, n, rows, cols, 0), costs)
    assert np.abs(costs - f[rows] - g[cols]).max() <= 2 * np.spacing(max(np.abs(f).max(), np.abs(g).max()))
