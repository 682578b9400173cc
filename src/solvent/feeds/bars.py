"""Bars from recorded files, CSV or Parquet: decimal text in, whole ticks and lots out, or a fault.

Two shapes are known, told by their columns:

* *klines*, one instrument a file: `open_time_ms` (or `open_time`), `open`, `high`, `low`, `close`,
  `volume`, and optionally what Binance adds;
* *candles*, many venues and coins a file: `timestamp`, `venue`, `coin`, `o`, `h`, `l`, `c`, `v`.

A price that is not a whole number of ticks is a fault. A volume is a capacity, not money: what is
left below one lot is dropped.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np

from solvent.feeds.checks import check_bar, check_gaps, check_scale, check_times
from solvent.feeds.fault import FeedFault
from solvent.feeds.table import TextTable, read_table
from solvent.market.bars import NS_PER_SECOND, Bars, Ints
from solvent.units import LOTS_MAX, PRICE_MAX

_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?\Z", re.ASCII)
_NOT_A_NUMBER = {"nan", "inf", "-inf", "+inf", "infinity", "null", "none", "na", "n/a", "-"}

_KLINE_OPTIONAL = frozenset(
    # Binance's own dumps; only the first is used.
    ["taker_buy_volume", "quote_volume", "count", "close_time", "taker_buy_quote_volume", "ignore"]
)
_KLINE = {"open": "open", "high": "high", "low": "low", "close": "close", "volume": "volume"}
_CANDLE = {"open": "o", "high": "h", "low": "l", "close": "c", "volume": "v"}

TIME_MIN_NS = 1_230_768_000 * NS_PER_SECOND
"""1 January 2009: no crypto market is older, so an earlier time is in the wrong unit."""
TIME_MAX_NS = 4_102_444_800 * NS_PER_SECOND
"""1 January 2100: a later time is in the wrong unit."""


def read_bars(
    path: str | Path,
    *,
    symbol: str,
    tick: str,
    lot: str,
    bar_seconds: int | None = None,
    venue: str | None = None,
    coin: str | None = None,
) -> Bars:
    """The bars of one instrument in a file, checked.

    tick, lot: decimal text, quote and base units. bar_seconds: length of a bar; None: the smallest
    step in the file. venue, coin: which rows of a candles file (required there when it holds more
    than one). Raises `FeedFault` with file, row, column, value, limit and what to do.
    """
    where = {name: value for name, value in (("venue", venue), ("coin", coin)) if value is not None}
    table = read_table(path, where=where)
    shape, time_column = _shape(table)
    _check_filter(table, where)
    if not len(table):
        wanted = " and ".join(f"{name} {value}" for name, value in where.items())
        raise FeedFault(
            path,
            limit="no rows" + (f" with {wanted}" if wanted else " below the header"),
            advice="check what the file holds",
        )
    text = table.columns
    times = _parsed(table, time_column, _time)
    check_times(table.file, table.rows, time_column, text[time_column], times)
    bar_ns = _bar_length(table, time_column, times, bar_seconds)
    check_gaps(table.file, table.rows, time_column, text[time_column], times, bar_ns)
    tick_size, lot_size = Fraction(tick), Fraction(lot)
    names = {key: shape[key] for key in ("open", "high", "low", "close")}
    prices = {key: _prices(table, column, tick_size, tick) for key, column in names.items()}
    check_bar(table.file, table.rows, text, names, prices)
    check_scale(table.file, table.rows, text, names, prices)
    volume = _volumes(table, shape["volume"], lot_size)
    taker_buy = None
    if "taker_buy_volume" in text:
        taker_buy = _volumes(table, "taker_buy_volume", lot_size)
        _check_taker(table, taker_buy, volume)
    return Bars(
        symbol=symbol,
        source=Path(path).name,
        tick=tick_size,
        lot=lot_size,
        bar_ns=bar_ns,
        times_ns=times,
        open=prices["open"],
        high=prices["high"],
        low=prices["low"],
        close=prices["close"],
        volume=volume,
        taker_buy=taker_buy,
    )


def _shape(table: TextTable) -> tuple[dict[str, str], str]:
    names = set(table.columns)
    if "timestamp" in names or {"venue", "coin"} & names:
        shape, time_column, optional = _CANDLE, "timestamp", {"venue", "coin"}
    else:
        shape, optional = _KLINE, set(_KLINE_OPTIONAL)
        time_column = "open_time" if "open_time" in names else "open_time_ms"
    known = {time_column, *shape.values()}
    missing = [name for name in (time_column, *shape.values()) if name not in names]
    if missing:
        raise FeedFault(
            table.file,
            row=1,
            column=missing[0],
            limit=f"the column is missing (found: {', '.join(table.columns)})",
            advice=f"bars need {', '.join([time_column, *shape.values()])}",
        )
    unknown = [name for name in table.columns if name not in known | optional]
    if unknown:
        raise FeedFault(
            table.file,
            row=1,
            column=unknown[0] or "(no name)",
            limit="the column is unknown",
            advice=f"remove it; known are {', '.join(sorted(known | optional))}",
        )
    return shape, time_column


def _check_filter(table: TextTable, where: dict[str, str]) -> None:
    for name in ("venue", "coin"):
        found = sorted(set(table.columns.get(name, [])))
        if name not in where and len(found) > 1:
            raise FeedFault(
                table.file,
                column=name,
                value=", ".join(found[:8]),
                limit=f"the file holds {len(found)} of them",
                advice=f"say which {name} to read",
            )


def _bar_length(table: TextTable, column: str, times: Ints, bar_seconds: int | None) -> int:
    if bar_seconds is not None:
        return bar_seconds * NS_PER_SECOND
    if len(times) < 2:
        raise FeedFault(
            table.file,
            row=table.rows[0],
            column=column,
            limit="one row does not tell how long a bar is",
            advice="give the length of a bar in seconds",
        )
    return int(np.diff(times).min())


def _parsed(table: TextTable, column: str, parse: Callable[[str], int]) -> Ints:
    """A column through `parse`, whose `ValueError(limit, advice)` becomes a fault with its row."""
    found = np.empty(len(table), dtype=np.int64)
    for place, text in enumerate(table.columns[column]):
        try:
            found[place] = parse(text)
        except ValueError as error:
            limit, advice = error.args
            raise FeedFault(
                table.file,
                row=table.rows[place],
                column=column,
                value=text,
                limit=limit,
                advice=advice,
            ) from None
    return found


def _time(text: str) -> int:
    """Nanoseconds since 1970 from milliseconds, microseconds (Binance since 2025) or ISO 8601."""
    if text.isascii() and text.isdigit():
        number = int(text)
        ns = number * (1_000_000 if number < 10**14 else 1_000)
    else:
        try:
            moment = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            raise ValueError(
                "not a time (milliseconds since 1970, or 2025-10-10T20:50:00Z)", "repair the row"
            ) from None
        if moment.tzinfo is None:
            raise ValueError("the time does not say its zone", "write it in UTC, ending in Z")
        since = moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
        ns = (since.days * 86_400 + since.seconds) * NS_PER_SECOND + since.microseconds * 1_000
    if not TIME_MIN_NS <= ns <= TIME_MAX_NS:
        raise ValueError(
            "outside the years 2009 to 2100", "check the unit: milliseconds since 1970"
        )
    return ns


def _number(text: str) -> Fraction:
    if not text or text.lower() in _NOT_A_NUMBER:
        raise ValueError("not a number", "fill in the value or remove the bar")
    if not _DECIMAL.match(text):
        raise ValueError("not a decimal number such as 116830.30", "repair the row")
    return Fraction(text)


def _prices(table: TextTable, column: str, tick: Fraction, shown: str) -> Ints:
    def parse(text: str) -> int:
        ticks = _number(text) / tick
        if ticks <= 0:
            raise ValueError("a price must be greater than 0", "repair the row")
        if ticks.denominator != 1:
            raise ValueError(
                f"not a whole number of ticks of {shown}",
                "give the tick that the instrument had at the time",
            )
        if ticks > PRICE_MAX:
            raise ValueError(f"more than {PRICE_MAX} ticks", "check the decimal point and the tick")
        return int(ticks)

    return _parsed(table, column, parse)


def _volumes(table: TextTable, column: str, lot: Fraction) -> Ints:
    def parse(text: str) -> int:
        lots = _number(text) / lot
        if lots < 0:
            raise ValueError("a volume must not be negative", "repair the row")
        if lots > LOTS_MAX:
            raise ValueError(f"more than {LOTS_MAX} lots", "check the decimal point and the lot")
        return int(lots)

    return _parsed(table, column, parse)


def _check_taker(table: TextTable, taker_buy: Ints, volume: Ints) -> None:
    over = np.flatnonzero(taker_buy > volume)
    if len(over):
        at = int(over[0])
        raise FeedFault(
            table.file,
            row=table.rows[at],
            column="taker_buy_volume",
            value=table.columns["taker_buy_volume"][at],
            limit=f"more than the bar's whole volume of {table.columns['volume'][at]}",
            advice="download the file again",
        )
