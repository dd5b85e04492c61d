"""Sparse costs: the listed arcs alone are allowed, and a graph with no plan says why."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from oracles import exact_optimum
from scipy.optimize import linprog
from scipy.spatial import cKDTree
from zoo import random_tree

import otkit
from otkit.checker.spanning_tree import forest_mask
from otkit.costs import SparseCosts, bind
from otkit.optimal_transport.duality import c_transform, proves_infeasible

METHODS = ["simplex", "lp"]


def matrix(costs, listed) -> scipy.sparse.coo_array:
    """Return the entries where `listed`, zeros included."""
    rows, cols = np.nonzero(listed)
    return scipy.sparse.coo_array((np.asarray(costs, float)[rows, cols], (rows, cols)), shape=np.shape(listed))


def highs(C, a, b):
    """Solve the LP over the listed arcs by SciPy."""
    n, m = C.shape
    ends, arcs = np.concatenate([C.row, n + C.col]), np.tile(np.arange(C.nnz), 2)
    A = scipy.sparse.coo_array((np.ones(2 * C.nnz), (ends, arcs)), shape=(n + m, C.nnz)).tocsc()
    return linprog(C.data, A_eq=A, b_eq=np.concatenate([a, b]))


def random_graph(seed, n, m, arcs):
    """Return a random graph with costs and masses of a random plan along a few of its arcs."""
    rng = np.random.default_rng(seed)
    keys = rng.choice(n * m, arcs, replace=False)
    rows, cols = keys // m, keys % m
    C = scipy.sparse.coo_array((rng.normal(size=arcs), (rows, cols)), shape=(n, m))
    mass = rng.random(arcs) * (rng.random(arcs) < 0.4)
    return C, np.bincount(rows, mass, n), np.bincount(cols, mass, m)


def is_on_arcs(plan, C) -> bool:
    return not (plan.toarray()[bind(C).dense() == np.inf]).any()


# --- the costs --------------------------------------------------------------------------------------------------------

TABLE = np.array([[3.0, np.inf, 0.0, -1.0], [np.inf, np.inf, np.inf, np.inf], [2.0, np.inf, 5.0, np.inf]])
COSTS = bind(matrix(TABLE, np.isfinite(TABLE)))


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "lil", "dok"])
@pytest.mark.parametrize("sort", ["array", "matrix"])
def test_every_format_that_lists_entries_is_taken(kind, sort):
    C = getattr(scipy.sparse, f"{kind}_{sort}")(matrix([[1, 2], [3, 4]], [[1, 0], [1, 1]]))
    assert bind(C).dense().tolist() == [[1.0, np.inf], [3.0, 4.0]]
    assert otkit.transport(C, [1, 1], [1, 1]).value == 5.0


@pytest.mark.parametrize("kind", ["bsr", "dia"])
def test_formats_that_store_more_than_is_listed_are_refused(kind):
    with pytest.raises(TypeError, match=f"list its arcs .* but a {kind} matrix"):
        bind(getattr(scipy.sparse, f"{kind}_array")(np.eye(4)))


def test_explicit_zero_is_an_arc_and_no_entry_is_none():
    C = matrix([[0, 7], [0, 0]], [[1, 1], [0, 1]])
    assert C.nnz == 3
    assert otkit.transport(C, [1, 1], [1, 1]).value == 0.0
    with pytest.raises(otkit.InfeasibleError):
        otkit.transport(scipy.sparse.csr_array(np.array([[0, 7], [0, 0]])), [1, 1], [1, 1])


def test_entries_listed_twice_are_summed_and_the_given_matrix_stays_as_it_is():
    C = scipy.sparse.coo_array(([1.0, 2.0, 4.0], ([0, 0, 0], [1, 1, 0])), shape=(1, 2))
    assert bind(C).dense().tolist() == [[4.0, 3.0]]
    assert C.nnz == 3
    unsorted = scipy.sparse.csr_array(([1.0, 2.0, 4.0], [1, 1, 0], [0, 3]), shape=(1, 2))
    assert bind(unsorted).dense().tolist() == [[4.0, 3.0]]
    assert unsorted.indices.tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("C", "error", "says"),
    [
        (scipy.sparse.coo_array(([1, np.nan], ([0, 1], [1, 2])), shape=(2, 3)), ValueError, r"C\[1, 2\] = nan"),
        (scipy.sparse.csc_array(([np.inf], ([1], [0])), shape=(2, 3)), ValueError, r"C\[1, 0\] = inf.*left out"),
        (scipy.sparse.csr_array(np.array([[1j]])), TypeError, "real"),
        (scipy.sparse.csr_array((0, 3)), ValueError, r"not empty, but its shape is \(0, 3\)"),
        (scipy.sparse.coo_array(np.ones(3)), ValueError, r"its shape is \(3,\)"),
    ],
)
def test_bad_matrix_is_named(C, error, says):
    with pytest.raises(error, match=says):
        otkit.transport(C)


def test_costs_answer_like_a_dense_matrix_with_infinities():
    f, g = np.array([0.5, 1.0, -2.0]), np.array([1.0, 0.0, 0.25, 3.0])
    dense = TABLE - f[:, None] - g
    assert np.array_equal(COSTS.dense(), TABLE)
    assert np.array_equal(COSTS.block(0, 2, 1, 4), TABLE[0:2, 1:4])
    assert np.array_equal(COSTS.at([0, 0, 1, 2], [3, 1, 0, 2]), [-1.0, np.inf, np.inf, 5.0])
    assert np.array_equal(COSTS.row_minima(g)[0], (TABLE - g).min(axis=1))
    assert COSTS.row_minima(g)[1].tolist() == [3, 0, 0]
    assert np.array_equal(COSTS.column_minima(f)[0], (TABLE - f[:, None]).min(axis=0))
    assert COSTS.column_minima(f)[1].tolist() == [0, 0, 0, 0]
    for minima, axis in zip(COSTS.slack_minima(f, g), (1, 0), strict=True):
        assert np.array_equal(minima, dense.min(axis=axis))
    assert COSTS.extremes() == (-1.0, 5.0)
    assert np.array_equal(COSTS.transpose().dense(), TABLE.T)
    rows, cols = np.array([2, 0]), np.array([3, 0, 2])
    part = COSTS.restrict(rows, cols)
    assert np.array_equal(part.dense(), TABLE[np.ix_(rows, cols)])
    assert (np.diff(part.pairs.cols[part.pairs.starts[0] : part.pairs.starts[1]]) > 0).all()
    assert COSTS.components().tolist() == [0, 1, 0, 0, 2, 0, 0]
    assert np.array_equal(c_transform(matrix(TABLE, np.isfinite(TABLE)), f), (TABLE - f[:, None]).min(axis=0))


# --- optimal plans ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(8))
def test_agrees_with_highs_over_the_arcs(method, seed):
    C, a, b = random_graph(seed, 40, 30 + 5 * seed, 200)
    result = otkit.transport(C, a, b, method=method)
    assert result.certificate.optimal, result.certificate.verdict
    assert result.value == pytest.approx(highs(C, a, b).fun, rel=1e-7)
    assert is_on_arcs(result.plan, C)
    assert (bind(C).slacks(*result.potentials) >= -1e-13).all()


@pytest.mark.parametrize("method", METHODS)
def test_all_arcs_listed_is_the_dense_problem(method):
    rng = np.random.default_rng(1)
    C, a, b = rng.normal(size=(30, 40)), rng.random(30), rng.random(40)
    b *= a.sum() / b.sum()
    sparse = otkit.transport(scipy.sparse.coo_array(C), a, b, method=method)
    assert sparse.value == pytest.approx(otkit.transport(C, a, b).value, rel=1e-13)


def test_nearest_neighbours_that_hold_the_optimum_give_its_value():
    rng = np.random.default_rng(2)
    x, y = rng.random((300, 2)), rng.random((300, 2))
    full = otkit.wasserstein(x, y)
    nearest = cKDTree(y).query(x, 20)[1]
    listed = np.zeros((300, 300), dtype=bool)
    listed[np.arange(300)[:, None], nearest] = True
    listed[full.plan.row, full.plan.col] = True
    C = matrix(otkit.cost_matrix(x, y), listed)
    result = otkit.transport(C, np.full(300, 1 / 300), np.full(300, 1 / 300))
    assert result.value == pytest.approx(full.value, rel=1e-13)
    assert result.certificate.optimal


def test_matching_of_a_bipartite_graph():
    rng = np.random.default_rng(3)
    n = 200
    listed = rng.random((n, n)) < 0.04
    listed[np.arange(n), rng.permutation(n)] = True
    C = matrix(rng.integers(1, 50, (n, n)), listed)
    rows, cols = scipy.sparse.csgraph.min_weight_full_bipartite_matching(C.tocsr())
    result = otkit.transport(C)
    assert result.value == C.tocsr()[rows, cols].sum()
    assert result.certificate.lower == result.certificate.upper
    assert np.bincount(result.monge_map()).tolist() == [1] * n


@pytest.mark.parametrize("method", METHODS)
def test_planted_optimum(method):
    """The cost is f + g on a tree and dearer elsewhere, so plan and prices are optimal by complementary slackness."""
    rng = np.random.default_rng(4)
    n, m = 120, 150
    f, g = rng.integers(-40, 40, n), rng.integers(-40, 40, m)
    slack, listed = rng.integers(0, 30, (n, m)), rng.random((n, m)) < 0.05
    plan = np.zeros((n, m), dtype=int)
    for i, j in random_tree(rng, n, m):
        slack[i, j], listed[i, j], plan[i, j] = 0, True, rng.integers(0, 4)
    result = otkit.transport(matrix(f[:, None] + g + slack, listed), plan.sum(axis=1), plan.sum(axis=0), method=method)
    assert result.value == ((f[:, None] + g) * plan).sum()
    assert result.certificate.lower == result.certificate.upper
    assert np.array_equal(result.plan.toarray(), np.rint(result.plan.toarray()))


@pytest.mark.parametrize(("method", "scale"), [("simplex", 1e12), ("lp", 1e3)])
def test_components_that_balance_have_potentials_of_their_own_size(method, scale):
    """No arc ties the two halves together, whose costs differ by a factor that HiGHS can't cope with if it is large."""
    halves = np.array([[1.0, 2.0], [4.0, 1.0]]), scale * np.array([[1.0, 3.0], [1.0, 2.0]])
    C = scipy.sparse.block_diag([scipy.sparse.coo_array(half) for half in halves])
    result = otkit.transport(C.tocoo(), [3, 2, 1, 1], [4, 1, 1, 1], method=method)
    assert result.value == 3 * scale + 3 + 4 + 1
    assert result.certificate.optimal
    assert np.abs(result.potentials.f[:2]).max() < 10
    assert np.abs(result.potentials.g[:2]).max() < 10


