"""Transport between histograms as people make them, long tails and all, over a given cost matrix, against POT.

python benchmarks/histogram_transport.py [bins …] [cost …]
python benchmarks/histogram_transport.py long
python benchmarks/histogram_transport.py unstructured

Masses reach from 1 down to 5e-324. `cut` is the same problem without the masses below 1e-16. Times are those of the
processor, of all threads together, the least of several calls. `long` takes pairs of Gaussian histograms one by one, up
to 4000 bins; `unstructured` takes 4000 bins and random costs, without POT.
"""

from __future__ import annotations

import sys
import time
import warnings
from functools import partial

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


def measured(kind: str, name: str, cost: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[list[str], float, float]:
    """Return a row of the table, POT's time over otkit's, and otkit's over that of the problem without small masses."""
    large_a, large_b = cut(a), cut(b)
    taken = best_of(
        {
            "otkit": lambda: otkit.transport(cost, a, b),
            "POT": lambda: ot.emd2(a, b, cost, numItermax=10**8),
            "cut": lambda: otkit.transport(cost, large_a, large_b),
        },
        repeats=4,
        budget=0.3,
        clock=time.process_time,
    )
    result = otkit.transport(cost, a, b)
    value = ot.emd2(a, b, cost, numItermax=10**8)
    faster, slower = taken["POT"] / taken["otkit"], taken["otkit"] / taken["cut"]
    row = [
        kind,
        name,
        f"{np.count_nonzero(a)} × {np.count_nonzero(b)}",
        f"{np.count_nonzero(large_a)} × {np.count_nonzero(large_b)}",
        seconds(taken["otkit"]),
        f"{faster:.2f}",
        f"{slower:.2f}",
        result.certificate.proof,
        f"{abs(value - result.value) / (result.value or 1.0):.0e}",
    ]
    return row, faster, slower


HEADER = ["cost", "histograms", "bins with mass", "cut", "otkit", "POT / otkit", "otkit / cut", "proof", "difference"]


def unstructured(bins: int) -> list[list[str]]:
    """Return rows of histograms with long tails and random costs: times of otkit, and of the cut problem."""
    cost, out = np.random.default_rng(2).random((bins, bins)), []
    for name, (a, b) in histograms(bins).items():
        large_a, large_b = cut(a), cut(b)
        if min(a[a > 0.0].min(), b[b > 0.0].min()) > 1e-16:
            continue
        runs = {"otkit": partial(otkit.transport, cost, a, b), "cut": partial(otkit.transport, cost, large_a, large_b)}
        taken = best_of(runs, repeats=2, budget=0.0, clock=time.process_time)
        sizes = [f"{np.count_nonzero(x)} × {np.count_nonzero(y)}" for x, y in ((a, b), (large_a, large_b))]
        ratio = f"{taken['otkit'] / taken['cut']:.2f}"
        proof = otkit.transport(cost, a, b).certificate.proof
        out.append([name, *sizes, seconds(taken["otkit"]), seconds(taken["cut"]), ratio, proof])
    return out


def tables(bins: int, kinds: list[str]) -> tuple[list[list[str]], list[list[str]]]:
    """Return all pairs of costs and histograms, and a summary by cost."""
    out, summary, pairs = [], [], histograms(bins)
    for kind, cost in costs(bins).items():
        if kinds and kind not in kinds:
            continue
        results = {name: measured(kind, name, cost, a, b) for name, (a, b) in pairs.items()}
        out += [row for row, _, _ in results.values()]
        slowest = min(results, key=lambda name, results=results: results[name][1])
        faster, slower = ([result[k] for result in results.values()] for k in (1, 2))
        exact = sum(row[-2] == "exact" for row, _, _ in results.values())
        numbers = [f"{value:.2f}" for value in (min(faster), np.median(faster), max(faster))]
        ratios = [f"{value:.2f}" for value in (np.median(slower), max(slower))]
        summary.append([kind, *numbers, slowest, *ratios, f"{exact} of {len(results)}"])
    return out, summary


SUMMARY = ["cost", "POT / otkit: least", "median", "most", "least with", "otkit / cut: median", "most", "exact"]


def long_tails() -> list[list[str]]:
    """Return rows for single pairs of Gaussian histograms, (mean, width) each."""
    out = []
    for bins, kind, first, second in (
        (500, "squared", (20, 5), (120, 10)),
        (500, "distance", (300, 5), (400, 10)),
        (1000, "squared", (300, 20), (600, 40)),
        (4000, "squared", (2400, 40), (3200, 80)),
        (4000, "distance", (2400, 40), (3200, 80)),
    ):
        x = np.arange(float(bins))
        a, b = (shares(np.exp(-((x - mean) ** 2) / (2.0 * width**2))) for mean, width in (first, second))
        cost = np.abs(x[:, None] - x) ** (2.0 if kind == "squared" else 1.0)
        out.append(measured(kind, f"{bins} bins, {first} to {second}", cost, a, b)[0])
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
    if sys.argv[1:] == ["long"]:
        print(table(HEADER, long_tails()))
        return
    if sys.argv[1:] == ["unstructured"]:
        header = ["histograms", "bins with mass", "cut", "otkit", "cut problem", "otkit / cut", "proof"]
        print(table(header, unstructured(4000)))
        return
    kinds = [argument for argument in sys.argv[1:] if not argument.isdigit()]
    for bins in [int(argument) for argument in sys.argv[1:] if argument.isdigit()] or [64, 256, 1000]:
        print(f"\n{bins} bins; POT's time over otkit's, and otkit's over that of the problem without small masses\n")
        pairs, summary = tables(bins, kinds)
        print(table(HEADER, pairs), table(SUMMARY, summary), sep="\n\n", end="\n\n")
        print(table(["code", "peak MiB"], memory(bins)), flush=True)


if __name__ == "__main__":
    main()
