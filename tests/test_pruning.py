"""The pruned sweep against the whole one, bit for bit, and the bounds that it rests on against every pair."""

import numba
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import otkit
from otkit.costs import as_cost, bind, boxes, evaluated, pruning, sweeps
from otkit.costs.order import in_kd_order, inverse, kd_order
from otkit.numerics.threads import threads

COMPILED = not numba.config.DISABLE_JIT
EXAMPLES = 300 if COMPILED else 25

METRICS = ["euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine", otkit.Minkowski(3), otkit.Minkowski(2.5)]
POWERS = [1.0, 1.5, 2.0, 3.0, 2.7, 12.0]

CLOUDS = {
    "normal": lambda rng, x, y: (x, y),
    "duplicates": lambda rng, x, y: (np.rint(x), np.rint(y)),
    "one point": lambda rng, x, y: (x, np.repeat(y[:1], len(y), axis=0)),
    "far from the origin": lambda rng, x, y: (1e8 + x, 1e8 + y),
    "far apart": lambda rng, x, y: (x, 1e6 + y),
    "nearly equal": lambda rng, x, y: (x, np.resize(x, y.shape) + 1e-9 * y),
    "equal": lambda rng, x, y: (x, np.resize(x, y.shape)),
    "on a line": lambda rng, x, y: (x[:, :1] * np.ones(x.shape[1]), y[:, :1] * np.ones(y.shape[1])),
    "clusters": lambda rng, x, y: tuple(1e-5 * z + rng.integers(0, 3, (len(z), 1)) for z in (x, y)),
    "of every scale": lambda rng, x, y: tuple(z * 10.0 ** rng.integers(-9, 3, z.shape) for z in (x, y)),
    "tiny coordinates": lambda rng, x, y: (x * np.where(rng.random(x.shape) < 0.5, 1.0, 1e-170), y),
}

POTENTIALS = ["transforms", "near transforms", "smooth", "noise", "zero", "far out", "huge"]


def bound_cost(metric, p, cloud, n, m, d, seed):
    rng = np.random.default_rng(seed)
    x, y = CLOUDS[cloud](rng, rng.normal(size=(n, d)), rng.normal(size=(m, d)))
    if metric == "cosine":  # which has no zero vector
        x, y = x + 7.0, y + 7.0
    return as_cost(metric).between(x, y, p=p)


def potentials_of(kind, cost, rng):
    """Return potentials like those of an optimum, or like anything else."""
    n, m = cost.shape
    f, g = cost.row_minima(np.zeros(m))[0], np.zeros(m)
    if kind in ("transforms", "near transforms"):
        f = f + rng.random(n) * np.ptp(f)
        g = cost.column_minima(f)[0]
        f = cost.row_minima(g)[0]
        if kind == "near transforms":
            f = f * (1 + 1e-12 * rng.normal(size=n))
    elif kind == "smooth":
        x = cost.pairs.x
        f = x[:, 0] * f.mean()
    elif kind == "noise":
        f, g = rng.normal(size=n) * f.max(), rng.normal(size=m) * f.max()
    elif kind == "far out":
        f = np.where(rng.random(n) < 0.1, -1e9, f)
    elif kind == "huge":
        f, g = rng.normal(size=n) * 1e306, rng.normal(size=m) * 1e306
    return f, g


problems = {
    "metric": st.sampled_from(METRICS),
    "p": st.sampled_from(POWERS),
    "cloud": st.sampled_from(list(CLOUDS)),
    "potentials": st.sampled_from(POTENTIALS),
    "n": st.integers(1, 150 if COMPILED else 40),
    "m": st.integers(1, 150 if COMPILED else 40),
    "d": st.integers(2, 4),
    "seed": st.integers(0, 2**32),
}


@given(**problems)
@settings(deadline=None, max_examples=EXAMPLES)
def test_pruned_and_whole_sweeps_give_the_same_bits(metric, p, cloud, potentials, n, m, d, seed):
    cost = bound_cost(metric, p, cloud, n, m, d, seed)
    assume(boxes.can_bound(cost.pairs))
    rng = np.random.default_rng(seed + 1)
    ordered = in_kd_order(cost.pairs)
    f, g = potentials_of(potentials, cost, rng)
    f, g = f[ordered.rows], g[ordered.cols]
    whole = sweeps.slack_minima(ordered.pairs, f, g)
    near = int(rng.integers(0, 2 * (n + m)))
    for near_rows, near_cols in (
        (np.arange(n), np.argmin(cost.dense()[np.ix_(ordered.rows, ordered.cols)] - f[:, None] - g, axis=1)),
        (rng.integers(0, n, near), rng.integers(0, m, near)),
    ):
        pruned = pruning.slack_minima(ordered.pairs, f, g, near_rows, near_cols)
        for one, other in zip(whole, pruned, strict=True):
            assert one.tobytes() == other.tobytes()


