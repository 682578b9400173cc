"""Cases in the shapes of other authors: payload names, tables as venues publish them, legs in flat
names. What cannot be read is refused; nothing is read as something else.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from solvent.venues.cases import Case, CaseError, parse_cases, run_case
from solvent.venues.cases.run import Outcome


def outcome(
    venue: str,
    kind: str,
    inputs: dict[str, Any],
    expected: dict[str, Any],
    contract: str = "linear_perp",
    mode: str = "isolated",
    source: str = "",
) -> Outcome:
    case = Case(
        "a", venue, kind, inputs, expected, source, margin_mode=mode, contract_type=contract
    )
    return run_case(case)


def passes(*arguments: Any, **more: Any) -> None:
    found = outcome(*arguments, **more)
    assert found.status == "passed", found.lines()


LONG = {"side": "long", "wallet_balance": 1500, "mmr": "1/200"}
PRICE = {"liquidation_price": str((Fraction(15000) - 1500) / (Fraction("0.5") * Fraction("0.995")))}


@pytest.mark.parametrize("name", ["notional", "position_value", "mark_value", "value"])
@pytest.mark.parametrize("price", ["entry", "mark", "index"])
def test_a_value_is_priced_at_the_only_price_given(name: str, price: str) -> None:
    passes("binance", "liquidation_price", {**LONG, name: 15000, price: 30000}, PRICE)


ADA = [[0, "0.025"], [100_000, "0.05"], [500_000, "0.1"]]
CCXT = [
    {"minNotional": 0, "maxNotional": 100_000, "maintenanceMarginRate": "1/40", "info": {}},
    {"maxNotional": 500_000, "maintenanceMarginRate": "1/20", "info": {"cum": "2500.0"}},
    {"maxNotional": 1_000_000, "maintenanceMarginRate": "1/10", "info": {"cum": "27500.0"}},
]
BYBIT = [
    {"riskLimitValue": "100000", "maintenanceMargin": "0.025", "mmDeduction": ""},
    {"riskLimitValue": "500000", "maintenanceMargin": "0.05", "mmDeduction": "2500"},
    {"riskLimitValue": "1000000", "maintenanceMargin": "0.1", "mmDeduction": "27500"},
]
BITGET = [
    {"startUnit": "0", "endUnit": "100000", "keepMarginRate": "0.025"},
    {"startUnit": "100000", "endUnit": "500000", "keepMarginRate": "0.05"},
    {"startUnit": "500000", "endUnit": "", "keepMarginRate": "0.1"},
]


@pytest.mark.parametrize(
    "table",
    [
        ADA,
        [[100_000, "0.025"], [500_000, "0.05"], [None, "0.1"]],
        [[0, 100_000, "0.025"], [100_000, 500_000, "0.05"], [500_000, None, "0.1"]],
        [[0, 100_000, "0.025", 0], [100_000, 500_000, "0.05", 2500], [500_000, "", "0.1", 27500]],
        CCXT,
        [{"maintAmt": row["info"].get("cum", 0), **row, "info": None} for row in CCXT],  # type: ignore[attr-defined]
        BYBIT,
        BITGET,
    ],
    ids=["floors", "bounds", "from-to", "four", "ccxt", "freqtrade", "bybit", "bitget"],
)
def test_one_table_in_every_shape(table: list[Any]) -> None:
    inputs = {"notional": 600_000, "tiers": table}
    passes("binance", "maintenance_margin", inputs, {"maintenance_margin": 32_500})


def test_deductions_of_a_table_of_lower_bounds() -> None:
    more = [*ADA, [1_000_000, "0.15"], [2_000_000, "0.25"], [5_000_000, "0.5"]]
    inputs = {"tiers": more, "tier": 6}
    passes("binance", "maintenance_amount", inputs, {"maintenance_amount": 1_527_500})


@pytest.mark.parametrize(("value", "margin"), [(2000, 20), (2001, "30.015"), (4001, "80.02")])
def test_okx_tiers_begin_one_unit_above_the_end_of_the_row_before(value: int, margin: Any) -> None:
    rows = [
        {"minSz": 0, "minNotional": 0, "maxNotional": 2000, "mmr": "0.01"},
        {"minNotional": 2001, "maxNotional": 4000, "mmr": "0.015"},
        {"minNotional": 4001, "maxNotional": 8000, "mmr": "0.02"},
    ]
    inputs = {"notional": value, "tiers": rows}
    passes("okx", "maintenance_margin", inputs, {"maintenance_margin": margin})


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([[100_000, 25]], "not between 0 and 1"),
        ([[10, "0.1"], [10, "0.2"]], "not above the row before"),
        ([{"up_to": 10, "mmr": "0.1"}, {"floor": 20, "up_to": 30, "mmr": "0.2"}], "ends elsewhere"),
        ([[0, 10, "0.1", 0, 1]], "a row is"),
        ([[0, None]], "has no rate"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(table: list[Any], words: str) -> None:
    found = outcome("binance", "maintenance_margin", {"notional": 5, "tiers": table}, {"mm": 1})
    assert found.status == "not run", found.lines()
    assert words in found.reason


def test_slices_of_collateral_as_okx_lists_them() -> None:
    rows = [
        {"minAmt": "0", "maxAmt": "5000000", "discountRate": "1"},
        {"minAmt": "5000000", "maxAmt": "10000000", "discountRate": "0.9"},
        {"minAmt": "10000000", "maxAmt": "", "discountRate": "0.8"},
    ]
    ranges = [[0, 5_000_000, 1], [5_000_000, 10_000_000, "0.9"], [10_000_000, None, "0.8"]]
    for tiers in (rows, ranges):
        inputs = {"amount": 11_000_000, "tiers": tiers}
        passes("okx", "collateral_value", inputs, {"adj_eq": 10_300_000})
    for named, shown in (({"asset": "BTC"}, "btc = 2"), ({}, "collateral value = 2")):
        inputs = {"amount": 2, "weight": 1, **named}
        wrong = outcome("okx", "collateral_value", inputs, {"adj_eq": 1})
        assert any(shown in line for line in wrong.lines()), wrong.lines()
    refused = {
        "bound is 0": [[0, 1]],
        "not between 0 and 1": [[5, 2]],
        "tiers[2]: its bound is not above": [[5, 1], [9, 1], [7, 1]],
        "tiers[1]: its bound is not above": [[None, 1], [9, 1]],
        "tiers[3]: its bound is not above": [[5, 1], [7, 1], [None, 1], [9, 1]],
    }
    for words, bad in refused.items():
        found = outcome("okx", "collateral_value", {"amount": 1, "tiers": bad}, {"adj_eq": 1})
        assert words in found.reason, found.lines()


def test_the_isolated_wallet_stands_before_the_margin_with_its_profit() -> None:
    """Binance's payload holds both; isolatedMargin is the wallet and the profit."""
    payload = {
        "positionAmt": "-0.002",
        "entryPrice": "66351.2",
        "isolatedMargin": "13.22008880",
        "isolatedWallet": "13.21988880",
        "maintMarginRatio": "0.004",
        "positionSide": "BOTH",
    }
    passes("binance", "liquidation_price", payload, {"liquidationPrice": "72670.46254980"})


