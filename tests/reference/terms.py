"""What the reference is told about a market: instruments, schedules, a policy, in plain Python.

Nothing here computes. Every field is an integer, a fraction, a tuple of them or a word, so that a
world can be printed, and be built a second time for the engine by `tests.worlds`.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from fractions import Fraction

FOREVER = 1 << 62
"""The bound of a last tier: no notional reaches it."""


@dataclass(frozen=True)
class Schedule:
    """A rate as a function of size. Bounds are money of the settlement asset, rates are fractions.

    `form` says how:
    - "tiers": each rate applies to the part of the notional inside its tier (hence continuous);
    - "flat": the rate of the tier that holds the notional applies to all of it (jumps at edges);
    - "slope": `base + step * lots`;
    - "sqrt": `max(base, offset + step * isqrt(lots + 1))`.
    The last two are rounded up over the common denominator of the rates, and at most `cap`.
    """

    form: str
    tiers: tuple[tuple[int, Fraction], ...] = ()
    base: Fraction = Fraction(0)
    step: Fraction = Fraction(0)
    offset: Fraction = Fraction(0)
    cap: Fraction = Fraction(1)
    entry: bool = False  # on the entry cost instead of the notional at mark


@dataclass(frozen=True)
class Margin:
    """What must be held for one instrument. A SPOT instrument has only `maintenance`: its haircut."""

    maintenance: Schedule
    initial: Schedule | None = None
    fee: Fraction = Fraction(0)


@dataclass(frozen=True)
class Instrument:
    """One listing, already in integers."""

    symbol: str
    kind: str  # "linear", "inverse", "spot"
    base: int  # asset
    settle: int  # asset: settlement of a derivative, quote of a spot instrument
    k: int
    k_den: int = 1
    dated: bool = False
    price_max: int = 1 << 45
    lots_max: int = 1 << 45


@dataclass(frozen=True)
class Policy:
    """A venue's rules. Level factors are (num, den); parts per million where it says ppm."""

    warn: tuple[int, int] = (3, 2)
    call: tuple[int, int] = (5, 4)
    backstop: tuple[int, int] = (2, 3)
    target: tuple[int, int] = (11, 10)
    inclusive: bool = False
    interval: int = 0
    call_period: int = 3_600_000_000_000
    order_period: int = 60_000_000_000
    method: str = "full"  # or "partial"
    close_cost_ppm: int = 0
    fee_ppm: int = 0
    surplus_to_fund: bool = False
    adl: str = "queue"  # or "pro_rata", "none"
    adl_market: bool = False
    profit_cap: int | None = None
    withdraw_band_ppm: int = 0
    scenario_initial: tuple[int, int] = (13, 10)


@dataclass
class RiskArray:
    """What scenarios do to one lot of an instrument: pairs (rounded down, rounded up)."""

    stamp: int
    reach: int
    charge: int
    profits: list[tuple[int, int]] = field(default_factory=list)
    asked: bool = False

    def copy(self) -> RiskArray:
        other = copy(self)
        other.profits = list(self.profits)
        return other


@dataclass
class Slot:
    """A place for one position, or for one collateral balance."""

    lots: int = 0
    cost: int = 0
    index: int = 0
    buys: int = 0
    sells: int = 0
    leverage: int = 0


@dataclass
class Order:
    """A forced order that the market has not answered in full."""

    id: int
    lots: int  # signed, what is left to trade
    deadline: int
    last_fill: int = 0


@dataclass
class Account:
    """One margin bucket, or a system account (`role` is then its name)."""

    id: int
    asset: int
    role: str = ""
    scenarios: bool = False  # margined by risk arrays
    parent: int = -1
    wallet: int = 0
    level: int = 0
    slots: dict[tuple[int, int], Slot] = field(default_factory=dict)
    call_deadline: int | None = None
    # The liquidation, while there is one
    active: bool = False
    backing: str = "owner"  # "fund", "nobody", "unallocated": for whom it is run
    orders: dict[tuple[int, int], Order] = field(default_factory=dict)
    request: str = ""  # "fund", "adl", "socialise" or nothing
    requested: int = 0
    deleveraged: int = 0  # counterparties so far
    liquidated: dict[int, int] = field(default_factory=dict)  # instrument -> notional closed

    def copy(self) -> Account:
        other = copy(self)
        other.slots = {key: copy(slot) for key, slot in self.slots.items()}
        other.orders = {key: copy(order) for key, order in self.orders.items()}
        other.liquidated = dict(self.liquidated)
        return other
