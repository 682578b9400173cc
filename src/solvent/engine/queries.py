"""Reading the state: compiled queries and small walks over the tables. Nothing here writes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solvent.compiled import kernel
from solvent.contracts.value import SPOT, highest_price_worth, lowest_price_worth
from solvent.ledger.tables import NONE, Header, Integers, Records, Tables
from solvent.liquidation.choice import derivative_slots
from solvent.liquidation.stages import Request
from solvent.margin.requirements import least_notional, most_notional, tier_of
from solvent.watch.buffer import (
    LIQUIDATION,
    buffer_at,
    level_of,
    slot_need,
    slot_value,
    standing,
)
from solvent.watch.judge import sort_worst_first
from solvent.watch.scenarios import by_scenarios
from solvent.watch.triggers import EDGES, EVERY_SNAPSHOT, is_owned

CUSTOMER = 0
ACTIVE = int(Header.ACTIVE)
FUND_REQUEST = int(Request.FUND)
ACCOUNTS = int(Header.ACCOUNTS)
POSITIONS = int(Header.POSITIONS)
EVALUATIONS = int(Header.EVALUATIONS)


@kernel
def queue_waiting(s: Tables, queue: Records) -> int:
    """Fill `queue` (LIST rows, one per account in liquidation) with the accounts that wait for an
    answer, worst coverage first (ties by id); returns how many.
    """
    count = 0
    for place in range(s.header[ACTIVE]):
        account = s.lists[place]["active"]
        if s.accounts_cold[account]["request"] != 0:
            equity, need, _ = standing(s, account)
            queue[count]["touched"] = account
            queue[count]["touched_equity"] = equity
            queue[count]["touched_need"] = need
            count += 1
    sort_worst_first(queue, count)
    return count


@kernel
def grant(s: Tables, queue: Records, count: int, left: Integers) -> int:
    """What the funds pay each queued account that asked one, in order, into `scratch`; `left`: what
    each asset's fund has. Returns how many of the queued asked a fund.

    All that is asked, or (for an account without positions) what is left, or nothing.
    """
    asked_fund = 0
    for place in range(count):
        account = queue[place]["touched"]
        cold = s.accounts_cold[account]
        if cold["request"] == FUND_REQUEST:
            asked_fund += 1
            asset = s.accounts[account]["asset"]
            granted = cold["requested"]
            if granted > left[asset]:
                granted = left[asset] if derivative_slots(s, account) == 0 else 0
            left[asset] -= granted
            queue[place]["scratch"] = granted
    return asked_fund


@kernel
def _between_publications(s: Tables, account: int) -> bool:
    """True for a scenario account of which a price moved since the last publication."""
    if by_scenarios(s, account):
        slot = s.accounts[account]["first"]
        while slot != NONE:
            if s.instruments[s.positions[slot]["instrument"]]["moved"] == 1:
                return True
            slot = s.positions[slot]["next"]
    return False


@kernel
def scan_levels(s: Tables, levels: Integers) -> int:
    """The full scan: every customer's level from scratch, into `levels`; returns how many differ
    from the recorded ones. Scenario accounts whose prices moved since the last publication keep
    the level they were last judged at.
    """
    wrong = 0
    evaluations = s.header[EVALUATIONS]
    for account in range(s.header[ACCOUNTS]):
        levels[account] = s.accounts[account]["level"]
        if s.accounts[account]["role"] == CUSTOMER and not _between_publications(s, account):
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
        if contract["form"] == EVERY_SNAPSHOT or by_scenarios(s, row["account"]):
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
