"""WGAN with a gradient penalty: the critic's gradient has norm 1 (or at most 1) between data and generated points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from otkit.neural._jax import jax, jnp, optax
from otkit.neural.adversarial import Adversarial, scores
from otkit.neural.networks import Network


@dataclass(frozen=True, kw_only=True)
class WGANGP(Adversarial):
    """The Wasserstein GAN with gradient penalty.

    The critic φ raises E φ(x) − E φ(G(z)) − λ E(‖∇φ(x̃)‖ − target)², where x̃ = ε x + (1 − ε) G(z) with an ε ~ U[0, 1] of
    its own for every pair; the generator raises E φ(G(z)).

    Parameters
    ----------
    penalty : float
        λ.
    target : float
        The norm asked for, 1 or 0.
    one_sided : bool
        Punish only gradients that are too long, max(0, ‖∇φ(x̃)‖ − target)².
    rounds, critic_steps, batch_size, learning_rate, decay, averaging, latent, width, depth, looks
        As in every adversarial model; see `Adversarial`.

    Notes
    -----
    The defaults are not the paper's, which `WGANGP.paper()` gives: they take a larger learning rate that falls to
    zero, larger batches, fewer steps of the critic and the mean of the generator's last weights, and get to the data
    in a hundredth of the time.

    References
    ----------
    Gulrajani, Ahmed, Arjovsky, Dumoulin & Courville, *Improved training of Wasserstein GANs* (2017), algorithm 1; for
    the one-sided form, Petzka, Fischer & Lukovnikov, *On the regularization of Wasserstein GANs* (2018).

    Examples
    --------
    >>> import otkit
    >>> x = otkit.datasets.swiss_roll(500, rng=0)
    >>> trained = otkit.neural.WGANGP(rounds=10, looks=2).fit(x, rng=0)
    >>> trained.sample(3, rng=1).shape, trained.history.wasserstein.shape
    ((3, 2), (2,))
    """

    penalty: float = 1.0
    target: float = 1.0
    one_sided: bool = False

    estimate_in_units_of_length = True

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("penalty", "target"):
            value = getattr(self, name)
            if not 0.0 <= value < np.inf:
                raise ValueError(f"{name} must be finite and at least 0, but {name} = {value} was given.")

    @classmethod
    def paper(cls) -> WGANGP:
        """Return algorithm 1 of the paper: Adam 1e-4 with β = (0, 0.9), λ = 10, batches of 64, 5 critic steps."""
        return cls(
            rounds=100_000,
            critic_steps=5,
            batch_size=64,
            learning_rate=1e-4,
            decay=False,
            averaging=0.0,
            width=512,
            penalty=10.0,
        )

    def critic_loss(self, critic: Network, real: jax.Array, fake: jax.Array, key: jax.Array) -> jax.Array:
        """Return −(E φ(x) − E φ(G(z))) and the penalty."""
        share = jax.random.uniform(key, (len(real), 1))
        between = share * real + (1.0 - share) * fake
        excess = gradient_norms(critic, between) - self.target
        if self.one_sided:
            excess = jnp.maximum(excess, 0.0)
        return self.penalty * jnp.mean(excess**2) - self.estimate(critic, real, fake)

    def generator_loss(self, critic: Network, fake: jax.Array) -> jax.Array:
        """Return −E φ(G(z))."""
        return -jnp.mean(scores(critic, fake))

    def estimate(self, critic: Network, real: jax.Array, fake: jax.Array) -> jax.Array:
        """Return E φ(x) − E φ(G(z)): W_1 if φ were a Kantorovich potential, and no bound of it."""
        return jnp.mean(scores(critic, real)) - jnp.mean(scores(critic, fake))

    def optimiser(self, rate: Any) -> optax.GradientTransformation:
        """Return Adam without momentum."""
        return optax.adam(rate, b1=0.0, b2=0.9)


def gradient_norms(critic: Network, points: jax.Array) -> jax.Array:
    """Return ‖∇φ‖ at points; a little above, so that it can be differentiated where the gradient is 0."""
    slopes = jax.vmap(jax.grad(lambda point: critic(point)[0]))(points)
    return jnp.sqrt(jnp.sum(slopes**2, axis=1) + 1e-12)
