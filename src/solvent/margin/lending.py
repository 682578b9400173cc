"""What must be held against a loan: weighted collateral against weighted debt, in integers.

Every lender asks one inequality, `sum(value x weight) >= sum(debt x multiple)`, and differs in the
factors: a liquidation threshold below 1 on the collateral (Aave, Compound, Morpho, Euler), a ratio
above 1 on the debt (Maker, Liquity), a maintenance rate and a fee on the debt (spot margin).
Weights and multiples are integers over one scale; the functions that do not divide are exact, and
those that do name their rounding. Plain Python integers of any size; nothing here is compiled.
"""

from __future__ import annotations

from collections.abc import Sequence

WAD = 10**18
RAY = 10**27
RAD = 10**45
"""Fixed-point ones of the EVM lenders: 18, 27 and 45 decimals."""


def weighted_sum(values: Sequence[int], factors: Sequence[int]) -> int:
    """`sum(value x factor)`, in value units times the factors' scale. Exact: nothing is divided.

    >>> weighted_sum([3000, 1000], [8300, 7800])
    32700000
    """
    return sum(value * factor for value, factor in zip(values, factors, strict=True))


def percent_half_up(value: int, percent: int, scale: int = 10_000) -> int:
    """`value x percent / scale`, a half rounded up (Aave's percentMul before v3.7).

    >>> percent_half_up(3, 5000), percent_half_up(1, 4999)
    (2, 0)
    """
    return (value * percent + scale // 2) // scale


def percent_of_half_up(value: int, percent: int, scale: int = 10_000) -> int:
    """`value x scale / percent`, a half rounded up (Aave's percentDiv before v3.7).

    >>> percent_of_half_up(105, 10_500), percent_of_half_up(1, 20_000)
    (100, 1)
    """
    return (value * scale + percent // 2) // percent
