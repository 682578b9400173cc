"""Interest on borrowed assets, by started periods.

Exact fractions of the borrowed asset; hours may have a fraction, a started period counts whole.
"""

from __future__ import annotations

from fractions import Fraction

from solvent.venues.numbers import InputError

HOURS_A_DAY = 24
ROLLOVER_HOURS = 4


def started(hours: Fraction, period: int) -> int:
    """Periods begun within `hours`.

    >>> started(Fraction(25), 4), started(Fraction("0.2"), 1), started(Fraction(8), 4)
    (7, 1, 2)
    """
    if hours < 0:
        raise InputError(f"hours: {hours} is negative; interest runs forward")
    return -((-hours.numerator) // (hours.denominator * period))


def hourly(borrowed: Fraction, daily_rate: Fraction, hours: Fraction) -> Fraction:
    """Interest of a daily rate charged by the started hour: `borrowed * rate / 24 * ceil(hours)`.

    Source: Binance margin interest (hourly, a started hour counts whole); freqtrade's interest
    tests.

    >>> hourly(Fraction(60), Fraction("0.00025"), Fraction(25))
    Fraction(1, 64)
    """
    return borrowed * daily_rate * started(hours, 1) / HOURS_A_DAY


def opening_and_rollover(
    borrowed: Fraction, opening: Fraction, rollover: Fraction, hours: Fraction
) -> Fraction:
    """An opening fee once and a rollover fee for every started four hours.

    Source: Kraken margin fees; freqtrade's interest tests (opening fee equal to one rollover).

    >>> opening_and_rollover(Fraction(60), Fraction("0.00025"), Fraction("0.00025"), Fraction(25))
    Fraction(3, 25)
    """
    return borrowed * (opening + rollover * started(hours, ROLLOVER_HOURS))
