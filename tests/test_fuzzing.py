"""Damaged and forged files of all formats: no crash, no wrong statement, no exception that is not documented."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from fuzzing import FORMATS, fuzz

PROGRAM = Path(__file__).with_name("fuzzing.py")


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_few_hundred_damaged_files(kind):
    outcomes = fuzz(kind, seed=1, count=300)
    assert outcomes.total() == 300
    assert outcomes["refused"] > 30 or kind == "blocks"  # what is damaged there is done again
    assert outcomes["loaded"] > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "batches"), [("results", 15), ("problems", 10), ("proofs", 15), ("blocks", 5), ("tables", 10)]
)
def test_a_hundred_thousand_damaged_files(kind, batches):
    """In processes of their own, so that a crash of one is seen, with limits of memory and time."""
    outcomes: Counter[str] = Counter()
    for seed in range(batches):
        command = [sys.executable, "-W", "ignore", str(PROGRAM), kind, str(1000 + seed), "2000"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=3600)
        assert done.returncode == 0, (seed, done.returncode, done.stderr[-3000:])
        outcomes.update(json.loads(done.stdout))
    assert outcomes.total() == 2000 * batches
    print(kind, dict(outcomes))
