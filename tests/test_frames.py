"""How a log is cut, compiled, hashed or resumed changes nothing: CUT-1, JIT-1, REC-1."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest
from tests.replay_log import fingerprint, log_of, run
from tests.scenario_worlds import ScenarioWorld
from tests.worlds import World

ROOT = Path(__file__).parent.parent
SEEDS = (3, 8, 17, 29, 41, -2, -7)  # negative: worlds with scenario accounts
STEPS = 400


def log_for(seed: int):
    return log_of(abs(seed), STEPS, kind=ScenarioWorld if seed < 0 else World)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_log_cut_a_hundred_ways(seed: int) -> None:
    world, log = log_for(seed)
    engine, events = run(world, log)
    expected = fingerprint(engine, events)
    for cut in range(100 // len(SEEDS)):
        again, other = run(world, log, Random(cut))
        assert np.array_equal(other, events), f"cut {cut}"
        assert fingerprint(again, other) == expected, f"cut {cut}"


@pytest.mark.parametrize("seed", SEEDS)
def test_checkpoint_anywhere_and_resume(seed: int) -> None:
    world, log = log_for(seed)
    expected = fingerprint(*run(world, log))
    rng = Random(seed)
    places = [0, 1, len(log) - 1, *(rng.randrange(len(log)) for _ in range(9))]
    for place in places:
        got = fingerprint(*run(world, log, Random(place), restore_at=place))
        assert got == expected, f"restored before entry {place}"


def elsewhere(seed: int, steps: int, *cuts: int, **environment: str) -> list[str]:
    """The fingerprints of another process."""
    command = [
        sys.executable,
        "-W",
        "error::RuntimeWarning",
        "-m",
        "tests.replay_log",
        str(seed),
        str(steps),
    ]
    command += [str(cut) for cut in cuts]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("hash_seed", ["0", "1", "4242"])
def test_same_digest_in_other_processes_and_under_other_hash_seeds(hash_seed: str) -> None:
    expected = list(fingerprint(*run(*log_of(8, STEPS))))
    assert elsewhere(8, STEPS, int(hash_seed), PYTHONHASHSEED=hash_seed) == expected


@pytest.mark.parametrize("seed", [*SEEDS[:3], SEEDS[-1]])
def test_same_digest_compiled_and_interpreted(seed: int) -> None:
    expected = list(fingerprint(*run(*log_for(seed))))
    assert elsewhere(seed, STEPS, SOLVENT_JIT="0", NUMBA_DISABLE_JIT="1") == expected
