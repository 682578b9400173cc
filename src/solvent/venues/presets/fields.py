"""The fields of a preset file: one small converter per kind of value.

A converter takes the raw TOML value and the place it stands at, and gives the value or raises a
`PresetError` that names the place. `Reader` reads one TOML table into one dataclass by a mapping
from key to converter, and refuses keys that it does not know.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from datetime import date
from difflib import get_close_matches
from fractions import Fraction
from functools import lru_cache
from typing import Any, get_args

from solvent.venues.numbers import InputError, exact, text

Converter = Callable[[object, str], Any]
NONE = "none"
LAST_YEAR = 2100

_NUMBER = re.compile(r"[+-]?\d[\d_]*(\.\d+)?([eE][+-]?\d+)?(/\d+)?")


class PresetError(InputError):
    """A preset that cannot be used: names the file, the place in it, the value and what to do."""


def shown(value: Fraction) -> str:
    """A number as a preset writes it: as decimals where they end, else as a fraction.

    >>> shown(Fraction("0.005")), shown(Fraction(1, 30))
    ('0.005', '1/30')
    """
    try:
        return text(value)
    except InputError:
        return str(value)


def nearest(name: str, known: list[str] | tuple[str, ...], what: str) -> str:
    """The end of a complaint about an unknown name: the nearest known one, or all of them.

    >>> nearest("maintainance", ["maintenance", "initial"], "keys")
    'did you mean maintenance?'
    >>> nearest("x", ["b", "a"], "keys")
    'keys: a, b'
    """
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else f"{what}: {', '.join(sorted(known))}"


def word(value: object, where: str) -> str:
    """Text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise PresetError(f"{where}: {value!r} is not text")
    return value.strip()


def listed(value: object, where: str) -> list[Any]:
    """A list of anything."""
    if not isinstance(value, list):
        raise PresetError(f"{where}: {value!r} is not a list; write [...]")
    return value


def mapping(value: object, where: str) -> dict[str, Any]:
    """A table of TOML."""
    if not isinstance(value, dict):
        raise PresetError(f"{where}: {value!r} is not a table of TOML")
    return value


def texts(value: object, where: str) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(word(one, where) for one in listed(value, where))


def number(value: object, where: str) -> Fraction:
    """An exact number, written as text or as a whole number; digits are not grouped."""
    if isinstance(value, str) and "_" in value:
        raise PresetError(f"{where}: {value!r} has an underscore; write the digits without")
    try:
        return _read(value) if isinstance(value, str) else exact(value, where)
    except InputError:
        pass  # and again, with the place in the complaint
    try:
        return exact(value, where)
    except InputError as error:
        raise PresetError(str(error)) from None


@lru_cache(maxsize=4096)
def _read(value: str) -> Fraction:
    """Tables repeat few numbers often: each is read once."""
    return exact(value, "number")


def day(value: object, where: str) -> date:
    """A date, written without quotation marks: 2025-01-31."""
    if not isinstance(value, date) or hasattr(value, "hour"):
        raise PresetError(f"{where}: {value!r} is not a date; write it bare, as 2025-01-31")
    if value.year > LAST_YEAR:
        raise PresetError(f"{where}: {value} is after {LAST_YEAR}; a preset is of rules that held")
    return value


def switch(value: object, where: str) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise PresetError(f"{where}: {value!r} is neither true nor false (no quotation marks)")
    return value


def one_of(*known: str) -> Converter:
    """One of some words."""

    def convert(value: object, where: str) -> str:
        found = word(value, where)
        if found not in known:
            raise PresetError(f"{where}: {found!r} is unknown; {nearest(found, known, 'known')}")
        return found

    return convert


def choice(literal: Any) -> Converter:
    """One of the words of a Literal type."""
    return one_of(*get_args(literal))


def optional(inner: Converter) -> Converter:
    """The same, or None for the text "none"."""

    def convert(value: object, where: str) -> Any:
        return None if value == NONE else inner(value, where)

    return convert


def row_of(inner: Converter, length: int) -> Converter:
    """A list of exactly so many."""

    def convert(value: object, where: str) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) != length:
            raise PresetError(f"{where}: {value!r} is not a list of {length}")
        return tuple(inner(one, where) for one in value)

    return convert


def parameter(value: object, where: str) -> object:
    """A value of `parameters`: numbers become fractions, "none" None, lists tuples.

    >>> parameter({"rate": "0.15", "of": "index", "grid": ["-0.1", 0]}, "here")
    {'rate': Fraction(3, 20), 'of': 'index', 'grid': (Fraction(-1, 10), Fraction(0, 1))}
    """
    if isinstance(value, dict):
        return {key: parameter(inner, f"{where}.{key}") for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(parameter(one, where) for one in value)
    if isinstance(value, bool | date):
        return value
    if isinstance(value, int):
        return Fraction(value)
    found = word(value, where)
    if found == NONE:
        return None
    return number(found, where) if _NUMBER.fullmatch(found) else found


class Reader:
    """Reads a TOML table into a dataclass: `keys` by converter, `also` the keys read elsewhere."""

    __slots__ = ("also", "keys", "kind", "required")

    def __init__(
        self, kind: type[Any], keys: Mapping[str, Converter], also: tuple[str, ...] = ()
    ) -> None:
        self.kind = kind
        self.keys = keys
        self.also = also
        self.required = [
            one.name
            for one in dataclasses.fields(kind)
            if one.name in keys
            and one.default is dataclasses.MISSING
            and one.default_factory is dataclasses.MISSING
        ]

    def read(self, raw: object, where: str, **given: Any) -> Any:
        """The dataclass; `given` are the fields that were read elsewhere."""
        given_keys = mapping(raw, where)
        known = (*self.keys, *self.also)
        for key in given_keys:
            if key not in known:
                raise PresetError(f"{where}: unknown key {key!r}; {nearest(key, known, 'keys')}")
        for key in self.required:
            if key not in given_keys:
                raise PresetError(f"{where}: {key!r} is missing")
        own = {
            key: convert(given_keys[key], f"{where}, {key}")
            for key, convert in self.keys.items()
            if key in given_keys
        }
        return self.kind(**own, **given)
