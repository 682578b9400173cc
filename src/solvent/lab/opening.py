"""Opening the books: a population as frames of commands, and the ids its accounts will have.

Nobody is judged by an estimate here. The engine opens the accounts, takes the deposits, books every
position against the MARKET account at its entry price and reserves the resting orders; what it
refuses is an error of the population and stops the replay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from solvent.engine import COMMAND, CommandKind
from solvent.lab.population import Population
from solvent.market.bars import Ints

NONE = -1
ROWS_MAX = 1 << 18
"""Rows per frame: 23 MB, so that a million accounts need no gigabyte at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """What the engine calls things. `instruments` and `collateral` in the order of the markets."""

    asset: int
    market_account: int
    fund_account: int
    first_customer: int
    instruments: list[int]
    collateral: int | None


def account_of(population: Population, ids: Ids) -> Ints:
    """The engine's account of each position: the customer's own, or its isolated child."""
    positions = population.positions
    place = positions.owner.copy()
    isolated = np.flatnonzero(positions.isolated)
    place[isolated] = population.customers + np.arange(len(isolated), dtype=np.int64)
    return place + ids.first_customer


def opening_frames(
    population: Population, ids: Ids, *, time_ns: int, fund: int
) -> Iterator[npt.NDArray[np.void]]:
    """Frames that bring an engine with its instruments listed to the start of the replay.

    fund: money units paid into the insurance fund. Marks come first, then accounts (customers in
    order, then one child per isolated position), money, leverage, positions, resting orders.
    """
    accounts = account_of(population, ids)
    parts = (
        _marks(population, ids, time_ns),
        _accounts(population, ids),
        _money(population, ids, accounts, fund),
        _positions(population, ids, accounts),
        _resting(population, ids, accounts),
    )
    for rows in parts:
        rows["time"] = time_ns
        for at in range(0, len(rows), ROWS_MAX):
            yield rows[at : at + ROWS_MAX]


def _marks(population: Population, ids: Ids, time_ns: int) -> npt.NDArray[np.void]:
    instruments, prices = list(ids.instruments), population.start.tolist()
    if ids.collateral is not None:
        instruments.append(ids.collateral)
        prices.append(population.coin_start)
    return snapshot(instruments, prices, time_ns)


def _accounts(population: Population, ids: Ids) -> npt.NDArray[np.void]:
    isolated = population.positions.isolated
    parents = population.positions.owner[isolated] + ids.first_customer
    customers = rows_of(CommandKind.OPEN_ACCOUNT, population.customers, a=ids.asset)
    children = rows_of(CommandKind.OPEN_ACCOUNT, len(parents), a=ids.asset, other=parents)
    return np.concatenate((customers, children))


def _money(population: Population, ids: Ids, accounts: Ints, fund: int) -> npt.NDArray[np.void]:
    """Deposits. What an isolated position needs goes through its owner's account, as in life."""
    positions = population.positions
    isolated = np.flatnonzero(positions.isolated)
    owners = positions.owner[isolated]
    cash = population.cash.copy()
    np.add.at(cash, owners, positions.funds[isolated])
    paying = np.flatnonzero(cash > 0)
    parts = [
        rows_of(
            CommandKind.DEPOSIT, len(paying), account=paying + ids.first_customer, a=cash[paying]
        ),
        rows_of(
            CommandKind.TRANSFER,
            len(isolated),
            account=owners + ids.first_customer,
            other=accounts[isolated],
            a=positions.funds[isolated],
        ),
    ]
    if fund > 0:
        parts.append(rows_of(CommandKind.DEPOSIT, 1, account=ids.fund_account, a=fund))
    holding = np.flatnonzero(population.coins > 0)
    if ids.collateral is not None and len(holding):
        parts.append(
            rows_of(
                CommandKind.DEPOSIT_COLLATERAL,
                len(holding),
                account=holding + ids.first_customer,
                instrument=ids.collateral,
                a=population.coins[holding],
            )
        )
    return np.concatenate(parts)


def _positions(population: Population, ids: Ids, accounts: Ints) -> npt.NDArray[np.void]:
    """Leverage, then the fill at the entry price; unchecked, because the day of entry is past."""
    positions = population.positions
    instrument = np.array(ids.instruments, dtype=np.int64)[positions.market]
    lever = rows_of(
        CommandKind.LEVERAGE,
        len(positions),
        account=accounts,
        instrument=instrument,
        a=positions.leverage,
    )
    fill = rows_of(
        CommandKind.FILL,
        len(positions),
        account=accounts,
        other=ids.market_account,
        instrument=instrument,
        a=positions.lots,
        b=positions.entry,
    )
    return np.concatenate((lever, fill))


def _resting(population: Population, ids: Ids, accounts: Ints) -> npt.NDArray[np.void]:
    positions = population.positions
    at = np.flatnonzero((positions.buys > 0) | (positions.sells > 0))
    return rows_of(
        CommandKind.RESERVE,
        len(at),
        account=accounts[at],
        instrument=np.array(ids.instruments, dtype=np.int64)[positions.market[at]],
        a=positions.buys[at],
        b=positions.sells[at],
    )


def snapshot(instruments: list[int], prices: list[int], time_ns: int) -> npt.NDArray[np.void]:
    """One price snapshot: all marks, the last row closing it."""
    rows = rows_of(CommandKind.PRICE, len(instruments), time=time_ns)
    rows["instrument"] = instruments
    rows["a"] = prices
    rows["b"][-1] = 1
    return rows


def rows_of(kind: CommandKind, count: int, **columns: Any) -> npt.NDArray[np.void]:
    """`count` rows of a kind; accounts and instruments not given are NONE, other fields 0."""
    rows = np.zeros(count, dtype=COMMAND)
    rows["kind"] = int(kind)
    for name in ("account", "other", "instrument"):
        rows[name] = NONE
    for name, column in columns.items():
        rows[name] = column
    return rows
