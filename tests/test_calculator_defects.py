"""Answers that were once wrong: each in the money it counts in, by the rule the venue applies."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from solvent.venues import Account, compare
from solvent.venues.numbers import InputError
from solvent.venues.preset import Instrument, Rules, Source, Table, Version
from solvent.venues.solver.evaluate import evaluate
from solvent.venues.solver.explaining import profit_term
from solvent.venues.solver.model import Leg, Pool, one_row

F = Fraction
BTC = dict(symbol="BTCUSDT", side="long", size="1", entry="50000")
COIN = dict(symbol="BTCUSD_PERP", side="long", size="100000", entry="50000")
DERIBIT = dict(symbol="BTC-PERPETUAL", side="long", size="100000", entry="50000")


def pooled(weight: str = "0.8", **more: Any) -> Account:
    """An inverse long whose BTC counts at a weight in a dollar account."""
    held = {"BTC": {"amount": "1", "price": "50000", "weight": weight}}
    given: dict[str, Any] = {"positions": [COIN], "wallet": {"USD": "1000"}, **more}
    return Account("binance-coinm@2021-07", collateral=held, **given)


# ------------------------------------------------------------------------ the money of an answer


def test_the_loss_of_an_inverse_order_is_in_coin() -> None:
    account = Account("binance-coinm@2021-07", wallet={"BTC": "1"}, positions=[COIN])
    cost = account.order_margin(
        dict(symbol="BTCUSD_PERP", side="buy", size="100", price="51000", leverage=None)
    )
    assert cost.loss == F(100, 50000) - F(100, 51000)


def test_funding_is_paid_out_of_collateral_at_its_weight() -> None:
    account = pooled()
    paid = account.funding("0.001")
    assert paid.total == -100
    assert paid.headroom_after == account.headroom().exact - F("0.8") * 100
    empty = F(50_000, 300)  # days until the coin is gone and a debt begins, counted in full
    left = account.headroom().exact - empty * 300 * F("0.8")
    assert account.runway("0.001").exact == empty + left / 300


def test_funding_of_two_monies_is_not_added_up() -> None:
    eth = dict(symbol="ETH-PERPETUAL", side="long", size="1000", entry="2500")
    account = Account("deribit", wallet={"BTC": "1", "ETH": "5"}, positions=[DERIBIT, eth])
    with pytest.raises(InputError, match="positions settle in BTC and ETH"):
        account.funding("0.001")
    assert account.funding("0.001", "ETH-PERPETUAL").total == F(-1, 2500)


def test_the_cost_of_liquidation_is_in_the_money_of_the_bucket() -> None:
    cost = pooled(wallet={"USD": "-30000"}).liquidation_cost()
    assert cost.exit_fee == 100_000 * F("0.0005")


def test_no_exit_is_earlier_than_a_liquidation_that_is_due() -> None:
    account = Account("binance-usdm@2021", wallet="100", positions=[BTC])
    with pytest.raises(InputError, match="liquidated at the mark already"):
        account.liquidation_cost()
    assert account.hit_probability(0.6, 1) == 1
    (row,) = compare(["binance-usdm@2021"], {**BTC, "wallet": "100"})
    assert (row.liquidatable, row.problem) == (True, "")


def test_the_sensitivity_to_funding_is_that_of_its_payment() -> None:
    account = pooled(wallet={"USD": "-30000"})
    told = account.sensitivities()
    rate = F(1, 10**9)
    coin = 1 - rate * F(100_000, 50_000)
    held = {"BTC": {"amount": coin, "price": "50000", "weight": "0.8"}}
    after = Account(
        "binance-coinm@2021-07", collateral=held, positions=[COIN], wallet={"USD": "-30000"}
    )
    moved = (after.liquidation_price().exact - told.price) / rate
    assert abs(moved / told.to_funding - 1) < F(1, 10**6)


@pytest.mark.parametrize("weight", ["1", "0.8"])
def test_closing_a_slice_at_the_zero_price_leaves_the_ratio(weight: str) -> None:
    account = pooled(weight, wallet={"USD": "-20000"})
    zero = account.zero_price(size="40000").exact
    before = account.evaluate()
    instrument = account.version.instruments["BTCUSD_PERP"]
    free = {**account.version.instruments, "BTCUSD_PERP": replace(instrument, taker_fee=F(0))}
    version = replace(account.version, instruments=free)
    held = {"BTC": {"amount": "1", "price": "50000", "weight": weight}}
    again = Account(version, collateral=held, positions=[COIN], wallet={"USD": "-20000"})
    after = again.closing(size="40000", price=zero).after
    assert after.equity * before.requirement == before.equity * after.requirement


def test_more_than_the_position_has_no_zero_price() -> None:
    account = Account("binance-usdm@2021", wallet="5000", positions=[BTC])
    with pytest.raises(InputError, match="closing 2 of a position of 1"):
        account.zero_price(size="2")


# ------------------------------------------------------------------------------ whose rule it is


def test_the_rest_of_a_kucoin_close_is_judged_on_its_share() -> None:
    xbt = dict(symbol="XBTUSDTM", side="long", size="0.4", entry="50000")
    eth = dict(symbol="ETHUSDTM", side="long", size="4", entry="2500")
    account = Account("kucoin", wallet="5000", positions=[xbt, eth])
    closing = account.closing("XBTUSDTM", size="0.2")
    left = Account("kucoin", wallet=5000 - closing.fee, positions=[{**xbt, "size": "0.2"}, eth])
    assert closing.liquidation_price is not None
    assert closing.liquidation_price.exact == left.liquidation_price("XBTUSDTM").exact


def test_a_close_that_leaves_a_hedge_has_a_price_on_the_other_side() -> None:
    short = {**BTC, "side": "short", "size": "4"}
    account = Account("binance-usdm@2021", wallet="9000", positions=[{**BTC, "size": "5"}, short])
    found = account.closing(size="0.99", side="long").liquidation_price
    assert found is not None
    assert found.exact is not None
    assert found.exact > 50000


def test_collateral_follows_the_contract_asked_about_in_any_order() -> None:
    linear = dict(symbol="BTC_USDC-PERPETUAL", side="short", size="1", entry="50000")
    held = {"BTC": {"amount": "2", "price": "50000", "weight": "0.9"}}
    asked = [
        Account("deribit", positions=order, collateral=held, wallet={"USDC": "-60000"})
        for order in ([DERIBIT, linear], [linear, DERIBIT])
    ]
    for symbol in ("BTC-PERPETUAL", "BTC_USDC-PERPETUAL"):
        one, two = (account.liquidation_prices(symbol) for account in asked)
        assert (one.down.exact, one.up.exact) == (two.down.exact, two.up.exact)


def test_a_beta_below_zero_stays_where_prices_are_positive() -> None:
    linear = dict(symbol="SOL_USDC-PERPETUAL", side="short", size="10", entry="150")
    held = {"BTC": {"amount": "2", "price": "50000", "weight": "0.9"}}
    account = Account(
        "deribit", positions=[DERIBIT, linear], collateral=held, wallet={"USDC": "-60000"}
    )
    found = account.liquidation_prices("SOL_USDC-PERPETUAL", "beta", betas={"BTC-PERPETUAL": "-1"})
    assert found.down.safe_tick is not None or found.down.reason


def test_a_rate_that_meets_its_cap_bends_the_curve() -> None:
    """Beyond 19,800 BTC the rate is 100 %, and the headroom of a short stays where it is."""
    rules = Rules("s", strict=True)
    table = Table("t", "slope", "s", "notional", base=F("0.01"), per_size=F("0.00005"), cap=F(1, 2))
    listed = Instrument(
        "X", "inverse", "BTC", "USD", "BTC", tick=F(1, 2), lot=F(1), source="s", table="t"
    )
    source = Source("s", "made up", date(2026, 1, 1), "recalled")
    version = Version(
        "made-up", "one", date(2026, 1, 1), "live", {"s": source},
        rules=rules, tables={"t": table}, instruments={"X": listed},
    )  # fmt: skip
    short = dict(symbol="X", side="short", size="10000000", entry="50000")
    account = Account(version, wallet={"BTC": "20"}, positions=[short])
    down = account.liquidation_prices().down
    assert (
        down.reason == "no price below 50000 violates it"
    )  # equity = 20 + N - 200 is over N / 2 wherever N >= 9,800
    assert evaluate(account.pool(), {"X": F(1000)}).headroom > 0


def test_the_fee_at_bankruptcy_is_that_of_the_instrument_alone() -> None:
    """Collateral of which there is none changes nothing."""
    other = dict(symbol="RVNUSDT", side="long", size="100000", entry="0.03")
    given: dict[str, Any] = dict(wallet={"USDT": "6000"}, positions=[BTC, other])
    held = {"XYZ": {"amount": "0", "price": "10", "weight": "1"}}
    plain = Account("bybit@2026", **given).bankruptcy_price("BTCUSDT").exact
    assert Account("bybit@2026", collateral=held, **given).bankruptcy_price("BTCUSDT").exact == (
        plain
    )


# ------------------------------------------------------------------------------ orders and sizes


def test_orders_of_hedge_mode_open_and_do_not_net() -> None:
    order = dict(symbol="BTCUSDT", side="sell", size="1", price="50000")
    held = {**BTC, "leverage": "10"}
    netted = Account("binance-usdm@2021", wallet="20000", positions=[held], orders=[order])
    hedged = netted.with_(mode="hedge")
    assert netted.initial_margin().exact == 5000
    assert hedged.initial_margin().exact == 10000
    both = netted.with_(positions=[held, {**held, "side": "short"}])
    assert both.initial_margin().exact == 15000


def test_the_largest_size_beside_both_sides_does_not_depend_on_their_order() -> None:
    legs = [{**BTC, "leverage": "10"}, {**BTC, "side": "short", "leverage": "10"}]
    sizes = {
        Account("binance-usdm@2021", wallet="20000", positions=order).max_size(
            "BTCUSDT", "short", "10"
        ).exact
        for order in (legs, legs[::-1])
    }  # fmt: skip
    assert sizes == {F(2)}


def test_an_initial_rate_that_grows_with_the_size_is_not_rounded() -> None:
    held = dict(symbol="BTC", side="short", size="2.6176", entry="37700")
    order = dict(symbol="BTC", side="sell", size="1.8174", price="37700")
    account = Account("synthetix-v3@2024", wallet="99999", positions=[held], orders=[order])
    table = account.version.tables[account.version.instruments["BTC"].table]
    size = F("2.6176") + F("1.8174")
    rate = table.initial_base + table.initial_per_size * size  # type: ignore[operator]
    assert account.initial_margin().exact == rate * size * 37700


def test_an_order_alone_on_a_schedule_of_values_is_answered() -> None:
    order = dict(symbol="BTC-PERPETUAL", side="buy", size="100", price="50000")
    told = Account("deribit", wallet="1", orders=[order]).initial_margin()
    assert told.exact == F("0.002") * (F("0.02") + F("0.00005") * F("0.002"))
    sold = dict(order, side="sell", size="300000")  # 6 coins against a long of 2
    beside = Account("deribit", wallet="1", positions=[DERIBIT], orders=[sold]).initial_margin()
    assert beside.exact == 4 * (F("0.02") + F("0.00005") * 4)


def test_the_profit_of_a_quanto_contract_names_its_multiplier() -> None:
    leg = Leg("X", "quanto", 1, F(10), F(100), F(120), one_row("0.01"), multiplier=F(1, 1000))
    quanto, linear = (
        profit_term(evaluate(Pool(Rules("s"), F(9), (one,))).parts[0], "USDT")
        for one in (leg, replace(leg, kind="linear", multiplier=F(1)))
    )
    assert (quanto.value, quanto.formula) == (F(1, 5), "10 x (120 - 100) x 0.001")
    assert (linear.value, linear.formula) == (200, "10 x (120 - 100)")


def test_the_collateral_of_a_tree_is_the_sum_below_it() -> None:
    tree = pooled(positions=[{**COIN, "mark": "40000"}]).equity().explain()
    amount = tree.find("amount")
    assert amount is not None
    assert amount.value == sum(F(term.value) for term in amount.terms)  # type: ignore[arg-type]
    assert tree.value == sum(F(term.value) for term in tree.terms)  # type: ignore[arg-type]


# ----------------------------------------------------------------------- found by a second reader


def test_a_venue_with_one_position_a_symbol_nets_both_sides() -> None:
    long = {"symbol": "BTC", "side": "long", "size": "2", "entry": "50000"}
    short = {**long, "side": "short", "size": "1"}
    with pytest.raises(InputError, match="hyperliquid@2025 nets them to one position"):
        Account("hyperliquid@2025", wallet="3000", positions=[long, short])
    with pytest.raises(InputError, match="one position a symbol, not hedge mode"):
        Account("hyperliquid@2025", wallet="3000", positions=[long], mode="hedge")


def test_orders_alone_hold_the_same_in_any_order() -> None:
    """(49,000 + 48,000) / 20, and nothing is lost against a mark that nobody has named."""
    orders = [
        {"symbol": "BTCUSDT", "side": "buy", "size": "1", "price": price, "leverage": "20"}
        for price in ("49000", "48000")
    ]
    for rows in (orders, orders[::-1]):
        account = Account("binance-usdm@2026-09", wallet="20000", orders=rows)
        assert account.initial_margin().exact == 4850
        assert account.order_margin({**orders[0], "price": "52000"}).loss == 0


def test_orders_alone_of_an_inverse_contract_hold_their_value_in_coin() -> None:
    orders = [
        {"symbol": "BTCUSD_PERP", "side": "buy", "contracts": "100", "price": p, "leverage": "10"}
        for p in ("40000", "50000")
    ]
    account = Account("binance-coinm", wallet="1", orders=orders)
    assert account.initial_margin().exact == (F(10000, 40000) + F(10000, 50000)) / 10


def test_beyond_the_printed_table_the_answer_says_so() -> None:
    short = {"symbol": "BTC_USDT", "side": "short", "size": "24", "entry": "60000"}
    account = Account("gate@2026-08", wallet="200000", positions=[short])
    price = account.liquidation_price()
    assert "BTC_USDT is worth more there than 1500000, the end of the printed table" in price.reason
    assert not account.maintenance_margin().reason
    grown = Account("gate@2026-08", wallet="200000", positions=[{**short, "mark": "64000"}])
    assert "the end of the printed table" in grown.maintenance_margin().reason
    assert "printed table" not in account.bankruptcy_price().reason


def test_an_unknown_liquidation_fee_is_not_none() -> None:
    """OKX publishes none that was found, Hyperliquid says that it takes none."""
    held = {"side": "long", "size": "1", "entry": "50000"}
    okx = Account("okx@2025-07", wallet="5000", positions=[{**held, "symbol": "BTC-USDT-SWAP"}])
    cost = okx.liquidation_cost()
    assert (cost.liquidated, cost.liquidation_fee, cost.cost) == (None, None, None)
    free = Account("hyperliquid@2025", wallet="5000", positions=[{**held, "symbol": "BTC"}])
    cost = free.liquidation_cost()
    assert cost.liquidation_fee == 0
    assert cost.kept == cost.liquidated == 5000 + cost.violating_tick - 50000


def test_gmx_takes_its_closing_fee_on_the_size_at_entry() -> None:
    """2,500 - (50,000 - P) = 250 + 30: half a per cent of the size, and 0.06 % for the close."""
    held = {"symbol": "BTC", "side": "long", "size": "1", "entry": "50000", "margin": "2500"}
    account = Account("gmx-v2@2026", mode="isolated", positions=[held])
    assert account.liquidation_price().exact == 47780
    assert account.headroom().exact == 2220
    assert account.bankruptcy_price().exact == 47500


def test_portfolio_margin_has_the_ratio_of_its_preset() -> None:
    short = {"symbol": "BTCUSDT", "side": "short", "size": "2", "entry": "50000", "mmr": "0.004"}
    shown = Account("binance-pm@2024", wallet={"USDT": "10000"}, positions=[short]).ratio()
    assert (shown.name, shown.value, shown.liquidates_at) == ("uniMMR", 25, F("1.05"))


@pytest.mark.parametrize(("fees", "size"), [(False, "2"), (True, F(5000) / (2500 + 30))])
def test_the_largest_isolated_position_is_what_the_wallet_opens(fees: bool, size: Any) -> None:
    """GMX has isolated positions only: 5,000 at 20x opens two coins at 50,000."""
    import solvent

    found = solvent.max_size(
        "gmx-v2@2026", symbol="BTC", wallet="5000", leverage="20", price="50000", fees=fees
    )
    lot = F(1, 10**8)
    assert found.exact == (F(size) // lot) * lot
    account = Account("binance-usdm@2026-09", mode="isolated", wallet="2500")
    assert account.max_size("BTCUSDT", "short", "20", "50000").exact == 1
    assert account.max_size("BTCUSDT", "short", "20", "50000").explain().value == 1
    with pytest.raises(InputError, match="wallet is missing"):
        Account("gmx-v2@2026", mode="isolated").max_size("BTC", "long", "20", "50000")
    with pytest.raises(InputError, match="leverage 300 is above 200"):
        solvent.max_size("gmx-v2@2026", symbol="BTC", wallet="9", leverage="300", price="50000")


def test_two_marks_of_one_symbol_are_told_apart() -> None:
    legs = [{**BTC, "entry": "51000"}, {**BTC, "side": "short", "entry": "52000"}]
    account = Account("binance-usdm@2026-09", wallet="20000", positions=legs)
    with pytest.raises(
        InputError, match=r"the marks 51000 and 52000 .without a mark, a leg has its"
    ):
        account.liquidation_price()


def test_kucoin_reserves_its_fee_on_the_higher_value() -> None:
    """The payload of an ETHUSDTM long: posComm 0.05228309 of a cost of 83.787 at 25x."""
    held = {"symbol": "ETHUSDTM", "side": "long", "size": "0.02", "entry": "4189.35"}
    account = Account(
        "kucoin",
        mode="isolated",
        positions=[{**held, "leverage": "25", "margin": "3.40376309", "taker_fee": "0.0006"}],
    )
    found = account.evaluate()
    assert round(found.closing_fees, 8) == F("0.05228309")
    assert found.initial == F("83.787") / 25 + F("83.787") * F("1.04") * F("0.0006")
    price = account.liquidation_price().exact
    assert price is not None
    assert F("3.40376309") + (price - F("4189.35")) * F("0.02") == found.requirement


# ------------------------------------------------------------------------- found by a third reader

BYBIT = dict(symbol="BTCUSDT", side="buy", size="1", price="50000", leverage="10")


def test_an_order_holds_the_fee_to_close_that_its_position_would() -> None:
    """Bybit: 50,000 / 10 and 0.055 % of the 45,000 at the setting's bankruptcy price."""
    alone = Account("bybit@2026", wallet="5010").order_margin(BYBIT)
    assert (alone.initial, alone.accepted) == (F("5024.75"), False)
    held = {**BTC, "leverage": "10"}
    beside = Account("bybit@2026", wallet="20000", positions=[held], orders=[BYBIT])
    assert beside.initial_margin().exact == 2 * F("5024.75")
    turned = Account(
        "bybit@2026",
        wallet="20000",
        positions=[held],
        orders=[{**BYBIT, "side": "sell", "size": "3"}],
    )
    assert turned.initial_margin().exact == 10_000 + 2 * 55_000 * F("0.00055")


