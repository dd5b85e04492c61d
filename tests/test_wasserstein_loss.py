"""The exact distance as a JAX function: its values are otkit's, its gradients those of finite differences."""

from __future__ import annotations

import numpy as np
import pytest

import otkit

pytest.importorskip("jax")

from otkit.neural import wasserstein_loss
from otkit.neural._jax import double_precision, jax, jnp

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 2)), RNG.normal(size=(5, 2)) + 1.0
A, B = RNG.uniform(0.5, 1.5, 6), RNG.uniform(0.5, 1.5, 5)


@pytest.mark.parametrize(
    ("p", "metric"), [(1, "euclidean"), (1.5, "euclidean"), (2, "euclidean"), (1, "cityblock"), (2, otkit.Minkowski(3))]
)
def test_gradients_are_those_of_finite_differences(p, metric):
    """In both samples and both weights, along random directions; the optimal plan is unique here, and stays so."""

    def value(*parts):
        return otkit.wasserstein(*parts, p=p, metric=metric).distance

    with double_precision():
        distance, gradients = jax.value_and_grad(
            lambda x, y, a, b: wasserstein_loss(x, y, a, b, p=p, metric=metric), argnums=(0, 1, 2, 3)
        )(*map(jnp.asarray, (X, Y, A, B)))
        assert distance.dtype == jnp.float64
    assert float(distance) == pytest.approx(value(X, Y, A, B), rel=1e-14)
    rng, step = np.random.default_rng(1), 1e-6
    for which, gradient in enumerate(gradients):
        for _ in range(3):
            parts = [X, Y, A, B]
            direction = rng.normal(size=parts[which].shape)
            parts[which] = parts[which] + step * direction
            above = value(*parts)
            parts[which] = parts[which] - 2.0 * step * direction
            slope = (above - value(*parts)) / (2.0 * step)
            assert float(np.sum(np.asarray(gradient) * direction)) == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_gradients_are_the_subgradient_of_the_plan():
    found = jax.grad(wasserstein_loss, argnums=(0, 1, 2, 3))(*(jnp.asarray(part, jnp.float32) for part in (X, Y, A, B)))
    x, y, a, b = (np.asarray(part, np.float32).astype(float) for part in (X, Y, A, B))
    expected = otkit.subgradient(otkit.wasserstein(x, y, a, b))
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == jnp.float32
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


def test_it_stands_anywhere_in_a_program():
    """Compiled, scaled by the chain rule, mapped over, and in a loop that brings one cloud to the other."""
    compiled = jax.jit(jax.grad(lambda x: 3.0 * wasserstein_loss(x, Y, p=2) ** 2))
    expected = 6.0 * otkit.wasserstein(X, Y, p=2).distance * otkit.subgradient(otkit.wasserstein(X, Y, p=2)).x
    np.testing.assert_allclose(compiled(jnp.asarray(X)), expected, rtol=1e-5)

    shifts = jnp.arange(3.0)
    mapped = jax.vmap(lambda s: wasserstein_loss(X + s, X))(shifts)
    np.testing.assert_allclose(mapped, [0.0, 2**0.5, 8**0.5], rtol=1e-6)

    def descend(x, _):
        value, slope = jax.value_and_grad(lambda x: wasserstein_loss(x, Y, p=2) ** 2)(x)
        return x - 0.5 * len(X) * slope, value

    moved, values = jax.lax.scan(descend, jnp.asarray(X), None, length=8)
    assert (np.diff(values) <= 0.0).all()
    assert otkit.wasserstein(np.asarray(moved, float), Y, p=2).distance < 0.6 * otkit.wasserstein(X, Y, p=2).distance


def test_coinciding_points_pull_nowhere():
    x = jnp.array([[0.0, 0.0], [5.0, 0.0]])
    for p in (1, 2):
        assert float(wasserstein_loss(x, x, p=p)) == 0.0
        assert not np.asarray(jax.grad(lambda z, p=p: wasserstein_loss(z, x, p=p))(x)).any()
    half = jax.grad(wasserstein_loss)(x, jnp.array([[0.0, 0.0], [7.0, 0.0]]))
    np.testing.assert_allclose(half, [[0.0, 0.0], [-0.5, 0.0]], atol=1e-7)


def test_lists_and_points_on_the_line():
    assert float(wasserstein_loss([0, 1, 3], [5, 6, 8])) == 5.0
    assert float(wasserstein_loss([0, 1], [5], [3, 1])) == 4.75


