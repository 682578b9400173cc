"""The fillable price: the worst price a liquidation order is willing to take.

It leaves the oracle by a spread that grows with how far the account is below maintenance, capped.
It is not the zero price (`margin.zero`): it limits the fill, the zero price says what helps.
Source: dYdX v4 protocol, clob module, liquidations.
"""

from __future__ import annotations

from fractions import Fraction

from solvent.margin.open_interest import PPM


def bankruptcy_rating(equity: int, held: int, adjustment: int) -> Fraction:
    """How far below its maintenance an account is: `adjustment * (1 - equity / held)` within 0..1.

    adjustment in ppm. `held`, the maintenance margin, must be positive.

    >>> bankruptcy_rating(499, 500, 1_000_000), bankruptcy_rating(-1, 500, 1_000_000)
    (Fraction(1, 500), Fraction(1, 1))
    """
    rating = Fraction(adjustment, PPM) * (1 - Fraction(equity, held))
    return min(max(rating, Fraction(0)), Fraction(1))


def fillable_price(
    value: int, needed: int, lots: int, equity: int, held: int, adjustment: int, spread: int
) -> Fraction:
    """Money per lot, exact: `(value - rating * spread * needed) / lots`.

    value: the position's signed value; needed: its own maintenance margin; lots: its signed size;
    equity, held: of the whole account; adjustment, spread: ppm. Not rounded: a venue puts it on a
    tick, up for sells and down for buys.

    0.1 BTC at 50,000 (1e-8 BTC, 1e-6 USD), 499 of equity on 500 of maintenance, spread 10 %:

    >>> fillable_price(5_000_000_000, 500_000_000, 10_000_000, 499_000_000, 500_000_000,
    ...                1_000_000, 100_000)
    Fraction(49999, 100)
    """
    rating = bankruptcy_rating(equity, held, adjustment)
    return Fraction(value - rating * Fraction(spread, PPM) * needed, lots)
