"""What all adversarial models share: two networks, and rounds of critic steps followed by one step of the generator.

A model is a pair of losses, a constraint on the critic and an optimiser. Each has a file of its own that says nothing
else: `gan.py`, `wgan.py`, `wgan_gp.py`, `spectral_gan.py`, `fgan.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from otkit._checks import as_count, as_points
from otkit._typing import ArrayLike, FloatArray
from otkit.monitor import Progress
from otkit.neural import training
from otkit.neural._jax import as_key, jax, jnp, optax
from otkit.neural.networks import Network, mlp
from otkit.neural.training import History, Losses, Standardised

Vectors = tuple[jax.Array, ...]


class _State(NamedTuple):
    generator: Network
    averaged: Network
    critic: Network
    vectors: Vectors  # of the power iteration; empty without one
    generator_moments: Any
    critic_moments: Any


@dataclass(frozen=True, kw_only=True)
class Adversarial:
    """A generator and its critic: the options that all adversarial models have.

    Attributes
    ----------
    rounds : int
        Steps of the generator.
    critic_steps : int
        Steps of the critic before each of them.
    batch_size : int
    learning_rate : float
        Of both networks.
    decay : bool
        Whether the learning rate falls to zero over the second half of the training, in a straight line.
    averaging : float
        The weights that are judged and kept are a running mean of the generator's, w̄ ← a w̄ + (1 − a) w; 0 keeps the
        last ones.
    latent : int
        Dimension of the normal noise z from which the generator makes points.
    width, depth : int
        Units of each hidden layer, and their number, in both networks (ReLU).
    looks : int
        How often the judge looks.
    """

    rounds: int = 10_000
    critic_steps: int = 2
    batch_size: int = 256
    learning_rate: float = 1e-3
    decay: bool = True
    averaging: float = 0.995
    latent: int = 8
    width: int = 64
    depth: int = 3
    looks: int = 20

    def __post_init__(self) -> None:
        for name in ("rounds", "critic_steps", "batch_size", "latent", "width", "depth", "looks"):
            as_count(getattr(self, name), name)
        if not 0.0 <= self.learning_rate < np.inf:
            raise ValueError(f"learning_rate must be finite and at least 0, but it is {self.learning_rate}.")
        if not 0.0 <= self.averaging < 1.0:
            raise ValueError(f"averaging must lie in [0, 1), but averaging = {self.averaging} was given.")

    # What makes one model differ from another.

    def critic_loss(self, critic: Network, real: jax.Array, fake: jax.Array, key: jax.Array) -> jax.Array:
        """Return what the critic lowers."""
        raise NotImplementedError

    def generator_loss(self, critic: Network, fake: jax.Array) -> jax.Array:
        """Return what the generator lowers."""
        raise NotImplementedError

    def estimate(self, critic: Network, real: jax.Array, fake: jax.Array) -> jax.Array:
        """Return what the critic takes the distance or divergence to be."""
        raise NotImplementedError

    estimate_in_units_of_length = False  # whether it scales as the data do

    def start(self, critic: Network, key: jax.Array) -> tuple[Network, Vectors]:
        """Return the critic as training begins, and the vectors that `normalised` works with."""
        return critic, ()

    def normalised(self, critic: Network, vectors: Vectors) -> tuple[Network, Vectors]:
        """Return the critic as the losses see it."""
        return critic, vectors

    def projected(self, critic: Network) -> Network:
        """Return the critic as it goes on after a step."""
        return critic

    def optimiser(self, rate: Any) -> optax.GradientTransformation:
        """Return the optimiser of either network for a learning rate or a schedule."""
        return optax.adam(rate, b1=0.0, b2=0.9)

    # What they share.

    def fit(
        self,
        x: ArrayLike,
        *,
        held_out: ArrayLike | None = None,
        rng: int | np.random.Generator | None = None,
        progress: bool | Callable[[Progress], None] = False,
    ) -> Trained:
        """Train on points, judged by exact W_1 between fresh samples and held-out points.

        Parameters
        ----------
        x : array-like, shape (n, d)
        held_out : array-like, shape (m, d), optional
            Points to judge by. By default a tenth of x is held out, at most 1000 points.
        rng : int, Generator or None
            The same number gives the same model on the same machine.
        progress : bool or callable, default False
            Show progress on stderr, or hand each `otkit.monitor.Progress` to your own function.

        Returns
        -------
        Trained

        Raises
        ------
        ValueError
            NaN among the points, unequal dimensions, a single point.
        FloatingPointError
            The training diverged.
        """
        began = time.perf_counter()
        points, kept, random = training.split(x, held_out, rng)
        data = training.standardise(points)
        start_key, key = jax.random.split(as_key(random))
        state = self._start(start_key, points.shape[1])

        def sample(state: _State, key: jax.Array, n: int) -> FloatArray:
            return _to_data(_make(state.averaged, key, (n, self.latent)), data)

        judge = training.judge_by(kept, sample)
        step = self._round(jnp.asarray(data.points, dtype=jnp.float32), data.scale)
        state, history = training.train(
            step, state, key, judge, rounds=self.rounds, looks=self.looks, progress=progress
        )
        critic = self.normalised(state.critic, state.vectors)[0]
        seconds = time.perf_counter() - began
        return Trained(self, state.averaged, critic, data.centre, data.scale, history, seconds)

    def _start(self, key: jax.Array, dimension: int) -> _State:
        hidden = [self.width] * self.depth
        for_generator, for_critic, for_start = jax.random.split(key, 3)
        generator = mlp([self.latent, *hidden, dimension], for_generator)
        critic, vectors = self.start(mlp([dimension, *hidden, 1], for_critic), for_start)
        first, second = self._optimisers()
        return _State(generator, generator, critic, vectors, first.init(generator), second.init(critic))

    def _optimisers(self) -> tuple[optax.GradientTransformation, optax.GradientTransformation]:
        return tuple(self.optimiser(self._schedule(steps)) for steps in (1, self.critic_steps))

    def _schedule(self, steps: int) -> Any:
        """Return the learning rate at each of the updates, `steps` of which make a round."""
        if not self.decay:
            return self.learning_rate
        half = max(self.rounds * steps // 2, 1)
        return optax.linear_schedule(self.learning_rate, 0.0, half, transition_begin=half)

    def _round(self, points: jax.Array, scale: float) -> training.Step[_State]:
        """Return one round: steps of the critic, then one of the generator."""
        generator_optimiser, critic_optimiser = self._optimisers()
        unit = scale if self.estimate_in_units_of_length else 1.0

        def critic_step(state: _State, key: jax.Array) -> tuple[_State, Losses]:
            for_real, for_fake, for_loss = jax.random.split(key, 3)
            real = points[jax.random.randint(for_real, (self.batch_size,), 0, len(points))]
            fake = _make(state.generator, for_fake, (self.batch_size, self.latent))

            def loss(critic: Network) -> tuple[jax.Array, Any]:
                seen, vectors = self.normalised(critic, state.vectors)
                estimate = self.estimate(seen, real, fake)
                return self.critic_loss(seen, real, fake, for_loss), (vectors, estimate)

            (value, (vectors, estimate)), slope = jax.value_and_grad(loss, has_aux=True)(state.critic)
            update, moments = critic_optimiser.update(slope, state.critic_moments, state.critic)
            critic = self.projected(optax.apply_updates(state.critic, update))
            after = state._replace(critic=critic, vectors=vectors, critic_moments=moments)
            return after, {"critic": value, "estimate": unit * estimate}

        def one_round(state: _State, key: jax.Array) -> tuple[_State, Losses]:
            for_generator, for_critic = jax.random.split(key)
            state, losses = jax.lax.scan(critic_step, state, jax.random.split(for_critic, self.critic_steps))
            seen = self.normalised(state.critic, state.vectors)[0]

            def loss(generator: Network) -> jax.Array:
                fake = _make(generator, for_generator, (self.batch_size, self.latent))
                return self.generator_loss(seen, fake)

            value, slope = jax.value_and_grad(loss)(state.generator)
            update, moments = generator_optimiser.update(slope, state.generator_moments, state.generator)
            generator = optax.apply_updates(state.generator, update)
            averaged = jax.tree.map(
                lambda old, new: self.averaging * old + (1.0 - self.averaging) * new, state.averaged, generator
            )
            after = state._replace(generator=generator, averaged=averaged, generator_moments=moments)
            return after, jax.tree.map(jnp.mean, losses) | {"generator": value}

        return one_round


@dataclass(frozen=True, eq=False, repr=False)
class Trained:
    """A trained adversarial model.

    Attributes
    ----------
    model : Adversarial
        The options.
    generator, critic : Network
        In the network's units, (x − centre)/scale.
    centre : ndarray, shape (d,)
    scale : float
    history : History
    seconds : float
        Wall-clock time of the training, compiling and judging included.
    """

    model: Adversarial
    generator: Network
    critic: Network
    centre: FloatArray
    scale: float
    history: History
    seconds: float

    def sample(self, n: int, *, rng: int | np.random.Generator | None = None) -> FloatArray:
        """Draw n points from the model, shape (n, d)."""
        shape = as_count(n, "n"), self.model.latent
        return _to_data(_make(self.generator, as_key(rng), shape), Standardised(np.empty(0), self.centre, self.scale))

    def criticise(self, points: ArrayLike) -> FloatArray:
        """Return the critic's outputs at points, shape (n,); those that stand for lengths in units of the data."""
        where = (as_points(points, "points") - self.centre) / self.scale
        outputs = np.asarray(scores(self.critic, jnp.asarray(where, dtype=jnp.float32)), dtype=np.float64)
        return self.scale * outputs if self.model.estimate_in_units_of_length else outputs

    def __repr__(self) -> str:
        last = self.history.wasserstein[-1]
        return (
            f"{type(self.model).__name__}: W_1 to held-out data {last:.4g} "
            f"after {self.history.rounds[-1]} rounds in {self.seconds:.3g} s"
        )


def scores(critic: Network, points: jax.Array) -> jax.Array:
    """Return the outputs of a critic, shape (n,)."""
    return critic(points)[..., 0]


def _make(generator: Network, key: jax.Array, shape: tuple[int, int]) -> jax.Array:
    return generator(jax.random.normal(key, shape))


def _to_data(made: jax.Array, data: Standardised) -> FloatArray:
    return np.asarray(made, dtype=np.float64) * data.scale + data.centre
