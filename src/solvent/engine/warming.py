"""Warming: compile every kernel once, by running a small world through all of them. Later starts
load machine code from the cache.
"""

from __future__ import annotations

from solvent.contracts import Listing
from solvent.engine.commands import CommandKind, Frame
from solvent.engine.engine import Engine
from solvent.liquidation import Policy
from solvent.margin import Margin, tiered

DAY = 86_400_000_000_000


def warm() -> None:
    """Run one command of every group, a liquidation with fund, ADL and shared loss, a checkpoint
    and an audit.
    """
    engine = Engine(Policy(method="partial"))
    usdt = engine.add_asset("USDT", 6)
    margin = Margin(tiered([("50000", "0.01"), (None, "0.02")]))
    btc = engine.list_instrument(
        Listing("BTCUSDT", "linear", "BTC", "USDT", tick="0.1", lot="0.001"), margin
    )
    frame = Frame()
    frame.add(CommandKind.PRICE, instrument=btc, a=500_000, b=1, time=1)
    for _ in range(3):
        frame.add(CommandKind.OPEN_ACCOUNT, a=usdt, time=1)
    first = int(engine.tables.header[0])
    for account in range(first, first + 3):
        frame.add(CommandKind.DEPOSIT, account=account, a=3_000_000_000, time=1)
    frame.add(
        CommandKind.FILL, account=first, other=first + 1, instrument=btc, a=1000, b=500_000, time=1
    )
    frame.add(CommandKind.FUNDING, instrument=btc, a=10_000, time=2)
    frame.add(CommandKind.PRICE, instrument=btc, a=450_000, b=1, time=3)
    frame.add(CommandKind.TIMER, time=DAY)
    engine.apply(frame.array())
    while len(rows := engine.answers(DAY)) > 0:
        engine.apply(rows)
    closing = Frame()
    closing.add(CommandKind.ORDER_CLOSED, account=first, instrument=btc, id=1, time=DAY)
    engine.apply(closing.array())
    engine.liquidation_prices()
    engine.audit()
    engine.buffer(first, 2)
    Engine.restore(engine.checkpoint()).set_policy(Policy())
