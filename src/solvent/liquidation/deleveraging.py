"""Auto-deleveraging: who closes against a bankrupt account, and how much (docs/semantics.md, 6).

Read-only: these kernels rank counterparties and propose rows; the engine checks each one again when
it is applied. Rank of the queue: profit over entry value times
notional over equity (BitMEX, Binance), as integers floored to 2**-20 each; higher first, ties by
account.
"""

from __future__ import annotations

from solvent.compiled import kernel
from solvent.ledger.postings import owed
from solvent.ledger.tables import NONE, Header, Integers, Role, Tables
from solvent.units import mul_div_floor
from solvent.watch.buffer import converted_floor, equity_of, slot_value
from solvent.watch.rules import ADL_MARKET

POSITIONS = int(Header.POSITIONS)
CUSTOMER = int(Role.CUSTOMER)
MARKET = int(Role.MARKET)
UNIT = 1 << 20
SCORE_MAX = 1 << 30


@kernel
def queue_score(profit: int, entry: int, notional: int, equity: int) -> int:
    """Profit x leverage when in profit, profit / leverage when not, in 2**-20 steps of each factor
    (bounded).
    """
    gain = mul_div_floor(profit, UNIT, max(entry, 1))
    gain = max(min(gain, SCORE_MAX), -SCORE_MAX)
    leverage = min(mul_div_floor(notional, UNIT, max(equity, 1)), SCORE_MAX)
    if gain >= 0:
        return gain * leverage
    return -mul_div_floor(-gain, UNIT, max(leverage, 1)) - 1


@kernel
def collect(
    s: Tables,
    instrument: int,
    side: int,
    slots: Integers,
    scores: Integers,
    lots: Integers,
    profits: Integers,
    equities: Integers,
) -> int:
    """Fill the arrays with every slot on `side` (+1 long, -1 short) that may be deleveraged;
    returns how many.

    Written per candidate: slot, queue score, lots, profit and the account's equity (its settlement
    asset / own asset). Accounts in liquidation and insolvent ones are left out.
    """
    count = 0
    for slot in range(s.header[POSITIONS]):
        row = s.positions[slot]
        if row["instrument"] != instrument or row["account"] == NONE or row["lots"] * side <= 0:
            continue
        account = s.accounts[row["account"]]
        market = account["role"] == MARKET
        if account["stage"] != 0 or not (
            account["role"] == CUSTOMER or (market and s.policy[ADL_MARKET] == 1)
        ):
            continue
        profit = 0
        equity = 0
        score = -(1 << 62)
        if not market:
            equity = equity_of(s, row["account"])
            if equity <= 0:
                continue
            worth = slot_value(s, slot)
            settle = s.instruments[instrument]["settle"]
            profit = converted_floor(
                s, settle, account["asset"], worth - row["cost"] - owed(s, slot)
            )
            notional = converted_floor(s, settle, account["asset"], abs(worth))
            entry = converted_floor(s, settle, account["asset"], abs(row["cost"]))
            score = queue_score(profit, entry, notional, equity)
        slots[count] = slot
        scores[count] = score
        lots[count] = abs(row["lots"])
        profits[count] = profit
        equities[count] = equity
        count += 1
    return count
