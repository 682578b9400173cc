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
    ({"wallet": None}, "needs margin or leverage"),
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


LEG = {"symbol": "BTCUSDT", "side": "long", "size": "10", "entry": "50000"}
ORDER = {"symbol": "BTCUSDT", "side": "buy", "size": "1", "price": "49000"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"leverage": "500"}, "leverage 500 is above 125, the most made@1 allows at 49000"),
        ({"symbol": "SOLUSDT", "size": "1e8"}, "over 10000000, the end of the last tier"),
        ({"leverage": "20"}, "leverage 20 beside the position with leverage 10; a symbol has one"),
        ({"reduce_only": "no"}, "reduce_only: 'no' is neither true nor false"),
        ({"reduce_only": 0}, "reduce_only: 0 is neither true nor false"),
        ({"reduceOnly": True}, "order: 'reduceOnly' is not a field; did you mean reduce_only?"),
        ({"pirce": "1"}, "order: 'pirce' is not a field; did you mean price?"),
    ],
)
def test_orders_are_checked_as_positions_are(change: dict[str, object], words: str) -> None:
    account = Account(VENUE, wallet="100000", positions=[{**LEG, "leverage": "10"}])
    for ask in (account.order_margin, lambda order: account.with_(orders=[order])):
        with pytest.raises(solvent.InputError) as caught:
            ask({**ORDER, **change})
        assert words in str(caught.value), str(caught.value)


def test_orders_beside_a_rate_of_ones_own_have_no_published_limit() -> None:
    held = {"symbol": "SOLUSDT", "side": "long", "size": "10", "entry": "50000", "mmr": "0.01"}
    order = {"symbol": "SOLUSDT", "side": "buy", "size": "1e8", "price": "49000"}
    account = Account(VENUE, wallet="1e12", positions=[held])
    assert account.with_(orders=[order]).evaluate().maintenance == 5000


def test_orders_of_one_symbol_share_a_leverage() -> None:
    orders = [{**ORDER, "leverage": "20"}, {**ORDER, "leverage": "25"}]
    with pytest.raises(solvent.InputError, match="leverage 25 beside the order with leverage 20"):
        Account(VENUE, wallet="100000", orders=orders)
    both = Account(VENUE, wallet="100000", orders=[orders[0], orders[0]])
    assert both.initial_margin().exact == 2 * 2450


def test_the_word_false_does_not_reduce() -> None:
    account = Account(VENUE, wallet="100000", positions=[{**LEG, "leverage": "10"}])
    assert account.order_margin({**ORDER, "reduce_only": "false"}).initial == 5000
    assert account.order_margin({**ORDER, "reduce_only": "True"}).initial == 0
    assert account.order_margin({**ORDER, "leverage": "10"}).initial == 5000


@pytest.mark.parametrize(
    ("wallet", "collateral", "words"),
    [
        ({"BTC": "1"}, {}, "wallet BTC: its positions settle in USDT, so this amount would not"),
        (
            {"USDT": "5", "BTC": "1"},
            {"ETH": ("1", "2000")},
            "wallet BTC: this account counts in USDT",
        ),
        ({"USDT": "5", "USDC": "1"}, {}, "wallet USDC: its positions settle in USDT"),
    ],
)
def test_money_that_no_bucket_counts_is_refused(
    wallet: dict[str, str], collateral: dict[str, object], words: str
) -> None:
    held = {name: {"amount": a, "price": p, "weight": 1} for name, (a, p) in collateral.items()}  # type: ignore[misc]
    with pytest.raises(solvent.InputError) as caught:
        Account(VENUE, wallet=wallet, positions=[LEG], collateral=held)
    assert words in str(caught.value), str(caught.value)


def test_sums_that_would_be_dropped_or_counted_twice_are_refused() -> None:
    one = {**LEG, "leverage": "10"}
    for more in ({"collateral": {"USDT": "5"}}, {"other_profit": "5"}, {"other_maintenance": "5"}):
        with pytest.raises(
            solvent.InputError, match="isolated positions have nothing but their own"
        ):
            Account(VENUE, positions=[one], mode="isolated", **more)  # type: ignore[arg-type]
    with pytest.raises(solvent.InputError, match="wallet BTC: its positions settle in USDT"):
        Account(VENUE, positions=[LEG], mode="isolated", wallet={"BTC": "1"})
    coin = {"symbol": "BTCUSD", "side": "long", "size": "100", "entry": "50000"}
    both = Account(VENUE, wallet={"USDT": "20000", "BTC": "1"}, positions=[LEG, coin],
                   other_profit="5")  # fmt: skip
    with pytest.raises(solvent.InputError, match="positions settle in USDT and BTC, and the sums"):
        both.equity("BTCUSDT")


