"""Paths inside bars: the four prices are hit, the bar is never left, the seed decides."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent.feeds import shipped_bars
from solvent.lab.path import ExtremeOrder, MarkRule, Path, draw_path, smoothed
from solvent.market.bars import Bars


def bars_of(rows: list[tuple[int, int, int, int]]) -> Bars:
    columns = np.array(rows, dtype=np.int64).T
    return Bars(
        symbol="TEST",
        source="test",
        tick=Fraction(1),
        lot=Fraction(1),
        bar_ns=60 * 10**9,
        times_ns=np.arange(len(rows), dtype=np.int64) * 60 * 10**9,
        open=columns[0],
        high=columns[1],
        low=columns[2],
        close=columns[3],
        volume=np.full(len(rows), 100, dtype=np.int64),
    )


@st.composite
def rows(draw: st.DrawFn) -> tuple[int, int, int, int]:
    low = draw(st.integers(1, 10**6))
    high = low + draw(st.integers(0, 10**5))
    inside = st.integers(low, high)
    return draw(inside), high, low, draw(inside)


def check_path(bars: Bars, path: Path, ticks: int, order: ExtremeOrder) -> None:
    last = path.last.reshape(len(bars), ticks)
    assert (last[:, 0] == bars.open).all()
    assert (last[:, -1] == bars.close).all()
    assert (last.max(axis=1) == bars.high).all()
    assert (last.min(axis=1) == bars.low).all()
    assert (np.diff(path.times_ns) > 0).all()
    assert path.bar.tolist() == sorted(list(range(len(bars))) * ticks)
    for at in range(len(bars)):
        first = "high" if bars.high[at] - bars.open[at] <= bars.open[at] - bars.low[at] else "low"
        if order is ExtremeOrder.FARTHER:
            first = "low" if first == "high" else "high"
        wanted = bars.high[at] if first == "high" else bars.low[at]
        other = bars.low[at] if first == "high" else bars.high[at]
        reached = np.flatnonzero(last[at] == wanted)
        assert (reached < np.flatnonzero(last[at] == other)[-1]).any() or wanted == other


@given(
    st.lists(rows(), min_size=1, max_size=5),
    st.integers(0, 2**32),
    st.integers(4, 30),
    st.sampled_from(ExtremeOrder),
)
def test_a_path_hits_the_four_and_stays_inside(
    wanted: list[tuple[int, int, int, int]], seed: int, ticks: int, order: ExtremeOrder
) -> None:
    bars = bars_of(wanted)

    check_path(bars, draw_path(bars, seed=seed, ticks=ticks, order=order), ticks, order)


@pytest.mark.parametrize("order", ExtremeOrder)
@pytest.mark.parametrize("ticks", [4, 60])
def test_the_crash(order: ExtremeOrder, ticks: int) -> None:
    bars = shipped_bars("AVAXUSDT")

    check_path(bars, draw_path(bars, seed=7, ticks=ticks, order=order), ticks, order)


def test_the_seed_decides() -> None:
    bars = shipped_bars("BTCUSDT")

    one, same, other = (draw_path(bars, seed=seed).last for seed in (1, 1, 2))

    assert (one == same).all()
    assert (one != other).any()


def test_last_as_mark_and_the_smoothed_stand_in() -> None:
    bars = shipped_bars("AVAXUSDT")

    plain = draw_path(bars, seed=1)
    smooth = draw_path(bars, seed=1, mark=MarkRule.SMOOTHED)

    assert (plain.mark == plain.last).all()
    assert (smooth.last == plain.last).all()
    assert smooth.mark[0] == plain.last[0]
    # the air pocket is shallower for the stand-in, and it lags
    assert bars.low.min() < smooth.mark.min() < bars.low.min() * 1.5
    assert int(smooth.mark.argmin()) > int(plain.last.argmin())


def test_smoothing_halves_the_distance_in_a_half_life() -> None:
    times = np.array([0, 10, 20], dtype=np.int64)

    assert smoothed(times, np.array([1000, 2000, 2000]), half_life_ns=10).tolist() == [
        1000,
        1500,
        1750,
    ]


@pytest.mark.parametrize("ticks", [0, 3, 60_001])
def test_too_few_or_too_many_ticks(ticks: int) -> None:
    with pytest.raises(ValueError, match="ticks per bar"):
        draw_path(shipped_bars("BTCUSDT"), seed=1, ticks=ticks)
