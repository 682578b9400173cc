"""The zero price of a slice of a position, exact."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.margin.explain import Term
from solvent.margin.zero import zero_quote
from solvent.venues.numbers import Number
from solvent.venues.questions.arguments import funded
from solvent.venues.questions.buckets import chosen
from solvent.venues.questions.what_if import shrunk
from solvent.venues.reading import positive
from solvent.venues.result import Answer, shown
from solvent.venues.solver import explaining
from solvent.venues.solver.evaluate import evaluate

if TYPE_CHECKING:
    from solvent.venues.account import Account


def zero_price(account: Account, symbol: str | None, size: Number | None, side: object) -> Answer:
    """The zero price of a slice: closing there leaves equity over requirement unchanged.

    Closing fees are not in it (they add to the cost). Source: dYdX v4's bankruptcy price of a
    slice; `margin.zero`.
    """
    wanted = account.symbol(symbol)
    pool = funded(account, wanted, side)
    leg = chosen(pool, wanted, side)
    closed = leg.size if size is None else min(positive(size, "size"), leg.size)
    before = evaluate(pool)
    after = evaluate(shrunk(pool, leg, closed))
    held, released = before.requirement, before.requirement - after.requirement
    label = account.version.label
    instrument = account.version.instruments.get(wanted)
    unit = instrument.quote if instrument else ""
    name = "zero price"
    if held <= 0:
        return Answer(name, None, "", unit, label, reason="nothing is required, so none is defined")
    slice_value = leg.value(leg.mark) * closed / leg.size
    figures = (slice_value, before.equity, released, held)
    fine = 1
    for figure in figures:
        fine *= figure.denominator
    fine *= held.numerator  # so that the floor has nothing to round
    quote = Fraction(zero_quote(*(int(figure * fine) for figure in figures)), fine)
    amount_closed = leg.side * closed * leg.multiplier
    exact = -amount_closed / quote if leg.inverse and quote else quote / amount_closed
    reason = ""
    if leg.inverse and (quote == 0 or exact <= 0):
        return Answer(name, None, "", unit, label, reason="no price is worth that much")

    def tree() -> Term:
        money = pool.money
        return Term(
            name,
            exact,
            "",
            "(value of the slice - equity x released / requirement) / size",
            label,
            (
                Term("value of the slice at mark", slice_value, money),
                explaining.equity_term(before, money),
                Term("requirement released", released, money),
                explaining.requirement_term(before, account.version, money),
            ),
        )

    display = shown(exact, leg.tick, "up" if leg.side > 0 else "down")
    return Answer(name, exact, display, unit, label, reason=reason, _tree=tree)
