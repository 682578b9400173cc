"""Where the headroom changes sign: exact prices on both sides, and the ticks around them.

Between two edges the headroom is affine in the price or in its inverse, so two points of a piece
give its exact root without a formula (decision 0005). The walk goes outward from the mark, piece by
piece; the tier used is therefore the one at the price found. Every root is put back: the headroom
there is zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from solvent.venues.plain_data import Plain
from solvent.venues.solver.curve import Curve, Level
from solvent.venues.solver.initial_margin import value_of_setting
from solvent.venues.solver.model import ZERO, Assumption, Pool
from solvent.venues.solver.pieces import Found, Root, Side, search
from solvent.venues.solver.ticks import bracket

STRETCHES = 64  # violated stretches shorter than a tick that are passed over


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Crossing(Plain):
    """The first price on one side of the mark at which a level is violated.

    side: "down" (violated below it) or "up". exact: the rational price; None where there is none
    or it is irrational. how: "root" (headroom is zero there), "jump" (a tier edge, where the
    requirement jumps over the equity), "irrational", "none". already: the mark itself violates the
    level; the price is then where it would stop. safe_tick, violating_tick: the ticks around it,
    None without a tick. reason: a sentence wherever `exact` is None or the answer needs a word.
    """

    side: Side
    exact: Fraction | None
    how: Found
    already: bool = False
    safe_tick: Fraction | None = None
    violating_tick: Fraction | None = None
    reason: str = ""

    @property
    def price(self) -> Fraction | None:
        """The exact price, else the safe tick: never in the holder's favour."""
        return self.safe_tick if self.exact is None else self.exact


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Crossings(Plain):
    """Both sides of the mark for one instrument under one assumption."""

    symbol: str
    assumption: str
    level: Level
    down: Crossing
    up: Crossing


def crossings(
    pool: Pool,
    symbol: str,
    assumption: str = "fixed",
    betas: Mapping[str, Fraction] | None = None,
    level: Level = "liquidation",
    tick: Fraction | None = None,
) -> Crossings:
    """First violated price below and above the mark of `symbol`.

    assumption: "fixed", "beta" (with `betas`), or "common_shock". level: "liquidation",
    "bankruptcy", "initial", or a Fraction: that multiple of the requirement. tick: default the
    leg's own.

    1 BTC long from 50,000 at 20x with 0.5 % maintenance (47,738.693467):

    >>> from solvent.venues.solver.model import Leg, one_row
    >>> from solvent.venues.preset import Rules
    >>> leg = Leg("BTCUSDT", "linear", 1, Fraction(1), Fraction(50000), Fraction(50000),
    ...           one_row("0.005"), tick=Fraction("0.1"))
    >>> found = crossings(Pool(Rules("x"), Fraction(2500), (leg,)), "BTCUSDT")
    >>> found.down.exact, float(found.down.safe_tick), float(found.down.violating_tick)
    (Fraction(9500000, 199), 47738.7, 47738.6)
    >>> found.up.exact, found.up.reason
    (None, 'no price above 50000 violates it')
    """
    curve = Curve(
        pool, symbol, Assumption(assumption, betas or {}), level, constant_fees(pool, level)
    )
    return Crossings(
        symbol, assumption, level, crossing(curve, "down", tick), crossing(curve, "up", tick)
    )


def crossing(curve: Curve, side: Side, tick: Fraction | None = None) -> Crossing:
    """One side of `crossings`, along a curve."""
    already = curve.breached(curve(curve.start))
    way: Side = "up" if (side == "down") == already else "down"
    found = search(curve, way, already)
    if found is None:
        return Crossing(side, None, "none", already, reason=_why_none(curve, side, already))
    if tick is None:
        tick = next(leg.tick for leg in curve.pool.legs if leg.symbol == curve.symbol)
    if tick is None:
        return _crossing(side, found, already, None, None, "")
    first = found
    safe, violating, note = bracket(curve, side, found.near, tick, already=already)
    for _ in range(STRETCHES):
        if violating is not None or already:
            break
        back = search(curve, way, True, found.near)
        again = search(curve, way, False, back.near) if back else None
        if again is None:
            break
        found = again
        safe, violating, note = bracket(curve, side, found.near, tick, already=already)
    if found is not first:
        note = f"it is also violated between two ticks, at {float(first.near):.12g}"
    return _crossing(side, found, already, safe, violating, note)


