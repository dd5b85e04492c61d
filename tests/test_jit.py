"""What the one place that configures Numba promises."""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
import textwrap
import typing
from pathlib import Path

import numba
import numpy as np
import pytest

import otkit
from otkit.numerics.kernel import Kernel
from otkit.numerics.threads import share, thread_count, threads

compiled = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="about the compiler")


@compiled
def test_a_cached_kernel_is_not_used_once_another_file_that_it_rests_on_has_changed(tmp_path):
    """Numba alone would look at the kernel's own file only, and go on with the old arithmetic of the other.

    Or it would fail: here the type of the argument is gone from that file, too.
    """
    package = tmp_path / "otkit"
    (package / "numerics").mkdir(parents=True)
    for place in (package, package / "numerics"):
        (place / "__init__.py").touch()
    for name in ("jit.py", "kernel.py", "kernel_cache.py", "compiling.py"):
        shutil.copy(Path(otkit.__file__).parent / "numerics" / name, package / "numerics")
    (package / "outer.py").write_text(
        textwrap.dedent(
            """
            from otkit.numerics.jit import njit
            from otkit.inner import inner

            @njit
            def outer(argument):
                return inner(argument.x) + 1
            """
        )
    )
    answers = []
    for factor in (10, 20):
        (package / "inner.py").write_text(
            textwrap.dedent(
                f"""
                from typing import NamedTuple

                from otkit.numerics.jit import njit

                class Argument{factor}(NamedTuple):
                    x: int

                @njit
                def inner(x):
                    return {factor} * x
                """
            )
        )
        call = f"from otkit import inner, outer; print(outer.outer(inner.Argument{factor}(1)))"
        run = subprocess.run(
            [sys.executable, "-c", call],
            check=True,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"OTKIT_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(tmp_path)},
        )
        answers.append(int(run.stdout))
    assert answers == [11, 21]


# --- what Python may get back: see otkit.numerics.jit ------------------------------------------------------------


def modules():
    """Import and return all modules of otkit; those whose libraries are not installed are left out."""
    for found in pkgutil.walk_packages(otkit.__path__, "otkit."):
        try:
            yield importlib.import_module(found.name)
        except ImportError:
            continue


def used_by_python(module):
    """Return the kernels that are named in code that Python runs, and the lines of that code."""
    names = vars(module)

    def visit(node):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef):
                made_by = {ast.unparse(each).partition("(")[0] for each in child.decorator_list}
                if made_by & {"njit", "overload"}:
                    continue
            target = None
            if isinstance(child, ast.Name):
                target = names.get(child.id)
            elif isinstance(child, ast.Attribute) and isinstance(child.value, ast.Name):
                target = getattr(names.get(child.value.id), child.attr, None)
            if isinstance(target, Kernel):
                yield target, f"{module.__name__}:{child.lineno}"
            yield from visit(child)

    with open(module.__file__, encoding="utf-8") as file:
        return visit(ast.parse(file.read()))


def is_number(kind):
    """Whether a type is a number, or a plain tuple of numbers."""
    if typing.get_origin(kind) is tuple:
        return all(is_number(each) for each in typing.get_args(kind))
    return kind in (bool, int, float)


@compiled
def test_kernels_return_to_python_what_no_signal_can_spoil():
    used, spoilt = 0, []
    for module in modules():
        for kernel, where in used_by_python(module):
            used += 1
            returned = typing.get_type_hints(kernel.py_func)["return"]
            an_array = typing.get_origin(returned) is np.ndarray
            if not (returned is type(None) or is_number(returned) or an_array):
                spoilt.append(f"{where}: {kernel.py_func.__name__} returns {returned}")
    assert used > 100
    assert not spoilt


EVERY_DOOR = """
import threading
import warnings

import numba
import numpy as np

here = threading.local()
spoilt = {}


def is_number(value):
    if type(value) is tuple:
        return all(map(is_number, value))
    return isinstance(value, (bool, int, float, np.generic))


def njit(function, **options):
    def kernel(*arguments):
        outer, here.depth = getattr(here, "depth", 0), 1
        try:
            value = function(*arguments)
        finally:
            here.depth = outer
        new = isinstance(value, np.ndarray) and not any(value is each for each in arguments)
        if outer == 0 and not (value is None or new or is_number(value)):
            spoilt[function.__qualname__] = type(value).__name__
        return value

    return kernel


numba.njit = njit
import doors

warnings.simplefilter("ignore")
for door in doors.DOORS:
    door.result()
doors.otkit.transport(doors._problem()).sensitivity()
print(spoilt)
"""


def test_at_every_door_kernels_return_to_python_what_no_signal_can_spoil():
    """Kernels that Python comes to by other ways than their names, and arrays that were arguments."""
    run = subprocess.run(
        [sys.executable, "-c", EVERY_DOOR],
        check=True,
        capture_output=True,
        text=True,
        cwd=os.path.dirname(__file__),
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
    )
    assert run.stdout.strip() == "{}"


def test_threads_are_counted_within_a_block_and_as_before_after_it():
    before = thread_count()
    with threads(3):
        assert thread_count() == 3
        with threads(None):
            assert thread_count() == before
    assert thread_count() == before


@pytest.mark.parametrize("count", [0, -1, 1.5])
def test_threads_must_be_a_positive_integer(count):
    with pytest.raises(ValueError, match=f"threads must be a positive integer, but threads = {count}"), threads(count):
        pass


def test_shared_work_covers_every_block_once():
    seen = []
    with threads(3):
        share(lambda start, stop: seen.append((start, stop)), 10, 3, 8)
    assert sorted(seen) == [(0, 3), (3, 6), (6, 9), (9, 10)]


def test_an_error_in_one_block_reaches_the_caller():
    def work(start, stop):
        if start == 6:
            raise RuntimeError("block 6")

    with threads(2), pytest.raises(RuntimeError, match="block 6"):
        share(work, 10, 3, 8)
