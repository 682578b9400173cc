"""Where the liquidation prices lay: notional over time and price, before and during."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from solvent.lab.result import InstrumentSeries, LevelMap, ReplayResult
from solvent.report.axes import (
    Box,
    Scale,
    margin_for,
    thinned,
    ticks,
    time_axis,
    unit_label,
    x_axis,
    y_axis,
)
from solvent.report.charts_price import known
from solvent.report.figure import Figure, Key, ReadOut
from solvent.report.markup import Markup
from solvent.report.numbers import clock, compact, percent, price, tick, with_unit
from solvent.report.raster import image
from solvent.report.svg import Array, drawing, line, path, polyline, rects, text

# Okabe and Ito (2008): vermilion and blue keep apart under the common colour-vision deficiencies.
_LONG, _SHORT = (213, 94, 0), (0, 114, 178)
_COLUMNS_MAX, _ROWS_MAX = 240, 120


@dataclass(frozen=True, slots=True)
class _Look:
    """One map and the scales it shares with its neighbours."""

    level_map: LevelMap
    series: InstrumentSeries
    asset: str
    full: float  # notional drawn in full colour
    widest: float  # end of the profile's axis
    name: str  # of the waterfall


def _merged(values: Array, size: int) -> Array:
    """Neighbouring price columns added until at most `size` are left."""
    n = values.shape[1]
    by = -(-n // size)
    return np.add.reduceat(values, np.arange(0, n, by), axis=1) if by > 1 else values


def _reduced(level_map: LevelMap) -> LevelMap:
    """Few enough rows and columns for the page; the rows named before and during are kept."""
    m, n = level_map.long.shape
    by = -(-n // _ROWS_MAX)
    edges = level_map.edges[np.unique(np.append(np.arange(0, n, by), n))]
    keep = np.arange(m)
    if m > _COLUMNS_MAX:
        keep = np.linspace(0, m - 1, _COLUMNS_MAX).astype(int)
        keep = np.unique(np.append(keep, [level_map.before, level_map.during]))
    return LevelMap(
        instrument=level_map.instrument,
        times_ns=level_map.times_ns[keep],
        edges=edges,
        long=_merged(level_map.long[keep], _ROWS_MAX),
        short=_merged(level_map.short[keep], _ROWS_MAX),
        before=int(np.searchsorted(keep, level_map.before)),
        during=int(np.searchsorted(keep, level_map.during)),
    )


def _pixels(level_map: LevelMap, full: float, time: tuple[float, float]) -> npt.NDArray[np.uint8]:
    """Colour by side, opacity by notional (square root, so that small levels still show)."""
    # Each snapshot holds until the next: resample to even columns.
    columns = int(min(_COLUMNS_MAX, max(60, len(level_map.times_ns))))
    moments = time[0] + (np.arange(columns) + 0.5) / columns * (time[1] - time[0])
    at = np.clip(np.searchsorted(level_map.times_ns, moments, side="right") - 1, 0, None)
    # ... and prices to even rows, the highest on top.
    levels = np.linspace(level_map.edges[-1], level_map.edges[0], 2 * _ROWS_MAX + 1)
    centres = (levels[:-1] + levels[1:]) / 2
    bins = len(level_map.edges) - 1
    row = np.clip(np.searchsorted(level_map.edges, centres, side="right") - 1, 0, bins - 1)
    longs, shorts = level_map.long[at][:, row].T, level_map.short[at][:, row].T
    both = longs + shorts
    share = np.divide(longs, both, out=np.zeros_like(both), where=both > 0)[..., None]
    colour = share * np.array(_LONG) + (1 - share) * np.array(_SHORT)
    opacity = np.sqrt(np.clip(both / full, 0, 1)) * 255
    opacity = np.where(both > 0, np.maximum(opacity, 10), 0)
    return np.concatenate([colour, opacity[..., None]], axis=2).round().astype(np.uint8)


def _outline(values: Array, edges: Array, x: Scale, y: Scale) -> str:
    """Steps around a profile that lies on its side."""
    parts = [f"M{x(0):.1f} {y(float(edges[0])):.1f}"]
    for value, upper in zip(values, edges[1:], strict=True):
        parts.append(f"H{x(float(value)):.1f}V{y(float(upper)):.1f}")
    parts.append(f"H{x(0):.1f}")
    return "".join(parts)


def _profile(level_map: LevelMap, box: Box, y: Scale, z: Scale) -> list[str]:
    """Bars at the moment named during: longs, and shorts continuing them."""
    longs, shorts = level_map.long[level_map.during], level_map.short[level_map.during]
    parts: list[str] = []
    for values, base, class_ in (
        (longs, np.zeros_like(longs), "fill-long"),
        (shorts, longs, "fill-short"),
    ):
        rows = zip(values, base, level_map.edges[:-1], level_map.edges[1:], strict=True)
        boxes = [
            (z(float(b)), y(float(hi)), z(float(v)) - z(0.0), y(float(lo)) - y(float(hi)))
            for v, b, lo, hi in rows
        ]
        parts.append(rects(boxes, class_))
    parts.append(line(box.left, box.top, box.left, box.bottom, "base"))
    return parts


def _draw(look: _Look, width: float) -> Markup:
    level_map, series = look.level_map, look.series
    phone = width < 400
    level = (float(level_map.edges[0]), float(level_map.edges[-1]))
    at = ticks(*level, 6)
    step = at[1] - at[0] if len(at) > 1 else None
    left = margin_for([price(v, step) for v in at])
    side = 84.0 if phone else 132.0
    plot = Box(left, 44, width - left - side - 14, 270 if phone else 310)
    profile = Box(plot.right + 12, plot.top, side - 8, plot.height)
    time = (float(level_map.times_ns[0]), _end(level_map, series))
    x = Scale(*time, plot.left, plot.right)
    y = Scale(*level, plot.bottom, plot.top)
    z = Scale(0, look.widest, profile.left, profile.right)
    inside = (series.times_ns >= time[0]) & (series.times_ns <= time[1])
    marks = np.clip(series.marks[inside], *level)
    times, marks = thinned(series.times_ns[inside].astype(np.float64), marks, int(plot.width) // 2)
    parts: list[str] = [
        unit_label(Box(left, 26, 0, 0), f"liquidation price, {series.price_unit}"),
        y_axis(plot, y, at, lambda v: price(v, step)),
        image(_pixels(level_map, look.full, time), plot.left, plot.top, plot.width, plot.height),
        path(polyline(x.all(times), y.all(marks)), "mark halo"),
        path(polyline(x.all(times), y.all(marks)), "mark"),
        time_axis(plot, x),
        text(plot.right, plot.bottom + 32, "time, UTC", "unit", "end"),
    ]
    during_x = x(float(level_map.times_ns[level_map.during]))
    parts.append(line(during_x, plot.top - 5, during_x, plot.bottom, "rule"))
    when = clock(int(level_map.times_ns[level_map.during]))
    anchor = "start" if during_x < plot.left + 30 else "middle"
    parts.append(text(during_x, plot.top - 9, f"during, {when}", "axis strong", anchor))
    parts.append(x_axis(profile, z, ticks(0, look.widest, 2), tick, grid=True))
    parts += _profile(level_map, profile, y, z)
    before = level_map.long[level_map.before] + level_map.short[level_map.before]
    parts.append(path(_outline(before, level_map.edges, z, y), "outline"))
    unit = look.asset if phone else f"{look.asset} per step"
    parts.append(text(profile.right, plot.bottom + 32, unit, "unit", "end"))
    return drawing(
        width,
        plot.bottom + 38,
        *parts,
        label=f"Liquidation prices of {series.symbol}, {look.name}",
        data_plot=plot.as_text(),
    )


def _end(level_map: LevelMap, series: InstrumentSeries) -> float:
    last = float(level_map.times_ns[-1])
    gap = (
        float(level_map.times_ns[-1] - level_map.times_ns[-2])
        if len(level_map.times_ns) > 1
        else 1.0
    )
    end = last + max(1.0, gap)
    return min(end, max(last + 1.0, float(series.times_ns[-1]))) if len(series.times_ns) else end


def _title(level_map: LevelMap, asset: str) -> str:
    before, during = level_map.before, level_map.during
    longs, left = float(level_map.long[before].sum()), float(level_map.long[during].sum())
    shorts, s_left = float(level_map.short[before].sum()), float(level_map.short[during].sum())
    when = clock(int(level_map.times_ns[during]))
    if longs < shorts and longs - left < shorts - s_left:
        longs, left, word = shorts, s_left, "shorts"
    else:
        word = "longs"
    if longs == 0:
        return "No liquidation price lay within the range of the map"
    gone = 1 - left / longs
    if gone <= 0:
        return f"By {when} the liquidation prices of {word} on the map had not thinned out"
    return (
        f"By {when} the price had swept away {percent(gone)} of the "
        f"{with_unit(compact(longs), asset)} of {word} on this map"
    )


def _read_out(level_map: LevelMap, series: InstrumentSeries, asset: str) -> ReadOut:
    """The mark and both sides' notional on the map, snapshot by snapshot."""
    end = _end(level_map, series)
    x = Scale(float(level_map.times_ns[0]), end, 0, 1)
    points = []
    for i, time in enumerate(level_map.times_ns):
        near = int(np.clip(np.searchsorted(series.times_ns, time), 0, len(series.marks) - 1))
        words = (
            f"{clock(int(time))} · mark {price(float(series.marks[near]))} {series.price_unit}\n"
            f"longs {compact(float(level_map.long[i].sum()))}, "
            f"shorts {compact(float(level_map.short[i].sum()))} {asset} on the map"
        )
        points.append((x(float(time)), 0.5, words))
    return ReadOut("x", points)


