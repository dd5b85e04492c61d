"""How a problem is to be solved: what public functions take beside the data, filled in once and passed on whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from otkit._typing import ArrayLike
from otkit.inputs.checks import require_choice
from otkit.optimal_transport.results import TransportResult
from otkit.solvers.monitor import Progress
from otkit.solvers.registry import SOLVERS, Method

OnFailure = Literal["raise", "return"]
Proof = Literal["auto", "exact", "float"]
Report = bool | Callable[[Progress], None]


@dataclass(frozen=True)
class Settings:
    """The keywords of `otkit.wasserstein` that say how to solve, where each is described.

    Raises
    ------
    ValueError, TypeError
        A choice that is none.
    """

    method: Method = "auto"
    options: Any = None
    max_seconds: float | None = None
    on_failure: OnFailure = "raise"
    proof: Proof = "auto"
    progress: Report = False
    warm_start: TransportResult | tuple[ArrayLike, ArrayLike] | None = None
    canonical: bool = False
    threads: int | None = None

    @property
    def is_plain(self) -> bool:
        """Whether nothing is asked for but the answer: no limit of time, no reports, no plan of a certain kind."""
        return (
            self.options is self.warm_start is self.max_seconds is self.threads is None
            and not (self.canonical or self.progress)
            and self.proof != "float"
        )

    def __post_init__(self) -> None:
        require_choice(self.method, "method", ("auto", *SOLVERS))
        require_choice(self.on_failure, "on_failure", ("raise", "return"))
        require_choice(self.proof, "proof", ("auto", "exact", "float"))
