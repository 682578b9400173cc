"""Anything, in any order: the invariants of docs/invariants.md after every command.

Unlike the differential test this machine does not know what should happen. It only knows what must
always hold, and judges the engine's tables with the formulas of the reference.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.mirror import differences, mirror, photograph, unbalanced
from tests.scenario_worlds import ScenarioWorld
from tests.worlds import BTC, FEATURES, NONE, SECOND, USD, World, to_engine, to_rows

from solvent.engine import Engine
from solvent.engine.commands import CommandKind as C
from solvent.engine.events import EventKind as E

# Where sections 4 and 5 say that the market's other side does not answer for anything.
PEOPLE = 5
PERMILLE = st.integers(-400, 400)
TIMES = st.sampled_from((1, -1, 3, -3, 10, -10, 10, -10, 30, -30, 100, -100))


class Waterfall(RuleBasedStateMachine):
    """A small market. Every rule is one command, or the answers to what is pending."""

    kind = World

    @initialize(
        seed=st.integers(0, 10**6),
        features=st.sets(
            st.sampled_from([f for f in FEATURES if f not in ("change", "noise", "crash")])
        ),
    )
    def build(self, seed: int, features: set[str]) -> None:
        world = self.kind(seed, features, people=PEOPLE)
        self.world, self.engine = world, to_engine(world)
        self.time = 0
        self.deficits: dict[int, int] = {}
        self.active: set[int] = set()
        for row in world.queue:
            self.apply(row)

    # -------------------------------------------------------------------------------- applying

    def apply(self, row: dict[str, int]) -> list[dict[str, int]]:
        before = photograph(self.engine)
        table = to_rows([row | {"time": self.time}])
        events = self.engine.apply(table).events
        found = [
            dict(zip(events.dtype.names, map(int, line), strict=True)) for line in events.tolist()
        ]
        note(f"{C(row['kind']).name} {row} -> {[E(e['kind']).name for e in found]}")
        self.look(row, before, found)
        return found

    def look(self, row, before, events) -> None:
        """What must hold of one command and its events."""
        book = mirror(self.engine, self.world.reference)
        after = photograph(self.engine)
        kinds = [event["kind"] for event in events]
        assert not unbalanced(book), unbalanced(book)
        if E.REFUSED in kinds and row["kind"] != C.PRICE:
            assert len(kinds) == 1
            assert not differences(before, after), "a refused command changed something"
        touched = {event["account"] for event in events} | {event["other"] for event in events}
        for account in book.customers():
            had = before.slots[account.id] if account.id < len(before.slots) else {}
            derivative = any(slot[0] and not book.is_spot(key) for key, slot in had.items())
            if not derivative and account.id not in touched:
                # LIQ-5: who has no position is not touched by what happens to others.
                assert (
                    account.id >= len(before.wallets)
                    or account.wallet == before.wallets[account.id]
                )
        for event in events:
            number = event["account"]
            if event["kind"] == E.LIQUIDATION_STARTED:
                assert number not in self.active, "LIQ-4: one liquidation per account"
                self.active.add(number)
                assert event["c"] >= 3
                ended = any(
                    e["kind"] == E.LIQUIDATION_ENDED and e["account"] == number for e in events
                )
                owner = book.accounts[number]
                assert ended or book.buffer(owner, 3) < 0, "LIQ-1: liquidated above the requirement"
            elif event["kind"] == E.LIQUIDATION_ENDED:
                self.active.discard(number)
                assert self.deficits.pop(number, 0) == 0, "LIQ-8: a deficit not allocated in full"
            elif event["kind"] == E.FUND_REQUESTED:
                if not book.derivatives(book.accounts[number]):
                    self.deficits[number] = event["a"]
            elif event["kind"] in (E.INSURANCE_DRAWN, E.LOSS_SOCIALISED, E.DEFICIT_UNALLOCATED):
                if number in self.deficits:
                    self.deficits[number] -= event["a"]
                    assert self.deficits[number] >= 0, "LIQ-8: allocated twice"
            elif event["kind"] == E.DELEVERAGED:
                if event["other"] >= 0 and not book.accounts[event["other"]].role:
                    assert event["f"] >= 0, "LIQ-6: pushed below the own bankruptcy price"
            elif event["kind"] == E.LIQUIDATION_ORDERED:
                assert event["a"] != 0
                held = event["g"]
                assert held * event["a"] < 0
                assert abs(event["a"]) <= abs(held), "an order that flips"

    def row(self, kind: C, **fields: int) -> dict[str, int]:
        return self.world.row(kind, **fields)

    def people(self) -> list[int]:
        return [account.id for account in mirror(self.engine, self.world.reference).customers()]

    def pick(self, n: int) -> int:
        people = self.people()
        return people[n % len(people)]

    def mark(self, i: int) -> int:
        return int(self.engine.tables.instruments[i]["mark"])

    def derivative(self, n: int) -> int:
        return self.world.derivatives[n % len(self.world.derivatives)]

    # ----------------------------------------------------------------------------------- rules

    @rule(moves=st.lists(st.tuples(st.integers(0, 9), PERMILLE), min_size=1, max_size=3))
    def prices(self, moves) -> None:
        count = len(self.world.contracts)
        news = {n % count: move for n, move in moves}
        for at, (i, move) in enumerate(sorted(news.items())):
            price = max(2, self.mark(i) + self.mark(i) * move // 1000)
            price = min(price, self.world.contracts[i].price * 50)
            self.apply(self.row(C.PRICE, instrument=i, a=price, b=int(at == len(news) - 1)))

    def trade(
        self, a: int, b: int, n: int, times: int, leg=0, other_leg=0, slip=0, checked=0, fee=0
    ):
        """A fill worth `times` the equity of its account (100 times: bankrupt at the next tick)."""
        i, number = self.derivative(n), self.pick(a)
        contract = self.world.contracts[i]
        money = max(self.engine.equity(number), 10**6)
        if contract.settle == BTC and int(self.engine.tables.accounts[number]["asset"]) == USD:
            money //= 50_000 // 100
        lots = max(1, self.world.lots_worth(i, money) * abs(times)) * (1 if times > 0 else -1)
        price = max(1, self.mark(i) + self.mark(i) * slip // 1000)
        other = self.pick(b)
        if other == number:
            other, other_leg = self.world.reference.system[contract.settle]["MARKET"], 0
        self.apply(
            self.row(C.FILL, account=number, other=other, instrument=i, leg=leg, d=other_leg, a=lots,
                     b=price, c=fee, id=checked)
        )  # fmt: skip

    @rule(a=st.integers(0, 20), b=st.integers(0, 20), n=st.integers(0, 9), times=TIMES)
    def fill(self, a, b, n, times) -> None:
        self.trade(a, b, n, times)

    @rule(
        a=st.integers(0, 20),
        b=st.integers(0, 20),
        n=st.integers(0, 9),
        times=TIMES,
        legs=st.tuples(st.sampled_from((0, 1, 2)), st.sampled_from((0, 1, 2))),
        slip=st.integers(-15, 15),
        checked=st.sampled_from((0, 1)),
        fee=st.sampled_from((0, 1, 10**6)),
    )
    def odd_fill(self, a, b, n, times, legs, slip, checked, fee) -> None:
        self.trade(a, b, n, times, *legs, slip, checked, fee)

    @rule(n=st.integers(0, 9), move=PERMILLE)
    def jump(self, n, move) -> None:
        i = self.derivative(n)
        price = min(
            max(2, self.mark(i) + self.mark(i) * move // 1000), self.world.contracts[i].price * 50
        )
        self.apply(self.row(C.PRICE, instrument=i, a=price, b=1))

    @rule(a=st.integers(0, 20), amount=st.sampled_from((1, 10**6, 10**8, 10**10)))
    def deposit(self, a, amount) -> None:
        self.apply(self.row(C.DEPOSIT, account=self.pick(a), a=amount))

    @rule(asset=st.sampled_from((USD, BTC)), amount=st.sampled_from((1, 10**6, 10**10)))
    def fund(self, asset, amount) -> None:
        self.apply(
            self.row(C.DEPOSIT, account=self.world.reference.system[asset]["FUND"], a=amount)
        )

    @rule(a=st.integers(0, 20), part=st.integers(1, 4))
    def withdraw(self, a, part) -> None:
        number = self.pick(a)
        wallet = photograph(self.engine).wallets[number]
        events = self.apply(self.row(C.WITHDRAW, account=number, a=max(1, wallet // part)))
        if events[0]["kind"] == E.WITHDRAWN:
            book = mirror(self.engine, self.world.reference)
            account = book.accounts[number]
            if book.derivatives(account):
                assert book.free(account) >= 0, "RISK-1"

    @rule(n=st.integers(0, 9), rate=st.sampled_from((1, -1, 10_000, -10_000, 750_000, -750_000)))
    def funding(self, n, rate) -> None:
        self.apply(self.row(C.FUNDING, instrument=self.derivative(n), a=rate))

    @rule(
        a=st.integers(0, 20), n=st.integers(0, 9), buys=st.integers(0, 5), sells=st.integers(0, 5)
    )
    def reserve(self, a, n, buys, sells) -> None:
        i = self.derivative(n)
        self.apply(self.row(C.RESERVE, account=self.pick(a), instrument=i, a=buys, b=sells))

    @rule(
        a=st.integers(0, 20),
        n=st.integers(0, 9),
        lots=st.sampled_from((1, 10**4, 10**7)),
        give=st.booleans(),
    )
    def collateral(self, a, n, lots, give) -> None:
        if self.world.spots:
            i = self.world.spots[n % len(self.world.spots)]
            kind = C.DEPOSIT_COLLATERAL if give else C.WITHDRAW_COLLATERAL
            self.apply(self.row(kind, account=self.pick(a), instrument=i, a=lots))

    @rule(seconds=st.sampled_from((0, 1, 61, 601)))
    def timer(self, seconds) -> None:
        self.time += seconds * SECOND
        self.apply(self.row(C.TIMER))

    @rule(n=st.integers(0, 9), off=PERMILLE)
    def settle(self, n, off) -> None:
        i = self.derivative(n)
        if self.world.contracts[i].dated:
            price = max(2, self.mark(i) + self.mark(i) * off // 1000)
            self.apply(self.row(C.SETTLE, instrument=i, a=price))

    @rule()
    def answer(self) -> None:
        table = self.engine.answers(self.time)
        for line in table.tolist():
            self.apply(dict(zip(table.dtype.names, map(int, line), strict=True)))

    @rule(which=st.integers(0, 9), part=st.integers(1, 3), slip=st.integers(-30, 60),
          wrong=st.sampled_from(("", "", "", "id", "over", "again")))  # fmt: skip
    def forced_fill(self, which, part, slip, wrong) -> None:
        orders = self.orders()
        if not orders:
            return
        number, i, leg, order, lots, last = orders[which % len(orders)]
        price = max(1, self.mark(i) + self.mark(i) * slip * (1 if lots > 0 else -1) // 1000)
        size = abs(lots) + 1 if wrong == "over" else max(1, abs(lots) // part)
        self.apply(
            self.row(C.ORDER_FILL, account=number, instrument=i, leg=leg, id=order + (wrong == "id"),
                     a=size, b=price, c=last + (wrong != "again"))
        )  # fmt: skip

    def orders(self):
        s, found = self.engine.tables, []
        for number in self.people():
            at = int(s.accounts[number]["first"])
            while at != NONE:
                cold, slot = s.positions_cold[at], s.positions[at]
                if int(cold["order_lots"]):
                    found.append(
                        (number, int(slot["instrument"]), int(slot["leg"]), int(cold["order_id"]),
                         int(cold["order_lots"]), int(cold["order_fill"]))
                    )  # fmt: skip
                at = int(slot["next"])
        return found

    @rule()
    def resume(self) -> None:
        """REC-1: a restored engine is the same engine."""
        other = Engine.restore(self.engine.checkpoint())
        assert other.digest() == self.engine.digest()
        assert not differences(photograph(other), photograph(self.engine))
        self.engine = other

    # ------------------------------------------------------------------------------ invariants

    @precondition(lambda self: hasattr(self, "engine"))
    @invariant()
    def audit(self) -> None:
        audit = self.engine.audit()
        assert audit.ok, audit.failures

    @precondition(lambda self: hasattr(self, "engine") and not self.world.policy.interval)
    @invariant()
    def levels_are_those_of_a_full_scan(self) -> None:
        book = mirror(self.engine, self.world.reference)
        moved = self.engine.tables.instruments["moved"]
        for account in book.customers():
            if account.scenarios and any(moved[i] for i, _ in self.slots_of(account.id)):
                continue  # it is judged when its arrays come
            assert book.level(account) == account.level, account

    def slots_of(self, number: int) -> list[tuple[int, int]]:
        return list(photograph(self.engine).slots[number])

    def teardown(self) -> None:
        """LIQ-10: when the market answers, every liquidation ends."""
        if not hasattr(self, "engine"):
            return
        for _ in range(60):
            orders = self.orders()
            table = self.engine.answers(self.time)
            if not orders and not len(table):
                break
            for line in table.tolist():
                self.apply(dict(zip(table.dtype.names, map(int, line), strict=True)))
            for number, i, leg, order, lots, last in orders:
                held = photograph(self.engine).slots[number].get((i, leg), (0,))[0]
                can = min(abs(lots), abs(held))  # the owner may have closed some lots himself
                fields = {"account": number, "instrument": i, "leg": leg, "id": order}
                if can:
                    self.apply(self.row(C.ORDER_FILL, a=can, b=self.mark(i), c=last + 1, **fields))
                if can < abs(lots):
                    self.apply(self.row(C.ORDER_CLOSED, **fields))
            self.time += SECOND
            self.apply(self.row(C.TIMER))
        assert not self.orders()
        assert not len(self.engine.answers(self.time))


class ScenarioWaterfall(Waterfall):
    """The same with accounts margined by scenarios, and publications at any moment."""

    kind = ScenarioWorld

    @rule(count=st.integers(1, 3))
    def publish(self, count) -> None:
        world = self.world
        world.reference.marks = list(photograph(self.engine).marks)
        closed = self.engine.tables.instruments["status"][: len(world.contracts)] == 2
        world.reference.settled = closed.tolist()
        for row in list(world.rows_of(count)):
            events = self.apply(row)
        assert events[0]["kind"] == E.RISK_ARRAYS_PUBLISHED, events
        book = mirror(self.engine, world.reference)
        for event in events:
            if event["kind"] == E.LIQUIDATION_STARTED:
                assert event["a"] < event["b"] or world.policy.inclusive or world.spots, (
                    "liquidated at a fresh publication that is covered"
                )
        assert all(book.level(a) == a.level for a in book.customers())


TestWaterfall = Waterfall.TestCase
TestScenarioWaterfall = ScenarioWaterfall.TestCase
# Shrinking a failure takes minutes; ask for it with SOLVENT_SHRINK=1.
PHASES = [phase for phase in Phase if phase != Phase.shrink or os.environ.get("SOLVENT_SHRINK")]
TestWaterfall.settings = settings(
    phases=PHASES,
    max_examples=int(os.environ.get("SOLVENT_STATEFUL_EXAMPLES", "120")),
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)
TestScenarioWaterfall.settings = settings(
    TestWaterfall.settings, max_examples=TestWaterfall.settings.max_examples // 2
)
