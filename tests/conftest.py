"""Hypothesis profiles: `ci` (default, reproducible), `dev` (quick), `soak` (long, random).

Choose one with HYPOTHESIS_PROFILE=name; `make soak` does.
"""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Compiled kernels make the first example slow, so no example has a deadline.
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    print_blob=True,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("dev", deadline=None, max_examples=25)
settings.register_profile(
    "soak",
    deadline=None,
    print_blob=True,
    max_examples=20_000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture
def calc(capsys: pytest.CaptureFixture[str]) -> Any:
    """`solvent calc` in this process: its words in; exit code, output and complaints out."""
    from solvent.cli.calc import run

    def call(*words: str) -> tuple[int, str, str]:
        code = run(words)
        out, err = capsys.readouterr()
        return code, out, err

    return call
