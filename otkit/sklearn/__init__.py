"""Optimal transport as scikit-learn's estimators: distances between clouds as features, and maps between samples.

Needs scikit-learn: ``pip install ".[sklearn]"``. It is loaded when a name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from otkit.inputs.optional import needed

if TYPE_CHECKING:
    from otkit.sklearn.distances import WassersteinDistances as WassersteinDistances
    from otkit.sklearn.maps import OptimalTransportMap as OptimalTransportMap

# Where each public name lives, in otkit.sklearn.
_MODULE_OF = {"OptimalTransportMap": "maps", "WassersteinDistances": "distances"}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605 (names are strings, of the table above)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'otkit.sklearn' has no attribute {name!r}")
    with needed("otkit.sklearn needs scikit-learn", '".[sklearn]"'):
        value = getattr(import_module(f"otkit.sklearn.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
