"""Who was deleveraged, and by how much."""

from __future__ import annotations

import numpy as np

from solvent.lab.result import Deleveraged, ReplayResult, WaterfallResult
from solvent.report.axes import Box, Scale, margin_for, step_for, ticks, unit_label, x_axis, y_axis
from solvent.report.figure import Figure, Key
from solvent.report.markup import Markup, join, node
from solvent.report.numbers import NBSP, compact, percent, plural, tick, with_unit
from solvent.report.svg import Array, drawing, rects, text

_TOP = 8
_SHARES = np.linspace(0.0, 1.0, 11)
_LEVERAGES = np.array([0, 1, 2, 3, 5, 8, 12, 20, 35, 60, np.inf])


def _counts(rows: Deleveraged, values: Array, edges: Array) -> tuple[Array, Array]:
    """Longs and shorts in each bin; a value on the last edge belongs to the last bin."""
    longs = np.histogram(values[rows.side > 0], edges)[0].astype(np.float64)
    shorts = np.histogram(values[rows.side < 0], edges)[0].astype(np.float64)
    return longs, shorts


def _histogram(
    box: Box, longs: Array, shorts: Array, highest: float, labels: list[str], unit: str, below: str
) -> list[str]:
    at = [v for v in ticks(0.0, highest, 3) if v == int(v)]
    y = Scale(0.0, highest, box.bottom, box.top)
    n = len(longs)
    slot = box.width / n
    x = Scale(0.0, float(n), box.left, box.right)
    parts: list[str] = [unit_label(box, unit), y_axis(box, y, at, tick)]
    for values, base, class_ in ((longs, np.zeros(n), "fill-long"), (shorts, longs, "fill-short")):
        boxes = [
            (
                x(i) + 2,
                y(float(base[i] + values[i])),
                slot - 4,
                y(float(base[i])) - y(float(base[i] + values[i])),
            )
            for i in range(n)
        ]
        parts.append(rects(boxes, class_))
    centred = len(labels) == n
    if centred:
        parts.append(x_axis(box, x, [i + 0.5 for i in range(n)], lambda v: labels[int(v)]))
    else:
        parts.append(x_axis(box, x, [float(i) for i in range(n + 1)], lambda v: labels[int(v)]))
    parts.append(text(box.right, box.bottom + 32, below, "unit", "end"))
    return parts


def _draw(rows: Deleveraged, highest: tuple[float, float], name: str, width: float) -> Markup:
    left = margin_for([tick(v) for h in highest for v in ticks(0.0, h, 3)])
    upper = Box(left, 26, width - left - 14, 130)
    lower = Box(left, upper.bottom + 70, upper.width, 130)
    parts = _histogram(
        upper,
        *_counts(rows, np.clip(rows.share, 0.0, 1.0), _SHARES),
        highest[0],
        [f"{round(s * 100)}" for s in _SHARES],
        "positions",
        "share of the position closed, %",
    )
    finite = np.nan_to_num(rows.leverage, nan=0.0, posinf=1e9)
    parts += _histogram(
        lower,
        *_counts(rows, np.clip(finite, 0.0, 1e9), _LEVERAGES),
        highest[1],
        _leverage_words(),
        "positions",
        "leverage before (notional / equity)",
    )
    return drawing(width, lower.bottom + 38, *parts, label=f"Deleveraged positions, {name}")


def _leverage_words() -> list[str]:
    edges = [f"{v:.0f}" for v in _LEVERAGES[:-1]]
    return [*edges[:-1], f"{edges[-1]}+", ""]


