"""Amounts of mass with as many digits as they need, for flows that no 64-bit integer holds.

Masses of one problem may reach from 1 to 5e-324. In units of a power of two all of them are integers, and so are the
flows of every tree: here each is a row of limbs, ``Σ_k limbs[s, k] · 2**(60 k)``, never negative. `length[s]` says how
many of its limbs are in use, so that small amounts are compared, added and taken away in few steps.

A tree keeps, where its flows would be, the slot s of each: a row of this table.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from otkit._typing import IntArray
from otkit.checker.integer_masses import exact_surplus
from otkit.numerics.fixed_point import BITS, carry
from otkit.numerics.jit import jitable, njit
from otkit.problem import TransportProblem

LIMB = 2 * BITS
_MASK = (1 << LIMB) - 1


class Amounts(NamedTuple):
    """A table of amounts; row s holds one, of which the first `length[s]` limbs are in use."""

    limbs: IntArray
    length: IntArray


def exact_masses(problem: TransportProblem) -> Amounts:
    """Return the masses of a problem, exactly and with equal totals, rows before columns; and as many slots that are 0.

    Slot v holds what node v has; the others are for the flows of a tree.
    """
    return packed(exact_surplus(problem)[0], problem.shape[0])


@jitable
def packed(rows: IntArray, n: int) -> Amounts:
    """Return what nodes have too much, in limbs of 30 bits, as such a table; those from the n-th on have too little."""
    nodes, parts = rows.shape
    amounts = Amounts(np.zeros((2 * nodes, (parts + 1) // 2), np.int64), np.zeros(2 * nodes, np.int64))
    _pack(rows, n, amounts)
    return amounts


def selected(amounts: Amounts, slots: IntArray) -> Amounts:
    """Return a table of its own with some of the amounts, and as many slots that are 0."""
    limbs, length = amounts.limbs[slots], amounts.length[slots]
    return Amounts(np.concatenate([limbs, np.zeros_like(limbs)]), np.concatenate([length, np.zeros_like(length)]))


def perturbed(flows: IntArray) -> Amounts:
    """Return flows in limbs of 30 bits, one a row, as amounts of 2**-60 of their unit; those that are 0 as one."""
    arcs, parts = flows.shape
    amounts = Amounts(np.zeros((arcs, (parts + 1) // 2 + 1), np.int64), np.zeros(arcs, np.int64))
    _pack_positive(flows, amounts)
    return amounts


@njit
def _pack_positive(flows: IntArray, amounts: Amounts) -> None:
    """Write carried flows into the table, one limb up."""
    for s in range(flows.shape[0]):
        for k in range(flows.shape[1]):
            amounts.limbs[s, k // 2 + 1] += flows[s, k] << (BITS * (k % 2))
        _measure(amounts, s, amounts.limbs.shape[1])
        if amounts.length[s] == 0:
            amounts.limbs[s, 0] = amounts.length[s] = 1


@njit
def _pack(rows: IntArray, n: int, amounts: Amounts) -> None:
    """Write rows of limbs of 30 bits into the table, those from the n-th on with their sign turned."""
    for v in range(rows.shape[0]):
        row = rows[v]
        if v >= n:
            for k in range(row.size):
                row[k] = -row[k]
        carry(row)
        for k in range(row.size):
            amounts.limbs[v, k // 2] += row[k] << (BITS * (k % 2))
        _measure(amounts, v, amounts.limbs.shape[1])


@njit
def _measure(amounts: Amounts, s: int, length: int) -> None:
    """Set how many limbs of an amount are in use; it is no more than `length`."""
    while length > 0 and amounts.limbs[s, length - 1] == 0:
        length -= 1
    amounts.length[s] = length


@njit
def compare(amounts: Amounts, s: int, t: int) -> int:
    """Return the sign of amount s − amount t."""
    k = amounts.length[s]
    if k != amounts.length[t]:
        return 1 if k > amounts.length[t] else -1
    k -= 1
    while k >= 0 and amounts.limbs[s, k] == amounts.limbs[t, k]:
        k -= 1
    return 0 if k < 0 else 1 if amounts.limbs[s, k] > amounts.limbs[t, k] else -1


@njit
def increase(amounts: Amounts, s: int, by: int) -> None:
    """Add amount `by` to amount s."""
    length, over, k = amounts.length[by], np.int64(0), np.int64(0)
    row, more = amounts.limbs[s], amounts.limbs[by]
    while k < length or over > 0:
        total = row[k] + over + (more[k] if k < length else 0)
        row[k], over = total & _MASK, total >> LIMB
        k += 1
    amounts.length[s] = max(amounts.length[s], k)


@njit
def decrease(amounts: Amounts, s: int, by: int) -> None:
    """Take amount `by`, which is no larger, from amount s."""
    length, over, k = amounts.length[by], np.int64(0), np.int64(0)
    row, less = amounts.limbs[s], amounts.limbs[by]
    while k < length or over < 0:
        total = row[k] + over - (less[k] if k < length else 0)
        row[k], over = total & _MASK, total >> LIMB
        k += 1
    _measure(amounts, s, amounts.length[s])


@njit
def copy(source: Amounts, s: int, low: int, out: Amounts, to: int) -> None:
    """Write amount s of a table, without its lowest `low` limbs, into the empty slot `to` of another."""
    length = max(np.int64(0), source.length[s] - low)
    for k in range(length):
        out.limbs[to, k] = source.limbs[s, low + k]
    out.length[to] = length


@njit
def move_least(amounts: Amounts, s: int, t: int, to: int) -> None:
    """Write the smaller of amounts s and t into slot `to`, which is empty, and take it from both."""
    least = s if compare(amounts, s, t) < 0 else t
    for k in range(amounts.length[least]):
        amounts.limbs[to, k] = amounts.limbs[least, k]
    amounts.length[to] = amounts.length[least]
    decrease(amounts, s, to)
    decrease(amounts, t, to)
