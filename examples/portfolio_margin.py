"""Portfolio margin: a book of options, margined by scenarios, from model to margin call.

Black-76 prices a future and a short call in 15 scenarios; the result is rounded once into integers
and handed to the engine as a command. The account then holds the worst sum, exact to the unit.

    python examples/portfolio_margin.py
"""

from fractions import Fraction

from solvent.contracts import Listing
from solvent.engine import CommandKind, Engine, EventKind, Frame
from solvent.engine.commands import RiskRow
from solvent.ledger.tables import MarginModel
from solvent.margin import Margin, tiered
from solvent.prices import Instrument, VolShock, grid, publish, shocked_value
from solvent.prices.scenarios import UNCHANGED

USD = 10**6  # money is counted in 1e-6 USD
LOT, TICK = Fraction(1, 100), Fraction(1, 10)  # of a coin; of a dollar

engine = Engine()
usd = engine.add_asset("USD", exponent=6)
table = Margin(maintenance=tiered([(None, "0.05")]))  # for accounts margined by schedules
ids = {}
for symbol in ("FUTURE", "CALL-55000"):  # an option is linear in its own price
    listing = Listing(symbol, "linear", "BTC", "USD", tick="0.1", lot="0.01", price_max="1000000")
    ids[symbol] = engine.list_instrument(listing, table)

forward, vol, years = Fraction(50_000), Fraction(6, 10), Fraction(30, 365)
book = (
    Instrument("FUTURE", "linear", forward),
    Instrument("CALL-55000", "call", forward, Fraction(55_000), vol, years),
)
shock = VolShock(Fraction(45, 100), Fraction(25, 100))
moves = [Fraction(step, 100) for step in (-16, -8, 0, 8, 16)]
arrays = publish("BTC", book, grid(moves), shock, time=1, unit=Fraction(1, USD), lot=LOT)
marks = {one.name: round(shocked_value(one, UNCHANGED, shock) / TICK) for one in book}

frame = Frame()
for symbol, mark in marks.items():
    last = int(symbol == "CALL-55000")
    frame.add(CommandKind.PRICE, instrument=ids[symbol], a=mark, b=last, time=1)
reach = int(max(moves) * forward / TICK)
frame.add_risk_arrays(
    [RiskRow(ids[one], marks[one], reach, a.lower, a.upper) for one, a in arrays.arrays.items()],
    time=1,
)
frame.add(CommandKind.OPEN_ACCOUNT, a=usd, b=int(MarginModel.SCENARIOS), time=1)
events = engine.apply(frame.array()).events
account = int(events[events["kind"] == EventKind.ACCOUNT_OPENED]["account"][0])

frame = Frame()
market = engine.market_account(usd)
frame.add(CommandKind.DEPOSIT, account=account, a=8_000 * USD, time=1)
for symbol, lots in (("FUTURE", 100), ("CALL-55000", -100)):  # long 1 coin, short 1 call
    frame.add(
        CommandKind.FILL,
        account=account,
        other=market,
        instrument=ids[symbol],
        a=lots,
        b=marks[symbol],
        time=1,
    )
refused = engine.apply(frame.array()).events
assert not (refused["kind"] == EventKind.REFUSED).any(), refused

print(f"long one future, short one call: equity {engine.equity(account) / USD:,.2f} USD")
print(f"worst of {len(arrays.scenarios)} scenarios: {engine.requirement(account) / USD:,.2f} USD")
print(f"audit passed: {engine.audit().ok}")
