"""Which positions are nearest to liquidation: ranked by the chance of being touched (estimates)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from solvent.venues.account import Account
from solvent.venues.numbers import InputError
from solvent.venues.questions import estimates
from solvent.venues.solver.model import ZERO


@dataclass(frozen=True, slots=True)
class Watched:
    """One instrument of an account; floats, and estimates but for the distance.

    distance: to the nearer liquidation price as a share of the mark. z: the same in standard
    deviations of the price over the horizon. chance: of touching a liquidation price within it.
    """

    account: str
    symbol: str
    distance: float
    z: float
    chance: float


def watch_list(
    accounts: Mapping[str, Account], volatility: Mapping[str, float] | float, days: float = 1.0
) -> list[Watched]:
    """Every instrument with a liquidation price, the likeliest first; those at the mark lead.

    volatility: a year, one for all or by symbol. Positions that nothing liquidates are left out.
    Raises InputError for a symbol without a volatility.

    >>> book = Account("binance-usdm@2021", wallet="20000", positions=[
    ...     dict(symbol="BTCUSDT", side="long", size="10", entry="50000")])
    >>> [(one.symbol, round(one.z, 2)) for one in watch_list({"mine": book}, 0.6)]
    [('BTCUSDT', 1.05)]
    """
    found = []
    for name, account in accounts.items():
        for symbol in dict.fromkeys(one.symbol for one in account.positions):
            sigma = volatility.get(symbol) if isinstance(volatility, Mapping) else volatility
            if sigma is None:
                raise InputError(f"volatility: none for {symbol}; give one a year, 0.6 is 60 %")
            found += _watched(name, account, symbol, sigma, days)
    return sorted(found, key=lambda one: (-one.chance, one.z))


def _watched(
    name: str, account: Account, symbol: str, volatility: float, days: float
) -> list[Watched]:
    sides: list[int | None] = [None]
    if account.mode == "isolated":
        sides = list(dict.fromkeys(p.side for p in account.positions if p.symbol == symbol))
    rows = []
    for side in sides:
        both = account.liquidation_prices(symbol, side=side)
        mark = account.pool(symbol, side).marks()[symbol]
        prices = [at for one in both if (at := one.at) is not None]
        if account.evaluate(symbol, side).liquidatable:
            rows.append(Watched(name, symbol, 0.0, 0.0, 1.0))
            continue
        if not prices:
            continue
        share = float(min((abs(mark - one) / mark for one in prices), default=ZERO))
        if len(prices) == 2:
            chance = estimates.hit_either_probability(mark, prices[0], prices[1], volatility, days)
        else:
            chance = estimates.hit_probability(mark, prices[0], volatility, days)
        z = estimates.in_volatilities(share, volatility, days)
        rows.append(Watched(name, symbol, share, z, chance))
    return rows
