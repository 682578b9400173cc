"""A scenario: which markets, which bars, which path through them, and whose rules of trading.

It merges the instruments' ticks into one timeline. At each moment every instrument that has a tick
gets a new mark; the others keep theirs: before its first bar an instrument stands at its first
open, after its last at its last close. The same scenario and population meet every waterfall.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from solvent.lab.control import control_path
from solvent.lab.entries import History
from solvent.lab.listings import COIN_EXPONENT, SPOT_SHARE_OF_VOLUME, Market
from solvent.lab.path import ExtremeOrder, MarkRule, Path, draw_path
from solvent.market.bars import Bars, Ints
from solvent.market.forced import Venue, venue_of
from solvent.market.impact import ImpactLevel, impact_of

NONE = -1


class Feedback(Enum):
    """Whether forced orders move the mark."""

    OFF = "off"
    ON = "on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Everything about a replay that a person may choose, apart from files and policy.

    participation: most of a bar's volume that forced orders take on each side. It is an assumption;
    the report prints it.
    """

    accounts: int = 100_000
    seed: int = 1
    ticks: int = 60
    order: ExtremeOrder = ExtremeOrder.NEARER
    mark: MarkRule = MarkRule.LAST
    impact: ImpactLevel = ImpactLevel.MIDDLE
    participation: float = 0.25
    feedback: Feedback = Feedback.OFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Markets with their bars, past and paths; columns of the timeline are per market.

    `times_ns` (m); `last`, `mark` (m, k) in ticks, carried forward; `bar`, `step` (m, k): bar index
    and place in it where the market has a tick at that moment, else NONE.
    """

    markets: list[Market]
    bars: list[Bars]
    histories: list[History]
    options: Options
    paths: list[Path]
    times_ns: Ints
    last: Ints
    mark: Ints
    bar: Ints
    step: Ints
    notes: list[tuple[str, str, str]]

    def __len__(self) -> int:
        return len(self.times_ns)

    @property
    def start(self) -> list[int]:
        """First mark of each market, ticks."""
        return [int(bars.open[0]) for bars in self.bars]

    @property
    def coin(self) -> int | None:
        """Which market spot BTC collateral follows, if any."""
        for place, market in enumerate(self.markets):
            if market.listing.base == "BTC":
                return place
        return None

    @property
    def coin_start(self) -> int:
        """First mark of the spot collateral, ticks; 0 when there is none."""
        return 0 if self.coin is None else self.start[self.coin]

    def venues(self, ratio: float) -> list[Venue]:
        """Where forced orders go, per market, in a model market of size `ratio`."""
        return [
            venue_of(
                bars,
                ticks=self.options.ticks,
                participation=self.options.participation,
                impact=impact_of(bars, self.options.impact),
                ratio=ratio,
                lot_scale=1.0,
            )
            for bars in self.bars
        ]

    def coin_venue(self, ratio: float) -> Venue | None:
        """Where forced sales of spot BTC go: the perpetual's bars, at spot's share of volume."""
        if self.coin is None:
            return None
        bars = self.bars[self.coin]
        return venue_of(
            bars,
            ticks=self.options.ticks,
            participation=self.options.participation * SPOT_SHARE_OF_VOLUME,
            impact=impact_of(bars, self.options.impact),
            ratio=ratio,
            lot_scale=float(bars.lot) * 10**COIN_EXPONENT,
        )


def build_scenario(
    markets: list[Market], bars: list[Bars], histories: list[History], options: Options
) -> Scenario:
    """Draw the paths and merge them. Raises `ValueError` for markets whose bars never overlap."""
    start, end = max(int(b.times_ns[0]) for b in bars), min(b.end_ns for b in bars)
    if start >= end:
        raise ValueError("the files have no moment in common; replay them one by one")
    paths = [
        draw_path(b, seed=options.seed, ticks=options.ticks, order=options.order, mark=options.mark)
        for b in bars
    ]
    notes = [_path_note(options)]
    if options.feedback is Feedback.ON:
        for place, (one, path) in enumerate(zip(bars, paths, strict=True)):
            paths[place], note = control_path(
                one, path, impact_of(one, options.impact), options.mark
            )
            notes.append((f"{one.symbol} control path", "not the recorded one", note))
    times = np.unique(np.concatenate([path.times_ns for path in paths]))
    shape = (len(times), len(paths))
    last, mark = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.int64)
    bar, step = np.full(shape, NONE, dtype=np.int64), np.full(shape, NONE, dtype=np.int64)
    for place, path in enumerate(paths):
        # Index of the latest tick at or before each moment; before the first: the first.
        carried = np.maximum(np.searchsorted(path.times_ns, times, side="right") - 1, 0)
        last[:, place], mark[:, place] = path.last[carried], path.mark[carried]
        own = np.searchsorted(times, path.times_ns)
        bar[own, place] = path.bar
        step[own, place] = np.arange(len(path), dtype=np.int64) % options.ticks
    return Scenario(
        markets=markets,
        bars=bars,
        histories=histories,
        options=options,
        paths=paths,
        times_ns=times,
        last=last,
        mark=mark,
        bar=bar,
        step=step,
        notes=notes,
    )


def _path_note(options: Options) -> tuple[str, str, str]:
    return (
        "path in a bar",
        f"{options.ticks} ticks",
        f"open, {options.order.value} extreme, other extreme, close, invented between (seed"
        f" {options.seed})",
    )
