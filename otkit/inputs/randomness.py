"""Where random numbers come from: `rng=`, which takes what SciPy takes (SPEC 7), and the seed that a result names."""

from __future__ import annotations

from numbers import Integral
from typing import TypeAlias

import numpy as np

from otkit._text import shown

Rng: TypeAlias = int | np.integer | np.random.SeedSequence | np.random.BitGenerator | np.random.Generator | None

_SEED_BITS = 53  # integers that JSON and other languages keep


def as_generator(rng: Rng) -> np.random.Generator:
    """Return the generator that `rng` stands for: None draws anew, a number gives the same stream each time.

    Raises
    ------
    TypeError, ValueError
        It is something else, or negative.

    Examples
    --------
    >>> as_generator(0).integers(10, size=3).tolist() == as_generator(0).integers(10, size=3).tolist()
    True
    """
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        kind = ValueError if isinstance(rng, Integral) else TypeError
        raise kind(
            f"rng must be None, an integer of at least 0 or a numpy.random.Generator, but {shown(rng)} was given."
        ) from error


def seeded(rng: Rng) -> tuple[np.random.Generator, int | None]:
    """Return the generator that `rng` stands for, and the seed that gives its stream again: `rng=seed`.

    For None a seed is drawn. It is None where a generator was given, whose state is not known from a number.

    Examples
    --------
    >>> generator, seed = seeded(None)
    >>> bool(generator.random() == seeded(seed)[0].random())
    True
    """
    if rng is None:
        rng = int(np.random.default_rng().integers(2**_SEED_BITS))
    return as_generator(rng), int(rng) if isinstance(rng, Integral) else None
