"""Cross-entropy, the divergence of conditional laws, and the Jensen–Shannon divergence of several measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from otkit._typing import ArrayLike, FloatArray
from otkit.divergences.discrete import Rows, in_unit, length_of_unit, rows_that_meet, value_of_rows
from otkit.divergences.generators import GENERATORS
from otkit.divergences.result import DivergenceResult
from otkit.inputs.bins import aligned, aligned_tables, along_last_axis
from otkit.inputs.checks import as_weights
from otkit.numerics.sums import accurate_dot, accurate_sum

_UNIT = 2.0**-53


def cross_entropy(p: ArrayLike, q: ArrayLike, *, base: float | None = None, axis: int = -1) -> DivergenceResult:
    """Return the cross-entropy H(P, Q) = −Σ p log q of two discrete measures: the entropy of P and KL(P‖Q).

    Parameters
    ----------
    p, q : array-like, dict or pandas Series
        Probabilities or counts, as `f_divergence` takes them; each side is divided by its total.
    base : float, optional
        Base of the logarithm, by default e (nats).
    axis : int, default -1
        The axis of arrays along which a measure lies.

    Returns
    -------
    DivergenceResult
        Of kind "exact", with a bound on the rounding error; ∞ where P has mass and Q has none. With p = q it is the
        entropy of P.

    Raises
    ------
    ValueError
        What `f_divergence` refuses.

    See Also
    --------
    kl, f_divergence

    Examples
    --------
    >>> import otkit
    >>> otkit.cross_entropy([1, 1], [1, 3], base=2).value.__round__(6)
    1.207519
    >>> fair = [0.5, 0.5]
    >>> otkit.cross_entropy(fair, fair, base=2).value           # the entropy of a coin
    1.0
    """
    unit = length_of_unit(base)
    rows = rows_that_meet(p, q, axis)
    value, error = np.empty(len(rows.pairs)), np.empty(len(rows.pairs))
    for k, (i, j) in enumerate(rows.pairs):
        value[k], error[k] = _cross_entropy(
            rows.p[i], rows.q[j], float(rows.totals_p[i, 0]), float(rows.totals_q[j, 0])
        )
    return _result(value, error, rows, unit)


def _cross_entropy(p: FloatArray, q: FloatArray, total_p: float, total_q: float) -> tuple[float, float]:
    """Return −Σ p log q of two rows, and a bound on the error; every term is ≥ 0, since a share is at most 1.

    At most one share is above ½. Its logarithm is that of 1 − (the others), which loses no digits where they are small:
    so each logarithm is right to 8 units of 2**-53 of itself.
    """
    if ((p > 0.0) & (q == 0.0)).any():
        return np.inf, 0.0
    with np.errstate(divide="ignore"):
        code = -np.log(q / total_q)
    largest = int(np.argmax(q))
    if q[largest] > 0.5 * total_q:
        code[largest] = -np.log1p(-accurate_sum(np.delete(q, largest)) / total_q)
    value = accurate_dot(p[p > 0.0], code[p > 0.0]) / total_p
    return value, 12.0 * _UNIT * value


def conditional_kl(p: ArrayLike, q: ArrayLike, *, base: float | None = None, axis: int = -1) -> DivergenceResult:
    """Return Σ_x P(x) KL(P_x ‖ Q_x) of two joint laws of X and Y, P_x and Q_x being the laws of Y given X = x.

    By the chain rule it is KL of the joint laws less KL of the laws of X; here no such difference is taken.

    Parameters
    ----------
    p, q : array-like, or data frame
        Joint probabilities or counts, of the same shape, at least two axes. Labels of pandas frames (index and columns)
        are brought together, and a label that one of them lacks has no mass there.
    base : float, optional
        Base of the logarithm, by default e (nats).
    axis : int, default -1
        The axis of Y; all other axes together are X.

    Returns
    -------
    DivergenceResult
        Of kind "exact", with a bound on the rounding error. ∞ where P has mass and Q has none.

    Raises
    ------
    ValueError
        Shapes differ, or have one axis only; masses that are negative or not finite, or all zero.

    See Also
    --------
    kl, cross_entropy

    References
    ----------
    T. Cover & J. Thomas, *Elements of Information Theory*, section 2.5.

    Examples
    --------
    >>> import otkit
    >>> p, q = [[1, 1], [2, 0]], [[1, 1], [1, 1]]
    >>> otkit.conditional_kl(p, q, base=2).value
    0.5
    """
    unit = length_of_unit(base)
    (joint_p, joint_q), said = aligned_tables((p, "p"), (q, "q"))
    (joint_p, _), (joint_q, _) = along_last_axis([(joint_p, "p"), (joint_q, "q")], axis)
    if joint_p.ndim < 2 or joint_p.shape != joint_q.shape:
        raise ValueError(
            "p and q must be joint laws of one shape, with at least two axes, but their shapes are "
            f"{np.shape(joint_p)} and {np.shape(joint_q)}."
        )
    whole = rows_that_meet(joint_p.reshape(-1), joint_q.reshape(-1))  # masses are checked here
    table_p, table_q = (joint.reshape(-1, joint.shape[-1]) for joint in (joint_p, joint_q))
    used = (table_p > 0.0).any(axis=1)
    detail = "; ".join(part for part in (said, whole.normalised) if part)
    if (used & ~(table_q > 0.0).any(axis=1)).any():
        return DivergenceResult(np.inf, "exact", 0.0, detail)
    rows = rows_that_meet(table_p[used], table_q[used])
    value, error = value_of_rows(GENERATORS["kl"], rows)
    if np.isinf(value).any():
        return DivergenceResult(np.inf, "exact", 0.0, detail)
    masses = np.array([accurate_sum(row) for row in table_p[used]])
    weights = masses / accurate_sum(masses)
    total = accurate_dot(weights, value)
    return _scaled(total, accurate_dot(weights, error) + 8.0 * _UNIT * total, unit, detail)


def jensen_shannon(
    measures: Sequence[ArrayLike] | ArrayLike, weights: ArrayLike | None = None, *, base: float | None = None
) -> DivergenceResult:
    """Return the Jensen–Shannon divergence of several measures, Σ w_k KL(P_k ‖ M) with M = Σ w_k P_k.

    It is the entropy of M less the mean entropy, the information that a draw carries about which measure it came from,
    and at most the entropy of w. Of two measures with equal weights it is `js`.

    Parameters
    ----------
    measures : sequence of array-like, dict or Series; or array-like, shape (k, bins)
        Probabilities or counts, one measure each, brought together by label as in `f_divergence`.
    weights : array-like, shape (k,), optional
        w, divided by their total; equal by default. A measure of weight zero is left out.
    base : float, optional
        Base of the logarithm, by default e (nats).

    Returns
    -------
    DivergenceResult
        Of kind "exact", with a bound on the rounding error.

    Raises
    ------
    ValueError
        No measure, measures of different length, masses or weights that are negative or not finite, or all zero.

    See Also
    --------
    js, pairwise

    References
    ----------
    J. Lin, *Divergence measures based on the Shannon entropy*, IEEE Trans. Inf. Theory 37 (1991).

    Examples
    --------
    >>> import otkit
    >>> otkit.jensen_shannon([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]], base=2).value
    1.5
    >>> otkit.jensen_shannon([{"a": 1}, {"b": 1}], weights=[3, 1], base=2).value.__round__(6)
    0.811278
    """
    unit = length_of_unit(base)
    rows, said = _measures(measures)
    shares = as_weights(weights, "weights", len(rows))
    shares = shares / accurate_sum(shares)
    rows, shares = rows[shares > 0.0], shares[shares > 0.0]
    checked = rows_that_meet(rows, rows[:1], names=("measures", "measures"))
    masses = checked.p / checked.totals_p[:, :1]
    mean = np.array([accurate_dot(shares, column) for column in np.ascontiguousarray(masses.T)])
    value, error = value_of_rows(GENERATORS["kl"], rows_that_meet(checked.p, mean))
    total = accurate_dot(shares, value)
    # Σ w_k KL(P_k‖·) is least at M: with the rounded M it is more by KL(M‖rounded), of second order.
    second_order = 32.0 * _UNIT * _UNIT
    return _scaled(total, accurate_dot(shares, error) + 8.0 * _UNIT * total + second_order, unit, said)


def _measures(measures: Any) -> tuple[FloatArray, str]:
    """Return measures as rows, and what is to be said about their labels."""
    if isinstance(measures, Sequence) and len(measures) > 0:
        found = aligned(*((measure, f"measures[{k}]") for k, measure in enumerate(measures)))
        sizes = {values.shape for values in found.values}
        if len(sizes) > 1 or found.values[0].ndim != 1:
            raise ValueError(
                "measures must have one axis each and the same length, but their shapes are "
                f"{', '.join(map(str, sorted(sizes)))}."
            )
        return np.array(found.values), found.said
    found = aligned((measures, "measures"))
    if found.values[0].ndim != 2 or len(found.values[0]) == 0:
        raise ValueError(
            f"measures must be a list of measures, or rows of an array, but the shape is {found.values[0].shape}."
        )
    return found.values[0], ""


def _result(value: FloatArray, error: FloatArray, rows: Rows, unit: float) -> DivergenceResult:
    if not rows.shape:
        return _scaled(float(value[0]), float(error[0]), unit, rows.detail)
    return _scaled(value.reshape(rows.shape), error.reshape(rows.shape), unit, rows.detail)


def _scaled(value: Any, error: Any, unit: float, detail: str) -> DivergenceResult:
    """Return a result in nats in another unit."""
    if unit != 1.0:
        value, error = in_unit(value, error, unit)
        error = error if np.ndim(value) else float(error)
    return DivergenceResult(value, "exact", error, detail)
