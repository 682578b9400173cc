"""The formulas of docs/semantics.md sections 1 to 4, written once more, slowly, with fractions."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, isqrt, lcm

from tests.reference.terms import Account, Instrument, Margin, Policy, RiskArray, Schedule, Slot

INDEX_ONE = 2**24
PPM = 1_000_000


def sign(number: int) -> int:
    return (number > 0) - (number < 0)


def value(instrument: Instrument, lots: int, price: int) -> int:
    """Money that `lots` are worth, rounded against the holder."""
    if instrument.kind == "linear":
        return lots * instrument.k * price
    if instrument.kind == "inverse":
        return floor(Fraction(-lots * instrument.k, price))
    return floor(Fraction(lots * price * instrument.k, instrument.k_den))


def notional(instrument: Instrument, lots: int, price: int) -> int:
    return abs(value(instrument, lots, price))


def trade_cost(instrument: Instrument, lots: int, price: int) -> int:
    """The one number of a trade: what the side with `lots` pays and the other side receives."""
    return sign(lots) * value(instrument, abs(lots), price)


def accrued(slot: Slot, index_long: int, index_short: int) -> int:
    index = index_long if slot.lots > 0 else index_short
    return ceil(Fraction(slot.lots * (index - slot.index), INDEX_ONE))


def exact_charge(schedule: Schedule, fee: Fraction, amount: int, lots: int, factor: Fraction):
    """Rate times amount as an exact fraction, at a level whose factor is `factor`."""
    if schedule.form == "tiers":
        charge, below = Fraction(0), 0
        for bound, rate in schedule.tiers:
            charge += (min(amount, bound) - below) * rate
            below = bound
            if amount <= bound:
                break
        return (charge + amount * fee) * factor
    if schedule.form == "flat":
        rate = next(rate for bound, rate in schedule.tiers if amount <= bound)
        return amount * (rate + fee) * factor
    scale = lcm(*(part.denominator for part in (schedule.base, schedule.cap, schedule.offset, fee)))
    if schedule.form == "slope":
        rate = schedule.base + schedule.step * lots
    else:
        rate = max(schedule.base, schedule.offset + schedule.step * isqrt(lots + 1))
    rate = min(Fraction(ceil(rate * scale), scale), schedule.cap) * factor
    return amount * (rate + fee * factor)


def maintenance(
    instrument: Instrument, margin: Margin, lots: int, cost: int, price: int, factor: Fraction
) -> int:
    """The requirement of a position (or the haircut of a balance) at one level."""
    schedule = margin.maintenance
    n = notional(instrument, lots, price)
    if not schedule.entry:
        return ceil(exact_charge(schedule, margin.fee, n, abs(lots), factor))
    held = ceil(exact_charge(schedule, Fraction(0), abs(cost), abs(lots), factor))
    return held + ceil(n * margin.fee * factor)


def initial(instrument: Instrument, margin: Margin, slot: Slot, price: int) -> int:
    """Initial margin of a slot with its resting orders, worst side."""
    schedule = margin.initial
    worst = max(abs(slot.lots + slot.buys), abs(slot.lots - slot.sells))
    n = notional(instrument, worst, price)
    if schedule.entry:
        n = abs(slot.cost) + notional(instrument, worst - abs(slot.lots), price)
    need = ceil(exact_charge(schedule, Fraction(0), n, worst, Fraction(1)))
    if slot.leverage:
        need = max(need, ceil(Fraction(n, slot.leverage)))
    return need


def moved_against(instrument: Instrument, lots: int, price: int, band_ppm: int) -> int:
    """The price at which a withdrawal is tested: a step to the slot's disadvantage."""
    if band_ppm == 0 or lots == 0:
        return price
    if lots > 0:
        return max(1, floor(Fraction(price * (PPM - band_ppm), PPM)))
    return ceil(Fraction(price * (PPM + band_ppm), PPM))


