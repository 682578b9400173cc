"""The state tables: who holds what, as a handful of record arrays.

Hot records are 64 bytes (one cache line), cold fields live beside them. All money, prices and lots
are int64. Only the writer thread touches the tables;
readers get views built from events. Slots grow; ids never move. `Tables` is a NamedTuple so that
compiled kernels take it whole.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from solvent.compiled import by_reference

NONE = -1
Records = Any
"""A record table or one row of it. NumPy's type stubs give a field of a row as an array; kernels
read integers.
"""
Integers = Any
"""An int64 array; formulas that read it take any sequence of integers."""


class Role(IntEnum):
    """What an account is for. System accounts exist once per asset and are never judged."""

    CUSTOMER = 0
    OUTSIDE = 1
    FUND = 2
    FEES = 3
    ROUNDING = 4
    FUNDING = 5
    MARKET = 6


class MarginModel(IntEnum):
    """What an account's derivatives require: a schedule each, or the worst of all scenarios."""

    SCHEDULES = 0
    SCENARIOS = 1


def _int64(*names: str) -> np.dtype[np.void]:
    return np.dtype([(name, np.int64) for name in names])


ACCOUNT = _int64("wallet", "first", "asset", "level", "stage", "slots", "role", "model")
"""wallet: money. first: first slot of the account's list, sorted by (instrument, leg). level 0..5.
stage: liquidation Stage. model: MarginModel.
"""

ACCOUNT_COLD = _int64(
    "parent",
    "orders",
    "request",
    "requested",
    "taken_over",
    "active_at",
    "resting",
    "call_deadline",
    "call_amount",
    "touched_at",
    "recheck_at",
    "order_serial",
)
"""orders: outstanding forced orders. request: Request kind. *_at: place in the active, touched and
recheck lists or NONE. resting: slots with resting orders.
"""

POSITION = _int64("lots", "cost", "index", "account", "instrument", "leg", "next", "leverage")
"""lots: signed. cost: signed entry cost of the open lots. index: the side's cumulative index when
last settled. next: next slot of the account or NONE.
"""

POSITION_COLD = _int64(
    "buys", "sells", "order_id", "order_lots", "order_deadline", "order_fill", "liquidated"
)
"""buys, sells: resting lots. order_*: the outstanding forced order (signed lots left, 0 = none).
liquidated: notional closed in this liquidation.
"""

INSTRUMENT = _int64(
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
    "shift_down",
    "shift_up",
    "dirty",
    "expiry",
    "slots",
    "moved",
)
"""mark: ticks, 0 = never priced. open_lots: sum of |lots| over all slots. form: WatchingForm.
rate_num / rate_den: highest level rate. shift_*: funding
offsets of the trigger keys. dirty: price changed since the last judgement. slots: slots open in it.
status: InstrumentStatus. moved: 1 = another price since the last publication of risk arrays."""

ASSET = _int64("outside", "fund", "fees", "rounding", "funding", "market", "exponent", "socialised")
"""Account ids of the system accounts; exponent: decimals; socialised: total spread over holders so
far.
"""


class InstrumentStatus(IntEnum):
    """Whether an instrument trades."""

    OPEN = 0
    REDUCE_ONLY = 1
    SETTLED = 2


