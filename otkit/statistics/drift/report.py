"""What `otkit.drift` returns."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from otkit._text import did_you_mean, shown
from otkit.inputs.labels import label_text, written
from otkit.io.results import Result, data_frame
from otkit.statistics.drift.corrections import benjamini_hochberg, holm
from otkit.statistics.drift.entries import ColumnDrift, JointTest, LabelDrift, NotCompared, NumericDrift
from otkit.statistics.drift.words import in_a_sentence, share, table

# What a threshold may be set for: whether more is worse, or less.
ABOVE = ("w1_std", "ks", "psi", "tv", "js", "missing_change", "unseen_share", "not_compared")
BELOW = ("pvalue", "holm", "bh", "joint_pvalue")


class Exceedance(NamedTuple):
    """A threshold that is passed.

    Attributes
    ----------
    metric : str
    threshold, value : float
    where : str
        The column and the group.
    """

    metric: str
    threshold: float
    value: float
    where: str

    def __str__(self) -> str:
        sign = "<" if self.metric in BELOW else ">"
        return f"{self.where}: {self.metric} = {self.value:.4g} {sign} {self.threshold:g}"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class DriftReport(Result):
    """Two tables compared; see `drift`.

    Attributes
    ----------
    columns : tuple of NumericDrift and LabelDrift
        By effect, largest first.
    joint : tuple of JointTest
        One for each group.
    not_compared : tuple of NotCompared
        Columns on one side only, of different kinds, without values; and groups on one side only.
    rows : tuple of two int
        Of the reference and of the current table.
    names : tuple of two str
        Their files, or "reference" and "current".
    by : Hashable
        The column that holds the groups.
    level : float
    seed : int or None
        What `rng=` takes to deal and draw the same rows again; None where a generator was given.
    notes : tuple of str
        How the tables were read.
    seconds : float
    """

    columns: tuple[ColumnDrift, ...]
    joint: tuple[JointTest, ...]
    not_compared: tuple[NotCompared, ...]
    rows: tuple[int, int]
    names: tuple[str, str]
    by: Hashable
    level: float
    seed: int | None
    notes: tuple[str, ...]
    seconds: float

    @classmethod
    def ordered(cls, entries: Sequence[ColumnDrift], **fields: Any) -> DriftReport:
        """Return a report with p-values corrected and entries in their order."""
        pvalues = np.array([entry.pvalue for entry in entries])
        corrected = zip(entries, holm(pvalues).tolist(), benjamini_hochberg(pvalues).tolist(), strict=True)
        columns = [replace(entry, holm=by_holm, bh=by_bh) for entry, by_holm, by_bh in corrected]
        columns.sort(key=lambda entry: (-entry.w1_std, entry.pvalue))
        return cls(columns=tuple(columns), **fields)

    def __getitem__(self, name: Hashable) -> ColumnDrift:
        """Return the entry of a column, or of a column and a group: ``report["age", "north"]``."""
        for entry in self.columns:
            if name in (entry.column, (entry.column, entry.group)) and (entry.group is None or name != entry.column):
                return entry
        known = ", ".join(entry.name for entry in self.columns[:8])
        meant = did_you_mean(name, [entry.column for entry in self.columns])
        raise KeyError(
            f"the report has no column {name!r}; it has {known}. Those not compared are in not_compared.{meant}"
        )

    def __len__(self) -> int:
        return len(self.columns)

    def __iter__(self) -> Iterator[ColumnDrift]:
        return iter(self.columns)

    @property
    def drifted(self) -> tuple[ColumnDrift, ...]:
        """Entries that are no accident: of them, a share `level` on average are (Benjamini & Hochberg)."""
        return tuple(entry for entry in self.columns if entry.bh <= self.level)

    def exceeded(self, thresholds: Mapping[str, float]) -> list[Exceedance]:
        """Return where thresholds are passed.

        Parameters
        ----------
        thresholds : mapping
            "w1_std", "ks", "psi", "tv", "js", "missing_change", "unseen_share": passed by a column whose value is
            larger; "not_compared" by their number; "pvalue", "holm", "bh" by a column, and "joint_pvalue" by a joint
            test, whose value is smaller.

        Raises
        ------
        ValueError
            Another name, or NaN.

        Examples
        --------
        >>> import otkit
        >>> report = otkit.drift({"a": [0, 1, 2, 3]}, {"a": [3, 4, 5, 6]}, rng=0)
        >>> [str(passed) for passed in report.exceeded({"w1_std": 0.2, "pvalue": 0.01})]
        ['a: w1_std = 2.683 > 0.2']
        """
        passed = []
        for metric, threshold in thresholds.items():
            if metric not in ABOVE + BELOW:
                known = ", ".join(ABOVE + BELOW)
                raise ValueError(f"thresholds must be set for one of {known}, but {metric!r} was given.")
            if not float(threshold) == float(threshold):
                raise ValueError(f"thresholds must be numbers, but {metric} = {shown(threshold)} was given.")
            for value, where in self._values(metric):
                if value < threshold if metric in BELOW else value > threshold:
                    passed.append(Exceedance(metric, float(threshold), float(value), where))
        return passed

    def _values(self, metric: str) -> list[tuple[float, str]]:
        if metric == "not_compared":
            return [(float(len(self.not_compared)), "columns not compared")]
        if metric == "joint_pvalue":
            return [(test.pvalue, test.name) for test in self.joint]
        entries: list[Any] = [*self.columns, *(self.not_compared if metric == "missing_change" else ())]
        values = [(getattr(entry, metric, None), entry.name) for entry in entries]
        return [(value, where) for value, where in values if value is not None]

    # --- as other things --------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain values, which JSON can hold but for infinities."""
        return {
            "reference": {"name": self.names[0], "rows": self.rows[0]},
            "current": {"name": self.names[1], "rows": self.rows[1]},
            **({} if self.by is None else {"by": written(self.by)}),
            "level": self.level,
            "seed": self.seed,
            "drifted": len(self.drifted),
            "columns": [entry.to_dict() for entry in self.columns],
            "joint": [test.to_dict() for test in self.joint],
            "not_compared": [entry.to_dict() for entry in self.not_compared],
            "notes": list(self.notes),
            "seconds": self.seconds,
        }

    def to_frame(self) -> Any:
        """Return one row a column as a pandas DataFrame: those compared, by effect, then those that were not.

        Raises
        ------
        ModuleNotFoundError
            pandas is not installed.
        """
        nested = ("share_changes", "quantile_changes", "unseen", "gone")
        entries: list[ColumnDrift | NotCompared] = [*self.columns, *self.not_compared]
        rows = []
        for entry in entries:
            row = {key: value for key, value in entry.to_dict().items() if key not in nested}
            rows.append(row | {"column": entry.column} | ({} if self.by is None else {"group": entry.group}))
        return data_frame(rows)

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the report as a page of HTML with its pictures, which needs no network; write it to `path`, too.

        Raises
        ------
        ValueError, OSError
            The path does not end in .html, or can't be written.
        """
        from otkit.io.atomic import replacing, require_place
        from otkit.statistics.drift.html import page

        if path is not None:
            require_place(path, (".html", ".htm"))
        content = page(self)
        if path is not None:
            with replacing(path) as place:
                place.write_text(content, encoding="utf-8")
        return content

    def _repr_html_(self) -> str:
        from otkit.statistics.drift.html import fragment

        return fragment(self)

    # --- as text ----------------------------------------------------------------------------------------------------

    def summary(self) -> str:
        """Return the result in a sentence."""
        named = ", ".join(entry.name for entry in self.drifted[:3])
        more = f" and {len(self.drifted) - 3} more" if len(self.drifted) > 3 else ""
        which = f": {named}{more}" if named else ""
        return (
            f"{len(self.drifted)} of {self._many()} moved, at a false discovery rate of {100 * self.level:g} %{which}"
        )

    def report(self) -> str:
        """Return the result in a sentence for a report: sizes of the tables, effects of the first columns.

        Examples
        --------
        >>> import numpy as np, otkit
        >>> before = {"age": np.arange(40.0), "plan": ["free", "paid"] * 20}
        >>> print(otkit.drift(before, {"age": np.arange(30.0) + 20.0, "plan": ["free", "paid"] * 15}, rng=0).report())
        1 of 2 columns moved from reference (40 rows) to current (30 rows), at a false discovery rate of 5 %: age (W₁ =
        15, 1.3 of the standard deviation, p = 0.0002)
        """
        sides = (f"{name} ({rows:,} row{'s' * (rows != 1)})" for name, rows in zip(self.names, self.rows, strict=True))
        rate = f"at a false discovery rate of {100 * self.level:g} %"
        named = [f"{entry.name} ({in_a_sentence(entry)})" for entry in self.drifted[:3]]
        more = f" and {len(self.drifted) - 3} more" if len(self.drifted) > 3 else ""
        which = f": {', '.join(named)}{more}" if named else ""
        return f"{len(self.drifted)} of {self._many()} moved from {' to '.join(sides)}, {rate}{which}"

    def _many(self) -> str:
        what = "columns in groups" if self.by is not None else "column" if len(self.columns) == 1 else "columns"
        return f"{len(self.columns)} {what}"

    def text(self, width: int | None = 80) -> str:
        """Return the report as text.

        Parameters
        ----------
        width : int or None
            Characters of a line; the least important columns of the table are left out. None: as wide as it takes.
        """
        head = f"{self.names[0]}, {self.rows[0]:,} rows → {self.names[1]}, {self.rows[1]:,} rows" + (
            f", by {label_text(self.by)}" if self.by is not None else ""
        )
        lines = [head, self.summary(), ""]
        if self.columns:
            lines += [table(self.columns, width), ""]
        lines += [
            f"together: {test.name}: p = {test.pvalue:.4g} ({test.test}: {test.energy_distance:.4g}, "
            f"{test.by_chance:.4g} by chance)"
            for test in self.joint
        ]
        lines += [f"not compared: {entry.name}: {entry.reason}{_gaps(entry)}" for entry in self.not_compared]
        lines += [f"read: {note}" for note in self.notes]
        return "\n".join(lines).rstrip()

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"DriftReport({self.summary()})"


def _gaps(entry: NotCompared) -> str:
    """Say how many values are missing on each side, where some are."""
    if entry.reference is None or entry.current is None or not (entry.reference.missing or entry.current.missing):
        return ""
    shares = (share(side.missing_share) for side in (entry.reference, entry.current))
    return f" ({' → '.join(shares)} missing)"


__all__ = ["ColumnDrift", "DriftReport", "Exceedance", "LabelDrift", "NumericDrift"]
