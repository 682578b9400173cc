"""Maintenance margin as a venue prints it, and the closing fee held beside it: one rule for the
account, the golden cases, ccxt's payloads and the command.
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from solvent.cli.calc import run
from solvent.venues import Account
from solvent.venues.cases import Case, run_case

F = Fraction
LONG = {"side": "long", "size": "10", "entry": "50000", "mmr": "0.004", "taker_fee": "0.0005"}


def held(venue: str, **more: Any) -> Account:
    return Account(venue, wallet="20000", positions=[{**LONG, **more}])


@pytest.mark.parametrize("venue", ["okx", "gate", "bitget", "phemex"])
def test_a_fee_at_mark_is_held_beside_the_printed_figure(venue: str) -> None:
    account = held(venue)
    assert account.maintenance_margin().exact == 2000
    assert account.closing_fee_held().exact == 250
    assert account.headroom().exact == 20_000 - 2000 - 250
    required = account.headroom().explain().find("requirement")
    assert required is not None
    assert [(one.name, one.value) for one in required.terms] == [
        ("maintenance margin", 2000),
        ("closing fee held", 250),
    ]


def test_a_fee_at_bankruptcy_is_in_the_printed_figure() -> None:
    account = held("bybit")
    found = account.evaluate()
    assert found.closing_fees > 0
    assert account.maintenance_margin().exact == 2000 + found.closing_fees
    assert account.closing_fee_held().exact == 0
    assert account.maintenance_margin().explain().find("closing fee position long") is not None


def test_a_venue_without_a_fee_holds_none() -> None:
    assert held("binance-usdm").closing_fee_held().exact == 0


@pytest.mark.parametrize("venue", ["okx", "gate", "bitget", "bybit", "kucoin"])
def test_cases_print_what_the_account_prints(venue: str) -> None:
    inputs = {"side": "long", "size": 10, "entry": 50000, "mark": 50000, "mmr": "0.004"}
    account = held(venue)
    printed = account.maintenance_margin().exact
    assert printed is not None
    if account.closing_fee_held().exact or venue == "kucoin":  # KuCoin's cross fee is at mark
        assert printed == 2000
    else:  # without a leverage setting a case knows no bankruptcy price
        printed -= account.evaluate().closing_fees
    expected = {"maintenance_margin": str(printed)}
    case = Case("a", venue, "maintenance_margin", inputs, expected, "", margin_mode="isolated",
                contract_type="linear_perp")  # fmt: skip
    assert run_case(case).status == "passed"


def test_a_case_with_a_setting_prints_the_reserved_fee_as_the_account() -> None:
    inputs = {"side": "long", "size": 10, "entry": 50000, "mark": 50000, "mmr": "0.004",
              "leverage": 10, "fee_rate": "0.0005"}  # fmt: skip
    account = Account("bybit@2024", mode="isolated", positions=[{**LONG, "leverage": "10"}])
    printed = account.maintenance_margin().exact
    assert printed == 2000 + 450_000 * F("0.0005")
    expected = {"maintenance_margin": str(printed)}
    case = Case("a", "bybit", "maintenance_margin", inputs, expected, "", margin_mode="isolated",
                contract_type="linear_perp")  # fmt: skip
    assert run_case(case).status == "passed"


COMMAND = ["--symbol", "BTC-USDT-SWAP", "--side", "long", "--size", "10", "--entry", "50000",
           "--wallet", "20000"]  # fmt: skip


def test_the_command_prints_it_beside(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["okx", *COMMAND]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "closing fee held 250 USDT" in lines
    assert "maintenance margin 2000 USDT" in lines

    assert run(["okx", *COMMAND, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["accounts"]["USDT"]
    assert told["closing_fee_held"]["exact"] == "250"
    assert told["maintenance_margin"]["exact"] == "2000"


def test_a_comparison_has_a_column_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["okx", "binance-usdm", "--compare", *COMMAND]) == 0
    head, okx, binance = capsys.readouterr().out.splitlines()
    assert "maintenance  fee held  " in head
    assert okx.split()[5:7] == ["2000", "250"]
    assert binance.split()[5:7] == ["2200", "-"]

    assert run(["okx", "binance-usdm", "--compare", *COMMAND, "--json"]) == 0
    okx_row, binance_row = json.loads(capsys.readouterr().out)
    assert okx_row["closing_fee_held"]["exact"] == "250"
    assert "closing_fee_held" not in binance_row
