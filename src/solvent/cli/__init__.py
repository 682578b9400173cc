"""The `solvent` command: reads options, calls the rooms, shows what they return.

Nothing is decided here. Heavy rooms are imported inside the commands, and a command's module when
it is called, so that `solvent --help` is quick. A wrong input ends in one sentence and exit code 2,
with nothing half-written.

`solvent calc` goes past typer: loading it and pydantic takes longer than the answer.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solvent.cli.choices import Impact, Mark, Order, PolicyName, Switch
    from solvent.cli.commands import COMMANDS, app

_PLACES = {
    "COMMANDS": "solvent.cli.commands",
    "app": "solvent.cli.commands",
    "Impact": "solvent.cli.choices",
    "Mark": "solvent.cli.choices",
    "Order": "solvent.cli.choices",
    "PolicyName": "solvent.cli.choices",
    "Switch": "solvent.cli.choices",
}


def main() -> None:
    """Entry point of the `solvent` script."""
    if sys.argv[1:2] == ["calc"]:
        from solvent.cli.calc import run

        sys.exit(run(sys.argv[2:]))
    from solvent.cli.commands import app

    app()


def __getattr__(name: str) -> Any:
    """Load a name on first use, so that importing the package loads no typer."""
    if name not in _PLACES:
        raise AttributeError(f"module 'solvent.cli' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


__all__ = ["COMMANDS", "Impact", "Mark", "Order", "PolicyName", "Switch", "app", "main"]
