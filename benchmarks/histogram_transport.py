"""Transport between histograms as people make them, long tails and all, over a given cost matrix, against POT.

python benchmarks/histogram_transport.py [bins …]

Masses reach from 1 down to 5e-324. `cut` is the same problem without the masses below 1e-16.
"""

from __future__ import annotations

import sys
import warnings

import numpy as np
import ot
import scipy.stats
from _harness import best_of, fresh_run, machine, seconds, table

import otkit


def shares(masses: np.ndarray) -> np.ndarray:
    return masses / masses.sum()


def histograms(bins: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return pairs of histograms by name."""
    rng = np.random.default_rng(1)
    x = np.arange(float(bins))

    def gauss(mean: float, width: float) -> np.ndarray:
        return np.exp(-((x - mean * bins) ** 2) / (2.0 * (width * bins) ** 2))

    def softmax(temperature: float) -> np.ndarray:
        scores = rng.normal(size=bins) * temperature
        return np.exp(scores - scores.max())

    def kde(samples: np.ndarray, width: float) -> np.ndarray:
        return np.exp(-((x[:, None] - samples * bins) ** 2) / (2.0 * (width * bins) ** 2)).sum(axis=1)

    pairs = {
        "Gaussian": (gauss(0.04, 0.01), gauss(0.24, 0.02)),
        "Gaussian, far": (gauss(0.6, 0.01), gauss(0.8, 0.02)),
        "exponential": (np.exp(-100.0 * x / bins), np.exp(-300.0 * x[::-1] / bins)),
        "Poisson": tuple(scipy.stats.poisson.pmf(x, bins / part) for part in (10, 3)),
        "Zipf": ((x + 1.0) ** -1.1, rng.permutation((x + 1.0) ** -2.0)),
        "softmax": (softmax(20.0), softmax(40.0)),
        "KDE": (kde(rng.normal(0.3, 0.05, 200), 0.005), kde(rng.exponential(0.1, 200), 0.01)),
        "image, zeros": tuple(np.maximum(rng.normal(size=bins), 0.0) for _ in range(2)),
        "word counts": (np.minimum(rng.zipf(1.5, bins), 10**6), rng.multinomial(50 * bins, shares(1.0 / (x + 1.0)))),
    }
    return {name: (shares(a), shares(b)) for name, (a, b) in pairs.items()}


def costs(bins: int) -> dict[str, np.ndarray]:
    """Return cost matrices by name: along a line, on a grid, and without structure."""
    rng, x = np.random.default_rng(2), np.arange(float(bins))
    apart = np.abs(x[:, None] - x)
    side = int(np.ceil(bins**0.5))
    grid = np.stack(np.divmod(np.arange(bins), side), axis=1).astype(float)
    return {
        "squared": apart**2,
        "distance": apart,
        "power 1.5": apart**1.5,
        "root": apart**0.5,
        "grid": ((grid[:, None] - grid) ** 2).sum(axis=2) ** 0.5,
        "random": rng.random((bins, bins)),
        "integer": rng.integers(0, 10, (bins, bins)).astype(float),
    }


def cut(masses: np.ndarray) -> np.ndarray:
    return shares(np.where(masses < 1e-16, 0.0, masses))


def rows(bins: int) -> list[list[str]]:
    out = []
    for kind, cost in costs(bins).items():
        for name, (a, b) in histograms(bins).items():
            large_a, large_b = cut(a), cut(b)
            taken = best_of(
                {
                    "otkit": lambda cost=cost, a=a, b=b: otkit.transport(cost, a, b),
                    "POT": lambda cost=cost, a=a, b=b: ot.emd2(a, b, cost, numItermax=10**8),
                    "cut": lambda cost=cost, a=large_a, b=large_b: otkit.transport(cost, a, b),
                },
                repeats=3,
                budget=3.0,
            )
            result = otkit.transport(cost, a, b)
            value = ot.emd2(a, b, cost, numItermax=10**8)
            out.append(
                [
                    kind,
                    name,
                    f"{np.count_nonzero(a)} × {np.count_nonzero(b)}",
                    seconds(taken["otkit"]),
                    f"{taken['POT'] / taken['otkit']:.2f}",
                    f"{taken['otkit'] / taken['cut']:.2f}",
                    result.certificate.proof,
                    f"{abs(value - result.value) / result.value:.0e}",
                ]
            )
    return out


def memory(bins: int) -> list[list[str]]:
    """Return peak memory of the pair with the longest tails, over the matrix itself, which both are handed."""
    setup = f"""
import ot, otkit
from histogram_transport import costs, histograms
cost, (a, b) = costs({bins})["random"], histograms({bins})["Gaussian, far"]
otkit.transport(cost[:300, :300].copy()), otkit.transport(cost[:60, :60].copy())
"""
    runs = {"otkit": "otkit.transport(cost, a, b)", "POT": "ot.emd2(a, b, cost, numItermax=10**8)"}
    return [[name, f"{fresh_run(setup, statement)[1]:.0f}"] for name, statement in runs.items()]


def main() -> None:
    warnings.simplefilter("ignore")
    print(machine())
    for bins in [int(argument) for argument in sys.argv[1:]] or [64, 256, 1000]:
        print(f"\n{bins} bins; POT's time over otkit's, and otkit's over that of the problem without small masses\n")
        header = ["cost", "histograms", "bins with mass", "otkit", "POT / otkit", "otkit / cut", "proof", "difference"]
        print(table(header, rows(bins)))
        print()
        print(table(["code", "peak MiB"], memory(bins)))


if __name__ == "__main__":
    main()
