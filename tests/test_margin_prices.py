"""Liquidation, bankruptcy and zero prices against every tick, and the golden numbers."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.test_golden import BINANCE_BTC

from solvent.contracts import INVERSE, LINEAR, SPOT, Contract, Listing, resolve, value
from solvent.margin import (
    Book,
    Leg,
    Schedule,
    bankruptcy_prices,
    encode,
    flat,
    liquidation_prices,
    requirement,
    slope,
    sqrt_premium,
    tiered,
    zero_price,
)
from solvent.margin.first_violation import first_violations, floor_sum
from solvent.margin.one_position import covers

USD = 10**6
HIGH = 400
PLAIN = Contract("P", LINEAR, 1, 1, Fraction(1), Fraction(1), 1, HIGH, 10**6)


def row(schedule: Schedule, **fields: object) -> tuple[int, ...]:
    return encode(schedule, PLAIN, settle_exponent=0, **fields)  # type: ignore[arg-type]


def equity(book: Book, price: int) -> int:
    return book.rest + sum(
        value(book.kind, book.k, book.k_den, leg.lots, price) - leg.cost for leg in book.legs
    )


def need(book: Book, price: int) -> int:
    return sum(
        requirement(
            leg.schedule,
            0,
            leg.lots,
            abs(value(book.kind, book.k, book.k_den, leg.lots, price)),
            abs(leg.cost),
        )
        for leg in book.legs
    )


def walked(book: Book, mark: int, *, held: bool) -> tuple[int | None, int | None]:
    """First violated tick either way, by looking at every one of them."""
    bad = {
        price
        for price in range(book.price_min, book.price_max + 1)
        if equity(book, price) < (need(book, price) if held else 0)
    }
    if mark in bad:
        return mark, mark
    down = max((p for p in bad if p < mark), default=None)
    return down, min((p for p in bad if p > mark), default=None)


FORMS = ("tiers", "flat", "slope", "sqrt", "entry")


def random_schedule(rng: Random, unit: int, form: str) -> tuple[int, ...]:
    fee = Fraction(rng.choice((0, 0, 1, 20)), 1000)
    if form == "slope":
        return row(slope("0.01", f"{rng.randint(1, 30)}/1000", cap="0.4"), closing_fee=fee)
    if form == "sqrt":
        return row(sqrt_premium("0.02", f"{rng.randint(1, 30)}/1000", cap="0.4"), closing_fee=fee)
    count = rng.randint(1, 4)
    bounds = sorted(rng.sample(range(1, 40), count - 1))
    rates = sorted(rng.sample(range(0, 400), count))
    rows = [
        (None if bound is None else str(bound * unit), f"{rate}/1000")
        for bound, rate in zip([*bounds, None], rates, strict=True)
    ]
    jumping = form == "flat"
    make = flat if jumping else tiered
    return row(make(rows, entry_based=form == "entry"), closing_fee=fee)


def random_book(rng: Random, kind: int, *, legs: int, form: str | None = None) -> tuple[Book, int]:
    k, k_den = {LINEAR: (rng.choice((1, 7, 100)), 1), INVERSE: (rng.choice((10**4, 10**6)), 1)}.get(
        kind, (rng.choice((1, 3)), rng.choice((1, 2, 7)))
    )
    mark = rng.randint(60, 250)
    sides = rng.choice(((1,), (-1,))) if legs == 1 else (1, -1)
    held, at_stake = [], 0
    for side in sides:
        lots = side * rng.randint(1, 60)
        entry = max(1, mark + rng.randint(-40, 40))
        cost = value(kind, k, k_den, lots, entry)
        notional = max(1, abs(value(kind, k, k_den, lots, mark)))
        schedule = random_schedule(rng, max(1, notional // 12), form or rng.choice(FORMS))
        held.append(Leg(lots, cost, schedule))
        at_stake += notional
    book = Book(kind, k, k_den, tuple(held), 0, 1, HIGH)
    room = need(book, mark) - equity(book, mark)
    rest = room + rng.randint(-at_stake // 20, at_stake)
    return Book(kind, k, k_den, tuple(held), rest, 1, HIGH), mark


@pytest.mark.parametrize("kind", [LINEAR, INVERSE, SPOT])
@pytest.mark.parametrize("shard", range(4))
def test_one_leg_against_every_tick(kind: int, shard: int) -> None:
    rng = Random(shard * 3 + kind)
    for _ in range(60):
        book, mark = random_book(rng, kind, legs=1)
        assert liquidation_prices(book, mark) == walked(book, mark, held=True), (book, mark)
        assert bankruptcy_prices(book, mark) == walked(book, mark, held=False), (book, mark)


@pytest.mark.parametrize("kind", [LINEAR, INVERSE])
@pytest.mark.parametrize("shard", range(4))
def test_two_legs_against_every_tick(kind: int, shard: int) -> None:
    rng = Random(100 + shard * 3 + kind)
    for _ in range(60):
        book, mark = random_book(rng, kind, legs=2)
        assert liquidation_prices(book, mark) == walked(book, mark, held=True), (book, mark)
        assert bankruptcy_prices(book, mark) == walked(book, mark, held=False), (book, mark)


def nearly_hedged(rng: Random, kind: int, k: int) -> tuple[Book, int]:
    """A long and a slightly smaller short under the same two tiers: the buffer has a summit."""
    longs = rng.randint(1, 40)
    shorts = max(1, longs - rng.randint(0, 4))
    mark = rng.randint(60, 250)
    low, high = sorted(rng.sample(range(200), 2))
    bound = rng.randint(50 * k, 4000 * k) if kind == LINEAR else rng.randint(50, 4000)
    schedule = row(tiered([(str(bound), f"{low}/1000"), (None, f"{high}/1000")]))
    legs = tuple(Leg(lots, value(kind, k, 1, lots, mark), schedule) for lots in (longs, -shorts))
    book = Book(kind, k, 1, legs, 0, 1, HIGH)
    rest = need(book, mark) + rng.randint(0, 60 * k if kind == LINEAR else 60)
    return Book(kind, k, 1, legs, rest, 1, HIGH), mark


def test_a_hedged_book_dies_in_both_directions() -> None:
    """Rates in per mille of a value in thousands: no requirement is rounded, the walk is exact."""
    rng, both = Random(7), 0
    for _ in range(400):
        book, mark = nearly_hedged(rng, LINEAR, 1000)
        found = liquidation_prices(book, mark)
        assert found == walked(book, mark, held=True), (book, mark)
        both += None not in found and found[0] != found[1]
    assert both > 10


@pytest.mark.parametrize("kind", [LINEAR, INVERSE])
def test_a_hedged_book_whose_buffer_is_nearly_flat(kind: int) -> None:
    rng = Random(5)
    for _ in range(400):
        book, mark = nearly_hedged(rng, kind, 1 if kind == LINEAR else 200)
        assert liquidation_prices(book, mark) == walked(book, mark, held=True), (book, mark)


def table_of(scale: int, rate: int, part: int = 0, fee: int = 0) -> tuple[int, ...]:
    """One row by hand: any scale, and a fraction of a unit held back."""
    return (0, 0, scale, fee, 1, 0, 0, 0, 0, 0, 0, 0, 2**60, rate, 0, part)


@pytest.mark.parametrize("kind", [LINEAR, INVERSE, SPOT])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_small_books_of_any_shape_against_every_tick(kind: int, count: int) -> None:
    """Values of a few units, rates up to more than everything, legs on any side, empty ones too."""
    rng, found = Random(10 * kind + count), set()
    for _ in range(250):
        k, k_den = rng.choice((1, 2, 5)), rng.choice((1, 1, 3, 50)) if kind == SPOT else 1
        k = rng.choice((30, 400)) if kind == INVERSE else k
        mark = rng.randint(10, 50)
        legs = []
        for _ in range(count):
            lots = rng.choice((-1, 1)) * rng.randint(0, 6)
            cost = value(kind, k, k_den, lots, mark) + rng.randint(-5, 5)
            fee = rng.choice((0, 0, 7, 600))
            low, high = sorted(rng.choices((0, 3, 100, 333, 500, 999, 1000), k=2))
            bound = rng.randint(1, 120)
            jump = rng.random() < 0.3
            over = 0 if jump else bound * (high - low)
            edge = (bound, low, 0, 0, 2**60, high, *divmod(over, 1000))
            header = (0, int(rng.random() < 0.2), 1000, fee, 2, int(jump))
            legs.append(Leg(lots, cost, (*header, 0, 0, 0, 0, 0, 0, *edge)))
        book = Book(kind, k, k_den, tuple(legs), 0, 1, 90)
        for held in (True, False):
            room = (need(book, mark) if held else 0) - equity(book, mark)
            here = book._replace(rest=room + rng.choice((-1, 0, 0, 0, 1, 2, 3, 20)))
            call = liquidation_prices if held else bankruptcy_prices
            assert call(here, mark) == walked(here, mark, held=held), (here, mark, held)
            found.add(tuple(x is None for x in call(here, mark)))
    assert len(found) == 4


@pytest.mark.parametrize("side", [1, -1])
def test_a_buffer_that_is_flat_for_ever_is_searched_without_looking_at_every_tick(
    side: int,
) -> None:
    """3 long at r, 1 short at s with 3 (1 - r) = 1 + s: the buffer without roundings is constant,
    just under one unit; it is violated where both roundings are nearly a whole one.
    """
    scale, mark = 100_003, 10**9
    seen = 0
    for r in range(50_002 - 11, 50_002):
        s = 2 * scale - 3 * r
        legs = (Leg(3, 0, table_of(scale, r, scale - 2)), Leg(-1, 0, table_of(scale, s)))
        book = Book(LINEAR, 1, 1, legs, 0, 1, 1 << 45)
        found = liquidation_prices(book, mark)[side > 0]
        assert found is not None
        ticks = range(mark + side, found + side, side)
        assert len(ticks) <= scale  # the roundings come back after `scale` ticks
        assert next(p for p in ticks if equity(book, p) < need(book, p)) == found
        seen = max(seen, len(ticks))
    assert seen > 10_000


def test_a_buffer_that_is_flat_and_never_violated() -> None:
    legs = (Leg(3, 0, table_of(1000, 500)), Leg(-1, 0, table_of(1000, 500)))
    assert liquidation_prices(Book(LINEAR, 1, 1, legs, 0, 1, 1 << 45), 10**9) == (
        10**9 - 1,
        10**9 + 1,
    )
    assert liquidation_prices(Book(LINEAR, 1, 1, legs, 1, 1, 1 << 45), 10**9) == (None, None)


@pytest.mark.parametrize("part", [0, 250_000])
def test_a_buffer_that_rises_outward_from_under_one_unit(part: int) -> None:
    """A hundredth of a unit a tick is gained upward: only the first hundred ticks can be violated."""
    legs = (Leg(30, 0, table_of(10**6, 317_171, part)), Leg(-12, 0, table_of(10**6, 706_047)))
    book = Book(LINEAR, 1, 1, legs, 0, 1, 10**12)
    bad = [p for p in range(1, 300) if equity(book, p) < need(book, p)]
    assert max(bad) < 110
    assert len(bad) > 5
    for mark in range(1, 120):
        if mark not in bad:
            above = next((p for p in bad if p > mark), None)
            below = next((p for p in reversed(bad) if p < mark), None)
            assert liquidation_prices(book, mark) == (below, above)


@given(
    st.integers(0, 200),
    st.integers(1, 10**6),
    st.integers(-(10**9), 10**9),
    st.integers(-(10**9), 10**9),
)
def test_a_sum_of_floors(count: int, divisor: int, slope: int, fixed: int) -> None:
    terms = ((slope * i + fixed) // divisor for i in range(count))
    assert floor_sum(count, divisor, slope, fixed) == sum(terms)


# ------------------------------------------------------------------------------ named situations


def one_leg(lots: int, entry: int, schedule: tuple[int, ...], rest: int, **limits: int) -> Book:
    limits = {"price_min": 1, "price_max": 10**6} | limits
    return Book(LINEAR, 1, 1, (Leg(lots, lots * entry, schedule),), rest, **limits)


def test_a_rising_price_can_breach_a_long_under_flat_tiers() -> None:
    """Long 1 from 50,000 with 1,200 - 500: 1 % up to 50,000, then 2 %."""
    book = one_leg(1, 50_000, row(flat([("50000", "0.01"), (None, "0.02")])), 700)
    assert liquidation_prices(book, 50_000) == (49_797, 50_001)
    # Far above the edge the profit pays for the higher rate again.
    assert liquidation_prices(book, 60_000) == (50_306, None)
    assert equity(book, 50_307) - need(book, 50_307) == 0


def test_violated_at_the_mark_both_sides_are_the_mark() -> None:
    book = one_leg(1, 50_000, row(flat([(None, "0.01")])), 499)
    assert liquidation_prices(book, 50_000) == (50_000, 50_000)
    assert bankruptcy_prices(book, 49_500) == (49_500, 49_500)
    assert (
        liquidation_prices(one_leg(1, 50_000, row(flat([(None, "0.01")])), 500), 50_000)[0]
        == 49_999
    )


def test_none_where_no_listed_price_violates() -> None:
    table = row(flat([(None, "0.01")]))
    rich = one_leg(1, 50_000, table, 50_000)
    assert liquidation_prices(rich, 50_000) == (None, None)
    assert bankruptcy_prices(rich, 50_000) == (None, None)
    short = one_leg(-1, 50_000, table, 10_000)
    assert liquidation_prices(short, 50_000) == (None, 59_406)
    assert liquidation_prices(one_leg(-1, 50_000, table, 10_000, price_max=59_405), 50_000) == (
        None,
        None,
    )
    long = one_leg(1, 50_000, table, 10_000)
    assert liquidation_prices(long, 50_000) == (40_404, None)
    assert liquidation_prices(one_leg(1, 50_000, table, 10_000, price_min=40_405), 50_000) == (
        None,
        None,
    )


def test_the_limits_of_the_listing_count() -> None:
    """The last tick of the range is looked at, the one beyond it is not."""
    table = row(flat([(None, "0.01")]))
    assert (
        liquidation_prices(one_leg(1, 50_000, table, 10_000, price_min=40_404), 50_000)[0] == 40_404
    )
    assert (
        liquidation_prices(one_leg(-1, 50_000, table, 10_000, price_max=59_406), 50_000)[1]
        == 59_406
    )


def test_an_empty_leg_is_harmless() -> None:
    table = row(tiered([("100", "0.01"), (None, "0.02")]))
    empty = Leg(0, 0, table)
    book = Book(LINEAR, 1, 1, (Leg(1, 50_000, table), empty), 10_000, 1, 10**6)
    alone = Book(LINEAR, 1, 1, (Leg(1, 50_000, table),), 10_000, 1, 10**6)
    assert liquidation_prices(book, 50_000) == liquidation_prices(alone, 50_000)


# --------------------------------------------------------------------------------- golden numbers

MICRO = resolve(
    Listing("B", "linear", "BTC", "USD", tick="0.000001", lot="1", price_max="1000000"),
    settle_exponent=6,
)


def golden(lots: int, wallet: int, schedule: Schedule) -> Book:
    table = encode(schedule, MICRO, settle_exponent=6)
    leg = Leg(lots, lots * 50_000 * USD, table)
    return Book(LINEAR, 1, 1, (leg,), wallet * USD, 1, MICRO.price_max)


@pytest.mark.parametrize(
    ("lots", "wallet", "safe"),
    [(10, 20_000, "48353.535354"), (-10, 20_000, "51613.861386")],
)
def test_the_tier_at_the_price_is_used(lots: int, wallet: int, safe: str) -> None:
    """C4: both roots lie in the 1 % tier of Binance's table."""
    exact = Fraction(500_000 - (1 if lots > 0 else -1) * 21_300) / (
        10 * (1 - Fraction(1 if lots > 0 else -1, 100))
    )
    assert abs(exact - Fraction(safe)) < Fraction(1, 10**6)
    found = liquidation_prices(golden(lots, wallet, tiered(BINANCE_BTC)), 50_000 * USD)
    last = int(Fraction(safe) * USD)  # printed to the tick: the last safe one
    assert found == ((last - 1, None) if lots > 0 else (None, last + 1))


