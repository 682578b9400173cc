"""Kinds that ask what must be held: maintenance, initial margin, reserves, a tier's deduction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from solvent.margin.explain import Term
from solvent.margin.schedule import Tier, tiered
from solvent.venues.cases.kinds_prices import chosen_rules, rules_or_none
from solvent.venues.cases.kinds_spot import loan_maintenance
from solvent.venues.cases.pools import parts_of
from solvent.venues.cases.positions import (
    agree,
    closing_value,
    leg_of,
    margin_of_leverage,
    reserve_of,
    side_of,
)
from solvent.venues.cases.read import CaseError
from solvent.venues.cases.registry import Answer, Inputs, kind
from solvent.venues.cases.tables import has_requirement, share_of_initial, tiers_table
from solvent.venues.cases.trees import rules_term
from solvent.venues.cases.venue_rules import DIVIDED_BY_LEVERAGE, RulesOf, family
from solvent.venues.cases.wallets import is_isolated
from solvent.venues.solver.evaluate import LegPart, evaluate, printed_maintenance
from solvent.venues.solver.model import ZERO, Leg, Pool, one_row
from solvent.venues.solver.rows import tiers

Part = Callable[[Inputs], tuple[Fraction, Term]]


def over_positions(inputs: Inputs, name: str, one: Part) -> Answer:
    """The sum over the account's positions where the case gives a list of them, else of the one
    whose inputs the case gives.
    """
    main, beside, others = parts_of(inputs)
    found = [one(part) for part in (main, *beside, *others)]
    if len(found) == 1:
        return Answer({name: found[0][0]}, found[0][1])
    total = sum((value for value, _ in found), ZERO)
    words = name.replace("_", " ")
    return Answer(
        {name: total},
        Term(words, total, "", "sum over positions", terms=tuple(term for _, term in found)),
    )


@kind("maintenance_margin")
def maintenance_margin(inputs: Inputs) -> Answer:
    """Maintenance margin of a position, or of all positions given; with the fee of closing at
    bankruptcy where the venue counts it in (Bybit, KuCoin) and the case gives leverage and fee.
    """
    return over_positions(inputs, "maintenance_margin", _maintenance)


def _maintenance(inputs: Inputs) -> tuple[Fraction, Term]:
    found = chosen_rules(inputs)
    if inputs.given("debt"):
        return loan_maintenance(inputs)
    if _none_held(inputs):
        return ZERO, Term("maintenance margin", ZERO, note="no position")
    share = share_of_initial(found)
    if share is not None and inputs.given("initial_margin"):
        held = inputs.number("initial_margin") * share
        parts = (rules_term(found), Term("share of initial margin", share))
        return held, Term("maintenance margin", held, "", "initial margin * share", terms=parts)
    if not has_requirement(inputs, found):
        raise inputs.missing("mmr", "tiers", "base_rate")
    leg = _valued(inputs, found)
    part = _part(leg, found)
    needed = part.maintenance
    terms = [*_rate_terms(part)]
    if inputs.venue in DIVIDED_BY_LEVERAGE:
        leverage = inputs.number("leverage", 1)
        needed /= leverage
        terms.append(Term("leverage", leverage, note="the requirement is divided by it"))
    fee = reserve_of(leg, found)
    printed = printed_maintenance(found.rules, needed, fee)
    if printed != needed:
        terms.append(_reserve_term(leg, fee))
    return printed, Term(
        "maintenance margin",
        printed,
        "",
        "value * rate - deduction + reserved fee",
        terms=(rules_term(found), *terms),
    )


@kind("initial_margin")
def initial_margin(inputs: Inputs) -> Answer:
    """Initial margin of a position, or of all positions given: value / leverage or value * rate,
    and the reserve of the closing fee where the venue adds it.
    """
    return over_positions(inputs, "initial_margin", _initial)


def _initial(inputs: Inputs) -> tuple[Fraction, Term]:
    found = chosen_rules(inputs)
    if _none_held(inputs):
        return ZERO, Term("initial margin", ZERO, note="no position")
    leg = _valued(inputs, found)
    base = inputs.maybe("base_rate")
    rate = inputs.maybe("imr")
    if base is not None or rate is not None:
        part = _part(leg if rate is None else replace(leg, table=one_row(rate)), found)
        terms = [rules_term(found), *_rate_terms(part)]
        needed = part.maintenance
        if inputs.venue in DIVIDED_BY_LEVERAGE:
            leverage = inputs.number("leverage", 1)
            needed /= leverage
            terms.append(Term("leverage", leverage, note="the requirement is divided by it"))
        return needed, Term("initial margin", needed, "", "value * rate", terms=tuple(terms))
    basis = found.rules.initial
    if is_isolated(inputs):
        basis = found.rules.isolated_initial or basis
    need = evaluate(Pool(replace(found.rules, initial=basis), ZERO, (leg,))).initial
    if need is None:  # neither a setting nor a rate of the venue's
        raise inputs.missing("leverage", "imr", "base_rate")
    value = abs(leg.cost) if basis == "entry" else abs(leg.value(leg.mark))
    parts: tuple[Term, ...] = (rules_term(found), Term("value", value))
    if leg.leverage is not None:
        parts = (*parts, Term("leverage", leg.leverage))
    fee = reserve_of(leg, found)
    if fee:
        parts = (*parts, _reserve_term(leg, fee))
    return need, Term("initial margin", need, "", "value / leverage + reserved fee", terms=parts)


@kind("position_balance", never=("option",))
def position_balance(inputs: Inputs) -> Answer:
    """Money set aside for a position: its initial margin at entry, the reserve of the closing fee,
    and what was added.
    """
    found = chosen_rules(inputs)
    leg = _valued(inputs, found)
    if leg.leverage is None:
        raise inputs.missing("leverage")
    fee = reserve_of(leg, found)
    extra = inputs.number("extra_margin", 0)
    total = margin_of_leverage(leg) + fee + extra
    return Answer(
        {"position_balance": total},
        Term(
            "position balance",
            total,
            "",
            "value at entry / leverage + reserved fee + added",
            terms=(
                rules_term(found),
                Term("value at entry", abs(leg.cost)),
                Term("leverage", leg.leverage),
                _reserve_term(leg, fee),
                Term("added margin", extra),
            ),
        ),
    )


@kind("close_fee_reserve", never=("option",))
def close_fee_reserve(inputs: Inputs) -> Answer:
    """The fee of closing at the bankruptcy price of the leverage setting. KuCoin reserves it on
    the higher value for both sides.
    """
    found = chosen_rules(inputs)
    leg = _valued(inputs, found)
    if leg.leverage is None:
        raise inputs.missing("leverage")
    if not inputs.given("taker"):
        raise inputs.missing("taker")
    worth = closing_value(leg, found)
    fee = worth * leg.taker_fee
    return Answer(
        {"close_fee_reserve": fee},
        Term(
            "reserve of the closing fee",
            fee,
            "",
            "value at bankruptcy * fee rate",
            terms=(
                rules_term(found),
                Term("value the fee is taken on", worth),
                Term("fee rate", leg.taker_fee),
            ),
        ),
    )


@kind("unrealized_pnl")
def unrealized_pnl(inputs: Inputs) -> Answer:
    """Profit of a position, or of all positions given, at the mark, in settlement money."""
    return over_positions(inputs, "unrealized_pnl", _profit)


def _profit(inputs: Inputs) -> tuple[Fraction, Term]:
    if not inputs.given("entry") and not inputs.given("entry_value"):
        raise inputs.missing("entry", "entry_value")
    if not any(inputs.given(name) for name in ("mark", "index", "mark_value")):
        raise inputs.missing("mark", "mark_value")
    if not inputs.given("entry") and not inputs.given("mark") and not _counted(inputs):
        return _between(inputs)
    found = rules_or_none(inputs)
    leg = leg_of(inputs, found)
    profit = _part(leg, found).profit
    terms = (Term("value at mark", leg.value(leg.mark)), Term("value at entry", leg.cost))
    return profit, Term(
        "unrealised profit", profit, "", "value at mark - value at entry", terms=terms
    )


def _between(inputs: Inputs) -> tuple[Fraction, Term]:
    """Profit from the two values of a position alone."""
    before, after = abs(inputs.number("entry_value")), abs(inputs.number("mark_value"))
    rise = before - after if family(inputs.case) == "inverse" else after - before
    profit = side_of(inputs) * rise
    terms = (Term("value at mark", after), Term("value at entry", before))
    return profit, Term("unrealised profit", profit, "", "difference of the values", terms=terms)


def _counted(inputs: Inputs) -> bool:
    return inputs.given("size") or inputs.given("contracts")


def _none_held(inputs: Inputs) -> bool:
    """Whether the position is given as none: a size of 0."""
    name = "contracts" if inputs.given("contracts") else "size"
    return inputs.maybe(name) == 0


@kind("maintenance_amount")
def maintenance_amount(inputs: Inputs) -> Answer:
    """The deduction that makes a tier meet the one below it: `floor * (rate - rate below) +
    deduction below`; from a whole table, that of the tier asked for.
    """
    if inputs.given("tiers"):
        return _of_table(inputs)
    floor, rate, below = (inputs.number("floor"), inputs.number("mmr"), inputs.number("prev_mmr"))
    before = inputs.number("prev_amount", 0)
    two: list[Tier] = list(tiered([(str(floor), str(below)), (None, str(rate))]).tiers)
    amount = before + two[1].deduction
    return Answer(
        {"maintenance_amount": amount},
        Term(
            "maintenance amount",
            amount,
            "",
            "floor * (rate - rate below) + amount below",
            terms=(
                Term("floor", floor),
                Term("rate", rate),
                Term("rate below", below),
                Term("amount below", before),
            ),
        ),
    )


def _of_table(inputs: Inputs) -> Answer:
    found = rules_or_none(inputs)
    table = tiers_table(inputs.everything("tiers"), found, "tiers")
    rows = tiers(table)
    place = inputs.whole("tier", len(rows))
    if not 1 <= place <= len(rows):
        raise CaseError(f"tier: {place} is not one of the {len(rows)} rows")
    amounts = [deduction for _, _, deduction in rows]
    return Answer(
        {"maintenance_amount": amounts[place - 1], "maintenance_amounts": amounts},
        Term(
            "maintenance amount",
            amounts[place - 1],
            "",
            f"tier {place}",
            terms=tuple(
                Term(f"tier {number}", amount) for number, amount in enumerate(amounts, start=1)
            ),
        ),
    )


def _valued(inputs: Inputs, found: RulesOf) -> Leg:
    """The position of a requirement, its redundant inputs compared."""
    leg = leg_of(inputs, found)
    for name, price in (("entry_value", leg.entry), ("mark_value", leg.mark)):
        if inputs.given("size") or inputs.given("contracts"):
            agree(inputs, name, leg.value(price), "what size and price make")
    return leg


def _part(leg: Leg, found: RulesOf) -> LegPart:
    rules = replace(found.rules, closing_fee="none", initial_includes_close_fee=False)
    return evaluate(Pool(rules, ZERO, (replace(leg, leverage=None),))).parts[0]


def _reserve_term(leg: Leg, fee: Fraction) -> Term:
    return Term("reserved closing fee", fee, "", f"value at bankruptcy * {leg.taker_fee}")


def _rate_terms(part: LegPart) -> tuple[Term, ...]:
    terms = [Term("value", part.notional), Term("rate", part.rate, note=f"tier {part.tier + 1}")]
    if part.deduction:
        terms.append(Term("deduction", part.deduction))
    return tuple(terms)
