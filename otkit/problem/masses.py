"""Masses: how far their totals may differ and still be meant to be equal, and how they are rescaled and added."""

from __future__ import annotations

import math

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.numerics.jit import jitable, njit, njit_pass
from otkit.numerics.sums import sum2, two_sum

LARGEST_EXACT_INTEGER = 2.0**53

# No more than this share of the larger total is taken for rounding.
LARGEST_TOLERANCE = 1e-6

# What masses may be: whole numbers below 2**53, numbers that were rounded to float32, or any others.
WHOLE, SINGLE, ANY = range(3)


@jitable
def rescaled(values: FloatArray, total: float, target: float) -> FloatArray:
    """Return values·target/total as a new array: exactly the values where the totals agree."""
    return values.copy() if total == target else _multiplied(values, total, target)


@njit_pass
def _multiplied(values: FloatArray, total: float, target: float) -> FloatArray:
    """Return values·target/total, by one multiplication each where the quotient is a float."""
    factor = target / total
    out = np.empty(values.size)
    for k in range(values.size):
        out[k] = values[k] * factor if factor < np.inf else values[k] / total * target
    return out


@njit_pass
def totals_and_tolerance(a: FloatArray, b: FloatArray) -> tuple[float, float, float]:
    """Return Σa and Σb, and how far they may differ by rounding alone, if meant to be equal, as a share of the larger.

    Masses of n entries that were divided by their sum in a type of unit roundoff u are off by n + 1 roundings together:
    n − 1 of the sum in whatever order (Higham, *Accuracy and Stability of Numerical Algorithms*, section 4.2), one of
    the division, one to store them; a few more are left for what was done before. Whole numbers are meant as they are.
    """
    of_a, of_b = _digits_of(a), _digits_of(b)
    tolerance = 0.0
    if not of_a == of_b == WHOLE:
        unit = 2.0**-24 if of_a == SINGLE or of_b == SINGLE else 2.0**-53  # noqa: PLR1714 (a tuple would be compiled)
        tolerance = min((a.size + b.size + 8) * unit, LARGEST_TOLERANCE)
    return sum2(a), sum2(b), tolerance


@njit_pass
def _digits_of(masses: FloatArray) -> int:
    """Say what masses are: whole, rounded to float32 (or less) before they came, or neither.

    Masses that came as an array of that type, as a list, or from a file are all float32 numbers, of which one in 2²⁹
    floats is. Those of at most 12 bits, such as 0.75, are taken to be exact.
    """
    whole = single = short = True
    for mass in masses:
        whole &= mass < LARGEST_EXACT_INTEGER and mass == np.floor(mass)
        single &= np.float64(np.float32(mass)) == mass
        leading = math.frexp(mass)[0] * 4096.0
        short &= leading == np.floor(leading)
        if not (whole or single):
            return ANY
    return WHOLE if whole else SINGLE if single and not short else ANY


def sums_by_place(masses: FloatArray, places: IntArray, count: int) -> FloatArray:
    """Return the sum of the masses at each place, rounded about once."""
    sums, errors = np.zeros(count), np.zeros(count)
    _add_by_place(masses, places, sums, errors)
    return sums + errors


@njit
def _add_by_place(masses: FloatArray, places: IntArray, sums: FloatArray, errors: FloatArray) -> None:
    """Add masses to the sums of their places, and the rounding errors to those of the errors."""
    for k in range(masses.size):
        sums[places[k]], error = two_sum(sums[places[k]], masses[k])
        errors[places[k]] += error
