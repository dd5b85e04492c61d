"""Properties that hold at every public door, over the table in doors.py."""

from __future__ import annotations

import array
import inspect
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

import doors as table
import numpy as np
import pandas as pd
import polars as pl
import pyarrow
import pytest
from doors import DOORS, EXEMPT, Door, Kind, doors

import otkit

CLOUDS = (Kind.POINTS, Kind.CLOUDS)
MASSES = (Kind.WEIGHTS, Kind.HISTOGRAM, Kind.HISTOGRAMS, Kind.PLAN)


def test_every_public_callable_is_a_door_or_says_why_not():
    public = {name for name in otkit.__all__ if not name.startswith("_")}
    public |= {f"neural.{name}" for name in otkit.neural.__all__}
    listed = {door.function for door in DOORS}
    assert not public - listed - set(EXEMPT), "list these in tests/doors.py"
    assert not (listed | set(EXEMPT)) - public, "these are not public"
    assert not listed & set(EXEMPT)
    assert len({door.name for door in DOORS}) == len(DOORS)


def each(value: Any, function: Callable[[np.ndarray], Any]) -> Any:
    """Apply a function to an array, or to every array of a list."""
    return [function(part) for part in value] if isinstance(value, list) else function(value)


def changed(door: Door, kinds: tuple[Kind, ...], function: Callable[[np.ndarray], Any]) -> dict[str, Any]:
    """Return the arguments of some kinds, changed."""
    return {name: each(value, function) for name, value in door.values.items() if door.data[name].kind in kinds}


def clouds_of(door: Door) -> int:
    """Return the number of clouds that a call brings together."""
    return sum(
        len(door.data[name].value) if door.data[name].kind is Kind.CLOUDS else 1 for name in door.of_kind(*CLOUDS)
    )


def has_missing(door: Door) -> bool:
    """Whether a function takes `missing`."""
    function = reduce(getattr, door.function.split("."), otkit)
    return "missing" in inspect.signature(function).parameters


def every_other(values: np.ndarray) -> np.ndarray:
    """Return the values as a view with strides of two entries in each dimension."""
    wide = np.full([2 * size for size in values.shape], np.nan)
    view = wide[tuple(slice(None, None, 2) for _ in values.shape)]
    view[...] = values
    return view


def backwards(values: np.ndarray) -> np.ndarray:
    """Return the values as a view with negative strides."""
    flip = tuple(slice(None, None, -1) for _ in values.shape)
    return values[flip].copy()[flip]


def read_only(values: np.ndarray) -> np.ndarray:
    """Return the values where nobody can write."""
    values.flags.writeable = False
    return values


class Subclass(np.ndarray):
    """An array of somebody else's."""


CONTAINERS: dict[str, Callable[[np.ndarray], Any]] = {
    "lists": np.ndarray.tolist,
    "tuples": lambda values: tuple(map(tuple, values.tolist())) if values.ndim == 2 else tuple(values.tolist()),
    "float32": np.float32,
    "float16": np.float16,
    "longdouble": np.longdouble,
    "big-endian": lambda values: values.astype(">f8"),
    "objects": lambda values: values.astype(object),
    "Fortran order": np.asfortranarray,
    "strided": every_other,
    "negative strides": backwards,
    "read-only": read_only,
    "subclass": lambda values: values.view(Subclass),
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("door", doors())
def test_the_container_does_not_matter(door, container):
    given = changed(door, tuple(Kind), CONTAINERS[container])
    np.testing.assert_array_equal(door(**given), door())


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8, ">i4"])
@pytest.mark.parametrize("door", doors())
def test_integers_are_numbers(door, dtype):
    whole = {
        name: each(value, lambda part: part.astype(dtype))
        for name, value in door.values.items()
        if all((part == part.astype(dtype)).all() for part in (value if isinstance(value, list) else [value]))
    }
    np.testing.assert_array_equal(door(**whole), door())


@pytest.mark.parametrize("door", doors())
def test_data_are_left_alone(door):
    given, before = door.values, door.values
    door.result(**given)
    for name, value in given.items():
        for one, other in zip(*((v if isinstance(v, list) else [v]) for v in (value, before[name])), strict=True):
            np.testing.assert_array_equal(one, other)
            assert one.flags.writeable


@pytest.mark.parametrize("door", doors(shift=True))
def test_a_common_shift_changes_nothing(door):
    moved = changed(door, (Kind.POINTS, Kind.CLOUDS), lambda points: points + 64.0)
    np.testing.assert_allclose(door(**moved), door(), rtol=1e-9)


@pytest.mark.parametrize("door", doors(degree=True))
def test_a_common_unit_scales_the_answer(door):
    scaled = changed(door, (Kind.POINTS, Kind.CLOUDS, Kind.COST), lambda values: 4.0 * values)
    np.testing.assert_allclose(door(**scaled), door() * 4.0**door.degree, rtol=1e-9)


