"""Masses as integers, so that flows are exact and the rule of strongly feasible trees is, too."""

from __future__ import annotations

import math

import numpy as np

from otkit._typing import FloatArray, IntArray

# Total of the integer masses: flows then never leave 63 bits.
TOTAL_BITS = 60


def integer_masses(supply: FloatArray, demand: FloatArray) -> tuple[IntArray, IntArray, int, bool]:
    """Return positive integers with equal totals that are the masses in units of 2**-k, and k.

    A unit is some 2**-60 of the total. Masses that are no multiples of it are rounded, at least to
    one, and the heaviest node of the lighter side makes up the difference of the totals. The last value tells whether
    nothing was rounded, so that integer flows are the flows themselves.
    """
    total = max(float(supply.sum()), float(demand.sum()))
    exponent = TOTAL_BITS - math.frexp(total)[1]
    scaled = [np.ldexp(values, exponent) for values in (supply, demand)]
    sources, sinks = (np.maximum(np.rint(values), 1.0).astype(np.int64) for values in scaled)
    surplus = int(sources.sum()) - int(sinks.sum())
    exact = surplus == 0 and bool((sources == scaled[0]).all() and (sinks == scaled[1]).all())
    lighter = sinks if surplus > 0 else sources
    lighter[np.argmax(lighter)] += abs(surplus)
    return sources, sinks, exponent, exact
