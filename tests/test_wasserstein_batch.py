"""Batches of pairs: each as `otkit.wasserstein` or an independent solver says, and its bits depend on it alone."""

from __future__ import annotations

import pickle

import numpy as np
import ot
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

import otkit
from otkit.many.batch_pairs import CloudBatch, MatrixBatch
from otkit.solvers.matching import match

NORMS = ("euclidean", "sqeuclidean", "cityblock", "chebyshev", otkit.Minkowski(3))


def pairs(seed, count=5, n=9, m=7, d=2, idle=False):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(count, n, d)), rng.normal(size=(count, m, d))
    a, b = rng.random((count, n)) + 0.1, rng.random((count, m)) + 0.1
    if idle:
        a[:, 2], b[:, 0], a[0, 5] = 0.0, 0.0, 0.0
    return x, y, a, b


def agrees(result, singles):
    assert np.allclose(result.distances, [each.distance for each in singles], rtol=1e-12, atol=1e-12)
    for k, each in enumerate(singles):
        low, high = result.lower[k], result.upper[k]
        assert low <= result.distances[k] <= high
        assert low <= each.problem.cost.root(each.certificate.upper)
        assert high >= each.problem.cost.root(each.certificate.lower)
    assert result.largest_gap <= 1e-9 * result.distances.max()


@pytest.mark.parametrize(("metric", "p"), [(NORMS[k % 5], (1, 2, 1.5)[k % 3]) for k in range(10)])
@pytest.mark.parametrize("weighted", [False, True])
def test_as_one_by_one(p, metric, weighted):
    x, y, a, b = pairs(0)
    weights = (a, b) if weighted else ()
    result = otkit.wasserstein_batch(x, y, *weights, p=p, metric=metric)
    rows = zip(x, y, *weights, strict=True)
    agrees(result, [otkit.wasserstein(*each, p=p, metric=metric) for each in rows])
    assert set(result.proof) == {"float"}


@pytest.mark.parametrize("metric", ["cosine", lambda u, v: abs(u - v).sum()])
def test_other_metrics(metric):
    x, y, a, b = pairs(1)
    result = otkit.wasserstein_batch(x, y, a, b, metric=metric)
    agrees(result, [otkit.wasserstein(*each, metric=metric) for each in zip(x, y, a, b, strict=True)])
    with pytest.raises(ValueError, match=r"cost must be a power of a norm"):
        result.gradients()


@pytest.mark.parametrize("n", [1, 2, 3, 8, 33, 96, 97])
@pytest.mark.parametrize("ties", [False, True])
def test_equal_weights_are_matched_as_scipy_does(n, ties):
    rng = np.random.default_rng(n)
    x, y = rng.normal(size=(2, 4, n, 2))
    if ties:
        x, y = np.round(2.0 * x), np.round(2.0 * y)
    result = otkit.wasserstein_batch(x, y)
    for k in range(4):
        cost = cdist(x[k], y[k])
        assert result.distances[k] == pytest.approx(cost[linear_sum_assignment(cost)].mean(), rel=1e-12)
        plan = result.plans[k].toarray()
        assert np.allclose(plan.sum(0), 1.0 / n)
        assert np.allclose(plan.sum(1), 1.0 / n)
        f, g = result.potentials[k]
        assert (cost - f[:, None] - g).min() > -1e-12
        assert (f.sum() + g.sum()) / n == pytest.approx(result.distances[k], rel=1e-12)


