"""Kinds of cases about Derive v2's standard manager: an account over its markets, one perpetual."""

from __future__ import annotations

from fractions import Fraction

from solvent.margin.explain import Term
from solvent.venues.cases.kinds_derive import (
    ONE,
    ZERO,
    above_zero,
    at_least,
    confidence,
    number,
    numbers_of,
    only_venue,
    option_leg,
    sure,
    word,
)
from solvent.venues.cases.read import CaseError
from solvent.venues.cases.read import number as plain_number
from solvent.venues.cases.registry import Answer, Inputs, kind
from solvent.venues.portfolio import derive_rules, derive_standard

VENUES, PRESET = ("derive_v2_standard_manager", "derive_v2_srm"), "derive-v2-srm@tests"
NAMES = (*derive_rules.NEEDED, *derive_rules.OPTIONAL)
MARKETS = ("eth", "btc")
PARTS = {
    "option": "options, ",
    "perp": "perpetual",
    "base": "base",
    "oracle_contingency": "oracle contingency",
    "depeg_contingency": "stablecoin depeg",
}
"""Results that are parts of a margin, and how their terms begin."""


@kind("options_standard_margin")
def standard(inputs: Inputs) -> Answer:
    """Derive v2 standard manager: net margins of an account over its markets."""
    only_venue(inputs, *VENUES)
    rules = derive_rules.standard_rules_of(numbers_of(inputs, "params", NAMES, PRESET, "standard"))
    held = _options(inputs)
    names = list(dict.fromkeys([*MARKETS, *held]))
    holdings = [f"{what}_{name}" for name in names for what in ("base", "perps")]
    if not any(inputs.given(word(inputs, name)) for name in ("options", "cash", *holdings)):
        raise inputs.missing("options", "cash")
    profits = {name: _perp_profit(inputs, f"_{name}") for name in names}
    found = derive_standard.margin(
        tuple(_market(inputs, names.index(name), name, held, profits[name]) for name in names),
        rules,
        number(inputs, "cash", ZERO),
        above_zero(inputs, "stable_price", ONE),
    )
    return _answer(found, tuple(profits.values()))


@kind("perp_standard_margin")
def perpetual(inputs: Inputs) -> Answer:
    """Derive v2 standard manager: one perpetual position."""
    only_venue(inputs, *VENUES)
    price = above_zero(inputs, "perp_price")
    profit = _perp_profit(inputs, "")
    market = derive_standard.Market(
        "perpetual market",
        above_zero(inputs, "spot", price),
        confidence(inputs, "spot_confidence"),
        perps=number(inputs, "perp_position"),
        perp_price=price,
        perp_confidence=confidence(inputs, "perp_confidence"),
        perp_profit=sum(profit, ZERO),
    )
    rules = derive_rules.standard_rules_of(numbers_of(inputs, "", NAMES, PRESET, "standard"))
    found = derive_standard.margin(
        (market,),
        rules,
        number(inputs, "cash", ZERO),
        above_zero(inputs, "stable_price", ONE),
    )
    return _answer(found, (profit,))


def _answer(
    found: derive_standard.Margin, profits: tuple[tuple[Fraction, Fraction], ...]
) -> Answer:
    """Both margins, and what they are made of over all markets."""
    initial = {name: _part(found.tree, ", initial", begins) for name, begins in PARTS.items()}
    held = {name: _part(found.tree, ", maintenance", begins) for name, begins in PARTS.items()}
    made = {
        f"{name}_{level}_margin": amounts[name]
        for level, amounts in (("initial", initial), ("maintenance", held))
        for name in ("option", "perp", "base")
    }
    return Answer(
        {
            "initial_margin": found.initial,
            "maintenance_margin": found.maintenance,
            "mark_to_market": found.mark_to_market,
            "portfolio_mtm": found.mark_to_market,
            "unrealized_pnl": sum((profit for profit, _ in profits), ZERO),
            "unsettled_funding": sum((funding for _, funding in profits), ZERO),
            **made,
            "base_margin": held["base"],
            "oracle_contingency": initial["oracle_contingency"],
            "depeg_contingency": initial["depeg_contingency"],
        },
        found.tree,
    )


