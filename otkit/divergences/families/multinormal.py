"""Normal distributions in space, by the triangular factors of their covariances.

Factors and solutions are computed with as many digits as the condition of the covariances asks for, so that the
rounding errors, bounded below, stay far under those of a float. In more than `_SMALL` dimensions, where decimals are
slow, float64 is tried first.
"""

from __future__ import annotations

import decimal
import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from otkit._typing import FloatArray
from otkit.divergences.enclosures import CLOSE, Arithmetic, Enclosure, Expression, UndecidedError, context, infinite
from otkit.divergences.families.pair import Pair
from otkit.divergences.special import half_normal_cdf

_HALF = Fraction(1, 2)
_SMALL = 16  # dimensions up to which decimals take some milliseconds
_HUGE = 256  # and beyond which they take longer than half a minute
_CLOSE_IN_FLOATS = {64: Decimal("1e-7"), math.inf: Decimal("1e-3")}  # a relative error that is not worth decimals
_USABLE = 1e-2  # relative perturbation of a matrix up to which first-order bounds, doubled, hold


@dataclass(frozen=True)
class Gaussian:
    """N(mean, covariance), not degenerate."""

    mean: FloatArray
    covariance: FloatArray


@dataclass(frozen=True)
class _Factor:
    """L D Lᵀ of a positive definite matrix, of decimals or floats.

    Attributes
    ----------
    lower : ndarray, shape (d, d)
        L, with ones on its diagonal.
    pivots : ndarray, shape (d,)
    perturbation : float
        How far the matrix whose factors these are, and those whose systems are solved by them, may be from the one
        meant, relative to it as quadratic forms.
    """

    lower: np.ndarray
    pivots: np.ndarray
    perturbation: float


def multinormal_pair(p: Gaussian, q: Gaussian) -> Pair:
    """Compare two normal distributions in space."""
    d = p.mean.size

    def kl(p: Gaussian, q: Gaussian) -> Expression:
        def expression(to: Arithmetic) -> Enclosure:
            numbers = _Numbers(to, d)
            own, other = (_definite_factor(numbers, law, name) for law, name in ((p, "p"), (q, "q")))
            half = _solved(other.lower, own.lower, numbers)
            with decimal.localcontext(numbers.context):
                terms = half * half / other.pivots[:, None] * own.pivots
            trace = numbers.total(terms, own, other)
            logs = numbers.log_det(other) - numbers.log_det(own)
            return (trace + _distance(numbers, other, p, q) + logs - d) * _HALF

        return expression

    def log_affinity(alpha: Fraction) -> Expression:
        def expression(to: Arithmetic) -> Enclosure:
            numbers = _Numbers(to, d)
            factors = [_definite_factor(numbers, law, name) for law, name in ((p, "p"), (q, "q"))]
            weights = numbers.of(1 - alpha), numbers.of(alpha)
            with decimal.localcontext(numbers.context):
                parts = [weight * numbers.matrix(law.covariance) for weight, law in zip(weights, (p, q), strict=True)]
                middle = parts[0] + parts[1]
                sizes = abs(np.diag(parts[0])) + abs(np.diag(parts[1]))
            factor = _factor(numbers, middle, sizes)
            if factor is None:
                if numbers.floats or _is_definite(_mixed(alpha, p, q)):
                    raise UndecidedError
                return infinite(to)
            logs = numbers.log_det(factor) - numbers.log_det(factors[0]) * (1 - alpha)
            logs = logs - numbers.log_det(factors[1]) * alpha
            return -(logs + _distance(numbers, factor, p, q) * (alpha * (1 - alpha))) * _HALF

        return expression

    def tv(to: Arithmetic) -> Enclosure:
        numbers = _Numbers(to, d)
        distance = _distance(numbers, _definite_factor(numbers, q, "q"), p, q)
        return half_normal_cdf((distance * Fraction(1, 4)).sqrt())

    same = np.array_equal(p.covariance, q.covariance)
    close = CLOSE if d <= _SMALL else next(close for most, close in _CLOSE_IN_FLOATS.items() if d <= most)
    return Pair("normal distributions", kl(p, q), kl(q, p), log_affinity, tv if same else None, close)


class _Numbers:
    """The arithmetic of matrices: floats where they are many and do, decimals elsewhere."""

    def __init__(self, to: Arithmetic, dimension: int) -> None:
        self.to = to
        self.floats = dimension > _HUGE or (dimension > _SMALL and to.digits <= 40)
        self.unit = 2.0**-53 if self.floats else 10.0 ** (1 - min(to.digits, 300))
        self.context = context(to.digits, decimal.ROUND_HALF_EVEN)

    def of(self, value: Fraction) -> float | Decimal:
        """Return a rational number, rounded."""
        if self.floats:
            return float(value)
        return self.context.divide(Decimal(value.numerator), Decimal(value.denominator))

    def matrix(self, values: FloatArray) -> np.ndarray:
        """Return an array of floats as numbers of this kind."""
        return values if self.floats else np.vectorize(Decimal, otypes=[object])(values)

    def unit_matrix(self, dimension: int) -> np.ndarray:
        """Return I."""
        return self.matrix(np.eye(dimension))

    def total(self, terms: np.ndarray, *factors: _Factor) -> Enclosure:
        """Return the sum of terms that are not negative, each as wrong as what it was computed from."""
        with decimal.localcontext(self.context):
            value = Decimal(terms.sum())
        error = 2.0 * sum(factor.perturbation for factor in factors) + 2.0 * (terms.size + 8) * self.unit
        reach = self.to.up.multiply(value, Decimal(error))
        return Enclosure(self.to.down.subtract(value, reach), self.to.up.add(value, reach), self.to)

    def log_det(self, factor: _Factor) -> Enclosure:
        """Return log det of the matrix meant.

        The eigenvalues of L⁻¹ E L⁻ᵀ, here with the pivots in L, have absolute values whose sum is at most
        ‖L⁻¹‖² of the entries in sum times ‖E‖, both scaled by the diagonal: the perturbation once more.
        """
        total = self.to.number(0)
        for pivot in factor.pivots:
            total = total + Enclosure(Decimal(pivot), Decimal(pivot), self.to).log()
        reach = Decimal(2.0 * factor.perturbation)
        return total + Enclosure(reach.copy_negate(), reach, self.to)


