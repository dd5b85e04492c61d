"""The command as people run it: answers on stdout, one line on stderr for what is wrong, and the exit code."""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib.metadata import entry_points
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from typer.testing import CliRunner

import otkit
from otkit.cli import app
from otkit.datasets import bakery, manhattan
from otkit.io import tables, writing
from otkit.optimal_transport import solve
from otkit.solvers import waiting
from otkit.solvers.candidate import SolverStats
from otkit.solvers.registry import SOLVERS

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 2)), RNG.normal(size=(9, 2)) + 1.0
WEIGHTS = RNG.random(12)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, with points, weights, a line and the bakery."""
    monkeypatch.chdir(tmp_path)
    # Left out of `compare`: it takes the longest.
    monkeypatch.setitem(SOLVERS, "sinkhorn", dataclasses.replace(SOLVERS["sinkhorn"], largest=0.0))
    writing.write_matrix("x.csv", X)
    writing.write_matrix("y.csv", Y)
    writing.write_table("weighted.csv", {"u": X[:, 0], "loaves": WEIGHTS, "v": X[:, 1]})
    writing.write_matrix("line_x.npy", X[:, :1])
    writing.write_matrix("line_y.npy", Y[:, :1])
    bread = bakery()
    writing.write_matrix("cost.csv", bread.cost)
    writing.write_matrix("supply.csv", bread.supply[:, None])
    writing.write_matrix("demand.csv", bread.demand[None, :])
    return tmp_path


def run(*arguments, columns=80):
    return CliRunner().invoke(app, [str(a) for a in arguments], env={"COLUMNS": str(columns)}, prog_name="otkit")


def answer(*arguments):
    """Run a command that must succeed and say nothing but its JSON object."""
    outcome = run(*arguments, "--json")
    assert outcome.exit_code == 0, outcome.output
    assert outcome.stdout.count("\n") == 1
    return json.loads(outcome.stdout, parse_constant=pytest.fail)


def assert_refused(outcome, message, code=2):
    """One line on stderr, nothing on stdout, and no traceback."""
    assert outcome.exit_code == code, outcome.output
    assert outcome.stdout == ""
    assert outcome.stderr.startswith("otkit: ")
    assert outcome.stderr.count("\n") == 1
    assert message in outcome.stderr


# --- certify ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def proofs(folder):
    """A result with its proof, and a proof that masses do not balance; more files than `folder` has."""
    result = otkit.transport(bakery().cost, bakery().supply, bakery().demand)
    result.save("result.npz")
    result.certificate.save("proof.json")
    writing.write_matrix("less.csv", bakery().supply[:, None] - 1)
    with pytest.raises(otkit.InfeasibleError) as caught:
        otkit.transport(bakery().cost, bakery().supply - 1, bakery().demand)
    caught.value.save("totals.json")


def test_certify_says_what_is_proved(proofs):
    result = run("certify", "result.npz", "proof.json")
    assert result.exit_code == 0, result.output
    assert "OPT = 1070.0, exact up to this one rounding, for costs as given" in " ".join(result.stdout.split())
    assert "without a solver" in result.stdout
    said = answer("certify", "result.npz", "proof.json")
    assert said.pop("seconds") > 0
    assert said == {
        "statement": "OPT = 1070.0, exact up to this one rounding, for costs as given",
        "kind": "tree",
        "value": 1070.0,
        "exact": "0x42e/0x1",
        "n": 6,
        "m": 6,
    }


def test_certify_takes_a_matrix_with_its_masses(proofs):
    matrix = "certify", "cost.csv", "proof.json", "--a", "supply.csv", "--b", "demand.csv"
    assert answer(*matrix)["value"] == 1070.0
    totals = answer("certify", "cost.csv", "totals.json", "--a", "less.csv", "--b", "demand.csv")
    assert totals["statement"] == "no plan has row and column sums a, b (costs as given)"
    assert (totals["value"], totals["exact"], totals["kind"]) == (None, None, "totals")


def test_certify_refuses_a_proof_of_something_else(proofs):
    assert_refused(run("certify", "cost.csv", "proof.json"), "it is about other masses or costs", code=3)
    told = json.loads(Path("proof.json").read_text(encoding="utf-8"))
    told["arcs"][0] = [0, 5] if told["arcs"][0] != [0, 5] else [0, 4]
    Path("proof.json").write_text(json.dumps(told), encoding="utf-8")
    assert_refused(run("certify", "result.npz", "proof.json"), "The proof does not hold: ", code=3)


def test_certify_refuses_what_it_can_not_read(proofs):
    assert_refused(run("certify", "result.npz", "cost.csv"), "path must be a proof written by otkit")
    assert_refused(run("certify", "result.npz", "nowhere.json"), "nowhere.json")
    assert_refused(run("certify", "nowhere.npz", "proof.json"), "nowhere.npz: there is no such file")
    assert_refused(run("certify", "result.npz", "proof.json", "--a", "supply.csv"), "must be left out")
    Path("broken.npz").write_bytes(Path("result.npz").read_bytes()[:-40])
    assert_refused(run("certify", "broken.npz", "proof.json"), "broken.npz")
    assert_refused(run("certify", "cost.csv", "proof.json", "--a", "demand.npy"), "demand.npy")


def test_certify_runs_no_solver(proofs):
    code = (
        "import sys\nfrom otkit.cli import app\n"
        f"try: app(['certify', {str(Path('result.npz').resolve())!r}, {str(Path('proof.json').resolve())!r}])\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "print([name for name in sys.modules if name.startswith(('otkit.optimal_transport', 'scipy.optimize'))])"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=False)
    assert done.stdout.splitlines()[-1:] == ["[]"], done.stderr


def test_proofs_are_written_where_they_are_exact(proofs):
    outcome = run("transport", "cost.csv", "supply.csv", "demand.csv", "--proof", "again.json")
    assert outcome.stderr == "otkit: wrote again.json\n"
    assert answer("certify", "result.npz", "again.json")["value"] == 1070.0
    assert_refused(run("transport", "cost.csv", "--proof", "again.txt"), "again.txt must end in one of .json")


def test_the_proof_that_there_is_no_plan_is_written(proofs):
    masses = "cost.csv", "less.csv", "demand.csv"
    assert_refused(run("transport", *masses, "--proof", "none.json"), "must have equal totals")
    matrix = "certify", "cost.csv", "none.json", "--a", "less.csv", "--b", "demand.csv"
    assert answer(*matrix)["statement"].startswith("no plan has row and column sums a, b")


def test_bounds_are_no_proof_to_write(folder):
    outcome = run("emd", "x.csv", "y.csv", "--method", "sinkhorn", "--proof", "proof.json")
    assert outcome.exit_code in (2, 3)
    assert "\n" in outcome.stderr
    assert not (folder / "proof.json").exists()


# --- emd --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [1, 2, 1.5])
@pytest.mark.parametrize("metric", ["euclidean", "cityblock", "minkowski:3"])
def test_emd_is_the_distance_of_the_library(folder, p, metric):
    cost = otkit.Minkowski(3) if metric == "minkowski:3" else metric
    expected = otkit.wasserstein(X, Y, p=p, metric=cost)
    found = answer("emd", "x.csv", "y.csv", "--p", p, "--metric", metric)
    assert found["distance"] == expected.distance
    assert found["value"] == expected.value
    assert found["certificate"]["lower"] == expected.certificate.lower
    assert found["certificate"]["optimal"] is True
    assert (found["n"], found["m"], found["p"]) == (12, 9, p)
    assert found["seconds"] > 0


@pytest.mark.parametrize("suffix", ["csv", "tsv", "npy", "npz", "parquet"])
def test_every_format_gives_the_same_distance(folder, suffix):
    writing.write_matrix(f"points.{suffix}", X)
    assert answer("emd", f"points.{suffix}", "y.csv")["value"] == otkit.wasserstein(X, Y).value


@pytest.mark.parametrize("column", ["loaves", "2"])
def test_weights_come_from_a_column(folder, column):
    expected = otkit.wasserstein(X, Y, WEIGHTS)
    assert answer("emd", "weighted.csv", "y.csv", "--weights-x", column)["value"] == expected.value
    swapped = otkit.wasserstein(Y, X, None, WEIGHTS)
    assert answer("emd", "y.csv", "weighted.csv", "--weights-y", column)["value"] == swapped.value


def test_haversine_takes_degrees_and_gives_kilometres(folder):
    writing.write_matrix("paris.csv", [[48.8567, 2.3508]])
    writing.write_matrix("london.csv", [[51.5074, -0.1278]])
    assert answer("emd", "paris.csv", "london.csv", "--metric", "haversine")["distance"] == pytest.approx(
        343.5, abs=0.1
    )


def test_method_is_used(folder):
    assert answer("emd", "line_x.npy", "line_y.npy")["method"] == "line"
    assert answer("emd", "line_x.npy", "line_y.npy", "--method", "lp")["method"] == "lp"


def test_plan_file_is_the_plan(folder):
    outcome = run("emd", "x.csv", "y.csv", "--plan", "plan.csv")
    assert outcome.exit_code == 0
    assert outcome.stderr == "otkit: wrote plan.csv\n"
    table = tables.read_table("plan.csv")
    assert table.columns == ("row", "column", "mass")
    plan = np.zeros((12, 9))
    np.add.at(plan, (table.values[:, 0].astype(int), table.values[:, 1].astype(int)), table.values[:, 2])
    assert np.array_equal(plan, otkit.wasserstein(X, Y).plan.toarray())


def test_saved_result_is_whole(folder):
    assert run("emd", "x.csv", "y.csv", "--save", "r.npz").exit_code == 0
    expected = otkit.wasserstein(X, Y)
    result = otkit.load("r.npz")
    assert result.distance == expected.distance
    assert result.certificate == expected.certificate


@pytest.mark.parametrize(
    "arguments", [("emd", "x.csv", "y.csv"), ("emd", "line_x.npy", "line_y.npy"), ("transport", "cost.csv")]
)
@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_plot_is_a_picture(folder, arguments, suffix, start):
    outcome = run(*arguments, "--plot", f"plan.{suffix}")
    assert outcome.exit_code == 0, outcome.output
    assert (folder / f"plan.{suffix}").read_bytes().startswith(start)


def test_a_picture_is_called_by_its_files_and_says_what_it_shows(folder):
    assert run("emd", "x.csv", "y.csv", "--plot", "plan.svg").exit_code == 0
    picture = (folder / "plan.svg").read_text(encoding="utf-8")
    assert re.search(r"<dc:description>Transport plan from \d+ points \(x\) to \d+ points \(y\), .*</dc:desc", picture)


def test_a_picture_without_matplotlib_is_refused_before_the_work(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    outcome = run("emd", "x.csv", "y.csv", "--plot", "plan.png")
    needed = "otkit: Pictures need Matplotlib, but matplotlib is not installed: pip install matplotlib.\n"
    assert (outcome.exit_code, outcome.stdout, outcome.stderr) == (2, "", needed)
    assert run("emd", "x.csv", "y.csv").exit_code == 0


def test_points_in_three_dimensions_are_drawn_as_a_matrix(folder):
    writing.write_matrix("z.csv", RNG.normal(size=(5, 3)))
    assert run("emd", "z.csv", "z.csv", "--plot", "plan.png").exit_code == 0
    assert (folder / "plan.png").stat().st_size > 1000


# --- transport --------------------------------------------------------------------------------------------------------


def test_transport_ships_the_loaves(folder):
    found = answer("transport", "cost.csv", "supply.csv", "demand.csv")
    assert found["value"] == 1070
    assert found["certificate"]["lower"] == found["certificate"]["upper"] == 1070
    assert found["metric"] is None
    assert found["total"] == 100


def test_transport_without_masses_is_the_assignment(folder):
    assert answer("transport", "cost.csv")["value"] == 64


def test_unequal_loaves_are_refused_with_the_reason(folder):
    writing.write_matrix("demand.csv", [[3, 23, 18, 26, 16, 15]])
    assert_refused(run("transport", "cost.csv", "supply.csv", "demand.csv"), "Σa = 100.0 and Σb = 101.0")


# --- verify, compare, bakery ------------------------------------------------------------------------------------------


def test_verify_prints_the_duality_table(folder):
    expected = otkit.wasserstein(X, Y)
    rows = answer("verify", "x.csv", "y.csv")["rows"]
    by_name = {row["name"]: row for row in rows}
    for name in ("primal LP, refined", "dual LP, HiGHS", "Kantorovich-Rubinstein"):
        assert by_name[name]["value"] == pytest.approx(expected.value, rel=1e-7)
    assert all(abs(row["residual"]) < 1e-6 for row in rows)
    shown = run("verify", "x.csv", "y.csv").stdout
    assert all(row["name"] in shown for row in rows)


def test_verify_says_where_kantorovich_rubinstein_does_not_apply(folder):
    by_name = {row["name"]: row for row in answer("verify", "x.csv", "y.csv", "--p", "2")["rows"]}
    assert by_name["Kantorovich-Rubinstein"]["value"] is None
    assert "cost is no metric" in run("verify", "x.csv", "y.csv", "--p", "2").stdout


def test_compare_judges_every_solver(folder):
    found = answer("compare", "line_x.npy", "line_y.npy")
    by_name = {row["name"]: row for row in found["contenders"]}
    assert {"otkit line", "otkit lp", "SciPy wasserstein_distance", "SciPy linprog (HiGHS)"} <= by_name.keys()
    expected = otkit.wasserstein(X[:, 0], Y[:, 0]).value
    assert found["lower"] <= expected * (1 + 1e-15)
    assert expected * (1 - 1e-15) <= found["upper"]
    assert by_name["otkit line"]["certificate"]["optimal"]
    assert by_name["SciPy wasserstein_distance"]["certificate"] is None
    shown = run("compare", "line_x.npy", "line_y.npy", columns=120).stdout
    assert "SciPy linprog (HiGHS)" in shown


def test_bakery_shows_the_printed_65_beside_the_proved_64():
    outcome = run("bakery")
    assert outcome.exit_code == 0
    for fact in (
        "64 minutes",
        "65 minutes in the notes",
        "not optimal",
        "1070 minutes",
        "optimal, proved in exact arithmetic",
    ):
        assert fact in outcome.stdout
    found = answer("bakery")
    assert found["monge"]["certificate"]["lower"] == found["monge"]["value"] == 64
    assert found["monge_printed"]["value"] == 65
    assert found["monge_printed"]["optimal"] is False
    assert found["kantorovich"]["value"] == found["kantorovich_printed"]["value"] == 1070
    assert found["kantorovich_printed"]["optimal"] is True


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize(
    "arguments",
    [("bakery",), ("emd", "x.csv", "y.csv", "--p", "2"), ("compare", "x.csv", "y.csv"), ("verify", "x.csv", "y.csv")],
)
def test_nothing_is_wider_than_the_terminal_or_cut(folder, arguments, columns):
    outcome = run(*arguments, columns=columns)
    assert outcome.exit_code == 0, outcome.output
    assert max(map(len, outcome.stdout.splitlines())) <= columns
    assert "…" not in outcome.stdout


# --- failures ---------------------------------------------------------------------------------------------------------

TEXTS = {
    "empty.csv": "",
    "ragged.csv": "1,2\n3\n",
    "words.csv": "name,v\nCentral,2\n",
    "nan.csv": "1,2\n3,nan\n",
    "negative.csv": "u,v,w\n1,2,3\n4,5,-6\n",
    "zero.csv": "u,v,w\n1,2,0\n4,5,0\n",
    "poles.csv": "95,0\n1,1\n",
}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("emd none.csv y.csv", "none.csv: there is no such file"),
        ("emd . y.csv", "must be a file, but it is a folder"),
        ("emd empty.csv y.csv", "empty.csv is empty"),
        ("emd ragged.csv y.csv", "ragged.csv: line 2 must have as many columns as line 1, 2, but it has 1"),
        ("emd words.csv y.csv", "words.csv: line 2, column 1 (name) must be a number, but it is 'Central'"),
        ("emd nan.csv y.csv", "nan.csv: line 2, column 2 must be finite, but it is 'nan'"),
        ("emd line_x.npy y.csv", "same dimension, but x has 1 coordinates and y has 2"),
        ("emd negative.csv y.csv --weights-x w", "a must be non-negative, but a[1] = -6.0"),
        ("emd zero.csv y.csv --weights-x w", "a must have a positive entry"),
        ("emd x.csv y.csv --weights-x w", "x.csv has columns numbered 1 to 2, but column 'w' was asked for"),
        ("emd x.csv y.csv --metric euclid", "Did you mean 'euclidean'?"),
        ("emd x.csv y.csv --metric minkowski", "needs its order, as in minkowski:3"),
        ("emd x.csv y.csv --metric minkowski:x", "needs its order, as in minkowski:3"),
        ("emd x.csv y.csv --metric minkowski:0.5", "order must be at least 1"),
        ("emd poles.csv y.csv --metric haversine", "95"),
        ("emd x.csv y.csv --method simplx", "Did you mean 'simplex'?"),
        ("emd x.csv y.csv --method line", "line"),
        ("emd x.csv y.csv --p 0.5", "p must be a finite number of at least 1, but p = 0.5"),
        ("emd x.csv y.csv --p nan", "p must be a finite number of at least 1"),
        ("emd x.csv y.csv --p two", "'--p'"),
        ("emd x.csv y.csv --max-seconds -1", "--max-seconds"),
        ("emd x.csv", "Missing argument"),
        ("emd x.csv y.csv --colour red", "No such option"),
        ("emd x.csv y.csv --plan none/plan.csv", "there is no folder none"),
        ("emd x.csv y.csv --plan plan.xlsx", "plan.xlsx must end in one of .csv"),
        ("emd x.csv y.csv --plot plan", "plan must end in one of .png, .pdf, .svg"),
        ("emd x.csv y.csv --save r.pkl", "r.pkl must end in one of .npz"),
        ("transport none.csv", "none.csv: there is no such file"),
        ("transport cost.csv cost.csv", "cost.csv must hold one column or one row, but its shape is (6, 6)"),
        ("transport cost.csv line_x.npy", "a must have 6 entries, one for each point, but it has 12"),
        ("compare none.csv y.csv", "none.csv: there is no such file"),
        ("verify none.csv y.csv", "none.csv: there is no such file"),
        ("earth", "No such command 'earth'"),
        ("--colour", "No such option"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(folder, arguments, message):
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    before = sorted(os.listdir(folder))
    assert_refused(run(*arguments.split()), message)
    assert sorted(os.listdir(folder)) == before


def test_parquet_without_its_library_says_what_to_install(folder, monkeypatch):
    (folder / "x.parquet").write_text("")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert_refused(run("emd", "x.parquet", "y.csv"), 'pip install ".[tables]"')


def test_out_of_time_is_one_line_with_the_interval_and_exit_code_3(folder):
    writing.write_matrix("many.csv", RNG.normal(size=(150, 2)))
    writing.write_matrix("more.csv", RNG.normal(size=(140, 2)))
    outcome = run("emd", "many.csv", "more.csv", "--method", "lp", "--max-seconds", "0")
    assert_refused(outcome, "≤ OPT ≤", code=3)


def test_ctrl_c_between_solves_is_one_line_and_exit_code_130(folder, monkeypatch):
    def stopped(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(solve, "solve_problem", stopped)
    assert_refused(run("emd", "x.csv", "y.csv"), "interrupted", code=130)


def test_ctrl_c_within_a_solve_is_one_line_with_the_interval_and_exit_code_130(folder, monkeypatch):
    result = otkit.wasserstein(X, Y)
    candidate = dataclasses.replace(result.candidate, stats=SolverStats(status="interrupted"))
    unfinished = dataclasses.replace(result, candidate=candidate)

    def stopped(*arguments, **options):
        raise otkit.NotConvergedError(result.certificate.statement, unfinished)

    monkeypatch.setattr(solve, "solve_problem", stopped)
    assert_refused(run("emd", "x.csv", "y.csv"), result.certificate.statement, code=130)


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("otkit.optimal_transport.solve.solve_problem", AssertionError),
        ("otkit.optimal_transport.solve.solve_problem", RuntimeError),
        ("otkit.cli.distances.print_result", TypeError),
    ],
)
def test_fault_of_otkit_itself_shows_its_traceback(folder, monkeypatch, target, error):
    def broken(*arguments, **options):
        raise error("a bug")

    monkeypatch.setattr(target, broken)
    outcome = run("emd", "x.csv", "y.csv")
    assert isinstance(outcome.exception, error)


# --- the shell --------------------------------------------------------------------------------------------------------

COMMAND = [sys.executable, "-c", "from otkit.cli import main; main()"]


def shell(*arguments, **options):
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, encoding="utf-8", check=False, **options
    )


def test_console_entry_is_the_command():
    (entry,) = entry_points(group="console_scripts", name="otkit")
    assert entry.value == "otkit.cli:main"


def test_shell_run_with_a_map(folder):
    town = manhattan()
    for name, points, loaves in (("bakeries", town.bakeries, town.supply), ("cafes", town.cafes, town.demand)):
        writing.write_table(f"{name}.csv", {"east": points[:, 0], "south": points[:, 1], "loaves": loaves})
    weights = ["--weights-x", "loaves", "--weights-y", "loaves"]
    done = shell("emd", "bakeries.csv", "cafes.csv", *weights, "--json", "--plan", "plan.csv", cwd=folder)
    assert done.returncode == 0, done.stderr
    expected = otkit.wasserstein(town.bakeries, town.cafes, town.supply, town.demand)
    assert json.loads(done.stdout)["distance"] == expected.distance
    assert done.stderr == "otkit: wrote plan.csv\n"


def test_shell_run_with_a_missing_file(folder):
    done = shell("emd", "none.csv", "y.csv", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "otkit: none.csv: there is no such file.\n"


def test_shell_run_whose_terminal_knows_ascii_alone(folder):
    ascii_alone = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = shell("emd", "x.csv", "y.csv", "--method", "sinkhorn", cwd=folder, env=ascii_alone)
    assert done.returncode == 0, done.stderr
    assert "OPT" in done.stdout


def test_shell_run_whose_reader_leaves(folder):
    pipe = subprocess.Popen(
        [*COMMAND, "emd", "x.csv", "y.csv"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder
    )
    pipe.stdout.close()
    message = pipe.stderr.read()
    pipe.stderr.close()
    assert pipe.wait() != 0
    assert b"Traceback" not in message


def test_help_needs_no_solver_and_names_every_command():
    program = (
        "import sys; sys.argv = ['otkit', '--help']\n"
        "from otkit.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'numba', 'scipy', 'matplotlib', 'numpy'} & sys.modules.keys()), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stderr == "[]\n"
    for name in ("emd", "transport", "verify", "compare", "bakery", "warmup"):
        assert f" {name} " in done.stdout


def test_version():
    outcome = run("--version")
    assert (outcome.exit_code, outcome.stdout) == (0, f"otkit {otkit.__version__}\n")


def test_no_command_prints_the_help():
    outcome = run()
    assert outcome.exit_code == 0
    assert "Usage: otkit" in outcome.stdout


# --- waiting ----------------------------------------------------------------------------------------------------------


def test_nobody_waits_where_nobody_looks(capsys):
    with waiting.waiting("solving") as progress:
        assert progress is None
    assert capsys.readouterr().err == ""


def test_spinner_comes_after_a_while_and_goes(monkeypatch, capsys):
    from otkit.solvers.monitor import Progress

    monkeypatch.setattr(waiting, "SECONDS_OF_SILENCE", 0.05)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with waiting.waiting("solving") as progress:
        progress(Progress("round 3", 0.0, 1.5, 2.5))
        early = capsys.readouterr().err
        time.sleep(0.4)
    assert early == ""
    assert "solving: round 3  1.5 ≤ OPT ≤ 2.5" in capsys.readouterr().err


def test_ctrl_c_in_the_shell(folder):
    program = (
        "import time, otkit.optimal_transport.solve\n"
        "def endless(*arguments, **options):\n"
        "    print('started', flush=True)\n"
        "    time.sleep(600)\n"
        "otkit.optimal_transport.solve.solve_problem = endless\n"
        "from otkit.cli import main; main()"
    )
    arguments = [sys.executable, "-c", program, "emd", "x.csv", "y.csv"]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder)
    assert process.stdout.readline() == b"started\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err.replace(b"\r", b"")) == (130, b"", b"otkit: interrupted\n")


def test_columns_of_files_are_matched_by_name_and_it_is_said(tmp_path):
    for name, text in (("x", "age,income\n30,1000.5\n40,2000\n"), ("y", "income,age\n1000.5,30\n2000,41\n")):
        (tmp_path / f"{name}.csv").write_text(text)
    places = str(tmp_path / "x.csv"), str(tmp_path / "y.csv")
    found = json.loads(run("emd", *places, "--json").stdout)
    assert (found["distance"], found["data"]) == (0.5, ["columns matched by name: age, income"])
    for command in ("emd", "pairwise", "test"):
        assert "columns matched by name: age, income" in run(command, *places).stdout


@pytest.mark.parametrize("size", [1e-209, 1e209])
def test_powers_that_leave_float64_are_taken_in_a_unit_of_their_own(tmp_path, size):
    for name, rows in (("x", [[0, 0], [size, 0]]), ("y", [[0, size], [0, 0]])):
        writing.write_table(tmp_path / f"{name}.csv", dict(zip("uv", np.array(rows).T, strict=True)))
    found = json.loads(run("emd", tmp_path / "x.csv", tmp_path / "y.csv", "--p", "2", "--json").stdout)
    assert found["distance"] == pytest.approx(size, rel=1e-14)
    assert found["value"] is None


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("command", [each.name for each in app.registered_commands])
def test_help_shows_every_word(command, width):
    """Words in brackets among them, which Rich takes for markup."""
    function = next(each.callback for each in app.registered_commands if each.name == command)
    shown = re.sub(r"\W|_", "", run(command, "--help", columns=width).output)
    texts = [function.__doc__ or ""]
    for parameter in inspect.signature(function, eval_str=True).parameters.values():
        texts += [info.help for info in get_args(parameter.annotation)[1:] if not info.hidden]
    for word in re.findall(r"\[[^\]]*\]", " ".join(texts)):
        assert re.sub(r"\W|_", "", word) in shown, word
