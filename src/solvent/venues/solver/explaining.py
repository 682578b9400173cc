"""Explain trees of the calculator: every term of equity and requirement at one set of prices."""

from __future__ import annotations

from fractions import Fraction

from solvent.margin.explain import Term, figure_text
from solvent.venues.preset import Version
from solvent.venues.solver.balances import BalancePart, counted_amount
from solvent.venues.solver.evaluate import Evaluation, LegPart
from solvent.venues.solver.model import Leg
from solvent.venues.solver.order_losses import order_losses


def side_name(side: int) -> str:
    """ "long" or "short"."""
    return "long" if side > 0 else "short"


def headroom_term(found: Evaluation, version: Version | None, money: str) -> Term:
    """Headroom with equity and requirement below it."""
    return Term(
        "headroom",
        found.headroom,
        money,
        "equity - requirement",
        terms=(equity_term(found, money), requirement_term(found, version, money)),
    )


def equity_term(found: Evaluation, money: str, *, full: bool = False) -> Term:
    """Equity: wallet, profit of each position, profit of others, collateral. full: collateral at
    its full worth, as bankruptcy counts it.
    """
    pool = found.pool
    terms = [Term(pool.wallet_name, pool.wallet, money, note=pool.wallet_note)]
    names = [pool.wallet_name]
    held = [part for part in found.parts if part.leg.size]
    counts = pool.rules.positive_profit_counts
    apart = {balance.balance.asset for balance in found.balances}
    cash = [part for part in held if part.leg.settle not in apart]
    terms += [profit_term(part, money, counts=counts) for part in cash]
    if cash:
        names.append("unrealised profit")
    if pool.other_profit:
        terms.append(Term("profit of other positions", pool.other_profit, money, note="as given"))
        names.append("profit of others")
    for balance in found.balances:
        inside = [part for part in held if part.leg.settle == balance.balance.asset]
        profits = tuple(profit_term(part, money, counts=counts) for part in inside)
        terms.append(_collateral_term(balance, profits, money, full=full))
    if found.balances:
        names.append("collateral")
    if pool.reserved:
        terms.append(Term("held for orders", -pool.reserved, money))
        names.append("held for orders")
    if pool.rules.order_loss_counts and found.order_loss:
        loss = order_loss_term(found, money)
        words = f"-{loss.name}"
        terms.append(Term("loss of open orders", -found.order_loss, money, words, terms=(loss,)))
        names.append("loss of open orders")
    equity = found.realisable if full else found.equity
    return Term("equity", equity, money, " + ".join(names), terms=tuple(terms))


def _collateral_term(
    balance: BalancePart, profits: tuple[Term, ...], money: str, *, full: bool
) -> Term:
    """One collateral asset; what is settled in it joins the amount before it is weighed."""
    asset, rows = balance.balance.asset, balance.balance.rows
    amount = Term("amount", balance.amount, asset, note="as given")
    if profits:
        parts = (Term("balance", balance.balance.amount, asset, note="as given"), *profits)
        words = "balance + unrealised profit"
        amount = Term("amount", balance.amount, asset, words, terms=parts)
    price = Term("price", balance.price, money)
    name, words = f"collateral {asset}", "amount x price"
    if full or balance.amount < 0 or not rows:
        note = "at full worth" if full else "weight 1" if not rows else "a debt counts in full"
        worth = balance.worth if full else balance.counted
        return Term(name, worth, money, words, note, (amount, price))
    if len(rows) == 1:
        terms = (amount, price, Term("weight", rows[0][1]))
        return Term(name, balance.counted, money, words + " x weight", terms=terms)
    counted = _counted_term(balance, amount)
    words = "counted x price"
    return Term(name, balance.counted, money, words, _weights(rows), (counted, price))


