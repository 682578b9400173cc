"""Mistakes that people make: each gets one sentence that says what, the limit and what to do."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.test_calculator import VENUE, F

import solvent
from solvent.venues.account import Account

LONG = {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000", "wallet": "2500"}

REFUSED = [
    ({"leverage": "101", "size": "2"}, "leverage 101 is above 100, the most made@1 allows at 100000"),
    ({"symbol": "SOLUSDT", "size": "250"}, "12500000 USDT of notional, over 10000000, the end of"),
    ({"symbol": "XBTUSDTM", "size": "250"}, "if you mean 250 contracts, give contracts"),
    ({"side": "lnog"}, "side: 'lnog' is none of long, buy, short, sell"),
    ({"entry": "0"}, "entry: 0 given; a price must be greater than 0"),
    ({"entry": 0}, "entry: 0 given; a price must be greater than 0"),
    ({"mark": "-1"}, "mark: -1 given; a price must be greater than 0"),
    ({"size": "0"}, "size: 0 given; size must be greater than 0"),
    ({"size": 0.1}, "size: 0.1 is a float"),
    ({"wallet": 2500.0}, "wallet: 2500.0 is a float"),
    ({"entry": "fifty"}, "entry: 'fifty' is not a number"),
    ({"symbol": "BTCUSDC"}, "made@1 has no 'BTCUSDC'; did you mean BTCUSD or BTCUSDT"),
    ({"symbol": "ZZZ"}, "made@1 has no 'ZZZ'; it has BTC-C, BTCUSD"),
    ({"contracts": "3"}, "size is given beside contracts; give size (in BTC) or contracts"),
    ({"size": None}, "size is missing; give size (in BTC) or contracts (of 1 BTC each)"),
    ({"symbol": "BTCUSD", "size": "0.5"}, "0.5 is not a multiple of 100; size counts face value in USD"),
    ({"wallet": None}, "needs margin, wallet or leverage"),
    ({"margin": "1"}, "margin is given beside wallet"),
    ({"maintenance_amount": "5"}, "maintenance_amount: 5 given without mmr"),
    ({"mmr": "0.5 %"}, "mmr: '0.5 %' is not a number"),
    ({"mmr": "5"}, "mmr: 5 given; a maintenance rate is a share from 0 to below 1"),
    ({"symbol": None}, "symbol is missing; made@1 has BTC-C, BTCUSD"),
    ({"levrage": "5"}, "levrage is not an argument; did you mean leverage?"),
    ({"mode": "izolated"}, "mode: 'izolated' is none of isolated, cross, hedge, portfolio"),
    ({"entry": None}, "entry is missing"),
    ({"symbol": "BTC-C"}, "option contracts have no schedule of tiers"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), REFUSED)
def test_one_sentence(change: dict[str, object], words: str) -> None:
    with pytest.raises(solvent.InputError) as caught:
        solvent.liquidation_price(VENUE, **{**LONG, **change})
    message = str(caught.value)
    assert words in message, message
    assert "\n" not in message


@pytest.mark.parametrize(
    "change",
    [
        {"side": "Long "},
        {"side": "BUY"},
        {"symbol": "btc-usdt"},
        {"symbol": "BTC/USDT:USDT"},
        {"size": 1},
        {"size": Decimal("1.000")},
        {"entry": " 50_000 "},
        {"wallet": F(2500)},
    ],
)
def test_friendly_forms_are_the_same_question(change: dict[str, object]) -> None:
    plain = solvent.liquidation_price(VENUE, **LONG)
    assert solvent.liquidation_price(VENUE, **{**LONG, **change}) == plain


def test_the_accounts_own_sentences() -> None:
    account = Account(VENUE, wallet="5000", positions=[
        {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000"},
        {"symbol": "ETHUSDT", "side": "long", "size": "1", "entry": "2000"}])  # fmt: skip
    asked = {
        "symbol is missing; positions: BTCUSDT, ETHUSDT": lambda: account.liquidation_price(),
        "no position in BTCUSD": lambda: account.liquidation_price("BTCUSD"),
        "assumption: 'others' is none of": lambda: account.liquidation_price("BTCUSDT", "others"),
        "no beta for ETHUSDT": lambda: account.liquidation_price("BTCUSDT", "beta"),
        "betas: no position in SOL": lambda: account.liquidation_price(
            "BTCUSDT", "beta", {"SOL": "1"}
        ),
        "at most the position can be closed": lambda: account.closing("BTCUSDT", "2"),
        "target: 0 given": lambda: account.margin_to_add("0", "BTCUSDT"),
        "price is missing": lambda: account.max_size("SOLUSDT", "long", "5"),
        "order: price is missing": lambda: account.order_margin({"symbol": "BTCUSDT", "side": "buy"}),
        "shows no ratio": lambda: account.ratio(),
        "position: 'entri' is not a field; did you mean entry?": lambda: Account(
            VENUE, positions=[{"symbol": "BTCUSDT", "entri": "1"}]
        ),
        "publishes a weight for no asset; give weight": lambda: Account(
            VENUE, collateral={"DOGE": ("5", "0.1")}
        ),
        "price is missing; give (amount, price)": lambda: Account(VENUE, collateral={"ETH": "5"}),
        "weight 2 is not from 0 to 1": lambda: Account(
            VENUE, collateral={"ETH": {"amount": 1, "price": 1, "weight": 2}}
        ),
    }  # fmt: skip
    for words, ask in asked.items():
        with pytest.raises(solvent.InputError) as caught:
            ask()  # type: ignore[no-untyped-call]
        assert words in str(caught.value), str(caught.value)


def test_two_coins_need_two_wallets() -> None:
    positions = [
        {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000"},
        {"symbol": "BTCUSD", "side": "long", "size": "100", "entry": "50000"},
    ]
    with pytest.raises(solvent.InputError, match="positions settle in USDT and BTC"):
        Account(VENUE, wallet="5", positions=positions).pools()
    both = Account(VENUE, wallet={"usdt": "2500", "BTC": "0.001"}, positions=positions)
    assert list(both.pools()) == ["USDT", "BTC"]
    assert both.liquidation_price("BTCUSD").exact is not None
