"""Random worlds: a market, its people and a log of commands, all from one seed.

A world is built on the naive reference, which also steers it: prices are put on the edges of tiers
and on the very tick where somebody's level changes, deposits cure a call exactly or by one unit too
little, withdrawals take all that is free or one unit more. The log that comes out is plain data and
runs on the engine unchanged.

`to_engine` builds the same market a second time with the product's own types. Swarm: each seed
switches a random part of the features on, because a world with everything in it hides things.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random
from typing import Any

from tests.reference import FOREVER, Account, Instrument, Margin, Policy, Reference, Schedule

from solvent.engine.commands import CommandKind as C
from solvent.engine.events import EventKind as E

USD, BTC, ALT = 0, 1, 2
ASSETS = (("USD", 6), ("BTC", 8), ("ALT", 4))
UNIT = {asset: 10**exponent for asset, (_, exponent) in enumerate(ASSETS)}
SECOND = 1_000_000_000
NONE = -1


@dataclass(frozen=True)
class Contract:
    """A listing as a venue writes it, and the integers that follow from it by hand."""

    symbol: str
    kind: str
    base: int
    settle: int
    tick: str
    lot: str
    price: int  # where it starts, in ticks
    dated: bool = False
    multiplier: str = "1"

    def terms(self) -> Instrument:
        tick, lot, unit = Fraction(self.tick), Fraction(self.lot), UNIT[self.settle]
        if self.kind == "linear":
            k = tick * lot * unit * Fraction(self.multiplier)
        elif self.kind == "inverse":
            k = lot / tick * unit
        else:
            k = tick * unit / UNIT[self.base]
        return Instrument(
            self.symbol, self.kind, self.base, self.settle, k.numerator, k.denominator, self.dated
        )


CONTRACTS = (
    Contract("BTC-PERP", "linear", BTC, USD, "0.5", "0.01", 100_000),
    Contract("ALT-PERP", "linear", ALT, USD, "0.001", "10", 25_000),
    Contract("BTC-COIN", "inverse", BTC, BTC, "0.5", "100", 100_000),
    Contract("BTC-MAR", "linear", BTC, USD, "1", "0.02", 50_500, dated=True),
    Contract("BTC-COIN-MAR", "inverse", BTC, BTC, "1", "30", 50_300, dated=True),
    Contract("BTC-USD", "spot", BTC, USD, "0.1", "1", 500_000),
    Contract("ALT-USD", "spot", ALT, USD, "0.0001", "1", 250_000),
    Contract("ALT-QUANTO", "linear", ALT, BTC, "0.01", "1", 2_500, multiplier="0.000003"),
)
PER_MILLE = tuple(Fraction(n, 1000) for n in range(1001))


# ------------------------------------------------------------------------------- descriptions


def random_tiers(rng: Random, unit: int, *, low: int = 5, top: int = 200, most: int = 4):
    """Rising rates in per mille over random bounds of 1,000 to 200,000 whole units."""
    count = rng.randint(1, most)
    rates = sorted(rng.sample(range(low, top), count))
    bounds = sorted(rng.sample(range(1, 200), count - 1))
    ends = [bound * 1_000 * unit // (50_000 if unit == UNIT[BTC] else 1) for bound in bounds]
    return tuple((end, PER_MILLE[rate]) for end, rate in zip([*ends, FOREVER], rates, strict=True))


def random_schedule(
    rng: Random, contract: Contract, forms: tuple[str, ...], *, twice: bool
) -> Schedule:
    form, entry = rng.choice(forms), False
    if form == "entry":
        form, entry = rng.choice(("tiers", "flat")), True
    low, top = (40, 350) if twice else (5, 200)
    if form in ("tiers", "flat"):
        tiers = random_tiers(rng, UNIT[contract.settle], low=low, top=top)
        return Schedule(form, tiers, entry=entry)
    base = PER_MILLE[rng.randint(low, top // 2)] + Fraction(1, 10**6)  # makes the scale fine
    if form == "slope":
        step = Fraction(rng.randint(1, 40), 100_000 * rng.choice((1, 7)))
        return Schedule("slope", base=base, step=step, cap=PER_MILLE[rng.randint(250, 500)])
    step = Fraction(rng.randint(1, 6), 1000)
    offset = PER_MILLE[rng.randint(0, top // 4)]
    return Schedule(
        "sqrt", base=base, step=step, offset=offset, cap=PER_MILLE[rng.randint(250, 500)]
    )


def random_margin(rng: Random, contract: Contract, forms: tuple[str, ...]) -> Margin:
    if contract.kind == "spot":
        form = "tiers" if "flat" not in forms else rng.choice(("tiers", "flat"))
        return Margin(Schedule(form, random_tiers(rng, UNIT[USD], low=0, top=400)))
    fee = Fraction(rng.choice((0, 0, 1, 5)), 10_000)
    tiers = ("tiers",) if "tiers" in forms else forms
    return Margin(
        random_schedule(rng, contract, forms, twice=False),
        random_schedule(rng, contract, tiers, twice=True),
        fee,
    )


def random_policy(rng: Random, features: set[str]) -> Policy:
    return Policy(
        warn=rng.choice(((3, 2), (2, 1), (13, 10))),
        call=rng.choice(((5, 4), (1, 1), (6, 5))),
        backstop=rng.choice(((2, 3), (1, 2), (1, 1))),
        target=rng.choice(((11, 10), (1, 1), (3, 2), (103, 100))),
        inclusive="inclusive" in features,
        interval=rng.choice((7, 60)) * SECOND if "interval" in features else 0,
        call_period=rng.choice((30, 600)) * SECOND,
        order_period=rng.choice((5, 60)) * SECOND,
        method=rng.choice(("full", "partial")),
        close_cost_ppm=rng.choice((0, 500, 3_000)),
        fee_ppm=rng.choice((0, 2_500, 10_000)),
        surplus_to_fund=rng.random() < 0.25,
        adl=rng.choice(("queue", "queue", "pro_rata", "none")),
        adl_market=rng.random() < 0.2,
        profit_cap=rng.randint(100, 3000) * UNIT[USD] if "cap" in features else None,
        withdraw_band_ppm=rng.choice((0, 20_000, 100_000)),
    )


FEATURES = (
    "flat", "slope", "sqrt", "entry", "inverse", "dated", "collateral", "hedged", "isolated", "two",
    "coin", "cap", "interval", "change", "crash", "noise",
)  # fmt: skip
RARE = ("inclusive",)


# ------------------------------------------------------------------------------------ a world


class World:
    """A market on the reference, and `step()`, which returns the next entry of the log.

    An entry is ("apply", row), ("margin", instrument, Margin) or ("policy", Policy); `step` has
    already
    run it on `self.reference`, and its events are in `self.events`.
    """

    catalogue = CONTRACTS

    def __init__(self, seed: int, features: set[str] | None = None, people: int = 9) -> None:
        self.rng = rng = Random(seed)
        if features is None:
            features = {name for name in FEATURES if rng.random() < 0.5}
            features |= {name for name in RARE if rng.random() < 0.06}
        self.features, self.seed = features, seed
        forms = ("tiers", *(f for f in ("flat", "slope", "sqrt", "entry") if f in features))
        self.forms = forms
        self.policy = random_policy(rng, features)
        self.contracts = [c for c in self.catalogue if self.wanted(c)]
        self.margins = [random_margin(rng, c, forms) for c in self.contracts]
        self.reference = Reference(self.policy)
        for _ in ASSETS:
            self.reference.add_asset()
        for contract, margin in zip(self.contracts, self.margins, strict=True):
            self.reference.list_instrument(self.terms(contract), margin)
        self.setup: list[tuple[Any, ...]] = []
        self.events: list[dict[str, int]] = []
        self.stages: Counter[str] = Counter()
        self.derivatives = [i for i, c in enumerate(self.contracts) if c.kind != "spot"]
        self.spots = [i for i, c in enumerate(self.contracts) if c.kind == "spot"]
        self.used_fills: list[dict[str, int]] = []
        self.queue: list[dict[str, int]] = list(self.beginning(people))

    def terms(self, contract: Contract) -> Instrument:
        return contract.terms()

    def model(self, asset: int) -> int:
        """Margin model of the next account."""
        return 0

    def wanted(self, contract: Contract) -> bool:
        two = self.features & {"two", "coin"}
        if contract.kind == "inverse" and not (two or "inverse" in self.features):
            return False
        if contract.settle == BTC and contract.kind == "linear" and not two:
            return False
        if contract.dated and "dated" not in self.features:
            return False
        if contract.kind == "spot":
            return bool("collateral" in self.features or (contract.base == BTC and two))
        return True

    def beginning(self, people: int):
        """Prices, accounts, money."""
        rng, reference = self.rng, self.reference
        for i, contract in enumerate(self.contracts):
            last = int(i == len(self.contracts) - 1)
            yield self.row(C.PRICE, instrument=i, a=contract.price, b=last)
        first = len(reference.accounts)
        number = first
        for person in range(people):
            coin = "coin" in self.features and person % 3 == 2
            asset = BTC if coin else USD
            yield self.row(C.OPEN_ACCOUNT, a=asset, b=self.model(asset))
            money = rng.choice((500, 2_000, 10_000, 50_000)) * UNIT[asset]
            yield self.row(
                C.DEPOSIT, account=number, a=money // (50_000 if coin else 1) + rng.randint(0, 99)
            )
            parent, number = number, number + 1
            if "isolated" in self.features and rng.random() < 0.4:
                yield self.row(C.OPEN_ACCOUNT, a=asset, other=parent, b=self.model(asset))
                yield self.row(
                    C.TRANSFER,
                    account=parent,
                    other=number,
                    a=money // 4 // (50_000 if coin else 1),
                )
                number += 1
            if self.spots and not coin and rng.random() < 0.6:
                i = rng.choice(self.spots)
                worth = rng.choice((300, 3_000, 20_000)) * UNIT[USD]
                lots = self.lots_worth(i, worth)
                yield self.row(C.DEPOSIT_COLLATERAL, account=parent, instrument=i, a=lots)
        if rng.random() < 0.6:
            for asset in (USD, BTC):
                fund = reference.system[asset]["FUND"]
                amount = (
                    rng.choice((10, 500, 20_000)) * UNIT[asset] // (50_000 if asset == BTC else 1)
                )
                yield self.row(C.DEPOSIT, account=fund, a=max(1, amount))

    def lots_worth(self, i: int, money: int) -> int:
        """Lots whose value is about `money` of the quote or settlement asset."""
        terms, mark = self.contracts[i].terms(), self.contracts[i].price
        if terms.kind == "inverse":
            return max(1, money * mark // terms.k)
        return max(1, money * terms.k_den // (terms.k * mark))

    def row(self, kind: C, **fields: int) -> dict[str, int]:
        empty = {"account": NONE, "other": NONE, "instrument": NONE, "leg": 0, "a": 0, "b": 0, "c": 0,
                 "d": 0, "id": 0}  # fmt: skip
        return {"kind": int(kind), "time": self.reference.time} | empty | fields

    # -------------------------------------------------------------------------------- one step

    def step(self) -> tuple[Any, ...]:
        quiet = not self.queue and not self.reference.snapshot_open
        if quiet and "change" in self.features and self.rng.random() < 0.01:
            return self.change()
        while not self.queue:
            self.invent()
        row = self.queue.pop(0)
        self.events = self.reference.apply(row)
        self.count(row)
        return ("apply", row)

    def change(self) -> tuple[Any, ...]:
        """Tiers, or the policy, change under open positions."""
        rng = self.rng
        if rng.random() < 0.3:
            policy = replace(
                random_policy(rng, self.features),
                inclusive=self.policy.inclusive,
                interval=self.policy.interval,
            )
            self.events = self.reference.set_policy(policy)
            return ("policy", policy)
        i = rng.randrange(len(self.contracts))
        margin = random_margin(rng, self.contracts[i], self.forms)
        self.events = self.reference.change_margin(i, margin)
        return ("margin", i, margin)

    def count(self, row: dict[str, int]) -> None:
        """What the world has seen, for the report on diversity."""
        for event in self.events:
            name = E(event["kind"]).name
            if name == "LEVEL_CHANGED":
                name = f"LEVEL {event['a']}>{event['b']}"
            elif name == "REFUSED":
                name = f"REFUSED {event['refusal']}"
            elif name == "LIQUIDATION_ENDED":
                name += f" {event['a']}"
            self.stages[name] += 1

    def invent(self) -> None:
        """Put the next command, or the rows of a snapshot, into the queue."""
        rng, reference = self.rng, self.reference
        answering = [a for a in reference.customers() if a.orders]
        waiting = any(a.request for a in reference.customers())
        if waiting and rng.random() < 0.5:
            answers = reference.answers(reference.time)
            self.queue += [self.row(C(row["kind"])) | row for row in answers]
            return
        if answering and rng.random() < 0.55:
            self.queue.append(self.forced_fill(rng.choice(answering)))
            return
        actions = {
            self.prices: 30, self.fill: 24, self.deposit: 5, self.withdraw: 5, self.funding: 4,
            self.reserve: 4, self.leverage: 2, self.timer: 2, self.transfer: 2, self.collateral: 3,
            self.spot_trade: 1, self.settle: 0.3, self.noise: 3 if "noise" in self.features else 0.3,
        } | self.more_actions()  # fmt: skip
        action = rng.choices(list(actions), list(actions.values()))[0]
        action()

    def more_actions(self) -> dict[Any, float]:
        return {}

    def later(self) -> int:
        if self.rng.random() < 0.5:
            return self.reference.time
        return self.reference.time + self.rng.choice((1, 1, 4, 9)) * SECOND + self.rng.randint(0, 5)

    def someone(self) -> Account:
        return self.rng.choice(self.reference.customers())

    def in_trade(self) -> Account | None:
        people = [a for a in self.reference.customers() if self.reference.derivatives(a)]
        return self.rng.choice(people) if people else None

    def live(self, indices: list[int]) -> list[int]:
        return [i for i in indices if not self.reference.settled[i]]

    # ---------------------------------------------------------------------------------- prices

    def prices(self) -> None:
        rng, time = self.rng, self.later()
        moved = self.live(list(range(len(self.contracts))))
        moved = rng.sample(moved, rng.randint(1, len(moved)))
        news = {i: self.new_price(i) for i in moved}
        if rng.random() < 0.35:
            i = self.trigger_price(news)
            moved = sorted(set(moved) | ({i} if i is not None else set()))
        for n, i in enumerate(moved):
            last = int(n == len(moved) - 1)
            self.queue.append(self.row(C.PRICE, time=time, instrument=i, a=news[i], b=last))

    def new_price(self, i: int) -> int:
        rng, mark = self.rng, self.reference.marks[i]
        start = self.contracts[i].price
        draw = rng.random()
        if draw < 0.08:
            edge = self.edge_price(i)
            if edge:
                return edge
        if draw < 0.15:
            move = rng.choice((-50, 50, -100, 100))
        elif draw < 0.18 and "crash" in self.features:
            move = rng.choice((-300, -200, 250, 400))
        else:
            move = rng.randint(-12, 12)
        price = mark + mark * move // 1000 + rng.randint(-2, 2)
        return min(max(price, start // 20, 2), start * 10)

    def edge_price(self, i: int) -> int | None:
        """A price that puts somebody's notional on the edge of a tier, or one tick beside it."""
        tiers = self.reference.margins[i].maintenance.tiers[:-1]
        held = [
            a.slots[key].lots for a in self.reference.customers() for key in a.slots if key[0] == i
        ]
        held = [abs(lots) for lots in held if lots]
        if not tiers or not held:
            return None
        bound, lots = self.rng.choice(tiers)[0], self.rng.choice(held)
        terms, mark = self.reference.instruments[i], self.reference.marks[i]
        price = (
            lots * terms.k // bound
            if terms.kind == "inverse"
            else bound * terms.k_den // (lots * terms.k)
        )
        if mark // 3 <= price <= mark * 3:
            return max(1, price + self.rng.randint(-1, 1))
        return None

    def trigger_price(self, news: dict[int, int]) -> int | None:
        """Move one instrument to the tick at which the level of some account changes."""
        rng, reference, account = self.rng, self.reference, self.in_trade()
        if account is None:
            return None
        i = rng.choice(reference.derivatives(account))[0]
        if reference.settled[i]:
            return None
        kept = list(reference.marks)
        for j, price in news.items():
            reference.marks[j] = price
        here = reference.marks[i]
        step = rng.choice((-1, 1))
        far = max(1, here + step * here * rng.choice((20, 100, 300)) // 1000)

        def level(price: int) -> int:
            reference.marks[i] = price
            return reference.level(account)

        near, start = here, level(here)
        if level(far) != start:
            while abs(far - near) > 1:
                middle = (far + near) // 2
                if level(middle) == start:
                    near = middle
                else:
                    far = middle
            news[i] = max(1, far + rng.choice((0, 0, -step, step)))
        reference.marks[:] = kept
        return i if i in news else None

    # ------------------------------------------------------------------------ trades and money

    def tradable_for(self, account: Account) -> list[int]:
        two = "two" in self.features
        return [
            i
            for i in self.live(self.derivatives)
            if self.contracts[i].settle == account.asset
            or (two and account.asset == USD and self.contracts[i].settle == BTC)
        ]

    def fill(self) -> None:
        rng, reference = self.rng, self.reference
        account = self.someone()
        choices = self.tradable_for(account)
        if not choices:
            return self.deposit()
        i = rng.choice(choices)
        leg = rng.choice((0, 1, 2)) if "hedged" in self.features else 0
        partners = [
            a for a in reference.customers() if a is not account and i in self.tradable_for(a)
        ]
        market = reference.accounts[reference.system[self.contracts[i].settle]["MARKET"]]
        other = rng.choice([*partners, market]) if partners else market
        its_leg = rng.choice((0, 1, 2)) if "hedged" in self.features and not other.role else 0
        unit = UNIT[self.contracts[i].settle]
        money = rng.choice((200, 3_000, 20_000, 60_000)) * unit
        if self.contracts[i].settle == BTC:
            money //= 50_000
        lots = max(1, self.lots_worth(i, money)) * rng.choice((-1, 1))
        held = account.slots.get((i, leg))
        if held and held.lots and rng.random() < 0.5:
            lots = -held.lots * rng.choice((1, 1, 2, 3)) // rng.choice((1, 1, 2, 3)) or -held.lots
        if leg and rng.random() < 0.8:
            grows = 1 if leg == 1 else -1
            lots = abs(lots) * (grows if not (held and held.lots) or rng.random() < 0.6 else -grows)
            if held and held.lots * lots < 0:
                lots = max(-abs(held.lots), min(abs(held.lots), lots))
        if its_leg and rng.random() < 0.8:
            its_leg = 0 if rng.random() < 0.5 else (2 if lots > 0 else 1)
        mark = reference.marks[i]
        price = max(
            1, mark + mark * rng.choice((0, 0, -2, 2, -10, 10)) // 1000 + rng.randint(-1, 1)
        )
        self.queue.append(
            self.row(
                C.FILL, account=account.id, other=other.id, instrument=i, leg=leg, a=lots, b=price,
                c=rng.choice((0, 0, 1, 50_000)), d=its_leg, id=rng.choice((0, 1, 1)),
            )
        )  # fmt: skip

    def deposit(self) -> None:
        rng, reference, account = self.rng, self.reference, self.someone()
        amount = rng.choice((1, 1_000, 100 * UNIT[account.asset], 3_000 * UNIT[account.asset]))
        if account.asset == BTC:
            amount = max(1, amount // 50_000)
        short = [-reference.buffer(account, level) for level in (1, 2, 3, 5)]
        short = [need for need in short if need > 0]
        if short and rng.random() < 0.6:
            amount = max(1, rng.choice(short) + rng.randint(-1, 1))
        if rng.random() < 0.05:
            amount = rng.choice((0, -5))
        self.queue.append(self.row(C.DEPOSIT, account=account.id, a=amount))

    def withdraw(self) -> None:
        rng, reference, account = self.rng, self.reference, self.someone()
        free = reference.free(account, reference.policy.withdraw_band_ppm)
        amount = rng.choice((1, free, free + 1, free // 2, account.wallet, account.wallet + 1))
        self.queue.append(self.row(C.WITHDRAW, account=account.id, a=amount))

    def transfer(self) -> None:
        rng, reference = self.rng, self.reference
        children = [a for a in reference.customers() if a.parent != NONE]
        if not children:
            return self.timer()
        child = rng.choice(children)
        pair = [child, reference.accounts[child.parent]]
        rng.shuffle(pair)
        free = reference.free(pair[0], reference.policy.withdraw_band_ppm)
        amount = rng.choice((1, free, free + 1, free // 3, 100 * UNIT[child.asset]))
        other = pair[1] if rng.random() < 0.95 else self.someone()
        self.queue.append(self.row(C.TRANSFER, account=pair[0].id, other=other.id, a=amount))

    def collateral(self) -> None:
        rng, account = self.rng, self.someone()
        if not self.spots or account.asset != USD:
            return self.deposit()
        i = rng.choice(self.spots)
        lots = self.lots_worth(i, rng.choice((50, 1_000, 9_000)) * UNIT[USD])
        held = account.slots.get((i, 0))
        if held and held.lots > 0 and rng.random() < 0.6:
            lots = rng.choice((1, held.lots, held.lots + 1, held.lots // 2 or 1, lots))
            self.queue.append(
                self.row(C.WITHDRAW_COLLATERAL, account=account.id, instrument=i, a=lots)
            )
        else:
            self.queue.append(
                self.row(C.DEPOSIT_COLLATERAL, account=account.id, instrument=i, a=lots)
            )

    def spot_trade(self) -> None:
        rng, reference = self.rng, self.reference
        owners = [
            (a, key)
            for a in reference.customers()
            for key in reference.balances(a)
            if a.slots[key].lots > 0
        ]
        if not owners:
            return self.timer()
        account, (i, _) = rng.choice(owners)
        lots = -rng.choice((1, account.slots[i, 0].lots, account.slots[i, 0].lots // 3 or 1))
        market = reference.system[self.contracts[i].settle]["MARKET"]
        self.queue.append(
            self.row(C.FILL, account=account.id, other=market, instrument=i, a=lots,
                     b=reference.marks[i], c=0, id=1)
        )  # fmt: skip

    def funding(self) -> None:
        rng = self.rng
        i = rng.choice(self.live(self.derivatives))
        rate = rng.choice((1, -1)) * rng.choice((1, 10_000, 75_000, 750_000))
        self.queue.append(self.row(C.FUNDING, time=self.later(), instrument=i, a=rate))

    def reserve(self) -> None:
        rng, account = self.rng, self.someone()
        choices = self.tradable_for(account)
        if not choices:
            return
        i = rng.choice(choices)
        lots = self.lots_worth(
            i,
            rng.choice((0, 500, 5_000))
            * UNIT[USD]
            // (1 if self.contracts[i].settle == USD else 500),
        )
        buys, sells = rng.choice(((lots, 0), (0, lots), (lots, lots // 2), (0, 0)))
        leg = rng.choice((0, 1, 2)) if "hedged" in self.features else 0
        self.queue.append(
            self.row(C.RESERVE, account=account.id, instrument=i, leg=leg, a=buys, b=sells)
        )

    def leverage(self) -> None:
        rng, account = self.rng, self.someone()
        choices = self.tradable_for(account)
        if choices:
            i = rng.choice(choices)
            self.queue.append(
                self.row(
                    C.LEVERAGE,
                    account=account.id,
                    instrument=i,
                    a=rng.choice((0, 1, 3, 10, 125, 1001)),
                )
            )

    def timer(self) -> None:
        jump = self.rng.choice((0, 3, 40, 700)) * SECOND
        self.queue.append(self.row(C.TIMER, time=self.reference.time + jump))

    def settle(self) -> None:
        dated = self.live([i for i in self.derivatives if self.contracts[i].dated])
        if dated:
            i = self.rng.choice(dated)
            self.queue.append(
                self.row(
                    C.SETTLE, instrument=i, a=self.reference.marks[i] + self.rng.randint(-9, 9)
                )
            )

    def forced_fill(self, account: Account) -> dict[str, int]:
        """Whole, partial, late, over, doubled, or under a number nobody knows."""
        rng, reference = self.rng, self.reference
        (i, leg), order = rng.choice(sorted(account.orders.items()))
        mark, left, side = reference.marks[i], abs(order.lots), 1 if order.lots > 0 else -1
        slip = rng.choice((0, 0, 1, 3, 10, 40, -2)) * side
        price = max(1, mark + mark * slip // 1000 + rng.randint(-1, 1))
        fields = {"account": account.id, "instrument": i, "leg": leg, "id": order.id, "a": left,
                  "b": price, "c": order.last_fill + 1, "time": self.reference.time}  # fmt: skip
        draw = rng.random()
        if draw < 0.25:
            fields["a"] = rng.randint(1, left)
        elif draw < 0.29:
            fields["a"] = left + rng.choice((1, 5))
        elif draw < 0.33:
            fields["c"] = order.last_fill
        elif draw < 0.37:
            fields["id"] = order.id + rng.choice((-1, 1, 100))
        elif draw < 0.41:
            fields["time"] = order.deadline + rng.choice((0, 1))
        elif draw < 0.44:
            return self.row(C.ORDER_CLOSED, account=account.id, instrument=i, leg=leg, id=order.id)
        elif draw < 0.50:
            return self.row(C.TIMER, time=max(reference.time, order.deadline + rng.choice((0, 1))))
        fields["time"] = max(fields["time"], reference.time)
        return self.row(C.ORDER_FILL, **fields)

    def noise(self) -> None:
        """Rows that must be refused, or must not matter."""
        rng, reference = self.rng, self.reference
        account, i = self.someone().id, rng.randrange(len(self.contracts))
        self.queue.append(
            rng.choice(
                (
                    self.row(C.PRICE, instrument=i, a=0, b=1),
                    self.row(C.PRICE, instrument=99, a=5, b=1),
                    self.row(C.DEPOSIT, account=999, a=5),
                    self.row(C.FILL, account=account, other=account, instrument=i, a=1, b=5),
                    self.row(C.FUND_ANSWER, account=account, a=1),
                    self.row(C.ADL_DONE, account=account),
                    self.row(C.SOCIALISE, account=account, instrument=i, a=1),
                    self.row(C.ORDER_FILL, account=account, instrument=i, a=1, b=1, c=1, id=1),
                    self.row(C.TIMER, time=max(0, reference.time - 1)),
                    self.row(C.WITHDRAW, account=account, a=1 << 61),
                    self.row(C.LEVERAGE, account=account, instrument=i, a=5000),
                    self.row(C.RESERVE, account=account, instrument=i, a=-1),
                )
            )
        )


# -------------------------------------------------------------------- the product's own types


def text(part: Fraction) -> str:
    return f"{part.numerator}/{part.denominator}"


def product_schedule(schedule: Schedule, contract: Contract):
    from solvent.margin import flat, slope, sqrt_premium, tiered

    if schedule.form in ("tiers", "flat"):
        unit = UNIT[contract.settle]
        rows = [
            (None if bound == FOREVER else text(Fraction(bound, unit)), text(rate))
            for bound, rate in schedule.tiers
        ]
        make = tiered if schedule.form == "tiers" else flat
        return make(rows, entry_based=schedule.entry)
    if schedule.form == "slope":
        step = schedule.step / Fraction(contract.lot)
        return slope(text(schedule.base), text(step), cap=text(schedule.cap))
    return sqrt_premium(
        text(schedule.base),
        text(schedule.step),
        offset=text(schedule.offset),
        cap=text(schedule.cap),
    )


def product_margin(margin: Margin, contract: Contract):
    from solvent.margin import Margin as ProductMargin

    if margin.initial is None:
        return ProductMargin(product_schedule(margin.maintenance, contract))
    return ProductMargin(
        product_schedule(margin.maintenance, contract),
        product_schedule(margin.initial, contract),
        closing_fee=text(margin.fee),
    )


def product_listing(contract: Contract):
    from solvent.contracts import Listing

    limits = {"price_max": text(Fraction(contract.price * 60) * Fraction(contract.tick))}
    if contract.kind == "spot":
        limits["position_max"] = "5000"
    else:
        limits["position_max"] = text(Fraction(contract.lot) * 100_000)
    return Listing(
        contract.symbol, contract.kind, ASSETS[contract.base][0], ASSETS[contract.settle][0],
        tick=contract.tick, lot=contract.lot, multiplier=contract.multiplier,
        expiry_ns=(1 << 55) if contract.dated else None, **limits,
    )  # fmt: skip


def product_policy(policy: Policy):
    from solvent.liquidation import Policy as ProductPolicy

    return ProductPolicy(
        method=policy.method, target=policy.target, close_cost_ppm=policy.close_cost_ppm,
        fee_ppm=policy.fee_ppm, surplus_to_fund=policy.surplus_to_fund, adl=policy.adl,
        adl_market=policy.adl_market, order_deadline_ns=policy.order_period, warn=policy.warn,
        call=policy.call, backstop=policy.backstop, inclusive=policy.inclusive,
        profit_cap=policy.profit_cap, interval_ns=policy.interval, call_period_ns=policy.call_period,
        withdraw_band_ppm=policy.withdraw_band_ppm, scenario_initial=policy.scenario_initial,
    )  # fmt: skip


def to_engine(world: World):
    """The same empty market on the engine."""
    from solvent.engine import Engine

    engine = Engine(product_policy(world.policy))
    for name, exponent in ASSETS:
        engine.add_asset(name, exponent=exponent)
    for contract, margin in zip(world.contracts, world.margins, strict=True):
        engine.list_instrument(product_listing(contract), product_margin(margin, contract))
    return engine


def to_rows(rows: list[dict[str, int]]):
    """Command dicts as one COMMAND table."""
    import numpy as np

    from solvent.engine.commands import COMMAND

    return np.array([tuple(row[name] for name in COMMAND.names) for row in rows], dtype=COMMAND)
