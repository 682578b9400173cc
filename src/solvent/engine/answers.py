"""Answers to what a liquidation asked for: the fund's money, deleveraged counterparties, shared
losses.
"""

from __future__ import annotations

from solvent.compiled import kernel
from solvent.contracts.funding import INDEX_MAX
from solvent.engine.checks import known_account, known_instrument
from solvent.engine.emit import emit, refuse
from solvent.engine.events import EventKind
from solvent.engine.lifecycle import set_request, set_stage
from solvent.engine.refusals import Refusal
from solvent.ledger.postings import book_trade, move, owed
from solvent.ledger.slots import find_slot
from solvent.ledger.tables import NONE, Header, Integers, Records, Role, Tables
from solvent.liquidation.choice import derivative_slots
from solvent.liquidation.stages import Backing, Request, Stage
from solvent.liquidation.zero import slice_value, zero_cash
from solvent.units import INDEX_BITS, mul_div_ceil
from solvent.watch.buffer import (
    converted_ceil,
    equity_of,
    slot_value,
    standing,
)
from solvent.watch.judge import ask_judgement
from solvent.watch.rules import ADL, ADL_MARKET, SOCIALISE

ACCOUNTS = int(Header.ACCOUNTS)
UNALLOCATED_COUNT = int(Header.UNALLOCATED)
JUDGE_HOLDERS = int(Header.JUDGE_HOLDERS)
CUSTOMER = int(Role.CUSTOMER)
MARKET = int(Role.MARKET)
FUND_REQUEST = int(Request.FUND)
ADL_REQUEST = int(Request.ADL)
SHARING = int(Request.SHARING)
FUND_BACKED = int(Backing.FUND)
NOBODY = int(Backing.NOBODY)
UNALLOCATED = int(Backing.UNALLOCATED)
DELEVERAGING = int(Stage.DELEVERAGING)
SOCIALISING = int(Stage.SOCIALISING)
INSURANCE_DRAWN = int(EventKind.INSURANCE_DRAWN)
FUND_REFUSED = int(EventKind.FUND_REFUSED)
ADL_REQUESTED = int(EventKind.ADL_REQUESTED)
DELEVERAGED = int(EventKind.DELEVERAGED)
LOSS_SOCIALISED = int(EventKind.LOSS_SOCIALISED)
DEFICIT_UNALLOCATED = int(EventKind.DEFICIT_UNALLOCATED)
UNKNOWN_ACCOUNT = int(Refusal.UNKNOWN_ACCOUNT)
UNKNOWN_INSTRUMENT = int(Refusal.UNKNOWN_INSTRUMENT)
AMOUNT = int(Refusal.AMOUNT_NOT_POSITIVE)
OUT_OF_RANGE = int(Refusal.OUT_OF_RANGE)
OVERFLOW = int(Refusal.OVERFLOW)
NOT_REQUESTED = int(Refusal.NOT_REQUESTED)
FUND_EXHAUSTED = int(Refusal.FUND_EXHAUSTED)
UNABLE = int(Refusal.COUNTERPARTY_UNABLE)


