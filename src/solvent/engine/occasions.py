"""Commands that judge everybody: funding, final settlement, timers. (Closed price snapshots:
`engine.prices`.)
"""

from __future__ import annotations

from solvent.compiled import kernel
from solvent.contracts.funding import FUNDING_RATE_SCALE, INDEX_MAX, funding_step
from solvent.contracts.value import LINEAR, SPOT
from solvent.engine.checks import SETTLED, known_instrument
from solvent.engine.emit import emit, refuse
from solvent.engine.events import EventKind
from solvent.engine.lifecycle import drop_order
from solvent.engine.publishing import drop_array
from solvent.engine.refusals import Refusal
from solvent.ledger.postings import settle_at
from solvent.ledger.tables import EVERY, NONE, Header, Integers, Records, Tables
from solvent.margin.watching import WatchingForm
from solvent.units import MAX_INT
from solvent.watch.buffer import buffer_at
from solvent.watch.funding_shift import shift_for_funding
from solvent.watch.heap import DOWN, UP, heap_remove
from solvent.watch.judge import ask_everybody, mark_dirty

INSTRUMENTS = int(Header.INSTRUMENTS)
POSITIONS = int(Header.POSITIONS)
ACCOUNTS = int(Header.ACCOUNTS)
TIME = int(Header.TIME)
JUDGE_HOLDERS = int(Header.JUDGE_HOLDERS)
JUDGE_SCENARIOS = int(Header.JUDGE_SCENARIOS)
CALL_DEADLINE = int(Header.CALL_DEADLINE)
CALL = 1
ONE_SIDED = int(WatchingForm.ONE_SIDED)
FUNDING_SET = int(EventKind.FUNDING_SET)
INSTRUMENT_SETTLED = int(EventKind.INSTRUMENT_SETTLED)
MARGIN_CALL_LAPSED = int(EventKind.MARGIN_CALL_LAPSED)
UNKNOWN_INSTRUMENT = int(Refusal.UNKNOWN_INSTRUMENT)
INSTRUMENT_CLOSED = int(Refusal.INSTRUMENT_CLOSED)
WRONG_KIND = int(Refusal.WRONG_KIND)
OUT_OF_RANGE = int(Refusal.OUT_OF_RANGE)
OVERFLOW = int(Refusal.OVERFLOW)
NO_PRICE = int(Refusal.NO_PRICE)


@kernel
def _derivative_refusal(s: Tables, instrument: int) -> int:
    if not known_instrument(s, instrument):
        return UNKNOWN_INSTRUMENT
    if s.instruments[instrument]["kind"] == SPOT:
        return WRONG_KIND
    if s.instruments[instrument]["status"] == SETTLED:
        return INSTRUMENT_CLOSED
    return 0


@kernel
def funding(s: Tables, row: Records, events: Records, cursor: Integers) -> None:
    """FUNDING: one step of both indices. Linear instruments move their trigger keys instead of
    touching holders.
    """
    instrument, rate = row["instrument"], row["a"]
    refusal = _derivative_refusal(s, instrument)
    if refusal != 0:
        refuse(s, events, cursor, row, refusal, instrument, s.header[INSTRUMENTS])
        return
    if rate > FUNDING_RATE_SCALE or rate < -FUNDING_RATE_SCALE:
        refuse(s, events, cursor, row, OUT_OF_RANGE, rate, FUNDING_RATE_SCALE)
        return
    contract = s.instruments[instrument]
    if contract["mark"] == 0:
        refuse(s, events, cursor, row, NO_PRICE, 0, 0)
        return
    step = funding_step(contract["kind"], contract["k"], contract["mark"], rate)
    step = max(min(step, MAX_INT), -MAX_INT)  # what saturates when compiled
    if (
        abs(step) > INDEX_MAX
        or abs(contract["index_long"] + step) > INDEX_MAX
        or abs(contract["index_short"] + step) > INDEX_MAX
    ):
        refuse(s, events, cursor, row, OVERFLOW, step, INDEX_MAX)
        return
    contract["index_long"] += step
    contract["index_short"] += step
    emit(s, events, cursor, FUNDING_SET, NONE, instrument, 0, rate, step, contract["mark"], 0)
    if contract["kind"] == LINEAR and contract["form"] == ONE_SIDED:  # an edge does not move
        shift_for_funding(s, instrument, step)
        mark_dirty(s, instrument)
        s.header[JUDGE_SCENARIOS] = instrument
    else:
        s.header[JUDGE_HOLDERS] = instrument
        mark_dirty(s, instrument)
    ask_everybody(s)


@kernel
def settle(s: Tables, row: Records, events: Records, cursor: Integers) -> None:
    """SETTLE: every slot of an expired contract is closed at the published price; rounding goes to
    the rounding account.
    """
    instrument, price = row["instrument"], row["a"]
    refusal = _derivative_refusal(s, instrument)
    if refusal != 0:
        refuse(s, events, cursor, row, refusal, instrument, s.header[INSTRUMENTS])
        return
    contract = s.instruments[instrument]
    if price < contract["price_min"] or price > contract["price_max"]:
        refuse(s, events, cursor, row, OUT_OF_RANGE, price, contract["price_max"])
        return
    contract["mark"] = price
    pool = s.assets[contract["settle"]]["rounding"]
    count = 0
    for slot in range(s.header[POSITIONS]):
        held = s.positions[slot]
        if held["account"] != NONE and held["instrument"] == instrument:
            count += _settle_slot(s, slot, price, pool)
    contract["status"] = SETTLED
    emit(s, events, cursor, INSTRUMENT_SETTLED, NONE, instrument, 0, price, count, 0, 0)
    drop_array(s, instrument)
    s.header[JUDGE_HOLDERS] = instrument
    s.header[JUDGE_SCENARIOS] = EVERY
    ask_everybody(s)


@kernel
def _settle_slot(s: Tables, slot: int, price: int, pool: int) -> int:
    cold = s.positions_cold[slot]
    account = s.positions[slot]["account"]
    if cold["order_lots"] != 0:
        drop_order(s, slot)
    if cold["buys"] != 0 or cold["sells"] != 0:
        cold["buys"] = 0
        cold["sells"] = 0
        s.accounts_cold[account]["resting"] -= 1
    s.positions[slot]["leverage"] = 0
    instrument = s.positions[slot]["instrument"]
    heap_remove(s, instrument, DOWN, slot)
    heap_remove(s, instrument, UP, slot)
    if s.positions[slot]["lots"] == 0:
        return 0
    settle_at(s, slot, price, pool)
    return 1


@kernel
def timer(s: Tables, row: Records, events: Records, cursor: Integers) -> bool:
    """TIMER: margin calls whose deadline has passed are reported; prices set but not judged are
    judged. False: no room for the events.
    """
    if s.header[CALL_DEADLINE] != 0 and s.header[CALL_DEADLINE] < row["time"]:
        if cursor[0] + s.header[ACCOUNTS] + 16 > len(events):
            return False
        earliest = 0
        for account in range(s.header[ACCOUNTS]):
            cold = s.accounts_cold[account]
            if cold["call_deadline"] != 0:
                if cold["call_deadline"] < row["time"]:
                    emit(
                        s,
                        events,
                        cursor,
                        MARGIN_CALL_LAPSED,
                        account,
                        NONE,
                        0,
                        -buffer_at(s, account, CALL),
                        0,
                        0,
                        0,
                    )
                    cold["call_deadline"] = 0
                elif earliest == 0 or cold["call_deadline"] < earliest:
                    earliest = cold["call_deadline"]
        s.header[CALL_DEADLINE] = earliest
    ask_everybody(s)
    return True
