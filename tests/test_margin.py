"""Margin: tables checked and encoded, the requirement and its two exact inverses by brute force."""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import ceil, isqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent.contracts import INVERSE, LINEAR, Contract, Listing, resolve
from solvent.margin import (
    Margin,
    Schedule,
    ScheduleError,
    Tier,
    WatchingForm,
    close_helps,
    encode,
    flat,
    initial_requirement,
    least_notional,
    most_notional,
    requirement,
    slope,
    sqrt_premium,
    tiered,
    watching_form,
    worst_lots,
    zero_quote,
)
from solvent.margin.explain import Term, figure_text
from solvent.margin.requirements import FEE, JUMPS, SCALE, fixed_part, rate_of_lots, tier_of
from solvent.margin.watching import highest_rate
from solvent.units import NOTIONAL_MAX

USDT = resolve(
    Listing("BTCUSDT", "linear", "BTC", "USDT", tick="0.1", lot="0.001"), settle_exponent=6
)
UNIT = resolve(Listing("U", "linear", "U", "U", tick="1", lot="1"), settle_exponent=0)
SQUARE = Contract("S", LINEAR, 1, 1, Fraction(1), Fraction(1, 3), 1, 10**6, 10**6)


def row(schedule: Schedule, contract: Contract = UNIT, exponent: int = 0, **fields):
    return encode(schedule, contract, settle_exponent=exponent, **fields)


# ------------------------------------------------------------------------------ reading a table


def test_deductions_are_computed_so_that_the_requirement_is_continuous() -> None:
    table = tiered([("50000", "0.004"), ("250000", "0.005"), (None, "0.01")])
    assert table.shape == "tiers"
    assert not table.entry_based
    assert table.tiers == (
        Tier(Fraction(50_000), Fraction(4, 1000), Fraction(0)),
        Tier(Fraction(250_000), Fraction(5, 1000), Fraction(50)),
        Tier(None, Fraction(1, 100), Fraction(1_300)),
    )
    encoded = row(table, USDT, 6)
    for edge in (50_000 * 10**6, 250_000 * 10**6):
        assert requirement(encoded, 0, 1, edge, 0) == requirement(encoded, 0, 1, edge + 1, 0) - 1


def test_published_deductions_are_taken_and_may_jump_up() -> None:
    published = tiered([("100", "0.1"), (None, "0.2")], deductions=["0", "10"])
    assert row(published)[JUMPS] == 0
    discount = tiered([("100", "0.1"), (None, "0.2")], deductions=["0", "4"])
    assert row(discount)[JUMPS] == 1
    assert requirement(row(discount), 0, 1, 100, 0) == 10
    assert requirement(row(discount), 0, 1, 101, 0) == ceil(Fraction(202, 10) - 4)


