"""What a family of distributions knows of two of its members."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from otkit.divergences.enclosures import CLOSE, Arithmetic, Enclosure, Expression

# A series of more terms takes a second or more.
MOST_TERMS = 20_000


@dataclass(frozen=True)
class Pair:
    """Two members of a family.

    Attributes
    ----------
    family : str
    kl, reverse_kl : callable
        KL(P‖Q), KL(Q‖P), given an arithmetic.
    log_affinity : callable
        log ∫ p^α q^{1−α}, over the points where both p and q are positive, given α.
    tv : callable, optional
        The total variation.
    close : Decimal
        Relative distance of the ends of an enclosure that is close enough.
    """

    family: str
    kl: Expression
    reverse_kl: Expression
    log_affinity: Callable[[Fraction], Expression]
    tv: Expression | None = None
    close: Decimal = CLOSE


def mixed(alpha: Fraction, p: Fraction, q: Fraction) -> Fraction:
    """Return α p + (1 − α) q, exactly."""
    return alpha * p + (1 - alpha) * q


def largest(values: Sequence[Enclosure], to: Arithmetic) -> Enclosure:
    """Return the enclosure of the largest of several numbers.

    Of discrete distributions whose ratio is monotone, TV is the largest |F(k) − G(k)|: where it is open which of two k
    it is, the two differ by no more than rounding.
    """
    return Enclosure(max(value.low for value in values), max(value.high for value in values), to)
