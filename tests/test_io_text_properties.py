"""Any table that a usual program writes is read back equal, or refused; and no text at all ends in anything else."""

from __future__ import annotations

import csv
import io
import random
import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from otkit._text import printable
from otkit.io.cells import MISSING, column_of, is_number
from otkit.io.options import FileOptions
from otkit.io.tables import read_masses, read_matrix, read_table
from otkit.io.text import SAMPLE

NAMES = st.lists(
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=8).filter(
        lambda name: not name[0].isdigit() and name.lower() not in MISSING and not is_number(name)
    ),
    min_size=1,
    max_size=4,
    unique=True,
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
NUMBERS = FLOATS | st.integers(-(2**63), 2**63 - 1) | st.integers(0, 9)


def outcome(read, path, options=None):
    """Return what is read and nothing, or nothing and the message of the error."""
    try:
        return read(path, options), ""
    except (ValueError, TypeError) as error:
        return None, str(error)


def read_or_refused(path, options=None):
    """Return the table, or None where it is refused in one line that names the file."""
    table, message = outcome(read_table, path, options)
    if table is None:
        assert str(path) in message
        assert printable(message) == message
    return table


@st.composite
def tables(draw):
    names = draw(NAMES)
    rows = draw(st.integers(1, 6))
    kinds = draw(st.lists(st.sampled_from(["float", "integer", "mixed"]), min_size=len(names), max_size=len(names)))
    cells = {"float": FLOATS, "integer": st.integers(-(2**63), 2**63 - 1), "mixed": NUMBERS}
    return {
        name: draw(st.lists(cells[kind], min_size=rows, max_size=rows)) for name, kind in zip(names, kinds, strict=True)
    }


def as_text(table, *, sep, decimal, header, index, quoting, end):
    """Write a table as csv, pandas, Polars, R or Excel would."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=sep, quoting=quoting, lineterminator=end)
    if header:
        writer.writerow(([""] if index else []) + list(table))
    for k, row in enumerate(zip(*table.values(), strict=True)):
        writer.writerow(([str(k)] if index else []) + [repr(value).replace(".", decimal) for value in row])
    return stream.getvalue()


@settings(max_examples=300, deadline=None)
@given(
    table=tables(),
    sep=st.sampled_from([",", ";", "\t", "|"]),
    decimal=st.sampled_from([".", ","]),
    header=st.booleans(),
    index=st.booleans(),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    told=st.booleans(),
)
def test_what_programs_write_is_read_back_or_refused(
    tmp_path_factory, table, sep, decimal, header, index, quoting, end, encoding, told
):
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    index = index and header
    text = as_text(table, sep=sep, decimal=decimal, header=header, index=index, quoting=quoting, end=end)
    path.write_bytes(text.encode(encoding))
    options = FileOptions(sep=sep, decimal=decimal, header=header) if told else None
    found = read_or_refused(path, options)
    assume(found is not None)
    assert len(found.arrays) == len(table)
    assert len(found) == len(next(iter(table.values())))
    if header:
        assert len(found.columns) == len(table)
    for array, column in zip(found.arrays, table.values(), strict=True):
        for value, expected in zip(array.tolist(), column, strict=True):
            assert value == expected or float(expected) == value


@settings(max_examples=150, deadline=None)
@given(values=st.lists(st.lists(FLOATS, min_size=3, max_size=3), min_size=2, max_size=5), header=st.booleans())
def test_a_plain_file_is_never_refused(tmp_path_factory, values, header):
    """Floats as every program writes them, three columns: there is nothing open about them."""
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    lines = [",".join(map(repr, row)) for row in values]
    path.write_text("\n".join((["x,y,z"] if header else []) + lines) + "\n", encoding="utf-8")
    assert np.array_equal(read_table(path).values, values)


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=2, max_size=6),
    last=st.sampled_from(["", "1,2", "x,y,z", "1,NA,2", "1,inf,2", "3,,", "1_0,2,3", "0x1,2,3", "٣,1,2", '"1",2,3']),
)
def test_long_files_are_read_as_short_ones(tmp_path_factory, rows, last):
    """The first lines of a long file, and compiled code, decide nothing that all lines do not."""
    folder = tmp_path_factory.mktemp("tables")
    lines = [",".join(map(repr, row)) for row in rows]
    (folder / "short.csv").write_text("\n".join([*lines, last]) + "\n", encoding="utf-8")
    (folder / "long.csv").write_text("\n".join([*lines * SAMPLE, last]) + "\n", encoding="utf-8")
    short, long = read_or_refused(folder / "short.csv"), read_or_refused(folder / "long.csv")
    if short is not None and long is not None:
        more = bool(last)
        assert len(short.arrays) == len(long.arrays)
        for small, large in zip(short.arrays, long.arrays, strict=True):
            body = len(rows) if more or len(small) == len(rows) else len(small)
            assert small.dtype == large.dtype
            assert np.array_equal(np.tile(small[:body], SAMPLE), large[: body * SAMPLE])
    else:
        assert (short is None) == (long is None)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text("0123456789+-.,eEinfatyNT:Z /_٣\x1e", max_size=8).map(str.strip), min_size=1, max_size=4))
def test_a_column_is_what_its_cells_are(cells):
    """The patterns over a whole column agree with Python's own reading of each cell."""
    column = column_of(cells)
    for cell, value, gone in zip(cells, column.values.tolist(), column.missing, strict=True):
        assert gone == (cell.lower() in MISSING)
        if column.kind == "number" and not gone:
            assert float(cell) == value
            assert cell.isascii()
            assert "_" not in cell