@pytest.mark.parametrize("seed", range(30))
def test_matching(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 12))
    cost = rng.integers(-3, 4, (n, n)).astype(float) if seed % 2 else rng.normal(size=(n, n))
    partner, f, g = np.empty(n, np.int64), np.empty(n), np.empty(n)
    match(cost, partner, f, g)
    assert sorted(partner) == list(range(n))
    optimum = cost[linear_sum_assignment(cost)].sum()
    assert cost[np.arange(n), partner].sum() == pytest.approx(optimum, abs=1e-12)
    assert f.sum() + g.sum() == pytest.approx(optimum, abs=1e-12)
    assert (cost - f[:, None] - g).min() > -1e-12


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("idle", [False, True])
@pytest.mark.parametrize("p", [1, 2])
def test_plans_potentials_and_gradients(d, idle, p):
    x, y, a, b = pairs(3, d=d, idle=idle)
    result = otkit.wasserstein_batch(x, y, a, b, p=p)
    gradients = result.gradients()
    for k in range(len(x)):
        cost = cdist(x[k], y[k]) ** p
        plan = result.plans[k].toarray()
        assert (plan * cost).sum() == pytest.approx(result.values[k], rel=1e-12)
        assert np.allclose(plan.sum(1), a[k] / a[k].sum())
        assert np.allclose(plan.sum(0), b[k] / b[k].sum())
        f, g = result.potentials[k]
        assert (cost - f[:, None] - g).min() > -1e-12
        assert f @ a[k] / a[k].sum() + g @ b[k] / b[k].sum() == pytest.approx(result.values[k], rel=1e-12)
        single = otkit.subgradient(otkit.wasserstein(x[k], y[k], a[k], b[k], p=p))
        assert gradients.a[k] @ a[k] == pytest.approx(0.0, abs=1e-12)
        assert gradients.b[k] @ b[k] == pytest.approx(0.0, abs=1e-12)
        if d == 2 and not idle:
            for one, other in zip(single, gradients, strict=True):
                assert np.allclose(one, other[k], atol=1e-12)


