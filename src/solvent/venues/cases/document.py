"""The tables of docs/cases.md, made from what the runner uses.

`python -m solvent.venues.cases.document docs/cases.md` writes them between the marks of the page;
a test keeps page and code equal.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from solvent.venues.cases.aliases import VOCABULARY
from solvent.venues.cases.registry import KINDS
from solvent.venues.cases.run import known_kinds
from solvent.venues.cases.venue_rules import (
    OTHER_NAMES,
    PRESETS,
    PSEUDO,
    UNDATED,
    WITHOUT_PRESET,
)
from solvent.venues.cases.words_protocols import RESULTS

_MARKED = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def tables() -> dict[str, str]:
    """The page's tables by name, in Markdown.

    >>> sorted(tables())
    ['inputs', 'kinds', 'results', 'venues']
    """
    return {
        "kinds": _kinds(),
        "inputs": _inputs(),
        "results": _results(),
        "venues": _venues(),
    }


def written(page: str) -> str:
    """A page with every marked table written anew. Raises KeyError for a table there is not."""
    made = tables()
    return _MARKED.sub(lambda found: found[1] + made[found[2]] + found[3], page)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(row) + " |\n" for row in lines)


def _kinds() -> str:
    rows = []
    for name in known_kinds():
        for rule in sorted(KINDS[name], key=lambda one: one.contracts):
            first = (rule.solve.__doc__ or "").strip().split("\n\n")[0]
            contracts = ", ".join(rule.contracts) or "any"
            rows.append((f"`{name}`", contracts, " ".join(first.split()).replace("|", "\\|")))
    return _table(("kind", "contract type", "rule"), rows)


def _inputs() -> str:
    rows = []
    for word in VOCABULARY:
        others = ", ".join(f"`{alias}`" for alias in word.aliases)
        kinds = ", ".join(f"`{kind}`" for kind in word.kinds) or "every kind"
        rows.append((f"`{word.name}`", word.meaning, others, kinds))
    return _table(("name", "meaning", "also read as", "in"), rows)


def _results() -> str:
    rows = [
        (f"`{name}`", ", ".join(f"`{alias}`" for alias in aliases))
        for name, aliases in RESULTS.items()
    ]
    return _table(("result", "also expected as"), rows)


def _venues() -> str:
    rows = [(f"`{name}`", rules.source) for name, rules in PSEUDO.items()]
    for name, table in PRESETS.items():
        presets = (f"{preset} ({family})" if family else preset for family, preset in table.items())
        rows.append((f"`{name}`", "preset " + ", ".join(presets)))
    rows += [(f"`{name}`", f"the same as `{other}`") for name, other in OTHER_NAMES.items()]
    rows += [
        (f"`{name}` ({family})", rules.source) for (name, family), rules in WITHOUT_PRESET.items()
    ]
    for preset, version in UNDATED.items():
        rows.append((f"`{preset}`", f"undated cases are about its version {version}"))
    return _table(("venue of a case", "rules"), rows)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(written(target.read_text(encoding="utf-8")), encoding="utf-8")
