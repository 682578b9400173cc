"""Many populations: is a difference between waterfalls more than one draw's luck?

Each population is drawn from its own seed and runs through every waterfall on the same path (common
random numbers), so the difference is taken within a population. Its interval is a bootstrap over
populations: it speaks of other draws of the same assumptions, not of other assumptions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from solvent.lab.assumptions import PopulationRules
from solvent.lab.compare import Watch, run_all
from solvent.lab.listings import SETTLE, SETTLE_EXPONENT
from solvent.lab.parallel import Job, Progress, cores, run_jobs
from solvent.lab.result import StudyRow
from solvent.lab.scenario import Scenario
from solvent.lab.tally import Tally, tally
from solvent.lab.waterfalls import Waterfall
from solvent.market.bars import Floats

MONEY = 10**SETTLE_EXPONENT
POPULATIONS_ENOUGH = 30
"""Fewer populations than this are shown but called too few to rank waterfalls."""
RESAMPLES = 4_000
CONFIDENCE = 0.95

Measure = Callable[[Tally], float]

MEASURES: list[tuple[str, str, Measure]] = [
    ("accounts liquidated", "accounts", lambda t: float(t.liquidated)),
    ("closed by force", SETTLE, lambda t: t.notional / MONEY),
    ("lost by their owners in liquidation", SETTLE, lambda t: t.own_margin / MONEY),
    ("drawn from the fund", SETTLE, lambda t: t.drawn / MONEY),
    ("given up by the deleveraged", SETTLE, lambda t: t.given_up / MONEY),
    ("socialised loss", SETTLE, lambda t: t.socialised / MONEY),
]


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of (second - first) over populations with its interval."""

    label: str
    unit: str
    mean: float
    low: float
    high: float


def study(
    scenario: Scenario,
    waterfalls: list[Waterfall],
    populations: int,
    *,
    rules: PopulationRules | None = None,
    watch: Watch | None = None,
) -> list[StudyRow]:
    """Run `populations` seeds, from the scenario's on; samples are (waterfalls, populations)."""
    first = scenario.options.seed

    def job(number: int) -> Job[Floats]:
        def work(progress: Progress) -> Floats:
            runs = run_all(
                scenario,
                waterfalls,
                seed=first + number,
                rules=rules,
                level_samples=2,
                workers=1,
                watch=lambda name, done, of: progress(done, of),
            )
            tallies = [tally(run) for run in runs]
            return np.array([[measure(t) for t in tallies] for _, _, measure in MEASURES])

        return work

    def told(number: int, done: int, of: int) -> None:
        if watch is not None:
            watch(f"population {number + 1} of {populations}", done, of)

    jobs = [job(number) for number in range(populations)]
    samples = np.stack(run_jobs(jobs, told, cores()), axis=2)
    return [
        StudyRow(label=label, unit=unit, samples=samples[row])
        for row, (label, unit, _) in enumerate(MEASURES)
    ]


def differences(rows: list[StudyRow], *, seed: int = 0) -> list[Difference]:
    """Second waterfall less first, per measure; none with fewer than two waterfalls or seeds."""
    found = []
    for row in rows:
        if row.samples.shape[0] < 2 or row.samples.shape[1] < 2:
            continue
        within = row.samples[1] - row.samples[0]
        low, high = interval(within, seed=seed)
        found.append(Difference(row.label, row.unit, float(within.mean()), low, high))
    return found


def interval(values: Floats, *, seed: int = 0) -> tuple[float, float]:
    """Percentile bootstrap of the mean at `CONFIDENCE`, seeded."""
    random = np.random.default_rng(seed)
    drawn = random.integers(0, len(values), (RESAMPLES, len(values)))
    means = values[drawn].mean(axis=1)
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(means, [tail, 100 - tail])
    return float(low), float(high)


def study_findings(rows: list[StudyRow], names: list[str]) -> list[str]:
    """One sentence per measure: the difference with its interval, and whether it is one."""
    sentences = []
    for one in differences(rows):
        clear = one.low > 0 or one.high < 0
        sentences.append(
            f"Over {rows[0].samples.shape[1]} populations, {names[1]} less {names[0]}, {one.label}:"
            f" {_signed(one.mean)} {one.unit} (95 % interval {_signed(one.low)} to"
            f" {_signed(one.high)})" + ("." if clear else ": not told apart from no difference.")
        )
    if sentences and rows[0].samples.shape[1] < POPULATIONS_ENOUGH:
        sentences.append(
            f"{rows[0].samples.shape[1]} populations are too few to rank the waterfalls;"
            f" use at least {POPULATIONS_ENOUGH}."
        )
    return sentences


def _signed(value: float) -> str:
    """With its sign; two decimals where the unit alone would hide it."""
    return f"{value:+,.0f}" if abs(value) >= 100 else f"{value + 0.0:+,.2f}"
