"""Pages of the venues, written from their presets when the documentation is built.

`conf.py` calls `write_pages`; nothing that it writes is committed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from venue_formulas import block, formulas, schedule

from solvent.venues.preset import Instrument, Table, Venue, Version
from solvent.venues.presets.catalogue import names, venue
from solvent.venues.presets.difference import by_section, difference, shared
from solvent.venues.presets.rule_wording import rule_lines
from solvent.venues.presets.wording import (
    EVIDENCE,
    amount,
    group_lines,
    key_words,
    rate,
    records,
    source_words,
    span,
    table_rows,
    table_words,
)

CODE = re.compile(r"((?:\{\w+\})?`[^`]*`)")

FAMILIES = {
    "perpetual": "Futures and perpetuals",
    "options": "Options",
    "portfolio": "Portfolio margin",
    "spot-margin": "Spot margin",
    "lending": "Lending",
}


def write_pages(folder: Path) -> None:
    """One page per venue and an index, under `folder`; untouched where nothing changed."""
    folder.mkdir(exist_ok=True)
    every = [venue(name) for name in names()]
    pages = {f"{one.name}.md": page(one) for one in every} | {"index.md": index(every)}
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in folder.glob("*.md"):
        if path.name not in pages:
            path.unlink()


def index(every: list[Venue]) -> str:
    """The page that lists the venues by family."""
    parts = [
        "# Venues",
        "The rules Solvent knows, from dated presets. Each page is written from the preset itself: "
        "formula, tables, dates, sources, and what the venue does not publish. "
        "How to add one: {doc}`../presets`.",
    ]
    for family, title in FAMILIES.items():
        own = [one for one in every if one.family == family]
        if not own:
            continue
        rows = [
            [
                f"{{doc}}`{one.title} <{one.name}>`",
                f"`{one.name}`",
                ", ".join(each.name for each in one.versions),
                one.versions[-1].status,
            ]
            for one in own
        ]
        parts += [f"## {title}", grid(["venue", "name", "versions", "status"], rows)]
    listed = "\n".join(one.name for one in every)
    parts.append(f"```{{toctree}}\n:hidden:\n\n{listed}\n```")
    return "\n\n".join(parts) + "\n"


def page(one: Venue) -> str:
    """The page of a venue: its versions, newest first."""
    known = f", also {', '.join(f'`{alias}`' for alias in one.aliases)}" if one.aliases else ""
    parts = [f"# {one.title}", f"`{one.name}`{known}. {FAMILIES[one.family]}."]
    newest_first = list(reversed(one.versions))
    for at, version in enumerate(newest_first):
        older = newest_first[at + 1] if at + 1 < len(newest_first) else None
        parts += version_parts(one, version, older)
    return "\n\n".join(part for part in parts if part) + "\n"


def version_parts(owner: Venue, version: Version, older: Version | None) -> list[str]:
    """A version: formula, switches, instruments, tables, parameters, gaps, readings, sources."""
    parts = [f"## {version.name}", f"`{version.label}`, valid {span(version)}."]
    parts += formulas(owner, version)
    if version.rules is not None:
        lines = rule_lines(version.rules, priced=owner.family != "lending")
        parts.append(
            grid(
                ["rule", f"source: {cited(version, version.rules.source)}"],
                [list(x) for x in lines],
            )
        )
    if version.instruments:
        parts += ["### Instruments", instruments(version)]
    for table in version.tables.values():
        parts += [f"### Table {table.name}", table_part(version, table)]
    for asset in version.collateral.values():
        rows = [["no limit" if up is None else amount(up), rate(w)] for up, w in asset.rows]
        parts += [
            f"### Collateral {asset.asset}",
            f"Source: {cited(version, asset.source)}.",
            grid(["up to", "weight"], rows),
        ]
    for name, group in version.parameters.items():
        parts += [f"### Parameters: {name.replace('_', ' ')}", *group_parts(version, group)]
    if version.missing:
        parts += ["### What is not public", bullets(version.missing)]
    if version.readings:
        parts += ["### Where sources differ", bullets(version.readings)]
    parts += [f"({anchor(version)})=\n### Sources", sources(version)]
    if older is not None:
        parts += [f"### What changed since {older.name}", changes(older, version)]
    return parts


def instruments(version: Version) -> str:
    """The table of a version's instruments."""
    headings = ["symbol", "kind", "settles in", "tick", "lot", "contract", "taker fee"]
    headings += ["liquidation fee", "max leverage", "source"]
    return grid(headings, [_instrument(version, one) for one in version.instruments.values()])


