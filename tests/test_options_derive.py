"""Derive v2's two margin managers against the numbers of the contracts' own unit tests.

Source of the numbers: derivexyz/v2-core, test/risk-managers/unit-tests, PMRM/
testAndVerifyScenarios.json and StandardManager/test-cases.json (18-decimal integers there, written
here as decimals). Those of the shared golden cases are not repeated; these are the others.
"""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent.venues.numbers import InputError
from solvent.venues.portfolio import derive_portfolio as pm
from solvent.venues.portfolio import derive_standard as sm
from solvent.venues.portfolio.derive_rules import (
    PORTFOLIO,
    OptionLeg,
    portfolio_rules,
    portfolio_rules_of,
    standard_rules,
    standard_rules_of,
)

F = Fraction
NEAR = 1e-6
WEEK, FORTNIGHT, MONTH, QUARTER, SOON = 500_400, 1_191_600, 2_487_600, 7_758_000, 900
FORWARDS = {
    WEEK: ("1500.833279310994", "0", "0.03"),
    FORTNIGHT: ("1501.985045187195830272", "0", "0.05"),
    MONTH: ("1504.146989085687808", "0", "0.04"),
    QUARTER: ("1512.971000787409567744", "0", "0.10"),
    SOON: ("375.000374572104941568", "1101.666666666666754048", "0.01"),
}
ATM = "1.04788449408498624"

# Options are (seconds, strike, is call, size, vol).
Row = tuple[int, str, int, str, str]
BOX: list[Row] = [
    (WEEK, "1500", 1, "-1", ATM),
    (WEEK, "1500", 0, "1", ATM),
    (WEEK, "2500", 1, "1", "1.326538658030860032"),
    (WEEK, "2500", 0, "-1", "1.326538658030860032"),
]
TWO_EXPIRIES: list[Row] = [
    (WEEK, "1", 1, "1", "3.603538277664962048"),
    (WEEK, "1500", 1, "-1", ATM),
    (WEEK, "1500", 0, "1", ATM),
    (WEEK, "2700", 1, "1", "1.364990899660472832"),
    (WEEK, "2700", 0, "-1", "1.364990899660472832"),
    (FORTNIGHT, "2950", 0, "1", "1.407606763626377984"),
    (FORTNIGHT, "1500", 1, "-1", "1.047554809415723648"),
    (FORTNIGHT, "1500", 0, "1", "1.047554809415723648"),
    (FORTNIGHT, "2700", 1, "1", "1.364612791185947904"),
    (FORTNIGHT, "2700", 0, "-1", "1.364612791185947904"),
]
LARGE: list[Row] = [
    (FORTNIGHT, "1600", 1, "-3", "1.081048412239005184"),
    (WEEK, "4800", 1, "-3", "1.624361247821863424"),
    (QUARTER, "4400", 0, "1", "1.584405720806435328"),
    (SOON, "2300", 1, "1", "1.283925438991429120"),
    (SOON, "4800", 1, "-1", "1.624591380140235520"),
    (QUARTER, "1200", 0, "1", "1.144561774965308544"),
    (WEEK, "1600", 1, "5", "1.081482216317601280"),
    (SOON, "2900", 0, "-1", "1.400043082070291712"),
    (SOON, "1200", 0, "-3", "1.138552060953866880"),
    (QUARTER, "3700", 0, "1", "1.508884353397713152"),
    (QUARTER, "1600", 1, "-1", "1.076946882275319424"),
    (SOON, "3900", 1, "5", "1.536002173036551168"),
    (SOON, "2700", 0, "5", "1.365264078859387136"),
    (SOON, "5000", 0, "-3", "1.641449540030406400"),
    (QUARTER, "1000", 0, "-1", "1.267221436484928256"),
    (MONTH, "1400", 0, "5", "1.041659241854383488"),
    (SOON, "3500", 0, "-3", "1.487763002948945408"),
    (MONTH, "4400", 1, "-3", "1.586892983259962880"),
    (MONTH, "1600", 0, "5", "1.080236019562821504"),
    (WEEK, "1200", 1, "5", "1.138939398828297472"),
    (MONTH, "5000", 1, "1", "1.640315242477901056"),
    (WEEK, "4600", 1, "-20", "1.606595828047296768"),
    (WEEK, "3100", 1, "-20", "1.431496024043739648"),
    (WEEK, "5000", 1, "5", "1.641221757810627584"),
    (WEEK, "5000", 0, "-1", "1.641221757810627584"),
    (FORTNIGHT, "3300", 1, "-20", "1.460263628725004032"),
    (SOON, "1400", 0, "1", "1.040710473518362496"),
    (QUARTER, "3900", 1, "-20", "1.532219430053102336"),
    (FORTNIGHT, "2900", 0, "-3", "1.399407566479993088"),
    (MONTH, "2500", 1, "1", "1.325420899566138112"),
]
PLAIN_BOOK = pm.Book(F(1500), perp_price=F(1505))

