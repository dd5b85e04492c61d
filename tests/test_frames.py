"""What people hold, in float64: held against exact rational arithmetic, and what is no number refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

import otkit
from otkit.inputs.checks import as_float_array
from otkit.inputs.frames import as_clouds
from otkit.inputs.values import is_safe

try:
    import ml_dtypes  # comes with JAX
except ModuleNotFoundError:
    ml_dtypes = None

anywhere = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**54), 2**54), st.integers(-9, 9))


@given(st.lists(anywhere, min_size=1))
def test_integers_are_safe_if_float64_holds_them(items):
    assert is_safe(np.array(items, dtype=np.int64)) == all(int(float(item)) == item for item in items)


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1))
def test_unsigned_integers_are_safe_if_float64_holds_them(items):
    assert is_safe(np.array(items, dtype=np.uint64)) == all(int(float(item)) == item for item in items)


@given(anywhere, st.lists(st.integers(0, 2**53), min_size=1, max_size=5), st.lists(st.integers(0, 2**53), min_size=1))
def test_differences_of_integers_are_exact(origin, x, y):
    """Whatever the containers, x − y in float64 is the difference of the integers, rounded once."""
    far = [[origin + item for item in items] for items in (x, y)]
    for hold in (list, lambda items: np.array(items, dtype=object), values_of_the_least_type):
        u, v = as_clouds({"x": hold(far[0]), "y": hold(far[1])}).points
        assert (u - v.T).tolist() == [[float(a - b) for b in far[1]] for a in far[0]]


def values_of_the_least_type(items: list[int]) -> np.ndarray:
    return (
        np.array(items, dtype=np.int64 if min(items) < 0 else np.uint64)
        if max(items) < 2**63
        else np.array(items, object)
    )


@given(
    st.sampled_from(["s", "ms", "us", "ns"]),
    st.sampled_from(["s", "ms", "us", "ns"]),
    st.lists(st.integers(-(2**61), 2**61), min_size=1, max_size=4),
    st.lists(st.integers(-(2**61), 2**61), min_size=1, max_size=4),
)
def test_times_in_seconds_are_right_to_the_bound_that_is_said(unit, other, x, y):
    """Counts of different units, from the earliest of all, against rational numbers."""
    tick = {name: Fraction(1, 1000**k) for k, name in enumerate(("s", "ms", "us", "ns"))}
    clouds = as_clouds({"x": np.array(x, f"M8[{unit}]"), "y": np.array(y, f"M8[{other}]")})
    exact = [[Fraction(count) * tick[name] for count in counts] for name, counts in ((unit, x), (other, y))]
    origin = min(map(min, exact))
    note = clouds.reading.notes[0]
    bound = Fraction(note.partition("rounded by less than ")[2].removesuffix(" s") or 0) * Fraction(11, 10)  # one digit
    for points, times in zip(clouds.points, exact, strict=True):
        assert all(abs(Fraction(p) - (t - origin)) <= bound for p, t in zip(points[:, 0].tolist(), times, strict=True))
    assert note.startswith("times in seconds since")


NUMBERS = {
    "nullable": pd.array([1, 2.5], dtype="Float64"),
    "by Arrow": pd.array([1, 2.5], dtype=pd.ArrowDtype(pa.float32())),
    "polars": pl.Series([1, 2.5], dtype=pl.Float32),
    "Arrow": pa.array(np.float16([1, 2.5]), pa.float16()),
    "chunks": pa.chunked_array([[1.0], [2.5]]),
    "decimals": [Decimal(1), Decimal("2.5")],
    "decimals of polars": pl.Series([Decimal("1.0"), Decimal("2.5")]),
    "fractions": [Fraction(1), Fraction(5, 2)],
    "mixed": [True, np.float32(2.5)],
    "sparse column": pd.Series(pd.arrays.SparseArray([1, 2.5])),
    "no mask set": np.ma.masked_equal([1, 2.5], -999),
}
if ml_dtypes is not None:
    NUMBERS |= {name: np.array([1, 2.5], getattr(ml_dtypes, name)) for name in ("bfloat16", "float8_e4m3fn")}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_numbers(name):
    assert as_float_array(NUMBERS[name], "x").tolist() == [1.0, 2.5]


REFUSED = {
    "categories": (pd.Series(["a", "b"], dtype="category"), "x must be numeric, but it is a column of categories"),
    "categories of polars": (
        pl.Series(["a"], dtype=pl.Categorical),
        "x must be numeric, but it is a column of categories",
    ),
    "dictionary of Arrow": (pa.array(["a"]).dictionary_encode(), "x must be numeric, but it is a column of categories"),
    "text": (pl.Series(["1"]), "x must be numeric, but it holds '1'"),
    "sparse": (scipy.sparse.eye_array(2), r"x must be a dense array, but a sparse .* was given: x\.toarray\(\)"),
    "complex": ([1j], "x must be real, but its type is complex128"),
    "periods": (pd.Series(pd.period_range("2024-01", periods=1, freq="M")), "x must be numeric, but it holds Period"),
    "times of day": ([time(1)], r"x must be numeric, but it holds datetime.time\(1, 0\)"),
    "times": ([date(2024, 1, 1)], "x must be numeric, but it holds times"),
    "both": ([1.0, date(2024, 1, 1)], "x must hold one kind of thing, but it holds numbers, such as '1.0' and times"),
    "masked": (np.ma.masked_equal([1, -9], -9), r"x must hold no masked entries, but x\[1\] is masked \(1 of 2\)"),
    "masked rows": ([np.ma.masked_equal([1, -9], -9)], r"x must hold no masked entries, but x\[0, 1\] is masked"),
    "NA": (pd.array([1, None], dtype="Int64"), r"x must hold no missing values, but x\[1\] is missing"),
    "beyond 2**53": ([0.5, 2**53 + 1], r"x\[1\] = 9007199254740993 would be rounded"),
    "too large": ([10**400], "would be rounded"),
    "long doubles": (np.array([np.longdouble("1e4000")]), r"x must fit float64, but x\[0\] = 1e\+4000"),
    "lazy": (pl.LazyFrame({"a": [1]}), r"x must hold data, but a lazy frame was given: x\.collect\(\)"),
    "named fields": (np.zeros((2, 2), [("a", float)]), "x must be a structured array of one dimension"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_number_is_refused(name):
    value, message = REFUSED[name]
    with pytest.raises((TypeError, ValueError), match=message):
        as_float_array(value, "x")


class Quantity(np.ndarray):
    """An array with a unit, as astropy's."""

    unit = "km"

    def to_value(self, unit: str) -> np.ndarray:
        raise NotImplementedError


