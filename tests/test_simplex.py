"""The network simplex against independent solvers, and its answers taken apart."""

import itertools

import numpy as np
import ot
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import otkit
from otkit.costs import as_cost, bind, boxes
from otkit.costs.order import kd_order
from otkit.problem import TransportProblem
from otkit.solvers import simplex
from otkit.solvers.monitor import Monitor
from otkit.solvers.simplex import SimplexOptions
from otkit.solvers.simplex.levels import ranges
from otkit.solvers.simplex.masses import integer_masses
from otkit.solvers.simplex.pricing import Pricer

EPS = np.finfo(float).eps


def clouds(n, m, d, seed, *, weighted=False):
    rng = np.random.default_rng(seed)
    a, b = (rng.random(n), rng.random(m)) if weighted else (np.ones(n), np.ones(m))
    return rng.normal(size=(n, d)), rng.normal(size=(m, d)), a / a.sum(), b / b.sum()


def point_problem(x, y, a, b, metric="euclidean", p=1.0):
    return TransportProblem(as_cost(metric).between(x, y, p=p), a, b, probability=True)


@pytest.fixture
def only_sparse(monkeypatch):
    """Send problems of every size down the road of large ones."""
    monkeypatch.setattr(simplex, "DENSE_PAIRS", 0)


def solved(problem, options=None):
    """Solve, and check feasibility, dual feasibility over all pairs, and that both values agree."""
    candidate = simplex.solve(problem, options or SimplexOptions(), Monitor())
    n, m = problem.shape
    costs = problem.cost.dense()
    plan = np.zeros((n, m))
    np.add.at(plan, (candidate.rows, candidate.cols), candidate.mass)
    total = problem.total
    assert candidate.stats.status == "optimal"
    assert (candidate.mass > 0).all()
    assert np.unique(candidate.rows * m + candidate.cols).size == candidate.rows.size
    assert np.abs(plan.sum(1) - problem.supply).sum() <= 1e-12 * total
    assert np.abs(plan.sum(0) - problem.demand).sum() <= 1e-12 * total
    size = np.abs(costs).max() + np.abs(candidate.f).max() + np.abs(candidate.g).max()
    slack = costs - candidate.f[:, None] - candidate.g
    assert slack.min() >= -16 * EPS * size
    value = (costs * plan).sum()
    dual = problem.supply @ candidate.f + problem.demand @ candidate.g
    assert abs(value - dual) <= 64 * EPS * size * total
    rows, cols = candidate.basis
    assert rows.size == n + m - 1
    assert np.abs(slack[rows, cols]).max() <= 64 * EPS * size
    assert spans(n, m, rows, cols)
    return candidate, value


def spans(n, m, rows, cols):
    leader = list(range(n + m))

    def find(v):
        while leader[v] != v:
            v = leader[v]
        return v

    for i, j in zip(rows, cols, strict=True):
        u, v = find(i), find(n + j)
        if u == v:
            return False
        leader[u] = v
    return True


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 7), (7, 1), (2, 2), (6, 6), (33, 20), (100, 100), (60, 250)])
def test_small_against_highs(n, m, weighted):
    problem = point_problem(*clouds(n, m, 2, n + m, weighted=weighted))
    _, value = solved(problem)
    a_eq = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
    highs = linprog(
        problem.cost.dense().ravel(), A_eq=a_eq[:-1], b_eq=np.concatenate([problem.supply, problem.demand])[:-1]
    )
    assert value == pytest.approx(highs.fun, rel=1e-7)


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine", otkit.Minkowski(3)])
@pytest.mark.parametrize("d", [2, 5])
@pytest.mark.usefixtures("only_sparse")
def test_every_metric_against_pot(metric, d):
    x, y, a, b = clouds(300, 420, d, 5, weighted=d == 2)
    problem = point_problem(x, y, a, b, metric)
    _, value = solved(problem)
    assert value == pytest.approx(ot.emd2(a, b, problem.cost.dense(), numItermax=10**7), rel=1e-11)


