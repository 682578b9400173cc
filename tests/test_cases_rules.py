"""Rules behind golden cases against closed forms written here, and the shapes inputs come in."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from solvent.venues.cases import Case, Tolerance, run_case
from solvent.venues.cases.document import written
from solvent.venues.cases.registry import Inputs
from solvent.venues.cases.venue_rules import rules_of

F = Fraction
ONE_UNIT = Tolerance(relative=F(1, 10**30))


def ask(
    venue: str,
    kind: str,
    inputs: dict[str, Any],
    *,
    mode: str = "isolated",
    contract: str = "linear_perp",
    source: str = "",
    result: str = "",
) -> Any:
    """What the rule says: the result named like the kind, exact."""
    name = result or kind
    case = Case("asked", venue, kind, plain(inputs), {name: 0}, source, mode, contract)
    outcome = run_case(case)
    assert outcome.checks, outcome.reason
    return outcome.checks[0].got


def plain(value: Any) -> Any:
    """Fractions as a case writes them."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Fraction) else value


def draw(dice: random.Random) -> dict[str, Fraction]:
    """A position in round numbers: entry, size, leverage, rates."""
    return {
        "entry": F(dice.randrange(100, 9_000_000), 100),
        "size": F(dice.randrange(1, 5000), 1000),
        "leverage": F(dice.choice([2, 3, 5, 10, 25])),
        "mmr": F(dice.randrange(20, 200), 10_000),
        "taker": F(dice.randrange(0, 10), 10_000),
    }


SEEDS = range(12)
BOTH = [("long", 1), ("short", -1)]


@pytest.mark.parametrize(("side", "s"), BOTH)
@pytest.mark.parametrize("venue", ["okx", "gate", "bitget"])
@pytest.mark.parametrize("seed", SEEDS)
def test_fee_on_mark_linear(venue: str, side: str, s: int, seed: int) -> None:
    """(EP - s * margin / q) / (1 - s * (MMR + f)): OKX, Gate and Bitget state the same."""
    one = draw(random.Random(seed))
    margin = one["entry"] * one["size"] / one["leverage"] + 1
    inputs = {**one, "side": side, "wallet_balance": margin}
    del inputs["leverage"]
    expected = (one["entry"] - s * margin / one["size"]) / (1 - s * (one["mmr"] + one["taker"]))
    assert ask(venue, "liquidation_price", inputs) == (expected if expected > 0 else None)


@pytest.mark.parametrize(("side", "s"), BOTH)
@pytest.mark.parametrize("venue", ["okx", "gate"])
@pytest.mark.parametrize("seed", SEEDS)
def test_fee_on_mark_inverse(venue: str, side: str, s: int, seed: int) -> None:
    """Q * (1 + s * (MMR + f)) / (Q / EP + s * margin)."""
    one = draw(random.Random(seed))
    face = one["size"] * 1000
    margin = face / one["entry"] / one["leverage"]
    inputs = {
        "side": side,
        "contracts": one["size"],
        "face": 1000,
        "entry": one["entry"],
        "margin": margin,
        "mmr": one["mmr"],
        "fee": one["taker"],
    }
    expected = face * (1 + s * (one["mmr"] + one["taker"])) / (face / one["entry"] + s * margin)
    assert ask(venue, "liquidation_price", inputs, contract="inverse_perp") == expected


@pytest.mark.parametrize(("side", "s"), BOTH)
@pytest.mark.parametrize("seed", SEEDS)
def test_binance_inverse(side: str, s: int, seed: int) -> None:
    """Q * (MMR + s) / (WB + UPNL_o - TMM_o + cum + s * Q / EP)."""
    one = draw(random.Random(seed))
    face = one["size"] * 1000
    wallet = face / one["entry"] / one["leverage"]
    amounts = {"maintenance_amount": wallet / 50, "wallet_balance": wallet}
    sums = {"unrealized_pnl_others": wallet / 9, "tmm_others": wallet / 11}
    inputs = {
        "side": side,
        "contracts": one["size"],
        "contract_size_usd": 1000,
        "entry": one["entry"],
        "mmr": one["mmr"],
        **amounts,
        **sums,
    }
    below = wallet + wallet / 9 - wallet / 11 + wallet / 50 + s * face / one["entry"]
    expected = face * (one["mmr"] + s) / below
    got = ask("binance", "liquidation_price", inputs, mode="cross", contract="inverse_perp")
    assert got == expected


