"""Liquidation, bankruptcy and zero prices of positions in one instrument, everything else fixed.

`buffer(p) = rest + sum over legs [ value(p) - cost - requirement(p) ]`, with `rest` the wallet and
all that this price does not move (other positions less their requirements). Walking outward from
the mark, from tier edge to tier edge, `margin.first_violation` finds the first violated tick on
each side exactly; the tier used is therefore the one *at* the price. A hedged or cross book can die
in both directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from solvent.contracts.value import INVERSE, LINEAR, value
from solvent.margin import one_position
from solvent.margin.first_violation import first_violations
from solvent.margin.requirements import requirement
from solvent.margin.zero import zero_quote


class Leg(NamedTuple):
    """One position in the instrument: signed lots, signed entry cost (money units), and its
    schedule row.
    """

    lots: int
    cost: int
    schedule: Sequence[int]


class Book(NamedTuple):
    """Legs of one instrument with the integers of its contract and what is fixed (money units,
    settlement asset).
    """

    kind: int
    k: int
    k_den: int
    legs: tuple[Leg, ...]
    rest: int
    price_min: int
    price_max: int

    def value_at(self, leg: Leg, price: int) -> int:
        """Value of a leg at a price."""
        return value(self.kind, self.k, self.k_den, leg.lots, price)

    def equity(self, price: int) -> int:
        """`rest` plus unrealised profit at a price (the equity, if `rest` holds no requirement)."""
        return self.rest + sum(self.value_at(leg, price) - leg.cost for leg in self.legs)

    def requirement(self, price: int) -> int:
        """Sum of the legs' requirements at a price."""
        return sum(
            requirement(leg.schedule, 0, leg.lots, abs(self.value_at(leg, price)), abs(leg.cost))
            for leg in self.legs
        )


def liquidation_prices(book: Book, mark: int) -> tuple[int | None, int | None]:
    """First tick below and first tick above `mark` at which equity is below the requirement.

    (None, None) where no tick within the listed range violates it; (mark, mark) when the mark
    itself does. Strict: equity equal to the requirement is safe.

    1 BTC long from 50,000 at 20x with 0.5 % maintenance (47,738.693467):

    >>> flat_half_percent = (0, 0, 200, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2**55, 1, 0, 0)
    >>> leg = Leg(1000, 50_000_000_000, flat_half_percent)
    >>> liquidation_prices(Book(0, 100, 1, (leg,), 2_500_000_000, 1, 10**8), 500_000)
    (477386, None)
    """
    legs = book.legs
    if len(legs) == 1 and book.kind == LINEAR:
        lots, cost, schedule = legs[0]
        if lots and one_position.covers(schedule):
            tick = one_position.liquidation_tick(book.k, lots, cost, schedule, book.rest, mark)
            if tick == mark:
                return mark, mark
            if lots > 0:
                return tick if tick >= book.price_min else None, None
            return None, tick if tick <= book.price_max else None
    return first_violations(book, mark, with_requirement=True)


def bankruptcy_prices(book: Book, mark: int) -> tuple[int | None, int | None]:
    """First tick below and above `mark` at which equity is negative; None where there is none.

    >>> leg = Leg(1000, 50_000_000_000, ())
    >>> bankruptcy_prices(Book(0, 100, 1, (leg,), 2_500_000_000, 1, 10**8), 500_000)
    (474999, None)
    """
    return first_violations(book, mark, with_requirement=False)


def zero_price(book: Book, leg: int, closed: int, mark: int) -> Fraction | None:
    """Price in ticks, exact, at which closing `closed` lots of a leg leaves equity / requirement
    unchanged.

    None when nothing is required. Inverse contracts: the price whose unrounded value is the quote;
    None
    when the quote is not positive in the notional's direction (no price reaches it).

    >>> one_percent = (0, 0, 100, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2**55, 3, 0, 0)
    >>> leg = Leg(1000, 49_400_000_000, one_percent)  # 3 %
    >>> zero_price(Book(0, 100, 1, (leg,), 1_400_000_000, 1, 10**8), 0, 1000, 494_000)
    Fraction(480000, 1)
    """
    held = book.requirement(mark)
    if held == 0:
        return None
    position = book.legs[leg]
    sign = 1 if position.lots > 0 else -1
    left = position.lots - sign * closed
    share = position.cost * closed // abs(position.lots)
    rest = Leg(left, position.cost - share, position.schedule)
    slice_value = book.value_at(position, mark) - book.value_at(rest, mark)
    needed = requirement(
        position.schedule, 0, position.lots, abs(book.value_at(position, mark)), abs(position.cost)
    ) - requirement(rest.schedule, 0, left, abs(book.value_at(rest, mark)), abs(rest.cost))
    quote = zero_quote(slice_value, book.equity(mark), needed, held)
    lots = sign * closed
    if book.kind == INVERSE:
        return Fraction(-lots * book.k, quote) if quote * -lots > 0 else None
    return Fraction(quote * book.k_den, lots * book.k)
