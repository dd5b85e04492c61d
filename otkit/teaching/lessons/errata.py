"""Where the lecture notes are wrong or at odds with each other: what is printed, what is true, and a number for both.

Each function computes its two numbers, so that nobody has to believe them; `errata()` runs them all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from otkit._text import number
from otkit.checker.second_check import checked_twice
from otkit.datasets import bakery
from otkit.optimal_transport.results import TransportResult
from otkit.optimal_transport.solve import transport, wasserstein
from otkit.teaching.lessons.lesson import divergence
from otkit.teaching.lessons.noise import noise_bound


@dataclass(frozen=True)
class Erratum:
    """A place of the notes, in words and in numbers.

    Attributes
    ----------
    topic : str
    printed : str
        What the notes say.
    correct : str
        What is true.
    quantity : str
        What the two numbers are.
    printed_value, true_value : float
        The quantity as the notes have it, and as it is. They are equal where the notes are right after all.
    proof : str
        Where the true one is an optimum, how it is proved.
    """

    topic: str
    printed: str
    correct: str
    quantity: str
    printed_value: float
    true_value: float
    proof: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether the notes' number differs from the true one."""
        return self.printed_value != self.true_value

    def __str__(self) -> str:
        numbers = number(self.true_value)
        numbers = f"{number(self.printed_value)} printed, {numbers} true" if self.is_wrong else f"{numbers}, as printed"
        lines = [f"printed  {self.printed}", f"correct  {self.correct}", f"example  {self.quantity}: {numbers}"]
        lines += [f"proved   {self.proof}"] if self.proof else []
        return "\n  ".join([self.topic, *lines])


def errata() -> tuple[Erratum, ...]:
    """Return all errata, each computed anew.

    Examples
    --------
    >>> for erratum in errata():
    ...     print(f"{erratum.topic:40}{erratum.printed_value:8.2f}{erratum.true_value:8.2f}")
    Assignment of the bakeries                 65.00   64.00
    Halves of Jensen–Shannon                    1.39    0.69
    Generator of Jensen–Shannon                 0.07    0.03
    Integral of Pearson's χ²                    0.25    0.33
    Constant of the noise bound                 2.47   21.61
    Weak duality, and the dual's constraint  2140.00 1070.00
    Norms of the Lipschitz constant            -3.00    3.00
    One function instead of two                 2.00    4.00
    Likelihood of a flow                        1.21    1.00
    W_1 and f-GAN                               2.00    2.00
    """
    return tuple(compute() for compute in ERRATA)


def _proof(*results: TransportResult) -> str:
    """Say how optima are proved."""
    words = {f"{result.certificate.proof}ly, and checked {checked_twice(result.certificate)}" for result in results}
    return "; ".join(sorted(words))


def bakery_assignment() -> Erratum:
    """Solve the bakeries' assignment: 65 minutes are printed as optimal, 64 are, and are proved to be.

    Examples
    --------
    >>> erratum = bakery_assignment()
    >>> erratum.printed_value, erratum.true_value
    (65.0, 64.0)
    """
    bread = bakery()
    printed = bread.cost[range(6), bread.printed_assignment].sum()
    best = transport(bread.cost)
    return Erratum(
        "Assignment of the bakeries",
        "10 + 7 + 15 + 10 + 14 + 9 = 65 minutes are optimal",
        "64 minutes: x1→y5, x2→y6, x3→y2, x4→y1, x5→y3, x6→y4, proved by prices",
        "the minutes of the best assignment",
        float(printed),
        best.value,
        _proof(best),
    )


def jensen_shannon() -> Erratum:
    """Compare JS with and without its halves: log 2 is its maximum with them only.

    Examples
    --------
    >>> erratum = jensen_shannon()
    >>> erratum.printed_value == 2 * erratum.true_value == 2 * math.log(2)
    True
    """
    p, q = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    middle = (p + q) / 2.0
    return Erratum(
        "Halves of Jensen–Shannon",
        "JS = KL(P‖M) + KL(Q‖M) in three of the notes, with halves in the others",
        "JS = ½ KL(P‖M) + ½ KL(Q‖M), M = (P + Q)/2, at most log 2",
        "JS of disjoint measures",
        divergence("kl", p, middle) + divergence("kl", q, middle),
        divergence("js", p, q),
    )


