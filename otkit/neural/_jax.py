"""The one place that loads JAX, Equinox and Optax, so that their absence is told in one way.

JAX's global configuration is left as the caller has it: everything here runs in float32, and with 64 bits too.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from otkit.inputs.randomness import Rng, as_generator

try:
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    import optax
except ImportError as missing:
    raise ModuleNotFoundError(
        f'otkit.neural needs JAX, Equinox and Optax, but {missing.name} is not installed: pip install ".[neural]".'
    ) from missing

__all__ = ["as_key", "double_precision", "eqx", "jax", "jnp", "optax"]


def double_precision() -> AbstractContextManager[None]:
    """Compute with 64 bits in this block and this thread alone."""
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    from jax.experimental import enable_x64  # before JAX 0.8

    return enable_x64()


def as_key(rng: Rng) -> jax.Array:
    """Return a JAX key drawn from a seed or a NumPy generator."""
    return jax.random.key(int(as_generator(rng).integers(2**31)))
