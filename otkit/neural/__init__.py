"""Neural critics of divergences, exact Wasserstein losses for training, and the generative models built on them.

Needs JAX, Equinox and Optax: ``pip install "otkit[neural]"``. They are loaded when a name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otkit.neural.networks import Network as Network
    from otkit.neural.networks import mlp as mlp

# Where each public name lives, in otkit.neural.
_ROOMS = {
    "networks": ["Network", "mlp"],
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = sorted(_ROOM_OF)  # noqa: PLE0605 (names are strings, built from the table above)


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'otkit.neural' has no attribute {name!r}")
    value = getattr(import_module(f"otkit.neural.{_ROOM_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
