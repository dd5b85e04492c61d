"""Exact proofs on the line: rational arithmetic for the real-valued cost, and paths that prove nothing."""

from __future__ import annotations

import math
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import exact_optimum

import otkit
from otkit.checker import line as staircase
from otkit.checker.line import exact_cost, prove_on_line
from otkit.costs import Cityblock
from otkit.solvers import line
from otkit.solvers.monitor import Monitor


def ordered_problem(x, y, a=None, b=None, p=1.0, *, probability=True):
    problem = otkit.TransportProblem(Cityblock().between(x, y, p=p), a, b, probability=probability)
    return problem.restrict(*problem.cost.line_order)


def proved(problem):
    path = line.solve(problem, None, Monitor()).basis
    proof = prove_on_line(problem, *path)
    assert proof is not None
    return proof, path


def fractions(values):
    return [Fraction(value) for value in np.asarray(values, dtype=float).tolist()]


def exact_flows(problem, rows, cols):
    """Return the flows of a monotone path in rational arithmetic: what is left of the row, or of the column."""
    a, b = fractions(problem.a), fractions(problem.b)
    scale = 1 if problem.probability else sum(a)
    supply, demand = [w / sum(a) * scale for w in a], [w / sum(b) * scale for w in b]
    flows = []
    for k, (i, j) in enumerate(zip(rows.tolist(), cols.tolist(), strict=True)):
        ends_row = k + 1 == len(rows) or rows[k + 1] != i
        flows.append(supply[i] if ends_row else demand[j])
        supply[i] -= flows[-1]
        demand[j] -= flows[-1]
    return flows


def exact_costs(problem):
    x, y, scale, p = problem.cost.line()
    return [[Fraction(scale) * abs(u - v) ** int(p) for v in fractions(y)] for u in fractions(x)]


def check(problem):
    """Compare a proof with an optimum that has been found, and proved, without otkit."""
    proof, (rows, cols) = proved(problem)
    costs, flows = exact_costs(problem), exact_flows(problem, rows, cols)
    optimum = exact_optimum(costs, problem.a, problem.b).value
    optimum = optimum / sum(fractions(problem.a)) if problem.probability else optimum
    assert exact_cost(problem, rows, cols) == optimum
    value, lower, upper = proof.value
    assert value == float(optimum)
    assert Fraction(lower) <= optimum <= Fraction(upper)
    assert lower == upper or (lower < upper == math.nextafter(lower, math.inf) and value in (lower, upper))
    assert (lower == upper) == (Fraction(value) == optimum)
    for mass, flow in zip(proof.mass.tolist(), flows, strict=True):
        # Either neighbour where it is half-way; below the normal numbers it is rounded twice.
        share = Fraction(501, 1000) if mass >= sys.float_info.min else Fraction(3, 4)
        assert abs(Fraction(mass) - flow) <= Fraction(math.ulp(mass)) * share
    unit = max(float(max(map(max, costs))), 1e-300)
    for i, j in zip(rows.tolist(), cols.tolist(), strict=True):
        assert abs(Fraction(proof.f[i]) + Fraction(proof.g[j]) - costs[i][j]) <= 1e-15 * unit
    return proof


weird_weights = st.sampled_from([1.0, 0.1, 1 / 3, 3.0, 0.0, 5e-324, 1e-300, 1e-160, 1e-17, 2.0**-54, 1.0 + 2.0**-52])
coordinates = {
    "tied": st.integers(-3, 3).map(float),
    "far": st.integers(-4, 4).map(lambda k: 1e16 + 2.0 * k),
    "wide": st.sampled_from([0.0, 5e-324, -1e-300, 1e-160, 0.1, -1.0, 1e16, 1e150, 1e300, -1e300]),
    "any": st.floats(-1e50, 1e50).filter(lambda v: v == 0.0 or abs(v) > 1e-50),
}


