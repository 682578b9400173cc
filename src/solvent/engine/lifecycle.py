"""Stages, orders and requests of accounts in liquidation: the bookkeeping that says who is waiting
for what.
"""

from __future__ import annotations

from solvent.compiled import inline_kernel, kernel
from solvent.ledger.tables import NONE, Header, Tables
from solvent.liquidation.stages import ALLOWED_MASK, Backing, Stage
from solvent.watch.rules import DEADLINE as DEADLINE_RULE

ACTIVE = int(Header.ACTIVE)
IDLE = int(Header.IDLE)
TIME = int(Header.TIME)
ORDERS = int(Header.ORDERS)
DEADLINE = int(Header.DEADLINE)
REQUESTS = int(Header.REQUESTS)
FAULT = int(Header.FAULT)
HEALTHY = int(Stage.HEALTHY)
OWNER = int(Backing.OWNER)
UNALLOCATED = int(Backing.UNALLOCATED)
FAULT_STAGE = 1
"""Fault number of a stage transition outside the table."""


@inline_kernel
def is_idle(s: Tables, account: int) -> bool:
    """True when the account is in liquidation and waits for nobody."""
    cold = s.accounts_cold[account]
    return cold["active_at"] != NONE and cold["orders"] == 0 and cold["request"] == 0


@kernel
def set_stage(s: Tables, account: int, stage: int) -> None:
    """Move the account to a stage; a move outside the table of allowed transitions is a fault that
    stops the engine.
    """
    if (ALLOWED_MASK[s.accounts[account]["stage"]] >> stage) & 1 == 0:
        s.header[FAULT] = FAULT_STAGE
    s.accounts[account]["stage"] = stage


@kernel
def place_order(s: Tables, slot: int, lots: int) -> int:
    """Record a forced order for signed `lots` on the slot and return its id."""
    account = s.positions[slot]["account"]
    cold = s.positions_cold[slot]
    was_idle = is_idle(s, account)
    s.header[ORDERS] += 1
    deadline = s.header[TIME] + s.policy[DEADLINE_RULE]
    cold["order_id"] = s.header[ORDERS]
    cold["order_lots"] = lots
    cold["order_deadline"] = deadline
    cold["order_fill"] = 0
    if s.header[DEADLINE] == 0 or deadline < s.header[DEADLINE]:
        s.header[DEADLINE] = deadline
    s.accounts_cold[account]["orders"] += 1
    if was_idle:
        s.header[IDLE] -= 1
    return s.header[ORDERS]


@kernel
def drop_order(s: Tables, slot: int) -> None:
    """The order on the slot is done: filled, closed or expired."""
    account = s.positions[slot]["account"]
    s.positions_cold[slot]["order_lots"] = 0
    s.accounts_cold[account]["orders"] -= 1
    if is_idle(s, account):
        s.header[IDLE] += 1


@kernel
def set_request(s: Tables, account: int, request: int, amount: int) -> None:
    """Record what an idle account now waits for, or (0) that it is idle again."""
    cold = s.accounts_cold[account]
    cold["request"] = request
    cold["requested"] = amount
    change = -1 if request == 0 else 1
    s.header[REQUESTS] += change
    s.header[IDLE] -= change


@kernel
def leave_liquidation(s: Tables, account: int) -> None:
    """Take an idle account out of the active list; slots forget what was liquidated."""
    cold = s.accounts_cold[account]
    place = cold["active_at"]
    last = s.header[ACTIVE] - 1
    moved = s.lists[last]["active"]
    s.lists[place]["active"] = moved
    s.accounts_cold[moved]["active_at"] = place
    cold["active_at"] = NONE
    cold["order_serial"] = 0
    s.header[ACTIVE] = last
    s.header[IDLE] -= 1
    set_stage(s, account, HEALTHY)
    if cold["taken_over"] != UNALLOCATED:
        cold["taken_over"] = OWNER
    slot = s.accounts[account]["first"]
    while slot != NONE:
        s.positions_cold[slot]["liquidated"] = 0
        slot = s.positions[slot]["next"]
