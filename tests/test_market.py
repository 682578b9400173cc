"""The rehearsal's market: capacity, price, order of service; and where its slopes come from."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent.feeds import shipped_bars
from solvent.market import Fills, ForcedOrders, ImpactLevel, Venue, impact_of, venue_of
from solvent.market.bars import Bars
from solvent.market.impact import (
    HALF_LIFE_NS,
    REFERENCE_SIGMA_BPS,
    REFERENCE_VOLUME,
    Impact,
    minute_sigma_bps,
    minute_volume,
)

SECOND = 10**9


def market(capacity: list[int], slope: float = 0.0, ticks: int = 4) -> ForcedOrders:
    venue = Venue(
        capacity_lots=np.array(capacity, dtype=np.int64), ticks=ticks, impact=Impact(slope, "")
    )
    return ForcedOrders({0: venue})


def add(forced: ForcedOrders, first: int, lots: list[int], deadline: int = 10**18) -> None:
    count = len(lots)
    orders = np.arange(first, first + count, dtype=np.int64)
    zeros = np.zeros(count, dtype=np.int64)
    forced.add(orders + 100, zeros, zeros, orders, np.array(lots), zeros + deadline)


def fill(forced: ForcedOrders, tick: int, last: int = 1000) -> Fills:
    return forced.fill(tick, tick % 4, tick * SECOND, {0: tick // 4}, {0: last})


def test_the_first_come_first_and_the_capacity_of_a_bar_is_spread_over_its_ticks() -> None:
    forced = market([10, 4])
    add(forced, 1, [-3, -4, -5])

    taken = [fill(forced, tick) for tick in range(8)]

    # 10 lots over 4 ticks: 2, 3, 2, 3; then 4 over the next 4: 1, 1
    assert [f.lots.tolist() for f in taken] == [[2], [1, 2], [2], [3], [1], [1], [], []]
    assert [f.order.tolist() for f in taken] == [[1], [1, 2], [2], [3], [3], [3], [], []]
    assert [f.number.tolist() for f in taken] == [[1], [2, 1], [2], [1], [2], [3], [], []]
    assert len(forced) == 0


def test_a_tick_has_one_capacity_however_often_it_is_asked() -> None:
    forced = market([8])
    add(forced, 1, [-1])
    assert fill(forced, 0).lots.tolist() == [1]
    add(forced, 2, [-5, 3])

    again = fill(forced, 0)

    assert again.order.tolist() == [3, 2]  # buys and sells have a side each
    assert again.lots.tolist() == [2, 1]
    assert fill(forced, 0).lots.tolist() == []


def test_prices_are_against_the_order_and_the_later_bear_the_earlier() -> None:
    forced = market([400], slope=1e-3)
    add(forced, 1, [-10, -10, 10])

    fills = fill(forced, 0)

    by_order = dict(zip(fills.order.tolist(), fills.price.tolist(), strict=True))
    # buys come first; then sells pay only what is left of the displacement against them
    assert by_order[3] == math.ceil(1000 * math.exp(0.005))
    assert by_order[1] == 1000
    assert by_order[2] == math.floor(1000 * math.exp(-0.005))


def test_the_displacement_halves_in_its_half_life() -> None:
    def second_price(wait_ns: int) -> int:
        forced = market([10**6] * 1000, slope=1e-3)
        add(forced, 1, [-100])
        forced.fill(0, 0, 0, {0: 0}, {0: 10**6})
        add(forced, 2, [-2])
        return int(forced.fill(1, 1, wait_ns, {0: 0}, {0: 10**6}).price[0])

    assert second_price(0) == math.floor(10**6 * math.exp(-0.101))
    assert second_price(HALF_LIFE_NS) == math.floor(10**6 * math.exp(-0.051))


def test_a_price_never_falls_to_nothing() -> None:
    forced = market([4000], slope=1.0)
    add(forced, 1, [-1000])

    assert fill(forced, 0).price.tolist() == [1]


def test_dropped_and_late_orders_do_not_trade() -> None:
    forced = market([400])
    add(forced, 1, [-5, -5, -5])
    add(forced, 4, [-5], deadline=1)
    forced.drop(np.array([2, 77]))

    fills = forced.fill(1, 1, 2, {0: 0}, {0: 1000})

    assert fills.order.tolist() == [1, 3]
    assert len(forced) == 1  # the late one waits for the engine to expire it
    forced.drop(np.array([4]))
    assert len(forced) == 0


def test_only_instruments_that_trade_now_fill() -> None:
    forced = market([400])
    add(forced, 1, [-5])

    assert len(forced.fill(0, 0, 0, {}, {0: 1000})) == 0


@given(
    st.lists(st.lists(st.integers(-9, 9).filter(bool), max_size=6), min_size=1, max_size=30),
    st.lists(st.integers(0, 40), min_size=8, max_size=8),
)
def test_never_more_than_ordered_nor_than_the_capacity(
    arrivals: list[list[int]], capacity: list[int]
) -> None:
    forced = market(capacity, slope=1e-4)
    wanted: dict[int, int] = {}
    got: dict[int, int] = {}
    for tick in range(min(len(arrivals), 32)):
        lots = arrivals[tick]
        if lots:
            add(forced, len(wanted) + 1, lots)
        wanted |= {len(wanted) + 1 + at: size for at, size in enumerate(lots)}
        fills = fill(forced, tick)
        for order, size in zip(fills.order.tolist(), fills.lots.tolist(), strict=True):
            got[order] = got.get(order, 0) + size
        assert (fills.lots > 0).all()
    for order, size in got.items():
        assert size <= abs(wanted[order])
    assert len(forced) == sum(got.get(order, 0) < abs(size) for order, size in wanted.items())
    for side in (1, -1):
        ids = [o for o, size in wanted.items() if size * side > 0]
        done = [got.get(o, 0) == abs(wanted[o]) for o in ids]
        assert done == sorted(done, reverse=True)  # the first come, the first done
        assert sum(got.get(o, 0) for o in ids) <= sum(capacity)


def regression(bars: Bars) -> float:
    """Least-squares slope, bps per 1,000 base units, of log return on net taker volume."""
    closes = bars.quote(bars.close)
    before = np.concatenate((bars.quote(bars.open)[:1], closes[:-1]))
    returns = np.log(closes / before) * 1e4
    return float(np.polyfit(bars.net_taker() / 1000.0, returns, 1)[0])


def test_the_slopes_are_the_bars_own() -> None:
    bars = shipped_bars("BTCUSDT")
    turn = 1760130600 * SECOND  # 21:10 UTC

    assert round(regression(bars.between(0, turn))) == 31
    assert round(regression(bars.between(turn, bars.end_ns))) == 113
    assert minute_sigma_bps(bars) == pytest.approx(REFERENCE_SIGMA_BPS, abs=0.05)
    assert minute_volume(bars) == pytest.approx(REFERENCE_VOLUME, abs=0.05)


def test_a_scaled_slope_lies_among_the_regressions_of_its_own_bars() -> None:
    bars = shipped_bars("AVAXUSDT")

    per_million = impact_of(bars, ImpactLevel.MIDDLE).log_per_lot * 1e4 * 1e6

    assert 4260 < per_million < regression(bars) * 1000 < 6400
    low, high = (
        impact_of(bars, level).log_per_lot for level in (ImpactLevel.LOW, ImpactLevel.HIGH)
    )
    assert low * 1e10 < per_million < high * 1e10


def test_a_model_market_of_a_tenth_takes_a_tenth_and_moves_ten_times() -> None:
    bars = shipped_bars("BTCUSDT")
    impact = impact_of(bars, ImpactLevel.MIDDLE)

    whole = venue_of(bars, ticks=60, participation=0.1, impact=impact, ratio=1.0, lot_scale=1.0)
    tenth = venue_of(bars, ticks=60, participation=0.1, impact=impact, ratio=0.1, lot_scale=1.0)
    coins = venue_of(bars, ticks=60, participation=0.1, impact=impact, ratio=1.0, lot_scale=1e5)

    assert tenth.impact.log_per_lot == pytest.approx(10 * whole.impact.log_per_lot)
    assert tenth.capacity_lots.sum() == pytest.approx(whole.capacity_lots.sum() / 10, rel=1e-3)
    assert coins.impact.log_per_lot == pytest.approx(whole.impact.log_per_lot / 1e5)
    with pytest.raises(ValueError, match="participation"):
        venue_of(bars, ticks=60, participation=1.5, impact=impact, ratio=1.0, lot_scale=1.0)
    with pytest.raises(ValueError, match="ratio"):
        venue_of(bars, ticks=60, participation=0.5, impact=impact, ratio=0.0, lot_scale=1.0)
