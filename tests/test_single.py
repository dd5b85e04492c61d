"""Costs in single precision stay within the error that is stated for them, and pricing by them misses nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otkit.costs import as_cost, single
from otkit.costs.sweeps import fill
from otkit.solvers.simplex.pricing import Pricer

METRICS = ["euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine"]


@pytest.fixture(autouse=True)
def _small_problems_too(monkeypatch):
    monkeypatch.setattr(single, "FEWEST_PAIRS", 1)


def costs(metric, p, d, offset, seed, n=60, m=50):
    rng = np.random.default_rng(seed)
    x, y = offset + rng.normal(size=(n, d)), offset + rng.normal(size=(m, d)) + 0.5
    return as_cost(metric).between(x, y, p=p).pairs


def dense(pairs, n=60, m=50):
    out = np.empty((n, m), pairs.x.dtype)
    fill(pairs, 0, 0, out)
    return out


@given(
    metric=st.sampled_from(METRICS),
    p=st.sampled_from([1, 2, 3]),
    d=st.integers(5, 40),
    offset=st.sampled_from([0.0, 1.0, 1e6]),
    seed=st.integers(0, 1000),
)
def test_the_stated_error_holds(metric, p, d, offset, seed):
    pairs = costs(metric, p, d, offset, seed)
    quick = single.single_precision(pairs)
    if quick is None:
        assert offset > 0 or p > 1 or metric == "cosine"  # distances around the origin are what it is made for
        return
    exact = dense(pairs)
    assert np.abs(dense(quick.pairs).astype(np.float64) - exact).max() <= quick.error
    assert exact.max() <= quick.largest
    assert quick.error <= 1e-3 * exact.std()


def test_it_is_refused_where_it_would_be_of_no_use():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 6))
    far = as_cost("sqeuclidean").between(x, x + 1e6)  # what tells pairs apart is lost in the last digits
    assert single.single_precision(far.pairs) is None
    assert single.single_precision(as_cost("euclidean").between(x[:, :2], x[:, :2]).pairs) is None  # fast anyway
    assert single.single_precision(as_cost("euclidean").between(1e20 * x, 1e20 * x + 1).pairs) is None
    assert single.single_precision(as_cost("sqeuclidean").between(x, x, p=1.3).pairs) is None
    assert single.single_precision(as_cost("euclidean").between(x, x).pairs) is not None


@pytest.mark.parametrize("metric", METRICS)
def test_pricing_finds_the_worst_pair_of_each_row(metric):
    n, m = 200, 150
    rng = np.random.default_rng(1)
    pairs = costs(metric, 1, 12, 0.0, 2, n, m)
    assert single.single_precision(pairs) is not None
    exact = dense(pairs, n, m)
    g = exact.min(axis=0) - 1e-3 * exact.max() * rng.random(m)
    f = (exact - g).min(axis=1)  # feasible, and tight once in each row
    rows, cols = Pricer(pairs, f, g).violated(f, g, 1e-12)
    assert rows.size == 0
    raised = f.copy()
    raised[::7] += 1e-9  # far below the error of single precision
    rows, cols = Pricer(pairs, raised, g).violated(raised, g, 1e-12)
    assert set(rows) == set(range(0, n, 7))
    assert (exact[rows, cols] - raised[rows] - g[cols] < -1e-12).all()
