"""Which form of watching a schedule allows, decided when it is loaded (docs/semantics.md, 5).

The trigger index needs a bound that is one-sided in the position's own price: rate + fee below 100
% and tiers that are continuous and convex. Jumps add the edges of the current tier as triggers.
What has neither is evaluated on every snapshot that touches it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from solvent.margin import requirements as layout


class WatchingForm(IntEnum):
    """How the accounts under a schedule are watched."""

    ONE_SIDED = 0
    EDGES = 1
    EVERY_SNAPSHOT = 2


def highest_rate(table: Sequence[int]) -> int:
    """The largest rate + fee over SCALE the schedule can apply to a notional at mark."""
    if table[layout.BASIS] == layout.ENTRY:
        return table[layout.FEE]
    if table[layout.SHAPE] != layout.TIERS:
        return table[layout.P3] * table[layout.P5] + table[layout.FEE]
    rates = [
        table[layout.TIER + i * layout.TIER_WIDTH + layout.RATE] for i in range(table[layout.COUNT])
    ]
    return max(rates) + table[layout.FEE]


def watching_form(table: Sequence[int]) -> WatchingForm:
    """The cheapest form that is exact for this schedule.

    >>> watching_form((0, 0, 1000, 0, 2, 1, 0, 0, 0, 0, 0, 0, 100, 5, 0, 0, 10**15, 10, 0, 0)).name
    'EDGES'
    """
    if highest_rate(table) >= table[layout.SCALE]:
        return WatchingForm.EVERY_SNAPSHOT
    if table[layout.JUMPS] and table[layout.BASIS] == layout.MARK:
        return WatchingForm.EDGES
    return WatchingForm.ONE_SIDED
