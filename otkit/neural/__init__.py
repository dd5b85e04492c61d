"""Neural critics of divergences, exact Wasserstein losses for training, and the generative models built on them.

Needs JAX, Equinox and Optax: ``pip install ".[neural]"``. They are loaded when a name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otkit.neural.adversarial import Adversarial as Adversarial
    from otkit.neural.adversarial import Trained as Trained
    from otkit.neural.certified import CriticBounds as CriticBounds
    from otkit.neural.certified import critic_bounds as critic_bounds
    from otkit.neural.constraints import PRESETS as PRESETS
    from otkit.neural.constraints import Clip as Clip
    from otkit.neural.constraints import CriticOptions as CriticOptions
    from otkit.neural.constraints import GradientPenalty as GradientPenalty
    from otkit.neural.constraints import GroupSort as GroupSort
    from otkit.neural.constraints import Spectral as Spectral
    from otkit.neural.critic import CriticResult as CriticResult
    from otkit.neural.critic import fit_critic as fit_critic
    from otkit.neural.fgan import FGAN as FGAN
    from otkit.neural.flow import Flow as Flow
    from otkit.neural.flow import TrainedFlow as TrainedFlow
    from otkit.neural.function import CriticFunction as CriticFunction
    from otkit.neural.gan import GAN as GAN
    from otkit.neural.gan import DiscriminatorCheck as DiscriminatorCheck
    from otkit.neural.gan import check_discriminator as check_discriminator
    from otkit.neural.gradients import GeneratorGradients as GeneratorGradients
    from otkit.neural.gradients import generator_gradients as generator_gradients
    from otkit.neural.loss import wasserstein_loss as wasserstein_loss
    from otkit.neural.networks import Network as Network
    from otkit.neural.networks import mlp as mlp
    from otkit.neural.sandwich import CrossCheck as CrossCheck
    from otkit.neural.sandwich import crosscheck as crosscheck
    from otkit.neural.spectral_gan import SpectralGAN as SpectralGAN
    from otkit.neural.training import History as History
    from otkit.neural.training import modes_covered as modes_covered
    from otkit.neural.variational import VariationalResult as VariationalResult
    from otkit.neural.variational import fit_variational as fit_variational
    from otkit.neural.wgan import WGAN as WGAN
    from otkit.neural.wgan_gp import WGANGP as WGANGP

# Where each public name lives, in otkit.neural.
_MODULES = {
    "adversarial": ["Adversarial", "Trained"],
    "certified": ["CriticBounds", "critic_bounds"],
    "constraints": ["PRESETS", "Clip", "CriticOptions", "GradientPenalty", "GroupSort", "Spectral"],
    "critic": ["CriticResult", "fit_critic"],
    "fgan": ["FGAN"],
    "flow": ["Flow", "TrainedFlow"],
    "function": ["CriticFunction"],
    "gan": ["GAN", "DiscriminatorCheck", "check_discriminator"],
    "gradients": ["GeneratorGradients", "generator_gradients"],
    "loss": ["wasserstein_loss"],
    "networks": ["Network", "mlp"],
    "sandwich": ["CrossCheck", "crosscheck"],
    "spectral_gan": ["SpectralGAN"],
    "training": ["History", "modes_covered"],
    "variational": ["VariationalResult", "fit_variational"],
    "wgan": ["WGAN"],
    "wgan_gp": ["WGANGP"],
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605 (names are strings, built from the table above)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'otkit.neural' has no attribute {name!r}")
    value = getattr(import_module(f"otkit.neural.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