def test_flat_tiers_jump_and_flat_rates_that_are_equal_do_not() -> None:
    assert row(flat([("100", "0.1"), (None, "0.2")]))[JUMPS] == 1
    assert row(flat([("100", "0.1"), ("200", "0.2"), (None, "0.2")]))[JUMPS] == 1
    assert row(flat([("100", "0.1"), (None, "0.1")]))[JUMPS] == 0
    assert flat([(None, "0.1")], entry_based=True).entry_based


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tiered([]), "at least one row"),
        (lambda: tiered([(None, "0.1")], deductions=["0", "1"]), "2 deductions for 1 rows"),
        (lambda: tiered([(None, 0.1)]), "row 1, rate: 0.1 given; write numbers as text"),
        (lambda: tiered([("1", "0.1"), (2.5, "0.2")]), "row 2, bound: 2.5 given"),
        (lambda: tiered([(None, None)]), "row 1, rate: None given"),
        (lambda: tiered([("ten", "0.1"), (None, "0.2")]), "row 1, bound: 'ten' is not a number"),
        (lambda: tiered([(None, "1/0")]), "row 1, rate: '1/0' is not a number"),
        (lambda: tiered([(None, "0.1")], deductions=["x"]), "row 1, deduction: 'x'"),
        (lambda: tiered([(None, "0.1"), (None, "0.2")]), "row 2: follows a row without bound"),
        (lambda: slope("a", "0"), "base: 'a'"),
        (lambda: slope("0", "b"), "per_size: 'b'"),
        (lambda: slope("0", "0", cap="c"), "cap: 'c'"),
        (lambda: sqrt_premium("0", "f"), "factor: 'f'"),
        (lambda: sqrt_premium("0", "0", offset="o"), "offset: 'o'"),
    ],
)
def test_text_that_is_no_table_is_refused(make, message) -> None:
    with pytest.raises(ScheduleError) as error:
        make()
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (
            tiered([(None, "0.1"), (None, "0.2")], deductions=["0", "0"]),
            "T, row 1: only the last row may be without bound",
        ),
        (flat([("0", "0.1"), (None, "0.2")]), "T, row 1: bound 0 must be greater than 0"),
        (flat([("1", "-0.1"), (None, "0.2")]), "T, row 1: rate -1/10 must be between 0 and 1"),
        (flat([("1", "0.1"), (None, "1.1")]), "T, row 2: rate 11/10 must be between 0 and 1"),
        (
            tiered([("1", "0.1"), (None, "0.2")], deductions=["0", "-1"]),
            "T, row 2: deduction -1 must not be negative",
        ),
        (
            flat([("5", "0.1"), ("5", "0.2"), (None, "0.3")]),
            "T, row 2: bound 5 is not above the row before (5)",
        ),
        (
            flat([("5", "0.2"), (None, "0.1")]),
            "T, row 2: rate 1/10 is below the row before (1/5)",
        ),
        (
            tiered([("100", "0.1"), (None, "0.2")], deductions=["0", "11"]),
            "T, row 2: the requirement would fall by 1 at the edge 100; "
            "the deduction that makes it continuous is 10",
        ),
        (
            tiered([("0.5", "0.1"), (None, "0.2")]),
            f"T, row 1: bound 1/2 is not a whole amount up to {NOTIONAL_MAX} units",
        ),
        (
            tiered([(str(NOTIONAL_MAX + 1), "0.1"), (None, "0.2")]),
            f"T, row 1: bound {NOTIONAL_MAX + 1} is not a whole amount up to {NOTIONAL_MAX} units",
        ),
        (
            tiered([("100", "0.1"), (None, "0.2")], deductions=["0", "9.99"]),
            "T, row 2: deduction 999/100 is finer than the asset's smallest unit",
        ),
    ],
)
def test_a_table_error_names_the_row_and_the_reason(schedule, message) -> None:
    with pytest.raises(ScheduleError) as error:
        row(schedule, what="T")
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("schedule", "fields", "message"),
    [
        (flat([(None, "1/2147483647")]), {"factor": (1, 2)}, "at most 2147483648 fits"),
        (flat([(None, "0.7")]), {"factor": (3, 2)}, "exceeds 100 %"),
        (slope("0.1", "0.1", cap="0.7"), {"factor": (3, 2)}, "exceeds 100 %"),
        (slope("0", "100000000000000000000"), {}, "needs more digits than fit"),
        (slope("0", str((1 << 62) + 1)), {}, "needs more digits than fit"),
    ],
)
def test_rates_that_do_not_fit_are_refused(schedule, fields, message) -> None:
    with pytest.raises(ScheduleError) as error:
        row(schedule, what="T", **fields)
    assert str(error.value).startswith("T: ")
    assert message in str(error.value)


@pytest.mark.parametrize(("base", "cap"), [("0.2", "0.1"), ("0.1", "1.1")])
def test_a_base_above_the_cap_or_a_cap_above_everything_is_refused(base, cap) -> None:
    with pytest.raises(ScheduleError, match="need base <= cap <= 1"):
        row(slope(base, "0", cap=cap))
    assert row(slope("0.1", "0", cap="0.1"))[9] == 1


def test_the_largest_parameter_loads() -> None:
    assert row(slope("0", str(1 << 62)))[7] == 1 << 62


def test_a_rate_of_exactly_100_percent_at_the_level_loads() -> None:
    assert row(flat([(None, "2/3")]), factor=(3, 2))[SCALE] == 6


def test_a_deduction_in_the_first_row_is_refused() -> None:
    with pytest.raises(ScheduleError):
        row(tiered([(None, "0.1")], deductions=["5"]))


