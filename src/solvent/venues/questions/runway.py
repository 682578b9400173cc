"""Runway: how long a leveraged position lives on its margin while funding is paid. Exact.

The price stands still and the funding rate is constant: both are assumptions, stated by the caller.
Rates are shares of the notional, positive when the holder pays. For moving prices see
`estimates.survival_probability`.

Source: payment = notional x rate at each stamp (Binance,
Bybit, BitMEX funding pages); the rest is arithmetic on the headroom.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from solvent.venues.numbers import InputError

ZERO = Fraction(0)
HOURS_IN_DAY = 24


def carry_per_day(notional: Fraction, rate: Fraction, interval_hours: Fraction) -> Fraction:
    """Money paid a day at a funding rate per interval; negative when received.

    >>> carry_per_day(Fraction(50_000), Fraction("0.0001"), Fraction(8))
    Fraction(15, 1)
    """
    if interval_hours <= 0:
        raise InputError(f"funding interval: {interval_hours} hours is not above 0")
    return notional * rate * HOURS_IN_DAY / interval_hours


def runway_days(headroom: Fraction, carry: Fraction) -> Fraction | None:
    """Days until headroom is gone at `carry` a day: (E - MM) / (c N). None: never.

    An account that is liquidated already has a runway of 0.

    >>> runway_days(Fraction(2250), Fraction(15))
    Fraction(150, 1)
    """
    if headroom < 0:
        return ZERO
    return headroom / carry if carry > 0 else None


def stamps_survived(headroom: Fraction, payment: Fraction, *, strict: bool = True) -> int | None:
    """Funding stamps that can be paid before the account is liquidated at one. None: no end.

    strict: liquidated only below the requirement; otherwise also at it.

    >>> stamps_survived(Fraction(15), Fraction(5)), stamps_survived(Fraction(15), Fraction(5),
    ...                                                             strict=False)
    (3, 2)
    """
    if headroom < 0 or (headroom == 0 and not strict):
        return 0
    if payment <= 0:
        return None
    whole = headroom / payment
    paid = whole.numerator // whole.denominator
    return paid - 1 if not strict and paid * payment == headroom else paid


@dataclass(frozen=True, slots=True)
class TopUp:
    """Money to add on a day, and the headroom after it."""

    day: Fraction
    amount: Fraction
    headroom: Fraction


def top_up_schedule(
    headroom: Fraction, carry: Fraction, every: Fraction, days: Fraction, floor: Fraction = ZERO
) -> tuple[TopUp, ...]:
    """What to add every `every` days so that headroom never falls below `floor` within `days`.

    Money is added as late as the interval allows and no more than lasts to the next day of adding.
    The first entry may be day 0. Raises InputError where the interval is not positive.

    >>> for one in top_up_schedule(Fraction(40), Fraction(15), Fraction(2), Fraction(6)):
    ...     print(one.day, one.amount, one.headroom)
    2 20 30
    4 30 30
    """
    if every <= 0:
        raise InputError(f"top-up interval: {every} days is not above 0")
    schedule: list[TopUp] = []
    day = ZERO
    while day < days:
        span = min(every, days - day)
        missing = floor + max(carry * span, ZERO) - headroom
        if missing > 0:
            headroom += missing
            schedule.append(TopUp(day, missing, headroom))
        headroom -= carry * span
        day += span
    return tuple(schedule)
