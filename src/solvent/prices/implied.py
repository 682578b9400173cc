"""Implied volatility: the volatility at which Black-76 gives a price.

The price is first turned into that of the out-of-the-money option of the same strike (put-call
parity), then the *logarithm* of that price is matched: it is well conditioned where the price
itself is 1e-12 of the forward. Newton steps are kept inside a bracket and replaced by halving where
they leave it, so the search ends for every price that has an answer.

Stated tolerance: the volatility found reprices the option to 1e-12 of the forward, or to 1e-10 of
its time value where that is larger. How many digits of the *volatility* that fixes is set by vega:
a deep in-the-money price whose time value is below the float's last digit has none, and is refused.
"""

from __future__ import annotations

import math

from solvent.prices.black76 import normal_cdf, normal_density, option_value
from solvent.prices.swept import swept

MAX_STEPS = 200
MAX_SPREAD = 60.0  # vol * sqrt(years); at 60 the value is the forward to the last digit
LEAST_TIME_VALUE = 1e-14  # of the forward: below it a float price holds no volatility


class NoImpliedVolatility(ValueError):
    """No volatility gives this price; the sentence says which bound it breaks."""


def implied_volatility(
    is_call: bool, price: float, forward: float, strike: float, years: float, rate: float = 0.0
) -> float:
    """Annual volatility of a price in the forward's currency (a coin price times the forward).

    Raises NoImpliedVolatility where no volatility gives the price.

    >>> round(implied_volatility(True, 1635.1303, 50_000.0, 55_000.0, 30 / 365), 6)
    0.6
    """
    for what, value in (("forward", forward), ("strike", strike), ("time to expiry", years)):
        if not (value > 0.0 and math.isfinite(value)):
            raise NoImpliedVolatility(f"{what} {value}: must be above zero")
    floor = option_value(is_call, forward, strike, 0.0, years, rate)
    discount = math.exp(-rate * years)
    ceiling = discount * (forward if is_call else strike)
    if not price < ceiling:
        raise NoImpliedVolatility(
            f"price {price}: not below {ceiling}, which the option is worth at any volatility; "
            "check that price and forward are in one currency"
        )
    if not price > floor:
        raise NoImpliedVolatility(
            f"price {price}: not above the discounted intrinsic value {floor}, so nothing is left "
            "for volatility"
        )
    time_value = (price - floor) / discount
    if time_value < LEAST_TIME_VALUE * forward:
        raise NoImpliedVolatility(
            f"price {price}: only {time_value} above intrinsic value, less than a float of that "
            "size can hold; use the option of the other side of the strike"
        )
    return total_spread(time_value / forward, math.log(strike / forward)) / math.sqrt(years)


@swept
def time_value_at(moneyness: float, spread: float) -> float:
    """Undiscounted out-of-the-money value over the forward; moneyness is ln(strike / forward).

    >>> round(time_value_at(0.0, 0.2), 9)
    0.079655675
    """
    distance = abs(moneyness)
    strike = math.exp(moneyness)
    d1 = -distance / spread + 0.5 * spread
    d2 = d1 - spread
    if moneyness >= 0.0:
        return normal_cdf(d1) - strike * normal_cdf(d2)
    return strike * normal_cdf(d1) - normal_cdf(d2)


@swept
def total_spread(target: float, moneyness: float) -> float:
    """`vol * sqrt(years)` at which the out-of-the-money value over the forward is `target`.

    `target` lies strictly between 0 and min(1, strike / forward).

    >>> round(total_spread(time_value_at(0.3, 0.25), 0.3), 12)
    0.25
    """
    low, high = 0.0, MAX_SPREAD
    # The inflection of the value in the spread: Newton converges from here for most prices.
    spread = min(max(math.sqrt(2.0 * abs(moneyness)), 0.01), 0.5 * MAX_SPREAD)
    goal = math.log(target)
    for _ in range(MAX_STEPS):
        value = time_value_at(moneyness, spread)
        if value > 0.0:
            miss = math.log(value) - goal
        else:
            miss = -1.0
        if miss > 0.0:
            high = spread
        else:
            low = spread
        d1 = -moneyness / spread + 0.5 * spread
        vega = normal_density(d1)
        following = spread - miss * value / vega if vega > 0.0 and value > 0.0 else 0.0
        if not low < following < high:
            following = 0.5 * (low + high)
        if abs(following - spread) <= 1e-15 * spread or miss == 0.0:
            break
        spread = following
    return spread
