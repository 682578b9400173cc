"""Scales, ticks and the frame around a plot."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from solvent.report.markup import Markup, join
from solvent.report.numbers import MINUTE, SECOND, clock
from solvent.report.svg import FONT, Array, line, text, text_width

HOUR, DAY = 60 * MINUTE, 1440 * MINUTE
_TIME_STEPS = (
    *(SECOND * n for n in (1, 2, 5, 10, 15, 30)),
    *(MINUTE * n for n in (1, 2, 5, 10, 15, 20, 30)),
    *(HOUR * n for n in (1, 2, 3, 6, 12)),
    *(DAY * n for n in (1, 2, 7, 14, 30, 90, 365)),
)


@dataclass(frozen=True, slots=True)
class Box:
    """The inside of a plot, px."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Lower edge."""
        return self.top + self.height

    def as_text(self) -> str:
        """For the read-out script: left, top, width, height."""
        return " ".join(f"{v:.1f}" for v in (self.left, self.top, self.width, self.height))


@dataclass(frozen=True, slots=True)
class Scale:
    """Values lo..hi onto pixels start..end, straight; all at the start where lo equals hi."""

    lo: float
    hi: float
    start: float
    end: float

    @property
    def span(self) -> float:
        """hi less lo, never 0."""
        return self.hi - self.lo or 1.0

    def __call__(self, value: float) -> float:
        """One value in px."""
        return self.start + self.share(value) * (self.end - self.start)

    def all(self, values: Array) -> Array:
        """Many values in px."""
        share = (np.asarray(values, dtype=np.float64) - self.lo) / self.span
        return self.start + share * (self.end - self.start)

    def share(self, value: float) -> float:
        """Position between lo (0) and hi (1)."""
        return (value - self.lo) / self.span


def step_for(span: float, about: int) -> float:
    """A step of 1, 2, 2.5 or 5 times a power of ten that cuts `span` into about `about` parts."""
    raw = span / max(1, about)
    power = 10.0 ** math.floor(math.log10(raw))
    for factor in (1.0, 2.0, 2.5, 5.0, 10.0):
        if raw <= factor * power * 1.0000001:
            return factor * power
    return 10.0 * power


def ticks(lo: float, hi: float, about: int = 5) -> list[float]:
    """Round values within lo..hi.

    >>> ticks(0.0, 97.0, 5)
    [0.0, 20.0, 40.0, 60.0, 80.0]
    """
    if not hi > lo:
        return [lo]
    step = step_for(hi - lo, about)
    first = math.ceil(lo / step - 1e-9)
    last = math.floor(hi / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def padded(lo: float, hi: float, share: float = 0.06) -> tuple[float, float]:
    """A range with air at both ends; never empty."""
    if not hi > lo:
        pad = abs(hi) * 0.01 or 1.0
    else:
        pad = (hi - lo) * share
    return lo - pad, hi + pad


def time_ticks(lo: int, hi: int, about: int = 6) -> list[int]:
    """Round UTC times within lo..hi, ns."""
    span = max(1, hi - lo)
    step = next((s for s in _TIME_STEPS if span / s <= about), _TIME_STEPS[-1])
    return list(range(-(-lo // step) * step, hi + 1, step))


def margin_for(labels: Sequence[str]) -> float:
    """Room to the left of a plot for its longest label."""
    return max((text_width(label) for label in labels), default=0.0) + 8


def y_axis(box: Box, scale: Scale, at: Sequence[float], show: Callable[[float], str]) -> Markup:
    """Grid lines with labels on the left."""
    parts: list[str] = []
    for value in at:
        y = scale(value)
        if box.top - 1 <= y <= box.bottom + 1:
            parts.append(line(box.left, y, box.right, y, "zero" if value == 0 else "grid"))
            parts.append(text(box.left - 6, y + FONT * 0.35, show(value), anchor="end"))
    return join(parts)


def x_axis(
    box: Box,
    scale: Scale,
    at: Sequence[float],
    show: Callable[[float], str],
    grid: bool = False,
    overhang: float = 7.0,
) -> Markup:
    """Labels below the plot; the outer ones stick out of the plot's edges by `overhang` at most."""
    parts: list[str] = [line(box.left, box.bottom, box.right, box.bottom, "base")]
    last = -math.inf
    for value in at:
        x = scale(value)
        if not box.left - 1 <= x <= box.right + 1:
            continue
        if grid:
            parts.append(line(x, box.top, x, box.bottom, "grid"))
        parts.append(line(x, box.bottom, x, box.bottom + 4, "base"))
        label = show(value)
        half = text_width(label) / 2
        centre = min(max(x, box.left + half - overhang), box.right - half + overhang)
        if centre - half > last:
            parts.append(text(centre, box.bottom + 16, label, anchor="middle"))
            last = centre + half + 4
    return join(parts)


def time_axis(box: Box, scale: Scale, labels: bool = True) -> Markup:
    """The time of day below the plot, or only the hairlines that go with it."""
    about = max(3, int(box.width / 76))
    at = time_ticks(int(scale.lo), int(scale.hi), about)
    if not labels:
        return join(line(scale(t), box.top, scale(t), box.bottom, "grid") for t in at)
    fine = len(at) > 1 and at[1] - at[0] < MINUTE
    return x_axis(box, scale, at, lambda t: clock(int(t), seconds=fine))


def unit_label(box: Box, words: str, left: float = 0.0) -> Markup:
    """The unit of the y axis, above it, flush left."""
    return text(left, box.top - 12, words, "unit")


def finite(*columns: Array) -> npt.NDArray[np.bool_]:
    """Rows in which every column is a number: before its listing an instrument has no mark."""
    keep = np.ones(len(columns[0]), dtype=np.bool_)
    for column in columns:
        keep &= np.isfinite(column)
    return keep


def thinned(times: Array, values: Array, bins: int) -> tuple[Array, Array]:
    """First, lowest, highest and last of each of `bins` stretches: same picture, fewer points."""
    n = len(values)
    if n <= 4 * bins:
        return times, values
    keep: set[int] = {0, n - 1}
    cuts = np.linspace(0, n, bins + 1).astype(int)
    for a, b in pairwise(cuts.tolist()):
        if b > a:
            part = values[a:b]
            keep.update((a, a + int(part.argmin()), a + int(part.argmax()), b - 1))
    at = np.array(sorted(keep))
    return times[at], values[at]
