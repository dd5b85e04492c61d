"""What a report says of one column, of several together, and of those that could not be compared."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from otkit._typing import FloatArray
from otkit.inputs.labels import label_text, written

# Levels at which quantiles are told.
LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)

# Labels that a report names, of those that changed most, and of those that one side lacks.
MOST_LABELS = 20


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side of a column.

    Attributes
    ----------
    rows : int
        Of the table, or of the group.
    missing : int
        How many of them have no value.
    """

    rows: int
    missing: int

    @property
    def missing_share(self) -> float:
        """The share of rows without a value."""
        return self.missing / self.rows if self.rows else 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class ColumnDrift(ABC):
    """How far one column has moved.

    Attributes
    ----------
    column : Hashable
        Its name.
    group : Hashable
        The group of rows, for a report by groups; None for all rows.
    kind : str
        "numeric", "datetime", "datetime in a zone", "duration", "boolean", "categorical" or "text".
    reference, current : Side
        Rows, and how many of them lack a value.
    w1_std : float
        The effect: W_1 between the two sides over the standard deviation of the reference, of numbers with the distance
        |x − y|, of labels with the distance 0 or 1. ∞ where the reference is constant and the current side is not.
    by_chance : float
        What it is on average between two samples of one law, of these sizes.
    pvalue : float
        Of the hypothesis that both sides come from one law.
    test : str
        How the p-value was found.
    holm, bh : float
        The p-value corrected over all columns and groups of the report: by Holm's method and by that of Benjamini and
        Hochberg.
    """

    column: Hashable
    group: Hashable = None
    kind: str
    reference: Side
    current: Side
    w1_std: float
    by_chance: float
    pvalue: float
    test: str
    holm: float = 1.0
    bh: float = 1.0

    @property
    def missing_change(self) -> float:
        """By how much the share of missing values has grown."""
        return self.current.missing_share - self.reference.missing_share

    @property
    def name(self) -> str:
        """The column, and its group, as text."""
        return name_of(self.column, self.group)

    @property
    @abstractmethod
    def where(self) -> str:
        """What has changed, in a few words."""

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as plain values."""
        return {
            "column": written(self.column),
            **({} if self.group is None else {"group": written(self.group)}),
            "kind": self.kind,
            "w1_std": self.w1_std,
            "by_chance": self.by_chance,
            **self._own(),
            "rows_reference": self.reference.rows,
            "rows_current": self.current.rows,
            "missing_reference": self.reference.missing_share,
            "missing_current": self.current.missing_share,
            "missing_change": self.missing_change,
            "pvalue": self.pvalue,
            "holm": self.holm,
            "bh": self.bh,
            "test": self.test,
            "where": self.where,
        }

    @abstractmethod
    def _own(self) -> dict[str, Any]:
        """Return what entries of this kind have beside the others."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NumericDrift(ColumnDrift):
    """How far a column of numbers, times or durations has moved.

    Attributes
    ----------
    w1 : float
        W_1 = ∫ |F − G| dx, in the unit of the column; of times and durations, in seconds.
    w1_lower, w1_upper : float
        Floats that W_1 lies between, for the values given.
    proof : str
        What that rests on: "exact", an optimal plan checked in exact arithmetic; "bounded", a bound on the rounding.
    std : float
        The standard deviation of the reference, in the same unit.
    ks : float
        The largest difference between the distribution functions.
    psi : float
        The population stability index: Jeffreys's divergence over ten bins with the reference's deciles as edges; ∞
        where a bin is empty on one side.
    quantiles : ndarray, shape (2, 9)
        At `LEVELS`, of the reference and of the current side.
    bands : ndarray, shape (2, 100)
        Means of the quantile function over each percent, of the reference and of the current side: their differences
        are where the shift is, and the mean of their magnitudes is W_1 but for what cancels within a percent.
    origin : float or None
        Of times: the seconds since 1970 from which quantiles and bands are counted.
    """

    w1: float
    w1_lower: float
    w1_upper: float
    proof: str
    std: float
    ks: float
    psi: float
    quantiles: FloatArray
    bands: FloatArray
    origin: float | None = None

    @property
    def shift(self) -> FloatArray:
        """By how much the quantile function has moved, on average over each percent."""
        change: FloatArray = self.bands[1] - self.bands[0]
        return change

    @property
    def where(self) -> str:
        """Which way the values went, and in which part of the distribution."""
        change = self.shift
        size = np.abs(change)
        total = float(size.sum())
        if total <= 1e-12 * max(float(np.abs(self.bands).max()), self.w1):
            return "no shift" if self.w1 == 0.0 else "too little to say where"
        net, outward = float(change.sum()) / total, float(change[50:].sum() - change[:50].sum()) / total
        way = "up" if net > 0.5 else "down" if net < -0.5 else "mixed"
        if way == "mixed" and abs(outward) > 0.5:
            way = "wider" if outward > 0.0 else "narrower"
        lower, upper = float(size[:10].sum()) / total, float(size[90:].sum()) / total
        if max(lower, upper) >= 0.5:
            return f"{way}, mostly in the {'upper' if upper > lower else 'lower'} tenth"
        return f"{way}, mostly in the middle half" if float(size[25:75].sum()) / total >= 0.8 else way

    def _own(self) -> dict[str, Any]:
        names = [f"q{round(100 * level):02d}" for level in LEVELS]
        return {
            "w1": self.w1,
            "w1_lower": self.w1_lower,
            "w1_upper": self.w1_upper,
            "proof": self.proof,
            "unit": None if self.kind == "numeric" else "s",
            "std_reference": self.std,
            "ks": self.ks,
            "psi": self.psi,
            "quantile_changes": dict(zip(names, (self.quantiles[1] - self.quantiles[0]).tolist(), strict=True)),
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelDrift(ColumnDrift):
    """How far a column of labels has moved.

    Attributes
    ----------
    tv, js, psi : float
        Between the shares of the labels: total variation, the Jensen–Shannon divergence in nats, and the population
        stability index, which is Jeffreys's divergence: ∞ where a label stands on one side only.
    n_labels : int
        On both sides together.
    labels : tuple
        Those whose shares changed most, at most 20.
    shares : ndarray, shape (2, len(labels))
        Theirs, of the reference and of the current side.
    unseen, gone : tuple
        Labels that the reference lacks, and that the current side lacks: the most frequent, at most 20.
    n_unseen, n_gone : int
        How many there are.
    unseen_share, gone_share : float
        Of current values with labels that the reference lacks; and the other way round.
    """

    tv: float
    js: float
    psi: float
    n_labels: int
    labels: tuple[Hashable, ...]
    shares: FloatArray
    unseen: tuple[Hashable, ...]
    gone: tuple[Hashable, ...]
    n_unseen: int
    n_gone: int
    unseen_share: float
    gone_share: float

    @property
    def where(self) -> str:
        """Whose shares have changed most, and which labels are new."""
        moved = [
            f"{label_text(label)} {_per_cent(before)} → {_per_cent(after)} %"
            for label, before, after in zip(self.labels[:2], *self.shares, strict=False)
            if _per_cent(before) != _per_cent(after)
        ]
        new = []
        if self.n_unseen:
            few = ", ".join(map(label_text, self.unseen[:2])) + (", …" if self.n_unseen > 2 else "")
            many = f"{self.n_unseen:,} unseen label{'s' if self.n_unseen > 1 else ''}"
            new = [f"{many}, {_per_cent(self.unseen_share)} %: {few}"]
        return "; ".join([", ".join(moved), *new] if moved else new) or "no shift"

    def _own(self) -> dict[str, Any]:
        return {
            "tv": self.tv,
            "js": self.js,
            "psi": self.psi,
            "labels": self.n_labels,
            "share_changes": [
                {"label": written(label), "reference": float(before), "current": float(after)}
                for label, before, after in zip(self.labels, *self.shares, strict=True)
            ],
            "unseen": [written(label) for label in self.unseen],
            "n_unseen": self.n_unseen,
            "unseen_share": self.unseen_share,
            "gone": [written(label) for label in self.gone],
            "n_gone": self.n_gone,
            "gone_share": self.gone_share,
        }


@dataclass(frozen=True, kw_only=True)
class NotCompared:
    """A column, or a group, that has no number, and why.

    Attributes
    ----------
    column, group : Hashable
        None for a group as a whole, and for all rows.
    reason : str
    reference, current : Side or None
        Rows and missing values, where they are known.
    """

    column: Hashable
    group: Hashable = None
    reason: str
    reference: Side | None = None
    current: Side | None = None

    @property
    def name(self) -> str:
        """The column, and its group, as text."""
        return name_of(self.column, self.group)

    @property
    def missing_change(self) -> float | None:
        """By how much the share of missing values has grown; None where that is not known."""
        if self.reference is None or self.current is None:
            return None
        return self.current.missing_share - self.reference.missing_share

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as plain values."""
        sides = {"reference": self.reference, "current": self.current}
        known = {name: side for name, side in sides.items() if side is not None}
        return {
            "column": written(self.column),
            **({} if self.group is None else {"group": written(self.group)}),
            "reason": self.reason,
            **{f"rows_{name}": side.rows for name, side in known.items()},
            **{f"missing_{name}": side.missing_share for name, side in known.items()},
        }


@dataclass(frozen=True, kw_only=True)
class JointTest:
    """A test of several columns together.

    Attributes
    ----------
    columns : tuple
    group : Hashable
    energy_distance : float
        Between the rows of both sides, each column divided by its standard deviation over both.
    by_chance : float
        Its mean over random deals of these rows.
    pvalue : float
    test : str
        How it was found, and from how many rows.
    """

    columns: tuple[Hashable, ...]
    group: Hashable = None
    energy_distance: float
    by_chance: float
    pvalue: float
    test: str

    @property
    def name(self) -> str:
        """The columns, and the group, as text."""
        few = ", ".join(label_text(column) for column in self.columns[:6])
        more = f" and {len(self.columns) - 6} more" if len(self.columns) > 6 else ""
        return f"{few}{more}" + ("" if self.group is None else f" · {label_text(self.group)}")

    def to_dict(self) -> dict[str, Any]:
        """Return the test as plain values."""
        return {
            "columns": [written(column) for column in self.columns],
            **({} if self.group is None else {"group": written(self.group)}),
            "energy_distance": self.energy_distance,
            "by_chance": self.by_chance,
            "pvalue": self.pvalue,
            "test": self.test,
        }


def _per_cent(share: float) -> str:
    """Return a share as a percentage without its sign.

    >>> _per_cent(0.12345), _per_cent(1.0), _per_cent(1e-5)
    ('12.3', '100', '0.001')
    """
    return f"{100.0 * share:.3g}"


def name_of(column: Hashable, group: Hashable) -> str:
    """Return a column and its group as text."""
    parts = [label_text(part) for part in (column, group) if part is not None]
    return " · ".join(parts)