@pytest.mark.parametrize("p", [1.5, 2.0, 3.0])
@pytest.mark.usefixtures("only_sparse")
def test_powers(p):
    x, y, a, b = clouds(300, 300, 2, 6)
    problem = point_problem(x, y, a, b, p=p)
    _, value = solved(problem)
    assert value == pytest.approx(ot.emd2(a, b, problem.cost.dense(), numItermax=10**7), rel=1e-11)


@pytest.mark.usefixtures("only_sparse")
def test_haversine():
    rng = np.random.default_rng(3)
    x, y = (np.column_stack([rng.uniform(-90, 90, 300), rng.uniform(-180, 180, 300)]) for _ in range(2))
    solved(point_problem(x, y, None, None, "haversine"))


def grid(k):
    return np.array(list(itertools.product(range(k), repeat=2)), dtype=float)


def hard_cases():
    rng = np.random.default_rng(8)
    k = 300
    x, y = rng.normal(size=(k, 2)), rng.normal(size=(k, 2))
    far = x + [1e6, 0]
    yield "integer grid, cityblock", rng.permutation(grid(20)), grid(20) + [3, 1], None, None, "cityblock"
    yield "integer grid, squared", grid(18), grid(18)[::-1] * 2, None, None, "sqeuclidean"
    yield "same cloud", x, x.copy(), None, None, "euclidean"
    yield "same cloud, shuffled", x, rng.permutation(x), None, None, "sqeuclidean"
    yield "all points equal", np.zeros((k, 2)), np.zeros((k, 2)), None, None, "euclidean"
    yield (
        "duplicates",
        rng.integers(0, 4, (k, 2)).astype(float),
        rng.integers(0, 4, (k, 2)).astype(float),
        None,
        None,
        ("euclidean"),
    )
    yield "nearly equal", x, x + 1e-9 * y, None, None, "euclidean"
    yield "far apart", far, y, None, None, "euclidean"
    yield "two far clusters each", np.vstack([x, far]), np.vstack([y, far[:, ::-1]]), None, None, "sqeuclidean"
    yield "n much larger than m", rng.normal(size=(3000, 2)), y[:5], rng.random(3000), rng.random(5), "euclidean"
    yield "m much larger than n", y[:3], rng.normal(size=(2500, 2)), rng.random(3), rng.random(2500), "sqeuclidean"
    yield (
        "weights from 1e-300 to 1",
        x,
        y,
        10.0 ** rng.uniform(-300, 0, k),
        10.0 ** rng.uniform(-300, 0, k),
        "euclidean",
    )
    yield "one heavy node", x, y, np.r_[1.0, np.full(k - 1, 1e-12)], np.ones(k), "euclidean"
    yield (
        "chain on a line",
        np.c_[np.arange(k), np.zeros(k)],
        np.c_[np.arange(k) + 0.5, np.zeros(k)],
        None,
        None,
        ("euclidean"),
    )
    yield "tiny costs", 1e-120 * x, 1e-120 * y, None, None, "euclidean"
    yield "large costs", 1e120 * x, 1e120 * y, None, None, "euclidean"


@pytest.mark.parametrize("case", list(hard_cases()), ids=lambda case: case[0])
@pytest.mark.parametrize("road", ["dense", "sparse"])
def test_hard_cases_end_at_the_optimum(case, road, monkeypatch):
    _, x, y, a, b, metric = case
    monkeypatch.setattr(simplex, "DENSE_PAIRS", 0 if road == "sparse" else 10**9)
    _, value = solved(point_problem(x, y, a, b, metric))
    other = simplex.solve(point_problem(y, x, b, a, metric), SimplexOptions(), Monitor())
    scale = np.abs(as_cost(metric).between(x, y).dense()).max()
    costs = as_cost(metric).between(y, x).at(other.rows, other.cols)
    assert value == pytest.approx(costs @ other.mass, rel=1e-12, abs=1e-14 * scale)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("order", ["C", "F"])
def test_given_matrix(dtype, order):
    rng = np.random.default_rng(11)
    matrix = np.asarray(rng.random((400, 500)), dtype=dtype, order=order)
    a, b = rng.random(400), rng.random(500)
    problem = TransportProblem(bind(matrix), a, b, probability=True)
    _, value = solved(problem)
    assert value == pytest.approx(ot.emd2(problem.supply, problem.demand, matrix.astype(float)), rel=1e-10)


