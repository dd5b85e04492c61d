"""A GAN whose critic has spectrally normalised weights, with the hinge losses of its paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from otkit.neural._jax import jax, jnp
from otkit.neural.adversarial import Adversarial
from otkit.neural.constraints import Spectral


@dataclass(frozen=True, kw_only=True)
class SpectralGAN(Adversarial):
    """The GAN with spectral normalisation.

    Every weight of the critic is divided by its largest singular value, so that the critic is 1-Lipschitz. It lowers
    E max(0, 1 − V(x)) + E max(0, 1 + V(G(z))); the generator raises E V(G(z)).

    Parameters
    ----------
    rounds, critic_steps, batch_size, learning_rate, decay, averaging, latent, width, depth, looks
        As in every adversarial model; see `Adversarial`.

    References
    ----------
    Miyato, Kataoka, Koyama & Yoshida, *Spectral normalization for generative adversarial networks* (2018).

    Examples
    --------
    >>> import otkit
    >>> otkit.neural.SpectralGAN(rounds=2000).constraint
    Spectral()
    """

    measures_length: ClassVar[bool] = True

    @classmethod
    def paper(cls) -> SpectralGAN:
        """Return the paper's options: Adam 2e-4, β = (0, 0.9), batches of 64, 5 steps of the critic."""
        return cls(critic_steps=5, batch_size=64, learning_rate=2e-4, decay=False, averaging=0.0, rounds=100_000)

    @property
    def constraint(self) -> Spectral:
        """Weights divided by their largest singular values."""
        return Spectral()

    def critic_loss(self, on_real: jax.Array, on_fake: jax.Array) -> jax.Array:
        """Return E max(0, 1 − V(x)) + E max(0, 1 + V(G(z)))."""
        return jnp.mean(jax.nn.relu(1.0 - on_real)) + jnp.mean(jax.nn.relu(1.0 + on_fake))

    def generator_loss(self, on_fake: jax.Array) -> jax.Array:
        """Return −E V(G(z))."""
        return -jnp.mean(on_fake)

    def estimate(self, on_real: jax.Array, on_fake: jax.Array) -> jax.Array:
        """Return E V(x) − E V(G(z)), at most W_1 up to what power iteration and chance leave."""
        return jnp.mean(on_real) - jnp.mean(on_fake)
