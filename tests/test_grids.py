# ruff: noqa: E501 (one case a line reads best)
"""Histograms on grids: the same answers as explicit points give, with every cell counted and none without mass paid for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.optimize import linprog
from scipy.stats import wasserstein_distance

import otkit
from otkit import NotConvergedError, wasserstein, wasserstein_grid
from otkit.costs import listing, sweeps

METRICS = ["euclidean", "sqeuclidean", "cityblock", "chebyshev", otkit.Minkowski(3)]


def centres(shape, spacing=1.0):
    return np.array(list(np.ndindex(shape)), dtype=float) * spacing


def pictures(shape, other=None, seed=0, share=0.5):
    """Two random histograms, with about a share of their cells empty."""
    rng = np.random.default_rng(seed)
    return tuple(rng.integers(1, 256, s) * (rng.random(s) > share) for s in (shape, other or shape))


@pytest.mark.parametrize("metric", METRICS, ids=str)
@pytest.mark.parametrize("p", [1, 2])
def test_same_as_explicit_points(metric, p):
    A, B = pictures((7, 6), (5, 8))
    spacing = np.array([0.5, 2.0])
    result = wasserstein_grid(A, B, p=p, metric=metric, spacing=spacing)
    x, y = centres(A.shape, spacing), centres(B.shape, spacing)
    explicit = wasserstein(x, y, A.ravel(), B.ravel(), p=p, metric=metric)
    assert result.certificate.optimal
    assert result.distance == pytest.approx(explicit.distance, rel=1e-13)
    costs = otkit.cost_matrix(x, y, metric=metric, p=p)
    plan = result.plan.toarray()
    assert plan.shape == (A.size, B.size)
    assert plan.sum(1) == pytest.approx(A.ravel() / A.sum(), abs=1e-15)
    assert plan.sum(0) == pytest.approx(B.ravel() / B.sum(), abs=1e-15)
    assert (costs * plan).sum() == pytest.approx(result.value, rel=1e-13)
    f, g = result.potentials
    assert (f[:, None] + g <= costs + 1e-13 * costs.max()).all()
    # Over all cells the answer proves just as much.
    proof = otkit.certify(result.problem, plan=result.plan, potentials=(f, g))
    assert proof.optimal
    assert (proof.lower, proof.upper) == pytest.approx((result.certificate.lower, result.certificate.upper), rel=1e-13)


@st.composite
def histograms(draw):
    """Two small histograms with one to three axes, zeros and ties, sometimes of different shapes."""
    shape = draw(array_shapes(min_dims=1, max_dims=3, max_side=3))
    other = shape if draw(st.booleans()) else tuple(draw(st.integers(1, 3)) for _ in shape)
    found = [
        draw(arrays(draw(st.sampled_from([np.uint8, np.float64])), s, elements=st.integers(0, 3)))
        for s in (shape, other)
    ]
    for array in found:
        array.flat[draw(st.integers(0, array.size - 1))] += not array.any()
    return found


@given(histograms(), st.sampled_from([1, 2]), st.sampled_from([0.25, 1.0, 3.0]))
@settings(max_examples=60)
def test_against_highs(images, p, spacing):
    A, B = images
    C = np.linalg.norm(centres(A.shape, spacing)[:, None] - centres(B.shape, spacing), axis=-1) ** p
    equations = np.vstack([np.kron(np.eye(A.size), np.ones(B.size)), np.kron(np.ones(A.size), np.eye(B.size))])
    highs = linprog(C.ravel(), A_eq=equations[1:], b_eq=np.r_[A.ravel() / A.sum(), B.ravel() / B.sum()][1:])
    for method in ("auto", "simplex"):
        result = wasserstein_grid(A, B, p=p, spacing=spacing, method=method)
        assert result.certificate.optimal
        assert result.value == pytest.approx(highs.fun, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("p", [1, 2, 3])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_translation_costs_its_length(axes, p):
    """Nothing is better than moving everything by the shift: ⟨shift, y − x⟩ is the same for every plan."""
    shift = (3, 2, 1)[:axes]
    shape = (9, 7, 6)[:axes]
    picture = np.random.default_rng(axes).integers(0, 5, (4,) * axes)
    A, B = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    A[tuple(slice(0, 4) for _ in shift)] = picture
    B[tuple(slice(k, k + 4) for k in shift)] = 7 * picture  # brightness does not matter
    spacing = np.array([0.5, 1.5, 2.0])[:axes]
    length = np.linalg.norm(shift * spacing)
    result = wasserstein_grid(A, B, p=p, spacing=spacing)
    assert result.certificate.optimal
    assert result.distance == pytest.approx(length, rel=1e-13)
    squared = wasserstein_grid(A, B, metric="sqeuclidean", spacing=spacing)
    assert squared.value == pytest.approx(length**2, rel=1e-13)


def test_one_axis_goes_along_the_line():
    a, b = pictures((300,), (200,), share=0.2)
    result = wasserstein_grid(a, b, spacing=0.1)
    expected = wasserstein_distance(0.1 * np.arange(300), 0.1 * np.arange(200), a, b)
    assert result.method == "line"
    assert result.distance == pytest.approx(expected, rel=1e-12)
    assert result.plan.shape == (300, 200)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int16, np.float32, object])
def test_any_type_of_number(dtype):
    A, B = (np.minimum(image, 1) for image in pictures((5, 5)))
    expected = wasserstein_grid(A, B).value
    assert wasserstein_grid(A.astype(dtype), B.astype(dtype)).value == expected
    assert wasserstein_grid(A.tolist(), np.asfortranarray(B.astype(dtype))).value == expected


def test_pictures_are_left_as_they_are():
    A, B = pictures((6, 6))
    A, B = A.astype(float), B.astype(float)
    before = A.copy(), B.copy()
    wasserstein_grid(A, B)
    assert (before[0] == A).all()
    assert (before[1] == B).all()
    assert A.flags.writeable


def test_cells_without_mass_cost_nothing(monkeypatch):
    """A million pixels with few of them lit: 10¹² pairs of cells, and no sweep over more than those that are lit."""
    largest = []
    looks = [(sweeps, name) for name in ("row_minima", "column_minima", "slack_minima")]
    for module, name in [*looks, (listing, "pairs_below"), (listing, "pairs_below_pruned")]:
        sweep = getattr(module, name)

        def watched(pairs, *arguments, sweep=sweep, **options):
            largest.append(pairs.x.shape[0] * pairs.y.shape[1])
            return sweep(pairs, *arguments, **options)

        monkeypatch.setattr(module, name, watched)
    rng = np.random.default_rng(5)
    A, B = np.zeros((1000, 1000), np.uint8), np.zeros((1000, 1000), np.uint8)
    lit = [np.sort(rng.choice(A.size, 300, replace=False)) for _ in range(2)]
    A.flat[lit[0]], B.flat[lit[1]] = rng.integers(1, 256, 300), rng.integers(1, 256, 300)
    result = wasserstein_grid(A, B)
    assert result.certificate.optimal
    assert 0 < max(largest) <= 300 * 300
    assert set(result.plan.row) == set(lit[0])
    assert set(result.plan.col) == set(lit[1])
    x, y = (np.column_stack(np.unravel_index(cells, A.shape)) for cells in lit)
    assert result.value == pytest.approx(wasserstein(x, y, A.flat[lit[0]], B.flat[lit[1]]).value, rel=1e-13)


def test_cells_without_mass_are_mapped_to_cells_with_mass():
    A, B = pictures((6, 7), share=0.7)
    moved = wasserstein_grid(A, B, p=2).barycentric_projection().reshape(*A.shape, 2)
    lit = np.argwhere(B > 0)
    for cell in np.argwhere(A == 0):
        assert (lit == moved[tuple(cell)]).all(axis=1).any()


def test_a_picture_of_64_by_64():
    A, B = pictures((64, 64), share=0.0)
    result = wasserstein_grid(A, B, p=2)
    assert result.method == "simplex"
    assert result.certificate.optimal
    assert result.certificate.gap <= 1e-12 * result.value


def test_stopping_early_leaves_an_answer_for_all_cells():
    A, B = pictures((40, 40), share=0.3)
    with pytest.raises(NotConvergedError, match="time limit") as caught:
        wasserstein_grid(A, B, max_seconds=0.0, method="simplex")
    unfinished = caught.value.result
    assert unfinished.plan.shape == (1600, 1600)
    assert unfinished.plan.sum(axis=1) == pytest.approx(A.ravel() / A.sum(), abs=1e-15)
    assert caught.value.certificate.lower < wasserstein_grid(A, B).value < caught.value.certificate.upper
    returned = wasserstein_grid(A, B, max_seconds=0.0, method="simplex", on_failure="return")
    assert returned.problem.shape == (1600, 1600)
    assert not returned.certificate.optimal


def test_results_go_to_file_and_back(tmp_path):
    A, B = pictures((5, 6))
    result = wasserstein_grid(A, B)
    result.save(tmp_path / "r.npz")
    again = otkit.load(tmp_path / "r.npz")
    assert again.distance == result.distance
    assert (again.plan != result.plan).nnz == 0


IMAGE = np.ones((3, 4))
HOLE = np.where(np.arange(12).reshape(3, 4) == 6, np.nan, 1.0)

BAD = {
    "NaN": ((HOLE, IMAGE), {}, ValueError, r"A must be finite, but A\[1, 2\] = nan"),
    "negative": ((IMAGE, np.where(np.isnan(HOLE), -2.0, 1.0)), {}, ValueError, r"B must be non-negative, but B\[1, 2\] = -2\.0"),
    "black": ((np.zeros((3, 4), np.uint8), IMAGE), {}, ValueError, "A must have a cell with mass, but all 12 are zero"),
    "colour and gray": ((IMAGE, np.ones((3, 4, 3))), {}, ValueError, r"number of axes, but their shapes are \(3, 4\) and \(3, 4, 3\).*gray"),
    "a number": ((3.0, IMAGE), {}, ValueError, r"A must be an array with at least one axis.*shape is \(\)"),
    "no cells": ((IMAGE, np.ones((0, 4))), {}, ValueError, r"B must be an array with .*one cell, but its shape is \(0, 4\)"),
    "text": (([["a"]], IMAGE), {}, TypeError, "A must be numeric, but it holds 'a'"),
    "haversine": ((IMAGE, IMAGE), {"metric": "haversine"}, ValueError, "metric must depend on the displacement.*haversine was given.*otkit.wasserstein"),
    "cosine": ((IMAGE, IMAGE), {"metric": otkit.Cosine()}, ValueError, "metric must depend on the displacement.*cosine was given"),
    "function": ((IMAGE, IMAGE), {"metric": np.dot}, ValueError, "metric must depend on the displacement.*dot was given"),
    "misspelt": ((IMAGE, IMAGE), {"metric": "euclidian"}, ValueError, "Did you mean 'euclidean'"),
    "spacing of zero": ((IMAGE, IMAGE), {"spacing": [1, 0]}, ValueError, r"spacing must be positive, but spacing = \[1, 0\]"),
    "three spacings": ((IMAGE, IMAGE), {"spacing": [1, 1, 1]}, ValueError, r"one for each of 2 axes, but its shape is \(3,\)"),
    "infinite spacing": ((IMAGE, IMAGE), {"spacing": np.inf}, ValueError, "spacing must be finite"),
    "p below one": ((IMAGE, IMAGE), {"p": 0.5}, ValueError, "p must be a finite number of at least 1"),
    "unknown method": ((IMAGE, IMAGE), {"method": "simplx"}, ValueError, "method must be one of"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_by_name(name):
    arguments, options, error, match = BAD[name]
    with pytest.raises(error, match=match):
        wasserstein_grid(*arguments, **options)
