"""The loop: prices to the engine, its orders to the market, the market's fills back, until quiet.

One moment of the timeline is one snapshot. After it, orders are filled as far as the moment's
volume allows and requests to the fund and for deleveraging are answered, until nothing more
happens; only then comes the next moment. While no order waits, many moments go to the engine at
once and it stops by itself at the first that matters: nothing here runs per account.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from solvent.engine import CommandKind, Engine, EventKind
from solvent.lab.listings import COLLATERAL, COLLATERAL_HAIRCUT, SETTLE, SETTLE_EXPONENT
from solvent.lab.opening import Ids, account_of, opening_frames, rows_of, snapshot
from solvent.lab.population import Population
from solvent.lab.record import LevelSample, Record, Table
from solvent.lab.run import Outcome, story_places
from solvent.lab.scenario import NONE, Feedback, Scenario
from solvent.lab.waterfalls import Waterfall
from solvent.margin import Margin, tiered
from solvent.market.forced import Fills, ForcedOrders

Progress = Callable[[int, int], None]
"""Called with (moments done, moments in all)."""

ROUNDS_MAX = 10_000
"""Answers and fills within one moment; more means that the engine and the market disagree."""
LEVEL_SAMPLES = 12
"""Moments at which liquidation prices are sampled for the heat-map, the first and last included."""


class ReplayError(RuntimeError):
    """The rehearsal itself went wrong (a population refused, a loop without end)."""


def replay(
    scenario: Scenario,
    population: Population,
    waterfall: Waterfall,
    *,
    fund: int,
    progress: Progress | None = None,
    level_samples: int = LEVEL_SAMPLES,
) -> Outcome:
    """Run `population` through `scenario` under `waterfall`; `fund`: money units in the fund.

    Raises `ReplayError` when the engine refuses the population or a loop does not end.
    """
    engine = Engine(waterfall.policy)
    ids = _list_all(engine, scenario)
    record = Record(_sample(population, ids))
    _open(engine, scenario, population, ids, fund, record)
    loop = _Loop(engine, scenario, ids, record, population.ratio)
    loop.run(progress or (lambda done, of: None), level_samples)
    verdict = engine.audit()
    record.close()
    return Outcome(
        ids=ids,
        record=record,
        wallets=engine.tables.accounts["wallet"].copy(),
        digest=engine.digest(),
        audit_ok=bool(verdict.ok),
        audit="every invariant holds" if verdict.ok else "; ".join(map(str, verdict.failures)),
    )


def _sample(population: Population, ids: Ids) -> npt.NDArray[np.bool_]:
    """Accounts whose orders are kept: of every n-th position, and all of a small population."""
    accounts = account_of(population, ids)
    sample = np.zeros(int(accounts.max()) + 1, dtype=np.bool_)
    sample[accounts[story_places(population)]] = True
    return sample


def _list_all(engine: Engine, scenario: Scenario) -> Ids:
    asset = engine.add_asset(SETTLE, exponent=SETTLE_EXPONENT)
    instruments = [engine.list_instrument(m.listing, m.margin()) for m in scenario.markets]
    collateral = None
    if scenario.coin is not None:
        engine.add_asset("BTC", exponent=8)
        haircut = Margin(maintenance=tiered(COLLATERAL_HAIRCUT))
        collateral = engine.list_instrument(COLLATERAL, haircut)
    return Ids(
        asset=asset,
        market_account=engine.market_account(asset),
        fund_account=engine.fund_account(asset),
        first_customer=int(engine.tables.header[0]),
        instruments=instruments,
        collateral=collateral,
    )


def _open(
    engine: Engine,
    scenario: Scenario,
    population: Population,
    ids: Ids,
    fund: int,
    record: Record,
) -> None:
    """Bring the books to the start. Nothing may be refused and nobody may be liquidated by it."""
    for rows in opening_frames(population, ids, time_ns=int(scenario.times_ns[0]) - 1, fund=fund):
        events = engine.apply(rows).events
        refused = events[events["kind"] == int(EventKind.REFUSED)]
        if len(refused):
            first = refused[0]
            raise ReplayError(
                f"the engine refused {len(refused)} commands of the population, the first a"
                f" {CommandKind(int(first['d'])).name} of account {int(first['account'])}"
                f" (reason {int(first['a'])}, value {int(first['b'])}, limit {int(first['c'])})"
            )
        record.commands += len(rows)
        record.take(events)
    started = record.count(EventKind.LIQUIDATION_STARTED)
    if started:
        raise ReplayError(f"{started} accounts were below maintenance at the start")
    record.parts.clear()
    record.note_fund(int(scenario.times_ns[0]), fund)


class _Loop:
    """The state of one run between moments."""

    def __init__(
        self, engine: Engine, scenario: Scenario, ids: Ids, record: Record, ratio: float
    ) -> None:
        self.engine = engine
        self.scenario = scenario
        self.ids = ids
        self.record = record
        venues = dict(zip(ids.instruments, scenario.venues(ratio), strict=True))
        coin_venue = scenario.coin_venue(ratio)
        if ids.collateral is not None and coin_venue is not None:
            venues[ids.collateral] = coin_venue
        self.forced = ForcedOrders(venues)
        self.feedback = scenario.options.feedback is Feedback.ON
        self.rows, self.first_row = _price_rows(scenario, ids)

    def run(self, progress: Progress, level_samples: int) -> None:
        """All moments of the timeline."""
        count = len(self.scenario)
        samples = np.unique(np.linspace(0, count - 1, level_samples).astype(np.int64)).tolist()
        at = 0
        while at < count:
            if samples and at >= samples[0]:
                self._sample_levels(at)
                samples.pop(0)
            stop = min(samples[0], count) if samples else count
            stop = max(stop, at + 1)
            if len(self.forced) or self.feedback:
                stop = at + 1
            at = self._advance(at, stop)
            progress(at, count)
        self._sample_levels(count - 1)
        self.record.ticks = count

    def _advance(self, at: int, stop: int) -> int:
        """Give the engine the moments from `at` up to `stop`; returns the first not yet given."""
        if self.feedback:
            frame, start = self._shifted(at), 0
            first_rows = np.array([0, len(frame)])
        else:
            frame, start = self.rows[: self.first_row[stop]], int(self.first_row[at])
            first_rows = self.first_row[at : stop + 1]
        applied = self.engine.apply(frame, start=start, until_orders=True)
        self.record.commands += int(applied.consumed) - start
        self._listen(applied.events)
        given = int(np.searchsorted(first_rows, applied.consumed, side="left"))
        if given == 0 or first_rows[given] != applied.consumed:
            raise ReplayError("the engine stopped inside a snapshot")
        self._settle(at + given - 1)
        return at + given

    def _settle(self, at: int) -> None:
        """Answers and fills of one moment, until there are none."""
        time_ns = int(self.scenario.times_ns[at])
        for _ in range(ROUNDS_MAX):
            rows = self.engine.answers(time_ns)
            if not len(rows) and len(self.forced):
                rows = _fill_rows(self._trade(at, time_ns), time_ns)
            if not len(rows):
                break
            self._listen(self.engine.apply(rows).events)
            self.record.commands += len(rows)
            self.record.stops += 1
        else:
            raise ReplayError(f"no end of answers at {time_ns} ns")
        fund = int(self.engine.tables.accounts["wallet"][self.ids.fund_account])
        self.record.note_fund(time_ns, fund)

    def _trade(self, at: int, time_ns: int) -> Fills:
        scenario = self.scenario
        bars, last, step = {}, {}, 0
        for place, instrument in enumerate(self.ids.instruments):
            bar = int(scenario.bar[at, place])
            if bar == NONE:
                continue
            step = int(scenario.step[at, place])
            bars[instrument] = bar
            last[instrument] = self._moved(instrument, int(scenario.last[at, place]))
            if place == scenario.coin and self.ids.collateral is not None:
                bars[self.ids.collateral] = bar
                last[self.ids.collateral] = last[instrument]
        return self.forced.fill(at, step, time_ns, bars, last)

    def _listen(self, events: Table) -> None:
        """Pass orders on to the market and take back those that expired."""
        self.record.take(events)
        kinds = events["kind"]
        expired = kinds == int(EventKind.ORDER_EXPIRED)
        if expired.any():
            self.forced.drop(events["d"][expired])
        ordered = kinds == int(EventKind.LIQUIDATION_ORDERED)
        if ordered.any():
            new = events[ordered]
            self.forced.add(
                new["account"], new["instrument"], new["leg"], new["d"], new["a"], new["c"]
            )

    def _moved(self, instrument: int, ticks: int) -> int:
        """A price of the control path, moved by what the population's own orders left behind."""
        if not self.feedback:
            return ticks
        return max(round(ticks * float(np.exp(self.forced.permanent[instrument]))), 1)

    def _shifted(self, at: int) -> Table:
        scenario, ids = self.scenario, self.ids
        prices = [
            self._moved(instrument, int(scenario.mark[at, place]))
            for place, instrument in enumerate(ids.instruments)
        ]
        self.record.permanent.append([self.forced.permanent[i] for i in ids.instruments])
        instruments = list(ids.instruments)
        if ids.collateral is not None and scenario.coin is not None:
            instruments.append(ids.collateral)
            prices.append(prices[scenario.coin])
        return snapshot(instruments, prices, int(scenario.times_ns[at]))

    def _sample_levels(self, at: int) -> None:
        found = self.engine.liquidation_prices()
        self.record.levels.append(
            LevelSample(
                int(self.scenario.times_ns[at]),
                found["instrument"].copy(),
                found["lots"].copy(),
                found["price"].copy(),
            )
        )