@pytest.mark.parametrize("d", [1, 3])
@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("metric", ["euclidean", "cityblock"])
def test_gradients_against_differences(d, p, metric):
    x, y, a, b = pairs(4, count=2, d=d)
    found = otkit.wasserstein_batch(x, y, a, b, p=p, metric=metric).gradients()
    rng, step = np.random.default_rng(0), 1e-6
    given = (x, y, a, b)
    for which, gradient in enumerate(found):
        way = rng.normal(size=given[which].shape)
        ends = []
        for sign in (1.0, -1.0):
            moved = list(given)
            moved[which] = given[which] + sign * step * way
            ends.append(otkit.wasserstein_batch(*moved, p=p, metric=metric).distances)
        slopes = (ends[0] - ends[1]) / (2.0 * step)
        assert np.allclose(slopes, (gradient * way).sum(tuple(range(1, gradient.ndim))), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("d", [1, 2])
def test_bits_depend_on_the_pair_alone(d, monkeypatch):
    x, y, a, b = pairs(5, count=300, n=12, m=20, d=d)
    whole = otkit.wasserstein_batch(x, y, a, b, threads=2)
    order = np.random.default_rng(0).permutation(300)
    parts = [
        otkit.wasserstein_batch(x[order], y[order], a[order], b[order], threads=1),
        otkit.wasserstein_batch(list(x[order]), list(y[order]), list(a[order]), list(b[order])),
    ]
    monkeypatch.setattr("otkit.many.batch_pairs.MOST_ATOMS", 100)
    parts.append(otkit.wasserstein_batch(x[order], y[order], a[order], b[order]))
    for part in parts:
        for name in ("distances", "values", "lower", "upper"):
            assert np.array_equal(getattr(part, name), getattr(whole, name)[order])
        for one, other in zip(part.gradients(), whole.gradients(), strict=True):
            assert np.array_equal(np.array(one), np.array(other)[order])
        assert all(np.array_equal(part.plans[k].toarray(), whole.plans[order[k]].toarray()) for k in range(9))
    alone = otkit.wasserstein_batch(x[7:8], y[7:8], a[7:8], b[7:8])
    assert (alone.lower[0], alone.upper[0]) == (whole.lower[7], whole.upper[7])


def test_clouds_of_any_sizes():
    rng = np.random.default_rng(6)
    x = [rng.normal(size=(n, 2)) for n in (1, 5, 300)]
    y = [rng.normal(size=(n, 2)) for n in (4, 5, 300)]
    b = [rng.random(len(each)) for each in y]
    result = otkit.wasserstein_batch(x, y, None, b)
    agrees(result, [otkit.wasserstein(u, v, None, w) for u, v, w in zip(x, y, b, strict=True)])
    assert result.proof.tolist() == ["float", "float", "exact"]  # too many pairs for the batch
    gradients = result.gradients()
    assert [each.shape for each in gradients.x] == [(1, 2), (5, 2), (300, 2)]
    single = otkit.subgradient(otkit.wasserstein(x[2], y[2], None, b[2]))
    assert np.allclose(single.x, gradients.x[2])
    assert np.allclose(single.b, gradients.b[2])
    measures = [otkit.DiscreteMeasure(v, w) for v, w in zip(y, b, strict=True)]
    assert np.array_equal(otkit.wasserstein_batch(x, measures).distances, result.distances)


def test_pairs_that_need_units_of_their_own():
    x = np.array([[[0.0, 0.0]], [[0.0, 0.0]], [[0.0, 0.0]]])
    y = np.array([[[3.0, 4.0]], [[3e-209, 4e-209]], [[3e200, 4e200]]])
    result = otkit.wasserstein_batch(x, y, p=2)
    assert result.distances.tolist() == pytest.approx([5.0, 5e-209, 5e200], rel=1e-12)
    assert (result.lower <= result.distances).all()
    assert (result.upper >= result.distances).all()
    assert np.allclose(result.gradients().x[:, 0], [-0.6, -0.8])
    assert result[0] == otkit.wasserstein_batch(x[:1], y[:1], p=2)[0]


def test_long_tailed_masses():
    rng = np.random.default_rng(7)
    x, y, _, _ = pairs(7, count=6)
    a, b = 10.0 ** rng.uniform(-300, 0, (6, 9)), 10.0 ** rng.uniform(-18, 0, (6, 7))
    agrees(otkit.wasserstein_batch(x, y, a, b), [otkit.wasserstein(*each) for each in zip(x, y, a, b, strict=True)])


def test_equal_clouds():
    x = np.random.default_rng(8).normal(size=(3, 6, 2))
    result = otkit.wasserstein_batch(x, x[:, ::-1], p=2)
    assert result.distances.tolist() == [0.0] * 3
    assert all((each == 0.0).all() for each in result.gradients())


def test_exact_proofs():
    x, y, a, b = pairs(9)
    result = otkit.wasserstein_batch(x, y, a, b, proof="exact")
    assert set(result.proof) == {"exact"}
    assert result.solve(1) is result.solve(-4)


def test_given_costs():
    rng = np.random.default_rng(10)
    costs, a = rng.normal(size=(6, 5, 8)), rng.integers(0, 5, (6, 5)).astype(float)
    a[:, 0] += 1.0
    b = np.array([rng.multinomial(int(total), np.full(8, 1 / 8)) for total in a.sum(1)]).astype(float)
    result = otkit.transport_batch(costs, a, b)
    for k in range(6):
        assert result.values[k] == pytest.approx(ot.emd2(a[k], b[k], costs[k]), rel=1e-12)
        plan = result.plans[k].toarray()
        assert np.array_equal(plan, np.round(plan))  # of whole masses, a whole plan
        assert np.array_equal(plan.sum(1), a[k])
        assert np.array_equal(plan.sum(0), b[k])
        f, g = result.potentials[k]
        assert (costs[k] - f[:, None] - g).min() > -1e-12
        assert f @ a[k] + g @ b[k] == pytest.approx(result.values[k])
        assert result.lower[k] <= otkit.transport(costs[k], a[k], b[k]).value <= result.upper[k]
    shared = otkit.transport_batch(costs[0], a, b)
    assert shared.values[3] == pytest.approx(ot.emd2(a[3], b[3], costs[0]), rel=1e-12)
    assert np.allclose(shared.values, [otkit.transport(costs[0], *each).value for each in zip(a, b, strict=True)])
    with pytest.raises(ValueError, match="gradients needs costs between points"):
        shared.gradients()


def test_masses_left_out():
    costs = np.random.default_rng(11).random((3, 4, 4))
    uniform = otkit.transport_batch(costs)
    assert np.allclose(uniform.values, [otkit.transport(each).value for each in costs])
    assert np.allclose(otkit.transport_batch(costs[:, :3]).values, [otkit.transport(each[:3]).value for each in costs])
    some = otkit.transport_batch(costs, [1.0, 2.0, 3.0, 4.0])
    assert np.allclose(some.values, [otkit.transport(each, [1, 2, 3, 4]).value for each in costs])
    assert len(otkit.transport_batch(costs[0], [1, 2, 3, 4])) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": {(1, 2, 0): np.nan}}, r"x must be finite, but x\[1, 2, 0\] = nan"),
        ({"a": {(3, 1): -1.0}}, r"a must be non-negative, but a\[3, 1\] = -1.0"),
        ({"b": {(2,): 0.0}}, r"b\[2\] must have a positive entry"),
        ({"b": {(2,): 1e308}}, r"b\[2\] must have a finite total"),
    ],
)
def test_errors_name_the_pair(changes, message):
    given = dict(zip("xyab", pairs(12), strict=True))
    for name, entries in changes.items():
        for place, value in entries.items():
            given[name][place] = value
    with pytest.raises(ValueError, match=message):
        otkit.wasserstein_batch(**given)


