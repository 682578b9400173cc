"""The ticks around an exact price: the condition is false on the safe one and true on the other.

Judged twice: on exact figures, and in the settlement asset's smallest unit with the engine's own
rounding (values down, requirements up), through `margin.prices.Book`. Both agree on both ticks, so
that the answer is never in the holder's favour.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import gcd, lcm
from typing import Literal

from solvent.contracts.value import INVERSE, LINEAR, SPOT
from solvent.margin.prices import Book
from solvent.margin.prices import Leg as EngineLeg
from solvent.venues.solver.curve import Curve
from solvent.venues.solver.model import ONE, Leg
from solvent.venues.solver.rows import formula_row, tiers_row

STEPS = 64


def bracket(
    curve: Curve,
    side: Literal["down", "up"],
    exact: Fraction,
    tick: Fraction,
    *,
    already: bool,
) -> tuple[Fraction | None, Fraction | None, str]:
    """(safe tick, violating tick, note) around `exact`; None where no positive tick is one.

    The two are neighbours, unless the settlement unit's rounding decides at a tick in between: it
    is then skipped, and the note says so.
    """
    settled = settled_breach(curve, tick)

    def exactly(number: int) -> bool:
        return number > 0 and curve.breached(curve(number * tick))

    def rounded(number: int) -> bool:
        return exactly(number) or (settled is not None and number > 0 and settled(number))

    away = 1 if side == "down" else -1  # towards safety
    steps = exact / tick
    below = steps.numerator // steps.denominator
    violating = below if side == "down" else below + (steps.denominator != 1)
    if not exactly(violating):  # a root on the tick that strict venues allow, or a jump beyond it
        violating -= away
    if not exactly(violating):
        note = "violated between two ticks only" if violating > 0 else "no tick is that low"
        return None, None, note
    first = safe = violating + away
    mark = curve.start / tick
    for _ in range(STEPS):
        if not rounded(safe):
            break
        safe += away
    if rounded(safe) or (not already and (safe - mark) * away >= 1):
        return None, violating * tick if violating > 0 else None, "no tick up to the mark is safe"
    note = ""
    if safe != first:
        count = abs(safe - first)
        note = (
            f"in units of {curve.pool.unit} the engine's rounding acts {count} "
            f"tick{'' if count == 1 else 's'} earlier"
        )
    return (
        safe * tick if safe > 0 else None,
        violating * tick if violating > 0 else None,
        note,
    )


def settled_breach(curve: Curve, tick: Fraction) -> Callable[[int], bool] | None:
    """The engine's judgement at a tick, in the smallest unit; None where it has no such form
    (several prices move, collateral in other assets, levels other than liquidation).
    """
    book = settled_book(curve, tick)
    if book is None:
        return None

    def violated(number: int) -> bool:
        headroom = book.equity(number) - book.requirement(number)
        return curve.breached(Fraction(headroom))

    return violated


def settled_book(curve: Curve, tick: Fraction) -> Book | None:
    """The pool as the engine's own integers: values rounded down, costs and requirements up."""
    unit = curve.pool.unit
    if unit is None or not curve.plain or curve.level != "liquidation" or curve.grows:
        return None
    legs = curve.moving
    if any(leg.symbol != curve.symbol for leg in legs) or len({leg.inverse for leg in legs}) != 1:
        return None
    sizes = [scaled.leg.size * scaled.leg.multiplier for scaled in curve.units.legs]
    lot = _common(sizes)
    if not lot:
        return None
    for leg in legs:
        if leg.table.shape == "sqrt":
            if leg.multiplier != 1:
                return None
            lot = leg.lot
    kind, k = LINEAR, tick * lot / unit
    if legs[0].inverse:
        kind, k = INVERSE, lot / (tick * unit)
        if k.denominator != 1:
            return None
    elif k.denominator != 1:
        kind = SPOT
    engine_legs = tuple(
        _engine_leg(curve, leg, size, lot, unit) for leg, size in zip(legs, sizes, strict=True)
    )
    rest = Fraction(curve.rest, curve.units.money) / unit
    return Book(
        kind,
        k.numerator,
        k.denominator,
        engine_legs,
        rest.numerator // rest.denominator,
        1,
        1 << 62,
    )


def _engine_leg(curve: Curve, leg: Leg, size: Fraction, lot: Fraction, unit: Fraction) -> EngineLeg:
    charge = curve.charge(leg)
    scale = lcm(*(rate.denominator for rate in charge.rates(leg)))
    if charge.rows:
        row = tiers_row(
            list(charge.rows), scale=scale, money=ONE / unit, fee=charge.fee, basis=charge.basis
        )
    else:
        row = formula_row(
            leg.table,
            charge.base,
            charge.per_size,
            lot / leg.multiplier,
            scale=scale,
            fee=charge.fee,
            basis=charge.basis,
        )
    cost = leg.cost / unit
    return EngineLeg(leg.side * int(size / lot), -(-cost.numerator // cost.denominator), row)


def _common(sizes: list[Fraction]) -> Fraction:
    """The largest size of which all are multiples."""
    bottom = lcm(*(size.denominator for size in sizes))
    return Fraction(gcd(*(int(size * bottom) for size in sizes)), bottom)
