"""How much to close: the least lots that restore the target, exact over lots and tiers.

Closing x lots at the assumed cost restores the target when `(E - cost) * den >= num * (R -
released)`. Within one tier of what is left the condition is
linear in x, so each tier is searched by bisection, from the position as it is down to nothing; a
short look back removes what the rounding of single units can hide.
"""

from __future__ import annotations

from solvent.compiled import kernel
from solvent.contracts.value import value
from solvent.ledger.tables import Tables
from solvent.liquidation.zero import released_by, slice_value
from solvent.margin.requirements import (
    BASIS,
    BOUND,
    ENTRY,
    SHAPE,
    TIER,
    TIER_WIDTH,
    TIERS,
    tier_of,
)
from solvent.margin.zero import close_helps
from solvent.units import rate_ceil, ratio_cmp
from solvent.watch.buffer import LIQUIDATION, converted_ceil, slot_value
from solvent.watch.rules import CLOSE_COST, TARGET_DEN, TARGET_NUM
from solvent.watch.scenarios import by_scenarios

PPM = 1_000_000
LOOK_BACK = 32


@kernel
def assumed_cost(s: Tables, slot: int, closed: int) -> int:
    """What closing `closed` lots is assumed to cost, in the account's asset, rounded up."""
    row = s.positions[slot]
    contract = s.instruments[row["instrument"]]
    asset = s.accounts[row["account"]]["asset"]
    cost = rate_ceil(abs(slice_value(s, slot, closed)), s.policy[CLOSE_COST], PPM, 0, 0)
    return converted_ceil(s, contract["settle"], asset, cost)


@kernel
def restores(s: Tables, slot: int, closed: int, equity: int, held: int) -> bool:
    """True when closing `closed` lots brings equity to the target multiple of the requirement."""
    left = held - released_by(s, slot, closed)
    kept = equity - assumed_cost(s, slot, closed)
    return ratio_cmp(kept, s.policy[TARGET_NUM], left, s.policy[TARGET_DEN]) >= 0


@kernel
def helps(s: Tables, slot: int, closed: int, equity: int, held: int) -> bool:
    """True when closing `closed` lots does not lower equity over requirement."""
    return close_helps(assumed_cost(s, slot, closed), released_by(s, slot, closed), equity, held)


@kernel
def _least_between(s: Tables, slot: int, low: int, high: int, equity: int, held: int) -> int:
    """Least restoring lots in (low, high], given that `high` restores."""
    floor = low
    while high - low > 1:
        middle = low + (high - low) // 2
        if restores(s, slot, middle, equity, held):
            high = middle
        else:
            low = middle
    least = high
    for closed in range(max(floor + 1, high - LOOK_BACK), high):
        if restores(s, slot, closed, equity, held):
            least = closed
            break
    return least


@kernel
def _lots_within(s: Tables, slot: int, size: int, bound: int) -> int:
    """Most lots (at most `size`) whose notional at mark is at most `bound`."""
    contract = s.instruments[s.positions[slot]["instrument"]]
    side = 1 if s.positions[slot]["lots"] > 0 else -1
    low = 0
    high = size
    while low < high:
        middle = low + (high - low + 1) // 2
        notional = abs(
            value(
                contract["kind"], contract["k"], contract["k_den"], side * middle, contract["mark"]
            )
        )
        if notional <= bound:
            low = middle
        else:
            high = middle - 1
    return low


@kernel
def most_releasing(s: Tables, slot: int) -> int:
    """Least lots of a scenario account's slot whose closing releases the most; 1 when none does.
    What is released is concave in the lots, so a step that gains nothing is the top.
    """
    low = 1
    high = abs(s.positions[slot]["lots"])
    while low < high:
        middle = low + (high - low) // 2
        if released_by(s, slot, middle + 1) > released_by(s, slot, middle):
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def least_restoring(s: Tables, slot: int, equity: int, held: int) -> int:
    """Least lots of the slot whose closing restores the target; 0 when no amount does. Of a
    scenario account: those that release the most when that does not restore it.
    """
    row = s.positions[slot]
    size = abs(row["lots"])
    if by_scenarios(s, row["account"]):
        size = most_releasing(s, slot)
        if not restores(s, slot, size, equity, held):
            return size
        return _least_between(s, slot, 0, size, equity, held)
    at = s.schedule_of[row["instrument"], LIQUIDATION]
    if s.schedules[at + SHAPE] != TIERS or s.schedules[at + BASIS] == ENTRY:
        if not restores(s, slot, size, equity, held):
            return 0
        return _least_between(s, slot, 0, size, equity, held)
    done = 0
    tier = tier_of(s.schedules, at, abs(slot_value(s, slot)))
    while tier >= 0:
        left = 0
        if tier > 0:
            left = _lots_within(
                s, slot, size, s.schedules[at + TIER + (tier - 1) * TIER_WIDTH + BOUND]
            )
        last = size - left - 1  # most that can go while what is left stays in this tier
        if tier == 0:
            last = size
        if last > done:
            if restores(s, slot, done + 1, equity, held):
                return done + 1
            if restores(s, slot, last, equity, held):
                return _least_between(s, slot, done + 1, last, equity, held)
            done = last
        tier -= 1
    return 0
