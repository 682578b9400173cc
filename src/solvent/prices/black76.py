"""Black-76: a European option on a forward.

With `s = vol * sqrt(years)` and `d1 = ln(F/K)/s + s/2`, `d2 = d1 - s`:

    call = exp(-rate * years) * (F * N(d1) - K * N(d2))
    put  = exp(-rate * years) * (K * N(-d2) - F * N(-d1))

(F. Black, "The pricing of commodity contracts", 1976.) Crypto venues quote on the forward of the
same expiry and use `rate = 0`. A coin-settled option is worth `value / forward` coins. Volatility
and time are annual (0.6 is 60 %; 30 days are 30/365). Values are estimates: `math.erf` and `exp`
are good to about 1e-16 of the forward, so parity holds to 1e-9 at prices up to a million.

Where there is no randomness left (`vol`, `years`, forward or strike not above zero) the value is
the discounted intrinsic one.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from solvent.prices.swept import swept

SQRT_HALF = math.sqrt(0.5)
INVERSE_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)


class Greeks(NamedTuple):
    """Sensitivities of one long option, in the currency of the forward.

    delta: per unit of the forward. gamma: of delta, per unit of the forward. vega: per 1.00 of
    volatility (divide by 100 for a point). theta: per year, forward fixed (divide by 365 for a
    day). rho: per 1.00 of the rate.
    """

    delta: float
    gamma: float
    vega: float
    theta: float
    rho: float


@swept
def normal_cdf(x: float) -> float:
    """Standard normal distribution function, good in both tails.

    >>> normal_cdf(0.0), normal_cdf(-40.0) < 1e-300
    (0.5, True)
    """
    if x < -1.0:  # erf would cancel against 1 here, erfc keeps the digits of the tail
        return 0.5 * math.erfc(-x * SQRT_HALF)
    return 0.5 * (1.0 + math.erf(x * SQRT_HALF))


@swept
def normal_density(x: float) -> float:
    """Standard normal density.

    >>> round(normal_density(0.0), 12)
    0.398942280401
    """
    return INVERSE_SQRT_2PI * math.exp(-0.5 * x * x)


@swept
def option_value(
    is_call: bool, forward: float, strike: float, vol: float, years: float, rate: float = 0.0
) -> float:
    """Value of one long option in the currency of the forward.

    >>> round(option_value(True, 50_000.0, 55_000.0, 0.6, 30 / 365), 4)
    1635.1303
    """
    side = 1.0 if is_call else -1.0
    discount = math.exp(-rate * years) if years > 0.0 else 1.0
    spread = vol * math.sqrt(years) if years > 0.0 else 0.0
    if spread <= 0.0 or forward <= 0.0 or strike <= 0.0:
        return discount * max(side * (forward - strike), 0.0)
    d1 = math.log(forward / strike) / spread + 0.5 * spread
    d2 = d1 - spread
    value = discount * side * (forward * normal_cdf(side * d1) - strike * normal_cdf(side * d2))
    return max(value, 0.0)


@swept
def call(forward: float, strike: float, vol: float, years: float, rate: float = 0.0) -> float:
    """Value of one call.

    >>> round(call(50_000.0, 55_000.0, 0.6, 30 / 365), 4)
    1635.1303
    """
    return option_value(True, forward, strike, vol, years, rate)


@swept
def put(forward: float, strike: float, vol: float, years: float, rate: float = 0.0) -> float:
    """Value of one put; call - put = exp(-rate * years) * (forward - strike).

    >>> round(put(50_000.0, 55_000.0, 0.6, 30 / 365), 4)
    6635.1303
    """
    return option_value(False, forward, strike, vol, years, rate)


@swept
def coin_value(is_call: bool, forward: float, strike: float, vol: float, years: float) -> float:
    """Value of a coin-settled option in coins: the value in the quote currency over the forward.

    >>> round(coin_value(True, 50_000.0, 55_000.0, 0.6, 30 / 365), 8)
    0.03270261
    """
    return option_value(is_call, forward, strike, vol, years) / forward


def greeks(
    is_call: bool, forward: float, strike: float, vol: float, years: float, rate: float = 0.0
) -> Greeks:
    """Sensitivities of one long option. Where nothing is random, delta is that of the payoff.

    >>> g = greeks(True, 50_000.0, 55_000.0, 0.6, 30 / 365)
    >>> round(g.delta, 6), round(g.vega, 4), round(g.theta / 365, 4)
    (0.319866, 5125.2928, -51.2529)
    """
    return Greeks(*greek_values(is_call, forward, strike, vol, years, rate))


@swept
def greek_values(
    is_call: bool, forward: float, strike: float, vol: float, years: float, rate: float
) -> tuple[float, float, float, float, float]:
    """(delta, gamma, vega, theta, rho) as a bare tuple, for compiled sweeps."""
    side = 1.0 if is_call else -1.0
    value = option_value(is_call, forward, strike, vol, years, rate)
    discount = math.exp(-rate * years) if years > 0.0 else 1.0
    spread = vol * math.sqrt(years) if years > 0.0 else 0.0
    if spread <= 0.0 or forward <= 0.0 or strike <= 0.0:
        delta = side * discount if side * (forward - strike) > 0.0 else 0.0
        return delta, 0.0, 0.0, rate * value, -years * value if years > 0.0 else 0.0
    d1 = math.log(forward / strike) / spread + 0.5 * spread
    density = discount * normal_density(d1)
    vega = forward * density * math.sqrt(years)
    return (
        side * discount * normal_cdf(side * d1),
        density / (forward * spread),
        vega,
        rate * value - 0.5 * vega * vol / years,
        -years * value,
    )


@swept
def coin_delta(is_call: bool, forward: float, strike: float, vol: float, years: float) -> float:
    """Delta of a coin-settled option held in coins: Black-76 delta less the premium in coins.

    A coin premium gains when the coin falls; its holder is that much shorter than the formula says.

    >>> round(coin_delta(True, 50_000.0, 55_000.0, 0.6, 30 / 365), 6)
    0.287163
    """
    return greek_values(is_call, forward, strike, vol, years, 0.0)[0] - coin_value(
        is_call, forward, strike, vol, years
    )
