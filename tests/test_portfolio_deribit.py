"""Deribit portfolio margin: the venue's own answers to the last digit, and its parts by hand.

Sources: the response example of private/pme/simulate in Deribit's API documentation (BTC, 17 June
2024), and an answer of the same method recorded on 15 February 2026 (ETH) in a public repository.
"""

import math
from fractions import Fraction

import pytest

from solvent.margin import scenario
from solvent.prices import Scenario, VolShock, option_value, profit
from solvent.venues.numbers import InputError
from solvent.venues.portfolio.legs import Leg, leg
from solvent.venues.portfolio.scenario_tables import reliefs, tables
from solvent.venues.portfolio.scenarios import ScenarioMargin, scenario_margin
from solvent.venues.presets.catalogue import version

F = Fraction
NO_VOL = VolShock(F(0), F(0))
FAR = leg("X", "call", size=-2_000, forward=50_000, strike=120_000, vol="0.7", days=30)
PERPETUAL = leg("BTC-PERPETUAL", "linear", size="0.314538364", forward="65910.57")
JUNE = leg("BTC-28JUN24", "linear", size="-0.001187534", forward="67371.75", days="10.9")
ETH = leg("ETH-PERPETUAL", "linear", size="-0.999487053", forward="1949.49")


def test_the_api_documentations_example_to_its_last_digit() -> None:
    found = scenario_margin(
        "deribit-pm@2024", [PERPETUAL, JUNE], index="65666.19", settled="coin", time=1718619740501
    )
    assert found.add_ons == {"roll contingency": F("0.00315725898"), "delta contingency": 0}
    assert found.scan == F("0.059685872")
    assert found.initial == F("0.06284313098")
    assert found.maintenance == F("0.050274504784")
    assert (found.money, found.missing) == ("coin", ())
    assert found.worst == "-16 %, vol up", "bucket 1, left, index 1"


def test_a_recorded_answer_for_ether_to_its_last_digit() -> None:
    found = scenario_margin(
        "deribit-pm@2026", [ETH], index="1949.34", underlying="ETH", settled="coin"
    )
    assert found.add_ons["roll contingency"] == F("0.004997435265")
    assert found.initial == F("0.157461562265")
    assert found.maintenance == F("0.125969249812")
    assert found.worst == "+18 %, vol up", "bucket 9, right"
    assert found.missing == ()


# The example's initial_risk_vectors, as printed: one of each bucket of the core table, and the far
# one, where an inverse contract's result is that of the edge of the regular range.
CORE = (
    "-0.05991206933333334", "-0.04289159509090909", "-0.027351162086956524",
    "-0.013105765166666668", "0", "0.012097629384615385", "0.023299138074074074",
    "0.033700538999999995", "0.043384601931034494",
)  # fmt: skip
EXTENDED = (CORE[0],) * 2 + (CORE[8],) * 6


def test_every_cell_of_the_api_documentations_example() -> None:
    rows = tables(version("deribit-pm@2024"), "BTC", F("65666.19"), [], coin=True)
    expected = [cell for cell in CORE for _ in range(3)] + list(EXTENDED)
    assert len(rows) == len(expected) == 35
    inverse = Leg(PERPETUAL.instrument, PERPETUAL.size).instrument
    for row, cell in zip(rows, expected, strict=True):
        coin = type(inverse)(inverse.name, "linear", inverse.forward, coin=True)
        found = profit(coin, row, NO_VOL) * PERPETUAL.size
        assert abs(found - F(cell)) < F(1, 10**15), row.name


