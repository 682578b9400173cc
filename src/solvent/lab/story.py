"""One account through a replay, rebuilt from its events: equity, requirement, what happened to it.

The account is one with a single linear position and no collateral, so that its equity is what it
was given plus the cash of its fills plus `lots x unit x mark`: integers, checked in the tests
against what the engine wrote into the events.
"""

from __future__ import annotations

import numpy as np

from solvent.contracts import resolve
from solvent.engine import EventKind, Outcome
from solvent.lab.listings import SETTLE, SETTLE_EXPONENT, Market
from solvent.lab.opening import account_of
from solvent.lab.record import Table
from solvent.lab.result import AccountStory
from solvent.lab.run import Run, marks_of, story_places
from solvent.margin import encode, requirement
from solvent.market.bars import Ints
from solvent.units import INDEX_BITS, div_ceil

MONEY = 10**SETTLE_EXPONENT


def choose_account(runs: list[Run]) -> tuple[int, str] | None:
    """The position to tell of (its place in the population) and why; None: nobody was liquidated.

    Preferred: liquidated in every run and ended differently, closed out in one and restored in
    another; of these the one with the median notional, so that it is not a curiosity.
    """
    places = _simple(runs[0])
    accounts = account_of(runs[0].population, runs[0].ids)[places]
    outcome = np.array([_last_outcome(run, accounts) for run in runs])
    touched = (outcome > 0).all(axis=0)
    apart = touched & (outcome.min(axis=0) != outcome.max(axis=0))
    if len(runs) > 1 and apart.any():
        why = "liquidated under every waterfall, and it ended differently: the one of median size"
        return _median(runs[0], places[apart]), why
    if touched.any():
        why = "liquidated under every waterfall shown: the one of median size"
        return _median(runs[0], places[touched]), why
    return None


def _simple(run: Run) -> Ints:
    """Places of positions that are their account's only one, without collateral."""
    positions = run.population.positions
    held = np.bincount(positions.owner, minlength=run.population.customers)
    alone = positions.isolated | ((held == 1) & (run.population.coins == 0))[positions.owner]
    # An isolated position has an account of its own, whatever its owner holds besides.
    places = story_places(run.population)
    found: Ints = places[alone[places]]
    return found


def _last_outcome(run: Run, accounts: Ints) -> Ints:
    """Outcome of the last liquidation of each account; 0: none ended."""
    events = run.record.events()
    ended = events[events["kind"] == int(EventKind.LIQUIDATION_ENDED)]
    table = np.zeros(len(run.wallets), dtype=np.int64)
    table[ended["account"]] = ended["a"]
    outcomes: Ints = table[accounts]
    return outcomes


