"""Five ways to keep a critic from being steep, each with what it does before, within and after a step of training.

None of them needs to be trusted: `otkit.neural.certified` measures how steep a critic came out.

References: M. Arjovsky, S. Chintala & L. Bottou, *Wasserstein generative adversarial networks*, ICML 2017, for
clipping; I. Gulrajani et al., *Improved training of Wasserstein GANs*, NeurIPS 2017, for the gradient penalty; H.
Petzka, A. Fischer & D. Lukovnikov, *On the regularization of Wasserstein GANs*, ICLR 2018, for its one-sided form; H.
Thanh-Tung, T. Tran & S. Venkatesh, *Improving generalization and stability of generative adversarial networks*, ICLR
2019, for target 0; T. Miyato et al., *Spectral normalization for GANs*, ICLR 2018; C. Anil, J. Lucas & R. Grosse,
*Sorting out Lipschitz function approximation*, ICML 2019, for "groupsort".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from otkit.inputs.checks import as_count, require_choice
from otkit.neural._jax import jax, jnp
from otkit.neural.networks import ACTIVATIONS, Network, orthonormal, retracted, spectral, spectral_start

State = Any
Function = Callable[[jax.Array], jax.Array]


@dataclass(frozen=True)
class Constraint:
    """No constraint at all, and what the five have in common."""

    def start(self, network: Network, key: jax.Array) -> tuple[Network, State]:
        """Return the network to begin with, and what is carried from step to step beside it."""
        return network, ()

    def effective(self, network: Network, state: State) -> tuple[Network, State]:
        """Return the network that is the critic, of the one whose weights are trained, and the new state."""
        return network, state

    def penalty(self, phi: Function, z: jax.Array, order: float) -> jax.Array:
        """Return what is added to the loss, from points z between the samples; `order` is that of the metric's norm."""
        return jnp.zeros((), z.dtype)

    def project(self, network: Network) -> Network:
        """Return the trained network as a step leaves it."""
        return network


@dataclass(frozen=True)
class Clip(Constraint):
    """Every weight and bias is clipped to ±limit after each step.

    Attributes
    ----------
    limit : float
    """

    limit: float = 0.01

    def start(self, network: Network, key: jax.Array) -> tuple[Network, State]:
        """Clip the weights to begin with."""
        return self.project(network), ()

    def project(self, network: Network) -> Network:
        """Clip the weights."""
        return jax.tree.map(lambda w: jnp.clip(w, -self.limit, self.limit), network)


@dataclass(frozen=True)
class GradientPenalty(Constraint):
    """Add weight · E(‖∇φ(z)‖ − target)², or of the positive part alone, at z = εx + (1 − ε)y with an ε for each z.

    ‖·‖ is the dual of the metric's norm: a function is 1-Lipschitz in a norm if its gradient has dual norm ≤ 1.

    Attributes
    ----------
    weight, target : float
    one_sided : bool
        Whether the positive part alone counts.
    """

    weight: float = 10.0
    target: float = 1.0
    one_sided: bool = False

    def penalty(self, phi: Function, z: jax.Array, order: float) -> jax.Array:
        """Return the penalty on gradients at z."""
        excess = dual_norm(jax.vmap(jax.grad(phi))(z), order) - self.target
        return self.weight * jnp.mean((jnp.maximum(excess, 0.0) if self.one_sided else excess) ** 2)


@dataclass(frozen=True)
class Spectral(Constraint):
    """Weights are divided by their largest singular value, which power iteration follows from step to step."""

    def start(self, network: Network, key: jax.Array) -> tuple[Network, State]:
        """Follow the largest singular values some way to begin with."""
        return network, spectral(network, spectral_start(network, key), steps=20)[1]

    def effective(self, network: Network, state: State) -> tuple[Network, State]:
        """Divide the weights."""
        return spectral(network, state)


@dataclass(frozen=True)
class GroupSort(Constraint):
    """Weights are kept orthonormal, for "maxmin" units, which sort and so keep the length of gradients."""

    def start(self, network: Network, key: jax.Array) -> tuple[Network, State]:
        """Begin with orthonormal weights."""
        return orthonormal(network), ()

    def effective(self, network: Network, state: State) -> tuple[Network, State]:
        """Return to orthonormal weights, with a gradient."""
        return retracted(network), state

    def project(self, network: Network) -> Network:
        """Return to weights that are nearly orthonormal."""
        return retracted(network, steps=2)


