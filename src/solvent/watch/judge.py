"""Judging: who changed level, found by tripped triggers and evaluated exactly, in a stated order.

`drain` empties the tripped triggers of one instrument, `note` records an account whose level
changed; the engine then sorts what was noted
(worst coverage first, ties by account) and emits it.
"""

from __future__ import annotations

from solvent.compiled import inline_kernel, kernel
from solvent.ledger.tables import EVERY, NONE, Header, Records, Role, Tables
from solvent.units import ratio_cmp
from solvent.watch.buffer import find_level, standing
from solvent.watch.heap import DOWN, UP
from solvent.watch.scenarios import by_scenarios
from solvent.watch.triggers import SUBTICKS, set_triggers

TOUCHED = int(Header.TOUCHED)
RECHECK = int(Header.RECHECK)
POSITIONS = int(Header.POSITIONS)
DIRTY = int(Header.DIRTY)
JUDGE_FIRST = int(Header.JUDGE_FIRST)
JUDGE_SECOND = int(Header.JUDGE_SECOND)
JUDGE_HOLDERS = int(Header.JUDGE_HOLDERS)
JUDGE_DIRTY = int(Header.JUDGE_DIRTY)
JUDGE_SCENARIOS = int(Header.JUDGE_SCENARIOS)
CUSTOMER = int(Role.CUSTOMER)
LIQUIDATE = 3


@inline_kernel
def note(s: Tables, account: int, level_before: int) -> None:
    """Remember that the account's level changed in this command (the first level of the command
    counts), and its coverage: whatever changes an account has it judged again.
    """
    place = s.accounts_cold[account]["touched_at"]
    if place == NONE:
        place = s.header[TOUCHED]
        s.accounts_cold[account]["touched_at"] = place
        s.lists[place]["touched"] = account
        s.lists[place]["touched_from"] = level_before
        s.header[TOUCHED] = place + 1
    equity, need, _ = standing(s, account)
    s.lists[place]["touched_equity"] = equity
    s.lists[place]["touched_need"] = need


@kernel
def judge(s: Tables, account: int) -> None:
    """Evaluate the account at the current marks, record its level and set its triggers anew. System
    accounts are not judged.
    """
    if s.accounts[account]["role"] != CUSTOMER:
        return
    before = s.accounts[account]["level"]
    level, danger, below = find_level(s, account, before)
    cold = s.accounts_cold[account]
    s.accounts[account]["level"] = level
    # at the liquidation level and not in liquidation: a deficit nobody could share, and positions
    # again
    if (
        level != before
        or cold["touched_at"] != NONE
        or (level >= LIQUIDATE and cold["active_at"] == NONE)
    ):
        note(s, account, before)
    set_triggers(s, account, level, danger, below)


@inline_kernel
def ask_judgement(s: Tables, account: int) -> None:
    """Have the account judged at the end of the command (two accounts at most)."""
    if s.header[JUDGE_FIRST] == NONE:
        s.header[JUDGE_FIRST] = account
    else:
        s.header[JUDGE_SECOND] = account


@inline_kernel
def _drain(s: Tables, instrument: int) -> None:
    """Judge every account with a tripped trigger in the instrument. Ends: a judged account's
    triggers do not trip at the current mark.
    """
    contract = s.instruments[instrument]
    price = contract["mark"] * SUBTICKS
    heap = s.heaps[instrument * 2 + DOWN]
    while heap["size"] > 0 and price < contract["shift_down"] - s.entries[heap["at"]]["key"]:
        judge(s, s.positions[s.entries[heap["at"]]["slot"]]["account"])
    heap = s.heaps[instrument * 2 + UP]
    while heap["size"] > 0 and price > s.entries[heap["at"]]["key"] + contract["shift_up"]:
        judge(s, s.positions[s.entries[heap["at"]]["slot"]]["account"])


@inline_kernel
def _judge_rechecked(s: Tables) -> None:
    """Judge the accounts that have no one-sided bound, if one of their prices changed. Scenario
    accounts are not judged on prices.
    """
    place = s.header[RECHECK] - 1
    while place >= 0:
        account = s.lists[place]["recheck"]
        slot = s.accounts[account]["first"]
        moved = False
        asset = s.accounts[account]["asset"]
        while slot != NONE and not by_scenarios(s, account):
            instrument = s.positions[slot]["instrument"]
            settle = s.instruments[instrument]["settle"]
            if s.instruments[instrument]["dirty"] == 1 or (
                settle != asset and s.instruments[s.conversion[settle, asset]]["dirty"] == 1
            ):
                moved = True
            slot = s.positions[slot]["next"]
        if moved:
            judge(s, account)
        place -= 1


