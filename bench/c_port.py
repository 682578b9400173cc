"""Compiled kernels against a C port of the same algorithm on copies of the same tables.

`native/port.c` is compiled here with the machine's C compiler (-O3 -march=native). Both sides get
the same walk of prices; afterwards levels, trigger keys and evaluation counts must be identical.
"""

from __future__ import annotations

import ctypes
import shutil
import statistics
import subprocess
from pathlib import Path

import numpy as np

from bench.rows import Row, median_seconds, seconds, skipped, span
from bench.worlds import Ints, Table, World, build, marks_of, walk
from solvent.compiled import kernel
from solvent.engine.queries import scan_levels
from solvent.ledger.tables import NONE, Header, Integers, Tables
from solvent.watch.buffer import buffer_at
from solvent.watch.judge import ask_everybody, judge_asked, mark_dirty

ACCOUNTS = 1_000_000
TICKS = 40_000
REPEATS = 5
GOAL = 1.5
SOURCE = Path(__file__).parent / "native" / "port.c"
LIBRARY = Path("build") / "bench" / "port.so"
TOUCHED = int(Header.TOUCHED)
COLUMNS = (
    "accounts",
    "accounts_cold",
    "positions",
    "instruments",
    "schedules",
    "schedule_of",
    "keys",
    "heaps",
    "entries",
    "lists",
    "header",
)
POINTERS = ctypes.c_void_p * len(COLUMNS)


@kernel
def stream(s: Tables, moved: Integers, prices: Integers) -> int:
    """The engine's watching alone, one price after the other, as `stream` in the port."""
    changes = 0
    for tick in range(len(moved)):
        s.instruments[moved[tick]]["mark"] = prices[tick]
        mark_dirty(s, moved[tick])
        ask_everybody(s)
        judge_asked(s)
        count = s.header[TOUCHED]
        changes += count
        for place in range(count):
            s.accounts_cold[s.lists[place]["touched"]]["touched_at"] = NONE
        s.header[TOUCHED] = 0
    return changes


@kernel
def evaluate(s: Tables, accounts: Integers) -> int:
    """One buffer of each named account, as `evaluate` in the port."""
    total = 0
    for place in range(len(accounts)):
        account = accounts[place]
        total += buffer_at(s, account, s.accounts[account]["level"] % 5)
    return total


def run(accounts: int = ACCOUNTS, ticks: int = TICKS) -> list[Row]:
    """Rows: the watching, the full scan, one evaluation of accounts in random order."""
    what = "compiled watching against its C port"
    library = compile_port()
    if library is None:
        return [skipped("c_port", what, f"<= {GOAL}x", "no C compiler")]
    world = build(accounts)
    _same_layout(library, world)
    walked = walk(marks_of(world), ticks * (REPEATS + 1))
    ours, theirs = world.copy(), world.copy()
    pairs = []
    for part in range(REPEATS + 1):
        rows = walked[part * ticks : (part + 1) * ticks]
        pairs.append(_both(library, ours, theirs, rows))
        _same(ours, theirs)
    pairs = pairs[1:]  # the first compiles and settles the index
    mine, native = (statistics.median(pair[side] for pair in pairs) / ticks for side in (0, 1))
    rows_out = [
        _row("watching", f"{what}, {accounts:,} accounts", mine, native, pairs, "a tick"),
        _scan(library, ours, theirs),
        _evaluation(library, ours),
    ]
    return rows_out


def _both(library: ctypes.CDLL, ours: World, theirs: World, rows: Table) -> tuple[float, float]:
    moved, prices = rows["instrument"].copy(), rows["a"].copy()
    found: list[int] = []
    mine = seconds(lambda: found.append(int(stream(ours.engine.tables, moved, prices))))
    pointers = _pointers(theirs)
    native = seconds(
        lambda: found.append(library.stream(pointers, _at(moved), _at(prices), len(moved)))
    )
    if found[0] != found[1]:
        raise RuntimeError(f"{found[0]} level changes against {found[1]} in C")
    return mine, native


