"""Funding without touching holders: how far the trigger keys of a linear instrument move when its
index moves (trigger index, section 2).

A payment must move triggers by at least its true effect, a receipt by at most; the slope of a slot
per tick and lot lies in [k (1 - r), k (1 + r)]. One money unit per
lot is added to every step because a slot's accrual is rounded to a whole unit.
"""

from __future__ import annotations

from solvent.compiled import inline_kernel
from solvent.ledger.tables import Tables
from solvent.units import INDEX_BITS, mul_div_ceil, mul_div_floor
from solvent.watch.triggers import SUBTICKS


@inline_kernel
def shift_for_funding(s: Tables, instrument: int, step: int) -> None:
    """Move both sets' offsets for an index step (2**-32 money units per lot, signed: positive when
    longs pay).
    """
    row = s.instruments[instrument]
    k = row["k"]
    keep = row["rate_den"] - row["rate_num"]
    whole = row["rate_den"] + row["rate_num"]
    most = mul_div_ceil(abs(step) + (1 << INDEX_BITS), SUBTICKS, 1 << INDEX_BITS)
    least = mul_div_floor(abs(step) - (1 << INDEX_BITS), SUBTICKS, 1 << INDEX_BITS)
    far = mul_div_ceil(most, row["rate_den"], k * keep) + 1
    near = mul_div_floor(least, row["rate_den"], k * whole) - 1
    if step >= 0:
        row["shift_down"] += far
        row["shift_up"] += near
    else:
        row["shift_down"] -= near
        row["shift_up"] -= far