def jensen_shannon_generator() -> Erratum:
    """Evaluate the f-GAN table's generator of JS: it gives twice the integral printed beside it.

    Examples
    --------
    >>> erratum = jensen_shannon_generator()
    >>> math.isclose(erratum.printed_value, 2 * erratum.true_value)
    True
    """
    p, q = np.array([0.5, 0.5]), np.array([0.25, 0.75])
    u = p / q
    printed = q @ (u * np.log(u) - (u + 1.0) * np.log((1.0 + u) / 2.0))
    return Erratum(
        "Generator of Jensen–Shannon",
        "f = u log u − (u + 1) log((1 + u)/2) beside ½ ∫ p log(2p/(p+q)) + q log(2q/(p+q))",
        "f = ½ [u log u − (u + 1) log((1 + u)/2)]",
        "JS of (1/2, 1/2) and (1/4, 3/4)",
        float(printed),
        divergence("js", p, q),
    )


def pearson() -> Erratum:
    """Evaluate the integral printed beside f(u) = (u − 1)²: it divides by p, and has to divide by q.

    Examples
    --------
    >>> erratum = pearson()
    >>> erratum.printed_value, round(erratum.true_value, 4)
    (0.25, 0.3333)
    """
    p, q = (Fraction(1, 2), Fraction(1, 2)), (Fraction(1, 4), Fraction(3, 4))
    printed = sum((b - a) ** 2 / a for a, b in zip(p, q, strict=True))
    return Erratum(
        "Integral of Pearson's χ²",
        "∫ (q − p)²/p beside f = (u − 1)²",
        "∫ q f(p/q) = ∫ (p − q)²/q; what is printed is Neyman's",
        "χ² of (1/2, 1/2) and (1/4, 3/4)",
        float(printed),
        divergence("chi2", *(np.array([float(share) for share in shares]) for shares in (p, q))),
    )


def noise_without_length() -> Erratum:
    """Compare the noise bound with and without its diameter: a length can't be bounded by a number without units.

    Examples
    --------
    >>> erratum = noise_without_length()
    >>> erratum.printed_value < 10 <= erratum.true_value       # W_1 = 10
    True
    """
    lesson = noise_bound(10, [1])
    return Erratum(
        "Constant of the noise bound",
        "W_1 ≤ 2√V + √JS",
        "W_1 ≤ 2√V + 2C √JS, C the diameter of a ball that holds both noised supports",
        "the bound on W_1 = 10 between two atoms, with noise of variance 2/3",
        float(lesson.column("2√V + √JS")[0]),
        float(lesson.column("2√V + 2C√JS")[0]),
    )


def dual_constraint() -> Erratum:
    """Double the dual prices: the primal's constraint, printed for the dual, does not hold them back.

    Doubled prices earn twice as much and break AᵀF ≤ c only: under AΓ = b alone the dual would have no maximum, and
    weak duality, printed with the dual on both sides, would say nothing.

    Examples
    --------
    >>> erratum = dual_constraint()
    >>> erratum.printed_value, erratum.true_value
    (2140.0, 1070.0)
    """
    bread = bakery()
    result = transport(bread.cost, bread.supply, bread.demand)
    f, g = result.potentials
    return Erratum(
        "Weak duality, and the dual's constraint",
        "max bᵀy ≤ max bᵀy; maximise bᵀF subject to AΓ = b",
        "max bᵀy ≤ min cᵀx; maximise bᵀF subject to AᵀF ≤ c",
        "what prices may earn in the bakery table; doubled ones break AᵀF ≤ c only",
        float(bread.supply @ (2.0 * f) + bread.demand @ (2.0 * g)),
        result.value,
        _proof(result),
    )