@inline_kernel
def _judge_by_scenarios(s: Tables, instrument: int) -> None:
    """Judge the scenario accounts that hold lots of the instrument (EVERY: all of them)."""
    for place in range(s.header[RECHECK]):
        account = s.lists[place]["recheck"]
        if by_scenarios(s, account):
            concerned = instrument == EVERY
            slot = s.accounts[account]["first"]
            while slot != NONE and not concerned:
                row = s.positions[slot]
                concerned = row["instrument"] == instrument and row["lots"] != 0
                slot = row["next"]
            if concerned:
                judge(s, account)


@kernel
def judge_asked(s: Tables) -> None:
    """Judge what the command touched: its accounts, the holders of an instrument, or everybody
    whose prices changed. One place, so that each compiled entry point contains the evaluation once.
    """
    for place in (JUDGE_FIRST, JUDGE_SECOND):
        account = s.header[place]
        if account != NONE:
            s.header[place] = NONE
            judge(s, account)
    instrument = s.header[JUDGE_HOLDERS]
    if instrument != NONE:
        s.header[JUDGE_HOLDERS] = NONE
        for slot in range(s.header[POSITIONS]):
            row = s.positions[slot]
            if row["account"] != NONE and row["instrument"] == instrument:
                if row["lots"] != 0 or not by_scenarios(s, row["account"]):
                    judge(s, row["account"])
    instrument = s.header[JUDGE_SCENARIOS]
    if instrument != NONE:
        s.header[JUDGE_SCENARIOS] = NONE
        _judge_by_scenarios(s, instrument)
    if s.header[JUDGE_DIRTY] == 1:
        s.header[JUDGE_DIRTY] = 0
        count = s.header[DIRTY]
        for place in range(count):
            _drain(s, s.dirty[place])
        if s.header[RECHECK] > 0:
            _judge_rechecked(s)
        for place in range(count):
            s.instruments[s.dirty[place]]["dirty"] = 0
        s.header[DIRTY] = 0


@inline_kernel
def ask_everybody(s: Tables) -> None:
    """Have everybody judged whose prices changed since the last judgement of everybody."""
    s.header[JUDGE_DIRTY] = 1


@inline_kernel
def mark_dirty(s: Tables, instrument: int) -> None:
    """Put the instrument on the list for the next judgement."""
    if s.instruments[instrument]["dirty"] == 0:
        s.instruments[instrument]["dirty"] = 1
        s.dirty[s.header[DIRTY]] = instrument
        s.header[DIRTY] += 1


@inline_kernel
def _worse(lists: Records, left: int, right: int) -> bool:
    """True when the noted account at `left` comes before the one at `right`: lower coverage, then
    lower id.
    """
    order = ratio_cmp(
        lists[left]["touched_equity"],
        max(lists[left]["touched_need"], 1),
        lists[right]["touched_equity"],
        max(lists[right]["touched_need"], 1),
    )
    if order != 0:
        return order < 0
    return lists[left]["touched"] < lists[right]["touched"]


@inline_kernel
def _swap(lists: Records, left: int, right: int) -> None:
    one, other = lists[left], lists[right]
    one["touched"], other["touched"] = other["touched"], one["touched"]
    one["touched_from"], other["touched_from"] = other["touched_from"], one["touched_from"]
    one["touched_equity"], other["touched_equity"] = other["touched_equity"], one["touched_equity"]
    one["touched_need"], other["touched_need"] = other["touched_need"], one["touched_need"]


@kernel
def _settle_down(lists: Records, root: int, size: int) -> None:
    while True:
        child = 2 * root + 1
        if child >= size:
            return
        if child + 1 < size and _worse(lists, child, child + 1):
            child += 1
        if not _worse(lists, root, child):
            return
        _swap(lists, root, child)
        root = child


@kernel
def sort_worst_first(lists: Records, size: int) -> None:
    """Order the first `size` noted accounts of a table of LIST rows worst first by their recorded
    coverage (heap sort: in place, a total order, hence deterministic).
    """
    for root in range(size // 2 - 1, -1, -1):
        _settle_down(lists, root, size)
    for last in range(size - 1, 0, -1):
        _swap(lists, 0, last)
        _settle_down(lists, 0, last)
