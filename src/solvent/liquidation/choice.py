"""Which position goes first: of those whose closing helps, the one that ties up most requirement
(ties: instrument, leg).

Closing a position can hurt the rest of its account: at a cost above `equity x released
/ requirement` equity over requirement falls. Such a position is never chosen
while another one helps.
"""

from __future__ import annotations

from solvent.compiled import kernel
from solvent.contracts.value import SPOT
from solvent.ledger.tables import NONE, Tables
from solvent.liquidation.sizing import helps, least_restoring
from solvent.liquidation.zero import released_by
from solvent.watch.scenarios import by_scenarios


@kernel
def derivative_slots(s: Tables, account: int) -> int:
    """Number of derivative slots with lots."""
    count = 0
    slot = s.accounts[account]["first"]
    while slot != NONE:
        row = s.positions[slot]
        if row["lots"] != 0 and s.instruments[row["instrument"]]["kind"] != SPOT:
            count += 1
        slot = row["next"]
    return count


@kernel
def lots_to_close(s: Tables, slot: int, equity: int, held: int) -> int:
    """Least lots of the slot that restore the target, or all of it when no amount does."""
    lots = least_restoring(s, slot, equity, held)
    if lots == 0:
        return abs(s.positions[slot]["lots"])
    return lots


@kernel
def slot_to_reduce(s: Tables, account: int, equity: int, held: int) -> int:
    """The slot to reduce, or NONE when closing none of them helps. By scenarios what counts is what
    the lots to close release, not the whole slot: closing all of it may undo a hedge.
    """
    chosen = NONE
    scenarios = by_scenarios(s, account)
    most = -1
    slot = s.accounts[account]["first"]
    while slot != NONE:
        row = s.positions[slot]
        if row["lots"] != 0 and s.instruments[row["instrument"]]["kind"] != SPOT:
            closed = abs(row["lots"])
            if scenarios:
                closed = lots_to_close(s, slot, equity, held)
            tied = released_by(s, slot, closed)
            if tied > most and helps(s, slot, lots_to_close(s, slot, equity, held), equity, held):
                chosen = slot
                most = tied
        slot = row["next"]
    return chosen


@kernel
def debt_to_buy_back(s: Tables, account: int) -> int:
    """First spot slot with a negative balance (a debt in a second settlement asset), or NONE."""
    slot = s.accounts[account]["first"]
    while slot != NONE:
        row = s.positions[slot]
        if row["lots"] < 0 and s.instruments[row["instrument"]]["kind"] == SPOT:
            return slot
        slot = row["next"]
    return NONE


@kernel
def collateral_to_sell(s: Tables, account: int) -> int:
    """First spot slot with a positive balance and a price, or NONE."""
    slot = s.accounts[account]["first"]
    while slot != NONE:
        row = s.positions[slot]
        contract = s.instruments[row["instrument"]]
        if row["lots"] > 0 and contract["kind"] == SPOT and contract["mark"] > 0:
            return slot
        slot = row["next"]
    return NONE
