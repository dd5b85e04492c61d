"""W_p where p-th powers of distances leave float64: right wherever the distance is a float, against mpmath."""

from __future__ import annotations

import itertools
import math

import mpmath
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import otkit
from otkit.costs import units
from otkit.costs.metrics import as_cost

mpmath.mp.dps = 60

powers = st.one_of(st.sampled_from([1.0, 1.5, 2.0, 3.0, 4.0, 20.0, 700.0]), st.floats(1.0, 1000.0))
scales = st.integers(-300, 300).map(lambda e: 10.0**e)
coordinates = st.one_of(
    st.floats(-1.0, 1.0, allow_subnormal=False), st.sampled_from([0.0, 0.3, 0.9, 0.95, 1e-3, 1.0 + 1e-9])
)


@st.composite
def clouds(draw):
    """Two clouds of the same size, up to four points on the line or in the plane, of any scale or of two scales."""
    n, d = draw(st.integers(1, 4)), draw(st.integers(1, 2))
    points = np.array(draw(st.lists(coordinates, min_size=2 * n * d, max_size=2 * n * d))).reshape(2, n, d)
    scale = draw(scales)
    points = points * scale
    if draw(st.booleans()):
        points[:, draw(st.integers(0, n - 1))] *= draw(st.sampled_from([1e-30, 1e-9, 1e3]))
    return points[0], points[1]


def true_distance(x, y, p, norm=2.0):
    """Return W_p of equal weights: the best of all permutations, in 60 digits."""

    def length(u, v):
        sides = [abs(mpmath.mpf(s) - mpmath.mpf(t)) for s, t in zip(u.tolist(), v.tolist(), strict=True)]
        if math.isinf(norm):
            return max(sides)
        return mpmath.root(sum(side ** int(norm) for side in sides), int(norm))

    powers = [[length(u, v) ** mpmath.mpf(p) for v in y] for u in x]
    n = len(x)
    best = min(sum(powers[i][j] for i, j in enumerate(order)) for order in itertools.permutations(range(n)))
    return (best / n) ** (1 / mpmath.mpf(p))


def check(result, truth):
    """The distance is right to a few units in the last place, and the interval that is claimed holds it."""
    assert math.isfinite(result.distance)
    if truth < mpmath.mpf(2) ** -1021:  # a subnormal number has fewer digits
        assert abs(mpmath.mpf(result.distance) - truth) <= 4 * mpmath.mpf(5e-324)
        return
    assert abs(mpmath.mpf(result.distance) / truth - 1) < mpmath.mpf(2) ** -46
    cost, proof = result.problem.cost, result.certificate
    low, high = (
        mpmath.mpf(cost.unit) * mpmath.root(mpmath.mpf(max(end, 0.0)), 1) ** (1 / mpmath.mpf(cost.p))
        for end in (proof.lower, proof.upper)
    )
    assert low * (1 - mpmath.mpf(2) ** -46) <= truth <= high * (1 + mpmath.mpf(2) ** -46)


@given(clouds(), powers)
@example((np.array([[0.0], [0.9]]), np.array([[0.3], [0.95]])), 700.0)
@example((np.array([[0.0], [1e-209]]), np.array([[3e-209], [5e-209]])), 2.0)
@example((np.array([[1e-300], [1e200]]), np.array([[0.0], [1e200]])), 2.0)
@example((np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[1e-200, 0.0], [1.0, 0.0]])), 1.0)
@example((np.array([[0.0], [1.0]]), np.array([[0.0], [0.5]])), 32.5)
@example((np.array([[0.0]]), np.array([[10.0]])), 256.0)
@example((np.array([[0.0]]), np.array([[2e-112]])), 1.5)
@example((np.array([[0.0], [0.9], [100.0]]), np.array([[0.3], [0.95], [100.1]])), 987.0)
def test_the_distance_is_right_at_every_scale(points, p):
    x, y = points
    truth = true_distance(x, y, p)
    check(otkit.wasserstein(x, y, p=p), truth)


@pytest.mark.parametrize(("metric", "norm"), [("cityblock", 1.0), ("chebyshev", math.inf), (otkit.Minkowski(3), 3.0)])
@pytest.mark.parametrize("p", [1.0, 2.0, 40.5])
@pytest.mark.parametrize("scale", [1e-250, 1e-150, 1e200])
def test_other_norms(metric, norm, p, scale):
    x, y = np.random.default_rng(0).normal(size=(2, 4, 3)) * scale
    check(otkit.wasserstein(x, y, p=p, metric=metric), true_distance(x, y, p, norm))


