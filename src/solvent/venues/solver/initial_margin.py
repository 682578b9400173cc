"""Initial margin of a leg and its resting orders, through the engine's `initial_requirement`."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from solvent.contracts.value import INVERSE, LINEAR
from solvent.margin.initial import initial_requirement
from solvent.venues.preset import Rules
from solvent.venues.solver.exact_units import Charge, scale_legs
from solvent.venues.solver.model import ZERO, Leg, Order
from solvent.venues.solver.rows import tier_at


def initial_charges(leg: Leg, rules: Rules) -> list[Charge]:
    """Schedules of which the largest holds: 1 / leverage, and the venue's own initial rates.

    Without a leverage setting the tier's largest leverage gives the rate. Empty: not published.
    """
    table = leg.table
    charges: list[Charge] = []
    if leg.leverage is not None:
        charges.append(Charge(rules.initial, ZERO, ((None, 1 / leg.leverage, ZERO),)))
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
    buys = sells = ZERO
    for order in orders:
        if order.symbol == leg.symbol and not order.reduce_only:
            buys += order.size if order.side > 0 else ZERO
            sells += order.size if order.side < 0 else ZERO
    signed = leg.side * leg.size
    worst = replace(leg, size=max(abs(signed + buys), abs(signed - sells)))
    needs = [_needed(leg, charge, buys, sells, price) for charge in initial_charges(worst, rules)]
    if not needs:
        return None
    initial = max(needs)
    if rules.initial_includes_close_fee and leg.leverage is not None:
        initial += leg.taker_fee * value_at_leverage_bankruptcy(leg)
    return initial


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
