"""Short-option margin: worked examples of venues, switches one by one, and mistakes users make."""

import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent.margin import options
from solvent.margin.options import Option, ShortRules
from solvent.venues.numbers import InputError
from solvent.venues.portfolio.options import (
    OptionMargin,
    Position,
    option_margin,
    position,
    sell_order_margin,
    short_rules,
)
from solvent.venues.presets.catalogue import version

F = Fraction


def short(right: str, **numbers: object) -> Position:
    given = {"strike": 55_000, "size": -1, "index": 50_000, "mark": "0.03", **numbers}
    return position(right, **given)  # type: ignore[arg-type]


# ---- Deribit: 0.15 - OTM / index, not below 0.1, + mark; 0.075 + mark (in coin)
@pytest.mark.parametrize(
    ("right", "strike", "mark", "initial", "maintenance"),
    [
        ("call", 50_000, "0.05", "0.2", "0.125"),
        ("call", 51_000, "0.05", "0.18", "0.125"),
        ("call", 55_000, "0.03", "0.13", "0.105"),
        ("call", 30_000, "0.41", "0.56", "0.485"),
        ("put", 50_000, "0.05", "0.2", "0.125"),
        ("put", 49_000, "0.05", "0.18", "0.125"),
        ("put", 40_000, "0.01", "0.11", "0.085"),
        # Deep in the money, 7.5 % of the mark is more than 7.5 % of a coin, and maintenance rules.
        ("put", 200_000, "3", "3.225", "3.225"),
    ],
)
def test_deribit_in_coin(
    right: str, strike: int, mark: str, initial: str, maintenance: str
) -> None:
    found = option_margin("deribit-options", [short(right, strike=strike, mark=mark)])
    assert (found.initial, found.maintenance) == (F(initial), F(maintenance))
    assert found.currency == "coin"


def test_the_family_example_in_quote_money() -> None:
    """ETH put 1,850, underlying 2,098, mark 2.4, 50 short: 10,610 and 7,987.5 (Bit.com help)."""
    rules = ShortRules(
        F(15, 100), F(1, 10), F(75, 1000), F(75, 1000), mark_holds="put", floor_holds="put"
    )
    option = Option(False, 1850, 2098, F("2.4"))
    assert options.otm_amount(False, 2098, 1850) == 248
    assert options.initial(rules, option) * 50 == 10_610
    assert options.maintenance(rules, option) * 50 == F("7987.5")


# ---- Bybit: example page, index 42,000, call 48,000 sold at 3,500
def test_bybit_maintenance_terms() -> None:
    """The page's 1,260 USDC is 3 % of its index of 42,000; the rest is mark and fee."""
    found = option_margin("bybit-options", [short("call", strike=48_000, index=42_000, mark=3_500)])
    assert F("0.03") * 42_000 == 1_260
    assert found.maintenance == 1_260 + 3_500 + F("0.002") * 42_000


def test_bybit_worked_example_of_a_sold_put() -> None:
    """BTC-22JUL22-18500-P at an index of 20,250, sold at 280, mark 290: 938 and 2,315 USDC.

    Source: Bybit help centre, Comparison of Spread Strategies in Cross Margin and Portfolio Margin,
    23 October 2024.
    """
    sold = short("put", strike=18_500, index=20_250, mark=290, entry=280)
    found = option_margin("bybit-options", [sold])
    assert (found.maintenance, found.initial) == (938, 2_315)


def test_bybit_counts_three_percent_of_a_mark_above_the_index() -> None:
    deep = short("put", strike=150_000, index=50_000, mark=100_000)
    found = option_margin("bybit-options", [deep])
    assert found.maintenance == 3_000 + 100_000 + 100


def test_bybit_initial_takes_the_higher_of_mark_and_entry_and_never_less_than_maintenance() -> None:
    base = {"strike": 60_000, "index": 50_000, "mark": 400}
    low = option_margin("bybit-options", [short("call", **base, entry=300)])
    high = option_margin("bybit-options", [short("call", **base, entry=900)])
    assert low.initial == 5_000 + 400
    assert high.initial == 5_000 + 900
    deep = option_margin(
        "bybit-options", [short("put", strike=300_000, index=50_000, mark=250_000)]
    )
    assert deep.initial == deep.maintenance == 7_500 + 250_000 + 100


def test_bybit_order_to_sell() -> None:
    """Position margin 7,700 x 0.3, fee 3.78, premium 1,050."""
    order = short("call", strike=48_000, index=42_000, mark=3_400, size="-0.3")
    found = sell_order_margin("bybit-options", order, 3_500)
    assert found.initial == 2_310 + F("3.78") - 1_050


