"""Compound v3 (Comet): one base asset borrowed against several collaterals.

Liquidatable when `sum(collateral value x liquidate factor)` is below the debt. Absorbing takes all
collateral at value times liquidation factor: a surplus is credited to the borrower in base, a
shortfall is the protocol's loss. Prices have 8 decimals, factors 18; every division cuts.

Source: compound-finance/comet, Comet.sol isLiquidatable, absorbInternal and quoteCollateral, with
their tests (formulas read; no code taken).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from solvent.margin.lending import WAD
from solvent.units import mul_div_floor
from solvent.venues.lending.inputs import Inputs, member, rate, whole
from solvent.venues.lending.lines import Line
from solvent.venues.lending.loans import Loan
from solvent.venues.lending.outcome import Outcome
from solvent.venues.lending.rulebook import chosen, group_of, only, ratio_of, strict_of, tokens_of
from solvent.venues.numbers import InputError

PRICE_UNIT = 10**8


@dataclass(frozen=True, slots=True)
class Held:
    """One collateral in integers: balance in smallest units, price in 1e-8, factors in WAD."""

    balance: int
    price: int
    unit: int
    liquidate_factor: int
    liquidation_factor: int

    @property
    def value(self) -> int:
        """In 1e-8 of the price's currency, cut."""
        return mul_div_floor(self.balance, self.price, self.unit)


def is_liquidatable(debt: int, base_price: int, base_unit: int, held: Sequence[Held]) -> bool:
    """Comet's test: the debt (positive, smallest units of base) against counted collateral.

    >>> comp = Held(95_000 * 10**18, 10**8, 10**18, WAD, WAD)
    >>> is_liquidatable(100_000 * 10**6, 10**8, 10**6, [comp])
    True
    """
    if debt <= 0:
        return False
    counted = sum(mul_div_floor(one.value, one.liquidate_factor, WAD) for one in held)
    return counted < mul_div_floor(debt, base_price, base_unit)


def absorb(debt: int, base_price: int, base_unit: int, held: Sequence[Held]) -> tuple[int, int]:
    """New base balance of the borrower (0 or more) and what the reserves paid, in units of base.

    The reserves pay the whole debt and any surplus; they own the collateral afterwards.

    >>> absorb(80, 10**8, 1, [Held(1, 100 * 10**8, 1, WAD, WAD * 9 // 10)])
    (10, 90)
    """
    worth = sum(mul_div_floor(one.value, one.liquidation_factor, WAD) for one in held)
    balance = max(0, mul_div_floor(worth, base_unit, base_price) - debt)
    return balance, balance + debt


def quote_collateral(
    base_amount: int,
    *,
    price: int,
    unit: int,
    liquidation_factor: int,
    store_front_factor: int,
    base_price: int,
    base_unit: int,
) -> int:
    """Collateral bought from the reserves for `base_amount`; the amount is cut."""
    discount = mul_div_floor(store_front_factor, WAD - liquidation_factor, WAD)
    ask = mul_div_floor(price, WAD - discount, WAD)
    return base_price * base_amount * unit // ask // base_unit


def build(inputs: Inputs) -> Loan:
    """The loan on one Comet; `market` names it (default: the one that lends the debt asset)."""
    comets = inputs.group("comets")
    name = inputs.market or _lends(comets, inputs)
    comet = member(comets, name, "Comet")
    base = str(comet["base"])
    other = [asset for asset in inputs.debt if asset != base]
    if other:
        raise InputError(f"Comet {name} lends {base} only; {other[0]} cannot be owed there")
    listed = comet["assets"]
    assert isinstance(listed, Mapping)
    held = []
    for asset, amount in inputs.collateral.items():
        entry = member(listed, asset, f"collateral of Comet {name}")
        held.append(
            Line(
                asset,
                amount,
                inputs.price(asset),
                rate(entry, "liquidate_factor", asset),
                "liquidate collateral factor",
                rate(entry, "borrow_factor", asset),
                whole(entry, "decimals", 18),
            )
        )
    decimals = whole(comet, "base_decimals", 6)
    owed = tuple(
        Line(asset, amount, inputs.price(asset), Fraction(1), "weight of debt", decimals=decimals)
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
        rule="compound",
    )


def liquidatable(loan: Loan) -> bool:
    """The contract's own test, in its integers."""
    return bool(loan.owed) and is_liquidatable(*_integers(loan))


def liquidate(
    loan: Loan, collateral: str | None, debt: str | None, how: Mapping[str, object]
) -> Outcome:
    """`absorb`: all collateral to the protocol, all debt gone. Amounts of several collaterals are
    given as value in base; `left` holds the surplus credited to the borrower.
    """
    only(how)
    owed = chosen(loan.owed, debt, "debt")
    amount, base_price, base_unit, held = _integers(loan)
    balance, paid = absorb(amount, base_price, base_unit, held)
    refusal = "" if is_liquidatable(amount, base_price, base_unit, held) else "NotLiquidatable"
    credited = mul_div_floor(
        sum(mul_div_floor(one.value, one.liquidation_factor, WAD) for one in held),
        base_unit,
        base_price,
    )
    bad = max(0, amount - credited)
    seized = loan.assets / owed.price
    names = " + ".join(line.asset for line in loan.held)
    return Outcome(
        loan.label,
        not refusal,
        refusal,
        owed.asset,
        f"{owed.asset} worth of {names}",
        tokens_of(amount, owed),
        seized,
        to_protocol=seized,
        surplus=tokens_of(balance, owed),
        bad_debt=tokens_of(bad, owed),
        notes=(
            f"the reserves pay {tokens_of(paid, owed)} {owed.asset} and own the collateral",
            "surplus is a base balance, bad debt what the reserves lose at these prices",
        ),
    )


def _integers(loan: Loan) -> tuple[int, int, int, list[Held]]:
    comet = member(group_of(loan, "comets"), loan.market, "Comet")
    listed = comet["assets"]
    assert isinstance(listed, Mapping)
    owed = loan.owed[0]
    held = [
        Held(
            one.units(),
            _price(one.price),
            10**one.decimals,
            int(one.factor * WAD),
            int(rate(member(listed, one.asset, "collateral"), "liquidation_factor", "") * WAD),
        )
        for one in loan.held
    ]
    return owed.units(), _price(owed.price), 10**owed.decimals, held


def _price(price: Fraction) -> int:
    scaled = price * PRICE_UNIT
    return scaled.numerator // scaled.denominator


def _lends(comets: Mapping[str, object], inputs: Inputs) -> str:
    for name, comet in comets.items():
        if isinstance(comet, Mapping) and comet.get("base") in inputs.debt:
            return name
    owed = ", ".join(inputs.debt) or "nothing"
    raise InputError(f"{inputs.version.label}: no Comet lends {owed}; name the market")
