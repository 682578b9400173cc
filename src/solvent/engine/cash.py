"""Cash and collateral commands: accounts opened, deposits, withdrawals, transfers."""

from __future__ import annotations

from solvent.compiled import kernel
from solvent.contracts.value import SPOT
from solvent.engine.checks import FINE, fits, has_room, known_account, known_instrument, may_leave
from solvent.engine.emit import emit, refuse
from solvent.engine.events import EventKind
from solvent.engine.refusals import Refusal
from solvent.ledger.postings import move
from solvent.ledger.slots import find_slot, open_slot
from solvent.ledger.tables import NONE, Header, Integers, MarginModel, Records, Role, Tables
from solvent.liquidation.stages import Backing
from solvent.units import MONEY_MAX
from solvent.watch.judge import ask_judgement

ACCOUNTS = int(Header.ACCOUNTS)
ASSETS = int(Header.ASSETS)
CUSTOMER = int(Role.CUSTOMER)
FUND = int(Role.FUND)
SCHEDULES = int(MarginModel.SCHEDULES)
SCENARIOS = int(MarginModel.SCENARIOS)
OWNER = int(Backing.OWNER)
UNALLOCATED = int(Backing.UNALLOCATED)
ACCOUNT_OPENED = int(EventKind.ACCOUNT_OPENED)
DEPOSITED = int(EventKind.DEPOSITED)
WITHDRAWN = int(EventKind.WITHDRAWN)
TRANSFERRED = int(EventKind.TRANSFERRED)
COLLATERAL_DEPOSITED = int(EventKind.COLLATERAL_DEPOSITED)
COLLATERAL_WITHDRAWN = int(EventKind.COLLATERAL_WITHDRAWN)
UNKNOWN_ACCOUNT = int(Refusal.UNKNOWN_ACCOUNT)
UNKNOWN_INSTRUMENT = int(Refusal.UNKNOWN_INSTRUMENT)
UNKNOWN_ASSET = int(Refusal.UNKNOWN_ASSET)
WRONG_KIND = int(Refusal.WRONG_KIND)
WRONG_ASSET = int(Refusal.WRONG_ASSET)
NOT_RELATED = int(Refusal.NOT_RELATED)
AMOUNT = int(Refusal.AMOUNT_NOT_POSITIVE)
OUT_OF_RANGE = int(Refusal.OUT_OF_RANGE)
OVERFLOW = int(Refusal.OVERFLOW)
IN_LIQUIDATION = int(Refusal.IN_LIQUIDATION)
INSUFFICIENT = int(Refusal.INSUFFICIENT_BALANCE)
BELOW_INITIAL = int(Refusal.BELOW_INITIAL_MARGIN)
CAPACITY = int(Refusal.CAPACITY)


@kernel
def new_account(s: Tables, asset: int, parent: int, role: int, model: int) -> int:
    """Write an empty account row and return its id; the caller has made sure that there is room."""
    account = s.header[ACCOUNTS]
    s.header[ACCOUNTS] = account + 1
    row = s.accounts[account]
    row["wallet"] = 0
    row["first"] = NONE
    row["asset"] = asset
    row["level"] = 0
    row["stage"] = 0
    row["slots"] = 0
    row["role"] = role
    row["model"] = model
    cold = s.accounts_cold[account]
    cold["parent"] = parent
    cold["orders"] = 0
    cold["request"] = 0
    cold["requested"] = 0
    cold["taken_over"] = 0
    cold["active_at"] = NONE
    cold["resting"] = 0
    cold["call_deadline"] = 0
    cold["call_amount"] = 0
    cold["touched_at"] = NONE
    cold["recheck_at"] = NONE
    cold["order_serial"] = 0
    return account


