"""Check a proof of a bottleneck, exactly, with the standard library and `standalone` alone.

The *bottleneck* of a problem is the least t such that a plan Γ ≥ 0 with its row and column sums lives on pairs with
c_ij ≤ t: the distance W_∞, if c_ij is a distance. A proof is a JSON object like those of `standalone`, of kind
"bottleneck": value, t in hexadecimal form; plan [[i, j, u], …], u being integers in some unit; rows, a set S of them.

* The plan: the u of a row, or column, are to all u as its mass is to all masses, and each pair costs at most t.
* The cut: S holds a larger share of a than all columns with c_ij < t for an i in S take of b. A plan on pairs that cost
  less than t would ship what S holds to these columns, and there is no room (P. Hall 1935, where masses are equal).
"""

from __future__ import annotations

import math
from typing import Any

from otkit.checker.standalone import FORMAT, Problem, ProofError, Proved, digest, require, whole

KIND = "bottleneck"


def statement(problem: Problem, value: float) -> str:
    """Say in words what a proof proves."""
    return f"the least t such that a plan lives on pairs with c ≤ t is {value!r} ({problem.costs.name})"


def check(problem: Problem, proof: dict[str, Any]) -> Proved:
    """Return what a proof proves about the problem, or raise ProofError."""
    try:
        head = [proof["format"], proof["kind"], proof["n"], proof["m"]]
        require(repr(head) == repr([FORMAT, KIND, len(problem.a), len(problem.b)]), f"it begins with {head}")
        require(proof["sha256"] == digest(problem), "it is about other masses or costs, their SHA-256 differs")
        numbers = [*problem.a, *problem.b, *problem.costs.numbers]
        require(all(map(math.isfinite, numbers)) and min(problem.a + problem.b) >= 0.0, "a number is no cost or mass")
        value = float.fromhex(proof["value"])
        a, b, _, balanced = whole(problem)
        require(balanced, "the masses do not balance")
        check_plan(problem, value, a, b, proof["plan"])
        check_cut(problem, value, a, b, proof["rows"])
        require(proof["statement"] == statement(problem, value), f"it states other than {statement(problem, value)!r}")
        return Proved(statement(problem, value))
    except ProofError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise ProofError(f"The proof does not hold: it can't be followed, {type(error).__name__} {error}.") from error


def check_plan(problem: Problem, value: float, a: list[int], b: list[int], plan: list[tuple[int, int, int]]) -> None:
    """Check that a plan has the shares of a and b, and lives on pairs that cost no more than the value."""
    rows, cols, pairs = [0] * len(a), [0] * len(b), problem.costs.pairs
    for i, j, units in plan:
        require(type(i) is type(j) is type(units) is int and min(i, j, units) >= 0, f"[{i}, {j}, {units}] is no entry")
        require(pairs is None or (i, j) in pairs, f"the pair ({i}, {j}) is not listed")
        require(problem.costs.at(i, j) <= value, f"the pair ({i}, {j}) costs more than {value!r}")
        rows[i] += units
        cols[j] += units
    for sums, masses in ((rows, a), (cols, b)):
        require(sum(sums) > 0, "the plan ships nothing")
        same = all(s * sum(masses) == w * sum(sums) for s, w in zip(sums, masses, strict=True))
        require(same, "the plan has other sums than the masses")


def check_cut(problem: Problem, value: float, a: list[int], b: list[int], rows: list[int]) -> None:
    """Check that some rows hold more than the columns that they reach by pairs cheaper than the value."""
    require(all(type(i) is int and 0 <= i < len(a) for i in rows), "the cut names what is no row")
    chosen, pairs = set(rows), problem.costs.pairs
    near = ((i, j) for i in chosen for j in range(len(b))) if pairs is None else (p for p in pairs if p[0] in chosen)
    reached = {j for i, j in near if problem.costs.at(i, j) < value}
    held, taken = sum(a[i] for i in chosen), sum(b[j] for j in reached)
    require(held * sum(b) > taken * sum(a), "the rows of the cut hold no more than the columns that they reach")
