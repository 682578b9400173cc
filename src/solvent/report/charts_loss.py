"""Equity destroyed, stage by stage of the waterfall."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from solvent.lab.result import ReplayResult, StageLoss, WaterfallResult
from solvent.report.axes import Box, Scale, ticks, x_axis
from solvent.report.figure import Figure
from solvent.report.markup import Markup, node
from solvent.report.numbers import compact, money, percent, tick, with_unit
from solvent.report.svg import FONT, drawing, fitted, line, rect, text, text_width

# What the liquidated account itself lost.
_OWN = frozenset({"own_margin", "liquidation_fee"})
# A tail of stages smaller than this share of the whole is drawn a second time, larger.
_TAIL = 0.15
_ROW = 46.0
_CLASSES = {
    "own_margin": "stage-own",
    "liquidation_fee": "stage-fee",
    "insurance_fund": "stage-fund",
    "deleveraging": "stage-adl",
    "socialised": "stage-social",
    "unallocated": "stage-none",
}


@dataclass(frozen=True, slots=True)
class _Bar:
    label: str
    amount: float
    class_: str
    start: float  # where the bars before it end


def _bars(stages: list[StageLoss], scale: int) -> list[_Bar]:
    bars, start = [], 0.0
    for stage in stages:
        amount = stage.amount / scale
        bars.append(_Bar(stage.label, amount, _CLASSES.get(stage.key, "stage-other"), start))
        start += amount
    return bars


def _tail_start(result: ReplayResult) -> int:
    """The first stage of the small tail, shared by all waterfalls; the number of stages if none."""
    count = min(len(w.losses) for w in result.waterfalls)
    if any(len(w.losses) != count for w in result.waterfalls):
        return max(len(w.losses) for w in result.waterfalls)
    whole = max(sum(s.amount for s in w.losses) for w in result.waterfalls)
    for first in range(1, count - 1):
        tails = [sum(s.amount for s in w.losses[first:]) for w in result.waterfalls]
        if max(tails) < _TAIL * whole:
            return first if max(tails) > 0 else count
    return count


def _panel(
    box: Box, bars: list[_Bar], largest: float, whole: float, asset: str, total: str | None
) -> list[str]:
    """Bars that continue where the one before ended, labels above them; a sum at the foot."""
    x = Scale(0.0, largest * 1.001, box.left, box.right)
    rows = list(bars)
    if total is not None:
        rows.append(_Bar(total, sum(b.amount for b in bars), "stage-total", 0.0))
    foot = Box(box.left, box.top, box.width, _ROW * len(rows))
    about = 3 if box.width < 400 else 5
    parts: list[str] = [x_axis(foot, x, ticks(0.0, largest, about), tick, grid=True)]
    for i, bar in enumerate(rows):
        y = box.top + i * _ROW
        figure = with_unit(compact(bar.amount), asset)
        if whole > 0 and bar.amount > 0 and i < len(bars):
            figure += f" · {percent(bar.amount / whole)}"
        # Bold text is wider.
        label = fitted(bar.label, box.width - text_width(figure) - 14, 1.1 * FONT)
        parts.append(node("rect", x=box.left, y=y + 4, width=box.width, height=16, class_="plate"))
        parts.append(text(box.left, y + 16, label, "axis strong"))
        parts.append(text(box.right, y + 16, figure, "axis", "end"))
        width = x(bar.amount) - x(0.0)
        if bar.amount > 0:
            parts.append(rect(x(bar.start), y + 22, max(1.5, width), 16, bar.class_, 2))
        else:
            parts.append(line(x(bar.start), y + 22, x(bar.start), y + 38, "none"))
        if i + 1 < len(bars):
            end = x(bar.start + bar.amount)
            parts.append(line(end, y + 38, end, y + _ROW + 22, "connector"))
    return parts


def _draw(result: ReplayResult, waterfall: WaterfallResult, tail: int, width: float) -> Markup:
    asset, scale = result.asset, result.scale
    stages = list(waterfall.losses)
    sums = [sum(s.amount for s in w.losses) / scale for w in result.waterfalls]
    whole = sum(s.amount for s in stages) / scale
    inside = width - 16
    bars = _bars(stages, scale)
    parts: list[str] = []
    if tail >= len(stages):
        parts += _panel(Box(8, 0, inside, 0), bars, max(sums), whole, asset, "Together")
        height = _ROW * (len(stages) + 1) + 38
        parts.append(text(width - 8, height - 4, asset, "unit", "end"))
        return drawing(width, height, *parts, label=_said(waterfall))
    rest = bars[tail:]
    folded = [
        *bars[:tail],
        _Bar("All later stages", sum(b.amount for b in rest), "stage-rest", bars[tail].start),
    ]
    parts += _panel(Box(8, 0, inside, 0), folded, max(sums), whole, asset, "Together")
    top = _ROW * (len(folded) + 1) + 36
    parts.append(text(width - 8, top - 3, asset, "unit", "end"))
    tails = [sum(s.amount for s in w.losses[tail:]) / scale for w in result.waterfalls]
    larger = max(sums) / max(tails)
    parts.append(
        text(8, top + 24, f"All later stages, drawn {compact(larger, 2)} times larger", "panel")
    )
    shifted = _bars(stages[tail:], scale)
    parts += _panel(Box(8, top + 32, inside, 0), shifted, max(tails), whole, asset, None)
    height = top + 32 + _ROW * len(shifted) + 38
    parts.append(text(width - 8, height - 4, asset, "unit", "end"))
    return drawing(width, height, *parts, label=_said(waterfall))


def _said(waterfall: WaterfallResult) -> str:
    return f"Equity destroyed by stage, {waterfall.name}"


def _table(result: ReplayResult, waterfall: WaterfallResult) -> Markup:
    """The same figures to the unit, folded away."""
    rows = [
        node(
            "tr",
            node("th", s.label, scope="row"),
            node(
                "td", node("data", money(s.amount, result.scale), value=str(s.amount)), class_="n"
            ),
            node("td", s.note),
        )
        for s in waterfall.losses
    ]
    total = sum(s.amount for s in waterfall.losses)
    rows.append(
        node(
            "tr",
            node("th", "Together", scope="row"),
            node("td", node("data", money(total, result.scale), value=str(total)), class_="n"),
            node("td", ""),
            class_="sum",
        )
    )
    head = node(
        "tr",
        node("th", "Stage", scope="col"),
        node("th", result.asset, scope="col", class_="n"),
        node("th", "", scope="col"),
    )
    return node(
        "details",
        node("summary", "The same in figures"),
        node("table", node("thead", head), node("tbody", *rows), class_="stages"),
    )


def _title(result: ReplayResult, waterfall: WaterfallResult) -> str:
    whole = sum(s.amount for s in waterfall.losses)
    rest = [s for s in waterfall.losses if s.key not in _OWN]
    left = sum(s.amount for s in rest)
    if left == 0:
        return "The liquidated accounts' own margin bore everything"
    share = percent(1 - left / whole)
    worst = max(rest, key=lambda s: s.amount)
    amount = with_unit(compact(left / result.scale), result.asset)
    return (
        f"The accounts' own margin bore {share}; of the {amount} it did not cover, "
        f"{percent(worst.amount / left)} fell on: {worst.label[:1].lower() + worst.label[1:]}"
    )


def loss_figures(result: ReplayResult) -> list[Figure]:
    """One figure per waterfall, on the same scales."""
    if not any(s.amount for w in result.waterfalls for s in w.losses):
        return [
            Figure(title="No equity was destroyed: no stage of a waterfall bore a loss", full=True)
        ]
    tail = _tail_start(result)
    figures = []
    for waterfall in result.waterfalls:
        if not any(s.amount for s in waterfall.losses):
            figures.append(Figure(kicker=waterfall.name, title="No equity was destroyed"))
            continue
        figures.append(
            Figure(
                kicker=waterfall.name,
                title=_title(result, waterfall),
                note="Each bar begins where the one above it ended: it bears what was left.",
                draw=partial(_draw, result, waterfall, tail),
                source="Losses: replay; sums of the engine's events.",
                after=_table(result, waterfall),
                full=len(result.waterfalls) == 1,
            )
        )
    return figures
