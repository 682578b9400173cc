"""Commands in, events out: sections 2, 3, 5 and 6 of docs/semantics.md as a full scan.

After every command each account that the command touched (after a snapshot: every account) is
evaluated from nothing. There is no index, no cache and no compiled code.
"""

from __future__ import annotations

import copy
from collections import Counter
from fractions import Fraction
from math import ceil, floor

from tests.reference.rules import (
    INDEX_ONE,
    PPM,
    Book,
    accrued,
    notional,
    sign,
    trade_cost,
    value,
)
from tests.reference.terms import (
    Account,
    Instrument,
    Margin,
    Order,
    Policy,
    RiskArray,
    Slot,
)

from solvent.engine.commands import CommandKind as C
from solvent.engine.events import EventKind as E
from solvent.engine.events import Outcome

NONE = -1
SCORE_ONE = 2**20
INDEX_MAX = 2**61
# What one side of a fill may be refused for, in order of precedence over both sides.
SIDE_REFUSALS = ("UNKNOWN_LEG", "WRONG_ASSET", "OUT_OF_RANGE", "NO_RISK_ARRAY", "IN_LIQUIDATION")
ROLES = ("OUTSIDE", "FUND", "FEES", "ROUNDING", "FUNDING", "MARKET")
COMMAND_FIELDS = (
    "kind", "time", "account", "other", "instrument", "leg", "a", "b", "c", "d", "id",
)  # fmt: skip
EVENT_FIELDS = (
    "seq", "time", "kind", "account", "other", "instrument", "leg", *"abcdefgh",
)  # fmt: skip


class Refused(Exception):
    """The expected "no", by the name of the refusal."""

    def __init__(self, name: str, value: int = 0, limit: int = 0, instrument: int = NONE) -> None:
        super().__init__(name)
        self.name, self.value, self.limit, self.instrument = name, value, limit, instrument


