"""How an account's buffer is shared among its exposures. Speed only: any split is safe, so this is
the one place of the exact rooms with floats.
"""

from __future__ import annotations

from solvent.compiled import inline_kernel


@inline_kernel
def exposure_weight(notional: int) -> float:
    """Weight of an exposure: notional ** (2/3), which minimises the rate at which shares are used
    up (docs/decisions, trigger index).
    """
    return float(notional) ** (2.0 / 3.0) + 1.0


@inline_kernel
def share_of(slack: int, weight: float, total: float) -> int:
    """The exposure's share of a non-negative slack, never more than exact division would give in
    sum.
    """
    if weight >= total:
        return slack
    return min(slack, int(float(slack) * (weight / total) * 0.999999999))
