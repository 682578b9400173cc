"""Reading a preset file: TOML in, `preset.Venue` out, in exact fractions and checked.

Numbers stand in a preset as text ("0.005") or as whole numbers; a TOML float is refused, because
the file would not hold what it shows. Every complaint is a `PresetError` that names the file, the
place in it, the value and what to write. The schema is described in docs/presets.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from solvent.venues import preset
from solvent.venues.numbers import Rounding
from solvent.venues.presets.check import check_venue
from solvent.venues.presets.fields import (
    PresetError,
    Reader,
    choice,
    day,
    listed,
    mapping,
    number,
    one_of,
    optional,
    parameter,
    row_of,
    switch,
    texts,
    word,
)
from solvent.venues.presets.raw import based, raw_preset

# Tables as they stood in the text before: their raw data, and what was read.
_Known = dict[str, tuple[Any, preset.Table]]

_COLUMNS = ("up_to", "maintenance", "deduction", "max_leverage", "initial")

_SOURCE = Reader(
    preset.Source,
    {
        "title": word,
        "retrieved": day,
        "evidence": choice(preset.Evidence),
        "published": optional(day),
    },
)
_TABLE = Reader(
    preset.Table,
    {
        "shape": choice(preset.Shape),
        "source": word,
        "unit": choice(preset.Unit),
        "base": number,
        "per_size": number,
        "offset": number,
        "cap": number,
        "initial_base": optional(number),
        "initial_per_size": optional(number),
    },
    also=("columns", "rows"),
)
_INSTRUMENT = Reader(
    preset.Instrument,
    {
        "kind": choice(preset.Kind),
        "base": word,
        "quote": word,
        "settle": word,
        "tick": number,
        "lot": number,
        "source": word,
        "contract_size": number,
        "multiplier": number,
        "table": word,
        "taker_fee": number,
        "liquidation_fee": optional(number),
        "fee_source": word,
        "max_leverage": optional(number),
        "funding_interval_hours": optional(number),
        "expiry": optional(day),
    },
)
_COLLATERAL = Reader(preset.Collateral, {"source": word}, also=("rows",))
_RATIO = Reader(
    preset.Ratio,
    {
        "name": word,
        "formula": word,
        "liquidates_at": number,
        "rises": switch,
        "warns_at": optional(number),
    },
)
_RULES = Reader(
    preset.Rules,
    {
        "source": word,
        "modes": texts,
        "maintenance": choice(preset.Basis),
        "initial": choice(preset.Basis),
        "closing_fee": choice(preset.ClosingFee),
        "strict": switch,
        "initial_includes_close_fee": switch,
        "liquidation_rounding": row_of(one_of(*get_args(Rounding)), 2),
        "bankruptcy_rounding": row_of(one_of(*get_args(Rounding)), 2),
        "display_step": optional(number),
        "positive_profit_counts": switch,
        "order_loss_counts": switch,
        "fee_price": choice(preset.FeePrice),
        "cross_split": one_of("none", "value"),
        "isolated_initial": optional(choice(preset.Basis)),
        "cross_maintenance": optional(choice(preset.Basis)),
        "cross_closing_fee": optional(choice(preset.ClosingFee)),
        "both_sides": switch,
        "on_liquidation": choice(preset.OnLiquidation),
        "on_liquidation_source": word,
    },
    also=("ratio",),
)
_VERSION = Reader(
    preset.Version,
    {
        "name": word,
        "valid_from": day,
        "valid_to": optional(day),
        "status": choice(preset.Status),
        "missing": texts,
        "readings": texts,
    },
    also=(
        "based_on",
        "defaults",
        "sources",
        "rules",
        "tables",
        "instruments",
        "collateral",
        "parameters",
    ),
)
_VENUE = Reader(
    preset.Venue,
    {"name": word, "title": word, "family": choice(preset.Family), "aliases": texts},
    also=("version",),
)


def load(path: Path) -> preset.Venue:
    """The venue of one file. Raises PresetError: file, place, value, reason.

    >>> from solvent.venues.presets.catalogue import folder
    >>> load(folder() / "binance-usdm.toml").title
    'Binance USD-M futures'
    """
    try:
        return loads(path.read_text(encoding="utf-8"), path.name)
    except OSError as error:
        raise PresetError(f"{path}: cannot be read ({error.strerror})") from None


def loads(text: str, file: str) -> preset.Venue:
    """The venue of a preset's text; `file` is the name used in complaints."""
    return venue_of(raw_preset(text, file), file)


