"""The same comparison over many populations: every one a dot, the middle 90 % a bar."""

from __future__ import annotations

from functools import partial

import numpy as np

from solvent.lab.result import ReplayResult, StudyRow
from solvent.report.axes import Box, Scale, padded, ticks, x_axis
from solvent.report.figure import Figure
from solvent.report.markup import Markup, join, node
from solvent.report.numbers import compact, tick, with_unit
from solvent.report.svg import Array, drawing, line, rect, text

_ROW = 58.0


def _interval(values: Array) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    return float(low), float(middle), float(high)


def _draw(result: ReplayResult, row: StudyRow, width: float) -> Markup:
    values = row.samples
    box = Box(8, 4, width - 16, _ROW * len(values))
    x = Scale(*padded(float(values.min()), float(values.max())), box.left, box.right)
    at = ticks(x.lo, x.hi, 4 if width < 400 else 6)
    parts: list[str] = [x_axis(box, x, at, tick, grid=True)]
    for i, (waterfall, samples) in enumerate(zip(result.waterfalls, values, strict=True)):
        top = box.top + i * _ROW
        low, middle, high = _interval(samples)
        parts.append(text(box.left, top + 14, waterfall.name, f"axis strong word-{i % 6}"))
        words = f"{compact(middle)} ({compact(low)} to {compact(high)})"
        parts.append(text(box.right, top + 14, words, "axis", "end"))
        parts.append(rect(x(low), top + 27, max(1.0, x(high) - x(low)), 16, f"band-{i % 6}", 3))
        # A fixed zigzag keeps equal values apart.
        dots = [
            node("circle", cx=x(float(v)), cy=top + 30 + 5 * (k % 3), r=2.2, class_=f"dot-{i % 6}")
            for k, v in enumerate(samples)
        ]
        parts.append(join(dots))
        parts.append(line(x(middle), top + 22, x(middle), top + 48, "median"))
    parts.append(text(box.right, box.bottom + 32, row.unit or "count", "unit", "end"))
    return drawing(width, box.bottom + 38, *parts, label=row.label)


def _title(result: ReplayResult, row: StudyRow) -> str:
    n = row.samples.shape[1]
    if len(row.samples) != 2:
        return row.label
    first, second = row.samples
    low, middle, high = _interval(second - first)
    lower = int((second < first).sum())
    name = result.waterfalls[1].name
    spread = f"{compact(low)} to {compact(high)}"
    return (
        f"{row.label}: lower with {name[:1].lower() + name[1:]} in {lower:,} of {n:,} populations; "
        f"difference {with_unit(compact(middle), row.unit)} ({spread})"
    )


def study_figures(result: ReplayResult) -> list[Figure]:
    """One figure per figure studied; none without a study."""
    figures = []
    for row in result.study:
        if row.samples.size == 0 or not np.isfinite(row.samples).all():
            figures.append(Figure(title=f"{row.label}: no samples"))
            continue
        figures.append(
            Figure(
                title=_title(result, row),
                note="Dots: populations on common seeds. Rule: median. Bar: 5 % to 95 %.",
                draw=partial(_draw, result, row),
                source="Replay, one run per seed and waterfall.",
            )
        )
    return figures
