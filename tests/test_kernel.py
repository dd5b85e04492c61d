"""Kernels that Python runs until they are compiled: the same bits, and only where there is little to do."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import numba
import numpy as np
import pytest
from doors import DOORS

import otkit
from otkit.numerics import kernel
from otkit.numerics.jit import njit, njit_pass

pytestmark = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="about the compiler")


@pytest.fixture
def cold(monkeypatch):
    """No kernel is known, as in a new process with an empty cache, and there is no end of patience."""
    monkeypatch.setattr(kernel.Kernel, "_knows", lambda self, args: False)
    monkeypatch.setattr(kernel, "PATIENCE", float("inf"))
    monkeypatch.setattr(kernel, "_ready", set())
    monkeypatch.setattr(kernel, "_by_python", 0)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_every_function_gives_the_same_bits_by_python(door, monkeypatch):
    compiled = door()
    with monkeypatch.context() as patch:
        patch.setattr(kernel.Kernel, "_knows", lambda self, args: False)
        patch.setattr(kernel, "PATIENCE", float("inf"))
        patch.setattr(kernel, "_ready", set())
        by_python = door()
    assert by_python.tobytes() == compiled.tobytes()


@pytest.mark.parametrize("weighted", [False, True], ids=["uniform", "weighted"])
@pytest.mark.parametrize("p", [1, 2, 1.7])
@pytest.mark.parametrize("metric", ["euclidean", "cityblock", "chebyshev", "cosine", "haversine"])
def test_whole_results_are_the_same(metric, p, weighted, cold, monkeypatch):
    rng = np.random.default_rng(5)
    x, y = rng.uniform(0.5, 1.5, (17, 2)), rng.uniform(0.0, 1.0, (14, 2))
    masses = {"a": rng.random(17), "b": rng.random(14)} if weighted else {}
    cost = getattr(otkit, metric.capitalize())()
    first = otkit.wasserstein(x, y, metric=cost, p=p, **masses)
    assert kernel._by_python > 1
    monkeypatch.undo()
    second = otkit.wasserstein(x, y, metric=cost, p=p, **masses)
    assert first.certificate == second.certificate
    assert (first.plan != second.plan).nnz == 0
    for one, other in zip(first.potentials, second.potentials, strict=True):
        assert one.tobytes() == other.tobytes()


def test_numbers_come_as_from_compiled_kernels(cold):
    @njit_pass
    def both(values):
        return values.sum(), values.size, values[0] > 0.0

    answer = both(np.array([1.0, 2.0]))
    assert answer == (3.0, 2, True)
    assert [type(value) for value in answer] == [float, int, bool]


def test_kernels_in_kernels_are_run_by_python_too(cold):
    @njit
    def inner(x):
        return x + 1.0

    @njit
    def outer(x):
        return 2.0 * inner(x)

    with kernel.at_once(1, "outer"):
        assert outer(1.0) == 4.0
    assert [len(each.compiled.overloads) for each in (inner, outer)] == [0, 0]
    assert outer(1.0) == 4.0  # outside it is compiled, with the other in it
    assert outer.compiled.overloads


def test_what_is_large_or_has_used_up_the_patience_is_compiled(cold, monkeypatch):
    @njit
    def twice(x):
        return 2.0 * x

    with kernel.at_once(kernel.SMALL + 1, "twice"):
        twice(1.0)
    assert len(twice.compiled.overloads) == 1
    monkeypatch.setattr(kernel, "PATIENCE", -1.0)
    with kernel.at_once(1, "twice"):
        twice(1)
    assert len(twice.compiled.overloads) == 2


def test_an_exception_leaves_nothing_behind(cold):
    @njit
    def fails(values):
        if values.size > 1:
            raise ValueError("too many")

    with pytest.raises(ValueError, match="too many"), kernel.at_once(1, "fails"):
        fails(np.zeros(2))
    assert kernel._how.get() == kernel.COMPILED
    assert "fails" not in kernel._ready


def test_what_compiled_kernels_alone_have_answered_asks_no_more(cold, monkeypatch):
    x, y = [[0.0, 1.0], [2.0, 3.0]], [[1.0, 1.0], [4.0, 3.0]]
    monkeypatch.setattr(kernel, "PATIENCE", -1.0)
    otkit.wasserstein(x, y)  # compiled
    monkeypatch.undo()
    monkeypatch.setattr(kernel, "_spent", 0.0)
    for _ in range(2):  # the whole, and then its parts
        otkit.wasserstein(x, y)
    assert any(what[0] == "small" for what in kernel._ready)
    monkeypatch.setattr(kernel.Kernel, "_knows", lambda self, args: pytest.fail("asked again"))
    otkit.wasserstein(x, y)


def test_first_answers_compile_nothing(tmp_path):
    code = """
        import numpy as np, otkit
        from otkit.numerics import kernel
        rng = np.random.default_rng(0)
        x, y, a, b = rng.normal(size=(100, 2)), rng.normal(size=(90, 2)), rng.random(100), rng.random(90)
        results = [otkit.wasserstein(x[:40], y[:40]), otkit.wasserstein(x[:20, 0], y[:30, 0])]
        results.append(otkit.transport([[1, 2], [3, 4]]))
        results.append(otkit.wasserstein(x[:30], y[:20], a[:30], b[:20], p=2))
        assert all(result.certificate.proof == "exact" for result in results)
        assert otkit.certify(results[2].problem, plan=results[2].plan, potentials=results[2].potentials).optimal
        print(otkit.kl([0.5, 0.5], [0.25, 0.75]) > 0.0)
    """
    env = os.environ | {"OTKIT_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], check=True, capture_output=True, text=True, env=env
    )
    assert done.stdout.startswith("True")
    assert not list(tmp_path.iterdir())
