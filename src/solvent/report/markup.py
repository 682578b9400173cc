"""Elements of HTML and SVG as text, escaped by construction.

`node` escapes every child and attribute that is not `Markup` already, and `Markup` is made only
here and from literals, so a name taken from a file cannot become a tag.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

_TEXT = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}
_ATTRIBUTE = {**_TEXT, ord('"'): "&quot;", ord("'"): "&#39;"}
# What a browser would refuse or swallow; shown as the replacement character instead.
_FORBIDDEN = {
    code: "\ufffd" for code in [*range(9), 11, 12, *range(14, 32), *range(127, 160), 0xFFFE, 0xFFFF]
} | {code: "\ufffd" for code in range(0xD800, 0xE000)}

_VOID = frozenset({"meta", "br", "hr", "img", "col"})


class Markup(str):
    """Text that is markup already and is not escaped again."""

    __slots__ = ()


def escape(text: str) -> Markup:
    """Text for an element's content.

    >>> escape("<b> & co")
    '&lt;b&gt; &amp; co'
    """
    return Markup(text.translate(_FORBIDDEN).translate(_TEXT))


def decimal(value: float, places: int = 1) -> str:
    """A coordinate: at most `places` decimals, no trailing zeros, never 'nan'.

    >>> decimal(12.04), decimal(3.0), decimal(-0.04)
    ('12', '3', '0')
    """
    if not math.isfinite(value):
        raise ValueError(f"not a coordinate: {value}")
    text = f"{value:.{places}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def node(tag: str, *children: str, **attributes: str | float | None) -> Markup:
    """One element. Attribute names: `_` becomes `-`, a trailing `_` is dropped, None is left out.

    >>> node("text", "a<b", class_="axis", text_anchor="end", x=1.25)
    '<text class="axis" text-anchor="end" x="1.2">a&lt;b</text>'
    """
    parts = [f"<{tag}"]
    for name, value in attributes.items():
        if value is None:
            continue
        key = name.rstrip("_").replace("_", "-")
        shown = value if isinstance(value, str) else decimal(value)
        parts.append(f' {key}="{shown.translate(_FORBIDDEN).translate(_ATTRIBUTE)}"')
    parts.append(">")
    if tag in _VOID:
        return Markup("".join(parts))
    parts.extend(child if isinstance(child, Markup) else escape(child) for child in children)
    parts.append(f"</{tag}>")
    return Markup("".join(parts))


def join(parts: Iterable[str]) -> Markup:
    """Parts one after the other, escaping those that are plain text."""
    return Markup("".join(p if isinstance(p, Markup) else escape(p) for p in parts))
