"""The game of a GAN for a fixed generator: the best discriminator, and what it earns.

V(D, G) = E_P[log D] + E_Q[log(1 − D)], P the data and Q what the generator makes, is largest at D* = p/(p + q), where
it is −log 4 + 2 JS(P, Q): Goodfellow et al., *Generative adversarial nets* (2014), section 4.1.
"""

from __future__ import annotations

import numpy as np

from otkit._checks import as_float_array, as_weights, entry
from otkit._typing import ArrayLike, FloatArray


def optimal_discriminator(p: ArrayLike, q: ArrayLike) -> FloatArray:
    """Return D* = p/(p + q), the best discriminator between two discrete measures.

    Parameters
    ----------
    p, q : array-like, shape (n,)
        Masses or counts of the data and of the generator on the same n atoms; each is divided by its total.

    Returns
    -------
    ndarray, shape (n,)
        Between 0 and 1. On an atom without any mass every D is as good: ½.

    Raises
    ------
    ValueError
        Negative, NaN or infinite masses, a measure without mass, unequal lengths.

    Examples
    --------
    >>> import otkit
    >>> otkit.optimal_discriminator([3, 1, 0], [1, 1, 2]).tolist()
    [0.75, 0.5, 0.0]
    """
    p, q = _shares(p, q)
    total = p + q
    return np.divide(p, total, out=np.full(p.size, 0.5), where=total > 0.0)


def discriminator_value(p: ArrayLike, q: ArrayLike, discriminator: ArrayLike | None = None) -> float:
    """Return V(D, G) = E_P[log D] + E_Q[log(1 − D)], what a discriminator earns between two discrete measures.

    Parameters
    ----------
    p, q : array-like, shape (n,)
        Masses or counts of the data and of the generator on the same n atoms; each is divided by its total.
    discriminator : array-like, shape (n,), optional
        D on the atoms, between 0 and 1; D* by default, which earns −log 4 + 2 JS.

    Returns
    -------
    float
        At most 0; −∞ if D is 0 where p > 0, or 1 where q > 0.

    Examples
    --------
    >>> import math
    >>> import otkit
    >>> p, q = [3, 1, 0], [1, 1, 2]
    >>> math.isclose(otkit.discriminator_value(p, q), 2 * otkit.js(p, q) - math.log(4))
    True
    >>> otkit.discriminator_value(p, q, [0.5, 0.5, 0.5]) == -math.log(4)
    True
    """
    p, q = _shares(p, q)
    if discriminator is None:
        total = p + q
        on_p, on_q = p > 0.0, q > 0.0
        # 1 − D* is q/(p + q): taken so, a small share is not lost in the difference from 1.
        return _log_mean(p[on_p], p[on_p] / total[on_p]) + _log_mean(q[on_q], q[on_q] / total[on_q])
    outputs = as_float_array(discriminator, "discriminator")
    if outputs.shape != p.shape:
        raise ValueError(f"discriminator must have {p.size} entries, one for each atom, but it has {outputs.size}.")
    wrong = ~((outputs >= 0.0) & (outputs <= 1.0))
    if wrong.any():
        found = entry(outputs, int(np.argmax(wrong)), "discriminator")
        raise ValueError(f"discriminator must lie between 0 and 1, but {found}.")
    return _log_mean(p[p > 0.0], outputs[p > 0.0]) + _log_mean(q[q > 0.0], 1.0 - outputs[q > 0.0])


def _log_mean(shares: FloatArray, values: FloatArray) -> float:
    with np.errstate(divide="ignore"):
        return float(shares @ np.log(values))


def _shares(p: ArrayLike, q: ArrayLike) -> tuple[FloatArray, FloatArray]:
    p = as_float_array(p, "p")
    p = as_weights(p, "p", p.size)
    q = as_weights(q, "q", p.size)
    p, q = p / p.max(), q / q.max()  # so that no total overflows
    return p / p.sum(), q / q.sum()
