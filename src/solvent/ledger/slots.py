"""Position slots: finding, opening and freeing them. An account's slots form a list sorted by
(instrument, leg), so that walking it is canonical.
"""

from __future__ import annotations

from solvent.compiled import inline_kernel, kernel
from solvent.ledger.tables import NONE, Header, Tables

FREE = int(Header.FREE)
POSITIONS = int(Header.POSITIONS)
LEGS = 3


@kernel
def find_slot(s: Tables, account: int, instrument: int, leg: int) -> int:
    """Slot of (account, instrument, leg), or NONE."""
    slot = s.accounts[account]["first"]
    while slot != NONE:
        row = s.positions[slot]
        if row["instrument"] == instrument and row["leg"] == leg:
            return slot
        slot = row["next"]
    return NONE


@kernel
def open_slot(s: Tables, account: int, instrument: int, leg: int) -> int:
    """Slot of (account, instrument, leg), created empty when missing. The caller has made sure that
    there is room.
    """
    before = NONE
    slot = s.accounts[account]["first"]
    place = instrument * LEGS + leg
    while slot != NONE:
        row = s.positions[slot]
        here = row["instrument"] * LEGS + row["leg"]
        if here == place:
            return slot
        if here > place:
            break
        before = slot
        slot = row["next"]
    new = s.header[FREE]
    if new != NONE:
        s.header[FREE] = s.positions[new]["next"]
    else:
        new = s.header[POSITIONS]
        s.header[POSITIONS] = new + 1
    _clear(s, new)
    s.positions[new]["account"] = account
    s.positions[new]["instrument"] = instrument
    s.positions[new]["leg"] = leg
    s.positions[new]["next"] = slot
    if before == NONE:
        s.accounts[account]["first"] = new
    else:
        s.positions[before]["next"] = new
    s.accounts[account]["slots"] += 1
    s.instruments[instrument]["slots"] += 1
    return new


@inline_kernel
def _clear(s: Tables, slot: int) -> None:
    row = s.positions[slot]
    row["lots"] = 0
    row["cost"] = 0
    row["index"] = 0
    row["leverage"] = 0
    cold = s.positions_cold[slot]
    cold["buys"] = 0
    cold["sells"] = 0
    cold["order_id"] = 0
    cold["order_lots"] = 0
    cold["order_deadline"] = 0
    cold["order_fill"] = 0
    cold["liquidated"] = 0
    key = s.keys[slot]
    key["down"] = 0
    key["up"] = 0
    key["down_at"] = NONE
    key["up_at"] = NONE


@kernel
def free_slot(s: Tables, slot: int) -> None:
    """Unlink an empty slot from its account and put it on the free list. It must hold no lots,
    orders or heap places.
    """
    account = s.positions[slot]["account"]
    following = s.positions[slot]["next"]
    if s.accounts[account]["first"] == slot:
        s.accounts[account]["first"] = following
    else:
        before = s.accounts[account]["first"]
        while s.positions[before]["next"] != slot:
            before = s.positions[before]["next"]
        s.positions[before]["next"] = following
    s.accounts[account]["slots"] -= 1
    s.instruments[s.positions[slot]["instrument"]]["slots"] -= 1
    s.positions[slot]["account"] = NONE
    s.positions[slot]["instrument"] = NONE
    s.positions[slot]["next"] = s.header[FREE]
    s.header[FREE] = slot


@inline_kernel
def is_empty(s: Tables, slot: int) -> bool:
    """True when nothing is recorded in the slot, so that it may be freed."""
    row = s.positions[slot]
    cold = s.positions_cold[slot]
    return (
        row["lots"] == 0
        and row["leverage"] == 0
        and cold["buys"] == 0
        and cold["sells"] == 0
        and cold["order_lots"] == 0
        and cold["liquidated"] == 0
    )


@kernel
def free_empty_slots(s: Tables, account: int) -> None:
    """Free every empty slot of the account that is in no heap."""
    slot = s.accounts[account]["first"]
    while slot != NONE:
        following = s.positions[slot]["next"]
        if is_empty(s, slot) and s.keys[slot]["down_at"] == NONE and s.keys[slot]["up_at"] == NONE:
            free_slot(s, slot)
        slot = following
