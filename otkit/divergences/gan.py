"""The game of a GAN for a fixed generator: the best discriminator, and what it earns.

V(D, G) = E_P[log D] + E_Q[log(1 − D)], P the data and Q what the generator makes, is largest at D* = p/(p + q), where
it is −log 4 + 2 JS(P, Q): Goodfellow et al., *Generative adversarial nets* (2014), section 4.1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.inputs.bins import aligned
from otkit.inputs.checks import as_float_array, as_weights, entry
from otkit.inputs.labelled import like
from otkit.inputs.labels import Labels
from otkit.inputs.matching import values_by_label


def optimal_discriminator(p: ArrayLike, q: ArrayLike) -> Any:
    """Return D* = p/(p + q), the best discriminator between two discrete measures.

    Parameters
    ----------
    p, q : array-like, shape (n,), dict or pandas Series
        Masses or counts of the data and of the generator on the same n atoms; each is divided by its total. Those with
        labels are brought together by label, as in `f_divergence`.

    Returns
    -------
    ndarray, shape (n,), or what p is: dict or pandas Series
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
    >>> otkit.optimal_discriminator({"rye": 3, "oats": 1}, {"oats": 1, "bran": 1})
    {'rye': 1.0, 'oats': 0.333..., 'bran': 0.0}
    """
    shares_p, shares_q, labels = _shares(p, q)
    total = shares_p + shares_q
    best = np.divide(shares_p, total, out=np.full(shares_p.size, 0.5), where=total > 0.0)
    return best if labels is None else like(p, best, labels)


def discriminator_value(p: ArrayLike, q: ArrayLike, discriminator: ArrayLike | None = None) -> float:
    """Return V(D, G) = E_P[log D] + E_Q[log(1 − D)], what a discriminator earns between two discrete measures.

    Parameters
    ----------
    p, q : array-like, shape (n,), dict or pandas Series
        Masses or counts of the data and of the generator on the same n atoms; each is divided by its total. Those with
        labels are brought together by label, as in `f_divergence`.
    discriminator : array-like, shape (n,), optional
        D on the atoms, between 0 and 1; D* by default, which earns −log 4 + 2 JS. By label where p and q have labels.

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
    p, q, labels = _shares(p, q)
    if discriminator is None:
        total = p + q
        on_p, on_q = p > 0.0, q > 0.0
        # 1 − D* is q/(p + q): taken so, a small share is not lost in the difference from 1.
        return _log_mean(p[on_p], p[on_p] / total[on_p]) + _log_mean(q[on_q], q[on_q] / total[on_q])
    outputs = as_float_array(values_by_label(labels, discriminator, "discriminator", "p and q"), "discriminator")
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


def _shares(p: ArrayLike, q: ArrayLike) -> tuple[FloatArray, FloatArray, Labels | None]:
    (p, q), labels, _ = aligned((p, "p"), (q, "q"))
    p = as_weights(p, "p", p.size)
    q = as_weights(q, "q", p.size)
    p, q = p / p.max(), q / q.max()  # so that no total overflows
    return p / p.sum(), q / q.sum(), labels
