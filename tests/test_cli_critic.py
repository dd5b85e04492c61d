"""`otkit critic`: the sandwich in words and as JSON, and one line for what is wrong."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from test_cli import answer, assert_refused, run

import otkit
from otkit.datasets import gaussians
from otkit.io import writing

pytest.importorskip("jax")

from otkit.neural import PRESETS

X, Y = gaussians(30, rng=0), gaussians(25, mean=[2, 0], rng=1)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder to work in, with two sets of points, and presets of few steps."""
    monkeypatch.chdir(tmp_path)
    writing.write_matrix("x.csv", X)
    writing.write_matrix("y.npy", Y)
    for name in ("one-sided", "groupsort"):
        quick = dataclasses.replace(PRESETS[name], steps=200, widths=(16, 16), learning_rate=2e-2)
        monkeypatch.setitem(PRESETS, name, quick)


def test_the_sandwich_as_json_and_in_words():
    exact = otkit.wasserstein(X, Y)
    found = answer("critic", "x.csv", "y.npy", "--constraint", "groupsort", "--constraint", "one-sided")
    assert found["holds"] is True
    assert found["exact"] == exact.value
    names = [row["name"] for row in found["rows"]]
    assert names[:3] == ["groupsort: raw", "groupsort: certified", "groupsort: c-transform"]
    assert names[-3:] == ["exact dual", "exact primal", "feasible plan"]
    lower = found["rows"][1]
    assert lower["role"] == "lower"
    assert 0.8 * exact.value < lower["value"] <= exact.value
    assert lower["error"] == pytest.approx(lower["value"] / exact.value - 1.0)
    shown = run("critic", "x.csv", "y.npy", "--constraint", "groupsort").stdout
    assert f"{lower['value']:.10g}" in shown  # the same seed gives the same critic
    assert "every lower bound ≤ exact ≤ every upper bound" in shown


def test_bad_input_ends_in_one_line(tmp_path):
    assert_refused(run("critic", "x.csv", "y.npy", "--constraint", "groupsrt"), "Did you mean 'groupsort'?")
    assert_refused(run("critic", "x.csv", "y.npy", "--metric", "sqeuclidean"), "metric must be a metric")
    np.save("one.npy", [[0.0, 0.0]])
    assert_refused(run("critic", "one.npy", "y.npy"), "x must hold at least two points")
