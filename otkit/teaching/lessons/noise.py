"""Noise makes supports overlap, and bounds W_1 by a divergence that is finite; the constant has units of length."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from otkit.inputs.checks import as_count
from otkit.teaching.lessons.lesson import Lesson, divergence


def noise_bound(distance: int = 10, widths: Sequence[int] = (0, 1, 2, 5, 10, 20, 50)) -> Lesson:
    """Return both sides of the noise bound, as it is true and as the notes print it, for two atoms and uniform noise.

    W_1(P_r, P_g) ≤ 2√V + 2C √JS(P_{r+ε}, P_{g+ε}), where V = E ε² and C is the diameter of a ball that holds both
    noised supports. The notes print 2√V + √JS, whose second term has no units of length: at small noise it is
    √log 2 at most, however far the atoms lie apart.

    Parameters
    ----------
    distance : int
        P_r = δ_0 and P_g = δ_distance, so that W_1 = distance.
    widths : sequence of int
        ε is uniform on {−width, …, width}; V = width (width + 1)/3, C = distance + 2 width.

    Returns
    -------
    Lesson

    References
    ----------
    Arjovsky & Bottou, *Towards principled methods for training generative adversarial networks* (2017), theorem 3.3.
    The step from W_1 to JS is W_1 ≤ C · TV of the noised measures, and Pinsker's inequality.

    Examples
    --------
    >>> lesson = noise_bound(10, [0, 10])
    >>> (lesson.column("W_1") <= lesson.column("2√V + 2C√JS")).tolist()
    [True, True]
    >>> (lesson.column("W_1") <= lesson.column("2√V + √JS")).tolist()
    [False, True]
    """
    rows = []
    for k, width in enumerate(widths):
        if width < 0 or int(width) != width:
            raise ValueError(f"widths must be integers of at least 0, but widths[{k}] = {width}.")
        rows.append(_row(as_count(distance, "distance"), int(width)))
    return Lesson(
        f"Two atoms {distance} apart, under noise that is uniform on {{−width, …, width}}",
        ("width", "W_1", "V", "JS noised", "C", "2√V + 2C√JS", "2√V + √JS"),
        tuple(rows),
        "With the diameter C the bound holds at every width; as printed, without it, it fails for little noise.",
    )


def _row(distance: int, width: int) -> tuple[float, ...]:
    diameter = distance + 2 * width
    p, q = np.zeros(diameter + 1), np.zeros(diameter + 1)
    p[: 2 * width + 1] = 1.0
    q[distance:] = 1.0
    js = divergence("js", p, q)
    noise = 2.0 * math.sqrt(width * (width + 1) / 3)
    true, printed = noise + 2.0 * diameter * math.sqrt(js), noise + math.sqrt(js)
    return width, distance, width * (width + 1) / 3, js, diameter, true, printed
