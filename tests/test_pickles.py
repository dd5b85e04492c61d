"""Whatever otkit returns or raises comes whole out of a pickle, a copy and another process."""

from __future__ import annotations

import copy
import importlib
import inspect
import multiprocessing
import pickle
import pkgutil
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numba
import numpy as np
import pytest
from doors import DOORS, Door

import otkit
from otkit.numerics.kernel import Kernel

PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)


def exceptions() -> list[type[BaseException]]:
    """Return all exceptions that otkit defines and lets out."""
    found = {}
    for module in pkgutil.walk_packages(otkit.__path__, "otkit."):
        try:
            here = importlib.import_module(module.name)
        except ImportError:
            continue
        for name, value in vars(here).items():
            if inspect.isclass(value) and issubclass(value, BaseException) and value.__module__.startswith("otkit"):
                found[f"{value.__module__}.{name}"] = value
    return list(dict.fromkeys(found[name] for name in sorted(found)))


def made(kind: type[BaseException]) -> BaseException:
    """Return an exception with something telling for each parameter of its constructor."""
    if kind is otkit.InfeasibleError:
        with pytest.raises(kind) as caught:
            otkit.transport([[1.0, 2.0]], [3.0], [1.0, 1.0])
        return caught.value
    if kind is otkit.NotConvergedError:
        with pytest.raises(kind) as caught:
            otkit.transport(
                np.random.default_rng(0).random((9, 9)), method="lp", options=otkit.LinprogOptions(max_iterations=1)
            )
        return caught.value
    given = inspect.signature(kind.__init__).parameters.values()
    wanted = [p.name for p in given if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"]
    return kind(*(f"the {name}" for name in wanted or ["message"]))


def state(value: Any) -> Any:
    """Return what an object holds, in a form that can be compared."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, tuple | list):
        return [state(part) for part in value]
    if isinstance(value, BaseException):
        return type(value).__name__, str(value), state(value.args), state(value.__dict__)
    if isinstance(value, dict):
        return {str(key): state(part) for key, part in value.items()}
    if type(value).__module__.startswith("otkit") and hasattr(value, "__getstate__"):
        return type(value).__name__, state(value.__getstate__())
    return repr(value) if " at 0x" not in repr(value) else type(value).__name__


WAYS = {
    **{f"protocol {number}": lambda value, n=number: pickle.loads(pickle.dumps(value, n)) for number in PROTOCOLS},
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", exceptions(), ids=lambda kind: kind.__name__)
def test_exceptions_come_out_as_they_were(kind, way):
    error = made(kind)
    again = WAYS[way](error)
    assert type(again) is kind
    assert state(again) == state(error)


def test_all_public_exceptions_are_among_them():
    public = {name for name in otkit.__all__ if name.endswith("Error")}
    assert len(public) >= 4
    assert public <= {kind.__name__ for kind in exceptions()}


PICKLABLE = [door for door in DOORS if "critic" not in {*door.options()}]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("door", [pytest.param(door, id=door.name) for door in PICKLABLE])
def test_results_come_out_as_they_were(door: Door, way: str):
    result = door.result()
    again = WAYS[way](result)
    assert type(again) is type(result)
    assert state(again) == state(result)
    np.testing.assert_array_equal(np.asarray(door.number(again), float), np.asarray(door.number(result), float))


def raised(kind: type[BaseException]) -> None:
    raise made(kind)


def solved(shape: tuple[int, int]) -> otkit.TransportResult:
    return otkit.transport(np.arange(float(shape[0] * shape[1])).reshape(shape) % 5.0)


PUBLIC = [kind for kind in exceptions() if kind.__name__ in otkit.__all__]


def test_pools_of_processes_return_and_raise():
    """Each pool waited for ever for an exception that it could not unpickle."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool, ProcessPoolExecutor(1, mp_context=context) as executor:
        for kind in PUBLIC:
            expected = made(kind)
            with pytest.raises(kind) as caught:
                pool.apply_async(raised, (kind,)).get(timeout=300)
            assert str(caught.value) == str(expected)
            with pytest.raises(kind) as caught:
                executor.submit(raised, kind).result(timeout=300)
            assert str(caught.value) == str(expected)
        assert pool.apply_async(solved, ((3, 3),)).get(timeout=300).certificate.optimal
        assert executor.submit(solved, (3, 3)).result(timeout=300).certificate.optimal


def test_cloudpickle_takes_exceptions_and_results():
    cloudpickle = pytest.importorskip("cloudpickle")
    for value in (*map(made, PUBLIC), solved((3, 3))):
        assert state(pickle.loads(cloudpickle.dumps(value))) == state(value)


def signatures() -> dict[str, list[Any]]:
    """Return what each kernel has been compiled for."""
    found = {}
    for module in pkgutil.walk_packages(otkit.__path__, "otkit."):
        try:
            names = vars(importlib.import_module(module.name))
        except ImportError:
            continue
        for value in names.values():
            if isinstance(value, Kernel):
                found[f"{value.py_func.__module__}.{value.py_func.__name__}"] = value.compiled.signatures
    return {name: list(each) for name, each in found.items()}


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="about the compiler")
@pytest.mark.parametrize("cost", [solved, lambda shape: otkit.wasserstein(*np.random.default_rng(0).random((2, 5, 2)))])
def test_what_was_pickled_is_as_fast_as_before(cost):
    """Arrays come out of a pickle writable, for which all kernels were compiled anew."""
    result = cost((4, 4))
    result.sensitivity()
    otkit.certify(result.problem, plan=result.plan, potentials=result.potentials)
    before = signatures()
    again = pickle.loads(pickle.dumps(result))
    otkit.transport(again.problem)
    again.sensitivity()
    otkit.certify(again.problem, plan=again.plan, potentials=again.potentials)
    assert signatures() == before


OF_PROBLEMS = ("wasserstein", "TransportProblem", "transport", "wasserstein_grid")
PROBLEMS = [door for door in DOORS if door.function in OF_PROBLEMS]


@pytest.mark.parametrize("door", PROBLEMS, ids=lambda door: door.name)
def test_problems_and_measures_stay_read_only(door: Door):
    result = door.result()
    again = pickle.loads(pickle.dumps(getattr(result, "problem", result)))
    assert isinstance(again, otkit.TransportProblem)
    for array in (again.a, again.b, *(part for part in again.cost.pairs if isinstance(part, np.ndarray))):
        assert not array.flags.writeable
