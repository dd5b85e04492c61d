"""Signals at any moment: handlers that raise end the call, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SIGNALS = ("SIGINT", "SIGALRM", "SIGTERM")


def interrupted(*arguments: object) -> str:
    """Run signals.py; return what it says, which is "done" where nothing went wrong."""
    run = subprocess.run(
        [sys.executable, Path(__file__).with_name("signals.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert run.returncode == 0, f"{run.returncode} after {run.stderr[-2000:]}"
    return run.stdout.strip()


@pytest.mark.skipif(not hasattr(__import__("signal"), "setitimer"), reason="signals as on Unix")
@pytest.mark.parametrize("name", SIGNALS)
def test_signals_at_random_moments_of_small_problems(name):
    """What crashed one time in three when kernels returned named tuples."""
    assert interrupted(name, 150, 1, "20") == "done"


@pytest.mark.slow
@pytest.mark.parametrize("name", SIGNALS)
def test_signals_at_random_moments_of_every_call(name):
    assert interrupted(name, 600, 2) == "done"
