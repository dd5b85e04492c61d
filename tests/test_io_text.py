"""Text as people have it: each small file is read as what it means, or refused in words that say what to do."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest

from otkit.io.options import FileOptions
from otkit.io.tables import read_masses, read_matrix, read_table
from otkit.io.text import SAMPLE


def written(tmp_path, text, name="points.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(read, path, options=None):
    """Return the message of an error, which names the file and is one line."""
    with pytest.raises(ValueError, match="points") as caught:
        read(path, options)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


XY = [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("text", "columns", "values"),
    [
        # separators
        ("1.0,2\n3,4\n", (), XY),
        ("x,y\n1,2\n3,4\n", ("x", "y"), XY),
        ("x;y\r\n1;2\r\n3;4", ("x", "y"), XY),
        ("x\ty\n1\t2\n3\t4\n", ("x", "y"), XY),
        ("x   y\n 1 2\n3    4\n", ("x", "y"), XY),
        ("1 2\n\n\n3 4\n\n", (), XY),
        ("1\t2\n3 4\n", (), XY),
        ("x, y\n 1 , 2\n3, 4\n", ("x", "y"), XY),
        ("loaves sold\n3\n4\n", ("loaves sold",), [[3.0], [4.0]]),
        ("1 2\r3 4\r", (), XY),
        # quotation marks
        ('"x, in m","y"\n"1","2"\n3,4\n', ("x, in m", "y"), XY),
        ('"said ""so""",y\n1,2\n3,4\n', ('said "so"', "y"), XY),
        ('"loss\n(EUR)",y\n1,2\n3,4\n', ("loss (EUR)", "y"), XY),
        # encodings
        ("\ufeff1,2.0\n3,4\n", (), XY),
        ("\ufeffx,y\n1,2\n3,4\n", ("x", "y"), XY),
        ("größe\tx\n1\t2\n3\t4\n".encode("utf-16"), ("größe", "x"), XY),
        # decimal commas
        ("x;y\n1,5;2,5\n3;4\n", ("x", "y"), [[1.5, 2.5], [3.0, 4.0]]),
        ("1,5;2,5\n3;4\n", (), [[1.5, 2.5], [3.0, 4.0]]),
        ("x\ty\n1,5\t2\n", ("x", "y"), [[1.5, 2.0]]),
        ("1 2,5\n3 4\n", (), [[1.0, 2.5], [3.0, 4.0]]),
        ('"1,5","2,5"\n"3","4"\n', (), [[1.5, 2.5], [3.0, 4.0]]),
        ("x\n3,5\n2,5\n", ("x",), [[3.5], [2.5]]),
        ("1,05\n2,5\n", (), [[1.05], [2.5]]),
        ("0,0\n3,10\n", (), [[0.0, 0.0], [3.0, 10.0]]),  # shortest decimals don't end with a zero
        # what data frames write
        (",x,y\n0,1,2\n1,3,4\n", ("x", "y"), XY),
        (",x,y\n17,1,2\n4,3,4\n", ("x", "y"), XY),
        (",x,y\nrye,1,2\nspelt,3,4\n", ("x", "y"), XY),
        (",,x,y\na,1,1,2\na,2,3,4\n", ("x", "y"), XY),
        (",x,y\n2024-01-01,1,2\n2024-01-02,3,4\n", ("x", "y"), XY),
        ("Unnamed: 0,x,y\n0,1,2\n1,3,4\n", ("x", "y"), XY),
        (",0,1\n0,1,2\n1,3,4\n", ("0", "1"), XY),
        ('"","x","y"\n"1",1,2\n"2",3,4\n', ("x", "y"), XY),
        ('"x" "y"\n"1" 1 2\n"2" 3 4\n', ("x", "y"), XY),
        # separators at the ends of lines, names that are blank or begin with #
        ("x,y\n1,2,\n3,4,\n", ("x", "y"), XY),
        ("x,y,\n1,2,\n3,4,\n", ("x", "y"), XY),
        ("1,2,\n3,4,\n", (), XY),
        ("lat,\n1,2\n3,4\n", ("lat", "column 2"), XY),
        ("# x y\n1 2\n3 4\n", ("x", "y"), XY),
        ("#x y\n1 2\n3 4\n", ("#x", "y"), XY),
        # numbers
        ("+1 2e0\n3. .4e1\n", (), XY),
        ("x,y\n1E0,2\n3,4e+00\n", ("x", "y"), XY),
        ("0,1,2\n1,0,1\n2,1,0\n", (), [[0.0, 1.0, 2.0], [1.0, 0.0, 1.0], [2.0, 1.0, 0.0]]),
        ("0.5 0\n0 1\n", (), [[0.5, 0.0], [0.0, 1.0]]),
        ("on\nTrue\nFalse\n", ("on",), [[1.0], [0.0]]),
        ("NA,x\n1,2\n3,4\n", ("NA", "x"), XY),
    ],
)
def test_is_read_as_what_it_means(tmp_path, text, columns, values):
    table = read_table(written(tmp_path, text))
    assert table.columns == columns
    assert np.array_equal(table.values, values)


