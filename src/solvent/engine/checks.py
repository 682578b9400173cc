"""What a command is checked against: who exists, what fits, what would be left."""

from __future__ import annotations

from solvent.compiled import inline_kernel, kernel
from solvent.contracts.value import SPOT, value
from solvent.engine.refusals import Refusal
from solvent.ledger.postings import owed
from solvent.ledger.slots import find_slot
from solvent.ledger.tables import INITIAL, NONE, ROWS, Header, Records, Tables
from solvent.margin.initial import initial_requirement
from solvent.margin.requirements import requirement
from solvent.units import MONEY_MAX, POSITIONS_PER_ACCOUNT_MAX, div_ceil, div_floor, mul_div_ceil
from solvent.watch.buffer import converted_ceil, converted_floor
from solvent.watch.rules import INITIAL_DEN, INITIAL_NUM, PROFIT_CAP, WITHDRAW_BAND
from solvent.watch.scenarios import by_scenarios, scenario_need

ACCOUNTS = int(Header.ACCOUNTS)
INSTRUMENTS = int(Header.INSTRUMENTS)
TIME = int(Header.TIME)
SNAPSHOT_OPEN = int(Header.SNAPSHOT_OPEN)
PPM = 1_000_000
FINE = 0
TIME_BACKWARDS = int(Refusal.TIME_BACKWARDS)
SNAPSHOT = int(Refusal.SNAPSHOT_OPEN)
UNKNOWN_ACCOUNT = int(Refusal.UNKNOWN_ACCOUNT)
UNKNOWN_INSTRUMENT = int(Refusal.UNKNOWN_INSTRUMENT)
UNKNOWN_LEG = int(Refusal.UNKNOWN_LEG)
INSTRUMENT_CLOSED = int(Refusal.INSTRUMENT_CLOSED)
WRONG_ASSET = int(Refusal.WRONG_ASSET)
NO_PRICE = int(Refusal.NO_PRICE)
NO_RISK_ARRAY = int(Refusal.NO_RISK_ARRAY)
TOO_MANY = int(Refusal.TOO_MANY_POSITIONS)
CAPACITY = int(Refusal.CAPACITY)
FREE = int(Header.FREE)
POSITIONS = int(Header.POSITIONS)
POSITION_LIMIT = int(Header.POSITION_LIMIT)
SLOTS_PER_FILL = 4
SETTLED = 2


@inline_kernel
def timing(s: Tables, row: Records) -> int:
    """Refusal of a command that is no price, for its time or an open snapshot; 0 when fine."""
    if row["time"] < s.header[TIME]:
        return TIME_BACKWARDS
    if s.header[SNAPSHOT_OPEN] != 0:
        return SNAPSHOT
    return FINE


@inline_kernel
def known_account(s: Tables, account: int) -> bool:
    """True when the id has been assigned."""
    return 0 <= account < s.header[ACCOUNTS]


@inline_kernel
def known_instrument(s: Tables, instrument: int) -> bool:
    """True when the id has been listed."""
    return 0 <= instrument < s.header[INSTRUMENTS]


@kernel
def listed(s: Tables, account: int, instrument: int, leg: int) -> int:
    """Refusal of an (account, instrument, leg) that can never hold a slot now; 0 when fine."""
    if not known_instrument(s, instrument):
        return UNKNOWN_INSTRUMENT
    contract = s.instruments[instrument]
    if leg < 0 or leg > 2 or (contract["kind"] == SPOT and leg != 0):
        return UNKNOWN_LEG
    if contract["status"] == SETTLED:
        return INSTRUMENT_CLOSED
    asset = s.accounts[account]["asset"]
    if contract["settle"] != asset:
        if (
            contract["kind"] == SPOT
            or s.conversion[contract["settle"], asset] == NONE
            or by_scenarios(s, account)
        ):
            return WRONG_ASSET
    return FINE


