"""Fair prices of perpetuals: the paper's closed forms, simulation, replication, limits.

The references are written here a second time, from other starting points: random times and paths
under the pricing measure, sums over payments, and a hedge that must earn nothing on any path.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent.prices import (
    NoPerpetualPrice,
    Perpetual,
    fair_funding,
    implied_carry,
    implied_interest,
    perpetual_basis,
    perpetual_price,
)
from solvent.prices import perpetual as room

SPOT = 10_000.0
MARKET = dict(quote_rate=0.04, base_rate=0.02)
DRAWS = 400_000

small = st.floats(-0.3, 0.3, allow_nan=False)


# --------------------------------------------------------------------- the paper's closed forms


@pytest.mark.parametrize(
    ("terms", "price"),
    [  # rows and formulas of QuantLib's test suite of perpetual futures, which cites the paper:
        # equation 12, the end of section 3, proposition 2 and its counterpart, propositions 3, 4.
        # kappa 0.01 and iota 0.005 a quarter (0.04 and 0.02 a year); 0.2 and 0.005 continuous.
        (
            Perpetual(0.04, 0.02, interval=0.25, **MARKET),
            lambda k, i, a, b: SPOT * (k - i) * b / (b - a + k * b),
        ),
        (
            Perpetual(0.04, 0.02, interval=0.25, premium_at="end", **MARKET),
            lambda k, i, a, b: SPOT * (k - i) * a / (b - a + k * a),
        ),
        (
            Perpetual(0.04, -0.02, kind="inverse", interval=0.25, **MARKET),
            lambda k, i, a, b: SPOT * (a - b + k * a) / ((k - i) * a),
        ),
        (
            Perpetual(0.04, -0.02, kind="inverse", interval=0.25, premium_at="end", **MARKET),
            lambda k, i, a, b: SPOT * (a - b + k * b) / ((k - i) * b),
        ),
    ],
    ids=["linear, start", "linear, end", "inverse, start", "inverse, end"],
)
def test_discrete_closed_forms(
    terms: Perpetual, price: Callable[[float, float, float, float], float]
) -> None:
    expected = price(0.01, 0.005, math.exp(0.04 / 4), math.exp(0.02 / 4))
    assert perpetual_price(SPOT, terms) == pytest.approx(expected, rel=1e-12)


def test_continuous_closed_forms() -> None:
    linear = Perpetual(0.2, 0.005, **MARKET)
    assert perpetual_price(SPOT, linear) == pytest.approx(
        SPOT * (0.2 - 0.005) / (0.2 + 0.02 - 0.04)
    )
    inverse = Perpetual(0.2, -0.005, kind="inverse", **MARKET)
    assert perpetual_price(SPOT, inverse) == pytest.approx(
        SPOT * (0.2 + 0.04 - 0.02) / (0.2 - 0.005)
    )
    quanto = Perpetual(
        0.2, 0.005, kind="quanto", vol=0.5, settle_vol=0.4, correlation=-0.3, **MARKET
    )
    assert perpetual_price(SPOT, quanto) == pytest.approx(
        SPOT * (0.2 - 0.005) / (0.02 - 0.5 * 0.4 * -0.3 - 0.04 + 0.2)
    )


@pytest.mark.parametrize("premium_at", ["start", "end"])
def test_a_price_is_the_sum_of_what_it_will_be_paid(premium_at: str) -> None:
    """f = sum over payments n of (kappa - iota) * weight * E[x at the premium's time]."""
    terms = Perpetual(0.9, 0.1, interval=0.25, premium_at=premium_at, **MARKET)
    k, i, growth = 0.9 / 4, 0.1 / 4, math.exp((0.04 - 0.02) / 4)
    if premium_at == "start":
        total = sum((k - i) * (1 + k) ** -(n + 1) * SPOT * growth**n for n in range(4000))
    else:
        total = sum((k - i) * (1 - k) ** n * SPOT * growth ** (n + 1) for n in range(4000))
    assert perpetual_price(SPOT, terms) == pytest.approx(total, rel=1e-12)


# ------------------------------------------------------------------------------------ simulation


def three_errors(sample: np.ndarray) -> tuple[float, float]:
    return float(sample.mean()), 3.0 * float(sample.std(ddof=1)) / math.sqrt(len(sample))


def near(sample: np.ndarray, price: float) -> bool:
    mean, width = three_errors(sample)
    assert width < 0.01 * price  # else the comparison says nothing
    return abs(mean - price) <= width


def brownian(random: np.random.Generator, times: np.ndarray) -> np.ndarray:
    return random.standard_normal(len(times)) * np.sqrt(times)


def linear_sample() -> tuple[np.ndarray, Perpetual]:
    """Spot at an exponential time under the measure of the quote money."""
    terms = Perpetual(2.0, 0.3, quote_rate=0.09, base_rate=0.02, vol=0.4)
    random = np.random.default_rng(11)
    times = random.exponential(1 / 2.0, DRAWS)
    spot = SPOT * np.exp((0.09 - 0.02 - 0.08) * times + 0.4 * brownian(random, times))
    return (2.0 - 0.3) / 2.0 * spot, terms


def inverse_sample() -> tuple[np.ndarray, Perpetual]:
    """1 / spot at an exponential time under the measure of the coin: Girsanov adds the variance
    to the drift of the spot, and to 1 / spot Ito's term adds it again with the other sign.
    """
    terms = Perpetual(2.0, 0.3, quote_rate=0.09, base_rate=0.02, kind="inverse")
    random = np.random.default_rng(12)
    times = random.exponential(1 / 2.0, DRAWS)
    drift = 0.09 - 0.02 + 0.4**2
    spot = SPOT * np.exp((drift - 0.08) * times + 0.4 * brownian(random, times))
    return (2.0 + 0.3) / 2.0 / spot, terms


def quanto_sample() -> tuple[np.ndarray, Perpetual]:
    """Two correlated assets under the measure of the *quote*; the change to the settlement asset's
    is made by weights, so the sign of the tilt is found, not assumed.
    """
    terms = Perpetual(2.0, 0.3, 0.09, 0.02, kind="quanto", vol=0.5, settle_vol=0.6, correlation=0.7)
    settle_rate = 0.03
    random = np.random.default_rng(13)
    times = random.exponential(1 / 2.0, DRAWS)
    first, other = brownian(random, times), brownian(random, times)
    second = 0.7 * first + math.sqrt(1 - 0.49) * other
    spot = SPOT * np.exp((0.09 - 0.02 - 0.125) * times + 0.5 * first)
    settle = np.exp((0.09 - settle_rate - 0.18) * times + 0.6 * second)
    weight = settle * np.exp((settle_rate - 0.09) * times)  # has mean 1
    return (2.0 - 0.3) / 2.0 * spot * weight, terms


def discrete_sample() -> tuple[np.ndarray, Perpetual]:
    """Spot at a geometric number of periods: P(n) = k / (1 + k)^(n + 1)."""
    terms = Perpetual(2.0, 0.3, quote_rate=0.09, base_rate=0.02, interval=0.125)
    random = np.random.default_rng(14)
    step = 2.0 * 0.125
    times = (random.geometric(step / (1 + step), DRAWS) - 1) * 0.125
    spot = SPOT * np.exp((0.09 - 0.02 - 0.08) * times + 0.4 * brownian(random, times))
    return (2.0 - 0.3) / 2.0 * spot, terms


SAMPLES = [linear_sample, quanto_sample, discrete_sample]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.__name__)
def test_simulated_spot_at_the_random_time(
    sample: Callable[[], tuple[np.ndarray, Perpetual]],
) -> None:
    drawn, terms = sample()
    assert near(drawn, perpetual_price(SPOT, terms))


