"""A tick at a million accounts: the engine against a full scan of the same state.

Baselines: `scan_levels`, our own compiled full scan on one thread, and `Rescan`, NumPy. All three
must agree before and after the stream.
"""

from __future__ import annotations

import numpy as np

from bench.desk import Settled, settle
from bench.rescan import Rescan
from bench.rows import Row, clock, median_seconds, span, three_digits
from bench.worlds import Table, World, build, marks_of, stamped, walk
from solvent.engine import EventKind
from solvent.engine.queries import scan_levels
from solvent.ledger.tables import Header

ACCOUNTS = 1_000_000
TICKS = 20_000
PARTS = 5
BATCH = 1_000


def run(accounts: int = ACCOUNTS, ticks: int = TICKS) -> list[Row]:
    """Rows: cost against both scans, evaluations per level change cross and isolated."""
    world = build(accounts)
    rescan = Rescan(world)
    levels = np.zeros(len(world.engine.tables.accounts), np.int64)
    agree(world, rescan, levels)
    rows = walk(marks_of(world), ticks * (PARTS + 1))
    stamped(world, rows)
    _part(world, rows[:ticks])  # settles the freshly built index
    spent, changes, times = 0, 0, []
    for part in range(1, PARTS + 1):
        before = world.evaluations
        taken, changed, answered = _part(world, rows[part * ticks : (part + 1) * ticks])
        times.append(taken / ticks)
        changes += changed
        spent += world.evaluations - before - answered
    rescan = Rescan(world)  # the market's fills changed positions
    evaluations = spent
    agree(world, rescan, levels)
    tick = float(np.median(times))
    scan, scans = median_seconds(lambda: scan_levels(world.engine.tables, levels), 5)
    marks = marks_of(world)
    numpy_scan, numpy_scans = median_seconds(lambda: rescan.levels(marks), 3)
    figures = {
        "accounts": accounts,
        "positions": int(world.engine.tables.header[Header.POSITIONS]),
        "ticks": ticks * PARTS,
        "us_per_tick": [round(t * 1e6, 3) for t in times],
        "scan_ms": [round(t * 1e3, 1) for t in scans],
        "numpy_ms": [round(t * 1e3, 1) for t in numpy_scans],
        "evaluations": evaluations,
        "level_changes": changes,
        "evaluations_per_tick": round(evaluations / (ticks * PARTS), 3),
    }
    what = f"tick cost, {accounts:,} accounts, 20 instruments ({span(tick)} a tick)"
    return [
        _ratio("scan", what, f"compiled full scan ({span(scan)})", scan / tick, 10_000, figures),
        _ratio("numpy", what, f"NumPy re-scan ({span(numpy_scan)})", numpy_scan / tick, 50_000, {}),
        Row(
            name="tick_cost.evaluations",
            what="exact evaluations per level change, five levels, cross",
            goal="<= 8",
            measured=f"{evaluations / max(changes, 1):.2f}",
            met=evaluations <= 8 * changes,
            figures={"evaluations": evaluations, "level_changes": changes},
        ),
        isolated(accounts // 5, ticks),
    ]


def _part(world: World, rows: Table) -> tuple[float, int, int]:
    """Seconds of the ticks, level changes they made, evaluations spent on the market's answers.

    The forced orders of a batch are filled after it and not counted here: `gap` measures them.
    """
    taken, changes, answered = 0.0, 0, 0
    for at in range(0, len(rows), BATCH):
        frame = rows[at : at + BATCH]
        start = clock()
        events = world.engine.apply(frame).events
        taken += clock() - start
        changes += int((events["kind"] == int(EventKind.LEVEL_CHANGED)).sum())
        before = world.evaluations
        settle(world, events, int(frame["time"][-1]), Settled())
        answered += world.evaluations - before
    return taken, changes, answered


def isolated(accounts: int, ticks: int) -> Row:
    """One position per account: every evaluation must find a level change."""
    world = build(accounts, single=True)
    before = world.evaluations
    events = world.apply(stamped(world, walk(marks_of(world), ticks * 5)))
    changes = int((events["kind"] == int(EventKind.LEVEL_CHANGED)).sum())
    spent = world.evaluations - before
    return Row(
        name="tick_cost.isolated",
        what=f"exact evaluations per level change, {accounts:,} isolated positions",
        goal="exactly 1",
        measured=f"{spent / max(changes, 1):.6f} ({spent:,} / {changes:,})",
        met=spent == changes,
        figures={"evaluations": spent, "level_changes": changes, "ticks": ticks * 5},
    )


def agree(world: World, rescan: Rescan, levels: np.ndarray) -> None:
    """Raise unless the engine, the compiled scan and the NumPy re-scan give the same levels."""
    wrong = int(scan_levels(world.engine.tables, levels))
    own = levels[world.first : world.first + world.accounts]
    other = int((rescan.levels(marks_of(world)) != own).sum())
    if wrong or other:
        raise RuntimeError(
            f"levels differ: {wrong} engine against scan, {other} scan against NumPy"
        )


def _ratio(
    name: str, what: str, baseline: str, ratio: float, goal: int, figures: dict[str, object]
) -> Row:
    return Row(
        name=f"tick_cost.{name}",
        what=f"{what} against {baseline}",
        goal=f">= {goal:,}x",
        measured=f"{three_digits(ratio)}x",
        met=ratio >= goal,
        figures={**figures, "ratio": round(ratio)},
    )
