"""Uniqueness and the canonical plan, against all plans of small problems and against perturbed costs."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from oracles import exact_optimum
from strategies import matrix_problems

import otkit
from otkit.checker.optimality import judge
from otkit.checker.uniqueness import is_unique
from otkit.optimal_transport.canonical import lexicographic_plan

# --- oracles --------------------------------------------------------------------------------------------------------


def splits(total, room):
    """All ways to ship `total` units to columns that have `room` left."""
    if len(room) == 1:
        return [(total,)] if total <= room[0] else []
    return [(first, *rest) for first in range(min(total, room[0]) + 1) for rest in splits(total - first, room[1:])]


def integer_plans(a, b):
    """All integer plans, each as its rows one after the other."""
    if not a:
        return [()] if not any(b) else []
    return [
        row + rest
        for row in splits(a[0], b)
        for rest in integer_plans(a[1:], [x - y for x, y in zip(b, row, strict=True)])
    ]


def optimal_integer_plans(costs, a, b):
    """All optimal integer plans, in lexicographic order. They hold every vertex of the optimal face."""
    flat = [c for row in costs for c in row]
    plans = integer_plans(list(a), list(b))
    values = [sum(c * x for c, x in zip(flat, plan, strict=True)) for plan in plans]
    least = min(values)
    return sorted(plan for plan, value in zip(plans, values, strict=True) if value == least)


def extreme_plans(costs, a, b):
    """The lexicographically smallest and largest optimal plan, as optima of costs perturbed infinitesimally.

    With masses as integers of sum T, pair k of N weighs (T + 1)^(N − k), more than all later pairs can make up for, and
    costs as integers times (T + 1)^(N + 1), more than all these weights.
    """
    n, m = costs.shape
    a, b = integers(a), integers(b)
    a, b = a * b.sum(), b * a.sum()
    base = a.sum() + 1
    order = np.array([[base ** (n * m - i * m - j) for j in range(m)] for i in range(n)], dtype=object)
    heavy = integers(costs.ravel()).reshape(n, m) * base ** (n * m + 1)
    return [exact_optimum(heavy + sign * order, a, b).plan for sign in (1, -1)], Fraction(a.sum())


def integers(values):
    """Return numbers in a common unit, as an array of Python integers: others would round beyond 2⁶³."""
    fractions = [Fraction(x) for x in np.asarray(values).tolist()]
    unit = math.lcm(*(x.denominator for x in fractions))
    return np.array([int(x * unit) for x in fractions], dtype=object)


class Face:
    """The optimal face of a problem: its tight pairs, and one optimal plan in integers."""

    def __init__(self, costs, a, b):
        answer = exact_optimum(costs, a, b)
        self.n, self.m = len(answer.f), len(answer.g)
        exact = [[Fraction(c) for c in row] for row in np.asarray(costs).tolist()]
        self.pairs = [(i, j) for i in range(self.n) for j in range(self.m) if answer.f[i] + answer.g[j] == exact[i][j]]
        self.mass = integers([answer.plan[i][j] for i, j in self.pairs]).tolist()

    def unique(self, mass=None):
        rows, cols = np.array(self.pairs, dtype=np.int64).T.copy()
        return is_unique(self.n, self.m, rows, cols, np.array([x > 0 for x in mass or self.mass]))

    def smallest(self, mass=None):
        return lexicographic_plan(self.n, self.m, dict(zip(self.pairs, mass or self.mass, strict=True)))


def flat(plan, n, m):
    return tuple(plan.get((i, j), 0) for i in range(n) for j in range(m))


@st.composite
def small_problems(draw):
    """Up to 3 × 4, a few units a row, costs with many ties."""
    n, m = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    entry = st.integers(0, draw(st.sampled_from([0, 1, 2, 9])))
    costs = draw(st.lists(st.lists(entry, min_size=m, max_size=m), min_size=n, max_size=n))
    plan = draw(st.lists(st.lists(st.integers(0, 2), min_size=m, max_size=m), min_size=n, max_size=n))
    plan[0][0] += not any(map(any, plan))
    a, b = [min(sum(row), 4) for row in plan], [0] * m
    for k in range(sum(a)):
        b[draw(st.integers(0, m - 1)) if k % 2 else k % m] += 1
    return costs, a, b


# --- against all plans ----------------------------------------------------------------------------------------------


@given(small_problems())
def test_all_integer_plans_agree(problem):
    costs, a, b = problem
    n, m = len(a), len(b)
    plans = optimal_integer_plans(costs, a, b)
    face = Face(costs, a, b)
    for plan in plans:  # whichever optimal plan is known, a vertex or not
        mass = [plan[i * m + j] for i, j in face.pairs]
        assert sum(mass) == sum(a)
        assert face.unique(mass) == (len(plans) == 1)
        assert flat(face.smallest(mass), n, m) == plans[0]


@given(matrix_problems())
def test_perturbed_costs_agree(problem):
    (smallest, largest), total = extreme_plans(problem.cost.dense(), problem.a, problem.b)
    face = Face(problem.cost.dense(), problem.a, problem.b)
    assert face.unique() == (smallest == largest)
    unit = total / sum(face.mass)
    found = face.smallest()
    assert [units * unit for units in flat(found, face.n, face.m)] == [x for row in smallest for x in row]
    assert list(found) == sorted(found)
    assert all(type(units) is int and units > 0 for units in found.values())


def test_many_seeds_agree(rng):
    """Each kind of answer comes up often, so that none is right by accident."""
    unique = degenerate = tight = 0
    for _ in range(300):
        n, m = rng.integers(2, 5, 2).tolist()
        costs = rng.integers(0, 4, (n, m))
        plan = rng.integers(0, 3, (n, m)) * (rng.random((n, m)) < 0.4)
        plan[0, 0] += 1
        a, b = plan.sum(axis=1), plan.sum(axis=0)
        (smallest, largest), _ = extreme_plans(costs, a, b)
        face = Face(costs, a, b)
        assert face.unique() == (smallest == largest)
        carriers = sum(x > 0 for x in face.mass)
        unique += face.unique()
        degenerate += face.unique() and carriers < n + m - 1
        tight += face.unique() and len(face.pairs) > n + m - 1
    assert 60 < unique < 240
    assert degenerate > 30
    assert tight > 10


# --- by hand --------------------------------------------------------------------------------------------------------


def test_equal_costs_leave_a_choice():
    face = Face([[1, 1], [1, 1]], [2, 1], [1, 2])
    assert not face.unique()
    assert face.smallest() == {(0, 1): 2, (1, 0): 1}


def test_a_dearer_pair_leaves_none():
    face = Face([[1, 1], [1, 2]], [2, 1], [1, 2])
    assert face.unique()
    assert face.smallest() == {(0, 1): 2, (1, 0): 1}


def test_tight_pairs_that_can_take_no_mass():
    """All pairs are tight, and yet a single source has no choice."""
    face = Face([[0, 0, 0]], [3], [1, 1, 1])
    assert len(face.pairs) == 3
    assert face.unique()


def test_degenerate_and_unique():
    """Shipping straight is best, and one of the two crossings is tight at the potentials: mass can't return."""
    rows, cols = np.array([0, 1, 0]), np.array([0, 1, 1])
    assert is_unique(2, 2, rows, cols, np.array([True, True, False]))
    rows, cols = np.array([0, 1, 0, 1]), np.array([0, 1, 1, 0])
    assert not is_unique(2, 2, rows, cols, np.array([True, True, False, False]))