def test_a_first_row_that_counts_columns_is_data_and_said(tmp_path):
    table = read_table(written(tmp_path, "0,1,2\n5,3,7\n"))
    assert np.array_equal(table.values, [[0.0, 1.0, 2.0], [5.0, 3.0, 7.0]])
    assert "its first row (0, 1, 2) is data; --header if it holds names" in table.said
    named = read_table(written(tmp_path, "0,1,2\n5,3,7\n"), FileOptions(header=True))
    assert named.columns == ("0", "1", "2")


OPEN_PAIR = "Say which: --sep , or --decimal ,"
OPEN_HEADER = "Say which: --header or --no-header."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # nothing there
        ("", "points.csv is empty."),
        ("\n \n", "points.csv is empty."),
        ("x,y\n", "it must hold numbers, but line 1 is all there is: 'x,y'."),
        # shape
        ("1,2\n3\n", "line 2 must have as many columns as line 1, 2, but it has 1. If its commas mark decimals"),
        ("1 2\n\n3 4 5\n", "line 3 must have as many columns as line 1, 2, but it has 3."),
        ("x,y,z\n1,2\n", "line 2 must have as many columns as line 1, 3, but it has 2."),
        ("a,b\n1,2\n3,4\n5,6,7\n", "line 4 must have as many columns as line 1, 2, but it has 3."),
        ("x,x\n1,2\n", "different names for its columns, but 'x' stands above several"),
        # cells
        ("x,y\n1,2\n3,four\n", "line 3, column 2 (y) must be a number, but it is 'four'."),
        ("name,x\nCentral,2\n", "line 2, column 1 (name) must be a number, but it is 'Central'. Leave this column"),
        ("1\n2\n-inf\n", "line 3, column 1 must be finite, but it is '-inf'."),
        ("1.0,2\n3,1e999\n", "line 2, column 2 must be finite, but it is '1e999'."),
        ("1,2\n1_000,3\n", "line 2, column 1 must be a number, but it is '1_000'. Marks between thousands"),
        ("x\n12%\n15%\n", "line 2, column 1 (x) must be a number, but it is '12%'. Percent signs are not read"),
        ("x\n1\n#DIV/0!\n", "line 3, column 1 (x) must be a number, but it is '#DIV/0!'. This is an error of"),
        ("x;y\n1,5;2.5\n", "line 2, column 1 (x) must be a number, but it is '1,5'. If ',' marks decimals here"),
        ("31.12.2024\n01.01.2025\n", "it is '31.12.2024'. Dates are read as 2024-12-31"),
        ("x\n\u0661\n\u0662\n", "must be a number, but it is '\u0661'"),
        # missing values
        ("1,2\n3,nan\n", "line 2, column 2 must be finite, but it is 'nan', a missing value. 1 of 2 rows has one."),
        ("x\n1\n#N/A\n2\n", "line 3, column 1 (x) must be finite, but it is '#N/A', a missing value."),
        (
            "x,y\n1,\n3,4\n",
            "line 2, column 2 (y) must be a number, but it is empty. 1 of 2 rows has one. --drop-missing",
        ),
        ("x\n1\n\n2\n", "line 3, column 1 (x) must be a number, but it is empty."),
        ("x\n1\nNULL\nNaN\n", "line 3, column 1 (x) must be finite, but it is 'NULL', a missing value. 2 of 3 rows"),
        # what may be read in two ways
        ("1,2\n3,4\n", OPEN_PAIR),
        ("1,50\n2,10\n", "'1,50' may be two columns or one number with a decimal comma"),
        ("3,0\n2,25\n", "'3,0' may be two columns or one number with a decimal comma"),
        ("1,5\n2,5\n3,5\n", "'1,5' may be two columns or one number with a decimal comma"),
        ("x\n1,234\n2,345\n", OPEN_PAIR),
        ("x\n3,234\n2,345\n", "Give --decimal , if it marks decimals; write 1000 for 1,000 if not."),
        ("1,234;2,345\n", "the mark in '1,234' may stand before decimals or between thousands"),
        ("1.234;2.345\n", "Give --decimal . if it marks decimals; write 1000 for 1.000 if not."),
        ("1,000,000\n2,500,000\n", "seem to stand between thousands: write 1000 for 1,000."),
        ("0,1\n0.5,1.5\n2.5,3.5\n", f"its first row (0, 1) may be names or numbers. {OPEN_HEADER}"),
        ("0\n0.5\n1.5\n", OPEN_HEADER),
        ("10,50,90\n0.1,0.2,0.3\n", OPEN_HEADER),
        ("2019;2020\n15;25\n3;4\n", OPEN_HEADER),
        ("name,2019,2020\nrye,1.5,2\n", OPEN_HEADER),
        ("NA\n1\n2\n", f"its first row (NA) may be names or values that are missing. {OPEN_HEADER}"),
        ("NULL,NA\n1,2\n3,4\n", OPEN_HEADER),
        ("12%\n0.5\n1\n", OPEN_HEADER),
        ("0x10\n1\n", OPEN_HEADER),
        ("1,abc\n2,3\n", f"its first row (1, abc) has words and numbers above numbers. {OPEN_HEADER}"),
        (",x\n0.5,1\n1.5,2\n", "its column 1 has no name and holds numbers: are they data? Give --columns"),
        # comments
        ("# made by hand\n# x,y\n1,2\n", "Lines that begin with '#' are comments only with --comment '#'."),
        ("# a comment of words\n1 2\n3 4\n", "are comments only with --comment '#'."),
        # quotation marks, encodings
        ('x,y\n"1,2\n3,4\n', "the quotation mark that opens on line 2 is never closed."),
        ('x,y\n"1"2,3\n', "line 2 goes on after a closing quotation mark"),
        ('x\n"' + "9" * 140_000 + '"\n', "the cell that begins on line 2 has more than 131,072 characters"),
        ("größe\n1\n".encode("latin-1"), "it is not UTF-8 text. Save it as UTF-8, or convert it: iconv"),
        (b"PK\x03\x04\xff\xff", "it is a zip archive or a spreadsheet: export it as CSV."),
        ("x\n1\n".encode("utf-16-le"), "it holds characters of value zero"),
        # integers
        ("i\n9007199254740993\n1.5\n", "'9007199254740993' is an integer that no float64 holds"),
        ("i\n123456789012345678901234567\n1\n", "is an integer that no float64 holds"),
        # times
        ("t\n2024-01-31T10:00Z\n2024-01-31T10:00\n", "some of its times have an offset from UTC and others have none"),
        ("t\n2024-02-30\n2024-01-31\n", "it holds a date that no calendar has"),
    ],
)
def test_is_refused_with_the_place_and_the_remedy(tmp_path, text, message):
    assert message in refusal(read_table, written(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "options", "values"),
    [
        ("1,2\n3,4\n", {"sep": ","}, XY),
        ("1,5\n2,5\n", {"decimal": ","}, [[1.5], [2.5]]),
        ("1,5\n2,5\n", {"decimal": "."}, [[1.0, 5.0], [2.0, 5.0]]),
        ("1,5\n3\n", {"decimal": ","}, [[1.5], [3.0]]),
        ("1|2\n3|4\n", {"sep": "|"}, XY),
        ("1 2\n3 4\n", {"sep": "blank"}, XY),
        ("1,234;2,345\n", {"decimal": ","}, [[1.234, 2.345]]),
        ("0\n0.5\n1.5\n", {"header": True}, [[0.5], [1.5]]),
        ("0\n0.5\n1.5\n", {"header": False}, [[0.0], [0.5], [1.5]]),
        ("2019;2020\n15;25\n", {"header": False}, [[2019.0, 2020.0], [15.0, 25.0]]),
        ("# a\n#b\n1 2 # c\n3 4\n", {"comment": "#"}, XY),
        ("# c\nx\n# c\n1\n# d\n2\n", {"comment": "#"}, [[1.0], [2.0]]),
        ('"a # b";c\n1;2 # d\n3;4\n', {"comment": "#"}, XY),
        ("% c\n1 2\n3 4\n", {"comment": "%"}, XY),
        ("x,y,z\n1,9,2\n3,9,4\n", {"columns": ("x", "z")}, XY),
        ("x,y,z\n2,9,1\n4,9,3\n", {"columns": ("3", "1")}, XY),
        ("name,x,y\nrye,1,2\nspelt,3,4\n", {"columns": ("x", "y")}, XY),
        ("name,x,y\nrye,1,2\nspelt,3,4\n", {"labels": "name"}, XY),
        ("x,x,y\n1,2,3\n", {"columns": ("1", "3")}, [[1.0, 3.0]]),
        (",x\n0.5,1\n1.5,2\n", {"columns": ("1", "x")}, [[0.5, 1.0], [1.5, 2.0]]),
        ("x,y\n1,2\nNA,5\n3,4\n,\n", {"drop_missing": True}, XY),
        ("x,y,z\n1,2,\n3,4,\n", {"columns": ("x", "y")}, XY),
    ],
)
def test_the_user_settles_what_is_open(tmp_path, text, options, values):
    assert np.array_equal(read_table(written(tmp_path, text), FileOptions(**options)).values, values)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sep": "ab"}, "--sep must be one mark"),
        ({"sep": "1"}, "--sep must be one mark"),
        ({"decimal": ";"}, "--decimal must be '.' or ','"),
        ({"comment": ""}, "--comment must be a mark"),
        ({"columns": ("x", "1")}, "--columns must name each column once"),
        ({"columns": ("z",)}, "has columns named x, y or numbered 1 to 2, but column 'z' was asked for"),
        ({"labels": "0"}, "numbered 1 to 2, but column '0' was asked for"),
    ],
)
def test_options_that_make_no_sense_are_refused(tmp_path, options, message):
    with pytest.raises(ValueError, match=r"^.*$") as caught:
        read_table(written(tmp_path, "x,y\n1,2\n"), FileOptions(**options))
    assert message in str(caught.value)


