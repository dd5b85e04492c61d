"""A generator of eight Gaussians, trained in JAX by the exact minibatch Wasserstein distance.

    python examples/generator_jax.py [FOLDER] [STEPS]

The step is compiled by `jax.jit`, with the loss in it: `otkit.neural.wasserstein_loss` (p = 2). It prints W_1 between
fresh samples and held-out data, beside that of two sets of data, and draws both into FOLDER/generator-jax.png.
"""

from __future__ import annotations

import sys
from pathlib import Path

import equinox as eqx
import jax
import matplotlib as mpl
import numpy as np
import optax

import otkit

mpl.use("Agg")
import matplotlib.pyplot as plt

BATCH = 128


def main(folder: Path, steps: int) -> tuple[float, float]:
    """Train; return W_1 from generated points to held-out data, and from other data to these."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    start, *keys = jax.random.split(jax.random.key(0), steps + 2)
    generator = eqx.nn.MLP(2, 2, 128, 2, key=start)
    optimizer = optax.adam(optax.cosine_decay_schedule(2e-3, steps))
    state = optimizer.init(eqx.filter(generator, eqx.is_array))

    @eqx.filter_jit
    def step(generator, state, key, data):
        def loss(generator):
            return otkit.neural.wasserstein_loss(jax.vmap(generator)(jax.random.normal(key, (BATCH, 2))), data, p=2)

        value, gradient = eqx.filter_value_and_grad(loss)(generator)
        updates, state = optimizer.update(gradient, state)
        return eqx.apply_updates(generator, updates), state, value

    for count in range(steps):
        data = otkit.datasets.eight_gaussians(BATCH, rng=rng).astype(np.float32)
        generator, state, value = step(generator, state, keys[count], data)
        if count % 100 == 0:
            print(f"step {count}: W_2 of the minibatch {float(value):.3f}")
    held_out, data = (otkit.datasets.eight_gaussians(1000, rng=rng) for _ in range(2))
    made = np.asarray(jax.vmap(generator)(jax.random.normal(keys[-1], (1000, 2))), np.float64)
    distances = otkit.wasserstein(made, held_out).distance, otkit.wasserstein(data, held_out).distance
    print(f"W_1 to 1000 held-out points: {distances[0]:.3f} from generated ones, {distances[1]:.3f} from other data")
    _, axes = plt.subplots(figsize=(5, 5), layout="constrained")
    axes.scatter(*held_out.T, 4, label="data")
    axes.scatter(*made.T, 4, label="generated")
    axes.set(aspect="equal", title=f"$W_1$ = {distances[0]:.3f} (data: {distances[1]:.3f})")
    axes.legend()
    plt.savefig(folder / "generator-jax.png", dpi=120)
    plt.close()
    return distances


if __name__ == "__main__":
    given = sys.argv[1:]
    main(Path(given[0] if given else "demo-output"), int(given[1]) if len(given) > 1 else 800)