@pytest.mark.parametrize(("side", "s"), BOTH)
@pytest.mark.parametrize("venue", ["bybit", "kucoin", "jesse_generic"])
@pytest.mark.parametrize("seed", SEEDS)
def test_maintenance_on_entry(venue: str, side: str, s: int, seed: int) -> None:
    """EP * (1 - s * (1 / L - MMR)): the reserved fee stands on both sides and cancels."""
    one = draw(random.Random(seed))
    inputs = {**one, "side": side}
    if venue == "jesse_generic":
        del inputs["taker"]
    expected = one["entry"] * (1 - s * (1 / one["leverage"] - one["mmr"]))
    assert ask(venue, "liquidation_price", inputs) == expected
    assert ask(venue, "liquidation_price", {**inputs, "size": None}) == expected  # of any size
    bare = one["entry"] * one["size"] / one["leverage"]
    assert ask(venue, "liquidation_price", {**inputs, "wallet_balance": bare}) == expected


@pytest.mark.parametrize(("side", "s"), BOTH)
@pytest.mark.parametrize("venue", ["bybit", "kucoin", "phemex", "binance", "bitmex", "okx"])
@pytest.mark.parametrize("contract", ["linear_perp", "inverse_perp"])
@pytest.mark.parametrize("seed", SEEDS)
def test_bankruptcy_at_leverage(venue: str, contract: str, side: str, s: int, seed: int) -> None:
    """EP * (1 - s / L), inverse EP / (1 + s / L), whatever the fee."""
    one = draw(random.Random(seed))
    inputs = {"side": side, "entry": one["entry"], "leverage": one["leverage"]}
    inputs["taker"] = one["taker"] if venue in ("bybit", "kucoin", "phemex") else 0
    lost = s / one["leverage"]
    inverse = contract.startswith("inverse")
    expected = one["entry"] / (1 + lost) if inverse else one["entry"] * (1 - lost)
    assert ask(venue, "bankruptcy_price", inputs, contract=contract) == expected


@pytest.mark.parametrize(("side", "s"), BOTH)
@pytest.mark.parametrize("seed", SEEDS)
def test_bybit_2026(side: str, s: int, seed: int) -> None:
    """Q * (1 + s * MMR) / (Q/EP + s * (Q/(EP*L) + extra/(1 + s*f) + ded))."""
    one = draw(random.Random(seed))
    face = one["size"] * 1000
    margin = face / one["entry"] / one["leverage"]
    extra, deduction = margin / 7, margin / 90
    inputs = {
        "side": side,
        "contracts": face,
        "entry": one["entry"],
        "leverage": one["leverage"],
        "mmr": one["mmr"],
        "taker": one["taker"],
        "extra_margin": extra,
        "mm_deduction": deduction,
    }
    added = margin + extra / (1 + s * one["taker"]) + deduction
    expected = face * (1 + s * one["mmr"]) / (face / one["entry"] + s * added)
    for venue, source in (
        ("bybit@2026", ""),
        ("bybit_2026", ""),
        ("bybit", "help page, text of 2026"),
        ("bybit", "maintenance on the mark value"),
    ):
        got = ask(venue, "liquidation_price", inputs, contract="inverse_perp", source=source)
        assert got == expected, venue
    old = ask("bybit", "liquidation_price", inputs, contract="inverse_perp")
    assert old != expected


