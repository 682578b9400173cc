"""Scenario (portfolio) margin over a preset: one risk unit, its worst scenario, and add-ons.

A preset's tables become scenarios, the book becomes integer risk arrays (losses rounded up, stamped
with their prices), the arrays and the sizes give the worst scenario, and the preset's add-ons are
put on top. What a venue does not publish is not invented: such a component is taken from `given`;
left out, it counts as 0, is named in `missing`, and the answer is a lower bound.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from solvent.margin import scenario
from solvent.margin.explain import Term
from solvent.prices import RiskArrays, Shock, publish
from solvent.venues.numbers import InputError, Number, exact, round_to
from solvent.venues.portfolio.add_ons import AddOns, Request, add_ons, amount, minimum
from solvent.venues.portfolio.legs import Leg, refuse_twins
from solvent.venues.portfolio.scenario_tables import group_of, reliefs, tables, vol_shock
from solvent.venues.preset import Version
from solvent.venues.presets.catalogue import version as find_version
from solvent.venues.result import Told, money_text

ZERO, ONE = Fraction(0), Fraction(1)
MONEY = Fraction(1, 10**6)
COINS = Fraction(1, 10**12)  # Deribit prints twelve digits


@dataclass(frozen=True, slots=True, repr=False)
class ScenarioMargin(Told):
    """The answer for one risk unit, in `money`: "quote", or "coin" where it is settled in coins.

    scan: the worst scenario's loss, `relief` of a far one taken off. initial: None where the venue
    publishes no factor. missing: components that were not known and count as 0 here; where there
    are any, the figures are lower bounds. arrays: the publication behind it.
    """

    maintenance: Fraction
    initial: Fraction | None
    scan: Fraction
    worst: str | None
    by_leg: Mapping[str, Fraction]
    add_ons: Mapping[str, Fraction]
    missing: tuple[str, ...]
    arrays: RiskArrays
    version: str
    tree: Term
    money: str = "quote"
    relief: Fraction = ZERO

    def __str__(self) -> str:
        told = [f"maintenance margin {money_text(self.maintenance)} {self.money}"]
        if self.initial is not None:
            told.append(f"initial margin {money_text(self.initial)} {self.money}")
        told.append(f"worst scenario {self.worst or 'none'}")
        if self.missing:
            told.append(f"a lower bound without {', '.join(self.missing)}")
        return f"{'; '.join(told)} ({self.version})"

    def explain(self) -> Term:
        """Every figure with what it was made from."""
        return self.tree


def scenario_margin(
    venue: str | Version,
    legs: Sequence[Leg],
    *,
    underlying: str = "BTC",
    index: Number,
    vol: Shock | None = None,
    extended_counted: Number | None = None,
    price_scan: Number | None = None,
    given: Mapping[str, Number] | None = None,
    rates: Mapping[str, Number] | None = None,
    settled: str = "quote",
    time: int = 0,
    unit: Fraction | None = None,
) -> ScenarioMargin:
    """Margin of one risk unit (everything on one underlying) in a venue's scenario model.

    vol: what "up" and "down" do, instead of the venue's own or where it does not publish it.
    extended_counted: share of the loss in the far table, likewise. price_scan: the price scan range
    of a product whose table is in shares of it (SPAN). given: amounts of components, by name;
    rates: factors of components whose formula is public and whose factor is not. settled: "coin"
    for a book settled in the underlying: options are worth their value over the forward, linear
    legs are inverse contracts sized in coins, answers are coins. time: nanoseconds, stamped on the
    risk arrays. unit: money that a whole unit of a leg is rounded to, losses up; a millionth of
    quote money or 1e-12 coins.

    >>> from solvent.prices import VolShock
    >>> from solvent.venues.portfolio.legs import leg
    >>> short = leg("C", "call", size=-1, forward="50000", strike="55000", vol="0.6", days=30)
    >>> both = VolShock(Fraction(45, 100), Fraction(25, 100))
    >>> answer = scenario_margin("deribit-pm@2024", [short], index="50000", vol=both)
    >>> answer.worst, round(float(answer.scan), 4)
    ('+16 %, vol up', 5598.2968)
    """
    version = find_version(venue) if isinstance(venue, str) else venue
    at = exact(index, "index")
    if group_of(version, "portfolio"):
        raise InputError(
            f"{version.label} is a margin manager over a whole account, not a table with add-ons; "
            "ask margin() of solvent.venues.portfolio.derive_portfolio or derive_pm2"
        )
    coin = _in_coins(version, settled)
    missing: list[str] = []
    rows = tables(
        version, underlying, at, missing,
        extended_counted=extended_counted, price_scan=price_scan, coin=coin,
    )  # fmt: skip
    shock = vol or vol_shock(version, any(one.instrument.kind != "linear" for one in legs))
    refuse_twins(legs)
    if coin:
        legs = [replace(one, instrument=replace(one.instrument, coin=True)) for one in legs]
    lot = Fraction(1, math.lcm(*(one.size.denominator for one in legs)))
    grain = (unit or (COINS if coin else MONEY)) * lot
    arrays = publish(
        underlying, [one.instrument for one in legs], rows, shock, time=time, unit=grain, lot=lot
    )
    off = reliefs(version, underlying, rows, at, missing, coin)
    found = scenario.scan(
        [int(one.size / lot) for one in legs],
        [
            (arrays.arrays[one.instrument.name].lower, arrays.arrays[one.instrument.name].upper)
            for one in legs
        ],
        [int(relief / grain) for relief in off],  # int() of what is not below 0: rounded down
    )
    by_leg = {
        one.instrument.name: loss * grain for one, loss in zip(legs, found.by_leg, strict=True)
    }
    asked = Request(
        version, legs, underlying, at, ONE if coin else at, "coin" if coin else "quote",
        {name: exact(value, name) for name, value in (given or {}).items()},
        {name: exact(value, name) for name, value in (rates or {}).items()},
        missing,
    )  # fmt: skip
    made = add_ons(asked)
    loss = found.loss * grain
    step = group_of(version, "settled").get("coin_step")
    if coin and step is not None:
        loss = round_to(loss, step, "nearest")
    held = loss + sum((amount(term) for term in made.first.values()), ZERO)
    floor = minimum(asked)
    held = max(held, floor) + sum((amount(term) for term in made.last.values()), ZERO)
    maintenance, initial = _factored(version, held, asked.rates)
    answer = ScenarioMargin(
        maintenance,
        initial,
        loss,
        None if found.scenario is None else rows[found.scenario].name,
        by_leg,
        {name: amount(term) for name, term in (made.first | made.last).items()},
        tuple(missing),
        arrays,
        version.label,
        Term("maintenance margin"),
        asked.money,
        sum(by_leg.values(), ZERO) - found.loss * grain if any(off) else ZERO,
    )
    return replace(answer, tree=_tree(answer, made, held, floor))


def _in_coins(version: Version, settled: str) -> bool:
    allowed = group_of(version, "settled").get("in", ("quote",))
    if settled not in allowed:
        raise InputError(
            f"settled {settled!r}: books of {version.label} are settled in {', '.join(allowed)}"
        )
    return settled == "coin"


def _factored(
    version: Version, held: Fraction, rates: Mapping[str, Fraction]
) -> tuple[Fraction, Fraction | None]:
    """Maintenance and initial margin: the total is the one, and a factor makes the other."""
    group = group_of(version, "factor")
    if "maintenance" in group:
        return held * Fraction(group["maintenance"]), held
    factor = group.get("initial")
    if factor is None:
        factor = rates.get("initial factor")
    return held, None if factor is None else held * Fraction(factor)


def closing_changes(
    venue: str | Version, legs: Sequence[Leg], *, index: Number, **options: object
) -> dict[str, Fraction]:
    """By how much the maintenance requirement changes when one leg is closed, by name.

    Above zero: closing that leg *raises* the requirement, because it was a hedge. Takes the options
    of `scenario_margin`.

    >>> from solvent.venues.portfolio.legs import leg
    >>> future = leg("F", "linear", size=1, forward="50000")
    >>> hedge = leg("G", "linear", size=-1, forward="50000")
    >>> changes = closing_changes("deribit-pm@2024", [future, hedge], index="50000")
    >>> changes["F"] > 0
    True
    """
    now = scenario_margin(venue, legs, index=index, **options).maintenance  # type: ignore[arg-type]
    changes = {}
    for place, one in enumerate(legs):
        rest = [*legs[:place], *legs[place + 1 :]]
        after = scenario_margin(venue, rest, index=index, **options)  # type: ignore[arg-type]
        changes[one.instrument.name] = after.maintenance - now
    return changes


def _tree(found: ScenarioMargin, made: AddOns, held: Fraction, floor: Fraction) -> Term:
    legs = [Term(name, loss, found.money, note="loss") for name, loss in found.by_leg.items()]
    if found.relief:
        legs.append(Term("dampener", -found.relief, found.money, "taken off a far scenario"))
    parts = [
        Term(
            "worst scenario",
            found.scan,
            found.money,
            "largest total loss over the scenarios, not below 0",
            found.worst or "no scenario loses",
            tuple(legs),
        ),
        *(replace(term, note=term.note or "add-on") for term in made.first.values()),
    ]
    if floor:
        parts.append(Term("minimum charge", floor, found.money, "the sum so far is not below it"))
    parts += [replace(term, note=term.note or "add-on") for term in made.last.values()]
    formula = "worst scenario + add-ons"
    if found.initial == held and found.initial != found.maintenance:
        parts.append(Term("initial margin", held, found.money, formula))
        formula = "initial margin x factor"
    elif found.initial is not None:
        parts.append(Term("initial margin", found.initial, found.money, "maintenance x factor"))
    if found.missing:
        parts.append(Term("not public, counted as 0", "; ".join(found.missing)))
    note = found.version + (": a lower bound" if found.missing else "")
    name = "maintenance margin"
    return Term(name, found.maintenance, found.money, formula, note, tuple(parts))


def total(units: Sequence[ScenarioMargin]) -> Fraction:
    """Maintenance over several risk units: summed, no credit between them.

    >>> total([])
    Fraction(0, 1)
    """
    return sum((one.maintenance for one in units), ZERO)
