"""Presets of on-chain venues, lenders and spot margin: they load, name sources, and calculate."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from math import isqrt

import pytest

from solvent.margin.fillable import fillable_price
from solvent.margin.open_interest import maintenance_quote, scaled_fraction
from solvent.margin.pool import remaining_collateral, too_little
from solvent.venues.account import Account
from solvent.venues.lending import loan
from solvent.venues.numbers import InputError
from solvent.venues.presets.catalogue import venue, version
from solvent.venues.questions.ratios import FORMULAS

PERPS = ("dydx-v4", "drift-v2", "gmx-v2", "synthetix-v3", "perp-v2", "paradex", "lighter")
LENDERS = (
    "aave-v3",
    "compound-v3",
    "morpho-blue",
    "euler-v2",
    "maker",
    "liquity-v1",
    "liquity-v2",
    "crvusd",
    "okx-spot-margin",
    "binance-spot-margin",
)


@pytest.mark.parametrize("name", [*PERPS, *LENDERS])
def test_versions_are_dated_sourced_and_honest(name):
    found = venue(name)
    assert found.family in ("perpetual", "lending", "spot-margin")
    for one in found.versions:
        assert one.rules is not None
        assert one.rules.ratio is not None
        assert one.rules.ratio.formula in FORMULAS
        assert one.missing, f"{one.label} claims that everything is published"
        used = {one.rules.source}
        used |= {table.source for table in one.tables.values()}
        used |= {asset.source for asset in one.collateral.values()}
        used |= {group["source"] for group in one.parameters.values()}
        for instrument in one.instruments.values():
            used |= {instrument.source, instrument.fee_source or instrument.source}
        assert used <= set(one.sources)


@pytest.mark.parametrize("name", LENDERS[:-3])
def test_every_listed_market_builds_a_loan(name):
    for one in venue(name).versions:
        for market, held, owed in markets(one):
            prices = {held: "100", owed: "1"}
            built = loan(
                one, collateral={held: "1"}, debt={owed: "10"}, prices=prices, market=market
            )
            crossing = built.liquidation_price(held)
            assert crossing.exact is not None
            assert built.at({held: crossing.exact}).value == built.ratio.liquidates_at
            assert 0 < crossing.exact < 100
            assert built.free_to_borrow is not None
            # A loan at its borrowing limit is not liquidatable: the limit is the stricter one.
            assert built.free_to_borrow <= built.headroom or built.owed[0].factor > 1


def markets(one):
    """(market, collateral, debt) of everything a version lists."""
    groups = one.parameters
    plain = lambda group: (key for key, value in group.items() if key != "source")  # noqa: E731
    match groups["lender"]["rule"]:
        case "aave":
            for asset in plain(groups["reserves"]):
                if groups["reserves"][asset]["threshold"] and asset != "USDC":
                    yield "", asset, "USDC"
        case "compound":
            for name in plain(groups["comets"]):
                comet = groups["comets"][name]
                for asset in comet["assets"]:
                    yield name, asset, comet["base"]
        case "morpho":
            for name in plain(groups["markets"]):
                yield name, groups["markets"][name]["collateral"], groups["markets"][name]["loan"]
        case "euler":
            for name in plain(groups["markets"]):
                for owed in plain(groups["markets"][name]):
                    if owed != "decimals":
                        for held in groups["markets"][name][owed]:
                            yield name, held, owed
        case "maker":
            for name in plain(groups["ilks"]):
                yield name, groups["ilks"][name]["collateral"], "DAI"
        case "liquity":
            for name in plain(groups["branches"]):
                yield name, name, "BOLD" if "v2" in one.venue else "LUSD"


@pytest.mark.parametrize("name", PERPS)
@pytest.mark.parametrize("side", ["long", "short"])
def test_the_calculator_finds_the_liquidation_price(name, side):
    one = version(name)
    assert one.instruments
    sign = 1 if side == "long" else -1
    for symbol, instrument in one.instruments.items():
        account = Account(
            one,
            wallet="500",
            positions=[{"symbol": symbol, "side": side, "size": "2", "entry": "1000"}],
            mode="cross" if "cross" in one.rules.modes else "isolated",
        )
        found = account.liquidation_price()
        price = found.exact
        rate = rate_of(one, instrument, Fraction(2))
        fee = instrument.taker_fee if one.rules.closing_fee in ("mark", "entry") else 0
        if one.rules.maintenance == "entry":
            assert 500 + sign * 2 * (price - 1000) == (rate + fee) * 2000
        else:
            assert 500 + sign * 2 * (price - 1000) == (rate + fee) * 2 * price
        assert one.rules.strict
        assert account.ratio().value is not None


@pytest.mark.parametrize(
    ("name", "symbol", "rate"),
    [
        ("dydx-v4", "BTC-USD", "0.012"),  # 2 % x 60 %
        ("gmx-v2", "ETH", "0.0056"),  # 0.5 %, and the fee of the close
        ("perp-v2", "BTC", "0.0625"),
        ("paradex", "BTC-USD-PERP", "0.01024"),  # half of 2 %, and the taker fee
        ("lighter", "ETH", "0.012"),
        ("synthetix-v3", "BTC", "0.00567476"),  # 28 % of 2 % + 13.35 / 50,000 for one BTC
    ],
)
def test_the_requirement_of_one_coin_is_as_published(name, symbol, rate):
    account = Account(
        name,
        wallet="5000",
        positions=[{"symbol": symbol, "side": "long", "size": "1", "entry": "1000"}],
        mode="isolated" if name == "gmx-v2" else "cross",
    )
    assert account.evaluate().requirement == 1_000 * Fraction(rate)


def rate_of(one, instrument, size):
    """The maintenance rate by the venue's words, written out again."""
    table = one.tables[instrument.table or instrument.symbol]
    if table.shape == "flat":
        return table.rows[0].maintenance
    if table.shape == "slope":
        words = one.parameters["margin"][instrument.symbol]
        scale = one.parameters["fill_price"][instrument.symbol]["skew_scale"]
        return (size / scale * words["initial"] + words["least"]) * words["scalar"]
    words = one.parameters["size_premium"]["test_market"]
    root = isqrt(10 * int(size * 10**9) + 1)
    grown = words["maintenance"] * Fraction(4, 5) + root * words["factor"] / 100_000
    return max(words["maintenance"], grown)


