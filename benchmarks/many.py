"""All pairs: `otkit.pairwise` and Python loops over the usual functions for one pair, in one process and in a pool.

Run it on a quiet machine: ``python benchmarks/many.py``. Costs are built on both sides, from the points. The loops run
over a part of the pairs, and are scaled up to all of them; otkit solves and proves all of them.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import ot
from _harness import machine, seconds, table
from scipy.stats import wasserstein_distance
from sklearn.datasets import load_digits

import otkit

REPEATS = 3
POOL = 2


def emd2(clouds: list[np.ndarray]) -> float:
    x, y = clouds
    return ot.emd2([], [], ot.dist(x, y, metric="euclidean"))


def emd2_of_histograms(task: list[np.ndarray]) -> float:
    a, b, cost = task
    return ot.emd2(a, b, cost)


def on_line(samples: list[np.ndarray]) -> float:
    x, y = samples
    return wasserstein_distance(x, y)


def best(run: Callable[[], Any], repeats: int = REPEATS) -> float:
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


def looped(function: Callable[[Any], float], tasks: list[Any]) -> tuple[float, np.ndarray]:
    """Return the seconds of a loop, the better of a few, and what it gives."""
    values = np.empty(len(tasks))

    def run() -> None:
        for k, task in enumerate(tasks):
            values[k] = function(task)

    return best(run), values


def pooled(function: Callable[[Any], float], tasks: list[Any]) -> float:
    """Return the seconds of a process pool that is up already."""
    with ProcessPoolExecutor(POOL) as pool:
        list(pool.map(function, tasks[:POOL], chunksize=1))
        chunk = len(tasks) // (4 * POOL)
        return best(lambda: list(pool.map(function, tasks, chunksize=chunk)))


def compare(
    what: str,
    solve: Callable[[], otkit.PairwiseResult],
    name: str,
    function: Callable[[Any], float],
    task: Callable[[int, int], Any],
    count: int,
    part: int,
) -> list[list[str]]:
    """Measure all pairs of `count` measures by otkit, and `part` of them by another function."""
    result = solve()
    pairs = list(itertools.combinations(range(count), 2))
    chosen = pairs[:: max(1, len(pairs) // part)]
    tasks = [task(i, j) for i, j in chosen]
    scale = len(pairs) / len(chosen)
    own = best(solve)
    loop, values = looped(function, tasks)
    off = max(abs(result[i, j] - value) for (i, j), value in zip(chosen, values, strict=True))
    pool = pooled(function, tasks)
    each = f"{1e6 * own / len(pairs):.1f} µs"
    gap = f"{result.largest_gap:.0e}"
    ratios = [f"{other * scale / own:.1f}×" for other in (loop, pool)]
    return [[what, f"{len(pairs):,}", seconds(own), each, name, *ratios, gap, f"{off:.0e}"]]


def main() -> None:
    print(machine())
    rng = np.random.default_rng(0)
    rows = []
    for n in (32, 100):
        clouds = rng.normal(size=(200, n, 2)) + 0.2 * rng.normal(size=(200, 1, 2))
        rows += compare(
            f"200 clouds of {n} points in the plane",
            lambda clouds=clouds: otkit.pairwise(clouds),
            "ot.emd2",
            emd2,
            lambda i, j, clouds=clouds: [clouds[i], clouds[j]],
            200,
            2000,
        )
    digits = load_digits().data[:300]
    cells = np.indices((8, 8)).reshape(2, -1).T.astype(float)
    cost = otkit.cost_matrix(cells)
    shares = digits / digits.sum(axis=1, keepdims=True)
    rows += compare(
        "300 digits, 64 bins",
        lambda: otkit.pairwise(digits, ground_cost=cost),
        "ot.emd2",
        emd2_of_histograms,
        lambda i, j: [shares[i], shares[j], cost],
        300,
        4000,
    )
    samples = rng.normal(size=(1000, 1000)) + rng.normal(size=(1000, 1))
    rows += compare(
        "1000 samples of 1000 values",
        lambda: otkit.pairwise(samples),
        "scipy.stats",
        on_line,
        lambda i, j: [samples[i], samples[j]],
        1000,
        2000,
    )
    header = ["", "pairs", "otkit", "a pair", "other", "its loop", f"pool of {POOL}", "largest gap", "difference"]
    print(table(header, rows))


if __name__ == "__main__":
    main()
