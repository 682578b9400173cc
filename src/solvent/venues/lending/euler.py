"""Euler v2 (vault kit): the discount grows with the depth of the violation.

Health = sum(collateral value x liquidation LTV) / debt value; in violation at 1 or below. Discount
factor = max(health, 1 - greatest discount): the liquidator takes over debt worth `repay` and
receives collateral worth `repay / discount factor`. Values are integers in the unit of account, 18
decimals; every division cuts.

Source: euler-xyz/euler-vault-kit, modules/Liquidation.sol and its unit tests (formulas read). The
contract values debt and collateral at bid and ask for the test and at mid for the amounts; here one
price stands for all three.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from solvent.margin.explain import figure_text
from solvent.margin.lending import WAD
from solvent.units import mul_div_floor
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
    tokens_of,
)
from solvent.venues.numbers import InputError

BPS = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The most one liquidation may repay and yield, in smallest units; health and discount factor
    in WAD. All of it 0 where there is no violation.
    """

    health: int
    discount_factor: int
    max_repay: int
    max_yield: int


def check_liquidation(
    *,
    counted: int,
    debt: int,
    debt_value: int,
    collateral: int,
    collateral_value: int,
    max_discount: int,
) -> Limits:
    """Limits against one collateral. counted: all collateral at liquidation LTV; debt_value and
    collateral_value in the unit of account; max_discount in basis points.

    >>> limits = check_liquidation(counted=12 * WAD, debt=5 * WAD, debt_value=125 * WAD // 10,
    ...     collateral=100 * WAD, collateral_value=40 * WAD, max_discount=2000)
    >>> limits.discount_factor, limits.max_yield
    (960000000000000000, 32552083333333333332)
    """
    if debt_value <= 0 or counted > debt_value:
        return Limits(0, 0, 0, 0)
    health = mul_div_floor(counted, WAD, debt_value)
    factor = max(health, WAD - mul_div_floor(WAD, max_discount, BPS))
    if collateral_value == 0:
        return Limits(health, factor, 0, collateral)
    repay_value, yield_value = debt_value, mul_div_floor(debt_value, WAD, factor)
    if collateral_value < yield_value:
        repay_value = mul_div_floor(collateral_value, factor, WAD)
        yield_value = collateral_value
    return Limits(
        health,
        factor,
        mul_div_floor(repay_value, debt, debt_value),
        mul_div_floor(yield_value, collateral, collateral_value),
    )


def build(inputs: Inputs) -> Loan:
    """The loan from one vault; `market` names the market of the preset (Euler Prime). LTVs are per
    pair of collateral and debt.
    """
    if len(inputs.debt) > 1:
        raise InputError("an Euler account owes one vault at a time; give one debt")
    markets = inputs.group("markets")
    name = inputs.market or next(key for key, one in markets.items() if isinstance(one, Mapping))
    market = member(markets, name, "market")
    decimals = market.get("decimals")
    assert isinstance(decimals, Mapping)
    vault = next(iter(inputs.debt), "")
    held = []
    for asset, amount in inputs.collateral.items():
        if vault:
            entry = member(
                member(market, vault, f"debt in {name}"), asset, f"collateral for {vault}"
            )
            limit, borrow = rate(entry, "liquidation_ltv", asset), rate(entry, "borrow_ltv", asset)
        else:
            limit = borrow = Fraction(1)
        held.append(
            Line(
                asset,
                amount,
                inputs.price(asset),
                limit,
                "liquidation LTV",
                borrow,
                whole(decimals, asset, 18),
            )
        )
    owed = tuple(
        Line(
            asset,
            amount,
            inputs.price(asset),
            Fraction(1),
            "weight of debt",
            decimals=whole(decimals, asset, 18),
        )
        for asset, amount in inputs.debt.items()
    )
    return Loan(
        inputs.version,
        tuple(held),
        owed,
        ratio_of(inputs.version),
        market=name,
        strict=strict_of(inputs.version),
        check=liquidatable,
        rule="euler",
    )


def liquidatable(loan: Loan) -> bool:
    """The contract's own test, in its integers."""
    if not loan.owed:
        return False
    return _counted(loan) <= _value(loan.owed[0])


def liquidate(
    loan: Loan, collateral: str | None, debt: str | None, how: Mapping[str, object]
) -> Outcome:
    """`liquidate`: `repay` an amount of debt (default: the most allowed); the yield is its share of
    the greatest yield, cut. What is owed after the last collateral is socialised.
    """
    only(how, "repay")
    held = chosen(loan.held, collateral, "collateral")
    owed = chosen(loan.owed, debt, "debt")
    discount = rate(group_of(loan, "liquidation"), "max_discount", "Euler")
    limits = check_liquidation(
        counted=_counted(loan),
        debt=owed.units(),
        debt_value=_value(owed),
        collateral=held.units(),
        collateral_value=_value(held),
        max_discount=int(discount * BPS),
    )
    asked = requested(how, "repay", owed)
    repaid, gained = limits.max_repay, limits.max_yield
    refusal = "" if liquidatable(loan) else "the account is not in violation"
    if asked is not None:
        if asked > limits.max_repay:
            refusal = refusal or "ExcessiveRepayAmount"
        elif limits.max_repay:
            repaid, gained = asked, mul_div_floor(asked, limits.max_yield, limits.max_repay)
    left = loan.after(
        collateral={held.asset: -tokens_of(gained, held)},
        debt={owed.asset: -tokens_of(repaid, owed)},
    )
    bad = left.owed[0].amount if not any(one.units() for one in left.held) else Fraction(0)
    amount = tokens_of(gained, held)
    return Outcome(
        loan.label,
        not refusal,
        refusal,
        owed.asset,
        held.asset,
        tokens_of(repaid, owed),
        amount,
        amount,
        bad_debt=bad,
        left=left,
        notes=(
            f"discount factor {figure_text(Fraction(limits.discount_factor, WAD))}",
            "the liquidator takes the debt over and needs no cash",
        ),
    )


def _value(line: Line) -> int:
    scaled: Fraction = line.units() * line.price * WAD / 10**line.decimals
    return scaled.numerator // scaled.denominator


def _counted(loan: Loan) -> int:
    return sum(mul_div_floor(_value(one), int(one.factor * BPS), BPS) for one in loan.held)