# --- labels and masses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "options", "masses"),
    [
        ("rye,3\nspelt,5\n", {}, {"rye": 3.0, "spelt": 5.0}),
        ("bread,loaves\nrye,3\nspelt,5\n", {}, {"rye": 3.0, "spelt": 5.0}),
        ('"rye"; 3\n"spelt"; 5\n', {}, {"rye": 3.0, "spelt": 5.0}),
        ("rye;1,5\nspelt;2,5\n", {}, {"rye": 1.5, "spelt": 2.5}),
        ("rye bread,3\nspelt,5\n", {}, {"rye bread": 3.0, "spelt": 5.0}),
        ('"#ff0000",3\n#00ff00,5\n', {}, {"#ff0000": 3.0, "#00ff00": 5.0}),
        ("colour,n\n#ff0000,3\n#00ff00,5\n", {}, {"#ff0000": 3.0, "#00ff00": 5.0}),
        ("code,n\nNA,3\nDE,5\n", {}, {"NA": 3.0, "DE": 5.0}),
        (",count\nrye,3\n,2\n", {}, {"rye": 3.0, "": 2.0}),
        (",count\n3,1\n1,2\n", {}, {"3": 1.0, "1": 2.0}),
        ("a,b\n24,9\n", {}, {"a": 24.0, "b": 9.0}),
        ("2024-01-01,5\n2024-01-02,6\n", {}, {"2024-01-01": 5.0, "2024-01-02": 6.0}),
        ("2020,5\n2021,7\n", {"labels": "1"}, {"2020": 5.0, "2021": 7.0}),
        ("year,n\n2020,5\n2021,7\n", {"labels": "year"}, {"2020": 5.0, "2021": 7.0}),
        ("007,5\n7,7\n", {"labels": "1"}, {"007": 5.0, "7": 7.0}),
        ("n,year\n5,2020\n7,2021\n", {"labels": "year"}, {"2020": 5.0, "2021": 7.0}),
        ("bread,n,m\nrye,1,2\nspelt,3,4\n", {"labels": "bread", "columns": ("m",)}, {"rye": 2.0, "spelt": 4.0}),
        ("bread,n\nrye,NA\nspelt,3\n", {"drop_missing": True}, {"spelt": 3.0}),
        ("big,n\na,9007199254740993\nb,1\n", {}, {"a": 2**53 + 1, "b": 1}),
    ],
)
def test_masses_may_have_labels(tmp_path, text, options, masses):
    assert read_masses(written(tmp_path, text), FileOptions(**options)).masses == masses


