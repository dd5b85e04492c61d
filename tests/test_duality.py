"""c-transforms, Kantorovich potentials, Lipschitz constants, subgradients and Farkas vectors."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import clouds, cost_matrices, point_problems, weights

import otkit
from otkit.costs.gradients import gradients
from otkit.optimal_transport.duality import proves_infeasible

# --- c-transform ----------------------------------------------------------------------------------------------------


@given(cost_matrices(scale=st.just(1.0)), st.data())
def test_c_transform_is_the_largest_feasible_partner(cost, data):
    f = np.array(data.draw(st.lists(st.floats(-10, 10), min_size=len(cost), max_size=len(cost))))
    g = otkit.c_transform(cost, f)
    assert np.array_equal(g, (cost - f[:, None]).min(axis=0))
    # f^ccc = f^c, the closure that a c-transform is.
    again = otkit.c_transform(cost, otkit.c_transform(cost.T, g))
    assert again == pytest.approx(g, abs=1e-13)


@given(cost_matrices(scale=st.just(1.0)), st.data())
def test_weak_duality_holds_for_arbitrary_feasible_pairs(cost, data):
    n, m = cost.shape
    a, b = (w / w.sum() for w in (data.draw(weights(n, extreme=False)), data.draw(weights(m, extreme=False))))
    f = np.array(data.draw(st.lists(st.floats(-10, 10), min_size=n, max_size=n)))
    plan = np.outer(a, b)  # feasible, as arbitrary as f is
    assert a @ f + b @ otkit.c_transform(cost, f) <= (cost * plan).sum() + 1e-12


@pytest.mark.parametrize(
    ("f", "match"), [([1.0], r"shape \(2,\)"), ([1.0, np.nan], r"finite.*f\[1\]"), (["a", "b"], "numeric")]
)
def test_c_transform_refuses_what_is_no_potential(f, match):
    with pytest.raises((ValueError, TypeError), match=match):
        otkit.c_transform([[1.0, 2.0], [3.0, 4.0]], f)


# --- the Kantorovich potential --------------------------------------------------------------------------------------

METRICS = [otkit.Euclidean(), otkit.Cityblock(), otkit.Chebyshev(), otkit.Minkowski(3)]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_potential_attains_the_distance_and_is_1_lipschitz_everywhere(metric, rng):
    x, y = rng.normal(size=(30, 2)), rng.normal(size=(40, 2)) + 1
    a, b = rng.random(30), rng.random(40)
    result = otkit.wasserstein(x, y, a, b, metric=metric, method="lp")
    phi = otkit.kantorovich_potential(result)
    assert (a / a.sum()) @ phi(x) - (b / b.sum()) @ phi(y) == pytest.approx(result.value, rel=1e-12)
    anywhere = np.concatenate([x, y, rng.normal(size=(200, 2)) * 10])
    assert otkit.lipschitz_constant(phi(anywhere), anywhere, metric=metric) <= 1 + 1e-9
    # On a pair that carries mass the slope is 1.
    i, j = result.candidate.rows, result.candidate.cols
    assert phi(x[i]) - phi(y[j]) == pytest.approx(result.problem.cost.at(i, j), abs=1e-12)


def test_potential_of_the_sphere():
    x, y = [[48.9, 2.4], [51.5, -0.1]], [[40.4, -3.7], [41.9, 12.5]]
    result = otkit.wasserstein(x, y, metric="haversine", method="lp")
    phi = otkit.kantorovich_potential(result)
    assert phi(x).mean() - phi(y).mean() == pytest.approx(result.value)


def test_potential_takes_points_and_single_points():
    phi = otkit.kantorovich_potential(otkit.wasserstein([[0.0, 0.0]], [[3.0, 4.0]]))
    assert phi([0.0, 0.0]) - phi([3.0, 4.0]) == 5.0
    assert isinstance(phi([0.0, 0.0]), float)
    assert phi([[0.0, 0.0]]).shape == (1,)
    line = otkit.kantorovich_potential(otkit.wasserstein([0.0, 1.0], [2.0, 5.0]))
    assert line([0.0, 1.0, 2.0]).shape == (3,)
    assert isinstance(line(0.5), float)
    with pytest.raises(ValueError, match="dimension"):
        phi([[1.0, 2.0, 3.0]])


def test_potential_of_a_callable_metric(rng):
    x, y = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    metric = otkit.CallableCost(lambda u, v: float(np.abs(u - v).sum()), is_metric=True)
    result = otkit.wasserstein(x, y, metric=metric, method="lp")
    phi = otkit.kantorovich_potential(result)
    assert phi(x).mean() - phi(y).mean() == pytest.approx(result.value)


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (lambda: otkit.transport([[1.0, 2.0], [2.0, 1.0]], method="lp"), "given matrix"),
        (lambda: otkit.wasserstein([0.0, 1.0], [2.0, 3.0], p=2), "p = 2"),
        (lambda: otkit.wasserstein([[0.0, 1.0]], [[2.0, 3.0]], metric="sqeuclidean"), "sqeuclidean.*triangle"),
        (lambda: otkit.wasserstein([[0.0, 1.0]], [[2.0, 3.0]], metric="cosine"), "cosine.*triangle"),
        (lambda: otkit.wasserstein([[0.0]], [[2.0]], metric=lambda u, v: abs(u[0] - v[0])), "triangle"),
    ],
    ids=["matrix", "power", "squared", "cosine", "unknown function"],
)
def test_potential_is_refused_without_a_metric(result, why):
    with pytest.raises(ValueError, match=f"must be a metric.*{why}"):
        otkit.kantorovich_potential(result())


# --- Lipschitz constants --------------------------------------------------------------------------------------------


@given(clouds(), st.data())
def test_lipschitz_constant_is_the_steepest_of_all_pairs(points, data):
    n = len(points)
    values = np.array(data.draw(st.lists(st.integers(-5, 5).map(float), min_size=n, max_size=n)))
    slopes = [0.0]
    for i, j in itertools.combinations(range(n), 2):
        distance = float(np.sqrt(((points[i] - points[j]) ** 2).sum()))
        rise = abs(values[i] - values[j])
        slopes.append(rise / distance if distance else (np.inf if rise else 0.0))
    assert otkit.lipschitz_constant(values, points) == pytest.approx(max(slopes))


def test_lipschitz_constant_sees_the_metric(rng):
    points = rng.normal(size=(50, 3))
    values = np.abs(points).sum(axis=1)
    assert otkit.lipschitz_constant(values, points, metric="cityblock") <= 1 + 1e-12
    assert otkit.lipschitz_constant(values, points, metric="chebyshev") > 1


@pytest.mark.parametrize(
    ("values", "points", "match"),
    [([1.0], [0.0, 1.0], r"values.*\(2,\)"), ([1.0, np.inf], [0.0, 1.0], "values"), ([1.0], [np.nan], "points")],
)
def test_lipschitz_constant_refuses_bad_input(values, points, match):
    with pytest.raises(ValueError, match=match):
        otkit.lipschitz_constant(values, points)


# --- subgradients ---------------------------------------------------------------------------------------------------

SMOOTH = [
    (otkit.Euclidean(), 1.0),
    (otkit.Euclidean(), 2.0),
    (otkit.Euclidean(), 1.5),
    (otkit.SqEuclidean(), 1.0),
    (otkit.Cityblock(), 1.0),
    (otkit.Cityblock(), 2.0),
    (otkit.Chebyshev(), 1.0),
    (otkit.Chebyshev(), 3.0),
    (otkit.Minkowski(3), 1.0),
    (otkit.Minkowski(2.5), 2.0),
]


@pytest.mark.parametrize("of", ["distance", "value"])
@pytest.mark.parametrize(("metric", "p"), SMOOTH, ids=str)
@pytest.mark.parametrize("d", [1, 3])
def test_subgradient_is_the_derivative_where_there_is_one(metric, p, of, d, rng):
    n, m = 5, 7
    data = {
        "x": rng.normal(size=(n, d)),
        "y": rng.normal(size=(m, d)),
        "a": rng.random(n) + 0.1,
        "b": rng.random(m) + 0.1,
    }

    def objective(**changed):
        parts = data | changed
        result = otkit.wasserstein(*(parts[k] for k in "xyab"), p=p, metric=metric, method="lp")
        return getattr(result, of)

    found = otkit.subgradient(otkit.wasserstein(*data.values(), p=p, metric=metric, method="lp"), of=of)
    step = 1e-6
    for name, values in data.items():
        direction = rng.normal(size=values.shape)
        up, down = objective(**{name: values + step * direction}), objective(**{name: values - step * direction})
        expected = (getattr(found, name) * direction).sum()
        assert (up - down) / (2 * step) == pytest.approx(expected, rel=1e-5, abs=1e-8), name


def test_subgradient_in_masses_taken_as_they_are(rng):
    cost = otkit.Euclidean().between(rng.normal(size=(4, 2)), rng.normal(size=(5, 2)))
    plan = rng.random((4, 5))
    move = np.outer([1, 0, -2, 3], [1, 2, 0, -1, 1])  # a change of both marginals that keeps them balanced
    results = [
        otkit.transport(otkit.TransportProblem(cost, (plan + t * move).sum(axis=1), (plan + t * move).sum(axis=0)))
        for t in (-1e-6, 0.0, 1e-6)
    ]
    found = otkit.subgradient(results[1])
    expected = found.a @ move.sum(axis=1) + found.b @ move.sum(axis=0)
    assert (results[2].value - results[0].value) / 2e-6 == pytest.approx(expected, rel=1e-6)


@given(point_problems(), st.data())
def test_subgradient_in_the_weights_supports_a_convex_function(problem, data):
    """V(a') ≥ V(a) + ⟨∂V/∂a, a' − a⟩, also where V has kinks: zero weights, ties, duplicates."""
    n, m = problem.shape
    result = otkit.transport(problem, method="lp")
    found = otkit.subgradient(result, of="value")
    a, b = data.draw(weights(n, extreme=False)), data.draw(weights(m, extreme=False))
    # Between shares only: where the total stays the same.
    a, b = a / a.sum() * problem.totals[0], b / b.sum() * problem.totals[1]
    other = otkit.transport(otkit.TransportProblem(problem.cost, a, b, probability=True), method="lp")
    bound = result.value + found.a @ (a - problem.a) + found.b @ (b - problem.b)
    assert other.value >= bound - 1e-10 * (1 + abs(bound))


@pytest.mark.parametrize("p", [1.0, 2.0])
def test_subgradient_is_zero_where_clouds_coincide(p, rng):
    x = rng.normal(size=(6, 2))
    found = otkit.subgradient(otkit.wasserstein(x, x, p=p, method="lp"))
    assert not found.x.any()
    assert not found.y.any()
    assert np.isfinite(found.a).all()


def test_subgradient_moves_a_cloud_onto_another(rng):
    """Descent on W_2²: half the gradient, times n, is the step from each point to its partner."""
    x, y = rng.normal(size=(20, 2)), rng.normal(size=(20, 2)) + 5
    found = otkit.subgradient(otkit.wasserstein(x, y, p=2, method="lp"), of="value")
    assert otkit.wasserstein(x - 10 * found.x, y, p=2, method="lp").distance < 1e-12


@pytest.mark.parametrize("metric", ["cosine", "haversine"])
def test_subgradient_needs_a_norm(metric):
    result = otkit.wasserstein([[1.0, 2.0]], [[2.0, 1.0]], metric=metric, method="lp")
    with pytest.raises(ValueError, match=f"norm.*{metric}"):
        otkit.subgradient(result)


def test_subgradient_needs_points_and_a_known_quantity():
    result = otkit.transport([[1.0, 2.0], [2.0, 1.0]], method="lp")
    with pytest.raises(ValueError, match="given matrix"):
        otkit.subgradient(result)
    with pytest.raises(ValueError, match="of must be one of distance, value"):
        otkit.subgradient(result, of="distanse")


def test_gradients_at_kinks_are_the_documented_choice():
    x = np.array([[0.0, 0.0], [2.0, 2.0], [1.0, 0.0]])
    y = np.zeros((1, 2))
    everyone, first = np.arange(3), np.zeros(3, dtype=np.int64)
    chosen = {metric.name: gradients(metric.between(x, y), everyone, first).tolist() for metric in METRICS[:3]}
    assert chosen["cityblock"] == [[0, 0], [1, 1], [1, 0]]
    assert chosen["chebyshev"] == [[0, 0], [1, 0], [1, 0]]
    assert chosen["euclidean"][0] == [0, 0]


# --- Farkas ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("a", "b"), [([3, 1], [1, 1, 1]), ([1, 1], [1, 1, 1]), ([1e-9, 0], [0, 0, 1e-3])])
def test_unequal_masses_come_with_a_proof(a, b):
    with pytest.raises(otkit.InfeasibleError) as caught:
        otkit.transport(np.ones((2, 3)), a, b)
    assert proves_infeasible(caught.value.farkas, a, b)
    A, masses, _ = otkit.transport_lp(np.ones((2, 3)), a, b)
    assert (A.T @ caught.value.farkas <= 0).all()
    assert caught.value.farkas @ masses > 0


def test_farkas_vectors_that_prove_nothing_are_seen_through():
    assert not proves_infeasible([1, 1, -1, -1], [1, 1], [1, 1])  # feasible: bᵀy = 0
    assert not proves_infeasible([-1, -1, 1, 1], [3, 1], [1, 1])  # the wrong sign
    assert not proves_infeasible([2, 1, -1, -1], [3, 1], [1, 1])  # Aᵀy ≤ 0 fails
    with pytest.raises(ValueError, match=r"farkas.*\(4,\)"):
        proves_infeasible([1, -1], [3, 1], [1, 1])
