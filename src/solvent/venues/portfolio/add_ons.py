"""What a preset puts on top of the worst scenario: contingencies, minimum charge, given amounts.

Each component is a group of `parameters` with its numbers; the formulas are plain functions of
`solvent.margin.scenario`. Amounts are in the book's settlement money: quote money, or coins. A
number a venue shows only inside an account is "none" in the preset: it is taken from `rates` (the
factor) or `given` (the amount), and where neither has it the component is named in `missing` and
counts as 0.

The groups and their numbers are listed in `docs/presets.md`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from solvent.margin import scenario
from solvent.margin.explain import Term
from solvent.prices import coin_delta, greeks
from solvent.venues.numbers import InputError, round_to
from solvent.venues.portfolio.legs import Leg, naked_shorts_of
from solvent.venues.portfolio.scenario_tables import class_of, group_of
from solvent.venues.preset import Version

ZERO = Fraction(0)
GRAIN = Fraction(1, 10**12)  # deltas and roll rates are floats; they are rounded to this once
ROLL, DELTA = "roll contingency", "delta contingency"


@dataclass(slots=True)
class AddOns:
    """Components by name: `first` under the minimum charge, `last` above it. taken: names that
    `given` may use.
    """

    first: dict[str, Term] = field(default_factory=dict)
    last: dict[str, Term] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    rated: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Request:
    """What the components are computed from. index: quote money per unit; price: settlement money
    per unit of the underlying (the index, or 1 where the book is settled in coins).
    """

    version: Version
    legs: Sequence[Leg]
    underlying: str
    index: Fraction
    price: Fraction
    money: str
    amounts: Mapping[str, Fraction]
    rates: Mapping[str, Fraction]
    missing: list[str]


def amount(term: Term) -> Fraction:
    """The exact amount of a component."""
    assert isinstance(term.value, Fraction)  # every component below is made with one
    return term.value


def add_ons(asked: Request) -> AddOns:
    """Every component of the preset, in the order of the table above.

    Raises InputError for a name in `given` or `rates` that the preset has no component of.
    """
    found = AddOns()
    for group, (name, size, formula) in {
        "net_short": (
            "net short options", naked_shorts_of, "net shorts per strike and expiry x rate x price"
        ),
        "offsetting": (
            "offsetting futures", _offset_futures, "smaller of longs and shorts x rate x price"
        ),
        "linear_size": ("futures size", _all_futures, "sum of abs(size) x rate x price"),
    }.items():  # fmt: skip
        numbers = group_of(asked.version, group)
        if numbers:
            name = numbers.get("name", name)
            units = size(asked.legs)
            _rated(asked, found, name, numbers["rate"], units, formula)
    if group_of(asked.version, "roll"):
        _own(asked, found, ROLL, _roll)
    if group_of(asked.version, "liquidity"):
        _own(asked, found, DELTA, _liquidity)
    wanted = group_of(asked.version, "given")
    for key, into in (("added", found.first), ("added_last", found.last)):
        for name in wanted.get(key, ()):
            found.taken.add(name)
            if name in asked.amounts:
                into[name] = Term(name, asked.amounts[name], asked.money, note="given")
            elif asked.legs:
                asked.missing.append(name)
    raw = group_of(asked.version, "minimum").get("raw")
    if raw is not None:
        found.taken.add(raw)
    if group_of(asked.version, "factor").get("initial", ZERO) is None:
        found.rated.add("initial factor")
    _refuse_unknown("given", asked.amounts, found.taken, asked.version)
    _refuse_unknown("rates", asked.rates, found.rated, asked.version)
    return found


def minimum(asked: Request) -> Fraction:
    """The minimum charge, 0 where the preset has none or its raw charge is not given."""
    group = group_of(asked.version, "minimum")
    if not group:
        return ZERO
    if group["raw"] not in asked.amounts:
        asked.missing.append(group["raw"])
        return ZERO
    raw = asked.amounts[group["raw"]]
    tiers = group.get(class_of(asked.version, "classes", asked.underlying))
    if tiers is None:
        asked.missing.append(f"tiers of {group['raw']} for {asked.underlying}")
        return raw
    return Fraction(scenario.whole_charge(raw, tiers))


def deltas_by_expiry(legs: Sequence[Leg], coin: bool = False) -> dict[Fraction, Fraction]:
    """Net delta in units per time to expiry (years; 0 for perpetuals), an estimate for options.

    >>> from solvent.venues.portfolio.legs import leg
    >>> deltas_by_expiry([leg("F", "linear", size=2, forward=100)])
    {Fraction(0, 1): Fraction(2, 1)}
    """
    net: dict[Fraction, Fraction] = {}
    for one in legs:
        years = one.instrument.years
        net[years] = net.get(years, ZERO) + one.size * _delta(one, coin)
    return net


def _delta(one: Leg, coin: bool) -> Fraction:
    made = one.instrument
    if made.kind == "linear":
        return Fraction(1)
    numbers = (float(made.forward), float(made.strike), float(made.vol), float(made.years))
    call = made.kind == "call"
    found = coin_delta(call, *numbers) if coin else greeks(call, *numbers).delta
    return round_to(Fraction(found), GRAIN, "nearest")


def _offset_futures(legs: Sequence[Leg]) -> Fraction:
    return Fraction(
        scenario.offsetting([one.size for one in legs if one.instrument.kind == "linear"])
    )


def _all_futures(legs: Sequence[Leg]) -> Fraction:
    return sum((abs(one.size) for one in legs if one.instrument.kind == "linear"), ZERO)


def _rated(
    asked: Request, found: AddOns, name: str, rate: Any, units: Fraction, formula: str
) -> None:
    """A component that is a rate on a size; the rate may be given, or the whole amount."""
    if rate is None:
        found.taken.add(name)
        found.rated.add(name)
        rate = asked.rates.get(name)
    if name in asked.amounts and name in found.taken:
        found.first[name] = Term(name, asked.amounts[name], asked.money, note="given")
    elif rate is not None:
        parts = (Term("size", units), Term("rate", rate), Term("price", asked.price, asked.money))
        value = units * Fraction(rate) * asked.price
        found.first[name] = Term(name, value, asked.money, formula, terms=parts)
    elif asked.legs:
        asked.missing.append(name)


def _own(asked: Request, found: AddOns, name: str, compute: Any) -> None:
    """A component with its own formula, replaced by an amount that is given."""
    found.taken.add(name)
    if name in asked.amounts:
        found.first[name] = Term(name, asked.amounts[name], asked.money, note="given")
        return
    term = compute(asked) if asked.legs else None
    if term is not None:
        found.first[name] = term
    elif asked.legs:
        asked.missing.append(name)


def _roll(asked: Request) -> Term | None:
    """Deribit's roll shock; where only its least rate is known, that one counts."""
    numbers = group_of(asked.version, "roll").get(asked.underlying.upper())
    if numbers is None:
        return None
    annual, least = numbers
    rows, parts = [], []
    for years, delta in sorted(deltas_by_expiry(asked.legs, asked.money == "coin").items()):
        rate = Fraction(least)
        if years and annual is None:
            unknown = "roll contingency of dated legs above its least rate"
            if unknown not in asked.missing:
                asked.missing.append(unknown)
        elif years:
            grown = Fraction(math.expm1(float(annual * years)))
            rate = max(rate, round_to(grown, GRAIN, "up"))
        rows.append((delta, rate))
        days = f"{float(years * 365):.6g} days" if years else "perpetual"
        parts.append(Term(f"net delta, {days}", delta, "", f"x rate {float(rate):.6g}"))
    value = Fraction(scenario.roll_charge(rows)) * asked.price
    formula = "sum over expiries of abs(net delta) x max(exp(annual x years) - 1, least) x price"
    return Term(ROLL, value, asked.money, formula, terms=tuple(parts))


