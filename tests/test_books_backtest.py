"""Back-tests of sizes for a probability: how often the books were liquidated.

On simulated paths of the model, drawn and judged here without any of the code under test, the
frequency lies in the binomial band of the target. On real hourly prices it need not: they jump, and
tomorrow's volatility is not last month's. What it was is written down in docs/from_python.md; only
what the model promises is asserted.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from solvent.venues import Account, Moves, scale_book, size_book
from solvent.venues.books.chance import only_bucket
from solvent.venues.books.surface import Surface

CANDLES = Path(__file__).parents[2] / "shared" / "data" / "multivenue_1h" / "candles.parquet"
RATE = "0.01"
TARGET, TRIALS = 0.05, 3000


def hits(sizes: list[float], wallet: float, correlation: float, seed: int) -> int:
    """Liquidations within 7 days of books at 50,000 and 2,500 with one flat rate: a look every ten
    minutes at equity against maintenance, written out.
    """
    draw = np.random.Generator(np.random.MT19937(seed))
    steps, volatility = 7 * 24 * 6, np.array([0.6, 0.8])
    span = math.sqrt(7 / 365 / steps)
    total = 0
    for _ in range(TRIALS // 500):
        noise = draw.standard_normal((2, steps, 500))
        noise[1] = correlation * noise[0] + math.sqrt(1 - correlation**2) * noise[1]
        logs = np.cumsum(noise * span * volatility[:, None, None], axis=1)
        prices = np.array([50_000.0, 2_500.0])[:, None, None] * np.exp(logs)
        signed = np.array(sizes)[:, None, None]
        profit = (signed * (prices - np.array([50_000.0, 2_500.0])[:, None, None])).sum(axis=0)
        maintenance = float(RATE) * (abs(signed) * prices).sum(axis=0)
        total += int((wallet + profit < maintenance).any(axis=0).sum())
    return total


def band(target: float, trials: int, deviations: float = 3.0) -> tuple[float, float]:
    """Counts within so many standard deviations of a binomial."""
    width = deviations * math.sqrt(trials * target * (1 - target))
    return trials * target - width, trials * target + width


@pytest.mark.parametrize("searched", [False, True])
@pytest.mark.parametrize(("correlation", "eth"), [(0.7, "long"), (0.7, "short"), (-0.3, "long")])
def test_simulated_liquidations_are_as_frequent_as_the_target(
    correlation: float, eth: str, searched: bool
) -> None:
    rate = {"mmr": RATE}
    account = Account("binance-usdm@2026-09", wallet="20000", positions=[
        {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000", **rate},
        {"symbol": "ETHUSDT", "side": eth, "size": "10", "entry": "2500", **rate}])  # fmt: skip
    moves = Moves.lognormal({"BTCUSDT": 0.6, "ETHUSDT": 0.8}, correlation)
    words: dict[str, Any] = {"confidence": 0.5, "paths": 4000, "steps": 16}
    if searched:
        expected = {"BTCUSDT": 0.3, "ETHUSDT": 0.4 if eth == "long" else -0.4}
        found = size_book(account, moves, expected, TARGET, 7, **words)
    else:
        found = scale_book(account, moves, TARGET, 7, **words)
    sizes = [float(found.sizes.get(name, 0)) for name in ("BTCUSDT", "ETHUSDT")]
    count = hits(sizes, 20_000.0, correlation, seed=17)
    # 3 deviations of these trials and of the estimate that the size was found with
    spread = math.sqrt(TRIALS * TARGET * (1 - TARGET) + (TRIALS * found.chance.standard_error) ** 2)
    assert abs(count - TRIALS * TARGET) < 3 * spread
    low, high = band(TARGET, TRIALS)
    assert not low <= hits([1.5 * one for one in sizes], 20_000.0, correlation, seed=17) <= high


@dataclass(frozen=True)
class Counted:
    """Windows of a day, and in how many of them the book was liquidated: at an hour's close, and at
    the losing extremes of an hour (which two symbols need not have reached together).
    """

    windows: int
    on_closes: int
    on_extremes: int


Candles = dict[str, dict[str, list[float]]]


def candles() -> Candles:
    """Binance's hourly open, high, low and close of BTC and ETH, at the hours that both have."""
    parquet = pytest.importorskip("pyarrow.parquet")
    if not CANDLES.exists():
        pytest.skip("the folder of shared data is not beside this checkout")
    names = ["timestamp", "venue", "coin", "h", "l", "c"]
    columns = parquet.read_table(CANDLES, columns=names).to_pydict()
    found: dict[str, dict[Any, tuple[float, ...]]] = {"BTC": {}, "ETH": {}}
    for at, venue, coin, *row in zip(*columns.values(), strict=True):
        if venue == "binance" and coin in found:
            found[coin][at] = tuple(row)
    times = sorted(set(found["BTC"]) & set(found["ETH"]))
    return {
        f"{coin}USDT": {name: [rows[at][place] for at in times] for place, name in enumerate("hlc")}
        for coin, rows in found.items()
    }


