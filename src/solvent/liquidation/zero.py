"""The zero price of an account's slots: `margin.zero` applied to the state tables."""

from __future__ import annotations

from solvent.compiled import kernel
from solvent.contracts.value import closed_share, value
from solvent.ledger.tables import NONE, Tables
from solvent.margin.requirements import requirement
from solvent.margin.zero import zero_quote
from solvent.units import mul_div_floor
from solvent.watch.buffer import LIQUIDATION, converted_ceil, slot_value
from solvent.watch.scenarios import by_scenarios, scenario_need


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
    of the difference converted, so slices add up). By scenarios it may be negative: a hedge.
    """
    row = s.positions[slot]
    if by_scenarios(s, row["account"]):
        return scenario_need(s, row["account"], NONE, 0, 0) - scenario_need(
            s, row["account"], slot, closed, 0
        )
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
