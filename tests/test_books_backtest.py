"""Back-tests of sizes for a probability: how often the books were liquidated.

On simulated paths of the model, drawn and judged here without any of the code under test, the
frequency lies in the binomial band of the target. On real hourly prices it need not: they jump, and
tomorrow's volatility is not last month's. What it was is written down in docs/from_python.md; only
what the model promises is asserted.
"""

from __future__ import annotations

import math
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


def test_real_hours_are_judged_exactly() -> None:
    """Thirty days of trailing hours size a long book for the next day, once a fortnight: that runs
    and is judged on the exchange's rule at every hour. The frequency is measured, not asserted.
    """
    parquet = pytest.importorskip("pyarrow.parquet")
    if not CANDLES.exists():
        pytest.skip("the folder of shared data is not beside this checkout")
    columns = parquet.read_table(CANDLES, columns=["timestamp", "venue", "coin", "c"]).to_pydict()
    closes: dict[str, dict[Any, float]] = {"BTC": {}, "ETH": {}}
    for at, venue, coin, close in zip(*columns.values(), strict=True):
        if venue == "binance" and coin in closes:
            closes[coin][at] = close
    times = sorted(set(closes["BTC"]) & set(closes["ETH"]))
    prices = {f"{coin}USDT": [series[at] for at in times] for coin, series in closes.items()}
    logs = {name: np.diff(np.log(series)).tolist() for name, series in prices.items()}
    windows = liquidated = 0
    for now in range(30 * 24, len(times) - 24, 14 * 24):
        moves = Moves.fitted({name: one[now - 30 * 24 : now] for name, one in logs.items()}, 24)
        account = Account("binance-usdm@2026-09", wallet="10000", positions=[
            {"symbol": name, "side": "long", "size": size, "entry": str(prices[name][now])}
            for name, size in (("BTCUSDT", "0.1"), ("ETHUSDT", "2.5"))])  # fmt: skip
        found = scale_book(account, moves, TARGET, 1, confidence=0.5, paths=400, steps=4)
        pool = only_bucket(found.account)
        ranges = {name: (series[now] / 4, series[now] * 4) for name, series in prices.items()}
        surface = Surface(pool, ranges)
        hours = range(now + 1, now + 25)
        windows += 1
        liquidated += any(
            surface.breached({name: Fraction(series[hour]) for name, series in prices.items()})
            for hour in hours
        )
    assert windows == 24
    assert liquidated < windows / 2
