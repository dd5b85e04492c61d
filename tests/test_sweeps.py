"""Sweeps over pairs against plain NumPy, the same bits from every road and thread count, and minima on the line."""

import os
import subprocess
import sys

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otkit.costs import Minkowski, as_cost, bind, evaluated, monge, pairs

COMPILED = not numba.config.DISABLE_JIT
SIZES = [(1, 1), (3, 5), (40, 300)] + ([(700, 900)] if COMPILED else [])  # the last one is shared among threads

KINDS = {
    "euclidean": lambda x, y: as_cost("euclidean").between(x, y),
    "squares": lambda x, y: as_cost("sqeuclidean").between(x, y),
    "euclidean, general power": lambda x, y: as_cost("euclidean").between(x, y, p=2.5),
    "cityblock cubed": lambda x, y: as_cost("cityblock").between(x, y, p=3),
    "chebyshev": lambda x, y: as_cost("chebyshev").between(x, y, p=1.5),
    "cubes": lambda x, y: Minkowski(3).between(x, y, p=3),
    "powers": lambda x, y: Minkowski(2.5).between(x, y),
    "haversine": lambda x, y: as_cost("haversine").between(x[:, :2], y[:, :2]),
    "cosine": lambda x, y: as_cost("cosine").between(x, y, p=2),
    "matrix": lambda x, y: bind(x[:, :1] * y[:, 1] - 1),
    "matrix, columns first": lambda x, y: bind(np.asfortranarray(x[:, :1] * y[:, 1])),
    "matrix, single precision": lambda x, y: bind((x[:, :1] * y[:, 1]).astype(np.float32)),
}


def costs_of(kind, n, m, d, seed=0):
    rng = np.random.default_rng(seed)
    return KINDS[kind](rng.normal(size=(n, d)), rng.normal(size=(m, d)))


@pytest.mark.parametrize(("n", "m"), SIZES)
@pytest.mark.parametrize("d", [2, 5, 18])
@pytest.mark.parametrize("kind", KINDS)
def test_sweeps_against_numpy(kind, d, n, m):
    costs = costs_of(kind, n, m, d)
    C = np.array([[pairs.pair(costs.pairs, i, j) for j in range(m)] for i in range(n)]) if n < 700 else costs.dense()
    rng = np.random.default_rng(1)
    f, g = rng.normal(size=n), rng.normal(size=m)
    np.testing.assert_allclose(costs.dense(), C, rtol=1e-12)  # Python's pow may differ from the compiled one
    C = costs.dense()

    minima, argmin = costs.row_minima(g)
    np.testing.assert_array_equal(minima, (C - g).min(axis=1))
    np.testing.assert_array_equal(argmin, (C - g).argmin(axis=1))
    minima, argmin = costs.column_minima(f)
    np.testing.assert_array_equal(minima, (C - f[:, None]).min(axis=0))
    np.testing.assert_array_equal(argmin, (C - f[:, None]).argmin(axis=0))
    rows, columns = costs.slack_minima(f, g)
    np.testing.assert_array_equal(rows, ((C - f[:, None]) - g).min(axis=1))
    np.testing.assert_array_equal(columns, ((C - f[:, None]) - g).min(axis=0))
    assert costs.extremes() == (C.min(), C.max())


@pytest.mark.parametrize("d", [2, 5, 18])
@pytest.mark.parametrize("kind", KINDS)
def test_every_road_gives_the_same_bits(kind, d):
    costs = costs_of(kind, 37, 300, d)
    C = costs.dense()
    rows, cols = np.divmod(np.arange(C.size), C.shape[1])
    np.testing.assert_array_equal(costs.at(rows, cols).reshape(C.shape), C)
    np.testing.assert_array_equal(costs.block(3, 30, 7, 290), C[3:30, 7:290])
    np.testing.assert_array_equal(costs.row_minima(np.zeros(300))[0], C.min(axis=1))
    panels = np.empty_like(C)
    for i in range(0, 37, 5):
        _panel(costs.pairs, i, min(5, 37 - i), 0, 200, panels, i, 0)
        _panel(costs.pairs, i, min(5, 37 - i), 200, 100, panels, i, 200)
    np.testing.assert_array_equal(panels, C)


