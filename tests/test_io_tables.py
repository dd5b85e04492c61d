"""Tables from every format: what is used, what is left out and said, and what can't be read."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from otkit.io.options import FileOptions
from otkit.io.tables import read_masses, read_table


def written(tmp_path, text, name="points.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_what_was_read_is_said(tmp_path):
    text = ";x;y;loaves;name\n0;1,5;2;3;a\n1;NA;2;3;b\n2;4;5;6;c\n"
    table = read_table(written(tmp_path, text), FileOptions(columns=("x", "y"), drop_missing=True), weights="loaves")
    assert np.array_equal(table.values, [[1.5, 2.0], [4.0, 5.0]])
    assert np.array_equal(table.weights, [3.0, 6.0])
    assert table.said == (
        "2 rows of x, y (numbers)",
        "weights: loaves",
        "separated by semicolons, decimal commas, names in the first row",
        "column 1 without a name left out: an index",
        "left out: name",
        "1 of 3 rows dropped: a value is missing",
    )
    assert (table.dropped, table.left_out) == (1, ("name",))


def test_a_column_that_counts_rows_is_used_and_said(tmp_path):
    said = read_table(written(tmp_path, "id,x\n1,5\n2,7.5\n3,9\n")).said
    assert said[-1] == "id counts the rows and is used as data; --columns leaves it out"


@pytest.mark.parametrize(
    ("first", "counts"), [(0, True), (1, True), (100_000, True), (2**60, True), (0.5, False), (-3, True)]
)
def test_numbers_of_rows_begin_anywhere(tmp_path, first, counts):
    text = "id,x\n" + "".join(f"{first + k},{(7 * k) % 5 / 4}\n" for k in range(5))
    said = read_table(written(tmp_path, text)).said
    assert ("id counts the rows and is used as data; --columns leaves it out" in said) == counts


def test_types_are_said(tmp_path):
    table = read_table(written(tmp_path, "a,b,c,d\n1,2.5,2024-01-01,true\n3,4,2024-01-02,false\n"))
    assert table.types == ("numbers", "numbers", "times", "flags")
    assert table.said[0] == "2 rows of a, b (numbers), c (times), d (true and false, as 1 and 0)"


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no such file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        read_table(tmp_path)


@pytest.mark.parametrize("name", ["points.npy", "points.npz", "points.parquet"])
def test_broken_binary_files_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match="is not a"):
        read_table(written(tmp_path, "this is text", name))


@pytest.mark.parametrize(
    ("array", "error", "message"),
    [
        (np.array([[1.0, np.inf]]), ValueError, "row 1, column 2 must be finite, but it is 'inf'"),
        (np.array([[1.0, np.nan]]), ValueError, "row 1, column 2 must be a number, but it is empty"),
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
        read_table(tmp_path / "points.npy")


def test_objects_are_never_unpickled(tmp_path):
    np.save(tmp_path / "points.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="not a NPY file of plain numbers"):
        read_table(tmp_path / "points.npy")


def test_arrays_of_one_npz_file_become_columns(tmp_path):
    path = tmp_path / "measure.npz"
    np.savez(path, points=np.array([[1, 2], [3, 4]], dtype=np.float32), weights=np.array([5, 6]))
    assert read_table(path).columns == ("points_1", "points_2", "weights")
    table = read_table(path, weights="weights")
    assert np.array_equal(table.values, [[1, 2], [3, 4]])
    assert np.array_equal(table.weights, [5, 6])
    np.savez(path, points=np.zeros((2, 2)), weights=np.ones(3))
    with pytest.raises(ValueError, match=r"same number of rows, but it holds: points \(2, 2\), weights \(3,\)"):
        read_table(path)
    np.savez(path)
    with pytest.raises(ValueError, match="holds: none"):
        read_table(path)


BIG = 1704067200000000000


@pytest.mark.parametrize("suffix", ["npy", "npz", "parquet", "csv"])
def test_times_and_big_integers_come_from_every_format(tmp_path, suffix):
    columns = {
        "t": np.array(["2024-01-31T10:00", "2024-02-01"], "datetime64[s]"),
        "i": np.array([BIG, BIG + 100]),
        "x": np.array([0.5, 1.5]),
    }
    path = tmp_path / f"points.{suffix}"
    if suffix == "csv":
        pandas = pytest.importorskip("pandas")
        pandas.DataFrame(columns).to_csv(path)
    else:
        from otkit.io.writing import write_table

        write_table(path, columns)
    table = read_table(path)
    assert table.columns == tuple(columns)
    for name, column in columns.items():
        assert table[name].dtype.kind == column.dtype.kind
        assert np.array_equal(table[name], column)


@pytest.mark.parametrize("unit", ["h", "s", "ns"])
def test_parquet_knows_its_index_missing_values_and_labels(tmp_path, unit):
    pandas = pytest.importorskip("pandas")
    path = tmp_path / "points.parquet"
    frame = pandas.DataFrame(
        {"x": pandas.array([1, None, 3], dtype="Int64"), "name": ["a", "b", "c"]},
        index=pandas.Index(np.array([5, 6, 7], f"datetime64[{unit}]"), name="when"),
    )
    frame.to_parquet(path)
    with pytest.raises(TypeError, match=r"points\.parquet\[name\] must be numeric, but it holds 'a'"):
        read_table(path)
    with pytest.raises(ValueError, match=r"row 2, column 1 \(x\) must be a number, but it is empty. 1 of 3 rows has"):
        read_table(path, FileOptions(labels="name"))
    table = read_table(path, FileOptions(labels="name", drop_missing=True))
    assert np.array_equal(table.values, [[1.0], [3.0]])
    assert "when left out: an index" in table.said
    frame.dropna().to_parquet(path)
    assert read_masses(path, FileOptions(labels="name")).masses == {"a": 1.0, "c": 3.0}
    frame[["x"]].dropna().set_axis(["u", "v"]).to_parquet(path)
    assert read_masses(path).masses == {"u": 1.0, "v": 3.0}


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "\.\[tables\]"'):
        read_table(written(tmp_path, "", "points.parquet"))


@pytest.mark.parametrize(("column", "kept"), [("w", [0, 1]), ("3", [0, 1]), ("1", [1, 2]), ("x", [1, 2])])
def test_weights_are_chosen_by_name_or_by_number_from_one(tmp_path, column, kept):
    table = read_table(written(tmp_path, "x,y,w\n1,2,3\n4,5,6\n"), weights=column)
    whole = np.array([[1.0, 2, 3], [4, 5, 6]])
    assert np.array_equal(table.values, whole[:, kept])
    assert np.array_equal(table.weights, np.delete(whole, kept, axis=1)[:, 0])


def test_name_of_a_column_goes_before_its_number(tmp_path):
    path = written(tmp_path, "a,1\n5,2.5\n")
    assert np.array_equal(read_table(path, FileOptions(header=True), weights="1").weights, [2.5])


@pytest.mark.parametrize("column", ["z", "0", "3", "-1", "1.0", "", "²"])
def test_unknown_weight_column_is_refused(tmp_path, column):
    with pytest.raises(ValueError, match="has columns named x, w or numbered 1 to 2, but column"):
        read_table(written(tmp_path, "x,w\n1,2\n"), weights=column)


def test_weights_without_coordinates_are_refused(tmp_path):
    with pytest.raises(ValueError, match="must have a coordinate beside the weights"):
        read_table(written(tmp_path, "w\n1\n2\n"), weights="w")


def test_a_table_without_names_gives_its_types_to_functions(tmp_path):
    records = read_table(written(tmp_path, f"{BIG} 0.5\n{BIG + 100} 1.5\n")).points()
    assert [records.dtype[name].kind for name in records.dtype.names] == ["i", "f"]
    assert read_table(written(tmp_path, f"{BIG}\n{BIG + 100}\n")).points().dtype == np.int64
    with pytest.raises(TypeError, match="must have columns of one kind"):
        read_table(written(tmp_path, f"{BIG} 0.5\n{BIG + 100} 1.5\n")).values  # noqa: B018 - a property that raises
