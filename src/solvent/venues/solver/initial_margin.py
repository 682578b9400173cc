"""Initial margin of a leg and its resting orders, through the engine's `initial_requirement`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from solvent.contracts.value import INVERSE, LINEAR
from solvent.margin.initial import initial_requirement
from solvent.venues.plain_data import Plain
from solvent.venues.preset import Basis, Rules
from solvent.venues.solver.exact_units import Charge, scale_legs
from solvent.venues.solver.model import ZERO, Leg, Order
from solvent.venues.solver.rows import tier_at


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Initial(Plain):
    """Initial margin of a leg with its resting orders, and what it was made from.

    needed: what `charge`, the schedule that asks for most, wants of the worse side, in settlement
    money at `price`; fee: what is added for closing, over `closing`: the position and what orders
    add to it, each with the leverage of the setting (without one, that of the rate) and the value
    its fee is on. buys, sells: sizes of the orders. worst: the leg at the size of its worse side.
    """

    leg: Leg
    price: Fraction
    charge: Charge
    needed: Fraction
    fee: Fraction
    buys: Fraction
    sells: Fraction
    worst: Leg
    closing: tuple[tuple[Leg, Fraction], ...] = ()

    @property
    def total(self) -> Fraction:
        """Initial margin."""
        return self.needed + self.fee

    @property
    def by_setting(self) -> bool:
        """Whether the leverage setting asks for most, and not the venue's own rate."""
        return self.leg.leverage is not None and self.charge == _setting(
            self.leg, self.charge.basis
        )

    @property
    def added(self) -> Fraction:
        """Size by which the worse side exceeds the position."""
        return max(self.worst.size - self.leg.size, ZERO)

    @property
    def basis(self) -> Fraction:
        """The value that is charged: of the worse side at the price; on entry, the entry value and
        what the orders add at the price.
        """
        if self.charge.basis == "entry":
            return abs(self.leg.cost) + abs(replace(self.leg, size=self.added).value(self.price))
        return abs(self.worst.value(self.price))

    @property
    def rate(self) -> Fraction:
        """The rate of the schedule at this size."""
        table = self.leg.table
        for bound, rate, _ in self.charge.rows:
            if bound is None or self.basis <= bound:
                return rate
        if self.charge.rows:
            return self.charge.rows[-1][1]
        if table.shape == "slope":
            grown = self.charge.base + self.charge.per_size * self.counted
            return min(grown, max(table.cap, self.charge.base))
        return self.needed / self.basis if self.basis else ZERO

    @property
    def counted(self) -> Fraction:
        """What a slope's rate grows with: the size, or the value in settlement money."""
        return self.basis if self.leg.table.unit == "notional" else self.worst.size


def _setting(leg: Leg, basis: Basis) -> Charge:
    """The charge of a leverage setting."""
    assert leg.leverage is not None
    return Charge(basis, ZERO, ((None, 1 / leg.leverage, ZERO),))


def initial_charges(leg: Leg, rules: Rules) -> list[Charge]:
    """Schedules of which the largest holds: 1 / leverage, and the venue's own initial rates.

    Without a leverage setting the tier's largest leverage gives the rate. Empty: not published.
    """
    table = leg.table
    charges: list[Charge] = []
    if leg.leverage is not None:
        charges.append(_setting(leg, rules.initial))
    if table.shape in ("slope", "sqrt"):
        if table.initial_base is not None:
            grown = table.initial_per_size or ZERO
            charges.append(Charge(rules.initial, ZERO, base=table.initial_base, per_size=grown))
        return charges
    rates = [
        row.initial
        if row.initial is not None
        else 1 / row.max_leverage
        if row.max_leverage
        else None
        for row in table.rows
    ]
    known = [rate for rate in rates if rate is not None]
    if len(known) < len(rates) or (charges and all(row.initial is None for row in table.rows)):
        return charges
    if table.unit == "notional":
        bounds = [row.up_to for row in table.rows]
        tiers = tuple((b, r, ZERO) for b, r in zip(bounds, known, strict=True))
        return [*charges, Charge(rules.initial, ZERO, tiers)]
    amount = leg.size if table.unit == "size" else leg.size / leg.contract_size
    return [*charges, Charge(rules.initial, ZERO, ((None, known[tier_at(table, amount)], ZERO),))]


def initial_margin(
    leg: Leg, rules: Rules, orders: tuple[Order, ...], price: Fraction
) -> Fraction | None:
    """Initial margin at `price` in the leg's settlement money; None where no rate is published.

    The worse side of the resting orders counts. Where the venue adds the fee of closing at the
    bankruptcy price of the leverage setting (Bybit, Phemex), it is included.

    >>> from solvent.venues.solver.model import one_row
    >>> leg = Leg("X", "linear", 1, Fraction(20), Fraction(1000), Fraction(1000),
    ...           one_row("0.01"), leverage=Fraction(50))
    >>> initial_margin(leg, Rules("x"), (), Fraction(1000))
    Fraction(400, 1)
    """
    found = initial_of(leg, rules, orders, price)
    return None if found is None else found.total


