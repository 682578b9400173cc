"""Jobs on several cores: order kept, errors raised, a dead worker named."""

from __future__ import annotations

import os
import signal

import pytest

from solvent.lab.parallel import Progress, cores, run_jobs

forked = pytest.mark.skipif(cores() == 1, reason="one core, or no fork")


def square(number: int):  # type: ignore[no-untyped-def]
    def work(progress: Progress) -> int:
        progress(1, 1)
        return number * number

    return work


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_the_order_of_the_jobs(workers: int) -> None:
    seen: set[int] = set()

    found = run_jobs(
        [square(n) for n in range(5)], lambda number, done, of: seen.add(number), workers
    )

    assert found == [0, 1, 4, 9, 16]
    assert seen == set(range(5))


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_a_job_is_raised(workers: int) -> None:
    def fail(progress: Progress) -> int:
        raise ValueError("as planned")

    with pytest.raises(ValueError, match="as planned"):
        run_jobs([square(2), fail], lambda *_: None, workers)


@forked
def test_a_killed_worker_is_named() -> None:
    def die(progress: Progress) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    with pytest.raises(RuntimeError, match="ended with code -9"):
        run_jobs([square(2), die], lambda *_: None, 2)