def heat_figures(result: ReplayResult, instrument: int) -> list[Figure]:
    """One figure per waterfall that has a map of this instrument, on the same scales."""
    series = known(result.instruments[instrument])
    found = [
        (w, _reduced(m))
        for w in result.waterfalls
        for m in w.level_maps
        if m.instrument == instrument and m.long.size and len(series.marks)
    ]
    if not found:
        return []
    cells = np.concatenate([(m.long + m.short).ravel() for _, m in found])
    cells = cells[cells > 0]
    # One cell far above the rest must not bleach the map; the scale ends at the 99.5th percentile.
    full = float(np.quantile(cells, 0.995)) if len(cells) else 1.0
    widest = max(
        float((m.long[row] + m.short[row]).max()) for _, m in found for row in (m.before, m.during)
    )
    widest = widest or 1.0
    figures = []
    for waterfall, level_map in found:
        before = clock(int(level_map.times_ns[level_map.before]))
        during = clock(int(level_map.times_ns[level_map.during]))
        step = float(np.diff(level_map.edges).mean())
        look = _Look(level_map, series, result.asset, full, widest, waterfall.name)
        figures.append(
            Figure(
                kicker=f"{series.symbol} · {waterfall.name}",
                title=_title(level_map, result.asset),
                note=(
                    "Left: notional by liquidation price through time, full colour at "
                    f"{with_unit(compact(full), result.asset)} per price "
                    f"step of {price(step, _rounded(step))}. Right: outline before ({before}), "
                    f"filled during ({during})."
                ),
                legend=[
                    Key("ramp", "fill-long", "longs, little to much"),
                    Key("ramp", "fill-short", "shorts, little to much"),
                    Key("line", "mark", series.mark_label),
                    Key("line", "outline", f"before, {before}"),
                ],
                draw=partial(_draw, look),
                source=f"Liquidation prices: replay. {series.source}.",
                read_out=_read_out(level_map, series, result.asset),
                full=len(result.waterfalls) == 1,
            )
        )
    return figures


def _rounded(step: float) -> float:
    return float(10.0 ** np.floor(np.log10(step) - 1)) if step > 0 else 1.0
