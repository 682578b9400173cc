"""Exact integers: how amounts are scaled, divided, rounded and bounded.

This is the ground floor. Money is an `int` in the smallest unit of its asset (USD 1e-6, BTC 1e-8),
a price is an `int` of ticks, a size an `int` of lots, and every division says in its name which way
it rounds. Nothing here is a float and nothing here is imported from outside the standard library,
so a calculator that only asks one question never loads NumPy or Numba.

What it is not: it knows no contract, no venue and no account.

What always holds: on Python integers every function is exact at any size. The same functions are
compiled for the engine (`solvent.compiled`), where an integer is an int64 that wraps silently. The
limits below are therefore enforced where a number is *admitted* (a listing, a price, a deposit, a
fill, an index), and the arithmetic in between relies on them without looking again.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import index as _integer
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = [
    "EXACT",
    "EXACT_CALLED",
    "INDEX_BITS",
    "LOTS_MAX",
    "MAX_INT",
    "MONEY_MAX",
    "NOTIONAL_MAX",
    "POSITIONS_PER_ACCOUNT_MAX",
    "PRICE_MAX",
    "RATE_SCALE_MAX",
    "SCALE_EXPONENT_MAX",
    "div_ceil",
    "div_floor",
    "exact",
    "exact_called",
    "from_units",
    "isqrt",
    "mul_div_ceil",
    "mul_div_floor",
    "rate_ceil",
    "ratio_cmp",
    "ratio_less",
    "to_units",
]

_Function = TypeVar("_Function", bound=Callable[..., Any])

# --------------------------------------------------------------------------------------------------
# Bounds
# --------------------------------------------------------------------------------------------------
# Everything compiled is int64. With the limits below, checked at admission, every sum the engine
# forms fits, because the largest of them does:
#
#   one position       |value| <= 2^55, |entry cost| <= 2^55, requirement <= 2^55 (rate <= 100 %)
#   64 positions       sum |value - cost| <= 2^6 * (2^55 + 2^55) = 2^62
#                      sum requirement    <= 2^6 * 2^55          = 2^61
#   equity             |wallet + sum (value - cost)| <= 2^60 + 2^62          < 2^62.4
#   buffer             |equity - requirement|        <= 2^60 + 2^62 + 2^61   = 1.75 * 2^62 < 2^63
#
# A product of two amounts (equity x requirement, profit x share) does not fit, is never formed:
# it goes through `mul_div_*` or `ratio_*`. A product of an amount and a rate is split: `rate_ceil`.
# In money of 1e-6 USD, 2^55 is 36 billion USD for one position and 2^60 is 1.15 trillion USD for
# one wallet; in 1e-8 BTC they are 360 million and 11.5 billion coins.

MAX_INT: Final = 2**63 - 1
"""Largest int64. A compiled `mul_div_*` whose result does not fit saturates to +-`MAX_INT`."""

NOTIONAL_MAX: Final = 2**55
"""Largest absolute value, entry cost or requirement of one position, in money units."""

MONEY_MAX: Final = 2**60
"""Largest absolute balance of one wallet, fund or fee account, in money units."""

LOTS_MAX: Final = 2**45
"""Largest absolute size of one position or order, in lots."""

PRICE_MAX: Final = 2**45
"""Largest price, in ticks."""

RATE_SCALE_MAX: Final = 2**31
"""Largest denominator of a rate, and largest numerator: a rate is `rate / scale`."""

INDEX_BITS: Final = 24
"""Binary fraction of the cumulative per-lot indices: an index counts money units times 2^-32.