def test_far_moves_count_their_share_and_less_the_dampener() -> None:
    """2,000 far short calls on the table of 2024, by hand with Black-76 alone: at +500 % the share
    is 0.16 / 5 and 100,000 x (5 / 0.16 - 1) is taken off.
    """
    found = scenario_margin("deribit-pm@2024", [FAR], index=50_000)
    up = max(0.7 * 1.5, 0.5)
    now = option_value(True, 50_000, 120_000, 0.7, 30 / 365)
    losses = {}
    for move in (0.5, 1, 2, 3, 4, 5):
        then = option_value(True, 50_000 * (1 + move), 120_000, up, 30 / 365)
        share = 0.16 / move
        losses[move] = max(0.0, 2_000 * (then - now) * share - (move / 0.16 - 1) * 100_000)
    worst = max(losses, key=losses.__getitem__)
    assert worst == 5
    assert float(found.scan) == pytest.approx(losses[worst], rel=1e-9)
    assert found.worst == "extended: +500 %, vol up, 4/125 counted"
    assert found.relief == (5 / F(16, 100) - 1) * 100_000
    assert "dampener = -3025000 quote" in str(found.explain())


def test_a_few_far_options_are_dampened_to_nothing() -> None:
    few = leg("X", "call", size=-10, forward=50_000, strike=120_000, vol="0.7", days=30)
    found = scenario_margin("deribit-pm@2024", [few], index=50_000)
    assert found.worst == "+16 %, vol up"
    assert found.relief == 0
    shared = scenario_margin("deribit-pm@2024", [few], index=50_000, extended_counted="0.1")
    assert shared.worst == "+16 %, vol up", "the dampener also holds for a share that is given"


def test_the_far_table_in_coins_is_stated_at_the_edge_of_the_range() -> None:
    rows = tables(version("deribit-pm@2024"), "BTC", F(50_000), [], coin=True)
    assert [row.counted for row in rows[27:]] == [
        F(16, 66) * F(34, 84), F(16, 33) * F(67, 84), F(16, 50) * F(150, 116),
        *(F(16, 100 * n) * F(100 * (1 + n), 116) for n in range(1, 6)),
    ]  # fmt: skip
    off = reliefs(version("deribit-pm@2024"), "BTC", rows, F(50_000), [], coin=True)
    assert off[:27] == (0,) * 27
    assert off[27] == (F(66, 16) - 1) * 100_000 / (F(84, 100) * 50_000)
    assert off[34] == (F(500, 16) - 1) * 100_000 / (F(116, 100) * 50_000)


def test_roll_contingency_per_expiry_without_credit() -> None:
    """0.075 a year, not below 1 %: half a year is 3.82 %, a month the least; no netting between."""
    legs = [
        leg("P", "linear", size=10, forward=50_000),
        leg("M", "linear", size=-4, forward=50_000, days=30),
        leg("H", "linear", size=-6, forward=50_000, days="182.5"),
    ]
    found = scenario_margin("deribit-pm@2024", legs, index=50_000)
    expected = (10 * 0.01 + 4 * 0.01 + 6 * (math.exp(0.075 * 0.5) - 1)) * 50_000
    assert float(found.add_ons["roll contingency"]) == pytest.approx(expected, rel=1e-9)
    assert found.add_ons["roll contingency"] >= F(expected), "rounded up"
    assert found.scan == 0
    assert found.initial == sum(found.add_ons.values())
    assert found.maintenance == F(8, 10) * found.initial


def test_delta_contingency_starts_at_its_threshold_and_stops_at_its_most() -> None:
    """Threshold 20,000,000 / 50,000 = 400 coins; 0.005 % per coin above it, at most 10 %."""

    def charge(size: int) -> Fraction:
        one = leg("P", "linear", size=size, forward=50_000)
        return scenario_margin("deribit-pm@2024", [one], index=50_000).add_ons["delta contingency"]

    assert charge(400) == charge(-400) == 0
    assert charge(401) == 401 * F("0.00005") * 50_000
    assert charge(-600) == 600 * F("0.01") * 50_000
    assert charge(5_000) == 5_000 * F("0.1") * 50_000, "0.23 would be above the most"


