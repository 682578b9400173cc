"""The edges of a curve: the prices between which it is one smooth piece.

Tier bounds, the cap of a rate, entry prices, resting orders, and where a balance with profits in it
comes to zero or to a bound of its weights.
"""

from __future__ import annotations

from fractions import Fraction

from solvent.venues.preset import Table
from solvent.venues.solver.curve import Curve
from solvent.venues.solver.evaluate import evaluate, orders_of
from solvent.venues.solver.model import ONE, ZERO, Leg, Pool
from solvent.venues.solver.quadratic import quadratic
from solvent.venues.solver.rows import tiers


def edges(curve: Curve) -> list[Fraction]:
    """Prices at which the curve may bend or jump, ascending, within its domain."""
    found: set[Fraction] = set()
    rules = curve.pool.rules
    for leg in curve.pool.legs:
        if not curve.betas[leg.symbol] or not leg.size:
            continue
        if curve.level != "bankruptcy":
            _tier_edges(curve, leg, found)
        if not rules.positive_profit_counts:
            found.add(_back(curve, leg, leg.entry))
    if not curve.plain:
        for order in curve.pool.orders:
            if curve.betas.get(order.symbol):
                first = next(leg for leg in curve.pool.legs if leg.symbol == order.symbol)
                found.add(_back(curve, first, order.price))
        found |= _balance_edges(curve)
    low, high = curve.domain()
    return sorted(p for p in found if p > low and (high is None or p < high))


def _tier_edges(curve: Curve, leg: Leg, found: set[Fraction]) -> None:
    table = leg.table
    if table.unit != "notional":
        return
    marks = curve.pool.rules.maintenance == "mark"
    if not marks and curve.level != "initial":
        return
    size = leg.size * leg.multiplier
    if curve.level == "initial":
        size = _worst(curve.pool, leg) * leg.multiplier
    if table.shape == "slope":
        bounds = _capped(curve, table)
    else:
        bounds = [bound for bound, _, _ in tiers(table)[:-1] if bound is not None]
    for bound in bounds:
        if bound > 0:
            found.add(_back(curve, leg, size / bound if leg.inverse else bound / size))


def _capped(curve: Curve, table: Table) -> list[Fraction]:
    """The value at which a rate that grows with it meets its cap."""
    base, grown = table.base, table.per_size
    if curve.level == "initial":
        base, grown = table.initial_base or ZERO, table.initial_per_size or ZERO
    return [(table.cap - base) / grown] if grown else []


def _worst(pool: Pool, leg: Leg) -> Fraction:
    own = [order for order in orders_of(pool, leg) if not order.reduce_only]
    buys = sum((order.size for order in own if order.side > 0), ZERO)
    sells = sum((order.size for order in own if order.side < 0), ZERO)
    return max(abs(leg.side * leg.size + buys), abs(leg.side * leg.size - sells))


def _back(curve: Curve, leg: Leg, price: Fraction) -> Fraction:
    """Price of the moved symbol at which the leg's own price is `price`."""
    if leg.symbol == curve.symbol:
        return price
    beta = curve.betas[leg.symbol]
    return curve.start * (1 + (price / curve.marks[leg.symbol] - 1) / beta)


def _balance_edges(curve: Curve) -> set[Fraction]:
    """Prices at which a balance with profits in it is zero or meets a bound of its weights.

    With `g` the factor by which its inverse contracts' price moves, the profits are
    `a g + b + c / g`: three points give the line. Where those contracts move by several betas
    there is no such form; the headroom then fits no piece either and is sampled.
    """
    found: set[Fraction] = set()
    for number, balance in enumerate(curve.pool.balances):
        own = [leg for leg in curve.pool.legs if leg.settle == balance.asset]
        own = [leg for leg in own if curve.betas[leg.symbol]]
        factors = {curve.betas[leg.symbol] for leg in own if leg.inverse}
        if not own or len(factors) > 1:
            continue
        beta = factors.pop() if factors else ONE
        bounds = [ZERO, *(bound for bound, _ in balance.rows if bound is not None)]
        for stretch in _stretches(curve, own):
            points = tuple(
                (
                    1 + beta * (price / curve.start - 1),
                    evaluate(curve.pool, curve.prices(price), {}).balances[number].amount,
                )
                for price in stretch
            )
            for bound in bounds:
                line = quadratic(tuple((g, amount - bound) for g, amount in points), 1)
                found |= {curve.start * (1 + (g - 1) / beta) for g, _ in line.roots()}
    return found


def _stretches(curve: Curve, legs: list[Leg]) -> list[tuple[Fraction, ...]]:
    """Three prices in each stretch on which these legs' counted profits are one expression."""
    low, high = curve.domain()
    stops = [low]
    if not curve.pool.rules.positive_profit_counts:
        entries = {_back(curve, leg, leg.entry) for leg in legs}
        stops += sorted(p for p in entries if p > low and (high is None or p < high))
    ends = [*stops[1:], stops[-1] + 4 * curve.start if high is None else high]
    return [
        tuple(near + (far - near) * Fraction(part, 4) for part in (1, 2, 3))
        for near, far in zip(stops, ends, strict=True)
    ]
