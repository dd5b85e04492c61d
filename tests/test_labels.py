"""Labels: what is labelled is aligned or refused, at every door, and results keep the labels."""

from __future__ import annotations

import datetime
import itertools
import pickle
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from doors import DOORS, Door, Kind
from hypothesis import given, settings
from hypothesis import strategies as st

import otkit
from otkit.inputs.labels import MISSING, Labels, from_header, is_missing, key_of, to_header

MISSING_LABELS = (None, float("nan"), np.float64("nan"), np.datetime64("NaT"), pd.NaT, pd.NA)

# Cells of a grid have places instead of names, and rows of one array or frame have theirs along with it.
PLACES = ("wasserstein_grid", "f_divergence, batch", "conditional_kl")
BINS = [door for door in DOORS if door.of_kind(Kind.HISTOGRAM, Kind.HISTOGRAMS) and door.name not in PLACES]
SHIPMENTS = [door for door in DOORS if door.of_kind(Kind.COST) and door.of_kind(Kind.WEIGHTS)]

# Labels of one kind, as many as asked for, each once; missing ones among them.
plain = st.one_of(st.text(max_size=4), st.just(None))
of_one_kind = st.sampled_from(
    [
        plain,
        st.one_of(st.integers(-9, 9), st.floats(-9, 9).filter(lambda x: x != int(x)), st.just(float("nan"))),
        st.tuples(plain, st.integers(0, 3)),
        st.one_of(st.datetimes(), st.just(pd.NaT)),
        st.one_of(st.datetimes(timezones=st.just(datetime.UTC))),
        st.booleans() | st.integers(2, 9),
    ]
)


@st.composite
def labels_of(draw, count):
    return draw(
        st.lists(draw(of_one_kind), min_size=count, max_size=count, unique_by=lambda label: repr(key_of(label)))
    )


def series(values, labels):
    tuples = any(isinstance(label, tuple) for label in labels)
    index = pd.MultiIndex.from_tuples(labels) if tuples else pd.Index(labels, tupleize_cols=False)
    return pd.Series(values, index=index)


def numbers_of_bins(result: Any, labels: list[Any], door: Door) -> Any:
    """Return what a door gives bin by bin in the order of the labels; other numbers as they are."""
    if door.function == "optimal_discriminator":
        by_label = {key_of(label): value for label, value in result.items()}
        return [by_label[key_of(label)] for label in labels]
    return door.number(result)