def initial_of(
    leg: Leg, rules: Rules, orders: tuple[Order, ...], price: Fraction
) -> Initial | None:
    """`initial_margin` with what it was made from."""
    buys = sells = ZERO
    for order in orders:
        if order.symbol == leg.symbol and not order.reduce_only:
            buys += order.size if order.side > 0 else ZERO
            sells += order.size if order.side < 0 else ZERO
    signed = leg.side * leg.size
    worst = replace(leg, size=max(abs(signed + buys), abs(signed - sells)))
    charges = initial_charges(worst, rules)
    needs = [_needed(leg, charge, buys, sells, price) for charge in charges]
    if not needs:
        return None
    most = max(needs)
    found = Initial(leg, price, charges[needs.index(most)], most, ZERO, buys, sells, worst)
    if not rules.initial_includes_close_fee:
        return found
    closing = tuple((one, value_of_setting(one, rules)) for one in _closed_legs(found))
    return replace(found, fee=leg.taker_fee * sum(w for _, w in closing), closing=closing)


def _closed_legs(found: Initial) -> tuple[Leg, ...]:
    """What a liquidation of the worse side would close: the position at its entry and what orders
    add at the price, or the other side alone where orders turn the position round.
    """
    leg, worst = found.leg, found.worst
    rate = found.rate
    lever = leg.leverage if leg.leverage is not None else 1 / rate if rate else None
    if lever is None:
        return ()
    signed = leg.side * leg.size
    side = 1 if abs(signed + found.buys) >= abs(signed - found.sells) else -1
    if side == leg.side or not (found.buys or found.sells):
        added = replace(leg, size=found.added, entry=found.price, leverage=lever)
        legs: tuple[Leg, ...] = (replace(leg, leverage=lever), added)
    else:
        legs = (replace(worst, side=side, entry=found.price, leverage=lever),)
    return tuple(one for one in legs if one.size)


def _needed(leg: Leg, charge: Charge, buys: Fraction, sells: Fraction, price: Fraction) -> Fraction:
    many = leg.multiplier
    if leg.table.shape == "slope" and leg.table.unit == "notional" and not charge.rows:
        signed = leg.side * leg.size
        worst = replace(leg, size=max(abs(signed + buys), abs(signed - sells)), mark=price)
        units = scale_legs((worst,), (charge,))
        scaled = units.legs[0]
        fine = units.fine({leg.symbol: price})
        return Fraction(units.held(scaled, scaled.value(price, fine), fine)) / (units.money * fine)
    grown = (charge.per_size * buys, charge.per_size * sells)
    units = scale_legs((leg,), (charge,), (buys * many, sells * many), grown)
    scaled = units.legs[0]
    fine = units.fine({leg.symbol: price})
    lot = Fraction(scaled.k0, units.money)  # size of one lot, times the multiplier
    kind, k = LINEAR, fine // price.denominator * scaled.k0
    if leg.inverse:
        kind, k = INVERSE, price.denominator * fine * scaled.k0
    needed = initial_requirement(
        scaled.row_at(fine),
        0,
        kind,
        k,
        1,
        scaled.lots,
        scaled.cost * fine,
        int(buys * many / lot),
        int(sells * many / lot),
        0,
        price.numerator,
    )
    return Fraction(needed, units.money * fine)


def value_of_setting(leg: Leg, rules: Rules) -> Fraction:
    """The value on which a closing fee of the leverage setting is taken: at the bankruptcy price of
    the setting, or the higher of the two sides' (KuCoin, position payloads: posComm = cost x
    (1 + 1 / leverage) x fee, of longs too).
    """
    if rules.fee_price == "leverage-higher":
        return abs(leg.cost) + abs(_signed_margin(leg))
    return value_at_leverage_bankruptcy(leg)


def value_at_leverage_bankruptcy(leg: Leg) -> Fraction:
    """Absolute value at the price where entry value / leverage is lost.

    That price is `entry * (1 - side / L)` (linear) or `entry * L / (L + side)` (inverse): where
    the profit is minus the margin (Bybit and KuCoin help pages). An inverse short at 1x has none:
    its value falls towards 0.

    >>> from solvent.venues.solver.model import one_row
    >>> leg = Leg("X", "linear", 1, Fraction(1), Fraction(100), Fraction(100), one_row("0.01"),
    ...           leverage=Fraction(10))
    >>> value_at_leverage_bankruptcy(leg)
    Fraction(90, 1)
    """
    assert leg.leverage is not None
    return max(abs(leg.cost) - _signed_margin(leg), ZERO)


def _signed_margin(leg: Leg) -> Fraction:
    """Margin of the setting, with the sign in which the value moves towards bankruptcy: a linear
    long and an inverse short lose as the value falls.
    """
    assert leg.leverage is not None
    direction = -leg.side if leg.inverse else leg.side
    return direction * abs(leg.cost) / leg.leverage
