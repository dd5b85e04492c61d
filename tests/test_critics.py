"""Critics of W_1: what is reported is proved, whatever the critic; and training finds good ones."""

from __future__ import annotations

import dataclasses
import json
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import clouds, weights

import otkit
from otkit.datasets import gaussians

pytest.importorskip("jax")

from otkit.neural import PRESETS, CriticFunction, CrossCheck, GroupSort, critic_bounds, crosscheck, fit_critic, mlp
from otkit.neural._jax import double_precision, jax, jnp
from otkit.neural.constraints import GradientPenalty, Spectral, dual_norm
from otkit.neural.networks import ACTIVATIONS, orthonormal, spectral, spectral_start

X, Y = gaussians(48, rng=0), gaussians(40, mean=[2, 0], rng=1)
EXACT = otkit.wasserstein(X, Y)


def small(name: str, **changes: object) -> otkit.neural.CriticOptions:
    """A preset with a small network and few, large steps."""
    usual = {"steps": 300, "widths": (16, 16), "learning_rate": 2e-3 if name == "clip" else 2e-2}
    return dataclasses.replace(PRESETS[name], **(usual | changes))


# Bounds of any function


@given(data=st.data(), x=clouds(dimension=st.just(2)), y=clouds(dimension=st.just(2)))
@settings(max_examples=60, deadline=None)
def test_the_bound_is_that_of_exact_arithmetic_rounded_down(data, x, y):
    """max(0, raw / slope) in rational numbers, of the float64 distances: never below what is returned, and near it."""
    a, b = data.draw(weights(len(x), extreme=False)), data.draw(weights(len(y), extreme=False))
    table = {}

    def critic(points):
        return [table.setdefault(tuple(z), data.draw(st.floats(-5, 5, allow_subnormal=False))) for z in points.tolist()]

    bounds = critic_bounds(critic, x, y, a, b)
    x, y, a, b = x[a > 0], y[b > 0], a[a > 0], b[b > 0]
    u, v = ([Fraction(table[tuple(z)]) for z in (points + 0.0).tolist()] for points in (x, y))
    raw = sum(Fraction(w) * h for w, h in zip(a, u, strict=True)) / sum(map(Fraction, a))
    raw -= sum(Fraction(w) * h for w, h in zip(b, v, strict=True)) / sum(map(Fraction, b))
    assert math.isclose(bounds.raw, float(raw), rel_tol=1e-12, abs_tol=1e-12)
    distances = otkit.cost_matrix(x, y)
    # values nearer to each other than 2^-100 of the largest count as equal
    if any(distances[i, j] == 0.0 and u[i] > v[j] for i in range(len(u)) for j in range(len(v))):
        assert bounds.lower_bound == 0.0
        return
    slopes = [
        (u[i] - v[j]) / Fraction(distances[i, j]) for i in range(len(u)) for j in range(len(v)) if distances[i, j] > 0.0
    ]
    slope = max([Fraction(0), *slopes])
    assert math.isclose(bounds.lipschitz, float(slope), rel_tol=1e-9, abs_tol=1e-12)
    expected = max(Fraction(0), raw / slope) if slope > 0 else Fraction(0)
    assert bounds.lower_bound <= expected
    assert bounds.lower_bound >= expected * (1 - Fraction(1, 10**9)) - Fraction(1, 10**9)
    exact = otkit.wasserstein(x, y, a, b)
    assert bounds.lower_bound <= bounds.c_transform_bound <= exact.certificate.upper
    assert bounds.pooled_slope >= bounds.lipschitz * (1 - 1e-12)


@pytest.mark.parametrize("factor", [1000.0, 1e-3, 1e200, 1e-200, -0.0])
def test_scale_and_offset_of_a_critic_do_not_matter(factor):
    def critic(z):
        return np.sin(3.0 * z[:, 1]) - z[:, 0]

    bounds, scaled = critic_bounds(critic, X, Y), critic_bounds(lambda z: factor * critic(z), X, Y)
    if factor == 0.0:
        assert (scaled.raw, scaled.lipschitz, scaled.lower_bound) == (0.0, 0.0, 0.0)
        assert scaled.c_transform_bound > 0.4 * EXACT.distance  # without any critic
        return
    assert math.isclose(scaled.lower_bound, bounds.lower_bound, rel_tol=1e-12)
    assert math.isclose(scaled.c_transform_bound, bounds.c_transform_bound, rel_tol=1e-12)
    assert math.isclose(scaled.raw, factor * bounds.raw, rel_tol=1e-12)
    moved = critic_bounds(lambda z: critic(z) + 7.0, X, Y)
    assert math.isclose(moved.lower_bound, bounds.lower_bound, rel_tol=1e-12)


