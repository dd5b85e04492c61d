"""The first GAN: a discriminator between data and generated points, whose best form is D* = p/(p + q)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.divergences.gan import discriminator_value, optimal_discriminator
from otkit.inputs.checks import as_count, as_points, require_same_dimension
from otkit.inputs.randomness import Rng
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
    >>> otkit.neural.GAN(rounds=2000).critic_steps, otkit.neural.GAN.paper().batch_size
    (1, 128)
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

    def optimizer(self, rate: Any) -> optax.GradientTransformation:
        """Return Adam with half the usual momentum."""
        return optax.adam(rate, b1=0.5, b2=0.999)


@dataclass(frozen=True, eq=False)
class DiscriminatorCheck:
    """A discriminator beside the best one, on the cells of a grid.

    Attributes
    ----------
    centres : ndarray, shape (k, d)
        The cells that hold any point.
    data, generated : ndarray of float, shape (k,)
        How many points of each kind they hold.
    discriminator : ndarray, shape (k,)
        D at the centres.
    optimum : ndarray, shape (k,)
        D* = p/(p + q) of the counts.
    value, optimal_value : float
        V(D, G) and V(D*, G) of the counts; no D, constant on cells, has a larger one than D*.
    """

    centres: FloatArray
    data: FloatArray
    generated: FloatArray
    discriminator: FloatArray
    optimum: FloatArray
    value: float
    optimal_value: float

    @property
    def error(self) -> float:
        """Mean of |D − D*| over the points of both kinds."""
        weights = self.data / self.data.sum() + self.generated / self.generated.sum()
        return float(np.average(np.abs(self.discriminator - self.optimum), weights=weights))


def check_discriminator(trained: Trained, x: ArrayLike, *, bins: int = 40, rng: Rng = None) -> DiscriminatorCheck:
    """Compare the discriminator of a trained `GAN` with D* = p/(p + q), both densities counted on a grid.

    Parameters
    ----------
    trained : Trained
        By `GAN.fit`.
    x : array-like, shape (n, d), d ≤ 3
        Data, the more the better; as many points are generated.
    bins : int
        Cells along each coordinate.
    rng : None, int or numpy.random.Generator, optional

    Returns
    -------
    DiscriminatorCheck

    Raises
    ------
    TypeError
        The model is no GAN: its critic is no discriminator.

    Examples
    --------
    >>> import otkit
    >>> x = otkit.datasets.swiss_roll(5000, rng=0)
    >>> trained = otkit.neural.GAN(rounds=50, looks=1).fit(x, rng=0)
    >>> check = otkit.neural.check_discriminator(trained, x, rng=0)
    >>> check.value <= check.optimal_value
    True
    """
    if not isinstance(trained.model, GAN):
        raise TypeError(f"trained must be a GAN, but it is a {type(trained.model).__name__}.")
    points = as_points(x, "x")
    require_same_dimension(points, trained.centre[None], ("x", "the model"))
    dimension = points.shape[1]
    if dimension > 3:
        raise ValueError(f"x must have at most 3 coordinates to be counted on a grid, but it has {dimension}.")
    made = trained.sample(len(points), rng=rng)
    both = np.concatenate([points, made])
    box = list(zip(both.min(axis=0), both.max(axis=0), strict=True))
    (p, edges), (q, _) = (np.histogramdd(side, bins=as_count(bins, "bins"), range=box) for side in (points, made))
    middles = np.meshgrid(*(0.5 * (edge[1:] + edge[:-1]) for edge in edges), indexing="ij")
    centres = np.column_stack([middle.ravel() for middle in middles])
    p, q = p.ravel(), q.ravel()
    held = p + q > 0.0
    p, q, centres = p[held], q[held], centres[held]
    outputs = 1.0 / (1.0 + np.exp(-np.clip(trained.critic(centres), -700.0, 700.0)))
    value, optimal_value = discriminator_value(p, q, outputs), discriminator_value(p, q)
    return DiscriminatorCheck(centres, p, q, outputs, optimal_discriminator(p, q), value, optimal_value)