@pytest.mark.parametrize(
    "schedule",
    [
        slope("-0.1", "0"),
        slope("0.1", "-0.1"),
        slope("0.1", "0", cap="-1"),
        sqrt_premium("0.1", "-0.1"),
        sqrt_premium("-0.1", "0", offset="-0.1"),
    ],
)
def test_negative_parameters_are_refused(schedule) -> None:
    with pytest.raises(ScheduleError):
        row(schedule)


def test_a_negative_closing_fee_is_refused() -> None:
    with pytest.raises(ScheduleError):
        row(flat([(None, "0.1")]), closing_fee=Fraction(-1, 10))


# ---------------------------------------------------------------------------------- encoded rows


def test_encoding_of_tiers_levels_and_fee() -> None:
    table = tiered([("50000", "0.004"), (None, "0.005")])
    assert row(table, USDT, 6) == (
        0, 0, 1000, 0, 2, 0, 0, 0, 0, 0, 0, 0,
        50_000_000_000, 4, 0, 0, NOTIONAL_MAX, 5, 50_000_000, 0,
    )  # fmt: skip
    # Warn at 3/2 with a fee of 0.05 %: everything times 3 over a scale times 2.
    assert row(table, USDT, 6, factor=(3, 2), closing_fee=Fraction("0.0005")) == (
        0, 0, 4000, 3, 2, 0, 0, 0, 0, 0, 0, 0,
        50_000_000_000, 24, 0, 0, NOTIONAL_MAX, 30, 75_000_000, 0,
    )  # fmt: skip


def test_a_deduction_keeps_its_fraction() -> None:
    """A bound of 3 with rates of 1 % and 2 %: 0.03 units, exact as 0 + 3 / 100."""
    table = row(tiered([("3", "0.01"), (None, "0.02")]))
    assert table[16:] == (NOTIONAL_MAX, 2, 0, 3)
    assert [requirement(table, 0, 1, n, 0) for n in (3, 4, 51, 52)] == [1, 1, 1, 2]


def test_a_bound_of_the_last_row_is_no_limit() -> None:
    assert row(flat([("7", "0.1")]))[12] == NOTIONAL_MAX


def test_encoding_of_slope_and_square_root() -> None:
    # 0.00005 a BTC is 1 / 200,000 of a hundredth a lot of 0.001
    assert row(slope("0.01", "0.00005", cap="0.5"), USDT, 6, factor=(2, 1)) == (
        1, 0, 100, 0, 1, 0, 1, 1, 200_000, 50, 0, 2, NOTIONAL_MAX, 1, 0, 0,
    )  # fmt: skip
    assert row(sqrt_premium("0.03", "0.001", offset="0.02", cap="0.5"), factor=(1, 2)) == (
        2, 0, 200, 0, 1, 0, 3, 1, 10, 50, 2, 1, NOTIONAL_MAX, 3, 0, 0,
    )  # fmt: skip


@given(st.integers(-2000, 2000), st.integers(1, 3), st.integers(1, 3))
def test_rate_of_slope_and_square_root(lots, num, den):
    num, den = max(num, den), min(num, den)  # a level at or above liquidation
    size = abs(lots)
    line = row(slope("0.01", "0.0007", cap="0.3"), SQUARE, factor=(num, den))
    steps = Fraction(7, 10_000) * size * Fraction(1, 3)
    exact = min(Fraction(1, 100) + steps, Fraction(3, 10)) * Fraction(num, den)
    rate = Fraction(rate_of_lots(line, 0, lots), line[SCALE])
    assert exact <= rate < exact + Fraction(num, line[SCALE])
    root = row(sqrt_premium("0.02", "0.0007", offset="0.01", cap="0.03"), factor=(num, den))
    premium = Fraction(1, 100) + Fraction(7, 10_000) * isqrt(size + 1)
    exact = min(max(Fraction(2, 100), premium), Fraction(3, 100)) * Fraction(num, den)
    rate = Fraction(rate_of_lots(root, 0, lots), root[SCALE])
    assert exact <= rate < exact + Fraction(num, root[SCALE])


def test_tier_of_includes_its_bound() -> None:
    table = row(flat([("10", "0.1"), ("20", "0.2"), (None, "0.3")]))
    assert [tier_of(table, 0, n) for n in (0, 10, 11, 20, 21, 10**9)] == [0, 0, 1, 1, 2, 2]
    shifted = (9, 9, *table)
    assert tier_of(shifted, 2, 11) == 1