@st.composite
def weird_problems(draw):
    n, m = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    kind = draw(st.sampled_from(sorted(coordinates)))
    x, y = (draw(st.lists(coordinates[kind], min_size=size, max_size=size)) for size in (n, m))
    a, b = (draw(st.lists(weird_weights, min_size=size, max_size=size).filter(any)) for size in (n, m))
    p = 1.0 if kind == "wide" else float(draw(st.integers(1, 4)))
    return ordered_problem(x, y, a, b, p)


@given(weird_problems())
def test_the_optimum_rounded_once_whatever_the_inputs(problem):
    check(problem)


@given(st.data())
def test_loaves_as_they_are(data):
    """Masses that differ in the last bits, or not at all; unlike shares they are not divided."""
    a = data.draw(st.lists(st.sampled_from([0.1, 0.2, 0.3, 1.0, 7.0]), min_size=1, max_size=4))
    x = data.draw(st.lists(coordinates["tied"], min_size=len(a), max_size=len(a)))
    b = [sum(a) / 3.0] * 3
    check(ordered_problem(x, [0.5, -1.0, 2.0], a, b, 2.0, probability=False))


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, 7.0])
@pytest.mark.parametrize("scale", [1e-40, 1.0, 1e40])
def test_the_enclosure_agrees_with_exact_arithmetic(rng, p, scale):
    n, m = 40, 60
    problem = ordered_problem(rng.normal(size=n) * scale, rng.normal(size=m) * scale, rng.random(n), rng.random(m), p)
    proof, (rows, cols) = proved(problem)
    costs, flows = exact_costs(problem), exact_flows(problem, rows, cols)
    expected = sum(flow * costs[i][j] for flow, i, j in zip(flows, rows, cols, strict=True))
    assert exact_cost(problem, rows, cols) == expected
    assert proof.value[0] == float(expected)
    assert min(flows) >= 0


def test_a_factor_counts_exactly():
    problem = ordered_problem([0.0, 1.0, 4.0], [0.3, 2.0])
    x, y, _, p = problem.cost.line()
    for scale in (0.1, 1e-200, 3e200):
        problem.cost.line = lambda scale=scale: staircase.Line(x, y, scale, p)
        check(problem)


def test_half_an_ulp_is_decided_exactly(monkeypatch):
    """2⁵³ + 1 lies between two floats: no enclosure tells which is nearest."""
    calls = []
    cost_of_path = staircase._cost_of_path
    monkeypatch.setattr(staircase, "_cost_of_path", lambda *args: calls.append(args) or cost_of_path(*args))
    for extra, value in (
        (1.0, (2.0**53, 2.0**53, 2.0**53 + 2.0)),
        (3.0, (2.0**53 + 4.0, 2.0**53 + 2.0, 2.0**53 + 4.0)),
    ):
        problem = ordered_problem([0.0, 0.0], [1.0], [2.0**53, extra], [2.0**53], probability=False)
        assert check(problem).value == value
    assert len(calls) == 4  # `check` asks for the exact cost once more, each time


def test_nothing_moves():
    points = [0.1, 0.2, 1e300]
    assert proved(ordered_problem(points, points))[0].value == (0.0, 0.0, 0.0)


def test_crumbs_are_told_from_ties():
    """1e-300 of the mass decides which cells are empty, though no double-double holds it beside 1."""
    problem = ordered_problem([0.0, 1.0, 2.0], [0.0, 1.0, 2.0], [1.0, 1e-300, 1.0], [1.0, 1.0, 1e-300])
    _, (rows, cols) = proved(problem)
    assert min(exact_flows(problem, rows, cols)) >= 0
    assert check(problem).mass.min() >= 0.0
    reference = [1 / 3, 0.1, 7.0, 5e-324]
    check(ordered_problem(range(4), range(4), reference, reference[::-1]))


