"""Pairs of measures by the thousand in one compiled call, with plans, potentials and gradients."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.costs import Cost, as_cost
from otkit.inputs.checks import as_float_array, as_power, require_choice, require_finite
from otkit.inputs.labelled import axes_of
from otkit.inputs.matching import along_costs
from otkit.io.results import Result
from otkit.many.all_pairs import raise_named
from otkit.many.batch_pairs import Answered, Batch, CloudBatch, Entries, MatrixBatch, answer, entries_of, solve_alone
from otkit.many.packed import Side, read_sides, read_weights
from otkit.many.pair_kinds import EXACT, FLOAT, Found, Names, PairError, in_words
from otkit.many.small import add_up
from otkit.many.transports import BY_ITSELF
from otkit.numerics.compiling import clock
from otkit.numerics.pickling import owned
from otkit.numerics.threads import threads as sharing_threads
from otkit.optimal_transport.duality import Subgradient, subgradient
from otkit.optimal_transport.results import Potentials, TransportResult
from otkit.problem import InfeasibleError

if TYPE_CHECKING:
    from scipy.sparse import coo_array

Proof = Literal["float", "exact"]


class _PairNames(Names):
    """What the measures of a batch are called: those of the k-th pair x[k] and y[k]."""

    __slots__ = ()

    def __call__(self, k: int) -> str:
        return f"x[{k}]" if k < self.left else f"y[{k - self.left}]"


@dataclass(frozen=True, eq=False, repr=False)
class BatchResult(Result):
    """Distances of many pairs, with proved bounds, plans, potentials and gradients.

    What a pair gives does not depend on the pairs beside it, on their order or on threads, to the last bit. An array
    wherever one is asked for: that of the distances.

    Attributes
    ----------
    distances : ndarray, shape (pairs,)
        W_p of each pair; for given costs, what `values` says.
    values : ndarray, shape (pairs,)
        The costs of the plans: W_p^p. 0 or infinity where that leaves float64, as the distance does not.
    lower, upper : ndarray, shape (pairs,)
        Bounds of the distances, rounded outward.
    proof_codes : ndarray of uint8, shape (pairs,)
        How each is proved, as a number; `proof` says it in words.
    seconds : float
        Wall-clock time, without the compiler's.
    batch : Batch
        The pairs.

    Examples
    --------
    >>> import otkit
    >>> x = [[[0.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [2.0, 0.0]]]
    >>> y = [[[0.0, 1.0], [1.0, 1.0]], [[3.0, 4.0]]]
    >>> result = otkit.wasserstein_batch(x, y)
    >>> result.distances.round(6).tolist()
    [1.0, 4.561553]
    >>> result.plans[1].toarray()
    array([[0.5],
           [0.5]])
    """

    _fields_of_dict = ("distances", "values", "lower", "upper", "proof", "seconds")

    distances: FloatArray
    values: FloatArray
    lower: FloatArray
    upper: FloatArray
    proof_codes: Any = field(repr=False)
    seconds: float
    batch: Batch = field(repr=False)
    _answered: Answered = field(repr=False)

    @property
    def proof(self) -> Any:
        """How each distance is proved, an array of words: "float", by bounds of rounding errors, or "exact".

        "exact" is said of pairs that were solved one by one: large ones, those of which bounds in floats do not prove
        enough, and all with ``proof="exact"``.
        """
        return in_words(self.proof_codes)

    @property
    def largest_gap(self) -> float:
        """The widest of all intervals."""
        with np.errstate(invalid="ignore"):
            return float(np.where(self.lower == self.upper, 0.0, self.upper - self.lower).max())

    @property
    def plans(self) -> list[coo_array]:
        """An optimal plan for each pair, shape (n, m), sparse; built anew whenever it is asked for."""
        from scipy.sparse import coo_array

        batch, entries = self.batch, self._entries
        plans = []
        for k in range(len(batch)):
            part = slice(entries.starts[k], entries.starts[k + 1])
            shape = [int(side.starts[k + 1] - side.starts[k]) for side in (batch.x, batch.y)]
            ends = entries.rows[part] - batch.x.starts[k], entries.cols[part] - batch.y.starts[k]
            plans.append(coo_array((entries.mass[part], ends), shape=tuple(shape)))
        return plans

    @property
    def potentials(self) -> list[Potentials]:
        """Dual prices (f, g) for each pair.

        Of pairs that were solved together they are feasible up to rounding, within the bounds of `lower`; those of
        ``solve(k)`` are feasible as they stand.
        """
        batch, entries = self.batch, self._entries
        return [Potentials(entries.f[batch.x.atoms(k)], entries.g[batch.y.atoms(k)]) for k in range(len(batch))]

    def gradients(self, *, of: Literal["distance", "value"] = "distance") -> Subgradient:
        """Return derivatives of each pair's W_p, or of W_p^p, in its points and weights: see `otkit.subgradient`.

        Weights count relative to their total, so that Σ a ∂W/∂a = 0 for each pair: the derivatives are the potentials
        less their mean by these weights, over the total.

        Parameters
        ----------
        of : {"distance", "value"}
            W_p, or W_p^p.

        Returns
        -------
        Subgradient
            x, y of shape (pairs, n, d) and (pairs, m, d), a, b of shape (pairs, n) and (pairs, m); lists of arrays for
            clouds that came as a list.

        Raises
        ------
        ValueError
            The cost is no power of a norm of x − y.

        Examples
        --------
        >>> import numpy as np
        >>> import otkit
        >>> result = otkit.wasserstein_batch(np.zeros((2, 1, 2)), np.array([[[3.0, 4.0]], [[0.0, 2.0]]]))
        >>> result.gradients().x.round(6).tolist()
        [[[-0.6, -0.8]], [[0.0, -1.0]]]
        """
        require_choice(of, "of", ("distance", "value"))
        batch, entries = self.batch, self._entries
        x, y, sizes = batch.x, batch.y, np.diff(entries.starts)
        scaled = {k: each for k, each in self._answered.alone.items() if each.problem.cost.unit != 1.0}
        usual = np.ones(len(batch), np.bool_)
        usual[list(scaled)] = False
        shown = np.repeat(usual, sizes)
        rows, cols = entries.rows[shown], entries.cols[shown]
        each = entries.mass[shown, None] * batch.gradients(rows, cols)
        factor = np.ones(len(batch))
        if of == "distance" and batch.p != 1.0:
            apart = self.values > 0.0
            factor[~apart] = 0.0
            factor[apart] = self.values[apart] ** (1.0 / batch.p - 1.0) / batch.p
        each *= np.repeat(factor, sizes)[shown, None]
        found: list[FloatArray] = []
        for side, atoms, sign in ((x, rows, 1.0), (y, cols, -1.0)):
            columns = [np.bincount(atoms, sign * column, len(side.points)) for column in each.T]
            found.append(np.column_stack(columns))
        for side, prices in ((x, entries.f), (y, entries.g)):
            totals = np.add.reduceat(side.weights, side.starts[:-1])
            with np.errstate(invalid="ignore", over="ignore"):  # infinite prices, of pairs in a unit of their own
                means = np.add.reduceat(prices * side.weights, side.starts[:-1]) / totals
                centred = prices - np.repeat(means, np.diff(side.starts))
                found.append(np.repeat(factor / totals, np.diff(side.starts)) * centred)
        for k, result in scaled.items():
            for values, side, own in zip(found, (x, y, x, y), subgradient(result, of=of), strict=True):
                values[side.atoms(k)] = own
        return Subgradient(*(side.parted(values) for side, values in zip((x, y, x, y), found, strict=True)))

    def solve(self, k: int) -> TransportResult:
        """Return the full result of one pair, with its own certificate, exact where that is possible.

        Examples
        --------
        >>> import otkit
        >>> otkit.wasserstein_batch([[[0.0, 0.0]]], [[[3.0, 4.0]]]).solve(0).certificate.proof
        'exact'
        """
        if not -len(self) <= k < len(self):
            raise IndexError(f"The pair {k} is not in a batch of {len(self)}.")
        k %= len(self)
        kept = self._answered.alone.get(k)
        return solve_alone(self.batch, k, BY_ITSELF) if kept is None else kept

    @cached_property
    def _entries(self) -> Entries:
        return entries_of(self.batch, self._answered)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.distances, dtype=dtype, copy=copy)

    def __len__(self) -> int:
        return len(self.distances)

    def __getitem__(self, index: Any) -> Any:
        return self.distances[index]

    def __str__(self) -> str:
        exact = int((self.proof_codes == EXACT).sum())
        how = "exact proofs" if exact == len(self) else "float certificates" if exact == 0 else f"{exact} exact proofs"
        return (
            f"{len(self):,} distances in {self.seconds:.3g} s, each between bounds ({how}); largest gap "
            f"{self.largest_gap:.1e}"
        )

    def __repr__(self) -> str:
        return f"BatchResult({self})"


def wasserstein_batch(
    x: Any,
    y: Any,
    a: Any = None,
    b: Any = None,
    *,
    p: float = 1,
    metric: str | Cost | Callable[[FloatArray, FloatArray], float] = "euclidean",
    threads: int | None = None,
    proof: Proof = "float",
) -> BatchResult:
    """Return W_p of many pairs of clouds, x[k] and y[k], each with proved bounds, in one compiled call.

    Small pairs are solved and proved one after another without a word of Python between them, those of equally many
    equal weights as assignment problems; samples on the line are sorted and passed over once; large pairs are solved
    in turn, each by all threads, as by `otkit.wasserstein`. So is every pair of which bounds in floats prove too
    little.

    Parameters
    ----------
    x, y : array-like, shapes (pairs, n, d) and (pairs, m, d), or lists of clouds
        An array (pairs, n) holds samples on the line. The clouds of a list may have any sizes, and be
        `DiscreteMeasure`.
    a, b : array-like, shapes (pairs, n) and (pairs, m), or lists of weights, optional
        Non-negative weights, which count relative to their total; (n,) for all pairs. Equal weights by default.
    p : float, default 1
        The Wasserstein power, at least 1.
    metric : str, cost object or callable, default "euclidean"
        As in `otkit.wasserstein`.
    threads : int, optional
        Threads to use for this call; the bits of the result do not depend on it.
    proof : {"float", "exact"}, default "float"
        "float": bounds of rounding errors. "exact": every pair is solved by itself and proved in exact arithmetic,
        which takes longer.

    Returns
    -------
    BatchResult
        `distances`, `values`, `lower`, `upper`, `proof`, `plans`, `potentials`, `gradients()`.

    Raises
    ------
    ValueError, TypeError
        As `otkit.wasserstein`, naming the pair.
    NotConvergedError
        A pair was not proved optimal; it is named.

    See Also
    --------
    pairwise : All pairs of many measures.
    transport_batch : Given costs.

    Examples
    --------
    >>> import numpy as np
    >>> import otkit
    >>> x = np.array([[[0.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 2.0]]])
    >>> otkit.wasserstein_batch(x, x + [3.0, 4.0]).distances.round(12).tolist()
    [5.0, 5.0]
    """
    began = clock()
    require_choice(proof, "proof", ("float", "exact"))
    cost, power = as_cost(metric), as_power(p)
    if cost.depends_on_data:
        raise ValueError(
            f"metric must bring its own numbers in a batch, whose pairs are independent, but metric={metric!r} takes "
            "them from the points. Give them: otkit.SEuclidean(V) or otkit.Mahalanobis(VI)."
        )
    return _result(CloudBatch(*read_sides(x, y, a, b, cost), cost, power), proof, threads, began)


def transport_batch(
    C: ArrayLike,
    a: Any = None,
    b: Any = None,
    *,
    threads: int | None = None,
    proof: Proof = "float",
) -> BatchResult:
    """Return the cheapest ways to ship masses a[k] to masses b[k] at costs C[k], or C, in one compiled call.

    Parameters
    ----------
    C : array-like, shape (pairs, n, m) or (n, m)
        Costs of each pair, or of all of them.
    a, b : array-like, shapes (pairs, n) and (pairs, m), optional
        Non-negative masses as they are; (n,) and (m,) are those of all pairs. The totals of a pair must be equal up to
        rounding. What is left out is filled in as `otkit.transport` does.
    threads, proof
        As in `wasserstein_batch`.

    Returns
    -------
    BatchResult
        `values` are ⟨C, Γ⟩, and `distances` the same.

    Raises
    ------
    InfeasibleError, ValueError, TypeError, NotConvergedError
        As `otkit.transport`, naming the pair.

    Examples
    --------
    >>> import otkit
    >>> result = otkit.transport_batch([[10, 31], [7, 19]], [[3, 2], [1, 4]], [[4, 1], [4, 1]])
    >>> result.values.tolist()
    [56.0, 50.0]
    """
    began = clock()
    require_choice(proof, "proof", ("float", "exact"))
    return _result(_matrix_batch(C, a, b), proof, threads, began)


def _matrix_batch(C: Any, a: Any, b: Any) -> MatrixBatch:
    if np.ndim(C) == 2 and all(np.ndim(masses) <= 1 for masses in (a, b)):
        a, b, *_ = along_costs(C, a, b)  # one pair, whose masses may have names
    elif any(labels is not None for labels in axes_of(C)):
        raise TypeError(
            "C must have no labels beside masses of many pairs, which have none to match them with: C.to_numpy()."
        )
    costs = owned(np.ascontiguousarray(as_float_array(C, "C")))
    if costs.ndim not in (2, 3) or 0 in costs.shape:
        raise ValueError(
            f"C must be an array of shape (pairs, n, m), or (n, m) for all pairs, but its shape is {costs.shape}."
        )
    require_finite(costs, "C")
    n, m = costs.shape[-2:]
    count = len(costs) if costs.ndim == 3 else None
    for masses in (a, b):
        if masses is not None and count is None and np.ndim(masses) == 2:
            count = len(masses)
    count = count or 1
    sides, given = [], (a, b)
    for masses, name, size in zip(given, "ab", (n, m), strict=True):
        starts = np.arange(count + 1) * size
        weights = owned(read_weights(masses, name, starts, equal=True))
        sides.append(Side(np.empty((count * size, 0)), weights, starts, True))
    for k, size in enumerate((n, m)):
        if given[k] is None and given[1 - k] is not None:  # equal shares of what the other side has
            share = add_up(sides[1 - k].weights, sides[1 - k].starts) / size
            sides[k] = sides[k]._replace(weights=np.repeat(share, size))
    batch = MatrixBatch(costs, sides[0], sides[1], a is None and b is None and n != m)
    if not batch.probability:
        totals = [add_up(side.weights, side.starts) for side in sides]
        for k in np.flatnonzero(totals[0] != totals[1]).tolist():
            try:
                batch.problem(k)
            except InfeasibleError as error:
                raise InfeasibleError(
                    f"The pair (a[{k}], b[{k}]): {error}", error.farkas, error.problem, "totals"
                ) from None
    return batch


def _result(batch: Batch, proof: Proof, threads: int | None, began: float) -> BatchResult:
    count = len(batch)
    answered = Answered(Found.empty(count, FLOAT), np.zeros(count), np.zeros(count), np.zeros(count), [], {})
    with nullcontext() if threads is None else sharing_threads(threads):
        try:
            answer(batch, 0, count, answered, exactly=proof == "exact")
        except PairError as error:
            raise_named(error, _PairNames(count))
    found, distances = answered.found, answered.distances
    lower, upper = np.minimum(answered.lower, distances), np.maximum(answered.upper, distances)
    return BatchResult(distances, found.value, lower, upper, found.proof, clock() - began, batch, answered)
