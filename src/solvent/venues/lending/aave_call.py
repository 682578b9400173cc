"""Aave v3's `liquidationCall` in the contract's own integers: health factor, close factor, what is
seized, the dust rule.

Amounts are in the tokens' smallest units, prices and values in units of 1e-8 of the base currency.
Before v3.7 three divisions round a half up, since then each has a direction.

Source: aave-v3-origin, docs/3.3 features, docs/3.7 liquidation-rounding and the patch 3.6 to 3.7 of
LiquidationLogic (formulas read; no code taken).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solvent.margin.lending import WAD, percent_half_up, percent_of_half_up, weighted_sum
from solvent.units import div_floor, mul_div_ceil, mul_div_floor

BPS = 10_000
PRICE_UNIT = 10**8
HALF = 5_000
UINT_MAX = 2**256 - 1


@dataclass(frozen=True, slots=True)
class Terms:
    """The numbers of one version of the liquidation rule.

    close_factor_health: above this health factor (WAD) only half may be repaid. whole_position:
    half of the whole debt (True) or of the reserve's (False). half_from: least value, in 1e-8, of
    both reserves for the half to apply (0: always). leftover: least value that may remain (0: no
    dust rule). directed: rounding with a direction (v3.7) instead of half up. averaged: the health
    factor uses the average threshold cut to basis points.
    """

    close_factor_health: int
    whole_position: bool
    half_from: int
    leftover: int
    directed: bool
    averaged: bool


@dataclass(frozen=True, slots=True)
class Amounts:
    """What `liquidationCall` moves, in smallest units. refused: the rule that reverts, or ""."""

    max_repay: int
    repaid: int
    to_liquidator: int
    protocol_fee: int
    refused: str

    @property
    def seized(self) -> int:
        """Collateral taken from the borrower."""
        return self.to_liquidator + self.protocol_fee


def base_value(amount: int, price: int, unit: int, *, up: bool = False) -> int:
    """Value in 1e-8 of the base currency: collateral rounded down, debt up.

    >>> base_value(1, 100_000_001, 10**6), base_value(1, 100_000_001, 10**6, up=True)
    (100, 101)
    """
    return mul_div_ceil(amount, price, unit) if up else mul_div_floor(amount, price, unit)


def health_factor(
    values: Sequence[int], thresholds: Sequence[int], debt: int, *, averaged: bool
) -> int:
    """Health factor in WAD of collateral values and thresholds (basis points) against a debt.

    averaged: the threshold is first averaged and cut to basis points, as before the sum of products
    was divided directly. A debt whose value is cut to 0 gives the greatest number there is. The
    last division rounds a half up.

    >>> health_factor([3000_00000000], [8300], 2000_00000000, averaged=True)
    1245000000000000000
    """
    if debt == 0:
        return UINT_MAX
    total = sum(values)
    if averaged:
        mean = weighted_sum(values, thresholds) // total if total else 0
        return (percent_half_up(total, mean) * WAD + debt // 2) // debt
    return div_floor((weighted_sum(values, thresholds) * WAD + debt // 2) // debt, BPS)


def max_repay(
    terms: Terms,
    *,
    reserve_debt: int,
    reserve_debt_value: int,
    collateral_value: int,
    total_debt_value: int,
    health: int,
    debt_price: int,
    debt_unit: int,
) -> int:
    """Most of the reserve's debt that one call may repay, in its smallest units."""
    if health <= terms.close_factor_health:
        return reserve_debt
    if not terms.whole_position:
        return percent_half_up(reserve_debt, HALF)
    if collateral_value < terms.half_from or reserve_debt_value < terms.half_from:
        return reserve_debt
    half = percent_half_up(total_debt_value, HALF)
    if reserve_debt_value <= half:
        return reserve_debt
    return mul_div_floor(half, debt_unit, debt_price)


def liquidation_amounts(
    terms: Terms,
    *,
    collateral_price: int,
    collateral_unit: int,
    debt_price: int,
    debt_unit: int,
    collateral_balance: int,
    reserve_debt: int,
    total_debt_value: int,
    health: int,
    debt_to_cover: int,
    bonus: int,
    protocol_fee: int,
) -> Amounts:
    """What `liquidationCall(debt_to_cover)` moves: bonus and protocol fee in basis points.

    The fee is taken from the bonus part only. When the collateral does not suffice, all of it is
    seized and the debt needed is rounded up.
    """
    held_value = base_value(collateral_balance, collateral_price, collateral_unit)
    most = max_repay(
        terms,
        reserve_debt=reserve_debt,
        reserve_debt_value=base_value(reserve_debt, debt_price, debt_unit, up=terms.directed),
        collateral_value=held_value,
        total_debt_value=total_debt_value,
        health=health,
        debt_price=debt_price,
        debt_unit=debt_unit,
    )
    repaid = min(debt_to_cover, most)
    base = div_floor(debt_price * repaid * collateral_unit, collateral_price * debt_unit)
    directed = terms.directed
    seized = mul_div_floor(base, bonus, BPS) if directed else percent_half_up(base, bonus)
    if seized > collateral_balance:
        seized = collateral_balance
        value = div_floor(collateral_price * seized * debt_unit, debt_price * collateral_unit)
        repaid = mul_div_ceil(value, BPS, bonus)
    plain = mul_div_floor(seized, BPS, bonus) if directed else percent_of_half_up(seized, bonus)
    extra = seized - plain
    fee = (
        mul_div_ceil(extra, protocol_fee, BPS) if directed else percent_half_up(extra, protocol_fee)
    )
    left_debt = reserve_debt - repaid
    left_held = collateral_balance - seized
    refused = ""
    if terms.leftover and left_debt > 0 and left_held > 0:
        small = min(
            base_value(left_debt, debt_price, debt_unit),
            base_value(left_held, collateral_price, collateral_unit),
        )
        if small < terms.leftover:
            refused = "MustNotLeaveDust"
    return Amounts(most, repaid, seized - fee, fee, refused)