def test_twenty_times_long_and_short() -> None:
    """C4 and C6: 47,738.693467, 52,238.805970 and 47,500."""
    half = flat([(None, "0.005")])
    assert liquidation_prices(golden(1, 2_500, half), 50_000 * USD) == (47_738_693_467, None)
    assert liquidation_prices(golden(-1, 2_500, half), 50_000 * USD) == (None, 52_238_805_971)
    assert bankruptcy_prices(golden(1, 2_500, half), 50_000 * USD) == (47_499_999_999, None)
    assert bankruptcy_prices(golden(-1, 2_500, half), 50_000 * USD) == (None, 52_500_000_001)


@pytest.mark.parametrize(("side", "printed"), [(1, "47857.142857"), (-1, "52368.421053")])
def test_inverse_at_twenty_times(side: int, printed: str) -> None:
    """C4: 100,000 USD face, 0.1 coin, 0.5 %. Coin units of 1e-18 make the printed digits exact."""
    exact = 100_000 * (1 + side * Fraction(1, 200)) / (2 + side * Fraction(1, 10))
    assert abs(exact - Fraction(printed)) < Fraction(1, 10**6)
    coin, ticks = 10**18, 10**6
    k = 100_000 * coin * ticks  # one lot is the whole face value
    start = 50_000 * ticks
    table = (0, 0, 200, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2**70, 1, 0, 0)
    leg = Leg(side, value(INVERSE, k, 1, side, start), table)
    book = Book(INVERSE, k, 1, (leg,), coin // 10, 10_000 * ticks, 10**6 * ticks)
    below, above = liquidation_prices(book, start)
    edge = exact * ticks
    if side > 0:
        assert (below, above) == (
            int(edge),
            None,
        )  # the tick under the root, which is no whole tick
    else:
        assert (below, above) == (None, int(edge) + 1)
    assert edge.denominator != 1


# ---------------------------------------------------------------------------------- the zero price


def test_zero_price_keeps_equity_over_requirement() -> None:
    table = row(flat([(None, "0.03")]))
    book = Book(LINEAR, 1, 1, (Leg(10, 500_000, table),), 14_000, 1, 10**6)
    price = zero_price(book, 0, 4, 49_400)
    before = Fraction(equity(book, 49_400), need(book, 49_400))
    left = Leg(6, 300_000, table)
    cash = price * 4 - 200_000
    after_book = Book(LINEAR, 1, 1, (left,), 14_000, 1, 10**6)
    after = Fraction(equity(after_book, 49_400) + cash, need(after_book, 49_400))
    assert price is not None
    assert before <= after < before + Fraction(1, 4_000)


def test_zero_price_of_the_whole_is_the_bankruptcy_price() -> None:
    """C6 (dYdX): 48,000; a short the other way round."""
    table = row(flat([(None, "0.03")]))
    long = Book(LINEAR, 1, 1, (Leg(1, 49_400, table),), 1_400, 1, 10**6)
    assert zero_price(long, 0, 1, 49_400) == 48_000
    assert bankruptcy_prices(long, 49_400)[0] == 47_999
    short = Book(LINEAR, 1, 1, (Leg(-1, -49_400, table),), 1_400, 1, 10**6)
    assert zero_price(short, 0, 1, 49_400) == 50_800
    assert bankruptcy_prices(short, 49_400)[1] == 50_801


def test_zero_price_of_one_leg_of_two() -> None:
    """Section 0.2: BTC 900k at 0.5 %, ALT 100k at 10 %, E 12,000."""
    alt = Leg(100, 100_000, row(flat([(None, "0.1")])))
    btc = Leg(900, 900_000, row(flat([(None, "0.005")])))
    book = Book(LINEAR, 1, 1, (alt, btc), 12_000, 1, 10**6)
    assert zero_price(book, 0, 100, 1_000) == Fraction(100_000 - 12_000 * 10_000 // 14_500, 100)
    assert zero_price(book, 1, 900, 1_000) == Fraction(900_000 - 12_000 * 4_500 // 14_500, 900)


def test_zero_price_of_a_spot_balance_divides_by_its_scale() -> None:
    book = Book(SPOT, 1, 4, (Leg(40, 0, row(flat([(None, "0.5")]))),), 0, 1, 10**6)
    assert zero_price(book, 0, 40, 100) == 0  # equity is its whole value
    assert zero_price(book, 0, 20, 100) == 0
    debt = Book(SPOT, 1, 4, (Leg(40, 600, row(flat([(None, "0.5")]))),), 0, 1, 10**6)
    assert zero_price(debt, 0, 20, 100) == 60  # 500 - 400 / 2 for 20 lots of a quarter


def test_zero_price_of_an_inverse_contract() -> None:
    table = row(flat([(None, "0.1")]))
    long = Book(INVERSE, 10**6, 1, (Leg(3, -30_000, table),), 5_000, 1, 10**6)
    # Value -30,000, equity 5,000: the quote is -35,000, the price 3 * 10^6 / 35,000.
    assert zero_price(long, 0, 3, 100) == Fraction(3 * 10**6, 35_000)
    short = Book(INVERSE, 10**6, 1, (Leg(-3, 30_000, table),), 5_000, 1, 10**6)
    assert zero_price(short, 0, 3, 100) == Fraction(3 * 10**6, 25_000)
    rich = Book(INVERSE, 10**6, 1, (Leg(-3, 30_000, table),), 30_000, 1, 10**6)
    assert zero_price(rich, 0, 3, 100) is None  # no price is high enough
    poor = Book(INVERSE, 10**6, 1, (Leg(3, -30_000, table),), -30_000, 1, 10**6)
    assert zero_price(poor, 0, 3, 100) is None


def test_zero_price_without_requirement() -> None:
    book = Book(LINEAR, 1, 1, (Leg(1, 100, row(flat([(None, "0")]))),), 10, 1, 10**6)
    assert zero_price(book, 0, 1, 100) is None


def test_one_position_equals_the_search_of_any_book() -> None:
    """Wide ranges, tiers a tick wide, closing fees, equity around zero: Newton against the walk."""
    rng = Random(41)
    answered = 0
    for _ in range(4_000):
        rates = sorted(rng.sample(range(0, 400), rng.randint(1, 6)))
        bounds = sorted(rng.sample(range(1, rng.choice((8, 4_000, 10**7))), len(rates) - 1))
        rows = [(str(b), f"{r}/1000") for b, r in zip([*bounds, 0], rates, strict=True)]
        schedule = tiered([*rows[:-1], (None, rows[-1][1])])
        table = row(schedule, closing_fee=Fraction(rng.choice((0, 0, 1, 30)), 1000))
        k, mark = rng.choice((1, 7)), rng.choice((rng.randint(1, 60), rng.randint(1, 10**5)))
        lots = rng.choice((-1, 1)) * rng.choice((1, rng.randint(1, 50), rng.randint(1, 5_000)))
        cost = lots * k * mark + rng.randint(-5, 5)
        room = rng.randint(-20, abs(cost) + 20)
        book = Book(LINEAR, k, 1, (Leg(lots, cost, table),), room, 1, 10**6)
        assert covers(table)
        found = liquidation_prices(book, mark)
        assert found == first_violations(book, mark, with_requirement=True), (book, mark)
        answered += found != (None, None) and found != (mark, mark)
    assert answered > 1_000


@pytest.mark.parametrize(
    "table",
    [
        row(flat([("10", "0.1"), (None, "0.2")])),
        row(slope("0.01", "0.001", cap="0.4")),
        row(tiered([("10", "0.1"), (None, "0.2")], entry_based=True)),
        row(tiered([("10", "0.1"), (None, "0.98")]), closing_fee=Fraction(2, 100)),
    ],
)
def test_other_schedules_are_left_to_the_search(table: tuple[int, ...]) -> None:
    assert not covers(table)