@given(st.data())
def test_a_path_is_accepted_exactly_if_no_flow_is_negative(data):
    n, m = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5))
    small = st.integers(0, 3).map(float)
    a, b = (data.draw(st.lists(small, min_size=size, max_size=size).filter(any)) for size in (n, m))
    problem = ordered_problem(np.arange(n), np.arange(m) + 0.5, a, b)
    down = np.array(data.draw(st.permutations([1] * (n - 1) + [0] * (m - 1))), dtype=np.int64)
    rows, cols = np.append(0, down.cumsum()), np.append(0, (1 - down).cumsum())
    proof = prove_on_line(problem, rows, cols)
    flows = exact_flows(problem, rows, cols)
    assert (proof is not None) == (min(flows) >= 0)
    if proof is not None:
        assert proof.mass.tolist() == [float(flow) for flow in flows]
        assert proof.value == proved(problem)[0].value


def test_corrupted_paths_prove_nothing(rng):
    """Positive masses in general position have one staircase; whatever else is handed over is refused."""
    trials = 200 if numba.config.DISABLE_JIT else 5_000
    n, m = 12, 9
    problem = ordered_problem(rng.normal(size=n), rng.normal(size=m), rng.random(n), rng.random(m), 2.0)
    _, path = proved(problem)
    for _ in range(trials):
        wrong = [side.copy() for side in path]
        for _ in range(rng.integers(1, 4)):
            side, k = wrong[rng.integers(2)], rng.integers(n + m - 1)
            side[k] = rng.choice([side[k] + 1, side[k] - 1, 0, -1, n, m, 10**12, side[k - 1]])
        same = all((one == other).all() for one, other in zip(wrong, path, strict=True))
        assert (prove_on_line(problem, *wrong) is not None) == same
    rows, cols = path
    for wrong in ((rows[:-1], cols[:-1]), (rows[::-1].copy(), cols[::-1].copy()), (cols, rows)):
        assert prove_on_line(problem, *wrong) is None
    for wrong in ((rows[:-1], cols), (rows, cols[:-1])):
        assert prove_on_line(problem, *wrong) is None


@pytest.mark.parametrize(
    ("rows", "cols", "sound"),
    [
        ([0, 0, 0], [0, 1, 2], True),
        ([0, 0], [0, 1], False),  # too short
        ([0, 1, 0], [0, 0, 2], False),  # a row that is none
        ([0, 0, 0], [0, 0, 2], False),
        ([0, 0, 0], [0, 2, 1], False),
        ([0, 0, 0], [1, 1, 2], False),
    ],
)
def test_points_without_mass_are_on_the_path(rows, cols, sound):
    one, three = ([0.0], [1.0]), ([1.0, 2.0, 3.0], [1.0, 0.0, 0.0])
    rows, cols = np.array(rows), np.array(cols)
    assert (prove_on_line(ordered_problem(one[0], three[0], one[1], three[1]), rows, cols) is not None) == sound
    assert (prove_on_line(ordered_problem(three[0], one[0], three[1], one[1]), cols, rows) is not None) == sound


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("centre", [0.0, 2.0**-53])
@pytest.mark.parametrize(("beside", "decided"), [(0.0, False), (2.0**-100, False), (2.0**-88, False), (2.0**-80, True)])
def test_the_enclosure_knows_its_error(sign, centre, beside, decided):
    """Beside a float, and half-way between two, rounding is in doubt up to 2**-87 of the sum."""
    for low in (sign * (centre + beside), sign * (centre - beside)):
        walked = staircase.Walked(True, True, False, 1.5, low, 0.0, 0.0, -40)
        found = staircase._enclosed(walked, 1000, 2, 0.5, 11)  # in units of 2**-70
        assert (found is not None) == decided
        if found is not None:
            exact = (Fraction(1.5) + Fraction(low)) / 2**70
            assert found[0] == float(exact)
            assert Fraction(found[1]) < exact < Fraction(found[2])


