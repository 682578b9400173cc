"""Accounts from ccxt's structures: recorded payloads, tiers, and what users get wrong."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent.venues.ccxt.imported import Compared, Imported, from_ccxt
from solvent.venues.ccxt.payload import Payload, decimal_of
from solvent.venues.ccxt.tiers import tier_table
from solvent.venues.numbers import InputError
from solvent.venues.preset import Version
from solvent.venues.presets import catalogue

F = Fraction
RECORDED = Path(__file__).parent / "data" / "ccxt"
PAYLOADS = sorted(RECORDED.glob("[!t]*.json"))


def recorded(name: str) -> dict[str, Any]:
    return json.loads((RECORDED / f"{name}.json").read_text())


def imported(name: str, **changed: Any) -> tuple[Imported, ...]:
    return from_ccxt(**{**recorded(name), **changed})


def figures(found: Imported, position: int = 0) -> dict[str, Compared]:
    return {one.name: one for one in found.compared[position][1]}


def gaps(found: Imported, position: int = 0) -> dict[str, Fraction | None]:
    return {name: one.difference for name, one in figures(found, position).items()}


@pytest.mark.parametrize("name", ["binance-usdm-isolated-long", "binance-usdm-isolated-short"])
def test_binance_usdm_to_the_last_printed_digit(name: str) -> None:
    (found,) = imported(name)

    ours = gaps(found)
    assert ours["liquidation price"] == 0
    assert ours["equity"] is not None
    assert abs(ours["equity"]) < F(1, 10**8)
    assert set(ours) == {"liquidation price", "unrealised profit", "equity", "notional"}
    assert all(gap is not None and abs(gap) < F(1, 10**8) for gap in ours.values())


def test_binance_coinm_to_one_unit_of_the_last_digit() -> None:
    (found,) = imported("binance-coinm-isolated-long")

    assert found.account.positions[0].size == 200  # 2 contracts of 100 USD
    assert abs(gaps(found)["liquidation price"] or 0) <= F(1, 10**8)
    assert abs(gaps(found)["equity"] or 1) < F(1, 10**8)


# The rows that hold for the payloads' sizes: Bybit's first tier then, read back from positionMM
# (0.81072399 = 77.519375 x 1 % + fee to close); ETH likewise.
BYBIT_TIERS = {
    "LTC/USDT:USDT": [{"minNotional": 0.0, "maxNotional": 200000.0, "maintenanceMarginRate": 0.01}],
    "ETH/USDT:USDT": [
        {"minNotional": 0.0, "maxNotional": 900000.0, "maintenanceMarginRate": 0.005}
    ],
}


def bybit_with(fee: str) -> Version:
    """Maintenance on entry, and the taker fee of the payload's account."""
    version = catalogue.version("bybit@2024")
    listed = {name: replace(one, taker_fee=F(fee)) for name, one in version.instruments.items()}
    return replace(version, instruments=listed)


def test_bybit_margin_with_the_fee_to_close() -> None:
    (found,) = imported("bybit-ltc-2023", tiers=BYBIT_TIERS, preset=bybit_with("0.00055"))

    ours = gaps(found)
    for name in ("initial margin", "maintenance margin"):
        # avgPrice is printed with 8 decimals
        assert abs(ours[name] or 1) < F(1, 10**6), name
    assert ours["unrealised profit"] == F(-4, 10**9)
    assert found.account.mode == "cross"


def test_bybit_prices_round_up_to_the_tick() -> None:
    """Payload of 2022: IM - MM over size at entry basis, in a fee that was 0.06 %."""
    version = bybit_with("0.0006")
    (found,) = imported("bybit-eth-2022-isolated", tiers=BYBIT_TIERS, preset=version)

    held = found.account.positions[0]
    assert held.margin == F("28.58931118")
    price, bankruptcy = found.account.liquidation_price(), found.account.bankruptcy_price()
    assert price.exact is not None
    assert bankruptcy.exact is not None
    assert F("919.05") < price.exact <= F("919.10")
    assert F("913.10") < bankruptcy.exact <= F("913.15")


@pytest.mark.parametrize(
    ("name", "tick", "side"),
    [
        ("okx-bigtime-isolated-long", F("0.00001"), 1),
        ("okx-ethusd-isolated-short", F("0.01"), -1),
    ],
)
def test_okx_margin_level_and_a_price_one_tick_nearer_the_mark(
    name: str, tick: Fraction, side: int
) -> None:
    (found,) = imported(name)

    shown = figures(found)
    for same in ("maintenance margin", "unrealised profit", "ratio"):
        gap = shown[same].difference
        assert gap is not None
        assert abs(gap) < F(1, 10**12), same
    price = found.account.liquidation_price().exact
    assert price is not None
    theirs = shown["liquidation price"].theirs
    assert abs(theirs - price - side * tick) < F(1, 10**10)


