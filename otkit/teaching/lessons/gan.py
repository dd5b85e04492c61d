"""What a GAN minimises: against the best discriminator, the Jensen–Shannon divergence."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from otkit.divergences.gan import discriminator_value, optimal_discriminator
from otkit.teaching.lessons.lesson import Lesson, divergence


def gan_game(steps: Sequence[float] = (0.0, 0.25, 0.5, 0.75, 1.0)) -> Lesson:
    """Return the game's value as a generator moves from P_0 to the data P: V(D*, G), and −log 4 + 2 JS beside it.

    P = (½, ½, 0) and the generator makes (1 − t) P_0 + t P, P_0 = (0, ½, ½). The two columns come about separately: the
    value from D* = p/(p + q), the divergence from its definition.

    Parameters
    ----------
    steps : sequence of float, between 0 and 1
        t.

    Returns
    -------
    Lesson
        With D*, too, on the first atom, which the data have and P_0 has not, and what the blind D = ½ earns.

    References
    ----------
    Goodfellow et al., *Generative adversarial nets* (2014), theorem 1.

    Examples
    --------
    >>> lesson = gan_game([0.0, 1.0])
    >>> np.allclose(lesson.column("V(D*, G)"), lesson.column("−log 4 + 2 JS"), rtol=1e-15)
    True
    >>> lesson.column("D* on x_1").tolist()
    [1.0, 0.5]
    """
    data, start = np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.5, 0.5])
    rows = []
    for k, t in enumerate(steps):
        if not 0.0 <= t <= 1.0:
            raise ValueError(f"steps must lie between 0 and 1, but steps[{k}] = {t}.")
        made = (1.0 - t) * start + t * data
        js = divergence("js", data, made)
        best = optimal_discriminator(data, made)
        blind = discriminator_value(data, made, np.full(3, 0.5))
        value = discriminator_value(data, made)
        rows.append((float(t), float(best[0]), value, 2.0 * js - math.log(4.0), js, blind))
    return Lesson(
        "A generator on its way to the data, against the best discriminator",
        ("t", "D* on x_1", "V(D*, G)", "−log 4 + 2 JS", "JS", "V(½, G)"),
        tuple(rows),
        "V(D*, G) = −log 4 + 2 JS: least, −log 4, where the generator is the data, and even D* can but guess.",
    )
