"""Batches of pairs against loops over POT and SciPy: processor and wall time of one run, and how they compare.

python benchmarks/batches.py [SIZE…]      8, 32, 100 and 256 points by default
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import ot
from _harness import best_of, machine, table
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

import otkit

PAIRS = {8: 5000, 32: 2000, 100: 400, 256: 40}


def main(sizes: list[int]) -> None:
    """Print one line a size, dimension and kind of weights."""
    rows = []
    for n in sizes:
        for d in (2, 16):
            rng = np.random.default_rng(0)
            x, y = rng.normal(size=(2, PAIRS[n], n, d))
            a, b = rng.dirichlet(np.ones(n), (2, PAIRS[n]))
            uniform = np.full(n, 1.0 / n)
            weighted = {
                "otkit": lambda x=x, y=y, a=a, b=b: otkit.wasserstein_batch(x, y, a, b).distances,
                "emd2": lambda x=x, y=y, a=a, b=b: [
                    ot.emd2(*weights, cdist(*clouds))
                    for weights, clouds in zip(zip(a, b, strict=True), zip(x, y, strict=True), strict=True)
                ],
            }
            equal = {
                "otkit": lambda x=x, y=y: otkit.wasserstein_batch(x, y).distances,
                "emd2": lambda x=x, y=y, u=uniform: [ot.emd2(u, u, cdist(*each)) for each in zip(x, y, strict=True)],
                "lsa": lambda x=x, y=y: [matched(cdist(*each)) for each in zip(x, y, strict=True)],
            }
            for name, contenders in (("equal", equal), ("random", weighted)):
                found = [np.array(run()) for run in contenders.values()]
                error = max(float(np.abs(each - found[0]).max()) for each in found)
                rows.append([n, d, name, *compared(contenders, PAIRS[n]), f"{error:.0e}"])
    head = ["n", "d", "weights", "pairs", "otkit µs a pair", "emd2 loop", "", "assignment loop", "", "differ by"]
    print("Processor time / wall time; × is the loop's time over otkit's.\n")
    print(table(head, rows))
    print(f"\n{machine()}")


def matched(cost: np.ndarray) -> float:
    """Return the mean cost of a cheapest matching."""
    return float(cost[linear_sum_assignment(cost)].mean())


def compared(contenders: dict[str, Callable[[], object]], pairs: int) -> list[object]:
    """Return times a pair, and ratios, by both clocks."""
    times = [best_of(contenders, 3, 1.5, clock) for clock in (time.process_time, time.perf_counter)]
    cells: list[object] = [pairs]
    for name in ("otkit", "emd2", "lsa"):
        if name not in contenders:
            cells += ["", ""]
            continue
        cells.append(" / ".join(f"{1e6 * each[name] / pairs:.1f}" for each in times))
        if name != "otkit":
            cells.append(" / ".join(f"×{each[name] / each['otkit']:.1f}" for each in times))
    return cells


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(PAIRS))
