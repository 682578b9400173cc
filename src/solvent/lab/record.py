"""What a run leaves behind: the events that tell the story, and a few samples on the way.

Price acceptances, level changes below liquidation and the opening of the books are counted or
dropped; everything a liquidation did is kept, unchanged, in the order in which it happened.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from solvent.engine import EVENT, EventKind
from solvent.market.bars import Ints

Table = npt.NDArray[np.void]

KEPT = (
    EventKind.MARGIN_CALLED,
    EventKind.LIQUIDATION_STARTED,
    EventKind.ORDERS_CANCELLED,
    EventKind.LIQUIDATION_ORDERED,
    EventKind.ORDER_FILLED,
    EventKind.ORDER_EXPIRED,
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
_KINDS = 64
_KEEP = np.zeros(_KINDS, dtype=np.bool_)
_KEEP[[int(kind) for kind in KEPT]] = True


@dataclass(frozen=True, slots=True)
class LevelSample:
    """Liquidation prices of all positions at one moment; parallel columns, price 0: none."""

    time_ns: int
    instrument: Ints
    lots: Ints
    price: Ints


@dataclass(slots=True)
class Record:
    """The growing record of one run."""

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
        """Count every event and keep those of `KEPT`."""
        if not len(events):
            return
        kinds = events["kind"]
        self.counts += np.bincount(kinds, minlength=_KINDS)
        keep = _KEEP[kinds]
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

    def count(self, kind: EventKind) -> int:
        """How many events of a kind there were, kept or not."""
        return int(self.counts[int(kind)])