def _part(tree: Term, market: str, begins: str) -> Fraction:
    """Sum of the terms of one level whose name begins so; the profit is no part of a margin."""
    return sum(
        (
            Fraction(term.value or 0)
            for level in tree.terms
            if level.name.endswith(market)
            for term in level.terms
            if term.name.startswith(begins) and term.name != "perpetual profit"
        ),
        ZERO,
    )


def _perp_profit(inputs: Inputs, market: str) -> tuple[Fraction, Fraction]:
    """(unsettled profit, unsettled funding) of a perpetual: given, or from its last settlement.
    Longs owe funding as the market's index rises; the account holds the index it settled at.
    """
    size = number(inputs, f"perps{market}" if market else "perp_position", ZERO)
    profit, funding = f"unrealised_perp_pnl{market}", f"unrealised_funding{market}"
    entry = f"last_entry{market}" if market else "entry_price"
    made = owed = ZERO
    if inputs.given(word(inputs, profit)):
        made = number(inputs, profit)
    elif not market or inputs.given(word(inputs, entry)):
        made = size * (number(inputs, f"perp_price{market}") - number(inputs, entry))
    if inputs.given(word(inputs, funding)):
        owed = number(inputs, funding)
    else:
        settled = number(inputs, f"account_funding_index{market}", ZERO)
        owed = size * (settled - number(inputs, f"global_funding_index{market}", ZERO))
    return made, owed


def _options(inputs: Inputs) -> dict[str, list[Inputs]]:
    """Options by underlying, in lower case. An option that names none is of the only market whose
    spot price is given.
    """
    priced = [name for name in MARKETS if inputs.given(word(inputs, f"{name}_spot"))]
    held: dict[str, list[Inputs]] = {}
    for row in inputs.rows("options"):
        name = row.text("underlying", priced[0] if len(priced) == 1 else None)
        held.setdefault(name, []).append(row)
    return held


def _market(
    inputs: Inputs,
    place: int,
    name: str,
    held: dict[str, list[Inputs]],
    profit: tuple[Fraction, Fraction],
) -> derive_standard.Market:
    """One underlying of a standard account; its inputs end in its name in lower case."""
    spot_sure, perp_sure = _confidences(inputs, place)
    base = at_least(inputs, f"base_{name}", ZERO, ZERO)
    perps = number(inputs, f"perps_{name}", ZERO)
    expiries: dict[Fraction, list[Inputs]] = {}
    for row in held.get(name, ()):
        expiries.setdefault(at_least(row, "sec_to_expiry", ZERO), []).append(row)
    used = base or perps or expiries
    return derive_standard.Market(
        name.upper(),
        above_zero(inputs, f"{name}_spot", None if used else ONE),
        spot_sure,
        base=base,
        perps=perps,
        perp_price=above_zero(inputs, f"perp_price_{name}", None if perps else ONE),
        perp_confidence=perp_sure,
        perp_profit=sum(profit, ZERO),
        expiries=tuple(_expiry(seconds, rows) for seconds, rows in expiries.items()),
    )


def _confidences(inputs: Inputs, place: int) -> tuple[Fraction, Fraction]:
    """A market's [spot, perpetual] confidences; 1 where the list does not reach."""
    every = inputs.raw("spot_perp_confidences")
    if every is None:
        return ONE, ONE
    where = inputs.spelled("spot_perp_confidences")
    if not isinstance(every, list) or not all(
        isinstance(pair, list) and len(pair) == 2 for pair in every
    ):
        raise CaseError(f"{where}: {every!r} is not a list of [spot, perpetual] confidences")
    if place >= len(every):
        return ONE, ONE
    spot, perp = (sure(plain_number(one, where), where) for one in every[place])
    return spot, perp


def _expiry(seconds: Fraction, rows: list[Inputs]) -> derive_standard.Expiry:
    forwards = {above_zero(row, "forward") for row in rows}
    if len(forwards) != 1:
        shown = ", ".join(str(float(one)) for one in sorted(forwards))
        raise CaseError(f"options that expire in {seconds} s have several forwards: {shown}")
    return derive_standard.Expiry(
        seconds,
        forwards.pop(),
        tuple(option_leg(row) for row in rows),
        min(confidence(row, "forward_confidence") for row in rows),
    )
