"""Generative models judged by exact W_1: WGAN-GP on three targets, all models on one, the flow's KL, gradients.

python benchmarks/generative.py [targets] [models] [flow] [gradients] [--seeds 0,1,2] [--rounds N]
    [--sets "8 Gaussians,25 Gaussians,Swiss roll"]

Every figure comes from a training from scratch, compiling included.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable

import numpy as np
from _harness import machine, table
from scipy.special import logsumexp

import otkit
from otkit import datasets, neural
from otkit.neural._jax import double_precision, jax, jnp
from otkit.neural.flow import forward

TRAINED_ON, JUDGED_BY, REPEATS = 50_000, 1000, 10
MODES = {
    "8 Gaussians": (datasets.ring_centres(), 0.02),
    "25 Gaussians": (datasets.grid_centres(), 0.05),
}
SETS: dict[str, Callable] = {
    "8 Gaussians": datasets.eight_gaussians,
    "25 Gaussians": datasets.twenty_five_gaussians,
    "Swiss roll": datasets.swiss_roll,
}
MODELS = {
    "GAN": neural.GAN(),
    "WGAN, clip 0.1": neural.WGAN(),
    "WGAN-GP": neural.WGANGP(),
    "WGAN-GP, one-sided": neural.WGANGP(one_sided=True),
    "WGAN-GP, target 0": neural.WGANGP(target=0.0),
    "spectral, hinge": neural.SpectralGAN(),
    "f-GAN, KL": neural.FGAN(divergence="kl"),
    "f-GAN, χ²": neural.FGAN(divergence="chi2"),
    "f-GAN, Hellinger": neural.FGAN(divergence="hellinger"),
}


def fitted(model, name: str, seed: int):
    """Return a model trained on one of the sets."""
    draw = SETS[name]
    held_out = draw(JUDGED_BY, rng=20_000 + seed)
    return model.fit(draw(TRAINED_ON, rng=10_000 + seed), held_out=held_out, rng=seed)


def distances(trained, name: str, seed: int) -> tuple[float, float]:
    """Return mean W_1 from fresh data to as many samples of the model, and to other fresh data."""
    made, real = [], []
    for k in range(REPEATS):
        rng = np.random.default_rng([seed, k])
        data, others = (SETS[name](JUDGED_BY, rng=rng) for _ in range(2))
        made.append(otkit.wasserstein(trained.sample(JUDGED_BY, rng=rng), data).distance)
        real.append(otkit.wasserstein(others, data).distance)
    return float(np.mean(made)), float(np.mean(real))


def row(label: str, trained, name: str, seed: int) -> list[str]:
    made, real = distances(trained, name, seed)
    covered = "–"
    if name in MODES:
        centres, sigma = MODES[name]
        covered = f"{neural.modes_covered(trained.sample(10_000, rng=seed), centres, sigma=sigma)} of {len(centres)}"
    estimate = trained.history.losses["estimate"][-1] if "estimate" in trained.history.losses else None
    said = "–" if estimate is None else f"{estimate:.3g}"
    figures = [f"{made:.4f}", f"{real:.4f}", f"{made / real:.2f}", covered, said, f"{trained.seconds:.0f} s"]
    return [label, str(seed), *figures]


HEADER = ["", "seed", "W_1 to data", "W_1 data to data", "ratio", "modes", "critic says", "time"]


def targets(sets: list[str], seeds: list[int], rounds: int | None) -> None:
    """Print WGAN-GP on the three sets."""
    rows = []
    for name in sets:
        for seed in seeds:
            rows.append(row(name, fitted(changed(neural.WGANGP(), rounds), name, seed), name, seed))
            print(rows[-1], flush=True)
    print("\n" + table(HEADER, rows) + "\n")


def models(rounds: int | None) -> None:
    """Print all models on 8 Gaussians, as they are."""
    rows = []
    for label, model in MODELS.items():
        rows.append(row(label, fitted(changed(model, rounds), "8 Gaussians", 0), "8 Gaussians", 0))
        print(rows[-1], flush=True)
    print("\n" + table(HEADER, rows) + "\n")


def changed(model, rounds: int | None):
    return model if rounds is None else dataclasses.replace(model, rounds=rounds)


def log_mixture(points: np.ndarray, sigma: float) -> np.ndarray:
    """Log-density of eight Gaussians on a ring."""
    squares = np.sum((points[:, None] - datasets.ring_centres()) ** 2, axis=2)
    return logsumexp(-0.5 * squares / sigma**2, axis=1) - np.log(8.0 * 2.0 * np.pi * sigma**2)


def flow(seeds: list[int], rounds: int | None) -> None:
    """Print KL(data‖model), the error of the inverse and that of the log-determinant."""
    rows = []
    for sigma in (0.3, 0.5):
        for seed in seeds:
            x = datasets.eight_gaussians(TRAINED_ON, sigma=sigma, rng=10_000 + seed)
            trained = changed(neural.Flow(), rounds).fit(x, rng=seed)
            fresh = datasets.eight_gaussians(100_000, sigma=sigma, rng=30_000 + seed)
            ratios = log_mixture(fresh, sigma) - trained.log_density(fresh)
            error = ratios.std() / np.sqrt(ratios.size)
            z = np.random.default_rng(seed).standard_normal((1000, 2))
            inverse = np.abs(trained.inverse(trained.forward(z)) - z).max()
            with double_precision():
                layers = jax.tree.map(lambda weight: jnp.asarray(np.asarray(weight), jnp.float64), trained.layers)
                jacobian = jax.vmap(jax.jacfwd(lambda point, layers=layers: forward(layers, point)[0]))(jnp.asarray(z))
                exact = np.linalg.slogdet(np.asarray(jacobian) * trained.scale)[1]
            determinant = np.abs(trained.log_determinant(z) - exact).max()
            kl = f"{ratios.mean():.4f} ± {error:.4f}"
            rows.append([sigma, seed, kl, f"{inverse:.1e}", f"{determinant:.1e}", f"{trained.seconds:.0f} s"])
            print(rows[-1], flush=True)
    header = ["σ", "seed", "KL(data‖model), nats", "error of the inverse", "error of log det", "time"]
    print("\n" + table(header, rows) + "\n")


def gradients(sets: list[str], seeds: list[int]) -> None:
    """Print the angle between the generator's gradient by its critic and the exact one, early and late in training."""
    rows = []
    for name in sets:
        for rounds in (300, 1000, 3000):
            model = neural.WGANGP(rounds=rounds, decay=False, averaging=0.0, looks=1)
            found = []
            for seed in seeds:
                x = SETS[name](2000, rng=20_000 + seed)
                found.append(neural.generator_gradients(fitted(model, name, seed), x, n=2000, rng=seed))
            cosines = ", ".join(f"{gradient.cosine:.3f}" for gradient in found)
            rows.append([name, rounds, f"{np.mean([gradient.distance for gradient in found]):.3f}", cosines])
            print(rows[-1], flush=True)
    print("\n" + table(["", "rounds", "W_1", "cosine, each seed"], rows) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=["targets", "models", "flow", "gradients"])
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--rounds", type=int, default=None)
    asked = parser.parse_args()
    seeds, sets = [int(seed) for seed in asked.seeds.split(",")], asked.sets.split(",")
    print(machine() + "\n")
    if "targets" in asked.parts:
        targets(sets, seeds, asked.rounds)
    if "flow" in asked.parts:
        flow(seeds, asked.rounds)
    if "models" in asked.parts:
        models(asked.rounds)
    if "gradients" in asked.parts:
        gradients(sets, seeds)


if __name__ == "__main__":
    main()