@kernel
def fund_answer(s: Tables, row: Records, events: Records, cursor: Integers) -> None:
    """FUND_ANSWER: all that was asked, or (for an account without positions) a part, or nothing."""
    account, granted = row["account"], row["a"]
    if not known_account(s, account):
        refuse(s, events, cursor, row, UNKNOWN_ACCOUNT, account, s.header[ACCOUNTS])
        return
    cold = s.accounts_cold[account]
    if cold["request"] != FUND_REQUEST:
        refuse(s, events, cursor, row, NOT_REQUESTED, granted, 0)
        return
    asked = cold["requested"]
    fund = s.assets[s.accounts[account]["asset"]]["fund"]
    flat = derivative_slots(s, account) == 0
    if granted < 0 or granted > asked or (not flat and granted != 0 and granted != asked):
        refuse(s, events, cursor, row, OUT_OF_RANGE, granted, asked)
        return
    if granted > s.accounts[fund]["wallet"]:
        refuse(s, events, cursor, row, FUND_EXHAUSTED, granted, s.accounts[fund]["wallet"])
        return
    set_request(s, account, 0, 0)
    if granted > 0:
        move(s, fund, account, granted)
        emit(
            s,
            events,
            cursor,
            INSURANCE_DRAWN,
            account,
            NONE,
            0,
            granted,
            s.accounts[fund]["wallet"],
            0,
            0,
        )
    if granted < asked:
        emit(
            s,
            events,
            cursor,
            FUND_REFUSED,
            account,
            NONE,
            0,
            asked - granted,
            s.accounts[fund]["wallet"],
            0,
            0,
        )
        if flat:
            set_stage(s, account, SOCIALISING)
            set_request(s, account, SHARING, asked - granted)
        elif s.policy[ADL] != 0:
            set_stage(s, account, DELEVERAGING)
            set_request(s, account, ADL_REQUEST, 0)
            equity, need, _ = standing(s, account)
            emit(
                s,
                events,
                cursor,
                ADL_REQUESTED,
                account,
                NONE,
                0,
                derivative_slots(s, account),
                equity,
                need,
                0,
            )
        else:
            cold["taken_over"] = NOBODY
    elif not flat:
        cold["taken_over"] = FUND_BACKED
    ask_judgement(s, account)


@kernel
def _counterparty_profit(s: Tables, slot: int) -> int:
    row = s.positions[slot]
    return slot_value(s, slot) - row["cost"] - owed(s, slot)


@kernel
def adl_answer(s: Tables, row: Records, events: Records, cursor: Integers) -> None:
    """ADL_ANSWER: a counterparty's opposite lots are closed against the account's at the zero price
    of the moment.
    """
    account, other, instrument, lots = row["account"], row["other"], row["instrument"], row["a"]
    if not known_account(s, account) or not known_account(s, other) or other == account:
        refuse(s, events, cursor, row, UNKNOWN_ACCOUNT, other, s.header[ACCOUNTS])
        return
    if not known_instrument(s, instrument):
        refuse(s, events, cursor, row, UNKNOWN_INSTRUMENT, instrument, 0)
        return
    if lots <= 0:
        refuse(s, events, cursor, row, AMOUNT, lots, 1)
        return
    if s.accounts_cold[account]["request"] != ADL_REQUEST:
        refuse(s, events, cursor, row, NOT_REQUESTED, other, 0)
        return
    role = s.accounts[other]["role"]
    able = role == CUSTOMER or (role == MARKET and s.policy[ADL_MARKET] == 1)
    slot = find_slot(s, account, instrument, row["leg"])
    theirs = find_slot(s, other, instrument, row["d"])
    if not able or slot == NONE or theirs == NONE or s.accounts[other]["stage"] != 0:
        refuse(s, events, cursor, row, UNABLE, other, 0)
        return
    mine_lots, their_lots = s.positions[slot]["lots"], s.positions[theirs]["lots"]
    if abs(mine_lots) < lots or abs(their_lots) < lots or (mine_lots > 0) == (their_lots > 0):
        refuse(s, events, cursor, row, UNABLE, lots, min(abs(mine_lots), abs(their_lots)))
        return
    equity, need, _ = standing(s, account)
    worth = slice_value(s, slot, lots)
    cash = worth
    if need > 0:
        cash = zero_cash(s, slot, lots, equity, need)
    profit = _counterparty_profit(s, theirs)
    settle = s.instruments[instrument]["settle"]
    given_up = converted_ceil(
        s, settle, s.accounts[other]["asset"], cash + slice_value(s, theirs, lots)
    )
    if role == CUSTOMER and given_up > 0 and equity_of(s, other) - given_up < 0:
        refuse(s, events, cursor, row, UNABLE, given_up, equity_of(s, other))
        return
    signed = -lots if mine_lots > 0 else lots
    s.positions_cold[slot]["liquidated"] += abs(worth)
    book_trade(s, account, instrument, row["leg"], signed, -cash, -cash)
    book_trade(s, other, instrument, row["d"], -signed, cash, cash)
    place = emit(
        s,
        events,
        cursor,
        DELEVERAGED,
        account,
        instrument,
        row["leg"],
        signed,
        s.instruments[instrument]["mark"],
        cash,
        worth,
    )
    events[place]["other"] = other
    events[place]["e"] = profit
    ask_judgement(s, other)
    events[place]["f"] = equity_of(s, other)
    s.accounts_cold[account]["order_serial"] += 1
    events[place]["g"] = s.accounts_cold[account]["order_serial"]
    if derivative_slots(s, account) == 0:
        set_request(s, account, 0, 0)
    ask_judgement(s, account)


