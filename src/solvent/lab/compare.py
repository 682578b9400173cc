"""Several waterfalls over the same population and path, gathered into one `ReplayResult`."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from fractions import Fraction
from importlib import metadata

import numpy as np

import solvent
from solvent.lab.assumptions import PopulationRules
from solvent.lab.columns import deleveraged_columns, liquidation_columns
from solvent.lab.findings import ABSENT, findings, statement
from solvent.lab.listings import SETTLE, SETTLE_EXPONENT
from solvent.lab.maps import level_maps
from solvent.lab.parallel import Job, cores, run_jobs
from solvent.lab.path import MARK_LABEL
from solvent.lab.population import Population, draw_population
from solvent.lab.replay import LEVEL_SAMPLES, replay
from solvent.lab.result import InstrumentSeries, ReplayResult, StudyRow, WaterfallResult
from solvent.lab.run import Outcome, Run, marks_of
from solvent.lab.scenario import Feedback, Scenario
from solvent.lab.story import choose_account, tell
from solvent.lab.tally import Tally, losses, tally, totals
from solvent.lab.waterfalls import Waterfall
from solvent.market.impact import impact_of

FUND_SHARE = Fraction(26, 10_000)
"""The insurance fund at the start, as a share of one side's open interest.

About 25 million USD against 9.8 billion of open interest (Hyperliquid, 10 October 2025, as read in
arXiv 2603.09164); taken as a share, it stands in for any venue's.
"""

Watch = Callable[[str, int, int], None]
"""Called with (what is being done, moments done, moments in all)."""

PARALLEL_FROM = 5_000
"""Fewer accounts than this are done sooner than a process is forked and its record sent."""


def fund_of(scenario: Scenario, population: Population) -> int:
    """Money units in the fund at the start: `FUND_SHARE` of the population's open interest."""
    whole = sum(Fraction(market.open_interest) for market in scenario.markets)
    return int(whole * FUND_SHARE * Fraction(population.ratio) * 10**SETTLE_EXPONENT)


def run_all(
    scenario: Scenario,
    waterfalls: list[Waterfall],
    *,
    seed: int | None = None,
    rules: PopulationRules | None = None,
    watch: Watch | None = None,
    level_samples: int = LEVEL_SAMPLES,
    workers: int | None = None,
) -> list[Run]:
    """The same population, once through each waterfall, side by side on the cores there are.

    seed: of the population; None: the scenario's. workers: processes at once; None: one per core
    when there are `PARALLEL_FROM` accounts or more.
    """
    population = draw_population(
        scenario.markets,
        scenario.histories,
        start=scenario.start,
        accounts=scenario.options.accounts,
        seed=scenario.options.seed if seed is None else seed,
        coin_start=scenario.coin_start,
        rules=rules,
    )
    fund = fund_of(scenario, population)

    def job(one: Waterfall) -> Job[Outcome]:
        return lambda progress: replay(
            scenario, population, one, fund=fund, progress=progress, level_samples=level_samples
        )

    def told(number: int, done: int, of: int) -> None:
        if watch is not None:
            watch(waterfalls[number].name, done, of)

    if workers is None:
        workers = cores() if scenario.options.accounts >= PARALLEL_FROM else 1
    outcomes = run_jobs([job(one) for one in waterfalls], told, workers)
    return [
        Run(waterfall=one, scenario=scenario, population=population, fund_start=fund, outcome=left)
        for one, left in zip(waterfalls, outcomes, strict=True)
    ]


