"""Estimates: against simulation, against each other, and back through their inverses."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent.venues.account import Account
from solvent.venues.numbers import InputError
from solvent.venues.questions import estimates, first_passage
from solvent.venues.questions.estimates import (
    barrier_for,
    distance,
    equity_share_for,
    extra_collateral,
    hit_either_probability,
    hit_probability,
    in_volatilities,
    maximal_leverage,
    maximal_notional,
    survival_probability,
)
from solvent.venues.questions.first_passage import normal
from solvent.venues.questions.watch_list import watch_list

PATHS, STEPS = 4_000, 30
vols = st.floats(0.05, 3.0)
spans = st.floats(0.05, 60.0)
drifts = st.floats(-2.0, 2.0)
sides = st.sampled_from(["long", "short"])
chances = st.floats(1e-6, 0.999)


def log_paths(seed: int, volatility: float, days: float, drift: float) -> Iterator[list[float]]:
    """Logarithms of the price over its start, on a grid of STEPS."""
    draw = random.Random(seed)
    step = days / 365 / STEPS
    deviation, move = volatility * math.sqrt(step), drift * step
    for _ in range(PATHS):
        x, path = 0.0, [0.0]
        for _ in range(STEPS):
            x += draw.gauss(move, deviation)
            path.append(x)
        yield path


def crossed(path: list[float], level: list[float], variance: float) -> float:
    """Probability that a path with these grid points touched a line of levels in between, by the
    Brownian bridge: exact, so that the grid brings no bias. `level` lies below the start.
    """
    safe = 1.0
    for i in range(len(path) - 1):
        a, b = path[i] - level[i], path[i + 1] - level[i + 1]
        if a <= 0 or b <= 0:
            return 1.0
        safe *= 1 - math.exp(-2 * a * b / variance)
    return 1 - safe


def within(estimate: float, samples: list[float], errors: float = 3.0) -> bool:
    """Whether an estimate lies within so many standard errors of the samples' mean."""
    mean = sum(samples) / len(samples)
    spread = sum((one - mean) ** 2 for one in samples) / (len(samples) - 1)
    return abs(estimate - mean) <= errors * math.sqrt(spread / len(samples))


@pytest.mark.parametrize("drift", [0.0, -1.5, 2.0])
@pytest.mark.parametrize("barrier", [46_000, 54_000])
def test_one_barrier_against_simulation(drift: float, barrier: float) -> None:
    volatility, days = 0.6, 4.0
    variance = volatility**2 * days / 365 / STEPS
    up = barrier > 50_000
    away = -abs(math.log(barrier / 50_000))

    samples = [
        crossed([-x for x in path] if up else path, [away] * (STEPS + 1), variance)
        for path in log_paths(11, volatility, days, drift)
    ]
    formula = hit_probability(50_000, barrier, volatility, days, drift)
    assert within(formula, samples)
    assert not within(formula + 0.06, samples)  # the test can tell a wrong figure


@pytest.mark.parametrize("carry", [-0.002, 0.0, 0.004])
@pytest.mark.parametrize("side", ["long", "short"])
def test_survival_under_funding_against_simulation(side: estimates.Side, carry: float) -> None:
    """The formula's own barrier: moving at a constant rate in the log price."""
    volatility, days, s = 0.6, 4.0, 1 if side == "long" else -1
    liquidation = 50_000 * (1 - s * 0.08)
    variance = volatility**2 * days / 365 / STEPS
    away = -abs(math.log(liquidation / 50_000))
    towards = carry * 50_000 / liquidation / (1 - s * 0.005)
    level = [away + towards * days * i / STEPS for i in range(STEPS + 1)]

    samples = [
        1 - crossed([s * x for x in path], level, variance)
        for path in log_paths(12, volatility, days, 0.0)
    ]
    formula = survival_probability(
        50_000, liquidation, side, volatility, days, carry_per_day=carry, maintenance_rate=0.005
    )
    assert within(formula, samples)
    assert not within(formula - 0.06, samples)


@pytest.mark.parametrize("carry", [0.001, -0.001])
@pytest.mark.parametrize("side", ["long", "short"])
def test_a_barrier_in_the_log_price_stands_for_the_real_one(
    side: estimates.Side, carry: float
) -> None:
    """Equity paid down by what funding really costs along each path: within a point of the formula
    at an ordinary rate (0.1 % a day).
    """
    volatility, days, rate, leverage = 0.6, 4.0, 0.005, 12
    s = 1 if side == "long" else -1
    liquidation = 50_000 * (1 - s / leverage) / (1 - s * rate)
    step = days / STEPS
    variance = volatility**2 * days / 365 / STEPS
    samples = []
    for path in log_paths(13, volatility, days, 0.0):
        paid, level = 0.0, []
        for x in path:  # the liquidation price that the funding paid so far leaves
            price = (50_000 * (1 - s / leverage) + s * paid) / (1 - s * rate)
            level.append(s * math.log(price / 50_000))
            paid += carry * step * 50_000 * math.exp(x)
        samples.append(1 - crossed([s * x for x in path], level, variance))
    formula = survival_probability(
        50_000, liquidation, side, volatility, days, carry_per_day=carry, maintenance_rate=rate
    )
    assert formula == pytest.approx(sum(samples) / PATHS, abs=0.02)


