"""The zero price: closing a slice there leaves equity over requirement unchanged
(docs/semantics.md, 6; dYdX v4's bankruptcy price of a slice).

Everything the waterfall asks is measured against it: what a forced fill may cost, what the fund and
counterparties take over at, whether a close helps.
"""

from __future__ import annotations

from solvent.compiled import kernel
from solvent.contracts.value import closed_share, value
from solvent.ledger.tables import Tables
from solvent.margin.requirements import requirement
from solvent.units import exact, mul_div_floor, ratio_cmp
from solvent.watch.buffer import LIQUIDATION, converted_ceil, slot_value


@exact
def zero_quote(mark_value: int, equity: int, released: int, held: int) -> int:
    """Cash to the account at which closing a slice keeps equity / requirement: `mark value -
    floor(equity * released / held)`.

    mark_value: value of the slice at mark (signed; a short's is negative). released: requirement
    set free; held: requirement before (> 0). The floor
    favours whoever takes the slice over when equity is positive.

    1 BTC at 49,400 with equity 1,400 and 3 % maintenance (mission C6):

    >>> zero_quote(49_400_000_000, 1_400_000_000, 1_482_000_000, 1_482_000_000)
    48000000000
    """
    return mark_value - mul_div_floor(equity, released, held)


@exact
def close_helps(cost: int, released: int, equity: int, held: int) -> bool:
    """True when closing at `cost` and releasing `released` of `held` requirement does not lower
    equity / requirement.

    The one test under partial liquidation: `cost * held <= equity * released` (mission 0.2).

    >>> close_helps(2_000, 10_000, 12_000, 14_500), close_helps(7_200, 4_500, 12_000, 14_500)
    (True, False)
    """
    if released <= 0:
        return False
    return ratio_cmp(cost, released, equity, max(held, 1)) <= 0


@kernel
def need_of_rest(s: Tables, slot: int, closed: int) -> int:
    """Liquidation requirement (settlement asset) of what is left of the slot after `closed` lots
    are gone.
    """
    row = s.positions[slot]
    instrument = row["instrument"]
    contract = s.instruments[instrument]
    held = row["lots"]
    rest = held - closed if held > 0 else held + closed
    if rest == 0:
        return 0
    left = row["cost"] - closed_share(row["cost"], closed, held)
    notional = abs(
        value(contract["kind"], contract["k"], contract["k_den"], rest, contract["mark"])
    )
    return requirement(
        s.schedules, s.schedule_of[instrument, LIQUIDATION], rest, notional, abs(left)
    )


@kernel
def released_by(s: Tables, slot: int, closed: int) -> int:
    """Requirement released by closing `closed` lots of the slot, in the account's asset (each side
    of the difference converted, so slices add up).
    """
    row = s.positions[slot]
    contract = s.instruments[row["instrument"]]
    asset = s.accounts[row["account"]]["asset"]
    worth = slot_value(s, slot)
    whole = requirement(
        s.schedules,
        s.schedule_of[row["instrument"], LIQUIDATION],
        row["lots"],
        abs(worth),
        abs(row["cost"]),
    )
    before = converted_ceil(s, contract["settle"], asset, whole)
    return before - converted_ceil(s, contract["settle"], asset, need_of_rest(s, slot, closed))


@kernel
def slice_value(s: Tables, slot: int, closed: int) -> int:
    """Value at mark of `closed` lots of the slot: the difference of the rounded values before and
    after (settlement asset).
    """
    row = s.positions[slot]
    contract = s.instruments[row["instrument"]]
    rest = row["lots"] - closed if row["lots"] > 0 else row["lots"] + closed
    after = value(contract["kind"], contract["k"], contract["k_den"], rest, contract["mark"])
    return slot_value(s, slot) - after


@kernel
def zero_cash(s: Tables, slot: int, closed: int, equity: int, held: int) -> int:
    """Cash to the account (settlement asset) for closing `closed` lots at the zero price, with the
    account's equity and requirement before.
    """
    row = s.positions[slot]
    settle = s.instruments[row["instrument"]]["settle"]
    asset = s.accounts[row["account"]]["asset"]
    worth = slice_value(s, slot, closed)
    if settle == asset:
        return zero_quote(worth, equity, released_by(s, slot, closed), held)
    spot = s.instruments[s.conversion[settle, asset]]
    share = mul_div_floor(equity, released_by(s, slot, closed), held)
    return worth - mul_div_floor(share, spot["k_den"], spot["mark"] * spot["k"])
