"""Derive v2's second portfolio manager against the numbers of the contract's own test cases.

Source of the numbers: derivexyz/v2-core, test/risk-managers/unit-tests/PMRM_2/portfolio_cases: 13
(covered call), 30 (perpetual, unsure feeds), 33 (perpetual and deep put, unsure feeds) and 41 (the
tilted smile decides). Each case prints every scenario's change, and both margins.
"""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvent.venues.numbers import InputError
from solvent.venues.portfolio import derive_pm2 as pm2
from solvent.venues.portfolio.derive_pm2_rules import (
    Rules,
    Skew,
    second_rules,
    second_rules_of,
)
from solvent.venues.portfolio.derive_portfolio import Expiry
from solvent.venues.portfolio.derive_rules import OptionLeg

F = Fraction
RULES = second_rules("derive-v2-pm2@tests")
STABLE = F("1.00019088635")
NEAR = 2e-7  # of the case's figure: they are floats of another language's normal distribution

# Scenario order of the cases: +18 % up; 13.5 to -13.5 % down, same, up; -18 % up; then the tails.
COVERED_CALL = (
    "-8662.47927918228742783", "-2227.499396218458059593", "-3044.420181202653111541",
    "-5949.116432812101265881", "1416.727700936497058137", "-305.92106360580692126",
    "-4075.949788358695514034", "3093.561269915899174521", "840.172434233365947875",
    "-3253.96236797188885248", "1638.27896107356855282", "-8.987938237681191822",
    "-3617.86710549099234413", "-1995.677694051755679538", "-2645.607505010900695197",
    "-5171.798132297621123143", "-6237.135795913264701085", "-6380.81129758551287523",
    "-7771.254935876034323883", "-10539.286148761686490616", "-10557.744986457853883621",
    "-11160.243837947273277678", "-15050.749373322430983535", "-3313.801472036280301836",
    "-3184.459922291281600337", "-2674.704971090275194001", "-3063.189971289781624364",
    "-3257.940763284266722621", "-3322.857698992697351059", "-86.86790519006035538",
    "-86.86790519006035538",
)  # fmt: skip
FAR_CALL = (
    "-1138.672714659934172232", "20.725564819461247623", "-89.415523427429619119",
    "-907.6293139453943013", "25.031146324020056682", "-48.556604009733092653",
    "-710.444112580661567335", "27.30332486664641678", "-19.954994814711060513",
    "-544.555355510689651055", "28.425345255639449249", "-0.63342468840837185",
    "-407.216334954909257249", "28.939690321069473811", "11.908848944148122229",
    "-295.539368902108947168", "29.156560885567028407", "19.693221300545832975",
    "-206.548310559188678326", "29.239769255170962481", "24.285718946748879432",
    "-137.238484966181687241", "-84.642175938934613555", "1.595527848222738854",
    "0.578661709146338743", "-282.856354128062889686", "-458.86353454873813007",
    "-770.355277088068078228", "-963.769618012410319352", "-1579.543173556262445345",
    "-3.335446249371901928",
)  # fmt: skip


def in_case_order(changes: tuple[Fraction, ...]) -> list[Fraction]:
    inner, ends, rest = changes[:21], changes[21:23], changes[23:]
    return [ends[0], *inner, ends[1], *rest]


def expiry(seconds: int, forward: str, rate: str, *options: OptionLeg) -> Expiry:
    return Expiry(F(seconds), F(forward), F(0), F(rate), F(1), options)


def bitcoin(price: str, confidence: str = "1") -> pm2.Holding:
    return pm2.Holding("BTC", F(1), F(price), F("0.02"), F("0.01"), True, F(confidence))


def test_the_order_of_scenarios_is_the_cases() -> None:
    ordered = in_case_order((*(row.move for row in RULES.scenarios), F(0), F(0)))
    assert ordered[0] == F("0.18")
    assert ordered[22:25] == [F("-0.18"), F("-0.66"), F("-0.33")]
    assert len(ordered) == len(COVERED_CALL) == len(FAR_CALL) == 31


def test_covered_call() -> None:
    vol = F("0.453803924321583")
    sold = OptionLeg(True, F(100_000), F(-2), vol, F("0.95"))
    found = pm2.margin(
        pm2.Book(
            F("95663.50604855"),
            stable_price=STABLE,
            collateral=(bitcoin("95663.50604855"),),
            expiries=(expiry(794_852, "95776.67392708939", "0.15", sold),),
        ),
        RULES,
    )
    for ours, theirs in zip(in_case_order(found.changes), COVERED_CALL, strict=True):
        assert float(ours) == pytest.approx(float(theirs), rel=NEAR, abs=1e-4)
    assert found.worst == "-18 %, vol up"
    assert float(found.basis_contingency) == pytest.approx(-1894.419609860217, rel=NEAR)
    assert float(found.mark_to_market) == pytest.approx(93272.41153721785, rel=NEAR)
    assert float(found.initial) == pytest.approx(74395.66964312586, rel=NEAR)
    assert float(found.maintenance) == pytest.approx(78744.92602874589, rel=NEAR)
    kept = -1912.9049735227075 - 573.9810362913
    assert float(found.maintenance_contingency) == pytest.approx(kept, rel=NEAR)
    top = -956.4524867613538 - 382.6540241942
    assert float(found.initial_contingency) == pytest.approx(top, rel=NEAR)


