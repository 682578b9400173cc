"""Margin of options held, by the venue's short-option rule (long options need nothing)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from solvent.margin.explain import Term
from solvent.venues.cases.positions import side_of
from solvent.venues.cases.read import CaseError
from solvent.venues.cases.registry import Answer, Inputs, Result, kind
from solvent.venues.cases.venue_rules import version_of
from solvent.venues.portfolio.options import OptionMargin, Position, option_margin, position

RIGHTS = {"call": "call", "c": "call", "put": "put", "p": "put"}


@kind("maintenance_margin", contracts=("option",))
def maintenance_margin(inputs: Inputs) -> Answer:
    """Maintenance margin of one option position; it needs no strike, and no right where calls and
    puts are treated alike.
    """
    rights = (_right(inputs),) if inputs.given("right") else ("call", "put")
    answers = [_margin(inputs, right, strikeless=True)[0] for right in rights]
    found = answers[0]
    if any(other.maintenance != found.maintenance for other in answers):
        raise inputs.missing("right")
    return Answer({"maintenance_margin": found.maintenance}, found.explain())


@kind("initial_margin", contracts=("option",))
def initial_margin(inputs: Inputs) -> Answer:
    """Initial margin of one option position."""
    found, whole = _margin(inputs, _right(inputs))
    explain = Term(
        "initial margin", found.initial, found.currency, "", found.version, (found.explain(),)
    )
    results: dict[str, Result] = {"initial_margin": found.initial}
    if whole:
        results["maintenance_margin"] = found.maintenance
    return Answer(results, explain)


def _margin(inputs: Inputs, right: str, *, strikeless: bool = False) -> tuple[OptionMargin, bool]:
    """Both margins, and whether every rate is known: else only the figure asked for holds."""
    version, _ = version_of(inputs.case, "options")
    group = version.parameters.get("short")
    if not isinstance(group, Mapping):
        raise CaseError(f"{version.label} has no rules of short options")
    count = "contracts" if inputs.given("contracts") else "size"
    size = abs(inputs.number(count)) * inputs.number("contract_size", 1) * side_of(inputs)
    index = inputs.number("index")
    held = position(
        right,
        strike=inputs.number("strike", index if strikeless else None),
        size=size,
        index=index,
        mark=inputs.number("mark"),
        entry=inputs.maybe("entry"),
        underlying=_underlying(inputs),
    )
    given, idle = _rates(inputs), _idle(group, held, maintenance=strikeless)
    found = option_margin(
        version, [held], factor=inputs.number("tier_factor", 1), rates={**idle, **given}
    )
    return found, not idle.keys() - given.keys()


def _idle(group: Mapping[str, Any], held: Position, *, maintenance: bool) -> dict[str, Fraction]:
    """Zeros for rates the venue does not publish and the figure asked for does not use."""
    own = group.get("by_underlying", {}).get(held.underlying, {})
    floor = group.get("floor_holds") or "none"
    if maintenance:
        idle: tuple[str, ...] = ("high", "low")
    else:
        idle = ("rate",) if floor == "none" or (floor == "put" and held.is_call) else ()
    return {name: Fraction(0) for name in idle if {**group, **own}.get(name) is None}


def _rates(inputs: Inputs) -> dict[str, Fraction]:
    """Rates the case gives, in place of the preset's. A maintenance rate is of underlying and mark
    alike, as the venues that have both state it (Bybit, OKX).
    """
    names = {"high": "high", "low": "low", "liquidation_fee": "liquidation_fee"}
    given = {word: inputs.number(name) for name, word in names.items() if inputs.given(name)}
    if inputs.given("mmr"):
        given["rate"] = given["rate_of_mark"] = inputs.number("mmr")
    return given


def _right(inputs: Inputs) -> str:
    value = inputs.raw("right")
    if isinstance(value, bool):  # is_call
        return "call" if value else "put"
    name = inputs.text("right")
    if name not in RIGHTS:
        raise CaseError(f"right: {value!r} is neither call nor put")
    return RIGHTS[name]


def _underlying(inputs: Inputs) -> str:
    """The coin, from the symbol: BTC-27JUN25-60000-C is on BTC."""
    return inputs.text("symbol", "btc").partition("-")[0].upper().removesuffix("USDC") or "BTC"
