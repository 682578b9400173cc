"""How likely a position is to be liquidated, and the size that keeps it unlikely: estimates over
exact prices.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.margin.explain import figure_text
from solvent.venues.numbers import InputError
from solvent.venues.questions import answers
from solvent.venues.questions.buckets import judged, paid
from solvent.venues.questions.sizing import (
    check_opened,
    closed_first,
    most_lots,
    pool_with,
    value_of,
)
from solvent.venues.reading import Position, lot_size, symbol_of
from solvent.venues.result import Answer
from solvent.venues.solver.evaluate import evaluate
from solvent.venues.solver.model import ZERO, Pool
from solvent.venues.solver.pieces import Side

if TYPE_CHECKING:
    from solvent.venues.account import Account


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
    levels = [at for one in prices if (at := one.at) is not None]
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
    `probability`.

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
