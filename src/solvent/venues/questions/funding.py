"""Funding as venues state it: the rate of an interval and what a position pays.

Rates are shares of notional per interval. What an account receives is positive, what it pays is
negative: a positive rate is paid by longs. Exact fractions; nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

ZERO = Fraction(0)
GRACE = timedelta(seconds=15)
"""How late a position may be opened and still pay, at Binance.

Source: freqtrade, Binance.funding_fee_cutoff (less than 15 s after the hour) and the vectors of its
test__fetch_and_calculate_funding_fees: 1 s late pays, 15 s late does not.
"""


@dataclass(frozen=True, slots=True)
class Stamp:
    """One funding time: when, the mark then, and the rate."""

    at: datetime
    mark: Fraction
    rate: Fraction


def received(side: int, notional: Fraction, rate: Fraction) -> Fraction:
    """What one funding payment brings the account: `-side * notional * rate`.

    notional: absolute value at the mark, in settlement money (inverse: face value over mark, in
    coin). Source: Binance, BitMEX, Bybit funding pages: funding = position value x rate.

    A short of 10 at 2.0 and 0.01 %:

    >>> received(-1, Fraction(20), Fraction("0.0001"))
    Fraction(1, 500)
    """
    return -side * notional * rate


def due(
    stamps: Sequence[Stamp],
    opened: datetime,
    closed: datetime,
    grace: timedelta = timedelta(0),
) -> tuple[Stamp, ...]:
    """The stamps a position pays at: open at the exact stamp pays, both ends included; so does one
    opened less than `grace` later.

    Source: freqtrade's funding tests; `GRACE` is Binance's. Binance itself states that the time of
    the transaction may deviate by up to a minute; that allowance is not modelled.

    >>> eight = Stamp(datetime(2021, 9, 1, 8), Fraction(2), Fraction("0.0001"))
    >>> late, end = datetime(2021, 9, 1, 8, 0, 1), datetime(2021, 9, 1, 9)
    >>> due([eight], datetime(2021, 9, 1, 8), end) == (eight,)
    True
    >>> due([eight], late, end), due([eight], late, end, GRACE) == (eight,)
    ((), True)
    >>> due([eight], datetime(2021, 9, 1, 8, 0, 15), end, GRACE)
    ()
    """
    return tuple(
        stamp
        for stamp in stamps
        if stamp.at <= closed and (opened <= stamp.at or opened - stamp.at < grace)
    )


def damped_rate(premium: Fraction, damper: Fraction, cap: Fraction | None = None) -> Fraction:
    """The 8 h rate of a premium with a dead zone: `max(damper, P) + min(-damper, P)`, within
    `cap` either way.

    Source: Deribit, Funding Specifications: damper 0.025 %; the cap differs by instrument.

    >>> damped_rate(Fraction("0.0005"), Fraction("0.00025"))
    Fraction(1, 4000)
    >>> damped_rate(Fraction("0.0002"), Fraction("0.00025"))
    Fraction(0, 1)
    """
    rate = max(damper, premium) + min(-damper, premium)
    return rate if cap is None else clamped(rate, cap)


def accrued_share(
    rate: Fraction, seconds: Fraction, rate_hours: Fraction = Fraction(8)
) -> Fraction:
    """Share of a rate of `rate_hours` hours that accrues over `seconds` where funding is paid
    continuously (Deribit, Funding Specifications: rate x size x elapsed / 8 hours).

    >>> accrued_share(Fraction("0.0008"), Fraction(3600))
    Fraction(1, 10000)
    """
    return rate * seconds / (rate_hours * 3600)


def interest_clamped_rate(
    premium: Fraction, interest: Fraction, clamp: Fraction, cap: Fraction | None = None
) -> Fraction:
    """`P + clamp(I - P, -c, +c)`, within `cap` either way.

    Source: Binance funding rate page (interest 0.01 % per 8 h, clamp 0.05 %); BitMEX and Bybit
    state the same form.

    >>> interest_clamped_rate(Fraction("0.001"), Fraction("0.0001"), Fraction("0.0005"))
    Fraction(1, 2000)
    """
    rate = premium + clamped(interest - premium, clamp)
    return rate if cap is None else clamped(rate, cap)


def premium_index(index: Fraction, impact_bid: Fraction, impact_ask: Fraction) -> Fraction:
    """`[max(0, impact bid - index) - max(0, index - impact ask)] / index`.

    Source: Binance funding rate page; Gate states the same.

    >>> premium_index(Fraction(100), Fraction(101), Fraction(102))
    Fraction(1, 100)
    """
    return (max(ZERO, impact_bid - index) - max(ZERO, index - impact_ask)) / index


def averaged_premium(samples: Sequence[Fraction]) -> Fraction:
    """Mean of an interval's premium samples, oldest first, each weighted by its place: the n-th
    counts n times.

    Source: Binance funding rate page: `(1 * P1 + 2 * P2 + ... + n * Pn) / (1 + 2 + ... + n)`.

    >>> averaged_premium([Fraction(0), Fraction(3)])
    Fraction(2, 1)
    """
    if not samples:
        raise ValueError("no premium samples: an average needs at least one")
    weighted = sum((place * sample for place, sample in enumerate(samples, start=1)), ZERO)
    return weighted / Fraction(len(samples) * (len(samples) + 1), 2)


def mean(samples: Sequence[Fraction]) -> Fraction:
    """Plain mean: premium samples that count alike (TWAP), or rates of equal spans of time.

    >>> mean([Fraction(0), Fraction(3)])
    Fraction(3, 2)
    """
    if not samples:
        raise ValueError("no premium samples: an average needs at least one")
    return sum(samples, ZERO) / len(samples)


def smoothed(rate: Fraction, previous: Fraction, weight: Fraction) -> Fraction:
    """`weight * rate + (1 - weight) * previous`.

    Source: Coinbase International Exchange, How is the funding rate determined (weight 6 / 8).

    >>> smoothed(Fraction(4), Fraction(0), Fraction(3, 4))
    Fraction(3, 1)
    """
    return weight * rate + (1 - weight) * previous


def clamped(value: Fraction, limit: Fraction) -> Fraction:
    """`value` within `-limit..limit`.

    >>> clamped(Fraction(3), Fraction(2)), clamped(Fraction(-3), Fraction(2))
    (Fraction(2, 1), Fraction(-2, 1))
    """
    return min(max(value, -limit), limit)
