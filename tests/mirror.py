"""What an engine's tables say, as plain Python, and the sums that must always hold over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.reference import Account, Reference, RiskArray, Slot

from solvent.ledger.tables import (
    ASKED,
    CHARGE,
    LOWER,
    NONE,
    REACH,
    ROWS,
    STAMP,
    UPPER,
    Header,
    Role,
)


@dataclass(frozen=True)
class Photograph:
    """One engine at one moment. Slots: (lots, cost, index, buys, sells, leverage) by place."""

    wallets: tuple[int, ...]
    levels: tuple[int, ...]
    slots: tuple[dict[tuple[int, int], tuple[int, ...]], ...]
    marks: tuple[int, ...]
    indices: tuple[tuple[int, int], ...]


def photograph(engine: Any) -> Photograph:
    """Read the tables of an engine."""
    s = engine.tables
    count = int(s.header[int(Header.ACCOUNTS)])
    slots = []
    for account in range(count):
        held, at = {}, int(s.accounts[account]["first"])
        while at != NONE:
            row, cold = s.positions[at], s.positions_cold[at]
            assert int(row["account"]) == account, (at, row, account)
            held[int(row["instrument"]), int(row["leg"])] = (
                int(row["lots"]), int(row["cost"]), int(row["index"]),
                int(cold["buys"]), int(cold["sells"]), int(row["leverage"]),
            )  # fmt: skip
            at = int(row["next"])
        slots.append(held)
    listed = s.instruments[: int(s.header[int(Header.INSTRUMENTS)])]
    return Photograph(
        tuple(int(x) for x in s.accounts["wallet"][:count]),
        tuple(int(x) for x in s.accounts["level"][:count]),
        tuple(slots),
        tuple(int(x) for x in listed["mark"]),
        tuple((int(row["index_long"]), int(row["index_short"])) for row in listed),
    )


def reference_photograph(reference: Reference) -> Photograph:
    """The same of the reference."""
    return Photograph(
        tuple(a.wallet for a in reference.accounts),
        tuple(a.level for a in reference.accounts),
        tuple(
            {k: (x.lots, x.cost, x.index, x.buys, x.sells, x.leverage) for k, x in a.slots.items()}
            for a in reference.accounts
        ),
        tuple(reference.marks),
        tuple(zip(reference.index_long, reference.index_short, strict=True)),
    )


def differences(left: Photograph, right: Photograph) -> list[str]:
    """Where two photographs differ. A place that holds nothing counts as absent; so does its index."""
    found = []
    for name in ("wallets", "levels", "marks", "indices"):
        mine, theirs = getattr(left, name), getattr(right, name)
        if mine != theirs:
            found += [
                f"{name}[{n}]: {a} != {b}"
                for n, (a, b) in enumerate(zip(mine, theirs, strict=False))
                if a != b
            ]
            if len(mine) != len(theirs):
                found.append(f"{name}: {len(mine)} != {len(theirs)} entries")
    for account, (a, b) in enumerate(zip(left.slots, right.slots, strict=False)):
        for place in sorted(a.keys() | b.keys()):
            mine, theirs = _plain(a.get(place)), _plain(b.get(place))
            if mine != theirs:
                found.append(f"account {account} slot {place}: {mine} != {theirs}")
    return found


def _plain(slot: tuple[int, ...] | None) -> tuple[int, ...]:
    lots, cost, index, *rest = slot or (0,) * 6
    return (lots, cost, index if lots and cost else 0, *rest)


def mirror(engine: Any, like: Reference) -> Reference:
    """A reference with the engine's money and positions: an independent judge of a state.

    `like` gives instruments, margins and policy.
    """
    s, picture = engine.tables, photograph(engine)
    book = like.clone()
    book.marks = list(picture.marks)
    book.index_long = [long for long, _ in picture.indices]
    book.index_short = [short for _, short in picture.indices]
    book.arrays = risk_arrays(s.risk)
    book.scenario_count = int(s.header[Header.SCENARIOS])
    book.accounts = []
    for number, held in enumerate(picture.slots):
        role = Role(int(s.accounts[number]["role"]))
        account = Account(number, int(s.accounts[number]["asset"]))
        account.scenarios = bool(s.accounts[number]["model"])
        account.role = "" if role == Role.CUSTOMER else role.name
        account.wallet, account.level = picture.wallets[number], picture.levels[number]
        account.slots = {place: Slot(*slot) for place, slot in held.items()}
        book.accounts.append(account)
    return book


def risk_arrays(table: Any) -> dict[int, RiskArray]:
    """The arrays of `risk` or `staged` by instrument."""
    found = {}
    for number, row in enumerate(table.tolist()):
        if row[ROWS]:
            pairs = zip(row[LOWER:UPPER], row[UPPER:], strict=True)
            profits = list(pairs)[: row[ROWS] - 1]
            found[number] = RiskArray(row[STAMP], row[REACH], row[CHARGE], profits, row[ASKED] == 1)
    return found


def unbalanced(book: Reference) -> list[str]:
    """MONEY-1, POS-1 and LIQ-7, from nothing but the positions."""
    wrong = []
    for asset in range(len(book.system)):
        total = sum(a.wallet for a in book.accounts if a.asset == asset)
        for account in book.accounts:
            for key, slot in account.slots.items():
                terms = book.instruments[key[0]]
                if terms.kind == "spot" and terms.base == asset:
                    total += slot.lots
                elif terms.kind != "spot" and terms.settle == asset:
                    total -= slot.cost
        if total:
            wrong.append(f"asset {asset}: money off by {total}")
        if book.house(asset, "FUND").wallet < 0:
            wrong.append(f"asset {asset}: the fund is {book.house(asset, 'FUND').wallet}")
    for i, terms in enumerate(book.instruments):
        lots = sum(x.lots for a in book.accounts for k, x in a.slots.items() if k[0] == i)
        if terms.kind != "spot" and lots:
            wrong.append(f"instrument {i}: lots sum to {lots}")
    return wrong
