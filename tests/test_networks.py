"""Distances along graphs: against Floyd & Warshall, grids under L1, flows on trees, and what is refused."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

import otkit


def floyd_warshall(lengths):
    """Return all distances of a dense matrix of lengths, infinite where there is no edge."""
    D = lengths.copy()
    np.fill_diagonal(D, 0.0)
    for k in range(len(D)):
        D = np.minimum(D, D[:, k : k + 1] + D[k])
    return D


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_costs_are_the_shortest_ways(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 9))
    lengths = np.where(rng.random((n, n)) < 0.5, rng.integers(0, 9, (n, n)), np.inf)
    lengths[np.arange(n), (np.arange(n) + 1) % n] = 5.0  # a ring, so that there is a way to each
    i, j = np.nonzero(lengths < np.inf)
    graph = otkit.Graph(scipy.sparse.coo_array((lengths[i, j], (i, j)), shape=(n, n)))
    x, y = rng.integers(0, n, 4), rng.integers(0, n, 7)
    expected = floyd_warshall(lengths)[np.ix_(x, y)]
    np.testing.assert_array_equal(otkit.cost_matrix(x, y, metric=graph), expected)
    np.testing.assert_array_equal(otkit.cost_matrix(y, x, metric=graph), floyd_warshall(lengths)[np.ix_(y, x)])
    found = otkit.wasserstein(x, y, p=2, metric=graph)
    assert found.value == otkit.transport(expected**2, np.full(4, 7.0), np.full(7, 4.0)).value / 28.0


def test_pixels_and_their_neighbours_are_under_l1():
    side = 12
    node = np.arange(side * side).reshape(side, side)
    i = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    j = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    edges = scipy.sparse.coo_array((np.ones(i.size), (i, j)), shape=(side**2, side**2))
    graph = otkit.Graph(edges + edges.T)
    assert graph.is_metric
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9, (2, side * side))
    b[0] += max(0, a.sum() - b.sum())
    a[0] += max(0, b.sum() - a.sum())
    cells = np.argwhere(node >= 0)
    expected = otkit.wasserstein(cells, cells, a, b, metric="cityblock")
    found = otkit.wasserstein(node.ravel(), node.ravel(), a, b, metric=graph)
    assert found.value == expected.value
    assert found.certificate.proof == "exact"
    f, g = found.potentials
    assert (f[:, None] + g <= graph.between(node.ravel()).dense()).all()


def test_w1_on_a_tree_is_what_its_edges_carry():
    rng = np.random.default_rng(1)
    n = 30
    parent = np.array([0, *(rng.integers(0, k) for k in range(1, n))])
    lengths = rng.integers(1, 9, n).astype(float)
    i = np.arange(1, n)
    edges = scipy.sparse.coo_array((lengths[1:], (i, parent[1:])), shape=(n, n))
    a, b = rng.integers(1, 9, (2, n)).astype(float)
    below = a / a.sum() - b / b.sum()
    for k in range(n - 1, 0, -1):
        below[parent[k]] += below[k]
    found = otkit.wasserstein(np.arange(n), np.arange(n), a, b, metric=otkit.Graph(edges + edges.T))
    assert found.distance == pytest.approx((lengths * np.abs(below))[1:].sum(), rel=1e-13)


def test_directions_and_copies():
    one_way = scipy.sparse.coo_array(([1.0, 1.0, 1.0], ([0, 1, 2], [1, 2, 0])), shape=(3, 3))
    graph = otkit.Graph(one_way)
    assert not graph.is_metric
    np.testing.assert_array_equal(otkit.cost_matrix([0], [1, 2], metric=graph), [[1.0, 2.0]])
    np.testing.assert_array_equal(otkit.cost_matrix([1, 2], [0], metric=graph), [[2.0], [1.0]])
    one_way.data[:] = 9.0
    again = pickle.loads(pickle.dumps(graph))
    np.testing.assert_array_equal(otkit.cost_matrix([0], [1, 2], metric=again), [[1.0, 2.0]])
    assert repr(graph) == "Graph(3 nodes, 3 directed edges)"
    assert otkit.bottleneck([0, 1], [2, 2], metric=graph).value == 2.0


def edge(length=1.0):
    return scipy.sparse.coo_array(([length], ([0], [1])), shape=(3, 3))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: otkit.Graph(np.ones((2, 2))), TypeError, "scipy.sparse"),
        (lambda: otkit.Graph(scipy.sparse.coo_array((2, 3))), ValueError, "square"),
        (lambda: otkit.Graph(edge(-1.0)), ValueError, "one is -1"),
        (lambda: otkit.Graph(edge(math.nan)), ValueError, "one is nan"),
        (lambda: otkit.Graph(scipy.sparse.coo_array(([1, 2], ([0, 0], [1, 1])), (2, 2))), ValueError, "twice"),
        (lambda: otkit.cost_matrix([0], [2], metric=otkit.Graph(edge())), ValueError, "no way from node 0 to 2"),
        (lambda: otkit.cost_matrix([0], [3], metric=otkit.Graph(edge())), ValueError, r"y\[0\] = 3"),
        (lambda: otkit.cost_matrix([0.5], [1], metric=otkit.Graph(edge())), ValueError, r"x\[0\] = 0.5"),
        (lambda: otkit.cost_matrix([[0, 1]], metric=otkit.Graph(edge())), ValueError, "2 columns"),
    ],
)
def test_what_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
