"""Distances between persistence diagrams beside GUDHI's and persim's, which this needs installed: processor time.

python benchmarks/persistence.py
"""

from __future__ import annotations

import time
import warnings

import gudhi
import gudhi.hera
import numpy as np
import persim
from _harness import best_of, machine, table

import otkit

PERSIM = 1000  # points from which on persim takes minutes


def diagram(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return births in [0, 1] and exponential lengths with mean 0.05."""
    birth = rng.random(n)
    return np.column_stack([birth, birth + rng.exponential(0.05, n)])


def main() -> None:
    """Print one line a size and distance."""
    warnings.simplefilter("ignore")
    rows = []
    for n in (100, 1000, 10000):
        rng = np.random.default_rng(0)
        X, Y = diagram(rng, n), diagram(rng, n)
        for name, p in (("W_1", 1.0), ("bottleneck", np.inf)):
            calls = {"otkit": lambda X=X, Y=Y, p=p: otkit.persistence_distance(X, Y, p=p)}
            if p == np.inf:
                calls["GUDHI"] = lambda X=X, Y=Y: gudhi.bottleneck_distance(X, Y)
            else:
                calls["GUDHI (Hera)"] = lambda X=X, Y=Y: gudhi.hera.wasserstein_distance(
                    X, Y, order=1, internal_p=np.inf
                )
            if n <= PERSIM:
                calls["persim"] = lambda X=X, Y=Y, p=p: (persim.bottleneck if p == np.inf else persim.wasserstein)(X, Y)
            found = best_of(calls, repeats=3, budget=20.0, clock=time.process_time)
            mine, peer = (calls[key]() for key in list(calls)[:2])
            off = abs(float(mine) - peer) / peer
            gudhi_time = found["GUDHI" if p == np.inf else "GUDHI (Hera)"]
            other = f"{found['persim'] * 1e3:.1f}" if "persim" in found else ""
            rows.append(
                [
                    n,
                    name,
                    f"{found['otkit'] * 1e3:.1f}",
                    f"{gudhi_time * 1e3:.1f}",
                    other,
                    f"{gudhi_time / found['otkit']:.2f}",
                    f"{off:.1e}",
                ]
            )
    print(machine())
    print(table(["points", "distance", "otkit, ms", "GUDHI, ms", "persim, ms", "GUDHI / otkit", "GUDHI's error"], rows))


if __name__ == "__main__":
    main()
