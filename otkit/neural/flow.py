"""A normalizing flow of affine coupling layers: exact inverse, exact density, maximum likelihood.

A layer keeps some coordinates (the mask) and moves the others by a scale and a shift that depend on the kept ones
alone: x_k = z_k for k kept, x_k = β_k(z_kept) z_k + γ_k(z_kept) for the others. So it is inverted without solving
anything, and its Jacobian is triangular: log|det J| = Σ log β_k. Stacked with alternating masks the log-determinants
add, and log p(x) = log π(G⁻¹(x)) − log|det J_G(G⁻¹(x))| is exact.

L. Dinh, J. Sohl-Dickstein & S. Bengio, *Density estimation using Real NVP*, ICLR 2017.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.inputs.checks import as_count, as_points, as_positive, require_same_dimension
from otkit.inputs.randomness import Rng, seeded
from otkit.neural import training
from otkit.neural._jax import as_key, double_precision, eqx, jax, jnp, optax
from otkit.neural.networks import Network, mlp
from otkit.neural.training import History, Losses
from otkit.solvers.monitor import Progress


class Coupling(eqx.Module):
    """One affine coupling layer, z ↦ x.

    Attributes
    ----------
    network : Network
        Maps the kept coordinates (the others 0) to log-scales and shifts of all coordinates.
    keeps_even : bool
        Whether the coordinates 0, 2, … are kept, or 1, 3, …
    """

    network: Network
    keeps_even: bool = eqx.field(static=True)

    def _scale_and_shift(self, kept: jax.Array, moved: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return log β and γ, 0 at the kept coordinates. |log β| ≤ 2: a layer stretches by e² at most."""
        log_scale, shift = jnp.split(self.network(kept), 2, axis=-1)
        return moved * 2.0 * jnp.tanh(0.5 * log_scale), moved * shift

    def _masks(self, dimension: int) -> tuple[jax.Array, jax.Array]:
        even = (jnp.arange(dimension) % 2 == 0).astype(jnp.float32)
        return (even, 1.0 - even) if self.keeps_even else (1.0 - even, even)

    def forward(self, z: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return x and log|det J| at z, shapes (..., d) and (...)."""
        kept, moved = self._masks(z.shape[-1])
        log_scale, shift = self._scale_and_shift(kept * z, moved)
        return z * jnp.exp(log_scale) + shift, log_scale.sum(-1)

    def inverse(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return z and log|det J⁻¹| at x."""
        kept, moved = self._masks(x.shape[-1])
        log_scale, shift = self._scale_and_shift(kept * x, moved)
        return (x - shift) * jnp.exp(-log_scale), -log_scale.sum(-1)


def forward(layers: tuple[Coupling, ...], z: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return G(z) and log|det J_G(z)|."""
    total = jnp.zeros(z.shape[:-1])
    for layer in layers:
        z, change = layer.forward(z)
        total += change
    return z, total


def inverse(layers: tuple[Coupling, ...], x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return G⁻¹(x) and log|det J_{G⁻¹}(x)|."""
    total = jnp.zeros(x.shape[:-1])
    for layer in reversed(layers):
        x, change = layer.inverse(x)
        total += change
    return x, total


def log_density(layers: tuple[Coupling, ...], x: jax.Array) -> jax.Array:
    """Return log p(x) under the standard normal π of z."""
    z, change = inverse(layers, x)
    return log_normal(z) + change


def log_normal(z: Any) -> Any:
    """Return log π(z), π the standard normal density."""
    return -0.5 * (z**2).sum(axis=-1) - 0.5 * z.shape[-1] * math.log(2.0 * math.pi)


class _State(NamedTuple):
    layers: tuple[Coupling, ...]
    averaged: tuple[Coupling, ...]
    moments: Any


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A flow of affine coupling layers with alternating masks, fitted by maximum likelihood.

    Maximising Σ log p_θ(x_i) minimises an estimate of KL(P‖P_θ), up to the entropy of P.

    Parameters
    ----------
    couplings : int
        Number of layers.
    width, depth : int
        Units of each hidden layer, and their number, in the network of a coupling layer (ReLU).
    rounds : int
        Steps of Adam.
    batch_size : int
    learning_rate : float
        Falls to zero along a cosine.
    averaging : float
        What is judged and kept is a running mean of the weights, w̄ ← a w̄ + (1 − a) w; 0 keeps the last ones.
    looks : int
        How often the judge looks.

    References
    ----------
    Dinh, Sohl-Dickstein & Bengio, *Density estimation using Real NVP* (2017).

    Examples
    --------
    >>> import numpy as np
    >>> import otkit
    >>> x = otkit.datasets.swiss_roll(500, rng=0)
    >>> trained = otkit.neural.Flow(rounds=10, looks=2).fit(x, rng=0)
    >>> z = trained.inverse(x)
    >>> bool(np.abs(trained.forward(z) - x).max() < 1e-5)
    True
    >>> trained.log_density(x).shape, trained.sample(3, rng=1).shape
    ((500,), (3, 2))
    """

    couplings: int = 12
    width: int = 64
    depth: int = 2
    rounds: int = 5000
    batch_size: int = 256
    learning_rate: float = 3e-3
    averaging: float = 0.99
    looks: int = 20

    def __post_init__(self) -> None:
        for name in ("couplings", "width", "depth", "rounds", "batch_size", "looks"):
            as_count(getattr(self, name), name)
        as_positive(self.learning_rate, "learning_rate")
        if not 0.0 <= self.averaging < 1.0:
            raise ValueError(f"averaging must lie in [0, 1), but averaging = {self.averaging} was given.")

    def fit(
        self,
        x: ArrayLike,
        *,
        held_out: ArrayLike | None = None,
        rng: Rng = None,
        progress: bool | Callable[[Progress], None] = False,
    ) -> TrainedFlow:
        """Fit to points by maximum likelihood, judged by exact W_1 between fresh samples and held-out points.

        Parameters
        ----------
        x : array-like, shape (n, d), d ≥ 2
        held_out : array-like, shape (m, d), optional
            Points to judge by. By default a tenth of x is held out, at most 1000 points.
        rng : None, int or numpy.random.Generator, optional
            Where the randomness comes from: a number gives the same model each time on the same machine; None draws
            anew, and the model says its `seed`.
        progress : bool or callable, default False
            Show progress on stderr, or hand each `otkit.solvers.monitor.Progress` to your own function.

        Returns
        -------
        TrainedFlow

        Raises
        ------
        ValueError
            NaN among the points, unequal dimensions, a single point, points on the line.
        FloatingPointError
            The training diverged.
        """
        began = time.perf_counter()
        generator, seed = seeded(rng)
        points, kept = training.split(x, held_out, generator)
        dimension = points.shape[1]
        if dimension < 2:
            raise ValueError(
                "x must have at least 2 coordinates, of which one is kept while the other moves, but it has 1."
            )
        data = training.standardize(points)
        start_key, key = jax.random.split(as_key(generator))
        layers = self._start(start_key, dimension)
        optimizer = optax.adam(optax.cosine_decay_schedule(self.learning_rate, self.rounds))
        batches = jnp.asarray(data.points, dtype=jnp.float32)

        def negative_log_likelihood(layers: tuple[Coupling, ...], batch: jax.Array) -> jax.Array:
            return -jnp.mean(log_density(layers, batch))

        def step(state: _State, key: jax.Array) -> tuple[_State, Losses]:
            batch = batches[jax.random.randint(key, (self.batch_size,), 0, len(batches))]
            value, slope = jax.value_and_grad(negative_log_likelihood)(state.layers, batch)
            update, moments = optimizer.update(slope, state.moments, state.layers)
            layers = optax.apply_updates(state.layers, update)
            averaged = jax.tree.map(
                lambda old, new: self.averaging * old + (1.0 - self.averaging) * new, state.averaged, layers
            )
            in_data_units = value + dimension * math.log(data.scale)
            return _State(layers, averaged, moments), {"negative log-likelihood": in_data_units}

        def sample(state: _State, key: jax.Array, n: int) -> FloatArray:
            made = forward(state.averaged, jax.random.normal(key, (n, dimension)))[0]
            return np.asarray(made, dtype=np.float64) * data.scale + data.centre

        judge = training.judge_by(kept, sample)
        state, history = training.train(
            step,
            _State(layers, layers, optimizer.init(layers)),
            key,
            judge,
            rounds=self.rounds,
            looks=self.looks,
            progress=progress,
        )
        seconds = time.perf_counter() - began
        return TrainedFlow(self, state.averaged, data.centre, data.scale, history, seconds, seed)

    def _start(self, key: jax.Array, dimension: int) -> tuple[Coupling, ...]:
        """Return the identity: coupling layers whose networks end in weights of zero."""
        sizes = [dimension, *[self.width] * self.depth, 2 * dimension]
        layers = []
        for k, layer_key in enumerate(jax.random.split(key, self.couplings)):
            network = mlp(sizes, layer_key)
            last = jnp.zeros_like(network.weights[-1])
            network = Network((*network.weights[:-1], last), network.biases, network.activation)
            layers.append(Coupling(network, keeps_even=k % 2 == 0))
        return tuple(layers)


@dataclass(frozen=True, eq=False, repr=False)
class TrainedFlow:
    """A fitted flow G: z ↦ centre + scale · (layers applied to z), z standard normal.

    Attributes
    ----------
    model : Flow
        The options.
    layers : tuple of Coupling
    centre : ndarray, shape (d,)
    scale : float
    history : History
    seconds : float
        Wall-clock time of the training, compiling and judging included.
    seed : int or None
        What `rng=` takes to draw the same numbers again; None where a generator was given.
    """

    model: Flow
    layers: tuple[Coupling, ...]
    centre: FloatArray
    scale: float
    history: History
    seconds: float
    seed: int | None

    def sample(self, n: int, *, rng: Rng = None) -> FloatArray:
        """Draw n points from the model, shape (n, d)."""
        return self.forward(jax.random.normal(as_key(rng), (as_count(n, "n"), len(self.centre))))

    def forward(self, z: ArrayLike) -> FloatArray:
        """Return G(z), shape (n, d)."""
        return self.centre + self.scale * self._evaluate(forward, z, "z")[0]

    def inverse(self, x: ArrayLike) -> FloatArray:
        """Return G⁻¹(x), shape (n, d)."""
        return self._evaluate(inverse, self._standard(x), "x")[0]

    def log_determinant(self, z: ArrayLike) -> FloatArray:
        """Return log|det J_G(z)|, shape (n,)."""
        return self._evaluate(forward, z, "z")[1] + len(self.centre) * math.log(self.scale)

    def log_density(self, x: ArrayLike) -> FloatArray:
        """Return the log-density of the model at points, shape (n,)."""
        z, change = self._evaluate(inverse, self._standard(x), "x")
        return log_normal(z) + change - len(self.centre) * math.log(self.scale)

    def _standard(self, x: ArrayLike) -> FloatArray:
        points = as_points(x, "x")
        require_same_dimension(points, self.centre[None], ("x", "the flow"))
        return (points - self.centre) / self.scale

    def _evaluate(self, function: Any, points: ArrayLike, name: str) -> tuple[FloatArray, FloatArray]:
        """Return points and log-determinants in double precision, in which the inverse has some twelve digits."""
        where = as_points(points, name)
        require_same_dimension(where, self.centre[None], (name, "the flow"))
        with double_precision():
            layers = jax.tree.map(lambda weight: jnp.asarray(np.asarray(weight), dtype=jnp.float64), self.layers)
            moved, change = _compiled(function)(layers, jnp.asarray(where))
            return np.asarray(moved), np.asarray(change)

    def __repr__(self) -> str:
        last = self.history.wasserstein[-1]
        return f"Flow: W_1 to held-out data {last:.4g} after {self.history.rounds[-1]} rounds in {self.seconds:.3g} s"


@cache
def _compiled(function: Any) -> Any:
    return jax.jit(function)