@kernel
def open_account(s: Tables, row: Records, events: Records, cursor: Integers) -> None:
    """OPEN_ACCOUNT."""
    if row["other"] != NONE:
        if not known_account(s, row["other"]) or s.accounts[row["other"]]["role"] != CUSTOMER:
            refuse(s, events, cursor, row, UNKNOWN_ACCOUNT, row["other"], s.header[ACCOUNTS])
            return
    if row["a"] < 0 or row["a"] >= s.header[ASSETS]:
        refuse(s, events, cursor, row, UNKNOWN_ASSET, row["a"], s.header[ASSETS])
        return
    if row["other"] != NONE and s.accounts[row["other"]]["asset"] != row["a"]:
        refuse(s, events, cursor, row, WRONG_ASSET, row["a"], s.accounts[row["other"]]["asset"])
        return
    if row["b"] < SCHEDULES or row["b"] > SCENARIOS:
        refuse(s, events, cursor, row, OUT_OF_RANGE, row["b"], SCENARIOS)
        return
    if s.header[ACCOUNTS] >= len(s.accounts):
        refuse(s, events, cursor, row, CAPACITY, s.header[ACCOUNTS], len(s.accounts))
        return
    account = new_account(s, row["a"], row["other"], CUSTOMER, row["b"])
    place = emit(s, events, cursor, ACCOUNT_OPENED, account, NONE, 0, row["a"], row["b"], 0, 0)
    events[place]["other"] = row["other"]


@kernel
def deposit(s: Tables, row: Records, events: Records, cursor: Integers) -> None:
    """DEPOSIT."""
    account = row["account"]
    amount = row["a"]
    if not known_account(s, account) or (
        s.accounts[account]["role"] != CUSTOMER and s.accounts[account]["role"] != FUND
    ):
        refuse(s, events, cursor, row, UNKNOWN_ACCOUNT, account, s.header[ACCOUNTS])
        return
    if amount <= 0:
        refuse(s, events, cursor, row, AMOUNT, amount, 1)
        return
    outside = s.assets[s.accounts[account]["asset"]]["outside"]
    if (
        amount > MONEY_MAX
        or not fits(s.accounts[account]["wallet"], amount)
        or not fits(s.accounts[outside]["wallet"], -amount)
    ):
        refuse(s, events, cursor, row, OVERFLOW, amount, MONEY_MAX)
        return
    move(s, outside, account, amount)
    cold = s.accounts_cold[account]
    if cold["taken_over"] == UNALLOCATED and s.accounts[account]["wallet"] >= 0:
        cold["taken_over"] = OWNER
    emit(
        s, events, cursor, DEPOSITED, account, NONE, 0, amount, s.accounts[account]["wallet"], 0, 0
    )
    ask_judgement(s, account)


@kernel
def _take_out(
    s: Tables, row: Records, events: Records, cursor: Integers, payer: int, receiver: int
) -> bool:
    """Move `a` out of the payer, refusing what it does not have or needs as initial margin. True
    when moved.
    """
    amount = row["a"]
    if amount <= 0:
        refuse(s, events, cursor, row, AMOUNT, amount, 1)
        return False
    if s.accounts[payer]["stage"] != 0:
        refuse(s, events, cursor, row, IN_LIQUIDATION, s.accounts[payer]["stage"], 0)
        return False
    if amount > s.accounts[payer]["wallet"]:
        refuse(s, events, cursor, row, INSUFFICIENT, amount, s.accounts[payer]["wallet"])
        return False
    if not fits(s.accounts[receiver]["wallet"], amount):
        refuse(s, events, cursor, row, OVERFLOW, amount, MONEY_MAX)
        return False
    move(s, payer, receiver, amount)
    if not may_leave(s, payer):
        move(s, receiver, payer, amount)
        refuse(s, events, cursor, row, BELOW_INITIAL, amount, s.accounts[payer]["wallet"])
        return False
    return True


@kernel
def withdraw(s: Tables, row: Records, events: Records, cursor: Integers) -> None:
    """WITHDRAW."""
    account = row["account"]
    if not known_account(s, account) or s.accounts[account]["role"] != CUSTOMER:
        refuse(s, events, cursor, row, UNKNOWN_ACCOUNT, account, s.header[ACCOUNTS])
        return
    outside = s.assets[s.accounts[account]["asset"]]["outside"]
    if _take_out(s, row, events, cursor, account, outside):
        emit(
            s,
            events,
            cursor,
            WITHDRAWN,
            account,
            NONE,
            0,
            row["a"],
            s.accounts[account]["wallet"],
            0,
            0,
        )
        ask_judgement(s, account)


