"""What all adversarial models share: two networks, and rounds of critic steps followed by one step of the generator.

A model is a pair of losses, a constraint on the critic and an optimizer. Each has a file of its own that says nothing
else: `gan.py`, `wgan.py`, `wgan_gp.py`, `spectral_gan.py`, `fgan.py`.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.inputs.checks import as_count, as_positive
from otkit.inputs.randomness import Rng, seeded
from otkit.neural import training
from otkit.neural._jax import as_key, jax, jnp, optax
from otkit.neural.constraints import Constraint
from otkit.neural.function import CriticFunction
from otkit.neural.networks import Network, mlp
from otkit.neural.training import History, Losses, Standardised
from otkit.solvers.monitor import Progress


class _State(NamedTuple):
    generator: Network
    averaged: Network
    critic: Network
    carried: Any  # by the constraint, from step to step
    generator_moments: Any
    critic_moments: Any


@dataclass(frozen=True, kw_only=True)
class Adversarial(ABC):
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
    learning_rate: float = 2e-3
    decay: bool = True
    averaging: float = 0.995
    latent: int = 8
    width: int = 64
    depth: int = 3
    looks: int = 20

    def __post_init__(self) -> None:
        for name in ("rounds", "critic_steps", "batch_size", "latent", "width", "depth", "looks"):
            as_count(getattr(self, name), name)
        as_positive(self.learning_rate, "learning_rate")
        if not 0.0 <= self.averaging < 1.0:
            raise ValueError(f"averaging must lie in [0, 1), but averaging = {self.averaging} was given.")

    # What makes one model differ from another: a pair of losses, a constraint on the critic, an optimizer.

    @abstractmethod
    def critic_loss(self, on_real: jax.Array, on_fake: jax.Array) -> jax.Array:
        """Return what the critic lowers, from its outputs at a batch of data and at one of generated points."""

    @abstractmethod
    def generator_loss(self, on_fake: jax.Array) -> jax.Array:
        """Return what the generator lowers."""

    @abstractmethod
    def estimate(self, on_real: jax.Array, on_fake: jax.Array) -> jax.Array:
        """Return what the critic takes the distance or the divergence to be."""

    measures_length: ClassVar[bool] = False  # whether outputs of the critic and the estimate are lengths, as W_1 is

    @property
    def constraint(self) -> Constraint:
        """What keeps the critic from being steep."""
        return Constraint()

    def optimizer(self, rate: Any) -> optax.GradientTransformation:
        """Return the optimizer of either network, for a learning rate or a schedule."""
        return optax.adam(rate, b1=0.0, b2=0.9)

    # What they share.

    def fit(
        self,
        x: ArrayLike,
        *,
        held_out: ArrayLike | None = None,
        rng: Rng = None,
        progress: bool | Callable[[Progress], None] = False,
    ) -> Trained:
        """Train on points, judged by exact W_1 between fresh samples and held-out points.

        Parameters
        ----------
        x : array-like, shape (n, d)
        held_out : array-like, shape (m, d), optional
            Points to judge by. By default a tenth of x is held out, at most 1000 points.
        rng : None, int or numpy.random.Generator, optional
            Where the randomness comes from: a number gives the same model each time on the same machine; None draws
            anew, and the model says its `seed`.
        progress : bool or callable, default False
            Show progress on stderr, or hand each `otkit.solvers.monitor.Progress` to your own function.

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
        generator, seed = seeded(rng)
        points, kept = training.split(x, held_out, generator)
        data = training.standardize(points)
        start_key, key = jax.random.split(as_key(generator))
        state = self._start(start_key, points.shape[1])

        def sample(state: _State, key: jax.Array, n: int) -> FloatArray:
            return _to_data(_make(state.averaged, key, (n, self.latent)), data)

        judge = training.judge_by(kept, sample)
        step = self._round(jnp.asarray(data.points, dtype=jnp.float32), data.scale)
        state, history = training.train(
            step, state, key, judge, rounds=self.rounds, looks=self.looks, progress=progress
        )
        critic = self.constraint.effective(state.critic, state.carried)[0]
        function = _as_function(critic, data, self.measures_length)
        seconds = time.perf_counter() - began
        return Trained(self, state.averaged, function, data.centre, data.scale, history, seconds, seed)

    def _start(self, key: jax.Array, dimension: int) -> _State:
        hidden = [self.width] * self.depth
        for_generator, for_critic, for_start = jax.random.split(key, 3)
        generator = mlp([self.latent, *hidden, dimension], for_generator)
        critic, carried = self.constraint.start(mlp([dimension, *hidden, 1], for_critic), for_start)
        first, second = self._optimizers()
        return _State(generator, generator, critic, carried, first.init(generator), second.init(critic))

    def _optimizers(self) -> tuple[optax.GradientTransformation, optax.GradientTransformation]:
        return tuple(self.optimizer(self._schedule(steps)) for steps in (1, self.critic_steps))

    def _schedule(self, steps: int) -> Any:
        """Return the learning rate at each of the updates, `steps` of which make a round."""
        if not self.decay:
            return self.learning_rate
        half = max(self.rounds * steps // 2, 1)
        return optax.linear_schedule(self.learning_rate, 0.0, half, transition_begin=half)

    def _round(self, points: jax.Array, scale: float) -> training.Step[_State]:
        """Return one round: steps of the critic, then one of the generator."""
        generator_optimizer, critic_optimizer = self._optimizers()
        unit = scale if self.measures_length else 1.0
        constraint = self.constraint

        def critic_step(state: _State, key: jax.Array) -> tuple[_State, Losses]:
            for_real, for_fake, for_share = jax.random.split(key, 3)
            real = points[jax.random.randint(for_real, (self.batch_size,), 0, len(points))]
            fake = _make(state.generator, for_fake, (self.batch_size, self.latent))
            share = jax.random.uniform(for_share, (self.batch_size, 1))  # one for each pair
            between = share * real + (1.0 - share) * fake

            def loss(critic: Network) -> tuple[jax.Array, Any]:
                seen, carried = constraint.effective(critic, state.carried)
                on_real, on_fake = seen(real)[:, 0], seen(fake)[:, 0]
                penalty = constraint.penalty(lambda point: seen(point)[0], between, 2.0)
                value = self.critic_loss(on_real, on_fake) + penalty
                return value, (carried, self.estimate(on_real, on_fake))

            (value, (carried, estimate)), slope = jax.value_and_grad(loss, has_aux=True)(state.critic)
            update, moments = critic_optimizer.update(slope, state.critic_moments, state.critic)
            critic = constraint.project(optax.apply_updates(state.critic, update))
            after = state._replace(critic=critic, carried=carried, critic_moments=moments)
            return after, {"critic": value, "estimate": unit * estimate}

        def one_round(state: _State, key: jax.Array) -> tuple[_State, Losses]:
            for_generator, for_critic = jax.random.split(key)
            state, losses = jax.lax.scan(critic_step, state, jax.random.split(for_critic, self.critic_steps))
            seen = constraint.effective(state.critic, state.carried)[0]

            def loss(generator: Network) -> jax.Array:
                fake = _make(generator, for_generator, (self.batch_size, self.latent))
                return self.generator_loss(seen(fake)[:, 0])

            value, slope = jax.value_and_grad(loss)(state.generator)
            update, moments = generator_optimizer.update(slope, state.generator_moments, state.generator)
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
    generator : Network
        Makes points from noise z: G(z) = centre + scale · generator(z).
    critic : CriticFunction
        The critic as a function of points; one that measures length does so in the units of the points.
    centre : ndarray, shape (d,)
    scale : float
    history : History
    seconds : float
        Wall-clock time of the training, compiling and judging included.
    seed : int or None
        What `rng=` takes to draw the same numbers again; None where a generator was given.
    """

    model: Adversarial
    generator: Network
    critic: CriticFunction
    centre: FloatArray
    scale: float
    history: History
    seconds: float
    seed: int | None

    def sample(self, n: int, *, rng: Rng = None) -> FloatArray:
        """Draw n points from the model, shape (n, d)."""
        shape = as_count(n, "n"), self.model.latent
        return _to_data(_make(self.generator, as_key(rng), shape), Standardised(np.empty(0), self.centre, self.scale))

    def __repr__(self) -> str:
        last = self.history.wasserstein[-1]
        return (
            f"{type(self.model).__name__}: W_1 to held-out data {last:.4g} "
            f"after {self.history.rounds[-1]} rounds in {self.seconds:.3g} s"
        )


def _as_function(critic: Network, data: Standardised, measures_length: bool) -> CriticFunction:
    """Return the critic as a function of points in the units of the data."""
    first, *others = (np.asarray(weight, dtype=np.float64) for weight in critic.weights)
    biases = tuple(np.asarray(bias, dtype=np.float64) for bias in critic.biases)
    if measures_length:
        return CriticFunction((first, *others), biases, critic.activation, data.centre, data.scale)
    return CriticFunction((first / data.scale, *others), biases, critic.activation, data.centre)


def _make(generator: Network, key: jax.Array, shape: tuple[int, int]) -> jax.Array:
    return generator(jax.random.normal(key, shape))


def _to_data(made: jax.Array, data: Standardised) -> FloatArray:
    return np.asarray(made, dtype=np.float64) * data.scale + data.centre
