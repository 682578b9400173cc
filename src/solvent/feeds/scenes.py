"""From files to a scenario: which market a file is of, its scale, and the prices before it.

A file's instrument is told by its name (`BTCUSDT_1m_....csv`, `BTCUSDT-1m-....csv`) or given. For a
market that is not known, tick and lot must be given; its open interest then is an assumption that
says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from solvent.feeds.bars import read_bars
from solvent.feeds.fault import FeedFault
from solvent.feeds.shipped import shipped_bars, shipped_path
from solvent.feeds.table import check_file
from solvent.lab.entries import History, flat_history, history_of
from solvent.lab.listings import KNOWN, SETTLE, Market, unlisted
from solvent.lab.scenario import Options, Scenario, build_scenario
from solvent.market.bars import NS_PER_SECOND, Bars

DEMO = ("BTCUSDT", "AVAXUSDT")
"""Markets of the demo, in this order."""
_HOURLY_OF = {"BTCUSDT": "BTC-1h", "AVAXUSDT": "SOL-1h"}
_STALE_NS = 24 * 3600 * NS_PER_SECOND
"""Shipped hourly prices older than this before a replay say nothing about its entries."""
_NAMED = re.compile(r"([A-Z0-9]{5,20})[-_]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file to replay and what a person said about it; None: told by the name, or known."""

    path: Path
    symbol: str | None = None
    tick: str | None = None
    lot: str | None = None
    open_interest: float | None = None
    venue: str | None = None


def demo_scenario(options: Options) -> Scenario:
    """BTCUSDT and AVAXUSDT through the shipped minutes of 10 October 2025."""
    return scenario_of([Source(path=shipped_path(symbol)) for symbol in DEMO], options)


def scenario_of(
    sources: list[Source], options: Options, *, history: Path | None = None
) -> Scenario:
    """Read and check every file, then draw the paths. Raises `FeedFault`, `ValueError`.

    history: hourly candles before the replay (any venue's, the market's base coin); None: the
    shipped ones where they reach the start, else everyone enters at the first open.
    """
    bars = [_bars(source) for source in sources]
    names = [one.symbol for one in bars]
    for source, name in zip(sources, names, strict=True):
        if names.count(name) > 1:
            raise FeedFault(
                source.path,
                value=name,
                limit="the instrument is given twice",
                advice="leave one out",
            )
    markets = [_market(source, one) for source, one in zip(sources, bars, strict=True)]
    start = min(int(one.times_ns[0]) for one in bars)
    pairs = zip(markets, bars, strict=True)
    histories = [_history(market, one, start, history) for market, one in pairs]
    return build_scenario(markets, bars, histories, options)


def _symbol(source: Source) -> str:
    if source.symbol is not None:
        return source.symbol
    named = _NAMED.match(source.path.name)
    if named is None:
        raise FeedFault(
            source.path,
            limit="the name does not say which instrument it is (as BTCUSDT_1m.csv does)",
            advice="give --symbol",
        )
    return named.group(1)


def _bars(source: Source) -> Bars:
    check_file(source.path)
    symbol = _symbol(source)
    tick, lot = _scale(source, symbol)
    if tick is None or lot is None:
        raise FeedFault(
            source.path,
            value=symbol,
            limit=f"not a known instrument ({', '.join(KNOWN)})",
            advice="give --tick and --lot",
        )
    coin = symbol.removesuffix(SETTLE)  # ignored where the file holds one market and no such column
    return read_bars(source.path, symbol=symbol, tick=tick, lot=lot, venue=source.venue, coin=coin)


def _scale(source: Source, symbol: str) -> tuple[str | None, str | None]:
    """Tick and lot as given, else those of the known market, else None."""
    if symbol not in KNOWN:
        return source.tick, source.lot
    listing = KNOWN[symbol].listing
    return source.tick or listing.tick, source.lot or listing.lot


def _market(source: Source, bars: Bars) -> Market:
    known = KNOWN.get(bars.symbol)
    plain = source.tick is None and source.lot is None and source.open_interest is None
    if known is not None and plain:
        return known
    interest, why = source.open_interest, "as given"
    if interest is None:
        # An hour's turnover is about what BTCUSDT's cited open interest is of its crash hour.
        per_hour = 3600 * NS_PER_SECOND / bars.bar_ns
        interest = float((bars.quote(bars.close) * bars.base(bars.volume)).mean()) * per_hour
        why = "assumption: an hour's mean turnover of the file"
    tick, lot = _scale(source, bars.symbol)
    return unlisted(
        bars.symbol,
        tick=tick or str(bars.tick),
        lot=lot or str(bars.lot),
        highest=int(bars.high.max()),
        open_interest=interest,
        source=why,
    )


def _history(market: Market, bars: Bars, start_ns: int, path: Path | None) -> History:
    if path is not None:
        hours = read_bars(
            path,
            symbol=market.symbol,
            tick=market.listing.tick,
            lot=market.listing.lot,
            venue="binance",
            coin=market.listing.base,
        )
        return history_of(hours, market, start_ns=start_ns, first=bars)
    name = _HOURLY_OF.get(market.symbol)
    if name is None:
        return flat_history(bars)
    hours = shipped_bars(name)
    age = start_ns - hours.end_ns
    if age > _STALE_NS or start_ns < int(hours.times_ns[0]) + hours.bar_ns:
        return flat_history(bars)
    return history_of(hours, market, start_ns=start_ns, first=bars)
