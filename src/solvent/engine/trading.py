"""Trading commands: fills between accounts, resting orders, leverage."""

from __future__ import annotations

from solvent.compiled import inline_kernel, kernel
from solvent.contracts.value import SPOT, closed_share, trade_cost
from solvent.engine.checks import FINE, fits, free_margin, has_room, known_account, listed
from solvent.engine.emit import emit, refuse
from solvent.engine.events import EventKind
from solvent.engine.refusals import Refusal
from solvent.ledger.postings import book_trade, closing_cost_of, move, owed, side_index
from solvent.ledger.slots import find_slot, free_empty_slots, open_slot
from solvent.ledger.tables import NONE, Header, Integers, Records, Role, Tables
from solvent.units import LOTS_MAX, MONEY_MAX
from solvent.watch.judge import ask_judgement
from solvent.watch.scenarios import by_scenarios

ACCOUNTS = int(Header.ACCOUNTS)
CUSTOMER = int(Role.CUSTOMER)
MARKET = int(Role.MARKET)
FILL_BOOKED = int(EventKind.FILL_BOOKED)
ORDERS_RESERVED = int(EventKind.ORDERS_RESERVED)
LEVERAGE_SET = int(EventKind.LEVERAGE_SET)
UNKNOWN_ACCOUNT = int(Refusal.UNKNOWN_ACCOUNT)
UNKNOWN_LEG = int(Refusal.UNKNOWN_LEG)
WRONG_KIND = int(Refusal.WRONG_KIND)
WRONG_MODEL = int(Refusal.WRONG_MODEL)
AMOUNT = int(Refusal.AMOUNT_NOT_POSITIVE)
OUT_OF_RANGE = int(Refusal.OUT_OF_RANGE)
OVERFLOW = int(Refusal.OVERFLOW)
IN_LIQUIDATION = int(Refusal.IN_LIQUIDATION)
BELOW_INITIAL = int(Refusal.BELOW_INITIAL_MARGIN)
LEVERAGE_MAX = 1000
CHECKED = 1
MARKET_POSITIONS = 64
"""The rest of the market may hold this many times the largest position: its value still fits."""


@inline_kernel
def _may_trade(s: Tables, account: int) -> bool:
    return known_account(s, account) and (
        s.accounts[account]["role"] == CUSTOMER or s.accounts[account]["role"] == MARKET
    )


@inline_kernel
def _held(s: Tables, slot: int) -> int:
    if slot == NONE:
        return 0
    return s.positions[slot]["lots"]


@kernel
def _in_range(s: Tables, account: int, instrument: int, leg: int, lots: int) -> bool:
    """True when the position of one side of a fill stays within the listed limit."""
    before = _held(s, find_slot(s, account, instrument, leg))
    after = before + lots
    limit = s.instruments[instrument]["lots_max"]
    if s.accounts[account]["role"] == MARKET:
        limit = min(LOTS_MAX, limit * MARKET_POSITIONS)
    elif s.instruments[instrument]["kind"] == SPOT and after < 0:
        return False
    return abs(after) <= limit or abs(after) <= abs(before)


@kernel
def _leg_refusal(s: Tables, account: int, instrument: int, leg: int, lots: int) -> int:
    """Refusal of one side of a fill for what is listed and the sign of a hedge leg; 0 when fine."""
    refusal = listed(s, account, instrument, leg)
    if refusal != FINE:
        return refusal
    after = _held(s, find_slot(s, account, instrument, leg)) + lots
    if (leg == 1 and after < 0) or (leg == 2 and after > 0):
        return UNKNOWN_LEG
    return FINE


@kernel
def _state_refusal(s: Tables, account: int, instrument: int, leg: int, lots: int) -> int:
    """Refusal of one side of a fill for prices, room or a liquidation in progress; 0 when fine."""
    refusal = has_room(s, account, instrument, leg)
    if refusal != FINE:
        return refusal
    before = _held(s, find_slot(s, account, instrument, leg))
    after = before + lots
    if s.accounts[account]["stage"] != 0 and after != 0:
        if abs(after) > abs(before) or (before > 0) == (after < 0):
            return IN_LIQUIDATION
    return FINE


@inline_kernel
def _first(left: int, right: int) -> int:
    """The refusal that takes precedence, of two of which either may be none."""
    if left == FINE:
        return right
    if right == FINE:
        return left
    return min(left, right)


@kernel
def _room_for(s: Tables, account: int, slot: int, cost: int) -> bool:
    """True when neither the wallet nor the entry cost of the slot can leave its bound by a trade of
    `cost`.
    """
    held = 0 if slot == NONE else s.positions[slot]["cost"]
    return (
        fits(s.accounts[account]["wallet"], abs(cost))
        and fits(s.accounts[account]["wallet"], -abs(cost))
        and fits(held, cost)
    )


