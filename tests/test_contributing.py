"""The recipes of CONTRIBUTING.md are run as they stand there."""

from __future__ import annotations

import re
import sys
import types
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

import otkit
from otkit.checker import plans, spanning_tree
from otkit.costs import metrics
from otkit.divergences import generators
from otkit.solvers import candidate, monitor, registry

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text("utf-8")


def recipe(title: str) -> list[str]:
    """Return the code of a recipe."""
    section = re.search(rf"^### {title}\n(.*?)(?=^##)", TEXT, flags=re.MULTILINE | re.DOTALL)
    assert section is not None
    blocks = re.findall(r"^```python\n(.*?)^```", section[1], flags=re.MULTILINE | re.DOTALL)
    assert blocks
    assert all(len(block.splitlines()) <= 15 for block in blocks)
    return blocks


def public(*modules: types.ModuleType) -> dict[str, object]:
    """Return what the files that a recipe belongs to have at hand."""
    return {name: value for module in modules for name, value in vars(module).items() if not name.startswith("__")}


def test_add_a_metric(monkeypatch, rng):
    names = public(metrics) | {"__name__": "otkit.costs.metrics", "dataclass": dataclass}
    exec(recipe("Add a metric")[0], names)
    cost = names["Roots"]()
    monkeypatch.setitem(metrics._NAMED, cost.name, cost)
    x, y = rng.random((2, 12, 3))
    result = otkit.wasserstein(x, y, metric="roots")
    table = np.sqrt(((np.sqrt(x)[:, None] - np.sqrt(y)) ** 2).sum(axis=-1))
    assert result.certificate.proof == "exact"
    assert result.value == pytest.approx(table[linear_sum_assignment(table)].mean(), rel=1e-14)
    with pytest.raises(ValueError, match="must not be negative"):
        otkit.wasserstein(x - 1.0, y, metric="roots")


def test_add_a_solver(monkeypatch, rng):
    code, entry = recipe("Add a solver")
    module = types.ModuleType("otkit.solvers.corner")
    vars(module).update(public(candidate, monitor, plans, spanning_tree) | {"TransportProblem": otkit.TransportProblem})
    exec(code, vars(module))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    solver = eval(entry, vars(registry))
    monkeypatch.setitem(registry.SOLVERS, solver.name, solver)
    costs, (a, b) = rng.random((8, 8)), rng.multinomial(50, np.full(8, 1 / 8), 2) + 1.0
    result = otkit.transport(costs, a, b, method="corner")
    assert result.method == "corner"
    assert result.certificate.proof == "exact"
    assert result.value == otkit.transport(costs, a, b, method="lp").value
    rows, cols, mass = plans.north_west(a, b)
    assert result.value < costs[rows, cols] @ mass  # exact pivots have mended what it found


def test_add_a_divergence(monkeypatch, rng):
    divergence = eval(recipe("Add a divergence")[0], vars(generators))
    monkeypatch.setitem(generators.GENERATORS, divergence.name, divergence)
    p, q = rng.dirichlet(np.ones(6), size=2)
    assert float(otkit.f_divergence("triangular", p, q)) == pytest.approx((((p - q) ** 2) / (p + q)).sum(), rel=1e-13)
    u, t = np.linspace(0.0, 9.0, 400), np.linspace(-5.0, 1.0, 300)
    young = divergence.f(u)[:, None] + divergence.conjugate(t) - u[:, None] * t
    assert young.min() >= -1e-12
    attained = divergence.f(u) + divergence.conjugate(divergence.derivative(u)) - u * divergence.derivative(u)
    assert np.abs(attained).max() < 1e-12
    assert divergence.maximum == 2.0


def test_one_test_can_be_run_as_the_page_says():
    """The test that it names is there."""
    for path, name in re.findall(r"pytest (tests/\w+\.py)::(\w+)", TEXT):
        assert f"def {name}(" in (Path(__file__).parents[1] / path).read_text("utf-8")
