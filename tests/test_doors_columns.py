"""Every function of points, every container, every awkward column: the same answer, or a refusal that says why.

The functions are those of doors.py; what each container comes to stands in the two tables below.
"""

from __future__ import annotations

import datetime
import decimal
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
from doors import Kind, doors
from test_doors import CLOUDS, changed, pandas_frame

NAMES = ["age", "income"]


def columns(points: np.ndarray) -> dict[str, np.ndarray]:
    return dict(zip(NAMES, points.T, strict=False))


def decimals(points: np.ndarray) -> dict[str, list[decimal.Decimal]]:
    return {name: [decimal.Decimal(value) for value in column.tolist()] for name, column in columns(points).items()}


def chunked(points: np.ndarray) -> pa.Table:
    """Return an Arrow table in two pieces."""
    whole = pa.table(columns(points))
    return pa.concat_tables([whole.slice(0, 1), whole.slice(1)])


TAKEN: dict[str, Callable[[np.ndarray], Any]] = {
    "pandas, Float32": lambda points: pandas_frame(points).astype("Float32"),
    "pandas, objects": lambda points: pandas_frame(points).astype(object),
    "pandas, decimals": lambda points: pd.DataFrame(decimals(points)),
    "pandas, sparse": lambda points: pandas_frame(points).astype(pd.SparseDtype(float)),
    "pandas, labelled rows": lambda points: pandas_frame(points).set_axis([f"r{k}" for k in range(len(points))]),
    "pandas, columns of pairs": lambda points: (
        pandas_frame(points).T.set_index([["a"] * points.shape[1]], append=True).T
    ),
    "polars, Float32": lambda points: pl.DataFrame(columns(points)).cast(pl.Float32),
    "polars, decimals": lambda points: pl.DataFrame(decimals(points)),
    "Arrow, in pieces": chunked,
    "Arrow, decimals": lambda points: pa.table(
        {name: pa.array(column, pa.decimal128(12, 4)) for name, column in decimals(points).items()}
    ),
    "Arrow, a batch": lambda points: pa.RecordBatch.from_pydict(columns(points)),
    "dictionary of Series": lambda points: {name: pd.Series(column) for name, column in columns(points).items()},
    "list of rows": list,
}
if importlib.util.find_spec("xarray"):  # which is no dependency of anything here
    import xarray

    TAKEN["xarray"] = lambda points: xarray.DataArray(points, dims=["row", "coordinate"])


@pytest.mark.parametrize("container", TAKEN)
@pytest.mark.parametrize("door", doors(taking=CLOUDS))
def test_containers_that_are_taken_change_nothing(door, container):
    given = changed(door, CLOUDS, TAKEN[container])
    np.testing.assert_allclose(door(**given), door(), rtol=1e-12)


def spoilt(points: np.ndarray, column: Any) -> pd.DataFrame:
    """Return points whose last coordinate is another column."""
    frame = pandas_frame(points)
    return frame.set_axis([*frame.columns[:-1], "city"], axis=1).assign(city=column)


def with_words(points: np.ndarray) -> pd.DataFrame:
    return spoilt(points, ["Rom"] * len(points))


def twice(points: np.ndarray) -> pd.DataFrame:
    return pd.concat([pandas_frame(points)] * 2, axis=1)


DAYS = [datetime.time(9, 30)]
WORDS = r"\['city'\] must be numeric, but it holds 'Rom'\. Turn the column into numbers, or leave it out"
CODES = r"\['city'\] must be numeric, but it is a column of categories"
ONCE = "must be an array or a sequence, but a {} was given"

