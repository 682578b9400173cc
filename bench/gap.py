"""One liquidation in a gap: the largest instrument falls 10 % in one tick among a million accounts.

Counted: finding the accounts, emitting, planning, forced orders, their fills at the gap price, the
fund's payments, until nothing is pending. Not counted: a market's own work (fills are made from
columns; reported as "the rest").
"""

from __future__ import annotations

from bench.desk import Settled, settle
from bench.rows import Row, clock, span
from bench.worlds import World, build, marks_of, rows_of, stamped, walk
from solvent.engine import CommandKind, EventKind

ACCOUNTS = 1_000_000
GOAL = 10e-6


def run(accounts: int = ACCOUNTS) -> list[Row]:
    """One row: wall time over liquidations begun."""
    world = build(accounts)
    _small_gap(world.copy())
    done, whole = fall(world, 0.10)
    begun = done.count(EventKind.LIQUIDATION_STARTED)
    each = whole / max(begun, 1)
    parts = {name: round(taken, 3) for name, taken in done.seconds.items()}
    parts["rest"] = round(whole - sum(done.seconds.values()), 3)
    if not world.engine.audit().ok:
        raise RuntimeError("the audit fails after the gap")
    return [
        Row(
            name="gap",
            what=f"one liquidation, fills and fund included, in a 10 % gap, {accounts:,} accounts "
            f"({begun:,} liquidations in {span(whole)})",
            goal="<= 10 us",
            measured=span(each),
            met=each <= GOAL,
            figures={
                "seconds": parts,
                "liquidations": begun,
                "fills": done.count(EventKind.ORDER_FILLED),
                "fund_draws": done.count(EventKind.INSURANCE_DRAWN),
                "deleveraged": done.count(EventKind.DELEVERAGED),
                "level_changes": done.count(EventKind.LEVEL_CHANGED),
                "rounds": done.rounds,
            },
        )
    ]


def fall(world: World, share: float, instrument: int = 0) -> tuple[Settled, float]:
    """One tick down by `share`, and everything that follows."""
    mark = int(marks_of(world)[instrument])
    price = int(mark * (1 - share))
    row = stamped(world, rows_of(CommandKind.PRICE, 1, instrument=instrument, a=price, b=1))
    done = Settled()
    start = clock()
    events = world.engine.apply(row).events
    done.seconds["price"] = clock() - start
    settle(world, events, world.clock, done)
    return done, clock() - start


def _small_gap(world: World) -> None:
    """Load every kernel and grow the tables once."""
    world.apply(stamped(world, walk(marks_of(world), 100)))
    fall(world, 0.02)