def test_a_cycle_through_three_trees():
    """Rows 0, 1, 2 to columns 1, 2, 0: none of the three arcs alone can take mass, all together can."""
    rows, cols = np.array([0, 1, 2, 0, 1, 2]), np.array([0, 1, 2, 1, 2, 0])
    positive = np.arange(6) < 3
    assert not is_unique(3, 3, rows, cols, positive)
    assert is_unique(3, 3, rows[:5], cols[:5], positive[:5])
    flow = {(0, 0): 4, (1, 1): 5, (2, 2): 3, (0, 1): 0, (1, 2): 0, (2, 0): 0}
    assert lexicographic_plan(3, 3, flow) == {(0, 0): 1, (0, 1): 3, (1, 1): 2, (1, 2): 3, (2, 0): 3}


def test_masses_of_zero():
    """Rows and columns that hold nothing have no choice, whatever is tight."""
    face = Face([[0, 0, 0], [0, 0, 0], [0, 0, 0]], [0, 5, 0], [3, 0, 2])
    assert len(face.pairs) == 9
    assert face.unique()
    assert face.smallest() == {(1, 0): 3, (1, 2): 2}


def test_a_plan_inside_the_face():
    """A support with a cycle says by itself that there are more plans."""
    rows, cols = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    assert not is_unique(2, 2, rows, cols, np.ones(4, dtype=bool))
    assert lexicographic_plan(2, 2, {(0, 0): 1, (0, 1): 1, (1, 0): 1, (1, 1): 1}) == {(0, 1): 2, (1, 0): 2}


