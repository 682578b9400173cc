"""Price paths inside bars: what a second-by-second market may have looked like, seeded.

A bar says four prices and nothing about the way between them. A path of `ticks` prices a bar goes
through open, one extreme, the other extreme and close, hitting the four exactly and staying inside
[low, high]. Which extreme came first, and the way between, are invented; the default puts the
extreme nearer to the open first. Prices are whole ticks. It is not a model of prices: it says
nothing about what could have happened outside the bars.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from solvent.market.bars import NS_PER_SECOND, Bars, Floats, Ints

TICKS_MIN = 4
"""A bar's path has at least its four published prices."""
TICKS_MAX = 60_000
"""At most one price a millisecond in a minute bar."""
NOISE = 0.12
"""Standard deviation of the bridge half way between two anchors, as a share of the bar's range.

Chosen so that a path of 60 ticks looks rough but meets the clamp at the extremes in few ticks; no
result should rest on it, and `--seed` shows whether one does.
"""


class ExtremeOrder(Enum):
    """Which extreme of a bar is visited first."""

    NEARER = "nearer"
    FARTHER = "farther"


class MarkRule(Enum):
    """How the mark is made from the last price."""

    LAST = "last"
    SMOOTHED = "smoothed"


MARK_LABEL = {
    MarkRule.LAST: "last price as mark",
    MarkRule.SMOOTHED: "smoothed stand-in mark: mean of last, half-life 30 s",
}
"""A venue's mark is built from an index and a basis, which bars do not hold: both are stand-ins."""

SMOOTHING_HALF_LIFE_NS = 30 * NS_PER_SECOND
"""Half-life of the smoothed stand-in. Venues average over the order of a minute (assumption)."""


@dataclass(frozen=True, slots=True)
class Path:
    """Last prices and marks of one instrument, ticks, at ascending times; `bar`: of each."""

    times_ns: Ints
    last: Ints
    mark: Ints
    bar: Ints

    def __len__(self) -> int:
        return len(self.times_ns)


def draw_path(
    bars: Bars,
    *,
    seed: int,
    ticks: int = 60,
    order: ExtremeOrder = ExtremeOrder.NEARER,
    mark: MarkRule = MarkRule.LAST,
) -> Path:
    """A path of `ticks` prices per bar. Tick j of a bar falls on `j / ticks` of its length.

    The same bars, seed, ticks and order give the same path. Raises `ValueError` for `ticks` outside
    `TICKS_MIN..TICKS_MAX`.
    """
    if not TICKS_MIN <= ticks <= TICKS_MAX:
        raise ValueError(f"{ticks} ticks per bar; use {TICKS_MIN} to {TICKS_MAX}")
    random = np.random.default_rng([seed, _stream(bars.symbol)])
    places = _anchor_places(random, len(bars), ticks)
    anchors = _anchor_prices(bars, order)
    last = _between(random, bars, places, anchors, ticks)
    offsets = np.arange(ticks, dtype=np.int64) * bars.bar_ns // ticks
    times = (bars.times_ns[:, None] + offsets).ravel()
    flat = last.ravel()
    marks = flat if mark is MarkRule.LAST else smoothed(times, flat)
    return Path(times, flat, marks, np.repeat(np.arange(len(bars), dtype=np.int64), ticks))


def smoothed(times_ns: Ints, last: Ints, half_life_ns: int = SMOOTHING_HALF_LIFE_NS) -> Ints:
    """An exponential mean of `last` with the given half-life, rounded to the nearest tick, >= 1.

    It starts at the first price. What came before is not in the bars.
    """
    keep = np.exp2(-np.diff(times_ns) / half_life_ns)
    mean = float(last[0])
    means = np.empty(len(last), dtype=np.float64)
    means[0] = mean
    for at in range(1, len(last)):
        mean = float(last[at]) + (mean - float(last[at])) * float(keep[at - 1])
        means[at] = mean
    return np.maximum(np.rint(means).astype(np.int64), 1)


def _stream(symbol: str) -> int:
    """A random stream per instrument, so that adding one leaves the others' paths as they were."""
    return int.from_bytes(symbol.encode()[:8], "big")


def _anchor_places(random: np.random.Generator, bars: int, ticks: int) -> Ints:
    """Tick of open (first), two extremes (two distinct ticks between) and close (last), per bar."""
    inner = ticks - 2
    first = random.integers(0, inner, bars)
    second = (first + 1 + random.integers(0, inner - 1, bars)) % inner
    places = np.empty((bars, 4), dtype=np.int64)
    places[:, 0] = 0
    places[:, 1] = np.minimum(first, second) + 1
    places[:, 2] = np.maximum(first, second) + 1
    places[:, 3] = ticks - 1
    return places


def _anchor_prices(bars: Bars, order: ExtremeOrder) -> Ints:
    high_is_nearer = bars.high - bars.open <= bars.open - bars.low
    high_first = high_is_nearer if order is ExtremeOrder.NEARER else ~high_is_nearer
    first = np.where(high_first, bars.high, bars.low)
    second = np.where(high_first, bars.low, bars.high)
    return np.stack((bars.open, first, second, bars.close), axis=1)


def _between(
    random: np.random.Generator, bars: Bars, places: Ints, anchors: Ints, ticks: int
) -> Ints:
    """Straight lines between the anchors plus a Brownian bridge on each piece, clamped."""
    steps = random.standard_normal((len(bars), ticks))
    walk = np.cumsum(steps, axis=1)
    ticks_at = np.arange(ticks, dtype=np.int64)
    piece = (ticks_at >= places[:, 1:2]).astype(np.int64) + (ticks_at >= places[:, 2:3])
    left = np.take_along_axis(places, piece, axis=1)
    right = np.take_along_axis(places, piece + 1, axis=1)
    share = (ticks_at - left) / (right - left)
    start = np.take_along_axis(anchors, piece, axis=1).astype(np.float64)
    stop = np.take_along_axis(anchors, piece + 1, axis=1).astype(np.float64)
    walk_left = np.take_along_axis(walk, left, axis=1)
    walk_right = np.take_along_axis(walk, right, axis=1)
    bridge = walk - walk_left - share * (walk_right - walk_left)
    # A bridge of n unit steps has variance n / 4 half way.
    half_way: Floats = np.sqrt((right - left) / 4.0)
    spread = NOISE * (bars.high - bars.low)[:, None] / half_way
    drawn = np.rint(start + share * (stop - start) + spread * bridge).astype(np.int64)
    inside = np.clip(drawn, bars.low[:, None], bars.high[:, None])
    np.put_along_axis(inside, places, anchors, axis=1)
    return inside
