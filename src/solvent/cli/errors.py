"""How a command ends when it cannot answer: one sentence on the error stream, and an exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

WRONG_INPUT = 2
FAILED = 1


@contextmanager
def plain_errors() -> Iterator[None]:
    """An error of the input becomes one sentence and exit code 2; other refusals exit 1."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise ended(str(error), WRONG_INPUT) from None
    except RuntimeError as error:
        # Stopped by name: a broken invariant, or a rehearsal that went wrong.
        raise ended(f"{type(error).__name__}: {error}", FAILED) from None


def ended(sentence: str, code: int) -> typer.Exit:
    """The exit with `code`, after `sentence` is written to the error stream."""
    typer.echo(f"solvent: {sentence}", err=True)
    return typer.Exit(code)
