"""The first violated tick of one linear position under continuous tiers: the common question.

Where rates only rise from tier to tier and the requirement does not jump, it is the largest of the
tiers' affine pieces, and the buffer is the least of as many affine functions: concave in the price.
With one linear position nothing but the requirement is rounded, and `a < ceil(x)` is `a < x` for
an integer `a`: the buffer is negative exactly where one of those functions is. So one division
gives a tier's last safe tick, and the price is that of the tier nearest to the mark. It is found by
Newton's method: divide in the tier of the bankruptcy price, then in the tier of the tick that came
out, until it is the same one; each step comes closer to the mark and none passes the price.

Schedules that `covers` refuses, several positions and other contracts are searched by
`margin.first_violation`; a test holds the two against each other.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from solvent.margin import requirements as layout

BOUNDS = slice(layout.TIER + layout.BOUND, None, layout.TIER_WIDTH)
FIRST_RATE = layout.TIER + layout.RATE
LAST_RATE = layout.RATE - layout.TIER_WIDTH
WIDTH = layout.TIER_WIDTH


def covers(table: Sequence[int]) -> bool:
    """Whether the schedule is one for this module: tiers on the notional at mark, without jumps,
    whose highest rate with the closing fee is below 100 %.

    >>> covers((0, 0, 200, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2**55, 1, 0, 0))
    True
    """
    return (
        table[layout.SHAPE] == layout.TIERS
        and table[layout.BASIS] == layout.MARK
        and table[layout.JUMPS] == 0
        and table[LAST_RATE] + table[layout.FEE] < table[layout.SCALE]
    )


def liquidation_tick(
    k: int, lots: int, cost: int, table: Sequence[int], rest: int, mark: int
) -> int:
    """First tick from `mark` on, downward for a long and upward for a short, at which equity is
    below the requirement; `mark` itself where that is so there.

    k: money units per tick and lot. lots (not 0) and cost: signed. rest: the wallet and all that
    this price does not move, money units. table: a schedule that `covers` accepts. The tick is not
    cut to a listed range: 0 or negative for a long that is never violated. In the other direction
    such a position is violated nowhere, unless it is at the mark.

    >>> table = (0, 0, 200, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2**55, 1, 0, 0)
    >>> liquidation_tick(100, 1000, 50_000_000_000, table, 2_500_000_000, 500_000)
    477386
    >>> liquidation_tick(100, -1000, -50_000_000_000, table, 2_500_000_000, 500_000)
    522389
    """
    side, size = (1, lots * k) if lots > 0 else (-1, -lots * k)
    scale = table[layout.SCALE]
    keep = scale - side * table[layout.FEE]
    over = rest - cost
    bounds = table[BOUNDS]
    last = len(bounds) - 1
    tier = bisect_left(bounds, -side * over, 0, last)  # the notional where equity is 0: near by
    reach = None
    while True:
        row = FIRST_RATE + tier * WIDTH
        rate, whole, part = table[row : row + 3]
        # The last tick p that this piece leaves safe is -side * nearer.
        nearer = ((over + whole) * scale + part) // (size * (keep - side * rate))
        if reach is not None and nearer >= reach:
            break
        reach = nearer
        found = bisect_left(bounds, -side * size * reach, 0, last)
        if found == tier:
            break
        tier = found
    if reach < -side * mark:
        return mark
    return -side * (reach + 1)
