"""The restricted master problem: transport along the arcs collected so far."""

from __future__ import annotations

from typing import Any

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.costs.sweeps import Pairs
from otkit.monitor import Monitor
from otkit.solvers.simplex.candidates import merge_arcs, reduced_costs
from otkit.solvers.simplex.pivots import run_pivots
from otkit.solvers.simplex.start import first_basis
from otkit.solvers.simplex.tree import set_potentials

EPS = float(np.finfo(np.float64).eps)

# Pivots between two looks at the clock. Potentials are computed anew then, so that rounding does not pile up.
CHUNK = 16_000

# Rounding makes a reduced cost wrong by no more than three units of eps · (|c| + |f| + |g|).
PIVOT_ROUNDINGS = 2.0

# A tolerance below the rounding of a hard case could let pivots go in circles: after this many for each node it doubles.
PATIENCE = 200


class Master:
    """A strongly feasible tree over a growing set of arcs, whose costs are held reduced by potentials f and g."""

    def __init__(
        self,
        pairs: Pairs,
        supply: IntArray,
        demand: IntArray,
        f: FloatArray,
        g: FloatArray,
        columns_of_rows: Any,
        rows_of_columns: Any,
    ) -> None:
        n, m = supply.size, demand.size
        self._pairs, self._f, self._g = pairs, f, g
        self._n = n
        self._source, self._sink, self._cost, self._arcs, self.scale = merge_arcs(
            pairs, f, g, columns_of_rows, rows_of_columns, n + m
        )
        order = np.argsort(self._cost[: self._arcs], kind="stable")
        self._tree, self._arcs = first_basis(
            pairs, f, g, self._source, self._sink, self._cost, self._arcs, order, supply, demand
        )
        self._cursor = 0
        self.pivots = 0

    def optimize(self, tolerance: float, monitor: Monitor) -> bool:
        """Pivot to the optimum over the present arcs; False if time ran out first."""
        tree = self._tree
        tolerance = max(tolerance, PIVOT_ROUNDINGS * EPS * self.scale)
        patience = PATIENCE * tree.pot.size
        finished = False
        while not finished:
            done, self._cursor, finished = run_pivots(
                tree, self._n, self._source, self._sink, self._cost, self._arcs, self._cursor, tolerance, CHUNK
            )
            set_potentials(tree, self._n)
            self.pivots += done
            finished = finished and done == 0
            patience -= done
            if patience < 0:
                tolerance, patience = 2.0 * tolerance, PATIENCE * tree.pot.size
            if monitor.expired:
                return finished
        return True

    def potentials(self) -> tuple[FloatArray, FloatArray]:
        """Return f and g with f_i + g_j = c_ij on the arcs of the tree, up to rounding."""
        pot = self._tree.pot
        return self._f + pot[: self._n], self._g - pot[self._n :]

    def add(self, rows: IntArray, cols: IntArray) -> None:
        """Append arcs; the search for the next pivot begins with them."""
        arcs = self._arcs
        self._cursor = arcs
        self._source = np.concatenate([self._source[:arcs], rows.astype(np.int32)])
        self._sink = np.concatenate([self._sink[:arcs], (self._n + cols).astype(np.int32)])
        reduced = reduced_costs(self._pairs, self._f, self._g, rows, cols)
        self._cost = np.concatenate([self._cost[:arcs], reduced])
        self._arcs = self._source.size

    def basis(self) -> tuple[IntArray, IntArray, IntArray]:
        """Return rows, columns and flows of the n + m − 1 arcs of the tree."""
        arcs = self._tree.arc[1:]
        rows, cols = self._source[arcs].astype(np.int64), self._sink[arcs].astype(np.int64) - self._n
        return rows, cols, self._tree.flow[1:]