def lipschitz_norm() -> Erratum:
    """Take a Lipschitz constant without absolute values: that of a falling function is negative.

    Examples
    --------
    >>> erratum = lipschitz_norm()
    >>> erratum.printed_value, erratum.true_value
    (-3.0, 3.0)
    """
    x = np.array([0.0, 1.0, 3.0])
    i, j = np.triu_indices(3, 1)
    slopes = (-3.0 * x[i] + 3.0 * x[j]) / (x[i] - x[j])
    return Erratum(
        "Norms of the Lipschitz constant",
        "sup (f(x) − g(y))/(x − y)",
        "‖f‖_L = sup |f(x) − f(y)|/‖x − y‖, one function f",
        "the constant of f(x) = −3x",
        float(slopes.max()),
        float(np.abs(slopes).max()),
    )


def one_potential() -> Erratum:
    """Solve a dual under f = −g, which the notes read off the diagonal, though it needs a metric and a common support.

    With the squared distance on {0, 1, 2}, one function with f_i − f_j ≤ c_ij falls by at most 1 from 0 to 1 and by 1
    from 1 to 2: it proves 2 where two functions prove 4. It is the optimum for the shortest ways along the table.

    Examples
    --------
    >>> erratum = one_potential()
    >>> erratum.printed_value, erratum.true_value
    (2.0, 4.0)
    """
    x = np.arange(3.0)
    cost = (x[:, None] - x) ** 2
    ways = cost.copy()
    for k in range(3):
        ways = np.minimum(ways, ways[:, k, None] + ways[k])
    p, q = [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]
    one, two = transport(ways, p, q), transport(cost, p, q)
    return Erratum(
        "One function instead of two",
        "f(x_i) = −g(x_i), since f_i + g_i ≤ c_ii = 0",
        "this needs a common support and a metric cost; otherwise the dual has two functions",
        "the dual value for δ_0, δ_2 and |x − y|² on {0, 1, 2}",
        one.value,
        two.value,
        _proof(one, two),
    )


def flow_determinant() -> Erratum:
    """Integrate a flow's density with det J where log|det J| belongs: its total is not one.

    For G(z) = −2z and z ~ N(0, 1), det J of the inverse is −½: log π(−x/2) − ½ is the logarithm of 2 e^{−½} times a
    density.

    Examples
    --------
    >>> erratum = flow_determinant()
    >>> round(erratum.printed_value, 4), round(erratum.true_value, 4)
    (1.2131, 1.0)
    """
    x = np.linspace(-40.0, 40.0, 4001)
    log_prior = -0.5 * (x / -2.0) ** 2 - 0.5 * math.log(2.0 * math.pi)
    determinant = 1.0 / -2.0
    # Of a function as smooth as this the rectangle rule is exact to rounding.
    masses = [
        float(np.exp(log_prior + term).sum() * (x[1] - x[0])) for term in (determinant, math.log(abs(determinant)))
    ]
    return Erratum(
        "Likelihood of a flow",
        "log p(x) = log π(G⁻¹(x)) + Σ det J",
        "log p(x) = log π(G⁻¹(x)) + Σ log|det J|, J of the inverse layers",
        "the total probability under x = −2z, z ~ N(0, 1)",
        masses[0],
        masses[1],
    )


def wasserstein_is_no_f_divergence() -> Erratum:
    """Confirm that W_1 has no f-GAN form, as printed: an f-divergence does not see where the atoms are.

    Examples
    --------
    >>> erratum = wasserstein_is_no_f_divergence()
    >>> erratum.is_wrong, erratum.true_value
    (False, 2.0)
    """
    near, far = (wasserstein([0.0], [place]) for place in (1.0, 2.0))
    return Erratum(
        "W_1 and f-GAN",
        "W_1 can't be put into the f-GAN form",
        "right: δ_0 and δ_1 have the f-divergences of δ_0 and δ_2, and half their W_1",
        "W_1(δ_0, δ_2)/W_1(δ_0, δ_1), which for every f-divergence is 1",
        far.distance / near.distance,
        far.distance / near.distance,
        _proof(near, far),
    )


ERRATA: tuple[Callable[[], Erratum], ...] = (
    bakery_assignment,
    jensen_shannon,
    jensen_shannon_generator,
    pearson,
    noise_without_length,
    dual_constraint,
    lipschitz_norm,
    one_potential,
    flow_determinant,
    wasserstein_is_no_f_divergence,
)