def test_hyperliquid_cross_price_to_the_last_printed_digit() -> None:
    (found,) = imported("hyperliquid-cross-sol-short-eth-long")

    assert gaps(found, 0) == {
        "liquidation price": 0,
        "unrealised profit": 0,
        "notional": 0,
        "initial margin": 0,
    }
    # the account's maintenance as the venue printed it, crossMaintenanceMarginUsed
    assert found.account.evaluate("SOL").maintenance == F("38.8818")
    assert found.account.evaluate("SOL").equity == F("11524.216934")
    assert "liquidation price" not in gaps(found, 1)  # the venue prints none, nor do we
    assert found.account.liquidation_price("ETH").exact is None


def test_hyperliquid_two_longs_are_never_liquidated() -> None:
    (found,) = imported("hyperliquid-cross-two-longs")

    for symbol in ("SOL", "ETH"):
        assert found.account.liquidation_price(symbol).exact is None
    assert found.account.evaluate("SOL").maintenance == F("141.579994")


def test_hyperliquid_isolated_within_its_rounded_entry() -> None:
    (found,) = imported("hyperliquid-hype-isolated-short")

    gap = gaps(found)["liquidation price"]
    assert gap is not None
    assert gap != 0
    assert abs(gap) < F("0.0001")  # entryPx is printed with 4 decimals
    assert any("not list it" in note for note in found.notes)


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_every_payload_prints_and_becomes_json(path: Path) -> None:
    tiers = BYBIT_TIERS if "bybit" in path.stem else None
    for found in imported(path.stem, tiers=tiers):
        assert "difference" in str(found)
        data = json.loads(json.dumps(found.to_dict()))
        assert data["positions"][0]["compared"]


def test_provenance_names_every_payload() -> None:
    text = (RECORDED / "README.md").read_text()
    for path in RECORDED.glob("*.json"):
        assert f"`{path.name}`" in text


# --------------------------------------------------------------------------------------- numbers


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_its_shortest_decimal(value: float) -> None:
    found = decimal_of(value, "x")
    assert found is not None
    assert float(found) == value
    assert found == Fraction(Decimal(repr(value)))


def test_the_text_in_info_has_the_digits_a_float_loses() -> None:
    payload = Payload("okx", recorded("okx-ethusd-isolated-short")["positions"][0])

    assert payload.fields["entryPrice"] == 4778.838446253866
    assert payload.number("entryPrice") == F("4778.8384462538659751")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, [1], "12,5"])
def test_no_number_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="entryPrice"):
        decimal_of(value, "entryPrice")


# ----------------------------------------------------------------------------------------- tiers


def test_tiers_without_info_get_the_continuous_deductions() -> None:
    rows = recorded("tiers-binance-btcusdt-2022-02")["tiers"]["BTC/USDT:USDT"]
    held = copy.deepcopy(recorded("binance-usdm-isolated-long"))
    held["tiers"] = {"BTC/USDT:USDT": rows}

    (found,) = from_ccxt(**held, at=date(2026, 11, 1))
    version = found.account.version
    assert version.label == "binance-usdm@2026-09+tiers"
    assert version.sources["ccxt-tiers"].retrieved == date(2026, 11, 1)
    instrument = version.instruments["BTCUSDT"]
    assert version.tables[instrument.table].rows[9].up_to == 10**9
    # one BTC short of 5,000,000: 2.5 % less the published 16,300 of that schedule's 4th tier
    big = found.account.with_(positions=[{"symbol": "BTCUSDT", "side": "long", "size": 100,
                                          "entry": "50000", "margin": "1000000"}])  # fmt: skip
    assert big.evaluate().maintenance == 5_000_000 * F("0.025") - 16_300


def test_printed_deductions_are_checked() -> None:
    rows = [
        {"maxNotional": 50000.0, "maintenanceMarginRate": 0.004, "info": {"cum": "0.0"}},
        {"maxNotional": 250000.0, "maintenanceMarginRate": 0.005, "info": {"cum": "51.0"}},
    ]
    with pytest.raises(InputError, match=r"tiers of X/Y:Y, row 2: deduction 51 .*jump"):
        tier_table("X/Y:Y", rows)
    rows[1]["info"] = {"cum": "50.0"}
    assert tier_table("X/Y:Y", rows).rows[1].deduction == 50


def test_okx_tiers_count_contracts_and_have_no_deduction() -> None:
    data = recorded("okx-ltc-cross-long")
    rows = [
        {"minNotional": 0, "maxNotional": 500, "maintenanceMarginRate": 0.004, "maxLeverage": 125},
        {"minNotional": 501, "maxNotional": 1000, "maintenanceMarginRate": 0.01, "maxLeverage": 50},
    ]
    (found,) = from_ccxt(**{**data, "tiers": {"LTC/USDT:USDT": rows}})

    version = found.account.version
    table = version.tables["ccxt LTC/USDT:USDT"]
    assert (table.shape, table.unit) == ("flat", "contracts")
    bigger = copy.deepcopy(data["positions"])
    bigger[0]["contracts"] = 501.0
    (found,) = from_ccxt(bigger, data["balance"], {"LTC/USDT:USDT": rows}, exchange="okx")
    part = found.account.evaluate("LTC/USDT:USDT").parts[0]
    assert part.maintenance == part.notional * F("0.01")


