"""The largest size an account can open, and what a fill does to its positions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.margin.explain import Term, figure_text
from solvent.venues.numbers import InputError, Number
from solvent.venues.preset import Instrument
from solvent.venues.questions.arguments import funded
from solvent.venues.questions.buckets import isolated, paid
from solvent.venues.questions.limits import check_size
from solvent.venues.reading import Position, lot_size, positive, symbol_of
from solvent.venues.result import Answer
from solvent.venues.solver.evaluate import evaluate
from solvent.venues.solver.model import ZERO, Pool

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
    the tier's largest leverage and, with `fees`, the taker fee. What only closes the other side
    (`nets`) is always accepted, as venues do. Found by halving over whole lots beyond it; the
    condition only ever fails as the size grows.
    """
    if account.mode == "isolated":
        return max_isolated(account, symbol, side, leverage, price, fees=fees)
    instrument = symbol_of(account.version, symbol)
    lever = positive(leverage, "leverage")
    held = [one for one in account.positions if one.symbol == instrument.symbol]
    if price is None and not held:
        raise InputError(f"{instrument.symbol}: price is missing; give the price to open at")
    at = held[0].mark if price is None else positive(price, "price")
    mark = held[0].mark if held else at
    lot = lot_size(instrument)
    closed = closed_first(account, instrument, side)
    reducing = int(closed / lot)
    table, rate = (held[0].table, held[0].taker_fee) if held else (None, None)

    def position_of(lots: int) -> Position:
        return Position(instrument, side, lots * lot, at, mark, lever, table=table, taker_fee=rate)

    def check(lots: int) -> None:
        check_opened(account, position_of(lots))

    def fits(lots: int) -> bool:
        try:
            check(lots)
        except InputError:
            return False
        return affordable(account, position_of(lots), fees=fees)

    if table is None:
        check_size(account.version, position_of(1))
    low = reducing + most_lots(lambda lots: fits(reducing + lots))
    size = low * lot
    unit = instrument.quote if instrument.kind == "inverse" else instrument.base
    reason = "" if low else "not even one lot is covered"
    label = account.version.label

    def tree() -> Term:
        terms = [Term("leverage", lever, "x"), Term("price", at, instrument.quote)]
        if reducing:
            terms.append(Term("of it closing the other side", min(closed, size), unit))
        if low:
            terms += _sums(account, position_of(low), "after", fees=fees)
        try:
            check(low + 1)
        except InputError as limit:
            terms.append(Term("one lot more", None, note=str(limit)))
        else:
            terms += _sums(account, position_of(low + 1), "with one lot more", fees=fees)
        return Term("max size", size, unit, "most lots with equity >= initial", label, tuple(terms))

    return Answer("max size", size, figure_text(size), unit, label, reason=reason, _tree=tree)


def max_isolated(
    account: Account,
    symbol: str,
    side: int,
    leverage: Number,
    price: Number | None,
    *,
    fees: bool = False,
) -> Answer:
    """The largest new isolated position, in whole lots, whose initial margin at `price` (and with
    `fees` its taker fee) the wallet covers.
    """
    instrument = symbol_of(account.version, symbol)
    lever = positive(leverage, "leverage")
    if price is None:
        raise InputError(f"{instrument.symbol}: price is missing; give the price to open at")
    at, lot = positive(price, "price"), lot_size(instrument)
    free = account.wallet.get("", account.wallet.get(instrument.settle))
    if free is None:
        raise InputError(
            f"wallet is missing; give the {instrument.settle} that a new isolated position may take"
        )

    def needed(lots: int) -> Fraction:
        new = Position(instrument, side, lots * lot, at, at, lever)
        check_size(account.version, new)
        found = evaluate(isolated(account.version, new, (), None))
        fee = instrument.taker_fee * value_of(instrument, new.size, at) if fees else ZERO
        return (found.initial or ZERO) + fee

    def fits(lots: int) -> bool:
        try:
            return needed(lots) <= free
        except InputError:
            return False

    needed(1)
    low = most_lots(fits)
    unit = instrument.quote if instrument.kind == "inverse" else instrument.base
    label = account.version.label

    def tree() -> Term:
        terms = [
            Term("wallet", free, instrument.settle),
            Term("leverage", lever, "x"),
            Term("price", at, instrument.quote),
        ]
        if low:
            terms.append(Term("initial margin and fee", needed(low), instrument.settle))
        formula = "most lots with initial margin and fee <= wallet"
        return Term("max size", low * lot, unit, formula, label, tuple(terms))

    reason = "" if low else "not even one lot is covered"
    return Answer(
        "max size", low * lot, figure_text(low * lot), unit, label, reason=reason, _tree=tree
    )


