"""The largest size an account can open, and what a fill does to its positions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.margin.explain import Term, figure_text
from solvent.venues.evaluate import evaluate
from solvent.venues.limits import check_size
from solvent.venues.model import ZERO, Pool
from solvent.venues.numbers import InputError, Number
from solvent.venues.preset import Instrument
from solvent.venues.reading import Position, lot_size, positive, symbol_of
from solvent.venues.result import Answer

if TYPE_CHECKING:
    from solvent.venues.account import Account

DOUBLINGS = 200


def max_size(
    account: Account,
    symbol: str,
    side: int,
    leverage: Number,
    price: Number | None = None,
    *,
    fees: bool = False,
) -> Answer:
    """The largest size, in whole lots, after whose fill equity still covers the initial margin.

    It counts what the account holds already, resting orders, the loss between `price` and the mark,
    the tier's largest leverage and, with `fees`, the taker fee. Found by halving over whole lots;
    the condition only ever fails as the size grows.
    """
    instrument = symbol_of(account.version, symbol)
    lever = positive(leverage, "leverage")
    held = [one for one in account.positions if one.symbol == instrument.symbol]
    if price is None and not held:
        raise InputError(f"{instrument.symbol}: price is missing; give the price to open at")
    at = held[0].mark if price is None else positive(price, "price")
    mark = held[0].mark if held else at
    lot = lot_size(instrument)

    def position_of(lots: int) -> Position:
        return Position(instrument, side, lots * lot, at, mark, lever)

    def fits(lots: int) -> bool:
        try:
            check_size(account.version, position_of(lots))
        except InputError:
            return False
        return affordable(account, position_of(lots), fees=fees)

    check_size(account.version, position_of(1))
    low = most_lots(fits)
    size = low * lot
    unit = instrument.quote if instrument.kind == "inverse" else instrument.base
    reason = "" if low else "not even one lot is covered"
    label = account.version.label

    def tree() -> Term:
        after = evaluate(_pool_with(account, position_of(low), fees=fees)) if low else None
        terms = [Term("leverage", lever, "x"), Term("price", at, instrument.quote)]
        if after is not None and after.initial is not None:
            money = after.pool.money
            terms += [
                Term("equity after", after.equity, money),
                Term("initial margin after", after.initial, money),
            ]
        return Term("max size", size, unit, "most lots with equity >= initial", label, tuple(terms))

    return Answer("max size", size, figure_text(size), unit, label, reason=reason, _tree=tree)


def most_lots(fits: Callable[[int], bool]) -> int:
    """The largest count that fits, where every smaller one does too; 0 if not even one does."""
    low, high = 0, 1
    for _ in range(DOUBLINGS):
        if not fits(high):
            break
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def affordable(account: Account, new: Position, *, fees: bool) -> bool:
    """Whether equity covers the initial margin after opening `new`."""
    after = evaluate(_pool_with(account, new, fees=fees))
    if after.initial is None:
        raise InputError(f"{new.symbol}: no initial rate is published; give leverage")
    return after.equity - after.order_loss >= after.initial


def _pool_with(account: Account, new: Position, *, fees: bool) -> Pool:
    fee = ZERO
    if fees:
        rate = new.instrument.taker_fee if new.taker_fee is None else new.taker_fee
        fee = rate * _value(new.instrument, new.size, new.entry)
    merged, profit = merge(account.positions, new, netting=account.mode != "hedge")
    grown = account.with_(positions=merged)
    if account.mode == "isolated":
        raise InputError("max size of an isolated account: make one with mode cross and its wallet")
    if not merged:
        return replace(account.pool(), wallet=account.pool().wallet + profit - fee)
    pool = grown.pool(new.symbol) if any(p.symbol == new.symbol for p in merged) else grown.pool()
    return replace(pool, wallet=pool.wallet + profit - fee)


def _value(instrument: Instrument, size: Fraction, price: Fraction) -> Fraction:
    many = size * instrument.multiplier
    return many / price if instrument.kind == "inverse" else many * price


def merge(
    positions: tuple[Position, ...], new: Position, *, netting: bool = True
) -> tuple[tuple[Position, ...], Fraction]:
    """Positions after a fill, and the profit it realises. One side: sizes add and the entry is
    the average (inverse: harmonic); the other side is closed first when netting.
    """
    rest: list[Position] = []
    realised = ZERO
    for one in positions:
        if one.symbol != new.symbol or (one.side != new.side and not netting):
            rest.append(one)
        elif one.side == new.side:
            size = one.size + new.size
            cost = _value(one.instrument, one.size, one.entry)
            cost += _value(new.instrument, new.size, new.entry)
            many = size * one.instrument.multiplier
            entry = many / cost if one.instrument.kind == "inverse" else cost / many
            new = replace(new, size=size, entry=entry, mark=one.mark)
        else:
            closed = min(one.size, new.size)
            realised += profit_between(one, closed, new.entry)
            if one.size > closed:
                rest.append(replace(one, size=one.size - closed))
            new = replace(new, size=new.size - closed)
    if new.size > 0:
        rest.append(new)
    return tuple(rest), realised


def profit_between(one: Position, size: Fraction, price: Fraction) -> Fraction:
    """Profit of closing `size` of a position at `price`, in settlement money."""
    opened = _value(one.instrument, size, one.entry)
    closed = _value(one.instrument, size, price)
    return one.side * (opened - closed if one.instrument.kind == "inverse" else closed - opened)
