"""Costs: metrics against readable twins and SciPy, metric axioms, invariances, ranges of float64, bad input."""

import dataclasses
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist

import otkit
from otkit.costs import (
    CallableCost,
    Chebyshev,
    Cityblock,
    Cosine,
    Cost,
    Euclidean,
    Haversine,
    MatrixCosts,
    Minkowski,
    SqEuclidean,
    as_cost,
    bind,
    cost_matrix,
)

NAMES = ["euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine", "haversine"]
NORMS = ["euclidean", "cityblock", "chebyshev", Minkowski(3), Minkowski(1.5)]
POWERS = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0]


def clouds(d, n=9, m=7, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(m, d))


def places(n, seed):
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.uniform(-90, 90, n), rng.uniform(-180, 180, n)])


def power_twin(base, exponent):
    special = {0.5: math.sqrt(base), 1.0: base, 1.5: base * math.sqrt(base), 2.0: base * base, 3.0: base * base * base}
    return special.get(exponent, base**exponent)


def euclidean_twin(u, v, p):
    """Plain Python floats: the same IEEE operations in the same order, so the same bits."""
    total = 0.0
    for a, b in zip(u.tolist(), v.tolist(), strict=True):
        total += (a - b) * (a - b)
    return power_twin(total, p / 2)


def cityblock_twin(u, v, p):
    total = 0.0
    for a, b in zip(u.tolist(), v.tolist(), strict=True):
        total += abs(a - b)
    return power_twin(total, p)


def chebyshev_twin(u, v, p):
    return power_twin(max(abs(a - b) for a, b in zip(u.tolist(), v.tolist(), strict=True)), p)


@pytest.mark.parametrize("d", [2, 3, 7, 8, 9, 16, 19, 40])
@pytest.mark.parametrize(
    ("name", "twin", "p"),
    [("euclidean", euclidean_twin, p) for p in (1.0, 2.0, 3.0, 4.0, 6.0)]
    + [("cityblock", cityblock_twin, p) for p in (1.0, 1.5, 2.0, 3.0)]
    + [("chebyshev", chebyshev_twin, p) for p in (1.0, 1.5, 2.0, 3.0)],
)
def test_bits_of_plain_python(name, twin, p, d):
    x, y = clouds(d)
    expected = [[twin(u, v, p) for v in y] for u in x]
    np.testing.assert_array_equal(cost_matrix(x, y, metric=name, p=p), expected)


