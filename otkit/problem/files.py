"""Problems in NPZ files: which arrays one holds, written and read."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from otkit.costs import storage
from otkit.io.archives import Field, read_archive, write_archive

T = TypeVar("T")

# What `TransportProblem.load` reads: a problem, or a result, which holds its problem.
FILE_FORMATS = ("otkit-problem-1", "otkit-result-1")

# The arrays that it may hold: those of the problem, and of a result the plan, the prices and the arcs of the tree.
PROBLEM_FIELDS = {"a": Field(("n",), least=0.0), "b": Field(("m",), least=0.0)} | storage.FIELDS
ANSWER_FIELDS = {
    "rows": Field(("entries",), "index", "n"),
    "cols": Field(("entries",), "index", "m"),
    "mass": Field(("entries",)),
    "f": Field(("n",)),
    "g": Field(("m",)),
    "basis_rows": Field(("tree",), "index", "n", wanted=False),
    "basis_cols": Field(("tree",), "index", "m", wanted=False),
}


def write_problem(path: str | os.PathLike[str], header: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
    """Write the parts of a problem."""
    write_archive(path, {"format": FILE_FORMATS[0]} | dict(header), dict(arrays))


def read_problem(path: str | os.PathLike[str], made: Callable[[Mapping[str, Any], Mapping[str, Any]], T]) -> T:
    """Read the parts of a problem, or of the problem of a result, and return what is made of them."""
    of_result = {name: field._replace(wanted=False) for name, field in ANSWER_FIELDS.items()}
    return read_archive(
        path, FILE_FORMATS, PROBLEM_FIELDS | of_result, made, "TransportProblem.save or TransportResult.save"
    )