@pytest.mark.parametrize("door", doors(mass_degree=True))
def test_a_common_unit_of_mass_scales_the_answer(door):
    scaled = changed(door, MASSES, lambda values: 4.0 * values)
    np.testing.assert_allclose(door(**scaled), door() * 4.0**door.mass_degree, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("door", doors(taking=(Kind.POINTS, Kind.CLOUDS, Kind.COST), shuffled=True))
def test_the_order_of_rows_does_not_matter(door):
    """Rows of points and of costs, and columns of costs, go with their weights."""
    values, rng = door.values, np.random.default_rng(1)
    for name in door.of_kind(Kind.POINTS, Kind.CLOUDS, Kind.COST):
        order = rng.permutation(len(values[name])) if not isinstance(values[name], list) else None
        values[name] = each(values[name], lambda part: part[::-1]) if order is None else values[name][order]
        for weights in door.of_kind(Kind.WEIGHTS):
            if door.data[weights].of == name and door.data[weights].axis == 0:
                values[weights] = values[weights][order]
    for name in door.of_kind(Kind.COST):
        order = rng.permutation(values[name].shape[1])
        values[name] = values[name][:, order]
        for weights in door.of_kind(Kind.WEIGHTS):
            if door.data[weights].of == name and door.data[weights].axis == 1:
                values[weights] = values[weights][order]
    np.testing.assert_allclose(door(**values), door(), rtol=1e-9)


@pytest.mark.parametrize("door", doors(taking=(Kind.WEIGHTS, Kind.HISTOGRAM)))
def test_arrays_of_the_standard_library_are_taken(door):
    flat = [name for name in door.of_kind(*MASSES) if door.data[name].value.ndim == 1]
    given = {name: array.array("d", door.values[name]) for name in flat}
    np.testing.assert_array_equal(door(**given), door())


def test_the_table_holds_what_every_dtype_can_hold():
    for door in table.DOORS:
        for value in door.values.values():
            for part in value if isinstance(value, list) else [value]:
                np.testing.assert_array_equal(np.float16(part).astype(float), part)


# --- columns, missing values, exact differences ---------------------------------------------------------------------

NAMES = ("age", "income")


def pandas_frame(points: np.ndarray) -> Any:
    return pd.DataFrame(points, columns=list(NAMES[: points.shape[1]]))


def structured(points: np.ndarray) -> np.ndarray:
    return np.array([*map(tuple, points)], dtype=[(name, float) for name in NAMES[: points.shape[1]]])


FRAMES: dict[str, Callable[[np.ndarray], Any]] = {
    "pandas": pandas_frame,
    "pandas, nullable": lambda points: pandas_frame(points).astype("Float64"),
    "pandas, by Arrow": lambda points: pandas_frame(points).astype(pd.ArrowDtype(pyarrow.float64())),
    "polars": lambda points: pl.from_pandas(pandas_frame(points)),
    "Arrow": lambda points: pyarrow.Table.from_pandas(pandas_frame(points)),
    "structured": structured,
    "dictionary": lambda points: dict(zip(NAMES, points.T, strict=False)),
}


def reordered(frame: Any) -> Any:
    """Return a frame with its columns the other way round."""
    if isinstance(frame, dict):
        return dict(reversed(frame.items()))
    if isinstance(frame, pyarrow.Table):
        return frame.select(frame.column_names[::-1])
    if isinstance(frame, np.ndarray):
        return frame[list(frame.dtype.names[::-1])]
    return frame[list(frame.columns)[::-1]]


@pytest.mark.parametrize("library", FRAMES)
@pytest.mark.parametrize("door", doors(taking=CLOUDS))
def test_columns_are_matched_by_name(door, library):
    """All clouds but the first with their columns the other way round: the answer is that of the first's order."""
    seen = iter([FRAMES[library]])

    def frame(points: np.ndarray) -> Any:
        first = next(seen, None)
        return first(points) if first else reordered(FRAMES[library](points))

    np.testing.assert_array_equal(door(**changed(door, CLOUDS, frame)), door())


@pytest.mark.parametrize("door", [door for door in doors(taking=CLOUDS) if clouds_of(door.values[0]) > 1])
def test_other_names_are_refused(door):
    names = iter("abac" * 9)

    def frame(points: np.ndarray) -> Any:
        return pd.DataFrame(points, columns=[next(names) for _ in points.T] if points.shape[1] == 2 else [next(names)])

    with pytest.raises(ValueError, match=r"must have the same columns, but .* lacks"):
        door(**changed(door, CLOUDS, frame))


@pytest.mark.parametrize("hole", ["masked", "NaN", "None", "NA", "polars"])
@pytest.mark.parametrize("door", doors())
def test_missing_values_are_refused(door, hole):
    """Every argument in turn with one entry missing: no answer, and a message that names the argument."""
    for name in door.data:
        if door.data[name].kind is Kind.PLAN and hole == "NaN":
            continue  # a plan is judged: its certificate says what is wrong
        with pytest.raises((ValueError, TypeError), match=rf"(?s)(C|{name})\b.*(masked|missing|nan|finite)"):
            door(**{name: holed(door.values[name], hole)})


def holed(value: Any, hole: str) -> Any:
    """Return data of which the last entry is missing."""
    if isinstance(value, list):
        return [*value[:-1], holed(value[-1], hole)]
    if hole == "masked":
        mask = np.zeros(value.shape, bool)
        mask.flat[-1] = True
        return np.ma.masked_array(value, mask)
    if hole == "NaN":
        value.flat[-1] = np.nan
        return value
    if hole == "polars" and value.ndim < 3:
        entries = value.astype(object)
        entries.flat[-1] = None
        return pl.DataFrame(entries.tolist(), orient="row") if value.ndim == 2 else pl.Series(entries.tolist())
    entries = value.astype(object)
    entries.flat[-1] = pd.NA if hole == "NA" else None
    return entries


@pytest.mark.parametrize("door", [door for door in doors(taking=CLOUDS) if has_missing(door.values[0])])
def test_rows_with_missing_values_are_left_out_with_their_weights(door):
    """A row of rubbish behind every cloud, with one coordinate masked: as if it weren't there."""

    def longer(points: np.ndarray) -> np.ma.MaskedArray:
        mask = np.zeros((len(points) + 1, points.shape[1]), bool)
        mask[-1, -1] = True
        return np.ma.masked_array(np.vstack([points, np.full(points.shape[1], -999.0)]), mask)

    given = changed(door, CLOUDS, longer)
    given |= {
        name: np.append(door.values[name], 7.0)
        for name in door.of_kind(Kind.WEIGHTS)
        if door.data[door.data[name].of].kind in CLOUDS
    }
    np.testing.assert_array_equal(door(**given, missing="drop"), door())
    with pytest.raises(ValueError, match=r"masked .*missing='drop'"):
        door(**given)


@pytest.mark.parametrize("holding", ["int64", "uint64", "lists", "objects", "beyond 64 bits", "frame"])
@pytest.mark.parametrize("door", doors(taking=CLOUDS))
def test_large_integers_are_exact_or_refused(door, holding):
    """Points moved by an integer beyond 2⁵³: the same answer where differences are all that counts; else no answer."""
    far = 2**70 + 1 if holding == "beyond 64 bits" else 2**60 + 1

    def moved(points: np.ndarray) -> Any:
        whole = points * 8.0
        assert (whole == np.rint(whole)).all()
        exact = np.array([[int(entry) + far for entry in row] for row in whole], dtype=object)
        if holding in ("int64", "uint64"):
            return exact.astype(holding)
        if holding == "frame":
            return pd.DataFrame(exact.astype("int64"), columns=[*"ab"][: points.shape[1]])
        return exact.tolist() if holding == "lists" else exact

    given, near = changed(door, CLOUDS, moved), changed(door, CLOUDS, lambda points: points * 8.0)
    if door.function == "DiscreteMeasure":
        assert door.result(**given).points.min() == 0.0
        assert "counted from" in door.result(**given).reading.notes[0]
    elif not door.as_given:
        np.testing.assert_allclose(door(**given), door(**near), rtol=1e-9)
    else:
        with pytest.raises(ValueError, match="would be rounded"):
            door(**given)


@pytest.mark.parametrize("kind", ["datetime64", "zones", "Python", "polars", "durations"])
@pytest.mark.parametrize("door", doors(taking=CLOUDS, shift=True))
def test_times_are_points_in_seconds(door, kind):
    hold: dict[str, Callable[[np.ndarray], Any]] = {
        "datetime64": lambda ms: np.datetime64("2024-02-29", "ms") + ms.astype("m8[ms]"),
        "zones": lambda ms: pd.to_datetime("2024-02-29") + pd.Series(ms.astype("m8[ms]")).dt.round("ms"),
        "Python": lambda ms: [datetime(2024, 2, 29) + timedelta(milliseconds=int(each)) for each in ms],
        "polars": lambda ms: pl.Series(np.datetime64("2024-02-29", "ms") + ms.astype("m8[ms]")),
        "durations": lambda ms: ms.astype("m8[ms]"),
    }

    def timed(points: np.ndarray) -> Any:
        columns = {name: hold[kind](1000.0 * column) for name, column in zip(NAMES, points.T, strict=False)}
        if kind == "zones":
            columns = {name: column.dt.tz_localize("Asia/Tokyo") for name, column in columns.items()}
        return columns

    if door.as_given and kind != "durations":
        with pytest.raises(ValueError, match="holds times"):
            door(**changed(door, CLOUDS, timed))
    else:
        np.testing.assert_allclose(door(**changed(door, CLOUDS, timed)), door(), rtol=1e-9)
