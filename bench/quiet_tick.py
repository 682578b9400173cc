"""A tick that crosses no trigger, in a small and in a large population: its cost must not grow.

Prices are drawn inside the band between each instrument's nearest triggers, so that nothing is
evaluated; the evaluation counter proves it.
"""

from __future__ import annotations

import statistics

import numpy as np

from bench.rows import Row, seconds, span
from bench.worlds import Table, World, build, marks_of, rows_of, stamped
from solvent.engine import CommandKind
from solvent.watch.triggers import SUBTICKS

SMALL = 10_000
LARGE = 1_000_000
TICKS = 200_000
REPEATS = 9


def run(large: int = LARGE, ticks: int = TICKS) -> list[Row]:
    """One row: ratio of the two medians, taken in turns."""
    small_world, large_world = build(SMALL), build(large)
    times: dict[int, list[float]] = {SMALL: [], large: []}
    for _ in range(REPEATS):
        for world in (small_world, large_world):
            rows = stamped(world, within_band(world, ticks))
            before = world.evaluations
            times[world.accounts].append(seconds(lambda: world.apply(rows)) / ticks)  # noqa: B023
            if world.evaluations != before:
                raise RuntimeError("a tick inside the band was evaluated")
    few, many = (statistics.median(times[size]) for size in (SMALL, large))
    return [
        Row(
            name="quiet_tick",
            what=f"a tick that crosses nothing, {large:,} accounts ({span(many)}) against "
            f"{SMALL:,} ({span(few)})",
            goal="<= 2x",
            measured=f"{many / few:.2f}x",
            met=many <= 2 * few,
            figures={
                str(size): [round(t * 1e9, 1) for t in taken] for size, taken in times.items()
            },
        )
    ]


def bands(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest mark of each instrument at which no trigger trips."""
    tables = world.engine.tables
    low = np.zeros(len(world.start), np.int64)
    high = np.zeros(len(world.start), np.int64)
    for i in range(len(low)):
        row, down, up = tables.instruments[i], tables.heaps[2 * i], tables.heaps[2 * i + 1]
        bottom = row["shift_down"] - tables.entries["key"][down["at"]] if down["size"] else SUBTICKS
        top = tables.entries["key"][up["at"]] + row["shift_up"] if up["size"] else row["price_max"]
        low[i] = -(-int(bottom) // SUBTICKS)
        high[i] = int(top) // SUBTICKS
    return low, high


def within_band(world: World, ticks: int, seed: int = 3) -> Table:
    """Ticks that trip nothing."""
    rng = np.random.default_rng(seed)
    low, high = bands(world)
    moved = rng.integers(0, len(low), ticks)
    around = np.clip(marks_of(world)[moved] + rng.integers(-50, 51, ticks), low[moved], high[moved])
    return rows_of(CommandKind.PRICE, ticks, instrument=moved, a=around, b=1)
