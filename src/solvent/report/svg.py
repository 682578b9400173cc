"""Shapes. Colours come from classes in style.css, so that one drawing serves light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from solvent.report.markup import Markup, decimal, join, node

FONT = 12.0  # px, the size of axis text in style.css
# Widths in the widest common text face (DejaVu Sans), as shares of the font size: margins hold it.
_NARROW, _WIDE, _ADVANCE = 0.35, 0.9, 0.63

Array = npt.NDArray[np.float64]


def text_width(text: str, size: float = FONT) -> float:
    """An upper estimate of the drawn width in px."""
    narrow = sum(text.count(c) for c in " .,:;|'ilj\N{NO-BREAK SPACE}")
    wide = sum(text.count(c) for c in "MWmw%@\N{MINUS SIGN}")
    return size * (_NARROW * narrow + _WIDE * wide + _ADVANCE * (len(text) - narrow - wide))


def fitted(text: str, room: float, size: float = FONT) -> str:
    """The text, or as much of its beginning as fits into `room` px, and an ellipsis."""
    if text_width(text, size) <= room:
        return text
    kept = text
    while kept and text_width(kept + "…", size) > room:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def drawing(width: float, height: float, *parts: str, label: str, **data: str | None) -> Markup:
    """The outer svg element; `label` is what a screen reader says."""
    return node(
        "svg",
        *parts,
        viewBox=f"0 0 {decimal(width)} {decimal(height)}",
        role="img",
        aria_label=label,
        **data,
    )


def group(parts: Iterable[str], **attributes: str | float | None) -> Markup:
    """Parts sharing attributes."""
    return node("g", join(parts), **attributes)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line; hairlines are snapped to half pixels to stay crisp."""
    if x1 == x2:
        x1 = x2 = round(x1 - 0.5) + 0.5
    elif y1 == y2:
        y1 = y2 = round(y1 - 0.5) + 0.5
    return node(
        "path", d=f"M{decimal(x1)} {decimal(y1)}L{decimal(x2)} {decimal(y2)}", class_=class_
    )


def rect(
    x: float, y: float, width: float, height: float, class_: str, radius: float | None = None
) -> Markup:
    """A rectangle; a negative height or width is turned round."""
    if width < 0:
        x, width = x + width, -width
    if height < 0:
        y, height = y + height, -height
    return node("rect", x=x, y=y, width=width, height=height, rx=radius, class_=class_)


def circle(x: float, y: float, radius: float, class_: str, title: str | None = None) -> Markup:
    """A disc, with words for a pointer that rests on it."""
    inside = [node("title", title)] if title else []
    return node("circle", *inside, cx=x, cy=y, r=radius, class_=class_)


def text(x: float, y: float, words: str, class_: str = "axis", anchor: str | None = None) -> Markup:
    """One line of text, `y` at the base line."""
    return node("text", words, x=x, y=y, class_=class_, text_anchor=anchor)


def polyline(xs: Array, ys: Array) -> str:
    """Path data through the points."""
    pairs = [f"{decimal(x)} {decimal(y)}" for x, y in zip(xs, ys, strict=True)]
    return "M" + "L".join(pairs) if pairs else ""


def stairs(xs: Array, ys: Array, end: float) -> str:
    """Path data of a value that holds until the next point, the last one until `end`."""
    if len(xs) == 0:
        return ""
    parts = [f"M{decimal(xs[0])} {decimal(ys[0])}"]
    for x, y in zip(xs[1:], ys[1:], strict=True):
        parts.append(f"H{decimal(x)}V{decimal(y)}")
    parts.append(f"H{decimal(end)}")
    return "".join(parts)


def path(data: str, class_: str) -> Markup:
    """A path from its data."""
    return node("path", d=data, class_=class_)


def rects(boxes: Sequence[tuple[float, float, float, float]], class_: str) -> Markup:
    """Many rectangles (x, y, width, height) of one class as a single path: small files."""
    data = "".join(
        f"M{decimal(x)} {decimal(y)}h{decimal(w)}v{decimal(h)}h{decimal(-w)}z"
        for x, y, w, h in boxes
        if w and h
    )
    return node("path", d=data, class_=class_) if data else Markup("")


def clip(name: str, x: float, y: float, width: float, height: float) -> Markup:
    """A clipping window to be named in `clip_path="url(#name)"`."""
    return node("clipPath", node("rect", x=x, y=y, width=width, height=height), id=name)
