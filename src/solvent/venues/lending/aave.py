"""Aave v3: health factor, close factor, what a liquidation seizes, the dust rule and bad debt.

Health factor = sum(collateral value x liquidation threshold) / debt; liquidated below 1. Versions
differ: before v3.3 the close factor is 50 % of one reserve's debt and there is no dust rule; since
v3.3 it is 50 % of the whole position's debt, and only where both reserves are worth at least 2000;
before v3.7 three divisions round a half up, since then each has a direction. Amounts are integers
in the tokens' smallest units, prices and values in units of 1e-8 of the base currency.

Source: aave-v3-origin, docs/3.3 features, docs/3.7 liquidation-rounding and the patch 3.6 to 3.7 of
LiquidationLogic (formulas read; no code taken).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from solvent.margin.explain import figure_text
from solvent.margin.lending import WAD, percent_half_up, percent_of_half_up, weighted_sum
from solvent.units import div_floor, mul_div_ceil, mul_div_floor
from solvent.venues.lending.inputs import Inputs, member, rate, whole
from solvent.venues.lending.loans import Line, Loan
from solvent.venues.lending.outcome import Outcome
from solvent.venues.lending.rulebook import (
    chosen,
    group_of,
    only,
    ratio_of,
    requested,
    strict_of,
    tokens,
    tokens_of,
)
from solvent.venues.numbers import InputError

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


# ------------------------------------------------------------------------------------- the account


def terms_of(group: Mapping[str, object]) -> Terms:
    """The rule of a preset version, from its parameters.liquidation."""
    return Terms(
        close_factor_health=int(rate(group, "close_factor_health", "Aave") * WAD),
        whole_position=group.get("close_factor_of") == "position",
        half_from=int(rate(group, "half_from_value", "Aave") * PRICE_UNIT),
        leftover=int(rate(group, "least_leftover_value", "Aave") * PRICE_UNIT),
        directed=group.get("rounding") == "directed",
        averaged=group.get("health") == "average threshold",
    )


def build(inputs: Inputs) -> Loan:
    """The loan on Aave. Option `emode`: a category of the preset, whose members take its threshold
    and bonus (all debt must be in it).
    """
    reserves = inputs.group("reserves")
    mode = str(inputs.option("emode", "") or "")
    category = member(inputs.group("emodes"), mode, "e-mode") if mode else None
    inside = tokens(category, "assets") if category else ()
    outside = [asset for asset in inputs.debt if category and asset not in inside]
    if outside:
        raise InputError(
            f"e-mode {mode!r}: {outside[0]} may not be borrowed in it; it holds {', '.join(inside)}"
        )
    held, bonuses = [], {}
    for asset, amount in inputs.collateral.items():
        reserve = member(reserves, asset, "reserve")
        entry = category if category and asset in inside else reserve
        what = f"{inputs.version.label}, reserve {asset}"
        threshold = rate(entry, "threshold", what)
        if not threshold:
            raise InputError(f"{what}: it cannot be collateral (liquidation threshold 0)")
        bonuses[asset] = rate(entry, "bonus", what)
        held.append(
            Line(
                asset,
                amount,
                inputs.price(asset),
                threshold,
                "liquidation threshold",
                rate(entry, "ltv", what),
                whole(reserve, "decimals", 18),
                f"e-mode {mode}" if entry is category else "",
            )
        )
    owed = tuple(
        Line(
            asset,
            amount,
            inputs.price(asset),
            Fraction(1),
            "weight of debt",
            decimals=whole(member(reserves, asset, "reserve"), "decimals", 18),
        )
        for asset, amount in inputs.debt.items()
    )
    return Loan(
        inputs.version,
        tuple(held),
        owed,
        ratio_of(inputs.version),
        market=mode,
        strict=strict_of(inputs.version),
        check=liquidatable,
        rule="aave",
        facts={"bonus": bonuses},
    )


def on_chain_health(loan: Loan) -> int:
    """The health factor (WAD) the contract computes: values cut to 1e-8, its own rounding."""
    terms = terms_of(group_of(loan, "liquidation"))
    values = [base_value(one.units(), _price(one), 10**one.decimals) for one in loan.held]
    thresholds = [int(one.factor * BPS) for one in loan.held]
    return health_factor(values, thresholds, _debt_value(loan, terms), averaged=terms.averaged)


def liquidatable(loan: Loan) -> bool:
    """The contract's own test, in its integers."""
    return bool(loan.owed) and on_chain_health(loan) < WAD


def liquidate(
    loan: Loan, collateral: str | None, debt: str | None, how: Mapping[str, object]
) -> Outcome:
    """`liquidationCall`: `repay` an amount of the debt asset (default: all that is allowed)."""
    only(how, "repay")
    held = chosen(loan.held, collateral, "collateral")
    owed = chosen(loan.owed, debt, "debt")
    terms = terms_of(group_of(loan, "liquidation"))
    reserve = member(group_of(loan, "reserves"), held.asset, "reserve")
    bonuses = loan.facts["bonus"]
    assert isinstance(bonuses, Mapping)
    health = on_chain_health(loan)
    asked = requested(how, "repay", owed)
    moved = liquidation_amounts(
        terms,
        collateral_price=_price(held),
        collateral_unit=10**held.decimals,
        debt_price=_price(owed),
        debt_unit=10**owed.decimals,
        collateral_balance=held.units(),
        reserve_debt=owed.units(),
        total_debt_value=_debt_value(loan, terms),
        health=health,
        debt_to_cover=owed.units() if asked is None else asked,
        bonus=int(bonuses[held.asset] * BPS),
        protocol_fee=int(rate(reserve, "protocol_fee", held.asset) * BPS),
    )
    refusal = moved.refused
    if health >= WAD:
        refusal = "HealthFactorNotBelowThreshold"
    left = loan.after(
        collateral={held.asset: -tokens_of(moved.seized, held)},
        debt={owed.asset: -tokens_of(moved.repaid, owed)},
    )
    bad = left.debt if not any(line.units() for line in left.held) else Fraction(0)
    most = figure_text(tokens_of(moved.max_repay, owed))
    return Outcome(
        loan.label,
        not refusal,
        refusal,
        owed.asset,
        held.asset,
        tokens_of(moved.repaid, owed),
        tokens_of(moved.seized, held),
        tokens_of(moved.to_liquidator, held),
        tokens_of(moved.protocol_fee, held),
        bad_debt=bad / owed.price,
        left=left,
        notes=(f"the close factor allows at most {most} {owed.asset}",),
    )


def _price(line: Line) -> int:
    scaled = line.price * PRICE_UNIT
    return scaled.numerator // scaled.denominator


def _debt_value(loan: Loan, terms: Terms) -> int:
    return sum(
        base_value(one.units(), _price(one), 10**one.decimals, up=terms.directed)
        for one in loan.owed
    )
