"""The first GAN: a discriminator between data and generated points, whose best form is D* = p/(p + q)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from otkit._checks import as_count, as_points, require_same_dimension
from otkit._typing import ArrayLike, FloatArray
from otkit.divergences.gan import discriminator_value, optimal_discriminator
from otkit.neural._jax import jax, jnp, optax
from otkit.neural.adversarial import Adversarial, Trained


@dataclass(frozen=True, kw_only=True)
class GAN(Adversarial):
    """The generative adversarial network.

    The discriminator D = 1/(1 + e^{−V}) raises E log D(x) + E log(1 − D(G(z))), which is −log 4 + 2 JS at its best. The
    generator raises E log D(G(z)), or lowers E log(1 − D(G(z))) if it `saturates`: the game as it is written, in which
    it hardly learns while the discriminator is sure.

    Parameters
    ----------
    saturates : bool
    rounds, critic_steps, batch_size, learning_rate, decay, averaging, latent, width, depth, looks
        As in every adversarial model; see `Adversarial`.

    References
    ----------
    Goodfellow et al., *Generative adversarial nets* (2014); for the options in `GAN.paper`, Radford, Metz & Chintala,
    *Unsupervised representation learning with deep convolutional generative adversarial networks* (2016).

    Examples
    --------
    >>> import otkit
    >>> x = otkit.datasets.swiss_roll(500, rng=0)
    >>> otkit.neural.GAN(rounds=10, looks=1).fit(x, rng=0).sample(3, rng=1).shape
    (3, 2)
    """

    saturates: bool = False
    critic_steps: int = 1
    learning_rate: float = 1e-3

    @classmethod
    def paper(cls) -> GAN:
        """Return the usual options: Adam 2e-4, batches of 128, one step of the discriminator a round."""
        return cls(batch_size=128, learning_rate=2e-4, decay=False, averaging=0.0, rounds=100_000)

    def critic_loss(self, on_real: jax.Array, on_fake: jax.Array) -> jax.Array:
        """Return −E log D(x) − E log(1 − D(G(z)))."""
        return jnp.mean(jax.nn.softplus(-on_real)) + jnp.mean(jax.nn.softplus(on_fake))

    def generator_loss(self, on_fake: jax.Array) -> jax.Array:
        """Return −E log D(G(z)), or E log(1 − D(G(z)))."""
        return jnp.mean(-jax.nn.softplus(on_fake) if self.saturates else jax.nn.softplus(-on_fake))

    def estimate(self, on_real: jax.Array, on_fake: jax.Array) -> jax.Array:
        """Return (log 4 − loss)/2: the Jensen–Shannon divergence, were the discriminator D*."""
        return 0.5 * (math.log(4.0) - self.critic_loss(on_real, on_fake))

    def optimiser(self, rate: Any) -> optax.GradientTransformation:
        """Return Adam with half the usual momentum."""
        return optax.adam(rate, b1=0.5, b2=0.999)
