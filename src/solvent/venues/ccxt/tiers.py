"""Maintenance tables from ccxt's `fetchLeverageTiers`.

ccxt gives for each symbol a list of {tier, minNotional, maxNotional, maintenanceMarginRate,
maxLeverage, info}. What `maxNotional` counts differs by venue (OKX: contracts), and so does the
arithmetic (a deduction, or the row's rate on the whole); both come from the venue's preset. A
deduction printed in `info` is taken and checked, else the one that keeps the requirement
continuous.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Literal

from solvent.venues.ccxt.payload import decimal_of
from solvent.venues.numbers import InputError
from solvent.venues.preset import Instrument, Shape, Source, Table, TierRow, Version
from solvent.venues.presets.check import check_table
from solvent.venues.presets.fields import PresetError

SOURCE = "ccxt-tiers"
# The venue's name of the deduction in `info`.
DEDUCTIONS = ("cum", "mmDeduction", "deduction")
Unit = Literal["notional", "size", "contracts"]


def tier_table(
    symbol: str,
    tiers: Sequence[Mapping[str, object]],
    shape: Shape = "deduction",
    unit: Unit = "notional",
) -> Table:
    """The table of one symbol. Raises InputError naming symbol, row, value where it cannot be.

    >>> rows = [{"minNotional": 0.0, "maxNotional": 50000.0, "maintenanceMarginRate": 0.004,
    ...          "maxLeverage": 125.0, "info": {"cum": "0.0"}},
    ...         {"minNotional": 50000.0, "maxNotional": 250000.0, "maintenanceMarginRate": 0.005,
    ...          "maxLeverage": 100.0, "info": {"cum": "50.0"}}]
    >>> tier_table("BTC/USDT:USDT", rows).rows[1].deduction
    Fraction(50, 1)
    """
    rows: list[TierRow] = []
    before = Fraction(0)
    for number, tier in enumerate(tiers, start=1):
        where = f"tiers of {symbol}, row {number}"
        row, start = _row(tier, where, shape)
        if start is not None and start < before:
            raise InputError(
                f"{where}: minNotional {start} is below {before}, the end of the row before; "
                "the rows overlap"
            )
        rows.append(row)
        before = row.up_to or before
    table = Table(symbol, shape, SOURCE, unit, tuple(rows))
    try:
        check_table(table, f"tiers of {symbol}")
    except PresetError as error:
        raise InputError(str(error)) from None
    return table


def _row(tier: Mapping[str, object], where: str, shape: Shape) -> tuple[TierRow, Fraction | None]:
    numbers: dict[str, Fraction | None] = {}
    for key in ("minNotional", "maxNotional", "maintenanceMarginRate", "maxLeverage"):
        try:
            numbers[key] = decimal_of(tier.get(key), f"{where}, {key}")
        except InputError:
            raise InputError(
                f"{where}: {key} {tier.get(key)!r} is not a number; ccxt did not parse it; "
                "correct the row or leave the symbol out"
            ) from None
    rate = numbers["maintenanceMarginRate"]
    if rate is None:
        raise InputError(f"{where}: maintenanceMarginRate is missing")
    if rate > 1:
        raise InputError(
            f"{where}: maintenanceMarginRate {rate} is above 1; give a share, 0.5 % is 0.005"
        )
    info = tier.get("info")
    deduction = None
    if shape == "deduction" and isinstance(info, Mapping):
        for key in DEDUCTIONS:
            if info.get(key) not in (None, ""):
                deduction = decimal_of(info[key], f"{where}, {key}")
                break
    return TierRow(numbers["maxNotional"], rate, deduction, numbers["maxLeverage"]), numbers[
        "minNotional"
    ]


def refreshed(
    version: Version, tables: Mapping[str, Table], instruments: Mapping[str, Instrument], at: date
) -> Version:
    """The version with these tables, by symbol of the instrument, as read on a day."""
    if not tables:
        return replace(version, instruments={**version.instruments, **instruments})
    source = Source(SOURCE, "ccxt fetchLeverageTiers, as given by the caller", at, "copy")
    listed = {**version.instruments, **instruments}
    for symbol in tables:
        listed[symbol] = replace(listed[symbol], table=f"ccxt {symbol}")
    return replace(
        version,
        name=f"{version.name}+tiers",
        sources={**version.sources, SOURCE: source},
        tables={**version.tables, **{f"ccxt {name}": one for name, one in tables.items()}},
        instruments=listed,
    )
