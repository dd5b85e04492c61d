"""The one place that loads PyTorch, so that its absence is told in one way."""

from __future__ import annotations

try:
    import torch  # the library: imports are absolute, and this package is otkit.torch
except ImportError as missing:
    raise ModuleNotFoundError(
        'otkit.torch needs PyTorch, but torch is not installed: pip install ".[torch]".'
    ) from missing

__all__ = ["torch"]
