"""crvUSD's bands: prices of the contract's tests, and what must hold on the way down and up."""

from __future__ import annotations

from fractions import Fraction
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent.venues.lending import llamma
from solvent.venues.numbers import InputError

ZERO = Fraction(0)
PLAIN = llamma.Market("test", 100, Fraction(3000), ZERO, ZERO)
TINY = Fraction(1, 10**15)


def near(found: Fraction, expected: str) -> bool:
    wanted = Fraction(expected)
    return abs(found - wanted) <= wanted * Fraction(1, 10**10)


def wbtc(base: str = "30000") -> llamma.Market:
    return llamma.market("crvusd", "WBTC", base_price=base)


@pytest.mark.parametrize(
    ("band", "up", "down", "current_up", "current_down"),
    [
        (-10, "3317.1820659656423", "3284.0102453059862", "2503.5412843502613", "2453.7208127916915"),
        (1, "2970", "2940.3", "3123.0610670556493", "3060.912151821243"),
    ],
)  # fmt: skip
def test_band_prices_of_the_contract(band, up, down, current_up, current_down):
    # curve-stablecoin, tests/amm/test_price_oracles.py: A = 100, base 3000, oracle 3000.
    assert near(PLAIN.p_up(band), up)
    assert near(PLAIN.p_down(band), down)
    low, high = PLAIN.current_prices(band, Fraction(3000))
    assert near(high, current_up)
    assert near(low, current_down)


@given(st.integers(-200, 200), st.integers(2, 1000))
def test_bands_touch(band, size):
    where = llamma.Market("m", size, Fraction(1234, 7), ZERO, ZERO)
    assert where.p_down(band) == where.p_up(band + 1) < where.p_up(band)
    # The AMM's own price agrees with the oracle's at either end.
    assert where.current_prices(band, where.p_up(band))[0] == where.p_up(band)
    assert where.current_prices(band, where.p_down(band))[1] == where.p_down(band)


def mean_worth(loan: llamma.BandLoan) -> Fraction:
    """What the bands give when sold on the way down, straight from the geometric means."""
    prices = (llamma.root(loan.market.p_up(n) * loan.market.p_down(n)) for n in numbers(loan))
    return sum(prices, ZERO) * loan.collateral / len(loan.bands)


def numbers(loan: llamma.BandLoan) -> range:
    return range(loan.first, loan.last + 1)


@given(st.integers(1, 29_000), st.integers(4, 50))
def test_opened_loan_sits_in_the_lowest_bands_that_carry_it(debt, bands):
    where = wbtc()
    try:
        loan = llamma.open_loan(where, collateral="1", debt=debt, bands=bands, oracle="30000")
    except InputError:
        # Too high: even the bands directly below the oracle price do not carry it.
        step = where.step
        mean = sum((step**at for at in range(bands)), ZERO) / bands
        top = where.p_up(1) * llamma.root(step) * mean * (1 - where.loan_discount)
        assert top < debt
        return
    kept = 1 - where.loan_discount
    assert len(loan.bands) == bands
    assert mean_worth(loan) * kept >= debt * (1 - TINY)
    assert mean_worth(loan) * where.step * kept < debt
    assert loan.health(Fraction(30000)) > 0


def test_x_down_is_the_geometric_mean_above_the_bands():
    loan = llamma.open_loan(wbtc(), collateral="1", debt="20000", bands=10, oracle="30000")
    top = loan.soft_range[0]
    for oracle in (top, top + 1, Fraction(50_000)):
        assert abs(loan.x_down(oracle) - mean_worth(loan)) < TINY
    assert loan.above(top) == 0
    assert loan.above(top + 100) == 100
    assert loan.health(top + 100) == loan.health(top) + Fraction(100, 20_000)


def test_x_down_falls_with_an_untraded_price():
    loan = llamma.open_loan(wbtc(), collateral="1", debt="20000", bands=10, oracle="30000")
    start, end = loan.soft_range
    steps = [start - (start - end) * at / 20 for at in range(30)]
    found = [loan.x_down(price) for price in steps]
    assert all(a >= b - TINY for a, b in zip(found, found[1:], strict=False))
    assert found[-1] < found[0]
    below = end / 2
    assert loan.x_down(below) == sum(
        part.collateral
        * below**3
        / (loan.market.p_up(part.number) * loan.market.p_down(part.number))
        for part in loan.bands
    )


def test_hard_price_is_between_two_ticks():
    loan = llamma.open_loan(wbtc(), collateral="1", debt="22000", bands=4, oracle="30000")
    found = loan.hard_price()
    assert found is not None
    safe, hit = found
    assert safe - hit == Fraction(1, 100)
    assert loan.health(safe) >= 0 > loan.health(hit)
    assert hit < loan.soft_range[0]