# ------------------------------------------------------------- requirement, levels, two inverses

SHAPES = {
    "tiers": tiered([("30", "0.1"), ("90", "0.25"), (None, "0.4")]),
    "published": tiered([("30", "0.1"), (None, "0.25")], deductions=["0", "2"]),
    "flat": flat([("30", "0.1"), ("90", "0.25"), (None, "0.4")]),
    "one": flat([(None, "0.07")]),
    "zero": flat([(None, "0")]),
    "entry": tiered([("30", "0.1"), (None, "0.25")], entry_based=True),
    "slope": slope("0.03", "0.02", cap="0.5"),
    "sqrt": sqrt_premium("0.05", "0.03", offset="0.02", cap="0.4"),
}


def by_hand(
    schedule: Schedule, lots: int, notional: int, entry: int, factor: Fraction, fee: Fraction
) -> int:
    basis = entry if schedule.entry_based else notional
    deduction = Fraction(0)
    if schedule.shape == "tiers":
        tier = next(t for t in schedule.tiers if t.bound is None or basis <= t.bound)
        rate, deduction = tier.rate, tier.deduction
    elif schedule.shape == "slope":
        rate = min(schedule.base + schedule.per_size * lots, schedule.cap)
    else:
        rate = max(schedule.base, schedule.offset + schedule.per_size * isqrt(lots + 1))
        rate = min(rate, schedule.cap)
    if schedule.entry_based:
        return ceil((entry * rate - deduction) * factor) + ceil(notional * fee * factor)
    return ceil((notional * (rate + fee) - deduction) * factor)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("factor", [(1, 1), (3, 2), (2, 3)])
@pytest.mark.parametrize("fee", ["0", "0.05"])
def test_requirement_and_its_inverses_against_every_notional(name, factor, fee) -> None:
    schedule = SHAPES[name]
    table = row(schedule, factor=factor, closing_fee=Fraction(fee))
    share, fee_rate = Fraction(*factor), Fraction(fee)
    top = 400
    for lots, entry in ((1, 20), (5, 47), (12, 200)):
        needs = [requirement(table, 0, -lots, n, entry) for n in range(top)]
        for n in range(top):
            assert needs[n] == by_hand(schedule, lots, n, entry, share, fee_rate), (lots, entry, n)
        assert all(a <= b for a, b in itertools.pairwise(needs))
        fixed = needs[0] if schedule.entry_based else 0
        assert fixed_part(table, 0, lots, entry) == fixed
        if table[JUMPS]:
            continue
        for target in range(1 - fixed, 120):
            least = least_notional(table, 0, lots, entry, target, -1)
            expected = next(n for n in range(top) if n - needs[n] >= target)
            assert max(least, 0) == expected, (lots, entry, target)
        for limit in range(fixed, 300):
            most = most_notional(table, 0, lots, entry, limit, -1)
            assert most == max(n for n in range(top) if n + needs[n] <= limit), (lots, entry, limit)
        assert most_notional(table, 0, lots, entry, fixed - 1, -1) < 0


@pytest.mark.parametrize("name", ["tiers", "flat", "published"])
def test_one_tier_alone_is_its_affine_piece(name) -> None:
    table = row(SHAPES[name])
    for number, tier in enumerate(SHAPES[name].tiers):

        def piece(n: int, tier=tier) -> int:
            return ceil(n * tier.rate - tier.deduction)

        for target in range(-20, 100):
            least = least_notional(table, 0, 1, 0, target, number)
            assert least - piece(least) >= target
            assert least - 1 - piece(least - 1) < target
        for limit in range(-20, 100):
            most = most_notional(table, 0, 1, 0, limit, number)
            assert most + piece(most) <= limit
            assert most + 1 + piece(most + 1) > limit


