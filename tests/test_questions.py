"""The gallery of questions and the notebook: every command and every cell is run and compared.

`python -m tests.test_questions` writes the answers down again.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from solvent.cli.calc import run

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "questions.md"
PAGES = (PAGE, ROOT / "docs" / "index.md")
NOTEBOOK = ROOT / "examples" / "ask.ipynb"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def command_of(block: str) -> tuple[str, list[str]]:
    """The command of a console block as written, and its words after `solvent calc`."""
    lines = block.splitlines()
    last = next(i for i, line in enumerate(lines) if not line.endswith("\\"))
    written = "\n".join(lines[: last + 1])
    words = shlex.split(written.removeprefix("$ ").replace("\\\n", " "))
    assert words[:2] == ["solvent", "calc"]
    return written, words[2:]


def answered(block: str) -> str:
    """The block with what its command prints now."""
    written, words = command_of(block)
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.chdir(ROOT):
        assert run(words) == 0, written
    return f"{written}\n{out.getvalue()}"


BLOCKS = [block for page in PAGES for block in BLOCK.findall(page.read_text(encoding="utf-8"))]


def test_there_are_five_questions() -> None:
    asked = PAGE.read_text(encoding="utf-8").split("\n## More")[0]
    assert len(BLOCK.findall(asked)) == len(re.findall(r"^## \d\. .*\?$", asked, re.MULTILINE)) == 5


@pytest.mark.parametrize("block", BLOCKS, ids=[str(i) for i in range(1, len(BLOCKS) + 1)])
def test_a_question_has_the_answer_printed_under_it(block: str) -> None:
    assert block == answered(block)


def test_the_versions_are_named() -> None:
    for block in BLOCKS:
        words = command_of(block)[1]
        venues = [
            word for word in words if re.match(r"(binance|bybit|okx|hyper)[a-z-]*(@|$)", word)
        ]
        for venue in venues:
            assert "@" in venue or venue == "binanceusdm", venue


# ----------------------------------------------------------------------------------------- notebook


def cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def executed(source: str, namespace: dict[str, Any]) -> str:
    """What a cell prints, and the text of its last expression, as a notebook shows them."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.chdir(NOTEBOOK.parent):
        exec(compile(tree, str(NOTEBOOK), "exec"), namespace)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), str(NOTEBOOK), "eval"), namespace)
            if value is not None:
                out.write(f"{value!r}\n")
    return out.getvalue()


def test_the_notebook_runs_and_shows_what_it_showed() -> None:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    namespace: dict[str, Any] = {}
    for cell in cells(notebook):
        source = "".join(cell["source"])
        shown = "".join("".join(one["text"]) for one in cell["outputs"])
        assert executed(source, namespace) == shown, source


def write() -> None:
    """Write every answer down again."""
    for page in PAGES:
        shown = BLOCK.sub(
            lambda found: f"```console\n{answered(found[1])}```", page.read_text(encoding="utf-8")
        )
        page.write_text(shown, encoding="utf-8")
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    namespace: dict[str, Any] = {}
    for cell in cells(notebook):
        text = executed("".join(cell["source"]), namespace)
        stream = {"name": "stdout", "output_type": "stream", "text": text.splitlines(True)}
        cell["outputs"] = [stream] if text else []
    NOTEBOOK.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
    sys.stdout.write("written\n")
