"""Kinds that ask for a price: liquidation, bankruptcy, a venue's price with a buffer."""

from __future__ import annotations

from fractions import Fraction

from solvent.margin.explain import Term
from solvent.venues.cases.kinds_dydx import slice_price, subaccount_check
from solvent.venues.cases.kinds_gmx import pool_check
from solvent.venues.cases.pools import asked
from solvent.venues.cases.positions import side_of
from solvent.venues.cases.read import CaseError
from solvent.venues.cases.registry import Answer, Inputs, kind
from solvent.venues.cases.trees import price_tree, rules_term
from solvent.venues.cases.venue_rules import PSEUDO, RulesOf, family, rules_of, with_basis
from solvent.venues.numbers import Rounding, round_to
from solvent.venues.solver.evaluate import breached, evaluate
from solvent.venues.solver.explaining import equity_term, requirement_term
from solvent.venues.solver.solve import crossings

BASES = ("mark", "entry")
FINE = Fraction(1, 10**12)
OF_A_POSITION = (
    "size",
    "contracts",
    "entry",
    "entry_value",
    "mark_value",
    "position",
    "positions",
    "long",
    "short",
    "held",
)


@kind("liquidation_price", never=("option",))
def liquidation_price(inputs: Inputs) -> Answer:
    """The price at which the position's pool is liquidated, the other marks fixed.

    A net long is liquidated below, a net short above; a hedged book may have both prices. With a
    tick the price is rounded as the venue prints it.
    """
    found = chosen_rules(inputs)
    return _prices(inputs, found, "liquidation")


@kind("bankruptcy_price", never=("option",))
def bankruptcy_price(inputs: Inputs) -> Answer:
    """The price at which equity is zero, the other marks fixed; where the venue reserves a fee of
    closing at that price, the price at which equity just pays it. dYdX: the quote of a slice.
    """
    if inputs.given("markets") or inputs.given("quote_balance"):
        return slice_price(inputs)
    found = chosen_rules(inputs)
    return _prices(inputs, found, "bankruptcy")


@kind("liquidation_check", never=("option",))
def liquidation_check(inputs: Inputs) -> Answer:
    """Whether the venue would liquidate at the marks given: equity below the requirement (or equal
    to it, where the venue acts there). GMX: what remains of the collateral is too little; dYdX, in
    quantums: maintenance positive and above the equity. Equity and requirement of a whole account
    suffice.
    """
    if inputs.venue.startswith("gmx"):
        return pool_check(inputs)
    if inputs.given("markets") or inputs.given("quote_balance"):
        return subaccount_check(inputs)
    found = chosen_rules(inputs)
    if _in_sums(inputs):
        return _sums_check(inputs, found)
    pool = asked(inputs, found, "liquidation").pool
    there = evaluate(pool)
    terms = (
        rules_term(found, pool),
        equity_term(there, pool.money),
        requirement_term(there, found.version, pool.money),
    )
    return Answer(
        {
            "liquidatable": there.liquidatable,
            "equity": there.equity,
            "requirement": there.requirement,
            "headroom": there.headroom,
        },
        Term("liquidated" if there.liquidatable else "safe", terms=terms),
    )


def _in_sums(inputs: Inputs) -> bool:
    """Whether the account is given as its equity and its requirement, without a position."""
    sums = inputs.given("equity") and inputs.given("maintenance_margin")
    return sums and not any(inputs.given(name) for name in OF_A_POSITION)


def _sums_check(inputs: Inputs, found: RulesOf) -> Answer:
    equity, held = inputs.number("equity"), inputs.number("maintenance_margin")
    if held < 0:
        raise CaseError(f"{inputs.spelled('maintenance_margin')}: {held} is below 0")
    below = held > 0 and breached(equity - held, found.rules)
    terms = (Term("equity", equity), Term("maintenance margin", held))
    return Answer(
        {
            "liquidatable": below,
            "equity": equity,
            "requirement": held,
            "headroom": equity - held,
        },
        Term("liquidated" if below else "safe", terms=terms),
    )


@kind("liquidation_price_with_buffer")
def buffered_price(inputs: Inputs) -> Answer:
    """A liquidation price moved towards the entry by a share of the distance; never below 0.

    Source: freqtrade, liquidation_buffer: a long's price rises, a short's falls.
    """
    price = inputs.maybe("liquidation_price")
    if price is None:
        return Answer({"buffered_price": None}, Term("buffered price", None, note="no price"))
    entry, share = inputs.number("entry"), inputs.number("buffer")
    kept = max(price + side_of(inputs) * abs(entry - price) * share, Fraction(0))
    return Answer(
        {"buffered_price": kept},
        Term(
            "buffered price",
            kept,
            "",
            "price + side * |entry - price| * buffer",
            terms=(
                Term("liquidation price", price),
                Term("entry", entry),
                Term("buffer", share),
            ),
        ),
    )


def chosen_rules(inputs: Inputs) -> RulesOf:
    """The venue's rules, with the basis the inputs name if they name one."""
    found = rules_of(inputs.case, family(inputs.case))
    basis = inputs.text("basis", "")
    if basis and basis not in BASES:
        raise CaseError(f"basis: {basis!r} is neither mark nor entry")
    if basis == "mark":
        return with_basis(found, "mark")
    return with_basis(found, "entry") if basis else found


def rules_or_none(inputs: Inputs) -> RulesOf:
    """The venue's rules; those of no venue where none are known: for rules all venues share."""
    try:
        return chosen_rules(inputs)
    except CaseError:
        return RulesOf(PSEUDO["generic"], None, "generic", "every venue's")


def _prices(inputs: Inputs, found: RulesOf, level: str) -> Answer:
    question = asked(inputs, found, level)
    pool = question.pool
    both = crossings(pool, question.symbol, level=level)
    if "irrational" in (both.down.how, both.up.how):
        inputs.note(f"the price is irrational: given to {FINE}, on the safe side")
        both = crossings(pool, question.symbol, level=level, tick=FINE)
    net = sum(
        (leg.side * leg.size for leg in pool.legs if leg.symbol == question.symbol), Fraction(0)
    )
    falls = (net or question.target.side) > 0
    main = both.down if falls else both.up
    if main.price is None:  # a hedge may need more as the price rises than it earns
        main = both.up if falls else both.down
    rules = pool.rules
    if level == "liquidation":
        rounding = rules.liquidation_rounding[0 if falls else 1]
    else:
        rounding = rules.bankruptcy_rounding[0 if falls else 1]
    printed = _printed(main.price, question.target.tick, rounding)
    name = f"{level}_price"
    results = {
        name: printed,
        f"{name}_exact": main.price,
        f"{name}_down": both.down.price,
        f"{name}_up": both.up.price,
    }
    return Answer(results, price_tree(name.replace("_", " "), printed, main, question, found))


def _printed(price: Fraction | None, tick: Fraction | None, rounding: Rounding) -> Fraction | None:
    return price if price is None or tick is None else round_to(price, tick, rounding)
