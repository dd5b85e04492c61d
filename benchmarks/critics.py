"""Neural critics of W_1 against the exact value: raw, certified, in and out of sample, seconds.

python benchmarks/critics.py [--seeds 3] [--constraints one-sided,groupsort]

Seconds are those of a fit in a fresh process, importing and compiling included.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from _harness import machine, table

import otkit
from otkit.datasets import eight_gaussians, gaussians

N = 512
CASES = ["8 Gaussians", "shift, d = 2", "shift, d = 10"]
OURS = ["one-sided", "groupsort", "gradient-penalty", "spectral", "clip"]
PAPERS = ["wgan-gp-one-sided", "wgan-gp", "sn-gan", "wgan"]
POPULATION = 2.0  # W_1 between the two normal distributions of the shift


def samples(case: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return two independent samples of a case; another seed gives fresh ones."""
    one, other = np.random.default_rng(seed).spawn(2)
    if case == "8 Gaussians":
        return eight_gaussians(N, rng=one), gaussians(N, rng=other)
    d = int(case.rpartition(" ")[2])
    return gaussians(N, d, rng=one), gaussians(N, d, mean=2.0 * np.eye(d)[0], rng=other)


def fit(case: str, constraint: str, seed: int) -> dict[str, float]:
    """Fit in a fresh process; return its figures."""
    code = f"""
import sys, time, json
sys.path.insert(0, {str(Path(__file__).parent)!r})
from critics import samples
x, y = samples({case!r}, {seed})
start = time.perf_counter()
from otkit.neural import fit_critic
result = fit_critic(x, y, constraint={constraint!r}, rng={seed})
elapsed = time.perf_counter() - start
fresh = samples({case!r}, {seed + 1000})
values = [float(result.critic(points).mean()) for points in fresh]
print(json.dumps(result.to_dict() | {{"elapsed": elapsed, "fresh": values[0] - values[1]}}))
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def percent(values: list[float]) -> str:
    """Return the mean, and the extremes, of some relative errors."""
    return f"{100 * np.mean(values):+.1f} % ({100 * min(values):+.1f} … {100 * max(values):+.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--constraints", default=",".join(OURS + PAPERS))
    parser.add_argument("--cases", default=";".join(CASES))
    arguments = parser.parse_args()
    print(f"n = m = {N}, {arguments.seeds} seeds; {machine()}\n")
    rows, high = [], []
    for case in arguments.cases.split(";"):
        exact = [otkit.wasserstein(*samples(case, seed)).distance for seed in range(arguments.seeds)]
        for constraint in arguments.constraints.split(","):
            found = [fit(case, constraint, seed) for seed in range(arguments.seeds)]
            raw, certified, transformed = (
                [result[name] / value - 1.0 for result, value in zip(found, exact, strict=True)]
                for name in ("raw", "lower_bound", "c_transform_bound")
            )
            rows.append(
                [
                    case,
                    constraint,
                    percent(raw),
                    percent(certified),
                    percent(transformed),
                    f"{np.mean([result['lipschitz'] for result in found]):.3g}",
                    f"{np.mean([result['global_constant'] for result in found]):.3g}",
                    f"{max(result['elapsed'] for result in found):.1f}",
                ]
            )
            if case.startswith("shift"):
                means = [
                    np.mean(values)
                    for values in (
                        exact,
                        [result["raw"] for result in found],
                        [result["lower_bound"] for result in found],
                        [result["fresh"] for result in found],
                        [result["fresh"] / result["lipschitz"] for result in found],
                    )
                ]
                high.append([case, constraint, POPULATION, *(f"{mean:.3f}" for mean in means)])
    header = ["case", "constraint", "raw error", "certified error", "c-transform", "slope", "global", "seconds, worst"]
    print(table(header, rows))
    print()
    header = ["case", "constraint", "population", "samples, exact", "raw", "certified", "raw, fresh", "fresh / slope"]
    print(table(header, high))


if __name__ == "__main__":
    main()
