"""The compiled entry points: each takes a run of command rows and a table for events, and says how
far it came.

`cursor` is [events written, next row, status, first account, second account, stop at orders].
Status DONE: the run is finished. GROW: the event table is too small for what comes next; nothing is
lost, call again with more room. PLAN: a judgement left accounts to be planned.
"""

from __future__ import annotations

from solvent.compiled import inline_kernel, kernel
from solvent.engine.answers import adl_answer, adl_done, fund_answer, socialise
from solvent.engine.cash import (
    deposit,
    deposit_collateral,
    open_account,
    transfer,
    withdraw,
    withdraw_collateral,
)
from solvent.engine.checks import known_account, timing
from solvent.engine.commands import CommandKind
from solvent.engine.emit import refuse
from solvent.engine.events import EventKind
from solvent.engine.forced import order_closed, order_fill
from solvent.engine.judging import emit_judgement
from solvent.engine.lifecycle import is_idle
from solvent.engine.occasions import funding, settle, timer
from solvent.engine.planning import ROOM_PER_ACCOUNT, plan_pair
from solvent.engine.publishing import empty_stage, risk_array, watch_reach
from solvent.engine.refusals import Refusal
from solvent.engine.trading import fill, reserve, set_leverage
from solvent.ledger.tables import NONE, Header, Integers, Records, Tables
from solvent.watch.judge import ask_everybody, judge_asked, mark_dirty
from solvent.watch.rules import INTERVAL

SEQ = int(Header.SEQ)
TIME = int(Header.TIME)
JUDGED = int(Header.JUDGED)
JUDGING = int(Header.JUDGING)
SNAPSHOT_OPEN = int(Header.SNAPSHOT_OPEN)
TOUCHED = int(Header.TOUCHED)
IDLE = int(Header.IDLE)
DEADLINE = int(Header.DEADLINE)
INSTRUMENTS = int(Header.INSTRUMENTS)
EVENTS = 0
ROW = 1
STATUS = 2
FIRST = 3
SECOND = 4
STOP = 5
DONE = 0
GROW = 1
PLAN_ALL = 2
PLAN_TWO = 3
EVENT_ROOM = 16
ANSWER_ROOM = EVENT_ROOM + 2 * ROOM_PER_ACCOUNT
SETTLED = 2
RISK_ARRAY = int(CommandKind.RISK_ARRAY)
SCENARIOS = int(Header.SCENARIOS)
OPEN_ACCOUNT = int(CommandKind.OPEN_ACCOUNT)
DEPOSIT = int(CommandKind.DEPOSIT)
WITHDRAW = int(CommandKind.WITHDRAW)
TRANSFER = int(CommandKind.TRANSFER)
DEPOSIT_COLLATERAL = int(CommandKind.DEPOSIT_COLLATERAL)
WITHDRAW_COLLATERAL = int(CommandKind.WITHDRAW_COLLATERAL)
FILL = int(CommandKind.FILL)
RESERVE = int(CommandKind.RESERVE)
LEVERAGE = int(CommandKind.LEVERAGE)
FUNDING = int(CommandKind.FUNDING)
SETTLE = int(CommandKind.SETTLE)
TIMER = int(CommandKind.TIMER)
ORDER_FILL = int(CommandKind.ORDER_FILL)
ORDER_CLOSED = int(CommandKind.ORDER_CLOSED)
FUND_ANSWER = int(CommandKind.FUND_ANSWER)
ADL_ANSWER = int(CommandKind.ADL_ANSWER)
ADL_DONE = int(CommandKind.ADL_DONE)
SOCIALISE = int(CommandKind.SOCIALISE)
REFUSED = int(EventKind.REFUSED)
UNKNOWN_COMMAND = int(Refusal.UNKNOWN_COMMAND)
TIME_BACKWARDS = int(Refusal.TIME_BACKWARDS)
UNKNOWN_INSTRUMENT = int(Refusal.UNKNOWN_INSTRUMENT)
INSTRUMENT_CLOSED = int(Refusal.INSTRUMENT_CLOSED)
OUT_OF_RANGE = int(Refusal.OUT_OF_RANGE)


@inline_kernel
def _set_price(s: Tables, row: Records, events: Records, cursor: Integers) -> None:
    instrument, price = row["instrument"], row["a"]
    if row["time"] < s.header[TIME]:
        refuse(s, events, cursor, row, TIME_BACKWARDS, row["time"], s.header[TIME])
        return
    if instrument < 0 or instrument >= s.header[INSTRUMENTS]:
        refuse(s, events, cursor, row, UNKNOWN_INSTRUMENT, instrument, s.header[INSTRUMENTS])
        return
    contract = s.instruments[instrument]
    if contract["status"] == SETTLED:
        refuse(s, events, cursor, row, INSTRUMENT_CLOSED, instrument, 0)
        return
    if price < contract["price_min"] or price > contract["price_max"]:
        limit = contract["price_min"] if price < contract["price_min"] else contract["price_max"]
        refuse(s, events, cursor, row, OUT_OF_RANGE, price, limit)
        return
    s.header[TIME] = row["time"]
    if price != contract["mark"]:
        contract["moved"] = 1
        contract["mark"] = price
        if s.header[SCENARIOS] > 0:
            watch_reach(s, events, cursor, instrument, price)
    mark_dirty(s, instrument)


