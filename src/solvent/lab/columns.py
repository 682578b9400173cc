"""A run's forced fills and deleveraged counterparties as columns of floats, for drawing only."""

from __future__ import annotations

import numpy as np

from solvent.engine import EventKind
from solvent.lab.listings import SETTLE_EXPONENT
from solvent.lab.opening import account_of
from solvent.lab.record import Table
from solvent.lab.result import LONG, SHORT, Deleveraged, Liquidations
from solvent.lab.run import Run
from solvent.lab.tally import events_of
from solvent.market.bars import Floats, Ints

MONEY = 10**SETTLE_EXPONENT


def liquidation_columns(run: Run) -> Liquidations:
    """Forced fills in derivatives, for drawing."""
    events = run.record.events()
    fills = events_of(events, EventKind.ORDER_FILLED)
    place = _places(run, fills["instrument"])
    fills, place = fills[place >= 0], place[place >= 0]
    return Liquidations(
        time_ns=fills["time"],
        instrument=place,
        side=np.where(fills["a"] < 0, LONG, SHORT).astype(np.int64),
        notional=np.abs(fills["e"]) / MONEY,
        price=fills["b"] * _ticks(run)[place],
        account=fills["account"],
    )


def _places(run: Run, instrument: Ints) -> Ints:
    """Place of each engine instrument among the markets; -1 for the collateral."""
    table = np.full(int(instrument.max(initial=0)) + len(run.ids.instruments) + 2, -1)
    table[run.ids.instruments] = np.arange(len(run.ids.instruments))
    places: Ints = table[instrument].astype(np.int64)
    return places


def _ticks(run: Run) -> Floats:
    return np.array([float(bars.tick) for bars in run.scenario.bars])


def deleveraged_columns(run: Run) -> Deleveraged:
    """Counterparties closed by auto-deleveraging, one row per account and instrument."""
    events = run.record.events()
    adl = events_of(events, EventKind.DELEVERAGED)
    if not len(adl):
        return Deleveraged()
    before = _lots_before(run, events)
    mark_value = np.abs(adl["d"]) / MONEY
    given_up = (adl["c"] - adl["d"]) / MONEY
    lots = np.abs(adl["a"])
    equity = adl["f"] / MONEY + given_up
    held = mark_value * np.abs(before) / lots
    leverage = held / np.maximum(equity, 1e-9)
    keys = adl["other"] * 4096 + adl["instrument"]
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    size = len(first)
    closed = np.bincount(inverse, weights=lots, minlength=size)
    rank = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(rank, inverse, adl["g"] - 1)
    return Deleveraged(
        account=adl["other"][first],
        instrument=_places(run, adl["instrument"][first]),
        side=np.sign(before[first]).astype(np.int64),
        share=np.minimum(closed / np.abs(before[first]), 1.0),
        notional=np.bincount(inverse, weights=mark_value, minlength=size).astype(np.float64),
        given_up=np.bincount(inverse, weights=given_up, minlength=size).astype(np.float64),
        leverage=leverage[first],
        rank=rank,
    )


def _lots_before(run: Run, events: Table) -> Ints:
    """Signed lots of each deleveraged counterparty just before, in the order of the events."""
    positions = run.population.positions
    changes = events[
        np.isin(events["kind"], [int(EventKind.ORDER_FILLED), int(EventKind.DELEVERAGED)])
    ]
    adl = changes["kind"] == int(EventKind.DELEVERAGED)
    opened = account_of(run.population, run.ids)
    instrument = np.array(run.ids.instruments, dtype=np.int64)[positions.market]
    account = np.concatenate((opened, changes["account"], changes["other"][adl]))
    of = np.concatenate((instrument, changes["instrument"], changes["instrument"][adl]))
    delta = np.concatenate((positions.lots, changes["a"], -changes["a"][adl]))
    moment = np.concatenate(
        (np.full(len(opened), -1), np.arange(len(changes)), np.flatnonzero(adl))
    )
    order = np.lexsort((moment, of, account))
    held = np.cumsum(delta[order])
    new = np.ones(len(order), dtype=np.bool_)
    same = (account[order][1:] == account[order][:-1]) & (of[order][1:] == of[order][:-1])
    new[1:] = ~same
    base = (held - delta[order])[np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))]
    before_sorted = held - delta[order] - base
    before = np.empty(len(order), dtype=np.int64)
    before[order] = before_sorted
    return before[len(opened) + len(changes) :]
