"""Exact optimal transport in PyTorch programs: a loss with gradients, a metric, and couplings for flow matching.

Needs PyTorch: ``pip install ".[torch]"``. It is loaded when a name is first used. All that is here takes and gives
tensors, of any device; the problems are solved on the CPU, in float64, by the kernels of `otkit.wasserstein_batch`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otkit.torch.coupling import sample_coupling as sample_coupling
    from otkit.torch.loss import WassersteinLoss as WassersteinLoss
    from otkit.torch.loss import wasserstein_loss as wasserstein_loss
    from otkit.torch.metric import WassersteinDistance as WassersteinDistance
    from otkit.torch.metric import wasserstein_distance as wasserstein_distance

# Where each public name lives, in otkit.torch.
_MODULE_OF = {
    "WassersteinDistance": "metric",
    "WassersteinLoss": "loss",
    "sample_coupling": "coupling",
    "wasserstein_distance": "metric",
    "wasserstein_loss": "loss",
}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605 (names are strings, of the table above)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'otkit.torch' has no attribute {name!r}")
    value = getattr(import_module(f"otkit.torch.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
