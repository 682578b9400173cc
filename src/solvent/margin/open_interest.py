"""Initial margin that grows with a market's open interest, and dYdX's risk of one position.

The fraction rises from its base to 100 % while open interest goes from a lower to an upper cap.
Maintenance never scales: open interest that grows liquidates nobody. Source: dYdX v4 protocol,
perpetuals module (liquidity tiers); all amounts quote quantums, all fractions millionths (ppm).
"""

from __future__ import annotations

from solvent.units import div_floor, exact, mul_div_ceil

PPM = 1_000_000


@exact
def scaled_fraction(base: int, open_interest: int, lower: int, upper: int) -> int:
    """Initial margin fraction in ppm at an open interest; rounded down.

    `base + (1 - base) * (open interest - lower) / (upper - lower)` between the caps, `base` at or
    below the lower one, 100 % at or above the upper one; `upper` 0 switches the scaling off.

    >>> scaled_fraction(200_000, 1_234_567, 1_000_000, 2_000_000)
    387653
    """
    if upper == 0 or open_interest <= lower:
        return base
    if open_interest >= upper:
        return PPM
    return base + div_floor((open_interest - lower) * (PPM - base), upper - lower)


@exact
def initial_quote(notional: int, fraction: int, chosen: int) -> int:
    """Initial margin of a notional at a scaled fraction, or at the user's chosen one where that is
    higher (0: none chosen); rounded up.

    >>> initial_quote(123_456, 567_243, 0), initial_quote(1_000_000, 50_000, 200_000)
    (70030, 200000)
    """
    return mul_div_ceil(notional, max(fraction, chosen), PPM)


@exact
def maintenance_quote(notional: int, base: int, maintenance: int) -> int:
    """Maintenance margin: the unscaled initial margin times the maintenance fraction, each product
    rounded up.

    >>> maintenance_quote(5_000_000_000, 200_000, 500_000), maintenance_quote(1, 200_000, 500_000)
    (500000000, 1)
    """
    return mul_div_ceil(mul_div_ceil(notional, base, PPM), maintenance, PPM)
