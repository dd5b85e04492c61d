"""Sliced distances: against a loop over exact distances on the line, closed forms, POT, and simulation."""

from __future__ import annotations

import math

import numpy as np
import ot
import pytest

import otkit
from otkit import max_sliced_wasserstein, sliced_wasserstein
from otkit.many.sliced import _BLOCK


def line_by_line(x, y, a, b, p, directions):
    return [otkit.wasserstein(x @ theta, y @ theta, a, b, p=p).distance for theta in directions]


@pytest.fixture
def clouds(rng):
    return rng.normal(size=(60, 3)), rng.normal(size=(45, 3)) + 0.5, rng.random(60), rng.integers(0, 4, 45)


@pytest.mark.parametrize("p", [1, 2, 3, 1.7])
@pytest.mark.parametrize("weighted", [False, True])
def test_every_direction_is_the_exact_distance_on_its_line(clouds, p, weighted):
    x, y, a, b = clouds
    masses = (a, b) if weighted else (None, None)
    result = sliced_wasserstein(x, y, *masses, p=p, projections=_BLOCK + 3, rng=1)
    wanted = line_by_line(x, y, *masses, p, result.directions)
    np.testing.assert_allclose(result.distances, wanted, rtol=1e-12)
    np.testing.assert_allclose(np.square(result.directions).sum(axis=1), 1.0, rtol=1e-15)
    powers = np.array(wanted) ** p
    assert result.distance == pytest.approx(powers.mean() ** (1 / p), rel=1e-12)
    slope = 1 / (p * result.distance ** (p - 1))
    assert result.error == pytest.approx(slope * powers.std(ddof=1) / math.sqrt(len(powers)), rel=1e-9)
    assert result.kind == "estimate"


def test_as_many_points_without_weights_and_with_equal_ones(rng):
    x, y = rng.normal(size=(50, 4)), rng.normal(size=(50, 4))
    bare = sliced_wasserstein(x, y, projections=9, rng=0)
    assert sliced_wasserstein(x, y, np.full(50, 0.3), np.full(50, 7), projections=9, rng=0).distance == bare.distance
    np.testing.assert_allclose(bare.distances, line_by_line(x, y, None, None, 1, bare.directions), rtol=1e-13)