@kernel
def has_room(s: Tables, account: int, instrument: int, leg: int) -> int:
    """Refusal of a listed slot that has no price, risk array or room at the moment; 0 when fine."""
    contract = s.instruments[instrument]
    asset = s.accounts[account]["asset"]
    extra = 1
    if contract["settle"] != asset:
        extra = 2
        if s.instruments[s.conversion[contract["settle"], asset]]["mark"] == 0:
            return NO_PRICE
    if contract["mark"] == 0:
        return NO_PRICE
    if contract["kind"] != SPOT and by_scenarios(s, account) and s.risk[instrument, ROWS] == 0:
        return NO_RISK_ARRAY
    if find_slot(s, account, instrument, leg) == NONE:
        if s.accounts[account]["slots"] + extra > POSITIONS_PER_ACCOUNT_MAX:
            return TOO_MANY
        if (
            s.header[FREE] == NONE
            and s.header[POSITIONS] + SLOTS_PER_FILL > s.header[POSITION_LIMIT]
        ):
            return CAPACITY
    return FINE


@inline_kernel
def fits(balance: int, change: int) -> bool:
    """True when balance + change stays within the bound of a balance."""
    return -MONEY_MAX <= balance + change <= MONEY_MAX


@kernel
def stressed(lots: int, mark: int, band: int) -> int:
    """The mark moved against the holder by `band` over 1e6, rounded outward, at least 1 tick."""
    if band == 0 or lots == 0:
        return mark
    if lots > 0:
        return max(div_floor(mark * (PPM - band), PPM), 1)
    return div_ceil(mark * (PPM + band), PPM)


@kernel
def free_margin(s: Tables, account: int, band: int) -> int:
    """Equity after haircuts less initial margin, with every price moved against its slot by `band`
    over 1e6 (docs/semantics.md, 4). Of a scenario account only spot prices are moved: the scenarios
    are the stress of its derivatives.
    """
    scenarios = by_scenarios(s, account)
    asset = s.accounts[account]["asset"]
    total = s.accounts[account]["wallet"]
    profit = 0
    slot = s.accounts[account]["first"]
    while slot != NONE:
        row = s.positions[slot]
        contract = s.instruments[row["instrument"]]
        kind = contract["kind"]
        at = s.schedule_of[row["instrument"], INITIAL]
        price = contract["mark"]
        if kind == SPOT or not scenarios:
            price = stressed(row["lots"], price, band)
        if kind == SPOT:
            if row["lots"] != 0:
                worth = value(kind, contract["k"], contract["k_den"], row["lots"], price)
                total += worth - requirement(s.schedules, at, row["lots"], abs(worth), 0)
        else:  # a slot is opened in an instrument with a price
            settle = contract["settle"]
            if row["lots"] != 0:
                worth = value(kind, contract["k"], contract["k_den"], row["lots"], price)
                profit += converted_floor(s, settle, asset, worth - row["cost"] - owed(s, slot))
            cold = s.positions_cold[slot]
            need = 0
            if not scenarios:
                need = initial_requirement(
                    s.schedules,
                    at,
                    kind,
                    contract["k"],
                    contract["k_den"],
                    row["lots"],
                    row["cost"],
                    cold["buys"],
                    cold["sells"],
                    row["leverage"],
                    price,
                )
            total -= converted_ceil(s, settle, asset, need)
        slot = row["next"]
    if scenarios:
        need = scenario_need(s, account, NONE, 0, 1)
        total -= mul_div_ceil(need, s.policy[INITIAL_NUM], s.policy[INITIAL_DEN])
    if s.policy[PROFIT_CAP] >= 0:
        profit = min(profit, s.policy[PROFIT_CAP])
    return total + profit


@inline_kernel
def has_risk(s: Tables, account: int) -> bool:
    """True when the account has derivative lots, resting orders or a debt in a second asset."""
    slot = s.accounts[account]["first"]
    while slot != NONE:
        row = s.positions[slot]
        cold = s.positions_cold[slot]
        if cold["buys"] != 0 or cold["sells"] != 0:
            return True
        if row["lots"] < 0 or (
            row["lots"] != 0 and s.instruments[row["instrument"]]["kind"] != SPOT
        ):
            return True
        slot = row["next"]
    return False


@kernel
def may_leave(s: Tables, account: int) -> bool:
    """True when what is left after a withdrawal (already taken off) is enough: the wallet alone
    without risk, initial margin at the worst-case price with it.
    """
    if s.accounts[account]["wallet"] < 0:
        return False
    if not has_risk(s, account):
        return True
    return free_margin(s, account, s.policy[WITHDRAW_BAND]) >= 0
