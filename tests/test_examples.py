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