def test_the_optimal_potential_proves_the_distance():
    bounds = critic_bounds(otkit.kantorovich_potential(EXACT), X, Y)
    assert EXACT.distance * (1 - 1e-12) <= bounds.lower_bound <= EXACT.certificate.upper
    rising = critic_bounds(lambda z: -otkit.kantorovich_potential(EXACT)(z), X, Y)
    assert rising.raw < 0.0
    assert rising.lower_bound == 0.0


def test_what_is_proved_is_a_feasible_dual():
    def critic(z):
        return np.cos(z).sum(axis=1) - z[:, 0]

    bounds = critic_bounds(critic, X, Y)
    f, g = critic(X) / bounds.lipschitz, -critic(Y) / bounds.lipschitz
    certificate = otkit.certify(EXACT.problem, potentials=(f, g))
    assert certificate.dual_violation < 1e-14
    assert certificate.lower == pytest.approx(bounds.c_transform_bound, rel=1e-12)
    assert float(f.mean() + g.mean()) == pytest.approx(bounds.lower_bound, rel=1e-12)


def test_equal_points_have_one_value_and_points_without_mass_no_say():
    x, y = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[-0.0, 0.0], [3.0, 0.0], [0.0, 1e-9]])
    rng = np.random.default_rng(0)
    bounds = critic_bounds(lambda z: -z[:, 0] + rng.random(len(z)), x, y, [1, 1], [1, 1, 0])
    assert 0.0 < bounds.lower_bound <= otkit.wasserstein(x, y, [1, 1], [1, 1, 0]).distance
    assert bounds.lipschitz < 10.0
    assert critic_bounds(lambda z: -z[:, 0], [0, 0, 0, 1], [3, 5]).lower_bound == pytest.approx(
        critic_bounds(lambda z: -z[:, 0], [0, 1], [3, 5], [3, 1]).lower_bound, rel=1e-15
    )


# Fitted critics


@pytest.mark.parametrize("name", ["clip", "gradient-penalty", "one-sided", "spectral", "groupsort", "wgan-gp-zero"])
def test_lower_bounds_of_every_constraint_hold(name):
    result = fit_critic(X, Y, constraint=small(name), rng=0)
    assert 0.2 * EXACT.distance < result.lower_bound <= result.c_transform_bound <= EXACT.certificate.upper
    assert result.lower_bound == pytest.approx(result.raw / result.lipschitz, rel=1e-12)
    assert result.lipschitz <= result.pooled_slope * (1 + 1e-12) <= result.global_constant * (1 + 1e-9)
    assert result.raw == pytest.approx(result.critic(X).mean() - result.critic(Y).mean(), rel=1e-12)
    assert f"W_1 ≥ {result.lower_bound:.12g}" in str(result)
    assert max(look.score for look in result.history) == pytest.approx(result.lower_bound, rel=1e-9)
    json.dumps(result.to_dict(), allow_nan=False)


def test_penalised_and_sorting_critics_are_good():
    assert fit_critic(X, Y, constraint=small("one-sided"), rng=0).lower_bound > 0.93 * EXACT.distance
    result = fit_critic(X, Y, constraint=small("groupsort"), rng=0)
    assert result.lower_bound > 0.97 * EXACT.distance
    assert 1.0 - 1e-5 < result.global_constant <= 1.0 + 1e-12
    assert result.raw <= EXACT.distance  # 1-Lipschitz by construction
    lengths = np.linalg.norm(result.critic.gradient(X), axis=1)
    assert lengths.max() <= 1.0 + 1e-12
    assert np.median(lengths) > 0.99


