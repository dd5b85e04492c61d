"""Repeated points: solved as one place each, answered and proved for every point."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import exact_masses, exact_value
from strategies import weights

import otkit
from otkit.checker.basic_solution import evaluate
from otkit.checker.integer_masses import exact_surplus
from otkit.costs.places import numbered_points, numbered_rows
from otkit.numerics.fixed_point import as_int, carry
from otkit.optimal_transport import answers
from otkit.problem.merged import merged_problem

METRICS = ["euclidean", "sqeuclidean", "cityblock", "chebyshev", "haversine", otkit.Minkowski(2.5), otkit.Cosine()]

few_places = st.lists(st.sampled_from([(1.0, 0.0), (0.0, 2.0), (-1.0, 1.0), (3.0, -0.0)]), min_size=1, max_size=7)


@pytest.fixture(scope="module", autouse=True)
def every_size_is_merged():
    """Problems of a few points take the road of large ones, if any point comes twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "_FEWEST_PAIRS", 0)
        patch.setattr(answers, "_SMALLER", 1.0)
        yield


@st.composite
def repeating(draw, extreme=True):
    """Points that come several times, and costs given by a matrix with equal rows and columns."""
    x, y = np.array(draw(few_places)), np.array(draw(few_places))
    a, b = draw(weights(len(x), extreme)), draw(weights(len(y), extreme))
    if draw(st.booleans()):
        a, b = None, None
    cost = otkit.costs.as_cost(draw(st.sampled_from(METRICS))).between(x, y, p=draw(st.sampled_from([1.0, 2.0, 1.5])))
    if draw(st.booleans()):
        cost = otkit.costs.MatrixCosts(cost.dense() - draw(st.sampled_from([0.0, 1.0])))
    return otkit.TransportProblem(cost, a, b, probability=True)


def unmerged(problem, **settings):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "_FEWEST_PAIRS", 1 << 60)
        return otkit.transport(problem, **settings)


def check(result, value=None):
    """The plan has the masses, the prices are feasible and tight, equal at equal points, and the proof stands."""
    problem, answer = result.problem, result.candidate
    n, m = problem.shape
    assert np.allclose(np.bincount(answer.rows, answer.mass, n), problem.supply, rtol=1e-13, atol=0.0)
    assert np.allclose(np.bincount(answer.cols, answer.mass, m), problem.demand, rtol=1e-13, atol=0.0)
    assert np.unique(answer.rows * m + answer.cols).size == answer.rows.size
    heavy = [np.flatnonzero(masses) for masses in (problem.a, problem.b)]
    (row_place, _), (col_place, _) = problem.restrict(*heavy).cost.places()
    for prices, kept, place in ((answer.f, heavy[0], row_place), (answer.g, heavy[1], col_place)):
        first = np.unique(place, return_index=True)[1]
        assert (prices[kept] == prices[kept][first][place]).all()
    audit = otkit.certify(problem, plan=answer, potentials=(answer.f, answer.g))
    assert audit.optimal or value is not None  # floats can't tell masses near 5e-324
    assert audit.lower <= result.certificate.upper
    assert result.certificate.lower <= audit.upper
    if value is not None:
        lower, upper = Fraction(result.certificate.lower), Fraction(result.certificate.upper)
        assert lower <= value <= upper
        assert result.certificate.proof == "exact"
        assert result.value in (result.certificate.lower, result.certificate.upper)


@given(repeating(), st.sampled_from(["simplex", "lp"]))
def test_the_optimum_is_that_of_fractions(problem, method):
    result = otkit.transport(problem, method=method)
    check(result, exact_value(problem))
    _, rows, cols, _ = result.certificate.evidence
    masses = [np.flatnonzero(side) for side in (problem.a, problem.b)]
    part = problem.restrict(*masses)
    tree = evaluate(part, np.searchsorted(masses[0], rows), np.searchsorted(masses[1], cols))
    assert tree.least >= 0


@given(repeating())
def test_whether_the_plan_is_unique(problem):
    merged, plain = otkit.transport(problem, method="simplex"), unmerged(problem, method="simplex")
    assert merged.value == plain.value
    assert merged.certificate.unique == plain.certificate.unique


@given(repeating(extreme=False), st.sampled_from(["simplex", "lp"]))
def test_other_roads_to_the_same_optimum(problem, method):
    """Without an exact proof, from known prices, from an earlier result, in lexicographic order."""
    value = otkit.transport(problem, method=method).value
    for settings in ({"proof": "float"}, {"warm_start": unmerged(problem, method=method)}):
        result = otkit.transport(problem, method=method, on_failure="return", **settings)
        if result.certificate.optimal:  # without an exact proof, what rounding makes of shares may hide an optimum of 0
            check(result)
        assert result.certificate.lower <= value <= result.certificate.upper
    first = otkit.transport(problem, canonical=True)
    assert first.value == value
    again = otkit.transport(problem, method=method, warm_start=(first.candidate.f, first.candidate.g))
    check(again, exact_value(problem))