def test_hyperliquids_payload() -> None:
    given = {"szi": "0.0335", "entryPx": "2986.3", "maxLeverage": 50}
    at = {"liquidation_price_round_4dp": "2866.2694"}
    shown = {"positionValue": "100.02765", "marginUsed": "4.967826"}
    passes("hyperliquid", "liquidation_price", {**given, **shown}, at)
    passes("hyperliquid", "liquidation_price", {**given, "raw_usd": "-95.059824"}, at)


@pytest.mark.parametrize("expected", [None, "none", "None", "n/a"])
def test_no_price_is_expected_in_words_too(expected: str | None) -> None:
    never = {"side": "long", "size": 1, "entry": 10, "wallet_balance": 20, "mmr": "0.01"}
    passes("binance", "liquidation_price", never, {"liquidation_price": expected})
    low = {**never, "wallet_balance": 5}
    assert outcome("binance", "liquidation_price", low, {"liq_price": expected}).status == "failed"


def test_legs_in_flat_names() -> None:
    expected = {
        "liquidation_price": str(
            (3000 + 10 + 20 - 30_000 + 2 * Fraction(31_000)) / (Fraction("1.015"))
        )
    }
    size = {"size_long": 1, "entry_long": 30_000, "size_short": 2, "entry_short": 31_000}
    cum = {"cum_long": 10, "cum_short": 20}
    flat = {"wallet_balance": 3000, "mark": 30_000, "mmr": "1/200", **size, **cum}
    passes("binance", "liquidation_price", flat, expected, mode="cross")
    own = {
        "WB": 3000,
        "Position1LONG": 1,
        "EP1LONG": 30_000,
        "MMRL": "1/200",
        "cumL": 10,
        "Position1SHORT": 2,
        "EP1SHORT": 31_000,
        "MMR_S": "1/200",
        "cumS": 20,
        "TMM1": 0,
        "UPNL1": 0,
    }
    passes("binance", "liquidation_price", own, expected, mode="cross")


@pytest.mark.parametrize(("side", "cost"), [(1, "462.665"), (-1, "469.205")])
def test_an_order_of_futures_at_binance(side: int, cost: str) -> None:
    inputs = {"side": side, "size": 1, "price": "9253.30", "mark": "9259.84", "leverage": 20}
    passes("binance", "order_cost", inputs, {"order_cost": cost})
    found = outcome("okx", "order_cost", inputs, {"order_cost": cost})
    assert "does not say" in found.reason


