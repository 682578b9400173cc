"""Two legs of one symbol whose inputs stand in one object: size_long, entry_short, long_mmr.

Binance's own symbols of its liquidation price formula are read so too: Position1LONG, EP1SHORT,
cumL, MMR_S.
"""

from __future__ import annotations

import re
from typing import Any

from solvent.venues.cases.aliases import snake
from solvent.venues.cases.registry import LEGS, Inputs

_SUFFIX = re.compile(r"^(?P<word>.+)_(?P<leg>long|short)$")
_LETTER = re.compile(r"^(?P<word>cum|mmr)_?(?P<leg>l|s)$")
_PREFIX = re.compile(r"^(?P<leg>long|short)_(?P<word>.+)$")
_LETTERS = {"l": "long", "s": "short"}
_NUMBERED = re.compile(r"^(position|ep)1$")


def flat_legs(inputs: Inputs) -> list[Inputs]:
    """The long and the short leg given so; empty where neither has a size of its own."""
    found: dict[str, dict[str, Any]] = {leg: {"side": leg} for leg in LEGS}
    spelled: dict[str, list[str]] = {leg: [] for leg in LEGS}
    for name, value in inputs.values.items():
        split = _split(snake(name))
        if split is None or value is None or isinstance(value, dict | list):
            continue
        leg, word = split
        found[leg][word] = value
        spelled[leg].append(name)
    legs = []
    for leg in LEGS:
        part = Inputs(inputs.case, found[leg], f"{inputs.where}{leg}.", set(), inputs.notes)
        if part.given("size") or part.given("contracts"):
            inputs.used.update(inputs.where + name for name in spelled[leg])
            legs.append(part)
    return legs


def _split(name: str) -> tuple[str, str] | None:
    """The leg and the word of a name; None for one that is of no leg."""
    found = _SUFFIX.match(name) or _PREFIX.match(name) or _LETTER.match(name)
    if found is None:
        return None
    leg = found["leg"]
    return _LETTERS.get(leg, leg), _NUMBERED.sub(r"\1", found["word"])
