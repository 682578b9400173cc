"""Planning: what happens next to each idle account in liquidation, worst first (docs/semantics.md,
6).

Kernels here change state and emit; what they ask (does a close help, how many lots, at what zero
price) is in `solvent.liquidation`.
"""

from __future__ import annotations

from solvent.compiled import inline_kernel, kernel
from solvent.contracts.value import SPOT
from solvent.engine.emit import emit
from solvent.engine.events import EventKind, Outcome
from solvent.engine.judging import emit_judgement
from solvent.engine.lifecycle import (
    is_idle,
    leave_liquidation,
    place_order,
    set_request,
    set_stage,
)
from solvent.ledger.postings import move
from solvent.ledger.slots import free_empty_slots
from solvent.ledger.tables import NONE, Header, Integers, Records, Tables
from solvent.liquidation.choice import (
    collateral_to_sell,
    debt_to_buy_back,
    derivative_slots,
    lots_to_close,
    slot_to_reduce,
)
from solvent.liquidation.stages import Backing, Request, Stage
from solvent.liquidation.zero import released_by
from solvent.units import mul_div_ceil, ratio_cmp
from solvent.watch.buffer import standing
from solvent.watch.judge import ask_judgement, judge_asked, sort_worst_first
from solvent.watch.rules import CLOSE_COST, METHOD, TARGET_DEN, TARGET_NUM
from solvent.watch.scenarios import by_scenarios

ACTIVE = int(Header.ACTIVE)
PLANNED = int(Header.PLANNED)
PLANNING = int(Header.PLANNING)
FUND_REQUEST = int(Request.FUND)
OWNER = int(Backing.OWNER)
FUND_BACKED = int(Backing.FUND)
NOBODY = int(Backing.NOBODY)
UNALLOCATED = int(Backing.UNALLOCATED)
REDUCING = int(Stage.REDUCING)
CLOSING = int(Stage.CLOSING)
SELLING = int(Stage.SELLING)
INSURANCE = int(Stage.INSURANCE)
ORDERS_CANCELLED = int(EventKind.ORDERS_CANCELLED)
LIQUIDATION_ORDERED = int(EventKind.LIQUIDATION_ORDERED)
FUND_REQUESTED = int(EventKind.FUND_REQUESTED)
LIQUIDATION_ENDED = int(EventKind.LIQUIDATION_ENDED)
SURPLUS_TO_FUND = int(EventKind.SURPLUS_TO_FUND)
SWEPT_TO_PARENT = int(EventKind.SWEPT_TO_PARENT)
RESTORED = int(Outcome.RESTORED)
CLOSED = int(Outcome.CLOSED)
PARTIAL = 1
PPM = 1_000_000
ROOM_PER_ACCOUNT = 3 * 64 + 8
"""Events one planned account can emit: a cancellation and an order per slot, and what ends it."""


@kernel
def _cancel_resting(s: Tables, events: Records, cursor: Integers, account: int) -> None:
    if s.accounts_cold[account]["resting"] == 0:
        return
    slot = s.accounts[account]["first"]
    while slot != NONE:
        cold = s.positions_cold[slot]
        if cold["buys"] != 0 or cold["sells"] != 0:
            row = s.positions[slot]
            emit(
                s,
                events,
                cursor,
                ORDERS_CANCELLED,
                account,
                row["instrument"],
                row["leg"],
                cold["buys"],
                cold["sells"],
                0,
                0,
            )
            cold["buys"] = 0
            cold["sells"] = 0
        slot = s.positions[slot]["next"]
    s.accounts_cold[account]["resting"] = 0
    free_empty_slots(s, account)


@kernel
def _order(
    s: Tables, events: Records, cursor: Integers, slot: int, lots: int, equity: int, need: int
) -> None:
    row = s.positions[slot]
    account = row["account"]
    number = place_order(s, slot, lots)
    deadline = s.positions_cold[slot]["order_deadline"]
    mark = s.instruments[row["instrument"]]["mark"]
    place = emit(
        s,
        events,
        cursor,
        LIQUIDATION_ORDERED,
        account,
        row["instrument"],
        row["leg"],
        lots,
        mark,
        deadline,
        number,
    )
    events[place]["e"] = equity
    events[place]["f"] = need
    events[place]["g"] = row["lots"]
    events[place]["h"] = s.accounts[account]["stage"]


