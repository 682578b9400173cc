"""Trigger prices: the account's buffer shared among its exposures, each share turned into the price
at which it is used up.

While no trigger of an account has tripped, the sum of its exposures' losses is below its buffer, so
its level cannot have changed (the proof: docs/trigger_index.md).
An account watches two thresholds: the one it would violate next (danger) and the one it violated
last (recovery). Exposures with jumping schedules also watch the edges of
their tier. All of it is exact integer algebra; only the weights of the shares are floats.
"""

from __future__ import annotations

from solvent.compiled import inline_kernel, kernel
from solvent.contracts.value import (
    INVERSE,
    SPOT,
    highest_price_worth,
    lowest_price_worth,
)
from solvent.ledger.slots import free_empty_slots
from solvent.ledger.tables import NONE, Header, Tables
from solvent.margin.requirements import (
    BOUND,
    TIER,
    TIER_WIDTH,
    least_notional,
    most_notional,
    tier_of,
)
from solvent.watch.buffer import BANKRUPT, LIQUIDATION, buffers_around, slot_need, slot_value
from solvent.watch.heap import DOWN, UP, heap_remove, heap_set
from solvent.watch.rules import PROFIT_CAP
from solvent.watch.scenarios import by_scenarios
from solvent.watch.weights import exposure_weight, share_of

PRICE_LIMIT = 1 << 50
SUBTICKS = 1024
EDGES = 1
EVERY_SNAPSHOT = 2
RECHECK = int(Header.RECHECK)


@inline_kernel
def is_owned(contract_kind: int, lots: int) -> bool:
    """True when the slot's notional counts for the holder (linear long, inverse short, spot
    balance), False when it counts against.
    """
    return (lots > 0) != (contract_kind == INVERSE)


@inline_kernel
def danger_price(s: Tables, slot: int, level: int, share: int, worth: int, tier: int) -> int:
    """Last price (towards loss) at which the slot has lost at most `share` since its value was
    `worth`, under `level`'s requirement.
    """
    row = s.positions[slot]
    contract = s.instruments[row["instrument"]]
    lots = row["lots"]
    entry = abs(row["cost"])
    at = s.schedule_of[row["instrument"], level]
    target = worth - slot_need(s, slot, level, abs(worth)) - share
    if is_owned(contract["kind"], lots):
        notional = target
        if level != BANKRUPT:
            notional = least_notional(s.schedules, at, lots, entry, target, tier)
        return lowest_price_worth(
            contract["kind"], contract["k"], contract["k_den"], lots, notional
        )
    notional = -target
    if level != BANKRUPT:
        notional = most_notional(s.schedules, at, lots, entry, -target, tier)
    return highest_price_worth(contract["kind"], contract["k"], contract["k_den"], lots, notional)


@inline_kernel
def recovery_price(s: Tables, slot: int, level: int, share: int, worth: int, tier: int) -> int:
    """Last price (towards gain) at which the slot has gained at most `share` since its value was
    `worth`, under `level`'s requirement.
    """
    row = s.positions[slot]
    contract = s.instruments[row["instrument"]]
    lots = row["lots"]
    entry = abs(row["cost"])
    at = s.schedule_of[row["instrument"], level]
    target = worth - slot_need(s, slot, level, abs(worth)) + share + 1
    if is_owned(contract["kind"], lots):
        notional = target
        if level != BANKRUPT:
            notional = least_notional(s.schedules, at, lots, entry, target, tier)
        return highest_price_worth(
            contract["kind"], contract["k"], contract["k_den"], lots, notional - 1
        )
    notional = -target
    if level != BANKRUPT:
        notional = most_notional(s.schedules, at, lots, entry, -target, tier)
    return lowest_price_worth(
        contract["kind"], contract["k"], contract["k_den"], lots, notional + 1
    )


@inline_kernel
def _set_keys(s: Tables, slot: int, down: int, up: int) -> None:
    """Write both triggers of the slot; at -PRICE_LIMIT / +PRICE_LIMIT no price trips them."""
    instrument = s.positions[slot]["instrument"]
    contract = s.instruments[instrument]
    if down <= -PRICE_LIMIT:
        heap_remove(s, instrument, DOWN, slot)
    else:
        key = down * SUBTICKS - contract["shift_down"]
        s.keys[slot]["down"] = key
        heap_set(s, instrument, DOWN, slot, -key)
    if up >= PRICE_LIMIT:
        heap_remove(s, instrument, UP, slot)
    else:
        key = up * SUBTICKS - contract["shift_up"]
        s.keys[slot]["up"] = key
        heap_set(s, instrument, UP, slot, key)


