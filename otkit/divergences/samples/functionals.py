"""An f-divergence as means, over the points of either sample, of a function of the log density ratio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from otkit._typing import FloatArray
from otkit.divergences.generators import FDivergence

# exp of it and its square stay finite.
_LARGEST = 340.0

# α of those that are multiples of an α-divergence, and the multiple.
_POWERS = {"hellinger": (0.5, 0.5), "chi2": (2.0, 2.0), "neyman": (-1.0, 2.0)}


@dataclass(frozen=True)
class Part:
    """weight · mean of `function` of ℓ = log p/q, over the points of P ("x") or Q ("y").

    `power` is s where the function is e^{sℓ}: then the noise of a k-nearest-neighbour ratio has a known mean.
    """

    side: str
    weight: float
    function: Callable[[FloatArray], FloatArray]
    power: float | None = None


@dataclass(frozen=True)
class Functional:
    """D_f = constant + Σ parts. `plug_in` where noise in ℓ leaves a bias that no constant removes."""

    parts: tuple[Part, ...]
    constant: float = 0.0
    plug_in: bool = False

    def of(self, ratios: dict[str, FloatArray]) -> float:
        """Return D_f from ℓ at the points of each side that takes part."""
        return self.constant + sum(
            part.weight * float(np.mean(part.function(ratios[part.side]))) for part in self.parts
        )

    @property
    def sides(self) -> tuple[str, ...]:
        """The samples at whose points ℓ is needed."""
        return tuple(dict.fromkeys(part.side for part in self.parts))


def functional(divergence: FDivergence) -> Functional:
    """Write an f-divergence as means of a function of ℓ = log p/q.

    KL is E_P ℓ, reverse KL −E_Q ℓ, Jeffreys their sum; powers are E_P e^{(α−1)ℓ} or E_Q e^{αℓ}, whichever has the
    smaller exponent; any other is E_M 2f(r)/(1 + r), M = (P + Q)/2, bounded where f(0) and f′(∞) are.
    """
    forward, backward = Part("x", 1.0, _identity), Part("y", -1.0, _identity)
    if divergence.name == "kl":
        return Functional((forward,))
    if divergence.name == "reverse_kl":
        return Functional((backward,))
    if divergence.name == "jeffreys":
        return Functional((forward, backward))
    alpha, multiple = _POWERS.get(divergence.name, (divergence.alpha, 1.0))
    if alpha is not None:
        scale = multiple / (alpha * (alpha - 1.0))
        side, s = ("x", alpha - 1.0) if alpha >= 0.5 else ("y", alpha)
        return Functional((Part(side, scale, lambda ratio: np.exp(_clipped(s * ratio)), s),), -scale)

    def mixed(ratio: FloatArray) -> FloatArray:
        r = np.exp(_clipped(ratio))
        return 2.0 * divergence.f(r) / (1.0 + r)

    return Functional((Part("x", 0.5, mixed), Part("y", 0.5, mixed)), plug_in=True)


def _identity(ratio: FloatArray) -> FloatArray:
    return ratio


def _clipped(exponent: FloatArray) -> FloatArray:
    return np.clip(exponent, -_LARGEST, _LARGEST)
