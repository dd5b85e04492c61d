"""Memory, file descriptors and threads stay what they are over many calls."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

linux = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")

CALLS = """
import gc, os, resource, sys, threading
from pathlib import Path

import numpy as np
import otkit

rng = np.random.default_rng(0)
size, calls = int(sys.argv[1]), int(sys.argv[2])
x, y, cost, h, k = rng.random((size, 2)), rng.random((size, 2)), rng.random((size, size)), *rng.random((2, size))
KINDS = (
    lambda: otkit.wasserstein(x, y),
    lambda: otkit.wasserstein(x[:, 0], y[:, 0]),
    lambda: otkit.transport(cost),
    lambda: otkit.transport(cost, h, h),
    lambda: otkit.kl(h, k),
)

def run(times):
    for call in range(times):
        KINDS[call % len(KINDS)]()

def held():
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize(), len(os.listdir("/proc/self/fd")), threading.active_count()

run(calls // 4)
before = held()
run(calls)
after = held()
print(*(now - then for now, then in zip(after, before)))
"""


def growth(size: int, calls: int) -> list[int]:
    """Return by how many bytes, file descriptors and threads a process grows over some calls."""
    run = subprocess.run(
        [sys.executable, "-c", CALLS, str(size), str(calls)],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return [int(number) for number in run.stdout.split()]


@linux
@pytest.mark.parametrize(
    ("size", "calls"),
    [(6, 1500), pytest.param(6, 20_000, marks=pytest.mark.slow), pytest.param(600, 200, marks=pytest.mark.slow)],
)
def test_nothing_grows(size, calls):
    """An array of 100 bytes lost by each of 20,000 calls, or one matrix of a large call, would be seen."""
    memory, descriptors, threads = growth(size, calls)
    assert memory < 2 * 2**20 if size == 6 else memory < 8 * size * size * 2
    assert descriptors == threads == 0