# --- fuzzing ----------------------------------------------------------------------------------------------------------

SEEDS = [
    "x,y\n1,2\n3,4\n5,NA\n",
    ",alter;gewicht\n0;1,5;2\n1;2,5;3\n",
    '"","x"\n"a",1\n"b",2\n',
    '"x" "y"\n"1" 0.5 2\n"2" 3 4\n',
    "# x y\n1 2\n3 4\n",
    "t,v\n2024-01-31T10:00Z,1\n2024-02-01T10:00+02:00,2\n",
    "rye,3\n#ff0000,5\n",
    '"a ""b""",1\n"c\nd",2\n',
    "1,5\n2,5\n1704067200000000100,2\n",
    "flag\ttrue\n1\tfalse\n",
]
PIECES = [
    *(
        ",",
        ";",
        "\t",
        " ",
        "\n",
        "\r\n",
        "\r",
        '"',
        '""',
        "#",
        "%",
        ".",
        "-",
        "+",
        "e",
        "_",
        "0x",
        "NA",
        "nan",
        "inf",
        "''",
    ),
    *(
        "1e999",
        "1" * 30,
        "9" * 400,
        "-0",
        "2024-02-30",
        "2024-01-31T25:00",
        "\x00",
        "\x1b[2J",
        "\x1e",
        "\x1f",
        "\ufeff",
    ),
    *("\u202e", "\ud7ff", "é", "٣", "−1", "1.234", "1,234", "1'000", "True", "Unnamed: 0", "\u2028", "\x85", "\xa0"),
]


def mutated(rng, text):
    """Return a text with cells, lines and marks moved, doubled, dropped or put in, in bytes that may be no text."""
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(text) + 1)
        to = min(len(text), at + rng.randint(0, 4))
        lines = text.split("\n")
        match rng.randrange(6):
            case 0 | 1:
                text = text[:at] + rng.choice(PIECES) + text[rng.choice([at, to]) :]
            case 2:
                text = text[:at] + text[to:]
            case 3:
                text = text + text[at:]
            case 4:
                text = "\n".join(rng.sample(lines, len(lines)))
            case 5:
                text = "\n".join([*lines, *[rng.choice(lines)] * rng.choice([1, 1, SAMPLE])])
    content = bytearray(text.encode(rng.choice(["utf-8", "utf-8", "utf-8", "utf-16", "utf-8-sig"]), "replace"))
    if content and rng.random() < 0.2:
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return bytes(content)


def random_options(rng):
    return FileOptions(
        sep=rng.choice([None, None, ",", ";", "tab", "blank"]),
        decimal=rng.choice([None, None, ".", ","]),
        comment=rng.choice([None, None, "#"]),
        header=rng.choice([None, None, True, False]),
        columns=rng.choice([(), (), ("1",), ("x", "2")]),
        labels=rng.choice([None, None, "1", "x"]),
        drop_missing=rng.choice([False, True]),
    )


def assert_read_or_refused(path, rng, count):
    for _ in range(count):
        content, options = mutated(rng, rng.choice(SEEDS)), random_options(rng)
        path.write_bytes(content)
        start = time.perf_counter()
        table, message = outcome(rng.choice([read_table, read_matrix, read_masses]), path, options)
        assert time.perf_counter() - start < 20.0, content  # seconds, a cap against what never ends
        assert printable(message) == message, content
        assert len(message) < 2000, content
        if table is not None:
            assert all(len(array) == len(table) for array in table.arrays), content
            assert not any(array.dtype.kind == "f" and not np.isfinite(array).all() for array in table.arrays), content
            shown = (*table.columns, *(table.labels or ()), *table.said)
            assert all(printable(text) == text for text in shown), content


def test_mutated_texts_are_read_or_refused(tmp_path):
    assert_read_or_refused(tmp_path / "fuzzed.csv", random.Random(0), 1000)


@pytest.mark.slow
def test_very_many_mutated_texts_are_read_or_refused(tmp_path):
    assert_read_or_refused(tmp_path / "fuzzed.csv", random.Random(1), 25_000)