def test_presets_are_those_of_the_papers():
    wgan, penalised = PRESETS["wgan"], PRESETS["wgan-gp"]
    assert PRESETS["clip"] == wgan
    assert (wgan.optimizer, wgan.learning_rate, wgan.constraint.limit, wgan.batch_size) == ("rmsprop", 5e-5, 0.01, 64)
    assert (penalised.optimizer, penalised.learning_rate, penalised.betas) == ("adam", 1e-4, (0.0, 0.9))
    assert penalised.constraint == GradientPenalty(weight=10.0, target=1.0, one_sided=False)
    assert PRESETS["wgan-gp-one-sided"].constraint == GradientPenalty(weight=10.0, target=1.0, one_sided=True)
    assert PRESETS["wgan-gp-zero"].constraint == GradientPenalty(weight=10.0, target=0.0, one_sided=False)


def test_weights_obey_their_constraints():
    clipped = fit_critic(X, Y, constraint=small("clip"), rng=0).critic
    assert max(np.abs(part).max() for part in clipped.weights + clipped.biases) <= 0.01 + 1e-8
    normal = fit_critic(X, Y, constraint=small("spectral"), rng=0)
    np.testing.assert_allclose(normal.critic.spectral_norms, 1.0, atol=0.05)
    assert normal.global_constant == pytest.approx(math.prod(normal.critic.spectral_norms))


def test_the_same_seed_gives_the_same_critic():
    options = small("one-sided", batch_size=16, steps=100)
    first, again = (fit_critic(X, Y, constraint=options, rng=3) for _ in range(2))
    other = fit_critic(X, Y, constraint=options, rng=np.random.default_rng(4))
    assert first.to_dict() | {"seconds": 0} == again.to_dict() | {"seconds": 0}
    assert first.history == again.history
    assert all((one == two).all() for one, two in zip(first.critic.weights, again.critic.weights, strict=True))
    assert other.raw != first.raw


@pytest.mark.parametrize("batch", [1024, 16])
def test_weights_of_samples_count(batch):
    a = np.r_[np.zeros(8), np.ones(20), np.full(20, 3.0)]
    exact = otkit.wasserstein(X, Y, a)
    result = fit_critic(X, Y, a, constraint=small("groupsort", batch_size=batch, steps=200), rng=0)
    assert result.shape == (40, 40)
    assert 0.8 * exact.distance < result.lower_bound <= exact.distance
    assert result.raw == pytest.approx(float(a / a.sum() @ result.critic(X) - result.critic(Y).mean()), rel=1e-12)


@pytest.mark.slow
def test_points_held_out_are_not_trained_on():
    result = fit_critic(X, Y, constraint=small("groupsort"), held_out=0.25, rng=1)
    assert result.held_out is not None
    assert result.held_out[:2] == (12, 10)
    assert 0.0 < result.held_out.error < 1.0
    assert result.lower_bound <= EXACT.distance  # of all points
    assert abs(result.held_out.raw - 2.0) < 4.0 * result.held_out.error
    stopped = fit_critic(X, Y, constraint=small("groupsort", steps=2000, patience=100), held_out=0.25, rng=1)
    assert stopped.history[-1].step < 2000
    assert "held out" in str(stopped)


@pytest.mark.parametrize("metric", ["cityblock", "chebyshev", otkit.Minkowski(3)])
def test_norms_other_than_the_euclidean(metric):
    exact = otkit.wasserstein(X, Y, metric=metric)
    result = fit_critic(X, Y, constraint=small("one-sided"), metric=metric, rng=0)
    assert 0.8 * exact.distance < result.lower_bound <= exact.distance
    assert result.lipschitz <= result.global_constant


def test_on_the_line_and_far_from_the_origin():
    x, y = 1e6 + 1e3 * X[:, 0], 1e6 + 1e3 * Y[:, 0]
    result = fit_critic(x, y, constraint=small("groupsort"), rng=0)
    exact = otkit.wasserstein(x, y).distance
    assert 0.95 * exact < result.lower_bound <= exact


def test_it_runs_where_jax_has_64_bits():
    with double_precision():
        result = fit_critic(X, Y, constraint=small("clip", steps=100, batch_size=16), rng=0)
    assert 0.0 < result.lower_bound <= EXACT.distance


