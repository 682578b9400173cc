"""A piece of a curve as a quadratic over a power of the price: three points give it.

`b p + c` is the headroom of linear legs, `b + c / p` that of inverse ones, `a p + b + c / p` of
both; squares where a rate grows with the value.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from solvent.venues.plain_data import Plain

ZERO = Fraction(0)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Piece(Plain):
    """`(a p^2 + b p + c) / p^power` on one piece; power 0, 1 or 2."""

    a: Fraction
    b: Fraction
    c: Fraction
    power: int

    def at(self, price: Fraction) -> Fraction:
        """Value at a price."""
        top: Fraction = (self.a * price + self.b) * price + self.c
        return top / price**self.power if self.power else top

    def limit(self, up: bool) -> Fraction:
        """A number of the sign close to infinity (up) or to zero."""
        order = (self.a, self.b, self.c) if up else (self.c, self.b, self.a)
        return next((factor for factor in order if factor), ZERO)

    def roots(self) -> list[tuple[Fraction, bool]]:
        """Positive roots and whether they are exact; an irrational one is cut at 2**-100 parts."""
        a, b, c = self.a, self.b, self.c
        if a == 0:
            return [(-c / b, True)] if b and -c / b > 0 else []
        if c == 0:
            return [(-b / a, True)] if -b / a > 0 else []
        square = b * b - 4 * a * c
        if square < 0:
            return []
        root, whole = _sqrt(square)
        both = [(-b - root) / (2 * a), (-b + root) / (2 * a)]
        return [(price, whole) for price in both if price > 0]


def _sqrt(square: Fraction) -> tuple[Fraction, bool]:
    top, bottom = isqrt(square.numerator), isqrt(square.denominator)
    if top * top == square.numerator and bottom * bottom == square.denominator:
        return Fraction(top, bottom), True
    fine = 1 << 100
    return Fraction(
        isqrt(square.numerator * square.denominator * fine * fine), square.denominator * fine
    ), False


def quadratic(points: tuple[tuple[Fraction, Fraction], ...], power: int) -> Piece:
    """`(a p^2 + b p + c) / p^power` through three points, by divided differences.

    >>> half = Fraction(1, 2)
    >>> quadratic(((Fraction(1), Fraction(3)), (Fraction(2), Fraction(2)), (half, Fraction(5))), 1)
    Piece(a=Fraction(0, 1), b=Fraction(1, 1), c=Fraction(2, 1), power=1)
    """
    (x, f), (y, g), (z, h) = ((price, value * price**power) for price, value in points)
    one, two = (g - f) / (y - x), (h - g) / (z - y)
    a = (two - one) / (z - x)
    b = one - a * (x + y)
    return Piece(a, b, f - (a * x + b) * x, power)
