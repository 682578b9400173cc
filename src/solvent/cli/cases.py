"""`solvent cases`: run files of golden cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from solvent.cli.errors import plain_errors

if TYPE_CHECKING:
    from solvent.venues.cases import CaseReport


def cases(
    files: Annotated[list[Path], typer.Argument(help="Files of cases (JSON).", metavar="FILE...")],
    kind: Annotated[
        list[str] | None, typer.Option(help="Run only cases of this kind; may be repeated.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print the tree of every case, passed ones too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Answer a venue's own examples and compare: a line per failure, counts, the verdict.

    Ends with 1 when a case fails, with 2 when one cannot be run (an unknown kind, a missing
    input).
    """
    with plain_errors():
        from solvent.venues.cases import run_files

        report = run_files(files, kind or ())
    if as_json:
        import json

        typer.echo(json.dumps(report.to_dict(), indent=1))
    else:
        _print(report, explain)
    raise typer.Exit(report.exit_code)


def _print(report: CaseReport, explain: bool) -> None:
    for outcome in report.outcomes:
        for line in outcome.lines():
            typer.echo(line)
        if explain and outcome.status == "passed" and outcome.explain is not None:
            typer.echo(f"passed  {outcome.case.id} ({outcome.case.venue}, {outcome.case.kind})")
            for line in str(outcome.explain).splitlines():
                typer.echo("    " + line)
    rows = [("venue", "kind", "passed", "failed", "not run")]
    rows += [
        (row.venue, row.kind, str(row.passed), str(row.failed), str(row.not_run))
        for row in report.summary()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        names = f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}"
        typer.echo(names + "".join(f"  {row[i]:>{widths[i]}}" for i in (2, 3, 4)))
    if report.unknown_kinds():
        from solvent.venues.cases import known_kinds

        typer.echo(f"unknown kinds: {', '.join(report.unknown_kinds())}")
        typer.echo(f"known kinds: {', '.join(known_kinds())}")
    if report.not_run:
        typer.echo(f"{report.not_run} not run (nothing is claimed about them)")
    typer.echo(report.verdict)
