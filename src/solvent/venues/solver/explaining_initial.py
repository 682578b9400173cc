"""Explain trees of initial margin: the worse side of the orders, the rate, the fee added."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from solvent.margin.explain import Term, figure_text
from solvent.venues.preset import Version
from solvent.venues.solver.evaluate import Evaluation, LegPart, orders_of
from solvent.venues.solver.explaining import (
    in_money,
    notional_words,
    side_name,
    source_of,
)
from solvent.venues.solver.initial_margin import Initial, initial_of
from solvent.venues.solver.model import Leg


def initial_term(found: Evaluation, version: Version | None, money: str) -> Term:
    """Initial margin by position; resting orders count on their worse side."""
    terms = []
    for part in found.parts:
        initial = _of(found, part)
        if initial is not None:
            terms.append(in_money(_leg_term(initial, version, money), part, found, money))
    note = ""
    if found.order_loss and not found.pool.rules.order_loss_counts:
        lost = f"{figure_text(found.order_loss)} {money}".rstrip()
        note = f"equity must also cover {lost} that open orders would lose if filled now"
    return Term(
        "initial margin", found.initial, money, "sum over positions", note, terms=tuple(terms)
    )


def assumed_leverages(found: Evaluation) -> str:
    """Which leverage stands for one that is not given, in words; "" where all are given, or the
    venue's rate is no tier's.
    """
    said: dict[str, None] = {}
    for part in found.parts:
        initial = _of(found, part)
        if initial is None or part.leg.leverage is not None or not initial.charge.rows:
            continue
        if initial.basis and initial.rate:
            own = "" if len(found.parts) == 1 else f" of {part.leg.symbol}"
            said[f"the tier's largest{own}, {figure_text(1 / initial.rate)}x"] = None
    return f"no leverage given, so {', '.join(said)}" if said else ""


def _of(found: Evaluation, part: LegPart) -> Initial | None:
    leg, rules = part.leg, found.pool.rules
    return initial_of(leg, rules, orders_of(found.pool, leg), part.price)


def _leg_term(initial: Initial, version: Version | None, money: str) -> Term:
    leg = initial.leg
    settle = leg.settle or money
    basis = _basis_term(initial, settle)
    note, terms = "", [basis]
    if initial.by_setting and leg.leverage is not None:
        formula = f"{basis.name} / leverage"
        terms.append(Term("leverage", leg.leverage, "x"))
    else:
        formula = f"{basis.name} x initial rate"
        terms.append(_rate_term(initial, settle))
        note = source_of(leg, version)
    if initial.fee:
        formula += " + fee to close"
        terms.append(_fee_term(initial, settle))
    name = f"initial {leg.symbol} {side_name(leg.side)}"
    return Term(name, initial.total, settle, formula, note, tuple(terms))


def _basis_term(initial: Initial, settle: str) -> Term:
    """The value charged; with the side of the orders that makes it, where there are any."""
    leg, worst, price = initial.leg, initial.worst, initial.price
    side = _side_term(initial)
    if initial.charge.basis != "entry":
        words = notional_words(worst, price)
        return Term("notional", initial.basis, settle, words, terms=side)
    own = Term("entry value", abs(leg.cost), settle, notional_words(leg, leg.entry))
    if not side:
        return own
    more = replace(leg, size=initial.added)
    added = Term(
        "notional of what orders add",
        abs(more.value(price)),
        settle,
        notional_words(more, price),
        terms=(
            Term(
                "added",
                initial.added,
                "",
                "worse side - size held, at least 0",
                terms=(*side, Term("size held", leg.size)),
            ),
        ),
    )
    words = "entry value + notional of what orders add"
    return Term("value", initial.basis, settle, words, terms=(own, added))


def _side_term(initial: Initial) -> tuple[Term, ...]:
    """The largest position that the resting orders can lead to."""
    if not initial.buys and not initial.sells:
        return ()
    signed = initial.leg.side * initial.leg.size
    up = abs(signed + initial.buys) >= abs(signed - initial.sells)
    word, size = ("buys", initial.buys) if up else ("sells", initial.sells)
    terms = (Term("position", signed, note="a short is negative"), Term(word, size))
    formula = f"|position {'+' if up else '-'} {word}|"
    return (Term("worse side", initial.worst.size, "", formula, terms=terms),)


def _rate_term(initial: Initial, settle: str) -> Term:
    leg, charge = initial.leg, initial.charge
    if charge.rows or leg.table.shape != "slope":
        note = "no leverage given: the tier's own rate"
        if leg.leverage is not None:
            note = f"more than 1 / {figure_text(leg.leverage)}, the setting"
        return Term("initial rate", initial.rate, note=note)
    per = "per unit of value" if leg.table.unit == "notional" else "per unit of size"
    counted = "value" if leg.table.unit == "notional" else "size"
    unit = settle if counted == "value" else ""
    terms = (
        Term("base", charge.base),
        Term(per, charge.per_size),
        Term(counted, initial.counted, unit),
    )
    top = max(leg.table.cap, charge.base)
    formula = f"base + {per} x {counted}"
    if charge.base + charge.per_size * initial.counted > top:
        formula += f", at most {figure_text(top)}"
    return Term("initial rate", initial.rate, "", formula, terms=terms)


def _fee_term(initial: Initial, settle: str) -> Term:
    """The fee of closing at the bankruptcy price of the leverage setting."""
    names = ("value at bankruptcy of the setting", "value of what orders add")
    values = tuple(
        _setting_term(name, leg, worth, settle)
        for name, (leg, worth) in zip(names, initial.closing, strict=False)
    )
    value = values[0].name if len(values) == 1 else f"({' + '.join(one.name for one in values)})"
    terms = (Term("taker fee", initial.leg.taker_fee), *values)
    return Term("fee to close", initial.fee, settle, f"taker fee x {value}", terms=terms)


def _setting_term(name: str, leg: Leg, worth: Fraction, settle: str) -> Term:
    """The value of a leg where its setting's margin is lost."""
    assert leg.leverage is not None
    sign = "-" if worth < abs(leg.cost) else "+"
    return Term(
        name,
        worth,
        settle,
        f"entry value {sign} entry value / {figure_text(leg.leverage)}",
        terms=(Term("entry value", abs(leg.cost), settle, notional_words(leg, leg.entry)),),
    )
