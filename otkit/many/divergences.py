"""Divergences and integral probability metrics, by name, or as any function of two measures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.divergences.by_name import f_divergence
from otkit.divergences.generators import FDivergence
from otkit.divergences.ipm import cramer_distance, energy_distance, median_bandwidth, mmd, total_variation
from otkit.divergences.result import DivergenceResult
from otkit.many.pair_kinds import FLOAT, FUNCTION, NONE, Found, PairError, PairKind, Trees
from otkit.measures import DiscreteMeasure
from otkit.numerics.threads import pause

# f-divergences with D(p, q) = D(q, p), zero for p = q.
_SYMMETRIC = ("js", "tv", "hellinger", "jeffreys")

# Bins of pairs of histograms that are laid side by side at a time.
_PORTION = 4_000_000

IPMS = ("energy", "cramer", "mmd", "total_variation")


class Divergences(PairKind):
    """Histograms, one a row, compared by an f-divergence."""

    proof = "bounds of the rounding errors"
    atoms_of_block = 200_000

    def __init__(self, divergence: str | FDivergence, rows: FloatArray) -> None:
        self._divergence, self._rows = divergence, rows
        self.symmetric = isinstance(divergence, str) and divergence in _SYMMETRIC

    def __len__(self) -> int:
        return len(self._rows)

    def sizes(self) -> IntArray:
        """Return the number of bins of each histogram."""
        return np.full(*self._rows.shape)

    def contents(self) -> Sequence[Any]:
        """Return what the answers depend on."""
        if not isinstance(self._divergence, str):
            raise ValueError(FUNCTION)
        return self._divergence, self._rows

    def restrict(self, which: IntArray) -> Divergences:
        """Return the comparison of some of the histograms."""
        return Divergences(self._divergence, self._rows[which])

    def solve(self, first: IntArray, second: IntArray, trees: Trees | None = None) -> Found:
        """Compare pairs of histograms."""
        value, error = np.empty((2, first.size))
        step = max(1, _PORTION // self._rows.shape[1])
        for start in range(0, first.size, step):
            pause()
            part = slice(start, start + step)
            found = f_divergence(self._divergence, self._rows[first[part]], self._rows[second[part]])
            value[part], error[part] = found.value, found.error
        return _around(value, error)


class ByFunction(PairKind):
    """Measures compared by a function of two of them, one pair after the other."""

    def __init__(
        self, function: Callable[[Any, Any], Any], measures: Sequence[Any], sizes: IntArray, *, name: str, own: bool
    ) -> None:
        self._function, self._measures, self._sizes = function, measures, sizes
        self._name, self._own = name, own
        self.symmetric = own
        self.proof = "bounds of the rounding errors" if own else "as the function says"

    @classmethod
    def of_metric(cls, name: str, measures: Sequence[DiscreteMeasure]) -> ByFunction:
        """Compare by an integral probability metric of otkit's own."""
        functions: dict[str, Callable[[Any, Any], Any]] = {
            "energy": energy_distance,
            "cramer": cramer_distance,
            "total_variation": total_variation,
        }
        function = functions[name] if name != "mmd" else _SameBandwidth.of(measures)
        sizes = np.array([len(measure.points) for measure in measures])
        return cls(function, measures, sizes, name=name, own=True)

    def __len__(self) -> int:
        return len(self._measures)

    def sizes(self) -> IntArray:
        """Return the number of atoms of each measure."""
        return self._sizes

    def contents(self) -> Sequence[Any]:
        """Return what the answers depend on."""
        if not self._own:
            raise ValueError(FUNCTION)
        arrays = [part for measure in self._measures for part in (measure.points, measure.weights)]
        return self._name, self._function if isinstance(self._function, _SameBandwidth) else None, *arrays

    def restrict(self, which: IntArray) -> ByFunction:
        """Return the comparison of some of the measures."""
        measures = [self._measures[k] for k in which]
        return ByFunction(self._function, measures, self._sizes[which], name=self._name, own=self._own)

    def solve(self, first: IntArray, second: IntArray, trees: Trees | None = None) -> Found:
        """Compare pairs of measures."""
        value, error = np.empty((2, first.size))
        for k, (i, j) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
            pause()
            try:
                found = self._function(self._measures[i], self._measures[j])
                certain = isinstance(found, DivergenceResult) and found.kind == "exact"
                value[k], error[k] = float(found), float(found.error) if certain else np.inf
            except Exception as failure:  # whatever a function of the user's raises, with the pair it was given
                raise PairError((i, j), failure) from failure
            if np.isnan(value[k]):
                raise PairError((i, j), ValueError(f"the function returned {found!r}"))
        return _around(value, error)._replace(proof=np.where(np.isinf(error), NONE, FLOAT).astype(np.uint8))


class _SameBandwidth:
    """MMD² with one bandwidth for all pairs: numbers by different kernels could not be compared."""

    def __init__(self, bandwidth: float) -> None:
        self._bandwidth = bandwidth

    @classmethod
    def of(cls, measures: Sequence[DiscreteMeasure]) -> _SameBandwidth:
        points = np.concatenate([measure.points for measure in measures])
        return cls(median_bandwidth(points[::2], points[1::2] if len(points) > 1 else points))

    def __call__(self, x: DiscreteMeasure, y: DiscreteMeasure) -> DivergenceResult:
        return mmd(x, y, bandwidth=self._bandwidth)

    def __repr__(self) -> str:
        return f"mmd(bandwidth={self._bandwidth!r})"


def _around(value: FloatArray, error: FloatArray) -> Found:
    """Return the values with what lies within their errors, rounded outward; an infinite value is one."""
    infinite = np.isinf(value)
    with np.errstate(invalid="ignore"):
        lower, upper = np.nextafter(value - error, -np.inf), np.nextafter(value + error, np.inf)
    lower = np.where(error == 0.0, value, lower)
    upper = np.where(error == 0.0, value, upper)
    proof = np.full(value.size, FLOAT, np.uint8)
    return Found(value, np.where(infinite, value, lower), np.where(infinite, value, upper), proof)