def _counted_term(balance: BalancePart, amount: Term) -> Term:
    """What of an amount counts, step by step of its weights."""
    steps, low = [], Fraction(0)
    for number, (bound, weight) in enumerate(balance.balance.rows):
        last = number + 1 == len(balance.balance.rows)
        top = balance.amount if bound is None or last else min(balance.amount, bound)
        if top > low:
            words = f"{figure_text(top - low)} x {figure_text(weight)}"
            value = (top - low) * weight
            steps.append(Term(f"step {number + 1}", value, amount.unit, words))
        low = max(low, top)
    formula = " + ".join(step.name for step in steps)
    counted = counted_amount(balance.balance.rows, balance.amount)
    return Term("counted", counted, amount.unit, formula, terms=(amount, *steps))


def order_loss_term(found: Evaluation, money: str) -> Term:
    """What resting orders would lose if filled now, order by order."""
    terms = []
    for one in order_losses(found.pool, found.prices):
        if one.lost <= 0:
            continue
        order, asset = one.order, one.settle or money
        name = f"{'buy' if order.side > 0 else 'sell'} {figure_text(order.size)} {order.symbol}"
        values = (
            Term("value at its price", one.filled, asset, note=f"at {figure_text(order.price)}"),
            Term("value at mark", one.marked, asset),
        )
        term = Term(name, one.lost, asset, "value at its price - value at mark", terms=values)
        if one.settle:
            factor = Term(f"price of {one.settle}", one.worth, money)
            words = f"{name} x {factor.name}"
            term = Term(name, one.lost * one.worth, money, words, terms=(term, factor))
        terms.append(term)
    return Term("loss of orders", found.order_loss, money, "sum over orders", terms=tuple(terms))


def in_money(term: Term, part: LegPart, found: Evaluation, money: str) -> Term:
    """A term in the asset its contract settles in, as it is summed in the bucket's money."""
    if not part.leg.settle or not isinstance(term.value, Fraction):
        return term
    price = found.settle_price(part.leg)
    factor = Term(f"price of {part.leg.settle}", price, money)
    formula = f"{term.name} x {factor.name}"
    return Term(term.name, term.value * price, money, formula, terms=(term, factor))


def _weights(rows: tuple[tuple[Fraction | None, Fraction], ...]) -> str:
    return "weight " + ", ".join(
        f"{figure_text(weight)}" + ("" if bound is None else f" up to {figure_text(bound)}")
        for bound, weight in rows
    )


def profit_term(part: LegPart, money: str, *, counts: bool = True) -> Term:
    """Unrealised profit of one leg, with the sum that makes it; 0 where a profit does not count."""
    leg = part.leg
    size, entry, price = (figure_text(x) for x in (leg.size, leg.entry, part.price))
    if leg.inverse:
        first, last = (entry, price) if leg.side > 0 else (price, entry)
        formula = f"{size} x (1 / {first} - 1 / {last})"
    else:
        first, last = (price, entry) if leg.side > 0 else (entry, price)
        formula = f"{size} x ({first} - {last})"
    if leg.multiplier != 1:
        formula += f" x {figure_text(leg.multiplier)}"
    name = f"profit {leg.symbol} {side_name(leg.side)}"
    if not counts and part.profit > 0:
        note = f"a profit does not count: {formula}"
        return Term(name, Fraction(0), leg.settle or money, note=note)
    return Term(name, part.profit, leg.settle or money, formula)


def requirement_term(found: Evaluation, version: Version | None, money: str) -> Term:
    """Requirement: the maintenance margin as the venue prints it and the closing fee held beside
    it; where none is, the terms of the maintenance margin alone.
    """
    held = maintenance_margin_term(found, version, money)
    if not found.fee_held:
        names = "maintenance margin" + (" + closing fee" if found.closing_fees else "")
        return Term("requirement", found.requirement, money, names, terms=held.terms)
    return Term(
        "requirement",
        found.requirement,
        money,
        "maintenance margin + closing fee held",
        terms=(held, fee_held_term(found, money)),
    )


