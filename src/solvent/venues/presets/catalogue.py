"""The venues there are: those shipped, and those in a folder of one's own.

A venue is one TOML file, named after it. Only the file asked for is read. A folder of one's own is
given as an argument or in the environment variable SOLVENT_VENUES; a file there takes precedence
over a shipped one of the same name.
"""

from __future__ import annotations

import os
import re
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from solvent.venues.preset import Venue, Version
from solvent.venues.presets.fields import PresetError
from solvent.venues.presets.load import load

VARIABLE = "SOLVENT_VENUES"

_ALIASES = re.compile(r"^aliases\s*=\s*\[(.*?)\]", re.MULTILINE | re.DOTALL)
_QUOTED = re.compile(r'"([^"]+)"')


def folder() -> Path:
    """Where the shipped presets lie."""
    return Path(__file__).parent


def names(own: Path | str | None = None) -> tuple[str, ...]:
    """The names of all venues, sorted.

    >>> "binance-usdm" in names()
    True
    """
    return tuple(sorted(_files(own)))


def aliases(own: Path | str | None = None) -> dict[str, str]:
    """Other names -> the venue's name ("binance" -> "binance-usdm")."""
    found: dict[str, str] = {}
    for name, path in _files(own).items():
        listed = _ALIASES.search(_head(path))
        for alias in _QUOTED.findall(listed.group(1)) if listed else ():
            found[alias] = name
    return found


def venue(name: str, own: Path | str | None = None) -> Venue:
    """The venue of that name or alias. Raises PresetError, with the nearest name, if there is none.

    Capitals, blanks and underscores do not matter.

    >>> venue("binance").name, venue("Kraken_Futures").name
    ('binance-usdm', 'kraken-futures')
    """
    files = _files(own)
    wanted = name.strip().lower().replace("_", "-").replace(" ", "-")
    path = files.get(wanted)
    if path is None:
        other = aliases(own)
        if wanted not in other:
            raise PresetError(
                f"venue {name!r} is unknown{suggestion(wanted, own)} (`solvent venues` lists them)"
            )
        path = files[other[wanted]]
    return _read(path, path.stat().st_mtime_ns)


def suggestion(wanted: str, own: Path | str | None = None) -> str:
    """The end of a complaint about an unknown venue: the nearest one; "" where none is near.

    >>> suggestion("okxx"), suggestion("binanse"), suggestion("nope")
    ('; did you mean okx?', '; did you mean binance-usdm?', '')
    """
    other = aliases(own)
    close = get_close_matches(wanted.lower(), [*_files(own), *other], n=1)
    return f"; did you mean {other.get(close[0], close[0])}?" if close else ""


def version(name: str, *, at: date | None = None, own: Path | str | None = None) -> Version:
    """A version of a venue: `"okx"` the newest live one, `"bybit@2024"` by name, or by date `at`.

    Where no version is live, the newest. A name may be cut short where only one version begins so.
    Raises PresetError where there is none.

    >>> version("binance-usdm").status
    'live'
    """
    base, _, wanted = name.partition("@")
    found = venue(base, own)
    listed = ", ".join(one.name for one in found.versions)
    if wanted and at is not None:
        raise PresetError(f"{name!r} names a version; give that or a date, not both")
    if wanted:
        fitting = [one for one in found.versions if one.name == wanted] or [
            one for one in found.versions if one.name.startswith(wanted)
        ]
        if len(fitting) != 1:
            what = "is not one" if not fitting else "fits several"
            raise PresetError(f"{found.name}: version {wanted!r} {what}; there are: {listed}")
        return fitting[0]
    if at is not None:
        valid = [
            one
            for one in found.versions
            if one.valid_from <= at and (one.valid_to is None or at < one.valid_to)
        ]
        if not valid:
            spans = ", ".join(
                f"{one.name} from {one.valid_from}"
                + (f" to {one.valid_to}" if one.valid_to else "")
                for one in found.versions
            )
            raise PresetError(f"{found.name}: no version was valid on {at}; there are: {spans}")
        return valid[-1]
    live = [one for one in found.versions if one.status == "live"]
    return (live or list(found.versions))[-1]


def _files(own: Path | str | None) -> dict[str, Path]:
    """Name -> file, one's own folder over the shipped one."""
    found = {path.stem: path for path in folder().glob("*.toml")}
    chosen = own if own is not None else os.environ.get(VARIABLE)
    if chosen:
        extra = Path(chosen)
        if not extra.is_dir():
            raise PresetError(f"{chosen}: not a folder of presets; put NAME.toml files there")
        found |= {path.stem: path for path in extra.glob("*.toml")}
    return found


@lru_cache(maxsize=512)
def _head_of(path: Path, changed: int) -> str:
    with path.open(encoding="utf-8") as file:
        return file.read(2000)


def _head(path: Path) -> str:
    """The beginning of the file, where the venue's own keys stand before its first version."""
    return _head_of(path, path.stat().st_mtime_ns).partition("[[version]]")[0]


@lru_cache(maxsize=64)
def _read(path: Path, changed: int) -> Venue:
    found = load(path)
    if found.name != path.stem:
        raise PresetError(f"{path.name}: name {found.name!r} must be the file's, {path.stem!r}")
    return found
