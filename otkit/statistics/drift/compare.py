"""`otkit.drift`: two tables, column by column."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from otkit._text import shown
from otkit._typing import ArrayLike, FloatArray, IntArray
from otkit.inputs.labels import label_text
from otkit.inputs.randomness import Rng, seeded
from otkit.io.options import FileOptions
from otkit.solvers.monitor import Progress
from otkit.solvers.waiting import waiting
from otkit.statistics.drift.categories import aligned, compare_counts
from otkit.statistics.drift.columns import Column
from otkit.statistics.drift.entries import ColumnDrift, JointTest, LabelDrift, NotCompared, NumericDrift, Side
from otkit.statistics.drift.joint import draw_rows, joint_test
from otkit.statistics.drift.numeric import Numbers, as_numbers, compare_numbers
from otkit.statistics.drift.report import DriftReport
from otkit.statistics.drift.sources import Forecast, Source, Tell, source_of

# Groups beyond which a column is no way of grouping.
MOST_GROUPS = 1000

_NUMBERS = ("numeric", "datetime", "datetime in a zone", "duration")
_WORDS = ("categorical", "text")


def drift(
    reference: ArrayLike | os.PathLike[str],
    current: ArrayLike | os.PathLike[str],
    *,
    columns: Sequence[Hashable] | None = None,
    by: Hashable = None,
    categorical: Sequence[Hashable] = (),
    joint: Sequence[Hashable] | None = None,
    level: float = 0.05,
    rng: Rng = None,
    progress: bool | Callable[[Progress], None] = False,
) -> DriftReport:
    """Compare two tables column by column: how far each has moved, where, and whether by chance.

    Parameters
    ----------
    reference, current : data frame, mapping of columns, array, or path
        Frames of pandas, polars or Arrow, dictionaries of columns, structured arrays, arrays with one column each, or
        files: CSV, TSV, NPY, NPZ, Parquet (read a column at a time). Columns are matched by name. Missing values are
        counted, not refused.
    columns : sequence, optional
        Columns to compare, which both tables must have and whose kinds must agree; by default all that both have.
        Others, and why they are not compared, are in `DriftReport.not_compared`.
    by : Hashable, optional
        A column whose values are groups of rows: each group is compared with the same group of the reference.
    categorical : sequence, optional
        Columns of numbers that are codes, and compared as labels.
    joint : sequence, optional
        Columns of numbers or times that are tested together; by default all of them, and () for none.
    level : float
        The rate of false discoveries, or the level of a test, that the report counts by.
    rng : None, int or numpy.random.Generator, optional
        For permutations and random rows: the same number gives the same report.
    progress : bool or callable, default False
        True shows what is being read or compared, and about how long it will take; a callable gets a `Progress`.

    Returns
    -------
    DriftReport
        An entry for each column, by effect, largest first; joint tests; what was not compared.

    Raises
    ------
    ValueError, TypeError
        No table, a column that is named but missing on one side, or of different kinds.

    See Also
    --------
    two_sample_test : one test, with a statistic of your choice.
    wasserstein_interval : W_p with an interval.
    plot_drift : the report as a picture.

    Notes
    -----
    The effect `w1_std` is W_1 over the reference's standard deviation. For labels both are taken with the distance 0 or
    1: W_1 is then the total variation, and the variance half the mean square distance of two values, (1 − Σ p²)/2.
    A column of true and false gets the same number as one of 1 and 0.

    p-values of numbers are those of W_1. They come from permutations up to 1000 values, and beyond from the limit law
    of W_1 (see ``otkit.statistics.drift.bridge``), which needs a finite ∫ √(F(1 − F)) dx; with heavier tails they are
    too large rather than too small. Where one side has fewer than 200 values, the other is thinned out at random, and
    permutations are taken; it is thinned out, too, where tails are heavy and the sides very unequal. p-values of
    labels are those of Pearson's χ², by permutations where an expected count is below 5. Each entry says which. They
    are corrected over all entries; joint tests are not among them.

    Examples
    --------
    >>> import numpy as np
    >>> import otkit
    >>> rng = np.random.default_rng(0)
    >>> before = {"age": rng.normal(40, 10, 500), "plan": rng.choice(["free", "paid"], 500)}
    >>> after = {"age": rng.normal(44, 10, 400), "plan": rng.choice(["free", "paid"], 400)}
    >>> report = otkit.drift(before, after, rng=0)
    >>> [entry.column for entry in report.columns], report["age"].where
    (['age', 'plan'], 'up')
    >>> round(report["age"].w1_std, 1), report["age"].bh < 0.001, report["plan"].bh < 0.05
    (0.4, True, False)
    """
    with waiting("drift") if progress is True else nullcontext(progress or None) as tell:
        return drift_of_sources(
            source_of(reference, "reference", tell=tell),
            source_of(current, "current", tell=tell),
            columns=columns,
            by=by,
            categorical=categorical,
            joint=joint,
            level=level,
            rng=rng,
            tell=tell,
        )


def source_of_file(path: os.PathLike[str], options: FileOptions, tell: Tell | None = None) -> Source:
    """Return a table in a file, read as the options say."""
    return source_of(path, "", options, tell)


def drift_of_sources(
    reference: Source,
    current: Source,
    *,
    columns: Sequence[Hashable] | None = None,
    by: Hashable = None,
    categorical: Sequence[Hashable] = (),
    joint: Sequence[Hashable] | None = None,
    level: float = 0.05,
    rng: Rng = None,
    tell: Tell | None = None,
) -> DriftReport:
    """Compare two tables that are read column by column; see `drift`."""
    began = time.perf_counter()
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie between 0 and 1, but level = {shown(level)} was given.")
    _require_names(columns, "columns")
    _require_names(categorical, "categorical")
    _require_names(joint, "joint")
    reference, current = _same_names(reference, current)
    for source in (reference, current):
        source.require(columns or (), "columns")
        source.require(categorical, "categorical")
        source.require(joint or (), "joint")
        source.require(() if by is None else (by,), "by")
    generator, seed = seeded(rng)
    work = _Work(reference, current, set(categorical), generator)
    if by is not None:
        work.group_by(by)
    wanted = list(dict.fromkeys([*columns, *(joint or ())])) if columns is not None else None
    names = [name for name in reference.names if name in current.names] if wanted is None else wanted
    names = [name for name in names if name != by]
    if not names and by is None:
        raise ValueError(
            f"{reference.name} and {current.name} must have a column in common, but {reference.name} has "
            f"{_listed(reference.names)} and {current.name} has {_listed(current.names)}."
        )
    work.draw_rows()
    forecast = Forecast(tell)
    for done, name in enumerate(names):
        forecast.tell(f"{done} of {len(names)} columns compared", done / (len(names) + 1))
        work.compare(name, must=columns is not None, together=joint is None or name in joint, chosen=joint is not None)
    if wanted is None:
        work.name_those_apart(by)
    forecast.tell("testing columns together", len(names) / (len(names) + 1))
    tests = tuple(work.joint_tests())
    return DriftReport.ordered(
        work.entries,
        joint=tests,
        not_compared=tuple(work.not_compared),
        rows=(reference.rows, current.rows),
        names=(reference.name, current.name),
        by=by,
        level=level,
        seed=seed,
        notes=(*(f"{side.name}: {'; '.join(side.said)}" for side in (reference, current) if side.said), *work.notes),
        seconds=time.perf_counter() - began,
    )


def _require_names(names: Sequence[Hashable] | None, parameter: str) -> None:
    if isinstance(names, str):
        raise TypeError(f"{parameter} must be a sequence of names, but the text {names!r} was given: [{names!r}].")


def _same_names(reference: Source, current: Source) -> tuple[Source, Source]:
    """Return both tables with the same names where one of them has none: by position."""
    if reference.numbered == current.numbered and (not reference.numbered or reference.names == current.names):
        return reference, current
    if len(reference.names) != len(current.names):
        without = reference if reference.numbered else current
        raise ValueError(
            f"{reference.name} and {current.name} must have names for their columns, or the same number of columns, "
            f"but {without.name} has no names, and they have {len(reference.names)} and {len(current.names)} columns."
        )
    if reference.numbered and not current.numbered:
        return replace(reference, names=current.names), current
    return reference, replace(current, names=reference.names)


def _listed(names: Sequence[Hashable]) -> str:
    return ", ".join(map(repr, names[:8])) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


@dataclass(eq=False)
class _Group:
    """Rows of one group on both sides; None stands for all rows."""

    label: Hashable
    rows: tuple[IntArray | None, IntArray | None]
    drawn: tuple[IntArray, IntArray]
    together: dict[Hashable, tuple[FloatArray, FloatArray]] = field(default_factory=dict)

    def taken(self, side: int, values: Any) -> Any:
        """Return the values of the group's rows."""
        rows = self.rows[side]
        return values if rows is None else values[rows]


