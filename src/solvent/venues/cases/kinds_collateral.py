"""What assets count for as collateral: slices with weights of their own, debts in full."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from solvent.margin.explain import Term
from solvent.margin.weights import sliced_amount
from solvent.venues.cases.aliases import snake
from solvent.venues.cases.read import CaseError, number
from solvent.venues.cases.registry import Answer, Inputs, kind

ZERO = Fraction(0)
UP_TO = ("up_to", "max", "max_amt", "max_amount", "cap")
WEIGHT = ("weight", "rate", "discount_rate", "discount", "collateral_rate")


@kind("collateral_value")
def collateral_value(inputs: Inputs) -> Answer:
    """What assets count for as collateral: marginal slices, or one weight; debts in full."""
    parts = inputs.rows("assets") or (inputs,)
    terms = tuple(_asset(part) for part in parts)
    total = sum((term.value for term in terms if isinstance(term.value, Fraction)), ZERO)
    whole = terms[0] if len(terms) == 1 else Term("collateral value", total, terms=terms)
    return Answer({"collateral_value": total}, whole)


def _asset(part: Inputs) -> Term:
    price = part.number("price", 1)
    amount = _held(part)
    if amount is None:
        amount, price = part.number("value"), Fraction(1)
    rows = _slices(part)
    counted = sliced_amount(rows, amount) * price
    name = part.text("asset", "") or "collateral value"
    return Term(
        name,
        counted,
        "",
        "each slice times its weight, times the price",
        "a debt counts in full" if amount < 0 else "",
        terms=(Term("amount", amount), Term("price", price)),
    )


def _held(part: Inputs) -> Fraction | None:
    """The amount of an asset: given, or what its accounts add up to (Binance, unified account)."""
    parts = ("margin_asset", "futures_asset", "futures_pnl")
    if part.given("amount") or not any(part.given(name) for name in (*parts, "margin_loan")):
        return part.maybe("amount")
    return sum((part.number(name, 0) for name in parts), -abs(part.number("margin_loan", 0)))


def _slices(part: Inputs) -> tuple[tuple[Fraction | None, Fraction], ...]:
    rows = part.raw("tiers")
    if rows is not None:
        return slices(rows, part)
    weight = part.maybe("weight")
    if weight is None:
        haircut = part.maybe("haircut")
        if haircut is None:
            raise part.missing("weight", "tiers")
        weight = 1 - haircut
    if not 0 <= weight <= 1:
        raise CaseError(f"weight: {weight} is not between 0 and 1")
    return ((None, weight),)


def slices(rows: object, part: Inputs) -> tuple[tuple[Fraction | None, Fraction], ...]:
    """Rows of (amount up to, weight): pairs, or objects with up_to and weight."""
    if not isinstance(rows, list) or not rows:
        raise CaseError(f"{part.where}tiers: is not a list of rows (amount up to, weight)")
    found: list[tuple[Fraction | None, Fraction]] = []
    for place, row in enumerate(rows):
        where = f"{part.where}tiers[{place}]"
        if isinstance(row, dict):
            row = [_cell(row, UP_TO), _cell(row, WEIGHT)]
        if isinstance(row, list) and len(row) == 3:  # from, to, weight
            row = row[1:]
        if not isinstance(row, list) or len(row) != 2:
            raise CaseError(f"{where}: is not a pair (amount up to, weight)")
        bound = None if row[0] in (None, "") else number(row[0], where)
        if found and (found[-1][0] is None or (bound is not None and bound <= found[-1][0])):
            raise CaseError(f"{where}: its bound is not above the row before")
        if bound == 0:
            raise CaseError(f"{where}: its bound is 0; a row is (amount up to, weight)")
        weight = number(row[1], where)
        if not 0 <= weight <= 1:
            raise CaseError(f"{where}: its weight {weight} is not between 0 and 1")
        found.append((bound, weight))
    return tuple(found)


def _cell(row: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    spelled = {snake(name): value for name, value in row.items()}
    return next((spelled[name] for name in names if name in spelled), None)