@kernel
def _ask_fund(
    s: Tables, events: Records, cursor: Integers, account: int, amount: int, equity: int, need: int
) -> None:
    set_stage(s, account, INSURANCE)
    set_request(s, account, FUND_REQUEST, amount)
    emit(s, events, cursor, FUND_REQUESTED, account, NONE, 0, amount, equity, need, 0)


@kernel
def _end(
    s: Tables, events: Records, cursor: Integers, account: int, outcome: int, equity: int, need: int
) -> None:
    """The liquidation is over: surplus of a fund-backed account to the fund, what is left of an
    isolated child to its parent.
    """
    wallet = s.accounts[account]["wallet"]
    backing = s.accounts_cold[account]["taken_over"]
    asset = s.accounts[account]["asset"]
    paid = 0
    if outcome == CLOSED and backing == FUND_BACKED and wallet > 0:
        fund = s.assets[asset]["fund"]
        move(s, account, fund, wallet)
        paid = wallet
        emit(
            s,
            events,
            cursor,
            SURPLUS_TO_FUND,
            account,
            NONE,
            0,
            wallet,
            s.accounts[fund]["wallet"],
            0,
            0,
        )
    leave_liquidation(s, account)
    emit(s, events, cursor, LIQUIDATION_ENDED, account, NONE, 0, outcome, equity, need, paid)
    parent = s.accounts_cold[account]["parent"]
    wallet = s.accounts[account]["wallet"]
    if outcome == CLOSED and parent != NONE and wallet > 0:
        move(s, account, parent, wallet)
        place = emit(s, events, cursor, SWEPT_TO_PARENT, account, NONE, 0, wallet, 0, 0, 0)
        events[place]["other"] = parent
        ask_judgement(s, parent)
    ask_judgement(s, account)


@kernel
def _close_everything(
    s: Tables, events: Records, cursor: Integers, account: int, equity: int, need: int
) -> None:
    set_stage(s, account, CLOSING)
    scenarios = by_scenarios(s, account)
    for hedges in range(2 if scenarios else 1):  # what a close does not release goes last
        slot = s.accounts[account]["first"]
        while slot != NONE:
            row = s.positions[slot]
            if row["lots"] != 0 and s.instruments[row["instrument"]]["kind"] != SPOT:
                if not scenarios or (released_by(s, slot, abs(row["lots"])) <= 0) == (hedges == 1):
                    _order(s, events, cursor, slot, -row["lots"], equity, need)
            slot = row["next"]


@kernel
def _sell_collateral(
    s: Tables, events: Records, cursor: Integers, account: int, slot: int, equity: int, need: int
) -> None:
    row = s.positions[slot]
    contract = s.instruments[row["instrument"]]
    lots = row["lots"]
    if s.accounts_cold[account]["taken_over"] != FUND_BACKED:
        worth = mul_div_ceil(-s.accounts[account]["wallet"], PPM, PPM - s.policy[CLOSE_COST])
        lots = min(lots, mul_div_ceil(worth, contract["k_den"], contract["mark"] * contract["k"]))
    set_stage(s, account, SELLING)
    _order(s, events, cursor, slot, -lots, equity, need)


@kernel
def _plan_flat(s: Tables, events: Records, cursor: Integers, account: int, equity: int) -> None:
    debt = debt_to_buy_back(s, account)
    if debt != NONE:
        set_stage(s, account, SELLING)
        _order(s, events, cursor, debt, -s.positions[debt]["lots"], equity, 0)
        return
    wallet = s.accounts[account]["wallet"]
    backing = s.accounts_cold[account]["taken_over"]
    if wallet < 0 or backing == FUND_BACKED:
        slot = collateral_to_sell(s, account)
        if slot != NONE:
            _sell_collateral(s, events, cursor, account, slot, equity, 0)
            return
    if wallet < 0 and backing != UNALLOCATED:
        _ask_fund(s, events, cursor, account, -wallet, equity, 0)
        return
    _end(s, events, cursor, account, CLOSED, equity, 0)


