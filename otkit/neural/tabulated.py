"""The functions of an f-divergence as JAX can follow them: tables, so that any will do, one's own included."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from otkit.divergences.generators import FDivergence
from otkit.neural._jax import jax, jnp

# Places v = sinh(s), s evenly spaced, |v| up to 1490; values beyond the largest are cut.
_REACH, _PLACES, _LARGEST = 8.0, 8193, 1e12


class Tables(NamedTuple):
    """What a critic V becomes.

    Attributes
    ----------
    activation : array
        T = g_f(V).
    conjugate : array
        f*(g_f(V)).
    """

    activation: Any
    conjugate: Any


def tables(divergence: FDivergence) -> Tables:
    """Return g_f and f*(g_f) at the places of the tables."""
    t = divergence.activation(np.sinh(np.linspace(-_REACH, _REACH, _PLACES)))
    t = np.clip(t, -_LARGEST, _LARGEST)
    conjugate = np.clip(divergence.conjugate(t), -_LARGEST, _LARGEST)
    return Tables(t.astype(np.float32), conjugate.astype(np.float32))


def looked_up(table: Any, v: jax.Array) -> jax.Array:
    """Return a tabled function at v, linear between places, so that it has a derivative."""
    place = jnp.clip((jnp.arcsinh(v) + _REACH) * ((_PLACES - 1) / (2.0 * _REACH)), 0.0, _PLACES - 1.001)
    below = jax.lax.stop_gradient(jnp.floor(place)).astype(jnp.int32)
    share, values = place - below, jnp.asarray(table)
    return (1.0 - share) * values[below] + share * values[below + 1]
