"""Commands: the facts and requests the engine accepts, as rows of one table.

A *data-plane frame* is a NumPy array of `COMMAND` rows. Every field is int64; what a row's free
fields mean depends on its `kind` and is
listed in `CommandKind`. Fill the columns of a whole array for bulk work, or use `Frame` to write
rows one by one.

Signs and units: `lots` are signed where a side is meant, prices are ticks, money is in the asset's
smallest unit, rates carry their scale in
the description. `NONE` (-1) stands for "no account / instrument".
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solvent.ledger.tables import NONE

COMMAND = np.dtype(
    [
        ("kind", np.int64),
        ("time", np.int64),
        ("account", np.int64),
        ("other", np.int64),
        ("instrument", np.int64),
        ("leg", np.int64),
        ("a", np.int64),
        ("b", np.int64),
        ("c", np.int64),
        ("d", np.int64),
        ("id", np.int64),
    ]
)


class CommandKind(IntEnum):
    """What a row says. Fields not named are ignored (and should be 0 or NONE)."""

    PRICE = 1  # instrument, a = price in ticks, b = 1 on the last row of a snapshot
    # a = asset, other = parent account or NONE (isolated child), b = MarginModel; ids go in order
    OPEN_ACCOUNT = 2
    DEPOSIT = 3  # account, a = amount (> 0); the FUND account of an asset may be funded this way
    WITHDRAW = 4  # account, a = amount
    TRANSFER = 5  # account -> other, a = amount (same asset, parent and child only)
    DEPOSIT_COLLATERAL = 6  # account, instrument (spot), a = lots
    WITHDRAW_COLLATERAL = 7  # account, instrument (spot), a = lots
    # account, other, instrument, leg, a = signed lots of account, b = price, c = fee of account,
    FILL = 8
    #           d = leg of other; id = 1: refuse if account would be below initial margin
    # account, instrument, leg, a = resting buy lots, b = resting sell lots (totals, not changes)
    RESERVE = 9
    LEVERAGE = 10  # account, instrument, leg, a = leverage (1..1000; 0 = the schedule alone)
    FUNDING = 11  # instrument, a = signed rate over 1e8 (positive: longs pay), at the current mark
    SETTLE = 12  # instrument, a = final settlement price
    TIMER = 13  # time only: deadlines are looked at
    # account, instrument, leg, id = order id, a = lots (> 0), b = price, c = fill number (rising
    # per order)
    ORDER_FILL = 14
    ORDER_CLOSED = 15  # account, instrument, leg, id = order id: the market is done with it
    FUND_ANSWER = 16  # account, a = granted amount (0: refused)
    ADL_ANSWER = (
        17  # account, other = counterparty, instrument, leg, d = leg of other, a = lots (> 0)
    )
    ADL_DONE = 18  # account: no (more) counterparties; what is left goes to the market
    SOCIALISE = 19  # account, instrument, a = amount (instrument NONE: nobody to share it with)
    # instrument, id 0: a = mark the array was computed at, b = reach in ticks, c = charge per short
    # lot; id n (1, 2, ..): profit of +1 lot in scenario n, a = rounded down, b = rounded up;
    # instrument NONE: all rows are there, a = scenarios, b = instruments
    RISK_ARRAY = 20


class RiskRow(NamedTuple):
    """Risk array of one instrument: the mark it was computed at, how far the mark may go (ticks),
    profit of +1 lot per scenario rounded down and up, charge per short lot (money units).
    """

    instrument: int
    mark: int
    reach: int
    lower: Sequence[int]
    upper: Sequence[int]
    charge: int = 0


class Frame:
    """Rows collected one by one, in order; `array()` gives the table the engine takes.

    >>> frame = Frame()
    >>> frame.add(CommandKind.PRICE, instrument=0, a=500_000, b=1, time=1)
    >>> frame.array()["a"].tolist()
    [500000]
    """

    def __init__(self) -> None:
        self._rows: list[tuple[int, ...]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(
        self,
        kind: CommandKind,
        *,
        time: int = 0,
        account: int = NONE,
        other: int = NONE,
        instrument: int = NONE,
        leg: int = 0,
        a: int = 0,
        b: int = 0,
        c: int = 0,
        d: int = 0,
        id: int = 0,
    ) -> None:
        """Append one row; field meanings per kind in `CommandKind`."""
        self._rows.append((int(kind), time, account, other, instrument, leg, a, b, c, d, id))

    def add_risk_arrays(self, arrays: Sequence[RiskRow], *, time: int) -> None:
        """Append a whole publication: a heading and a row per scenario for each, and its end.

        >>> frame = Frame()
        >>> frame.add_risk_arrays([RiskRow(0, 500_000, 75_000, (-9, 4), (-8, 4))], time=1)
        >>> frame.array()["id"].tolist(), frame.array()["a"].tolist()
        ([0, 1, 2, 0], [500000, -9, 4, 2])
        """
        kind, scenarios = CommandKind.RISK_ARRAY, 0
        for one in arrays:
            i, scenarios = one.instrument, len(one.lower)
            self.add(kind, time=time, instrument=i, a=one.mark, b=one.reach, c=one.charge)
            for n, (lower, upper) in enumerate(zip(one.lower, one.upper, strict=True), 1):
                self.add(kind, time=time, instrument=i, id=n, a=lower, b=upper)
        self.add(kind, time=time, a=scenarios, b=len(arrays))

    def array(self) -> NDArray[np.void]:
        """The rows as a `COMMAND` table (a copy; contiguous)."""
        return np.array(self._rows, dtype=COMMAND)