def _liquidity(asked: Request) -> Term | None:
    """Deribit's delta shock."""
    group = group_of(asked.version, "liquidity")
    coin = asked.money == "coin"
    bought, rest = ZERO, ZERO
    for one in asked.legs:
        delta = one.size * _delta(one, coin)
        if one.instrument.kind != "linear" and one.size > 0:
            bought += delta
        else:
            rest += delta
    delta = Fraction(scenario.unhedged_delta(bought, rest))
    threshold = Fraction(group["threshold"]) / asked.index
    per_unit = group.get(asked.underlying.upper())
    if per_unit is None and abs(delta) > threshold:
        return None
    charge = scenario.liquidity_charge(delta, threshold, per_unit or ZERO, group["most"])
    parts = (
        Term("delta to trade", delta, "", "futures and short options, less bought options"),
        Term("threshold", threshold, "", "threshold in quote money / index"),
    )
    formula = "abs(delta) x min(per unit x (abs(delta) - threshold), most) x price"
    return Term(DELTA, Fraction(charge) * asked.price, asked.money, formula, terms=parts)


def _refuse_unknown(
    what: str, numbers: Mapping[str, Fraction], known: set[str], version: Version
) -> None:
    for name in numbers:
        if name not in known:
            raise InputError(
                f"{what} {name!r}: {version.label} has no such component; it has "
                f"{', '.join(sorted(known)) or 'none that is given'}"
            )