@kernel
def _keeps_initial(
    s: Tables, account: int, instrument: int, leg: int, lots: int, price: int, cost: int, fee: int
) -> bool:
    """True when the account would have its initial margin after the fill (nothing is booked)."""
    slot = open_slot(s, account, instrument, leg)
    row = s.positions[slot]
    free = 0
    if by_scenarios(s, account):  # adding a hedge is accepted even where margin is missing
        free = min(free_margin(s, account, 0), 0)
    wallet = s.accounts[account]["wallet"]
    before, basis, index = row["lots"], row["cost"], row["index"]
    due = owed(s, slot)
    closing = closing_cost_of(s, slot, instrument, lots, price, cost)
    settle, asset = s.instruments[instrument]["settle"], s.accounts[account]["asset"]
    balance = NONE  # of a second settlement asset: what the fill realises goes there
    held = 0
    if s.instruments[instrument]["kind"] == SPOT:
        s.accounts[account]["wallet"] = wallet - cost - fee
    else:
        part = 0
        if closing != 0:
            part = closed_share(basis, min(abs(before), abs(lots)), before)
        row["cost"] = basis + cost - closing - part
        s.accounts[account]["wallet"] = wallet - fee
        realised = -due - closing - part
        if settle == asset:
            s.accounts[account]["wallet"] = wallet - fee + realised
        elif realised != 0:
            balance = open_slot(s, account, s.conversion[settle, asset], 0)
            held = s.positions[balance]["lots"]
            s.positions[balance]["lots"] = held + realised
    row["lots"] = before + lots
    row["index"] = side_index(s, instrument, before + lots)
    enough = free_margin(s, account, 0) >= free
    row["lots"], row["cost"], row["index"] = before, basis, index
    if balance != NONE:
        s.positions[balance]["lots"] = held
    s.accounts[account]["wallet"] = wallet
    return enough


@kernel
def fill(s: Tables, row: Records, events: Records, cursor: Integers) -> None:
    """FILL: a trade between two accounts at one cost for both."""
    account, other, instrument = row["account"], row["other"], row["instrument"]
    lots, price, fee = row["a"], row["b"], row["c"]
    if not _may_trade(s, account):
        refuse(s, events, cursor, row, UNKNOWN_ACCOUNT, account, s.header[ACCOUNTS])
        return
    if not _may_trade(s, other) or other == account:
        refuse(s, events, cursor, row, UNKNOWN_ACCOUNT, other, s.header[ACCOUNTS])
        return
    wide = lots > LOTS_MAX or lots < -LOTS_MAX  # may not be added to anything
    probe = 0 if wide else lots
    refusal = _first(
        _leg_refusal(s, account, instrument, row["leg"], probe),
        _leg_refusal(s, other, instrument, row["d"], -probe),
    )
    if refusal != FINE:
        refuse(s, events, cursor, row, refusal, lots, 0)
        return
    if lots == 0 or fee < 0:
        refuse(s, events, cursor, row, AMOUNT, min(fee, 0), 0)
        return
    contract = s.instruments[instrument]
    if wide or not _in_range(s, account, instrument, row["leg"], lots):
        refuse(s, events, cursor, row, OUT_OF_RANGE, lots, contract["lots_max"])
        return
    if not _in_range(s, other, instrument, row["d"], -lots):
        refuse(s, events, cursor, row, OUT_OF_RANGE, lots, contract["lots_max"])
        return
    if price < contract["price_min"] or price > contract["price_max"]:
        refuse(s, events, cursor, row, OUT_OF_RANGE, price, contract["price_max"])
        return
    refusal = _first(
        _state_refusal(s, account, instrument, row["leg"], lots),
        _state_refusal(s, other, instrument, row["d"], -lots),
    )
    cost = trade_cost(contract["kind"], contract["k"], contract["k_den"], lots, price)
    mine = find_slot(s, account, instrument, row["leg"])
    theirs = find_slot(s, other, instrument, row["d"])
    fees = s.assets[s.accounts[account]["asset"]]["fees"]
    if (
        fee > MONEY_MAX
        or not fits(s.accounts[fees]["wallet"], fee)
        or not _room_for(s, account, mine, cost)
        or not _room_for(s, other, theirs, -cost)
    ):
        refuse(s, events, cursor, row, OVERFLOW, cost, MONEY_MAX)
        return
    if refusal != FINE:
        refuse(s, events, cursor, row, refusal, lots, 0)
        return
    held = _held(s, mine)
    opens = abs(lots) > abs(held) or (held > 0) == (lots > 0)
    if row["id"] == CHECKED and (opens or by_scenarios(s, account)):
        if not _keeps_initial(s, account, instrument, row["leg"], lots, price, cost, fee):
            free_empty_slots(s, account)
            refuse(s, events, cursor, row, BELOW_INITIAL, lots, 0)
            return
    _book(s, account, instrument, row["leg"], lots, price, cost)
    _book(s, other, instrument, row["d"], -lots, price, -cost)
    if fee > 0:
        move(s, account, s.assets[s.accounts[account]["asset"]]["fees"], fee)
    place = emit(
        s, events, cursor, FILL_BOOKED, account, instrument, row["leg"], lots, price, cost, fee
    )
    events[place]["other"] = other
    ask_judgement(s, account)
    ask_judgement(s, other)


