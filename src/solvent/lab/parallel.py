"""Independent jobs on several cores: forked, so that nothing is sent to them.

A job is a function of its progress; it must not depend on another one. Results come back in the
order of the jobs, so that how many ran at once changes nothing. Where processes cannot be forked
safely (not Linux) the jobs run one after another in this process.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Result = TypeVar("Result")
Progress = Callable[[int, int], None]
Job = Callable[[Progress], Result]
Watch = Callable[[int, int, int], None]
"""Called with (which job, done, of)."""

_POLL_SECONDS = 0.1


def cores() -> int:
    """Cores this process may use; 1 where jobs cannot be forked."""
    if sys.platform != "linux":
        return 1
    return len(os.sched_getaffinity(0))


def run_jobs(jobs: Sequence[Job[Result]], watch: Watch, workers: int) -> list[Result]:
    """Run the jobs, at most `workers` at once. A job's exception is raised here.

    Raises `RuntimeError` when a process ends without a result (killed, or out of memory).
    """
    if workers <= 1 or len(jobs) <= 1 or cores() == 1:
        return [job(lambda done, of, n=n: watch(n, done, of)) for n, job in enumerate(jobs)]  # type: ignore[misc]
    context = multiprocessing.get_context("fork")
    progress = context.RawArray("q", 2 * len(jobs))
    results: dict[int, Result] = {}
    running: dict[Any, tuple[int, Any]] = {}
    waiting = list(enumerate(jobs))[::-1]
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                number, job = waiting.pop()
                mine, theirs = context.Pipe(duplex=False)
                process = context.Process(
                    target=_work, args=(number, job, theirs, progress), daemon=True
                )
                process.start()
                theirs.close()
                running[mine] = (number, process)
            for ready in multiprocessing.connection.wait(list(running), timeout=_POLL_SECONDS):
                number, process = running.pop(ready)
                results[number] = _received(ready, process)
            for number in range(len(jobs)):
                if progress[2 * number + 1]:
                    watch(number, progress[2 * number], progress[2 * number + 1])
    finally:
        for _, process in running.values():
            process.terminate()
    return [results[number] for number in range(len(jobs))]


def _work(number: int, job: Job[Any], channel: Any, progress: Any) -> None:
    def note(done: int, of: int) -> None:
        progress[2 * number], progress[2 * number + 1] = done, of

    try:
        outcome: tuple[bool, Any] = (True, job(note))
    except Exception as error:  # handed to the parent, which raises it
        outcome = (False, error)
    channel.send(outcome)
    channel.close()


def _received(channel: Any, process: Any) -> Any:
    try:
        fine, outcome = channel.recv()
    except EOFError:
        process.join()
        raise RuntimeError(f"a worker ended with code {process.exitcode} and no result") from None
    process.join()
    if not fine:
        raise outcome
    return outcome