@kernel
def _index_slot(s: Tables, slot: int, level: int, danger: int, recovery: int) -> None:
    """Triggers of one slot from its shares of the two slacks (recovery < 0: none watched; level 5:
    no danger watched).
    """
    row = s.positions[slot]
    instrument = row["instrument"]
    contract = s.instruments[instrument]
    mark = contract["mark"]
    worth = slot_value(s, slot)
    lots = row["lots"]
    down = -PRICE_LIMIT
    up = PRICE_LIMIT
    tier = -1
    if contract["form"] == EDGES:
        at = s.schedule_of[instrument, LIQUIDATION]
        tier = tier_of(s.schedules, at, abs(worth))  # EDGES implies MARK: on entry no edge moves
        upper = s.schedules[at + TIER + tier * TIER_WIDTH + BOUND]
        lower = 1
        if tier > 0:
            lower = s.schedules[at + TIER + (tier - 1) * TIER_WIDTH + BOUND] + 1
        low = lowest_price_worth(contract["kind"], contract["k"], contract["k_den"], lots, lower)
        high = highest_price_worth(contract["kind"], contract["k"], contract["k_den"], lots, upper)
        if contract["kind"] == INVERSE:
            down = max(down, high) if high < PRICE_LIMIT else down
            up = min(up, low)
        else:
            down = max(down, low) if tier > 0 else down
            up = min(up, high)
    if level < 5:
        price = danger_price(s, slot, level, danger, worth, tier)
        if lots > 0:
            down = max(down, price) if price < PRICE_LIMIT else down
        else:
            up = min(up, price)
    if recovery >= 0:
        price = recovery_price(s, slot, level - 1, recovery, worth, tier)
        if lots > 0:
            up = min(up, price)
        else:
            down = max(down, price) if price < PRICE_LIMIT else down
    if contract["kind"] != INVERSE and contract["kind"] != SPOT:
        # funding moves these keys: none may be dropped because it lies beyond every price
        down = (
            max(down, 1 - PRICE_LIMIT)
            if (lots > 0 and level < 5) or (lots < 0 and recovery >= 0)
            else down
        )
        up = (
            min(up, PRICE_LIMIT - 1)
            if (lots < 0 and level < 5) or (lots > 0 and recovery >= 0)
            else up
        )
    if down > -PRICE_LIMIT:
        down = min(down, mark)
    if up < PRICE_LIMIT:
        up = max(up, mark)
    _set_keys(s, slot, down, up)


@kernel
def needs_recheck(s: Tables, account: int) -> bool:
    """True when no one-sided bound exists for the account: scenarios, two settlement assets, a cap
    on summed profit, or a schedule without a watching form.
    """
    if s.policy[PROFIT_CAP] >= 0 or by_scenarios(s, account):
        return True
    asset = s.accounts[account]["asset"]
    slot = s.accounts[account]["first"]
    while slot != NONE:
        row = s.positions[slot]
        if row["lots"] != 0:
            contract = s.instruments[row["instrument"]]
            if contract["form"] == EVERY_SNAPSHOT:
                return True
            if contract["settle"] != asset:
                return True
            if contract["kind"] == SPOT and row["lots"] < 0:
                return True
        slot = row["next"]
    return False


@kernel
def _set_recheck(s: Tables, account: int, wanted: bool) -> None:
    place = s.accounts_cold[account]["recheck_at"]
    if wanted and place == NONE:
        s.accounts_cold[account]["recheck_at"] = s.header[RECHECK]
        s.lists[s.header[RECHECK]]["recheck"] = account
        s.header[RECHECK] += 1
    elif not wanted and place != NONE:
        last = s.header[RECHECK] - 1
        moved = s.lists[last]["recheck"]
        s.lists[place]["recheck"] = moved
        s.accounts_cold[moved]["recheck_at"] = place
        s.accounts_cold[account]["recheck_at"] = NONE
        s.header[RECHECK] = last


@kernel
def unindex(s: Tables, account: int) -> None:
    """Take every trigger of the account out of the index."""
    slot = s.accounts[account]["first"]
    while slot != NONE:
        instrument = s.positions[slot]["instrument"]
        heap_remove(s, instrument, DOWN, slot)
        heap_remove(s, instrument, UP, slot)
        slot = s.positions[slot]["next"]


@kernel
def reindex(s: Tables, account: int) -> None:
    """Set every trigger of the account anew from its recorded level and the current marks."""
    level = s.accounts[account]["level"]
    danger, below = buffers_around(s, account, level)
    set_triggers(s, account, level, danger, below)


@kernel
def set_triggers(s: Tables, account: int, level: int, danger: int, below: int) -> None:
    """Share the buffers at the level and below it (`buffers_around`) among the account's exposures
    and set their triggers.

    An account whose recorded level is not the one at the current marks (its snapshot is not judged
    yet) gets triggers that trip at any price.
    """
    if needs_recheck(s, account):
        unindex(s, account)
        _set_recheck(s, account, True)
        free_empty_slots(s, account)
        return
    _set_recheck(s, account, False)
    recovery = -1
    if level > 0:
        recovery = -below - 1
    stale = danger < 0 or (level > 0 and recovery < 0)
    total = 0.0
    slot = s.accounts[account]["first"]
    while slot != NONE:
        if s.positions[slot]["lots"] != 0:
            total += exposure_weight(abs(slot_value(s, slot)))
        slot = s.positions[slot]["next"]
    slot = s.accounts[account]["first"]
    while slot != NONE:
        if s.positions[slot]["lots"] == 0:
            heap_remove(s, s.positions[slot]["instrument"], DOWN, slot)
            heap_remove(s, s.positions[slot]["instrument"], UP, slot)
        elif stale:
            _set_keys(s, slot, PRICE_LIMIT - 1, 1 - PRICE_LIMIT)
        else:
            weight = exposure_weight(abs(slot_value(s, slot)))
            share = share_of(danger, weight, total)
            back = recovery
            if recovery >= 0:
                back = share_of(recovery, weight, total)
            _index_slot(s, slot, level, share, back)
        slot = s.positions[slot]["next"]
    free_empty_slots(s, account)
