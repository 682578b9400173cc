"""The first tick, outward from the mark, at which what is held no longer covers what is required.

Between two tier edges the buffer *without its roundings*, `U`, is affine in the price (linear,
spot) or in its inverse (inverse): where it crosses a bound is one division. The buffer `B` itself
rounds every value down and every requirement up, so `U - over < B <= U + under`, with `over`
counting the roundings of the legs: no tick with `U >= over - 1` is violated, every tick with
`U < -under` is. With one rounding (one linear position) the two meet and the division is the
answer. In between the roundings make `B` go up and down by single units, and those ticks are
searched:

- two linear legs: there `B` is -1 or 0, so the sum of `B` over a range counts its violated ticks.
  It is a sum of floors of affine functions, which Euclid's algorithm gives without looking at the
  ticks, and the first violated one follows by bisection, be the range as long as it may.
- otherwise each leg alone is monotone: of any range, the legs that lose outward are lowest at its
  far end, the others at its near end. A range where these sum to 0 or more is skipped, any other
  is halved. At worst this looks at every tick between the two bounds.

What always holds: the tick returned is violated, and no tick between the mark and it is.
"""

from __future__ import annotations

from math import lcm
from typing import TYPE_CHECKING, NamedTuple

from solvent.contracts.value import (
    INVERSE,
    LINEAR,
    highest_price_worth,
    lowest_price_worth,
    value,
)
from solvent.margin import requirements as layout
from solvent.margin.requirements import rate_of_lots, tier_of
from solvent.units import rate_ceil

if TYPE_CHECKING:
    from solvent.margin.prices import Book, Leg


class _Piece(NamedTuple):
    """One leg within one tier. Its requirement is `ceil((notional * rate - held) / scale)`."""

    leg: Leg
    scale: int
    rate: int  # closing fee included
    held: int
    exact: bool  # its value is never rounded
    last: int | None  # last tick of the tier, outward; None: it has no end

    def worth(self, book: Book, price: int) -> int:
        """Value less cost less requirement at a price within the tier."""
        worth = value(book.kind, book.k, book.k_den, self.leg.lots, price)
        return worth - self.leg.cost + (self.held - abs(worth) * self.rate) // self.scale


def first_violations(
    book: Book, mark: int, *, with_requirement: bool
) -> tuple[int | None, int | None]:
    """First violated tick below and above `mark`; (mark, mark) when the mark itself is."""
    if all(_never_falls(leg, -1, with_requirement) for leg in book.legs):
        up = _outward(book, mark, book.price_max, 1, with_requirement)
        return (mark, mark) if up == mark else (None, up)
    down = _outward(book, mark, book.price_min, -1, with_requirement)
    if down == mark:
        return mark, mark
    if all(_never_falls(leg, 1, with_requirement) for leg in book.legs):
        return down, None
    return down, _outward(book, mark, book.price_max, 1, with_requirement)


def _never_falls(leg: Leg, step: int, with_requirement: bool) -> bool:
    """True when the leg, rounded as it is, loses nothing on the way: the price moves in its favour,
    no edge jumps, and no rate exceeds 100 % of what is gained.
    """
    if leg.lots * step < 0:
        return False
    if not with_requirement:
        return True
    table = leg.schedule
    if table[layout.SHAPE] != layout.TIERS or table[layout.BASIS] == layout.ENTRY:
        return False  # one piece: the walk is as quick
    end = layout.TIER + table[layout.COUNT] * layout.TIER_WIDTH
    highest = max(table[layout.TIER + layout.RATE : end : layout.TIER_WIDTH])
    return table[layout.JUMPS] == 0 and highest + table[layout.FEE] <= table[layout.SCALE]


def _outward(book: Book, mark: int, end: int, step: int, with_requirement: bool) -> int | None:
    """First violated tick from `mark` (included) to `end`, from tier edge to tier edge."""
    near = mark
    while True:
        far = end
        pieces = []
        for leg in book.legs:
            piece = _piece(book, leg, near, step, with_requirement)
            pieces.append(piece)
            if piece.last is not None and (far - piece.last) * step > 0:
                far = piece.last
        found = _within(book, pieces, near, far, step)
        if found is not None or far == end:
            return found
        near = far + step


def _piece(book: Book, leg: Leg, price: int, step: int, with_requirement: bool) -> _Piece:
    """The leg in the tier that holds it at `price`."""
    kind, k, k_den, lots = book.kind, book.k, book.k_den, leg.lots
    exact = kind == LINEAR or (kind != INVERSE and k_den == 1) or lots == 0
    if not with_requirement:
        return _Piece(leg, 1, 0, 0, exact, None)
    table = leg.schedule
    scale, rate, last = table[layout.SCALE], table[layout.FEE], None
    entry_based = table[layout.BASIS] == layout.ENTRY
    if table[layout.SHAPE] == layout.TIERS:
        basis = abs(leg.cost) if entry_based else abs(value(kind, k, k_den, lots, price))
        tier = tier_of(table, 0, basis)
        row = layout.TIER + tier * layout.TIER_WIDTH
        base, whole, part = table[row + layout.RATE : row + layout.TIER_WIDTH]
        if lots and not entry_based:
            if (step > 0) != (kind == INVERSE):
                if tier < table[layout.COUNT] - 1:
                    last = highest_price_worth(kind, k, k_den, lots, table[row + layout.BOUND])
            elif tier > 0:
                below = table[row - layout.TIER_WIDTH + layout.BOUND]
                last = lowest_price_worth(kind, k, k_den, lots, below + 1)
    else:
        base, whole, part = rate_of_lots(table, 0, lots), 0, 0
    held = whole * scale + part
    if entry_based:
        held = -scale * rate_ceil(abs(leg.cost), base, scale, whole, part)
    else:
        rate += base
    if rate == 0 or lots == 0:  # no price moves it: round now
        rate = 0
        held -= held % scale
    return _Piece(leg, scale, rate, held, exact, last)