def dual_norm(gradients: jax.Array, order: float) -> jax.Array:
    """Return the norms of the rows that are dual to the norm Σ|·|^order^(1/order), with derivative 0 at 0."""
    if order == 1.0:
        return jnp.abs(gradients).max(-1)
    if order == jnp.inf:
        return jnp.abs(gradients).sum(-1)
    dual = order / (order - 1.0)
    powers = (jnp.abs(gradients) ** dual).sum(-1)
    positive = powers > 0.0
    return jnp.where(positive, jnp.where(positive, powers, 1.0) ** (1.0 / dual), 0.0)


@dataclass(frozen=True)
class CriticOptions:
    """How a critic is trained.

    Attributes
    ----------
    constraint : Constraint
    widths : tuple of int
        Of the hidden layers.
    activation : str
        "relu", "leaky_relu", "tanh", "softplus" or "maxmin".
    optimizer : {"adam", "rmsprop"}
    learning_rate : float
    betas : tuple of two floats
        Decay of Adam's moments.
    decay : bool
        Whether the learning rate falls to a hundredth along half a cosine.
    batch_size : int
        A sample of at most so many points enters each step whole; of a larger one that many are drawn, by weight.
    steps : int
        At most.
    patience : int
        Training ends after so many steps without progress.
    standardize : bool
        Whether the network sees centred points of unit mean square; slopes are not changed by that.
    """

    constraint: Constraint
    widths: tuple[int, ...] = (64, 64, 64)
    activation: str = "relu"
    optimizer: str = "adam"
    learning_rate: float = 5e-3
    betas: tuple[float, float] = (0.9, 0.99)
    decay: bool = True
    batch_size: int = 1024
    steps: int = 2000
    patience: int = 1000
    standardize: bool = True

    def __post_init__(self) -> None:
        for name in ("batch_size", "steps", "patience"):
            as_count(getattr(self, name), name)
        for width in self.widths:
            as_count(width, "widths")
        require_choice(self.activation, "activation", ACTIVATIONS)
        require_choice(self.optimizer, "optimizer", ("adam", "rmsprop"))
        if self.activation == "maxmin" and any(width % 2 for width in self.widths):
            raise ValueError(f"widths must be even for maxmin units, which sort pairs, but widths = {self.widths}.")


def _paper(constraint: Constraint, optimizer: str, learning_rate: float, betas: tuple[float, float]) -> CriticOptions:
    return CriticOptions(
        constraint,
        activation="relu",
        optimizer=optimizer,
        learning_rate=learning_rate,
        betas=betas,
        decay=False,
        batch_size=64,
        steps=5000,
        patience=5000,
        standardize=False,
    )


# The papers': batches of 64, fixed steps. Networks are ours, since theirs are made for images.
_PAPERS = {
    "wgan": _paper(Clip(0.01), "rmsprop", 5e-5, (0.0, 0.9)),
    "wgan-gp": _paper(GradientPenalty(10.0), "adam", 1e-4, (0.0, 0.9)),
    "wgan-gp-one-sided": _paper(GradientPenalty(10.0, one_sided=True), "adam", 1e-4, (0.0, 0.9)),
    "wgan-gp-zero": _paper(GradientPenalty(10.0, target=0.0), "adam", 1e-4, (0.0, 0.9)),
    "sn-gan": _paper(Spectral(), "adam", 2e-4, (0.0, 0.9)),
}

# Ours: whole samples and larger steps that grow smaller; λ = 300 where it binds slopes beyond 1 alone. Clipping gains
# nothing by that: it is the paper's.
_OURS = {
    "clip": _PAPERS["wgan"],
    "gradient-penalty": CriticOptions(GradientPenalty(10.0)),
    "one-sided": CriticOptions(GradientPenalty(300.0, one_sided=True)),
    "spectral": CriticOptions(Spectral(), learning_rate=3e-4, steps=3000),
    "groupsort": CriticOptions(GroupSort(), (32,) * 5, "maxmin", learning_rate=3e-3, steps=3000),
}

PRESETS: dict[str, CriticOptions] = _OURS | _PAPERS
