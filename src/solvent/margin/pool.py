"""A position against a pool: when what remains of its collateral no longer covers it.

Collateral is worth the lower of two signed prices, profit is taken at the worse one; closing may
cost an impact, a fee and what is owed. Source: GMX v2 (gmx-synthetics), position utilities: a
position is liquidated when the remainder is below a fixed minimum, not positive, or below a share
of its size. Plain integers in one money unit.
"""

from __future__ import annotations

from solvent.units import exact, mul_div_ceil


@exact
def capped_impact(impact: int, size: int, factor: int, scale: int) -> int:
    """Price impact of a close as the check counts it: a gain never helps, and a loss is at most
    `size * factor / scale` (factor < 0: no cap), so that closes do not cascade.

    >>> capped_impact(500, 10_000, -1, 1), capped_impact(-500, 10_000, 2, 100)
    (0, -200)
    """
    if impact >= 0:
        return 0
    if factor >= 0:
        return max(impact, -mul_div_ceil(size, factor, scale))
    return impact


@exact
def remaining_collateral(collateral: int, profit: int, impact: int, owed: int) -> int:
    """Collateral's value plus profit and (negative) impact, less fees owed.

    >>> remaining_collateral(40_000, -40_000, 0, 0)
    0
    """
    return collateral + profit + impact - owed


@exact
def too_little(remaining: int, least: int, size: int, factor: int, scale: int) -> bool:
    """Whether a remainder is below the fixed minimum, not positive, or below `size * factor /
    scale`.

    >>> too_little(2_000, 1, 200_000, 1, 100), too_little(1_999, 1, 200_000, 1, 100)
    (False, True)
    """
    return remaining < least or remaining <= 0 or remaining * scale < size * factor
