"""The zero price of a slice of a position, exact."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.margin.explain import Term
from solvent.margin.zero import zero_quote
from solvent.venues.numbers import Number
from solvent.venues.questions.arguments import funded
from solvent.venues.questions.buckets import chosen
from solvent.venues.questions.what_if import check_closed, shrunk
from solvent.venues.reading import positive
from solvent.venues.result import Answer, shown
from solvent.venues.solver import explaining
from solvent.venues.solver.evaluate import Evaluation, evaluate

if TYPE_CHECKING:
    from solvent.venues.account import Account


STEPS = 16  # of the search along a line that bends where a balance meets a bound


def zero_price(account: Account, symbol: str | None, size: Number | None, side: object) -> Answer:
    """The zero price of a slice: closing there leaves equity over requirement unchanged.

    Closing fees are not in it (they add to the cost). Source: dYdX v4's bankruptcy price of a
    slice; `margin.zero`. Where the profit goes to collateral that counts at a weight, so much more
    of it may be lost; the requirement released is that after a close at this price.
    """
    wanted = account.symbol(symbol)
    pool = funded(account, wanted, side)
    leg = chosen(pool, wanted, side)
    closed = leg.size if size is None else positive(size, "size")
    check_closed(leg, closed)
    before = evaluate(pool)
    held = before.requirement
    label = account.version.label
    instrument = account.version.instruments.get(wanted)
    unit = instrument.quote if instrument else ""
    name = "zero price"
    if held <= 0:
        return Answer(name, None, "", unit, label, reason="nothing is required, so none is defined")
    slice_value = leg.value(leg.mark) * closed / leg.size
    slice_cost = leg.cost * closed / leg.size

    def after(quote: Fraction) -> Evaluation:
        return evaluate(shrunk(pool, leg, closed, cash=quote - slice_cost))

    def quoted(released: Fraction, share: Fraction) -> Fraction:
        """`margin.zero` on figures so fine that its floor has nothing to round."""
        figures = (slice_value, before.equity * share, released, held)
        fine = held.numerator
        for figure in figures:
            fine *= figure.denominator
        return Fraction(zero_quote(*(int(figure * fine) for figure in figures)), fine)

    def missing(there: Evaluation) -> Fraction:
        return there.equity * held - before.equity * there.requirement

    there = after(slice_value)
    quote = quoted(held - there.requirement, 1 / before.settle_price(leg))
    for _ in range(STEPS):
        there = after(quote)
        left = missing(there)
        if left == 0:
            break
        step = (slice_value - quote) / 2**20 or slice_value / 2**20
        quote -= left * step / (missing(after(quote + step)) - left)
    released = held - there.requirement
    amount_closed = leg.side * closed * leg.multiplier
    exact = -amount_closed / quote if leg.inverse and quote else quote / amount_closed
    if leg.inverse and (quote == 0 or exact <= 0):
        return Answer(name, None, "", unit, label, reason="no price is worth that much")

    def tree() -> Term:
        money = pool.money
        terms = [
            Term("value of the slice at mark", slice_value, leg.settle or money),
            explaining.equity_term(before, money),
            Term("requirement released", released, money),
            explaining.requirement_term(before, account.version, money),
        ]
        formula = "(value of the slice - equity x released / requirement) / size"
        if leg.settle and quote != slice_value:
            counted = before.equity * released / held / (slice_value - quote)
            terms.append(Term(f"counted of a {leg.settle}", counted, money, "price x weight"))
            formula = "(value of the slice - equity x released / requirement / counted) / size"
        if leg.inverse:
            formula = formula.replace("(value", "-size / (value").replace(") / size", ")")
        return Term(name, exact, unit, formula, label, tuple(terms))

    display = shown(exact, leg.tick, "up" if leg.side > 0 else "down")
    return Answer(name, exact, display, unit, label, _tree=tree)