@pytest.mark.parametrize("drift", [0.0, 1.0])
def test_two_barriers_against_simulation(drift: float) -> None:
    """Bridges to each barrier; that both are touched within one step is beyond the third digit."""
    volatility, days = 0.6, 4.0
    variance = volatility**2 * days / 365 / STEPS
    low, high = math.log(46_000 / 50_000), math.log(55_000 / 50_000)
    samples = []
    for path in log_paths(14, volatility, days, drift):
        safe = 1.0
        for a, b in zip(path, path[1:], strict=False):
            if min(b - low, high - b) <= 0:
                safe = 0.0
                break
            safe *= 1 - math.exp(-2 * (a - low) * (b - low) / variance)
            safe *= 1 - math.exp(-2 * (high - a) * (high - b) / variance)
        samples.append(1 - safe)
    formula = hit_either_probability(50_000, 46_000, 55_000, volatility, days, drift)
    assert within(formula, samples)


@given(st.floats(0.2, 0.99), st.floats(1.01, 3.0), vols, spans, drifts)
def test_two_barriers_between_the_larger_and_the_sum(
    low: float, high: float, volatility: float, days: float, drift: float
) -> None:
    below = hit_probability(1, low, volatility, days, drift)
    above = hit_probability(1, high, volatility, days, drift)
    either = hit_either_probability(1, low, high, volatility, days, drift)

    assert max(below, above) - 1e-9 <= either <= min(1.0, below + above) + 1e-9


@given(st.floats(-0.9, -0.05), st.floats(0.05, 0.9), st.floats(0.35, 0.9), st.floats(-0.5, 0.5))
def test_images_and_sines_agree_where_both_are_good(
    low: float, high: float, share: float, m: float
) -> None:
    v = share * (high - low)
    one, other = (
        f(low, high, v, m) for f in (first_passage.stays_images, first_passage.stays_sines)
    )

    assert one == pytest.approx(other, abs=1e-9)


@given(chances, sides, vols, spans, drifts)
def test_the_stop_level_is_the_inverse(
    chance: float, side: estimates.Side, volatility: float, days: float, drift: float
) -> None:
    level = barrier_for(chance, 50_000, side, volatility, days, drift)

    assert (level < 50_000) == (side == "long")
    assert hit_probability(50_000, level, volatility, days, drift) == pytest.approx(
        chance, rel=1e-6, abs=1e-9
    )


@given(st.floats(1e-4, 0.5), sides, st.floats(0.1, 1.0), st.floats(0.1, 5), st.floats(0, 0.05))
def test_the_leverage_it_names_has_the_probability_it_names(
    chance: float, side: estimates.Side, volatility: float, days: float, rate: float
) -> None:
    """Size the position, compute its liquidation price, ask for the probability: the target."""
    s = 1 if side == "long" else -1
    leverage = maximal_leverage(chance, side, volatility, days, rate)
    liquidation = (1 - s / leverage) / (1 - s * rate)

    assert hit_probability(1, liquidation, volatility, days) == pytest.approx(chance, rel=1e-5)
    assert maximal_notional(700, chance, side, volatility, days, rate) == pytest.approx(
        700 * leverage
    )
    short_of = extra_collateral(1, leverage * 2, chance, side, volatility, days, rate)
    assert short_of == pytest.approx(1.0)
    assert extra_collateral(2, leverage, chance, side, volatility, days, rate) == 0


def test_slippage_costs_equity_one_for_one() -> None:
    words = (0.05, "long", 0.6, 1, 0.005)
    assert equity_share_for(*words, slippage=0.01) == pytest.approx(equity_share_for(*words) + 0.01)
    assert maximal_leverage(*words, slippage=0.01) < maximal_leverage(*words)


def test_realised_frequency_lies_in_the_binomial_band() -> None:
    """Positions of the size named for 5 %: so many of them are liquidated on simulated paths."""
    volatility, days, chance, rate = 0.8, 2.0, 0.05, 0.004
    leverage = maximal_leverage(chance, "short", volatility, days, rate)
    liquidation = math.log((1 + 1 / leverage) / (1 + rate))
    variance = volatility**2 * days / 365 / STEPS
    draw = random.Random(15)
    dead = sum(
        draw.random() < crossed([-x for x in path], [-liquidation] * (STEPS + 1), variance)
        for path in log_paths(15, volatility, days, 0.0)
    )
    band = 3 * math.sqrt(chance * (1 - chance) / PATHS)
    assert abs(dead / PATHS - chance) <= band
    assert band < 0.25 * chance  # narrow enough to tell


def test_distance_and_volatilities() -> None:
    assert distance(100, 96, "long") == pytest.approx(0.04)
    assert distance(100, 104, "short") == pytest.approx(0.04)
    assert distance(100, 104, "long") < 0
    assert in_volatilities(0.04, 0.4, 365) == pytest.approx(0.1)