@pytest.mark.parametrize("venue", ["bybit@2026", "phemex@2024", "kucoin@2024-10"])
def test_without_a_leverage_the_fee_to_close_is_that_of_the_tiers_largest(venue: str) -> None:
    symbol = "XBTUSDTM" if venue.startswith("kucoin") else "BTCUSDT"
    one = {**BTC, "symbol": symbol}
    none = Account(venue, wallet="9000", positions=[one]).initial_margin()
    largest = none.reason.rsplit(", ", 1)[1].removesuffix("x")
    assert (
        none.exact
        == Account(venue, wallet="9000", positions=[{**one, "leverage": largest}])
        .initial_margin()
        .exact
    )


def test_gmx_takes_every_fee_on_the_size_at_entry() -> None:
    held = {"symbol": "ETH", "side": "long", "size": "10", "entry": "2500", "leverage": "10"}
    account = Account("gmx-v2@2026", mode="isolated", positions=[held])
    cost = account.liquidation_cost()
    assert (cost.exit_fee, cost.left_early, cost.liquidation_fee) == (15, 125, 50)
    assert cost.liquidated == F("89.9")
    assert account.closing(size="4", price="2300").fee == 6


def test_a_price_without_a_rational_root_still_has_a_distance() -> None:
    held = {"symbol": "BTC-PERPETUAL", "side": "long", "size": "40000", "entry": "40000"}
    account = Account("deribit@2022-01", wallet={"BTC": "0.2"}, positions=[held])
    price = account.liquidation_price()
    assert (price.exact, price.at) == (None, 33669)
    (row,) = compare(["deribit@2022-01"], {**held, "wallet": "0.2"})
    assert row.distance == F(40000 - 33669, 40000)
    days = account.runway("0.0001").exact
    assert days == account.headroom().exact / (F(1) * F("0.0001") * 3)


