"""`solvent calc --account` of a loan, options or a scenario-margined book."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from solvent.venues import loan, option_margin, scenario_margin
from solvent.venues.account_file import file_from
from solvent.venues.book_file import book_of
from solvent.venues.lending import crossing_of
from solvent.venues.portfolio.legs import leg
from solvent.venues.portfolio.options import position

EXAMPLES = Path(__file__).parents[1] / "examples"
F = Fraction
LOAN = {
    "preset": "aave-v3@v3.7",
    "collateral": {"WETH": 10, "WBTC": "0.25"},
    "debt": {"USDC": 24000},
    "prices": {"WETH": 3000, "WBTC": 60000, "USDC": 1},
}
OPTIONS = {
    "preset": "deribit-options@standard",
    "options": [{"right": "call", "strike": 55000, "size": -1, "index": 50000, "mark": "0.0327"}],
}
LEGS = {
    "preset": "deribit-pm@2018",
    "index": 50000,
    "legs": [{"name": "F", "kind": "linear", "size": 2, "forward": 50000}],
}


def asked(calc: Any, tmp_path: Path, data: object, *words: str) -> tuple[int, str, str]:
    file = tmp_path / "book.json"
    file.write_text(json.dumps(data))
    found: tuple[int, str, str] = calc("--account", str(file), *words)
    return found


def test_a_loan_is_answered(calc: Any) -> None:
    """Aave v3.7, WETH at 83 % and WBTC at 78 %: 36,600 against 24,000."""
    code, out, err = calc("--account", str(EXAMPLES / "loan.toml"))
    assert (code, err) == (0, "")
    assert "health factor (venue)   1.525  " in out
    assert "12600 USD          collateral counts for 36600, 24000 required" in out
    assert "exactly 123000/83" in out  # (24000 - 0.25 x 60000 x 0.78) / (10 x 0.83)
    assert "all collateral falls    34.4262 %" in out  # 12600 / 36600


def test_a_loan_in_json_is_the_loans_own(calc: Any, tmp_path: Path) -> None:
    code, out, _ = asked(calc, tmp_path, LOAN, "--json", "--explain")
    data = json.loads(out)
    given = {key: LOAN[key] for key in ("collateral", "debt", "prices")}
    found = loan("aave-v3@v3.7", **given)  # type: ignore[arg-type]
    assert code == 0
    assert F(data["ratio"]["value"]) == found.value == F("1.525")
    assert F(data["headroom"]) == found.headroom
    for asset in ("WETH", "WBTC", "USDC"):
        exact = crossing_of(found, asset).exact
        assert data["liquidation_prices"][asset]["exact"] == (None if exact is None else str(exact))
    assert data["explain"]["name"] == "health factor"


def test_the_price_of_a_trove_is_liquitys(calc: Any, tmp_path: Path) -> None:
    trove = {
        "preset": "liquity-v1",
        "collateral": {"ETH": 10},
        "debt": {"LUSD": 10000},
        "prices": {"ETH": 2000},
    }
    data = json.loads(asked(calc, tmp_path, trove, "--json")[1])
    assert data["liquidation_prices"]["ETH"]["exact"] == "1100"


def test_a_loan_past_its_price_says_so(calc: Any, tmp_path: Path) -> None:
    late = {**LOAN, "prices": {"WETH": 1000, "WBTC": 60000, "USDC": 1}}
    said = " ".join(asked(calc, tmp_path, late)[1].split())
    assert "condition liquidatable the requirement is not covered" in said


def test_a_loan_without_debt_has_no_price(calc: Any, tmp_path: Path) -> None:
    code, out, _ = asked(calc, tmp_path, {**LOAN, "debt": {}})
    assert code == 0
    assert "against no debt" in out
    assert "liquidation price" not in out


def test_options_are_answered(calc: Any, tmp_path: Path) -> None:
    code, out, _ = calc("--account", str(EXAMPLES / "options.toml"))
    assert code == 0
    assert "maintenance margin  0.1077 coin" in out
    assert "long: the premium is paid" in out
    data = json.loads(asked(calc, tmp_path, OPTIONS, "--json")[1])
    short = position("call", strike=55000, size=-1, index=50000, mark="0.0327")
    own = option_margin("deribit-options@standard", [short])
    assert (F(data["maintenance_margin"]), F(data["initial_margin"])) == (
        own.maintenance,
        own.initial,
    )


def test_a_scenario_book_is_answered(calc: Any, tmp_path: Path) -> None:
    """Two futures at 50,000 in a 10 % range of +-10 %: 2 x 5,000."""
    code, out, _ = asked(calc, tmp_path, LEGS, "--explain")
    assert code == 0
    assert "maintenance margin  10000\n" in out
    assert "-10 %" in out
    data = json.loads(asked(calc, tmp_path, LEGS, "--json")[1])
    own = scenario_margin(
        "deribit-pm@2018", [leg("F", "linear", size=2, forward=50000)], index=50000
    )
    assert F(data["maintenance_margin"]) == own.maintenance == 10000
    assert data["loss_by_leg"] == {"F": "10000"}


def test_what_is_not_public_is_named(calc: Any, tmp_path: Path) -> None:
    bybit = {**LEGS, "preset": "bybit-options@2025"}
    code, out, _ = asked(calc, tmp_path, bybit)
    assert code == 0
    assert "vega spread contingency: give it in the file" in out
    given = {**bybit, "given": {"vega spread contingency": 7}}
    words = " ".join(asked(calc, tmp_path, given)[1].split())
    assert "maintenance margin 10007 a lower bound: see not public" in words
    assert "vega spread contingency 7 added" in words


def test_the_example_of_a_scenario_book_is_answered(calc: Any) -> None:
    code, out, _ = calc("--account", str(EXAMPLES / "portfolio.toml"), "--explain")
    assert code == 0
    assert "worst scenario" in out


@pytest.mark.parametrize(
    ("data", "words", "says"),
    [
        ({**LOAN, "positions": []}, (), "prices and positions are of different books"),
        ({**LOAN, "debt": 3}, (), "debt is not an object"),
        ({**LOAN, "collateral": {"DOGECOIN": 1}}, (), "book.json: "),
        ({**LOAN, "emod": 1}, (), "option 'emod' is unknown"),
        ({"prices": {"A": 1}}, (), "preset is missing"),
        (LOAN, ("--target", "5"), "target is a question about an account of perpetuals"),
        (LOAN, ("--size", "5"), "size is given beside an account file"),
        ({**OPTIONS, "options": []}, (), "options is not a list of objects, or it is empty"),
        ({**OPTIONS, "options": [3]}, (), "option 1: it is not an object"),
        ({**OPTIONS, "options": [{"right": "call"}]}, (), "option 1: strike is missing"),
        (
            {**OPTIONS, "options": [{**OPTIONS["options"][0], "strik": 1}]},  # type: ignore[dict-item]
            (),
            "option 1: 'strik' is not a field; did you mean strike",
        ),
        (
            {**OPTIONS, "options": [{**OPTIONS["options"][0], "right": "both"}]},  # type: ignore[dict-item]
            (),
            "option 1: right 'both' is neither",
        ),
        ({**LEGS, "index": None}, (), "index"),
        ({key: LEGS[key] for key in ("preset", "legs")}, (), "index is missing"),
        ({**LEGS, "vol": {"up": 1}}, (), "vol is not an object with up and down"),
        ({**LEGS, "vol": {"up": 1, "down": 1, "unit": "x"}}, (), "neither relative nor absolute"),
        ({**LEGS, "legs": [{**LEGS["legs"][0], "kind": "swap"}]}, (), "leg 1: F: kind 'swap'"),  # type: ignore[dict-item]
    ],
)
def test_a_mistake_gets_a_sentence(
    calc: Any, tmp_path: Path, data: object, words: tuple[str, ...], says: str
) -> None:
    code, out, err = asked(calc, tmp_path, data, *words)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


def test_an_account_stays_an_account() -> None:
    text = '{"preset": "binance-usdm", "wallet": 1, "positions": []}'
    assert book_of(file_from(text, "json", "a.json")) is None
