"""The calculator's solver against independent arithmetic on random books.

The reference here shares nothing with the solver: marginal sums instead of deductions, bisection or
a scan of every tick instead of edges and lines. 2,000 books with CI, 100,000 in the soak.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import isqrt
from random import Random

import pytest

from solvent.contracts import Listing, resolve
from solvent.margin import Book, encode, flat, liquidation_prices, tiered
from solvent.margin import Leg as EngineLeg
from solvent.venues.preset import Rules, Table, TierRow
from solvent.venues.solver.evaluate import evaluate
from solvent.venues.solver.model import Leg, Pool
from solvent.venues.solver.solve import Crossing, crossings

F = Fraction
USD = F(1, 10**6)
CI, SOAK = 2_000, 100_000


@dataclass
class Draws:
    """Draws of one kind of book, all from one seed."""

    rng: Random

    def rate(self) -> Fraction:
        return F(self.rng.randint(1, 60), 1000)

    def table(self, shape: str, scale: Fraction) -> Table:
        if shape == "slope":
            grown = F(self.rng.randint(0, 50), 100_000)
            return Table("t", "slope", "s", unit="size", base=self.rate(), per_size=grown)
        if shape == "sqrt":
            grown = F(self.rng.randint(0, 50), 100_000)
            return Table("t", "sqrt", "s", base=self.rate(), per_size=grown)
        rows = self.rng.randint(1, 5)
        near = range(17, 26) if shape == "flat" else range(1, 60)
        bounds = sorted(self.rng.sample(near, rows - 1))
        rates = sorted(self.rng.sample(range(1, 300), rows))
        return Table(
            "t",
            "flat" if shape == "flat" else "deduction",
            "s",
            rows=tuple(
                TierRow(F(b) * scale if b else None, F(r, 1000))
                for b, r in zip([*bounds, None], rates, strict=True)
            ),
        )


def book(rng: Random, shapes: tuple[str, ...], inverse: bool, legs: int) -> Pool:
    draw = Draws(rng)
    mark = F(rng.randint(200, 4000), 10)
    made = []
    for _ in range(legs):
        size = F(rng.randint(1, 400), 1 if inverse else 10)
        worth = size / mark if inverse else size * mark
        scale = F(max(1, int(worth * 100)), 2000)
        side, table = rng.choice((1, -1)), draw.table(rng.choice(shapes), scale)
        made.append(
            leg_of(rng, side, size, mark * F(rng.randint(80, 120), 100), mark, table, inverse)
        )
    rules = rules_of(rng)
    worth = sum(leg.size / mark if inverse else leg.size * mark for leg in made)
    wallet = worth * F(rng.randint(1, 120), 100)
    wallet -= sum((leg.value(mark) - leg.cost for leg in made), F(0)) * rng.choice((0, 1))
    return Pool(rules, F(int(wallet * 10**6), 10**6), tuple(made), unit=None if inverse else USD)


def hedged_book(rng: Random) -> Pool:
    """Both sides at once, nearly equal; low rates here and high ones further out: it loses its net
    side one way, and its requirement outgrows it the other way.
    """
    mark, size = F(rng.randint(200, 4000), 10), rng.randint(50, 400)
    low, side = F(rng.randint(1, 10), 1000), rng.choice((1, -1))
    rules, legs = replace(rules_of(rng), maintenance="mark"), []
    for lots, way in ((size, side), (size * rng.randint(80, 95) // 100, -side)):
        worth = F(lots, 10) * mark
        rows = [
            TierRow(worth * F(rng.randint(21, 30), 20), low),
            TierRow(None, F(rng.randint(3, 9), 10)),
        ]
        table = Table("t", "deduction", "s", rows=tuple(rows))
        legs.append(leg_of(rng, way, F(lots, 10), mark, mark, table, False))
    spare = F(size, 10) * mark * F(rng.randint(1, 8), 100)
    pool = Pool(rules, F(0), tuple(legs), unit=USD)
    return replace(pool, wallet=F(int((spare - headroom(pool, mark)) * 10**6), 10**6))


def leg_of(
    rng: Random,
    side: int,
    size: Fraction,
    entry: Fraction,
    mark: Fraction,
    table: Table,
    inverse: bool,
) -> Leg:
    return Leg(
        "X",
        "inverse" if inverse else "linear",
        side,
        size,
        entry,
        mark,
        table,
        taker_fee=F(rng.randint(0, 8), 10_000),
        lot=F(1) if inverse else F(1, 10),
        tick=F(1, 10),
    )


def rules_of(rng: Random) -> Rules:
    return Rules(
        "r",
        maintenance=rng.choice(("mark", "mark", "entry")),
        closing_fee=rng.choice(("none", "mark")),
        strict=rng.random() < 0.7,
    )


# ---------------------------------------------------------------------------- an independent oracle


def marginal(table: Table, amount: Fraction) -> Fraction:
    """The tiers' charge as a sum over brackets; flat: the bracket's rate on the whole."""
    total, below = F(0), F(0)
    for row in table.rows:
        top = amount if row.up_to is None else min(amount, row.up_to)
        if table.shape == "flat":
            if row.up_to is None or amount <= row.up_to:
                return amount * row.maintenance
        elif amount > below:
            total += (top - below) * row.maintenance
        below = row.up_to if row.up_to is not None else below
    return total


def needed(pool: Pool, leg: Leg, price: Fraction) -> Fraction:
    at = leg.entry if pool.rules.maintenance == "entry" else price
    basis = leg.size / at if leg.inverse else leg.size * at
    table = leg.table
    if table.shape == "slope":
        held = basis * min(table.base + table.per_size * leg.size, F(1))
    elif table.shape == "sqrt":
        root = isqrt(int(leg.size / leg.lot) + 1)
        held = basis * min(max(table.base, table.per_size * root), F(1))
    else:
        held = marginal(table, basis)
    if pool.rules.closing_fee == "mark":
        held += leg.taker_fee * (leg.size / price if leg.inverse else leg.size * price)
    return held


def profit(leg: Leg, price: Fraction) -> Fraction:
    if leg.inverse:
        return leg.side * leg.size * (1 / leg.entry - 1 / price)
    return leg.side * leg.size * (price - leg.entry)


def headroom(pool: Pool, price: Fraction) -> Fraction:
    return pool.wallet + sum(profit(leg, price) - needed(pool, leg, price) for leg in pool.legs)


def violated(pool: Pool, price: Fraction) -> bool:
    room = headroom(pool, price)
    return room < 0 or (room == 0 and not pool.rules.strict)


def bisected(pool: Pool, down: bool) -> float | None:
    """Root on one side of a mark that is safe, for a concave headroom; in floats."""
    legs = [
        (leg, float(leg.side * leg.size), float(leg.entry), _float_charge(pool, leg))
        for leg in pool.legs
    ]
    wallet = float(pool.wallet)

    def room(price: float) -> float:
        total = wallet
        for leg, size, entry, charge in legs:
            if leg.inverse:
                total += size / entry - size / price - charge(abs(size) / price)
            else:
                total += size * price - size * entry - charge(abs(size) * price)
        return total

    safe = float(pool.legs[0].mark)
    far = safe * (1e-9 if down else 1e9)
    if room(far) >= 0:
        return None
    for _ in range(110):
        middle = (safe * far) ** 0.5
        if middle in (safe, far):
            break
        if room(middle) >= 0:
            safe = middle
        else:
            far = middle
    return safe


def _float_charge(pool: Pool, leg: Leg):  # type: ignore[no-untyped-def]
    fee = float(leg.taker_fee) if pool.rules.closing_fee == "mark" else 0.0
    entry_based = pool.rules.maintenance == "entry"
    if entry_based or leg.table.shape in ("slope", "sqrt"):
        plain = replace(pool, rules=replace(pool.rules, closing_fee="none"))
        held = needed(plain, leg, leg.mark)
        if entry_based:
            return lambda worth: float(held) + fee * worth
        rate = float(held / abs(leg.value(leg.mark)))
        return lambda worth: (rate + fee) * worth
    rows = [
        (None if r.up_to is None else float(r.up_to), float(r.maintenance)) for r in leg.table.rows
    ]

    def charge(worth: float) -> float:
        total, below = fee * worth, 0.0
        for bound, rate in rows:
            top = worth if bound is None or worth < bound else bound
            total += (top - below) * rate
            if top == worth:
                break
            below = top
        return total

    return charge


# ------------------------------------------------------------------------------------------ checks


def check_root(pool: Pool, found: Crossing) -> None:
    """Equality as rationals at the root, the condition on both ticks, none in the holder's favour."""
    if found.exact is None:
        return
    if found.how == "root":
        assert headroom(pool, found.exact) == 0
        here = evaluate(pool, {"X": found.exact})
        assert here.equity == here.requirement
    tick = pool.legs[0].tick
    assert tick is not None
    if found.safe_tick is not None:
        assert not violated(pool, found.safe_tick)
    if found.violating_tick is not None:
        assert violated(pool, found.violating_tick)
    if found.safe_tick is not None and found.violating_tick is not None:
        low, high = sorted((found.safe_tick, found.violating_tick))
        assert low <= found.exact <= high
        assert high - low == tick or "rounding acts" in found.reason
        assert (found.safe_tick > found.violating_tick) == (found.side == "down")


