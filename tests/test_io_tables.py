"""Files of numbers: every format there and back, and one clear message for each way a file can be wrong."""

from __future__ import annotations

import os
import sys
import threading

import numpy as np
import pytest

from otkit.io import tables
from otkit.io.atomic import replacing

FORMATS = ["csv", "tsv", "txt", "npy", "npz", "parquet", "pq"]

# Numbers that a careless writer or reader changes: many digits, subnormal, huge, signed zero.
AWKWARD = np.array([[0.1 + 0.2, 5e-324], [-0.0, 1.7976931348623157e308], [1e16 + 2, -1 / 3]])


def written(tmp_path, text, name="points.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def same_bits(left, right):
    return np.array_equal(left, right) and np.array_equal(np.signbit(left), np.signbit(right))


@pytest.mark.parametrize("suffix", FORMATS)
def test_matrix_comes_back_with_the_same_bits(tmp_path, suffix):
    path = tmp_path / f"matrix.{suffix}"
    tables.write_matrix(path, AWKWARD)
    assert same_bits(tables.read_matrix(path), AWKWARD)
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("suffix", FORMATS)
def test_named_columns_come_back_with_names_and_bits(tmp_path, suffix):
    path = tmp_path / f"plan.{suffix}"
    tables.write_table(path, {"row": np.array([0, 1, 7]), "mass": AWKWARD[:, 0]})
    table = tables.read_table(path)
    assert table.columns == ("row", "mass")
    assert same_bits(table.values, np.column_stack([[0, 1, 7], AWKWARD[:, 0]]))


def test_integers_are_written_as_integers(tmp_path):
    tables.write_table(tmp_path / "plan.csv", {"row": np.array([3, 2**60 + 1]), "mass": np.array([0.5, 2.0])})
    assert (tmp_path / "plan.csv").read_text() == f"row,mass\n3,0.5\n{2**60 + 1},2.0\n"


def test_long_files_are_written_in_blocks_without_a_seam(tmp_path):
    values = np.arange(3 * tables.ROWS_PER_WRITE + 5, dtype=float)
    tables.write_table(tmp_path / "long.csv", {"value": values})
    assert np.array_equal(tables.read_vector(tmp_path / "long.csv"), values)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("1,2\n3,4\n", ()),
        ("x,y\n1,2\n3,4\n", ("x", "y")),
        ('"x, in m","y"\n"1","2"\n3,4\n', ("x, in m", "y")),
        ("x;y\r\n1;2\r\n3;4", ("x", "y")),
        ("x\ty\n1\t2\n3\t4\n", ("x", "y")),
        ("x   y\n 1 2\n3    4\n", ("x", "y")),
        ("1 2\n\n\n3 4\n\n", ()),
        ("\ufeff1,2\n3,4\n", ()),
        ("\ufeffx,y\n1,2\n3,4\n", ("x", "y")),
        ("# made by hand\n# x,y\n1,2 # first\n3,4\n", ()),
        ("# made by hand\n\nx,y\n# and so on\n1,2\n3,4\n", ("x", "y")),
        ("lat,\n1,2\n3,4\n", ("lat", "")),
        ("x, y\n 1 , 2\n3, 4\n", ("x", "y")),
    ],
)
def test_separator_and_header_are_recognised(tmp_path, text, columns):
    values, names = tables.read_points(written(tmp_path, text))
    assert np.array_equal(values, [[1.0, 2.0], [3.0, 4.0]])
    assert names == columns


def test_single_column_with_a_header_of_two_words(tmp_path):
    table = tables.read_table(written(tmp_path, "loaves sold\n3\n4\n"))
    assert table.columns == ("loaves sold",)
    assert np.array_equal(table.values, [[3.0], [4.0]])


@pytest.mark.parametrize("text", ["24,9,3\n", "24\n9\n3\n", "loaves\n24\n9\n3\n", "24 9 3"])
def test_vector_may_stand_in_a_row_or_in_a_column(tmp_path, text):
    assert np.array_equal(tables.read_vector(written(tmp_path, text)), [24.0, 9.0, 3.0])


def test_vector_refuses_a_matrix(tmp_path):
    with pytest.raises(ValueError, match=r"one column or one row, but its shape is \(2, 2\)"):
        tables.read_vector(written(tmp_path, "1,2\n3,4\n"))


@pytest.mark.parametrize(
    "text", ["rye,3\nspelt,5\n", "bread,loaves\nrye,3\nspelt,5\n", "# sold\nrye 3\nspelt 5", '"rye"; 3\n"spelt"; 5\n']
)
def test_counts_may_have_labels(tmp_path, text):
    assert tables.read_counts(written(tmp_path, text)) == {"rye": 3.0, "spelt": 5.0}


