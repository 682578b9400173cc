"""INDEX-1: the accounts the trigger index finds are those that a full scan finds, on every tick.

Random markets with flat and continuous tiers, entry-based rates, size premiums, inverse and dated
contracts, hedged legs, collateral, coin accounts and a second settlement asset; buffers seeded at a
few units around zero; prices that walk, jump by 5 % and land on tier edges; funding of both signs,
deposits, withdrawals and fills with side flips. In half of the markets nobody answers the forced
orders, so that accounts keep crossing all five levels in both directions. The oracle is the
engine's
own compiled full scan, which test_differential proves against the naive reference.
"""

from __future__ import annotations

import os
from collections import Counter
from random import Random

import numpy as np
import pytest
from tests.worlds import BTC, UNIT, USD, World, to_engine, to_rows

from solvent.engine.commands import COMMAND
from solvent.engine.commands import CommandKind as C
from solvent.engine.events import EventKind as E
from solvent.engine.queries import scan_levels

TICKS = int(os.environ.get("SOLVENT_WATCH_TICKS", "105000"))
SOAK_TICKS = int(os.environ.get("SOLVENT_SOAK_TICKS", "10000000"))
SHARDS = 6
TICKS_PER_MARKET = 2_500
FEATURES = (
    "flat",
    "slope",
    "sqrt",
    "entry",
    "inverse",
    "dated",
    "collateral",
    "two",
    "coin",
    "cap",
)


