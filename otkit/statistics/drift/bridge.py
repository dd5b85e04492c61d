"""The law of W_1 between two large samples of one law, and p-values from it.

For samples of sizes n and m of one law with distribution function F,

    T = (1/n + 1/m)^{−1/2} W_1  →  ∫ |B(F(x))| dx,

where B is a Brownian bridge, if ∫ √(F(1 − F)) dx is finite (E. del Barrio, E. Giné & C. Matrán, *Central limit theorems
for the Wasserstein distance between the empirical and the true distributions*, Ann. Probab. 27, 1999). With F as the
pooled sample has it, the limit is simulated: the levels 0 < t < 1 are cut into cells, narrow near both ends; a cell
contributes the standardised bridge in its middle times the sum of √(F(1 − F)) times the gaps between neighbouring
values. So ties and heavy tails keep the expectation that they have, and only correlations within a cell are taken to
be one. The bridges are the same for every column: a column is one product of a matrix and a vector.

Beyond all simulated values the p-value is bounded. The limit is the norm of a Gaussian process whose covariances are
not negative, so that no combination of signs varies more than the sum does, whose variance is σ² = wᵀRw (for the limit
itself, the variance of F). By the Gaussian isoperimetric inequality (C. Borell, Invent. Math. 30, 1975)

    P(limit ≥ median + s) ≤ 1 − Φ(s/σ).
"""

from __future__ import annotations

from functools import cache

import numpy as np

from otkit._typing import FloatArray

CELLS, DRAWS = 256, 4999

# Edges of the cells of levels: sin² is as narrow at the ends, some 4e-5, as the bridge is rough there.
EDGES: FloatArray = np.sin(0.5 * np.pi * np.arange(CELLS + 1) / CELLS) ** 2


def limit_pvalue(weights: FloatArray, observed: float) -> float:
    """Return P(limit ≥ observed): simulated, or a bound on it where it is too small to be simulated.

    Parameters
    ----------
    weights : ndarray, shape (CELLS,)
        Σ √(F(1 − F)) · gap over the gaps whose level F lies in each cell.
    observed : float
        (1/n + 1/m)^{−1/2} W_1, in the unit of the weights.
    """
    if observed == 0.0:
        return 1.0
    scale = float(weights.max())
    weights, observed = weights / scale, observed / scale
    limits = _bridges() @ weights
    beyond = int(np.count_nonzero(limits >= observed))
    simulated = (beyond + 1.0) / (DRAWS + 1.0)
    if beyond > 0:
        return simulated
    from scipy.special import ndtr

    spread = float(np.sqrt(weights @ _correlations() @ weights))
    return min(simulated, float(ndtr((float(np.median(limits)) - observed) / spread)))


def tail_share(weights: FloatArray, level: float) -> float:
    """Return the share of the limit's mean that comes from levels below `level` and above 1 − `level`."""
    middles = _middles()
    outer = np.minimum(middles, 1.0 - middles) < level
    return float(weights[outer].sum() / weights.sum())


@cache
def _middles() -> FloatArray:
    return np.sin(0.5 * np.pi * (np.arange(CELLS) + 0.5) / CELLS) ** 2


@cache
def _bridges() -> FloatArray:
    """Return magnitudes of standardised bridges at the middles of the cells, one bridge a row; always the same."""
    levels = _middles()
    steps = np.sqrt(np.diff(levels, prepend=0.0, append=1.0))
    motion = np.cumsum(np.random.default_rng(20_24).standard_normal((DRAWS, CELLS + 1)) * steps, axis=1)
    bridge = motion[:, :-1] - motion[:, -1:] * levels
    found: FloatArray = np.abs(bridge / np.sqrt(levels * (1.0 - levels)))
    found.setflags(write=False)
    return found


@cache
def _correlations() -> FloatArray:
    """Return the correlations of a bridge between the middles of the cells: √(s (1 − t) / (t (1 − s))) for s ≤ t."""
    odds = _middles() / (1.0 - _middles())
    found: FloatArray = np.sqrt(np.minimum.outer(odds, odds) / np.maximum.outer(odds, odds))
    return found
