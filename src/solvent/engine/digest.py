"""Digest and checkpoint: what the state is, as one hash and as bytes.

The digest covers accounts by id, slots by (account, instrument, leg), instruments, assets,
schedules and risk arrays in force (and coming in), policy and the engine's scalars; not slot
numbers, lists or the index. Two engines that were given the same commands have the same digest,
whatever way the commands were cut into frames.
"""

from __future__ import annotations

import hashlib

import msgspec
import numpy as np
from numpy.typing import NDArray

from solvent.ledger.tables import LEVELS, NONE, Header, Tables
from solvent.margin.requirements import COUNT, TIER, TIER_WIDTH

FORMAT = 1
RULES = "solvent-rules-2"
"""Name of the semantics that judged the state; a change of semantics changes it and forces a new
checkpoint.
"""

ACCOUNT_FIELDS = ("wallet", "asset", "level", "stage", "role", "model")
COLD_FIELDS = (
    "parent",
    "orders",
    "request",
    "requested",
    "taken_over",
    "resting",
    "call_deadline",
    "call_amount",
    "order_serial",
)
POSITION_FIELDS = ("account", "instrument", "leg", "lots", "cost", "index", "leverage")
POSITION_COLD_FIELDS = (
    "buys",
    "sells",
    "order_id",
    "order_lots",
    "order_deadline",
    "order_fill",
    "liquidated",
)
INSTRUMENT_FIELDS = (
    "kind",
    "k",
    "k_den",
    "mark",
    "index_long",
    "index_short",
    "settle",
    "base",
    "open_lots",
    "status",
    "price_min",
    "price_max",
    "lots_max",
    "form",
    "rate_num",
    "rate_den",
    "dirty",
    "expiry",
    "moved",
)
SCALARS = (
    Header.ACCOUNTS,
    Header.INSTRUMENTS,
    Header.ASSETS,
    Header.SEQ,
    Header.TIME,
    Header.ORDERS,
    Header.JUDGED,
    Header.SNAPSHOT_OPEN,
    Header.ACTIVE,
    Header.IDLE,
    Header.DEADLINE,
    Header.CALL_DEADLINE,
    Header.REQUESTS,
    Header.UNALLOCATED,
    Header.SCENARIOS,
    Header.STAGED,
)


class CheckpointError(ValueError):
    """Bytes that are not a checkpoint of this engine, or a damaged one; the message says which
    check failed.
    """


def live_slots(tables: Tables) -> NDArray[np.int64]:
    """Numbers of the slots that record something, sorted by (account, instrument, leg)."""
    used = tables.positions[: int(tables.header[Header.POSITIONS])]
    cold = tables.positions_cold[: len(used)]
    says = (used["lots"] != 0) | (used["cost"] != 0) | (used["leverage"] != 0)
    for name in ("buys", "sells", "order_lots", "liquidated"):
        says |= cold[name] != 0
    live = np.flatnonzero((used["account"] != NONE) & says)
    order = np.lexsort((used["leg"][live], used["instrument"][live], used["account"][live]))
    return live[order]


def state_digest(tables: Tables, names: bytes = b"") -> str:
    """SHA-256 of the canonical rows, in hexadecimal."""
    digest = hashlib.sha256(RULES.encode())
    digest.update(names)

    def take(table: NDArray[np.void], fields: tuple[str, ...]) -> None:
        for name in fields:
            digest.update(np.ascontiguousarray(table[name]).astype("<i8").tobytes())

    accounts = int(tables.header[Header.ACCOUNTS])
    take(tables.accounts[:accounts], ACCOUNT_FIELDS)
    take(tables.accounts_cold[:accounts], COLD_FIELDS)
    slots = live_slots(tables)
    take(tables.positions[slots], POSITION_FIELDS)
    take(tables.positions_cold[slots], POSITION_COLD_FIELDS)
    instruments = int(tables.header[Header.INSTRUMENTS])
    take(tables.instruments[:instruments], INSTRUMENT_FIELDS)
    take(tables.assets[: int(tables.header[Header.ASSETS])], tables.assets.dtype.names or ())
    for number in range(instruments):
        digest.update(schedules_in_force(tables, number).astype("<i8").tobytes())
    for table in (tables.risk, tables.staged):
        digest.update(np.ascontiguousarray(table[: _published(tables)]).astype("<i8").tobytes())
    digest.update(tables.policy.astype("<i8").tobytes())
    digest.update(tables.header[[int(i) for i in SCALARS]].astype("<i8").tobytes())
    return digest.hexdigest()


