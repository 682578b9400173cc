"""The money in a pool: given as a wallet, an equity, a rate of it, or the margin of a setting."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from solvent.venues.cases.positions import agree, margin_of_leverage, reserve_of
from solvent.venues.cases.registry import Inputs
from solvent.venues.cases.venue_rules import RulesOf
from solvent.venues.solver.model import ZERO, Leg

ALONE = "iso"


def is_isolated(inputs: Inputs) -> bool:
    """Whether the position is decided on alone."""
    return inputs.case.margin_mode.lower().startswith(ALONE)


def is_priced(part: Inputs) -> bool:
    """Whether another position is given by its prices, not by its profit and requirement alone."""
    return any(part.given(name) for name in ("entry", "mark", "index", "size", "contracts"))


def wallet_of(inputs: Inputs, main: Inputs, found: RulesOf, legs: list[Leg]) -> Fraction:
    """Money in the pool, unrealised profit not counted."""
    target = legs[0]
    extra = either(main, inputs, "extra_margin") or ZERO
    wallet = either(main, inputs, "wallet")
    if wallet is not None:
        if target.leverage is not None and is_isolated(inputs):
            wallet += _unreserved(inputs, wallet, found, target)
        return wallet + extra
    rate = inputs.maybe("equity_rate")
    if rate is not None:
        return rate * total_value(inputs, legs) - sum(map(_profit, legs), ZERO)
    paid_up = either(main, inputs, "raw_usd")
    if paid_up is not None:  # what is left once the positions are paid for
        return paid_up + sum((leg.cost for leg in legs), ZERO)
    equity = inputs.maybe("equity")
    if equity is None and is_isolated(inputs):
        equity = either(main, inputs, "margin_used")
    if equity is not None:
        profit = sum(map(_profit, legs), ZERO)
        for part in inputs.rows("other_positions"):
            profit += ZERO if is_priced(part) else part.number("unrealized_pnl", 0)
        return equity - profit - inputs.number("other_positions_pnl", 0) + extra
    given = either(main, inputs, "initial_margin")
    if given is not None:
        return given + extra
    if target.leverage is None:
        raise inputs.missing("wallet", "equity", "leverage")
    if not is_isolated(inputs):
        inputs.note("no wallet given: the margin of the leverage setting stands behind it")
    return margin_of_leverage(target) + reserve_of(target, found) + extra


def _profit(leg: Leg) -> Fraction:
    return leg.value(leg.mark) - leg.cost


def total_value(inputs: Inputs | None, legs: Sequence[Leg]) -> Fraction:
    """Sum of absolute values at the marks: given, or of the legs."""
    whole = inputs.maybe("total_mark_value") if inputs else None
    return sum((abs(leg.value(leg.mark)) for leg in legs), ZERO) if whole is None else whole


def either(main: Inputs, inputs: Inputs, name: str) -> Fraction | None:
    found = main.maybe(name)
    return found if found is not None or main is inputs else inputs.maybe(name)


def _unreserved(inputs: Inputs, wallet: Fraction, found: RulesOf, target: Leg) -> Fraction:
    """The reserve of the closing fee, if the margin given is the leverage setting's without it;
    else nothing.
    """
    bare, reserve = margin_of_leverage(target), reserve_of(target, found)
    if reserve and abs(wallet - bare) < reserve / 2:
        inputs.note("the margin given is value / leverage: the closing fee's reserve is added")
        return reserve
    agree(inputs, "wallet", bare + reserve, "value at entry / leverage")
    return ZERO