REFUSED: dict[str, tuple[Callable[[np.ndarray], Any], str]] = {
    "pandas, words": (with_words, WORDS),
    "pandas, text": (lambda points: with_words(points).astype({"city": "string"}), WORDS),
    "pandas, categories": (lambda points: with_words(points).astype({"city": "category"}), CODES),
    "pandas, categories of numbers": (lambda points: spoilt(points, pd.Categorical([1] * len(points))), CODES),
    "pandas, digits in text": (
        lambda points: spoilt(points, ["12"] * len(points)),
        r"\['city'\] must be numeric, but it holds '12'",
    ),
    "pandas, a word among numbers": (
        lambda points: spoilt(points, [*range(len(points) - 1), "?"]),
        r"\['city'\] must be numeric, but it holds '\?'",
    ),
    "pandas, months": (
        lambda points: spoilt(points, pd.period_range("2024-01", periods=len(points), freq="M")),
        r"\['city'\] must be numeric, but it holds Period",
    ),
    "pandas, times of day": (
        lambda points: spoilt(points, DAYS * len(points)),
        r"\['city'\] must be numeric, but it holds datetime.time",
    ),
    "pandas, a missing flag": (
        lambda points: spoilt(points, pd.array([None] + [True] * (len(points) - 1), "boolean")),
        r"\['city'\] must hold no missing values, but \w+(\[\d\])?\['city'\]\[0\] is missing",
    ),
    "pandas, infinity": (
        lambda points: spoilt(points, [np.inf] * len(points)),
        r"\['city'\] must be finite, but \w+(\[\d\])?\['city'\]\[0\] = inf",
    ),
    "pandas, a name twice": (twice, "must have each column name once, but 'age' occurs more than once"),
    "polars, words": (lambda points: pl.from_pandas(with_words(points)), WORDS),
    "polars, categories": (
        lambda points: pl.from_pandas(with_words(points)).with_columns(pl.col("city").cast(pl.Categorical)),
        CODES,
    ),
    "polars, lists": (
        lambda points: pl.DataFrame({"city": [[1.0, 2.0]] * len(points)}),
        r"\['city'\] must be numeric, but it holds array",
    ),
    "polars, lazy": (lambda points: pl.DataFrame(columns(points)).lazy(), r"a lazy frame was given: .*\.collect\(\)"),
    "Arrow, words": (lambda points: pa.Table.from_pandas(with_words(points)), WORDS),
    "Arrow, a dictionary": (
        lambda points: pa.table(columns(points) | {"city": pa.array(["Rom"] * len(points)).dictionary_encode()}),
        CODES,
    ),
    "Arrow, lists": (
        lambda points: pa.table({"city": [[1.0, 2.0]] * len(points)}),
        r"\['city'\] must hold one number in each row, but its shape is",
    ),
    "words in a list": (lambda points: ["Rom"] * len(points), "must be numeric, but it holds 'Rom'"),
    "rows of two lengths": (lambda points: [[1.0, 2.0], [3.0]], "its rows differ in length"),
    "dictionary of numbers": (lambda points: {"rye": 1.0, "oats": 2.0}, "has a column of numbers for each name"),
    "scipy, sparse": (
        scipy.sparse.csr_array,
        r"must be a dense array, but a sparse csr_array was given: .*\.toarray\(\)",
    ),
    "generator": (lambda points: (row for row in points), ONCE.format("generator")),
    "map": (lambda points: map(tuple, points), ONCE.format("map")),
    "set": (lambda points: set(points[:, 0].tolist()), ONCE.format("set")),
    "values of a dictionary": (lambda points: columns(points).values(), ONCE.format("dict_values")),
    "path": (
        lambda points: Path("march.parquet"),
        r"Read the file first: .* = pandas\.read_parquet\('march.parquet'\)",
    ),
    "text": (lambda points: "march.csv", r"must hold numbers, but the text 'march.csv' was given. Read the file first"),
    "complex": (lambda points: points * 1j, "must be real"),
    "one number": (lambda points: 3.0, "shape is"),
    "nothing": (lambda points: [], "must hold at least one point|at least"),
}


@pytest.mark.parametrize("container", REFUSED)
@pytest.mark.parametrize("door", doors(taking=CLOUDS))
def test_containers_that_are_refused_say_why_and_where(door, container):
    """The last argument that holds points; all others as they are."""
    make, message = REFUSED[container]
    name = door.of_kind(*CLOUDS)[-1]
    value = door.values[name]
    many = door.data[name].kind is Kind.CLOUDS
    given = [*value[:-1], make(value[-1])] if many else make(value)
    with pytest.raises((TypeError, ValueError), match=message) as refused:
        door(**{name: given})
    assert name in str(refused.value), refused.value