def test_more_errors():
    x, y, a, _ = pairs(13)
    with pytest.raises(ValueError, match="as many clouds"):
        otkit.wasserstein_batch(x, y[:3])
    with pytest.raises(ValueError, match=r"shape \(5, 9\), weights for each pair, or \(9,\)"):
        otkit.wasserstein_batch(x, y, a[:, :3])
    with pytest.raises(ValueError, match=r"x\[2\] must be finite"):
        otkit.wasserstein_batch([*x[:2], x[2] * np.nan], list(y[:3]))
    with pytest.raises(ValueError, match=r"pair \(x\[1\], y\[1\]\).*cosine"):
        otkit.wasserstein_batch([x[0], x[1] * 0.0], list(y[:2]), metric="cosine")
    with pytest.raises(ValueError, match="at least one pair"):
        otkit.wasserstein_batch([], [])
    with pytest.raises(TypeError, match="array of clouds"):
        otkit.wasserstein_batch(otkit.DiscreteMeasure(x[0]), y)
    with pytest.raises(ValueError, match="proof must be"):
        otkit.wasserstein_batch(x, y, proof="auto")
    with pytest.raises(otkit.InfeasibleError, match=r"The pair \(a\[1\], b\[1\]\): a and b must have equal totals"):
        otkit.transport_batch(np.ones((2, 2)), [[1.0, 2.0], [1.0, 1.0]], [[2.0, 1.0], [3.0, 1.0]])
    with pytest.raises(IndexError, match="not in a batch of 5"):
        otkit.wasserstein_batch(x, y).solve(5)


def test_results_are_good_citizens():
    x, y, a, b = pairs(14)
    result = otkit.wasserstein_batch(x, y, a, b)
    copy = pickle.loads(pickle.dumps(result))
    assert np.array_equal(copy, result)
    assert np.array_equal(copy.gradients().x, result.gradients().x)
    assert len(result) == 5
    assert result[1] == result.distances[1]
    assert "5 distances" in str(result)
    assert result.to_dict()["proof"] == ["float"] * 5
    assert isinstance(result.batch, CloudBatch)
    assert isinstance(otkit.transport_batch(np.ones((1, 2, 2))).batch, MatrixBatch)