@pytest.mark.parametrize("method", METHODS)
def test_balance_up_to_rounding_is_balance(method):
    """0.1 + 0.2 is not 0.3 in float64, in a component of its own and where other rows have arcs to spare."""
    tenths = [0.1 + 0.2, 0.5, 1e-9], [0.1, 0.2, 0.5, 1e-9]
    apart = matrix(np.ones((3, 4)), [[1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    joined = matrix(np.ones((3, 4)), [[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1]])
    for C in (apart, joined):
        result = otkit.transport(C, *tenths, method=method)
        assert result.certificate.optimal, result.certificate.verdict
        assert result.certificate.marginal_error < 1e-15
        assert result.value == pytest.approx(0.8 + 1e-9, rel=1e-15)
    with pytest.raises(otkit.InfeasibleError):
        otkit.transport(apart, [0.3 + 1e-14, 0.5, 1e-9], [0.1, 0.2, 0.5 + 1e-14, 1e-9])


def test_points_without_mass_need_no_arcs():
    C = matrix([[5, 1, 9], [9, 9, 9], [1, 2, 9]], [[1, 1, 0], [0, 0, 0], [1, 0, 0]])
    result = otkit.transport(C, [1, 0, 2], [2, 1, 0])
    assert result.value == 3.0
    assert result.certificate.optimal
    assert np.isfinite(result.potentials.f).all()
    assert np.isfinite(result.potentials.g).all()
    assert result.monge_map().tolist()[0] == 1


def test_potentials_of_a_similar_problem_are_a_start():
    C, a, b = random_graph(5, 200, 200, 2000)
    cold = otkit.transport(C, a, b)
    C.data += 1e-3 * np.random.default_rng(6).random(C.nnz)
    warm = otkit.transport(C, a, b, warm_start=cold)
    assert warm.value == pytest.approx(otkit.transport(C, a, b).value, rel=1e-13)
    assert warm.stats.iterations < cold.stats.iterations


def test_deadline_leaves_an_interval_without_an_upper_end(monkeypatch):
    for least in ("EFFORT", "LEAST_EFFORT"):  # so that the clock is looked at before all is done
        monkeypatch.setattr(f"otkit.solvers.simplex.pivots.{least}", 0)
    C, a, b = random_graph(9, 300, 300, 3000)
    with pytest.raises(otkit.NotConvergedError, match=r"OPT ≤ inf.*time limit") as caught:
        otkit.transport(C, a, b, max_seconds=0)
    proof = caught.value.certificate
    monkeypatch.undo()
    assert proof.lower <= otkit.transport(C, a, b).value < proof.upper == np.inf


@pytest.mark.parametrize("scale", [1e-200, 1e-9, 1e9, 1e200])
def test_costs_of_every_size(scale):
    C, a, b = random_graph(7, 25, 25, 120)
    value = otkit.transport(C, a, b).value
    C.data *= scale
    assert otkit.transport(C, a, b).value == pytest.approx(value * scale, rel=1e-13)


def test_dear_detours_that_are_the_only_way():
    """A path along which every cheap arc has to give way: the first price of what has no way is too low for that."""
    n = 60
    costs, listed = np.zeros((n, n)), np.eye(n, dtype=bool)
    listed[np.arange(n - 1), np.arange(1, n)] = True
    costs[np.arange(n - 1), np.arange(1, n)] = 1.0
    listed[n - 1, 0] = True
    costs[n - 1, 0] = 1.0
    listed[n - 1, n - 1] = False  # so that the last row can only go around
    result = otkit.transport(matrix(costs, listed))
    assert result.value == n
    assert result.stats.rounds > 1


# --- no plan ----------------------------------------------------------------------------------------------------------


def assert_farkas(error, C, a, b):
    """Check Aᵀy ≤ 0 over the listed arcs and [a; b]ᵀy > 0 in exact arithmetic."""
    C = C.tocoo()
    y = [Fraction(v) for v in error.farkas.tolist()]
    n = C.shape[0]
    assert len(y) == sum(C.shape)
    assert all(y[i] + y[n + j] <= 0 for i, j in zip(C.row.tolist(), C.col.tolist(), strict=True))
    masses = [Fraction(float(mass)) for mass in [*a, *b]]
    assert sum(v * mass for v, mass in zip(y, masses, strict=True)) > 0
    assert proves_infeasible(error.farkas, a, b, C)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("listed", "a", "b", "says"),
    [
        ([[1, 0, 0], [1, 0, 0], [1, 1, 1]], [2, 3, 1], [3, 1, 2], r"rows \{0, 1\} hold 5 .*columns \{0\} that take 3"),
        ([[1, 1, 1], [1, 1, 0], [1, 1, 0]], [1, 2, 3], [1, 2, 3], r"columns \{2\} need 3 .*rows \{0\} that hold 1"),
        ([[1, 1], [0, 0]], [1, 1], [1, 1], r"rows \{1\} hold 1 but reach no column"),
        ([[1, 0, 0], [1, 0, 0], [1, 0, 0]], [1, 1, 1], [2, 0, 1], r"columns \{2\} need 1 but are reached from no row"),
        ([[0, 0], [0, 0]], [1, 1], [1, 1], r"no row that holds any|no column that takes any"),
        ([[1, 0, 0], [0, 0, 1], [1, 1, 1]], [2, 0, 1], [1, 1, 1], r"rows \{0\} hold 2 .*columns \{0\} that take 1"),
        (np.eye(40), np.r_[np.full(20, 2.0), np.ones(20)], np.r_[np.ones(20), np.full(20, 2.0)], "hold 2 but reach"),
    ],
)  # fmt: skip
def test_graph_without_a_plan_says_why(method, listed, a, b, says):
    C = matrix(np.ones(np.shape(listed)), listed)
    with pytest.raises(otkit.InfeasibleError, match=says) as caught:
        otkit.transport(C, a, b, method=method)
    assert_farkas(caught.value, C, a, b)


def test_many_rows_are_not_all_named():
    n = 30
    C = matrix(np.ones((n, n)), (np.arange(n)[:, None] >= 14) | (np.arange(n) < 12))
    with pytest.raises(
        otkit.InfeasibleError, match=r"14 rows \{0, 1, 2, 3, 4, 5, 6, 7, …\} hold 14 but reach only 12"
    ) as e:
        otkit.transport(C)
    assert_farkas(e.value, C, np.ones(n), np.ones(n))


def test_small_shortage_is_not_lost_beside_a_heavy_component():
    C = scipy.sparse.eye_array(4, format="coo")
    with pytest.raises(otkit.InfeasibleError, match=r"\{[12]\}"):
        otkit.transport(C, [1e15, 2.0, 1.0, 0.0], [1e15, 1.0, 2.0, 0.0])
    with pytest.raises(otkit.InfeasibleError, match=r"\{[12]\}"):
        otkit.transport(C, [1e12 / 3, 2.5e-3, 1.5e-3, 0.0], [1e12 / 3, 1.5e-3, 2.5e-3, 0.0])


@st.composite
def graph_problems(draw):
    """Graphs of any density with ties, zeros and negative costs, and masses that may or may not find their way."""
    shape = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    listed = draw(arrays(bool, shape))
    costs = draw(arrays(float, shape, elements=st.integers(-2, 2).map(float) | st.floats(-3, 3, width=16)))
    a = draw(arrays(float, shape[0], elements=st.integers(0, 3).map(float)))
    b = draw(arrays(float, shape[1], elements=st.integers(0, 3).map(float)))
    if draw(st.booleans()):  # feasible
        plan = draw(arrays(float, shape, elements=st.integers(0, 3).map(float))) * listed
        a, b = plan.sum(axis=1), plan.sum(axis=0)
    elif a.sum() > b.sum():
        b[0] += a.sum() - b.sum()
    else:
        a[0] += b.sum() - a.sum()
    a[0], b[0] = (a[0], b[0]) if a.any() else (1.0, 1.0)
    return matrix(costs, listed), a, b


@given(graph_problems(), st.sampled_from(METHODS))
def test_optimal_plan_or_farkas_vector(problem, method):
    """One or the other, each checked in rational arithmetic: an absent arc stands for one dearer than any detour."""
    C, a, b = problem
    n, m = C.shape
    largest = np.abs(C.data).max(initial=1.0)
    forbidden = 2.0 ** np.ceil(np.log2(4 * (n + m) * largest * a.sum()))
    dense = np.where(np.isinf(bind(C).dense()), forbidden, bind(C).dense())
    exact = exact_optimum(dense, a, b)
    feasible = exact.value < Fraction(forbidden) / 2
    try:
        result = otkit.transport(C, a, b, method=method)
    except otkit.InfeasibleError as error:
        assert not feasible
        assert_farkas(error, C, a, b)
    else:
        assert feasible
        assert result.certificate.optimal, result.certificate.verdict
        assert is_on_arcs(result.plan, C)
        assert np.array_equal(result.plan.sum(axis=1), a)
        assert np.array_equal(result.plan.sum(axis=0), b)
        assert abs(Fraction(result.value) - exact.value) <= 1e-13 * largest * a.sum()


@given(arrays(bool, (6, 6)), st.integers(0, 10**6))
def test_float_masses_that_some_plan_ships_are_shipped(listed, seed):
    """Row and column sums of a plan, rounded: on a graph that may be a forest, and so leave nothing to choose."""
    rng = np.random.default_rng(seed)
    rows, cols = np.nonzero(listed)
    forest = forest_mask(6, 6, rows, cols) if seed % 2 else np.ones(rows.size, dtype=bool)
    plan = np.zeros((6, 6))
    plan[rows[forest], cols[forest]] = rng.random(forest.sum()) * 10.0 ** rng.integers(-9, 1, forest.sum())
    plan[0, 0] += not plan.any()
    C = matrix(rng.normal(size=(6, 6)), plan > 0)
    result = otkit.transport(C, plan.sum(axis=1), plan.sum(axis=0))
    assert result.certificate.optimal, result.certificate.verdict


# --- the checker ------------------------------------------------------------------------------------------------------

GRAPH, A, B = random_graph(8, 12, 10, 45)
PROBLEM = otkit.TransportProblem(GRAPH, A, B)
ANSWER = otkit.transport(PROBLEM)


def test_plan_on_an_absent_arc_is_noticed():
    entries = ANSWER.candidate
    absent = np.argwhere(np.isinf(PROBLEM.cost.dense()))
    for i, j in absent[::7]:
        plan = (np.append(entries.rows, i), np.append(entries.cols, j), np.append(entries.mass, 1e-30))
        proof = otkit.certify(PROBLEM, plan=plan, potentials=ANSWER.potentials)
        assert proof.fault == f"plan ships along ({i}, {j}), which is no arc"
        assert proof.value == proof.upper == proof.gap == np.inf
        assert proof.lower == pytest.approx(ANSWER.value)
        assert not proof.optimal
        assert "≤ OPT ≤ inf" in proof.statement


def test_zero_entry_on_an_absent_arc_ships_nothing():
    dense = ANSWER.plan.toarray()
    table = (*(index.ravel() for index in np.indices(dense.shape)), dense.ravel())
    assert otkit.certify(PROBLEM, plan=table, potentials=ANSWER.potentials).optimal


def test_corrupted_answers_are_noticed():
    entries, (f, g) = ANSWER.candidate, ANSWER.potentials
    for k in range(entries.mass.size):
        for factor in (0.0, 1.001, -1.0, np.nan, np.inf):
            mass = entries.mass.copy()
            mass[k] *= factor
            proof = otkit.certify(PROBLEM, plan=(entries.rows, entries.cols, mass), potentials=(f, g))
            assert not proof.optimal
            assert proof.fault
            assert proof.lower <= ANSWER.value * (1 + 1e-12) <= proof.upper * (1 + 2e-12) or ANSWER.value < 0
            assert not np.isnan([proof.lower, proof.upper, proof.gap]).any()
    for i in range(f.size):
        proof = otkit.certify(PROBLEM, plan=ANSWER.plan, potentials=(f + 0.5 * (np.arange(f.size) == i), g))
        assert not proof.optimal
        assert "overprice" in proof.fault


def test_without_a_plan_or_prices_the_interval_is_half_infinite():
    proof = otkit.certify(PROBLEM)
    assert proof.lower <= ANSWER.value
    assert proof.upper == np.inf
    assert otkit.certify(PROBLEM, potentials=ANSWER.potentials).fault == "no plan was given"
    assert otkit.certify(PROBLEM, plan=ANSWER.plan).upper == pytest.approx(ANSWER.value)
    priced = otkit.certify(PROBLEM, potentials=(ANSWER.potentials.f, None))
    assert priced.lower == pytest.approx(ANSWER.value)
    assert priced.upper == np.inf


def test_rows_without_arcs_take_any_price():
    C = matrix([[1, 1], [1, 1]], [[1, 1], [0, 0]])
    problem = otkit.TransportProblem(C, [1, 1], [1, 1])
    for potentials in (None, ([0.0, 5.0], None), (None, [1.0, 0.0]), ([1.0, 7.0], [0.0, 0.0])):
        proof = otkit.certify(problem, plan=[[1, 0], [0, 1]], potentials=potentials)
        assert np.isfinite(proof.lower)
        assert proof.dual_violation == 0.0
        assert proof.fault == "plan ships along (1, 1), which is no arc"


@pytest.mark.filterwarnings("ignore:(overflow|invalid value)")  # where kernels run as Python
def test_costs_too_large_for_sums_are_still_refused():
    C = scipy.sparse.csr_array([[1e300]])
    with pytest.raises(ValueError, match="leaves float64"):
        otkit.certify(otkit.TransportProblem(C, [1e10], [1e10]), plan=[[1e10]])


# --- the rest of the house --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["line", "assignment", "sinkhorn"])
def test_methods_that_need_every_pair_say_so(method):
    with pytest.raises(ValueError, match="'simplex', 'lp' for sparse costs"):
        otkit.transport(scipy.sparse.eye_array(3, format="csr"), method=method)
    with pytest.raises(ValueError, match="cost for every pair"):
        otkit.verify_duality(PROBLEM)


def test_choice_and_estimate():
    assert otkit.select_solver(PROBLEM).method == "simplex"
    assert "45 arcs" in otkit.select_solver(PROBLEM).reason
    wide = otkit.TransportProblem(scipy.sparse.eye_array(100_000, format="csr"))
    assert otkit.estimate_resources(wide).memory < 2**28
    assert str(wide) == "TransportProblem(100000 × 100000, 100000 arcs, total mass 100000)"
    assert otkit.transport(wide).value == 100_000


@pytest.mark.parametrize("method", METHODS)
def test_result_is_kept_in_a_file(tmp_path, method):
    result = otkit.transport(GRAPH, A, B, method=method)
    result.save(tmp_path / "r.npz")
    again = otkit.load(tmp_path / "r.npz")
    assert isinstance(again.problem.cost, SparseCosts)
    assert np.array_equal(again.problem.cost.dense(), result.problem.cost.dense())
    assert again.certificate == result.certificate
    entries = again.candidate
    assert otkit.certify(again.problem, plan=entries, potentials=again.potentials).optimal
    assert forest_mask(*again.problem.shape, *entries.basis).all()


def test_comparison_takes_sparse_costs():
    comparison = otkit.compare(PROBLEM)
    by_name = {row.name: row for row in comparison.contenders}
    for name in ("otkit simplex", "otkit lp", "SciPy linprog (HiGHS)"):
        assert by_name[name].value == pytest.approx(ANSWER.value)
    assert "every pair" in by_name["POT emd"].note


def test_cost_is_drawn_with_gaps():
    pytest.importorskip("matplotlib")
    axes = otkit.plot_cost_and_plan(ANSWER)
    drawn = axes.images[0].get_array()
    assert np.array_equal(drawn.mask, np.isinf(PROBLEM.cost.dense()))
    assert axes.images[0].get_clim()[0] == GRAPH.data.min()
    assert np.isfinite(axes.images[0].get_clim()).all()
