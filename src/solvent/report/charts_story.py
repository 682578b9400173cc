"""One account through the replay: equity against requirement, and what happened to it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from solvent.lab.result import AccountStory, ReplayResult, WaterfallResult
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
from solvent.report.markup import Markup, node
from solvent.report.numbers import MINUTE, clock, compact, price, tick, with_unit
from solvent.report.svg import circle, drawing, group, line, path, polyline, text

_EVENTS_MAX = 14


def _shown(story: AccountStory) -> list[tuple[int, str]]:
    """At most so many events: the first and the last ones."""
    events = list(story.events)
    if len(events) <= _EVENTS_MAX:
        return events
    half = _EVENTS_MAX // 2
    return [*events[:half], *events[-half:]]


def _window(story: AccountStory) -> tuple[int, int]:
    """From when to when it is drawn: all of it, or around the events if these crowd together."""
    start, end = int(story.times_ns[0]), int(story.times_ns[-1])
    if not story.events:
        return start, end
    first, last = story.events[0][0], story.events[-1][0]
    air = max((last - first) // 2, 3 * MINUTE)
    if last - first + 2 * air > 0.6 * (end - start):
        return start, end
    return max(start, first - air), min(end, last + air)


def _cut(story: AccountStory, window: tuple[int, int]) -> AccountStory:
    a = max(0, int(np.searchsorted(story.times_ns, window[0], side="right")) - 1)
    b = int(np.searchsorted(story.times_ns, window[1])) + 1
    return replace(
        story,
        times_ns=story.times_ns[a:b],
        equity=story.equity[a:b],
        requirement=story.requirement[a:b],
        mark=story.mark[a:b],
    )


def _numbers(story: AccountStory) -> AccountStory:
    keep = finite(story.equity, story.requirement, story.mark)
    return replace(
        story,
        times_ns=story.times_ns[keep],
        equity=story.equity[keep],
        requirement=story.requirement[keep],
        mark=story.mark[keep],
    )


def _level(story: AccountStory) -> tuple[float, float]:
    """Lowest and highest money drawn; zero is always in it."""
    money = np.concatenate([story.equity, story.requirement, [0.0]])
    return float(money.min()), float(money.max())


def _markers(events: list[tuple[int, str]], x: Scale, plot: Box) -> list[str]:
    """Numbers above the plot; events too close to tell apart share one."""
    groups: list[list[int]] = []
    for i, (time, _) in enumerate(events):
        if groups and x(float(time)) - x(float(events[groups[-1][0]][0])) < 24:
            groups[-1].append(i)
        else:
            groups.append([i])
    parts: list[str] = []
    last = -1e9
    for members in groups:
        at = x(float(events[members[0]][0]))
        label = f"{members[0] + 1}" if len(members) == 1 else f"{members[0] + 1}–{members[-1] + 1}"
        half = 9.0 if len(members) == 1 else 6.0 + 3.6 * len(label)
        centre = max(at, last + half + 2, plot.left + half)
        centre = min(centre, plot.right - half + 8)
        last = centre + half
        parts.append(line(at, plot.top - 4, at, plot.bottom, "rule"))
        parts.append(
            node(
                "rect",
                x=centre - half,
                y=plot.top - 22,
                width=2 * half,
                height=18,
                rx=9,
                class_="badge",
            )
        )
        parts.append(text(centre, plot.top - 9, label, "badge-text", "middle"))
    return parts


def _draw(
    result: ReplayResult,
    story: AccountStory,
    money: tuple[float, float],
    name: str,
    width: float,
) -> Markup:
    series = result.instruments[story.instrument]
    events = _shown(story)
    level = padded(*money)
    marks = padded(float(story.mark.min()), float(story.mark.max()))
    at, mark_at = ticks(*level, 5), ticks(*marks, 3)
    step = mark_at[1] - mark_at[0] if len(mark_at) > 1 else None
    left = margin_for([*(tick(v) for v in at), *(price(v, step) for v in mark_at)])
    plot = Box(left, 52, width - left - 14, 200)
    lower = Box(left, plot.bottom + 34, plot.width, 76)
    time = (float(story.times_ns[0]), float(max(story.times_ns[-1], story.times_ns[0] + 1)))
    x = Scale(*time, plot.left, plot.right)
    y, z = Scale(*level, plot.bottom, plot.top), Scale(*marks, lower.bottom, lower.top)
    bins = int(plot.width) // 3
    moments = story.times_ns.astype(np.float64)
    et, equity = thinned(moments, story.equity, bins)
    rt, need = thinned(moments, story.requirement, bins)
    mt, mark = thinned(moments, story.mark, bins)
    # Where equity is below the requirement, the area between them.
    both = np.union1d(et, rt)
    e = np.interp(both, moments, story.equity)
    r = np.interp(both, moments, story.requirement)
    short = np.minimum(e, r)
    upper = polyline(x.all(both), y.all(r))
    under = polyline(x.all(both[::-1]), y.all(short[::-1]))[1:]
    parts: list[str] = [
        unit_label(Box(left, 26, 0, 0), f"equity and requirement, {result.asset}"),
        y_axis(plot, y, at, tick),
        time_axis(plot, x, labels=False),
    ]
    if bool((e < r).any()):
        parts.append(path(f"{upper}L{under}Z", "shortfall"))
    parts += [
        path(polyline(x.all(rt), y.all(need)), "series requirement"),
        path(polyline(x.all(et), y.all(equity)), "series equity"),
        group(_markers(events, x, plot)),
        unit_label(lower, f"mark of {series.symbol}, {series.price_unit}"),
        y_axis(lower, z, mark_at, lambda v: price(v, step)),
        time_axis(lower, x, labels=False),
        path(polyline(x.all(mt), z.all(mark)), "mark"),
        time_axis(lower, x),
        text(lower.right, lower.bottom + 32, "time, UTC", "unit", "end"),
        circle(x(float(et[-1])), y(float(equity[-1])), 3, "dot-equity"),
    ]
    return drawing(
        width,
        lower.bottom + 38,
        *parts,
        label=f"Account {story.account}, {name}",
        data_plot=plot.as_text(),
    )


def _list(story: AccountStory) -> Markup:
    events = _shown(story)
    if not events:
        return node("p", "Nothing happened to this account but the price.", class_="note")
    items = [
        node("li", node("time", clock(time, seconds=True)), " ", node("span", words))
        for time, words in events
    ]
    listed = node("ol", *items, class_="events")
    left_out = len(story.events) - len(events)
    if left_out:
        return Markup(
            listed + node("p", f"{left_out:,} events in the middle are left out.", class_="note")
        )
    return listed


def _title(result: ReplayResult, story: AccountStory) -> str:
    first, last = float(story.equity[0]), float(story.equity[-1])
    ends = (
        f"quity of account {story.account} went from {compact(first)} to "
        f"{with_unit(compact(last), result.asset)}"
    )
    # Between two rows it may have been below, so nothing is said where no row shows it.
    below = np.flatnonzero(story.equity < story.requirement)
    if len(below) == 0:
        return f"E{ends}"
    moment = clock(int(story.times_ns[below[0]]), seconds=True)
    return f"Below its requirement at {moment}: e{ends}"


def _read_out(result: ReplayResult, story: AccountStory) -> ReadOut:
    n = len(story.times_ns)
    x = Scale(float(story.times_ns[0]), float(max(story.times_ns[-1], story.times_ns[0] + 1)), 0, 1)
    points = []
    for i in np.unique(np.linspace(0, n - 1, min(n, 160)).astype(int)):
        words = (
            f"{clock(int(story.times_ns[i]), seconds=True)} · mark {price(float(story.mark[i]))}\n"
            f"equity {with_unit(compact(float(story.equity[i]), 4), result.asset)}\n"
            f"requirement {with_unit(compact(float(story.requirement[i]), 4), result.asset)}"
        )
        points.append((x(float(story.times_ns[i])), 0.5, words))
    return ReadOut("x", points)


def story_figures(result: ReplayResult) -> list[Figure]:
    """One figure per waterfall that tells of an account; the same account on the same scales."""
    told = [(w, _numbers(w.story)) for w in result.waterfalls if w.story]
    found = [(w, story) for w, story in told if len(story.times_ns)]
    if not found:
        return []
    windows = [_window(story) for _, story in found]
    same = len({story.account for _, story in found}) == 1
    if same:
        windows = [(min(a for a, _ in windows), max(b for _, b in windows))] * len(found)
    cuts = [_cut(story, window) for (_, story), window in zip(found, windows, strict=True)]
    levels = [_level(cut) for cut in cuts]
    if same:
        levels = [(min(a for a, _ in levels), max(b for _, b in levels))] * len(found)
    return [
        _figure(result, waterfall, story, cut, level)
        for (waterfall, story), cut, level in zip(found, cuts, levels, strict=True)
    ]


def _figure(
    result: ReplayResult,
    waterfall: WaterfallResult,
    story: AccountStory,
    cut: AccountStory,
    level: tuple[float, float],
) -> Figure:
    note = story.why
    if len(cut.times_ns) < len(story.times_ns):
        note += f" Drawn from {clock(int(cut.times_ns[0]))} to {clock(int(cut.times_ns[-1]))}."
    legend = [
        Key("line", "series equity", "equity"),
        Key("line", "series requirement", "requirement"),
    ]
    if bool((cut.equity < cut.requirement).any()):
        legend.append(Key("box", "shortfall", "equity below requirement"))
    return Figure(
        kicker=f"Account {story.account} · {waterfall.name}",
        title=_title(result, story),
        note=note,
        legend=legend,
        draw=partial(_draw, result, cut, level, waterfall.name),
        source="Events of this account: replay, numbered as in the plot.",
        read_out=_read_out(result, cut),
        after=_list(story),
        full=len(result.waterfalls) == 1,
    )
