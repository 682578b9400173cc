"""What must be held for one position: the requirement schedule, as a flat row of integers.

A schedule is a flat integer sequence (a tuple in the calculator, one int64 array in the engine)
read from offset `at`:

====== ======================================================================================
offset meaning
====== ======================================================================================
SHAPE  TIERS, SLOPE or SQRT
BASIS  MARK (notional at mark) or ENTRY (absolute entry cost)
SCALE  denominator of every rate
FEE    closing-fee rate, summed with the tier's rate before the one ceil
COUNT  number of tiers (1 for SLOPE and SQRT)
JUMPS  1 when the requirement jumps at an edge: the watching needs the edges as triggers
P0..P5 parameters of SLOPE and SQRT, see `rate_of_lots`
TIER   then COUNT rows of (bound, rate, whole deduction, fractional deduction over SCALE)
====== ======================================================================================

One rounded notional and one ceil over the summed rates: separate roundings break monotonicity
(g(2000) = 1991 but g(2001) = 1990).
"""

from __future__ import annotations

from collections.abc import Sequence

from solvent.units import div_ceil, exact, exact_called, isqrt, mul_div_ceil, rate_ceil

SHAPE = 0
BASIS = 1
SCALE = 2
FEE = 3
COUNT = 4
JUMPS = 5
P0 = 6
P1 = 7
P2 = 8
P3 = 9
P4 = 10
P5 = 11
TIER = 12
TIER_WIDTH = 4
BOUND = 0
RATE = 1
WHOLE = 2
PART = 3

TIERS = 0
SLOPE = 1
SQRT = 2
MARK = 0
ENTRY = 1


@exact
def tier_of(table: Sequence[int], at: int, notional: int) -> int:
    """Index of the tier that holds `notional` (a tier includes its bound; beyond the last bound:
    the last tier).

    >>> tier_of((0, 0, 1000, 0, 2, 0, 0, 0, 0, 0, 0, 0, 100, 5, 0, 0, 10**15, 10, 0, 500), 0, 100)
    0
    """
    last = table[at + COUNT] - 1
    tier = 0
    while tier < last and notional > table[at + TIER + tier * TIER_WIDTH + BOUND]:
        tier += 1
    return tier


@exact_called
def rate_of_lots(table: Sequence[int], at: int, lots: int) -> int:
    """Rate over SCALE of a schedule whose rate depends on the size alone, rounded up and capped at
    P3.

    SLOPE: `P0 + P1 * lots / P2` (Deribit: 1 % + 0.005 % per BTC). SQRT: `max(P0, P4 + P1 *
    isqrt(lots + 1) / P2)` (Drift's size premium).
    """
    size = abs(lots)
    if table[at + SHAPE] == SLOPE:
        rate = table[at + P0] + mul_div_ceil(size, table[at + P1], table[at + P2])
    else:
        root = isqrt(size + 1)
        rate = max(
            table[at + P0], table[at + P4] + mul_div_ceil(root, table[at + P1], table[at + P2])
        )
    return min(rate, table[at + P3]) * table[at + P5]


@exact_called
def requirement(table: Sequence[int], at: int, lots: int, notional: int, entry: int) -> int:
    """Money units to hold for a position of `lots` with `notional` at mark and `entry` = |cost|;
    rounded up.

    Mark basis: `ceil((notional * (rate + fee) - deduction) / SCALE)`. Entry basis: the tier's
    requirement of `entry` plus
    `ceil(notional * fee / SCALE)`. Sources: Binance "maintenance amount", Deribit slope, Drift size
    premium (docs/semantics.md, 4).
    """
    scale = table[at + SCALE]
    fee = table[at + FEE]
    basis = notional
    if table[at + BASIS] == ENTRY:
        basis = entry
    if table[at + SHAPE] == TIERS:
        row = at + TIER + tier_of(table, at, basis) * TIER_WIDTH
        rate = table[row + RATE]
        whole = table[row + WHOLE]
        part = table[row + PART]
    else:
        rate = rate_of_lots(table, at, lots)
        whole = 0
        part = 0
    if table[at + BASIS] == ENTRY:
        return rate_ceil(entry, rate, scale, whole, part) + rate_ceil(notional, fee, scale, 0, 0)
    return rate_ceil(notional, rate + fee, scale, whole, part)


@exact
def fixed_part(table: Sequence[int], at: int, lots: int, entry: int) -> int:
    """The share of the requirement that no price moves: all but the closing fee for an entry-based
    schedule, else 0.
    """
    if table[at + BASIS] == ENTRY:
        return requirement(table, at, lots, 0, entry)
    return 0


@exact_called
def least_notional(
    table: Sequence[int], at: int, lots: int, entry: int, target: int, tier: int
) -> int:
    """Smallest notional n with `n - requirement(n) >= target`: where something held stops covering
    itself.

    `tier` >= 0 uses that tier's affine piece alone; -1 all pieces, whose maximum is the requirement
    when tiers are continuous and convex. May be negative: then
    every notional qualifies (funding can still use that room up). Rates + fee must be below SCALE.
    Exact; no search.
    """
    scale = table[at + SCALE]
    fee = table[at + FEE]
    want = target + fixed_part(table, at, lots, entry)
    if table[at + BASIS] == ENTRY:
        return (
            want
            + div_ceil((want % (scale - fee)) * fee, scale - fee)
            + (want // (scale - fee)) * fee
        )
    if table[at + SHAPE] != TIERS:
        rate = rate_of_lots(table, at, lots) + fee
        return (
            want
            + (want // (scale - rate)) * rate
            + div_ceil((want % (scale - rate)) * rate, scale - rate)
        )
    first = tier
    last = tier
    if tier < 0:
        first = 0
        last = table[at + COUNT] - 1
    best = -(1 << 62)
    for step in range(first, last + 1):
        row = at + TIER + step * TIER_WIDTH
        rate = table[row + RATE] + fee
        base = want - table[row + WHOLE]
        keep = scale - rate
        found = (
            base + (base // keep) * rate + div_ceil((base % keep) * rate - table[row + PART], keep)
        )
        best = max(best, found)
    return best


@exact_called
def most_notional(
    table: Sequence[int], at: int, lots: int, entry: int, limit: int, tier: int
) -> int:
    """Largest notional n with `n + requirement(n) <= limit`: where something owed stops being
    covered (negative: none).

    Same conventions as `least_notional`.
    """
    scale = table[at + SCALE]
    fee = table[at + FEE]
    room = limit - fixed_part(table, at, lots, entry)
    if table[at + BASIS] == ENTRY:
        whole = scale + fee
        return (room // whole) * scale + ((room % whole) * scale) // whole
    if table[at + SHAPE] != TIERS:
        whole = scale + rate_of_lots(table, at, lots) + fee
        return (room // whole) * scale + ((room % whole) * scale) // whole
    first = tier
    last = tier
    if tier < 0:
        first = 0
        last = table[at + COUNT] - 1
    best = 1 << 62
    for step in range(first, last + 1):
        row = at + TIER + step * TIER_WIDTH
        whole = scale + table[row + RATE] + fee
        base = room + table[row + WHOLE]
        found = (base // whole) * scale + ((base % whole) * scale + table[row + PART]) // whole
        best = min(best, found)
    return best
