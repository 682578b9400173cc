"""What an order of futures takes from the wallet when it is placed."""

from __future__ import annotations

from fractions import Fraction

from solvent.margin.explain import Term
from solvent.venues.cases.kinds_prices import chosen_rules
from solvent.venues.cases.positions import closing_value, margin_of_leverage, side_of
from solvent.venues.cases.read import CaseError
from solvent.venues.cases.registry import Answer, Inputs, kind
from solvent.venues.cases.trees import rules_term
from solvent.venues.cases.venue_rules import RulesOf, family
from solvent.venues.solver.model import ZERO, Leg, one_row


@kind("order_cost")
def order_cost(inputs: Inputs) -> Answer:
    """What an order of futures needs: value / leverage, and what it would lose if filled at the
    mark (Binance) or the fees of opening and of closing at bankruptcy (Bybit, Phemex, KuCoin).

    Sources: Binance FAQ 87fa7ee33b574f7084d42bd2ce2e463b: initial margin + open loss. Bybit help,
    Order Cost (USDT Contract): initial margin + fee to open + fee to close.
    """
    found = chosen_rules(inputs)
    order = _order(inputs)
    initial = margin_of_leverage(order)
    if found.name.startswith("binance"):
        extra = _open_loss(inputs, order)
    elif found.rules.initial_includes_close_fee:
        extra = _fees(inputs, order, found)
    else:
        raise CaseError(f"order_cost: {found.label} does not say what an order of futures takes")
    terms = (rules_term(found), Term("value / leverage", initial), *extra)
    cost = initial + sum((Fraction(term.value) for term in extra if term.value), ZERO)
    results = {"order_cost": cost, "initial_margin": initial}
    return Answer(results, Term("order cost", cost, "", "sum", terms=terms))


def _order(inputs: Inputs) -> Leg:
    """The order as the position it would open at its price."""
    count = "contracts" if inputs.given("contracts") else "size"
    price, size = inputs.number("order_price"), abs(inputs.number(count))
    leverage = inputs.number("leverage")
    for name, value in (("order_price", price), (count, size), ("leverage", leverage)):
        if value <= 0:
            raise CaseError(f"{name}: {value} must be above 0")
    return Leg(
        symbol=inputs.text("symbol", "").upper() or "the instrument",
        kind=family(inputs.case),
        side=side_of(inputs),
        size=size * inputs.number("contract_size", 1),
        entry=price,
        mark=price,
        table=one_row(ZERO),
        taker_fee=inputs.number("fee_rate", 0),
        leverage=leverage,
    )


def _open_loss(inputs: Inputs, order: Leg) -> list[Term]:
    mark = inputs.maybe("mark")
    if mark is None:
        return []
    if mark <= 0:
        raise CaseError(f"mark: {mark} must be above 0")
    loss = max(ZERO, order.cost - order.value(mark))
    return [Term("open loss", loss, "", "what it would lose at the mark")]


def _fees(inputs: Inputs, order: Leg, found: RulesOf) -> list[Term]:
    if not inputs.given("fee_rate"):
        raise inputs.missing("fee_rate")
    opening = abs(order.cost) * order.taker_fee
    closing = closing_value(order, found) * order.taker_fee
    return [Term("fee to open", opening), Term("fee to close at bankruptcy", closing)]