def test_masses_beyond_any_float():
    huge = 10**400
    flow = {(0, 0): huge + 1, (0, 1): 0, (1, 0): 0, (1, 1): huge}
    assert lexicographic_plan(2, 2, flow) == {(0, 0): 1, (0, 1): huge, (1, 0): huge}


# --- as an answer ---------------------------------------------------------------------------------------------------


def exact_flows(problem, basis):
    """Return the flow of each arc of a spanning tree, having proved with fractions that the tree is optimal."""
    n, m = problem.shape
    arcs = list(zip(*(part.tolist() for part in basis), strict=True))
    total_a, total_b = sum(map(Fraction, problem.a.tolist())), sum(map(Fraction, problem.b.tolist()))
    scale = 1 if problem.probability else total_a
    left = [Fraction(x) / total_a * scale for x in problem.a.tolist()]
    left += [Fraction(x) / total_b * scale for x in problem.b.tolist()]
    flows, open_arcs = {}, set(arcs)
    while open_arcs:  # leaf elimination
        ends = [v for i, j in open_arcs for v in (i, n + j)]
        leaf = next(v for v in ends if ends.count(v) == 1)
        i, j = next((i, j) for i, j in open_arcs if leaf in (i, n + j))
        flows[i, j] = left[leaf]
        left[i + n + j - leaf] -= left[leaf]
        open_arcs.remove((i, j))
    costs = [[Fraction(c) for c in row] for row in problem.cost.dense().tolist()]
    price = {0: Fraction(0)}
    while len(price) < n + m:
        for i, j in arcs:
            if i in price:
                price[n + j] = costs[i][j] - price[i]
            elif n + j in price:
                price[i] = costs[i][j] - price[n + j]
    slack = {(i, j): costs[i][j] - price[i] - price[n + j] for i in range(n) for j in range(m)}
    assert min(flows.values()) >= 0
    assert min(slack.values()) >= 0
    return flows


def canonical(problem, method="auto"):
    result = otkit.transport(problem, method=method, canonical=True)
    assert result.certificate.proof == "exact"
    return result.candidate


