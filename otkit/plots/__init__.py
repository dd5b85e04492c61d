"""Pictures of plans, costs and potentials, of distributions, tests and drift, of critics and generative models.

One style: sources are blue discs and targets vermilion squares, told apart by shape as well, so that grey print keeps
them; masses are areas and widths; potentials are a purple-orange diverging map. Each function draws into `ax`, or into
a new figure, and returns the Axes. Matplotlib is loaded when one is called.
"""

from __future__ import annotations

from otkit.plots.dendrogram import plot_dendrogram
from otkit.plots.distributions import plot_distributions, plot_qq, plot_quantile_shift
from otkit.plots.drift import plot_drift
from otkit.plots.matrix import plot_cost_and_plan
from otkit.plots.neural import plot_critic, plot_samples, plot_training, plot_weights
from otkit.plots.partial_curve import plot_partial_curve
from otkit.plots.persistence import plot_persistence
from otkit.plots.plan import plot_plan
from otkit.plots.potentials import plot_potentials
from otkit.plots.statistics import plot_interval, plot_test
from otkit.plots.words import alt_text

__all__ = [
    "alt_text",
    "plot_cost_and_plan",
    "plot_critic",
    "plot_dendrogram",
    "plot_distributions",
    "plot_drift",
    "plot_interval",
    "plot_partial_curve",
    "plot_persistence",
    "plot_plan",
    "plot_potentials",
    "plot_qq",
    "plot_quantile_shift",
    "plot_samples",
    "plot_test",
    "plot_training",
    "plot_weights",
]
