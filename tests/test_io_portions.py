"""Long texts read a portion at a time: the same columns as from all lines at once, or left to that."""

from __future__ import annotations

import numpy as np
import pytest

from otkit.io import portions, tables
from otkit.io.options import FileOptions
from otkit.io.tables import read_columns


@pytest.fixture(autouse=True)
def short_portions(monkeypatch):
    monkeypatch.setattr(portions, "LEAST_BYTES", 1)
    monkeypatch.setattr(portions, "ROWS", 70)


def lines(count=500, sep=";", **changed):
    """Return a file of all kinds of columns, with some cells changed: {"column": {row: cell}}."""
    rng = np.random.default_rng(0)
    columns = {
        "id": [str(100 + k) for k in range(count)],
        "x": [f"{value:.3f}" for value in rng.normal(size=count)],
        "city": rng.choice(["Rom", "Bonn", "Köln", '"a; b"'], count).tolist(),
        "day": [f"2024-01-{1 + k % 28:02}" for k in range(count)],
        "flag": rng.choice(["true", "false", ""], count).tolist(),
        "gaps": ["NA" if value < 0.5 else f"{value:.1f}" for value in rng.random(count)],
        "late": [""] * (count - 50) + ["7"] * 50,
    }
    for name, cells in changed.items():
        for row, cell in cells.items():
            columns[name][row] = cell
    rows = zip(*columns.values(), strict=True)
    return "\n".join(sep.join(row) for row in [tuple(columns), *rows]) + "\n"


def both_ways(path, monkeypatch, options=None):
    """Return what is read in portions, and at once."""
    taken = portions.read_portions(str(path), path, (options or FileOptions()).checked())
    found = read_columns(path, options)
    monkeypatch.setattr(tables, "read_portions", lambda *_: None)
    return taken is not None, found, read_columns(path, options)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"x": {300: "unknown"}},  # words further down
        {"x": {300: "unknown"}, "gaps": {420: "12%"}, "day": {77: "31.12.2024"}, "flag": {210: "perhaps"}},
        {"x": {3: "unknown"}},  # among the first lines
        {"city": {k: str(k) for k in range(280, 420)}},  # nothing but numbers in a portion
        {"city": dict.fromkeys(range(280, 420), "")},
        {"day": {k: f"2024-01-01T00:00:{k % 60:02}.250" for k in range(210, 500)}},  # other units
        {"late": {499: "word"}},
    ],
)
def test_portions_give_what_all_lines_give(tmp_path, monkeypatch, changed):
    path = tmp_path / "long.csv"
    path.write_bytes(b"\xef\xbb\xbf" + lines(**changed).replace("\n", "\r\n").encode())
    in_portions, found, whole = both_ways(path, monkeypatch)
    assert in_portions
    assert found.names == whole.names
    assert [column.kind for column in found.columns] == [column.kind for column in whole.columns]
    assert [*found.said] == [*whole.said]
    for one, other in zip(found.columns, whole.columns, strict=True):
        np.testing.assert_array_equal(one.missing, other.missing)
        kept = ~one.missing
        np.testing.assert_array_equal(one.values[kept], other.values[kept])
        assert one.values.dtype.kind == other.values.dtype.kind


@pytest.mark.parametrize(
    "text",
    [
        lines().replace("\n", "\n# a\n", 1),
        lines() + "1;2\n",  # ragged
        lines() + "a\x00;;;;;;\n",
        lines(x={300: "9" * 20}),  # an integer that needs all digits
        lines(day=dict.fromkeys(range(300, 500), "2024-01-01T00:00:00+01:00")),  # zones in a part only
        "".join(f"{k} {k % 7}\n" for k in range(500)),
        "".join(f"{k % 7}\n" for k in range(500)),
        "",
    ],
)
def test_what_does_not_go_on_as_it_began_is_left_to_all_lines(tmp_path, text):
    path = tmp_path / "long.csv"
    path.write_text(text, encoding="utf-8")
    assert portions.read_portions("long.csv", path, FileOptions()) is None


def test_short_files_and_options_that_need_the_cells(tmp_path, monkeypatch):
    path = tmp_path / "long.csv"
    path.write_text(lines(), encoding="utf-8")
    shares = []
    assert portions.read_portions("long.csv", path, FileOptions(sep=";"), shares.append) is not None
    assert shares == sorted(shares)
    assert 0.0 < shares[0] <= shares[-1] == 1.0
    assert portions.read_portions("long.csv", path, FileOptions(labels="city")) is None
    assert portions.read_portions("long.csv", path, FileOptions(comment="#")) is None
    assert [*read_columns(path, FileOptions(columns=("city", "2"))).names] == ["city", "x"]
    monkeypatch.setattr(portions, "LEAST_BYTES", 10**9)
    assert portions.read_portions("long.csv", path, FileOptions()) is None
