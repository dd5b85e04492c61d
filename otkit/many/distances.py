"""What comes back: a table of distances, each between the bounds that are proved for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from otkit._typing import FloatArray
from otkit.inputs.checks import require_choice
from otkit.io.results import Result
from otkit.many.pair_kinds import EXACT, FLOAT, NONE, STORED, Names, PairKind, in_words
from otkit.many.transports import Transports
from otkit.optimal_transport.results import TransportResult


@dataclass(frozen=True, eq=False, repr=False)
class PairwiseResult(Result):
    """Distances between measures, with proved bounds.

    An array wherever one is asked for: ``scipy.spatial.distance.squareform(result)``, or a scikit-learn estimator with
    ``metric="precomputed"``, take it as it is.

    Attributes
    ----------
    distances : ndarray, shape (n, m)
        Of measure i to measure j, or to others[j].
    lower, upper : ndarray, shape (n, m)
        Bounds between which each lies: by its own certificate, rounded outward.
    proof_codes : ndarray of uint8, shape (n, m)
        How each is proved, as a number; `proof` says it in words.
    seconds : float
        Wall-clock time, without the compiler's.
    comparison : object
        How two of the measures are compared; `solve` asks it.
    names : Names
        What the measures are called: `names.measures` and `names.others` are labels where they came with names, as keys
        of a dictionary or as the index of a data frame.

    Examples
    --------
    >>> import otkit
    >>> result = otkit.pairwise([[0.0, 1.0], [1.0, 2.0], [4.0, 5.0, 6.0]])
    >>> result.distances.round(12).tolist()
    [[0.0, 1.0, 4.5], [1.0, 0.0, 3.5], [4.5, 3.5, 0.0]]
    >>> result.largest_gap < 1e-14
    True
    """

    _fields_of_dict = ("distances", "lower", "upper", "proof", "seconds", "names")

    distances: FloatArray
    lower: FloatArray
    upper: FloatArray
    proof_codes: Any = field(repr=False)
    seconds: float
    comparison: PairKind = field(repr=False)
    names: Names

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of measures and of others."""
        n, m = self.distances.shape
        return n, m

    @property
    def proof(self) -> Any:
        """How each distance is proved, an array of words.

        "exact": it is the optimum in exact arithmetic, rounded; "float": by bounds of a float certificate, or of
        rounding errors; "stored": not at all, it was taken from `cache_dir` unverified; "none": not at all, a function
        says it.

        Examples
        --------
        >>> import otkit
        >>> clouds = [[[0.0, 1.0]], [[1.0, 2.0], [2.0, 2.0]]]
        >>> otkit.pairwise(clouds).proof.tolist()
        [['exact', 'float'], ['float', 'exact']]
        >>> otkit.pairwise(clouds, proof="exact").proof.tolist()
        [['exact', 'exact'], ['exact', 'exact']]
        """
        return in_words(self.proof_codes)

    @property
    def proof_in_words(self) -> str:
        """How the distances are proved, and how many in each way."""
        codes, comparison = self.proof_codes, self.comparison
        if comparison.symmetric and len(comparison) == self.names.left:  # each pair once
            codes = codes[np.triu_indices(len(codes), 1)]
        words = {
            EXACT: "exact",
            FLOAT: comparison.proof,
            STORED: "as stored, not checked",
            NONE: "by a function, unproved",
        }
        counts = {word: int((codes == code).sum()) for code, word in words.items()}
        held = {word: count for word, count in counts.items() if count}
        return ", ".join(f"{count:,} {word}" for word, count in held.items()) if len(held) > 1 else "".join(held)

    @property
    def gaps(self) -> FloatArray:
        """Width of each interval, shape (n, m); 0 between infinities."""
        with np.errstate(invalid="ignore"):
            return np.where(self.lower == self.upper, 0.0, self.upper - self.lower)

    @property
    def largest_gap(self) -> float:
        """The widest of all intervals."""
        return float(self.gaps.max())

    @property
    def worst_pair(self) -> tuple[int, int]:
        """Row and column of the widest interval."""
        i, j = np.unravel_index(int(np.argmax(self.gaps)), self.shape)
        return int(i), int(j)

    def solve(self, i: int, j: int) -> TransportResult:
        """Solve one pair again by itself: with its plan, its prices, and its whole certificate.

        The plan is between the points that carry mass.

        Raises
        ------
        TypeError
            These measures are not compared by optimal transport.

        Examples
        --------
        >>> import otkit
        >>> otkit.pairwise([[0.0, 1.0], [1.0, 2.0]]).solve(0, 1).certificate.proof
        'exact'
        """
        if not isinstance(self.comparison, Transports):
            raise TypeError("solve needs measures that are compared by optimal transport: there is no plan of these.")
        n, m = self.shape
        if not (-n <= i < n and -m <= j < m):
            raise IndexError(f"The pair ({i}, {j}) is not in a table of {n} × {m}.")
        return self.comparison.answer(i % n, j % m + (0 if len(self.comparison) == n else n))

    def to_frame(self, what: Literal["distances", "lower", "upper", "proof"] = "distances") -> Any:
        """Return the distances as a pandas DataFrame, with the names of the measures as its index and its columns.

        Or their bounds, or how each is proved.

        Examples
        --------
        >>> import otkit
        >>> otkit.pairwise({"rye": [3, 1], "oats": [1, 1]}, distance="tv").to_frame()
               rye  oats
        rye   0.00  0.25
        oats  0.25  0.00
        """
        import pandas as pd

        require_choice(what, "what", ("distances", "lower", "upper", "proof"))

        others = self.names.measures if len(self.comparison) == self.names.left else self.names.others
        axes = [None if labels is None else labels.index for labels in (self.names.measures, others)]
        return pd.DataFrame(getattr(self, what), index=axes[0], columns=axes[1])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.distances, dtype=dtype, copy=copy)

    def __len__(self) -> int:
        return len(self.distances)

    def __iter__(self) -> Iterator[FloatArray]:
        """Go through the rows, which is how pandas knows what is a table; names stay with `to_frame()`."""
        return iter(self.distances)

    def __getitem__(self, index: Any) -> Any:
        return self.distances[index]

    def __str__(self) -> str:
        n, m = self.shape
        i, j = self.worst_pair
        worst = f"{self.names(i)}, {self.names(j + (0 if len(self.comparison) == n else n))}"
        return self.comparison.reading.added_to(
            f"{n} × {m} distances in {self.seconds:.3g} s, each between bounds ({self.proof_in_words}); "
            f"largest gap {self.largest_gap:.1e} ({worst})"
        )

    def __repr__(self) -> str:
        return f"PairwiseResult({self})"