@settings(max_examples=8, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("door", [pytest.param(door, id=door.name) for door in BINS])
def test_names_and_order_of_bins_do_not_matter(door, data):
    """Each histogram with its bins in an order of its own, and in a container of its own."""
    count = len(door.values[door.of_kind(Kind.HISTOGRAM, Kind.HISTOGRAMS)[0]].T)
    labels = data.draw(labels_of(count))

    def held(masses: np.ndarray) -> Any:
        order = data.draw(st.permutations(range(count)))
        named = [labels[k] for k in order]
        as_dict = dict(zip(named, masses[order].tolist(), strict=True))
        return data.draw(st.sampled_from([lambda: as_dict, lambda: series(masses[order], named)]))()

    given_ = {name: held(door.values[name]) for name in door.of_kind(Kind.HISTOGRAM)}
    for name in door.of_kind(Kind.HISTOGRAMS):
        rows = [held(row) for row in door.values[name]]
        given_[name] = rows
    for name in door.of_kind(Kind.COST):
        order = data.draw(st.permutations(range(count)))
        shuffled = series(np.zeros(count), labels).index[order]
        given_[name] = pd.DataFrame(door.values[name][np.ix_(order, order)], index=shuffled, columns=shuffled)
    for name in door.of_kind(Kind.POINTS, Kind.VALUES):
        order = data.draw(st.permutations(range(count)))
        place = series(np.zeros(count), labels).index[order]
        held_at = door.values[name][order]
        given_[name] = pd.Series(held_at, place) if held_at.ndim == 1 else pd.DataFrame(held_at, place)
    found = numbers_of_bins(door.result(**given_), labels, door)
    np.testing.assert_allclose(np.ravel(found), np.ravel(door.number(door.result())), rtol=1e-12, atol=1e-15)


@settings(max_examples=8, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("door", [pytest.param(door, id=door.name) for door in SHIPMENTS])
def test_masses_go_to_the_rows_of_their_labels(door, data):
    values = door.values
    (cost,) = door.of_kind(Kind.COST)
    axes = [data.draw(labels_of(size)) for size in values[cost].shape]
    indices = [series(np.zeros(len(labels)), labels).index for labels in axes]
    given_ = {cost: pd.DataFrame(values[cost], index=indices[0], columns=indices[1])}
    for name in door.of_kind(Kind.WEIGHTS):
        labels = axes[door.data[name].axis]
        order = data.draw(st.permutations(range(len(labels))))
        named, masses = [labels[k] for k in order], values[name][order]
        as_dict = data.draw(st.booleans())
        given_[name] = dict(zip(named, masses, strict=True)) if as_dict else series(masses, named)
    np.testing.assert_array_equal(door(**given_), door())


def test_missing_labels_are_one_label():
    s = pd.Series([1.0, 2.0, np.nan]).value_counts(dropna=False)
    assert otkit.kl(s, s) == otkit.js(s, s) == 0.0
    for one, other in itertools.product(MISSING_LABELS, repeat=2):
        assert is_missing(one)
        assert otkit.js({one: 1, "a": 2}, {"a": 2, other: 1}) == 0.0
        flat = (pd.Series([1, 2], pd.Index(labels, dtype=object)) for labels in ((one, "a"), (other, "a")))
        assert otkit.js(*flat) == 0.0
        deep = (pd.Series([1, 2], pd.MultiIndex.from_tuples([("x", label), ("x", "a")])) for label in (one, other))
        assert otkit.js(*deep) == 0.0
    nullable = pd.Series(["a", None, "a"], dtype="string").value_counts(dropna=False)
    assert otkit.tv(nullable, Counter(["a", None, "a"])) == 0.0
    numbers = pd.Series([1, None, 1], dtype="Int64").value_counts(dropna=False)
    assert otkit.tv(numbers, {1.0: 2, float("nan"): 1}) == 0.0
    assert not any(map(is_missing, ("nan", "None", 0, "", False, ("a", None))))


def test_a_label_twice_is_refused_with_the_remedy():
    twice = pd.Series([1, 2, 3], pd.Index([None, "a", np.nan], dtype=object))
    with pytest.raises(
        ValueError, match=r"missing occurs more than once.*p\.groupby\(level=0, dropna=False\)\.sum\(\)"
    ):
        otkit.js(twice, {"a": 1})
    assert otkit.js(twice.groupby(level=0, dropna=False).sum(), {"a": 2, None: 4}) == 0.0
    levels = pd.Series([1, 1], pd.MultiIndex.from_tuples([("a", 1), ("a", 1)]))
    with pytest.raises(ValueError, match=r"groupby\(level=\[0, 1\], dropna=False\)"):
        otkit.js(levels, levels[:1])
    with pytest.raises(ValueError, match="Add their masses up first"):
        otkit.js({None: 1, float("nan"): 2}, {"a": 1})


def test_labels_that_are_equal_are_one():
    assert otkit.js({1: 1, 2: 3}, {2.0: 3, np.int64(1): 1}) == 0.0
    assert otkit.js(pd.Series([1, 3], [True, False]), {0: 3, 1: 1}) == 0.0
    paris = pd.date_range("2024-01-01", periods=3, tz="Europe/Paris")
    assert otkit.js(pd.Series([1, 2, 3], paris), pd.Series([3, 2, 1], paris[::-1].tz_convert("UTC"))) == 0.0
    assert otkit.js(pd.Series([1, 3], pd.CategoricalIndex(["b", "a"])), {"a": 3, "b": 1}) == 0.0
    day = datetime.datetime(2024, 1, 1)
    assert otkit.js({np.datetime64("2024-01-01"): 1, 0: 1}, {day: 1, 0: 1}) == 0.0


def test_labels_of_different_kinds_are_refused():
    with pytest.raises(ValueError, match=r"those of p are text \('2020', …\) and those of q numbers \(2020, …\)"):
        otkit.js({"2020": 1}, {2020: 1})
    assert otkit.js({"a": 1}, {"b": 1}, base=2) == 1.0  # no label in common, and right


def test_intervals_must_be_the_same_bins():
    x, y = pd.Series([0.1, 0.5, 0.9, 0.2]), pd.Series([0.1, 0.4, 0.8])
    edges = [0.0, 0.5, 1.0]
    p, q = (pd.cut(values, edges).value_counts() for values in (x, y))
    assert otkit.tv(p, q[::-1]) == pytest.approx(abs(3 / 4 - 2 / 3))
    with pytest.raises(ValueError, match=r"p and q must have the same bins, but \(.*\] and \(.*\] overlap"):
        otkit.js(pd.cut(x, 3).value_counts(), pd.cut(y, 3).value_counts())


def test_counts_of_polars_and_pyarrow():
    counted = {"a": 2, "b": 1}
    assert otkit.js(pl.Series("letter", ["a", "b", "a"]).value_counts(), counted) == 0.0
    assert otkit.js(pa.array(["a", "b", "a"]).value_counts(), counted) == 0.0
    assert otkit.js(pl.DataFrame({"a": [2, 4], "b": [1, 2]}), counted).tolist() == [0.0, 0.0]


def test_frames_are_aligned_by_column():
    frame = pd.DataFrame([[1, 2], [3, 2]], columns=["a", "b"])
    assert otkit.tv(frame, pd.Series([2, 1], ["b", "a"])).tolist() == pytest.approx([0.0, 3 / 5 - 1 / 3])
    assert otkit.tv(frame, frame[["b", "a"]]).tolist() == [0.0, 0.0]
    stated = otkit.f_divergence("tv", frame, [1, 2])
    assert stated.value[0] == 0.0
    assert "q in the order of the columns of p" in stated.detail
    assert otkit.tv(pd.Series([1, 2], ["a", "b"]).to_frame(), {"b": 2, "a": 1}) == 0.0


def test_what_was_done_is_said():
    assert otkit.f_divergence("js", {"a": 1, "b": 1}, {"b": 1, "a": 1}).detail.startswith("2 labels")
    detail = otkit.f_divergence("js", {"a": 1, "b": 1}, {"b": 1}).detail
    assert detail.startswith("2 labels, 1 of them only in p and 0 only in q")


# --- many measures --------------------------------------------------------------------------------------------------


def test_pairwise_keeps_names():
    shops = {"rye": {"a": 3, "b": 1}, "oats": pd.Series([1, 3], ["b", "a"]), None: {"c": 1}}
    table = otkit.pairwise(shops, distance="js", others={"only": {"b": 1, "a": 3}}).to_frame()
    assert table.index.tolist()[:2] == ["rye", "oats"]
    assert table.columns.tolist() == ["only"]
    assert table["only"].tolist() == pytest.approx([0.0, 0.0, np.log(2)])
    frame = pd.DataFrame([[3, 1], [1, 3]], index=["u", "v"], columns=["a", "b"])
    found = otkit.pairwise(frame, frame[["b", "a"]], distance="tv")
    assert found.to_frame().equals(pd.DataFrame([[0, 0.5], [0.5, 0]], ["u", "v"], ["u", "v"]))
    assert "measures['u'], others['" in str(found)
    clouds = otkit.pairwise({"near": [0.0, 1.0], "far": [5.0]})
    assert clouds.to_frame().loc["near", "far"] == 4.5
    assert otkit.pairwise([[0.0], [1.0]]).to_frame().columns.tolist() == [0, 1]


def test_nearest_keeps_names():
    found = otkit.nearest({"x": {"a": 1}, "y": {"a": 2, "b": 2}, "z": {"b": 1, "a": 9}}, distance="tv", k=1).to_frame()
    assert found[["measure", "neighbour"]].values.tolist() == [["x", "z"], ["y", "z"], ["z", "x"]]
    other = otkit.nearest([{"a": 1}], {"p": {"b": 1}, "q": {"a": 1}}, distance="tv", k=2).to_frame()
    assert other[["measure", "rank", "neighbour"]].values.tolist() == [[0, 1, "q"], [0, 2, "p"]]


def test_names_are_in_messages():
    with pytest.raises(ValueError, match=r"measures\['y'\] must be non-negative, but measures\['y'\]\['b'\] = -2.0"):
        otkit.pairwise({"x": {"a": 1}, "y": {"b": -2}}, distance="tv")
    with pytest.raises(ValueError, match=r"measures\['far'\]"):
        otkit.pairwise({"near": [0.0, 1.0], "far": [np.inf]})


def test_bins_of_a_ground_cost():
    cost = pd.DataFrame([[0.0, 1, 5], [1, 0, 3], [5, 3, 0]], list("abc"), list("abc"))
    counts = {"p": {"a": 1}, "q": Counter("ccab")}
    assert otkit.pairwise(counts, ground_cost=cost).to_frame().loc["p", "q"] == (1 + 10) / 4
    assert otkit.pairwise(counts, ground_cost=cost[list("cba")])[0, 1] == (1 + 10) / 4
    with pytest.raises(ValueError, match=r"'z' only in measures\['q'\]"):
        otkit.pairwise({"p": {"a": 1}, "q": {"z": 1}}, ground_cost=cost)
    with pytest.raises(TypeError, match="must be an array where ground_cost"):
        otkit.pairwise(counts, ground_cost=cost.to_numpy())
    rows = [pd.Series([1, 2, 3], list(order)) for order in ("abc", "bca")]
    with pytest.raises(TypeError, match="the same in another order"):
        otkit.pairwise(rows, ground_cost=cost.to_numpy())


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: otkit.js([[5.0], [1.0]], [[1.0], [5.0]]), ValueError, r"shape is \(2, 1\).*axis 0.*p\[\.\.\., 0\]"),
        (lambda: otkit.pairwise([[5.0], [1.0]], distance="js"), ValueError, r"the bins along the last axis.*\(2, 1\)"),
        (lambda: otkit.js({"a": 1}, [1]), TypeError, "p is a dict and q is not"),
        (lambda: otkit.js({"a": [1, 2]}, {"a": 1}), TypeError, "one number"),
        (lambda: otkit.pairwise({"a": 1, "b": 2}, distance="js"), TypeError, "it is one measure"),
        (
            lambda: otkit.pairwise([{"a": 1}, [1]], distance="js"),
            TypeError,
            r"measures\[0\] is a dict and measures\[1\]",
        ),
        (
            lambda: otkit.divergence_inequalities({"a": 1}, {"a": 1}, points=[1.0]),
            TypeError,
            "points and p and q must both",
        ),
        (lambda: otkit.divergence_inequalities([1], [1], points={"a": 1.0}), TypeError, "points must be points"),
        (lambda: otkit.discriminator_value({"a": 1}, {"b": 1}, {"a": 0.5}), ValueError, "lacks 'b'"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_cells_of_a_grid_have_places():
    masses = pd.Series([1, 2, 3], [10, 20, 30])
    assert otkit.wasserstein_grid(masses, masses[:2]).distance > 0.0
    assert otkit.wasserstein_grid(masses, [1, 2, 3]).distance == 0.0
    with pytest.raises(ValueError, match="A and B must have the same labels along their rows, in one order"):
        otkit.wasserstein_grid(masses, masses[::-1])
    with pytest.raises(ValueError, match="along their columns"):
        otkit.wasserstein_grid(COST, COST[["west", "south", "north"]])


def test_one_bin_is_a_histogram():
    assert otkit.js([3], [5]) == 0.0
    assert otkit.js([[3, 1]], [[3, 1]]).tolist() == [0.0]


# --- transport ------------------------------------------------------------------------------------------------------

COST = pd.DataFrame([[1.0, 2, 4], [3, 1, 2]], ["rye", "oats"], pd.Index(["north", "south", "west"], name="café"))
SUPPLY, DEMAND = pd.Series([3, 2], ["oats", "rye"]), {"south": 2, "north": 1, "west": 2}


def shipped() -> otkit.TransportResult:
    return otkit.transport(COST, SUPPLY, DEMAND)


def test_labels_stay_in_the_result():
    result = shipped()
    assert result.value == 8.0
    plan = result.plan_frame()
    assert plan.index.equals(COST.index)
    assert plan.columns.equals(COST.columns)
    assert plan.columns.name == "café"
    assert (plan * COST).to_numpy().sum() == result.value
    assert plan.sum(axis=1).to_dict() == {"rye": 2.0, "oats": 3.0}
    f, g = result.potential_series()
    assert (f["rye"] + g["north"], f["oats"] + g["west"]) == (1.0, 2.0)
    arcs = result.to_frame()
    assert arcs.set_index(["row", "column"])["mass"].to_dict() == {
        ("rye", "north"): 1.0, ("rye", "south"): 1.0, ("oats", "south"): 1.0, ("oats", "west"): 2.0,
    }  # fmt: skip
    assert (arcs["mass"] * arcs["cost"]).sum() == 8.0
    told = result.to_dict()
    assert {"row": "oats", "column": "west", "mass": 2.0} in told["plan"]
    assert told["rows"] == ["rye", "oats"]
    assert "a by label, b by label" in str(result)


def test_without_labels_rows_are_numbered():
    result = otkit.transport(COST.to_numpy(), [2, 3], [1, 2, 2])
    assert result.plan_frame().columns.tolist() == [0, 1, 2]
    assert result.to_frame()["row"].tolist() == [0, 0, 1, 1]
    assert "by position" not in str(result)
    assert otkit.transport(pd.DataFrame(COST.to_numpy()), pd.Series([2, 3]), [1, 2, 2]).problem.row_labels is None


def test_arrays_beside_labels_are_by_position_and_said():
    assert "a by position, b by label" in str(otkit.transport(COST, [2, 3], DEMAND))
    result = otkit.transport(COST.to_numpy(), pd.Series([2, 3], ["rye", "oats"]), [1, 2, 2])
    assert result.plan_frame().loc["oats", 2] == 2.0


@pytest.mark.parametrize("function", [otkit.transport, otkit.partial_transport, otkit.TransportProblem])
@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ({"rye": 2, "barley": 3}, DEMAND, "'barley' only in a and 'oats' only in the rows of C"),
        ({"rye": 5}, DEMAND, "'oats' only in the rows of C"),
        (SUPPLY, pd.Series([1, 2, 2]), "0, 1, 2 only in b and 'north', 'south', 'west' only in the columns"),
        (pd.Series([1, 1, 3], ["rye", "rye", "oats"]), DEMAND, "'rye' occurs more than once"),
    ],
)
def test_other_labels_are_refused(function, a, b, words):
    with pytest.raises(ValueError, match=words):
        function(COST, a, b)


