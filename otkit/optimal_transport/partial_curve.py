"""Partial transport for all masses at once: the optimal cost as a function of the mass, with every breakpoint.

It is convex and piecewise linear. The parametric dual simplex (`otkit.solvers.mass_curve`) goes from one optimal tree
to the next, and each is proved by itself (`otkit.checker.mass_curve`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from contextlib import nullcontext
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from otkit._text import shown
from otkit._typing import ArrayLike, FloatArray
from otkit.checker.mass_curve import Piece, integer_masses, prove_end, prove_piece
from otkit.costs import PairCosts
from otkit.inputs.labels import Labels
from otkit.io.results import Result, data_frame
from otkit.numerics.threads import threads as sharing_threads
from otkit.optimal_transport.dummies import bordered
from otkit.optimal_transport.prices import as_prices_of
from otkit.optimal_transport.unbalanced import UnbalancedResult, checked_sides, partial_transport, shipped_mass
from otkit.solvers.mass_curve import Cut, trees

if TYPE_CHECKING:
    from scipy.sparse import coo_array


@dataclass(frozen=True, eq=False, repr=False)
class PartialTransportCurve(Result):
    """The optimal cost of every mass that can be shipped: convex, linear between breakpoints, proved piece by piece.

    Attributes
    ----------
    cost : PairCosts
    a, b : ndarray, shapes (n,) and (m,)
    exact_masses : tuple of Fraction
        The breakpoints, from 0 to the most that can be shipped.
    exact_slopes : tuple of Fraction
        What a unit costs between each breakpoint and the next: rising.
    row_labels, col_labels : Labels or None

    Examples
    --------
    >>> import otkit
    >>> curve = otkit.partial_transport_curve([[1, 5], [2, 9]], [3, 2], [4, 3])
    >>> print(curve)
    up to 5 of 5 and 7 shipped at a cost of 0 to 11
      proof    each of 3 pieces optimal, proved in exact arithmetic for the float64 costs and masses as they are
      price    of the next unit from 1 to 6
    >>> curve(4.5), curve.unit_price(4.5)
    (8.0, 6.0)
    """

    _fields_of_dict = ("masses", "values", "slopes", "statement", "row_labels", "col_labels")

    cost: PairCosts
    a: FloatArray
    b: FloatArray
    exact_masses: tuple[Fraction, ...]
    exact_slopes: tuple[Fraction, ...]
    row_labels: Labels | None = None
    col_labels: Labels | None = None

    @cached_property
    def exact_values(self) -> tuple[Fraction, ...]:
        """The optimal cost at each breakpoint."""
        values = [Fraction(0)]
        for start, stop, slope in zip(self.exact_masses, self.exact_masses[1:], self.exact_slopes, strict=False):
            values.append(values[-1] + slope * (stop - start))
        return tuple(values)

    @property
    def masses(self) -> FloatArray:
        """The breakpoints, each rounded once: shape (k + 1,) for k pieces."""
        return _floats(self.exact_masses)

    @property
    def values(self) -> FloatArray:
        """The optimal cost at each breakpoint, rounded once, shape (k + 1,)."""
        return _floats(self.exact_values)

    @property
    def slopes(self) -> FloatArray:
        """What a unit costs on each piece, rounded once, shape (k,)."""
        return _floats(self.exact_slopes)

    @property
    def statement(self) -> str:
        """What is proved, in words."""
        pieces = len(self.exact_slopes)
        if not pieces:
            return "nothing can be shipped"
        what = "one piece" if pieces == 1 else f"each of {pieces} pieces"
        return f"{what} optimal, proved in exact arithmetic for the float64 costs and masses as they are"

    def __call__(self, mass: float) -> float:
        """Return the optimal cost of shipping a mass, rounded once.

        Raises
        ------
        ValueError, TypeError
            A mass that is negative or more than can be shipped.
        """
        at = self._within(mass)
        k = max(0, bisect_left(self.exact_masses, at) - 1)
        rest = at - self.exact_masses[k]
        return float(self.exact_values[k] + (self.exact_slopes[k] * rest if rest else 0))

    def unit_price(self, mass: float) -> float:
        """Return what the next unit costs after a mass, the slope to its right; infinity where no more can be shipped.

        Examples
        --------
        >>> import otkit
        >>> curve = otkit.partial_transport_curve([[1, 5], [2, 9]], [3, 2], [4, 3])
        >>> [curve.unit_price(mass) for mass in (0, 3, 4, 5)]
        [1.0, 2.0, 6.0, inf]
        """
        k = bisect_right(self.exact_masses, self._within(mass)) - 1
        return float(self.exact_slopes[k]) if k < len(self.exact_slopes) else np.inf

    def mass_at(self, price: float) -> float:
        """Return how much is worth shipping at a price a unit: the most of which each unit costs no more.

        It is what `unbalanced_transport` ships at half that price for either side, or where it leaves a choice, the
        most of it.

        Examples
        --------
        >>> import otkit
        >>> otkit.partial_transport_curve([[1, 5], [2, 9]], [3, 2], [4, 3]).mass_at(4)
        4.0
        """
        try:
            worth = float(price)
        except (TypeError, ValueError):
            raise TypeError(f"price must be a number, but {shown(price)} was given.") from None
        if np.isnan(worth):
            raise ValueError("price must be a number, but nan was given.")
        return float(self.exact_masses[bisect_right(self.exact_slopes, worth)])

    def at(self, mass: float) -> UnbalancedResult:
        """Return the answer of `partial_transport` for a mass: plan, potentials and a certificate of its own.

        Examples
        --------
        >>> import otkit
        >>> curve = otkit.partial_transport_curve([[1, 5], [2, 9]], [3, 2], [4, 3])
        >>> curve.at(4).leftover_b
        array([0., 3.])
        """
        found = partial_transport(self.cost, self.a, self.b, mass=float(self._within(mass)))
        return replace(found, row_labels=self.row_labels, col_labels=self.col_labels)

    def plan(self, mass: float) -> coo_array:
        """Return an optimal plan for a mass, shape (n, m), sparse: that of `at`."""
        return self.at(mass).plan

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row for each breakpoint: mass, optimal cost, and price of the next unit.

        Examples
        --------
        >>> import otkit
        >>> otkit.partial_transport_curve([[1, 5], [2, 9]], [3, 2], [4, 3]).to_frame()
           mass  value  unit_price
        0   0.0    0.0         1.0
        1   3.0    3.0         2.0
        2   4.0    5.0         6.0
        3   5.0   11.0         inf
        """
        price = np.append(self.slopes, np.inf)
        return data_frame({"mass": self.masses, "value": self.values, "unit_price": price})

    def report(self) -> str:
        """Return the curve in a sentence for a report.

        Examples
        --------
        >>> import otkit
        >>> print(otkit.partial_transport_curve([[1, 5], [2, 9]], [3, 2], [4, 3]).report())
        optimal cost of 0 to 5 units (2 × 2): 0 to 11, a unit costs 1 to 6, proved in exact arithmetic in 3 pieces
        """
        n, m = self.cost.shape
        return (
            f"optimal cost of 0 to {self.masses[-1]:.6g} units ({n:,} × {m:,}): 0 to {self.values[-1]:.6g}, "
            f"a unit costs {self._prices('{:.6g} to {:.6g}')}, proved in exact arithmetic in {len(self.slopes)} pieces"
        )

    def _prices(self, words: str) -> str:
        slopes = self.slopes
        return words.format(slopes[0], slopes[-1]) if slopes.size else "nothing"

    def _within(self, mass: float) -> Fraction:
        return shipped_mass(mass, self.exact_masses[-1], self.exact_masses[-1], sum(self.cost.shape))

    def __str__(self) -> str:
        total_a, total_b = (float(sum(map(Fraction, side.tolist()))) for side in (self.a, self.b))
        most, last = self.masses[-1], self.values[-1]
        return (
            f"up to {most:.12g} of {total_a:.12g} and {total_b:.12g} shipped at a cost of 0 to {last:.12g}\n"
            f"  proof    {self.statement}\n"
            f"  price    of the next unit {self._prices('from {:.12g} to {:.12g}')}"
        )

    def __repr__(self) -> str:
        n, m = self.cost.shape
        return f"PartialTransportCurve({len(self.exact_slopes)} pieces, mass ≤ {self.masses[-1]!r}, shape=({n}, {m}))"


