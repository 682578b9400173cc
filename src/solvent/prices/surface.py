"""No-arbitrage checks of a volatility surface: what is wrong with it, and by how much.

Nothing is repaired. Per expiry, over the strikes in order, undiscounted call prices must fall
(vertical spread: slope between -1 and 0) and be convex (butterfly not negative). Between expiries,
at the same ln(strike / forward), total variance `vol^2 * years` must not fall (calendar).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from solvent.prices.black76 import call


@dataclass(frozen=True, slots=True)
class Quote:
    """One point of a surface: forward and years of its expiry, strike, annual volatility."""

    forward: float
    years: float
    strike: float
    vol: float


@dataclass(frozen=True, slots=True)
class Finding:
    """An arbitrage in the surface.

    kind: "vertical", "butterfly" or "calendar". years, strike: where. amount: how much is free, in
    the forward's currency per unit (for "calendar", the missing total variance).
    """

    kind: Literal["vertical", "butterfly", "calendar"]
    years: float
    strike: float
    amount: float


def check_surface(quotes: Iterable[Quote], tolerance: float = 1e-9) -> tuple[Finding, ...]:
    """Every violation beyond `tolerance` (relative to the forward; absolute in total variance).

    >>> flat = [Quote(100.0, 0.25, k, 0.5) for k in (80.0, 100.0, 120.0)]
    >>> check_surface(flat)
    ()
    >>> [f.kind for f in check_surface([*flat, Quote(100.0, 0.5, 100.0, 0.3)])]
    ['calendar']
    """
    expiries: dict[float, dict[float, Quote]] = {}
    for quote in quotes:
        expiries.setdefault(quote.years, {}).setdefault(quote.strike, quote)
    slices = [
        (years, sorted(by_strike.values(), key=lambda quote: quote.strike))
        for years, by_strike in sorted(expiries.items())
    ]
    found: list[Finding] = []
    for _, one in slices:
        found += _across_strikes(one, tolerance)
    for (_, near), (_, far) in pairwise(slices):
        found += _across_expiries(near, far, tolerance)
    return tuple(found)


def _across_strikes(quotes: Sequence[Quote], tolerance: float) -> list[Finding]:
    prices = [call(q.forward, q.strike, q.vol, q.years) for q in quotes]
    found: list[Finding] = []
    slopes = [
        (prices[i + 1] - prices[i]) / (quotes[i + 1].strike - quotes[i].strike)
        for i in range(len(quotes) - 1)
    ]
    for i, slope in enumerate(slopes):
        width = quotes[i + 1].strike - quotes[i].strike
        free = max(slope, -1.0 - slope) * width
        if free > tolerance * quotes[i].forward:
            found.append(Finding("vertical", quotes[i].years, quotes[i].strike, free))
    for i in range(1, len(slopes)):
        width = min(
            quotes[i].strike - quotes[i - 1].strike, quotes[i + 1].strike - quotes[i].strike
        )
        free = (slopes[i - 1] - slopes[i]) * width
        if free > tolerance * quotes[i].forward:
            found.append(Finding("butterfly", quotes[i].years, quotes[i].strike, free))
    return found


def _across_expiries(
    near: Sequence[Quote], far: Sequence[Quote], tolerance: float
) -> list[Finding]:
    curve = [(math.log(q.strike / q.forward), q.vol * q.vol * q.years) for q in far]
    found = []
    for quote in near:
        later = _between(curve, math.log(quote.strike / quote.forward))
        missing = 0.0 if later is None else quote.vol * quote.vol * quote.years - later
        if missing > tolerance:
            found.append(Finding("calendar", quote.years, quote.strike, missing))
    return found


def _between(curve: Sequence[tuple[float, float]], x: float) -> float | None:
    """Linear in total variance; None outside the quoted strikes, where nothing is known."""
    for (x0, y0), (x1, y1) in pairwise(curve):
        if x0 <= x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    if len(curve) == 1 and abs(curve[0][0] - x) < 1e-12:
        return curve[0][1]
    return None