class Book:
    """Accounts, instruments and marks, with the sums of section 4 over them. It changes nothing."""

    def __init__(self) -> None:
        self.instruments: list[Instrument] = []
        self.margins: list[Margin] = []
        self.marks: list[int] = []
        self.index_long: list[int] = []
        self.index_short: list[int] = []
        self.settled: list[bool] = []
        self.accounts: list[Account] = []
        self.policy = Policy()
        self.arrays: dict[int, RiskArray] = {}  # section 7: in force
        self.scenario_count = 0

    def is_spot(self, key: tuple[int, int]) -> bool:
        return self.instruments[key[0]].kind == "spot"

    def derivatives(self, account: Account) -> list[tuple[int, int]]:
        """Keys of the open derivative positions, in order."""
        return [
            key
            for key in sorted(account.slots)
            if not self.is_spot(key) and account.slots[key].lots != 0
        ]

    def balances(self, account: Account) -> list[tuple[int, int]]:
        return [key for key in sorted(account.slots) if self.is_spot(key)]

    def conversion(self, settle: int, asset: int) -> int | None:
        """The spot instrument that prices `settle` in `asset`."""
        for i, instrument in enumerate(self.instruments):
            if (instrument.kind, instrument.base, instrument.settle) == ("spot", settle, asset):
                return i
        return None

    def converted(self, account: Account, key: tuple[int, int], amount: int, rounding) -> int:
        """Money of a slot's settlement asset in the account's asset."""
        settle = self.instruments[key[0]].settle
        if settle == account.asset:
            return amount
        spot = self.conversion(settle, account.asset)
        pair = self.instruments[spot]
        return rounding(Fraction(amount * self.marks[spot] * pair.k, pair.k_den))

    def profit(self, account: Account, key: tuple[int, int], price: int) -> int:
        slot, i = account.slots[key], key[0]
        due = accrued(slot, self.index_long[i], self.index_short[i])
        gain = value(self.instruments[i], slot.lots, price) - slot.cost - due
        return self.converted(account, key, gain, floor)

    def held(self, account: Account, key, lots: int, cost: int, factor=Fraction(1)) -> int:
        """Requirement of `lots` in the place of a slot, in the account's asset."""
        i = key[0]
        need = maintenance(self.instruments[i], self.margins[i], lots, cost, self.marks[i], factor)
        return self.converted(account, key, need, ceil)

    def haircut(self, account: Account, key, price: int) -> int:
        i = key[0]
        lots = account.slots[key].lots
        return maintenance(self.instruments[i], self.margins[i], lots, 0, price, Fraction(1))

    def worth(self, account: Account, *, capped: bool, haircuts: bool) -> int:
        """Wallet, profit and collateral."""
        total = sum(
            self.profit(account, key, self.marks[key[0]]) for key in self.derivatives(account)
        )
        if capped and self.policy.profit_cap is not None:
            total = min(total, self.policy.profit_cap)
        total += account.wallet
        for key in self.balances(account):
            mark = self.marks[key[0]]
            total += value(self.instruments[key[0]], account.slots[key].lots, mark)
            if haircuts:
                total -= self.haircut(account, key, mark)
        return total

    def factor(self, level: int) -> Fraction:
        policy = self.policy
        return Fraction(*(policy.warn, policy.call, (1, 1), policy.backstop)[level - 1])

    def buffer(self, account: Account, level: int) -> int:
        """Section 4: level 1 warn, 2 call, 3 liquidation, 4 backstop, 5 bankrupt."""
        if level == 5:
            return self.worth(account, capped=False, haircuts=False)
        need = ceil(self.scenario_need(account) * self.factor(level)) if account.scenarios else 0
        for key in self.derivatives(account) if not account.scenarios else ():
            slot = account.slots[key]
            need += self.held(account, key, slot.lots, slot.cost, self.factor(level))
        at_zero = self.policy.inclusive and bool(self.derivatives(account))
        return self.worth(account, capped=True, haircuts=True) - need - at_zero

    def equity(self, account: Account) -> int:
        return self.buffer(account, 5)

    def requirement(self, account: Account) -> int:
        if account.scenarios:
            return self.scenario_need(account)
        return sum(
            self.held(account, key, account.slots[key].lots, account.slots[key].cost)
            for key in self.derivatives(account)
        )

    def scenario_need(self, account: Account, gone=None, x: int = 0, orders: bool = False) -> int:
        """Section 7: the worst state of the market, and the charge on shorts. `x` lots of the slot
        `gone` are no longer there.
        """
        sizes = []  # (instrument, one end of what orders can lead to, the other)
        for key, slot in account.slots.items():
            if not self.is_spot(key):
                lots = slot.lots - sign(slot.lots) * (x if key == gone else 0)
                up, down = (slot.buys, slot.sells) if orders else (0, 0)
                sizes.append((key[0], lots + up, lots - down))
        states = []
        for n in range(self.scenario_count):
            state = 0
            for i, high, low in sizes:
                # what one lot loses, seen from the side that holds it
                held, owed = (-rounded for rounded in self.arrays[i].profits[n])
                state += max(lots * (held if lots > 0 else owed) for lots in (high, low))
            states.append(state)
        short = sum(max(0, -low) * self.arrays[i].charge for i, _, low in sizes if low < 0)
        return max([0, *states]) + short

    def released(self, account: Account, key: tuple[int, int], x: int) -> int:
        """Requirement set free by closing `x` lots of a slot, in the account's asset."""
        if account.scenarios:
            return self.scenario_need(account) - self.scenario_need(account, key, x)
        slot = account.slots[key]
        rest = slot.lots - sign(slot.lots) * x
        rest_cost = slot.cost - floor(Fraction(slot.cost * x, abs(slot.lots)))
        whole = self.held(account, key, slot.lots, slot.cost)
        return whole - self.held(account, key, rest, rest_cost)

    def level(self, account: Account) -> int:
        buffers = [self.buffer(account, level) for level in (1, 2, 3, 4, 5)]
        return sum(buffer < 0 for buffer in buffers)

    def badness(self, account: Account) -> tuple[Fraction, int]:
        """The order "worst first": by this, ascending."""
        return Fraction(self.equity(account), max(self.requirement(account), 1)), account.id

    def free(self, account: Account, band_ppm: int = 0) -> int:
        """What is left above the initial requirements, at prices moved against each slot."""
        total, profit = account.wallet, 0
        for key, slot in account.slots.items():
            i = key[0]
            instrument = self.instruments[i]
            fixed = account.scenarios and not self.is_spot(key)
            band = 0 if fixed else band_ppm
            price = moved_against(instrument, slot.lots, self.marks[i], band)
            if self.is_spot(key):
                total += value(instrument, slot.lots, price) - self.haircut(account, key, price)
            else:
                profit += self.profit(account, key, price)
                if not account.scenarios:
                    need = initial(instrument, self.margins[i], slot, price)
                    total -= self.converted(account, key, need, ceil)
        if account.scenarios:
            factor = Fraction(*self.policy.scenario_initial)
            total -= ceil(self.scenario_need(account, orders=True) * factor)
        if self.policy.profit_cap is not None:
            profit = min(profit, self.policy.profit_cap)
        return total + profit

    def zero_quote(self, account: Account, key: tuple[int, int], x: int) -> int | None:
        """Cash (settlement asset) of closing `x` lots that leaves equity over requirement
        unchanged.
        """
        E, R = self.equity(account), self.requirement(account)
        if R == 0:
            return None
        slot, i = account.slots[key], key[0]
        rest = slot.lots - sign(slot.lots) * x
        dR = self.released(account, key, x)
        instrument, mark = self.instruments[i], self.marks[i]
        slice_value = value(instrument, slot.lots, mark) - value(instrument, rest, mark)
        share = floor(Fraction(E * dR, R))
        settle = instrument.settle
        if settle != account.asset:  # the quote is cash of the settlement asset
            spot = self.conversion(settle, account.asset)
            pair = self.instruments[spot]
            share = floor(Fraction(share * pair.k_den, self.marks[spot] * pair.k))
        return slice_value - share
