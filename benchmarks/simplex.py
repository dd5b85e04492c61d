"""The default solver against POT's, whole calls on both sides: costs, solve and, on ours, the certificate.

    python benchmarks/simplex.py [small] [clouds] [lazy] [dense] [images] [large] [repeated] [million]

Each row gives both times, their ratio beside the ratio to reach, rounds, pivots, the certified relative gap, and the
memory that our call adds in a fresh process. `lazy` is measured against `ot.emd2_lazy`, which holds no matrix either.
Where POT can't go there is no peer, and what is to be reached are seconds. `million` takes long: not run by default.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import ot
from _harness import best_of, fresh_run, machine, peak_memory, seconds, table

import otkit

HEADER = ("case", "otkit", "POT", "ratio", "to reach", "rounds", "pivots", "relative gap", "memory")
POT_ITERATIONS = 10**9


def clouds(n: int, d: int, weighted: bool) -> tuple[np.ndarray, ...]:
    """Return two standard normal clouds with weights."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(n, d)), rng.normal(size=(n, d))
    a, b = (rng.random(n), rng.random(n)) if weighted else (np.ones(n), np.ones(n))
    return x, y, a / a.sum(), b / b.sum()


def image(size: int, seed: int) -> np.ndarray:
    """Return a smooth random density on a grid: a dozen blobs over a faint ground."""
    rng = np.random.default_rng(seed)
    u, v = np.meshgrid(*[np.linspace(0, 1, size)] * 2, indexing="ij")
    density = np.full((size, size), 0.05)
    for _ in range(12):
        p, q = rng.random(2)
        density += rng.random() * np.exp(-((u - p) ** 2 + (v - q) ** 2) / (2 * rng.uniform(0.03, 0.15) ** 2))
    return density


def row(name, ours, theirs, target, statement="", repeats=3):  # type: ignore[no-untyped-def]
    """Run one case and return its line of the table."""
    kept = []
    best = best_of({"otkit": lambda: kept.append(ours()), "POT": theirs}, repeats)
    result = kept[-1]
    stats, certificate = result.candidate.stats, result.certificate
    gap = certificate.gap / abs(certificate.upper) if certificate.upper else certificate.gap
    memory = f"{peak_memory(*statement):.0f} MiB" if statement else ""
    times = (seconds(best["otkit"]), seconds(best["POT"]), f"{best['POT'] / best['otkit']:.1f}", f"{target:g}")
    line = (name, *times, stats.rounds, stats.iterations, f"{gap:.0e}" if certificate.optimal else "NOT PROVED", memory)
    print(f"  {name}: {times}", file=sys.stderr, flush=True)
    return line


def lone_row(name, setup, call, target):  # type: ignore[no-untyped-def]
    """Run one case that has no peer once, in a fresh process, and return its line of the table."""
    report = (
        f"result = {call}\n"
        "stats, proof = result.candidate.stats, result.certificate\n"
        "sys.stdout.write(f'{stats.rounds} {stats.iterations} {proof.gap / abs(proof.upper):.0e} {proof.optimal}\\n')"
    )
    elapsed, memory, said = fresh_run(setup, report)
    rounds, pivots, gap, optimal = said.split()
    print(f"  {name}: {elapsed:.3g} s", file=sys.stderr, flush=True)
    proved = gap if optimal == "True" else "NOT PROVED"
    return (name, seconds(elapsed), "", "", f"{target:g} s", rounds, pivots, proved, f"{memory:.0f} MiB")


def cloud_row(n, d, metric, weighted, target, repeats=3):  # type: ignore[no-untyped-def]
    """Time one pair of clouds."""
    x, y, a, b = clouds(n, d, weighted)
    setup = (
        "import otkit; from simplex import clouds; "
        f"x, y, a, b = clouds(200, {d}, {weighted}); call = lambda: otkit.wasserstein(x, y, a, b, "
        f"metric={metric!r}); call(); x, y, a, b = clouds(500, {d}, {weighted}); call(); "
        f"x, y, a, b = clouds({n}, {d}, {weighted})"
    )
    return row(
        f"{n}, d = {d}, {metric}, {'random' if weighted else 'uniform'}",
        lambda: otkit.wasserstein(x, y, a, b, metric=metric),
        lambda: ot.emd2(a, b, ot.dist(x, y, metric=metric), numItermax=POT_ITERATIONS),
        target,
        (setup, "call()") if n >= 1000 else "",
        repeats,
    )


def small() -> list[tuple[object, ...]]:
    """Return the lines for problems solved by the dense kernel."""
    targets = ((6, 1.0), (32, 1.5), (100, 1.5), (256, 1.3))
    return [cloud_row(n, 2, "euclidean", True, target, repeats=100) for n, target in targets]


def medium() -> list[tuple[object, ...]]:
    """Return the lines for point clouds that POT can still hold."""
    cases = [
        (1000, 2, "euclidean", False, 4), (1000, 2, "euclidean", True, 4),
        (1000, 2, "sqeuclidean", False, 6), (1000, 2, "sqeuclidean", True, 6),
        (5000, 2, "euclidean", False, 10), (5000, 2, "euclidean", True, 8),
        (5000, 2, "sqeuclidean", False, 22), (5000, 2, "sqeuclidean", True, 25),
        (5000, 10, "euclidean", False, 28), (5000, 10, "sqeuclidean", True, 10), (5000, 64, "euclidean", False, 15),
        (10_000, 2, "euclidean", False, 15), (10_000, 2, "sqeuclidean", False, 50), (10_000, 2, "cityblock", False, 8),
    ]  # fmt: skip
    return [cloud_row(*case, repeats=7 if case[0] == 1000 else 2) for case in cases]


