"""Near the liquidation price: what it costs to be liquidated, how the price moves, how likely it
is to be touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.margin.explain import Term, figure_text
from solvent.venues.numbers import InputError, text
from solvent.venues.preset import OnLiquidation
from solvent.venues.questions import answers, result_trees
from solvent.venues.questions.arguments import funded
from solvent.venues.questions.buckets import chosen, judged, paid
from solvent.venues.questions.sizing import (
    check_opened,
    closed_first,
    most_lots,
    pool_with,
    value_of,
)
from solvent.venues.reading import Position, lot_size, symbol_of
from solvent.venues.result import Answer, Told
from solvent.venues.solver.curve import Curve
from solvent.venues.solver.evaluate import evaluate
from solvent.venues.solver.model import ZERO, Pool
from solvent.venues.solver.pieces import Side
from solvent.venues.solver.solve import Crossing, constant_fees, crossing

if TYPE_CHECKING:
    from solvent.venues.account import Account

HALVINGS = 60


@dataclass(frozen=True, slots=True, repr=False)
class LiquidationCost(Told):
    """Being liquidated against leaving one tick earlier (mission C11); in the bucket's money.

    left_early: equity kept by closing as taker on the safe tick. liquidated: equity kept when the
    venue closes at the violating tick and takes its liquidation fee, never below zero; both None
    where the preset has no fee of the venue. taken_over: kept when the venue takes the position at
    its bankruptcy price, that is nothing. on_liquidation: which of the two the venue does, by its
    preset: "taken_over", "rest_returned" or "unknown". kept: what it leaves; None where the preset
    does not say which, or not the fee.

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
    liquidated: Fraction | None
    liquidation_fee: Fraction | None
    taken_over: Fraction
    preset: str
    on_liquidation: OnLiquidation = "unknown"
    kept: Fraction | None = None
    _tree: Callable[[], Term] | None = field(default=None, compare=False)

    @property
    def cost(self) -> Fraction | None:
        """Money lost by waiting one tick where the rest is returned; None where the fee is not
        known.
        """
        return None if self.liquidated is None else self.left_early - self.liquidated

    @property
    def cost_if_taken_over(self) -> Fraction:
        """Money lost by waiting one tick where the venue keeps the whole margin."""
        return self.left_early - self.taken_over

    def __str__(self) -> str:
        if self.on_liquidation == "taken_over":
            keeps = "0 (the position is taken over"
        elif self.liquidated is None:
            keeps = "what its fee leaves (the preset has none"
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
    if evaluate(pool).liquidatable:
        raise InputError(f"{symbol}: liquidated at the mark already; there is no earlier exit")
    found = answers.losing_in(account, "liquidation price", pool, symbol)
    if found.safe_tick is None or found.violating_tick is None:
        raise InputError(f"{symbol}: there is no liquidation to compare with ({found.reason})")
    instrument = account.version.instruments.get(symbol)
    fee_rate = instrument.liquidation_fee if instrument else None
    curve = Curve(pool, symbol)  # collateral in the same coin moves along
    early = evaluate(pool, curve.prices(found.safe_tick))
    late = evaluate(pool, curve.prices(found.violating_tick))
    exit_fee = sum(
        (
            part.notional * early.settle_price(part.leg) * (part.leg.taker_fee + slippage)
            for part in early.parts
            if part.leg.symbol == symbol
        ),
        ZERO,
    )
    taken = result_trees.closed_value(late, symbol)
    left = late.equity - taken * slippage
    fee = None if fee_rate is None else min(taken * fee_rate, max(left, ZERO))
    rest = None if fee is None else max(left - fee, ZERO)
    rules = account.version.rules
    then = rules.on_liquidation if rules else "unknown"
    kept = {"taken_over": ZERO, "rest_returned": rest}.get(then)
    told = LiquidationCost(
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
    exits, version = (early, late), account.version

    def tree() -> Term:
        return result_trees.liquidation_tree(told, exits, slippage, fee_rate, version)

    return replace(told, _tree=tree)


# ----------------------------------------------------------------------------------- sensitivities


@dataclass(frozen=True, slots=True, repr=False)
class Sensitivities(Told):
    """Derivatives of the liquidation price, exact rationals.

    to_wallet: per unit of money added. to_size: per unit of size added at the entry price (over one
    lot, where the schedule counts lots). to_collateral: per unit of each collateral asset's price.
    to_funding: per unit of funding rate paid once at the mark (longs pay a positive rate), out of
    the money the contract settles in.
    """

    price: Fraction
    to_wallet: Fraction
    to_size: Fraction
    to_collateral: Mapping[str, Fraction]
    to_funding: Fraction
    preset: str = ""
    _tree: Callable[[], Term] | None = field(default=None, compare=False)

    def __str__(self) -> str:
        figures = {"wallet": self.to_wallet, "size": self.to_size}
        figures |= {f"price of {asset}": one for asset, one in self.to_collateral.items()}
        figures["funding rate"] = self.to_funding
        each = ", ".join(f"{what} {float(one):.6g}" for what, one in figures.items())
        return (
            f"liquidation price {float(self.price):.10g}, per unit more of: {each} ({self.preset})"
        )


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
    if found.how == "none":
        found = crossing(curve, "up" if way == "down" else "down")
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

    if leg.table.shape == "sqrt":  # its rate is a staircase of whole lots
        to_size = -_difference(lambda h: headroom(resized(h)), leg.lot) / slope
    else:
        to_size = by(resized, leg.size / 2**20)
    payment = leg.side * abs(leg.value(leg.mark))
    told = Sensitivities(
        at,
        by(lambda h: replace(pool, wallet=pool.wallet + h), Fraction(1)),
        to_size,
        {
            balance.asset: by(repriced(number), balance.price / 2**20)
            for number, balance in enumerate(pool.balances)
        },
        by(lambda h: paid(pool, leg.settle, -payment * h), Fraction(1, 2**20)),
        account.version.label,
    )

    def tree() -> Term:
        price = answers.price(account, "liquidation price", own, symbol, found.side)
        return result_trees.sensitivities_tree(told, slope, pool.money, price.explain())

    return replace(told, _tree=tree)


def _central(function: Callable[[Fraction], Fraction], step: Fraction) -> Fraction:
    """Derivative at 0 by central differences, with a step so small that halving changes nothing."""
    last = _difference(function, step)
    for _ in range(HALVINGS):
        step /= 2
        value = _difference(function, step)
        if value == last:
            return value
        last = value
    return last


def _difference(function: Callable[[Fraction], Fraction], step: Fraction) -> Fraction:
    return (function(step) - function(-step)) / (2 * step)


def _along(curve: Curve, found: Crossing) -> Fraction:
    """d headroom / d price at the root: of the line, or of the line in 1/p turned by the chain."""
    assert found.exact is not None
    price = found.exact
    if curve.shape == "inverse":
        near = _central(lambda h: curve(1 / (1 / price + h)), Fraction(1) / price / 2**20)
        return -near / price**2
    return _central(lambda h: curve(price + h), price / 2**20)


def hit_probability(
    account: Account,
    symbol: str,
    volatility: float,
    days: float,
    drift: float = 0.0,
    side: object = None,
) -> float:
    """Estimate: probability of touching a liquidation price of the symbol within `days`."""
    from solvent.venues.questions import estimates

    for what, given in (("volatility", volatility), ("days", days), ("drift", drift)):
        estimates.check_real(given, what)
    return _chance(account, account.judged(symbol, side), symbol, (volatility, days, drift))


def _chance(account: Account, pool: Pool, symbol: str, given: tuple[float, float, float]) -> float:
    """Estimate of a bucket: one if it is liquidated at the mark already."""
    from solvent.venues.questions import estimates

    if evaluate(pool).liquidatable:
        return 1.0
    sides: tuple[Side, Side] = ("down", "up")
    prices = [answers.price(account, "liquidation price", pool, symbol, way) for way in sides]
    levels = [at for one in prices if (at := one.exact or one.safe_tick) is not None]
    mark = pool.marks()[symbol]
    if not levels:
        return 0.0
    if len(levels) == 1:
        return estimates.hit_probability(mark, levels[0], *given)
    return estimates.hit_either_probability(mark, levels[0], levels[1], *given)


def size_for_probability(
    account: Account,
    symbol: str,
    side: int,
    price: Fraction,
    probability: float,
    volatility: float,
    days: float,
    slippage: Fraction = ZERO,
) -> Answer:
    """The largest size whose chance of touching its liquidation price within `days` stays within
    `probability` (mission C12).

    The liquidation price of each size is exact, tiers included, and what entering loses (slippage
    times the value traded, fees too) is off the money; only the chance is an estimate
    (`estimates.hit_probability`: driftless in the log price). It grows with the size beyond what
    closes the other side, so whole lots are halved. Not more than the initial margin opens.
    """
    from solvent.venues.questions import estimates

    for what, given in (("probability", probability), ("volatility", volatility), ("days", days)):
        estimates.check_real(given, what)
    if not 0 < probability < 1:
        raise InputError(f"probability: {probability} is not between 0 and 1")
    instrument = symbol_of(account.version, symbol)
    lot = lot_size(instrument)
    closing = int(closed_first(account, instrument, side) / lot)

    def pool_of(lots: int) -> Pool | None:
        """The bucket with so many more lots; None where the venue opens no more."""
        new = Position(instrument, side, (closing + lots) * lot, price, price)
        try:
            check_opened(account, new)
        except InputError:
            return None
        lost = slippage * value_of(instrument, new.size, price)
        pool = paid(pool_with(account, new), instrument.settle, -lost)
        found = evaluate(pool)
        covered = found.initial is None or found.equity_after_orders >= found.initial
        return pool if covered or found.liquidatable else None

    def fits(lots: int) -> bool:
        pool = pool_of(lots)
        if pool is None or instrument.symbol not in pool.symbols():
            return pool is not None
        own = judged(pool, instrument.symbol)
        return _chance(account, own, instrument.symbol, (volatility, days, 0.0)) <= probability

    most = most_lots(fits)
    size = (closing + most) * lot
    unit = instrument.quote if instrument.kind == "inverse" else instrument.base
    note = f"estimate for volatility {volatility:g} over {days:g} days"
    if slippage:
        note += f", {figure_text(slippage * 100)} % lost on entering"
    if pool_of(most + 1) is None:
        note += ", the most that the initial margin opens"
    return Answer("size", size, figure_text(size), unit, account.version.label, reason=note)
