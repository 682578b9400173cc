"""The option kinds of golden cases: what a case's inputs become, and what they are refused for."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from solvent.venues.cases import CaseError, Inputs, kinds_options, parse_cases, run_files
from solvent.venues.cases.registry import Answer, rule_of

F = Fraction
assert kinds_options.FAMILIES  # imported for its registrations
SHARED = Path(__file__).parents[2] / "shared" / "cases"


def ask(kind: str, venue: str, inputs: dict[str, Any], contract: str = "option") -> Answer:
    text = json.dumps(
        {
            "format": 1,
            "cases": [
                {
                    "id": "one",
                    "venue": venue,
                    "kind": kind,
                    "contract_type": contract,
                    "inputs": inputs,
                    "expected": {"x": 1},
                }
            ],
        }
    )
    (case,) = parse_cases(text)
    rule = rule_of(case)
    assert rule is not None
    return rule.solve(Inputs(case, case.inputs))


SELL = {
    "side": "short",
    "right": "call",
    "strike": 48_000,
    "index": 42_000,
    "order_price": 3_500,
    "size": "0.3",
}


def test_an_order_to_sell_is_position_margin_and_fee_less_premium() -> None:
    found = ask("order_cost", "bybit", SELL).results
    assert found["order_cost"] == 2_310 + F("3.78") - 1_050
    dear = ask("order_cost", "bybit", {**SELL, "mark_price": 4_000}).results
    assert dear["order_cost"] == 2_310 + 150 + F("3.78") - 1_050


def test_a_put_may_be_spelled_as_its_letter() -> None:
    found = ask("otm_amount", "gate", {"right": "P", "underlying": 115_000, "strike": 112_000})
    assert found.results["otm"] == 3_000
    assert "underlying - strike" in str(found.explain)


def account(**changes: Any) -> dict[str, Any]:
    option = {"sec_to_expiry": 500_400, "strike": 1500, "is_call": True, "amount": -1, "vol": "1"}
    feed = {"sec_to_expiry": 500_400, "forward_variable": 1500, "rate": "0.03"}
    return {"spot": 1500, "options": [option], "expiry_feeds": [feed], **changes}


def test_portfolio_numbers_default_to_the_preset_and_a_case_may_change_one() -> None:
    plain = ask("options_portfolio_margin", "derive_v2_pmrm", account(), "").results
    assert plain["option_contingency"] == -15
    twice = account(params={"option_percent": "0.02"})
    assert (
        ask("options_portfolio_margin", "derive_v2_pmrm", twice, "").results["option_contingency"]
        == -30
    )


def test_scenarios_may_be_a_sentence_or_a_list() -> None:
    spelled = account(params={"scenarios": "spot 1.15,0.85 x vol up/none (4)"})
    listed = account(
        params={"scenarios": [["1.15", "up"], ["1.15", "none"], ["0.85", "up"], ["0.85", "none"]]}
    )
    answers = [
        ask("options_portfolio_margin", "derive_v2_pmrm", one, "").results
        for one in (spelled, listed)
    ]
    assert answers[0] == answers[1]
    assert answers[0]["worst_scenario"] == "+15 %, vol up"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"params": {"scenarios": "some moves"}}, "scenarios: 'some moves'; write"),
        ({"params": {"scenarios": "spot 1.1,1 x vol up (3)"}}, "names 3 scenarios and spells 2"),
        ({"params": {"scenarios": [["1.1", "sideways"]]}}, "is not"),
        ({"expiry_feeds": []}, "no row with sec_to_expiry 500400"),
        ({"spot": None}, "needs spot"),
    ],
)
def test_accounts_that_cannot_be_read(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(CaseError, match=words):
        ask("options_portfolio_margin", "derive_v2_pmrm", account(**changes), "")


def test_two_forwards_for_one_expiry_are_refused() -> None:
    option = {"sec_to_expiry": 9, "strike": 1, "is_call": True, "amount": 1, "vol": "1"}
    options = [{**option, "forward": 1500}, {**option, "forward": 1501}]
    with pytest.raises(CaseError, match="several forwards"):
        ask("options_standard_margin", "derive", {"options": options, "eth_spot": 1500}, "")


@pytest.mark.parametrize(
    ("kind", "venue", "inputs", "words"),
    [
        ("order_cost", "bybit", {**SELL, "side": "both"}, "neither long nor short"),
        ("order_cost", "bybit", {**SELL, "right": "straddle"}, "neither call nor put"),
        ("order_cost", "kraken", SELL, "kraken-options"),
        ("order_cost", "kraken", {**SELL, "side": "long"}, "fee_rate"),
        ("order_cost", "kraken", {**SELL, "fee_rate": 0, "fee_cap": 1}, "kraken-options"),
        ("options_portfolio_margin", "okx", account(), "no rule for venue 'okx'"),
    ],
)
def test_questions_without_a_rule(
    kind: str, venue: str, inputs: dict[str, Any], words: str
) -> None:
    with pytest.raises(CaseError, match=words):
        ask(kind, venue, inputs, "" if "portfolio" in kind else "option")


@pytest.mark.parametrize(
    ("strike", "price", "mark", "needs"),
    [
        (55_000, "0.03", "0.03", "0.1"),  # max(0.10, 0.15 - 0.10) + 0.03 - 0.03: the least binds
        (50_000, "0.04", "0.05", "0.16"),  # 0.15 + 0.05 - 0.04
    ],
)
def test_an_order_to_sell_follows_the_venues_own_rule(
    strike: int, price: str, mark: str, needs: str
) -> None:
    """OKX: position margin less premium, never below 10 % of the underlying; no fee in it."""
    inputs = {
        "side": "short",
        "right": "call",
        "strike": strike,
        "index": 50_000,
        "order_price": price,
        "mark": mark,
        "size": 1,
    }
    found = ask("order_cost", "okx", inputs, "option")
    assert found.results["order_cost"] == Fraction(needs)


def test_perpetual_funding_is_what_the_index_has_moved_since() -> None:
    inputs = {
        "perp_position": -2,
        "perp_price": 1505,
        "entry_price": 1535,
        "account_funding_index": 10,
        "global_funding_index": 4,
        "mm_perp": "0.05",
        "im_perp": "0.065",
    }
    found = ask("perp_standard_margin", "derive_v2_standard_manager", inputs, "").results
    assert found["mark_to_market"] == 60 - 12
    assert found["maintenance_margin"] == 48 - 2 * 1505 * F(5, 100)


def test_the_golden_cases_pass() -> None:
    files = [SHARED / "cex.json", SHARED / "perp_dex.json"]
    if not all(file.exists() for file in files):
        pytest.skip("the shared case files are not here; test_options_derive.py has their siblings")
    kinds = (
        "order_cost",
        "otm_amount",
        "premium",
        "options_standard_margin",
        "perp_standard_margin",
        "options_portfolio_margin",
    )
    report = run_files(files, kinds)
    assert report.failed == 0, report.summary
    assert report.passed == 18
