"""What changed between two versions of a venue, or what two venues do differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from solvent.venues.preset import Version
from solvent.venues.presets.plain import flat

# Sentences about a version, and dates of reading: not rules.
_NOT_RULES = ("venue", "name", "valid_from", "valid_to", "status", "missing", "readings", "sources")


@dataclass(frozen=True, slots=True)
class Change:
    """One figure that differs: its path, and what it is in each version (None: not there)."""

    path: str
    before: str | None
    after: str | None

    @property
    def section(self) -> str:
        """The part of the preset it stands in: "rules", "tables.BTCUSDT", "parameters.ladder"."""
        parts = self.path.split(".")
        return ".".join(parts[:2]) if parts[0] != "rules" else "rules"

    @property
    def what(self) -> str:
        """The rest of the path."""
        return self.path.removeprefix(self.section).lstrip(".")


def difference(before: Version, after: Version, *, sources: bool = False) -> tuple[Change, ...]:
    """Every figure that differs, in the order of the preset; rules and numbers only, unless
    `sources` asks for sources and sentences too.

    >>> from solvent.venues.presets.catalogue import version
    >>> changes = difference(version("bybit@2024"), version("bybit@2026"))
    >>> [(one.path, one.before, one.after) for one in changes][0]
    ('rules.maintenance', 'entry', 'mark')
    """
    one, other = flat(before), flat(after)
    paths = [*one, *(path for path in other if path not in one)]
    changes = [
        Change(path, one.get(path), other.get(path))
        for path in paths
        if one.get(path) != other.get(path)
        and (sources or path.split(".")[0] not in _NOT_RULES)
        and (sources or path.split(".")[-1] not in ("source", "fee_source"))
    ]
    order = list(dict.fromkeys(path.split(".")[0] for path in paths))
    return tuple(sorted(changes, key=lambda change: order.index(change.path.split(".")[0])))


def by_section(changes: tuple[Change, ...]) -> dict[str, list[Change]]:
    """The changes grouped by the part of the preset they stand in."""
    ordered = sorted(changes, key=lambda change: [c.section for c in changes].index(change.section))
    return {name: list(group) for name, group in groupby(ordered, key=lambda one: one.section)}


def shared(
    changes: tuple[Change, ...], before: Version, after: Version
) -> tuple[tuple[Change, ...], list[str], list[str]]:
    """The changes in parts that both versions have; and the parts only one has: (changes, only in
    `before`, only in `after`). A table that one venue lacks is one line, not forty.
    """
    sections = list(dict.fromkeys(change.section for change in changes))
    lost = [section for section in sections if not _has(after, section)]
    new = [section for section in sections if not _has(before, section)]
    kept = tuple(one for one in changes if one.section not in lost and one.section not in new)
    return kept, lost, new


def _has(version: Version, section: str) -> bool:
    kind, _, key = section.partition(".")
    group = getattr(version, kind, None)
    return key in group if isinstance(group, Mapping) else group is not None
