"""Modes of convergence: which distance brings which other to zero, and a sequence for every arrow that is missing.

For P_n → P: KL(P_n‖P) → 0 or KL(P‖P_n) → 0 gives TV → 0, which is the same as JS → 0, and on a bounded set TV → 0 gives
W_1 → 0. No arrow goes back, neither KL gives the other, and on an unbounded set W_1 is free of them all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from otkit._typing import FloatArray
from otkit.inputs.checks import as_count
from otkit.teaching.lessons.lesson import PROVED, Lesson, distance, divergence

COLUMNS = ("n", "W_1", "TV", "JS", "KL(P_n‖P)", "KL(P‖P_n)")
Pair = tuple[FloatArray, FloatArray, FloatArray]  # atoms on the line, masses of P_n, masses of P


def modes_of_convergence(sizes: Sequence[int] = (2, 10, 100, 1000)) -> tuple[Lesson, ...]:
    """Return a sequence P_n → P for each arrow that is missing between the modes of convergence.

    Parameters
    ----------
    sizes : sequence of int, each at least 2
        The n at which the distances are computed. The last row of each table, n = ∞, holds their limits.

    Returns
    -------
    tuple of Lesson

    Examples
    --------
    >>> for lesson in modes_of_convergence():
    ...     print(lesson.title)
    W_1 → 0 without TV → 0: P_n = δ_{1/n}, P = δ_0
    KL(P‖P_n) → 0 without KL(P_n‖P) → 0: P_n = (1 − 1/n) δ_0 + 1/n δ_1, P = δ_0
    KL(P_n‖P) → 0 without KL(P‖P_n) → 0: P_n = U(1/n, 1), P = U(0, 1)
    TV → 0 without either KL → 0: P = U(0, 1), P_n has its mass on (0, 1/n) moved to 2
    TV → 0 and KL(P‖P_n) → 0 without W_1 → 0, unbounded: P_n = (1 − 1/n) δ_0 + 1/n δ_n, P = δ_0
    """
    for k, n in enumerate(sizes):
        if as_count(n, f"sizes[{k}]") < 2:
            raise ValueError(f"sizes must be at least 2, but sizes[{k}] = {n}.")
    inf, log2 = math.inf, math.log(2.0)
    return (
        _lesson(
            "W_1 → 0 without TV → 0: P_n = δ_{1/n}, P = δ_0",
            _moving_atom,
            sizes,
            (0.0, 1.0, log2, inf, inf),
            "However near the atoms are, they share no mass.",
        ),
        _lesson(
            "KL(P‖P_n) → 0 without KL(P_n‖P) → 0: P_n = (1 − 1/n) δ_0 + 1/n δ_1, P = δ_0",
            _vanishing_extra,
            sizes,
            (0.0, 0.0, 0.0, inf, 0.0),
            "P_n has mass where P has none, so KL(P_n‖P) is ∞ however little it is.",
        ),
        _lesson(
            "KL(P_n‖P) → 0 without KL(P‖P_n) → 0: P_n = U(1/n, 1), P = U(0, 1)",
            _vanishing_hole,
            sizes,
            (0.0, 0.0, 0.0, 0.0, inf),
            "P_n lacks mass where P has some, so KL(P‖P_n) is ∞ however little it is.",
        ),
        _lesson(
            "TV → 0 without either KL → 0: P = U(0, 1), P_n has its mass on (0, 1/n) moved to 2",
            _moved_cell,
            sizes,
            (0.0, 0.0, 0.0, inf, inf),
            "Each has a little mass where the other has none.",
        ),
        _lesson(
            "TV → 0 and KL(P‖P_n) → 0 without W_1 → 0, unbounded: P_n = (1 − 1/n) δ_0 + 1/n δ_n, P = δ_0",
            _escaping_mass,
            sizes,
            (1.0, 0.0, 0.0, inf, 0.0),
            "Less and less mass goes farther and farther: W_1 ≤ diam · TV needs a bounded set.",
        ),
    )


def _lesson(
    title: str, sequence: Callable[[int], Pair], sizes: Sequence[int], limits: tuple[float, ...], moral: str
) -> Lesson:
    rows = tuple((n, *_distances(*sequence(n))) for n in sizes)
    return Lesson(title, COLUMNS, (*rows, (math.inf, *limits)), moral, PROVED)


def _distances(atoms: FloatArray, p_n: FloatArray, p: FloatArray) -> tuple[float, ...]:
    return (
        distance(atoms, atoms, p_n, p),
        divergence("tv", p_n, p),
        divergence("js", p_n, p),
        divergence("kl", p_n, p),
        divergence("kl", p, p_n),
    )


# Masses are counts: otkit divides by their total, and the shares are then exact.


def _moving_atom(n: int) -> Pair:
    return np.array([0.0, 1.0 / n]), np.array([0.0, 1.0]), np.array([1.0, 0.0])


def _vanishing_extra(n: int) -> Pair:
    return np.array([0.0, 1.0]), np.array([n - 1.0, 1.0]), np.array([1.0, 0.0])


def _vanishing_hole(n: int) -> Pair:
    """Both measures have a constant density on each of n cells of length 1/n.

    For f-divergences cells are atoms. W_1 = 1/(2n) asks for points: the means differ by that, and P_n lies to the
    right of P throughout. On the middles of the cells it is the same: 1/n of mass from the first cell, spread over the
    others.
    """
    cells = (np.arange(n) + 0.5) / n
    hole = np.ones(n)
    hole[0] = 0.0
    return cells, hole, np.ones(n)


def _moved_cell(n: int) -> Pair:
    """P on the middles of n cells, as in `_vanishing_hole`; the first cell's mass stands at 2 in P_n."""
    atoms = np.append((np.arange(n) + 0.5) / n, 2.0)
    p, p_n = np.ones(n + 1), np.ones(n + 1)
    p[-1] = p_n[0] = 0.0
    return atoms, p_n, p


def _escaping_mass(n: int) -> Pair:
    return np.array([0.0, float(n)]), np.array([n - 1.0, 1.0]), np.array([1.0, 0.0])
