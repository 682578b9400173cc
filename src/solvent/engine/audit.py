"""Audit: every invariant checked against the whole state by a full scan. The oracle of the tests
and the timer's task in service.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solvent.contracts import SPOT
from solvent.engine.queries import scan_levels
from solvent.ledger.tables import NONE, ROWS, Header, MarginModel, Role, Tables


@dataclass(frozen=True, slots=True)
class Audit:
    """Verdict of a full scan: `ok`, and a sentence per broken invariant (its ID first)."""

    ok: bool
    failures: tuple[str, ...]
    accounts: int
    positions: int


def audit(tables: Tables) -> Audit:
    """Check the whole state; never changes it. Levels are compared only when no price is waiting to
    be judged.
    """
    checks = (_money, _lots, _funds, _lists, _arrays, _levels)
    failures = [failure for check in checks for failure in check(tables)]
    return Audit(
        not failures, tuple(failures), int(tables.header[Header.ACCOUNTS]), _open_positions(tables)
    )


def _open_positions(tables: Tables) -> int:
    rows = tables.positions[: int(tables.header[Header.POSITIONS])]
    return int(((rows["account"] != NONE) & (rows["lots"] != 0)).sum())


def money_residue(tables: Tables, asset: int) -> int:
    """Sum of wallets plus spot balances less open cost of one asset: 0 when money is conserved."""
    accounts = tables.accounts[: int(tables.header[Header.ACCOUNTS])]
    rows = tables.positions[: int(tables.header[Header.POSITIONS])]
    rows = rows[rows["account"] != NONE]
    contracts = tables.instruments[rows["instrument"]]
    spot = contracts["kind"] == SPOT
    wallets = sum(accounts["wallet"][accounts["asset"] == asset].tolist())
    balances = sum(rows["lots"][spot & (contracts["base"] == asset)].tolist())
    costs = sum(rows["cost"][~spot & (contracts["settle"] == asset)].tolist())
    return int(wallets + balances - costs)


def _money(tables: Tables) -> list[str]:
    failures = []
    for asset in range(int(tables.header[Header.ASSETS])):
        residue = money_residue(tables, asset)
        if residue != 0:
            failures.append(f"MONEY-1: asset {asset} is off by {residue} units")
    return failures


def _lots(tables: Tables) -> list[str]:
    failures = []
    rows = tables.positions[: int(tables.header[Header.POSITIONS])]
    rows = rows[rows["account"] != NONE]
    for number in range(int(tables.header[Header.INSTRUMENTS])):
        if tables.instruments["kind"][number] == SPOT:
            continue
        lots = rows["lots"][rows["instrument"] == number]
        if lots.sum() != 0:
            failures.append(f"POS-1: lots of instrument {number} sum to {lots.sum()}, not 0")
        if np.abs(lots).sum() != tables.instruments["open_lots"][number]:
            failures.append(
                f"POS-1: open lots of instrument {number} are {np.abs(lots).sum()}, recorded "
                f"{tables.instruments['open_lots'][number]}"
            )
    return failures


def _funds(tables: Tables) -> list[str]:
    accounts = tables.accounts[: int(tables.header[Header.ACCOUNTS])]
    funds = np.flatnonzero(accounts["role"] == Role.FUND)
    return [
        f"LIQ-7: fund account {f} is at {accounts['wallet'][f]}"
        for f in funds
        if accounts["wallet"][f] < 0
    ]


def _lists(tables: Tables) -> list[str]:
    failures = []
    cold = tables.accounts_cold[: int(tables.header[Header.ACCOUNTS])]
    stage = tables.accounts["stage"][: len(cold)]
    active = int((cold["active_at"] != NONE).sum())
    if active != tables.header[Header.ACTIVE]:
        failures.append(
            f"LIQ-4: {active} accounts are active, the list says {tables.header[Header.ACTIVE]}"
        )
    if ((cold["active_at"] != NONE) != (stage != 0)).any():
        failures.append("LIQ-4: an account's stage and the active list disagree")
    waiting = (cold["active_at"] != NONE) & (cold["orders"] == 0) & (cold["request"] == 0)
    if int(waiting.sum()) != tables.header[Header.IDLE]:
        failures.append(
            f"LIQ-10: {int(waiting.sum())} accounts wait to be planned, recorded "
            f"{tables.header[Header.IDLE]}"
        )
    return failures


def _arrays(tables: Tables) -> list[str]:
    rows = tables.positions[: int(tables.header[Header.POSITIONS])]
    cold = tables.positions_cold[: len(rows)]
    used = (rows["lots"] != 0) | (cold["buys"] != 0) | (cold["sells"] != 0)
    used &= tables.accounts["model"][rows["account"]] == MarginModel.SCENARIOS
    used &= (rows["account"] != NONE) & (tables.instruments["kind"][rows["instrument"]] != SPOT)
    bare = used & (tables.risk[rows["instrument"], ROWS] == 0)
    return [
        f"SCEN-1: account {rows['account'][slot]} is margined by scenarios and instrument "
        f"{rows['instrument'][slot]} has no risk array"
        for slot in np.flatnonzero(bare)
    ]


def _levels(tables: Tables) -> list[str]:
    if tables.header[Header.DIRTY] != 0 or tables.header[Header.SNAPSHOT_OPEN] != 0:
        return []
    levels = np.zeros(len(tables.accounts), np.int64)
    wrong = int(scan_levels(tables, levels))
    if wrong == 0:
        return []
    count = int(tables.header[Header.ACCOUNTS])
    first = int(np.flatnonzero(levels[:count] != tables.accounts["level"][:count])[0])
    return [
        f"INDEX-1: {wrong} accounts are at another level than recorded, first account {first}: "
        f"{levels[first]}, recorded {tables.accounts['level'][first]}"
    ]