def _price_rows(scenario: Scenario, ids: Ids) -> tuple[Table, npt.NDArray[np.int64]]:
    """All snapshots of the recorded path as one table, and the first row of each (and the end).

    A moment carries a row per market that has a tick then; the collateral's follows its market's.
    """
    moments: list[npt.NDArray[np.int64]] = []
    instruments: list[npt.NDArray[np.int64]] = []
    prices: list[npt.NDArray[np.int64]] = []
    for place, instrument in enumerate(ids.instruments):
        own = np.flatnonzero(scenario.bar[:, place] != NONE)
        names = [instrument]
        if place == scenario.coin and ids.collateral is not None:
            names.append(ids.collateral)
        for one in names:
            moments.append(own)
            instruments.append(np.full(len(own), one, dtype=np.int64))
            prices.append(scenario.mark[own, place])
    moment = np.concatenate(moments)
    order = np.lexsort((np.concatenate(instruments), moment))
    moment = moment[order]
    rows = rows_of(
        CommandKind.PRICE,
        len(moment),
        time=scenario.times_ns[moment],
        instrument=np.concatenate(instruments)[order],
        a=np.concatenate(prices)[order],
    )
    first = np.searchsorted(moment, np.arange(len(scenario) + 1))
    rows["b"][first[1:] - 1] = 1
    return rows, first.astype(np.int64)


def _fill_rows(fills: Fills, time_ns: int) -> Table:
    return rows_of(
        CommandKind.ORDER_FILL,
        len(fills),
        time=time_ns,
        account=fills.account,
        instrument=fills.instrument,
        leg=fills.leg,
        id=fills.order,
        a=fills.lots,
        b=fills.price,
        c=fills.number,
    )
