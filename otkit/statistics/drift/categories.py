"""Columns of labels: how far, which labels, and whether by chance."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from otkit._typing import FloatArray, IntArray
from otkit.divergences.by_name import f_divergence
from otkit.inputs.labels import key_of
from otkit.statistics.drift.columns import Column
from otkit.statistics.drift.entries import MOST_LABELS

# Cells of a table that deals are drawn for; rarer labels share the last one.
MOST_CELLS = 500

# The least expected count for which χ² is trusted (W. G. Cochran, Biometrics 10, 1954), and deals elsewhere.
LEAST_EXPECTED = 5.0
DEALS, ENOUGH, TOGETHER = 9999, 100, 250

# Values beyond which NumPy draws no deals.
MOST_DEALT = 10**9


def aligned(reference: Column, current: Column) -> tuple[tuple[IntArray, IntArray], tuple[Hashable, ...]]:
    """Return the codes of both sides over one list of labels.

    Raises
    ------
    ValueError
        No label is on both sides, and those of one are words and those of the other are not.
    """
    table: dict[Hashable, int] = {}
    labels: list[Hashable] = []
    sides = []
    for column in (reference, current):
        places = np.full(len(column.labels) + 1, -1, np.int64)  # the last is for codes of −1
        for k, label in enumerate(column.labels):
            key = key_of(label)
            if key not in table:
                table[key] = len(labels)
                labels.append(label)
            places[k] = table[key]
        assert column.codes is not None
        sides.append(places[column.codes])
    one, other = ([isinstance(label, str) for label in column.labels] for column in (reference, current))
    if len(labels) == len(one) + len(other) and one and other and all(one) != all(other) and any(one) != any(other):
        kinds = ["words" if all(side) else "no words" for side in (one, other)]
        raise ValueError(f"its labels are {kinds[0]} in reference and {kinds[1]} in current: none is on both sides")
    return (sides[0], sides[1]), tuple(labels)


def compare_counts(
    x: IntArray, y: IntArray, labels: Sequence[Hashable], rng: np.random.Generator, *, boolean: bool = False
) -> dict[str, Any]:
    """Return the fields of a `LabelDrift` that depend on the values.

    Parameters
    ----------
    x, y : ndarray of int, shape (labels,)
        Counts of the reference and of the current side, which are not all zero.
    labels : sequence
    rng : Generator
    boolean : bool
        Whether labels that occur on one side only are no news.
    """
    here = x + y > 0
    x, y = x[here], y[here]
    names = [label for label, is_here in zip(labels, here.tolist(), strict=True) if is_here]
    p, q = x / x.sum(), y / y.sum()
    values = {name: float(f_divergence(name, q, p).value) for name in ("tv", "js", "jeffreys")}
    # With the distance 0 or 1 half the mean square distance of two values is the variance, as it is for numbers.
    std = math.sqrt(max(0.0, 0.5 * float(1.0 - (p * p).sum())))
    noise = _tv_by_chance(x, y)
    unseen, gone = np.flatnonzero((x == 0) & (not boolean)), np.flatnonzero((y == 0) & (not boolean))
    most = np.argsort(-np.abs(q - p), kind="stable")[:MOST_LABELS]
    pvalue, test = _tested(x, y, rng)

    def named(which: IntArray, counts: IntArray) -> tuple[Hashable, ...]:
        order = which[np.argsort(-counts[which], kind="stable")][:MOST_LABELS]
        return tuple(names[k] for k in order.tolist())

    return {
        "tv": values["tv"],
        "js": values["js"],
        "psi": values["jeffreys"],
        "w1_std": 0.0 if values["tv"] == 0.0 else values["tv"] / std if std > 0.0 else math.inf,
        "by_chance": 0.0 if noise == 0.0 else noise / std if std > 0.0 else math.inf,
        "n_labels": len(names),
        "labels": tuple(names[k] for k in most.tolist()),
        "shares": np.array([p[most], q[most]]),
        "unseen": named(unseen, y),
        "gone": named(gone, x),
        "n_unseen": unseen.size,
        "n_gone": gone.size,
        "unseen_share": float(y[unseen].sum() / y.sum()),
        "gone_share": float(x[gone].sum() / x.sum()),
        "pvalue": pvalue,
        "test": test,
    }


def _tv_by_chance(x: IntArray, y: IntArray) -> float:
    """Return the mean total variation between two random parts, of these sizes, of all values.

    A label that occurs c times is k times in the first part by the hypergeometric law, whose mean deviation is
    E|k − μ| = 2 j (N − c − n + j) / N · P(k = j), with j the least integer above the mean μ = c n / N.
    """
    from scipy.special import gammaln

    n, m = float(x.sum()), float(y.sum())
    total, count = n + m, (x + y).astype(np.float64)
    j = np.floor(count * n / total) + 1.0
    within = (j <= np.minimum(count, n)) & (total - count - n + j >= 0.0)
    count, j = count[within], j[within]

    def log_choose(above: Any, below: Any) -> Any:
        return gammaln(above + 1.0) - gammaln(below + 1.0) - gammaln(above - below + 1.0)

    logs = log_choose(count, j) + log_choose(total - count, n - j) - log_choose(total, n)
    deviation: FloatArray = 2.0 * j * (total - count - n + j) / total * np.exp(logs)
    return 0.5 * (1.0 / n + 1.0 / m) * float(deviation.sum())


def _tested(x: IntArray, y: IntArray, rng: np.random.Generator) -> tuple[float, str]:
    """Return the p-value of Pearson's χ², and how it was found."""
    count, n, total = x + y, int(x.sum()), int(x.sum() + y.sum())
    if count.size == 1:
        return 1.0, "one label on both sides"
    expected = min(n, total - n) / total * float(count.min())
    if expected >= LEAST_EXPECTED or total >= MOST_DEALT:
        from scipy.special import chdtrc

        return float(chdtrc(count.size - 1.0, _chi2(x[None], count, n)[0])), f"χ², {count.size - 1} degrees of freedom"
    if count.size == 2:
        return _exact(int(x[0]), int(count[0]), n, total), "exact, hypergeometric"
    said = ""
    if count.size > MOST_CELLS:
        order = np.argsort(-count, kind="stable")
        kept, rest = order[: MOST_CELLS - 1], order[MOST_CELLS - 1 :]
        said = f", {rest.size:,} rare labels as one"
        x, count = np.append(x[kept], x[rest].sum()), np.append(count[kept], count[rest].sum())
    observed = float(_chi2(x[None], count, n)[0])
    exceeding = drawn = 0
    while drawn < DEALS:
        together = min(TOGETHER, DEALS - drawn)
        deals = rng.multivariate_hypergeometric(count, n, size=together)
        beyond = np.cumsum(_chi2(deals, count, n) >= observed * (1.0 - 1e-9))
        if exceeding + int(beyond[-1]) >= ENOUGH:  # J. Besag & P. Clifford, Sequential Monte Carlo p-values
            drawn += int(np.argmax(exceeding + beyond >= ENOUGH)) + 1
            return ENOUGH / drawn, f"χ², {drawn} permutations{said}"
        exceeding, drawn = exceeding + int(beyond[-1]), drawn + together
    return (exceeding + 1.0) / (drawn + 1.0), f"χ², {drawn} permutations{said}"


def _chi2(x: IntArray, count: IntArray, n: int) -> FloatArray:
    """Return Pearson's statistic of each row of counts, of which the columns hold `count` on both sides together."""
    total = float(count.sum())
    share = n / total
    found: FloatArray = ((x - count * share) ** 2 / (count * (share * (1.0 - share)))).sum(axis=1)
    return found


def _exact(k: int, count: int, n: int, total: int) -> float:
    """Return P(|K − μ| ≥ |k − μ|) for K of `count` marked ones among n out of `total`, and μ its mean."""
    from scipy.stats import hypergeom

    law = hypergeom(total, count, n)
    values = np.arange(max(0, n - (total - count)), min(count, n) + 1)
    away = np.abs(values * total - count * n)  # integers, so that ties are ties
    return min(1.0, float(law.pmf(values)[away >= abs(k * total - count * n)].sum()))
