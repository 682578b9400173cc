"""What a run leaves behind: the events that tell the story, and a few samples on the way.

Price acceptances, level changes below liquidation and the opening of the books are counted and
dropped. What a liquidation did to money is kept, unchanged, in the order in which it happened; its
orders, expiries and margin calls only for a sample of accounts, from which a story is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from solvent.engine import EVENT, EventKind
from solvent.market.bars import Ints

Table = npt.NDArray[np.void]

KEPT = (
    EventKind.LIQUIDATION_STARTED,
    EventKind.ORDER_FILLED,
    EventKind.INSURANCE_DRAWN,
    EventKind.FUND_REFUSED,
    EventKind.ADL_REQUESTED,
    EventKind.DELEVERAGED,
    EventKind.LOSS_SOCIALISED,
    EventKind.DEFICIT_UNALLOCATED,
    EventKind.LIQUIDATION_ENDED,
    EventKind.SURPLUS_TO_FUND,
    EventKind.SWEPT_TO_PARENT,
)
SAMPLED = (
    EventKind.MARGIN_CALLED,
    EventKind.ORDERS_CANCELLED,
    EventKind.LIQUIDATION_ORDERED,
    EventKind.ORDER_EXPIRED,
)
_KINDS = 64
_DROP, _KEEP, _SAMPLE = 0, 1, 2
_FATE = np.full(_KINDS, _DROP, dtype=np.int8)
_FATE[[int(kind) for kind in KEPT]] = _KEEP
_FATE[[int(kind) for kind in SAMPLED]] = _SAMPLE


@dataclass(frozen=True, slots=True)
class LevelSample:
    """Liquidation prices of all positions at one moment; parallel columns, price 0: none."""

    time_ns: int
    instrument: Ints
    lots: Ints
    price: Ints


@dataclass(slots=True)
class Record:
    """The growing record of one run. `sample[account]`: whether its orders are kept too."""

    sample: npt.NDArray[np.bool_]
    parts: list[Table] = field(default_factory=list)
    counts: Ints = field(default_factory=lambda: np.zeros(_KINDS, dtype=np.int64))
    fund_times: list[int] = field(default_factory=list)
    fund: list[int] = field(default_factory=list)
    levels: list[LevelSample] = field(default_factory=list)
    permanent: list[list[float]] = field(default_factory=list)  # per tick, feedback only
    ticks: int = 0
    stops: int = 0
    commands: int = 0

    def take(self, events: Table) -> None:
        """Count every event; keep those of `KEPT`, and those of `SAMPLED` of sampled accounts."""
        if not len(events):
            return
        kinds = events["kind"]
        self.counts += np.bincount(kinds, minlength=_KINDS)
        fate = _FATE[kinds]
        keep = fate == _KEEP
        asked = np.flatnonzero(fate == _SAMPLE)
        keep[asked] = self.sample[events["account"][asked]]
        if keep.any():
            self.parts.append(events[keep])

    def note_fund(self, time_ns: int, balance: int) -> None:
        """Remember the fund's balance when it has changed."""
        if not self.fund or self.fund[-1] != balance:
            self.fund_times.append(time_ns)
            self.fund.append(balance)

    def events(self) -> Table:
        """All kept events, in order."""
        if not self.parts:
            return np.empty(0, dtype=EVENT)
        if len(self.parts) > 1:
            self.parts = [np.concatenate(self.parts)]
        return self.parts[0]

    def close(self) -> None:
        """Join what was kept: the record of a finished run is sent between processes whole."""
        self.events()

    def count(self, kind: EventKind) -> int:
        """How many events of a kind there were, kept or not."""
        return int(self.counts[int(kind)])
