"""Why minimising W_1 to a sample misses the mark, and the Cramér distance does not.

P = Ber(θ*), Q = Ber(θ). Of m draws from P, K ~ Bin(m, θ*) are ones, and P̂ = Ber(K/m) is what a training run sees. On
{0, 1} both distances are plain: W_1(P̂, Q) = |K/m − θ|, and Cramér's ∫(F − G)² is (K/m − θ)². Everything below is a sum
over the m + 1 values of K, in exact arithmetic; nothing is simulated.

Bellemare, Danihelka, Dabney, Mohamed, Lakshminarayanan, Hoyer & Munos, *The Cramér distance as a solution to biased
Wasserstein gradients* (2017), section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from math import comb

from otkit._text import shown
from otkit.inputs.checks import as_count
from otkit.teaching.lessons.lesson import Lesson

Number = Fraction | float | int | str


def sampled_gradients(
    theta_star: Number = "0.6",
    thetas: Sequence[Number] = ("0.5", "0.59", "0.61", "0.7"),
    sizes: Sequence[int] = (1, 5, 25, 125),
) -> Lesson:
    """Return the gradients at θ of W_1 and of the Cramér distance to Ber(θ*), true and as samples give them on average.

    Parameters
    ----------
    theta_star : number or str, between 0 and 1
        θ*. A decimal in quotes is that decimal exactly.
    thetas : sequence of number or str
        Where to take the gradients.
    sizes : sequence of int
        Numbers m of draws.

    Returns
    -------
    Lesson
        Of Fractions. At a kink, K/m = θ, the gradient of |K/m − θ| is taken as 0, the middle of its subgradients.

    Examples
    --------
    >>> lesson = sampled_gradients("0.6", ["0.7"], [1, 5])
    >>> [str(entry) for entry in lesson.rows[0]]      # true gradient 1; from single draws −0.2: the wrong way
    ['1', '7/10', '1', '-1/5', '1/5', '1/5']
    """
    star = _probability(theta_star, "theta_star")
    places = [_probability(theta, f"thetas[{k}]") for k, theta in enumerate(thetas)]
    rows = []
    for m in [as_count(size, f"sizes[{k}]") for k, size in enumerate(sizes)]:
        draws = _draws(star, m)
        for theta in places:
            w1 = sum((chance * _sign(theta - share) for share, chance in draws), Fraction(0))
            cramer = sum((chance * 2 * (theta - share) for share, chance in draws), Fraction(0))
            rows.append((m, theta, _sign(theta - star), w1, 2 * (theta - star), cramer))
    return Lesson(
        f"Gradients towards Ber({float(star):g}), true and on average over samples of size m",
        ("m", "θ", "∇W_1", "E ∇W_1 sampled", "∇Cramér", "E ∇Cramér sampled"),
        tuple(rows),
        "Sampled gradients of W_1 are biased, for few draws even in sign; those of the Cramér distance are not.",
    )


def sampled_minimisers(theta_star: Number = "0.9", sizes: Sequence[int] = (1, 2, 5, 10, 25)) -> Lesson:
    """Return where the expected sampled distances are least, and how low W_1 gets there compared with θ*.

    E|K/m − θ| is least at a median of K/m and E(K/m − θ)² at its mean, which is θ*. For single draws the median of
    Ber(0.9) is 1: a generator trained on W_1 would never produce a zero.

    Parameters
    ----------
    theta_star : number or str, between 0 and 1
        θ*. A decimal in quotes is that decimal exactly.
    sizes : sequence of int
        Numbers m of draws.

    Returns
    -------
    Lesson
        Of Fractions. Where a whole interval of θ minimises E W_1, its lower end is given.

    Examples
    --------
    >>> [[str(entry) for entry in row] for row in sampled_minimisers("0.9", [1, 5]).rows]
    [['1', '1', '9/10', '1/10', '9/50'], ['5', '1', '9/10', '1/10', '59049/500000']]
    """
    star = _probability(theta_star, "theta_star")
    rows = []
    for m in [as_count(size, f"sizes[{k}]") for k, size in enumerate(sizes)]:
        draws = _draws(star, m)
        median = _median(draws)
        mean = sum((chance * share for share, chance in draws), Fraction(0))
        rows.append((m, median, mean, _expected_w1(draws, median), _expected_w1(draws, star)))
    return Lesson(
        f"Where the expected distance from a sample of Ber({float(star):g}) is least",
        ("m", "argmin E W_1", "argmin E Cramér", "E W_1 there", "E W_1 at θ*"),
        tuple(rows),
        "The Cramér distance is least at θ*, whatever m; W_1 is least at a median of the sample's mean.",
    )


def _draws(star: Fraction, m: int) -> list[tuple[Fraction, Fraction]]:
    """Return the shares K/m of ones among m draws, in order, each with its probability."""
    return [(Fraction(k, m), comb(m, k) * star**k * (1 - star) ** (m - k)) for k in range(m + 1)]


def _expected_w1(draws: list[tuple[Fraction, Fraction]], theta: Fraction) -> Fraction:
    return sum((chance * abs(share - theta) for share, chance in draws), Fraction(0))


def _median(draws: list[tuple[Fraction, Fraction]]) -> Fraction:
    """Return the lower median: the first share up to which at least half of the probability lies."""
    totals = accumulate(chance for _, chance in draws)
    return next(share for (share, _), total in zip(draws, totals, strict=True) if 2 * total >= 1)


def _sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)


def _probability(value: Number, name: str) -> Fraction:
    try:
        probability = Fraction(value)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        raise ValueError(f"{name} must be a number between 0 and 1, but {shown(value)} was given.") from None
    if not 0 <= probability <= 1:
        raise ValueError(f"{name} must be a number between 0 and 1, but {name} = {shown(value)} was given.")
    return probability
