"""`solvent calc` in the table of commands: passes its words on, see `calc`."""

from __future__ import annotations

import typer

from solvent.cli.calc import run

calc = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@calc.command(
    "calc",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def ask(context: typer.Context) -> None:
    """Margin, liquidation and bankruptcy price of a position or an account, and why."""
    raise typer.Exit(run(context.args))