def _median(run: Run, places: Ints) -> int:
    positions = run.population.positions
    units = np.array([market.unit for market in run.scenario.markets], dtype=np.int64)
    size = np.abs(positions.lots) * positions.entry * units[positions.market]
    return int(places[np.argsort(size[places], kind="stable")[len(places) // 2]])


def tell(run: Run, place: int, why: str) -> AccountStory:
    """The story of the position at `place` of the population, in this run."""
    positions = run.population.positions
    account = int(account_of(run.population, run.ids)[place])
    at_market = int(positions.market[place])
    market, instrument = run.scenario.markets[at_market], run.ids.instruments[at_market]
    times, marks = run.scenario.times_ns, marks_of(run, at_market)
    lots0 = int(positions.lots[place])
    cash0 = int(positions.funds[place]) - lots0 * int(positions.entry[place]) * market.unit
    events = run.record.events()
    mine = events[_concerns(events, account, instrument)]
    lots, cash = _books(mine, account, times, lots0, cash0)
    equity = cash + lots * marks * market.unit
    need = _requirements(market, lots, marks)
    return AccountStory(
        account=account,
        why=why,
        instrument=at_market,
        times_ns=times,
        equity=equity / MONEY,
        requirement=need / MONEY,
        mark=run.scenario.bars[at_market].quote(marks),
        events=[
            (int(row["time"]), text)
            for row in mine
            if (text := _words(row, account, market)) is not None
        ],
    )


def _concerns(events: Table, account: int, instrument: int) -> np.typing.NDArray[np.bool_]:
    shared = (events["kind"] == int(EventKind.LOSS_SOCIALISED)) & (
        events["instrument"] == instrument
    )
    counterparty = (events["kind"] == int(EventKind.DELEVERAGED)) & (events["other"] == account)
    found: np.typing.NDArray[np.bool_] = (events["account"] == account) | counterparty | shared
    return found


def _books(mine: Table, account: int, times: Ints, lots: int, cash: int) -> tuple[Ints, Ints]:
    """Lots and cash (wallet less open cost, money units) of the account after each moment.

    Shared losses are owed through an index per lot and settled, rounded up once, at the next trade
    (docs/semantics.md, 3).
    """
    lots_at = np.full(len(times), lots, dtype=np.int64)
    cash_at = np.full(len(times), cash, dtype=np.int64)
    index = 0
    for row in mine:
        traded, paid = _change(row, account)
        if traded != 0:
            cash -= _owed(lots, index)
            index = 0
        if int(row["kind"]) == EventKind.LOSS_SOCIALISED:
            index += int(row["b"])
        lots, cash = lots + traded, cash + paid
        begin = int(np.searchsorted(times, int(row["time"])))
        lots_at[begin:], cash_at[begin:] = lots, cash - _owed(lots, index)
    return lots_at, cash_at


def _owed(lots: int, index: int) -> int:
    """Shared losses that a position owes, rounded up."""
    return div_ceil(abs(lots) * index, 1 << INDEX_BITS)


def _change(row: np.void, account: int) -> tuple[int, int]:
    """(lots, cash) that an event brings to the account."""
    kind = int(row["kind"])
    amount = int(row["a"])
    if kind == EventKind.ORDER_FILLED:
        return amount, int(row["e"]) - int(row["f"])
    if kind == EventKind.DELEVERAGED:
        sign = 1 if int(row["account"]) == account else -1
        return sign * amount, sign * int(row["c"])
    if kind == EventKind.LOSS_SOCIALISED:
        return 0, amount if int(row["account"]) == account else 0
    if kind == EventKind.INSURANCE_DRAWN:
        return 0, amount
    if kind in (EventKind.SURPLUS_TO_FUND, EventKind.SWEPT_TO_PARENT):
        return 0, -amount
    return 0, 0


def _requirements(market: Market, lots: Ints, marks: Ints) -> Ints:
    contract = resolve(market.listing, settle_exponent=SETTLE_EXPONENT)
    table = encode(market.margin().maintenance, contract, settle_exponent=SETTLE_EXPONENT)
    unit = market.unit
    needs = [
        requirement(table, 0, held, abs(held) * price * unit, 0)
        for held, price in zip(lots.tolist(), marks.tolist(), strict=True)
    ]
    return np.array(needs, dtype=np.int64)


def _words(row: np.void, account: int, market: Market) -> str | None:
    """What an event did to the account, in words; None: nothing worth a line."""
    kind = int(row["kind"])
    size = abs(int(row["a"]))
    if kind == EventKind.MARGIN_CALLED:
        return f"margin call of {_money(size)}"
    if kind == EventKind.LIQUIDATION_STARTED:
        return (
            f"liquidation starts: equity {_money(int(row['a']))}, required {_money(int(row['b']))}"
        )
    if kind == EventKind.ORDERS_CANCELLED:
        return "resting orders cancelled"
    if kind == EventKind.LIQUIDATION_ORDERED:
        return f"order to close {_lots(size, market)} of {_lots(abs(int(row['g'])), market)}"
    if kind == EventKind.ORDER_FILLED:
        return f"{_lots(size, market)} closed at {_price(int(row['b']), market)}"
    if kind == EventKind.ORDER_EXPIRED:
        return f"{_lots(size, market)} not filled in time"
    if kind == EventKind.INSURANCE_DRAWN:
        return f"the fund pays {_money(size)}"
    if kind == EventKind.DELEVERAGED:
        side = "against a counterparty" if int(row["account"]) == account else "by deleveraging"
        return f"{_lots(size, market)} closed {side}"
    if kind == EventKind.LIQUIDATION_ENDED:
        restored = size == int(Outcome.RESTORED)
        return "liquidation ends, restored" if restored else "liquidation ends, closed out"
    return None


def _money(units: int) -> str:
    return f"{units / MONEY:,.0f} {SETTLE}"


def _lots(lots: int, market: Market) -> str:
    size = lots * float(market.listing.lot)
    return f"{size:,.3f}".rstrip("0").rstrip(".") + f" {market.listing.base}"


def _price(ticks: int, market: Market) -> str:
    return f"{ticks * float(market.listing.tick):,.8g}"
