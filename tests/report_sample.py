"""An invented `ReplayResult` in the shape of a real one: a crash, two waterfalls, forced closes.

Nothing here is a measurement; the numbers only have to look like ones.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from solvent.lab.result import (
    AccountStory,
    Deleveraged,
    InstrumentSeries,
    LevelMap,
    Liquidations,
    ReplayResult,
    StageLoss,
    StudyRow,
    Total,
    WaterfallResult,
)

MINUTE = 60 * 10**9
START = 1_760_129_400 * 10**9  # 2025-10-10 20:50 UTC
SCALE = 10**6


def series(
    symbol: str, knots: list[tuple[float, float]], first: int, minutes: int, seed: int
) -> InstrumentSeries:
    """Minute bars around a path through (minute, price) knots, 20 marks a minute."""
    rng = np.random.default_rng(seed)
    per = 20
    at = np.arange(minutes * per) / per
    path = np.interp(at, [k[0] for k in knots], [k[1] for k in knots])
    path *= np.exp(np.cumsum(rng.normal(0, 0.0004, len(at))) * 0.4 + rng.normal(0, 0.0012, len(at)))
    bars = path.reshape(minutes, per)
    return InstrumentSeries(
        symbol=symbol,
        price_unit="USDT",
        source=f"{symbol} 1 minute bars, invented for a test",
        times_ns=first + (at * MINUTE).astype(np.int64),
        marks=path,
        bar_times_ns=first + np.arange(minutes, dtype=np.int64) * MINUTE,
        bar_ns=MINUTE,
        open=bars[:, 0],
        high=bars.max(axis=1),
        low=bars.min(axis=1),
        close=bars[:, -1],
        volume=rng.gamma(2.0, 800.0, minutes),
        mark_label="last price as mark",
    )


def _crowd(one: InstrumentSeries, n: int, seed: int) -> tuple[np.ndarray, ...]:
    """Liquidation price, side and notional of n positions."""
    rng = np.random.default_rng(seed)
    side = np.where(rng.random(n) < 0.5, 1, -1)
    distance = rng.gamma(1.3, 0.11, n) + 0.004
    level = one.marks[0] * np.where(side > 0, np.exp(-distance), np.exp(distance))
    return level, side, rng.lognormal(8.6, 1.7, n)


def _forced(
    index: int, one: InstrumentSeries, n: int, seed: int, kept: float
) -> tuple[Liquidations, np.ndarray]:
    level, side, notional = _crowd(one, n, seed)
    low, high = np.minimum.accumulate(one.marks), np.maximum.accumulate(one.marks)
    when = np.where(side > 0, np.searchsorted(-low, -level), np.searchsorted(high, level))
    hit = when < len(one.marks)
    order = np.argsort(when[hit], kind="stable")
    at = when[hit][order]
    return (
        Liquidations(
            time_ns=one.times_ns[at],
            instrument=np.full(len(at), index, dtype=np.int64),
            side=side[hit][order].astype(np.int64),
            notional=notional[hit][order] * kept,
            price=one.marks[at],
            account=np.flatnonzero(hit)[order].astype(np.int64),
        ),
        when,
    )


def _map(index: int, one: InstrumentSeries, n: int, seed: int) -> LevelMap:
    level, side, notional = _crowd(one, n, seed)
    _, when = _forced(index, one, n, seed, 1.0)
    span = float(one.marks.min()) * 0.93, float(one.marks.max()) * 1.07
    edges = np.linspace(*span, 61)
    rows = np.arange(0, len(one.marks), 20)
    grids = []
    for wanted in (1, -1):
        grid = [
            np.histogram(
                level[(side == wanted) & (when > r)],
                edges,
                weights=notional[(side == wanted) & (when > r)],
            )[0]
            for r in rows
        ]
        grids.append(np.array(grid))
    return LevelMap(
        instrument=index,
        times_ns=one.times_ns[rows],
        edges=edges,
        long=grids[0],
        short=grids[1],
        before=0,
        during=int(np.searchsorted(rows, int(one.marks.argmin()))),
    )


def _joined(parts: list[Liquidations]) -> Liquidations:
    columns = {
        name: np.concatenate([getattr(p, name) for p in parts])
        for name in ("time_ns", "instrument", "side", "notional", "price", "account")
    }
    order = np.argsort(columns["time_ns"], kind="stable")
    return Liquidations(**{name: values[order] for name, values in columns.items()})


def _deleveraged(n: int, seed: int) -> Deleveraged:
    rng = np.random.default_rng(seed)
    notional = rng.lognormal(10.5, 1.2, n)
    share = np.where(rng.random(n) < 0.7, 1.0, rng.random(n))
    return Deleveraged(
        account=rng.permutation(100_000)[:n].astype(np.int64),
        instrument=np.where(rng.random(n) < 0.7, 1, 0).astype(np.int64),
        side=np.where(rng.random(n) < 0.93, -1, 1).astype(np.int64),
        share=share,
        notional=notional,
        given_up=notional * rng.gamma(2.0, 0.02, n),
        leverage=rng.lognormal(2.0, 0.7, n),
        rank=np.arange(n, dtype=np.int64),
    )


def _story(one: InstrumentSeries, closes: int, account: int) -> AccountStory:
    times, mark = one.times_ns[::2], one.marks[::2]
    lots = np.full(len(mark), 40_000.0)
    wallet = np.full(len(mark), 80_000.0)
    events = [(int(times[12]), "warned: equity below 1.5 times its requirement")]
    at = 0
    for k in range(closes):
        equity = wallet + lots * (mark - mark[0])
        below = np.flatnonzero((equity < 0.03 * lots * mark) & (np.arange(len(mark)) > at))
        if len(below) == 0:
            break
        at = int(below[0])
        if k == 0:
            started = "liquidation starts; resting orders cancelled"
            events.append((int(times[at]), started))
        at = min(at + 3, len(mark) - 1)  # the order is filled three rows later
        cut = lots[at] if k + 1 == closes else lots[at] * 0.45
        wallet[at:] += cut * (mark[at] - mark[0]) - cut * mark[at] * 0.004
        lots[at:] -= cut
        events.append((int(times[at]), f"sold {cut:,.0f} at {mark[at]:.3f}; fee to the fund"))
    return AccountStory(
        account=account,
        why="The largest isolated long that was warned in the first ten minutes.",
        instrument=1,
        times_ns=times,
        equity=np.maximum(0, wallet + lots * (mark - mark[0])),
        requirement=0.03 * lots * mark,
        mark=mark,
        events=events,
    )


def _totals(liquidations: Liquidations, adl: int, deficit: int, fund: int) -> list[Total]:
    closed = round(float(liquidations.notional.sum()) * SCALE)
    accounts = len(np.unique(liquidations.account))
    return [
        Total(key="accounts", label="Accounts liquidated", value=accounts, note="of 100,000"),
        Total(
            key="notional", label="Notional closed by force", value=closed, unit="USDT", scale=SCALE
        ),
        Total(
            key="deficit",
            label="Deficit beyond own margin",
            value=deficit,
            unit="USDT",
            scale=SCALE,
            note="what fund, deleveraging and everybody else had to bear",
        ),
        Total(key="fund", label="Insurance fund at the end", value=fund, unit="USDT", scale=SCALE),
        Total(key="adl", label="Positions deleveraged", value=adl),
        Total(key="commands", label="Commands judged", value=412_345, key_figure=False),
    ]


def _waterfall(
    name: str, words: str, instruments: list[InstrumentSeries], kept: float, seed: int
) -> WaterfallResult:
    parts = [_forced(i, one, 9_000, 7 + i, kept)[0] for i, one in enumerate(instruments)]
    liquidations = _joined(parts)
    adl = _deleveraged(round(1_300 * kept**2), seed)
    times = liquidations.time_ns
    into = np.cumsum(liquidations.notional * 0.004)
    out = np.cumsum(np.where(np.arange(len(times)) % 97 == 0, liquidations.notional * 0.9, 0))
    fund = np.maximum(0.0, 1_500_000 + into - out * kept**2)
    unit = SCALE * kept
    losses = [
        StageLoss(key="own_margin", label="Accounts' own margin", amount=round(48_312_456 * unit)),
        StageLoss(key="liquidation_fee", label="Liquidation fees", amount=round(1_912_004 * unit)),
        StageLoss(
            key="insurance_fund",
            label="Insurance fund",
            amount=round(1_734_112.25 * unit),
            note="until it was empty",
        ),
        StageLoss(key="deleveraging", label="Auto-deleveraging", amount=round(812_334.5 * unit)),
        StageLoss(
            key="socialised", label="Socialised loss", amount=round(120_443 * unit * (kept > 0.8))
        ),
        StageLoss(key="unallocated", label="Unallocated", amount=0),
    ]
    deficit = sum(s.amount for s in losses[2:])
    return WaterfallResult(
        name=name,
        description=words,
        totals=_totals(liquidations, len(adl.account), deficit, round(float(fund[-1]) * SCALE)),
        losses=losses,
        digest=f"{seed:02x}" * 32,
        audit_ok=True,
        audit="all balances, lots and levels recomputed from scratch; 0 differences",
        liquidations=liquidations,
        deleveraged=adl,
        fund_times_ns=np.concatenate([[START], times]).astype(np.int64),
        fund=np.concatenate([[1_500_000.0], fund]),
        level_maps=[_map(i, one, 9_000, 7 + i) for i, one in enumerate(instruments)],
        story=_story(instruments[1], 1 if kept == 1.0 else 6, 48_213),
    )


def sample(study: bool = True) -> ReplayResult:
    """Two instruments, two waterfalls, and a study over 30 populations unless switched off."""
    btc = series(
        "BTCUSDT",
        [
            (0, 116_800),
            (6, 115_000),
            (14, 116_000),
            (22, 113_000),
            (28, 106_000),
            (31, 102_200),
            (33, 108_000),
            (36, 110_500),
            (45, 112_800),
            (56, 111_600),
            (70, 113_000),
        ],
        START,
        70,
        1,
    )
    avax = series(
        "AVAXUSDT",
        [
            (0, 25.2),
            (4, 24.1),
            (7, 21.5),
            (9, 16.0),
            (11, 8.6),
            (12, 14.2),
            (14, 18.5),
            (20, 20.4),
            (30, 19.8),
            (42, 21.2),
        ],
        START + 18 * MINUTE,
        42,
        2,
    )
    instruments = [btc, avax]
    rng = np.random.default_rng(3)
    first = rng.lognormal(14.7, 0.22, 30)
    rows = [
        StudyRow(
            label="Deficit beyond own margin",
            unit="USDT",
            samples=np.array([first, first * rng.normal(0.62, 0.09, 30)]),
        ),
        StudyRow(
            label="Positions deleveraged",
            unit="",
            samples=np.array([rng.poisson(1300, 30), rng.poisson(700, 30)], dtype=np.float64),
        ),
    ]
    return ReplayResult(
        title="10 October 2025: one crash, two ways to liquidate",
        subtitle=(
            "BTCUSDT (20:50 to 21:59 UTC) and AVAXUSDT (from 21:08) perpetuals, 100,000 invented "
            "accounts, the same population through a full close and a partial close."
        ),
        asset="USDT",
        scale=SCALE,
        absent=[
            "hedgers, and what they hold elsewhere",
            "other venues and their prices",
            "new entrants who buy the fall",
            "top-ups and manual closes",
            "the effect of these liquidations on the price",
            "funding payments within the hour",
        ],
        parameters=[
            ("population seed", "20251010", "all draws come from it"),
            ("accounts", "100,000", "longs equal shorts in lots"),
            ("open interest", "BTC 7.9bn USDT", "scaled 1 : 1.04 to the cited figure"),
            ("leverage", "log-normal, median 8", "2 to 100"),
            ("path within a bar", "60 ticks", "open, nearer extreme, other extreme, close"),
            ("impact", "middle", "participation at most 10 % of a bar's volume"),
        ],
        findings=[
            "With a full close 4,212 accounts were liquidated; with a partial close 1,911 of them "
            "kept part of their position.",
            "Closing only what restores the target sold 38 % less notional into the fall.",
            "The insurance fund was empty at 21:19 with a full close and never with a partial one.",
            "Shorts with most profit and leverage were deleveraged first: 1,300 against 500.",
        ],
        instruments=instruments,
        waterfalls=[
            _waterfall(
                "Full close",
                "At the liquidation level every position is closed; then fund, queue, everybody.",
                instruments,
                1.0,
                0xA3,
            ),
            _waterfall(
                "Partial close",
                "The smallest close that restores 1.2 times the requirement; in full if none does.",
                instruments,
                0.62,
                0x5C,
            ),
        ],
        machine="2 cores, 4 GiB, Linux",
        versions=[("Solvent", "0.1.0"), ("NumPy", "2.4"), ("Python", "3.11")],
        study=rows if study else (),
    )


def quiet() -> ReplayResult:
    """The same bars on a day when nothing happened: every table is empty."""
    full = sample(study=False)
    waterfalls = [
        replace(
            w,
            liquidations=Liquidations(),
            deleveraged=Deleveraged(),
            losses=[replace(s, amount=0) for s in w.losses],
            totals=[replace(t, value=0) for t in w.totals],
            fund=np.empty(0),
            fund_times_ns=np.empty(0, dtype=np.int64),
            level_maps=(),
            story=None,
        )
        for w in full.waterfalls
    ]
    return replace(full, waterfalls=waterfalls, findings=["Nobody was liquidated."])