@given(
    st.lists(st.integers(0, 60), min_size=3, max_size=3),
    st.integers(0, 10),
    st.integers(-(10**15), 10**15),
)
def test_inverses_at_full_size(rates, fee, target):
    a, b, c = (f"{rate}/100" for rate in sorted(rates))
    table = row(tiered([("70000", a), ("10000000", b), (None, c)]), closing_fee=Fraction(fee, 100))

    def need(n: int) -> int:
        return max(
            ceil(Fraction(n * (table[at + 1] + table[FEE]), table[SCALE]) - table[at + 2])
            for at in (12, 16, 20)
        )

    least = least_notional(table, 0, 1, 0, target, -1)
    assert least - need(least) >= target > least - 1 - need(least - 1)
    most = most_notional(table, 0, 1, 0, target, -1)
    assert most + need(most) <= target < most + 1 + need(most + 1)


# -------------------------------------------------------------------------------------- watching


@pytest.mark.parametrize(
    ("schedule", "fee", "form"),
    [
        (SHAPES["tiers"], "0", WatchingForm.ONE_SIDED),
        (SHAPES["flat"], "0", WatchingForm.EDGES),
        (SHAPES["published"], "0", WatchingForm.EDGES),
        (flat([("30", "0.1"), (None, "0.2")], entry_based=True), "0", WatchingForm.ONE_SIDED),
        (SHAPES["slope"], "0.1", WatchingForm.ONE_SIDED),
        (SHAPES["sqrt"], "0", WatchingForm.ONE_SIDED),
        (flat([(None, "1")]), "0", WatchingForm.EVERY_SNAPSHOT),
        (flat([("30", "0.1"), (None, "0.6")]), "0.4", WatchingForm.EVERY_SNAPSHOT),
        (slope("0.1", "0.1", cap="1"), "0", WatchingForm.EVERY_SNAPSHOT),
        (flat([(None, "0.5")], entry_based=True), "1", WatchingForm.EVERY_SNAPSHOT),
    ],
)
def test_watching_form(schedule, fee, form) -> None:
    assert watching_form(row(schedule, closing_fee=Fraction(fee))) == form


def test_highest_rate_is_over_every_tier_with_the_fee() -> None:
    fee = Fraction(1, 20)
    assert highest_rate(row(SHAPES["tiers"], closing_fee=fee)) == 9  # 0.45 over 20
    assert highest_rate(row(SHAPES["slope"], closing_fee=fee)) == 55
    assert highest_rate(row(SHAPES["entry"], closing_fee=fee)) == 1


# --------------------------------------------------------------------------------------- initial


def test_worst_side_of_the_resting_orders() -> None:
    assert worst_lots(3, 2, 10) == 7
    assert worst_lots(-3, 2, 10) == 13
    assert worst_lots(-3, 9, 1) == 6
    assert worst_lots(4, 0, 0) == 4
    assert worst_lots(0, 0, 0) == 0


def initial(table, lots, cost, buys=0, sells=0, leverage=0, price=10, kind=LINEAR, k=1) -> int:
    return initial_requirement(table, 0, kind, k, 1, lots, cost, buys, sells, leverage, price)


def test_initial_requirement_of_the_worst_side() -> None:
    table = row(flat([(None, "0.07")]))
    assert initial(table, 3, 30) == ceil(Fraction(210, 100))
    assert initial(table, 3, 30, buys=4) == ceil(Fraction(490, 100))
    assert initial(table, 3, 30, sells=4) == 3
    assert initial(table, 3, 30, sells=11) == ceil(Fraction(560, 100))
    assert initial(table, 0, 0) == 0
    assert initial(table, 0, 0, leverage=5) == 0
    assert initial(table, 3, 30, leverage=4) == 8  # ceil(30 / 4) is more than 7 %
    assert initial(table, 3, 30, leverage=100) == 3  # less: the schedule stays


def test_leverage_of_one_asks_for_the_whole_notional() -> None:
    table = row(flat([(None, "0.01")]))
    assert initial(table, 3, 30, leverage=1) == 30
    assert initial(table, 3, 30, leverage=2) == 15
    assert initial(table, 3, 30, leverage=0) == 1


def test_initial_requirement_of_an_inverse_contract_rounds_the_notional_up() -> None:
    table = row(flat([(None, "1")]))
    assert initial(table, -3, 0, kind=INVERSE, k=10, price=7) == 5  # 30 / 7 = 4.29, as a long's


