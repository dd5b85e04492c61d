"""The masses of many measures, laid end to end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.numerics.jit import read_only


class RaggedMasses(NamedTuple):
    """The atoms with mass of all measures, end to end: ``starts[k]:starts[k + 1]`` are those of the k-th."""

    starts: IntArray
    weights: FloatArray
    atoms: IntArray

    @classmethod
    def of(cls, weights: Sequence[FloatArray]) -> RaggedMasses:
        """Lay measures end to end; `atoms` number what is kept among all atoms."""
        together = np.concatenate(weights)
        sizes = np.array([np.count_nonzero(each) for each in weights])
        atoms = np.flatnonzero(together)
        return cls(np.concatenate([[0], np.cumsum(sizes)]), together[atoms], atoms)

    def chosen(self, which: IntArray) -> tuple[IntArray, IntArray]:
        """Return the places of the atoms of some measures, and where each of these begins among them."""
        sizes = np.diff(self.starts)[which]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        places = np.repeat(self.starts[which] - starts[:-1], sizes) + np.arange(starts[-1])
        return places, starts


def frozen(array: Any) -> Any:
    """Return an array as kernels are compiled for it, wherever it has been: other processes map it from a file."""
    return read_only(np.ascontiguousarray(np.asarray(array)))
