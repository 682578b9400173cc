"""Risk arrays coming in: rows are staged, the closing row puts them in force, all or none
(docs/semantics.md, 7).
"""

from __future__ import annotations

from solvent.compiled import inline_kernel, kernel
from solvent.contracts.value import SPOT
from solvent.engine.checks import FINE, SETTLED, known_instrument
from solvent.engine.emit import emit, refuse
from solvent.engine.events import EventKind
from solvent.engine.refusals import Refusal
from solvent.ledger.tables import (
    ASKED,
    CHARGE,
    EVERY,
    LOWER,
    NONE,
    REACH,
    RISK_WIDTH,
    ROWS,
    SCENARIOS_MAX,
    STAMP,
    UPPER,
    Header,
    Integers,
    Records,
    Tables,
)
from solvent.units import NOTIONAL_MAX, PRICE_MAX
from solvent.watch.judge import ask_everybody
from solvent.watch.rules import FACTOR_MAX
from solvent.watch.scenarios import by_scenarios

INSTRUMENTS = int(Header.INSTRUMENTS)
RECHECK = int(Header.RECHECK)
SCENARIOS = int(Header.SCENARIOS)
STAGED = int(Header.STAGED)
JUDGE_SCENARIOS = int(Header.JUDGE_SCENARIOS)
UNKNOWN_INSTRUMENT = int(Refusal.UNKNOWN_INSTRUMENT)
INSTRUMENT_CLOSED = int(Refusal.INSTRUMENT_CLOSED)
WRONG_KIND = int(Refusal.WRONG_KIND)
OUT_OF_RANGE = int(Refusal.OUT_OF_RANGE)
DISORDER = int(Refusal.RISK_ARRAY_DISORDER)
INCOMPLETE = int(Refusal.RISK_ARRAY_INCOMPLETE)
STALE = int(Refusal.RISK_ARRAY_STALE)
MISSING = int(Refusal.RISK_ARRAY_MISSING)
PUBLISHED = int(EventKind.RISK_ARRAYS_PUBLISHED)
REQUESTED = int(EventKind.RISK_ARRAY_REQUESTED)
ENTRY_MAX = NOTIONAL_MAX // 2
"""Most that an entry times the largest position and factor may be: loss and charge fit."""


@kernel
def _row_refusal(s: Tables, row: Records) -> tuple[int, int, int]:
    """(refusal or 0, offending value, limit) of a heading or a scenario."""
    instrument = row["instrument"]
    if not known_instrument(s, instrument):
        return UNKNOWN_INSTRUMENT, instrument, s.header[INSTRUMENTS]
    contract = s.instruments[instrument]
    if contract["kind"] == SPOT:
        return WRONG_KIND, contract["kind"], 0
    if contract["status"] == SETTLED:
        return INSTRUMENT_CLOSED, instrument, 0
    most = ENTRY_MAX // contract["lots_max"] // s.policy[FACTOR_MAX]
    if row["id"] == 0:
        if row["a"] < contract["price_min"] or row["a"] > contract["price_max"]:
            low = row["a"] < contract["price_min"]
            return OUT_OF_RANGE, row["a"], contract["price_min"] if low else contract["price_max"]
        if row["b"] < 0 or row["b"] > PRICE_MAX:
            return OUT_OF_RANGE, row["b"], PRICE_MAX
        if row["c"] < 0 or row["c"] > most:
            return OUT_OF_RANGE, row["c"], most
        return FINE, 0, 0
    if row["a"] < -most:
        return OUT_OF_RANGE, row["a"], -most
    if row["b"] > most:
        return OUT_OF_RANGE, row["b"], most
    if row["a"] > row["b"]:
        return OUT_OF_RANGE, row["a"], row["b"]
    seen = s.staged[instrument, ROWS]
    if seen == 0 or row["id"] != seen or row["id"] > SCENARIOS_MAX:
        return DISORDER, row["id"], min(seen, SCENARIOS_MAX)
    return FINE, 0, 0


@kernel
def _stage(s: Tables, row: Records) -> None:
    instrument, n = row["instrument"], row["id"]
    if n == 0:
        if s.staged[instrument, ROWS] == 0:
            s.header[STAGED] += 1
        _clear(s.staged, instrument)
        s.staged[instrument, STAMP] = row["a"]
        s.staged[instrument, REACH] = row["b"]
        s.staged[instrument, CHARGE] = row["c"]
    else:
        s.staged[instrument, LOWER + n - 1] = row["a"]
        s.staged[instrument, UPPER + n - 1] = row["b"]
    s.staged[instrument, ROWS] = n + 1