def compare_with_bisection(books: int, seed: int) -> dict[str, int]:
    rng = Random(seed)
    seen = {"books": 0, "two": 0, "one": 0, "none": 0, "already": 0}
    while seen["books"] < books:
        shapes = ("deduction", "deduction", "slope", "sqrt")
        if rng.random() < 0.3:
            pool = hedged_book(rng)
        else:
            pool = book(rng, shapes, rng.random() < 0.4, rng.randint(1, 3))
        found = crossings(pool, "X")
        if violated(pool, pool.legs[0].mark):
            assert found.down.already
            assert found.up.already
            check_root(pool, found.down)
            check_root(pool, found.up)
            seen["already"] += 1
            continue
        seen["books"] += 1
        hits = 0
        for side, down in ((found.down, True), (found.up, False)):
            assert not side.already
            near = bisected(pool, down)
            far = None if side.exact is None else float(side.exact / pool.legs[0].mark)
            if near is None or far is None or not 1e-8 < far < 1e8:
                assert (near is None) == (far is None) or far is None or not 1e-8 < far < 1e8
                continue
            assert abs(near - float(side.exact)) <= 1e-7 * near, (near, float(side.exact))
            check_root(pool, side)
            hits += 1
        seen[("none", "one", "two")[hits]] += 1
    return seen


