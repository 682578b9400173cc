"""What results print as: a line with figure, unit and preset, in a list and in plain data too."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from solvent.margin.options import Option as Seen
from solvent.margin.options import ShortRules, initial, maintenance
from solvent.venues import Account, compare, efficiency_of, option_margin, scenario_margin
from solvent.venues.books.moves import Moves
from solvent.venues.books.sizing import scale_book
from solvent.venues.portfolio import derive_portfolio as first
from solvent.venues.portfolio import derive_standard
from solvent.venues.portfolio.derive_pm2 import Book, margin
from solvent.venues.portfolio.derive_pm2_rules import second_rules
from solvent.venues.portfolio.derive_rules import portfolio_rules, standard_rules
from solvent.venues.portfolio.efficiency_of import scenario_efficiency
from solvent.venues.portfolio.legs import leg
from solvent.venues.portfolio.options import position

F = Fraction
LONG = {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000"}
ACCOUNT = Account("binance-usdm@2026-09", wallet="5000", positions=[LONG])
SHORT = position("call", strike="55000", size="-1", index="50000", mark="0.0327")
FUTURE = leg("F", "linear", size=1, forward=50_000)
RESULTS: dict[str, tuple[Any, str]] = {
    "efficiency": (
        efficiency_of(ACCOUNT, yields={"USDT": "0.04"}),
        "turnover 10x, utilisation 4 %, idle 96 %, haircut cost 0 %, net yield a year 4 % "
        "(binance-usdm@2026-09)",
    ),
    "efficiency of a book": (
        scenario_efficiency("deribit-pm@2024", [FUTURE], index=50_000, value=20_000),
        "turnover 2.5x, utilisation 34 %, idle 66 %, haircut cost 0 %, portfolio saving 0 % "
        "(deribit-pm@2024)",
    ),
    "options": (
        option_margin("deribit-options@standard", [SHORT]),
        "maintenance margin 0.1077 coin, initial margin 0.1327 coin (deribit-options@standard)",
    ),
    "scenarios": (
        scenario_margin("deribit-pm@2024", [FUTURE], index=50_000),
        "maintenance margin 6800 quote; initial margin 8500 quote; worst scenario -16 %, vol up "
        "(deribit-pm@2024)",
    ),
    "a row": (
        compare(["hyperliquid@2025"], {**LONG, "symbol": "BTC", "wallet": "5000"})[0],
        "BTC: liquidation price 45569.62025316 USDC, 8.8608 % away, maintenance margin 625 USDC "
        "(hyperliquid@2025)",
    ),
    "Derive's first manager": (
        first.margin(
            first.Book(F(1500), perps=F(1), perp_price=F(1505)), portfolio_rules("derive-v2-pmrm")
        ),
        "net maintenance margin -255.75 USD; net initial margin -332.48 USD; worst scenario -15 %, vol up",
    ),
    "Derive's standard margin": (
        derive_standard.margin((), standard_rules("derive-v2-srm"), cash=F(100)),
        "net maintenance margin 100 USD; net initial margin 100 USD",
    ),
    "Derive's second manager": (
        margin(
            Book(F(3000), perps=F(1), perp_price=F(2500)), second_rules("derive-v2-pm2@2026-08")
        ),
        "net maintenance margin -302.5 USD; net initial margin -395 USD; worst scenario -14 %, "
        "vol up; the requirement is a lower bound without extended table (share of the loss)",
    ),
}


@pytest.mark.parametrize(("found", "line"), RESULTS.values(), ids=RESULTS)
def test_a_result_prints_in_a_line(found: Any, line: str) -> None:
    assert str(found) == line
    assert str([found]) == f"[{type(found).__name__}({line!r})]"
    told = json.loads(json.dumps(found.to_dict()))
    assert told
    assert not any(key.startswith("_") or key in ("tree", "arrays") for key in told)


def test_the_rows_of_a_venue_without_the_contract_name_it_once() -> None:
    fits, none = compare(["binance-usdm@2026-09", "bitmex"], {**LONG, "wallet": "5000"})
    assert fits.explain() == ACCOUNT.liquidation_price().explain()
    assert str(none).startswith("bitmex@2021-08 has no linear contract on BTC")
    assert str(none).count("bitmex") == 1


def test_results_of_several_figures_are_plain_data() -> None:
    cost = ACCOUNT.liquidation_cost()
    told = cost.to_dict()
    assert told["left_early"] == str(cost.left_early)
    assert told["preset"] == "binance-usdm@2026-09"
    assert "_tree" not in told
    sums = scenario_margin("deribit-pm@2024", [FUTURE], index=50_000).to_dict()
    assert sums["by_leg"] == {"F": "8000"}
    assert sums["missing"] == []


def test_scenarios_without_a_share_are_said_without_asking() -> None:
    book = Book(F(50_000), perps=F(1), perp_price=F(50_000))
    whole = margin(book, second_rules("derive-v2-pm2@2026-01"))
    part = margin(book, second_rules("derive-v2-pm2@2026-08"))
    assert whole.missing == ()
    assert "lower bound" not in str(whole)
    assert "lower bound" not in str(whole.explain())
    assert part.missing == ("extended table (share of the loss)",)
    assert "negative: shortfall; the requirement is a lower bound" in str(part.explain())
    assert "not public, not counted = extended table" in str(part.explain())


def test_a_chance_that_no_multiple_changes_is_said(calc: Any) -> None:
    moves = Moves.lognormal({"BTCUSDT": 0.8})
    geared = Account(
        "binance-usdm@2026-09", mode="isolated", positions=[{**LONG, "leverage": "20"}]
    )
    found = scale_book(geared, moves, 0.05, days=7, paths=1000)
    assert (found.factor, dict(found.sizes)) == (0, {})
    assert str(found).startswith("no multiple: at a set leverage the margin grows with the size")
    held = Account("binance-usdm@2026-09", mode="isolated", positions=[{**LONG, "margin": "2500"}])
    smaller = scale_book(held, moves, 0.05, days=7, paths=1000)
    assert smaller.factor is not None
    assert 0 < smaller.factor < 1
    assert smaller.reason == ""

    lot = {**LONG, "size": "0.001", "margin": "2.5", "leverage": "20"}
    least = scale_book(held.with_(positions=[lot]), moves, 0.05, days=7, paths=1000)
    assert (least.factor, least.reason) == (0, "")

    words = ["--side", "long", "--size", "1", "--entry", "50000", "--leverage", "20"]
    asked = ["--volatility", "0.8", "--days", "7", "--correlation", "1", "--probability", "0.05"]
    out = calc("binance-usdm@2026-09", "BTCUSDT", *words, *asked)[1]
    (line,) = [one for one in out.splitlines() if "largest multiple" in one]
    assert line.split()[2] == "none"
    assert "no multiple brings the chance to 5.00%; lower the leverage or give the margin" in line


def test_a_switch_for_puts_is_for_puts_in_figure_and_tree() -> None:
    """The mark's term holds for puts alone: a call's tree does not name it, a put's does."""
    put = position("put", strike="50000", size="-1", index="50000", mark="0.9")
    call = position("call", strike="50000", size="-1", index="50000", mark="0.9")
    named = [str(option_margin("deribit-options@standard", [one]).explain()) for one in (put, call)]
    assert ["rate of mark" in tree for tree in named] == [True, False]
    rules = ShortRules(F(15, 100), F(1, 10), F(75, 1000), F(2), mark_holds="put", floor_holds="put")
    seen = [Seen(is_call, 100, 100, 90) for is_call in (False, True)]
    assert [maintenance(rules, one) for one in seen] == [270, F(195, 2)]
    assert [initial(rules, one) for one in seen] == [270, 105]