@given(repeating())
def test_masses_of_places_are_sums_without_rounding(problem):
    (row_place, _), (col_place, _) = problem.cost.places()
    merged = merged_problem(problem, row_place, col_place)
    rows, unit = exact_surplus(merged)
    for row in rows:
        carry(row)
    worth = Fraction(2) ** int(unit.exponent) / unit.denominator
    a, b = exact_masses(problem)
    expected = [Fraction(0)] * sum(merged.shape)
    for place, mass in zip([*row_place, *(merged.shape[0] + col_place)], [*a, *(-mass for mass in b)], strict=True):
        expected[place] += mass
    assert [as_int(row) * worth for row in rows] == expected


def test_equal_rows_are_found():
    rng = np.random.default_rng(0)
    for table in (rng.integers(0, 3, (200, 3)) / 7.0, np.zeros((50, 2)), rng.normal(size=(100, 1))):
        numbers, count = numbered_points(table)
        _, first, inverse = np.unique(table, axis=0, return_index=True, return_inverse=True)
        assert count == first.size
        assert (table[np.unique(numbers, return_index=True)[1]][numbers] == table).all()
        assert (np.diff(np.unique(numbers, return_index=True)[1]) > 0).all()
        assert np.unique(np.column_stack([numbers, inverse.ravel()]), axis=0).shape[0] == count
    numbers, count = numbered_points(np.array([[0.0, 1.0], [-0.0, 1.0]]))
    assert count == 1
    matrix = np.repeat(rng.random((5, 300)), 4, axis=0)
    matrix[3, 290] += 1.0  # one row differs, far from where a look is taken first
    for given_matrix in (matrix, np.asfortranarray(matrix), matrix.astype(np.float32)):
        assert numbered_rows(given_matrix)[1] == 6
        assert numbered_rows(given_matrix[::4])[1] == 5


@pytest.mark.parametrize("case", ["few places", "one place", "half distinct", "each twice", "ten dimensions", "matrix"])
@pytest.mark.parametrize("weighted", [False, True])
def test_clouds_of_repeated_points(case, weighted):
    """As large as to be solved level by level; the value is that of the solver of every single point."""
    rng = np.random.default_rng(1)
    n = 400
    x, y = {
        "few places": lambda: rng.integers(0, 4, (2, n, 2)).astype(float),
        "one place": lambda: np.ones((2, n, 2)),
        "half distinct": lambda: np.where(rng.random((2, n, 1)) < 0.5, rng.normal(size=(2, n, 2)), 0.5),
        "each twice": lambda: rng.permuted(np.repeat(rng.normal(size=(2, n // 2, 2)), 2, axis=1), axis=1),
        "ten dimensions": lambda: rng.normal(size=(2, 60, 10))[:, rng.integers(0, 60, n)],
        "matrix": lambda: rng.integers(0, 3, (2, n, 2)).astype(float),
    }[case]()
    a, b = rng.random((2, n)) if weighted else (None, None)
    cost = otkit.Euclidean().between(x, y)
    problem = otkit.TransportProblem(cost.dense() if case == "matrix" else cost, a, b, probability=True)
    result = otkit.transport(problem, method="simplex")
    assert result.certificate.proof == "exact"
    check(result)
    assert result.value == unmerged(problem, method="simplex").value


def test_stopped_solves_go_on():
    """An unfinished answer is a plan between all points, with an interval that holds; and it can be resumed."""
    rng = np.random.default_rng(2)
    x, y = rng.integers(0, 25, (2, 900, 2)).astype(float)
    value = otkit.wasserstein(x, y).value
    options = otkit.SimplexOptions(max_rounds=1)
    stopped = otkit.wasserstein(x, y, options=options, on_failure="return")
    assert stopped.stats.status == "iteration_limit"
    assert stopped.certificate.lower <= value <= stopped.certificate.upper
    assert stopped.certificate.marginal_error < 1e-12
    resumed = otkit.wasserstein(x, y, options=otkit.SimplexOptions(resume=stopped.candidate.state))
    assert resumed.value == value
    assert otkit.wasserstein(x, y, warm_start=stopped).value == value


def test_the_file_of_a_proof_is_accepted(tmp_path):
    rng = np.random.default_rng(3)
    x, y = rng.integers(0, 3, (2, 40, 2)).astype(float)
    result = otkit.wasserstein(x, y, rng.random(40), rng.random(40))
    result.certificate.save(tmp_path / "proof.json")
    assert otkit.check_proof(result.problem, tmp_path / "proof.json").statement.startswith(f"OPT = {result.value!r}")
    ranges = result.sensitivity()
    assert (ranges.cost_high >= 0.0).all()


def test_permuted_points_have_the_same_value():
    rng = np.random.default_rng(4)
    x, y = rng.integers(0, 4, (2, 300, 2)).astype(float)
    a, b = rng.random((2, 300))
    order = rng.permutation(300)
    assert otkit.wasserstein(x[order], y, a[order], b).value == otkit.wasserstein(x, y, a, b).value
