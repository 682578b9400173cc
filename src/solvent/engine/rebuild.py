"""Rebuilding the derived state: heaps, trigger keys and lists, from the system of record."""

from __future__ import annotations

from solvent.compiled import kernel
from solvent.engine.judging import emit_judgement
from solvent.ledger.tables import NONE, Header, Integers, Records, Role, Tables
from solvent.watch.judge import judge
from solvent.watch.triggers import reindex

ACCOUNTS = int(Header.ACCOUNTS)
POSITIONS = int(Header.POSITIONS)
INSTRUMENTS = int(Header.INSTRUMENTS)
RECHECK = int(Header.RECHECK)
TOUCHED = int(Header.TOUCHED)
DIRTY = int(Header.DIRTY)
CUSTOMER = int(Role.CUSTOMER)


@kernel
def index_everything(s: Tables, events: Records, cursor: Integers, judging: bool) -> None:
    """Empty the index and set every account's triggers anew; with `judging` every account is judged
    first and level changes are emitted (the event table has room).
    """
    for heap in range(2 * s.header[INSTRUMENTS]):
        s.heaps[heap]["size"] = 0
    for slot in range(s.header[POSITIONS]):
        s.keys[slot]["down_at"] = NONE
        s.keys[slot]["up_at"] = NONE
    s.header[RECHECK] = 0
    s.header[TOUCHED] = 0
    s.header[DIRTY] = 0
    for instrument in range(s.header[INSTRUMENTS]):
        row = s.instruments[instrument]
        row["shift_down"] = 0
        row["shift_up"] = 0
        if row["dirty"] == 1:
            s.dirty[s.header[DIRTY]] = instrument
            s.header[DIRTY] += 1
    for account in range(s.header[ACCOUNTS]):
        s.accounts_cold[account]["recheck_at"] = NONE
        s.accounts_cold[account]["touched_at"] = NONE
    for account in range(s.header[ACCOUNTS]):
        if s.accounts[account]["role"] == CUSTOMER:
            if judging:
                judge(s, account)
            else:
                reindex(s, account)
    if judging:
        emit_judgement(s, events, cursor)
