"""All pairs: `otkit.pairwise` and Python loops over the usual functions for one pair, in one process and in a pool.

Costs are built on both sides, from the points. The loops run over a part of the pairs, and are scaled up to all of
them; otkit solves and proves all of them. Parts: clouds, digits, line, nearest, dask.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import joblib
import numpy as np
import ot
from _harness import best_of, machine, seconds, table
from scipy.stats import wasserstein_distance
from sklearn.datasets import load_digits

import otkit

POOL = 2
CELLS = np.indices((8, 8)).reshape(2, -1).T.astype(float)


def emd2(clouds: list[np.ndarray]) -> float:
    x, y = clouds
    return ot.emd2([], [], ot.dist(x, y, metric="euclidean"))


def emd2_of_histograms(task: list[np.ndarray]) -> float:
    a, b, cost = task
    return ot.emd2(a, b, cost)


def on_line(samples: list[np.ndarray]) -> float:
    x, y = samples
    return wasserstein_distance(x, y)


def compare(
    what: str,
    solve: Callable[[], otkit.PairwiseResult],
    name: str,
    function: Callable[[Any], float],
    task: Callable[[int, int], Any],
    part: int = 2000,
) -> list[str]:
    """Measure all pairs of some measures by otkit, and a part of them by another function."""
    result = solve()
    pairs = list(itertools.combinations(range(len(result)), 2))
    chosen = pairs[:: max(1, len(pairs) // part)]
    tasks = [task(i, j) for i, j in chosen]
    values = [function(each) for each in tasks]
    off = max(abs(result[i, j] - value) for (i, j), value in zip(chosen, values, strict=True))
    with ProcessPoolExecutor(POOL) as pool:
        time = best_of(
            {
                "otkit": solve,
                "loop": lambda: [function(each) for each in tasks],
                "pool": lambda: list(pool.map(function, tasks, chunksize=len(tasks) // (4 * POOL))),
            },
            repeats=3,
        )
    scale = len(pairs) / len(chosen) / time["otkit"]
    ratios = [f"{time[other] * scale:.1f}×" for other in ("loop", "pool")]
    each = f"{1e6 * time['otkit'] / len(pairs):.1f} µs"
    return [
        what, f"{len(pairs):,}", seconds(time["otkit"]), each, name, *ratios, f"{result.largest_gap:.0e}", f"{off:.0e}"
    ]  # fmt: skip


def clouds() -> list[list[str]]:
    rng = np.random.default_rng(0)
    rows = []
    for n in (32, 100):
        points = rng.normal(size=(200, n, 2)) + 0.2 * rng.normal(size=(200, 1, 2))
        what = f"200 clouds of {n} points in the plane"
        rows.append(
            compare(what, lambda x=points: otkit.pairwise(x), "ot.emd2", emd2, lambda i, j, x=points: [x[i], x[j]])
        )
    return rows


def digits() -> list[list[str]]:
    images = load_digits().data[:300]
    cost, shares = otkit.cost_matrix(CELLS), images / images.sum(axis=1, keepdims=True)
    return [
        compare(
            "300 digits, 64 bins",
            lambda: otkit.pairwise(images, ground_cost=cost),
            "ot.emd2",
            emd2_of_histograms,
            lambda i, j: [shares[i], shares[j], cost],
        )
    ]


def line() -> list[list[str]]:
    rng = np.random.default_rng(0)
    samples = rng.normal(size=(1000, 1000)) + rng.normal(size=(1000, 1))
    return [
        compare(
            "1000 samples of 1000 values",
            lambda: otkit.pairwise(samples),
            "scipy.stats",
            on_line,
            lambda i, j: [samples[i], samples[j]],
        )
    ]


def nearest(count: int = 1797) -> None:
    """Compare the neighbours of digits with those of all pairs."""
    images, cost = load_digits().data[:count], otkit.cost_matrix(CELLS)
    found = otkit.nearest(images, k=5, ground_cost=cost)
    everything = otkit.pairwise(images, ground_cost=cost)
    distances = everything.distances.copy()
    np.fill_diagonal(distances, np.inf)
    same = (found.indices == np.argsort(distances, axis=1, kind="stable")[:, :5]).all()
    print(f"{found}; all pairs take {everything.seconds:.3g} s; the same neighbours: {same}")


def dask() -> None:
    """Compare two workers of Dask with two processes of joblib's own."""
    from dask.distributed import Client, LocalCluster

    rng = np.random.default_rng(0)
    rows = []
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        for n in (32, 100):
            points = rng.normal(size=(200, n, 2))

            def by_dask(points: np.ndarray = points) -> otkit.PairwiseResult:
                with joblib.parallel_config(backend="dask"):
                    return otkit.pairwise(points)

            def by_loky(points: np.ndarray = points) -> otkit.PairwiseResult:
                return otkit.pairwise(points, n_jobs=2)

            assert (by_dask().distances == by_loky().distances).all()
            time = best_of({"loky": by_loky, "dask": by_dask}, repeats=5)
            overhead = f"{time['dask'] / time['loky'] - 1.0:+.0%}"
            rows.append([f"200 clouds of {n}", "19,900", seconds(time["loky"]), seconds(time["dask"]), overhead])
    print(table(["", "pairs", "loky", "Dask", "overhead"], rows))


def main(parts: list[str]) -> None:
    print(machine(), "\n", flush=True)
    rows = [row for part in (clouds, digits, line) if part.__name__ in parts for row in part()]
    if rows:
        header = ["", "pairs", "otkit", "a pair", "other", "its loop", f"pool of {POOL}", "largest gap", "difference"]
        print(table(header, rows), flush=True)
    for part in (nearest, dask):
        if part.__name__ in parts:
            print(flush=True)
            part()


if __name__ == "__main__":
    main(sys.argv[1:] or ["clouds", "digits", "line", "nearest", "dask"])