def test_bybit_order_to_buy_costs_premium_and_capped_fee() -> None:
    fee = options.option_fee(F("0.0003"), 42_000, F("0.125"), 3_500, F("0.3"))
    assert options.premium(3_500, F("0.3"), 1) + fee == F("1053.78")
    assert options.option_fee(F("0.0003"), 42_000, F("0.125"), 8, 1) == 1, "capped by the price"


# ---- OKX
def test_okx_example_of_the_second_tier() -> None:
    """[max(0.1, 0.15 - 100/5,900) x 1.02 + 0.0575] x 0.1 BTC = 0.01932 (copy of the help page)."""
    one = short("call", strike=6_000, index=5_900, mark="0.0575", size="-0.1")
    found = option_margin("okx-options", [one], factor="1.02")
    assert float(found.initial) == pytest.approx(0.01932, abs=5e-6)
    assert found.initial == (F("1.02") * (F(15, 100) - F(100, 5_900)) + F("0.0575")) / 10
    assert found.maintenance == (F("0.03") * F("1.02") + F("0.0575")) / 10


def test_okx_puts_before_2022_count_the_mark_in_the_low_term() -> None:
    far = short("put", strike=20_000, mark="0.2")
    assert option_margin("okx-options@2020", [far]).initial == F("0.1") * F("1.2") + F("0.2")
    assert option_margin("okx-options@2022", [far]).initial == F("0.1") + F("0.2")


def test_okx_ether_has_its_own_rate() -> None:
    found = option_margin("okx-options", [short("call", underlying="eth")])
    assert found.maintenance == F("0.05") + F("0.03")


def test_okx_order_to_sell_is_never_below_a_tenth() -> None:
    found = sell_order_margin("okx-options", short("call", mark="0.03"), "0.09")
    assert found.initial == F("0.1")


# ---- Gate
def test_gate_needs_its_rates_and_scales_the_low_term_of_puts() -> None:
    rates = {"low": "0.1", "high": "0.15", "rate": "0.075"}
    put = short("put", strike=80_000, index=115_000, mark=220)
    found = option_margin("gate-options", [put], rates=rates)
    assert found.initial == F(1, 10) * 115_000 * (1 + F(220, 115_000)) + 220
    call = short("call", strike=116_000, index=115_000, mark=220)
    assert (
        option_margin("gate-options", [call], rates=rates).initial
        == F(15, 100) * 115_000 - 1_000 + 220
    )
    with pytest.raises(InputError, match=r"gate-options@2025 does not publish 'high'"):
        option_margin("gate-options", [put])


# ---- the account
def test_long_options_need_nothing_and_give_no_credit() -> None:
    legs = [short("call"), short("call", strike=60_000, size=3)]
    assert option_margin("deribit-options", legs).maintenance == F("0.105")
    assert option_margin("deribit-options", legs[1:]).initial == 0


def test_explain_adds_up_and_names_the_version() -> None:
    legs = [short("call"), short("put", strike=45_000, size="-2.5")]
    found = option_margin("deribit-options", legs)
    tree = found.explain()
    own = [term for term in tree.terms if term.name != "initial margin"]
    assert sum(F(term.value) for term in own) == found.maintenance  # type: ignore[arg-type]
    assert F(tree.find("initial margin").value) == found.initial  # type: ignore[union-attr,arg-type]
    assert "deribit-options@standard" in str(tree)
    assert "-2.5 BTC 45000 put" in str(tree)
    assert "out of the money = 0.1 coin  (over the index)" in str(tree)
    quoted = option_margin("bybit-options", [short("call", mark=3_500)]).explain()
    assert "over the index" not in str(quoted)


NUMBERS = st.integers(1, 200_000)


@given(
    is_call=st.booleans(),
    strike=NUMBERS,
    index=NUMBERS,
    mark=st.integers(0, 10_000),
    size=st.integers(1, 50),
)
def test_initial_is_never_below_maintenance_and_scales_with_size(
    is_call: bool, strike: int, index: int, mark: int, size: int
) -> None:
    def ask(venue: str, number: int) -> OptionMargin:
        coin = F(mark, 10_000) if venue in ("deribit-options", "okx-options") else F(mark)
        one = Position(is_call, F(strike), F(-number), F(index), coin)
        return option_margin(venue, [one])

    for venue in ("deribit-options", "bybit-options"):
        single = ask(venue, 1)
        assert single.initial >= single.maintenance > 0
        assert ask(venue, size).maintenance == single.maintenance * size


