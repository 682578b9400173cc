"""A book of other sizes: what is traded at the marks to come to it, and what that costs. Exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.venues.numbers import InputError, Number
from solvent.venues.questions.sizing import merge, value_of
from solvent.venues.reading import Position, lot_size, positive, share, symbol_of
from solvent.venues.solver.evaluate import evaluate
from solvent.venues.solver.model import ONE, ZERO

if TYPE_CHECKING:
    from solvent.venues.account import Account


def lot_of(one: Position) -> Fraction:
    """The least step of a position's size; 1 where the venue names none."""
    return lot_size(one.instrument) or ONE


def resized(one: Position, target: Fraction) -> tuple[Position | None, Fraction, Fraction]:
    """A position brought to a signed size by a fill at its mark: what is left (None: nothing), the
    profit realised, and the value traded; both in settlement money.
    """
    change = target - one.side * one.size
    if not change:
        return (one if one.size else None), ZERO, ZERO
    fill = replace(one, side=1 if change > 0 else -1, size=abs(change), entry=one.mark)
    merged, realised = merge((one,), fill)
    left = merged[0] if merged else None
    return left, realised, value_of(one.instrument, abs(change), one.mark)


def traded(
    account: Account, targets: Sequence[Fraction], slippage: Mapping[str, Fraction]
) -> tuple[Account, dict[str, Fraction]]:
    """The account once its positions have the signed sizes `targets`, in their order, and what the
    trades cost by settlement asset: slippage times the value traded.
    """
    positions: list[Position] = []
    cash: dict[str, Fraction] = {}
    costs: dict[str, Fraction] = {}
    for one, target in zip(account.positions, targets, strict=True):
        left, realised, value = resized(one, target)
        if left is not None:
            positions.append(left)
        settle, cost = one.instrument.settle, value * slippage.get(one.symbol, ZERO)
        cash[settle] = cash.get(settle, ZERO) + realised - cost
        costs[settle] = costs.get(settle, ZERO) + cost
    changed = account
    for asset, amount in cash.items():
        changed = with_cash(changed, asset, amount)
    return changed.with_(positions=positions), {a: c for a, c in costs.items() if c}


def with_cash(account: Account, asset: str, amount: Fraction) -> Account:
    """The account with more (or less) money of an asset: in its balance, else in the wallet."""
    if not amount:
        return account
    holdings = list(account.holdings)
    for at, one in enumerate(holdings):
        if one.asset == asset:
            holdings[at] = replace(one, amount=one.amount + amount)
            return account.with_(collateral=holdings)
    wallet = dict(account.wallet)
    name = "" if "" in wallet else asset
    wallet[name] = wallet.get(name, ZERO) + amount
    return account.with_(wallet=wallet)


def opens(account: Account) -> bool:
    """Whether equity covers the initial margin in every bucket; true where none is published."""
    for pool in account.pools().values():
        here = evaluate(pool)
        if here.initial is not None and here.equity - here.order_loss < here.initial:
            return False
    return True


def with_candidates(account: Account, prices: Mapping[str, Number] | None) -> Account:
    """The account with an empty position for each symbol of `prices` that it does not hold."""
    extra = []
    held = {one.symbol for one in account.positions}
    for name, given in (prices or {}).items():
        instrument = symbol_of(account.version, name)
        if instrument.symbol in held:
            raise InputError(
                f"prices: {instrument.symbol} is held and has its mark; leave it out here"
            )
        at = positive(given, "price")
        extra.append(Position(instrument, 1, ZERO, at, at))
    return account.with_(positions=(*account.positions, *extra)) if extra else account


def slippages(account: Account, given: Number | Mapping[str, Number]) -> dict[str, Fraction]:
    """Slippage by symbol, each a share from 0 to below 1."""
    names = list(dict.fromkeys(one.symbol for one in account.positions))
    if not isinstance(given, Mapping):
        return dict.fromkeys(names, share(given, "slippage"))
    shares = {account.symbol(name): share(one, "slippage") for name, one in given.items()}
    return {name: shares.get(name, ZERO) for name in names}
