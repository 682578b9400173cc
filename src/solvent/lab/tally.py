"""The figures of one run, counted from its events in integers.

Every total is a sum over kept events or a read of the final tables; nothing is estimated. The
columns for drawing (floats) are at the end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from solvent.engine import EventKind, Outcome
from solvent.lab.listings import SETTLE, SETTLE_EXPONENT
from solvent.lab.record import Table
from solvent.lab.result import StageLoss, Total
from solvent.lab.run import Run
from solvent.market.bars import Ints

MONEY = 10**SETTLE_EXPONENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Exact sums of one run; money in smallest units, `*_by_market` in the order of the markets."""

    liquidated: int  # accounts that entered liquidation at least once
    liquidated_by_market: list[int]  # accounts with a forced fill in the market
    restored: int  # liquidations that ended with positions left
    closed_out: int  # liquidations that ended with every position closed
    unfinished: int  # liquidations still going on at the end
    notional: int  # of forced fills in derivatives, at the fill price
    notional_by_market: list[int]
    long_notional: int
    slippage: int  # what forced fills lost against the mark of the moment
    own_margin: int
    fees: int  # paid to the fund by owners out of forced fills
    returned: int  # returned to the fund by accounts it had backed
    drawn: int
    drawn_accounts: int
    fund_start: int
    fund_end: int
    fund_low: int
    deleveraged: int  # counterparties
    deleveraged_notional: int  # at the mark
    deleveraged_by_market: list[int]  # notional
    given_up: int
    socialised: int
    unallocated: int
    expired: int  # forced orders not filled in time
    collateral_sold: int


def tally(run: Run) -> Tally:
    """Count a finished run."""
    record, ids = run.record, run.ids
    events = record.events()
    started = events_of(events, EventKind.LIQUIDATION_STARTED)
    ended = events_of(events, EventKind.LIQUIDATION_ENDED)
    fills = events_of(events, EventKind.ORDER_FILLED)
    spot = fills["instrument"] == (-1 if ids.collateral is None else ids.collateral)
    sold, fills = fills[spot], fills[~spot]
    drawn = events_of(events, EventKind.INSURANCE_DRAWN)
    surplus = events_of(events, EventKind.SURPLUS_TO_FUND)
    backed = int(fills["f"][_fund_backed(events)[events["kind"] == _FILLED][~spot]].sum())
    adl = events_of(events, EventKind.DELEVERAGED)
    adl_worth = np.abs(adl["d"])
    at_mark = -fills["a"] * fills["c"] * _units(run, fills["instrument"])
    return Tally(
        liquidated=len(np.unique(started["account"])),
        liquidated_by_market=[
            len(np.unique(fills["account"][fills["instrument"] == i])) for i in ids.instruments
        ],
        restored=int(np.count_nonzero(ended["a"] == int(Outcome.RESTORED))),
        closed_out=int(np.count_nonzero(ended["a"] == int(Outcome.CLOSED))),
        unfinished=len(started) - len(ended),
        notional=int(np.abs(fills["e"]).sum()),
        notional_by_market=[
            int(np.abs(fills["e"][fills["instrument"] == i]).sum()) for i in ids.instruments
        ],
        long_notional=int(np.abs(fills["e"][fills["a"] < 0]).sum()),
        slippage=int((at_mark - fills["e"]).sum()),
        own_margin=_own_margin(started, ended),
        fees=int(fills["f"].sum()) - backed,
        returned=int(surplus["a"].sum()) + backed,
        drawn=int(drawn["a"].sum()),
        drawn_accounts=len(np.unique(drawn["account"])),
        fund_start=run.fund_start,
        fund_end=int(run.wallets[ids.fund_account]),
        fund_low=min(record.fund),
        deleveraged=len(np.unique(adl["other"])),
        deleveraged_notional=int(adl_worth.sum()),
        deleveraged_by_market=[
            int(adl_worth[adl["instrument"] == i].sum()) for i in ids.instruments
        ],
        given_up=int((adl["c"] - adl["d"]).sum()),
        socialised=int(events_of(events, EventKind.LOSS_SOCIALISED)["a"].sum()),
        unallocated=int(events_of(events, EventKind.DEFICIT_UNALLOCATED)["a"].sum()),
        expired=record.count(EventKind.ORDER_EXPIRED),
        collateral_sold=int(np.abs(sold["e"]).sum()),
    )


_FILLED = int(EventKind.ORDER_FILLED)
_DRAWN = int(EventKind.INSURANCE_DRAWN)


def _fund_backed(events: Table) -> npt.NDArray[np.bool_]:
    """Per event, whether the fund had already paid in the account's liquidation of that moment.

    What such an account keeps belongs to the fund: it is money returned, not a fee.
    """
    start = events["kind"] == int(EventKind.LIQUIDATION_STARTED)
    drawn = events["kind"] == _DRAWN
    order = np.argsort(events["account"], kind="stable")
    account = events["account"][order]
    # The latest start or draw at or before each event, within its account.
    marker = np.where((start | drawn)[order], np.arange(len(order)), -1)
    latest = np.maximum.accumulate(marker)
    known = latest >= 0
    known[known] = account[latest[known]] == account[known]
    backed = np.zeros(len(order), dtype=np.bool_)
    backed[order[known]] = drawn[order][latest[known]]
    return backed


def events_of(events: Table, kind: EventKind) -> Table:
    """The events of one kind, in order."""
    found: Table = events[events["kind"] == int(kind)]
    return found


def _units(run: Run, instrument: Ints) -> Ints:
    """Money units per tick and lot, per row."""
    table = np.zeros(max(run.ids.instruments) + 1, dtype=np.int64)
    for market, one in zip(run.scenario.markets, run.ids.instruments, strict=True):
        table[one] = market.unit
    units: Ints = table[instrument]
    return units


