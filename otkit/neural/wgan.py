"""WGAN: the critic's weights are clipped, so that its slopes are bounded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from otkit.inputs.checks import as_positive
from otkit.neural._jax import jax, jnp, optax
from otkit.neural.adversarial import Adversarial
from otkit.neural.constraints import Clip


@dataclass(frozen=True, kw_only=True)
class WGAN(Adversarial):
    """The Wasserstein GAN with clipped weights.

    The critic φ raises E φ(x) − E φ(G(z)), its weights kept within ±clip; the generator raises E φ(G(z)). Such a critic
    is k-Lipschitz for some unknown k, and what it says is k W_1 at best.

    Parameters
    ----------
    clip : float
        The largest weight, in absolute value.
    rounds, critic_steps, batch_size, learning_rate, decay, averaging, latent, width, depth, looks
        As in every adversarial model; see `Adversarial`.

    References
    ----------
    Arjovsky, Chintala & Bottou, *Wasserstein GAN* (2017), algorithm 1.

    Examples
    --------
    >>> import otkit
    >>> otkit.neural.WGAN(clip=0.05, rounds=2000).constraint
    Clip(limit=0.05)
    >>> otkit.neural.WGAN.paper().learning_rate
    5e-05
    """

    clip: float = 0.1
    critic_steps: int = 5
    learning_rate: float = 5e-4

    measures_length: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        as_positive(self.clip, "clip")

    @classmethod
    def paper(cls) -> WGAN:
        """Return algorithm 1 of the paper: RMSProp 5e-5, c = 0.01, batches of 64, 5 steps of the critic."""
        return cls(
            clip=0.01, critic_steps=5, batch_size=64, learning_rate=5e-5, decay=False, averaging=0.0, rounds=100_000
        )

    @property
    def constraint(self) -> Clip:
        """Weights between −clip and clip."""
        return Clip(self.clip)

    def critic_loss(self, on_real: jax.Array, on_fake: jax.Array) -> jax.Array:
        """Return −(E φ(x) − E φ(G(z)))."""
        return -self.estimate(on_real, on_fake)

    def generator_loss(self, on_fake: jax.Array) -> jax.Array:
        """Return −E φ(G(z))."""
        return -jnp.mean(on_fake)

    def estimate(self, on_real: jax.Array, on_fake: jax.Array) -> jax.Array:
        """Return E φ(x) − E φ(G(z))."""
        return jnp.mean(on_real) - jnp.mean(on_fake)

    def optimizer(self, rate: Any) -> optax.GradientTransformation:
        """Return RMSProp, which has no momentum."""
        return optax.rmsprop(rate)
