"""The table of solvers, and what is written elsewhere about them."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import get_args

import numpy as np
import pytest

import otkit
from otkit.optimal_transport import unbalanced
from otkit.solvers.candidate import Candidate
from otkit.solvers.registry import SOLVERS, Method, Solver

SQUARE = otkit.TransportProblem(np.random.default_rng(0).random((6, 6)))
ROOT = Path(__file__).parents[1]


def test_what_is_written_out_follows_the_table():
    assert get_args(Method) == ("auto", *SOLVERS)
    assert set(get_args(unbalanced.AnyProblemMethod)) == {"auto"} | {s.name for s in SOLVERS.values() if s.sparse}
    listed = re.search(r"method : \{(.*?)\}", otkit.wasserstein.__doc__)
    assert listed
    assert listed[1] == ", ".join(f'"{name}"' for name in ("auto", *SOLVERS))
    page = (ROOT / "docs" / "how-to" / "which-method.md").read_text(encoding="utf-8")
    assert [name for name in SOLVERS if f'`"{name}"`' not in page] == []


@pytest.mark.parametrize("solver", SOLVERS.values(), ids=SOLVERS)
def test_options_are_public_and_of_one_solver(solver):
    if not solver.options:
        return
    kind = getattr(otkit, solver.options)
    assert kind.__module__ == solver.module
    assert [other.name for other in SOLVERS.values() if other.options == solver.options] == [solver.name]


def test_a_solver_is_registered_by_one_entry(monkeypatch):
    """One that ships along the diagonal, as it is registered, asked for, judged and refused."""
    module = ModuleType("diagonal")

    def solve(problem, options, monitor):
        every = np.arange(problem.shape[0])
        return Candidate(every, every, problem.supply.copy(), np.zeros(every.size), np.zeros(every.size))

    module.solve = solve
    monkeypatch.setitem(sys.modules, "diagonal", module)
    square = Solver("diagonal", "diagonal", suits=lambda problem: problem.shape == (6, 6), needs="6 × 6 pairs")
    monkeypatch.setitem(SOLVERS, "diagonal", square)
    with pytest.raises(otkit.NotConvergedError, match="method='diagonal': answer is not proved optimal"):
        otkit.transport(SQUARE, method="diagonal")
    cheap = np.where(np.eye(6) > 0.0, 0.0, 1.0)
    assert otkit.transport(cheap, method="diagonal").value == 0.0
    with pytest.raises(ValueError, match=r"must not be 'diagonal' for this problem of 2 × 2 pairs: it needs 6 × 6"):
        otkit.transport([[0, 1], [1, 0]], method="diagonal")
    assert "otkit diagonal" in str(otkit.compare(SQUARE))
