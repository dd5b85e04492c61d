"""W_∞ of points in the plane beside SciPy's matchings on a dense matrix: processor time.

python benchmarks/bottleneck.py
"""

from __future__ import annotations

import time

import numpy as np
from _harness import best_of, machine, table
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

import otkit

DENSE = 1000  # points up to which the peer is asked


def by_matchings(x: np.ndarray, y: np.ndarray) -> float:
    """Return W_∞ of equal masses by halving all costs, with a matching of Hopcroft & Karp's under each limit."""
    costs = otkit.cost_matrix(x, y)
    known = np.unique(costs)
    low, high = 0, known.size - 1
    while low < high:
        middle = (low + high) // 2
        full = (maximum_bipartite_matching(csr_array(costs <= known[middle])) >= 0).all()
        low, high = (low, middle) if full else (middle + 1, high)
    return float(known[low])


def main() -> None:
    """Print one line a size and kind of masses."""
    rows = []
    for n in (100, 1000, 10000):
        rng = np.random.default_rng(0)
        x, y, a, b = rng.random((n, 2)), rng.random((n, 2)), rng.random(n), rng.random(n)
        for name, masses in (("equal", ()), ("any", (a, b))):
            calls = {"otkit": lambda x=x, y=y, masses=masses: otkit.bottleneck(x, y, *masses).value}
            if n <= DENSE and name == "equal":
                calls["SciPy"] = lambda x=x, y=y: by_matchings(x, y)
                assert calls["otkit"]() == calls["SciPy"]()
            found = best_of(calls, repeats=3, budget=20.0, clock=time.process_time)
            rows.append([n, name, f"{found['otkit']:.3f}", f"{found['SciPy']:.3f}" if "SciPy" in found else ""])
    print(machine())
    print(table(["points", "masses", "otkit, s", "matchings on the matrix, s"], rows))


if __name__ == "__main__":
    main()
