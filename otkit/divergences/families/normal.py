"""Normal distributions on the line, and lognormal ones."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from otkit.divergences.enclosures import Arithmetic, Enclosure, Expression, infinite
from otkit.divergences.families.pair import Pair, mixed
from otkit.divergences.special import half_normal_cdf, normal_cdf

_HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Normal:
    """N(μ, σ²), by what is rational of it.

    Attributes
    ----------
    mean : Fraction
        μ; of a lognormal distribution e^μ.
    variance : Fraction
    logarithmic : bool
        Whether `mean` is e^μ.
    """

    mean: Fraction
    variance: Fraction
    logarithmic: bool = False


def normal_pair(p: Normal, q: Normal) -> Pair:
    """Compare two normal distributions, or two lognormal ones: a bijection changes no f-divergence."""

    def step(to: Arithmetic) -> Enclosure:
        return to.log_of_ratio(p.mean, q.mean) if p.logarithmic else to.number(p.mean - q.mean)

    def kl(p: Normal, q: Normal) -> Expression:
        ratio = p.variance / q.variance

        def expression(to: Arithmetic) -> Enclosure:
            shift = step(to).squared() / q.variance
            return (shift - to.number(ratio).log() + (ratio - 1)) * _HALF

        return expression

    def log_affinity(alpha: Fraction) -> Expression:
        ratio = p.variance / q.variance
        middle = mixed(alpha, Fraction(1), ratio)  # α σ_q² + (1 − α) σ_p², in units of σ_q²
        if middle <= 0:
            return infinite

        def expression(to: Arithmetic) -> Enclosure:
            logs = to.number(middle).log() - to.number(ratio).log() * (1 - alpha)
            shift = step(to).squared() / (q.variance * middle)
            return -(logs + shift * (alpha * (1 - alpha))) * _HALF

        return expression

    def tv(to: Arithmetic) -> Enclosure:
        if p.variance == q.variance:
            return half_normal_cdf((step(to).squared() / (4 * q.variance)).sqrt())
        return _tv(abs(step(to)), min(p.variance, q.variance), max(p.variance, q.variance))

    name = "lognormal distributions" if p.logarithmic else "normal distributions"
    return Pair(name, kl(p, q), kl(q, p), log_affinity, tv)


def _tv(gap: Enclosure, narrow: Fraction, wide: Fraction) -> Enclosure:
    """Return P − Q of the interval where the narrower density exceeds the wider, of given variances.

    With x in deviations of the narrower, s the distance of the means and R the ratio of deviations, the densities
    cross where (R² − 1) x² + 2 s x = s² + 2 R² log R.
    """
    to = gap.arithmetic
    s, square = gap / to.number(narrow).sqrt(), wide / narrow
    root = ((s.squared() + to.number(square).log() * (square - 1)) * square).sqrt()
    wider = to.number(square).sqrt()
    left, right = ((sign - s) / (square - 1) for sign in (-root, root))
    inside = [normal_cdf(x) - normal_cdf((x - s) / wider) for x in (left, right)]
    return inside[1] - inside[0]
