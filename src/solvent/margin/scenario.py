"""Scenario margin: what one leg loses in one scenario of a risk array.

Integer arithmetic over published risk arrays: per instrument and scenario the profit of +1 lot,
rounded down (`lower`) and up (`upper`). Losses are positive.
"""

from __future__ import annotations

from solvent.units import exact


@exact
def leg_loss(lots: int, lower: int, upper: int) -> int:
    """Loss of a leg in one scenario, in smallest units, never understated.

    >>> leg_loss(3, -10, -9), leg_loss(-3, -10, -9)
    (30, -27)
    """
    if lots >= 0:
        return -lots * lower
    return -lots * upper
