"""The frontier of a loan: pairs of prices at which it is exactly at its threshold."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.venues.numbers import InputError

if TYPE_CHECKING:
    from solvent.venues.lending.loans import Loan


def points(
    loan: Loan, first: str, second: str, count: int
) -> tuple[tuple[Fraction, Fraction], ...]:
    """See `Loan.frontier`.

    >>> from solvent.venues.lending import loan
    >>> two = loan("aave-v3", collateral={"WETH": "1", "WBTC": "1"}, debt={"USDC": "25000"},
    ...            prices={"WETH": "2000", "WBTC": "50000", "USDC": "1"})
    >>> at = points(two, "WETH", "WBTC", 3)[1]
    >>> two.at(dict(zip(("WETH", "WBTC"), at))).headroom
    Fraction(0, 1)
    """
    if first == second:
        raise InputError(f"the frontier needs two different assets, not {first} twice")
    if count < 2:
        raise InputError(f"count: {count} points asked for; at least 2")
    a, b = loan.slope(first), loan.slope(second)
    if not a or not b:
        idle = first if not a else second
        raise InputError(f"{idle}: its price does not move this loan's headroom")
    rest = loan.headroom - a * loan.price(first) - b * loan.price(second)
    end = -rest / a if -rest / a > 0 and b > 0 else 2 * loan.price(first)
    found = []
    for step in range(count):
        x = end * step / (count - 1)
        y = (-rest - a * x) / b
        if y >= 0:
            found.append((x, y))
    return tuple(found)
