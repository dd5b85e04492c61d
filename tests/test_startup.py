"""Compiling ahead."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

import otkit
from otkit.cli import app
from otkit.startup import QUICK, names_of_calls

USUAL_CALLS = """
import numpy as np
import scipy.sparse
from numba.core import event

compiled = []

class Listener(event.Listener):
    def on_start(self, event):
        compiled.append(str(event.data["dispatcher"]))

    def on_end(self, event):
        pass

event.register("numba:compile", Listener())

import otkit

x, y = np.random.default_rng(1).normal(size=(2, 400, 3))
r = otkit.wasserstein(x, y, p=2)
otkit.wasserstein(x + 0.01, y, warm_start=r)
otkit.wasserstein(x[:50], y[:40], np.arange(50), np.ones(40), metric="cityblock")
otkit.wasserstein(x[:, 0], y[:, 0])
otkit.wasserstein(*np.random.default_rng(2).normal(size=(2, 1001, 2)))
otkit.wasserstein(*np.random.default_rng(3).normal(size=(2, 800, 12)))
otkit.transport(scipy.sparse.csr_array(np.eye(50) + (np.random.default_rng(4).random((50, 50)) < 0.1)))
tails = np.exp(-600.0 * np.random.default_rng(5).random((2, 400)))
line = np.sort(x[:, :1], axis=0) - np.sort(y[:, 0])
for cost in (np.random.default_rng(6).random((400, 400)), otkit.Euclidean().between(x, y), line**2):
    problem = otkit.TransportProblem(cost, *tails, probability=True)
    assert otkit.transport(problem).certificate.proof == "exact"
for kind in (np.float64, np.float32):
    for order in "CF":
        otkit.transport(np.asarray(r.problem.cost.dense(), dtype=kind, order=order))
for method in ("lp", "simplex", "assignment", "sinkhorn"):
    otkit.wasserstein(x[:90], y[:90], method=method, on_failure="return")
otkit.pairwise([x[:90], y[:40], y[:90]], metric="cityblock", threads=2)
otkit.pairwise(np.eye(5) + 1, np.ones((2, 4)), ground_cost=np.ones((5, 4)), p=2)
otkit.pairwise([x[:, 0], y[:, 1], y[:50, 2]], p=1.5)
otkit.nearest([x[:20], y[:30], y[:10]], k=1)
otkit.kl(np.ones((3, 1, 5)), np.arange(5)), otkit.js({"a": 1}, {"b": 2}), otkit.tv([1, 1e-310], [1e300, 1])
otkit.mmd(x[:50], y[:40], np.arange(50), kernel="laplace")
otkit.mmd(x[:50], y[:40], bandwidth=1.0, unbiased=True)
for d in (1, 2):
    otkit.energy_distance(x[:50, :d], y[:40, :d], np.arange(50))
print(compiled)
"""


def test_after_the_warmup_nothing_is_compiled():
    outcome = CliRunner().invoke(app, ["warmup"])
    assert outcome.exit_code == 0
    lines = outcome.stdout.splitlines()
    assert lines[-1].endswith(" s  in all")
    assert any(line.endswith(" s  large clouds") for line in lines)
    later = subprocess.run([sys.executable, "-c", USUAL_CALLS], capture_output=True, text=True, check=True)
    assert later.stdout == "[]\n"


def test_seconds_of_every_kind_and_of_the_quick_ones_in_this_process():
    told = []
    seconds = otkit.warmup(progress=told.append, quick=True, n_jobs=1)
    assert [f"{time:7.2f} s  {name}" for name, time in seconds.items()] == [each.text for each in told]
    assert list(seconds) == list(QUICK)
    assert set(QUICK) < set(names_of_calls())
    assert all(time > 0.0 for time in seconds.values())


def test_several_processes_make_each_call_once():
    told = []
    seconds = otkit.warmup(progress=told.append, quick=True, n_jobs=2)
    assert sorted(each.text.partition(" s  ")[2] for each in told) == sorted(seconds) == sorted(QUICK)


def test_calls_of_a_process_that_ends_are_made_here(monkeypatch, tmp_path):
    broken = tmp_path / "python3"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    assert sorted(otkit.warmup(quick=True, n_jobs=2)) == sorted(QUICK)


def test_jobs_are_a_positive_number():
    with pytest.raises(ValueError, match="n_jobs must be an integer of at least 1, but n_jobs = 0"):
        otkit.warmup(n_jobs=0)