class Crowd:
    """A market with a few hundred accounts on the engine alone, and one random command at a time."""

    def __init__(self, seed: int, people: int = 160) -> None:
        self.rng = rng = Random(seed)
        features = {name for name in FEATURES if rng.random() < 0.4}
        self.world = World(seed, features, people=0)
        self.engine = to_engine(self.world)
        self.answered = rng.random() < 0.5
        self.time = 0
        self.levels = np.zeros(2 * people + 64, np.int64)
        self.seen: Counter[str] = Counter()
        self.marks = [c.price for c in self.world.contracts]
        self.put([row for row in self.world.queue if row["kind"] != C.DEPOSIT])
        self.lots: dict[tuple[int, int, int], int] = {}
        self.owners: list[tuple[int, int]] = []
        self.populate(people)

    def put(self, rows: list[dict[str, int]]) -> list[tuple[int, ...]]:
        for row in rows:
            row["time"] = self.time
        found = self.engine.apply(to_rows(rows)).events.tolist()
        for event in found:
            self.seen[E(event[2]).name] += 1
            if event[2] == E.LEVEL_CHANGED:
                self.seen[f"LEVEL {event[7]}>{event[8]}"] += 1
        return found

    def row(self, kind: C, **fields: int) -> dict[str, int]:
        return self.world.row(kind, **fields)

    def populate(self, people: int) -> None:
        """Open everybody, let them trade with MARKET, then take out money down to a thin buffer."""
        rng = self.rng
        for person in range(people):
            asset = BTC if "coin" in self.world.features and person % 4 == 3 else USD
            opened = self.put([self.row(C.OPEN_ACCOUNT, a=asset)])[0]
            number = opened[3]
            self.owners.append((number, asset))
            money = 10**7 * UNIT[asset]
            self.put([self.row(C.DEPOSIT, account=number, a=money)])
            if self.world.spots and asset == USD and rng.random() < 0.5:
                i = rng.choice(self.world.spots)
                lots = self.world.lots_worth(i, rng.choice((500, 9_000, 80_000)) * UNIT[USD])
                self.put([self.row(C.DEPOSIT_COLLATERAL, account=number, instrument=i, a=lots)])
            for _ in range(rng.choice((1, 1, 1, 2, 3))):
                self.trade(number, asset)
            self.thin(number, asset)

    def thin(self, number: int, asset: int) -> None:
        """Leave a buffer at some level of a few units, or of a few per mille."""
        rng = self.rng
        level = rng.choice((1, 2, 3, 4, 5))
        spare = self.engine.buffer(number, level - 1)
        keep = rng.choice((0, 1, 2, 5, -1, 10**3))
        if rng.random() < 0.7:
            keep = rng.randint(1, 3_000) * UNIT[asset] // (50_000 if asset == BTC else 1)
        # A fee takes what a withdrawal may not.
        i, leg = self.place(number, asset)
        market = self.world.reference.system[self.world.contracts[i].settle]["MARKET"]
        mark = self.marks[i]
        fee = max(0, spare - keep)
        self.put(
            [
                self.row(
                    C.FILL, account=number, other=market, instrument=i, leg=leg, a=1, b=mark, c=fee
                )
            ]
        )

    def place(self, number: int, asset: int) -> tuple[int, int]:
        two = "two" in self.world.features
        choices = [
            i
            for i in self.world.derivatives
            if self.world.contracts[i].settle == asset or (two and asset == USD)
        ]
        return self.rng.choice(choices), 0

    def trade(self, number: int, asset: int) -> None:
        rng = self.rng
        i, leg = self.place(number, asset)
        if rng.random() < 0.25:
            leg = rng.choice((1, 2))
        contract = self.world.contracts[i]
        worth = rng.choice((500, 5_000, 50_000, 180_000)) * UNIT[contract.settle]
        lots = self.world.lots_worth(i, worth // (50_000 if contract.settle == BTC else 1))
        side = (0, 1, -1)[leg] or rng.choice((1, -1))
        market = self.world.reference.system[contract.settle]["MARKET"]
        price = max(1, self.marks[i] + self.marks[i] * rng.randint(-20, 20) // 1000)
        self.put(
            [
                self.row(
                    C.FILL,
                    account=number,
                    other=market,
                    instrument=i,
                    leg=leg,
                    a=side * lots,
                    b=price,
                )
            ]
        )

    # ---------------------------------------------------------------------------------- a tick

    def tick(self) -> None:
        rng, draw = self.rng, self.rng.random()
        self.time += 1
        number, asset = rng.choice(self.owners)
        if draw < 0.85:
            events = self.prices()
        elif draw < 0.91:
            i = rng.choice(self.world.derivatives)
            rate = rng.choice((1, -1)) * rng.choice((1, 3_000, 100_000, 1_000_000))
            events = self.put([self.row(C.FUNDING, instrument=i, a=rate)])
        elif draw < 0.94:
            short = max(
                1, -self.engine.buffer(number, rng.choice((0, 2, 4))) + rng.choice((-1, 0, 1))
            )
            amount = rng.choice((1, 10**6, short))
            events = self.put([self.row(C.DEPOSIT, account=number, a=amount)])
        elif draw < 0.955:
            amount = max(1, self.engine.buffer(number, 0) // 2)
            events = self.put([self.row(C.WITHDRAW, account=number, a=amount)])
        else:
            before = sum(self.seen.values())
            self.trade(number, asset)
            events = []
            assert sum(self.seen.values()) > before
        if self.answered:
            self.answer(events)

    def prices(self) -> list[tuple[int, ...]]:
        rng, count = self.rng, len(self.world.contracts)
        moved = rng.sample(range(count), rng.choice((1, 1, 1, min(2, count), count)))
        rows = []
        for n, i in enumerate(moved):
            draw, mark, start = rng.random(), self.marks[i], self.world.contracts[i].price
            if draw < 0.01:
                mark += mark * rng.choice((-50, 50)) // 1000
            elif draw < 0.10:
                mark = self.edge(i)
            else:
                mark += rng.randint(-mark // 400 - 1, mark // 400 + 1)
            if mark < start // 2 or mark > start * 2:
                mark = start
            self.marks[i] = mark
            rows.append(self.row(C.PRICE, instrument=i, a=mark, b=int(n == len(moved) - 1)))
        return self.put(rows)

    def edge(self, i: int) -> int:
        """A price that puts somebody on the edge of a tier."""
        rng, s = self.rng, self.engine.tables
        tiers = self.world.margins[i].maintenance.tiers[:-1]
        terms = self.world.reference.instruments[i]
        for _ in range(20):
            slot = s.positions[rng.randrange(len(s.positions))]
            lots = abs(int(slot["lots"]))
            if lots and int(slot["instrument"]) == i:
                break
        else:
            return self.marks[i]
        if not tiers:
            return self.marks[i]
        bound = rng.choice(tiers)[0]
        edge = (
            lots * terms.k // bound
            if terms.kind == "inverse"
            else bound * terms.k_den // (lots * terms.k)
        )
        edge = max(1, edge + rng.choice((-1, 0, 1, 1, 30, -30)))
        # Near edges only: a price that jumps across the market tells nothing about one trigger.
        return edge if abs(edge - self.marks[i]) * 20 < self.marks[i] else self.marks[i]

    def answer(self, events: list[tuple[int, ...]]) -> None:
        """The market fills what was ordered, near the mark; the venue answers the rest."""
        for _ in range(8):
            rows = [
                self.row(C.ORDER_FILL, account=e[3], instrument=e[5], leg=e[6], id=e[10], a=abs(e[7]),
                         b=max(1, e[8] - (1 if e[7] < 0 else -1) * e[8] // 500), c=1)
                for e in events
                if e[2] == E.LIQUIDATION_ORDERED
            ]  # fmt: skip
            events = self.put(rows) if rows else []
            pending = self.engine.answers(self.time)
            if len(pending):
                events += self.put(
                    [
                        dict(zip(COMMAND.names, map(int, line), strict=True))
                        for line in pending.tolist()
                    ]
                )
            if not events:
                return

    def wrong(self) -> int:
        return int(scan_levels(self.engine.tables, self.levels))


def watch(seed: int, ticks: int) -> Counter[str]:
    crowd = Crowd(seed)
    assert crowd.wrong() == 0
    for n in range(ticks):
        crowd.tick()
        wrong = crowd.wrong()
        assert wrong == 0, f"seed {seed}, tick {n}: {wrong} accounts at a wrong level"
    audit = crowd.engine.audit()
    assert audit.ok, audit.failures
    return crowd.seen


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_index_equals_full_scan_on_every_tick(shard: int) -> None:
    markets = TICKS // TICKS_PER_MARKET
    seen: Counter[str] = Counter()
    for seed in range(shard, markets, SHARDS):
        seen += watch(seed, TICKS_PER_MARKET)
    for before in range(6):
        assert any(seen[f"LEVEL {before}>{after}"] for after in range(6)), (before, seen)


def test_batched_ticks_miss_no_crossing() -> None:
    """The same ticks in one frame and one by one: the same level changes."""
    for seed in (1, 2, 3):
        rows: list[dict[str, int]] = []
        one = Crowd(seed)
        one.answered = False
        put = one.put

        def record(batch, put=put, rows=rows):
            found = put(batch)
            rows.extend(dict(row) for row in batch)
            return found

        one.put = record
        start = Crowd(seed)
        for _ in range(400):
            one.tick()
        start.engine.apply(to_rows(rows))
        assert start.engine.digest() == one.engine.digest()
        assert start.wrong() == 0


@pytest.mark.soak
def test_index_equals_full_scan_over_ten_million_ticks(capsys: pytest.CaptureFixture[str]) -> None:
    done, seed = 0, 1_000
    seen: Counter[str] = Counter()
    while done < SOAK_TICKS:
        seen += watch(seed, 20_000)
        done, seed = done + 20_000, seed + 1
    with capsys.disabled():
        print(f"\n{done:,} ticks, no difference; events:")
        for name, count in sorted(seen.items()):
            print(f"  {name} {count:,}")