@pytest.mark.parametrize("seed", range(30))
def test_hedge_mode_cross(seed: int) -> None:
    """Binance: both legs of a symbol share one price; a flat book has none or two."""
    dice = random.Random(seed)
    long, short, other = draw(dice), draw(dice), draw(dice)
    long["entry"] = short["entry"] * F(dice.randrange(95, 105), 100)
    mark = short["entry"]
    wallet = (long["size"] + short["size"]) * mark / 8
    profit = other["size"] * F(-3)
    inputs = {
        "wallet_balance": wallet,
        "positions": [
            {"symbol": "A", "side": "long", **leg(long), "mark": mark},
            {"symbol": "A", "side": "SHORT", **leg(short), "mark": mark},
            {"symbol": "B", "side": "buy", **leg(other), "mark": other["entry"] - 3},
        ],
    }
    held = other["size"] * (other["entry"] - 3) * other["mmr"]
    above = wallet + profit - held - long["size"] * long["entry"] + short["size"] * short["entry"]
    below = long["size"] * long["mmr"] + short["size"] * short["mmr"] - long["size"] + short["size"]
    expected: Fraction | None = above / below
    if expected is not None and expected <= 0:
        expected = None
    got = ask("binance", "liquidation_price", inputs, mode="cross")
    assert got == expected
    legs = {"long": {**leg(long)}, "short": {**leg(short)}, "mark": mark}
    sums = {"other_positions": [{"unrealized_pnl": profit, "maintenance_margin": held}]}
    whole = {"wallet_balance": wallet, **legs, **sums}
    assert ask("binance", "liquidation_price", whole, mode="cross") == expected


def leg(one: dict[str, Fraction]) -> dict[str, Fraction]:
    return {name: one[name] for name in ("size", "entry", "mmr")}


def test_a_hedged_book_can_die_both_ways() -> None:
    """1 long from 100 and 1 short from 120 with 10 % each and 10 of wallet: net flat, equity 30
    fixed, requirement 0.2 P: dies above 150 only; with the long larger also below.
    """
    book = {
        "wallet_balance": 10,
        "mmr": "0.1",
        "mark": 110,
        "long": {"size": 1, "entry": 100},
        "short": {"size": 1, "entry": 120},
    }
    price = ask("generic", "liquidation_price", book, mode="cross")
    assert price == 150
    down = ask("generic", "liquidation_price", book, mode="cross", result="liquidation_price_down")
    assert down is None
    book["long"] = {"size": 2, "entry": 100}
    # E = 10 - 200 + 120 + P = P - 70, R = 0.3 P: dies below 100
    assert ask("generic", "liquidation_price", book, mode="cross") == 100


@pytest.mark.parametrize("seed", SEEDS)
def test_tier_is_the_one_at_the_price(seed: int) -> None:
    """Walking the brackets by hand: the root whose notional lies in its bracket."""
    dice = random.Random(seed)
    size, entry = F(dice.randrange(5, 40)), F(50_000)
    wallet = size * entry / dice.choice([8, 12, 20])
    rows = [(0, 50_000, F("0.004")), (50_000, 250_000, F("0.005")), (250_000, 10**6, F("0.01"))]
    rows.append((10**6, 10**12, F("0.025")))
    deduction, before, found = F(0), F(0), []
    for low, high, rate in rows:
        deduction += low * (rate - before)
        before = rate
        price = (wallet + deduction - size * entry) / (size * rate - size)
        if low < price * size <= high:
            found.append(price)
    tiers = [[row[1] if row[1] < 10**12 else None, row[2]] for row in rows]
    inputs = {"side": "long", "size": size, "entry": entry, "margin": wallet, "tiers": tiers}
    assert [ask("binance", "liquidation_price", inputs)] == found


