"""What resting orders would lose if they were filled now, at their own prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from solvent.venues.plain_data import Plain
from solvent.venues.solver.balances import settle_price
from solvent.venues.solver.model import ZERO, Order, Pool


def order_loss(pool: Pool, prices: Mapping[str, Fraction]) -> Fraction:
    """What the resting orders would lose at these prices if filled at their own (never negative
    each): the value between the two prices, in the pool's money. None of a symbol whose mark
    nobody has named.
    """
    return sum((max(one.lost, ZERO) * one.worth for one in order_losses(pool, prices)), ZERO)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class OrderLoss(Plain):
    """A resting order filled at its price: signed values there and at the mark, in its settlement
    asset; worth: the pool's money per unit of that.
    """

    order: Order
    settle: str
    filled: Fraction
    marked: Fraction
    worth: Fraction

    @property
    def lost(self) -> Fraction:
        """What it would lose; negative: gain."""
        return self.filled - self.marked


def order_losses(pool: Pool, prices: Mapping[str, Fraction]) -> Iterator[OrderLoss]:
    """Every resting order that can lose: not those that only reduce."""
    for order in pool.orders:
        leg = next((leg for leg in pool.legs if leg.symbol == order.symbol), None)
        if leg is None or order.reduce_only or not leg.marked:
            continue
        filled = replace(leg, side=order.side, size=order.size)
        values = filled.value(order.price), filled.value(prices[order.symbol])
        yield OrderLoss(order, leg.settle, *values, settle_price(leg, pool, prices))
