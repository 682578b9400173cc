"""What collateral and unrealised profit count for: slices, size discounts and premiums.

Slices: each weight applies to its own part of the amount (OKX's discount tiers). Size discounts:
the larger a balance, the less a unit of it counts, with the square root of the size (Drift v2).
Drift's integers: sizes 1e-9, factors 1e-6, weights and ratios 1e-4. Every division rounds down.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from solvent.units import div_floor, exact, isqrt, mul_div_floor

WEIGHT = 10_000
FACTOR = 1_000_000
ROOT = 100_000
PRICE = 1_000_000
BASE = 1_000_000_000
QUOTE_TO_SIZE = 1_000


def sliced_amount(rows: Sequence[tuple[Fraction | None, Fraction]], amount: Fraction) -> Fraction:
    """What an amount counts for when each row (amount up to, weight) weighs its own slice.

    A debt (negative amount) counts in full: haircuts never make a debt smaller (OKX
    multi-currency margin; Binance portfolio margin's `min(A * rate, A)`). Beyond a last row with
    a bound nothing counts.

    >>> rows = ((Fraction(5_000_000), Fraction(1)), (Fraction(10_000_000), Fraction("0.975")),
    ...         (None, Fraction("0.95")))
    >>> sliced_amount(rows, Fraction(11_000_000)), sliced_amount(rows, Fraction(-3))
    (Fraction(10825000, 1), Fraction(-3, 1))
    """
    if amount <= 0:
        return amount
    counted = below = Fraction(0)
    for bound, weight in rows:
        top = amount if bound is None else min(amount, bound)
        if top > below:
            counted += (top - below) * weight
            below = top
    return counted


@exact
def discounted_weight(size: int, factor: int, weight: int) -> int:
    """Asset weight (1e-4) of a balance of `size` (1e-9): `min(weight, 1.1 / (1 + factor *
    sqrt(size)))`; a factor of 0 switches the discount off.

    Source: Drift v2 program, margin math, size discount of asset weights.

    >>> discounted_weight(10**18, 10, 9_000), discounted_weight(10**12, 10, 9_000)
    (8357, 9000)
    """
    if factor == 0:
        return weight
    root = isqrt(size * 10 + 1)
    below = FACTOR + div_floor(root * factor, ROOT)
    return min(weight, div_floor((FACTOR + FACTOR // 10) * WEIGHT, below))


@exact
def sized_ratio(size: int, factor: int, ratio: int) -> int:
    """Margin ratio (1e-4) of a position of `size` (1e-9) by its size alone: `0.8 * ratio + factor *
    sqrt(size)`; a factor of 0 leaves the ratio.

    Source: Drift v2 program, margin math, size premium of liability weights, not bounded.

    >>> sized_ratio(3_000 * 10**9, 50, 1_000), sized_ratio(3_000 * 10**9, 0, 1_000)
    (827, 1000)
    """
    if factor == 0:
        return ratio
    root = isqrt(size * 10 + 1)
    return ratio - ratio // 5 + div_floor(root * factor, ROOT * (FACTOR // WEIGHT))


@exact
def premium_ratio(size: int, factor: int, ratio: int) -> int:
    """Margin ratio or liability weight (1e-4) of a position of `size` (1e-9): `max(ratio, 0.8 *
    ratio + factor * sqrt(size))`; a factor of 0 switches the premium off.

    Source: Drift v2 program, margin math, size premium of liability weights.

    >>> premium_ratio(6_147_540_983, 1_000, 1_000), premium_ratio(10**13, 1_000, 1_000)
    (1000, 1800)
    """
    return max(ratio, sized_ratio(size, factor, ratio))


@exact
def high_leverage_ratio(sized: int, ordinary: int, least: int) -> int:
    """Initial or fill margin ratio (1e-4) of a user in high leverage mode.

    It grows from `least`, the mode's own ratio, to `ordinary`, that of every other user, while
    `sized` (`sized_ratio` of the ordinary ratio) grows from 80 % of the ordinary ratio to all of
    it; beyond it is `sized`. Rounded down.

    Source: Drift v2 program, margin math, high leverage mode, and its tests.

    >>> high_leverage_ratio(801, 1_000, 100), high_leverage_ratio(827, 1_000, 100)
    (104, 221)
    >>> high_leverage_ratio(1_000, 1_000, 100), high_leverage_ratio(1_300, 1_000, 100)
    (100, 1300)
    """
    if sized == ordinary:
        return least
    if sized > ordinary:
        return sized
    missing = div_floor((ordinary - sized) * FACTOR, ordinary // 5)
    share = max(FACTOR - missing, 0)
    room = max(ordinary - least, 1)
    return least + div_floor(room * share, FACTOR)


@exact
def crowded_weight(weight: int, start: int, crowd: int) -> int:
    """A weight (1e-4) that falls once the crowd is above `start`: `weight * start / crowd`.

    Below or at the start, and for a start of 0, the weight stays. Sources: Drift v2 program: all
    deposits of a spot market in USD (`scale_initial_asset_weight_start`), net unsettled profit of a
    perpetual market (`unrealized_pnl_max_imbalance`).

    >>> crowded_weight(9_000, 500_000, 1_000_000), crowded_weight(9_000, 500_000, 499_999)
    (4500, 9000)
    """
    if start == 0 or crowd <= start:
        return weight
    return mul_div_floor(weight, start, crowd)
