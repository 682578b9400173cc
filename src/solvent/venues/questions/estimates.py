"""Estimates: how likely a liquidation is, and what size keeps it unlikely. Floating point.

Nothing here decides anything: an estimate takes the exact liquidation price and a volatility that
somebody assumed, and gives a float. The model is the same throughout and stated once: the logarithm
of the price is a Brownian motion with volatility `volatility` (annualised, 0.6 is 60 %) and drift
`drift` of the log price (a year; 0, the default, means driftless *in the log price*, so the price
itself drifts up by half the variance). A year has 365 days. The price is watched continuously and
has no jumps; real prices jump, so a real frequency is higher in the tail.

Sources: reflection principle and the images of a Brownian motion between two barriers, any text on
first passage (Borodin and Salminen, Handbook of Brownian Motion, 2nd edition, part II).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from solvent.venues.numbers import InputError
from solvent.venues.questions.first_passage import (
    WIDE,
    passage,
    scaled_tail,
    stays_images,
    stays_sines,
)

Side = Literal["long", "short"]
Real = float | int | Fraction

DAYS_IN_YEAR = 365.0
BISECTIONS = 200


def distance(mark: Real, liquidation: Real, side: Side) -> float:
    """Distance to liquidation as a share of the mark, d = s (P - P_liq) / P; negative beyond it.

    >>> distance(50_000, 48_000, "long"), distance(50_000, 48_000, "short")
    (0.04, -0.04)
    """
    _positive(mark, "mark")
    return _sign(side) * float((mark - liquidation) / mark)


def in_volatilities(share: float, volatility: float, days: float) -> float:
    """A distance counted in standard deviations of the price over `days`: z = d / (sigma sqrt h).

    >>> round(in_volatilities(0.04, 0.6, 1), 4)
    1.2737
    """
    return share / _deviation(volatility, days)


def hit_probability(
    mark: Real, barrier: Real, volatility: float, days: float, drift: float = 0.0
) -> float:
    """Probability that the price touches `barrier` within `days` (1 if it stands there already).

    For b = |ln(barrier / mark)|, standard deviation v and drift m towards the barrier over the
    whole time: N((m - b) / v) + exp(2 m b / v^2) N(-(m + b) / v); 2 N(-b / v) without drift.

    >>> round(hit_probability(50_000, 48_000, volatility=0.6, days=1), 4)
    0.1937
    """
    _positive(mark, "mark")
    _positive(barrier, "barrier")
    away = math.log(float(barrier) / float(mark))
    towards = drift if away > 0 else -drift
    return passage(abs(away), _deviation(volatility, days), towards * days / DAYS_IN_YEAR)


def hit_by_volatility(
    mark: Real, barrier: Real, volatility: float, days: float, drift: float = 0.0
) -> float:
    """Derivative of `hit_probability` by the volatility: per 1.0 of it, so 0.01 of it is a point.

    With v the deviation over the time: (2 b / v^2 n((m - b) / v) - 4 m b / v^3 exp(2 m b / v^2)
    N(-(m + b) / v)) dv/dsigma, n the normal density; the distance in volatilities moves by
    -z / sigma. 0 where the price stands at the barrier.

    >>> round(hit_by_volatility(50_000, 48_000, volatility=0.6, days=1), 4)
    0.7427
    """
    _positive(mark, "mark")
    _positive(barrier, "barrier")
    away = math.log(float(barrier) / float(mark))
    b, v = abs(away), _deviation(volatility, days)
    m = (drift if away > 0 else -drift) * days / DAYS_IN_YEAR
    density = math.exp(-(((m - b) / v) ** 2) / 2) / math.sqrt(2 * math.pi)
    tail = scaled_tail(2 * m * b / (v * v), (m + b) / v)
    return (2 * b / v**2 * density - 4 * m * b / v**3 * tail) * v / float(volatility)


def hit_either_probability(
    mark: Real, lower: Real, upper: Real, volatility: float, days: float, drift: float = 0.0
) -> float:
    """Probability that the price leaves (lower, upper) within `days`: a hedged book's two prices.

    >>> round(hit_either_probability(50_000, 48_000, 52_000, volatility=0.6, days=1), 4)
    0.4051
    """
    _positive(mark, "mark")
    _positive(lower, "lower barrier")
    if not lower < mark < upper:
        raise InputError(
            f"barriers: the mark {float(mark)} is not between {float(lower)} and {float(upper)}; "
            "give the price below it and the price above it"
        )
    low, high = math.log(float(lower) / float(mark)), math.log(float(upper) / float(mark))
    v = _deviation(volatility, days)
    m = drift * days / DAYS_IN_YEAR
    stays = stays_sines if v > WIDE * (high - low) else stays_images
    return min(1.0, max(0.0, 1.0 - stays(low, high, v, m)))


def survival_probability(
    mark: Real,
    liquidation: Real,
    side: Side,
    volatility: float,
    days: float,
    *,
    drift: float = 0.0,
    carry_per_day: float = 0.0,
    maintenance_rate: float = 0.0,
) -> float:
    """Probability that a position is not liquidated within `days`, funding draining its equity.

    carry_per_day: share of the notional paid each day (negative: received). Funding moves the
    liquidation price towards the mark by carry x notional / (size x (1 - s r)) a day; the formula
    takes that as a barrier moving at a constant rate in the log price, which is the first-order
    effect (the notional and the barrier are those of today).

    >>> still = survival_probability(50_000, 48_000, "long", 0.6, 1)
    >>> drained = survival_probability(50_000, 48_000, "long", 0.6, 1, carry_per_day=0.001)
    >>> round(still, 4), drained < still
    (0.8063, True)
    """
    _positive(mark, "mark")
    _positive(liquidation, "liquidation price")
    s = _sign(side)
    if distance(mark, liquidation, side) <= 0:
        return 0.0
    closing_in = carry_per_day * float(mark / liquidation) / (1 - s * maintenance_rate)
    towards = closing_in * days - s * drift * days / DAYS_IN_YEAR
    away = abs(math.log(float(liquidation) / float(mark)))
    return 1.0 - passage(away, _deviation(volatility, days), towards)


def barrier_for(
    probability: float, mark: Real, side: Side, volatility: float, days: float, drift: float = 0.0
) -> float:
    """The price on the losing side that is touched within `days` with that probability: the stop
    level, or the liquidation price to aim at. The inverse of `hit_probability`.

    >>> level = barrier_for(0.05, 50_000, "long", volatility=0.6, days=1)
    >>> round(level, 2), round(hit_probability(50_000, level, 0.6, 1), 12)
    (47015.13, 0.05)
    """
    _positive(mark, "mark")
    if not 0 < probability < 1:
        raise InputError(f"probability: {probability} is not between 0 and 1; give 5 % as 0.05")
    s = _sign(side)
    v = _deviation(volatility, days)
    towards = -s * drift * days / DAYS_IN_YEAR
    reach = _crossing(lambda b: passage(b, v, towards) - probability, 40 * v + abs(towards))
    return float(mark) * math.exp(-s * reach)


def equity_share_for(
    probability: float,
    side: Side,
    volatility: float,
    days: float,
    maintenance_rate: float,
    *,
    slippage: float = 0.0,
    drift: float = 0.0,
) -> float:
    """Equity needed per unit of notional so that a liquidation within `days` has that probability.

    One position at a flat maintenance rate r (closing fee rate added to it where the venue holds
    one): the position is liquidated at L, where equity is 1 - L/P (1 - r) for a long and
    L/P (1 + r) - 1 for a short, a unit of notional. `slippage`: share of the notional lost on
    entering (fees too), which the equity must also hold.

    >>> share = equity_share_for(0.05, "long", volatility=0.6, days=1, maintenance_rate=0.005)
    >>> round(share, 5)
    0.0644
    """
    if not 0 <= maintenance_rate < 1:
        raise InputError(f"maintenance rate: {maintenance_rate} is not from 0 to below 1")
    s = _sign(side)
    barrier = barrier_for(probability, 1, side, volatility, days, drift)
    return s * (1 - barrier * (1 - s * maintenance_rate)) + slippage


def maximal_leverage(
    probability: float,
    side: Side,
    volatility: float,
    days: float,
    maintenance_rate: float,
    *,
    slippage: float = 0.0,
    drift: float = 0.0,
) -> float:
    """The highest effective leverage (notional over equity) with that probability of liquidation.

    >>> round(maximal_leverage(0.05, "long", 0.6, 1, 0.005), 2)
    15.53
    """
    return 1 / equity_share_for(
        probability, side, volatility, days, maintenance_rate, slippage=slippage, drift=drift
    )


def maximal_notional(
    equity: Real,
    probability: float,
    side: Side,
    volatility: float,
    days: float,
    maintenance_rate: float,
    *,
    slippage: float = 0.0,
    drift: float = 0.0,
) -> float:
    """The largest notional that `equity` carries with that probability of liquidation.

    >>> round(maximal_notional(10_000, 0.05, "long", 0.6, 1, 0.005), -2)
    155300.0
    """
    return float(equity) * maximal_leverage(
        probability, side, volatility, days, maintenance_rate, slippage=slippage, drift=drift
    )


def extra_collateral(
    equity: Real,
    notional: Real,
    probability: float,
    side: Side,
    volatility: float,
    days: float,
    maintenance_rate: float,
    *,
    drift: float = 0.0,
) -> float:
    """Collateral to add so that a liquidation within `days` has that probability; 0 if none.

    >>> round(extra_collateral(2_500, 50_000, 0.05, "long", 0.6, 1, 0.005), 1)
    719.9
    """
    share = equity_share_for(probability, side, volatility, days, maintenance_rate, drift=drift)
    return max(0.0, share * float(notional) - float(equity))


def check_real(given: object, what: str) -> None:
    """Refuse what is no number in an estimate, where floats are meant."""
    if isinstance(given, bool) or not isinstance(given, int | float | Decimal | Fraction):
        raise InputError(
            f"{what}: {given!r} is not a number; estimates take floats, for example 0.6"
        )


def _crossing(falling: Callable[[float], float], top: float) -> float:
    """Where a falling function of b in (0, top) is zero, by bisection to the last bit."""
    low, high = 0.0, top
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if falling(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _deviation(volatility: float, days: float) -> float:
    _positive(volatility, "volatility")
    _positive(days, "days")
    return float(volatility) * math.sqrt(float(days) / DAYS_IN_YEAR)


def _positive(value: Real, what: str) -> None:
    if value == math.inf:
        raise InputError(f"{what}: {value} is not a finite number")
    if not value > 0:
        raise InputError(f"{what}: {value} is not above 0")


def _sign(side: Side) -> int:
    if side not in ("long", "short"):
        raise InputError(f'side: {side!r} is not one of "long", "short"')
    return 1 if side == "long" else -1
