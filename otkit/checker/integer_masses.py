"""Masses as exact integers: a/Σa against b/Σb, with no rounding whatever the floats are.

Floats are dyadic rationals, so a and b are integers in units of a power of two, and so are their sums A and B. A row
that has a_i · B and a column that wants b_j · A balance exactly, even if A and B differ in their last bits; where they
do not differ, a_i and b_j balance as they are.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.numerics import double_double as dd
from otkit.numerics.fixed_point import BITS, add, add_product, as_int, carry, digits, leading, limbs
from otkit.numerics.jit import int64, njit
from otkit.problem import TransportProblem
from otkit.problem.merged import MergedProblem

_ONE = np.ones(1, dtype=np.int64)


class Balance(NamedTuple):
    """How masses become integers with equal totals.

    Attributes
    ----------
    low_a, low_b : int
        a and b are integers in units of 2**low_a and 2**low_b.
    factor_a, factor_b : ndarray
        What those integers are multiplied by, in limbs: the total of the other side, or one.
    size : int
        Limbs that hold any sum of the products.
    """

    low_a: int
    low_b: int
    factor_a: IntArray
    factor_b: IntArray
    size: int


class Unit(NamedTuple):
    """What an integer mass is worth in the problem's own: 2**exponent / denominator."""

    exponent: int
    denominator: int


def balance(problem: TransportProblem) -> tuple[Balance, Unit]:
    """Return how the masses of a problem become integers that balance, and what one is worth."""
    (low_a, total_a), (low_b, total_b) = problem.exact_totals
    low = min(low_a, low_b)
    whole_a, whole_b = as_int(total_a), as_int(total_b)
    bits_a, bits_b = whole_a.bit_length(), whole_b.bit_length()
    if whole_a << (low_a - low) == whole_b << (low_b - low):
        size = limbs(low, max(low_a + bits_a, low_b + bits_b), 4)
        unit = Unit(low - low_a, whole_a) if problem.probability else Unit(low, 1)
        return Balance(low, low, _ONE, _ONE, size), unit
    unit = Unit(0, whole_a * whole_b) if problem.probability else Unit(low_a, whole_b)
    return Balance(low_a, low_b, total_b, total_a, limbs(0, bits_a + bits_b, 4)), unit


@njit
def add_mass(row: IntArray, scratch: IntArray, low: int, factor: IntArray, mass: float, sign: int) -> None:
    """Add sign · mass · factor to a row, the mass being a multiple of 2**low; `scratch` has four limbs."""
    if factor.size == 1 and factor[0] == 1:
        add(row, low, mass, sign)
        return
    for k in range(scratch.size):
        scratch[k] = 0
    first = max(int64(0), (digits(mass)[1] - low) // BITS)  # the first of the limbs that hold digits of the mass
    add(scratch, low + BITS * first, mass, int64(1))
    carry(scratch)
    add_product(row[first:], scratch, factor, sign)


@njit
def surplus(how: Balance, a: FloatArray, b: FloatArray) -> IntArray:
    """Return what each node has too much: rows their integer masses, columns theirs with a minus; they sum to zero."""
    rows, scratch = np.zeros((a.size + b.size, how.size), dtype=np.int64), np.empty(4, dtype=np.int64)
    for i in range(a.size):
        add_mass(rows[i], scratch, how.low_a, how.factor_a, a[i], int64(1))
    for j in range(b.size):
        add_mass(rows[a.size + j], scratch, how.low_b, how.factor_b, b[j], -int64(1))
    return rows


def exact_surplus(problem: TransportProblem) -> tuple[IntArray, Unit]:
    """Return what each node has too much, as `surplus` does, and what an integer is worth.

    Those of a merged problem are the sums of what the rows and columns that it was merged from have too much.
    """
    given = problem.given if isinstance(problem, MergedProblem) else problem
    how, unit = balance(given)
    masses = surplus(how, given.a, given.b)
    if not isinstance(problem, MergedProblem):
        return masses, unit
    n, m = problem.shape
    sums = np.zeros((n + m, how.size), np.int64)
    _add_rows(masses, np.concatenate([problem.row_place, n + problem.col_place]), sums)
    return sums, unit


@njit
def _add_rows(rows: IntArray, places: IntArray, sums: IntArray) -> None:
    """Add each row to that of its place, limb by limb."""
    for k in range(places.size):
        for part in range(sums.shape[1]):
            sums[places[k], part] += rows[k, part]


class Portion(NamedTuple):
    """What a mass is worth: (high + low) · 2**exponent, high being near 1."""

    high: float
    low: float
    exponent: int


def portions(how: Balance, unit: Unit) -> tuple[Portion, Portion, Portion]:
    """Return what a row's own mass, a column's own mass and an integer mass are worth."""
    return (
        portion_of(as_int(how.factor_a), Unit(unit.exponent - how.low_a, unit.denominator)),
        portion_of(as_int(how.factor_b), Unit(unit.exponent - how.low_b, unit.denominator)),
        portion_of(1, unit),
    )


def portion_of(units: int, unit: Unit) -> Portion:
    """Return what a number of units is worth."""
    exponent = units.bit_length() - unit.denominator.bit_length()
    share = Fraction(units, unit.denominator) / Fraction(2) ** exponent  # between ½ and 2
    high = float(share)
    return Portion(high, float(share - Fraction(high)), exponent + unit.exponent)


@njit
def worth_of_mass(mass: float, portion: Portion) -> tuple[float, float, int]:
    """Return (high, low, exponent): what a mass of the problem is worth is (high + low) · 2**exponent, nearly."""
    whole, exponent = digits(mass)
    high, low = dd.multiply((portion.high, portion.low), (float(whole), 0.0))
    return high, low, exponent + portion.exponent


@njit
def worth_of_rest(row: IntArray, portion: Portion) -> tuple[float, float, int]:
    """Return the same for the size of an integer mass, whose row is one for `leading`."""
    high, low, exponent = leading(row)
    high, low = dd.multiply((portion.high, portion.low), (abs(high), low if high >= 0.0 else -low))
    return high, low, exponent + portion.exponent
