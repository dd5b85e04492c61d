"""The examples run, and what they show is so."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

import otkit

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_digits(tmp_path, capsys):
    """On a part of the digits: the share of neighbours that is printed is that of all pairs."""
    datasets = pytest.importorskip("sklearn.datasets")
    shares = runpy.run_path(str(EXAMPLES / "digits.py"))["main"](tmp_path, 250)
    ink, digit = (part[:250] for part in datasets.load_digits(return_X_y=True))
    pixels = np.stack(np.divmod(np.arange(64), 8), axis=1)
    apart = otkit.pairwise(ink, ground_cost=otkit.cost_matrix(pixels, pixels)).distances.copy()
    np.fill_diagonal(apart, np.inf)
    assert shares[0] == np.mean(digit[apart.argmin(axis=1)] == digit)
    assert min(shares) > 0.9
    assert "250 digits" in capsys.readouterr().out
    assert (tmp_path / "digits.png").exists()


SLOW = [pytest.param(name, 20, 0, marks=pytest.mark.slow) for name in ("generator_torch", "flow_matching")]


@pytest.mark.parametrize(
    ("name", "amount", "better"),
    [("gradient_flow", 60, -1), ("domain_adaptation", 60, 1), *SLOW],
)
def test_examples_in_pytorch(name, amount, better, tmp_path):
    """A few steps of each; what it returns last is better than what it returns first, where that shows so soon."""
    pytest.importorskip("torch", reason="an extra")
    found = runpy.run_path(str(EXAMPLES / f"{name}.py"))["main"](tmp_path, amount)
    assert better * (found[-1] - found[0]) >= 0.0
    assert len(list(tmp_path.glob("*.png"))) == 1


@pytest.mark.slow
def test_generator_in_jax(tmp_path):
    pytest.importorskip("equinox", reason="an extra")
    made, data = runpy.run_path(str(EXAMPLES / "generator_jax.py"))["main"](tmp_path, 20)
    assert made > data
    assert (tmp_path / "generator-jax.png").exists()