def test_labels_of_points_stay_in_the_result():
    x = pd.DataFrame({"lon": [0.0, 3.0], "lat": [0.0, 4.0]}, ["here", "there"])
    result = otkit.wasserstein(x, x.to_numpy(), pd.Series([1, 3], ["there", "here"]), [3, 1])
    assert result.distance == 0.0
    assert result.plan_frame().loc["here"].tolist() == [0.75, 0.0]
    assert otkit.wasserstein(x.reset_index(drop=True), x.to_numpy()).problem.row_labels is None


def test_labels_without_a_place_are_refused():
    with pytest.raises(TypeError, match="a must be an array where the rows of C have no labels, but it is a dict"):
        otkit.transport(COST.to_numpy(), {"rye": 2, "oats": 3}, [1, 2, 2])


def test_labels_travel(tmp_path):
    index = pd.MultiIndex.from_tuples(
        [("a", pd.Timestamp("2024-01-01", tz="Europe/Paris")), ("b", pd.NaT)], names=["shop", None]
    )
    columns = pd.IntervalIndex.from_breaks([0, 1, 2], name="size")
    cost = pd.DataFrame([[1.0, 2], [3, 1]], index, columns)
    result = otkit.transport(cost, pd.Series([1, 2], index[::-1]), pd.Series([2, 1], columns))
    result.save(tmp_path / "result.npz")
    for again in (otkit.load(tmp_path / "result.npz"), pickle.loads(pickle.dumps(result))):
        frame = again.plan_frame()
        assert Labels(frame.index).same_as(Labels(index))
        assert frame.index.names == index.names
        assert frame.columns.equals(columns)
        assert frame.to_numpy().tolist() == result.plan_frame().to_numpy().tolist()
        assert str(again).splitlines()[-1] == str(result).splitlines()[-1]