@kernel
def _book(
    s: Tables, account: int, instrument: int, leg: int, lots: int, price: int, cost: int
) -> None:
    slot = find_slot(s, account, instrument, leg)
    closing = closing_cost_of(s, slot, instrument, lots, price, cost)
    book_trade(s, account, instrument, leg, lots, cost, closing)


@kernel
def reserve(s: Tables, row: Records, events: Records, cursor: Integers) -> None:
    """RESERVE: totals of an account's resting orders in a slot; growth needs initial margin."""
    account, instrument = row["account"], row["instrument"]
    if not known_account(s, account) or s.accounts[account]["role"] != CUSTOMER:
        refuse(s, events, cursor, row, UNKNOWN_ACCOUNT, account, s.header[ACCOUNTS])
        return
    refusal = listed(s, account, instrument, row["leg"])
    if refusal != FINE:
        refuse(s, events, cursor, row, refusal, row["a"], 0)
        return
    contract = s.instruments[instrument]
    if contract["kind"] == SPOT:
        refuse(s, events, cursor, row, WRONG_KIND, contract["kind"], 0)
        return
    if row["a"] < 0 or row["b"] < 0:
        refuse(s, events, cursor, row, AMOUNT, min(row["a"], row["b"]), 0)
        return
    slot = find_slot(s, account, instrument, row["leg"])
    held = abs(_held(s, slot))
    most = contract["lots_max"] - held
    if row["a"] > most or row["b"] > most:
        refuse(s, events, cursor, row, OUT_OF_RANGE, max(row["a"], row["b"]), most)
        return
    refusal = has_room(s, account, instrument, row["leg"])
    if refusal != FINE:
        refuse(s, events, cursor, row, refusal, row["a"], 0)
        return
    if s.accounts[account]["stage"] != 0 and (row["a"] > 0 or row["b"] > 0):
        refuse(s, events, cursor, row, IN_LIQUIDATION, s.accounts[account]["stage"], 0)
        return
    slot = open_slot(s, account, instrument, row["leg"])
    cold = s.positions_cold[slot]
    buys, sells = cold["buys"], cold["sells"]
    cold["buys"] = row["a"]
    cold["sells"] = row["b"]
    if (row["a"] > buys or row["b"] > sells) and free_margin(s, account, 0) < 0:
        cold["buys"] = buys
        cold["sells"] = sells
        free_empty_slots(s, account)
        refuse(s, events, cursor, row, BELOW_INITIAL, max(row["a"], row["b"]), 0)
        return
    had = 1 if buys > 0 or sells > 0 else 0
    has = 1 if row["a"] > 0 or row["b"] > 0 else 0
    s.accounts_cold[account]["resting"] += has - had
    emit(
        s,
        events,
        cursor,
        ORDERS_RESERVED,
        account,
        instrument,
        row["leg"],
        row["a"],
        row["b"],
        0,
        0,
    )
    ask_judgement(s, account)
    free_empty_slots(s, account)


@kernel
def set_leverage(s: Tables, row: Records, events: Records, cursor: Integers) -> None:
    """LEVERAGE: the user's own cap; refused when initial margin would be missing."""
    account, instrument = row["account"], row["instrument"]
    if not known_account(s, account) or s.accounts[account]["role"] != CUSTOMER:
        refuse(s, events, cursor, row, UNKNOWN_ACCOUNT, account, s.header[ACCOUNTS])
        return
    refusal = listed(s, account, instrument, row["leg"])
    if refusal != FINE:
        refuse(s, events, cursor, row, refusal, row["a"], 0)
        return
    if s.instruments[instrument]["kind"] == SPOT:
        refuse(s, events, cursor, row, WRONG_KIND, s.instruments[instrument]["kind"], 0)
        return
    if by_scenarios(s, account):
        refuse(s, events, cursor, row, WRONG_MODEL, row["a"], 0)
        return
    if row["a"] < 0 or row["a"] > LEVERAGE_MAX:
        refuse(s, events, cursor, row, OUT_OF_RANGE, row["a"], LEVERAGE_MAX)
        return
    refusal = has_room(s, account, instrument, row["leg"])
    if refusal != FINE:
        refuse(s, events, cursor, row, refusal, row["a"], 0)
        return
    slot = open_slot(s, account, instrument, row["leg"])
    before = s.positions[slot]["leverage"]
    s.positions[slot]["leverage"] = row["a"]
    if row["a"] > 0 and (before == 0 or row["a"] < before) and free_margin(s, account, 0) < 0:
        s.positions[slot]["leverage"] = before
        free_empty_slots(s, account)
        refuse(s, events, cursor, row, BELOW_INITIAL, row["a"], before)
        return
    emit(s, events, cursor, LEVERAGE_SET, account, instrument, row["leg"], row["a"], 0, 0, 0)
    ask_judgement(s, account)
    free_empty_slots(s, account)
