"""Black-76, Greeks, implied volatility and surface checks, against QuantLib, vollib and algebra."""

import csv
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent.prices import (
    SWEPT,
    NoImpliedVolatility,
    Quote,
    call,
    check_surface,
    coin_delta,
    coin_value,
    greeks,
    implied_volatility,
    option_value,
    put,
)
from solvent.prices.black76 import greek_values, normal_cdf

DATA = Path(__file__).parent / "data"


def reference() -> list[dict[str, str]]:
    lines = (DATA / "black76_reference.csv").read_text(encoding="utf-8").splitlines()
    assert "QuantLib" in lines[0]
    assert "vollib" in lines[0]
    return list(csv.DictReader(lines[1:]))


ROWS = reference()


def inputs(row: dict[str, str]) -> tuple[bool, float, float, float, float, float]:
    numbers = [float(row[name]) for name in ("forward", "strike", "vol", "years", "rate")]
    return (row["right"] == "call", *numbers)  # type: ignore[return-value]


def test_the_mission_value() -> None:
    assert call(50_000.0, 55_000.0, 0.6, 30 / 365) == pytest.approx(1635.1303, abs=5e-5)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['right']}-{row['strike']}")
def test_values_and_greeks_are_those_of_quantlib_and_vollib(row: dict[str, str]) -> None:
    asked = inputs(row)
    forward = asked[1]
    value = option_value(*asked)
    assert value == pytest.approx(float(row["quantlib_value"]), abs=1e-12 * forward, rel=1e-11)
    assert value == pytest.approx(float(row["vollib_value"]), abs=1e-12 * forward, rel=1e-11)
    found = greeks(*asked)
    for name in ("delta", "gamma", "vega", "theta", "rho"):
        expected = float(row[f"quantlib_{name}"])
        assert getattr(found, name) == pytest.approx(expected, rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['right']}-{row['strike']}")
def test_implied_volatility_is_the_one_that_was_put_in(row: dict[str, str]) -> None:
    is_call, forward, strike, vol, years, rate = inputs(row)
    price = float(row["quantlib_value"])
    found = implied_volatility(is_call, price, forward, strike, years, rate)
    # What a price holds of its volatility is its own last digit over vega.
    held = max(1e-10, 8e-16 * forward / float(row["quantlib_vega"]))
    assert found == pytest.approx(vol, rel=held)
    assert found == pytest.approx(float(row["vollib_implied"]), rel=max(held, 1e-8))


MARKET = {
    "forward": st.floats(0.01, 1e6),
    "moneyness": st.floats(-2.0, 2.0),
    "vol": st.floats(0.01, 4.0),
    "years": st.floats(1 / (365 * 24), 3.0),
    "rate": st.floats(-0.05, 0.2),
}


@given(**MARKET)
def test_put_call_parity(
    forward: float, moneyness: float, vol: float, years: float, rate: float
) -> None:
    strike = forward * math.exp(moneyness)
    gap = call(forward, strike, vol, years, rate) - put(forward, strike, vol, years, rate)
    exact = math.exp(-rate * years) * (forward - strike)
    assert gap == pytest.approx(exact, abs=max(1e-9, 1e-14 * (forward + strike)))


@given(**MARKET)
def test_values_stay_within_their_bounds(
    forward: float, moneyness: float, vol: float, years: float, rate: float
) -> None:
    strike = forward * math.exp(moneyness)
    discount = math.exp(-rate * years)
    slack = 1e-12 * (forward + strike)
    value = call(forward, strike, vol, years, rate)
    assert discount * max(forward - strike, 0.0) - slack <= value <= discount * forward + slack
    assert call(forward, strike, vol * 1.1, years, rate) >= value - slack


