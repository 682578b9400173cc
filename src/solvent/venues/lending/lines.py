"""Lines of a loan: one asset each, with the factor that counts for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm

from solvent.margin.lending import weighted_sum
from solvent.venues.numbers import InputError, Number, exact
from solvent.venues.presets.fields import nearest

ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Line:
    """One asset of a loan.

    factor: the share of a collateral's value that counts, or the multiple of a debt that is
    required. borrow: the same for new borrowing (None: not published). decimals: of the token's
    smallest unit. name: what the venue calls the factor.
    """

    asset: str
    amount: Fraction
    price: Fraction
    factor: Fraction
    name: str
    borrow: Fraction | None = None
    decimals: int = 18
    note: str = ""

    @property
    def value(self) -> Fraction:
        """Amount times price, in the loan's money."""
        return self.amount * self.price

    @property
    def counted(self) -> Fraction:
        """Value times factor."""
        return self.value * self.factor

    def units(self) -> int:
        """The amount in the token's smallest units, cut."""
        scaled: Fraction = self.amount * 10**self.decimals
        return scaled.numerator // scaled.denominator


def weighted(lines: Sequence[Line]) -> Fraction:
    """`sum(value x factor)` by the integer kernel, in units where every number is whole."""
    money = lcm(*(one.value.denominator for one in lines))
    scale = lcm(*(one.factor.denominator for one in lines))
    total = weighted_sum(
        [int(one.value * money) for one in lines], [int(one.factor * scale) for one in lines]
    )
    return Fraction(total, money * scale)


def changed(lines: tuple[Line, ...], by: Mapping[str, Number], what: str) -> tuple[Line, ...]:
    known = {one.asset for one in lines}
    added = {name: exact(amount, f"{what} of {name}") for name, amount in by.items()}
    for name in added:
        if name not in known:
            raise InputError(f"{name!r} is no {what} of this loan; {nearest(name, [*known], what)}")
    new = []
    for one in lines:
        amount = one.amount + added.get(one.asset, ZERO)
        if amount < 0:
            raise InputError(f"{what} of {one.asset}: {-amount} more than there is is taken away")
        new.append(replace(one, amount=amount))
    return tuple(new)
