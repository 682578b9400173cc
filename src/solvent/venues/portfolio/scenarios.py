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
from solvent.prices import RiskArrays, VolShock, publish
from solvent.venues.numbers import InputError, Number, exact
from solvent.venues.portfolio.legs import Leg, naked_shorts_of, refuse_twins
from solvent.venues.portfolio.scenario_tables import class_of, group_of, tables, vol_shock
from solvent.venues.preset import Version
from solvent.venues.presets.catalogue import version as find_version

ZERO = Fraction(0)
MONEY = Fraction(1, 10**6)


@dataclass(frozen=True, slots=True)
class ScenarioMargin:
    """The answer for one risk unit, in quote money.

    scan: the worst scenario's loss. initial: None where the venue publishes no factor. missing:
    components that were not known and count as 0 here; where there are any, the figures are lower
    bounds. arrays: the publication behind it.
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

    def explain(self) -> Term:
        """Every figure with what it was made from."""
        return self.tree


def scenario_margin(
    venue: str | Version,
    legs: Sequence[Leg],
    *,
    underlying: str = "BTC",
    index: Number,
    vol: VolShock | None = None,
    extended_counted: Number | None = None,
    price_scan: Number | None = None,
    given: Mapping[str, Number] | None = None,
    time: int = 0,
    unit: Fraction = MONEY,
) -> ScenarioMargin:
    """Margin of one risk unit (everything on one underlying) in a venue's scenario model.

    vol: what "up" and "down" do, where the venue does not publish it. extended_counted: share of
    the loss in a table whose share is not published. price_scan: the price scan range of a product
    whose table is in shares of it (SPAN). given: amounts of components that are not public, by
    name. time: nanoseconds, stamped on the risk arrays. unit: money that a whole unit of a leg is
    rounded to, losses up.

    >>> from solvent.venues.portfolio.legs import leg
    >>> short = leg("C", "call", size=-1, forward="50000", strike="55000", vol="0.6", days=30)
    >>> both = VolShock(Fraction(45, 100), Fraction(25, 100))
    >>> answer = scenario_margin("deribit-pm", [short], index="50000", vol=both)
    >>> answer.worst, round(float(answer.scan), 4)
    ('+16 %, vol up', 5598.2968)
    """
    version = find_version(venue) if isinstance(venue, str) else venue
    at = exact(index, "index")
    amounts = {name: exact(value, name) for name, value in (given or {}).items()}
    missing: list[str] = []
    rows = tables(
        version, underlying, at, missing, extended_counted=extended_counted, price_scan=price_scan
    )
    shock = vol or vol_shock(version, any(one.instrument.kind != "linear" for one in legs))
    refuse_twins(legs)
    lot = Fraction(1, math.lcm(*(one.size.denominator for one in legs)))
    grain = unit * lot
    arrays = publish(
        underlying, [one.instrument for one in legs], rows, shock, time=time, unit=grain, lot=lot
    )
    lots = [int(one.size / lot) for one in legs]
    found = scenario.scan(
        lots,
        [
            (arrays.arrays[one.instrument.name].lower, arrays.arrays[one.instrument.name].upper)
            for one in legs
        ],
    )
    scan = found.loss * grain
    worst = None if found.scenario is None else rows[found.scenario].name
    by_leg = {
        one.instrument.name: loss * grain for one, loss in zip(legs, found.by_leg, strict=True)
    }
    add_ons, last, taken = _add_ons(version, legs, at, amounts, missing)
    for name in amounts:
        if name not in taken:
            raise InputError(
                f"given {name!r}: {version.label} has no such component; it has "
                f"{', '.join(sorted(taken)) or 'none that is given'}"
            )
    maintenance = scan + sum(add_ons.values(), ZERO)
    floor = _minimum(version, underlying, amounts, missing)
    maintenance = max(maintenance, floor) + sum(last.values(), ZERO)
    factor = group_of(version, "factor").get("initial")
    answer = ScenarioMargin(
        maintenance,
        None if factor is None else maintenance * Fraction(factor),
        scan,
        worst,
        by_leg,
        {**add_ons, **last},
        tuple(missing),
        arrays,
        version.label,
        Term("maintenance margin"),
    )
    return replace(answer, tree=_tree(answer, floor))


def closing_changes(
    venue: str | Version, legs: Sequence[Leg], *, index: Number, **options: object
) -> dict[str, Fraction]:
    """By how much the maintenance requirement changes when one leg is closed, by name.

    Above zero: closing that leg *raises* the requirement, because it was a hedge. Takes the options
    of `scenario_margin`.

    >>> from solvent.venues.portfolio.legs import leg
    >>> future = leg("F", "linear", size=1, forward="50000")
    >>> hedge = leg("G", "linear", size=-1, forward="50000")
    >>> changes = closing_changes("deribit-pm", [future, hedge], index="50000")
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