def test_units_are_not_dropped():
    with pytest.raises(TypeError, match="x must be plain numbers, but it is measured in km"):
        otkit.wasserstein(np.ones(2).view(Quantity), [1.0])


def test_time_zones_count_instants_and_are_not_mixed_with_none():
    noon = datetime(2024, 6, 1, 12, tzinfo=UTC)
    series = pd.Series([noon]).dt.tz_convert("America/New_York")
    for held in (
        [noon],
        series,
        pl.Series([noon]),
        pa.array([noon]),
        [series[0]],
        series.astype(pd.ArrowDtype(pa.timestamp("ns", "UTC"))),
    ):
        assert otkit.wasserstein(held, [noon + timedelta(minutes=1)]).distance == 60.0
        with pytest.raises(TypeError, match="Give both a time zone, or none"):
            otkit.wasserstein(held, [datetime(2024, 6, 1)])


def test_weights_follow_the_labels_of_points():
    x = pd.DataFrame({"u": [0.0, 10.0]}, index=["a", "b"])
    weights = pd.Series([3.0, 1.0], index=["b", "a"])
    assert otkit.wasserstein(x, [[0.0]], weights).distance == 7.5
    assert otkit.wasserstein(x, [[0.0]], weights.to_numpy()).distance == 2.5  # without labels: by position
    with pytest.raises(ValueError, match="a must have the row labels of x"):
        otkit.wasserstein(x, [[0.0]], weights.rename({"a": "c"}))


def test_what_was_done_survives_saving(tmp_path):
    x = pd.DataFrame({"t": pd.to_datetime(["2024-01-01"]), "v": [1.0]})
    otkit.wasserstein(x, x[["v", "t"]]).save(tmp_path / "result.npz")
    reading = otkit.load(tmp_path / "result.npz").problem.cost.reading
    assert reading.columns == ("t", "v")
    assert reading.notes == ("columns matched by name: t, v", "t in seconds since 2024-01-01 00:00:00")
    assert reading.moved


def test_a_potential_matches_columns_and_needs_points_as_they_are():
    x = pd.DataFrame({"u": [0.0, 1.0], "v": [5.0, 7.0]})
    potential = otkit.kantorovich_potential(otkit.wasserstein(x, x + 1.0))
    np.testing.assert_array_equal(potential(x[["v", "u"]]), potential(x))
    with pytest.raises(ValueError, match=r"times in seconds since .* Subtract an origin of your own"):
        otkit.kantorovich_potential(otkit.wasserstein([date(2024, 1, 1)], [date(2024, 1, 2)]))
