"""Beside the nearest peer: `LiquidationEngine` of lrvx 0.11, in an environment of its own.

100,000 isolated positions on one instrument, the same for both, one flat rate, every position that
falls below it closed in full at the mark. Both must close the same number in the gap.

What lrvx computes: one maintenance level in floating point, by a scan of all positions per mark;
flat tiers; a full close at the mark less slippage, with the fund paying deficits; ADL. What it does
not: warnings and calls, recovery, exact arithmetic, a stated order, a record per liquidation, fills
by someone else. Ours does these here too, and asks for the fills instead of assuming them.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from bench.desk import Settled, settle
from bench.peer_environment import environment
from bench.rows import Row, clock, seconds, skipped, span, three_digits
from bench.worlds import NEVER, UNIT, Ints, World, rows_of, snapshot, stamped
from solvent.contracts import Listing
from solvent.engine import CommandKind, Engine, EventKind
from solvent.ledger.tables import Header
from solvent.liquidation import Policy
from solvent.margin import Margin, tiered

PACKAGE = "lrvx==0.11.0"
PLACE = Path("build") / "bench" / "lrvx"
WORKER = Path(__file__).with_name("lrvx_worker.py")
COUNT = 100_000
TICKS = 300
OUR_TICKS = 100_000
REPEATS = 3
RATE = 0.005
START, TICK, LOT = 500_000, 0.1, 0.001


def run(count: int = COUNT) -> list[Row]:
    """Rows: a tick in a batch, and the gap."""
    what = f"{count:,} isolated positions beside lrvx 0.11"
    python, reason = environment(PLACE, PACKAGE, "lrvx")
    if python is None:
        return [
            skipped("peer_lrvx.tick", f"{what}: a tick", ">= 1,000x", reason),
            skipped("peer_lrvx.gap", f"{what}: a 10 % gap", ">= 10x", reason),
        ]
    lots, cash = positions(count)
    theirs = _theirs(python, lots, cash)
    ticks, gaps, done = [], [], Settled()
    for _ in range(REPEATS):
        world = world_of(lots, cash)
        rows = rows_of(CommandKind.PRICE, OUR_TICKS, instrument=0, a=path(OUR_TICKS), b=1)
        stamped(world, rows)
        ticks.append(seconds(lambda: world.apply(rows)) / OUR_TICKS)  # noqa: B023
        done = Settled()
        gaps.append(_gap(world, done))
    closed = done.count(EventKind.LIQUIDATION_ENDED)
    if closed != theirs["closed"]:
        raise RuntimeError(f"{closed} positions closed, lrvx closed {theirs['closed']}")
    tick, gap = statistics.median(ticks), statistics.median(gaps)
    their_tick, their_gap = (statistics.median(theirs[name]) for name in ("batched", "gap"))
    parts = {name: round(taken, 4) for name, taken in done.seconds.items()}
    return [
        Row(
            name="peer_lrvx.tick",
            what=f"{what}: a tick, batched ({span(tick)} against {span(their_tick)})",
            goal=">= 1,000x",
            measured=f"{three_digits(their_tick / tick)}x",
            met=their_tick >= 1_000 * tick,
            figures={"ours": ticks, "theirs": theirs["batched"], "theirs_single": theirs["single"]},
        ),
        Row(
            name="peer_lrvx.gap",
            what=f"{what}: a 10 % gap that closes {100 * closed / count:.0f} % "
            f"({span(gap)} against {span(their_gap)})",
            goal=">= 10x",
            measured=f"{three_digits(their_gap / gap)}x",
            met=their_gap >= 10 * gap,
            figures={"ours": gaps, "theirs": theirs["gap"], "closed": closed, "our_parts": parts},
        ),
    ]


def positions(count: int) -> tuple[Ints, Ints]:
    """Signed lots and cash: leverage lognormal (median 6, sigma 0.7), all healthy at the start."""
    rng = np.random.default_rng(11)
    worth = np.minimum(rng.lognormal(np.log(5_000), 1.5, count), 30e6)
    lots = np.maximum(worth / (START * TICK * LOT), 1).astype(np.int64)
    notional = lots * START * 100
    leverage = np.minimum(rng.lognormal(np.log(6), 0.7, count), 60)
    cash = np.maximum(notional / leverage, 2 * RATE * notional).astype(np.int64)
    return np.where(np.arange(count) % 2 == 0, lots, -lots), cash


def path(ticks: int) -> Ints:
    """Marks within 0.05 % of the start: nobody is liquidated before the gap."""
    rng = np.random.default_rng(13)
    steps = np.cumsum(rng.integers(-8, 9, ticks))
    return START + np.abs((steps + 250) % 1000 - 500) - 250


def world_of(lots: Ints, cash: Ints) -> World:
    """The same positions in an engine: one linear perpetual, one flat rate, full close."""
    engine = Engine(Policy(method="full", fee_ppm=0, order_deadline_ns=NEVER))
    asset = engine.add_asset("USD", 6)
    listing = Listing("BTCUSD", "linear", "BTC", "USD", "0.1", "0.001", price_max="1000000")
    engine.list_instrument(listing, Margin(tiered([(None, str(RATE))])))
    first = int(engine.tables.header[Header.ACCOUNTS])
    world = World(engine, len(lots), first, asset, np.array([START]))
    names = first + np.arange(len(lots))
    world.apply(snapshot(world.start, 1))
    for kind, columns in (
        (CommandKind.OPEN_ACCOUNT, {"a": asset}),
        (CommandKind.DEPOSIT, {"account": names, "a": cash}),
        (
            CommandKind.FILL,
            {
                "account": names,
                "other": engine.market_account(asset),
                "instrument": 0,
                "a": lots,
                "b": START,
            },
        ),
    ):
        world.apply(rows_of(kind, len(lots), time=1, **columns))
    fund = engine.fund_account(asset)
    world.apply(rows_of(CommandKind.DEPOSIT, 1, account=fund, a=10**10 * UNIT, time=1))
    return world


def _gap(world: World, done: Settled) -> float:
    row = stamped(world, rows_of(CommandKind.PRICE, 1, instrument=0, a=START * 9 // 10, b=1))
    start = clock()
    events = world.engine.apply(row).events
    done.seconds["price"] = clock() - start
    settle(world, events, world.clock, done)
    return clock() - start


def _theirs(python: str, lots: Ints, cash: Ints) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        held, marks = Path(folder) / "positions.npy", Path(folder) / "ticks.npy"
        np.save(held, np.column_stack((lots * LOT, np.full(len(lots), START * TICK), cash / UNIT)))
        np.save(marks, path(TICKS) * TICK)
        command = [python, str(WORKER), str(held), str(marks), str(START * TICK * 0.9)]
        said = subprocess.run(
            [*command, json.dumps([[0, RATE]])], capture_output=True, text=True, check=False
        )
    if said.returncode != 0:
        sys.stderr.write(said.stderr)
        raise RuntimeError("lrvx's side failed")
    answer: dict[str, Any] = json.loads(said.stdout)
    return answer