@pytest.mark.parametrize("p", [1, 2])
def test_pot_agrees_on_the_same_directions(clouds, p):
    x, y, a, b = clouds
    directions = np.random.default_rng(0).normal(size=(20, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    for masses in ((None, None), (a / a.sum(), b / b.sum())):
        theirs = ot.sliced_wasserstein_distance(x, y, *masses, projections=directions.T, p=p)
        assert sliced_wasserstein(x, y, *masses, projections=directions, p=p).distance == pytest.approx(
            theirs, rel=1e-9
        )


def test_bits_do_not_depend_on_threads_or_blocks(rng, monkeypatch):
    x, y, a = rng.normal(size=(3000, 5)), rng.normal(size=(2500, 5)), rng.random(3000)
    first = sliced_wasserstein(x, y, a, projections=40, rng=3, threads=1)
    best = max_sliced_wasserstein(x, y, a, starts=4, max_iterations=5, rng=3, threads=1)
    monkeypatch.setattr("otkit.many.sliced._ROOM", 3 * 5500)
    again = sliced_wasserstein(x, y, a, projections=40, rng=3, threads=4)
    assert first.distances.tobytes() == again.distances.tobytes()
    again = max_sliced_wasserstein(x, y, a, starts=4, max_iterations=5, rng=3, threads=4)
    assert (best.distance, best.directions.tobytes()) == (again.distance, again.directions.tobytes())


def test_the_mean_over_all_directions_of_a_shift():
    """E|θ·v|^p in three dimensions is |v|^p / (p + 1), and two thirds of the answers lie within a standard error."""
    x = np.random.default_rng(0).normal(size=(30, 3))
    for p in (1, 2):
        truth = 2.0 * (p + 1) ** (-1 / p)
        answers = [sliced_wasserstein(x, x + [0, 2, 0], p=p, projections=80, rng=seed) for seed in range(200)]
        within = np.mean([abs(answer.distance - truth) < answer.error for answer in answers])
        assert 0.58 < within < 0.78
        low, high = answers[0].interval(0.999)
        assert low < truth < high


def test_on_the_line_nothing_is_estimated(rng):
    x, y = rng.normal(size=40), rng.normal(size=30)
    result = sliced_wasserstein(x, y, p=2)
    assert result.kind == "exact"
    assert result.distance == otkit.wasserstein(x, y, p=2).distance
    assert result.error < 1e-14


def test_measures_scales_and_equal_clouds(rng):
    x, y = rng.normal(size=(20, 2)), rng.normal(size=(20, 2))
    plain = sliced_wasserstein(x, y, p=2, rng=0)
    measures = otkit.DiscreteMeasure(x), otkit.DiscreteMeasure(y)
    assert sliced_wasserstein(*measures, p=2, rng=0).distance == plain.distance
    huge = sliced_wasserstein(np.ldexp(x, 600), np.ldexp(y, 600), p=2, rng=0)  # squares would overflow
    assert (huge.distance, huge.error) == (math.ldexp(plain.distance, 600), math.ldexp(plain.error, 600))
    same = sliced_wasserstein(x, x[::-1], p=2, rng=0)
    assert (same.distance, same.error) == (0.0, 0.0)
    zero = sliced_wasserstein(np.zeros((2, 2)), np.zeros((3, 2)), rng=0)
    assert zero.distance == 0.0


# --- the largest ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [1, 2, 3])
def test_max_sliced_of_a_shift_is_its_length(rng, p):
    x = rng.normal(size=(50, 6))
    shift = rng.normal(size=6)
    result = max_sliced_wasserstein(x, x + shift, p=p, starts=2, rng=0)
    assert result.distance == pytest.approx(np.linalg.norm(shift), rel=1e-12)
    assert abs(result.directions[0] @ shift) == pytest.approx(np.linalg.norm(shift), rel=1e-12)


def test_max_sliced_in_the_plane_finds_what_a_scan_finds(rng):
    x, y = rng.normal(size=(40, 2)) * [3, 1], rng.normal(size=(50, 2)) * [1, 2]
    angles = np.linspace(0, np.pi, 400)
    scan = sliced_wasserstein(x, y, p=2, projections=np.column_stack([np.cos(angles), np.sin(angles)]))
    result = max_sliced_wasserstein(x, y, p=2, rng=0)
    assert result.kind == "lower_bound"
    assert result.distance >= scan.distances.max()
    assert result.distance <= otkit.wasserstein(x, y, p=2).distance
    along = otkit.wasserstein(x @ result.directions[0], y @ result.directions[0], p=2).distance
    assert result.distance == pytest.approx(along, rel=1e-12)


def test_max_sliced_beats_random_directions_in_twenty_dimensions(rng):
    x, y = rng.normal(size=(200, 20)), rng.normal(size=(200, 20))
    y[:, 7] *= 3.0  # equal means: nothing but its spread tells y from x
    best = max_sliced_wasserstein(x, y, starts=4, rng=0)
    assert best.distance > 1.5 * sliced_wasserstein(x, y, p=2, projections=500, rng=0).distances.max()
    assert abs(best.directions[0, 7]) > 0.9


def test_what_prints():
    result = sliced_wasserstein([[0, 0]], [[3, 4]], projections=[[1, 0], [0, 1]])
    assert str(result) == "3.5 ± 0.5 (estimate with its standard error; 2 directions, p = 1)"
    assert repr(result).startswith("SlicedResult(3.5 ± 0.5")
    best = max_sliced_wasserstein([[0, 0]], [[3, 4]], rng=0)
    assert str(best) == "≥ 5 (lower bound; best of 8 starts, p = 2; seed 0)"


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"x": [[0.0, 1.0]]}, ValueError, "same dimension"),
        ({"x": [[0, 0, np.inf]]}, ValueError, "x must be finite"),
        ({"a": [-1.0]}, ValueError, "a must be non-negative"),
        ({"b": [1.0, 2.0]}, ValueError, "b must have 1 entries"),
        ({"p": 0.5}, ValueError, "p must be a finite number of at least 1"),
        ({"projections": 1}, ValueError, "projections must be at least 2"),
        ({"projections": 2.5}, TypeError, "projections must be an integer"),
        ({"projections": [[1, 0]]}, ValueError, r"projections must have shape \(k, 3\)"),
        ({"projections": [[1, 0, 0], [0, 0, 0]]}, ValueError, r"projections\[1\] is zero"),
    ],
)
def test_bad_input(change, error, words):
    arguments = {"x": [[0, 0, 0]], "y": [[1, 2, 2]]} | change
    with pytest.raises(error, match=words):
        sliced_wasserstein(**arguments)