def test_points_out_of_order_prove_nothing():
    rows, cols = np.array([0, 1, 1]), np.array([0, 0, 1])
    problems = [
        otkit.TransportProblem(Cityblock().between(x, y), probability=True)
        for x, y in (([0.0, 1.0], [2.0, 5.0]), ([1.0, 0.0], [2.0, 5.0]), ([0.0, 1.0], [5.0, 2.0]))
    ]
    assert [prove_on_line(problem, rows, cols) is not None for problem in problems] == [True, False, False]


def test_where_costs_are_no_fractions():
    path = np.array([0, 1, 1]), np.array([0, 0, 1])
    assert prove_on_line(ordered_problem([0.0, 1.0], [2.0, 5.0], p=1.5), *path) is None
    assert prove_on_line(otkit.TransportProblem([[1.0, 2.0], [3.0, 4.0]]), *path) is None
    assert otkit.wasserstein([0.0, 1.0], [2.0, 5.0], p=1.5).certificate.proof == "float"
    with pytest.raises(otkit.NotConvergedError, match="exact arithmetic"):
        otkit.wasserstein([0.0, 1.0], [2.0, 5.0], p=1.5, proof="exact")


@pytest.mark.parametrize(
    ("x", "y", "p", "expected"),
    [
        ([0.0, 1.0], [2.0, 3.0], 2.0, True),
        ([0.0, 1.0], [2.0, 3.0], 1.0, None),
        ([0.0, 0.0], [2.0, 3.0], 2.0, False),  # either of the equal points may go far
        ([0.0, 0.0], [2.0, 3.0], 1.0, False),
        ([0.0, 0.0, 1.0, 1.0], [2.0, 3.0], 2.0, True),  # equal points that share one target
        ([0.0, 0.0, 0.0], [2.0, 3.0], 2.0, False),
        ([0.0, 1.0], [2.0, 2.0], 2.0, False),
        ([0.0, 0.0], [2.0, 2.0], 2.0, False),
        ([7.0], [2.0, 2.0, 3.0], 1.0, True),  # there is only one plan
    ],
)
def test_whether_the_plan_is_unique(x, y, p, expected):
    assert proved(ordered_problem(x, y, p=p))[0].unique is expected
    assert otkit.wasserstein(x, y, p=p).certificate.unique is expected


@given(st.data())
def test_uniqueness_agrees_with_the_tight_pairs(data):
    """Small whole numbers: the costs in float64 are exact, and `otkit.checker.uniqueness` decides by pairs."""
    n, m = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5))
    x, y = (data.draw(st.lists(st.integers(0, 4), min_size=size, max_size=size)) for size in (n, m))
    a, b = (data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size).filter(any)) for size in (n, m))
    unique = otkit.wasserstein(x, y, a, b, p=2).certificate.unique
    assert unique is not None
    assert unique == otkit.wasserstein(x, y, a, b, p=2, method="simplex").certificate.unique


def test_the_front_door(rng):
    x, y, a, b = rng.normal(size=50), rng.normal(size=70), rng.random(50), rng.random(70)
    for p in (1, 2, 3):
        result = otkit.wasserstein(x, y, a, b, p=p, proof="exact")
        expected = check(ordered_problem(x, y, a, b, float(p)))
        assert (result.value, result.certificate.lower, result.certificate.upper) == expected.value
        assert result.certificate.proof == "exact"
        assert "for the real-valued |x − y|^p (Monge property): OPT = " in result.certificate.statement
        row, col = rng.permutation(50), rng.permutation(70)
        assert otkit.wasserstein(x[row], y[col], a[row], b[col], p=p).value == result.value
        quick = otkit.wasserstein(x, y, a, b, p=p, proof="float")
        assert quick.certificate.proof == "float"
        assert quick.value == pytest.approx(result.value, rel=1e-14)


@given(weird_problems())
def test_the_proof_travels(problem):
    """What is saved is checked by `otkit.checker.standalone`, which shares no line with the staircase."""
    result = otkit.transport(problem, method="line", proof="exact")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "proof.json")
        result.certificate.save(path)
        assert "|x − y|" in otkit.check_proof(problem, path).statement
