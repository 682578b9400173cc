"""From a preset's table to the flat row of integers that the engine's functions read.

The layout is `margin.requirements`; bounds of 64 bits do not apply here. `scale` is the denominator
of every rate, `money` the number of units in one unit of settlement money. With a money unit fine
enough that every product is whole, the engine's ceil is exact.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import lcm

from solvent.margin import requirements as layout
from solvent.margin.schedule import SHAPES
from solvent.venues.numbers import InputError
from solvent.venues.preset import Basis, Table
from solvent.venues.solver.model import Leg

NO_BOUND = 1 << 400
Tier = tuple[Fraction | None, Fraction, Fraction]


def tiers(table: Table) -> list[Tier]:
    """Rows of (bound, rate, deduction); a deduction not published is the one that makes the
    requirement continuous: `d_n = d_(n-1) + bound_(n-1) * (rate_n - rate_(n-1))`.
    """
    rows: list[Tier] = []
    for row in table.rows:
        deduction = row.deduction
        if table.shape == "flat":
            deduction = Fraction(0)
        elif deduction is None:
            deduction = Fraction(0)
            if rows:
                bound, rate, before = rows[-1]
                if bound is None:
                    raise InputError(f"table {table.name}: a row follows one without a bound")
                deduction = before + bound * (row.maintenance - rate)
        rows.append((row.up_to, row.maintenance, deduction))
    return rows


def tiers_row(
    rows: list[Tier], *, scale: int, money: int | Fraction, fee: Fraction, basis: Basis
) -> list[int]:
    """Flat row of a tier table. Bounds are cut to the unit (a whole notional is within the bound
    or not either way); deductions keep their fraction over `scale`.
    """
    header = [
        layout.TIERS,
        layout.ENTRY if basis == "entry" else layout.MARK,
        scale,
        int(fee * scale),
        len(rows),
    ]
    flat = [*header, int(_jumps(rows)), 0, 0, 0, 0, 0, 0]
    for bound, rate, deduction in rows:
        top = NO_BOUND if bound is None else int(bound.numerator * money // bound.denominator)
        over = int(deduction.numerator * money * scale // deduction.denominator)
        whole, part = divmod(over, scale)
        flat += [top, rate.numerator * (scale // rate.denominator), whole, part]
    return flat


def _jumps(rows: list[Tier]) -> bool:
    """Whether the requirement jumps at an edge."""
    return any(
        below[0] is not None and below[0] * (row[1] - below[1]) != row[2] - below[2]
        for below, row in pairwise(rows)
    )


def formula_row(
    table: Table,
    base: Fraction,
    per_size: Fraction,
    lot: Fraction,
    *,
    scale: int,
    fee: Fraction,
    basis: Basis,
) -> list[int]:
    """Flat row of a slope or square-root schedule; `lot` is the size one lot stands for."""
    step = per_size * scale * (lot if table.shape == "slope" else 1)
    cap = max(table.cap, base)
    header = [
        SHAPES[table.shape],
        layout.ENTRY if basis == "entry" else layout.MARK,
        scale,
        int(fee * scale),
        1,
        0,
    ]
    parameters = [
        int(base * scale),
        step.numerator,
        step.denominator,
        int(cap * scale),
        int(table.offset * scale),
        1,
    ]
    return [*header, *parameters, NO_BOUND, int(base * scale), 0, 0]


def by_size(table: Table, leg: Leg) -> list[Tier]:
    """A table that counts size or contracts as one rate: what it asks of this size, over the size.

    The requirement then is that rate of the notional at any price.
    """
    amount = leg.size if table.unit == "size" else leg.size / leg.contract_size
    rows = tiers(table)
    if amount == 0:
        return [(None, rows[0][1], Fraction(0))]
    scale = lcm(*(rate.denominator for _, rate, _ in rows))
    finest = [amount, *(row[2] for row in rows), *(row[0] for row in rows if row[0] is not None)]
    money = lcm(*(number.denominator for number in finest)) * scale
    flat = tiers_row(rows, scale=scale, money=money, fee=Fraction(0), basis="mark")
    held = int(amount * money)
    needed = layout.requirement(flat, 0, 0, held, held)
    return [(None, Fraction(needed, held), Fraction(0))]


def tier_at(table: Table, amount: Fraction) -> int:
    """Index of the row that holds `amount` (in the table's unit; a row includes its bound).

    >>> from solvent.venues.solver.model import one_row
    >>> tier_at(one_row("0.01"), Fraction(5))
    0
    """
    last = len(table.rows) - 1
    for number, row in enumerate(table.rows):
        if number == last or row.up_to is None or amount <= row.up_to:
            return number
    return 0