@given(**problems, width=st.sampled_from([1, 2, 7, 32]))
@settings(deadline=None, max_examples=EXAMPLES)
def test_no_pair_is_below_the_bound_of_its_block(metric, p, cloud, potentials, n, m, d, seed, width):
    """Blocks of one point leave nothing but rounding between the bound and the pair."""
    cost = bound_cost(metric, p, cloud, n, m, d, seed)
    assume(boxes.can_bound(cost.pairs))
    pairs = in_kd_order(cost.pairs).pairs
    costs = np.empty((n, m))
    sweeps.fill(pairs, 0, 0, costs)
    f, g = potentials_of(potentials, bind(costs) if potentials != "smooth" else cost, np.random.default_rng(seed))
    row_starts, col_starts = np.arange(0, n, width), np.arange(0, m, width)
    bounds = np.empty((row_starts.size, col_starts.size))
    boxes.lower_bounds(
        pairs,
        boxes.blocks(pairs.x, f, row_starts),
        boxes.blocks(pairs.y.T, g, col_starts),
        0,
        row_starts.size,
        bounds,
    )
    slack = (costs - f[:, None]) - g
    least = np.minimum.reduceat(np.minimum.reduceat(slack, row_starts, axis=0), col_starts, axis=1)
    assert (bounds <= least).all()


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "cityblock", "chebyshev"])
def test_without_its_margin_the_bound_would_be_wrong(metric, monkeypatch):
    """Over blocks of one point the bound is the cost, its third power by another road, and so off by a rounding."""
    monkeypatch.setattr(boxes, "ROUNDINGS", 0.0)
    cost = bound_cost(metric, 3.0, "normal", 30, 30, 2, 3)
    f, g = potentials_of("transforms", cost, np.random.default_rng(4))
    rows, cols = boxes.blocks(cost.pairs.x, f, np.arange(30)), boxes.blocks(cost.pairs.y.T, g, np.arange(30))
    slack = (cost.dense() - f[:, None]) - g
    margin, lower_bound = (getattr(kernel, "py_func", kernel) for kernel in (boxes.margin, boxes.lower_bound))
    room = margin(cost.pairs), np.empty(2), np.empty(2)
    bounds = np.array([[lower_bound(cost.pairs, rows, i, cols, j, *room) for j in range(30)] for i in range(30)])
    assert (bounds > slack).any()
    np.testing.assert_allclose(bounds, slack, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("part", ["height", "radius"])
def test_a_wrong_bound_is_noticed(part, monkeypatch):
    """Bounds that are too high rule out blocks that hold minima: most blocks are in fact passed over."""
    cost = bound_cost("euclidean", 1.0, "normal", 150, 150, 2, 5)
    ordered = in_kd_order(cost.pairs)
    f, g = (
        values[order]
        for values, order in zip(potentials_of("transforms", cost, np.random.default_rng(6)), ordered[:2], strict=True)
    )
    whole = sweeps.slack_minima(ordered.pairs, f, g)
    true_blocks = boxes.blocks

    def broken(*arguments):
        right = true_blocks(*arguments)
        return right._replace(**{part: getattr(right, part) - 1.0})

    slack = cost.dense()[np.ix_(ordered.rows, ordered.cols)] - f[:, None] - g
    second_best = np.argsort(slack, axis=1)[:, 1], np.argsort(slack, axis=0)[1]
    start = np.r_[:150, second_best[1]], np.r_[second_best[0], :150]
    assert (pruning.slack_minima(ordered.pairs, f, g, *start)[0] == whole[0]).all()
    monkeypatch.setattr(boxes, "blocks", broken)
    assert not (pruning.slack_minima(ordered.pairs, f, g, *start)[0] == whole[0]).all()


@pytest.mark.skipif(not COMPILED, reason="the sizes that are shared among threads need compiled kernels")
@pytest.mark.parametrize("metric", ["euclidean", "cityblock"])
def test_a_solve_is_certified_with_the_same_bits_by_any_number_of_threads(metric, monkeypatch):
    rng = np.random.default_rng(7)
    monkeypatch.setattr(pruning, "WORTH_A_THREAD", 100_000)
    cost = as_cost(metric).between(rng.normal(size=(1400, 2)), rng.normal(size=(1100, 2)))
    problem = otkit.TransportProblem(cost, probability=True)
    answer = otkit.transport(problem).candidate
    certificates = set()
    for count in (1, 2, 3):
        with threads(count):
            certificates.add(otkit.certify(problem, plan=answer, potentials=(answer.f, answer.g)))
    monkeypatch.setattr(evaluated, "_PRUNED_PAIRS", 10**12)
    certificates.add(otkit.certify(problem, plan=answer, potentials=(answer.f, answer.g)))
    assert len(certificates) == 1
    assert certificates.pop().optimal


def test_an_order_and_its_inverse():
    points = np.random.default_rng(8).normal(size=(100, 3))
    order = kd_order(points)
    assert (order[inverse(order)] == np.arange(100)).all()
    assert (inverse(order)[order] == np.arange(100)).all()
