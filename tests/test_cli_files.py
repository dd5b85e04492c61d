"""What commands do with files: the same options, what was read, standard input, and terminals that stay whole."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import traceback
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_cli import answer, assert_refused, run
from typer.testing import CliRunner

import otkit
from otkit.cli import app

RNG = np.random.default_rng(0)
TAKE_FILES = [
    "emd",
    "transport",
    "bottleneck",
    "verify",
    "compare",
    "divergence",
    "pairwise",
    "test",
    "critic",
    "train",
    "certify",
    "drift",
]
OPTIONS = ["--sep", "--decimal", "--comment", "--header", "--columns", "--labels", "--drop-missing", "--standardize"]
# What a command does not list, and says why not where it is given.
REFUSED = {
    "drift": {"--drop-missing": "missing values are counted", "--standardize": "effects are in standard deviations"},
    "transport": {"--standardize": "divides coordinates of points"},
    "certify": {"--standardize": "divides coordinates of points"},
    "train": {"--standardize": "in the units of the data"},
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(**files):
    for name, text in files.items():
        Path(f"{name}.csv").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("command", TAKE_FILES)
def test_every_command_that_reads_files_has_the_same_options(command):
    text = run(command, "--help", columns=200).stdout
    assert {option for option in OPTIONS if option not in text} == set(REFUSED.get(command, ()))
    for option, reason in REFUSED.get(command, {}).items():
        assert_refused(run(command, *(["x.csv"] if command == "train" else ["x.csv", "y.csv"]), option), reason)


def test_no_command_was_forgotten():
    without = {"bakery", "warmup"}
    commands = {command.name for command in app.registered_commands}
    assert commands - without == set(TAKE_FILES)


GERMAN = ";alter;einkommen;gewicht\n0;30,5;1000;1\n1;40;2000,5;2\n2;50;NA;3\n"


def test_what_was_read_is_said_in_words_and_in_json(folder):
    write(x=GERMAN, y="alter\teinkommen\n30,5\t1000\n")
    how = ["emd", "x.csv", "y.csv", "--weights-x", "gewicht", "--drop-missing"]
    outcome = run(*how)
    said = " ".join(outcome.stdout.split())
    assert (
        "x.csv: 2 rows of alter, einkommen (numbers); weights: gewicht; separated by semicolons, decimal commas" in said
    )
    assert "column 1 without a name left out: an index; 1 of 3 rows dropped: a value is missing" in said
    x, y = answer(*how)["files"]
    assert (x["path"], x["rows"], x["columns"], x["dropped"]) == ("x.csv", 2, ["alter", "einkommen"], 1)
    assert "separated by tabs" in y["said"][1]
    expected = otkit.wasserstein([[30.5, 1000], [40, 2000.5]], [[30.5, 1000]], [1, 2])
    assert answer(*how)["distance"] == expected.distance
    assert_refused(run("emd", "x.csv", "y.csv"), "x.csv: line 4, column 3 (einkommen) must be finite, but it is 'NA'")


def test_options_of_files_reach_them(folder):
    write(x="# a\n1|5|a\n2|7|b\n", y="1,5\n2,5\n")
    how = ["--sep", "|", "--comment", "#", "--columns", "2,1", "--no-header"]
    found = answer("emd", "x.csv", "x.csv", *how)
    assert found["value"] == 0.0
    assert found["files"][0]["left_out"] == ["column 3"]
    assert answer("emd", "y.csv", "y.csv", "--decimal", ",")["files"][0]["said"][0] == "2 rows of 1 column (numbers)"
    assert_refused(run("emd", "y.csv", "y.csv"), "Say which: --sep , or --decimal ,")


def test_standard_input(folder):
    write(y="x\n1.5\n2.5\n")
    outcome = CliRunner().invoke(app, ["emd", "-", "y.csv", "--json"], input="x\n0.5\n1.5\n", prog_name="otkit")
    assert json.loads(outcome.stdout)["distance"] == 1.0
    assert json.loads(outcome.stdout)["files"][0]["path"] == "standard input"
    assert_refused(run("emd", "-", "-"), "standard input can be read once")
    assert_refused(run("pairwise", "-", "y.csv", "-"), "standard input can be read once")


ROWS = {"age": [30.0, 40.5, 50.0], "income": [1000.0, 2000.0, 3500.0]}


@pytest.mark.parametrize(
    "command",
    [
        "emd x.csv y.csv",
        "bottleneck x.csv y.csv",
        "verify x.csv y.csv",
        "compare x.csv y.csv",
        "test x.csv y.csv --permutations 9",
        "divergence js x.csv y.csv --samples",
        "pairwise x.csv y.csv",
    ],
)
def test_columns_are_matched_by_name_or_the_names_listed(folder, command):
    lines = [f"{age};{income}".replace(".", ",") for age, income in zip(*ROWS.values(), strict=True)] * 4
    write(x="age;income\n" + "\n".join(lines), z="age;height\n" + "\n".join(lines))
    swapped = [",".join(map(str, row)) for row in zip(ROWS["income"], ROWS["age"], strict=True)] * 4
    write(y="income,age\n" + "\n".join(swapped))
    outcome = run(*command.split())
    assert outcome.exit_code == 0, outcome.output
    assert "columns matched by name: age, income" in " ".join(outcome.stdout.split())
    found = answer(*command.split())
    said = [*found.get("data", []), found.get("detail", "")]
    assert any("columns matched by name: age, income" in note for note in said)
    if "value" in found and "--samples" not in command:
        assert found["value"] == 0.0
    refused = run(*command.replace("y.csv", "z.csv").split())
    assert refused.exit_code == 2, refused.output
    assert "height" in refused.stderr
    assert "income" in refused.stderr


def unlike(seed, names):
    """Return a file whose columns differ in unit, in some order."""
    rng = np.random.default_rng(seed)
    columns = {"age": rng.normal(40, 12, 9), "income": rng.normal(30_000, 9000, 9), "day": np.arange(9) * 2}
    columns["day"] = np.datetime64("2024-01-01") + columns["day"]
    rows = zip(*(columns[name].tolist() for name in names), strict=True)
    return "\n".join(",".join(map(str, row)) for row in [names, *rows]) + "\n"


@pytest.mark.parametrize(
    "command",
    [
        "emd x.csv y.csv",
        "bottleneck x.csv y.csv",
        "verify x.csv y.csv",
        "compare x.csv y.csv",
        "test x.csv y.csv --permutations 9",
        "divergence js x.csv y.csv --samples",
        "pairwise x.csv y.csv",
    ],
)
def test_columns_are_divided_by_their_spread_over_all_files(folder, command):
    """By hand and by the option: the same answer; and without it, that one column has nearly all the variance."""
    write(x=unlike(0, ["age", "income", "day"]), y=unlike(1, ["income", "day", "age"]))
    x, y = read_frame("x.csv"), read_frame("y.csv")[["age", "income", "day"]]
    both = np.concatenate([x, y])
    np.savetxt("u.csv", x / both.std(axis=0), delimiter=",", fmt="%.17g", header="age,income,day", comments="")
    np.savetxt("v.csv", y / both.std(axis=0), delimiter=",", fmt="%.17g", header="age,income,day", comments="")
    found = answer(*command.split(), "--standardize")
    expected = answer(*command.replace("x.csv", "u.csv").replace("y.csv", "v.csv").split())
    if "rows" in found:  # verify has a row for each side of the duality
        found, expected = ({"value": report["rows"][0]["value"]} for report in (found, expected))
    compared = {"distance", "lower", "statistic", "value", "distances"} & set(found)
    assert compared
    for name in compared:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-9, atol=1e-12)
    said = " ".join(run(*command.split(), "--standardize").stdout.split())
    assert f"in standard deviations over both files: age {both.std(axis=0)[0]:.6g}, income" in said, said
    plain = " ".join(run(*command.split()).stdout.split())
    assert "day has over 99.9 % of the variance; --standardize gives each the same" in plain, plain


def read_frame(path):
    frame = pd.read_csv(path)
    seconds = (pd.to_datetime(frame["day"]) - pd.Timestamp("2024-01-01")).dt.total_seconds()
    return frame.assign(day=seconds)


def test_standard_deviations_count_weights_and_leave_constant_columns(folder):
    write(x="a,b,w\n0,5,1\n4,5,3\n", y="a,b,w\n2,5,1\n")
    said = answer("emd", "x.csv", "y.csv", "--weights", "w", "--standardize")["files"][0]["said"][-1]
    values, weights = np.array([0.0, 4.0, 2.0]), np.array([0.5, 1.5, 1.0])  # each file counts its rows
    spread = np.sqrt(np.average((values - np.average(values, weights=weights)) ** 2, weights=weights))
    assert said == f"in standard deviations over both files: a {spread:.6g}"
    assert_refused(
        run("emd", "x.csv", "y.csv", "--metric", "cosine", "--standardize"), "--standardize is for distances"
    )
    assert_refused(run("divergence", "js", "x.csv", "y.csv", "--standardize"), "--standardize has no place here")


def test_a_column_that_is_not_there_is_named_with_the_one_that_was_meant(folder):
    write(x="age,income,city\n1,2,Bonn\n3,4,Rom\n", y="1,2\n")
    message = "x.csv has columns named age, income, city or numbered 1 to 3, but column 'Incom' was asked for."
    assert_refused(run("emd", "x.csv", "x.csv", "--columns", "Incom"), f"{message} Did you mean 'income'?")
    assert_refused(run("emd", "x.csv", "x.csv"), "Leave this column out (--columns age,income has none such)")


def test_words_instead_of_masses_are_answered_with_what_compares_words(folder):
    write(x="city,n\nBonn,1\nRom,2\n")
    message = (
        "x.csv must hold masses, but city holds words. How often each occurs in two files is compared by otkit drift"
    )
    assert_refused(run("divergence", "js", "x.csv", "x.csv", "--columns", "city"), message)


def test_masses_are_matched_to_a_matrix_by_label(folder):
    write(
        cost=",here,there\nrye,1,2\nspelt,3,5\n",
        a="bread,n\nspelt,3\nrye,1\n",
        b="there,here\n3,1\n",
        c="bread,n\nspelt,3\nwheat,1\n",
        plain="1,2\n3,5\n",
    )
    expected = otkit.transport([[1, 2], [3, 5]], [1, 3], [1, 3]).value
    found = answer("transport", "cost.csv", "a.csv", "b.csv")
    assert found["value"] == expected
    assert found["data"] == [
        "a.csv matched to the rows of cost.csv by label",
        "b.csv matched to the columns of cost.csv by label",
    ]
    assert run("transport", "cost.csv", "a.csv", "b.csv", "--save", "r.npz").exit_code == 0
    problem = otkit.load("r.npz").problem
    assert (list(problem.row_labels), list(problem.col_labels)) == (["rye", "spelt"], ["here", "there"])
    message = "but there are 'wheat' only in c.csv and 'rye' only in the rows of cost.csv. Each label"
    assert_refused(run("transport", "cost.csv", "c.csv", "b.csv"), message)
    write(twice="bread,n\nspelt,3\nrye,1\nrye,1\n")
    assert_refused(run("transport", "cost.csv", "twice.csv", "b.csv"), "'rye'")
    assert "labels of a.csv not used" in " ".join(run("transport", "plain.csv", "a.csv", "b.csv").stdout.split())


def test_columns_of_samples_are_no_histograms(folder):
    np.savetxt("x.csv", RNG.normal(100, 15, size=200))
    np.savetxt("y.csv", RNG.normal(110, 15, size=200))
    outcome = run("divergence", "js", "x.csv", "y.csv")
    assert_refused(outcome, "x.csv must hold masses of bins, but its column of 200 different numbers")
    assert "--samples" in outcome.stderr
    assert_refused(run("pairwise", "--distance", "js", "x.csv", "y.csv"), "otkit divergence --samples")
    masses = np.loadtxt("x.csv"), np.loadtxt("y.csv")
    assert answer("divergence", "js", "x.csv", "y.csv", "--masses")["value"] == otkit.js(*masses)
    assert answer("divergence", "js", "x.csv", "y.csv", "--samples")["n"] == 200


@pytest.mark.parametrize(
    "masses",
    [RNG.dirichlet(np.ones(50)), 100 * RNG.dirichlet(np.ones(50)), RNG.poisson(3.0, 50), [0.5, 2.5, 7.25]],
    ids=["shares", "percent", "counts", "few"],
)
def test_columns_of_masses_are_histograms(folder, masses):
    np.savetxt("x.csv", masses)
    np.savetxt("y.csv", np.array(masses)[::-1])
    assert answer("divergence", "js", "x.csv", "y.csv")["value"] == otkit.js(masses, np.array(masses)[::-1])


def test_labels_are_numbers_where_the_user_says_so(folder):
    write(p="year,n\n2020,5\n2021,7\n", q="year,n\n2021,14\n2020,10\n", r="count\n5\n7\n", s=",n\n1,7\n0,5\n")
    assert answer("divergence", "js", "p.csv", "q.csv", "--labels", "year")["value"] == 0.0
    assert_refused(run("divergence", "js", "p.csv", "q.csv"), "Choose a column with --columns, and one of labels")
    assert_refused(run("divergence", "js", "r.csv", "s.csv"), "labels")  # s is not in the order of its numbers
    write(s=",n\n0,5\n1,7\n")
    assert answer("divergence", "js", "r.csv", "s.csv")["value"] == 0.0


def test_pairwise_reads_what_divergence_reads(folder):
    write(p="bread,n\nrye,3\nspelt,1\n", q="bread,n\nspelt,3\nrye,9\n", r="bread,n\nspelt,1\nwheat,1\n")
    found = answer("pairwise", "--distance", "js", "p.csv", "q.csv", "r.csv")["distances"]
    assert found[0][1] == 0.0
    assert found[0][2] == pytest.approx(answer("divergence", "js", "p.csv", "r.csv")["value"], rel=1e-12)


def test_nothing_from_a_file_steers_the_terminal(folder):
    write(x="a\x1b[31m,b\u202e\n1,2\n3,4\n", y="b\n1\n\x9b31mred\n")
    Path("z\x1b]0;title\x07.csv").write_text("a,b\n1,2\n3,x\n")
    shown = [run("emd", "x.csv", "x.csv"), run("emd", "y.csv", "x.csv"), run("emd", "z\x1b]0;title\x07.csv", "x.csv")]
    shown += [run("emd", "x.csv", "x.csv", "--weights", "\x1b[2J"), run("emd", "x.csv", "x.csv", "--json")]
    assert [outcome.exit_code for outcome in shown] == [0, 2, 2, 2, 0]
    for outcome in shown:
        assert all(char == "\n" or char.isprintable() for char in outcome.output), outcome.output
    assert "a\\x1b[31m" in shown[0].stdout


@pytest.mark.parametrize("name", ["InfeasibleError", "NotConvergedError", "CacheError"])
def test_errors_go_by_their_public_names(name):
    error = getattr(otkit, name)
    assert inspect.isclass(error)
    shown = traceback.format_exception_only(error, error.__new__(error))[-1]
    assert shown.startswith(f"otkit.{name}")


def test_help_loads_nothing_heavy():
    code = "import sys\nfrom otkit.cli import app\nprint([m for m in ('numpy', 'scipy', 'numba') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
