"""Exact answers are checked twice where that is cheap: on the command line, the page, in lessons, in duality."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from typer.testing import CliRunner
from zoo import ZOO

import otkit
from otkit.checker import second_check
from otkit.checker.second_check import WORDS, checked_twice
from otkit.cli import app
from otkit.optimal_transport.settings import Settings
from otkit.optimal_transport.solve import solve_problem
from otkit.page.answers import answer
from otkit.page.examples import examples
from otkit.page.town import read_town
from otkit.teaching import lessons


@pytest.mark.parametrize("name", [name for name, case in ZOO.items() if np.prod(case.make().shape) <= 400])
def test_what_is_exact_is_checked_twice(name):
    result = solve_problem(ZOO[name].make(), Settings(on_failure="return"))
    assert checked_twice(result.certificate) == (WORDS if result.certificate.proof == "exact" else "")


def test_what_is_not_exact_or_large_is_not(rng):
    x = rng.normal(size=(101, 2))
    assert checked_twice(otkit.wasserstein(x, x[:100] + 1.0).certificate) == ""
    assert checked_twice(otkit.wasserstein(x[:100], x[:100] + 1.0).certificate) == WORDS
    assert checked_twice(otkit.wasserstein(x[:9], x[9:20], proof="float").certificate) == ""
    assert checked_twice(otkit.wasserstein(x[:9], x[9:20], method="sinkhorn").certificate) == ""


@pytest.mark.parametrize("line", [False, True])
def test_a_fault_of_the_first_checker_is_seen(line, rng):
    x, y = rng.random((7, 1 if line else 2)), rng.random((5, 1 if line else 2))
    certificate = otkit.wasserstein(x, y).certificate
    assert checked_twice(certificate)
    evidence, value = certificate.evidence, certificate.value
    wrong = [
        {"value": float(np.nextafter(value, 2.0)), "upper": 2.0},
        {"lower": certificate.upper, "upper": float(np.nextafter(certificate.upper, 2.0))},
        {"lower": 0.0, "upper": certificate.lower},
        {"evidence": evidence._replace(rows=evidence.rows[1:], cols=evidence.cols[1:])},
        {"evidence": evidence._replace(cols=np.roll(evidence.cols, 1))},
    ]
    if certificate.lower == certificate.upper:
        del wrong[1:3]
    for change in wrong:
        with pytest.raises(otkit.ProofError):
            checked_twice(dataclasses.replace(certificate, **change))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savetxt("x.csv", [[0, 0], [1, 2], [4, 1]], delimiter=",")
    np.savetxt("y.csv", [[1, 0], [1, 1]], delimiter=",")
    return tmp_path


@pytest.mark.parametrize(
    "command",
    ["emd x.csv y.csv", "transport x.csv", "bakery", "verify x.csv y.csv", "emd x.csv y.csv --metric haversine"],
)
def test_the_command_says_so(command, folder, monkeypatch):
    for json_too in (False, True):
        done = CliRunner().invoke(app, [*command.split(), *(["--json"] if json_too else [])], env={"COLUMNS": "200"})
        assert done.exit_code == 0, done.output
        assert WORDS in done.stdout
    if command != "bakery":
        told = json.loads(done.stdout)
        assert told.get("certificate", told)["checked"] == WORDS
    monkeypatch.setattr(second_check, "LARGEST", 1)
    assert WORDS not in CliRunner().invoke(app, command.split(), env={"COLUMNS": "200"}).stdout


def test_the_page_the_lessons_and_the_duality_chain_say_so(monkeypatch):
    checked = []
    check = second_check.check
    monkeypatch.setattr(second_check, "check", lambda *given: checked.append(check(*given)) or checked[-1])
    town = read_town(examples()["notes"])
    assert answer(town)["optimum"]["certificate"]["checked"] == WORDS
    assert checked[-1].optimum == 1070
    assert lessons.bakery_assignment().proof == f"exactly, and checked {WORDS}"
    assert checked[-1].optimum == 64
    assert WORDS in str(lessons.parallel_lines([0.5]))
    assert checked[-1].optimum == 0.5
    assert WORDS in str(lessons.modes_of_convergence([2])[0])
    report = otkit.verify_duality(otkit.TransportProblem([[1, 2], [3, 1]], [2, 1], [1, 2]))
    assert checked[-1].optimum == 4
    assert report.rows[1].note == "exact, checked twice"
    assert str(report).endswith(f"\nchecked {WORDS}")
