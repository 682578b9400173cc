"""`python -m bench [NAME ...]`: run the rows, print the table, write bench/results/."""

from __future__ import annotations

import importlib
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import machine
from bench.rows import Row
from solvent.engine import warm

NAMES = (
    "tick_cost",
    "quiet_tick",
    "c_port",
    "gap",
    "calm",
    "peer_lrvx",
    "peer_freqtrade",
    "cold_start",
)
RESULTS = Path(__file__).parent / "results"


def main(names: list[str]) -> int:
    """Run the named rows (default: all). Returns the exit code; 2 for a name that is none."""
    console = Console()
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        console.print(f"no row {', '.join(unknown)}; there are {', '.join(NAMES)}")
        return 2
    about = machine.describe()
    console.print(
        f"{about['cpu']}, {about['cores']} cores, Python {about['python']}, "
        f"Numba {about['numba']}, NumPy {about['numpy']}, {about['c_compiler']}"
    )
    with console.status("compiling (once)"):
        warm()
    rows: list[Row] = []
    loads: dict[str, dict[str, float]] = {}
    for name in names or NAMES:
        before, start = machine.load(), time.perf_counter()
        with console.status(name):
            rows += importlib.import_module(f"bench.{name}").run()
        took = round(time.perf_counter() - start, 1)
        loads[name] = {"load_before": before, "load_after": machine.load(), "seconds": took}
        console.print(f"{name}: {took} s, load {before} -> {loads[name]['load_after']}")
    console.print(_table(rows))
    if not names:
        _write(about, rows, loads)
        console.print(f"written: {RESULTS.name}/latest.json, {RESULTS.name}/latest.md")
    return 0


def _table(rows: list[Row]) -> Table:
    table = Table(title="Solvent against its baselines")
    for heading in ("what", "goal", "measured", ""):
        table.add_column(heading, overflow="fold")
    colours = {True: "green", False: "red", None: "dim"}
    for row in rows:
        table.add_row(row.what, row.goal, row.measured, f"[{colours[row.met]}]{row.verdict}[/]")
    return table


def _write(about: dict[str, Any], rows: list[Row], loads: dict[str, dict[str, float]]) -> None:
    RESULTS.mkdir(exist_ok=True)
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    found = [
        {
            "name": row.name,
            "what": row.what,
            "goal": row.goal,
            "measured": row.measured,
            "verdict": row.verdict,
            "figures": row.figures,
        }
        for row in rows
    ]
    whole = {"when": when, "machine": about, "load": loads, "rows": found}
    (RESULTS / "latest.json").write_text(json.dumps(whole, indent=1) + "\n")
    busiest = max(load["load_before"] for load in loads.values())
    lines = [
        "# Measurements",
        "",
        f"{when}. {about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB, "
        f"{about['system']}, Python {about['python']}, Numba {about['numba']}, NumPy "
        f"{about['numpy']}, {about['c_compiler']}. Largest load average before a row: {busiest} "
        "(this run alone makes 1). Medians; `python -m bench` makes this file.",
        "",
        "| what | goal | measured | |",
        "|---|---|---|---|",
        *(f"| {row.what} | {row.goal} | {row.measured} | {row.verdict} |" for row in rows),
        "",
    ]
    (RESULTS / "latest.md").write_text("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