@numba.njit
def _panel(costs, i0, rows, j0, cols, out, r0, c0):
    pairs.panel(costs, i0, rows, j0, cols, out, r0, c0)


def test_the_first_of_equal_minima_is_named():
    C = np.ones((20, 700))
    np.testing.assert_array_equal(bind(C).row_minima(np.zeros(700))[1], 0)
    np.testing.assert_array_equal(bind(C).column_minima(np.zeros(20))[1], 0)
    C[:, 600:] = 0.0
    np.testing.assert_array_equal(bind(C).row_minima(np.zeros(700))[1], 600)


def test_steepest_slope():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 3)), rng.normal(size=(270, 3))
    u, v = rng.normal(size=30), rng.normal(size=270)
    costs = as_cost("euclidean").between(x, y)
    assert costs.steepest_slope(u, v) == (np.abs(u[:, None] - v) / costs.dense()).max()
    assert costs.steepest_slope(u, v, falling=True) == ((u[:, None] - v) / costs.dense()).max()
    assert costs.steepest_slope(u - 9.0, v, falling=True) == 0.0
    same = as_cost("euclidean").between([[0.0, 0.0], [0.0, 0.0], [1.0, 0.0]])
    assert same.steepest_slope([1.0, 1.0, 3.0], [1.0, 1.0, 3.0]) == 2.0
    assert same.steepest_slope([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]) == np.inf


HASHES = """
import hashlib
import numpy as np
from otkit.costs import as_cost, bind, evaluated, monge
rng = np.random.default_rng(0)
digest = hashlib.sha256()
f, g = rng.normal(size=1500), rng.normal(size=1300)
found = []
for d in (2, 3, 20):
    x, y = rng.normal(size=(1500, d)), rng.normal(size=(1300, d))
    for name in ("euclidean", "chebyshev", "cosine"):
        found.append(as_cost(name).between(x, y))
found.append(bind(rng.normal(size=(1500, 1300))))
for costs in found:
    minima = (*costs.row_minima(g), *costs.column_minima(f), *costs.slack_minima(f, g))
    for part in (costs.dense(), costs.extremes(), *minima):
        digest.update(np.asarray(part).tobytes())
line = as_cost("euclidean").between(rng.normal(size=60_000), rng.normal(size=50_000))
for part in line.row_minima(rng.normal(size=50_000)):
    digest.update(part.tobytes())
from otkit.numerics.threads import thread_count
print(thread_count(), digest.hexdigest())
"""


@pytest.mark.skipif(not COMPILED, reason="the sizes that are shared among threads need compiled kernels")
def test_the_same_bits_for_every_number_of_threads():
    hashes = set()
    for threads in (1, 2, 3):
        environment = os.environ | {"NUMBA_NUM_THREADS": str(threads)}
        run = subprocess.run(
            [sys.executable, "-c", HASHES], env=environment, check=True, capture_output=True, text=True
        )
        count, digest = run.stdout.split()
        assert int(count) == threads
        hashes.add(digest)
    assert len(hashes) == 1


def test_an_error_in_a_thread_reaches_the_caller():
    from otkit.numerics.threads import share

    def work(start, stop):
        raise RuntimeError(f"rows {start} to {stop}")

    with pytest.raises(RuntimeError, match="rows"):
        share(work, 100, 10, threads_worthwhile=4)


def test_each_block_is_worked_on_once():
    from otkit.numerics.threads import share

    done = np.zeros(1003, dtype=int)

    def work(start, stop):
        done[start:stop] += 1

    for threads in (1, 2, 5):
        share(work, done.size, 10, threads)
    np.testing.assert_array_equal(done, 3)