class Reference(Book):
    """The whole engine. `apply` takes one command as a dict and returns its events as dicts."""

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.policy = policy
        self.system: list[dict[str, int]] = []  # per asset: role -> account
        self.time = 0
        self.seq = 0
        self.order_id = 0
        self.judged_in = 0  # the interval of the last judgement
        self.snapshot_open = False
        self.events: list[dict[str, int]] = []
        self.ended: list[Account] = []  # liquidations that ended in this judgement
        self.staged: dict[int, RiskArray] = {}  # section 7: coming in

    # ----------------------------------------------------------------------- the control plane

    def add_asset(self) -> int:
        asset = len(self.system)
        self.system.append({})
        for role in ROLES:
            self.system[asset][role] = len(self.accounts)
            self.accounts.append(Account(len(self.accounts), asset, role))
        return asset

    def list_instrument(self, instrument: Instrument, margin: Margin) -> int:
        self.instruments.append(instrument)
        self.margins.append(margin)
        self.marks.append(0)
        self.index_long.append(0)
        self.index_short.append(0)
        self.settled.append(False)
        return len(self.instruments) - 1

    def change_margin(self, i: int, margin: Margin) -> list[dict[str, int]]:
        self.margins[i] = margin
        self.events, self.seq = [], self.seq + 1
        self.judge(self.customers(), occasion=True)
        return self.events

    def set_policy(self, policy: Policy) -> list[dict[str, int]]:
        self.policy = policy
        self.events, self.seq = [], self.seq + 1
        self.judge(self.customers(), occasion=True)
        return self.events

    # ------------------------------------------------------------------------------ the ledger

    def house(self, asset: int, role: str) -> Account:
        return self.accounts[self.system[asset][role]]

    def customers(self) -> list[Account]:
        return [account for account in self.accounts if not account.role]

    def slot(self, account: Account, i: int, leg: int) -> Slot:
        return account.slots.setdefault((i, leg), Slot())

    def receive(self, account: Account, settle: int, amount: int) -> None:
        """Cash of an asset: to the wallet, or to the balance of a second settlement asset."""
        if account.asset == settle:
            account.wallet += amount
        else:
            self.slot(account, self.conversion(settle, account.asset), 0).lots += amount

    def pay(self, payer: Account, payee: Account, amount: int) -> None:
        payer.wallet -= amount
        payee.wallet += amount

    def settle_accrued(self, account: Account, i: int, slot: Slot) -> None:
        settle = self.instruments[i].settle
        due = accrued(slot, self.index_long[i], self.index_short[i])
        self.receive(account, settle, -due)
        self.house(settle, "FUNDING").wallet += due

    def trade(self, account: Account, i: int, leg: int, lots: int, cost: int, c_close: int) -> None:
        """One side of a fill: `cost` in all, of which `c_close` for the lots that reduce."""
        slot, settle = self.slot(account, i, leg), self.instruments[i].settle
        if self.instruments[i].kind == "spot":
            slot.lots += lots
            self.receive(account, settle, -cost)
            return
        self.settle_accrued(account, i, slot)
        x = min(abs(lots), abs(slot.lots)) if slot.lots * lots < 0 else 0
        if x:
            part = floor(Fraction(slot.cost * x, abs(slot.lots)))
            self.receive(account, settle, -c_close - part)
            slot.cost -= part
            slot.cost += cost - c_close
        else:
            slot.cost += cost
        slot.lots += lots
        slot.index = self.index_long[i] if slot.lots > 0 else self.index_short[i]

    def book(self, account: Account, other: Account, i, leg, other_leg, lots, price) -> int:
        """A fill of signed `lots` of `account` against `other`. Returns its cost."""
        instrument = self.instruments[i]
        cost = trade_cost(instrument, lots, price)
        for side, its_leg, its_lots, its_cost in (
            (account, leg, lots, cost),
            (other, other_leg, -lots, -cost),
        ):
            before = self.slot(side, i, its_leg).lots
            x = min(abs(its_lots), abs(before)) if before * its_lots < 0 else 0
            c_close = -sign(before) * value(instrument, x, price)
            self.trade(side, i, its_leg, its_lots, its_cost, c_close)
        self.sweep(account)
        self.sweep(other)
        return cost

    def sweep(self, account: Account) -> None:
        """Forget places that hold nothing."""
        for key in [key for key, slot in account.slots.items() if not self.in_use(slot)]:
            del account.slots[key]

    def in_use(self, slot: Slot) -> bool:
        return bool(slot.lots or slot.buys or slot.sells or slot.leverage)

    def open_lots(self, i: int) -> int:
        return sum(
            abs(slot.lots)
            for account in self.accounts
            for (j, _), slot in account.slots.items()
            if j == i
        )

    def holders(self, i: int) -> list[Account]:
        return [
            account
            for account in self.customers()
            if any(key[0] == i and slot.lots for key, slot in account.slots.items())
        ]

    # --------------------------------------------------------------------------------- the end

    def emit(self, kind: E, account: int = NONE, **fields: int) -> None:
        row = dict.fromkeys(EVENT_FIELDS, 0) | {"other": NONE, "instrument": NONE}
        row |= {"seq": self.seq, "time": self.time, "kind": int(kind), "account": account}
        self.events.append(row | fields)

    def apply(self, command: dict[str, int]) -> list[dict[str, int]]:
        """Run one command. A refusal changes nothing and is one event."""
        self.events = []
        self.seq += 1
        before = self.state()
        row = dict.fromkeys(COMMAND_FIELDS, 0)
        row |= {"account": NONE, "other": NONE, "instrument": NONE} | command
        try:
            if row["time"] < self.time:
                raise Refused("TIME_BACKWARDS", row["time"], self.time)
            if self.snapshot_open and row["kind"] != C.PRICE:
                raise Refused("SNAPSHOT_OPEN")
            self.time = row["time"]
            getattr(self, "on_" + C(row["kind"]).name.lower())(**row)
        except Refused as no:
            self.restore(before)
            self.events = []
            self.refuse(no, row)
            if row["kind"] == C.PRICE and row["b"]:
                self.snapshot_open = False
            if row["kind"] == C.RISK_ARRAY and row["instrument"] == NONE:
                self.staged = {}
                self.events[-1]["instrument"] = no.instrument
        return self.events

    def refuse(self, no: Refused, row: dict[str, int]) -> None:
        self.emit(
            E.REFUSED,
            row["account"],
            other=row["other"],
            instrument=row["instrument"],
            leg=row["leg"],
            b=no.value,
            c=no.limit,
            d=row["kind"],
        )
        late = no.name in ("TIME_BACKWARDS", "SNAPSHOT_OPEN")  # its time is not looked at
        time = self.time if late else max(row["time"], self.time)
        self.events[-1] |= {"refusal": no.name, "time": time}

    def state(self):
        """A copy of everything that a command may change."""
        return ([account.copy() for account in self.accounts], list(self.marks), list(self.index_long),
                list(self.index_short), list(self.settled), self.order_id, self.judged_in,
                self.time, {i: one.copy() for i, one in self.arrays.items()},
                {i: one.copy() for i, one in self.staged.items()}, self.scenario_count)  # fmt: skip

    def clone(self) -> Reference:
        other = copy.copy(self)
        other.restore(self.state())
        return other

    def restore(self, state) -> None:
        (self.accounts, self.marks, self.index_long, self.index_short, self.settled,
         self.order_id, self.judged_in, self.time, self.arrays, self.staged,
         self.scenario_count) = state  # fmt: skip

    # ------------------------------------------------------------------------ admission checks

    def customer(self, number: int) -> Account:
        if not 0 <= number < len(self.accounts) or self.accounts[number].role:
            raise Refused("UNKNOWN_ACCOUNT", number)
        return self.accounts[number]

    def tradable(self, i: int, *, spot: bool | None = False) -> Instrument:
        if not 0 <= i < len(self.instruments):
            raise Refused("UNKNOWN_INSTRUMENT", i)
        if spot is not None and (self.instruments[i].kind == "spot") != spot:
            raise Refused("WRONG_KIND", i)
        if self.settled[i]:
            raise Refused("INSTRUMENT_CLOSED", i)
        return self.instruments[i]

    def positive(self, amount: int) -> None:
        if amount <= 0:
            raise Refused("AMOUNT_NOT_POSITIVE", amount)

    def check_side(self, side: Account, i: int, leg: int, lots: int) -> None:
        """Whether one side of a fill may happen."""
        spot = self.is_spot((i, leg))
        if not 0 <= leg <= (0 if spot else 2):
            raise Refused("UNKNOWN_LEG", leg)
        if spot and side.asset != self.instruments[i].settle:
            raise Refused("WRONG_ASSET", i)
        self.check_asset(side, i)
        before = side.slots.get((i, leg), Slot()).lots
        after = before + lots
        if (leg == 1 and after < 0) or (leg == 2 and after > 0):
            raise Refused("UNKNOWN_LEG", after)
        if spot and after < 0 and not side.role:
            raise Refused("OUT_OF_RANGE", after)
        limit = self.instruments[i].lots_max
        if abs(after) > limit and abs(after) > abs(before) and not side.role:
            raise Refused("OUT_OF_RANGE", after, limit)
        self.check_array(side, i)
        grows = abs(after) > abs(before) or before * after < 0
        if side.active and after and grows:
            raise Refused("IN_LIQUIDATION", after)

    def check_asset(self, account: Account, i: int) -> None:
        settle = self.instruments[i].settle
        other = settle != account.asset
        if other and (account.scenarios or self.conversion(settle, account.asset) is None):
            raise Refused("WRONG_ASSET", i)

    def check_quiet(self, account: Account) -> None:
        if account.active:
            raise Refused("IN_LIQUIDATION")

    def check_free(self, account: Account, band_ppm: int = 0) -> None:
        free = self.free(account, band_ppm)
        if free < 0:
            raise Refused("BELOW_INITIAL_MARGIN", free)

    def check_leaving(self, account: Account, lacking: str = "INSUFFICIENT_BALANCE") -> None:
        """After money or collateral has left."""
        if account.wallet < 0:
            raise Refused(lacking, account.wallet)
        resting = any(slot.buys or slot.sells for slot in account.slots.values())
        debts = any(account.slots[key].lots < 0 for key in self.balances(account))
        if self.derivatives(account) or resting or debts:
            self.check_free(account, self.policy.withdraw_band_ppm)

    # -------------------------------------------------------------------- commands: data plane

    def on_price(self, instrument, a, b, **row) -> None:
        """A refused price changes no mark, but the last row of a snapshot closes it all the same."""
        try:
            self.tradable(instrument, spot=None)
            if not 0 < a <= self.instruments[instrument].price_max:
                raise Refused("OUT_OF_RANGE", a)
            self.marks[instrument] = a
            self.emit(E.PRICE_ACCEPTED, instrument=instrument, a=a)
            array = self.arrays.get(instrument)
            if array and not array.asked and abs(a - array.stamp) > array.reach:
                array.asked = True
                self.emit(E.RISK_ARRAY_REQUESTED, instrument=instrument,
                          a=a, b=array.stamp, c=array.reach)  # fmt: skip
        except Refused as no:
            self.refuse(no, {"instrument": instrument, **row})
        self.snapshot_open = not b
        if not b:
            return
        if self.policy.interval:
            now = self.time // self.policy.interval
            if now <= self.judged_in:
                return
            self.judged_in = now
        self.judge(self.changed(), occasion=True)

    def changed(self) -> list[Account]:
        """Whom prices concern: nobody who is margined by scenarios."""
        return [a for a in self.customers() if not a.scenarios and self.level(a) != a.level]

    def by_scenarios(self) -> list[Account]:
        return [a for a in self.customers() if a.scenarios]

    def on_open_account(self, a, b, other, **_) -> None:
        if other != NONE and self.customer(other).asset != a:
            raise Refused("WRONG_ASSET", a)
        if b not in (0, 1):
            raise Refused("OUT_OF_RANGE", b, 1)
        account = Account(len(self.accounts), a, parent=other, scenarios=b == 1)
        self.accounts.append(account)
        self.emit(E.ACCOUNT_OPENED, account.id, other=other, a=a, b=b)

    # ---------------------------------------------------------------- section 7: risk arrays

    def on_risk_array(self, instrument, id, a, b, c, **_) -> None:
        if instrument == NONE:
            self.publish(a, b)
            return
        terms = self.tradable(instrument)
        factors = [self.factor(level) for level in (1, 2, 3, 4)]
        greatest = ceil(max(*factors, Fraction(*self.policy.scenario_initial)))
        most = 2**54 // (terms.lots_max * greatest)
        if id == 0:
            if not 0 < a <= terms.price_max:
                raise Refused("OUT_OF_RANGE", a)
            if b < 0 or not 0 <= c <= most:
                raise Refused("OUT_OF_RANGE", b)
            self.staged[instrument] = RiskArray(a, b, c)
            return
        if not -most <= a <= b <= most:
            raise Refused("OUT_OF_RANGE", a)
        array = self.staged.get(instrument)
        if array is None or id != len(array.profits) + 1 or id > 64:
            raise Refused("RISK_ARRAY_DISORDER", id)
        array.profits.append((a, b))

    def publish(self, count: int, instruments: int) -> None:
        if not 1 <= count <= 64 or len(self.staged) != instruments:
            raise Refused("RISK_ARRAY_INCOMPLETE", len(self.staged), instruments)
        for i, array in sorted(self.staged.items()):
            if len(array.profits) != count:
                raise Refused("RISK_ARRAY_INCOMPLETE", len(array.profits), count, i)
        for i, array in sorted(self.staged.items()):
            if array.stamp != self.marks[i]:
                raise Refused("RISK_ARRAY_STALE", array.stamp, self.marks[i], i)
        needed = {
            i
            for account in self.by_scenarios()
            for (i, leg), slot in account.slots.items()
            if not self.is_spot((i, leg)) and (slot.lots or slot.buys or slot.sells)
        }
        for i in sorted(needed - self.staged.keys()):
            raise Refused("RISK_ARRAY_MISSING", 0, 0, i)
        self.arrays, self.staged, self.scenario_count = self.staged, {}, count
        self.emit(E.RISK_ARRAYS_PUBLISHED, a=count, b=instruments)
        self.judge(self.by_scenarios(), occasion=True)

    def check_array(self, account: Account, i: int) -> None:
        if account.scenarios and not self.is_spot((i, 0)) and i not in self.arrays:
            raise Refused("NO_RISK_ARRAY", i)

    def on_deposit(self, account, a, **_) -> None:
        self.positive(a)
        to = self.accounts[account] if 0 <= account < len(self.accounts) else None
        if to is None or to.role not in ("", "FUND"):
            raise Refused("UNKNOWN_ACCOUNT", account)
        self.pay(self.house(to.asset, "OUTSIDE"), to, a)
        if to.backing == "unallocated" and to.wallet >= 0:
            to.backing = "owner"
        self.emit(E.DEPOSITED, account, a=a, b=to.wallet)
        if not to.role:
            self.judge([to])

    def on_withdraw(self, account, a, **_) -> None:
        self.positive(a)
        to = self.customer(account)
        self.check_quiet(to)
        self.pay(to, self.house(to.asset, "OUTSIDE"), a)
        self.check_leaving(to)
        self.emit(E.WITHDRAWN, account, a=a, b=to.wallet)
        self.judge([to])

    def on_transfer(self, account, other, a, **_) -> None:
        payer, payee = self.customer(account), self.customer(other)
        if payer.parent != payee.id and payee.parent != payer.id:
            raise Refused("NOT_RELATED", other)
        self.positive(a)
        self.check_quiet(payer)
        self.pay(payer, payee, a)
        self.check_leaving(payer)
        self.emit(E.TRANSFERRED, account, other=other, a=a)
        self.judge([payer, payee])

    def move_collateral(self, account: int, i: int, lots: int) -> Account:
        spot, owner = self.tradable(i, spot=True), self.customer(account)
        if spot.settle != owner.asset:
            raise Refused("WRONG_ASSET", i)
        self.slot(owner, i, 0).lots += lots
        self.house(spot.base, "OUTSIDE").wallet -= lots
        return owner

    def on_deposit_collateral(self, account, instrument, a, **_) -> None:
        self.positive(a)
        owner = self.move_collateral(account, instrument, a)
        self.emit(E.COLLATERAL_DEPOSITED, account, instrument=instrument, a=a)
        self.judge([owner])

    def on_withdraw_collateral(self, account, instrument, a, **_) -> None:
        self.positive(a)
        owner = self.move_collateral(account, instrument, -a)
        self.check_quiet(owner)
        if self.slot(owner, instrument, 0).lots < 0:
            raise Refused("INSUFFICIENT_BALANCE", a)
        self.check_leaving(owner, "BELOW_INITIAL_MARGIN")
        self.sweep(owner)
        self.emit(E.COLLATERAL_WITHDRAWN, account, instrument=instrument, a=a)
        self.judge([owner])

    def on_fill(self, account, other, instrument, leg, a, b, c, d, id, **_) -> None:
        if account == other:
            raise Refused("UNKNOWN_ACCOUNT", other)
        self.tradable(instrument, spot=None)
        if a == 0 or c < 0:
            raise Refused("AMOUNT_NOT_POSITIVE", a)
        sides = [
            self.accounts[n] if self.is_market(n) else self.customer(n) for n in (account, other)
        ]
        refusals = []
        for side, its_leg, lots in zip(sides, (leg, d), (a, -a), strict=True):
            try:
                self.check_side(side, instrument, its_leg, lots)
            except Refused as no:
                refusals.append(no)
        if refusals:
            raise min(refusals, key=lambda no: SIDE_REFUSALS.index(no.name))
        if b <= 0:
            raise Refused("OUT_OF_RANGE", b)
        held = sides[0].slots.get((instrument, leg), Slot()).lots
        reduces = held * a < 0 and abs(a) <= abs(held)
        free = self.free(sides[0]) if not sides[0].role else 0
        cost = self.book(*sides, instrument, leg, d, a, b)
        self.pay(sides[0], self.house(sides[0].asset, "FEES"), c)
        if id == 1 and sides[0].scenarios:
            if self.free(sides[0]) < min(free, 0):
                raise Refused("BELOW_INITIAL_MARGIN", free)
        elif id == 1 and not reduces:
            self.check_free(sides[0])
        self.emit(E.FILL_BOOKED, account, other=other, instrument=instrument, leg=leg,
                  a=a, b=b, c=cost, d=c)  # fmt: skip
        self.judge([side for side in sides if not side.role])

    def is_market(self, number: int) -> bool:
        return 0 <= number < len(self.accounts) and self.accounts[number].role == "MARKET"

    def on_reserve(self, account, instrument, leg, a, b, **_) -> None:
        self.tradable(instrument, spot=None)
        owner = self.customer(account)
        self.check_asset(owner, instrument)
        self.tradable(instrument)
        if a < 0 or b < 0:
            raise Refused("AMOUNT_NOT_POSITIVE", min(a, b))
        self.check_array(owner, instrument)
        slot = self.slot(owner, instrument, leg)
        grows = a > slot.buys or b > slot.sells
        if a or b:
            self.check_quiet(owner)
        slot.buys, slot.sells = a, b
        if grows:
            self.check_free(owner)
        self.sweep(owner)
        self.emit(E.ORDERS_RESERVED, account, instrument=instrument, leg=leg, a=a, b=b)
        self.judge([owner])

    def on_leverage(self, account, instrument, leg, a, **_) -> None:
        self.tradable(instrument, spot=None)
        owner = self.customer(account)
        self.check_asset(owner, instrument)
        self.tradable(instrument)
        if owner.scenarios:
            raise Refused("WRONG_MODEL", a)
        if not 0 <= a <= 1000:
            raise Refused("OUT_OF_RANGE", a)
        slot = self.slot(owner, instrument, leg)
        tighter = a and (not slot.leverage or a < slot.leverage)
        slot.leverage = a
        if tighter:
            self.check_free(owner)
        self.sweep(owner)
        self.emit(E.LEVERAGE_SET, account, instrument=instrument, leg=leg, a=a)
        self.judge([owner])

    def on_funding(self, instrument, a, **_) -> None:
        terms, mark = self.tradable(instrument), self.marks[instrument]
        if terms.kind == "linear":
            step = floor(Fraction(terms.k * mark * a * INDEX_ONE, 10**8))
        else:
            step = floor(Fraction(terms.k * a * INDEX_ONE, 10**8 * mark))
        self.index_long[instrument] += step
        self.index_short[instrument] += step
        self.emit(E.FUNDING_SET, instrument=instrument, a=a, b=step, c=mark)
        self.judge(self.holders(instrument), occasion=True)

    def on_settle(self, instrument, a, **_) -> None:
        """Every slot is paid its value at the final price; what rounding leaves, ROUNDING has."""
        terms = self.tradable(instrument)
        self.positive(a)
        touched, count, left = self.holders(instrument), 0, 0
        self.marks[instrument] = a
        for account in self.accounts:
            for (i, leg), slot in sorted(account.slots.items()):
                if i != instrument:
                    continue
                if slot.lots:
                    count += 1
                    worth = value(terms, slot.lots, a)
                    self.trade(account, i, leg, -slot.lots, -worth, -worth)
                    left -= worth
                del account.slots[i, leg]
                account.orders.pop((i, leg), None)
        self.house(terms.settle, "ROUNDING").wallet += left
        self.settled[instrument] = True
        self.arrays.pop(instrument, None)
        self.staged.pop(instrument, None)
        self.emit(E.INSTRUMENT_SETTLED, instrument=instrument, a=a, b=count)
        self.judge([*touched, *self.by_scenarios()], occasion=True)

    def on_timer(self, **_) -> None:
        for account in self.customers():
            if account.call_deadline is not None and self.time > account.call_deadline:
                account.call_deadline = None
                self.emit(E.MARGIN_CALL_LAPSED, account.id, a=-self.buffer(account, 2))
        self.judge(self.changed(), occasion=True)

    def expire(self) -> None:
        """Forced orders whose deadline has passed."""
        for account in self.customers():
            for (i, leg), order in sorted(account.orders.items()):
                if self.time > order.deadline:
                    del account.orders[i, leg]
                    self.emit(
                        E.ORDER_EXPIRED, account.id, instrument=i, leg=leg, a=order.lots, d=order.id
                    )

    # ----------------------------------------------------------- commands: answers to requests

    def on_order_fill(self, account, instrument, leg, a, b, c, id, **_) -> None:
        owner, i = self.customer(account), instrument
        order = owner.orders.get((i, leg))
        if order is None or order.id != id:
            raise Refused("ORDER_UNKNOWN", id)
        if self.time > order.deadline:
            raise Refused("ORDER_LATE", self.time, order.deadline)
        if c <= order.last_fill:
            raise Refused("DUPLICATE_FILL", c, order.last_fill)
        self.positive(a)
        if a > min(abs(order.lots), abs(owner.slots.get((i, leg), Slot()).lots)):
            raise Refused("OVERFILL", a, abs(order.lots))
        self.positive(b)
        terms, key = self.instruments[i], (i, leg)
        spot = terms.kind == "spot"
        quote = None if spot else self.zero_quote(owner, key, a)
        traded = sign(order.lots) * a
        cost = self.book(owner, self.house(terms.settle, "MARKET"), i, leg, 0, traded, b)
        cash = -cost
        paid = 0
        if not spot:
            delta = 0 if quote is None else self.converted(owner, key, cash - quote, floor)
            after = self.equity(owner)
            n = self.converted(owner, key, notional(terms, a, b), ceil)
            owner.liquidated[i] = owner.liquidated.get(i, 0) + n
            if delta > 0 and after > 0:
                paid = min(delta, after)
                if not (self.policy.surplus_to_fund or owner.backing == "fund"):
                    paid = min(paid, ceil(Fraction(n * self.policy.fee_ppm, PPM)))
                self.pay(owner, self.house(owner.asset, "FUND"), paid)
        order.lots -= traded
        order.last_fill = c
        if order.lots == 0:
            del owner.orders[key]
        self.emit(E.ORDER_FILLED, account, instrument=i, leg=leg, a=traded, b=b, c=self.marks[i],
                  d=cash if quote is None else quote, e=-cost, f=paid, g=id, h=order.lots)  # fmt: skip
        self.judge([owner])

    def on_order_closed(self, account, instrument, leg, id, **_) -> None:
        owner = self.customer(account)
        order = owner.orders.get((instrument, leg))
        if order is None or order.id != id:
            raise Refused("ORDER_UNKNOWN", id)
        del owner.orders[instrument, leg]
        self.emit(E.ORDER_EXPIRED, account, instrument=instrument, leg=leg, a=order.lots, d=id)

    def pending(self, account: int, request: str) -> Account:
        owner = self.customer(account)
        if owner.request != request:
            raise Refused("NOT_REQUESTED", account)
        return owner

    def on_fund_answer(self, account, a, **_) -> None:
        owner = self.pending(account, "fund")
        fund = self.house(owner.asset, "FUND")
        if not 0 <= a <= owner.requested:
            raise Refused("OUT_OF_RANGE", a, owner.requested)
        if 0 < a < owner.requested and self.derivatives(owner):
            raise Refused("OUT_OF_RANGE", a, owner.requested)
        if a > fund.wallet:
            raise Refused("FUND_EXHAUSTED", a, fund.wallet)
        asked, owner.request, owner.requested = owner.requested, "", 0
        if a:
            self.pay(fund, owner, a)
            self.emit(E.INSURANCE_DRAWN, account, a=a, b=fund.wallet)
        if a < asked:
            self.emit(E.FUND_REFUSED, account, a=asked - a, b=fund.wallet)
        if self.derivatives(owner):
            if a == asked:
                owner.backing = "fund"
            else:
                self.ask_adl(owner)
        elif a < asked:
            owner.request, owner.requested = "socialise", asked - a
        self.judge([owner])

    def on_adl_answer(self, account, other, instrument, leg, a, d, **_) -> None:
        owner, i = self.pending(account, "adl"), instrument
        payer = self.accounts[other] if self.is_market(other) else self.customer(other)
        mine, theirs = owner.slots.get((i, leg)), payer.slots.get((i, d))
        if mine is None or theirs is None or mine.lots * theirs.lots >= 0:
            raise Refused("COUNTERPARTY_UNABLE", other)
        if payer.active:
            raise Refused("COUNTERPARTY_UNABLE", other)
        if not 0 < a <= min(abs(mine.lots), abs(theirs.lots)):
            raise Refused("BAD_AMOUNT", a)
        terms, mark, mine_lots = self.instruments[i], self.marks[i], mine.lots
        due = accrued(theirs, self.index_long[i], self.index_short[i])
        profit = value(terms, theirs.lots, mark) - theirs.cost - due
        quote = self.deleverage(owner, payer, i, leg, d, a)
        owner.deleveraged += 1
        after = 0 if payer.role else self.equity(payer)
        if after < 0:
            raise Refused("COUNTERPARTY_UNABLE", other)
        lots = -sign(mine_lots) * a
        slice_value = value(terms, mine_lots, mark) - value(terms, mine_lots + lots, mark)
        self.emit(E.DELEVERAGED, account, other=other, instrument=i, leg=leg, a=lots, b=mark,
                  c=quote, d=slice_value, e=profit, f=after, g=owner.deleveraged)  # fmt: skip
        if not self.derivatives(owner):
            owner.request = ""
        self.judge([owner] if payer.role else [owner, payer])

    def deleverage(self, owner: Account, payer: Account, i, leg, d, x) -> int:
        """Close `x` lots of both at the owner's zero quote of the moment."""
        held, terms, mark = owner.slots[i, leg].lots, self.instruments[i], self.marks[i]
        lots = -sign(held) * x
        quote = self.zero_quote(owner, (i, leg), x)
        if quote is None:
            quote = value(terms, held, mark) - value(terms, held + lots, mark)
        n = notional(self.instruments[i], x, self.marks[i])
        owner.liquidated[i] = owner.liquidated.get(i, 0) + n
        self.trade(owner, i, leg, lots, -quote, -quote)
        self.trade(payer, i, d, -lots, quote, quote)
        self.sweep(owner)
        self.sweep(payer)
        return quote

    def on_adl_done(self, account, **_) -> None:
        owner = self.pending(account, "adl")
        owner.request, owner.backing = "", "nobody"
        self.judge([owner])

    def on_socialise(self, account, instrument, a, **_) -> None:
        owner = self.pending(account, "socialise")
        if not 0 < a <= owner.requested:
            raise Refused("BAD_AMOUNT", a, owner.requested)
        owner.requested -= a
        if owner.requested == 0:
            owner.request = ""
        touched = [owner]
        if instrument == NONE:
            owner.request, owner.requested = "", 0
            owner.backing = "unallocated"
            self.emit(E.DEFICIT_UNALLOCATED, account, a=a)
            self.end(owner, Outcome.CLOSED)
        else:
            i, n = instrument, self.open_lots(instrument)
            if n == 0:
                raise Refused("COUNTERPARTY_UNABLE", i)
            step = ceil(Fraction(a * INDEX_ONE, n))
            if max(step, self.index_long[i] + step, step - self.index_short[i]) > INDEX_MAX:
                raise Refused("OVERFLOW", step)
            self.index_long[i] += step
            self.index_short[i] -= step
            self.pay(self.house(self.instruments[i].settle, "FUNDING"), owner, a)
            self.emit(E.LOSS_SOCIALISED, account, instrument=i, a=a, b=step, c=n)
            touched += [holder for holder in self.holders(i) if holder is not owner]
        self.judge(touched, planned=[owner])

    # ------------------------------------------------------------------ judgement and planning

    def judge(self, touched: list[Account], *, occasion: bool = False, planned=None) -> None:
        """Sections 5 and 6: levels worst first, then the accounts in liquidation worst first.

        An occasion concerns everybody, so deadlines of forced orders are looked at, too.
        """
        if occasion:
            asked = {account.id: account for account in touched if account.scenarios}
            touched = [*self.changed(), *asked.values()]
        self.levels(touched)
        if occasion:
            self.expire()
            touched = self.customers()
        self.ended = []
        touched = touched if planned is None else planned
        idle = [a for a in touched if a.active and not a.orders and not a.request]
        for account in sorted(idle, key=self.badness):
            self.plan(account)
        self.levels(list({account.id: account for account in self.ended}.values()))

    def levels(self, touched: list[Account]) -> None:
        for account in sorted(touched, key=self.badness):
            equity, requirement = self.equity(account), self.requirement(account)
            level, before = self.level(account), account.level
            if level != before:
                account.level = level
                self.emit(E.LEVEL_CHANGED, account.id, a=before, b=level, c=equity, d=requirement)
                if before < 2 <= level:
                    account.call_deadline = self.time + self.policy.call_period
                    self.emit(E.MARGIN_CALLED, account.id, a=-self.buffer(account, 2),
                              b=account.call_deadline, c=equity, d=requirement)  # fmt: skip
                elif level < 2 <= before:
                    account.call_deadline = None
                    self.emit(E.MARGIN_CALL_CURED, account.id)
            if level >= 3 and not account.active and self.actionable(account):
                account.active = True
                self.emit(E.LIQUIDATION_STARTED, account.id, a=equity, b=requirement, c=level)

    def actionable(self, account: Account) -> bool:
        """Whether there is anything to liquidate or to cover."""
        positions = bool(self.derivatives(account))
        if account.backing == "unallocated":
            return positions
        debts = any(account.slots[key].lots < 0 for key in self.balances(account))
        return positions or debts or account.wallet < 0

    def plan(self, account: Account) -> None:
        policy = self.policy
        for (i, leg), slot in sorted(account.slots.items()):
            if slot.buys or slot.sells:
                self.emit(
                    E.ORDERS_CANCELLED, account.id, instrument=i, leg=leg, a=slot.buys, b=slot.sells
                )
                slot.buys = slot.sells = 0
        self.sweep(account)
        equity, requirement = self.equity(account), self.requirement(account)
        keys = self.derivatives(account)
        net = self.buffer(account, 3) + requirement
        if (
            keys
            and account.backing == "owner"
            and net * policy.target[1] >= requirement * policy.target[0]
        ):
            self.end(account, Outcome.RESTORED)
        elif not keys:
            self.plan_flat(account)
        elif equity < 0 and account.backing != "nobody":
            self.ask_fund(account, -equity)
        else:
            key, x = None, 0
            if policy.method == "partial" and account.backing == "owner":
                key, x = self.smallest_close(account)
            if key:
                self.order(account, key, x)
            else:
                sizes = {key: abs(account.slots[key].lots) for key in keys}
                if account.scenarios:
                    keys.sort(key=lambda key: (self.released(account, key, sizes[key]) <= 0, key))
                for key in keys:
                    self.order(account, key, sizes[key])

    def plan_flat(self, account: Account) -> None:
        """No derivatives left: buy back a debt, sell one balance (all of it for the fund), or end."""
        debt = -account.wallet
        debts = [key for key in self.balances(account) if account.slots[key].lots < 0]
        balances = [key for key in self.balances(account) if account.slots[key].lots > 0]
        if debts:
            self.order(account, debts[0], -account.slots[debts[0]].lots)
        elif balances and (debt > 0 or account.backing == "fund"):
            key = balances[0]
            pair, lots = self.instruments[key[0]], account.slots[key].lots
            if account.backing != "fund":
                worth = ceil(Fraction(debt * PPM, PPM - self.policy.close_cost_ppm))
                lots = min(lots, ceil(Fraction(worth * pair.k_den, self.marks[key[0]] * pair.k)))
            self.order(account, key, lots)
        elif debt > 0:
            self.ask_fund(account, debt)
        else:
            self.end(account, Outcome.CLOSED)

    def order(self, account: Account, key: tuple[int, int], x: int) -> None:
        """A forced order that brings `x` lots of a slot nearer to nothing."""
        self.order_id += 1
        slot = account.slots[key]
        order = Order(self.order_id, -sign(slot.lots) * x, self.time + self.policy.order_period)
        account.orders[key] = order
        self.emit(E.LIQUIDATION_ORDERED, account.id, instrument=key[0], leg=key[1], a=order.lots,
                  b=self.marks[key[0]], c=order.deadline, d=order.id, e=self.equity(account),
                  f=self.requirement(account), g=slot.lots)  # fmt: skip

    def smallest_close(self, account: Account) -> tuple[tuple[int, int] | None, int]:
        """The slot that helps with the largest requirement, and the least lots that restore."""
        R = self.requirement(account)
        net = self.buffer(account, 3) + R
        num, den = self.policy.target

        def restores(cost: int, dR: int) -> bool:
            return (net - cost) * den >= num * (R - dR)

        def after(key, x: int) -> tuple[int, int]:
            _slot, i = account.slots[key], key[0]
            n = self.converted(account, key, notional(self.instruments[i], x, self.marks[i]), ceil)
            cost = ceil(Fraction(n * self.policy.close_cost_ppm, PPM))
            return cost, self.released(account, key, x)

        helping = []
        for key in self.derivatives(account):
            most = abs(account.slots[key].lots)
            if account.scenarios:
                tried = {x: after(key, x) for x in range(1, most + 1)}
                most = max(tried, key=lambda x: (tried[x][1], -x))
                sizes = range(1, most + 1) if restores(*tried[most]) else ()
                x = next((x for x in sizes if restores(*tried[x])), most)
            else:
                x = next((x for x in range(1, most + 1) if restores(*after(key, x))), most)
            cost, dR = after(key, x)
            if cost * R <= net * dR and not (account.scenarios and dR <= 0):
                helping.append((-dR if account.scenarios else -after(key, most)[1], key, x))
        return min(helping)[1:] if helping else (None, 0)

    def ask_fund(self, account: Account, amount: int) -> None:
        account.request, account.requested = "fund", amount
        self.emit(E.FUND_REQUESTED, account.id, a=amount, b=self.equity(account),
                  c=self.requirement(account))  # fmt: skip

    def ask_adl(self, account: Account) -> None:
        keys = self.derivatives(account)
        if self.policy.adl == "none":
            account.backing = "nobody"
            return
        account.request = "adl"
        account.deleveraged = 0
        self.emit(E.ADL_REQUESTED, account.id, a=len(keys), b=self.equity(account),
                  c=self.requirement(account))  # fmt: skip

    def end(self, account: Account, outcome: Outcome) -> None:
        paid, equity, requirement = 0, self.equity(account), self.requirement(account)
        fund = self.house(account.asset, "FUND")
        if account.backing == "fund" and outcome == Outcome.CLOSED and account.wallet > 0:
            paid = account.wallet
            self.pay(account, fund, paid)
            self.emit(E.SURPLUS_TO_FUND, account.id, a=paid, b=fund.wallet)
        account.active = False
        if account.backing != "unallocated":
            account.backing = "owner"
        account.liquidated = {}
        self.emit(
            E.LIQUIDATION_ENDED,
            account.id,
            a=int(outcome),
            b=equity,
            c=requirement,
            d=paid,
        )
        if account.parent != NONE and outcome == Outcome.CLOSED and account.wallet > 0:
            swept, parent = account.wallet, self.accounts[account.parent]
            self.pay(account, parent, swept)
            self.emit(E.SWEPT_TO_PARENT, account.id, other=account.parent, a=swept)
            self.ended.append(parent)
        self.ended.append(account)

    # --------------------------------------------------------- what fund, ADL and venue answer

    def answers(self, time: int) -> list[dict[str, int]]:
        """Commands that answer every request now pending: fund, then ADL, then socialised loss."""
        rows: list[dict[str, int]] = []
        taken: Counter[tuple[int, int, int]] = Counter()  # lots of a counterparty already promised

        def say(kind: C, account: Account, **fields: int) -> None:
            row = {"kind": int(kind), "time": time, "account": account.id} | fields
            rows.append(row)

        waiting = [a for a in self.customers() if a.request]
        funds = {a.id: a.wallet for a in self.accounts if a.role == "FUND"}
        for account in sorted(waiting, key=self.badness):
            if account.request == "fund":
                fund = self.system[account.asset]["FUND"]
                grant = min(account.requested, funds[fund])
                if self.derivatives(account) and grant < account.requested:
                    grant = 0
                funds[fund] -= grant
                say(C.FUND_ANSWER, account, a=grant)
            elif account.request == "adl":
                for i, leg in self.derivatives(account):
                    for other, d, x in self.chosen(account, (i, leg), taken):
                        say(C.ADL_ANSWER, account, other=other, instrument=i, leg=leg, d=d, a=x)
                say(C.ADL_DONE, account)
            else:
                for i, share in self.split(account):
                    say(C.SOCIALISE, account, instrument=i, a=share)
        return rows

    def ranked(self, account: Account, key: tuple[int, int]):
        """Opposite slots in the order of the queue: (score, place, profit), then account and leg.

        The score is profit over entry value times notional over equity, and divided by it for a
        loss, each factor rounded down to 2**-20.
        """
        lots, i, rows = account.slots[key].lots, key[0], []
        terms, mark = self.instruments[i], self.marks[i]
        for other in self.customers():
            if other is account or other.active or self.equity(other) <= 0:
                continue
            for (j, leg), slot in other.slots.items():
                if j != i or slot.lots * lots >= 0:
                    continue
                profit = self.profit(other, (j, leg), mark)
                n = self.converted(other, key, notional(terms, slot.lots, mark), floor)
                entry = self.converted(other, key, abs(slot.cost), floor)
                gain = floor(Fraction(profit, max(entry, 1)) * SCORE_ONE)
                leverage = floor(Fraction(n, self.equity(other)) * SCORE_ONE)
                score = gain * leverage
                if gain < 0:
                    score = -floor(Fraction(-gain, max(leverage, 1)) * SCORE_ONE)
                rows.append((-score, (other.id, leg), profit))
        market = self.house(terms.settle, "MARKET")
        theirs = market.slots.get((i, 0), Slot()).lots
        if self.policy.adl_market and theirs * lots < 0:
            rows.append((1 << 200, (market.id, 0), 0))
        return sorted(rows)

    def chosen(self, account: Account, key: tuple[int, int], taken) -> list[tuple[int, int, int]]:
        """(counterparty, its leg, lots) for one slot of a bankrupt account."""
        i, need = key[0], abs(account.slots[key].lots)
        queue = self.ranked(account, key)
        sizes = {
            place: abs(self.accounts[place[0]].slots[i, place[1]].lots) - taken[i, *place]
            for _, place, _ in queue
        }
        if self.policy.adl == "queue":
            groups = [[place] for _, place, _ in queue]
        else:
            groups = [
                sorted(place for _, place, profit in queue if (profit > 0) == gains)
                for gains in (True, False)
            ]
        chosen = []
        for group in groups:
            total = sum(sizes[place] for place in group)
            give = min(need, total)
            exact = {place: Fraction(sizes[place] * give, max(total, 1)) for place in group}
            parts = {place: floor(share) for place, share in exact.items()}
            left = give - sum(parts.values())
            for place in sorted(group, key=lambda p: (parts[p] - exact[p], p))[:left]:
                parts[place] += 1
            chosen += [(*place, part) for place, part in parts.items() if part]
            for place, part in parts.items():
                taken[i, *place] += part
            need -= give
        return chosen

    def split(self, account: Account) -> list[tuple[int, int]]:
        """(instrument, share) of a deficit."""
        D = account.requested
        shares = {
            i: n
            for i, n in account.liquidated.items()
            if n and self.instruments[i].settle == account.asset and self.open_lots(i)
        }
        if not shares:
            for i, terms in enumerate(self.instruments):
                if terms.kind != "spot" and terms.settle == account.asset and self.open_lots(i):
                    return [(i, D)]
            return [(NONE, D)]
        total = sum(shares.values())
        split = {i: floor(Fraction(D * n, total)) for i, n in sorted(shares.items())}
        largest = min(shares, key=lambda i: (-shares[i], i))
        split[largest] += D - sum(split.values())
        return [(i, share) for i, share in split.items() if share]
