"""Numbers as people give them and as venues print them.

What comes in is text, an int, a Decimal or a Fraction and is exact; a float is refused, because
0.1 as a float is not 0.1. What goes out is rounded once, in a direction that has a name.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Literal

DIGITS_MAX = 1000
_EXPONENT = re.compile(r"[eE][+-]?[0_]*(\d[\d_]*)\s*$")

Number = str | int | Decimal | Fraction
Rounding = Literal["up", "down", "nearest", "half_up", "none"]


class InputError(ValueError):
    """A question that cannot be answered: says what, the value, the limit and what to do."""


def exact(value: object, what: str) -> Fraction:
    """`value` as an exact fraction. Raises InputError for floats, text that is no number, inf, nan.

    >>> exact("0.1", "size"), exact("1e-3", "size"), exact("10_000", "wallet")
    (Fraction(1, 10), Fraction(1, 1000), Fraction(10000, 1))

    A number of more than 1,000 digits is refused: 1e999999999 would be multiplied out.
    """
    if isinstance(value, bool) or value is None:
        raise InputError(f"{what}: {value!r} given where a number is needed")
    if isinstance(value, float):
        value = float(value)  # NumPy's floats are floats whose repr is a call
        if not isfinite(value):
            raise InputError(f"{what}: {value} is not a finite number")
        raise InputError(
            f"{what}: {value!r} is a float, which holds {Fraction(value)} and not the decimal it "
            f'prints; write it as text: "{value!r}"'
        )
    if isinstance(value, Fraction):
        return value
    if digits(value) > DIGITS_MAX:
        raise InputError(
            f"{what}: {_cut(value)} has more than {DIGITS_MAX} digits; no price or amount has"
        )
    if isinstance(value, int):
        return Fraction(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise InputError(f"{what}: {value} is not a finite number")
        return Fraction(value)
    if isinstance(value, str):
        try:
            return Fraction(value.strip())
        except (ValueError, ZeroDivisionError):
            raise InputError(
                f"{what}: {_cut(value)} is not a number; write it as digits with a point, "
                'for example "50000.5"'
            ) from None
    raise InputError(f"{what}: a {type(value).__name__} given where a number is needed")


def digits(value: object) -> int:
    """Digits that a number would have written out, at least as many; 0 where it is none.

    >>> digits("1e999"), digits(12345)
    (999, 5)
    """
    if isinstance(value, Decimal) and value.is_finite():
        exponent = value.as_tuple().exponent
        return max(abs(value.adjusted()), abs(exponent) if isinstance(exponent, int) else 0)
    if isinstance(value, str):
        found = _EXPONENT.search(value)
        return max(len(value.strip()), int(found[1].replace("_", "")[:9]) if found else 0)
    if isinstance(value, int):
        return value.bit_length() * 30103 // 100000 + 1
    return 0


def _cut(value: object) -> str:
    if isinstance(value, int):  # Python does not write out thousands of digits
        return "the integer given"
    shown = repr(value) if isinstance(value, str) else str(value)
    return shown if len(shown) <= 60 else f"{shown[:40]}..."


def round_to(value: Fraction, step: Fraction, rounding: Rounding) -> Fraction:
    """`value` on the grid of `step`; "nearest" rounds a tie to even, "half_up" away from zero.

    >>> round_to(Fraction("913.105"), Fraction("0.05"), "up")
    Fraction(18263, 20)
    """
    if rounding == "none":
        return value
    steps = value / step
    down = steps.numerator // steps.denominator
    if rounding == "down":
        return down * step
    if rounding == "up":
        return -((-steps.numerator) // steps.denominator) * step
    if rounding == "nearest":
        return round(steps) * step
    away = (2 * abs(steps).numerator + abs(steps).denominator) // (2 * abs(steps).denominator)
    return (away if value >= 0 else -away) * step


def text(value: Fraction, step: Fraction | None = None) -> str:
    """Decimal text of an exact number; with `step`, padded to the step's decimals.

    >>> text(Fraction("48353.5"), Fraction("0.10")), text(Fraction(5, 2))
    ('48353.5', '2.5')

    Raises InputError when the number has no finite decimal form: round it first.
    """
    rest = value.denominator
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
    if rest != 1:
        raise InputError(f"{value} has no finite decimal form; round it to a step first")
    decimals = places(value)
    if step is not None:
        decimals = max(decimals, places(step))
    scaled = int(abs(value) * 10**decimals)
    whole, part = divmod(scaled, 10**decimals)  # a Decimal would keep 28 digits
    shown = f"{whole}.{part:0{decimals}d}" if decimals else str(whole)
    return f"-{shown}" if value < 0 else shown


def places(value: Fraction) -> int:
    """Decimals of a number with a finite decimal form.

    >>> places(Fraction("0.05")), places(Fraction(10))
    (2, 0)
    """
    decimals = 0
    while (value * 10**decimals).denominator != 1:
        decimals += 1
    return decimals
