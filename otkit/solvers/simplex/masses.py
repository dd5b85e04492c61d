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
    exponent = TOTAL_BITS - math.frexp(max(supply.sum(), demand.sum()))[1]
    rounded_sources = _write_units(supply, exponent, sources)
    rounded_sinks = _write_units(demand, exponent, sinks)
    surplus = sources.sum() - sinks.sum()
    if surplus > 0:
        sinks[np.argmax(sinks)] += surplus
    else:
        sources[np.argmax(sources)] -= surplus
    return exponent, surplus == 0 and not rounded_sources and not rounded_sinks


def shares(masses: IntArray) -> FloatArray:
    """Return integer masses in units of about their total, 2**TOTAL_BITS: products with costs then do not overflow."""
    return np.ldexp(masses.astype(np.float64), -TOTAL_BITS)


@njit
def _write_units(masses: FloatArray, exponent: int, units: IntArray) -> bool:
    """Write max(1, round(masses · 2**exponent)); return whether that changed any."""
    rounded = False
    for i in range(masses.size):
        scaled = math.ldexp(masses[i], exponent)
        units[i] = max(1, int(np.rint(scaled)))
        rounded |= units[i] != scaled
    return rounded
