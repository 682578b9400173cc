"""Explain trees of the answers that have several figures: an order, a close, funding, being
liquidated, sensitivities. Every node follows from those below it as its formula says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.margin.explain import Term, figure_text
from solvent.venues.numbers import text
from solvent.venues.plain_data import Plain
from solvent.venues.preset import Version
from solvent.venues.solver.evaluate import Evaluation, LegPart, fee_value
from solvent.venues.solver.explaining import (
    equity_term,
    headroom_term,
    in_money,
    order_loss_term,
    requirement_term,
    side_name,
)
from solvent.venues.solver.explaining_initial import initial_term
from solvent.venues.solver.model import ZERO, Leg

if TYPE_CHECKING:
    from solvent.venues.questions.liquidation_costs import LiquidationCost
    from solvent.venues.questions.sensitivities import Sensitivities
    from solvent.venues.questions.what_if import Closing, OrderCost


def named(term: Term, name: str) -> Term:
    """A term under another name."""
    return replace(term, name=name)


# ------------------------------------------------------------------------------------------ orders


def order_tree(cost: OrderCost, before: Evaluation, after: Evaluation, version: Version) -> Term:
    """What an order asks for: its initial margin and its loss, with and without it."""
    money = after.pool.money

    def change(name: str, figure: Fraction, left: Term, right: Term) -> Term:
        pair = (named(left, f"{name} with it"), named(right, f"{name} without it"))
        return Term(f"{name} added", figure, money, f"{pair[0].name} - {pair[1].name}", terms=pair)

    initial = (initial_term(one, version, money) for one in (after, before))
    loss = (order_loss_term(one, money) for one in (after, before))
    terms = (
        change("initial margin", cost.initial, *initial),
        change("loss", cost.loss, *loss),
        Term("free without it", cost.free_before, money, note="equity less both"),
        Term("free with it", cost.free_after, money, note="equity less both"),
    )
    words = "initial margin added + loss added"
    return Term("cost of the order", cost.cost, money, words, version.label, terms)


# ------------------------------------------------------------------------------------------ closes


def closing_tree(found: Closing, leg: Leg, version: Version) -> Term:
    """What a close pays and sets free, and the bucket it leaves."""
    money, asset = found.after.pool.money, leg.settle or found.after.pool.money
    share = found.size / leg.size
    sold = Term("value closed", leg.value(found.price) * share, asset)
    charged = sold
    if found.after.pool.rules.closing_fee == "entry":
        charged = Term("entry value closed", abs(leg.cost) * share, asset)
    cost = Term("its cost", leg.cost * share, asset, note=f"entry {figure_text(leg.entry)}")
    profit = Term("profit", found.realised, asset, "value closed - its cost", terms=(sold, cost))
    parts = (Term("taker fee", leg.taker_fee), charged)
    fee = Term("fee", found.fee, asset, f"taker fee x |{charged.name}|", terms=parts)
    paid = Term("paid in", found.realised - found.fee, asset, "profit - fee", terms=(profit, fee))
    pair = tuple(
        named(requirement_term(one, version, money), f"requirement {when}")
        for one, when in ((found.before, "before"), (found.after, "after"))
    )
    words = "requirement before - requirement after"
    terms = [
        equity_term(found.after, money),
        named(pair[1], "requirement"),
        paid,
        Term("requirement released", found.released, money, words, terms=pair),
    ]
    if found.liquidation_price is not None:
        terms.append(found.liquidation_price.explain())
    return Term(
        "headroom after", found.headroom_after, money, "equity - requirement", version.label,
        tuple(terms),
    )  # fmt: skip


# ----------------------------------------------------------------------------------------- funding


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Payment(Plain):
    """The funding of one leg: in its settlement asset, at a rate."""

    part: LegPart
    here: Evaluation
    rate: Fraction
    cash: Fraction


def funding_tree(
    total: Fraction,
    payments: Sequence[Payment],
    after: Sequence[Evaluation],
    version: Version,
    money: str,
) -> Term:
    """The next stamp by position, and the headroom it leaves."""
    legs = []
    for one in payments:
        leg = one.part.leg
        asset = leg.settle or money
        terms = (Term("notional", one.part.notional, asset), Term("rate", one.rate))
        words = "-notional x rate" if leg.side > 0 else "notional x rate"
        name = f"funding {leg.symbol} {side_name(leg.side)}"
        legs.append(
            in_money(Term(name, one.cash, asset, words, terms=terms), one.part, one.here, money)
        )
    paid = Term("payments", total, money, "sum over positions", terms=tuple(legs))
    left = [headroom_term(one, version, money) for one in after]
    rest = named(left[0], "headroom after") if len(left) == 1 else Term(
        "headroom after", sum((one.headroom for one in after), ZERO), money, "sum over buckets",
        terms=tuple(left),
    )  # fmt: skip
    return Term("funding", total, money, "payments", version.label, (paid, rest))


# ------------------------------------------------------------------------------------- liquidation


def closed_value(found: Evaluation, symbol: str) -> Fraction:
    """What the positions in a symbol are worth without sign, in the bucket's money."""
    closed = (part for part in found.parts if part.leg.symbol == symbol)
    return sum((part.notional * found.settle_price(part.leg) for part in closed), ZERO)


