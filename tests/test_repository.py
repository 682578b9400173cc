"""The project's own lints: house rules that a machine can see, as ordinary tests.

Each finding is printed as `path:line: what`. An exception needs an entry, with its reason, in one
of the tables below; an entry that is no longer needed fails too, so the tables only shrink.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "solvent"

# Rooms whose numbers decide. DESIGN: every figure in them is an integer.
EXACT_ROOMS = ("units", "contracts", "margin", "ledger", "watch", "liquidation", "engine")
DOCUMENTED_ROOMS = ("units", "contracts", "margin")

LINES_MAX = 400
# path under src/solvent -> (lines it may have, why it is not split). Never raise a number.
LONG_FILES: dict[str, tuple[int, str]] = {
    "units.py": (410, "half of it is documentation of bounds"),
}

# "path under src/solvent:function" -> why a float is harmless there: a guess that integers verify.
FLOAT_GUESSES: dict[str, str] = {
    "watch/triggers.py:set_triggers": "the sum of the weights",
    "watch/weights.py:exposure_weight": "any split of the slack is safe",
    "watch/weights.py:share_of": "any split of the slack is safe",
}

VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
# Things an exact room must not know: the clock, chance, other processes.
IMPURE_MODULES = {
    "asyncio",
    "datetime",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "threading",
    "time",
}


@cache
def files() -> tuple[Path, ...]:
    """Every file that git tracks or would track; without git, the source folders."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\0")
        found = [ROOT / name for name in listed if name]
    else:
        found = [ROOT / name for name in ("Makefile", "pyproject.toml", "README.md")]
        for folder in ("src", "tests", "bench", "docs", "examples", "requirements", ".ci"):
            found += [p for p in (ROOT / folder).rglob("*") if "__pycache__" not in p.parts]
    return tuple(sorted(path for path in found if path.is_file()))


@cache
def text(path: Path) -> str:
    """The file's text, or nothing where it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path), filename=str(path))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines_matching(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name(path)}:{number}: {line.strip()[:120]}"
        for path in files()
        for number, line in enumerate(text(path).splitlines(), 1)
        if pattern.search(line)
    ]


def room_files(rooms: tuple[str, ...]) -> Iterator[Path]:
    for path in files():
        if path.suffix == ".py" and path.is_relative_to(PACKAGE):
            room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
            if room in rooms:
                yield path


def floats_in(module: ast.Module) -> Iterator[tuple[int, str, str]]:
    """(line, enclosing function, what) of each float literal, true division and float() call."""

    def visit(node: ast.AST, function: str) -> Iterator[tuple[int, str, str]]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function = node.name
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield node.lineno, function, f"float literal {node.value!r}"
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield node.lineno, function, "true division"
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "float"
        ):
            yield node.lineno, function, "float()"
        for child in ast.iter_child_nodes(node):
            yield from visit(child, function)

    yield from visit(module, "")


def undocumented_in(module: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, name) of each public function, method and class without a docstring."""

    def visit(body: list[ast.stmt], prefix: str) -> Iterator[tuple[int, str]]:
        for node in body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if node.name.startswith("_"):
                continue
            if ast.get_docstring(node) is None:
                yield node.lineno, prefix + node.name
            if isinstance(node, ast.ClassDef):
                yield from visit(node.body, f"{prefix}{node.name}.")

    yield from visit(module.body, "")


# ------------------------------------------------------------------------- the lints themselves


def test_the_probes_see_what_they_look_for() -> None:
    source = "def f(x):\n    x /= 2\n    return float(x) + x / 3 + 0.5\n"
    assert [what for _, _, what in floats_in(ast.parse(source))] == [
        "true division",
        "float()",
        "true division",
        "float literal 0.5",
    ]
    source = "class A:\n    'a'\n    def f(self): ...\n    def _g(self): ...\ndef h(): 'h'\n"
    assert [what for _, what in undocumented_in(ast.parse(source))] == ["A.f"]


def test_no_registry_address() -> None:
    # Spelled apart, so that this file is not its own finding.
    addresses = [
        r"pypi" + r"\.org",
        r"python" + r"hosted\.",
        r"registry\." + r"npmjs",
        r"--(extra-)?" + r"index-url",
        r"--find" + r"-links",
        r"file:" + r"//",
    ]
    assert lines_matching(re.compile("|".join(addresses))) == []