def test_small_amounts_are_printed_in_full() -> None:
    held = dict(symbol="BTCUSD_PERP", side="short", size="10000", entry="50000", leverage="10")
    account = Account("binance-coinm@2021-07", mode="isolated", positions=[held])
    assert "keeps 0.0006" in str(account.liquidation_cost())


@pytest.mark.parametrize("text", ["5e9_999_999", "1e2_000", "1e_9999"])
def test_underscores_do_not_pass_the_limit_of_digits(text: str) -> None:
    with pytest.raises(InputError, match=r"more than 1000 digits|is not a number"):
        Account("binance-usdm@2021", wallet=text)


def test_an_isolated_account_refuses_an_order_that_no_margin_holds() -> None:
    one = {**BTC, "margin": "5000"}
    order = {"symbol": "ETHUSDT", "side": "buy", "size": "1", "price": "2000"}
    with pytest.raises(InputError, match="an order without an isolated position"):
        Account("binance-usdm@2026-09", mode="isolated", positions=[one], orders=[order])
    with pytest.raises(InputError, match="an isolated account has none without a position"):
        Account("binance-usdm@2026-09", mode="isolated", wallet="9", orders=[order]).headroom()


def test_orders_alone_are_answered_from_a_file(calc: Any, tmp_path: Any) -> None:
    order = {"symbol": "BTCUSDT", "side": "buy", "size": "0.1", "price": "50000", "leverage": "10"}
    file = tmp_path / "orders.json"
    file.write_text(
        json.dumps({"preset": "binance-usdm@2026-09", "wallet": 900, "orders": [order]})
    )
    code, out, _ = calc("--account", str(file), "--explain")
    assert code == 0
    assert "free            400 USDT" in out
    told = json.loads(calc("--account", str(file), "--json")[1])
    assert told["accounts"]["USDT"]["initial_margin"]["exact"] == "500"
    assert calc("--account", str(file), "--target", "5")[0] == 2


def test_kucoins_bankruptcy_price_is_its_payloads() -> None:
    """EP x (1 - 1 / L): 4021.776, printed 4021.75; the reserve beside the margin is not lost twice."""
    held = {"symbol": "ETHUSDTM", "side": "long", "size": "0.02", "entry": "4189.35"}
    for more in ({"leverage": "25", "margin": "3.40376309"}, {"leverage": "25"}):
        account = Account("kucoin", mode="isolated", positions=[{**held, **more}])
        found = account.bankruptcy_price()
        assert found.display == "4021.75"
        assert abs(found.exact - F("4189.35") * F("0.96")) < F(1, 10**4)
