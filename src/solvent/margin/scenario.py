"""Scenario margin: positions times risk arrays, the worst row, and what is added to it.

Integer arithmetic over published risk arrays (`solvent.prices.risk_arrays`): per instrument and
scenario the profit of +1 lot, rounded down (`lower`) and up (`upper`). Losses are positive. The
scan risk of a book is the largest total loss over the scenarios, not below 0; before add-ons it is
sub-additive: two books together never need more than each alone.

What it is not: it prices nothing and knows no venue. Add-ons are plain functions; a preset says
which are used, with which numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from solvent.units import exact, mul_div_ceil

Exact = Fraction | int
Arrays = tuple[Sequence[int], Sequence[int]]


class Scan(NamedTuple):
    """The worst row. scenario: its number, or None where no scenario loses; loss: not below 0;
    losses: of every scenario (gains negative); by_leg: of every leg in the worst scenario.
    """

    scenario: int | None
    loss: int
    losses: tuple[int, ...]
    by_leg: tuple[int, ...]


@exact
def leg_loss(lots: int, lower: int, upper: int) -> int:
    """Loss of a leg in one scenario, in smallest units, never understated.

    >>> leg_loss(3, -10, -9), leg_loss(-3, -10, -9)
    (30, -27)
    """
    if lots >= 0:
        return -lots * lower
    return -lots * upper


@exact
def relieved(loss: int, relief: int) -> int:
    """A scenario's result brought towards 0 by a relief that is not below 0, and not past 0.

    >>> relieved(100, 30), relieved(20, 30), relieved(-100, 30)
    (70, 0, -70)
    """
    if loss > 0:
        return max(0, loss - relief)
    return min(0, loss + relief)


def scan(lots: Sequence[int], arrays: Sequence[Arrays], reliefs: Sequence[int] = ()) -> Scan:
    """Scan risk of legs with these risk arrays. Ties go to the scenario that stands first.

    reliefs: per scenario, what the whole book's result there is brought towards 0 by (Deribit's
    dampener), none where it is left out. With one, two books together may need more than each
    alone.

    >>> scan([1, -1], [([-5, 4], [-5, 4]), ([-3, 9], [-3, 9])])
    Scan(scenario=1, loss=5, losses=(2, 5), by_leg=(-4, 9))
    >>> scan([1, -1], [([-5, 4], [-5, 4]), ([-3, 9], [-3, 9])], [0, 4]).losses
    (2, 1)

    Raises ValueError for a leg without an array or arrays of different length.
    """
    if len(lots) != len(arrays):
        raise ValueError(f"{len(lots)} legs and {len(arrays)} risk arrays; each leg needs one")
    rows = [
        [leg_loss(held, low, high) for low, high in zip(lower, upper, strict=True)]
        for held, (lower, upper) in zip(lots, arrays, strict=True)
    ]
    losses = tuple(sum(column) for column in zip(*rows, strict=True))
    if reliefs and losses:
        losses = tuple(relieved(*pair) for pair in zip(losses, reliefs, strict=True))
    worst = max(range(len(losses)), key=losses.__getitem__, default=None)
    if worst is None or losses[worst] <= 0:
        return Scan(None, 0, losses, tuple(0 for _ in lots))
    return Scan(worst, losses[worst], losses, tuple(row[worst] for row in rows))


def scaled(loss: int, numerator: int, denominator: int) -> int:
    """A requirement times a factor (initial over maintenance), rounded up.

    >>> scaled(1001, 13, 10)
    1302
    """
    return mul_div_ceil(loss, numerator, denominator)


def offsetting(sizes: Sequence[Exact]) -> Exact:
    """The smaller of all longs and all shorts: what is hedged against another expiry.

    >>> offsetting([100, -70, -20])
    90
    """
    long = sum(size for size in sizes if size > 0)
    short = -sum(size for size in sizes if size < 0)
    return min(long, short)


def range_share(move: Exact, reach: Exact, factor: Exact = 1) -> Exact:
    """Share of a far move's result that counts: factor x range / |move|, at most the factor.

    >>> range_share(-4, 1), range_share(Fraction(1, 2), 1)
    (Fraction(1, 4), Fraction(1, 1))
    """
    far = abs(Fraction(move))
    return factor * min(Fraction(1), Fraction(reach, far)) if far else factor


def far_relief(move: Exact, reach: Exact, dampener: Exact) -> Exact:
    """Deribit's dampener for a far move: (|move| / range - 1) x dampener, not below 0.

    >>> far_relief(5, Fraction(1, 4), 200_000)
    Fraction(3800000, 1)
    """
    return max(Fraction(abs(Fraction(move)), reach) - 1, Fraction(0)) * dampener


def roll_charge(deltas: Sequence[tuple[Exact, Exact]]) -> Exact:
    """What rolling every expiry may cost: |net delta| x rate, summed; no credit between expiries.

    >>> roll_charge([(10, Fraction(1, 100)), (-4, Fraction(1, 50))])
    Fraction(9, 50)
    """
    return sum((abs(Fraction(delta)) * rate for delta, rate in deltas), Fraction(0))


def unhedged_delta(long_options: Exact, rest: Exact) -> Exact:
    """Delta that would have to be traded in a stress: that of futures and short options (`rest`),
    which bought options may offset but never add to.

    >>> unhedged_delta(4, -10), unhedged_delta(-4, -10), unhedged_delta(15, -10)
    (-6, -10, 0)
    """
    if rest < 0:
        return min(max(long_options + rest, rest), 0)
    return max(min(long_options + rest, rest), 0)


def liquidity_charge(delta: Exact, threshold: Exact, per_unit: Exact, most: Exact) -> Exact:
    """Charge for a delta that the market could not take at once: |delta| times a rate that grows
    by `per_unit` for every unit above `threshold`, up to `most`.

    >>> liquidity_charge(-600, 400, Fraction(1, 20_000), Fraction(1, 10))
    Fraction(6, 1)
    >>> liquidity_charge(400, 400, 1, 1) == liquidity_charge(9_000, 400, 1, 0) == 0
    True
    """
    size = abs(Fraction(delta))
    excess = max(size - threshold, Fraction(0))
    return size * min(excess * per_unit, Fraction(most))


def tiered_charge(raw: Exact, tiers: Sequence[tuple[Exact | None, Exact]]) -> Exact:
    """A charge whose multiplier grows with its size: tiers of (up to, multiplier), on each part.

    >>> tiered_charge(100_000, [(10_000, 1), (70_000, 2), (None, 4)])
    250000

    Raises ValueError where the tiers end below the charge.
    """
    total: Exact = 0
    below: Exact = 0
    for up_to, multiplier in tiers:
        top = raw if up_to is None else min(raw, up_to)
        total += max(0, top - below) * multiplier
        if up_to is None or raw <= up_to:
            return total
        below = up_to
    raise ValueError(f"charge {raw} is above the last tier {tiers[-1][0] if tiers else 'none'}")


def whole_charge(raw: Exact, tiers: Sequence[tuple[Exact | None, Exact]]) -> Exact:
    """The same tiers with the row's multiplier on the whole charge: it jumps at each edge.

    >>> whole_charge(100_000, [(10_000, 1), (70_000, 2), (None, 4)])
    400000

    Raises ValueError where the tiers end below the charge.
    """
    for up_to, multiplier in tiers:
        if up_to is None or raw <= up_to:
            return raw * multiplier
    raise ValueError(f"charge {raw} is above the last tier {tiers[-1][0] if tiers else 'none'}")


def discounted_change(shocked: Exact, now: Exact, discount: Exact) -> Exact:
    """Change of an expiry's value when a positive shocked value counts only in part.

    >>> discounted_change(100, 80, Fraction(9, 10)), discounted_change(-100, 80, Fraction(9, 10))
    (Fraction(10, 1), -180)
    """
    return (shocked * discount if shocked > 0 else shocked) - now


def confidence_charge(
    confidence: Exact, threshold: Exact, factor: Exact, amount: Exact, price: Exact
) -> Exact:
    """Charge for a price feed that is unsure: nothing from the threshold on, else
    (1 - confidence) x factor x amount x price.

    >>> confidence_charge(Fraction(1, 10), Fraction(6, 10), Fraction(1, 2), 1, 1500)
    Fraction(675, 1)
    """
    if confidence >= threshold:
        return 0
    return (1 - confidence) * factor * amount * price


def clearing_total(
    scan_risk: Exact,
    calendar: Exact,
    delivery: Exact,
    inter_commodity_credit: Exact,
    short_option_minimum: Exact,
) -> Exact:
    """A clearing house's total: scan + calendar + delivery - credit, not below the minimum charge
    for short options.

    >>> clearing_total(1000, 50, 0, 300, 800), clearing_total(10, 0, 0, 0, 800)
    (800, 800)
    """
    total = scan_risk + calendar + delivery - inter_commodity_credit
    return max(total, short_option_minimum)


def by_group(losses: Mapping[str, int]) -> int:
    """Sum over risk units, none of them counted as a credit.

    >>> by_group({"BTC": 500, "ETH": -200})
    500
    """
    return sum(max(0, loss) for loss in losses.values())
