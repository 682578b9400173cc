"""Explain trees add up: random accounts' figures are computed again from the leaves."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from tests.test_calculator_reference import account_of, random_bucket
from tests.trees import assert_adds_up, wrong

from solvent.margin.explain import Term
from solvent.venues import Account
from solvent.venues.numbers import InputError
from solvent.venues.preset import Collateral
from solvent.venues.presets import catalogue
from solvent.venues.result import Told

F = Fraction
ACCOUNTS = 60
VENUES = ("binance-usdm", "binance-coinm", "bybit", "bybit@2024", "bybit-inverse", "okx", "kucoin",
          "phemex", "gate", "bitget", "bitmex", "kraken-futures", "deribit", "hyperliquid",
          "synthetix-v3", "drift-v2", "dydx-v4")  # fmt: skip


def random_account(rng: Random, venue: str) -> Account:
    """One or two positions of a shipped preset and orders on either side."""
    version = catalogue.version(venue)
    listed = [one for one in version.instruments.values() if one.kind in ("linear", "inverse")
              and one.table]  # fmt: skip
    chosen = rng.sample(listed, min(len(listed), rng.choice((1, 1, 2))))
    chosen = [one for one in chosen if one.settle == chosen[0].settle]
    positions: list[dict[str, Any]] = []
    orders: list[dict[str, Any]] = []
    for one in chosen:
        price = F(rng.randint(100, 900), 10) if one.base not in ("BTC", "XBT") else F(50_000)
        lot = (one.lot or F(1, 1000)) * one.contract_size
        size = lot * rng.randint(1, 200)
        setting = {"leverage": rng.choice((2, 5, 10))} if rng.random() < 0.6 else {}
        positions.append({"symbol": one.symbol, "side": rng.choice(("long", "short")), "size": size,
                          "entry": price, "mark": price * rng.choice((F(1), F(5, 4))), **setting})  # fmt: skip
        for side in ("buy", "sell"):
            if rng.random() < 0.5:
                orders.append({"symbol": one.symbol, "side": side, "size": lot * rng.randint(1, 400),
                               "price": price * F(rng.randint(90, 110), 100)})  # fmt: skip
    mode = "cross" if "cross" in (version.rules.modes if version.rules else ()) else "isolated"
    worth = sum(
        one["size"] / one["entry"] if kind.kind == "inverse" else one["size"] * one["entry"]
        for one, kind in zip(positions, chosen, strict=True)
    )
    wallet = {chosen[0].settle: (worth * F(rng.randint(20, 90), 100)).limit_denominator(10**8)}
    return Account(venue, wallet=wallet, positions=positions, orders=orders, mode=mode)


def leveraged(account: Account) -> Account:
    """With a leverage setting: made-up tables publish no initial rate."""
    return account.with_(positions=[replace(one, leverage=F(5)) for one in account.positions])


@pytest.mark.parametrize("venue", VENUES)
def test_trees_of_random_accounts_of_a_venue(venue: str) -> None:
    rng = Random(venue)
    seen = 0
    for _ in range(20):
        account = random_account(rng, venue)
        for name in ("initial_margin", "maintenance_margin", "closing_fee_held", "headroom"):
            answer = getattr(account, name)()
            if answer.exact is not None:
                assert answer.explain().value == answer.exact
                assert_adds_up(answer.explain())
                seen += 1
    assert seen > 20


def test_trees_of_random_accounts_with_collateral() -> None:
    rng = Random(3)
    for _ in range(ACCOUNTS):
        account = leveraged(account_of(random_bucket(rng)))
        for answer in (account.initial_margin(), account.maintenance_margin(), account.headroom()):
            assert answer.explain().value == answer.exact is not None
            assert_adds_up(answer.explain())


def test_the_worse_side_and_its_value_are_in_the_tree() -> None:
    """0.2 BTC held and 0.2 BTC bought: 0.04 BTC is a tenth of 0.4, not of 0.2."""
    one = {"symbol": "BTCUSD_PERP", "side": "long", "contracts": "100", "entry": "50000",
           "leverage": "10"}  # fmt: skip
    order = {"symbol": "BTCUSD_PERP", "side": "buy", "contracts": "100", "price": "50000"}
    account = Account("binance-coinm", wallet={"BTC": "2"}, positions=[one], orders=[order])
    tree = account.initial_margin().explain()
    values = {name: (tree.find(name) or Term("")).value for name in ("notional", "worse side")}
    assert values == {"notional": F("0.4"), "worse side": 20_000}
    assert tree.value == F("0.04")


@pytest.mark.parametrize(
    ("venue", "worth"), [("bybit", 45_000), ("phemex", 45_000), ("kucoin", 55_000)]
)
def test_the_fee_to_close_is_a_term(venue: str, worth: int) -> None:
    """On 50,000 less a tenth; at KuCoin, of longs too, on 50,000 and a tenth."""
    symbol = {"bybit": "BTCUSDT", "phemex": "BTCUSDT", "kucoin": "XBTUSDTM"}[venue]
    one = {"symbol": symbol, "side": "long", "size": "1", "entry": "50000", "leverage": "10"}
    found = Account(venue, wallet="9000", positions=[one]).initial_margin()
    fee = found.explain().find("fee to close")
    rate = catalogue.version(venue).instruments[symbol].taker_fee
    assert fee is not None
    assert fee.value == worth * rate
    assert found.exact == 5000 + worth * rate


def test_deribits_initial_rate_is_its_slope() -> None:
    one = {"symbol": "BTC-PERPETUAL", "side": "short", "size": "100000", "entry": "50000"}
    tree = Account("deribit@2022-01", wallet={"BTC": 5}, positions=[one]).initial_margin().explain()
    rate = tree.find("initial rate")
    assert rate is not None
    assert rate.formula == "base + per unit of value x value"
    assert [term.value for term in rate.terms] == [F("0.02"), F("0.00005"), 2]
    assert rate.value == F("0.0201")


def test_the_leverage_assumed_is_said() -> None:
    one = {"symbol": "BTCUSDT", "side": "long", "size": "10", "entry": "50000"}
    account = Account("binance-usdm@2026-09", wallet="20000", positions=[one])
    assert "no leverage given, so the tier's largest, 100x" in str(account.initial_margin())
    given = account.with_(positions=[{**one, "leverage": 20}])
    assert "leverage" not in str(given.initial_margin())


def test_the_checker_sees_a_wrong_figure() -> None:
    one = {"symbol": "BTCUSDT", "side": "long", "size": "10", "entry": "50000", "leverage": 20}
    tree = Account("bybit", wallet="90000", positions=[one]).initial_margin().explain()
    assert not list(wrong(tree))
    leg = tree.terms[0]
    for number, term in enumerate(leg.terms):
        if isinstance(term.value, Fraction):
            changed = list(leg.terms)
            changed[number] = replace(term, value=term.value + 1)
            assert list(wrong(replace(leg, terms=tuple(changed)))), term.name


def test_steps_of_a_weight_are_terms() -> None:
    one = {"symbol": "BTC-USDT-SWAP", "side": "long", "size": "1", "entry": "50000"}
    version = catalogue.version("okx")
    rows = ((F(10), F(1)), (F(20), F("0.9")), (None, F("0.8")))
    weighed = replace(version, collateral={"BTC": Collateral("BTC", "margin", rows)})
    held = {"BTC": ("30", "50000")}
    account = Account(weighed, wallet="1000", positions=[one], collateral=held)
    tree = account.equity().explain()
    assert_adds_up(tree)
    counted = tree.find("counted")
    assert counted is not None
    assert counted.value == 10 + 9 + 8


# ---------------------------------------------------------------------- results of several figures


def results(account: Account, symbol: str) -> list[Told]:
    """Every question of an account whose answer has several figures; refusals are left out."""
    position = account.positions[0]
    lot = position.size / 2
    order = {"symbol": symbol, "side": "buy", "size": position.size, "price": position.mark * 2}
    side = "long" if position.side > 0 else "short"
    asked: list[Callable[[], Told]] = [
        lambda: account.order_margin(order),
        lambda: account.closing(symbol, lot, position.mark * F(9, 10), side),
        lambda: account.closing(symbol, side=side),
        lambda: account.funding("0.0003", symbol, side),
        lambda: account.liquidation_cost(symbol, side),
        lambda: account.liquidation_cost(symbol, side, slippage="0.001"),
        lambda: account.sensitivities(symbol, side),
        lambda: account.ratio(symbol),
    ]
    found = []
    for one in asked:
        with contextlib.suppress(InputError):
            found.append(one())
    return found


FIGURES = {
    "OrderCost": "cost", "Closing": "headroom_after", "Funding": "total", "Shown": "value",
}  # fmt: skip


@pytest.mark.parametrize("venue", VENUES)
def test_results_of_a_venue_say_their_preset_and_add_up(venue: str) -> None:
    rng = Random(venue + "results")
    seen: set[str] = set()
    for _ in range(4):
        account = random_account(rng, venue)
        for one in results(account, account.positions[0].symbol):
            label, name = account.version.label, type(one).__name__
            assert label in str(one), name
            assert label == one.preset  # type: ignore[attr-defined]
            assert len(repr(one)) < 600
            assert "<ul>" in one._repr_html_()
            tree = one.explain()
            assert label in str(tree)
            assert_adds_up(tree)
            if name in FIGURES:
                assert tree.value == getattr(one, FIGURES[name])
            seen.add(name)
    assert len(seen) >= 5, seen


def test_results_of_random_accounts_with_collateral_add_up() -> None:
    rng, seen = Random(11), set()
    for _ in range(40):
        account = leveraged(account_of(random_bucket(rng)))
        for one in results(account, account.positions[0].symbol):
            assert_adds_up(one.explain())
            seen.add(type(one).__name__)
    assert {"OrderCost", "Closing", "Funding", "LiquidationCost", "Sensitivities"} <= seen


def test_a_liquidation_cost_is_the_difference_of_its_tree() -> None:
    one = {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000"}
    account = Account("binance-usdm@2026-09", wallet="20000", positions=[one])
    cost = account.liquidation_cost(slippage="0.001")
    tree = cost.explain()
    assert tree.value == cost.cost
    assert [term.value for term in tree.terms] == [cost.left_early, cost.liquidated]
    fee = tree.find("liquidation fee")
    assert fee is not None
    assert fee.value == cost.liquidation_fee


def test_an_account_is_named_in_short() -> None:
    one = {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000"}
    account = Account("binance-usdm@2026-09", wallet="20000", positions=[one])
    assert repr(account) == "Account('binance-usdm@2026-09', cross, 1 position)"
    order = {"symbol": "BTCUSDT", "side": "buy", "size": "1", "price": "49000"}
    weighed = {"amount": "1", "price": "50000", "weight": "0.95"}
    more = account.with_(orders=[order, order], collateral={"BTC": weighed})
    assert repr(more) == (
        "Account('binance-usdm@2026-09', cross, 1 position, 2 orders, 1 other asset)"
    )


def test_both_sides_have_one_tree() -> None:
    one = {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000"}
    account = Account("binance-usdm@2026-09", wallet="2000", positions=[one])
    both = account.liquidation_prices()
    assert [term.name for term in both.explain().terms] == ["liquidation price"] * 2
    assert "<ul>" in both._repr_html_()
