"""The exact Wasserstein distance as a JAX function with an exact gradient: something to train with."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from otkit.costs import Cost, as_cost
from otkit.inputs.checks import as_power, require_finite
from otkit.neural._jax import jax, jnp
from otkit.optimal_transport.duality import subgradient
from otkit.optimal_transport.solve import wasserstein


def wasserstein_loss(
    x: jax.Array,
    y: jax.Array,
    a: jax.Array | None = None,
    b: jax.Array | None = None,
    *,
    p: float = 1.0,
    metric: str | Cost = "euclidean",
) -> jax.Array:
    """Return the exact W_p between two sample sets, with its exact gradient in points and weights.

    It may stand anywhere in a JAX program: within `jax.grad`, `jax.jit`, `jax.vmap` and `jax.lax.scan`. The problem is
    solved on the host, in float64, by the solver that `otkit.wasserstein` takes, and its answer is certified there.

    Parameters
    ----------
    x, y : array, shape (n, d) and (m, d)
        The sample sets; (n,) on the line.
    a, b : array, shapes (n,) and (m,), optional
        Weights, which count relative to their total; equal by default.
    p : float
        The Wasserstein power, at least 1; no traced value.
    metric : str or Cost
        A norm of x − y: "euclidean", "sqeuclidean", "cityblock", "chebyshev" or `Minkowski`; no traced value.

    Returns
    -------
    array, shape ()
        In the type of x.

    Raises
    ------
    ValueError
        Shapes that do not fit, p < 1, a metric that is no norm, points and weights that are not finite, negative
        weights. Where a compiled program (`jax.jit`) meets bad values while it runs, JAX raises its own
        JaxRuntimeError, whose last line is the message of this error.

    Notes
    -----
    The gradient is `otkit.subgradient`'s, from the plan and the potentials alone: of the distance where the optimum is
    unique and no matched points coincide. Elsewhere it is a choice: 0 from a pair whose points coincide and 0 at
    W_p = 0; in the points the gradient of one of the optimal plans, in the weights a subgradient. There is no second
    derivative, and no forward mode.

    Examples
    --------
    >>> import jax
    >>> from otkit.neural import wasserstein_loss
    >>> x, y = jax.numpy.array([[0.0, 0.0]]), jax.numpy.array([[3.0, 4.0]])
    >>> value, gradient = jax.value_and_grad(wasserstein_loss)(x, y)
    >>> float(value), gradient.round(6).tolist()
    (5.0, [[-0.6000000238418579, -0.800000011920929]])
    """
    cost = as_cost(metric)
    if cost.norm is None:
        raise ValueError(
            "metric must be a norm of x − y to have gradients (euclidean, sqeuclidean, cityblock, chebyshev or "
            f"minkowski), but it is {cost.name}."
        )
    x, y = _points(x, "x"), _points(y, "y")
    if x.shape[1] != y.shape[1]:
        raise ValueError(
            f"x and y must have points of the same dimension, but x has {x.shape[1]} coordinates and y has "
            f"{y.shape[1]}."
        )
    dtype = x.dtype
    return _distance(x, y, _weights(a, "a", len(x), dtype), _weights(b, "b", len(y), dtype), as_power(p), cost)


def _points(value: Any, name: str) -> jax.Array:
    points = jnp.asarray(value)
    points = points if jnp.issubdtype(points.dtype, jnp.floating) else points.astype(float)
    if points.ndim == 1:
        points = points[:, None]
    if points.ndim != 2 or 0 in points.shape:
        raise ValueError(
            f"{name} must be an array of shape (n, d), or (n,) for points on the line, with n and d at least 1, but "
            f"its shape is {points.shape}."
        )
    if not isinstance(points, jax.core.Tracer):
        require_finite(np.asarray(points, np.float64), name)
    return points


def _weights(value: Any, name: str, size: int, dtype: Any) -> jax.Array:
    if value is None:
        return jnp.ones(size, dtype)
    weights = jnp.asarray(value, dtype)
    if weights.shape != (size,):
        raise ValueError(
            f"{name} must have shape ({size},), a weight for each point, but its shape is {weights.shape}."
        )
    return weights


@partial(jax.custom_vjp, nondiff_argnums=(4, 5))
def _distance(x: jax.Array, y: jax.Array, a: jax.Array, b: jax.Array, p: float, cost: Cost) -> jax.Array:
    return _solved(x, y, a, b, p, cost)[0]


def _forward(x: jax.Array, y: jax.Array, a: jax.Array, b: jax.Array, p: float, cost: Cost) -> tuple[jax.Array, Any]:
    value, *gradients = _solved(x, y, a, b, p, cost)
    return value, tuple(gradients)


def _backward(p: float, cost: Cost, gradients: Any, cotangent: jax.Array) -> Any:
    return tuple(cotangent.astype(gradient.dtype) * gradient for gradient in gradients)


_distance.defvjp(_forward, _backward)


def _solved(x: jax.Array, y: jax.Array, a: jax.Array, b: jax.Array, p: float, cost: Cost) -> Any:
    """Return W_p and its derivatives in x, y, a and b."""
    like = [jax.ShapeDtypeStruct((), x.dtype)] + [jax.ShapeDtypeStruct(part.shape, part.dtype) for part in (x, y, a, b)]
    if not any(isinstance(part, jax.core.Tracer) for part in (x, y, a, b)):  # complaints arrive as they are
        return [jnp.asarray(values) for values in _on_the_host(p, cost, x, y, a, b)]
    return jax.pure_callback(partial(_in_the_program, p, cost), like, x, y, a, b, vmap_method="sequential")


def _in_the_program(p: float, cost: Cost, *parts: Any) -> list[np.ndarray]:
    """Solve where a compiled program asks for it; JAX prints the way to an error, which is ours to keep short."""
    try:
        return _on_the_host(p, cost, *parts)
    except (ValueError, TypeError, ArithmeticError, MemoryError, RuntimeError) as error:
        raise error.with_traceback(None) from None


def _on_the_host(p: float, cost: Cost, *parts: Any) -> list[np.ndarray]:
    given = [np.asarray(part, np.float64) for part in parts]
    for name, values in zip("xyab", given, strict=True):
        require_finite(values, name)
    result = wasserstein(*given, p=p, metric=cost)
    types = [parts[0].dtype, *(part.dtype for part in parts)]
    answer = [result.distance, *subgradient(result)]
    return [np.asarray(values, dtype) for values, dtype in zip(answer, types, strict=True)]