@inline_kernel
def _judgement_due(s: Tables) -> bool:
    interval = s.policy[INTERVAL]
    return interval == 0 or s.header[TIME] // interval > s.header[JUDGED] // interval


@kernel
def _finish_judgement(s: Tables, events: Records, cursor: Integers) -> bool:
    """Emit what was found. True when the caller must return to its caller (no room, or accounts to
    plan).
    """
    if s.header[TOUCHED] > 0:
        s.header[JUDGING] = 1
        if not emit_judgement(s, events, cursor):
            cursor[STATUS] = GROW
            return True
    s.header[JUDGING] = 0
    if s.header[IDLE] > 0 or (s.header[DEADLINE] != 0 and s.header[DEADLINE] < s.header[TIME]):
        cursor[STATUS] = PLAN_ALL
        return True
    return False


@kernel
def apply_prices(s: Tables, rows: Records, stop: int, events: Records, cursor: Integers) -> None:
    """Run of PRICE rows: marks are set, closed snapshots judged."""
    cursor[STATUS] = DONE
    if s.header[JUDGING] == 1 and _finish_judgement(s, events, cursor):
        return
    while cursor[ROW] < stop:
        if cursor[EVENTS] + EVENT_ROOM > len(events):
            cursor[STATUS] = GROW
            return
        row = rows[cursor[ROW]]
        cursor[ROW] += 1
        s.header[SEQ] += 1
        _set_price(s, row, events, cursor)
        if row["b"] == 0:
            s.header[SNAPSHOT_OPEN] = 1
        else:
            s.header[SNAPSHOT_OPEN] = 0
            if _judgement_due(s):
                s.header[JUDGED] = s.header[TIME]
                ask_everybody(s)
                judge_asked(s)
                if _finish_judgement(s, events, cursor):
                    return


@inline_kernel
def _was_refused(s: Tables, events: Records, cursor: Integers, since: int, time: int) -> bool:
    """True when the command wrote a refusal: then it changed nothing, the clock included."""
    if cursor[EVENTS] > since and events[since]["kind"] == REFUSED:
        s.header[TIME] = time
        return True
    return False


@inline_kernel
def _begin(s: Tables, rows: Records, events: Records, cursor: Integers) -> bool:
    """Take the next row; False when it is refused for its time or an open snapshot."""
    row = rows[cursor[ROW]]
    cursor[ROW] += 1
    s.header[SEQ] += 1
    refusal = timing(s, row)
    if refusal != 0:
        refuse(s, events, cursor, row, refusal, row["time"], s.header[TIME])
        return False
    s.header[TIME] = row["time"]
    return True


@inline_kernel
def _after_command(s: Tables, row: Records, events: Records, cursor: Integers) -> bool:
    """Emit level changes of a command that touched two accounts at most. True when accounts are to
    be planned.
    """
    if s.header[TOUCHED] > 0:
        emit_judgement(s, events, cursor)
    return s.header[IDLE] > 0 and _plan_two(s, row, cursor)


@inline_kernel
def _plan_two(s: Tables, row: Records, cursor: Integers) -> bool:
    """Ask for the planning of the command's two accounts, if one of them waits for it."""
    first = (
        row["account"] if known_account(s, row["account"]) and is_idle(s, row["account"]) else NONE
    )
    second = row["other"] if known_account(s, row["other"]) and is_idle(s, row["other"]) else NONE
    if first == NONE and second == NONE:
        return False
    cursor[STATUS] = PLAN_TWO
    cursor[FIRST] = first
    cursor[SECOND] = second
    return True


@kernel
def apply_accounts(s: Tables, rows: Records, stop: int, events: Records, cursor: Integers) -> None:
    """Run of cash and collateral rows."""
    cursor[STATUS] = DONE
    while cursor[ROW] < stop:
        if cursor[EVENTS] + EVENT_ROOM > len(events):
            cursor[STATUS] = GROW
            return
        row = rows[cursor[ROW]]
        if row["kind"] < OPEN_ACCOUNT or row["kind"] > WITHDRAW_COLLATERAL:
            cursor[ROW] += 1
            s.header[SEQ] += 1
            refuse(s, events, cursor, row, UNKNOWN_COMMAND, row["kind"], 0)
            continue
        since = cursor[EVENTS]
        time = s.header[TIME]
        if _begin(s, rows, events, cursor):
            kind = row["kind"]
            if kind == OPEN_ACCOUNT:
                open_account(s, row, events, cursor)
            elif kind == DEPOSIT:
                deposit(s, row, events, cursor)
            elif kind == WITHDRAW:
                withdraw(s, row, events, cursor)
            elif kind == TRANSFER:
                transfer(s, row, events, cursor)
            elif kind == DEPOSIT_COLLATERAL:
                deposit_collateral(s, row, events, cursor)
            else:
                withdraw_collateral(s, row, events, cursor)
            if _was_refused(s, events, cursor, since, time):
                continue
            judge_asked(s)
            if _after_command(s, row, events, cursor):
                return


