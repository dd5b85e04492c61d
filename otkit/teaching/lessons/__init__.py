"""The lecture notes' lessons, each a function that returns its numbers: to print, to plot, to check.

>>> from otkit.teaching import lessons
>>> print(lessons.meeting_supports(2, [3, 2, 1, 0]))
Two blocks of 2 points move together
<BLANKLINE>
shift  W_1  KL        JS   TV
    3    3   ∞  0.693147    1
    2    2   ∞  0.693147    1
    1    1   ∞  0.346574  0.5
    0    0   0         0    0
<BLANKLINE>
W_1 falls steadily; TV and JS stand still until the blocks meet, below shift 2, and KL to the end.
W_1 is proved exactly, and up to 10,000 pairs are checked again by otkit/checker/standalone.py, in Python's integers.
"""

from otkit.teaching.lessons.bernoulli import sampled_gradients, sampled_minimisers
from otkit.teaching.lessons.convergence import modes_of_convergence
from otkit.teaching.lessons.errata import (
    ERRATA,
    Erratum,
    bakery_assignment,
    dual_constraint,
    errata,
    flow_determinant,
    jensen_shannon,
    jensen_shannon_generator,
    lipschitz_norm,
    noise_without_length,
    one_potential,
    pearson,
    wasserstein_is_no_f_divergence,
)
from otkit.teaching.lessons.gan import gan_game
from otkit.teaching.lessons.lesson import Lesson
from otkit.teaching.lessons.noise import noise_bound
from otkit.teaching.lessons.supports import meeting_supports, parallel_lines

__all__ = [
    "ERRATA",
    "Erratum",
    "Lesson",
    "bakery_assignment",
    "dual_constraint",
    "errata",
    "flow_determinant",
    "gan_game",
    "jensen_shannon",
    "jensen_shannon_generator",
    "lipschitz_norm",
    "meeting_supports",
    "modes_of_convergence",
    "noise_bound",
    "noise_without_length",
    "one_potential",
    "parallel_lines",
    "pearson",
    "sampled_gradients",
    "sampled_minimisers",
    "wasserstein_is_no_f_divergence",
]
