"""Random worlds with accounts margined by scenarios: options beside their underlying, hedged books in
which closing a leg raises the requirement, publications whole, late, broken and missing.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from tests.reference import Account, Instrument
from tests.worlds import BTC, CONTRACTS, FEATURES, NONE, USD, Contract, World

from solvent.engine.commands import CommandKind as C
from solvent.engine.events import EventKind as E

OPTIONS = (
    Contract("BTC-CALL", "linear", BTC, USD, "0.5", "0.01", 4_000),
    Contract("BTC-PUT", "linear", BTC, USD, "0.5", "0.01", 3_000, dated=True),
)
LOTS_MAX = 100_000  # `worlds.product_listing`
QUIET_FEATURES = ("collateral", "hedged", "isolated", "cap", "interval", "change", "crash", "noise")


class ScenarioWorld(World):
    """A market of which about half of the people are margined by scenarios."""

    catalogue = (*CONTRACTS, *OPTIONS)

    def __init__(self, seed: int, features: set[str] | None = None, people: int = 7) -> None:
        self.chance = Random(seed * 7 + 1)  # apart: the draws of the plain worlds stay theirs
        if features is None:
            features = {name for name in FEATURES if self.chance.random() < 0.3}
            features |= {name for name in QUIET_FEATURES if self.chance.random() < 0.3}
            features |= {"inclusive"} if self.chance.random() < 0.06 else set()
        super().__init__(seed, features, people)

    def wanted(self, contract: Contract) -> bool:
        return contract in OPTIONS or super().wanted(contract)

    def terms(self, contract: Contract) -> Instrument:
        terms = contract.terms()
        return terms if terms.kind == "spot" else replace(terms, lots_max=LOTS_MAX)

    def model(self, asset: int) -> int:
        return int(self.chance.random() < 0.6)

    def beginning(self, people: int):
        yield from super().beginning(people)
        yield from self.rows_of(self.chance.randint(1, 6))

    def more_actions(self) -> dict[Any, float]:
        return {self.publish: 14, self.hedge: 12, self.borrow_nothing: 1}

    def in_scenarios(self) -> Account | None:
        people = self.reference.by_scenarios()
        return self.rng.choice(people) if people else None

    def count(self, row: dict[str, int]) -> None:
        super().count(row)
        for event in self.events:
            if not 0 <= event["account"] < len(self.reference.accounts):
                continue
            account = self.reference.accounts[event["account"]]
            if not account.scenarios:
                continue
            name = E(event["kind"]).name
            if name == "FILL_BOOKED" and row["id"] == 1:
                self.stages["CHECKED BY SCENARIOS"] += 1
            if name == "REFUSED":
                self.stages[f"BY SCENARIOS {event['refusal']}"] += 1
            if name in ("LIQUIDATION_STARTED", "DELEVERAGED"):
                self.stages[f"{name} BY SCENARIOS"] += 1
            if name == "LIQUIDATION_ORDERED":
                key = event["instrument"], event["leg"]
                if key not in account.orders or self.reference.is_spot(key):
                    continue
                whole = abs(event["g"])
                self.stages["IN PART BY SCENARIOS"] += int(abs(event["a"]) < whole)
                freed = self.reference.released(account, key, whole)
                self.stages["HEDGE ORDERED"] += int(freed < 0)
                self.stages["REQUIREMENT NONE"] += int(event["f"] == 0)

    # ------------------------------------------------------------------------- publications

    def array_of(self, i: int, moves: list[int]) -> list[tuple[int, int]]:
        """Profit of a lot per move of the underlying (in per mille): a model as good as any."""
        rng, terms = self.rng, self.reference.instruments[i]
        mark, symbol = self.mark(i), self.contracts[i].symbol
        whole = self.lots_value(i, mark)
        pairs = []
        for move in moves:
            profit = whole * move // 1000
            if symbol == "BTC-CALL":
                profit = max(-whole, 6 * whole * move // 1000)
            elif symbol == "BTC-PUT":
                profit = max(-whole, -7 * whole * move // 1000)
            elif terms.base != BTC:
                profit = whole * (move // 2 + rng.randint(-60, 60)) // 1000
            profit += rng.randint(-3, 3)
            pairs.append((profit, profit + rng.choice((0, 1, 1, 40))))
        return pairs

    def mark(self, i: int) -> int:
        return self.reference.marks[i] or self.contracts[i].price

    def lots_value(self, i: int, mark: int) -> int:
        terms = self.reference.instruments[i]
        return terms.k // mark if terms.kind == "inverse" else terms.k * mark

    def rows_of(self, count: int, **fields: int):
        """A publication of all live derivatives at the marks of now."""
        rng = self.rng
        moves = [0, *(rng.randint(-200, 200) for _ in range(count - 1))]
        rng.shuffle(moves)
        live = self.live(self.derivatives)
        rng.shuffle(live)
        for i in live:
            mark = self.mark(i)
            reach = rng.choice((0, mark // 100, mark // 10))
            charge = rng.choice((0, 0, 0, self.lots_value(i, mark) // 200))
            yield self.row(C.RISK_ARRAY, instrument=i, a=mark, b=reach, c=charge, **fields)
            for n, (low, high) in enumerate(self.array_of(i, moves), 1):
                yield self.row(C.RISK_ARRAY, instrument=i, id=n, a=low, b=high, **fields)
        yield self.row(C.RISK_ARRAY, instrument=NONE, a=count, b=len(live), **fields)

    def publish(self) -> None:
        """Mostly as it should be; else something is missing, stale, doubled or in between."""
        rng = self.rng
        rows = list(self.rows_of(rng.randint(1, 5), time=self.later()))
        draw = rng.random()
        if draw < 0.05:
            rows.pop(rng.randrange(len(rows)))
        elif draw < 0.1:  # one instrument left out, and announced so
            gone = rng.choice(self.live(self.derivatives))
            rows = [row for row in rows if row["instrument"] != gone]
            rows[-1]["b"] -= 1
        elif draw < 0.14:
            heading = rng.choice([row for row in rows if row["id"] == 0])
            heading["a"] += 1
        elif draw < 0.18:
            row = rng.choice(rows)
            row |= rng.choice(({"a": row["b"] + 1}, {"id": 65}, {"a": 1 << 50}, {"instrument": 99}))
        elif draw < 0.22:
            rows.insert(rng.randrange(len(rows)), rng.choice(rows))
        self.queue += rows
        if 0.22 < draw < 0.34:  # other commands come in between
            self.queue = []
            getattr(self, rng.choice(("prices", "fill", "hedge", "deposit", "funding", "settle")))()
            for row in reversed(self.queue):
                rows.insert(rng.randrange(len(rows)), row)
            self.queue = rows
            latest = self.reference.time
            for row in rows:
                latest = row["time"] = max(latest, row["time"])

    # ---------------------------------------------------------------------------- trades

    def hedge(self) -> None:
        """A scenario account trades against what it holds, or closes a leg of a hedge."""
        rng, reference, account = self.rng, self.reference, self.in_scenarios()
        if account is None or account.asset != USD:
            return self.fill()
        choices = [i for i in self.tradable_for(account) if self.contracts[i].base == BTC]
        held = [key for key in reference.derivatives(account) if key[0] in choices]
        if held and rng.random() < 0.4:
            i, leg = rng.choice(held)
            lots = (
                -account.slots[i, leg].lots // rng.choice((1, 1, 2)) or -account.slots[i, leg].lots
            )
        elif choices:
            i, leg = rng.choice(choices), 0
            lots = rng.choice((1, 5, 20, 60)) * rng.choice((-1, 1))
        else:
            return self.deposit()
        market = reference.system[USD]["MARKET"]
        self.queue.append(
            self.row(C.FILL, account=account.id, other=market, instrument=i, leg=leg, a=lots,
                     b=max(1, reference.marks[i] + rng.randint(-3, 3)), id=rng.choice((0, 1)))
        )  # fmt: skip

    def borrow_nothing(self) -> None:
        """What an account margined by scenarios may not do."""
        rng, account = self.rng, self.in_scenarios()
        if account is None:
            return self.timer()
        i = rng.choice(self.live(self.derivatives))
        self.queue.append(
            rng.choice(
                (
                    self.row(C.LEVERAGE, account=account.id, instrument=i, a=5),
                    self.row(C.RESERVE, account=account.id, instrument=i, a=3, b=4),
                    self.row(C.OPEN_ACCOUNT, a=USD, b=2),
                )
            )
        )
