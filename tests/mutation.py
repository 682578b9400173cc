"""Mutation run over the engine or the calculator: change one expression, ask the quick tests.

    SOLVENT_JIT=0 nice python tests/mutation.py --sample 140 --seed 1 --minutes 10
    SOLVENT_JIT=0 nice python tests/mutation.py --of calculator --sample 132 --timeout 60

A script, not collected by pytest. Package and tests are copied to a temporary folder first, so
edits made meanwhile do not matter and the checkout is never touched. Each worker has a copy of its
own; every mutant runs in a forked child that imports the mutated copy, with `-x` over the quick
tests of its file (`mutation_suites.py`). Killed: a test fails, or the child runs out of time. Broken (in no
score): the child ended in any other way. Tests that fail without any mutation are left out and
named.

Every verdict is written to the log (`--log`, one JSON object a line) before the next mutant starts.
A run that broke off is started again with the same arguments: what the log holds for the same text
is not run a second time, and the report at the end covers it. A signal ends the run with the report
so far. The result goes to docs/mutation.md by hand, with a judgement of every survivor.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import numpy
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from mutation_suites import SLOW, SUITES, Suites

# A checkout that is being edited is better copied first; the copy is named here.
ROOT = Path(os.environ.get("SOLVENT_MUTATION_ROOT", Path(__file__).resolve().parents[1]))
MEMORY = 6 << 30  # bytes a child may map; a mutant that never stops appending dies of it
SKIPPED = {"engine/warming.py"}  # runs only with the compiler on
COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult,
}  # fmt: skip
NAMES = {"div_floor": "div_ceil", "mul_div_floor": "mul_div_ceil", "min": "max", "floor": "ceil"}
NAMES |= {new: old for old, new in NAMES.items()}


@dataclass(frozen=True)
class Mutant:
    """One expression replaced: where, what it was, what it becomes, which tests are asked."""

    area: str
    file: str  # below src/solvent
    line: int
    start: int  # characters into the file
    end: int
    old: str
    new: str
    tests: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.old}  ->  {self.new}"

    def key(self, package: Path) -> str:
        """The change by its content: equal as long as the file it is made in is."""
        text = (package / self.file).read_bytes()
        return hashlib.sha256(f"{self.start} {self.end} {self.new} ".encode() + text).hexdigest()


def variants(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of `node`."""
    match node:
        case ast.Compare(left, ops, others):
            for n, op in enumerate(ops):
                if type(op) in COMPARE:
                    yield ast.Compare(left, [*ops[:n], COMPARE[type(op)](), *ops[n + 1 :]], others)
        case ast.BinOp(left, ast.FloorDiv(), right):
            yield ast.UnaryOp(
                ast.USub(), ast.BinOp(ast.UnaryOp(ast.USub(), left), ast.FloorDiv(), right)
            )
        case ast.BinOp(left, op, right) if type(op) in ARITHMETIC:
            yield ast.BinOp(left, ARITHMETIC[type(op)](), right)
            yield left  # a term or a factor dropped
            if not isinstance(op, ast.Div):
                yield right
        case ast.AugAssign(target, op, value) if type(op) in ARITHMETIC:
            yield ast.AugAssign(target, ARITHMETIC[type(op)](), value)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for n in range(len(values)):
                kept = [*values[:n], *values[n + 1 :]]
                yield kept[0] if len(kept) == 1 else ast.BoolOp(op, kept)
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield operand
        case ast.Constant(value) if type(value) is int and value in (0, 1):
            yield ast.Constant(1 - value)
        case ast.Constant(value) if type(value) is int:
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.Call(ast.Name(name), args, words) if name in NAMES:
            other: ast.expr = ast.Name(NAMES[name])
            if "div" in name:  # the other rounding may not be imported
                other = ast.parse(f"__import__('solvent.units').units.{NAMES[name]}").body[0].value  # type: ignore[attr-defined]
            yield ast.Call(other, args, words)
        case ast.Call(function, [ast.Name() | ast.Attribute() as one, ast.Name() | ast.Attribute()
            as two, *rest], words):  # fmt: skip
            yield ast.Call(function, [two, one, *rest], words)


