"""The desk: answers to pending requests, computed from the state and returned as commands.

It reads, it never writes: fund grants worst account first, deleveraged counterparties by the
policy's method, shares of a deficit by instrument. Its rows go through the journal like any
other command and are checked again when applied.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from solvent.contracts import INDEX_MAX, SPOT
from solvent.engine.commands import COMMAND, CommandKind, Frame
from solvent.engine.queries import grant, queue_waiting, slots_of
from solvent.ledger.tables import LIST, NONE, Header, Tables
from solvent.liquidation import Request, pro_rata, split_deficit
from solvent.liquidation.deleveraging import collect
from solvent.units import INDEX_BITS, mul_div_ceil
from solvent.watch.rules import ADL, SOCIALISE

QUEUE = 1


class Desk:
    """Answers for one engine at one time. `answers()` returns the rows; empty when nobody waits."""

    def __init__(self, tables: Tables, time: int) -> None:
        self.tables = tables
        self.time = time
        self.frame = Frame()
        self._candidates: dict[tuple[int, int], _Candidates] = {}

    def answers(self) -> NDArray[np.void]:
        """One row or more per pending request, requests worst first."""
        tables = self.tables
        if tables.header[Header.REQUESTS] == 0:
            return np.zeros(0, COMMAND)
        queue = np.zeros(int(tables.header[Header.ACTIVE]), LIST)
        count = int(queue_waiting(tables, queue))
        left = tables.accounts["wallet"][tables.assets["fund"]]
        asked_fund = int(grant(tables, queue, count, left))
        queue = queue[:count]
        if asked_fund == count:
            return self._fund_answers(queue)
        for account, granted in zip(
            queue["touched"].tolist(), queue["scratch"].tolist(), strict=True
        ):
            request = int(tables.accounts_cold["request"][account])
            if request == Request.FUND:
                self.frame.add(CommandKind.FUND_ANSWER, time=self.time, account=account, a=granted)
            elif request == Request.ADL:
                self._deleverage(account)
            else:
                self._share(account)
        return self.frame.array()

    def _fund_answers(self, queue: NDArray[np.void]) -> NDArray[np.void]:
        rows = np.zeros(len(queue), COMMAND)
        rows["kind"] = int(CommandKind.FUND_ANSWER)
        rows["time"] = self.time
        rows["account"] = queue["touched"]
        rows["a"] = queue["scratch"]
        for name in ("other", "instrument"):
            rows[name] = NONE
        return rows

    def _holdings(self, account: int) -> list[tuple[int, int]]:
        positions, instruments = self.tables.positions, self.tables.instruments
        slots = [slot for slot in slots_of(self.tables, account) if positions["lots"][slot] != 0]
        return [(slot, int(instruments["kind"][positions["instrument"][slot]])) for slot in slots]

    def _deleverage(self, account: int) -> None:
        positions = self.tables.positions
        for slot, kind in self._holdings(account):
            if kind != SPOT:
                lots = int(positions["lots"][slot])
                instrument = int(positions["instrument"][slot])
                candidates = self._side(instrument, -1 if lots > 0 else 1)
                for place, taken in candidates.take(abs(lots)):
                    theirs = int(candidates.slots[place])
                    self.frame.add(
                        CommandKind.ADL_ANSWER,
                        time=self.time,
                        account=account,
                        other=int(positions["account"][theirs]),
                        instrument=instrument,
                        leg=int(positions["leg"][slot]),
                        d=int(positions["leg"][theirs]),
                        a=taken,
                    )
        self.frame.add(CommandKind.ADL_DONE, time=self.time, account=account)

    def _side(self, instrument: int, side: int) -> _Candidates:
        key = (instrument, side)
        if key not in self._candidates:
            self._candidates[key] = _Candidates(self.tables, instrument, side)
        return self._candidates[key]

    def _share(self, account: int) -> None:
        left = int(self.tables.accounts_cold["requested"][account])
        for instrument, amount in self._shares(account, left):
            self.frame.add(
                CommandKind.SOCIALISE,
                time=self.time,
                account=account,
                instrument=instrument,
                a=amount,
            )

    def _shares(self, account: int, amount: int) -> list[tuple[int, int]]:
        tables = self.tables
        if tables.policy[SOCIALISE] == 0:
            return [(NONE, amount)]
        asset = tables.accounts["asset"][account]
        liquidated: dict[int, int] = {}
        for slot in slots_of(tables, account):
            instrument = int(tables.positions["instrument"][slot])
            notional = int(tables.positions_cold["liquidated"][slot])
            ours = (
                tables.instruments["settle"][instrument] == asset
                and tables.instruments["kind"][instrument] != SPOT
            )
            if notional > 0 and ours and self._bears(instrument, amount):
                liquidated[instrument] = liquidated.get(instrument, 0) + notional
        if liquidated:
            return split_deficit(amount, sorted(liquidated.items()))
        count = int(tables.header[Header.INSTRUMENTS])
        for instrument in range(count):
            row = tables.instruments[instrument]
            if row["settle"] == asset and row["kind"] != SPOT and self._bears(instrument, amount):
                return [(instrument, amount)]
        return [(NONE, amount)]

    def _bears(self, instrument: int, amount: int) -> bool:
        """True when the instrument's holders can be charged the amount within the index."""
        row = self.tables.instruments[instrument]
        lots = int(row["open_lots"])
        if lots <= 0:
            return False
        step = mul_div_ceil(amount, 1 << INDEX_BITS, lots)
        return max(int(row["index_long"]) + step, step - int(row["index_short"])) <= INDEX_MAX


class _Candidates:
    """Counterparties of one instrument and side in the order they are taken, with what each still
    has.
    """

    def __init__(self, tables: Tables, instrument: int, side: int) -> None:
        size = max(int(tables.instruments["slots"][instrument]), 1)
        columns: list[Any] = [np.zeros(size, np.int64) for _ in range(5)]
        count = int(collect(tables, instrument, side, *columns))
        self.slots, scores, self.lots, self.profits, self.equities = (
            column[:count] for column in columns
        )
        accounts = tables.positions["account"][self.slots]
        legs = tables.positions["leg"][self.slots]
        self.order = np.lexsort((legs, accounts, -scores))
        self.names = accounts
        self.legs = legs
        self.queue = tables.policy[ADL] == QUEUE
        self.at = 0

    def take(self, lots: int) -> list[tuple[int, int]]:
        """(candidate, lots) closing up to `lots` for an account in liquidation, which is none."""
        if self.queue:
            return self._from_queue(lots)
        return self._pro_rata(lots)

    def _from_queue(self, lots: int) -> list[tuple[int, int]]:
        taken: list[tuple[int, int]] = []
        while self.at < len(self.order) and lots > 0:
            place = int(self.order[self.at])
            part = min(lots, int(self.lots[place]))
            taken.append((place, part))
            self.lots[place] -= part
            lots -= part
            if self.lots[place] == 0:
                self.at += 1
        return taken

    def _pro_rata(self, lots: int) -> list[tuple[int, int]]:
        taken: list[tuple[int, int]] = []
        for group in (self.profits > 0, self.profits <= 0):
            places = np.flatnonzero(group & (self.lots > 0))
            if lots <= 0 or len(places) == 0:
                continue
            places = places[np.lexsort((self.legs[places], self.names[places]))]
            parts = pro_rata(lots, self.lots[places].tolist(), self.names[places].tolist())
            for place, part in zip(places.tolist(), parts, strict=True):
                if part > 0:
                    taken.append((place, part))
                    self.lots[place] -= part
                    lots -= part
        return taken