def maintenance_margin_term(found: Evaluation, version: Version | None, money: str) -> Term:
    """Maintenance margin as the venue prints it: of each position with its tier, of debts and
    others; with the closing fees where the venue's own figure holds them.
    """
    terms: list[Term] = []
    for part in found.parts:
        if part.leg.size:
            term = maintenance_term(part, found, version, money)
            terms.append(in_money(term, part, found, money))
    for balance in found.balances:
        if balance.maintenance:
            terms.append(
                Term(
                    f"maintenance of the debt in {balance.balance.asset}",
                    balance.maintenance,
                    money,
                    f"{percent(balance.balance.maintenance)} of its worth",
                )
            )
    if found.pool.other_maintenance:
        terms.append(
            Term(
                "maintenance of other positions",
                found.pool.other_maintenance,
                money,
                note="as given",
            )
        )
    words = "sum of what follows"
    if found.closing_fees and not found.fee_held:
        words = "maintenance + closing fee"
        terms += _fee_terms(found, money)
    return Term("maintenance margin", found.printed_maintenance, money, words, terms=tuple(terms))


def fee_held_term(found: Evaluation, money: str) -> Term:
    """Closing fees that the venue holds beside the maintenance margin it prints."""
    terms = tuple(_fee_terms(found, money)) if found.fee_held else ()
    return Term("closing fee held", found.fee_held, money, "sum over positions", terms=terms)


def _fee_terms(found: Evaluation, money: str) -> list[Term]:
    terms = []
    for part in found.parts:
        if part.closing_fee:
            where = {
                "mark": "value at this price",
                "entry": "value at entry",
                "bankruptcy": "value at bankruptcy",
            }
            term = Term(
                f"closing fee {part.leg.symbol} {side_name(part.leg.side)}",
                part.closing_fee,
                part.leg.settle or money,
                f"{percent(part.leg.taker_fee)} x {where[found.pool.rules.closing_fee]}",
            )
            terms.append(in_money(term, part, found, money))
    return terms


def maintenance_term(part: LegPart, found: Evaluation, version: Version | None, money: str) -> Term:
    """Maintenance margin of one leg: basis, rate and deduction of the tier used."""
    leg = part.leg
    entry = found.pool.rules.maintenance == "entry"
    basis = abs(leg.cost) if entry else part.notional
    settle = leg.settle or money
    word = "entry value" if entry else "notional"
    formula = f"{word} x {percent(part.rate)}"
    if part.deduction:
        formula += f" - {figure_text(part.deduction)}"
    terms = [
        Term(word, basis, settle, notional_words(leg, leg.entry if entry else part.price)),
        Term("tier", _tier_words(part), note=source_of(leg, version)),
        Term("maintenance rate", part.rate),
    ]
    if part.deduction:
        terms.append(Term("deduction", part.deduction, settle))
    return Term(
        f"maintenance {leg.symbol} {side_name(leg.side)}",
        part.maintenance,
        settle,
        formula,
        terms=tuple(terms),
    )


def notional_words(leg: Leg, price: Fraction) -> str:
    """Size times price (inverse: over it), in figures."""
    words = f"{figure_text(leg.size)} {'/' if leg.inverse else 'x'} {figure_text(price)}"
    return words if leg.multiplier == 1 else f"{words} x {figure_text(leg.multiplier)}"


def _tier_words(part: LegPart) -> str:
    table = part.leg.table
    if table.shape in ("slope", "sqrt"):
        return f"formula of the size ({table.shape})"
    if table.name == "one rate":
        return "one rate, as given"
    row = table.rows[part.tier]
    unit = {"notional": "", "size": " in size", "contracts": " contracts"}[table.unit]
    reach = "no limit" if row.up_to is None else f"up to {figure_text(row.up_to)}{unit}"
    return f"{part.tier + 1} of {len(table.rows)}, {reach}"


def source_of(leg: Leg, version: Version | None) -> str:
    if version is None:
        return ""
    source = version.sources.get(leg.table.source)
    if source is None:
        return ""
    doubt = ", unconfirmed" if source.evidence == "recalled" else ""
    return f"{source.title}{doubt}"


def percent(rate: Fraction) -> str:
    """A rate as a percentage."""
    return f"{figure_text(rate * 100)} %"
