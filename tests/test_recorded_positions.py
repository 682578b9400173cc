"""Positions that venues sent, printed in public code: how their prices are printed, against ours.

Each is named where the preset draws a conclusion from it: `missing` and `readings` of the version.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from solvent.venues import Account
from solvent.venues.presets.catalogue import version

F = Fraction


def told(label: str) -> str:
    """Everything a version says of what is missing and where sources differ."""
    found = version(label)
    return " ".join((*found.missing, *found.readings))


def held(label: str, margin: str, **position: Any) -> Account:
    """An isolated position with the margin it was recorded with."""
    return Account(label, mode="isolated", positions=[{"margin": margin, **position}])


def test_bitmex_rounds_both_prices_of_a_long_up() -> None:
    """ccxt bitmex.py, ETHUSDT, 21 May 2022: 2,000 contracts of 0.00001 ETH at 1,963, 3x."""
    account = held("bitmex", "13.086667", symbol="ETHUSDT", side="long", size="0.02", entry="1963")

    assert account.bankruptcy_price().exact == F(1963) - F("13.086667") / F("0.02")
    assert account.bankruptcy_price().display == "1308.70"  # printed 1308.7
    # the rate alone; the recorded maintenance margin holds the next funding too
    assert account.liquidation_price().exact == F("1328.29665")
    funding = F("0.0001") * 1963
    assert account.liquidation_price().exact + funding == F("1328.49295")  # type: ignore[operator]
    assert "1328.5 (1328.493 before rounding) where the rate alone gives 1328.297" in told("bitmex")


def test_gate_prints_hundredths_and_not_ticks() -> None:
    """ccxt gate.py, ETH_USDT: one contract of 0.01 ETH at 1,203.45 with 5.415925875 USDT."""
    account = held(
        "gate@2023", "5.415925875", symbol="ETH_USDT", side="long", size="0.01", entry="1203.45"
    )

    price = account.liquidation_price()
    assert price.exact == (F("1203.45") - F("541.5925875")) / (1 - F("0.00575"))
    assert price.display == "665.69"
    assert version("gate@2023").instruments["ETH_USDT"].tick == F("0.05")


@pytest.mark.parametrize(
    ("side", "size", "entry", "shots"),
    [
        # ccxt bitget.py, BTCUSDT cross, 24 November 2023, at two marks
        (1, "0.002", "37355.5", [
            ("37359", "0.007", "0.029599540355", "31724.970702417"),
            ("37370.5", "0.03", "0.029550120396", "31725.023602417"),
        ]),
        # tests/data/ccxt/bitget-btc-cross-short.json, 21 March 2025
        (-1, "0.0124", "84198.66596759182", [
            ("84020.3", "2.211737998138", "0.004388169427", "171710.027580976855"),
        ]),
    ],
)  # fmt: skip
def test_bitget_prints_a_cross_price_that_moves_with_the_mark(
    side: int, size: str, entry: str, shots: list[tuple[str, str, str, str]]
) -> None:
    rate = F("0.004") + F("0.0006")
    wallets = set()
    for mark, profit, ratio, printed in shots:
        fixed = rate * F(mark)  # maintenance and fee of one coin, at the mark of the moment
        wallet = (side * (F(entry) - F(printed)) + fixed) * F(size)
        wallets.add(wallet)
        shown = rate * F(size) * F(mark) / (wallet + F(profit))
        assert abs(shown - F(ratio)) < F(1, 10**11)  # as printed beside it
        account = Account("bitget", mode="cross", wallet=wallet, positions=[{
            "symbol": "BTCUSDT", "side": side, "size": size, "entry": entry, "mark": mark}])  # fmt: skip
        ours = account.liquidation_price().exact
        assert ours is not None
        assert F(printed) - ours > 10  # a long looks nearer to its end than it is, a short farther
    assert len(wallets) == 1  # the marks and prices of the two shots are of one wallet
    assert "so moves with it" in told("bitget")
    assert "so moves with it" in told("bitget@2023-02")


def test_bitget_prices_are_not_rounded() -> None:
    account = Account("bitget", mode="cross", wallet="100", positions=[{
        "symbol": "BTCUSDT", "side": "long", "size": "0.007", "entry": "37355.5"}])  # fmt: skip
    price = account.liquidation_price()
    assert price.exact is not None
    assert price.exact * 10 % 1  # off the tick
    assert price.display.startswith(str(float(price.exact))[:10])


def test_a_third_okx_position_is_one_tick_nearer_the_mark() -> None:
    """ccxt okx.py, fetchPosition: ETH-USD-210430, one contract of 10 USD, 27 April 2021."""
    account = held(
        "okx@2022", "0.0003896645377994", side="long", size="10", entry="2566.31",
        kind="inverse", mmr="0.008", taker_fee="0.0005", contract_size="10", tick="0.01",
    )  # fmt: skip
    price = account.liquidation_price().exact
    assert price is not None
    assert abs(F("2352.8496681818233") - price - F("0.01")) < F(1, 10**11)
    for label in ("okx@2022", "okx@2025-07"):
        assert "exactly one tick nearer to the mark" in told(label)


def test_okx_spot_margin_fee_is_that_of_the_recorded_position() -> None:
    """OKX API reference, positions: isolated BTC-USDT of 27 August 2024, bought with a loan."""
    fee = version("okx-spot-margin").instruments["BTC-USDT"].taker_fee
    owed, coins, mark = F("99.9998177776581948"), F("0.00190433573"), F("62891.9")
    needed = owed * (1 + F("0.02")) * (1 + fee)

    assert abs(needed / coins - F("53615.448336593756")) < F(1, 10**9)
    level = (coins - owed / mark) / ((needed - owed) / mark)
    assert abs(level - F("9.404143929947395")) < F(1, 10**9)


def test_phemex_rounds_both_prices_of_a_long_up() -> None:
    """ccxt phemex.py: ETHUSD, 0.005 ETH at 4,444.74, 2x, January 2022; tick 0.05."""
    bankruptcy = F("4444.74") / 2
    liquidation = bankruptcy + F("0.01") * F("4444.74")
    for exact, printed in ((bankruptcy, F("2222.40")), (liquidation, F("2266.90"))):
        assert printed % F("0.05") == 0
        assert 0 < printed - exact < F("0.1")  # up; maintenance is rounded up to 0.0001 USD before
    assert version("phemex").rules.liquidation_rounding == ("up", "down")  # type: ignore[union-attr]
