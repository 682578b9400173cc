"""The table of commands: each module is imported when its command is called."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

import solvent

if TYPE_CHECKING:
    from collections.abc import Mapping

# Name of the command -> "module:function", in the order of `--help`. The function is a command as
# typer takes it, or a `typer.Typer` with commands of its own.
COMMANDS: Mapping[str, str] = {
    "calc": "solvent.cli.calc_command:calc",
    "venues": "solvent.cli.venues:venues",
    "cases": "solvent.cli.cases:cases",
    "demo": "solvent.cli.replay:demo",
    "replay": "solvent.cli.replay:replay",
    "warm": "solvent.cli.replay:warm",
}


class _Commands(TyperGroup):
    """The commands of the table, each imported when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, function = COMMANDS[cmd_name].split(":")
        found = getattr(import_module(module), function)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command(cmd_name)(found)
            found = alone
        return get_command(found)


app = typer.Typer(
    name="solvent",
    cls=_Commands,
    help="An exact margin and liquidation engine for crypto derivatives.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"solvent {solvent.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before any command."""