def _distance(numbers: _Numbers, factor: _Factor, p: Gaussian, q: Gaussian) -> Enclosure:
    """Return (m_p − m_q)ᵀ M⁻¹ (m_p − m_q)."""
    with decimal.localcontext(numbers.context):
        step = numbers.matrix(p.mean) - numbers.matrix(q.mean)
        half = _solved(factor.lower, step[:, None], numbers)[:, 0]
        terms = half * half / factor.pivots
    return numbers.total(terms, factor)


def _definite_factor(numbers: _Numbers, law: Gaussian, name: str) -> _Factor:
    matrix = numbers.matrix(law.covariance)
    factor = _factor(numbers, matrix)
    if factor is not None:
        return factor
    if numbers.floats or _is_definite([[Fraction(x) for x in row] for row in law.covariance.tolist()]):
        raise UndecidedError
    raise ValueError(
        f"{name} must have a positive definite covariance, but this one has a direction of variance 0, or none at all: "
        "a normal distribution on a subspace has no density."
    )


def _factor(numbers: _Numbers, matrix: np.ndarray, sizes: np.ndarray | float = 0.0) -> _Factor | None:
    """Return L D Lᵀ; None where a pivot is not positive, or rounding might have made it so.

    The factors are those of H + E with |E_ij| ≤ γ √(h_ii h_jj), γ = (d + 1) u/(1 − (d + 1) u), and solving a system
    by them adds as much again (N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2002, theorems 10.3 and
    8.5). Hence |xᵀEx| ≤ d γ Σ h_ii x_i² ≤ d γ κ xᵀHx with κ = Σ_i h_ii (H⁻¹)_ii. Entries that are themselves sums of
    numbers of the given sizes carry errors of that size.
    """
    d = len(matrix)
    with decimal.localcontext(numbers.context):
        diagonal = np.diag(matrix)
        if not (diagonal > 0).all():
            return None
        found = _floats_factored(matrix) if numbers.floats else _decimals_factored(matrix, numbers.unit_matrix(d))
        if found is None:
            return None
        lower, pivots = found
        inverse = _solved(lower, numbers.unit_matrix(d), numbers)
        condition = float(((inverse * inverse * diagonal).sum(axis=1) / pivots).sum())
        growth = 0.0 if isinstance(sizes, float) else float((sizes / diagonal).max())
    perturbation = 4.0 * d * (d + 3) * numbers.unit * condition * (1.0 + growth)
    return _Factor(lower, pivots, perturbation) if perturbation < _USABLE else None


def _decimals_factored(matrix: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    rest = matrix.copy()
    for k in range(len(matrix)):
        if not rest[k, k] > 0:
            return None
        lower[k + 1 :, k] = rest[k + 1 :, k] / rest[k, k]
        rest[k + 1 :, k + 1 :] -= np.multiply.outer(lower[k + 1 :, k], rest[k + 1 :, k])
    return lower, np.diag(rest)


def _floats_factored(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    try:
        root = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return None
    return root / np.diag(root), np.square(np.diag(root))


def _solved(lower: np.ndarray, right: np.ndarray, numbers: _Numbers) -> np.ndarray:
    """Return L⁻¹ B."""
    if numbers.floats:
        from scipy.linalg import solve_triangular

        return solve_triangular(lower, right, lower=True, unit_diagonal=True)
    with decimal.localcontext(numbers.context):
        right = right.copy()
        for k in range(len(lower) - 1):
            right[k + 1 :] -= np.multiply.outer(lower[k + 1 :, k], right[k])
    return right


def _mixed(alpha: Fraction, p: Gaussian, q: Gaussian) -> list[list[Fraction]]:
    pairs = zip(p.covariance.tolist(), q.covariance.tolist(), strict=True)
    return [[(1 - alpha) * Fraction(x) + alpha * Fraction(y) for x, y in zip(*rows, strict=True)] for rows in pairs]


def _is_definite(rows: list[list[Fraction]]) -> bool:
    """Say by exact integers whether a matrix is positive definite (E. H. Bareiss, Math. Comp. 22, 1968)."""
    dimension = len(rows)
    unit = math.lcm(*(x.denominator for row in rows for x in row))
    rest = [[int(x * unit) for x in row] for row in rows]
    before = 1
    for k in range(dimension):
        pivot = rest[k][k]
        if pivot <= 0:
            return False
        for i in range(k + 1, dimension):
            for j in range(k + 1, dimension):
                rest[i][j] = (rest[i][j] * pivot - rest[i][k] * rest[k][j]) // before
        before = pivot
    return True