def test_simulated_inverse() -> None:
    drawn, terms = inverse_sample()
    assert near(drawn, 1 / perpetual_price(SPOT, terms))


@pytest.mark.parametrize(
    "flipped",
    [
        dict(correlation=-0.7),
        dict(interest=-0.3),
        dict(quote_rate=0.02, base_rate=0.09),
        dict(kind="linear"),
    ],
    ids=str,
)
def test_the_simulation_sees_a_flipped_sign(flipped: dict[str, object]) -> None:
    drawn, terms = quanto_sample()
    assert not near(drawn, perpetual_price(SPOT, replace(terms, **flipped)))


def test_the_simulation_sees_a_flipped_carry(monkeypatch: pytest.MonkeyPatch) -> None:
    right = room._carry
    monkeypatch.setattr(room, "_carry", lambda terms: -right(terms))
    for sample in SAMPLES:
        drawn, terms = sample()
        assert not near(drawn, perpetual_price(SPOT, terms))


# ----------------------------------------------------------------------------------- replication

paths = st.lists(st.floats(0.2, 5.0, allow_nan=False), min_size=1, max_size=30)


@given(paths=paths, interest=small, quote=small, base=small)
def test_the_linear_hedge_earns_nothing_on_any_path(
    paths: list[float], interest: float, quote: float, base: float
) -> None:
    """Long one contract, short f / x / (1 + r_b) of spot: each period's gains less funding and
    financing are zero whatever the spot does, jumps included.
    """
    terms = Perpetual(8.0, interest, quote, base, interval=0.05)
    k, i = 8.0 * 0.05, interest * 0.05
    ratio = perpetual_price(1.0, terms)
    units = ratio * math.exp(-base * 0.05)
    spot = SPOT
    for move in paths:
        after = spot * move
        contract = ratio * after - ratio * spot - (k * (ratio * spot - spot) + i * spot)
        hedge = -units * (after * math.exp(base * 0.05) - spot * math.exp(quote * 0.05))
        assert contract + hedge == pytest.approx(0.0, abs=1e-9 * max(spot, after))
        spot = after


