"""One account through a falling market, command by command.

An account with 1,000 USDT is long 0.1 BTC against the rest of the market. The price falls until the
engine orders part of the position closed; here somebody fills the order at once.

    python examples/one_account.py
"""

from solvent.contracts import Listing
from solvent.engine import CommandKind, Engine, EventKind, Frame
from solvent.liquidation import Policy
from solvent.margin import Margin, tiered

USDT = 10**6  # money is counted in 1e-6 USDT

engine = Engine(Policy(method="partial"))
usdt = engine.add_asset("USDT", exponent=6)
btc = engine.list_instrument(
    Listing("BTCUSDT", "linear", "BTC", "USDT", tick="0.1", lot="0.001"),
    Margin(maintenance=tiered([("50000", "0.004"), (None, "0.005")])),
)
market = engine.market_account(usdt)

frame = Frame()
frame.add(CommandKind.PRICE, instrument=btc, a=1_000_000, b=1)  # 100,000.0
frame.add(CommandKind.OPEN_ACCOUNT, a=usdt)
opened = engine.apply(frame.array()).events
account = int(opened[opened["kind"] == EventKind.ACCOUNT_OPENED]["account"][0])

frame = Frame()
frame.add(CommandKind.DEPOSIT, account=account, a=1_000 * USDT)
frame.add(CommandKind.FILL, account=account, other=market, instrument=btc, a=100, b=1_000_000, id=1)
engine.apply(frame.array())
(level,) = (r for r in engine.liquidation_prices() if r["account"] == account)
print(f"long 0.1 BTC with 1,000 USDT: liquidation below {level['price'] / 10:,.1f}")

for second, price in enumerate((960_000, 920_000, int(level["price"]) - 1), start=1):
    frame = Frame()
    frame.add(CommandKind.PRICE, instrument=btc, a=price, b=1, time=second)
    for event in engine.apply(frame.array(), until_orders=True).events:
        print(f"{price / 10:>10,.1f}  {EventKind(event['kind']).name}")
        if event["kind"] == EventKind.LIQUIDATION_ORDERED:
            lots = abs(int(event["a"]))
            answer = Frame()
            answer.add(
                CommandKind.ORDER_FILL,
                account=account,
                instrument=btc,
                id=int(event["d"]),
                a=lots,
                b=price,
                c=1,
                time=second,
            )
            for after in engine.apply(answer.array()).events:
                print(f"{'':>10}  {EventKind(after['kind']).name}")

print(f"equity {engine.equity(account) / USDT:,.2f} USDT, audit passed: {engine.audit().ok}")
