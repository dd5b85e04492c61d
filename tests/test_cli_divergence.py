"""`otkit divergence`: the library's numbers in words and as JSON, and one line for what is wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest
from test_cli import answer, assert_refused, run

import otkit
from otkit.divergences.generators import GENERATORS
from otkit.io import writing

RNG = np.random.default_rng(0)
X, Y = RNG.normal(1.0, 1.0, (300, 2)), RNG.normal(0.0, 1.0, (250, 2))
P, Q = [3, 0, 1, 4], [1, 1, 2, 4]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder to work in, with two histograms and two sets of samples."""
    monkeypatch.chdir(tmp_path)
    writing.write_matrix("p.csv", np.array(P)[:, None])
    writing.write_matrix("q.csv", np.array(Q)[None, :])
    writing.write_matrix("x.csv", X)
    writing.write_matrix("y.npy", Y)
    return tmp_path


@pytest.mark.parametrize("name", GENERATORS)
def test_histograms_give_the_number_of_the_library(name):
    expected = otkit.f_divergence(name, P, Q)
    found = answer("divergence", name, "p.csv", "q.csv")
    value = float(found["value"])  # "inf" is a string in JSON
    assert value == expected.value
    assert found["error"] == expected.error
    assert (found["divergence"], found["kind"], found["bins"]) == (name, "exact", 4)
    assert found["detail"] == "p and q divided by their totals, 8 and 8"
    assert [float(end) for end in found["interval"]] == list(expected.interval())


def test_histograms_are_printed_with_their_rounding():
    shown = run("divergence", "kl", "p.csv", "q.csv").stdout
    assert f"{otkit.kl(P, Q):.12g}" in shown
    assert "from rounding" in shown
    assert "4 bins" in shown


def test_infinity_is_a_value():
    assert answer("divergence", "kl", "q.csv", "p.csv")["value"] == "inf"
    outcome = run("divergence", "kl", "q.csv", "p.csv")
    assert outcome.exit_code == 0
    assert "∞" in outcome.stdout
    assert "nan" not in outcome.stdout


def test_base_of_the_logarithm():
    assert answer("divergence", "js", "p.csv", "q.csv", "--base", "2")["value"] == otkit.js(P, Q, base=2)


def test_labelled_counts_meet_by_label(folder):
    (folder / "today.csv").write_text("bread,loaves\nrye,3\nspelt,1\n")
    (folder / "yesterday.csv").write_text("spelt,2\nwheat,2\n")
    found = answer("divergence", "js", "today.csv", "yesterday.csv")
    assert found["value"] == otkit.js({"rye": 3, "spelt": 1}, {"spelt": 2, "wheat": 2})
    assert found["bins"] == 3


@pytest.mark.parametrize("estimator", ["auto", "knn"])
def test_samples_give_the_estimate_of_the_library(estimator):
    expected = otkit.estimate_divergence("kl", X, Y, estimator=estimator, rng=0)
    found = answer("divergence", "kl", "x.csv", "y.npy", "--samples", "--estimator", estimator)
    assert (found["value"], found["error"], found["kind"]) == (expected.value, expected.error, "estimate")
    assert (found["n"], found["m"], found["dimension"]) == (300, 250, 2)
    assert found["detail"] == expected.detail
    low, high = found["interval"]
    assert low < found["value"] < high
    assert math.isclose(high - found["value"], 1.959964 * found["error"], rel_tol=1e-6)


def test_samples_are_printed_with_standard_error_and_interval():
    outcome = run("divergence", "kl", "x.csv", "y.npy", "--samples")
    assert outcome.exit_code == 0, outcome.output
    for words in ("standard error", "95 %", "300 points of P, 250 of Q, in dimension 2"):
        assert words in outcome.stdout
    again = run("divergence", "kl", "x.csv", "y.npy", "--samples", "--seed", "0")
    assert again.stdout == outcome.stdout


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("arguments", [("js", "p.csv", "q.csv"), ("js", "x.csv", "y.npy", "--samples")])
def test_nothing_is_wider_than_the_terminal_or_cut(arguments, columns):
    outcome = run("divergence", *arguments, columns=columns)
    assert outcome.exit_code == 0, outcome.output
    assert max(map(len, outcome.stdout.splitlines())) <= columns
    assert "…" not in outcome.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("kll p.csv q.csv", "Did you mean 'kl'?"),
        ("kl none.csv q.csv", "none.csv: there is no such file"),
        ("kl x.csv q.csv", "x.csv must hold one column or one row, but its shape is (300, 2)"),
        ("kl p.csv short.csv", "p and q must have the same length, but p has 4 entries and q has 3"),
        ("kl p.csv negative.csv", "q must be non-negative, but q[1] = -1.0"),
        ("kl p.csv zero.csv", "q must have a positive entry"),
        ("kl p.csv q.csv --estimator knn", "--estimator is for --samples"),
        ("kl x.csv short.csv --samples", "dimension"),
        ("kl x.csv y.npy --samples --estimator knnn", "Did you mean 'knn'?"),
        ("kl x.csv y.npy --samples --seed -1", "--seed"),
        ("tv p.csv q.csv --base 2", "base must be left out for tv"),
        ("kl x.csv y.npy --samples --base 2", "--base is for histograms"),
        ("kl p.csv", "Missing argument"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message):
    writing.write_matrix("short.csv", [[1], [2], [3]])
    writing.write_matrix("negative.csv", [[1], [-1], [3], [1]])
    writing.write_matrix("zero.csv", [[0], [0], [0], [0]])
    assert_refused(run("divergence", *arguments.split()), message)