def test_the_tilted_smile_decides_for_a_far_call() -> None:
    rules = replace(
        RULES,
        skews=(Skew(True, F(2)), Skew(False)),
        linear_cap=F("9.5"),
        width_scale=F(5),
        width_vol=F("4.5"),
        width_vol_slope=F("4.9"),
    )
    vol = F("0.8843198050170489")
    sold = OptionLeg(True, F(5_500), F(-15), vol, F("0.95"))
    one = expiry(3_214_052, "2695.7814942763334", "0.21", sold)
    found = pm2.margin(
        pm2.Book(F("2681.6029850999994"), stable_price=STABLE, expiries=(one,)), rules
    )
    for ours, theirs in zip(in_case_order(found.changes), FAR_CALL, strict=True):
        assert float(ours) == pytest.approx(float(theirs), rel=NEAR, abs=1e-5)
    assert found.worst == "skew linear, 2 counted"
    assert float(found.initial) == pytest.approx(-1809.9435682106216, rel=NEAR)
    assert float(found.maintenance) == pytest.approx(-1413.5868439463693, rel=NEAR)
    tilted = rules.skewed(vol, F(5_500), one.variable, one.years, Skew(True))
    assert tilted / float(vol) == pytest.approx(1.6986275433761215, rel=1e-9)
    flat = rules.skewed(vol, F(5_500), one.variable, one.years, Skew(False))
    assert flat / float(vol) == pytest.approx(1.009873694171683, rel=1e-9)


def test_a_linear_tilt_lowers_below_the_forward_what_it_raises_above() -> None:
    def tilt(strike: Fraction, skew: Skew) -> float:
        return RULES.skewed(F(1), strike, F(1_000), F(1, 4), skew) - 1

    near, far = F(1_010), F(5_000)  # within the cap, and beyond it
    for strike in (near, far):
        below = F(1_000_000) / strike
        assert tilt(strike, Skew(True)) == pytest.approx(-tilt(below, Skew(True)), rel=1e-9)
        assert tilt(strike, Skew(False)) == pytest.approx(tilt(below, Skew(False)), rel=1e-9)
    assert 0 < tilt(near, Skew(True)) < tilt(far, Skew(True))


def test_a_perpetual_with_unsure_feeds() -> None:
    found = pm2.margin(
        pm2.Book(
            F(3_000),
            perps=F(1),
            perp_price=F(2_500),
            perp_profit=F(-610),
            spot_confidence=F("0.2"),
            perp_confidence=F("0.1"),
            stable_price=STABLE,
        ),
        RULES,
    )
    assert (found.span, found.mark_to_market) == (-450, -610)
    assert (found.maintenance, found.initial) == (-1_015, -3_820)
    tails = [F(-90), F(-90), F(90), F(90), F(90), F(90)]
    assert list(found.changes[23:29]) == tails


def test_a_perpetual_and_a_deep_put_with_unsure_feeds() -> None:
    bought = OptionLeg(False, F(100_000), F(10), F("0.6701175743327585"), F("0.95"))
    found = pm2.margin(
        pm2.Book(
            F(3_000),
            perps=F(-1),
            perp_price=F(100_000),
            spot_confidence=F("0.2"),
            perp_confidence=F("0.1"),
            stable_price=STABLE,
            collateral=(bitcoin("3000", "0.2"),),
            expiries=(expiry(794_852, "3113.1678785393888", "0.15", bought),),
        ),
        RULES,
    )
    assert float(found.span) == pytest.approx(-76293.7308905537, rel=NEAR)
    assert float(found.basis_contingency) == pytest.approx(-768.172566799388, rel=NEAR)
    assert float(found.initial) == pytest.approx(859668.4190349346, rel=NEAR)
    assert float(found.maintenance) == pytest.approx(907071.7014477414, rel=NEAR)


def test_what_a_depeg_adds_to_the_initial_factor() -> None:
    """0.03 below the limit of 0.98, times 2: the factor is 1.06; maintenance stays."""
    book = pm2.Book(F(3_000), perps=F(1), perp_price=F(2_500), stable_price=F("0.95"))
    found = pm2.margin(book, RULES)
    assert found.initial == F(-450) * F("1.06") - 45 - 15
    assert found.maintenance == F(-450) * F("0.8") - 45