@pytest.mark.parametrize("text", ["24,9\n", "24\n9\n", "loaves\n24\n9\n", "a,b\n24,9\n"])
def test_counts_without_labels_are_a_vector(tmp_path, text):
    assert np.array_equal(tables.read_counts(written(tmp_path, text)), [24.0, 9.0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rye,3\nrye,5\n", "line 2 has the label 'rye' a second time"),
        ("rye,3\nspelt,5\nwheat,many\n", "line 3 must have a finite number for 'wheat', but it has 'many'"),
        ("rye,3\nspelt,inf\n", "line 2 must have a finite number for 'spelt', but it has 'inf'"),
        ("rye,3\nspelt,5\nwheat\n", "line 3 must hold a label and a number, but it is 'wheat'"),
        ("1,2\n3,4\n", r"one column or one row, but its shape is \(2, 2\)"),
    ],
)
def test_counts_that_cannot_be_read_are_refused(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        tables.read_counts(written(tmp_path, text))


def test_reading_a_pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=("x,y\n1,2\n3,4\n",))
    writer.start()
    assert np.array_equal(tables.read_table(path).values, [[1.0, 2.0], [3.0, 4.0]])
    writer.join()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "points.csv is empty."),
        ("\n\n# nothing\n", "points.csv is empty."),
        ("x,y\n", "must hold numbers, but line 1 is all there is: 'x,y'."),
        ("1,2\n3\n", "line 2 must have as many columns as line 1, 2, but it has 1."),
        ("# c\n1 2\n\n3 4 5\n", "line 4 must have as many columns as line 2, 2, but it has 3."),
        ("x,y,z\n1,2\n", "line 2 must have as many columns as line 1, 3, but it has 2."),
        ("1,2,\n3,4,\n", "line 1, column 3 must be a number, but it is empty."),
        ("x,y\n1,2\n3,four\n", "line 3, column 2 (y) must be a number, but it is 'four'."),
        ("name,x\nCentral,2\n", "line 2, column 1 (name) must be a number, but it is 'Central'."),
        ("1,abc\n2,3\n", "line 1, column 2 must be a number, but it is 'abc'."),
        (",0,1\n0,5,6\n", "line 1, column 1 must be a number, but it is empty."),
        ("1,2\n3,nan\n", "line 2, column 2 must be finite, but it is 'nan'."),
        ("1\n2\n-inf\n", "line 3, column 1 must be finite, but it is '-inf'."),
        ("1,2\n3,1e999\n", "line 2, column 2 must be finite, but it is '1e999'."),
        ("x;y\n1,5;2,5\n", "line 2, column 1 (x) must be a number, but it is '1,5'. Write decimals with a point."),
        ("x,y\n1 2\n", "line 2 must have as many columns as line 1, 1, but it has 2."),
        ("1,2\n1_000,3\n", "line 2, column 1 must be a number, but it is '1_000'."),
    ],
)
def test_bad_text_is_refused_with_file_line_column_and_value(tmp_path, text, message):
    path = written(tmp_path, text)
    with pytest.raises(ValueError, match=r"points\.csv") as caught:
        tables.read_table(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no such file"):
        tables.read_points(tmp_path / "none.csv")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        tables.read_points(tmp_path)


def test_text_in_another_encoding_is_refused(tmp_path):
    with pytest.raises(ValueError, match="is not UTF-8 text"):
        tables.read_table(written(tmp_path, "größe\n1\n", encoding="latin-1"))


@pytest.mark.parametrize("name", ["points.npy", "points.npz", "points.parquet"])
def test_broken_binary_files_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match="is not a"):
        tables.read_table(written(tmp_path, "this is text", name))


@pytest.mark.parametrize(
    ("array", "error", "message"),
    [
        (np.array([[1.0, np.nan]]), ValueError, r"must be finite, but .*\[0, 1\] = nan"),
        (np.array([[1.0 + 1j]]), TypeError, "must be real"),
        (np.array(["a", "b"]), TypeError, "must be numeric"),
        (np.zeros((2, 2, 2)), ValueError, r"shape is \(2, 2, 2\)"),
        (np.zeros((0, 2)), ValueError, r"shape is \(0, 2\)"),
        (np.array(3.0), ValueError, r"shape is \(\)"),
    ],
)
def test_arrays_that_are_no_tables_are_refused(tmp_path, array, error, message):
    np.save(tmp_path / "points.npy", array)
    with pytest.raises(error, match=message):
        tables.read_table(tmp_path / "points.npy")


