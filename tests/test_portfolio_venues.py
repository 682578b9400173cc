"""Scenario margin over the presets of OKX, Bybit and SPAN: their tables, and how they combine."""

from fractions import Fraction

import pytest

from solvent.prices import VolShock, option_value
from solvent.venues.numbers import InputError
from solvent.venues.portfolio.legs import leg
from solvent.venues.portfolio.scenario_tables import tables, vol_shock
from solvent.venues.portfolio.scenarios import scenario_margin
from solvent.venues.presets.catalogue import version

F = Fraction
SHORT = leg("C", "call", size=-1, forward="50000", strike="55000", vol="0.6", days=30)
FUTURE = leg("F", "linear", size=1, forward="50000")


# ---- OKX
def test_okx_moves_by_class_and_date() -> None:
    assert {
        r.move for r in tables(version("okx-pm@2024"), "BTC", F(1), []) if r.label == "MR1"
    } == {F(at, 100) for at in (-15, -10, -5, 0, 5, 10, 15)}
    assert max(r.move for r in tables(version("okx-pm"), "ETH", F(1), [])) == F(24, 100)
    assert max(r.move for r in tables(version("okx-pm"), "sol", F(1), [])) == F(36, 100)
    assert max(r.move for r in tables(version("okx-pm"), "XYZ", F(1), [])) == F(1, 2)
    # In 2024 SOL was "others" for MR1 and in the middle class for MR6.
    rows = tables(version("okx-pm@2024"), "SOL", F(1), [])
    assert max(r.move for r in rows if r.label == "MR1") == F(1, 4)
    assert max(r.move for r in rows if r.label == "MR6") == F(4, 10)


def test_okx_extreme_move_counts_half() -> None:
    """A short strangle far out: MR6 at 24 %, half of it, is worse than MR1 at 12 %."""
    legs = [
        leg("C", "call", size=-1, forward=50_000, strike=58_000, vol="0.3", days=2),
        leg("P", "put", size=-1, forward=50_000, strike=42_000, vol="0.3", days=2),
    ]
    found = scenario_margin("okx-pm", legs, index=50_000, vol=VolShock(F(0), F(0)))
    assert found.worst is not None
    assert found.worst.startswith("MR6")
    assert found.worst.endswith("1/2 counted")


def test_okx_theta_decides_for_a_long_option_at_the_money() -> None:
    one = leg("S", "call", size=1, forward=50_000, strike=50_000, vol="0.6", days=1)
    put = leg("P", "put", size=1, forward=50_000, strike=50_000, vol="0.6", days=1)
    found = scenario_margin("okx-pm", [one, put], index=50_000, vol=VolShock(F(0), F(0)))
    assert found.worst == "MR2: 0 %, vol same, 1 days later"


def test_okx_combination() -> None:
    """max(scan + MR3 + MR4 + MR5, MR7) + MR8 + MR9, initial 1.3 times it."""
    given = {"MR3 vega term structure": 10, "MR4 basis": 20, "MR5 rate risk": 30}
    last = {"MR8 borrowing": 7, "MR9 stablecoin depeg": 5}
    plain = scenario_margin(
        "okx-pm", [FUTURE], index=50_000, given={**given, **last, "MR7 raw charge": 100}
    )
    assert plain.scan == 6_000
    assert plain.maintenance == 6_000 + 60 + 12
    assert plain.initial == F(13, 10) * plain.maintenance
    assert plain.missing == ()
    heavy = scenario_margin(
        "okx-pm", [FUTURE], index=50_000, given={**given, **last, "MR7 raw charge": 20_000}
    )
    assert heavy.maintenance == 2 * 20_000 + 12


def test_okx_volatility_moves_by_days_and_the_larger_of_points_and_share() -> None:
    table = vol_shock(version("okx-pm"), needed=True)
    half = F(1, 2)
    assert table.shocked(half, F(0), "up") == 0.8, "30 points are more than 50 % of 50 %"
    assert table.shocked(F(1), F(0), "up") == 1.5, "50 % is more than 30 points"
    assert table.shocked(half, F(30, 365), "down") == 0.25
    assert table.shocked(half, F(45, 365), "down") == pytest.approx(0.275, abs=1e-15)
    assert table.shocked(half, F(400, 365), "up") == 0.7
    assert table.shocked(F(1, 10), F(0), "down") == 0
    assert table.shocked(half, F(0), "same") == 0.5