@pytest.mark.parametrize(
    "change",
    [
        {"side": "BUY"},
        {"side": "both"},
        {"side": None, "is_long": True},
        {"size": None, "contracts": 50, "multiplier": "0.01"},
        {"size": None, "position_value": 15_000},
        {"entry": None, "position_value": 15_000},
        {"entry": None, "entry_price": 30_000},
        {"wallet_balance": None, "position_margin": 1500},
        {"wallet_balance": None, "leverage": 10},
        {"wallet_balance": None, "equity": 2000, "mark": 31_000},
        {"wallet_balance": 1000, "extra_margin": 500},
        {"mmr": None, "maintenance_margin_rate": "0.005"},
        {"mmr": None, "tiers": [[10**9, "0.005"], [None, "0.01"]]},
        {"mmr": None, "tiers": [{"floor": 0, "cap": None, "rate": "1/200", "cum": 0}]},
    ],
    ids=str,
)
def test_any_sufficient_set_of_inputs_gives_the_same_price(change: dict[str, Any]) -> None:
    base = {"side": "long", "size": "0.5", "entry": 30_000, "wallet_balance": 1500, "mmr": "0.005"}
    expected = ask("binance", "liquidation_price", base)
    assert ask("binance", "liquidation_price", {**base, **change}) == expected
    nested = {"wallet_balance": base["wallet_balance"], "position": base}
    assert ask("binance", "liquidation_price", nested, mode="cross") == expected


@pytest.mark.parametrize(("venue", "at_the_limit"), [("binance", True), ("bitmex", False)])
def test_liquidation_check(venue: str, at_the_limit: bool) -> None:
    """Equity 1 on a requirement of 1: some venues act there, others only below."""
    inputs = {"side": "long", "size": 1, "entry": 100, "mark": 100, "margin": 1, "mmr": "0.01"}
    name = "liquidation_check"
    assert ask(venue, name, inputs, result="liquidatable") is at_the_limit
    assert ask(venue, name, {**inputs, "margin": "0.99"}, result="liquidatable") is True
    assert ask(venue, name, {**inputs, "margin": "1.01"}, result="liquidatable") is False
    assert ask(venue, name, {**inputs, "margin": 3}, result="headroom") == 2


def test_an_isolated_position_is_alone() -> None:
    alone = {"side": "long", "size": 1, "entry": 100, "margin": 10, "mmr": "0.01"}
    others = {
        "other_positions": [{"side": "long", "size": 9, "entry": 100, "mark": 1, "mmr": "0.01"}],
        "other_positions_pnl": -50,
        "other_positions_maintenance": 7,
    }
    assert ask("binance", "liquidation_price", {**alone, **others}) == F(90) / F("0.99")
    whole = ask("binance", "liquidation_price", {**alone, **others}, mode="cross")
    assert whole != F(90) / F("0.99")


@pytest.mark.parametrize("side", ["both", "net", None])
def test_one_way_positions_have_the_side_of_their_size(side: str | None) -> None:
    short = {"entry": 100, "margin": 10, "mmr": "0.01"}
    expected = ask("binance", "liquidation_price", {**short, "side": "short", "size": 2})
    assert expected == F(105) / F("1.01")
    assert ask("binance", "liquidation_price", {**short, "side": side, "size": -2}) == expected


def test_inverse_size_from_its_value_in_coin() -> None:
    inputs = {"side": "long", "entry": 8000, "margin": "0.01", "mmr": "0.01"}
    whole = {**inputs, "contracts": 1000}
    for given in ({"position_value": "0.125"}, {"notional": "0.1", "mark": 10_000}):
        for contract in ("inverse_perp", "coin_perp"):
            got = ask("binance", "liquidation_price", {**inputs, **given}, contract=contract)
            assert got == ask("binance", "liquidation_price", whole, contract="inverse_perp")
    made = {"side": "short", "contracts": 1000, "position_value": "0.125", "mark": 10_000}
    assert ask("generic", "unrealized_pnl", {**made, "entry": 8000}, contract="inverse") == F(
        -1, 40
    )
    worth = {"contracts": 1000, "position_value": "0.125", "mmr": "0.01"}
    assert ask("okx", "maintenance_margin", worth, contract="inverse") == F(1, 800)