CLOUD = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [2, 1]], dtype=float)
PROBLEMS = {
    "equal costs": otkit.TransportProblem(np.ones((3, 4)), [3, 2, 4], [1, 3, 3, 2]),
    "shares of thirds": otkit.TransportProblem(np.ones((3, 2)), [1, 1, 1], [1, 1], probability=True),
    "assignment": otkit.TransportProblem(np.array([[1, 1, 2], [1, 1, 1], [2, 1, 1]])),
    "grid": otkit.TransportProblem(
        otkit.Cityblock().between(CLOUD, CLOUD[::-1] + 1.0), np.arange(1, 6), np.ones(5) * 3
    ),
    "unique": otkit.TransportProblem([[10, 31], [7, 19]], [3, 2], [4, 1]),
    "one row": otkit.TransportProblem([[1, 1, 1]], [0.3], [0.1, 0.1, 0.1]),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_canonical_answer_is_proved(name):
    problem = PROBLEMS[name]
    answer = canonical(problem)
    pairs = list(zip(answer.rows.tolist(), answer.cols.tolist(), strict=True))
    assert pairs == sorted(pairs)
    assert otkit.certify(problem, plan=answer, potentials=(answer.f, answer.g)).optimal
    # The basis is a spanning tree, optimal by fractions, and its flows are the plan.
    carried = {arc: mass for arc, mass in exact_flows(problem, answer.basis).items() if mass}
    assert [float(carried[pair]) for pair in pairs] == answer.mass.tolist()
    assert len(carried) == len(pairs)
    (smallest, _), total = extreme_plans(problem.cost.dense(), problem.a, problem.b)
    assert [[x / total for x in row] for row in smallest] == [
        [carried.get((i, j), 0) / sum(carried.values()) for j in range(problem.shape[1])]
        for i in range(problem.shape[0])
    ]


def test_masses_are_exact_and_rounded_once():
    answer = canonical(PROBLEMS["shares of thirds"])
    assert answer.rows.tolist() == [0, 1, 1, 2]
    assert answer.cols.tolist() == [1, 0, 1, 0]
    assert answer.mass.tolist() == [1 / 3, 1 / 6, 1 / 6, 1 / 3]


def test_solvers_that_find_different_plans_agree(rng):
    apart = 0
    for _ in range(5):
        problem = otkit.TransportProblem(rng.integers(0, 2, (6, 6)).astype(float))
        methods = "simplex", "lp", "assignment"
        assert len({canonical(problem, method).cols.tobytes() for method in methods}) == 1
        apart += len({otkit.transport(problem, method=method).candidate.cols.tobytes() for method in methods}) > 1
    assert apart > 0


def test_a_tie_but_for_the_last_bit_is_none():
    """Rows 0 and 1 have no choice, if only by one rounding; rows 2 and 3 have."""
    costs = [[1.0, 1.0 + 2.0**-52, 9, 9], [1, 1, 9, 9], [9, 9, 1, 1], [9, 9, 1, 1]]
    assert canonical(otkit.TransportProblem(costs)).cols.tolist() == [0, 1, 3, 2]


def test_a_canonical_plan_that_is_not_proved_is_not_returned(monkeypatch):
    monkeypatch.setattr("otkit.optimal_transport.solve.AT_ONCE", {})
    monkeypatch.setattr("otkit.optimal_transport.answers.prove_at_once", lambda problem, candidate: None)
    monkeypatch.setattr(
        "otkit.optimal_transport.answers.prove", lambda problem, candidate, monitor, canonical: (candidate, None)
    )
    assert otkit.transport([[1, 1], [1, 1]]).certificate.proof == "float"
    with pytest.raises(otkit.NotConvergedError, match="not proved optimal in exact arithmetic"):
        otkit.transport([[1, 1], [1, 1]], canonical=True)


@given(small_problems())
def test_transport_returns_the_canonical_plan(problem):
    plans = optimal_integer_plans(*problem)
    result = otkit.transport(*problem, canonical=True)
    assert result.plan.toarray().ravel().tolist() == list(plans[0])
    assert result.certificate.unique is (len(plans) == 1)


def test_certificates_of_degenerate_trees_agree(rng):
    """An assignment leaves n − 1 arcs of its tree without mass, so that many a tight pair has nothing to gain."""
    stuck = choice = 0
    for _ in range(60):
        problem = otkit.TransportProblem(rng.integers(0, 5, (4, 4)))
        (smallest, largest), _ = extreme_plans(problem.cost.dense(), problem.a, problem.b)
        result = otkit.transport(problem)
        assert result.certificate.unique is (smallest == largest)
        stuck += smallest == largest and (judge(problem, *result.candidate.basis).reduced == 0.0).any()
        choice += smallest != largest
    assert stuck > 3
    assert choice > 10


def test_a_verdict_on_some_pairs_alone():
    """A choice among some tight pairs is a choice; without one, the others decide, and they are unknown."""
    problem = PROBLEMS["equal costs"]
    verdict = judge(problem, *otkit.transport(problem).candidate.basis)
    assert verdict.unique is False
    assert verdict._replace(complete=False).unique is False
    none = np.empty(0, dtype=np.int64)
    alone = verdict._replace(rows=none, cols=none, reduced=np.empty(0))
    assert alone.unique is True
    assert alone._replace(complete=False).unique is None


def test_points_on_the_line_have_ties_too():
    result = otkit.wasserstein([0, 1, 2], [1, 2, 3], canonical=True)
    assert result.method == "simplex"
    assert result.plan.toarray().argmax(axis=1).tolist() == [2, 0, 1]


def test_sparse_costs_have_no_other_pairs():
    costs = np.array([[1, 1, 9, 1], [1, 9, 1, 1], [9, 1, 1, 1]])
    masses = [2, 3, 4], [1, 2, 4, 2]
    listed = scipy.sparse.coo_array(np.where(costs < 9, costs, 0))
    sparse = canonical(otkit.TransportProblem(listed, *masses))
    dense = canonical(otkit.TransportProblem(costs, *masses))
    for part in ("rows", "cols", "mass"):
        assert getattr(sparse, part).tolist() == getattr(dense, part).tolist()


def test_canonical_plans_are_for_small_problems():
    with pytest.raises(ValueError, match="up to 4096 pairs, but this one has 4160"):
        otkit.transport(np.zeros((64, 65)), canonical=True)


@pytest.mark.parametrize("method", ["line", "sinkhorn"])
def test_canonical_plans_need_exact_ties(method):
    with pytest.raises(ValueError, match=rf"canonical must be False for method='{method}': .* Use method='simplex'"):
        otkit.wasserstein([0.0, 1.0], [2.0, 3.0], method=method, canonical=True)
    with pytest.raises(ValueError, match="canonical must be False for proof='float'"):
        otkit.wasserstein([0.0, 1.0], [2.0, 3.0], proof="float", canonical=True)
