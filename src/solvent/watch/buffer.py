"""The inequality: `buffer = equity - requirement` of an account at a level, evaluated exactly
(docs/semantics.md, 4).

Levels 0..4 are warn, call, liquidation, backstop, bankrupt. The account's level is the number of
buffers below zero.
"""

from __future__ import annotations

from solvent.compiled import inline_kernel, kernel
from solvent.contracts.value import SPOT, value
from solvent.ledger.postings import owed
from solvent.ledger.tables import LEVELS, NONE, Header, Tables
from solvent.margin.requirements import requirement
from solvent.units import mul_div_ceil, mul_div_floor
from solvent.watch.rules import INCLUSIVE, PROFIT_CAP
from solvent.watch.scenarios import by_scenarios, scenario_need, share_of_level

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


@inline_kernel
def _walk(s: Tables, account: int, first: int, second: int) -> tuple[int, int, int]:
    """Buffers at two levels, and the derivatives' requirement at the first, in one walk over the
    account's slots.
    """
    asset = s.accounts[account]["asset"]
    one = s.accounts[account]["wallet"]
    two = one
    required = 0
    profit = 0
    exposed = 0
    scenarios = by_scenarios(s, account)
    slot = s.accounts[account]["first"]
    while slot != NONE:
        row = s.positions[slot]
        if row["lots"] != 0:
            contract = s.instruments[row["instrument"]]
            worth = value(
                contract["kind"], contract["k"], contract["k_den"], row["lots"], contract["mark"]
            )
            spot = contract["kind"] == SPOT
            need = 0
            other = 0
            if spot or not scenarios:
                need = slot_need(s, slot, first, abs(worth))
                other = need if second == first else slot_need(s, slot, second, abs(worth))
            if spot:
                one += worth - need
                two += worth - other
            else:
                exposed = s.policy[INCLUSIVE]
                settle = contract["settle"]
                profit += converted_floor(s, settle, asset, worth - row["cost"] - owed(s, slot))
                required += converted_ceil(s, settle, asset, need)
                two -= converted_ceil(s, settle, asset, other)
        slot = row["next"]
    if scenarios:
        whole = scenario_need(s, account, NONE, 0, 0)
        required = share_of_level(s, whole, first)
        two -= share_of_level(s, whole, second)
    return (
        one - required + _counted(s, first, profit, exposed),
        two + _counted(s, second, profit, exposed),
        required,
    )


@inline_kernel
def _counted(s: Tables, level: int, profit: int, exposed: int) -> int:
    """Profit that counts at a level (all at bankruptcy), less the unit of an inclusive level."""
    if level == BANKRUPT:
        return profit
    if s.policy[PROFIT_CAP] >= 0:
        profit = min(profit, s.policy[PROFIT_CAP])
    return profit - exposed


@kernel
def buffer_at(s: Tables, account: int, level: int) -> int:
    """Equity less requirement of the account at a level, in its asset. Below zero: the level is
    violated.
    """
    return _walk(s, account, level, level)[0]


@kernel
def buffers_around(s: Tables, account: int, level: int) -> tuple[int, int]:
    """Buffers at `level` and at the level below it; 0 where there is no level above, -1 where there
    is none below.
    """
    at, below, _ = _walk(s, account, min(level, BANKRUPT), max(level - 1, 0))
    if level == LEVELS:
        return 0, below
    if level == 0:
        return at, -1
    return at, below


@kernel
def standing(s: Tables, account: int) -> tuple[int, int, int]:
    """(equity, requirement, buffer) of the account at the liquidation level, in its asset.

    Equity is realisable: every balance and profit in full, no haircut. The requirement is that of
    the derivative slots. The buffer counts haircuts.
    """
    buffer, equity, required = _walk(s, account, LIQUIDATION, BANKRUPT)
    return equity, required, buffer


@inline_kernel
def equity_of(s: Tables, account: int) -> int:
    """Realisable equity: every balance and profit in full, no haircut, no requirement."""
    return buffer_at(s, account, BANKRUPT)


@inline_kernel
def find_level(s: Tables, account: int, hint: int) -> tuple[int, int, int]:
    """The account's level at the current marks, with the buffers at it and below it (as
    `buffers_around`). Searched from `hint`: buffers are ordered, so usually no others are computed.
    """
    s.header[EVALUATIONS] += 1
    level = hint
    danger, below = buffers_around(s, account, level)
    if level < LEVELS and danger < 0:
        while level < LEVELS and danger < 0:
            below = danger
            level += 1
            danger = 0
            if level < LEVELS:
                danger = buffer_at(s, account, level)
        return level, danger, below
    while level > 0 and below >= 0:
        danger = below
        level -= 1
        below = -1
        if level > 0:
            below = buffer_at(s, account, level - 1)
    return level, danger, below


@kernel
def level_of(s: Tables, account: int, hint: int) -> int:
    """The account's level at the current marks, searched from `hint`."""
    return find_level(s, account, hint)[0]
