"""The population stability index of two samples, over bins that hold equal shares of the first."""

from __future__ import annotations

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.divergences.by_name import f_divergence
from otkit.inputs.checks import as_count
from otkit.inputs.frames import Missing, as_clouds


def psi(reference: ArrayLike, current: ArrayLike, *, bins: int = 10, missing: Missing = "raise") -> float:
    """Return the population stability index Σ (p − q) log(p/q) of two samples of numbers.

    It is Jeffreys's divergence of the counts in bins whose edges are quantiles of the reference. Custom calls less than
    0.1 small and more than 0.25 large, whatever the sample sizes. Of counts that are there already it is
    ``otkit.jeffreys(p, q)``.

    Parameters
    ----------
    reference, current : array-like, shapes (n,) and (m,)
        Numbers or times.
    bins : int, default 10
        Of equal shares of the reference, deciles by default; a value that is repeated more often has one bin, and the
        ends are open. A bin holds its upper edge.
    missing : {"raise", "drop"}, default "raise"
        What to do about missing values (NaN, None, NA, NaT or masked): refuse them, or leave them out.

    Returns
    -------
    float
        ∞ where a bin is empty on one side only: no count is raised to a small number first.

    Raises
    ------
    ValueError
        Samples of more than one coordinate, or values that are not finite.

    See Also
    --------
    jeffreys : of histograms.
    drift : of all columns of two tables.

    References
    ----------
    N. Siddiqi, *Credit Risk Scorecards*, Wiley 2006.

    Examples
    --------
    >>> import otkit
    >>> reference = range(1000)
    >>> otkit.psi(reference, reference)
    0.0
    >>> round(otkit.psi(reference, [0.9 * value for value in reference]), 2)
    0.47
    """
    x, y = as_clouds({"reference": reference, "current": current}, missing=missing).points
    if x.shape[1] != 1:
        raise ValueError(
            f"reference and current must be samples of numbers, but they have {x.shape[1]} coordinates. Give one "
            "column at a time, or use drift."
        )
    return psi_of_sorted(np.sort(x[:, 0]), np.sort(y[:, 0]), as_count(bins, "bins"))


def psi_of_sorted(x: FloatArray, y: FloatArray, bins: int) -> float:
    """Return Jeffreys's divergence over bins whose edges are quantiles of x; a bin holds its upper edge."""
    places = np.ceil(np.arange(1, bins) / bins * x.size - 1e-9).astype(np.int64) - 1
    edges = np.unique(x[np.maximum(places, 0)])
    counts = [
        np.diff(np.searchsorted(side, edges, side="right"), prepend=0, append=side.size).astype(np.float64)
        for side in (x, y)
    ]
    return float(f_divergence("jeffreys", counts[1], counts[0]).value)
