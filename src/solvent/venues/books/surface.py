"""The headroom of a margin bucket over several prices, exact, and as lines for many at once.

The headroom of a cross account is a sum of one function per price, and each is straight between its
tier edges (in the price, or in its inverse for inverse contracts). The venue's exact functions are
asked at two points of each stretch, a third checks it; there is no second formula of a requirement.
Where collateral is weighed, the sum itself is checked at two corners; what is no sum is refused.

Closing fees that a venue charges at the bankruptcy price are those of today's prices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from solvent.venues.numbers import InputError
from solvent.venues.questions import answers
from solvent.venues.solver.curve import Curve
from solvent.venues.solver.edges import edges
from solvent.venues.solver.model import Pool
from solvent.venues.solver.solve import constant_fees

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Line:
    """Headroom along one price as straight stretches: `intercept + slope x`, x the price or, if
    `inverse`, one over it; the others at their marks. edges: prices between the stretches.
    """

    edges: Array
    intercept: Array
    slope: Array
    inverse: bool


class Surface:
    """The exact headroom of a bucket over several prices, and its lines in floats."""

    def __init__(self, pool: Pool, ranges: Mapping[str, tuple[float, float]]) -> None:
        level = answers.trigger(pool.rules)
        fees = constant_fees(pool, level)
        self.curves: dict[str, Curve] = {}
        for symbol in pool.symbols():
            if symbol not in ranges:
                raise InputError(
                    f"{symbol}: no volatility is given; the moves are of {', '.join(ranges)}"
                )
            self.curves[symbol] = Curve(pool, symbol, level=level, fees=fees)
        if not self.curves:
            raise InputError("book: there is no position; give positions, or what may be traded")
        first = next(iter(self.curves.values()))
        self.first, self.start = first, first(first.start)
        self.lines = {
            symbol: _line(curve, *map(Fraction, ranges[symbol]))
            for symbol, curve in self.curves.items()
        }
        if not first.plain:
            self._check_sum(ranges)

    def exact(self, prices: Mapping[str, Fraction]) -> Fraction:
        """Headroom at the venue's level with every price moved, exact."""
        if self.first.plain:
            apart = (curve(prices[symbol]) - self.start for symbol, curve in self.curves.items())
            return sum(apart, self.start)
        moved: dict[str, Fraction] = {}
        for symbol, curve in self.curves.items():
            moved |= curve.prices(prices[symbol])
        return self.first.whole(moved)

    def _check_sum(self, ranges: Mapping[str, tuple[float, float]]) -> None:
        """Refuse a headroom that is no sum of functions of one price (profits that are weighed with
        collateral): both corners of the paths' ranges.
        """
        for end in (0, 1):
            corner = {symbol: Fraction(ranges[symbol][end]) for symbol in self.curves}
            apart = (curve(corner[symbol]) - self.start for symbol, curve in self.curves.items())
            if sum(apart, self.start) != self.exact(corner):
                raise InputError(
                    "book: profits settle in an asset that is weighed as collateral, so the prices "
                    "cannot be taken apart; size the positions one by one"
                )

    def breached(self, prices: Mapping[str, Fraction]) -> bool:
        """Whether the venue liquidates there."""
        return self.first.breached(self.exact(prices))


def _line(curve: Curve, low: Fraction, high: Fraction) -> Line:
    import numpy as np

    inside = [edge for edge in edges(curve) if low < edge < high]
    ends = [low, *inside, high]
    inverse = any(leg.inverse for leg in curve.pool.legs if leg.symbol == curve.symbol)
    pieces = [_stretch(curve, a, b, inverse) for a, b in pairwise(ends)]
    return Line(
        np.array([float(edge) for edge in inside]),
        np.array([float(intercept) for intercept, _ in pieces]),
        np.array([float(slope) for _, slope in pieces]),
        inverse,
    )


def _stretch(
    curve: Curve, near: Fraction, far: Fraction, inverse: bool
) -> tuple[Fraction, Fraction]:
    """Intercept and slope between two edges, from two interior points and checked at a third."""
    prices = [near + (far - near) * Fraction(part, 5) for part in (1, 2, 4)]
    x, y, z = ((1 / price if inverse else price) for price in prices)
    f, g, h = (curve(price) for price in prices)
    slope = (g - f) / (y - x)
    if f + slope * (z - x) != h:
        raise InputError(
            f"{curve.symbol}: its requirement is not straight between tier edges on this venue, so "
            "a book with it cannot be sized; ask size_for_probability for it alone"
        )
    return f - slope * x, slope