def _scan(library: ctypes.CDLL, ours: World, theirs: World) -> Row:
    mine = np.zeros(len(ours.engine.tables.accounts), np.int64)
    native = np.zeros(len(mine), np.int64)
    pointers = _pointers(theirs)
    scan_levels(ours.engine.tables, mine)
    here, taken = median_seconds(lambda: scan_levels(ours.engine.tables, mine), REPEATS)
    there, beside = median_seconds(lambda: library.scan(pointers, _at(native)), REPEATS)
    if (mine != native).any():
        raise RuntimeError("the scans differ")
    pairs = list(zip(taken, beside, strict=True))
    return _row("scan", "compiled full scan against its C port", here, there, pairs, "a scan")


def _evaluation(library: ctypes.CDLL, world: World) -> Row:
    rng = np.random.default_rng(5)
    chosen = world.first + rng.integers(0, world.accounts, 200_000)
    evaluate(world.engine.tables, chosen[:1])
    pointers = _pointers(world)
    found: list[int] = []
    mine, taken = median_seconds(
        lambda: found.append(int(evaluate(world.engine.tables, chosen))), REPEATS
    )
    native, beside = median_seconds(
        lambda: found.append(library.evaluate(pointers, _at(chosen), len(chosen))), REPEATS
    )
    if len(set(found)) != 1:
        raise RuntimeError("the evaluations differ")
    pairs = list(zip(taken, beside, strict=True))
    what = "one evaluation of a random account against its C port"
    return _row("evaluation", what, mine / len(chosen), native / len(chosen), pairs, "each")


def _row(
    name: str, what: str, mine: float, native: float, pairs: list[tuple[float, float]], unit: str
) -> Row:
    ratio = mine / native
    return Row(
        name=f"c_port.{name}",
        what=f"{what} ({span(mine)} against {span(native)} {unit})",
        goal=f"<= {GOAL}x",
        measured=f"{ratio:.2f}x",
        met=ratio <= GOAL,
        figures={"seconds": [[round(a, 5), round(b, 5)] for a, b in pairs]},
    )


def compile_port() -> ctypes.CDLL | None:
    """The port as a library, or None without a C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    LIBRARY.parent.mkdir(parents=True, exist_ok=True)
    options = ["-O3", "-march=native", "-shared", "-fPIC", "-o", str(LIBRARY), str(SOURCE), "-lm"]
    subprocess.run([compiler, *options], check=True)
    library = ctypes.CDLL(str(LIBRARY.resolve()))
    for name in ("stream", "scan", "evaluate"):
        getattr(library, name).restype = ctypes.c_int64
    library.row_bytes.restype = ctypes.c_int64
    library.row_bytes.argtypes = [ctypes.c_int64]
    library.stream.argtypes = [POINTERS, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
    library.scan.argtypes = [POINTERS, ctypes.c_void_p]
    library.evaluate.argtypes = [POINTERS, ctypes.c_void_p, ctypes.c_int64]
    return library


def _same_layout(library: ctypes.CDLL, world: World) -> None:
    """Raise when a table's rows are not those that the port was written for."""
    for place, name in enumerate(COLUMNS):
        ours = getattr(world.engine.tables, name).itemsize
        theirs = library.row_bytes(place)
        if ours != theirs:
            raise RuntimeError(
                f"rows of {name} are {ours} bytes, the port's {theirs}: port.c is old"
            )


def _pointers(world: World) -> ctypes.Array[ctypes.c_void_p]:
    return POINTERS(*(getattr(world.engine.tables, name).ctypes.data for name in COLUMNS))


def _at(column: Ints) -> int:
    return int(column.ctypes.data)


def _same(ours: World, theirs: World) -> None:
    """Raise unless both sides have the same levels, keys and number of evaluations."""
    if ours.evaluations != theirs.evaluations:
        raise RuntimeError(f"{ours.evaluations} evaluations against {theirs.evaluations} in C")
    one, other = ours.engine.tables, theirs.engine.tables
    if (one.accounts["level"] != other.accounts["level"]).any():
        raise RuntimeError("levels differ")
    for name in ("down", "up", "down_at", "up_at"):
        if (one.keys[name] != other.keys[name]).any():
            raise RuntimeError(f"trigger keys differ: {name}")
