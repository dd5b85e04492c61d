"""`otkit.cost_matrix` against SciPy, scikit-learn and POT: time, peak memory and error of Euclidean cost matrices.

    python benchmarks/cost_matrix.py

Ratios are the peer's time over otkit's, from the same run: above 1, otkit is faster. The error is the largest relative
error of a distance, against exact rational arithmetic, between near neighbours: the second cloud is the first one moved
by 1e-4. Direct differences keep their digits there, |x|² + |y|² − 2⟨x, y⟩ does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial

import numpy as np
import ot
from _harness import best_of, machine, peak_memory, seconds, table
from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import euclidean_distances

from otkit.costs import cost_matrix

PEERS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "otkit": cost_matrix,
    "cdist": cdist,
    "sklearn": euclidean_distances,
    "ot.dist": lambda x, y: ot.dist(x, y, metric="euclidean"),
}


def clouds(n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, d)), rng.normal(size=(n, d))


def worst_error(evaluate: Callable[[np.ndarray, np.ndarray], np.ndarray], d: int, samples: int = 50) -> float:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(samples, d))
    y = x + 1e-4 * rng.normal(size=(samples, d))
    found = evaluate(x, y).diagonal()
    return max(abs(float(Fraction(value) / exact_distance(u, v) - 1)) for value, u, v in zip(found, x, y, strict=True))


def exact_distance(u: np.ndarray, v: np.ndarray) -> Fraction:
    """The Euclidean distance to 60 decimal digits."""
    square = sum((Fraction(a) - Fraction(b)) ** 2 for a, b in zip(u, v, strict=True))
    digits = 10**60
    return Fraction(math.isqrt(square.numerator * digits**2 // square.denominator), digits)


def extra_memory(n: int, d: int) -> float:
    """Return the MiB that otkit uses beside the result."""
    setup = (
        "import numpy as np\nfrom otkit.costs import cost_matrix\n"
        f"x, y = np.random.default_rng(0).normal(size=(2, {n}, {d}))\ncost_matrix(x[:600], y[:600])"
    )
    return peak_memory(setup, "cost_matrix(x, y)") - 8 * n * n / 2**20


def main() -> None:
    rows = []
    for n in (1000, 5000):
        for d in (2, 10, 64, 784):
            x, y = clouds(n, d)
            times = best_of({name: partial(f, x, y) for name, f in PEERS.items()}, repeats=30 if n == 1000 else 7)
            ours = times.pop("otkit")
            rows.append(
                [n, d, seconds(ours)]
                + [f"{time / ours:.2f}" for time in times.values()]
                + [f"{min(times.values()) / ours:.2f}", f"{extra_memory(n, d):.1f}"]
                + [f"{worst_error(f, d):.0e}" for f in PEERS.values()]
            )
    header = ["n", "d", "otkit", "cdist", "sklearn", "ot.dist", "best peer", "MiB beside result"]
    print(machine())
    print(table(header + [f"error {name}" for name in PEERS], rows))


if __name__ == "__main__":
    main()
