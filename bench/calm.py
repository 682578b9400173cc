"""The whole loop in calm: ticks to the engine, its orders filled, requests answered, to the next.

The engine stops at the first tick that orders something (`until_orders`), as a replay does. Calm is
a walk of 0.3 bp per tick times 0.5 to 2 without jumps: about 50 % a year at ten ticks a second.
"""

from __future__ import annotations

import statistics

from bench.desk import Settled, settle
from bench.rows import Row, clock, three_digits
from bench.worlds import Table, World, build, marks_of, stamped, walk
from solvent.engine import EventKind

ACCOUNTS = 1_000_000
TICKS = 100_000
REPEATS = 5
STEP = 0.3e-4
GOAL = 100_000


def run(accounts: int = ACCOUNTS, ticks: int = TICKS) -> list[Row]:
    """One row: ticks per second, median of the repeats."""
    world = build(accounts)
    rates, done = [], Settled()
    for repeat in range(REPEATS + 1):
        rows = stamped(world, walk(marks_of(world), ticks, seed=repeat, step=STEP, jump=0.0))
        if repeat == 1:  # the first round settles the freshly built index
            rates, done = [], Settled()
        rates.append(ticks / loop(world, rows, done))
    rate = statistics.median(rates)
    return [
        Row(
            name="calm",
            what=f"whole loop in calm, {accounts:,} accounts, ticks a second",
            goal=f">= {GOAL:,}",
            measured=three_digits(rate),
            met=rate >= GOAL,
            figures={
                "rates": [round(r) for r in rates],
                "ticks": ticks * REPEATS,
                "level_changes": done.count(EventKind.LEVEL_CHANGED),
                "liquidations": done.count(EventKind.LIQUIDATION_STARTED),
                "fills": done.count(EventKind.ORDER_FILLED),
            },
        )
    ]


def loop(world: World, rows: Table, done: Settled) -> float:
    """Seconds to bring all rows through the engine and its market."""
    start = clock()
    at = 0
    while at < len(rows):
        applied = world.engine.apply(rows, start=at, until_orders=True)
        at = applied.consumed
        settle(world, applied.events, int(rows["time"][at - 1]), done)
    return clock() - start