def test_objects_are_never_unpickled(tmp_path):
    np.save(tmp_path / "points.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="not a NPY file of plain numbers"):
        tables.read_table(tmp_path / "points.npy")


def test_arrays_of_one_npz_file_become_columns(tmp_path):
    path = tmp_path / "measure.npz"
    np.savez(path, points=np.array([[1, 2], [3, 4]], dtype=np.float32), weights=np.array([5, 6]))
    table = tables.read_table(path)
    assert table.columns == ("points_1", "points_2", "weights")
    points, weights = tables.read_weighted_points(path, "weights")
    assert np.array_equal(points, [[1, 2], [3, 4]])
    assert np.array_equal(weights, [5, 6])
    np.savez(path, points=np.zeros((2, 2)), weights=np.ones(3))
    with pytest.raises(ValueError, match=r"same number of rows, but it holds: points \(2, 2\), weights \(3,\)"):
        tables.read_table(path)
    np.savez(path)
    with pytest.raises(ValueError, match="holds: none"):
        tables.read_table(path)


def test_parquet_columns_that_are_no_numbers_are_refused(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "points.parquet"
    parquet.write_table(pyarrow.table({"x": [1, 2], "name": ["a", "b"]}), path)
    with pytest.raises(TypeError, match=r"points\.parquet\[name\] must be numeric, but its type is string"):
        tables.read_table(path)
    parquet.write_table(pyarrow.table({"x": [1.0, None, 2.0]}), path)
    with pytest.raises(ValueError, match="1 of its 3 entries are missing"):
        tables.read_table(path)


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = written(tmp_path, "", "points.parquet")
    with pytest.raises(ModuleNotFoundError, match=r'pip install "otkit\[tables\]"'):
        tables.read_table(path)


@pytest.mark.parametrize(("column", "kept"), [("w", [0, 1]), ("3", [0, 1]), ("1", [1, 2]), ("x", [1, 2])])
def test_weights_are_chosen_by_name_or_by_number_from_one(tmp_path, column, kept):
    path = written(tmp_path, "x,y,w\n1,2,3\n4,5,6\n")
    points, weights = tables.read_weighted_points(path, column)
    whole = np.array([[1.0, 2, 3], [4, 5, 6]])
    assert np.array_equal(points, whole[:, kept])
    assert np.array_equal(weights, np.delete(whole, kept, axis=1)[:, 0])


def test_name_of_a_column_goes_before_its_number(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"a": [1], "1": [2]}), tmp_path / "points.parquet")
    assert tables.read_table(tmp_path / "points.parquet").index("1") == 1


@pytest.mark.parametrize("column", ["z", "0", "3", "-1", "1.0", ""])
def test_unknown_weight_column_is_refused(tmp_path, column):
    path = written(tmp_path, "x,w\n1,2\n")
    with pytest.raises(ValueError, match="has columns named x, w or numbered 1 to 2, but column"):
        tables.read_weighted_points(path, column)


def test_weights_without_coordinates_are_refused(tmp_path):
    with pytest.raises(ValueError, match="must have a coordinate beside the weights"):
        tables.read_weighted_points(written(tmp_path, "w\n1\n2\n"), "w")


# --- writing ----------------------------------------------------------------------------------------------------------


def test_failing_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "plan.csv"
    path.write_text("old")

    def full_disk(place, *rest):
        place.write_text("half")
        raise OSError("No space left on device")

    monkeypatch.setattr(tables, "_write_text", full_disk)
    with pytest.raises(OSError, match="No space left"):
        tables.write_table(path, {"x": [1.0]})
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
    tables.write_matrix(link, [[1.0]])
    assert link.is_symlink()
    assert real.read_text() == "1.0\n"
    assert real.stat().st_mode & 0o777 == 0o640


def test_writing_to_a_device_does_not_replace_it():
    tables.write_matrix("/dev/null", [[1.0]])
    assert not os.path.isfile("/dev/null")


def test_places_that_cannot_be_written(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        tables.write_matrix(tmp_path / "none" / "plan.csv", [[1.0]])
    with pytest.raises(IsADirectoryError, match="is a folder"):
        tables.write_matrix(tmp_path, [[1.0]])
    with pytest.raises(ValueError, match=r"must end in one of \.csv, .*, but it ends in '\.xlsx'"):
        tables.write_matrix(tmp_path / "plan.xlsx", [[1.0]])
    assert os.listdir(tmp_path) == []


def test_columns_of_different_length_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"equal length, but their shapes are \{'a': \(1,\), 'b': \(2,\)\}"):
        tables.write_table(tmp_path / "plan.csv", {"a": [1], "b": [1, 2]})
    assert os.listdir(tmp_path) == []
