"""The waterfall's rules: policies that load, transitions that are allowed, shares that sum."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import ceil
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.test_golden import QUIET, USD, Market, of, single

from solvent.contracts import Listing
from solvent.engine import CommandKind, Engine, EventKind, InvariantBroken
from solvent.engine.lifecycle import FAULT_STAGE, set_stage
from solvent.ledger.slots import find_slot
from solvent.ledger.tables import Header
from solvent.liquidation import Policy, PolicyError, pro_rata, sizing, split_deficit
from solvent.liquidation.deleveraging import SCORE_MAX, UNIT, queue_score
from solvent.liquidation.sizing import assumed_cost, helps, least_restoring, restores
from solvent.liquidation.stages import ALLOWED, ALLOWED_MASK, Stage
from solvent.margin import Margin, flat, slope, sqrt_premium, tiered
from solvent.watch import rules

# --------------------------------------------------------------------------------------- policies


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"warn": (0, 1)}, "warn factor 0/1: both parts must be greater than 0"),
        ({"call": (1, 0)}, "call factor 1/0: both parts must be greater than 0"),
        ({"backstop": (-2, 3)}, "backstop factor -2/3"),
        ({"warn": (6, 5)}, "level warn (6/5) must not be below level call (5/4)"),
        ({"call": (9, 10)}, "level call (9/10) must not be below level liquidation (1/1)"),
        ({"backstop": (4, 3)}, "level liquidation (1/1) must not be below level backstop (4/3)"),
        ({"method": "half"}, "method 'half' is unknown; use one of full, partial"),
        ({"adl": "lottery"}, "adl 'lottery' is unknown; use one of none, queue, pro_rata"),
        ({"target": (99, 100)}, "target 99/100 must be at least 1"),
        ({"target": (1, 0)}, "target 1/0 must be at least 1"),
        ({"target": ((1 << 20) + 1, 1)}, "target 1048577/1"),
        ({"close_cost_ppm": -1}, "close_cost_ppm is -1; it must be at least 0 and below 1000000"),
        ({"fee_ppm": 1_000_000}, "fee_ppm is 1000000"),
        ({"withdraw_band_ppm": 1_000_000}, "withdraw_band_ppm is 1000000"),
        ({"order_deadline_ns": -1}, "order_deadline_ns is -1; it must be between 0 and"),
        ({"interval_ns": 1 << 60}, "interval_ns is"),
        ({"call_period_ns": 1 << 60}, "call_period_ns is"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(fields, message) -> None:
    with pytest.raises(PolicyError) as error:
        Policy(**fields).row()
    assert message in str(error.value)
    with pytest.raises(PolicyError):
        Engine(Policy(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"target": (1.5, 1)},
        {"close_cost_ppm": 2.9},
        {"profit_cap": -5},
        {"profit_cap": 1 << 70},
    ],
)
def test_a_policy_of_other_numbers_is_refused(fields) -> None:
    with pytest.raises(PolicyError):
        Engine(Policy(**fields))


def test_levels_may_coincide_and_the_limits_are_inclusive() -> None:
    equal = ((1, 1),) * 4
    assert Policy(warn=(1, 1), call=(1, 1), backstop=(1, 1)).factors() == equal
    Policy(
        target=(1 << 20, 1),
        close_cost_ppm=999_999,
        fee_ppm=0,
        withdraw_band_ppm=999_999,
        order_deadline_ns=(1 << 60) - 1,
        interval_ns=0,
    ).row()


def test_a_policy_is_one_row_of_integers() -> None:
    row = Policy(
        method="full", target=(7, 5), close_cost_ppm=11, fee_ppm=12, surplus_to_fund=True,
        adl="pro_rata", adl_market=True, socialise=False, order_deadline_ns=13, inclusive=True,
        profit_cap=14, interval_ns=15, call_period_ns=16, withdraw_band_ppm=17,
        warn=(18, 1), call=(20, 2), backstop=(1, 3), scenario_initial=(22, 7),
    ).row()  # fmt: skip
    expected = {
        rules.INCLUSIVE: 1, rules.PROFIT_CAP: 14, rules.INTERVAL: 15, rules.CALL_PERIOD: 16,
        rules.WITHDRAW_BAND: 17, rules.METHOD: 0, rules.TARGET_NUM: 7, rules.TARGET_DEN: 5,
        rules.CLOSE_COST: 11, rules.FEE: 12, rules.SURPLUS_TO_FUND: 1, rules.DEADLINE: 13,
        rules.ADL: 2, rules.ADL_MARKET: 1, rules.SOCIALISE: 0,
        **dict(enumerate((18, 1, 20, 2, 1, 1, 1, 3, 22, 7, 18), rules.FACTORS)),
    }  # fmt: skip
    assert row == [expected.get(place, 0) for place in range(rules.POLICY_SIZE)]
    assert Policy().row()[rules.PROFIT_CAP] == -1
    assert [Policy(adl=name).row()[rules.ADL] for name in ("none", "queue", "pro_rata")] == [
        0,
        1,
        2,
    ]
    assert [Policy(method=name).row()[rules.METHOD] for name in ("full", "partial")] == [0, 1]


# ----------------------------------------------------------------------------------------- stages

# Written out a second time, from the drawing in the module and docs/semantics.md 6.
LEAVES = {
    "HEALTHY": "CANCELLING",
    "CANCELLING": "HEALTHY REDUCING CLOSING SELLING INSURANCE",
    "REDUCING": "HEALTHY CLOSING SELLING INSURANCE",
    "CLOSING": "HEALTHY REDUCING SELLING INSURANCE",
    "SELLING": "HEALTHY INSURANCE",
    "INSURANCE": "HEALTHY REDUCING CLOSING SELLING DELEVERAGING SOCIALISING",
    "DELEVERAGING": "HEALTHY CLOSING SELLING INSURANCE",
    "SOCIALISING": "HEALTHY",
}


@pytest.mark.parametrize(("before", "after"), list(product(Stage, Stage)))
def test_every_pair_of_stages(before: Stage, after: Stage) -> None:
    allowed = after == before or after.name in LEAVES[before.name].split()
    assert (after in ALLOWED[before] or after == before) == allowed
    assert bool(ALLOWED_MASK[before] >> after & 1) == allowed
    market = Market()
    account = market.account(0)
    tables = market.engine.tables
    tables.accounts["stage"][account] = before
    set_stage(tables, account, int(after))
    assert tables.accounts["stage"][account] == after
    assert tables.header[Header.FAULT] == (0 if allowed else FAULT_STAGE)


def test_a_transition_outside_the_table_stops_the_engine_by_name() -> None:
    market = Market()
    account = market.account(5)
    market.engine.tables.accounts["stage"][account] = Stage.SOCIALISING
    set_stage(market.engine.tables, account, int(Stage.REDUCING))
    for _ in range(2):  # and it stays stopped
        with pytest.raises(InvariantBroken, match=r"fault 1 .*liquidation stage"):
            market.do(CommandKind.TIMER)


def test_a_stopped_engine_changes_nothing() -> None:
    market = Market()
    account = market.account(5)
    market.engine.tables.header[Header.FAULT] = FAULT_STAGE
    with pytest.raises(InvariantBroken):
        market.do(CommandKind.DEPOSIT, account=account, a=7)
    assert market.wallet(account) == 5


def test_a_fault_in_planning_is_raised_at_once() -> None:
    market = Market()
    i = market.linear(single("0.005"))
    market.price((i, 5_000_000))
    trader, other = market.account(2_500 * USD), market.account(10**6 * USD)
    market.trade(trader, other, i, 1000, 5_000_000)
    order = of(market.price((i, 4_760_000)), EventKind.LIQUIDATION_ORDERED)[0]
    market.engine.tables.accounts["stage"][trader] = Stage.SOCIALISING  # planted
    fill = {"account": trader, "instrument": i, "id": order["d"], "b": 4_760_000}
    market.do(CommandKind.ORDER_CLOSED, **fill)
    with pytest.raises(InvariantBroken):
        market.do(CommandKind.TIMER)


# ----------------------------------------------------------------------------------------- shares

SIZES = st.lists(st.integers(0, 10**6), min_size=1, max_size=12)


@given(SIZES, st.integers(0, 12 * 10**6), st.randoms())
def test_pro_rata_is_fair_and_sums(sizes, lots, rng):
    names = list(range(len(sizes)))
    rng.shuffle(names)
    parts = pro_rata(lots, sizes, names)
    total = sum(sizes)
    assert sum(parts) == min(lots, total)
    for part, size in zip(parts, sizes, strict=True):
        assert 0 <= part <= size
        if total > lots:
            assert abs(part - Fraction(lots * size, total)) < 1
    if total > lots:
        rounded_up = [
            (lots * size % total, -name)
            for part, size, name in zip(parts, sizes, names, strict=True)
            if part > lots * size // total
        ]
        stayed = [
            (lots * size % total, -name)
            for part, size, name in zip(parts, sizes, names, strict=True)
            if part == lots * size // total
        ]
        assert not rounded_up or not stayed or min(rounded_up) > max(stayed)


def test_pro_rata_by_hand() -> None:
    assert pro_rata(5, [4, 4, 2], [7, 8, 9]) == [2, 2, 1]
    assert pro_rata(1, [1, 1], [9, 3]) == [0, 1]  # a tie goes to the lowest name
    assert pro_rata(10, [4, 4], [0, 1]) == [4, 4]
    assert pro_rata(8, [4, 4], [0, 1]) == [4, 4]
    assert pro_rata(0, [4, 4], [0, 1]) == [0, 0]


@given(
    st.integers(0, 10**15),
    st.dictionaries(st.integers(0, 50), st.integers(1, 10**12), min_size=1, max_size=8),
)
def test_a_split_deficit_sums_and_is_proportional(amount, liquidated):
    shares = dict(split_deficit(amount, sorted(liquidated.items())))
    total = sum(liquidated.values())
    assert sum(shares.values()) == amount
    assert list(shares) == sorted(shares)
    assert all(share > 0 for share in shares.values())
    largest = min(liquidated, key=lambda i: (-liquidated[i], i))
    for instrument, notional in liquidated.items():
        if instrument != largest:
            assert shares.get(instrument, 0) == amount * notional // total
    rest = shares.get(largest, 0) - amount * liquidated[largest] // total
    assert 0 <= rest < len(liquidated)


def test_split_deficit_by_hand() -> None:
    assert split_deficit(100, [(0, 1), (1, 2)]) == [(0, 33), (1, 67)]
    assert split_deficit(101, [(4, 5), (2, 5)]) == [(2, 51), (4, 50)]  # ties: lowest instrument
    assert split_deficit(1, [(0, 1), (1, 9)]) == [(1, 1)]  # no share of nothing
    assert split_deficit(7, []) == []


# ------------------------------------------------------------------------------------- the queue


@given(
    st.integers(-(10**12), 10**12),
    st.integers(0, 10**12),
    st.integers(0, 10**12),
    st.integers(1, 10**12),
)  # fmt: skip
def test_queue_score(profit, entry, notional, equity):
    gain = max(min(profit * UNIT // max(entry, 1), SCORE_MAX), -SCORE_MAX)
    leverage = min(notional * UNIT // equity, SCORE_MAX)
    score = queue_score(profit, entry, notional, equity)
    if gain >= 0:
        assert score == gain * leverage < 1 << 62
    else:
        assert score == -(-gain * UNIT // max(leverage, 1)) - 1 < 0


def test_queue_order() -> None:
    """Profit first, then leverage; losers last, the highly levered of them first."""
    places = [
        (profit, 100, 100, e) for profit, e in ((50, 10), (50, 50), (10, 50), (-10, 10), (-10, 50))
    ]
    scores = [queue_score(*place) for place in places]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 5


# ---------------------------------------------------------------------- which close, how much of it


def two_positions(
    cost_ppm: int, target=(11, 10), equity: int = 12_000
) -> tuple[Market, dict[str, int], list]:
    """BTC 900k at 0.5 %, ALT 100k at 10 %: R 14,500; the loss comes from a fee."""
    policy = replace(QUIET, method="partial", target=target, close_cost_ppm=cost_ppm)
    market = Market(policy)
    btc = market.linear(single("0.005"), tick="1", lot="0.01", price_max="1000000")
    alt = market.linear(single("0.1"), tick="0.01", lot="1", symbol="ALT-PERP", price_max="1000")
    market.price((btc, 50_000), (alt, 1_000))
    trader, other = market.account(20_000 * USD), market.account(10**8 * USD)
    market.trade(trader, other, btc, 1_800, 50_000)
    market.trade(trader, other, alt, 9_999, 1_000)
    events = market.trade(trader, other, alt, 1, 1_000, c=(20_000 - equity) * USD)
    assert market.engine.equity(trader) == equity * USD
    assert market.engine.requirement(trader) == 14_500 * USD
    return (
        market,
        {"btc": btc, "alt": alt, "trader": trader},
        of(events, EventKind.LIQUIDATION_ORDERED),
    )


@pytest.mark.parametrize(
    ("cost_ppm", "chosen"),
    [
        (8_000, ["alt"]),  # BTC would hurt: 7,200 > 12,000 * 4,500 / 14,500
        (20_000, ["alt"]),  # 2,000 <= 12,000 * 10,000 / 14,500
        (82_000, ["alt"]),  # 8,200 <= 8,275
        (83_000, ["btc", "alt"]),  # 8,300 > 8,275: nothing helps, everything is closed
    ],
)
def test_a_close_that_hurts_is_not_chosen(cost_ppm: int, chosen: list[str]) -> None:
    """D4 and section 0.2: a close helps iff its cost <= equity x released / requirement."""
    _market, names, orders = two_positions(cost_ppm, target=(10, 1))
    assert [o["instrument"] for o in orders] == [names[name] for name in chosen]
    for order in orders:
        assert order["a"] == -order["g"]  # ten times the requirement is out of reach: all of it
        assert (order["e"], order["f"]) == (12_000 * USD, 14_500 * USD)


def test_of_two_that_help_the_one_with_more_requirement_goes_first() -> None:
    _market, names, orders = two_positions(500)
    assert [o["instrument"] for o in orders] == [names["alt"]]
    x = -orders[0]["a"]

    def restored(closed: int) -> bool:
        kept = 12_000 * USD - ceil(Fraction(closed * 10 * USD * 500, 10**6))
        left = 4_500 * USD + (10_000 - closed) * USD
        return kept * 10 >= left * 11

    assert restored(x)
    assert not any(restored(closed) for closed in range(1, x))


def test_smallest_partial_close_of_the_golden_example() -> None:
    """G2: E 1,000, N 100,000, r 1.5 %, k 1.1, f 0.5 %: x = 56,521.739130, then 1.1 MM."""
    exact = (Fraction(11, 10) * 1_500 - 1_000) / (
        Fraction(11, 10) * Fraction(15, 1000) - Fraction(5, 1000)
    )
    assert abs(exact - Fraction("56521.739130")) < Fraction(1, 10**6)
    policy = replace(QUIET, method="partial", target=(11, 10), close_cost_ppm=5_000)
    market = Market(policy)
    i = market.linear(
        single("0.015"), tick="0.000001", lot="1", price_max="0.01", position_max="1000000000"
    )
    market.price((i, 1_000))  # lots of a thousandth
    trader, other = market.account(2_000 * USD), market.account(10**6 * USD)
    market.trade(trader, other, i, 100_000_001, 1_000)
    events = market.trade(trader, other, i, -1, 1_000, c=1_000 * USD)
    x = -of(events, EventKind.LIQUIDATION_ORDERED)[0]["a"]

    def after(closed: int) -> tuple[int, int]:
        return 1_000 * USD - ceil(closed * 5), ceil((100_000_000 - closed) * 15)

    restored = [kept * 10 >= left * 11 for kept, left in map(after, range(x - 5_000, x + 1))]
    assert restored == [False] * 5_000 + [True]
    assert x == ceil(exact * 1_000)
    assert abs(Fraction(after(x)[0], USD) - Fraction("717.391304")) < Fraction(1, 10**5)


def test_the_least_restoring_lots_when_a_lot_is_worth_one_unit() -> None:
    policy = replace(QUIET, method="partial", target=(1, 1), close_cost_ppm=5_000)
    market = Market(policy)
    i = market.linear(
        single("0.01"), tick="0.000001", lot="1", price_max="0.1", position_max="100000"
    )
    market.price((i, 1))
    trader, other = market.account(1_000), market.account(10**6 * USD)
    market.trade(trader, other, i, 6_000, 1)
    slot = int(find_slot(market.engine.tables, trader, i, 0))

    def restored(closed: int) -> bool:
        return 31 - ceil(Fraction(closed * 5, 1000)) >= ceil(Fraction(6_000 - closed, 100))

    least = next(x for x in range(1, 6_001) if restored(x))
    assert least_restoring(market.engine.tables, slot, 31, 60) == least


SMALL = {
    "tiers": tiered([("0.0005", "0.005"), ("0.001", "0.0071"), (None, "0.02")]),
    "flat": flat([("0.0005", "0.004"), ("0.0012", "0.005"), (None, "0.0071")]),
    "entry": tiered([("0.0005", "0.005"), (None, "0.03")], entry_based=True),
    "slope": slope("0.005", "0.00001", cap="0.02"),
    "sqrt": sqrt_premium("0.005", "0.0002", cap="0.01"),
}


@pytest.mark.parametrize("kind", ["linear", "inverse", "coin"])
@pytest.mark.parametrize("shape", list(SMALL))
def test_the_least_restoring_lots_when_every_unit_counts(shape: str, kind: str) -> None:
    """Lots of 1 to 9 units, the shortage a few units: roundings decide over hundreds of lots. Also
    where the assumed cost is what closing sets free (0.5 %), and converted from a second asset.
    """
    rng, seen = Random(3), set()
    for cost_ppm in (0, 4_000, 4_999, 5_000, 9_000):
        policy = replace(
            QUIET, method="partial", target=rng.choice(((1, 1), (3, 2))), close_cost_ppm=cost_ppm
        )
        market = Market(policy)
        limits = {"price_max": "1000", "position_max": "100000"}
        spot = market.engine.list_instrument(
            Listing("S", "spot", "BTC", "USD", tick="1", price_max="100000"),
            Margin(tiered([(None, "0")])),
        )
        rules_of = Margin(
            SMALL[shape], tiered([(None, "0")]), closing_fee=rng.choice(("0", "0.0007"))
        )
        if kind == "linear":
            i = market.linear(rules_of, tick="0.000001", lot="1", **limits)
        else:
            listing = Listing("C", "inverse", "BTC", "BTC", tick="1", lot="0.0001", **limits)
            i = market.engine.list_instrument(listing, rules_of)
        market.price((spot, 300), (i, rng.randint(1, 9) if kind == "linear" else 700))
        asset = market.btc if kind == "inverse" else market.usd
        trader, other = market.account(10**9, asset), market.account(10**9, asset)
        lots = rng.choice((-1, 1)) * 300
        market.trade(trader, other, i, lots, rng.randint(1, 9) if kind == "linear" else 690)
        s = market.engine.tables
        slot = int(find_slot(s, trader, i, 0))
        held = market.engine.requirement(trader)
        for equity in sorted({*range(held - 4, held), held // 2, held // 9}):
            amounts = [x for x in range(1, 301) if restores(s, slot, x, equity, held)]
            assert least_restoring(s, slot, equity, held) == (amounts[0] if amounts else 0)
            seen.add(amounts[0] if amounts else 0)
    assert len(seen) > 3


@pytest.mark.parametrize(("cost_ppm", "equity"), [(5_000, 1), (5_000, 2), (4_980, 1), (500, 10**8)])
def test_the_least_restoring_lots_of_very_many(cost_ppm: int, equity: int) -> None:
    """10^10 lots of 7 units, the shortage of a unit where closing frees what it costs: few looks."""
    policy = replace(QUIET, method="partial", target=(1, 1), close_cost_ppm=cost_ppm)
    market = Market(policy)
    i = market.linear(
        single("0.005"), tick="0.000001", lot="1", price_max="0.1", position_max="100000000000"
    )
    market.price((i, 7))
    trader, other = market.account(10**12), market.account(10**15)
    market.trade(trader, other, i, 10**10, 7)
    s = market.engine.tables
    slot = int(find_slot(s, trader, i, 0))
    held = market.engine.requirement(trader)
    looks = Counter()

    def counted(*arguments):
        looks["cost"] += 1
        return assumed_cost(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sizing, "assumed_cost", counted)
        least = least_restoring(s, slot, held - equity, held)
    assert looks["cost"] < 3_000
    if least:
        assert restores(s, slot, least, held - equity, held)
        assert not any(
            restores(s, slot, x, held - equity, held) for x in range(max(1, least - 500), least)
        )
    assert (least == 0) == (cost_ppm == 5_000)


def test_roundings_that_come_back_are_looked_at_once() -> None:
    """Closing frees 1.5 times what it costs, target 3/2: only the roundings of the first 400 lots
    decide, of a thousand million.
    """
    policy = replace(QUIET, method="partial", target=(3, 2), close_cost_ppm=7_500)
    market = Market(policy)
    i = market.linear(
        single("0.005"), tick="0.000001", lot="1", price_max="0.1", position_max="100000000000"
    )
    market.price((i, 7))
    other, found = market.account(10**15), set()
    for lots in range(10**9, 10**9 + 40, 3):
        trader = market.account(10**12)
        market.trade(trader, other, i, lots, 7)
        s = market.engine.tables
        slot = int(find_slot(s, trader, i, 0))
        held = market.engine.requirement(trader)
        for equity in ((3 * held - 1) // 2, (3 * held - 3) // 2):
            first = (x for x in range(1, 401) if restores(s, slot, x, equity, held))
            least = next(first, 0)
            assert least_restoring(s, slot, equity, held) == least
            found.add(least)
    assert len(found) > 5


TABLE = [("1000", "0.02"), ("3000", "0.05"), ("6000", "0.09"), (None, "0.15")]


@pytest.mark.parametrize("shape", ["tiers", "flat", "entry", "slope", "sqrt"])
@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("kind", ["linear", "inverse"])
def test_the_least_restoring_lots_against_every_amount(shape: str, side: int, kind: str) -> None:
    """Tier steps included: the order equals the least of all amounts that restore, or all of it."""
    schedule = {
        "tiers": tiered(TABLE),
        "flat": flat(TABLE),
        "entry": tiered(TABLE, entry_based=True),
        "slope": slope("0.02", "0.0004", cap="0.4"),
        "sqrt": sqrt_premium("0.02", "0.003", cap="0.4"),
    }[shape]
    if kind == "inverse" and shape in ("tiers", "flat", "entry"):
        schedule = (flat if shape == "flat" else tiered)(
            [(None if b is None else f"{b}/100", r) for b, r in TABLE], entry_based=shape == "entry"
        )
    seen = set()
    for cost_ppm, target, spare in product((0, 3_000), ((11, 10), (3, 2), (1, 1)), (0, 1, 3)):
        policy = replace(QUIET, method="partial", target=target, close_cost_ppm=cost_ppm)
        market = Market(policy)
        rules_of = Margin(schedule, tiered([(None, "0")]))
        if kind == "linear":
            listing = Listing(
                "X",
                "linear",
                "BTC",
                "USD",
                tick="0.01",
                lot="1",
                price_max="100",
                position_max="10000",
            )
            asset, start = market.usd, 1_000
        else:
            listing = Listing(
                "X",
                "inverse",
                "BTC",
                "BTC",
                tick="1",
                lot="10",
                price_min="10",
                price_max="1000",
                position_max="10000",
            )
            asset, start = market.btc, 100
        i = market.engine.list_instrument(listing, rules_of)
        market.price((i, start))
        trader = market.account(10**10, asset)
        other = market.account(10**14, asset)
        market.trade(trader, other, i, side * 400, start)
        need = market.engine.requirement(trader)
        fee = market.engine.equity(trader) - need + 1 + need * spare // 8
        events = market.trade(trader, other, i, -side, start, c=fee)
        orders = of(events, EventKind.LIQUIDATION_ORDERED)
        if not orders:  # one lot less had already released enough
            continue
        E, R = orders[0]["e"], orders[0]["f"]
        s = market.engine.tables
        slot = int(find_slot(s, trader, i, 0))
        amounts = [x for x in range(1, 400) if restores(s, slot, x, E, R)]
        least = amounts[0] if amounts else 399
        seen.add(least)
        assert abs(orders[0]["a"]) == (least if helps(s, slot, least, E, R) else 399)
    assert len(seen) > 3
