"""Postings: the only functions that move money or lots. Each one has two ends, so that every asset
sums to zero (docs/semantics.md, 2).
"""

from __future__ import annotations

from solvent.compiled import inline_kernel, kernel
from solvent.contracts.funding import accrued
from solvent.contracts.value import SPOT, closed_share, trade_cost, value
from solvent.ledger.slots import open_slot
from solvent.ledger.tables import NONE, Tables


@inline_kernel
def move(s: Tables, payer: int, receiver: int, amount: int) -> None:
    """Move money between two accounts of one asset (amount may be negative)."""
    s.accounts[payer]["wallet"] -= amount
    s.accounts[receiver]["wallet"] += amount


@inline_kernel
def side_index(s: Tables, instrument: int, lots: int) -> int:
    """The cumulative index of the side that `lots` is on."""
    if lots < 0:
        return s.instruments[instrument]["index_short"]
    return s.instruments[instrument]["index_long"]


@kernel
def receive(s: Tables, account: int, settle: int, amount: int) -> None:
    """Add cash of asset `settle` to an account: its wallet, or its balance of a second settlement
    asset.
    """
    asset = s.accounts[account]["asset"]
    if asset == settle:
        s.accounts[account]["wallet"] += amount
    else:
        slot = open_slot(s, account, s.conversion[settle, asset], 0)
        s.positions[slot]["lots"] += amount


@inline_kernel
def owed(s: Tables, slot: int) -> int:
    """Funding and socialised loss the slot owes since it last settled (rounded up)."""
    row = s.positions[slot]
    if row["lots"] == 0:
        return 0
    return accrued(row["lots"], side_index(s, row["instrument"], row["lots"]), row["index"])


@kernel
def settle_accrued(s: Tables, slot: int) -> int:
    """Pay what the slot owes to the FUNDING pool and bring its index up to date. Returns the
    amount.
    """
    instrument = s.positions[slot]["instrument"]
    due = owed(s, slot)
    if due != 0:
        settle = s.instruments[instrument]["settle"]
        receive(s, s.positions[slot]["account"], settle, -due)
        s.accounts[s.assets[settle]["funding"]]["wallet"] += due
    s.positions[slot]["index"] = side_index(s, instrument, s.positions[slot]["lots"])
    return due


@kernel
def book_trade(
    s: Tables, account: int, instrument: int, leg: int, lots: int, cost: int, closing_cost: int
) -> int:
    """Book signed `lots` at signed total `cost` on one side of a trade; `closing_cost` is the share
    of `cost` that closes. Returns the slot.

    Accrued funding is settled first. Realised profit goes to the wallet; what opens adds to the
    slot's cost. A spot trade pays its whole cost.
    """
    slot = open_slot(s, account, instrument, leg)
    if s.instruments[instrument]["kind"] == SPOT:
        s.positions[slot]["lots"] += lots
        s.accounts[account]["wallet"] -= cost
        return slot
    settle_accrued(s, slot)
    held = s.positions[slot]["lots"]
    if held != 0 and (held > 0) != (lots > 0):
        closed = min(abs(held), abs(lots))
        part = closed_share(s.positions[slot]["cost"], closed, held)
        receive(s, account, s.instruments[instrument]["settle"], -closing_cost - part)
        s.positions[slot]["cost"] += cost - closing_cost - part
    else:
        s.positions[slot]["cost"] += cost
    s.positions[slot]["lots"] = held + lots
    s.positions[slot]["index"] = side_index(s, instrument, held + lots)
    s.instruments[instrument]["open_lots"] += abs(held + lots) - abs(held)
    return slot


@kernel
def closing_cost_of(
    s: Tables, account_slot: int, instrument: int, lots: int, price: int, cost: int
) -> int:
    """Share of a trade's `cost` that closes existing lots of the slot (NONE: no slot); the rest
    opens.
    """
    if account_slot == NONE:
        return 0
    held = s.positions[account_slot]["lots"]
    if held == 0 or (held > 0) == (lots > 0):
        return 0
    if abs(lots) <= abs(held):
        return cost
    row = s.instruments[instrument]
    return trade_cost(row["kind"], row["k"], row["k_den"], -held, price)


@kernel
def settle_at(s: Tables, slot: int, price: int, pool: int) -> None:
    """Close a slot of an expired contract at its settlement price against the pool account, which
    ends at what rounding left.
    """
    instrument = s.positions[slot]["instrument"]
    row = s.instruments[instrument]
    settle_accrued(s, slot)
    lots = s.positions[slot]["lots"]
    worth = value(row["kind"], row["k"], row["k_den"], lots, price)
    receive(s, s.positions[slot]["account"], row["settle"], worth - s.positions[slot]["cost"])
    s.accounts[pool]["wallet"] -= worth
    s.instruments[instrument]["open_lots"] -= abs(lots)
    s.positions[slot]["lots"] = 0
    s.positions[slot]["cost"] = 0
