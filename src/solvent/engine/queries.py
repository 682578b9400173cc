"""Reading the state: compiled queries and small walks over the tables. Nothing here writes."""

from __future__ import annotations

from functools import cmp_to_key

import numpy as np
from numpy.typing import NDArray

from solvent.compiled import kernel
from solvent.contracts.value import SPOT, highest_price_worth, lowest_price_worth
from solvent.ledger.tables import NONE, Header, Integers, Tables
from solvent.margin.requirements import least_notional, most_notional, tier_of
from solvent.units import ratio_cmp
from solvent.watch.buffer import (
    LIQUIDATION,
    buffer_at,
    equity_of,
    level_of,
    requirement_of,
    slot_need,
    slot_value,
)
from solvent.watch.triggers import EDGES, EVERY_SNAPSHOT, is_owned

CUSTOMER = 0
ACCOUNTS = int(Header.ACCOUNTS)
POSITIONS = int(Header.POSITIONS)
EVALUATIONS = int(Header.EVALUATIONS)


@kernel
def buffer_of_account(s: Tables, account: int, level: int) -> int:
    """`buffer_at` for one account."""
    return buffer_at(s, account, level)


@kernel
def equity_of_account(s: Tables, account: int) -> int:
    """Realisable equity of one account."""
    return equity_of(s, account)


@kernel
def requirement_of_account(s: Tables, account: int) -> int:
    """Liquidation requirement of one account."""
    return requirement_of(s, account)


@kernel
def read_equity(s: Tables, accounts: Integers, equity: Integers, need: Integers) -> None:
    """Equity and requirement of the named accounts."""
    for place in range(len(accounts)):
        equity[place] = equity_of(s, accounts[place])
        need[place] = requirement_of(s, accounts[place])


@kernel
def scan_levels(s: Tables, levels: Integers) -> int:
    """The full scan: every customer's level from scratch, into `levels`; returns how many differ
    from the recorded ones.
    """
    wrong = 0
    evaluations = s.header[EVALUATIONS]
    for account in range(s.header[ACCOUNTS]):
        levels[account] = 0
        if s.accounts[account]["role"] == CUSTOMER:
            levels[account] = level_of(s, account, 0)
            if levels[account] != s.accounts[account]["level"]:
                wrong += 1
    s.header[EVALUATIONS] = evaluations
    return wrong


@kernel
def scan_liquidation_prices(s: Tables, prices: Integers) -> None:
    """Per slot the price (ticks, its own price alone moving) at which its account violates the
    liquidation level; 0: none.
    """
    for slot in range(s.header[POSITIONS]):
        prices[slot] = 0
        row = s.positions[slot]
        if (
            row["account"] == NONE
            or row["lots"] == 0
            or s.accounts[row["account"]]["role"] != CUSTOMER
        ):
            continue
        contract = s.instruments[row["instrument"]]
        if contract["settle"] != s.accounts[row["account"]]["asset"] or contract["mark"] == 0:
            continue
        if contract["form"] == EVERY_SNAPSHOT:
            continue
        room = buffer_at(s, row["account"], LIQUIDATION)
        worth = slot_value(s, slot)
        at = s.schedule_of[row["instrument"], LIQUIDATION]
        target = worth - slot_need(s, slot, LIQUIDATION, abs(worth)) - room
        entry = abs(row["cost"])
        tier = -1
        if contract["form"] == EDGES:  # the tier the position is in; beyond its edges an estimate
            tier = tier_of(s.schedules, at, abs(worth))
        if is_owned(contract["kind"], row["lots"]):
            notional = least_notional(s.schedules, at, row["lots"], entry, target, tier)
            price = lowest_price_worth(
                contract["kind"], contract["k"], contract["k_den"], row["lots"], notional
            )
        else:
            notional = most_notional(s.schedules, at, row["lots"], entry, -target, tier)
            price = highest_price_worth(
                contract["kind"], contract["k"], contract["k_den"], row["lots"], notional
            )
        price += -1 if row["lots"] > 0 else 1  # from the last safe tick to the first violated one
        if contract["price_min"] <= price <= contract["price_max"]:
            prices[slot] = price


def slots_of(tables: Tables, account: int) -> list[int]:
    """The account's slots in their order."""
    slots = []
    slot = int(tables.accounts["first"][account])
    while slot != NONE:
        slots.append(slot)
        slot = int(tables.positions["next"][slot])
    return slots


def worst_first(tables: Tables, accounts: list[int]) -> list[int]:
    """Accounts by ascending equity / max(requirement, 1), ties by id (the engine's own order)."""
    columns = np.zeros((3, len(accounts)), np.int64)
    columns[0] = accounts
    read_equity(tables, columns[0], columns[1], columns[2])
    equity, need = columns[1].tolist(), np.maximum(columns[2], 1).tolist()

    def order(left: int, right: int) -> int:
        found = ratio_cmp(equity[left], need[left], equity[right], need[right])
        return found or accounts[left] - accounts[right]

    return [accounts[i] for i in sorted(range(len(accounts)), key=cmp_to_key(order))]


def liquidation_prices(tables: Tables) -> NDArray[np.void]:
    """Liquidation price of every slot with lots (other marks fixed): (account, instrument, lots,
    price in ticks or 0).
    """
    count = int(tables.header[Header.POSITIONS])
    prices = np.zeros(max(count, 1), np.int64)
    scan_liquidation_prices(tables, prices)
    rows = tables.positions[:count]
    spot = tables.instruments["kind"][np.maximum(rows["instrument"], 0)] == SPOT
    customer = tables.accounts["role"][np.maximum(rows["account"], 0)] == CUSTOMER
    used = (rows["account"] != NONE) & (rows["lots"] != 0) & ~spot & customer
    names = [(name, np.int64) for name in ("account", "instrument", "lots", "price")]
    table = np.zeros(int(used.sum()), np.dtype(names))
    for name in ("account", "instrument", "lots"):
        table[name] = rows[name][used]
    table["price"] = prices[:count][used]
    return table