def test_initial_requirement_on_entry_cost() -> None:
    table = row(flat([(None, "0.1")], entry_based=True))
    assert initial(table, 3, -47) == 5  # 10 % of |cost|
    assert initial(table, 3, 47, buys=4) == 9  # 47 + 4 lots at 10
    assert initial(table, 3, 47, sells=5) == 5  # the orders cannot make it larger
    assert initial(table, 3, 47, sells=9) == 8  # 47 + 3 lots beyond flat
    assert initial(table, 3, 47, leverage=5) == 10


# -------------------------------------------------------------------------------- the zero price


def test_zero_quote_and_the_test_of_a_close() -> None:
    assert zero_quote(49_400, 1_400, 1_482, 1_482) == 48_000
    assert zero_quote(100, 10, 1, 3) == 97  # floor(10 / 3) is left
    assert zero_quote(-100, -10, 1, 3) == -96
    assert close_helps(3, 1, 10, 3)  # 3 <= 10 / 3
    assert not close_helps(4, 1, 10, 3)
    assert not close_helps(0, 0, 10, 3)  # releases nothing
    assert not close_helps(-5, -1, 10, 3)
    assert close_helps(0, 1, 0, 0)


def test_section_zero_two_of_the_mission() -> None:
    """BTC 900k at 0.5 % + ALT 100k at 10 %, E 12,000: R 14,500."""
    assert close_helps(2_000, 10_000, 12_000, 14_500)  # ALT at 2 %: 0.83 -> 2.22
    assert not close_helps(7_200, 4_500, 12_000, 14_500)  # BTC at 0.8 %: 0.83 -> 0.48
    assert Fraction(12_000 - 2_000, 4_500) > Fraction(12_000, 14_500)
    assert Fraction(12_000 - 7_200, 10_000) < Fraction(12_000, 14_500)
    # The exact border: equity x released / requirement.
    border = Fraction(12_000 * 10_000, 14_500)
    assert close_helps(int(border), 10_000, 12_000, 14_500)
    assert not close_helps(int(border) + 1, 10_000, 12_000, 14_500)


def test_margin_rules_of_an_instrument() -> None:
    rules = Margin(flat([(None, "0.1")]), closing_fee="0.0005")
    assert rules.fee() == Fraction(1, 2000)
    assert rules.initial_factor == (2, 1)
    assert Margin(flat([(None, "0.1")])).fee() == 0


# ------------------------------------------------------------------------------------ explain trees


def test_a_term_prints_finds_and_packs_its_tree() -> None:
    leaf = Term("rate", Fraction(1, 300), "%", note="source: table of 2026-11-01, rounded up")
    tree = Term(
        "maintenance", 250, "USDT", "notional x rate <= limit",
        terms=(Term("notional", Fraction(-1, 2)), Term("tier", "tier 3", terms=(leaf,)), Term("none")),
    )  # fmt: skip
    assert str(tree).splitlines() == [
        "maintenance = 250 USDT  [notional x rate <= limit]",
        "├─ notional = -0.5",
        "├─ tier = tier 3",
        "│  └─ rate = 0.003333333333… %  (source: table of 2026-11-01, rounded up)",
        "└─ none",
    ]
    assert tree.find("rate") is leaf
    assert tree.find("maintenance") is tree
    assert tree.find("absent") is None
    packed = tree.to_dict()
    assert packed["value"] == "250"
    assert packed["terms"][0] == {"name": "notional", "value": "-1/2"}
    assert packed["terms"][1]["terms"][0]["note"].startswith("source")
    assert packed["terms"][2] == {"name": "none"}
    assert set(packed) == {"name", "value", "unit", "formula", "terms"}
    page = tree._repr_html_()
    assert page.startswith("maintenance = 250 USDT  [notional x rate &lt;= limit]<ul><li>notional")
    assert page.count("<ul>") == page.count("</ul>") == 2
    assert page.count("<li>") == 4


def test_figures_are_cut_after_twelve_digits_and_say_so() -> None:
    assert figure_text(Fraction(10**20)) == "100000000000000000000"
    assert figure_text(Fraction(0)) == "0"
    assert figure_text(Fraction(-2, 3)) == "-0.666666666666…"
    assert figure_text(Fraction(1, 10**12)) == "0.000000000001"
    assert figure_text(Fraction(1, 10**13)) == "0…"
    assert figure_text(Fraction(120)) == "120"
    assert (figure_text(7), figure_text(None)) == ("7", "None")
