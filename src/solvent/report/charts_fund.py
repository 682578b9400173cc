"""The insurance fund's balance over time, all waterfalls in one plot."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from solvent.lab.result import ReplayResult, WaterfallResult
from solvent.report.axes import Box, Scale, margin_for, ticks, time_axis, unit_label, y_axis
from solvent.report.figure import Figure, Key, ReadOut
from solvent.report.markup import Markup
from solvent.report.numbers import clock, compact, tick, with_unit
from solvent.report.svg import FONT, Array, circle, drawing, fitted, path, stairs, text, text_width

_POINTS_MAX = 400


def _steps(waterfall: WaterfallResult) -> tuple[Array, Array]:
    """Balance after each change; many changes are thinned to lowest and last of each stretch."""
    times, fund = waterfall.fund_times_ns.astype(np.float64), waterfall.fund
    if len(fund) <= _POINTS_MAX:
        return times, fund
    keep = {0, len(fund) - 1, int(fund.argmin()), int(fund.argmax())}
    cuts = np.linspace(0, len(fund), _POINTS_MAX // 2 + 1).astype(int)
    for a, b in pairwise(cuts.tolist()):
        keep.update((a + int(fund[a:b].argmin()), b - 1))
    at = np.array(sorted(keep))
    return times[at], fund[at]


def _shown(result: ReplayResult) -> list[tuple[int, WaterfallResult]]:
    return [(i, w) for i, w in enumerate(result.waterfalls) if len(w.fund)]


def _range(result: ReplayResult) -> tuple[tuple[float, float], tuple[float, float]]:
    shown = [w for _, w in _shown(result)]
    times = [w.fund_times_ns for w in shown] + [
        s.times_ns for s in result.instruments if len(s.times_ns)
    ]
    lo = float(min(int(t[0]) for t in times))
    hi = float(max(int(t[-1]) for t in times))
    values = np.concatenate([w.fund for w in shown])
    # From zero, the line that matters: the fund is never below it.
    return (lo, max(hi, lo + 1)), (0.0, 1.08 * float(values.max()) or 1.0)


def _draw(result: ReplayResult, width: float) -> Markup:
    time, level = _range(result)
    at = ticks(*level, 5)
    left = margin_for([tick(v) for v in at])
    shown = _shown(result)
    names = width >= 500
    right = max(text_width(w.name, 1.1 * FONT) for _, w in shown) + 12 if names else 10
    right = min(right, width * 0.28)
    plot = Box(left, 26, width - left - right, 230)
    x, y = Scale(*time, plot.left, plot.right), Scale(*level, plot.bottom, plot.top)
    parts: list[str] = [
        unit_label(plot, f"balance of the insurance fund, {result.asset}"),
        y_axis(plot, y, at, tick),
        time_axis(plot, x),
        text(plot.right, plot.bottom + 32, "time, UTC", "unit", "end"),
    ]
    ends: list[float] = []
    for i, waterfall in shown:
        times, fund = _steps(waterfall)
        parts.append(path(stairs(x.all(times), y.all(fund), plot.right), f"series series-{i % 6}"))
        parts.append(circle(plot.right, y(float(fund[-1])), 3, f"dot-{i % 6}"))
        if names:
            end = y(float(fund[-1])) + 4
            while any(abs(end - other) < 15 for other in ends):
                end += 15 if end < plot.bottom - 15 else -15
            ends.append(end)
            name = fitted(waterfall.name, right - 8, 1.1 * FONT)
            parts.append(text(plot.right + 8, end, name, f"axis strong word-{i % 6}"))
    return drawing(
        width, plot.bottom + 38, *parts, label="Insurance fund over time", data_plot=plot.as_text()
    )


def _title(result: ReplayResult) -> str:
    parts = []
    for _, waterfall in _shown(result):
        fund = waterfall.fund
        change = float(fund[-1] - fund[0])
        if change:
            amount = with_unit(compact(abs(change)), result.asset)
            words = f"the fund {'gained' if change > 0 else 'lost'} {amount}"
        else:
            words = "the fund ended as it began"
        empty = np.flatnonzero(fund <= 0)
        if len(empty):
            words += f", empty at {clock(int(waterfall.fund_times_ns[empty[0]]))}"
        parts.append(f"{waterfall.name}: {words}.")
    return " ".join(parts)


def _read_out(result: ReplayResult) -> ReadOut:
    time, _ = _range(result)
    x = Scale(*time, 0, 1)
    points = []
    for moment in np.linspace(*time, 120):
        words = [clock(int(moment), seconds=True)]
        for _, waterfall in _shown(result):
            at = int(np.searchsorted(waterfall.fund_times_ns, moment, side="right")) - 1
            value = float(waterfall.fund[max(0, at)])
            words.append(f"{waterfall.name}: {with_unit(compact(value, 4), result.asset)}")
        points.append((x(float(moment)), 0.5, "\n".join(words)))
    return ReadOut("x", points)


def fund_figures(result: ReplayResult) -> list[Figure]:
    """One figure for all waterfalls."""
    shown = _shown(result)
    if not shown:
        return [Figure(title="No insurance fund took part in this replay", full=True)]
    return [
        Figure(
            title=_title(result),
            note="Fees of liquidations flow in, deficits are drawn.",
            draw=lambda width: _draw(result, width),
            legend=[Key("line", f"series series-{i % 6}", w.name) for i, w in shown],
            source="Balance: replay, after each change.",
            read_out=_read_out(result),
            full=True,
        )
    ]
