"""The engine: commands in, events out; the only place that changes state.

`Engine.apply` is a thin dispatcher: it cuts a frame into runs of commands of one group, makes room,
and hands each run to its compiled kernel. It has no clock, does no I/O
and is not re-entrant: one thread writes.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from solvent.contracts import SPOT, Listing, resolve
from solvent.engine import desk, digest, listings, memory, queries, restoring
from solvent.engine.audit import Audit, audit
from solvent.engine.commands import COMMAND, CommandKind
from solvent.engine.events import EVENT, EventKind
from solvent.engine.expiry import expire_orders
from solvent.engine.groups import runs
from solvent.engine.kernels import (
    DONE,
    EVENTS,
    FIRST,
    GROW,
    KERNELS,
    PLAN_ALL,
    ROW,
    SECOND,
    STATUS,
    STOP,
)
from solvent.engine.planning import plan
from solvent.engine.rebuild import index_everything
from solvent.ledger.tables import NONE, Header, Tables
from solvent.liquidation import Policy
from solvent.margin import Margin
from solvent.watch.buffer import buffer_at, standing

CHUNK = 65_536
SLOTS_PER_ROW = 4
ORDER_KINDS = np.array(
    [EventKind.LIQUIDATION_ORDERED, EventKind.FUND_REQUESTED, EventKind.ADL_REQUESTED], np.int64
)


class Applied(NamedTuple):
    """What `apply` did: index of the next row to apply, and the events in order."""

    consumed: int
    events: NDArray[np.void]


class InvariantBroken(RuntimeError):
    """An impossible state: the engine stops and names it. Never caught, never retried."""


class Names(msgspec.Struct):
    """Names of what was listed, in order of id."""

    assets: list[str] = []
    symbols: list[str] = []


class Engine:
    """An exact margin and liquidation engine over one venue's policy.

    >>> from solvent.contracts import SPOT, Listing, resolve
    >>> from solvent.margin import Margin, tiered
    >>> engine = Engine(Policy())
    >>> usdt = engine.add_asset("USDT", exponent=6)
    >>> btc = engine.list_instrument(
    ...     Listing("BTCUSDT", "linear", "BTC", "USDT", tick="0.1", lot="0.001"),
    ...     Margin(tiered([(None, "0.005")])),
    ... )
    >>> engine.fund_account(usdt)
    1
    """

    def __init__(self, policy: Policy | None = None, limits: memory.Limits | None = None) -> None:
        self.policy = policy if policy is not None else Policy()
        self.limits = limits if limits is not None else memory.Limits()
        self.names = Names()
        self._margins: list[Margin] = []
        self._contracts: list[Listing] = []
        row = self.policy.row()
        self.tables: Tables = memory.allocate(self.limits)
        self.tables.policy[:] = row
        self._events = np.zeros(4096, EVENT)
        self._cursor = np.zeros(8, np.int64)

    # -- control plane -----------------------------------------------------------------------------

    def add_asset(self, name: str, exponent: int) -> int:
        """List an asset with `exponent` decimals; returns its id. Its six system accounts are
        created with it.
        """
        if name in self.names.assets:
            raise listings.ControlError(f"asset {name} is listed already")
        self.tables = listings.add_asset(self.tables, self.limits, exponent)
        self.names.assets.append(name)
        return len(self.names.assets) - 1

    def list_instrument(self, listing: Listing, margin: Margin) -> int:
        """List an instrument under its margin rules; returns its id. Raises ListingError,
        ScheduleError or ControlError and changes nothing.
        """
        if listing.symbol in self.names.symbols:
            raise listings.ControlError(f"{listing.symbol} is listed already")
        settle = self._asset(listing.symbol, listing.settle)
        base = (
            self._asset(listing.symbol, listing.base)
            if listing.base in self.names.assets
            else settle
        )
        if listing.kind == "spot":
            base = self._asset(listing.symbol, listing.base)
        self.tables = listings.list_instrument(
            self.tables, self.limits, listing, margin, self.policy, settle, base
        )
        self.names.symbols.append(listing.symbol)
        self._margins.append(margin)
        self._contracts.append(listing)
        self._make_heap_room(np.zeros(len(self.names.symbols), np.int64))
        return len(self.names.symbols) - 1

    def change_margin(self, instrument: int, margin: Margin) -> NDArray[np.void]:
        """Put new margin rules in force now; every holder is judged. Returns the events. Raises
        before anything changes.
        """
        self._require_quiet("change of margin rules")
        if not 0 <= instrument < len(self._contracts):
            raise listings.ControlError(f"instrument {instrument} is not listed")
        listing = self._contracts[instrument]
        settle = int(self.tables.instruments["settle"][instrument])
        exponent = int(self.tables.assets["exponent"][settle])
        base = int(self.tables.assets["exponent"][self.tables.instruments["base"][instrument]])
        contract = resolve(listing, settle_exponent=exponent, base_exponent=base)
        encoded = listings.encode_levels(contract, margin, self.policy, exponent)
        self.tables = listings.write_levels(self.tables, instrument, *encoded)
        self._margins[instrument] = margin
        return self._judge_everyone()

    def set_policy(self, policy: Policy) -> NDArray[np.void]:
        """Put a new policy in force now (levels included); everyone is judged. Returns the events.
        Raises before anything changes.
        """
        self._require_quiet("change of policy")
        row = policy.row()
        encoded = []
        for number, (listing, margin) in enumerate(
            zip(self._contracts, self._margins, strict=True)
        ):
            settle = int(self.tables.assets["exponent"][self.tables.instruments["settle"][number]])
            base = int(self.tables.assets["exponent"][self.tables.instruments["base"][number]])
            contract = resolve(listing, settle_exponent=settle, base_exponent=base)
            encoded.append(listings.encode_levels(contract, margin, policy, settle))
        listings.check_arrays(self.tables, row)
        for number, levels in enumerate(encoded):
            self.tables = listings.write_levels(self.tables, number, *levels)
        self.policy = policy
        self.tables.policy[:] = row
        return self._judge_everyone()

    def _asset(self, symbol: str, name: str) -> int:
        if name not in self.names.assets:
            raise listings.ControlError(
                f"{symbol}: asset {name} is not listed; call add_asset first"
            )
        return self.names.assets.index(name)

    def _require_quiet(self, what: str) -> None:
        if self.tables.header[Header.SNAPSHOT_OPEN] != 0:
            raise listings.ControlError(f"{what}: a price snapshot is open; close it first")

    def _judge_everyone(self) -> NDArray[np.void]:
        self.tables.header[Header.SEQ] += 1
        self._cursor[EVENTS] = 0
        self._make_room(int(self.tables.header[Header.ACCOUNTS]) * 3 + 16)
        index_everything(self.tables, self._events, self._cursor, True)
        self._plan_all()
        return self._events[: int(self._cursor[EVENTS])].copy()

    # -- data plane --------------------------------------------------------------------------------

    def apply(self, rows: NDArray[np.void], start: int = 0, until_orders: bool = False) -> Applied:
        """Apply `rows[start:]` in order. With `until_orders` it stops after the command that
        emitted orders or requests.

        Returns the index of the next row and the events. A refused row is an event, not an
        exception. Raises InvariantBroken when the state is impossible, TypeError for a table
        that is not of `COMMAND` rows.
        """
        if rows.dtype != COMMAND or rows.ndim != 1:
            raise TypeError(
                f"rows must be a one-dimensional COMMAND table, got {rows.dtype} of {rows.ndim} "
                "dimensions"
            )
        self._stop_on_fault()
        rows = np.ascontiguousarray(rows)
        if not rows.flags.writeable:
            rows = rows.copy()  # a read-only table would compile another overload
        cursor = self._cursor
        cursor[EVENTS] = 0
        at = start
        while at < len(rows):
            stop = min(at + CHUNK, len(rows))
            chunk = rows[at:stop]
            for begin, end, group in runs(chunk):
                if self._run(rows, at + begin, at + end, group, until_orders):
                    return self._applied(int(cursor[ROW]))
            at = stop
        return self._applied(len(rows))

    def _applied(self, consumed: int) -> Applied:
        return Applied(consumed, self._events[: int(self._cursor[EVENTS])].copy())

    def _run(
        self, rows: NDArray[np.void], begin: int, end: int, group: int, until_orders: bool
    ) -> bool:
        """One run of a group; True when `until_orders` stops the frame."""
        cursor = self._cursor
        self._prepare(rows[begin:end], group)
        cursor[ROW] = begin
        cursor[STOP] = int(until_orders)
        while True:
            before = int(cursor[EVENTS])
            KERNELS[group](self.tables, rows, end, self._events, cursor)
            status = int(cursor[STATUS])
            self._stop_on_fault()
            if status == GROW:
                self._make_room(2 * len(self._events))
                continue
            if status == DONE:
                return False
            if status == PLAN_ALL:
                self._plan_all()
            else:
                self._plan_two(int(cursor[FIRST]), int(cursor[SECOND]))
            self._stop_on_fault()
            if until_orders and self._ordered(before):
                return True
            if int(cursor[ROW]) >= end:
                return False

    def _stop_on_fault(self) -> None:
        fault = int(self.tables.header[Header.FAULT])
        if fault != 0:
            raise InvariantBroken(f"fault {fault} (1: a liquidation stage moved against its table)")

    def _ordered(self, since: int) -> bool:
        kinds = self._events["kind"][since : int(self._cursor[EVENTS])]
        return bool(np.isin(kinds, ORDER_KINDS).any())

    def _plan_all(self) -> None:
        header = self.tables.header
        if header[Header.DEADLINE] != 0 and header[Header.DEADLINE] < header[Header.TIME]:
            while not expire_orders(self.tables, self._events, self._cursor):
                self._make_room(2 * len(self._events))
        if header[Header.IDLE] > 0:
            while not plan(self.tables, self._events, self._cursor, True, NONE, NONE):
                self._make_room(2 * len(self._events))

    def _plan_two(self, first: int, second: int) -> None:
        while not plan(self.tables, self._events, self._cursor, False, first, second):
            self._make_room(2 * len(self._events))

    def _make_room(self, events: int) -> None:
        if events > len(self._events):
            bigger = np.zeros(max(events, 2 * len(self._events)), EVENT)
            bigger[: len(self._events)] = self._events
            self._events = bigger

    def _prepare(self, rows: NDArray[np.void], group: int) -> None:
        """Make room for whatever the run can open: accounts, slots, heap places."""
        if group in (0, 5):  # prices, risk arrays
            return
        header = self.tables.header
        if group == 1:
            opens = int((rows["kind"] == CommandKind.OPEN_ACCOUNT).sum())
            self.tables = memory.with_accounts(
                self.tables, int(header[Header.ACCOUNTS]) + opens, self.limits.accounts
            )
        slots = SLOTS_PER_ROW * len(rows)
        if group == 3:  # final settlement may credit a second settlement asset to any holder
            slots += int(header[Header.POSITIONS])
        needed = int(header[Header.POSITIONS]) + slots
        if group in (1, 2):  # these refuse beyond the limit; settlements and answers may not
            needed = min(needed, self.limits.positions + SLOTS_PER_ROW)
        self.tables = memory.with_positions(self.tables, needed)
        count = len(self.names.symbols)
        extra = np.full(count, 2 * len(rows), np.int64)
        if group == 3:
            extra[self.tables.instruments["kind"][:count] == SPOT] += int(header[Header.POSITIONS])
        if group == 2:
            inside = rows["instrument"][(rows["instrument"] >= 0) & (rows["instrument"] < count)]
            extra = 2 * np.bincount(inside, minlength=count).astype(np.int64)
            extra[self.tables.instruments["kind"][:count] == SPOT] += 2 * len(rows)
        self._make_heap_room(extra)

    def _make_heap_room(self, extra: NDArray[np.int64]) -> None:
        self.tables = memory.with_heaps(self.tables, extra)

    # -- reading -----------------------------------------------------------------------------------

    def answers(self, time: int | None = None) -> NDArray[np.void]:
        """Commands that answer the pending requests (fund, ADL, shared loss); empty when there are
        none. Apply them and ask again.
        """
        now = int(self.tables.header[Header.TIME]) if time is None else time
        return desk.Desk(self.tables, now).answers()

    def market_account(self, asset: int) -> int:
        """Account id of the rest of the market in an asset."""
        return int(self.tables.assets["market"][asset])

    def fund_account(self, asset: int) -> int:
        """Account id of the asset's insurance fund."""
        return int(self.tables.assets["fund"][asset])

    def outside_account(self, asset: int) -> int:
        """Account id that deposits come from and withdrawals go to."""
        return int(self.tables.assets["outside"][asset])

    def level(self, account: int) -> int:
        """Recorded level of the account, 0 healthy to 5 bankrupt."""
        return int(self.tables.accounts["level"][account])

    def buffer(self, account: int, level: int) -> int:
        """Equity less requirement at a level (0 warn .. 4 bankrupt), at the current marks."""
        return int(buffer_at(self.tables, account, level))

    def equity(self, account: int) -> int:
        """Realisable equity at the current marks."""
        return int(standing(self.tables, account)[0])

    def requirement(self, account: int) -> int:
        """Liquidation requirement of the derivative slots at the current marks."""
        return int(standing(self.tables, account)[1])

    def liquidation_prices(self) -> NDArray[np.void]:
        """Per slot with derivative lots: account, instrument, lots, price in ticks (0: none), other
        marks fixed.
        """
        return queries.liquidation_prices(self.tables)

    def audit(self) -> Audit:
        """Every invariant, by a full scan."""
        return audit(self.tables)

    def digest(self) -> str:
        """Hash of the state; equal for equal commands, however they were cut into frames."""
        return digest.state_digest(self.tables, self._names())

    def _names(self) -> bytes:
        return restoring.pack(
            restoring.Configuration(self.names.assets, self._contracts, self._margins, self.policy)
        )

    # -- checkpoint --------------------------------------------------------------------------------

    def checkpoint(self) -> bytes:
        """The state as bytes, with its digest and a checksum."""
        return digest.to_bytes(self.tables, self._names())

    @classmethod
    def restore(cls, data: bytes, limits: memory.Limits | None = None) -> Engine:
        """An engine with the checkpoint's state: the index is rebuilt, the digest compared. Raises
        CheckpointError.
        """
        stored = digest.from_bytes(data)
        configuration = restoring.unpack(stored.names)
        engine = cls(configuration.policy, limits)
        engine.names.assets = list(configuration.assets)
        engine.names.symbols = [listing.symbol for listing in configuration.listings]
        engine._contracts = list(configuration.listings)
        engine._margins = list(configuration.margins)
        engine.tables = restoring.tables_from(stored, engine.limits)
        engine._make_heap_room(np.zeros(len(engine.names.symbols), np.int64))
        engine._cursor[EVENTS] = 0
        index_everything(engine.tables, engine._events, engine._cursor, False)
        found = engine.digest()
        if found != stored.digest:
            raise digest.CheckpointError(
                f"the restored state has digest {found}, the checkpoint says {stored.digest}"
            )
        return engine


__all__ = ["Applied", "Engine", "InvariantBroken"]
