"""Networks of the critics, generators and flows, and the two ways to bound their Lipschitz constant by their weights.

A network is its weights, its biases and an activation. `spectral` and `orthonormal` send a network to another with
normalised weights, so that what is trained, evaluated and certified is always a plain network:

    loss(orthonormal(network)(x))       # gradients pass through the normalisation

All activations are 1-Lipschitz, so that Lip(φ) ≤ Π σ(W_l), σ the largest singular value.

References: T. Miyato et al., *Spectral normalization for GANs*, ICLR 2018; C. Anil, J. Lucas & R. Grosse, *Sorting out
Lipschitz function approximation*, ICML 2019; Å. Björck & C. Bowie, SIAM J. Numer. Anal. 8 (1971).
"""

from __future__ import annotations

from collections.abc import Sequence

from otkit.neural._jax import eqx, jax, jnp

_BJORCK_STEPS = 25


def maxmin(h: jax.Array) -> jax.Array:
    """Sort neighbours: the larger of the first half and the second, then the smaller (the width must be even)."""
    first, second = jnp.split(h, 2, axis=-1)
    return jnp.concatenate([jnp.maximum(first, second), jnp.minimum(first, second)], axis=-1)


ACTIVATIONS = {
    "relu": jax.nn.relu,
    "leaky_relu": lambda h: jnp.maximum(h, 0.2 * h),
    "tanh": jnp.tanh,
    "softplus": jax.nn.softplus,
    "maxmin": maxmin,
}


class Network(eqx.Module):
    """A fully connected network; maps (..., d) to (..., k), the last layer linear.

    Attributes
    ----------
    weights : tuple of arrays, shapes (outputs, inputs)
    biases : tuple of arrays, shapes (outputs,)
    activation : str
        "relu", "leaky_relu", "tanh", "softplus" or "maxmin".
    """

    weights: tuple[jax.Array, ...]
    biases: tuple[jax.Array, ...]
    activation: str = eqx.field(static=True)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Return the outputs at the points x."""
        act = ACTIVATIONS[self.activation]
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = act(x @ weight.T + bias)
        return x @ self.weights[-1].T + self.biases[-1]


def mlp(sizes: Sequence[int], key: jax.Array, *, activation: str = "relu") -> Network:
    """Return a network of the given widths, input and output included, with random weights and zero biases.

    Weights are He's for the ReLUs, Glorot's for the smooth activations, and orthogonal for "maxmin".
    """
    make = {
        "relu": jax.nn.initializers.he_normal(in_axis=1, out_axis=0),
        "leaky_relu": jax.nn.initializers.he_normal(in_axis=1, out_axis=0),
        "maxmin": jax.nn.initializers.orthogonal(),
    }.get(activation, jax.nn.initializers.glorot_normal(in_axis=1, out_axis=0))
    shapes = list(zip(sizes[1:], sizes[:-1], strict=True))
    keys = jax.random.split(key, len(shapes))
    return Network(
        tuple(make(k, shape) for k, shape in zip(keys, shapes, strict=True)),
        tuple(jnp.zeros(shape[0]) for shape in shapes),
        activation,
    )


def orthonormal(network: Network) -> Network:
    """Return the network with orthonormal weights next to its own: 1-Lipschitz by construction.

    Björck's iteration W ← 1.5 W − 0.5 W WᵀW sends singular values in (0, 1] to 1 from below, never above.
    """
    weights = []
    for weight in network.weights:
        size = jnp.abs(weight)
        bound = jnp.sqrt(size.sum(0).max() * size.sum(1).max())  # σ² ≤ ‖W‖₁ ‖W‖_∞
        weights.append(_bjorck(weight / bound, _BJORCK_STEPS))
    return Network(tuple(weights), network.biases, network.activation)


def retracted(network: Network, steps: int = 4) -> Network:
    """Return the same from weights that are orthonormal nearly, singular values below √3: cheaper, step after step."""
    return Network(tuple(_bjorck(weight, steps) for weight in network.weights), network.biases, network.activation)


def _bjorck(weight: jax.Array, steps: int) -> jax.Array:
    wide = weight.shape[0] < weight.shape[1]
    w = weight.T if wide else weight  # the smaller Gram matrix
    for _ in range(steps):
        w = 1.5 * w - 0.5 * w @ (w.T @ w)
    return w.T if wide else w


def spectral_start(network: Network, key: jax.Array) -> tuple[jax.Array, ...]:
    """Return random unit vectors, one for each weight, from which `spectral` starts its power iteration."""
    keys = jax.random.split(key, len(network.weights))
    vectors = [jax.random.normal(k, (w.shape[0],)) for k, w in zip(keys, network.weights, strict=True)]
    return tuple(u / jnp.linalg.norm(u) for u in vectors)


def spectral(network: Network, vectors: tuple[jax.Array, ...], steps: int = 1) -> tuple[Network, tuple[jax.Array, ...]]:
    """Return the network with weights W/σ(W), and the improved vectors to hand to the next call.

    σ comes from the power iteration, from below: during training the weights are normalised almost, not quite.
    """
    weights, improved = [], []
    for weight, vector in zip(network.weights, vectors, strict=True):
        fixed, u = jax.lax.stop_gradient(weight), vector
        for _ in range(steps):
            v = _unit(fixed.T @ u)
            u = _unit(fixed @ v)
        weights.append(weight / jnp.maximum(u @ weight @ v, 1e-12))
        improved.append(u)
    return Network(tuple(weights), network.biases, network.activation), tuple(improved)


def _unit(vector: jax.Array) -> jax.Array:
    return vector / jnp.maximum(jnp.linalg.norm(vector), 1e-12)
