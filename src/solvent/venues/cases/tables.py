"""Maintenance tables of cases: one rate, tiers in several shapes, a slope.

A row of tiers is `[up to, rate]`, `[up to, rate, deduction]`, `[from, to, rate]`, `[from, to, rate,
deduction]` or an object with names from the lists below (camel case too; ccxt's `info` is looked
into). Where only lower bounds are given (a list that begins at 0 lists them), a row ends where the
next begins. A table without deductions is continuous, or flat where the venue's own tables are flat
(OKX).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from solvent.venues.cases.aliases import snake
from solvent.venues.cases.read import CaseError, number
from solvent.venues.cases.registry import Inputs
from solvent.venues.cases.venue_rules import RulesOf, family
from solvent.venues.preset import Shape, Table, TierRow, Unit
from solvent.venues.solver.model import ZERO, one_row

UP_TO = (
    "up_to",
    "cap",
    "limit",
    "max",
    "max_notional",
    "notional_cap",
    "risk_limit",
    "risk_limit_value",
    "max_risk_limit",
    "qty_cap",
    "end_unit",
    "upper_bound",
)
FLOOR = (
    "floor",
    "min",
    "from",
    "min_notional",
    "notional_floor",
    "min_risk_limit",
    "qty_floor",
    "start_unit",
    "lower_bound",
)
RATE = (
    "mmr",
    "rate",
    "maintenance",
    "maintenance_rate",
    "maintenance_margin_rate",
    "maint_margin_ratio",
    "maint_rate",
    "mm_rate",
    "maintenance_margin",
    "maintain_margin",
    "keep_margin_rate",
)
DEDUCTION = (
    "deduction",
    "cum",
    "maintenance_amount",
    "maint_amount",
    "maint_amt",
    "mm_deduction",
    "amount",
)
NEXT_UNIT = 1
"""OKX's tiers begin one unit above the end of the tier below: 0 to 2000, 2001 to 4000."""
HALF = Fraction(1, 2)
GIVEN = "given"


def table_of(inputs: Inputs, found: RulesOf) -> Table:
    """The maintenance schedule of a position; a rate of 0 where the case gives none (the callers
    that need one ask `has_requirement`).
    """
    if inputs.given("tiers"):
        return tiers_table(inputs.everything("tiers"), found, inputs.spelled("tiers"))
    base = inputs.maybe("base_rate")
    if base is not None:
        slope = inputs.number("rate_per_unit", 0)
        unit: Unit = "notional" if family(inputs.case) == "inverse" else "size"  # coins, both
        cap = max(base, Fraction(1))
        return Table("slope", "slope", GIVEN, unit, base=base, per_size=slope, cap=cap)
    rate = rate_of(inputs, found)
    if rate is not None:
        return one_row(rate, inputs.number("maintenance_amount", 0))
    return published_table(inputs, found) or one_row(ZERO)


def rate_of(inputs: Inputs, found: RulesOf) -> Fraction | None:
    """The maintenance rate given; at Hyperliquid half of the initial rate at the highest leverage,
    and where a venue's maintenance is a share of its initial margin, that share of a given rate.

    Source: Hyperliquid, margining: maintenance leverage is twice the highest leverage. Coinbase
    International, margin policy: two thirds.
    """
    rate = inputs.maybe("mmr")
    top = inputs.maybe("max_leverage")
    if top is not None and top <= 0:
        raise CaseError(f"{inputs.spelled('max_leverage')}: {top} must be above 0")
    if inputs.venue == "hyperliquid" and top is not None:
        made = HALF / top
        if rate is None:
            return made
        if rate != made:
            inputs.note(f"mmr {rate} is not {made}, 1 / (2 * max_leverage)")
    share = share_of_initial(found)
    if rate is None and share is not None and inputs.given("imr"):
        return inputs.number("imr") * share
    return rate


def share_of_initial(found: RulesOf) -> Fraction | None:
    """Maintenance as a share of initial margin, where the venue's preset states one."""
    group = found.version.parameters.get("margin") if found.version else None
    share = group.get("maintenance_of_initial") if isinstance(group, Mapping) else None
    return share if isinstance(share, Fraction) else None


