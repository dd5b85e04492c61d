"""W_1 on graphs: against all-pairs distances, in fractions, on trees, by label, and what is refused."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

import otkit
from otkit import Graph


def both(matrix):
    """Return the edges in both directions."""
    (rows, cols), n = matrix.coords, matrix.shape[0]
    ends = np.concatenate([rows, cols]), np.concatenate([cols, rows])
    return csr_array((np.concatenate([matrix.data, matrix.data]), ends), shape=(n, n))  # explicit zeros are kept


@st.composite
def connected_graphs(draw, *, whole=True):
    """Return a connected graph and masses of its nodes."""
    n = draw(st.integers(2, 9))
    number = st.integers(0, 9) if whole else st.floats(0.0, 1.0, width=32)
    edges = {(draw(st.integers(0, v - 1)), v): draw(number) for v in range(1, n)}
    more = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=8))
    edges |= {(min(e), max(e)): draw(number) for e in more if e[0] != e[1]}
    lengths = np.array(list(edges.values()), dtype=float)
    matrix = both(coo_array((lengths, np.array(list(edges)).T), shape=(n, n)))
    masses = [np.array(draw(st.lists(number, min_size=n, max_size=n)), dtype=float) for _ in range(2)]
    for mass in masses:
        mass[0] += mass.sum() == 0.0
    return matrix, *masses


@settings(max_examples=80, deadline=None)
@given(connected_graphs())
def test_it_is_transport_at_the_lengths_of_shortest_ways(drawn):
    matrix, a, b = drawn
    result = otkit.wasserstein_graph(Graph(matrix), a, b)
    assert result.certificate.proof == "exact"
    every = dijkstra(matrix)
    exact = otkit.transport(every, a * b.sum(), b * a.sum()).certificate.exact_value / (
        Fraction(a.sum()) * Fraction(b.sum())
    )
    assert result.certificate.exact_value / result.total == exact
    assert result.distance == float(exact)
    assert Fraction(result.lower) <= exact <= Fraction(result.upper)


@settings(max_examples=60, deadline=None)
@given(connected_graphs(whole=False))
def test_flow_and_potential_prove_each_other(drawn):
    matrix, a, b = drawn
    result = otkit.wasserstein_graph(Graph(matrix), a, b)
    surplus = a / math.fsum(a) - b / math.fsum(b)
    flow, lengths = result.flow.toarray(), matrix
    assert np.abs(flow.sum(axis=1) - flow.sum(axis=0) - surplus).max() <= 1e-14
    assert (flow * flow.T == 0.0).all()
    assert (flow * lengths.toarray()).sum() == pytest.approx(result.distance, abs=1e-12)
    assert surplus @ result.potential == pytest.approx(result.distance, abs=1e-12)
    u, v = lengths.nonzero()
    assert (np.abs(result.potential[u] - result.potential[v]) <= lengths.toarray()[u, v] + 1e-13).all()


def test_on_a_tree_it_is_what_has_to_pass_each_edge():
    rng = np.random.default_rng(0)
    n = 300
    parent, lengths = np.array([rng.integers(0, v) for v in range(1, n)]), rng.integers(1, 9, n - 1).astype(float)
    a, b = rng.integers(0, 9, (2, n)).astype(float)
    below = a / a.sum() - b / b.sum()
    total = 0.0
    for v in range(n - 1, 0, -1):
        total += lengths[v - 1] * abs(below[v])
        below[parent[v - 1]] += below[v]
    result = otkit.wasserstein_graph(Graph(both(coo_array((lengths, (parent, np.arange(1, n))), shape=(n, n)))), a, b)
    assert result.distance == pytest.approx(total, rel=1e-13)


def test_pixels_under_l1_are_those_of_the_metric():
    rng = np.random.default_rng(1)
    k = 7
    number = np.arange(k * k).reshape(k, k)
    ends = np.concatenate(
        [[number[:, :-1].ravel(), number[:, 1:].ravel()], [number[:-1].ravel(), number[1:].ravel()]], axis=1
    )
    a, b = rng.integers(0, 20, (2, k * k)).astype(float)
    result = otkit.wasserstein_graph(Graph(both(coo_array((np.ones(ends.shape[1]), ends), shape=(k * k, k * k)))), a, b)
    places = np.stack(np.divmod(np.arange(k * k), k), axis=1).astype(float)
    assert result.distance == otkit.wasserstein(places, places, a, b, metric="cityblock").distance


def test_ways_that_lead_one_way_only():
    ring = coo_array((np.ones(5), (np.arange(5), (np.arange(5) + 1) % 5)), shape=(5, 5))
    a, b = np.eye(5)[1], np.eye(5)[0]
    assert otkit.wasserstein_graph(Graph(both(ring)), a, b).distance == 1.0
    there = Graph(ring)
    assert otkit.wasserstein_graph(there, a, b).distance == 4.0
    assert not there.is_metric
    assert otkit.wasserstein([1], [0], metric=there, p=2).value == 16.0


def test_as_a_metric_between_nodes():
    road = Graph(both(coo_array(([1.0, 2.0, 4.0], ([0, 1, 2], [1, 2, 3])), shape=(4, 4))))
    assert otkit.wasserstein([0, 1], [2, 3], metric=road).distance == 4.5
    assert otkit.cost_matrix([0, 3], [1, 2], metric=road).tolist() == [[1.0, 3.0], [6.0, 4.0]]
    assert otkit.wasserstein_graph(road, [1, 1, 0, 0], [0, 0, 1, 1]).distance == 4.5
    with pytest.raises(ValueError, match="numbers of nodes, 0 to 3"):
        otkit.wasserstein([0], [4], metric=road)
    with pytest.raises(ValueError, match="numbers of nodes"):
        otkit.wasserstein([0.5], [1], metric=road)


def test_networkx_graphs_and_labels():
    networkx = pytest.importorskip("networkx")
    graph = networkx.Graph()
    graph.add_edge("Rome", "Milan", weight=580)
    graph.add_edge("Milan", "Turin", weight=140)
    result = otkit.wasserstein_graph(Graph(graph), {"Rome": 1}, {"Turin": 1, "Milan": 1})
    assert result.distance == 650.0
    pytest.importorskip("pandas")
    assert result.to_frame().set_index(["source", "target"])["flow"].to_dict() == {
        ("Milan", "Turin"): 0.5,
        ("Rome", "Milan"): 1.0,
    }
    with pytest.raises(ValueError, match="'Paris'"):
        otkit.wasserstein_graph(Graph(graph), {"Paris": 1}, {"Rome": 1})


def test_labels_of_numbers_and_series():
    pd = pytest.importorskip("pandas")
    road = Graph(both(coo_array(([1.0, 2.0], ([0, 1], [1, 2])), shape=(3, 3))))
    assert otkit.wasserstein_graph(road, {2: 1}, pd.Series({0: 3})).distance == 3.0


def test_equal_measures_are_no_distance_apart():
    road = Graph(both(coo_array(([1.0, 2.0], ([0, 1], [1, 2])), shape=(3, 3))))
    result = otkit.wasserstein_graph(road, [1, 2, 3], [2, 4, 6])
    assert (result.distance, result.lower, result.upper, result.flow.nnz) == (0.0, 0.0, 0.0, 0)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: otkit.wasserstein_graph(Graph(coo_array(([1.0], ([0], [1])), shape=(3, 3))), [1, 0, 0], [0, 0, 1]),
         otkit.InfeasibleError, r"needed. If edges lead both ways, give adjacency \+ adjacency.T"),
        (lambda: otkit.wasserstein_graph(Graph(coo_array(([1.0], ([0], [1])), shape=(2, 2))), [1], [1, 0]),
         ValueError, "2 entries"),
        (lambda: otkit.wasserstein_graph(Graph(coo_array(([1.0], ([0], [1])), shape=(2, 2))), [0, 0], [1, 0]),
         ValueError, "positive"),
    ],
)  # fmt: skip
def test_refusals_say_what_is_wrong(call, error, words):
    with pytest.raises(error, match=words):
        call()