def venue_of(raw: dict[str, Any], file: str) -> preset.Venue:
    """The venue of a preset's raw data, checked."""
    versions = raw.get("version")
    if not isinstance(versions, list) or not versions:
        raise PresetError(f"{file}: has no [[version]]; a venue needs at least one dated version")
    name = word(raw.get("name", ""), f"{file}: name")
    read: list[preset.Version] = []
    seen: dict[str, dict[str, Any]] = {}
    known: _Known = {}
    for at, one in enumerate(versions, start=1):
        if not isinstance(one, dict):
            raise PresetError(f"{file}: version {at} is {one!r}; write it as [[version]]")
        where = f"{file}: version {one.get('name', at)}"
        whole = based(one, seen, where)
        read.append(_version(name, whole, where, known))
        if read[-1].name in seen:
            raise PresetError(f"{where}: name {read[-1].name!r} is used twice; name each version")
        seen[read[-1].name] = whole
    venue: preset.Venue = _VENUE.read(raw, file, versions=tuple(read))
    check_venue(venue, file)
    return venue


def _version(venue: str, raw: dict[str, Any], where: str, known: _Known) -> preset.Version:
    """A table that a later text takes over unchanged is the same object: it is read once."""
    tables: dict[str, preset.Table] = {}
    for name, one in _group(raw, "tables", where).items():
        if name not in known or known[name][0] != one:
            known[name] = (one, _table(name, one, f"{where}, table {name}"))
        tables[name] = known[name][1]
    defaults = _group(raw, "defaults", where)
    parameters = {
        name: parameter(one, f"{where}, parameters.{name}")
        for name, one in _group(raw, "parameters", where).items()
    }
    found: preset.Version = _VERSION.read(
        raw,
        where,
        venue=venue,
        sources={
            key: _SOURCE.read(one, f"{where}, source {key}", key=key)
            for key, one in _group(raw, "sources", where).items()
        },
        rules=_rules(raw.get("rules"), where),
        tables=tables,
        instruments={
            symbol: _instrument(symbol, defaults, one, tables, where)
            for symbol, one in _group(raw, "instruments", where).items()
        },
        collateral={
            asset: _collateral(asset, one, f"{where}, collateral {asset}")
            for asset, one in _group(raw, "collateral", where).items()
        },
        parameters=parameters,
    )
    return found


def _group(raw: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    return mapping(raw.get(key, {}), f"{where}, {key}")


def _rules(raw: Any, where: str) -> preset.Rules | None:
    if raw is None:
        return None
    place = f"{where}, rules"
    ratio = mapping(raw, place).get("ratio")
    found = None if ratio is None else _RATIO.read(ratio, f"{place}.ratio")
    rules: preset.Rules = _RULES.read(raw, place, ratio=found)
    return rules


def _instrument(
    symbol: str,
    defaults: Mapping[str, Any],
    own: Any,
    tables: Mapping[str, preset.Table],
    where: str,
) -> preset.Instrument:
    """An instrument without `table` takes the table of its own name, where there is one."""
    place = f"{where}, instrument {symbol}"
    raw = {**defaults, **mapping(own, place)}
    if "table" not in raw and symbol in tables:
        raw["table"] = symbol
    found: preset.Instrument = _INSTRUMENT.read(raw, place, symbol=symbol)
    return found


def _table(name: str, raw: Any, where: str) -> preset.Table:
    rows: list[preset.TierRow] = []
    given = mapping(raw, where)
    columns = listed(given.get("columns", list(_COLUMNS[:2])), f"{where}, columns")
    named = [one_of(*_COLUMNS)(column, f"{where}, columns") for column in columns]
    for key in ("up_to", "maintenance"):
        if key not in named:
            raise PresetError(f"{where}: columns {named} lack {key!r}; every row needs it")
    for at, cells in enumerate(listed(given.get("rows", []), f"{where}, rows"), start=1):
        place = f"{where}, row {at}"
        if not isinstance(cells, list) or len(cells) != len(named):
            raise PresetError(
                f"{place}: {cells!r} does not fit the columns {', '.join(named)}; "
                'write "none" where there is no number'
            )
        cell = dict(zip(named, cells, strict=True))
        rows.append(
            preset.TierRow(
                up_to=optional(number)(cell["up_to"], f"{place}, up_to"),
                maintenance=number(cell["maintenance"], f"{place}, maintenance"),
                **{
                    key: optional(number)(cell.get(key, "none"), f"{place}, {key}")
                    for key in _COLUMNS[2:]
                },
            )
        )
    table: preset.Table = _TABLE.read(raw, where, name=name, rows=tuple(rows))
    return table


def _collateral(asset: str, raw: Any, where: str) -> preset.Collateral:
    pairs = listed(mapping(raw, where).get("rows", []), f"{where}, rows")
    rows = []
    for at, cells in enumerate(pairs, start=1):
        place = f"{where}, row {at}"
        if not isinstance(cells, list) or len(cells) != 2:
            raise PresetError(f'{place}: {cells!r} is not a pair ["up to or none", "weight"]')
        bound = optional(number)(cells[0], f"{place}, up to")
        rows.append((bound, number(cells[1], f"{place}, weight")))
    found: preset.Collateral = _COLLATERAL.read(raw, where, asset=asset, rows=tuple(rows))
    return found