@pytest.mark.parametrize("is_call", [True, False])
@pytest.mark.parametrize("strike", [40_000.0, 50_000.0, 55_000.0, 70_000.0])
def test_greeks_are_the_slopes_of_the_value(is_call: bool, strike: float) -> None:
    forward, vol, years, rate = 50_000.0, 0.6, 30 / 365, 0.04
    found = greeks(is_call, forward, strike, vol, years, rate)

    def at(f: float = forward, v: float = vol, t: float = years, r: float = rate) -> float:
        return option_value(is_call, f, strike, v, t, r)

    step = 1.0
    assert found.delta == pytest.approx((at(f=forward + step) - at(f=forward - step)) / 2, abs=1e-6)
    curve = (at(f=forward + 25) - 2 * at() + at(f=forward - 25)) / 625
    assert found.gamma == pytest.approx(curve, abs=1e-9)
    assert found.vega == pytest.approx((at(v=vol + 1e-5) - at(v=vol - 1e-5)) / 2e-5, rel=1e-6)
    assert found.theta == pytest.approx((at(t=years - 1e-6) - at(t=years + 1e-6)) / 2e-6, rel=1e-6)
    assert found.rho == pytest.approx((at(r=rate + 1e-6) - at(r=rate - 1e-6)) / 2e-6, rel=1e-6)


def test_coin_delta_is_the_slope_of_the_coin_price_times_the_forward() -> None:
    def coins(forward: float) -> float:
        return coin_value(True, forward, 55_000.0, 0.6, 30 / 365)

    slope = (coins(50_001.0) - coins(49_999.0)) / 2 * 50_000
    assert coin_delta(True, 50_000.0, 55_000.0, 0.6, 30 / 365) == pytest.approx(slope, abs=1e-6)


@pytest.mark.parametrize(("vol", "years"), [(0.0, 1.0), (0.5, 0.0), (0.5, -1.0)])
def test_nothing_random_is_worth_its_payoff(vol: float, years: float) -> None:
    assert option_value(True, 110.0, 100.0, vol, years) == 10.0
    assert option_value(False, 110.0, 100.0, vol, years) == 0.0
    assert greeks(True, 110.0, 100.0, vol, years).delta == 1.0
    assert greeks(False, 110.0, 100.0, vol, years).delta == 0.0
    assert greeks(False, 90.0, 100.0, vol, years).delta == -1.0


def test_worthless_and_certain_strikes() -> None:
    assert call(100.0, 0.0, 0.5, 1.0) == 100.0
    assert put(100.0, 0.0, 0.5, 1.0) == 0.0
    assert call(0.0, 100.0, 0.5, 1.0) == 0.0
    assert put(0.0, 100.0, 0.5, 1.0) == 100.0


def test_the_tail_keeps_its_digits() -> None:
    assert normal_cdf(-8.0) == pytest.approx(6.220960574271786e-16, rel=1e-12, abs=0)
    assert normal_cdf(-1.5) + normal_cdf(1.5) == pytest.approx(1.0, abs=1e-16)


@given(
    is_call=st.booleans(),
    forward=st.floats(0.1, 1e5),
    moneyness=st.floats(-1.5, 1.5),
    vol=st.floats(0.02, 5.0),
    years=st.floats(1 / 365, 3.0),
)
def test_an_implied_volatility_reprices_the_option(
    is_call: bool, forward: float, moneyness: float, vol: float, years: float
) -> None:
    strike = forward * math.exp(moneyness)
    price = option_value(is_call, forward, strike, vol, years)
    try:
        found = implied_volatility(is_call, price, forward, strike, years)
    except NoImpliedVolatility:
        floor = option_value(is_call, forward, strike, 0.0, years)
        ceiling = forward if is_call else strike
        assert price - floor <= 1e-13 * forward or price >= ceiling * (1 - 1e-15)
        return
    again = option_value(is_call, forward, strike, found, years)
    assert again == pytest.approx(price, abs=1e-12 * (forward + strike))


@pytest.mark.parametrize("total", [1e-4, 1e-3, 0.05, 1.0, 6.0])
def test_implied_volatility_from_tiny_to_huge(total: float) -> None:
    strike = 100.0 * math.exp(2.5 * total)
    price = option_value(True, 100.0, strike, total, 1.0)
    assert implied_volatility(True, price, 100.0, strike, 1.0) == pytest.approx(total, rel=1e-9)


