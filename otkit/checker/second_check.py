"""Exact answers checked a second time, by the standalone checker: another program, which shares nothing but the costs.

Where costs rest on the machine's mathematical library, or are functions, it takes their values as they are; all others
it evaluates itself. It takes some microseconds for each pair and coordinate, so this is for small problems.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from otkit.checker.certificate import Certificate
from otkit.checker.proof_files import plain
from otkit.checker.standalone import FORMAT, check, digest, require, statement

# Pairs up to which answers are checked twice: at the most some tenths of a second in the plane.
LARGEST = 10_000

WORDS = "again by otkit/checker/standalone.py, in Python's integers"


def checked_twice(certificate: Certificate) -> str:
    """Check an exact proof of up to 10,000 pairs by the standalone checker; return that in words, '' where not done.

    Raises
    ------
    ProofError
        The proof does not hold, which would be a fault of otkit.

    Examples
    --------
    >>> import otkit
    >>> from otkit.checker.second_check import checked_twice
    >>> checked_twice(otkit.transport([[1, 2], [3, 1]], [2, 1], [1, 2]).certificate)
    "again by otkit/checker/standalone.py, in Python's integers"
    >>> checked_twice(otkit.transport([[1, 2], [3, 1]], [2, 1], [1, 2], method="simplex", proof="float").certificate)
    ''
    """
    evidence = certificate.evidence
    if evidence is None or evidence.problem.a.size * evidence.problem.b.size > LARGEST:
        return ""
    problem, rows, cols, kind = evidence
    stated = plain(problem, kind)
    told = {"format": FORMAT, "kind": kind, "n": len(stated.a), "m": len(stated.b), "sha256": digest(stated)}
    told |= {"value": certificate.value.hex(), "arcs": np.column_stack([rows, cols]).tolist()}
    proved = check(stated, told | {"statement": statement(stated, kind, certificate.value)})
    assert proved.optimum is not None
    between = Fraction(certificate.lower) <= proved.optimum <= Fraction(certificate.upper)
    require(between, f"OPT does not lie in [{certificate.lower!r}, {certificate.upper!r}]")
    return WORDS
