"""Every refusal, and which one is named when two apply. A refused command changes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.test_golden import QUIET, USD, Market, of, single

from solvent.contracts import INDEX_MAX, Listing
from solvent.engine import COMMAND, Engine, Frame, Limits
from solvent.engine import CommandKind as C
from solvent.engine import EventKind as E
from solvent.engine import Refusal as R  # noqa: N817
from solvent.ledger.tables import Header
from solvent.margin import Margin, tiered
from solvent.units import LOTS_MAX, MONEY_MAX

COIN = 10**8
BIG = 1 << 62


class Venue(Market):
    """A perpetual and its collateral, a second asset, a settled contract, people."""

    def __init__(self, policy=QUIET, limits: Limits | None = None) -> None:
        super().__init__(policy)
        if limits is not None:
            self.engine = Engine(policy, limits)
            self.usd = self.engine.add_asset("USD", exponent=6)
            self.btc = self.engine.add_asset("BTC", exponent=8)
        listing = self.engine.list_instrument
        self.alt = self.engine.add_asset("ALT", exponent=4)
        self.perp = self.linear(single("0.005"), price_max="1000000", position_max="10000")
        self.coin = listing(
            Listing("COIN", "inverse", "BTC", "BTC", tick="0.5", lot="100",
                    price_min="10000", price_max="200000", position_max="100000000"),
            single("0.005"),
        )  # fmt: skip
        self.spot = listing(
            Listing("BTC-USD", "spot", "BTC", "USD", tick="0.1", price_max="1000000",
                    position_max="1000"),
            Margin(tiered([(None, "0.05")])),
        )  # fmt: skip
        self.dated = self.linear(
            single("0.005"), symbol="BTC-MAR", price_max="1000000", expiry_ns=5
        )
        self.silent = self.linear(single("0.005"), symbol="NEVER", price_max="1000000")
        self.quanto = listing(
            Listing("ALT-Q", "linear", "ALT", "ALT", tick="1", lot="1", price_max="1000"),
            single("0.01"),
        )  # fmt: skip
        self.price((self.perp, 5_000_000), (self.coin, 100_000), (self.spot, 500_000),
                   (self.dated, 5_000_000), (self.quanto, 100))  # fmt: skip
        self.do(C.SETTLE, instrument=self.dated, a=5_000_000)
        self.rich = self.account(10**7 * USD)
        self.poor = self.account(0)
        self.child = self.account(0, other=self.poor)
        self.holder = self.account(100 * COIN, self.btc)
        self.deep = self.account(10**8 * USD)
        self.nobody = int(self.engine.tables.header[Header.ACCOUNTS])

    def in_danger(self, lots: int = 1000, ticks: int = 4_760_000) -> int:
        """A long of 1 BTC at 50,000 on 2,500, in liquidation at 47,600."""
        trader = self.account(2_500 * USD)
        self.trade(trader, self.deep, self.perp, lots, 5_000_000)
        self.price((self.perp, ticks))
        return trader


def contents(engine: Engine) -> str:
    """The digest with the number of commands taken out."""
    header = engine.tables.header
    count = int(header[Header.SEQ])
    header[Header.SEQ] = 0
    digest = engine.digest()
    header[Header.SEQ] = count
    return digest


def refused(
    venue: Market, kind: int, *, time: int | None = None, sound: bool = True, **fields: int
) -> R:
    """Apply one command, which must be refused and change nothing but the count."""
    before, count = contents(venue.engine), int(venue.engine.tables.header[Header.SEQ])
    frame = Frame()
    frame.add(kind, time=venue.time if time is None else time, **fields)
    events = venue.engine.apply(frame.array()).events
    assert events["kind"].tolist() == [E.REFUSED], events
    assert contents(venue.engine) == before
    assert venue.engine.tables.header[Header.SEQ] == count + 1
    assert events["d"][0] == kind
    assert events["account"][0] == fields.get("account", -1)
    assert events["other"][0] == fields.get("other", -1)
    assert venue.engine.audit().ok or not sound
    return R(int(events["a"][0]))


@pytest.fixture
def v() -> Venue:
    return Venue()


def test_unknown_command(v: Venue) -> None:
    for kind in (0, -1, 21, 99):
        assert refused(v, kind) == R.UNKNOWN_COMMAND


def test_time_backwards(v: Venue) -> None:
    v.time = 9
    v.do(C.TIMER)
    for kind in C:
        row = {"account": v.rich, "instrument": v.perp, "a": 5_000_001, "b": 1, "other": v.deep}
        if kind != C.PRICE:
            assert refused(v, kind, time=8, **row) == R.TIME_BACKWARDS
    assert v.do(C.TIMER) == []
    v.time = 8
    events = v.do(C.PRICE, **row)
    assert [event["a"] for event in events] == [R.TIME_BACKWARDS]
    assert v.engine.tables.instruments["mark"][v.perp] == 5_000_000


def test_snapshot_open(v: Venue) -> None:
    v.do(C.PRICE, instrument=v.perp, a=5_000_001, b=0)
    for kind in C:
        if kind != C.PRICE:
            row = {"account": v.rich, "instrument": v.perp, "a": 1, "b": 5_000_000, "other": v.deep}
            assert refused(v, kind, **row) == R.SNAPSHOT_OPEN
    # Only prices go on, and a refused last row closes the snapshot too.
    assert v.do(C.PRICE, instrument=99, a=1, b=1)[0]["a"] == R.UNKNOWN_INSTRUMENT
    assert v.do(C.DEPOSIT, account=v.rich, a=1)[0]["kind"] == E.DEPOSITED


@pytest.mark.parametrize(
    "kind",
    [C.DEPOSIT, C.WITHDRAW, C.TRANSFER, C.DEPOSIT_COLLATERAL, C.WITHDRAW_COLLATERAL, C.FILL,
     C.RESERVE, C.LEVERAGE, C.FUND_ANSWER, C.ADL_ANSWER],
)  # fmt: skip
def test_unknown_account(v: Venue, kind: C) -> None:
    house = v.system(v.usd, "outside")
    row = {"instrument": v.perp, "a": 1, "b": 5_000_000, "other": v.deep}
    for account in (v.nobody, -1, -5, BIG):
        assert refused(v, kind, account=account, **row) == R.UNKNOWN_ACCOUNT
    if kind not in (C.FUND_ANSWER, C.ADL_ANSWER):
        assert refused(v, kind, account=house, **row) == R.UNKNOWN_ACCOUNT


def test_unknown_account_on_the_other_side(v: Venue) -> None:
    fill = {"account": v.rich, "instrument": v.perp, "a": 1, "b": 5_000_000}
    house = v.system(v.usd, "fees")
    for other in (v.nobody, -1, house, v.rich):
        assert refused(v, C.FILL, other=other, **fill) == R.UNKNOWN_ACCOUNT
        if other != v.rich:
            assert refused(v, C.TRANSFER, account=v.poor, other=other, a=1) == R.UNKNOWN_ACCOUNT
    for other in (v.nobody, house):
        assert refused(v, C.OPEN_ACCOUNT, a=v.usd, other=other) == R.UNKNOWN_ACCOUNT
    assert (
        refused(v, C.ADL_ANSWER, account=v.rich, other=v.rich, instrument=0, a=1)
        == R.UNKNOWN_ACCOUNT
    )
    assert (
        refused(v, C.ADL_ANSWER, account=v.rich, other=v.nobody, instrument=0, a=1)
        == R.UNKNOWN_ACCOUNT
    )


@pytest.mark.parametrize(
    "kind",
    [C.PRICE, C.DEPOSIT_COLLATERAL, C.WITHDRAW_COLLATERAL, C.FILL, C.RESERVE, C.LEVERAGE,
     C.FUNDING, C.SETTLE, C.ADL_ANSWER],
)  # fmt: skip
def test_unknown_instrument(v: Venue, kind: C) -> None:
    for instrument in (-1, 6, BIG):
        row = {"account": v.rich, "other": v.deep, "instrument": instrument, "a": 1, "b": 1}
        assert refused(v, kind, **row) == R.UNKNOWN_INSTRUMENT


def test_unknown_asset(v: Venue) -> None:
    for asset in (-1, 3, BIG):
        assert refused(v, C.OPEN_ACCOUNT, a=asset) == R.UNKNOWN_ASSET


def test_unknown_leg(v: Venue) -> None:
    fill = {"account": v.rich, "other": v.deep, "b": 5_000_000}
    for leg in (-1, 3):
        assert refused(v, C.FILL, instrument=v.perp, leg=leg, a=1, **fill) == R.UNKNOWN_LEG
        assert refused(v, C.FILL, instrument=v.perp, d=leg, a=1, **fill) == R.UNKNOWN_LEG
        assert refused(v, C.RESERVE, account=v.rich, instrument=v.perp, leg=leg) == R.UNKNOWN_LEG
        assert refused(v, C.LEVERAGE, account=v.rich, instrument=v.perp, leg=leg) == R.UNKNOWN_LEG
    assert refused(v, C.FILL, instrument=v.spot, leg=1, a=1, **fill) == R.UNKNOWN_LEG
    # The long leg is never short, the short leg never long.
    assert refused(v, C.FILL, instrument=v.perp, leg=1, a=-1, **fill) == R.UNKNOWN_LEG
    assert refused(v, C.FILL, instrument=v.perp, leg=2, a=1, **fill) == R.UNKNOWN_LEG
    v.trade(v.rich, v.deep, v.perp, 5, 5_000_000, leg=1, d=2)
    assert refused(v, C.FILL, instrument=v.perp, leg=1, a=-6, **fill) == R.UNKNOWN_LEG
    v.trade(v.rich, v.deep, v.perp, -5, 5_000_000, leg=1, d=2)


@pytest.mark.parametrize("kind", [C.PRICE, C.FILL, C.RESERVE, C.LEVERAGE, C.FUNDING, C.SETTLE])
def test_instrument_closed(v: Venue, kind: C) -> None:
    row = {"account": v.rich, "other": v.deep, "instrument": v.dated, "a": 1, "b": 5_000_000}
    assert refused(v, kind, **row) == R.INSTRUMENT_CLOSED


def test_wrong_kind(v: Venue) -> None:
    for kind in (C.DEPOSIT_COLLATERAL, C.WITHDRAW_COLLATERAL):
        assert refused(v, kind, account=v.rich, instrument=v.perp, a=1) == R.WRONG_KIND
    for kind in (C.RESERVE, C.LEVERAGE, C.FUNDING, C.SETTLE):
        assert refused(v, kind, account=v.rich, instrument=v.spot, a=1) == R.WRONG_KIND


def test_wrong_asset(v: Venue) -> None:
    assert refused(v, C.OPEN_ACCOUNT, a=v.btc, other=v.rich) == R.WRONG_ASSET
    assert (
        refused(v, C.DEPOSIT_COLLATERAL, account=v.holder, instrument=v.spot, a=1) == R.WRONG_ASSET
    )
    row = {"account": v.holder, "other": v.deep, "instrument": v.perp, "a": 1, "b": 5_000_000}
    assert refused(v, C.FILL, **row) == R.WRONG_ASSET  # no USD priced in BTC is listed
    assert refused(v, C.FILL, **row | {"account": v.deep, "other": v.holder}) == R.WRONG_ASSET
    assert refused(v, C.RESERVE, account=v.rich, instrument=v.quanto, a=1) == R.WRONG_ASSET
    assert refused(v, C.FILL, **row | {"instrument": v.spot}) == R.WRONG_ASSET


def test_not_related(v: Venue) -> None:
    assert refused(v, C.TRANSFER, account=v.rich, other=v.poor, a=1) == R.NOT_RELATED
    assert refused(v, C.TRANSFER, account=v.rich, other=v.rich, a=1) == R.NOT_RELATED
    v.do(C.DEPOSIT, account=v.poor, a=5)
    for payer, receiver in ((v.poor, v.child), (v.child, v.poor)):
        assert v.do(C.TRANSFER, account=payer, other=receiver, a=5)[0]["kind"] == E.TRANSFERRED


def test_amount_not_positive(v: Venue) -> None:
    for a in (0, -1, -BIG):
        assert refused(v, C.DEPOSIT, account=v.rich, a=a) == R.AMOUNT_NOT_POSITIVE
        assert refused(v, C.WITHDRAW, account=v.rich, a=a) == R.AMOUNT_NOT_POSITIVE
        assert refused(v, C.TRANSFER, account=v.poor, other=v.child, a=a) == R.AMOUNT_NOT_POSITIVE
        for kind in (C.DEPOSIT_COLLATERAL, C.WITHDRAW_COLLATERAL):
            assert refused(v, kind, account=v.rich, instrument=v.spot, a=a) == R.AMOUNT_NOT_POSITIVE
    fill = {"account": v.rich, "other": v.deep, "instrument": v.perp, "b": 5_000_000}
    assert refused(v, C.FILL, a=0, **fill) == R.AMOUNT_NOT_POSITIVE
    assert refused(v, C.FILL, a=1, c=-1, **fill) == R.AMOUNT_NOT_POSITIVE
    for side in ({"a": -1}, {"b": -1}):
        assert (
            refused(v, C.RESERVE, account=v.rich, instrument=v.perp, **side)
            == R.AMOUNT_NOT_POSITIVE
        )


def test_out_of_range(v: Venue) -> None:
    limit = 10_000_000  # lots of the perpetual
    fill = {"account": v.rich, "other": v.deep, "instrument": v.perp}
    for price in (0, -1, 100_000_001, BIG):
        assert refused(v, C.FILL, a=1, b=price, **fill) == R.OUT_OF_RANGE
        assert refused(v, C.SETTLE, instrument=v.perp, a=price) == R.OUT_OF_RANGE
        assert refused(v, C.PRICE, instrument=v.perp, a=price, b=1) == R.OUT_OF_RANGE
    assert refused(v, C.PRICE, instrument=v.coin, a=19_999, b=1) == R.OUT_OF_RANGE
    for lots in (LOTS_MAX + 1, -LOTS_MAX - 1, limit + 1, -limit - 1):
        assert refused(v, C.FILL, a=lots, b=5_000_000, **fill) == R.OUT_OF_RANGE
    for side in ("a", "b"):
        row = {"account": v.rich, "instrument": v.perp, side: limit + 1}
        assert refused(v, C.RESERVE, **row) == R.OUT_OF_RANGE
    for leverage in (-1, 1001):
        row = {"account": v.rich, "instrument": v.perp, "a": leverage}
        assert refused(v, C.LEVERAGE, **row) == R.OUT_OF_RANGE
    for rate in (10**8 + 1, -(10**8) - 1):
        assert refused(v, C.FUNDING, instrument=v.perp, a=rate) == R.OUT_OF_RANGE
    collateral = {"account": v.rich, "instrument": v.spot}
    assert refused(v, C.DEPOSIT_COLLATERAL, a=1000 * COIN + 1, **collateral) == R.OUT_OF_RANGE
    v.do(C.DEPOSIT_COLLATERAL, a=999 * COIN, **collateral)
    assert refused(v, C.DEPOSIT_COLLATERAL, a=COIN + 1, **collateral) == R.OUT_OF_RANGE
    # Nobody sells a balance that is not there.
    sale = {"account": v.poor, "other": v.rich, "instrument": v.spot, "b": 500_000}
    assert refused(v, C.FILL, a=-1, **sale) == R.OUT_OF_RANGE


def test_a_position_beyond_its_limit_may_still_shrink(v: Venue) -> None:
    """The limit is on growth: a holder above it (the market) reduces."""
    market = v.engine.market_account(v.usd)
    limit = 10_000_000
    v.engine.tables.instruments["lots_max"][v.perp] = 10
    fill = {"account": v.deep, "instrument": v.perp, "b": 5_000_000, "other": market}
    for _ in range(2):
        v.do(C.FILL, a=10, **fill)
        v.engine.tables.instruments["lots_max"][v.perp] = 20
    v.engine.tables.instruments["lots_max"][v.perp] = 10
    assert refused(v, C.FILL, a=1, **fill) == R.OUT_OF_RANGE
    assert v.do(C.FILL, a=-5, **fill)[0]["kind"] == E.FILL_BOOKED
    v.engine.tables.instruments["lots_max"][v.perp] = limit


def test_overflow(v: Venue) -> None:
    assert refused(v, C.DEPOSIT, account=v.rich, a=MONEY_MAX + 1) == R.OVERFLOW
    assert refused(v, C.DEPOSIT, account=v.rich, a=MONEY_MAX) == R.OVERFLOW  # beside what is there
    fill = {"account": v.rich, "other": v.deep, "instrument": v.perp, "a": 1, "b": 5_000_000}
    assert refused(v, C.FILL, c=MONEY_MAX + 1, **fill) == R.OVERFLOW
    # A balance that a fill could push out: planted, with its opposite at OUTSIDE.
    outside = v.engine.outside_account(v.usd)
    wallets = v.engine.tables.accounts["wallet"]
    for account in (v.rich, v.deep):
        for extreme in (MONEY_MAX, -MONEY_MAX):
            kept = int(wallets[account])
            wallets[outside] -= extreme - kept
            wallets[account] = extreme
            assert refused(v, C.FILL, sound=False, **fill) == R.OVERFLOW
            wallets[outside] += extreme - kept
            wallets[account] = kept


def test_overflow_of_a_receiver_and_of_outside(v: Venue) -> None:
    wallets = v.engine.tables.accounts["wallet"]
    outside = v.engine.outside_account(v.usd)
    v.do(C.DEPOSIT, account=v.poor, a=10)
    fees = v.system(v.usd, "fees")
    wallets[v.child], wallets[fees] = MONEY_MAX - 9, -(MONEY_MAX - 9)
    assert refused(v, C.TRANSFER, account=v.poor, other=v.child, a=10) == R.OVERFLOW
    wallets[v.child], wallets[fees] = 0, 0
    kept = int(wallets[outside])
    wallets[outside], wallets[fees] = -MONEY_MAX, kept + MONEY_MAX
    assert refused(v, C.DEPOSIT, account=v.poor, a=1) == R.OVERFLOW
    wallets[outside], wallets[fees] = kept, 0
    coins = v.engine.outside_account(v.btc)
    fees = v.system(v.btc, "fees")
    kept = int(wallets[coins])
    wallets[coins], wallets[fees] = -MONEY_MAX, kept + MONEY_MAX
    row = {"account": v.rich, "instrument": v.spot, "a": 1}
    assert refused(v, C.DEPOSIT_COLLATERAL, **row) == R.OVERFLOW


def test_overflow_of_an_index(v: Venue) -> None:
    instruments = v.engine.tables.instruments
    for side, sign in (
        ("index_long", 1),
        ("index_short", 1),
        ("index_long", -1),
        ("index_short", -1),
    ):
        instruments[side][v.perp] = sign * INDEX_MAX
        assert refused(v, C.FUNDING, instrument=v.perp, a=sign * 10_000) == R.OVERFLOW
        instruments[side][v.perp] = 0


def test_a_year_of_funding_fits(v: Venue) -> None:
    """0.01 % three times a day on lots of one BTC: the bound is reached after five weeks."""
    i = v.linear(single("0.005"), symbol="WHOLE", lot="1", price_max="100000")
    v.price((i, 5_000_000))
    for _ in range(3 * 365):
        assert v.do(C.FUNDING, instrument=i, a=10_000)[0]["kind"] == E.FUNDING_SET


def test_no_price(v: Venue) -> None:
    row = {"account": v.rich, "other": v.deep, "instrument": v.silent, "a": 1, "b": 5_000_000}
    for kind in (C.FILL, C.RESERVE, C.LEVERAGE, C.FUNDING):
        assert refused(v, kind, **row) == R.NO_PRICE
    v.engine.tables.instruments["mark"][v.spot] = 0  # a conversion that has no price yet
    assert refused(v, C.RESERVE, account=v.rich, instrument=v.coin, a=1) == R.NO_PRICE
    assert refused(v, C.DEPOSIT_COLLATERAL, account=v.rich, instrument=v.spot, a=1) == R.NO_PRICE


def test_too_many_positions() -> None:
    v = Venue()
    extra = [v.linear(single("0.005"), symbol=f"X{n}") for n in range(65)]
    v.price(*((i, 5_000_000) for i in extra))
    for i in extra[:63]:
        v.trade(v.rich, v.deep, i, 1, 5_000_000)
    # A contract in a second asset needs a place for its money too.
    row = {"account": v.rich, "other": v.holder, "b": 100_000, "a": 1}
    assert refused(v, C.FILL, instrument=v.coin, **row) == R.TOO_MANY_POSITIONS
    v.trade(v.rich, v.deep, extra[63], 1, 5_000_000)
    row = {"account": v.rich, "instrument": extra[64]}
    assert refused(v, C.RESERVE, a=1, **row) == R.TOO_MANY_POSITIONS
    assert refused(v, C.LEVERAGE, a=1, **row) == R.TOO_MANY_POSITIONS
    assert refused(v, C.FILL, other=v.deep, a=1, b=5_000_000, **row) == R.TOO_MANY_POSITIONS
    assert (
        refused(v, C.DEPOSIT_COLLATERAL, account=v.rich, instrument=v.spot, a=1)
        == R.TOO_MANY_POSITIONS
    )
    v.trade(v.rich, v.deep, extra[63], 1, 5_000_000)  # a place that is there is no new one
    v.trade(v.rich, v.deep, extra[63], -2, 5_000_000)
    v.trade(v.rich, v.deep, extra[64], 1, 5_000_000)  # and a freed one may be used


def test_in_liquidation(v: Venue) -> None:
    trader = v.in_danger()
    assert refused(v, C.WITHDRAW, account=trader, a=1) == R.IN_LIQUIDATION
    child = v.account(0, other=trader)
    assert refused(v, C.TRANSFER, account=trader, other=child, a=1) == R.IN_LIQUIDATION
    slot = {"account": trader, "instrument": v.perp}
    fill = slot | {"other": v.deep, "b": 4_760_000}
    assert refused(v, C.FILL, a=1, **fill) == R.IN_LIQUIDATION
    assert refused(v, C.FILL, a=-1001, **fill) == R.IN_LIQUIDATION  # it may shrink, not flip
    assert (
        refused(v, C.FILL, account=v.deep, other=trader, instrument=v.perp, a=-1, b=4_760_000)
        == R.IN_LIQUIDATION
    )
    assert refused(v, C.RESERVE, a=1, **slot) == R.IN_LIQUIDATION
    assert refused(v, C.RESERVE, b=1, **slot) == R.IN_LIQUIDATION
    collateral = {"account": trader, "instrument": v.spot, "a": 1}
    v.do(C.DEPOSIT_COLLATERAL, **collateral)
    assert refused(v, C.WITHDRAW_COLLATERAL, **collateral) == R.IN_LIQUIDATION
    assert v.do(C.FILL, a=-1, **fill)[0]["kind"] == E.FILL_BOOKED
    assert v.do(C.FILL, a=-999, **fill)[0]["kind"] == E.FILL_BOOKED


def ordered(v: Venue) -> tuple[int, dict[str, int]]:
    trader = v.account(2_500 * USD)
    v.trade(trader, v.deep, v.perp, 1000, 5_000_000)
    order = of(v.price((v.perp, 4_760_000)), E.LIQUIDATION_ORDERED)[0]
    return trader, {"account": trader, "instrument": v.perp, "id": order["d"], "b": 4_760_000}


def test_order_unknown(v: Venue) -> None:
    _trader, fill = ordered(v)
    for change in (
        {"id": fill["id"] + 1}, {"id": 0}, {"leg": 1}, {"instrument": v.coin}, {"account": v.deep},
    ):  # fmt: skip
        for kind in (C.ORDER_FILL, C.ORDER_CLOSED):
            assert refused(v, kind, a=1, c=1, **fill | change) == R.ORDER_UNKNOWN
    for change, refusal in (
        ({"account": 999}, R.UNKNOWN_ACCOUNT),
        ({"account": -1}, R.UNKNOWN_ACCOUNT),
        ({"instrument": 77}, R.UNKNOWN_INSTRUMENT),
    ):
        assert refused(v, C.ORDER_FILL, a=1, c=1, **fill | change) == refusal
        assert refused(v, C.ORDER_CLOSED, a=1, c=1, **fill | change) == R.ORDER_UNKNOWN
    v.do(C.ORDER_CLOSED, **fill)
    assert refused(v, C.ORDER_CLOSED, **fill) == R.ORDER_UNKNOWN
    assert refused(v, C.ORDER_FILL, a=1, c=1, **fill) == R.ORDER_UNKNOWN


def test_order_late(v: Venue) -> None:
    _trader, fill = ordered(v)
    v.time = QUIET.order_deadline_ns
    v.price((v.coin, 100_000))
    v.do(C.ORDER_FILL, a=1, c=1, **fill)  # at the deadline it still counts
    v.time += 1
    v.do(C.DEPOSIT, account=v.deep, a=1)  # time passes, no judgement of everybody
    assert refused(v, C.ORDER_FILL, a=1, c=2, **fill) == R.ORDER_LATE


def test_duplicate_fill(v: Venue) -> None:
    _trader, fill = ordered(v)
    assert refused(v, C.ORDER_FILL, a=1, c=0, **fill) == R.DUPLICATE_FILL
    v.do(C.ORDER_FILL, a=1, c=5, **fill)
    for number in (5, 4, -1):
        assert refused(v, C.ORDER_FILL, a=1, c=number, **fill) == R.DUPLICATE_FILL
    v.do(C.ORDER_FILL, a=1, c=6, **fill)


def test_overfill(v: Venue) -> None:
    trader, fill = ordered(v)
    assert refused(v, C.ORDER_FILL, a=1001, c=1, **fill) == R.OVERFILL
    v.do(C.ORDER_FILL, a=400, c=1, **fill)
    assert refused(v, C.ORDER_FILL, a=601, c=2, **fill) == R.OVERFILL
    # The customer closes part beside the order: less is there than the order says.
    v.trade(trader, v.deep, v.perp, -500, 4_760_000)
    assert refused(v, C.ORDER_FILL, a=101, c=2, **fill) == R.OVERFILL
    v.do(C.ORDER_FILL, a=100, c=2, **fill)


def test_a_forced_fill_of_no_lots_or_beyond_the_price_range(v: Venue) -> None:
    _trader, fill = ordered(v)
    for a in (0, -1):
        assert refused(v, C.ORDER_FILL, a=a, c=1, **fill) == R.AMOUNT_NOT_POSITIVE
    for b in (0, 100_000_001):
        assert refused(v, C.ORDER_FILL, a=1, c=1, **fill | {"b": b}) == R.OUT_OF_RANGE


def test_a_forced_fill_that_would_leave_the_bounds(v: Venue) -> None:
    trader, fill = ordered(v)
    wallets = v.engine.tables.accounts["wallet"]
    fees = v.system(v.usd, "fees")
    for account in (trader, v.engine.market_account(v.usd)):
        kept = int(wallets[account])
        wallets[account], wallets[fees] = MONEY_MAX, kept - MONEY_MAX
        frame = Frame()
        frame.add(C.ORDER_FILL, a=1, c=1, **fill)
        assert v.engine.apply(frame.array()).events["a"].tolist() == [R.OVERFLOW]
        wallets[account], wallets[fees] = kept, 0


def test_not_requested(v: Venue) -> None:
    for kind in (C.FUND_ANSWER, C.ADL_DONE, C.SOCIALISE, C.ADL_ANSWER):
        row = {"account": v.rich, "other": v.deep, "instrument": v.perp, "a": 1}
        assert refused(v, kind, **row) == R.NOT_REQUESTED
    for kind in (C.ADL_DONE, C.SOCIALISE):
        assert refused(v, kind, account=v.nobody, a=1) == R.UNKNOWN_ACCOUNT


def test_insufficient_balance(v: Venue) -> None:
    assert refused(v, C.WITHDRAW, account=v.poor, a=1) == R.INSUFFICIENT_BALANCE
    assert refused(v, C.TRANSFER, account=v.poor, other=v.child, a=1) == R.INSUFFICIENT_BALANCE
    row = {"account": v.rich, "instrument": v.spot}
    assert refused(v, C.WITHDRAW_COLLATERAL, a=1, **row) == R.INSUFFICIENT_BALANCE
    v.do(C.DEPOSIT_COLLATERAL, a=5, **row)
    assert refused(v, C.WITHDRAW_COLLATERAL, a=6, **row) == R.INSUFFICIENT_BALANCE
    v.do(C.WITHDRAW_COLLATERAL, a=5, **row)


def test_fund_exhausted_and_answers_out_of_range(v: Venue) -> None:
    trader = v.in_danger(ticks=4_700_000)
    asked = 500 * USD
    fund = v.engine.fund_account(v.usd)
    row = {"account": trader}
    assert refused(v, C.FUND_ANSWER, a=asked, **row) == R.FUND_EXHAUSTED
    v.do(C.DEPOSIT, account=fund, a=asked - 1)
    assert refused(v, C.FUND_ANSWER, a=asked, **row) == R.FUND_EXHAUSTED
    for a in (-1, 1, asked - 1, asked + 1):  # with positions: all or nothing
        assert refused(v, C.FUND_ANSWER, a=a, **row) == R.OUT_OF_RANGE
    v.do(C.DEPOSIT, account=fund, a=1)
    assert of(v.do(C.FUND_ANSWER, a=asked, **row), E.INSURANCE_DRAWN)
    assert v.wallet(fund) == 0


def deleveraging(policy=QUIET) -> tuple[Venue, int]:
    v = Venue(replace(policy, adl=policy.adl))
    trader = v.in_danger(ticks=4_700_000)
    v.do(C.FUND_ANSWER, account=trader, a=0)
    return v, trader


def test_counterparty_unable() -> None:
    v, trader = deleveraging()
    row = {"account": trader, "instrument": v.perp}
    market = v.engine.market_account(v.usd)
    assert (
        refused(v, C.ADL_ANSWER, other=v.rich, a=1, **row) == R.COUNTERPARTY_UNABLE
    )  # holds nothing
    assert refused(v, C.ADL_ANSWER, other=market, a=1, **row) == R.COUNTERPARTY_UNABLE
    assert refused(v, C.ADL_ANSWER, other=v.system(0, "fees"), a=1, **row) == R.COUNTERPARTY_UNABLE
    assert refused(v, C.ADL_ANSWER, other=v.deep, a=1001, **row) == R.COUNTERPARTY_UNABLE
    assert (
        refused(v, C.ADL_ANSWER, other=v.deep, a=1, **row | {"instrument": v.coin})
        == R.COUNTERPARTY_UNABLE
    )
    assert refused(v, C.ADL_ANSWER, other=v.deep, a=1, d=1, **row) == R.COUNTERPARTY_UNABLE
    assert refused(v, C.ADL_ANSWER, other=v.deep, a=0, **row) == R.AMOUNT_NOT_POSITIVE
    v.trade(v.rich, v.deep, v.perp, 50, 4_700_000)  # on the same side
    assert refused(v, C.ADL_ANSWER, other=v.rich, a=1, **row) == R.COUNTERPARTY_UNABLE
    assert of(v.do(C.ADL_ANSWER, other=v.deep, a=999, **row), E.DELEVERAGED)
    assert refused(v, C.ADL_ANSWER, other=v.deep, a=2, **row) == R.COUNTERPARTY_UNABLE


def test_nobody_is_pushed_below_their_own_bankruptcy() -> None:
    """A short just above water gives up the difference between mark and the zero price."""
    v = Venue(replace(QUIET, backstop=(1, 1)))
    trader = v.account(2_500 * USD)
    weak = v.account(300 * USD)
    v.trade(trader, v.deep, v.perp, 1000, 5_000_000)
    v.price((v.perp, 4_700_000))
    v.do(C.FUND_ANSWER, account=trader, a=0)
    v.trade(v.deep, weak, v.perp, 1000, 4_700_000)
    row = {"account": trader, "instrument": v.perp, "other": weak}
    # Equity of the trader is -500: each lot closed costs the other side half a dollar.
    assert refused(v, C.ADL_ANSWER, a=601, **row) in (R.COUNTERPARTY_UNABLE,)
    assert of(v.do(C.ADL_ANSWER, a=600, **row), E.DELEVERAGED)
    assert v.engine.equity(weak) == 0


def test_counterparties_in_liquidation_are_unable() -> None:
    v = Venue()
    v.price((v.perp, 4_760_000))
    shorts = v.account(2_600 * USD)
    v.trade(v.deep, shorts, v.perp, 1000, 4_760_000)
    longs = v.account(500 * USD)
    v.trade(longs, v.deep, v.perp, 1000, 5_000_000)
    v.do(C.FUND_ANSWER, account=longs, a=0)
    v.price((v.perp, 5_020_000))  # now the short is in liquidation
    assert v.level(shorts) >= 3
    row = {"account": longs, "other": shorts, "instrument": v.perp, "a": 1}
    assert v.engine.tables.accounts_cold["request"][longs] == 2
    assert refused(v, C.ADL_ANSWER, **row) == R.COUNTERPARTY_UNABLE


def test_a_share_nobody_can_bear(v: Venue) -> None:
    """SOCIALISE: more than asked, of another asset, without holders, against the policy."""
    v.engine.set_policy(replace(QUIET, adl="none"))
    trader = v.in_danger(ticks=4_700_000)
    v.do(C.FUND_ANSWER, account=trader, a=0)
    order = {"account": trader, "instrument": v.perp, "id": 1, "b": 4_700_000, "a": 1000, "c": 1}
    v.do(C.ORDER_FILL, **order)
    v.do(C.FUND_ANSWER, account=trader, a=0)
    owed = 500 * USD
    row = {"account": trader, "instrument": v.perp}
    for a in (0, -1, owed + 1):
        assert refused(v, C.SOCIALISE, a=a, **row) == R.OUT_OF_RANGE
    for instrument in (v.coin, 77, -2):
        assert (
            refused(v, C.SOCIALISE, a=1, **row | {"instrument": instrument}) == R.UNKNOWN_INSTRUMENT
        )
    assert refused(v, C.SOCIALISE, a=1, **row | {"instrument": v.silent}) == R.COUNTERPARTY_UNABLE
    instruments = v.engine.tables.instruments
    for side, sign in (("index_long", 1), ("index_short", -1)):
        instruments[side][v.perp] = sign * INDEX_MAX
        frame = Frame()
        frame.add(C.SOCIALISE, a=owed, **row)
        assert v.engine.apply(frame.array()).events["a"].tolist() == [R.OVERFLOW]
        instruments[side][v.perp] = 0
    v.engine.tables.policy[14] = 0
    assert refused(v, C.SOCIALISE, a=1, **row) == R.COUNTERPARTY_UNABLE
    v.engine.tables.policy[14] = 1
    assert of(v.do(C.SOCIALISE, a=owed, **row), E.LOSS_SOCIALISED)


def test_below_initial_margin(v: Venue) -> None:
    trader = v.account(1_000 * USD)
    slot = {"account": trader, "instrument": v.perp}
    fill = slot | {"other": v.deep, "b": 5_000_000, "id": 1}
    assert refused(v, C.FILL, a=2001, **fill) == R.BELOW_INITIAL_MARGIN  # 1 % of 100,050
    assert refused(v, C.FILL, a=2000, c=1, **fill) == R.BELOW_INITIAL_MARGIN
    assert refused(v, C.RESERVE, a=2001, **slot) == R.BELOW_INITIAL_MARGIN
    assert refused(v, C.RESERVE, b=2001, **slot) == R.BELOW_INITIAL_MARGIN
    assert v.do(C.FILL, a=1000, **fill)[0]["kind"] == E.FILL_BOOKED
    assert refused(v, C.WITHDRAW, account=trader, a=500 * USD + 1) == R.BELOW_INITIAL_MARGIN
    child = v.account(0, other=trader)
    assert (
        refused(v, C.TRANSFER, account=trader, other=child, a=500 * USD + 1)
        == R.BELOW_INITIAL_MARGIN
    )
    assert refused(v, C.LEVERAGE, a=49, **slot) == R.BELOW_INITIAL_MARGIN
    assert v.do(C.LEVERAGE, a=50, **slot)[0]["kind"] == E.LEVERAGE_SET
    assert refused(v, C.LEVERAGE, a=10, **slot) == R.BELOW_INITIAL_MARGIN
    v.do(C.LEVERAGE, a=0, **slot)
    v.do(C.DEPOSIT_COLLATERAL, account=trader, instrument=v.spot, a=COIN)
    v.do(C.WITHDRAW, account=trader, a=1_000 * USD)
    row = {"account": trader, "instrument": v.spot}
    assert refused(v, C.WITHDRAW_COLLATERAL, a=COIN - COIN // 100, **row) == R.BELOW_INITIAL_MARGIN


def test_capacity_of_accounts() -> None:
    v = Venue(limits=Limits(accounts=24))
    assert v.nobody == 23
    v.account(0)
    assert refused(v, C.OPEN_ACCOUNT, a=v.usd) == R.CAPACITY
    assert refused(v, C.OPEN_ACCOUNT, a=v.usd, other=v.rich) == R.CAPACITY


def test_capacity_of_slots() -> None:
    v = Venue(limits=Limits(positions=6))
    row = {"account": v.rich, "instrument": v.perp}
    v.do(C.RESERVE, a=1, **row)
    v.do(C.RESERVE, a=1, account=v.deep, instrument=v.perp)
    for leg in (1, 2):
        used = int(v.engine.tables.header[Header.POSITIONS])
        if used + 4 <= 6:
            v.do(C.RESERVE, a=1, leg=leg, **row)
        else:
            assert refused(v, C.RESERVE, a=1, leg=leg, **row) == R.CAPACITY
    assert refused(v, C.DEPOSIT_COLLATERAL, account=v.deep, instrument=v.spot, a=1) == R.CAPACITY
    v.do(C.RESERVE, a=2, **row)  # what is there may change
    v.do(C.RESERVE, **row)  # and a freed place is used again
    assert (
        v.do(C.LEVERAGE, account=v.deep, instrument=v.perp, leg=1, a=3)[0]["kind"] == E.LEVERAGE_SET
    )


def test_every_refusal_has_a_test() -> None:
    """One is seen here, above, or by hand with the risk arrays, under its own name."""
    here = Path(__file__)
    files = (here, here.with_name("test_risk_arrays.py"))
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    missing = [member.name for member in R if f"R.{member.name}" not in source]
    assert missing == []


# ------------------------------------------------------------------------------------- precedence


def test_precedence_where_two_apply(v: Venue) -> None:
    """Lower values win."""
    v.time = 5
    v.do(C.TIMER)
    late = {"time": 4}
    # Of time and an open snapshot; of either and everything else.
    v.do(C.PRICE, instrument=v.perp, a=5_000_001, b=0)
    assert refused(v, C.DEPOSIT, account=v.nobody, a=0, **late) == R.TIME_BACKWARDS
    assert refused(v, C.DEPOSIT, account=v.nobody, a=0) == R.SNAPSHOT_OPEN
    v.do(C.PRICE, instrument=v.perp, a=5_000_000, b=1)
    assert refused(v, C.DEPOSIT, account=v.nobody, a=0) == R.UNKNOWN_ACCOUNT
    assert (
        refused(v, C.FILL, account=v.rich, other=v.nobody, instrument=77, a=1) == R.UNKNOWN_ACCOUNT
    )
    assert refused(v, C.RESERVE, account=v.nobody, instrument=77, leg=9, a=-1) == R.UNKNOWN_ACCOUNT
    assert refused(v, C.RESERVE, account=v.rich, instrument=77, leg=9, a=-1) == R.UNKNOWN_INSTRUMENT
    assert refused(v, C.RESERVE, account=v.rich, instrument=v.dated, leg=9, a=-1) == R.UNKNOWN_LEG
    assert refused(v, C.RESERVE, account=v.rich, instrument=v.dated, a=-1) == R.INSTRUMENT_CLOSED
    assert refused(v, C.OPEN_ACCOUNT, a=9, other=v.nobody) == R.UNKNOWN_ACCOUNT
    assert refused(v, C.OPEN_ACCOUNT, a=9, other=v.rich) == R.UNKNOWN_ASSET
    assert refused(v, C.TRANSFER, account=v.rich, other=v.poor, a=0) == R.NOT_RELATED
    assert (
        refused(v, C.WITHDRAW_COLLATERAL, account=v.holder, instrument=v.perp, a=0) == R.WRONG_KIND
    )
    assert (
        refused(v, C.WITHDRAW_COLLATERAL, account=v.holder, instrument=v.spot, a=0) == R.WRONG_ASSET
    )
    fill = {"account": v.rich, "other": v.deep, "instrument": v.perp}
    assert refused(v, C.FILL, a=1, b=0, c=MONEY_MAX + 1, **fill) == R.OUT_OF_RANGE
    assert refused(v, C.PRICE, instrument=77, a=0, b=1, **late) == R.TIME_BACKWARDS
    assert refused(v, C.PRICE, instrument=v.dated, a=0, b=1) == R.INSTRUMENT_CLOSED
    trader, order = ordered(v)
    assert refused(v, C.WITHDRAW, account=trader, a=BIG) == R.IN_LIQUIDATION
    assert refused(v, C.WITHDRAW, account=trader, a=0) == R.AMOUNT_NOT_POSITIVE
    v.time = 10 * QUIET.order_deadline_ns
    v.do(C.DEPOSIT, account=v.deep, a=1)
    assert refused(v, C.ORDER_FILL, a=9999, c=0, **order) == R.ORDER_LATE
    assert refused(v, C.ORDER_FILL, a=9999, c=0, **order | {"id": 99}) == R.ORDER_UNKNOWN


@pytest.mark.parametrize(
    ("kind", "fields", "first"),
    [
        (0, {"time": -1}, R.UNKNOWN_COMMAND),
        (C.FILL, {"other": "deep", "instrument": 77, "a": 0}, R.UNKNOWN_INSTRUMENT),
        (C.FILL, {"other": "deep", "instrument": "dated", "a": LOTS_MAX + 1}, R.INSTRUMENT_CLOSED),
        (C.RESERVE, {"instrument": "spot", "leg": 1, "a": 1}, R.UNKNOWN_LEG),
        (C.RESERVE, {"instrument": "quanto", "a": -1}, R.WRONG_ASSET),
        (C.RESERVE, {"instrument": "silent", "a": -1}, R.AMOUNT_NOT_POSITIVE),
        (C.LEVERAGE, {"instrument": "silent", "a": 9999}, R.OUT_OF_RANGE),
        (C.FUNDING, {"instrument": "silent", "a": 1 << 40}, R.OUT_OF_RANGE),
        (C.ORDER_FILL, {"account": "nobody", "instrument": 0, "a": 1}, R.UNKNOWN_ACCOUNT),
        (C.ORDER_FILL, {"instrument": 77, "a": 1}, R.UNKNOWN_INSTRUMENT),
        (C.ORDER_FILL, {"instrument": 0, "a": 0}, R.AMOUNT_NOT_POSITIVE),
        (C.ADL_ANSWER, {"other": "deep", "instrument": 0, "a": 0}, R.AMOUNT_NOT_POSITIVE),
        (C.ADL_DONE, {"account": "nobody"}, R.UNKNOWN_ACCOUNT),
        (C.SOCIALISE, {"account": "nobody", "a": 1}, R.UNKNOWN_ACCOUNT),
    ],
)
def test_the_lowest_refusal_is_named(v: Venue, kind: int, fields: dict, first: R) -> None:
    row = {"account": "rich"} | fields
    named = {key: getattr(v, x) if isinstance(x, str) else x for key, x in row.items()}
    assert refused(v, kind, **named) == first


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (C.RESERVE, {"a": (1 << 63) - 1}),
        (C.FILL, {"a": -(1 << 63), "b": 5_000_000}),
        (C.FUNDING, {"a": -(1 << 63)}),
    ],
)
def test_the_ends_of_64_bits(v: Venue, kind: C, fields: dict[str, int]) -> None:
    v.trade(v.rich, v.deep, v.perp, 1, 5_000_000)
    row = {"account": v.rich, "other": v.deep, "instrument": v.perp}
    assert refused(v, kind, **row, **fields) == R.OUT_OF_RANGE


def test_fees_stay_within_their_bound(v: Venue) -> None:
    for _ in range(9):
        account = v.account(0)
        v.do(
            C.FILL, account=account, other=v.deep, instrument=v.perp, a=1, b=5_000_000, c=MONEY_MAX
        )
        assert abs(v.wallet(v.system(v.usd, "fees"))) <= MONEY_MAX


def test_a_refused_command_does_not_move_time(v: Venue) -> None:
    assert refused(v, C.DEPOSIT, time=7, account=v.nobody, a=1) == R.UNKNOWN_ACCOUNT


def test_rows_of_another_table_are_an_error(v: Venue) -> None:
    with pytest.raises(TypeError, match="one-dimensional COMMAND table"):
        v.engine.apply(np.zeros(3, np.int64))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="2 dimensions"):
        v.engine.apply(np.zeros((2, 2), COMMAND))