def test_a_long_box_counts_for_less_and_a_short_one_for_more() -> None:
    def box(size: int) -> pm2.Margin:
        legs = tuple(
            OptionLeg(call, F(strike), F(size * sign), F(1, 2))
            for call, strike, sign in (
                (True, 2_000, 1), (True, 3_000, -1), (False, 2_000, -1), (False, 3_000, 1)
            )
        )  # fmt: skip
        book = pm2.Book(F(2_500), expiries=(expiry(31_536_000, "2500", "0.1", *legs),))
        return pm2.margin(book, RULES)

    # A year at 10 %: worth 1,000 x exp(-0.1). Long: times 0.95 x exp(-0.18). Short: times
    # 1.04 x exp(0.13), at most exp(0.1).
    worth = 1_000 * 2.718281828459045**-0.1
    assert float(box(1).span) == pytest.approx(worth * (0.95 * 2.718281828459045**-0.18 - 1))
    assert float(box(-1).span) == pytest.approx(-1_000 + worth)


def test_a_basis_move_that_gains_either_way_pays_for_no_other_expiry() -> None:
    def charge(*expiries: Expiry) -> Fraction:
        return pm2.margin(pm2.Book(F(2_500), expiries=expiries), RULES).basis_contingency

    near_and_calm = (OptionLeg(call, F(2_500), F(10), F("0.1")) for call in (True, False))
    straddle = expiry(86_400, "2500", "0", *near_and_calm)
    sold = expiry(2_592_000, "2500", "0", OptionLeg(True, F(2_500), F(-1), F(1, 2)))
    assert charge(straddle) == 0
    assert charge(sold) < 0
    assert charge(straddle, sold) == charge(sold)


@pytest.mark.parametrize(
    ("name", "reach", "scenarios", "said"),
    [("2026-01", "0.18", 31, []), ("2026-08", "0.14", 23, ["extended table (share of the loss)"])],
)
def test_dated_numbers(name: str, reach: str, scenarios: int, said: list[str]) -> None:
    missing: list[str] = []
    rules = second_rules(f"derive-v2-pm2@{name}", missing)
    assert max(row.move for row in rules.scenarios if row.counted == 1) == F(reach)
    assert (len(rules.scenarios), missing) == (scenarios, said)
    perp = pm2.Book(F(50_000), perps=F(1), perp_price=F(50_000))
    found = pm2.margin(perp, rules)
    assert found.span == -F(reach) * 50_000
    both = {"2026-01": ("0.03", "0.04"), "2026-08": ("0.0075", "0.015")}[name]
    assert found.maintenance == found.span * F("0.8") - F(both[0]) * 50_000
    assert found.initial == found.span - F(both[1]) * 50_000


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.booleans(), st.integers(20, 80), st.integers(-3, 3)), min_size=2, max_size=5
    ),
    cut=st.integers(0, 5),
)
def test_two_books_of_different_expiries_never_need_more_together(
    rows: list[tuple[bool, int, int]], cut: int
) -> None:
    """The worst change of the sum is not below the sum of the worst changes."""

    def span(part: list[tuple[bool, int, int]], days: int) -> pm2.Margin:
        legs = tuple(OptionLeg(call, F(1_000 * k), F(q), F(3, 5)) for call, k, q in part)
        return pm2.margin(
            pm2.Book(F(50_000), expiries=(expiry(days * 86_400, "50000", "0.05", *legs),)), RULES
        )

    first, second = span(rows[:cut], 10), span(rows[cut:], 40)
    legs = [
        tuple(OptionLeg(call, F(1_000 * k), F(q), F(3, 5)) for call, k, q in part)
        for part in (rows[:cut], rows[cut:])
    ]
    together = pm2.margin(
        pm2.Book(
            F(50_000),
            expiries=(
                expiry(10 * 86_400, "50000", "0.05", *legs[0]),
                expiry(40 * 86_400, "50000", "0.05", *legs[1]),
            ),
        ),
        RULES,
    )
    assert together.span >= first.span + second.span


def test_a_number_that_is_missing_is_asked_for() -> None:
    names = [name for name in Rules.__slots__ if name not in ("scenarios", "skews", "vol")]
    numbers = {name: F(1) for name in names if name != "width_vol"}
    shock = dict.fromkeys(("up", "down", "short_power", "long_power", "floor_days"), F(1))
    with pytest.raises(InputError, match="parameter least_up is missing"):
        second_rules_of(numbers, shock, (), ())
    with pytest.raises(InputError, match="parameter width_vol is missing"):
        second_rules_of(numbers, {**shock, "least_up": F(0)}, (), ())


def test_the_tree_adds_up() -> None:
    book = pm2.Book(
        F(3_000), perps=F(1), perp_price=F(2_500), collateral=(bitcoin("3000"),), cash=F(100)
    )
    found = pm2.margin(book, RULES)
    tree = found.explain()
    by_name = {term.name: term for term in tree.terms}
    worst = by_name["worst scenario"]
    assert sum(term.value for term in worst.terms) == found.span  # type: ignore[misc]
    assert found.span == F("-0.18") * (2_500 + 3_000)
    kept = sum(
        by_name[name].value  # type: ignore[misc]
        for name in ("perpetual contingency", "option contingency", "collateral haircut")
    )
    assert kept == found.maintenance_contingency == -45 - 60
    assert found.maintenance == found.mark_to_market + F("0.8") * found.span + kept