def _top(result: ReplayResult, rows: Deleveraged) -> Markup:
    """The positions that lost most notional."""
    order = np.lexsort((rows.account, -rows.notional))[:_TOP]
    most = float(rows.share.max()) or 1.0
    body = []
    for i in order:
        symbol = result.instruments[int(rows.instrument[i])].symbol
        side = "long" if rows.side[i] > 0 else "short"
        share = max(0.0, min(1.0, float(rows.share[i])))
        bar = node(
            "svg",
            node("rect", width=100, height=6, class_="track"),
            node("rect", width=100 * share / max(1.0, most), height=6, class_=f"fill-{side}"),
            viewBox="0 0 100 6",
            preserveAspectRatio="none",
            class_="inline",
            aria_hidden="true",
        )
        body.append(
            node(
                "tr",
                node("th", f"{int(rows.account[i])}", scope="row"),
                node("td", f"{symbol} {side},{NBSP}{float(rows.leverage[i]):.1f}×"),
                node("td", join([percent(share), bar]), class_="n"),
                node("td", compact(float(rows.notional[i])), class_="n"),
                node("td", compact(float(rows.given_up[i])), class_="n"),
                node("td", f"{int(rows.rank[i]):,}", class_="n rank"),
            )
        )
    names = ("Account", "Position", "Closed", "Notional", "Given up", "Rank")
    head = [
        node("th", name, scope="col", class_=None if i < 2 else "n rank" if i == 5 else "n")
        for i, name in enumerate(names)
    ]
    return node(
        "div",
        node(
            "p",
            f"The {plural(len(order), 'largest', 'largest')} by notional closed. Notional and the "
            f"profit given up against the mark in {result.asset}; rank 0 stood first in its queue.",
            class_="note",
        ),
        node("table", node("thead", node("tr", *head)), node("tbody", *body), class_="top"),
    )


def _title(result: ReplayResult, rows: Deleveraged) -> str:
    given = with_unit(compact(float(rows.given_up.sum())), result.asset)
    notional = with_unit(compact(float(rows.notional.sum())), result.asset)
    whole = float((rows.share > 0.9995).mean())
    if whole >= 0.5:
        much = f"{percent(whole)} of them in full"
    else:
        much = f"half of them by at least {percent(float(np.median(rows.share)))}"
    return (
        f"{plural(len(rows.account), 'position')}, {much}: {notional} closed, "
        f"{given} of profit given up"
    )


def adl_figures(result: ReplayResult) -> list[Figure]:
    """One figure per waterfall; a sentence where nobody was deleveraged."""
    if not any(len(w.deleveraged.account) for w in result.waterfalls):
        return [Figure(title="Nobody was deleveraged", full=True)]
    highest = [1.0, 1.0]
    for waterfall in result.waterfalls:
        rows = waterfall.deleveraged
        shares = _counts(rows, np.clip(rows.share, 0.0, 1.0), _SHARES)
        finite = np.clip(np.nan_to_num(rows.leverage, nan=0.0, posinf=1e9), 0.0, 1e9)
        levers = _counts(rows, finite, _LEVERAGES)
        highest[0] = max(highest[0], float((shares[0] + shares[1]).max()))
        highest[1] = max(highest[1], float((levers[0] + levers[1]).max()))
    tops = _top_tick(highest[0]), _top_tick(highest[1])
    return [_figure(result, w, tops) for w in result.waterfalls]


def _top_tick(highest: float) -> float:
    """The axis ends at a round number."""
    step = step_for(highest, 3)
    return float(np.ceil(highest / step) * step)


def _figure(
    result: ReplayResult, waterfall: WaterfallResult, highest: tuple[float, float]
) -> Figure:
    rows = waterfall.deleveraged
    if len(rows.account) == 0:
        return Figure(kicker=waterfall.name, title="Nobody was deleveraged")
    return Figure(
        kicker=waterfall.name,
        title=_title(result, rows),
        draw=lambda width: _draw(rows, highest, waterfall.name, width),
        legend=[
            Key("box", "fill-long", "long deleveraged"),
            Key("box", "fill-short", "short deleveraged"),
        ],
        source="Counterparties of accounts that the fund did not cover: replay.",
        after=_top(result, rows),
        full=len(result.waterfalls) == 1,
    )
