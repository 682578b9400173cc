"""Derive v2 standard manager: options per expiry, perpetuals and base assets beside each other.

Per expiry the requirement is the smaller of two: the sum of the short options' own margins, and the
largest loss at settlement (at 0 and at every strike) plus a charge for calls short without a long
one. Long options give no credit of their own. Net margins, as the venue states them: negative is a
shortfall. Rule: derivexyz/v2-core, `StandardManager.sol`; numbers: preset `derive-v2-srm`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from solvent.margin.explain import Term
from solvent.margin.options import (
    Option,
    initial,
    maintenance,
    unpaired_calls,
    worst_payoff,
)
from solvent.margin.scenario import confidence_charge
from solvent.prices import option_value
from solvent.venues.numbers import round_to
from solvent.venues.portfolio.derive_rules import YEAR, OptionLeg, StandardRules
from solvent.venues.result import Told, money_text

UNIT = Fraction(1, 10**18)  # the chain's own
ZERO, ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class Expiry:
    """Options of one expiry, valued with Black-76 on its forward."""

    seconds: Fraction
    forward: Fraction
    legs: tuple[OptionLeg, ...]
    confidence: Fraction = ONE


@dataclass(frozen=True, slots=True)
class Market:
    """Everything of one underlying. perp_profit: unsettled profit and funding."""

    name: str
    spot: Fraction
    spot_confidence: Fraction = ONE
    base: Fraction = ZERO
    perps: Fraction = ZERO
    perp_price: Fraction = ZERO
    perp_confidence: Fraction = ONE
    perp_profit: Fraction = ZERO
    expiries: tuple[Expiry, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Margin(Told):
    """Net margins and the account's value, in quote money."""

    initial: Fraction
    maintenance: Fraction
    mark_to_market: Fraction
    tree: Term

    def __str__(self) -> str:
        told = f"net maintenance margin {money_text(self.maintenance)} USD; net initial margin "
        return f"{told}{money_text(self.initial)} USD"

    def explain(self) -> Term:
        """Every figure with what it was made from."""
        return self.tree


def margin(
    markets: tuple[Market, ...],
    rules: StandardRules,
    cash: Fraction = ZERO,
    stable_price: Fraction = ONE,
) -> Margin:
    """Both net margins of an account over all its markets."""
    terms = [Term("cash", cash, "USD")]
    totals = [cash, cash, cash]
    depeg = max(ZERO, rules.depeg_threshold - stable_price) * rules.depeg_factor
    for market in markets:
        initial_term, maintenance_term, worth = _market(market, rules, depeg, stable_price)
        terms += [maintenance_term, initial_term]
        totals[0] += Fraction(initial_term.value or 0)
        totals[1] += Fraction(maintenance_term.value or 0)
        totals[2] += worth
    value = Term("mark-to-market value", totals[2], "USD")
    explain = Term(
        "net maintenance margin",
        totals[1],
        "USD",
        "cash + markets",
        "negative: shortfall",
        (*terms, value, Term("net initial margin", totals[0], "USD", "cash + markets")),
    )
    return Margin(totals[0], totals[1], totals[2], explain)


def _market(
    market: Market, rules: StandardRules, depeg: Fraction, stable: Fraction
) -> tuple[Term, Term, Fraction]:
    """(initial, maintenance, value) of one market."""
    worth = market.perp_profit + market.base * market.spot / stable
    parts: tuple[list[Term], list[Term]] = ([], [])
    shorts = abs(market.perps)
    for expiry in market.expiries:
        marks = [_mark(expiry, leg) for leg in expiry.legs]
        worth += sum((leg.size * m for leg, m in zip(expiry.legs, marks, strict=True)), ZERO)
        sold = -sum((leg.size for leg in expiry.legs if leg.size < 0), ZERO)
        shorts += sold
        for at_entry, terms in zip((True, False), parts, strict=True):
            terms.append(_expiry(expiry, marks, market.spot, rules, at_entry))
        sure = min(
            market.spot_confidence, expiry.confidence, *(leg.confidence for leg in expiry.legs)
        )
        parts[0].append(_unsure("options", sure, rules.option_threshold, rules, sold, market.spot))
    if market.perps:
        notional = abs(market.perps) * market.perp_price
        for rate, terms in zip((rules.perp_initial, rules.perp_maintenance), parts, strict=True):
            terms.append(Term("perpetual", -notional * rate, "USD", "-notional x rate"))
            terms.append(Term("perpetual profit", market.perp_profit, "USD", "unsettled"))
        sure = min(market.spot_confidence, market.perp_confidence)
        size = abs(market.perps)
        parts[0].append(_unsure("perpetual", sure, rules.perp_threshold, rules, size, market.spot))
    if market.base:
        credit = market.base * market.spot * rules.base_margin
        note = "value x factor"
        parts[0].append(Term("base", credit * rules.base_initial_scale, "USD", note))
        parts[1].append(Term("base", credit, "USD", note))
        sure, size = market.spot_confidence, market.base
        parts[0].append(_unsure("base", sure, rules.base_threshold, rules, size, market.spot))
    if depeg:
        parts[0].append(
            Term("stablecoin depeg", -shorts * depeg * market.spot, "USD", "shorts and perpetuals")
        )
    made = [
        Term(f"{market.name}, {name}", sum((_value(t) for t in terms), ZERO), "USD",
             terms=tuple(terms))
        for name, terms in zip(("initial", "maintenance"), parts, strict=True)
    ]  # fmt: skip
    return made[0], made[1], worth


def _expiry(
    expiry: Expiry, marks: list[Fraction], spot: Fraction, rules: StandardRules, at_entry: bool
) -> Term:
    """The smaller requirement of one expiry, as a net margin (not above 0)."""
    alone = []
    for leg, mark in zip(expiry.legs, marks, strict=True):
        option = Option(leg.is_call, leg.strike, spot, mark)
        need = initial(rules.short, option) if at_entry else maintenance(rules.short, option)
        held = Fraction(need) * min(leg.size, ZERO)
        alone.append(Term(leg.name, held, "USD"))
    isolated = sum((_value(term) for term in alone), ZERO)
    shape = [(leg.is_call, leg.strike, leg.size) for leg in expiry.legs]
    scale = rules.unpaired_initial if at_entry else rules.unpaired_maintenance
    unpaired = Fraction(unpaired_calls(shape)) * scale * expiry.forward
    bounded = Fraction(worst_payoff(shape)) + unpaired
    return Term(
        f"options, {float(expiry.seconds) / 86_400:.4g} days",
        max(isolated, bounded),
        "USD",
        "the smaller of both requirements",
        terms=(
            Term("short options alone", isolated, "USD", terms=tuple(alone)),
            Term("largest loss at settlement", bounded, "USD", "with unpaired short calls"),
        ),
    )


def _mark(expiry: Expiry, leg: OptionLeg) -> Fraction:
    value = option_value(
        leg.is_call, float(expiry.forward), float(leg.strike), float(leg.vol),
        float(max(expiry.seconds, ZERO) / YEAR),
    )  # fmt: skip
    return round_to(Fraction(value), UNIT, "nearest")


def _unsure(
    what: str, sure: Fraction, limit: Fraction, rules: StandardRules, size: Fraction, spot: Fraction
) -> Term:
    charge = confidence_charge(sure, limit, rules.confidence_factor, size, spot)
    return Term(f"oracle contingency, {what}", -Fraction(charge), "USD", f"confidence {sure}")


def _value(term: Term) -> Fraction:
    return Fraction(term.value or 0)