def _crossing(
    side: Side,
    found: Root,
    already: bool,
    safe: Fraction | None,
    violating: Fraction | None,
    note: str,
) -> Crossing:
    words = {
        "irrational": "the headroom has no rational root here; the ticks bracket it",
        "jump": "the requirement jumps over the equity at this tier edge",
    }
    reason = "; ".join(part for part in (words.get(found.how, ""), note) if part)
    exact = None if found.how == "irrational" else found.near
    return Crossing(side, exact, found.how, already, safe, violating, reason)


def fee_prices(pool: Pool) -> dict[int, Fraction | None]:
    """By position of the leg: the price of a closing fee that does not move with the mark. On the
    entry value, that is the entry; else where equity just pays the fees of the instrument (None:
    there is none, and no fee).

    Sources: GMX, whose fees are on the size fixed at opening; Bybit inverse cross example, 0.5 +
    10,000/8,000 - 10,000/BP = 10,000 * f / BP.
    """
    if pool.rules.closing_fee == "entry":
        return {number: leg.entry for number, leg in enumerate(pool.legs)}
    found: dict[int, Fraction | None] = {}
    by_symbol: dict[str, Fraction | None] = {}
    for number, leg in enumerate(pool.legs):
        if pool.rules.fee_price != "equity" and leg.leverage is not None:
            worth = value_of_setting(leg, pool.rules)
            size = leg.size * leg.multiplier
            found[number] = (size / worth if leg.inverse else worth / size) if worth else None
            continue
        if leg.symbol not in by_symbol:
            by_symbol[leg.symbol] = _bankruptcy(pool, leg.symbol)
        found[number] = by_symbol[leg.symbol]
    return found


def _bankruptcy(pool: Pool, symbol: str) -> Fraction | None:
    curve = Curve(pool, symbol, level="bankruptcy")
    net = sum(leg.side * leg.size for leg in pool.legs if leg.symbol == symbol)
    losing: tuple[Side, Side] = ("down", "up") if net >= 0 else ("up", "down")
    for side in losing:
        found = _first(curve, side)
        if found is not None:
            return found.near
    return None


def _first(curve: Curve, side: Side) -> Root | None:
    already = curve.breached(curve(curve.start))
    return search(curve, "up" if (side == "down") == already else "down", already)


def with_fees_reserved(pool: Pool) -> Pool:
    """The bucket as its bankruptcy is judged where the fee of closing is reserved with the leverage
    setting: the reserve is held back, and bankrupt is who has no more than it (Bybit 2024, KuCoin:
    the bankruptcy price is then entry less entry / leverage).
    """
    rules = pool.rules
    set_by_leverage = rules.closing_fee == "bankruptcy" and rules.fee_price != "equity"
    if not set_by_leverage or any(leg.leverage is None for leg in pool.legs):
        return pool
    held = sum(constant_fees(pool, "liquidation").values(), ZERO)
    without = replace(rules, closing_fee="none")
    return replace(pool, rules=without, reserved=pool.reserved + held)


def constant_fees(pool: Pool, level: Level) -> dict[int, Fraction]:
    """Closing fees by leg that do not move with the mark; none of them at bankruptcy."""
    if not pool.rules.fee_stands or level == "bankruptcy":
        return {}
    at = fee_prices(pool)
    return {
        number: abs(leg.value(price)) * leg.taker_fee
        for number, leg in enumerate(pool.legs)
        if (price := at[number]) is not None
    }


def _why_none(curve: Curve, side: Side, already: bool) -> str:
    low, high = curve.domain()
    bound = low if side == "down" else high
    start = f"{float(curve.start):.12g}"
    if already:
        beyond = "above" if side == "down" else "below"
        return f"violated at {start} already, and at every price {beyond} it"
    if bound:
        return (
            f"not violated before another price reaches 0 under the assumption "
            f"{curve.assumption.name} (at {float(bound):.6g})"
        )
    return f"no price {'below' if side == 'down' else 'above'} {start} violates it"
