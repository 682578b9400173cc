"""Legs in units so fine that nothing is rounded.

For prices `a / b` the money unit is `1 / (M * D)`: `M` makes sizes, costs, bounds and deductions
whole multiples of the rates' denominator, `D` is a multiple of every `b` of a linear leg and of
every `a` of an inverse one. On such integers `contracts.value` and `margin.requirement` divide
without a remainder, so their directed rounding does nothing, and dividing back by `M * D` gives the
exact rational (decision 0005).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from solvent.contracts.value import INVERSE, LINEAR, value
from solvent.margin import requirements as layout
from solvent.margin.requirements import requirement
from solvent.venues.numbers import InputError
from solvent.venues.plain_data import Plain
from solvent.venues.preset import Basis
from solvent.venues.solver.model import Leg
from solvent.venues.solver.rows import Tier, by_size, formula_row, tiers, tiers_row


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Charge(Plain):
    """A schedule ready for scaling: tiers, or base and per-size rate of a formula; and the rate of
    a closing fee on the value at mark.
    """

    basis: Basis
    fee: Fraction
    rows: tuple[Tier, ...] = ()
    base: Fraction = Fraction(0)
    per_size: Fraction = Fraction(0)

    def rates(self, leg: Leg) -> list[Fraction]:
        """Every rate whose denominator the common scale has to hold."""
        if self.rows:
            return [self.fee, *(rate for _, rate, _ in self.rows)]
        by_size = leg.table.shape == "slope" and leg.table.unit != "notional"
        grown = self.per_size * leg.size if by_size else self.per_size
        return [self.fee, self.base, grown, leg.table.offset, leg.table.cap]

    def amounts(self) -> list[Fraction]:
        """Bounds and deductions: money that has to be whole."""
        money = [deduction for _, _, deduction in self.rows]
        return money + [bound for bound, _, _ in self.rows if bound is not None]


def maintenance_charge(leg: Leg, basis: Basis, fee: Fraction) -> Charge:
    """The maintenance schedule of a leg, with `fee` on its value at mark."""
    table = leg.table
    if table.shape in ("deduction", "flat"):
        rows = tiers(table) if table.unit == "notional" else by_size(table, leg)
        return Charge(basis, fee, tuple(rows))
    return Charge(basis, fee, base=table.base, per_size=table.per_size)


@dataclass(slots=True)
class Scaled:
    """A leg as integers: `lots` of `k0` money units per price unit (before `D`)."""

    leg: Leg
    lots: int
    k0: int
    cost: int
    row: list[int]
    tiered: bool

    @property
    def grows(self) -> bool:
        """Whether the rate grows with the value itself (Deribit's inverse contracts)."""
        return not self.tiered and self.leg.table.unit == "notional" and self.slope

    @property
    def slope(self) -> bool:
        """Whether the schedule is a slope."""
        return self.row[layout.SHAPE] == layout.SLOPE

    def need(self, worth: int, money: int, fine: int) -> int | Fraction:
        """Requirement of the leg at a value `worth`, in units of `1 / (money * fine)`."""
        row, entry = self.row_at(fine), abs(self.cost) * fine
        if not self.grows:
            return requirement(row, 0, self.lots, abs(worth), entry)
        # The rate is a multiple of 1 / (scale * money * fine): so fine a scale, and money by it.
        finer = row[layout.SCALE] * money * fine
        row = [*row]
        basis = entry if row[layout.BASIS] == layout.ENTRY else abs(worth)
        for place in (layout.FEE, layout.P0, layout.P3, layout.P4):
            row[place] *= money * fine
        row[layout.SCALE] = finer
        needed = requirement(row, 0, basis, abs(worth) * finer, entry * finer)
        return Fraction(needed, finer)

    def row_at(self, fine: int) -> list[int]:
        """The schedule with its money in units finer by `fine`."""
        if fine == 1 or not self.tiered:
            return self.row
        flat = self.row[: layout.TIER]
        for at in range(layout.TIER, len(self.row), layout.TIER_WIDTH):
            bound, rate, whole, part = self.row[at : at + layout.TIER_WIDTH]
            flat += [bound * fine, rate, whole * fine, part]
        return flat

    def value(self, price: Fraction, fine: int) -> int:
        """Signed value in units of `1 / (M * fine)`."""
        a, b = price.numerator, price.denominator
        if self.leg.inverse:
            return value(INVERSE, b * fine * self.k0, 1, self.lots, a)
        return value(LINEAR, fine // b * self.k0, 1, self.lots, a)


@dataclass(slots=True)
class Units:
    """Several legs on one money scale `money` (units per unit of money, before `D`)."""

    money: int
    scale: int
    legs: list[Scaled]

    def fine(self, prices: Mapping[str, Fraction]) -> int:
        """The factor `D` at which every value is whole."""
        factor = 1
        for scaled in self.legs:
            price = prices[scaled.leg.symbol]
            part = price.numerator if scaled.leg.inverse else price.denominator
            if factor % part:
                factor = lcm(factor, part)
        return factor

    def held(self, scaled: Scaled, worth: int, fine: int) -> int | Fraction:
        """Requirement of a leg worth `worth`, in units of `1 / (money * fine)`."""
        return scaled.need(worth, self.money, fine)


def scale_legs(
    legs: Iterable[Leg],
    charges: Iterable[Charge],
    fixed: Iterable[Fraction] = (),
    rates: Iterable[Fraction] = (),
) -> Units:
    """Legs and their schedules on one scale; `fixed` are further amounts to be whole, `rates`
    further rates.
    """
    pairs = list(zip(legs, charges, strict=True))
    scale = lcm(*(rate.denominator for rate in rates))
    denominators: list[int] = [number.denominator for number in fixed]
    for leg, charge in pairs:
        scale = lcm(scale, *(rate.denominator for rate in charge.rates(leg)))
        cost = leg.cost
        denominators += [cost.denominator, (leg.size * leg.multiplier).denominator]
        denominators += [amount.denominator for amount in charge.amounts()]
        if not charge.rows and leg.table.shape == "sqrt":
            denominators.append((leg.lot * leg.multiplier).denominator)
    money = lcm(*denominators) * scale if denominators else scale
    return Units(money, scale, [_scaled(leg, charge, scale, money) for leg, charge in pairs])


def _scaled(leg: Leg, charge: Charge, scale: int, money: int) -> Scaled:
    size = leg.size * leg.multiplier
    cost = int(leg.cost * money)
    if charge.rows:
        row = tiers_row(
            list(charge.rows), scale=scale, money=money, fee=charge.fee, basis=charge.basis
        )
        return Scaled(leg, leg.side * int(size * money), 1, cost, row, True)
    k0, count = 1, int(size * money)  # a lot is 1/money, unless the schedule counts the venue's
    if leg.table.shape == "sqrt":
        lots = leg.size / leg.lot
        if lots.denominator != 1:
            raise InputError(
                f"{leg.symbol}: size {leg.size} is not a multiple of the lot {leg.lot}, and its "
                "schedule counts lots"
            )
        k0, count = int(leg.lot * leg.multiplier * money), int(lots)
    lot = Fraction(k0, money) / leg.multiplier
    if leg.table.unit == "notional" and leg.table.shape == "slope":
        lot = Fraction(1)  # the rate counts units of value, see `Scaled.need`
    row = formula_row(
        leg.table,
        charge.base,
        charge.per_size,
        lot,
        scale=scale,
        fee=charge.fee,
        basis=charge.basis,
    )
    return Scaled(leg, leg.side * count, k0, cost, row, False)
