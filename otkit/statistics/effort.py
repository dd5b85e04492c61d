"""How long resampling takes, told before it starts: refused where nobody would wait for it, and what to do instead."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass, field

from otkit.numerics.threads import thread_count
from otkit.solvers.choice import simplex_seconds
from otkit.solvers.waiting import duration

# Seconds from which on whoever calls has to say that they mean it.
PATIENCE = 600.0

# Seconds that a core of a laptop takes, by `benchmarks/permutations.py`: for a point that a pass on the line goes over,
# for a pair in a sum of kernels, for a pair of a small transport problem that is solved in a batch.
_POINT, _KERNEL, _PAIR = 1.2e-8, 2e-10, 5e-8

# Pairs of points up to which transport problems are solved in batches, each by one thread.
_BATCHED = 1024**2

# Fewest points a side, and permutations, that are worth proposing.
_FEWEST_POINTS, _FEWEST_DEALS = 50, 99


@dataclass(frozen=True)
class Effort:
    """What it takes to evaluate a distance between two samples, again and again.

    Attributes
    ----------
    name : str
        What is evaluated.
    sizes : tuple of two int
    seconds : float or None
        For one evaluation, by order of magnitude; None for a function of which nothing is known.
    of : callable
        The seconds for samples of other sizes.
    alternative : tuple of str and float, optional
        A statistic that takes less time, and the seconds for one evaluation of it.
    """

    name: str
    sizes: tuple[int, int]
    seconds: float | None
    of: Callable[[int, int], float] = field(repr=False)
    alternative: tuple[str, float] | None = None

    @classmethod
    def on_line(cls, name: str, n: int, m: int) -> Effort:
        """Return what one pass over points on the line takes."""
        return cls._made(name, n, m, lambda n, m: 1e-6 + _POINT * (n + m))

    @classmethod
    def of_kernel_sums(cls, name: str, n: int, m: int) -> Effort:
        """Return what sums over all pairs of the pooled points take."""
        return cls._made(name, n, m, lambda n, m: 1e-5 + _KERNEL * float(n + m) ** 2)

    @classmethod
    def of_transports(cls, name: str, n: int, m: int) -> Effort:
        """Return what an exact transport problem takes."""
        return cls._made(name, n, m, _transport, ("energy", cls.of_kernel_sums("", n, m).seconds or 0.0))

    @classmethod
    def unknown(cls, name: str, n: int, m: int) -> Effort:
        """Return that nothing is known yet."""
        return cls(name, (n, m), None, lambda n, m: math.inf)

    @classmethod
    def _made(
        cls, name: str, n: int, m: int, of: Callable[[int, int], float], other: tuple[str, float] | None = None
    ) -> Effort:
        return cls(name, (n, m), of(n, m), of, other)

    def measured(self, seconds: float) -> Effort:
        """Return the same with what one evaluation took."""
        return dataclasses.replace(self, seconds=seconds)

    def within(self, seconds: float, most: int) -> int:
        """Return how many evaluations take about so many seconds, from 1 to `most`."""
        return most if self.seconds is None else max(1, min(most, int(seconds / self.seconds)))

    def require_patience(self, times: int, max_seconds: float | None, how_many: str = "permutations") -> None:
        """Refuse what would take too long, unless there is a limit of time.

        Raises
        ------
        ValueError
            With the estimate, and the faster roads.
        """
        if max_seconds is not None or self.seconds is None or times * self.seconds <= PATIENCE:
            return
        n, m = self.sizes
        roads = ["max_seconds=… to wait for so long at most"]
        fewer = int(PATIENCE / self.seconds)
        if _FEWEST_DEALS <= fewer < times:
            roads.append(f"{how_many}={10 ** int(math.log10(fewer + 1)) - 1}")
        if self.alternative is not None and times * self.alternative[1] <= PATIENCE:
            statistic, seconds = self.alternative
            roads.append(f"statistic={statistic!r} (about {duration(times * seconds)})")
        share = 1.0
        while share * min(n, m) >= 2 * _FEWEST_POINTS and times * self.of(int(share * n), int(share * m)) > PATIENCE:
            share /= 2.0
        if times * self.of(int(share * n), int(share * m)) <= PATIENCE and share < 1.0:
            part = duration(times * self.of(int(share * n), int(share * m)))
            roads.append(f"{int(share * n):,} and {int(share * m):,} random rows of x and y (about {part})")
        raise ValueError(
            f"{times:,} times {self.name} of {n:,} and {m:,} points would take about {duration(times * self.seconds)}, "
            f"more than the {duration(PATIENCE)} that are waited for without being asked. Give {'; or '.join(roads)}."
        )


def _transport(n: int, m: int) -> float:
    """Return the seconds of an exact transport problem; in a batch as many are solved at once as there are threads."""
    pairs = float(n) * m
    if pairs <= _BATCHED:
        return (2e-5 + _PAIR * pairs) / thread_count()
    return simplex_seconds(n, m)