def test_inputs_that_disagree_are_named_in_the_failure() -> None:
    inputs = {"side": "long", "size": 2, "entry": 100, "margin": 30, "leverage": 5, "mmr": "0.01"}
    wrong = Case(
        "a",
        "okx",
        "liquidation_price",
        {**inputs, "colour": "red"},
        {"liquidation_price": 1},
        margin_mode="isolated",
        contract_type="linear_perp",
    )
    notes = run_case(wrong).notes
    assert "margin 30 is not 40, value at entry / leverage" in notes
    assert "inputs not used: colour" in notes
    both = {**inputs, "wallet_balance": 31}
    outcome = run_case(Case("b", "okx", "liquidation_price", both, {"liquidation_price": 1}))
    assert any("are both the wallet" in note for note in outcome.notes)


def test_a_position_of_an_account_without_a_requirement_is_not_skipped() -> None:
    inputs = {
        "wallet_balance": 100,
        "position": {"symbol": "A", "side": "long", "size": 1, "entry": 100, "mmr": "0.01"},
        "other_positions": [{"symbol": "B", "side": "long", "size": 1, "entry": 100, "mark": 90}],
    }
    outcome = run_case(Case("a", "generic", "liquidation_price", inputs, {"liquidation_price": 1}))
    assert outcome.status == "not run"
    assert outcome.reason.startswith("other_positions[0]: liquidation_price at generic needs mmr")


def test_published_table_stands_in_for_a_missing_rate() -> None:
    inputs = {"symbol": "BTCUSDT", "side": "long", "size": 10, "entry": 50_000, "margin": 20_000}
    case = Case(
        "a",
        "binance@2021",
        "liquidation_price",
        inputs,
        {"liquidation_price": 1},
        margin_mode="isolated",
    )
    outcome = run_case(case)
    assert any("the table of BTCUSDT in binance-usdm@2021" in note for note in outcome.notes)
    # 250,000 to 1,000,000 at 1 % less 1,300: the row at the price
    assert outcome.checks[0].got == F(478_700) / F("9.9")


@pytest.mark.parametrize(
    ("venue", "source", "label"),
    [
        ("bybit", "", "bybit@2024"),
        ("bybit", "Bybit help, text of 2026-03", "bybit@2026"),
        ("bybit", "MM on entry value, read 2026", "bybit@2024"),
        ("bybit@2026", "MM on entry value", "bybit@2026"),
        ("Bybit-2026", "", "bybit@2026"),
        ("bybit", "help page of 2026-99", "bybit@2026"),
        ("bybit", "copy of an article (2021)", "bybit@2024"),
        ("kraken-futures", "", "kraken-futures@2026-03"),
        ("okx", "rates at mark, 2023-05-01", "okx@2022"),
        ("generic", "", "generic"),
    ],
)
def test_the_version_a_case_is_about(venue: str, source: str, label: str) -> None:
    case = Case("a", venue, "liquidation_price", {}, {"x": 1}, source)
    assert rules_of(case, "linear").label == label