class Header(IntEnum):
    """Places in the `header` array: the engine's scalars."""

    ACCOUNTS = 0
    POSITIONS = 1  # slots ever used; freed ones are chained from FREE
    FREE = 2
    INSTRUMENTS = 3
    ASSETS = 4
    SEQ = 5
    TIME = 6
    ORDERS = 7  # last forced order id
    JUDGED = 8  # time of the last judgement
    SNAPSHOT_OPEN = 9  # rows of a snapshot seen, its last row not yet
    TOUCHED = 10
    ACTIVE = 11
    RECHECK = 12
    JUDGING = 13  # touched accounts are waiting to be emitted
    IDLE = 14  # active accounts without outstanding order or request
    DEADLINE = 15  # earliest deadline of an outstanding order
    CALL_DEADLINE = 16
    REQUESTS = 17
    PLANNED = 18  # cursor of an interrupted planning
    PLANNING = 19
    EVALUATIONS = 20  # exact evaluations since the start (a measurement, not state)
    UNALLOCATED = 21  # number of deficits nobody could share
    DIRTY = 22  # instruments whose price changed since the last judgement
    FAULT = 23  # a broken invariant, by number; the engine stops
    POSITION_LIMIT = 24  # most slots that may ever be in use
    SCHEDULES = 25  # integers used in `schedules`
    JUDGE_FIRST = 26  # accounts (NONE: none) that the command being applied touched
    JUDGE_SECOND = 27
    JUDGE_HOLDERS = 28  # instrument whose holders it touched
    JUDGE_DIRTY = 29  # 1: everybody whose prices changed is to be judged
    JUDGE_SCENARIOS = 30  # instrument whose holders margined by scenarios are to be judged; EVERY
    SCENARIOS = 31  # scenarios of the publication in force; 0: none yet
    STAGED = 32  # instruments of the publication that is coming in
    SIZE = 40


@by_reference
class Tables(NamedTuple):
    """The whole state, system of record and derived index together. `schedules` is flat;
    `schedule_of[instrument, level]` an offset into it.
    """

    accounts: Records
    accounts_cold: Records
    positions: Records
    positions_cold: Records
    instruments: Records
    assets: Records
    conversion: NDArray[np.int64]  # [settle asset, account asset] -> spot instrument or NONE
    schedules: Integers
    schedule_of: NDArray[np.int64]
    policy: Integers
    header: Integers
    risk: Integers  # per instrument: its risk array in force, columns below
    staged: Integers  # the same of the publication that is coming in
    # derived: rebuilt on recovery, never part of a digest
    keys: Records  # per slot: down, up, down_at, up_at
    heaps: Records  # per instrument and side: at, size, capacity
    entries: Records
    lists: Records
    dirty: Integers
    losses: Integers  # scratch: the loss of one account per scenario


KEY = _int64("down", "up", "down_at", "up_at")
"""Trigger keys in 1/1024 tick, funding offset taken out, and the places of the slot in the two
heaps (NONE: not in it).
"""

HEAP = _int64("at", "size", "capacity")

ENTRY = _int64("key", "slot")
"""A heap entry: trigger key (negated in the DOWN heap) and slot."""

LIST = _int64(
    "touched", "touched_from", "touched_equity", "touched_need", "active", "recheck", "scratch"
)
"""Lists of accounts, each packed from row 0 in its own column: judged in this command, in
liquidation, evaluated on every snapshot, scratch.
"""

LEVELS = 5
"""Levels with a threshold: warn, call, liquidation, backstop, bankrupt."""

INITIAL = 5
"""Column of `schedule_of` that holds the initial schedule."""

EVERY = -2
"""In JUDGE_SCENARIOS: every account margined by scenarios."""

SCENARIOS_MAX = 64
"""Most scenarios of a publication (SPAN has 16, crypto portfolio margin up to about 40)."""

ROWS = 0
"""Column of `risk` and `staged`: rows of the instrument seen, heading included; 0: no array."""
STAMP = 1
"""Mark in ticks that the array was computed at."""
REACH = 2
"""Ticks the mark may move away from the stamp before a new publication is asked for."""
CHARGE = 3
"""Money per short lot, on top of the worst scenario."""
ASKED = 4
"""1: a new publication has been asked for."""
LOWER = 5
"""First column of the profits of +1 lot, rounded down; one per scenario."""
UPPER = LOWER + SCENARIOS_MAX
"""First column of the profits of +1 lot, rounded up."""
RISK_WIDTH = UPPER + SCENARIOS_MAX
