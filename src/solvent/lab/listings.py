"""The markets a rehearsal knows: contract, margin rules and open interest, each with its source.

These are what the demo needs, not venue presets (those will be dated files of `venues`).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from solvent.contracts import Listing
from solvent.margin import Margin, tiered

SETTLE = "USDT"
SETTLE_EXPONENT = 6
"""Money is counted in 1e-6 USDT."""
COIN_EXPONENT = 8
"""A spot balance is counted in 1e-8 BTC."""

Rows = list[tuple[str | None, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """One perpetual of a rehearsal.

    maintenance, initial: rows of (upper bound of the notional in settlement units, rate).
    open_interest: one side's notional in settlement units, and where the figure comes from.
    """

    listing: Listing
    maintenance: Rows
    initial: Rows
    margin_source: str
    open_interest: float
    open_interest_source: str

    @property
    def symbol(self) -> str:
        """The instrument's name."""
        return self.listing.symbol

    @property
    def unit(self) -> int:
        """Money units per tick and lot (1e-6 settlement units)."""
        per = Fraction(self.listing.tick) * Fraction(self.listing.lot) * 10**SETTLE_EXPONENT
        if per.denominator != 1:
            raise ValueError(
                f"{self.symbol}: a tick of {self.listing.tick} on a lot of {self.listing.lot} is"
                f" not a whole number of 1e-{SETTLE_EXPONENT} {SETTLE}"
            )
        return int(per)

    def margin(self) -> Margin:
        """The margin rules for the engine."""
        return Margin(maintenance=tiered(self.maintenance), initial=tiered(self.initial))


_BTC_BOUNDS = (
    "50000 600000 3000000 12000000 70000000 100000000 230000000"
    " 480000000 600000000 800000000 1200000000"
)
_BTC_RATES = "0.004 0.005 0.0065 0.01 0.02 0.025 0.05 0.1 0.125 0.15 0.25 0.5"
_BTC_LEVERAGE = (125, 100, 75, 50, 25, 20, 10, 5, 4, 3, 2, 1)


def _rows(bounds: str, rates: list[str]) -> Rows:
    edges: list[str | None] = [*bounds.split(), None]
    return list(zip(edges, rates, strict=True))


def _inverse(leverages: tuple[int, ...]) -> list[str]:
    """Initial rates 1 / leverage, in parts per million, rounded up."""
    return [str(Fraction(-(-1_000_000 // leverage), 1_000_000)) for leverage in leverages]


BTCUSDT = Market(
    listing=Listing(
        symbol="BTCUSDT",
        kind="linear",
        base="BTC",
        settle=SETTLE,
        tick="0.1",
        lot="0.001",
        price_max="1000000",
        position_max="20000",
    ),
    maintenance=_rows(_BTC_BOUNDS, _BTC_RATES.split()),
    initial=_rows(_BTC_BOUNDS, _inverse(_BTC_LEVERAGE)),
    margin_source="Binance USD-M brackets of BTCUSDT (maintenance rates 0.4 % to 50 %, 12 tiers)",
    open_interest=16_000_000_000.0,
    open_interest_source=(
        "Binance BTC futures before the crash, about 16 billion USD: CoinDesk, 15 October 2025,"
        " read second hand; press figures differ by 5-10 %"
    ),
)

_AVAX_BOUNDS = "5000 25000 100000 500000 1000000 2500000 5000000 10000000"
_AVAX_RATES = "0.01 0.015 0.02 0.025 0.05 0.1 0.125 0.25 0.5"
_AVAX_LEVERAGE = (75, 50, 40, 25, 10, 5, 4, 2, 1)

AVAXUSDT = Market(
    listing=Listing(
        symbol="AVAXUSDT",
        kind="linear",
        base="AVAX",
        settle=SETTLE,
        tick="0.001",
        lot="1",
        price_max="1000",
        position_max="20000000",
    ),
    maintenance=_rows(_AVAX_BOUNDS, _AVAX_RATES.split()),
    initial=_rows(_AVAX_BOUNDS, _inverse(_AVAX_LEVERAGE)),
    margin_source="assumption: brackets in the shape venues use for a coin of this size",
    open_interest=350_000_000.0,
    open_interest_source=(
        "44 % (Binance's share, press, December 2023) of the 796 million USD that CoinGlass counted"
        " over all exchanges (FXStreet, September 2025); both read second hand"
    ),
)

KNOWN = {market.symbol: market for market in (BTCUSDT, AVAXUSDT)}

COLLATERAL = Listing(
    symbol="BTC-USDT-SPOT",
    kind="spot",
    base="BTC",
    settle=SETTLE,
    tick="0.1",
    price_max="1000000",
    position_max="20000",
)
"""Spot BTC held as collateral. Its mark follows the perpetual: no spot bars are shipped."""

COLLATERAL_HAIRCUT: Rows = [("5000000", "0.05"), (None, "0.1")]
"""Assumption: 5 % up to 5 million USDT of value, 10 % beyond, within the range venues publish."""

SPOT_SHARE_OF_VOLUME = 28.6 / 140.0
"""Spot volume over futures volume on 10 October 2025, 21:09-22:00 UTC, 12 exchanges (28.6 and 140.0
billion USD): what a collateral sale may count on, relative to the perpetual's bars."""


PRICE_ROOM = 20
"""An unlisted market admits prices up to this many times its file's highest."""


def unlisted(
    symbol: str, *, tick: str, lot: str, highest: int, open_interest: float, source: str
) -> Market:
    """A market for a file whose instrument is not `KNOWN`: AVAX's brackets, stated open interest.

    highest: highest price of the file, ticks; it decides how large a position the bounds admit.
    """
    ticks_max = PRICE_ROOM * highest
    unit = Fraction(tick) * Fraction(lot) * 10**SETTLE_EXPONENT
    # A position's value stays inside half of the engine's bound of 2^55 money units.
    lots_max = max(int(Fraction(2**54, ticks_max) / unit), 1)
    return Market(
        listing=Listing(
            symbol=symbol,
            kind="linear",
            base=symbol.removesuffix(SETTLE) or symbol,
            settle=SETTLE,
            tick=tick,
            lot=lot,
            price_max=str(Fraction(tick) * ticks_max),
            position_max=str(Fraction(lot) * lots_max),
        ),
        maintenance=AVAXUSDT.maintenance,
        initial=AVAXUSDT.initial,
        margin_source="assumption: the brackets used for AVAXUSDT",
        open_interest=open_interest,
        open_interest_source=source,
    )
