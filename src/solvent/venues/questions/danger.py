"""Near the liquidation price: what it costs to be liquidated, how the price moves, how likely it
is to be touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.margin.explain import figure_text
from solvent.venues.numbers import InputError, text
from solvent.venues.preset import OnLiquidation
from solvent.venues.questions import answers
from solvent.venues.questions.arguments import funded
from solvent.venues.questions.buckets import chosen, judged
from solvent.venues.questions.limits import check_size
from solvent.venues.questions.sizing import merge, most_lots, opened
from solvent.venues.reading import Position, lot_size, symbol_of
from solvent.venues.result import Answer
from solvent.venues.solver.curve import Curve
from solvent.venues.solver.evaluate import evaluate
from solvent.venues.solver.model import ZERO, Pool
from solvent.venues.solver.solve import Crossing, constant_fees, crossing

if TYPE_CHECKING:
    from solvent.venues.account import Account

HALVINGS = 60


@dataclass(frozen=True, slots=True)
class LiquidationCost:
    """Being liquidated against leaving one tick earlier (mission C11); in the bucket's money.

    left_early: equity kept by closing as taker on the safe tick. liquidated: equity kept when the
    venue closes at the violating tick and takes its liquidation fee, never below zero.
    taken_over: kept when the venue takes the position at its bankruptcy price, that is nothing.
    on_liquidation: which of the two the venue does, by its preset: "taken_over", "rest_returned"
    or "unknown". kept: what it leaves; None where the preset does not say which, or not the fee.

    >>> from solvent.venues import Account
    >>> held = {"symbol": "ETHUSDTM", "side": "long", "size": "1", "entry": "3000", "margin": "150"}
    >>> account = Account("kucoin", mode="isolated", positions=[held])
    >>> cost = account.liquidation_cost()
    >>> cost.on_liquidation, cost.kept
    ('taken_over', Fraction(0, 1))
    """

    symbol: str
    safe_tick: Fraction
    violating_tick: Fraction
    left_early: Fraction
    exit_fee: Fraction
    liquidated: Fraction
    liquidation_fee: Fraction
    taken_over: Fraction
    preset: str
    on_liquidation: OnLiquidation = "unknown"
    kept: Fraction | None = None

    @property
    def cost(self) -> Fraction:
        """Money lost by waiting one tick where the rest is returned."""
        return self.left_early - self.liquidated

    @property
    def cost_if_taken_over(self) -> Fraction:
        """Money lost by waiting one tick where the venue keeps the whole margin."""
        return self.left_early - self.taken_over

    def __str__(self) -> str:
        if self.on_liquidation == "taken_over":
            keeps = "0 (the position is taken over"
        elif self.on_liquidation == "rest_returned":
            keeps = f"{float(self.liquidated):.2f} (the rest is returned"
        else:
            keeps = f"{float(self.liquidated):.2f} (0 if the position is taken over"
        return (
            f"leaving at {text(self.safe_tick)} keeps {float(self.left_early):.2f}, liquidation at "
            f"{text(self.violating_tick)} keeps {keeps}; {self.preset})"
        )


def liquidation_cost(
    account: Account, symbol: str, side: object = None, slippage: Fraction = ZERO
) -> LiquidationCost:
    """Compare the two exits. slippage: share of the notional lost on either fill."""
    pool = account.judged(symbol, side)
    found = answers.price(
        account, "liquidation price", pool, symbol, answers.losing_side(pool, symbol)
    )
    if found.safe_tick is None or found.violating_tick is None:
        raise InputError(f"{symbol}: there is no liquidation to compare with ({found.reason})")
    instrument = account.version.instruments.get(symbol)
    fee_rate = instrument.liquidation_fee if instrument else ZERO
    curve = Curve(pool, symbol)  # collateral in the same coin moves along
    early = evaluate(pool, curve.prices(found.safe_tick))
    late = evaluate(pool, curve.prices(found.violating_tick))
    exit_fee = sum(
        (part.notional * (part.leg.taker_fee + slippage) for part in early.parts
         if part.leg.symbol == symbol),
        ZERO,
    )  # fmt: skip
    taken = sum((part.notional for part in late.parts if part.leg.symbol == symbol), ZERO)
    left = late.equity - taken * slippage
    fee = min(taken * fee_rate, max(left, ZERO))
    rest = max(left - fee, ZERO)
    rules = account.version.rules
    then = rules.on_liquidation if rules else "unknown"
    kept = {"taken_over": ZERO, "rest_returned": rest if fee_rate else None}.get(then)
    return LiquidationCost(
        symbol,
        found.safe_tick,
        found.violating_tick,
        early.equity - exit_fee,
        exit_fee,
        rest,
        fee,
        ZERO,
        account.version.label,
        then,
        kept,
    )


# ----------------------------------------------------------------------------------- sensitivities


@dataclass(frozen=True, slots=True)
class Sensitivities:
    """Derivatives of the liquidation price, exact rationals.

    to_wallet: per unit of money added. to_size: per unit of size added at the entry price.
    to_collateral: per unit of each collateral asset's price. to_funding: per unit of funding rate
    paid once at the mark (longs pay a positive rate). None where the price is no plain root.
    """

    price: Fraction
    to_wallet: Fraction
    to_size: Fraction
    to_collateral: Mapping[str, Fraction]
    to_funding: Fraction


def sensitivities(account: Account, symbol: str, side: object = None) -> Sensitivities:
    """By the implicit function: dP/dx = -(d headroom / dx) / (d headroom / dP) at the price.

    Headroom is affine or quadratic in wallet, size and collateral prices within a tier, so central
    differences are its exact derivatives; along the price the piece itself is known. Where a
    position has a share of the equity by value, `to_size` is a difference quotient to 2**-80.
    """
    pool = funded(account, symbol, side)
    own = judged(pool, symbol)
    way = answers.losing_side(own, symbol)
    level = answers.trigger(own.rules)
    curve = Curve(own, symbol, level=level, fees=constant_fees(own, level))
    found = crossing(curve, way)
    if found.exact is None or found.how != "root":
        raise InputError(f"{symbol}: no plain liquidation price to differentiate ({found.reason})")
    at = found.exact
    slope = _along(curve, found)

    def headroom(whole: Pool) -> Fraction:
        changed = judged(whole, symbol)
        return Curve(changed, symbol, level=level, fees=constant_fees(changed, level))(at)

    def by(change: Callable[[Fraction], Pool], step: Fraction) -> Fraction:
        return -_central(lambda h: headroom(change(h)), step) / slope

    leg = chosen(pool, symbol, side)
    place = pool.legs.index(leg)

    def resized(h: Fraction) -> Pool:
        legs = list(pool.legs)
        legs[place] = replace(leg, size=leg.size + h)
        return replace(pool, legs=tuple(legs))

    def repriced(number: int) -> Callable[[Fraction], Pool]:
        def change(h: Fraction) -> Pool:
            held = list(pool.balances)
            held[number] = replace(held[number], price=held[number].price + h)
            return replace(pool, balances=tuple(held))

        return change

    to_wallet = by(lambda h: replace(pool, wallet=pool.wallet + h), Fraction(1))
    return Sensitivities(
        at,
        to_wallet,
        by(resized, leg.size / 2**20),
        {
            balance.asset: by(repriced(number), balance.price / 2**20)
            for number, balance in enumerate(pool.balances)
        },
        -to_wallet * leg.side * abs(leg.value(leg.mark)),
    )


def _central(function: Callable[[Fraction], Fraction], step: Fraction) -> Fraction:
    """Derivative at 0 by central differences, with a step so small that halving changes nothing."""
    last = (function(step) - function(-step)) / (2 * step)
    for _ in range(HALVINGS):
        step /= 2
        value = (function(step) - function(-step)) / (2 * step)
        if value == last:
            return value
        last = value
    return last


def _along(curve: Curve, found: Crossing) -> Fraction:
    """d headroom / d price at the root: of the line, or of the line in 1/p turned by the chain."""
    assert found.exact is not None
    price = found.exact
    if curve.shape == "inverse":
        near = _central(lambda h: curve(1 / (1 / price + h)), Fraction(1) / price / 2**20)
        return -near / price**2
    return _central(lambda h: curve(price + h), price / 2**20)


def check_real(given: object, what: str) -> None:
    """Refuse what is no number in an estimate, where floats are meant."""
    if isinstance(given, bool) or not isinstance(given, int | float | Decimal | Fraction):
        raise InputError(
            f"{what}: {given!r} is not a number; estimates take floats, for example 0.6"
        )


def hit_probability(
    account: Account, symbol: str, volatility: float, days: float, drift: float = 0.0
) -> float:
    """Estimate: probability of touching a liquidation price of the symbol within `days`."""
    from solvent.venues.questions import estimates

    for what, given in (("volatility", volatility), ("days", days), ("drift", drift)):
        check_real(given, what)
    both = account.liquidation_prices(symbol)
    mark = account.pool(symbol).marks()[symbol]
    levels = [one.exact for one in both if one.exact is not None]
    if not levels:
        return 0.0
    if len(levels) == 1:
        return estimates.hit_probability(mark, levels[0], volatility, days, drift)
    return estimates.hit_either_probability(mark, levels[0], levels[1], volatility, days, drift)


def size_for_probability(
    account: Account,
    symbol: str,
    side: int,
    price: Fraction,
    probability: float,
    volatility: float,
    days: float,
) -> Answer:
    """The largest size whose chance of touching its liquidation price within `days` stays within
    `probability` (mission C12).

    The liquidation price of each size is exact, tiers included; only the chance is an estimate
    (`estimates.hit_probability`: driftless in the log price). It grows with the size, so whole lots
    are halved.
    """
    from solvent.venues.questions import estimates

    for what, given in (
        ("probability", probability), ("volatility", volatility), ("days", days)
    ):  # fmt: skip
        check_real(given, what)
    if not 0 < probability < 1:
        raise InputError(f"probability: {probability} is not between 0 and 1")
    instrument = symbol_of(account.version, symbol)
    lot = lot_size(instrument)

    def chance(lots: int) -> float:
        new = Position(instrument, side, lots * lot, price, price)
        changed, _ = merge(account.positions, new, netting=account.mode != "hedge")
        pool = funded(opened(account, changed), instrument.symbol)
        way = answers.losing_side(pool, instrument.symbol)
        found = answers.price(account, "liquidation price", pool, instrument.symbol, way)
        at = found.exact or found.safe_tick
        return estimates.hit_probability(price, at, volatility, days) if at else 0.0

    def fits(lots: int) -> bool:
        try:
            check_size(account.version, Position(instrument, side, lots * lot, price, price))
        except InputError:
            return False
        return chance(lots) <= probability

    size = most_lots(fits) * lot
    unit = instrument.quote if instrument.kind == "inverse" else instrument.base
    note = f"estimate for volatility {volatility:g} over {days:g} days"
    return Answer("size", size, figure_text(size), unit, account.version.label, reason=note)
