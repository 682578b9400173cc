"""Scenario margin over presets: the worst cell, what is added, what is not public."""

import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvent.margin import scenario
from solvent.prices import Instrument, VolShock, grid, publish
from solvent.venues.numbers import InputError
from solvent.venues.portfolio.legs import Leg, leg
from solvent.venues.portfolio.scenario_tables import tables, vol_shock
from solvent.venues.portfolio.scenarios import closing_changes, scenario_margin, total
from solvent.venues.presets.catalogue import version

F = Fraction
MISSION = VolShock(F(45, 100), F(25, 100))  # volatility x 1.45 and x 0.75
SHORT = leg("C", "call", size=-1, forward="50000", strike="55000", vol="0.6", days=30)
FUTURE = leg("F", "linear", size=1, forward="50000")
KINDS = st.sampled_from(["call", "put", "linear"])


def grid_of(steps: int) -> list[F]:
    return [F(16 * at, 100 * steps) for at in range(-steps, steps + 1)]


# ---- the mission's book on {0, +-4, +-8, +-12, +-16 %} x vol {0.75, 1, 1.45}
def test_the_short_call_loses_most_up_with_volatility_up() -> None:
    found = scenario_margin("deribit-pm@2024", [SHORT], index=50_000, vol=MISSION)
    assert found.worst == "+16 %, vol up"
    assert float(found.scan) == pytest.approx(5_598.2968, abs=5e-5)


def test_with_a_long_future_the_worst_cell_is_on_the_other_side() -> None:
    found = scenario_margin("deribit-pm@2024", [SHORT, FUTURE], index=50_000, vol=MISSION)
    assert found.worst == "-16 %, vol up"
    assert float(found.scan) == pytest.approx(7_214.2671, abs=5e-5)
    assert float(found.by_leg["F"]) == 8_000
    assert sum(found.by_leg.values()) == found.scan


STRADDLE = [
    leg("SC", "call", size=-1, forward="50000", strike="50000", vol="0.6", days=30),
    leg("SP", "put", size=-1, forward="50000", strike="50000", vol="0.6", days=30),
]


def test_a_finer_grid_changes_the_margin_by_less_than_one_percent() -> None:
    for book in ([SHORT], [SHORT, FUTURE], STRADDLE, [*STRADDLE, FUTURE]):
        losses = []
        for steps in (4, 8):
            rows = grid(grid_of(steps))
            made = publish(
                "BTC", [one.instrument for one in book], rows, MISSION, time=0, unit=F(1, 10**6)
            )
            arrays = [(a.lower, a.upper) for a in made.arrays.values()]
            losses.append(scenario.scan([int(one.size) for one in book], arrays).loss)
        assert losses[0] <= losses[1] < losses[0] * 1.01


BOOKS = st.lists(
    st.tuples(KINDS, st.integers(30, 80), st.integers(-4, 4), st.integers(1, 200)),
    min_size=1,
    max_size=6,
)


def book_of(rows: list[tuple[str, int, int, int]]) -> list[Leg]:
    return [
        leg(f"L{at}", kind, size=size, forward=50_000, strike=1_000 * k, vol="0.6", days=days)
        for at, (kind, k, size, days) in enumerate(rows)
    ]


@settings(max_examples=60)
@given(rows=BOOKS, cut=st.integers(0, 6))
def test_two_books_together_never_need_more_than_each_alone(
    rows: list[tuple[str, int, int, int]], cut: int
) -> None:
    legs = book_of(rows)

    def scan(part: list[Leg]) -> F:
        return scenario_margin("deribit-pm@2018", part, index=50_000).scan

    assert scan(legs) <= scan(legs[:cut]) + scan(legs[cut:])


@pytest.mark.parametrize("name", ["okx-pm", "bybit-options", "deribit-pm@2026"])
@settings(max_examples=20)
@given(rows=BOOKS, cut=st.integers(0, 6))
def test_scans_of_every_model_are_sub_additive_before_add_ons(
    name: str, rows: list[tuple[str, int, int, int]], cut: int
) -> None:
    """Any volatility moves, any shares. A dampener is no part of it: it is taken off each book."""
    legs = book_of(rows)
    own = version(name)
    shock = MISSION if name == "bybit-options" else vol_shock(own, needed=True)
    found = tables(own, "BTC", F(50_000), [])

    def scan(part: list[Leg]) -> int:
        made = publish("", [one.instrument for one in part], found, shock, time=0, unit=F(1, 10**6))
        arrays = [(a.lower, a.upper) for a in made.arrays.values()]
        return scenario.scan([int(one.size) for one in part], arrays).loss

    assert scan(legs) <= scan(legs[:cut]) + scan(legs[cut:])


