"""Margin: what must be held.

Schedules (tiers with deductions, flat tiers, slope, square-root premium; on mark or entry value),
initial margin with resting orders and leverage, and the exact
inverse of the requirement that gives liquidation prices and triggers. Pure integer functions: no
accounts, no time, no state. What always holds: a requirement is
one ceil over one rounded notional; a schedule that loads is non-decreasing in the notional.
"""

from dataclasses import dataclass
from fractions import Fraction

from solvent.margin.initial import initial_requirement, worst_lots
from solvent.margin.one_position import liquidation_tick
from solvent.margin.prices import (
    Book,
    Leg,
    bankruptcy_prices,
    liquidation_prices,
    zero_price,
)
from solvent.margin.requirements import least_notional, most_notional, requirement
from solvent.margin.schedule import (
    Schedule,
    ScheduleError,
    Tier,
    encode,
    flat,
    slope,
    sqrt_premium,
    tiered,
)
from solvent.margin.watching import WatchingForm, watching_form
from solvent.margin.zero import close_helps, zero_quote


@dataclass(frozen=True, slots=True)
class Margin:
    """The margin rules of one instrument.

    maintenance: the schedule of the liquidation level (for a spot instrument: the haircut of the
    balance as collateral); other levels are multiples of it.
    initial: schedule of the initial margin; default: maintenance times `initial_factor`.
    closing_fee: rate added to every level's requirement (OKX, Gate, Bitget; "0" for Binance,
    Hyperliquid).
    """

    maintenance: Schedule
    initial: Schedule | None = None
    initial_factor: tuple[int, int] = (2, 1)
    closing_fee: str = "0"

    def fee(self) -> Fraction:
        """The closing fee as a fraction."""
        return Fraction(self.closing_fee)


__all__ = [
    "Book",
    "Leg",
    "Margin",
    "Schedule",
    "ScheduleError",
    "Tier",
    "WatchingForm",
    "bankruptcy_prices",
    "close_helps",
    "encode",
    "flat",
    "initial_requirement",
    "least_notional",
    "liquidation_prices",
    "liquidation_tick",
    "most_notional",
    "requirement",
    "slope",
    "sqrt_premium",
    "tiered",
    "watching_form",
    "worst_lots",
    "zero_price",
    "zero_quote",
]
