"""`solvent venues`: which venues there are, what their rules say, what changed between two."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from solvent.cli.errors import plain_errors

if TYPE_CHECKING:
    from solvent.venues.preset import Venue, Version

ROWS = 12

Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Folder = Annotated[
    Path | None, typer.Option(help="A folder of your own presets (or: SOLVENT_VENUES).")
]

venues = typer.Typer(
    name="venues",
    help="The venues whose rules Solvent knows: list, show, diff.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@venues.callback()
def listing(context: typer.Context, as_json: Json = False, folder: Folder = None) -> None:
    """The venues whose rules Solvent knows: list, show, diff."""
    if context.invoked_subcommand is None:
        _show_list(as_json, folder)


@venues.command("list")
def list_(as_json: Json = False, folder: Folder = None) -> None:
    """All venues; the same as `solvent venues` alone."""
    _show_list(as_json, folder)


def _show_list(as_json: bool, folder: Path | None) -> None:
    with plain_errors():
        from solvent.venues.presets.catalogue import names, venue

        found = [venue(name, folder) for name in names(folder)]
        if as_json:
            typer.echo(json.dumps([_summary(one) for one in found], indent=2))
        else:
            from solvent.cli.venue_text import print_list

            print_list([_summary(one) for one in found])


@venues.command()
def show(
    name: Annotated[str, typer.Argument(help="Venue, or venue@version.")],
    as_json: Json = False,
    all_rows: Annotated[bool, typer.Option(help="Every row of every table.")] = False,
    folder: Folder = None,
) -> None:
    """Rules, tables and sources of a version (default: the newest live one)."""
    with plain_errors():
        from solvent.venues.presets.catalogue import venue, version
        from solvent.venues.presets.plain import plain

        found = version(name, own=folder)
        if as_json:
            typer.echo(json.dumps(plain(found), indent=2))
        else:
            from solvent.cli.venue_text import print_version

            print_version(venue(found.venue, folder), found, None if all_rows else ROWS)


@venues.command()
def diff(
    before: Annotated[str, typer.Argument(help="Venue, or venue@version.")],
    after: Annotated[str, typer.Argument(help="The other.")],
    sources: Annotated[bool, typer.Option(help="Sources and sentences too.")] = False,
    as_json: Json = False,
    folder: Folder = None,
) -> None:
    """What is different between two versions, or two venues."""
    with plain_errors():
        from solvent.venues.presets.catalogue import version
        from solvent.venues.presets.difference import difference
        from solvent.venues.presets.plain import plain

        one, other = version(before, own=folder), version(after, own=folder)
        changes = difference(one, other, sources=sources)
        if as_json:
            told = {"before": one.label, "after": other.label, "changes": plain(changes)}
            typer.echo(json.dumps(told, indent=2))
        else:
            from solvent.cli.venue_text import print_difference

            print_difference(one, other, changes)


def _summary(found: Venue) -> dict[str, Any]:
    newest = _newest(found)
    return {
        "name": found.name,
        "title": found.title,
        "family": found.family,
        "aliases": list(found.aliases),
        "versions": [one.name for one in found.versions],
        "newest": newest.name,
        "status": newest.status,
        "instruments": sorted(newest.instruments),
        "sources": len({one.title for each in found.versions for one in each.sources.values()}),
        "missing": list(newest.missing),
    }


def _newest(found: Venue) -> Version:
    live = [one for one in found.versions if one.status == "live"]
    return (live or list(found.versions))[-1]