def test_health_ratio_is_headroom_over_debt():
    loan = llamma.open_loan(wbtc(), collateral="1", debt="20000", bands=10, oracle="30000")
    for price in ("31000", "23000", "21000", "15000"):
        oracle = Fraction(price)
        held = loan.standing(oracle)
        spare = held.equity - held.requirement
        assert loan.health(oracle) == spare / loan.debt


def test_sold_band_is_worth_its_stablecoin_below():
    where = wbtc()
    sold = llamma.BandLoan(where, (llamma.Band(10, Fraction(1000), ZERO),), Fraction(900))
    low = where.p_down(10)
    assert sold.x_down(low - 1) == 1000
    assert sold.above(where.p_up(10) + 100) == 0
    # The whole band bought back above it and sold again on the way down: never more than held.
    top = where.p_up(10)
    current = (top + 1) ** 3 / (top * low)
    bought = 1000 / current
    assert abs(sold.x_down(top + 1) - bought * llamma.root(top * low)) < TINY
    assert sold.x_down(top + 1) < 1000


def traded_path(steps: int = 2000) -> list[tuple[float, float, float]]:
    """(oracle price, stablecoin, collateral) of one band kept in line with a falling oracle price.

    Where the AMM's price is the oracle's, `x = A y0 p (1 - p / p_up)` and `y = y0 (A - (A - 1) p_up
    / p)`; y0 moves so that every trade is at the price of the moment, `dx + p dy = 0`.
    """
    size, top, bottom = 100.0, 3000.0, 2970.0

    def rate(p: float) -> float:
        over = size - 2 * size * p / top + (size - 1) * top / p
        return -over / (2 * size * p - size * p * p / top - (size - 1) * top)

    log_y0, step, path = 0.0, (bottom - top) / steps, []
    for at in range(steps):
        price = top + at * step
        y0 = exp(log_y0)
        x = size * y0 * price * (1 - price / top)
        path.append((price, x, y0 * (size - (size - 1) * top / price)))
        log_y0 += rate(price + step / 2) * step
    return path


def test_trading_along_with_the_price_keeps_x_down():
    """Soft liquidation without fees is free: x_down stays (to the contract's own approximation)."""
    found = []
    for price, stable, collateral in traded_path()[1::100]:
        band = llamma.Band(0, Fraction(stable), Fraction(collateral))
        loan = llamma.BandLoan(PLAIN, (band,), Fraction(1))
        found.append(float(loan.x_down(Fraction(price))))
        # The band's own price is the oracle's, so nothing is traded at once.
        y0 = llamma.band_y0(PLAIN, band, Fraction(price))
        assert abs(float(y0) * price * 100 * (1 - price / 3000) - stable) < 1e-6 * (1 + stable)
    assert max(found) - min(found) < 1e-4 * max(found)
    assert abs(found[0] - (3000 * 2970) ** 0.5) < 0.01


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_mixed_band_has_no_jump_at_its_ends(stable, collateral):
    band = llamma.Band(0, Fraction(stable, 100), Fraction(collateral, 10**5))
    loan = llamma.BandLoan(PLAIN, (band,), Fraction(1))
    for edge in (PLAIN.p_up(0), PLAIN.p_down(0)):
        step = edge / 10**9
        above, below = loan.x_down(edge + step), loan.x_down(edge - step)
        assert abs(above - below) < above / 10**6
    # Far below, the AMM has sold all collateral; what it gave for it is at most the oracle's price.
    low = PLAIN.p_down(0) / 2
    assert band.stable < loan.x_down(low) < band.stable + band.collateral * PLAIN.p_down(0)
    # Once conversion has begun nothing lies above the bands.
    assert loan.above(PLAIN.p_up(0) + 100) == 0


def test_explained_health_names_its_parts():
    loan = llamma.open_loan(wbtc(), collateral="1", debt="20000", bands=10, oracle="30000")
    tree = loan.explain(Fraction(22_000))
    assert tree.value == loan.health(Fraction(22_000))
    down = tree.terms[0]
    assert abs(sum(term.value for term in down.terms) - down.value) < TINY
    assert len(down.terms) == 10
    assert "cut at 1e-24" in str(tree)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"debt": "29500"}, "too high"),
        ({"bands": 3}, "between 4 and 50"),
        ({"bands": 51}, "between 4 and 50"),
        ({"debt": "0"}, "above 0"),
        ({"collateral": 1.5}, "float"),
    ],
)
def test_bad_loans_are_refused(change, words):
    good = {"collateral": "1", "debt": "20000", "bands": 10, "oracle": "30000"}
    with pytest.raises(InputError, match=words):
        llamma.open_loan(wbtc(), **{**good, **change})


def test_bad_markets_are_refused():
    with pytest.raises(InputError, match="WBTC"):
        llamma.market("crvusd", "WBTCC", base_price="1")
    with pytest.raises(InputError, match="above 0"):
        llamma.market("crvusd", "WBTC", base_price="0")