@pytest.mark.parametrize("d", [1, 2, 5, 8, 33])
@pytest.mark.parametrize("p", POWERS)
@pytest.mark.parametrize("name", ["euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine"])
def test_against_cdist(name, p, d):
    x, y = clouds(d)
    np.testing.assert_allclose(cost_matrix(x, y, metric=name, p=p), cdist(x, y, name) ** p, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("order", [1, 1.5, 2, 3, 4.5, math.inf])
@pytest.mark.parametrize("d", [1, 2, 9])
def test_minkowski_against_cdist(order, d):
    x, y = clouds(d)
    expected = cdist(x, y, "chebyshev") if order == math.inf else cdist(x, y, "minkowski", p=order)
    np.testing.assert_allclose(cost_matrix(x, y, metric=Minkowski(order)), expected, rtol=1e-13)


@pytest.mark.parametrize(("order", "name"), [(1, "cityblock"), (2, "euclidean"), (math.inf, "chebyshev")])
def test_minkowski_has_the_bits_of_the_named_metrics(order, name):
    x, y = clouds(5)
    np.testing.assert_array_equal(cost_matrix(x, y, metric=Minkowski(order)), cost_matrix(x, y, metric=name))


def test_euclidean_power_two_is_sqeuclidean_to_the_bit():
    for d in (1, 2, 11):
        x, y = clouds(d)
        np.testing.assert_array_equal(cost_matrix(x, y, p=2), cost_matrix(x, y, metric="sqeuclidean"))


@pytest.mark.parametrize("metric", NORMS)
@pytest.mark.parametrize("p", [1.0, 2.0, 3.0])
def test_on_the_line_every_norm_is_the_absolute_difference(metric, p):
    x, y = clouds(1)
    expected = [[power_twin(abs(u - v), p) for v in y[:, 0].tolist()] for u in x[:, 0].tolist()]
    np.testing.assert_array_equal(cost_matrix(x[:, 0], y[:, 0], metric=metric, p=p), expected)


def haversine_twin(u, v, radius):
    lat, lon, lat2, lon2 = map(math.radians, (*u, *v))
    h = math.sin((lat - lat2) / 2) ** 2 + math.cos(lat) * math.cos(lat2) * math.sin((lon - lon2) / 2) ** 2
    return 2 * radius * math.asin(math.sqrt(min(1.0, h)))


def test_haversine():
    x, y = places(20, 0), places(15, 1)
    expected = np.array([[haversine_twin(u, v, 6371.0088) for v in y] for u in x])
    np.testing.assert_allclose(cost_matrix(x, y, metric="haversine"), expected, rtol=1e-12)
    np.testing.assert_allclose(cost_matrix(x, y, metric=Haversine(1.0), p=2), (expected / 6371.0088) ** 2, rtol=1e-12)
    quarter = cost_matrix([[0, 0], [90, 0]], [[0, 90], [0, 180], [-90, 17]], metric=Haversine(1.0))
    np.testing.assert_allclose(quarter, np.pi * np.array([[0.5, 1, 0.5], [0.5, 0.5, 1]]), rtol=1e-15)


def test_haversine_keeps_the_digits_of_short_ways():
    metre = cost_matrix([[48.0, 2.0]], [[48.0 + 1e-5, 2.0]], metric="haversine")[0, 0]
    assert metre == pytest.approx(6371.0088 * math.radians((48.0 + 1e-5) - 48.0), rel=1e-13)


def test_cosine_keeps_the_digits_of_small_angles():
    angle = 1e-6
    found = cost_matrix([[1.0, 0.0]], [[math.cos(angle), math.sin(angle)]], metric="cosine")[0, 0]
    assert found == pytest.approx(2 * math.sin(angle / 2) ** 2, rel=1e-9)  # 1 - cos(angle) would keep four digits


def test_cosine_takes_vectors_of_any_length():
    x, y = clouds(4)
    np.testing.assert_allclose(
        cost_matrix(x * 1e200, y * 1e-200, metric="cosine"), cost_matrix(x, y, metric="cosine"), rtol=1e-12
    )


finite = st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda value: value if abs(value) > 1e-6 else 0.0)
triples = st.integers(1, 12).flatmap(lambda d: arrays(np.float64, (3, d), elements=finite))


@pytest.mark.parametrize("metric", NORMS)
@given(points=triples)
@settings(deadline=None, max_examples=60)
def test_axioms_of_a_metric(metric, points):
    assert as_cost(metric).is_metric
    D = cost_matrix(points, metric=metric)
    np.testing.assert_array_equal(D, D.T)
    assert not D.diagonal().any()
    # Each distance has a relative error of a few units in the last place for each coordinate.
    assert D[0, 2] <= (D[0, 1] + D[1, 2]) * (1 + 1e-14)
    distinct = (points[0] != points[1]).any()
    assert (D[0, 1] > 0) == distinct


@given(
    points=arrays(np.float64, (3, 2), elements=st.floats(-90, 90, allow_subnormal=False)),
)
@settings(deadline=None, max_examples=60)
def test_axioms_of_the_sphere(points):
    assert Haversine().is_metric
    D = cost_matrix(points, metric=Haversine(1.0))
    np.testing.assert_array_equal(D, D.T)
    assert not D.diagonal().any()
    # Next to antipodes the arc sine has an infinite slope: a rounding error of 1e-16 becomes 1e-8.
    assert D[0, 2] <= D[0, 1] + D[1, 2] + 1e-7


def test_squares_and_cosines_are_no_metrics():
    for cost in (SqEuclidean(), Cosine()):
        assert not cost.is_metric
    line = cost_matrix([0.0, 1.0, 2.0], metric="sqeuclidean")
    assert line[0, 2] > line[0, 1] + line[1, 2]
    degrees = np.radians([0, 45, 90])
    circle = cost_matrix(np.column_stack([np.cos(degrees), np.sin(degrees)]), metric="cosine")
    assert circle[0, 2] > circle[0, 1] + circle[1, 2]


@pytest.mark.parametrize("name", NAMES[:4])
def test_translation_by_ten_million(name):
    rng = np.random.default_rng(0)
    x, y = (rng.integers(-(2**20), 2**20, (8, 5)) / 2**20 for _ in range(2))  # exact after the translation too
    np.testing.assert_array_equal(cost_matrix(x + 1e7, y + 1e7, metric=name), cost_matrix(x, y, metric=name))


