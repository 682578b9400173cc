"""Aave v3: health factor, close factor, what a liquidation seizes, the dust rule and bad debt.

Health factor = sum(collateral value x liquidation threshold) / debt; liquidated below 1. Versions
differ: before v3.3 the close factor is 50 % of one reserve's debt and there is no dust rule; since
v3.3 it is 50 % of the whole position's debt, and only where both reserves are worth at least 2000;
before v3.7 three divisions round a half up, since then each has a direction. The contract's own
integers are in `aave_call`.

Source: aave-v3-origin, docs/3.3 features, docs/3.7 liquidation-rounding and the patch 3.6 to 3.7 of
LiquidationLogic (formulas read; no code taken).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from solvent.margin.explain import figure_text
from solvent.margin.lending import WAD
from solvent.venues.lending.aave_call import (
    BPS,
    PRICE_UNIT,
    Terms,
    base_value,
    health_factor,
    liquidation_amounts,
)
from solvent.venues.lending.inputs import Inputs, member, rate, whole
from solvent.venues.lending.lines import Line
from solvent.venues.lending.loans import Loan
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