@pytest.mark.parametrize("text", ["24,9\n", "24\n9\n", "loaves\n24\n9\n", "24 9", "24;9", "24,9,\n"])
def test_masses_without_labels_stand_in_a_row_or_a_column(tmp_path, text):
    assert np.array_equal(read_masses(written(tmp_path, text)).masses, [24.0, 9.0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rye,3\nrye,5\n", "line 2 has the label 'rye' a second time"),
        ("rye,3\nspelt,5\nwheat,many\n", "line 3, column 2 must be a number, but it is 'many'"),
        ("rye,3\nspelt,inf\n", "line 2, column 2 must be finite, but it is 'inf'"),
        ("rye,3\nspelt,5\nwheat\n", "line 3 must have as many columns as line 1, 2, but it has 1."),
        ("x,y\n1,2\n3,4\n", "must hold one column or one row, but its shape is (2, 2). Choose a column with --columns"),
        ("a,b,c\nrye,1,2\nspelt,3,4\n", "line 2, column 1 (a) must be a number, but it is 'rye'. Leave this column"),
        ("1,2\n3,4\n", OPEN_PAIR),
        ("rye 1,5\nspelt 2,5\n", "its cells may be separated by commas or by blanks, as in 'rye 1,5'"),
        ("n\n1\n\n2\n", "line 3, column 1 (n) must be a number, but it is empty. 1 of 3 rows has one. Write 0"),
    ],
)
def test_masses_that_cannot_be_read_are_refused(tmp_path, text, message):
    assert message in refusal(read_masses, written(tmp_path, text))


