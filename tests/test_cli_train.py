"""`otkit train`: samples in a file, replaced whole or not at all."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from otkit import neural
from otkit.cli import app
from otkit.io import tables, writing

pytest.importorskip("jax")

TINY = {"batch_size": 16, "width": 8, "depth": 1, "looks": 1}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in an empty folder, with models that train in a moment."""
    monkeypatch.chdir(tmp_path)
    gan, flow = neural.WGANGP, neural.Flow
    monkeypatch.setattr(neural, "WGANGP", lambda: gan(**TINY, critic_steps=1, latent=2))
    monkeypatch.setattr(neural, "Flow", lambda: flow(**TINY, couplings=2))
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments], env={"COLUMNS": "80"}, prog_name="otkit")


def test_samples_replace_an_older_file_and_come_back(folder):
    (folder / "samples.npz").write_text("an older file")
    arguments = ("train", "swiss-roll", "--model", "wgan-gp", "--rounds", 5, "--out", "samples.npz")
    outcome = run(*arguments, "--plot", "picture.png")
    assert outcome.exit_code == 0, outcome.output
    first = tables.read_table("samples.npz").values
    assert first.shape == (1000, 2)
    assert "exact, between fresh samples and held-out data" in outcome.stdout
    assert "wgan-gp, 5 rounds" in outcome.stdout
    assert "otkit: wrote samples.npz" in outcome.stderr
    assert (folder / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in folder.iterdir()) == ["picture.png", "samples.npz"]
    assert run(*arguments).exit_code == 0
    assert np.array_equal(tables.read_table("samples.npz").values, first)


def test_a_file_of_points_and_json(folder):
    writing.write_matrix("points.csv", np.random.default_rng(0).normal(size=(300, 3)))
    outcome = run("train", "points.csv", "--model", "flow", "--rounds", 4, "--samples", 7, "--out", "s.csv", "--json")
    assert outcome.exit_code == 0, outcome.output
    answer = json.loads(outcome.stdout, parse_constant=pytest.fail)
    assert answer["n"] == 300
    assert answer["history"]["rounds"] == [4]
    assert answer["distance"] == answer["history"]["wasserstein"][-1] > 0.0
    assert tables.read_table("s.csv").values.shape == (7, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("swiss-rol",), "Did you mean 'swiss-roll'?"),
        (("absent.csv",), "absent.csv: there is no such file."),
        (("swiss-roll", "--model", "wgangp"), "Did you mean 'wgan-gp'?"),
        (("swiss-roll", "--divergence", "kl"), "--divergence is for --model f-gan"),
        (("swiss-roll", "--model", "f-gan", "--divergence", "kll"), "Did you mean 'kl'?"),
        (("swiss-roll", "--out", "samples.doc"), "samples.doc must end in one of"),
        (("swiss-roll", "--plot", "picture.csv"), "picture.csv must end in one of .png, .pdf, .svg"),
        (("swiss-roll", "--rounds", "0"), "Invalid value for '--rounds'"),
    ],
)
def test_what_can_not_be_done_is_refused_before_training(folder, arguments, message):
    outcome = run("train", *arguments)
    assert outcome.exit_code == 2
    assert message in " ".join(outcome.stderr.split())
    assert outcome.stdout == ""
    assert outcome.stderr.count("\n") == 1
    assert list(folder.iterdir()) == []


def test_an_older_file_survives_a_failure(folder):
    older = folder / "samples.npz"
    older.write_text("an older file")
    writing.write_matrix("one.csv", np.zeros((1, 2)))
    assert run("train", "one.csv", "--out", "samples.npz").exit_code == 2
    assert older.read_text() == "an older file"