@pytest.mark.parametrize(
    ("seconds", "venue", "fee"),
    [(0, "binance", -4), (14, "binance", -4), (15, "binance", -3), (1, "gate", -3)],
)
def test_how_late_a_position_still_pays(seconds: int, venue: str, fee: int) -> None:
    stamps = [{"t": 0, "mark": 1, "rate": 1}, {"t": 8, "mark": 3, "rate": 1}]
    opened = f"2021-09-01 00:00:{seconds:02d}"
    inputs = {"side": "long", "size": 1, "open": opened, "stamps": stamps}
    passes(venue, "funding_fee", inputs, {"funding_fee": fee})


def test_debts_of_a_margin_account() -> None:
    passes("binance", "maintenance_margin", {"loan": "0.04", "mmr": "0.1"}, {"mm": "0.004"})
    owed = {"side": "long", "liab": "-99.9998177776581948", "mmr": "0.02", "markPx": "62891.9"}
    at = {"mm_round_12dp": "0.000031800540"}
    passes("okx", "maintenance_margin", owed, at, contract="spot_margin")
    held = {"margin_asset": 5, "margin_loan": 20, "index_price": 2000, "collateral_rate": "0.95"}
    passes("binance", "collateral_value", held, {"adjusted_equity": -30_000})


def test_no_position_needs_no_margin() -> None:
    given = {"size": 0, "index": 100_000, "base_rate": "0.02", "rate_per_unit": "0.00005"}
    for kind in ("initial_margin", "maintenance_margin"):
        passes("deribit", kind, given, {kind: 0})


def test_bybits_initial_margin_is_of_the_mark_since_the_text_that_says_so() -> None:
    given = {"side": "long", "size": "0.5", "entry": 50_000, "mark": 50_500, "leverage": 10}
    inputs = {**given, "taker_fee_rate": "0.00055"}
    for source, margin in (
        ("position value = size x mark price", "2537.375"),
        ("position value on entry", "2512.375"),
    ):
        passes("bybit", "initial_margin", inputs, {"initial_margin": margin}, source=source)


@pytest.mark.parametrize(
    ("venue", "contract"),
    [
        ("Binance USD-M", "linear_perp"),
        ("binance_um", "usdt_perp"),
        ("binance-cm", "coin_m"),
        ("Kraken Futures", "perpetual_inverse"),
        ("bybit 2026", "linear"),
        ("jesse", "linear"),
    ],
)
def test_names_of_venues_and_contracts(venue: str, contract: str) -> None:
    inputs = {"side": "long", "contracts": 1000, "entry": 8000, "mark": 8000, "mmr": "0.01"}
    worth = "0.00125" if contract in ("coin_m", "perpetual_inverse") else 80_000
    passes(venue, "maintenance_margin", inputs, {"maintMargin": worth}, contract=contract)


def test_a_dollar_size_is_a_value_and_a_coin_size_of_an_inverse_contract_too() -> None:
    inputs = {"side": "long", "entry": 10_000, "mark": 20_000}
    linear, coin = {**inputs, "size_usd": 40_000}, {**inputs, "size_btc": "0.5"}
    passes("generic", "unrealized_pnl", linear, {"upnl": 20_000})
    passes("generic", "unrealized_pnl", coin, {"upnl": "0.5"}, contract="inverse_perp")


def test_an_irrational_price_is_the_last_safe_step() -> None:
    """Deribit: equity 0.5 + 2 - V against V x (0.01 + 0.00005 V), V the value in coins."""
    inputs = {"symbol": "BTC-PERPETUAL", "side": "long", "size": 100_000, "entry": 50_000,
              "wallet": "0.5"}  # fmt: skip
    found = outcome("deribit", "liquidation_price", inputs, PRICE, "inverse_perp").explain
    assert found is not None
    step = Fraction(1, 10**12)

    def headroom(price: Fraction) -> Fraction:
        value = 100_000 / price
        return Fraction("2.5") - value - value * (Fraction("0.01") + Fraction("0.00005") * value)

    price = Fraction(found.value)  # type: ignore[arg-type]
    assert headroom(price) >= 0 > headroom(price - step)


def test_options_are_not_priced_as_futures() -> None:
    given = {"side": "short", "size": 1, "entry": 10, "wallet_balance": 5, "mmr": "0.01"}
    for kind in ("liquidation_price", "bankruptcy_price", "liquidation_check"):
        assert outcome("deribit", kind, given, {"x": 1}, "option").status == "unknown kind"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tick": 0}, "tick: 0 must be above 0"),
        ({"max_leverage": 0}, "max_leverage: 0 must be above 0"),
        ({"side": 2}, "side"),
    ],
)
def test_zeros_are_named(change: dict[str, Any], words: str) -> None:
    inputs = {"side": "long", "size": 1, "entry": 10, "margin": 5, "mmr": "0.01", **change}
    found = outcome("hyperliquid", "liquidation_price", inputs, {"liquidation_price": 1})
    assert found.status == "not run"
    assert words in found.reason


def test_an_exponent_of_many_digits_is_refused() -> None:
    text = '{"format": 1, "cases": [{"id": 1e99999999999999999999}]}'
    with pytest.raises(CaseError, match="exponent"):
        parse_cases(text)
