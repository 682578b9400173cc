"""The zero price: closing a slice there leaves equity over requirement unchanged.

Everything the waterfall asks is measured against it: what a forced fill may cost, what the fund and
counterparties take over at, whether a close helps. Source: dYdX v4's bankruptcy price of a slice
(docs/semantics.md, 6).
"""

from __future__ import annotations

from solvent.units import exact, mul_div_floor, ratio_cmp


@exact
def zero_quote(mark_value: int, equity: int, released: int, held: int) -> int:
    """Cash to the account at which closing a slice keeps equity / requirement.

    `mark value - floor(equity * released / held)`. mark_value: value of the slice at mark (signed;
    a
    short's is negative). released: requirement set free; held: requirement before (> 0). The floor
    favours whoever takes the slice over when equity is positive.

    1 BTC at 49,400 with equity 1,400 and 3 % maintenance:

    >>> zero_quote(49_400_000_000, 1_400_000_000, 1_482_000_000, 1_482_000_000)
    48000000000
    """
    return mark_value - mul_div_floor(equity, released, held)


@exact
def close_helps(cost: int, released: int, equity: int, held: int) -> bool:
    """True when closing at `cost` and releasing `released` of `held` does not lower equity / held.

    The one test under partial liquidation: `cost * held <= equity * released`.

    >>> close_helps(2_000, 10_000, 12_000, 14_500), close_helps(7_200, 4_500, 12_000, 14_500)
    (True, False)
    """
    if released <= 0:
        return False
    return ratio_cmp(cost, released, equity, max(held, 1)) <= 0
