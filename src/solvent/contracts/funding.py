"""Funding: one cumulative index per side and lot, so that an event costs nothing per holder.

The index carries `INDEX_BITS` binary fractions of a money unit per lot. A holder owes the
difference since it last settled, payer rounded up,
receiver rounded down; the remainder stays in the FUNDING pool. Source of the sign: positive rate,
longs pay shorts.
"""

from __future__ import annotations

from solvent.contracts.value import INVERSE, LINEAR
from solvent.units import INDEX_BITS, exact, mul_div_ceil, mul_div_floor

FUNDING_RATE_SCALE = 100_000_000
"""Funding rates are integers over 1e8 (0.01 % = 10_000)."""

INDEX_MAX = 1 << 61
"""Largest magnitude of a cumulative index; a step beyond it is refused."""


@exact
def accrued(lots: int, index: int, settled: int) -> int:
    """Money units owed (> 0) or due (< 0) on signed `lots` since the index stood at `settled`;
    rounded up.

    >>> accrued(3, 1 << 23, 0), accrued(-3, 1 << 23, 0)  # half a unit a lot
    (2, -1)
    """
    return mul_div_ceil(lots, index - settled, 1 << INDEX_BITS)


@exact
def funding_step(kind: int, k: int, mark: int, rate: int) -> int:
    """Increment of both indices for signed `rate` (over 1e8) at `mark`, in 2**-24 money units per
    lot, rounded down.

    >>> funding_step(LINEAR, 100, 500_000, 10_000) / 2**24  # 0.01 % of 50 USD per lot, in micro-USD
    5000.0
    """
    if kind == INVERSE:
        return mul_div_floor(k, rate << INDEX_BITS, FUNDING_RATE_SCALE * mark)
    if kind == LINEAR:
        return mul_div_floor(k * mark, rate << INDEX_BITS, FUNDING_RATE_SCALE)
    return 0
