"""Restoring: a checkpoint's arrays back into tables with room to grow, and the configuration that
goes with them.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
import numpy as np

from solvent.contracts import Listing
from solvent.engine.digest import CheckpointError, Stored
from solvent.engine.memory import Limits, allocate
from solvent.ledger.tables import Header, Tables
from solvent.liquidation import Policy
from solvent.margin import Margin

ROOM = 64


class Configuration(msgspec.Struct):
    """What was listed and under which rules: the control plane's part of the state."""

    assets: list[str]
    listings: list[Listing]
    margins: list[Margin]
    policy: Policy


def _to_text(value: Any) -> str:
    if isinstance(value, Fraction):
        return str(value)
    raise TypeError(f"cannot store {type(value).__name__}")


def _from_text(_kind: type, value: Any) -> Any:
    return Fraction(value)  # the one type of a configuration that msgspec does not know


def pack(configuration: Configuration) -> bytes:
    """The configuration as canonical bytes (part of the digest)."""
    return msgspec.msgpack.encode(configuration, enc_hook=_to_text)


def unpack(data: bytes) -> Configuration:
    """The configuration from its bytes."""
    return msgspec.msgpack.decode(data, type=Configuration, dec_hook=_from_text)


def tables_from(stored: Stored, limits: Limits) -> Tables:
    """Tables with the checkpoint's rows; derived tables are empty and must be rebuilt. Raises
    CheckpointError when it exceeds the limits.
    """
    blank = allocate(limits)
    arrays: dict[str, Any] = {}
    for name, (shape, data) in stored.arrays.items():
        arrays[name] = np.frombuffer(data, getattr(blank, name).dtype).reshape(shape)
    accounts, positions = len(arrays["accounts"]), len(arrays["positions"])
    if accounts > limits.accounts or positions > limits.positions:
        raise CheckpointError(
            f"the checkpoint holds {accounts} accounts and {positions} slots; the limits are "
            f"{limits.accounts} and {limits.positions}"
        )
    instruments, assets = len(arrays["instruments"]), len(arrays["assets"])
    sizes = {
        "accounts": accounts,
        "accounts_cold": accounts,
        "lists": accounts,
        "positions": positions,
        "positions_cold": positions,
        "keys": positions,
        "instruments": instruments,
        "schedule_of": instruments,
        "dirty": instruments,
        "risk": instruments,
        "staged": instruments,
        "heaps": 2 * instruments,
        "assets": assets,
        "conversion": assets,
        "schedules": len(arrays["schedules"]),
    }
    capped = ("accounts", "accounts_cold", "lists")
    fields = {
        name: _roomy(
            getattr(blank, name),
            arrays.get(name),
            min(size + ROOM, limits.accounts) if name in capped else size + ROOM,
        )
        for name, size in sizes.items()
    }
    tables = blank._replace(**fields)
    tables.header[:] = arrays["header"]
    tables.header[Header.POSITION_LIMIT] = limits.positions
    tables.policy[:] = arrays["policy"]
    return tables


def _roomy(blank: Any, stored: Any, size: int) -> Any:
    fill = blank.flat[-1] if blank.dtype == np.int64 and blank.ndim == 2 else 0
    shape = (
        (size, size)
        if blank.ndim == 2 and blank.shape[0] == blank.shape[1]
        else (size, *blank.shape[1:])
    )
    table = (
        np.full(shape, fill, blank.dtype)
        if blank.dtype == np.int64
        else np.zeros(shape, blank.dtype)
    )
    if stored is not None:
        table[tuple(slice(0, n) for n in stored.shape)] = stored
    return table
