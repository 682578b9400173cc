"""A preset's raw data: TOML in which floats are caught, and versions laid over earlier ones."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from solvent.venues.presets.fields import PresetError


def raw_preset(text: str, file: str) -> dict[str, Any]:
    """The file as TOML gives it, numbers as text. Raises PresetError for TOML errors and floats."""
    try:
        raw = tomllib.loads(text, parse_float=Float)
    except tomllib.TOMLDecodeError as error:
        raise PresetError(f"{file}: not TOML: {error}") from None
    refuse_floats(raw, file, ())
    return raw


class Float(str):
    """The text of a TOML float, so that a refusal can show it as it was written."""

    __slots__ = ()


def refuse_floats(value: object, file: str, keys: tuple[str, ...]) -> None:
    """Raises PresetError at the first float, with its path and what to write instead."""
    if isinstance(value, Float):
        raise PresetError(
            f"{file}: {'.'.join(keys)}: {value} is a TOML float, which is binary; write it as "
            f'text: "{value}"'
        )
    if isinstance(value, dict):
        for key, inner in value.items():
            refuse_floats(inner, file, (*keys, key))
    if isinstance(value, list):
        for at, inner in enumerate(value, start=1):
            label = str(at)
            if isinstance(inner, dict) and isinstance(inner.get("name"), str):
                label = inner["name"]
            refuse_floats(inner, file, (*keys, label))


def based(own: dict[str, Any], earlier: Mapping[str, dict[str, Any]], where: str) -> dict[str, Any]:
    """`own` laid over the version it is based on: tables merge, everything else replaces."""
    base = own.get("based_on")
    if base is None:
        return own
    if not isinstance(base, str) or base not in earlier:
        known = ", ".join(earlier) or "none"
        raise PresetError(f"{where}: based_on {base!r} is no earlier version; there are: {known}")
    inherited = {
        key: value for key, value in earlier[base].items() if key not in ("valid_to", "based_on")
    }
    return laid_over(inherited, own)


def laid_over(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` over `below`: tables merge key by key, everything else replaces.

    >>> laid_over({"a": {"x": 1, "y": 2}, "b": [1]}, {"a": {"y": 3}, "b": [2]})
    {'a': {'x': 1, 'y': 3}, 'b': [2]}
    """
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = (
            laid_over(under, value)
            if isinstance(under, dict) and isinstance(value, dict)
            else value
        )
    return merged