@given(paths=paths, interest=small, quote=small, base=small)
def test_the_inverse_hedge_earns_nothing_on_any_path(
    paths: list[float], interest: float, quote: float, base: float
) -> None:
    """In coins per unit of face value: long gains 1/f before - 1/f after, pays
    k * (1/x - 1/f) + i / x, and the hedge holds quote money bought with borrowed coins.
    """
    terms = Perpetual(8.0, interest, quote, base, kind="inverse", interval=0.05)
    k, i = 8.0 * 0.05, interest * 0.05
    ratio = perpetual_price(1.0, terms)
    money = math.exp(-quote * 0.05) / ratio
    spot = SPOT
    for move in paths:
        after = spot * move
        before_, after_ = 1 / (ratio * spot), 1 / (ratio * after)
        contract = before_ - after_ - (k * (1 / spot - before_) + i / spot)
        hedge = money * (math.exp(quote * 0.05) / after - math.exp(base * 0.05) / spot)
        assert contract + hedge == pytest.approx(0.0, abs=1e-9 / min(spot, after))
        spot = after


# ---------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize("kind", ["linear", "inverse", "quanto"])
@pytest.mark.parametrize("interval", [0.0, 1 / 1095])
def test_a_hard_anchor_gives_the_spot(kind: str, interval: float) -> None:
    terms = Perpetual(
        1e12, 0.3, 0.2, -0.1, kind=kind, vol=1.0, settle_vol=1.0, correlation=0.9, interval=interval
    )
    assert perpetual_basis(terms) == pytest.approx(0.0, abs=1e-11)


@pytest.mark.parametrize("kind", ["linear", "inverse"])
def test_equal_rates_without_interest_give_the_spot(kind: str) -> None:
    for interval in (0.0, 0.25):
        terms = Perpetual(3.0, 0.0, 0.07, 0.07, kind=kind, interval=interval)
        assert perpetual_price(SPOT, terms) == SPOT


def test_a_quanto_without_correlation_is_linear() -> None:
    linear = Perpetual(3.0, 0.1, 0.07, 0.01)
    quanto = replace(linear, kind="quanto", vol=0.9, settle_vol=0.9, correlation=0.0)
    assert perpetual_price(SPOT, quanto) == perpetual_price(SPOT, linear)


@pytest.mark.parametrize("kind", ["linear", "inverse", "quanto"])
@pytest.mark.parametrize("premium_at", ["start", "end"])
def test_often_paid_is_nearly_continuous(kind: str, premium_at: str) -> None:
    continuous = Perpetual(3.0, 0.1, 0.2, 0.05, kind=kind, vol=0.8, settle_vol=0.5, correlation=0.6)
    limit = perpetual_price(SPOT, continuous)
    gaps = []
    for steps in (10, 100, 1000):
        discrete = replace(continuous, interval=1 / steps, premium_at=premium_at)
        gaps.append(abs(perpetual_price(SPOT, discrete) - limit))
    assert gaps[0] > gaps[1] > gaps[2] > 0
    assert gaps[1] / gaps[2] == pytest.approx(10.0, rel=0.02)  # first order in the interval


