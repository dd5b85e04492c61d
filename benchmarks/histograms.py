"""f-divergences of histograms against SciPy: time, and digits where the two nearly agree.

python benchmarks/histograms.py [bins …]
"""

from __future__ import annotations

import sys
from functools import partial

import mpmath
import numpy as np
import scipy.spatial
import scipy.stats
from _harness import best_of, machine, seconds, table

import otkit

SCIPY = {
    "kl": scipy.stats.entropy,
    "js": lambda p, q: scipy.spatial.distance.jensenshannon(p, q) ** 2,
}
NAMES = ["kl", "reverse_kl", "jeffreys", "js", "tv", "hellinger", "chi2", "neyman"]


def times(bins: int) -> list[list[str]]:
    p, q = np.random.default_rng(0).random((2, bins))
    runs = {name: partial(getattr(otkit, name), p, q) for name in NAMES}
    runs |= {f"SciPy's {name}": partial(call, p, q) for name, call in SCIPY.items()}
    taken = best_of(runs)
    entropy = taken["SciPy's kl"]
    return [
        [
            name,
            seconds(taken[name]),
            *([seconds(taken[f"SciPy's {name}"])] if name in SCIPY else [""]),
            f"{entropy / taken[name]:.1f}",
        ]
        for name in NAMES
    ]


def digits(distance: float) -> list[str]:
    """Relative errors of KL, of measures that differ by `distance` in each of 50 bins."""
    p = np.full(50, 0.02)
    q = p + distance * np.tile([1.0, -1.0, 0.5, -0.5, 0.0], 10)
    with mpmath.workprec(400):
        a, b = ([mpmath.mpf(float(x)) for x in side] for side in (p, q))
        a, b = ([x / mpmath.fsum(side) for x in side] for side in (a, b))
        truth = mpmath.fsum(x * mpmath.log(x / y) for x, y in zip(a, b, strict=True))
        ours, theirs = (
            float(abs(mpmath.mpf(float(value)) / truth - 1)) for value in (otkit.kl(p, q), scipy.stats.entropy(p, q))
        )
    return [f"{distance:.0e}", f"{float(truth):.3e}", f"{ours:.1e}", f"{theirs:.1e}"]


def main() -> None:
    print(machine())
    for bins in [int(argument) for argument in sys.argv[1:]] or [1_000, 1_000_000]:
        print(f"\n{bins} bins; ratio of the time of scipy.stats.entropy to otkit's\n")
        print(table(["divergence", "otkit", "SciPy", "entropy / otkit"], times(bins)))
    print("\nKL of nearly equal measures: relative errors\n")
    print(table(["|p − q|", "KL", "otkit", "SciPy"], [digits(distance) for distance in (1e-3, 1e-6, 1e-9, 1e-12)]))


if __name__ == "__main__":
    main()
