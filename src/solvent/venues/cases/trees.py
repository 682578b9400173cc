"""The explain tree of a case's price: the rules used and the inequality at that price."""

from __future__ import annotations

from fractions import Fraction

from solvent.margin.explain import Term
from solvent.venues.cases.pools import Asked
from solvent.venues.cases.venue_rules import RulesOf
from solvent.venues.solver.evaluate import evaluate
from solvent.venues.solver.explaining import equity_term, requirement_term
from solvent.venues.solver.model import Pool
from solvent.venues.solver.solve import Crossing, fee_prices

FEES = {
    "none": "no closing fee",
    "mark": "closing fee on the value at the price",
    "entry": "closing fee on the value at entry",
    "bankruptcy": "closing fee on the value at bankruptcy",
}


def price_tree(
    name: str,
    printed: Fraction | None,
    crossing: Crossing,
    question: Asked,
    found: RulesOf,
) -> Term:
    """A price with the equity and the requirement there (at the marks where there is no price)."""
    pool, at = question.pool, crossing.price
    fees = fee_prices(pool) if pool.rules.fee_stands else {}
    there = evaluate(pool, {} if at is None else {question.symbol: at}, fees)
    terms = [rules_term(found, pool)]
    if at is not None and at != printed:
        terms.append(Term("exact price", at))
    terms.append(equity_term(there, pool.money))
    if not name.startswith("bankruptcy"):
        terms.append(requirement_term(there, found.version, pool.money))
    where = "at the marks" if at is None else "equity and requirement at the exact price"
    note = f"{crossing.reason}; {where}" if crossing.reason else where
    return Term(name, "none" if printed is None else printed, "", "", note, tuple(terms))


def rules_term(found: RulesOf, pool: Pool | None = None) -> Term:
    """Which rules were used and why."""
    rules = found.rules if pool is None else pool.rules
    formula = f"maintenance on {rules.maintenance} value, {FEES[rules.closing_fee]}"
    return Term("rules", found.label, "", formula, found.chosen)