def expressions(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below `node` but annotations, decorators, f-strings and enum bodies."""
    for name, field in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        if isinstance(node, ast.ClassDef) and any("Enum" in ast.unparse(b) for b in node.bases):
            continue
        for child in field if isinstance(field, list) else [field]:
            if isinstance(child, ast.AST) and not isinstance(child, ast.JoinedStr):
                yield child
                yield from expressions(child)


def mutants(area: str, part: str, tests: list[str], package: Path) -> list[Mutant]:
    """All mutants of one part of an area."""
    paths = [
        path
        for one in package.glob(part)
        for path in ([one] if one.is_file() else one.rglob("*.py"))
    ]
    found = []
    for path in sorted(paths):
        file = path.relative_to(package).as_posix()
        if file in SKIPPED:
            continue
        text = path.read_text()
        lines = text.splitlines(keepends=True)

        def at(line: int, column: int, lines: list[str] = lines) -> int:
            here = lines[line - 1].encode()[:column].decode()
            return sum(map(len, lines[: line - 1])) + len(here)

        for node in expressions(ast.parse(text)):
            for variant in variants(node):
                start = at(node.lineno, node.col_offset)  # type: ignore[attr-defined]
                end = at(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
                new = ast.unparse(ast.fix_missing_locations(variant))
                new = new if isinstance(node, ast.AugAssign) else f"({new})"
                old = " ".join(text[start:end].split())
                line: int = node.lineno  # type: ignore[attr-defined]
                found.append(Mutant(area, file, line, start, end, old, new, tuple(tests)))
    return found


def fork(home: Path, tests: list[str], left_out: list[str], log: Path, first: bool = True) -> int:
    """Run the tests over the copy in `home` in a child of its own group; its process id."""
    pid = os.fork()
    if pid:
        return pid
    code = 3
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        os.chdir(home)
        sys.path[:0] = [str(home / "src"), str(home)]
        os.environ |= {"PYTHONPATH": str(home / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        options = ["-q", "-p", "no:cacheprovider", "-o", "addopts=", "--tb=line", "-rf"]
        options += ["-x"] if first else []
        options += ["--doctest-modules"] if any(name.startswith("src/") for name in tests) else []
        options += [f"--deselect={name}" for name in left_out]
        code = int(pytest.main([*options, "--hypothesis-seed=0", *tests]))
        import solvent

        if not Path(str(solvent.__file__)).is_relative_to(home):
            code = 9  # another copy of the package was tested
    finally:
        sys.stdout.flush()
        os._exit(code)


def wait(children: dict[int, float]) -> tuple[int, str]:
    """The next child to end and how: `survived`, `killed`, `timeout` or `broken`."""
    while True:
        for pid, deadline in children.items():
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                code = os.waitstatus_to_exitcode(status)
                return pid, {0: "survived", 1: "killed", 2: "killed"}.get(code, "broken")
            if time.monotonic() > deadline:
                try:
                    os.killpg(pid, signal.SIGKILL)
                except ProcessLookupError:  # it has no group of its own yet
                    os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return pid, "timeout"
        time.sleep(0.05)


def sample(suites: Suites, areas: list[str], package: Path, count: int, seed: int) -> list[Mutant]:
    """The same number from every area where it has them, area by area in turn; in an area with
    several parts, part by part.
    """
    rng = random.Random(seed)
    pools = []
    for area in areas:
        parts = [mutants(area, part, tests, package) for part, tests in suites[area].items()]
        print(f"{area:12s} {sum(map(len, parts)):5d} mutants possible")
        pools.append(
            in_turn([rng.sample(part, len(part)) for part in rng.sample(parts, len(parts))])
        )
    return in_turn(pools)[:count]


def in_turn(pools: list[list[Mutant]]) -> list[Mutant]:
    """One of every pool, then the next of every pool that has one."""
    return [pool[n] for n in range(max(map(len, pools))) for pool in pools if n < len(pool)]


def read_log(path: Path) -> dict[str, str]:
    """Verdicts of earlier runs by the key of the mutant; a line cut short is left out."""
    known = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        known[entry["key"]] = entry["verdict"]
    return known


def interrupted(number: int, frame: object) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


def report(results: list[tuple[Mutant, str]], areas: list[str]) -> None:
    print(f"\n{'area':12s} {'run':>4s} {'killed':>7s} {'timeout':>8s} {'survived':>9s}  score")
    for area in [*areas, "all"]:
        ours = [v for m, v in results if area in (m.area, "all") and v != "broken"]
        dead, late = ours.count("killed"), ours.count("timeout")
        score = f"{100 * (dead + late) / len(ours):4.0f} %" if ours else "-"
        print(f"{area:12s} {len(ours):4d} {dead:7d} {late:8d} {ours.count('survived'):9d} {score}")
    print("\nSurvivors" + "".join(f"\n{m}" for m, verdict in results if verdict == "survived"))
    print("\nBroken" + "".join(f"\n{m}" for m, verdict in results if verdict == "broken"))
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--sample", type=int, default=140, help="mutants over all areas")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--of", default="rooms", choices=list(SUITES), help="what is mutated")
    parser.add_argument("--areas", nargs="+", default=[], help="some of it only")
    parser.add_argument("--minutes", type=float, default=60.0, help="start none after this")
    parser.add_argument("--timeout", type=float, default=90.0, help="seconds a mutant, then killed")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--log", type=Path, default=ROOT / "build" / "mutation.jsonl")
    options = parser.parse_args()
    suites = SUITES[options.of]
    areas = options.areas or list(suites)
    os.environ |= {"SOLVENT_JIT": "0", "SOLVENT_DIFFERENTIAL_SEEDS": "8"}
    os.environ |= {"HYPOTHESIS_PROFILE": "dev", "COLUMNS": "200"}
    print(f"Python {sys.version.split()[0]}, numpy {numpy.__version__}", end=", ")
    print(f"hypothesis {hypothesis.__version__}")
    begun = time.monotonic()
    options.log.parent.mkdir(parents=True, exist_ok=True)
    results: list[tuple[Mutant, str]] = []
    running: dict[int, tuple[Path, Mutant, float]] = {}
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, interrupted)
    with tempfile.TemporaryDirectory() as top, options.log.open("a") as log:
        base = Path(top) / "base"
        for folder in ("src/solvent", "tests"):
            shutil.copytree(ROOT / folder, base / folder)
        shutil.copy(ROOT / "pyproject.toml", base)
        for folder in ("docs", "examples"):  # some tests read them
            (base / folder).symlink_to(ROOT / folder)
        if (ROOT.parent / "shared").exists():  # the shared cases lie beside a checkout
            (base.parent / "shared").symlink_to(ROOT.parent / "shared")
        package = base / "src" / "solvent"
        chosen = sample(suites, areas, package, options.sample, options.seed)
        known = read_log(options.log)
        results += [(m, known[m.key(package)]) for m in chosen if m.key(package) in known]
        queue = [m for m in reversed(chosen) if m.key(package) not in known]
        print(f"{len(chosen)} chosen, {len(results)} of them in the log", flush=True)
        first = base / "log"
        every = list(
            dict.fromkeys(
                test for area in areas for asked in suites[area].values() for test in asked
            )
        )
        child = fork(base, every, SLOW, first, first=False)
        try:
            wait({child: begun + 600})
        except KeyboardInterrupt:
            os.kill(child, signal.SIGKILL)
            raise
        failed = [
            line.split()[1] for line in first.read_text().splitlines() if line[:7] == "FAILED "
        ]
        print(f"baseline {time.monotonic() - begun:.0f} s:", first.read_text().splitlines()[-1])
        print(
            *(f"  left out, fails without mutation: {name}" for name in failed),
            sep="\n",
            flush=True,
        )
        sys.dont_write_bytecode = True  # from here on: a stale .pyc would hide a mutant
        idle = [base.parent / f"copy{n}" for n in range(options.workers)]
        for home in idle:
            shutil.copytree(base, home, symlinks=True)
        left_out = SLOW + failed
        try:
            while running or (queue and time.monotonic() - begun < 60 * options.minutes):
                while idle and queue and time.monotonic() - begun < 60 * options.minutes:
                    home, mutant = idle.pop(), queue.pop()
                    target = home / "src" / "solvent" / mutant.file
                    text = (package / mutant.file).read_text()
                    for stale in (target.parent / "__pycache__").glob(f"{target.stem}.*"):
                        stale.unlink()
                    target.write_text(text[: mutant.start] + mutant.new + text[mutant.end :])
                    pid = fork(home, list(mutant.tests), left_out, home / "log")
                    running[pid] = home, mutant, time.monotonic() + options.timeout
                pid, verdict = wait({pid: deadline for pid, (_, _, deadline) in running.items()})
                home, mutant, _ = running.pop(pid)
                shutil.copy(package / mutant.file, home / "src" / "solvent" / mutant.file)
                idle.append(home)
                results.append((mutant, verdict))
                entry = {"key": mutant.key(package), "verdict": verdict, "mutant": str(mutant)}
                print(json.dumps(entry), file=log, flush=True)
                last = (home / "log").read_text(errors="replace").splitlines()[-1:]
                print(f"{time.monotonic() - begun:4.0f} {verdict:8s} {mutant}  {last}", flush=True)
        except BaseException:  # whatever ends the run: say it, and report what there is
            traceback.print_exc(file=sys.stdout)
            for pid in running:
                os.kill(pid, signal.SIGKILL)
        if queue:
            print(f"{len(queue)} of the sample not run")
    report(results, areas)
    return 0


if __name__ == "__main__":
    sys.exit(main())
