"""What a proof costs: the exact one and the float certificate as shares of the solve that they check.

python benchmarks/proof.py [part …]     small clouds images large
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from _harness import best_of, fresh_run, machine, seconds, table

import otkit
from otkit.checker.audit import certify_in_float64
from otkit.checker.optimality import judge
from otkit.optimal_transport.prove import prove
from otkit.solvers.monitor import Monitor

Case = tuple[str, Any, Any, dict[str, Any]]  # name, x and y, their weights, further arguments


def clouds(sizes: list[int], dimensions: tuple[int, ...]) -> Iterator[Case]:
    rng = np.random.default_rng(0)
    for n in sizes:
        for d in dimensions:
            for p, weighted in ((1, False), (2, True)):
                x, y = rng.random((n, d)), rng.random((n, d))
                weights = (rng.random(n), rng.random(n)) if weighted else (None, None)
                yield f"{n}, d = {d}, p = {p}, {'r' if weighted else 'u'}", (x, y), weights, {"p": p}


def images(side: int) -> Iterator[Case]:
    rng = np.random.default_rng(0)
    grid = np.argwhere(np.ones((side, side))).astype(float)
    for metric in ("sqeuclidean", "euclidean", "cityblock"):
        weights = rng.integers(1, 256, side * side), rng.integers(1, 256, side * side)
        yield f"image {side}², {metric}", (grid, grid), weights, {"metric": metric}


def row(case: Case) -> list[str]:
    """Measure one case: whole calls with either proof, and the exact proof from the solver's tree on."""
    name, clouds, weights, how = case

    def call(proof: str) -> Any:
        return otkit.wasserstein(*clouds, *weights, method="simplex", proof=proof, **how)

    result = call("float")
    times = best_of(
        {
            "exact": lambda: call("exact"),
            "float": lambda: call("float"),
            "proof": lambda: prove(result.problem, result.candidate, Monitor()),
            "certify": lambda: certify_in_float64(result.problem, result.candidate, result.potentials),
        },
        repeats=5,
        budget=60.0,
    )
    solve = times["float"] - times["certify"]
    verdict = judge(result.problem, *result.candidate.basis)
    doubtful = f"{verdict.rows.size}{'' if verdict.complete else '+'}"
    return [
        name,
        seconds(solve),
        f"{times['certify'] / solve:.1%}",
        f"{times['proof'] / solve:.1%}",
        f"{times['exact'] / times['float']:.2f}",
        doubtful,
        str(verdict.overpriced),
        call("exact").certificate.proof,
    ]


def large(n: int) -> None:
    """Measure one solve of a large problem with each proof, in processes of their own."""
    rows = []
    for p in (1, 2):
        setup = f"""
import numpy as np, otkit
rng = np.random.default_rng(0)
x, y = rng.random(({n}, 2)), rng.random(({n}, 2))
otkit.wasserstein(x[:3000], y[:3000], p={p}, method="simplex", proof="exact")
otkit.wasserstein(x[:3000], y[:3000], p={p}, method="simplex", proof="float")
"""
        for proof in ("exact", "float"):
            took, memory, said = fresh_run(
                setup, f'print(otkit.wasserstein(x, y, p={p}, method="simplex", proof="{proof}").certificate)'
            )
            rows.append([n, p, proof, seconds(took), f"{memory:.0f}", said])
    print(table(["n", "p", "proof", "whole call", "peak MiB", "certificate"], rows))


def main(parts: list[str]) -> None:
    print(machine() + "\n")
    header = ["case", "solve", "float", "exact", "whole exact / float", "in doubt", "overpriced", "proof"]
    if "small" in parts:
        print(table(header, [row(case) for case in clouds([6, 32, 100, 256], (2,))]) + "\n")
    if "clouds" in parts:
        print(table(header, [row(case) for case in clouds([1000, 5000], (2, 10))]) + "\n")
    if "images" in parts:
        print(table(header, [row(case) for side in (32, 64) for case in images(side)]) + "\n")
    if "large" in parts:
        large(100_000)


if __name__ == "__main__":
    main(sys.argv[1:] or ["small", "clouds", "images", "large"])
