"""The population every row is measured on, built through the engine's own commands.

Accounts hold 1 to 8 positions (50/20/12/8/4/3/2/1 %, mean 2.2) in 20 linear perpetuals chosen with
Zipf(1) weights; notionals are lognormal (median 5,000 USD, sigma 1.5, at most 30 M), leverage per
account lognormal (median 5, sigma 0.7, at most 60 and what twice the maintenance allows). Five
tiers per instrument, five watched levels. One instrument moves per tick, by 1.5 bp times a number
from 0.5 to 2, with a 1 % jump in one of 10,000 ticks.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solvent.contracts import Listing
from solvent.engine import COMMAND, CommandKind, Engine, EventKind
from solvent.ledger.tables import Header
from solvent.liquidation import Policy
from solvent.margin import Margin, tiered

Ints = NDArray[np.int64]
Table = NDArray[np.void]

NONE = -1
UNIT = 1_000_000
ROWS_MAX = 1 << 18
SHAPES = (  # USD, tick, lot, largest price
    ("50000", "0.1", "0.001", "1000000"),
    ("2500", "0.01", "0.001", "50000"),
    ("150", "0.01", "0.01", "3000"),
    ("0.5", "0.0001", "1", "10"),
)
RATES = ("0.005", "0.01", "0.025", "0.05", "0.1")
BOUNDS = (50_000, 250_000, 1_000_000, 10_000_000)
POSITIONS = (0.50, 0.20, 0.12, 0.08, 0.04, 0.03, 0.02, 0.01)
NEVER = 1 << 59
"""A deadline of forced orders that no run reaches: what waits for nobody is not planned again."""


@dataclass
class World:
    """An engine with its population. `start`: first marks; `k`: money units per tick and lot."""

    engine: Engine
    accounts: int
    first: int
    asset: int
    start: Ints
    clock: int = 1

    @property
    def evaluations(self) -> int:
        """Exact evaluations since the start."""
        return int(self.engine.tables.header[Header.EVALUATIONS])

    def copy(self) -> World:
        """The same state again, to be spent by a measurement."""
        return copy.deepcopy(self)

    def apply(self, rows: Table) -> Table:
        """Apply rows and return the events; a refusal is a mistake of the benchmark."""
        events = self.engine.apply(rows).events
        check_accepted(events)
        return events


def check_accepted(events: Table) -> None:
    """Raise when a command was refused: then the run would not measure what it says."""
    refused = events[events["kind"] == int(EventKind.REFUSED)]
    if len(refused):
        raise RuntimeError(f"{len(refused)} commands refused, the first: {refused[0]}")


def rows_of(kind: CommandKind, count: int, **columns: Any) -> Table:
    """`count` command rows of one kind; columns not named are 0, ids NONE."""
    rows = np.zeros(count, COMMAND)
    for name in ("account", "other", "instrument"):
        rows[name] = NONE
    rows["kind"] = int(kind)
    for name, column in columns.items():
        rows[name] = column
    return rows


def build(accounts: int, *, instruments: int = 20, single: bool = False, seed: int = 1) -> World:
    """A healthy population of `accounts`; `single`: one position each (isolated)."""
    rng = np.random.default_rng(seed)
    engine = Engine(Policy(order_deadline_ns=NEVER))
    asset = engine.add_asset("USD", 6)
    start = np.zeros(instruments, np.int64)
    for number in range(instruments):
        start[number] = _list(engine, number)
    first = int(engine.tables.header[Header.ACCOUNTS])
    world = World(engine, accounts, first, asset, start)
    world.apply(snapshot(start, 1))
    owner, instrument = _holdings(rng, accounts, instruments, single)
    lots, cash = _sizes(rng, engine, accounts, owner, instrument, start)
    names = first + np.arange(accounts)
    _feed(world, rows_of(CommandKind.OPEN_ACCOUNT, accounts, a=asset))
    _feed(world, rows_of(CommandKind.DEPOSIT, accounts, account=names, a=cash))
    fund = engine.fund_account(asset)
    world.apply(rows_of(CommandKind.DEPOSIT, 1, account=fund, a=10**9 * UNIT, time=1))
    fills = rows_of(
        CommandKind.FILL,
        len(owner),
        account=first + owner,
        other=engine.market_account(asset),
        instrument=instrument,
        a=lots,
        b=start[instrument],
    )
    _feed(world, fills)
    if engine.tables.accounts["level"][first : first + accounts].any():
        raise RuntimeError("the population must start healthy")
    return world


def _list(engine: Engine, number: int) -> int:
    price, tick, lot, most = SHAPES[number % len(SHAPES)]
    smaller = 1 + number // 2
    bounds = [str(bound // smaller // 1000 * 1000) for bound in BOUNDS]
    engine.list_instrument(
        Listing(f"COIN{number}", "linear", f"C{number}", "USD", tick, lot, price_max=most),
        Margin(tiered(list(zip([*bounds, None], RATES, strict=True)))),
    )
    return round(float(price) / float(tick))


def _holdings(
    rng: np.random.Generator, accounts: int, instruments: int, single: bool
) -> tuple[Ints, Ints]:
    """(account, instrument) of every position, sorted by account, no instrument twice in one."""
    most = 1 if single or instruments == 1 else min(len(POSITIONS), instruments)
    chance = np.array(POSITIONS[:most]) / sum(POSITIONS[:most])
    weight = np.log(1 / np.arange(1, instruments + 1))
    owners, held = [], []
    for at in range(0, accounts, 1 << 17):
        size = min(1 << 17, accounts - at)
        count = rng.choice(most, size, p=chance) + 1
        ranked = np.argsort(-(weight + rng.gumbel(size=(size, instruments))), axis=1)[:, :most]
        used = np.arange(most) < count[:, None]
        owners.append(at + np.repeat(np.arange(size), count))
        held.append(ranked[used])
    return np.concatenate(owners), np.concatenate(held).astype(np.int64)


def _sizes(
    rng: np.random.Generator,
    engine: Engine,
    accounts: int,
    owner: Ints,
    instrument: Ints,
    start: Ints,
) -> tuple[Ints, Ints]:
    """Signed lots of every position, and the cash of every account."""
    worth = np.minimum(rng.lognormal(np.log(5_000), 1.5, len(owner)), 30e6) * UNIT
    k = engine.tables.instruments["k"][instrument]
    size = np.maximum(worth / (k * start[instrument]), 1).astype(np.int64)
    notional = (size * k * start[instrument]).astype(float)
    need = np.zeros(len(owner))
    smaller = 1 + instrument // 2
    before = 0.0
    for place, rate in enumerate(RATES):
        lower = 0.0 if place == 0 else BOUNDS[place - 1] / smaller * UNIT
        need += np.maximum(notional - lower, 0) * (float(rate) - before)
        before = float(rate)
    whole = np.bincount(owner, notional, accounts)
    held = np.bincount(owner, need, accounts)
    leverage = np.minimum(rng.lognormal(np.log(5), 0.7, accounts), 60)
    cash = np.maximum(whole / leverage, 2 * held + 5 * UNIT).astype(np.int64)
    return np.where(rng.random(len(owner)) < 0.5, size, -size), cash


def _feed(world: World, rows: Table) -> None:
    rows["time"] = 1
    for at in range(0, len(rows), ROWS_MAX):
        world.apply(rows[at : at + ROWS_MAX])


def snapshot(marks: Ints, time: int) -> Table:
    """All prices at once."""
    rows = rows_of(CommandKind.PRICE, len(marks), time=time, instrument=np.arange(len(marks)))
    rows["a"] = marks
    rows["b"][-1] = 1
    return rows


def walk(
    marks: Ints, ticks: int, *, seed: int = 7, step: float = 1.5e-4, jump: float = 1e-4
) -> Table:
    """`ticks` snapshots of one instrument each: the random walk of the prices, as rows."""
    rng = np.random.default_rng(seed)
    moved = rng.integers(0, len(marks), ticks)
    change = rng.normal(size=ticks) * step * rng.uniform(0.5, 2, ticks)
    jumped = rng.random(ticks) < jump
    change[jumped] += rng.choice([-0.01, 0.01], int(jumped.sum()))
    rows = rows_of(CommandKind.PRICE, ticks, instrument=moved, b=1)
    for instrument in range(len(marks)):
        own = moved == instrument
        path = marks[instrument] * np.exp(np.cumsum(change[own]))
        rows["a"][own] = np.maximum(np.rint(path), 1)
    return rows


def stamped(world: World, rows: Table) -> Table:
    """The rows at times of their own, 100 ms apart."""
    rows["time"] = world.clock + 100_000_000 * np.arange(1, len(rows) + 1)
    world.clock = int(rows["time"][-1])
    return rows


def marks_of(world: World) -> Ints:
    """Marks of the listed instruments."""
    marks: Ints = world.engine.tables.instruments["mark"][: len(world.start)].copy()
    return marks
