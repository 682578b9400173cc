"""The walk outward from the mark, piece by piece, to the first price where a condition flips.

On a piece the headroom is a quadratic over a power of the price (`quadratic`). Two interior points
give it where its shape is known by construction, three otherwise, and one more point checks it.
What fits nothing is sampled.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from solvent.venues.plain_data import Plain
from solvent.venues.solver.curve import Curve
from solvent.venues.solver.edges import edges
from solvent.venues.solver.model import ZERO
from solvent.venues.solver.quadratic import Piece, quadratic

Side = Literal["down", "up"]
Found = Literal["root", "jump", "irrational", "none"]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Root(Plain):
    """Where the condition flips, and how it was found."""

    near: Fraction
    how: Found


def search(curve: Curve, way: Side, already: bool, start: Fraction | None = None) -> Root | None:
    """The first flip of the condition going `way` from the mark, or strictly beyond `start`."""
    up = way == "up"
    near = curve.start if start is None else start
    low, high = curve.domain()
    inside = edges(curve)
    stops: list[Fraction | None] = (
        [p for p in inside if p > near] if up else [p for p in inside[::-1] if p < near]
    )
    stops.append(high if up else (low or None))
    for number, far in enumerate(stops):
        piece = _fit(curve, near, far, up)
        if piece is None:
            found = _sampled(curve, near, far, up, already)
        else:
            jump = number > 0 or (start is None and near in inside)
            past = near if start is not None and number == 0 else None
            found = _in_piece(curve, piece, near, far, up, already, jump=jump, past=past)
        if found is not None:
            return found
        if far is not None:
            near = far
    return None


def _in_piece(
    curve: Curve,
    piece: Piece,
    near: Fraction,
    far: Fraction | None,
    up: bool,
    already: bool,
    *,
    jump: bool,
    past: Fraction | None,
) -> Root | None:
    def flipped(headroom: Fraction) -> bool:
        return curve.breached(headroom) != already

    if jump:
        first = piece.at(near)
        if flipped(first) and (first != 0 or not piece.roots()):
            return Root(near, "jump")
    end = piece.at(far) if far is not None else piece.limit(up)
    inside = [
        (price, whole)
        for price, whole in piece.roots()
        if (price >= near if up else price <= near)
        and (far is None or (price <= far if up else price >= far))
        and price != past
    ]
    inside.sort(reverse=not up)
    for number, (price, whole) in enumerate(inside):
        after = inside[number + 1][0] if number + 1 < len(inside) else far
        if after is None:
            beyond = end
        elif after == price:
            beyond = ZERO
        else:
            beyond = piece.at((price + after) / 2)
        touches = flipped(ZERO)  # at the root itself: non-strict venues act there
        if touches or flipped(beyond):
            return Root(price, "root" if whole else "irrational")
    return None


def _fit(curve: Curve, near: Fraction, far: Fraction | None, up: bool) -> Piece | None:
    """The piece between two edges from interior points, checked at one more; None if it is of
    another shape.
    """
    if far is None:
        far = near * 2 if up else near / 2
    width = far - near
    x, y, z, check = (near + width * Fraction(part, 5) for part in (1, 2, 3, 4))
    f, g = curve(x), curve(y)
    if curve.shape == "price":
        slope = (g - f) / (y - x)
        return Piece(ZERO, slope, f - slope * x, 0)
    if curve.shape == "inverse":
        slope = (g - f) / (1 / y - 1 / x)
        return Piece(ZERO, f - slope / x, slope, 1)
    h, last = curve(z), curve(check)
    for power in (1, 0, 2):
        piece = quadratic(((x, f), (y, g), (z, h)), power)
        if piece.at(check) == last:
            return piece
    return None


def _sampled(
    curve: Curve, near: Fraction, far: Fraction | None, up: bool, already: bool
) -> Root | None:
    """A piece of no known shape: 64 points even in the price and 64 in its inverse, then halving to
    2**-60 of the price.
    """
    last = far if far is not None else (near * 1024 if up else near / 1024)
    shares = [Fraction(step, 65) for step in range(1, 65)]
    prices = {near + (last - near) * share for share in shares}
    prices |= {1 / (1 / near + (1 / last - 1 / near) * share) for share in shares}
    before = near
    for price in sorted(prices, reverse=not up):
        if curve.breached(curve(price)) != already:
            for _ in range(60):
                middle = (before + price) / 2
                if curve.breached(curve(middle)) != already:
                    price = middle
                else:
                    before = middle
            return Root(before, "irrational")
        before = price
    return None
