"""The inequality: `buffer = equity - requirement` of an account at a level, evaluated exactly
(docs/semantics.md, 4).

Levels 0..4 are warn, call, liquidation, backstop, bankrupt. The account's level is the number of
buffers below zero.
"""

from __future__ import annotations

from solvent.compiled import inline_kernel, kernel
from solvent.contracts.value import SPOT, value
from solvent.ledger.postings import owed
from solvent.ledger.tables import NONE, Header, Tables
from solvent.margin.requirements import requirement
from solvent.units import mul_div_ceil, mul_div_floor
from solvent.watch.rules import INCLUSIVE, PROFIT_CAP

BANKRUPT = 4
LIQUIDATION = 2
EVALUATIONS = int(Header.EVALUATIONS)


@inline_kernel
def slot_value(s: Tables, slot: int) -> int:
    """Value of the slot's lots at mark, in its settlement asset."""
    row = s.positions[slot]
    contract = s.instruments[row["instrument"]]
    return value(contract["kind"], contract["k"], contract["k_den"], row["lots"], contract["mark"])


@inline_kernel
def slot_need(s: Tables, slot: int, level: int, notional: int) -> int:
    """Requirement (or haircut, spot) of the slot at a level, in its settlement asset."""
    if level == BANKRUPT:
        return 0
    row = s.positions[slot]
    at = s.schedule_of[row["instrument"], level]
    return requirement(s.schedules, at, row["lots"], notional, abs(row["cost"]))


@inline_kernel
def converted_floor(s: Tables, settle: int, asset: int, amount: int) -> int:
    """An amount of one asset in another, at the conversion instrument's mark, rounded down."""
    if settle == asset:
        return amount
    spot = s.instruments[s.conversion[settle, asset]]
    return mul_div_floor(amount, spot["mark"] * spot["k"], spot["k_den"])


@inline_kernel
def converted_ceil(s: Tables, settle: int, asset: int, amount: int) -> int:
    """An amount of one asset in another, at the conversion instrument's mark, rounded up."""
    if settle == asset:
        return amount
    spot = s.instruments[s.conversion[settle, asset]]
    return mul_div_ceil(amount, spot["mark"] * spot["k"], spot["k_den"])


@kernel
def buffer_at(s: Tables, account: int, level: int) -> int:
    """Equity less requirement of the account at a level, in its asset. Below zero: the level is
    violated.
    """
    asset = s.accounts[account]["asset"]
    total = s.accounts[account]["wallet"]
    profit = 0
    exposed = 0
    slot = s.accounts[account]["first"]
    while slot != NONE:
        row = s.positions[slot]
        if row["lots"] != 0:
            contract = s.instruments[row["instrument"]]
            worth = value(
                contract["kind"], contract["k"], contract["k_den"], row["lots"], contract["mark"]
            )
            need = slot_need(s, slot, level, abs(worth))
            if contract["kind"] == SPOT:
                total += worth - need
            else:
                exposed = s.policy[INCLUSIVE]
                settle = contract["settle"]
                profit += converted_floor(s, settle, asset, worth - row["cost"] - owed(s, slot))
                total -= converted_ceil(s, settle, asset, need)
        slot = row["next"]
    if level != BANKRUPT:
        if s.policy[PROFIT_CAP] >= 0:
            profit = min(profit, s.policy[PROFIT_CAP])
        total -= exposed
    return total + profit


@inline_kernel
def equity_of(s: Tables, account: int) -> int:
    """Realisable equity: every balance and profit in full, no haircut, no requirement."""
    return buffer_at(s, account, BANKRUPT)


@kernel
def requirement_of(s: Tables, account: int) -> int:
    """Sum of the derivative slots' requirements at the liquidation level, in the account's asset
    (haircuts excluded).
    """
    asset = s.accounts[account]["asset"]
    total = 0
    slot = s.accounts[account]["first"]
    while slot != NONE:
        row = s.positions[slot]
        if row["lots"] != 0:
            contract = s.instruments[row["instrument"]]
            if contract["kind"] != SPOT:
                need = slot_need(s, slot, LIQUIDATION, abs(slot_value(s, slot)))
                total += converted_ceil(s, contract["settle"], asset, need)
        slot = row["next"]
    return total


@kernel
def level_of(s: Tables, account: int, hint: int) -> int:
    """The account's level at the current marks, searched from `hint`: buffers are ordered, so only
    its neighbours are usually computed.
    """
    s.header[EVALUATIONS] += 1
    level = hint
    if level < 5 and buffer_at(s, account, level) < 0:
        level += 1
        while level < 5 and buffer_at(s, account, level) < 0:
            level += 1
        return level
    while level > 0 and buffer_at(s, account, level - 1) >= 0:
        level -= 1
    return level
