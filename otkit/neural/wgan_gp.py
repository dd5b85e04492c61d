"""WGAN with a gradient penalty: the critic's gradient has norm 1, or at most 1, between data and generated points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from otkit.inputs.checks import as_positive
from otkit.neural._jax import jax, jnp
from otkit.neural.adversarial import Adversarial
from otkit.neural.constraints import GradientPenalty


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
    The defaults are not the paper's, which `WGANGP.paper()` gives. In the plane a smaller λ, larger steps that fall to
    zero, larger batches, fewer steps of the critic and the mean of the generator's last weights come to the data in
    a minute.

    References
    ----------
    Gulrajani, Ahmed, Arjovsky, Dumoulin & Courville, *Improved training of Wasserstein GANs* (2017), algorithm 1; for
    the one-sided form Petzka, Fischer & Lukovnikov, *On the regularization of Wasserstein GANs* (2018).

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

    measures_length: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        as_positive(self.penalty, "penalty")
        if self.target not in (0.0, 1.0):
            raise ValueError(f"target must be 0 or 1, but target = {self.target} was given.")

    @classmethod
    def paper(cls) -> WGANGP:
        """Return algorithm 1 of the paper: Adam 1e-4, β = (0, 0.9), λ = 10, batches of 64, 5 steps of the critic."""
        return cls(
            penalty=10.0,
            critic_steps=5,
            batch_size=64,
            learning_rate=1e-4,
            decay=False,
            averaging=0.0,
            rounds=100_000,
        )

    @property
    def constraint(self) -> GradientPenalty:
        """The penalty."""
        return GradientPenalty(self.penalty, self.target, self.one_sided)

    def critic_loss(self, on_real: jax.Array, on_fake: jax.Array) -> jax.Array:
        """Return −(E φ(x) − E φ(G(z))), to which the penalty is added."""
        return -self.estimate(on_real, on_fake)

    def generator_loss(self, on_fake: jax.Array) -> jax.Array:
        """Return −E φ(G(z))."""
        return -jnp.mean(on_fake)

    def estimate(self, on_real: jax.Array, on_fake: jax.Array) -> jax.Array:
        """Return E φ(x) − E φ(G(z)): near W_1 for a good critic, and no bound of it."""
        return jnp.mean(on_real) - jnp.mean(on_fake)
