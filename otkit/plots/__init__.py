"""Pictures of plans, costs and potentials, of critics and generative models.

One style: sources are blue discs and targets vermilion squares, told apart by shape as well, so that grey print keeps
them; masses are areas and widths; potentials are a purple-orange diverging map. Each function draws into `ax`, or into
a new figure, and returns the Axes. Matplotlib is loaded when one is called.
"""

from __future__ import annotations

from otkit.plots.dendrogram import plot_dendrogram
from otkit.plots.drift import plot_drift
from otkit.plots.matrix import plot_cost_and_plan
from otkit.plots.neural import plot_critic, plot_samples, plot_training, plot_weights
from otkit.plots.plan import plot_plan
from otkit.plots.potentials import plot_potentials

__all__ = [
    "plot_cost_and_plan",
    "plot_critic",
    "plot_dendrogram",
    "plot_drift",
    "plot_plan",
    "plot_potentials",
    "plot_samples",
    "plot_training",
    "plot_weights",
]
