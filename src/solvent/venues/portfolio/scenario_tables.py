"""A preset's scenario tables as scenarios.

Groups of `parameters` that are tables: `scan` (regular), `ends` (regular moves with fewer
volatilities), `extended` and `extreme` (a share of the loss counts, or one per move), `theta` (time
passes). Each has `vols` and its moves: `moves`, or moves per class of
underlying (named by the group `classes`), or `fractions` of a price scan range. A share that is not
published stands as "none"; "range" is Deribit's, factor x regular range / |move|, of which the
group `dampener` then takes an amount per underlying off. `vol` says what "up" and "down" do, by
numbers or by a table of days to expiry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from solvent.margin.scenario import far_relief, range_share
from solvent.prices import Scenario, Shock, VolShock, VolTable, grid
from solvent.venues.numbers import InputError, Number, exact
from solvent.venues.preset import Version

SCANNED = ("scan", "ends", "extended", "extreme")
NO_SHOCK = VolShock(Fraction(0), Fraction(0))


def group_of(version: Version, name: str) -> Mapping[str, Any]:
    """A group of parameters; empty where the preset has none."""
    group = version.parameters.get(name, {})
    return group if isinstance(group, Mapping) else {}


def class_of(version: Version, classes: str, underlying: str) -> str:
    """The class an underlying belongs to: the one that lists it, else the one that lists none.

    Raises InputError where no class takes it.
    """
    group = {name: names for name, names in group_of(version, classes).items() if name != "source"}
    for name, names in group.items():
        if underlying.upper() in names:
            return name
    for name, names in group.items():
        if not names:
            return name
    listed = ", ".join(asset for names in group.values() for asset in names)
    raise InputError(f"{version.label} has no scenario table for {underlying!r}; it has {listed}")


def tables(
    version: Version,
    underlying: str,
    index: Fraction,
    missing: list[str],
    *,
    extended_counted: Number | None = None,
    price_scan: Number | None = None,
    coin: bool = False,
) -> tuple[Scenario, ...]:
    """Every scenario of a preset for one underlying; what is not public is put on `missing`.

    coin: results are coins, so that a far move's share also turns coins at the far price into
    coins at the edge of the regular range.

    Raises InputError for a preset without a scan table, or a price scan range that is needed.
    """
    if not group_of(version, "scan"):
        raise InputError(f"{version.label} has no scenario table; it is not a portfolio model")
    rows: list[Scenario] = []
    for name in SCANNED:
        group = group_of(version, name)
        if not group:
            continue
        counted = group.get("counted", Fraction(1))
        if counted is None:
            if extended_counted is None:
                missing.append(f"{name} table (share of the loss)")
                continue
            counted = exact(extended_counted, "extended_counted")
        elif extended_counted is not None and name == "extended":
            counted = exact(extended_counted, "extended_counted")
        moves = _moves(version, name, group, underlying, index, price_scan)
        label = group.get("label", "")
        if isinstance(counted, tuple):
            for move, share in zip(moves, counted, strict=True):
                rows += grid([move], group["vols"], Fraction(share), label)
        elif counted == "range":
            plain = grid(moves, group["vols"], label=label)
            rows += _by_range(plain, reach_of(rows), Fraction(group["factor"]), coin)
        else:
            rows += grid(moves, group["vols"], Fraction(counted), label)
    theta = group_of(version, "theta")
    if theta:
        rows.append(
            Scenario(Fraction(0), days=Fraction(theta["days"]), label=theta.get("label", ""))
        )
    return tuple(rows)


def reach_of(rows: Sequence[Scenario]) -> Fraction:
    """The regular range: the largest move whose result counts in full."""
    return max(abs(row.move) for row in rows if row.counted == 1)


def _edge(move: Fraction, reach: Fraction) -> Fraction:
    """1 + the end of the regular range on the side of a move."""
    return 1 + (reach if move > 0 else -reach)


def _by_range(
    rows: Sequence[Scenario], reach: Fraction, factor: Fraction, coin: bool
) -> list[Scenario]:
    made = []
    for row in rows:
        share = Fraction(range_share(row.move, reach, factor))
        if coin:
            share *= (1 + row.move) / _edge(row.move, reach)
        made.append(replace(row, counted=share))
    return made


def reliefs(
    version: Version,
    underlying: str,
    rows: Sequence[Scenario],
    index: Fraction,
    missing: list[str],
    coin: bool = False,
) -> tuple[Fraction, ...]:
    """What the book's result is brought towards 0 by per scenario, in settlement money; () where
    the preset has no dampener.
    """
    group = group_of(version, "dampener")
    if not group:
        return ()
    dampener = group.get(underlying.upper())
    if dampener is None:
        missing.append(f"dampener of the extended table for {underlying}, taken as 0")
        return ()
    label = group_of(version, "extended").get("label", "")
    reach = reach_of(rows)
    found = []
    for row in rows:
        relief = Fraction(0)
        if row.label == label and row.counted != 1:
            relief = Fraction(far_relief(row.move, reach, Fraction(dampener)))
            if coin:
                relief /= _edge(row.move, reach) * index
        found.append(relief)
    return tuple(found)


def _moves(
    version: Version,
    name: str,
    group: Mapping[str, Any],
    underlying: str,
    index: Fraction,
    price_scan: Number | None,
) -> tuple[Fraction, ...]:
    if "moves" in group:
        return tuple(group["moves"])
    if "fractions" in group:
        if price_scan is None:
            raise InputError(
                f"{version.label}: its table is in shares of the product's price scan range; "
                "give price_scan, in quote money per unit"
            )
        reach = exact(price_scan, "price_scan") / index
        return tuple(Fraction(share) * reach for share in group["fractions"])
    own = f"{name}_classes"
    classes = own if group_of(version, own) else "classes"
    return tuple(group[class_of(version, classes, underlying)])


def vol_shock(version: Version, needed: bool) -> Shock:
    """The preset's volatility moves; `rows` of (days, points, share) are a table.

    Raises InputError where a book with options needs them and the venue does not publish them.
    """
    group = group_of(version, "vol")
    if not group:
        if needed:
            raise InputError(
                f"{version.label} does not publish what its volatility moves are; give them, for "
                'example vol=VolShock(up=Fraction("0.45"), down=Fraction("0.3"))'
            )
        return NO_SHOCK
    if "rows" in group:
        return VolTable(tuple((Fraction(a), Fraction(b), Fraction(c)) for a, b, c in group["rows"]))
    numbers = {name: value for name, value in group.items() if name != "source"}
    return VolShock(**numbers)
