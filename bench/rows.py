"""What a measurement says: a row with its goal, and how times are taken."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. met None: skipped or no goal. figures: what it was computed from."""

    name: str
    what: str
    goal: str
    measured: str
    met: bool | None
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """The last column."""
        return {True: "met", False: "not met", None: "-"}[self.met]


def skipped(name: str, what: str, goal: str, reason: str) -> Row:
    """A row that could not be measured here, and why."""
    return Row(name=name, what=what, goal=goal, measured=f"skipped: {reason}", met=None)


clock = time.process_time
"""Processor seconds of this process. Everything measured runs on one thread and waits for nobody,
so on an idle machine this is the wall time, and on a busy one it leaves out the turns of others.
"""


def seconds(action: Callable[[], object]) -> float:
    """Time of one call."""
    start = clock()
    action()
    return clock() - start


def median_seconds(action: Callable[[], object], repeats: int) -> tuple[float, list[float]]:
    """Median time of `repeats` calls, and all of them."""
    times = [seconds(action) for _ in range(repeats)]
    return statistics.median(times), times


def span(amount: float) -> str:
    """A time in the unit a person would choose.

    >>> span(0.0000042), span(0.037)
    ('4.20 us', '37.0 ms')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if amount >= size:
            return f"{three_digits(amount / size)} {unit}"
    return f"{three_digits(amount / 1e-9)} ns"


def three_digits(number: float) -> str:
    """Three significant digits, thousands with separators.

    >>> three_digits(37.04), three_digits(123456.0)
    ('37.0', '123,000')
    """
    if number >= 1000:
        digits = len(str(int(number))) - 3
        return f"{round(number, -digits):,.0f}"
    return f"{number:.{max(0, 2 - len(str(int(number))) + 1)}f}"
