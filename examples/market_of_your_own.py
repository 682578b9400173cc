"""Answer the engine's forced orders with a market written in Python.

The engine never matches orders: it says what must be closed and stops (`until_orders`), whoever
trades says what was traded, and the engine goes on. This market takes half of each order at a price
that worsens with every fill, and lets the rest expire.

    python examples/market_of_your_own.py
"""

from solvent.contracts import Listing
from solvent.engine import CommandKind, Engine, EventKind, Frame
from solvent.liquidation import Policy
from solvent.margin import Margin, tiered

SECOND = 10**9
USDT = 10**6

engine = Engine(Policy(method="full", order_deadline_ns=SECOND))
usdt = engine.add_asset("USDT", exponent=6)
btc = engine.list_instrument(
    Listing("BTCUSDT", "linear", "BTC", "USDT", tick="0.1", lot="0.001"),
    Margin(maintenance=tiered([(None, "0.005")])),
)
first = int(engine.tables.header[0])  # ids of customers follow the system accounts

opening = Frame()
opening.add(CommandKind.PRICE, instrument=btc, a=1_000_000, b=1)
opening.add(CommandKind.DEPOSIT, account=engine.fund_account(usdt), a=500 * USDT)
for number in range(20):
    account = first + number
    opening.add(CommandKind.OPEN_ACCOUNT, a=usdt)
    opening.add(CommandKind.DEPOSIT, account=account, a=(250 + 50 * number) * USDT)
    opening.add(
        CommandKind.FILL,
        account=account,
        other=engine.market_account(usdt),
        instrument=btc,
        a=100,
        b=1_000_000,
    )
engine.apply(opening.array())

traded = 0
for second in range(1, 40):
    price = 1_000_000 - 4_000 * min(second, 20)
    frame = Frame()
    frame.add(CommandKind.PRICE, instrument=btc, a=price, b=1, time=second * SECOND)
    rows = frame.array()
    while len(rows):
        events = engine.apply(rows).events
        answer = Frame()
        for order in events[events["kind"] == EventKind.LIQUIDATION_ORDERED]:
            traded += 1
            answer.add(
                CommandKind.ORDER_FILL,
                account=int(order["account"]),
                instrument=btc,
                id=int(order["d"]),
                a=max(abs(int(order["a"])) // 2, 1),
                b=price - 20 * traded,
                c=1,
                time=second * SECOND,
            )
        # The fund, deleveraging and shared losses answer first, then the market.
        requests = engine.answers(second * SECOND)
        if len(requests) and len(answer):
            engine.apply(answer.array())
        rows = requests if len(requests) else answer.array()

fund = int(engine.tables.accounts["wallet"][engine.fund_account(usdt)])
print(f"{traded} fills, fund {fund / USDT:,.2f} USDT, audit passed: {engine.audit().ok}")