def _published(tables: Tables) -> int:
    """Rows of the risk tables that say something: none before the first publication comes in."""
    header = tables.header
    if header[Header.SCENARIOS] == 0 and header[Header.STAGED] == 0:
        return 0
    return int(header[Header.INSTRUMENTS])


def schedules_in_force(tables: Tables, instrument: int) -> NDArray[np.int64]:
    """The instrument's requirement rows, level by level, as one array."""
    parts = []
    for level in range(LEVELS + 1):
        at = int(tables.schedule_of[instrument, level])
        if at != NONE:
            length = TIER + TIER_WIDTH * int(tables.schedules[at + COUNT])
            parts.append(tables.schedules[at : at + length])
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


SYSTEM_OF_RECORD = (
    "accounts",
    "accounts_cold",
    "positions",
    "positions_cold",
    "instruments",
    "assets",
    "conversion",
    "schedules",
    "schedule_of",
    "policy",
    "header",
    "risk",
    "staged",
    "lists",
)


class Stored(msgspec.Struct):
    """A checkpoint as it is written: named arrays with their shapes, and the digest they had."""

    format: int
    rules: str
    digest: str
    names: bytes
    arrays: dict[str, tuple[list[int], bytes]]


def to_bytes(tables: Tables, names: bytes) -> bytes:
    """The state as bytes (tables cut to what is used; the index is not stored)."""
    counts = {
        "accounts": Header.ACCOUNTS,
        "accounts_cold": Header.ACCOUNTS,
        "positions": Header.POSITIONS,
        "positions_cold": Header.POSITIONS,
        "instruments": Header.INSTRUMENTS,
        "assets": Header.ASSETS,
        "schedules": Header.SCHEDULES,
        "schedule_of": Header.INSTRUMENTS,
        "lists": Header.ACTIVE,
    }
    arrays: dict[str, tuple[list[int], bytes]] = {}
    for name in SYSTEM_OF_RECORD:
        array = getattr(tables, name)
        if name in counts:
            array = array[: int(tables.header[counts[name]])]
        elif name in ("risk", "staged"):
            array = array[: _published(tables)]
        elif name == "conversion":
            used = int(tables.header[Header.ASSETS])
            array = array[:used, :used]
        arrays[name] = (list(array.shape), np.ascontiguousarray(array).tobytes())
    stored = Stored(FORMAT, RULES, state_digest(tables, names), names, arrays)
    payload = msgspec.msgpack.encode(stored)
    return hashlib.sha256(payload).digest() + payload


def from_bytes(data: bytes) -> Stored:
    """Check and decode a checkpoint. Raises CheckpointError."""
    if len(data) < 33 or hashlib.sha256(data[32:]).digest() != data[:32]:
        raise CheckpointError(
            "the checkpoint is damaged or cut short: its checksum does not match its content"
        )
    try:
        stored = msgspec.msgpack.decode(data[32:], type=Stored)
    except msgspec.MsgspecError as error:
        raise CheckpointError(f"these bytes are not a checkpoint: {error}") from error
    if stored.format != FORMAT or stored.rules != RULES:
        raise CheckpointError(
            f"the checkpoint was written in format {stored.format} under {stored.rules}; this "
            f"engine reads format {FORMAT} under {RULES}"
        )
    return stored