def charged_value(found: Evaluation, symbol: str) -> Fraction:
    """The value of the positions in a symbol that fees are on, in the bucket's money."""
    closed = (part for part in found.parts if part.leg.symbol == symbol)
    rules = found.pool.rules
    return sum(
        (fee_value(part.leg, part.price, rules) * found.settle_price(part.leg) for part in closed),
        ZERO,
    )


def _exit_fee(part: LegPart, found: Evaluation, slippage: Fraction) -> Term:
    """Taker fee and slippage of closing one leg."""
    leg, money = part.leg, found.pool.money
    settle = leg.settle or money
    charged = fee_value(leg, part.price, found.pool.rules)
    base = "entry value" if found.pool.rules.closing_fee == "entry" else "notional"
    terms = [Term(base, charged, settle), Term("taker fee", leg.taker_fee)]
    words = f"{base} x taker fee"
    if slippage:
        terms.append(Term("slippage", slippage))
        words += " + notional x slippage"
        if base != "notional":
            terms.append(Term("notional", part.notional, settle))
    name = f"exit fee {leg.symbol} {side_name(leg.side)}"
    fee = charged * leg.taker_fee + part.notional * slippage
    term = Term(name, fee, settle, words, terms=tuple(terms))
    return in_money(term, part, found, money)


def liquidation_tree(
    cost: LiquidationCost,
    exits: tuple[Evaluation, Evaluation],
    slippage: Fraction,
    rate: Fraction | None,
    version: Version,
) -> Term:
    """What leaving early keeps, what a liquidation leaves, and the difference.

    exits: the bucket on the safe and on the violating tick. slippage: share of the value lost on
    either. rate: of the liquidation fee, None where the preset has none.
    """
    early, late = exits
    money = early.pool.money
    paid = tuple(
        _exit_fee(part, early, slippage) for part in early.parts if part.leg.symbol == cost.symbol
    )
    left = (
        equity_term(early, money),
        Term("exit fee", cost.exit_fee, money, "sum over positions", terms=paid),
    )
    kept = Term(
        "kept on leaving early", cost.left_early, money, "equity - exit fee",
        f"at {text(cost.safe_tick)}", left,
    )  # fmt: skip
    at = f"at {text(cost.violating_tick)}"
    if cost.on_liquidation == "taken_over":
        note = f"{at}; the venue takes the position over at its bankruptcy price"
        rest = Term("kept if liquidated", cost.taken_over, money, note=note)
    elif rate is None:
        note = f"{at}; the preset has no liquidation fee of this venue"
        rest = Term("kept if liquidated", None, money, note=note)
    else:
        taken = closed_value(late, cost.symbol)
        value, slipped = Term("value closed", taken, money), taken * slippage
        lost_by = (value, Term("slippage rate", slippage))
        margin = Term(
            "margin left", max(late.equity - slipped, ZERO), money, "equity - slippage, at least 0",
            terms=(
                equity_term(late, money),
                Term("slippage", slipped, money, "value closed x slippage rate", terms=lost_by),
            ),
        )  # fmt: skip
        charged = Term("value charged", charged_value(late, cost.symbol), money)
        terms = (Term("fee rate", rate), charged, Term(margin.name, margin.value, money))
        words = "fee rate x value charged, at most margin left"
        fee = Term("liquidation fee", cost.liquidation_fee, money, words, terms=terms)
        words = "margin left - liquidation fee"
        rest = Term("kept if liquidated", cost.liquidated, money, words, at, (margin, fee))
        if cost.on_liquidation == "unknown":
            rest = replace(rest, note=f"{at}; 0 if the position is taken over")
    lost = None if rest.value is None else cost.left_early - Fraction(rest.value)
    words = "" if lost is None else "kept on leaving early - kept if liquidated"
    return Term("lost by waiting one tick", lost, money, words, version.label, (kept, rest))


# ----------------------------------------------------------------------------------- sensitivities


def sensitivities_tree(found: Sensitivities, slope: Fraction, money: str, price: Term) -> Term:
    """Each derivative by the implicit function, -(headroom by it) / (headroom by the price)."""
    along = Term("headroom by price", slope, note=f"{money} per unit of price".strip())

    def by(what: str, figure: Fraction) -> Term:
        gain = Term(f"headroom by {what}", -figure * slope)
        words = f"-{gain.name} / {along.name}"
        return Term(f"price by {what}", figure, "", words, terms=(gain, along))

    held = (by(f"price of {asset}", one) for asset, one in found.to_collateral.items())
    figures = (
        by("wallet", found.to_wallet),
        by("size", found.to_size),
        *held,
        by("funding rate", found.to_funding),
    )
    return Term("sensitivities", note=found.preset, terms=(price, *figures))
