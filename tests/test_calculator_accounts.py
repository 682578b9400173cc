"""Whose money an account's margin is, what is refused, and an account written down and read back."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from solvent.margin.explain import Term
from solvent.venues import Account, read_account
from solvent.venues.account_data import account_data
from solvent.venues.account_file import account_from
from solvent.venues.numbers import InputError
from solvent.venues.preset import Table, TierRow

F = Fraction
BTC = dict(symbol="BTCUSDT", side="long", size="1", entry="50000")
DERIBIT = dict(symbol="BTC-PERPETUAL", side="long", size="100000", entry="50000")


def test_isolated_margin_is_margin_then_leverage_then_wallet() -> None:
    def equity(**more: Any) -> Term:
        wallet = more.pop("wallet", None)
        account = Account(
            "binance-usdm@2021", mode="isolated", wallet=wallet, positions=[{**BTC, **more}]
        )
        found = account.equity().explain().find("margin")
        assert found is not None
        return found

    assert equity(margin="3000", leverage="20").value == 3000
    assert equity(margin="3000", wallet="9999").value == 3000
    assert (equity(leverage="20").value, equity(leverage="20").note) == (
        2500, "what leverage 20 asks for at entry",
    )  # fmt: skip
    assert equity(wallet="20000").note == "the wallet: no margin and no leverage is given"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            dict(mode="isolated", wallet="20000", positions=[{**BTC, "leverage": "20"}]),
            "wallet and leverage are given for an isolated position",
        ),
        (
            dict(mode="isolated", wallet="20000", positions=[BTC, {**BTC, "side": "short"}]),
            "needs margin or leverage .wallet counts where it is the only position",
        ),
        (
            dict(wallet="20000", positions=[{**BTC, "margin": "5000"}]),
            "margin 5000 is of an isolated position, and mode is cross",
        ),
        (dict(wallet="20000", positions=[BTC, BTC]), "BTCUSDT long is there twice"),
    ],
)
def test_money_that_would_not_count_is_refused(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        Account("binance-usdm@2021", **given).liquidation_price("BTCUSDT", side="long")


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT"])
def test_an_order_outside_isolated_positions_is_refused(symbol: str) -> None:
    sol = dict(symbol="SOLUSDT", side="long", size="1", entry="150", leverage="5")
    order = dict(symbol=symbol, side="buy", size="1", price="2500", leverage="5")
    for positions in ([], [sol]):
        with pytest.raises(InputError, match="no isolated position in it"):
            Account("binance-usdm", mode="isolated", positions=positions).order_margin(order)


def test_a_target_beyond_the_mark_is_said_to_liquidate_at_once() -> None:
    told = Account("binance-usdm@2021", wallet="20000", positions=[BTC]).margin_to_add("51000")
    assert "liquidated at the mark 50000 already" in told.reason


def test_what_was_printed_is_read_back_exactly() -> None:
    account = Account(
        "deribit",
        wallet={"USDC": F(1, 3)},
        positions=[{**DERIBIT, "entry": "50000.5", "taker_fee": "0.0001", "leverage": F(10, 3)}],
        orders=[dict(symbol="BTC-PERPETUAL", side="sell", size="10", price="50001")],
        collateral={"BTC": {"amount": "2.1", "price": "50000", "weight": "0.9"}},
        other_profit="-3",
    )
    printed = json.dumps({"account": account_data(account), "positions": [], "notes": []})
    again = account_from(printed, "json")
    assert again == account
    assert again.headroom().exact == account.headroom().exact


@pytest.mark.parametrize("orders", [3, "buy", {"symbol": "BTCUSDT"}])
def test_orders_of_a_file_are_a_list(orders: Any) -> None:
    data = {"preset": "binance-usdm@2021", "wallet": "5000", "positions": [BTC], "orders": orders}
    with pytest.raises(InputError, match="mine: orders is not a list of objects"):
        account_from(json.dumps(data), "json", "mine")


def test_read_account_takes_what_calc_printed(tmp_path: Any) -> None:
    account = Account("binance-usdm@2021", wallet="5000", positions=[BTC])
    file = tmp_path / "printed.json"
    file.write_text(json.dumps({"preset": "x", "account": account_data(account)}))
    assert read_account(file) == account


def test_a_table_of_a_schedule_counts_tiers_of_one_row() -> None:
    table = Table("own", "deduction", "s", rows=(TierRow(F(1), F("0.01")), TierRow(None, F(1))))
    account = Account("binance-usdm@2021", wallet="5000", positions=[BTC])
    many = account.with_(positions=(replace(account.positions[0], table=table),))
    with pytest.raises(InputError, match="a table of 2 rows has no place"):
        account_data(many)