def test_given_matrix_of_either_sign_and_mixed_scale():
    rng = np.random.default_rng(12)
    matrix = rng.normal(size=(300, 300)) * 10.0 ** rng.integers(-3, 4, (300, 300))
    solved(TransportProblem(bind(matrix), None, None))


@pytest.mark.usefixtures("only_sparse")
def test_integer_masses_give_an_integer_plan():
    rng = np.random.default_rng(13)
    a = rng.integers(1, 50, 300)
    b = rng.multinomial(a.sum() - 200, np.full(200, 1 / 200)) + 1
    x, y = rng.normal(size=(300, 2)), rng.normal(size=(200, 2))
    problem = TransportProblem(as_cost("euclidean").between(x, y), a, b)
    candidate, _ = solved(problem)
    plan = np.zeros((300, 200))
    plan[candidate.rows, candidate.cols] = candidate.mass
    assert (plan == np.rint(plan)).all()
    assert (plan.sum(1) == a).all()
    assert (plan.sum(0) == b).all()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_planted_optima(data):
    """Costs f + g on a random tree, more elsewhere: the tree's flow is optimal, degenerate or not."""
    n, m = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 12))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    ties = data.draw(st.booleans())
    draw = (lambda *s: rng.integers(0, 4, s).astype(float)) if ties else (lambda *s: rng.random(s))
    f, g = draw(n), draw(m)
    plan = np.where(rng.random((n, m)) < 0.3, rng.integers(1, 5, (n, m)), 0).astype(float)
    plan[np.arange(n), rng.integers(0, m, n)] += 1
    plan[rng.integers(0, n, m), np.arange(m)] += 1
    costs = f[:, None] + g + np.where(plan > 0, 0.0, draw(n, m))
    problem = TransportProblem(bind(costs), plan.sum(1), plan.sum(0))
    candidate, value = solved(problem)
    assert value == pytest.approx((costs * plan).sum(), rel=1e-13, abs=1e-13)
    assert (candidate.mass == np.rint(candidate.mass)).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-12, 1.0, 1e9]), st.booleans())
def test_both_roads_agree(seed, scale, ties):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(130, 300, 2)
    x, y = (rng.integers(0, 12, (k, 2)).astype(float) if ties else rng.normal(size=(k, 2)) for k in (n, m))
    problem = point_problem(scale * x, scale * y, rng.random(n), rng.random(m), "cityblock" if ties else "euclidean")
    value = solved(problem)[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simplex, "DENSE_PAIRS", 0)
        assert solved(problem)[1] == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("size", [8e307, 1e308, 1.7e308])
def test_costs_whose_differences_leave_float64_end_in_an_error(size):
    """Some source then has no sink that looks cheap, and must still ship somewhere."""
    for pattern in ([[1, -1], [-1, 1]], [[1, 0, -1], [-1, 0, 1]], [[1]]):
        with pytest.raises((ValueError, otkit.NotConvergedError), match=r"Rescale the costs|is no finite price"):
            otkit.transport(np.array(pattern) * size, method="simplex")


@pytest.mark.parametrize("limit", [{"max_rounds": 0}, {}])
@pytest.mark.usefixtures("only_sparse")
def test_stopping_early_leaves_a_plan(limit):
    problem = point_problem(*clouds(800, 700, 2, 22))
    monitor = Monitor(max_seconds=None if limit else 0.0)
    candidate = simplex.solve(problem, SimplexOptions(**limit), monitor)
    assert candidate.stats.status == ("iteration_limit" if limit else "time_limit")
    rows = np.bincount(candidate.rows, candidate.mass, 800)
    cols = np.bincount(candidate.cols, candidate.mass, 700)
    assert np.abs(rows - problem.supply).max() < 1e-15
    assert np.abs(cols - problem.demand).max() < 1e-15


