"""How far the columns of several files spread, together: what to say of it, and columns in units of it.

Distances between rows add up what their columns are apart. Where one of them is counted in thousands and another in
tens, the first decides alone; so this is said, and `standardized` divides each by its standard deviation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from otkit._typing import FloatArray
from otkit.inputs.frames import Clouds, as_clouds
from otkit.io.tables import Table

# The share of the variance of all columns from which on one of them is said to decide alone.
NEARLY_ALL = 0.99

_PLAIN = ("numbers", "flags")


def standardized(tables: Sequence[Table]) -> list[Table]:
    """Return tables of points with each column divided by its standard deviation over all of them.

    Rows count by their weights, and the tables by how many rows they have. A column that holds one value stays as it
    is. Which table a row is in has no influence, so that a permutation test of the tables stays exact.

    Raises
    ------
    ValueError, TypeError
        Tables whose columns do not match; a spread that float64 does not hold.

    Examples
    --------
    >>> import numpy as np
    >>> tables = [Table("x", ("age", "income"), (np.array([30.0, 50.0]), np.array([1000.0, 9000.0])))]
    >>> standardized(tables)[0].values.tolist(), standardized(tables)[0].said
    ([[3.0, 0.25], [5.0, 2.25]], ('in standard deviations: age 10, income 4000',))
    """
    clouds = _together(tables)
    spread = _spread(clouds, tables)
    if not np.isfinite(spread).all():
        raise ValueError(f"{tables[0].path}: columns can't be standardized, since their spread leaves float64.")
    names = clouds.reading.columns or tuple(f"column {k + 1}" for k in range(spread.size))
    over = f" over {'both' if len(tables) == 2 else 'all'} files" if len(tables) > 1 else ""
    seconds = {name for name, kind in zip(tables[0].columns, tables[0].types, strict=False) if kind not in _PLAIN}
    units = ", ".join(
        f"{name} {size:.6g}{' s' if name in seconds else ''}"
        for name, size in zip(names, spread.tolist(), strict=True)
        if size > 0.0
    )
    said = f"in standard deviations{over}: {units}" if units else "not standardized: each column holds one value"
    size = np.where(spread > 0.0, spread, 1.0)
    return [
        replace(
            table,
            columns=clouds.reading.columns if table.columns else (),
            arrays=tuple(np.ascontiguousarray(points.T / size[:, None])),
            said=(*table.said, said),
        )
        for table, points in zip(tables, clouds.points, strict=True)
    ]


def with_remark_on_spread(tables: Sequence[Table]) -> list[Table]:
    """Return the tables as they are, and have them say so where one of their columns has nearly all the variance."""
    if len(tables[0].arrays) < 2:
        return list(tables)
    try:
        clouds = _together(tables)
    except (ValueError, TypeError):  # tables that do not fit together are refused by what brings them together
        return list(tables)
    spread = _spread(clouds, tables)
    largest, width = int(np.argmax(spread)), float(spread.max())
    if not 0.0 < width < math.inf:
        return list(tables)
    share = 1.0 / float(((spread / width) ** 2).sum())
    if share < NEARLY_ALL or np.count_nonzero(spread) < 2:
        return list(tables)
    name = clouds.reading.columns[largest] if clouds.reading.columns else f"column {largest + 1}"
    per_cent = f"{math.floor(1000.0 * share) / 10.0:g} %"
    remark = f"{name} has {'over ' if share < 1.0 else ''}{per_cent} of the variance; --standardize gives each the same"
    return [replace(table, said=(*table.said, remark)) for table in tables]


def _together(tables: Sequence[Table]) -> Clouds:
    return as_clouds({table.path if k == 0 else f"{table.path}, {k}": table.points() for k, table in enumerate(tables)})


def _spread(clouds: Clouds, tables: Sequence[Table]) -> FloatArray:
    """Return the standard deviation of each column over the rows of all tables."""
    counts = np.concatenate([_counts(table) for table in tables])
    pooled = np.concatenate(clouds.points)
    least = pooled.min(axis=0)
    with np.errstate(over="ignore"):
        width = pooled.max(axis=0) - least
    pooled = (pooled - least) / np.where(width > 0.0, width, 1.0)  # squares stay in float64
    mean = counts @ pooled / counts.sum()
    spread: FloatArray = np.sqrt(counts @ (pooled - mean) ** 2 / counts.sum()) * width
    return spread


def _counts(table: Table) -> FloatArray:
    """Return what each row counts: its weight, so that all rows together count as many as they are."""
    weights = table.weights
    if weights is None or not (weights >= 0.0).all() or not 0.0 < weights.sum() < np.inf:
        return np.ones(len(table))
    found: FloatArray = weights * (len(table) / weights.sum())
    return found
