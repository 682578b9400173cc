"""Replays: `solvent demo`, `solvent replay`, `solvent warm`.

Nothing is decided here. Heavy rooms are imported inside the commands.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from solvent.cli.choices import Impact, Mark, Order, PolicyName, Switch
from solvent.cli.errors import plain_errors

if TYPE_CHECKING:
    from rich.console import Console

    from solvent.lab.compare import Watch
    from solvent.lab.result import ReplayResult
    from solvent.lab.scenario import Options, Scenario

REPORT = "solvent-report.html"

Accounts = Annotated[int, typer.Option(help="Invented accounts.", min=100, max=5_000_000)]
Seed = Annotated[int, typer.Option(help="Seed of population and path.", min=0)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Report = Annotated[Path, typer.Option(help="Where the HTML report goes.")]


def demo(
    accounts: Accounts = 100_000,
    seed: Seed = 1,
    as_json: Json = False,
    report: Report = Path(REPORT),
) -> None:
    """Replay the crash of 10 October 2025 over an invented population, two waterfalls compared."""
    with plain_errors():
        _check_target(report)
        from solvent.feeds.scenes import demo_scenario
        from solvent.lab.scenario import Options

        scenario = demo_scenario(Options(accounts=accounts, seed=seed))
        title = "The crash of 10 October 2025, over an invented population"
        _run(scenario, title, PolicyName.BOTH, 1, as_json, report)


def replay(
    files: Annotated[
        list[Path], typer.Argument(help="Bars, CSV or Parquet, one file per instrument.")
    ],
    symbol: Annotated[
        list[str] | None,
        typer.Option(help="Instrument of each file, in order; default: from its name."),
    ] = None,
    tick: Annotated[
        list[str] | None, typer.Option(help="Tick of each file (unknown instruments).")
    ] = None,
    lot: Annotated[
        list[str] | None, typer.Option(help="Lot of each file (unknown instruments).")
    ] = None,
    open_interest: Annotated[
        list[float] | None, typer.Option(help="Open interest of each file, in USDT.")
    ] = None,
    venue: Annotated[
        str | None, typer.Option(help="Which venue's rows, in a file of many markets.")
    ] = None,
    history: Annotated[
        Path | None, typer.Option(help="Hourly candles before the replay, for entry prices.")
    ] = None,
    accounts: Accounts = 100_000,
    policy: Annotated[PolicyName, typer.Option(help="Waterfall.")] = PolicyName.BOTH,
    seed: Seed = 1,
    populations: Annotated[
        int, typer.Option(help="Draw so many populations, common seeds, and compare.", min=1)
    ] = 1,
    ticks: Annotated[int, typer.Option(help="Prices per bar.")] = 60,
    order: Annotated[Order, typer.Option(help="Extreme visited first.")] = Order.NEARER,
    mark: Annotated[Mark, typer.Option(help="Mark: last price or a stand-in.")] = Mark.LAST,
    impact: Annotated[Impact, typer.Option(help="Impact of forced orders.")] = Impact.MIDDLE,
    participation: Annotated[
        float, typer.Option(help="Most of a bar's volume that forced orders take.")
    ] = 0.25,
    feedback: Annotated[
        Switch, typer.Option(help="Forced orders move the mark (a counterfactual).")
    ] = Switch.OFF,
    as_json: Json = False,
    report: Report = Path(REPORT),
) -> None:
    """Replay recorded bars over an invented population."""
    with plain_errors():
        _check_target(report)
        options = _options(accounts, seed, ticks, order, mark, impact, participation, feedback)
        scenario = _scenario(files, symbol, tick, lot, open_interest, venue, history, options)
        title = "Replay of " + " and ".join(market.symbol for market in scenario.markets)
        _run(scenario, title, policy, populations, as_json, report)


def warm() -> None:
    """Compile every kernel once, so that later commands start at once."""
    import time

    with plain_errors():
        from solvent.compiled import compile_status
        from solvent.engine import warm as warm_engine

        _say_compiling()
        begun = time.perf_counter()
        warm_engine()
        status = compile_status()
        typer.echo(
            f"{status.kernels} kernels ready in {time.perf_counter() - begun:.1f} s"
            + (f", kept in {status.folder}" if status.folder else ", not kept")
        )


# ------------------------------------------------------------------------------------- the pieces


def _check_target(report: Path) -> None:
    """The report's place must be writable before minutes are spent on it."""
    if report.is_dir() or not report.resolve().parent.is_dir():
        raise ValueError(f"{report}: not a place for a file; give --report another path")


