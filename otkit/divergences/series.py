"""Σ q f(p/q) over the atoms of distributions given by a formula: Poisson, negative binomial, Zipf."""

from __future__ import annotations

import numpy as np

from otkit._typing import FloatArray
from otkit.divergences.distributions import Atoms, floor_of, stood_in, undecided
from otkit.divergences.generators import FDivergence
from otkit.divergences.log_ratio import at_one, integrand, rounding_of
from otkit.divergences.result import DivergenceResult
from otkit.numerics.sums import accurate_sum

_FIRST_REACH = 128.0
_MAX_REACH = 2.0**19
_NEGLIGIBLE = 1e-18
_MASS_TOLERANCE = 1e-6
_FALLING = 0.99  # from one block to the next, twice as long


def sum_over_atoms(divergence: FDivergence, p: Atoms, q: Atoms) -> DivergenceResult:
    """Return D_f(P‖Q), summed from the middle outwards in blocks that double, until the rest is negligible.

    Where tails fall like a power, blocks shrink by a factor: the rest is then a geometric series, which is added. Its
    error is taken from what it was one block earlier. Where blocks do not shrink, the divergence is infinite.

    Parameters
    ----------
    divergence : FDivergence
    p, q : Atoms

    Raises
    ------
    ValueError
        Probabilities do not sum to one within 1e-6.
    """
    blocks: list[FloatArray] = []
    first = _first_block(p, q)
    sides = [(atoms, floor_of(atoms.log(first))) for atoms in (p, q)]
    reach, ended = 0.0, False
    while not ended and reach < _MAX_REACH:
        further = max(2.0 * reach, _FIRST_REACH)
        x = _block(p, q, reach, further)
        ended = _ended(p, q, further)
        blocks.append(_sums(divergence, sides, x))
        reach = further
        total = np.sum(blocks, axis=0)
        if not np.isfinite(total[2]):
            break
        small = [(block[:3] <= _NEGLIGIBLE * total[:3]).all() for block in blocks[-2:]]
        if len(small) == 2 and all(small) and (np.abs(total[:2] - 1.0) < _MASS_TOLERANCE).all():
            break
    if not np.isfinite(total[2]):
        return DivergenceResult(np.inf, "exact" if ended else "quadrature", 0.0, "a term has no bound")
    rest, ratio = _rest(blocks) if not ended else (np.zeros(3), np.zeros(3))
    slack, limit = np.zeros(3), ratio[2]
    if not ended and len(blocks) > 3:
        earlier, previous = _rest(blocks[:-1])
        slack = np.abs(rest + blocks[-1][:3] - earlier) / (1.0 - np.minimum(ratio, _FALLING))
        # Logarithms in a tail make the ratio ρ (1 + c/k) at the k-th block; it is ρ that decides.
        limit = ratio[2] - (previous[2] - ratio[2]) * (len(blocks) - 1)
    for atoms, mass, beyond in zip((p, q), total[:2], rest[:2] + slack[:2], strict=True):
        if abs(mass - 1.0) > _MASS_TOLERANCE + 2.0 * beyond:
            raise ValueError(f"{atoms.name} must have probabilities that sum to one, but their sum is {mass:.9g}.")
    if divergence.maximum == np.inf and limit > _FALLING:
        return DivergenceResult(np.inf, "quadrature", 0.0, "the sum has no bound")
    if total[4] > 1e-9 * total[2]:
        raise ValueError(
            "p and q must have log-probabilities where they differ, but scipy.stats gives −inf, for a probability too "
            "small for a float, inside the support."
        )
    error = total[3] + slack[2] + 2.0 * total[2] * np.abs(total[:2] + rest[:2] - 1.0).sum()
    value = float(total[2] + rest[2]) + at_one(divergence)
    detail = "sum over the support" if ended else f"sum over {int(2 * reach)} atoms, and the rest as a geometric series"
    return DivergenceResult(value, "exact" if ended else "quadrature", float(error), detail)


def _sums(divergence: FDivergence, sides: list[tuple[Atoms, float]], x: FloatArray) -> FloatArray:
    """Return sums over a block: of p, q, q f̃(p/q), a bound on its rounding, and its part where one underflows."""
    (log_p, guessed_p), (log_q, guessed_q) = (
        stood_in(atoms.log(x), floor, (x >= atoms.lower) & (x <= atoms.upper)) for atoms, floor in sides
    )
    value = integrand(divergence, log_p, log_q)
    p, q = np.exp(log_p), np.exp(log_q)
    rounding = rounding_of(divergence, log_p, log_q, value)
    if not np.isfinite(value).all():
        return np.array([p.sum(), q.sum(), np.inf, 0.0, 0.0])
    lost = undecided(divergence, (log_p, guessed_p), (log_q, guessed_q), value)
    return np.array([accurate_sum(row) for row in (p, q, value, rounding, lost)])


def _rest(blocks: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Return what lies beyond the last block, as a geometric series, and the ratios from block to block."""
    last, before = blocks[-1][:3], blocks[-2][:3]
    ratio = np.divide(last, before, out=np.zeros(3), where=before > 0.0)
    ratio[last <= _NEGLIGIBLE * np.sum(blocks, axis=0)[:3]] = 0.0
    return last * ratio / (1.0 - np.minimum(ratio, _FALLING)), ratio


def _span(p: Atoms, q: Atoms, reach: float) -> tuple[float, float]:
    if reach == 0.0:
        return np.inf, -np.inf
    return min(p.centre, q.centre) - reach, max(p.centre, q.centre) + reach


def _ended(p: Atoms, q: Atoms, reach: float) -> bool:
    low, high = _span(p, q, reach)
    return low <= min(p.lower, q.lower) and max(p.upper, q.upper) <= high


def _first_block(p: Atoms, q: Atoms) -> FloatArray:
    return _block(p, q, 0.0, 4096.0)


def _block(p: Atoms, q: Atoms, near: float, far: float) -> FloatArray:
    """Return the atoms of both within `far`, but not within `near`, of the middles of their mass."""
    (inner_low, inner_high), (low, high) = _span(p, q, near), _span(p, q, far)
    pieces = []
    for atoms in (p, q):
        if atoms.points is not None:
            pieces.append(atoms.points)
            continue
        phase = next((end % 1.0 for end in (atoms.lower, atoms.upper) if np.isfinite(end)), 0.0)
        first = np.ceil(max(low, atoms.lower) - phase) + phase
        last = min(high, atoms.upper)
        if inner_low > inner_high:
            pieces.append(np.arange(first, last + 0.5))
        else:
            pieces.append(np.arange(first, min(last, inner_low) + 0.5))
            start = np.ceil(max(inner_high, atoms.lower) - phase) + phase
            pieces.append(np.arange(start, last + 0.5))
    x = np.unique(np.concatenate(pieces))
    return x[(x >= low) & (x <= high) & ~((x >= inner_low) & (x <= inner_high))]
