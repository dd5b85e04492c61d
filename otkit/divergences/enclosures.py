"""Real numbers enclosed between decimal ones, with as many digits as it takes.

A closed form is a formula of a few logarithms and powers; what makes floats give the wrong answer are cancellation,
overflow and underflow, each in other places of the space of parameters. So the formula is evaluated in interval
arithmetic (every operation is rounded outward, hence the true value lies between the two ends whatever cancels), on
Python's `decimal`, whose exponents reach 10^(10^18), with 40 digits first. Where the ends are too far apart for a
float, the whole is done again with twice as many: Ziv's strategy. What comes out is the float next to the true value,
and the distance between them is known.

References: R. E. Moore, R. B. Kearfott & M. J. Cloud, *Introduction to Interval Analysis* (2009); A. Ziv, *Fast
evaluation of elementary mathematical functions with correctly rounded last bit*, ACM TOMS 17 (1991). That ln, exp and
sqrt of `decimal` are correctly rounded is in Python's documentation.
"""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

_DIGITS = (40, 80, 160, 320, 640, 1280, 2560)
CLOSE = Decimal("1e-20")  # relative; half a unit in the last place of a float is 1e-16
_BELOW_FLOATS, _ABOVE_FLOATS = Decimal("1e-345"), Decimal("1e310")
_LARGEST_FLOAT = Decimal("1.7976931348623157e308")
_ZERO, _ONE, _INFINITY = Decimal(0), Decimal(1), Decimal("Infinity")


class UndecidedError(ArithmeticError):
    """With this number of digits it is open which way to go: whether a number is positive, or which integer is next."""


def context(digits: int, rounding: str) -> decimal.Context:
    """Return a context without limits of exponents; what overflows is rounded as is said, up to infinity."""
    traps = [decimal.InvalidOperation, decimal.DivisionByZero]
    return decimal.Context(digits, rounding, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX, traps=traps)


class Arithmetic:
    """Interval arithmetic with a given number of decimal digits.

    Parameters
    ----------
    digits : int
    """

    def __init__(self, digits: int) -> None:
        self.digits = digits
        self.down, self.up = context(digits, decimal.ROUND_FLOOR), context(digits, decimal.ROUND_CEILING)

    def number(self, value: Fraction | float) -> Enclosure:
        """Return the enclosure of a rational number: a float stands for itself, to its last bit."""
        exact = Fraction(value)
        top, bottom = Decimal(exact.numerator), Decimal(exact.denominator)
        return Enclosure(self.down.divide(top, bottom), self.up.divide(top, bottom), self)

    def log_of_ratio(self, a: Fraction, b: Fraction) -> Enclosure:
        """Return log(a/b) of positive rationals; exactly 0 where they are equal."""
        return self.number(0) if a == b else self.number(a / b).log()

    @property
    def pi(self) -> Enclosure:
        """π."""
        low, high = _pi(self.digits)
        return Enclosure(low, high, self)


