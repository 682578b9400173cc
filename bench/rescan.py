"""The re-scan a careful user writes with NumPy: every position again on every tick, vectorised.

It knows less than the engine (linear contracts, one asset, continuous tiers, no funding), which is
to its advantage. Levels are looked for from the top and only among the accounts below the level
before, as the compiled scan does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.worlds import Ints, World
from solvent.ledger.tables import Header
from solvent.margin import requirements as layout


class Rescan:
    """The positions of a world as columns sorted by account."""

    def __init__(self, world: World) -> None:
        tables = world.engine.tables
        slots = tables.positions[: int(tables.header[Header.POSITIONS])]
        customer = (slots["account"] >= world.first) & (slots["lots"] != 0)
        slots = slots[customer]
        slots = slots[np.argsort(slots["account"], kind="stable")]
        self.instrument = slots["instrument"].astype(np.int64)
        self.cost = slots["cost"].copy()
        self.lots = slots["lots"].copy()
        self.size = slots["lots"] * tables.instruments["k"][self.instrument]
        owner = slots["account"] - world.first
        self.owner = owner
        self.starts = np.searchsorted(owner, np.arange(world.accounts))
        self.holds = np.bincount(owner, minlength=world.accounts) > 0
        self.wallet = tables.accounts["wallet"][world.first : world.first + world.accounts].copy()
        self.tiers = [_tiers(tables, level, len(world.start)) for level in range(4)]

    def need(self, level: int, notional: Ints, instrument: Ints) -> Ints:
        """Requirement of positions at a level, exact."""
        scale, bounds, rates, whole, part = self.tiers[level]
        tier = np.zeros(len(notional), np.int64)
        for place in range(bounds.shape[1] - 1):
            tier += notional > bounds[instrument, place]
        rate = rates[instrument, tier]
        over = scale[instrument]
        units = notional // over
        rest = (notional - units * over) * rate - part[instrument, tier]
        return units * rate - (-rest // over) - whole[instrument, tier]

    def levels(self, marks: Ints) -> NDArray[np.int64]:
        """Level of every account at the marks."""
        value = self.size * marks[self.instrument]
        notional = np.abs(value)
        profit = value - self.cost
        found = np.zeros(len(self.wallet), np.int64)
        gain = profit - self.need(0, notional, self.instrument)
        total = self.wallet + self._sum(gain)
        below = np.flatnonzero(total < 0)
        for level in range(1, 6):
            found[below] = level
            if level == 5 or not len(below):
                break
            inside = np.isin(self.owner, below)
            gain = profit[inside]
            if level < 4:
                gain = gain - self.need(level, notional[inside], self.instrument[inside])
            total = self.wallet.copy()
            np.add.at(total, self.owner[inside], gain)
            below = below[total[below] < 0]
        return found

    def _sum(self, gain: Ints) -> Ints:
        """Sum per account; `reduceat` gives the next account's first term where there is none."""
        places = np.minimum(self.starts, len(gain) - 1)
        return np.where(self.holds, np.add.reduceat(gain, places), 0)


def _tiers(tables: object, level: int, count: int) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    flat, of = tables.schedules, tables.schedule_of  # type: ignore[attr-defined]
    first = int(of[0, level])
    number = int(flat[first + layout.COUNT])
    scale = np.array([flat[of[i, level] + layout.SCALE] for i in range(count)])
    rows = np.zeros((count, number, layout.TIER_WIDTH), np.int64)
    for i in range(count):
        at = int(of[i, level]) + layout.TIER
        rows[i] = flat[at : at + number * layout.TIER_WIDTH].reshape(number, layout.TIER_WIDTH)
    return scale, rows[:, :, 0], rows[:, :, 1], rows[:, :, 2], rows[:, :, 3]