class TestLine:
    """Minima by the Monge property."""

    @pytest.fixture(autouse=True)
    def _at_every_size(self, monkeypatch):
        monkeypatch.setattr(evaluated, "_MONGE_PAIRS", -1)

    @given(data=st.data(), p=st.sampled_from([1.0, 1.5, 2.0, 3.0, 2.7]))
    @settings(deadline=None, max_examples=150)
    def test_integers_against_brute_force(self, data, p):
        """Duplicates and ties abound; for p = 1, 2, 3 all arithmetic is exact, so the minima must be too."""
        coordinate, price = st.integers(-9, 9).map(float), st.integers(-20, 20).map(float)
        x = np.array(data.draw(st.lists(coordinate, min_size=1, max_size=40)))
        y = np.array(data.draw(st.lists(coordinate, min_size=1, max_size=40)))
        f = np.array(data.draw(st.lists(price, min_size=x.size, max_size=x.size)))
        g = np.array(data.draw(st.lists(price, min_size=y.size, max_size=y.size)))
        self.check(x, y, f, g, p, atol=0.0 if p in (1.0, 2.0, 3.0) else 1e-12)

    @pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0])
    @pytest.mark.parametrize(
        ("n", "m"), [(1, 50), (50, 1), (64, 64)] + ([(9000, 700), (700, 9000)] if COMPILED else [])
    )
    def test_reals_against_brute_force(self, n, m, p):
        rng = np.random.default_rng(n + m)
        self.check(rng.normal(size=n), rng.normal(size=m), rng.normal(size=n), rng.normal(size=m), p, atol=1e-13)

    @pytest.mark.parametrize("p", [1.0, 2.0])
    def test_optimal_prices_where_everything_ties(self, p):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=80), rng.normal(size=60)
        C = np.abs(x[:, None] - y) ** p
        f = (C - C.min(axis=0)).min(axis=1)  # every row has a pair without slack
        self.check(x, y, f, C.min(axis=0), p, atol=1e-14)

    def check(self, x, y, f, g, p, atol):
        costs = as_cost("euclidean").between(x, y, p=p)
        C = costs.dense()
        everyone, all_columns = np.arange(x.size), np.arange(y.size)
        minima, argmin = costs.row_minima(g)
        np.testing.assert_allclose(minima, (C - g).min(axis=1), rtol=0, atol=atol)
        np.testing.assert_array_equal(minima, (C - g)[everyone, argmin])
        minima, argmin = costs.column_minima(f)
        np.testing.assert_allclose(minima, (C - f[:, None]).min(axis=0), rtol=0, atol=atol)
        np.testing.assert_array_equal(minima, (C - f[:, None])[argmin, all_columns])
        rows, columns = costs.slack_minima(f, g)
        slack = (C - f[:, None]) - g
        np.testing.assert_allclose(rows, slack.min(axis=1), rtol=0, atol=2 * atol)
        np.testing.assert_allclose(columns, slack.min(axis=0), rtol=0, atol=2 * atol)
        assert costs.extremes() == (C.min(), C.max())


def test_the_search_on_the_line_agrees_with_the_sweep():
    rng = np.random.default_rng(3)
    u, v, b = np.sort(rng.normal(size=300)), np.sort(rng.normal(size=200)), rng.normal(size=200)
    found = monge.monge_argmin(u, v, b, 2.0, 2.0)
    reduced = 2.0 * (u[:, None] - v) ** 2 - b
    np.testing.assert_allclose(reduced[np.arange(300), found], reduced.min(axis=1), rtol=0, atol=1e-13)
    assert (np.diff(found) >= 0).all()


@pytest.mark.skipif(not COMPILED, reason="compares the two")
def test_without_the_compiler_the_costs_are_the_same():
    code = (
        "import numpy as np\nfrom otkit.costs import as_cost\nrng = np.random.default_rng(0)\n"
        "x, y = rng.normal(size=(9, 11)), rng.normal(size=(30, 11))\n"
        "print(*[v.hex() for v in as_cost('euclidean').between(x, y, p=3).dense().ravel().tolist()])"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"NUMBA_DISABLE_JIT": flag}, check=True, capture_output=True
        ).stdout
        for flag in ("0", "1")
    ]
    assert outputs[0] == outputs[1]
