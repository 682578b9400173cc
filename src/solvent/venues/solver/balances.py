"""Collateral in other assets: weights in marginal rows, debts in full.

A weight below one is a haircut, and a haircut is a requirement on the amount: rate `1 - weight`,
marginal per row. So the engine's own tier function computes it; there is no second formula.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from solvent.margin.requirements import requirement
from solvent.venues.numbers import InputError
from solvent.venues.plain_data import Plain
from solvent.venues.solver.model import ONE, ZERO, Balance, Leg, Pool
from solvent.venues.solver.rows import Tier, tiers_row


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class BalancePart(Plain):
    """One collateral asset: amount with the profits settled in it, price, worth in the pool's
    money, what of it counts, and what is required for it if it is a debt.
    """

    balance: Balance
    amount: Fraction
    price: Fraction
    worth: Fraction
    counted: Fraction
    maintenance: Fraction


def haircut_rows(rows: tuple[tuple[Fraction | None, Fraction], ...]) -> list[Tier]:
    """Weights as tiers of haircut rates with the deductions that make them marginal."""
    tiers: list[Tier] = []
    for bound, weight in rows:
        rate, deduction = ONE - weight, ZERO
        if tiers:
            below, before, held = tiers[-1]
            if below is None:
                raise InputError("collateral weights: a row follows one without a bound")
            deduction = held + below * (rate - before)
        tiers.append((bound, rate, deduction))
    return tiers


def counted_amount(
    rows: tuple[tuple[Fraction | None, Fraction], ...], amount: Fraction
) -> Fraction:
    """What of an amount counts as collateral, in the asset; a debt counts in full.

    >>> steps = ((Fraction(5_000_000), Fraction(1)), (Fraction(10_000_000), Fraction("0.975")),
    ...          (None, Fraction("0.95")))
    >>> counted_amount(steps, Fraction(11_000_000)), counted_amount(steps, Fraction(-3))
    (Fraction(10825000, 1), Fraction(-3, 1))
    """
    if amount <= 0 or not rows:
        return amount
    tiers = haircut_rows(rows)
    scale = lcm(*(rate.denominator for _, rate, _ in tiers))
    whole = [amount, *(row[2] for row in tiers), *(row[0] for row in tiers if row[0] is not None)]
    money = lcm(*(number.denominator for number in whole)) * scale
    flat = tiers_row(tiers, scale=scale, money=money, fee=ZERO, basis="mark")
    held = int(amount * money)
    return amount - Fraction(requirement(flat, 0, 0, held, held), money)


def balance_part(balance: Balance, profit: Fraction, prices: Mapping[str, Fraction]) -> BalancePart:
    """A balance with the profits settled in its asset, weighed and priced."""
    amount = balance.amount + profit
    price = balance_price(balance, prices)
    return BalancePart(
        balance,
        amount,
        price,
        amount * price,
        counted_amount(balance.rows, amount) * price,
        max(-amount, ZERO) * price * balance.maintenance,
    )


def balance_price(balance: Balance, prices: Mapping[str, Fraction]) -> Fraction:
    """Money per unit: the balance's own price, or moved by `prices` under the key "asset:NAME"."""
    return prices.get(f"asset:{balance.asset}", balance.price)


def settle_price(leg: Leg, pool: Pool, prices: Mapping[str, Fraction]) -> Fraction:
    """Pool money per unit of the asset the leg settles in."""
    if not leg.settle or leg.settle == pool.money:
        return ONE
    for balance in pool.balances:
        if balance.asset == leg.settle:
            return balance_price(balance, prices)
    raise InputError(
        f"{leg.symbol} settles in {leg.settle}, but the account names no balance of it; add "
        f"collateral {leg.settle} (amount 0 if there is none) with its price"
    )