def _add_ons(
    version: Version,
    legs: Sequence[Leg],
    index: Fraction,
    amounts: Mapping[str, Fraction],
    missing: list[str],
) -> tuple[dict[str, Fraction], dict[str, Fraction], set[str]]:
    """Components before the minimum charge, after it, and the names `given` may use."""
    found: dict[str, Fraction] = {}
    last: dict[str, Fraction] = {}
    net_short = group_of(version, "net_short").get("rate")
    if net_short is not None:
        found["net short options"] = naked_shorts_of(legs) * Fraction(net_short) * index
    offsetting = group_of(version, "offsetting").get("rate")
    if offsetting is not None:
        sizes = [one.size for one in legs if one.instrument.kind == "linear"]
        found["offsetting futures"] = (
            Fraction(scenario.offsetting(sizes)) * Fraction(offsetting) * index
        )
    taken: set[str] = set()
    wanted = group_of(version, "given")
    for key, into in (("added", found), ("added_last", last)):
        for name in wanted.get(key, ()):
            taken.add(name)
            if name in amounts:
                into[name] = amounts[name]
            elif legs:
                missing.append(name)
    raw = group_of(version, "minimum").get("raw")
    if raw is not None:
        taken.add(raw)
    return found, last, taken


def _minimum(
    version: Version, underlying: str, amounts: Mapping[str, Fraction], missing: list[str]
) -> Fraction:
    """The minimum charge, 0 where the preset has none or its raw charge is not given."""
    group = group_of(version, "minimum")
    if not group:
        return ZERO
    if group["raw"] not in amounts:
        missing.append(group["raw"])
        return ZERO
    tiers = group.get(class_of(version, "classes", underlying))
    if tiers is None:
        missing.append(f"tiers of {group['raw']} for {underlying}")
        return amounts[group["raw"]]
    return Fraction(scenario.whole_charge(amounts[group["raw"]], tiers))


def _tree(found: ScenarioMargin, floor: Fraction) -> Term:
    parts = [
        Term(
            "worst scenario",
            found.scan,
            "quote",
            "largest total loss over the scenarios, not below 0",
            found.worst or "no scenario loses",
            tuple(Term(name, loss, "quote", note="loss") for name, loss in found.by_leg.items()),
        )
    ]
    parts += [Term(name, amount, "quote", note="add-on") for name, amount in found.add_ons.items()]
    if floor:
        parts.append(Term("minimum charge", floor, "quote", "maintenance is not below it"))
    if found.initial is not None:
        parts.append(Term("initial margin", found.initial, "quote", "maintenance x factor"))
    if found.missing:
        parts.append(Term("not public, counted as 0", "; ".join(found.missing)))
    note = found.version + (": a lower bound" if found.missing else "")
    return Term(
        "maintenance margin", found.maintenance, "quote", "scan + add-ons", note, tuple(parts)
    )


def total(units: Sequence[ScenarioMargin]) -> Fraction:
    """Maintenance over several risk units: summed, no credit between them.

    >>> total([])
    Fraction(0, 1)
    """
    return sum((one.maintenance for one in units), ZERO)