@settings(max_examples=50, deadline=None)
@given(labels=st.integers(0, 5).flatmap(labels_of))
def test_labels_in_a_file_come_back(labels):
    import json

    before = Labels(labels, ["one", "two"] if labels and isinstance(labels[0], tuple) else None)
    after = from_header(json.loads(json.dumps(to_header(before))), len(labels))
    assert after is not None
    assert after.same_as(before)
    assert after.names == before.names


@pytest.mark.parametrize(
    "header",
    [3, {}, {"names": [], "items": ["a"]}, {"names": [None], "items": []}, {"names": [None], "items": [["a"]]},
     {"names": [None, None], "items": ["a"]}, {"names": [None], "items": [{"interval": [1]}]}, {"names": 1, "items": 1},
     {"names": [None], "items": [{"time": "never"}]}],
)  # fmt: skip
def test_other_headers_are_refused(header):
    with pytest.raises(ValueError, match="labels"):
        from_header(header, 1)


def test_long_and_strange_labels_are_printed_in_short():
    labels = Labels(["x" * 99, "two\nlines\x1b[31m", pd.Timestamp("2024-01-01"), None, ("a", 1)])
    shown = labels.texts()
    assert len(shown[0]) == 40
    assert shown[1].isprintable()
    assert shown[2:] == ["2024-01-01", "missing", "a, 1"]
    assert repr(MISSING) == "missing"