@kernel
def transfer(s: Tables, row: Records, events: Records, cursor: Integers) -> None:
    """TRANSFER between a parent and its isolated child."""
    account = row["account"]
    other = row["other"]
    if not known_account(s, account) or s.accounts[account]["role"] != CUSTOMER:
        refuse(s, events, cursor, row, UNKNOWN_ACCOUNT, account, s.header[ACCOUNTS])
        return
    if not known_account(s, other) or s.accounts[other]["role"] != CUSTOMER:
        refuse(s, events, cursor, row, UNKNOWN_ACCOUNT, other, s.header[ACCOUNTS])
        return
    if s.accounts_cold[account]["parent"] != other and s.accounts_cold[other]["parent"] != account:
        refuse(s, events, cursor, row, NOT_RELATED, other, s.accounts_cold[account]["parent"])
        return
    if _take_out(s, row, events, cursor, account, other):
        place = emit(s, events, cursor, TRANSFERRED, account, NONE, 0, row["a"], 0, 0, 0)
        events[place]["other"] = other
        ask_judgement(s, account)
        ask_judgement(s, other)


@kernel
def _collateral_refusal(s: Tables, row: Records) -> int:
    account = row["account"]
    if not known_account(s, account) or s.accounts[account]["role"] != CUSTOMER:
        return UNKNOWN_ACCOUNT
    if not known_instrument(s, row["instrument"]):
        return UNKNOWN_INSTRUMENT
    contract = s.instruments[row["instrument"]]
    if contract["kind"] != SPOT:
        return WRONG_KIND
    if contract["settle"] != s.accounts[account]["asset"]:
        return WRONG_ASSET
    if row["a"] <= 0:
        return AMOUNT
    if row["a"] > contract["lots_max"]:
        return OUT_OF_RANGE
    return has_room(s, account, row["instrument"], 0)


@kernel
def deposit_collateral(s: Tables, row: Records, events: Records, cursor: Integers) -> None:
    """DEPOSIT_COLLATERAL: lots of a spot instrument's base asset come in from outside."""
    refusal = _collateral_refusal(s, row)
    if refusal != FINE:
        refuse(s, events, cursor, row, refusal, row["a"], 0)
        return
    account = row["account"]
    contract = s.instruments[row["instrument"]]
    slot = find_slot(s, account, row["instrument"], 0)
    held = 0 if slot == NONE else s.positions[slot]["lots"]
    if held + row["a"] > contract["lots_max"]:
        refuse(s, events, cursor, row, OUT_OF_RANGE, held + row["a"], contract["lots_max"])
        return
    outside = s.assets[contract["base"]]["outside"]
    if not fits(s.accounts[outside]["wallet"], -row["a"]):
        refuse(s, events, cursor, row, OVERFLOW, row["a"], MONEY_MAX)
        return
    slot = open_slot(s, account, row["instrument"], 0)
    s.positions[slot]["lots"] += row["a"]
    s.accounts[outside]["wallet"] -= row["a"]
    emit(s, events, cursor, COLLATERAL_DEPOSITED, account, row["instrument"], 0, row["a"], 0, 0, 0)
    ask_judgement(s, account)


@kernel
def withdraw_collateral(s: Tables, row: Records, events: Records, cursor: Integers) -> None:
    """WITHDRAW_COLLATERAL."""
    refusal = _collateral_refusal(s, row)
    if refusal != FINE:
        refuse(s, events, cursor, row, refusal, row["a"], 0)
        return
    account = row["account"]
    if s.accounts[account]["stage"] != 0:
        refuse(s, events, cursor, row, IN_LIQUIDATION, s.accounts[account]["stage"], 0)
        return
    slot = find_slot(s, account, row["instrument"], 0)
    held = 0 if slot == NONE else s.positions[slot]["lots"]
    if row["a"] > held:
        refuse(s, events, cursor, row, INSUFFICIENT, row["a"], held)
        return
    s.positions[slot]["lots"] = held - row["a"]
    if not may_leave(s, account):
        s.positions[slot]["lots"] = held
        refuse(s, events, cursor, row, BELOW_INITIAL, row["a"], held)
        return
    outside = s.assets[s.instruments[row["instrument"]]["base"]]["outside"]
    s.accounts[outside]["wallet"] += row["a"]
    emit(s, events, cursor, COLLATERAL_WITHDRAWN, account, row["instrument"], 0, row["a"], 0, 0, 0)
    ask_judgement(s, account)
