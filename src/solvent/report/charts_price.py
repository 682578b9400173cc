"""The price of an instrument with the positions that were closed by force on it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from solvent.lab.result import InstrumentSeries, Liquidations, ReplayResult
from solvent.report.axes import (
    Box,
    Scale,
    finite,
    margin_for,
    padded,
    thinned,
    ticks,
    time_axis,
    unit_label,
    y_axis,
)
from solvent.report.figure import Figure, Key, ReadOut
from solvent.report.markup import Markup, join
from solvent.report.numbers import clock, compact, percent, plural, price, with_unit
from solvent.report.svg import (
    Array,
    circle,
    clip,
    drawing,
    group,
    line,
    path,
    polyline,
    rects,
    text,
)

_GRIDS = ((140, 70), (100, 60), (70, 48), (48, 36), (36, 28), (28, 20), (20, 14), (12, 8))
_BUBBLES_MAX = 260


@dataclass(frozen=True, slots=True)
class _Forced:
    """Forced closes of one instrument, gathered for drawing. Bubbles: time, price, notional, side,
    count; largest first. Strip: notional per bar, longs and shorts."""

    bubbles: list[tuple[float, float, float, int, int]]
    longs: Array
    shorts: Array
    count: int

    @property
    def total(self) -> float:
        """Notional closed by force."""
        return float(self.longs.sum() + self.shorts.sum())


@dataclass(frozen=True, slots=True)
class _Shared:
    """What the figures of one instrument have in common."""

    series: InstrumentSeries
    asset: str
    edges: Array  # of the strip's bins, ns
    level: tuple[float, float]  # lowest and highest price drawn
    largest: float  # notional of the largest bubble
    long_peak: float  # of the strip
    short_peak: float
    forced: bool  # whether any waterfall closed anything


def known(series: InstrumentSeries) -> InstrumentSeries:
    """The series without the moments at which it had no mark."""
    keep = finite(series.marks)
    return replace(series, times_ns=series.times_ns[keep], marks=series.marks[keep])


def _rows(liquidations: Liquidations, instrument: int) -> Liquidations:
    pick = (liquidations.instrument == instrument) & (liquidations.notional > 0)
    return Liquidations(
        time_ns=liquidations.time_ns[pick],
        instrument=liquidations.instrument[pick],
        side=liquidations.side[pick],
        notional=liquidations.notional[pick],
        price=liquidations.price[pick],
        account=liquidations.account[pick],
    )


def _cells(
    rows: Liquidations, grid: tuple[int, int], time: tuple[float, float], level: tuple[float, float]
) -> list[tuple[float, float, float, int, int]]:
    """Rows that share a cell of time, price and side become one bubble at their centre."""
    nt, np_ = grid
    column = np.clip((rows.time_ns - time[0]) / (time[1] - time[0]) * nt, 0, nt - 1).astype(int)
    row = np.clip((rows.price - level[0]) / (level[1] - level[0]) * np_, 0, np_ - 1).astype(int)
    key = (column * np_ + row) * 2 + (rows.side < 0)
    cells, at = np.unique(key, return_inverse=True)
    weight = np.bincount(at, rows.notional)
    t = np.bincount(at, rows.notional * (rows.time_ns - time[0])) / weight + time[0]
    p = np.bincount(at, rows.notional * rows.price) / weight
    count = np.bincount(at)
    order = np.argsort(-weight, kind="stable")
    return [
        (float(t[i]), float(p[i]), float(weight[i]), -1 if cells[i] % 2 else 1, int(count[i]))
        for i in order
    ]


def _strip_edges(series: InstrumentSeries, lo: float, hi: float) -> Array:
    width = series.bar_ns if series.bar_ns > 0 else (hi - lo) / 60
    while (hi - lo) / width > 120:
        width *= 2
    first = math.floor(lo / width) * width
    return np.arange(first, hi + width, width, dtype=np.float64)


def _gather(
    series: InstrumentSeries, rows: list[Liquidations], time: tuple[float, float]
) -> tuple[list[_Forced], Array, tuple[float, float]]:
    """Every waterfall on the same cells, so that bubbles compare."""
    used = [r.price for r in rows if len(r.price)]
    candidates = [series.marks, series.low, series.high, *used]
    values = np.concatenate([c[np.isfinite(c)] for c in candidates if len(c)])
    level = padded(float(values.min()), float(values.max()), 0.07)
    edges = _strip_edges(series, *time)
    bubbles: list[list[tuple[float, float, float, int, int]]] = []
    for grid in _GRIDS:
        bubbles = [_cells(r, grid, time, level) for r in rows]
        if max(len(b) for b in bubbles) <= _BUBBLES_MAX:
            break
    forced = []
    for r, found in zip(rows, bubbles, strict=True):
        longs = np.histogram(r.time_ns, edges, weights=r.notional * (r.side > 0))[0]
        shorts = np.histogram(r.time_ns, edges, weights=r.notional * (r.side < 0))[0]
        forced.append(_Forced(found, longs, shorts, len(r.price)))
    return forced, edges, level


def _candles(series: InstrumentSeries, x: Scale, y: Scale) -> Markup:
    """Hollow bars rose, filled bars fell; where they would be too thin, the mark as a line."""
    if len(series.open) == 0 or (x.end - x.start) / len(series.open) < 3.2:
        bins = int(x.end - x.start) // 2
        times, marks = thinned(series.times_ns.astype(np.float64), series.marks, bins)
        return path(polyline(x.all(times), y.all(marks)), "mark")
    width = (x.end - x.start) * series.bar_ns / (x.hi - x.lo)
    body = max(1.6, min(9.0, width * 0.55))
    wicks: list[str] = []
    rose: list[tuple[float, float, float, float]] = []
    fell: list[tuple[float, float, float, float]] = []
    for i, start in enumerate(series.bar_times_ns):
        centre = x(float(start) + series.bar_ns / 2)
        first, last = y(float(series.open[i])), y(float(series.close[i]))
        top, bottom = min(first, last), max(first, last)
        wicks.append(f"M{centre:.1f} {y(float(series.high[i])):.1f}V{top:.1f}")
        wicks.append(f"M{centre:.1f} {bottom:.1f}V{y(float(series.low[i])):.1f}")
        box = (centre - body / 2, top, body, max(0.8, bottom - top))
        (fell if series.close[i] < series.open[i] else rose).append(box)
    return join([path("".join(wicks), "wick"), rects(rose, "rose"), rects(fell, "fell")])


def _strip(shared: _Shared, forced: _Forced, x: Scale, strip: Box, z: Scale) -> list[str]:
    """Notional per bar: longs up, shorts down."""
    at = [shared.long_peak, 0.0, -shared.short_peak]
    # A side too small for its own label goes without.
    at = [v for v in at if v == 0.0 or abs(z(v) - z(0.0)) > 13]
    parts: list[str] = [
        unit_label(strip, f"closed by force, {shared.asset} per {_bar_words(shared.edges)}"),
        time_axis(strip, x, labels=False),
        y_axis(strip, z, at, lambda v: compact(abs(v), 2, bare=True)),
    ]
    for values, sign, class_ in ((forced.longs, 1, "fill-long"), (forced.shorts, -1, "fill-short")):
        boxes = [
            (x(float(a)) + 0.4, z(0), max(0.8, x(float(b)) - x(float(a)) - 0.8), z(sign * v) - z(0))
            for a, b, v in zip(shared.edges[:-1], shared.edges[1:], values, strict=True)
        ]
        parts.append(rects(boxes, class_))
    parts.append(line(strip.left, z(0), strip.right, z(0), "zero"))
    parts.append(time_axis(strip, x))
    return parts


def _draw(shared: _Shared, forced: _Forced, name: str, window: str, width: float) -> Markup:
    series, level = shared.series, shared.level
    phone = width < 400
    at = ticks(*level, 6)
    step = at[1] - at[0] if len(at) > 1 else None
    peaks = [compact(v, 2, bare=True) for v in (shared.long_peak, shared.short_peak)]
    left = margin_for([*(price(v, step) for v in at), *peaks])
    plot = Box(left, 26, width - left - 10, 250 if phone else 300)
    strip = Box(left, plot.bottom + 30, plot.width, 84)
    x = Scale(float(shared.edges[0]), float(shared.edges[-1]), plot.left, plot.right)
    y = Scale(*level, plot.bottom, plot.top)
    # Each side gets room by its peak, the smaller one a little more than that.
    down = shared.short_peak / (shared.long_peak + shared.short_peak)
    down = min(0.88, max(0.12, down))
    peak = max(shared.long_peak / (1 - down), shared.short_peak / down)
    z = Scale(-peak * down, peak * (1 - down), strip.bottom, strip.top)
    radius_max = 15.0 if phone else 19.0
    dots = [
        circle(x(t), y(p), max(1.6, radius_max * math.sqrt(n / shared.largest)), _side(side))
        for t, p, n, side, _ in forced.bubbles
    ]
    parts: list[str] = [
        unit_label(plot, f"price, {series.price_unit}"),
        y_axis(plot, y, at, lambda v: price(v, step)),
        time_axis(plot, x, labels=False),
        clip(window, plot.left, plot.top, plot.width, plot.height),
        group(dots, clip_path=f"url(#{window})", class_="bubbles"),
        _candles(series, x, y),
    ]
    foot = plot.bottom
    if shared.forced:
        parts += _strip(shared, forced, x, strip, z)
        foot = strip.bottom
    else:
        parts.append(time_axis(plot, x))
    parts.append(text(plot.right, foot + 32, "time, UTC", "unit", "end"))
    said = f"{series.symbol}, {name}: {len(forced.bubbles)} bubbles on the price"
    return drawing(width, foot + 38, *parts, label=said, data_plot=plot.as_text())


def _side(side: int) -> str:
    return "fill-long" if side > 0 else "fill-short"


def _bar_words(edges: Array) -> str:
    seconds = round(float(edges[1] - edges[0]) / 1e9)
    if seconds == 60:
        return "minute"
    return f"{seconds // 60} minutes" if seconds % 60 == 0 else f"{seconds} s"


def _title(series: InstrumentSeries, forced: _Forced, edges: Array, asset: str) -> str:
    if forced.count == 0:
        return f"No position in {series.symbol} was liquidated"
    both = forced.longs + forced.shorts
    worst = int(both.argmax())
    longs = float(forced.longs.sum()) / forced.total
    side, share = ("longs", longs) if longs >= 0.5 else ("shorts", 1 - longs)
    moment = clock(int(edges[worst]))
    return (
        f"{with_unit(compact(forced.total), asset)} of {series.symbol} closed by force, "
        f"{percent(share)} of it {side}; {percent(float(both[worst]) / forced.total)} "
        f"in the {_bar_words(edges)} from {moment}"
    )


def _figure(shared: _Shared, forced: _Forced, name: str, window: str, full: bool) -> Figure:
    series = shared.series
    legend = [Key("box", "rose", "bar that rose"), Key("box", "fell", "bar that fell")]
    note = ""
    if forced.count:
        legend = [
            Key("dot", "fill-long bubble", "long closed"),
            Key("dot", "fill-short bubble", "short closed"),
            *legend,
        ]
        note = (
            f"{plural(forced.count, 'forced close')} gathered in "
            f"{plural(len(forced.bubbles), 'bubble')}; area is notional, the largest "
            f"{with_unit(compact(forced.bubbles[0][2]), shared.asset)}."
        )
    x = Scale(float(shared.edges[0]), float(shared.edges[-1]), 0, 1)
    y = Scale(*shared.level, 1, 0)
    points = [
        (
            x(t),
            y(p),
            f"{clock(int(t), seconds=True)} · {price(p)} {series.price_unit}\n"
            f"{plural(count, 'long' if side > 0 else 'short')} closed, "
            f"{with_unit(compact(n), shared.asset)}",
        )
        for t, p, n, side, count in forced.bubbles
    ]
    return Figure(
        kicker=f"{series.symbol} · {name}",
        title=_title(series, forced, shared.edges, shared.asset),
        note=note,
        legend=legend,
        draw=lambda width: _draw(shared, forced, name, f"{window}-{width:.0f}", width),
        source=f"{series.source}. Fills of forced orders: replay.",
        read_out=ReadOut("xy", points) if points else None,
        full=full,
    )


def price_figures(result: ReplayResult, instrument: int) -> list[Figure]:
    """One figure per waterfall, on the same scales."""
    series = known(result.instruments[instrument])
    if len(series.marks) == 0:
        return [Figure(title=f"No marks of {series.symbol} were given", full=True)]
    ends = [int(series.times_ns[0]), int(series.times_ns[-1])]
    if len(series.bar_times_ns):
        ends += [int(series.bar_times_ns[0]), int(series.bar_times_ns[-1]) + series.bar_ns]
    rows = [_rows(w.liquidations, instrument) for w in result.waterfalls]
    for r in rows:
        ends += [int(r.time_ns.min()), int(r.time_ns.max())] if len(r.time_ns) else []
    time = (float(min(ends)), float(max(max(ends), min(ends) + 1)))
    forced, edges, level = _gather(series, rows, time)
    shared = _Shared(
        series=series,
        asset=result.asset,
        edges=edges,
        level=level,
        largest=max((f.bubbles[0][2] for f in forced if f.bubbles), default=1.0),
        long_peak=max(float(f.longs.max()) for f in forced) or 1.0,
        short_peak=max(float(f.shorts.max()) for f in forced) or 1.0,
        forced=any(f.count for f in forced),
    )
    return [
        _figure(shared, f, w.name, f"clip-{instrument}-{i}", len(rows) == 1)
        for i, (w, f) in enumerate(zip(result.waterfalls, forced, strict=True))
    ]
