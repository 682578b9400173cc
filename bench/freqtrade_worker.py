"""Runs in freqtrade's own environment: its liquidation price for positions read from a file.

Usage: python freqtrade_worker.py questions.json; prints one JSON object. The exchange object is
made without a constructor and gets its own tier file: nothing goes over the network.
"""

from __future__ import annotations

import json
import sys
import time
from types import SimpleNamespace
from typing import Any

import ccxt.async_support as ccxt
import freqtrade
from freqtrade.enums import MarginMode, RunMode, TradingMode
from freqtrade.exchange.binance import Binance
from freqtrade.exchange.exchange import Exchange

REPEATS = 5


def exchange(
    mode: MarginMode, runmode: RunMode, tiers: dict[str, list[dict[str, float]]]
) -> Binance:
    """Binance as a backtest or a dry run sees it, with these tiers and recorded funding rates."""
    made = object.__new__(Binance)
    made._config = {"runmode": runmode, "dry_run": True}
    made._leverage_tiers = tiers
    made.trading_mode = TradingMode.FUTURES
    made.margin_mode = mode
    made.liquidation_buffer = 0.0
    made._api_async = ccxt.binance()
    made._ft_has = {**Exchange._ft_has_default, **Binance._ft_has}
    for name in ("_api", "_ws_async", "_exchange_ws", "loop"):
        setattr(made, name, None)  # its destructor looks at them
    return made


def trade(position: dict[str, float], pair: str) -> SimpleNamespace:
    """The fields of an open trade that the formula reads."""
    return SimpleNamespace(
        pair=pair,
        amount=position["size"],
        open_rate=position["entry"],
        stake_amount=position["stake"],
    )


def main() -> None:
    """Every question `REPEATS` times; prices, and seconds of each repeat."""
    with open(sys.argv[1]) as file:
        asked = json.load(file)
    answers: dict[str, object] = {"version": freqtrade.__version__}
    for name, mode in (("isolated", MarginMode.ISOLATED), ("cross", MarginMode.CROSS)):
        for run, runmode in (("backtest", RunMode.BACKTEST), ("dry run", RunMode.DRY_RUN)):
            venue = exchange(mode, runmode, asked["tiers"])
            answers[f"{name}, {run}"] = timed(venue, asked[name])
    print(json.dumps(answers))


def timed(venue: Binance, questions: list[dict[str, Any]]) -> dict[str, object]:
    """Prices, and seconds of each repeat. In a dry run marks come with the funding rates: recorded
    here, from memory.
    """
    marks: dict[str, dict[str, float]] = {}
    venue.fetch_funding_rates = lambda pairs: marks
    calls = []
    for question in questions:
        first, *others = question["positions"]
        trades = [trade(one, one["pair"]) for one in question["positions"]] if others else []
        call = {
            "pair": first["pair"],
            "open_rate": first["entry"],
            "is_short": first["side"] < 0,
            "amount": first["size"],
            "stake_amount": first["stake"],
            "leverage": first["leverage"],
            "wallet_balance": question["wallet"],
            "open_trades": trades,
        }
        calls.append((call, {one.pair: {"markPrice": one.open_rate} for one in trades}))
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        prices = []
        for call, known in calls:
            marks.update(known)
            prices.append(venue.get_liquidation_price(**call))
        seconds.append(time.process_time() - start)
    return {"prices": prices, "seconds": seconds}


main()
