"""Numbers that were computed elsewhere, asked of the engine itself.

Sources: the acceptance checks of capabilities A, C, G and H (computed with exact rationals), the
counterexamples to a naive trigger index, and the five-position example of arXiv 2512.01112,
Appendix A. A liquidation price is checked as what it means: one tick on the safe side nobody is in
danger, one tick beyond they are.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest
from tests.market import BTC, QUIET, USD, Market, of, single
from tests.mirror import photograph

from solvent.contracts import Listing
from solvent.engine.commands import COMMAND
from solvent.engine.commands import CommandKind as C
from solvent.engine.events import EventKind as E
from solvent.margin import Margin, flat, tiered

BINANCE_BTC = [
    ("50000", "0.004"), ("250000", "0.005"), ("1000000", "0.01"), ("10000000", "0.025"),
    ("20000000", "0.05"), ("50000000", "0.1"), ("100000000", "0.125"), ("200000000", "0.15"),
    ("300000000", "0.25"), (None, "0.5"),
]  # fmt: skip


def alone(margin: Margin, side: int, *, wallet: int = 2_500 * USD, tick: str = "0.000001"):
    """A market with one position of 1 BTC at 50,000 and its counterparty with deep pockets."""
    market = Market()
    i = market.linear(margin, tick=tick, lot="1", price_max="100000", position_max="1000")
    start = int(Fraction(50_000) / Fraction(tick))
    market.price((i, start))
    trader, other = market.account(wallet), market.account(10**9 * USD)
    market.trade(trader, other, i, side, start)
    return market, i, trader


def crossing(market: Market, i: int, account: int, exact: Fraction, side: int, tick: Fraction):
    """The account is safe at the last tick before `exact` (or on it) and in danger one tick on."""
    edge = exact / tick
    safe = ceil(edge) if side > 0 else floor(edge)
    market.price((i, safe))
    assert market.level(account) == 0, (safe, market.engine.buffer(account, 2))
    assert market.engine.buffer(account, 2) >= 0
    market.price((i, safe - side))
    assert market.engine.buffer(account, 2) < 0
    assert market.level(account) >= 3


# --------------------------------------------------------------------- A: contracts and money


@pytest.mark.parametrize(("side", "printed"), [(1, "47619.0476"), (-1, "52631.5789")])
def test_inverse_bankruptcy_price(side: int, printed: str) -> None:
    """A1: 100,000 USD of an inverse contract at 50,000 with 0.1 BTC."""
    exact = Fraction(100_000) / (2 + side * Fraction(1, 10))
    assert abs(exact - Fraction(printed)) < Fraction(1, 10_000)
    market = Market()
    listing = Listing(
        "BTC-COIN",
        "inverse",
        "BTC",
        "BTC",
        tick="0.0001",
        lot="100",
        price_min="10000",
        price_max="200000",
        position_max="1000000",
    )
    i = market.engine.list_instrument(listing, single("0.0001"))
    market.price((i, 500_000_000))
    trader, other = market.account(BTC // 10, market.btc), market.account(10**6 * BTC, market.btc)
    market.trade(trader, other, i, side * 1000, 500_000_000)
    edge = exact * 10_000
    last = ceil(edge) if side > 0 else floor(edge)
    market.price((i, last))
    assert market.engine.equity(trader) >= 0
    market.price((i, last - side))
    # One unit of 1e-8 BTC is 0.0024 of price here, so the first negative tick is at most 25
    # further.
    market.price((i, last - 25 * side))
    assert market.engine.equity(trader) < 0
    assert market.level(trader) == 5


def test_profit_over_both_sides_sums_to_zero_over_many_fills() -> None:
    """A1: 10^5 random fills among 20 people; not one unit appears or vanishes."""
    market = Market()
    i = market.linear(single("0.005"), price_max="200000", position_max="100000")
    market.price((i, 5_000_000))
    people = [market.account(10**10 * USD) for _ in range(20)]
    rng = np.random.default_rng(1)
    n = 100_000
    rows = np.zeros(n, COMMAND)
    rows["kind"] = C.FILL
    rows["account"] = rng.choice(people, n)
    rows["other"] = people[0] + (rows["account"] - people[0] + rng.integers(1, 20, n)) % 20
    rows["instrument"] = i
    rows["a"] = rng.integers(1, 500, n) * rng.choice((-1, 1), n)
    rows["b"] = 5_000_000 + np.cumsum(rng.integers(-50, 51, n))
    events = market.engine.apply(rows).events
    assert (events["kind"] == E.FILL_BOOKED).sum() == n
    market.price((i, int(rows["b"][-1])))
    picture = photograph(market.engine)
    open_cost = sum(slot[1] for held in picture.slots for slot in held.values())
    assert sum(picture.wallets) - open_cost == 0
    assert sum(slot[0] for held in picture.slots for slot in held.values()) == 0
    assert sum(market.engine.equity(p) for p in people) == 20 * 10**10 * USD
    assert market.engine.audit().ok


def test_splitting_an_inverse_fill_moves_at_most_one_unit_a_piece() -> None:
    listing = Listing(
        "BTC-COIN",
        "inverse",
        "BTC",
        "BTC",
        tick="0.5",
        lot="100",
        price_min="10000",
        price_max="200000",
        position_max="1000000",
    )
    equities = []
    for pieces in ([700], [1] * 700):
        market = Market()
        i = market.engine.list_instrument(listing, single("0.005"))
        market.price((i, 100_003))
        a, b = (market.account(100 * BTC, market.btc) for _ in range(2))
        for lots in pieces:
            market.trade(a, b, i, lots, 100_003)
        market.price((i, 90_001))
        equities.append((market.engine.equity(a), market.engine.equity(b)))
    for whole, split in zip(*equities, strict=True):
        assert abs(whole - split) <= 700


def test_leverage_twenty_controls_fifty_thousand() -> None:
    """A5: at 20x, 2,500 controls 50,000; one unit less does not."""
    for money, accepted in ((2_500 * USD, True), (2_500 * USD - 1, False)):
        market = Market()
        i = market.linear(single("0.005"))
        market.price((i, 5_000_000))
        trader, other = market.account(money), market.account(10**6 * USD)
        market.do(C.LEVERAGE, account=trader, instrument=i, a=20)
        events = market.do(
            C.FILL, account=trader, other=other, instrument=i, a=1000, b=5_000_000, id=1
        )
        assert (events[0]["kind"] == E.FILL_BOOKED) == accepted


@pytest.mark.parametrize("rate", [10_000, -10_000, 7, -7])
def test_funding_sums_to_zero(rate: int) -> None:
    """A6: what some pay the others receive, what rounding leaves is in the pool."""
    market = Market()
    i = market.linear(single("0.005"), price_max="1000000")
    market.price((i, 5_000_000))
    people = [market.account(10**6 * USD) for _ in range(4)]
    for lots in (7, 11, 3):
        market.trade(people[lots % 3], people[3], i, lots, 5_000_000)
    before = sum(market.engine.equity(p) for p in people)
    market.do(C.FUNDING, instrument=i, a=rate)
    # Nothing is paid yet, everything is owed: payers' owed is rounded up, receivers' down.
    change = sum(market.engine.equity(p) for p in people) - before
    assert -len(people) < change <= 0
    for p in people[:3]:
        held = photograph(market.engine).slots[p]
        if held:
            market.trade(people[3], p, i, held[i, 0][0], 5_000_000)
    pool = market.wallet(market.system(market.usd, "funding"))
    assert 0 <= pool <= len(people) + 3
    assert sum(market.wallet(p) for p in people) + pool == 4 * 10**6 * USD


def test_a_premium_held_all_day_costs_its_rate_a_day() -> None:
    """A6: 0.10 % paid as 24 hourly parts costs 0.10 % of 50,000 = 50."""
    market = Market()
    i = market.linear(single("0.005"))
    market.price((i, 5_000_000))
    a, b = market.account(10**5 * USD), market.account(10**5 * USD)
    market.trade(a, b, i, 1000, 5_000_000)
    for _ in range(24):
        market.do(C.FUNDING, instrument=i, a=100_000 // 24)
    paid = 10**5 * USD - market.engine.equity(a)
    assert paid == Fraction(50_000 * USD * 24 * (100_000 // 24), 10**8)
    assert market.engine.equity(b) - 10**5 * USD == paid


# ------------------------------------------------------- C: requirements and threshold prices


def test_binance_maintenance_amounts() -> None:
    """C2: deductions that make the tiers continuous, and MM(500,000) = 3,700."""
    schedule = tiered(BINANCE_BTC)
    expected = [
        0,
        50,
        1_300,
        16_300,
        266_300,
        1_266_300,
        2_516_300,
        5_016_300,
        25_016_300,
        100_016_300,
    ]
    assert [tier.deduction for tier in schedule.tiers] == expected
    market = Market()
    i = market.linear(Margin(schedule))
    market.price((i, 5_000_000))
    a, b = market.account(10**6 * USD), market.account(10**6 * USD)
    market.trade(a, b, i, 10_000, 5_000_000)
    assert market.engine.requirement(a) == 3_700 * USD


@pytest.mark.parametrize(
    ("rate", "side", "printed"),
    [("0.0125", 1, "48101.2658"), ("0.005", 1, "47738.693467"), ("0.005", -1, "52238.805970")],
)
def test_liquidation_price_at_twenty_times(rate: str, side: int, printed: str) -> None:
    """C4 and section 0: one BTC at 50,000 on 2,500."""
    exact = Fraction(50_000 - side * 2_500) / (1 - side * Fraction(rate))
    assert abs(exact - Fraction(printed)) < Fraction(1, 10_000)
    market, i, trader = alone(single(rate), side)
    crossing(market, i, trader, exact, side, Fraction("0.000001"))


@pytest.mark.parametrize(("side", "printed"), [(1, "47857.142857"), (-1, "52368.421053")])
def test_inverse_liquidation_price(side: int, printed: str) -> None:
    """C4: coin-margined 20x with 0.5 %: long P = Q (1 + r) / (M + Q / E0)."""
    rate = Fraction(1, 200)
    exact = 100_000 * (1 + side * rate) / (2 + side * Fraction(1, 10))
    assert abs(exact - Fraction(printed)) < Fraction(1, 10**6)
    market = Market()
    # A face value of 10^8 lots makes the coin's smallest unit 1e-8 of the printed digits.
    listing = Listing(
        "BTC-COIN",
        "inverse",
        "BTC",
        "BTC",
        tick="0.001",
        lot="100",
        price_min="10000",
        price_max="200000",
        position_max="1000000",
    )
    i = market.engine.list_instrument(listing, single("0.005"))
    market.price((i, 50_000_000))
    trader, other = market.account(BTC // 10, market.btc), market.account(10**6 * BTC, market.btc)
    market.trade(trader, other, i, side * 1000, 50_000_000)
    safe = ceil(exact * 1000) if side > 0 else floor(exact * 1000)
    market.price((i, safe + 5 * side))  # two roundings of a unit of 1e-8 BTC: 0.005 of price
    assert market.level(trader) == 0
    market.price((i, safe - 5 * side))
    assert market.level(trader) >= 3


@pytest.mark.parametrize(("side", "printed"), [(1, "48353.535354"), (-1, "51613.861386")])
def test_tier_at_the_price_is_used(side: int, printed: str) -> None:
    """C4: 10 BTC on 20,000 under the ten tiers; the root lies in the 1 % tier."""
    exact = (500_000 - side * (20_000 + 1_300)) / (10 * (1 - side * Fraction(1, 100)))
    assert abs(exact - Fraction(printed)) < Fraction(1, 10**6)
    market = Market()
    i = market.linear(Margin(tiered(BINANCE_BTC)), tick="0.00001", lot="0.1", price_max="100000")
    market.price((i, 5_000_000_000))
    trader, other = market.account(20_000 * USD), market.account(10**9 * USD)
    market.trade(trader, other, i, side * 100, 5_000_000_000)
    crossing(market, i, trader, exact, side, Fraction("0.00001"))


@pytest.mark.parametrize("inclusive", [False, True])
def test_liquidation_starts_below_the_requirement_and_not_at_it(inclusive: bool) -> None:
    """C3: at E = MM nothing happens, one unit less liquidates; the inclusive switch turns it round."""
    market = Market(replace(QUIET, inclusive=inclusive))
    i = market.linear(Margin(flat([(None, "0.005")]), flat([(None, "0.005")])), tick="0.001")
    market.price((i, 50_000_000))
    trader, other = market.account(10 * USD), market.account(10**6 * USD)
    market.trade(trader, other, i, 1, 50_000_000)
    market.do(C.WITHDRAW, account=trader, a=10 * USD - 250_000 - 1)
    assert market.level(trader) == 0  # one unit above
    market.do(C.WITHDRAW, account=trader, a=1)
    assert market.engine.equity(trader) == market.engine.requirement(trader) == 250_000
    assert (market.level(trader) >= 3) == inclusive
    market.price((i, 49_999_999))  # one unit of equity less, the same requirement
    assert market.engine.equity(trader) == market.engine.requirement(trader) - 1
    assert market.level(trader) >= 3


def test_bankruptcy_price_of_twenty_times_long() -> None:
    """C6: 47,500."""
    market, i, trader = alone(single("0.005"), 1, tick="0.01")
    market.price((i, 4_750_000))
    assert market.engine.equity(trader) == 0
    assert market.level(trader) < 5
    market.price((i, 4_749_999))
    assert market.engine.equity(trader) < 0
    assert market.level(trader) == 5


def test_zero_quote_of_dydx_example() -> None:
    """C6: 1 BTC long, oracle 49,400, MMR 3 %, TNC 1,400: the bankruptcy quote is 48,000."""
    market = Market(replace(QUIET, fee_ppm=0))
    i = market.linear(single("0.03"), tick="1", lot="1", price_max="1000000")
    market.price((i, 50_000))
    trader, other = market.account(2_000 * USD), market.account(10**6 * USD)
    market.trade(trader, other, i, 1, 50_000)
    events = market.price((i, 49_400))
    assert market.engine.equity(trader) == 1_400 * USD
    assert market.engine.requirement(trader) == 1_482 * USD
    order = of(events, E.LIQUIDATION_ORDERED)[0]
    filled = market.do(
        C.ORDER_FILL, account=trader, instrument=i, id=order["d"], a=1, b=48_000, c=1
    )
    assert of(filled, E.ORDER_FILLED)[0]["d"] == 48_000 * USD
    assert market.wallet(trader) == 0


@pytest.mark.parametrize(
    ("leverage", "rate", "side", "percent"),
    [(20, "0.005", 1, "4.5226"), (20, "0.005", -1, "4.4776"), (100, "0.005", 1, "0.5025")],
)
def test_adverse_move_that_liquidates(leverage: int, rate: str, side: int, percent: str) -> None:
    """G12: long (1/L - r) / (1 - r), short (1/L - r) / (1 + r)."""
    move = (Fraction(1, leverage) - Fraction(rate)) / (1 - side * Fraction(rate))
    assert abs(move * 100 - Fraction(percent)) < Fraction(1, 20_000)
    market, i, trader = alone(single(rate), side, wallet=50_000 * USD // leverage)
    crossing(market, i, trader, 50_000 * (1 - side * move), side, Fraction("0.000001"))


def test_exhaustion_is_detected_at_the_first_crossing() -> None:
    """C9: the level changes at the first snapshot of the path below the price, not before or after."""
    market, i, trader = alone(single("0.005"), 1, tick="0.01")
    path = [4_990_000, 4_800_000, 4_773_870, 4_773_869, 4_900_000]
    levels = []
    for ticks in path:
        market.price((i, ticks))
        levels.append(market.level(trader))
    assert [level >= 3 for level in levels[:4]] == [False, False, False, True]


# ---------------------------------------------------------------------------- G: the executor


def test_smallest_partial_close() -> None:
    """G2: E 1,000, N 100,000, r 1.5 %, k 1.1, f 0.5 %: x = 56,521.739130, then E = 717.391304."""
    policy = replace(QUIET, method="partial", target=(11, 10), close_cost_ppm=5_000)
    market = Market(policy)
    i = market.linear(
        single("0.015"), tick="0.001", lot="0.001", price_max="10", position_max="1000000"
    )
    market.price((i, 1_000))
    trader, other = market.account(2_000 * USD), market.account(10**6 * USD)
    market.trade(trader, other, i, 100_000_001, 1_000)
    events = market.trade(trader, other, i, -1, 1_000, c=1_000 * USD)
    x = -of(events, E.LIQUIDATION_ORDERED)[0]["a"]
    assert x == ceil(
        Fraction(13 * 50_000_000_000, 11_500)
    )  # 56,521,739.130 lots of 0.001, rounded up
    equity = 1_000 - Fraction(x, 1000) * Fraction(5, 1000)
    held = (100_000 - Fraction(x, 1000)) * Fraction(15, 1000)
    assert equity >= Fraction(11, 10) * held
    assert abs(equity - Fraction("717.391304")) < Fraction(1, 10_000)


@pytest.mark.parametrize(
    ("close_cost_ppm", "chosen", "ratio"), [(8_000, "ALT", None), (20_000, "ALT", "2.22")]
)
def test_only_a_close_that_helps(close_cost_ppm: int, chosen: str, ratio: str | None) -> None:
    """Section 0.2: BTC 900k at 0.5 %, ALT 100k at 10 %, E 12,000.

    Closing BTC at 0.8 % lowers E/R from 0.83 to 0.48 although 0.8 % < E/N; closing ALT at 2 % lifts
    it to 2.22 although 2 % > E/N.
    """
    policy = replace(QUIET, method="partial", target=(5, 1), close_cost_ppm=close_cost_ppm)
    market = Market(policy)
    btc = market.linear(single("0.005"), tick="1", lot="0.01", price_max="1000000")
    alt = market.linear(single("0.1"), tick="0.01", lot="1", symbol="ALT-PERP", price_max="1000")
    market.price((btc, 50_000), (alt, 1_000))
    trader, other = market.account(15_000 * USD), market.account(10**8 * USD)
    market.trade(trader, other, btc, 1_800, 50_000)
    market.trade(trader, other, alt, 10_000, 1_000)
    events = market.trade(trader, other, alt, 1, 1_000, c=3_000 * USD)
    events += (
        market.trade(other, trader, alt, 1, 1_000) if not of(events, E.LIQUIDATION_ORDERED) else []
    )
    orders = of(events, E.LIQUIDATION_ORDERED)
    assert [o["instrument"] for o in orders] == [alt if chosen == "ALT" else btc]
    E0, R0 = 12_000, 4_500 + 10_000
    assert round(E0 / R0, 2) == 0.83
    assert round((E0 - Fraction(8, 1000) * 900_000) / 10_000, 2) == Fraction("0.48")
    if ratio:
        assert round((E0 - Fraction(2, 100) * 100_000) / 4_500, 2) == Fraction(ratio)
        # All of it: even closing everything that helps does not reach five times the requirement.
        assert abs(orders[0]["a"]) == orders[0]["g"]


def test_shorts_are_bought_back_and_the_sum_is_zero() -> None:
    """G1: never flips, sells longs, buys shorts."""
    market, i, trader = alone(single("0.005"), -1, tick="0.01")
    order = of(market.price((i, 5_230_000)), E.LIQUIDATION_ORDERED)[0]
    assert order["a"] == 1
    refused = market.do(
        C.ORDER_FILL, account=trader, instrument=i, id=order["d"], a=2, b=5_230_000, c=1
    )
    assert refused[0]["kind"] == E.REFUSED
    market.do(C.ORDER_FILL, account=trader, instrument=i, id=order["d"], a=1, b=5_230_000, c=1)
    assert not any(slot[0] for slot in photograph(market.engine).slots[trader].values())
    assert sum(photograph(market.engine).wallets) - sum(
        slot[1] for held in photograph(market.engine).slots for slot in held.values()
    ) == 0  # fmt: skip


def test_fee_never_takes_equity_below_zero() -> None:
    """G7: with 10 left above bankruptcy, a fee of 100 takes 10."""
    market = Market(replace(QUIET, fee_ppm=2_100))
    i = market.linear(single("0.005"), tick="0.01", lot="1")
    market.price((i, 5_000_000))
    trader, other = market.account(2_500 * USD), market.account(10**6 * USD)
    market.trade(trader, other, i, 1, 5_000_000)
    order = of(market.price((i, 4_760_000)), E.LIQUIDATION_ORDERED)[0]
    filled = market.do(
        C.ORDER_FILL, account=trader, instrument=i, id=order["d"], a=1, b=4_751_000, c=1
    )
    assert of(filled, E.ORDER_FILLED)[0]["f"] == 10 * USD
    assert market.wallet(trader) == 0
    assert market.wallet(market.system(market.usd, "fund")) == 10 * USD


# --------------------------------------------------------------------------- H: the waterfall


def test_fund_gets_what_a_fill_brings_beyond_bankruptcy() -> None:
    """H1: a long with bankruptcy 3,000 filled at 3,060 adds 60 per unit to the fund."""
    market = Market(replace(QUIET, surplus_to_fund=True))
    i = market.linear(single("0.03"), tick="1", lot="1", price_max="100000")
    market.price((i, 3_200))
    trader, other = market.account(5 * 200 * USD), market.account(10**6 * USD)
    market.trade(trader, other, i, 5, 3_200)
    order = of(market.price((i, 3_080)), E.LIQUIDATION_ORDERED)[0]
    filled = market.do(C.ORDER_FILL, account=trader, instrument=i, id=order["d"], a=5, b=3_060, c=1)
    assert of(filled, E.ORDER_FILLED)[0]["d"] == 5 * 3_000 * USD
    assert market.wallet(market.system(market.usd, "fund")) == 5 * 60 * USD


def test_a_gap_is_paid_by_the_fund_then_by_the_winners() -> None:
    """H2, H3: loss beyond the margin, first from the fund as far as it can, never below zero."""
    for fund, drawn in ((600, True), (400, False)):
        market, i, trader = alone(single("0.005"), 1, tick="0.01")
        market.do(C.DEPOSIT, account=market.system(market.usd, "fund"), a=fund * USD)
        market.price((i, 4_700_000))
        answers = market.engine.answers(market.time)
        events = market.engine.apply(answers).events
        assert bool((events["kind"] == E.INSURANCE_DRAWN).sum()) == drawn
        assert market.wallet(market.system(market.usd, "fund")) >= 0
        for _ in range(4):
            market.engine.apply(market.engine.answers(market.time))
        assert market.engine.equity(trader) == 0
        assert market.engine.audit().ok


def test_adl_example_of_bitmex() -> None:
    """H4: a bankrupt short of 20; two counterparties of 10 each are closed, ranked by profit."""
    policy = replace(QUIET, adl="queue")
    market = Market(policy)
    i = market.linear(single("0.005"), tick="1", lot="1", price_max="100000")
    market.price((i, 100))
    short = market.account(150 * USD)
    second, fifth = market.account(500 * USD), market.account(800 * USD)
    market.trade(second, short, i, 10, 100)
    market.trade(fifth, short, i, 10, 100)
    market.price((i, 120))
    seen = []
    for _ in range(4):
        seen += market.engine.apply(market.engine.answers(market.time)).events.tolist()
    closed = [row for row in seen if row[2] == E.DELEVERAGED]
    assert [row[4] for row in closed] == [second, fifth]
    assert [row[7] for row in closed] == [10, 10]
    # At the zero price of the short, 107.5, not at the mark of 120.
    assert market.wallet(short) == 0
    assert market.engine.equity(second) == (500 + 75) * USD
    assert market.engine.equity(fifth) == (800 + 75) * USD


# ----------------------------------------------------------- counterexamples to a naive index


def test_a_rising_price_can_breach_a_long_under_jumping_tiers() -> None:
    """Long 1, 1 % up to 50,000 then 2 %: buffer +200 at 50,000 and -299.02 at 50,001."""
    margin = Margin(flat([("50000", "0.01"), (None, "0.02")]), flat([(None, "0.02")]))
    market = Market()
    i = market.linear(margin, tick="1", lot="1", price_max="1000000")
    market.price((i, 50_000))
    trader, other = market.account(1_200 * USD), market.account(10**6 * USD)
    market.trade(trader, other, i, 1, 50_000, c=500 * USD)
    assert market.engine.buffer(trader, 2) == 200 * USD
    assert market.level(trader) == 0
    market.price((i, 50_001))
    assert market.engine.buffer(trader, 2) == -299_020_000
    assert market.level(trader) >= 3


def test_prices_of_one_snapshot_come_together() -> None:
    """Long 10 perpetual, short 10 quarterly, equity 30,000, both -5 %: healthy, not bankrupt."""
    market = Market()
    perp = market.linear(single("0.005"), tick="1", lot="1", price_max="1000000")
    dated = market.linear(
        single("0.005"), tick="1", lot="1", symbol="BTC-MAR", price_max="1000000", expiry_ns=1 << 50
    )
    market.price((perp, 100_000), (dated, 100_000))
    trader, other = market.account(30_000 * USD), market.account(10**9 * USD)
    market.trade(trader, other, perp, 10, 100_000)
    market.trade(trader, other, dated, -10, 100_000)
    events = market.price((perp, 95_000), (dated, 95_000))
    assert not of(events, E.LEVEL_CHANGED)
    assert market.level(trader) == 0
    assert market.engine.equity(trader) == 30_000 * USD


def test_one_rounding_keeps_the_buffer_monotone() -> None:
    """Maintenance and closing fee rounded apart gave g(2000) = 1991 and g(2001) = 1990."""
    market = Market()
    margin = Margin(flat([(None, "0.0025")]), flat([(None, "0.01")]), closing_fee="0.002")
    listing = Listing(
        "X", "linear", "BTC", "USD", tick="0.000001", lot="1", price_max="1", position_max="10"
    )
    i = market.engine.list_instrument(listing, margin)
    market.price((i, 1_000))
    trader, other = market.account(10**6), market.account(10**9)
    market.trade(trader, other, i, 1, 1_000)
    buffers = []
    for ticks in range(1_000, 3_000):
        market.price((i, ticks))
        buffers.append(market.engine.buffer(trader, 2))
    assert all(a <= b for a, b in zip(buffers, buffers[1:], strict=False))
    assert buffers[0] == 10**6 - 5  # one ceil of 4.5


def test_a_shared_loss_costs_the_holders_about_that_loss() -> None:
    """A ceil of one unit per lot on 10^12 lots would turn 1 USD into 1,000,000 USD."""
    market = Market(replace(QUIET, adl="none"))
    i = market.linear(
        single("0.005"), tick="0.000001", lot="1", price_max="0.01", position_max="1000000000000"
    )
    market.price((i, 1))
    bankrupt, other = market.account(0), market.account(10**7 * USD)
    big = market.account(10**7 * USD)
    market.trade(big, other, i, 5 * 10**11, 1)
    market.trade(bankrupt, other, i, 1_000_000, 3)  # loses 2 units a lot: 2 USD
    before = market.engine.equity(big) + market.engine.equity(other)
    for _ in range(6):
        rows = market.engine.answers(market.time)
        if len(rows):
            market.engine.apply(rows)
        for order in open_orders(market, bankrupt):
            market.do(
                C.ORDER_FILL, account=bankrupt, instrument=i, id=order[0], a=abs(order[1]), b=1, c=1
            )
    after = market.engine.equity(big) + market.engine.equity(other)
    assert market.wallet(bankrupt) == 0
    paid = before - after
    share = Fraction(10**12 + 10**6, 10**12 + 2 * 10**6)
    assert floor(2 * USD * share) - 2 <= paid <= 2 * USD + 10**12 // 2**24 + 4


def open_orders(market: Market, account: int) -> list[tuple[int, int]]:
    s, found = market.engine.tables, []
    at = int(s.accounts[account]["first"])
    while at >= 0:
        cold = s.positions_cold[at]
        if int(cold["order_lots"]):
            found.append((int(cold["order_id"]), int(cold["order_lots"])))
        at = int(s.positions[at]["next"])
    return found


def test_products_of_two_amounts_do_not_wrap() -> None:
    """Equity times requirement is about 2^100 here."""
    market = Market(replace(QUIET, method="partial", target=(11, 10), close_cost_ppm=100))
    i = market.linear(single("0.005"), tick="1", lot="1", price_max="100000", position_max="300000")
    market.price((i, 100_000))
    trader, other = market.account(10**8 * USD), market.account(10**10 * USD)
    market.trade(trader, other, i, 200_000, 100_000)
    events = market.price((i, 99_500 + 97))
    order = of(events, E.LIQUIDATION_ORDERED)
    n, E0 = 200_000 * 99_597, 10**8 - 200_000 * 403
    R = Fraction(n, 200)
    assert (E0 < R) == bool(order)
    if order:
        x = ceil(
            (R * Fraction(11, 10) - E0)
            / (Fraction(99_597, 200) * Fraction(11, 10) - Fraction(99_597, 10_000))
        )
        assert -order[0]["a"] == x


# --------------------------------------------- the five positions of arXiv 2512.01112, App. A

FIVE = {
    "A": (1, Fraction(2), 1),
    "B": (1, Fraction(2, 3), 1),
    "C": (4, Fraction(8, 3), -1),
    "D": (1, Fraction(2, 19), 1),
    "E": (1, Fraction(10, 99), -1),
}
BANKRUPTCY = {
    "A": 0,
    "B": Fraction(1, 3),
    "C": Fraction(5, 3),
    "D": Fraction(17, 19),
    "E": Fraction(109, 99),
}
LIQUIDATION = {
    "A": 0, "B": Fraction(10, 27), "C": Fraction(50, 33), "D": Fraction(170, 171), "E": Fraction(1090, 1089)
}  # fmt: skip
ONE = 62_073  # ticks of price 1: every price above is a whole number of ticks


@pytest.mark.parametrize("name", FIVE)
def test_five_positions(name: str) -> None:
    size, collateral, side = FIVE[name]
    market = Market()
    i = market.linear(
        single("0.1"), tick="0.000001", lot="1", price_max="1000", position_max="1000000"
    )
    market.price((i, ONE))
    money = collateral * ONE * 1_000
    assert money.denominator == 1
    trader, other = market.account(int(money)), market.account(10**6 * USD)
    market.trade(trader, other, i, side * size * 1_000, ONE)
    bankrupt, danger = BANKRUPTCY[name] * ONE, LIQUIDATION[name] * ONE
    if name == "A":  # nothing takes it: the price would have to be negative
        market.price((i, 1))
        assert market.level(trader) == 0
        assert market.engine.equity(trader) > 0
        return
    assert danger == int(danger)
    market.price((i, int(danger)))
    assert market.engine.buffer(trader, 2) == 0
    assert market.level(trader) == 0
    assert bankrupt == int(bankrupt)
    market.price((i, int(bankrupt)))
    assert market.engine.equity(trader) == 0
    assert market.level(trader) == 4
    market.price((i, int(bankrupt) - side))
    assert market.engine.equity(trader) == -1_000 * size
    assert market.level(trader) == 5