def _sums(account: Account, new: Position, when: str, *, fees: bool) -> list[Term]:
    """Equity and initial margin once `new` is open."""
    after = evaluate(pool_with(account, new, fees=fees))
    money = after.pool.money
    return [
        Term(f"equity {when}", after.equity_after_orders, money),
        Term(f"initial margin {when}", after.initial, money),
    ]


def nets(account: Account, symbol: str) -> bool:
    """Whether a new position closes the other side first: not in hedge mode, nor where both sides
    are held already.
    """
    sides = {one.side for one in account.positions if one.symbol == symbol}
    return account.mode != "hedge" and len(sides) < 2


def closed_first(account: Account, instrument: Instrument, side: int) -> Fraction:
    """What a new position on that side only closes of the other; nothing in hedge mode."""
    if not nets(account, instrument.symbol):
        return ZERO
    return sum(
        (
            one.size
            for one in account.positions
            if one.symbol == instrument.symbol and one.side != side
        ),
        ZERO,
    )


def check_opened(account: Account, new: Position) -> None:
    """Refuse what the tiers do not allow, once `new` is merged with what is held on its side."""
    merged, _ = merge(account.positions, new, netting=nets(account, new.symbol))
    for one in merged:
        if one.symbol == new.symbol and one.side == new.side and one.table is None:
            check_size(account.version, one)


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
    after = evaluate(pool_with(account, new, fees=fees))
    if after.initial is None:
        raise InputError(f"{new.symbol}: no initial rate is published; give leverage")
    return after.equity_after_orders >= after.initial


def pool_with(account: Account, new: Position, *, fees: bool = False) -> Pool:
    """The bucket once `new` is open: what it closed is realised, its fee paid."""
    fee = ZERO
    if fees:
        rate = new.instrument.taker_fee if new.taker_fee is None else new.taker_fee
        fee = rate * value_of(new.instrument, new.size, new.entry)
    merged, profit = merge(account.positions, new, netting=nets(account, new.symbol))
    if any(one.symbol == new.symbol for one in merged):
        pool = funded(opened(account, merged), new.symbol)
    else:  # all of the symbol is closed: what is left of the bucket it was in
        pool = funded(account, new.symbol)
        pool = replace(pool, legs=tuple(leg for leg in pool.legs if leg.symbol != new.symbol))
    return paid(pool, new.instrument.settle, profit - fee)


def opened(account: Account, positions: tuple[Position, ...]) -> Account:
    """The account with these positions; money that none of them settles in is left aside where it
    had no position before.
    """
    settles = {one.instrument.settle for one in (*positions, *account.positions)}
    wallet = account.wallet
    if not account.holdings:
        wallet = {asset: held for asset, held in wallet.items() if not asset or asset in settles}
    return account.with_(positions=positions, wallet=wallet)


def value_of(instrument: Instrument, size: Fraction, price: Fraction) -> Fraction:
    """Value of a size at a price, in settlement money."""
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
            cost = value_of(one.instrument, one.size, one.entry)
            cost += value_of(new.instrument, new.size, new.entry)
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
    opened = value_of(one.instrument, size, one.entry)
    closed = value_of(one.instrument, size, price)
    return one.side * (opened - closed if one.instrument.kind == "inverse" else closed - opened)
