"""Emitting what a judgement found: level changes worst first, margin calls, liquidations begun."""

from __future__ import annotations

from solvent.compiled import kernel
from solvent.engine.emit import emit
from solvent.engine.events import EventKind
from solvent.engine.lifecycle import set_stage
from solvent.ledger.tables import NONE, Header, Integers, Records, Tables
from solvent.liquidation.choice import derivative_slots
from solvent.liquidation.stages import Backing, Stage
from solvent.watch.buffer import buffer_at
from solvent.watch.judge import sort_worst_first
from solvent.watch.rules import CALL_PERIOD

TOUCHED = int(Header.TOUCHED)
ACTIVE = int(Header.ACTIVE)
IDLE = int(Header.IDLE)
TIME = int(Header.TIME)
CALL_DEADLINE = int(Header.CALL_DEADLINE)
LEVEL_CHANGED = int(EventKind.LEVEL_CHANGED)
MARGIN_CALLED = int(EventKind.MARGIN_CALLED)
MARGIN_CALL_CURED = int(EventKind.MARGIN_CALL_CURED)
LIQUIDATION_STARTED = int(EventKind.LIQUIDATION_STARTED)
CALL = 1
CALLED = 2
LIQUIDATE = 3
CANCELLING = int(Stage.CANCELLING)
UNALLOCATED = int(Backing.UNALLOCATED)
EVENTS_PER_ACCOUNT = 3


@kernel
def _begin_liquidation(
    s: Tables, events: Records, cursor: Integers, account: int, equity: int, need: int
) -> None:
    cold = s.accounts_cold[account]
    if cold["active_at"] != NONE:
        return
    if derivative_slots(s, account) == 0:
        # a deficit that nobody could share stays; it is not asked for again
        if cold["taken_over"] == UNALLOCATED:
            return
    cold["active_at"] = s.header[ACTIVE]
    s.lists[s.header[ACTIVE]]["active"] = account
    s.header[ACTIVE] += 1
    set_stage(s, account, CANCELLING)
    s.header[IDLE] += 1
    emit(
        s,
        events,
        cursor,
        LIQUIDATION_STARTED,
        account,
        NONE,
        0,
        equity,
        need,
        s.accounts[account]["level"],
        0,
    )


@kernel
def _margin_call(
    s: Tables, events: Records, cursor: Integers, account: int, before: int, equity: int, need: int
) -> None:
    level = s.accounts[account]["level"]
    cold = s.accounts_cold[account]
    if level >= CALLED and before < CALLED:
        deadline = s.header[TIME] + s.policy[CALL_PERIOD]
        missing = -buffer_at(s, account, CALL)
        cold["call_amount"] = missing
        cold["call_deadline"] = deadline
        if s.header[CALL_DEADLINE] == 0 or deadline < s.header[CALL_DEADLINE]:
            s.header[CALL_DEADLINE] = deadline
        emit(s, events, cursor, MARGIN_CALLED, account, NONE, 0, missing, deadline, equity, need)
    elif level < CALLED and before >= CALLED:
        cold["call_amount"] = 0
        cold["call_deadline"] = 0
        emit(s, events, cursor, MARGIN_CALL_CURED, account, NONE, 0, 0, 0, 0, 0)


@kernel
def emit_judgement(s: Tables, events: Records, cursor: Integers) -> bool:
    """Emit the noted level changes. False when the event table is too small: nothing was done, call
    again with more room.
    """
    size = s.header[TOUCHED]
    if size == 0:
        return True
    if cursor[0] + size * EVENTS_PER_ACCOUNT > len(events):
        return False
    sort_worst_first(s.lists, size)
    for place in range(size):
        account = s.lists[place]["touched"]
        before = s.lists[place]["touched_from"]
        s.accounts_cold[account]["touched_at"] = NONE
        level = s.accounts[account]["level"]
        equity = s.lists[place]["touched_equity"]
        need = s.lists[place]["touched_need"]
        if level != before:
            emit(s, events, cursor, LEVEL_CHANGED, account, NONE, 0, before, level, equity, need)
            _margin_call(s, events, cursor, account, before, equity, need)
        if level >= LIQUIDATE:
            _begin_liquidation(s, events, cursor, account, equity, need)
    s.header[TOUCHED] = 0
    return True