def test_the_dampener_is_not_sub_additive_and_says_so() -> None:
    """Twice the book needs more than twice: the amount is taken off once."""
    half = leg("X", "call", size=-1_000, forward=50_000, strike=120_000, vol="0.7", days=30)
    whole = leg("X", "call", size=-2_000, forward=50_000, strike=120_000, vol="0.7", days=30)
    one = scenario_margin("deribit-pm@2024", [half], index=50_000).scan
    assert scenario_margin("deribit-pm@2024", [whole], index=50_000).scan > 2 * one
    assert "more than each" in (scenario.scan.__doc__ or "").replace("\n    ", " ")


@settings(max_examples=40)
@given(rows=BOOKS, order=st.randoms(use_true_random=False))
def test_the_order_of_legs_changes_nothing(
    rows: list[tuple[str, int, int, int]], order: object
) -> None:
    legs = book_of(rows)
    mixed = list(legs)
    order.shuffle(mixed)  # type: ignore[attr-defined]
    one = scenario_margin("deribit-pm@2018", legs, index=50_000)
    other = scenario_margin("deribit-pm@2018", mixed, index=50_000)
    assert (one.maintenance, one.worst, one.by_leg) == (
        other.maintenance,
        other.worst,
        other.by_leg,
    )


def test_small_sizes_are_not_rounded_away() -> None:
    """Rounding is per whole unit: a ten-millionth of the book needs a ten-millionth of it."""
    tiny = leg("C", "call", size="-0.0000001", forward=50_000, strike=55_000, vol="0.6", days=30)
    found = scenario_margin("deribit-pm@2024", [tiny], index=50_000, vol=MISSION)
    whole = scenario_margin("deribit-pm@2024", [SHORT], index=50_000, vol=MISSION)
    assert found.scan * 10**7 == whole.scan


def test_a_box_has_no_scan_risk() -> None:
    box = [
        leg("C1", "call", size=1, forward=50_000, strike=45_000, vol="0.6", days=30),
        leg("C2", "call", size=-1, forward=50_000, strike=55_000, vol="0.6", days=30),
        leg("P1", "put", size=-1, forward=50_000, strike=45_000, vol="0.6", days=30),
        leg("P2", "put", size=1, forward=50_000, strike=55_000, vol="0.6", days=30),
    ]
    found = scenario_margin("deribit-pm@2024", box, index=50_000)
    assert found.scan <= F(4, 10**6), "at most the rounding of its four legs"
    alone = total([scenario_margin("deribit-pm@2024", [one], index=50_000) for one in box])
    assert alone > 5_000


def test_closing_a_hedge_raises_the_requirement() -> None:
    changes = closing_changes("deribit-pm@2024", [SHORT, FUTURE], index=50_000, vol=MISSION)
    hedge = leg("H", "linear", size="-0.6", forward=50_000)
    hedged = closing_changes("deribit-pm@2024", [SHORT, FUTURE, hedge], index=50_000, vol=MISSION)
    assert hedged["H"] > 0
    assert changes["F"] < 0


# ---- Deribit's tables
def test_deribit_core_table_is_nine_moves_by_three() -> None:
    rows = tables(version("deribit-pm@2024"), "BTC", F(50_000), [])
    assert len(rows) == 35
    core, far = rows[:27], rows[27:]
    assert sorted({row.move for row in core}) == [F(4 * at, 100) for at in range(-4, 5)]
    assert {row.vol for row in far} == {"up"}
    half = tables(version("deribit-pm@2024"), "BTC", F(50_000), [], extended_counted="0.5")
    assert {row.counted for row in half[27:]} == {F(1, 2)}


def test_deribit_2018_contingencies() -> None:
    """0.01 coin per net short option and strike; 1 % of offsetting futures."""
    legs = [
        leg("C", "call", size=10, forward=50_000, strike=55_000, vol="0.6", days=30),
        leg("P", "put", size=-20, forward=50_000, strike=55_000, vol="0.6", days=30),
        leg("A", "linear", size=100, forward=50_000),
        leg("B", "linear", size=-60, forward=50_000),
        leg("D", "linear", size=-20, forward=50_000),
    ]
    found = scenario_margin("deribit-pm@2018", legs, index=50_000)
    assert found.add_ons["net short options"] == 10 * F(1, 100) * 50_000
    assert found.add_ons["offsetting futures"] == F(1, 100) * 80 * 50_000
    assert found.maintenance == found.scan + sum(found.add_ons.values())
    assert (found.initial, found.missing) == (None, ())