def _own_margin(started: Table, ended: Table) -> int:
    """What owners lost between the start and the end of their liquidations, each at least 0.

    Equity at the start less equity kept at the end; an account that is liquidated again counts
    again, a rebound is not netted. Liquidations that never ended count in full.
    """
    order = np.argsort(started["account"], kind="stable")
    first = started[order]
    order = np.argsort(ended["account"], kind="stable")
    last = ended[order]
    # An account's starts and ends alternate, so the n-th start belongs to its n-th end.
    key_first = _numbered(first["account"])
    key_last = _numbered(last["account"])
    kept = np.zeros(len(first), dtype=np.int64)
    at = np.searchsorted(key_last, key_first)
    found = at < len(key_last)
    found[found] = key_last[at[found]] == key_first[found]
    kept[found] = np.maximum(last["b"] - last["d"], 0)[at[found]]
    lost = np.maximum(np.maximum(first["a"], 0) - kept, 0)
    return int(lost.sum())


def _numbered(accounts: Ints) -> Ints:
    """A key per row, ascending: the account and how many rows of it came before."""
    if not len(accounts):
        return accounts
    new = np.concatenate(([True], accounts[1:] != accounts[:-1]))
    begin = np.maximum.accumulate(np.where(new, np.arange(len(accounts)), 0))
    keys: Ints = accounts * (1 << 20) + (np.arange(len(accounts)) - begin)
    return keys


def totals(run: Run, counted: Tally) -> list[Total]:
    """The figures as the report and `--json` show them; the same keys for every run."""

    def money(
        key: str, label: str, value: int, *, key_figure: bool = True, note: str = ""
    ) -> Total:
        return Total(
            key=key,
            label=label,
            value=value,
            unit=SETTLE,
            scale=MONEY,
            key_figure=key_figure,
            note=note,
        )

    def count(
        key: str, label: str, value: int, *, key_figure: bool = True, note: str = ""
    ) -> Total:
        return Total(key=key, label=label, value=value, key_figure=key_figure, note=note)

    rows = [
        count("accounts_liquidated", "accounts liquidated", counted.liquidated),
        count(
            "liquidations_restored",
            "liquidations ended with positions left",
            counted.restored,
            note="an account may be liquidated more than once",
        ),
        count("liquidations_closed", "liquidations closed out", counted.closed_out),
        count(
            "liquidations_unfinished",
            "still in liquidation at the end",
            counted.unfinished,
            key_figure=False,
        ),
        money(
            "notional_closed",
            "closed by force",
            counted.notional,
            note="at the prices of the fills",
        ),
        money("own_margin_lost", "lost by their owners in liquidation", counted.own_margin),
        money("fund_paid", "drawn from the fund", counted.drawn),
        money(
            "fund_received",
            "paid to the fund",
            counted.fees + counted.returned,
            note="liquidation fees and what accounts it backed returned",
        ),
        money("fund_end", "fund at the end", counted.fund_end),
        count("accounts_deleveraged", "accounts deleveraged", counted.deleveraged),
        money(
            "deleveraged_notional", "deleveraged", counted.deleveraged_notional, note="at the mark"
        ),
        money("deleveraged_given_up", "given up by the deleveraged", counted.given_up),
        money("socialised", "socialised loss", counted.socialised),
        money("unallocated", "deficit nobody bore", counted.unallocated, key_figure=False),
        money("fund_start", "fund at the start", counted.fund_start, key_figure=False),
        money("fund_low", "fund at its lowest", counted.fund_low, key_figure=False),
        count(
            "accounts_fund_backed",
            "accounts the fund paid for",
            counted.drawn_accounts,
            key_figure=False,
        ),
        money("slippage", "lost to the mark by forced fills", counted.slippage, key_figure=False),
        money("long_notional", "closed by force, longs", counted.long_notional, key_figure=False),
        money(
            "collateral_sold",
            "spot collateral sold by force",
            counted.collateral_sold,
            key_figure=False,
        ),
        count(
            "orders_expired", "forced orders not filled in time", counted.expired, key_figure=False
        ),
        count("moments", "price snapshots", run.record.ticks, key_figure=False),
        count("commands", "commands applied", run.record.commands, key_figure=False),
    ]
    for place, market in enumerate(run.scenario.markets):
        symbol, key = market.symbol, market.symbol.lower()
        rows += [
            count(
                f"accounts_liquidated_{key}",
                f"{symbol}: accounts with forced fills",
                counted.liquidated_by_market[place],
                key_figure=False,
            ),
            money(
                f"notional_closed_{key}",
                f"{symbol}: closed by force",
                counted.notional_by_market[place],
                key_figure=False,
            ),
            money(
                f"deleveraged_notional_{key}",
                f"{symbol}: deleveraged",
                counted.deleveraged_by_market[place],
                key_figure=False,
            ),
        ]
    return rows


def losses(counted: Tally) -> list[StageLoss]:
    """Who bore it, in the order of the waterfall."""
    net = max(counted.drawn - counted.returned, 0)
    return [
        StageLoss(
            key="own_margin",
            label="own margin",
            amount=counted.own_margin,
            note="equity at the start of each liquidation less equity kept at its end",
        ),
        StageLoss(
            key="insurance_fund",
            label="insurance fund",
            amount=net,
            note="drawn, less what accounts it backed returned; fees are not counted",
        ),
        StageLoss(
            key="deleveraged",
            label="deleveraged counterparties",
            amount=max(counted.given_up, 0),
            note="mark value of what was closed less what was paid for it",
        ),
        StageLoss(key="socialised", label="socialised", amount=counted.socialised),
        StageLoss(key="unallocated", label="nobody", amount=counted.unallocated),
    ]
