"""A market on the engine, driven in a few words: for tests that set up one situation by hand."""

from __future__ import annotations

from tests.mirror import photograph

from solvent.contracts import Listing
from solvent.engine import Engine, Frame
from solvent.engine.commands import CommandKind as C
from solvent.engine.events import EventKind as E
from solvent.liquidation import Policy
from solvent.margin import Margin, flat

USD = 10**6
BTC = 10**8
QUIET = Policy(
    method="full",
    warn=(1, 1),
    call=(1, 1),
    backstop=(1, 1),
    target=(1, 1),
    close_cost_ppm=0,
    fee_ppm=0,
)
"""Every level at maintenance, full closes, no fees."""


class Market:
    """An engine with one asset pair, driven in a few words."""

    def __init__(self, policy: Policy = QUIET) -> None:
        self.engine = Engine(policy)
        self.usd = self.engine.add_asset("USD", exponent=6)
        self.btc = self.engine.add_asset("BTC", exponent=8)
        self.time = 0

    def linear(
        self, margin: Margin, *, tick="0.01", lot="0.001", symbol="BTC-PERP", **limits
    ) -> int:
        listing = Listing(symbol, "linear", "BTC", "USD", tick=tick, lot=lot, **limits)
        return self.engine.list_instrument(listing, margin)

    def do(self, kind: C, **fields: int) -> list[dict[str, int]]:
        frame = Frame()
        frame.add(kind, time=self.time, **fields)
        events = self.engine.apply(frame.array()).events
        return [
            dict(zip(events.dtype.names, map(int, row), strict=True)) for row in events.tolist()
        ]

    def price(self, *prices: tuple[int, int]) -> list[dict[str, int]]:
        found = []
        for n, (instrument, ticks) in enumerate(prices):
            found += self.do(C.PRICE, instrument=instrument, a=ticks, b=int(n == len(prices) - 1))
        return found

    def account(self, money: int, asset: int | None = None, **fields: int) -> int:
        opened = self.do(C.OPEN_ACCOUNT, a=self.usd if asset is None else asset, **fields)
        assert opened[0]["kind"] == E.ACCOUNT_OPENED
        if money:
            self.do(C.DEPOSIT, account=opened[0]["account"], a=money)
        return opened[0]["account"]

    def trade(self, buyer: int, seller: int, instrument: int, lots: int, price: int, **fields: int):
        events = self.do(
            C.FILL, account=buyer, other=seller, instrument=instrument, a=lots, b=price, **fields
        )
        assert events[0]["kind"] == E.FILL_BOOKED, events
        return events

    def level(self, account: int) -> int:
        return photograph(self.engine).levels[account]

    def wallet(self, account: int) -> int:
        return photograph(self.engine).wallets[account]

    def system(self, asset: int, name: str) -> int:
        return int(self.engine.tables.assets[asset][name])


def of(events: list[dict[str, int]], kind: E) -> list[dict[str, int]]:
    return [event for event in events if event["kind"] == kind]


def single(rate: str) -> Margin:
    return Margin(flat([(None, rate)]), flat([(None, "0.01")]))
