"""Sliced distances against POT: time and peak memory on the same directions.

python benchmarks/sliced.py [points …]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import ot
from _harness import best_of, fresh_run, machine, seconds, table

import otkit

DIRECTIONS = 50
LARGEST_FOR_POT = 200_000
SEVERAL_RUNS = 10_000

SETUP = """
import numpy as np, ot, otkit
rng = np.random.default_rng(0)
x, y = rng.normal(size=({n}, {d})), rng.normal(size=({n}, {d})) + 0.1
directions = rng.normal(size=({k}, {d}))
directions /= np.linalg.norm(directions, axis=1)[:, None]
otkit.sliced_wasserstein(x[:9], y[:9], p=2, projections=directions)
ot.sliced_wasserstein_distance(x[:9], y[:9], projections=directions.T)
"""
OURS = "print(otkit.sliced_wasserstein(x, y, p=2, projections=directions).distance)"
THEIRS = "print(ot.sliced_wasserstein_distance(x, y, projections=directions.T, p=2))"


def measured(n: int, d: int) -> list[str]:
    """Return a row of the table: POT where its memory, some 10 kB a point, is likely to be there."""
    setup = SETUP.format(n=n, d=d, k=DIRECTIONS)
    time_ours, mib_ours, value = fresh_run(setup, OURS)
    if n > LARGEST_FOR_POT:
        return [f"{n} × {d}", seconds(time_ours), "–", "–", f"{mib_ours:.0f} MiB", "–", "–"]
    time_theirs, mib_theirs, other = fresh_run(setup, THEIRS)
    if n <= SEVERAL_RUNS:
        times = best_of(in_turns(n, d), budget=10.0)
        time_ours, time_theirs = times["otkit"], times["POT"]
    return [
        f"{n} × {d}",
        seconds(time_ours),
        seconds(time_theirs),
        f"{time_theirs / time_ours:.1f}",
        f"{mib_ours:.0f} MiB",
        f"{mib_theirs:.0f} MiB",
        f"{abs(float(value) - float(other)) / float(other):.0e}",
    ]


def in_turns(n: int, d: int) -> dict[str, Callable[[], Any]]:
    rng = np.random.default_rng(0)
    x, y, directions = rng.normal(size=(n, d)), rng.normal(size=(n, d)) + 0.1, rng.normal(size=(DIRECTIONS, d))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    return {
        "otkit": lambda: otkit.sliced_wasserstein(x, y, p=2, projections=directions),
        "POT": lambda: ot.sliced_wasserstein_distance(x, y, projections=directions.T, p=2),
    }


def main() -> None:
    print(machine())
    print(f"\nSW_2 of two clouds over {DIRECTIONS} directions\n")
    sizes = [int(argument) for argument in sys.argv[1:]] or [1_000, 10_000, 100_000, 1_000_000]
    rows = [measured(n, d) for n in sizes for d in (3, 50) if n * d <= 10_000_000]
    print(table(["points", "otkit", "POT", "ratio", "otkit's memory", "POT's memory", "difference"], rows))


if __name__ == "__main__":
    main()
