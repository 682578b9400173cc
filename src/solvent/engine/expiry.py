"""Forced orders whose deadline has passed: dropped, reported, and their accounts idle again."""

from __future__ import annotations

from solvent.compiled import inline_kernel, kernel
from solvent.engine.emit import emit
from solvent.engine.events import EventKind
from solvent.engine.lifecycle import drop_order
from solvent.ledger.tables import NONE, Header, Integers, Records, Tables

ACTIVE = int(Header.ACTIVE)
TIME = int(Header.TIME)
DEADLINE = int(Header.DEADLINE)
ORDER_EXPIRED = int(EventKind.ORDER_EXPIRED)
ORDERS_PER_ACCOUNT = 64


@kernel
def _sort_ascending(s: Tables, size: int) -> None:
    gap = size // 2
    while gap > 0:
        for i in range(gap, size):
            kept = s.lists[i]["scratch"]
            j = i
            while j >= gap and s.lists[j - gap]["scratch"] > kept:
                s.lists[j]["scratch"] = s.lists[j - gap]["scratch"]
                j -= gap
            s.lists[j]["scratch"] = kept
        gap //= 2


@inline_kernel
def _deadline_of(s: Tables, account: int) -> int:
    """Deadline of the account's outstanding forced orders; 0: none is outstanding.

    An account is planned only while it has no order, so all that are outstanding were placed at one
    moment and share a deadline.
    """
    slot = s.accounts[account]["first"]
    while slot != NONE:
        if s.positions_cold[slot]["order_lots"] != 0:
            return s.positions_cold[slot]["order_deadline"]
        slot = s.positions[slot]["next"]
    return 0


@inline_kernel
def _expire(s: Tables, events: Records, cursor: Integers, account: int) -> None:
    slot = s.accounts[account]["first"]
    while slot != NONE:
        cold = s.positions_cold[slot]
        if cold["order_lots"] != 0:
            row = s.positions[slot]
            emit(
                s,
                events,
                cursor,
                ORDER_EXPIRED,
                account,
                row["instrument"],
                row["leg"],
                cold["order_lots"],
                0,
                0,
                cold["order_id"],
            )
            drop_order(s, slot)
        slot = s.positions[slot]["next"]


@kernel
def expire_orders(s: Tables, events: Records, cursor: Integers) -> bool:
    """Emit and drop forced orders whose deadline has passed, by account. False: the event table is
    too small, nothing was done.
    """
    late = 0
    earliest = 0
    for place in range(s.header[ACTIVE]):
        account = s.lists[place]["active"]
        deadline = _deadline_of(s, account)
        if deadline != 0 and deadline < s.header[TIME]:
            s.lists[late]["scratch"] = account
            late += 1
        elif deadline != 0 and (earliest == 0 or deadline < earliest):
            earliest = deadline
    if cursor[0] + late * ORDERS_PER_ACCOUNT > len(events):
        return False
    _sort_ascending(s, late)
    for place in range(late):
        _expire(s, events, cursor, s.lists[place]["scratch"])
    s.header[DEADLINE] = earliest
    return True
