"""Lists of arcs: what a restricted LP, or a pool that pivots choose from, consists of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._typing import BoolArray, FloatArray, IntArray
from otkit.costs import PairCosts

_BLOCK = 1 << 21  # pairs priced at a time


class Arcs(NamedTuple):
    """Pairs (i, j), in an order that may mean something."""

    rows: IntArray
    cols: IntArray

    def take(self, which: IntArray | BoolArray | slice) -> Arcs:
        """Return some of the arcs."""
        return Arcs(self.rows[which], self.cols[which])

    def sorted_by(self, key: FloatArray) -> Arcs:
        """Return the arcs, those of least key first."""
        return self.take(np.argsort(key, kind="stable"))

    def followed_by(self, other: Arcs) -> Arcs:
        """Return the arcs, then those that only `other` has, once each."""
        m = 1 + max(self.cols.max(), other.cols.max(initial=0))
        keys = np.unique(other.rows * m + other.cols)
        keys = keys[~np.isin(keys, self.rows * m + self.cols, assume_unique=True)]
        return Arcs(np.concatenate([self.rows, keys // m]), np.concatenate([self.cols, keys % m]))

    def slack(self, cost: PairCosts, f: FloatArray, g: FloatArray) -> FloatArray:
        """Return (c − f) − g of each arc."""
        return (cost.at(*self) - f[self.rows]) - g[self.cols]


def all_pairs(n: int, m: int) -> Arcs:
    """Return all pairs, row by row."""
    return Arcs(np.repeat(np.arange(n), m), np.tile(np.arange(m), n))


def cheapest_pairs(cost: PairCosts, f: FloatArray, g: FloatArray, k: int) -> Arcs:
    """Return the k pairs of smallest c − f − g of each row, then those of each column, some of them twice."""
    rows, cols = _cheapest_in_rows(cost, g, k)
    transposed_cols, transposed_rows = _cheapest_in_rows(cost.transpose(), f, k)
    return Arcs(np.concatenate([rows, transposed_rows]), np.concatenate([cols, transposed_cols]))


def _cheapest_in_rows(cost: PairCosts, g: FloatArray, k: int) -> tuple[IntArray, IntArray]:
    """Return the k pairs of smallest c − g of each row."""
    n, m = cost.shape
    k = min(k, m)
    nearest = np.empty((n, k), dtype=np.int64)
    step = max(1, _BLOCK // m)
    for i in range(0, n, step):
        slack = cost.block(i, min(n, i + step), 0, m)
        slack -= g
        nearest[i : i + step] = np.argpartition(slack, k - 1, axis=1)[:, :k]
    return np.repeat(np.arange(n), k), nearest.reshape(-1)
