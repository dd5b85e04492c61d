"""KL from samples: error against plain nearest neighbours and two packages, coverage of the interval, time.

python benchmarks/divergences.py [accuracy] [hard] [edges] [coverage] [speed] [--seeds 10] [--sizes 1000x1000] [--alone]

The packages `divergence` and `infomeasure` are taken where they are installed: pip install divergence infomeasure
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable

import numpy as np
from _harness import best_of, machine, seconds, table
from scipy.special import logsumexp
from scipy.stats import beta, expon, laplace, multivariate_normal, multivariate_t, norm, uniform
from scipy.stats.distributions import rv_frozen

import otkit


class Normal:
    def __init__(self, mean: np.ndarray, covariance: np.ndarray) -> None:
        self.mean, self.factor = mean, np.linalg.cholesky(covariance)
        self.logpdf = multivariate_normal(mean, covariance).logpdf

    def draw(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return self.mean + rng.standard_normal((n, len(self.mean))) @ self.factor.T


class Student:
    def __init__(self, freedom: float, mean: np.ndarray, scale: float = 1.0) -> None:
        self.freedom, self.mean, self.scale = freedom, mean, scale
        self.logpdf = multivariate_t(mean, scale**2 * np.eye(len(mean)), df=freedom).logpdf

    def draw(self, rng: np.random.Generator, n: int) -> np.ndarray:
        chi = np.sqrt(rng.chisquare(self.freedom, size=(n, 1)) / self.freedom)
        return self.mean + self.scale * rng.standard_normal((n, len(self.mean))) / chi


class Mixture:
    def __init__(self, weights: list[float], parts: list[Normal]) -> None:
        self.weights, self.parts = np.array(weights), parts

    def logpdf(self, points: np.ndarray) -> np.ndarray:
        parts = [part.logpdf(points) for part in self.parts]
        return logsumexp(np.stack(parts, axis=1) + np.log(self.weights), axis=1)

    def draw(self, rng: np.random.Generator, n: int) -> np.ndarray:
        counts = rng.multinomial(n, self.weights)
        points = [part.draw(rng, count) for part, count in zip(self.parts, counts, strict=True)]
        return rng.permutation(np.concatenate(points))


class Product:
    """Independent coordinates of one distribution."""

    def __init__(self, law: rv_frozen, d: int) -> None:
        self.law, self.d = law, d

    def draw(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return self.law.rvs(size=(n, self.d), random_state=rng)


def gaussians(d: int) -> dict[str, tuple]:
    """The pairs whose KL is known."""
    zero, one, place = np.zeros(d), np.eye(d)[0], np.arange(d)
    pairs = {"shift": (Normal(zero, np.eye(d)), Normal(one, np.eye(d)), 0.5)}
    if d > 1:
        covariance = 0.6 ** np.abs(place[:, None] - place)
        pairs["AR"] = (Normal(zero, covariance), Normal(zero, np.eye(d)), -0.5 * np.linalg.slogdet(covariance)[1])
    ratio = 4.0 if d == 1 else np.exp(1.2 / np.sqrt(d))
    scale = 0.5 * d * (1.0 / ratio - 1.0 + np.log(ratio))
    return pairs | {"scale": (Normal(zero, np.eye(d)), Normal(zero, ratio * np.eye(d)), scale)}


def hard(d: int) -> dict[str, tuple]:
    """Heavy tails and mixtures; their KL by a million draws."""
    zero, one, unit = np.zeros(d), np.eye(d)[0], np.eye(d)
    centres = 3.0 * np.random.default_rng(5).normal(size=(8, d))
    two = [Normal(2.5 * one, unit), Normal(-2.5 * one, unit)]
    pairs = {
        "t3, shift": (Student(3, zero), Student(3, 1.5 * one)),
        "t3, scale": (Student(3, zero), Student(3, zero, 2.0)),
        "normal ‖ t2": (Normal(zero, unit), Student(2, zero)),
        "Cauchy, shift": (Student(1, zero), Student(1, 2.0 * one)),
        "two bumps ‖ normal": (
            Mixture([0.5, 0.5], [Normal(2.0 * one, unit), Normal(-2.0 * one, unit)]),
            Normal(zero, unit + 4.0 * np.outer(one, one)),
        ),
        "two bumps, weights": (Mixture([0.8, 0.2], two), Mixture([0.3, 0.7], two)),
        "tight and wide ‖ normal": (
            Mixture([0.5, 0.5], [Normal(3.0 * one, 0.09 * unit), Normal(-3.0 * one, unit)]),
            Normal(zero, unit + 9.0 * np.outer(one, one)),
        ),
        "eight bumps, scale": (
            Mixture([0.125] * 8, [Normal(centre, 0.25 * unit) for centre in centres]),
            Mixture([0.125] * 8, [Normal(centre, unit) for centre in centres]),
        ),
    }
    known = {}
    for name, (p, q) in pairs.items():
        points = p.draw(np.random.default_rng(9), 1_000_000)
        known[name] = (p, q, float(np.mean(p.logpdf(points) - q.logpdf(points))))
    return known


def edges(d: int) -> dict[str, tuple]:
    """Densities that jump or bend sharply, which no few Gaussians follow."""
    pairs = {
        "beta ‖ uniform": (beta(2, 2), uniform()),
        "uniform ‖ beta": (uniform(), beta(2, 2)),
        "exponential 1 ‖ 2": (expon(), expon(scale=2.0)),
        "exponential 1.4 ‖ 1": (expon(scale=1.4), expon()),
        "Laplace ‖ normal": (laplace(), norm(scale=1.5)),
    }
    known = {name: d * float(otkit.f_divergence("kl", p, q)) for name, (p, q) in pairs.items()}
    return {name: (Product(p, d), Product(q, d), known[name]) for name, (p, q) in pairs.items()}


def contenders(packages: bool = True) -> dict[str, Callable]:
    """Return estimators of KL by name."""
    runs = {
        "auto": lambda x, y: otkit.estimate_divergence("kl", x, y, rng=0).value,
        "kNN 3": lambda x, y: otkit.estimate_divergence("kl", x, y, estimator="knn", k=3).value,
        "kNN 5": lambda x, y: otkit.estimate_divergence("kl", x, y, estimator="knn", k=5).value,
    }
    if not packages:
        return runs
    for name, call in (
        ("divergence", lambda package: lambda x, y: package.knn_kl_divergence(x, y, k=5)),
        ("infomeasure", lambda package: lambda x, y: package.kld(x, y, approach="metric", k=5)),
    ):
        try:
            runs[name] = call(importlib.import_module("divergence.knn" if name == "divergence" else name))
        except ImportError:
            print(f"{name} is not installed and left out.\n")
    return runs


def accuracy(pairs: Callable[[int], dict], sizes: list, dimensions: list[int], seeds: int, runs: dict) -> None:
    """Print root mean square errors; every estimator sees the same samples."""
    rows = []
    for d in dimensions:
        for name, (p, q, true) in pairs(d).items():
            for n, m in sizes:
                errors = np.empty((seeds, len(runs)))
                for seed in range(seeds):
                    rng = np.random.default_rng(seed)
                    x, y = p.draw(rng, n), q.draw(rng, m)
                    errors[seed] = [run(x, y) - true for run in runs.values()]
                rmse = dict(zip(runs, np.sqrt(np.mean(np.square(errors), axis=0)), strict=True))
                best = min(rmse["kNN 3"], rmse["kNN 5"])
                cells = [f"{value:.4f}" for value in rmse.values()]
                bias = f"{errors[:, 0].mean():+.4f}"
                rows.append([d, name, n, m, f"{true:.4f}", *cells, bias, f"{rmse['auto'] / best:.2f}"])
                print(".", end="", flush=True)
    print("\n\n" + table(["d", "pair", "n", "m", "KL", *runs, "bias of auto", "auto / better kNN"], rows) + "\n")


def coverage(sizes: list, dimensions: list[int], seeds: int) -> None:
    """Print how often the 95 % interval holds the truth, and the standard error beside the spread of the estimates."""
    rows = []
    for d in dimensions:
        for name, (p, q, true) in gaussians(d).items():
            for n, m in sizes:
                samples = []
                for seed in range(seeds):
                    rng = np.random.default_rng(10_000 + seed)
                    samples.append((p.draw(rng, n), q.draw(rng, m)))
                for estimator in ("auto", "knn"):
                    runs = [otkit.estimate_divergence("kl", x, y, estimator=estimator, rng=0) for x, y in samples]
                    inside = np.mean([low <= true <= high for low, high in (run.interval(0.95) for run in runs)])
                    said, spread = np.mean([run.error for run in runs]), np.std([run.value for run in runs], ddof=1)
                    bias = np.mean([run.value for run in runs]) - true
                    figures = [f"{inside:.1%}", f"{said:.4f}", f"{spread:.4f}", f"{said / spread:.2f}", f"{bias:+.4f}"]
                    rows.append([d, name, n, m, estimator, *figures])
    header = ["d", "pair", "n", "m", "estimator", f"coverage, {seeds} seeds", "mean standard error", "spread", "ratio"]
    print(table([*header, "bias"], rows) + "\n")


def speed() -> None:
    """Print times at n = 10⁴, d = 10, k = 5."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(10_000, 10)), rng.normal(size=(10_000, 10)) + 0.3
    runs = {name: lambda run=run: run(x, y) for name, run in contenders().items() if name != "kNN 3"}
    times = best_of(runs, repeats=3, budget=60.0)
    rows = [[name, seconds(time), f"{time / times['kNN 5']:.2f}"] for name, time in times.items()]
    print(table(["estimator", "time", "time / kNN 5"], rows) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=["accuracy", "hard", "edges", "coverage", "speed"])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--sizes", default="1000x1000,1000x10000,10000x1000,10000x10000")
    parser.add_argument("--dimensions", default="1,2,5,10")
    parser.add_argument("--alone", action="store_true", help="accuracy without the packages, whose kNN 5 is otkit's")
    asked = parser.parse_args()
    sizes = [tuple(int(size) for size in pair.split("x")) for pair in asked.sizes.split(",")]
    dimensions = [int(d) for d in asked.dimensions.split(",")]
    print(machine() + "\n")
    if "accuracy" in asked.parts:
        accuracy(gaussians, sizes, dimensions, asked.seeds, contenders(not asked.alone))
    if "hard" in asked.parts:
        accuracy(hard, sizes, dimensions, max(asked.seeds, 20), contenders(not asked.alone))
    if "edges" in asked.parts:
        accuracy(edges, sizes, dimensions, asked.seeds, contenders(not asked.alone))
    if "coverage" in asked.parts:
        coverage(sizes, [d for d in dimensions if d <= 2], max(asked.seeds, 200))
    if "speed" in asked.parts:
        speed()


if __name__ == "__main__":
    main()
