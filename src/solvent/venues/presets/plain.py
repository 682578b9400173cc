"""A version as plain data: numbers as text, for JSON, for comparing, for pages."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from solvent.venues.preset import Version
from solvent.venues.presets.fields import shown


def plain(value: object) -> Any:
    """Dataclasses and mappings become dictionaries, numbers and dates text, tuples lists.

    >>> plain({"rate": Fraction(1, 200), "until": None, "rows": (Fraction(1, 3), True)})
    {'rate': '0.005', 'until': None, 'rows': ['1/3', True]}
    """
    if isinstance(value, Fraction):
        return shown(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [plain(inner) for inner in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    return value


def flat(version: Version) -> dict[str, str]:
    """Every figure of a version under its path: `tables.BTCUSDT.row 3.deduction` -> `16300`."""
    return dict(_paths(plain(version), ""))


def _paths(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for at, inner in enumerate(value, start=1):
            yield from _paths(inner, f"{path.removesuffix('.rows')}.row {at}")
    elif isinstance(value, list):
        if value:
            yield path, ", ".join("none" if one is None else str(one) for one in value)
    elif value is not None and value != "":
        yield (
            path,
            {True: "yes", False: "no"}.get(value, str(value))
            if isinstance(value, bool)
            else str(value),
        )
