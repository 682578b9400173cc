"""Splitting integers: deficits over instruments, deleveraged lots over counterparties. Exact: the
parts always sum to the whole.
"""

from __future__ import annotations

from collections.abc import Sequence


def split_deficit(amount: int, liquidated: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Shares of a deficit by instrument, in proportion to the notional liquidated there.

    `liquidated`: (instrument, notional) with notional > 0. Floors, the remainder to the largest
    (ties: lowest instrument); zero shares are left out.

    >>> split_deficit(100, [(0, 1), (1, 2)])
    [(0, 33), (1, 67)]
    """
    total = sum(notional for _, notional in liquidated)
    if total == 0:
        return []
    shares = {instrument: amount * notional // total for instrument, notional in liquidated}
    largest = min(liquidated, key=lambda pair: (-pair[1], pair[0]))[0]
    shares[largest] += amount - sum(shares.values())
    return [(instrument, share) for instrument, share in sorted(shares.items()) if share > 0]


def pro_rata(lots: int, sizes: Sequence[int], names: Sequence[int]) -> list[int]:
    """`lots` over `sizes` at one equal fraction: floors, then one each by largest remainder (ties:
    lowest name); never more than the size.

    >>> pro_rata(5, [4, 4, 2], [7, 8, 9])
    [2, 2, 1]
    """
    total = sum(sizes)
    if total <= lots:
        return list(sizes)
    parts = [lots * size // total for size in sizes]
    order = sorted(range(len(sizes)), key=lambda i: (-(lots * sizes[i] % total), names[i]))
    for i in order[: lots - sum(parts)]:
        parts[i] += 1
    return parts
