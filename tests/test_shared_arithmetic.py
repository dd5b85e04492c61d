"""What solvers and checker share, held against rational arithmetic, and broken on purpose to see that it is noticed.

A fault in the evaluation of costs, in the bounds of blocks of pairs, in spanning trees or in error-free sums would
blind solver and checker alike, so that nothing otkit says of its own answers could reveal it. Here whole numbers of
Python say what is true: coordinates and costs are integers times a power of two. Compiled kernels take a hundred
thousand cases of each kind or more; with the compiler off (``make nojit``) there are fewer, and lines that matter are
changed, by a unit in the last place, a sign, a comparison: then some check must fail.
"""

from __future__ import annotations

import contextlib
import itertools
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import numba
import numpy as np
import pytest

import otkit
from otkit.checker import optimality, spanning_tree, standalone
from otkit.costs import boxes, evaluated, listing, pairs, pruning, sweeps
from otkit.costs.pairs import MAX_ABS, SUM_ABS, SUM_CUBES, SUM_SQUARES, PointPairs, point_pairs
from otkit.numerics import double_double, sums
from otkit.numerics.jit import read_only
from otkit.solvers.simplex import pricing

COMPILED = not numba.config.DISABLE_JIT
CASES = 120_000 if COMPILED else 300  # of each kind

BASES = {"squares": SUM_SQUARES, "sum": SUM_ABS, "largest": MAX_ABS, "cubes": SUM_CUBES}
EXPONENTS = (0.5, 1.0, 1.5, 2.0, 3.0)
ROUNDINGS = {0.5: 1, 1.0: 0, 1.5: 2, 2.0: 1, 3.0: 2}  # of each power


# --- whole numbers ----------------------------------------------------------------------------------------------------


def whole(values: np.ndarray, unit: int) -> np.ndarray:
    """Return floats as Python's integers, in units of 2**unit, in which they are whole."""
    fractions, exponents = np.frexp(np.asarray(values, dtype=np.float64))
    digits, shifts = np.ldexp(fractions, 53).astype(np.int64).astype(object), (exponents - 53 - unit).astype(object)
    found = np.where(shifts >= 0, digits << np.maximum(shifts, 0), digits >> np.maximum(-shifts, 0))
    lost = np.where(shifts < 0, found << np.maximum(-shifts, 0) != digits, False)
    assert not lost.any(), "the unit is too coarse"
    return found


def some_pairs(rng: np.random.Generator, kind: int, exponent: float, n: int, m: int, d: int) -> PointPairs:
    """Return costs between points of 53 digits, on a few scales, some of them equal."""
    order = {SUM_SQUARES: 2.0, SUM_ABS: 1.0, MAX_ABS: 1.0, SUM_CUBES: 3.0}[kind]
    x, y = (np.ldexp(rng.integers(-(2**52), 2**52, (size, d)), -50 - rng.integers(0, 30, (size, 1))) for size in (n, m))
    y[rng.random(m) < 0.02] = x[0]
    x[rng.random(n) < 0.05] *= 2.0**-10
    return point_pairs(kind, order, 1.0, exponent, read_only(x), read_only(np.ascontiguousarray(y.T)))


def exact_bases(costs: PointPairs) -> tuple[np.ndarray, int]:
    """Return the base of each pair before the exponent, exactly, and its unit's exponent."""
    unit = -95
    sides = abs(whole(costs.x, unit)[:, None, :] - whole(costs.y.T, unit)[None, :, :])
    if costs.kind == SUM_SQUARES:
        return (sides * sides).sum(axis=-1), 2 * unit
    if costs.kind == SUM_CUBES:
        return (sides * sides * sides).sum(axis=-1), 3 * unit
    return (sides.sum(axis=-1) if costs.kind == SUM_ABS else sides.max(axis=-1)), unit