def test_bought_options_offset_delta_and_never_add_to_it() -> None:
    future = leg("P", "linear", size=600, forward=50_000)
    put = leg("Q", "put", size=1_000, forward=50_000, strike=50_000, vol="0.6", days=30)
    call = leg("C", "call", size=1_000, forward=50_000, strike=50_000, vol="0.6", days=30)

    def charge(*legs: Leg) -> Fraction:
        found = scenario_margin("deribit-pm@2024", legs, index=50_000)
        return found.add_ons["delta contingency"]

    assert charge(future, put) < charge(future) == charge(future, call)


def test_what_is_not_known_for_bitcoin_today_is_said_where_it_matters() -> None:
    def of(*legs: Leg) -> ScenarioMargin:
        return scenario_margin("deribit-pm@2026", legs, index=50_000)

    assert of(leg("P", "linear", size=10, forward=50_000)).missing == ()
    assert of(leg("P", "linear", size=401, forward=50_000)).missing == ("delta contingency",)
    dated = of(leg("M", "linear", size=10, forward=50_000, days=30))
    assert dated.missing == ("roll contingency of dated legs above its least rate",)
    assert dated.add_ons["roll contingency"] == 10 * F("0.005") * 50_000
    given = scenario_margin(
        "deribit-pm@2026",
        [leg("P", "linear", size=401, forward=50_000, days=30)],
        index=50_000,
        given={"delta contingency": 1_000, "roll contingency": 90_000},
    )
    assert given.missing == ()
    assert given.initial == given.scan + 91_000


def test_an_underlying_without_numbers_is_a_lower_bound_or_refused() -> None:
    found = scenario_margin("deribit-pm@2024", [ETH], index="1949.34", underlying="ETH")
    assert found.missing == (
        "dampener of the extended table for ETH, taken as 0",
        "roll contingency",
    )
    with pytest.raises(InputError, match="no scenario table for 'SOL'"):
        scenario_margin("deribit-pm@2026", [ETH], index=100, underlying="SOL")


def test_books_of_other_venues_are_not_settled_in_coins() -> None:
    with pytest.raises(InputError, match="settled 'coin': books of bybit-options@2025 are settled"):
        scenario_margin("bybit-options", [ETH], index=1_949, underlying="ETH", settled="coin")


def test_a_short_call_in_coins_by_hand() -> None:
    """Coins at the shocked forward less coins now, the premium and all."""
    short = leg("C", "call", size=-1, forward=50_000, strike=55_000, vol="0.6", days=30)
    found = scenario_margin("deribit-pm@2024", [short], index=50_000, settled="coin")
    now = option_value(True, 50_000, 55_000, 0.6, 30 / 365) / 50_000
    then = option_value(True, 58_000, 55_000, 0.6 * 1.5, 30 / 365) / 58_000
    assert float(found.scan) == pytest.approx(then - now, abs=1e-9)
    assert found.worst == "+16 %, vol up"


# ---- the pure functions
def test_a_relief_brings_towards_zero_only() -> None:
    arrays = [([-100, 40, -5], [-100, 40, -5])]
    found = scenario.scan([1], arrays, [30, 30, 30])
    assert found.losses == (70, -10, 0)
    assert (found.scenario, found.loss, found.by_leg) == (0, 70, (100,))
    assert scenario.scan([1], arrays, [200, 0, 0]).losses == (0, -40, 5)
    assert [scenario.relieved(loss, 0) for loss in (1, 0, -1)] == [1, 0, -1]
    with pytest.raises(ValueError, match="shorter"):
        scenario.scan([1], arrays, [30])


def test_shares_and_reliefs_of_moves_inside_the_range() -> None:
    assert scenario.range_share(F(0), F(16, 100)) == 1
    assert scenario.range_share(F(-8, 100), F(16, 100), F(1, 2)) == F(1, 2)
    assert scenario.far_relief(F(8, 100), F(16, 100), 5) == 0
    assert Scenario(F(5), "up", F(4, 125), label="extended").name.startswith("extended: +500 %")
