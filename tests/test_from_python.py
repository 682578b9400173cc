"""The page "From Python": every block is run, and what it prints is compared to the letter.

`python -m tests.test_from_python` writes the answers down again.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from solvent import venues
from solvent.venues import Account

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "from_python.md"
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)

# What the questions of an account answer with; its other methods hold it together.
ANSWERS = re.compile(r"Answer|Both|Shown|float|questions(\.\w+)+")
QUESTIONS = [
    name
    for name, one in vars(Account).items()
    if name[0] != "_" and ANSWERS.fullmatch(getattr(one, "__annotations__", {}).get("return", ""))
]


def statements(block: str) -> list[str]:
    """The statements of a block with their prompts, without what was printed under them."""
    found: list[str] = []
    for line in block.splitlines():
        if line.startswith(">>> "):
            found.append(line)
        elif line.startswith("...") and found:
            found[-1] += f"\n{line}"
    return found


def ran(statement: str, names: dict[str, Any]) -> str:
    """The statement with what it prints, as the interpreter shows both."""
    source = "\n".join(line[4:] for line in statement.splitlines())
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.chdir(ROOT):
        exec(compile(source + "\n", str(PAGE), "single"), names)
    printed = out.getvalue()
    return f"{statement}\n{printed}"


def answered(block: str, names: dict[str, Any]) -> str:
    return "".join(ran(one, names) for one in statements(block))


def test_every_block_prints_what_stands_under_it() -> None:
    names: dict[str, Any] = {}
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) > 10
    for block in blocks:
        assert block == answered(block, names)


def test_there_are_questions() -> None:
    assert {"liquidation_price", "max_size", "closing", "sensitivities", "ratio"} <= set(QUESTIONS)


@pytest.mark.parametrize("name", [*venues.__all__, *QUESTIONS])
def test_every_public_call_is_on_the_page(name: str) -> None:
    if name not in ("Version", "Venue"):
        assert re.search(rf"\b{name}\b", PAGE.read_text(encoding="utf-8")), name


def write() -> None:
    """Write every answer down again."""
    names: dict[str, Any] = {}
    page = PAGE.read_text(encoding="utf-8")
    shown = BLOCK.sub(lambda found: f"```python\n{answered(found[1], names)}```", page)
    PAGE.write_text(shown, encoding="utf-8")


if __name__ == "__main__":
    write()
    sys.stdout.write("written\n")