@pytest.mark.usefixtures("only_sparse")
def test_progress():
    problem = point_problem(*clouds(800, 700, 2, 23))
    seen = []
    simplex.solve(problem, SimplexOptions(), Monitor(lambda report: seen.append(report.text)))
    assert seen[-1].startswith("800 × 700")


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "cityblock", "chebyshev", otkit.Minkowski(3)])
def test_boxes_bound_from_below(metric):
    rng = np.random.default_rng(31)
    x, y = rng.normal(size=(500, 2)), rng.normal(size=(400, 2))
    x, y = x[kd_order(x)], y[kd_order(y)]
    cost = as_cost(metric).between(x, y)
    assert boxes.can_bound(cost.pairs)
    f, g = np.sin(3 * x[:, 0]) + x[:, 1], rng.normal(size=400)
    row_starts, col_starts = np.arange(0, 500, 32), np.arange(0, 400, 64)
    rows, cols = (
        boxes.blocks(cost.pairs.x, f, row_starts),
        boxes.blocks(cost.pairs.y.T, g, col_starts),
    )
    bounds = np.empty((row_starts.size, col_starts.size))
    boxes.lower_bounds(cost.pairs, rows, cols, 0, row_starts.size, bounds)
    slack = cost.dense() - f[:, None] - g
    truth = np.minimum.reduceat(np.minimum.reduceat(slack, row_starts, axis=0), col_starts, axis=1)
    assert (bounds <= truth).all()
    assert (bounds > truth - 10 * np.ptp(slack)).all()


def test_boxes_refuse_costs_that_are_not_convex_in_the_difference():
    points = np.zeros((3, 2))
    assert not boxes.can_bound(as_cost("haversine").between(points, points).pairs)
    assert not boxes.can_bound(bind(np.eye(3)).pairs)


def test_pricing_remembers_without_missing_anything():
    rng = np.random.default_rng(32)
    cost = as_cost("euclidean").between(rng.normal(size=(300, 5)), rng.normal(size=(290, 5)))
    costs = cost.dense()
    f, g = cost.row_minima(np.zeros(290))[0], np.zeros(290)
    pricer = Pricer(cost.pairs, f, g)
    for step in range(40):
        rows, cols = pricer.violated(f, g, 1e-12)
        slack = costs - f[:, None] - g
        assert (slack[rows, cols] < -1e-12).all()
        bad = slack < -1e-12
        assert set(np.flatnonzero(bad.any(1))) <= set(rows)
        assert set(np.flatnonzero(bad.any(0))) <= set(cols)
        f = f + rng.normal(size=300) * 0.3 ** (step % 10)
        g = g + rng.normal(size=290) * 0.3 ** (step % 10)


def test_kd_order_keeps_neighbours_together():
    points = np.random.default_rng(33).random((1000, 2))
    order = kd_order(points)
    assert (np.sort(order) == np.arange(1000)).all()
    bounds = ranges(1000, 6)
    widths = [np.ptp(points[order[lo:hi]], axis=0).max() for lo, hi in itertools.pairwise(bounds)]
    assert max(widths) < 0.4


@pytest.mark.parametrize("total", [1e-300, 1.0, 1e300])
def test_integer_masses(total):
    rng = np.random.default_rng(34)
    a, b = rng.random(50), rng.random(40)
    a, b = total * a / a.sum(), total * b / b.sum()
    sources, sinks, exponent, _ = integer_masses(a, b)
    assert sources.sum() == sinks.sum()
    assert min(sources.min(), sinks.min()) >= 1
    assert np.abs(np.ldexp(sources.astype(float), -exponent) - a).max() <= 1e-15 * total
    _, _, _, exact = integer_masses(np.array([3.0, 4.0]), np.array([2.0, 5.0]))
    assert exact


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "d", "metric"), [(20_000, 2, "sqeuclidean"), (10_000, 2, "cityblock"), (5000, 10, "euclidean")]
)
def test_large_clouds_are_certified(n, d, metric):
    x, y, a, b = clouds(n, n, d, 40, weighted=True)
    result = otkit.wasserstein(x, y, a, b, metric=metric, method="simplex")
    assert result.certificate.optimal
    assert result.certificate.gap <= 1e-12 * result.value
