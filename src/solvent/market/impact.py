"""Impact: how far a forced order moves the price it trades at, as an estimate with its source.

Linear in the logarithm of the price (Kyle): a net quantity `q` traded within a minute moves the
price by `q * slope`. Three slopes are offered because none is defensible alone. It is a same-minute
correlation taken for an effect: news and the day's real liquidations are in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np

from solvent.market.bars import NS_PER_SECOND, Bars


class ImpactLevel(Enum):
    """Which of the three slopes is used."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


REFERENCE_SYMBOL = "BTCUSDT"
REFERENCE_SLOPE = {ImpactLevel.LOW: 31.0, ImpactLevel.MIDDLE: 60.0, ImpactLevel.HIGH: 113.0}
"""Basis points of price per 1,000 BTC of net taker volume in the same minute, BTCUSDT perpetual.

Least squares of one-minute log returns on net taker volume over the shipped bars of 10 October
2025: 31 from 20:50 to 21:09, 113 from 21:10 to 21:59 (standard error 20); 60 is the latter without
its three most influential minutes. `tests/test_market.py` recomputes the first two.
"""
REFERENCE_UNIT = 1_000.0
"""BTC per `REFERENCE_SLOPE`."""
REFERENCE_SIGMA_BPS = 89.2
"""Standard deviation of BTCUSDT's one-minute log return over the same 70 bars, basis points."""
REFERENCE_VOLUME = 2257.9
"""BTCUSDT's mean volume per minute over the same 70 bars, BTC."""

HALF_LIFE_NS = 30 * NS_PER_SECOND
"""Half-life of the temporary displacement. Assumption: the slopes are same-minute ones."""
PERMANENT_SHARE = 0.5
"""Share of the impact that stays in the path when feedback is on. Assumption, no source."""


@dataclass(frozen=True, slots=True)
class Impact:
    """`log_per_lot`: change of the natural log of the price per lot of net forced flow."""

    log_per_lot: float
    note: str

    def scaled(self, ratio: float) -> Impact:
        """The impact in a model market that holds `ratio` of the real one: a lot weighs 1/ratio."""
        return Impact(self.log_per_lot / ratio, self.note)


def impact_of(bars: Bars, level: ImpactLevel) -> Impact:
    """The impact slope for an instrument.

    BTCUSDT has measured slopes. Any other instrument gets them scaled by what its own bars say:
    times its one-minute sigma over BTCUSDT's, over its mean minute volume over BTCUSDT's, so that a
    one-sided minute of average volume moves either market by the same number of its own sigmas.
    (For AVAXUSDT that gives 4,920 bps per million AVAX at the middle; regressing its own 42 bars
    gives 6,360, and 4,260 without the four minutes of its air pocket.)
    """
    per_base = REFERENCE_SLOPE[level] / REFERENCE_UNIT * 1e-4
    note = f"{REFERENCE_SLOPE[level]:g} bps per 1,000 BTC"
    if bars.symbol != REFERENCE_SYMBOL:
        sigma, volume = minute_sigma_bps(bars), minute_volume(bars)
        if volume <= 0.0:
            raise ValueError(
                f"{bars.symbol}: the bars hold no volume, so no impact can be estimated"
            )
        per_base *= sigma / REFERENCE_SIGMA_BPS * REFERENCE_VOLUME / volume
        note = (
            f"{per_base * 1e4 * 1e6:,.0f} bps per million {bars.symbol} units:"
            f" BTCUSDT's {REFERENCE_SLOPE[level]:g} bps per 1,000 BTC, scaled by sigma and volume"
        )
    return Impact(per_base * float(bars.lot), note)


def minute_sigma_bps(bars: Bars) -> float:
    """Standard deviation of the close-to-close log return, scaled to one minute, basis points."""
    closes = bars.quote(bars.close)
    before = np.concatenate((bars.quote(bars.open)[:1], closes[:-1]))
    per_bar = float(np.log(closes / before).std())
    return per_bar * 1e4 / math.sqrt(bars.bar_ns / (60 * NS_PER_SECOND))


def minute_volume(bars: Bars) -> float:
    """Mean volume per minute, base units."""
    return float(bars.base(bars.volume).mean()) / (bars.bar_ns / (60 * NS_PER_SECOND))
