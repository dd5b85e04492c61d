"""Masses as integers, so that flows are exact and the rule of strongly feasible trees is, too."""

from __future__ import annotations

import math

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.numerics.jit import jitable, njit

# Total of the integer masses: flows then never leave 63 bits.
TOTAL_BITS = 60
LEAST_UNIT = 2.0**-TOTAL_BITS


@jitable
def integer_masses(supply: FloatArray, demand: FloatArray) -> tuple[IntArray, IntArray, int, bool]:
    """Return positive integers with equal totals that are the masses in units of 2**-k, and k.

    A unit is some 2**-60 of the total. Masses that are no multiples of it are rounded, at least to one, and the
    heaviest node of the lighter side makes up the difference of the totals. The last value tells whether nothing was
    rounded, so that integer flows are the flows themselves.
    """
    sources, sinks = np.empty(supply.size, np.int64), np.empty(demand.size, np.int64)
    exponent, exact = _write_integers(supply, demand, sources, sinks)
    return sources, sinks, exponent, exact


@njit
def _write_integers(supply: FloatArray, demand: FloatArray, sources: IntArray, sinks: IntArray) -> tuple[int, bool]:
    exponent = TOTAL_BITS - math.frexp(max(_total(supply), _total(demand)))[1]
    shipped, heaviest_source, rounded_sources = _write_units(supply, exponent, sources)
    received, heaviest_sink, rounded_sinks = _write_units(demand, exponent, sinks)
    surplus = shipped - received
    if surplus > 0:
        sinks[heaviest_sink] += surplus
    else:
        sources[heaviest_source] -= surplus
    return exponent, surplus == 0 and not rounded_sources and not rounded_sinks


@njit
def _total(masses: FloatArray) -> float:
    """Return the sum; NumPy's, and all that it rests on, would have to be compiled for each type of array."""
    total = 0.0
    for i in range(masses.size):
        total += masses[i]
    return total


def shares(masses: IntArray) -> FloatArray:
    """Return integer masses in units of about their total, 2**TOTAL_BITS: products with costs then do not overflow."""
    return np.ldexp(masses.astype(np.float64), -TOTAL_BITS)


@njit
def _write_units(masses: FloatArray, exponent: int, units: IntArray) -> tuple[int, int, bool]:
    """Write max(1, round(masses · 2**exponent)); return their total, the heaviest, and whether any was rounded."""
    total = heaviest = 0
    rounded = False
    for i in range(masses.size):
        scaled = math.ldexp(masses[i], exponent)
        units[i] = max(1, int(np.rint(scaled)))
        rounded |= units[i] != scaled
        total += units[i]
        if units[i] > units[heaviest]:
            heaviest = i
    return total, heaviest, rounded
