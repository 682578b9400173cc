"""Explain trees: every figure with the figures it was made from.

A `Term` is one line of an answer: its name, its exact value, its unit, the formula in words and the
terms below it. It prints as a tree in a terminal and as a nested list in a notebook; `to_dict` is
its form in JSON. Values stay exact; only the printing rounds, and says so with an ellipsis.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from typing import Any

Figure = Fraction | int | str | None
DIGITS = 12


@dataclass(frozen=True, slots=True)
class Term:
    """One figure and where it came from.

    name: the field's word ("maintenance margin"). value: exact; text for a choice ("tier 3"); None
    where there is none. unit: "USDT", "BTC", "%", "" for a pure number. formula: in words and
    symbols, as a reader would write it. note: source, rounding, or assumption.

    >>> print(Term("equity", Fraction(1500), "USDT", "wallet + unrealised profit", terms=(
    ...     Term("wallet", Fraction(2500), "USDT"), Term("unrealised profit", -1000, "USDT"))))
    equity = 1500 USDT  [wallet + unrealised profit]
    ├─ wallet = 2500 USDT
    └─ unrealised profit = -1000 USDT
    """

    name: str
    value: Figure = None
    unit: str = ""
    formula: str = ""
    note: str = ""
    terms: tuple[Term, ...] = ()

    def __str__(self) -> str:
        return "\n".join(self._lines("", ""))

    def _lines(self, lead: str, below: str) -> Iterator[str]:
        yield lead + self.line()
        for number, term in enumerate(self.terms):
            last = number == len(self.terms) - 1
            yield from term._lines(
                below + ("└─ " if last else "├─ "), below + ("   " if last else "│  ")
            )

    def line(self) -> str:
        """The line of this term alone."""
        text = self.name
        if self.value is not None:
            text += f" = {figure_text(self.value)}"
            text += f" {self.unit}" if self.unit else ""
        if self.formula:
            text += f"  [{self.formula}]"
        if self.note:
            text += f"  ({self.note})"
        return text

    def find(self, name: str) -> Term | None:
        """The first term of that name, in reading order; None if there is none."""
        if self.name == name:
            return self
        for term in self.terms:
            found = term.find(name)
            if found is not None:
                return found
        return None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: values as text, exact fractions as "a/b"."""
        data: dict[str, Any] = {"name": self.name}
        if self.value is not None:
            data["value"] = str(self.value)
        for field in ("unit", "formula", "note"):
            if getattr(self, field):
                data[field] = getattr(self, field)
        if self.terms:
            data["terms"] = [term.to_dict() for term in self.terms]
        return data

    def _repr_html_(self) -> str:
        """A nested list, for notebooks."""
        inner = "".join(f"<li>{term._repr_html_()}</li>" for term in self.terms)
        return escape(self.line()) + (f"<ul>{inner}</ul>" if inner else "")


def figure_text(value: Figure) -> str:
    """An exact number as a decimal; one that does not end is cut after 12 digits and marked "…".

    >>> figure_text(Fraction(1, 8)), figure_text(Fraction(1, 3)), figure_text("tier 3")
    ('0.125', '0.333333333333…', 'tier 3')
    >>> figure_text(Fraction(10**28)), figure_text(Fraction("12345678901234567.1234567890125"))
    ('10000000000000000000000000000', '12345678901234567.123456789012…')
    """
    if not isinstance(value, Fraction):
        return str(value)
    scaled = abs(value) * 10**DIGITS
    whole, part = divmod(scaled.numerator // scaled.denominator, 10**DIGITS)
    text = f"{whole}.{part:0{DIGITS}}".rstrip("0").rstrip(".")
    sign = "-" if value < 0 else ""
    return sign + text + ("" if scaled.denominator == 1 else "…")