@pytest.mark.parametrize(
    ("price", "words"),
    [(10.0, "not above"), (9.0, "not above"), (110.0, "not below"), (500.0, "one currency")],
)
def test_prices_without_a_volatility_are_refused(price: float, words: str) -> None:
    with pytest.raises(NoImpliedVolatility, match=words):
        implied_volatility(True, price, 110.0, 100.0, 0.5)


def test_the_most_an_option_is_worth_is_discounted() -> None:
    for is_call, most in ((True, 110.0), (False, 100.0)):
        bound = most * math.exp(-0.2)
        with pytest.raises(NoImpliedVolatility, match=f"not below {bound}"):
            implied_volatility(is_call, bound + 1.0, 110.0, 100.0, 2.0, 0.1)


@pytest.mark.parametrize(("forward", "strike", "years"), [(0, 1, 1), (1, -1, 1), (1, 1, 0)])
def test_markets_that_cannot_be_are_refused(forward: float, strike: float, years: float) -> None:
    with pytest.raises(NoImpliedVolatility, match="above zero"):
        implied_volatility(True, 0.5, forward, strike, years)


def smile(years: float, shift: float = 0.0) -> list[Quote]:
    return [
        Quote(100.0, years, k, 0.5 + 0.1 * math.log(k / 100.0) ** 2 + shift)
        for k in (70.0, 80.0, 90.0, 100.0, 110.0, 120.0, 140.0)
    ]


def test_a_sound_surface_has_no_findings() -> None:
    assert check_surface([*smile(0.1), *smile(0.25), *smile(0.5)]) == ()


def test_a_dent_is_a_butterfly_and_its_size_is_the_price_of_it() -> None:
    quotes = [*smile(0.25)]
    quotes[3] = Quote(100.0, 0.25, 100.0, 0.56)
    found = [one for one in check_surface(quotes) if one.kind == "butterfly"]
    assert [one.strike for one in found] == [100.0]
    prices = [call(q.forward, q.strike, q.vol, q.years) for q in quotes]
    assert found[0].amount == pytest.approx(2 * prices[3] - prices[2] - prices[4])


def test_a_cheap_low_strike_is_a_vertical() -> None:
    quotes = [Quote(100.0, 0.25, 90.0, 0.01), Quote(100.0, 0.25, 100.0, 1.5)]
    assert [one.kind for one in check_surface(quotes)] == ["vertical"]


def test_a_dear_low_strike_is_a_vertical_too() -> None:
    """Buying the strike interval for less than it can pay: a slope below -1."""
    quotes = [Quote(100.0, 0.25, 90.0, 1.5), Quote(100.0, 0.25, 100.0, 0.01)]
    found = check_surface(quotes)
    assert [one.kind for one in found] == ["vertical"]
    gap = call(100.0, 90.0, 1.5, 0.25) - call(100.0, 100.0, 0.01, 0.25)
    assert found[0].amount == pytest.approx(gap - 10.0)


def test_less_total_variance_later_is_a_calendar() -> None:
    found = check_surface([*smile(0.25), *smile(0.3, shift=-0.2)])
    assert {one.kind for one in found} == {"calendar"}
    assert len(found) == 7
    near, far = 0.5**2 * 0.25, 0.3**2 * 0.3
    atm = next(one for one in found if one.strike == 100.0)
    assert atm.amount == pytest.approx(near - far)


def test_the_swept_functions_are_plain_and_call_only_each_other() -> None:
    names = {function.__name__ for function in SWEPT}
    assert {"option_value", "greek_values", "total_spread", "normal_cdf"} <= names
    order = [function.__name__ for function in SWEPT]
    assert order.index("normal_cdf") < order.index("option_value") < order.index("greek_values")
    assert greek_values(True, 100.0, 100.0, 0.5, 1.0, 0.0)[0] > 0.5
