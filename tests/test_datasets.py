"""Data that the notes print, and samples that repeat."""

from __future__ import annotations

import dataclasses
from itertools import permutations

import numpy as np
import pytest

from otkit import datasets


def test_bakery_is_the_table_of_the_notes():
    bread = datasets.bakery()
    assert bread.cost.sum(axis=1).tolist() == [120, 94, 85, 94, 141, 135]
    assert bread.cost.sum(axis=0).tolist() == [113, 79, 126, 104, 115, 132]
    assert bread.supply.sum() == bread.demand.sum() == 100
    assert np.array_equal(bread.printed_plan.sum(axis=1), bread.supply)
    assert np.array_equal(bread.printed_plan.sum(axis=0), bread.demand)
    assert (bread.cost * bread.printed_plan).sum() == bread.printed_plan_cost == 1070


def test_printed_assignment_is_beaten_by_one_of_the_720():
    bread = datasets.bakery()
    rows = np.arange(6)
    assert bread.cost[rows, bread.printed_assignment].tolist() == [10, 7, 15, 10, 14, 9]
    assert bread.printed_assignment_cost == 65
    costs = {order: int(bread.cost[rows, list(order)].sum()) for order in permutations(range(6))}
    assert min(costs.values()) == 64
    assert costs[4, 5, 1, 0, 2, 3] == 64


def test_manhattan_balances():
    town = datasets.manhattan()
    assert town.bakeries.shape == (8, 2)
    assert town.cafes.shape == (5, 2)
    assert town.supply.sum() == town.demand.sum() == 441.0
    assert town.bakeries[0].tolist() == [184.864647, 201.816354]


@pytest.mark.parametrize("make", [datasets.bakery, datasets.manhattan])
def test_printed_data_cannot_be_changed(make):
    data = make()
    for field in dataclasses.fields(data):
        value = getattr(data, field.name)
        if isinstance(value, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                value[0] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.supply = None


SAMPLERS = [datasets.gaussians, datasets.eight_gaussians, datasets.twenty_five_gaussians, datasets.swiss_roll]


@pytest.mark.parametrize("sample", SAMPLERS)
def test_seed_decides_the_points(sample):
    first = sample(50, rng=3)
    assert first.shape == (50, 2)
    assert first.dtype == np.float64
    assert np.array_equal(first, sample(50, rng=np.random.default_rng(3)))
    assert not np.array_equal(first, sample(50, rng=4))
    assert not np.array_equal(sample(50), sample(50))


@pytest.mark.parametrize("sample", [*SAMPLERS, lambda n: datasets.parallel_lines(n, 1.0)])
@pytest.mark.parametrize(("n", "error"), [(0, ValueError), (-3, ValueError), (2.5, TypeError), ("many", TypeError)])
def test_number_of_points_is_checked(sample, n, error):
    with pytest.raises(error, match="n must be an integer of at least 1"):
        sample(n)


@pytest.mark.parametrize("sample", SAMPLERS[1:])
@pytest.mark.parametrize("sigma", [-0.1, float("nan"), float("inf")])
def test_width_is_checked(sample, sigma):
    with pytest.raises(ValueError, match="sigma must be a finite number of at least 0"):
        sample(5, sigma=sigma)


def test_gaussians_have_the_mean_asked_for():
    points = datasets.gaussians(20_000, 3, mean=[1.0, -2.0, 0.0], rng=0)
    assert np.allclose(points.mean(axis=0), [1.0, -2.0, 0.0], atol=0.05)
    assert np.allclose(np.cov(points.T), np.eye(3), atol=0.05)


@pytest.mark.parametrize(
    ("sample", "centres", "count"),
    [
        (datasets.eight_gaussians, datasets.ring_centres(), 8),
        (datasets.twenty_five_gaussians, datasets.grid_centres(), 25),
    ],
)
def test_every_mode_is_met_alike(sample, centres, count):
    assert len(np.unique(centres.round(9), axis=0)) == count
    points = sample(4000, rng=0)
    distances = np.linalg.norm(points[:, None] - centres, axis=2)
    hits = np.bincount(distances.argmin(axis=1), minlength=count)
    assert distances.min(axis=1).max() < 0.3
    assert np.ptp(hits) < 0.5 * 4000 / count
    assert np.array_equal(np.unique(sample(2000, sigma=0.0, rng=1), axis=0), np.unique(centres, axis=0))


def test_swiss_roll_lies_on_its_spiral():
    points = datasets.swiss_roll(500, sigma=0.0, rng=0)
    t = 7.5 * np.hypot(*points.T)
    assert t.min() >= 1.5 * np.pi
    assert t.max() <= 4.5 * np.pi
    assert np.allclose(points * 7.5, np.column_stack([t * np.cos(t), t * np.sin(t)]))


def test_parallel_lines_differ_in_theta_alone():
    left, right = datasets.parallel_lines(4, -0.3)
    assert left[:, 0].tolist() == [0.0] * 4
    assert left[:, 1].tolist() == [0.125, 0.375, 0.625, 0.875]
    assert np.array_equal(right - left, [[-0.3, 0.0]] * 4)