def partial_transport_curve(
    C: ArrayLike | PairCosts, a: ArrayLike, b: ArrayLike, *, threads: int | None = None
) -> PartialTransportCurve:
    """Return the optimal cost of partial transport for every mass at once, with its breakpoints, exactly.

    v(s) = min Σ C_ij Γ_ij over plans Γ ≥ 0 with row sums of at most a, column sums of at most b, and ΣΓ = s.

    Parameters
    ----------
    C : array-like or scipy.sparse matrix of shape (n, m), or cost bound to points
    a, b : array-like, shapes (n,) and (m,), dict or pandas Series
        As in `partial_transport`.
    threads : int, optional
        As in `wasserstein`.

    Returns
    -------
    PartialTransportCurve
        `masses`, `values` and `slopes`, as fractions, too; ``curve(s)`` is v(s), `unit_price` its slope, `mass_at` its
        inverse, `at` and `plan` the plan for a mass. Where a sparse C cannot ship the smaller total, the curve ends at
        the most that it can, which is proved by rows and columns that cover all arcs.

    Raises
    ------
    ValueError, TypeError, MemoryError
        As in `partial_transport`; prices that leave float64.

    See Also
    --------
    partial_transport : for one mass.
    unbalanced_transport : for one price, which decides the mass.
    plot_partial_curve : the picture.

    Notes
    -----
    There are up to about n + m breakpoints where masses are equal, and a few times as many where they are not. Each
    takes a dual pivot and a proof, which look at every pair: O(n m) for each, by the parametric dual simplex.

    References
    ----------
    R. K. Ahuja, T. L. Magnanti, J. B. Orlin, *Network Flows* (1993), sections 9.7 and 11.9. L. A. Caffarelli,
    R. J. McCann, Free boundaries in optimal transport and Monge-Ampère obstacle problems, Annals of Mathematics 171
    (2010), 673-730.

    Examples
    --------
    >>> import otkit
    >>> curve = otkit.partial_transport_curve([[1, 5], [2, 9]], [3, 2], [4, 3])
    >>> curve.masses, curve.values, curve.slopes
    (array([0., 3., 4., 5.]), array([ 0.,  3.,  5., 11.]), array([1., 2., 6.]))
    """
    cost, a, b, *labels = checked_sides(C, a, b, "auto")
    with nullcontext() if threads is None else sharing_threads(threads):
        pieces, most = _proved_pieces(cost, a, b)
    kept = [piece for k, piece in enumerate(pieces) if k == 0 or piece.slope > pieces[k - 1].slope]
    masses = (*(piece.start for piece in kept), most)
    return PartialTransportCurve(cost, a.copy(), b.copy(), masses, tuple(piece.slope for piece in kept), *labels)