# name: (options, changes of the book, initial, maintenance, value, worst change, contingencies)
PORTFOLIOS: dict[str, tuple[list[Row], dict[str, object], dict[str, str]]] = {
    "1 short call": (
        [(WEEK, "1500", 1, "-1", ATM)],
        {},
        {
            "initial": "-368.487619761755586560",
            "maintenance": "-301.768534860364300288",
            "portfolio_mtm": "-79.371585189059936256",
            "min_span": "-207.396949671304364032",
            "forward_contingency": "-11.275911269415124992",
            "option_contingency": "-15",
        },
    ),
    "2 long call in the money": (
        [(WEEK, "1200", 1, "1", "1.138939398828297472")],
        {},
        {
            "initial": "14.004464630197813248",
            "maintenance": "81.329742280758886400",
            "min_span": "-224.417592168536834048",
        },
    ),
    "3 call spread": (
        [
            (WEEK, "500", 1, "1", "1.653152366370104064"),
            (WEEK, "900", 1, "-1", "1.328657463897111040"),
        ],
        {},
        {
            "initial": "332.344238458856734720",
            "maintenance": "347.943066330574028800",
            "forward_contingency": "-0.027442547681155032",
            "min_span": "-36.996092905724313600",
        },
    ),
    "4 half sure of spot": (
        [(WEEK, "1500", 1, "1", ATM)],
        {"spot_confidence": F(1, 2)},
        {"initial": "-398.511886412749881344", "oracle_contingency": "-375"},
    ),
    "7 an unsure perpetual feed without a perpetual": (
        [(WEEK, "1500", 1, "1", ATM)],
        {"spot_confidence": F(8, 10), "perp_confidence": F(3, 10)},
        {"initial": "-23.511886412749881344", "oracle_contingency": "0"},
    ),
    "12 stablecoin at 0.90": (
        [(WEEK, "1500", 1, "1", ATM)],
        {"stable_price": F(9, 10)},
        {
            "initial": "-36.174467532972621824",
            "maintenance": "0.230453187667771392",
            "loss_factor": "1.46",
        },
    ),
    "13 two expiries": (
        TWO_EXPIRIES,
        {},
        {
            "initial": "500.576852329245048832",
            "maintenance": "511.778253874672418816",
            "portfolio_mtm": "549.116259026096947200",
            "forward_contingency": "-37.338005151424528384",
            "min_span": "-32.914999692489859072",
            "option_contingency": "0",
        },
    ),
    "15 synthetic long": (
        [(WEEK, "1500", 1, "1", ATM), (WEEK, "1500", 0, "-1", ATM)],
        {},
        {
            "initial": "-291.829210154649976832",
            "maintenance": "-224.291712585655207936",
            "option_contingency": "0",
            "forward_contingency": "-18.772323287381979136",
        },
    ),
    "16 perpetual": (
        [],
        {"perps": F(1)},
        {
            "initial": "-332.475",
            "maintenance": "-255.75",
            "min_span": "-225.75",
            "perp_contingency": "-30",
        },
    ),
    "17 perpetual with profit and cash": (
        [],
        {"perps": F(1), "cash": F(1000), "perp_profit": F(65)},
        {"initial": "732.525", "maintenance": "809.25", "portfolio_mtm": "1065"},
    ),
    "19 thirty options, perpetuals, base": (
        LARGE,
        {"perps": F(420), "base": F(69), "cash": F(10_000), "perp_profit": F(2100)},
        {
            "initial": "-63945.423031228061188096",
            "maintenance": "-25539.348818812994846720",
            "portfolio_mtm": "102480.898555903899336704",
            "min_span": "-111775.247374716894183424",
            "forward_contingency": "-369.522665124689674240",
            "option_contingency": "-1575",
            "perp_contingency": "-12600",
            "base_contingency": "-2070",
        },
    ),
    "20 short box": (BOX, {}, {"initial": "-1000", "maintenance": "-1000", "min_span": "0"}),
    "21 long box": (
        [(s, k, c, str(-int(q)), v) for s, k, c, q, v in BOX],
        {},
        {
            "initial": "931.673090765353254912",
            "maintenance": "947.440839050271735808",
            "min_span": "-52.559160949728264192",
        },
    ),
}


