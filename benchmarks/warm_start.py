"""Starting from an earlier result: two clouds of which one has moved by 1 % of its width.

    python benchmarks/warm_start.py [n]

Times are whole calls, certificate included; that alone is a share of each call which no start can save, so the ratio of
the solves without it stands beside the ratio of the calls. `tree` starts from the earlier result, `potentials` from its
potentials alone.
"""

from __future__ import annotations

import sys
from functools import partial

import numpy as np
from _harness import best_of, machine, seconds, table

import otkit

HEADER = ("case", "start", "time", "ratio", "ratio without proof", "rounds", "pivots", "relative gap")


def moves(x: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return the cloud after several moves; its standard deviation is one."""
    return {"each point by itself": x + 0.01 * rng.normal(size=x.shape), "shifted": x + 0.01, "dilated": 1.01 * x}


def lines(n: int, metric: str, weighted: bool) -> list[tuple[object, ...]]:
    """Time one pair of clouds after each move."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(n, 2)), rng.normal(size=(n, 2))
    a, b = (rng.random(n), rng.random(n)) if weighted else (None, None)

    def solve(x, known=None):  # type: ignore[no-untyped-def]
        return otkit.wasserstein(x, y, a, b, metric=metric, method="simplex", warm_start=known)

    before = solve(x)
    rows = []
    for move, there in moves(x, rng).items():
        starts = {"cold": None, "tree": before, "potentials": before.potentials}
        answers = {name: solve(there, known) for name, known in starts.items()}
        cold = answers["cold"]
        calls = {name: partial(solve, there, known) for name, known in starts.items()}
        calls["proof"] = partial(otkit.certify, cold.problem, plan=cold.candidate, potentials=cold.potentials)
        best = best_of(calls, repeats=3)
        proof = best.pop("proof")
        for name, time in best.items():
            stats, certificate = answers[name].stats, answers[name].certificate
            gap = f"{certificate.gap / certificate.upper:.0e}" if certificate.optimal else "NOT PROVED"
            ratios = f"{best['cold'] / time:.1f}", f"{(best['cold'] - proof) / (time - proof):.1f}"
            case = f"{n}, {metric}, {'random' if weighted else 'uniform'}, {move}"
            rows.append((case, name, seconds(time), *ratios, stats.rounds, stats.iterations, gap))
    return rows


def main() -> None:
    """Print the table."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    print(machine(), file=sys.stderr)
    cases = [(metric, weighted) for metric in ("sqeuclidean", "euclidean") for weighted in (False, True)]
    print(table(HEADER, [row for case in cases for row in lines(n, *case)]))


if __name__ == "__main__":
    main()