@pytest.mark.parametrize("method", ["simplex", "lp", "assignment", "line", "auto"])
def test_every_exact_method(method):
    result = otkit.wasserstein([0, 0.9], [0.3, 0.95], p=700, method=method)
    assert result.distance == pytest.approx(0.3 * 0.5 ** (1 / 700), rel=1e-14)
    assert result.certificate.proof == "exact"
    assert "in units of" in result.certificate.statement
    assert result.value == 0.0  # the p-th power is 1e-366


def test_squares_are_those_of_the_scaled_points():
    """For a power of two, scaled points are the same problem: same plan, same prices in their unit."""
    x, y = np.random.default_rng(1).normal(size=(2, 40, 2))
    near, far = otkit.wasserstein(x, y, p=2), otkit.wasserstein(np.ldexp(x, -900), np.ldexp(y, -900), p=2)
    assert far.problem.cost.unit != 1.0
    assert far.distance == math.ldexp(near.distance, -900)
    assert (far.plan.toarray() == near.plan.toarray()).all()
    big = otkit.wasserstein(np.ldexp(x, 500), np.ldexp(y, 500), p=2)
    assert big.distance == math.ldexp(near.distance, 500)
    assert big.value == near.value * 2.0**1000


def test_clouds_at_the_same_place_are_at_distance_zero():
    x = np.random.default_rng(2).normal(size=(30, 2)) * 1e-200
    result = otkit.wasserstein(x, x[::-1], p=2)
    assert result.distance == result.value == 0.0
    assert result.certificate.proof == "exact"


def test_results_keep_their_unit(tmp_path):
    for x, y, p in (([[0.0, 0], [1e-209, 0]], [[3e-209, 0], [5e-209, 0]], 2), ([[0.0], [0.9]], [[0.3], [0.95]], 700)):
        result = otkit.wasserstein(x, y, p=p)
        result.save(tmp_path / "result.npz")
        again = otkit.load(tmp_path / "result.npz")
        assert again.distance == result.distance
        assert again.problem.cost.unit == result.problem.cost.unit != 1.0


def test_other_doors():
    tiny = [np.array([[0.0, 0.0], [0.9, 0.0]]), np.array([[0.3, 0.0], [0.95, 0.0]])]
    with pytest.raises(ValueError, match="leaves float64"):
        otkit.pairwise(tiny, p=700)
    with pytest.raises(ValueError, match="leaves float64"):
        otkit.pairwise([cloud[:, 0] for cloud in tiny], p=700)
    with pytest.raises(ValueError, match="leaves float64"):
        otkit.two_sample_test(tiny[0], tiny[1], p=700, permutations=19, rng=0)
    A, B = np.zeros((4, 4)), np.zeros((4, 4))
    A[0, 0] = B[2, 0] = 1.0
    assert otkit.wasserstein_grid(A, B, p=2, spacing=1e-200).distance == 2e-200
    assert otkit.wasserstein_grid(A, B, p=2, spacing=1e200).distance == 2e200
    sliced = otkit.sliced_wasserstein([0.0, 0.9], [0.3, 0.95], p=700)
    assert sliced.distance == pytest.approx(0.3 * 0.5 ** (1 / 700), rel=1e-14)
    subgradient = otkit.subgradient(otkit.wasserstein([[0.0, 0.0]], [[3e-209, 4e-209]], p=2))
    assert subgradient.x[0] == pytest.approx([-0.6, -0.8], rel=1e-14)


def test_haversine_and_functions():
    places = [[48.8567, 2.3508]], [[51.5074, -0.1278]]
    one = otkit.wasserstein(*places, metric="haversine").distance
    assert otkit.wasserstein(*places, metric="haversine", p=300).distance == pytest.approx(one, rel=1e-13)

    def length(u, v):
        return float(abs(u - v).sum())

    assert otkit.wasserstein([0, 0.9], [0.3, 0.95], p=700, metric=length).distance == pytest.approx(
        0.3 * 0.5 ** (1 / 700), rel=1e-14
    )


def test_distances_that_leave_float64_are_refused():
    with pytest.raises(ValueError, match=r"vanish|overflow"):
        otkit.wasserstein([[0.0, 0.0]], [[1e-200, 0.0]], metric="sqeuclidean")
    with pytest.raises(ValueError, match=r"vanish|overflow"):
        otkit.wasserstein([[-1e308, 0.0]], [[1.7e308, 0.0]], p=2)


def test_a_matrix_holds_no_cost_beyond_the_largest():
    costs = units.matrix_in_unit(
        as_cost("euclidean"), np.array([[0.0]]), np.array([[1e-3], [1.0], [1e200]]), 50.0, 1e-3
    )
    assert costs.dense().tolist() == [[1.0, pytest.approx(1e150), units.LARGEST]]