@pytest.mark.parametrize("name", NAMES[:4])
@pytest.mark.parametrize("exponent", [-40, -1, 3, 200])
def test_scaling_by_powers_of_two_is_exact(name, exponent):
    x, y = clouds(6)
    factor = 2.0**exponent
    degree = 2 if name == "sqeuclidean" else 1
    scaled = cost_matrix(x * factor, y * factor, metric=name)
    np.testing.assert_array_equal(scaled, cost_matrix(x, y, metric=name) * factor**degree)


def test_coordinates_near_1e16_are_fine():
    assert cost_matrix([[1e16, -1e16]], [[1e16 + 4, -1e16 + 4]], p=2)[0, 0] == 32.0


@pytest.mark.parametrize(
    ("x", "y", "metric", "p"),
    [
        ([[0, 0]], [[1e200, 0]], "euclidean", 1),
        ([[-1.7e308]], [[1.7e308]], "euclidean", 1),
        ([[0, 0]], [[1e110, 0]], "cityblock", 3),
        ([[0, 0]], [[1e110, 0]], Minkowski(3), 1),
        ([[0, 0]], [[1e-170, 0]], "euclidean", 1),
        ([[0, 0]], [[1e-160, 0]], "sqeuclidean", 1),
        ([[0, 0]], [[1e-110, 0]], "chebyshev", 3),
        ([0.0], [1e-170], "euclidean", 2),
        ([[0, 0]], [[1e-105, 0]], Minkowski(3), 1),
    ],
)
def test_costs_that_leave_float64_are_refused(x, y, metric, p):
    with pytest.raises(ValueError, match="Rescale"):
        cost_matrix(x, y, metric=metric, p=p)


