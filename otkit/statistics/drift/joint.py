"""Several columns together: the energy distance between rows, each column in units of its spread."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.statistics.drift.entries import JointTest
from otkit.statistics.two_sample import two_sample_test

# Rows of each side that the test is made of, drawn at random from more: it takes their square.
MOST_ROWS = 500
DEALS, STOP = 999, 0.1


def draw_rows(rows: IntArray, rng: np.random.Generator) -> IntArray:
    """Return up to `MOST_ROWS` of the rows, in their order."""
    if rows.size <= MOST_ROWS:
        return rows
    return np.sort(rng.choice(rows, MOST_ROWS, replace=False))


def joint_test(
    columns: Sequence[Hashable],
    reference: FloatArray,
    current: FloatArray,
    group: Hashable,
    rng: np.random.Generator,
) -> JointTest | str:
    """Test whether rows come from one law; say why not where there is nothing to be tested.

    Columns are divided by their standard deviation over both sides together, on which the way that rows are dealt has
    no influence, so that the level of the test is exact.

    Parameters
    ----------
    columns : sequence
        Their names.
    reference, current : ndarray, shapes (n, d) and (m, d)
        Their values in rows drawn at random, NaN where one is missing: such rows are left out.
    group : Hashable
    rng : Generator
    """
    whole = [side[np.isfinite(side).all(axis=1)] for side in (reference, current)]
    for side, name in zip(whole, ("reference", "current"), strict=True):
        if len(side) == 0:
            return f"no row of {name} that was drawn has a value in each of the columns"
    pooled = np.concatenate(whole)
    least, width = pooled.min(axis=0), np.ptp(pooled, axis=0)
    varied = width > 0.0
    if not varied.any():
        return "each column holds one value"
    unit = [(side[:, varied] - least[varied]) / width[varied] for side in whole]
    spread = np.concatenate(unit).std(axis=0)
    found = two_sample_test(
        unit[0] / spread, unit[1] / spread, statistic="energy", permutations=DEALS, stop_at_level=STOP, rng=rng
    )
    rows = " and ".join(f"{len(side):,}" for side in whole)
    return JointTest(
        columns=tuple(columns),
        group=group,
        energy_distance=found.statistic,
        by_chance=float(found.null_distribution.mean()),
        pvalue=found.pvalue,
        test=f"energy distance, {found.null_distribution.size} permutations, {rows} rows",
    )