def published_table(inputs: Inputs, found: RulesOf) -> Table | None:
    """The venue's own table of the symbol, where the case gives no rate of its own."""
    symbol = inputs.text("symbol", "").upper()
    if found.version is None or not symbol:
        return None
    instrument = found.version.instruments.get(symbol)
    if instrument is None:
        return None
    inputs.note(f"no rate given: the table of {symbol} in {found.version.label}")
    return found.version.tables.get(instrument.table)


def has_requirement(inputs: Inputs, found: RulesOf) -> bool:
    """Whether the case says what has to be held."""
    return (
        any(inputs.given(name) for name in ("tiers", "base_rate", "maintenance_margin"))
        or rate_of(inputs, found) is not None
        or published_table(inputs, found) is not None
    )


def tiers_table(rows: Any, found: RulesOf, where: str) -> Table:
    """A table of tiers from its rows."""
    if not isinstance(rows, list) or not rows:
        raise CaseError(f"{where}: is not a list of rows")
    floors = isinstance(rows[0], list) and bool(rows[0]) and rows[0][0] in (0, "0")
    read = [_row(row, floors, f"{where}[{place}]") for place, row in enumerate(rows)]
    bounded: list[TierRow] = []
    for place, (floor, row) in enumerate(read):
        bound, here = row.up_to, f"{where}[{place}]"
        if bound is None and place + 1 < len(read):
            bound = read[place + 1][0]
            if bound is None:
                raise CaseError(f"{here}: only the last row may be without a bound")
        below = bounded[-1].up_to if bounded else None
        if below is not None and bound is not None and bound <= below:
            raise CaseError(f"{here}: its bound {bound} is not above the row before")
        if floor is not None and below is not None and not 0 <= floor - below <= NEXT_UNIT:
            raise CaseError(f"{here}: begins at {floor}, the row before ends elsewhere")
        if not 0 <= row.maintenance <= 1:
            raise CaseError(f"{here}: its rate {row.maintenance} is not between 0 and 1")
        bounded.append(TierRow(bound, row.maintenance, row.deduction))
    given = any(row.deduction is not None for row in bounded)
    shape: Shape = "flat" if not given and _flat(found) else "deduction"
    return Table("given", shape, GIVEN, rows=tuple(bounded))


def _flat(found: RulesOf) -> bool:
    """Whether the venue's own tables jump at their edges."""
    if found.version is None:
        return False
    shapes = {table.shape for table in found.version.tables.values()}
    return shapes == {"flat"}


def _row(row: Any, floors: bool, where: str) -> tuple[Fraction | None, TierRow]:
    """A row's lower bound, if it has one, and the row. floors: lists begin with lower bounds."""
    if isinstance(row, list):
        return _listed(row, floors, where)
    if not isinstance(row, dict):
        raise CaseError(f"{where}: is neither a list nor an object")
    rate = _named(row, RATE, where)
    if rate is None:
        raise CaseError(f"{where}: has no rate; it may be called {', '.join(RATE)}")
    deduction = _named(row, DEDUCTION, where)
    payload = row.get("info")
    if deduction is None and isinstance(payload, dict):  # ccxt leaves it in the venue's own row
        deduction = _named(payload, DEDUCTION, f"{where}.info")
    return _named(row, FLOOR, where), TierRow(_named(row, UP_TO, where), rate, deduction)


def _listed(row: list[Any], floors: bool, where: str) -> tuple[Fraction | None, TierRow]:
    cells = [None if cell in (None, "") else number(cell, where) for cell in row]
    ranged = len(row) == 4 or (len(row) == 3 and floors and (cells[1] is None or cells[1] > 1))
    if floors and ranged:
        floor, bound, rate, *rest = cells
    elif len(row) in (2, 3):
        floor, bound = (cells[0], None) if floors else (None, cells[0])
        rate, *rest = cells[1:]
    else:
        raise CaseError(
            f"{where}: a row is [up to, rate], [up to, rate, deduction] or, from 0 on, "
            "[from, to, rate, deduction]"
        )
    if rate is None:
        raise CaseError(f"{where}: has no rate")
    return floor, TierRow(bound, rate, rest[0] if rest else None)


def _named(row: Mapping[str, Any], names: tuple[str, ...], where: str) -> Fraction | None:
    spelled = {snake(name): name for name in row}
    for name in names:
        given = spelled.get(name)
        if given is not None and row[given] not in (None, ""):
            return number(row[given], f"{where}.{given}")
    return None
