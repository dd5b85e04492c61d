"""Pictures of critics and of generative models show what was measured."""

from __future__ import annotations

from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest

import otkit

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.collections import LineCollection, PathCollection


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def result():
    rng = np.random.default_rng(0)
    return otkit.wasserstein(rng.normal(size=(30, 2)), rng.normal(size=(30, 2)) + [3.0, 0.0])


def rays_of(axes):
    return next(part for part in axes.collections if isinstance(part, LineCollection) and part.get_array() is not None)


def test_an_optimal_potential_has_slope_one_along_every_ray(result):
    axes = otkit.plot_critic(otkit.kantorovich_potential(result), result, names=("a", "b"))
    slopes = np.asarray(rays_of(axes).get_array())
    assert len(slopes) == 9 * result.plan.nnz
    assert np.median(np.abs(slopes - 1.0)) < 1e-6
    assert axes.get_title() == f"W₁ = {result.distance:.4g}, this critic: raw {result.distance:.4g}"


def test_the_gradient_of_a_critic_is_its_own_where_it_has_one(result):
    class Plane:
        def __call__(self, points):
            return points[:, 0] * 2.0

        def gradient(self, points):
            return np.tile([2.0, 0.0], (len(points), 1))

    plane = Plane()
    for critic in (plane, plane.__call__):
        assert np.allclose(rays_of(otkit.plot_critic(critic, result)).get_array(), 2.0)


def test_critics_are_drawn_in_the_plane():
    line = otkit.wasserstein([0.0, 1.0], [2.0, 4.0])
    with pytest.raises(ValueError, match="result must be of points in the plane"):
        otkit.plot_critic(lambda z: z[:, 0], line)


def test_training_of_a_model_beside_what_its_critic_says():
    losses = {"critic": np.array([-1.0, -0.5]), "estimate": np.array([1.0, 0.7]), "generator": np.array([0.0, 0.1])}
    history = SimpleNamespace(rounds=np.array([10, 20]), wasserstein=np.array([2.0, 0.5]), losses=losses)
    axes = otkit.plot_training(history, reference=0.1, name="two samples of the data")
    curves = {line.get_label(): line.get_ydata() for line in axes.lines}
    assert np.array_equal(curves["W₁ of samples to held-out data"], [2.0, 0.5])
    assert np.array_equal(curves["what the critic says"], [1.0, 0.7])
    assert "two samples of the data, 0.1" in curves


def test_training_of_a_critic_beside_the_exact_distance():
    looks = tuple(SimpleNamespace(step=k, raw=1.0 + k, lipschitz=2.0) for k in (1, 2))
    axes = otkit.plot_training(SimpleNamespace(history=looks), reference=1.5)
    curves = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
    assert curves["raw"] == [2.0, 3.0]
    assert curves["certified"] == [1.0, 1.5]
    assert curves["exact W₁, 1.5"] == [1.5, 1.5]


def test_weights_at_their_bound_are_counted():
    critic = SimpleNamespace(weights=(np.array([[0.01, -0.01], [0.0, 0.005]]), np.array([[0.01, 0.01]])))
    axes = otkit.plot_weights(critic, clip=0.01)
    assert axes.get_title() == "66.7 % of the weights are at ±0.01"
    assert sum(bar.get_height() for bar in axes.patches) == pytest.approx(100.0)


def test_samples_of_models_side_by_side():
    data = otkit.datasets.eight_gaussians(50, rng=0)
    left, right = otkit.plot_samples(data, {"one": data[:5], "all": data}, notes={"one": "1 of 8 modes"})
    assert left.get_title() == "one\n1 of 8 modes"
    clouds = [part for part in right.collections if isinstance(part, PathCollection)]
    assert all(np.array_equal(cloud.get_offsets(), data) for cloud in clouds)
    with pytest.raises(ValueError, match="axes must be one for each of the 2 models, but 1"):
        otkit.plot_samples(data, {"one": data, "two": data}, axes=[left])
    with pytest.raises(ValueError, match="must be points in the plane, but they have 3"):
        otkit.plot_samples(data, {"one": np.zeros((3, 3))})
