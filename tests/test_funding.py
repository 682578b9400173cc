"""Funding of venues: the rate their rules make of premiums, and payments that sum to zero."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent.venues import funding_payments, funding_rate, run_files, version
from solvent.venues.numbers import InputError
from solvent.venues.preset import Version
from solvent.venues.presets import catalogue
from solvent.venues.questions import funding, funding_asked
from solvent.venues.questions.funding_rules import FundingRule, Limits, rate_of, rule_of

F = Fraction
FTX = FundingRule("FTX help 360027946571: Funding", "premium", interest_per_8_hours=F(0),
                  average="equal", spread_hours=F(24))  # fmt: skip
VERSIONS = [one for name in catalogue.names() for one in catalogue.venue(name).versions]
RULED = [
    (one, symbol)
    for one in VERSIONS
    for symbol in one.instruments
    if "form" in one.parameters.get("funding", {})
    or symbol in one.parameters.get("funding", {}).get("by_symbol", {})
]


def exactly(preset: str, symbol: str, *samples: str, **given: Any) -> Fraction:
    found = funding_rate(preset, symbol=symbol, samples=list(samples), **given).exact
    assert found is not None
    return found


# --------------------------------------------------------------------------- venues' own examples


def test_a_premium_held_all_day_costs_itself_a_day() -> None:
    """FTX: 0.10 % above the index all day is 0.10 % over the next day, paid hourly."""
    hourly = rate_of(FTX, [F("0.001")] * 60, F(1)).value
    assert hourly == F("0.001") / 24
    assert sum(funding.received(1, F(50_000), hourly) for _ in range(24)) == -F(50)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        # Hyperliquid docs, numerical example: 1 % less 0.05 %, one eighth of it an hour
        (exactly("hyperliquid@2025", "BTC", "0.01"), F("0.0095") / 8),
        # ... and the interest rate at no premium is 0.00125 % an hour
        (exactly("hyperliquid@2025", "BTC", "0"), F("0.0000125")),
        # Lighter docs: 0.01 % + 0.1 % - 0.05 % = 0.06 %; 4 % / 8 is the most an hour
        (exactly("lighter@2025", "BTC", "0.001"), F("0.0006") / 8),
        (exactly("lighter@2025", "BTC", "0.0805"), F("0.005")),
        # Bitget 12560603838070: an interval of four hours pays half
        (exactly("bitget@2025-07", "BTCUSDT", "0.002", hours=4), F("0.0015") / 2),
        (exactly("bitget@2023-02", "BTCUSDT", "0.002", hours=4), F("0.0015")),
        # Bybit: within 0.05 % of the interest rate the funding rate is the interest rate
        (exactly("bybit@2026", "BTCUSDT", "0.0006"), F("0.0001")),
        (exactly("bybit@2026", "BTCUSDT", "0.0002", hours=4), F("0.00005")),
        # Bybit v5 instruments-info: upperFundingRate of BTCUSDT is 0.00375
        (exactly("bybit@2026", "BTCUSDT", "0.1"), F("0.00375")),
        (exactly("bybit@2026", "BTCUSDT", "-0.1"), -F("0.00375")),
        # Binance fundingInfo, recorded: BTCUSDT within 0.003
        (exactly("binance-usdm@2026-09", "BTCUSDT", "-0.1"), -F("0.003")),
        # Gate news of 27 May 2026: BTCUSDT within 0.3 %
        (exactly("gate@2026-08", "BTC_USDT", "0.1"), F("0.003")),
        # Deribit: 0.05 % less the damper of 0.025 %
        (exactly("deribit@2022-01", "BTC-PERPETUAL", "0.0005"), F("0.00025")),
        # Kraken: one 24th of the premium an hour, at most 0.25 %
        (exactly("kraken-futures@2023", "PI_XBTUSD", "0.0024"), F("0.0001")),
        (exactly("kraken-futures@2023", "PI_XBTUSD", "0.24"), F("0.0025")),
        # dYdX: one eighth of the premium; 600 % of (2 % - 1.2 %) is the most in 8 hours
        (exactly("dydx-v4@2024-10", "BTC-USD", "0.008"), F("0.001")),
        (exactly("dydx-v4@2024-10", "BTC-USD", "0.5"), F("0.048") / 8),
        # Coinbase: three quarters of a 24th, and a quarter of the rate before
        (exactly("coinbase-intx@2024", "BTC-PERP", "0.0024", previous="0.0004"), F("0.000175")),
        # OKX before April 2025: the mean premium; since then drawn to the interest rate
        (exactly("okx@2022", "ETH-USDT-SWAP", "0.001", "0.002"), F("0.0015")),
        (exactly("okx@2025-07", "ETH-USDT-SWAP", "0", "0.0018"), F("0.0007")),
        # Paradex: at most 5 % in 8 hours, whatever the span asked for
        (exactly("paradex@2026", "BTC-USD-PERP", "0.2", hours=4), F("0.025")),
        # KuCoin's funding plan: the interest is added to the mean premium
        (exactly("kucoin@2024-10", "XBTUSDTM", "0.001", interest="0.0001"), F("0.0011")),
        # KuCoin's funding plan: 0.75 x (1 % - 0.5 %) where those are the margins; here 0.8, 0.4 %
        (
            exactly("kucoin@2024-10", "XBTUSDTM", "0.2", interest="0.0001"),
            F("0.75") * F("0.004"),
        ),
    ],
)  # fmt: skip
def test_rates_that_venues_print(rate: Fraction, expected: Fraction) -> None:
    assert rate == expected


def test_the_last_samples_weigh_most_where_the_venue_says_so() -> None:
    rising = ["0.001", "0.002", "0.003"]
    place = exactly("binance-usdm@2026-09", "BTCUSDT", *rising)
    assert place == F("0.001") * (1 + 4 + 9) / 6 - F("0.0005")
    equal = exactly("gate@2023", "BTC_USDT", *rising)
    assert equal == F("0.002") - F("0.0005")


def test_continuous_funding_damps_every_premium_not_their_mean() -> None:
    """Deribit: half the time 0.05 %, half the time -0.05 % leaves nothing; 0.05 % and 0 leaves half
    of 0.025 %, though their mean lies within the damper.
    """
    assert exactly("deribit@2022-01", "BTC-PERPETUAL", "0.0005", "-0.0005") == 0
    assert exactly("deribit@2022-01", "BTC-PERPETUAL", "0.0005", "0") == F("0.000125")


def test_bitmex_limits_the_change_of_its_rate() -> None:
    known = dict(interest="0.0001", previous="0")
    assert exactly("bitmex@2021-08", "XBTUSD", "0.1", interest="0.0001") == F("0.00375")
    maintenance = version("bitmex@2021-08").tables["XBTUSD"].rows[0].maintenance
    assert exactly("bitmex@2021-08", "XBTUSD", "0.1", cap="1", **known) == F("0.75") * maintenance
    assert exactly("bitmex@2021-08", "XBTUSD", "-0.1", cap="1", **known) == -F("0.75") * maintenance


# ----------------------------------------------------------------------------- what always holds


@pytest.mark.parametrize("one", VERSIONS, ids=lambda one: one.label)
def test_rules_in_presets_name_their_sources(one: Version) -> None:
    for symbol in one.instruments:
        if (one, symbol) in RULED:
            assert rule_of(one, symbol).source in one.sources
        else:
            with pytest.raises(InputError, match="has no funding rule"):
                rule_of(one, symbol)


def test_every_venue_with_an_order_book_has_a_rule() -> None:
    asked = (
        "binance-usdm binance-coinm bybit bybit-inverse okx kraken-futures kucoin bitget phemex "
        "hyperliquid dydx-v4 paradex lighter coinbase-intx gate bitmex deribit"
    )
    ruled = {one.venue for one, _ in RULED}
    assert ruled >= set(asked.split())


GIVEN = dict(interest="0.0001", previous="0")


@given(
    st.sampled_from(RULED),
    st.fractions(-1, 1, max_denominator=10**6),
    st.fractions(0, 1, max_denominator=10**6),
)
def test_a_higher_premium_never_lowers_the_rate(
    ruled: tuple[Version, str], premium: Fraction, more: Fraction
) -> None:
    one, symbol = ruled
    low, high = (
        funding_rate(one, symbol=symbol, premium=each, **GIVEN).exact
        for each in (premium, premium + more)
    )
    assert low is not None
    assert high is not None
    assert low <= high


@given(st.sampled_from(RULED), st.fractions(-1, 1, max_denominator=10**6))
def test_without_interest_both_sides_are_treated_alike(
    ruled: tuple[Version, str], premium: Fraction
) -> None:
    one, symbol = ruled
    rates = [
        funding_rate(one, symbol=symbol, premium=each, interest=0, previous=0).exact
        for each in (premium, -premium)
    ]
    assert rates[0] == -rates[1]  # type: ignore[operator]


@given(
    st.sampled_from([(a, b) for a, b in RULED if rule_of(a, b).spread_hours]),
    st.fractions(-1, 1, max_denominator=10**4),
)
def test_where_a_rate_is_spread_hours_add_up(ruled: tuple[Version, str], premium: Fraction) -> None:
    one, symbol = ruled
    rule = replace(rule_of(one, symbol), weight_of_new=None)
    if rule.interest_per_8_hours is None:
        rule = replace(rule, interest_per_8_hours=F(0))
    hourly, whole = (rate_of(rule, [premium], F(hours)).value for hours in (1, 8))
    assert hourly * 8 == whole  # type: ignore[operator]


# ----------------------------------------------------------------------------------- payments

amounts = st.fractions(-(10**6), 10**6, max_denominator=10**4)
books = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), amounts, max_size=8)
PAYING = [("binance-usdm@2026-09", "BTCUSDT"), ("bitmex@2021-08", "XBTUSD")]
PRICE = F(50_001, 7)


def paid(
    preset: str, symbol: str, rate: Fraction, sizes: dict[str, Fraction]
) -> dict[str, Fraction]:
    return funding_payments(preset, rate, sizes, symbol=symbol, price=PRICE, rest="the rest")


@given(st.sampled_from(PAYING), books, st.fractions(-1, 1, max_denominator=10**6))
def test_payments_sum_to_exactly_zero(
    contract: tuple[str, str], sizes: dict[str, Fraction], rate: Fraction
) -> None:
    found = paid(*contract, rate, sizes)
    assert sum(found.values()) == 0
    for name, size in sizes.items():
        assert (found[name] > 0) == (size * rate < 0)  # a positive rate is paid by longs


def test_a_planted_sign_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"ann": F(3), "bob": F(-1)}
    flips = {
        "no side": lambda side, worth, rate: -worth * rate,
        "longs receive": lambda side, worth, rate: side * worth * rate,
    }
    for name, flipped in flips.items():
        with monkeypatch.context() as planted:
            planted.setattr(funding_asked.funding, "received", flipped)
            found = paid(*PAYING[0], F("0.0001"), sizes)
        assert sum(found.values()) != 0 or found["ann"] > 0, name
    right = paid(*PAYING[0], F("0.0001"), sizes)
    assert sum(right.values()) == 0
    assert right["ann"] < 0 < right["bob"]


def test_an_inverse_contract_pays_coins_on_its_face_value() -> None:
    found = funding_payments("deribit@2022-01", "0.0008", {"long": "40000", "short": "-40000"},
                             symbol="BTC-PERPETUAL", price="20000", held_hours=1)  # fmt: skip
    assert found == {"long": -2 * F("0.0001"), "short": 2 * F("0.0001")}


@given(st.fractions(0, 8, max_denominator=1000).filter(lambda hours: 0 < hours < 8))
def test_continuous_funding_is_the_same_in_one_piece_or_two(hours: Fraction) -> None:
    def over(held: Fraction) -> Fraction:
        return funding_payments("deribit@2022-01", "0.0008", {"a": "10", "b": "-10"},
                                symbol="BTC-PERPETUAL", price="20000", held_hours=held)["a"]  # fmt: skip

    assert over(hours) + over(F(8) - hours) == over(F(8))


def test_a_rate_may_be_the_answer() -> None:
    rate = funding_rate("kraken-futures@2023", symbol="PI_XBTUSD", premium="0.0024")
    found = funding_payments("kraken-futures@2023", rate, {"a": "100"}, symbol="PI_XBTUSD",
                             price="50000", held_hours="0.5", rest="b")  # fmt: skip
    assert found["a"] == -F(100, 50_000) * F("0.0001") / 2


# --------------------------------------------------------------- one rule for questions and cases


def test_the_golden_cases_use_the_presets_rule(tmp_path: Path) -> None:
    """Cases and questions give one rate of 8 hours for every venue that has a rule of its own."""
    premium = F("0.0027")
    cases = []
    for venue, symbol in (
        ("binance", "BTCUSDT"),
        ("bybit", "BTCUSDT"),
        ("okx", "ETH-USDT-SWAP"),
        ("gate", "BTC_USDT"),
        ("deribit", "BTC-PERPETUAL"),
        ("hyperliquid", "BTC"),
        ("dydx_v4", "BTC-USD"),
        ("lighter", "BTC"),
        ("paradex", "BTC-USD-PERP"),
    ):
        preset = {"binance": "binance-usdm", "bybit": "bybit@2024"}.get(venue, venue)
        rate = funding_rate(
            preset.replace("_", "-"), symbol=symbol, premium=premium, hours=8, cap=1
        ).exact
        cases.append(
            {
                "id": venue, "venue": venue, "kind": "funding_rate_8h", "margin_mode": "any",
                "contract_type": "linear_perp", "inputs": {"premium": str(premium)},
                "expected": {"funding_rate": str(rate)}, "tolerance": {"abs": 0}, "source": "own",
            }
        )  # fmt: skip
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"format": 1, "cases": cases}))
    outcomes = run_files([file]).outcomes
    assert [(one.case.id, one.status) for one in outcomes] == [
        (case["id"], "passed") for case in cases
    ]


# ------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("preset", "asked", "words"),
    [
        ("bitmex", dict(symbol="XBTUSD", premium="0.1"), "interest: is not printed by the venue"),
        ("bitget", dict(symbol="BTCUSDT", samples=["0", "1"]), "how the venue averages"),
        ("coinbase-intx", dict(symbol="BTC-PERP", premium="0"), "previous: is missing"),
        ("drift-v2", dict(symbol="TEST-PERP", premium="0"), "has no funding rule"),
        ("kraken-futures", dict(symbol="PI_ETHUSD", premium="0"), "no funding rule of PI_ETHUSD"),
        ("binance-usdm", dict(symbol="BTCUSDT"), "samples: are missing"),
        ("binance-usdm", dict(symbol="BTCUSDT", samples=[]), "samples: none given"),
        ("binance-usdm", dict(symbol="BTCUSDT", samples="0.1"), "give a list"),
        ("binance-usdm", dict(symbol="BTCUSDT", samples=[0.1]), "is a float"),
        ("binance-usdm", dict(symbol="BTCUSDT", samples=["0"], premium="0"), "beside premium"),
        ("binance-usdm", dict(symbol="BTCUSD", premium="0"), "did you mean BTCUSDT"),
        ("binance-usdm", dict(symbol="BTCUSDT", premium="0", cap="-1"), "0 or more"),
        ("binance-usdm", dict(symbol="BTCUSDT", premium="0", hours="0"), "greater than 0"),
    ],
)
def test_rates_that_are_refused(preset: str, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        funding_rate(preset, **asked)


@pytest.mark.parametrize(
    ("sizes", "more", "words"),
    [
        ({"a": "1"}, {}, "sizes: sum to 1 BTCUSDT"),
        ({"a": "1"}, dict(rest="a"), "has a size already"),
        ({"a": "1", "b": "-1"}, dict(held_hours=1), "pays the whole rate"),
        ({"a": "1", "b": "-1"}, dict(price="0"), "greater than 0"),
        ({"a": 1.0}, {}, "is a float"),
    ],
)
def test_payments_that_are_refused(sizes: dict[str, Any], more: dict[str, Any], words: str) -> None:
    asked = {"symbol": "BTCUSDT", "price": "50000", **more}
    with pytest.raises(InputError, match=words):
        funding_payments("binance-usdm@2026-09", "0.0001", sizes, **asked)


def test_a_rule_with_a_word_that_is_none() -> None:
    one = version("binance-usdm@2026-09")
    for key, value in (("form", "clamped"), ("average", "median"), ("paid", "daily")):
        group = {**one.parameters["funding"], key: value}  # type: ignore[dict-item]
        with pytest.raises(InputError, match=f"{key} '{value}' is none of"):
            rule_of(replace(one, parameters={"funding": group}))
    without = {key: value for key, value in one.parameters["funding"].items() if key != "clamp"}  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="needs its width"):
        rule_of(replace(one, parameters={"funding": without}))
    assert rate_of(FTX, [F(1)], F(24), Limits(F(1, 2))).value == F(1, 2)