def test_strikes_of_different_expiries_do_not_net() -> None:
    legs = [
        leg("C", "call", size=1, forward=50_000, strike=55_000, vol="0.6", days=30),
        leg("D", "call", size=-1, forward=50_000, strike=55_000, vol="0.6", days=60),
    ]
    found = scenario_margin("deribit-pm@2018", legs, index=50_000)
    assert found.add_ons["net short options"] == 500


# ---- pure functions
def test_clearing_total_is_floored_by_the_short_option_minimum() -> None:
    assert scenario.clearing_total(120, 10, 5, 35, 60) == 100
    assert scenario.clearing_total(120, 10, 5, 35, 101) == 101


def test_tier_charges() -> None:
    tiers = [(F(10_000), F(1)), (F(70_000), F(2)), (None, F(4))]
    assert scenario.whole_charge(F(10_000), tiers) == 10_000
    assert scenario.whole_charge(F(10_001), tiers) == 20_002
    assert scenario.tiered_charge(F(10_001), tiers) == 10_002
    for charge in (scenario.whole_charge, scenario.tiered_charge):
        with pytest.raises(ValueError, match="above the last tier"):
            charge(F(5), [(F(4), F(1))])


def test_requirements_round_up() -> None:
    assert scenario.scaled(1_001, 13, 10) == 1_302
    assert scenario.scaled(1_000, 13, 10) == 1_300
    assert scenario.by_group({"BTC": 500, "ETH": -200}) == 500


# ---- presets and mistakes
@pytest.mark.parametrize("name", ["deribit-pm", "okx-pm", "span", "bybit-options"])
def test_what_is_not_public_is_said(name: str) -> None:
    assert version(name).missing


def test_a_preset_without_volatility_moves_is_fine_without_options() -> None:
    assert vol_shock(version("bybit-options"), needed=False).up == 0
    assert vol_shock(version("deribit-pm"), needed=True).least_up == F(1, 2)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"kind": "Call"}, "is none of"),
        ({"forward": 0}, "must be above zero"),
        ({"vol": 60}, "write 60 % as 0.6"),
        ({"vol": 0}, "needs vol above zero"),
        ({"strike": 0}, "needs strike above zero"),
        ({"days": -1}, "has expired"),
        ({"size": 0.5}, "is a float"),
    ],
)
def test_mistakes_in_a_leg(numbers: dict[str, object], words: str) -> None:
    good: dict[str, object] = {
        "kind": "call",
        "size": 1,
        "forward": 50_000,
        "strike": 55_000,
        "vol": "0.6",
        "days": 30,
    }
    with pytest.raises(InputError, match=words):
        leg("X", **{**good, **numbers})  # type: ignore[arg-type]


def test_other_mistakes() -> None:
    with pytest.raises(InputError, match="not a portfolio model"):
        scenario_margin("gate-options", [FUTURE], index=50_000)
    for manager in ("derive-v2-pmrm", "derive-v2-pm2"):
        with pytest.raises(InputError, match="is a margin manager over a whole account"):
            scenario_margin(manager, [FUTURE], index=50_000)
    with pytest.raises(InputError, match="no scenario table for 'SOL'"):
        scenario_margin("bybit-options", [FUTURE], index=50_000, underlying="SOL")
    with pytest.raises(InputError, match="'F' stands twice"):
        scenario_margin("deribit-pm@2024", [FUTURE, FUTURE], index=50_000)


def test_an_empty_book_needs_nothing() -> None:
    found = scenario_margin("deribit-pm@2018", [], index=50_000)
    assert (found.maintenance, found.worst) == (0, None)


def test_the_publication_behind_an_answer_is_stamped() -> None:
    found = scenario_margin("deribit-pm@2024", [SHORT], index=50_000, time=1_700)
    assert found.arrays.snapshot.time == 1_700
    assert found.arrays.snapshot.prices == {"C": F(50_000)}
    assert isinstance(SHORT.instrument, Instrument)


def test_no_array_library_is_loaded() -> None:
    program = (
        "import sys, solvent.prices, solvent.venues.portfolio.scenarios, solvent.venues.portfolio.derive_portfolio\n"
        "import solvent.venues.portfolio.unified, solvent.venues.portfolio.efficiency, solvent.venues.portfolio.options\n"
        "print(*[name for name in ('numpy', 'numba', 'llvmlite') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr


def test_a_leg_without_a_risk_array_is_refused() -> None:
    with pytest.raises(ValueError, match="2 legs and 1 risk arrays; each leg needs one"):
        scenario.scan([1, -1], [([-5, 4], [-5, 4])])
