"""Answers: an exact number with what it was made from and how the venue prints it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Any, cast

from solvent.margin.explain import Term, figure_text
from solvent.venues.numbers import Rounding, round_to, text
from solvent.venues.plain_data import Plain
from solvent.venues.solver.model import DOLLARS


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Answer(Plain):
    """One figure asked for.

    name: the field's word. exact: the rational, None where there is none (then `reason` says why)
    or where it is irrational (then the ticks hold it). display: text as the venue rounds it, "" if
    there is nothing to show. unit: of the figure. preset: `venue@version`. safe_tick and
    violating_tick: of a price, the neighbouring ticks where the condition is false and true.

    >>> print(Answer("liquidation price", Fraction(9500000, 199), "47738.7", "USDT", "x@2026",
    ...              Fraction("47738.7"), Fraction("47738.6")))
    liquidation price 47738.7 USDT (safe at 47738.7, liquidated at 47738.6; x@2026)
    """

    name: str
    exact: Fraction | None
    display: str
    unit: str
    preset: str
    safe_tick: Fraction | None = None
    violating_tick: Fraction | None = None
    reason: str = ""
    assumption: str = ""
    _tree: Callable[[], Term] | None = field(default=None, repr=False, compare=False)

    @property
    def at(self) -> Fraction | None:
        """Of a price: the exact one, else the safe tick, which is never in the holder's favour."""
        return self.safe_tick if self.exact is None else self.exact

    def explain(self) -> Term:
        """The tree of every figure this one was made from."""
        if self._tree is None:
            return Term(self.name, self.exact, self.unit, note=self.preset)
        return self._tree()

    def __str__(self) -> str:
        if not self.display:
            return f"no {self.name}: {self.reason or 'there is none'} ({self.preset})"
        notes = [*self._ticks()]
        if self.reason:
            notes.append(self.reason)
        if self.assumption not in ("", "fixed"):
            notes.append(OTHERS.get(self.assumption, self.assumption))
        if self.preset:
            notes.append(self.preset)
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.name} {self.display}{unit} ({'; '.join(notes)})"

    def _ticks(self) -> Iterator[str]:
        acts = ACTS.get(self.name, "reached")
        if self.safe_tick is not None and self.violating_tick is not None:
            yield f"safe at {text(self.safe_tick)}, {acts} at {text(self.violating_tick)}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: exact as "a/b", ticks as decimal text."""
        data: dict[str, Any] = {
            "name": self.name,
            "exact": None if self.exact is None else str(self.exact),
            "display": self.display or None,
            "unit": self.unit,
            "preset": self.preset,
        }
        for key in ("safe_tick", "violating_tick"):
            tick = getattr(self, key)
            if tick is not None:
                data[key] = text(tick)
        for key in ("reason", "assumption"):
            if getattr(self, key):
                data[key] = getattr(self, key)
        return data

    def _repr_html_(self) -> str:
        return self.explain()._repr_html_()


class Told(Plain):
    """What every result of several figures offers: a line of text, the tree of every figure, and
    that tree as a list in notebooks. Its fields are the figures; `preset` is `venue@version`.
    """

    __slots__ = ()

    def explain(self) -> Term:
        """The tree of every figure this result was made from."""
        tree = getattr(self, "_tree", None)
        return Term(str(self)) if tree is None else tree()

    def to_dict(self) -> dict[str, Any]:
        """Its figures as plain data for JSON: exact numbers as "a/b", no trees."""
        named = ((one.name, getattr(self, one.name)) for one in fields(cast(Any, self)))
        return {name: _plain(one) for name, one in named if name[0] != "_" and _is_plain(one)}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def _repr_html_(self) -> str:
        return self.explain()._repr_html_()


def _is_plain(value: object) -> bool:
    kinds = (str, bool, int, float, Fraction, Mapping, tuple, Answer, Told)
    return value is None or isinstance(value, kinds)


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, Answer | Told):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


OTHERS = {
    "fixed": "all other prices stay where they are",
    "beta": "the other prices move by their betas",
    "common_shock": "all prices move by the same factor",
}
ACTS = {"liquidation price": "liquidated", "bankruptcy price": "bankrupt"}


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Both(Plain):
    """The same question below and above the mark: a hedged book can die in both directions."""

    symbol: str
    down: Answer
    up: Answer

    def __iter__(self) -> Iterator[Answer]:
        return iter((self.down, self.up))

    def __str__(self) -> str:
        return f"below: {self.down}\nabove: {self.up}"

    def explain(self) -> Term:
        """Both trees, under the symbol."""
        return Term(self.symbol, terms=(self.down.explain(), self.up.explain()))

    def _repr_html_(self) -> str:
        return self.explain()._repr_html_()


def shown(value: Fraction, step: Fraction | None, rounding: Rounding) -> str:
    """A number as printed: on `step` in that direction; without a step or with rounding "none",
    all its digits up to twelve decimals.

    >>> shown(Fraction("913.105"), Fraction("0.05"), "up"), shown(Fraction(1, 3), None, "up")
    ('913.15', '0.333333333333…')
    """
    if step is None or rounding == "none":
        return figure_text(value)
    return text(round_to(value, step, rounding), step)


def percent(share: Fraction) -> str:
    """A share as a percentage, four decimals.

    >>> percent(Fraction(1, 3))
    '33.3333 %'
    """
    return f"{places(share * 100, Fraction(1, 10**4))} %"


def money_text(amount: Fraction) -> str:
    """An amount to the cent, small ones to eight decimals; half away from zero.

    >>> money_text(Fraction(2000, 3)), money_text(Fraction(1, 3))
    ('666.67', '0.33333333')
    """
    return places(amount, CENT if abs(amount) >= 1 else Fraction(1, 10**8))


def places(number: Fraction, step: Fraction) -> str:
    """A number on the grid of `step`, half away from zero, without idle zeros."""
    digits = text(round_to(number, step, "half_up"))
    return digits if "." not in digits else digits.rstrip("0").rstrip(".")


__all__ = [
    "CENT",
    "DOLLARS",
    "Answer",
    "Both",
    "Told",
    "money_text",
    "percent",
    "places",
    "shown",
    "smallest_unit",
]

CENT = Fraction(1, 100)

UNIT = Fraction(1, 10**8)
DOLLAR_UNIT = Fraction(1, 10**6)


def smallest_unit(asset: str) -> Fraction:
    """Smallest unit of an asset's money: 1e-6 for dollars, 1e-8 for coins.

    >>> smallest_unit("USDT"), smallest_unit("BTC")
    (Fraction(1, 1000000), Fraction(1, 100000000))
    """
    return DOLLAR_UNIT if asset.upper() in DOLLARS else UNIT