@pytest.mark.parametrize("text", [",a,b\nu,1,2\nv,3,4\n", "from,a,b\nu,1,2\nv,3,4\n"])
def test_a_matrix_keeps_the_names_of_its_rows_and_columns(tmp_path, text):
    matrix = read_matrix(written(tmp_path, text))
    assert (matrix.labels, matrix.columns) == (("u", "v"), ("a", "b"))
    assert np.array_equal(matrix.values, XY)


def test_a_matrix_of_integers_in_two_columns_is_one(tmp_path):
    assert np.array_equal(read_matrix(written(tmp_path, "1,2\n3,4\n")).values, XY)


# --- times and integers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "times"),
    [
        (["2024-01-31", "2024-02-01"], np.array(["2024-01-31", "2024-02-01"], "datetime64[s]")),
        (["2024-01-31 10:00:00.25", "2024-02-01"], np.array(["2024-01-31T10:00:00.250", "2024-02-01"], "M8[ms]")),
        (["2024-01-31T10:00:00.123456789"], np.array(["2024-01-31T10:00:00.123456789"], "M8[ns]")),
        (["2024-01-31T10:00Z", "2024-01-31T10:00+02:00"], np.array(["2024-01-31T10:00", "2024-01-31T08:00"], "M8[s]")),
        (["0001-01-01", "9999-12-31T23:59:59"], np.array(["0001-01-01", "9999-12-31T23:59:59"], "M8[s]")),
    ],
)
def test_times_are_times(tmp_path, cells, times):
    for header in ("t\n", ""):
        column = read_table(written(tmp_path, header + "\n".join(cells) + "\n")).arrays[0]
        assert column.dtype == times.dtype
        assert np.array_equal(column, times)


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        ([1704067200000000000, 1704067200000000100], np.int64),
        ([-(2**63), 2**63 - 1], np.int64),
        ([0, 2**64 - 1], np.uint64),
        ([0, 2**53 - 1], np.float64),
        ([10**22, 1], np.float64),
    ],
)
def test_integers_keep_all_their_digits(tmp_path, cells, dtype):
    column = read_table(written(tmp_path, "i\n" + "\n".join(map(str, cells)) + "\n"))["i"]
    assert column.dtype == dtype
    assert [int(value) for value in column] == cells


