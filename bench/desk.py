"""The market of the benchmarks: every forced order is filled at once, in full, at the mark.

The engine's own desk answers the fund and deleveraging. Rows are made from columns, so that what
is measured is the engine and not this file; its share is reported.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from bench.rows import clock
from bench.worlds import Table, World, check_accepted, rows_of
from solvent.engine import CommandKind, EventKind

ROUNDS_MAX = 1_000


class Settled:
    """Events counted by kind, and seconds by part: prices, fills, answers (the desk), answered."""

    def __init__(self) -> None:
        self.kinds: Counter[int] = Counter()
        self.seconds: Counter[str] = Counter()
        self.rounds = 0

    def count(self, kind: EventKind) -> int:
        """Events of a kind."""
        return self.kinds[int(kind)]


def settle(world: World, events: Table, now: int, done: Settled) -> None:
    """Fill orders and answer requests until nothing more happens at this moment."""
    for _ in range(ROUNDS_MAX):
        _note(done, events)
        rows = fills(world, events, now)
        part = "fills"
        if not len(rows):
            start = clock()
            rows = world.engine.answers(now)
            done.seconds["desk"] += clock() - start
            part = "answers"
        if not len(rows):
            return
        done.rounds += 1
        start = clock()
        events = world.engine.apply(rows).events
        done.seconds[part] += clock() - start
    raise RuntimeError("no end of answers")


def fills(world: World, events: Table, now: int) -> Table:
    """One full fill at the mark for each order among the events."""
    orders = events[events["kind"] == int(EventKind.LIQUIDATION_ORDERED)]
    marks = world.engine.tables.instruments["mark"]
    return rows_of(
        CommandKind.ORDER_FILL,
        len(orders),
        time=now,
        account=orders["account"],
        instrument=orders["instrument"],
        leg=orders["leg"],
        id=orders["d"],
        a=np.abs(orders["a"]),
        b=marks[orders["instrument"]],
        c=1,
    )


def _note(done: Settled, events: Table) -> None:
    check_accepted(events)
    kinds, counts = np.unique(events["kind"], return_counts=True)
    for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True):
        done.kinds[kind] += count