_NO_ROWS = np.empty(0, np.int64)


class _Work:
    """What is known so far of two tables."""

    def __init__(
        self, reference: Source, current: Source, categorical: set[Hashable], rng: np.random.Generator
    ) -> None:
        self._sides = (reference, current)
        self._categorical, self._rng = categorical, rng
        self._groups = [_Group(None, (None, None), (_NO_ROWS, _NO_ROWS))]
        self.entries: list[ColumnDrift] = []
        self.not_compared: list[NotCompared] = []
        self.notes: list[str] = []

    def group_by(self, by: Hashable) -> None:
        """Take the values of a column for groups, and compare their shares."""
        columns = [side.column(by).as_labels() for side in self._sides]
        if any(column.kind == "empty" for column in columns):
            raise ValueError(f"by must name a column with values on both sides, but {by!r} has none on one of them.")
        codes, labels = aligned(*columns)
        if len(labels) > MOST_GROUPS:
            raise ValueError(f"by must name a column of at most {MOST_GROUPS} groups, but {by!r} has {len(labels):,}.")
        self._compare_labels(by, codes, labels, columns[0].kind, self._groups[0])
        missing = [int(np.count_nonzero(side < 0)) for side in codes]
        if any(missing):
            self.notes.append(
                f"{missing[0]:,} rows of reference and {missing[1]:,} of current without a group left out"
            )
        self._groups = []
        for k, label in enumerate(labels):
            rows = np.flatnonzero(codes[0] == k), np.flatnonzero(codes[1] == k)
            if rows[0].size and rows[1].size:
                self._groups.append(_Group(label, rows, (_NO_ROWS, _NO_ROWS)))
            else:
                empty = "reference" if not rows[0].size else "current"
                sides = [Side(rows=each.size, missing=0) for each in rows]
                self.not_compared.append(
                    NotCompared(
                        column=None,
                        group=label,
                        reason=f"no such rows in {empty}",
                        reference=sides[0],
                        current=sides[1],
                    )
                )

    def draw_rows(self) -> None:
        """Draw the rows of each group that are tested together."""
        for group in self._groups:
            every = [
                np.arange(side.rows) if rows is None else rows
                for side, rows in zip(self._sides, group.rows, strict=True)
            ]
            group.drawn = draw_rows(every[0], self._rng), draw_rows(every[1], self._rng)

    def compare(self, name: Hashable, *, must: bool, together: bool, chosen: bool) -> None:
        """Compare one column in every group.

        Parameters
        ----------
        name : Hashable
        must : bool
            Whether a column that can't be compared is an error.
        together : bool
            Whether to keep its drawn rows for the joint test.
        chosen : bool
            Whether the user asked for that.
        """
        columns: list[Column] = []
        try:
            columns += [side.column(name) for side in self._sides]
            if name in self._categorical:
                columns = [column.as_labels() for column in columns]
            if any(bool(column.absent().all()) for column in columns):
                self._note_empty(name, columns)
                return
            kind = _common_kind(columns)
            if chosen and together and kind not in _NUMBERS:
                raise ValueError(f"joint tests are of numbers and times, but it is {kind}")
            numbers = _numbers(columns, name) if kind in _NUMBERS else None
            codes, labels = ((_NO_ROWS, _NO_ROWS), ()) if numbers is not None else aligned(*columns)
        except (ValueError, TypeError) as error:
            if must:
                raise type(error)(f"{label_text(name)!r} can't be compared: {error}") from None
            sides = [Side(rows=len(column), missing=int(column.absent().sum())) for column in columns]
            first, second = sides if sides else (None, None)
            self.not_compared.append(NotCompared(column=name, reason=str(error), reference=first, current=second))
            return
        for group in self._groups:
            if numbers is None:
                self._compare_labels(name, codes, labels, kind, group)
                continue
            self._compare_numbers(name, kind, numbers, group)
            if together:
                group.together[name] = numbers.reference[group.drawn[0]], numbers.current[group.drawn[1]]
        if numbers is not None and numbers.note:
            self.notes.append(numbers.note)
        if numbers is not None and not must and kind == "numeric" and all(map(_counts_rows, numbers[:2])):
            self.notes.append(f"{label_text(name)} counts the rows; columns= (--columns) leaves it out")

    def _note_empty(self, name: Hashable, columns: Sequence[Column]) -> None:
        """Note for each group that a side of a column has no value."""
        for group in self._groups:
            taken = [group.taken(k, column.absent()) for k, column in enumerate(columns)]
            self._is_empty(name, group, [Side(rows=gaps.size, missing=int(gaps.sum())) for gaps in taken])

    def _compare_numbers(self, name: Hashable, kind: str, numbers: Numbers, group: _Group) -> None:
        taken = [group.taken(k, side) for k, side in enumerate((numbers.reference, numbers.current))]
        known = [values[~np.isnan(values)] for values in taken]
        shares = [Side(rows=a.size, missing=a.size - b.size) for a, b in zip(taken, known, strict=True)]
        if self._is_empty(name, group, shares):
            return
        found = compare_numbers(known[0], known[1], self._rng)
        self.entries.append(
            NumericDrift(
                column=name,
                group=group.label,
                kind=kind,
                reference=shares[0],
                current=shares[1],
                origin=numbers.origin,
                **found,
            )
        )

    def _compare_labels(
        self, name: Hashable, codes: tuple[IntArray, IntArray], labels: Sequence[Hashable], kind: str, group: _Group
    ) -> None:
        taken = [group.taken(k, side) for k, side in enumerate(codes)]
        counts = [np.bincount(side[side >= 0], minlength=len(labels)) for side in taken]
        shares = [
            Side(rows=side.size, missing=side.size - int(count.sum()))
            for side, count in zip(taken, counts, strict=True)
        ]
        if self._is_empty(name, group, shares):
            return
        found = compare_counts(counts[0], counts[1], labels, self._rng, boolean=kind == "boolean")
        self.entries.append(
            LabelDrift(column=name, group=group.label, kind=kind, reference=shares[0], current=shares[1], **found)
        )

    def _is_empty(self, name: Hashable, group: _Group, shares: Sequence[Side]) -> bool:
        """Whether a side has no value, which is noted."""
        empty = [side.missing == side.rows for side in shares]
        if not any(empty):
            return False
        which = "either side" if all(empty) else "reference" if empty[0] else "current"
        self.not_compared.append(
            NotCompared(
                column=name,
                group=group.label,
                reason=f"no value in {which}",
                reference=shares[0],
                current=shares[1],
            )
        )
        return True

    def name_those_apart(self, by: Hashable) -> None:
        """Name the columns that one table lacks."""
        reference, current = self._sides
        for here, there in ((reference, current), (current, reference)):
            side = "reference" if here is reference else "current"
            self.not_compared += [
                NotCompared(column=name, reason=f"only in {side}")
                for name in here.names
                if name not in there.names and name != by
            ]

    def joint_tests(self) -> Iterator[JointTest]:
        """Test the columns of numbers together, in each group."""
        for group in self._groups:
            if len(group.together) < 2:
                continue
            rows = [np.column_stack([values[side] for values in group.together.values()]) for side in (0, 1)]
            found = joint_test(tuple(group.together), rows[0], rows[1], group.label, self._rng)
            if isinstance(found, str):
                where = "" if group.label is None else f" of {label_text(group.label)}"
                self.notes.append(f"no joint test{where}: {found}")
            else:
                yield found


def _numbers(columns: Sequence[Column], name: Hashable) -> Numbers:
    first, second = (column.values for column in columns)
    assert first is not None
    assert second is not None
    return as_numbers(first, second, label_text(name))


def _counts_rows(values: FloatArray) -> bool:
    """Say whether a column holds consecutive whole numbers in their order, as ids do."""
    return values.size > 2 and float(values[0]).is_integer() and bool((np.diff(values) == 1.0).all())


def _common_kind(columns: Sequence[Column]) -> str:
    """Return the kind of both sides of a column, or raise ValueError where they differ."""
    first, second = (column.kind for column in columns)
    if first == second:
        return first
    if first in _WORDS and second in _WORDS:
        return first
    raise ValueError(f"{first} in reference, {second} in current")