# --- sides without mass, messages ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("a", "b", "value"), [([0, 0], [1, 2], 9.0), ([1, 2], [0, 0], 9.0), ([0, 0], [0, 0], 0.0)])
def test_a_side_without_mass_is_created_or_destroyed(a, b, value):
    cost = [[1.0, 2.0], [3.0, 1.0]]
    result = otkit.unbalanced_transport(cost, a, b, price=3)
    assert result.value == value
    assert result.certificate.proof == "exact"
    assert (result.mass, result.plan.nnz) == (0.0, 0)
    assert (result.leftover_a.tolist(), result.leftover_b.tolist()) == (a, b)
    u, v = result.potentials
    assert a @ u + b @ v == value
    part = otkit.partial_transport(cost, a, b)
    assert (part.value, part.mass, part.certificate.proof) == (0.0, 0.0, "exact")
    with pytest.raises(ValueError, match="must have a positive entry"):
        otkit.transport(cost, a, b)


def test_labels_of_what_is_left():
    frame = otkit.unbalanced_transport(COST, {"rye": 1, "oats": 2}, DEMAND, price=0.75).plan_frame()
    assert frame.loc["rye", "north"] == 1.0
    assert frame.loc["left", "south"] == 0.0
    assert frame.loc["oats"].tolist() == [0.0, 2.0, 0.0, 0.0]
    assert frame.loc["left", "west"] == 2.0