@pytest.mark.parametrize(
    ("key", "expected", "passes"),
    [
        ("unrealized_pnl", "1/3", True),
        ("unrealized_pnl", "0.333", True),  # payloads print decimals as text
        ("unrealized_pnl", "0.334", False),
        ("unrealized_pnl", "333/1000", False),
        ("unrealizedPnl", "1/3", True),
        ("unrealized_pnl_floor_3dp", "0.333", True),
        ("unrealized_pnl_ceil_3dp", "0.334", True),
        ("unrealized_pnl_ceil_3dp", "0.333", False),
        ("unrealized_pnl_round_2dp", "0.33", True),
        ("unrealized_pnl_floor", 0, True),
        ("unrealized_pnl_ceil", 1, True),
        ("unrealized_pnl_approx", 0, True),
        ("unrealized_pnl_approx", 1, False),
        ("unrealized_pnl", None, False),
        ("unrealized_pnl", True, False),
        ("unrealized_pnl", "none", False),
    ],
)
def test_how_results_are_compared(key: str, expected: Any, passes: bool) -> None:
    inputs = {"side": "long", "size": "1/3", "entry": 1, "mark": 2}
    outcome = run_case(Case("a", "generic", "unrealized_pnl", inputs, {key: expected}))
    assert (outcome.status == "passed") is passes, outcome.lines()


def test_printed_digits_are_what_a_decimal_promises() -> None:
    from decimal import Decimal

    inputs = {"side": "long", "size": "1/3", "entry": 1, "mark": 2}
    for text, passes in (("0.33", True), ("0.3333", True), ("0.34", False), ("0.3334", False)):
        case = Case("a", "generic", "unrealized_pnl", inputs, {"unrealized_pnl": Decimal(text)})
        assert (run_case(case).status == "passed") is passes, text


def test_either_tolerance_suffices() -> None:
    inputs = {"side": "long", "size": 1, "entry": 1, "mark": 101}
    for tolerance, passes in (
        (Tolerance(F(1), None), True),
        (Tolerance(F(1, 2), None), False),
        (Tolerance(F(1, 2), F(1, 99)), True),
        (Tolerance(F(1, 2), F(1, 100)), False),
    ):
        case = Case(
            "a", "generic", "unrealized_pnl", inputs, {"unrealized_pnl": 99}, tolerance=tolerance
        )
        assert (run_case(case).status == "passed") is passes, tolerance


def test_every_input_is_seen_once_by_its_canonical_name() -> None:
    case = Case("a", "okx", "liquidation_price", {"taker_fee": 1, "fee": 2, "mark": None}, {"x": 1})
    inputs = Inputs(case, case.inputs)
    assert inputs.number("taker") == 1
    assert not inputs.given("mark")
    assert inputs.unused() == []
    assert inputs.notes == ["taker_fee 1 and fee 2 are both the taker; taker_fee used"]


def test_the_page_holds_the_tables_of_the_code() -> None:
    page = (Path(__file__).parents[1] / "docs" / "cases.md").read_text(encoding="utf-8")
    assert written(page) == page, (
        "docs/cases.md is behind: python -m solvent.venues.cases.document docs/cases.md"
    )


def test_names_in_camel_case_and_with_a_currency_are_understood() -> None:
    from solvent.venues.cases.aliases import canonical

    assert canonical("maintenanceMarginRate", "liquidation_price") == "mmr"
    assert canonical("wallet_balance_usdt", "liquidation_price") == "wallet"
    assert canonical("base_eth", "options_standard_margin") == "base_eth"  # not base_rate


def test_dollars_of_an_inverse_position_are_its_size() -> None:
    given = {"side": "long", "notional_usd": 25000, "entry": 25000, "mark": 20000}
    for contract, profit in (("inverse_perp", "-1/4"), ("linear_perp", -5000)):
        case = Case(
            "a", "generic", "unrealized_pnl", given, {"unrealized_pnl": profit}, "", "", contract
        )
        wanted = contract == "inverse_perp"
        assert (run_case(case).status == "passed") is wanted, run_case(case).lines()


def test_no_spelling_means_two_things() -> None:
    """Within one kind a spelling stands for one canonical name, and a name's own spelling is it."""
    from solvent.venues.cases.aliases import VOCABULARY

    seen: dict[tuple[str, str], str] = {}
    for word in VOCABULARY:
        for kind in word.kinds or ("",):
            for spelling in (word.name, *word.aliases):
                assert seen.setdefault((kind, spelling), word.name) == word.name
