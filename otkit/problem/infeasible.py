"""The error that says, with its proof, that a problem has no plan."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from otkit._typing import FloatArray
from otkit.numerics.pickling import Whole
from otkit.problem import proofs

if TYPE_CHECKING:
    from otkit.problem import TransportProblem


class InfeasibleError(Whole, ValueError):
    """No plan exists; `farkas` proves it.

    Attributes
    ----------
    problem : TransportProblem
        The problem that has no plan.
    farkas : ndarray, shape (n + m,)
        A vector y with Aᵀy ≤ 0 and bᵀy > 0 for the linear program's A and b = [a; b]. Any plan Γ ≥ 0 with A vec(Γ) = b
        would give 0 ≥ yᵀA vec(Γ) = yᵀb > 0, so there is none. Where the cost is sparse, A has a column for each arc:
        Aᵀy ≤ 0 says y_i + y_{n+j} ≤ 0 for the listed pairs alone.
    """

    __module__ = "otkit"  # where users find it, so that tracebacks say so

    def __init__(
        self, message: str, farkas: FloatArray, problem: TransportProblem, kind: Literal["cut", "totals"]
    ) -> None:
        super().__init__(message)
        self.farkas = farkas
        self.problem = problem
        self._kind = kind

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the proof that no plan exists to a small file: anyone checks it by `otkit.check_proof`.

        Examples
        --------
        >>> import otkit, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "proof.json")
        >>> try:
        ...     otkit.transport([[1.0, 2.0]], [3.0], [1.0, 1.0])
        ... except otkit.InfeasibleError as error:
        ...     error.save(path)
        ...     otkit.check_proof(error.problem, path).statement
        'no plan has row and column sums a, b (costs as given)'
        """
        proofs.write_infeasibility(path, self.problem, self.farkas, self._kind)