def _proved_pieces(cost: PairCosts, a: FloatArray, b: FloatArray) -> tuple[list[Piece], Fraction]:
    """Return pieces that follow each other from 0 to the most that can be shipped, all proved."""
    free, _ = as_prices_of(0.0, *cost.shape)
    corner = (2.0 * max(map(abs, cost.extremes())) or 1.0) if cost.complete else None  # as in `partial_transport`
    whole = bordered(cost, 1, 1, free, corner)
    masses = integer_masses(a, b)
    pieces: list[Piece] = []
    reached = Fraction(0)
    for found in trees(whole, masses.a, masses.b):
        if isinstance(found, Cut):
            if prove_end(whole, masses, found.rows, found.cols) == reached:
                return pieces, reached
            break
        piece = prove_piece(whole, masses, *found)
        if piece is None or not piece.start <= reached < piece.stop:
            break
        pieces.append(Piece(reached, piece.stop, piece.slope))
        reached = piece.stop
    raise ValueError(
        "C must leave room for sums of costs within float64, but prices of this problem leave it, or come near to "
        "that: without them nothing is proved. Divide the costs by a power of two."
    )


def _floats(numbers: tuple[Fraction, ...]) -> FloatArray:
    """Return fractions, each rounded once."""
    return np.array([float(each) for each in numbers])