@kernel
def apply_trades(s: Tables, rows: Records, stop: int, events: Records, cursor: Integers) -> None:
    """Run of fills, reserves and leverage rows."""
    cursor[STATUS] = DONE
    while cursor[ROW] < stop:
        if cursor[EVENTS] + EVENT_ROOM > len(events):
            cursor[STATUS] = GROW
            return
        row = rows[cursor[ROW]]
        since = cursor[EVENTS]
        time = s.header[TIME]
        if _begin(s, rows, events, cursor):
            kind = row["kind"]
            if kind == FILL:
                fill(s, row, events, cursor)
            elif kind == RESERVE:
                reserve(s, row, events, cursor)
            else:
                set_leverage(s, row, events, cursor)
            if _was_refused(s, events, cursor, since, time):
                continue
            judge_asked(s)
            if _after_command(s, row, events, cursor):
                return


@kernel
def apply_occasions(s: Tables, rows: Records, stop: int, events: Records, cursor: Integers) -> None:
    """Run of funding, settlement, timer and risk rows: each judges whom it can have changed."""
    cursor[STATUS] = DONE
    if s.header[JUDGING] == 1 and _finish_judgement(s, events, cursor):
        return
    while cursor[ROW] < stop:
        if cursor[EVENTS] + EVENT_ROOM > len(events):
            cursor[STATUS] = GROW
            return
        row = rows[cursor[ROW]]
        kind = row["kind"]
        since = cursor[EVENTS]
        time = s.header[TIME]
        if _begin(s, rows, events, cursor):
            if kind == FUNDING:
                funding(s, row, events, cursor)
            elif kind == SETTLE:
                settle(s, row, events, cursor)
            elif kind == RISK_ARRAY:
                risk_array(s, row, events, cursor)
            elif not timer(s, row, events, cursor):
                cursor[ROW] -= 1
                s.header[SEQ] -= 1
                cursor[STATUS] = GROW
                return
            if _was_refused(s, events, cursor, since, time):
                continue
            if kind == RISK_ARRAY and row["instrument"] != NONE:
                continue
            judge_asked(s)
            if _finish_judgement(s, events, cursor):
                return
        elif kind == RISK_ARRAY and row["instrument"] == NONE:
            empty_stage(s)  # too early or too late: the publication is over all the same


@kernel
def apply_answers(s: Tables, rows: Records, stop: int, events: Records, cursor: Integers) -> None:
    """Run of answers to what liquidations asked for."""
    cursor[STATUS] = DONE
    if s.header[JUDGING] == 1:
        if not emit_judgement(s, events, cursor):
            cursor[STATUS] = GROW
            return
        s.header[JUDGING] = 0
        if s.header[IDLE] > 0 and _plan_two(s, rows[cursor[ROW] - 1], cursor):
            return
    while cursor[ROW] < stop:
        if cursor[EVENTS] + ANSWER_ROOM > len(events):
            cursor[STATUS] = GROW
            return
        row = rows[cursor[ROW]]
        kind = row["kind"]
        since = cursor[EVENTS]
        time = s.header[TIME]
        if _begin(s, rows, events, cursor):
            if kind == ORDER_FILL:
                order_fill(s, row, events, cursor)
            elif kind == ORDER_CLOSED:
                order_closed(s, row, events, cursor)
            elif kind == FUND_ANSWER:
                fund_answer(s, row, events, cursor)
            elif kind == ADL_ANSWER:
                adl_answer(s, row, events, cursor)
            elif kind == ADL_DONE:
                adl_done(s, row, events, cursor)
            else:
                socialise(s, row, events, cursor)
            if _was_refused(s, events, cursor, since, time):
                continue
            judge_asked(s)
            if s.header[TOUCHED] > 0 and not emit_judgement(s, events, cursor):
                s.header[JUDGING] = 1
                cursor[STATUS] = GROW
                return
            if s.header[IDLE] > 0 and kind != ORDER_CLOSED and _plan_two(s, row, cursor):
                if cursor[STOP] == 1:
                    return
                plan_pair(s, events, cursor, cursor[FIRST], cursor[SECOND])
                cursor[STATUS] = DONE


KERNELS = (
    apply_prices,
    apply_accounts,
    apply_trades,
    apply_occasions,
    apply_answers,
    apply_occasions,
)
"""The entry point of each group of `solvent.engine.groups`."""
