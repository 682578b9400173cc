"""Venues in a terminal: the list, one version, what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from solvent.venues.preset import Instrument, Table, Venue, Version
from solvent.venues.presets.difference import Change, by_section, shared
from solvent.venues.presets.rule_wording import rule_lines
from solvent.venues.presets.wording import (
    EVIDENCE,
    amount,
    group_lines,
    rate,
    records,
    source_words,
    span,
    table_rows,
    table_words,
)

# Columns of a terminal in which the titles fit.
WIDE = 110


def _console() -> Console:
    return Console(highlight=False, soft_wrap=False)


def _grid(*headings: str, right: tuple[int, ...] = ()) -> Grid:
    grid = Grid(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for at, heading in enumerate(headings):
        grid.add_column(heading, justify="right" if at in right else "left", overflow="fold")
    return grid


def print_list(found: list[dict[str, Any]]) -> None:
    """The table of venues; titles where the terminal is wide enough for them."""
    console = _console()
    wide = console.width >= WIDE
    headings = ["name", "title", "family", "versions", "status", "instruments", "sources"]
    if not wide:
        headings = ["name", "family", "versions", "status", "instr.", "sources"]
    grid = _grid(*headings, right=(len(headings) - 2, len(headings) - 1))
    for column in grid.columns:
        column.no_wrap = column.header in ("name", "family", "status")
    for told in found:
        cells = [
            told["name"],
            told["family"],
            ", ".join(told["versions"]),
            told["status"],
            str(len(told["instruments"]) or "-"),
            str(told["sources"]),
        ]
        if wide:
            cells.insert(1, told["title"])
        grid.add_row(*cells)
    console.print(grid)
    console.print(f"\n{len(found)} venues. The rules of one: solvent venues show NAME[@VERSION]")


def print_version(owner: Venue, found: Version, limit: int | None) -> None:
    """All of a version; of each table the first `limit` rows and the last."""
    console = _console()
    console.print(f"[bold]{escape(owner.title)}[/]  {found.label}, {span(found)}")
    others = [one.name for one in owner.versions if one.name != found.name]
    if others:
        console.print(f"other versions: {', '.join(others)}")
    if owner.aliases:
        console.print(f"also known as: {', '.join(owner.aliases)}")
    if found.rules is not None:
        _heading(console, "Rules", found.rules.source)
        _pairs(console, rule_lines(found.rules, priced=owner.family != "lending"))
    if found.instruments:
        _heading(console, "Instruments")
        console.print(_instruments(found))
        _pairs(console, _read_in(found))
    for table in found.tables.values():
        _heading(console, f"Table {table.name}", table.source)
        _print_table(console, table, limit)
    for asset in found.collateral.values():
        _heading(console, f"Collateral {asset.asset}", asset.source)
        _print_collateral(console, asset.rows)
    for name, group in found.parameters.items():
        source = group.get("source", "") if isinstance(group, Mapping) else ""
        _heading(console, f"Parameters: {name.replace('_', ' ')}", str(source))
        _print_group(console, group)
    _sentences(console, "Not public", found.missing)
    _sentences(console, "Where sources differ", found.readings)
    _heading(console, "Sources")
    told = []
    for key, source in found.sources.items():
        dated = f"published {source.published}, " if source.published else ""
        read = f"{dated}read {source.retrieved}; {EVIDENCE[source.evidence]}"
        told.append((key, f"{source.title} ({read})"))
    _pairs(console, told)


def _heading(console: Console, title: str, source: str = "") -> None:
    note = f" [dim](source: {source})[/]" if source else ""
    console.print(f"\n[bold]{escape(title)}[/]{note}")


def _pairs(console: Console, pairs: list[tuple[str, str]]) -> None:
    grid = Grid.grid(padding=(0, 2))
    grid.add_column(overflow="fold")
    grid.add_column(overflow="fold")
    for name, words in pairs:
        grid.add_row(f"  {escape(name)}", escape(words))
    console.print(grid)


def _instruments(found: Version) -> Grid:
    told: list[tuple[str, Callable[[Instrument], str]]] = [
        ("symbol", lambda one: one.symbol),
        ("kind", lambda one: one.kind),
        ("settles", lambda one: one.settle),
        ("tick", lambda one: amount(one.tick)),
        ("lot", lambda one: amount(one.lot)),
        ("contract", lambda one: amount(one.contract_size)),
        ("taker fee", lambda one: rate(one.taker_fee)),
        ("liq. fee", lambda one: rate(one.liquidation_fee)),
        ("max", lambda one: f"{amount(one.max_leverage)}x" if one.max_leverage else ""),
        ("expiry", lambda one: str(one.expiry or "")),
    ]
    every = list(found.instruments.values())
    kept = [column for column in told if any(column[1](one) for one in every)]
    grid = _grid(*(heading for heading, _ in kept))
    for one in every:
        grid.add_row(*(tell(one) for _, tell in kept))
    grid.columns[0].no_wrap = True
    return grid


def _read_in(found: Version) -> list[tuple[str, str]]:
    """Which source each instrument was read in, and its fees."""
    places: dict[str, list[str]] = {}
    for one in found.instruments.values():
        read = f"source {source_words(found, one.source)}"
        places.setdefault(read, []).append(one.symbol)
        if one.fee_source and one.fee_source != one.source:
            fees = f"fees: source {source_words(found, one.fee_source)}"
            places.setdefault(fees, []).append(one.symbol)
    return [(key, ", ".join(symbols)) for key, symbols in places.items()]


def _print_table(console: Console, table: Table, limit: int | None) -> None:
    console.print(f"  {table_words(table)}")
    headings, cells = table_rows(table)
    if not cells:
        return
    grid = _grid(*headings, right=tuple(range(len(headings))))
    shown = cells if limit is None or len(cells) <= limit + 2 else [*cells[:limit], cells[-1]]
    for at, row in enumerate(shown):
        if len(shown) < len(cells) and at == limit:
            grid.add_row("...", *("" for _ in headings[1:]))
        grid.add_row(*row)
    console.print(grid)
    if len(shown) < len(cells):
        console.print(f"  {len(cells)} rows; all of them: --all-rows")


def _print_collateral(console: Console, rows: tuple[tuple[Any, Any], ...]) -> None:
    grid = _grid("up to", "weight", right=(0, 1))
    for bound, weight in rows:
        grid.add_row("no limit" if bound is None else amount(bound), rate(weight))
    console.print(grid)


def _print_group(console: Console, group: object) -> None:
    alike = records(group)
    if alike is None or not isinstance(group, Mapping):
        _pairs(console, group_lines(group))
        return
    rest = {key: one for key, one in group.items() if not isinstance(one, Mapping)}
    _pairs(console, group_lines(rest))
    headings, rows = alike
    grid = _grid(*headings, right=tuple(range(1, len(headings))))
    for row in rows:
        grid.add_row(
            *(f"  {escape(cell)}" if at == 0 else escape(cell) for at, cell in enumerate(row))
        )
    console.print(grid)


def _sentences(console: Console, title: str, sentences: tuple[str, ...]) -> None:
    if not sentences:
        return
    _heading(console, title)
    _pairs(console, [("-", one) for one in sentences])


def print_difference(one: Version, other: Version, changes: tuple[Change, ...]) -> None:
    """The figures that differ, by the part of the preset they stand in."""
    console = _console()
    console.print(f"[bold]{one.label}[/], {span(one)}  ->  [bold]{other.label}[/], {span(other)}")
    if not changes:
        console.print("no figure differs")
        return
    both, lost, new = shared(changes, one, other)
    for version, sections in ((one, lost), (other, new)):
        if sections:
            told = ", ".join(section.replace(".", " ") for section in sections)
            _pairs(console, [(f"only in {version.label}", told)])
    for section, group in by_section(both).items():
        _heading(console, section.replace(".", " "))
        grid = _grid("what", one.label, other.label, right=(1, 2))
        for change in group:
            grid.add_row(
                f"  {change.what.replace('.', ' ').replace('_', ' ')}",
                escape("-" if change.before is None else change.before),
                escape("-" if change.after is None else change.after),
            )
        console.print(grid)
    count = len(changes)
    console.print(f"\n{count} figure{'s' if count != 1 else ''} differ{'s' if count == 1 else ''}")