def test_an_unknown_wallet_is_not_an_empty_one() -> None:
    account = Account(VENUE, positions=[LEG])
    for ask in (
        account.equity,
        account.headroom,
        account.effective_leverage,
        account.liquidation_price,
        account.bankruptcy_prices,
        account.closing,
        account.zero_price,
        lambda: account.max_size("BTCUSDT", "long", "10"),
        lambda: account.margin_to_add("40000"),
        lambda: account.runway("0.0001"),
        lambda: account.funding("0.0001"),
        lambda: account.order_margin(ORDER),
    ):
        with pytest.raises(solvent.InputError, match="wallet is missing; give the money"):
            ask()
    assert account.maintenance_margin().exact == 3700
    coin = {"symbol": "BTCUSD", "side": "long", "size": "100", "entry": "50000"}
    half = Account(VENUE, wallet={"USDT": "20000"}, positions=[LEG, coin])
    with pytest.raises(solvent.InputError, match="there is USDT, but BTC is missing"):
        half.liquidation_price("BTCUSD")
    assert half.liquidation_price("BTCUSDT").exact is not None


@pytest.mark.parametrize(
    ("preset", "words"),
    [
        (
            "aave-v3",
            "has rules of lending, not of an account of perpetuals; ask solvent.venues.loan",
        ),
        ("binance-spot-margin", "has rules of spot-margin, .*; ask solvent.venues.loan"),
        ("okx-pm", "no liquidation rules .*; ask solvent.venues.scenario_margin"),
        ("span", "no liquidation rules .*; ask solvent.venues.scenario_margin"),
        ("deribit-pm", "no liquidation rules .*; ask solvent.venues.scenario_margin"),
        ("bybit-options", "no liquidation rules .*; ask solvent.venues.option_margin"),
        ("gmx-v2", 'gmx-v2@.* has isolated margin, not cross; give mode="isolated"'),
    ],
)
def test_rules_that_are_not_an_accounts_are_not_asked(preset: str, words: str) -> None:
    one = {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000", "mmr": "0.1"}
    with pytest.raises(solvent.InputError, match=words):
        Account(preset, wallet="10000", positions=[one]).liquidation_price()
    assert Account("binance-pm", wallet="10000", positions=[one]).liquidation_price().exact


def test_portfolio_margin_is_not_answered_with_cross_margin() -> None:
    with pytest.raises(solvent.InputError, match=r"margin, not portfolio; ask .*scenario_margin"):
        Account("okx", wallet="10000", mode="portfolio")
    with pytest.raises(solvent.InputError, match="has cross margin, not isolated"):
        Account("deribit", wallet="1", mode="isolated")


def test_an_isolated_venue_answers_the_one_liner() -> None:
    found = solvent.liquidation_price(
        "gmx-v2", symbol="BTC", side="long", size="1", entry="50000", wallet="5000"
    )
    assert found.exact is not None


def test_estimates_say_that_text_is_not_a_number() -> None:
    account = Account(VENUE, wallet="60000", positions=[LEG])
    with pytest.raises(solvent.InputError, match=r"volatility: '0\.6' is not a number"):
        account.hit_probability("0.6", 7)  # type: ignore[arg-type]
    with pytest.raises(solvent.InputError, match="days: '7' is not a number"):
        account.size_for_probability("BTCUSDT", "long", "50000", 0.01, 0.6, "7")  # type: ignore[arg-type]


def test_a_numpy_float_is_shown_as_its_number() -> None:
    numpy = pytest.importorskip("numpy")
    with pytest.raises(solvent.InputError) as caught:
        Account(VENUE, wallet=numpy.float64(0.1))
    assert 'write it as text: "0.1"' in str(caught.value)


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


@pytest.mark.parametrize(("mode", "says"), [("crosss", "crosss"), ("cross", "wallet is missing")])
def test_a_mode_given_without_a_wallet_is_read(mode: str, says: str) -> None:
    with pytest.raises(solvent.InputError, match=says):
        solvent.liquidation_price(
            "binance-usdm",
            symbol="BTCUSDT",
            side="long",
            size="1",
            entry="50000",
            leverage="20",
            mode=mode,
        )