def test_numbers_in_a_message_differ():
    problem = otkit.TransportProblem([[1.0, 2], [3, 1]], [0.5, 0.2802], [0.5, 0.2802])
    fault = otkit.certify(problem, plan=[[0.5, 0.0], [0.0, 0.2802 + 1e-7]]).verdict
    assert "plan ships 0.2802001 where row 1 has 0.2802 " in fault
    found = otkit.certify(otkit.TransportProblem(COST, SUPPLY, DEMAND), plan=np.eye(2, 3))
    assert "where row 'oats' has 3" in found.fault


OBJECTS: list[Any] = [pd.Series(range(100)), np.zeros((50, 50)), {k: k for k in range(99)}, "x" * 999, list(range(500))]
TAKES_A_NUMBER: list[Callable[[Any], Any]] = [
    lambda value: otkit.wasserstein([0.0], [1.0], p=value),
    lambda value: otkit.wasserstein([0.0], [1.0], metric=value),
    lambda value: otkit.transport([[1.0]], method=value),
    lambda value: otkit.unbalanced_transport([[1.0]], [1], [1], price=value),
    lambda value: otkit.partial_transport([[1.0]], [1], [1], mass=value),
    lambda value: otkit.mmd([0.0, 1.0], [1.0, 2.0], bandwidth=value),
    lambda value: otkit.f_divergence("kl", [1, 2], [2, 1], base=value),
    lambda value: otkit.f_divergence(value, [1, 2], [2, 1]),
    otkit.alpha_divergence,
    lambda value: otkit.pairwise([[0.0], [1.0]], distance=value),
    lambda value: otkit.nearest([[0.0], [1.0]], k=value),
    otkit.Minkowski,
    otkit.Haversine,
]  # fmt: skip


@pytest.mark.parametrize("given_", OBJECTS, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("call", TAKES_A_NUMBER)
def test_nothing_large_is_printed_in_a_message(call, given_):
    with pytest.raises((TypeError, ValueError)) as caught:
        call(given_)
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)
