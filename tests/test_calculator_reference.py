"""Random accounts against a second evaluator, written from the venues' formulas alone.

It shares nothing with the calculator but the presets' data: plain sums in fractions, tiers as
marginal charges, and prices by a walk outward and bisection. Accounts mix linear, inverse and
quanto contracts, both sides, collateral at weights and owed, orders, every shape of schedule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import isqrt
from random import Random
from typing import Any

from solvent.venues import Account
from solvent.venues.preset import Instrument, Rules, Source, Table, TierRow, Version

F = Fraction
ZERO = F(0)
BASES = {"BTC": 50_000, "ETH": 2_500, "SOL": 100}
ACCOUNTS = 200


@dataclass
class Bucket:
    """What the second evaluator sees."""

    version: Version
    money: str
    wallet: Fraction
    positions: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    balances: dict[str, dict[str, Fraction]]

    def worth(self, symbol: str, size: Fraction, price: Fraction) -> Fraction:
        listed = self.version.instruments[symbol]
        many = size * listed.multiplier
        return many / price if listed.kind == "inverse" else many * price

    def gain(self, symbol: str, way: int, size: Fraction, a: Fraction, b: Fraction) -> Fraction:
        """Profit of a size from price a to price b."""
        moved = self.worth(symbol, size, b) - self.worth(symbol, size, a)
        return -way * moved if self.version.instruments[symbol].kind == "inverse" else way * moved

    def equity(self, at: dict[str, Fraction]) -> Fraction:
        cash = dict.fromkeys(self.balances, ZERO)
        total = self.wallet
        for one in self.positions:
            settle = self.version.instruments[one["symbol"]].settle
            gain = self.gain(one["symbol"], way(one), one["size"], one["entry"], at[one["symbol"]])
            if settle == self.money:
                total += gain
            else:
                cash[settle] += gain
        for asset, held in self.balances.items():
            amount = held["amount"] + cash[asset]
            total += amount * at[asset] * (held["weight"] if amount > 0 else 1)
        if self.version.rules.order_loss_counts:  # type: ignore[union-attr]
            total -= self.order_loss(at)
        return total

    def order_loss(self, at: dict[str, Fraction]) -> Fraction:
        total = ZERO
        for one in self.orders:
            symbol = one["symbol"]
            gain = self.gain(symbol, way(one), one["size"], one["price"], at[symbol])
            settle = self.version.instruments[symbol].settle
            total += max(-gain, ZERO) * at[settle]
        return total

    def required(self, at: dict[str, Fraction]) -> Fraction:
        rules = self.version.rules
        assert rules is not None
        total = ZERO
        for one in self.positions:
            listed = self.version.instruments[one["symbol"]]
            worth = self.worth(one["symbol"], one["size"], at[one["symbol"]])
            basis = worth
            if rules.maintenance == "entry":
                basis = self.worth(one["symbol"], one["size"], one["entry"])
            need = charged(self.version.tables[listed.table], listed, one["size"], basis)
            if rules.closing_fee == "mark":
                need += worth * listed.taker_fee
            total += need * at[listed.settle]
        return total

    def violated(self, at: dict[str, Fraction]) -> bool:
        room = self.equity(at) - self.required(at)
        return room < 0 or (room == 0 and not self.version.rules.strict)  # type: ignore[union-attr]

    def prices(self, symbol: str, price: Fraction, shock: bool) -> dict[str, Fraction]:
        """Every price when the symbol stands at `price`; coins held move with their contracts."""
        marks = {one["symbol"]: one["mark"] for one in self.positions}
        factor = price / marks[symbol]
        at = {
            name: mark * (factor if shock or name == symbol else 1) for name, mark in marks.items()
        }
        base, at[self.money] = self.version.instruments[symbol].base, F(1)
        for asset, held in self.balances.items():
            at[asset] = held["price"] * (factor if shock or asset == base else 1)
        return at


def way(one: dict[str, Any]) -> int:
    return 1 if one["side"] in ("long", "buy") else -1


def charged(table: Table, listed: Instrument, size: Fraction, basis: Fraction) -> Fraction:
    """Maintenance of a size whose value is `basis`: tiers charge the part of the amount in each."""
    if table.shape == "slope":
        amount = basis if table.unit == "notional" else size
        return min(table.base + table.per_size * amount, table.cap) * basis
    if table.shape == "sqrt":
        root = isqrt(int(size / (listed.lot * listed.contract_size)) + 1)
        return min(max(table.base, table.offset + table.per_size * root), table.cap) * basis
    amount = {"notional": basis, "size": size, "contracts": size / listed.contract_size}[table.unit]
    total = low = ZERO
    for row in table.rows:
        top = amount if row.up_to is None else min(amount, row.up_to)
        if table.shape == "flat":
            total = amount * row.maintenance
        else:
            total += (top - low) * row.maintenance
        if top == amount:
            break
        low = top
    return total * basis / amount


# ------------------------------------------------------------------------------- random accounts


def schedule(rng: Random, name: str, amounts: dict[str, float]) -> Table:
    shape = rng.choice(("deduction", "deduction", "flat", "slope", "sqrt"))
    unit: Any = rng.choice(("notional", "size", "contracts"))
    if shape in ("slope", "sqrt"):
        unit = rng.choice(("size", "notional")) if shape == "slope" else "size"
        per = F(rng.randint(1, 80), 1000) / max(1, int(amounts[unit]))
        base, cap = F(rng.randint(5, 50), 1000), F(1, rng.choice((1, 2, 10)))
        return Table(
            name, "slope" if shape == "slope" else "sqrt", "s", unit, base=base, cap=cap,
            per_size=per if shape == "slope" else F(rng.randint(1, 100), 10**6),
            offset=F(rng.randint(0, 40), 1000) if shape == "sqrt" else ZERO,
        )  # fmt: skip
    rows, bound, rate = [], ZERO, F(rng.randint(1, 30), 1000)
    for number in range(last := rng.randint(1, 4)):
        bound += max(F(1, 100), F(int(amounts[unit] * 100 * rng.uniform(0.1, 1.2)), 100))
        rows.append(TierRow(None if number == last - 1 else bound, rate))
        rate += F(rng.randint(0, 60), 1000)
    return Table(name, "flat" if shape == "flat" else "deduction", "s", unit, tuple(rows))


def random_bucket(rng: Random) -> Bucket:
    instruments, tables, sizes = {}, {}, {}
    for base in list(BASES)[: rng.randint(1, 3)]:
        kind: Any = rng.choice(("linear", "linear", "inverse", "quanto"))
        contract = F(10) if kind == "inverse" else F(1, 100)
        many = F(1, 1000) if kind == "quanto" else F(1)
        size = contract * rng.randint(50, 5000) * (10 if kind == "inverse" else 1)
        worth = float(size * many) * (1 / BASES[base] if kind == "inverse" else BASES[base])
        told = {"notional": worth, "size": float(size), "contracts": float(size / contract)}
        tables[base] = schedule(rng, base, told)
        settle = base if kind == "inverse" else rng.choice(("BTC", "USDT"))
        instruments[base] = Instrument(
            base, kind, base, "USDT", "USDT" if kind == "linear" else settle, tick=F(1, 10),
            lot=F(1), source="s", contract_size=contract, multiplier=many, table=base,
            taker_fee=F(rng.choice((0, 5, 75)), 10_000), funding_interval_hours=F(8),
        )  # fmt: skip
        sizes[base] = size
    rules = Rules(
        "s", maintenance=rng.choice(("mark", "mark", "entry")), strict=rng.random() < 0.5,
        closing_fee=rng.choice(("none", "mark")), order_loss_counts=rng.random() < 0.3,
    )  # fmt: skip
    day = date(2026, 1, 1)
    version = Version(
        "made-up", "one", day, "live", {"s": Source("s", "made up", day, "recalled")},
        rules=rules, tables=tables, instruments=instruments,
    )  # fmt: skip
    positions: list[dict[str, Any]] = []
    marks = {base: F(BASES[base] * rng.randint(700, 1300), 1000) for base in instruments}
    for base in instruments:
        for side in rng.sample(("long", "short"), rng.randint(1, 2)):
            contract = instruments[base].contract_size
            size = max(1, int(sizes[base] * F(rng.randint(100, 1500), 1000) / contract)) * contract
            entry = marks[base] * F(rng.randint(900, 1100), 1000)
            positions.append(dict(symbol=base, side=side, size=size, entry=entry, mark=marks[base]))
    orders = [
        dict(symbol=one["symbol"], side=rng.choice(("buy", "sell")), size=one["size"],
             price=one["mark"] * F(rng.randint(900, 1100), 1000))
        for one in positions if rng.random() < 0.3
    ]  # fmt: skip
    settles = {instruments[one["symbol"]].settle for one in positions} - {"USDT"}
    balances = {
        asset: {
            "amount": F(rng.randint(-200, 900), 100),
            "price": marks.get(asset, F(BASES[asset])),
            "weight": rng.choice((F(1), F(95, 100), F(4, 5))),
        }
        for asset in sorted(settles | ({"BTC"} if rng.random() < 0.3 else set()))
    }
    bucket, one = Bucket(version, "USDT", ZERO, positions, orders, balances), positions[0]
    at = bucket.prices(one["symbol"], one["mark"], False)
    spare = bucket.required(at) * F(rng.randint(1, 3000), 1000)
    whole = int((bucket.required(at) - bucket.equity(at) + spare) * 1000)
    return replace(bucket, wallet=F(whole, 1000))


def account_of(bucket: Bucket) -> Account:
    given: Any = dict(positions=bucket.positions, orders=bucket.orders, collateral=bucket.balances)
    return Account(bucket.version, wallet={"USDT": bucket.wallet}, **given)


def walked(bad: Callable[[Fraction], bool], mark: Fraction, up: bool) -> Fraction | None:
    """First violated price outward from the mark, by steps that grow and then by halving."""
    safe = mark
    for step in range(1, 161):
        share = (1 + step**2 * 0.004) if up else 1 / (1 + step**2 * 0.004)
        price = mark * F(share).limit_denominator(10**6)
        if bad(price):
            for _ in range(40):
                middle = (safe + price) / 2
                safe, price = (safe, middle) if bad(middle) else (middle, price)
            return price
        safe = price
    return None


def test_amounts_and_prices_of_random_accounts() -> None:
    rng = Random(1)
    seen = {"down": 0, "up": 0, "mixed": 0, "shock": 0}
    for _ in range(ACCOUNTS):
        bucket = random_bucket(rng)
        account = account_of(bucket)
        chosen = rng.choice(bucket.positions)
        symbol, mark = chosen["symbol"], chosen["mark"]
        at, shock = bucket.prices(symbol, mark, False), rng.random() < 0.4
        assert account.equity().exact == bucket.equity(at)
        beside = account.closing_fee_held().exact
        assert account.maintenance_margin().exact + beside == bucket.required(at)  # type: ignore[operator]
        assert account.evaluate().order_loss == bucket.order_loss(at)
        if bucket.violated(at):
            continue

        def bad(price: Fraction) -> bool:
            return bucket.violated(bucket.prices(symbol, price, shock))  # noqa: B023

        found = account.liquidation_prices(symbol, "common_shock" if shock else "fixed")
        for answer, up in ((found.down, False), (found.up, True)):
            near, told = walked(bad, mark, up), answer.exact or answer.safe_tick
            if near is not None:
                assert told is not None, (bucket, symbol, shock, float(near))
                off = (told - near) / near * (1 if up else -1)
                assert off < F(1, 10**4 if answer.exact is None else 10**9), (bucket, symbol)
                seen["up" if up else "down"] += 1
            if answer.safe_tick is not None:
                assert not bad(answer.safe_tick), (bucket, symbol, shock, answer)
            if answer.violating_tick is not None:
                assert bad(answer.violating_tick), (bucket, symbol, shock, answer)
        seen["mixed"], seen["shock"] = seen["mixed"] + bool(bucket.balances), seen["shock"] + shock
    assert min(seen.values()) > 40, seen


def test_funding_and_closes_of_random_accounts() -> None:
    rng = Random(2)
    for _ in range(ACCOUNTS):
        bucket = random_bucket(rng)
        account = account_of(bucket)
        one = rng.choice(bucket.positions)
        symbol, listed = one["symbol"], bucket.version.instruments[one["symbol"]]
        at = bucket.prices(symbol, one["mark"], False)
        rate = F(rng.randint(-30, 30), 10_000)
        after = _with(bucket, {
            other["symbol"] + other["side"]: (
                bucket.version.instruments[other["symbol"]].settle,
                -way(other) * rate * bucket.worth(other["symbol"], other["size"], other["mark"]),
            )
            for other in bucket.positions
        })  # fmt: skip
        assert account.funding(rate).headroom_after == after.equity(at) - after.required(at)
        price = one["mark"] * F(rng.randint(95, 105), 100)
        cash = bucket.gain(symbol, way(one), one["size"], one["entry"], price)
        cash -= bucket.worth(symbol, one["size"], price) * listed.taker_fee
        closed = _with(bucket, {"close": (listed.settle, cash)})
        closed.positions = [other for other in bucket.positions if other is not one]
        told = account.closing(symbol, price=price, side=one["side"])
        assert told.after.equity == closed.equity(at)
        assert told.after.requirement == closed.required(at)


def _with(bucket: Bucket, paid: dict[str, tuple[str, Fraction]]) -> Bucket:
    """The bucket with money more or less, in the asset it is paid in."""
    balances, wallet = {a: dict(held) for a, held in bucket.balances.items()}, bucket.wallet
    for asset, cash in paid.values():
        if asset == bucket.money:
            wallet += cash
        else:
            balances[asset]["amount"] += cash
    return replace(bucket, wallet=wallet, balances=balances, positions=[*bucket.positions])
