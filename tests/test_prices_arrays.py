"""Scenarios and risk arrays: what a row means, and that rounding never hides a loss."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent.margin.scenario import leg_loss, scan
from solvent.prices import Instrument, Scenario, VolShock, call, grid, profit, publish
from solvent.prices.scenarios import shocked_value

F = Fraction
SHOCK = VolShock(F(45, 100), F(25, 100))
A2 = Instrument("C", "call", F(50_000), F(55_000), F(6, 10), F(30, 365))
FUTURE = Instrument("F", "linear", F(50_000))
DERIBIT = VolShock(F(1, 2), F(1, 4), F(3, 10), F(13, 100), least_up=F(1, 2))


def test_a_linear_instrument_is_exact() -> None:
    assert profit(FUTURE, Scenario(F(-1, 3)), SHOCK) == F(-50_000, 3)


def test_an_option_is_black_76_at_the_shocked_price_and_volatility() -> None:
    row = Scenario(F(-16, 100), "up")
    expected = call(42_000.0, 55_000.0, 0.87, 30 / 365)
    assert float(shocked_value(A2, row, SHOCK)) == pytest.approx(expected, rel=1e-12)


def test_the_fixed_part_of_a_forward_does_not_move() -> None:
    part = Instrument("F", "linear", F(30_000), fixed=F(20_000))
    assert profit(part, Scenario(F(1, 10)), SHOCK) == 3_000


def test_only_the_counted_share_counts() -> None:
    whole = profit(A2, Scenario(F(1), "up"), SHOCK)
    assert profit(A2, Scenario(F(1), "up", F(1, 3)), SHOCK) == whole / 3


def test_time_that_passes_takes_the_decay() -> None:
    later = profit(A2, Scenario(F(0), days=F(1)), SHOCK)
    expected = call(50_000.0, 55_000.0, 0.6, 29 / 365) - call(50_000.0, 55_000.0, 0.6, 30 / 365)
    assert float(later) == pytest.approx(expected, rel=1e-9)
    assert later < 0
    end = profit(A2, Scenario(F(0), days=F(90)), SHOCK)
    assert float(end) == pytest.approx(-1635.1303, abs=1e-3), "expired, not negative time"


@pytest.mark.parametrize(
    ("days", "move", "factor"),
    [
        (30, "up", 1.5),
        (30, "down", 0.75),
        (15, "up", 1 + 0.5 * 2**0.3),
        (120, "up", 1 + 0.5 * 0.25**0.13),
        (120, "down", 1 - 0.25 * 0.25**0.13),
        (0.1, "up", 1 + 0.5 * 30**0.3),  # not below one day
        (0.1, "same", 1.0),
    ],
)
def test_volatility_moves_by_time_to_expiry(days: float, move: str, factor: float) -> None:
    years = F(str(days)) / 365
    assert DERIBIT.shocked(F(6, 10), years, move) == pytest.approx(0.6 * factor)  # type: ignore[arg-type]


def test_limits_of_a_volatility_move() -> None:
    month = F(30, 365)
    assert DERIBIT.shocked(F(2, 10), month, "up") == 0.5, "not below the least shocked volatility"
    assert DERIBIT.shocked(F(2, 10), month, "down") == pytest.approx(0.15)
    steep = VolShock(F(2), F(2))
    assert steep.shocked(F(6, 10), month, "down") == 0.0, "never negative"
    points = VolShock(F(3, 10), F(3, 10), unit="absolute")
    assert points.shocked(F(6, 10), month, "up") == pytest.approx(0.9)


ROWS = grid([F(-16, 100), F(0), F(16, 100)])
STRIKES = st.integers(30_000, 80_000)


@given(
    strike=STRIKES,
    is_call=st.booleans(),
    days=st.integers(1, 300),
    lots=st.integers(-(10**6), 10**6),
    places=st.integers(2, 8),
)
def test_a_published_loss_is_never_below_the_true_one(
    strike: int, is_call: bool, days: int, lots: int, places: int
) -> None:
    kind = "call" if is_call else "put"
    option = Instrument("O", kind, F(50_000), F(strike), F(6, 10), F(days, 365))
    unit, lot = F(1, 10**places), F(1, 1000)
    made = publish("BTC", [option], ROWS, SHOCK, time=1, unit=unit, lot=lot).arrays["O"]
    for row, low, high in zip(ROWS, made.lower, made.upper, strict=True):
        true = -lots * profit(option, row, SHOCK) * lot / unit
        charged = leg_loss(lots, low, high)
        assert charged >= true
        assert charged - true < max(abs(lots), 1)
        assert 0 <= high - low <= 1


def test_both_sides_of_a_trade_pay_at_least_what_passes_between_them() -> None:
    made = publish("BTC", [A2], ROWS, SHOCK, time=1, unit=F(1, 100)).arrays["C"]
    for low, high in zip(made.lower, made.upper, strict=True):
        assert leg_loss(5, low, high) + leg_loss(-5, low, high) >= 0


def test_a_publication_is_stamped_and_flat() -> None:
    made = publish("BTC", [A2, FUTURE], ROWS, SHOCK, time=123, unit=F(1, 100))
    assert made.snapshot.time == 123
    assert made.snapshot.prices == {"C": F(50_000), "F": F(50_000)}
    assert made.reach == (F(-16, 100), F(16, 100))
    for one in made.arrays.values():
        assert len(one.lower) == len(one.upper) == 9
        assert all(type(entry) is int for entry in (*one.lower, *one.upper))
    assert made.arrays["F"].lower[0] == -800_000
    assert made.largest == 800_000


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="given twice"):
        publish("BTC", [FUTURE, FUTURE], ROWS, SHOCK, time=1, unit=F(1, 100))


def test_coin_settled_books_convert_at_the_index() -> None:
    made = publish(
        "BTC",
        [FUTURE],
        [Scenario(F(-1, 10))],
        SHOCK,
        time=1,
        unit=F(1, 10**8),
        convert=F(1, 50_000),
    )
    assert made.arrays["F"].lower == (-(10**7),)


def test_scan_names_the_first_of_equal_losses_and_none_without_a_loss() -> None:
    lower = ([-5, -5, 3], [-5, -5, 3])
    assert scan([1], [lower]).scenario == 0
    assert scan([-1], [lower])._replace(losses=()) == (2, 3, (), (3,))
    gain = scan([1], [([1, 2], [1, 2])])
    assert (gain.scenario, gain.loss, gain.by_leg) == (None, 0, (0,))
    nothing = scan([1, -1], [([1, -2], [1, -2]), ([1, -2], [1, -2])])
    assert (nothing.scenario, nothing.loss) == (None, 0), "a row that loses nothing is not worst"
    assert scan([], []).loss == 0


@pytest.mark.parametrize(("lots", "arrays"), [([1], []), ([1, 1], [([1], [1]), ([1, 2], [1, 2])])])
def test_scan_refuses_what_does_not_fit(
    lots: list[int], arrays: list[tuple[list[int], list[int]]]
) -> None:
    with pytest.raises(ValueError, match=r"risk arrays|shorter|longer"):
        scan(lots, arrays)


def test_names_of_scenarios() -> None:
    assert Scenario(F(0), days=F(1), label="MR2").name == "MR2: 0 %, vol same, 1 days later"
    assert Scenario(F(1, 3), "up").name == "+33.3333 %, vol up"
    assert math.isclose(float(Scenario(F(1, 3)).move), 1 / 3)
