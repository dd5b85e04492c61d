"""Files that are written: every format there and back with the same bits, and older files that stay whole."""

from __future__ import annotations

import os

import numpy as np
import pytest

from otkit.io import tables, writing
from otkit.io.atomic import replacing

FORMATS = ["csv", "tsv", "txt", "npy", "npz", "parquet", "pq"]

# Numbers that a careless writer or reader changes: many digits, subnormal, huge, signed zero.
AWKWARD = np.array([[0.1 + 0.2, 5e-324], [-0.0, 1.7976931348623157e308], [1e16 + 2, -1 / 3]])


def same_bits(left, right):
    return np.array_equal(left, right) and np.array_equal(np.signbit(left), np.signbit(right))


@pytest.mark.parametrize("suffix", FORMATS)
def test_matrix_comes_back_with_the_same_bits(tmp_path, suffix):
    path = tmp_path / f"matrix.{suffix}"
    writing.write_matrix(path, AWKWARD)
    assert same_bits(tables.read_matrix(path).values, AWKWARD)
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("suffix", FORMATS)
def test_named_columns_come_back_with_names_and_bits(tmp_path, suffix):
    path = tmp_path / f"plan.{suffix}"
    writing.write_table(path, {"row": np.array([0, 1, 7]), "mass": AWKWARD[:, 0]})
    table = tables.read_table(path)
    assert table.columns == ("row", "mass")
    assert same_bits(table.values, np.column_stack([[0, 1, 7], AWKWARD[:, 0]]))


@pytest.mark.parametrize("suffix", FORMATS)
def test_columns_may_be_called_as_arguments_are(tmp_path, suffix):
    path = tmp_path / f"plan.{suffix}"
    writing.write_table(path, {"file": np.array([1, 2]), "allow_pickle": np.array([0.5, 2.0])})
    assert tables.read_table(path).columns == ("file", "allow_pickle")


def test_no_pickle_is_written(tmp_path):
    with pytest.raises(ValueError, match="allow_pickle"):
        writing.write_table(tmp_path / "plan.npz", {"row": np.array([1, object()])})
    assert not list(tmp_path.iterdir())


def test_integers_are_written_as_integers(tmp_path):
    writing.write_table(tmp_path / "plan.csv", {"row": np.array([3, 2**60 + 1]), "mass": np.array([0.5, 2.0])})
    assert (tmp_path / "plan.csv").read_text() == f"row,mass\n3,0.5\n{2**60 + 1},2.0\n"


def test_long_files_are_written_in_blocks_without_a_seam(tmp_path):
    values = np.arange(3 * writing.ROWS_PER_WRITE + 5, dtype=float)
    writing.write_table(tmp_path / "long.csv", {"value": values})
    assert np.array_equal(tables.read_table(tmp_path / "long.csv")["value"], values)


def test_failing_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "plan.csv"
    path.write_text("old")

    def full_disk(place, *rest):
        place.write_text("half")
        raise OSError("No space left on device")

    monkeypatch.setattr(writing, "_write_text", full_disk)
    with pytest.raises(OSError, match="No space left"):
        writing.write_table(path, {"x": [1.0]})
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["plan.csv"]


def test_interrupted_block_leaves_nothing_behind(tmp_path):
    def stop(place):
        place.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "new.csv") as place:
        stop(place)
    assert os.listdir(tmp_path) == []


def test_replacing_keeps_permissions_and_links(tmp_path):
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    writing.write_matrix(link, [[1.0]])
    assert link.is_symlink()
    assert real.read_text() == "1.0\n"
    assert real.stat().st_mode & 0o777 == 0o640


def test_writing_to_a_device_does_not_replace_it():
    writing.write_matrix("/dev/null", [[1.0]])
    assert not os.path.isfile("/dev/null")


def test_places_that_cannot_be_written(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        writing.write_matrix(tmp_path / "none" / "plan.csv", [[1.0]])
    with pytest.raises(IsADirectoryError, match="is a folder"):
        writing.write_matrix(tmp_path, [[1.0]])
    with pytest.raises(ValueError, match=r"must end in one of \.csv, .*, but it ends in '\.xlsx'"):
        writing.write_matrix(tmp_path / "plan.xlsx", [[1.0]])
    assert os.listdir(tmp_path) == []


def test_columns_of_different_length_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"equal length, but their shapes are \{'a': \(1,\), 'b': \(2,\)\}"):
        writing.write_table(tmp_path / "plan.csv", {"a": [1], "b": [1, 2]})
    assert os.listdir(tmp_path) == []
