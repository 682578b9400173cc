"""How long a question takes from the shell: `solvent calc` in a new process, files in the cache.

Wall time, because that is what a person waits for; on a busy machine it includes the others' turns.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from bench.rows import Row, span

REPEATS = 10
GOAL = 0.3
QUESTION = [
    *("calc", "binance-usdm", "BTCUSDT", "--side", "long"),
    *("--size", "10", "--entry", "50000", "--wallet", "20000"),
]


def run(repeats: int = REPEATS) -> list[Row]:
    """One row: median of `repeats` starts after one that fills the cache."""
    command = [sys.executable, "-m", "solvent.cli", *QUESTION]
    times = [_once(command) for _ in range(repeats + 1)][1:]
    empty = statistics.median(_once([sys.executable, "-c", "pass"]) for _ in range(repeats))
    taken = statistics.median(times)
    return [
        Row(
            name="cold_start",
            what=f"`solvent calc` from the shell, median of {repeats} "
            f"(an empty Python takes {span(empty)})",
            goal="<= 0.3 s",
            measured=span(taken),
            met=taken <= GOAL,
            figures={"seconds": [round(t, 4) for t in times]},
        )
    ]


def _once(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start