@given(interest=small, quote=small, base=small, interval=st.sampled_from([0.0, 0.01, 0.1]))
def test_an_inverse_is_a_linear_contract_seen_from_the_coin(
    interest: float, quote: float, base: float, interval: float
) -> None:
    """Change of numeraire: the holder of 1/x exchanges the two rates and the side that pays."""
    inverse = Perpetual(5.0, interest, quote, base, kind="inverse", interval=interval)
    turned = Perpetual(5.0, -interest, base, quote, interval=interval)
    assert perpetual_price(SPOT, inverse) == pytest.approx(1 / perpetual_price(1 / SPOT, turned))


@given(
    interest=small,
    quote=small,
    base=small,
    kind=st.sampled_from(["linear", "inverse", "quanto"]),
    interval=st.sampled_from([0.0, 0.01, 0.1]),
    premium_at=st.sampled_from(["start", "end"]),
)
def test_the_fair_price_pays_the_carry(
    interest: float, quote: float, base: float, kind: str, interval: float, premium_at: str
) -> None:
    """kappa * premium + iota at the fair price is the carry on the notional, in the paper's own
    cash flows, and an interest factor of that size pegs the price to the spot.
    """
    terms = Perpetual(5.0, interest, quote, base, kind, 0.5, 0.4, 0.5, interval, premium_at)
    ratio = perpetual_price(1.0, terms)
    if kind == "inverse":  # coins per unit of face value, over the value 1/f
        paid = (5.0 * (1.0 - 1.0 / ratio) + interest) * ratio
    else:
        paid = (5.0 * (ratio - 1.0) + interest) / ratio
    assert fair_funding(terms) == pytest.approx(paid, abs=1e-12)
    assert perpetual_basis(replace(terms, interest=fair_funding(terms))) == pytest.approx(
        0.0, abs=1e-12
    )
    price = perpetual_price(SPOT, terms)
    assert implied_carry(price, SPOT, terms) == pytest.approx(quote - base, abs=1e-9)
    assert implied_interest(price, SPOT, terms) == pytest.approx(interest, abs=1e-9)


def test_dearer_quote_money_lifts_every_kind() -> None:
    for kind in ("linear", "inverse", "quanto"):
        low, high = (Perpetual(9.0, quote_rate=rate, kind=kind) for rate in (0.01, 0.05))
        assert perpetual_price(SPOT, high) > perpetual_price(SPOT, low)
        paid = replace(high, interest=0.05)  # what longs pay besides lowers the price
        assert perpetual_price(SPOT, paid) < perpetual_price(SPOT, high)


# ----------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (dict(anchoring=0.0), "anchoring 0.0: must be above zero"),
        (dict(anchoring=math.nan), "anchoring nan"),
        (dict(anchoring=1.0, quote_rate=math.inf), "must be finite"),
        (dict(anchoring=1.0, kind="option"), "kind 'option'"),
        (dict(anchoring=1.0, premium_at="middle"), "premium_at 'middle'"),
        (dict(anchoring=1.0, correlation=1.5), "correlation 1.5"),
        (dict(anchoring=1.0, vol=-0.1), "volatilities -0.1"),
        (dict(anchoring=1.0, interval=-1.0), "interval -1.0"),
    ],
)
def test_terms_that_are_refused(terms: dict[str, object], words: str) -> None:
    with pytest.raises(NoPerpetualPrice, match=re.escape(words)):
        Perpetual(**terms)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (Perpetual(0.02, quote_rate=0.05), "not above the carry"),
        (Perpetual(0.02, quote_rate=-0.05, kind="inverse"), "not above the carry"),
        (Perpetual(1.0, interest=1.0), "not within the anchoring"),
        (Perpetual(1.0, interest=-1.0, kind="inverse"), "not within the anchoring"),
        (Perpetual(30.0, interval=0.1, premium_at="end"), "overshoots"),
    ],
)
def test_terms_without_a_price(terms: Perpetual, words: str) -> None:
    with pytest.raises(NoPerpetualPrice, match=words):
        perpetual_price(SPOT, terms)


def test_prices_that_nothing_implies() -> None:
    with pytest.raises(NoPerpetualPrice, match="spot 0"):
        perpetual_price(0.0, Perpetual(1.0))
    with pytest.raises(NoPerpetualPrice, match="both must be above zero"):
        implied_interest(-1.0, SPOT, Perpetual(1.0))
    with pytest.raises(NoPerpetualPrice, match="which no rates give"):
        implied_carry(0.01 * SPOT, SPOT, Perpetual(5.0, interval=0.5))
