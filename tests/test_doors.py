"""Properties that hold at every public door, over the table in doors.py."""

from __future__ import annotations

import array
from collections.abc import Callable
from typing import Any

import doors as table
import numpy as np
import pytest
from doors import DOORS, EXEMPT, Door, Kind, doors

import otkit

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
