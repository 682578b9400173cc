"""Memory: tables that grow while running, stated limits, event tables that are too small."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from tests.test_golden import BTC, QUIET, USD, Market, of, single
from tests.worlds import World, to_engine, to_rows

from solvent.contracts import Listing, ListingError
from solvent.engine import (
    COMMAND,
    EVENT,
    ControlError,
    Engine,
    Frame,
    Limits,
    warm,
)
from solvent.engine import CommandKind as C
from solvent.engine import EventKind as E
from solvent.engine.listings import no_haircut
from solvent.engine.memory import grown
from solvent.ledger.tables import Header
from solvent.margin import Margin, ScheduleError, flat, tiered


def heaps_are_apart(engine: Engine) -> bool:
    """No region of a heap holds more than its room, and none overlap."""
    s = engine.tables
    used = s.heaps[: 2 * int(s.header[Header.INSTRUMENTS])]
    ends = sorted((int(h["at"]), int(h["at"] + h["capacity"])) for h in used)
    apart = all(end <= start for (_, end), (start, _) in itertools.pairwise(ends))
    return bool(apart and (used["size"] <= used["capacity"]).all())


# ------------------------------------------------------------------------------------------ growth


def test_grown() -> None:
    assert grown(64, 64, 1000) == 64
    assert grown(64, 65, 1000) == 128
    assert grown(64, 900, 1000) == 1000
    assert grown(64, 2000, 1000) == 2000


def test_accounts_slots_and_heaps_grow_while_running() -> None:
    """One frame that opens a thousand accounts with positions equals the same in single steps."""
    engines = []
    for pieces in (1, 7, 4000):
        market = Market()
        i = market.linear(single("0.005"))
        market.price((i, 5_000_000))
        frame = Frame()
        first = int(market.engine.tables.header[Header.ACCOUNTS])
        for n in range(1_000):
            frame.add(C.OPEN_ACCOUNT, a=market.usd)
            frame.add(C.DEPOSIT, account=first + n, a=(1_000 + n) * USD)
            if n % 2:
                fill = {"account": first + n, "other": first + n - 1, "instrument": i}
                frame.add(C.FILL, a=5 + n % 30, b=5_000_000, **fill)
        rows = frame.array()
        for part in np.array_split(rows, pieces):
            assert (market.engine.apply(part).events["kind"] != E.REFUSED).all()
        engines.append(market.engine)
        assert len(market.engine.tables.accounts) >= first + 1_000
        assert int(market.engine.tables.header[Header.POSITIONS]) == 1_000
        assert heaps_are_apart(market.engine)
        assert market.engine.audit().ok
    assert len({engine.digest() for engine in engines}) == 1
    one = [e.apply(price_row(i, 4_000_000)).events for e in engines]
    assert (one[0] == one[1]).all()
    assert (one[0] == one[2]).all()
    assert all(engine.audit().ok for engine in engines)


def price_row(i: int, ticks: int) -> np.ndarray:
    frame = Frame()
    frame.add(C.PRICE, instrument=i, a=ticks, b=1)
    return frame.array()


def test_instruments_and_assets_listed_while_running() -> None:
    market = Market()
    first = market.linear(single("0.005"))
    market.price((first, 5_000_000))
    a, b = market.account(10**6 * USD), market.account(10**6 * USD)
    market.trade(a, b, first, 7, 5_000_000)
    before = market.engine.equity(a)
    for n in range(40):
        asset = market.engine.add_asset(f"C{n}", 6) if n < 12 else 0
        assert market.engine.tables.assets["exponent"][asset] == 6
        i = market.linear(Margin(tiered([("50000", "0.01"), (None, "0.02")])), symbol=f"N{n}")
        market.price((i, 5_000_000))
        market.trade(a, b, i, n + 1, 5_000_000)
        market.price((first, 5_000_000 + n))
        assert market.engine.equity(a) == before + 7 * 10 * n
        assert heaps_are_apart(market.engine)
    assert market.engine.audit().ok
    assert len(market.engine.names.symbols) == 41
    assert market.engine.market_account(market.btc) == market.system(market.btc, "market")


def test_a_spot_pair_survives_the_growth_of_the_assets() -> None:
    market = Market()
    listing = Listing("BTC-USD", "spot", "BTC", "USD", tick="0.1", price_max="1000000")
    spot = market.engine.list_instrument(listing, Margin(no_haircut()))
    for n in range(9):
        market.engine.add_asset(f"C{n}", 6)
    assert market.engine.tables.conversion[market.btc, market.usd] == spot
    market.price((spot, 500_000))
    trader = market.account(1)
    market.do(C.DEPOSIT_COLLATERAL, account=trader, instrument=spot, a=BTC)
    assert market.engine.equity(trader) == 50_000 * USD + 1
    assert market.engine.buffer(trader, 2) == 50_000 * USD + 1


# ------------------------------------------------------------------------------------------ limits


def test_limits_of_assets_instruments_and_accounts() -> None:
    engine = Engine(limits=Limits(accounts=13, instruments=1, assets=2))
    engine.add_asset("USD", 6)
    with pytest.raises(ControlError, match="USD is listed already"):
        engine.add_asset("USD", 6)
    for decimals in (-1, 19):
        with pytest.raises(ControlError, match="0 to 18 decimals"):
            engine.add_asset("X", decimals)
    engine.add_asset("BTC", 8)
    with pytest.raises(ControlError, match="2 assets are listed already; the limit is 2"):
        engine.add_asset("ETH", 8)
    with pytest.raises(ControlError, match="no room for the asset's 6 system accounts"):
        Engine(limits=Limits(accounts=5)).add_asset("USD", 6)
    listing = Listing("X", "linear", "BTC", "USD", tick="0.1", lot="0.001")
    with pytest.raises(ControlError, match="asset EUR is not listed"):
        engine.list_instrument(replace(listing, settle="EUR"), single("0.01"))
    spot = replace(listing, kind="spot", base="ETH")
    with pytest.raises(ControlError, match="asset ETH is not listed"):
        engine.list_instrument(spot, single("0.01"))
    # What is refused changes nothing.
    before = engine.digest()
    with pytest.raises(ListingError):
        engine.list_instrument(replace(listing, tick="0"), single("0.01"))
    with pytest.raises(ScheduleError):
        engine.list_instrument(listing, Margin(flat([(None, "2")])))
    assert engine.digest() == before
    # The base of a derivative need not be an asset of its own.
    assert engine.list_instrument(replace(listing, base="GOLD"), single("0.01")) == 0
    with pytest.raises(ControlError, match="X is listed already"):
        engine.list_instrument(listing, single("0.01"))
    with pytest.raises(ControlError, match="1 instruments are listed already; the limit is 1"):
        engine.list_instrument(replace(listing, symbol="Y"), single("0.01"))
    frame = Frame()
    frame.add(C.OPEN_ACCOUNT, a=0)
    frame.add(C.OPEN_ACCOUNT, a=0)
    assert engine.apply(frame.array()).events["kind"].tolist() == [E.ACCOUNT_OPENED, E.REFUSED]


def test_a_pair_is_listed_once() -> None:
    market = Market()
    listing = Listing("S", "spot", "BTC", "USD", tick="0.1", price_max="1000000")
    market.engine.list_instrument(listing, Margin(no_haircut()))
    with pytest.raises(ControlError, match="this pair is listed already"):
        market.engine.list_instrument(replace(listing, symbol="T"), Margin(no_haircut()))


def test_rules_do_not_change_under_an_open_snapshot() -> None:
    market = Market()
    i = market.linear(single("0.005"))
    market.do(C.PRICE, instrument=i, a=5_000_000, b=0)
    with pytest.raises(ControlError, match="a price snapshot is open"):
        market.engine.change_margin(i, single("0.01"))
    with pytest.raises(ControlError, match="a price snapshot is open"):
        market.engine.set_policy(QUIET)


def test_margin_rules_of_an_unknown_instrument() -> None:
    market = Market()
    market.linear(single("0.005"))
    with pytest.raises(ControlError):
        market.engine.change_margin(-1, single("0.01"))


def two_assets(people: int, limits: Limits | None = None) -> tuple[Market, int, list[int]]:
    """USD accounts with a coin-settled contract each: their profit needs a second slot."""
    market = Market()
    if limits is not None:
        market.engine = Engine(QUIET, limits)
        market.usd = market.engine.add_asset("USD", exponent=6)
        market.btc = market.engine.add_asset("BTC", exponent=8)
    coin = market.engine.list_instrument(
        Listing("COIN", "inverse", "BTC", "BTC", tick="0.5", lot="100",
                price_min="10000", price_max="200000", position_max="1000000"),
        single("0.005"),
    )  # fmt: skip
    spot = market.engine.list_instrument(
        Listing("BTC-USD", "spot", "BTC", "USD", tick="0.1", price_max="200000"),
        Margin(tiered([(None, "0.05")])),
    )
    market.price((coin, 100_000), (spot, 500_000))
    accounts = [market.account(10**5 * USD) for _ in range(people)]
    for a, b in zip(accounts[::2], accounts[1::2], strict=True):
        market.trade(a, b, coin, 10, 100_000)
    return market, coin, accounts


def test_final_settlement_into_a_second_asset_makes_room_in_its_heap() -> None:
    market, coin, _accounts = two_assets(80)
    market.do(C.SETTLE, instrument=coin, a=110_000)
    assert heaps_are_apart(market.engine)


def test_final_settlement_at_the_limit_of_slots() -> None:
    market, coin, _accounts = two_assets(64, Limits(positions=68))
    market.do(C.SETTLE, instrument=coin, a=110_000)
    assert market.engine.audit().ok


def test_final_settlement_into_a_second_asset() -> None:
    market, coin, (a, b) = two_assets(2)
    events = market.do(C.SETTLE, instrument=coin, a=110_000)
    assert of(events, E.INSTRUMENT_SETTLED)[0]["b"] == 2
    gain = 10 * 100 * BTC // 50_000 - -(-10 * 100 * BTC // 55_000)
    held = {int(s["account"]): int(s["lots"]) for s in market.engine.tables.positions if s["lots"]}
    assert held[a] == gain
    assert held[b] in (-gain, -gain - 1)
    assert market.engine.audit().ok


# ------------------------------------------------------------------ event tables that are too small


def tight(engine: Engine, size: int = 16) -> None:
    """The smallest event table: everything larger has to ask for room."""
    engine._events = np.zeros(size, EVENT)


@pytest.mark.parametrize("seed", range(6))
def test_the_size_of_the_event_table_changes_nothing(seed: int) -> None:
    world = World(seed + 60, people=12)
    wide, narrow = to_engine(world), to_engine(world)
    for _ in range(160):
        entry = world.step()
        if entry[0] != "apply":
            continue
        rows = to_rows([entry[1]])
        expected = wide.apply(rows).events
        tight(narrow)
        assert (narrow.apply(rows).events == expected).all()
    assert narrow.digest() == wide.digest()


def crowd(people: int = 60, **fields: object) -> tuple[Market, int, list[int], int]:
    """Many longs against one short; `other` has deep pockets."""
    market = Market(replace(QUIET, **fields))  # type: ignore[arg-type]
    i = market.linear(single("0.005"))
    market.price((i, 5_000_000))
    other = market.account(10**9 * USD)
    accounts = [market.account(2_500 * USD) for _ in range(people)]
    for account in accounts:
        market.trade(account, other, i, 1000, 5_000_000)
    return market, i, accounts, other


def twin(market: Market) -> Market:
    double = object.__new__(Market)
    double.__dict__.update(market.__dict__)
    double.engine = Engine.restore(market.engine.checkpoint())
    return double


def same(left: Market, right: Market, rows: np.ndarray) -> list[int]:
    """Apply the rows to both, the left one with a narrow table each time."""
    tight(left.engine)
    events = left.engine.apply(rows).events
    assert (events == right.engine.apply(rows).events).all()
    assert left.engine.digest() == right.engine.digest()
    return events["kind"].tolist()


def one(kind: C, **fields: int) -> np.ndarray:
    frame = Frame()
    frame.add(kind, **fields)
    return frame.array()


def test_many_change_level_planned_and_expired_at_once() -> None:
    market, i, accounts, _other = crowd()
    double = twin(market)
    kinds = same(market, double, price_row(i, 4_760_000))
    assert kinds.count(E.LIQUIDATION_ORDERED) == len(accounts)
    late = QUIET.order_deadline_ns + 1
    kinds = same(market, double, one(C.TIMER, time=late))
    assert kinds.count(E.ORDER_EXPIRED) == len(accounts)
    assert kinds.count(E.LIQUIDATION_ORDERED) == len(accounts)
    assert kinds.index(E.LIQUIDATION_ORDERED) > kinds.count(E.ORDER_EXPIRED) - 1


def test_many_margin_calls_lapse_at_once() -> None:
    market, i, accounts, _other = crowd(warn=(3, 1), call=(2, 1), call_period_ns=10)
    double = twin(market)
    kinds = same(market, double, price_row(i, 4_790_000))
    assert kinds.count(E.MARGIN_CALLED) == len(accounts)
    assert same(market, double, one(C.TIMER, time=10)) == []
    kinds = same(market, double, one(C.TIMER, time=11))
    assert kinds == [E.MARGIN_CALL_LAPSED] * len(accounts)
    assert market.engine.tables.header[Header.CALL_DEADLINE] == 0


def test_calls_lapse_one_after_the_other() -> None:
    market, i, _accounts, other = crowd(3, warn=(3, 1), call=(2, 1), call_period_ns=10)
    market.price((i, 4_790_000))
    market.time = 5
    late = market.account(2_400 * USD)
    market.trade(late, other, i, 1000, 5_000_000)
    market.time = 11
    assert len(of(market.do(C.TIMER), E.MARGIN_CALL_LAPSED)) == 3
    assert market.engine.tables.header[Header.CALL_DEADLINE] == 15
    market.time = 16
    assert [e["account"] for e in of(market.do(C.TIMER), E.MARGIN_CALL_LAPSED)] == [late]


def test_funding_and_settlement_that_change_many_levels() -> None:
    market, i, accounts, _other = crowd()
    double = twin(market)
    kinds = same(market, double, one(C.FUNDING, instrument=i, a=5_000_000))
    assert kinds.count(E.LEVEL_CHANGED) == len(accounts)
    assert kinds.count(E.LIQUIDATION_ORDERED) == len(accounts)
    kinds = same(market, double, one(C.SETTLE, instrument=i, a=4_500_000))
    assert kinds.count(E.INSTRUMENT_SETTLED) == 1
    assert market.engine.audit().ok


@pytest.mark.parametrize(("people", "parts"), [(190, 1), (190, 4), (400, 1)])
def test_a_shared_loss_that_changes_many_levels(people: int, parts: int) -> None:
    """More than an answer has room for, or twice that; a part of it warns and liquidates nobody."""
    market, i, accounts, other = crowd(people, adl="none", warn=(3, 2))
    loser = market.account(10 * USD)
    market.trade(loser, other, i, 315 * people, 5_000_000)
    market.price((i, 4_790_000))  # the crowd is at 2,500 - 2,100 against 239.5: still healthy
    assert all(market.level(account) == 0 for account in accounts)
    market.do(C.FUND_ANSWER, account=loser, a=0)
    order = {"account": loser, "instrument": i, "id": 1, "b": 4_790_000, "a": 315 * people, "c": 1}
    market.do(C.ORDER_FILL, **order)
    market.do(C.FUND_ANSWER, account=loser, a=0)
    double = twin(market)
    rows = market.engine.answers(market.time)
    assert rows["kind"].tolist() == [C.SOCIALISE]
    deficit = int(rows["a"][0])
    rows["a"] //= parts
    kinds = same(market, double, rows)
    assert kinds.count(E.LEVEL_CHANGED) >= people
    assert kinds.count(E.LIQUIDATION_STARTED) == (people if parts == 1 else 0)
    assert market.wallet(loser) == deficit // parts - deficit


def test_a_change_of_rules_judges_everybody_at_once() -> None:
    market, i, accounts, _other = crowd()
    double = twin(market)
    tight(market.engine)
    events = market.engine.change_margin(i, single("0.06"))
    assert (events == double.engine.change_margin(i, single("0.06"))).all()
    assert events["kind"].tolist().count(E.LIQUIDATION_ORDERED) == len(accounts)
    tight(market.engine)
    events = market.engine.set_policy(replace(QUIET, inclusive=True))
    assert (events == double.engine.set_policy(replace(QUIET, inclusive=True))).all()
    assert market.engine.digest() == double.engine.digest()
    assert market.engine.audit().ok


# --------------------------------------------------------------------------------------- the frame


def test_a_frame_longer_than_a_chunk_and_read_only() -> None:
    market = Market()
    account = market.account(0)
    rows = np.zeros(70_000, COMMAND)
    rows["kind"], rows["account"], rows["a"] = C.DEPOSIT, account, 1
    rows.flags.writeable = False
    applied = market.engine.apply(rows)
    assert applied.consumed == 70_000
    assert market.wallet(account) == 70_000
    assert market.engine.apply(rows, start=69_990).consumed == 70_000
    assert market.wallet(account) == 70_010
    assert len(market.engine.apply(rows[:0]).events) == 0


def test_until_orders_stops_after_the_command_that_emitted_them() -> None:
    market, i, _accounts, _other = crowd(1)
    frame = Frame()
    for ticks in (4_900_000, 4_760_000, 4_700_000):
        frame.add(C.PRICE, instrument=i, a=ticks, b=1)
    assert len(frame) == 3
    applied = market.engine.apply(frame.array(), until_orders=True)
    assert applied.consumed == 2
    assert applied.events["kind"][-1] == E.LIQUIDATION_ORDERED
    applied = market.engine.apply(frame.array(), start=2, until_orders=True)
    assert applied.consumed == 3


def test_house_accounts_and_prices_of_positions() -> None:
    market, i, accounts, _other = crowd(2)
    assert market.engine.outside_account(market.usd) == market.system(market.usd, "outside")
    assert market.engine.fund_account(market.usd) == market.system(market.usd, "fund")
    table = market.engine.liquidation_prices()
    prices = {int(row["account"]): int(row["price"]) for row in table}
    assert prices[accounts[0]] == prices[accounts[1]] == 4_773_869
    market.price((i, 4_773_870))
    assert market.engine.buffer(accounts[0], 2) >= 0
    market.price((i, 4_773_869))
    assert market.engine.buffer(accounts[0], 2) < 0


def test_a_price_that_cannot_be_reached_is_none() -> None:
    market, i, _accounts, _other = crowd(2)
    table = market.engine.liquidation_prices()
    limit = int(market.engine.tables.instruments["price_max"][i])
    assert all(row["price"] <= limit for row in table)


@pytest.mark.parametrize("side", [1, -1])
def test_prices_of_inverse_positions(side: int) -> None:
    market = Market()
    i = market.engine.list_instrument(
        Listing("COIN", "inverse", "BTC", "BTC", tick="0.5", lot="100",
                price_min="10000", price_max="200000", position_max="1000000"),
        single("0.005"),
    )  # fmt: skip
    market.price((i, 100_000))
    trader, other = market.account(BTC // 10, market.btc), market.account(10**5 * BTC, market.btc)
    market.trade(trader, other, i, side * 1000, 100_000)
    edge = int(market.engine.liquidation_prices()["price"][0])
    market.price((i, edge + side))
    assert market.engine.buffer(trader, 2) >= 0
    market.price((i, edge))
    assert market.engine.buffer(trader, 2) < 0


def test_the_price_of_a_position_under_flat_tiers() -> None:
    market = Market()
    margin = Margin(flat([("50000", "0.01"), (None, "0.02")]), flat([(None, "0.02")]))
    i = market.linear(margin, tick="1", lot="1", price_max="1000000")
    market.price((i, 49_000))
    trader, other = market.account(2_000 * USD), market.account(10**6 * USD)
    market.trade(trader, other, i, 1, 49_000)
    edge = int(market.engine.liquidation_prices()["price"][0])
    market.price((i, edge))
    assert market.engine.buffer(trader, 2) < 0  # 47,473 is the first violated, 47,959 is said


def test_the_price_of_a_position_at_a_rate_of_one() -> None:
    market = Market()
    i = market.linear(Margin(flat([(None, "1")]), flat([(None, "1")])))
    market.price((i, 5_000_000))
    trader, other = market.account(10**6 * USD), market.account(10**6 * USD)
    market.trade(trader, other, i, 1, 5_000_000)
    assert market.engine.liquidation_prices()["price"].tolist() == [0, 0]


def test_positions_without_a_price_of_their_own_have_none() -> None:
    """Settled in another asset: 0; the market is never judged and left out."""
    market, coin, (a, _b) = two_assets(2)
    market_maker = market.engine.market_account(market.btc)
    market.trade(a, market_maker, coin, 1, 100_000)
    assert market.engine.liquidation_prices()["price"].tolist() == [0, 0]


# ------------------------------------------------------------------------------ rare, but reachable


def test_warming_runs_through_without_a_compiler() -> None:
    warm()


@pytest.mark.parametrize("shared", [False, True])
def test_a_deficit_nobody_can_share_stays_until_it_is_paid(shared: bool) -> None:
    """Policy without sharing, or no open interest left anywhere: the wallet stays negative."""
    market = Market(replace(QUIET, adl="none", socialise=shared))
    i = market.linear(single("0.005"))
    market.price((i, 5_000_000))
    loser = market.account(2_500 * USD)
    maker = market.engine.market_account(market.usd)
    market.trade(loser, maker, i, 1000, 5_000_000)
    market.price((i, 4_700_000))
    market.do(C.FUND_ANSWER, account=loser, a=0)
    order = {"account": loser, "instrument": i, "id": 1, "b": 4_700_000, "a": 1000, "c": 1}
    market.do(C.ORDER_FILL, **order)
    market.do(C.FUND_ANSWER, account=loser, a=0)
    rows = market.engine.answers()
    assert rows["instrument"].tolist() == [-1]
    events = market.engine.apply(rows).events["kind"].tolist()
    assert events[0] == E.DEFICIT_UNALLOCATED
    assert market.wallet(loser) == -500 * USD
    assert market.engine.audit().ok
    # It does not start again, and a deposit that covers it makes the account an ordinary one.
    assert not of(market.do(C.DEPOSIT, account=loser, a=499 * USD), E.LIQUIDATION_STARTED)
    market.do(C.DEPOSIT, account=loser, a=1 * USD)
    assert market.wallet(loser) == 0
    assert market.engine.tables.accounts_cold["taken_over"][loser] == 0
    assert market.level(loser) == 0


def test_several_rows_of_each_group_through_a_narrow_table() -> None:
    market, i, (a, b), _ = crowd(2)
    kinds = {
        C.FILL: {"account": a, "other": b, "instrument": i, "a": 1, "b": 5_000_000},
        C.DEPOSIT: {"account": a, "a": 3},
        C.FUNDING: {"instrument": i, "a": 5},
        C.ADL_DONE: {"account": a},  # refused, as are the next ones
        C.PRICE: {"instrument": 77, "a": 5, "b": 1},
    }
    together = Frame()
    for kind, fields in kinds.items():
        frame = Frame()
        for _ in range(29):
            frame.add(kind, **fields)
            together.add(kind, **fields)
        assert len(same(market, twin(market), frame.array())) == 29
    same(market, twin(market), together.array())


def collateral() -> tuple[Market, int, int, int]:
    market = Market()
    spot = market.engine.list_instrument(
        Listing("BTC-USD", "spot", "BTC", "USD", tick="0.1", price_max="1000000"),
        Margin(tiered([(None, "0.05")])),
    )
    market.price((spot, 500_000))
    return market, spot, market.account(1_000 * USD), market.account(10**7 * USD)


def test_a_checked_spot_fill() -> None:
    """1,000 buys balances on credit as long as 5 % of them is covered."""
    market, spot, trader, other = collateral()
    market.do(C.DEPOSIT_COLLATERAL, account=other, instrument=spot, a=10 * BTC)
    fill = {"account": trader, "other": other, "instrument": spot, "b": 500_000, "id": 1}
    assert market.do(C.FILL, a=2 * BTC // 5 + 1, **fill)[0]["kind"] == E.REFUSED
    assert market.do(C.FILL, a=2 * BTC // 5, c=1, **fill)[0]["kind"] == E.REFUSED
    assert market.do(C.FILL, a=2 * BTC // 5, **fill)[0]["kind"] == E.FILL_BOOKED
    # In debt, no collateral leaves.
    row = {"account": trader, "instrument": spot, "a": 1}
    assert market.do(C.WITHDRAW_COLLATERAL, **row)[0]["kind"] == E.REFUSED
    assert market.engine.audit().ok


def test_lots_without_requirement_are_deleveraged_at_their_value() -> None:
    market = Market()
    i = market.linear(Margin(flat([(None, "0")]), flat([(None, "0.01")])))
    market.price((i, 5_000_000))
    trader, other = market.account(2_500 * USD), market.account(10**6 * USD)
    market.trade(trader, other, i, 1000, 5_000_000)
    market.price((i, 4_700_000))
    market.do(C.FUND_ANSWER, account=trader, a=0)
    events = market.do(C.ADL_ANSWER, account=trader, other=other, instrument=i, a=400)
    assert of(events, E.DELEVERAGED)[0]["c"] == 400 * 47 * USD
    assert market.engine.audit().ok


def test_insolvent_counterparties_that_are_not_judged_yet_are_left_out() -> None:
    """Between two judgements of an interval an account may be under water and still healthy."""
    market, i, _, other = crowd(2, interval_ns=100)
    market.time = 101
    market.price((i, 5_000_000))
    short = market.account(600 * USD)
    market.trade(other, short, i, 1000, 5_000_000)
    loser = market.account(100 * USD)
    market.trade(loser, other, i, 1000, 5_070_000)
    market.do(C.FUND_ANSWER, account=loser, a=0)
    market.price((i, 5_065_000))  # not judged: the short is at -50
    assert market.engine.equity(short) < 0
    assert market.level(short) == 0
    rows = market.engine.answers()
    assert short not in rows["other"].tolist()
    assert other in rows["other"].tolist()
