"""Judging: who changed level, found by tripped triggers and evaluated exactly, in a stated order.

`drain` empties the tripped triggers of one instrument, `note` records an account whose level
changed; the engine then sorts what was noted
(worst coverage first, ties by account) and emits it.
"""

from __future__ import annotations

from solvent.compiled import inline_kernel, kernel
from solvent.ledger.tables import NONE, Header, Role, Tables
from solvent.units import ratio_cmp
from solvent.watch.buffer import equity_of, level_of, requirement_of
from solvent.watch.heap import DOWN, UP
from solvent.watch.triggers import SUBTICKS, reindex

TOUCHED = int(Header.TOUCHED)
RECHECK = int(Header.RECHECK)
POSITIONS = int(Header.POSITIONS)
DIRTY = int(Header.DIRTY)
JUDGE_FIRST = int(Header.JUDGE_FIRST)
JUDGE_SECOND = int(Header.JUDGE_SECOND)
JUDGE_HOLDERS = int(Header.JUDGE_HOLDERS)
JUDGE_DIRTY = int(Header.JUDGE_DIRTY)
CUSTOMER = int(Role.CUSTOMER)
LIQUIDATE = 3


@kernel
def note(s: Tables, account: int, level_before: int) -> None:
    """Remember that the account's level changed in this command (the first level of the command
    counts).
    """
    if s.accounts_cold[account]["touched_at"] == NONE:
        place = s.header[TOUCHED]
        s.accounts_cold[account]["touched_at"] = place
        s.lists[place]["touched"] = account
        s.lists[place]["touched_from"] = level_before
        s.header[TOUCHED] = place + 1


@kernel
def judge(s: Tables, account: int) -> None:
    """Evaluate the account at the current marks, record its level and set its triggers anew. System
    accounts are not judged.
    """
    if s.accounts[account]["role"] != CUSTOMER:
        return
    before = s.accounts[account]["level"]
    level = level_of(s, account, before)
    if level != before:
        note(s, account, before)
        s.accounts[account]["level"] = level
    elif level >= LIQUIDATE and s.accounts_cold[account]["active_at"] == NONE:
        note(s, account, before)  # a deficit nobody could share, and positions again
    reindex(s, account)


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
    """Judge the accounts that have no one-sided bound, if one of their prices changed."""
    place = s.header[RECHECK] - 1
    while place >= 0:
        account = s.lists[place]["recheck"]
        slot = s.accounts[account]["first"]
        moved = False
        asset = s.accounts[account]["asset"]
        while slot != NONE:
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
                judge(s, row["account"])
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
def _worse(s: Tables, left: int, right: int) -> bool:
    """True when the noted account at `left` comes before the one at `right`: lower coverage, then
    lower id.
    """
    order = ratio_cmp(
        s.lists[left]["touched_equity"],
        max(s.lists[left]["touched_need"], 1),
        s.lists[right]["touched_equity"],
        max(s.lists[right]["touched_need"], 1),
    )
    if order != 0:
        return order < 0
    return s.lists[left]["touched"] < s.lists[right]["touched"]


@inline_kernel
def _swap(s: Tables, left: int, right: int) -> None:
    one, other = s.lists[left], s.lists[right]
    one["touched"], other["touched"] = other["touched"], one["touched"]
    one["touched_from"], other["touched_from"] = other["touched_from"], one["touched_from"]
    one["touched_equity"], other["touched_equity"] = other["touched_equity"], one["touched_equity"]
    one["touched_need"], other["touched_need"] = other["touched_need"], one["touched_need"]


@kernel
def _settle_down(s: Tables, root: int, size: int) -> None:
    while True:
        child = 2 * root + 1
        if child >= size:
            return
        if child + 1 < size and _worse(s, child, child + 1):
            child += 1
        if not _worse(s, root, child):
            return
        _swap(s, root, child)
        root = child


@kernel
def sort_worst_first(s: Tables, size: int) -> None:
    """Order the first `size` noted accounts worst first (heap sort: in place, a total order, hence
    deterministic).
    """
    for place in range(size):
        account = s.lists[place]["touched"]
        s.lists[place]["touched_equity"] = equity_of(s, account)
        s.lists[place]["touched_need"] = requirement_of(s, account)
    for root in range(size // 2 - 1, -1, -1):
        _settle_down(s, root, size)
    for last in range(size - 1, 0, -1):
        _swap(s, 0, last)
        _settle_down(s, 0, last)
