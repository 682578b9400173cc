"""Bars: what a market published about an interval, as integers of one instrument's scale.

A bar holds last trades, not marks. Prices are whole ticks and volumes whole lots; nothing here is
rounded from a float (`solvent.feeds` parses decimal text). The type knows nothing of accounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NS_PER_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Consecutive bars of one instrument, without gaps, ascending in time.

    `times_ns` are opening times (nanoseconds since 1970, UTC), `bar_ns` the length of each bar.
    `open`, `high`, `low`, `close` are ticks of `tick` quote units, `volume` and `taker_buy` lots of
    `lot` base units (`taker_buy` is None where the file does not say who was the taker).
    """

    symbol: str
    source: str
    tick: Fraction
    lot: Fraction
    bar_ns: int
    times_ns: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    taker_buy: Ints | None = None

    def __len__(self) -> int:
        return len(self.times_ns)

    @property
    def end_ns(self) -> int:
        """When the last bar closes."""
        return int(self.times_ns[-1]) + self.bar_ns

    def quote(self, ticks: npt.ArrayLike) -> Floats:
        """Ticks in quote units, as floats: for charts and estimates, never for accounts."""
        return np.asarray(ticks, dtype=np.float64) * float(self.tick)

    def base(self, lots: npt.ArrayLike) -> Floats:
        """Lots in base units, as floats."""
        return np.asarray(lots, dtype=np.float64) * float(self.lot)

    def between(self, start_ns: int, end_ns: int) -> Bars:
        """The bars that open at or after `start_ns` and close at or before `end_ns`.

        Raises `ValueError` when there is none.
        """
        keep = (self.times_ns >= start_ns) & (self.times_ns + self.bar_ns <= end_ns)
        if not keep.any():
            raise ValueError(f"{self.symbol}: no bar lies between {start_ns} and {end_ns} ns")
        return Bars(
            symbol=self.symbol,
            source=self.source,
            tick=self.tick,
            lot=self.lot,
            bar_ns=self.bar_ns,
            times_ns=self.times_ns[keep],
            open=self.open[keep],
            high=self.high[keep],
            low=self.low[keep],
            close=self.close[keep],
            volume=self.volume[keep],
            taker_buy=None if self.taker_buy is None else self.taker_buy[keep],
        )

    def net_taker(self) -> Floats:
        """Taker buys less taker sells per bar, base units; zeros where the file does not say."""
        if self.taker_buy is None:
            return np.zeros(len(self), dtype=np.float64)
        return self.base(2 * self.taker_buy - self.volume)
