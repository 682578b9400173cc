"""How the liquidation price moves with wallet, size, collateral prices and funding, exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.margin.explain import Term
from solvent.venues.numbers import InputError
from solvent.venues.questions import answers, result_trees
from solvent.venues.questions.arguments import funded
from solvent.venues.questions.buckets import chosen, judged, paid
from solvent.venues.result import Told
from solvent.venues.solver.curve import Curve
from solvent.venues.solver.model import Pool
from solvent.venues.solver.solve import Crossing, constant_fees, crossing

if TYPE_CHECKING:
    from solvent.venues.account import Account

HALVINGS = 60


@dataclass(frozen=True, slots=True, repr=False)
class Sensitivities(Told):
    """Derivatives of the liquidation price, exact rationals.

    to_wallet: per unit of money added. to_size: per unit of size added at the entry price (over one
    lot, where the schedule counts lots). to_collateral: per unit of each collateral asset's price.
    to_funding: per unit of funding rate paid once at the mark (longs pay a positive rate), out of
    the money the contract settles in.
    """

    price: Fraction
    to_wallet: Fraction
    to_size: Fraction
    to_collateral: Mapping[str, Fraction]
    to_funding: Fraction
    preset: str = ""
    _tree: Callable[[], Term] | None = field(default=None, compare=False)

    def __str__(self) -> str:
        figures = {"wallet": self.to_wallet, "size": self.to_size}
        figures |= {f"price of {asset}": one for asset, one in self.to_collateral.items()}
        figures["funding rate"] = self.to_funding
        each = ", ".join(f"{what} {float(one):.6g}" for what, one in figures.items())
        return (
            f"liquidation price {float(self.price):.10g}, per unit more of: {each} ({self.preset})"
        )


def sensitivities(account: Account, symbol: str, side: object = None) -> Sensitivities:
    """By the implicit function: dP/dx = -(d headroom / dx) / (d headroom / dP) at the price.

    Headroom is affine or quadratic in wallet, size and collateral prices within a tier, so central
    differences are its exact derivatives; along the price the piece itself is known. Where a
    position has a share of the equity by value, `to_size` is a difference quotient to 2**-80.
    """
    pool = funded(account, symbol, side)
    own = judged(pool, symbol)
    way = answers.losing_side(own, symbol)
    level = answers.trigger(own.rules)
    curve = Curve(own, symbol, level=level, fees=constant_fees(own, level))
    found = crossing(curve, way)
    if found.how == "none":
        found = crossing(curve, "up" if way == "down" else "down")
    if found.exact is None or found.how != "root":
        raise InputError(f"{symbol}: no plain liquidation price to differentiate ({found.reason})")
    at = found.exact
    slope = _along(curve, found)

    def headroom(whole: Pool) -> Fraction:
        changed = judged(whole, symbol)
        return Curve(changed, symbol, level=level, fees=constant_fees(changed, level))(at)

    def by(change: Callable[[Fraction], Pool], step: Fraction) -> Fraction:
        return -_central(lambda h: headroom(change(h)), step) / slope

    leg = chosen(pool, symbol, side)
    place = pool.legs.index(leg)

    def resized(h: Fraction) -> Pool:
        legs = list(pool.legs)
        legs[place] = replace(leg, size=leg.size + h)
        return replace(pool, legs=tuple(legs))

    def repriced(number: int) -> Callable[[Fraction], Pool]:
        def change(h: Fraction) -> Pool:
            held = list(pool.balances)
            held[number] = replace(held[number], price=held[number].price + h)
            return replace(pool, balances=tuple(held))

        return change

    if leg.table.shape == "sqrt":  # its rate is a staircase of whole lots
        to_size = -_difference(lambda h: headroom(resized(h)), leg.lot) / slope
    else:
        to_size = by(resized, leg.size / 2**20)
    payment = leg.side * abs(leg.value(leg.mark))
    told = Sensitivities(
        at,
        by(lambda h: replace(pool, wallet=pool.wallet + h), Fraction(1)),
        to_size,
        {
            balance.asset: by(repriced(number), balance.price / 2**20)
            for number, balance in enumerate(pool.balances)
        },
        by(lambda h: paid(pool, leg.settle, -payment * h), Fraction(1, 2**20)),
        account.version.label,
    )

    def tree() -> Term:
        price = answers.price(account, "liquidation price", own, symbol, found.side)
        return result_trees.sensitivities_tree(told, slope, pool.money, price.explain())

    return replace(told, _tree=tree)


def _central(function: Callable[[Fraction], Fraction], step: Fraction) -> Fraction:
    """Derivative at 0 by central differences, with a step so small that halving changes nothing."""
    last = _difference(function, step)
    for _ in range(HALVINGS):
        step /= 2
        value = _difference(function, step)
        if value == last:
            return value
        last = value
    return last


def _difference(function: Callable[[Fraction], Fraction], step: Fraction) -> Fraction:
    return (function(step) - function(-step)) / (2 * step)


def _along(curve: Curve, found: Crossing) -> Fraction:
    """d headroom / d price at the root: of the line, or of the line in 1/p turned by the chain."""
    assert found.exact is not None
    price = found.exact
    if curve.shape == "inverse":
        near = _central(lambda h: curve(1 / (1 / price + h)), Fraction(1) / price / 2**20)
        return -near / price**2
    return _central(lambda h: curve(price + h), price / 2**20)