def test_limits() -> None:
    assert hit_probability(100, 100, 0.5, 1) == 1.0
    assert hit_probability(100, 1, 0.5, 1) < 1e-300
    assert survival_probability(100, 101, "long", 0.5, 1) == 0.0
    assert hit_probability(100, 90, 0.01, 365, drift=-50) == pytest.approx(1.0)
    # a drift away from the barrier so strong that the two factors leave the floats
    assert 0 <= hit_probability(100, 99, 0.01, 365, drift=3) < 1e-20
    assert hit_probability(100, 99, 0.02, 36500, drift=0.01) == pytest.approx(
        math.exp(-2 * 0.01 * -math.log(0.99) / 0.02**2), rel=1e-3
    )  # for ever: exp(-2 m b / sigma^2)


@pytest.mark.parametrize("x", [20.0, 24.0, 30.0])
def test_the_scaled_tail_meets_the_plain_one(x: float) -> None:
    assert first_passage.scaled_tail(5.0, x) == pytest.approx(math.exp(5) * normal(-x), rel=1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: hit_probability(0, 1, 0.5, 1), "mark: 0 is not above 0"),
        (lambda: hit_probability(1, -1, 0.5, 1), "barrier: -1 is not above 0"),
        (lambda: hit_probability(1, 2, 0, 1), "volatility: 0 is not above 0"),
        (lambda: hit_probability(1, 2, math.nan, 1), "volatility: nan is not above 0"),
        (lambda: hit_probability(1, 2, 0.5, 0), "days: 0 is not above 0"),
        (lambda: hit_either_probability(1, 1, 2, 0.5, 1), "the mark 1.0 is not between"),
        (lambda: barrier_for(5, 1, "long", 0.5, 1), "give 5 % as 0.05"),
        (lambda: distance(1, 2, "Long "), "side: 'Long ' is not one of"),
        (lambda: equity_share_for(0.1, "long", 0.5, 1, 1.5), "maintenance rate: 1.5"),
    ],
)
def test_wrong_inputs_get_a_sentence(call, words: str) -> None:
    with pytest.raises(InputError, match=words):
        call()


def test_the_watch_list_is_ranked_and_leads_with_who_is_due() -> None:
    def book(wallet: str, **more: str) -> Account:
        position = {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000", **more}
        return Account("binance-usdm@2021", wallet=wallet, positions=[position])

    accounts = {
        "safe": book("10000"),
        "due": book("100"),
        "near": book("1000"),
        "never": book("60000"),
        "short": book("2000", side="short"),
    }
    found = watch_list(accounts, {"BTCUSDT": 0.6}, days=7)

    assert [one.account for one in found] == ["due", "near", "short", "safe"]
    assert [one.chance for one in found] == sorted((one.chance for one in found), reverse=True)
    assert found[0].chance == 1.0
    exact = accounts["near"].liquidation_price().exact
    assert exact is not None
    assert found[1].distance == pytest.approx(float(1 - exact / 50000))
    assert found[1].chance == pytest.approx(hit_probability(50000, exact, 0.6, 7))
    with pytest.raises(InputError, match="volatility: none for BTCUSDT"):
        watch_list(accounts, {})


@given(sides, drifts)
def test_survival_without_carry_is_the_rest_of_being_hit(
    side: estimates.Side, drift: float
) -> None:
    liquidation = 46_000 if side == "long" else 54_000
    hit = hit_probability(50_000, liquidation, 0.6, 5, drift)
    assert survival_probability(50_000, liquidation, side, 0.6, 5, drift=drift) == pytest.approx(
        1 - hit
    )


@pytest.mark.parametrize("side", ["long", "short"])
def test_carry_moves_the_barrier_as_it_moves_the_liquidation_price(side: estimates.Side) -> None:
    """The rate of approach against the liquidation price of a unit position at a tenth of
    maintenance, before and after a little funding is paid.
    """
    s, rate, leverage, paid = (1 if side == "long" else -1), 0.1, 5, 1e-6

    def price(lost: float) -> float:
        return (1 - s * (1 / leverage - lost)) / (1 - s * rate)

    approach = s * math.log(price(paid) / price(0)) / paid
    carry = 0.01
    assert survival_probability(
        1, price(0), side, 0.6, 5, carry_per_day=carry, maintenance_rate=rate
    ) == pytest.approx(
        survival_probability(1, price(0), side, 0.6, 5, drift=-s * carry * approach * 365),
        rel=1e-4,
    )


def test_the_watch_list_takes_the_nearer_of_two_prices() -> None:
    book = Account("binance-usdm@2026-09", wallet="92000", positions=[
        {"symbol": "SOLUSDT", "side": "long", "size": 20000, "entry": 150, "mark": 150},
        {"symbol": "SOLUSDT", "side": "short", "size": 19000, "entry": 151, "mark": 150},
    ])  # fmt: skip
    (found,) = watch_list({"hedged": book}, 1.5, days=30)

    down, up = (one.exact for one in book.liquidation_prices())
    assert down is not None
    assert up is not None
    assert found.distance == pytest.approx(float(min(150 - down, up - 150) / 150))
    assert found.chance == pytest.approx(hit_either_probability(150, down, up, 1.5, 30))
