"""The inequalities between divergences, and W_1, with the numbers on both sides.

References: Y. Polyanskiy & Y. Wu, *Information Theory: From Coding to Learning*, chapter 7; A. Tsybakov, *Introduction
to Nonparametric Estimation*, section 2.4; Endres & Schindelin (2003) and Lin (1991) for JS ≤ log 2 · TV; Villani,
*Optimal Transport: Old and New*, theorem 6.15, for W_1 ≤ diam · TV.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from otkit._text import text_table
from otkit._typing import ArrayLike, FloatArray
from otkit.costs import Cost, as_cost
from otkit.divergences.discrete import discrete_divergence
from otkit.divergences.generators import GENERATORS
from otkit.inputs.bins import aligned
from otkit.inputs.checks import as_weights
from otkit.inputs.frames import as_clouds
from otkit.inputs.matching import values_by_label
from otkit.io.results import Result
from otkit.optimal_transport.solve import wasserstein

# By more than this no inequality fails: each side is a function of divergences that are right to 1e-12, and differences
# of shares p/Σp − q/Σq below 1e-29, computed in twice the working precision, are rounding.
ROUNDING, RESOLUTION = 4e-12, 1e-29


@dataclass(frozen=True)
class Inequality(Result):
    """One inequality, left ≤ right, with its numbers.

    Attributes
    ----------
    name : str
        Whose it is, or what it compares.
    formula : str
    left, right : float
        Both sides; ∞ is a value.
    """

    _fields_of_dict = ("name", "formula", "left", "right", "slack", "holds")

    name: str
    formula: str
    left: float
    right: float

    @property
    def slack(self) -> float:
        """Right minus left, and 0 where both are infinite."""
        return 0.0 if self.left == self.right else self.right - self.left

    @property
    def holds(self) -> bool:
        """Whether left ≤ right, up to the rounding of the two sides."""
        return self.left <= self.right * (1.0 + ROUNDING) + RESOLUTION


@dataclass(frozen=True)
class Inequalities(Result):
    """All inequalities for one pair of measures; prints as a table.

    Attributes
    ----------
    rows : tuple of Inequality
    """

    _fields_of_dict = ("hold", "rows")

    rows: tuple[Inequality, ...]

    @property
    def hold(self) -> bool:
        """Whether all of them hold."""
        return all(row.holds for row in self.rows)

    def to_frame(self) -> Any:
        """Return the table as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame([row.to_dict() for row in self.rows])

    def __iter__(self) -> Iterator[Inequality]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> Inequality:
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"{name!r}: there are {', '.join(row.name for row in self.rows)}")

    def __str__(self) -> str:
        cells = [(row.name, row.formula, row.left, "≤", row.right, _seen(row)) for row in self.rows]
        return text_table(("inequality", "", "left", "", "right", "slack"), cells)


def divergence_inequalities(
    p: ArrayLike,
    q: ArrayLike,
    *,
    points: ArrayLike | None = None,
    metric: str | Cost | Callable[[FloatArray, FloatArray], float] = "euclidean",
) -> Inequalities:
    """Return the inequalities between divergences for two discrete measures: both sides, and the slack between them.

    Pinsker, Bretagnolle–Huber, total variation between the bounds that Hellinger gives, KL by χ², JS by total
    variation, and W_1 by total variation where the atoms have places. H is the root of H² = Σ(√p − √q)².

    Parameters
    ----------
    p, q : array-like, shape (n,), dict or pandas Series
        Masses or counts on the same n atoms; each is divided by its total. Those with labels are brought together by
        label, as in `f_divergence`.
    points : array-like, shape (n, d) or (n,), optional
        Where the atoms are, for W_1 ≤ diam · TV; diam is taken over the atoms that have mass in p or q. For atoms with
        labels a pandas object whose index holds these labels.
    metric : str or cost object
        The distance between them: a metric.

    Returns
    -------
    Inequalities
        A row each, which says whether it `holds`; prints as a table.

    Raises
    ------
    ValueError
        Negative, NaN or infinite masses, a measure without mass, unequal lengths, a cost that is no metric.

    Examples
    --------
    >>> import otkit
    >>> table = otkit.divergence_inequalities([0.5, 0.5], [0.9, 0.1], points=[0.0, 3.0])
    >>> print(table)
    inequality                                  left         right      slack
    Pinsker            TV ≤ √(KL/2)              0.4  ≤  0.505384   0.105384
    Bretagnolle–Huber  TV ≤ √(1 − e^{−KL})       0.4  ≤  0.632456   0.232456
    Hellinger below    H²/2 ≤ TV            0.105573  ≤       0.4   0.294427
    Hellinger above    TV ≤ H √(1 − H²/4)        0.4  ≤  0.447214  0.0472136
    KL and χ²          KL ≤ log(1 + χ²)     0.510826  ≤   1.02165   0.510826
    JS and TV          JS ≤ log 2 · TV      0.101749  ≤  0.277259    0.17551
    W_1 and TV         W_1 ≤ diam · TV           1.2  ≤       1.2          0
    >>> table.hold, round(table["Pinsker"].slack, 6)
    (True, 0.105384)
    """
    (p, q), labels, _ = aligned((p, "p"), (q, "q"))
    p = as_weights(p, "p", p.size)
    q = as_weights(q, "q", p.size)
    kl, js, tv, chi2, hellinger = (
        float(discrete_divergence(GENERATORS[name], p, q)) for name in ("kl", "js", "tv", "chi2", "hellinger")
    )
    rows = [
        Inequality("Pinsker", "TV ≤ √(KL/2)", tv, math.sqrt(kl / 2.0)),
        Inequality("Bretagnolle–Huber", "TV ≤ √(1 − e^{−KL})", tv, math.sqrt(-math.expm1(-kl))),
        Inequality("Hellinger below", "H²/2 ≤ TV", hellinger / 2.0, tv),
        Inequality("Hellinger above", "TV ≤ H √(1 − H²/4)", tv, math.sqrt(hellinger * (1.0 - hellinger / 4.0))),
        Inequality("KL and χ²", "KL ≤ log(1 + χ²)", kl, math.log1p(chi2)),
        Inequality("JS and TV", "JS ≤ log 2 · TV", js, math.log(2.0) * tv),
    ]
    if points is not None:
        cost = as_cost(metric)
        given = values_by_label(labels, points, "points", "p and q")
        places = as_clouds({"points": given}, invariant=cost.translation_invariant).points[0]
        rows.append(_transport(p, q, places, cost, tv))
    return Inequalities(tuple(rows))


def _seen(row: Inequality) -> float:
    """Return the slack as it is printed: 0 where it is no more than rounding."""
    return 0.0 if abs(row.slack) <= ROUNDING * row.right < math.inf else row.slack


def _transport(p: FloatArray, q: FloatArray, points: FloatArray, metric: Cost, tv: float) -> Inequality:
    if len(points) != p.size:
        raise ValueError(f"points must hold one point for each of the {p.size} atoms, but it holds {len(points)}.")
    charged = np.flatnonzero((p > 0.0) | (q > 0.0))
    places = points[charged]
    pairs = metric.between(places, places)
    if not pairs.is_metric:
        raise ValueError(f"metric must be a metric for W_1 ≤ diam · TV, but {metric!r} is none.")
    w1 = wasserstein(places, places, p[charged], q[charged], metric=metric).distance
    return Inequality("W_1 and TV", "W_1 ≤ diam · TV", w1, pairs.extremes()[1] * tv)