@kernel
def plan_account(s: Tables, events: Records, cursor: Integers, account: int) -> None:
    """Decide the next step of one idle account in liquidation and emit it."""
    _cancel_resting(s, events, cursor, account)
    equity, need, buffer = standing(s, account)
    if derivative_slots(s, account) == 0:
        _plan_flat(s, events, cursor, account, equity)
        return
    covered = buffer + need
    backing = s.accounts_cold[account]["taken_over"]
    if (
        backing == OWNER
        and ratio_cmp(covered, s.policy[TARGET_NUM], need, s.policy[TARGET_DEN]) >= 0
    ):
        _end(s, events, cursor, account, RESTORED, equity, need)
        return
    if equity < 0 and backing != NOBODY:
        _ask_fund(s, events, cursor, account, -equity, equity, need)
        return
    if s.policy[METHOD] == PARTIAL and backing == OWNER:
        slot = slot_to_reduce(s, account, covered, need)
        if slot != NONE:
            lots = lots_to_close(s, slot, covered, need)
            if s.positions[slot]["lots"] > 0:
                lots = -lots
            set_stage(s, account, REDUCING)
            _order(s, events, cursor, slot, lots, equity, need)
            return
    _close_everything(s, events, cursor, account, equity, need)


@inline_kernel
def _queue(s: Tables, place: int, account: int) -> None:
    s.lists[place]["touched"] = account
    equity, need, _ = standing(s, account)
    s.lists[place]["touched_equity"] = equity
    s.lists[place]["touched_need"] = need


@kernel
def _sort_queue(s: Tables, count: int) -> None:
    sort_worst_first(s.lists, count)
    for place in range(count):
        s.lists[place]["scratch"] = s.lists[place]["touched"]


@kernel
def _queue_everyone(s: Tables) -> int:
    count = 0
    for place in range(s.header[ACTIVE]):
        if is_idle(s, s.lists[place]["active"]):
            _queue(s, count, s.lists[place]["active"])
            count += 1
    _sort_queue(s, count)
    return count


@kernel
def _queue_two(s: Tables, first: int, second: int) -> int:
    count = 0
    if first != NONE and is_idle(s, first):
        _queue(s, count, first)
        count += 1
    if second != NONE and second != first and is_idle(s, second):
        _queue(s, count, second)
        count += 1
    _sort_queue(s, count)
    return count


@kernel
def plan(
    s: Tables, events: Records, cursor: Integers, everyone: bool, first: int, second: int
) -> bool:
    """Plan every idle account (or the two named), worst first. False: the event table is too small;
    call again with more room to go on.
    """
    if s.header[PLANNING] == 0:
        if everyone:
            s.header[PLANNING] = _queue_everyone(s)
        else:
            s.header[PLANNING] = _queue_two(s, first, second)
        s.header[PLANNED] = 0
    while s.header[PLANNED] < s.header[PLANNING]:
        if cursor[0] + ROOM_PER_ACCOUNT > len(events):
            return False
        account = s.lists[s.header[PLANNED]]["scratch"]
        s.header[PLANNED] += 1
        plan_account(s, events, cursor, account)
        judge_asked(s)
    if not emit_judgement(s, events, cursor):
        return False
    s.header[PLANNING] = 0
    s.header[PLANNED] = 0
    return True


@kernel
def plan_pair(s: Tables, events: Records, cursor: Integers, first: int, second: int) -> None:
    """Plan the accounts of one command where they are idle; the caller has made sure of room."""
    for place in range(_queue_two(s, first, second)):
        plan_account(s, events, cursor, s.lists[place]["scratch"])
        judge_asked(s)
    emit_judgement(s, events, cursor)
