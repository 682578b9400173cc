"""The small files that come with the package, by name; origin: `solvent/data/PROVENANCE.md`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from solvent.feeds.bars import read_bars
from solvent.market.bars import Bars


@dataclass(frozen=True, slots=True)
class Shipped:
    """How a shipped file is read; tick and lot are those of the venue's contract at the time."""

    file: str
    symbol: str
    tick: str
    lot: str
    venue: str | None = None
    coin: str | None = None


_HOURLY = "binance_1h_20250910_20251010.csv"

SHIPPED = {
    "BTCUSDT": Shipped("BTCUSDT_1m_20251010_2050_2159.csv", "BTCUSDT", tick="0.1", lot="0.001"),
    "AVAXUSDT": Shipped("AVAXUSDT_1m_20251010_2108_2149.csv", "AVAXUSDT", tick="0.001", lot="1"),
    "BTC-1h": Shipped(_HOURLY, "BTCUSDT", tick="0.1", lot="0.001", venue="binance", coin="BTC"),
    # SOL stands in for AVAX, which the hourly source lacks.
    "SOL-1h": Shipped(_HOURLY, "SOLUSDT", tick="0.01", lot="0.01", venue="binance", coin="SOL"),
}


def shipped_path(name: str) -> Path:
    """Where a shipped file lies. Raises `KeyError` for a name not in `SHIPPED`."""
    # The wheel is always unpacked, so the resource is a real file.
    return Path(str(resources.files("solvent") / "data" / SHIPPED[name].file))


def shipped_bars(name: str) -> Bars:
    """A shipped file as checked bars. Raises `KeyError` for a name not in `SHIPPED`."""
    how = SHIPPED[name]
    return read_bars(
        shipped_path(name),
        symbol=how.symbol,
        tick=how.tick,
        lot=how.lot,
        venue=how.venue,
        coin=how.coin,
    )
