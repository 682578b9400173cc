"""What must hold in a preset before the calculator may use it.

Every complaint is a `PresetError` that names the file, the version, the table, the row, the value
and what would be right. Nothing is repaired silently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from solvent.margin import ScheduleError, tiered
from solvent.venues.preset import Instrument, Rules, Table, TierRow, Venue, Version
from solvent.venues.presets.fields import PresetError, nearest, shown

# How far `initial x max_leverage` may be from 1: venues print 57.14 for 1/0.0175, and KuCoin 75x
# beside 1.4 %.
LEVERAGE_SLACK = Fraction(6, 100)


def check_venue(venue: Venue, file: str) -> None:
    """Raises PresetError at the first thing that cannot be right."""
    before: Version | None = None
    checked: set[int] = set()  # a table taken over from the text before is the same object
    for version in venue.versions:
        where = f"{file}: version {version.name}"
        _check_dates(before, version, where)
        _check_sources(version, where)
        _check_rules(version.rules, f"{where}, rules")
        for table in version.tables.values():
            if id(table) not in checked:
                check_table(table, f"{where}, table {table.name}")
                checked.add(id(table))
        for instrument in version.instruments.values():
            _check_instrument(instrument, version, f"{where}, instrument {instrument.symbol}")
        for asset in version.collateral.values():
            _check_collateral(asset.rows, f"{where}, collateral {asset.asset}")
        before = version


def _check_dates(before: Version | None, version: Version, where: str) -> None:
    if version.valid_to is not None and version.valid_to <= version.valid_from:
        raise PresetError(
            f"{where}: valid_to {version.valid_to} is not after valid_from {version.valid_from}"
        )
    if before is None:
        return
    if version.valid_from <= before.valid_from:
        raise PresetError(
            f"{where}: valid_from {version.valid_from} is not after {before.valid_from} of "
            f"version {before.name}; write the oldest version first"
        )
    if before.valid_to is not None and before.valid_to > version.valid_from:
        raise PresetError(
            f"{where}: valid_from {version.valid_from} lies inside version {before.name}, which "
            f"is valid to {before.valid_to}"
        )


def _check_sources(version: Version, where: str) -> None:
    known = list(version.sources)
    for place, key in _sources_named(version):
        if not key:
            raise PresetError(f"{where}, {place}: names no source; add source = a key of [sources]")
        if key not in version.sources:
            raise PresetError(
                f"{where}, {place}: source {key!r} is not listed; {nearest(key, known, 'sources')}"
            )
    read = max((one.retrieved for one in version.sources.values()), default=None)
    if read is not None and version.valid_from > read:
        raise PresetError(
            f"{where}: valid_from {version.valid_from} is after {read}, when its newest source was "
            "retrieved; a version starts when its rules were seen to hold"
        )
    for key, source in version.sources.items():
        if source.published is not None and source.published > source.retrieved:
            raise PresetError(
                f"{where}, source {key}: published {source.published} after it was retrieved, "
                f"{source.retrieved}"
            )


def _sources_named(version: Version) -> Iterator[tuple[str, str]]:
    if version.rules is not None:
        yield "rules", version.rules.source
        if version.rules.on_liquidation_source:
            yield "rules, on_liquidation_source", version.rules.on_liquidation_source
    for table in version.tables.values():
        yield f"table {table.name}", table.source
    for instrument in version.instruments.values():
        yield f"instrument {instrument.symbol}", instrument.source
        if instrument.fee_source:
            yield f"instrument {instrument.symbol}, fee_source", instrument.fee_source
    for asset in version.collateral.values():
        yield f"collateral {asset.asset}", asset.source
    for name, group in version.parameters.items():
        key = group.get("source", "") if isinstance(group, Mapping) else ""
        yield f"parameters.{name}", str(key)


def _check_rules(rules: Rules | None, where: str) -> None:
    if rules and rules.on_liquidation_source and rules.on_liquidation == "unknown":
        raise PresetError(
            f"{where}: on_liquidation_source {rules.on_liquidation_source!r} without "
            'on_liquidation; write what it says, "taken_over" or "rest_returned"'
        )


def check_table(table: Table, where: str) -> None:
    """Raises PresetError where a maintenance table cannot be right."""
    if table.shape in ("slope", "sqrt"):
        _check_formula(table, where)
        return
    if not table.rows:
        raise PresetError(f"{where}: a {table.shape} table needs at least one row")
    below: TierRow | None = None
    for at, row in enumerate(table.rows, start=1):
        _check_row(row, f"{where}, row {at}")
        if below is not None:
            _check_order(below, row, f"{where}, row {at}")
        below = row
    if table.shape == "flat":
        for at, row in enumerate(table.rows, start=1):
            if row.deduction:
                raise PresetError(
                    f"{where}, row {at}: deduction {shown(row.deduction)} in a flat table; its "
                    'shape is "deduction", or the number goes'
                )
        return
    _check_deductions(table, where)


def _check_formula(table: Table, where: str) -> None:
    if table.rows:
        raise PresetError(f"{where}: a {table.shape} table has base and per_size, and no rows")
    for key in ("base", "per_size", "offset", "cap", "initial_base", "initial_per_size"):
        value = getattr(table, key)
        if value is not None and not 0 <= value <= 1:
            raise PresetError(f"{where}: {key} {shown(value)} must be between 0 and 1")
    if table.base > table.cap:
        raise PresetError(f"{where}: base {shown(table.base)} is above cap {shown(table.cap)}")
    if table.initial_base is not None and table.initial_base < table.base:
        raise PresetError(
            f"{where}: initial_base {shown(table.initial_base)} is below base {shown(table.base)}"
        )


def _check_row(row: TierRow, where: str) -> None:
    for key in ("maintenance", "initial"):
        rate = getattr(row, key)
        if rate is not None and not 0 <= rate <= 1:
            raise PresetError(
                f"{where}: {key} {shown(rate)} must be between 0 and 1; a rate of one percent is "
                '"0.01"'
            )
    if row.up_to is not None and row.up_to <= 0:
        raise PresetError(f"{where}: up_to {shown(row.up_to)} must be greater than 0")
    if row.deduction is not None and row.deduction < 0:
        raise PresetError(f"{where}: deduction {shown(row.deduction)} must not be negative")
    if row.max_leverage is not None and row.max_leverage <= 0:
        raise PresetError(f"{where}: max_leverage {shown(row.max_leverage)} must be above 0")
    if row.max_leverage is not None and row.initial is not None:
        product = row.initial * row.max_leverage
        if abs(product - 1) > LEVERAGE_SLACK:
            raise PresetError(
                f"{where}: initial {shown(row.initial)} x max_leverage "
                f"{shown(row.max_leverage)} is {shown(product)} and not 1; one of them is wrong"
            )
    least = row.initial
    if least is None and row.max_leverage is not None:
        least = 1 / row.max_leverage * (1 + LEVERAGE_SLACK)
    if least is not None and row.maintenance > least:
        raise PresetError(
            f"{where}: maintenance {shown(row.maintenance)} is above the initial rate "
            f"{_initial_text(row)}; one of them is wrong"
        )


def _initial_text(row: TierRow) -> str:
    if row.initial is not None:
        return shown(row.initial)
    return f"1/{shown(row.max_leverage or Fraction(1))}"


def _check_order(below: TierRow, row: TierRow, where: str) -> None:
    if below.up_to is None:
        raise PresetError(f'{where}: follows a row with up_to "none"; only the last row may be so')
    if row.up_to is not None and row.up_to <= below.up_to:
        raise PresetError(
            f"{where}: up_to {shown(row.up_to)} is not above {shown(below.up_to)} of the row before"
        )
    if row.maintenance < below.maintenance:
        raise PresetError(
            f"{where}: maintenance {shown(row.maintenance)} is below {shown(below.maintenance)} of "
            "the row before; a larger position cannot need a lower rate"
        )
    if row.max_leverage and below.max_leverage and row.max_leverage > below.max_leverage:
        raise PresetError(
            f"{where}: max_leverage {shown(row.max_leverage)} is above {shown(below.max_leverage)} "
            "of the row before"
        )
    if row.initial is not None and below.initial is not None and row.initial < below.initial:
        raise PresetError(
            f"{where}: initial {shown(row.initial)} is below {shown(below.initial)} of the row "
            "before"
        )


def _check_deductions(table: Table, where: str) -> None:
    """Published deductions against those that make the requirement continuous."""
    try:
        continuous = tiered(
            [
                (None if row.up_to is None else str(row.up_to), str(row.maintenance))
                for row in table.rows
            ]
        )
    except ScheduleError as error:
        raise PresetError(f"{where}: {error}") from None
    for at, (row, tier) in enumerate(zip(table.rows, continuous.tiers, strict=True), start=1):
        if row.deduction is not None and row.deduction != tier.deduction:
            raise PresetError(
                f"{where}, row {at}: deduction {shown(row.deduction)} makes the requirement jump; "
                f"{shown(tier.deduction)} is continuous"
            )


def _check_instrument(one: Instrument, version: Version, where: str) -> None:
    for key in ("tick", "lot", "contract_size", "multiplier", "max_leverage"):
        value = getattr(one, key)
        if value is not None and value <= 0:
            raise PresetError(f"{where}: {key} {shown(value)} must be greater than 0")
    for key in ("taker_fee", "liquidation_fee"):
        rate = getattr(one, key)
        if rate is not None and not 0 <= rate <= 1:
            raise PresetError(f"{where}: {key} {shown(rate)} must be between 0 and 1")
    if one.table and one.table not in version.tables:
        raise PresetError(
            f"{where}: table {one.table!r} does not exist; "
            f"{nearest(one.table, list(version.tables), 'tables')}"
        )
    _check_currencies(one, where)


def _check_currencies(one: Instrument, where: str) -> None:
    if one.base == one.quote:
        raise PresetError(f"{where}: base and quote are both {one.base}")
    expected = {
        "linear": (one.quote,),
        "spot": (one.quote,),
        "inverse": (one.base,),
        "option": (one.quote, one.base),
    }.get(one.kind)
    if expected is not None and one.settle not in expected:
        raise PresetError(
            f"{where}: settles in {one.settle}; a contract of kind {one.kind} on "
            f"{one.base}/{one.quote} settles in {' or '.join(expected)}"
        )
    if one.kind == "quanto" and one.settle in (one.base, one.quote):
        raise PresetError(
            f"{where}: settles in {one.settle}, which is its base or quote; kind quanto settles "
            "in a third asset"
        )


def _check_collateral(rows: tuple[tuple[Fraction | None, Fraction], ...], where: str) -> None:
    if not rows:
        raise PresetError(f"{where}: needs at least one row")
    bound: Fraction | None = Fraction(0)
    for at, (up_to, weight) in enumerate(rows, start=1):
        if bound is None:
            raise PresetError(f'{where}, row {at}: follows a row up to "none"')
        if up_to is not None and up_to <= bound:
            raise PresetError(f"{where}, row {at}: {shown(up_to)} is not above {shown(bound)}")
        if not 0 <= weight <= 1:
            raise PresetError(f"{where}, row {at}: weight {shown(weight)} must be between 0 and 1")
        bound = up_to