def cases(sizes: tuple[int, int]) -> Iterator[tuple[int, float, int, int]]:
    """Yield kinds, exponents and dimensions with a seed, as often as it takes to reach the number of pairs."""
    kinds = list(itertools.product(BASES.values(), EXPONENTS, (1, 2, 3, 4)))
    order = np.random.default_rng(0).permutation(len(kinds))
    for seed in range(max(3 * len(kinds), -(-CASES // (sizes[0] * sizes[1])))):
        yield *kinds[order[seed % len(kinds)]], seed


# --- the checks -------------------------------------------------------------------------------------------------------


def check_costs() -> int:
    """Costs are those of real numbers but for as many roundings as there are; panels and pairs have the same bits."""
    size = (40, 40) if COMPILED else (2, 6)
    checked = 0
    for kind, exponent, d, seed in cases(size):
        rng = np.random.default_rng(seed)
        costs = some_pairs(rng, kind, exponent, *size, d)
        found = np.empty(size)
        sweeps.fill(costs, 0, 0, found)
        rows, cols = np.divmod(np.arange(found.size), size[1])
        assert sweeps.gather(costs, rows, cols).tobytes() == found.tobytes()
        bases, unit = exact_bases(costs)
        of_base = {SUM_SQUARES: d + 2, SUM_ABS: d, MAX_ABS: 1, SUM_CUBES: d + 4}[kind]
        allowed = exponent * of_base + ROUNDINGS[exponent]
        # c² is off from base^(2 exponent) by twice as many roundings of 2⁻⁵³, and by their products
        values = whole(found, -1100) ** 2
        true = bases ** int(2 * exponent) << 2200 + int(2 * exponent) * unit
        assert ((abs(values - true) << 53) * 100 <= true * int(201 * allowed) + (1 << 400)).all()
        checked += found.size
    return checked


def check_boxes() -> int:
    """No pair, in real numbers or as evaluated, is below the bound of its block."""
    size = (48, 48) if COMPILED else (6, 6)
    checked = 0
    for kind, exponent, d, seed in cases(size):
        rng = np.random.default_rng(seed)
        costs = some_pairs(rng, kind, exponent, *size, d)
        if seed % 3:  # points of a block near one another, so that its tangent tells nearly all
            x, y = (np.repeat(side[::6], 6, axis=0)[: len(side)] for side in (costs.x, costs.y.T))
            x, y = (side + 2.0**-9 * np.rint(99 * rng.normal(size=side.shape)) for side in (x, y))
            costs = costs._replace(x=read_only(x), y=read_only(np.ascontiguousarray(y.T)))
        if not boxes.can_bound(costs):
            continue
        evaluated_costs = np.empty(size)
        sweeps.fill(costs, 0, 0, evaluated_costs)
        # Slopes of potentials are those of costs, twice or the opposite of that, and there may be noise.
        f = evaluated_costs[:, 0] * rng.choice([-1.0, -1.0, 0.0, 1.0, 2.0])
        g = -f[0] + evaluated_costs[0] * rng.choice([-1.0, -1.0, 0.0, 1.0, 2.0])
        f[::3] += rng.choice([0.0, 0.1]) * abs(f).max()
        bases, unit = exact_bases(costs)
        for width in (1, 6):
            starts = [np.arange(0, length, width) for length in size]
            bounds = np.empty((starts[0].size, starts[1].size))
            rows, cols = boxes.blocks(costs.x, f, starts[0]), boxes.blocks(costs.y.T, g, starts[1])
            boxes.lower_bounds(costs, rows, cols, 0, starts[0].size, bounds)
            slack = (evaluated_costs - f[:, None]) - g
            least = np.minimum.reduceat(np.minimum.reduceat(slack, starts[0], axis=0), starts[1], axis=1)
            assert (bounds <= least).all()
            assert np.isfinite(bounds).all()
            assert (width > 1) or (least - bounds <= 1e-6 * (1.0 + abs(evaluated_costs).max())).all()
            # In real numbers: (bound + f + g)² ≤ base^(2 exponent) wherever bound + f + g is positive.
            spread = bounds.repeat(width, axis=0)[: size[0]].repeat(width, axis=1)[:, : size[1]]
            below = whole(spread, -1150) + whole(f, -1150)[:, None] + whole(g, -1150)[None, :]
            power = bases ** int(2 * exponent) << 2300 + int(2 * exponent) * unit
            assert ((below <= 0) | (below * below <= power)).all()
            checked += spread.size
    return checked


def check_pruning() -> int:
    """Pruned sweeps and lists say what whole ones say, ties included."""
    checked, (n, m) = 0, (150, 600) if COMPILED else (40, 600)
    for seed in range(max(4, CASES // (n * m))):
        rng = np.random.default_rng(seed)
        x, y = (  # a cluster to each block
            np.arange(size)[:, None] // pruning.BLOCK * np.array([40.0, 15.0 * (seed % 3)])
            + rng.integers(0, 4, (size, 2))
            for size in (n, m)
        )
        exponent = (0.5, 1.0)[seed % 2]
        costs = point_pairs(SUM_SQUARES, 2.0, 1.0, exponent, read_only(x), read_only(np.ascontiguousarray(y.T)))
        sides = x[:, None].astype(np.int64) - y.astype(np.int64)
        table = (sides * sides).sum(axis=-1) ** exponent  # of whole numbers: exact, and roots correctly rounded
        f = np.floor(table.min(axis=1)) - rng.integers(0, 3, n)
        g = np.floor((table - f[:, None]).min(axis=0)) * (seed // 2 % 2)  # or zeros: then far columns have far minima
        slack = (table - f[:, None]) - g
        nothing = np.empty(0, np.int64)
        for near in ((np.arange(n), slack.argmin(axis=1)), (slack.argmin(axis=0), np.arange(m)), (nothing, nothing)):
            by_row, by_column = pruning.slack_minima(costs, f, g, *near)
            assert np.array_equal(by_row, slack.min(axis=1))
            assert np.array_equal(by_column, slack.min(axis=0))
        for limit in (0.0, 1.0):
            for listed in (listing.pairs_below, listing.pairs_below_pruned):
                found = [(nothing, nothing, np.empty(0))]
                listed(costs, f, g, limit, lambda _, *batch, found=found: found.append([part.copy() for part in batch]))
                rows, cols, values = (np.concatenate(part) for part in zip(*found, strict=True))
                order = np.lexsort((cols, rows))
                assert np.array_equal((rows[order], cols[order]), np.nonzero(slack <= limit))
                assert np.array_equal(values, table[rows, cols])
        checked += n * m
    return checked


def check_drift() -> int:
    """Pricing finds a violated pair as long as there is one, however often prices have moved since blocks were seen."""
    checked, n = 0, 200 if COMPILED else 100
    for seed in range(max(4, CASES // (5 * n**2))):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=(2, n, 2)).cumsum(axis=1)
        x, y = x[np.argsort(x[:, 0])], y[np.argsort(y[:, 0])]
        costs = otkit.Euclidean().between(x, y)
        table = costs.dense()
        f, g = table.min(axis=1), np.zeros(n)
        pricer = pricing.Pricer(costs.pairs, f, g)
        for step in range(6):
            f, g = f.copy(), g.copy()
            if step == 2:  # all of them, as after many pivots
                f, g = f + 0.01 * rng.normal(size=n), g + 0.01 * rng.normal(size=n)
            f -= max(0.0, float((f[:, None] + g - table).max()))
            side, one = ((f, g)[step % 2], int(rng.integers(n)))
            side[one] += (table - f[:, None] - g).min(axis=1 - step % 2)[one] + 0.001 * (step > 1)
            violated = table - f[:, None] - g < -1e-6
            rows, cols = pricer.violated(f, g, 1e-6)
            assert violated[rows, cols].all()
            assert (rows.size > 0) == violated.any()
            checked += n * n
    return checked


def a_forest(rng: np.random.Generator, trees: int, n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the arcs of random spanning trees of n sources and m sinks each, side by side, in any order."""
    rows, cols = [], []
    for tree in range(trees):
        joined = [0, n + int(rng.integers(m))]
        ends = [tuple(joined)]
        for node in rng.permutation(n + m).tolist():
            if node not in joined:
                other = [each for each in joined if (each < n) != (node < n)]
                partner = other[int(rng.integers(len(other)))]
                ends.append((min(node, partner), max(node, partner)))
                joined.append(node)
        rows += [tree * n + i for i, _ in ends]
        cols += [tree * m + j - n for _, j in ends]
    order = rng.permutation(len(rows))
    return np.array(rows)[order], np.array(cols)[order]


def check_trees() -> int:
    """Orders, flows and potentials of forests, and what is no forest refused."""
    rng = np.random.default_rng(1)
    n, m, trees = 4, 5, CASES // 8 if COMPILED else 40
    rows, cols = a_forest(rng, trees, n, m)
    sources, sinks = trees * n, trees * m
    assert spanning_tree.forest_mask(sources, sinks, rows, cols).all()
    again = np.concatenate([rows, rows[:50]]), np.concatenate([cols, cols[:50]])
    assert np.array_equal(np.flatnonzero(spanning_tree.forest_mask(sources, sinks, *again)), np.arange(rows.size))
    tree = spanning_tree.root_forest(sources, sinks, rows, cols, np.arange(sources + sinks))
    place = np.argsort(tree.order)
    child = np.flatnonzero(tree.parent >= 0)
    assert child.size == rows.size
    assert (place[tree.parent[child]] < place[child]).all()
    low, high = np.minimum(child, tree.parent[child]), np.maximum(child, tree.parent[child])
    assert np.array_equal(low, rows[tree.arc[child]])
    assert np.array_equal(high - sources, cols[tree.arc[child]])

    # Each node but a root is off by half a unit in the last place of the one flow that leaves it.
    supply, demand = np.ldexp(rng.random(sources), rng.integers(-9, 9, sources)), rng.random(sinks)
    flow = spanning_tree.tree_flows(tree, supply, demand)
    missing = whole(np.concatenate([supply, demand]), -200)
    sent = whole(flow, -200)
    np.subtract.at(missing, rows, sent)
    np.subtract.at(missing, sources + cols, sent)
    ulps = whole(np.spacing(np.abs(flow)), -200)
    assert (2 * abs(missing[child]) <= ulps[tree.arc[child]]).all()

    # Potentials are those of real numbers up to a constant in each tree, each rounded once.
    costs = np.ldexp(rng.normal(size=rows.size), rng.integers(-9, 9, rows.size))
    f, g = spanning_tree.tree_potentials(tree, costs)
    off = whole(costs, -200) - whole(f, -200)[rows] - whole(g, -200)[cols]
    reach = np.maximum(np.spacing(np.abs(f))[rows], np.spacing(np.abs(g))[cols])
    assert (abs(off) <= whole(reach, -200)).all()
    for start in range(0, 20 * n, n):
        mine, theirs = f[start : start + n], g[start // n * m : start // n * m + m]
        assert mine.max() + mine.min() == pytest.approx(theirs.max() + theirs.min(), rel=1e-9, abs=1e-9)

    mark = np.zeros(sources + sinks, np.bool_)
    for u, v in rng.integers(0, sources + sinks, (200, 2)).tolist() + [[0, k] for k in range(1, n)]:
        above = [path_up(tree.parent, node) for node in (u, v)]
        shared = [node for node in above[0] if node in above[1]]
        assert spanning_tree.common_ancestor(tree.parent, u, v, mark) == (shared[0] if shared else -1)
        assert not mark.any()
    for cycle in ([(0, 0), (0, 1), (1, 1), (1, 0), (2, 2)], [(0, 0), (0, 0), (1, 1), (2, 1), (2, 2)]):
        with pytest.raises(ValueError, match="spanning tree"):
            spanning_tree.root_tree(3, 3, *np.array(cycle).T.copy(), 0)
    return rows.size


def path_up(parent: np.ndarray, node: int) -> list[int]:
    """Return a node and those above it."""
    path = []
    while node >= 0:
        path.append(node)
        node = int(parent[node])
    return path


def check_sums() -> int:
    """Sums and products of two floats and their errors are exact together, double-doubles within what is quoted."""
    rng = np.random.default_rng(2)
    a, b, c, d = np.ldexp(rng.normal(size=(4, CASES)), rng.integers(-40, 40, (4, CASES)))
    b[::5] = -a[::5]  # what is left of a cancellation is seen to the last bit
    results = {
        kernel: np.array([kernel(x, y) for x, y in zip(a.tolist(), b.tolist(), strict=True)]).T
        for kernel in (sums.two_sum, sums.two_product)
    }
    unit, (p, q) = -400, (whole(values, -400) for values in (a, b))
    total, product = (whole(each[0], unit) + whole(each[1], unit) for each in results.values())
    assert (total == p + q).all()
    assert (product << -unit == p * q).all()
    assert np.array_equal(results[sums.two_sum][0], a + b)
    assert np.array_equal(results[sums.two_product][0], a * b)
    low = [rest * 2.0**-60 * np.spacing(abs(high)) / np.spacing(abs(rest)) for high, rest in ((a, c), (b, d))]
    (a, low_a), (b, low_b) = (
        np.array([sums.two_sum(x, y) for x, y in zip(high.tolist(), rest.tolist(), strict=True)]).T
        for high, rest in zip((a, b), low, strict=True)
    )
    first, second = whole(a, -700) + whole(low_a, -700), whole(b, -700) + whole(low_b, -700)
    for kernel, true, bound in (
        (double_double.add, (first + second) << 700, 3),
        (double_double.subtract, (first - second) << 700, 3),
        (double_double.multiply, first * second, 7),
    ):
        found = np.array([
            kernel((x, u), (y, v))
            for x, u, y, v in zip(a.tolist(), low_a.tolist(), b.tolist(), low_b.tolist(), strict=True)
        ]).T  # fmt: skip
        values = (whole(found[0], -1100) + whole(found[1], -1100)) << 300
        assert ((abs(values - true) << 106) <= bound * abs(true)).all()
    return CASES


CHECKS = [check_costs, check_boxes, check_pruning, check_drift, check_trees, check_sums]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_it_is_right_in_rational_arithmetic(check):
    assert check() >= (100_000 if COMPILED else 60)


# --- broken on purpose ------------------------------------------------------------------------------------------------

# By the check that has to notice: a file, what a line of it says, what it says when it is broken.
MUTATIONS = {
    check_costs: [
        (pairs, "base += t * t\n", "base -= t * t\n"),
        (pairs, "return pairs.scale * power(", "return np.nextafter(1.0, 2.0) * power("),
        (pairs, "t0 * t0 + t1 * t1\n", "t0 * t0 - t1 * t1\n"),
        (pairs, "t0, t1 = a0 - y0[c], a1 - y1[c]", "t0, t1 = a0 + y0[c], a1 - y1[c]"),
        (pairs, "math.sqrt(t0 * t0 + t1 * t1)", "np.nextafter(math.sqrt(t0 * t0 + t1 * t1), 9e99)"),
        (pairs, "+= abs(a - column[c])\n", "+= np.nextafter(abs(a - column[c]), 9e99)\n"),
        (pairs, "= max(target[c], abs(a - column[c]))", "= min(target[c], abs(a - column[c]))"),
        (pairs, "target[c] += t * t * t", "target[c] += t * t"),
        (pairs, "out[c] = out[c] * math.sqrt(out[c])", "out[c] = math.sqrt(out[c])"),
    ],
    check_boxes: [
        (boxes, "- rows.height[a] - cols.height[b]", "- rows.height[a] + cols.height[b]"),
        (boxes, "bound -= abs(slope - rows.slope[a, k]) * r + ", "bound -= "),
        (boxes, "abs(slope + cols.slope[b, k]) * s", "abs(slope - cols.slope[b, k]) * -s"),
        (boxes, "bound -= margins[0] * terms + margins[1]", "bound += margins[0] * terms"),
        (boxes, "ROUNDINGS = 2048.0", "ROUNDINGS = 0.0"),
        (boxes, "radius[block, k] = max(", "radius[block, k] = 0.5 * max("),
        (boxes, "height[block] = max(height[block], rest)", "height[block] = rest"),
        (boxes, "tangent[k] = factor * 2.0 * offset[k]", "tangent[k] = -factor * 2.0 * offset[k]"),
        (boxes, "tangent[k] = factor * np.sign(offset[k])\n", "tangent[k] = -factor * np.sign(offset[k])\n"),
        (boxes, "factor = exponent * cost / base", "factor = 2.0 * exponent * cost / base"),
    ],
    check_pruning: [
        (pruning, "bound >= highest_row and bound >= _largest", "bound >= highest_row or bound >= _largest"),
        (pruning, "look = bound < highest_row or bound", "look = bound < highest_row and bound"),
        (pruning, "(slack[c] - price) - prices[c]", "(slack[c] - price) + prices[c]"),
        (
            listing,
            "col_blocks, b, margins, offset, tangent) > limit",
            "col_blocks, b, margins, offset, tangent) > limit - 9",
        ),
        (listing, "hits += (costs[c] - price) - prices[c] <=", "hits += (costs[c] - price) - prices[c] <"),
        (listing, "if (costs[c] - price) - prices[c] <=", "if (costs[c] - price) - prices[c] <"),
    ],
    check_drift: [
        (pricing, "- row_drift[block] - col_drift[other] >=", "+ row_drift[block] - col_drift[other] >="),
        (pricing, "+ row_drift[block] + col_drift[other]\n", "+ 2.0 * (row_drift[block] + col_drift[other])\n"),
    ],
    check_trees: [
        (spanning_tree, "if v == root or parent[v] >= 0:", "if v == root:"),
        (spanning_tree, "flow[tree.arc[v]] = high[v]", "flow[tree.arc[v]] = np.nextafter(high[v], 9e99)"),
        (spanning_tree, "dd.subtract((high[u], low[u]), (", "dd.add((high[u], low[u]), ("),
        (spanning_tree, "0.0), (high[u], low[u]))", "0.0), (high[u], 0.0))"),
        (spanning_tree, "(shift if v < n else -shift, 0.0)", "(shift, 0.0)"),
        (spanning_tree, "        if u != v:\n            l", "        if u != v or k % 9 == 8:\n            l"),
        (spanning_tree, "while common >= 0 and not mark[", "while common >= 0 and mark["),
    ],
    check_sums: [
        (sums, "return s, (a - (s - t)) + (b - t)", "return s, (a - (s - t)) - (b - t)"),
        (sums, "return p, a_low * b_low - (((p", "return p, a_low * b_low + (((p"),
        (sums, "_SPLITTER = 134217729.0", "_SPLITTER = 1.0"),
        (double_double, "low = (low - (total - high)) + t_low", "low = (low - (total - high)) - t_low"),
        (double_double, "low += a[0] * b[1] + a[1] * b[0]", "low += a[0] * b[1] - a[1] * b[0]"),
    ],
}


@contextlib.contextmanager
def broken(module: types.ModuleType, *changes: tuple[str, str]) -> Iterator[None]:
    """Change places of a file, for all of otkit, while the compiler is off; classes stay those that all know."""
    source = Path(module.__file__ or "").read_text("utf-8")
    for says, instead in changes:
        assert says in source, f"{module.__name__} says no more: {says}"
        source = source.replace(says, instead, 1)
    before = dict(vars(module))
    exec(compile(source, module.__file__ or "", "exec"), vars(module))
    new = {name: value for name, value in vars(module).items() if isinstance(value, types.FunctionType)}
    vars(module).update({name: value for name, value in before.items() if isinstance(value, type)})
    replaced = []
    for other in [each for name, each in sys.modules.items() if name.startswith("otkit.")]:
        for name, value in list(vars(other).items()):
            if isinstance(value, types.FunctionType) and value.__module__ == module.__name__ and other is not module:
                replaced.append((other, name, value))
                setattr(other, name, new.get(value.__name__, value))
    try:
        yield
    finally:
        vars(module).update(before)
        for other, name, value in replaced:
            setattr(other, name, value)


needs_python = pytest.mark.skipif(COMPILED, reason="changes Python code, which runs without the compiler: make nojit")


@needs_python
@pytest.mark.parametrize(
    ("check", "module", "says", "instead"),
    [pytest.param(check, *each, id=each[2].strip()) for check, found in MUTATIONS.items() for each in found],
)
def test_what_is_broken_is_noticed(check, module, says, instead):
    with broken(module, (says, instead)), pytest.raises((AssertionError, IndexError, pytest.fail.Exception)):
        check()


def shifted_square():
    """Return a problem on the plane whose every pair costs 1 or √2, and its optimum."""
    return otkit.TransportProblem(otkit.Euclidean().between([[0.0, 0.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]))


@needs_python
def test_costs_that_are_an_ulp_off_pass_with_solver_and_checker_but_not_alone(tmp_path):
    """Why costs are checked on their own, and proofs once more alone: solver and checker agree on what is false."""
    roots = ("math.sqrt(t0 * t0 + t1 * t1)", "math.sqrt(base)")
    with broken(pairs, *((root, f"np.nextafter({root}, 9e99)") for root in roots)):
        result = otkit.transport(shifted_square(), method="lp")
        assert result.certificate.proof == "exact"
        assert result.value == 2.0 * np.nextafter(1.0, 2.0)
        result.certificate.save(tmp_path / "proof.json")
        with pytest.raises(standalone.ProofError):
            otkit.check_proof(result.problem, tmp_path / "proof.json")
    assert otkit.transport(shifted_square(), method="lp").value == 2.0


@needs_python
def test_bounds_that_are_too_high_would_prove_what_is_false(monkeypatch):
    """A tree that is not optimal is called so where its violated pairs are passed over: `check_boxes` sees to it."""
    monkeypatch.setattr(optimality, "AT_ONCE", 0)
    monkeypatch.setattr(evaluated, "_PRUNED_PAIRS", 0)
    x = np.array([[0.0, 0.0], [5.0, 0.0]])
    problem = otkit.TransportProblem(otkit.Euclidean().between(x, x))
    crossed = np.array([0, 1, 0]), np.array([1, 0, 0])
    assert not optimality.judge(problem, *crossed).optimal
    with broken(boxes, ("- rows.height[a] - cols.height[b]", "+ 9.0")):
        assert optimality.judge(problem, *crossed).optimal


@needs_python
def test_a_cycle_that_is_not_noticed_would_be_judged():
    """Arcs that are no tree are refused by `spanning_tree` alone; `check_trees` sees to it."""
    problem = otkit.TransportProblem(np.zeros((3, 3)))
    arcs = np.array([(0, 0), (0, 0), (1, 1), (2, 1), (2, 2)]).T.copy()
    with pytest.raises(ValueError, match="cycle"):
        optimality.judge(problem, *arcs)
    with broken(spanning_tree, ("if v == root or parent[v] >= 0:", "if False:")), contextlib.suppress(IndexError):
        assert optimality.judge(problem, *arcs) is not None
