"""An environment of its own for a peer, so that its packages never meet ours."""

from __future__ import annotations

import subprocess
import venv
from pathlib import Path


def environment(place: Path, package: str, module: str) -> tuple[str | None, str]:
    """The Python of the peer's environment, made when missing; else None and the reason."""
    python = place / "bin" / "python"
    if python.exists() and not _failure([str(python), "-c", f"import {module}"]):
        return str(python), ""
    try:
        venv.create(place, with_pip=True, clear=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return None, f"no environment ({error})"
    refusal = _failure([str(python), "-m", "pip", "install", "--quiet", package])
    return (None, f"{package} cannot be installed ({refusal})") if refusal else (str(python), "")


def _failure(command: list[str]) -> str:
    """Last line of what a failed command said; empty when it succeeded."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if said.returncode == 0 else (said.stderr.strip().splitlines() or ["failed"])[-1]
