"""A trained critic as a plain function of points: float64 NumPy, so that reading it needs no JAX."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.inputs.frames import points_in_order

_ROWS = 4096  # points that are evaluated at a time
_LEAK = 0.2


@dataclass(frozen=True, eq=False, repr=False)
class CriticFunction:
    """φ(z) = scale · network((z − centre)/scale), whose slopes are those of the network.

    Attributes
    ----------
    weights : tuple of ndarray, shapes (outputs, inputs)
    biases : tuple of ndarray, shapes (outputs,)
    activation : str
        "relu", "leaky_relu", "tanh", "softplus" or "maxmin".
    centre : ndarray, shape (d,)
    scale : float
    columns : tuple of str
        Names of the coordinates, where the samples that it was fitted to have some: a frame is matched to them.

    Examples
    --------
    >>> import numpy as np
    >>> from otkit.neural import CriticFunction
    >>> phi = CriticFunction((np.array([[1.0], [-1.0]]), np.array([[1.0, 1.0]])), (np.zeros(2), np.zeros(1)), "relu")
    >>> phi([-2.0, 0.0, 3.0]), phi.gradient([-2.0, 3.0]).ravel(), phi.spectral_norms
    (array([2., 0., 3.]), array([-1.,  1.]), (1.4142135623730951, 1.4142135623730951))
    """

    weights: tuple[FloatArray, ...]
    biases: tuple[FloatArray, ...]
    activation: str
    centre: float | FloatArray = 0.0
    scale: float = 1.0
    columns: tuple[str, ...] = ()

    def __call__(self, z: ArrayLike) -> FloatArray:
        """Return φ at the rows of z, shape (k,)."""
        points = points_in_order(self.columns, z, "z")
        parts = [self._forward(points[k : k + _ROWS])[0] for k in range(0, len(points), _ROWS)]
        return np.concatenate(parts)

    def gradient(self, z: ArrayLike) -> FloatArray:
        """Return ∇φ at the rows of z, shape (k, d); at a kink that of one side."""
        points = points_in_order(self.columns, z, "z")
        parts = [self._backward(self._forward(points[k : k + _ROWS])[1]) for k in range(0, len(points), _ROWS)]
        return np.concatenate(parts)

    @property
    def spectral_norms(self) -> tuple[float, ...]:
        """The largest singular value of each weight."""
        return tuple(float(np.linalg.norm(weight, 2)) for weight in self.weights)

    @property
    def global_constant(self) -> float:
        """Π σ(W_l) ≥ Lip(φ), in the Euclidean norm, on the whole space."""
        return math.prod(self.spectral_norms)

    def _forward(self, points: FloatArray) -> tuple[FloatArray, list[FloatArray]]:
        """Return φ and what enters the activations."""
        h, inputs = (points - self.centre) / self.scale, []
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            inputs.append(h @ weight.T + bias)
            h = _activated(self.activation, inputs[-1])
        return self.scale * (h @ self.weights[-1].T + self.biases[-1])[:, 0], inputs

    def _backward(self, inputs: list[FloatArray]) -> FloatArray:
        slopes = np.broadcast_to(self.weights[-1], (len(inputs[0]), self.weights[-1].shape[1]))
        for weight, h in zip(self.weights[-2::-1], inputs[::-1], strict=True):
            slopes = _pulled_back(self.activation, h, slopes) @ weight
        return slopes

    def __repr__(self) -> str:
        widths = (self.weights[0].shape[1], *(weight.shape[0] for weight in self.weights))
        return f"CriticFunction({' → '.join(map(str, widths))}, {self.activation})"


def _activated(name: str, h: FloatArray) -> FloatArray:
    if name == "maxmin":
        first, second = np.split(h, 2, axis=1)
        return np.concatenate([np.maximum(first, second), np.minimum(first, second)], axis=1)
    if name == "tanh":
        return np.tanh(h)
    if name == "softplus":
        return np.logaddexp(h, 0.0)
    return np.maximum(h, _LEAK * h if name == "leaky_relu" else 0.0)


def _pulled_back(name: str, h: FloatArray, slopes: FloatArray) -> FloatArray:
    """Return derivatives in what entered an activation from those in what left it."""
    if name == "maxmin":
        first, second = np.split(h, 2, axis=1)
        larger, smaller = np.split(slopes, 2, axis=1)
        kept = first >= second
        return np.concatenate([np.where(kept, larger, smaller), np.where(kept, smaller, larger)], axis=1)
    if name == "tanh":
        return slopes * (1.0 - np.tanh(h) ** 2)
    if name == "softplus":
        return slopes * np.exp(-np.logaddexp(-h, 0.0))
    return slopes * np.where(h > 0.0, 1.0, _LEAK if name == "leaky_relu" else 0.0)