@kernel
def adl_done(s: Tables, row: Records, events: Records, cursor: Integers) -> None:
    """ADL_DONE: no more counterparties; what is left of the account is run off in the market."""
    account = row["account"]
    if not known_account(s, account):
        refuse(s, events, cursor, row, UNKNOWN_ACCOUNT, account, s.header[ACCOUNTS])
        return
    if s.accounts_cold[account]["request"] != ADL_REQUEST:
        refuse(s, events, cursor, row, NOT_REQUESTED, account, 0)
        return
    s.accounts_cold[account]["taken_over"] = NOBODY
    set_request(s, account, 0, 0)
    ask_judgement(s, account)


@kernel
def socialise(s: Tables, row: Records, events: Records, cursor: Integers) -> None:
    """SOCIALISE: a share of a deficit is spread over the holders of an instrument, or (instrument
    NONE) stays with nobody.
    """
    account, instrument, amount = row["account"], row["instrument"], row["a"]
    if not known_account(s, account):
        refuse(s, events, cursor, row, UNKNOWN_ACCOUNT, account, s.header[ACCOUNTS])
        return
    if s.accounts_cold[account]["request"] != SHARING:
        refuse(s, events, cursor, row, NOT_REQUESTED, account, 0)
        return
    cold = s.accounts_cold[account]
    if amount <= 0 or amount > cold["requested"]:
        refuse(s, events, cursor, row, OUT_OF_RANGE, amount, cold["requested"])
        return
    left = cold["requested"] - amount
    if instrument == NONE:
        s.header[UNALLOCATED_COUNT] += 1
        cold["taken_over"] = UNALLOCATED
        emit(s, events, cursor, DEFICIT_UNALLOCATED, account, NONE, 0, amount, 0, 0, 0)
    else:
        if (
            not known_instrument(s, instrument)
            or s.instruments[instrument]["settle"] != s.accounts[account]["asset"]
        ):
            refuse(s, events, cursor, row, UNKNOWN_INSTRUMENT, instrument, 0)
            return
        contract = s.instruments[instrument]
        lots = contract["open_lots"]
        if lots <= 0 or s.policy[SOCIALISE] == 0:
            refuse(s, events, cursor, row, UNABLE, lots, 1)
            return
        step = mul_div_ceil(amount, 1 << INDEX_BITS, lots)
        if (
            step > INDEX_MAX
            or contract["index_long"] + step > INDEX_MAX
            or contract["index_short"] - step < -INDEX_MAX
        ):
            refuse(s, events, cursor, row, OVERFLOW, step, INDEX_MAX)
            return
        contract["index_long"] += step
        contract["index_short"] -= step
        pool = s.assets[contract["settle"]]["funding"]
        move(s, pool, account, amount)
        s.assets[contract["settle"]]["socialised"] += amount
        emit(s, events, cursor, LOSS_SOCIALISED, account, instrument, 0, amount, step, lots, 0)
        s.header[JUDGE_HOLDERS] = instrument
    if left == 0:
        set_request(s, account, 0, 0)
    else:
        cold["requested"] = left
    ask_judgement(s, account)