def _within(book: Book, pieces: list[_Piece], near: int, far: int, step: int) -> int | None:
    """First violated tick from `near` to `far`, all within one tier of every leg."""
    inverse = book.kind == INVERSE
    unit = lcm(*[piece.scale for piece in pieces])
    slope, fixed, over, under = 0, book.rest * unit, 0, 0
    for leg, scale, rate, held, exact, _ in pieces:
        lots, times = leg.lots, unit // scale
        size = abs(lots)
        slope += ((-lots if inverse else lots) * scale - size * rate) * times
        fixed += (held - leg.cost * scale) * times
        if exact:
            over += 1 if rate else 0
        elif (lots > 0) == inverse:  # owed: rounded up, and the requirement on it
            over += 2 - -rate // scale if rate else 1
        else:
            over += 2 if rate else 1
            under += max(0, -((scale - rate) // scale))
    slope *= book.k
    if not inverse and book.k_den != 1:
        fixed *= book.k_den
        unit *= book.k_den
    start = _first_below(slope, fixed, max(over - 1, 0) * unit, inverse, near, far, step)
    if start is None or over + under <= 1:
        return start
    sure = _first_below(slope, fixed, -under * unit, inverse, start, far, step)
    if sure == start:
        return sure
    stop = far if sure is None else sure - step
    if over == 2 and all(piece.exact for piece in pieces):
        if slope * step > 0:  # it rises outward: the range ends where one unit is spare
            spare = _first_below(-slope, unit - fixed, 1, inverse, start, stop, step)
            stop = stop if spare is None else spare - step
        found = _counted(book, pieces, start, stop, step)
    else:
        losing = [piece for piece in pieces if _falls(book, piece) == (step > 0)]
        gaining = [piece for piece in pieces if _falls(book, piece) != (step > 0)]
        found = _halved(book, losing, gaining, start, stop, step)
    return sure if found is None else found


def _first_below(
    slope: int, fixed: int, bound: int, inverse: bool, near: int, far: int, step: int
) -> int | None:
    """First tick from `near` to `far` with `slope * price + fixed < bound` (inverse: `slope /
    price`); None if there is none.
    """
    fixed -= bound
    if inverse:
        slope, fixed = fixed, slope
    if slope * near + fixed < 0:
        return near
    if slope * step >= 0:
        return None
    price = fixed // -slope + 1 if step > 0 else -(fixed // slope) - 1
    return price if (far - price) * step >= 0 else None


def _falls(book: Book, piece: _Piece) -> bool:
    """True when the leg loses as the price rises: a short, or a long that owes more margin than it
    gains.
    """
    owned = (piece.leg.lots > 0) != (book.kind == INVERSE)
    return (piece.leg.lots < 0) != (owned and piece.rate > piece.scale)


def _halved(
    book: Book, losing: list[_Piece], gaining: list[_Piece], start: int, stop: int, step: int
) -> int | None:
    """First violated tick of a range: skip what the legs at their lowest still cover, halve the
    rest.
    """
    ranges = [(start, stop)]
    while ranges:
        near, far = ranges.pop()
        lowest = book.rest + sum(piece.worth(book, far) for piece in losing)
        if lowest + sum(piece.worth(book, near) for piece in gaining) < 0:
            if near == far:
                return near
            middle = near + step * (abs(far - near) // 2)
            ranges += [(middle + step, far), (near, middle)]
    return None


def _counted(book: Book, pieces: list[_Piece], start: int, stop: int, step: int) -> int | None:
    """First violated tick of a range in which the buffer is -1 or 0 everywhere (linear legs)."""

    def violated(ticks: int) -> int:
        """How many of the first `ticks` are: the sum of the buffer, with the other sign."""
        total = -book.rest * ticks
        for leg, scale, rate, held, _, _ in pieces:
            gain = leg.lots * book.k
            drag = abs(gain) * rate
            total -= ticks * (gain * start - leg.cost) + gain * step * (ticks * (ticks - 1) // 2)
            total -= floor_sum(ticks, scale, -drag * step, held - drag * start)
        return total

    low, high = 0, abs(stop - start) + 1
    if violated(high) == 0:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if violated(middle):
            high = middle
        else:
            low = middle
    return start + step * (high - 1)


def floor_sum(count: int, divisor: int, slope: int, fixed: int) -> int:
    """Sum of `(slope * i + fixed) // divisor` for i from 0 to `count - 1`, in as many steps as
    Euclid's algorithm takes.

    >>> floor_sum(4, 10, 6, 3), floor_sum(5, 3, -2, 1)
    (3, -7)
    """
    total = 0
    while True:
        total += count * (count - 1) // 2 * (slope // divisor) + count * (fixed // divisor)
        slope %= divisor
        fixed %= divisor
        reached = slope * count + fixed
        if reached < divisor:
            return total
        count, fixed = divmod(reached, divisor)
        slope, divisor = divisor, slope