# --- long files -------------------------------------------------------------------------------------------------------

LONG = 5 * SAMPLE


@pytest.mark.parametrize(
    ("line", "last", "values"),
    [
        ("1,2.5", "3,nan", "column 2 must be finite, but it is 'nan'"),
        ("1,2.5", "3,four", "column 2 must be a number, but it is 'four'"),
        ("1,2.5", "3", "must have as many columns as line 1, 2, but it has 1"),
        ("1,2", "3,2.5", (LONG + 1, 2)),  # only the last line says that commas separate
        ("1,2", "3,05", (LONG + 1, 1)),
        ("1", "2", (LONG + 1, 1)),
        ("1;2", "3,5;4", (LONG + 1, 2)),
        ("1;2,5", "3;4,25", (LONG + 1, 2)),
        ("1 2", f"{2**53 + 1} 1", (LONG + 1, 2)),
        ("1", "9,5", OPEN_PAIR.removeprefix("Say which: ").partition(" or ")[2]),
    ],
)
def test_what_comes_late_counts_as_much(tmp_path, line, last, values):
    path = written(tmp_path, f"{line}\n" * LONG + f"{last}\n")
    if isinstance(values, str):
        assert values in refusal(read_table, path)
        return
    table = read_table(path)
    assert (len(table), len(table.arrays)) == values


def test_compiled_code_reads_the_same_numbers(tmp_path):
    values = np.random.default_rng(0).normal(size=(LONG, 3)) * 10.0 ** np.arange(-30, 60, 30)
    lines = [",".join(map(repr, row)) for row in values.tolist()]
    plain = written(tmp_path, "\n".join(lines) + "\n")
    assert np.array_equal(read_table(plain).values, values)
    one_by_one = written(tmp_path, "\n".join([f"{lines[0]},NA", *(f"{line},0" for line in lines)]) + "\n")
    table = read_table(one_by_one, FileOptions(drop_missing=True))
    assert np.array_equal(table.values[:, :3], values)
    commas = written(tmp_path, "\n".join(line.replace(",", ";").replace(".", ",") for line in lines) + "\n")
    assert np.array_equal(read_table(commas).values, values)


def test_reading_a_pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=("x,y\n1,2\n3,4\n",))
    writer.start()
    assert np.array_equal(read_table(path).values, XY)
    writer.join()


def test_what_is_shown_steers_no_terminal(tmp_path):
    """Names, labels, cells and the file's own name, in what is said and in messages."""
    path = written(tmp_path, "a\x1b[31m,\u202ey\n1,2\n3,4\n", "poi\x1bnts.csv")
    table = read_table(path)
    assert table.columns == ("a\\x1b[31m", "\\u202ey")
    assert "\\x1b" in table.path
    assert all(text.isprintable() for text in (table.path, *table.columns, *table.said))
    labelled = read_masses(written(tmp_path, "\x9b1m,3\nspelt,5\n"))
    assert labelled.labels == ("\\x9b1m", "spelt")
    with pytest.raises(ValueError, match="must be a number") as caught:
        read_table(written(tmp_path, "x\n1\n\x1b]0evil\x07\n"))
    assert str(caught.value).isprintable()