def test_progress_is_told():
    told = []
    fit_critic(X, Y, constraint=small("groupsort"), progress=told.append, rng=0)
    assert [report.text.split(",")[0] for report in told] == ["step 100 of 300", "step 200 of 300", "step 300 of 300"]


# Pieces


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_function_in_numpy_is_the_network(activation):
    with double_precision():
        network = jax.jit(lambda key: mlp((3, 8, 6, 1), key, activation=activation))(jax.random.key(0))
        z = np.random.default_rng(0).normal(size=(9, 3))
        shifted = (z - np.array([1.0, 2.0, 3.0])) / 0.5
        values = np.asarray(jax.jit(lambda points: network(points) * 0.5)(shifted))[:, 0]
        slopes = np.asarray(jax.jit(jax.vmap(jax.grad(lambda point: network(point)[0])))(shifted))
    parts = ([np.asarray(part) for part in parts] for parts in (network.weights, network.biases))
    phi = CriticFunction(*map(tuple, parts), activation, np.array([1.0, 2.0, 3.0]), 0.5)
    np.testing.assert_allclose(phi(z), values, rtol=1e-12)
    np.testing.assert_allclose(phi.gradient(z), slopes, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("order", [1.0, 1.5, 2.0, 3.0, math.inf])
def test_dual_norms(order):
    rows = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    dual = {1.0: math.inf, math.inf: 1.0}.get(order) or order / (order - 1.0)
    np.testing.assert_allclose(dual_norm(jnp.asarray(rows), order), np.linalg.norm(rows, dual, axis=1), rtol=1e-5)
    slope = jax.grad(lambda g: dual_norm(g, order).sum())(jnp.zeros((2, 3)))
    assert np.isfinite(slope).all()


@pytest.mark.parametrize(
    ("target", "one_sided", "expected"), [(1.0, False, 0.25), (1.0, True, 0.0), (0.0, False, 0.25)]
)
def test_penalties_of_a_linear_function(target, one_sided, expected):
    penalty = GradientPenalty(1.0, target, one_sided).penalty
    points = jnp.ones((5, 2))
    assert float(penalty(lambda z: z @ jnp.array([0.3, 0.4]), points, 2.0)) == pytest.approx(expected)
    assert float(penalty(lambda z: z @ jnp.array([1.2, 1.6]), points, 2.0)) == pytest.approx((2.0 - target) ** 2)


def test_normalised_networks():
    @jax.jit
    def normalised(key):
        network = jax.tree.map(lambda w: 3.0 * w + 0.1, mlp((3, 16, 8, 1), key, activation="maxmin"))
        return orthonormal(network), spectral(network, spectral_start(network, key), steps=40)[0]

    sorting, normal = normalised(jax.random.key(1))
    for weight in sorting.weights:
        singular = np.linalg.svd(np.asarray(weight, np.float64), compute_uv=False)
        np.testing.assert_allclose(singular, 1.0, atol=1e-5)
    largest = [np.linalg.norm(np.asarray(weight), 2) for weight in normal.weights]
    np.testing.assert_allclose(largest, 1.0, atol=1e-3)
    assert GroupSort() == GroupSort()
    assert hash(Spectral()) == hash(Spectral())  # options are static arguments of compiled functions


# The cross-check


def test_crosscheck_is_in_order_and_notices_what_is_not():
    check = crosscheck(X, Y, constraints=[small("one-sided"), small("clip")], rng=0)
    assert check.holds
    assert [row.role for row in check.rows] == ["no bound", "lower", "lower"] * 2 + ["exact", "exact", "upper"]
    values = {row.name: row.value for row in check.rows}
    assert values["GradientPenalty: certified"] <= values["exact primal"] <= values["feasible plan"]
    assert "in order" in str(check)
    found = json.loads(json.dumps(check.to_dict(), allow_nan=False))
    assert found["exact"] == EXACT.value
    for role, factor in (("lower", 1.01), ("upper", 0.99)):
        wrong = dataclasses.replace(check.rows[1], role=role, value=factor * EXACT.value)
        broken = CrossCheck((*check.rows, wrong), check.exact, check.critics)
        assert not broken.holds
        assert "NOT IN ORDER" in str(broken)
