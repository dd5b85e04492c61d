"""Masses as exact integers: a/Σa against b/Σb, with no rounding whatever the floats are.

Floats are dyadic rationals, so a and b are integers in units of a power of two, and so are their sums A and B. A row
that has a_i · B and a column that wants b_j · A balance exactly, even if A and B differ in their last bits; where they
do not differ, a_i and b_j balance as they are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.numerics import double_double as dd
from otkit.numerics.fixed_point import (
    BITS,
    MASK,
    add,
    add_product,
    as_int,
    bit_length,
    carry,
    digits,
    exact_total,
    leading,
    limbs,
)
from otkit.numerics.jit import int64, jitable, njit
from otkit.problem import TransportProblem
from otkit.problem.merged import MergedProblem


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
    found = _balance(problem.a, problem.b, problem.probability)
    low_a, low_b, size, exponent, end_a, end_b = found[:6].tolist()
    factor_a, factor_b, denominator = found[6:end_a], found[end_a:end_b], found[end_b:]
    return Balance(low_a, low_b, factor_a, factor_b, size), Unit(exponent, as_int(denominator))


@njit
def _balance(a: FloatArray, b: FloatArray, probability: bool) -> IntArray:
    """Return the numbers of `Balance`, the exponent, and three rows of limbs after the places where two of them end."""
    how, exponent, denominator = balanced(exact_total(a), exact_total(b), probability)
    end_a = 6 + how.factor_a.size
    head = np.array([how.low_a, how.low_b, how.size, exponent, end_a, end_a + how.factor_b.size])
    return np.concatenate((head, how.factor_a, how.factor_b, denominator))


@jitable
def balanced(
    exact_a: tuple[int, IntArray], exact_b: tuple[int, IntArray], probability: bool
) -> tuple[Balance, int, IntArray]:
    """Return how masses of these exact totals become integers, and of their unit the exponent and the denominator."""
    (low_a, total_a), (low_b, total_b) = exact_a, exact_b
    low = min(low_a, low_b)
    bits_a, bits_b = bit_length(total_a), bit_length(total_b)
    one = np.ones(1, np.int64)
    if _are_equal(total_a, low_a - low, total_b, low_b - low):
        how = Balance(low, low, one, one, limbs(low, max(low_a + bits_a, low_b + bits_b), int64(4)))
        return (how, low - low_a, total_a) if probability else (how, low, one)
    how = Balance(low_a, low_b, total_b, total_a, limbs(int64(0), bits_a + bits_b, int64(4)))
    if not probability:
        return how, low_a, total_b
    product = np.zeros(total_a.size + total_b.size, np.int64)
    add_product(product, total_a, total_b, int64(1))
    carry(product)
    return how, 0, product


@njit
def _are_equal(row: IntArray, shift: int, other: IntArray, other_shift: int) -> bool:
    """Whether row · 2**shift is other · 2**other_shift; both are carried and not negative."""
    for k in range(max(row.size + shift // BITS, other.size + other_shift // BITS) + 1):
        if _limb(row, shift, k) != _limb(other, other_shift, k):
            return False
    return True


@njit
def _limb(row: IntArray, shift: int, k: int) -> int:
    """Return the k-th limb of row · 2**shift."""
    at, bits = k - shift // BITS, shift % BITS
    upper = row[at] if 0 <= at < row.size else int64(0)
    lower = row[at - 1] if 0 <= at - 1 < row.size else int64(0)
    return ((upper << bits) & MASK) | (lower >> (BITS - bits))


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
    over, under = units << max(0, -exponent), unit.denominator << max(0, exponent)  # their quotient is between ½ and 2
    high = over / under  # rounded once
    part, of = high.as_integer_ratio()
    return Portion(high, (over * of - part * under) / (under * of), exponent + unit.exponent)


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