def test_no_absolute_path_of_a_machine() -> None:
    assert lines_matching(re.compile(r"(?<![\w.*/-])/(?:work|home|root|Users)/")) == []


@pytest.mark.parametrize("lock", ["core.txt", "dev.txt"])
def test_locks_are_hashes_without_addresses(lock: str) -> None:
    content = text(ROOT / "requirements" / lock)
    assert "://" not in content
    for requirement in content.replace("\\\n", " ").splitlines():
        assert re.match(
            r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}", requirement
        ), requirement


def test_the_lock_keeps_extras() -> None:
    """pip with hashes takes `coverage[toml]`, which another package asks for, as not pinned where
    only `coverage` is, as soon as there is a newer one.
    """
    groups = tomllib.loads(text(ROOT / "pyproject.toml"))["dependency-groups"]
    asked = [one for group in groups.values() for one in group if isinstance(one, str)]
    extras = re.findall(r"^\S+\[[a-z,]+\]", "\n".join(asked), re.MULTILINE)
    pinned = text(ROOT / "requirements" / "dev.txt")
    assert extras
    assert [one for one in extras if f"\n{one}==" not in pinned] == []


def locked(lock: str) -> dict[str, str]:
    content = text(ROOT / "requirements" / lock)
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", content, re.MULTILINE))


def test_locks_agree_and_cover_the_project() -> None:
    core, dev = locked("core.txt"), locked("dev.txt")
    assert core.items() <= dev.items()
    project = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]
    direct = {re.split(r"[<>=\[;]", line)[0] for line in project["dependencies"]}
    assert direct <= core.keys()


def test_files_are_short() -> None:
    lengths = {
        path.relative_to(PACKAGE).as_posix(): len(text(path).splitlines())
        for path in files()
        if path.suffix == ".py" and path.is_relative_to(PACKAGE)
    }
    allowed = {path: LONG_FILES.get(path, (LINES_MAX, ""))[0] for path in lengths}
    assert {p: n for p, n in lengths.items() if n > allowed[p]} == {}
    assert [p for p in LONG_FILES if lengths.get(p, 0) <= LINES_MAX] == [], "no longer needed"


def test_names_say_something() -> None:
    vague = [
        name(path)
        for path in files()
        if path.suffix == ".py"
        for part in path.relative_to(ROOT).parts
        if VAGUE_NAMES & set(part.removesuffix(".py").split("_"))
    ]
    assert vague == []


def test_exact_rooms_hold_integers_only() -> None:
    found, used = [], set()
    for path in room_files(EXACT_ROOMS):
        for line, function, what in floats_in(tree(path)):
            place = f"{path.relative_to(PACKAGE).as_posix()}:{function}"
            if place in FLOAT_GUESSES:
                used.add(place)
            else:
                found.append(f"{name(path)}:{line}: {what} in {function or 'module'}")
    assert found == []
    assert FLOAT_GUESSES.keys() - used == set(), "no longer needed"


def test_exact_rooms_know_no_clock_and_no_chance() -> None:
    found = []
    for path in room_files(EXACT_ROOMS):
        for node in ast.walk(tree(path)):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules = [node.module or ""]
            found += [
                f"{name(path)}:{node.lineno}: imports {module}"
                for module in modules
                if module.split(".")[0] in IMPURE_MODULES
            ]
    assert found == []


def test_public_formulas_are_documented() -> None:
    found = [
        f"{name(path)}:{line}: {what}"
        for path in room_files(DOCUMENTED_ROOMS)
        for line, what in undocumented_in(tree(path))
    ]
    assert found == []


def test_every_module_says_what_it_is() -> None:
    found = [
        name(path)
        for path in files()
        if path.suffix == ".py"
        and path.is_relative_to(PACKAGE)
        and ast.get_docstring(tree(path)) is None
    ]
    assert found == []


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{name(path)}: {target}"
        for path in files()
        if path.suffix == ".md"
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text(path))
        if not (path.parent / target).exists()
    ]
    assert broken == []