def _instrument(version: Version, one: Instrument) -> list[str]:
    read = cited(version, one.source)
    if one.fee_source and one.fee_source != one.source:
        read += f"; fees: {cited(version, one.fee_source)}"
    return [
        f"`{one.symbol}`",
        one.kind,
        one.settle,
        amount(one.tick),
        amount(one.lot),
        amount(one.contract_size),
        rate(one.taker_fee),
        rate(one.liquidation_fee) if one.liquidation_fee else "",
        f"{amount(one.max_leverage)}x" if one.max_leverage else "",
        read,
    ]


def table_part(version: Version, table: Table) -> str:
    """A maintenance schedule: its formula, and its rows where it has some."""
    words = f"{table_words(table).capitalize()}. Source: {cited(version, table.source)}."
    headings, cells = table_rows(table)
    parts = [words, block(schedule(table))]
    return "\n\n".join([*parts, grid(headings, cells)] if cells else parts)


def group_parts(version: Version, group: object) -> list[str]:
    """A group of parameters: a table where its entries are alike, else pairs."""
    key = str(group.get("source", "")) if isinstance(group, Mapping) else ""
    named = f"Source: {cited(version, key)}." if key else ""
    alike = records(group)
    if alike is None or not isinstance(group, Mapping):
        return [named, pairs(group_lines(group))]
    rest = {key: one for key, one in group.items() if not isinstance(one, Mapping)}
    return [named, pairs(group_lines(rest)), grid(*alike)]


def anchor(version: Version) -> str:
    """The name of a version's table of sources, over all pages."""
    return f"sources-{version.venue}-{version.name}".replace(".", "-").lower()


def cited(version: Version, key: str) -> str:
    """A source's key as a link to the table of sources."""
    return f"{{ref}}`{source_words(version, key)} <{anchor(version)}>`"


def sources(version: Version) -> str:
    """The sources of a version: title, dates, class of evidence."""
    rows = [
        [key, one.title, str(one.published or ""), str(one.retrieved), EVIDENCE[one.evidence]]
        for key, one in version.sources.items()
    ]
    return grid(["key", "title", "published", "read", "evidence"], rows)


def changes(older: Version, version: Version) -> str:
    """The figures that differ from the version before."""
    both, lost, new = shared(difference(older, version), older, version)
    rows = [[spaced(part), "whole", "there", "-"] for part in lost]
    rows += [[spaced(part), "whole", "-", "there"] for part in new]
    rows += [
        [spaced(section), key_words(spaced(one.what)), one.before or "-", one.after or "-"]
        for section, group in by_section(both).items()
        for one in group
    ]
    return grid(["part", "figure", older.name, version.name], rows) if rows else "No figure."


def spaced(name: str) -> str:
    """A key of a preset as words."""
    return name.replace(".", " ").replace("_", " ")


def pairs(lines: list[tuple[str, str]]) -> str:
    """Names and values as a table; nothing where there are none."""
    return grid(["parameter", "value"], [list(pair) for pair in lines]) if lines else ""


def bullets(sentences: tuple[str, ...]) -> str:
    """Sentences as a list."""
    return "\n".join(f"- {escaped(one)}" for one in sentences)


def grid(headings: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(
        "| " + " | ".join(escaped(cell) or " " for cell in line) + " |" for line in lines
    )


def escaped(cell: str) -> str:
    """Text that means itself in a table of Markdown; code and cross references stay."""
    if cell.startswith("---"):
        return cell
    parts = CODE.split(cell)
    for at in range(0, len(parts), 2):
        for mark in ("\\", "|", "*", "_", "<", "[", "$", "~"):
            parts[at] = parts[at].replace(mark, f"\\{mark}")
    return "".join(parts)
