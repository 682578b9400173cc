"""The market that forced orders meet in a rehearsal: the bars' own volume, first come first served.

Per tick it takes at most a stated share of the bar's volume on each side, at the last price moved
against the order by the impact of what was forced before it. It does not know why an order came.
What always holds: an order is never filled beyond its lots, after its deadline or twice; fill
numbers of an order rise; the same calls give the same fills.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from solvent.market.bars import Bars, Floats, Ints
from solvent.market.impact import HALF_LIFE_NS, PERMANENT_SHARE, Impact

BUY, SELL = 1, -1
_SIDES = (BUY, SELL)
_WINDOW = 1024  # orders looked at per step of the queue; any value gives the same fills


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """What one instrument's forced orders meet.

    capacity_lots: most lots a side takes, per bar. ticks: ticks per bar, over which it is spread.
    impact: of the orders that come here (per lot of the instrument traded).
    """

    capacity_lots: Ints
    ticks: int
    impact: Impact


def venue_of(
    bars: Bars, *, ticks: int, participation: float, impact: Impact, ratio: float, lot_scale: float
) -> Venue:
    """A venue that takes `participation` of each bar's volume, in a model market of size `ratio`.

    `lot_scale` is the orders' lots per lot of the bars (1 unless the orders are for another
    instrument than the bars, such as spot collateral in its own smallest unit).
    Raises `ValueError` for a participation or ratio outside (0, 1] and (0, inf).
    """
    if not 0.0 < participation <= 1.0:
        raise ValueError(f"participation is {participation:g}; it must be above 0 and at most 1")
    if ratio <= 0.0:
        raise ValueError(f"the ratio to the real market is {ratio:g}; it must be above 0")
    capacity = np.floor(bars.volume * (participation * ratio * lot_scale)).astype(np.int64)
    return Venue(
        capacity_lots=capacity,
        ticks=ticks,
        impact=Impact(impact.log_per_lot / (ratio * lot_scale), impact.note),
    )


class Fills(NamedTuple):
    """Fills of forced orders, parallel columns; `lots` > 0, `number` rises per order."""

    account: Ints
    instrument: Ints
    leg: Ints
    order: Ints
    lots: Ints
    price: Ints
    number: Ints

    def __len__(self) -> int:
        return len(self.order)


def _columns(size: int) -> dict[str, Ints]:
    names = ("account", "instrument", "leg", "order", "left", "number", "deadline")
    return {name: np.zeros(size, dtype=np.int64) for name in names}


class _Queue:
    """Orders of one instrument and side, in order of arrival; `head` is the first that may live."""

    __slots__ = ("head", "places")

    def __init__(self) -> None:
        self.places: Ints = np.empty(0, dtype=np.int64)
        self.head = 0


class ForcedOrders:
    """The waiting forced orders of all instruments, and what each market has taken so far."""

    def __init__(self, venues: dict[int, Venue]) -> None:
        self._venues = venues
        self._orders = _columns(1024)
        self._count = 0
        self._live = 0
        self._queues = {(i, side): _Queue() for i in venues for side in _SIDES}
        self._taken = dict.fromkeys(self._queues, 0)
        self._tick_at = -1
        self._moved = dict.fromkeys(venues, 0.0)  # temporary displacement of the log price
        self._moved_at = dict.fromkeys(venues, 0)
        self.permanent = dict.fromkeys(venues, 0.0)  # log displacement that stays (feedback)

    def __len__(self) -> int:
        """Orders with lots left."""
        return self._live

    def add(
        self, account: Ints, instrument: Ints, leg: Ints, order: Ints, lots: Ints, deadline: Ints
    ) -> None:
        """Take new orders, signed `lots` to trade, ids ascending over the market's life."""
        size = self._count + len(order)
        if size > len(self._orders["order"]):
            grown = _columns(max(2 * len(self._orders["order"]), size))
            for name, column in self._orders.items():
                grown[name][: self._count] = column[: self._count]
            self._orders = grown
        new = slice(self._count, size)
        columns = (account, instrument, leg, order, lots, deadline)
        names = ("account", "instrument", "leg", "order", "left", "deadline")
        for name, column in zip(names, columns, strict=True):
            self._orders[name][new] = column
        places = np.arange(self._count, size, dtype=np.int64)
        for key, queue in self._queues.items():
            mine = places[(instrument == key[0]) & (np.sign(lots) == key[1])]
            if len(mine):
                queue.places = np.concatenate((queue.places[queue.head :], mine))
                queue.head = 0
        self._count = size
        self._live += len(order)

    def drop(self, order: Ints) -> None:
        """Forget orders the engine no longer waits for (expired or closed); unknown ids pass."""
        known = self._orders["order"][: self._count]
        at = np.searchsorted(known, order)
        inside = at < self._count
        at = at[inside]
        at = at[known[at] == order[inside]]
        self._live -= int(np.count_nonzero(self._orders["left"][at]))
        self._orders["left"][at] = 0

    def fill(
        self, tick: int, step: int, time_ns: int, bars: dict[int, int], last: dict[int, int]
    ) -> Fills:
        """What trades at tick number `tick`; call it again within the tick for what is left.

        step: the tick's place in its bar, from 0. bars: bar index per instrument that trades now.
        last: its last price, ticks.
        """
        if tick != self._tick_at:
            self._tick_at = tick
            self._taken = dict.fromkeys(self._queues, 0)
        parts = [
            self._fill_side(instrument, side, step, time_ns, bar, last[instrument])
            for instrument, bar in bars.items()
            for side in _SIDES
            if self._queues[instrument, side].head < len(self._queues[instrument, side].places)
        ]
        parts = [part for part in parts if len(part)]
        if not parts:
            none = np.empty(0, dtype=np.int64)
            return Fills(none, none, none, none, none, none, none)
        if len(parts) == 1:
            return parts[0]
        return Fills(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def _fill_side(
        self, instrument: int, side: int, step: int, time_ns: int, bar: int, last: int
    ) -> Fills:
        room = self._capacity(instrument, bar, step) - self._taken[instrument, side]
        places, lots = self._first(self._queues[instrument, side], time_ns, room)
        total = int(lots.sum())
        orders = self._orders
        price = self._price(instrument, side, time_ns, last, lots)
        self._taken[instrument, side] += total
        orders["left"][places] -= side * lots
        orders["number"][places] += 1
        self._live -= int(np.count_nonzero(orders["left"][places] == 0))
        return Fills(
            orders["account"][places],
            orders["instrument"][places],
            orders["leg"][places],
            orders["order"][places],
            lots,
            price,
            orders["number"][places],
        )

    def _capacity(self, instrument: int, bar: int, step: int) -> int:
        """Lots a side takes in this tick; over a bar the ticks add up to the bar's capacity."""
        venue = self._venues[instrument]
        whole = int(venue.capacity_lots[bar])
        return whole * (step + 1) // venue.ticks - whole * step // venue.ticks

    def _first(self, queue: _Queue, time_ns: int, room: int) -> tuple[Ints, Ints]:
        """The first orders that fit into `room` lots, the last one perhaps in part."""
        found_places: list[Ints] = []
        found_lots: list[Ints] = []
        done = self._orders["left"][queue.places[queue.head : queue.head + _WINDOW]] == 0
        queue.head += int(done.argmin()) if not done.all() else len(done)
        at = queue.head
        while room > 0 and at < len(queue.places):
            window = queue.places[at : at + _WINDOW]
            left = np.abs(self._orders["left"][window])
            left[self._orders["deadline"][window] < time_ns] = 0
            before = np.cumsum(left) - left
            lots = np.minimum(left, np.maximum(room - before, 0))
            taken = lots > 0
            found_places.append(window[taken])
            found_lots.append(lots[taken])
            room -= int(lots.sum())
            if room > 0:
                at += len(window)
                queue.head = at  # everything before has no lots left, or is past its deadline
        if not found_places:
            none = np.empty(0, dtype=np.int64)
            return none, none
        return np.concatenate(found_places), np.concatenate(found_lots)

    def _price(self, instrument: int, side: int, time_ns: int, last: int, lots: Ints) -> Ints:
        """Price of each fill, ticks, rounded against the order; later ones bear the earlier."""
        slope = self._venues[instrument].impact.log_per_lot
        moved = self._decayed(instrument, time_ns)
        already: Floats = (np.cumsum(lots) - lots / 2.0) * slope
        # Flow of the other side brings the price back; it never improves on last.
        against = np.maximum(side * moved + already, 0.0)
        self._moved[instrument] = moved + side * slope * float(lots.sum())
        self.permanent[instrument] += PERMANENT_SHARE * side * slope * float(lots.sum())
        exact = last * np.exp(side * against)
        rounded = np.ceil(exact) if side == BUY else np.floor(exact)
        price: Ints = np.maximum(rounded.astype(np.int64), 1)
        return price

    def _decayed(self, instrument: int, time_ns: int) -> float:
        since = time_ns - self._moved_at[instrument]
        self._moved_at[instrument] = time_ns
        moved: float = self._moved[instrument] * 2.0 ** (-since / HALF_LIFE_NS)
        self._moved[instrument] = moved
        return moved
