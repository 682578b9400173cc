"""Memory of the engine: allocating the tables, growing them between frames, and the stated limits.

Per account 160 bytes plus 64 of lists, per slot 64 + 56 + 32 bytes plus two heap places of 16,
per instrument 2,128 bytes of risk arrays (in force, and coming in) beside its record.
Growth doubles; beyond `Limits` accounts are refused (`CAPACITY`) and
listings raise. Kernels never allocate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solvent.ledger.tables import (
    ACCOUNT,
    ACCOUNT_COLD,
    ASSET,
    ENTRY,
    HEAP,
    INSTRUMENT,
    KEY,
    LEVELS,
    LIST,
    NONE,
    POSITION,
    POSITION_COLD,
    RISK_WIDTH,
    SCENARIOS_MAX,
    Header,
    Tables,
)
from solvent.watch.rules import POLICY_SIZE


@dataclass(frozen=True, slots=True)
class Limits:
    """Most accounts, position slots, instruments and assets the engine may grow to; a refusal
    beyond.
    """

    accounts: int = 20_000_000
    positions: int = 80_000_000
    instruments: int = 4_096
    assets: int = 64


def allocate(limits: Limits) -> Tables:
    """Empty tables of a small engine."""
    header = np.zeros(int(Header.SIZE), np.int64)
    header[Header.FREE] = NONE
    for place in ("JUDGE_FIRST", "JUDGE_SECOND", "JUDGE_HOLDERS", "JUDGE_SCENARIOS"):
        header[Header[place]] = NONE
    header[Header.POSITION_LIMIT] = limits.positions
    accounts = min(64, limits.accounts)
    return Tables(
        accounts=np.zeros(accounts, ACCOUNT),
        accounts_cold=np.zeros(accounts, ACCOUNT_COLD),
        positions=np.zeros(64, POSITION),
        positions_cold=np.zeros(64, POSITION_COLD),
        instruments=np.zeros(8, INSTRUMENT),
        assets=np.zeros(4, ASSET),
        conversion=np.full((4, 4), NONE, np.int64),
        schedules=np.zeros(64, np.int64),
        schedule_of=np.full((8, LEVELS + 1), NONE, np.int64),
        policy=np.zeros(POLICY_SIZE, np.int64),
        header=header,
        risk=np.zeros((8, RISK_WIDTH), np.int64),
        staged=np.zeros((8, RISK_WIDTH), np.int64),
        keys=_empty_keys(64),
        heaps=np.zeros(16, HEAP),
        entries=np.zeros(64, ENTRY),
        lists=np.zeros(accounts, LIST),
        dirty=np.zeros(8, np.int64),
        losses=np.zeros(SCENARIOS_MAX, np.int64),
    )


def aligned(size: int, dtype: np.dtype[np.void]) -> NDArray[np.void]:
    """A table of zeros whose first row begins a cache line: rows of 64 bytes then fill one each."""
    raw = np.zeros(size * dtype.itemsize + CACHE_LINE, np.uint8)
    skipped = -raw.ctypes.data % CACHE_LINE
    table: NDArray[np.void] = raw[skipped : skipped + size * dtype.itemsize].view(dtype)
    return table


def _empty_keys(size: int) -> NDArray[np.void]:
    keys = aligned(size, KEY)
    keys["down_at"] = NONE
    keys["up_at"] = NONE
    return keys


CACHE_LINE = 64
FIRST_ENTRY = 3
"""Place of the first heap's root: the four children of an entry then share a cache line."""


def grown(size: int, needed: int, limit: int) -> int:
    """The next capacity: doubled until it holds `needed`, at most `limit`."""
    while size < needed:
        size *= 2
    return min(size, max(limit, needed))


def _resized(table: NDArray[Any], size: int) -> NDArray[Any]:
    if table.ndim == 1 and table.dtype.names is not None:
        bigger: NDArray[Any] = aligned(size, table.dtype)
    else:
        bigger = np.zeros((size, *table.shape[1:]), table.dtype)
    bigger[: len(table)] = table
    return bigger


def with_accounts(tables: Tables, needed: int, limit: int) -> Tables:
    """Tables with room for `needed` accounts (as far as the limit goes)."""
    size = min(grown(len(tables.accounts), needed, limit), limit)
    if size <= len(tables.accounts):
        return tables
    names = ("accounts", "accounts_cold", "lists")
    grown_tables: dict[str, Any] = {name: _resized(getattr(tables, name), size) for name in names}
    return tables._replace(**grown_tables)


def with_positions(tables: Tables, needed: int) -> Tables:
    """Tables with room for `needed` slots."""
    size = grown(len(tables.positions), needed, needed)
    if size <= len(tables.positions):
        return tables
    keys = _empty_keys(size)
    keys[: len(tables.keys)] = tables.keys
    return tables._replace(
        positions=_resized(tables.positions, size),
        positions_cold=_resized(tables.positions_cold, size),
        keys=keys,
    )


def with_heaps(tables: Tables, extra: NDArray[np.int64]) -> Tables:
    """Tables whose heaps hold every open slot of their instrument and `extra` more (per
    instrument).
    """
    count = int(tables.header[Header.INSTRUMENTS])
    needed = tables.instruments["slots"][:count] + extra[:count]
    capacity = tables.heaps["capacity"][: 2 * count].reshape(-1, 2)
    if (needed <= capacity[:, 0]).all() and (needed <= capacity[:, 1]).all():
        return tables
    heaps = tables.heaps.copy()
    sizes = np.maximum(capacity.min(axis=1), 16)
    for i in np.flatnonzero(needed > sizes):
        sizes[i] = 1 << int(needed[i]).bit_length()
    total = int(2 * sizes.sum())
    entries = aligned(FIRST_ENTRY + total, ENTRY)
    at = FIRST_ENTRY
    for place in range(2 * count):
        size = int(sizes[place // 2])
        old, used = int(tables.heaps["at"][place]), int(tables.heaps["size"][place])
        entries[at : at + used] = tables.entries[old : old + used]
        heaps["at"][place], heaps["capacity"][place] = at, size
        at += size
    return tables._replace(heaps=heaps, entries=entries)


def with_instruments(tables: Tables, needed: int) -> Tables:
    """Tables with room for `needed` instruments."""
    size = grown(len(tables.instruments), needed, needed)
    if size <= len(tables.instruments):
        return tables
    schedule_of = np.full((size, LEVELS + 1), NONE, np.int64)
    schedule_of[: len(tables.schedule_of)] = tables.schedule_of
    return tables._replace(
        instruments=_resized(tables.instruments, size),
        schedule_of=schedule_of,
        heaps=_resized(tables.heaps, 2 * size),
        dirty=_resized(tables.dirty, size),
        risk=_resized(tables.risk, size),
        staged=_resized(tables.staged, size),
    )


def with_assets(tables: Tables, needed: int) -> Tables:
    """Tables with room for `needed` assets."""
    size = grown(len(tables.assets), needed, needed)
    if size <= len(tables.assets):
        return tables
    conversion = np.full((size, size), NONE, np.int64)
    conversion[: len(tables.conversion), : len(tables.conversion)] = tables.conversion
    return tables._replace(assets=_resized(tables.assets, size), conversion=conversion)