class Enclosure:
    """All that is known of a real number: low ≤ x ≤ high.

    Infinite at both ends is infinity itself; at the upper end alone, a number too large for `decimal`.
    """

    __slots__ = ("arithmetic", "high", "low")

    def __init__(self, low: Decimal, high: Decimal, arithmetic: Arithmetic) -> None:
        self.low, self.high, self.arithmetic = low, high, arithmetic

    def _other(self, other: Enclosure | Fraction | int) -> Enclosure:
        return other if isinstance(other, Enclosure) else self.arithmetic.number(other)

    def __neg__(self) -> Enclosure:
        return Enclosure(self.low.copy_negate(), self.high.copy_negate(), self.arithmetic)._sorted()

    def _sorted(self) -> Enclosure:
        return Enclosure(self.high, self.low, self.arithmetic)

    def __add__(self, other: Enclosure | Fraction | int) -> Enclosure:
        other, to = self._other(other), self.arithmetic
        return Enclosure(to.down.add(self.low, other.low), to.up.add(self.high, other.high), to)

    def __sub__(self, other: Enclosure | Fraction | int) -> Enclosure:
        other, to = self._other(other), self.arithmetic
        return Enclosure(to.down.subtract(self.low, other.high), to.up.subtract(self.high, other.low), to)

    def __mul__(self, other: Enclosure | Fraction | int) -> Enclosure:
        other, to = self._other(other), self.arithmetic
        if self.low >= 0 and other.low >= 0:
            return Enclosure(to.down.multiply(self.low, other.low), to.up.multiply(self.high, other.high), to)
        ends = [(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        low, high = (round_.multiply for round_ in (to.down, to.up))
        return Enclosure(min(low(a, b) for a, b in ends), max(high(a, b) for a, b in ends), to)

    def __truediv__(self, other: Enclosure | Fraction | int) -> Enclosure:
        other, to = self._other(other), self.arithmetic
        if other.low <= 0 <= other.high:
            raise UndecidedError
        ends = [(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        low, high = (round_.divide for round_ in (to.down, to.up))
        return Enclosure(min(low(a, b) for a, b in ends), max(high(a, b) for a, b in ends), to)

    @property
    def size(self) -> Decimal:
        """A bound on |x|; `abs` and `−` of a decimal would round it to the digits of the thread's own context."""
        return max(self.low.copy_abs(), self.high.copy_abs())

    def __abs__(self) -> Enclosure:
        if self.low >= 0:
            return self
        return -self if self.high <= 0 else Enclosure(_ZERO, max(self.low.copy_abs(), self.high), self.arithmetic)

    def squared(self) -> Enclosure:
        """Return x²."""
        size = abs(self)
        return size * size

    def log(self) -> Enclosure:
        """Return the natural logarithm."""
        if self.low <= 0:
            raise UndecidedError
        return self._rounded_outward("ln")

    def sqrt(self) -> Enclosure:
        """Return the root; of a number that is not negative, whatever its enclosure says."""
        if self.high < 0:
            raise UndecidedError
        root = Enclosure(max(self.low, _ZERO), self.high, self.arithmetic)._rounded_outward("sqrt")
        return Enclosure(max(root.low, _ZERO), root.high, self.arithmetic)

    def exp(self) -> Enclosure:
        """Return e^x."""
        power = self._rounded_outward("exp")
        return Enclosure(max(power.low, _ZERO), power.high, self.arithmetic)

    def expm1(self) -> Enclosure:
        """Return e^x − 1."""
        if self.size > Decimal("1e-3"):
            return self.exp() - 1
        # e^x − 1 = x (1 + x/2 (1 + x/3 (…))); what is left out after n factors is below x^n, |x| ≤ 1/1000.
        count = self.arithmetic.digits // 3 + 2
        tail = Decimal(1).scaleb(-3 * count, self.arithmetic.up)
        value = Enclosure(_ONE - tail, _ONE + tail, self.arithmetic)
        for k in range(count, 1, -1):
            value = self * value / k + 1
        return self * value

    def power(self, exponent: Enclosure | Fraction) -> Enclosure:
        """Return x^y of a positive x."""
        return (self.log() * exponent).exp()

    def floor(self) -> tuple[int, ...]:
        """Return the integers that ⌊x⌋ may be; at most two."""
        low, high = math.floor(self.low), math.floor(self.high)
        if high - low > 1:
            raise UndecidedError
        return tuple(range(low, high + 1))

    def _rounded_outward(self, name: str) -> Enclosure:
        """Apply an increasing function of `decimal`, which rounds to nearest whatever the context says."""
        down, up = self.arithmetic.down, self.arithmetic.up
        low, high = getattr(down, name)(self.low), getattr(up, name)(self.high)
        low = low if self.low == _INFINITY else down.next_minus(low)
        return Enclosure(low, up.next_plus(high), self.arithmetic)

    @property
    def width(self) -> Decimal:
        """The distance of the ends."""
        return _INFINITY if self.size == _INFINITY else self.arithmetic.up.subtract(self.high, self.low)

    def close_enough(self, close: Decimal) -> bool:
        """Say whether more digits would change no float, or the ends are as close, relative to x, as is asked for."""
        if self.low == self.high or self.low > _ABOVE_FLOATS:
            return True
        if self.size < _BELOW_FLOATS:
            return True
        return self.width <= self.arithmetic.up.multiply(self.size, close) < _INFINITY

    def no_better_than(self, before: Enclosure) -> bool:
        """Say whether twice the digits did not halve the distance of the ends: then rounding is not what they show."""
        return _INFINITY > self.arithmetic.up.multiply(self.width, Decimal(2)) > before.width

    def rounded(self) -> tuple[float, float]:
        """Return the nearest float, and a bound on how far from x it is.

        Infinity is (∞, 0); a number beyond the floats is (∞, ∞), as its distance from infinity is infinite.
        """
        if self.low == _INFINITY:
            return math.inf, 0.0
        if self.low > _LARGEST_FLOAT or self.high == _INFINITY:
            return math.inf, math.inf
        up = self.arithmetic.up
        value = float(up.divide(up.add(self.low, self.high), Decimal(2)))
        if math.isinf(value):
            return math.inf, math.inf
        there = Decimal(value)
        error = max(up.subtract(there, self.low), up.subtract(self.high, there))
        return value, math.nextafter(float(error), math.inf) if error > 0 else 0.0


Expression = Callable[[Arithmetic], Enclosure]


def infinite(arithmetic: Arithmetic) -> Enclosure:
    """Return the enclosure of infinity: an `Expression`."""
    return Enclosure(_INFINITY, _INFINITY, arithmetic)


def evaluated(expression: Expression, close: Decimal = CLOSE) -> Enclosure:
    """Return what an expression is worth, with digits enough for a float, or as near as more digits come.

    Raises
    ------
    UndecidedError
        Not even 2560 digits decide which way a formula goes.
    """
    best = None
    for digits in _DIGITS:
        try:
            found = expression(Arithmetic(digits))
        except UndecidedError:
            continue
        if found.close_enough(close) or (best is not None and found.no_better_than(best)):
            return found
        best = found
    if best is None:
        raise UndecidedError
    return best


@lru_cache(maxsize=16)
def _pi(digits: int) -> tuple[Decimal, Decimal]:
    """Return bounds on π = 16 arctan 1/5 − 4 arctan 1/239 (Machin), by integers, each term rounded by less than one."""
    unit, slack = 10 ** (digits + 10), 0
    total = 0
    for weight, base in ((16, 5), (-4, 239)):
        power, k = unit // base, 0
        while power:
            total += (-weight if k % 2 else weight) * (power // (2 * k + 1))
            power //= base * base
            k += 1
            slack += 4 * abs(weight)  # of the power, of the quotient, and of what is left out
    down, up = Arithmetic(digits).down, Arithmetic(digits).up
    return down.divide(Decimal(total - slack), Decimal(unit)), up.divide(Decimal(total + slack), Decimal(unit))
