"""The exact Wasserstein distance as a JAX function with an exact gradient: something to train with."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from otkit.costs import Cost, as_cost
from otkit.inputs.checks import as_power, require_finite
from otkit.many.batch import wasserstein_batch
from otkit.many.packed import flattened
from otkit.neural._jax import jax, jnp


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

    It may stand anywhere in a JAX program: within `jax.grad`, `jax.jvp`, `jax.jit`, `jax.vmap` and `jax.lax.scan`. The
    problem is solved on the host, in float64, by `otkit.wasserstein_batch`, and its answer is proved there; under
    `jax.vmap` all problems are solved in one call.

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
    NotImplementedError
        Second derivatives are asked for.
    ValueError
        Shapes that do not fit, p < 1, a metric that is no norm, points and weights that are not finite, negative
        weights. Where a compiled program (`jax.jit`) meets bad values while it runs, JAX raises its own
        JaxRuntimeError, whose last line is the message of this error.

    Notes
    -----
    The gradient is `otkit.subgradient`'s, from the plan and the potentials alone: of the distance where the optimum is
    unique and no matched points coincide. Elsewhere it is a choice: 0 from a pair whose points coincide and 0 at
    W_p = 0; in the points the gradient of one of the optimal plans, in the weights a subgradient. There is no second
    derivative: what asks for one is refused.

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


@partial(jax.custom_jvp, nondiff_argnums=(4, 5))
def _distance(x: jax.Array, y: jax.Array, a: jax.Array, b: jax.Array, p: float, cost: Cost) -> jax.Array:
    return _solved(x, y, a, b, p, cost, False)[0]


@_distance.defjvp
def _along(p: float, cost: Cost, parts: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
    """Return W_p, and its derivative along tangents: linear in them, so that JAX makes the reverse mode of it."""
    value, *gradients = _solved(*parts, p, cost, True)
    slopes = [jnp.sum(gradient * tangent) for gradient, tangent in zip(gradients, tangents, strict=True)]
    return value, sum(slopes[1:], slopes[0]).astype(value.dtype)


@partial(jax.custom_jvp, nondiff_argnums=(4, 5, 6))
def _solved(
    x: jax.Array, y: jax.Array, a: jax.Array, b: jax.Array, p: float, cost: Cost, derivatives: bool
) -> list[jax.Array]:
    """Return W_p and, if they are wanted, its derivatives in x, y, a and b."""
    parts = x, y, a, b
    like = [jax.ShapeDtypeStruct((), x.dtype)]
    if derivatives:
        like += [jax.ShapeDtypeStruct(part.shape, part.dtype) for part in parts]
    if not any(isinstance(part, jax.core.Tracer) for part in parts):  # complaints arrive as they are
        return [jnp.asarray(values) for values in _on_the_host(p, cost, derivatives, *parts)]
    call = partial(_in_the_program, p, cost, derivatives)
    found: list[jax.Array] = jax.pure_callback(call, like, *parts, vmap_method="broadcast_all")
    return found


@_solved.defjvp
def _twice(p: float, cost: Cost, derivatives: bool, parts: Any, tangents: Any) -> Any:
    raise NotImplementedError(
        "otkit.neural.wasserstein_loss has no second derivative: its gradient comes from one optimal plan, and jumps "
        "where that changes. Stop the gradient (jax.lax.stop_gradient), or leave out what differentiates it "
        "(jax.hessian, a gradient penalty)."
    )


def _in_the_program(p: float, cost: Cost, derivatives: bool, *parts: Any) -> list[np.ndarray]:
    """Solve where a compiled program asks for it; JAX prints the way to an error, which is ours to keep short."""
    try:
        return _on_the_host(p, cost, derivatives, *parts)
    except (ValueError, TypeError, ArithmeticError, MemoryError, RuntimeError) as error:
        raise error.with_traceback(None) from None


def _on_the_host(p: float, cost: Cost, derivatives: bool, *parts: Any) -> list[np.ndarray]:
    """Solve a pair, or all pairs of a batch, whose dimensions come first."""
    x, y, a, b = (np.asarray(part, np.float64) for part in parts)
    batch = x.shape[:-2]
    if 0 in batch:
        found = [np.zeros(batch), x, y, a, b]
    else:
        result = wasserstein_batch(*flattened(x, y, a, b), p=p, metric=cost)
        found = [result.distances.reshape(batch)]
        if derivatives:
            found += [each.reshape(part.shape) for each, part in zip(result.gradients(), parts, strict=True)]
    types = [parts[0].dtype, *(part.dtype for part in parts)]
    return [np.asarray(values, dtype) for values, dtype in zip(found, types[: len(found)], strict=True)]