def gather(title: str, runs: list[Run], study: list[StudyRow] | None = None) -> ReplayResult:
    """Everything the report and the tables show, from finished runs of one population."""
    scenario = runs[0].scenario
    tallies = [tally(run) for run in runs]
    chosen = choose_account(runs)
    waterfalls = []
    for run, one in zip(runs, tallies, strict=True):
        fund_times = [*run.record.fund_times, int(scenario.times_ns[-1])]
        fund = [*run.record.fund, run.record.fund[-1]]
        waterfalls.append(
            WaterfallResult(
                name=run.waterfall.name,
                description=run.waterfall.description,
                totals=totals(run, one),
                losses=losses(one),
                digest=run.digest,
                audit_ok=run.outcome.audit_ok,
                audit=run.outcome.audit,
                liquidations=liquidation_columns(run),
                deleveraged=deleveraged_columns(run),
                fund_times_ns=np.array(fund_times, dtype=np.int64),
                fund=np.array(fund, dtype=np.float64) / 10**SETTLE_EXPONENT,
                level_maps=level_maps(run),
                story=None if chosen is None else tell(run, *chosen),
            )
        )
    return ReplayResult(
        title=title,
        subtitle=_subtitle(scenario, runs[0].population),
        statement=statement(scenario.options.feedback is Feedback.ON),
        asset=SETTLE,
        scale=10**SETTLE_EXPONENT,
        absent=ABSENT,
        parameters=_parameters(runs, tallies),
        findings=findings(runs, tallies),
        instruments=_series(runs[0]),
        waterfalls=waterfalls,
        machine=f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        versions=versions(),
        study=study or [],
    )


def versions() -> list[tuple[str, str]]:
    """What computed it."""
    found = [("solvent", solvent.__version__), ("Python", sys.version.split()[0])]
    return found + [(name, metadata.version(name)) for name in ("numpy", "numba")]


def _subtitle(scenario: Scenario, population: Population) -> str:
    parts = [
        f"{bars.symbol} {_clock(int(bars.times_ns[0]))}-{_clock(bars.end_ns - bars.bar_ns)}"
        for bars in scenario.bars
    ]
    day = np.datetime64(int(scenario.times_ns[0]), "ns").astype("datetime64[D]")
    return f"{', '.join(parts)} UTC on {day}; {population.customers:,} invented accounts"


def _clock(time_ns: int) -> str:
    return str(np.datetime64(time_ns, "ns").astype("datetime64[m]"))[-5:]


def _series(run: Run) -> list[InstrumentSeries]:
    scenario = run.scenario
    series = []
    for place, bars in enumerate(scenario.bars):
        label = MARK_LABEL[scenario.options.mark]
        if scenario.options.feedback is Feedback.ON:
            label = f"counterfactual of {run.waterfall.name}: control path moved by forced orders"
        own = scenario.bar[:, place] >= 0
        series.append(
            InstrumentSeries(
                symbol=bars.symbol,
                price_unit=SETTLE,
                source=f"bars: {bars.source}, last trades, unchanged",
                times_ns=scenario.times_ns[own],
                marks=bars.quote(marks_of(run, place)[own]),
                bar_times_ns=bars.times_ns,
                bar_ns=bars.bar_ns,
                open=bars.quote(bars.open),
                high=bars.quote(bars.high),
                low=bars.quote(bars.low),
                close=bars.quote(bars.close),
                volume=bars.base(bars.volume),
                mark_label=label,
            )
        )
    return series


def _parameters(runs: list[Run], tallies: list[Tally]) -> list[tuple[str, str, str]]:
    scenario, population = runs[0].scenario, runs[0].population
    options = scenario.options
    rows = [
        ("seed", str(options.seed), "of the path; the population's is " + str(population.seed)),
        *population.notes,
        *scenario.notes,
        ("mark", options.mark.value, MARK_LABEL[options.mark]),
        (
            "participation",
            f"{options.participation:.0%}",
            "most of a bar's volume that forced orders take on each side, spread over its ticks"
            " (assumption)",
        ),
    ]
    for bars in scenario.bars:
        note = impact_of(bars, options.impact).note
        rows.append((f"{bars.symbol} impact", options.impact.value, note))
    feedback = "moves the mark of a control path" if options.feedback is Feedback.ON else "none"
    rows.append(("feedback of forced orders", options.feedback.value, feedback))
    rows += [(f"{m.symbol} margin rules", "", m.margin_source) for m in scenario.markets]
    rows.append(
        (
            "insurance fund",
            f"{tallies[0].fund_start / 10**SETTLE_EXPONENT:,.0f} {SETTLE}",
            f"{float(FUND_SHARE):.2%} of one side's open interest (assumption after one venue's"
            " figures); one fund for all instruments",
        )
    )
    if len(scenario.bars) > 1:
        rows.append(
            (
                "instruments outside their bars",
                "stand still",
                "before its first bar an instrument is marked at its first open, after its last at"
                " its last close",
            )
        )
    return rows