def _options(
    accounts: int,
    seed: int,
    ticks: int,
    order: Order,
    mark: Mark,
    impact: Impact,
    participation: float,
    feedback: Switch,
) -> Options:
    from solvent.lab.path import ExtremeOrder, MarkRule
    from solvent.lab.scenario import Feedback, Options
    from solvent.market.impact import ImpactLevel

    return Options(
        accounts=accounts,
        seed=seed,
        ticks=ticks,
        order=ExtremeOrder(order.value),
        mark=MarkRule(mark.value),
        impact=ImpactLevel(impact.value),
        participation=participation,
        feedback=Feedback(feedback.value),
    )


def _scenario(
    files: list[Path],
    symbol: list[str] | None,
    tick: list[str] | None,
    lot: list[str] | None,
    open_interest: list[float] | None,
    venue: str | None,
    history: Path | None,
    options: Options,
) -> Scenario:
    from solvent.feeds.scenes import Source, scenario_of

    given = {"--symbol": symbol, "--tick": tick, "--lot": lot, "--open-interest": open_interest}
    for name, values in given.items():
        if values and len(values) != len(files):
            raise ValueError(f"{name} is given {len(values)} times for {len(files)} files")
    sources = [
        Source(
            path=path,
            symbol=symbol[at] if symbol else None,
            tick=tick[at] if tick else None,
            lot=lot[at] if lot else None,
            open_interest=open_interest[at] if open_interest else None,
            venue=venue,
        )
        for at, path in enumerate(files)
    ]
    return scenario_of(sources, options, history=history)


def _run(
    scenario: Scenario,
    title: str,
    policy: PolicyName,
    populations: int,
    as_json: bool,
    report: Path,
) -> None:
    from dataclasses import replace

    from solvent.lab.compare import gather, run_all
    from solvent.lab.study import study, study_findings
    from solvent.lab.waterfalls import WATERFALLS

    chosen = list(WATERFALLS.values()) if policy is PolicyName.BOTH else [WATERFALLS[policy.value]]
    if _say_compiling():
        from solvent.engine import warm as warm_engine

        warm_engine()  # here, so that the processes of a run do not each compile the same
    with _progress() as watch:
        runs = run_all(scenario, chosen, watch=watch)
        rows = study(scenario, chosen, populations, watch=watch) if populations > 1 else []
    result = gather(title, runs, rows)
    if rows:
        sentences = study_findings(rows, [one.name for one in chosen])
        result = replace(result, findings=[*result.findings, *sentences])
    _show(result, as_json, report)


def _show(result: ReplayResult, as_json: bool, report: Path) -> None:
    from solvent.report import print_result, write_report

    if as_json:
        typer.echo(result.to_json())
        return
    print_result(result)
    typer.echo(f"report: {write_report(result, report)}")


def _say_compiling() -> bool:
    """Say so when the kernels are not on disk yet; whether they are not."""
    from solvent.compiled import compile_status

    status = compile_status()
    cold = status.compiled and not status.warm
    if cold:
        typer.echo("compiling (once)", err=True)
    return cold


def _errors() -> Console:
    from rich.console import Console

    return Console(stderr=True)


@contextmanager
def _progress() -> Iterator[Watch]:
    """A progress bar on the error stream, so that standard output stays what was asked for."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=_errors(),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with bar:
        tasks: dict[str, object] = {}

        def watch(name: str, done: int, of: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=of)
            bar.update(tasks[name], completed=done)  # type: ignore[arg-type]

        yield watch
