"""`otkit test`: the library's numbers in words and as JSON, and one line for what is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from test_cli import answer, assert_refused, run

import otkit
from otkit.io import writing

RNG = np.random.default_rng(0)
X, Y = RNG.normal(0.0, 1.0, (40, 1)), RNG.normal(1.0, 1.0, (30, 1))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder to work in, with two sets of points."""
    monkeypatch.chdir(tmp_path)
    writing.write_matrix("x.csv", X)
    writing.write_matrix("y.npy", Y)
    writing.write_matrix("big.npy", np.arange(120_000.0).reshape(60_000, 2))


@pytest.mark.parametrize("statistic", ["wasserstein", "energy", "mmd"])
def test_json_holds_the_numbers_of_the_library(statistic):
    expected = otkit.two_sample_test(X, Y, statistic=statistic, permutations=99, rng=3)
    found = answer("test", "x.csv", "y.npy", "--statistic", statistic, "--permutations", "99", "--seed", "3")
    assert (found["statistic"], found["pvalue"], found["effect"]) == (
        expected.statistic,
        expected.pvalue,
        expected.effect,
    )
    assert (found["permutations"], found["stopped"], found["n"], found["m"]) == (99, False, 40, 30)


def test_words():
    shown = run("test", "x.csv", "x.csv", "--stop-at-level", "0.05").stdout
    assert "of 999, decided" in shown
    assert "40 and 40 points in dimension 1" in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("x.csv none.csv", "none.csv: there is no such file"),
        ("x.csv y.npy --statistic wassersten", "Did you mean 'wasserstein'?"),
        ("x.csv y.npy --permutations 0", "permutations must be an integer of at least 1"),
        ("x.csv y.npy --stop-at-level 2", "stop_at_level must lie between 0 and 1"),
        ("big.npy big.npy", "max_seconds=… to wait for so long at most"),
        ("x.csv y.npy --max-seconds 0", "no permutation was drawn within max_seconds = 0"),
        ("x.csv y.npy --metric euclidian", "Did you mean 'euclidean'?"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message):
    assert_refused(run("test", *arguments.split()), message)
