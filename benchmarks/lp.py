"""`method="lp"` against SciPy: the whole call, points in and certified distance out.

    python benchmarks/lp.py [n ...]

`scipy.stats.wasserstein_distance_nd` solves the dual LP over all pairs with the same HiGHS; `linprog` is the LP of the
notes, all n² columns. Neither gives a certificate. Beyond 300 points only otkit is asked.
"""

from __future__ import annotations

import sys

import numpy as np
import scipy.optimize
import scipy.stats
from _harness import best_of, machine, peak_memory, seconds, table

import otkit

LARGEST_PEER = 300


def clouds(n: int, weighted: bool) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(n)
    x, y = rng.normal(size=(n, 2)), rng.normal(size=(n, 2)) + 0.5
    return (x, y, rng.random(n), rng.random(n)) if weighted else (x, y)


def full_lp(x, y, a=None, b=None, p=1):
    cost = otkit.cost_matrix(x, y, p=p)
    a, b = (np.full(len(z), 1 / len(z)) if w is None else w / w.sum() for z, w in ((x, a), (y, b)))
    A, masses, c = otkit.transport_lp(cost, a, b)
    return scipy.optimize.linprog(c, A_eq=A, b_eq=masses)


def measure(n: int, weighted: bool, p: int) -> list[object]:
    data = clouds(n, weighted)
    contenders = {"otkit": lambda: otkit.wasserstein(*data, p=p, method="lp")}
    if n <= LARGEST_PEER:
        contenders["linprog"] = lambda: full_lp(*data, p=p)
        if p == 1:
            contenders["scipy"] = lambda: scipy.stats.wasserstein_distance_nd(*data)
    time = best_of(contenders, repeats=3, budget=20.0)
    ratios = [f"{time[peer] / time['otkit']:.1f}×" if peer in time else "-" for peer in ("scipy", "linprog")]
    result = contenders["otkit"]()
    gap = result.certificate.gap / result.value
    case = f"{'r' if weighted else 'u'}, p = {p}"
    return [n, case, seconds(time["otkit"]), *ratios, result.stats.rounds, result.stats.iterations, f"{gap:.0e}"]


def main(sizes: list[int]) -> None:
    print(machine(), end="\n\n")
    rows = [measure(n, weighted, p) for n in sizes for weighted in (False, True) for p in (1, 2)]
    header = ["n", "weights, power", "otkit lp", "wasserstein_distance_nd", "linprog", "rounds", "iterations", "gap"]
    print(table(header, rows))
    n = min(max(sizes), LARGEST_PEER)
    setup = f"""
import numpy as np, otkit, scipy.stats
x, y = np.random.default_rng(0).normal(size=(2, {n}, 2))
otkit.wasserstein(x[:70], y[:70], method="lp")
scipy.stats.wasserstein_distance_nd(x[:9], y[:9])
"""
    ours = peak_memory(setup, "otkit.wasserstein(x, y, method='lp')")
    theirs = peak_memory(setup, "scipy.stats.wasserstein_distance_nd(x, y)")
    print(f"\nPeak memory, n = {n}: otkit lp {ours:.0f} MiB, wasserstein_distance_nd {theirs:.0f} MiB")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [50, 100, 300, 600])
