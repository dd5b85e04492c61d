"""f-GAN: the critic estimates any f-divergence by its variational form, and the generator lowers it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from otkit.divergences.generators import FDivergence, as_divergence
from otkit.neural._jax import jax, jnp, optax
from otkit.neural.adversarial import Adversarial
from otkit.neural.tabulated import Tables, looked_up, tables


@dataclass(frozen=True, kw_only=True)
class FGAN(Adversarial):
    """The GAN of an f-divergence.

    The critic raises E T(x) − E f*(T(G(z))), T = g_f(V), whose largest value is D_f(P‖P_G). The generator raises
    E T(G(z)), or lowers the same objective, −E f*(T(G(z))), if it `saturates`.

    Parameters
    ----------
    divergence : str or FDivergence
        A name of the table, such as "kl", or one of your own.
    saturates : bool
    rounds, critic_steps, batch_size, learning_rate, decay, averaging, latent, width, depth, looks
        As in every adversarial model; see `Adversarial`.

    References
    ----------
    Nowozin, Cseke & Tomioka, *f-GAN* (2016), section 3.2 for both losses of the generator.

    Examples
    --------
    >>> import otkit
    >>> otkit.neural.FGAN(divergence="hellinger", rounds=2000).divergence
    'hellinger'
    """

    divergence: str | FDivergence = "js"
    saturates: bool = False
    critic_steps: int = 1
    learning_rate: float = 1e-3

    def __post_init__(self) -> None:
        super().__post_init__()
        as_divergence(self.divergence)

    @classmethod
    def paper(cls, divergence: str | FDivergence = "js") -> FGAN:
        """Return the paper's options: Adam 2e-4 with β₁ = 0.5, one step of the critic a round."""
        return cls(divergence=divergence, learning_rate=2e-4, decay=False, averaging=0.0, rounds=100_000)

    @cached_property
    def _tables(self) -> Tables:
        return tables(as_divergence(self.divergence))

    def critic_loss(self, on_real: jax.Array, on_fake: jax.Array) -> jax.Array:
        """Return −E T(x) + E f*(T(G(z)))."""
        return -self.estimate(on_real, on_fake)

    def generator_loss(self, on_fake: jax.Array) -> jax.Array:
        """Return −E T(G(z)), or −E f*(T(G(z)))."""
        return -jnp.mean(looked_up(self._tables.conjugate if self.saturates else self._tables.activation, on_fake))

    def estimate(self, on_real: jax.Array, on_fake: jax.Array) -> jax.Array:
        """Return E T(x) − E f*(T(G(z))), D_f for the best T."""
        first, second = self._tables
        return jnp.mean(looked_up(first, on_real)) - jnp.mean(looked_up(second, on_fake))

    def optimizer(self, rate: Any) -> optax.GradientTransformation:
        """Return Adam with half the usual momentum, its gradients no longer than 1: e^V is in some of the losses."""
        return optax.chain(optax.clip_by_global_norm(1.0), optax.adam(rate, b1=0.5, b2=0.999))