def test_okx_first_table_for_a_short_call_by_hand() -> None:
    """At +12 %, 60 % goes to 85 % with 30 days to go: 25 points, not 35 % of 60 %."""
    found = scenario_margin("okx-pm", [SHORT], index=50_000)
    now = option_value(True, 50_000, 55_000, 0.6, 30 / 365)
    then = option_value(True, 56_000, 55_000, 0.85, 30 / 365)
    assert found.worst == "MR1: +12 %, vol up"
    assert float(found.scan) == pytest.approx(then - now, abs=1e-5)


def test_a_venue_without_volatility_moves_refuses_options_but_not_futures() -> None:
    assert scenario_margin("bybit-options", [FUTURE], index=50_000).scan == 5_000
    with pytest.raises(InputError, match="does not publish what its volatility moves are"):
        scenario_margin("bybit-options", [SHORT], index=50_000)


# ---- Bybit, SPAN, Binance
def test_bybit_narrowed_its_range_in_2025() -> None:
    assert scenario_margin("bybit-options@2022", [FUTURE], index=50_000).scan == 7_500
    found = scenario_margin("bybit-options", [FUTURE], index=50_000)
    assert found.scan == 5_000
    assert found.initial is None
    assert len(found.missing) == 5
    assert "a lower bound" in str(found.explain())


def test_bybit_contingencies_that_are_given_are_added() -> None:
    found = scenario_margin(
        "bybit-options", [FUTURE], index=50_000, given={"delta spread contingency": "12.5"}
    )
    assert found.maintenance == 5_000 + F("12.5")
    assert "delta spread contingency" not in found.missing
    with pytest.raises(InputError, match="has no such component"):
        scenario_margin("bybit-options", [FUTURE], index=50_000, given={"delta": 1})


def test_factors_that_only_the_account_shows_are_given_as_rates() -> None:
    """Two longs and a short are three: no netting."""
    legs = [
        FUTURE,
        leg("G", "linear", size=1, forward=50_100),
        leg("H", "linear", size=-1, forward=49_900),
    ]
    found = scenario_margin(
        "bybit-options",
        legs,
        index=50_000,
        rates={"contract size contingency": "0.001", "initial factor": "1.2"},
    )
    assert found.add_ons["contract size contingency"] == 3 * F("0.001") * 50_000
    assert found.initial == F("1.2") * found.maintenance
    assert "contract size contingency" not in found.missing
    text = str(found.explain())
    assert "rate = 0.001" in text
    assert "size = 3" in text
    amount = {"contract size contingency": 99}
    assert scenario_margin("bybit-options", legs, index=50_000, given=amount).add_ons == {
        "contract size contingency": 99
    }
    with pytest.raises(InputError, match="rates 'vega spread contingency': bybit"):
        scenario_margin("bybit-options", legs, index=1, rates={"vega spread contingency": 1})
    with pytest.raises(InputError, match="rates 'initial factor': deribit-pm@2024 has no such"):
        scenario_margin("deribit-pm@2024", legs, index=1, rates={"initial factor": 2})


def test_span_has_sixteen_scenarios_and_its_example_range() -> None:
    """S&P 500 at 2,790: scan range 120 points; a future alone is charged exactly the range."""
    shock = VolShock(F(35, 100), F(35, 100))
    rows = tables(version("span"), "SP", F(2_790), [], price_scan=120)
    assert len(rows) == 16
    assert [row.counted for row in rows[14:]] == [F(33, 100)] * 2
    assert [row.move * 2_790 for row in rows[14:]] == [240, -240]
    future = leg("SP", "linear", size=1, forward=2_790)
    alone = scenario_margin("span", [future], index=2_790, price_scan=120)
    assert alone.scan == 120
    call = leg("C", "call", size=-1, forward=2_790, strike=2_825, vol="0.16", days=90)
    both = scenario_margin("span", [future, call], index=2_790, price_scan=120, vol=shock)
    assert 0 < both.scan < 120
    with pytest.raises(InputError, match="give price_scan"):
        scenario_margin("span", [future], index=2_790)


def test_span_extreme_moves_catch_far_short_options() -> None:
    far = leg("C", "call", size=-1, forward=2_790, strike=2_990, vol="0.08", days=5)
    found = scenario_margin(
        "span", [far], index=2_790, price_scan=120, vol=VolShock(F(35, 100), F(35, 100))
    )
    assert found.worst is not None
    assert found.worst.endswith("33/100 counted")