One whole unit per lot, rounded up, would turn a loss of 1 USD on 10^12 lots into 1,000,000 USD.
"""

POSITIONS_PER_ACCOUNT_MAX: Final = 64
"""Most positions one account (one margin bucket) may hold: the factor in the proof above."""

SCALE_EXPONENT_MAX: Final = 30
"""Most decimal places `to_units` and `from_units` accept for one unit."""

# --------------------------------------------------------------------------------------------------
# The mark
# --------------------------------------------------------------------------------------------------

EXACT: Final[list[Callable[..., Any]]] = []
"""Every function marked `@exact`, in order of definition. `solvent.compiled` registers them all."""

EXACT_CALLED: Final[list[Callable[..., Any]]] = []
"""Those of `EXACT` that stay a call when compiled (`@exact_called`)."""


def exact(function: _Function) -> _Function:
    """Mark a formula that is plain Python over integers and is also compiled, unchanged.

    A marked function takes integers (or one flat sequence of integers: a list or tuple when called
    from Python, an int64 array when compiled), returns integers or booleans, allocates nothing and
    has no keyword tricks. It is returned as it came: called from Python it is the plain function.
    When compiled it is copied into its callers; a long one with loops is better `@exact_called`.

    >>> @exact
    ... def double(amount: int) -> int:
    ...     return 2 * amount
    >>> double(21), double in EXACT
    (42, True)
    """
    EXACT.append(function)
    return function


def exact_called(function: _Function) -> _Function:
    """Mark a formula as `exact` does, but compile it once and call it instead of copying it.

    For long bodies and loops, where copies into every caller cost compile time and buy nothing.

    >>> @exact_called
    ... def total(amounts: list[int]) -> int:
    ...     whole = 0
    ...     for amount in amounts:
    ...         whole += amount
    ...     return whole
    >>> total([1, 2, 3]), total in EXACT, total in EXACT_CALLED
    (6, True, True)
    """
    EXACT.append(function)
    EXACT_CALLED.append(function)
    return function


# --------------------------------------------------------------------------------------------------
# Directed division
# --------------------------------------------------------------------------------------------------


@exact
def div_floor(a: int, d: int) -> int:
    """`a / d` rounded towards minus infinity. Credits (what a customer is owed) round this way.

    `a` signed, `d > 0`, same unit out as in. Compiled: any int64 `a`.

    >>> div_floor(7, 2), div_floor(-7, 2)
    (3, -4)
    """
    return a // d


@exact
def div_ceil(a: int, d: int) -> int:
    """`a / d` rounded towards plus infinity. Requirements and charges round this way.

    `a` signed, `d > 0`, same unit out as in. Compiled: any int64 `a` (nothing is negated and the
    quotient is not multiplied back, so the ends of the range are safe).

    >>> div_ceil(7, 2), div_ceil(-7, 2), div_ceil(6, 2)
    (4, -3, 3)
    """
    q = a // d
    if a % d != 0:
        return q + 1
    return q


def mul_div_floor(a: int, b: int, d: int) -> int:
    """`a * b / d` rounded towards minus infinity, the product never rounded or wrapped.

    `a` and `b` signed, `d > 0`; the result carries the unit of `a * b / d`. In Python it is exact
    at any size. Compiled (`solvent.compiled` gives it its second body) it is exact whenever the
    result fits in int64, however large the product; a result that does not fit saturates to
    +-`MAX_INT`, which the callers' bounds exclude. A float is refused with `TypeError`.

    >>> mul_div_floor(10**18, 10**18, 3 * 10**18)
    333333333333333333
    >>> mul_div_floor(-7, 1, 2)
    -4
    """
    return _integer(a) * _integer(b) // _integer(d)


def mul_div_ceil(a: int, b: int, d: int) -> int:
    """`a * b / d` rounded towards plus infinity, the product never rounded or wrapped.

    Arguments, range, saturation and errors are those of `mul_div_floor`.

    >>> mul_div_ceil(10**18, 10**18, 3 * 10**18)
    333333333333333334
    >>> mul_div_ceil(-7, 1, 2)
    -3
    """
    return -(-_integer(a) * _integer(b) // _integer(d))


def ratio_less(a: int, b: int, c: int, d: int) -> bool:
    """Whether `a / b < c / d`, exactly: compares `a * d` with `c * b`, never a quotient.

    `a` and `c` signed, `b > 0`, `d > 0`. Exact for every int64 when compiled, at any size in
    Python. A float is refused with `TypeError`.

    >>> ratio_less(1, 3, 333_333_333_333_333_334, 10**18)
    True
    >>> ratio_less(1, 3, 2, 6)
    False
    """
    return _integer(a) * _integer(d) < _integer(c) * _integer(b)


def ratio_cmp(a: int, b: int, c: int, d: int) -> int:
    """-1, 0 or 1 as `a / b` is below, equal to or above `c / d`, exactly.

    Arguments, range and errors are those of `ratio_less`. Use it to sort by a ratio.

    >>> ratio_cmp(1, 3, 1, 2), ratio_cmp(1, 3, 2, 6), ratio_cmp(-1, 3, -1, 2)
    (-1, 0, 1)
    """
    left = _integer(a) * _integer(d)
    right = _integer(c) * _integer(b)
    return (left > right) - (left < right)


@exact
def rate_ceil(n: int, rate: int, scale: int, ded_q: int, ded_r: int) -> int:
    """The requirement of one affine piece, `ceil(n * rate / scale - deduction)`, in one rounding.

    The deduction is exact: `ded_q + ded_r / scale` money units, so that neighbouring tiers meet
    without a gap and the whole requirement is rounded once (rounding pieces separately breaks the
    monotonicity that the trigger index rests on). `n` and the result are money units; the result
    is negative where the piece lies below zero.

    Bounds when compiled: `0 <= n <= NOTIONAL_MAX`, `0 <= rate <= RATE_SCALE_MAX`,
    `0 < scale <= RATE_SCALE_MAX`, `rate <= 64 * scale`, `|ded_q| <= MONEY_MAX`,
    `0 <= ded_r < scale`. Then no intermediate exceeds 2^63: `(n % scale) * rate < 2^62` and
    `(n // scale) * rate <= 64 * n <= 2^61`. (The product `n * rate` itself is never formed. That
    64 positions also *sum* within int64 needs `rate <= scale`: see the bounds of this module.)

    A position worth 60,000.000001 USD in the second tier (0.5 % from 50,000 on, deduction 50 USD):

    >>> rate_ceil(60_000_000_001, 50, 10_000, 50_000_000, 0)
    250000001
    """
    whole = n // scale
    rest = (n - whole * scale) * rate - ded_r
    q = rest // scale
    if q * scale != rest:
        q += 1
    return whole * rate + q - ded_q


@exact_called
def isqrt(n: int) -> int:
    """The integer square root: the largest `r >= 0` with `r * r <= n`.

    `n >= 0`; compiled, `n < 2^62`. Newton's method over integers, from a power of two above the
    root: it falls strictly until it is the answer, so there is no float and no last-digit doubt.

    >>> isqrt(0), isqrt(15), isqrt(16), isqrt(10**24)
    (0, 3, 4, 1000000000000)
    """
    if n <= 0:
        return 0
    root = 1
    rest = n
    while rest > 0:  # root = 2^ceil(bits / 2) >= sqrt(n)
        root *= 2
        rest //= 4
    lower = (root + n // root) // 2
    while lower < root:
        root = lower
        lower = (root + n // root) // 2
    return root


# --------------------------------------------------------------------------------------------------
# The human edge
# --------------------------------------------------------------------------------------------------

_TEXT_MAX: Final = 100  # characters; refuses "1e999999999" style input before any arithmetic
_DIGIT_SHIFT_MAX: Final = 100  # decimal exponent inside the text, either way


def to_units(value: str | int | Decimal, scale_exponent: int) -> int:
    """The number of smallest units in an amount written by a person: `value * 10**scale_exponent`.

    `value` is text ("12.5", "-1e-6", "1_000"), a whole `int`, or a `Decimal`; the smallest unit is
    `10**-scale_exponent` with `0 <= scale_exponent <= SCALE_EXPONENT_MAX`. Nothing is rounded: an
    amount that is not a whole number of units is refused, naming both. There is no size limit here;
    the limits are enforced where the number is admitted.

    Raises `TypeError` for a float (0.1 is not one tenth: it holds
    0.1000000000000000055511151231257827 and the digits you meant are already lost) and for any
    other type; `ValueError` for text that is not a number and for an inexact amount.

    >>> to_units("12.5", 6), to_units("-0.00000001", 8), to_units(3, 2)
    (12500000, -1, 300)
    >>> to_units("0.1234567", 6)
    Traceback (most recent call last):
    ...
    ValueError: 0.1234567 is not a whole number of units of 0.000001 (10^-6)
    """
    _check_exponent(scale_exponent)
    one: int = 10**scale_exponent
    if isinstance(value, float):
        raise TypeError(
            f"{value!r} is a float, which cannot hold most decimal amounts exactly;"
            f' write it as text: "{value!r}"'
        )
    if isinstance(value, bool):
        raise TypeError(f"{value!r} is a bool, not an amount")
    if isinstance(value, int):
        return value * one
    if not isinstance(value, str):
        from decimal import Decimal  # loaded only where a Decimal already exists

        if not isinstance(value, Decimal):
            try:  # an integer of another library (np.int64)
                whole: int = _integer(value)
            except TypeError:
                kind = type(value).__name__
                raise TypeError(
                    f"{value!r} is a {kind}; an amount is text, an int or a Decimal"
                ) from None
            return whole * one
    text = str(value).strip()
    negative, digits, shift = _parse(text)
    shift += scale_exponent
    units: int
    if shift >= 0:
        units = digits * 10**shift
    else:
        units, lost = divmod(digits, 10**-shift)
        if lost:
            raise ValueError(
                f"{text} is not a whole number of units of {from_units(1, scale_exponent)}"
                f" (10^-{scale_exponent})"
            )
    return -units if negative else units


def from_units(units: int, exponent: int) -> str:
    """An amount of `units` smallest units of `10**-exponent`, as exact decimal text.

    No exponent notation and no trailing zeros; `to_units(from_units(u, e), e) == u` always.
    `0 <= exponent <= SCALE_EXPONENT_MAX`; a float raises `TypeError`.

    >>> from_units(12_500_000, 6), from_units(-1, 8), from_units(300, 2), from_units(5, 0)
    ('12.5', '-0.00000001', '3', '5')
    """
    _check_exponent(exponent)
    amount: int = _integer(units)
    whole, rest = divmod(abs(amount), 10**exponent)
    text = str(whole)
    if rest:
        text += "." + str(rest).rjust(exponent, "0").rstrip("0")
    return "-" + text if amount < 0 else text


def _check_exponent(exponent: int) -> None:
    if isinstance(exponent, bool) or not isinstance(exponent, int):
        raise TypeError(f"scale exponent {exponent!r} is not an int")
    if not 0 <= exponent <= SCALE_EXPONENT_MAX:
        raise ValueError(f"scale exponent {exponent} is outside 0..{SCALE_EXPONENT_MAX}")


def _parse(text: str) -> tuple[bool, int, int]:
    """Split decimal text into (negative, digits, shift): its value is +-digits * 10**shift."""
    refusal = f"{text[:_TEXT_MAX]!r} is not a decimal amount, such as 12.5, -3 or 1e-6"
    if len(text) > _TEXT_MAX:
        raise ValueError(f"{refusal} (longer than {_TEXT_MAX} characters)")
    mantissa, has_exponent, exponent = text.lower().partition("e")
    shift = 0
    if has_exponent:
        power = exponent[1:] if exponent[:1] in ("+", "-") else exponent
        if not _plain_digits(power) or int(power) > _DIGIT_SHIFT_MAX:
            raise ValueError(refusal)
        shift = -int(power) if exponent[0] == "-" else int(power)
    negative = mantissa[:1] == "-"
    if mantissa[:1] in ("+", "-"):
        mantissa = mantissa[1:]
    whole, _, fraction = mantissa.partition(".")
    whole = _without_grouping(whole)
    if not _plain_digits(whole + fraction):
        raise ValueError(refusal)
    return negative, int(whole + fraction), shift - len(fraction)


def _plain_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _without_grouping(whole: str) -> str:
    """Drop underscores between digits (1_000). A comma stays, to be refused: 1,5 is ambiguous."""
    groups = whole.split("_")
    return "".join(groups) if all(groups) else whole
