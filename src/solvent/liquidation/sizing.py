"""How much to close: the least lots that restore the target, exact over lots and tiers.

Closing x lots at the assumed cost restores the target when `(E - cost(x)) * den >= num * left(x)`,
with `left` what is required of the rest. Both are rounded, so the amounts that restore are not an
interval: with lots worth about one unit they come and go over hundreds of lots. The least is found
by asking of a range [low, high] whether *no* amount in it restores, by what always holds:

1. `cost` never falls and `left` never rises with x, for any schedule, contract and rounding. None
   restores where `(E - cost(low)) * den < num * left(high)`.
2. While one rate applies to what is left, both are affine in x but for their roundings, which move
   `cost` by less than `c` and `left` by less than `n` units. An affine condition misses by least at
   an end: none restores where both ends miss by more, `(E - cost + c) * den < num * (left - n)`.
3. A linear contract's roundings come back after `period` lots. Where the condition is no nearer to
   being met `period` lots further on, an amount that restores has one that restores `period` lots
   before it: the first `period` amounts of the range stand for all of it.

A range that is ruled out is skipped and the next one is twice as long; any other is halved, down to
the single amount. The bound: by 2 every range is ruled out that lies, within one rate, outside the
amounts where the condition without roundings is within `c * den + n * num` of equality, so all but
these take at most `4 * log2(size)` ranges for each rate; these are at most `(c * den + n * num) /
slope` lots, the slope (money units a lot) not 0 but where 3 applies, and by 1 two ranges for every
unit by which the cost rises over them. For a lot worth many units that is one lot. Where the rate
changes from lot to lot (slope, square root), 1 alone decides: at most two ranges for every unit by
which the cost rises, and fewer the farther the condition is from being met.
"""

from __future__ import annotations

from solvent.compiled import kernel
from solvent.contracts.value import LINEAR, closed_share, value
from solvent.ledger.tables import Tables
from solvent.liquidation.zero import released_by, slice_value
from solvent.margin.requirements import (
    BASIS,
    ENTRY,
    FEE,
    RATE,
    SCALE,
    SHAPE,
    TIER,
    TIER_WIDTH,
    TIERS,
    rate_of_lots,
    tier_of,
)
from solvent.margin.zero import close_helps
from solvent.units import rate_ceil, ratio_cmp
from solvent.watch.buffer import LIQUIDATION, converted_ceil
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
def _piece(s: Tables, slot: int, closed: int) -> int:
    """What is left after `closed` lots is margined at one rate: the tier's number, or the rate of a
    schedule by size.
    """
    row = s.positions[slot]
    contract = s.instruments[row["instrument"]]
    at = s.schedule_of[row["instrument"], LIQUIDATION]
    lots = row["lots"]
    rest = lots - closed if lots > 0 else lots + closed
    if s.schedules[at + SHAPE] != TIERS:
        return rate_of_lots(s.schedules, at, rest)
    if s.schedules[at + BASIS] == ENTRY:
        return tier_of(s.schedules, at, abs(row["cost"] - closed_share(row["cost"], closed, lots)))
    worth = value(contract["kind"], contract["k"], contract["k_den"], rest, contract["mark"])
    return tier_of(s.schedules, at, abs(worth))


@kernel
def _rate_of(s: Tables, at: int, piece: int) -> int:
    """Rate of a piece over the schedule's scale, closing fee included."""
    if s.schedules[at + SHAPE] != TIERS:
        return piece + s.schedules[at + FEE]
    return s.schedules[at + TIER + piece * TIER_WIDTH + RATE] + s.schedules[at + FEE]


@kernel
def _gcd(a: int, b: int) -> int:
    while b > 0:
        a, b = b, a % b
    return a


@kernel
def _period(s: Tables, slot: int, piece: int) -> int:
    """Lots after which the roundings of cost and requirement come back; 0: not known to."""
    row = s.positions[slot]
    contract = s.instruments[row["instrument"]]
    at = s.schedule_of[row["instrument"], LIQUIDATION]
    if contract["kind"] != LINEAR or s.schedules[at + BASIS] == ENTRY:
        return 0
    if contract["settle"] != s.accounts[row["account"]]["asset"]:
        return 0
    worth = contract["k"] * contract["mark"]
    scale = s.schedules[at + SCALE]
    of_need = scale // _gcd(scale, (worth % scale) * (_rate_of(s, at, piece) % scale))
    of_cost = PPM // _gcd(PPM, (worth % PPM) * s.policy[CLOSE_COST])
    return of_need // _gcd(of_need, of_cost) * of_cost