def dense() -> list[tuple[object, ...]]:
    """Return the lines for given matrices."""
    n = 5000
    matrices = {}
    for d in (2, 10):
        x, y, a, b = clouds(n, d, False)
        matrices[f"matrix 5000, from d = {d}"] = (ot.dist(x, y, metric="euclidean"), 4.0)
    matrices["matrix 5000, random entries"] = (np.random.default_rng(1).random((n, n)), 1.5)
    return [
        row(
            name,
            lambda C=C: otkit.transport(C, a, b),
            lambda C=C: ot.emd2(a, b, C, numItermax=POT_ITERATIONS),
            target,
            repeats=2,
        )
        for name, (C, target) in matrices.items()
    ]


def lazy() -> list[tuple[object, ...]]:
    """Return the lines for clouds against POT's solver without a matrix."""
    n = 10_000
    x, y, a, b = clouds(n, 2, False)
    return [
        row(
            f"{n}, d = 2, {metric}, uniform",
            lambda metric=metric: otkit.wasserstein(x, y, a, b, metric=metric),
            lambda metric=metric: ot.emd2_lazy(x, y, a, b, metric=metric, numItermax=POT_ITERATIONS),
            20.0,
            repeats=2,
        )
        for metric in ("euclidean", "sqeuclidean")
    ]


def images() -> list[tuple[object, ...]]:
    """Return the lines for pairs of images; POT holds the matrix of the smallest only."""
    A, B = image(64, 1), image(64, 2)
    points = np.indices(A.shape).reshape(2, -1).T.astype(float)
    a, b = A.ravel() / A.sum(), B.ravel() / B.sum()
    lines = [
        row(
            "images 64², squared",
            lambda: otkit.wasserstein_grid(A, B, metric="sqeuclidean"),
            lambda: ot.emd2(a, b, ot.dist(points, points), numItermax=POT_ITERATIONS),
            70,
            repeats=2,
        )
    ]
    for size, metric, target in ((128, "sqeuclidean", 1), (256, "sqeuclidean", 300), (256, "euclidean", 300)):
        setup = (
            "import otkit; from simplex import image\n"
            f"call = lambda n: otkit.wasserstein_grid(image(n, 1), image(n, 2), metric={metric!r})\n"
            "call(12); call(40)"
        )
        lines.append(lone_row(f"images {size}², {metric}", setup, f"call({size})", target))
    return lines


def repeated() -> list[tuple[object, ...]]:
    """Return the lines for points that come many times: columns rounded to few values, or drawn from a pool."""
    rng = np.random.default_rng(0)
    coarse, one = rng.integers(0, 4, (2, 8000, 2)).astype(float), np.zeros((2, 8000, 2))
    halves = np.where(rng.random((2, 8000, 1)) < 0.5, rng.normal(size=(2, 8000, 2)), 0.5)
    pool = rng.normal(size=(1000, 10))
    drawn = [pool[rng.integers(0, 1000, 8000)] + shift for shift in (0.0, 0.1)]
    cases = {"4 × 4 places": coarse, "one place": one, "half of them distinct": halves, "1000 places, d = 10": drawn}
    weights = np.full(8000, 1 / 8000)
    return [
        row(
            f"8000 points, {name}",
            lambda x=x, y=y: otkit.wasserstein(x, y),
            lambda x=x, y=y: ot.emd2(weights, weights, ot.dist(x, y, metric="euclidean"), numItermax=POT_ITERATIONS),
            10,
            repeats=1,
        )
        for name, (x, y) in cases.items()
    ]


def large_row(n, metric, weighted, target):  # type: ignore[no-untyped-def]
    """Time one pair of large clouds in the plane."""
    setup = (
        "import otkit; from simplex import clouds\n"
        f"call = lambda n: otkit.wasserstein(*clouds(n, 2, {weighted}), metric={metric!r})\n"
        "call(200); call(1500)"
    )
    return lone_row(f"{n}, d = 2, {metric}, {'random' if weighted else 'uniform'}", setup, f"call({n})", target)


def large() -> list[tuple[object, ...]]:
    """Return the lines for 100,000 points."""
    cases = (("sqeuclidean", False, 15), ("sqeuclidean", True, 45), ("euclidean", False, 90), ("euclidean", True, 180))
    return [large_row(100_000, *case) for case in cases]


def million() -> list[tuple[object, ...]]:
    """Return the line for a million points."""
    return [large_row(1_000_000, "sqeuclidean", False, float("inf"))]


def main() -> None:
    """Print the tables asked for."""
    parts = {"small": small, "clouds": medium, "lazy": lazy, "dense": dense, "images": images, "large": large}
    parts["repeated"] = repeated
    chosen = sys.argv[1:] or list(parts)
    parts["million"] = million
    print(machine(), file=sys.stderr)
    began = time.perf_counter()
    for name in chosen:
        print(f"\n{name}\n\n{table(HEADER, parts[name]())}", flush=True)
    print(f"{time.perf_counter() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
