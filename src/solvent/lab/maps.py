"""Liquidation levels as a map of price and time, for drawing: where forced orders lie in wait."""

from __future__ import annotations

import numpy as np

from solvent.lab.listings import SETTLE_EXPONENT
from solvent.lab.result import LevelMap
from solvent.lab.run import Run
from solvent.market.bars import Floats

BINS = 120
"""Rows of the map; a bin is about the width of a stroke on the page."""
MARGIN = 0.25
"""How far the map reaches beyond the day's range, as a share of the first price."""


def level_maps(run: Run) -> list[LevelMap]:
    """One map per market: notional (at its liquidation price) by price and sampled moment."""
    maps = []
    for place, market in enumerate(run.scenario.markets):
        bars = run.scenario.bars[place]
        tick = float(bars.tick)
        first = float(bars.open[0]) * tick
        low = max(float(bars.low.min()) * tick - MARGIN * first, tick)
        high = float(bars.high.max()) * tick + MARGIN * first
        edges = np.linspace(low, high, BINS + 1)
        per = market.unit / tick / 10**SETTLE_EXPONENT  # settlement units per quote unit and lot
        longs, shorts = [], []
        for sample in run.record.levels:
            mine = (sample.instrument == run.ids.instruments[place]) & (sample.price > 0)
            price, lots = sample.price[mine] * tick, sample.lots[mine]
            notional: Floats = np.abs(lots) * price * per
            longs.append(np.histogram(price, edges, weights=notional * (lots > 0))[0])
            shorts.append(np.histogram(price, edges, weights=notional * (lots < 0))[0])
        times = np.array([sample.time_ns for sample in run.record.levels], dtype=np.int64)
        maps.append(
            LevelMap(
                instrument=place,
                times_ns=times,
                edges=edges,
                long=np.array(longs),
                short=np.array(shorts),
                before=0,
                during=_during(run, place, times),
            )
        )
    return maps


def _during(run: Run, place: int, times: np.typing.NDArray[np.int64]) -> int:
    """The sample nearest to the market's lowest mark (never the first)."""
    lowest = int(run.scenario.times_ns[int(run.scenario.mark[:, place].argmin())])
    return int(np.abs(times[1:] - lowest).argmin()) + 1
