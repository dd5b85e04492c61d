"""The gradient by which a generator learns: as its critic gives it, and as it is.

For W_1(P, P_θ), P_θ the law of G_θ(z), the envelope theorem says ∇_θ W_1 = −E ∇_θ φ(G_θ(z)) with φ a Kantorovich
potential; a critic takes the place of φ. Between samples the exact gradient follows from the optimal plan alone:
Σ_ij Γ_ij ∇_θ d(x_i, G_θ(z_j)).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.inputs.checks import as_count, as_points, require_same_dimension
from otkit.inputs.randomness import Rng
from otkit.neural._jax import as_key, jax, jnp
from otkit.neural.adversarial import Trained
from otkit.optimal_transport.duality import subgradient
from otkit.optimal_transport.solve import wasserstein


@dataclass(frozen=True, eq=False)
class GeneratorGradients:
    """Two gradients in the weights of a generator, each as one long vector.

    Attributes
    ----------
    exact : ndarray, shape (k,)
        Of W_1 between the points and the generated ones, from the optimal plan.
    critic : ndarray, shape (k,)
        −E ∇_θ φ(G_θ(z)), φ the critic.
    distance : float
        W_1.
    """

    exact: FloatArray
    critic: FloatArray
    distance: float

    @property
    def cosine(self) -> float:
        """Cosine of the angle between them; 0 if one of them vanishes."""
        lengths = float(np.linalg.norm(self.exact) * np.linalg.norm(self.critic))
        return float(self.exact @ self.critic) / lengths if lengths > 0.0 else 0.0


def generator_gradients(
    trained: Trained,
    x: ArrayLike,
    *,
    n: int = 1000,
    slopes: Callable[[FloatArray], FloatArray] | None = None,
    rng: Rng = None,
) -> GeneratorGradients:
    """Return the gradient of W_1 in the weights of a generator: the exact one, and that of its critic.

    Parameters
    ----------
    trained : Trained
    x : array-like, shape (m, d)
        Points of the data.
    n : int
        How many points to generate.
    slopes : callable, optional
        ∇φ, taking points of shape (n, d) to gradients of the same shape; by default that of the trained critic.
    rng : None, int or numpy.random.Generator, optional

    Returns
    -------
    GeneratorGradients

    Examples
    --------
    >>> import otkit
    >>> x = otkit.datasets.swiss_roll(500, rng=0)
    >>> trained = otkit.neural.WGANGP(rounds=20, looks=1).fit(x, rng=0)
    >>> gradients = otkit.neural.generator_gradients(trained, x, n=200, rng=0)
    >>> gradients.exact.shape == gradients.critic.shape
    True
    """
    points = as_points(x, "x")
    require_same_dimension(points, trained.centre[None], ("x", "the model"))
    z = jax.random.normal(as_key(rng), (as_count(n, "n"), trained.model.latent))
    made, pull_back = jax.vjp(lambda generator: generator(z), trained.generator)
    generated = np.asarray(made, dtype=np.float64) * trained.scale + trained.centre
    result = wasserstein(points, generated)
    by_critic = -(trained.critic.gradient if slopes is None else slopes)(generated) / n

    def in_weights(at_points: FloatArray) -> FloatArray:
        """Return the derivative in θ of Σ_j at_points_j · G_θ(z_j)."""
        (weights,) = pull_back(jnp.asarray(at_points * trained.scale, dtype=made.dtype))
        return np.concatenate([np.asarray(part, dtype=np.float64).ravel() for part in jax.tree.leaves(weights)])

    return GeneratorGradients(in_weights(subgradient(result).y), in_weights(by_critic), result.distance)
