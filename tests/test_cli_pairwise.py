"""`otkit pairwise`: the library's distances in a file, as JSON and as a tree, and one line for what is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from test_cli import answer, assert_refused, run

import otkit
from otkit.io import tables, writing

RNG = np.random.default_rng(0)
CLOUDS = [RNG.normal(size=(n, 2)) + [shift, 0.0] for n, shift in ((12, 0.0), (9, 0.2), (15, 4.0))]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder to work in, with a folder of three clouds in different formats."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clouds").mkdir()
    (tmp_path / "clouds" / "README.md").write_text("no points")
    for name, cloud in zip(("a.csv", "b.npy", "c.tsv"), CLOUDS, strict=True):
        writing.write_matrix(f"clouds/{name}", cloud)
    return tmp_path


def test_a_folder_gives_the_distances_of_the_library():
    expected = otkit.pairwise(CLOUDS, p=2, metric="cityblock")
    found = answer("pairwise", "clouds", "--out", "D.csv", "--p", "2", "--metric", "cityblock")
    assert found["files"] == ["a.csv", "b.npy", "c.tsv"]
    assert found["distances"] == expected.distances.tolist()
    assert (found["lower"], found["upper"]) == (expected.lower.tolist(), expected.upper.tolist())
    table = tables.read_table("D.csv")
    assert table.columns == ("a.csv", "b.npy", "c.tsv")
    assert np.array_equal(table.values, expected.distances)


def test_files_with_weights_and_names_that_occur_twice(folder):
    (folder / "more").mkdir()
    weighted = np.column_stack([CLOUDS[0], np.arange(1.0, 13.0)])
    for path in ("clouds/w.csv", "more/w.csv"):
        writing.write_matrix(path, weighted)
    found = answer("pairwise", "clouds/w.csv", "more/w.csv", "--weights", "3", "--out", "D.npz")
    assert found["distances"] == [[0.0, 0.0], [0.0, 0.0]]
    assert tables.read_table("D.npz").columns == ("w.csv", "w.csv (2)")


def test_histograms():
    for name, row in (("p.csv", [3, 1, 0]), ("q.csv", [1, 1, 2])):
        writing.write_matrix(name, [row])
    found = answer("pairwise", "p.csv", "q.csv", "--distance", "js")
    assert found["distances"][0][1] == otkit.js([3, 1, 0], [1, 1, 2])


def test_words_and_a_tree(folder):
    outcome = run("pairwise", "clouds", "--plot", "tree.png", "--jobs", "1")
    assert outcome.exit_code == 0, outcome.output
    assert "3 among 3 files" in outcome.stdout
    assert max(map(len, outcome.stdout.splitlines())) <= 80
    assert (folder / "tree.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("clouds/a.csv", "FILES must be two or more, or a folder of as many, but 1 was given"),
        ("clouds none.csv", "none.csv: there is no such file"),
        ("empty", "empty must hold files of points"),
        ("clouds line.csv", "line.csv"),
        ("clouds --distance enrgy", "Did you mean 'energy'?"),
        ("clouds --distance energy --p 2", "--p and --metric belong to wasserstein"),
        ("clouds --jobs 0", "n_jobs must be an integer of at least 1"),
        ("clouds --out D.docx", "must end in one of"),
        ("clouds --plot tree.docx", "must end in one of .png, .pdf, .svg"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(folder, arguments, message):
    (folder / "empty").mkdir()
    writing.write_matrix("line.csv", [[1.0], [2.0]])
    assert_refused(run("pairwise", *arguments.split()), message)
