"""Entries: at which past prices the invented positions were opened, and which could still be open.

Entry prices are hourly closes before the replay. A position that its own margin would not have
carried through every hour since then is not there any more, so its entry is drawn again, later and
later, and the number of redraws is reported. This makes high leverage young and low leverage old,
which is also why profits and an ADL queue exist at the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from solvent.lab.listings import Market
from solvent.market.bars import Bars, Floats, Ints

DRAWS_MAX = 12
"""Redraws of an entry before it becomes the start price (a position opened just now)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Hourly prices of one instrument before the replay, in its own ticks, oldest first.

    close: of hours that ended before the start (possible entries). low_since, high_since: extremes
    of all later hours up to the first bar of the replay. note: where they come from.
    """

    close: Ints
    low_since: Ints
    high_since: Ints
    note: str

    def __len__(self) -> int:
        return len(self.close)


def history_of(hours: Bars, market: Market, *, start_ns: int, first: Bars) -> History:
    """Past prices of `market` from the hourly bars of `hours`, up to `start_ns`.

    `first` are the bars that are replayed. When `hours` is another instrument, its prices are a
    proxy: times one constant, the first open over the proxy's last close before it.
    Raises `ValueError` when no hour ends before the start.
    """
    ends = hours.times_ns + hours.bar_ns
    usable = int(np.searchsorted(ends, start_ns, side="right"))
    known = int(np.searchsorted(ends, int(first.times_ns[0]), side="right"))
    if usable == 0:
        raise ValueError(
            f"{hours.source}: no hour ends before the replay of {market.symbol} starts"
        )
    tick = Fraction(market.listing.tick)
    scale, note = Fraction(1), f"hourly closes of {hours.symbol} ({hours.source})"
    if hours.symbol != market.symbol:
        proxy = int(hours.close[known - 1]) * hours.tick
        scale = int(first.open[0]) * first.tick / proxy
        note = f"hourly closes of {hours.symbol} times {float(scale):.6g}, a proxy ({hours.source})"
    factor = float(scale * hours.tick / tick)
    start = int(first.open[0])
    lows = np.rint(hours.low[:known] * factor).astype(np.int64)
    highs = np.rint(hours.high[:known] * factor).astype(np.int64)
    low_since = np.minimum.accumulate(np.append(lows, start)[::-1])[::-1][1 : usable + 1]
    high_since = np.maximum.accumulate(np.append(highs, start)[::-1])[::-1][1 : usable + 1]
    close = np.maximum(np.rint(hours.close[:usable] * factor).astype(np.int64), 1)
    return History(close=close, low_since=low_since, high_since=high_since, note=note)


def flat_history(first: Bars) -> History:
    """No past: everyone entered at the first open. Nobody starts with a profit."""
    start = first.open[:1]
    return History(
        close=start, low_since=start, high_since=start, note="the first open (no history)"
    )


def tier_columns(market: Market, *, initial: bool) -> tuple[Floats, Floats, Floats]:
    """(upper bounds, rates, deductions) of a schedule as floats, for whole columns at once."""
    margin = market.margin()
    schedule = margin.initial if initial and margin.initial is not None else margin.maintenance
    bounds = [np.inf if t.bound is None else float(t.bound) for t in schedule.tiers]
    rates = [float(t.rate) for t in schedule.tiers]
    deductions = [float(t.deduction) for t in schedule.tiers]
    return np.array(bounds), np.array(rates), np.array(deductions)


def held(notional: Floats, columns: tuple[Floats, Floats, Floats]) -> Floats:
    """The requirement of each notional (settlement units): an estimate, for whole columns."""
    bounds, rates, deductions = columns
    tier = np.searchsorted(bounds, notional, side="left")
    requirement: Floats = notional * rates[tier] - deductions[tier]
    return requirement


@dataclass(frozen=True, slots=True)
class Drawn:
    """Entry ticks per position, draws repeated, positions that ended at the start price."""

    entry: Ints
    redrawn: int
    opened_now: int


def draw_entries(
    random: np.random.Generator,
    market: Market,
    history: History,
    *,
    start: int,
    lots: Ints,
    margin_rate: Floats,
    age_median_hours: float,
    age_sigma: float,
    cushion: float,
) -> Drawn:
    """An entry for each position such that it could have lived until now.

    start: price at the start, ticks. lots: signed. margin_rate: own funds over entry notional.
    Ages are lognormal. A position lives while its own funds plus profit stay above its maintenance
    times `cushion` at every hourly extreme since its entry and at the start.
    """
    count = len(lots)
    long = lots > 0
    value = np.abs(lots) * float(Fraction(market.listing.tick) * Fraction(market.listing.lot))
    columns = tier_columns(market, initial=False)
    entry = np.full(count, start, dtype=np.int64)
    open_now = np.arange(count)
    redrawn = 0
    age = age_median_hours
    for attempt in range(DRAWS_MAX):
        hours = np.exp(np.log(age) + age_sigma * random.standard_normal(len(open_now)))
        back = np.clip(hours.astype(np.int64), 0, len(history) - 1)
        at = len(history) - 1 - back
        drawn = history.close[at]
        worst = np.where(long[open_now], history.low_since[at], history.high_since[at])
        worst = np.where(long[open_now], np.minimum(worst, start), np.maximum(worst, start)).astype(
            np.float64
        )
        side = np.where(long[open_now], 1.0, -1.0)
        size = value[open_now]
        funds = margin_rate[open_now] * size * drawn + side * size * (worst - drawn)
        lives = funds >= cushion * held(size * worst, columns)
        entry[open_now[lives]] = drawn[lives]
        open_now = open_now[~lives]
        redrawn += len(open_now)
        if not len(open_now):
            break
        if attempt % 2:
            age /= 2.0  # what keeps dying must be younger
    return Drawn(entry, redrawn, len(open_now))