def test_costs_within_float64_are_not_refused():
    assert cost_matrix([[0.0, 0.0]], [[1e150, 0.0]])[0, 0] == 1e150
    assert cost_matrix([0.0], [1e-300])[0, 0] == 1e-300
    assert cost_matrix([[0.0, 0.0]], [[1e-300, 0.0]], metric="cityblock")[0, 0] == 1e-300
    assert cost_matrix([0.0], [1e300])[0, 0] == 1e300
    assert not cost_matrix([[5.0, 5.0], [5.0, 5.0]]).any()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: cost_matrix([[0.0, 1.0]], [[0.0]]), ValueError, "same dimension"),
        (lambda: cost_matrix([[0.0, np.nan]]), ValueError, r"x\[0, 1\] = nan"),
        (lambda: cost_matrix([[0.0]], [[np.inf]]), ValueError, r"y\[0, 0\] = inf"),
        (lambda: cost_matrix([]), ValueError, "at least one point"),
        (lambda: cost_matrix([[1.0]], metric="euclidian"), ValueError, "Did you mean 'euclidean'"),
        (lambda: cost_matrix([[1.0]], metric=3), TypeError, "a name, a cost object or a function"),
        (lambda: cost_matrix([[1.0]], metric=Euclidean), TypeError, "a class was given"),
        (lambda: cost_matrix([[1.0]], p=0.5), ValueError, "p must be"),
        (lambda: Minkowski(0.5), ValueError, "at least 1"),
        (lambda: Minkowski(math.nan), ValueError, "at least 1"),
        (lambda: Minkowski("three"), TypeError, "order must be a number"),
        (lambda: Haversine(0.0), ValueError, "radius must be positive"),
        (lambda: Haversine(None), TypeError, "radius must be a positive number"),
        (lambda: Haversine(1e200).between([[0, 0]], p=2), ValueError, "another unit"),
        (lambda: cost_matrix([[1.0, 0.0], [0.0, 0.0]], metric="cosine"), ValueError, r"x\[1\] is zero"),
        (lambda: cost_matrix([[0.0, 0.0]], [[91.0, 0.0]], metric="haversine"), ValueError, r"y\[0, 0\] = 91"),
        (lambda: cost_matrix([[0.0, 0.0, 0.0]], metric="haversine"), ValueError, "latitude and longitude"),
        (lambda: cost_matrix([0.0, 1.0], metric=lambda u, v: np.nan), ValueError, r"x\[0\], y\[0\] it returned nan"),
        (lambda: cost_matrix([0.0, 1.0], metric=lambda u, v: "far"), TypeError, "must return a number"),
        (lambda: cost_matrix([0.0], metric=lambda u, v: -1.0, p=2), ValueError, "non-negative"),
        (lambda: bind([[1.0, np.inf]]), ValueError, r"C\[0, 1\] = inf"),
        (lambda: bind(np.array([[1.0, np.nan]], dtype=np.float32)), ValueError, r"C\[0, 1\] = nan"),
        (lambda: bind([1.0, 2.0]), ValueError, "matrix of shape"),
        (lambda: bind([[1.0, 2.0]]).at([0], [2]), IndexError, "cols must be integers from 0 to 1"),
        (lambda: bind([[1.0, 2.0]]).at([0, 0], [1]), ValueError, "equal lengths"),
        (lambda: bind([[1.0, 2.0]]).block(0, 2, 0, 1), IndexError, "does not lie within"),
        (lambda: bind([[1.0, 2.0]]).row_minima([0.0]), ValueError, r"g must have shape \(2,\)"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_matrix_beyond_memory_is_refused_and_lazy_costs_are_not():
    costs = Euclidean().between(np.zeros((10**6, 2)), np.ones((10**7, 2)))
    with pytest.raises(MemoryError, match="simplex"):
        costs.dense()
    assert costs.at([10**6 - 1], [10**7 - 1])[0] == math.sqrt(2.0)


def test_callable_costs():
    x, y = clouds(3)
    found = CallableCost(lambda u, v: np.abs(u - v).sum(), is_metric=True).between(x, y)
    np.testing.assert_allclose(found.dense(), cdist(x, y, "cityblock"), rtol=1e-14)
    assert found.is_metric
    np.testing.assert_array_equal(found.points[1], y)
    assert not as_cost(math.dist).between(x, y).is_metric
    assert as_cost(math.dist).name == "dist"
    np.testing.assert_allclose(cost_matrix(x, y, metric=math.dist, p=3), cdist(x, y) ** 3, rtol=1e-13)
    assert as_cost(lambda u, v: -1.0).between([0.0]).dense()[0, 0] == -1.0


class TestBound:
    """What solvers ask of bound costs."""

    def test_one_cloud_stands_for_both(self):
        x, _ = clouds(2)
        np.testing.assert_array_equal(cost_matrix(x), cost_matrix(x, x))

    @pytest.mark.parametrize("name", NAMES)
    def test_restrict_and_transpose(self, name):
        x, y = places(9, 0), places(7, 1)
        costs = as_cost(name).between(x, y, p=1.7)
        C = costs.dense()
        rows, cols = np.array([5, 0, 5]), np.array([6, 2])
        np.testing.assert_array_equal(costs.restrict(rows, cols).dense(), C[np.ix_(rows, cols)])
        np.testing.assert_array_equal(costs.restrict(slice(2, 5), slice(None)).dense(), C[2:5])
        np.testing.assert_array_equal(costs.transpose().dense(), C.T)
        np.testing.assert_array_equal(costs.transpose().points[0], y)
        np.testing.assert_array_equal(costs.restrict(rows, cols).points[0], x[rows])

    def test_a_large_matrix_is_read_where_it_lies(self, tmp_path, monkeypatch):
        monkeypatch.setattr("otkit.costs.matrices.LARGEST_COPY", 0)
        C = np.random.default_rng(0).normal(size=(6, 5))
        np.save(tmp_path / "c.npy", C)
        for given_matrix in (C, np.asfortranarray(C), C.astype(np.float32), np.load(tmp_path / "c.npy", mmap_mode="r")):
            costs = bind(given_matrix)
            assert np.shares_memory(costs.pairs.matrix, given_matrix)
            np.testing.assert_array_equal(costs.dense(), given_matrix)
            np.testing.assert_array_equal(costs.transpose().dense(), given_matrix.T)
            np.testing.assert_array_equal(costs.restrict([3, 1], [0, 4]).dense(), given_matrix[np.ix_([3, 1], [0, 4])])
        assert C.flags.writeable
        assert bind([[1, 2], [3, 4]]).extremes() == (1.0, 4.0)
        assert bind(costs) is costs

    def test_what_is_known_of_a_cost(self):
        x, y = clouds(2)
        assert Euclidean().between(x, y).is_metric
        assert not Euclidean().between(x, y, p=2).is_metric
        assert not bind([[1.0]]).is_metric
        assert bind([[1.0]]).points is None
        assert bind([[1.0]]).metric is None
        assert bind([[1.0]]).arithmetic == "given"

    @pytest.mark.parametrize(
        ("cost", "p", "arithmetic"),
        [
            (Euclidean(), 1, "ieee"),
            (Euclidean(), 4, "ieee"),
            (Euclidean(), 5, "libm"),
            (Cityblock(), 1.5, "ieee"),
            (Chebyshev(), 2.5, "libm"),
            (Cosine(), 1, "ieee"),
            (Minkowski(3), 3, "ieee"),
            (Minkowski(3), 1, "libm"),
            (Minkowski(4), 4, "libm"),
            (Haversine(), 1, "libm"),
        ],
    )
    def test_arithmetic(self, cost: Cost, p, arithmetic):
        x, y = clouds(2)
        assert cost.between(x, y, p=p).arithmetic == arithmetic

    def test_line(self):
        x, y = clouds(1)
        for cost, p, degree in [
            (Euclidean(), 1, 1),
            (SqEuclidean(), 1, 2),
            (Minkowski(7), 3, 3),
            (Chebyshev(), 1.5, 1.5),
        ]:
            line = cost.between(x, y, p=p).line()
            assert (line.scale, line.p) == (1.0, degree)
            np.testing.assert_array_equal(line.x, x[:, 0])
            np.testing.assert_array_equal(line.y, y[:, 0])
        assert Euclidean().between(*clouds(2)).line() is None
        assert Cosine().between(x, y).line() is None
        assert MatrixCosts([[1.0]]).line() is None

    def test_inputs_are_left_alone(self):
        x, y = clouds(2)
        before = x.copy(), y.copy()
        as_cost("cosine").between(x, y).dense()
        Euclidean().between(x, y).dense()
        np.testing.assert_array_equal(x, before[0])
        np.testing.assert_array_equal(y, before[1])
        assert x.flags.writeable
        assert y.flags.writeable


@pytest.mark.parametrize(
    ("alias", "name"),
    [("l1", "cityblock"), ("Manhattan", "cityblock"), ("L2", "euclidean"), ("linf", "chebyshev"),
     ("chessboard", "chebyshev"), ("squared euclidean", "sqeuclidean"),
     ("sq-euclidean", "sqeuclidean"), ("great circle", "haversine")],
)  # fmt: skip
def test_names_of_metrics_elsewhere(alias, name):
    assert as_cost(alias) == as_cost(name)


@pytest.mark.parametrize(
    ("cost", "norm"),
    [
        (otkit.Euclidean(), (2.0, 1.0)),
        (otkit.SqEuclidean(), (2.0, 2.0)),
        (otkit.Cityblock(), (1.0, 1.0)),
        (otkit.Chebyshev(), (np.inf, 1.0)),
        (otkit.Minkowski(2.5), (2.5, 1.0)),
        (otkit.Minkowski(np.inf), (np.inf, 1.0)),
        (otkit.Cosine(), None),
        (otkit.Haversine(), None),
        (CallableCost(lambda u, v: 0.0), None),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_costs_say_what_they_are(cost, norm):
    """The facts that other folders go by: the power of a norm, and the distance of which it is one."""
    assert cost.norm == norm
    assert cost.translation_invariant == (norm is not None)
    x, y = np.array([[0.3, -1.2, 0.5], [2.0, 0.1, 0.0]])
    if norm is not None:
        order, degree = norm
        assert cost.between([x], [y]).dense()[0, 0] == pytest.approx(np.linalg.norm(x - y, order) ** degree, rel=1e-14)
        assert cost.between([x], [y]).dense() == pytest.approx(cost.base.between([x], [y], p=degree).dense(), rel=1e-14)
    assert cost.base.norm is None or cost.base.is_metric


def test_what_a_cost_says_of_itself_is_no_parameter():
    assert [field.name for field in dataclasses.fields(otkit.Haversine)] == ["radius"]
    assert [field.name for field in dataclasses.fields(CallableCost)] == ["function", "is_metric"]
    with pytest.raises(TypeError, match="arithmetic"):
        otkit.Haversine(arithmetic="ieee")


def test_no_other_folder_asks_which_metric_it_is():
    """A branch on a metric outside `costs/` is a fact that belongs on the cost."""
    metrics = "Euclidean|SqEuclidean|Cityblock|Chebyshev|Minkowski|Cosine|Haversine|CallableCost"
    asks = re.compile(rf"isinstance\([^()]*\b({metrics})\b|metric\.name [=!]=|metric [=!]= [A-Z]")
    package = Path(otkit.__file__).parent
    found = [
        f"{path.relative_to(package)}: {line}"
        for path in package.rglob("*.py")
        if path.parent.name != "costs"
        for line in path.read_text(encoding="utf-8").splitlines()
        if asks.search(line)
    ]
    assert found == []
