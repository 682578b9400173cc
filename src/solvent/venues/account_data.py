"""An account as plain data, every number exact, for JSON and for `account_file` to read back."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from solvent.margin.explain import figure_text
from solvent.venues.numbers import InputError
from solvent.venues.questions.holdings import Holding
from solvent.venues.reading import Position
from solvent.venues.solver.model import Order

if TYPE_CHECKING:
    from solvent.venues.account import Account


def account_data(account: Account) -> dict[str, Any]:
    """An account as plain data that `account_from` reads back: every number exact, as text.

    Raises InputError for a table or weights of several rows that are not the preset's: a file has
    no place for them.

    >>> from solvent.venues import Account
    >>> held = dict(symbol="BTCUSDT", side="long", size="10", entry="50000")
    >>> account_data(Account("binance-usdm@2021", wallet="20000", positions=[held]))["positions"]
    [{'symbol': 'BTCUSDT', 'side': 'long', 'size': '10', 'entry': '50000', 'mark': '50000'}]
    """
    wallet = {asset: plain(held) for asset, held in account.wallet.items()}
    data: dict[str, Any] = {
        "preset": account.version.label,
        "mode": account.mode,
        "wallet": wallet.get("", wallet) if wallet else None,
        "positions": [_position_data(account, one) for one in account.positions],
        "orders": [_order_data(one) for one in account.orders],
        "collateral": {one.asset: _holding_data(account, one) for one in account.holdings},
        "other_profit": account.other_profit and plain(account.other_profit),
        "other_maintenance": account.other_maintenance and plain(account.other_maintenance),
    }
    return {key: value for key, value in data.items() if value}


def plain(number: Fraction) -> str:
    """An exact number as text: a decimal, or "a/b" where that does not end.

    >>> plain(Fraction(1, 8)), plain(Fraction(1, 3))
    ('0.125', '1/3')
    """
    shown = figure_text(number)
    return str(number) if shown.endswith("…") else shown


def _position_data(account: Account, one: Position) -> dict[str, Any]:
    row = None if one.table is None else one.table.rows[0]
    if one.table is not None and len(one.table.rows) != 1:
        raise InputError(f"{one.symbol}: a table of {len(one.table.rows)} rows has no place here")
    listed = account.version.instruments.get(one.symbol)
    named = one.instrument
    numbers = {
        "size": one.size,
        "entry": one.entry,
        "mark": one.mark,
        "leverage": one.leverage,
        "margin": one.margin,
        "mmr": None if row is None else row.maintenance,
        "maintenance_amount": None if row is None else row.deduction or None,
        "taker_fee": one.taker_fee,
        "tick": None if listed and listed.tick == named.tick else named.tick or None,
        "contract_size": None
        if (listed.contract_size if listed else 1) == named.contract_size
        else named.contract_size,
    }
    data: dict[str, Any] = {
        "symbol": None if not listed and one.symbol == "position" else one.symbol,
        "side": "long" if one.side > 0 else "short",
        "kind": None if listed else named.kind,
        **{key: None if value is None else plain(value) for key, value in numbers.items()},
    }
    return {key: value for key, value in data.items() if value is not None}


def _order_data(one: Order) -> dict[str, Any]:
    data: dict[str, Any] = {
        "symbol": one.symbol,
        "side": "buy" if one.side > 0 else "sell",
        "size": plain(one.size),
        "price": plain(one.price),
    }
    if one.reduce_only:
        data["reduce_only"] = True
    return data if one.leverage is None else {**data, "leverage": plain(one.leverage)}


def _holding_data(account: Account, one: Holding) -> dict[str, str]:
    data = {"amount": plain(one.amount), "price": plain(one.price)}
    table = account.version.collateral.get(one.asset)
    if one.rows and (table is None or table.rows != one.rows):
        if len(one.rows) > 1:
            raise InputError(f"collateral {one.asset}: weights of several rows have no place here")
        data["weight"] = plain(one.rows[0][1])
    return {**data, "maintenance": plain(one.maintenance)} if one.maintenance else data