@inline_kernel
def _clear(table: Integers, instrument: int) -> None:
    for column in range(RISK_WIDTH):
        table[instrument, column] = 0


@kernel
def empty_stage(s: Tables) -> None:
    """Forget what has come in of a publication."""
    if s.header[STAGED] == 0:
        return
    for instrument in range(s.header[INSTRUMENTS]):
        _clear(s.staged, instrument)
    s.header[STAGED] = 0


@kernel
def _left_out(s: Tables) -> int:
    """Lowest instrument in which a scenario account has lots or orders and which is not staged."""
    lowest = NONE
    for place in range(s.header[RECHECK]):
        account = s.lists[place]["recheck"]
        if by_scenarios(s, account):
            slot = s.accounts[account]["first"]
            while slot != NONE:
                row, cold = s.positions[slot], s.positions_cold[slot]
                instrument = row["instrument"]
                used = row["lots"] != 0 or cold["buys"] != 0 or cold["sells"] != 0
                if used and s.instruments[instrument]["kind"] != SPOT:
                    if s.staged[instrument, ROWS] == 0 and (lowest == NONE or instrument < lowest):
                        lowest = instrument
                slot = row["next"]
    return lowest


@kernel
def _closing_refusal(s: Tables, scenarios: int, count: int) -> tuple[int, int, int, int]:
    """(refusal or 0, offending value, limit, instrument) of the row that closes a publication."""
    if scenarios < 1 or scenarios > SCENARIOS_MAX:
        return INCOMPLETE, scenarios, SCENARIOS_MAX, NONE
    if s.header[STAGED] != count:
        return INCOMPLETE, s.header[STAGED], count, NONE
    for instrument in range(s.header[INSTRUMENTS]):
        seen = s.staged[instrument, ROWS]
        if seen != 0 and seen != scenarios + 1:
            return INCOMPLETE, seen - 1, scenarios, instrument
    for instrument in range(s.header[INSTRUMENTS]):
        stamp, mark = s.staged[instrument, STAMP], s.instruments[instrument]["mark"]
        if s.staged[instrument, ROWS] != 0 and stamp != mark:
            return STALE, stamp, mark, instrument
    missing = _left_out(s)
    if missing != NONE:
        return MISSING, s.header[STAGED], count, missing
    return FINE, 0, 0, NONE


@kernel
def _put_in_force(s: Tables, scenarios: int) -> None:
    for instrument in range(s.header[INSTRUMENTS]):
        for column in range(RISK_WIDTH):
            s.risk[instrument, column] = s.staged[instrument, column]
        s.instruments[instrument]["moved"] = 0
    s.header[SCENARIOS] = scenarios


@kernel
def risk_array(s: Tables, row: Records, events: Records, cursor: Integers) -> None:
    """RISK_ARRAY: a heading, a scenario, or the row that closes the publication and has every
    scenario account judged.
    """
    if row["instrument"] != NONE:
        refusal, value, limit = _row_refusal(s, row)
        if refusal != FINE:
            refuse(s, events, cursor, row, refusal, value, limit)
            return
        _stage(s, row)
        return
    count = s.header[STAGED]
    refusal, value, limit, instrument = _closing_refusal(s, row["a"], row["b"])
    if refusal != FINE:
        empty_stage(s)
        refuse(s, events, cursor, row, refusal, value, limit)
        events[cursor[0] - 1]["instrument"] = instrument
        return
    _put_in_force(s, row["a"])
    empty_stage(s)
    emit(s, events, cursor, PUBLISHED, NONE, NONE, 0, row["a"], count, 0, 0)
    s.header[JUDGE_SCENARIOS] = EVERY
    ask_everybody(s)


@kernel
def watch_reach(s: Tables, events: Records, cursor: Integers, instrument: int, price: int) -> None:
    """Ask for a new publication, once, when the price leaves the reach of the array."""
    if s.risk[instrument, ROWS] == 0 or s.risk[instrument, ASKED] == 1:
        return
    stamp, reach = s.risk[instrument, STAMP], s.risk[instrument, REACH]
    if abs(price - stamp) > reach:
        s.risk[instrument, ASKED] = 1
        emit(s, events, cursor, REQUESTED, NONE, instrument, 0, price, stamp, reach, 0)


@kernel
def drop_array(s: Tables, instrument: int) -> None:
    """Take the array of a settled instrument out of force and off the stage."""
    _clear(s.risk, instrument)
    if s.staged[instrument, ROWS] != 0:
        _clear(s.staged, instrument)
        s.header[STAGED] -= 1
