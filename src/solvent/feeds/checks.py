"""What a file of bars must satisfy before it is believed: named checks, each raising `FeedFault`.

Every check compares integers. The first fault in reading order is reported, with its row.
"""

from __future__ import annotations

import math

import numpy as np

from solvent.feeds.fault import FeedFault
from solvent.market.bars import Ints

SCALE_JUMP = 5
"""A price more than this many times its neighbour's is taken for a wrong scale.

The wildest minute of the shipped data (AVAXUSDT, 10 October 2025, 21:22) moved 1.55 times; the
least slip of a decimal point is 10 times. Five lies between the two, nearer to the slip.
"""


def check_times(file: str, rows: list[int], column: str, shown: list[str], times: Ints) -> None:
    """Times rise; no row stands twice."""
    steps = np.diff(times)
    if (steps > 0).all():
        return
    at = int(np.flatnonzero(steps <= 0)[0]) + 1
    same = times[at] == times[at - 1]
    raise FeedFault(
        file,
        row=rows[at],
        column=column,
        value=shown[at],
        limit=(
            f"the same time as row {rows[at - 1]} (a duplicate row)"
            if same
            else f"time goes back: row {rows[at - 1]} says {shown[at - 1]}"
        ),
        advice="remove the duplicate" if same else "sort the file by time",
    )


def check_gaps(
    file: str, rows: list[int], column: str, shown: list[str], times: Ints, bar_ns: int
) -> None:
    """Each bar begins where the one before it ends."""
    steps = np.diff(times)
    wrong = np.flatnonzero(steps != bar_ns)
    if not len(wrong):
        return
    at = int(wrong[0]) + 1
    seconds = int(steps[at - 1]) / 1e9
    raise FeedFault(
        file,
        row=rows[at],
        column=column,
        value=shown[at],
        limit=(
            f"{seconds:g} s after row {rows[at - 1]}, but bars are {bar_ns / 1e9:g} s long (a gap)"
        ),
        advice="fill in the missing bars or replay the parts before and after it apart",
    )


def check_bar(
    file: str,
    rows: list[int],
    text: dict[str, list[str]],
    names: dict[str, str],
    prices: dict[str, Ints],
) -> None:
    """Low <= open, close <= high. `names` maps open, high, low, close to the file's columns."""
    low, high = prices["low"], prices["high"]
    faults: list[tuple[int, str, str]] = []
    for at in np.flatnonzero(high < low)[:1]:
        faults.append((int(at), "high", f"below the low of {text[names['low']][at]}"))
    for key in ("open", "close"):
        for at in np.flatnonzero(prices[key] > high)[:1]:
            faults.append((int(at), key, f"above the high of {text[names['high']][at]}"))
        for at in np.flatnonzero(prices[key] < low)[:1]:
            faults.append((int(at), key, f"below the low of {text[names['low']][at]}"))
    if not faults:
        return
    at, key, limit = min(faults, key=lambda fault: fault[0])
    raise FeedFault(
        file,
        row=rows[at],
        column=names[key],
        value=text[names[key]][at],
        limit=limit,
        advice="the bar contradicts itself: download the file again",
    )


def check_scale(
    file: str,
    rows: list[int],
    text: dict[str, list[str]],
    names: dict[str, str],
    prices: dict[str, Ints],
) -> None:
    """No price leaps against its neighbours by more than `SCALE_JUMP` times."""
    first = prices["open"]
    pairs = [("open", np.concatenate((first[:1], prices["close"][:-1])))]
    pairs += [(key, first) for key in ("high", "low", "close")]
    leaps: list[tuple[int, str, int, int]] = []
    for key, neighbour in pairs:
        price = prices[key]
        leap = np.maximum(price, neighbour) > SCALE_JUMP * np.minimum(price, neighbour)
        leaps += [
            (int(at), key, int(price[at]), int(neighbour[at])) for at in leap.nonzero()[0][:1]
        ]
    if not leaps:
        return
    at, key, found, expected = min(leaps, key=lambda leap: leap[0])
    times = max(found, expected) / min(found, expected)
    power = round(math.log10(times))
    raise FeedFault(
        file,
        row=rows[at],
        column=names[key],
        value=text[names[key]][at],
        limit=(
            f"{times:.3g} times {'above' if found > expected else 'below'} its neighbour, more than"
            f" {SCALE_JUMP} (wrong scale, about 10^{power if found > expected else -power}?)"
        ),
        advice="check the decimal point",
    )