def book(rows: list[Row], changes: dict[str, object]) -> pm.Book:
    expiries: dict[int, list[OptionLeg]] = {}
    for seconds, strike, is_call, size, vol in rows:
        expiries.setdefault(seconds, []).append(
            OptionLeg(bool(is_call), F(strike), F(size), F(vol))
        )
    return replace(
        PLAIN_BOOK,
        expiries=tuple(
            pm.Expiry(F(seconds), *map(F, FORWARDS[seconds]), F(1), tuple(held))
            for seconds, held in expiries.items()
        ),
        **changes,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("name", PORTFOLIOS)
def test_portfolio_manager_gives_the_contracts_numbers(name: str) -> None:
    rows, changes, expected = PORTFOLIOS[name]
    found = pm.margin(book(rows, changes), portfolio_rules("derive-v2-pmrm"))
    for field, number in expected.items():
        assert float(getattr(found, field)) == pytest.approx(
            float(F(number)), rel=NEAR, abs=NEAR
        ), field


def test_the_tree_adds_up_to_the_margin() -> None:
    found = pm.margin(book(LARGE, {"perps": F(3)}), portfolio_rules("derive-v2-pmrm"))
    tree = found.explain()
    worst = tree.find("worst scenario")
    assert worst is not None
    assert sum(F(term.value) for term in worst.terms) == found.min_span  # type: ignore[arg-type]
    parts = ("portfolio value", "worst scenario", "perpetual contingency", "base contingency")
    total = sum(F(tree.find(part).value) for part in (*parts, "option contingency"))  # type: ignore[union-attr,arg-type]
    assert total == found.maintenance == tree.value
    assert found.worst in str(tree)


def test_unsure_spot_charges_perpetuals_and_base() -> None:
    """(1 - 0.5) x 0.5 x (2 perpetuals + 3 base) x 1,500."""
    held = replace(PLAIN_BOOK, perps=F(-2), base=F(3), spot_confidence=F(1, 2))
    found = pm.margin(held, portfolio_rules("derive-v2-pmrm"))
    assert found.oracle_contingency == -F(1, 4) * 5 * 1500
    assert found.perp_contingency == -60
    assert found.base_contingency == -90


def test_an_account_with_nothing_needs_nothing() -> None:
    found = pm.margin(PLAIN_BOOK, portfolio_rules("derive-v2-pmrm"))
    assert (found.initial, found.maintenance) == (0, 0)


@given(
    sizes=st.lists(st.integers(-5, 5), min_size=2, max_size=5),
    cut=st.integers(1, 4),
)
def test_two_accounts_together_never_need_more_before_charges(sizes: list[int], cut: int) -> None:
    """Without discount and contingencies the scenarios alone are sub-additive."""
    plain = dict.fromkeys(PORTFOLIO, F(0)) | {
        "im_factor": F(1),
        "mm_factor": F(1),
        "base_static_discount": F(1),
        "basis_scenario_up": F(105, 100),
        "basis_scenario_down": F(95, 100),
        "vol_range_up": F(45, 100),
        "vol_range_down": F(3, 10),
        "dte_floor_days": F(1),
    }
    rules = portfolio_rules_of(plain, portfolio_rules("derive-v2-pmrm").scenarios)
    rows: list[Row] = [
        (WEEK, str(1300 + 100 * at), at % 2, str(size), "1.1")
        for at, size in enumerate(sizes)
        if size
    ]

    def need(part: list[Row]) -> F:
        return -pm.margin(book(part, {}), rules).min_span

    assert need(rows) <= need(rows[:cut]) + need(rows[cut:]) + F(1, 10**9)


def test_maintenance_is_the_whole_span_unless_a_factor_is_named() -> None:
    assert portfolio_rules_of(dict.fromkeys(PORTFOLIO, F(1, 2)), []).mm_factor == F(1, 2)
    unnamed = {name: F(1, 2) for name in PORTFOLIO if name != "mm_factor"}
    assert portfolio_rules_of(unnamed, []).mm_factor == 1


@pytest.mark.parametrize("name", ["vol_range_up", "im_factor", "option_percent"])
def test_a_missing_number_is_named(name: str) -> None:
    numbers = dict.fromkeys(PORTFOLIO, F(1))
    del numbers[name]
    with pytest.raises(InputError, match=name):
        portfolio_rules_of(numbers, [])


# ---- the standard manager: (underlying, seconds, strike, is call, size, vol)
Standard = tuple[str, int, str, int, str, str]
SPOTS = {"ETH": "1500", "BTC": "28000"}
STANDARD_FORWARDS = {
    ("ETH", WEEK): "1500.8332793109938176",
    ("ETH", FORTNIGHT): "1501.985045187195830272",
    ("BTC", MONTH): "28077.410462932844675072",
    ("ETH", SOON): "1450.168707905438089216",  # within the hour: the settlement average so far
}
STANDARDS: dict[str, tuple[list[Standard], dict[str, object], str, str]] = {
    "1 short call": (
        [("ETH", WEEK, "1500", 1, "-1", ATM)],
        {},
        "-191.871585189059952640",
        "-304.371585189059952640",
    ),
    "3 short call far out": (
        [("ETH", WEEK, "1900", 1, "-1", "1.179993832279113216")],
        {},
        "-118.508261835426660352",
        "-156.008261835426660352",
    ),
    "4 short put": (
        [("ETH", WEEK, "1300", 0, "-1", "1.083189415509876480")],
        {},
        "-126.822794294374039552",
        "-164.322794294374039552",
    ),
    "5 call spread": (
        [
            ("ETH", WEEK, "1100", 1, "-1", "1.198874027186882048"),
            ("ETH", WEEK, "1300", 1, "1", "1.083189415509876480"),
        ],
        {},
        "-200",
        "-200",
    ),
    "7 spread with unpaired calls": (
        [
            ("ETH", WEEK, "1200", 1, "1", "1.138939398828297472"),
            ("ETH", WEEK, "1000", 1, "-1", "1.262012129931914496"),
            ("ETH", WEEK, "2500", 1, "-0.1", "1.326538658030860032"),
        ],
        {},
        "-365.091660724209385472",
        "-380.099993517319258112",
    ),
    "16 stablecoin at 0.30": (
        [("ETH", WEEK, "1500", 1, "-1", ATM)],
        {"stable_price": "0.3"},
        "-191.871585189059952640",
        "-1528.371585189059756032",
    ),
    "18 base": ([], {"base": "1"}, "150", "150"),
    "21 short put deep in the money": (
        [("ETH", WEEK, "4500", 0, "-1", "1.597344442228649472")],
        {},
        "-3224.104227075965583360",
        "-3385.309438429764255744",
    ),
    "23 long box": (
        [
            ("ETH", WEEK, "1500", 1, "1", ATM),
            ("ETH", WEEK, "1500", 0, "-1", ATM),
            ("ETH", WEEK, "1600", 1, "-1", "1.081482216317601280"),
            ("ETH", WEEK, "1600", 0, "1", "1.081482216317601280"),
        ],
        {},
        "0",
        "0",
    ),
    "25 minutes before expiry": (
        [
            ("ETH", SOON, "1200", 1, "1", "1.138552060953866880"),
            ("ETH", SOON, "1000", 1, "-1", "1.261652886173746688"),
            ("ETH", SOON, "2500", 1, "-0.1", "1.326819474341134848"),
        ],
        {},
        "-359.518557869598244864",
        "-374.020244948652589056",
    ),
    "26 two underlyings": (
        [
            ("ETH", FORTNIGHT, "1200", 1, "3", "1.139475314615725312"),
            ("ETH", FORTNIGHT, "1000", 1, "-1", "1.262509093212846848"),
            ("BTC", MONTH, "29000", 0, "-2.1", "1.064018976887010944"),
            ("BTC", MONTH, "34000", 0, "2.1", "1.154802691702705408"),
        ],
        {},
        "-200",
        "-200",
    ),
}


def markets(rows: list[Standard], base: int = 0) -> tuple[sm.Market, ...]:
    made = []
    for name, spot in SPOTS.items():
        held: dict[int, list[OptionLeg]] = {}
        for underlying, seconds, strike, is_call, size, vol in rows:
            if underlying == name:
                held.setdefault(seconds, []).append(
                    OptionLeg(bool(is_call), F(strike), F(size), F(vol))
                )
        expiries = tuple(
            sm.Expiry(F(seconds), F(STANDARD_FORWARDS[name, seconds]), tuple(legs))
            for seconds, legs in held.items()
        )
        made.append(
            sm.Market(name, F(spot), base=F(base) if name == "ETH" else F(0), expiries=expiries)
        )
    return tuple(made)


@pytest.mark.parametrize("name", STANDARDS)
def test_standard_manager_gives_the_contracts_numbers(name: str) -> None:
    rows, changes, maintenance, initial = STANDARDS[name]
    found = sm.margin(
        markets(rows, int(str(changes.get("base", 0)))),
        standard_rules("derive-v2-srm@tests"),
        stable_price=F(str(changes.get("stable_price", 1))),
    )
    assert float(found.maintenance) == pytest.approx(float(F(maintenance)), rel=NEAR, abs=NEAR)
    assert float(found.initial) == pytest.approx(float(F(initial)), rel=NEAR, abs=NEAR)


def test_unsure_feeds_charge_shorts_at_entry_only() -> None:
    rules = standard_rules("derive-v2-srm@tests")
    rows: list[Standard] = [("ETH", WEEK, "1500", 1, "-1", ATM)]
    sure = sm.margin(markets(rows), rules)
    unsure = sm.margin(
        tuple(replace(one, spot_confidence=F(3, 10)) for one in markets(rows)), rules
    )
    assert unsure.maintenance == sure.maintenance
    assert sure.initial - unsure.initial == F(7, 10) * F(4, 10) * 1500
    edge = sm.margin(tuple(replace(one, spot_confidence=F(4, 10)) for one in markets(rows)), rules)
    assert edge.initial == sure.initial, "the charge starts below the threshold, not at it"


def test_the_configured_base_factor_is_scaled_at_entry() -> None:
    found = sm.margin(markets([], 1), standard_rules("derive-v2-srm@config"))
    assert (found.maintenance, found.initial) == (F(1200), F(960))


def test_a_perpetual_is_charged_at_its_own_price() -> None:
    market = sm.Market("ETH", F(1500), perps=F(-2), perp_price=F(1505), perp_profit=F(10))
    found = sm.margin((market,), standard_rules("derive-v2-srm@tests"))
    assert found.maintenance == 10 - 2 * 1505 * F(5, 100)
    assert found.initial == 10 - 2 * 1505 * F(65, 1000)
    assert found.mark_to_market == 10


def test_a_depeg_charges_perpetuals_as_well_as_shorts() -> None:
    """(0.98 - 0.90) x 1.2 x 2 perpetuals x 1,500, at entry only."""
    market = sm.Market("ETH", F(1500), perps=F(-2), perp_price=F(1505))
    rules = standard_rules("derive-v2-srm@tests")
    pegged, off = (sm.margin((market,), rules, stable_price=at) for at in (F(1), F(9, 10)))
    assert pegged.initial - off.initial == F(8, 100) * F(12, 10) * 2 * 1500
    assert pegged.maintenance == off.maintenance


def test_option_numbers_must_be_given() -> None:
    with pytest.raises(InputError, match="max_spot_req"):
        standard_rules_of({})
