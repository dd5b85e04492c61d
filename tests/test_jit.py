"""What the one place that configures Numba promises."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import numba
import pytest

from otkit.costs.threads import share, thread_count, threads

compiled = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="about the compiler")


@compiled
def test_a_cached_kernel_is_not_used_once_another_file_that_it_rests_on_has_changed(tmp_path):
    """Numba alone would look at the kernel's own file only, and go on with the old arithmetic of the other.

    Or it would fail: here the type of the argument is gone from that file, too.
    """
    package = tmp_path / "otkit"
    package.mkdir()
    source = os.path.join(os.path.dirname(sys.modules["otkit"].__file__), "_jit.py")
    with open(source, encoding="utf-8") as file:
        (package / "_jit.py").write_text(file.read(), encoding="utf-8")
    (package / "__init__.py").touch()
    (package / "outer.py").write_text(
        textwrap.dedent(
            """
            from otkit._jit import njit
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

                from otkit._jit import njit

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
            env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(tmp_path)},
        )
        answers.append(int(run.stdout))
    assert answers == [11, 21]


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