def test_margin_falls_as_the_option_leaves_the_money_down_to_the_low_rate() -> None:
    found = [
        option_margin("deribit-options", [short("call", strike=strike, mark="0.02")]).initial
        for strike in range(48_000, 60_000, 500)
    ]
    assert found == sorted(found, reverse=True)
    assert found[0] == F("0.17")
    assert found[-1] == F("0.12")


# ---- shapes of an expiry
def test_worst_payoff_and_unpaired_calls() -> None:
    spread = [(True, 1900, 1), (True, 1700, -1)]
    assert options.worst_payoff(spread) == -200
    assert options.unpaired_calls(spread) == 0
    assert options.worst_payoff([(False, 1300, -1)]) == -1300, "the price 0 is looked at"
    assert options.worst_payoff([(True, 100, 1)]) == 0
    assert options.unpaired_calls([(True, 100, -3), (True, 200, 1), (False, 50, 9)]) == -2


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 40), st.integers(-5, 5)), max_size=6))
def test_worst_payoff_is_the_minimum_over_every_price_up_to_the_last_strike(
    legs: list[tuple[bool, int, int]],
) -> None:
    def at(price: int) -> int:
        return sum(size * max(0, price - k if c else k - price) for c, k, size in legs)

    top = max((k for _, k, _ in legs), default=0)
    assert options.worst_payoff(legs) == min(0, *(at(price) for price in range(top + 1)), 0)


def test_naked_shorts_net_calls_and_puts_of_one_strike() -> None:
    assert options.naked_shorts([(True, 100, -2), (False, 100, -1)]) == 3
    assert options.naked_shorts([(True, 100, -2), (False, 100, 3)]) == 0
    assert options.naked_shorts([(True, 100, -2), (False, 110, 3)]) == 2


# ---- mistakes
@pytest.mark.parametrize(
    ("right", "numbers", "words"),
    [
        ("Long ", {}, r"right 'Long ' is neither"),
        ("call", {"mark": 0.03}, "is a float"),
        ("call", {"strike": 0}, "strike 0: must be above zero"),
        ("call", {"index": "-5"}, "index -5: must be above zero"),
        ("call", {"mark": "-1"}, "never worth less than zero"),
        ("call", {"size": "ten"}, "is not a number"),
    ],
)
def test_mistakes_get_a_sentence(right: str, numbers: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        short(right, **numbers)


def test_other_mistakes_get_a_sentence() -> None:
    with pytest.raises(InputError, match="not a venue of options"):
        option_margin("binance-pm", [short("call")])
    with pytest.raises(InputError, match="negative size"):
        sell_order_margin("bybit-options", short("call", size=1), 5)
    with pytest.raises(InputError, match="no rule for the margin of an order"):
        sell_order_margin("deribit-options", short("call"), "0.03")


def test_rates_replace_the_presets() -> None:
    rules = short_rules(version("deribit-options"), "BTC", {"rate": "0.05"})
    assert (rules.rate, rules.high) == (F(5, 100), F(15, 100))


def recomputed(term: Any) -> F:
    """The value of a term's formula, worked out from the terms below it and nothing else."""
    known = {one.name: F(one.value) for one in term.terms} | {"max": max}
    words = {name for name in known if name != "x"}
    code = term.formula.replace(" x ", " * ")
    names: dict[str, Any] = {}
    for at, name in enumerate(sorted(words, key=len, reverse=True)):
        if name != "max":
            code = re.sub(rf"\b{name}\b", f"v{at}", code)
            names[f"v{at}"] = known[name]
    value: F = eval(code, {"max": max, "__builtins__": {}}, names)
    return value


@pytest.mark.parametrize("right", ["call", "put"])
@pytest.mark.parametrize("strike", ["30000", "50000", "70000"])
@pytest.mark.parametrize("venue", ["deribit-options", "bybit-options", "okx-options"])
def test_every_figure_of_a_tree_can_be_worked_out_from_those_below(
    venue: str, strike: str, right: str
) -> None:
    coin = version(venue).parameters["short"].get("quoted") == "coin"  # type: ignore[attr-defined]
    mark, entry = ("0.41", "0.5") if coin else ("20500", "25000")
    short = position(right, strike=strike, size="-2.5", index="50000", mark=mark, entry=entry)
    found = option_margin(venue, [short], factor="1.5")
    (own,) = (term for term in found.explain().terms if term.name != "initial margin")
    initial, maintenance = own.terms
    assert recomputed(initial) == found.initial
    assert recomputed(maintenance) == found.maintenance
