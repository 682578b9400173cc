"""A price at which a loan becomes liquidatable: exact, and between two ticks of the oracle."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from solvent.margin.explain import Term, figure_text
from solvent.venues.numbers import round_to, text

if TYPE_CHECKING:
    from solvent.venues.lending.loans import Loan

Direction = Literal["down", "up"]
STEPS_MAX = 1 << 80


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where one price has to go for a loan to be liquidated, the others as stated.

    exact: the price at which headroom is 0 (None: no positive price). safe, breached: neighbouring
    ticks of the oracle; the protocol's own integer test is false on the first and true on the
    second (None where no tick is). displayed: `exact` rounded towards the safe side. direction:
    which way the price moves towards it.
    """

    asset: str
    direction: Direction
    exact: Fraction | None
    safe: Fraction | None
    breached: Fraction | None
    displayed: Fraction | None
    now: Fraction
    label: str
    assumption: str = "fixed"

    @property
    def distance(self) -> Fraction | None:
        """Move from the price now, as a share of it; negative means down."""
        return None if self.exact is None else self.exact / self.now - 1

    def __str__(self) -> str:
        if self.displayed is None:
            return f"{self.asset} cannot be liquidated by its price alone ({self.direction})"
        return f"{self.asset} {text(self.displayed)} ({self.direction}, others {self.assumption})"

    def explain(self) -> Term:
        """The price, its ticks and the move to it."""
        return Term(
            f"liquidation price of {self.asset}",
            self.exact,
            formula="price - headroom / counted amount",
            note=f"{self.label}; other prices {self.assumption}",
            terms=(
                Term("price now", self.now),
                Term("move", self.distance, "", "exact / now - 1"),
                Term("safe tick", self.safe, note="the protocol's own test is false here"),
                Term("breached tick", self.breached, note="and true here"),
                Term("displayed", None if self.displayed is None else figure_text(self.displayed)),
            ),
        )


def bracket(loan: Loan, asset: str, root: Fraction | None, direction: Direction) -> Crossing:
    """The crossing of `loan` at `root`, with ticks judged by the protocol's own test.

    Protocol arithmetic rounds, so its ticks may lie beside the exact root; they are found by
    doubling steps outward from it and bisecting.
    """
    now = loan.price(asset)
    if root is None:
        return Crossing(asset, direction, None, None, None, None, now, loan.label)
    tick = loan.tick
    sign = -1 if direction == "down" else 1

    def breached(at: int) -> bool:
        if at <= 0:
            return direction == "down"
        moved = loan.at({asset: at * tick})
        return loan.check(moved) if loan.check is not None else moved.liquidatable

    start = int(root / tick)
    ends = _ends(breached, start, sign)
    displayed = round_to(root, tick, "up" if direction == "down" else "down")
    if ends is None:
        return Crossing(asset, direction, root, None, None, displayed, now, loan.label)
    safe, hit = ends
    while abs(hit - safe) > 1:
        middle = (hit + safe) // 2
        if breached(middle):
            hit = middle
        else:
            safe = middle
    low = hit * tick if hit > 0 else None
    return Crossing(asset, direction, root, safe * tick, low, displayed, now, loan.label)


def _ends(test: object, start: int, sign: int) -> tuple[int, int] | None:
    """A safe and a breached tick around `start`, `sign` the way to the breach; None if none."""
    assert callable(test)
    step = 1
    if test(start):
        hit = start
        while step < STEPS_MAX:
            safe = start - sign * step
            if not test(safe):
                return safe, hit
            hit, step = safe, step * 2
        return None
    safe = start
    while step < STEPS_MAX:
        hit = start + sign * step
        if test(hit):
            return safe, hit
        safe, step = hit, step * 2
    return None