@kernel
def _miss(s: Tables, slot: int, closed: int, equity: int, held: int, spare: int, over: int) -> bool:
    """True when closing `closed` lots misses the target by more than `spare` of cost and `over` of
    requirement.
    """
    left = held - released_by(s, slot, closed) - over
    kept = equity - assumed_cost(s, slot, closed) + spare
    return ratio_cmp(kept, s.policy[TARGET_NUM], left, s.policy[TARGET_DEN]) < 0


@kernel
def _none_restores(
    s: Tables, slot: int, low: int, high: int, equity: int, held: int, piece: int
) -> bool:
    """True when it is certain that no amount from `low` to `high` restores the target. piece: the
    one of both ends, -1 where they differ.
    """
    kept = equity - assumed_cost(s, slot, low)
    left = held - released_by(s, slot, high)
    if ratio_cmp(kept, s.policy[TARGET_NUM], left, s.policy[TARGET_DEN]) < 0:
        return True
    if piece < 0 or low == high:
        return False
    row = s.positions[slot]
    settle = s.instruments[row["instrument"]]["settle"]
    asset = s.accounts[row["account"]]["asset"]
    at = s.schedule_of[row["instrument"], LIQUIDATION]
    # The notional (or entry cost) is off by less than 1 and so the requirement by its rate, each
    # ceil by 1; a conversion multiplies this and is one more ceil.
    rate = _rate_of(s, at, piece) // s.schedules[at + SCALE] + 1
    spare = 1 + converted_ceil(s, settle, asset, 2)
    over = 1 + converted_ceil(s, settle, asset, rate + 2)
    return _miss(s, slot, low, equity, held, spare, over) and _miss(
        s, slot, high, equity, held, spare, over
    )


@kernel
def _farther(s: Tables, slot: int, low: int, high: int) -> bool:
    """True when the target is no nearer after `high` lots than after `low`."""
    dearer = assumed_cost(s, slot, high) - assumed_cost(s, slot, low)
    released = released_by(s, slot, high) - released_by(s, slot, low)
    return ratio_cmp(dearer, s.policy[TARGET_NUM], released, s.policy[TARGET_DEN]) >= 0


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
def _least_between(s: Tables, slot: int, low: int, high: int, equity: int, held: int) -> int:
    """Least restoring lots of a scenario account in (low, high], given that `high` restores.

    Without the roundings of cost the restoring lots are an interval (what is released is concave);
    the roundings can move its end by a unit's worth of lots, which are looked at one by one.
    """
    floor = low
    while high - low > 1:
        middle = low + (high - low) // 2
        if restores(s, slot, middle, equity, held):
            high = middle
        else:
            low = middle
    for closed in range(max(floor + 1, high - LOOK_BACK), high):
        if restores(s, slot, closed, equity, held):
            return closed
    return high


@kernel
def least_restoring(s: Tables, slot: int, equity: int, held: int) -> int:
    """Least lots of the slot whose closing restores the target; 0 when no amount does. Of a
    scenario account: those that release the most when that does not restore it.
    """
    size = abs(s.positions[slot]["lots"])
    if by_scenarios(s, s.positions[slot]["account"]):
        size = most_releasing(s, slot)
        if not restores(s, slot, size, equity, held):
            return size
        return _least_between(s, slot, 0, size, equity, held)
    low = 1
    step = size
    while low <= size:
        high = min(low + step - 1, size)
        piece = _piece(s, slot, low)
        if _piece(s, slot, high) != piece:
            piece = -1
        if _none_restores(s, slot, low, high, equity, held, piece):
            low = high + 1
            step *= 2
            continue
        if low == high:
            return low
        period = 0
        if piece >= 0:
            period = _period(s, slot, piece)
        if 0 < period <= high - low and _farther(s, slot, low, low + period):
            for closed in range(low, low + period):
                if restores(s, slot, closed, equity, held):
                    return closed
            low = high + 1
        else:
            step = (high - low + 1) // 2
    return 0
