"""A figure of the page: a title that says what to see, a drawing in up to three widths, a source.

Text must stay readable on a phone and on a desk, so nothing is scaled far: each drawing function is
called once per width, and style.css shows the one that fits.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from solvent.report.markup import Markup, join, node

PAIR, FULL, PHONE = 548.0, 1120.0, 356.0


@dataclass(frozen=True, slots=True)
class Key:
    """A line of the legend: a mark (dot, box, ramp, line) of a colour class, and its words."""

    shape: str
    class_: str
    words: str


@dataclass(frozen=True, slots=True)
class ReadOut:
    """What a pointer is told: points as shares (0..1) of the plot, with their lines of text.

    `nearest` is "x" (a rule across the plot) or "xy" (the nearest mark).
    """

    nearest: str
    points: Sequence[tuple[float, float, str]]

    def to_json(self) -> str:
        """For the script on the page."""
        rows = [[round(x, 4), round(y, 4), words] for x, y, words in self.points]
        return json.dumps({"nearest": self.nearest, "points": rows}, ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One chart. `draw` gets a width in px and returns the svg element's inside, see `render`."""

    title: str
    kicker: str = ""  # above the title: which waterfall, which instrument
    note: str = ""  # below the title: how to read it
    draw: Callable[[float], Markup] | None = None  # None: the title says there is nothing to draw
    legend: Sequence[Key] = ()
    source: str = ""
    read_out: ReadOut | None = None
    after: Markup = field(default_factory=Markup)  # a table or list that belongs to it
    full: bool = False  # as wide as the page


def _swatch(key: Key) -> Markup:
    shape: Markup
    if key.shape == "dot":
        shape = node("circle", cx=9, cy=6, r=5, class_=key.class_)
    elif key.shape == "ramp":
        steps = (0.15, 0.4, 0.65, 1.0)
        shape = join(
            node("rect", x=4.5 * i, y=1, width=4.5, height=10, class_=key.class_, opacity=o)
            for i, o in enumerate(f"{v}" for v in steps)
        )
    elif key.shape == "box":
        shape = node("rect", x=2, y=1, width=14, height=10, class_=key.class_)
    else:
        shape = node("path", d="M0 6H18", class_=key.class_)
    return node("svg", shape, viewBox="0 0 18 12", width=18, height=12, aria_hidden="true")


def _legend(keys: Sequence[Key]) -> Markup:
    items = [node("li", _swatch(key), node("span", key.words)) for key in keys]
    return node("ul", join(items), class_="legend") if items else Markup("")


def render(figure: Figure) -> Markup:
    """The figure element."""
    parts: list[Markup] = []
    if figure.kicker:
        parts.append(node("p", figure.kicker, class_="kicker"))
    parts.append(node("h3", figure.title))
    if figure.note:
        parts.append(node("p", figure.note, class_="note"))
    parts.append(_legend(figure.legend))
    if figure.draw is not None:
        widths = {"v-narrow": PHONE, "v-mid": PAIR, "v-wide": FULL if figure.full else PAIR}
        by_width: dict[float, list[str]] = {}
        for class_, width in widths.items():
            by_width.setdefault(width, []).append(class_)
        parts.extend(
            node("div", figure.draw(width), class_=" ".join(["drawing", *classes]))
            for width, classes in by_width.items()
        )
    if figure.after:
        parts.append(figure.after)
    if figure.source:
        parts.append(node("figcaption", figure.source))
    return node(
        "figure",
        join(parts),
        class_="full" if figure.full else None,
        data_read_out=figure.read_out.to_json() if figure.read_out else None,
    )
