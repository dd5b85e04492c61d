"""How often intervals of Wasserstein distances hold what they are for, and how far off the estimates are.

python benchmarks/intervals.py [repetitions] [points]
"""

from __future__ import annotations

import math
import sys
import time

import numpy as np
from _harness import machine, seconds, table

import otkit


def normal(rng, n, d, shift):
    """Return two clouds of normal points, `shift` apart."""
    return rng.normal(size=(n, d)), rng.normal(size=(n, d)) + shift * np.eye(d)[0]


def heavy(rng, n, d, shift):
    """Return the same with Student's t, three degrees of freedom."""
    return rng.standard_t(3, size=(n, d)), rng.standard_t(3, size=(n, d)) + shift * np.eye(d)[0]


def flat(rng, n, d, shift):
    """Return normal points in a plane of the space."""
    x, y = np.zeros((2, n, d))
    x[:, :2], y[:, :2] = normal(rng, n, 2, shift)
    return x, y


def wider(rng, n, d, scale):
    """Return normal points, and others `scale` wider: W_1 is scale · E‖X‖."""
    return rng.normal(size=(n, d)), (1.0 + scale) * rng.normal(size=(n, d))


CASES = [("normal", normal, d, shift) for d in (1, 2, 3, 5, 10) for shift in (0.0, 0.3, 1.0)]
CASES += [("t, 3 degrees", heavy, d, shift) for d, shift in ((1, 0.3), (2, 0.3), (5, 1.0))]
CASES += [
    ("normal, in a plane", flat, 10, 0.3),
    ("wider", wider, 1, 0.3),
    ("wider", wider, 3, 0.3),
    ("wider", wider, 10, 1.0),
]


def truth(law, d: int, amount: float) -> float:
    """Return W_1 between the laws."""
    return amount * math.sqrt(2.0) * math.gamma((d + 1) / 2) / math.gamma(d / 2) if law is wider else amount


def row(name: str, law, d: int, amount: float, repetitions: int, n: int) -> list[str]:
    rng, start = np.random.default_rng(0), time.perf_counter()
    samples = [law(rng, n, d, amount) for _ in range(repetitions)]
    sample = [otkit.wasserstein_interval(x, y, rng=0) for x, y in samples]
    laws = [otkit.wasserstein_interval(x, y, population=True, rng=0) for x, y in samples]
    distances, estimates = (np.array([getattr(each, what) for each in laws]) for what in ("distance", "estimate"))
    between, mean = truth(law, d, amount), distances.mean()
    return [
        name,
        str(d),
        f"{between:.2f}",
        f"{mean:.2f}",
        f"{estimates.mean():.2f}",
        f"{np.sqrt(((distances - between) ** 2).mean()):.3f}",
        f"{np.sqrt(((estimates - between) ** 2).mean()):.3f}",
        f"{np.mean([each.lower <= mean <= each.upper for each in sample]):.0%}",
        f"{np.mean([each.lower <= between <= each.upper for each in laws]):.0%}",
        f"{np.mean([each.upper - each.lower for each in laws]):.2f}",
        seconds((time.perf_counter() - start) / repetitions / 2),
    ]


def main() -> None:
    given = [int(argument) for argument in sys.argv[1:]]
    repetitions, n = given + [200, 100][len(given) :]
    print(f"{machine()}\n\nn = m = {n}, {repetitions} repetitions, intervals at 95 %\n")
    head = ["laws", "d", "W_1", "mean W_1 of samples", "mean estimate", "RMSE of samples", "RMSE of estimate"]
    head += ["cover mean W_1", "cover W_1", "width", "time"]
    print(table(head, [row(*case, repetitions, n) for case in CASES]))


if __name__ == "__main__":
    main()