def test_solver_against_bisection() -> None:
    """2,000 books, linear and inverse, hedged ones with a price on both sides among them."""
    seen = compare_with_bisection(CI, seed=1)
    assert seen["two"] > 100
    assert seen["one"] > 500
    assert seen["already"] > 20


@pytest.mark.soak
def test_solver_against_bisection_soak() -> None:
    seen = compare_with_bisection(SOAK, seed=2)
    assert seen["two"] > 5_000


def scan(pool: Pool, ticks: int) -> tuple[Fraction | None, Fraction | None]:
    """First violated tick below and above the mark, by looking at every one."""
    tick, mark = F(1, 10), pool.legs[0].mark
    down = up = None
    number = mark / tick
    below = -(-number.numerator // number.denominator) - 1
    above = number.numerator // number.denominator + 1
    for n in range(below, max(0, below - ticks), -1):
        if violated(pool, n * tick):
            down = n * tick
            break
    for n in range(above, above + ticks):
        if violated(pool, n * tick):
            up = n * tick
            break
    return down, up


def test_jumping_tiers_against_a_scan_of_every_tick() -> None:
    """Flat tiers: the first breach on each side, edges that jump over the equity included."""
    rng, jumps, roots = Random(3), 0, 0
    for _ in range(250):
        pool = book(rng, ("flat",), rng.random() < 0.4, rng.randint(1, 2))
        mark = pool.legs[0].mark
        spare = abs(headroom(pool, mark)) * F(rng.randint(1, 40), 1000)
        pool = replace(pool, wallet=pool.wallet - headroom(pool, mark) + spare, unit=None)
        if violated(pool, mark):
            continue
        found = crossings(pool, "X")
        down, up = scan(pool, 120)
        for side, seen in ((found.down, down), (found.up, up)):
            tick = side.violating_tick
            if seen is not None:
                assert tick == seen, (side, seen)
                check_root(pool, side)
                jumps += side.how == "jump"
                roots += side.how == "root"
            elif tick is not None:
                assert abs(tick - mark) >= F(119, 10)
    assert jumps > 20
    assert roots > 60


def test_the_engines_own_walk_names_the_same_tick() -> None:
    """`margin.prices` in units of 1e-6 dollars: its first violated tick lies from our violating
    tick up to, not including, our safe tick.
    """
    rng, checked = Random(4), 0
    for _ in range(500):
        pool = book(rng, ("deduction", "flat"), False, rng.randint(1, 2))
        mark = pool.legs[0].mark
        pool = replace(pool, rules=replace(pool.rules, strict=True, maintenance="mark"))
        listing = Listing("X", "linear", "X", "USD", tick="0.1", lot="0.1", price_max="20000")
        contract = resolve(listing, settle_exponent=6)
        legs = []
        for leg in pool.legs:
            rows = [
                (None if r.up_to is None else str(r.up_to), str(r.maintenance))
                for r in leg.table.rows
            ]
            schedule = (flat if leg.table.shape == "flat" else tiered)(rows)
            fee = leg.taker_fee if pool.rules.closing_fee == "mark" else F(0)
            row = encode(schedule, contract, settle_exponent=6, closing_fee=fee)
            cost = leg.cost * 10**6
            assert cost.denominator == 1
            legs.append(EngineLeg(leg.side * int(leg.size * 10), int(cost), row))
        engine = Book(
            0, contract.k, 1, tuple(legs), int(pool.wallet * 10**6), 1, contract.price_max
        )
        down, up = liquidation_prices(engine, int(mark * 10))
        if down is not None and down == up:
            continue
        found = crossings(pool, "X")
        for side, tick in ((found.down, down), (found.up, up)):
            listed = side.violating_tick is not None and side.violating_tick <= 20_000
            assert listed == (tick is not None)
            if tick is None or side.violating_tick is None or side.safe_tick is None:
                continue
            low, high = sorted((side.safe_tick, side.violating_tick))
            assert low <= F(tick, 10) <= high
            assert F(tick, 10) != side.safe_tick
            checked += 1
    assert checked > 300


# -------------------------------------------------------------------------------------- properties


def random_books(seed: int, count: int, legs: int = 3) -> list[Pool]:
    rng = Random(seed)
    made = []
    while len(made) < count:
        pool = book(rng, ("deduction", "flat", "slope"), rng.random() < 0.4, rng.randint(1, legs))
        if not violated(pool, pool.legs[0].mark):
            made.append(pool)
    return made


def test_evaluation_equals_the_reference_sum() -> None:
    for pool in random_books(5, 300):
        for price in (
            pool.legs[0].mark,
            pool.legs[0].mark * F(7, 9),
            pool.legs[0].mark * F(13, 11),
        ):
            assert evaluate(pool, {"X": price}).headroom == headroom(pool, price)


def test_at_the_bankruptcy_price_equity_is_zero() -> None:
    seen = 0
    for pool in random_books(6, 300):
        found = crossings(pool, "X", level="bankruptcy")
        for side in (found.down, found.up):
            if side.exact is not None:
                assert evaluate(pool, {"X": side.exact}).equity == 0
                assert pool.wallet + sum(profit(leg, side.exact) for leg in pool.legs) == 0
                seen += 1
    assert seen > 150


def test_more_collateral_never_moves_the_price_closer() -> None:
    rng = Random(7)
    for pool in random_books(8, 300):
        richer = replace(pool, wallet=pool.wallet + F(rng.randint(1, 10**6), 1000))
        before, after = crossings(pool, "X"), crossings(richer, "X")
        if after.down.exact is not None:
            assert before.down.exact is not None
            assert after.down.exact <= before.down.exact
        if after.up.exact is not None:
            assert before.up.exact is not None
            assert after.up.exact >= before.up.exact


def test_the_liquidation_price_comes_before_the_bankruptcy_price() -> None:
    for pool in random_books(9, 200, legs=1):
        found, broke = crossings(pool, "X"), crossings(pool, "X", level="bankruptcy")
        if broke.down.exact is not None:
            assert found.down.exact is not None
            assert found.down.exact >= broke.down.exact
        if broke.up.exact is not None:
            assert found.up.exact is not None
            assert found.up.exact <= broke.up.exact


def test_the_order_of_positions_changes_nothing() -> None:
    rng = Random(10)
    for pool in random_books(11, 200):
        legs = list(pool.legs)
        rng.shuffle(legs)
        shuffled = replace(pool, legs=tuple(legs))
        one, two = crossings(pool, "X"), crossings(shuffled, "X")
        assert (one.down, one.up) == (two.down, two.up)
        assert evaluate(pool).headroom == evaluate(shuffled).headroom


def test_a_split_leg_of_one_rate_is_the_same_position() -> None:
    """Where the requirement is one rate, two halves are the whole."""
    rng = Random(12)
    for _ in range(100):
        pool = book(rng, ("deduction",), rng.random() < 0.5, 1)
        leg = replace(
            pool.legs[0], table=Table("t", "deduction", "s", rows=(TierRow(None, F(1, 50)),))
        )
        whole = replace(pool, legs=(leg,))
        halves = replace(
            pool, legs=(replace(leg, size=leg.size / 3), replace(leg, size=leg.size * 2 / 3))
        )
        one, two = crossings(whole, "X"), crossings(halves, "X")
        assert (one.down.exact, one.up.exact) == (two.down.exact, two.up.exact)


def test_other_prices_moving_along() -> None:
    """Under a beta or a common shock: safe at every sample up to the price, violated beyond it."""
    rng, seen = Random(13), 0
    for _ in range(150):
        first = book(rng, ("deduction", "flat"), False, 1)
        other = book(rng, ("deduction", "flat"), False, 1).legs[0]
        legs = (first.legs[0], replace(other, symbol="Y"))
        pool = replace(first, legs=legs, unit=None, wallet=F(0))
        need = -evaluate(pool).headroom
        pool = replace(pool, wallet=need + abs(need) * F(rng.randint(1, 300), 1000))
        mark, beta = legs[0].mark, F(rng.choice((-1, 1, 2, 3)), rng.choice((1, 2)))
        how, betas = rng.choice((("common_shock", {}), ("beta", {"Y": beta})))
        move = F(1) if how == "common_shock" else beta
        if evaluate(pool).liquidatable:
            continue

        def room(
            price: Fraction, pool: Pool = pool, mark: Fraction = mark, move: Fraction = move
        ) -> Fraction:
            there = pool.legs[1].mark * (1 + move * (price / mark - 1))
            return evaluate(pool, {"X": price, "Y": there}).headroom

        found = crossings(pool, "X", how, betas)
        for side in (found.down, found.up):
            if side.exact is None:
                continue
            seen += 1
            assert side.how == "jump" or room(side.exact) == 0
            for part in range(1, 30):
                price = mark + (side.exact - mark) * F(part, 30)
                assert not evaluate(pool).liquidatable
                assert room(price) >= 0
            beyond = side.exact + (side.exact - mark) / 10**6
            assert room(beyond) < 0 or side.exact == mark
    assert seen > 60
