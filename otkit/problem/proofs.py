"""Proofs in files: small JSON objects, which `otkit.checker.standalone` describes and checks.

What they say of a problem, its digest and the statement in words, is made here from the problem, and there once more
from the same numbers: a proof is taken only where both agree.

Costs of points that are made of + − × ÷ √ are evaluated again by the checker (the cosine from the unit vectors). Others
rest on the mathematical library of the machine that evaluated them. Elsewhere their last bits may differ, and no proof
survives that: prices have to respect each one of them. So the file carries all n × m, not only those of the tree, and
the proof is about these.
"""

from __future__ import annotations

import json
import os
import struct
from fractions import Fraction
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs.plain import PlainCosts, plain_costs, rest_on_library
from otkit.io.atomic import replacing
from otkit.numerics.fixed_point import as_int

if TYPE_CHECKING:
    from otkit.problem import TransportProblem

FORMAT = "otkit-proof-1"


def write_optimality(
    path: str | os.PathLike[str],
    problem: TransportProblem,
    rows: IntArray,
    cols: IntArray,
    value: float,
    kind: Literal["tree", "line"],
) -> None:
    """Write a proof that the flows along some arcs are optimal and cost `value`."""
    costs = _costs(problem, kind)
    arcs = np.column_stack([rows, cols]).tolist()
    statement = f"OPT = {value!r}, exact up to this one rounding, for {costs.name}{_rescaled(problem)}"
    _write(path, problem, costs, kind, statement, {"value": float(value).hex(), "arcs": arcs})


def write_infeasibility(
    path: str | os.PathLike[str], problem: TransportProblem, farkas: FloatArray, kind: Literal["cut", "totals"]
) -> None:
    """Write a proof that no plan exists."""
    costs = _costs(problem, kind)
    sums = "a, b" if kind == "totals" else "a/Σa, b/Σb"
    statement = f"no plan has row and column sums {sums} ({costs.name})"
    _write(path, problem, costs, kind, statement, {"y": [y.hex() for y in farkas.tolist()]})


def write_bottleneck(
    path: str | os.PathLike[str], problem: TransportProblem, value: float, plan: list[list[int]], rows: list[int]
) -> None:
    """Write a proof that `value` is the bottleneck: a plan of integers, and the rows of a cut."""
    costs = _costs(problem, "bottleneck")
    statement = f"the least t such that a plan lives on pairs with c ≤ t is {value!r} ({costs.name})"
    _write(path, problem, costs, "bottleneck", statement, {"value": value.hex(), "plan": plan, "rows": rows})


def _costs(problem: TransportProblem, kind: str) -> PlainCosts:
    problem.cost.require_unchanged()
    return plain_costs(problem.cost, real=kind == "line")


def _rescaled(problem: TransportProblem) -> str:
    """Say by how much b was rescaled to the total of a, if it was."""
    a, b = (as_int(limbs) * Fraction(2) ** low for low, limbs in problem.exact_totals)
    if problem.probability or a == b:
        return ""
    return f", b rescaled by 1 {float((a - b) / b):+.1e} to the total of a"


def _digest(problem: TransportProblem, costs: PlainCosts) -> str:
    """Return the SHA-256 of a line of text and all numbers, a, b and those of the costs, as little-endian doubles."""
    (n, m), numbers = problem.shape, [*problem.a.tolist(), *problem.b.tolist(), *costs.numbers]
    head = f"{costs.name}, {n} × {m}, {'probability' if problem.probability else 'masses'}\n"
    return sha256(head.encode("utf-8") + struct.pack(f"<{len(numbers)}d", *numbers)).hexdigest()


def _write(
    path: str | os.PathLike[str],
    problem: TransportProblem,
    costs: PlainCosts,
    kind: str,
    statement: str,
    body: dict[str, Any],
) -> None:
    n, m = problem.shape
    content = {
        "format": FORMAT,
        "kind": kind,
        "statement": statement,
        "n": n,
        "m": m,
        "sha256": _digest(problem, costs),
        **body,
    }
    if rest_on_library(problem.cost) and kind != "line":
        content["costs"] = [[c.hex() for c in row] for row in costs.parts[0]]
    with replacing(path) as place, open(place, "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False)
        file.write("\n")