def test_synthetix_initial_is_maintenance_over_its_scalar():
    one = version("synthetix-v3")
    for name, table in one.tables.items():
        words = one.parameters["margin"][name]
        assert table.base == table.initial_base * words["scalar"]
        assert table.per_size == table.initial_per_size * words["scalar"]
        scale = one.parameters["fill_price"][name]["skew_scale"]
        assert table.initial_per_size == words["initial"] / scale


def test_drift_size_premium_bites_for_large_sizes():
    one = version("drift-v2")
    small, large = (
        Account(
            one,
            wallet="1",
            positions=[{"symbol": "TEST-PERP", "side": "long", "size": size, "entry": "1"}],
        ).maintenance_margin().exact / Fraction(size)
        for size in ("10", "10000")
    )  # fmt: skip
    assert small == Fraction(5, 100)
    assert large == Fraction(4, 100) + Fraction(isqrt(10**14 + 1), 10**8)


def test_dydx_tiers_fit_their_fractions():
    one = version("dydx-v4")
    for name, table in one.tables.items():
        words = one.parameters["open_interest"][name]
        row = table.rows[0]
        assert row.initial == words["base"]
        assert row.maintenance == words["base"] * words["maintenance_fraction"]
        base = int(words["base"] * 10**6)
        quote = maintenance_quote(10**12, base, int(words["maintenance_fraction"] * 10**6))
        assert quote == row.maintenance * 10**12
        lower, upper = int(words["lower"]) * 10**6, int(words["upper"]) * 10**6
        assert scaled_fraction(base, lower, lower, upper) == base
        if upper:
            assert scaled_fraction(base, upper, lower, upper) == 10**6


def test_dydx_parameters_feed_the_fillable_price():
    words = version("dydx-v4").parameters["fillable_price"]
    found = fillable_price(
        5_000_000_000,
        500_000_000,
        10_000_000,
        499_000_000,
        500_000_000,
        int(words["adjustment"] * 10**6),
        int(words["spread_to_maintenance"] * 10**6),
    )
    assert found == Fraction(49_999, 100)


def test_gmx_crossing_agrees_with_its_own_check():
    one = version("gmx-v2")
    account = Account(
        one,
        mode="isolated",
        positions=[{"symbol": "ETH", "side": "long", "size": "1", "entry": "3000", "margin": "60"}],
    )
    found = account.liquidation_price()
    words = one.parameters["check"]
    factor = words["ETH"]["factor_for_liquidation"]
    cents = 100
    for price, expected in ((found.safe_tick, False), (found.violating_tick, True)):
        profit = int((price - 3000) * cents)
        left = remaining_collateral(60 * cents, profit, 0, 180)  # 0.06 % of 3,000
        least = int(words["min_collateral"] * cents)
        assert too_little(left, least, 3000 * cents, int(factor * 1000), 1000) is expected


def test_paradex_keeps_both_readings_of_its_fee():
    one = version("paradex")
    assert any("70 %" in words and "50 %" in words for words in one.readings)
    fee = one.parameters["liquidation"]["fee"]
    assert sorted(fee.values()) == [Fraction(1, 2), Fraction(7, 10)]


def test_modes_that_do_not_exist_are_refused():
    one = {"symbol": "BTC", "side": "long", "size": "1", "entry": "1000", "margin": "100"}
    with pytest.raises(InputError, match="isolated"):
        Account("perp-v2", mode="isolated", positions=[one])


def test_import_is_light():
    code = (
        "import sys; from solvent.venues.lending import health;"
        "health('aave-v3', collateral={'WETH': '1'}, debt={'USDC': '1'},"
        " prices={'WETH': '1', 'USDC': '1'});"
        "sys.exit('numpy' in sys.modules or 'numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