BAD = {
    "dimensions": (lambda: wasserstein_loss(X, Y[:, :1]), "same dimension, but x has 2 coordinates and y has 1"),
    "shape": (lambda: wasserstein_loss(1.0, Y), r"x must be an array of shape \(n, d\).*its shape is \(\)"),
    "p": (lambda: wasserstein_loss(X, Y, p=0.5), "p must be a finite number of at least 1"),
    "metric": (lambda: wasserstein_loss(X, Y, metric="haversine"), "metric must be a norm of x − y.*it is haversine"),
    "weights": (lambda: wasserstein_loss(X, Y, A[:2]), r"a must have shape \(6,\).*its shape is \(2,\)"),
    "negative weights": (lambda: wasserstein_loss(X, Y, -A), r"a must be non-negative, but a\[\d\] = -"),
    "NaN weights": (lambda: wasserstein_loss(X, Y, A * np.nan), r"^a must be finite, but a\[0\] = nan\."),
    "in a gradient": (lambda: jax.grad(wasserstein_loss)(X, Y, -A), r"^a must be non-negative, but a\[\d\] = -"),
    "NaN": (lambda: wasserstein_loss(X * np.nan, Y), r"x must be finite, but x\[0, 0\] = nan"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused(name):
    call, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        call()


def test_points_that_become_nan_stop_the_program():
    """Then the error is JAX's own, and ours its last line."""
    with pytest.raises(jax.errors.JaxRuntimeError, match=r"x must be finite, but x\[0, 0\] = nan\."):
        jax.block_until_ready(jax.jit(wasserstein_loss)(X * np.nan, Y))


def test_functions_that_are_no_part_of_a_program_say_what_is():
    with pytest.raises(TypeError, match=r"x must hold values, but within a function that JAX traces.*wasserstein_loss"):
        jax.jit(lambda x: otkit.wasserstein(x, Y).distance)(X)


def test_a_mapped_loss_is_one_call(monkeypatch):
    """The same numbers as one by one, whichever arguments are mapped, and once for all of them."""
    calls = []

    def counted(*args, **kwargs):
        calls.append(len(args[0]))
        return otkit.wasserstein_batch(*args, **kwargs)

    monkeypatch.setattr("otkit.neural.loss.wasserstein_batch", counted)
    many = jnp.asarray(RNG.normal(size=(7, 6, 2)))
    values, gradients = jax.vmap(jax.value_and_grad(wasserstein_loss), in_axes=(0, None))(many, jnp.asarray(Y))
    assert calls == [7]
    twice = jax.jit(jax.vmap(jax.vmap(wasserstein_loss, in_axes=(0, None)), in_axes=(None, 0)))
    shifted = jnp.stack([jnp.asarray(Y), jnp.asarray(Y) + 1.0])
    assert twice(many, shifted).shape == (2, 7)
    for k in range(7):
        value, gradient = jax.value_and_grad(wasserstein_loss)(many[k], jnp.asarray(Y))
        assert value == values[k]
        np.testing.assert_array_equal(gradient, gradients[k])
        assert twice(many, shifted)[0, k] == value


def test_forward_mode():
    parts = [jnp.asarray(part) for part in (X, Y, A, B)]
    ways = [jnp.asarray(RNG.normal(size=part.shape)) for part in parts]
    value, slope = jax.jvp(wasserstein_loss, parts, ways)
    gradients = jax.grad(wasserstein_loss, argnums=(0, 1, 2, 3))(*parts)
    assert float(value) == float(wasserstein_loss(*parts))
    expected = sum(float(jnp.sum(gradient * way)) for gradient, way in zip(gradients, ways, strict=True))
    assert float(slope) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("twice", [jax.hessian, lambda f: jax.jacrev(jax.grad(f)), lambda f: jax.jit(jax.hessian(f))])
def test_second_derivatives_are_refused(twice):
    with pytest.raises(NotImplementedError, match="has no second derivative"):
        twice(wasserstein_loss)(jnp.asarray(X), jnp.asarray(Y))


def test_negative_weights_are_named():
    with pytest.raises(ValueError, match=r"a must be non-negative, but a\[2\] = -1.0"):
        jax.grad(wasserstein_loss)(jnp.asarray(X), jnp.asarray(Y), jnp.asarray(A).at[2].set(-1.0))
