"""Discrete measures, and the many things that arrays come as."""

from __future__ import annotations

import numpy as np
import pytest

import otkit
from otkit import DiscreteMeasure

POINTS = [[0.0, 1.0], [2.0, 3.0], [4.0, 6.0]]


class Tensor:
    """A CPU tensor as PyTorch has it: an array that must be detached before NumPy may see it."""

    dtype = "torch.float32"

    def __init__(self, data, detached=False):
        self.data, self.detached = np.asarray(data, dtype=np.float32), detached

    def detach(self):
        return Tensor(self.data, detached=True)

    def __array__(self, dtype=None, copy=None):
        if not self.detached:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        return self.data


def test_points_and_weights():
    mu = DiscreteMeasure(POINTS, [1, 2, 0])
    assert mu.points.shape == (3, 2)
    assert mu.weights.tolist() == [1.0, 2.0, 0.0]
    assert repr(mu) == "DiscreteMeasure(3 points in dimension 2, total mass 3)"
    assert DiscreteMeasure([1, 2, 5]).points.shape == (3, 1)
    assert DiscreteMeasure([1, 2, 5]).weights.tolist() == [1.0, 1.0, 1.0]


def test_a_measure_keeps_its_own_copy():
    points, weights = np.array(POINTS), np.ones(3)
    mu = DiscreteMeasure(points, weights)
    points[:] = weights[:] = 7.0
    assert mu.points.tolist() == POINTS
    assert mu.weights.tolist() == [1.0] * 3
    with pytest.raises(ValueError, match="read-only"):
        mu.points[0, 0] = 1.0


@pytest.mark.parametrize(
    "form",
    [
        list,
        lambda points: [tuple(point) for point in points],
        np.asarray,
        np.asfortranarray,
        lambda points: np.asarray(points, dtype=np.int16),
        lambda points: np.asarray(points, dtype=np.float16),
        lambda points: np.asarray(points, dtype=object),
        lambda points: np.asarray(points)[::-1][::-1],
        Tensor,
        lambda points: pytest.importorskip("pandas").DataFrame(points, columns=["u", "v"]),
        lambda points: pytest.importorskip("pandas").DataFrame({"u": [0, 2, 4], "v": np.float32([1, 3, 6])}),
        lambda points: pytest.importorskip("polars").DataFrame(points, schema=["u", "v"], orient="row"),
    ],
)
def test_points_come_as_anything_like_an_array(form):
    points = form(POINTS)
    assert DiscreteMeasure(points).points.tolist() == POINTS
    target = [[0, 0], [1, 1]]
    assert otkit.wasserstein(points, target).value == otkit.wasserstein(POINTS, target).value
    assert otkit.cost_matrix(points, target).tolist() == otkit.cost_matrix(POINTS, target).tolist()


@pytest.mark.parametrize(
    "form",
    [
        tuple,
        np.asarray,
        lambda weights: np.asarray(weights, dtype=np.uint8),
        lambda weights: np.asarray(weights)[:, None],
        Tensor,
        lambda weights: pytest.importorskip("pandas").Series(weights),
        lambda weights: pytest.importorskip("pandas").DataFrame({"w": weights}),
        lambda weights: pytest.importorskip("polars").Series(weights),
    ],
)
def test_weights_come_as_anything_like_an_array(form):
    weights = form([1.0, 2.0, 3.0])
    assert DiscreteMeasure(POINTS, weights).weights.tolist() == [1.0, 2.0, 3.0]
    assert otkit.transport(np.ones((3, 1)), weights, [6.0]).value == 6.0


def test_columns_that_are_no_numbers_are_named():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"u": [1.0, 2.0], "city": ["Paris", "Lyon"]})
    with pytest.raises(TypeError, match=r"points\['city'\] must be numeric, but it holds 'Paris'"):
        DiscreteMeasure(frame)
    digits = pandas.DataFrame({"u": [1.0, 2.0], "zip": ["75001", "69001"]})
    with pytest.raises(TypeError, match=r"zip'\] must be numeric, but it holds '75001'"):
        DiscreteMeasure(digits)


def test_a_measure_brings_its_own_weights():
    mu, nu = DiscreteMeasure(POINTS, [1, 2, 1]), DiscreteMeasure([[0, 0]], [5])
    result = otkit.wasserstein(mu, nu)
    assert result.value == pytest.approx(otkit.wasserstein(POINTS, [[0, 0]], [1, 2, 1]).value)
    with pytest.raises(TypeError, match="b must be left out where y is a DiscreteMeasure"):
        otkit.wasserstein(mu, nu, None, [1])