@pytest.mark.parametrize("name", [path.stem for path in sorted(RECORDED.glob("tiers-*.json"))])
def test_every_recorded_table_is_read(name: str) -> None:
    for symbol, rows in recorded(name)["tiers"].items():
        table = tier_table(symbol, rows)
        assert len(table.rows) == len(rows)
        assert [row.maintenance for row in table.rows] == sorted(
            row.maintenance for row in table.rows
        )


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            [{"maintenanceMarginRate": "1.0%"}],
            "row 1: maintenanceMarginRate '1.0%' is not a number",
        ),
        ([{"maxNotional": 5}], "row 1: maintenanceMarginRate is missing"),
        ([{"maintenanceMarginRate": 1.5}], "row 1: maintenanceMarginRate 3/2 is above 1"),
        (
            [
                {"maxNotional": 9, "maintenanceMarginRate": 0.1},
                {"minNotional": 5, "maxNotional": 20, "maintenanceMarginRate": 0.2},
            ],
            "row 2: minNotional 5 is below 9, the end of the row before; the rows overlap",
        ),
        (
            [
                {"maxNotional": 9, "maintenanceMarginRate": 0.2},
                {"maxNotional": 20, "maintenanceMarginRate": 0.1},
            ],
            "row 2: maintenance 0.1 is below 0.2",
        ),
        ([], "at least one row"),
    ],
)
def test_tables_that_cannot_be_are_refused(rows: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(InputError) as refusal:
        tier_table("GAL/USD:USD", rows)
    assert words in str(refusal.value)
    assert "GAL/USD:USD" in str(refusal.value)


# --------------------------------------------------------------------------------- wrong payloads


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"symbol": "BTCUSDT"}, "'BTCUSDT' is not a ccxt contract symbol"),
        ({"entryPrice": None}, "entryPrice is None; the average entry price is needed"),
        ({"entryPrice": -5.0}, "entryPrice is -5.0"),
        ({"side": "up"}, "side: 'up' is none of"),
        ({"contractSize": 10.0}, "contractSize 10 in the payload, 1 in binance-usdm"),
        (
            {"positionMargin": None, "collateral": None, "info": {}},
            "without positionMargin and collateral",
        ),
    ],
)
def test_a_broken_position_names_the_field(change: dict[str, Any], words: str) -> None:
    data = recorded("binance-usdm-isolated-long")
    data["positions"][0] |= change
    with pytest.raises(InputError) as refusal:
        from_ccxt(**data)
    assert words in str(refusal.value)


def test_an_exchange_without_preset_names_the_nearest() -> None:
    with pytest.raises(InputError, match="'bybitt' has no preset; did you mean bybit"):
        imported("bybit-ltc-2023", exchange="bybitt")


def test_no_table_and_no_rate_asks_for_tiers() -> None:
    with pytest.raises(InputError, match="give tiers, ccxt's fetchLeverageTiers"):
        imported("bybit-ltc-2023")


def test_empty_positions_are_left_out() -> None:
    data = recorded("binance-usdm-isolated-long")
    data["positions"][0]["contracts"] = 0.0
    assert from_ccxt(**data) == ()


def test_older_ccxt_has_collateral_instead_of_position_margin() -> None:
    data = recorded("binance-usdm-isolated-short")
    held = data["positions"][0]
    held["info"], held["positionMargin"] = {}, None
    held["collateral"] = 13.2200888  # with the profit of 0.0002

    (found,) = from_ccxt(**data)
    assert found.account.positions[0].margin == F("13.2198888")


def test_isolated_money_is_taken_out_of_the_cross_wallet() -> None:
    """Binance's total is the asset's margin balance: all profit, and the isolated margins."""
    alone = recorded("binance-usdm-isolated-short")["positions"][0]
    cross = copy.deepcopy(recorded("binance-usdm-isolated-long")["positions"][0])
    cross |= {"marginMode": "cross", "positionMargin": None}
    cross["info"] |= {"marginType": "cross", "isolatedWallet": "0", "isolatedMargin": "0"}
    total = 1000.0

    found = from_ccxt([alone, cross], {"USDT": {"total": total}}, exchange="binance")
    assert [one.account.mode for one in found] == ["isolated", "cross"]
    wallet = found[1].account.wallet["USDT"]
    assert wallet == 1000 - F("13.2198888") - F("0.0002") - F("4.22747775")


def test_bybits_total_is_the_wallet_itself() -> None:
    (found,) = imported("bybit-ltc-2023", tiers=BYBIT_TIERS, balance={"total": {"USDT": 100.0}})
    assert found.account.wallet == {"USDT": 100}
    assert found.account.evaluate().equity == 100 + F("7.800624996")