def day_by_day(
    prices: Candles,
    sides: tuple[str, str],
    target: float,
    *,
    resampled: bool = False,
    every: int = 1,
) -> Counted:
    """Every so many days: the trailing 30 days of hours size a book for the next day, which is then
    judged on the exchange's rule at every hour.
    """
    logs = {name: np.diff(np.log(one["c"])).tolist() for name, one in prices.items()}
    hours = len(next(iter(logs.values()))) + 1
    windows = closes = extremes = 0
    for now in range(30 * 24, hours - 24, 24 * every):
        trailing = {name: one[now - 30 * 24 : now] for name, one in logs.items()}
        moves = Moves.resampled(trailing, 24, 6) if resampled else Moves.fitted(trailing, 24)
        account = Account("binance-usdm@2026-09", wallet="10000", positions=[
            {"symbol": name, "side": side, "size": size, "entry": str(prices[name]["c"][now])}
            for name, side, size in zip(prices, sides, ("0.1", "2.5"), strict=True)])  # fmt: skip
        found = scale_book(account, moves, target, 1, confidence=0.5, paths=700, steps=6)
        losing = {
            name: "l" if side == "long" else "h" for name, side in zip(prices, sides, strict=True)
        }
        last = {name: one["c"][now] for name, one in prices.items()}
        surface = Surface(only_bucket(found.account), {n: (p / 4, p * 4) for n, p in last.items()})
        held = range(now + 1, now + 25)
        windows += 1
        closes += any(
            surface.breached({name: Fraction(one["c"][hour]) for name, one in prices.items()})
            for hour in held
        )
        extremes += any(
            surface.breached({n: Fraction(one[losing[n]][hour]) for n, one in prices.items()})
            for hour in held
        )
    return Counted(windows, closes, extremes)


def test_real_hours_are_judged_exactly() -> None:
    """Once a fortnight: it runs, and extremes hit no less than closes. The frequency is measured
    (`python -m tests.test_books_backtest`), not asserted: the model does not promise it.
    """
    found = day_by_day(candles(), ("long", "long"), TARGET, every=14)
    assert found.windows == 24
    assert found.on_closes <= found.on_extremes < found.windows / 2


MEASURED = (
    (("long", "long"), 0.05, False),
    (("short", "short"), 0.05, False),
    (("long", "short"), 0.05, False),
    (("long", "long"), 0.05, True),
    (("long", "long"), 0.20, False),
)


def measure(only: int | None = None) -> None:
    """Every row of the table in docs/from_python.md, with the 95 % band of its target."""
    prices = candles()
    for sides, target, resampled in MEASURED if only is None else MEASURED[only : only + 1]:
        found = day_by_day(prices, sides, target, resampled=resampled)
        low, high = band(target, found.windows, 1.96)
        model = "resampled" if resampled else "fitted"
        sys.stdout.write(f"{sides} {target} {model} {found} band {low:.1f} to {high:.1f}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else None)
